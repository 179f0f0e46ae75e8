/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef PARSE_H
#define PARSE_H

/**
 * @file
 * Words of a command line, strictly read: the whole word or nothing. Pure
 * functions, any thread. The result is untouched on error.
 */

#include <stdint.h>

#include <rte_ether.h>

/** Room for the text of an IPv4 address, of one of any family, and of that with "/LEN". */
#define PARSE_IPV4_STRLEN 16
#define PARSE_IP_STRLEN 46
#define PARSE_PREFIX_STRLEN 50

/** Most numbers of a list. */
#define PARSE_LIST_MAX 128

/** Unsigned, decimal or with 0x. @return 0, -EINVAL not a number, -ERANGE not in min..max */
int parse_uint(const char *s, uint64_t min, uint64_t max, uint64_t *v);

/** Hexadecimal with or without 0x. @return 0, -EINVAL, -ERANGE zero or more than 64 bits */
int parse_mask(const char *s, uint64_t *v);

/**
 * "0,2-4": numbers and ranges, in the order in which they stand, none twice.
 * @param list room for @p room numbers
 * @return how many; -EINVAL no list, or a number twice; -ERANGE above @p max, or more than fit
 */
int parse_list(const char *s, uint16_t max, uint16_t *list, unsigned int room);

/** Four decimal octets. @param ip host order @return 0, -EINVAL */
int parse_ipv4(const char *s, uint32_t *ip);

/**
 * An address of either family. @param ip 16 octets, network order: IPv6, or IPv4 mapped into it
 * (what is written as a mapped address is refused) @return 0, -EINVAL
 */
int parse_ip(const char *s, uint8_t ip[16]);

/** ADDR/LEN; host bits may be set. @param ip as parse_ip() @return 0, -EINVAL */
int parse_prefix(const char *s, uint8_t ip[16], uint8_t *len);

/** Six octets of two hex digits, separated by colons. @return 0, -EINVAL */
int parse_mac(const char *s, struct rte_ether_addr *mac);

/**
 * Cut "A,B" or "A" at the comma; @p a and @p b have room for @p len octets.
 * @return number of words, 1 or 2; -EINVAL empty, too long, or more than two
 */
int parse_pair(const char *s, char *a, char *b, size_t len);

/** Text of an IPv4 address (host order). @return @p buf */
char *format_ipv4(uint32_t ip, char buf[PARSE_IPV4_STRLEN]);
/** Text of an address as of parse_ip(), IPv6 by RFC 5952. @return @p buf */
char *format_ip(const uint8_t ip[16], char buf[PARSE_IP_STRLEN]);
/** Text of ADDR/LEN. @return @p buf */
char *format_prefix(const uint8_t ip[16], uint8_t len, char buf[PARSE_PREFIX_STRLEN]);

#endif /* PARSE_H */

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

/** Room for the text of an IPv4 address, and of one with "/LEN". */
#define PARSE_IPV4_STRLEN 16
#define PARSE_PREFIX_STRLEN 20

/** Unsigned, decimal or with 0x. @return 0, -EINVAL not a number, -ERANGE not in min..max */
int parse_uint(const char *s, uint64_t min, uint64_t max, uint64_t *v);

/** Hexadecimal with or without 0x. @return 0, -EINVAL, -ERANGE zero or more than 64 bits */
int parse_mask(const char *s, uint64_t *v);

/** Four decimal octets. @param ip host order @return 0, -EINVAL */
int parse_ipv4(const char *s, uint32_t *ip);

/** ADDR/LEN; host bits may be set. @param ip host order @return 0, -EINVAL */
int parse_prefix(const char *s, uint32_t *ip, uint8_t *len);

/** Six octets of two hex digits, separated by colons. @return 0, -EINVAL */
int parse_mac(const char *s, struct rte_ether_addr *mac);

/**
 * Cut "A,B" or "A" at the comma; @p a and @p b have room for @p len octets.
 * @return number of words, 1 or 2; -EINVAL empty, too long, or more than two
 */
int parse_pair(const char *s, char *a, char *b, size_t len);

/** Text of an IPv4 address (host order). @return @p buf */
char *format_ipv4(uint32_t ip, char buf[PARSE_IPV4_STRLEN]);
/** Text of ADDR/LEN. @return @p buf */
char *format_prefix(uint32_t ip, uint8_t len, char buf[PARSE_PREFIX_STRLEN]);

#endif /* PARSE_H */

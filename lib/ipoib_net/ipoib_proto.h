/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef IPOIB_PROTO_H
#define IPOIB_PROTO_H

/**
 * @file
 * IP over InfiniBand on the wire (RFC 4391): the 4-octet encapsulation header,
 * the 20-octet link-layer address, ARP, and the mapping of IP groups to MGIDs.
 *
 * Pure functions and layouts: any thread, nothing blocks, nothing is kept.
 */

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <rte_byteorder.h>

#include "ib_hdr.h"

#ifdef __cplusplus
extern "C" {
#endif

/** ARP hardware type of InfiniBand (RFC 4391 9.1.1). */
#define IPOIB_ARP_HTYPE 0x0020
/** Octets of the link-layer address and of the encapsulation header. */
#define IPOIB_ADDR_LEN 20
#define IPOIB_HDR_LEN 4
/** Smallest and, for IB MTU 2048 and 4096, usual IP MTUs of a datagram link. */
#define IPOIB_MTU_MIN 72
#define IPOIB_MTU_2K 2044
#define IPOIB_MTU_4K 4092

/** Ethertypes that Linux's ib_ipoib sends. */
#define IPOIB_TYPE_IPV4 0x0800
#define IPOIB_TYPE_ARP 0x0806
#define IPOIB_TYPE_RARP 0x8035
#define IPOIB_TYPE_IPV6 0x86dd

/** Encapsulation header (RFC 4391 6): in front of every IP or ARP packet. */
struct ipoib_hdr {
	rte_be16_t type;
	rte_be16_t reserved; /**< sent as zero, ignored on receipt */
} __attribute__((packed));
static_assert(sizeof(struct ipoib_hdr) == IPOIB_HDR_LEN, "encapsulation header is 4 octets");

/** Flags octet of an address: connected modes offered (RFC 4755 3.1). We send 0. */
#define IPOIB_ADDR_F_RC 0x80
#define IPOIB_ADDR_F_UC 0x40

/** 20-octet link-layer address (RFC 4391 9.1.1). */
struct ipoib_addr {
	uint8_t flags;
	uint8_t qpn[IB_QPN_LEN];
	struct ib_gid gid;
} __attribute__((packed));
static_assert(sizeof(struct ipoib_addr) == IPOIB_ADDR_LEN, "address is 20 octets");

/** IPoIB ARP for IPv4, 56 octets (RFC 4391 9.1.1). */
struct ipoib_arp {
	rte_be16_t htype; /**< IPOIB_ARP_HTYPE */
	rte_be16_t ptype; /**< IPOIB_TYPE_IPV4 */
	uint8_t hlen;	  /**< 20 */
	uint8_t plen;	  /**< 4 */
	rte_be16_t op;	  /**< 1 request, 2 reply */
	struct ipoib_addr sha;
	rte_be32_t spa;
	struct ipoib_addr tha;
	rte_be32_t tpa;
} __attribute__((packed));
static_assert(sizeof(struct ipoib_arp) == 56, "IPoIB ARP is 56 octets");

static inline uint32_t
ipoib_addr_qpn(const struct ipoib_addr *a)
{
	return ib_get_be24(a->qpn);
}

/** Build an address; @p flags is 0 for us. */
static inline void
ipoib_addr_set(struct ipoib_addr *a, uint32_t qpn, const struct ib_gid *gid)
{
	a->flags = 0;
	ib_put_be24(a->qpn, qpn);
	a->gid = *gid;
}

/** Equality without the flags octet: the same UD destination (design, lib/ipoib_neigh). */
static inline bool
ipoib_addr_equal(const struct ipoib_addr *a, const struct ipoib_addr *b)
{
	return memcmp(a->qpn, b->qpn, IPOIB_ADDR_LEN - 1) == 0;
}

static inline bool
ipoib_addr_is_multicast(const struct ipoib_addr *a)
{
	return ib_gid_is_multicast(&a->gid);
}

/**
 * May this address be learnt from a peer's ARP or ND? Not with QPN 0 or 1
 * (management), QPN 0xffffff, a multicast or a zero GID. Own GIDs are the
 * caller's to refuse.
 */
static inline bool
ipoib_addr_is_unicast_valid(const struct ipoib_addr *a)
{
	uint32_t qpn = ipoib_addr_qpn(a);

	return qpn > 1 && qpn != IB_QPN_MULTICAST && !ib_gid_is_multicast(&a->gid) &&
			!ib_gid_is_zero(&a->gid);
}

/** Room for the text of an address, NUL included. */
#define IPOIB_ADDR_STRLEN 60

/**
 * Write an address as "ip link" does: 20 octets, two lower-case hex digits
 * each, separated by colons, into at least IPOIB_ADDR_STRLEN octets.
 * @return @p buf
 */
char *ipoib_addr_format(const struct ipoib_addr *a, char *buf, size_t len);

/**
 * Read an address as ipoib_addr_format() writes it (upper case accepted).
 * @return 0, or -EINVAL with @p a untouched: not exactly 20 octets of 1 or 2
 * hex digits separated by single colons.
 */
int ipoib_addr_parse(const char *s, struct ipoib_addr *a);

/** Default scope nibble of IPoIB groups: link-local (RFC 4391 4). */
#define IPOIB_SCOPE_LINK 2

/**
 * MGID of the IPv4 broadcast group of a link (RFC 4391 5): FF1s:401B:PKEY::FFFF:FFFF.
 * @param scope 1..15, IPOIB_SCOPE_LINK usually
 * @param pkey host order; bit 15 is forced, as Linux does
 */
void ipoib_mgid_broadcast(uint8_t scope, uint16_t pkey, struct ib_gid *mgid);

/**
 * MGID of an IPv4 group (RFC 4391 4): the low 28 bits of @p group (host order).
 * 255.255.255.255 gives the broadcast group.
 */
void ipoib_mgid_ipv4(uint8_t scope, uint16_t pkey, uint32_t group, struct ib_gid *mgid);

/** MGID of an IPv6 group (RFC 4391 4): its low 80 bits. */
void ipoib_mgid_ipv6(uint8_t scope, uint16_t pkey, const uint8_t group[16], struct ib_gid *mgid);

/**
 * Check an ARP packet of @p len octets (everything after the encapsulation
 * header): long enough, htype, ptype, hlen, plen right, op 1 or 2.
 * @return 0, -EMSGSIZE too short, -EPROTO wrong fields.
 */
int ipoib_arp_check(const struct ipoib_arp *arp, uint32_t len);

/** Fill a request or reply (op 1 or 2); addresses are copied, IPs host order. */
void ipoib_arp_build(struct ipoib_arp *arp, uint16_t op, const struct ipoib_addr *sha, uint32_t spa,
		const struct ipoib_addr *tha, uint32_t tpa);

#ifdef __cplusplus
}
#endif

#endif /* IPOIB_PROTO_H */

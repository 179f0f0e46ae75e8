/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef IPOIB_RX_ETHER_H
#define IPOIB_RX_ETHER_H

/*
 * Ethernet headers of plain packets: what the receive queue of a port in mode=ether remembers of
 * senders. It is that queue's own, and so the burst of its owner's. A backend may give such packets
 * their header itself, in the pass in which it writes their mbufs; what it leaves, the Ethernet port
 * does.
 */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_udp.h>

#include "ipoib_proto.h"
#include "pmd_ipoib.h"

/* Senders of a queue; a power of two. */
#define IPOIB_SENDERS 1024
/* An Ethernet header is so much longer. */
#define IPOIB_ETHER_LONGER (RTE_ETHER_HDR_LEN - IPOIB_HDR_LEN)
#define IPOIB_PTYPE_ETHER_IPV4 (RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV4_EXT_UNKNOWN)

/* A sender that the queue has met, by metadata and IPv4 address, and its frames' header. */
struct ipoib_sender {
	uint64_t meta; /* 0: free */
	uint64_t gen;  /* of the table */
	uint32_t ip4;
	uint32_t tick;
	uint8_t hdr[16];
};

struct ipoib_rx_ether {
	/* Of the table, before each burst: what is remembered counts if it is of the same. */
	uint64_t gen;
	uint32_t tick;
	uint16_t port_id; /* that mbufs get */
	/* Of the last burst: packets that got their header, and the octets of all packets. */
	uint16_t done;
	uint64_t bytes;
	struct ipoib_sender sender[IPOIB_SENDERS];
};

/* The sender of the last plain packet of a burst, likely the next one's, too: metadata and address, and
 * the header in two parts that overlap. */
struct ipoib_sender_last {
	uint64_t meta, a, b; /* UINT64_MAX: none yet */
	uint32_t ip4;
};

/* Metadata without what does not tell who sent it. */
#define IPOIB_FROM_MASK 0xffffffff0000ffffull
#define IPOIB_FLAGS_MCAST ((uint64_t)(PMD_IPOIB_RX_MCAST | PMD_IPOIB_RX_BCAST) << 16)

/* Encapsulation header of IPv4, and the first octet of a header without options. */
#define IPOIB_HEAD_MASK 0xff0000ffffull
#define IPOIB_HEAD_IPV4 ((uint64_t)RTE_IPV4_VHL_DEF << 32 | RTE_BE16(IPOIB_TYPE_IPV4))

/* The place for a sender; meta is masked. */
static inline unsigned int
ipoib_sender_place(uint64_t meta, uint32_t ip4)
{
	return (meta ^ (uint64_t)ip4 << 16) * 0x9e3779b97f4a7c15ull >> 54;
}
static_assert(IPOIB_SENDERS == 1 << (64 - 54), "as many as places have numbers");

static inline bool
ipoib_sender_find(const struct ipoib_rx_ether *rx, struct ipoib_sender_last *k, uint64_t meta,
		uint32_t ip4)
{
	const struct ipoib_sender *s;
	uint64_t from = meta & IPOIB_FROM_MASK;

	if (unlikely((meta & IPOIB_FLAGS_MCAST) != 0))
		return false;
	s = &rx->sender[ipoib_sender_place(from, ip4)];
	if (unlikely(s->meta != from || s->ip4 != ip4 || s->gen != rx->gen || s->tick != rx->tick))
		return false;
	k->meta = meta;
	k->ip4 = ip4;
	memcpy(&k->a, s->hdr, sizeof(k->a));
	memcpy(&k->b, s->hdr + RTE_ETHER_HDR_LEN - sizeof(k->b), sizeof(k->b));
	return true;
}

static inline bool
ipoib_is_dhcp_port(const struct rte_udp_hdr *udp)
{
	return udp->dst_port == RTE_BE16(67) || udp->dst_port == RTE_BE16(68);
}

/*
 * Nearly all packets: unicast IPv4 without options, for the port's own MAC, of a sender that the
 * queue has met. p: a packet of len octets, at its encapsulation header. @return false: it is
 * something else; true: k has its header
 */
static inline bool
ipoib_ether_is_plain(const struct ipoib_rx_ether *rx, struct ipoib_sender_last *k, const uint8_t *p,
		uint32_t len, uint64_t meta)
{
	const struct rte_ipv4_hdr *ip = (const void *)(p + IPOIB_HDR_LEN);
	uint64_t head;

	memcpy(&head, p, sizeof(head));
	if (unlikely(len < IPOIB_HDR_LEN + sizeof(*ip) + sizeof(uint32_t) ||
			    (head & IPOIB_HEAD_MASK) != IPOIB_HEAD_IPV4))
		return false;
	if (unlikely(ip->next_proto_id == IPPROTO_UDP &&
			    ipoib_is_dhcp_port((const void *)(ip + 1))))
		return false;
	return likely(k->meta == meta && k->ip4 == ip->src_addr) ||
			ipoib_sender_find(rx, k, meta, ip->src_addr);
}

/* There is room for it: what the packet came in was there. */
static inline void
ipoib_ether_write(const struct ipoib_sender_last *k, const uint8_t *p)
{
	uint8_t *to = (uint8_t *)(uintptr_t)p - IPOIB_ETHER_LONGER;

	memcpy(to, &k->a, sizeof(k->a));
	memcpy(to + RTE_ETHER_HDR_LEN - sizeof(k->b), &k->b, sizeof(k->b));
}

#endif /* IPOIB_RX_ETHER_H */

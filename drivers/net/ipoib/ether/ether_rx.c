/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Receive: the lower port's packets get an Ethernet header in place of their encapsulation header.
 * The 10 octets that it is longer are there: a packet's GRH, or what it came in, was in front.
 */

#include <rte_ip.h>
#include <rte_udp.h>

#include "ether_pmd.h"

/* Fields of an mbuf that are written together. */
static_assert(offsetof(struct rte_mbuf, port) == offsetof(struct rte_mbuf, data_off) + 6,
		"data_off, refcnt, nb_segs, port: 8 octets");
static_assert(offsetof(struct rte_mbuf, pkt_len) == offsetof(struct rte_mbuf, packet_type) + 4,
		"packet_type, pkt_len: 8 octets");

/* The source address of an IP packet as a key; len octets are there. */
static inline bool
ip_source(rte_be16_t type, const uint8_t *ip, uint32_t len, struct ether_ip *key)
{
	rte_be32_t src;

	if (type == RTE_BE16(RTE_ETHER_TYPE_IPV4) && len >= sizeof(struct rte_ipv4_hdr)) {
		memcpy(&src, ip + offsetof(struct rte_ipv4_hdr, src_addr), sizeof(src));
		*key = ether_ip4(src);
		return true;
	}
	if (type == RTE_BE16(RTE_ETHER_TYPE_IPV6) && len >= sizeof(struct rte_ipv6_hdr)) {
		memcpy(key, ip + offsetof(struct rte_ipv6_hdr, src_addr), sizeof(*key));
		return true;
	}
	return false;
}

static inline void
ip_dest(rte_be16_t type, const uint8_t *ip, struct ether_ip *key)
{
	rte_be32_t dst;

	if (type == RTE_BE16(RTE_ETHER_TYPE_IPV4)) {
		memcpy(&dst, ip + offsetof(struct rte_ipv4_hdr, dst_addr), sizeof(dst));
		*key = ether_ip4(dst);
		return;
	}
	memcpy(key, ip + offsetof(struct rte_ipv6_hdr, dst_addr), sizeof(*key));
}

void
ether_from_fill(struct ether_from *from, struct rte_mbuf *m)
{
	const struct pmd_ipoib_meta *meta = pmd_ipoib_meta(m);
	const struct ib_grh *grh;

	*from = (struct ether_from){ .slid = meta->slid,
		.qpn = meta->qpn,
		.mcast = (meta->flags & (PMD_IPOIB_RX_MCAST | PMD_IPOIB_RX_BCAST)) != 0 };
	if ((meta->flags & PMD_IPOIB_RX_GRH) == 0)
		return;
	grh = (const void *)(rte_pktmbuf_mtod(m, const char *) - sizeof(*grh));
	from->has_gid = true;
	from->gid = grh->sgid;
}

/* Who sent it, by the table. */
static void
source_mac(struct ether_rxq *q, struct rte_mbuf *m, const struct ether_ip *ip,
		struct rte_ether_addr *mac)
{
	struct ether_from from;

	ether_from_fill(&from, m);
	if (!ether_peer_by_source(q->e->table, &from, ip, mac))
		ether_mac_unknown(from.slid, from.qpn, mac);
}

static inline void
dest_mac(const struct ether_dev *e, uint8_t flags, rte_be16_t type, const uint8_t *ip,
		struct rte_ether_addr *mac)
{
	struct ether_ip dst;

	if (unlikely((flags & (PMD_IPOIB_RX_MCAST | PMD_IPOIB_RX_BCAST)) != 0)) {
		ether_group_mac(type, ip, mac);
		return;
	}
	if (unlikely(ether_has_locals(e->table))) {
		ip_dest(type, ip, &dst);
		if (ether_local_by_ip(e->table, &dst, mac))
			return;
	}
	*mac = e->mac;
}

/* Is it what ether_is_special() looks for? Most packets are not, and it is not asked. */
static inline bool
rx_special(rte_be16_t type, const uint8_t *ip, uint32_t len)
{
	if (likely(type == RTE_BE16(RTE_ETHER_TYPE_IPV4)))
		return unlikely(ip[9] == IPPROTO_UDP) && ether_is_special(type, ip, len);
	return ether_is_special(type, ip, len);
}

enum { RX_GIVE, RX_CONTROL, RX_DROP_TYPE, RX_DROP_RUNT };

static __rte_noinline int
rx_one(struct ether_rxq *q, struct rte_mbuf *m)
{
	uint32_t len = m->data_len;
	uint8_t flags = pmd_ipoib_meta(m)->flags;
	struct rte_ether_addr src;
	struct rte_ether_hdr *eth;
	struct ether_ip key;
	const uint8_t *ip;
	rte_be16_t type;

	if (unlikely(len < IPOIB_HDR_LEN))
		return RX_DROP_RUNT;
	ip = rte_pktmbuf_mtod_offset(m, const uint8_t *, IPOIB_HDR_LEN);
	type = rte_pktmbuf_mtod(m, const struct ipoib_hdr *)->type;
	len -= IPOIB_HDR_LEN;
	if (unlikely(!ip_source(type, ip, len, &key))) {
		if (type == RTE_BE16(RTE_ETHER_TYPE_ARP) || type == RTE_BE16(RTE_ETHER_TYPE_RARP))
			return RX_CONTROL;
		return type == RTE_BE16(RTE_ETHER_TYPE_IPV4) ||
						type == RTE_BE16(RTE_ETHER_TYPE_IPV6)
				? RX_DROP_RUNT
				: RX_DROP_TYPE;
	}
	if (unlikely(rx_special(type, ip, len)))
		return RX_CONTROL;
	source_mac(q, m, &key, &src);
	eth = (void *)rte_pktmbuf_prepend(m, RTE_ETHER_HDR_LEN - IPOIB_HDR_LEN);
	if (unlikely(eth == NULL))
		return RX_DROP_RUNT;
	dest_mac(q->e, flags, type, ip, &eth->dst_addr);
	eth->src_addr = src;
	eth->ether_type = type;
	m->port = q->port_id;
	m->packet_type = type == RTE_BE16(RTE_ETHER_TYPE_IPV4)
			? IPOIB_PTYPE_ETHER_IPV4
			: RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV6_EXT_UNKNOWN;
	return RX_GIVE;
}

/* What a burst works with. */
struct rx_run {
	uint64_t rearm; /* of mbufs: port, nb_segs, refcnt, and less data_off */
	size_t meta_offset;
	bool locals;
	bool online; /* as a reader of the tables: for packets that are not plain */
};

/* What the lower port has left. @return the frame's length, or 0: it is not plain, and untouched */
static inline uint32_t
rx_plain(struct ether_rxq *q, const struct rx_run *r, struct ipoib_sender_last *k,
		struct rte_mbuf *m)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);
	uint32_t len = m->data_len;
	uint64_t meta, rearm, fields;

	memcpy(&meta, RTE_PTR_ADD(m, r->meta_offset), sizeof(meta));
	if (unlikely(!ipoib_ether_is_plain(&q->plain, k, p, len, meta)))
		return 0;
	len += IPOIB_ETHER_LONGER;
	rearm = r->rearm + m->data_off;
	fields = (uint64_t)len << 32 | IPOIB_PTYPE_ETHER_IPV4;
	memcpy(&m->data_off, &rearm, sizeof(rearm));
	memcpy(&m->packet_type, &fields, sizeof(fields));
	m->data_len = (uint16_t)len;
	ipoib_ether_write(k, p);
	return len;
}

/* A unicast IPv4 packet was translated: the next ones of its sender are plain. */
static void
plain_note(struct ether_rxq *q, const struct rx_run *r, struct rte_mbuf *m, uint64_t meta)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	const struct rte_ipv4_hdr *ip = (const void *)(eth + 1);
	struct ipoib_sender *to;

	if (r->locals || (meta & IPOIB_FLAGS_MCAST) != 0 ||
			eth->ether_type != RTE_BE16(RTE_ETHER_TYPE_IPV4))
		return;
	meta &= IPOIB_FROM_MASK;
	to = &q->plain.sender[ipoib_sender_place(meta, ip->src_addr)];
	to->meta = meta;
	to->ip4 = ip->src_addr;
	to->gen = q->plain.gen;
	to->tick = q->plain.tick;
	memcpy(to->hdr, eth, sizeof(*eth));
}

/* What only control can translate. */
static __rte_noinline void
rx_control(struct ether_rxq *q, struct rte_mbuf **pkts, uint32_t n)
{
	uint32_t done = rte_ring_enqueue_burst(q->e->in, (void **)pkts, n, NULL);

	ipoib_count(&q->ctr.control, done);
	for (; done < n; done++)
		ether_drop(&q->ctr, ETHER_PMD_control, pkts[done]);
}

/* One that is not plain. @return whether it is for the program; to control goes what is in special */
static __rte_noinline bool
rx_other(struct ether_rxq *q, struct rx_run *r, struct rte_mbuf *m, struct rte_mbuf **special,
		uint32_t *nb_special)
{
	uint64_t meta;

	if (!r->online)
		rte_rcu_qsbr_thread_online(q->e->rcu, q->reader);
	r->online = true;
	memcpy(&meta, pmd_ipoib_meta(m), sizeof(meta));
	switch (rx_one(q, m)) {
	case RX_GIVE:
		plain_note(q, r, m, meta);
		return true;
	case RX_CONTROL:
		special[(*nb_special)++] = m;
		return false;
	case RX_DROP_TYPE:
		ether_drop(&q->ctr, ETHER_DROP_type, m);
		return false;
	default:
		ether_drop(&q->ctr, ETHER_DROP_runt, m);
		return false;
	}
}

/* @return packets for the program, the first ones of pkts */
static inline uint16_t
rx_some(struct ether_rxq *q, struct rx_run *r, struct rte_mbuf **pkts, uint16_t got,
		uint64_t *bytes)
{
	struct rte_mbuf *special[ETHER_BURST], **end = pkts + got, **to = pkts, **at;
	struct ipoib_sender_last k = { .meta = UINT64_MAX };
	bool some_done = q->plain.done > 0;
	uint32_t len, sum = 0, s = 0;

	for (at = pkts; at != end; at++) {
		struct rte_mbuf *m = *at;

		if (some_done && m->packet_type == IPOIB_PTYPE_ETHER_IPV4)
			len = m->pkt_len;
		else
			len = rx_plain(q, r, &k, m);
		if (unlikely(len == 0)) {
			if (!rx_other(q, r, m, special, &s))
				continue;
			len = m->pkt_len;
		}
		sum += len;
		*to++ = m;
	}
	*bytes += sum;
	if (unlikely(s > 0))
		rx_control(q, special, s);
	return (uint16_t)(to - pkts);
}

static uint16_t
app_take(const struct ether_dev *e, struct rte_mbuf **pkts, uint16_t n, uint64_t *bytes)
{
	uint16_t nb = (uint16_t)rte_ring_dequeue_burst(e->app, (void **)pkts, n, NULL), i;

	for (i = 0; i < nb; i++)
		*bytes += pkts[i]->pkt_len;
	return nb;
}

/* None was computed, or it is not there. */
static bool
no_udp_cksum(const struct rte_mbuf *m, uint16_t at)
{
	return m->data_len < at + sizeof(struct rte_udp_hdr) ||
			rte_pktmbuf_mtod_offset(m, const struct rte_udp_hdr *, at)->dgram_cksum ==
			0;
}

/* Software's checksum of a frame that is about to be given to the program. */
static void
rx_cksum(struct rte_mbuf *m)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	const void *l3 = eth + 1;
	const struct rte_ipv4_hdr *ip4 = l3;
	const struct rte_ipv6_hdr *ip6 = l3;
	uint8_t proto;
	uint32_t ihl;
	bool good;

	if ((m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) != 0)
		return; /* the device has looked */
	if (eth->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV4)) {
		ihl = rte_ipv4_hdr_len(ip4);
		if (ihl < sizeof(*ip4) || m->data_len < sizeof(*eth) + ihl)
			return;
		good = rte_raw_cksum(ip4, ihl) == 0xffff;
		m->ol_flags |= good ? RTE_MBUF_F_RX_IP_CKSUM_GOOD : RTE_MBUF_F_RX_IP_CKSUM_BAD;
		if (!good || (ip4->fragment_offset & RTE_BE16(0x3fff)) != 0)
			return;
		proto = ip4->next_proto_id;
	} else if (eth->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV6)) {
		ihl = sizeof(*ip6);
		proto = ip6->proto;
	} else {
		return;
	}
	if (proto != IPPROTO_TCP && proto != IPPROTO_UDP)
		return;
	if (proto == IPPROTO_UDP && no_udp_cksum(m, (uint16_t)(sizeof(*eth) + ihl)))
		return;
	if (eth->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV4))
		good = rte_ipv4_udptcp_cksum_mbuf_verify(m, ip4, (uint16_t)(sizeof(*eth) + ihl)) ==
				0;
	else
		good = rte_ipv6_udptcp_cksum_mbuf_verify(m, ip6, (uint16_t)(sizeof(*eth) + ihl)) ==
				0;
	m->ol_flags |= good ? RTE_MBUF_F_RX_L4_CKSUM_GOOD : RTE_MBUF_F_RX_L4_CKSUM_BAD;
}

uint16_t
ether_rx_burst(void *rxq, struct rte_mbuf **pkts, uint16_t n)
{
	struct ether_rxq *q = rxq;
	struct ether_dev *e = q->e;
	uint16_t nb = 0, want, got, i;
	struct rx_run r = { .rearm = (uint64_t)q->port_id << 48 | UINT64_C(1) << 32 | 1 << 16,
		.meta_offset = (size_t)pmd_ipoib_meta_offset };
	uint64_t bytes = 0;

	r.rearm -= RTE_ETHER_HDR_LEN - IPOIB_HDR_LEN;
	if (q->id == 0 && unlikely(!rte_ring_empty(e->app)))
		nb = app_take(e, pkts, n, &bytes);
	while (nb < n) {
		want = RTE_MIN((uint16_t)(n - nb), (uint16_t)ETHER_BURST);
		/* The table says what is remembered, and is there as long as the port is started;
		 * what is in it is looked at online. */
		q->plain.gen = ether_table_gen(e->table);
		q->plain.tick = ((const struct ipoib_neigh_view *)e->neigh)->tick;
		q->plain.done = 0;
		got = e->lower->rx_pkt_burst(q->lower, &pkts[nb], want);
		if (likely(q->plain.done == got)) {
			nb += got;
			bytes += got > 0 ? q->plain.bytes : 0;
		} else {
			r.locals = ether_has_locals(e->table);
			r.online = false;
			nb += rx_some(q, &r, &pkts[nb], got, &bytes);
			if (r.online)
				rte_rcu_qsbr_thread_offline(e->rcu, q->reader);
		}
		if (got < want)
			break;
	}
	if (nb == 0)
		return 0;
	if (unlikely(q->cksum)) {
		for (i = 0; i < nb; i++)
			rx_cksum(pkts[i]);
	}
	ipoib_count(&q->ctr.packets, nb);
	ipoib_count(&q->ctr.bytes, bytes);
	return nb;
}

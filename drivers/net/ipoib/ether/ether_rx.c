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

/*
 * A MAC that stands for a sender of whom nothing is known but where it is: no peer has it, and what
 * is sent to it is dropped as unknown.
 */
static void
mac_unknown(const struct ether_from *from, struct rte_ether_addr *mac)
{
	*mac = (struct rte_ether_addr){ { 0x06, (uint8_t)(from->slid >> 8), (uint8_t)from->slid,
			(uint8_t)(from->qpn >> 16), (uint8_t)(from->qpn >> 8),
			(uint8_t)from->qpn } };
}

/* Once a second a sender is looked up anew, so that the table sees that it is there. */
static inline uint32_t
view_tick(const struct ether_dev *e)
{
	return ((const struct ipoib_neigh_view *)e->neigh)->tick;
}

/* Who sent it, by the table. */
static __rte_noinline void
source_find(struct ether_rxq *q, struct rte_mbuf *m, const struct ether_ip *ip, uint64_t gen,
		struct ether_rx_place *place)
{
	const struct pmd_ipoib_meta *meta = pmd_ipoib_meta(m);
	struct ether_from from;

	ether_from_fill(&from, m);
	if (!ether_peer_by_source(q->e->table, &from, ip, &place->mac))
		mac_unknown(&from, &place->mac);
	place->from = (uint64_t)meta->qpn << 16 | meta->slid;
	memcpy(place->ip, ip, sizeof(place->ip));
	place->gen = gen;
	place->tick = view_tick(q->e);
}

static inline const struct rte_ether_addr *
source_mac(struct ether_rxq *q, struct rte_mbuf *m, const struct ether_ip *ip, uint64_t gen)
{
	const struct pmd_ipoib_meta *meta = pmd_ipoib_meta(m);
	uint64_t from = (uint64_t)meta->qpn << 16 | meta->slid, w[2];
	struct ether_rx_place *place;

	memcpy(w, ip, sizeof(w));
	place = &q->cache[((from ^ w[0] ^ w[1]) * 0x9e3779b97f4a7c15ull >> 54) % ETHER_RX_CACHE];
	if (unlikely(place->from != from || place->ip[0] != w[0] || place->ip[1] != w[1] ||
			    place->gen != gen || place->tick != view_tick(q->e)))
		source_find(q, m, ip, gen, place);
	return &place->mac;
}

static inline void
dest_mac(const struct ether_dev *e, const struct rte_mbuf *m, uint8_t flags, rte_be16_t type,
		const uint8_t *ip, struct rte_ether_addr *mac)
{
	struct ether_ip dst;

	if (unlikely((flags & (PMD_IPOIB_RX_MCAST | PMD_IPOIB_RX_BCAST)) != 0)) {
		ether_group_mac(type, ip, mac);
		return;
	}
	RTE_SET_USED(m);
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

static inline int
rx_one(struct ether_rxq *q, struct rte_mbuf *m, uint64_t gen)
{
	uint32_t len = m->data_len;
	uint8_t flags = pmd_ipoib_meta(m)->flags;
	const struct rte_ether_addr *src;
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
	src = source_mac(q, m, &key, gen);
	eth = (void *)rte_pktmbuf_prepend(m, RTE_ETHER_HDR_LEN - IPOIB_HDR_LEN);
	if (unlikely(eth == NULL))
		return RX_DROP_RUNT;
	dest_mac(q->e, m, flags, type, ip, &eth->dst_addr);
	eth->src_addr = *src;
	eth->ether_type = type;
	m->port = q->port_id;
	m->packet_type = type == RTE_BE16(RTE_ETHER_TYPE_IPV4)
			? RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV4_EXT_UNKNOWN
			: RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV6_EXT_UNKNOWN;
	if (unlikely(q->cksum))
		ether_rx_cksum(m);
	return RX_GIVE;
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

static inline uint16_t
rx_some(struct ether_rxq *q, struct rte_mbuf **pkts, uint16_t got)
{
	struct rte_mbuf *special[ETHER_BURST];
	uint64_t gen = ether_table_gen(q->e->table);
	uint16_t i, n = 0;
	uint32_t s = 0;

	for (i = 0; i < got; i++) {
		struct rte_mbuf *m = pkts[i];

		switch (rx_one(q, m, gen)) {
		case RX_GIVE:
			pkts[n++] = m;
			break;
		case RX_CONTROL:
			special[s++] = m;
			break;
		case RX_DROP_TYPE:
			ether_drop(&q->ctr, ETHER_DROP_type, m);
			break;
		default:
			ether_drop(&q->ctr, ETHER_DROP_runt, m);
			break;
		}
	}
	if (unlikely(s > 0))
		rx_control(q, special, s);
	return n;
}

uint16_t
ether_rx_burst(void *rxq, struct rte_mbuf **pkts, uint16_t n)
{
	struct ether_rxq *q = rxq;
	struct ether_dev *e = q->e;
	uint16_t nb = 0, want, got, i;
	uint64_t bytes = 0;

	if (q->id == 0 && unlikely(!rte_ring_empty(e->app)))
		nb = (uint16_t)rte_ring_dequeue_burst(e->app, (void **)pkts, n, NULL);
	while (nb < n) {
		want = RTE_MIN((uint16_t)(n - nb), (uint16_t)ETHER_BURST);
		got = e->lower->rx_pkt_burst(q->lower, &pkts[nb], want);
		if (got == 0)
			break;
		/* Offline while there is nothing: whoever polls an idle port keeps nobody waiting. */
		rte_rcu_qsbr_thread_online(e->rcu, q->reader);
		nb += rx_some(q, &pkts[nb], got);
		rte_rcu_qsbr_thread_offline(e->rcu, q->reader);
		if (got < want)
			break;
	}
	if (nb == 0)
		return 0;
	for (i = 0; i < nb; i++)
		bytes += pkts[i]->pkt_len;
	ipoib_count(&q->ctr.packets, nb);
	ipoib_count(&q->ctr.bytes, bytes);
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

void
ether_rx_cksum(struct rte_mbuf *m)
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

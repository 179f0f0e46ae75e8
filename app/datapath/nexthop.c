/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <string.h>

#include <rte_ether.h>

#include "encap.h"
#include "pkt.h"
#include "worker.h"

static inline rte_be16_t
ip_ethertype(const struct rte_mbuf *m)
{
	return likely(*rte_pktmbuf_mtod(m, const uint8_t *) >> 4 != 6)
			? RTE_BE16(RTE_ETHER_TYPE_IPV4)
			: RTE_BE16(RTE_ETHER_TYPE_IPV6);
}

/* By another port than its own: a sub-port's frame is tagged. */
static __rte_noinline void
eth_send_logical(struct dp_worker *w, uint16_t port, struct rte_mbuf *m,
		const struct rte_ether_addr *dst)
{
	const struct dp_port *p = &w->dp->port[port];
	uint16_t tx = dp_port_tx(w->dp, port), len = RTE_ETHER_HDR_LEN;
	rte_be16_t type = ip_ethertype(m), tci = rte_cpu_to_be_16(p->vlan);
	struct rte_ether_hdr *eth;
	void *start;

	if (tx == DP_PORT_NIL) {
		worker_drop_at(w, m, port, DP_DROP_tx_port);
		return;
	}
	if (p->vlan != 0)
		len += RTE_VLAN_HLEN;
	m = pkt_prepend(w->dp->pool, &w->ctr[m->port], m, len, &start);
	if (m == NULL)
		return;
	eth = start;
	eth->dst_addr = *dst;
	eth->src_addr = w->dp->port[tx].mac;
	eth->ether_type = p->vlan != 0 ? RTE_BE16(RTE_ETHER_TYPE_VLAN) : type;
	if (p->vlan != 0) {
		memcpy(eth + 1, &tci, sizeof(tci));
		memcpy(RTE_PTR_ADD(eth + 1, sizeof(tci)), &type, sizeof(type));
	}
	encap_eth_done(w, tx, m);
}

void
dp_eth_send(struct dp_worker *w, uint16_t port, struct rte_mbuf *m,
		const struct rte_ether_addr *dst)
{
	const struct dp_port *p = &w->dp->port[port];

	if (unlikely(!worker_port_up(w, port)))
		worker_drop_at(w, m, port, DP_DROP_tx_port);
	else if (unlikely(atomic_load_explicit(&p->tx, memory_order_relaxed) != port))
		eth_send_logical(w, port, m, dst);
	else
		encap_eth(w, port, m, dst, ip_ethertype(m));
}

/* The packet waits at control for the path; the address goes in front, as Linux's pseudo header. */
static void
ib_miss(struct dp_worker *w, struct rte_mbuf *m, uint16_t port, const struct ipoib_addr *addr)
{
	rte_be16_t type = ip_ethertype(m);
	struct ipoib_hdr *hdr;
	void *start;

	if (unlikely(!dp_order_note(w, addr))) {
		worker_drop(w, m, DP_DROP_order_full);
		return;
	}
	m = pkt_prepend(w->dp->pool, &w->ctr[m->port], m, IPOIB_ADDR_LEN + IPOIB_HDR_LEN, &start);
	if (unlikely(m == NULL))
		return;
	*(struct ipoib_addr *)start = *addr;
	hdr = RTE_PTR_ADD(start, IPOIB_ADDR_LEN);
	hdr->type = type;
	hdr->reserved = 0;
	dp_meta(m)->out_port = port;
	worker_punt(w, m, DP_PUNT_NEIGH_MISS, false);
}

uint32_t
dp_ib_set_ah(const struct dp_port *p, const struct rte_mbuf *m, const struct ipoib_neigh_entry *e)
{
	const struct ipoib_ahset *set = __atomic_load_n(&p->ahset, __ATOMIC_ACQUIRE);
	uint16_t word = rte_be_to_cpu_16(*rte_pktmbuf_mtod(m, const unaligned_uint16_t *));
	uint32_t dscp = word >> 12 == 6 ? word >> 6 & 63 : word >> 2 & 63, class;

	if (set == NULL)
		return PMD_IPOIB_AH_NONE;
	set += e->ah % IPOIB_AHSET_MAX;
	class = atomic_load_explicit(&p->dscp_class[dscp], memory_order_relaxed) % IPOIB_CLASSES;
	if (set->nb_lids[class] == 0)
		class = 0;
	if (set->nb_lids[class] == 0 || set->nb_lids[class] > IPOIB_LIDS_MAX)
		return PMD_IPOIB_AH_NONE;
	return set->ah[class][dp_flow_hash(m) % set->nb_lids[class]];
}

/* A packet whose path is narrower than the link and too narrow for it. */
static __rte_noinline void
ib_too_big(struct dp_worker *w, const struct dp_ib_burst *b, uint16_t i)
{
	if (b->l3[i] == NULL)
		worker_drop(w, b->pkts[i], DP_DROP_too_big);
	else
		worker_punt_fwd(w, b->pkts[i], DP_PUNT_TOO_BIG,
				(uint16_t)ib_get_be24(b->l3[i]->qpn), b->l3[i]);
}

static void
ib_unresolved(struct dp_worker *w, const struct dp_ib_burst *b, uint16_t i,
		const struct ipoib_neigh_entry *e)
{
	if (e != NULL && e->state == IPOIB_NEIGH_FAILED)
		worker_drop(w, b->pkts[i], DP_DROP_no_path);
	else
		ib_miss(w, b->pkts[i], b->port[i], b->addr[i]);
}

static inline uint64_t
bits(uint16_t n)
{
	return n == 64 ? UINT64_MAX : RTE_BIT64(n) - 1;
}

/* Packets whose path is known now, but older ones are still at control. @return the others */
static __rte_noinline uint64_t
ib_order(struct dp_worker *w, const struct dp_ib_burst *b, uint64_t hits)
{
	uint64_t set = hits;
	uint16_t i;

	for (; set != 0; set &= set - 1) {
		i = (uint16_t)__builtin_ctzll(set);
		if (!dp_order_pending(w, b->addr[i]))
			continue;
		if (b->l3[i] == NULL)
			dp_order_hold(w, b->pkts[i], b->port[i], b->addr[i], true);
		else
			dp_order_hold(w, b->pkts[i], (uint16_t)ib_get_be24(b->l3[i]->qpn), b->l3[i],
					false);
		hits &= ~RTE_BIT64(i);
	}
	return hits;
}

/*
 * Packets of one port, one at least. Misses first: a neighbour may have been
 * published in the midst of the lookup, and then a hit stands behind a miss of its flow.
 */
static void
ib_send_port(struct dp_worker *w, const struct dp_ib_burst *b)
{
	const struct ipoib_neigh_entry *entry[DP_BURST_MAX], *e;
	uint16_t port = b->port[0], i;
	bool up = worker_port_up(w, port);
	uint64_t hits = 0, set;

	ipoib_neigh_lookup_bulk(w->dp->port[port].neigh, b->addr, b->n, &hits, entry);
	for (set = bits(b->n) & ~hits; unlikely(set != 0); set &= set - 1) {
		i = (uint16_t)__builtin_ctzll(set);
		ib_unresolved(w, b, i, entry[i]);
	}
	if (unlikely(w->order.waiting))
		hits = ib_order(w, b, hits);
	for (; hits != 0; hits &= hits - 1) {
		i = (uint16_t)__builtin_ctzll(hits);
		e = entry[i];
		if (unlikely(!up))
			worker_drop(w, b->pkts[i], DP_DROP_no_path);
		else if (likely(e->mtu == 0 || b->pkts[i]->pkt_len <= e->mtu))
			encap_ib(w, b->pkts[i], port, e, ip_ethertype(b->pkts[i]));
		else
			ib_too_big(w, b, i);
	}
}

/* Packets of other ports than the first one's go to another burst, in order. @return how many stay */
static uint16_t
ib_split(struct dp_ib_burst *b, struct dp_ib_burst *rest)
{
	uint16_t i, n = 0;

	rest->n = 0;
	for (i = 0; i < b->n; i++) {
		struct dp_ib_burst *to = b->port[i] == b->port[0] ? b : rest;
		uint16_t k = to == b ? n++ : rest->n++;

		to->pkts[k] = b->pkts[i];
		to->port[k] = b->port[i];
		to->l3[k] = b->l3[i];
		to->addr[k] = b->addr[i];
	}
	return n;
}

static inline bool
ib_one_port(const struct dp_ib_burst *b)
{
	uint16_t differ = 0, i;

	for (i = 1; i < b->n; i++)
		differ |= b->port[i] ^ b->port[0];
	return differ == 0;
}

void
dp_ib_send(struct dp_worker *w, struct dp_ib_burst *b)
{
	struct dp_ib_burst rest[2], *others = &rest[0];

	while (unlikely(!ib_one_port(b))) {
		b->n = ib_split(b, others);
		ib_send_port(w, b);
		b = others;
		others = b == &rest[0] ? &rest[1] : &rest[0];
	}
	ib_send_port(w, b);
}

uint16_t
dp_ib_logical(struct dp_worker *w, uint16_t port, struct rte_mbuf *m)
{
	uint16_t tx = dp_port_tx(w->dp, port);

	if (tx != DP_PORT_NIL && dp_port_kind(w->dp, tx) == DP_PORT_IPOIB &&
			worker_port_up(w, port))
		return tx;
	worker_drop(w, m, DP_DROP_no_path);
	return DP_PORT_NIL;
}

void
dp_bcast_send(struct dp_worker *w, uint16_t port, struct rte_mbuf *m)
{
	static const struct rte_ether_addr all = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
	struct ipoib_addr addr;
	struct dp_ib_burst b;

	switch (dp_port_kind(w->dp, port)) {
	case DP_PORT_ETH:
		dp_eth_send(w, port, m, &all);
		break;
	case DP_PORT_IPOIB:
		if (!dp_ib_group(w->dp, port, NULL, &addr)) {
			worker_drop(w, m, DP_DROP_no_path);
			break;
		}
		b.n = 0;
		dp_ib_put(w, port, m, NULL, &addr, &b);
		if (b.n != 0)
			dp_ib_send(w, &b);
		break;
	default:
		worker_drop_at(w, m, port, DP_DROP_tx_port);
		break;
	}
}

/* The link-layer address is known: encapsulate, or collect for the path lookup. */
static inline void
neigh_hit(struct dp_worker *w, const struct dp_fwd_burst *f, uint16_t i, const struct dp_adj *adj,
		struct dp_ib_burst *b)
{
	uint16_t port = f->port[i];
	enum dp_port_kind kind = dp_port_kind(w->dp, port);

	if (likely(kind == DP_PORT_IPOIB))
		dp_ib_put(w, port, f->pkts[i], &f->key[i], &adj->lladdr, b);
	else if (likely(kind == DP_PORT_ETH))
		dp_eth_send(w, port, f->pkts[i], &adj->mac);
	else
		worker_drop_at(w, f->pkts[i], port, DP_DROP_tx_port);
}

static void
neigh_miss(struct dp_worker *w, const struct dp_fwd_burst *f, uint16_t i,
		const struct ipoib_neigh_entry *e)
{
	if (e != NULL && e->state == IPOIB_NEIGH_FAILED)
		worker_drop(w, f->pkts[i], DP_DROP_no_neigh);
	else if (unlikely(!dp_order_note(w, &f->key[i])))
		worker_drop(w, f->pkts[i], DP_DROP_order_full);
	else
		worker_punt_fwd(w, f->pkts[i], DP_PUNT_L3_MISS, f->port[i], &f->key[i]);
}

/* As ib_order(). */
static __rte_noinline uint64_t
neigh_order(struct dp_worker *w, const struct dp_fwd_burst *f, uint64_t hits)
{
	uint64_t set = hits;
	uint16_t i;

	for (; set != 0; set &= set - 1) {
		i = (uint16_t)__builtin_ctzll(set);
		if (!dp_order_pending(w, &f->key[i]))
			continue;
		dp_order_hold(w, f->pkts[i], f->port[i], &f->key[i], false);
		hits &= ~RTE_BIT64(i);
	}
	return hits;
}

void
dp_nexthop(struct dp_worker *w, struct dp_fwd_burst *f)
{
	const struct ipoib_neigh_entry *entry[DP_BURST_MAX];
	const struct ipoib_addr *keyp[DP_BURST_MAX];
	struct dp_ib_burst b;
	uint64_t hits = 0, set;
	uint16_t i;

	for (i = 0; i < f->n; i++)
		keyp[i] = &f->key[i];
	b.n = 0;
	ipoib_neigh_lookup_bulk(w->dp->l3, keyp, f->n, &hits, entry);
	for (set = bits(f->n) & ~hits; unlikely(set != 0); set &= set - 1) {
		i = (uint16_t)__builtin_ctzll(set);
		neigh_miss(w, f, i, entry[i]);
	}
	if (unlikely(w->order.waiting))
		hits = neigh_order(w, f, hits);
	for (; hits != 0; hits &= hits - 1) {
		i = (uint16_t)__builtin_ctzll(hits);
		neigh_hit(w, f, i, &w->dp->adj[entry[i]->ah], &b);
	}
	if (b.n != 0)
		dp_ib_send(w, &b);
}

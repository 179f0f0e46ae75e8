/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <rte_ether.h>

#include "pkt.h"
#include "worker.h"

void
dp_eth_send(struct dp_worker *w, uint16_t port, struct rte_mbuf *m,
		const struct rte_ether_addr *dst)
{
	struct rte_mempool *pool = w->dp->pool;
	struct rte_ether_hdr *eth;
	void *start;

	if (unlikely(!worker_port_up(w, port))) {
		worker_drop_at(w, m, port, DP_DROP_tx_port);
		return;
	}
	m = pkt_prepend(pool, &w->ctr[m->port], m, sizeof(*eth), &start);
	if (unlikely(m == NULL))
		return;
	eth = start;
	eth->dst_addr = *dst;
	eth->src_addr = w->dp->port[port].mac;
	eth->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	if (m->pkt_len < PKT_ETH_MIN) {
		m = pkt_pad(pool, &w->ctr[m->port], m);
		if (unlikely(m == NULL))
			return;
	}
	worker_tx(w, port, m);
}

/* The packet waits at control for the path; the address goes in front, as Linux's pseudo header. */
static void
ib_miss(struct dp_worker *w, struct rte_mbuf *m, uint16_t port, const struct ipoib_addr *addr)
{
	struct ipoib_hdr *hdr;
	void *start;

	m = pkt_prepend(w->dp->pool, &w->ctr[m->port], m, IPOIB_ADDR_LEN + IPOIB_HDR_LEN, &start);
	if (unlikely(m == NULL))
		return;
	*(struct ipoib_addr *)start = *addr;
	hdr = RTE_PTR_ADD(start, IPOIB_ADDR_LEN);
	hdr->type = RTE_BE16(IPOIB_TYPE_IPV4);
	hdr->reserved = 0;
	dp_meta(m)->out_port = port;
	worker_punt(w, m, DP_PUNT_NEIGH_MISS, false);
}

static void
ib_hit(struct dp_worker *w, struct rte_mbuf *m, uint16_t port, const struct ipoib_neigh_entry *e)
{
	struct pmd_ipoib_meta *meta;
	struct ipoib_hdr *hdr;
	void *start;

	m = pkt_prepend(w->dp->pool, &w->ctr[m->port], m, IPOIB_HDR_LEN, &start);
	if (unlikely(m == NULL))
		return;
	hdr = start;
	hdr->type = RTE_BE16(IPOIB_TYPE_IPV4);
	hdr->reserved = 0;
	meta = pmd_ipoib_meta(m);
	meta->ah = e->ah;
	meta->qpn = e->qpn;
	worker_tx(w, port, m);
}

/* A packet whose path is known; the path may be narrower than the link. */
static void
ib_resolved(struct dp_worker *w, const struct dp_ib_burst *b, uint16_t i,
		const struct ipoib_neigh_entry *e)
{
	struct rte_mbuf *m = b->pkts[i];

	if (unlikely(!worker_port_up(w, b->port[i])))
		worker_drop(w, m, DP_DROP_no_path);
	else if (likely(e->mtu == 0 || m->pkt_len <= e->mtu))
		ib_hit(w, m, b->port[i], e);
	else if (b->l3[i] == NULL)
		worker_drop(w, m, DP_DROP_too_big);
	else
		worker_punt_fwd(w, m, DP_PUNT_TOO_BIG, b->port[i], b->l3[i]);
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

/* The packets of one port: bits of set, one at least. */
static void
ib_send_port(struct dp_worker *w, const struct dp_ib_burst *b, uint16_t port, uint64_t set)
{
	const struct ipoib_neigh_entry *entry[DP_BURST_MAX];
	const struct ipoib_addr *key[DP_BURST_MAX];
	uint16_t index[DP_BURST_MAX];
	uint64_t hits = 0;
	uint16_t i, n = 0;

	do {
		index[n] = (uint16_t)__builtin_ctzll(set);
		key[n] = b->addr[index[n]];
		n++;
		set &= set - 1;
	} while (set != 0);
	ipoib_neigh_lookup_bulk(w->dp->port[port].neigh, key, n, &hits, entry);
	for (i = 0; i < n; i++) {
		if (likely((hits & RTE_BIT64(i)) != 0))
			ib_resolved(w, b, index[i], entry[i]);
		else
			ib_unresolved(w, b, index[i], entry[i]);
	}
}

void
dp_ib_send(struct dp_worker *w, struct dp_ib_burst *b)
{
	uint64_t set, todo = b->n == 64 ? UINT64_MAX : RTE_BIT64(b->n) - 1;
	uint16_t i, port;

	while (todo != 0) {
		port = b->port[__builtin_ctzll(todo)];
		set = 0;
		for (i = 0; i < b->n; i++)
			set |= (uint64_t)(b->port[i] == port) << i;
		ib_send_port(w, b, port, set);
		todo &= ~set;
	}
}

/* The link-layer address is known: encapsulate, or collect for the path lookup. */
static void
neigh_hit(struct dp_worker *w, const struct dp_fwd_burst *f, uint16_t i, const struct dp_adj *adj,
		struct dp_ib_burst *b)
{
	uint16_t port = f->port[i];

	switch (w->dp->port[port].kind) {
	case DP_PORT_ETH:
		dp_eth_send(w, port, f->pkts[i], &adj->mac);
		break;
	case DP_PORT_IPOIB:
		b->port[b->n] = port;
		b->l3[b->n] = &f->key[i];
		b->addr[b->n] = &adj->lladdr;
		b->pkts[b->n++] = f->pkts[i];
		break;
	default:
		worker_drop_at(w, f->pkts[i], port, DP_DROP_tx_port);
		break;
	}
}

static void
neigh_miss(struct dp_worker *w, const struct dp_fwd_burst *f, uint16_t i,
		const struct ipoib_neigh_entry *e)
{
	if (e != NULL && e->state == IPOIB_NEIGH_FAILED)
		worker_drop(w, f->pkts[i], DP_DROP_no_neigh);
	else
		worker_punt_fwd(w, f->pkts[i], DP_PUNT_L3_MISS, f->port[i], &f->key[i]);
}

void
dp_nexthop(struct dp_worker *w, struct dp_fwd_burst *f)
{
	const struct ipoib_neigh_entry *entry[DP_BURST_MAX];
	const struct ipoib_addr *keyp[DP_BURST_MAX];
	struct dp_ib_burst b;
	uint64_t hits = 0;
	uint16_t i;

	for (i = 0; i < f->n; i++)
		keyp[i] = &f->key[i];
	b.n = 0;
	ipoib_neigh_lookup_bulk(w->dp->l3, keyp, f->n, &hits, entry);
	for (i = 0; i < f->n; i++) {
		if (likely((hits & RTE_BIT64(i)) != 0))
			neigh_hit(w, f, i, &w->dp->adj[entry[i]->ah], &b);
		else
			neigh_miss(w, f, i, entry[i]);
	}
	if (b.n != 0)
		dp_ib_send(w, &b);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Where packets to an IPv4 destination went last, for each worker: the entries of the L3 table and
 * of the path table that route.c and nexthop.c have found for it, by reference. A packet that finds
 * them unchanged needs no route, no key and no hash. It is a shortcut and nothing else: what it does
 * not know, or what is in any way special, takes the whole way; so nobody can gain anything by
 * choosing destinations that share a place.
 *
 * Nothing has to be told to it. References end when their entry is replaced or removed; routes have a
 * number (dp.rules) that changes with them; what a port allows is asked each time.
 *
 * Order: packets of one burst to one destination all take the same way, for destinations are learnt
 * between bursts only, and behind a packet that is special all others take the long way, too.
 */

#include <rte_fib.h>
#include <rte_ip.h>

#include "pkt.h"
#include "worker.h"

/* Destinations that a burst may add: what nobody can learn, as in a scan, costs little. */
#define LEARN_MAX 2
/* A place that another destination uses is taken one time in so many. */
#define TAKE_EVERY 8
/* The path's number shares its word with the port. */
#define PORT_SHIFT 26
static_assert(DP_PORTS_MAX <= 1 << (32 - PORT_SHIFT), "a port's number");

/* Packets in a row that leave by one port. */
struct run {
	const struct dp_port *out;
	uint16_t port;
	bool ib;
	bool usable; /* packets may take the short way */
	uint16_t mtu;
	uint16_t n;
	struct rte_mbuf *pkts[DP_BURST_MAX];
	const struct ipoib_neigh_entry *entry[DP_BURST_MAX];
};

static inline struct dp_fast *
place_of(const struct dp_worker *w, uint32_t dst)
{
	return &w->fast[(dst * UINT32_C(0x9e3779b1)) >> (32 - DP_FAST_BITS)];
}

static void
run_send(struct dp_worker *w, struct run *r)
{
	if (r->n == 0)
		return;
	if (r->ib)
		dp_ib_hits(w, r->port, r->pkts, r->entry, r->n);
	else
		dp_eth_hits(w, r->port, r->pkts, r->entry, r->n);
	r->n = 0;
}

/* The packets that follow leave by another port. */
static __rte_noinline void
run_begin(struct dp_worker *w, struct run *r, uint16_t port)
{
	enum dp_port_kind kind = dp_port_kind(w->dp, port);
	const struct dp_port *out = &w->dp->port[port];

	run_send(w, r);
	r->out = out;
	r->port = port;
	r->ib = kind == DP_PORT_IPOIB;
	r->mtu = worker_port_mtu(w, port);
	r->usable = kind != DP_PORT_NONE && worker_port_up(w, port) &&
			atomic_load_explicit(&out->tx, memory_order_relaxed) == port &&
			(atomic_load_explicit(&out->flags, memory_order_relaxed) &
					DP_PORT_MSS_CLAMP) == 0;
}

/* The entry that says how to send, or NULL: it must be looked up. */
static inline const struct ipoib_neigh_entry *
entry_of(struct dp_worker *w, struct run *r, const struct dp_fast *f)
{
	const struct ipoib_neigh_ref l3 = { .gen = f->l3_gen, .entry = f->l3 };
	const struct ipoib_neigh_ref path = { .gen = f->path_gen,
		.entry = f->path & (RTE_BIT32(PORT_SHIFT) - 1) };
	const struct ipoib_neigh_entry *e = ipoib_neigh_ref_get(w->dp->l3, l3);
	uint16_t port = (uint16_t)(f->path >> PORT_SHIFT);

	/* Only while the neighbour is there, its port is. */
	if (unlikely(e == NULL))
		return NULL;
	if (unlikely(port != r->port))
		run_begin(w, r, port);
	if (unlikely(!r->usable))
		return NULL;
	return r->ib ? ipoib_neigh_ref_get(r->out->neigh, path) : e;
}

/* Is there nothing about the packet that would have to be looked at? */
static inline bool
pkt_is_plain(const struct run *r, const struct rte_mbuf *m, const struct ipoib_neigh_entry *e)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);

	return ip->time_to_live > 1 && !pkt_is_shared(m) && m->pkt_len <= r->mtu &&
			(e->mtu == 0 || m->pkt_len <= e->mtu);
}

/* Keep what the tables say of a destination now, if it can be kept. */
static void
learn(struct dp_worker *w, uint32_t dst, uint32_t rules)
{
	struct rte_fib *fib = __atomic_load_n(&w->dp->fib, __ATOMIC_ACQUIRE);
	const struct ipoib_neigh_entry *l3, *path = NULL;
	struct ipoib_addr key, *keyp = &key;
	struct dp_fast *f = place_of(w, dst);
	struct ipoib_neigh_ref r;
	const struct dp_nh *nh;
	uint64_t id, hit;

	if (f->rules == rules && f->dst != dst && ++w->fast_denied % TAKE_EVERY != 0)
		return;
	rte_fib_lookup_bulk(fib, &dst, &id, 1);
	nh = &w->dp->nh[id];
	if (nh->type == DP_NH_LINK)
		dp_l3_key4(&key, nh->port, dst);
	else if (nh->type == DP_NH_VIA)
		dp_l3_key(&key, nh->port, &nh->gw);
	else
		return;
	if (ipoib_neigh_lookup_bulk(
			    w->dp->l3, (const struct ipoib_addr *const *)&keyp, 1, &hit, &l3) != 1)
		return;
	*f = (struct dp_fast){ .dst = dst, .path = (uint32_t)nh->port << PORT_SHIFT };
	if (dp_port_kind(w->dp, nh->port) == DP_PORT_IPOIB) {
		const struct ipoib_addr *addr = &w->dp->adj[l3->ah].lladdr;
		const struct ipoib_neigh *t = w->dp->port[nh->port].neigh;

		if (t == NULL || ipoib_neigh_lookup_bulk(t, &addr, 1, &hit, &path) != 1)
			return;
		r = ipoib_neigh_ref_of(t, path);
		f->path_gen = r.gen;
		f->path |= r.entry;
	}
	r = ipoib_neigh_ref_of(w->dp->l3, l3);
	f->l3_gen = r.gen;
	f->l3 = r.entry;
	f->rules = rules;
}

/* Those of packets that cannot be sent here stay in the burst. */
static void
learn_some(struct dp_worker *w, const struct dp_ip_burst *b, uint32_t rules)
{
	uint16_t i, n = RTE_MIN(b->n4, LEARN_MAX);

	for (i = 0; i < n; i++)
		learn(w, b->dst4[i], rules);
}

void
dp_fast(struct dp_worker *w, struct dp_ip_burst *b)
{
	uint32_t rules = atomic_load_explicit(&w->dp->rules, memory_order_acquire);
	const struct ipoib_neigh_entry *e;
	bool plain = true;
	uint16_t i, left = 0;
	struct rte_mbuf *m;
	struct dp_fast *f;
	struct run r;

	r.port = DP_PORT_NIL;
	r.n = 0;
	for (i = 0; i < b->n4; i++)
		rte_prefetch0(place_of(w, b->dst4[i]));
	for (i = 0; i < b->n4; i++) {
		m = b->pkt4[i];
		f = place_of(w, b->dst4[i]);
		e = NULL;
		if (likely(f->dst == b->dst4[i] && f->rules == rules && plain)) {
			e = entry_of(w, &r, f);
			if (e != NULL && unlikely(!pkt_is_plain(&r, m, e))) {
				plain = false;
				e = NULL;
			}
		}
		if (likely(e != NULL)) {
			dp_ttl4_decrement(rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *));
			r.entry[r.n] = e;
			r.pkts[r.n++] = m;
		} else {
			b->dst4[left] = b->dst4[i];
			b->pkt4[left++] = m;
		}
	}
	run_send(w, &r);
	b->n4 = left;
	if (unlikely(left != 0))
		learn_some(w, b, rules);
}

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

#include "encap.h"
#include "pkt.h"
#include "worker.h"

/* Destinations that a burst may add: what nobody can learn, as in a scan, costs little. */
#define LEARN_MAX 2
/* A place that another destination uses is taken one time in so many. */
#define TAKE_EVERY 8
/* The path's number shares its word with the port. */
#define PORT_SHIFT 26
static_assert(DP_PORTS_MAX <= 1 << (32 - PORT_SHIFT), "a port's number");

/* What packets need that leave by one port, asked once for as many as follow one another. */
struct way {
	const struct ipoib_neigh *paths; /* NULL on Ethernet */
	uint16_t port;
	uint16_t mtu; /* 0: none may take the short way */
};

static inline struct dp_fast *
place_of(struct dp_fast *fast, uint32_t dst)
{
	return &fast[(dst * UINT32_C(0x9e3779b1)) >> (32 - DP_FAST_BITS)];
}

static __rte_noinline void
way_set(const struct dp_worker *w, uint16_t port, struct way *way)
{
	const struct dp_port *p = &w->dp->port[port];
	enum dp_port_kind kind = dp_port_kind(w->dp, port);

	way->port = port;
	way->paths = kind == DP_PORT_IPOIB ? p->neigh : NULL;
	way->mtu = 0;
	if ((kind == DP_PORT_ETH || way->paths != NULL) && worker_port_up(w, port) &&
			atomic_load_explicit(&p->tx, memory_order_relaxed) == port &&
			(atomic_load_explicit(&p->flags, memory_order_relaxed) &
					DP_PORT_MSS_CLAMP) == 0)
		way->mtu = worker_port_mtu(w, port);
}

/* The entry that says how to send, or NULL: it must be looked up. */
static inline const struct ipoib_neigh_entry *
entry_of(const struct dp_worker *w, const struct ipoib_neigh *l3, struct way *way,
		const struct dp_fast *f)
{
	const struct ipoib_neigh_ref path = { .gen = f->path_gen,
		.entry = f->path & (RTE_BIT32(PORT_SHIFT) - 1) };
	uint16_t port = (uint16_t)(f->path >> PORT_SHIFT);
	const struct ipoib_neigh_entry *e;

	e = ipoib_neigh_ref_get(l3, (struct ipoib_neigh_ref){ .gen = f->l3_gen, .entry = f->l3 });
	/* Only while the neighbour is there, its port is. */
	if (unlikely(e == NULL))
		return NULL;
	if (unlikely(port != way->port))
		way_set(w, port, way);
	return way->paths != NULL ? ipoib_neigh_ref_get(way->paths, path) : e;
}

/* Is there nothing about the packet that would have to be looked at? */
static inline bool
pkt_is_plain(const struct way *way, const struct rte_mbuf *m, const struct ipoib_neigh_entry *e)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);

	return ip->time_to_live > 1 && !pkt_is_shared(m) && m->pkt_len <= way->mtu &&
			(e->mtu == 0 || m->pkt_len <= e->mtu);
}

/* Keep what the tables say of a destination now, if it can be kept. */
static void
learn(struct dp_worker *w, uint32_t dst, uint32_t rules)
{
	struct rte_fib *fib = __atomic_load_n(&w->dp->fib, __ATOMIC_ACQUIRE);
	const struct ipoib_neigh_entry *l3, *path = NULL;
	struct ipoib_addr key, *keyp = &key;
	struct dp_fast *f = place_of(w->fast, dst);
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

/* Send a packet, if it is plain and its way is known. @param plain no packet before was special */
static inline bool
send_one(struct dp_worker *w, struct rte_mbuf *m, const struct dp_fast *f, struct way *way,
		bool *plain)
{
	const struct ipoib_neigh_entry *e = entry_of(w, w->dp->l3, way, f);

	if (unlikely(e == NULL))
		return false;
	if (unlikely(!pkt_is_plain(way, m, e))) {
		*plain = false;
		return false;
	}
	dp_ttl4_decrement(rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *));
	if (way->paths != NULL)
		encap_ib(w, m, way->port, e, RTE_BE16(RTE_ETHER_TYPE_IPV4));
	else
		encap_eth(w, way->port, m, &w->dp->adj[e->ah].mac, RTE_BE16(RTE_ETHER_TYPE_IPV4));
	return true;
}

void
dp_fast(struct dp_worker *w, struct dp_ip_burst *b)
{
	uint32_t rules = atomic_load_explicit(&w->dp->rules, memory_order_acquire), dst;
	struct way way = { .port = DP_PORT_NIL };
	struct dp_fast *fast = w->fast, *f;
	uint16_t i, n = b->n4, left = 0;
	struct rte_mbuf *m;
	bool plain = true;

	for (i = 0; i < n; i++)
		rte_prefetch0(place_of(fast, b->dst4[i]));
	for (i = 0; i < n; i++) {
		m = b->pkt4[i];
		dst = b->dst4[i];
		f = place_of(fast, dst);
		if (likely(f->dst == dst && f->rules == rules && plain) &&
				likely(send_one(w, m, f, &way, &plain)))
			continue;
		b->dst4[left] = dst;
		b->pkt4[left++] = m;
	}
	b->n4 = left;
	if (unlikely(left != 0))
		learn_some(w, b, rules);
}

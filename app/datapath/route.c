/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <rte_fib.h>
#include <rte_fib6.h>
#include <rte_ip.h>

#include "compat.h"
#include "filter.h"
#include "pkt.h"
#include "top.h"
#include "worker.h"

#define IP6_SRC_OFF 8
#define IP6_HOPS_OFF 7

void
dp_ttl_decrement(struct rte_mbuf *m)
{
	uint8_t *ip = rte_pktmbuf_mtod(m, uint8_t *);

	if (ip[0] >> 4 == 6)
		ip[IP6_HOPS_OFF]--;
	else
		dp_ttl4_decrement((struct rte_ipv4_hdr *)ip);
}

static bool
bind_allows(const struct dp_worker *w, uint16_t in, uint16_t out)
{
	uint16_t bind = atomic_load_explicit(&w->dp->port[in].bind, memory_order_relaxed);

	return bind == DP_PORT_NIL || bind == out;
}

/* One of both ports wants SYNs to have a smaller MSS? Then it may be that of either link. */
static bool
mss_mtu(const struct dp_worker *w, uint16_t in, uint16_t out, uint16_t *mtu)
{
	const struct dp_port *i = &w->dp->port[in], *o = &w->dp->port[out];
	uint8_t flags = atomic_load_explicit(&i->flags, memory_order_relaxed) |
			atomic_load_explicit(&o->flags, memory_order_relaxed);
	uint16_t in_mtu = worker_port_mtu(w, in), out_mtu = worker_port_mtu(w, out);

	*mtu = RTE_MIN(in_mtu, out_mtu);
	return (flags & DP_PORT_MSS_CLAMP) != 0;
}

/* A packet whose TTL is done, to the next hop of which the key is set. */
static inline void
leave(struct dp_worker *w, struct rte_mbuf *m, uint16_t port, bool plain, struct dp_fwd_burst *f)
{
	const struct dp_port *out = &w->dp->port[port];
	uint16_t mtu;

	if (unlikely(m->pkt_len > atomic_load_explicit(&out->mtu, memory_order_relaxed))) {
		worker_punt_fwd(w, m, DP_PUNT_TOO_BIG, port, &f->key[f->n]);
		return;
	}
	if (unlikely(!plain || atomic_load_explicit(&out->flags, memory_order_relaxed) != 0) &&
			mss_mtu(w, m->port, port, &mtu)) {
		m = dp_mss_clamp(w, m, mtu);
		if (m == NULL)
			return;
	}
	f->port[f->n] = port;
	f->pkts[f->n++] = m;
}

/* What both families do first. @return the packet, or NULL: it ended */
static inline struct rte_mbuf *
forward_begin(struct dp_worker *w, struct rte_mbuf *m, uint16_t port, bool plain)
{
	if (unlikely(!plain) && !bind_allows(w, m->port, port)) {
		worker_drop(w, m, DP_DROP_bind);
		return NULL;
	}
	if (unlikely(pkt_is_shared(m)))
		m = pkt_own(w->dp->pool, &w->ctr[m->port], m);
	return m;
}

/* A packet with a next hop on another link, or back on its own. @return it with one hop less */
static inline struct rte_mbuf *
forward4(struct dp_worker *w, struct rte_mbuf *m, uint16_t port, bool plain)
{
	struct rte_ipv4_hdr *ip;

	m = forward_begin(w, m, port, plain);
	if (unlikely(m == NULL))
		return NULL;
	ip = rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *);
	if (unlikely(ip->time_to_live <= 1)) {
		worker_punt(w, m, DP_PUNT_TTL, false);
		return NULL;
	}
	dp_ttl4_decrement(ip);
	return m;
}

/* RFC 4291 2.5.6: nothing from a link-local address leaves its link. */
static inline bool
scope_ends(const struct rte_mbuf *m, const uint8_t *ip, uint16_t port)
{
	return ip[IP6_SRC_OFF] == 0xfe && (ip[IP6_SRC_OFF + 1] & 0xc0) == 0x80 && m->port != port;
}

static inline struct rte_mbuf *
forward6(struct dp_worker *w, struct rte_mbuf *m, uint16_t port, bool plain)
{
	uint8_t *ip;

	m = forward_begin(w, m, port, plain);
	if (unlikely(m == NULL))
		return NULL;
	ip = rte_pktmbuf_mtod(m, uint8_t *);
	if (unlikely(scope_ends(m, ip, port))) {
		worker_punt(w, m, DP_PUNT_SCOPE, false);
		return NULL;
	}
	if (unlikely(ip[IP6_HOPS_OFF] <= 1)) {
		worker_punt(w, m, DP_PUNT_TTL, false);
		return NULL;
	}
	ip[IP6_HOPS_OFF]--;
	return m;
}

/* To a subnet's broadcast address; RFC 1812 5.3.5.2: only where that is wanted. */
static void
broadcast(struct dp_worker *w, struct rte_mbuf *m, uint16_t port, bool bcast)
{
	uint8_t flags = atomic_load_explicit(&w->dp->port[port].flags, memory_order_relaxed);

	if (bcast && port == m->port) {
		worker_punt(w, m, DP_PUNT_LOCAL, true);
		return;
	}
	if (bcast || port == m->port || (flags & DP_PORT_DIRECTED_BCAST) == 0) {
		worker_drop(w, m, DP_DROP_ip_dst);
		return;
	}
	if (!dp_filter_may_leave(w->dp, w->id, port, m)) {
		worker_drop(w, m, DP_DROP_filter);
		return;
	}
	m = forward4(w, m, port, false);
	if (m == NULL)
		return;
	if (m->pkt_len > worker_port_mtu(w,
					 port)) /* is never cut (RFC 1812 4.3.2.7: nor answered) */
		worker_drop(w, m, DP_DROP_too_big);
	else
		dp_bcast_send(w, port, m);
}

/* Everything that is not forwarded. */
static __rte_noinline void
not_forwarded(struct dp_worker *w, struct rte_mbuf *m, const struct dp_nh *nh, bool bcast)
{
	switch ((enum dp_nh_type)nh->type) {
	case DP_NH_LOCAL:
		worker_punt(w, m, DP_PUNT_LOCAL, bcast);
		break;
	case DP_NH_BROADCAST:
		broadcast(w, m, nh->port, bcast);
		break;
	default:
		if (bcast)
			worker_drop(w, m, DP_DROP_ip_l2_bcast);
		else if (nh->type == DP_NH_BLACKHOLE)
			worker_drop(w, m, DP_DROP_blackhole);
		else if (nh->type == DP_NH_PROHIBIT)
			worker_punt(w, m, DP_PUNT_PROHIBIT, false);
		else
			worker_punt(w, m, DP_PUNT_NO_ROUTE, false);
		break;
	}
}

static inline bool
is_forwarded(const struct dp_nh *nh)
{
	return nh->type == DP_NH_LINK || nh->type == DP_NH_VIA;
}

/* The next hop of a packet, of several one. Is there none, or may it not go there: NULL, it ended. */
static inline const struct dp_nh *
nexthop_of(struct dp_worker *w, struct rte_mbuf *m, uint64_t id, bool bcast)
{
	const struct dp_nh *nh = &w->dp->nh[id];

	if (unlikely(nh->type == DP_NH_ECMP)) {
		nh = dp_nh_ecmp(w->dp, nh, m);
		if (nh == NULL)
			nh = &w->dp->nh[0]; /* no route */
	}
	if (unlikely(!is_forwarded(nh))) {
		not_forwarded(w, m, nh, bcast);
		return NULL;
	}
	if (unlikely(bcast)) {
		worker_drop(w, m, DP_DROP_ip_l2_bcast);
		return NULL;
	}
	return nh;
}

/* A packet with a next hop, whatever is special about it. */
static __rte_noinline void
route4_one(struct dp_worker *w, const struct dp_ip_burst *b, uint16_t i, uint64_t id,
		struct dp_fwd_burst *f)
{
	struct rte_mbuf *m = b->pkt4[i];
	const struct dp_nh *nh = nexthop_of(w, m, id, (b->bcast4 & RTE_BIT64(i)) != 0);

	if (unlikely(nh == NULL))
		return;
	m = forward4(w, m, nh->port, b->plain);
	if (unlikely(m == NULL))
		return;
	if (nh->type == DP_NH_LINK)
		dp_l3_key4(&f->key[f->n], nh->port, b->dst4[i]);
	else
		dp_l3_key(&f->key[f->n], nh->port, &nh->gw);
	leave(w, m, nh->port, b->plain, f);
}

/* Nothing special: to a neighbour or a gateway, TTL and length are fine, nobody else has the packet. */
static inline bool
route4_plain(struct dp_worker *w, struct rte_mbuf *m, uint32_t dst, const struct dp_nh *nh,
		struct dp_fwd_burst *f)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *);
	const struct dp_port *out;

	if (unlikely(!is_forwarded(nh)))
		return false;
	out = &w->dp->port[nh->port];
	if (unlikely(ip->time_to_live <= 1 || pkt_is_shared(m) ||
			    m->pkt_len > atomic_load_explicit(&out->mtu, memory_order_relaxed) ||
			    (atomic_load_explicit(&out->flags, memory_order_relaxed) &
					    DP_PORT_MSS_CLAMP) != 0))
		return false;
	dp_ttl4_decrement(ip);
	if (nh->type == DP_NH_LINK)
		dp_l3_key4(&f->key[f->n], nh->port, dst);
	else
		dp_l3_key(&f->key[f->n], nh->port, &nh->gw);
	f->port[f->n] = nh->port;
	f->pkts[f->n++] = m;
	return true;
}

static void
route4(struct dp_worker *w, const struct dp_ip_burst *b, struct dp_fwd_burst *f)
{
	struct rte_fib *fib = __atomic_load_n(&w->dp->fib, __ATOMIC_ACQUIRE);
	bool plain = b->plain && b->bcast4 == 0;
	uint64_t nh_id[DP_BURST_MAX];
	uint16_t i;

	rte_fib_lookup_bulk(fib, (uint32_t *)(uintptr_t)b->dst4, nh_id, b->n4);
	for (i = 0; i < b->n4; i++) {
		if (likely(plain &&
				    route4_plain(w, b->pkt4[i], b->dst4[i], &w->dp->nh[nh_id[i]],
						    f)))
			continue;
		route4_one(w, b, i, nh_id[i], f);
	}
}

static __rte_noinline void
route6(struct dp_worker *w, struct dp_ip_burst *b, struct dp_fwd_burst *f)
{
	struct rte_fib6 *fib = __atomic_load_n(&w->dp->fib6, __ATOMIC_ACQUIRE);
	uint64_t nh_id[DP_BURST_MAX];
	const struct dp_nh *nh;
	struct rte_mbuf *m;
	uint16_t i;

	rte_fib6_lookup_bulk(fib, COMPAT_IP6S(b->dst6), nh_id, b->n6);
	for (i = 0; i < b->n6; i++) {
		m = b->pkt6[i];
		nh = nexthop_of(w, m, nh_id[i], (b->bcast6 & RTE_BIT64(i)) != 0);
		if (unlikely(nh == NULL))
			continue;
		m = forward6(w, m, nh->port, b->plain);
		if (unlikely(m == NULL))
			continue;
		dp_l3_key(&f->key[f->n], nh->port, nh->type == DP_NH_LINK ? &b->dst6[i] : &nh->gw);
		leave(w, m, nh->port, b->plain, f);
	}
}

void
dp_route(struct dp_worker *w, struct dp_ip_burst *b)
{
	const struct dp_filter *filter = __atomic_load_n(&w->dp->filter, __ATOMIC_ACQUIRE);
	struct dp_top *top = __atomic_load_n(&w->dp->top, __ATOMIC_ACQUIRE);
	struct dp_fwd_burst f;

	f.n = 0;
	if (likely(b->n4 != 0 && b->plain && b->bcast4 == 0 && !b->odd4 && !w->order.waiting &&
			    filter == NULL && top == NULL))
		dp_fast_learn(w, b);
	if (b->n4 != 0)
		route4(w, b, &f);
	if (b->n6 != 0)
		route6(w, b, &f);
	if (unlikely(filter != NULL))
		dp_filter_out(w, filter, &f);
	if (unlikely(top != NULL))
		dp_top_count(w, top, &f);
	if (f.n != 0)
		dp_nexthop(w, &f);
	if (unlikely(b->nm != 0))
		dp_mcast(w, b);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <string.h>

#include <rte_cycles.h>
#include <rte_ip.h>
#include <rte_udp.h>

#include "encap.h"
#include "gen.h"
#include "latency.h"

#define GEN_TTL 64

/* A token bucket of one burst. */
static uint16_t
credit_take(struct dp_worker *w)
{
	const struct dp *dp = w->dp;
	uint64_t hz = rte_get_tsc_hz() * dp->nb_active;
	uint64_t now = rte_rdtsc();
	uint64_t add, n;

	if (dp->txgen.pps == 0)
		return dp->burst;
	/* Both are limited so that nothing overflows: a pause longer than that is forgotten. */
	add = RTE_MIN(now - w->gen.tsc, rte_get_tsc_hz() / 4) * RTE_MIN(dp->txgen.pps, UINT32_MAX);
	w->gen.tsc = now;
	w->gen.credit = RTE_MIN(w->gen.credit + add, hz * dp->burst);
	n = w->gen.credit / hz;
	w->gen.credit -= n * hz;
	return (uint16_t)n;
}

uint16_t
gen_credit(struct dp_worker *w)
{
	uint16_t n = (uint16_t)RTE_MIN(credit_take(w), w->gen.left);

	w->gen.left -= n;
	return n;
}

/* Zeros that are written without asking how many are needed, where there is room. */
#define ZEROS_SHORT 32

/* Parts of a sum in ones' complement (RFC 1071); addresses count the same in any order of octets. */
static inline uint32_t
sum_halves(uint32_t w)
{
	return (w & UINT16_MAX) + (w >> 16);
}

static inline uint16_t
sum_fold(uint32_t sum)
{
	sum = sum_halves(sum);
	return (uint16_t)sum_halves(sum);
}

/* What all packets have in common: big-endian words added as they lie in memory. */
static void
sums_begin(const struct dp_txgen *gen, struct gen_batch *g)
{
	rte_be16_t udp_len = rte_cpu_to_be_16(
			(uint16_t)(gen->pkt_len - sizeof(struct rte_ipv4_hdr)));

	g->ip_sum = RTE_BE16(RTE_IPV4_VHL_DEF << 8) + rte_cpu_to_be_16(gen->pkt_len) +
			RTE_BE16(GEN_TTL << 8 | IPPROTO_UDP);
	g->udp_sum = RTE_BE16(IPPROTO_UDP) + 2u * udp_len + rte_cpu_to_be_16(gen->src_port) +
			rte_cpu_to_be_16(gen->dst_port);
}

void
gen_begin(struct dp_worker *w, struct gen_batch *g, uint16_t n)
{
	g->next = 0;
	g->nb = n != 0 && rte_pktmbuf_alloc_bulk(w->dp->pool, g->m, n) == 0 ? n : 0;
	g->b.n = 0;
	g->missed = false;
	g->made = false;
	g->asked = 0;
	g->port = 0;
	g->originated = 0;
	sums_begin(&w->dp->txgen, g);
}

static inline void
headers_make(const struct dp_txgen *gen, struct gen_batch *g, uint8_t *start, uint32_t src,
		uint32_t dst, rte_be16_t id)
{
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)start;
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)(ip + 1);
	rte_be32_t from = rte_cpu_to_be_32(src), to = rte_cpu_to_be_32(dst);
	uint32_t sum = sum_halves(from) + sum_halves(to);
	uint16_t cksum;

	*ip = (struct rte_ipv4_hdr){
		.version_ihl = RTE_IPV4_VHL_DEF,
		.total_length = rte_cpu_to_be_16(gen->pkt_len),
		.packet_id = id,
		.time_to_live = GEN_TTL,
		.next_proto_id = IPPROTO_UDP,
		.hdr_checksum = (uint16_t)~sum_fold(g->ip_sum + id + sum),
		.src_addr = from,
		.dst_addr = to,
	};
	cksum = (uint16_t)~sum_fold(g->udp_sum + sum);
	*udp = (struct rte_udp_hdr){
		.src_port = rte_cpu_to_be_16(gen->src_port),
		.dst_port = rte_cpu_to_be_16(gen->dst_port),
		.dgram_len = rte_cpu_to_be_16((uint16_t)(gen->pkt_len - sizeof(*ip))),
		.dgram_cksum = cksum != 0 ? cksum : UINT16_MAX,
	};
	if (g->made)
		return;
	memcpy(g->hdrs, start, GEN_HDRS_LEN);
	g->src = src;
	g->dst = dst;
	g->sum = g->ip_sum + sum;
	g->made = true;
}

/* The headers of a packet with the addresses of the batch's first one. */
static inline void
headers_copy(const struct gen_batch *g, uint8_t *start, rte_be16_t id)
{
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)start;

	memcpy(start, g->hdrs, GEN_HDRS_LEN);
	ip->packet_id = id;
	ip->hdr_checksum = (uint16_t)~sum_fold(g->sum + id);
}

/* The headers, and zeros behind them. @param room octets of the buffer from @p start on */
static inline void
packet_fill(struct dp_worker *w, struct gen_batch *g, uint8_t *start, uint32_t room, uint32_t src,
		uint32_t dst)
{
	const struct dp_txgen *gen = &w->dp->txgen;
	uint32_t zeros = gen->pkt_len - GEN_HDRS_LEN;
	rte_be16_t id = rte_cpu_to_be_16(w->gen.ip_id++);
	uint8_t *payload = start + GEN_HDRS_LEN;

	if (likely(g->made && src == g->src && dst == g->dst))
		headers_copy(g, start, id);
	else
		headers_make(gen, g, start, src, dst, id);
	if (zeros <= ZEROS_SHORT && room >= GEN_HDRS_LEN + ZEROS_SHORT)
		memset(payload, 0, ZEROS_SHORT);
	else
		memset(payload, 0, zeros);
	if (unlikely(gen->stamp)) {
		dp_stamp_write(w, payload);
		/* there is none, which IPv4 allows */
		memset(start + sizeof(struct rte_ipv4_hdr) +
						offsetof(struct rte_udp_hdr, dgram_cksum),
				0, sizeof(rte_be16_t));
	}
}

static void
originated_count(struct dp_worker *w, struct gen_batch *g)
{
	dp_count(&w->ctr[g->port].originated, g->originated);
	g->originated = 0;
}

/* A packet for a port, or none: NULL. */
static inline struct rte_mbuf *
packet_make(struct dp_worker *w, struct gen_batch *g, uint16_t port, uint32_t src, uint32_t dst)
{
	uint16_t len = w->dp->txgen.pkt_len, room;
	struct rte_mbuf *m;

	if (unlikely(port != g->port)) {
		originated_count(w, g);
		g->port = port;
	}
	g->originated++;
	/* Not as many as were wanted, but perhaps some. */
	m = likely(g->next < g->nb) ? g->m[g->next++] : rte_pktmbuf_alloc(w->dp->pool);
	if (unlikely(m == NULL)) {
		dp_count(&w->ctr[port].drop[DP_DROP_nombuf], 1);
		return NULL;
	}
	m->port = port;
	room = rte_pktmbuf_tailroom(m);
	if (unlikely(len > room || len > worker_port_mtu(w, port))) {
		worker_drop(w, m, DP_DROP_too_big);
		return NULL;
	}
	m->data_len = len;
	m->pkt_len = len;
	packet_fill(w, g, rte_pktmbuf_mtod(m, uint8_t *), room, src, dst);
	return m;
}

/*
 * The path of a peer, if it is known since the last time and nothing is special: NULL, it must be
 * looked up. All packets of a batch to one peer get the same answer, so they stay in order.
 */
static __rte_noinline const struct ipoib_neigh_entry *
path_ask(const struct dp_worker *w, uint16_t i, uint16_t port)
{
	const struct dp_port *p = &w->dp->port[port];
	const struct ipoib_neigh_entry *e;

	if (unlikely(w->order.waiting || !worker_port_up(w, port) ||
			    atomic_load_explicit(&p->tx, memory_order_relaxed) != port))
		return NULL;
	e = ipoib_neigh_ref_get(p->neigh, w->gen.path[i]);
	return likely(e != NULL && (e->mtu == 0 || w->dp->txgen.pkt_len <= e->mtu)) ? e : NULL;
}

static inline const struct ipoib_neigh_entry *
path_known(const struct dp_worker *w, struct gen_batch *g, uint16_t i, uint16_t port)
{
	if (unlikely((g->asked & RTE_BIT64(i)) == 0)) {
		g->path[i] = path_ask(w, i, port);
		g->asked |= RTE_BIT64(i);
	}
	return g->path[i];
}

static inline void
ib_packet(struct dp_worker *w, struct gen_batch *g, uint16_t i, uint16_t port, struct rte_mbuf *m)
{
	const struct ipoib_neigh_entry *e = path_known(w, g, i, port);

	if (likely(e != NULL)) {
		encap_ib(w, m, port, e, RTE_BE16(RTE_ETHER_TYPE_IPV4));
		return;
	}
	g->missed = true;
	g->miss = i;
	dp_meta(m)->rx_port = DP_PORT_NIL; /* where it may be punted */
	dp_ib_put(w, port, m, NULL, &w->dp->txgen.peer[i].lladdr, &g->b);
}

void
gen_packet(struct dp_worker *w, struct gen_batch *g, uint16_t i, uint32_t src, uint32_t dst)
{
	const struct dp_txgen *gen = &w->dp->txgen;
	uint16_t port = gen->peer_port[i];
	struct rte_mbuf *m = packet_make(w, g, port, src, dst);

	if (unlikely(m == NULL))
		return;
	switch (dp_port_kind(w->dp, port)) {
	case DP_PORT_ETH:
		dp_eth_send(w, port, m, &gen->peer[i].mac);
		break;
	case DP_PORT_IPOIB:
		ib_packet(w, g, i, port, m);
		break;
	default:
		worker_drop_at(w, m, port, DP_DROP_tx_port);
		break;
	}
}

/* Keep the path of a peer, if it is known now. */
static void
path_learn(struct dp_worker *w, uint16_t i)
{
	const struct dp_txgen *gen = &w->dp->txgen;
	const struct ipoib_addr *addr = &gen->peer[i].lladdr;
	const struct ipoib_neigh *t = w->dp->port[gen->peer_port[i]].neigh;
	const struct ipoib_neigh_entry *e;
	uint64_t hit;

	if (t != NULL && ipoib_neigh_lookup_bulk(t, &addr, 1, &hit, &e) == 1)
		w->gen.path[i] = ipoib_neigh_ref_of(t, e);
}

void
gen_end(struct dp_worker *w, struct gen_batch *g)
{
	if (g->b.n != 0)
		dp_ib_send(w, &g->b);
	originated_count(w, g);
	if (unlikely(g->missed))
		path_learn(w, g->miss);
	if (unlikely(g->next < g->nb))
		rte_pktmbuf_free_bulk(&g->m[g->next], g->nb - g->next);
}

void
gen_burst(struct dp_worker *w, uint16_t port, struct rte_mbuf **pkts, uint16_t n)
{
	if (unlikely(w->dp->txgen.stamp))
		dp_stamp_read(w, port, pkts, n);
	dp_count(&w->ctr[port].delivered, n);
	rte_pktmbuf_free_bulk(pkts, n);
}

/* One burst to a port's peers in turn. */
static void
first_burst(struct dp_worker *w, uint16_t port)
{
	const struct dp_txgen *gen = &w->dp->txgen;
	struct gen_batch g;
	uint16_t i;

	if (gen->nb[port] == 0)
		return;
	gen_begin(w, &g, w->dp->burst);
	for (i = 0; i < w->dp->burst; i++)
		gen_packet(w, &g, (uint16_t)(gen->first[port] + i % gen->nb[port]), gen->src_ip,
				gen->dst_ip);
	gen_end(w, &g);
}

void
gen_first(struct dp_worker *w)
{
	const struct dp_rxqs *rxqs = __atomic_load_n(&w->rxqs, __ATOMIC_ACQUIRE);
	uint32_t round;
	uint16_t i;

	for (round = 0; round < w->dp->tx_first; round++) {
		for (i = 0; i < rxqs->nb; i++)
			first_burst(w, w->dp->port[rxqs->q[i].port].io_peer);
	}
}

void
dp_gen_index(struct dp_txgen *gen)
{
	struct dp_txgen sorted = *gen;
	uint16_t port, i, n = 0;

	for (port = 0; port < DP_PORTS_MAX; port++) {
		gen->first[port] = n;
		for (i = 0; i < sorted.nb_peers; i++) {
			if (sorted.peer_port[i] != port)
				continue;
			gen->peer_port[n] = port;
			gen->peer[n++] = sorted.peer[i];
		}
		gen->nb[port] = (uint16_t)(n - gen->first[port]);
	}
}

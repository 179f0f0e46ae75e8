/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <string.h>

#include <rte_cycles.h>
#include <rte_ip.h>
#include <rte_udp.h>

#include "gen.h"

#define GEN_TTL 64

uint16_t
gen_credit(struct dp_worker *w)
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

static void
headers_fill(struct dp_worker *w, void *start, uint32_t src, uint32_t dst)
{
	const struct dp_txgen *gen = &w->dp->txgen;
	uint16_t len = gen->pkt_len;
	struct rte_ipv4_hdr *ip = start;
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)(ip + 1);

	memset(start, 0, len);
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->total_length = rte_cpu_to_be_16(len);
	ip->packet_id = rte_cpu_to_be_16(w->gen.ip_id++);
	ip->time_to_live = GEN_TTL;
	ip->next_proto_id = IPPROTO_UDP;
	ip->src_addr = rte_cpu_to_be_32(src);
	ip->dst_addr = rte_cpu_to_be_32(dst);
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	udp->src_port = rte_cpu_to_be_16(gen->src_port);
	udp->dst_port = rte_cpu_to_be_16(gen->dst_port);
	udp->dgram_len = rte_cpu_to_be_16((uint16_t)(len - sizeof(*ip)));
	udp->dgram_cksum = rte_ipv4_udptcp_cksum(ip, udp);
}

/* Make one packet for peer @p i, or none: NULL. */
static struct rte_mbuf *
packet_make(struct dp_worker *w, uint16_t i, uint32_t src, uint32_t dst)
{
	const struct dp_txgen *gen = &w->dp->txgen;
	uint16_t port = gen->peer_port[i];
	struct rte_mbuf *m = rte_pktmbuf_alloc(w->dp->pool);
	void *start;

	dp_count(&w->ctr[port].originated, 1);
	if (unlikely(m == NULL)) {
		dp_count(&w->ctr[port].drop[DP_DROP_nombuf], 1);
		return NULL;
	}
	m->port = port;
	dp_meta(m)->rx_port = DP_PORT_NIL;
	start = rte_pktmbuf_append(m, gen->pkt_len);
	if (unlikely(start == NULL || gen->pkt_len > worker_port_mtu(w, port))) {
		worker_drop(w, m, DP_DROP_too_big);
		return NULL;
	}
	headers_fill(w, start, src, dst);
	return m;
}

void
gen_packet(struct dp_worker *w, uint16_t i, uint32_t src, uint32_t dst, struct dp_ib_burst *b)
{
	const struct dp_txgen *gen = &w->dp->txgen;
	uint16_t port = gen->peer_port[i];
	struct rte_mbuf *m = packet_make(w, i, src, dst);

	if (unlikely(m == NULL))
		return;
	switch (dp_port_kind(w->dp, port)) {
	case DP_PORT_ETH:
		dp_eth_send(w, port, m, &gen->peer[i].mac);
		break;
	case DP_PORT_IPOIB:
		dp_ib_put(w, port, m, NULL, &gen->peer[i].lladdr, b);
		break;
	default:
		worker_drop_at(w, m, port, DP_DROP_tx_port);
		break;
	}
}

void
gen_burst(struct dp_worker *w, uint16_t port, struct rte_mbuf **pkts, uint16_t n)
{
	dp_count(&w->ctr[port].delivered, n);
	rte_pktmbuf_free_bulk(pkts, n);
}

/* One burst to a port's peers in turn. */
static void
first_burst(struct dp_worker *w, uint16_t port)
{
	const struct dp_txgen *gen = &w->dp->txgen;
	struct dp_ib_burst b;
	uint16_t i;

	b.n = 0;
	for (i = 0; gen->nb[port] != 0 && i < w->dp->burst; i++)
		gen_packet(w, (uint16_t)(gen->first[port] + i % gen->nb[port]), gen->src_ip,
				gen->dst_ip, &b);
	if (b.n != 0)
		dp_ib_send(w, &b);
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

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <string.h>

#include <rte_cycles.h>
#include <rte_ip.h>
#include <rte_udp.h>

#include "worker.h"

/*
 * UDP packets for link-layer peers in turn, without any IP neighbour: IPoIB
 * ones go through the port's neighbour table alone, as a sender did in the
 * kernel once the neighbour was no longer hung on the route.
 */

#define GEN_TTL 64

/* How many packets may be made now: a token bucket of one burst per worker. */
static uint16_t
credit_take(struct dp_worker *w)
{
	const struct dp *dp = w->dp;
	uint64_t hz = rte_get_tsc_hz() * dp->nb_workers;
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
headers_fill(struct dp_worker *w, void *start, uint16_t len)
{
	const struct dp_txgen *gen = &w->dp->txgen;
	struct rte_ipv4_hdr *ip = start;
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)(ip + 1);

	memset(start, 0, len);
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->total_length = rte_cpu_to_be_16(len);
	ip->packet_id = rte_cpu_to_be_16(w->gen.ip_id++);
	ip->time_to_live = GEN_TTL;
	ip->next_proto_id = IPPROTO_UDP;
	ip->src_addr = rte_cpu_to_be_32(gen->src_ip);
	ip->dst_addr = rte_cpu_to_be_32(gen->dst_ip);
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	udp->src_port = rte_cpu_to_be_16(gen->src_port);
	udp->dst_port = rte_cpu_to_be_16(gen->dst_port);
	udp->dgram_len = rte_cpu_to_be_16((uint16_t)(len - sizeof(*ip)));
	udp->dgram_cksum = rte_ipv4_udptcp_cksum(ip, udp);
}

/* Make one packet for peer @p i, or none: NULL. */
static struct rte_mbuf *
packet_make(struct dp_worker *w, uint16_t i)
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
	headers_fill(w, start, gen->pkt_len);
	return m;
}

static void
packet_send(struct dp_worker *w, struct rte_mbuf *m, uint16_t i, struct dp_ib_burst *b)
{
	const struct dp_txgen *gen = &w->dp->txgen;
	uint16_t port = gen->peer_port[i];

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

static uint32_t
txonly_generate(struct dp_worker *w)
{
	uint16_t nb_peers = w->dp->txgen.nb_peers;
	struct dp_ib_burst b;
	struct rte_mbuf *m;
	uint16_t i, n, peer;

	if (nb_peers == 0)
		return 0;
	n = credit_take(w);
	b.n = 0;
	for (i = 0; i < n; i++) {
		peer = w->gen.peer++ % nb_peers;
		m = packet_make(w, peer);
		if (likely(m != NULL))
			packet_send(w, m, peer, &b);
	}
	if (b.n != 0)
		dp_ib_send(w, &b);
	return n;
}

/* Received packets end here: this engine only sends. */
static void
txonly_burst(struct dp_worker *w, uint16_t port, struct rte_mbuf **pkts, uint16_t n)
{
	dp_count(&w->ctr[port].delivered, n);
	rte_pktmbuf_free_bulk(pkts, n);
}

const struct dp_engine_ops dp_engine_txonly_ops = {
	.burst = txonly_burst,
	.generate = txonly_generate,
};

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <string.h>

#include <rte_ip.h>

#include "pkt.h"
#include "sender.h"
#include "worker.h"

/*
 * What a port receives leaves by the one that it is paired with (dp_topology). Between Ethernet
 * ports frames go as testpmd's io, mac and macswap send them. A frame on an IPoIB port has no
 * addresses in it: there the packet goes to a peer of the port (io, mac), or to who sent it
 * (macswap). Whatever crosses an IPoIB port has to be IP.
 */

/* Without its link-layer header, and cut to the IP length. @return false: it ended */
static bool
ip_strip(struct dp_worker *w, enum dp_port_kind kind, struct rte_mbuf *m)
{
	uint32_t l2_len = dp_l2_len(kind), len = 0;
	const struct rte_ipv4_hdr *ip4;
	const struct rte_ipv6_hdr *ip6;
	rte_be16_t type;
	const uint8_t *data = rte_pktmbuf_mtod(m, const uint8_t *);

	if (unlikely(m->data_len < l2_len + sizeof(*ip4))) {
		worker_drop(w, m, DP_DROP_ip_short);
		return false;
	}
	memcpy(&type, data + (kind == DP_PORT_IPOIB ? 0 : 2 * RTE_ETHER_ADDR_LEN), sizeof(type));
	ip4 = (const void *)(data + l2_len);
	ip6 = (const void *)(data + l2_len);
	if (type == RTE_BE16(RTE_ETHER_TYPE_IPV4) && ip4->version_ihl >> 4 == 4)
		len = rte_be_to_cpu_16(ip4->total_length);
	else if (type == RTE_BE16(RTE_ETHER_TYPE_IPV6) && data[l2_len] >> 4 == 6 &&
			m->data_len >= l2_len + sizeof(*ip6))
		len = rte_be_to_cpu_16(ip6->payload_len) + (uint32_t)sizeof(*ip6);
	else {
		worker_drop(w, m, DP_DROP_l2_type);
		return false;
	}
	if (unlikely(len < sizeof(*ip4) || len > m->pkt_len - l2_len)) {
		worker_drop(w, m, DP_DROP_ip_length);
		return false;
	}
	rte_pktmbuf_adj(m, (uint16_t)l2_len);
	if (len < m->pkt_len)
		pkt_trim(m, len);
	return true;
}

/* An IP packet to a peer of @p out: flows stay with one. */
static void
ip_send(struct dp_worker *w, uint16_t out, struct rte_mbuf *m, struct dp_ib_burst *b)
{
	const struct dp_txgen *gen = &w->dp->txgen;
	struct rte_ether_addr mac;
	uint16_t nb = gen->nb[out], i = gen->first[out];

	if (m->pkt_len > worker_port_mtu(w, out)) {
		worker_drop(w, m, DP_DROP_too_big);
		return;
	}
	if (nb > 1)
		i += (uint16_t)(dp_flow_hash(m) % nb);
	switch (dp_port_kind(w->dp, out)) {
	case DP_PORT_ETH:
		mac = nb == 0 ? dp_gen_mac(out) : gen->peer[i].mac;
		dp_eth_send(w, out, m, &mac);
		break;
	case DP_PORT_IPOIB:
		if (likely(nb != 0))
			dp_ib_put(w, out, m, NULL, &gen->peer[i].lladdr, b);
		else
			worker_drop_at(w, m, out, DP_DROP_tx_port);
		break;
	default:
		worker_drop_at(w, m, out, DP_DROP_tx_port);
		break;
	}
}

static void
ip_cross(struct dp_worker *w, uint16_t port, uint16_t out, struct rte_mbuf **pkts, uint16_t n)
{
	enum dp_port_kind kind = dp_port_kind(w->dp, port);
	struct dp_ib_burst b;
	uint16_t i;

	b.n = 0;
	for (i = 0; i < n; i++) {
		if (ip_strip(w, kind, pkts[i]))
			ip_send(w, out, pkts[i], &b);
	}
	if (b.n != 0)
		dp_ib_send(w, &b);
}

static inline uint16_t
out_of(const struct dp_worker *w, uint16_t port)
{
	return __atomic_load_n(&w->dp->port[port].io_peer, __ATOMIC_RELAXED);
}

static inline bool
both_are(const struct dp_worker *w, uint16_t port, uint16_t out, enum dp_port_kind kind)
{
	return dp_port_kind(w->dp, port) == kind && dp_port_kind(w->dp, out) == kind;
}

static void
drop_all(struct dp_worker *w, uint16_t out, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t i;

	for (i = 0; i < n; i++)
		worker_drop_at(w, pkts[i], out, DP_DROP_tx_port);
}

/* --- io --- */

static void
io_burst(struct dp_worker *w, uint16_t port, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t out = out_of(w, port), i;

	if (both_are(w, port, out, DP_PORT_IPOIB)) {
		ip_cross(w, port, out, pkts, n);
		return;
	}
	if (unlikely(!both_are(w, port, out, DP_PORT_ETH))) {
		drop_all(w, out, pkts, n);
		return;
	}
	for (i = 0; i < n; i++) {
		if (likely(pkts[i]->pkt_len >= RTE_ETHER_HDR_LEN))
			worker_tx(w, out, pkts[i]);
		else
			worker_drop_at(w, pkts[i], out, DP_DROP_l2_type);
	}
}

const struct dp_engine_ops dp_engine_io_ops = {
	.burst = io_burst,
};

/* --- mac --- */

/* A frame whose Ethernet header may be written. NULL: it ended */
static struct rte_mbuf *
eth_own(struct dp_worker *w, struct rte_mbuf *m)
{
	if (unlikely(m->data_len < RTE_ETHER_HDR_LEN)) {
		worker_drop(w, m, DP_DROP_l2_type);
		return NULL;
	}
	if (likely(!pkt_is_shared(m)))
		return m;
	return pkt_own(w->dp->pool, &w->ctr[m->port], m);
}

static void
mac_burst(struct dp_worker *w, uint16_t port, struct rte_mbuf **pkts, uint16_t n)
{
	const struct dp_txgen *gen = &w->dp->txgen;
	uint16_t out = out_of(w, port), i;
	struct rte_ether_hdr *eth;
	struct rte_ether_addr mac;
	struct rte_mbuf *m;

	if (!both_are(w, port, out, DP_PORT_ETH)) {
		ip_cross(w, port, out, pkts, n);
		return;
	}
	mac = gen->nb[out] == 0 ? dp_gen_mac(out) : gen->peer[gen->first[out]].mac;
	for (i = 0; i < n; i++) {
		m = eth_own(w, pkts[i]);
		if (unlikely(m == NULL))
			continue;
		eth = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
		eth->dst_addr = mac;
		eth->src_addr = w->dp->port[out].mac;
		worker_tx(w, out, m);
	}
}

const struct dp_engine_ops dp_engine_mac_ops = {
	.burst = mac_burst,
};

/* --- macswap --- */

static void
swap_ipoib(struct dp_worker *w, uint16_t port, uint16_t out, struct rte_mbuf **pkts, uint16_t n)
{
	struct ipoib_addr addr[DP_BURST_MAX];
	struct dp_ib_burst b;
	uint16_t i;

	b.n = 0;
	for (i = 0; i < n; i++) {
		if (!sender_get(w, port, pkts[i], &addr[i])) {
			worker_drop(w, pkts[i], DP_DROP_no_neigh);
			continue;
		}
		if (!ip_strip(w, DP_PORT_IPOIB, pkts[i]))
			continue;
		if (pkts[i]->pkt_len > worker_port_mtu(w, out))
			worker_drop(w, pkts[i], DP_DROP_too_big);
		else
			dp_ib_put(w, out, pkts[i], NULL, &addr[i], &b);
	}
	if (b.n != 0)
		dp_ib_send(w, &b);
}

static void
macswap_burst(struct dp_worker *w, uint16_t port, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t out = out_of(w, port), i;
	struct rte_ether_addr mac;
	struct rte_ether_hdr *eth;
	struct rte_mbuf *m;

	if (both_are(w, port, out, DP_PORT_IPOIB)) {
		swap_ipoib(w, port, out, pkts, n);
		return;
	}
	if (unlikely(!both_are(w, port, out, DP_PORT_ETH))) {
		drop_all(w, out, pkts, n);
		return;
	}
	for (i = 0; i < n; i++) {
		m = eth_own(w, pkts[i]);
		if (unlikely(m == NULL))
			continue;
		eth = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
		mac = eth->src_addr;
		eth->src_addr = eth->dst_addr;
		eth->dst_addr = mac;
		worker_tx(w, out, m);
	}
}

const struct dp_engine_ops dp_engine_macswap_ops = {
	.burst = macswap_burst,
};

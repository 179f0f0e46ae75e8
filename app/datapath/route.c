/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <rte_fib.h>
#include <rte_ip.h>

#include "pkt.h"
#include "worker.h"

/* The header checksum after the TTL is one less (RFC 1624, equation 3). */
static void
ttl_decrement(struct rte_ipv4_hdr *ip)
{
	uint16_t old_word = rte_cpu_to_be_16((uint16_t)(ip->time_to_live << 8 | ip->next_proto_id));
	uint16_t new_word;
	uint32_t sum;

	ip->time_to_live--;
	new_word = rte_cpu_to_be_16((uint16_t)(ip->time_to_live << 8 | ip->next_proto_id));
	sum = (uint16_t)~ip->hdr_checksum + (uint32_t)(uint16_t)~old_word + new_word;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	ip->hdr_checksum = (uint16_t)~sum;
}

/* A packet with a next hop on another link, or back on its own. */
static void
forward(struct dp_worker *w, struct rte_mbuf *m, const struct dp_nh *nh, uint32_t dst,
		struct dp_fwd_burst *f)
{
	struct ipoib_addr *key = &f->key[f->n];
	struct dp_ip ip;

	if (unlikely(pkt_is_shared(m))) {
		m = pkt_own(w->dp->pool, &w->ctr[m->port], m);
		if (m == NULL)
			return;
	}
	if (unlikely(rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *)->time_to_live <= 1)) {
		worker_punt(w, m, DP_PUNT_TTL, false);
		return;
	}
	ttl_decrement(rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *));
	if (nh->type == DP_NH_LINK)
		ip = dp_ip4(dst);
	dp_l3_key(key, nh->port, nh->type == DP_NH_LINK ? &ip : &nh->gw);
	if (unlikely(m->pkt_len > worker_port_mtu(w, nh->port))) {
		worker_punt_fwd(w, m, DP_PUNT_TOO_BIG, nh->port, key);
		return;
	}
	f->port[f->n] = nh->port;
	f->pkts[f->n++] = m;
}

/* Everything that is not forwarded. */
static void
not_forwarded(struct dp_worker *w, struct rte_mbuf *m, const struct dp_nh *nh, bool bcast)
{
	if (nh->type == DP_NH_LOCAL)
		worker_punt(w, m, DP_PUNT_LOCAL, bcast);
	else if (nh->type == DP_NH_BROADCAST && bcast && nh->port == m->port)
		worker_punt(w, m, DP_PUNT_LOCAL, true);
	else if (nh->type == DP_NH_BROADCAST)
		worker_drop(w, m, DP_DROP_ip_dst);
	else if (bcast)
		worker_drop(w, m, DP_DROP_ip_l2_bcast);
	else
		worker_punt(w, m, DP_PUNT_NO_ROUTE, false);
}

void
dp_route_ip4(struct dp_worker *w, struct dp_ip4_burst *b)
{
	struct rte_fib *fib = __atomic_load_n(&w->dp->fib, __ATOMIC_ACQUIRE);
	uint64_t nh_id[DP_BURST_MAX];
	const struct dp_nh *nh;
	struct dp_fwd_burst f;
	bool bcast;
	uint16_t i;

	f.n = 0;
	rte_fib_lookup_bulk(fib, b->dst, nh_id, b->n);
	for (i = 0; i < b->n; i++) {
		nh = &w->dp->nh[nh_id[i]];
		bcast = (b->bcast & RTE_BIT64(i)) != 0;
		if (nh->type != DP_NH_LINK && nh->type != DP_NH_VIA)
			not_forwarded(w, b->pkts[i], nh, bcast);
		else if (unlikely(bcast))
			worker_drop(w, b->pkts[i], DP_DROP_ip_l2_bcast);
		else
			forward(w, b->pkts[i], nh, b->dst[i], &f);
	}
	if (f.n != 0)
		dp_nexthop(w, &f);
}

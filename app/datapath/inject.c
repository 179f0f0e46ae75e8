/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include "pkt.h"
#include "worker.h"

/* The worker that received the packet keeps its order; without a queue there, the port's owner. */
static struct dp_worker *
inject_worker(const struct dp *dp, const struct dp_meta *meta, uint16_t port)
{
	uint16_t id = meta->worker;

	if (id >= dp->nb_workers || !dp->worker[id]->tx[port].owned)
		id = dp->port[port].tx_owner;
	return dp->worker[id];
}

bool
dp_inject(struct dp *dp, struct dp_counters *ctr, uint16_t port, struct rte_mbuf *m)
{
	struct dp_worker *w;

	/* Not for logical ports: only the caller knows what their frames look like. */
	if (unlikely(port >= DP_PORT_LOGICAL || dp_port_kind(dp, port) == DP_PORT_NONE ||
			    dp_port_stopped(dp, port))) {
		dp_count(&ctr->drop[DP_DROP_tx_port], 1);
		rte_pktmbuf_free(m);
		return false;
	}
	if (dp->port[port].kind == DP_PORT_ETH && m->pkt_len < PKT_ETH_MIN) {
		m = pkt_pad(dp->pool, ctr, m);
		if (unlikely(m == NULL))
			return false;
	}
	w = inject_worker(dp, dp_meta(m), port);
	dp_meta(m)->out_port = port;
	if (unlikely(rte_ring_enqueue(w->inject, m) != 0)) {
		dp_count(&ctr->drop[DP_DROP_inject_full], 1);
		rte_pktmbuf_free(m);
		return false;
	}
	return true;
}

bool
dp_inject_busy(const struct dp *dp)
{
	uint16_t i;

	for (i = 0; i < dp->nb_workers; i++) {
		if (rte_ring_count(dp->worker[i]->inject) > DP_INJECT_RING / 2)
			return true;
	}
	return false;
}

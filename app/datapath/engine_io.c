/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include "worker.h"

/*
 * Frames go unchanged to the paired port, as testpmd's io. That has a meaning
 * between Ethernet ports only: an IPoIB frame does not say where it goes.
 */
static void
io_burst(struct dp_worker *w, uint16_t port, struct rte_mbuf **pkts, uint16_t n)
{
	const struct dp *dp = w->dp;
	uint16_t out = __atomic_load_n(&dp->port[port].io_peer, __ATOMIC_RELAXED);
	bool possible = dp_port_kind(dp, port) == DP_PORT_ETH &&
			dp_port_kind(dp, out) == DP_PORT_ETH;
	uint16_t i;

	for (i = 0; i < n; i++) {
		if (likely(possible && pkts[i]->pkt_len >= RTE_ETHER_HDR_LEN))
			worker_tx(w, out, pkts[i]);
		else
			worker_drop_at(w, pkts[i], out,
					possible ? DP_DROP_l2_type : DP_DROP_tx_port);
	}
}

const struct dp_engine_ops dp_engine_io_ops = {
	.burst = io_burst,
};

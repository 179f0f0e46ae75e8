/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include "latency.h"
#include "worker.h"

/* Everything ends here. */
static void
rxonly_burst(struct dp_worker *w, uint16_t port, struct rte_mbuf **pkts, uint16_t n)
{
	if (unlikely(w->dp->txgen.stamp))
		dp_stamp_read(w, port, pkts, n);
	dp_count(&w->ctr[port].delivered, n);
	rte_pktmbuf_free_bulk(pkts, n);
}

const struct dp_engine_ops dp_engine_rxonly_ops = {
	.burst = rxonly_burst,
};

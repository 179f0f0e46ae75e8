/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include "worker.h"

/* IP forwarding: the gateway itself. */
static void
route_burst(struct dp_worker *w, uint16_t port, struct rte_mbuf **pkts, uint16_t n)
{
	struct dp_ip4_burst b;

	dp_classify(w, port, pkts, n, &b);
	if (b.n != 0)
		dp_route_ip4(w, &b);
}

const struct dp_engine_ops dp_engine_route_ops = {
	.burst = route_burst,
};

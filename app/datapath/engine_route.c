/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include "filter.h"
#include "worker.h"

/* IP forwarding: the gateway itself. */
static void
route_burst(struct dp_worker *w, uint16_t port, struct rte_mbuf **pkts, uint16_t n)
{
	const struct dp_filter *filter = __atomic_load_n(&w->dp->filter, __ATOMIC_ACQUIRE);
	struct dp_ip_burst b;

	dp_classify(w, port, pkts, n, &b);
	if (unlikely(filter != NULL))
		dp_filter_in(w, filter, &b);
	if (b.n4 + b.n6 + b.nm != 0)
		dp_route(w, &b);
}

const struct dp_engine_ops dp_engine_route_ops = {
	.fast = dp_fast,
	.burst = route_burst,
};

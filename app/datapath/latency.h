/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef LATENCY_H
#define LATENCY_H

/**
 * @file
 * How long packets took, measured with packets: txonly writes a number and the time into each (a
 * stamp, behind the UDP header), and txonly and rxonly read those of what they receive. Both ends
 * must share a TSC, so they are on one machine. On by dp_txgen.stamp; else nothing is done.
 */

#include <stdint.h>

#include "dp.h"

/** Octets of a stamp, and the shortest IP packet that has room for one. */
#define DP_STAMP_LEN 16
#define DP_STAMP_PKT_MIN (20 + 8 + DP_STAMP_LEN)

/** What all workers have seen since the start. Times in TSC cycles. */
struct dp_latency_sum {
	uint64_t packets; /**< with a stamp */
	uint64_t late;	  /**< of those, not after the one before of the same sender: overtaken, or
			   *   there twice */
	uint64_t min, max, total;
	uint64_t p50, p90, p99, p999; /**< at most 1/64 above the true one */
};

/**
 * Make room for what workers measure. Main thread, while they are stopped; they begin at zero at
 * each start.
 * @return 0; -ENOMEM
 */
int dp_latency_init(struct dp *dp);
/** Sum of all workers. Any thread, also while they run: then of nearly the same moment. */
void dp_latency_get(const struct dp *dp, struct dp_latency_sum *sum);

/** Begin at zero. Worker, as it enters. */
void dp_latency_begin(struct dp_worker *w);
/** Write a stamp, DP_STAMP_LEN octets. Worker. */
void dp_stamp_write(struct dp_worker *w, void *stamp);
/** Read the stamps of packets received on an ethdev port. Worker. */
void dp_stamp_read(struct dp_worker *w, uint16_t port, struct rte_mbuf *const *pkts, uint16_t n);

#endif /* LATENCY_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef TOP_H
#define TOP_H

/**
 * @file
 * Packets by next hop, counted only while somebody looks ("show top"). Each
 * worker has a table of its own; next hops that find no place in it are counted
 * together.
 */

#include "dp.h"

/** Places of a worker's table, and those that a next hop may have. Powers of 2. */
#define DP_TOP_PLACES 2048
#define DP_TOP_WAYS 8

struct dp_top_place {
	struct ipoib_addr key; /**< dp_l3_key() */
	uint64_t pkts;	       /**< 0: free */
	uint64_t bytes;	       /**< of IP */
};

/** Of one worker. */
struct dp_top_table {
	struct dp_top_place place[DP_TOP_PLACES];
	uint64_t other_pkts, other_bytes;
};

/** What workers count into while dp.top leads to it. */
struct dp_top {
	uint16_t nb; /**< tables: workers */
	struct dp_top_table table[];
};

struct dp_worker;
struct dp_fwd_burst;

/** Count a burst. Workers. */
void dp_top_count(const struct dp_worker *w, struct dp_top *top, const struct dp_fwd_burst *f);

#endif /* TOP_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef FWD_STATS_H
#define FWD_STATS_H

/**
 * @file
 * Forwarding statistics of a port for prompt and telemetry. Any thread.
 */

#include "app.h"

#define FWD_LATENCY_VALUES 9

/** Since the last start or clear. */
struct fwd_stats {
	struct dp_counters c;
	struct rte_eth_stats driver; /**< what the driver lost: imissed, errors, rx_nombuf */
	uint64_t tx_dropped;	     /**< here and in the driver */
};

void fwd_stats_get(const struct app *a, uint16_t port, struct fwd_stats *s);
/** The same of ports that were removed, together. */
void fwd_stats_gone(struct app *a, struct fwd_stats *sum);
void fwd_stats_add(struct fwd_stats *sum, const struct fwd_stats *s);

/** Sizes of bursts of a port, if they are counted. Command thread. */
void bursts_print(const struct app *a, uint16_t port, FILE *out);

/** How long packets took that txonly made, of all workers, since the last start; see latency.h. */
struct fwd_latency {
	struct {
		const char *name;
		uint64_t n;
	} value[FWD_LATENCY_VALUES];
};

void fwd_latency_get(const struct app *a, struct fwd_latency *l);

#endif /* FWD_STATS_H */

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

#endif /* FWD_STATS_H */

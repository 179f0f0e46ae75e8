/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef GEN_H
#define GEN_H

/**
 * @file
 * UDP packets made here, for the engines that send: to link-layer peers, without any IP neighbour.
 * Workers only.
 */

#include "worker.h"

/** How many packets may be made now: a token bucket of one burst per worker. */
uint16_t gen_credit(struct dp_worker *w);

/**
 * Make a packet for peer @p i and send it, or put it into @p b for dp_ib_send().
 * @param src, dst IPv4 addresses, host order
 */
void gen_packet(struct dp_worker *w, uint16_t i, uint32_t src, uint32_t dst, struct dp_ib_burst *b);

/** Received packets end here: who generates only sends. */
void gen_burst(struct dp_worker *w, uint16_t port, struct rte_mbuf **pkts, uint16_t n);

/** dp.tx_first bursts, to where each polled queue's packets go. At the beginning of a run. */
void gen_first(struct dp_worker *w);

#endif /* GEN_H */

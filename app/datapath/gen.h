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

#include <rte_udp.h>

#include "worker.h"

/** How many packets may be made now: a token bucket of one burst per worker. */
uint16_t gen_credit(struct dp_worker *w);

/** Octets of the headers, and all that are ever filled with something else than zeros. */
#define GEN_HDRS_LEN (sizeof(struct rte_ipv4_hdr) + sizeof(struct rte_udp_hdr))

static_assert(DP_PEERS_MAX <= 64, "peers are bits of a uint64_t");

/** Packets that are made together. */
struct gen_batch {
	struct rte_mbuf *m[DP_BURST_MAX];
	uint16_t nb, next; /**< of m */
	uint32_t ip_sum;   /**< of what all IP headers have in common, and all UDP headers */
	uint32_t udp_sum;
	bool missed; /**< the path of the peer of this number was looked up */
	uint16_t miss;
	bool made; /**< the headers of the first packet are kept: to copy where addresses are the same */
	uint32_t src, dst;
	uint32_t sum; /**< of that IP header without checksum and identification */
	uint8_t hdrs[GEN_HDRS_LEN];
	uint64_t asked; /**< peers (bit mask) whose path is in path[]; NULL: not known */
	const struct ipoib_neigh_entry *path[DP_PEERS_MAX];
	uint16_t port; /**< packets made since were for this one: to be counted as originated */
	uint16_t originated;
	struct dp_ib_burst b;
};

/** Begin with up to @p n packets (DP_BURST_MAX at most); gen_end() sends them. */
void gen_begin(struct dp_worker *w, struct gen_batch *g, uint16_t n);

/**
 * Make a packet for peer @p i.
 * @param src, dst IPv4 addresses, host order
 */
void gen_packet(struct dp_worker *w, struct gen_batch *g, uint16_t i, uint32_t src, uint32_t dst);

void gen_end(struct dp_worker *w, struct gen_batch *g);

/** Received packets end here: who generates only sends. */
void gen_burst(struct dp_worker *w, uint16_t port, struct rte_mbuf **pkts, uint16_t n);

/** dp.tx_first bursts, to where each polled queue's packets go. At the beginning of a run. */
void gen_first(struct dp_worker *w);

#endif /* GEN_H */

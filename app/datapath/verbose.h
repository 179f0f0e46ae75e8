/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef VERBOSE_H
#define VERBOSE_H

/**
 * @file
 * Packets that are to be shown ("set verbose"): a worker copies the beginning
 * of each into slots of its own, another thread prints them. One writer, one
 * reader; what does not fit is counted, and forwarded all the same.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_mempool.h>

#include "dp.h"
#include "pmd_ipoib.h"

/** Packets of a worker that may wait to be printed. */
#define DP_VERBOSE_SLOTS 512
/** Octets of a packet that are kept: enough for its headers. */
#define DP_VERBOSE_OCTETS 160

/** A packet as it was received, or as it was to be sent. */
struct dp_seen {
	uint16_t port;
	uint16_t queue;
	uint16_t burst; /**< of the first packet of a burst: packets of it; else 0 */
	bool tx;
	enum dp_port_kind kind; /**< of the port: how the octets begin */
	uint16_t nb_segs;
	uint16_t vlan_tci;
	uint16_t len; /**< of octets */
	uint32_t pkt_len;
	uint32_t packet_type;
	uint32_t rss;
	uint64_t ol_flags;
	const struct rte_mempool *pool;
	struct pmd_ipoib_meta meta; /**< IPoIB port */
	uint8_t grh[40];	    /**< IPoIB port, received, if the flags say so */
	uint8_t octets[DP_VERBOSE_OCTETS];
};

/** Packets of one worker. */
struct dp_verbose {
	_Atomic uint32_t head; /**< [worker] */
	uint64_t missed;       /**< [worker] packets that found no slot; dp_count() */
	_Atomic uint32_t tail __rte_cache_aligned; /**< [reader] */
	struct dp_seen slot[DP_VERBOSE_SLOTS] __rte_cache_aligned;
};

/** Remember packets of a burst. Worker, while dp.verbose says so. */
void dp_verbose_note(struct dp_worker *w, uint16_t port, uint16_t queue, bool tx,
		struct rte_mbuf **pkts, uint16_t n);

/** The next packet, valid until dp_verbose_next(), or NULL. The one reader. */
const struct dp_seen *dp_verbose_peek(struct dp_verbose *v);
void dp_verbose_next(struct dp_verbose *v);

#endif /* VERBOSE_H */

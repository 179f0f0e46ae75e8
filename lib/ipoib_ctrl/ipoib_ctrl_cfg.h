/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef IPOIB_CTRL_CFG_H
#define IPOIB_CTRL_CFG_H

/**
 * @file
 * What the resolver is told at its start, and what it tells of itself.
 */

#include <stdint.h>

/** Parameters; zero takes the default. */
struct control_cfg {
	uint32_t gc_interval;			     /**< M of all neighbour tables, seconds [30] */
	uint32_t gc_thresh1, gc_thresh2, gc_thresh3; /**< [see ipoib_neigh.h] */
	uint16_t neigh_queue; /**< packets that wait for one neighbour [16] */
};

/** What multicast did on a port. */
struct control_mcast_stats {
	uint32_t groups;   /**< now, the broadcast group aside */
	uint64_t joins;	   /**< asked of the SA */
	uint64_t failed;   /**< of these, refused or not answered */
	uint64_t left;	   /**< memberships given back to the SA */
	uint64_t kept;	   /**< not given back, for a kernel interface may need them */
	uint64_t idle;	   /**< left because nothing was sent to them */
	uint64_t evicted;  /**< left early to make room for others */
	uint64_t looks;	   /**< for one that may go, to make room */
	uint64_t full;	   /**< refused for lack of room */
	uint64_t verified; /**< memberships asked after */
	uint64_t lost;	   /**< and found gone, or told so by the SA */
	uint64_t fallback; /**< packets for solicited-node groups sent to the broadcast group */
};

#endif /* IPOIB_CTRL_CFG_H */

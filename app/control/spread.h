/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef SPREAD_H
#define SPREAD_H

/*
 * Peers of an IPoIB port over its receive queues (design, section 6): which queue is whose
 * (spread.c), and how peers get to know it (retell.c). Control thread.
 */

#include "control_priv.h"

#define SPREAD_BUCKETS 4096

/* A peer that was told one of our QPNs. */
struct ctl_told {
	LIST_ENTRY(ctl_told) bucket;
	TAILQ_ENTRY(ctl_told) order;
	struct ipoib_addr addr; /* flags 0 */
	uint64_t when;		/* last */
	uint32_t hash;
	uint16_t queue;
	uint16_t round;
};

LIST_HEAD(ctl_told_list, ctl_told);
TAILQ_HEAD(ctl_told_order, ctl_told);

struct ctl_spread {
	struct ctl_port *p;
	/* Of a port with queues. */
	struct ctl_told_list buckets[SPREAD_BUCKETS];
	struct ctl_told_order order; /* who was told longest ago comes first */
	uint32_t seed;
	uint32_t nb, max;
	uint32_t load[PMD_IPOIB_QUEUES_MAX]; /* peers of each queue */
	uint16_t nb_queues;		     /* of the round */
	uint16_t round;			     /* counts changes of the number of queues */
	/* Of a port with peers, maybe a bond. */
	struct ctl_timer timer;
	struct ctl_l3 *next; /* of the walk under way; NULL: none is */
	uint8_t walk, again; /* what the walk is for, what the next one is: enum retell_what */
	struct ctl_bucket at_once;
	uint64_t told;
};

#endif /* SPREAD_H */

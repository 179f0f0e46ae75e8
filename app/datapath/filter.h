/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef FILTER_H
#define FILTER_H

/**
 * @file
 * Stateless packet filter by port and direction. All rules of all ports are one
 * rte_acl table, which is made outside of workers and control, and immutable: a
 * change is another table. "In" is what was received by a port and is to be
 * routed or is for us, "out" what is routed to it. What we send ourselves, ARP
 * and Neighbour Discovery pass. Without a rule for its port a packet pays
 * nothing, without any rule a burst pays one test.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_acl.h>

#include "dp.h"

/** Most rules. */
#define DP_FILTER_MAX 1024

enum dp_filter_way { DP_FILTER_IN, DP_FILTER_OUT };

/** What a packet is compared by; network order. */
struct dp_filter_key {
	uint8_t proto; /**< of the upper layer, behind IPv6 extension headers */
	uint8_t pad[3];
	uint32_t where; /**< dp_filter_where() */
	struct dp_ip src, dst;
	uint16_t sport, dport; /**< of TCP, UDP and SCTP; 0 of others and of fragments */
};
static_assert(sizeof(struct dp_filter_key) == 44, "rte_acl's fields name the offsets");

/** A port and a direction, host order. */
static inline uint32_t
dp_filter_where(uint16_t port, enum dp_filter_way way)
{
	return (uint32_t)port << 1 | (uint32_t)way;
}

/** Counters of a rule by one writer. */
struct dp_filter_hits {
	uint64_t pkts, bytes;
};

/** All rules; immutable while a worker can see it. The result of a lookup is a rule's number + 1. */
struct dp_filter {
	struct rte_acl_ctx *acl;
	uint64_t ports[2];	    /**< bit mask by enum dp_filter_way: ports that have rules */
	bool permit[DP_FILTER_MAX]; /**< by rule number */
};

/** Number of dp.filter_hits rows: workers by id, then control. */
#define DP_FILTER_WRITERS (DP_WORKERS_MAX + 1)

/** Judge what was received; takes out what is denied. Workers. */
struct dp_ip_burst;
struct dp_fwd_burst;
void dp_filter_in(struct dp_worker *w, const struct dp_filter *f, struct dp_ip_burst *b);

/** Judge what is about to leave; takes out what is denied. Workers. */
void dp_filter_out(struct dp_worker *w, const struct dp_filter *f, struct dp_fwd_burst *b);

/**
 * May one packet leave by a port (data at the IP header)? For what goes its own ways: multicast,
 * and packets to be cut by control. Worker @p writer, or control: nb_workers.
 */
bool dp_filter_may_leave(const struct dp *dp, uint16_t writer, uint16_t port, struct rte_mbuf *m);

#endif /* FILTER_H */

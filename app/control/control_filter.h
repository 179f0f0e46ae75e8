/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef CONTROL_FILTER_H
#define CONTROL_FILTER_H

/**
 * @file
 * The packet filter's rules. Control keeps them and shows workers the table that
 * another thread has made of them, for that may take long.
 */

#include <stdbool.h>
#include <stdint.h>

#include "filter.h"

struct control;

/** Any protocol. */
#define CONTROL_FILTER_PROTO_ANY 256

/** A rule. The one with the lowest number that fits decides; without one the packet passes. */
struct control_filter_rule {
	uint16_t number; /**< 1..65535, as the user says */
	uint16_t slot;	 /**< 0..DP_FILTER_MAX - 1, place of its counters */
	uint16_t port;
	uint8_t way; /**< enum dp_filter_way */
	bool permit;
	bool fresh;	  /**< control_filter_set(): its counters begin at zero */
	uint8_t src_bits; /**< leading bits of src that count; IPv4: 96 more; 0: any of both families */
	uint8_t dst_bits;
	uint16_t proto;
	uint16_t sport[2], dport[2]; /**< first and last; 0 and 65535: any */
	struct dp_ip src, dst;
	uint64_t pkts, bytes; /**< that it decided */
};

/** All rules, by ascending number. */
struct control_filter {
	uint64_t generation;	 /**< of the set that this one was made of */
	struct dp_filter *table; /**< made of these rules; NULL: none */
	uint16_t nb;
	struct control_filter_rule rule[DP_FILTER_MAX];
};

/** Copy the rules with their counters. Control thread. @return 0 */
int control_filter_get(struct control *c, struct control_filter *f);

/**
 * Make these the rules. Workers take them from their next burst on; the table is control's then,
 * which gives it to rte_acl_free() and free() after a grace period. Control thread.
 * @return 0; -ESTALE the rules have changed since @p f->generation; -EAGAIN a grace period has to
 *   pass; -ENOMEM
 */
int control_filter_set(struct control *c, struct control_filter *f);

/** Rows for CLI and telemetry. @return number filled; the number there are in *total */
uint32_t control_filter_rows(struct control *c, uint32_t offset, struct control_filter_rule *rows,
		uint32_t max, uint32_t *total);

#endif /* CONTROL_FILTER_H */

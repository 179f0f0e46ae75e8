/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef MAD_FOLLOW_H
#define MAD_FOLLOW_H

/**
 * @file
 * The identity of the local port by SMPs: NodeInfo, PortInfo and the P_Key
 * table, asked for by directed route with 0 hops, without waiting. Internal.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ipoib_mad.h"
#include "mad_transport.h"

/** Most blocks of the P_Key table that are asked for. */
#define MAD_FOLLOW_BLOCKS (IPOIB_MAD_PKEYS_MAX / 32)

/** One follower; zero is its initial value. */
struct mad_follow {
	uint64_t next_us;    /**< when the next round is due */
	uint64_t answer_us;  /**< when a round was last complete */
	uint64_t silence_us; /**< when silence is next reported */
	uint32_t round;	     /**< low part of the TIDs */
	uint32_t want;	     /**< pieces of this round */
	uint32_t have;
	struct ipoib_mad_port port; /**< as far as this round knows it */
};

/** Start again on a new connection. */
void mad_follow_reset(struct mad_follow *f, uint64_t now_us);

/** Ask for what is due. @return false when nothing was answered for MAD_SILENCE_US */
bool mad_follow_tick(struct mad_follow *f, uint64_t now_us, const struct mad_transport_ops *ops,
		void *priv);

/**
 * Take an SMP.
 * @return 1: the round is complete, f->port is the identity now; 0: not yet;
 *   -EPROTO: it is not one of our answers
 */
int mad_follow_recv(struct mad_follow *f, uint64_t now_us, const uint8_t *mad,
		const struct mad_transport_ops *ops, void *priv);

#endif /* MAD_FOLLOW_H */

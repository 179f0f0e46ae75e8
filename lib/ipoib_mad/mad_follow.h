/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef MAD_FOLLOW_H
#define MAD_FOLLOW_H

/**
 * @file
 * The identity of the local port by SMPs: NodeInfo, PortInfo and the P_Key
 * table, asked for by directed route with 0 hops, without waiting. And SMInfo of
 * the SM, by its LID: an SM that is another one than before will want every port
 * to register again. Internal.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ipoib_mad.h"
#include "mad_transport.h"

/** Most blocks of the P_Key table that are asked for. */
#define MAD_FOLLOW_BLOCKS (IPOIB_MAD_PKEYS_MAX / 32)

/** One follower; zero is its initial value. */
struct mad_follow {
	uint64_t pace_us;    /**< from round to round; 0: IPOIB_MAD_POLL_US */
	uint64_t next_us;    /**< when the next round is due */
	uint64_t full_us;    /**< when that asks for more than PortInfo */
	uint64_t answer_us;  /**< when a round was last complete */
	uint64_t silence_us; /**< when silence is next reported */
	uint64_t tick_us;    /**< of the last tick; 0: none yet */
	uint32_t round;	     /**< low part of the TIDs */
	uint32_t want;	     /**< pieces of this round */
	uint32_t have;
	struct ipoib_mad_port port; /**< as far as this round knows it */
	uint64_t sm_us;		    /**< when the SM is asked next */
	uint32_t sm_tid;	    /**< of the last question to it */
	bool sm_open;		    /**< that is not answered yet */
	uint64_t sm_wait_us;	    /**< until the next */
	bool sm_gone;		    /**< the question came back: no SM is there */
	bool sm_known;		    /**< the two below are */
	uint64_t sm_guid;	    /**< as on the wire */
	uint32_t sm_count;	    /**< ActCount: grows while it is the same SM */
};

/** What mad_follow_recv() made of an SMP. */
enum mad_follow_result {
	MAD_FOLLOW_FOREIGN,  /**< none of our answers */
	MAD_FOLLOW_MORE,     /**< the round goes on */
	MAD_FOLLOW_ROUND,    /**< it is complete: follow.port is the identity now */
	MAD_FOLLOW_OTHER_SM, /**< the SM is another one than before */
};

/** Start again on a new connection; the pace stays. */
void mad_follow_reset(struct mad_follow *f, uint64_t now_us);

/** Ask for what is due. @return false when nothing was answered for MAD_SILENCE_US */
bool mad_follow_tick(struct mad_follow *f, uint64_t now_us, const struct mad_transport_ops *ops,
		void *priv);

/** Take an SMP. */
enum mad_follow_result mad_follow_recv(struct mad_follow *f, uint64_t now_us, const uint8_t *mad,
		const struct mad_transport_ops *ops, void *priv);

/** An SMP of ours came back undeliverable. */
void mad_follow_returned(struct mad_follow *f, uint64_t now_us, const uint8_t *mad);

#endif /* MAD_FOLLOW_H */

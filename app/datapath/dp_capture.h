/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef DP_CAPTURE_H
#define DP_CAPTURE_H

/**
 * @file
 * Copies of packets for a capture. They are taken by callbacks of ethdev, so
 * while no capture runs the data path has nothing of it but the test for
 * callbacks that ethdev's bursts have anyway.
 *
 * Either at the carrier of a software HCA, where packets have all their
 * InfiniBand headers, or at the IPoIB port itself, with what the driver tells
 * of them beside.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_mempool.h>
#include <rte_ring.h>

struct bpf_program;
struct dp;

/** In front of each packet in the ring. */
struct dp_capture_rec {
	uint64_t tsc;	   /**< when */
	uint32_t wire_len; /**< octets behind this before they were cut; without a GRH of grh */
	uint32_t ah;	   /**< port, sent: address handle */
	uint32_t qpn;	   /**< port: of the peer */
	uint16_t slid;	   /**< port, received */
	uint16_t queue;
	bool sent;
	bool grh;   /**< port, received: the data begins with a GRH of 40 octets */
	bool mcast; /**< port, received: for a group */
	uint8_t rsvd;
	uint32_t rsvd2;
};

/** One capture. Set up before the callbacks are, and freed after the last worker has left them. */
struct dp_capture {
	bool at_carrier;
	uint16_t pkey;	       /**< carrier: only packets of this partition */
	_Atomic uint32_t lids; /**< carrier: own LID, and its mask shifted by 16 */
	uint32_t snaplen;      /**< octets of a packet that are kept */
	struct rte_mempool *pool;
	struct rte_ring *ring;		  /**< mbufs that begin with a record */
	const struct bpf_program *filter; /**< on Ethernet frames without addresses; NULL: all */
	_Atomic uint64_t taken;		  /**< put into the ring */
	_Atomic uint64_t drop_ring;	  /**< lost: the file is written too slowly */
	_Atomic uint64_t drop_nombuf;	  /**< lost: no mbuf */
};

/** Callbacks (rte_rx_callback_fn, rte_tx_callback_fn); user is the struct dp_capture. Workers. */
uint16_t dp_capture_rx(uint16_t port, uint16_t queue, struct rte_mbuf *pkts[], uint16_t nb,
		uint16_t max, void *user);
uint16_t dp_capture_tx(
		uint16_t port, uint16_t queue, struct rte_mbuf *pkts[], uint16_t nb, void *user);

/**
 * Wait until every worker that runs has begun a new turn, a second at most. Any thread but a
 * worker's own, unless that is the main thread's between two turns.
 * @return 0, -ETIMEDOUT a worker stalls
 */
int dp_turns_wait(struct dp *dp);

#endif /* DP_CAPTURE_H */

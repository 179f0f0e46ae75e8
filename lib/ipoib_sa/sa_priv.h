/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef SA_PRIV_H
#define SA_PRIV_H

/**
 * @file
 * The client's state. Internal to ipoib_sa.
 *
 * A request is queued, then in one of the window's slots, then ended. Its TID
 * is sequence (20 bits), slot (7), number of the try (5): an answer to any try
 * of it counts, and an answer finds its slot without a search. Each try needs
 * a TID of its own, for the kernel refuses two open sends with the same.
 */

#include <rte_log.h>

#include "sa_codec.h"

#define SA_TID_TRY_BITS 5
#define SA_TID_SLOT_BITS 7
#define SA_TID_SEQ_SHIFT (SA_TID_TRY_BITS + SA_TID_SLOT_BITS)
#define SA_TRIES_MAX ((1u << SA_TID_TRY_BITS) - 1)
/** The slot number in the TIDs of probes. */
#define SA_SLOT_PROBE IPOIB_SA_WINDOW
static_assert(SA_SLOT_PROBE < 1 << SA_TID_SLOT_BITS, "slots fit into their bits");

#define SA_REQS_MAX (IPOIB_SA_QUEUE + IPOIB_SA_WINDOW)
/** Handle: generation (17 bits), index + 1 (15 bits). */
#define SA_HANDLE_INDEX_BITS 15
static_assert(SA_REQS_MAX < (1 << SA_HANDLE_INDEX_BITS) - 1, "indices fit into handles");

/** On the wire while the SA is silent. */
#define SA_WINDOW_SILENT 4
/** Pace of probes while the SA is silent and nobody asks it anything. */
#define SA_PROBE_US 500000
/** Wait when the transport is full. */
#define SA_FULL_US 1000
/** Longest back-off after BUSY, in doublings of one try's time. */
#define SA_BUSY_DOUBLINGS_MAX 3
/** Most sends, and most ends of queued requests, in one poll. */
#define SA_POLL_MAX 64

enum sa_kind { SA_PATH, SA_JOIN, SA_LEAVE };

enum sa_state { SA_FREE, SA_QUEUED, SA_WIRE };

struct sa_req {
	enum sa_kind kind;
	enum sa_state state;
	uint32_t gen;
	struct sa_req *next; /* in the queue or the free list */
	struct sa_req *prev;
	uint8_t slot;
	uint8_t tries;	  /* used up */
	uint8_t busy;	  /* BUSY answers in a row */
	bool back_off;	  /* BUSY came, the timer is to be set */
	int last;	  /* what the last try came to, -errno */
	uint32_t tid;	  /* try 0's */
	uint64_t due_us;  /* of the next try, or of the end */
	uint64_t born_us; /* of the request; once on the wire, of its first send */
	union {
		struct ipoib_sa_path_req path;
		struct ipoib_sa_mcast mcast;
	} rec;
	uint64_t mask;
	union {
		ipoib_sa_path_cb path;
		ipoib_sa_mcast_cb mcast;
	} cb;
	void *arg;
};

struct sa_queue {
	struct sa_req *head;
	struct sa_req *tail;
};

struct ipoib_sa {
	struct ipoib_mad *mad;
	uint64_t path_us;
	uint64_t mcast_us;
	uint32_t tries;
	uint64_t now_us;    /* of the last poll */
	uint64_t answer_us; /* when the SA last answered anything */
	uint32_t seq;
	bool alive;
	uint64_t silent_us; /* since when the SA is silent, or answers */
	bool unreachable;   /* while silent: MADs come back, or cannot be sent */
	bool kick;	    /* the port or the SM changed: ask again at once */
	bool destroying;
	uint32_t probe_tid; /* 0: none */
	uint64_t probe_us;
	uint16_t last_status;
	ipoib_sa_alive_cb alive_cb;
	void *alive_arg;
	struct sa_req *slots[IPOIB_SA_WINDOW];
	struct sa_queue queue;
	struct sa_req *free;
	uint32_t nb_used; /* of reqs[], ever */
	struct sa_req *reqs;
	struct ipoib_sa_stats stats;
};

/** The MAD layer's callbacks (client in @p arg). */
void sa_recv(void *arg, int status, const uint8_t *mad, uint16_t slid);
void sa_port_event(void *arg, uint32_t events, const struct ipoib_mad_port *port);

/** End a request; exactly one of the records or none. */
void sa_finish(struct ipoib_sa *sa, struct sa_req *r, int status, const struct ipoib_sa_path *path,
		const struct ipoib_sa_mcast *mc);

/** Note that the SA answers or not; tells the listener of a change. */
void sa_set_alive(struct ipoib_sa *sa, bool alive);

extern int sa_logtype;
#define SA_LOG(level, ...) rte_log(RTE_LOG_##level, sa_logtype, "ipoib.sa: " __VA_ARGS__)

#endif /* SA_PRIV_H */

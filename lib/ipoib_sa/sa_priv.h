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
/** Pace of sends while the SA is silent: of tries, and of probes if nobody asks anything. */
#define SA_PROBE_US 500000
/** Wait when the transport is full. */
#define SA_FULL_US 1000
/** Longest back-off after BUSY, in doublings of one try's time. */
#define SA_BUSY_DOUBLINGS_MAX 3
/** Most sends, and most ends of queued requests, in one poll. */
#define SA_POLL_MAX 64

/** Lists that may be under way; each holds IPOIB_SA_LIST_MAX records. */
#define SA_LISTS_MAX 4
/** Segments that the sender of a table may be ahead of our ACK (RMPP window). */
#define SA_RMPP_WINDOW 32
/** ACKs repeated into silence before a transfer is given up. */
#define SA_RMPP_STALLS_MAX 5
/** Empty MLIDs in a row that end a list made by MLID; OpenSM hands out the lowest free one. */
#define SA_LIST_EMPTY_MAX 64
/** Round trips below that are never a sign of load, microseconds. */
#define SA_RTT_CALM_US 20000
/** Least time between two halvings of the window, microseconds. */
#define SA_HALVE_US 20000
/** Reports: burst, and microseconds for one more. */
#define SA_REPORT_BURST 256
#define SA_REPORT_US 1000
/** Last reports that are remembered, and for how long, microseconds. */
#define SA_REPORTS_SEEN 32
#define SA_REPORT_SEEN_US 5000000

enum sa_kind { SA_PATH, SA_JOIN, SA_LEAVE, SA_MC_GET, SA_LIST, SA_INFO, SA_INFORM };

enum sa_state { SA_FREE, SA_QUEUED, SA_WIRE };

/** A table on its way to us. */
struct sa_list {
	struct ipoib_sa_mcast *recs; /* IPOIB_SA_LIST_MAX */
	uint32_t n;
	bool by_mlid;	  /* one MLID at a time */
	uint16_t empty;	  /* MLIDs without a group, in a row */
	bool active;	  /* a transfer is under way, the fields below are valid */
	uint32_t tid;	  /* its TID, whole low half */
	uint32_t seg;	  /* last segment taken */
	uint32_t last;	  /* last one that we allowed */
	uint8_t stalls;	  /* ACKs repeated */
	uint16_t rec_len; /* octets of a record on the wire */
	uint16_t have;	  /* octets of an unfinished record */
	uint8_t part[IB_SA_DATA_LEN];
	struct ib_sa_mad head; /* of the last segment, for the ACK */
	struct ipoib_mad_dest from;
};

/** The end of the last transfer: its sender may have missed our ACK. */
struct sa_acked {
	uint32_t tid;
	uint32_t seg; /* 0: none yet */
};

/** A report that was answered. */
struct sa_report {
	uint64_t at_us; /* 0: none */
	uint64_t tid;
	uint64_t sum; /* of its content */
};

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
	uint64_t sent_us; /* of the last try */
	union {
		struct ipoib_sa_path_req path;
		struct ipoib_sa_mcast mcast;
		struct {
			uint16_t trap;
			bool subscribe;
		} inform;
	} rec;
	struct sa_list *list; /* SA_LIST */
	uint64_t mask;
	union {
		ipoib_sa_path_cb path;
		ipoib_sa_mcast_cb mcast;
		ipoib_sa_list_cb list;
		ipoib_sa_info_cb info;
		ipoib_sa_inform_cb inform;
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
	uint32_t tokens;    /* sends to a silent SA that are allowed now */
	uint64_t token_us;  /* when there will be one more */
	uint32_t probe_tid; /* 0: none */
	uint64_t probe_us;
	uint16_t last_status;
	ipoib_sa_alive_cb alive_cb;
	void *alive_arg;
	ipoib_sa_notice_cb notice_cb;
	void *notice_arg;
	/* The window, see sa_window.c. */
	uint32_t window;
	uint32_t grown; /* answers since it grew */
	uint32_t srtt_us;
	uint32_t best_us;
	uint64_t halved_us; /* 0: never */
	unsigned int nb_lists;
	struct sa_acked acked;
	/* Reports: tokens, and those seen. */
	uint32_t report_tokens;
	uint64_t report_us;
	unsigned int report_next;
	struct sa_report reports[SA_REPORTS_SEEN];
	struct sa_req *slots[IPOIB_SA_WINDOW];
	struct sa_queue queue;
	struct sa_req *free;
	uint32_t nb_used; /* of reqs[], ever */
	struct sa_req *reqs;
	struct ipoib_sa_stats stats;
};

/** The MAD layer's callback (client in @p arg). */
void sa_recv(void *arg, int status, const uint8_t *mad, uint16_t slid);

/** End a request. @p rec is what the kind's callback takes, NULL unless @p status is 0. */
void sa_finish(struct ipoib_sa *sa, struct sa_req *r, int status, const void *rec);

/** Ask anew, as if never asked: another question, or another SM. Sent in the next poll. */
void sa_ask_anew(struct ipoib_sa *sa, struct sa_req *r);

/** A new request at the end of the queue, or why not. */
int sa_req_new(struct ipoib_sa *sa, enum sa_kind kind, void *arg, struct sa_req **req);
void sa_give_handle(const struct ipoib_sa *sa, const struct sa_req *r, ipoib_sa_req_t *handle);

/** The request's question as a MAD. */
void sa_encode(const struct ipoib_sa *sa, const struct sa_req *r, uint32_t tid,
		struct ib_sa_mad *mad);
/** Method and attribute of an answer to it. */
uint8_t sa_answer_method(enum sa_kind kind);
uint16_t sa_attr(enum sa_kind kind);

/** The window: start anew; an answer came (@p rtt_us 0: not measured); BUSY came. */
void sa_window_reset(struct ipoib_sa *sa);
void sa_window_answer(struct ipoib_sa *sa, uint32_t rtt_us, uint64_t now_us);
void sa_window_busy(struct ipoib_sa *sa, uint64_t now_us);

/** Lists: begin again; take an answer; nothing came in time. */
void sa_list_restart(struct sa_req *r);
void sa_list_take(struct ipoib_sa *sa, struct sa_req *r, const struct ib_sa_mad *mad);
void sa_list_empty(struct ipoib_sa *sa, struct sa_req *r);
bool sa_list_stalled(struct ipoib_sa *sa, struct sa_req *r);
void sa_list_free(struct ipoib_sa *sa, struct sa_list *l);
/** A segment of a transfer that is over. @return it was */
bool sa_list_late(struct ipoib_sa *sa, const struct ib_sa_mad *mad);

/** A report came. */
void sa_report_take(struct ipoib_sa *sa, const struct ib_sa_mad *mad);

/** Note that the SA answers or not; tells the listener of a change. */
void sa_set_alive(struct ipoib_sa *sa, bool alive);

extern int sa_logtype;
#define SA_LOG(level, ...) rte_log(RTE_LOG_##level, sa_logtype, "ipoib.sa: " __VA_ARGS__)

#endif /* SA_PRIV_H */

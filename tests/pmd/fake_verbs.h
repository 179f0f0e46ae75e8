/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef FAKE_VERBS_H
#define FAKE_VERBS_H

/*
 * libibverbs and a provider without an HCA. Its symbols are linked into the test
 * before those of the library. Two devices are on one fabric; a datagram that one
 * sends arrives in a posted buffer of the other.
 *
 * As strict as hardware, and louder: what a device may answer with damage (a post
 * in a wrong state, memory that is not registered, an object that goes while it
 * is in use, a completion queue that overflows, two threads in one queue) ends
 * the test program with a message.
 */

#include <stdbool.h>
#include <stdint.h>

#include <infiniband/verbs.h>

#define FV_DEVS 2
#define FV_PKEYS 16
#define FV_INLINE 128
#define FV_SGE 4

struct fv_dev {
	const char *name;
	bool absent;
	bool ether; /* RoCE: no LID, the GID is the address */
	uint16_t lid;
	uint8_t lmc;
	uint8_t ports;
	enum ibv_port_state state;
	uint32_t port_flags;
	union ibv_gid gid;
	uint16_t pkeys[FV_PKEYS];
};

/* What a test sets; fv_reset() gives the usual. Errors are positive errnos. */
struct fv_set {
	struct fv_dev dev[FV_DEVS];
	/* What the provider is without. */
	bool no_cq_ex;
	bool no_qp_ex;
	bool no_td;
	bool no_inline;
	bool reset_cleans; /* RESET takes the completions out of the CQ (mlx5), or leaves them */
	bool no_raw;	   /* no CAP_NET_RAW: Q_Keys with bit 31 are refused */
	bool hold;	   /* sends wait for fv_run() */
	int no_list;
	int open_err;
	int reg_err;
	unsigned int reg_ok; /* registrations that work before that */
	int create_qp_err;
	int modify_err;
	unsigned int modify_ok;
	unsigned int modify_errs; /* how many fail; 0: all */
	int attach_err;
	bool one_mlid;	  /* a group's second MLID is EINVAL (rdmavt) */
	uint8_t rate_max; /* static rates above are EINVAL */
	/* Of the next send that is processed: its status, then the pair's state (SQE or ERR). */
	enum ibv_wc_status send_status;
	enum ibv_qp_state send_state;
	/* So many of the next posted chain are taken, if not -1. */
	int post_take;
	/* The same of receives. */
	int recv_take;
	/* The device makes and looks at checksums; and they are right. */
	bool csum, csum_ok;
	/* A poll stays inside until this is false again. */
	bool poll_blocks;
};
extern struct fv_set fv;

/* What was seen; all since fv_reset(). */
struct fv_seen {
	uint64_t posts;	    /* chains, hence doorbells */
	uint64_t sends;	    /* work requests in them */
	uint64_t signalled; /* of these */
	uint64_t inlined;
	uint64_t segments; /* most in one */
	uint64_t delivered;
	uint64_t no_buffer; /* datagrams that found no posted buffer */
	uint64_t no_match;  /* P_Key, Q_Key, QPN or state */
	uint64_t cqes;	    /* of sends, polled */
	uint64_t resets;    /* transitions to RESET */
	uint64_t sqe_rts;
	uint64_t list_sge; /* requests with several segments */
	uint64_t events_acked;
	uint64_t blocked; /* polls inside, see poll_blocks */
	uint64_t ip_csum;
};
extern struct fv_seen fv_seen;

/* Objects that exist. */
struct fv_objects {
	int contexts, pds, tds, mrs, cqs, qps, ahs, attached;
};
struct fv_objects fv_objects(void);

/* Usual settings, counters 0; no object may exist. */
void fv_reset(void);
/* Let at most @p n held sends go, in order of their pairs. @return how many went */
unsigned int fv_run(unsigned int n);
unsigned int fv_held(void);
/* Sent on the wire with this P_Key. */
uint64_t fv_sent_with(uint16_t pkey);
void fv_event(unsigned int dev, enum ibv_event_type type, uint8_t port);
/* No answer any more: nothing completes, each call fails with EIO. */
void fv_kill(unsigned int dev);
/* The pair goes to the state ERR by itself, all its requests are flushed. */
void fv_qp_break(uint32_t qpn);
enum ibv_qp_state fv_qp_state(uint32_t qpn);
uint16_t fv_qp_pkey_index(uint32_t qpn);
uint32_t fv_qp_qkey(uint32_t qpn);
/* Receives that are posted. */
uint32_t fv_qp_posted(uint32_t qpn);
/* Is a queue pair of the device attached to the group? */
bool fv_attached(unsigned int dev, const uint8_t *mgid, uint16_t mlid);
/* A datagram from elsewhere; @p grh NULL: without. @return a buffer took it */
bool fv_inject(unsigned int dev, uint32_t qpn, uint16_t slid, uint32_t src_qpn,
		const struct ibv_grh *grh, const void *data, uint32_t len);
/* The last AH that was made. */
const struct ibv_ah_attr *fv_last_ah(void);

#endif /* FAKE_VERBS_H */

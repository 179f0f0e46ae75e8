/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef IPOIB_SA_H
#define IPOIB_SA_H

/**
 * @file
 * An asynchronous client of the subnet administrator (IBA chapter 15): path
 * records, multicast joins and leaves, with its own timeouts and retries.
 *
 * At most IPOIB_SA_WINDOW requests are on the wire; others wait in order in a
 * bounded queue. Answers are matched by the low 32 bits of the TID; late,
 * duplicate and foreign answers are counted and ignored. Status BUSY and
 * silence are backed off with jitter.
 *
 * Threads: one client belongs to the thread that polls its ipoib_mad. Each
 * request ends in exactly one callback, inside ipoib_sa_poll(),
 * ipoib_mad_poll() or ipoib_sa_destroy() (-ECANCELED), never inside the call
 * that made it. A callback may make and cancel requests.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ib_hdr.h"
#include "ipoib_mad.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Most requests on the wire: OpenSM on ibsim hangs at 512, gains nothing above 64. */
#define IPOIB_SA_WINDOW 64
/** Requests that may wait behind the window. */
#define IPOIB_SA_QUEUE 16384

/** A client; opaque. */
struct ipoib_sa;

/** Handle of a request; 0 is none. */
typedef uint32_t ipoib_sa_req_t;

/** Timing. Zero takes the default in brackets. */
struct ipoib_sa_cfg {
	uint32_t path_timeout_ms;  /**< of one try [100, the kernel's] */
	uint32_t mcast_timeout_ms; /**< of one try [300, the kernel's] */
	uint32_t tries; /**< sends per request [11, the kernel's 1 + 10 retries]; at most 31 */
};

/** Wanted path. */
struct ipoib_sa_path_req {
	struct ib_gid dgid;
	struct ib_gid sgid;
	uint16_t pkey; /**< sent with the full bit, as Linux does */
	uint8_t tclass;
};

/** A path record (IBA 15.2.5.16), host order. */
struct ipoib_sa_path {
	struct ib_gid dgid;
	struct ib_gid sgid;
	uint16_t dlid;
	uint16_t slid;
	uint32_t flow_label;
	uint8_t hop_limit; /**< above 0: packets need a GRH */
	uint8_t tclass;
	uint16_t pkey;
	uint8_t sl;
	uint16_t mtu;	  /**< IB MTU in octets */
	uint8_t rate;	  /**< code of IBA table 194 */
	uint8_t lifetime; /**< 4.096 us * 2^lifetime */
};

/** Join states (IBA 15.2.5.17). */
enum ipoib_sa_join {
	IPOIB_SA_JOIN_FULL = 1,
	IPOIB_SA_JOIN_NON = 2,
	IPOIB_SA_JOIN_SENDONLY_NON = 4,
	IPOIB_SA_JOIN_SENDONLY_FULL = 8
};

/** A multicast member record, host order. */
struct ipoib_sa_mcast {
	struct ib_gid mgid;
	struct ib_gid port_gid;
	uint32_t qkey;
	uint16_t mlid;
	uint16_t mtu; /**< IB MTU in octets */
	uint8_t tclass;
	uint16_t pkey;
	uint8_t rate;
	uint8_t sl;
	uint32_t flow_label;
	uint8_t hop_limit;
	uint8_t scope;
	uint8_t join_state;
};

/**
 * @param status 0; -ENOENT the SA has no such record; -ETIMEDOUT no answer to
 *   any try; -EHOSTUNREACH no SM to ask (LID 0, or undeliverable); -EBUSY the
 *   SA said BUSY to the last try; -EREMOTEIO refused with another status
 *   (ipoib_sa_last_status()); -EPROTO malformed answer; -ECANCELED
 * @param path valid until return; NULL unless status is 0
 */
typedef void (*ipoib_sa_path_cb)(void *arg, int status, const struct ipoib_sa_path *path);

/** @see ipoib_sa_path_cb */
typedef void (*ipoib_sa_mcast_cb)(void *arg, int status, const struct ipoib_sa_mcast *mc);

/**
 * Called when the SA answers again after silence (@p alive true) or falls
 * silent (false: a request ran out of tries while nothing else was answered, or
 * a MAD came back undeliverable, or there is no SM to send to). One MAD may come
 * back when an SM is replaced: false, then true at the next answer. The request
 * itself goes on until its time is over. A silent SA is asked by few requests at
 * a time, and by a probe each half second when nobody asks it anything, so true
 * comes without help. It may have forgotten our groups by then: join again.
 */
typedef void (*ipoib_sa_alive_cb)(void *arg, bool alive);

/** Counters since creation. */
struct ipoib_sa_stats {
	uint64_t requests;
	uint64_t sends; /**< retries included */
	uint64_t answers;
	uint64_t timeouts; /**< single tries without an answer */
	uint64_t failures; /**< requests that ended with an error */
	uint64_t busy;	   /**< answers with status BUSY */
	uint64_t ignored;  /**< late, duplicate, foreign or malformed answers */
	uint32_t outstanding;
	uint32_t queued;
};

/** Create a client on @p mad (which outlives it). @p cfg NULL: defaults. @return 0, -EBUSY, -ENOMEM */
int ipoib_sa_create(struct ipoib_mad *mad, const struct ipoib_sa_cfg *cfg, struct ipoib_sa **sa);

/** End every request with -ECANCELED and free. NULL is allowed. */
void ipoib_sa_destroy(struct ipoib_sa *sa);

/** Timers and queue; bounded. Call it as often as ipoib_mad_poll(), after it. */
void ipoib_sa_poll(struct ipoib_sa *sa, uint64_t now_us);

/** When ipoib_sa_poll() has work next, microseconds; UINT64_MAX: none. */
uint64_t ipoib_sa_next_deadline(const struct ipoib_sa *sa);

/**
 * Ask for a path: SubnAdmGet(PathRecord) with DGID, SGID, TClass, NumbPath 1
 * and P_Key, as Linux asks.
 * @return 0; -ENOBUFS the queue is full; -EINVAL a multicast or zero DGID
 */
int ipoib_sa_path_get(struct ipoib_sa *sa, const struct ipoib_sa_path_req *req, ipoib_sa_path_cb cb,
		void *arg, ipoib_sa_req_t *handle);

/**
 * Join a group: SubnAdmSet(MCMemberRecord).
 * @param bcast NULL: only MGID, PortGID, P_Key and JoinState are given (the
 *   broadcast group, which the SM owns); otherwise the group is created where
 *   it is absent, with the attributes of @p bcast (RFC 4391 section 10)
 */
int ipoib_sa_mcast_join(struct ipoib_sa *sa, const struct ib_gid *mgid,
		const struct ib_gid *port_gid, uint16_t pkey, enum ipoib_sa_join join,
		const struct ipoib_sa_mcast *bcast, ipoib_sa_mcast_cb cb, void *arg,
		ipoib_sa_req_t *handle);

/** Leave: SubnAdmDelete(MCMemberRecord). */
int ipoib_sa_mcast_leave(struct ipoib_sa *sa, const struct ib_gid *mgid,
		const struct ib_gid *port_gid, enum ipoib_sa_join join, ipoib_sa_mcast_cb cb,
		void *arg, ipoib_sa_req_t *handle);

/** Forget a request: its callback will not be called. An unknown handle is ignored. */
void ipoib_sa_cancel(struct ipoib_sa *sa, ipoib_sa_req_t handle);

/** Set the one listener for silence and return. */
void ipoib_sa_on_alive(struct ipoib_sa *sa, ipoib_sa_alive_cb cb, void *arg);

/** MAD status of the last refusal (IBA 15.4.8), for messages. */
uint16_t ipoib_sa_last_status(const struct ipoib_sa *sa);

/** Copy the counters. */
void ipoib_sa_stats_get(const struct ipoib_sa *sa, struct ipoib_sa_stats *stats);

#ifdef __cplusplus
}
#endif

#endif /* IPOIB_SA_H */

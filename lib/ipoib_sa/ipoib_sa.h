/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef IPOIB_SA_H
#define IPOIB_SA_H

/**
 * @file
 * An asynchronous client of the subnet administrator (IBA chapter 15): path
 * records, multicast groups and their members, subscriptions to notices, with
 * its own timeouts and retries.
 *
 * At most IPOIB_SA_WINDOW requests are on the wire; others wait in order in a
 * bounded queue. The window is halved (to no less than IPOIB_SA_WINDOW_MIN) when
 * the SA says BUSY or its round trips grow to four times the best and above
 * 20 ms, and grows by one for each windowful of answers. Requests on the wire
 * are sent anew at once when the SM moves. Answers are matched by the low 32 bits of the TID; late,
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
/** Least of the window while the SA answers. */
#define IPOIB_SA_WINDOW_MIN 4
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

/** Most records that ipoib_sa_mcast_list() returns; an SA has 16383 MLIDs at most. */
#define IPOIB_SA_LIST_MAX 4096

/** Wanted path. Zero is "any" for all but the GIDs and P_Key. */
struct ipoib_sa_path_req {
	struct ib_gid dgid; /**< zero: not known, the SA is to tell it; then dlid is given */
	struct ib_gid sgid;
	uint16_t pkey;	    /**< sent with the full bit, as Linux does */
	uint8_t tclass;	    /**< component 10, always given, as Linux does */
	uint16_t dlid;	    /**< component 4 unless 0: this LID of the peer's (LMC) */
	bool has_sl;	    /**< component 15: this SL */
	uint8_t sl;	    /**< 0..15 */
	bool has_qos_class; /**< component 14: this QoS class */
	uint16_t qos_class; /**< 0..4095 */
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

/** What an SA says of itself (ClassPortInfo, IBA 13.4.8.1 and 15.2.3), host order. */
struct ipoib_sa_info {
	uint16_t cap_mask;
	uint32_t cap_mask2; /**< 27 bits */
	uint8_t resp_time;  /**< 4.096 us * 2^resp_time */
	bool sendonly_full; /**< takes IPOIB_SA_JOIN_SENDONLY_FULL */
};

/** Traps of generic notices (IBA 13.4.8.2, 14.2.5.1). */
enum ipoib_sa_trap {
	IPOIB_SA_TRAP_GID_IN = 64,
	IPOIB_SA_TRAP_GID_OUT = 65,
	IPOIB_SA_TRAP_MGID_CREATED = 66,
	IPOIB_SA_TRAP_MGID_DELETED = 67,
	IPOIB_SA_TRAP_LINK_STATE = 128,
	IPOIB_SA_TRAP_PORT_CHANGE = 144
};

/** A notice that the SA forwarded, host order. */
struct ipoib_sa_notice {
	uint16_t trap;
	struct ib_gid gid; /**< traps 64, 65: the port's; 66, 67: the group's; else the issuer's */
	uint16_t lid;	   /**< trap 128: the switch's; 144: the port's; else the issuer's */
	uint32_t cap_mask; /**< trap 144: the new CapabilityMask; else 0 */
};

/**
 * @param status 0; -ENOENT the SA has no such record; -ETIMEDOUT no answer to
 *   any try; -EHOSTUNREACH no SM to ask (LID 0, undeliverable, or its node says that
 *   none runs there); -EBUSY the SA said BUSY to the last try; -EREMOTEIO refused
 *   with another status (ipoib_sa_last_status()); -EPROTO malformed answer; -ECANCELED
 * @param path valid until return; NULL unless status is 0
 */
typedef void (*ipoib_sa_path_cb)(void *arg, int status, const struct ipoib_sa_path *path);

/** @see ipoib_sa_path_cb */
typedef void (*ipoib_sa_mcast_cb)(void *arg, int status, const struct ipoib_sa_mcast *mc);

/**
 * @param recs @p n records, valid until return; NULL unless status is 0
 * @param n at most IPOIB_SA_LIST_MAX; so many: there may be more
 */
typedef void (*ipoib_sa_list_cb)(
		void *arg, int status, const struct ipoib_sa_mcast *recs, uint32_t n);

/** @see ipoib_sa_path_cb */
typedef void (*ipoib_sa_info_cb)(void *arg, int status, const struct ipoib_sa_info *info);

/** @see ipoib_sa_path_cb */
typedef void (*ipoib_sa_inform_cb)(void *arg, int status);

/** @param notice valid until return */
typedef void (*ipoib_sa_notice_cb)(void *arg, const struct ipoib_sa_notice *notice);

/**
 * Called when the SA answers again after silence (@p alive true) or falls
 * silent (false: a request ran out of tries while nothing else was answered, or
 * a MAD came back undeliverable, or there is no SM to send to). One MAD may come
 * back when an SM is replaced: false, then true at the next answer. The request
 * itself goes on until its time is over. A silent SA is sent a MAD each half
 * second, a try of a request or a probe, so true comes without help; other tries
 * pass unsent. It may have forgotten our groups by then: join again.
 */
typedef void (*ipoib_sa_alive_cb)(void *arg, bool alive);

/** Counters since creation. */
struct ipoib_sa_stats {
	uint64_t requests;
	uint64_t sends; /**< retries included */
	uint64_t answers;
	uint64_t timeouts;	  /**< single tries without an answer */
	uint64_t failures;	  /**< requests that ended with an error */
	uint64_t busy;		  /**< answers with status BUSY */
	uint64_t ignored;	  /**< late, duplicate, foreign or malformed answers */
	uint64_t resent;	  /**< requests sent anew because the SM moved */
	uint64_t halvings;	  /**< of the window */
	uint64_t notices;	  /**< reports answered, duplicates included */
	uint64_t notices_dup;	  /**< repeated reports: answered, not handed on */
	uint64_t notices_bad;	  /**< reports of no known trap: answered, not handed on */
	uint64_t notices_dropped; /**< reports above the rate: neither; the SA repeats them */
	uint32_t outstanding;
	uint32_t queued;
	uint32_t window;      /**< now allowed on the wire */
	uint32_t rtt_us;      /**< smoothed round trip; 0: none measured yet */
	uint32_t rtt_best_us; /**< least since the SM last moved */
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
 * and P_Key, as Linux asks, and with DLID, SL and QoS class where they are given.
 * An answer with another DLID than the one given ends in -EPROTO.
 * @return 0; -ENOBUFS the queue is full; -EINVAL a multicast or zero DGID, or a
 *   value out of its range
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

/**
 * Is the port a member? SubnAdmGet(MCMemberRecord) by MGID and PortGID. An
 * untrusted client is told nothing of the member itself: PortGID and JoinState
 * of the answer are zero with OpenSM (IBA 15.4.1.2).
 * @p cb: -ENOENT where the SA has no such membership.
 * @return 0; -ENOBUFS; -EINVAL no multicast GID
 */
int ipoib_sa_mcast_get(struct ipoib_sa *sa, const struct ib_gid *mgid,
		const struct ib_gid *port_gid, ipoib_sa_mcast_cb cb, void *arg,
		ipoib_sa_req_t *handle);

/**
 * All groups of a partition: SubnAdmGetTable(MCMemberRecord) by P_Key, the
 * answer taken by RMPP (IBA 13.6). OpenSM gives one record per group. Where the
 * answer is cut after its first MAD (OpenSM on ibsim leaves RMPP to a kernel
 * that is not there), the groups are asked for by MLID, one MLID at a time from
 * 0xc000 until 64 in a row are empty.
 * @return 0; -ENOBUFS; -EBUSY four lists are being made already
 */
int ipoib_sa_mcast_list(struct ipoib_sa *sa, uint16_t pkey, ipoib_sa_list_cb cb, void *arg,
		ipoib_sa_req_t *handle);

/** What the SA can do: SubnAdmGet(ClassPortInfo). @return 0 or -ENOBUFS */
int ipoib_sa_info_get(struct ipoib_sa *sa, ipoib_sa_info_cb cb, void *arg, ipoib_sa_req_t *handle);

/**
 * Subscribe to notices of a trap from all sources, or end it:
 * SubnAdmSet(InformInfo). A subscription lives in the SA: subscribe again after
 * IPOIB_MAD_EV_REREGISTER, IPOIB_MAD_EV_SM, IPOIB_MAD_EV_LID and after the SA's
 * return from silence. Doing so twice does no harm.
 * @return 0; -ENOBUFS; -ENOTSUP reports cannot reach us (ipoib_sa_notices_possible())
 */
int ipoib_sa_inform(struct ipoib_sa *sa, uint16_t trap, bool subscribe, ipoib_sa_inform_cb cb,
		void *arg, ipoib_sa_req_t *handle);

/**
 * Set the one taker of notices (called inside ipoib_mad_poll()). Each report is
 * answered whether there is a taker or not; at most 1,000 a second, in bursts of
 * 256, are taken.
 */
void ipoib_sa_on_notice(struct ipoib_sa *sa, ipoib_sa_notice_cb cb, void *arg);

/** Can reports reach us? False: another program holds them on this port; poll instead. */
bool ipoib_sa_notices_possible(const struct ipoib_sa *sa);

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

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef IPOIB_NEIGH_H
#define IPOIB_NEIGH_H

/**
 * @file
 * The neighbour table as its one writer sees it: records, states, waiting
 * packets, ageing, reclaim. Readers use ipoib_neigh_dp.h.
 *
 * All functions here belong to one thread, which must not be an online reader
 * of the table's RCU variable. None blocks. Records (struct ipoib_neigh_rec)
 * are the writer's; what readers see is a published immutable entry, replaced
 * as a whole and freed after a grace period.
 *
 * NULL for a table, record, address or packet is refused: -EINVAL, or nothing is
 * done where the result is no error. In debug builds (meson -Dneigh_debug=true, or
 * buildtype=debug) the first thread that calls one of the functions that take a
 * time or change something is the writer; any other is refused with -EPERM and a
 * log line. Only create, destroy, the rec_ functions and stats_get may be called
 * by others then, one at a time.
 *
 * Time is monotonic microseconds, handed in by the caller. Uses are kept in
 * whole seconds, as the last call that was given the time published them: call
 * ipoib_neigh_iterate() at least once a second.
 *
 * Uses of an address handle: ipoib_neigh_set_valid() takes over one use of the
 * caller, ah_release() gives it back, exactly once for each successful
 * set_valid(), after a grace period, whatever happens in between. An entry that
 * goes from VALID to STALE carries its use along.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>
#include <rte_rcu_qsbr.h>

#include "ipoib_neigh_dp.h"
#include "ipoib_pktq.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A neighbour, writer's side; opaque. Valid until deleted or evicted. */
struct ipoib_neigh_rec;

/**
 * Back-off of a failed neighbour: first, doubled each time up to the last; then
 * +-IPOIB_NEIGH_BACKOFF_JITTER percent. It ends with the first iterate() up to
 * IPOIB_NEIGH_BACKOFF_SLOT_US after that.
 */
#define IPOIB_NEIGH_BACKOFF_MIN_US 100000
#define IPOIB_NEIGH_BACKOFF_MAX_US 5000000
#define IPOIB_NEIGH_BACKOFF_JITTER 12
#define IPOIB_NEIGH_BACKOFF_SLOT_US 25000

/**
 * Early eviction takes the longest idle, and only what was idle for so many
 * seconds: above gc_thresh2 (the kernel's 5 s, neigh_forced_gc), and at
 * gc_thresh3, where else the new neighbour would be refused.
 */
#define IPOIB_NEIGH_EVICT_IDLE 5
#define IPOIB_NEIGH_EVICT_IDLE_FULL 2

/** Longest name, and bounds of the parameters. */
#define IPOIB_NEIGH_NAME_MAX 20
#define IPOIB_NEIGH_ENTRIES_MAX (1u << 22)
#define IPOIB_NEIGH_GC_INTERVAL_MAX 86400
#define IPOIB_NEIGH_QUEUE_LEN_MAX 4096

/** Parameters, named after the kernel's (net.ipv4.neigh.default). Zero takes the default. */
struct ipoib_neigh_cfg {
	const char *name;    /**< unique in the process, at most 20 characters */
	int socket;	     /**< NUMA node of the memory, or SOCKET_ID_ANY */
	uint32_t gc_thresh1; /**< up to so many entries nothing ages [0: all age, as in the seed] */
	uint32_t gc_thresh2; /**< above, the longest idle go early [3/4 of gc_thresh3] */
	uint32_t gc_thresh3; /**< hard limit of entries [16384] */
	/** Memory is for so many entries: the most that ipoib_neigh_tune() accepts
	 *  as gc_thresh3 [gc_thresh3] */
	uint32_t gc_thresh3_max;
	uint32_t gc_interval; /**< M, seconds: idle for more than 2*M is removed [30] */
	uint16_t queue_len;   /**< packets that wait for one neighbour [16; the kernel's is 3] */
	uint32_t queue_total; /**< packets that wait in the whole table [4096] */
	/** Retired entries that may wait for readers
	 *  [1024 more than gc_thresh3_max, of which at most 16384 count] */
	uint32_t reclaim_max;
	struct rte_rcu_qsbr *rcu; /**< of the readers; outlives the table */
	/** The grace period is over: address handle @p ah has one user less. Called
	 *  exactly once for each successful ipoib_neigh_set_valid(). May be NULL. */
	void (*ah_release)(void *arg, uint32_t ah);
	/** @p rec is about to go (aged, evicted, flushed, deleted, or the table is
	 *  destroyed): forget it. It may still be read, the table must not be
	 *  changed. Its waiting packets are freed afterwards, in number @p nb_pkts.
	 *  May be NULL. */
	void (*evict)(void *arg, struct ipoib_neigh_rec *rec, uint32_t nb_pkts);
	void *arg;
};

/** Counters and gauges. */
struct ipoib_neigh_stats {
	uint32_t entries;
	uint32_t by_state[IPOIB_NEIGH_FAILED + 1];
	uint32_t queued;  /**< packets that wait now */
	uint32_t retired; /**< entries that wait for readers now */
	uint64_t added;
	uint64_t removed;      /**< by any cause */
	uint64_t aged;	       /**< idle for more than 2*M */
	uint64_t evicted;      /**< early, above gc_thresh2 */
	uint64_t table_full;   /**< refused at gc_thresh3 */
	uint64_t queue_full;   /**< packets refused by queue_len or queue_total */
	uint64_t reclaim_full; /**< changes refused or put off: too much waits for readers */
};

/** What to publish of a resolved neighbour. */
struct ipoib_neigh_value {
	uint32_t ah;
	uint16_t mtu;
	uint8_t kind;
};

/**
 * Create a table.
 * @return 0; -EINVAL bad name, no RCU variable, thresholds not ascending,
 *   or a value above its bound; -EEXIST; -ENOMEM. Nothing is left half made.
 */
int ipoib_neigh_create(const struct ipoib_neigh_cfg *cfg, struct ipoib_neigh **t);

/**
 * Free the table, all records (evict() is called for each) and waiting packets,
 * handing back every address handle. No reader may use the table any more; it
 * does not wait for readers, not even for those that are registered and silent.
 * NULL is allowed.
 */
void ipoib_neigh_destroy(struct ipoib_neigh *t);

/** Find a record, or NULL. Multicast addresses are keys like others. */
struct ipoib_neigh_rec *ipoib_neigh_find(struct ipoib_neigh *t, const struct ipoib_addr *addr);

/**
 * Find or add: a new record is INCOMPLETE and published as such. Above
 * gc_thresh2 the longest idle record may be evicted for it.
 * @return 0 with @p rec; 1 with @p rec: it was there; -ENOSPC gc_thresh3
 *   reached and nothing to evict; -EAGAIN too much waits for readers. In case
 *   of error nothing changed but what was evicted, and @p rec is NULL.
 */
int ipoib_neigh_add(struct ipoib_neigh *t, const struct ipoib_addr *addr, uint64_t now_us,
		struct ipoib_neigh_rec **rec);

/**
 * Mark RESOLVING (a request is under way); ends a back-off. VALID and STALE
 * stay: they are used while they are refreshed. @return 0, -EAGAIN
 */
int ipoib_neigh_set_resolving(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec);

/**
 * Publish as VALID. The record takes over one use of @p v->ah of the caller.
 * Waiting packets stay: take them with ipoib_neigh_dequeue() and have them
 * sent before calling this, so that order holds. Idle time starts anew only if
 * it was neither VALID nor STALE: a refresh is no use.
 * @return 0; -EAGAIN too much waits for readers: nothing changed, the use is
 *   still the caller's, try later
 */
int ipoib_neigh_set_valid(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec,
		const struct ipoib_neigh_value *v, uint64_t now_us);

/** VALID becomes STALE; other states stay. Readers go on using it. @return 0, -EAGAIN */
int ipoib_neigh_set_stale(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec);

/**
 * Resolution failed. A VALID or STALE entry stays as STALE (a dead SA never
 * stops flows that have a path); any other becomes FAILED until its back-off
 * ends, and its waiting packets are freed.
 * @return number of packets freed; -EAGAIN: nothing changed
 */
int ipoib_neigh_set_failed(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec, uint64_t now_us);

/**
 * End the back-off of a FAILED entry, which becomes INCOMPLETE: the next packet may ask. Other states
 * stay. @return 0; -EAGAIN: nothing changed, the back-off ends by itself
 */
int ipoib_neigh_set_incomplete(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec);

/**
 * Remove a record; its packets are freed. It must not be used afterwards.
 * @return 0; -EAGAIN: nothing changed
 */
int ipoib_neigh_del(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec);

/** Remove all; bounded memory, unbounded time. @return number removed, or -EAGAIN with part removed */
int ipoib_neigh_flush(struct ipoib_neigh *t);

/**
 * End all back-offs: FAILED becomes INCOMPLETE, and the next failure starts with
 * the shortest again. What cannot be published now follows in iterate().
 * @return number that was FAILED
 */
int ipoib_neigh_clear_backoff(struct ipoib_neigh *t);

/**
 * Let @p m wait (the record owns it); counts as a use of the neighbour.
 * @return 0; -ENOBUFS queue_len or queue_total reached, -ENOMEM: the caller keeps @p m
 */
int ipoib_neigh_enqueue(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec, struct rte_mbuf *m);

/** Take up to @p n waiting packets in order; the caller owns them. @return number */
uint16_t ipoib_neigh_dequeue(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec,
		struct rte_mbuf **pkts, uint16_t n);

/**
 * Periodic work: publish the time, free what readers have left (at most
 * @p budget entries), end back-offs (FAILED becomes INCOMPLETE, so the next
 * packet asks again), evict early above gc_thresh2, and age a slice so that the
 * whole table is seen once every M: a neighbour goes when its last use is
 * strictly more than 2*M seconds ago, so after 2*M to 3*M. What does not fit in
 * @p budget is made up for in later calls.
 * @return records looked at, at most @p budget
 */
uint32_t ipoib_neigh_iterate(struct ipoib_neigh *t, uint64_t now_us, uint32_t budget);

/** Call @p fn for each record; it may change or delete the record it is given, and no other. */
void ipoib_neigh_walk(struct ipoib_neigh *t, void (*fn)(void *arg, struct ipoib_neigh_rec *rec),
		void *arg);

/** As ipoib_neigh_walk(), only the records of a GID (all its QPNs): O(their number). */
void ipoib_neigh_walk_gid(struct ipoib_neigh *t, const struct ib_gid *gid,
		void (*fn)(void *arg, struct ipoib_neigh_rec *rec), void *arg);

/**
 * Change gc_interval and the thresholds at run time; 0 takes the default. With
 * more entries than a lower gc_thresh3 nothing is removed at once: they age and
 * are evicted by the rules.
 * @return 0; -EINVAL not ascending, or above gc_thresh3_max: nothing changed
 */
int ipoib_neigh_tune(struct ipoib_neigh *t, uint32_t gc_interval, uint32_t gc_thresh1,
		uint32_t gc_thresh2, uint32_t gc_thresh3);

/** Address, flags octet zero; valid as long as the record. */
const struct ipoib_addr *ipoib_neigh_rec_addr(const struct ipoib_neigh_rec *rec);
/** State, the same as readers see. */
enum ipoib_neigh_state ipoib_neigh_rec_state(const struct ipoib_neigh_rec *rec);
/** Published value; meaningful in VALID and STALE. */
void ipoib_neigh_rec_value(const struct ipoib_neigh_rec *rec, struct ipoib_neigh_value *v);
/** Seconds since a worker last used it (or since it was added). */
uint32_t ipoib_neigh_rec_idle(
		const struct ipoib_neigh *t, const struct ipoib_neigh_rec *rec, uint64_t now_us);
/** Keep it whatever happens: it is not aged and not evicted, only deleted and flushed. */
void ipoib_neigh_rec_keep(struct ipoib_neigh_rec *rec, bool keep);
/** Packets that wait for it. */
uint16_t ipoib_neigh_rec_queued(const struct ipoib_neigh_rec *rec);
/** A pointer of the writer's own, NULL at first. */
void *ipoib_neigh_rec_user(const struct ipoib_neigh_rec *rec);
void ipoib_neigh_rec_user_set(struct ipoib_neigh_rec *rec, void *user);

/** "incomplete", "resolving", "valid", "stale", "failed". Any thread. */
const char *ipoib_neigh_state_name(enum ipoib_neigh_state state);

/** Copy the counters. Writer only. */
void ipoib_neigh_stats_get(const struct ipoib_neigh *t, struct ipoib_neigh_stats *s);

#ifdef __cplusplus
}
#endif

#endif /* IPOIB_NEIGH_H */

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
 * Time is monotonic microseconds, handed in by the caller.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>
#include <rte_rcu_qsbr.h>

#include "ipoib_neigh_dp.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A neighbour, writer's side; opaque. Valid until deleted or evicted. */
struct ipoib_neigh_rec;

/** Back-off of a failed neighbour: first, doubled each time up to the last; +-12 % jitter. */
#define IPOIB_NEIGH_BACKOFF_MIN_US 100000
#define IPOIB_NEIGH_BACKOFF_MAX_US 5000000

/** Parameters, named after the kernel's (net.ipv4.neigh.default). Zero takes the default. */
struct ipoib_neigh_cfg {
	const char *name;   /**< unique in the process, at most 20 characters */
	int socket;	    /**< NUMA node of the memory, or SOCKET_ID_ANY */
	uint32_t gc_thresh1; /**< up to so many entries nothing ages [0: all age, as in the seed] */
	uint32_t gc_thresh2; /**< above, the longest idle go early [3/4 of gc_thresh3] */
	uint32_t gc_thresh3; /**< hard limit of entries [16384] */
	uint32_t gc_interval; /**< M, seconds: idle for more than 2*M is removed [30] */
	uint16_t queue_len;  /**< packets that wait for one neighbour [16; the kernel's is 3] */
	uint32_t reclaim_max; /**< retired entries that may wait for readers [gc_thresh3 + 1024] */
	struct rte_rcu_qsbr *rcu; /**< of the readers; outlives the table */
	/** The grace period of an entry is over: its address handle has one user
	 *  less. Called once for each published VALID or STALE entry. May be NULL. */
	void (*ah_release)(void *arg, uint32_t ah);
	/** @p rec is about to go (aged, evicted, flushed, deleted): forget it. It
	 *  may still be read. Its waiting packets are freed afterwards, in number
	 *  @p nb_pkts. May be NULL. */
	void (*evict)(void *arg, struct ipoib_neigh_rec *rec, uint32_t nb_pkts);
	void *arg;
};

/** Counters and gauges. */
struct ipoib_neigh_stats {
	uint32_t entries;
	uint32_t by_state[IPOIB_NEIGH_FAILED + 1];
	uint32_t queued;       /**< packets that wait now */
	uint32_t retired;      /**< entries that wait for readers now */
	uint64_t added;
	uint64_t removed;      /**< by any cause */
	uint64_t aged;	       /**< idle for more than 2*M */
	uint64_t evicted;      /**< early, above gc_thresh2 */
	uint64_t table_full;   /**< refused at gc_thresh3 */
	uint64_t queue_full;   /**< packets refused by a full queue */
	uint64_t reclaim_full; /**< changes refused with -EAGAIN */
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
 *   gc_thresh3 above 2^22, gc_interval above 86400; -EEXIST; -ENOMEM. Nothing
 *   is left half made.
 */
int ipoib_neigh_create(const struct ipoib_neigh_cfg *cfg, struct ipoib_neigh **t);

/**
 * Free the table, all records and waiting packets, handing back every address
 * handle. No reader may use the table any more. NULL is allowed.
 */
void ipoib_neigh_destroy(struct ipoib_neigh *t);

/** Find a record, or NULL. Multicast addresses are keys like others. */
struct ipoib_neigh_rec *ipoib_neigh_find(struct ipoib_neigh *t, const struct ipoib_addr *addr);

/**
 * Find or add: a new record is INCOMPLETE and published as such.
 * @return 0 with @p rec; 1 with @p rec: it was there; -ENOSPC gc_thresh3
 *   reached and nothing to evict; -EAGAIN too much waits for readers; -ENOMEM
 */
int ipoib_neigh_add(struct ipoib_neigh *t, const struct ipoib_addr *addr, uint64_t now_us,
		    struct ipoib_neigh_rec **rec);

/** Mark RESOLVING (a request is under way). @return 0, -EAGAIN */
int ipoib_neigh_set_resolving(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec);

/**
 * Publish as VALID. The entry holds one use of @p v->ah until ah_release().
 * Waiting packets stay: take them with ipoib_neigh_dequeue() and have them
 * sent before calling this, so that order holds.
 * @return 0; -EAGAIN too much waits for readers: nothing changed, try later
 */
int ipoib_neigh_set_valid(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec,
			  const struct ipoib_neigh_value *v, uint64_t now_us);

/** VALID becomes STALE; other states stay. Readers go on using it. @return 0, -EAGAIN */
int ipoib_neigh_set_stale(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec);

/**
 * Resolution failed. A VALID or STALE entry stays as STALE (a dead SA never
 * stops flows that have a path); any other becomes FAILED until its back-off
 * ends, and its waiting packets are freed.
 * @return number of packets freed, or -EAGAIN
 */
int ipoib_neigh_set_failed(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec, uint64_t now_us);

/** Remove a record; its packets are freed. Idempotence is the caller's: rec is gone. @return 0, -EAGAIN */
int ipoib_neigh_del(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec);

/** Remove all; bounded memory, unbounded time. @return number removed, or -EAGAIN with part removed */
int ipoib_neigh_flush(struct ipoib_neigh *t);

/** End all back-offs: FAILED becomes INCOMPLETE. @return number changed */
int ipoib_neigh_clear_backoff(struct ipoib_neigh *t);

/** Let @p m wait (the record owns it). @return 0, -ENOBUFS queue full, -ENOMEM (caller keeps m) */
int ipoib_neigh_enqueue(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec, struct rte_mbuf *m);

/** Take up to @p n waiting packets in order; the caller owns them. @return number */
uint16_t ipoib_neigh_dequeue(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec,
			     struct rte_mbuf **pkts, uint16_t n);

/**
 * Periodic work: age a slice so that the whole table is seen once every M, end
 * back-offs (FAILED becomes INCOMPLETE, so the next packet asks again), free
 * what readers have left. Work is bounded by @p budget records.
 * @return records looked at
 */
uint32_t ipoib_neigh_iterate(struct ipoib_neigh *t, uint64_t now_us, uint32_t budget);

/** Call @p fn for each record; it may change or delete the record it is given, no other. */
void ipoib_neigh_walk(struct ipoib_neigh *t, void (*fn)(void *arg, struct ipoib_neigh_rec *rec),
		      void *arg);

/** As ipoib_neigh_walk(), only the records of a GID (all its QPNs): O(their number). */
void ipoib_neigh_walk_gid(struct ipoib_neigh *t, const struct ib_gid *gid,
			  void (*fn)(void *arg, struct ipoib_neigh_rec *rec), void *arg);

/** Change gc_interval and the thresholds at run time. @return 0, -EINVAL, nothing changed */
int ipoib_neigh_tune(struct ipoib_neigh *t, uint32_t gc_interval, uint32_t gc_thresh1,
		     uint32_t gc_thresh2, uint32_t gc_thresh3);

/** Properties of a record. */
const struct ipoib_addr *ipoib_neigh_rec_addr(const struct ipoib_neigh_rec *rec);
enum ipoib_neigh_state ipoib_neigh_rec_state(const struct ipoib_neigh_rec *rec);
/** Published value; meaningful in VALID and STALE. */
void ipoib_neigh_rec_value(const struct ipoib_neigh_rec *rec, struct ipoib_neigh_value *v);
/** Seconds since a worker last used it (or since it was added). */
uint32_t ipoib_neigh_rec_idle(const struct ipoib_neigh *t, const struct ipoib_neigh_rec *rec,
			      uint64_t now_us);
uint16_t ipoib_neigh_rec_queued(const struct ipoib_neigh_rec *rec);
/** A pointer of the writer's own, NULL at first. */
void *ipoib_neigh_rec_user(const struct ipoib_neigh_rec *rec);
void ipoib_neigh_rec_user_set(struct ipoib_neigh_rec *rec, void *user);

/** "incomplete", "resolving", "valid", "stale", "failed". Any thread. */
const char *ipoib_neigh_state_name(enum ipoib_neigh_state state);

/** Copy the counters. */
void ipoib_neigh_stats_get(const struct ipoib_neigh *t, struct ipoib_neigh_stats *s);

#ifdef __cplusplus
}
#endif

#endif /* IPOIB_NEIGH_H */

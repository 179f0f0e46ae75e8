/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef NEIGH_PRIV_H
#define NEIGH_PRIV_H

/**
 * @file
 * The neighbour table inside.
 *
 * A record (writer) is a slot of recs[]; its last-used mark has the same index.
 * The index maps the address to the published entry; the entry knows its slot. What
 * was published goes through the retired queue, and only after the grace period
 * are the entry and the record's slot used again: so no reader, however late,
 * marks or reads what belongs to somebody else.
 */

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ipoib_neigh.h"
#include "neigh_index.h"

/** No slot, no index. */
#define NEIGH_NIL UINT32_MAX
/** State of a record that is not in use. */
#define NEIGH_FREE 0xff
/** Mark of a slot that is not in use: never looks idle. */
#define NEIGH_MARK_FREE UINT32_MAX
/** Slots of the back-off wheel: more than the longest back-off with its jitter. */
#define NEIGH_WHEEL_SLOTS 256
/** Records that one search for the longest idle finds. */
#define NEIGH_VICTIMS 256

static_assert((uint64_t)NEIGH_WHEEL_SLOTS * IPOIB_NEIGH_BACKOFF_SLOT_US >
				(uint64_t)IPOIB_NEIGH_BACKOFF_MAX_US *
								(100 + IPOIB_NEIGH_BACKOFF_JITTER) /
								100 +
						IPOIB_NEIGH_BACKOFF_SLOT_US,
		"the wheel holds the longest back-off");

struct ipoib_neigh_rec {
	const struct ipoib_neigh_entry *entry; /* published now */
	void *user;
	struct ipoib_pktq queue;
	struct ipoib_addr addr;
	uint32_t gid_chain; /* next GID of the bucket; valid in the first of a GID only */
	uint32_t sib_next;  /* ring of the records of one GID */
	uint32_t sib_prev;
	uint32_t tm_next; /* back-off wheel; FAILED only. Free records: next free */
	uint32_t tm_prev;
	uint8_t state; /* enum ipoib_neigh_state, or NEIGH_FREE */
	uint8_t fails; /* in a row */
	uint16_t tm_slot : 15;
	uint16_t kept : 1; /* never aged, never evicted */
};
static_assert(sizeof(struct ipoib_neigh_rec) == 80, "memory of a table");

/** What waits for the readers. */
struct neigh_retired {
	uint64_t token; /* of rte_rcu_qsbr_start() */
	uint32_t entry; /* index in the pool */
	uint16_t rec;	/* the record goes too */
	uint16_t release_ah;
};
static_assert(sizeof(struct neigh_retired) == 16, "");

/** A candidate of early eviction. */
struct neigh_victim {
	uint32_t slot;
	uint32_t mark;
};

struct ipoib_neigh {
	/* What readers read; written at most once a second. The entries, the marks by slot (the
	 * second of the last use), the numbers of the entries, and the second that it is. */
	struct ipoib_neigh_view view __rte_cache_aligned;
	struct neigh_index index;

	/* Below: the writer's. */
	struct ipoib_neigh_cfg cfg __rte_cache_aligned;
	char name[IPOIB_NEIGH_NAME_MAX + 1];
	struct ipoib_neigh_stats stats;

	uint32_t entries_used;	      /* ever used, of gc_thresh3_max + reclaim_max + 1 */
	uint32_t free_entry;	      /* list by slot */
	struct ipoib_neigh_rec *recs; /* gc_thresh3_max + reclaim_max */
	uint32_t nb_recs;
	uint32_t recs_used; /* slots ever used: those above need no look */
	uint32_t free_rec;  /* list by tm_next */

	struct neigh_retired *retired; /* ring of reclaim_max */
	uint32_t retired_head;

	uint32_t *gid_heads; /* first record of the first GID of a bucket */
	uint32_t gid_mask;

	uint32_t wheel[NEIGH_WHEEL_SLOTS];
	uint64_t wheel_pos;  /* slots up to here have been emptied */
	uint32_t nb_waiting; /* records in the wheel */

	uint64_t age_time; /* us up to which the walk has been paid */
	uint64_t age_owed; /* slots * us not yet walked */
	uint32_t age_pos;

	struct neigh_victim victims[NEIGH_VICTIMS]; /* heap while searched, then ascending */
	uint32_t victim_next, nb_victims;
	uint32_t victim_tick; /* of the last search that found all there were */
	bool victim_all;

#ifdef IPOIB_NEIGH_DEBUG
	uint64_t writer; /* the first thread that changed something, 0: none yet */
#endif
};

static_assert(offsetof(struct ipoib_neigh, view) == 0, "where inline functions look for it");

#ifdef IPOIB_NEIGH_DEBUG
/** Is the caller the writer? The first one is. Logs it if not. */
bool neigh_debug_writer(struct ipoib_neigh *t);
#endif

/** Must a writer's function refuse? -EINVAL: something is NULL; debug builds: -EPERM, wrong thread. */
static inline int
neigh_refused(struct ipoib_neigh *t, const void *arg)
{
	if (t == NULL || arg == NULL)
		return -EINVAL;
#ifdef IPOIB_NEIGH_DEBUG
	if (!neigh_debug_writer(t))
		return -EPERM;
#endif
	return 0;
}

static inline uint32_t
neigh_slot(const struct ipoib_neigh *t, const struct ipoib_neigh_rec *rec)
{
	return (uint32_t)(rec - t->recs);
}

/** May packets be sent to it? */
static inline bool
neigh_usable(uint8_t state)
{
	return state == IPOIB_NEIGH_VALID || state == IPOIB_NEIGH_STALE;
}

static inline uint32_t
neigh_mark_get(const struct ipoib_neigh *t, uint32_t slot)
{
	return __atomic_load_n(&t->view.marks[slot], __ATOMIC_RELAXED);
}

static inline void
neigh_mark_set(struct ipoib_neigh *t, uint32_t slot)
{
	__atomic_store_n(&t->view.marks[slot], t->view.tick, __ATOMIC_RELAXED);
}

/** Seconds since the last use. A mark is never ahead of the tick. */
static inline uint32_t
neigh_idle(const struct ipoib_neigh *t, uint32_t slot)
{
	return t->view.tick - neigh_mark_get(t, slot);
}

/** Publish the time if it moved; it never goes back. */
static inline void
neigh_tick(struct ipoib_neigh *t, uint64_t now_us)
{
	uint32_t now = (uint32_t)(now_us / 1000000);

	if (now > t->view.tick)
		__atomic_store_n(&t->view.tick, now, __ATOMIC_RELAXED);
}

/* Reclaim */
/** Is there room for one more retired entry? Reclaims a little if not; 0 or -EAGAIN. */
int neigh_reclaim_room(struct ipoib_neigh *t);
/** Free up to @p n of what the readers have left; @p force: all, readers or not. */
uint32_t neigh_reclaim(struct ipoib_neigh *t, uint32_t n, bool force);
/** Queue an entry for after the grace period; there is room. @p rec: its record goes too. */
void neigh_retire(struct ipoib_neigh *t, const struct ipoib_neigh_entry *e, bool rec,
		bool release_ah);

/* States */
/** Take an entry from the pool; there is one if neigh_reclaim_room() said so. */
struct ipoib_neigh_entry *neigh_entry_get(struct ipoib_neigh *t);
/** A number for a publication, in any table of the process. */
uint64_t neigh_gen_next(void);
/** Let references find an entry, by the number of its publication, or, IPOIB_NEIGH_GEN_NONE, no more. */
static inline void
neigh_entry_live(struct ipoib_neigh *t, const struct ipoib_neigh_entry *e, uint64_t gen)
{
	__atomic_store_n(&t->view.gens[e - t->view.entries], gen, __ATOMIC_RELEASE);
}

/** Write all of an entry that is not published, and is not yet when this returns. */
void neigh_entry_fill(struct ipoib_neigh_entry *e, const struct ipoib_neigh_entry *from);
void neigh_entry_put(struct ipoib_neigh *t, const struct ipoib_neigh_entry *e);
/** Replace the published entry by one in @p state; @p v NULL: keep the value. 0 or -EAGAIN. */
int neigh_publish(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec, uint8_t state,
		const struct ipoib_neigh_value *v);

/* Records */
/** Give a slot back, after the grace period. */
void neigh_rec_put(struct ipoib_neigh *t, uint32_t slot);

/* Back-off */
void neigh_backoff_init(struct ipoib_neigh *t);
/** Count a failure and wait for the end of its back-off. */
void neigh_backoff_arm(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec, uint64_t now_us);
void neigh_backoff_cancel(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec);
/** End what is due, at most @p budget records; returns how many it looked at. */
uint32_t neigh_backoff_run(struct ipoib_neigh *t, uint64_t now_us, uint32_t budget);

/* Age */
/** Evict the longest idle record if it was idle for @p idle seconds. 0, -ENOENT, -EAGAIN. */
int neigh_evict_one(struct ipoib_neigh *t, uint32_t idle);

/* Index by GID */
int neigh_gid_init(struct ipoib_neigh *t);
void neigh_gid_add(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec);
void neigh_gid_del(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec);

#endif /* NEIGH_PRIV_H */

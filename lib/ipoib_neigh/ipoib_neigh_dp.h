/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef IPOIB_NEIGH_DP_H
#define IPOIB_NEIGH_DP_H

/**
 * @file
 * The neighbour table as worker lcores see it: 20-octet address in, address
 * handle and QPN out. The idea is Linux's private IPoIB neighbour table
 * (commit b63b70d, 2012), here for many polling readers.
 *
 * A reader is registered with the table's RCU variable (rte_rcu_qsbr) and
 * online. It takes no reference and no lock; entries it was given stay valid
 * and unchanged until its next rte_rcu_qsbr_quiescent().
 */

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "ipoib_proto.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Most keys of one lookup. */
#define IPOIB_NEIGH_BURST_MAX 64

/** A table; opaque. */
struct ipoib_neigh;

/** State of a neighbour. */
enum ipoib_neigh_state {
	IPOIB_NEIGH_INCOMPLETE, /**< known, nobody asks yet */
	IPOIB_NEIGH_RESOLVING,	/**< asked; packets wait in its queue */
	IPOIB_NEIGH_VALID,
	IPOIB_NEIGH_STALE, /**< still used while it is refreshed */
	IPOIB_NEIGH_FAILED /**< negative until its back-off ends */
};

/** How packets reach the neighbour. */
enum ipoib_neigh_kind {
	IPOIB_NEIGH_UD,	   /**< datagram (RFC 4391) */
	IPOIB_NEIGH_RC,	   /**< connected (RFC 4755); later */
	IPOIB_NEIGH_UD_SET /**< datagram, by several paths: the handle stands for a set */
};

/** The number of an entry that is not published. */
#define IPOIB_NEIGH_GEN_NONE UINT64_MAX

/** What a worker needs to send, in one cache line. Immutable; replaced as a whole. */
struct __rte_cache_min_aligned ipoib_neigh_entry {
	struct ipoib_addr addr; /**< key; flags octet zero */
	uint32_t ah;		/**< opaque address-handle number */
	uint32_t qpn;		/**< remote QPN, host order */
	uint32_t slot;		/**< index of the last-used mark; the library's */
	uint16_t mtu;		/**< IP MTU of the path, 0: that of the link */
	uint8_t state;		/**< enum ipoib_neigh_state when published */
	uint8_t kind;		/**< enum ipoib_neigh_kind */
	uint64_t reserved;
};
static_assert(sizeof(struct ipoib_neigh_entry) == RTE_CACHE_LINE_MIN_SIZE,
		"an entry is one cache line");

/**
 * Look up @p n addresses (1..64; the flags octet does not count).
 *
 * Workers only; never blocks. Marks every usable entry as used now: one store
 * to a place of its own, at most once a second. What cannot be sent to is not
 * marked, so a neighbour that never resolves ages out under steady traffic.
 *
 * @param hits bit i is set if entries[i] can be sent to (VALID or STALE)
 * @param entries for a clear bit: NULL, unknown address (hand the packet to
 *   control); else an entry in state RESOLVING or INCOMPLETE (the packet may
 *   wait at control) or FAILED (drop it)
 * @return number of set bits, or -EINVAL (n is 0 or above 64)
 *   Debug builds (see ipoib_neigh.h) also: -EINVAL, something is NULL; -EPERM, no
 *   reader at all is registered with the RCU variable
 */
int ipoib_neigh_lookup_bulk(const struct ipoib_neigh *t, const struct ipoib_addr *const keys[],
		uint32_t n, uint64_t *hits, const struct ipoib_neigh_entry *entries[]);

/**
 * What a reader may keep of an entry beyond its next rte_rcu_qsbr_quiescent(), for as
 * long as it likes: with it ipoib_neigh_ref_get() finds the entry again at a tenth of
 * the cost of a lookup, or says that it was replaced or removed. All zero: of none.
 */
struct ipoib_neigh_ref {
	uint64_t gen;
	uint32_t entry;
};

/** The begin of a table, for the two functions below. */
struct ipoib_neigh_view {
	struct ipoib_neigh_entry *entries;
	/** By entry: number of its publication in the process, never used again, or
	 *  IPOIB_NEIGH_GEN_NONE. Eight of them a cache line: who has a
	 *  reference need not read the entry. */
	uint64_t *gens;
	uint32_t *marks;
	uint32_t tick;
};

/** The reference of an entry that a lookup of the same turn has given; of none, if it was retired
 *  since. Workers. */
static inline struct ipoib_neigh_ref
ipoib_neigh_ref_of(const struct ipoib_neigh *t, const struct ipoib_neigh_entry *e)
{
	const struct ipoib_neigh_view *v = (const struct ipoib_neigh_view *)t;
	struct ipoib_neigh_ref r = { 0 };
	uint32_t i = (uint32_t)(e - v->entries);
	uint64_t gen = __atomic_load_n(&v->gens[i], __ATOMIC_RELAXED);

	/* All that are not published have one number: it would find them again. */
	if (unlikely(gen == IPOIB_NEIGH_GEN_NONE))
		return r;
	r.gen = gen;
	r.entry = i;
	return r;
}

/** A number that is another one each second: when it changes, entries in use are to be marked again. */
static inline uint32_t
ipoib_neigh_tick(const struct ipoib_neigh *t)
{
	return __atomic_load_n(&((const struct ipoib_neigh_view *)t)->tick, __ATOMIC_RELAXED);
}

/** Where the number of a reference's entry lies, for ipoib_neigh_gen_is(). Workers. */
static inline const uint64_t *
ipoib_neigh_ref_at(const struct ipoib_neigh *t, struct ipoib_neigh_ref r)
{
	return &((const struct ipoib_neigh_view *)t)->gens[r.entry];
}

/**
 * Is the entry still the one of a reference's number? As ipoib_neigh_ref_get(), but nothing is
 * marked: who asks for each packet calls that once for each ipoib_neigh_tick(). The table has to be
 * there.
 */
static inline bool
ipoib_neigh_gen_is(const uint64_t *at, uint64_t gen)
{
	/* Nothing of the entry may be read before: it may be being written. */
	return __atomic_load_n(at, __ATOMIC_ACQUIRE) == gen;
}

/** The entry whose number lies there. Workers. */
static inline const struct ipoib_neigh_entry *
ipoib_neigh_entry_at(const struct ipoib_neigh *t, const uint64_t *at)
{
	const struct ipoib_neigh_view *v = (const struct ipoib_neigh_view *)t;

	return &v->entries[at - v->gens];
}

/** Mark an entry as used now, that is usable. Workers. */
static inline void
ipoib_neigh_mark(const struct ipoib_neigh *t, const struct ipoib_neigh_entry *e)
{
	const struct ipoib_neigh_view *v = (const struct ipoib_neigh_view *)t;
	uint32_t *mark = &v->marks[e->slot], tick = ipoib_neigh_tick(t);

	/* Once a second: a store for each packet would bounce the line between readers. */
	if (unlikely(__atomic_load_n(mark, __ATOMIC_RELAXED) != tick))
		__atomic_store_n(mark, tick, __ATOMIC_RELAXED);
}

/**
 * The entry of a reference that was usable (VALID or STALE), marked as used now; or NULL:
 * look the address up. Workers, registered and online, as for a lookup; the entry is good
 * for as long as one of a lookup.
 */
static inline const struct ipoib_neigh_entry *
ipoib_neigh_ref_get(const struct ipoib_neigh *t, struct ipoib_neigh_ref r)
{
	const struct ipoib_neigh_view *v = (const struct ipoib_neigh_view *)t;
	const struct ipoib_neigh_entry *e = &v->entries[r.entry];

	if (unlikely(!ipoib_neigh_gen_is(&v->gens[r.entry], r.gen)))
		return NULL;
	ipoib_neigh_mark(t, e);
	return e;
}

#ifdef __cplusplus
}
#endif

#endif /* IPOIB_NEIGH_DP_H */

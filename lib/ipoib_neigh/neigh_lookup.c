/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * What worker lcores run. A burst goes through in steps, and each step asks for
 * what the next one reads: buckets, entries, marks. So a burst waits for memory
 * three times, not once for each packet.
 */

#include <errno.h>

#include "neigh_priv.h"

/* The search goes on in other buckets. */
#define MORE (1u << NEIGH_BUCKET_SLOTS)

struct burst {
	uint64_t hash[IPOIB_NEIGH_BURST_MAX];
	const struct ipoib_neigh_entry *maybe[IPOIB_NEIGH_BURST_MAX]; /* first with the tag */
	uint16_t match[IPOIB_NEIGH_BURST_MAX]; /* slots with the tag; and MORE */
};

static inline void
burst_hash(const struct neigh_index *x, const struct ipoib_addr *const keys[], uint32_t n,
		struct burst *b)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		b->hash[i] = neigh_hash(x->secret, keys[i]);
		rte_prefetch0(neigh_bucket_of(x, b->hash[i]));
	}
}

static inline void
burst_tags(const struct neigh_index *x, uint32_t n, struct burst *b)
{
	const struct neigh_bucket *bucket;
	uint32_t i, match;
	bool more;

	for (i = 0; i < n; i++) {
		bucket = neigh_bucket_of(x, b->hash[i]);
		match = neigh_bucket_match(bucket, neigh_tag(b->hash[i]), &more);
		if (match != 0)
			b->maybe[i] = neigh_bucket_entry(x, bucket, __builtin_ctz(match));
		else
			b->maybe[i] = &x->entries[NEIGH_ENTRY_NONE];
		b->match[i] = (uint16_t)(match | (more ? MORE : 0));
		rte_prefetch0(b->maybe[i]);
	}
}

/* Compare the addresses; what is not the first of its tag takes the long way. */
static inline uint64_t
burst_compare(const struct ipoib_neigh *t, const struct ipoib_addr *const keys[], uint32_t n,
		const struct burst *b, const struct ipoib_neigh_entry *entries[])
{
	const struct ipoib_neigh_entry *e;
	uint64_t usable = 0;
	uint32_t i;

	for (i = 0; i < n; i++) {
		e = b->maybe[i];
		if (unlikely(!neigh_entry_is(e, keys[i])))
			e = b->match[i] == 0 ? NULL
					     : neigh_index_find(&t->index, keys[i], b->hash[i]);
		entries[i] = e;
		if (likely(e != NULL && neigh_usable(e->state))) {
			usable |= RTE_BIT64(i);
			rte_prefetch0(&t->view.marks[e->slot]);
		}
	}
	return usable;
}

/* Mark as used in this second. A store for each packet would bounce the line between readers. */
static inline void
burst_mark(const struct ipoib_neigh *t, uint64_t usable, const struct ipoib_neigh_entry *entries[])
{
	uint32_t tick = __atomic_load_n(&t->view.tick, __ATOMIC_RELAXED);
	uint32_t slot;

	for (; usable != 0; usable &= usable - 1) {
		slot = entries[__builtin_ctzll(usable)]->slot;
		if (unlikely(neigh_mark_get(t, slot) != tick))
			__atomic_store_n(&t->view.marks[slot], tick, __ATOMIC_RELAXED);
	}
}

int
ipoib_neigh_lookup_bulk(const struct ipoib_neigh *t, const struct ipoib_addr *const keys[],
		uint32_t n, uint64_t *hits, const struct ipoib_neigh_entry *entries[])
{
	struct burst b;

	if (unlikely(n == 0 || n > IPOIB_NEIGH_BURST_MAX))
		return -EINVAL;
#ifdef IPOIB_NEIGH_DEBUG
	if (t == NULL || keys == NULL || hits == NULL || entries == NULL)
		return -EINVAL;
	if (__atomic_load_n(&t->cfg.rcu->num_threads, __ATOMIC_RELAXED) == 0)
		return -EPERM;
#endif
	burst_hash(&t->index, keys, n, &b);
	burst_tags(&t->index, n, &b);
	*hits = burst_compare(t, keys, n, &b, entries);
	burst_mark(t, *hits, entries);
	return __builtin_popcountll(*hits);
}

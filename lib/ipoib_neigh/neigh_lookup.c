/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * What worker lcores run. A burst goes through in steps, and each step asks for
 * what the next one reads: hint, entry and mark; for the few whose hint is another's,
 * bucket and entry. So a burst waits for memory twice, not once for each packet.
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

/* Compare the addresses; what is not the first of its tag, or was replaced meanwhile, takes the
 * long way. */
static inline void
burst_compare(const struct ipoib_neigh *t, const struct ipoib_addr *const keys[], uint32_t n,
		struct burst *b)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		if (likely(neigh_entry_is(b->maybe[i], keys[i])))
			continue;
		b->maybe[i] = b->match[i] == 0 ? NULL
					       : neigh_index_find(&t->index, keys[i], b->hash[i]);
	}
}

/* Mark as used in this second. A store for each packet would bounce the line between readers. */
static inline void
mark(const struct ipoib_neigh *t, uint32_t slot, uint32_t tick)
{
	if (unlikely(neigh_mark_get(t, slot) != tick))
		__atomic_store_n(&t->view.marks[slot], tick, __ATOMIC_RELAXED);
}

/* Those of @p set by the buckets. @return the usable ones of them, marked */
static __rte_noinline uint64_t
lookup_rest(const struct ipoib_neigh *t, const struct ipoib_addr *const keys[], uint64_t set,
		uint32_t tick, const struct ipoib_neigh_entry *entries[])
{
	const struct ipoib_addr *key[IPOIB_NEIGH_BURST_MAX];
	uint8_t index[IPOIB_NEIGH_BURST_MAX];
	const struct ipoib_neigh_entry *e;
	uint64_t usable = 0;
	uint32_t i, n = 0;
	struct burst b;

	for (; set != 0; set &= set - 1) {
		index[n] = (uint8_t)__builtin_ctzll(set);
		key[n] = keys[index[n]];
		n++;
	}
	burst_hash(&t->index, key, n, &b);
	burst_tags(&t->index, n, &b);
	burst_compare(t, key, n, &b);
	for (i = 0; i < n; i++) {
		e = b.maybe[i];
		entries[index[i]] = e;
		if (e == NULL || !neigh_usable(e->state))
			continue;
		usable |= RTE_BIT64(index[i]);
		rte_prefetch0(&t->view.marks[e->slot]);
	}
	for (set = usable; set != 0; set &= set - 1)
		mark(t, entries[__builtin_ctzll(set)]->slot, tick);
	return usable;
}

/* By the hints. @return the usable ones, marked; the entries of the others are to be found */
static inline uint64_t
lookup_hints(const struct ipoib_neigh *t, const struct ipoib_addr *const keys[], uint32_t n,
		uint32_t tick, const struct ipoib_neigh_entry *entries[])
{
	const struct neigh_index *x = &t->index;
	const struct ipoib_neigh_entry *e;
	uint64_t usable = 0;
	uint32_t i;

	for (i = 0; i < n; i++) {
		e = &x->entries[__atomic_load_n(
				&x->hints[neigh_hint_of(x, keys[i])], __ATOMIC_ACQUIRE)];
		entries[i] = e;
		rte_prefetch0(e);
	}
	for (i = 0; i < n; i++) {
		e = entries[i];
		if (unlikely(!neigh_entry_is(e, keys[i]) || !neigh_usable(e->state)))
			continue;
		usable |= RTE_BIT64(i);
		mark(t, e->slot, tick);
	}
	return usable;
}

int
ipoib_neigh_lookup_bulk(const struct ipoib_neigh *t, const struct ipoib_addr *const keys[],
		uint32_t n, uint64_t *hits, const struct ipoib_neigh_entry *entries[])
{
	uint64_t usable, rest;
	uint32_t tick;

	if (unlikely(n == 0 || n > IPOIB_NEIGH_BURST_MAX))
		return -EINVAL;
#ifdef IPOIB_NEIGH_DEBUG
	if (t == NULL || keys == NULL || hits == NULL || entries == NULL)
		return -EINVAL;
	if (__atomic_load_n(&t->cfg.rcu->num_threads, __ATOMIC_RELAXED) == 0)
		return -EPERM;
#endif
	tick = __atomic_load_n(&t->view.tick, __ATOMIC_RELAXED);
	usable = likely(t->index.hint_mask != 0) ? lookup_hints(t, keys, n, tick, entries) : 0;
	rest = ~usable & UINT64_MAX >> (64 - n);
	if (rest != 0)
		usable |= lookup_rest(t, keys, rest, tick, entries);
	*hits = usable;
	return __builtin_popcountll(usable);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* What worker lcores run. */

#include <errno.h>

#include "neigh_priv.h"

static_assert(IPOIB_NEIGH_BURST_MAX <= RTE_HASH_LOOKUP_BULK_MAX, "one bulk lookup a burst");

/* Keep what can be sent to, and mark it as used in this second. */
static inline uint64_t
lookup_mark(const struct ipoib_neigh *t, uint64_t found, const struct ipoib_neigh_entry *entries[])
{
	uint32_t tick = __atomic_load_n(&t->tick, __ATOMIC_RELAXED);
	const struct ipoib_neigh_entry *e;
	uint64_t usable = found;
	uint64_t left;
	uint32_t i;

	for (left = found; left != 0; left &= left - 1) {
		i = __builtin_ctzll(left);
		e = entries[i];
		if (unlikely(!neigh_usable(e->state))) {
			usable &= ~RTE_BIT64(i);
			continue;
		}
		/* A store for each packet would bounce the line between readers. */
		if (unlikely(neigh_mark_get(t, e->slot) != tick))
			__atomic_store_n(&t->marks[e->slot], tick, __ATOMIC_RELAXED);
	}
	return usable;
}

static inline void
lookup_clear_missing(uint64_t found, uint32_t n, const struct ipoib_neigh_entry *entries[])
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		if ((found & RTE_BIT64(i)) == 0)
			entries[i] = NULL;
	}
}

int
ipoib_neigh_lookup_bulk(const struct ipoib_neigh *t, const struct ipoib_addr *const keys[],
		uint32_t n, uint64_t *hits, const struct ipoib_neigh_entry *entries[])
{
	hash_sig_t sigs[IPOIB_NEIGH_BURST_MAX];
	uint64_t found = 0;
	uint32_t i;
	int nb;

	if (unlikely(n == 0 || n > IPOIB_NEIGH_BURST_MAX))
		return -EINVAL;
	for (i = 0; i < n; i++)
		sigs[i] = neigh_hash(t->secret, keys[i]);
	nb = rte_hash_lookup_with_hash_bulk_data(t->hash, (const void **)(uintptr_t)keys, sigs, n,
			&found, (void **)(uintptr_t)entries);
	if (unlikely(nb != (int)n))
		lookup_clear_missing(found, n, entries);
	*hits = lookup_mark(t, found, entries);
	return __builtin_popcountll(*hits);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * The algorithm of Linux's private IPoIB neighbour table, written anew with C11
 * atomics: chained buckets found by jhash over QPN and port GUID, for every
 * packet a reference that is taken unless the count is 0, the time of the last
 * use written, and the reference dropped. Kinder than the kernel's to itself: all
 * that a lookup touches is in one cache line, and its RCU costs nothing.
 */

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_jhash.h>
#include <rte_malloc.h>

#include "neigh_perf.h"

struct kneigh {
	_Atomic(struct kneigh *) next;
	struct ipoib_addr daddr;
	uint32_t ah;
	atomic_int refs;
	_Atomic uint64_t alive;
} __rte_cache_aligned;

struct ktable {
	_Atomic(struct kneigh *) *buckets;
	uint32_t mask;
	struct kneigh *nodes;
	_Atomic uint64_t jiffies;
};

static uint32_t
khash(const struct ktable *t, const struct ipoib_addr *a)
{
	uint32_t w[5];

	memcpy(w, a, sizeof(w));
	return rte_jhash_3words(w[3], w[4], w[0] & RTE_BE32(0x00ffffff), 0) & t->mask;
}

static void
kernel_destroy(void *t)
{
	struct ktable *o = t;

	rte_free(o->buckets);
	rte_free(o->nodes);
	free(o);
}

static void *
kernel_create(const struct perf_keys *k)
{
	struct ktable *o = calloc(1, sizeof(*o));
	uint32_t i, b;

	if (o == NULL)
		return NULL;
	o->mask = rte_align32pow2(k->n) - 1;
	o->buckets = rte_zmalloc(NULL, (o->mask + 1) * sizeof(*o->buckets), RTE_CACHE_LINE_SIZE);
	o->nodes = rte_zmalloc(NULL, k->n * sizeof(*o->nodes), RTE_CACHE_LINE_SIZE);
	o->jiffies = 4711;
	if (o->buckets == NULL || o->nodes == NULL) {
		kernel_destroy(o);
		return NULL;
	}
	for (i = 0; i < k->n; i++) {
		o->nodes[i].daddr = k->key[i];
		o->nodes[i].ah = i + 1;
		o->nodes[i].refs = 1;
		b = khash(o, &k->key[i]);
		o->nodes[i].next = o->buckets[b];
		o->buckets[b] = &o->nodes[i];
	}
	return o;
}

static void
kernel_begin(void *t __rte_unused, uint32_t id __rte_unused)
{
}

/* Take a reference unless it is being freed. */
static bool
ref_get(struct kneigh *n)
{
	int refs = atomic_load_explicit(&n->refs, memory_order_relaxed);

	do {
		if (refs == 0)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(
			&n->refs, &refs, refs + 1, memory_order_acquire, memory_order_relaxed));
	return true;
}

static struct kneigh *
kernel_get(struct ktable *o, const struct ipoib_addr *addr)
{
	struct kneigh *n = atomic_load_explicit(&o->buckets[khash(o, addr)], memory_order_acquire);

	for (; n != NULL; n = atomic_load_explicit(&n->next, memory_order_acquire)) {
		if (memcmp(&n->daddr, addr, sizeof(*addr)) != 0)
			continue;
		if (!ref_get(n))
			return NULL;
		atomic_store_explicit(&n->alive,
				atomic_load_explicit(&o->jiffies, memory_order_relaxed),
				memory_order_relaxed);
		return n;
	}
	return NULL;
}

static uint32_t
kernel_lookup(void *t, uint32_t id __rte_unused, const struct ipoib_addr *const keys[], uint32_t n,
		uint64_t *sum)
{
	struct kneigh *k;
	uint32_t i, nb = 0;

	for (i = 0; i < n; i++) {
		k = kernel_get(t, keys[i]);
		if (k == NULL)
			continue;
		*sum += k->ah;
		nb++;
		/* The last one would free it. */
		if (atomic_fetch_sub_explicit(&k->refs, 1, memory_order_release) == 1)
			abort();
	}
	return nb;
}

const struct perf_peer peer_kernel = {
	.name = "kernel",
	.what = "the kernel's algorithm: jhash, chained buckets, reference count and alive per "
		"packet",
	.create = kernel_create,
	.destroy = kernel_destroy,
	.reader_begin = kernel_begin,
	.reader_end = kernel_begin,
	.lookup = kernel_lookup,
};

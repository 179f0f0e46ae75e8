/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* The index: what the writer does with it. */

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <rte_errno.h>
#include <rte_random.h>

#include "neigh_index.h"

#define ZONE_PREFIX "ipoib_ng_"
static_assert(sizeof(ZONE_PREFIX) + 20 <= RTE_MEMZONE_NAMESIZE, "a zone is named after the table");

static void
secret_init(uint64_t secret[NEIGH_SECRET])
{
	uint32_t i;

	if (getentropy(secret, NEIGH_SECRET * sizeof(*secret)) == 0)
		return;
	for (i = 0; i < NEIGH_SECRET; i++)
		secret[i] = rte_rand();
}

int
neigh_index_init(struct neigh_index *x, const char *name, uint32_t entries, int socket)
{
	uint32_t nb = entries / NEIGH_BUCKET_LOAD + 2;
	char zone[RTE_MEMZONE_NAMESIZE];
	const struct rte_memzone *mz;

	snprintf(zone, sizeof(zone), ZONE_PREFIX "%s", name);
	mz = rte_memzone_reserve_aligned(
			zone, (size_t)nb * sizeof(*x->buckets), socket, 0, RTE_CACHE_LINE_SIZE);
	if (mz == NULL)
		return rte_errno == EEXIST ? -EEXIST : -ENOMEM;
	x->zone = mz;
	x->buckets = mz->addr;
	memset(x->buckets, 0, (size_t)nb * sizeof(*x->buckets));
	x->nb_buckets = nb;
	secret_init(x->secret);
	return 0;
}

void
neigh_index_free(struct neigh_index *x)
{
	rte_memzone_free(x->zone);
}

const struct ipoib_neigh_entry *
neigh_index_find(const struct neigh_index *x, const struct ipoib_addr *addr, uint64_t hash)
{
	const struct neigh_bucket *b = neigh_bucket_of(x, hash);
	const struct ipoib_neigh_entry *e;
	uint32_t left, match;
	bool more = true;

	for (left = x->nb_buckets; left != 0 && more; left--) {
		match = neigh_bucket_match(b, neigh_tag(hash), &more);
		for (; match != 0; match &= match - 1) {
			e = neigh_bucket_entry(x, b, __builtin_ctz(match));
			if (neigh_entry_is(e, addr))
				return e;
		}
		b = neigh_bucket_next(x, b);
	}
	return NULL;
}

static void
tag_set(struct neigh_bucket *b, uint32_t slot, uint8_t tag)
{
	uint32_t shift = slot % 8 * 8;
	uint64_t head = b->head[slot / 8];

	head = (head & ~(UINT64_C(0xff) << shift)) | (uint64_t)tag << shift;
	__atomic_store_n(&b->head[slot / 8], head, __ATOMIC_RELEASE);
}

/* Count entries that go past this bucket. */
static void
more_add(struct neigh_bucket *b, int32_t n)
{
	__atomic_store_n(&b->head[1], b->head[1] + ((uint64_t)n << 32), __ATOMIC_RELEASE);
}

static void
slot_set(struct neigh_bucket *b, uint32_t slot, uint32_t entry)
{
	__atomic_store_n(&b->entry[slot], entry, __ATOMIC_RELEASE);
}

void
neigh_index_add(struct neigh_index *x, const struct ipoib_neigh_entry *e)
{
	uint64_t hash = neigh_hash(x->secret, &e->addr);
	struct neigh_bucket *b = neigh_bucket_of(x, hash);
	uint32_t room, slot;

	/* There is room: the buckets hold twice what the table may have. */
	for (;; b = neigh_bucket_next(x, b)) {
		room = neigh_tags_equal(b->head[0], b->head[1], 0) & NEIGH_BUCKET_MASK;
		if (likely(room != 0))
			break;
		more_add(b, 1);
	}
	slot = __builtin_ctz(room);
	slot_set(b, slot, (uint32_t)(e - x->entries));
	tag_set(b, slot, neigh_tag(hash));
}

/* Where a published entry is. */
static struct neigh_bucket *
entry_slot(struct neigh_index *x, const struct ipoib_neigh_entry *e, uint64_t hash, uint32_t *slot)
{
	struct neigh_bucket *b = neigh_bucket_of(x, hash);
	uint32_t i, number = (uint32_t)(e - x->entries);

	for (;; b = neigh_bucket_next(x, b)) {
		for (i = 0; i < NEIGH_BUCKET_SLOTS; i++) {
			if (b->entry[i] == number) {
				*slot = i;
				return b;
			}
		}
	}
}

void
neigh_index_replace(struct neigh_index *x, const struct ipoib_neigh_entry *old,
		const struct ipoib_neigh_entry *e)
{
	struct neigh_bucket *b;
	uint32_t slot;

	b = entry_slot(x, old, neigh_hash(x->secret, &old->addr), &slot);
	slot_set(b, slot, (uint32_t)(e - x->entries));
}

void
neigh_index_del(struct neigh_index *x, const struct ipoib_neigh_entry *e)
{
	uint64_t hash = neigh_hash(x->secret, &e->addr);
	struct neigh_bucket *b, *way;
	uint32_t slot;

	/* Out of sight first, then the way to it: never the other way round. */
	b = entry_slot(x, e, hash, &slot);
	tag_set(b, slot, 0);
	slot_set(b, slot, NEIGH_ENTRY_NONE);
	for (way = neigh_bucket_of(x, hash); way != b; way = neigh_bucket_next(x, way))
		more_add(way, -1);
}

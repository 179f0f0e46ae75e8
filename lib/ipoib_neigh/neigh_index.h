/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef NEIGH_INDEX_H
#define NEIGH_INDEX_H

/**
 * @file
 * The index of the neighbour table: from an address to its published entry.
 *
 * Buckets of one cache line: 12 tags of 8 bits, 12 entry numbers. An address
 * belongs into the bucket its hash names, or, where that is full, into the next
 * with room; each full bucket passed counts it, so a search goes on only past a
 * bucket whose count is not 0. What is in the index never moves, so readers need
 * no version counter and are never sent round again; what they find is proven by
 * the address in the entry itself, which is not reused before the grace period.
 *
 * One writer. It stores an entry's number before its tag, and takes the tag away
 * before it retires the entry. To replace an entry is one 32-bit store.
 */

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <rte_common.h>
#include <rte_memzone.h>
#include <rte_prefetch.h>
#include <rte_vect.h>

#include "ipoib_neigh_dp.h"

/** Words of the hash secret. */
#define NEIGH_SECRET 4
/** Entries of a bucket. */
#define NEIGH_BUCKET_SLOTS 12
#define NEIGH_BUCKET_MASK ((1u << NEIGH_BUCKET_SLOTS) - 1)
/** Entries that a bucket has on average when the table is full. */
#define NEIGH_BUCKET_LOAD 6
/** What an empty slot points to: an entry that equals no address. */
#define NEIGH_ENTRY_NONE 0

struct neigh_bucket {
	/** Octets 0 to 11: tags, 0 is empty. Upper half of head[1]: entries that had to go on. */
	uint64_t head[2];
	uint32_t entry[NEIGH_BUCKET_SLOTS];
} __rte_cache_min_aligned;
static_assert(sizeof(struct neigh_bucket) == RTE_CACHE_LINE_MIN_SIZE, "a bucket is a cache line");

struct neigh_index {
	struct neigh_bucket *buckets;
	struct ipoib_neigh_entry *entries; /* the pool */
	uint64_t secret[NEIGH_SECRET];
	uint32_t nb_buckets;
	const struct rte_memzone *zone; /* of the buckets */
};
static_assert(sizeof(struct neigh_index) == RTE_CACHE_LINE_MIN_SIZE, "never written, one line");

static inline uint64_t
neigh_load64(const void *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint32_t
neigh_load32(const void *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/** The first 8 octets of an address without the flags octet (little-endian hosts). */
static inline uint64_t
neigh_key_head(const void *addr)
{
	return neigh_load64(addr) & ~UINT64_C(0xff);
}

/** High and low half of a 128-bit product folded: every bit of both factors counts. */
static inline uint64_t
neigh_fold_mul(uint64_t a, uint64_t b)
{
	unsigned __int128 p = (unsigned __int128)a * b;

	return (uint64_t)p ^ (uint64_t)(p >> 64);
}

/**
 * Keyed hash of an address, flags octet left out. Which addresses collide
 * depends on the secret, so nobody can choose them: with CRC the initial value
 * only shifts where they collide.
 */
static inline uint64_t
neigh_hash(const uint64_t secret[NEIGH_SECRET], const struct ipoib_addr *addr)
{
	const uint8_t *b = (const uint8_t *)addr;
	uint64_t h = neigh_fold_mul(neigh_key_head(b) ^ secret[0], neigh_load64(b + 8) ^ secret[1]);

	h = neigh_fold_mul(h ^ secret[2], neigh_load32(b + 16) ^ secret[3]);
	/* Numbers in a row times one factor may still lie in a few buckets. */
	return neigh_fold_mul(h ^ secret[0], secret[1]);
}

/** Is it the entry of this address? One that is not in use has other flags than 0. */
static inline bool
neigh_entry_is(const struct ipoib_neigh_entry *e, const struct ipoib_addr *addr)
{
	const uint8_t *a = (const uint8_t *)addr, *b = (const uint8_t *)&e->addr;
	uint64_t d;

	d = neigh_key_head(a) ^ neigh_load64(b);
	d |= neigh_load64(a + 8) ^ neigh_load64(b + 8);
	d |= neigh_load32(a + 16) ^ neigh_load32(b + 16);
	return d == 0;
}

static inline struct neigh_bucket *
neigh_bucket_of(const struct neigh_index *x, uint64_t hash)
{
	return &x->buckets[(hash >> 32) * x->nb_buckets >> 32];
}

static inline struct neigh_bucket *
neigh_bucket_next(const struct neigh_index *x, const struct neigh_bucket *b)
{
	size_t i = b - x->buckets + 1;

	return &x->buckets[i == x->nb_buckets ? 0 : i];
}

static inline uint8_t
neigh_tag(uint64_t hash)
{
	uint8_t tag = (uint8_t)hash;

	return tag != 0 ? tag : 1;
}

/* Bit i: octet i of w is zero. */
static inline uint32_t
neigh_zero_octets(uint64_t w)
{
	const uint64_t low7 = UINT64_C(0x7f7f7f7f7f7f7f7f);

	w = ~(((w & low7) + low7) | w | low7) >> 7;
	return (uint32_t)((w * UINT64_C(0x0102040810204080)) >> 56);
}

/** Bit i: octet i of @p lo, @p hi is @p tag; on any machine. */
static inline uint32_t
neigh_tags_equal_any(uint64_t lo, uint64_t hi, uint8_t tag)
{
	uint64_t all = tag * UINT64_C(0x0101010101010101);

	return neigh_zero_octets(lo ^ all) | neigh_zero_octets(hi ^ all) << 8;
}

static inline uint32_t
neigh_tags_equal(uint64_t lo, uint64_t hi, uint8_t tag)
{
#ifdef __SSE2__
	return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(
			_mm_set_epi64x((int64_t)hi, (int64_t)lo), _mm_set1_epi8((char)tag)));
#else
	return neigh_tags_equal_any(lo, hi, tag);
#endif
}

/** Slots with this tag, a bit each; @p more: does the search go on behind this bucket? */
static inline uint32_t
neigh_bucket_match(const struct neigh_bucket *b, uint8_t tag, bool *more)
{
	uint64_t lo = __atomic_load_n(&b->head[0], __ATOMIC_ACQUIRE);
	uint64_t hi = __atomic_load_n(&b->head[1], __ATOMIC_ACQUIRE);

	*more = hi >> 32 != 0;
	return neigh_tags_equal(lo, hi, tag) & NEIGH_BUCKET_MASK;
}

/** The entry a slot has now. */
static inline struct ipoib_neigh_entry *
neigh_bucket_entry(const struct neigh_index *x, const struct neigh_bucket *b, uint32_t slot)
{
	return &x->entries[__atomic_load_n(&b->entry[slot], __ATOMIC_ACQUIRE)];
}

/** The published entry of an address, or NULL. */
const struct ipoib_neigh_entry *neigh_index_find(
		const struct neigh_index *x, const struct ipoib_addr *addr, uint64_t hash);

/* The writer's. */
/** For @p entries entries at most. 0, -EEXIST (the name), -ENOMEM. */
int neigh_index_init(struct neigh_index *x, const char *name, uint32_t entries, int socket);
void neigh_index_free(struct neigh_index *x);
/** Publish an entry whose address is not there. */
void neigh_index_add(struct neigh_index *x, const struct ipoib_neigh_entry *e);
/** Publish @p e in place of @p old, which has the same address. */
void neigh_index_replace(struct neigh_index *x, const struct ipoib_neigh_entry *old,
		const struct ipoib_neigh_entry *e);
void neigh_index_del(struct neigh_index *x, const struct ipoib_neigh_entry *e);

#endif /* NEIGH_INDEX_H */

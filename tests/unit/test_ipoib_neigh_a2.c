/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Bugs that Linux's neighbour table had after its first version, each a test; the numbers are those
 * of doc/neigh.md, which also says which test elsewhere has the others.
 */

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <rte_malloc.h>
#include <rte_random.h>

#include "neigh_fixture.h"
#include "neigh_index.h"

/* A weak hash spreads badly with a few of them only. */
#define SECRETS 500
#define MILLION (1u << 20)

/* Everything allocated by this process: DPDK's heap, then libc's. */
static void
heap_used(size_t used[2])
{
	struct rte_malloc_socket_stats h;

	assert_int_equal(rte_malloc_get_socket_stats(0, &h), 0);
	used[0] = h.heap_allocsz_bytes;
	used[1] = mallinfo2().uordblks;
}

static void
count_rec(void *arg, struct ipoib_neigh_rec *rec)
{
	(void)rec;
	(*(uint32_t *)arg)++;
}

static void
del_rec(void *arg, struct ipoib_neigh_rec *rec)
{
	count_rec(arg, rec);
	assert_int_equal(ipoib_neigh_del(fix.t, rec), 0);
}

/* 2: deleting on an error path, with 1, 2 and 3 neighbours of one GID, each of them first. */
static void
test_2_delete_on_error(void **state)
{
	struct ipoib_neigh_rec *rec[3];
	uint32_t n, first, i, seen;
	struct ipoib_addr a;

	(void)state;
	table_new(&(struct ipoib_neigh_cfg){ .gc_thresh3 = 64 });
	for (n = 1; n <= 3; n++) {
		for (first = 0; first < n; first++) {
			for (i = 0; i < n; i++) {
				a = addr_of(100 + i, 7);
				rec[i] = rec_add(&a, T0);
				ipoib_neigh_enqueue(fix.t, rec[i], pkt());
			}
			assert_int_equal(ipoib_neigh_del(fix.t, rec[first]), 0);
			seen = 0;
			ipoib_neigh_walk_gid(fix.t, &a.gid, del_rec, &seen);
			assert_int_equal(seen, n - 1);
			assert_int_equal(stats().entries, 0);
			assert_int_equal(stats().queued, 0);
			quiesce();
		}
	}
	table_end();
}

/* 3: create, use, destroy, a thousand times: nothing stays allocated. */
static void
test_3_no_leak(void **state)
{
	size_t before[2], after[2];
	struct ipoib_addr a;
	uint32_t i, k;

	(void)state;
	for (i = 0; i < 1000; i++) {
		table_new(&(struct ipoib_neigh_cfg){ .gc_thresh3 = 64, .reclaim_max = 16 });
		for (k = 0; k < 8; k++) {
			a = addr_of(k, i);
			assert_int_equal(ipoib_neigh_enqueue(fix.t, rec_add(&a, T0), pkt()), 0);
			rec_valid(ipoib_neigh_find(fix.t, &a), T0);
		}
		table_end();
		heap_used(after);
		/* The first round may set up something for good. */
		if (i == 0)
			memcpy(before, after, sizeof(before));
	}
	assert_int_equal(after[0], before[0]);
	assert_int_equal(after[1], before[1]);
}

/* Of 256 addresses that differ in one octet: buckets of 64 that they are in. */
static uint32_t
buckets_used(uint32_t octet)
{
	uint64_t secret[NEIGH_SECRET], used = 0;
	struct neigh_bucket buckets[64];
	struct neigh_index x = { .buckets = buckets, .nb_buckets = 64 };
	struct ipoib_addr a = addr_of(0x48, 0x01020304);
	uint32_t v;

	for (v = 0; v < NEIGH_SECRET; v++)
		secret[v] = rte_rand();
	for (v = 0; v < 256; v++) {
		((uint8_t *)&a)[octet] = (uint8_t)v;
		used |= RTE_BIT64(neigh_bucket_of(&x, neigh_hash(secret, &a)) - buckets);
	}
	return __builtin_popcountll(used);
}

/*
 * 5: addresses that differ in one octet spread, whichever octet it is; the low octet of the QPN was
 * lost once. By chance 63 of 64 buckets are used.
 */
static void
test_5_octets_spread(void **state)
{
	struct ipoib_addr a, with_flags;
	uint32_t octet, v;

	(void)state;
	for (octet = 1; octet < 20; octet++) {
		for (v = 0; v < SECRETS; v++)
			assert_true(buckets_used(octet) >= 48);
		table_new(&(struct ipoib_neigh_cfg){ .gc_thresh3 = 256, .gc_thresh2 = 256 });
		for (v = 0; v < 256; v++) {
			a = addr_of(0x48, 0x01020304);
			((uint8_t *)&a)[octet] = (uint8_t)v;
			rec_add_valid(&a, T0);
			quiesce();
		}
		for (v = 0; v < 256; v++) {
			a = addr_of(0x48, 0x01020304);
			((uint8_t *)&a)[octet] = (uint8_t)v;
			with_flags = a;
			with_flags.flags = (uint8_t)(v ^ 0x5a);
			assert_int_equal(look(&a, NULL)->ah, v + 1);
			assert_ptr_equal(look(&with_flags, NULL), look(&a, NULL));
		}
		table_end();
	}
}

/* 5: the hash by its definition, computed elsewhere; the flags octet is not in it. */
static void
test_5_golden(void **state)
{
	static const uint64_t secret[NEIGH_SECRET] = { 0x0123456789abcdef, 0xfedcba9876543210,
		0x0f1e2d3c4b5a6978, 0x8796a5b4c3d2e1f0 };
	static const uint8_t key[2][20] = {
		{ 0, 0, 0, 0x48, 0xfe, 0x80, [19] = 9 },
		{ 0x80, 0x12, 0x34, 0x56, 0xfe,
				0x80, [13] = 2, [14] = 0xc9, [15] = 3, [18] = 0x12, [19] = 0x35 },
	};
	struct ipoib_addr a;
	uint32_t flags;

	(void)state;
	for (flags = 0; flags < 256; flags++) {
		memcpy(&a, key[0], sizeof(a));
		a.flags = (uint8_t)flags;
		assert_true(neigh_hash(secret, &a) == UINT64_C(0xbe48f11ccef8649e));
		memcpy(&a, key[1], sizeof(a));
		a.flags = (uint8_t)flags;
		assert_true(neigh_hash(secret, &a) == UINT64_C(0x66d03bba6e81796f));
	}
}

/* 6: ageing, the loss of the path and a flush all want to delete the same neighbour. */
static void
test_6_delete_once(void **state)
{
	struct ipoib_addr a = addr_of(0x48, 9);
	uint32_t order, seen;

	(void)state;
	for (order = 0; order < 6; order++) {
		table_new(&(struct ipoib_neigh_cfg){ .gc_thresh3 = 64, .gc_interval = 1 });
		rec_add_valid(&a, T0);
		seen = 0;
		if (order < 2)
			ipoib_neigh_iterate(fix.t, T0 + 10 * SEC, ALL);
		if (order % 2 == 0)
			ipoib_neigh_walk_gid(fix.t, &a.gid, del_rec, &seen);
		if (order >= 4)
			ipoib_neigh_iterate(fix.t, T0 + 10 * SEC, ALL);
		ipoib_neigh_flush(fix.t);
		ipoib_neigh_walk_gid(fix.t, &a.gid, del_rec, &seen);
		ipoib_neigh_iterate(fix.t, T0 + 20 * SEC, ALL);
		assert_int_equal(ipoib_neigh_flush(fix.t), 0);
		assert_int_equal(fix.nb_evict, 1);
		assert_int_equal(stats().removed, 1);
		assert_int_equal(fix.nb_released, 0); /* the reader did not report */
		quiesce();
		ipoib_neigh_iterate(fix.t, T0 + 20 * SEC, ALL);
		assert_int_equal(fix.nb_released, 1);
		table_end();
	}
}

/* 10: destroy in the middle of an ageing round, with back-offs and retired entries waiting. */
static void
test_10_destroy_while_ageing(void **state)
{
	struct ipoib_neigh_rec *rec;
	struct ipoib_addr a;
	uint32_t i, part;

	(void)state;
	for (part = 0; part < 100; part += 7) {
		table_new(&(struct ipoib_neigh_cfg){
				.gc_thresh3 = 100, .gc_thresh2 = 100, .gc_interval = 1 });
		for (i = 0; i < 100; i++) {
			a = addr_of(i, i / 3);
			rec = rec_add(&a, T0);
			if (i % 2 == 0)
				rec_valid(rec, T0);
			else
				ipoib_neigh_set_failed(fix.t, rec, T0);
		}
		ipoib_neigh_iterate(fix.t, T0 + 3 * SEC, part);
		table_end();
		assert_int_equal(fix.nb_evict, 100);
	}
}

/* 11: destroy with 10,000 neighbours: when it returns, no handle is left to anybody. */
static void
test_11_destroy_full(void **state)
{
	struct ipoib_addr a;
	uint32_t i;

	(void)state;
	table_new(&(struct ipoib_neigh_cfg){ .gc_thresh3 = 10000, .gc_thresh2 = 10000 });
	for (i = 0; i < 10000; i++) {
		a = addr_of(0x48 + i % 5, i / 5);
		rec_add_valid(&a, T0);
		if (i % 100 == 0)
			assert_int_equal(ipoib_neigh_enqueue(
							 fix.t, ipoib_neigh_find(fix.t, &a), pkt()),
					0);
	}
	assert_int_equal(fix.nb_released, 0);
	table_end(); /* counts the handles and the packets */
	assert_int_equal(fix.nb_evict, 10000);
	assert_int_equal(fix.evict_pkts, 100);
}

/* 12: a table for a million: it can be made, filled, found in, walked and emptied. */
static void
test_12_million(void **state)
{
	struct ipoib_addr a;
	uint32_t i, seen = 0;

	(void)state;
	table_new(&(struct ipoib_neigh_cfg){ .gc_thresh3 = MILLION, .gc_thresh2 = MILLION });
	for (i = 0; i < MILLION; i++) {
		a = addr_of(0x48, i);
		rec_add(&a, T0);
	}
	a = addr_of(0x49, 0);
	assert_int_equal(ipoib_neigh_add(fix.t, &a, T0, &(struct ipoib_neigh_rec *){ NULL }),
			-ENOSPC);
	for (i = 0; i < MILLION; i += 997) {
		a = addr_of(0x48, i);
		assert_memory_equal(&look(&a, NULL)->addr, &a, sizeof(a));
		ipoib_neigh_walk_gid(fix.t, &a.gid, count_rec, &seen);
	}
	assert_int_equal(seen, MILLION / 997 + 1);
	for (seen = 0; seen < MILLION; seen += i) {
		i = stats().entries;
		ipoib_neigh_flush(fix.t);
		i -= stats().entries;
		assert_int_not_equal(i, 0);
		quiesce();
		ipoib_neigh_iterate(fix.t, T0, ALL);
	}
	table_end();
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_2_delete_on_error, table_drop),
		cmocka_unit_test_teardown(test_3_no_leak, table_drop),
		cmocka_unit_test_teardown(test_5_octets_spread, table_drop),
		cmocka_unit_test(test_5_golden),
		cmocka_unit_test_teardown(test_6_delete_once, table_drop),
		cmocka_unit_test_teardown(test_10_destroy_while_ageing, table_drop),
		cmocka_unit_test_teardown(test_11_destroy_full, table_drop),
		cmocka_unit_test_teardown(test_12_million, table_drop),
	};
	int ret;

	(void)argc;
	ret = fixture_start(argv[0]);
	if (ret != 0)
		return ret;
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	fixture_stop();
	return ret;
}

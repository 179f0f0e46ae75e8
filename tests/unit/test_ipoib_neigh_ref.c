/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* References that readers keep of entries: good until the entry is replaced or removed, not longer.
 * test_ipoib_neigh_stress.c has them among threads. */

#include <stdlib.h>
#include <string.h>

#include "neigh_fixture.h"

#define KEYS 64
#define STEPS 100000

static const struct ipoib_neigh_cfg small = { .gc_thresh3 = KEYS, .reclaim_max = 32 };

static struct ipoib_neigh_ref
ref_of(const struct ipoib_addr *a)
{
	const struct ipoib_neigh_entry *e = look(a, NULL);

	assert_non_null(e);
	return ipoib_neigh_ref_of(fix.t, e);
}

/* The reader has left everything, and all that is over may be used again. */
static void
grace(void)
{
	quiesce();
	ipoib_neigh_iterate(fix.t, T0, ALL);
	assert_int_equal(stats().retired, 0);
}

static void
test_found_again(void **state)
{
	struct ipoib_addr a = addr_of(0x48, 9), b = addr_of(0x49, 9);
	const struct ipoib_neigh_entry *e;
	struct ipoib_neigh_ref ra, rb;
	int i;

	(void)state;
	table_new(&small);
	rec_add_valid(&a, T0);
	rec_add_valid(&b, T0);
	ra = ref_of(&a);
	rb = ref_of(&b);
	assert_true(ra.gen != 0 && rb.gen != 0 && ra.gen != rb.gen);
	for (i = 0; i < 10; i++) {
		grace();
		e = ipoib_neigh_ref_get(fix.t, ra);
		assert_ptr_equal(e, look(&a, NULL));
		assert_int_equal(e->ah, 1);
		e = ipoib_neigh_ref_get(fix.t, rb);
		assert_ptr_equal(e, look(&b, NULL));
		assert_int_equal(e->ah, 2);
	}
	table_end();
}

/* Each change ends what was kept before it, at once and for good; what is kept after it is good. */
static void
test_ends(void **state)
{
	struct ipoib_addr a = addr_of(0x48, 9);
	struct ipoib_neigh_ref refs[6];
	struct ipoib_neigh_rec *rec;
	unsigned int i, k;

	(void)state;
	table_new(&small);
	rec = rec_add_valid(&a, T0);
	for (i = 0; i < RTE_DIM(refs); i++) {
		refs[i] = ref_of(&a);
		assert_non_null(ipoib_neigh_ref_get(fix.t, refs[i]));
		switch (i) {
		case 0: /* the same neighbour, another handle */
			rec_valid(rec, T0);
			break;
		case 1:
			assert_int_equal(ipoib_neigh_set_stale(fix.t, rec), 0);
			break;
		case 2: /* back by the answer */
			rec_valid(rec, T0);
			break;
		case 3: /* what is used is stale then, not failed */
			assert_int_equal(ipoib_neigh_set_failed(fix.t, rec, T0), 0);
			assert_int_equal(look(&a, NULL)->state, IPOIB_NEIGH_STALE);
			break;
		case 4:
			assert_int_equal(ipoib_neigh_del(fix.t, rec), 0);
			rec = rec_add_valid(&a, T0);
			break;
		default:
			assert_int_equal(ipoib_neigh_flush(fix.t), 1);
			break;
		}
		for (k = 0; k <= i; k++)
			assert_null(ipoib_neigh_ref_get(fix.t, refs[k]));
		grace();
		for (k = 0; k <= i; k++)
			assert_null(ipoib_neigh_ref_get(fix.t, refs[k]));
	}
	table_end();
}

/* An entry that has ended since it was looked up gives a reference of none. */
static void
test_too_late(void **state)
{
	static const struct ipoib_neigh_ref zero;
	struct ipoib_addr a = addr_of(0x48, 9);
	const struct ipoib_neigh_entry *e;
	struct ipoib_neigh_rec *rec;
	struct ipoib_neigh_ref r;

	(void)state;
	table_new(&small);
	quiesce();
	assert_null(ipoib_neigh_ref_get(fix.t, zero));
	rec = rec_add_valid(&a, T0);
	assert_null(ipoib_neigh_ref_get(fix.t, zero));
	e = look(&a, NULL);
	rec_valid(rec, T0);
	r = ipoib_neigh_ref_of(fix.t, e);
	assert_null(ipoib_neigh_ref_get(fix.t, r));
	/* Nor once the entry is another's, or in no use. */
	grace();
	assert_null(ipoib_neigh_ref_get(fix.t, r));
	rec_valid(rec, T0);
	assert_null(ipoib_neigh_ref_get(fix.t, r));
	assert_null(ipoib_neigh_ref_get(fix.t, zero));
	table_end();
}

/* The entry of a reference is another neighbour's now: that is not what was meant. */
static void
test_entry_reused(void **state)
{
	struct ipoib_addr a = addr_of(0x48, 9), b;
	struct ipoib_neigh_ref old, r;
	struct ipoib_neigh_rec *rec;
	bool reused = false;
	uint32_t i;

	(void)state;
	table_new(&small);
	rec_add_valid(&a, T0);
	old = ref_of(&a);
	assert_int_equal(ipoib_neigh_del(fix.t, ipoib_neigh_find(fix.t, &a)), 0);
	grace();
	for (i = 0; i < 8; i++) {
		b = addr_of(0x100 + i, i);
		rec = rec_add(&b, T0);
		reused |= ref_of(&b).entry == old.entry;
		assert_null(ipoib_neigh_ref_get(fix.t, old));
		rec_valid(rec, T0);
		r = ref_of(&b);
		assert_non_null(ipoib_neigh_ref_get(fix.t, r));
		assert_null(ipoib_neigh_ref_get(fix.t, old));
		grace();
	}
	assert_true(reused);
	table_end();
}

/* Numbers are those of the process: a reference is good in the table it is of only. */
static void
test_other_table(void **state)
{
	struct ipoib_neigh_cfg c = {
		.name = "other", .socket = SOCKET_ID_ANY, .gc_thresh3 = KEYS, .rcu = fix.rcu
	};
	struct ipoib_neigh_value v = { .ah = 7, .kind = IPOIB_NEIGH_UD };
	struct ipoib_addr a = addr_of(0x48, 9);
	const struct ipoib_addr *key = &a;
	const struct ipoib_neigh_entry *e;
	struct ipoib_neigh_ref first, second;
	struct ipoib_neigh_rec *rec;
	struct ipoib_neigh *other;
	uint64_t hits;

	(void)state;
	table_new(&small);
	rec_add_valid(&a, T0);
	first = ref_of(&a);
	assert_int_equal(ipoib_neigh_create(&c, &other), 0);
	assert_null(ipoib_neigh_ref_get(other, first));
	assert_int_equal(ipoib_neigh_add(other, &a, T0, &rec), 0);
	assert_int_equal(ipoib_neigh_set_valid(other, rec, &v, T0), 0);
	assert_int_equal(ipoib_neigh_lookup_bulk(other, &key, 1, &hits, &e), 1);
	second = ipoib_neigh_ref_of(other, e);
	assert_int_equal(second.entry, first.entry);
	assert_null(ipoib_neigh_ref_get(other, first));
	assert_null(ipoib_neigh_ref_get(fix.t, second));
	assert_int_equal(ipoib_neigh_ref_get(other, second)->ah, 7);
	quiesce();
	ipoib_neigh_destroy(other);
	/* Its memory may be another table's now. */
	assert_int_equal(ipoib_neigh_create(&c, &other), 0);
	assert_null(ipoib_neigh_ref_get(other, second));
	assert_int_equal(ipoib_neigh_add(other, &a, T0, &rec), 0);
	assert_int_equal(ipoib_neigh_set_valid(other, rec, &v, T0), 0);
	assert_null(ipoib_neigh_ref_get(other, second));
	quiesce();
	ipoib_neigh_destroy(other);
	table_end();
}

/* What is got by reference counts as used, what is not found by it does not. */
static void
test_marks(void **state)
{
	struct ipoib_addr a = addr_of(0x48, 9), b = addr_of(0x49, 9);
	struct ipoib_neigh_rec *ra, *rb;
	struct ipoib_neigh_ref ref, old;
	uint64_t now = T0;
	int i;

	(void)state;
	table_new(&(struct ipoib_neigh_cfg){ .gc_thresh3 = KEYS, .reclaim_max = 32 });
	ra = rec_add_valid(&a, T0);
	rb = rec_add_valid(&b, T0);
	old = ref_of(&b);
	assert_int_equal(ipoib_neigh_set_stale(fix.t, rb), 0);
	ref = ref_of(&a);
	for (i = 1; i <= 5; i++) {
		now += 7 * SEC;
		ipoib_neigh_iterate(fix.t, now, 0);
		assert_int_equal(ipoib_neigh_rec_idle(fix.t, ra, now), 7);
		assert_non_null(ipoib_neigh_ref_get(fix.t, ref));
		assert_null(ipoib_neigh_ref_get(fix.t, old));
		assert_int_equal(ipoib_neigh_rec_idle(fix.t, ra, now), 0);
		assert_int_equal(ipoib_neigh_rec_idle(fix.t, rb, now), 7 * i);
		quiesce();
	}
	table_end();
}

/* Random changes; a reader that keeps a reference of every neighbour finds what a lookup finds. */
static void
test_random(void **state)
{
	struct ipoib_neigh_ref ref[KEYS] = { 0 };
	const struct ipoib_neigh_entry *e, *want;
	struct ipoib_neigh_rec *rec;
	uint32_t i, k, kept = 0;
	struct ipoib_addr a;
	bool usable;

	(void)state;
	srand(5);
	table_new(&small);
	for (i = 0; i < STEPS && fix.next_ah < AH_MAX - 1; i++) {
		k = (uint32_t)rand() % KEYS;
		a = addr_of(0x48 + k, k);
		want = look(&a, &usable);
		e = ipoib_neigh_ref_get(fix.t, ref[k]);
		if (e != NULL) {
			assert_true(usable);
			assert_ptr_equal(e, want);
			kept++;
		} else if (usable) {
			ref[k] = ipoib_neigh_ref_of(fix.t, want);
			assert_ptr_equal(ipoib_neigh_ref_get(fix.t, ref[k]), want);
		}
		if (rand() % 2 == 0)
			quiesce();
		ipoib_neigh_iterate(fix.t, T0, 4);
		if (rand() % 3 != 0)
			continue;
		k = (uint32_t)rand() % KEYS;
		a = addr_of(0x48 + k, k);
		if (ipoib_neigh_add(fix.t, &a, T0, &rec) != 1)
			continue;
		if (stats().retired >= 31)
			continue;
		switch (rand() % 8) {
		case 0:
			ipoib_neigh_del(fix.t, rec);
			break;
		case 1:
			ipoib_neigh_set_failed(fix.t, rec, T0);
			break;
		case 2:
			ipoib_neigh_set_stale(fix.t, rec);
			break;
		default:
			rec_valid(rec, T0);
			break;
		}
	}
	assert_true(kept > i / 4);
	quiesce();
	table_end();
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_found_again, table_drop),
		cmocka_unit_test_teardown(test_ends, table_drop),
		cmocka_unit_test_teardown(test_too_late, table_drop),
		cmocka_unit_test_teardown(test_entry_reused, table_drop),
		cmocka_unit_test_teardown(test_other_table, table_drop),
		cmocka_unit_test_teardown(test_marks, table_drop),
		cmocka_unit_test_teardown(test_random, table_drop),
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

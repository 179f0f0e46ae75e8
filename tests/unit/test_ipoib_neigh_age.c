/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* The neighbour table: ageing, early eviction, back-off, tuning. Time is ours. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "neigh_fixture.h"

/* Life of an entry added at T0, seen by one iterate() later. */
static bool
alive_after(uint32_t interval, uint64_t later)
{
	struct ipoib_neigh_cfg c = { .gc_thresh3 = 16, .gc_interval = interval };
	struct ipoib_addr a = addr_of(0x48, 1);
	bool alive;

	table_new(&c);
	rec_add_valid(&a, T0);
	ipoib_neigh_iterate(fix.t, T0 + later, ALL);
	alive = known(&a);
	assert_int_equal(look(&a, NULL) != NULL, alive);
	assert_int_equal(stats().aged, !alive);
	assert_int_equal(fix.nb_evict, !alive);
	quiesce();
	table_end();
	return alive;
}

/* Removed if the last use is strictly older than 2*M. */
static void
test_age_limit(void **state)
{
	(void)state;
	assert_true(alive_after(0, 60 * SEC)); /* default 30 */
	assert_false(alive_after(0, 61 * SEC));
	assert_true(alive_after(1, 2 * SEC));
	assert_true(alive_after(1, 3 * SEC - 1));
	assert_false(alive_after(1, 3 * SEC));
	assert_true(alive_after(86400, 172800 * SEC));
	assert_false(alive_after(86400, 172801 * SEC));
}

/* A lookup of what can be sent to, and nothing else of a reader, is a use. */
static void
test_age_use(void **state)
{
	struct ipoib_neigh_cfg c = { .gc_thresh3 = 16, .gc_interval = 1 };
	struct ipoib_addr used = addr_of(1, 1), stale = addr_of(2, 1), idle = addr_of(3, 1);
	struct ipoib_addr asked = addr_of(4, 1), refreshed = addr_of(5, 1);
	uint32_t s;

	(void)state;
	table_new(&c);
	rec_add_valid(&used, T0);
	ipoib_neigh_set_stale(fix.t, rec_add_valid(&stale, T0));
	rec_add_valid(&idle, T0);
	rec_add_valid(&refreshed, T0);
	ipoib_neigh_set_resolving(fix.t, rec_add(&asked, T0));
	for (s = 1; s <= 10; s++) {
		ipoib_neigh_iterate(fix.t, T0 + s * SEC, ALL);
		assert_int_equal(look(&used, NULL) != NULL, true);
		assert_int_equal(look(&stale, NULL) != NULL, true);
		/* Steady traffic to what never resolves does not keep it. */
		assert_int_equal(look(&asked, NULL) != NULL, s <= 2);
		assert_int_equal(known(&idle), s <= 2);
		/* Nor does a refresh of what nobody uses. */
		assert_int_equal(known(&refreshed), s <= 2);
		if (s <= 2)
			rec_valid(ipoib_neigh_find(fix.t, &refreshed), T0 + s * SEC);
	}
	assert_int_equal(ipoib_neigh_rec_idle(fix.t, ipoib_neigh_find(fix.t, &used), T0 + 17 * SEC),
			7);
	assert_int_equal(ipoib_neigh_rec_idle(fix.t, ipoib_neigh_find(fix.t, &used), T0), 0);
	assert_int_equal(stats().aged, 3);
	table_end();
}

/* A packet that may wait is a use, one that finds the queue full is not. */
static void
test_age_queue(void **state)
{
	struct ipoib_neigh_cfg c = { .gc_thresh3 = 16, .gc_interval = 1, .queue_len = 3 };
	struct ipoib_addr a = addr_of(1, 1);
	struct ipoib_neigh_rec *rec;
	struct rte_mbuf *m;
	uint32_t s;

	(void)state;
	table_new(&c);
	rec_add(&a, T0);
	for (s = 1; s <= 8; s++) {
		ipoib_neigh_iterate(fix.t, T0 + s * SEC, ALL);
		rec = ipoib_neigh_find(fix.t, &a);
		assert_int_equal(rec != NULL, s < 6);
		if (rec == NULL)
			continue;
		m = pkt();
		assert_int_equal(ipoib_neigh_enqueue(fix.t, rec, m), s <= 3 ? 0 : -ENOBUFS);
		if (s > 3)
			rte_pktmbuf_free(m);
	}
	assert_int_equal(fix.evict_pkts, 3);
	assert_int_equal(stats().queued, 0);
	table_end();
}

/* Becoming usable starts idle time anew. */
static void
test_age_resolved(void **state)
{
	struct ipoib_neigh_cfg c = { .gc_thresh3 = 16, .gc_interval = 1 };
	struct ipoib_addr a = addr_of(1, 1);

	(void)state;
	table_new(&c);
	rec_valid(rec_add(&a, T0), T0 + 2 * SEC);
	ipoib_neigh_iterate(fix.t, T0 + 4 * SEC, ALL);
	assert_true(known(&a));
	ipoib_neigh_iterate(fix.t, T0 + 5 * SEC, ALL);
	assert_false(known(&a));
	table_end();
}

/* The walk is spread: all in one M, a tenth in a tenth of it, never above the budget. */
static void
test_age_spread(void **state)
{
	struct ipoib_neigh_cfg c = { .gc_thresh3 = 1000, .gc_thresh2 = 1000, .gc_interval = 10 };
	uint32_t i, before, gone = 0, most = 0, sum = 0;
	struct ipoib_addr a;

	(void)state;
	table_new(&c);
	for (i = 0; i < 1000; i++) {
		a = addr_of(1, i);
		rec_add(&a, T0);
	}
	for (i = 0; i < 200; i++)
		sum += ipoib_neigh_iterate(fix.t, T0 + i * 100 * MSEC, ALL);
	/* Once at the start, then twice in 20 s less a tick. */
	assert_in_range(sum, 2980, 3000);
	assert_int_equal(stats().entries, 1000);
	ipoib_neigh_iterate(fix.t, T0 + 21 * SEC - 100 * MSEC, ALL);
	for (i = 0; i <= 100; i++) {
		quiesce();
		before = stats().entries;
		ipoib_neigh_iterate(fix.t, T0 + 21 * SEC + i * 100 * MSEC, ALL);
		gone = before - stats().entries;
		most = RTE_MAX(most, gone);
	}
	assert_int_equal(stats().entries, 0);
	assert_int_equal(stats().aged, 1000);
	assert_in_range(most, 10, 11);
	table_end();
}

static void
test_age_budget(void **state)
{
	struct ipoib_neigh_cfg c = { .gc_thresh3 = 100, .gc_thresh2 = 100, .gc_interval = 1 };
	struct ipoib_addr a;
	uint32_t i;

	(void)state;
	table_new(&c);
	for (i = 0; i < 100; i++) {
		a = addr_of(1, i);
		rec_add(&a, T0);
	}
	assert_int_equal(ipoib_neigh_iterate(fix.t, T0 + 3 * SEC, 0), 0);
	for (i = 1; i <= 10; i++) {
		assert_int_equal(ipoib_neigh_iterate(fix.t, T0 + 3 * SEC, 10), 10);
		assert_int_equal(stats().entries, 100 - 10 * i);
		quiesce();
	}
	assert_int_equal(ipoib_neigh_iterate(fix.t, T0 + 3 * SEC, 10), 0);
	table_end();
}

static void
test_thresh1(void **state)
{
	struct ipoib_neigh_cfg c = { .gc_thresh3 = 100, .gc_thresh1 = 30, .gc_interval = 1 };
	struct ipoib_addr a;
	uint32_t i;

	(void)state;
	table_new(&c);
	for (i = 0; i < 30; i++) {
		a = addr_of(1, i);
		rec_add(&a, T0);
	}
	for (i = 1; i < 20; i++)
		ipoib_neigh_iterate(fix.t, T0 + i * SEC, ALL);
	assert_int_equal(stats().entries, 30);
	for (i = 30; i < 40; i++) {
		a = addr_of(1, i);
		rec_add(&a, T0 + 20 * SEC);
	}
	ipoib_neigh_iterate(fix.t, T0 + 21 * SEC, ALL);
	assert_int_equal(stats().entries, 30);
	assert_int_equal(stats().aged, 10);
	table_end();
}

/* Up to gc_thresh2 nothing goes early; above, the longest idle, if 5 s idle. */
static void
test_thresh2(void **state)
{
	struct ipoib_neigh_cfg c = { .gc_thresh3 = 20, .gc_thresh2 = 10, .gc_interval = 3600 };
	struct ipoib_addr a;
	uint32_t i;

	(void)state;
	table_new(&c);
	for (i = 0; i < 10; i++) {
		a = addr_of(1, i);
		rec_add_valid(&a, T0 + i * SEC);
	}
	assert_int_equal(stats().evicted, 0);
	ipoib_neigh_iterate(fix.t, T0 + 12 * SEC, 0);
	a = addr_of(1, 0); /* the oldest, but used: then 1 is the longest idle */
	look(&a, NULL);
	a = addr_of(1, 100);
	rec_add(&a, T0 + 12 * SEC);
	assert_int_equal(stats().evicted, 1);
	a = addr_of(1, 1);
	assert_memory_equal(&fix.evicted, &a, sizeof(a));
	/* 2..7 are idle for 5 s and more, the other 5 are not. */
	for (i = 101; i < 115; i++) {
		a = addr_of(1, i);
		rec_add(&a, T0 + 12 * SEC);
	}
	assert_int_equal(stats().evicted, 7);
	assert_int_equal(stats().entries, 18);
	/* Without new ones, iterate() brings it down as they get idle. */
	ipoib_neigh_iterate(fix.t, T0 + 16 * SEC, ALL);
	assert_int_equal(stats().evicted, 9);
	ipoib_neigh_iterate(fix.t, T0 + 17 * SEC, 3);
	assert_int_equal(stats().entries, 13);
	ipoib_neigh_iterate(fix.t, T0 + 17 * SEC, ALL);
	assert_int_equal(stats().entries, 10);
	assert_int_equal(stats().aged, 0);
	table_end();
}

static void
test_thresh3(void **state)
{
	struct ipoib_neigh_cfg c = { .gc_thresh3 = 10, .gc_thresh2 = 10, .gc_interval = 3600 };
	struct ipoib_neigh_rec *rec;
	struct ipoib_addr a;
	uint32_t i;

	(void)state;
	table_new(&c);
	for (i = 0; i < 10; i++) {
		a = addr_of(1, i);
		rec_add_valid(&a, T0);
	}
	a = addr_of(1, 10);
	assert_int_equal(ipoib_neigh_add(fix.t, &a, T0 + 1 * SEC, &rec), -ENOSPC);
	assert_null(rec);
	assert_false(known(&a));
	assert_int_equal(stats().table_full, 1);
	assert_int_equal(stats().entries, 10);
	/* What is there is still found. */
	a = addr_of(1, 9);
	assert_int_equal(ipoib_neigh_add(fix.t, &a, T0 + 1 * SEC, &rec), 1);
	ipoib_neigh_iterate(fix.t, T0 + 2 * SEC, 0);
	for (i = 0; i < 9; i++) {
		a = addr_of(1, i);
		look(&a, NULL);
	}
	a = addr_of(1, 10);
	rec_add(&a, T0 + 2 * SEC);
	a = addr_of(1, 9);
	assert_memory_equal(&fix.evicted, &a, sizeof(a));
	assert_int_equal(stats().evicted, 1);
	assert_int_equal(stats().entries, 10);
	table_end();
}

/* Exactly the longest idle, in order, also when many are searched at once, with uses between. */
static void
test_evict_order(void **state)
{
	struct ipoib_neigh_cfg c = { .gc_thresh3 = 2000, .gc_thresh2 = 1000, .gc_interval = 3600 };
	static uint32_t order[1000];
	struct ipoib_addr a;
	uint32_t i, k, x;

	(void)state;
	table_new(&c);
	srand(7);
	for (i = 0; i < 1000; i++)
		order[i] = i;
	for (i = 999; i > 0; i--) {
		k = rand() % (i + 1);
		x = order[i];
		order[i] = order[k];
		order[k] = x;
	}
	for (i = 0; i < 1000; i++) {
		a = addr_of(1, i);
		rec_add_valid(&a, T0);
	}
	for (i = 0; i < 1000; i++) {
		ipoib_neigh_iterate(fix.t, T0 + (1 + i) * SEC, 0);
		a = addr_of(1, order[i]);
		look(&a, NULL);
	}
	quiesce();
	for (i = 0; i < 900; i++) {
		if (i % 10 == 3) {
			a = addr_of(1, order[i]);
			ipoib_neigh_iterate(fix.t, T0 + (2000 + i) * SEC, 0);
			look(&a, NULL);
			continue;
		}
		a = addr_of(2, i);
		rec_add(&a, T0 + (2000 + i) * SEC);
		a = addr_of(1, order[i]);
		assert_memory_equal(&fix.evicted, &a, sizeof(a));
		quiesce();
	}
	assert_int_equal(stats().evicted, 810);
	assert_int_equal(stats().entries, 1000);
	table_end();
}

/* Time from set_failed() to the end of the back-off, in steps of 1 ms. */
static uint64_t
backoff_of(struct ipoib_neigh_rec *rec, uint64_t *now)
{
	uint64_t start = *now;

	assert_int_equal(ipoib_neigh_set_failed(fix.t, rec, start), 0);
	assert_int_equal(ipoib_neigh_rec_state(rec), IPOIB_NEIGH_FAILED);
	while (ipoib_neigh_rec_state(rec) == IPOIB_NEIGH_FAILED) {
		*now += MSEC;
		ipoib_neigh_iterate(fix.t, *now, ALL);
		quiesce();
		assert_true(*now - start < 10 * SEC);
	}
	assert_int_equal(ipoib_neigh_rec_state(rec), IPOIB_NEIGH_INCOMPLETE);
	return *now - start;
}

static void
test_backoff(void **state)
{
	static const uint32_t ms[] = { 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000 };
	struct ipoib_addr a = addr_of(1, 1);
	struct ipoib_neigh_rec *rec;
	uint64_t now = T0 + 7 * MSEC, took;
	uint32_t i;

	(void)state;
	table_new(&(struct ipoib_neigh_cfg){ .gc_thresh3 = 16 });
	rec = rec_add(&a, now);
	for (i = 0; i < RTE_DIM(ms); i++) {
		took = backoff_of(rec, &now);
		assert_in_range(took, ms[i] * 880, ms[i] * 1120 + 26 * MSEC);
	}
	/* Cleared: at once, and from the start again. */
	assert_int_equal(ipoib_neigh_clear_backoff(fix.t), 0);
	ipoib_neigh_set_failed(fix.t, rec, now);
	assert_int_equal(ipoib_neigh_clear_backoff(fix.t), 1);
	assert_int_equal(ipoib_neigh_rec_state(rec), IPOIB_NEIGH_INCOMPLETE);
	assert_int_equal(look(&a, NULL)->state, IPOIB_NEIGH_INCOMPLETE);
	took = backoff_of(rec, &now);
	assert_in_range(took, 88 * MSEC, 138 * MSEC);
	/* A second failure while it waits counts, and frees what came since. */
	ipoib_neigh_set_failed(fix.t, rec, now);
	assert_int_equal(ipoib_neigh_enqueue(fix.t, rec, pkt()), 0);
	assert_int_equal(ipoib_neigh_set_failed(fix.t, rec, now), 1);
	ipoib_neigh_iterate(fix.t, now + 300 * MSEC, ALL);
	assert_int_equal(ipoib_neigh_rec_state(rec), IPOIB_NEIGH_FAILED);
	table_end();
}

/* Jitter: a crowd that failed together comes back spread over 24 % of the time, evenly. */
static void
test_backoff_jitter(void **state)
{
	uint32_t i, k, left = 1000, done, half = 0;
	static struct ipoib_neigh_rec *rec[1000];
	uint64_t now, first = 0, last = 0;
	struct ipoib_addr a;

	(void)state;
	table_new(&(struct ipoib_neigh_cfg){ .gc_thresh3 = 1000, .gc_thresh2 = 1000 });
	for (i = 0; i < 1000; i++) {
		a = addr_of(1, i);
		rec[i] = rec_add(&a, T0);
		for (k = 0; k < 12; k++)
			ipoib_neigh_set_failed(fix.t, rec[i], T0);
		quiesce();
	}
	for (now = T0; left != 0; now += 25 * MSEC) {
		quiesce();
		ipoib_neigh_iterate(fix.t, now, ALL);
		done = left - stats().by_state[IPOIB_NEIGH_FAILED];
		left -= done;
		if (done != 0 && first == 0)
			first = now - T0;
		if (done != 0)
			last = now - T0;
		if (now - T0 <= 5000 * MSEC)
			half += done;
		assert_true(done < 100);
	}
	assert_in_range(first, 4400 * MSEC, 4500 * MSEC);
	assert_in_range(last, 5500 * MSEC, 5626 * MSEC);
	assert_in_range(half, 400, 600);
	table_end();
}

static void
test_backoff_budget(void **state)
{
	struct ipoib_addr a;
	uint32_t i;

	(void)state;
	table_new(&(struct ipoib_neigh_cfg){ .gc_thresh3 = 100, .gc_interval = 3600 });
	for (i = 0; i < 30; i++) {
		a = addr_of(1, i);
		ipoib_neigh_set_failed(fix.t, rec_add(&a, T0), T0);
	}
	/* Late by more than a turn of the wheel: all are still ended, as the budget allows. */
	for (i = 1; i <= 3; i++) {
		assert_int_equal(ipoib_neigh_iterate(fix.t, T0 + 20 * SEC, 10), 10);
		assert_int_equal(stats().by_state[IPOIB_NEIGH_INCOMPLETE], 10 * i);
	}
	/* One that waits may be deleted. */
	ipoib_neigh_set_failed(fix.t, ipoib_neigh_find(fix.t, &a), T0 + 20 * SEC);
	assert_int_equal(ipoib_neigh_del(fix.t, ipoib_neigh_find(fix.t, &a)), 0);
	ipoib_neigh_iterate(fix.t, T0 + 30 * SEC, ALL);
	assert_int_equal(stats().entries, 29);
	table_end();
}

static void
test_tune(void **state)
{
	struct ipoib_neigh_cfg c = {
		.gc_thresh3 = 10, .gc_thresh2 = 10, .gc_thresh3_max = 40, .gc_interval = 3600
	};
	struct ipoib_neigh_rec *rec;
	struct ipoib_addr a;
	uint32_t i;

	(void)state;
	table_new(&c);
	for (i = 0; i < 10; i++) {
		a = addr_of(1, i);
		rec_add(&a, T0);
	}
	a = addr_of(1, 10);
	assert_int_equal(ipoib_neigh_tune(fix.t, 0, 0, 0, 41), -EINVAL);
	assert_int_equal(ipoib_neigh_tune(fix.t, 0, 0, 41, 40), -EINVAL);
	assert_int_equal(ipoib_neigh_tune(fix.t, 0, 31, 0, 40), -EINVAL);
	assert_int_equal(ipoib_neigh_tune(fix.t, 86401, 0, 0, 40), -EINVAL);
	assert_int_equal(ipoib_neigh_add(fix.t, &a, T0, &rec), -ENOSPC); /* nothing changed */
	assert_int_equal(ipoib_neigh_tune(fix.t, 3600, 0, 40, 40), 0);
	for (i = 10; i < 40; i++) {
		a = addr_of(1, i);
		rec_add(&a, T0);
	}
	a = addr_of(1, 40);
	assert_int_equal(ipoib_neigh_add(fix.t, &a, T0, &rec), -ENOSPC);
	/* Down: nothing goes at once, then by idleness, at last by the shorter interval. */
	assert_int_equal(ipoib_neigh_tune(fix.t, 10, 0, 20, 30), 0);
	assert_int_equal(stats().entries, 40);
	assert_int_equal(ipoib_neigh_add(fix.t, &a, T0, &rec), -ENOSPC);
	ipoib_neigh_iterate(fix.t, T0 + 5 * SEC, ALL);
	assert_int_equal(stats().entries, 20);
	assert_int_equal(stats().evicted, 20);
	quiesce();
	ipoib_neigh_iterate(fix.t, T0 + 20 * SEC, ALL);
	assert_int_equal(stats().entries, 20);
	ipoib_neigh_iterate(fix.t, T0 + 31 * SEC, ALL);
	assert_int_equal(stats().entries, 0);
	assert_int_equal(stats().aged, 20);
	table_end();
}

/* What is kept goes neither with age nor for lack of room, until it is kept no more. */
static void
test_keep(void **state)
{
	struct ipoib_neigh_cfg c = { .gc_thresh3 = 4, .gc_thresh2 = 2, .gc_interval = 1 };
	struct ipoib_addr kept = addr_of(1, 1), other = addr_of(2, 1), third = addr_of(3, 1);
	struct ipoib_neigh_rec *rec;

	(void)state;
	table_new(&c);
	rec = rec_add_valid(&kept, T0);
	ipoib_neigh_rec_keep(rec, true);
	rec_add_valid(&other, T0 + 10 * SEC);
	rec_add_valid(&third, T0 + 10 * SEC);
	ipoib_neigh_iterate(fix.t, T0 + 16 * SEC, ALL);
	assert_true(known(&kept));
	assert_false(known(&other));
	ipoib_neigh_rec_keep(rec, false);
	ipoib_neigh_iterate(fix.t, T0 + 20 * SEC, ALL);
	assert_false(known(&kept));
	table_end();
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_age_limit, table_drop),
		cmocka_unit_test_teardown(test_age_use, table_drop),
		cmocka_unit_test_teardown(test_age_queue, table_drop),
		cmocka_unit_test_teardown(test_age_resolved, table_drop),
		cmocka_unit_test_teardown(test_age_spread, table_drop),
		cmocka_unit_test_teardown(test_age_budget, table_drop),
		cmocka_unit_test_teardown(test_thresh1, table_drop),
		cmocka_unit_test_teardown(test_thresh2, table_drop),
		cmocka_unit_test_teardown(test_thresh3, table_drop),
		cmocka_unit_test_teardown(test_evict_order, table_drop),
		cmocka_unit_test_teardown(test_backoff, table_drop),
		cmocka_unit_test_teardown(test_backoff_jitter, table_drop),
		cmocka_unit_test_teardown(test_backoff_budget, table_drop),
		cmocka_unit_test_teardown(test_tune, table_drop),
		cmocka_unit_test_teardown(test_keep, table_drop),
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

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* The neighbour table as debug builds have it: NULL, a second writer, unknown readers. */

#include <errno.h>
#include <pthread.h>

#include "neigh_fixture.h"

static const struct ipoib_neigh_cfg plain = { .gc_thresh3 = 64 };

static void
never(void *arg, struct ipoib_neigh_rec *rec)
{
	(void)arg;
	(void)rec;
	fail();
}

static void
test_null(void **state)
{
	struct ipoib_neigh_value v = { .ah = 1 };
	struct ipoib_addr a = addr_of(1, 1);
	struct ipoib_neigh_rec *rec, *r = (void *)&v;
	struct rte_mbuf *m = pkt();

	(void)state;
	table_new(&plain);
	rec = rec_add(&a, T0);
	assert_int_equal(ipoib_neigh_add(NULL, &a, T0, &r), -EINVAL);
	assert_null(r);
	assert_int_equal(ipoib_neigh_add(fix.t, NULL, T0, &r), -EINVAL);
	assert_int_equal(ipoib_neigh_add(fix.t, &a, T0, NULL), -EINVAL);
	assert_null(ipoib_neigh_find(NULL, &a));
	assert_null(ipoib_neigh_find(fix.t, NULL));
	assert_int_equal(ipoib_neigh_set_resolving(fix.t, NULL), -EINVAL);
	assert_int_equal(ipoib_neigh_set_valid(fix.t, NULL, &v, T0), -EINVAL);
	assert_int_equal(ipoib_neigh_set_valid(fix.t, rec, NULL, T0), -EINVAL);
	assert_int_equal(ipoib_neigh_set_stale(NULL, rec), -EINVAL);
	assert_int_equal(ipoib_neigh_set_failed(fix.t, NULL, T0), -EINVAL);
	assert_int_equal(ipoib_neigh_del(fix.t, NULL), -EINVAL);
	assert_int_equal(ipoib_neigh_del(NULL, rec), -EINVAL);
	assert_int_equal(ipoib_neigh_flush(NULL), -EINVAL);
	assert_int_equal(ipoib_neigh_clear_backoff(NULL), -EINVAL);
	assert_int_equal(ipoib_neigh_enqueue(fix.t, NULL, m), -EINVAL);
	assert_int_equal(ipoib_neigh_enqueue(fix.t, rec, NULL), -EINVAL);
	assert_int_equal(ipoib_neigh_dequeue(fix.t, NULL, &m, 1), 0);
	assert_int_equal(ipoib_neigh_tune(NULL, 0, 0, 0, 0), -EINVAL);
	assert_int_equal(ipoib_neigh_iterate(NULL, T0, ALL), 0);
	ipoib_neigh_walk(NULL, never, NULL);
	ipoib_neigh_walk_gid(fix.t, NULL, never, NULL);
	assert_int_equal(ipoib_neigh_rec_state(rec), IPOIB_NEIGH_INCOMPLETE);
	assert_int_equal(stats().entries, 1);
	assert_int_equal(stats().queued, 0);
	rte_pktmbuf_free(m);
	table_end();
}

static int second[9];

/* What another thread gets. */
static void *
second_writer(void *arg)
{
	struct ipoib_neigh_value v = { .ah = 77 };
	struct ipoib_neigh_rec *rec = arg, *r;
	struct ipoib_addr a = addr_of(2, 2);

	second[0] = ipoib_neigh_add(fix.t, &a, T0, &r);
	second[1] = ipoib_neigh_set_valid(fix.t, rec, &v, T0);
	second[2] = ipoib_neigh_set_resolving(fix.t, rec);
	second[3] = ipoib_neigh_set_failed(fix.t, rec, T0);
	second[4] = ipoib_neigh_del(fix.t, rec);
	second[5] = ipoib_neigh_flush(fix.t);
	second[6] = ipoib_neigh_tune(fix.t, 1, 0, 0, 10);
	second[7] = ipoib_neigh_clear_backoff(fix.t);
	second[8] = ipoib_neigh_set_stale(fix.t, rec);
	ipoib_neigh_iterate(fix.t, T0 + 1000 * SEC, ALL);
	ipoib_neigh_walk(fix.t, never, NULL);
	return NULL;
}

static void
test_second_writer(void **state)
{
	struct ipoib_addr a = addr_of(1, 1);
	struct ipoib_neigh_rec *rec;
	pthread_t thread;
	uint32_t i;

	(void)state;
	table_new(&plain);
	rec = rec_add_valid(&a, T0);
	assert_int_equal(pthread_create(&thread, NULL, second_writer, rec), 0);
	pthread_join(thread, NULL);
	for (i = 0; i < RTE_DIM(second); i++)
		assert_int_equal(second[i], -EPERM);
	/* Nothing happened, and the writer goes on. */
	assert_int_equal(stats().entries, 1);
	assert_int_equal(look(&a, NULL)->ah, 1);
	assert_int_equal(ipoib_neigh_set_stale(fix.t, rec), 0);
	table_end();
}

static void
test_unknown_reader(void **state)
{
	const struct ipoib_neigh_entry *e;
	struct ipoib_addr a = addr_of(1, 1);
	const struct ipoib_addr *key = &a;
	uint64_t hits;

	(void)state;
	table_new(&plain);
	rec_add_valid(&a, T0);
	assert_int_equal(ipoib_neigh_lookup_bulk(NULL, &key, 1, &hits, &e), -EINVAL);
	assert_int_equal(ipoib_neigh_lookup_bulk(fix.t, NULL, 1, &hits, &e), -EINVAL);
	assert_int_equal(ipoib_neigh_lookup_bulk(fix.t, &key, 1, NULL, &e), -EINVAL);
	assert_int_equal(ipoib_neigh_lookup_bulk(fix.t, &key, 1, &hits, NULL), -EINVAL);
	rte_rcu_qsbr_thread_offline(fix.rcu, READER);
	rte_rcu_qsbr_thread_unregister(fix.rcu, READER);
	assert_int_equal(ipoib_neigh_lookup_bulk(fix.t, &key, 1, &hits, &e), -EPERM);
	rte_rcu_qsbr_thread_register(fix.rcu, READER);
	rte_rcu_qsbr_thread_online(fix.rcu, READER);
	assert_int_equal(ipoib_neigh_lookup_bulk(fix.t, &key, 1, &hits, &e), 1);
	table_end();
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_null, table_drop),
		cmocka_unit_test_teardown(test_second_writer, table_drop),
		cmocka_unit_test_teardown(test_unknown_reader, table_drop),
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

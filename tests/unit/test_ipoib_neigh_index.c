/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * The neighbour table when many addresses meet in one bucket. The hash is keyed,
 * so the tests look into the table for its secret and choose addresses by it.
 */

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "neigh_fixture.h"
#include "neigh_priv.h"

/* A table of 64 has few buckets, and 40 addresses of one fill the next three. */
#define LIVE 64
#define KEYS 40

static struct ipoib_addr key[KEYS];

/* Addresses of bucket @p bucket, and of one tag if @p tag is not 0. */
static void
keys_of_bucket(uint32_t bucket, uint8_t tag)
{
	const struct neigh_index *x = &fix.t->index;
	struct ipoib_addr a;
	uint32_t i, n = 0;
	uint64_t hash;

	for (i = 0; n < KEYS; i++) {
		a = addr_of(2 + i % 5, i);
		hash = neigh_hash(x->secret, &a);
		if (neigh_bucket_of(x, hash) == &x->buckets[bucket] &&
				(tag == 0 || neigh_tag(hash) == tag))
			key[n++] = a;
	}
}

static void
crowd_new(void)
{
	table_new(&(struct ipoib_neigh_cfg){
			.gc_thresh3 = LIVE, .gc_thresh2 = LIVE, .reclaim_max = 2 * LIVE });
}

static void
all_buckets_empty(void)
{
	const struct neigh_index *x = &fix.t->index;
	uint32_t i, k;

	for (i = 0; i < x->nb_buckets; i++) {
		assert_int_equal(x->buckets[i].head[0], 0);
		assert_int_equal(x->buckets[i].head[1], 0);
		for (k = 0; k < NEIGH_BUCKET_SLOTS; k++)
			assert_int_equal(x->buckets[i].entry[k], NEIGH_ENTRY_NONE);
	}
}

/* What is there is found by find() and in a burst, nothing else is. */
static void
check_all(const uint32_t ah[KEYS])
{
	const struct ipoib_neigh_entry *e[KEYS];
	const struct ipoib_addr *keys[KEYS];
	uint64_t hits;
	uint32_t i;

	for (i = 0; i < KEYS; i++)
		keys[i] = &key[i];
	ipoib_neigh_lookup_bulk(fix.t, keys, KEYS, &hits, e);
	for (i = 0; i < KEYS; i++) {
		assert_int_equal(hits >> i & 1, ah[i] != 0);
		assert_int_equal(known(&key[i]), ah[i] != 0);
		if (ah[i] == 0) {
			assert_null(e[i]);
			continue;
		}
		assert_int_equal(e[i]->ah, ah[i]);
		assert_memory_equal(&e[i]->addr, &key[i], sizeof(key[i]));
	}
}

/* Add, replace and delete at random; at the end nothing is left in the buckets. */
static void
crowd_random(uint32_t steps)
{
	uint32_t ah[KEYS] = { 0 };
	uint32_t i, step;

	for (step = 0; step < steps; step++) {
		i = rand() % KEYS;
		if (ah[i] == 0) {
			rec_add_valid(&key[i], T0);
			ah[i] = fix.next_ah - 1;
		} else if (rand() % 3 == 0) {
			ah[i] = rec_valid(ipoib_neigh_find(fix.t, &key[i]), T0);
		} else if (rand() % 2 == 0 || step % 1000 > 900) {
			assert_int_equal(ipoib_neigh_del(fix.t, ipoib_neigh_find(fix.t, &key[i])),
					0);
			ah[i] = 0;
		}
		check_all(ah);
		quiesce();
	}
	for (i = 0; i < KEYS; i++) {
		if (ah[i] != 0)
			assert_int_equal(ipoib_neigh_del(fix.t, ipoib_neigh_find(fix.t, &key[i])),
					0);
	}
	all_buckets_empty();
}

static void
test_crowded_bucket(void **state)
{
	(void)state;
	srand(5);
	crowd_new();
	keys_of_bucket(3, 0);
	crowd_random(5000);
	table_end();
}

/* From the last bucket the search goes on in the first. */
static void
test_crowded_last_bucket(void **state)
{
	(void)state;
	srand(6);
	crowd_new();
	keys_of_bucket(fix.t->index.nb_buckets - 1, 0);
	crowd_random(5000);
	table_end();
}

/* The tag tells them apart no more: the addresses must. */
static void
test_same_tag(void **state)
{
	(void)state;
	srand(7);
	crowd_new();
	keys_of_bucket(1, 0x5a);
	crowd_random(5000);
	table_end();
}

/* Entries that stay are found by readers whatever happens around them. */
#define MT_STAY 16
#define MT_READERS 2
#define MT_CHANGES 200000
#define MT_BURSTS 300000
#define MT_DEADLINE 10

static struct {
	bool stop;
	uint32_t started;
	uint32_t missed[MT_READERS], wrong[MT_READERS];
	uint64_t bursts[MT_READERS];
} mt;

/* Every value is of one key only. */
static uint32_t
mt_ah(uint32_t i, uint32_t n)
{
	return n * KEYS + i + 1;
}

static void
mt_look(uint32_t id, const struct ipoib_addr *const keys[KEYS])
{
	const struct ipoib_neigh_entry *e[KEYS];
	uint64_t hits;
	uint32_t i;

	ipoib_neigh_lookup_bulk(fix.t, keys, KEYS, &hits, e);
	mt.missed[id] += (hits & (RTE_BIT64(MT_STAY) - 1)) != RTE_BIT64(MT_STAY) - 1;
	for (i = 0; i < KEYS; i++) {
		if ((hits >> i & 1) != 0)
			mt.wrong[id] += !ipoib_addr_equal(&e[i]->addr, keys[i]) ||
					(e[i]->ah - 1) % KEYS != i;
	}
	__atomic_fetch_add(&mt.bursts[id], 1, __ATOMIC_RELAXED);
}

static void *
mt_reader(void *arg)
{
	const struct ipoib_addr *keys[KEYS];
	uint32_t i, id = (uint32_t)(uintptr_t)arg;

	for (i = 0; i < KEYS; i++)
		keys[i] = &key[i];
	rte_rcu_qsbr_thread_register(fix.rcu, id + 1);
	rte_rcu_qsbr_thread_online(fix.rcu, id + 1);
	__atomic_fetch_add(&mt.started, 1, __ATOMIC_SEQ_CST);
	while (!__atomic_load_n(&mt.stop, __ATOMIC_RELAXED)) {
		mt_look(id, keys);
		rte_rcu_qsbr_quiescent(fix.rcu, id + 1);
		/* More threads than CPUs: let the writer have its share. */
		if (mt.bursts[id] % 64 == 0)
			sched_yield();
	}
	rte_rcu_qsbr_thread_offline(fix.rcu, id + 1);
	rte_rcu_qsbr_thread_unregister(fix.rcu, id + 1);
	return NULL;
}

/* Replace one that stays, or add or delete one that does not. @return false: try later */
static bool
mt_change(uint32_t i, uint32_t n)
{
	struct ipoib_neigh_value v = { .ah = mt_ah(i, n), .mtu = 2044 };
	struct ipoib_neigh_rec *rec = ipoib_neigh_find(fix.t, &key[i]);

	if (rec == NULL && ipoib_neigh_add(fix.t, &key[i], T0, &rec) != 0)
		return false;
	if (i >= MT_STAY && n % 2 == 0)
		return ipoib_neigh_del(fix.t, rec) == 0;
	return ipoib_neigh_set_valid(fix.t, rec, &v, T0) == 0;
}

/* Readers and writer have met often enough. */
static bool
mt_enough(uint32_t changes)
{
	uint32_t i;

	for (i = 0; i < MT_READERS; i++) {
		if (__atomic_load_n(&mt.bursts[i], __ATOMIC_RELAXED) < MT_BURSTS)
			return false;
	}
	return changes >= MT_CHANGES;
}

static void
mt_write(void)
{
	time_t end = time(NULL) + MT_DEADLINE;
	uint32_t n, done = 0;

	while (__atomic_load_n(&mt.started, __ATOMIC_SEQ_CST) != MT_READERS)
		sched_yield();
	for (n = 0; !mt_enough(done) && time(NULL) < end; n++) {
		if (mt_change(rand() % KEYS, rand() % 1000))
			done++;
		else
			sched_yield();
		if (n % 16 == 0)
			ipoib_neigh_iterate(fix.t, T0, 64);
	}
	assert_true(done > 1000);
}

static void
test_threads(void **state)
{
	pthread_t thread[MT_READERS];
	uint32_t i;

	(void)state;
	memset(&mt, 0, sizeof(mt));
	srand(8);
	crowd_new();
	keys_of_bucket(2, 0);
	rte_rcu_qsbr_thread_offline(fix.rcu, READER);
	/* In the order that puts half of those that stay behind those that come and go. */
	for (i = KEYS; i-- > 0;)
		assert_true(mt_change(i, 1));
	for (i = 0; i < MT_READERS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, mt_reader, (void *)(uintptr_t)i),
				0);
	mt_write();
	__atomic_store_n(&mt.stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < MT_READERS; i++)
		pthread_join(thread[i], NULL);
	for (i = 0; i < MT_READERS; i++) {
		assert_int_equal(mt.missed[i], 0);
		assert_int_equal(mt.wrong[i], 0);
		assert_true(mt.bursts[i] != 0);
	}
	rte_rcu_qsbr_thread_online(fix.rcu, READER);
	ipoib_neigh_destroy(fix.t);
	fix.t = NULL;
}

/* What stands for nothing inside the table is the entry of no address. */
static void
test_nothing_equals_nothing(void **state)
{
	struct ipoib_addr a;

	(void)state;
	crowd_new();
	memset(&a, 0, sizeof(a));
	assert_null(look(&a, NULL));
	assert_false(known(&a));
	memset(&a, 0xff, sizeof(a));
	assert_null(look(&a, NULL));
	assert_false(known(&a));
	a.flags = 0;
	assert_null(look(&a, NULL));
	rec_add_valid(&a, T0);
	assert_int_equal(look(&a, NULL)->ah, 1);
	table_end();
}

/* Tags side by side that differ in one bit, and the counter behind them. */
static void
test_tags(void **state)
{
	uint8_t octet[16];
	uint64_t head[2];
	uint32_t i, tag, want;

	(void)state;
	srand(9);
	for (tag = 0; tag < 256 * 64; tag++) {
		want = 0;
		for (i = 0; i < 16; i++) {
			octet[i] = (uint8_t)(rand() % 2 != 0 ? tag : tag ^ (1u << rand() % 8));
			want |= (uint32_t)(octet[i] == (uint8_t)tag) << i;
		}
		memcpy(head, octet, sizeof(head));
		assert_int_equal(neigh_tags_equal(head[0], head[1], (uint8_t)tag), want);
		assert_int_equal(neigh_tags_equal_any(head[0], head[1], (uint8_t)tag), want);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tags),
		cmocka_unit_test_teardown(test_nothing_equals_nothing, table_drop),
		cmocka_unit_test_teardown(test_crowded_bucket, table_drop),
		cmocka_unit_test_teardown(test_crowded_last_bucket, table_drop),
		cmocka_unit_test_teardown(test_same_tag, table_drop),
		cmocka_unit_test_teardown(test_threads, table_drop),
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

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* The neighbour table: what readers hold stays, what is over comes back once. */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "neigh_fixture.h"

#define BIG 1000

static const struct ipoib_neigh_cfg small_reclaim = { .gc_thresh3 = 64, .reclaim_max = 8 };

static void
expect_refused(uint32_t *refused)
{
	assert_int_equal(stats().reclaim_full, ++*refused);
	assert_int_equal(stats().retired, 8);
	assert_int_equal(fix.nb_released, 0);
}

/* A silent reader: what it holds stays whole, the bound holds, nothing is half done. */
static void
test_stalled_reader(void **state)
{
	struct ipoib_addr a = addr_of(0x48, 9), b = addr_of(0x49, 9);
	struct ipoib_neigh_value v = { .ah = 77, .mtu = 1, .kind = IPOIB_NEIGH_RC };
	const struct ipoib_neigh_entry *held[9];
	struct ipoib_neigh_entry copy[9];
	struct ipoib_neigh_rec *ra, *rb;
	uint32_t i, refused = 0;

	(void)state;
	table_new(&small_reclaim);
	quiesce();
	rb = rec_add(&b, T0); /* published first: nothing retired */
	ra = rec_add(&a, T0);
	held[0] = look(&a, NULL);
	copy[0] = *held[0];
	for (i = 1; i <= 8; i++) {
		rec_valid(ra, T0);
		ipoib_neigh_iterate(fix.t, T0, ALL);
		held[i] = look(&a, NULL);
		assert_int_equal(held[i]->ah, i);
		copy[i] = *held[i];
	}
	/* Full: every change is refused and changes nothing. */
	assert_int_equal(ipoib_neigh_set_valid(fix.t, ra, &v, T0), -EAGAIN);
	expect_refused(&refused);
	assert_int_equal(ipoib_neigh_set_stale(fix.t, ra), -EAGAIN);
	expect_refused(&refused);
	assert_int_equal(ipoib_neigh_set_failed(fix.t, ra, T0), -EAGAIN);
	expect_refused(&refused);
	assert_int_equal(ipoib_neigh_del(fix.t, ra), -EAGAIN);
	expect_refused(&refused);
	assert_int_equal(ipoib_neigh_flush(fix.t), -EAGAIN);
	expect_refused(&refused);
	assert_int_equal(ipoib_neigh_enqueue(fix.t, rb, pkt()), 0);
	assert_int_equal(ipoib_neigh_set_resolving(fix.t, rb), -EAGAIN);
	expect_refused(&refused);
	assert_int_equal(ipoib_neigh_set_failed(fix.t, rb, T0), -EAGAIN);
	expect_refused(&refused);
	assert_int_equal(ipoib_neigh_rec_state(ra), IPOIB_NEIGH_VALID);
	assert_int_equal(ipoib_neigh_rec_state(rb), IPOIB_NEIGH_INCOMPLETE);
	assert_int_equal(ipoib_neigh_rec_queued(rb), 1);
	assert_int_equal(fix.nb_evict, 0);
	assert_ptr_equal(look(&a, NULL), held[8]);
	for (i = 0; i <= 8; i++) {
		assert_true(entry_equal(held[i], &copy[i]));
		/* All but the last one are not published any more. */
		assert_int_equal(ipoib_neigh_ref_of(fix.t, held[i]).gen == 0, i != 8);
	}
	/* The reader reports: all but the published one come back, once. */
	quiesce();
	ipoib_neigh_iterate(fix.t, T0, 3);
	assert_int_equal(stats().retired, 5);
	ipoib_neigh_iterate(fix.t, T0, ALL);
	assert_int_equal(stats().retired, 0);
	assert_int_equal(fix.nb_released, 7);
	assert_int_equal(fix.released[8], 0);
	assert_int_equal(ipoib_neigh_set_stale(fix.t, ra), 0);
	table_end();
}

/* A refused change tries again by itself: no iterate() is needed once the reader reported. */
static void
test_refused_then_room(void **state)
{
	struct ipoib_addr a = addr_of(0x48, 9);
	struct ipoib_neigh_rec *rec;
	uint32_t i;

	(void)state;
	table_new(&small_reclaim);
	rec = rec_add(&a, T0);
	for (i = 0; i < 100; i++) {
		rec_valid(rec, T0);
		quiesce();
	}
	assert_int_equal(stats().reclaim_full, 0);
	table_end();
}

/* With the table and the retired queue full there are still slots, keys and entries enough. */
static void
test_all_full(void **state)
{
	struct ipoib_neigh_cfg c = { .gc_thresh3 = 64, .gc_thresh2 = 64, .reclaim_max = 32 };
	struct ipoib_neigh_rec *rec;
	struct ipoib_addr a;
	uint32_t i, round;

	(void)state;
	table_new(&c);
	for (i = 0; i < 64; i++) {
		a = addr_of(1, i);
		rec_add_valid(&a, T0);
		quiesce();
	}
	for (round = 1; round <= 20; round++) {
		ipoib_neigh_iterate(fix.t, T0, ALL);
		assert_int_equal(stats().retired, 0);
		for (i = 0; i < 32; i++) {
			a = addr_of(round, i);
			assert_int_equal(ipoib_neigh_del(fix.t, ipoib_neigh_find(fix.t, &a)), 0);
			assert_null(look(&a, NULL));
			a = addr_of(round + 1, i);
			rec_add(&a, T0);
		}
		a = addr_of(round + 1, 0);
		rec = ipoib_neigh_find(fix.t, &a);
		assert_int_equal(ipoib_neigh_set_resolving(fix.t, rec), -EAGAIN);
		assert_int_equal(stats().entries, 64);
		quiesce();
		for (i = 0; i < 32; i++) {
			a = addr_of(round + 1, i);
			rec_valid(ipoib_neigh_find(fix.t, &a), T0);
			quiesce();
		}
	}
	table_end();
}

/* A late reader's mark of a deleted entry is nobody else's: its slot is not used again yet. */
static void
test_slot_not_reused_early(void **state)
{
	struct ipoib_addr a = addr_of(1, 1), b = addr_of(2, 2);
	const struct ipoib_neigh_entry *held;
	uint32_t slot;

	(void)state;
	table_new(&small_reclaim);
	quiesce();
	rec_add_valid(&a, T0);
	held = look(&a, NULL);
	slot = held->slot;
	ipoib_neigh_iterate(fix.t, T0, ALL);
	assert_int_equal(ipoib_neigh_del(fix.t, ipoib_neigh_find(fix.t, &a)), 0);
	ipoib_neigh_iterate(fix.t, T0, ALL);
	rec_add_valid(&b, T0);
	assert_int_not_equal(look(&b, NULL)->slot, slot);
	/* The same address again, while the old entry is still held. */
	rec_add(&a, T0);
	assert_ptr_not_equal(look(&a, NULL), held);
	assert_int_equal(held->state, IPOIB_NEIGH_VALID);
	assert_int_equal(held->ah, 1);
	assert_int_equal(fix.nb_released, 0);
	quiesce();
	ipoib_neigh_iterate(fix.t, T0, ALL);
	assert_int_equal(fix.released[1], 1);
	table_end();
}

/* VALID, STALE, VALID with the same and another handle: each set_valid() is answered once. */
static void
test_ah_uses(void **state)
{
	struct ipoib_addr a = addr_of(1, 1);
	struct ipoib_neigh_rec *rec;

	(void)state;
	table_new(&small_reclaim);
	rec = rec_add_valid(&a, T0); /* 1 */
	ipoib_neigh_set_stale(fix.t, rec);
	ipoib_neigh_set_stale(fix.t, rec);
	quiesce();
	ipoib_neigh_iterate(fix.t, T0, ALL);
	assert_int_equal(fix.nb_released, 0);
	rec_valid(rec, T0);		      /* 2 */
	assert_int_equal(fix.nb_released, 0); /* not before the grace period */
	ipoib_neigh_iterate(fix.t, T0, ALL);
	assert_int_equal(fix.nb_released, 0);
	quiesce();
	ipoib_neigh_iterate(fix.t, T0, ALL);
	assert_int_equal(fix.released[1], 1);
	assert_int_equal(fix.nb_released, 1);
	rec_valid(rec, T0); /* 3 */
	ipoib_neigh_set_failed(fix.t, rec, T0);
	quiesce();
	ipoib_neigh_iterate(fix.t, T0, ALL);
	assert_int_equal(fix.nb_released, 2);
	ipoib_neigh_del(fix.t, rec);
	quiesce();
	ipoib_neigh_iterate(fix.t, T0, ALL);
	assert_int_equal(fix.nb_released, 3);
	table_end();
}

/* Destroy with everything in use, and a reader that never reported. */
static void
test_destroy_gives_back(void **state)
{
	struct ipoib_neigh_rec *rec;
	struct ipoib_addr a;
	uint32_t i;

	(void)state;
	quiesce();
	table_new(&(struct ipoib_neigh_cfg){ .gc_thresh3 = BIG, .gc_thresh2 = BIG });
	for (i = 0; i < BIG; i++) {
		a = addr_of(1, i);
		rec = rec_add(&a, T0);
		if (i % 5 != 0)
			rec_valid(rec, T0);
		if (i % 5 == 1)
			rec_valid(rec, T0);
		if (i % 5 == 2)
			ipoib_neigh_set_stale(fix.t, rec);
		if (i % 5 == 3)
			ipoib_neigh_del(fix.t, rec);
		if (i % 50 == 0)
			assert_int_equal(ipoib_neigh_enqueue(fix.t, rec, pkt()), 0);
	}
	assert_int_equal(fix.nb_released, 0);
	table_end();
	assert_int_equal(fix.nb_evict, BIG);
	assert_int_equal(fix.evict_pkts, BIG / 50);
}

/* Make and destroy with entries, many times: names, memory and handles come back. */
static void
test_create_destroy_many(void **state)
{
	struct ipoib_addr a = addr_of(1, 1);
	uint32_t i;

	(void)state;
	for (i = 0; i < 300; i++) {
		table_new(&small_reclaim);
		rec_add_valid(&a, T0);
		table_end();
	}
}

/* clear_backoff() under a silent reader: what cannot be published follows later. */
static void
test_clear_backoff_late(void **state)
{
	struct ipoib_addr a;
	uint32_t i;

	(void)state;
	table_new(&small_reclaim);
	for (i = 0; i < 6; i++) {
		a = addr_of(1, i);
		ipoib_neigh_set_failed(fix.t, rec_add(&a, T0), T0);
	}
	assert_int_equal(stats().retired, 6);
	assert_int_equal(ipoib_neigh_clear_backoff(fix.t), 6);
	assert_int_equal(stats().by_state[IPOIB_NEIGH_FAILED], 4);
	ipoib_neigh_iterate(fix.t, T0 + 50 * MSEC, ALL);
	assert_int_equal(stats().by_state[IPOIB_NEIGH_FAILED], 4);
	quiesce();
	ipoib_neigh_iterate(fix.t, T0 + 50 * MSEC, ALL);
	assert_int_equal(stats().by_state[IPOIB_NEIGH_INCOMPLETE], 6);
	table_end();
}

/* Ageing under a silent reader goes on when it reports, and misses none. */
static void
test_age_late(void **state)
{
	struct ipoib_addr a;
	uint32_t i;

	(void)state;
	table_new(&small_reclaim);
	quiesce();
	for (i = 0; i < 40; i++) {
		a = addr_of(1, i);
		rec_add(&a, T0);
	}
	ipoib_neigh_iterate(fix.t, T0 + 100 * SEC, ALL);
	assert_int_equal(stats().entries, 32);
	assert_int_equal(stats().reclaim_full, 1);
	for (i = 4; i-- > 0;) {
		quiesce();
		ipoib_neigh_iterate(fix.t, T0 + 100 * SEC, ALL);
		assert_int_equal(stats().entries, 8 * i);
	}
	table_end();
}

/* Random changes against a plain array. */
#define MODEL 64
struct model {
	bool there;
	uint8_t state;
	uint32_t ah;
};

static void
model_step(struct model *m, const struct ipoib_addr *a, uint64_t now)
{
	struct ipoib_neigh_rec *rec = ipoib_neigh_find(fix.t, a);
	bool usable = m->there && (m->state == IPOIB_NEIGH_VALID || m->state == IPOIB_NEIGH_STALE);
	int op = rand() % 6;

	assert_int_equal(rec != NULL, m->there);
	if (!m->there) {
		rec_add(a, now);
		*m = (struct model){ .there = true, .state = IPOIB_NEIGH_INCOMPLETE };
	} else if (op == 0) {
		assert_int_equal(ipoib_neigh_del(fix.t, rec), 0);
		m->there = false;
	} else if (op == 1) {
		assert_int_equal(ipoib_neigh_set_stale(fix.t, rec), 0);
		m->state = m->state == IPOIB_NEIGH_VALID ? IPOIB_NEIGH_STALE : m->state;
	} else if (op == 2) {
		assert_int_equal(ipoib_neigh_set_resolving(fix.t, rec), 0);
		m->state = usable ? m->state : IPOIB_NEIGH_RESOLVING;
	} else if (op == 3) {
		assert_int_equal(ipoib_neigh_set_failed(fix.t, rec, now), 0);
		m->state = usable ? IPOIB_NEIGH_STALE : IPOIB_NEIGH_FAILED;
	} else {
		m->ah = rec_valid(rec, now);
		m->state = IPOIB_NEIGH_VALID;
	}
}

static void
model_check(const struct model m[MODEL], const struct ipoib_addr *const keys[MODEL])
{
	const struct ipoib_neigh_entry *e[MODEL];
	uint64_t hits;
	uint32_t i;
	bool usable;

	ipoib_neigh_lookup_bulk(fix.t, keys, MODEL, &hits, e);
	for (i = 0; i < MODEL; i++) {
		assert_int_equal(e[i] != NULL, m[i].there);
		usable = m[i].there &&
				(m[i].state == IPOIB_NEIGH_VALID ||
						m[i].state == IPOIB_NEIGH_STALE);
		assert_int_equal((hits >> i) & 1, usable);
		if (!m[i].there)
			continue;
		assert_int_equal(e[i]->state, m[i].state);
		assert_memory_equal(&e[i]->addr, keys[i], sizeof(*keys[i]));
		if (usable)
			assert_int_equal(e[i]->ah, m[i].ah);
	}
}

static void
test_random(void **state)
{
	const struct ipoib_addr *keys[MODEL];
	struct model m[MODEL] = { 0 };
	struct ipoib_addr a[MODEL];
	uint64_t now = T0;
	uint32_t i, step;

	(void)state;
	table_new(&(struct ipoib_neigh_cfg){
			.gc_thresh3 = MODEL, .gc_thresh2 = MODEL, .reclaim_max = 16 });
	for (i = 0; i < MODEL; i++) {
		a[i] = addr_of(i, i / 5);
		keys[i] = &a[i];
	}
	srand(11);
	for (step = 0; step < 30000; step++) {
		i = rand() % MODEL;
		model_step(&m[i], &a[i], now);
		model_check(m, keys);
		quiesce();
		/* The model knows no end of a back-off: time stands still. */
		if (rand() % 8 == 0)
			ipoib_neigh_iterate(fix.t, now, 10);
	}
	assert_int_equal(stats().reclaim_full, 0);
	table_end();
}

/* Readers on threads of their own, one writer: no freed, torn or wrong entry is ever seen. */
#define MT_KEYS 512
#define MT_READERS 2
#define MT_BURST 32
#define MT_HOLD 4
#define MT_SECONDS 2

struct mt {
	struct ipoib_addr key[MT_KEYS];
	bool stop;
	uint32_t wrong[MT_READERS];
	uint64_t seen[MT_READERS];
};

static struct mt mt;

/* Value that binds a handle to its address. */
static uint16_t
mt_canary(uint32_t ah, uint32_t qpn)
{
	return (uint16_t)((ah * UINT32_C(2654435761) ^ qpn * UINT32_C(40503)) >> 16);
}

static bool
mt_entry_ok(const struct ipoib_neigh_entry *e, const struct ipoib_addr *key)
{
	if (!ipoib_addr_equal(&e->addr, key) || e->qpn != ipoib_addr_qpn(key) ||
			e->state > IPOIB_NEIGH_FAILED)
		return false;
	if (e->state != IPOIB_NEIGH_VALID && e->state != IPOIB_NEIGH_STALE)
		return e->ah == 0;
	return e->mtu == mt_canary(e->ah, e->qpn) && e->ah != 0 && e->ah < AH_MAX &&
			__atomic_load_n(&fix.released[e->ah], __ATOMIC_SEQ_CST) == 0;
}

struct mt_burst {
	const struct ipoib_addr *keys[MT_BURST];
	const struct ipoib_neigh_entry *e[MT_BURST];
	struct ipoib_neigh_entry copy[MT_BURST];
};

/* Look up and keep copies: an entry must never change while it can be seen. */
static uint64_t
mt_look(struct mt_burst *b, unsigned int *seed)
{
	uint64_t hits;
	uint32_t i;

	for (i = 0; i < MT_BURST; i++)
		b->keys[i] = &mt.key[rand_r(seed) % MT_KEYS];
	ipoib_neigh_lookup_bulk(fix.t, b->keys, MT_BURST, &hits, b->e);
	for (i = 0; i < MT_BURST; i++) {
		if (b->e[i] != NULL)
			entry_copy(&b->copy[i], b->e[i]);
	}
	return __builtin_popcountll(hits);
}

static uint32_t
mt_check(const struct mt_burst *b)
{
	uint32_t i, wrong = 0;

	for (i = 0; i < MT_BURST; i++)
		wrong += b->e[i] != NULL &&
				(!mt_entry_ok(b->e[i], b->keys[i]) ||
						!entry_equal(b->e[i], &b->copy[i]));
	return wrong;
}

static void *
mt_reader(void *arg)
{
	uint32_t id = (uint32_t)(uintptr_t)arg;
	unsigned int seed = id + 1;
	struct mt_burst b[MT_HOLD];
	uint32_t k, loops = 0;

	rte_rcu_qsbr_thread_register(fix.rcu, id + 1);
	rte_rcu_qsbr_thread_online(fix.rcu, id + 1);
	while (!__atomic_load_n(&mt.stop, __ATOMIC_RELAXED)) {
		for (k = 0; k < MT_HOLD; k++)
			mt.seen[id] += mt_look(&b[k], &seed);
		/* Held for a while: all must still be what it was. */
		for (k = 0; k < MT_HOLD; k++)
			mt.wrong[id] += mt_check(&b[k]);
		rte_rcu_qsbr_quiescent(fix.rcu, id + 1);
		/* More threads than CPUs: let the writer have its share. */
		if (++loops % 64 == 0)
			sched_yield();
	}
	rte_rcu_qsbr_thread_offline(fix.rcu, id + 1);
	rte_rcu_qsbr_thread_unregister(fix.rcu, id + 1);
	return NULL;
}

/* Make a handle's value for the record and publish it; -EAGAIN leaves the handle ours. */
static int
mt_set_valid(struct ipoib_neigh_rec *rec, uint64_t now)
{
	struct ipoib_neigh_value v = { .ah = fix.next_ah };
	int ret;

	v.mtu = mt_canary(v.ah, ipoib_addr_qpn(ipoib_neigh_rec_addr(rec)));
	ret = ipoib_neigh_set_valid(fix.t, rec, &v, now);
	if (ret == 0)
		fix.next_ah++;
	return ret;
}

static int
mt_change(unsigned int *seed, uint64_t now)
{
	const struct ipoib_addr *a = &mt.key[rand_r(seed) % MT_KEYS];
	struct ipoib_neigh_rec *rec;
	int ret;

	ret = ipoib_neigh_add(fix.t, a, now, &rec);
	if (ret < 0)
		return ret;
	switch (rand_r(seed) % 8) {
	case 0:
	case 1:
		return ipoib_neigh_del(fix.t, rec);
	case 2:
		return ipoib_neigh_set_stale(fix.t, rec);
	case 3:
		return RTE_MIN(ipoib_neigh_set_failed(fix.t, rec, now), 0);
	default:
		return mt_set_valid(rec, now);
	}
}

static uint64_t
clock_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * SEC + ts.tv_nsec / 1000;
}

static void
test_threads(void **state)
{
	struct ipoib_neigh_cfg c = { .gc_thresh3 = MT_KEYS,
		.gc_thresh2 = MT_KEYS - 100,
		.gc_interval = 1,
		.reclaim_max = 4096 };
	uint64_t now = clock_us(), end = now + MT_SECONDS * SEC, changes = 0;
	pthread_t thread[MT_READERS];
	unsigned int seed = 99;
	uint32_t i;

	(void)state;
	memset(&mt, 0, sizeof(mt));
	for (i = 0; i < MT_KEYS; i++)
		mt.key[i] = addr_of(0x48 + i, i % 100);
	table_new(&c);
	rte_rcu_qsbr_thread_offline(fix.rcu, READER);
	for (i = 0; i < MT_READERS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, mt_reader, (void *)(uintptr_t)i),
				0);
	for (; now < end && fix.next_ah <= AH_MAX - 64; now = clock_us()) {
		for (i = 0; i < 64; i++) {
			if (mt_change(&seed, now) != -EAGAIN)
				changes++;
			else
				sched_yield();
		}
		ipoib_neigh_iterate(fix.t, now, 256);
	}
	__atomic_store_n(&mt.stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < MT_READERS; i++) {
		pthread_join(thread[i], NULL);
		assert_int_equal(mt.wrong[i], 0);
		assert_true(mt.seen[i] != 0);
	}
	print_message("threads: %lu changes, %u handles, %lu and %lu hits, %lu put off\n", changes,
			fix.next_ah - 1, mt.seen[0], mt.seen[1], stats().reclaim_full);
	assert_true(changes > 1000);
	rte_rcu_qsbr_thread_online(fix.rcu, READER);
	table_end();
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_stalled_reader, table_drop),
		cmocka_unit_test_teardown(test_refused_then_room, table_drop),
		cmocka_unit_test_teardown(test_all_full, table_drop),
		cmocka_unit_test_teardown(test_slot_not_reused_early, table_drop),
		cmocka_unit_test_teardown(test_ah_uses, table_drop),
		cmocka_unit_test_teardown(test_destroy_gives_back, table_drop),
		cmocka_unit_test_teardown(test_create_destroy_many, table_drop),
		cmocka_unit_test_teardown(test_clear_backoff_late, table_drop),
		cmocka_unit_test_teardown(test_age_late, table_drop),
		cmocka_unit_test_teardown(test_random, table_drop),
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

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * The neighbour table under load: a reader on every CPU, one writer that changes it as fast as it
 * can, ageing and eviction at ten times their pace. No reader may see a freed, torn or wrong entry,
 * every address handle comes back once, nothing leaks. LONG=1 runs for a minute.
 */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_malloc.h>

#include "neigh_fixture.h"

#define KEYS 6000
/* In every other second the limit is lower: what is new must push out what is idle. */
#define ENTRIES 5000
/* The writer leaves the last keys alone once they are there, so that they age. */
#define KEYS_CHANGED 3000
#define HANDLES (1u << 17)
#define READERS 8
#define BURST 32
#define HOLD 4
#define SECONDS_SHORT 4
#define SECONDS_LONG 60
#define SPEED_UP 10
/* Changes a second of the writer's own CPU time; sanitizers are slower. */
#define RATE_WANTED 200000

static struct {
	struct ipoib_addr key[KEYS];
	/* By handle: odd while it is in use, one more each time it is given or comes back. */
	uint32_t generation[HANDLES];
	uint32_t free_handle[HANDLES];
	uint32_t nb_free;
	uint32_t wrong_release;
	bool stop;
	uint32_t nb_readers;
	uint64_t wrong[READERS];
	uint64_t seen[READERS];
	/* What a reader keeps of each neighbour, for as long as it likes. */
	struct ipoib_neigh_ref ref[READERS][KEYS_CHANGED];
	uint64_t kept[READERS];
} s;

/* Binds a handle of this generation to its neighbour. */
static uint16_t
canary(uint32_t ah, uint32_t generation, uint32_t qpn)
{
	uint32_t x = ah * UINT32_C(2654435761) ^ generation * UINT32_C(2246822519) ^
			qpn * UINT32_C(40503);

	return (uint16_t)(x >> 16 ^ x);
}

static void
on_release(void *arg, uint32_t ah)
{
	(void)arg;
	/* Even again: whoever still holds an entry with it must notice. */
	if ((__atomic_add_fetch(&s.generation[ah], 1, __ATOMIC_SEQ_CST) & 1) != 0)
		s.wrong_release++;
	s.free_handle[s.nb_free++] = ah;
}

static bool
entry_ok(const struct ipoib_neigh_entry *e, const struct ipoib_addr *key)
{
	uint32_t generation;

	if (!ipoib_addr_equal(&e->addr, key) || e->qpn != ipoib_addr_qpn(key) ||
			e->state > IPOIB_NEIGH_FAILED)
		return false;
	if (e->state != IPOIB_NEIGH_VALID && e->state != IPOIB_NEIGH_STALE)
		return e->ah == 0;
	if (e->ah >= HANDLES)
		return false;
	generation = __atomic_load_n(&s.generation[e->ah], __ATOMIC_SEQ_CST);
	return (generation & 1) != 0 && e->mtu == canary(e->ah, generation, e->qpn);
}

struct burst {
	const struct ipoib_addr *keys[BURST];
	const struct ipoib_neigh_entry *e[BURST];
	struct ipoib_neigh_entry copy[BURST];
};

static uint32_t
burst_look(struct burst *b, unsigned int *seed)
{
	uint64_t hits;
	uint32_t i;

	for (i = 0; i < BURST; i++)
		b->keys[i] = &s.key[rand_r(seed) % KEYS_CHANGED];
	ipoib_neigh_lookup_bulk(fix.t, b->keys, BURST, &hits, b->e);
	for (i = 0; i < BURST; i++) {
		if (b->e[i] != NULL)
			entry_copy(&b->copy[i], b->e[i]);
	}
	return __builtin_popcountll(hits);
}

/*
 * The same of neighbours that this reader keeps references of, however many grace periods ago it got
 * them; NULL: it has none any more, and gets another.
 */
static void
burst_kept(uint32_t id, struct burst *b, unsigned int *seed)
{
	struct ipoib_neigh_ref *ref;
	uint64_t hits;
	uint32_t i, k;

	for (i = 0; i < BURST; i++) {
		k = rand_r(seed) % KEYS_CHANGED;
		ref = &s.ref[id][k];
		b->keys[i] = &s.key[k];
		b->e[i] = ipoib_neigh_ref_get(fix.t, *ref);
		if (b->e[i] != NULL) {
			s.kept[id]++;
			s.wrong[id] += b->e[i]->state != IPOIB_NEIGH_VALID &&
					b->e[i]->state != IPOIB_NEIGH_STALE;
		} else if (ipoib_neigh_lookup_bulk(fix.t, &b->keys[i], 1, &hits, &b->e[i]) == 1) {
			*ref = ipoib_neigh_ref_of(fix.t, b->e[i]);
		}
		if (b->e[i] != NULL)
			entry_copy(&b->copy[i], b->e[i]);
	}
}

static uint32_t
burst_wrong(const struct burst *b)
{
	uint32_t i, wrong = 0;

	for (i = 0; i < BURST; i++)
		wrong += b->e[i] != NULL &&
				(!entry_ok(b->e[i], b->keys[i]) ||
						!entry_equal(b->e[i], &b->copy[i]));
	return wrong;
}

static void *
reader(void *arg)
{
	uint32_t id = (uint32_t)(uintptr_t)arg;
	unsigned int seed = id;
	struct burst b[HOLD + 1];
	uint32_t k, loops = 0;

	rte_rcu_qsbr_thread_online(fix.rcu, id);
	while (!__atomic_load_n(&s.stop, __ATOMIC_RELAXED)) {
		for (k = 0; k < HOLD; k++)
			s.seen[id] += burst_look(&b[k], &seed);
		burst_kept(id, &b[HOLD], &seed);
		/* Held for a while: all must still be what it was. */
		for (k = 0; k <= HOLD; k++)
			s.wrong[id] += burst_wrong(&b[k]);
		rte_rcu_qsbr_quiescent(fix.rcu, id);
		/* More threads than CPUs: let the writer have its share. */
		if (++loops % 16 == 0)
			sched_yield();
	}
	rte_rcu_qsbr_thread_offline(fix.rcu, id);
	return NULL;
}

static int
replace(struct ipoib_neigh_rec *rec, uint64_t now)
{
	struct ipoib_neigh_value v = { .kind = IPOIB_NEIGH_UD };
	uint32_t qpn = ipoib_addr_qpn(ipoib_neigh_rec_addr(rec));
	int ret;

	if (s.nb_free == 0)
		return -EAGAIN;
	v.ah = s.free_handle[--s.nb_free];
	v.mtu = canary(v.ah, __atomic_add_fetch(&s.generation[v.ah], 1, __ATOMIC_SEQ_CST), qpn);
	ret = ipoib_neigh_set_valid(fix.t, rec, &v, now);
	if (ret != 0)
		on_release(NULL, v.ah);
	return ret;
}

/* One change of a random neighbour. @return 0 done, else not now */
static int
change(unsigned int *seed, uint64_t now)
{
	uint32_t k = rand_r(seed) % KEYS;
	struct ipoib_neigh_rec *rec;
	int ret;

	ret = ipoib_neigh_add(fix.t, &s.key[k], now, &rec);
	if (ret != 1)
		return ret;
	if (k >= KEYS_CHANGED)
		return ipoib_neigh_rec_state(rec) == IPOIB_NEIGH_VALID ? 1 : replace(rec, now);
	switch (rand_r(seed) % 8) {
	case 0:
	case 1:
		return ipoib_neigh_del(fix.t, rec);
	case 2:
		return ipoib_neigh_set_stale(fix.t, rec);
	case 3:
		return RTE_MIN(ipoib_neigh_set_failed(fix.t, rec, now), 0);
	default:
		return replace(rec, now);
	}
}

static uint64_t
clock_us(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * SEC + ts.tv_nsec / 1000;
}

static uint64_t
write_for(uint64_t us)
{
	uint64_t start = clock_us(CLOCK_MONOTONIC), now = start, changes = 0, second = 0;
	unsigned int seed = 99;
	uint32_t limit, i;

	for (; now - start < us; now = clock_us(CLOCK_MONOTONIC)) {
		for (i = 0; i < 256; i++)
			changes += change(&seed, T0 + (now - start) * SPEED_UP) == 0;
		ipoib_neigh_iterate(fix.t, T0 + (now - start) * SPEED_UP, 1024);
		if ((now - start) / SEC > second) {
			second++;
			limit = second % 2 != 0 ? ENTRIES : KEYS;
			assert_int_equal(ipoib_neigh_tune(fix.t, 1, 0, limit, limit), 0);
		}
		if (stats().retired > 20000)
			sched_yield();
	}
	return changes;
}

static void
start_readers(pthread_t thread[READERS])
{
	cpu_set_t all, one;
	uint32_t cpu;

	sched_getaffinity(0, sizeof(all), &all);
	for (cpu = 0; cpu < CPU_SETSIZE && s.nb_readers < READERS; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		rte_rcu_qsbr_thread_register(fix.rcu, s.nb_readers);
		assert_int_equal(pthread_create(&thread[s.nb_readers], NULL, reader,
						 (void *)(uintptr_t)s.nb_readers),
				0);
		pthread_setaffinity_np(thread[s.nb_readers], sizeof(one), &one);
		s.nb_readers++;
	}
}

static size_t
heap_used(void)
{
	struct rte_malloc_socket_stats h;

	assert_int_equal(rte_malloc_get_socket_stats(0, &h), 0);
	return h.heap_allocsz_bytes;
}

static void
test_stress(void **state)
{
	struct ipoib_neigh_cfg c = { .name = "stress",
		.socket = SOCKET_ID_ANY,
		.gc_thresh3 = KEYS,
		.gc_thresh2 = KEYS,
		.gc_interval = 1,
		.reclaim_max = 65536,
		.rcu = fix.rcu,
		.ah_release = on_release };
	const char *l = getenv("LONG");
	uint64_t seconds = l != NULL && strcmp(l, "0") != 0 ? SECONDS_LONG : SECONDS_SHORT;
	pthread_t thread[READERS];
	struct ipoib_neigh_stats st;
	uint64_t changes, cpu_us;
	size_t heap = heap_used();
	uint32_t i;

	(void)state;
	for (i = 0; i < KEYS; i++)
		s.key[i] = addr_of(0x48 + i, i % 1000);
	for (i = 1; i < HANDLES; i++)
		s.free_handle[s.nb_free++] = i;
	rte_rcu_qsbr_thread_offline(fix.rcu, READER);
	assert_int_equal(ipoib_neigh_create(&c, &fix.t), 0);
	start_readers(thread);
	cpu_us = clock_us(CLOCK_THREAD_CPUTIME_ID);
	changes = write_for(seconds * SEC);
	cpu_us = clock_us(CLOCK_THREAD_CPUTIME_ID) - cpu_us;
	__atomic_store_n(&s.stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < s.nb_readers; i++)
		pthread_join(thread[i], NULL);
	st = stats();
	ipoib_neigh_destroy(fix.t);
	fix.t = NULL;
	print_message("%u readers, %lu s: %lu changes a second, %lu a second of the writer's CPU; "
		      "%lu aged, %lu evicted, %lu times full, %lu put off\n",
			s.nb_readers, seconds, changes / seconds,
			changes * SEC / RTE_MAX(cpu_us, 1u), st.aged, st.evicted, st.table_full,
			st.reclaim_full);
	for (i = 0; i < s.nb_readers; i++) {
		assert_int_equal(s.wrong[i], 0);
		assert_true(s.seen[i] != 0 && s.kept[i] != 0);
	}
	assert_int_equal(s.wrong_release, 0);
	assert_int_equal(s.nb_free, HANDLES - 1);
	assert_int_equal(heap_used(), heap);
	assert_true(st.aged != 0);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	assert_true(st.evicted != 0);
	assert_true(changes * SEC / cpu_us >= RATE_WANTED);
#endif
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_stress, table_drop),
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

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Readers on CPUs of their own, and the writer. */

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <rte_common.h>

#include "neigh_perf.h"

/* Lookups between two looks at the clock. */
#define CHUNK 4096
/* Workers have a CPU each: what else runs here should not push one away from the other. */
#define READER_NICE -15
/* Updates come in batches, as from a paced control loop. */
#define BATCHES_PER_S 1000

struct run {
	const struct perf_peer *p;
	void *t;
	const struct perf_case *c;
	uint32_t ms;
	pthread_barrier_t start;
	bool stop; /* of the writer */
	uint64_t updates;
};

struct reader {
	struct run *run;
	const struct perf_stream *s;
	uint32_t id;
	uint32_t pos;
	uint64_t lookups, hits, expected, sum;
	double ns;
};

static uint64_t
clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* Without the right to it the figures are noisier, not wrong. */
static void
be_first(void)
{
	(void)setpriority(PRIO_PROCESS, gettid(), READER_NICE);
}

static void
pin(uint32_t cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

/* CPU time, not wall-clock: what else runs on this machine must not count. */
static void
look_for(struct reader *r, uint64_t ns)
{
	const struct ipoib_addr *keys[PERF_BURST_MAX];
	uint64_t end = clock_ns(CLOCK_THREAD_CPUTIME_ID) + ns;
	uint32_t burst = r->run->c->burst;
	uint32_t n, i;

	do {
		for (n = 0; n < CHUNK; n += burst) {
			for (i = 0; i < burst; i++)
				keys[i] = &r->s->addr[r->pos + i];
			r->hits += r->run->p->lookup(r->run->t, r->id, keys, burst, &r->sum);
			r->pos += burst;
			if (r->pos == r->s->n) {
				r->pos = 0;
				r->expected += r->s->hits;
			}
		}
		r->lookups += n;
	} while (clock_ns(CLOCK_THREAD_CPUTIME_ID) < end);
}

/* To the end of the stream, so that its hits are known. */
static void
look_rest(struct reader *r)
{
	const struct ipoib_addr *key;

	while (r->pos != 0) {
		key = &r->s->addr[r->pos];
		r->hits += r->run->p->lookup(r->run->t, r->id, &key, 1, &r->sum);
		if (++r->pos == r->s->n) {
			r->pos = 0;
			r->expected += r->s->hits;
		}
	}
}

static void *
reader_main(void *arg)
{
	struct reader *r = arg;
	uint64_t from;

	pin(PERF_READERS - 1 - r->id);
	be_first();
	r->run->p->reader_begin(r->run->t, r->id);
	pthread_barrier_wait(&r->run->start);
	look_for(r, r->run->ms * UINT64_C(500000));
	r->lookups = 0;
	from = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	look_for(r, r->run->ms * UINT64_C(1000000));
	r->ns = (double)(clock_ns(CLOCK_THREAD_CPUTIME_ID) - from) / r->lookups;
	look_rest(r);
	r->run->p->reader_end(r->run->t, r->id);
	return NULL;
}

/* CPU 0, which it shares with the second reader if there is one. */
static void *
writer_main(void *arg)
{
	struct run *run = arg;
	struct timespec next;
	uint32_t batch = run->c->updates / BATCHES_PER_S;
	uint32_t i, key = 0;

	pin(0);
	clock_gettime(CLOCK_MONOTONIC, &next);
	while (!__atomic_load_n(&run->stop, __ATOMIC_RELAXED)) {
		for (i = 0; i < batch; i++) {
			key = (key + 7919) % run->c->size;
			run->updates += run->p->update(run->t, key);
		}
		next.tv_nsec += 1000000000 / BATCHES_PER_S;
		next.tv_sec += next.tv_nsec / 1000000000;
		next.tv_nsec %= 1000000000;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
	return NULL;
}

static bool
slice_result(const struct reader *rd, const struct perf_case *c, struct perf_result *res)
{
	double ns = 0;
	uint32_t i;

	for (i = 0; i < c->readers; i++) {
		if (rd[i].hits != rd[i].expected)
			return false;
		ns += rd[i].ns / c->readers;
	}
	res->ns[res->n++] = ns;
	return true;
}

bool
perf_slice(const struct perf_peer *p, void *t, const struct perf_case *c,
		const struct perf_stream s[PERF_READERS], uint32_t ms, struct perf_result *res)
{
	struct run run = { .p = p, .t = t, .c = c, .ms = ms };
	struct reader rd[PERF_READERS] = { 0 };
	pthread_t thread[PERF_READERS], writer;
	uint64_t from = clock_ns(CLOCK_MONOTONIC);
	uint32_t i;

	pthread_barrier_init(&run.start, NULL, c->readers);
	for (i = 0; i < c->readers; i++) {
		rd[i] = (struct reader){ .run = &run, .s = &s[i], .id = i };
		if (pthread_create(&thread[i], NULL, reader_main, &rd[i]) != 0)
			abort();
	}
	if (c->updates != 0 && pthread_create(&writer, NULL, writer_main, &run) != 0)
		abort();
	for (i = 0; i < c->readers; i++)
		pthread_join(thread[i], NULL);
	if (c->updates != 0) {
		__atomic_store_n(&run.stop, true, __ATOMIC_RELAXED);
		pthread_join(writer, NULL);
	}
	pthread_barrier_destroy(&run.start);
	res->updates[res->n] = run.updates * 1e9 / (clock_ns(CLOCK_MONOTONIC) - from);
	return slice_result(rd, c, res);
}

static int
cmp_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct perf_stat
perf_stat_of(const double *v, uint32_t n)
{
	double s[PERF_ROUNDS_MAX];
	uint32_t i;

	for (i = 0; i < n; i++)
		s[i] = v[i];
	qsort(s, n, sizeof(*s), cmp_double);
	return (struct perf_stat){
		.median = (s[(n - 1) / 2] + s[n / 2]) / 2, .min = s[0], .max = s[n - 1]
	};
}

struct perf_stat
perf_speed(const struct perf_result *a, const struct perf_result *b)
{
	double ratio[PERF_ROUNDS_MAX];
	uint32_t i, n = RTE_MIN(a->n, b->n);

	for (i = 0; i < n; i++)
		ratio[i] = b->ns[i] / a->ns[i];
	return perf_stat_of(ratio, n);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Requests from other threads. A request has two owners, caller and control thread; the last one
 * frees it, so a caller who gives up leaves nothing that could be written to.
 */

#include <errno.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "control_priv.h"

#define CALLS_MAX 64
#define NS_PER_S 1000000000

enum call_state { CALL_WAITING, CALL_TAKEN, CALL_DONE, CALL_GIVEN_UP };

struct call {
	control_fn fn;
	_Atomic int state;
	_Atomic int owners;
	int ret;
	sem_t done;
	_Alignas(max_align_t) unsigned char arg[];
};

static void
call_put(struct call *r)
{
	if (atomic_fetch_sub(&r->owners, 1) != 1)
		return;
	sem_destroy(&r->done);
	free(r);
}

static struct call *
call_new(control_fn fn, const void *arg, size_t size)
{
	struct call *r = calloc(1, sizeof(*r) + size);

	if (r == NULL)
		return NULL;
	if (sem_init(&r->done, 0, 0) != 0) {
		free(r);
		return NULL;
	}
	r->fn = fn;
	atomic_init(&r->state, CALL_WAITING);
	atomic_init(&r->owners, 2);
	if (size > 0)
		memcpy(r->arg, arg, size);
	return r;
}

static struct timespec
time_in(uint32_t s, uint64_t ns)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ns += (uint64_t)ts.tv_nsec;
	ts.tv_sec += s + (time_t)(ns / NS_PER_S);
	ts.tv_nsec = (long)(ns % NS_PER_S);
	return ts;
}

/* @return whether it is done: what it says may then be read */
static bool
call_wait(struct call *r, uint32_t timeout_ms)
{
	struct timespec ts = time_in(timeout_ms / 1000, timeout_ms % 1000 * UINT64_C(1000000));
	int ret;

	do {
		ret = sem_clockwait(&r->done, CLOCK_MONOTONIC, &ts);
	} while (ret != 0 && errno == EINTR);
	return atomic_load(&r->state) == CALL_DONE;
}

void
control_sleep(struct control *c, uint64_t us)
{
	struct control_ip *ip = c->ip;
	struct timespec ts = time_in(0, us * 1000);

	/* Before the look at the ring, as control_call() first puts, then asks. */
	atomic_store(&ip->asleep, true);
	atomic_thread_fence(memory_order_seq_cst);
	if (rte_ring_empty(ip->calls) == 1)
		sem_clockwait(&ip->wake, CLOCK_MONOTONIC, &ts);
	atomic_store(&ip->asleep, false);
}

/* One post at most for each sleep: what comes too late ends the next one early, and no more. */
static void
control_wake(struct control *c)
{
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_exchange(&c->ip->asleep, false))
		sem_post(&c->ip->wake);
}

int
control_call(struct control *c, control_fn fn, void *arg, size_t arg_size, uint32_t timeout_ms)
{
	struct call *r = call_new(fn, arg, arg_size);
	int waiting = CALL_WAITING;
	int ret = -EBUSY;

	if (r == NULL)
		return -ENOMEM;
	if (rte_ring_mp_enqueue(c->ip->calls, r) != 0) {
		call_put(r);
		call_put(r);
		return -EBUSY;
	}
	control_wake(c);
	if (call_wait(r, timeout_ms)) {
		ret = r->ret;
		if (arg_size > 0)
			memcpy(arg, r->arg, arg_size);
	} else {
		atomic_compare_exchange_strong(&r->state, &waiting, CALL_GIVEN_UP);
	}
	call_put(r);
	return ret;
}

bool
calls_run(struct control *c)
{
	int waiting = CALL_WAITING;
	struct call *r;
	void *p;

	if (rte_ring_sc_dequeue(c->ip->calls, &p) != 0)
		return false;
	r = p;
	if (atomic_compare_exchange_strong(&r->state, &waiting, CALL_TAKEN)) {
		r->ret = r->fn(c, r->arg);
		atomic_store(&r->state, CALL_DONE);
		sem_post(&r->done);
	}
	call_put(r);
	return true;
}

int
calls_init(struct control *c)
{
	static _Atomic unsigned int serial;
	char name[RTE_RING_NAMESIZE];

	if (sem_init(&c->ip->wake, 0, 0) != 0)
		return -errno;
	snprintf(name, sizeof(name), "control_calls_%u", atomic_fetch_add(&serial, 1));
	c->ip->calls = rte_ring_create(
			name, CALLS_MAX, SOCKET_ID_ANY, RING_F_EXACT_SZ | RING_F_SC_DEQ);
	return c->ip->calls == NULL ? -ENOMEM : 0;
}

void
calls_fini(struct control *c)
{
	void *r;

	while (c->ip->calls != NULL && rte_ring_sc_dequeue(c->ip->calls, &r) == 0)
		call_put(r);
	rte_ring_free(c->ip->calls);
	c->ip->calls = NULL;
	sem_destroy(&c->ip->wake);
}

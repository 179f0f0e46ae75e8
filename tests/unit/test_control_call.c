/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Calls of other threads: run by control, answered once, given up without a trace. */

#include <errno.h>
#include <pthread.h>

#include "control_fixture.h"

struct sum {
	int a, b, sum;
};

static _Atomic int served;

static int
add(struct control *c, void *arg)
{
	struct sum *s = arg;

	assert_ptr_equal(c, fx.c);
	s->sum = s->a + s->b;
	atomic_fetch_add(&served, 1);
	return -EDOM;
}

static void *
caller(void *arg)
{
	struct sum s = { .a = 40, .b = 2 };

	*(int *)arg = control_call(fx.c, add, &s, sizeof(s), 30000);
	if (s.sum != 42)
		*(int *)arg = 1;
	return NULL;
}

static void
test_call(void **state)
{
	pthread_t t;
	int ret = 0;

	(void)state;
	atomic_store(&served, 0);
	assert_int_equal(pthread_create(&t, NULL, caller, &ret), 0);
	while (atomic_load(&served) == 0)
		control_tick(fx.c);
	pthread_join(t, NULL);
	assert_int_equal(ret, -EDOM);
}

#define CALLS 1000

static void *
callers(void *arg)
{
	_Atomic int *done = arg;
	int ret = -EDOM;

	for (; atomic_load(done) < CALLS && ret == -EDOM; atomic_fetch_add(done, 1))
		caller(&ret);
	atomic_store(done, ret == -EDOM ? CALLS : -1);
	return NULL;
}

/* Calls wake control: it would sleep for twice as long as the caller waits. */
static void
test_call_wakes(void **state)
{
	static _Atomic int done;
	pthread_t t;

	(void)state;
	atomic_store(&served, 0);
	assert_int_equal(pthread_create(&t, NULL, callers, &done), 0);
	while (atomic_load(&served) < CALLS && atomic_load(&done) >= 0) {
		control_sleep(fx.c, 60000000);
		control_tick(fx.c);
	}
	pthread_join(t, NULL);
	assert_int_equal(atomic_load(&done), CALLS);
}

/* Who gives up leaves nothing behind: it is not run any more. */
static void
test_call_timeout(void **state)
{
	struct sum s = { .a = 1, .b = 2, .sum = 7 };

	(void)state;
	atomic_store(&served, 0);
	assert_int_equal(control_call(fx.c, add, &s, sizeof(s), 5), -EBUSY);
	fx_tick();
	assert_int_equal(atomic_load(&served), 0);
	assert_int_equal(s.sum, 7);
	/* One still waits at the end. */
	assert_int_equal(control_call(fx.c, add, &s, sizeof(s), 1), -EBUSY);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup_up, fx_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_call),
		TEST(test_call_wakes),
		TEST(test_call_timeout),
	};

	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}

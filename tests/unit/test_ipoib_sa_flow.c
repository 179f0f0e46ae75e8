/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Time, order and bounds: loss, silence, BUSY, windows, queues, cancelling. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_common.h>

#include "sa_fixture.h"

static void
test_loss(void **state)
{
	struct sa_fixture *fx = *state;

	fx->s.lose = 3;
	sa_ask_path(fx, NULL);
	sa_run(fx, 1, 5000000);
	assert_int_equal(fx->calls, 1);
	assert_int_equal(fx->status, 0);
	assert_int_equal(fx->s.seen, 4);
	assert_int_equal(sa_stats(fx).timeouts, 3);
	/* 3 times 100 ms, an eighth more or less, and the steps of our clock. */
	assert_in_range(fx->s.last_us - fx->s.first_us, 3 * 87500, 3 * 112500 + 4 * STEP_US);
	assert_int_equal(fx->alive_calls, 0);
}

static void
test_silence(void **state)
{
	struct sa_fixture *fx = *state;
	uint64_t start = fx->fake->now_us;
	unsigned int i, j;

	fx->s.lose = UINT32_MAX;
	sa_ask_path(fx, NULL);
	sa_run(fx, 1, 5000000);
	assert_int_equal(fx->calls, 1);
	assert_int_equal(fx->status, -ETIMEDOUT);
	assert_int_equal(fx->s.seen, 11);
	assert_in_range(fx->done_us - start, 11 * 87500, 11 * 112500 + 13 * STEP_US);
	assert_int_equal(fx->alive_calls, 1);
	assert_false(fx->alive);
	for (i = 0; i < 11; i++) {
		for (j = 0; j < i; j++)
			assert_int_not_equal(fx->s.tids[i], fx->s.tids[j]);
	}
}

/* One request that the SA drops, while it answers others. */
static void
test_one_unanswered(void **state)
{
	struct sa_fixture *fx = *state;
	unsigned int i;

	fx->s.lose = 1;
	sa_ask_path(fx, NULL);
	for (i = 0; i < 50; i++)
		sa_step(fx);
	assert_int_equal(fx->calls, 0);
	fx->s.lose = 0;
	sa_ask_path(fx, NULL);
	sa_run(fx, 1, 50000);
	assert_int_equal(fx->status, 0);
	fx->s.lose = UINT32_MAX;
	fx->s.seen = 0;
	sa_run(fx, 2, 5000000);
	assert_int_equal(fx->status, -ETIMEDOUT);
	assert_int_equal(fx->alive_calls, 0);
}

static void
test_mcast_time(void **state)
{
	struct sa_fixture *fx = *state;
	uint64_t start = fx->fake->now_us;

	fx->s.lose = UINT32_MAX;
	ipoib_sa_mcast_join(fx->sa, &sa_mgid, &fx->fake->port.gid, 1, IPOIB_SA_JOIN_FULL, NULL,
			sa_on_mcast, fx, NULL);
	sa_run(fx, 1, 9000000);
	assert_int_equal(fx->status, -ETIMEDOUT);
	assert_in_range(fx->done_us - start, 11 * 262500, 11 * 337500 + 13 * STEP_US);
}

static void
test_undeliverable(void **state)
{
	struct sa_fixture *fx = *state;
	uint64_t start = fx->fake->now_us;

	fx->s.returned = UINT32_MAX;
	sa_ask_path(fx, NULL);
	sa_step(fx);
	sa_step(fx);
	assert_int_equal(fx->alive_calls, 1);
	assert_false(fx->alive);
	assert_int_equal(fx->calls, 0);
	sa_run(fx, 1, 5000000);
	assert_int_equal(fx->status, -EHOSTUNREACH);
	/* The first, then one each half second, and perhaps a probe. */
	assert_in_range(fx->s.seen, 3, 5);
	assert_in_range(fx->done_us - start, 11 * 87500, 11 * 112500 + 13 * STEP_US);
}

/* OpenSM has ended, and its node's kernel answers: not supported. */
static void
test_no_sa_there(void **state)
{
	struct sa_fixture *fx = *state;
	uint64_t start = fx->fake->now_us;

	fx->s.status = 0x000c;
	sa_ask_path(fx, NULL);
	sa_step(fx);
	sa_step(fx);
	assert_int_equal(fx->alive_calls, 1);
	assert_false(fx->alive);
	sa_run(fx, 1, 5000000);
	assert_int_equal(fx->status, -EHOSTUNREACH);
	assert_in_range(fx->s.seen, 3, 5);
	assert_in_range(fx->done_us - start, 11 * 87500, 11 * 112500 + 13 * STEP_US);
	assert_int_equal(fx->alive_calls, 1);
	/* It lives anew, and nobody asks anything. */
	fx->s.status = 0;
	sa_run(fx, 2, 600000);
	assert_true(fx->alive);
	/* What an SA need not have is refused by an SA. */
	fx->s.status = 0x000c;
	ipoib_sa_inform(fx->sa, IPOIB_SA_TRAP_GID_IN, true, sa_on_inform, fx, NULL);
	sa_run(fx, 2, 10000);
	assert_int_equal(fx->status, -EREMOTEIO);
	assert_true(fx->alive);
}

static void
test_no_sm(void **state)
{
	struct sa_fixture *fx = *state;
	uint64_t start;

	fx->fake->port.sm_lid = 0;
	sa_step(fx);
	start = fx->fake->now_us;
	sa_ask_path(fx, NULL);
	sa_run(fx, 1, 5000000);
	assert_int_equal(fx->status, -EHOSTUNREACH);
	assert_int_equal(fx->s.seen, 0);
	assert_false(fx->alive);
	assert_in_range(fx->done_us - start, 11 * 87500, 11 * 112500 + 13 * STEP_US);
}

static void
test_sm_appears(void **state)
{
	struct sa_fixture *fx = *state;
	uint64_t start;
	unsigned int i;

	fx->fake->port.state = IPOIB_MAD_INIT;
	sa_ask_path(fx, NULL);
	for (i = 0; i < 500; i++)
		sa_step(fx);
	assert_int_equal(fx->calls, 0);
	assert_int_equal(fx->s.seen, 0);
	fx->fake->port.state = IPOIB_MAD_ACTIVE;
	fx->fake->port.sm_lid = 3;
	start = fx->fake->now_us;
	sa_run(fx, 1, 5000000);
	assert_int_equal(fx->status, 0);
	assert_true(fx->alive);
	/* At once, not when the try would have been due. */
	assert_in_range(fx->done_us - start, 0, 5 * STEP_US);
}

static void
test_sm_moves(void **state)
{
	struct sa_fixture *fx = *state;
	unsigned int i;

	fx->s.lose = 1;
	sa_ask_path(fx, NULL);
	for (i = 0; i < 20; i++)
		sa_step(fx);
	assert_int_equal(fx->s.seen, 1);
	fx->fake->port.sm_lid = 9;
	for (i = 0; i < 3; i++)
		sa_step(fx);
	assert_int_equal(fx->s.seen, 2);
	assert_int_equal(fx->calls, 1);
	assert_int_not_equal(fx->s.tids[0], fx->s.tids[1]);
}

static void
test_busy(void **state)
{
	struct sa_fixture *fx = *state;

	fx->s.busy = 3;
	sa_ask_path(fx, NULL);
	sa_run(fx, 1, 5000000);
	assert_int_equal(fx->status, 0);
	assert_int_equal(sa_stats(fx).busy, 3);
	assert_int_equal(sa_stats(fx).timeouts, 0);
	/* 100, 200 and 400 ms. */
	assert_in_range(fx->s.last_us - fx->s.first_us, 7 * 87500, 7 * 112500 + 10 * STEP_US);
	assert_int_equal(fx->alive_calls, 0);
}

static void
test_busy_for_ever(void **state)
{
	struct sa_fixture *fx = *state;

	fx->s.busy = UINT32_MAX;
	sa_ask_path(fx, NULL);
	sa_run(fx, 1, 20000000);
	assert_int_equal(fx->status, -EBUSY);
	assert_int_equal(fx->s.seen, 11);
	assert_int_equal(fx->alive_calls, 0);
}

static void
test_duplicates(void **state)
{
	struct sa_fixture *fx = *state;
	unsigned int i;

	fx->s.copies = 3;
	sa_ask_path(fx, NULL);
	for (i = 0; i < 10; i++)
		sa_step(fx);
	assert_int_equal(fx->calls, 1);
	assert_int_equal(sa_stats(fx).answers, 1);
	assert_int_equal(sa_stats(fx).ignored, 2);
}

/* The first answer is to try 1, after try 2 went out; the second comes too late. */
static void
test_late(void **state)
{
	struct sa_fixture *fx = *state;
	unsigned int i;

	fx->s.delay_us = 150000;
	sa_ask_path(fx, NULL);
	sa_run(fx, 1, 1000000);
	assert_int_equal(fx->status, 0);
	assert_int_equal(fx->s.seen, 2);
	for (i = 0; i < 200; i++)
		sa_step(fx);
	assert_int_equal(fx->calls, 1);
	assert_int_equal(sa_stats(fx).ignored, 1);
}

static void
count_order(void *arg, int status, const struct ipoib_sa_path *path)
{
	uint32_t *slot = arg;

	(void)path;
	assert_int_equal(status, 0);
	(*slot)++;
}

static void
test_window(void **state)
{
	struct sa_fixture *fx = *state;
	struct ipoib_sa_path_req req = { .dgid = sa_dgid, .pkey = 1 };
	unsigned int i, nb = 1000;
	uint32_t max = 0;

	fx->s.delay_us = 5 * STEP_US;
	fx->s.copies = 2;
	for (i = 0; i < nb; i++)
		assert_int_equal(ipoib_sa_path_get(fx->sa, &req, count_order, &fx->order[i], NULL),
				0);
	assert_int_equal(sa_stats(fx).queued, nb);
	assert_int_equal(ipoib_sa_next_deadline(fx->sa), 0);
	for (i = 0; i < 200; i++) {
		sa_step(fx);
		max = RTE_MAX(max, sa_stats(fx).outstanding);
		assert_true(fx->s.seen - sa_stats(fx).answers <= IPOIB_SA_WINDOW);
	}
	assert_int_equal(max, IPOIB_SA_WINDOW);
	for (i = 0; i < nb; i++)
		assert_int_equal(fx->order[i], 1);
	assert_int_equal(sa_stats(fx).sends, nb);
	assert_int_equal(ipoib_sa_next_deadline(fx->sa), NEVER);
}

static void
test_queue_full(void **state)
{
	struct sa_fixture *fx = *state;
	struct ipoib_sa_path_req req = { .dgid = sa_dgid, .pkey = 1 };
	unsigned int i;

	for (i = 0; i < IPOIB_SA_QUEUE; i++)
		assert_int_equal(ipoib_sa_path_get(fx->sa, &req, sa_on_path, fx, NULL), 0);
	assert_int_equal(ipoib_sa_path_get(fx->sa, &req, sa_on_path, fx, NULL), -ENOBUFS);
	sa_run(fx, IPOIB_SA_QUEUE, 10000000);
	assert_int_equal(fx->calls, IPOIB_SA_QUEUE);
	assert_int_equal(ipoib_sa_path_get(fx->sa, &req, sa_on_path, fx, NULL), 0);
}

static void
test_cancel(void **state)
{
	struct sa_fixture *fx = *state;
	ipoib_sa_req_t wire, queued, other;
	unsigned int i;

	fx->s.delay_us = 3 * STEP_US;
	sa_ask_path(fx, &wire);
	sa_step(fx);
	assert_int_equal(sa_stats(fx).outstanding, 1);
	sa_ask_path(fx, &queued);
	assert_int_not_equal(wire, 0);
	ipoib_sa_cancel(fx->sa, wire);
	ipoib_sa_cancel(fx->sa, queued);
	assert_int_equal(sa_stats(fx).outstanding, 0);
	assert_int_equal(sa_stats(fx).queued, 0);
	/* The place is used again; the old handles must not hit the new request. */
	sa_ask_path(fx, &other);
	ipoib_sa_cancel(fx->sa, wire);
	ipoib_sa_cancel(fx->sa, queued);
	ipoib_sa_cancel(fx->sa, 0);
	ipoib_sa_cancel(fx->sa, UINT32_MAX);
	for (i = 0; i < 20; i++)
		sa_step(fx);
	assert_int_equal(fx->calls, 1);
	assert_int_equal(sa_stats(fx).ignored, 1);
}

static void
test_destroy_cancels(void **state)
{
	struct sa_fixture *fx = *state;
	unsigned int i;

	fx->s.lose = UINT32_MAX;
	for (i = 0; i < 100; i++)
		sa_ask_path(fx, NULL);
	sa_step(fx);
	assert_int_equal(sa_stats(fx).outstanding, 64);
	ipoib_sa_destroy(fx->sa);
	assert_int_equal(fx->calls, 100);
	assert_int_equal(fx->status, -ECANCELED);
	assert_int_equal(ipoib_sa_create(fx->fake->mad, NULL, &fx->sa), 0);
}

static void
test_two_clients(void **state)
{
	struct sa_fixture *fx = *state;
	struct ipoib_sa *sa;

	assert_int_equal(ipoib_sa_create(fx->fake->mad, NULL, &sa), -EBUSY);
}

static void
test_probe(void **state)
{
	struct sa_fixture *fx = *state;
	unsigned int i, seen;

	fx->s.lose = UINT32_MAX;
	sa_ask_path(fx, NULL);
	sa_run(fx, 1, 5000000);
	assert_false(fx->alive);
	seen = fx->s.seen;
	for (i = 0; i < 3000; i++)
		sa_step(fx);
	/* Each half second. */
	assert_in_range(fx->s.seen - seen, 5, 7);
	sa_check_hdr(fx->s.last, 0x01, 0x0001, 0);
	fx->s.lose = 0;
	for (i = 0; i < 600; i++)
		sa_step(fx);
	assert_true(fx->alive);
	assert_int_equal(fx->alive_calls, 2);
	seen = fx->s.seen;
	for (i = 0; i < 2000; i++)
		sa_step(fx);
	assert_int_equal(fx->s.seen, seen);
}

/* F: a black hole for a minute, and always something to ask: two MADs a second. */
static void
test_silence_long(void **state)
{
	struct sa_fixture *fx = *state;
	unsigned int i, seen;

	fx->s.lose = UINT32_MAX;
	sa_ask_path(fx, NULL);
	sa_run(fx, 1, 5000000);
	assert_false(fx->alive);
	seen = fx->s.seen;
	for (i = 0; i < 60000; i++) {
		if (sa_stats(fx).queued < 100)
			sa_ask_path(fx, NULL);
		sa_step(fx);
	}
	assert_in_range(fx->s.seen - seen, 100, 125);
	/* Back: everything that still waits is answered. */
	fx->s.lose = 0;
	for (i = 0; i < 700; i++)
		sa_step(fx);
	assert_true(fx->alive);
	assert_int_equal(fx->status, 0);
	assert_int_equal(sa_stats(fx).queued, 0);
	assert_int_equal(sa_stats(fx).outstanding, 0);
}

/* Silence with a full queue: everything ends in its time, few are on the wire. */
static void
test_silence_many(void **state)
{
	struct sa_fixture *fx = *state;
	uint64_t start = fx->fake->now_us;
	unsigned int i;

	fx->s.lose = UINT32_MAX;
	for (i = 0; i < 1000; i++)
		sa_ask_path(fx, NULL);
	sa_run(fx, 1000, 20000000);
	assert_int_equal(fx->calls, 1000);
	assert_in_range(fx->done_us - start, 1100000, 4000000);
	/* How many tries fall before the silence is known depends on their jitter. */
	assert_in_range(fx->s.seen, 64 * 9, 64 * 11 + 200);
}

static void
test_transport_full(void **state)
{
	struct sa_fixture *fx = *state;
	unsigned int i;

	fx->fake->send_ret = -EAGAIN;
	sa_ask_path(fx, NULL);
	for (i = 0; i < 2000; i++)
		sa_step(fx);
	assert_int_equal(fx->calls, 0);
	fx->fake->send_ret = 0;
	sa_run(fx, 1, 10000);
	assert_int_equal(fx->status, 0);
	assert_int_equal(sa_stats(fx).sends, 1);
}

static void
test_absent(void **state)
{
	struct sa_fixture *fx = *state;

	fx->fake->connected = false;
	sa_ask_path(fx, NULL);
	sa_run(fx, 1, 5000000);
	assert_int_equal(fx->status, -EHOSTUNREACH);
	fx->fake->connected = true;
	sa_ask_path(fx, NULL);
	sa_run(fx, 2, 5000000);
	assert_int_equal(fx->status, 0);
	assert_true(fx->alive);
}

static void
ask_again(void *arg, int status, const struct ipoib_sa_path *path)
{
	struct sa_fixture *fx = arg;

	sa_on_path(arg, status, path);
	if (fx->calls < 300) {
		struct ipoib_sa_path_req req = { .dgid = sa_dgid, .pkey = 1 };

		assert_int_equal(ipoib_sa_path_get(fx->sa, &req, ask_again, fx, NULL), 0);
	}
}

static void
test_callback_asks(void **state)
{
	struct sa_fixture *fx = *state;
	struct ipoib_sa_path_req req = { .dgid = sa_dgid, .pkey = 1 };

	ipoib_sa_path_get(fx->sa, &req, ask_again, fx, NULL);
	sa_run(fx, 300, 5000000);
	assert_int_equal(fx->calls, 300);
	assert_int_equal(sa_stats(fx).outstanding, 0);
}

static void
test_deadline(void **state)
{
	struct sa_fixture *fx = *state;
	uint64_t next;

	assert_int_equal(ipoib_sa_next_deadline(fx->sa), NEVER);
	fx->s.lose = UINT32_MAX;
	sa_ask_path(fx, NULL);
	assert_int_equal(ipoib_sa_next_deadline(fx->sa), 0);
	sa_step(fx);
	next = ipoib_sa_next_deadline(fx->sa);
	assert_in_range(next - fx->fake->now_us, 87500, 112500);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sa_setup, sa_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_loss),
		TEST(test_silence),
		TEST(test_one_unanswered),
		TEST(test_mcast_time),
		TEST(test_undeliverable),
		TEST(test_no_sa_there),
		TEST(test_no_sm),
		TEST(test_sm_appears),
		TEST(test_sm_moves),
		TEST(test_busy),
		TEST(test_busy_for_ever),
		TEST(test_duplicates),
		TEST(test_late),
		TEST(test_window),
		TEST(test_queue_full),
		TEST(test_cancel),
		TEST(test_destroy_cancels),
		TEST(test_two_clients),
		TEST(test_probe),
		TEST(test_silence_many),
		TEST(test_silence_long),
		TEST(test_transport_full),
		TEST(test_absent),
		TEST(test_callback_asks),
		TEST(test_deadline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* A path that is known is used on, whatever becomes of the questions about it; and these are few. */

#include <errno.h>
#include <string.h>

#include "control_fixture.h"
#include "path.h"

#define LID 8
#define MANY 200

static struct ib_gid gid2;
static struct ipoib_addr peer;

static int
setup(void **state)
{
	gid2 = fx_gid(2);
	peer = fx_addr(PEER_QPN, 2);
	return fx_setup_up(state);
}

static int
setup_many(void **state)
{
	int ret;

	fx_thresh3 = 16384;
	ret = setup(state);
	fx_thresh3 = 64;
	return ret;
}

static struct ctl_path *
path(void)
{
	return path_find(fx.c->ports[IB], &gid2);
}

static const struct ipoib_neigh_entry *
lookup(void)
{
	return fx_neigh(IB, &peer);
}

/* @return number of packets that left */
static uint32_t
punt(void)
{
	fx_punt_addr(&peer, 0);
	fx_tick();
	return fx_drain();
}

static void
answer(int status, uint16_t dlid)
{
	assert_non_null(fx_path_req(&gid2));
	fx_answer_path(fx_path_req(&gid2), status, dlid);
	fx_tick();
	fx_tick();
	fx_drain();
}

static void
know(void)
{
	punt();
	answer(0, LID);
	assert_int_equal(lookup()->state, IPOIB_NEIGH_VALID);
}

/* The peer's own messages come from another LID: the SA is asked. */
static void
doubt(void)
{
	path_hint(fx.c->ports[IB], &gid2, LID + 1);
	fx_tick();
}

static void
sa_alive(bool alive)
{
	fx.alive_cb(fx.alive_arg, alive);
	fx_tick();
	if (fx_join_req() != NULL)
		fx_answer_join(fx_join_req(), 0);
	fx_tick();
	fx_drain();
}

static void
test_refused(void **state)
{
	uint32_t i;

	(void)state;
	know();
	doubt();
	answer(-ENOENT, 0);
	assert_int_equal(path()->state, IPOIB_NEIGH_STALE);
	assert_int_equal(punt(), 1);
	assert_int_equal(fx_drops(DP_DROP_no_path), 0);
	/* And asked for again. */
	for (i = 0; i < 100 && fx_path_req(&gid2) == NULL; i++)
		fx_run(10 * MS);
	answer(0, LID + 1);
	assert_int_equal(path()->state, IPOIB_NEIGH_VALID);
	assert_int_equal(fx.av[lookup()->ah].dlid, LID + 1);
}

/* What makes the path doubtful while its question is under way makes the answer so, too. */
static void
test_again(void **state)
{
	(void)state;
	know();
	doubt();
	path_stale(path());
	answer(0, LID);
	assert_non_null(fx_path_req(&gid2));
	answer(0, LID);
	assert_null(fx_path_req(&gid2));
}

/* The path's MTU may change alone, and nobody doubts the path: it is looked at every 10 s. */
static void
test_narrower(void **state)
{
	uint32_t i;

	(void)state;
	know();
	assert_int_equal(lookup()->mtu, 0);
	for (i = 0; i < 15 && fx_path_req(&gid2) == NULL; i++) {
		punt();
		fx_run(S);
	}
	assert_int_equal(path()->state, IPOIB_NEIGH_VALID);
	assert_non_null(fx_path_req(&gid2));
	fx_answer_path_mtu(fx_path_req(&gid2), LID, 1024);
	fx_tick();
	fx_tick();
	assert_int_equal(lookup()->mtu, 1020);
}

/* A packet that no worker has taken yet names the old handle. */
static void
test_handle_lingers(void **state)
{
	uint32_t old;

	(void)state;
	know();
	old = lookup()->ah;
	fx_punt_addr(&peer, 0);
	fx_tick();
	doubt();
	fx_answer_path(fx_path_req(&gid2), 0, LID + 1);
	fx_run(3 * S);
	assert_int_not_equal(lookup()->ah, old);
	assert_true(fx.ah_live[old]);
	assert_int_equal(fx_drain(), 1);
	fx_run(10 * MS);
	assert_false(fx.ah_live[old]);
}

/* Who only tells of himself takes no more than three quarters of the table. */
static void
test_strangers(void **state)
{
	struct ctl_port *p = fx.c->ports[IB];
	struct ipoib_addr a;
	uint32_t i;

	(void)state;
	for (i = 10; i < 10 + MANY; i++) {
		a = fx_addr(PEER_QPN, (uint8_t)i);
		resolve_prefetch(p, &a);
	}
	assert_int_equal(p->nb_paths, 48);
	know();
}

/* Nor more than so many at a time, if they make up GIDs. */
static void
test_strangers_pace(void **state)
{
	struct ctl_port *p = fx.c->ports[IB];
	struct ipoib_addr a = fx_addr(PEER_QPN, 1);
	uint32_t i;

	(void)state;
	for (i = 0; i < 3000; i++) {
		a.gid.raw[9] = (uint8_t)(i >> 8);
		a.gid.raw[10] = (uint8_t)i;
		resolve_prefetch(p, &a);
	}
	assert_int_equal(p->nb_paths, 1024);
}

/* Its neighbour goes and comes: not idle. */
static void
test_idle_no_more(void **state)
{
	struct ctl_path *was;
	uint32_t i;

	(void)state;
	know();
	was = path();
	assert_int_equal(control_ipoib_neigh_flush(fx.c, IB), 1);
	for (i = 0; i < 15; i++) {
		assert_int_equal(punt(), 1);
		fx_run(5 * S);
		if (fx_path_req(&gid2) != NULL)
			answer(0, LID);
	}
	assert_ptr_equal(path(), was);
	/* Nobody needs it for a minute. */
	assert_int_equal(control_ipoib_neigh_flush(fx.c, IB), 1);
	fx_run(62 * S);
	assert_null(path());
}

static void
test_silent_sa(void **state)
{
	(void)state;
	know();
	sa_alive(false);
	doubt();
	fx_run(S);
	assert_null(fx_path_req(&gid2));
	assert_int_equal(punt(), 1);
	sa_alive(true);
	assert_non_null(fx_path_req(&gid2));
}

/* A peer that the SA refused for long comes, and the SA tells so: it is asked for at once. */
static void
test_comes_to_life(void **state)
{
	struct ipoib_sa_notice n = { .trap = IPOIB_SA_TRAP_GID_IN, .gid = gid2 };
	uint32_t i;

	(void)state;
	punt();
	for (i = 0; i < 6; i++) {
		answer(-ENOENT, 0);
		fx_run(6 * S);
		punt();
	}
	answer(-ENOENT, 0);
	fx.notice_cb(fx.notice_arg, &n);
	fx_tick();
	answer(0, LID);
	assert_int_equal(lookup()->state, IPOIB_NEIGH_VALID);
}

/* Who is refused again and again is asked for more and more seldom, up to 5 s and an eighth. */
static void
test_backoff(void **state)
{
	uint64_t since, wait[8];
	uint32_t i;

	(void)state;
	punt();
	for (i = 0; i < RTE_DIM(wait); i++) {
		answer(-ENOENT, 0);
		since = fx.now;
		while (fx_path_req(&gid2) == NULL) {
			fx_run(10 * MS);
			punt();
			assert_true(fx.now - since < 6 * S);
		}
		wait[i] = fx.now - since;
	}
	assert_in_range(wait[0], 80 * MS, 200 * MS);
	assert_in_range(wait[2], 300 * MS, 600 * MS);
	assert_in_range(wait[7], 4 * S, 6 * S);
}

/* A question in the name of a GID that we no longer have has no good answer. */
static void
test_gid_moves(void **state)
{
	(void)state;
	punt();
	assert_memory_equal(&fx_path_req(&gid2)->path.sgid, &fx.info.gid, sizeof(gid2));
	fx.info.gid = fx_gid(77);
	fx.info.addr.gid = fx.info.gid;
	fx.events = IPOIB_MAD_EV_GID;
	fx_tick();
	if (fx_join_req() != NULL)
		fx_answer_join(fx_join_req(), 0);
	assert_memory_equal(&fx_path_req(&gid2)->path.sgid, &fx.info.gid, sizeof(gid2));
	answer(0, LID);
	assert_int_equal(lookup()->state, IPOIB_NEIGH_VALID);
}

/* With as many neighbours as there are GIDs: @return questions now under way. */
static uint32_t
asked(bool reply)
{
	struct fake_req *r;
	struct ib_gid gid;
	uint32_t i, n = 0;

	for (i = 10; i < 10 + MANY; i++) {
		gid = fx_gid((uint8_t)i);
		r = fx_path_req(&gid);
		n += r != NULL;
		if (r != NULL && reply)
			fx_answer_path(r, 0, (uint16_t)(100 + i));
	}
	return n;
}

static void
know_many(void)
{
	struct ipoib_addr a;
	uint32_t i;

	for (i = 10; i < 10 + MANY; i++) {
		a = fx_addr(PEER_QPN, (uint8_t)i);
		fx_punt_addr(&a, 0);
		fx_tick();
		asked(true);
		fx_drain();
	}
	fx_run(10 * MS);
	fx_drain();
	assert_int_equal(asked(false), 0);
}

/* All are doubtful: a few at a time are asked for, and each gets its turn. */
static void
test_few_at_a_time(void **state)
{
	uint32_t n, all = 0;

	(void)state;
	know_many();
	assert_int_equal(paths_stale(fx.c->ports[IB]), MANY);
	do {
		fx_tick();
		fx_tick();
		n = asked(true);
		assert_true(n <= CTL_REFRESH_MAX);
		all += n;
	} while (n > 0);
	assert_int_equal(all, MANY);
}

/* Without notices: 100 a second. */
static void
test_poll_pace(void **state)
{
	struct ipoib_addr a;
	uint32_t i, k, n = 0;

	(void)state;
	fx.deaf = true;
	fx.events = IPOIB_MAD_EV_REREGISTER;
	fx_tick();
	fx_answer_join(fx_join_req(), 0);
	know_many();
	fx_run(S);
	asked(true);
	for (i = 0; i < 50; i++) {
		for (k = 10; k < 10 + MANY; k++) {
			a = fx_addr(PEER_QPN, (uint8_t)k);
			fx_punt_addr(&a, 0);
			if (k % 50 == 0)
				fx_tick();
		}
		fx_run(40 * MS);
		fx_drain();
		n += asked(true);
	}
	assert_in_range(n, 150, 260);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fx_teardown)
#define MANY_TEST(name) cmocka_unit_test_setup_teardown(name, setup_many, fx_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_refused),
		TEST(test_again),
		TEST(test_narrower),
		TEST(test_handle_lingers),
		TEST(test_strangers),
		MANY_TEST(test_strangers_pace),
		TEST(test_idle_no_more),
		TEST(test_silent_sa),
		TEST(test_comes_to_life),
		TEST(test_backoff),
		TEST(test_gid_moves),
		MANY_TEST(test_few_at_a_time),
		MANY_TEST(test_poll_pace),
	};

	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* The state of an IPoIB port: reasons, joining, back-off, what an SM's return heals. */

#include <errno.h>
#include <string.h>

#include "control_fixture.h"
#include "path.h"

/* Notices of the SA that are subscribed to. */
#define NB_TRAPS 6

static struct control_ipoib_row row;

static const char *
reason(void)
{
	assert_int_equal(control_ipoib_row(fx.c, IB, &row), 0);
	return row.reason;
}

static void
test_reasons(void **state)
{
	(void)state;
	fx.info.state = IPOIB_MAD_ABSENT;
	fx_run(110 * MS);
	assert_string_equal(reason(), "no fabric: ibsim 'x' does not answer");
	fx.info.state = IPOIB_MAD_DOWN;
	fx_run(110 * MS);
	assert_string_equal(reason(), "port not active");
	fx.info.state = IPOIB_MAD_INIT;
	fx_run(110 * MS);
	assert_string_equal(reason(), "no SM");
	fx.info.state = IPOIB_MAD_ACTIVE;
	fx.info.sm_lid = 0;
	fx_run(110 * MS);
	assert_string_equal(reason(), "no SM");
	fx.info.sm_lid = 1;
	fx.info.pkey_present = false;
	fx_run(110 * MS);
	assert_string_equal(reason(), "P_Key 0x8001 not in the port's table");
	assert_int_equal(fx_waiting(), 0);
	fx.info.pkey_present = true;
	fx_run(110 * MS);
	assert_string_equal(reason(), "joining broadcast group");
	assert_false(row.up);
}

static void
test_join(void **state)
{
	static const uint8_t mgid[16] = { 0xff, 0x12, 0x40, 0x1b, 0x80, 0x01, 0, 0, 0, 0, 0, 0,
		0xff, 0xff, 0xff, 0xff };
	struct fake_req *r = fx_join_req();
	struct control_mcast_row mc;
	uint32_t total;

	(void)state;
	assert_non_null(r);
	assert_memory_equal(r->mgid.raw, mgid, sizeof(mgid));
	assert_int_equal(r->pkey, 0x8001);
	assert_int_equal(r->join, IPOIB_SA_JOIN_FULL);
	assert_false(fx.dp->port[IB].up);
	fx_answer_join(r, 0);
	assert_true(fx.bcast);
	assert_true(fx.dp->port[IB].up);
	assert_int_equal(fx.dp->port[IB].mtu, 2044);
	assert_string_equal(reason(), "");
	assert_true(row.up);
	assert_int_equal(control_mcast_rows(fx.c, IB, 0, &mc, 1, &total), 1);
	assert_string_equal(mc.state, "joined");
	assert_int_equal(mc.mlid, MLID);
	/* The group's address vector always has a GRH. */
	assert_int_equal(fx.ahs, 1);
	assert_int_equal(fx.av[1].dlid, MLID);
	assert_true(fx.av[1].is_global);
	assert_int_equal(fx.av[1].sl, 2);
	assert_int_equal(fx.av[1].tclass, 7);
	assert_int_equal(fx.av[1].flow_label, 0x12345);
	assert_int_equal(fx.av[1].hop_limit, 0);
	assert_memory_equal(fx.av[1].dgid.raw, mgid, sizeof(mgid));
}

static void
test_refused(void **state)
{
	uint64_t asked, waited[6];
	unsigned int i;

	(void)state;
	fx.sa_status = 0x0600;
	for (i = 0; i < RTE_DIM(waited); i++) {
		fx_answer_join(fx_join_req(), -EREMOTEIO);
		assert_string_equal(reason(), "broadcast group refused (SA status 0x0600)");
		asked = fx.now;
		while (fx_join_req() == NULL)
			fx_run(MS);
		waited[i] = fx.now - asked;
	}
	assert_in_range(waited[0], 200 * MS, 300 * MS);
	assert_in_range(waited[1], 400 * MS, 600 * MS);
	assert_in_range(waited[2], 800 * MS, 1200 * MS);
	assert_in_range(waited[5], 3500 * MS, 4500 * MS);
	fx_answer_join(fx_join_req(), 0);
	assert_string_equal(reason(), "");
}

/* A silent SA is tried again so often that its return is noticed within a second. */
static void
test_silent(void **state)
{
	uint32_t sent, informs;

	(void)state;
	fx.alive_cb(fx.alive_arg, false);
	fx_tick();
	assert_string_equal(reason(), "no SM (the SA does not answer)");
	sent = fx.sent;
	fx_run(10 * S);
	assert_in_range(fx.sent - sent, 8, 22);
	assert_int_equal(fx_waiting(), 1);
	fx_answer_join(fx_join_req(), -ETIMEDOUT);
	assert_string_equal(reason(), "no SM (the SA does not answer)");
	fx_run(700 * MS);
	assert_non_null(fx_join_req());
	informs = fx.informs;
	fx.alive_cb(fx.alive_arg, true);
	fx_tick();
	fx_answer_join(fx_join_req(), 0);
	assert_true(fx.dp->port[IB].up);
	/* It may have forgotten whom to tell of changes. */
	assert_int_equal(fx.informs - informs, NB_TRAPS);
}

/* An answer about another group, or with a LID that is no group's, is none. */
static void
test_wrong_group(void **state)
{
	struct ipoib_sa_mcast rec = { .mlid = 0xc000, .mtu = 2048, .qkey = 0xb1b };
	struct fake_req q;

	(void)state;
	q = *fx_join_req();
	fx_join_req()->handle = 0;
	rec.mgid = q.mgid;
	rec.mgid.raw[15] ^= 1;
	q.mcast_cb(q.arg, 0, &rec);
	fx_tick();
	assert_false(fx.dp->port[IB].up);
	fx_run(400 * MS);
	q = *fx_join_req();
	fx_join_req()->handle = 0;
	rec.mgid = q.mgid;
	rec.mlid = 0xbfff;
	q.mcast_cb(q.arg, 0, &rec);
	fx_tick();
	assert_false(fx.dp->port[IB].up);
	fx_run(800 * MS);
	fx_answer_join(fx_join_req(), 0);
	assert_true(fx.dp->port[IB].up);
}

/* Answer all subscriptions that are asked for. @return number */
static uint32_t
answer_informs(int status)
{
	struct fake_req *r;
	uint32_t n;

	for (n = 0; (r = fx_req(FAKE_INFORM, NULL)) != NULL; n++)
		fx_answer(r, status);
	return n;
}

/* Silence says nothing of what the SA holds, a no does; then it is asked more and more seldom. */
static void
test_subscriptions(void **state)
{
	struct ctl_hca *h = fx.c->ports[IB]->hca;
	uint64_t since, wait[5];
	uint32_t i;

	(void)state;
	fx_answer_join(fx_join_req(), 0);
	fx_run(10 * MS);
	assert_true(events_told(h));
	fx.hold_informs = true;
	events_renew(h);
	assert_int_equal(answer_informs(-ETIMEDOUT), NB_TRAPS);
	assert_true(events_told(h));
	events_renew(h);
	assert_int_equal(answer_informs(-ENOENT), NB_TRAPS);
	for (i = 0; i < RTE_DIM(wait); i++) {
		since = fx.now;
		while (fx_req(FAKE_INFORM, NULL) == NULL && fx.now - since < 40 * S)
			fx_run(100 * MS);
		wait[i] = fx.now - since;
		assert_int_equal(answer_informs(-ENOENT), NB_TRAPS);
		assert_false(events_told(h));
		if (fx_join_req() != NULL)
			fx_answer_join(fx_join_req(), 0);
	}
	assert_in_range(wait[0], 800 * MS, 1300 * MS);
	assert_in_range(wait[2], 3500 * MS, 4600 * MS);
	assert_in_range(wait[4], 14 * S, 18 * S);
}

/* Between two SMs there is none for a moment: what works goes on. */
static void
test_no_sm(void **state)
{
	(void)state;
	fx_answer_join(fx_join_req(), 0);
	fx.info.sm_lid = 0;
	fx.events = IPOIB_MAD_EV_SM;
	fx_tick();
	assert_true(fx.dp->port[IB].up);
	assert_true(fx.bcast);
	fx_run(S);
	assert_true(fx.dp->port[IB].up);
	if (fx_join_req() != NULL)
		fx_answer_join(fx_join_req(), 0);
}

/* Another SM has another SL for it: the new handle is there before the old one goes. */
static void
test_group_changes(void **state)
{
	struct ipoib_sa_mcast rec = { .mlid = MLID, .mtu = 2048, .qkey = QKEY, .sl = 9 };
	struct fake_req q;

	(void)state;
	fx_answer_join(fx_join_req(), 0);
	fx_run(12 * S);
	q = *fx_join_req();
	fx_join_req()->handle = 0;
	rec.mgid = q.mgid;
	q.mcast_cb(q.arg, 0, &rec);
	fx_tick();
	assert_true(fx.dp->port[IB].up);
	assert_int_equal(fx.ahs, 2);
	fx_run(2 * S);
	assert_int_equal(fx.ahs, 1);
}

/* In any case it is told so every five minutes. */
static void
test_renew(void **state)
{
	uint32_t informs, i;

	(void)state;
	fx_answer_join(fx_join_req(), 0);
	fx_run(S);
	informs = fx.informs;
	for (i = 0; i < 26; i++) {
		fx_run(10 * S);
		if (fx_join_req() != NULL)
			fx_answer_join(fx_join_req(), 0);
	}
	assert_int_equal(fx.informs, informs);
	for (i = 0; i < 8; i++) {
		fx_run(10 * S);
		if (fx_join_req() != NULL)
			fx_answer_join(fx_join_req(), 0);
	}
	assert_int_equal(fx.informs - informs, NB_TRAPS);
}

/* One that is only slow is not asked anew. */
static void
test_slow(void **state)
{
	uint32_t sent = fx.sent;

	(void)state;
	fx_run(3 * S);
	assert_int_equal(fx.sent, sent);
	fx_answer_join(fx_join_req(), 0);
	assert_true(fx.dp->port[IB].up);
}

/* A restarted SM forgets its members: the join is repeated, and changes nothing. */
static void
test_verify(void **state)
{
	uint32_t sets;

	(void)state;
	fx_answer_join(fx_join_req(), 0);
	sets = fx.bcast_sets;
	assert_null(fx_join_req());
	/* Every 10 s or so, not more. */
	fx_run(8 * S);
	assert_null(fx_join_req());
	fx_run(4 * S);
	assert_non_null(fx_join_req());
	fx_answer_join(fx_join_req(), 0);
	assert_int_equal(fx.bcast_sets, sets);
	assert_int_equal(fx.ahs, 1);
	fx_run(12 * S);
	/* Not answered: what was joined stays. */
	fx_answer_join(fx_join_req(), -ETIMEDOUT);
	assert_true(fx.dp->port[IB].up);
	assert_true(fx.bcast);
}

static void
test_down_and_up(void **state)
{
	(void)state;
	fx_answer_join(fx_join_req(), 0);
	fx.info.state = IPOIB_MAD_DOWN;
	fx.events = IPOIB_MAD_EV_STATE;
	fx_tick();
	assert_false(fx.bcast);
	assert_false(fx.dp->port[IB].up);
	assert_string_equal(reason(), "port not active");
	assert_null(fx_join_req());
	fx.info.state = IPOIB_MAD_ACTIVE;
	fx.events = IPOIB_MAD_EV_STATE;
	fx_tick();
	fx_answer_join(fx_join_req(), 0);
	assert_true(fx.bcast);
	assert_true(fx.dp->port[IB].up);
	/* The old group's handle dies later, when no ring can name it. */
	fx_run(1500 * MS);
	assert_int_equal(fx.ahs, 1);
}

static void
test_reregister(void **state)
{
	(void)state;
	fx_answer_join(fx_join_req(), 0);
	fx_tick();
	assert_null(fx_join_req());
	fx.events = IPOIB_MAD_EV_REREGISTER;
	fx_tick();
	assert_non_null(fx_join_req());
	assert_true(fx.dp->port[IB].up);
	assert_true(fx.bcast);
	fx_answer_join(fx_join_req(), 0);
}

static void
test_leave(void **state)
{
	(void)state;
	fx_answer_join(fx_join_req(), 0);
	fx_teardown(state);
	assert_int_equal(fx.leaves, 1);
	fx_setup(state);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_reasons),
		TEST(test_join),
		TEST(test_refused),
		TEST(test_silent),
		TEST(test_wrong_group),
		TEST(test_group_changes),
		TEST(test_no_sm),
		TEST(test_subscriptions),
		TEST(test_renew),
		TEST(test_slow),
		TEST(test_verify),
		TEST(test_down_and_up),
		TEST(test_reregister),
		TEST(test_leave),
	};

	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}

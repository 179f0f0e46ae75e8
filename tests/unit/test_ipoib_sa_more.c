/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Path components, memberships, ClassPortInfo, notices, virtual ports, the SA's load. */

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
ask(struct sa_fixture *fx, const struct ipoib_sa_path_req *req, struct oracle_path *q)
{
	unsigned int calls = fx->calls;

	assert_int_equal(ipoib_sa_path_get(fx->sa, req, sa_on_path, fx, NULL), 0);
	sa_run(fx, calls + 1, 10000);
	assert_int_equal(fx->calls, calls + 1);
	oracle_get_path(fx->s.last, q);
}

/* B: a path by DLID (LMC), by SL, by QoS class: each its own component. */
static void
test_path_components(void **state)
{
	struct sa_fixture *fx = *state;
	struct ipoib_sa_path_req req = { .dgid = sa_dgid, .pkey = 1, .dlid = 0x1234 };
	struct oracle_path q;

	ask(fx, &req, &q);
	sa_check_hdr(fx->s.last, 0x01, 0x0035, oracle_mask_path_more(true, false, false));
	assert_int_equal(q.dlid, 0x1234);
	assert_int_equal(q.sl, 0);
	assert_int_equal(fx->status, 0);
	req.dlid = 0;
	req.has_sl = true;
	req.sl = 11;
	ask(fx, &req, &q);
	sa_check_hdr(fx->s.last, 0x01, 0x0035, oracle_mask_path_more(false, true, false));
	assert_int_equal(q.dlid, 0);
	assert_int_equal(q.sl, 11);
	assert_int_equal(q.qos_class, 0);
	req.has_qos_class = true;
	req.qos_class = 0xabc;
	ask(fx, &req, &q);
	sa_check_hdr(fx->s.last, 0x01, 0x0035, oracle_mask_path_more(false, true, true));
	assert_int_equal(q.sl, 11);
	assert_int_equal(q.qos_class, 0xabc);
	/* SL 0 is an SL too. */
	req.sl = 0;
	req.has_qos_class = false;
	ask(fx, &req, &q);
	sa_check_hdr(fx->s.last, 0x01, 0x0035, oracle_mask_path_more(false, true, false));
	assert_int_equal(q.sl, 0);
	/* The answer is for LID 0x1234. */
	req.dlid = 0x1235;
	ask(fx, &req, &q);
	assert_int_equal(fx->status, -EPROTO);
}

static void
test_path_bad_components(void **state)
{
	static const struct ipoib_sa_path_req bad[] = {
		{ .dlid = 0xc000 },
		{ .has_sl = true, .sl = 16 },
		{ .has_qos_class = true, .qos_class = 0x1000 },
	};
	struct sa_fixture *fx = *state;
	unsigned int i;

	for (i = 0; i < RTE_DIM(bad); i++) {
		struct ipoib_sa_path_req req = bad[i];

		req.dgid = sa_dgid;
		assert_int_equal(ipoib_sa_path_get(fx->sa, &req, sa_on_path, fx, NULL), -EINVAL);
	}
	assert_int_equal(sa_stats(fx).requests, 0);
}

/* C: each way to join, with and without the group's attributes: Linux's masks. */
static void
test_join_states(void **state)
{
	static const enum ipoib_sa_join joins[] = { IPOIB_SA_JOIN_FULL, IPOIB_SA_JOIN_NON,
		IPOIB_SA_JOIN_SENDONLY_NON, IPOIB_SA_JOIN_SENDONLY_FULL };
	struct ipoib_sa_mcast bcast = { .qkey = 0x0b1b, .mtu = 2048, .rate = 3 };
	struct sa_fixture *fx = *state;
	struct oracle_member q;
	unsigned int i;

	for (i = 0; i < 2 * RTE_DIM(joins); i++) {
		ipoib_sa_mcast_join(fx->sa, &sa_mgid, &sa_dgid, 1, joins[i / 2],
				i % 2 != 0 ? &bcast : NULL, sa_on_mcast, fx, NULL);
		sa_run(fx, i + 1, 10000);
		assert_int_equal(fx->status, 0);
		sa_check_hdr(fx->s.last, 0x02, 0x0038, i % 2 != 0 ? 0x173f7 : 0x10083);
		oracle_get_member(fx->s.last, &q);
		assert_int_equal(q.state, joins[i / 2]);
	}
}

static void
test_membership(void **state)
{
	struct sa_fixture *fx = *state;
	struct oracle_member q;

	assert_int_equal(ipoib_sa_mcast_get(fx->sa, &sa_dgid, &sa_dgid, sa_on_mcast, fx, NULL),
			-EINVAL);
	assert_int_equal(ipoib_sa_mcast_get(fx->sa, &sa_mgid, &fx->fake->port.gid, sa_on_mcast, fx,
					 NULL),
			0);
	sa_run(fx, 1, 10000);
	sa_check_hdr(fx->s.last, 0x01, 0x0038, oracle_mask_mc_get());
	oracle_get_member(fx->s.last, &q);
	assert_memory_equal(q.mgid, sa_mgid.raw, 16);
	assert_memory_equal(q.port_gid, fx->fake->port.gid.raw, 16);
	assert_int_equal(q.state, 0);
	assert_int_equal(fx->status, 0);
	assert_int_equal(fx->mcast.mlid, 0xc003);
	fx->s.status = 0x0300;
	ipoib_sa_mcast_get(fx->sa, &sa_mgid, &fx->fake->port.gid, sa_on_mcast, fx, NULL);
	sa_run(fx, 2, 10000);
	assert_int_equal(fx->status, -ENOENT);
}

static void
test_info(void **state)
{
	struct sa_fixture *fx = *state;

	assert_int_equal(ipoib_sa_info_get(fx->sa, sa_on_info, fx, NULL), 0);
	sa_run(fx, 1, 10000);
	sa_check_hdr(fx->s.last, 0x01, 0x0001, 0);
	assert_int_equal(fx->status, 0);
	assert_int_equal(fx->info.cap_mask, 0x2602);
	assert_int_equal(fx->info.cap_mask2, 0x1400);
	assert_int_equal(fx->info.resp_time, 18);
	assert_true(fx->info.sendonly_full);
}

static void
test_inform(void **state)
{
	static const uint8_t zero[16];
	struct sa_fixture *fx = *state;
	struct oracle_inform q;

	assert_true(ipoib_sa_notices_possible(fx->sa));
	assert_int_equal(ipoib_sa_inform(fx->sa, 66, true, sa_on_inform, fx, NULL), 0);
	sa_run(fx, 1, 10000);
	assert_int_equal(fx->status, 0);
	sa_check_hdr(fx->s.last, 0x02, 0x0003, 0);
	oracle_get_inform(fx->s.last, &q);
	assert_memory_equal(q.gid, zero, 16);
	assert_int_equal(q.lid_begin, 0xffff);
	assert_int_equal(q.is_generic, 1);
	assert_int_equal(q.subscribe, 1);
	assert_int_equal(q.type, 0xffff);
	assert_int_equal(q.trap, 66);
	assert_int_equal(q.producer, 0xffffff);
	assert_int_equal(q.qpn, 0);
	ipoib_sa_inform(fx->sa, 144, false, sa_on_inform, fx, NULL);
	sa_run(fx, 2, 10000);
	oracle_get_inform(fx->s.last, &q);
	assert_int_equal(q.subscribe, 0);
	assert_int_equal(q.trap, 144);
	assert_int_equal(q.qpn, 1);
	fx->s.status = 0x0200;
	ipoib_sa_inform(fx->sa, 67, true, sa_on_inform, fx, NULL);
	sa_run(fx, 3, 10000);
	assert_int_equal(fx->status, -EREMOTEIO);
	fx->fake->no_reports = true;
	assert_false(ipoib_sa_notices_possible(fx->sa));
	assert_int_equal(ipoib_sa_inform(fx->sa, 67, true, sa_on_inform, fx, NULL), -ENOTSUP);
}

static unsigned int resps;
static uint8_t resp[IPOIB_MAD_LEN];

static void
take_resp(struct sa_fixture *fx, const uint8_t *mad)
{
	(void)fx;
	resps++;
	memcpy(resp, mad, sizeof(resp));
}

static void
report(struct sa_fixture *fx, uint32_t tid, const struct oracle_notice *n)
{
	uint8_t mad[IPOIB_MAD_LEN];

	oracle_report(mad, tid, n);
	fake_mad_deliver(fx->fake, mad, 0, 0);
	sa_step(fx);
}

/* F: each trap that is subscribed to, field by field, and its answer. */
static void
test_notices(void **state)
{
	static const uint16_t traps[] = { 64, 65, 66, 67, 128, 144 };
	struct sa_fixture *fx = *state;
	struct oracle_notice n = { .generic = 1, .issuer_lid = 0x31, .lid = 0x42 };
	uint8_t want[IPOIB_MAD_LEN];
	struct oracle_hdr h;
	unsigned int i;

	n.cap_mask = 0x12345678;
	memcpy(n.gid, sa_mgid.raw, 16);
	memcpy(n.issuer_gid, sa_dgid.raw, 16);
	fx->s.take = take_resp;
	for (i = 0; i < RTE_DIM(traps); i++) {
		bool gid = traps[i] < 128;

		n.trap = traps[i];
		resps = 0;
		report(fx, 100 + i, &n);
		assert_int_equal(fx->notices, i + 1);
		assert_int_equal(fx->notice.trap, traps[i]);
		assert_memory_equal(fx->notice.gid.raw, gid ? sa_mgid.raw : sa_dgid.raw, 16);
		assert_int_equal(fx->notice.lid, gid ? 0x31 : 0x42);
		assert_int_equal(fx->notice.cap_mask, traps[i] == 144 ? 0x12345678 : 0);
		assert_int_equal(resps, 1);
		oracle_get_hdr(resp, &h);
		assert_int_equal(h.method, 0x86);
		assert_int_equal(h.tid, 100 + i);
		assert_int_equal(h.status, 0);
		oracle_report(want, 100 + i, &n);
		want[3] = 0x86;
		assert_memory_equal(resp, want, sizeof(want));
	}
	assert_int_equal(sa_stats(fx).notices, 6);
	/* No answer of ours: the SA is not taken to be alive or dead by them. */
	assert_int_equal(sa_stats(fx).answers, 0);
	assert_int_equal(fx->alive_calls, 0);
}

static void
test_notices_odd(void **state)
{
	struct sa_fixture *fx = *state;
	struct oracle_notice n = { .generic = 1, .trap = 66 };
	unsigned int i;

	fx->s.take = take_resp;
	resps = 0;
	/* The same again: answered, told once. */
	report(fx, 7, &n);
	report(fx, 7, &n);
	assert_int_equal(fx->notices, 1);
	assert_int_equal(resps, 2);
	assert_int_equal(sa_stats(fx).notices_dup, 1);
	/* The same TID of another SM's, another content. */
	n.trap = 67;
	report(fx, 7, &n);
	assert_int_equal(fx->notices, 2);
	/* Long after. */
	fx->fake->now_us += 6000000;
	report(fx, 7, &n);
	assert_int_equal(fx->notices, 3);
	/* Traps that nobody asked for. */
	n.trap = 257;
	report(fx, 8, &n);
	n.trap = 66;
	n.generic = 0;
	report(fx, 9, &n);
	assert_int_equal(fx->notices, 3);
	assert_int_equal(resps, 6);
	assert_int_equal(sa_stats(fx).notices_bad, 2);
	/* Nobody listens. */
	n.generic = 1;
	ipoib_sa_on_notice(fx->sa, NULL, NULL);
	for (i = 0; i < 10; i++)
		report(fx, 100 + i, &n);
	assert_int_equal(resps, 16);
	assert_int_equal(sa_stats(fx).notices, 16);
}

static void
test_notices_flood(void **state)
{
	struct sa_fixture *fx = *state;
	struct oracle_notice n = { .generic = 1, .trap = 66 };
	uint8_t mad[IPOIB_MAD_LEN];
	unsigned int i;

	fx->s.take = take_resp;
	resps = 0;
	for (i = 0; i < 4000; i++) {
		oracle_report(mad, i, &n);
		fake_mad_deliver(fx->fake, mad, 0, 0);
	}
	/* 64 in a poll, 63 polls of 1 ms each: the burst, and one a millisecond. */
	for (i = 0; i < 63; i++)
		sa_step(fx);
	assert_in_range(sa_stats(fx).notices, 256, 256 + 64);
	assert_int_equal(sa_stats(fx).notices + sa_stats(fx).notices_dropped, 4000);
	assert_int_equal(resps, sa_stats(fx).notices);
	assert_int_equal(fx->notices, sa_stats(fx).notices);
}

/* B: a virtual port asks the SA by its GID, prefix + 0x0200000000000002. */
static void
test_virtual_port(void **state)
{
	static const uint8_t sa_gid[16] = { 0xfe, 0xc0, 0, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 0, 0, 2 };
	struct sa_fixture *fx = *state;

	sa_ask_path(fx, NULL);
	sa_run(fx, 1, 10000);
	assert_false(fx->fake->dest.grh);
	sa_teardown((void **)&fx);
	fake_mad_grh = true;
	sa_setup((void **)&fx);
	fake_mad_grh = false;
	*state = fx;
	fx->fake->port.gid.raw[1] = 0xc0;
	fx->fake->port.gid.raw[7] = 9;
	sa_step(fx);
	assert_true(ipoib_mad_port(fx->fake->mad)->grh_required);
	sa_ask_path(fx, NULL);
	sa_run(fx, 1, 10000);
	assert_int_equal(fx->status, 0);
	assert_true(fx->fake->dest.grh);
	assert_memory_equal(fx->fake->dest.dgid.raw, sa_gid, 16);
	assert_int_equal(fx->fake->dest.dlid, fx->fake->port.sm_lid);
}

/* F: what is on the wire goes to the new SM at once, and is counted. */
static void
test_sm_moves(void **state)
{
	struct sa_fixture *fx = *state;
	unsigned int i;

	fx->s.lose = UINT32_MAX;
	for (i = 0; i < 10; i++)
		sa_ask_path(fx, NULL);
	for (i = 0; i < 20; i++)
		sa_step(fx);
	assert_int_equal(fx->s.seen, 10);
	fx->s.lose = 0;
	fx->s.copies = 2;
	fx->fake->port.sm_lid = 9;
	for (i = 0; i < 4; i++)
		sa_step(fx);
	assert_int_equal(fx->calls, 10);
	assert_int_equal(fx->s.seen, 20);
	assert_int_equal(sa_stats(fx).resent, 10);
	/* The same SM, living anew, knows nothing of what was asked either. */
	fx->s.lose = UINT32_MAX;
	sa_ask_path(fx, NULL);
	sa_step(fx);
	ipoib_mad_event_inject(fx->fake->mad, IPOIB_MAD_EV_REREGISTER);
	sa_step(fx);
	sa_step(fx);
	assert_int_equal(fx->s.seen, 22);
	assert_int_equal(sa_stats(fx).resent, 11);
}

/* The SA's answers cross each other. */
static void
scramble(struct sa_fixture *fx, const uint8_t *mad)
{
	uint8_t answer[IPOIB_MAD_LEN];

	memcpy(answer, mad, sizeof(answer));
	oracle_answer_member(answer, &sa_good_member);
	fake_mad_deliver(fx->fake, answer, 0, 1000 + (unsigned int)rand() % 20000);
	fx->s.seen++;
}

static void
test_reordering(void **state)
{
	struct sa_fixture *fx = *state;
	struct ib_gid mgid = sa_mgid;
	unsigned int i;

	fx->s.take = scramble;
	for (i = 0; i < 500; i++) {
		mgid.raw[15] = (uint8_t)i;
		ipoib_sa_mcast_join(fx->sa, &mgid, &sa_dgid, 1, IPOIB_SA_JOIN_FULL, NULL,
				sa_on_mcast, fx, NULL);
	}
	/* An answer with another MGID would end in -EPROTO. */
	sa_run(fx, 500, 5000000);
	assert_int_equal(fx->calls, 500);
	assert_int_equal(sa_stats(fx).failures, 0);
	assert_int_equal(sa_stats(fx).ignored, 0);
}

static void
ask_many(struct sa_fixture *fx, unsigned int nb)
{
	unsigned int calls = fx->calls;

	while (nb-- != 0) {
		sa_ask_path(fx, NULL);
		calls++;
	}
	sa_run(fx, calls, 60000000);
	assert_int_equal(fx->calls, calls);
}

/* F, SA manners: BUSY halves what is on the wire, answers let it grow again. */
static void
test_window_busy(void **state)
{
	struct sa_fixture *fx = *state;
	uint32_t window;

	assert_int_equal(sa_stats(fx).window, 64);
	fx->s.busy = 1;
	ask_many(fx, 1);
	assert_int_equal(sa_stats(fx).window, 32);
	/* Many BUSY answers of one windowful say one thing. */
	fx->s.seen = 0;
	fx->s.busy = 32;
	ask_many(fx, 32);
	assert_in_range(sa_stats(fx).window, 16, 20);
	assert_int_equal(sa_stats(fx).halvings, 2);
	window = sa_stats(fx).window;
	ask_many(fx, 200);
	assert_in_range(sa_stats(fx).window, window + 5, window + 12);
	ask_many(fx, 4000);
	assert_int_equal(sa_stats(fx).window, 64);
}

static void
test_window_least(void **state)
{
	struct sa_fixture *fx = *state;

	fx->s.busy = UINT32_MAX;
	ask_many(fx, 10);
	assert_int_equal(fx->status, -EBUSY);
	assert_int_equal(sa_stats(fx).window, IPOIB_SA_WINDOW_MIN);
}

/* F, SA manners: so do round trips that rise. */
static void
test_window_slow(void **state)
{
	struct sa_fixture *fx = *state;

	fx->s.delay_us = 2 * STEP_US;
	ask_many(fx, 100);
	assert_in_range(sa_stats(fx).rtt_us, 1500, 3500);
	assert_int_equal(sa_stats(fx).window, 64);
	/* Ten times as long, but short. */
	fx->s.delay_us = 18 * STEP_US;
	ask_many(fx, 500);
	assert_int_equal(sa_stats(fx).window, 64);
	fx->s.delay_us = 60 * STEP_US;
	ask_many(fx, 300);
	assert_in_range(sa_stats(fx).rtt_us, 30000, 70000);
	assert_true(sa_stats(fx).window < 32);
	assert_true(sa_stats(fx).halvings >= 2);
	/* And it was the load: gone, the window opens. */
	fx->s.delay_us = 2 * STEP_US;
	ask_many(fx, 4000);
	assert_int_equal(sa_stats(fx).window, 64);
}

/* A long way is no load: the window opens although the best time never returns. */
static void
test_window_far(void **state)
{
	struct sa_fixture *fx = *state;

	fx->s.delay_us = 2 * STEP_US;
	ask_many(fx, 10);
	fx->s.delay_us = 40 * STEP_US;
	ask_many(fx, 3000);
	assert_true(sa_stats(fx).window > 16);
	assert_in_range(sa_stats(fx).rtt_us, 35000, 45000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sa_setup, sa_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_path_components),
		TEST(test_path_bad_components),
		TEST(test_join_states),
		TEST(test_membership),
		TEST(test_info),
		TEST(test_inform),
		TEST(test_notices),
		TEST(test_notices_odd),
		TEST(test_notices_flood),
		TEST(test_virtual_port),
		TEST(test_sm_moves),
		TEST(test_reordering),
		TEST(test_window_busy),
		TEST(test_window_least),
		TEST(test_window_slow),
		TEST(test_window_far),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

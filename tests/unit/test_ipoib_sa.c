/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* What goes over the wire: requests, answers, refusals, and what is none of ours. */

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
test_path_request(void **state)
{
	struct sa_fixture *fx = *state;
	struct oracle_path q;

	sa_ask_path(fx, NULL);
	assert_int_equal(fx->calls, 0);
	sa_run(fx, 1, 10000);
	sa_check_hdr(fx->s.last, 0x01, 0x0035, oracle_mask_path());
	assert_int_equal(oracle_mask_path(), 0x340c);
	oracle_get_path(fx->s.last, &q);
	assert_memory_equal(q.dgid, sa_dgid.raw, 16);
	assert_memory_equal(q.sgid, fx->fake->port.gid.raw, 16);
	assert_int_equal(q.num_path, 1);
	assert_int_equal(q.tclass, 0x5a);
	assert_int_equal(q.pkey, 0x8001);
	assert_int_equal(q.dlid, 0);
}

static void
test_path_answer(void **state)
{
	struct sa_fixture *fx = *state;
	const struct ipoib_sa_path *p = &fx->path;

	sa_ask_path(fx, NULL);
	sa_run(fx, 1, 10000);
	assert_int_equal(fx->calls, 1);
	assert_int_equal(fx->status, 0);
	assert_memory_equal(p->dgid.raw, sa_dgid.raw, 16);
	assert_memory_equal(p->sgid.raw, fx->fake->port.gid.raw, 16);
	assert_int_equal(p->dlid, 0x1234);
	assert_int_equal(p->slid, 7);
	assert_int_equal(p->flow_label, 0xabcde);
	assert_int_equal(p->hop_limit, 0x3f);
	assert_int_equal(p->tclass, 0x5a);
	assert_int_equal(p->pkey, 0x8001);
	assert_int_equal(p->sl, 9);
	assert_int_equal(p->mtu, 2048);
	assert_int_equal(p->rate, 16);
	assert_int_equal(p->lifetime, 18);
	assert_int_equal(sa_stats(fx).sends, 1);
	assert_int_equal(sa_stats(fx).answers, 1);
	assert_int_equal(fx->alive_calls, 0);
}

static void
test_path_bad_gid(void **state)
{
	struct sa_fixture *fx = *state;
	struct ipoib_sa_path_req req = { .dgid = sa_mgid };

	assert_int_equal(ipoib_sa_path_get(fx->sa, &req, sa_on_path, fx, NULL), -EINVAL);
	memset(&req.dgid, 0, sizeof(req.dgid));
	assert_int_equal(ipoib_sa_path_get(fx->sa, &req, sa_on_path, fx, NULL), -EINVAL);
	assert_int_equal(ipoib_sa_mcast_join(fx->sa, &sa_dgid, &sa_dgid, 1, 1, NULL, sa_on_mcast,
					 fx, NULL),
			-EINVAL);
}

static void
test_join_broadcast(void **state)
{
	struct sa_fixture *fx = *state;
	const struct ipoib_sa_mcast *m = &fx->mcast;
	struct oracle_member q;

	assert_int_equal(ipoib_sa_mcast_join(fx->sa, &sa_mgid, &fx->fake->port.gid, 0x0001,
					 IPOIB_SA_JOIN_FULL, NULL, sa_on_mcast, fx, NULL),
			0);
	sa_run(fx, 1, 10000);
	sa_check_hdr(fx->s.last, 0x02, 0x0038, oracle_mask_join());
	assert_int_equal(oracle_mask_join(), 0x10083);
	oracle_get_member(fx->s.last, &q);
	assert_memory_equal(q.mgid, sa_mgid.raw, 16);
	assert_memory_equal(q.port_gid, fx->fake->port.gid.raw, 16);
	assert_int_equal(q.pkey, 0x8001);
	assert_int_equal(q.state, 1);
	assert_int_equal(q.qkey, 0);
	assert_int_equal(fx->status, 0);
	assert_memory_equal(m->mgid.raw, sa_mgid.raw, 16);
	assert_int_equal(m->qkey, 0x80010b1b);
	assert_int_equal(m->mlid, 0xc003);
	assert_int_equal(m->mtu, 2048);
	assert_int_equal(m->tclass, 0x5a);
	assert_int_equal(m->pkey, 0x8001);
	assert_int_equal(m->rate, 3);
	assert_int_equal(m->sl, 5);
	assert_int_equal(m->flow_label, 0x54321);
	assert_int_equal(m->hop_limit, 0x21);
	assert_int_equal(m->scope, 2);
	assert_int_equal(m->join_state, 1);
}

static void
test_join_create(void **state)
{
	struct sa_fixture *fx = *state;
	struct ipoib_sa_mcast bcast = { .qkey = 0x80010b1b,
		.mtu = 2048,
		.tclass = 0x77,
		.rate = 3,
		.sl = 13,
		.flow_label = 0x12345,
		.hop_limit = 9,
		.mlid = 0xc000,
		.scope = 2 };
	struct oracle_member q;

	assert_int_equal(
			ipoib_sa_mcast_join(fx->sa, &sa_mgid, &fx->fake->port.gid, 0x8001,
					IPOIB_SA_JOIN_SENDONLY_FULL, &bcast, sa_on_mcast, fx, NULL),
			0);
	sa_run(fx, 1, 10000);
	sa_check_hdr(fx->s.last, 0x02, 0x0038, oracle_mask_create());
	assert_int_equal(oracle_mask_create(), 0x173f7);
	oracle_get_member(fx->s.last, &q);
	assert_int_equal(q.qkey, 0x80010b1b);
	assert_int_equal(q.mtu, 0x84);
	assert_int_equal(q.rate, 0x83);
	assert_int_equal(q.tclass, 0x77);
	assert_int_equal(q.pkey, 0x8001);
	assert_int_equal(q.sl, 13);
	assert_int_equal(q.flow_label, 0x12345);
	assert_int_equal(q.hop_limit, 9);
	assert_int_equal(q.state, 8);
	assert_int_equal(q.mlid, 0);
}

static void
test_leave(void **state)
{
	struct sa_fixture *fx = *state;
	struct oracle_member q;

	ipoib_sa_mcast_leave(fx->sa, &sa_mgid, &fx->fake->port.gid, IPOIB_SA_JOIN_FULL, sa_on_mcast,
			fx, NULL);
	sa_run(fx, 1, 10000);
	sa_check_hdr(fx->s.last, 0x15, 0x0038, oracle_mask_leave());
	assert_int_equal(oracle_mask_leave(), 0x10003);
	oracle_get_member(fx->s.last, &q);
	assert_memory_equal(q.mgid, sa_mgid.raw, 16);
	assert_int_equal(q.state, 1);
	assert_int_equal(fx->calls, 1);
	assert_int_equal(fx->status, 0);
}

static void
test_refusals(void **state)
{
	struct sa_fixture *fx = *state;

	fx->s.status = 0x0300;
	sa_ask_path(fx, NULL);
	sa_run(fx, 1, 10000);
	assert_int_equal(fx->status, -ENOENT);
	fx->s.status = 0x0600;
	sa_ask_path(fx, NULL);
	sa_run(fx, 2, 10000);
	assert_int_equal(fx->status, -EREMOTEIO);
	assert_int_equal(ipoib_sa_last_status(fx->sa), 0x0600);
	ipoib_sa_mcast_leave(fx->sa, &sa_mgid, &sa_dgid, IPOIB_SA_JOIN_FULL, sa_on_mcast, fx, NULL);
	sa_run(fx, 3, 10000);
	assert_int_equal(fx->status, -EREMOTEIO);
	assert_int_equal(fx->calls, 3);
	assert_int_equal(sa_stats(fx).failures, 3);
}

static void
twist_tid(uint8_t *mad)
{
	mad[14] ^= 0x80;
}

static void
twist_try(uint8_t *mad)
{
	mad[15] ^= 0x10;
}

static void
twist_slot(uint8_t *mad)
{
	mad[15] ^= 0x20;
}

static void
twist_method(uint8_t *mad)
{
	mad[3] = 0x01;
}

static void
twist_attr(uint8_t *mad)
{
	mad[17] ^= 0x0d;
}

static void
twist_version(uint8_t *mad)
{
	mad[2] = 1;
}

static void
twist_class(uint8_t *mad)
{
	mad[1] = 4;
}

static void
twist_base(uint8_t *mad)
{
	mad[0] = 2;
}

/* Nothing of this is our answer, and our answer is still taken after it. */
static void
test_foreign(void **state)
{
	static void (*const twists[])(uint8_t *) = { twist_tid, twist_try, twist_slot, twist_method,
		twist_attr, twist_version, twist_class, twist_base };
	struct sa_fixture *fx = *state;
	struct ipoib_mad_stats mad;
	unsigned int i, j;

	for (i = 0; i < RTE_DIM(twists); i++) {
		fx->s.twist = twists[i];
		sa_ask_path(fx, NULL);
		for (j = 0; j < 10; j++)
			sa_step(fx);
		assert_int_equal(fx->calls, i);
		fx->s.twist = NULL;
		sa_run(fx, i + 1, 500000);
		assert_int_equal(fx->calls, i + 1);
		assert_int_equal(fx->status, 0);
	}
	ipoib_mad_stats_get(fx->fake->mad, &mad);
	assert_int_equal(sa_stats(fx).ignored, 6);
	assert_int_equal(mad.unclaimed, 2);
}

/* The 32 upper bits are the kernel's, or ibsim's. */
static void
twist_tid_high(uint8_t *mad)
{
	mad[8] = 0x12;
	mad[11] = 0x34;
}

static void
test_tid_high(void **state)
{
	struct sa_fixture *fx = *state;

	fx->s.twist = twist_tid_high;
	sa_ask_path(fx, NULL);
	sa_run(fx, 1, 10000);
	assert_int_equal(fx->calls, 1);
	assert_int_equal(fx->status, 0);
}

static void
twist_dlid_zero(uint8_t *mad)
{
	mad[56 + 40] = 0;
	mad[56 + 41] = 0;
}

static void
twist_dlid_mcast(uint8_t *mad)
{
	mad[56 + 40] = 0xc0;
}

static void
twist_path_mtu(uint8_t *mad)
{
	mad[56 + 54] = 0x80 | 9;
}

/* About another port, and another partition. */
static void
twist_path_dgid(uint8_t *mad)
{
	mad[56 + 8 + 15] ^= 1;
}

static void
twist_path_pkey(uint8_t *mad)
{
	mad[56 + 51] ^= 2;
}

/* The default prefix stands for the subnet's own. */
static void
twist_path_prefix(uint8_t *mad)
{
	mad[56 + 8 + 7] ^= 1;
}

static void
twist_mlid(uint8_t *mad)
{
	mad[56 + 36] = 0x10;
}

static void
twist_mgid(uint8_t *mad)
{
	mad[56 + 15] ^= 1;
}

static void
test_impossible_records(void **state)
{
	static void (*const paths[])(uint8_t *) = { twist_dlid_zero, twist_dlid_mcast,
		twist_path_mtu, twist_path_dgid, twist_path_pkey };
	static void (*const groups[])(uint8_t *) = { twist_mlid, twist_mgid };
	struct sa_fixture *fx = *state;
	unsigned int i, calls = 0;

	for (i = 0; i < RTE_DIM(paths); i++) {
		fx->s.twist = paths[i];
		sa_ask_path(fx, NULL);
		sa_run(fx, ++calls, 10000);
		assert_int_equal(fx->calls, calls);
		assert_int_equal(fx->status, -EPROTO);
	}
	fx->s.twist = twist_path_prefix;
	sa_ask_path(fx, NULL);
	sa_run(fx, ++calls, 10000);
	assert_int_equal(fx->status, 0);
	for (i = 0; i < RTE_DIM(groups); i++) {
		fx->s.twist = groups[i];
		ipoib_sa_mcast_join(fx->sa, &sa_mgid, &sa_dgid, 1, IPOIB_SA_JOIN_FULL, NULL,
				sa_on_mcast, fx, NULL);
		sa_run(fx, ++calls, 10000);
		assert_int_equal(fx->calls, calls);
		assert_int_equal(fx->status, -EPROTO);
	}
}

static void
twist_noise(uint8_t *mad)
{
	unsigned int i;

	for (i = 0; i < 200; i++)
		mad[56 + i] = (uint8_t)rand();
}

/* Whatever the record holds: one callback, nothing read past it (sanitizers). */
static void
test_noise(void **state)
{
	struct sa_fixture *fx = *state;
	unsigned int i;

	fx->s.twist = twist_noise;
	for (i = 0; i < 500; i++) {
		sa_ask_path(fx, NULL);
		ipoib_sa_mcast_join(fx->sa, &sa_mgid, &sa_dgid, 1, IPOIB_SA_JOIN_FULL, NULL,
				sa_on_mcast, fx, NULL);
		sa_run(fx, 2 * i + 2, 10000);
		assert_int_equal(fx->calls, 2 * i + 2);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sa_setup, sa_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_path_request),
		TEST(test_path_answer),
		TEST(test_path_bad_gid),
		TEST(test_join_broadcast),
		TEST(test_join_create),
		TEST(test_leave),
		TEST(test_refusals),
		TEST(test_foreign),
		TEST(test_tid_high),
		TEST(test_impossible_records),
		TEST(test_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

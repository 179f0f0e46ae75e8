/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_common.h>

#include "fake_mad.h"
#include "ipoib_sa.h"
#include "sa_oracle.h"

#define STEP_US 1000
#define NEVER UINT64_MAX

/* How the fake SA treats the n-th MAD it gets, counted from 0. */
struct sa_script {
	unsigned int lose;     /* the first so many: nothing */
	unsigned int busy;     /* the next so many: BUSY */
	unsigned int returned; /* the next so many: undeliverable */
	uint16_t status;       /* then: this status */
	unsigned int copies;   /* answers to each */
	uint64_t delay_us;
	void (*twist)(uint8_t *mad); /* applied to the answer */
	unsigned int seen;
	uint64_t first_us, last_us;
	uint32_t tids[64];
	uint8_t last[IPOIB_MAD_LEN];
	unsigned int in_flight, max_in_flight;
};

struct fixture {
	struct fake_mad *fake;
	struct ipoib_sa *sa;
	struct sa_script s;
	/* What came back. */
	unsigned int calls;
	int status;
	uint64_t done_us;
	struct ipoib_sa_path path;
	struct ipoib_sa_mcast mcast;
	unsigned int alive_calls;
	bool alive;
	uint32_t order[2048];
};

/* Values that fit nowhere else: a field read from a wrong place shows. */
static const struct oracle_path good_path = {
	.dlid = 0x1234,
	.slid = 7,
	.pkey = 0x8001,
	.flow_label = 0xabcde,
	.hop_limit = 0x3f,
	.tclass = 0x5a,
	.sl = 9,
	.mtu = 4,
	.mtu_sel = 2,
	.rate = 16,
	.rate_sel = 2,
	.life = 18,
	.life_sel = 2,
};
static const struct oracle_member good_member = {
	.qkey = 0x80010b1b,
	.flow_label = 0x54321,
	.mlid = 0xc003,
	.pkey = 0x8001,
	.mtu = 0x84,
	.tclass = 0x5a,
	.rate = 0x83,
	.life = 0x92,
	.sl = 9,
	.hop_limit = 0x21,
	.scope = 2,
	.state = 1,
};
static const struct ib_gid mgid = { { 0xff, 0x12, 0x40, 0x1b, 0x80, 0x01, 0, 0, 0, 0, 0, 0, 0xff,
		0xff, 0xff, 0xff } };
static const struct ib_gid dgid = { { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 2, 0xc9, 3, 0, 0, 0, 0x12,
		0x34 } };

static void
fake_sa(struct fake_mad *f, const uint8_t *mad, uint16_t dlid)
{
	struct fixture *fx = f->arg;
	struct sa_script *s = &fx->s;
	uint8_t answer[IPOIB_MAD_LEN];
	struct oracle_hdr hdr;
	unsigned int i;

	assert_int_equal(dlid, f->port.sm_lid);
	oracle_get_hdr(mad, &hdr);
	if (s->seen == 0)
		s->first_us = f->now_us;
	s->last_us = f->now_us;
	if (s->seen < RTE_DIM(s->tids))
		s->tids[s->seen] = (uint32_t)hdr.tid;
	memcpy(s->last, mad, sizeof(s->last));
	memcpy(answer, mad, sizeof(answer));
	i = s->seen++;
	if (i < s->lose)
		return;
	i -= s->lose;
	if (i >= s->busy && i < s->busy + s->returned) {
		fake_mad_deliver(f, mad, -EHOSTUNREACH, s->delay_us);
		return;
	}
	if (i < s->busy)
		oracle_answer(answer, 0x0001);
	else if (s->status != 0 || hdr.attr_id == 0x0001)
		oracle_answer(answer, s->status);
	else if (hdr.attr_id == 0x0035)
		oracle_answer_path(answer, &good_path);
	else
		oracle_answer_member(answer, &good_member);
	if (s->twist != NULL)
		s->twist(answer);
	for (i = 0; i < (s->copies != 0 ? s->copies : 1); i++)
		fake_mad_deliver(f, answer, 0, s->delay_us);
}

static void
on_alive(void *arg, bool alive)
{
	struct fixture *fx = arg;

	fx->alive = alive;
	fx->alive_calls++;
}

static void
on_path(void *arg, int status, const struct ipoib_sa_path *path)
{
	struct fixture *fx = arg;

	assert_true((path != NULL) == (status == 0));
	fx->calls++;
	fx->status = status;
	fx->done_us = fx->fake->now_us;
	if (path != NULL)
		fx->path = *path;
}

static void
on_mcast(void *arg, int status, const struct ipoib_sa_mcast *mc)
{
	struct fixture *fx = arg;

	assert_true((mc != NULL) == (status == 0));
	fx->calls++;
	fx->status = status;
	fx->done_us = fx->fake->now_us;
	if (mc != NULL)
		fx->mcast = *mc;
}

static int
setup(void **state)
{
	struct fixture *fx = calloc(1, sizeof(*fx));

	fx->fake = fake_mad_open(fake_sa, false);
	fx->fake->arg = fx;
	assert_int_equal(ipoib_sa_create(fx->fake->mad, NULL, &fx->sa), 0);
	ipoib_sa_on_alive(fx->sa, on_alive, fx);
	fake_mad_step(fx->fake, STEP_US);
	ipoib_sa_poll(fx->sa, fx->fake->now_us);
	*state = fx;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *fx = *state;

	ipoib_sa_destroy(fx->sa);
	fake_mad_close(fx->fake);
	free(fx);
	return 0;
}

static void
step(struct fixture *fx)
{
	fake_mad_step(fx->fake, STEP_US);
	ipoib_sa_poll(fx->sa, fx->fake->now_us);
}

/* Until so many callbacks came, or for so long. */
static void
run(struct fixture *fx, unsigned int calls, uint64_t us)
{
	uint64_t end = fx->fake->now_us + us;

	while (fx->calls < calls && fx->fake->now_us < end)
		step(fx);
}

static void
ask_path(struct fixture *fx, ipoib_sa_req_t *handle)
{
	struct ipoib_sa_path_req req = { .dgid = dgid, .pkey = 0x0001, .tclass = 0x5a };

	req.sgid = fx->fake->port.gid;
	assert_int_equal(ipoib_sa_path_get(fx->sa, &req, on_path, fx, handle), 0);
}

static struct ipoib_sa_stats
stats(const struct fixture *fx)
{
	struct ipoib_sa_stats st;

	ipoib_sa_stats_get(fx->sa, &st);
	return st;
}

static void
check_hdr(const uint8_t *mad, uint8_t method, uint16_t attr, uint64_t mask)
{
	struct oracle_hdr h;

	oracle_get_hdr(mad, &h);
	assert_int_equal(h.base_version, 1);
	assert_int_equal(h.mgmt_class, 3);
	assert_int_equal(h.class_version, 2);
	assert_int_equal(h.method, method);
	assert_int_equal(h.status, 0);
	assert_int_equal(h.attr_id, attr);
	assert_int_equal(h.comp_mask, mask);
	assert_int_equal(h.tid >> 32, 0);
	assert_int_equal(h.sm_key, 0);
}

static void
test_path_request(void **state)
{
	struct fixture *fx = *state;
	struct oracle_path q;

	ask_path(fx, NULL);
	assert_int_equal(fx->calls, 0);
	run(fx, 1, 10000);
	check_hdr(fx->s.last, 0x01, 0x0035, oracle_mask_path());
	assert_int_equal(oracle_mask_path(), 0x340c);
	oracle_get_path(fx->s.last, &q);
	assert_memory_equal(q.dgid, dgid.raw, 16);
	assert_memory_equal(q.sgid, fx->fake->port.gid.raw, 16);
	assert_int_equal(q.num_path, 1);
	assert_int_equal(q.tclass, 0x5a);
	assert_int_equal(q.pkey, 0x8001);
	assert_int_equal(q.dlid, 0);
}

static void
test_path_answer(void **state)
{
	struct fixture *fx = *state;
	const struct ipoib_sa_path *p = &fx->path;

	ask_path(fx, NULL);
	run(fx, 1, 10000);
	assert_int_equal(fx->calls, 1);
	assert_int_equal(fx->status, 0);
	assert_memory_equal(p->dgid.raw, dgid.raw, 16);
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
	assert_int_equal(stats(fx).sends, 1);
	assert_int_equal(stats(fx).answers, 1);
	assert_int_equal(fx->alive_calls, 0);
}

static void
test_path_bad_gid(void **state)
{
	struct fixture *fx = *state;
	struct ipoib_sa_path_req req = { .dgid = mgid };

	assert_int_equal(ipoib_sa_path_get(fx->sa, &req, on_path, fx, NULL), -EINVAL);
	memset(&req.dgid, 0, sizeof(req.dgid));
	assert_int_equal(ipoib_sa_path_get(fx->sa, &req, on_path, fx, NULL), -EINVAL);
	assert_int_equal(ipoib_sa_mcast_join(fx->sa, &dgid, &dgid, 1, 1, NULL, on_mcast, fx, NULL),
			-EINVAL);
}

static void
test_join_broadcast(void **state)
{
	struct fixture *fx = *state;
	const struct ipoib_sa_mcast *m = &fx->mcast;
	struct oracle_member q;

	assert_int_equal(ipoib_sa_mcast_join(fx->sa, &mgid, &fx->fake->port.gid, 0x0001,
					 IPOIB_SA_JOIN_FULL, NULL, on_mcast, fx, NULL),
			0);
	run(fx, 1, 10000);
	check_hdr(fx->s.last, 0x02, 0x0038, oracle_mask_join());
	assert_int_equal(oracle_mask_join(), 0x10083);
	oracle_get_member(fx->s.last, &q);
	assert_memory_equal(q.mgid, mgid.raw, 16);
	assert_memory_equal(q.port_gid, fx->fake->port.gid.raw, 16);
	assert_int_equal(q.pkey, 0x8001);
	assert_int_equal(q.state, 1);
	assert_int_equal(q.qkey, 0);
	assert_int_equal(fx->status, 0);
	assert_memory_equal(m->mgid.raw, mgid.raw, 16);
	assert_int_equal(m->qkey, 0x80010b1b);
	assert_int_equal(m->mlid, 0xc003);
	assert_int_equal(m->mtu, 2048);
	assert_int_equal(m->tclass, 0x5a);
	assert_int_equal(m->pkey, 0x8001);
	assert_int_equal(m->rate, 3);
	assert_int_equal(m->sl, 9);
	assert_int_equal(m->flow_label, 0x54321);
	assert_int_equal(m->hop_limit, 0x21);
	assert_int_equal(m->scope, 2);
	assert_int_equal(m->join_state, 1);
}

static void
test_join_create(void **state)
{
	struct fixture *fx = *state;
	struct ipoib_sa_mcast bcast = { .qkey = 0x80010b1b,
		.mtu = 2048,
		.tclass = 0x77,
		.rate = 3,
		.sl = 5,
		.flow_label = 0x12345,
		.hop_limit = 9,
		.mlid = 0xc000,
		.scope = 2 };
	struct oracle_member q;

	assert_int_equal(ipoib_sa_mcast_join(fx->sa, &mgid, &fx->fake->port.gid, 0x8001,
					 IPOIB_SA_JOIN_SENDONLY_FULL, &bcast, on_mcast, fx, NULL),
			0);
	run(fx, 1, 10000);
	check_hdr(fx->s.last, 0x02, 0x0038, oracle_mask_create());
	assert_int_equal(oracle_mask_create(), 0x173f7);
	oracle_get_member(fx->s.last, &q);
	assert_int_equal(q.qkey, 0x80010b1b);
	assert_int_equal(q.mtu, 0x84);
	assert_int_equal(q.rate, 0x83);
	assert_int_equal(q.tclass, 0x77);
	assert_int_equal(q.pkey, 0x8001);
	assert_int_equal(q.sl, 5);
	assert_int_equal(q.flow_label, 0x12345);
	assert_int_equal(q.hop_limit, 9);
	assert_int_equal(q.state, 8);
	assert_int_equal(q.mlid, 0);
}

static void
test_leave(void **state)
{
	struct fixture *fx = *state;
	struct oracle_member q;

	ipoib_sa_mcast_leave(
			fx->sa, &mgid, &fx->fake->port.gid, IPOIB_SA_JOIN_FULL, on_mcast, fx, NULL);
	run(fx, 1, 10000);
	check_hdr(fx->s.last, 0x15, 0x0038, oracle_mask_leave());
	assert_int_equal(oracle_mask_leave(), 0x10003);
	oracle_get_member(fx->s.last, &q);
	assert_memory_equal(q.mgid, mgid.raw, 16);
	assert_int_equal(q.state, 1);
	assert_int_equal(fx->calls, 1);
	assert_int_equal(fx->status, 0);
}

static void
test_loss(void **state)
{
	struct fixture *fx = *state;

	fx->s.lose = 3;
	ask_path(fx, NULL);
	run(fx, 1, 5000000);
	assert_int_equal(fx->calls, 1);
	assert_int_equal(fx->status, 0);
	assert_int_equal(fx->s.seen, 4);
	assert_int_equal(stats(fx).timeouts, 3);
	/* 3 times 100 ms, an eighth more or less, and the steps of our clock. */
	assert_in_range(fx->s.last_us - fx->s.first_us, 3 * 87500, 3 * 112500 + 4 * STEP_US);
	assert_int_equal(fx->alive_calls, 0);
}

static void
test_silence(void **state)
{
	struct fixture *fx = *state;
	uint64_t start = fx->fake->now_us;
	unsigned int i, j;

	fx->s.lose = UINT32_MAX;
	ask_path(fx, NULL);
	run(fx, 1, 5000000);
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
	struct fixture *fx = *state;
	unsigned int i;

	fx->s.lose = 1;
	ask_path(fx, NULL);
	for (i = 0; i < 50; i++)
		step(fx);
	assert_int_equal(fx->calls, 0);
	fx->s.lose = 0;
	ask_path(fx, NULL);
	run(fx, 1, 50000);
	assert_int_equal(fx->status, 0);
	fx->s.lose = UINT32_MAX;
	fx->s.seen = 0;
	run(fx, 2, 5000000);
	assert_int_equal(fx->status, -ETIMEDOUT);
	assert_int_equal(fx->alive_calls, 0);
}

static void
test_mcast_time(void **state)
{
	struct fixture *fx = *state;
	uint64_t start = fx->fake->now_us;

	fx->s.lose = UINT32_MAX;
	ipoib_sa_mcast_join(fx->sa, &mgid, &fx->fake->port.gid, 1, IPOIB_SA_JOIN_FULL, NULL,
			on_mcast, fx, NULL);
	run(fx, 1, 9000000);
	assert_int_equal(fx->status, -ETIMEDOUT);
	assert_in_range(fx->done_us - start, 11 * 262500, 11 * 337500 + 13 * STEP_US);
}

static void
test_undeliverable(void **state)
{
	struct fixture *fx = *state;
	uint64_t start = fx->fake->now_us;

	fx->s.returned = UINT32_MAX;
	ask_path(fx, NULL);
	step(fx);
	step(fx);
	assert_int_equal(fx->alive_calls, 1);
	assert_false(fx->alive);
	assert_int_equal(fx->calls, 0);
	run(fx, 1, 5000000);
	assert_int_equal(fx->status, -EHOSTUNREACH);
	/* And, in the end, perhaps a probe. */
	assert_in_range(fx->s.seen, 11, 12);
	assert_in_range(fx->done_us - start, 11 * 87500, 11 * 112500 + 13 * STEP_US);
}

static void
test_no_sm(void **state)
{
	struct fixture *fx = *state;
	uint64_t start;

	fx->fake->port.sm_lid = 0;
	step(fx);
	start = fx->fake->now_us;
	ask_path(fx, NULL);
	run(fx, 1, 5000000);
	assert_int_equal(fx->status, -EHOSTUNREACH);
	assert_int_equal(fx->s.seen, 0);
	assert_false(fx->alive);
	assert_in_range(fx->done_us - start, 11 * 87500, 11 * 112500 + 13 * STEP_US);
}

static void
test_sm_appears(void **state)
{
	struct fixture *fx = *state;
	uint64_t start;
	unsigned int i;

	fx->fake->port.state = IPOIB_MAD_INIT;
	ask_path(fx, NULL);
	for (i = 0; i < 500; i++)
		step(fx);
	assert_int_equal(fx->calls, 0);
	assert_int_equal(fx->s.seen, 0);
	fx->fake->port.state = IPOIB_MAD_ACTIVE;
	fx->fake->port.sm_lid = 3;
	start = fx->fake->now_us;
	run(fx, 1, 5000000);
	assert_int_equal(fx->status, 0);
	assert_true(fx->alive);
	/* At once, not when the try would have been due. */
	assert_in_range(fx->done_us - start, 0, 5 * STEP_US);
}

static void
test_sm_moves(void **state)
{
	struct fixture *fx = *state;
	unsigned int i;

	fx->s.lose = 1;
	ask_path(fx, NULL);
	for (i = 0; i < 20; i++)
		step(fx);
	assert_int_equal(fx->s.seen, 1);
	fx->fake->port.sm_lid = 9;
	for (i = 0; i < 3; i++)
		step(fx);
	assert_int_equal(fx->s.seen, 2);
	assert_int_equal(fx->calls, 1);
	assert_int_not_equal(fx->s.tids[0], fx->s.tids[1]);
}

static void
test_busy(void **state)
{
	struct fixture *fx = *state;

	fx->s.busy = 3;
	ask_path(fx, NULL);
	run(fx, 1, 5000000);
	assert_int_equal(fx->status, 0);
	assert_int_equal(stats(fx).busy, 3);
	assert_int_equal(stats(fx).timeouts, 0);
	/* 100, 200 and 400 ms. */
	assert_in_range(fx->s.last_us - fx->s.first_us, 7 * 87500, 7 * 112500 + 10 * STEP_US);
	assert_int_equal(fx->alive_calls, 0);
}

static void
test_busy_for_ever(void **state)
{
	struct fixture *fx = *state;

	fx->s.busy = UINT32_MAX;
	ask_path(fx, NULL);
	run(fx, 1, 20000000);
	assert_int_equal(fx->status, -EBUSY);
	assert_int_equal(fx->s.seen, 11);
	assert_int_equal(fx->alive_calls, 0);
}

static void
test_refusals(void **state)
{
	struct fixture *fx = *state;

	fx->s.status = 0x0300;
	ask_path(fx, NULL);
	run(fx, 1, 10000);
	assert_int_equal(fx->status, -ENOENT);
	fx->s.status = 0x0600;
	ask_path(fx, NULL);
	run(fx, 2, 10000);
	assert_int_equal(fx->status, -EREMOTEIO);
	assert_int_equal(ipoib_sa_last_status(fx->sa), 0x0600);
	ipoib_sa_mcast_leave(fx->sa, &mgid, &dgid, IPOIB_SA_JOIN_FULL, on_mcast, fx, NULL);
	run(fx, 3, 10000);
	assert_int_equal(fx->status, -EREMOTEIO);
	assert_int_equal(fx->calls, 3);
	assert_int_equal(stats(fx).failures, 3);
}

static void
test_duplicates(void **state)
{
	struct fixture *fx = *state;
	unsigned int i;

	fx->s.copies = 3;
	ask_path(fx, NULL);
	for (i = 0; i < 10; i++)
		step(fx);
	assert_int_equal(fx->calls, 1);
	assert_int_equal(stats(fx).answers, 1);
	assert_int_equal(stats(fx).ignored, 2);
}

/* The first answer is to try 1, after try 2 went out; the second comes too late. */
static void
test_late(void **state)
{
	struct fixture *fx = *state;
	unsigned int i;

	fx->s.delay_us = 150000;
	ask_path(fx, NULL);
	run(fx, 1, 1000000);
	assert_int_equal(fx->status, 0);
	assert_int_equal(fx->s.seen, 2);
	for (i = 0; i < 200; i++)
		step(fx);
	assert_int_equal(fx->calls, 1);
	assert_int_equal(stats(fx).ignored, 1);
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
	struct fixture *fx = *state;
	struct ipoib_mad_stats mad;
	unsigned int i, j;

	for (i = 0; i < RTE_DIM(twists); i++) {
		fx->s.twist = twists[i];
		ask_path(fx, NULL);
		for (j = 0; j < 10; j++)
			step(fx);
		assert_int_equal(fx->calls, i);
		fx->s.twist = NULL;
		run(fx, i + 1, 500000);
		assert_int_equal(fx->calls, i + 1);
		assert_int_equal(fx->status, 0);
	}
	ipoib_mad_stats_get(fx->fake->mad, &mad);
	assert_int_equal(stats(fx).ignored, 6);
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
	struct fixture *fx = *state;

	fx->s.twist = twist_tid_high;
	ask_path(fx, NULL);
	run(fx, 1, 10000);
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
	static void (*const paths[])(
			uint8_t *) = { twist_dlid_zero, twist_dlid_mcast, twist_path_mtu };
	static void (*const groups[])(uint8_t *) = { twist_mlid, twist_mgid };
	struct fixture *fx = *state;
	unsigned int i, calls = 0;

	for (i = 0; i < RTE_DIM(paths); i++) {
		fx->s.twist = paths[i];
		ask_path(fx, NULL);
		run(fx, ++calls, 10000);
		assert_int_equal(fx->calls, calls);
		assert_int_equal(fx->status, -EPROTO);
	}
	for (i = 0; i < RTE_DIM(groups); i++) {
		fx->s.twist = groups[i];
		ipoib_sa_mcast_join(fx->sa, &mgid, &dgid, 1, IPOIB_SA_JOIN_FULL, NULL, on_mcast, fx,
				NULL);
		run(fx, ++calls, 10000);
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
	struct fixture *fx = *state;
	unsigned int i;

	fx->s.twist = twist_noise;
	for (i = 0; i < 500; i++) {
		ask_path(fx, NULL);
		ipoib_sa_mcast_join(fx->sa, &mgid, &dgid, 1, IPOIB_SA_JOIN_FULL, NULL, on_mcast, fx,
				NULL);
		run(fx, 2 * i + 2, 10000);
		assert_int_equal(fx->calls, 2 * i + 2);
	}
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
	struct fixture *fx = *state;
	struct ipoib_sa_path_req req = { .dgid = dgid, .pkey = 1 };
	unsigned int i, nb = 1000;
	uint32_t max = 0;

	fx->s.delay_us = 5 * STEP_US;
	fx->s.copies = 2;
	for (i = 0; i < nb; i++)
		assert_int_equal(ipoib_sa_path_get(fx->sa, &req, count_order, &fx->order[i], NULL),
				0);
	assert_int_equal(stats(fx).queued, nb);
	assert_int_equal(ipoib_sa_next_deadline(fx->sa), 0);
	for (i = 0; i < 200; i++) {
		step(fx);
		max = RTE_MAX(max, stats(fx).outstanding);
		assert_true(fx->s.seen - stats(fx).answers <= IPOIB_SA_WINDOW);
	}
	assert_int_equal(max, IPOIB_SA_WINDOW);
	for (i = 0; i < nb; i++)
		assert_int_equal(fx->order[i], 1);
	assert_int_equal(stats(fx).sends, nb);
	assert_int_equal(ipoib_sa_next_deadline(fx->sa), NEVER);
}

static void
test_queue_full(void **state)
{
	struct fixture *fx = *state;
	struct ipoib_sa_path_req req = { .dgid = dgid, .pkey = 1 };
	unsigned int i;

	for (i = 0; i < IPOIB_SA_QUEUE; i++)
		assert_int_equal(ipoib_sa_path_get(fx->sa, &req, on_path, fx, NULL), 0);
	assert_int_equal(ipoib_sa_path_get(fx->sa, &req, on_path, fx, NULL), -ENOBUFS);
	run(fx, IPOIB_SA_QUEUE, 10000000);
	assert_int_equal(fx->calls, IPOIB_SA_QUEUE);
	assert_int_equal(ipoib_sa_path_get(fx->sa, &req, on_path, fx, NULL), 0);
}

static void
test_cancel(void **state)
{
	struct fixture *fx = *state;
	ipoib_sa_req_t wire, queued, other;
	unsigned int i;

	fx->s.delay_us = 3 * STEP_US;
	ask_path(fx, &wire);
	step(fx);
	assert_int_equal(stats(fx).outstanding, 1);
	ask_path(fx, &queued);
	assert_int_not_equal(wire, 0);
	ipoib_sa_cancel(fx->sa, wire);
	ipoib_sa_cancel(fx->sa, queued);
	assert_int_equal(stats(fx).outstanding, 0);
	assert_int_equal(stats(fx).queued, 0);
	/* The place is used again; the old handles must not hit the new request. */
	ask_path(fx, &other);
	ipoib_sa_cancel(fx->sa, wire);
	ipoib_sa_cancel(fx->sa, queued);
	ipoib_sa_cancel(fx->sa, 0);
	ipoib_sa_cancel(fx->sa, UINT32_MAX);
	for (i = 0; i < 20; i++)
		step(fx);
	assert_int_equal(fx->calls, 1);
	assert_int_equal(stats(fx).ignored, 1);
}

static void
test_destroy_cancels(void **state)
{
	struct fixture *fx = *state;
	unsigned int i;

	fx->s.lose = UINT32_MAX;
	for (i = 0; i < 100; i++)
		ask_path(fx, NULL);
	step(fx);
	assert_int_equal(stats(fx).outstanding, 64);
	ipoib_sa_destroy(fx->sa);
	assert_int_equal(fx->calls, 100);
	assert_int_equal(fx->status, -ECANCELED);
	assert_int_equal(ipoib_sa_create(fx->fake->mad, NULL, &fx->sa), 0);
}

static void
test_two_clients(void **state)
{
	struct fixture *fx = *state;
	struct ipoib_sa *sa;

	assert_int_equal(ipoib_sa_create(fx->fake->mad, NULL, &sa), -EBUSY);
}

static void
test_probe(void **state)
{
	struct fixture *fx = *state;
	unsigned int i, seen;

	fx->s.lose = UINT32_MAX;
	ask_path(fx, NULL);
	run(fx, 1, 5000000);
	assert_false(fx->alive);
	seen = fx->s.seen;
	for (i = 0; i < 3000; i++)
		step(fx);
	/* Each half second. */
	assert_in_range(fx->s.seen - seen, 5, 7);
	check_hdr(fx->s.last, 0x01, 0x0001, 0);
	fx->s.lose = 0;
	for (i = 0; i < 600; i++)
		step(fx);
	assert_true(fx->alive);
	assert_int_equal(fx->alive_calls, 2);
	seen = fx->s.seen;
	for (i = 0; i < 2000; i++)
		step(fx);
	assert_int_equal(fx->s.seen, seen);
}

/* Silence with a full queue: everything ends in its time, few are on the wire. */
static void
test_silence_many(void **state)
{
	struct fixture *fx = *state;
	uint64_t start = fx->fake->now_us;
	unsigned int i;

	fx->s.lose = UINT32_MAX;
	for (i = 0; i < 1000; i++)
		ask_path(fx, NULL);
	run(fx, 1000, 20000000);
	assert_int_equal(fx->calls, 1000);
	assert_in_range(fx->done_us - start, 1100000, 4000000);
	assert_in_range(fx->s.seen, 64 * 11, 64 * 11 + 200);
}

static void
test_transport_full(void **state)
{
	struct fixture *fx = *state;
	unsigned int i;

	fx->fake->send_ret = -EAGAIN;
	ask_path(fx, NULL);
	for (i = 0; i < 2000; i++)
		step(fx);
	assert_int_equal(fx->calls, 0);
	fx->fake->send_ret = 0;
	run(fx, 1, 10000);
	assert_int_equal(fx->status, 0);
	assert_int_equal(stats(fx).sends, 1);
}

static void
test_absent(void **state)
{
	struct fixture *fx = *state;

	fx->fake->connected = false;
	ask_path(fx, NULL);
	run(fx, 1, 5000000);
	assert_int_equal(fx->status, -EHOSTUNREACH);
	fx->fake->connected = true;
	ask_path(fx, NULL);
	run(fx, 2, 5000000);
	assert_int_equal(fx->status, 0);
	assert_true(fx->alive);
}

static void
ask_again(void *arg, int status, const struct ipoib_sa_path *path)
{
	struct fixture *fx = arg;

	on_path(arg, status, path);
	if (fx->calls < 300) {
		struct ipoib_sa_path_req req = { .dgid = dgid, .pkey = 1 };

		assert_int_equal(ipoib_sa_path_get(fx->sa, &req, ask_again, fx, NULL), 0);
	}
}

static void
test_callback_asks(void **state)
{
	struct fixture *fx = *state;
	struct ipoib_sa_path_req req = { .dgid = dgid, .pkey = 1 };

	ipoib_sa_path_get(fx->sa, &req, ask_again, fx, NULL);
	run(fx, 300, 5000000);
	assert_int_equal(fx->calls, 300);
	assert_int_equal(stats(fx).outstanding, 0);
}

static void
test_deadline(void **state)
{
	struct fixture *fx = *state;
	uint64_t next;

	assert_int_equal(ipoib_sa_next_deadline(fx->sa), NEVER);
	fx->s.lose = UINT32_MAX;
	ask_path(fx, NULL);
	assert_int_equal(ipoib_sa_next_deadline(fx->sa), 0);
	step(fx);
	next = ipoib_sa_next_deadline(fx->sa);
	assert_in_range(next - fx->fake->now_us, 87500, 112500);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

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
		TEST(test_loss),
		TEST(test_silence),
		TEST(test_one_unanswered),
		TEST(test_mcast_time),
		TEST(test_undeliverable),
		TEST(test_no_sm),
		TEST(test_sm_appears),
		TEST(test_sm_moves),
		TEST(test_busy),
		TEST(test_busy_for_ever),
		TEST(test_refusals),
		TEST(test_duplicates),
		TEST(test_late),
		TEST(test_foreign),
		TEST(test_tid_high),
		TEST(test_impossible_records),
		TEST(test_noise),
		TEST(test_window),
		TEST(test_queue_full),
		TEST(test_cancel),
		TEST(test_destroy_cancels),
		TEST(test_two_clients),
		TEST(test_probe),
		TEST(test_silence_many),
		TEST(test_transport_full),
		TEST(test_absent),
		TEST(test_callback_asks),
		TEST(test_deadline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

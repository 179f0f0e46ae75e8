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

#include "sa_fixture.h"

/* Values that fit nowhere else: a field read from a wrong place shows. */
static const struct oracle_path sa_good_path = {
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
const struct oracle_member sa_good_member = {
	.qkey = 0x80010b1b,
	.flow_label = 0x54321,
	.mlid = 0xc003,
	.pkey = 0x8001,
	.mtu = 0x84,
	.tclass = 0x5a,
	.rate = 0x83,
	.life = 0x92,
	.sl = 5, /* ib_types.h shifts it as an int */
	.hop_limit = 0x21,
	.scope = 2,
	.state = 1,
};
const struct ib_gid sa_mgid = { { 0xff, 0x12, 0x40, 0x1b, 0x80, 0x01, 0, 0, 0, 0, 0, 0, 0xff, 0xff,
		0xff, 0xff } };
const struct ib_gid sa_dgid = { { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 2, 0xc9, 3, 0, 0, 0, 0x12, 0x34 } };

static void
fake_sa(struct fake_mad *f, const uint8_t *mad, uint16_t dlid)
{
	struct sa_fixture *fx = f->arg;
	struct sa_script *s = &fx->s;
	uint8_t answer[IPOIB_MAD_LEN];
	struct oracle_hdr hdr;
	unsigned int i;

	assert_int_equal(dlid, f->port.sm_lid);
	if (s->take != NULL) {
		s->take(fx, mad);
		return;
	}
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
	else if (s->status != 0 || hdr.attr_id == 0x0003)
		oracle_answer(answer, s->status);
	else if (hdr.attr_id == 0x0001)
		oracle_answer_info(answer, 0x2602, 0x1400, 18);
	else if (hdr.attr_id == 0x0035)
		oracle_answer_path(answer, &sa_good_path);
	else
		oracle_answer_member(answer, &sa_good_member);
	if (s->twist != NULL)
		s->twist(answer);
	for (i = 0; i < (s->copies != 0 ? s->copies : 1); i++)
		fake_mad_deliver(f, answer, 0, s->delay_us);
}

static void
on_alive(void *arg, bool alive)
{
	struct sa_fixture *fx = arg;

	fx->alive = alive;
	fx->alive_calls++;
}

void
sa_on_path(void *arg, int status, const struct ipoib_sa_path *path)
{
	struct sa_fixture *fx = arg;

	assert_true((path != NULL) == (status == 0));
	fx->calls++;
	fx->status = status;
	fx->done_us = fx->fake->now_us;
	if (path != NULL)
		fx->path = *path;
}

void
sa_on_mcast(void *arg, int status, const struct ipoib_sa_mcast *mc)
{
	struct sa_fixture *fx = arg;

	assert_true((mc != NULL) == (status == 0));
	fx->calls++;
	fx->status = status;
	fx->done_us = fx->fake->now_us;
	if (mc != NULL)
		fx->mcast = *mc;
}

void
sa_on_list(void *arg, int status, const struct ipoib_sa_mcast *recs, uint32_t n)
{
	struct sa_fixture *fx = arg;

	assert_true(status == 0 || (recs == NULL && n == 0));
	assert_true(n <= IPOIB_SA_LIST_MAX);
	fx->calls++;
	fx->status = status;
	fx->nb_recs = n;
	if (n != 0)
		memcpy(fx->recs, recs, n * sizeof(recs[0]));
}

void
sa_on_info(void *arg, int status, const struct ipoib_sa_info *info)
{
	struct sa_fixture *fx = arg;

	assert_true((info != NULL) == (status == 0));
	fx->calls++;
	fx->status = status;
	if (info != NULL)
		fx->info = *info;
}

void
sa_on_inform(void *arg, int status)
{
	struct sa_fixture *fx = arg;

	fx->calls++;
	fx->status = status;
}

static void
on_notice(void *arg, const struct ipoib_sa_notice *notice)
{
	struct sa_fixture *fx = arg;

	fx->notices++;
	fx->notice = *notice;
}

int
sa_setup(void **state)
{
	struct sa_fixture *fx = calloc(1, sizeof(*fx));

	fx->fake = fake_mad_open(fake_sa, false);
	fx->fake->arg = fx;
	assert_int_equal(ipoib_sa_create(fx->fake->mad, NULL, &fx->sa), 0);
	ipoib_sa_on_alive(fx->sa, on_alive, fx);
	ipoib_sa_on_notice(fx->sa, on_notice, fx);
	fake_mad_step(fx->fake, STEP_US);
	ipoib_sa_poll(fx->sa, fx->fake->now_us);
	*state = fx;
	return 0;
}

int
sa_teardown(void **state)
{
	struct sa_fixture *fx = *state;

	ipoib_sa_destroy(fx->sa);
	fake_mad_close(fx->fake);
	free(fx);
	return 0;
}

void
sa_step(struct sa_fixture *fx)
{
	fake_mad_step(fx->fake, STEP_US);
	ipoib_sa_poll(fx->sa, fx->fake->now_us);
}

void
sa_run(struct sa_fixture *fx, unsigned int calls, uint64_t us)
{
	uint64_t end = fx->fake->now_us + us;

	while (fx->calls < calls && fx->fake->now_us < end)
		sa_step(fx);
}

void
sa_ask_path(struct sa_fixture *fx, ipoib_sa_req_t *handle)
{
	struct ipoib_sa_path_req req = { .dgid = sa_dgid, .pkey = 0x0001, .tclass = 0x5a };

	req.sgid = fx->fake->port.gid;
	assert_int_equal(ipoib_sa_path_get(fx->sa, &req, sa_on_path, fx, handle), 0);
}

struct ipoib_sa_stats
sa_stats(const struct sa_fixture *fx)
{
	struct ipoib_sa_stats st;

	ipoib_sa_stats_get(fx->sa, &st);
	return st;
}

void
sa_check_hdr(const uint8_t *mad, uint8_t method, uint16_t attr, uint64_t mask)
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

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Lists of groups: tables that come by RMPP, from a sender that keeps to its
 * window and repeats what is not acknowledged; and tables that are cut.
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

#define DATA 200   /* octets of a table in one segment */
#define SEG_HDR 20 /* of the SA's header, counted as payload */
#define RMPP_DATA 1
#define RMPP_ACK 2
#define RMPP_STOP 3
#define RMPP_ABORT 4
#define RETRY_US 50000

/* The sending half of RMPP, of one table. */
static struct sender {
	unsigned int nb;	/* records */
	unsigned int lose_nth;	/* one of so many */
	unsigned int lose_acks; /* the next so many */
	unsigned int swap;	/* neighbours change places */
	unsigned int dead_at;	/* nothing from this segment on */
	bool mute;		/* leave the first question unanswered */
	bool twin;		/* answer it too, later, with another table */
	bool bare;		/* no RMPP below: only the first MAD */
	unsigned int gaps;	/* bare: MLIDs free between two groups */
	bool running;
	uint8_t head[IPOIB_MAD_LEN];
	uint8_t first[8]; /* TID of the first question */
	uint32_t acked, allowed, sent, segs;
	uint64_t sent_us;
	/* What the receiver said. */
	unsigned int asked, acks, stops, aborts, count;
	uint8_t status;
} tx;

static struct oracle_member
member(unsigned int i)
{
	struct oracle_member m = sa_good_member;

	memcpy(m.mgid, sa_mgid.raw, 16);
	m.mgid[13] = (uint8_t)(i >> 16);
	m.mgid[14] = (uint8_t)(i >> 8);
	m.mgid[15] = (uint8_t)i;
	m.mlid = (uint16_t)(0xc000 + i * (tx.gaps + 1));
	return m;
}

/* Octets of the table, from @p from on; what is past its end is zero. */
static void
table(uint8_t *out, size_t from, size_t len)
{
	uint8_t rec[ORACLE_MEMBER_LEN];
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned int r = (unsigned int)((from + i) / ORACLE_MEMBER_LEN);
		struct oracle_member m = member(r);

		if (i == 0 || (from + i) % ORACLE_MEMBER_LEN == 0)
			oracle_put_member(rec, &m);
		out[i] = r < tx.nb ? rec[(from + i) % ORACLE_MEMBER_LEN] : 0;
	}
}

static void
send_seg(struct sa_fixture *fx, uint32_t seg)
{
	struct oracle_rmpp h = { .version = 1, .type = RMPP_DATA, .flags = 0x01, .seg = seg };
	size_t total = (size_t)tx.nb * ORACLE_MEMBER_LEN;
	size_t from = (size_t)(seg - 1) * DATA;
	uint8_t mad[IPOIB_MAD_LEN];

	if (++tx.count == tx.dead_at)
		tx.running = false;
	if (!tx.running || (tx.lose_nth != 0 && (unsigned int)rand() % tx.lose_nth == 0))
		return;
	memcpy(mad, tx.head, sizeof(mad));
	oracle_answer(mad, 0);
	table(mad + IPOIB_MAD_LEN - DATA, from, DATA);
	if (seg == 1) {
		h.flags |= 0x02;
		h.len_or_last = (uint32_t)(total + (size_t)tx.segs * SEG_HDR);
	}
	if (seg == tx.segs) {
		h.flags |= 0x04;
		h.len_or_last = (uint32_t)(total - from + SEG_HDR);
	}
	oracle_put_rmpp(mad, &h, tx.nb != 0 ? ORACLE_MEMBER_LEN : 0);
	if (tx.twin) {
		uint8_t other[IPOIB_MAD_LEN];

		memcpy(other, mad, sizeof(other));
		memcpy(other + 8, tx.first, 8);
		other[IPOIB_MAD_LEN - 150] ^= 0x55;
		if (seg != 1)
			fake_mad_deliver(fx->fake, other, 0, 0);
	}
	fake_mad_deliver(fx->fake, mad, 0, tx.swap != 0 && seg % 2 == 1 ? 3000 : 1000);
}

static void
pump(struct sa_fixture *fx)
{
	while (tx.running && tx.sent < tx.segs && tx.sent < tx.allowed)
		send_seg(fx, ++tx.sent);
	tx.sent_us = fx->fake->now_us;
}

/* What was not acknowledged in time is sent again. */
static void
tick(struct sa_fixture *fx)
{
	if (!tx.running || fx->fake->now_us < tx.sent_us + RETRY_US)
		return;
	tx.sent = tx.acked;
	pump(fx);
}

/* One MAD of a table and no more: an SA whose RMPP is left to nobody. */
static void
answer_bare(struct sa_fixture *fx, const uint8_t *mad)
{
	struct oracle_rmpp h = { .flags = 0x01 };
	uint8_t answer[IPOIB_MAD_LEN];
	struct oracle_member q;
	struct oracle_hdr hdr;
	unsigned int i, n = 0;

	memcpy(answer, mad, sizeof(answer));
	oracle_get_hdr(mad, &hdr);
	oracle_get_member(mad, &q);
	oracle_answer(answer, 0);
	memset(answer + IPOIB_MAD_LEN - DATA, 0, DATA);
	if (hdr.comp_mask == oracle_mask_list(false)) {
		table(answer + IPOIB_MAD_LEN - DATA, 0, DATA);
		n = tx.nb;
	} else {
		assert_int_equal(hdr.comp_mask, oracle_mask_list(true));
		for (i = 0; i < tx.nb; i++) {
			struct oracle_member m = member(i);

			if (m.mlid == q.mlid) {
				oracle_put_member(answer + IPOIB_MAD_LEN - DATA, &m);
				n = 1;
			}
		}
	}
	oracle_put_rmpp(answer, &h, n != 0 ? ORACLE_MEMBER_LEN : 0);
	fake_mad_deliver(fx->fake, answer, 0, 0);
}

static void
on_request(struct sa_fixture *fx, const uint8_t *mad)
{
	struct oracle_member q;

	tx.asked++;
	oracle_get_member(mad, &q);
	assert_int_equal(q.pkey, 0x8001);
	if (tx.bare) {
		answer_bare(fx, mad);
		return;
	}
	sa_check_hdr(mad, 0x12, 0x0038, oracle_mask_list(false));
	if (tx.asked == 1)
		memcpy(tx.first, mad + 8, sizeof(tx.first));
	if (tx.mute && tx.asked == 1)
		return;
	memcpy(tx.head, mad, sizeof(tx.head));
	tx.segs = (tx.nb * ORACLE_MEMBER_LEN + DATA - 1) / DATA;
	if (tx.segs == 0)
		tx.segs = 1;
	tx.running = true;
	tx.acked = 0;
	tx.sent = 0;
	tx.allowed = 1;
	pump(fx);
}

static void
on_mad(struct sa_fixture *fx, const uint8_t *mad)
{
	struct oracle_rmpp h;
	struct oracle_hdr hdr;

	oracle_get_hdr(mad, &hdr);
	oracle_get_rmpp(mad, &h);
	if (h.flags == 0) {
		on_request(fx, mad);
		return;
	}
	/* As an ACK of Linux: the request's method, its TID. */
	assert_int_equal(hdr.method, 0x12);
	assert_int_equal(hdr.attr_id, 0x0038);
	assert_memory_equal(mad + 8, tx.head + 8, 8);
	assert_int_equal(h.version, 1);
	assert_int_equal(h.flags, 0x01);
	if (h.type != RMPP_ACK)
		tx.status = h.status;
	tx.stops += h.type == RMPP_STOP;
	tx.aborts += h.type == RMPP_ABORT;
	if (h.type != RMPP_ACK) {
		tx.running = false;
		return;
	}
	tx.acks++;
	assert_int_equal(h.status, 0);
	if (tx.lose_acks != 0) {
		tx.lose_acks--;
		return;
	}
	assert_true(h.seg <= tx.sent);
	assert_true(h.len_or_last > h.seg);
	tx.acked = RTE_MAX(tx.acked, h.seg);
	tx.allowed = RTE_MAX(tx.allowed, h.len_or_last);
	if (tx.acked == tx.segs)
		tx.running = false;
	pump(fx);
}

static void
list_start(struct sa_fixture *fx, unsigned int nb)
{
	memset(&tx, 0, sizeof(tx));
	tx.nb = nb;
	fx->s.take = on_mad;
	assert_int_equal(ipoib_sa_mcast_list(fx->sa, 0x0001, sa_on_list, fx, NULL), 0);
}

static void
list_run(struct sa_fixture *fx, unsigned int calls)
{
	uint64_t end = fx->fake->now_us + 120000000;

	while (fx->calls < calls && fx->fake->now_us < end) {
		sa_step(fx);
		tick(fx);
	}
	assert_int_equal(fx->calls, calls);
}

static void
check_recs(const struct sa_fixture *fx, unsigned int nb)
{
	unsigned int i;

	assert_int_equal(fx->status, 0);
	assert_int_equal(fx->nb_recs, nb);
	for (i = 0; i < nb; i++) {
		struct oracle_member m = member(i);

		assert_memory_equal(fx->recs[i].mgid.raw, m.mgid, 16);
		assert_int_equal(fx->recs[i].mlid, m.mlid);
		assert_int_equal(fx->recs[i].qkey, m.qkey);
		assert_int_equal(fx->recs[i].hop_limit, m.hop_limit);
		assert_int_equal(fx->recs[i].join_state, m.state);
	}
}

/* Records at, before and behind the edges of segments and of windows. */
static void
test_sizes(void **state)
{
	static const unsigned int sizes[] = { 0, 1, 3, 4, 7, 25, 100, 114, 115, 118, 1000, 4096 };
	struct sa_fixture *fx = *state;
	unsigned int i;

	for (i = 0; i < RTE_DIM(sizes); i++) {
		list_start(fx, sizes[i]);
		list_run(fx, i + 1);
		check_recs(fx, sizes[i]);
		assert_int_equal(tx.asked, 1);
		assert_false(tx.running);
		/* One for each window of 32, and the first and the last. */
		assert_in_range(tx.acks, 1, tx.segs / 32 + 2);
	}
	assert_int_equal(sa_stats(fx).ignored, 0);
}

static void
test_too_many(void **state)
{
	struct sa_fixture *fx = *state;

	list_start(fx, 5000);
	list_run(fx, 1);
	check_recs(fx, IPOIB_SA_LIST_MAX);
	assert_int_equal(tx.stops, 1);
	assert_int_equal(tx.status, 1);
	assert_false(tx.running);
}

static void
test_lossy(void **state)
{
	struct sa_fixture *fx = *state;
	unsigned int n;

	for (n = 2; n < 12; n++) {
		list_start(fx, 300);
		tx.lose_nth = n;
		tx.lose_acks = n;
		list_run(fx, n - 1);
		check_recs(fx, 300);
	}
}

static void
test_reordered(void **state)
{
	struct sa_fixture *fx = *state;

	list_start(fx, 300);
	tx.swap = 1;
	list_run(fx, 1);
	check_recs(fx, 300);
	assert_true(sa_stats(fx).ignored > 0);
}

/* Our last ACK is lost: the sender asks for it after we are through. */
static void
test_last_ack_lost(void **state)
{
	struct sa_fixture *fx = *state;
	unsigned int i;

	list_start(fx, 3);
	tx.lose_acks = 2;
	list_run(fx, 1);
	check_recs(fx, 3);
	assert_true(tx.running);
	for (i = 0; i < 200; i++) {
		sa_step(fx);
		tick(fx);
	}
	assert_false(tx.running);
	assert_int_equal(tx.acks, 3);
	assert_int_equal(fx->calls, 1);
}

/* Two tries are answered, a segment each in turn: one table is taken. */
static void
test_two_answers(void **state)
{
	struct sa_fixture *fx = *state;

	list_start(fx, 300);
	tx.mute = true;
	tx.twin = true;
	list_run(fx, 1);
	check_recs(fx, 300);
	assert_int_equal(tx.asked, 2);
}

/* The SA dies in the middle: an ACK is repeated, then the table asked for anew. */
static void
test_sender_dies(void **state)
{
	struct sa_fixture *fx = *state;

	list_start(fx, 300);
	tx.dead_at = 10;
	list_run(fx, 1);
	check_recs(fx, 300);
	assert_int_equal(tx.asked, 2);
	/* The first, five repeated; then first, windows and last of the second. */
	assert_in_range(tx.acks, 9, 11);
	assert_int_equal(tx.aborts, 1);
	assert_int_equal(tx.status, 126);
}

static void
test_sender_dies_for_good(void **state)
{
	struct sa_fixture *fx = *state;

	list_start(fx, 300);
	tx.dead_at = 10;
	while (tx.asked < 2)
		sa_step(fx);
	fx->s.take = NULL;
	fx->s.lose = UINT32_MAX;
	sa_run(fx, 1, 60000000);
	assert_int_equal(fx->calls, 1);
	assert_int_equal(fx->status, -ETIMEDOUT);
}

/* OpenSM without a kernel below it: the groups come by MLID, holes and all. */
static void
test_bare(void **state)
{
	static const unsigned int sizes[] = { 0, 2, 3, 4, 20, 200 };
	struct sa_fixture *fx = *state;
	unsigned int i;

	for (i = 0; i < RTE_DIM(sizes); i++) {
		list_start(fx, sizes[i]);
		tx.bare = true;
		tx.gaps = 5;
		list_run(fx, i + 1);
		check_recs(fx, sizes[i]);
		if (sizes[i] < 4)
			assert_int_equal(tx.asked, 1);
	}
}

static void
test_cancel(void **state)
{
	struct sa_fixture *fx = *state;
	ipoib_sa_req_t handle[5];
	unsigned int i, round;

	memset(&tx, 0, sizeof(tx));
	tx.nb = 300;
	fx->s.take = on_mad;
	/* Four at a time; cancelled ones make room. */
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 4; i++)
			assert_int_equal(ipoib_sa_mcast_list(fx->sa, 1, sa_on_list, fx, &handle[i]),
					0);
		assert_int_equal(
				ipoib_sa_mcast_list(fx->sa, 1, sa_on_list, fx, &handle[4]), -EBUSY);
		if (round == 1)
			sa_step(fx);
		for (i = 0; i < 4; i++)
			ipoib_sa_cancel(fx->sa, handle[i]);
	}
	ipoib_sa_mcast_list(fx->sa, 1, sa_on_list, fx, NULL);
	assert_int_equal(fx->calls, 0);
	/* And the client's end frees what is left. */
	sa_step(fx);
}

static void
twist(struct sa_fixture *fx, const uint8_t *mad)
{
	uint8_t answer[IPOIB_MAD_LEN];
	unsigned int i;

	if ((mad[26] & 1) != 0)
		return;
	memcpy(answer, mad, sizeof(answer));
	oracle_answer(answer, 0);
	for (i = 24; i < IPOIB_MAD_LEN; i++)
		answer[i] = (uint8_t)rand();
	answer[24] &= 1;
	answer[25] &= 7;
	if (rand() % 2 != 0)
		memset(answer + 28, 0, 4);
	answer[31] = 1;
	answer[44] = 0;
	answer[45] = (uint8_t)(rand() % 30);
	if (rand() % 2 != 0)
		answer[56] = 0xff;
	fake_mad_deliver(fx->fake, answer, 0, 0);
}

/* Whatever the table holds: one callback, nothing read past it (sanitizers). */
static void
test_noise(void **state)
{
	struct sa_fixture *fx = *state;
	unsigned int i;

	fx->s.take = twist;
	for (i = 0; i < 300; i++) {
		ipoib_sa_mcast_list(fx->sa, 1, sa_on_list, fx, NULL);
		sa_run(fx, i + 1, 60000000);
		assert_int_equal(fx->calls, i + 1);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sa_setup, sa_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sizes),
		TEST(test_too_many),
		TEST(test_lossy),
		TEST(test_reordered),
		TEST(test_last_ack_lost),
		TEST(test_two_answers),
		TEST(test_sender_dies),
		TEST(test_sender_dies_for_good),
		TEST(test_bare),
		TEST(test_cancel),
		TEST(test_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

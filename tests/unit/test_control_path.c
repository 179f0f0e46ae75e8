/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * What a path record leads to: GRH, several LIDs, traffic classes; and how a path that no longer
 * leads to its peer is found out. Names give the row of doc/spec.md.
 */

#include <errno.h>
#include <string.h>

#include "control_fixture.h"
#include "path.h"

#define BASE 8

static struct ib_gid gid2;
static struct ipoib_addr peer;

static int
setup(void **state)
{
	gid2 = fx_gid(2);
	peer = fx_addr(PEER_QPN, 2);
	return fx_setup_up(state);
}

static const struct ipoib_neigh_entry *
lookup(void)
{
	return fx_neigh(IB, &peer);
}

static const struct ipoib_ahset *
set(void)
{
	assert_int_equal(lookup()->kind, IPOIB_NEIGH_UD_SET);
	return &fx.dp->port[IB].ahset[lookup()->ah % IPOIB_AHSET_MAX];
}

static const struct pmd_ipoib_av *
av_of(uint32_t ah)
{
	assert_true(fx.ah_live[ah]);
	return &fx.av[ah];
}

static struct ipoib_sa_path
record(uint16_t dlid, uint8_t sl)
{
	return (struct ipoib_sa_path){
		.dlid = dlid, .slid = 4, .pkey = 0x8001, .sl = sl, .mtu = 2048, .rate = 3
	};
}

static void
punt(void)
{
	fx_punt_addr(&peer, 0);
	fx_tick();
	fx_drain();
}

/* Ask for the path and take the first answer. */
static void
know(const struct ipoib_sa_path *rec)
{
	punt();
	assert_non_null(fx_path_req(&gid2));
	fx_answer_path_rec(fx_path_req(&gid2), *rec);
	fx_tick();
	fx_tick();
	fx_drain();
}

/* Every question about the peer, as the SA answers it; dlid refused: it has no path there. */
static uint32_t
answer_legs(uint16_t refused)
{
	struct fake_req *r;
	uint16_t dlid;
	uint32_t n = 0;

	while ((r = fx_path_req(&gid2)) != NULL) {
		dlid = r->path.dlid != 0 ? r->path.dlid : BASE;
		if (dlid == refused)
			fx_answer_path(r, -ENOENT, 0);
		else
			fx_answer_path_rec(r, record(dlid, r->path.has_sl ? r->path.sl : 3));
		fx_tick();
		n++;
	}
	fx_tick();
	fx_drain();
	return n;
}

static void
lmc(uint8_t bits)
{
	fx.info.lmc = bits;
	fx.events = IPOIB_MAD_EV_LID;
	fx_tick();
	if (fx_join_req() != NULL)
		fx_answer_join(fx_join_req(), 0);
	fx_tick();
	fx_drain();
}

/* The GID that was asked for stays the key; the address vector is of the answer. */
static void
test_a2_16_alias(void **state)
{
	struct ipoib_sa_path rec = record(BASE, 3);
	uint32_t sent = fx.sent;
	struct ib_gid alias = fx_gid(9);

	(void)state;
	rec.dgid = alias;
	rec.hop_limit = 2;
	know(&rec);
	assert_int_equal(lookup()->state, IPOIB_NEIGH_VALID);
	assert_memory_equal(&av_of(lookup()->ah)->dgid, &alias, sizeof(alias));
	punt();
	assert_null(fx_path_req(&gid2));
	assert_null(fx_path_req(&alias));
	assert_int_equal(fx.sent - sent, 1);
	assert_null(path_find(fx.c->ports[IB], &alias));
}

static void
test_b_grh(void **state)
{
	static const struct {
		uint8_t hops, want;
		bool required, foreign;
	} row[] = {
		{ .hops = 0, .want = 0 },
		{ .hops = 5, .want = 5 },
		{ .hops = 0, .want = 1, .required = true },
		{ .hops = 0, .want = 64, .foreign = true },
		{ .hops = 7, .want = 7, .required = true, .foreign = true },
	};
	struct ctl_port *p = fx.c->ports[IB];
	struct ipoib_sa_path rec = record(BASE, 3);
	struct pmd_ipoib_av av;
	struct ib_gid gid;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(row); i++) {
		gid = gid2;
		gid.raw[0] = row[i].foreign ? 0xfd : 0xfe;
		rec.dgid = gid;
		rec.hop_limit = row[i].hops;
		p->info.grh_required = row[i].required;
		assert_int_equal(path_av(p, &gid, &rec, &av), 0);
		assert_int_equal(av.is_global, row[i].want != 0);
		assert_int_equal(av.hop_limit, row[i].want);
		assert_int_equal(ib_gid_equal(&av.dgid, &gid), row[i].want != 0);
	}
	p->info.grh_required = false;
	rec.dlid = 0xc001;
	assert_int_equal(path_av(p, &gid, &rec, &av), -EPROTO);
}

/* The base path is used at once; when all LIDs are known each has its slot. */
static void
test_b_lmc(void **state)
{
	struct ipoib_sa_path rec = record(BASE, 3);
	unsigned int i;

	(void)state;
	lmc(2);
	know(&rec);
	assert_int_equal(lookup()->kind, IPOIB_NEIGH_UD);
	assert_int_equal(av_of(lookup()->ah)->dlid, BASE);
	assert_int_equal(answer_legs(0), 3);
	assert_int_equal(set()->nb_lids[0], 4);
	for (i = 0; i < 4; i++)
		assert_int_equal(av_of(set()->ah[0][i])->dlid, BASE + i);
	assert_int_equal(path_ways(path_find(fx.c->ports[IB], &gid2)), 4);
}

/* A LID without a path: only its share of flows goes elsewhere; it is asked for again. */
static void
test_b_lmc_one_fails(void **state)
{
	struct ipoib_sa_path rec = record(BASE, 3);
	static const uint16_t without[] = { BASE, BASE + 1, BASE + 3, BASE + 3 };
	unsigned int i;

	(void)state;
	lmc(2);
	know(&rec);
	answer_legs(BASE + 2);
	for (i = 0; i < 4; i++)
		assert_int_equal(av_of(set()->ah[0][i])->dlid, without[i]);
	for (i = 0; i < 50; i++) {
		punt();
		fx_run(1 * S);
		answer_legs(0);
	}
	for (i = 0; i < 4; i++)
		assert_int_equal(av_of(set()->ah[0][i])->dlid, BASE + i);
}

/* All is asked for again; of one LID the SA says this, of the others what it said. */
static void
ask_again(uint16_t odd, int status, const struct ib_gid *dgid)
{
	struct ipoib_sa_path rec;
	struct fake_req *r;

	fx.events = IPOIB_MAD_EV_REREGISTER;
	fx_tick();
	if (fx_join_req() != NULL)
		fx_answer_join(fx_join_req(), 0);
	fx_tick();
	while ((r = fx_path_req(&gid2)) != NULL) {
		rec = record(r->path.dlid != 0 ? r->path.dlid : BASE, 3);
		if (rec.dlid == odd && dgid != NULL)
			rec.dgid = *dgid;
		if (rec.dlid == odd && status != 0)
			fx_answer_path(r, status, 0);
		else
			fx_answer_path_rec(r, rec);
		fx_tick();
	}
	fx_tick();
	fx_drain();
	fx_run(S);
}

/* A LID that was good once: silence is no reason to leave it, a no is, and another peer's answer. */
static void
test_b_lmc_later(void **state)
{
	struct ipoib_sa_path rec = record(BASE, 3);
	struct ib_gid other = fx_gid(9);

	(void)state;
	lmc(2);
	know(&rec);
	answer_legs(0);
	ask_again(BASE + 2, -ETIMEDOUT, NULL);
	assert_int_equal(av_of(set()->ah[0][2])->dlid, BASE + 2);
	ask_again(BASE + 2, 0, &other);
	assert_int_equal(av_of(set()->ah[0][2])->dlid, BASE + 3);
	ask_again(0, 0, NULL);
	assert_int_equal(av_of(set()->ah[0][2])->dlid, BASE + 2);
	ask_again(BASE + 2, -ENOENT, NULL);
	assert_int_equal(av_of(set()->ah[0][2])->dlid, BASE + 3);
}

static void
test_b_class(void **state)
{
	struct ipoib_sa_path rec = record(BASE, 3);
	struct control_class_row row[IPOIB_CLASSES];
	uint32_t total;

	(void)state;
	assert_int_equal(control_class_path(fx.c, IB, 1, CONTROL_CLASS_SL, 16), -EINVAL);
	assert_int_equal(control_class_path(fx.c, IB, 1, CONTROL_CLASS_SL, 5), 0);
	assert_int_equal(control_class_set(fx.c, IB, 46, 46, 1), 0);
	know(&rec);
	assert_true(fx_path_req(&gid2)->path.has_sl);
	assert_int_equal(fx_path_req(&gid2)->path.sl, 5);
	assert_int_equal(answer_legs(0), 1);
	assert_int_equal(av_of(set()->ah[0][0])->sl, 3);
	assert_int_equal(av_of(set()->ah[1][0])->sl, 5);
	assert_int_equal(atomic_load(&fx.dp->port[IB].dscp_class[46]), 1);
	assert_int_equal(
			control_class_rows(fx.c, IB, 0, row, IPOIB_CLASSES, &total), IPOIB_CLASSES);
	assert_int_equal(row[1].dscps, RTE_BIT64(46));
	assert_int_equal(row[1].value, 5);
}

/* Never an SL that the SA did not return for this path: the default path, counted. */
static void
test_b_class_refused(void **state)
{
	struct ipoib_sa_path rec = record(BASE, 3);
	struct control_ipoib_row row;

	(void)state;
	assert_int_equal(control_class_path(fx.c, IB, 1, CONTROL_CLASS_SL, 5), 0);
	know(&rec);
	fx_answer_path_rec(fx_path_req(&gid2), record(BASE, 6));
	fx_tick();
	assert_int_equal(lookup()->kind, IPOIB_NEIGH_UD);
	assert_int_equal(control_ipoib_row(fx.c, IB, &row), 0);
	assert_int_equal(row.class_refused, 1);
}

/* The question about the peer that waits, with an SL or without. */
static struct fake_req *
question(bool has_sl)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(fx.req); i++) {
		if (fx.req[i].handle != 0 && fx.req[i].kind == FAKE_PATH &&
				ib_gid_equal(&fx.req[i].path.dgid, &gid2) &&
				fx.req[i].path.has_sl == has_sl)
			return &fx.req[i];
	}
	fail_msg("nothing is asked");
	return NULL;
}

/* A class that changes while its path is asked for: the answer to the old question is not taken. */
static void
test_b_class_changes(void **state)
{
	struct ipoib_sa_path rec = record(BASE, 3);
	struct control_ipoib_row row;

	(void)state;
	assert_int_equal(control_class_path(fx.c, IB, 1, CONTROL_CLASS_SL, 1), 0);
	know(&rec);
	assert_int_equal(fx_path_req(&gid2)->path.sl, 1);
	assert_int_equal(control_class_path(fx.c, IB, 1, CONTROL_CLASS_SL, 2), 0);
	fx_tick();
	/* The base path is answered first. */
	fx_answer_path_rec(question(false), rec);
	fx_tick();
	assert_int_equal(question(true)->path.sl, 2);
	answer_legs(0);
	assert_int_equal(av_of(set()->ah[1][0])->sl, 2);
	assert_int_equal(control_ipoib_row(fx.c, IB, &row), 0);
	assert_int_equal(row.class_refused, 0);
}

/* A peer of low LID with fewer LIDs than we: LID 0 is not asked for. */
static void
test_b_lmc_low_lid(void **state)
{
	struct ipoib_sa_path rec = record(2, 3);
	struct fake_req *r;
	uint32_t n = 0;

	(void)state;
	lmc(2);
	know(&rec);
	while ((r = fx_path_req(&gid2)) != NULL) {
		assert_int_not_equal(r->path.dlid, 0);
		fx_answer_path(r, -ENOENT, 0);
		fx_tick();
		n++;
	}
	assert_int_equal(n, 2);
	assert_int_equal(path_ways(path_find(fx.c->ports[IB], &gid2)), 1);
}

/* The peer's own packets come from another LID. */
static void
test_b_hint(void **state)
{
	struct ctl_port *p = fx.c->ports[IB];
	struct ipoib_sa_path rec = record(BASE, 3);
	uint32_t old;

	(void)state;
	know(&rec);
	old = lookup()->ah;
	path_hint(p, &gid2, BASE);
	fx_tick();
	assert_null(fx_path_req(&gid2));
	path_hint(p, &gid2, 9);
	fx_tick();
	assert_non_null(fx_path_req(&gid2));
	/* Used on until the answer is there. */
	assert_int_equal(lookup()->ah, old);
	punt();
	assert_int_equal(fx_drops(DP_DROP_no_path), 0);
	fx_answer_path_rec(fx_path_req(&gid2), record(9, 3));
	fx_tick();
	assert_int_equal(av_of(lookup()->ah)->dlid, 9);
	/* Whoever lies about it causes a query a second. */
	path_hint(p, &gid2, 12);
	fx_tick();
	assert_null(fx_path_req(&gid2));
}

static void
test_b_notice(void **state)
{
	struct ipoib_sa_notice n = { .trap = IPOIB_SA_TRAP_GID_IN, .gid = gid2 };
	struct ipoib_sa_path rec = record(BASE, 3);

	(void)state;
	know(&rec);
	fx.notice_cb(fx.notice_arg, &n);
	fx_tick();
	assert_non_null(fx_path_req(&gid2));
	fx_answer_path_rec(fx_path_req(&gid2), record(9, 3));
	fx_tick();
	assert_int_equal(av_of(lookup()->ah)->dlid, 9);
	/* About somebody we do not know. */
	n.gid = fx_gid(77);
	fx.notice_cb(fx.notice_arg, &n);
	fx_tick();
	assert_int_equal(fx_waiting(), 0);
}

/* Nobody tells: each path that is used, every 0.9 s; one that is not used never. */
static void
test_b_polled(void **state)
{
	struct ipoib_sa_path rec = record(BASE, 3);
	uint32_t i, asked = 0;

	(void)state;
	fx.deaf = true;
	fx.events = IPOIB_MAD_EV_REREGISTER;
	fx_tick();
	fx_answer_join(fx_join_req(), 0);
	assert_false(events_told(fx.c->ports[IB]->hca));
	know(&rec);
	for (i = 0; i < 100; i++) {
		punt();
		fx_run(100 * MS);
		asked += answer_legs(0);
	}
	assert_in_range(asked, 10, 12);
	fx_run(15 * S);
	answer_legs(0);
	fx_run(20 * S);
	assert_null(fx_path_req(&gid2));
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, fx_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_a2_16_alias),
		TEST(test_b_grh),
		TEST(test_b_lmc),
		TEST(test_b_lmc_one_fails),
		TEST(test_b_lmc_later),
		TEST(test_b_class),
		TEST(test_b_class_refused),
		TEST(test_b_class_changes),
		TEST(test_b_lmc_low_lid),
		TEST(test_b_hint),
		TEST(test_b_notice),
		TEST(test_b_polled),
	};

	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Multicast groups: joining, sending, ageing. Names of tests give the row of the specification
 * (section C, or A2 with its number).
 */

#include <errno.h>
#include <string.h>

#include "control_fixture.h"
#include "mcast.h"

#define MCAST_QPN 0xffffff
/* M is 30 s by default: an entry goes after 60 to 90 s. */
#define AGED (100 * S)

static struct ipoib_addr
group4(uint32_t ip)
{
	struct ib_gid mgid;
	struct ipoib_addr a;

	ipoib_mgid_ipv4(2, 0x8001, ip, &mgid);
	ipoib_addr_set(&a, MCAST_QPN, &mgid);
	return a;
}

/* ff02::1:ffXX:XXXX */
static struct ipoib_addr
group_snm(uint32_t n)
{
	struct ipoib_addr a = group4(0);

	memset(&a.gid.raw[6], 0, 10);
	a.gid.raw[2] = 0x60;
	a.gid.raw[11] = 1;
	a.gid.raw[12] = 0xff;
	a.gid.raw[13] = (uint8_t)(n >> 16);
	a.gid.raw[14] = (uint8_t)(n >> 8);
	a.gid.raw[15] = (uint8_t)n;
	return a;
}

static struct ctl_port *
port(void)
{
	return fx.c->ports[IB];
}

static const struct control_mcast_stats *
stats(void)
{
	return &port()->mc->stats;
}

/* A packet's way out: handle's LID and GID. */
static uint32_t
sent_to(const struct ib_gid *mgid, uint16_t mlid)
{
	struct rte_mbuf *m = fx_sent_on(IB);
	const struct pmd_ipoib_meta *meta = pmd_ipoib_meta(m);
	uint32_t mark;

	assert_int_equal(meta->qpn, MCAST_QPN);
	assert_int_equal(fx.av[meta->ah].dlid, mlid);
	assert_true(fx.av[meta->ah].is_global);
	assert_memory_equal(fx.av[meta->ah].dgid.raw, mgid->raw, 16);
	memcpy(&mark, rte_pktmbuf_mtod_offset(m, char *, 4), sizeof(mark));
	fx_free(m);
	return mark;
}

/* What a worker finds. NULL: it would hand the packet to control. */
static const struct ipoib_neigh_entry *
worker_finds(const struct ipoib_addr *a)
{
	const struct ipoib_neigh_entry *e;
	uint64_t hits;

	return ipoib_neigh_lookup_bulk(port()->neigh, &a, 1, &hits, &e) == 1 ? e : NULL;
}

static int
setup(void **state)
{
	fx_setup(state);
	fx_answer_join(fx_join_req(), 0);
	fx_run(10 * MS);
	fx_drain();
	return 0;
}

/* The same; the test plays the SA itself. */
static int
setup_held(void **state)
{
	setup(state);
	fx.hold_groups = true;
	return 0;
}

/* Answer what is asked of the SA. */
static void
info(void)
{
	fx_answer(fx_req(FAKE_INFO, NULL), 0);
}

/* --- C: what is joined, and how --- */

static void
test_c_validity_filter(void **state)
{
	struct ipoib_addr good = group4(IP(239, 1, 2, 3)), bad[6];
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(bad); i++)
		bad[i] = good;
	bad[0].flags = 0x80;	  /* connected mode */
	bad[1].qpn[0] = 0;	  /* not the multicast QPN */
	bad[2].gid.raw[1] = 0x15; /* another scope than the broadcast group's */
	bad[3].gid.raw[2] = 0x50; /* neither IPv4 nor IPv6 */
	bad[4].gid.raw[3] = 0x1c; /* not IPoIB's signature */
	bad[5].gid.raw[2] = 0xa0;
	for (i = 0; i < RTE_DIM(bad); i++) {
		fx_punt_addr(&bad[i], i);
		fx_tick();
		assert_int_equal(fx_drops(DP_DROP_mcast), i + 1);
	}
	assert_int_equal(port()->mc->nb, 0);
	/* The P_Key is put in, whatever is there (octets 8 and 9). */
	good.gid.raw[4] = 0;
	good.gid.raw[5] = 0;
	fx_punt_addr(&good, 7);
	fx_run(5 * MS);
	good = group4(IP(239, 1, 2, 3));
	assert_int_equal(sent_to(&good.gid, fx_sa_group(&good.gid)->mlid), 7);
}

static void
test_c_attributes(void **state)
{
	struct ipoib_addr a = group4(IP(239, 1, 2, 3));
	struct fake_req *r;

	(void)state;
	fx_punt_addr(&a, 1);
	fx_tick();
	assert_null(fx_req(FAKE_JOIN, NULL)); /* what can the SA do? */
	info();
	r = fx_req(FAKE_JOIN, &a.gid);
	assert_non_null(r);
	assert_int_equal(r->join, IPOIB_SA_JOIN_SENDONLY_FULL);
	assert_int_equal(r->pkey, 0x8001);
	assert_memory_equal(r->port_gid.raw, fx.info.gid.raw, 16);
	/* As the broadcast group's, for the SA to make it with (RFC 4391 section 10). */
	assert_true(r->with_bcast);
	assert_int_equal(r->bcast.qkey, QKEY);
	assert_int_equal(r->bcast.mtu, 2048);
	assert_int_equal(r->bcast.rate, 3);
	assert_int_equal(r->bcast.sl, 2);
	assert_int_equal(r->bcast.tclass, 7);
	assert_int_equal(r->bcast.flow_label, 0x12345);
	fx_answer(r, 0);
	assert_true(fx_attached(IB, &a.gid)->send_only);
	assert_int_equal(sent_to(&a.gid, fx_sa_group(&a.gid)->mlid), 1);
}

/* Nothing is asked for before the broadcast group is there. */
static void
test_c_order(void **state)
{
	struct ipoib_addr a = group4(IP(224, 0, 0, 5));

	(void)state;
	fx.hold_groups = true;
	assert_int_equal(mcast_join(port(), &a.gid), 0);
	fx_run(2 * S);
	assert_null(fx_req(FAKE_JOIN, &a.gid));
	fx_answer_join(fx_join_req(), 0);
	assert_int_equal(fx_req(FAKE_JOIN, &a.gid)->join, IPOIB_SA_JOIN_FULL);
	assert_true(fx_req(FAKE_JOIN, &a.gid)->with_bcast);
}

static void
test_c_backoff(void **state)
{
	static const uint64_t want[] = { 250, 1000, 2000, 4000, 8000, 16000, 16000 };
	struct ipoib_addr a = group4(IP(224, 0, 0, 5));
	uint64_t asked;
	unsigned int i;

	(void)state;
	mcast_join(port(), &a.gid);
	for (i = 0; i < RTE_DIM(want); i++) {
		fx_answer(fx_req(FAKE_JOIN, &a.gid), -EREMOTEIO);
		assert_int_equal(mcast_find(port(), &a.gid)->state, CTL_MCAST_FAILED);
		asked = fx.now;
		while (fx_req(FAKE_JOIN, &a.gid) == NULL) {
			fx_run(MS);
			if (fx_req(FAKE_GET, NULL) != NULL)
				fx_answer(fx_req(FAKE_GET, NULL), 0);
			if (fx_join_req() != NULL)
				fx_answer_join(fx_join_req(), 0);
		}
		assert_in_range(fx.now - asked, want[i] * MS * 87 / 100, want[i] * MS * 113 / 100);
	}
	/* Success starts anew. */
	fx_answer(fx_req(FAKE_JOIN, &a.gid), 0);
	mcast_lost(mcast_find(port(), &a.gid));
	fx_answer(fx_req(FAKE_JOIN, &a.gid), -EREMOTEIO);
	fx_run(300 * MS);
	assert_non_null(fx_req(FAKE_JOIN, &a.gid));
	assert_int_equal(mcast_find(port(), &a.gid)->state, CTL_MCAST_JOINED);
}

/* A send-only join gets one retry; then what waits is dropped, and for a while what comes. */
static void
test_c_sendonly_failure(void **state)
{
	struct ipoib_addr a = group4(IP(239, 9, 9, 9));
	uint32_t joins;

	(void)state;
	fx_punt_addr(&a, 1);
	fx_tick();
	info();
	fx_punt_addr(&a, 2);
	fx_tick();
	fx_answer(fx_req(FAKE_JOIN, &a.gid), -EREMOTEIO);
	assert_int_equal(fx_drops(DP_DROP_no_path), 0);
	/* A packet does not make it come sooner. */
	fx_punt_addr(&a, 3);
	fx_tick();
	assert_null(fx_req(FAKE_JOIN, &a.gid));
	fx_run(300 * MS);
	fx_answer(fx_req(FAKE_JOIN, &a.gid), -EREMOTEIO);
	assert_int_equal(fx_drops(DP_DROP_no_path), 3);
	joins = fx.group_joins;
	fx_punt_addr(&a, 4);
	fx_tick();
	assert_int_equal(fx_drops(DP_DROP_no_path), 4);
	/* Workers need not ask. */
	assert_null(worker_finds(&a));
	assert_int_equal(ipoib_neigh_rec_state(ipoib_neigh_find(port()->neigh, &a)),
			IPOIB_NEIGH_FAILED);
	fx_run(500 * MS);
	assert_int_equal(fx.group_joins, joins);
	/* After the back-off the next packet tries again, and nobody else. */
	fx_run(1 * S);
	assert_int_equal(fx.group_joins, joins);
	fx_punt_addr(&a, 5);
	fx_tick();
	assert_int_equal(fx.group_joins, joins + 1);
	fx_answer(fx_req(FAKE_JOIN, &a.gid), 0);
	assert_int_equal(sent_to(&a.gid, fx_sa_group(&a.gid)->mlid), 5);
	fx_tick();
	assert_non_null(worker_finds(&a));
}

/* Nobody asks again: it is forgotten. */
static void
test_c_sendonly_forgotten(void **state)
{
	struct ipoib_addr a = group4(IP(239, 9, 9, 9));

	(void)state;
	fx_punt_addr(&a, 1);
	fx_tick();
	info();
	fx_answer(fx_req(FAKE_JOIN, &a.gid), -EREMOTEIO);
	fx_run(300 * MS);
	fx_answer(fx_req(FAKE_JOIN, &a.gid), -EREMOTEIO);
	assert_int_equal(port()->mc->nb, 1);
	fx.hold_groups = false;
	fx_run(70 * S);
	assert_int_equal(port()->mc->nb, 0);
	assert_null(ipoib_neigh_find(port()->neigh, &a));
}

/* An old SA: SendOnlyNonMember, which makes no group. */
static void
test_a2_19_old_sa(void **state)
{
	struct ipoib_addr a = group4(IP(239, 1, 2, 3)), snm = group_snm(0x123456);
	struct fake_req *r;

	(void)state;
	fx.old_sa = true;
	fx_punt_addr(&a, 1);
	fx_punt_addr(&snm, 2);
	fx_tick();
	info();
	r = fx_req(FAKE_JOIN, &a.gid);
	assert_int_equal(r->join, IPOIB_SA_JOIN_SENDONLY_NON);
	assert_false(r->with_bcast);
	fx_answer(r, -EREMOTEIO);
	fx_answer(fx_req(FAKE_JOIN, &snm.gid), -EREMOTEIO);
	fx_run(300 * MS);
	fx_answer(fx_req(FAKE_JOIN, &a.gid), -EREMOTEIO);
	fx_answer(fx_req(FAKE_JOIN, &snm.gid), -EREMOTEIO);
	/* No group, no listener. But a neighbour that is asked for hears the broadcast group. */
	assert_int_equal(fx_drops(DP_DROP_no_path), 1);
	assert_int_equal(sent_to(&port()->bcast.mgid, MLID), 2);
	fx_punt_addr(&snm, 3);
	fx_tick();
	assert_int_equal(sent_to(&port()->bcast.mgid, MLID), 3);
	assert_int_equal(stats()->fallback, 2);
	fx_assert_none();
}

static void
test_a2_19_listener_or_not(void **state)
{
	struct ipoib_addr a = group4(IP(239, 1, 2, 3));

	(void)state;
	/* Nobody listens: the group is made all the same. */
	assert_null(fx_sa_group(&a.gid));
	fx_punt_addr(&a, 1);
	fx_run(5 * MS);
	assert_int_equal(fx_sa_group(&a.gid)->bits, IPOIB_SA_JOIN_SENDONLY_FULL);
	assert_int_equal(sent_to(&a.gid, fx_sa_group(&a.gid)->mlid), 1);
}

/* --- A2-18: the queue --- */

static void
test_a2_18_queue_in_order(void **state)
{
	struct ipoib_addr a = group4(IP(239, 1, 2, 3));
	struct ctl_mcast *g;
	uint32_t i;

	(void)state;
	for (i = 0; i < 66; i++)
		fx_punt_addr(&a, i);
	fx_tick();
	assert_int_equal(fx_drops(DP_DROP_mcast_full), 2);
	assert_int_equal(control_queued(fx.c), 64);
	info();
	g = mcast_find(port(), &a.gid);
	fx_answer(fx_req(FAKE_JOIN, &a.gid), 0);
	assert_int_equal(control_queued(fx.c), 0);
	/* Newer ones are at control while the entry is not yet there. */
	assert_null(worker_finds(&a));
	fx_punt_addr(&a, 64);
	fx_tick();
	for (i = 0; i < 65; i++)
		assert_int_equal(sent_to(&a.gid, g->rec.mlid), i);
	fx_assert_none();
	fx_tick();
	assert_int_equal(worker_finds(&a)->ah, g->ah);
	assert_int_equal(worker_finds(&a)->qpn, MCAST_QPN);
	assert_int_equal(worker_finds(&a)->mtu, 0);
}

/* All groups together: 4,096. */
static void
test_queues_bounded(void **state)
{
	struct ipoib_addr a = group4(IP(239, 1, 2, 3)), b = group4(IP(239, 1, 2, 4));

	(void)state;
	/* There are not so many packets here: let the others be counted as waiting. */
	port()->mc->queued = 4095;
	fx_punt_addr(&a, 1);
	fx_punt_addr(&b, 2);
	fx_tick();
	assert_int_equal(port()->mc->queued, 4096);
	assert_int_equal(fx_drops(DP_DROP_mcast_full), 1);
	port()->mc->queued = 1;
}

/* --- A2-17: groups are left again --- */

static void
test_a2_17_left_when_idle(void **state)
{
	struct ipoib_addr a = group4(IP(239, 1, 2, 3)), b = group4(IP(239, 1, 2, 4));
	uint64_t end;

	(void)state;
	fx_punt_addr(&a, 1);
	fx_punt_addr(&b, 2);
	fx_run(5 * MS);
	assert_int_equal(fx_drain(), 2);
	assert_non_null(worker_finds(&a));
	assert_non_null(worker_finds(&b));
	/* One is in use at a worker. */
	for (end = fx.now + AGED; fx.now < end;) {
		fx_run(5 * S);
		assert_non_null(worker_finds(&b));
		while (fx_join_req() != NULL)
			fx_answer_join(fx_join_req(), 0);
	}
	assert_null(mcast_find(port(), &a.gid));
	assert_int_equal(fx_sa_group(&a.gid)->bits, 0);
	assert_null(fx_attached(IB, &a.gid));
	assert_null(worker_finds(&a));
	assert_int_equal(fx_sa_group(&b.gid)->bits, IPOIB_SA_JOIN_SENDONLY_FULL);
	assert_int_equal(fx.leaves, 1);
	assert_int_equal(stats()->idle, 1);
	fx_run(2 * S);
	assert_int_equal(fx.ahs, 2); /* broadcast, b */
}

/* Packets of our own make no entry for workers; the group ages by itself. */
static void
test_a2_17_own_packets(void **state)
{
	struct ipoib_addr a = group_snm(1);
	struct rte_mbuf *m;
	uint32_t i;

	(void)state;
	for (i = 0; i < 10; i++) {
		m = ctl_alloc(fx.c, IB);
		assert_non_null(rte_pktmbuf_append(m, 8));
		resolve_send(port(), &a, m);
		fx_run(20 * S);
		while (fx_join_req() != NULL)
			fx_answer_join(fx_join_req(), 0);
		assert_int_equal(fx_drain(), 1);
		assert_int_equal(fx_sa_group(&a.gid)->bits, IPOIB_SA_JOIN_SENDONLY_FULL);
		assert_null(ipoib_neigh_find(port()->neigh, &a));
	}
	assert_int_equal(fx.group_joins, 1);
	fx_run(61 * S);
	assert_int_equal(fx_sa_group(&a.gid)->bits, 0);
	assert_int_equal(port()->mc->nb, 0);
}

/* --- A2-20, 25, 31, 32: joins, and what comes between --- */

/* 100 groups at once, answered in another order. */
static void
test_a2_32_parallel(void **state)
{
	struct ipoib_addr a;
	uint32_t i, mark;

	(void)state;
	for (i = 0; i < 100; i++) {
		a = group4(IP(239, 1, 2, i));
		fx_punt_addr(&a, i);
	}
	fx_tick();
	info();
	assert_int_equal(fx_waiting(), 100);
	for (i = 100; i-- > 0;) {
		a = group4(IP(239, 1, 2, i));
		fx_answer(fx_req(FAKE_JOIN, &a.gid), 0);
		mark = sent_to(&a.gid, fx_sa_group(&a.gid)->mlid);
		assert_int_equal(mark, i);
	}
	assert_int_equal(fx_waiting(), 0);
	assert_int_equal(fx.nb_attached, 100);
}

/* A completion that comes after the link went down changes nothing. */
static void
test_a2_32_late(void **state)
{
	struct ipoib_addr a = group4(IP(224, 0, 0, 5));
	struct fake_req late;

	(void)state;
	mcast_join(port(), &a.gid);
	late = *fx_req(FAKE_JOIN, &a.gid);
	fx.info.state = IPOIB_MAD_DOWN;
	fx.events = IPOIB_MAD_EV_STATE;
	fx_tick();
	/* Cancelled: the SA client will not call. */
	assert_null(fx_req(FAKE_JOIN, &a.gid));
	fx.info.state = IPOIB_MAD_ACTIVE;
	fx.events = IPOIB_MAD_EV_STATE;
	fx_tick();
	fx_answer_join(fx_join_req(), 0);
	assert_int_not_equal(fx_req(FAKE_JOIN, &a.gid)->handle, late.handle);
	fx_answer(fx_req(FAKE_JOIN, &a.gid), 0);
	assert_int_equal(mcast_find(port(), &a.gid)->state, CTL_MCAST_JOINED);
}

enum stop_at { STOP_INFO, STOP_JOINING, STOP_FAILED, STOP_GIVEN_UP, STOP_JOINED, STOP_VERIFY };

static void
bring_to(enum stop_at at, const struct ipoib_addr *a)
{
	fx_punt_addr(a, 1);
	fx_tick();
	if (at == STOP_INFO)
		return;
	info();
	if (at == STOP_JOINING)
		return;
	if (at == STOP_JOINED || at == STOP_VERIFY) {
		fx_answer(fx_req(FAKE_JOIN, &a->gid), 0);
		fx_tick();
		assert_non_null(worker_finds(a));
		if (at == STOP_VERIFY)
			mcast_verify_now(port());
		fx_run(at == STOP_VERIFY ? 60 * MS : 0);
		assert_int_equal(fx_req(FAKE_GET, &a->gid) != NULL, at == STOP_VERIFY);
		return;
	}
	fx_answer(fx_req(FAKE_JOIN, &a->gid), -EREMOTEIO);
	if (at == STOP_FAILED)
		return;
	fx_run(300 * MS);
	fx_answer(fx_req(FAKE_JOIN, &a->gid), -EREMOTEIO);
}

static void
stop_at(enum stop_at at, bool received)
{
	struct ipoib_addr a = group4(IP(239, 1, 2, 10 + at));

	bring_to(at, &a);
	if (received)
		mcast_join(port(), &a.gid);
	fx_drain();
	fx.info.state = IPOIB_MAD_DOWN;
	fx.events = IPOIB_MAD_EV_STATE;
	fx_tick();
	assert_false(fx.dp->port[IB].up);
	assert_int_equal(fx_waiting(), fx_req(FAKE_INFO, NULL) != NULL);
	assert_int_equal(control_queued(fx.c), 0);
	assert_int_equal(fx.nb_attached, 0);
	assert_null(worker_finds(&a));
	assert_int_equal(port()->mc->nb, received);
	/* Nothing is asked for while it is down. */
	fx_run(2 * S);
	assert_null(fx_req(FAKE_JOIN, NULL));
	assert_int_equal(fx.ahs, 0);
	fx.info.state = IPOIB_MAD_ACTIVE;
	fx.events = IPOIB_MAD_EV_STATE;
	fx_tick();
	fx_answer_join(fx_join_req(), 0);
	assert_int_equal(fx_req(FAKE_JOIN, &a.gid) != NULL, received);
	if (!received)
		return;
	fx_answer(fx_req(FAKE_JOIN, &a.gid), 0);
	assert_false(fx_attached(IB, &a.gid)->send_only);
	mcast_leave(port(), &a.gid);
	assert_int_equal(port()->mc->nb, 0);
}

static void
test_a2_31_stop_at_each_state(void **state)
{
	enum stop_at at;

	(void)state;
	for (at = STOP_INFO; at <= STOP_VERIFY; at++) {
		stop_at(at, false);
		if (fx_req(FAKE_INFO, NULL) != NULL)
			info();
		stop_at(at, true);
		if (fx_req(FAKE_INFO, NULL) != NULL)
			info();
	}
}

/* And torn down at each. */
static void
test_a2_31_destroy_at_each_state(void **state)
{
	struct ipoib_addr a = group4(IP(239, 1, 2, 3));
	enum stop_at at;

	for (at = STOP_INFO; at <= STOP_VERIFY; at++) {
		bring_to(at, &a);
		fx_teardown(state);
		setup_held(state);
	}
}

static uint32_t
joins_waiting(void)
{
	uint32_t i, n = 0;

	for (i = 0; i < RTE_DIM(fx.req); i++)
		n += fx.req[i].handle != 0 && fx.req[i].kind == FAKE_JOIN;
	return n;
}

/* The SM asks for registration again and again while joins are under way. */
static void
test_a2_20_reregister_loop(void **state)
{
	struct ipoib_addr a[8];
	uint32_t i, k, joins;

	(void)state;
	for (i = 0; i < RTE_DIM(a); i++) {
		a[i] = group4(IP(239, 1, 2, i));
		mcast_join(port(), &a[i].gid);
	}
	joins = fx.group_joins;
	for (k = 0; k < 100; k++) {
		fx.events = IPOIB_MAD_EV_REREGISTER;
		fx_tick();
		/* One request for each at a time; events in a row count as one. */
		assert_in_range(joins_waiting(), 1, RTE_DIM(a) + 1);
		if (k % 10 == 9 && fx_req(FAKE_JOIN, &a[k % 8].gid) != NULL)
			fx_answer(fx_req(FAKE_JOIN, &a[k % 8].gid), 0);
	}
	/* Only answers bring new ones. */
	assert_in_range(fx.group_joins - joins, 1, 12);
	for (k = 0; k < 3; k++) {
		for (i = 0; i < RTE_DIM(a); i++) {
			if (fx_req(FAKE_JOIN, &a[i].gid) != NULL)
				fx_answer(fx_req(FAKE_JOIN, &a[i].gid), 0);
		}
		if (fx_join_req() != NULL)
			fx_answer_join(fx_join_req(), 0);
	}
	assert_int_equal(fx_waiting(), 0);
	assert_int_equal(fx.nb_attached, RTE_DIM(a));
	assert_int_equal(fx.leaves, 0);
}

/* Reregister and going down together: it ends down. */
static void
test_a2_25_reregister_and_down(void **state)
{
	struct ipoib_addr a = group4(IP(224, 0, 0, 5));

	(void)state;
	mcast_join(port(), &a.gid);
	fx_answer(fx_req(FAKE_JOIN, &a.gid), 0);
	fx.events = IPOIB_MAD_EV_REREGISTER;
	fx_tick();
	assert_non_null(fx_req(FAKE_JOIN, &a.gid));
	fx.info.state = IPOIB_MAD_DOWN;
	fx.events = IPOIB_MAD_EV_REREGISTER | IPOIB_MAD_EV_STATE;
	fx_tick();
	assert_false(fx.dp->port[IB].up);
	assert_int_equal(fx_waiting(), 0);
	fx_run(3 * S);
	assert_false(fx.dp->port[IB].up);
	assert_int_equal(fx.nb_attached, 0);
}

/* --- full members --- */

static void
test_upgrade_in_place(void **state)
{
	struct ipoib_addr a = group4(IP(239, 1, 2, 3));
	struct ctl_mcast *g;
	uint32_t ah;

	(void)state;
	fx_punt_addr(&a, 1);
	fx_run(5 * MS);
	g = mcast_find(port(), &a.gid);
	ah = worker_finds(&a)->ah;
	assert_int_equal(mcast_join(port(), &a.gid), 0);
	assert_int_equal(mcast_join(port(), &a.gid), 0);
	fx_run(5 * MS);
	assert_ptr_equal(mcast_find(port(), &a.gid), g);
	assert_false(fx_attached(IB, &a.gid)->send_only);
	assert_int_equal(worker_finds(&a)->ah, ah);
	assert_true(fx_sa_group(&a.gid)->bits & IPOIB_SA_JOIN_FULL);
	/* Uses are counted. */
	mcast_leave(port(), &a.gid);
	fx_run(5 * MS);
	assert_true(fx_sa_group(&a.gid)->bits & IPOIB_SA_JOIN_FULL);
	/* The last one goes: it is sent to still. */
	mcast_leave(port(), &a.gid);
	fx_run(5 * MS);
	assert_int_equal(fx_sa_group(&a.gid)->bits, IPOIB_SA_JOIN_SENDONLY_FULL);
	assert_true(fx_attached(IB, &a.gid)->send_only);
	assert_int_equal(worker_finds(&a)->ah, ah);
	mcast_leave(port(), &a.gid);
	fx_drain();
}

static void
test_full_only(void **state)
{
	struct ipoib_addr a = group4(IP(224, 0, 0, 5));

	(void)state;
	mcast_join(port(), &a.gid);
	fx_run(5 * MS);
	assert_int_equal(fx_sa_group(&a.gid)->bits, IPOIB_SA_JOIN_FULL);
	fx_run(AGED);
	assert_int_equal(fx_sa_group(&a.gid)->bits, IPOIB_SA_JOIN_FULL);
	mcast_leave(port(), &a.gid);
	assert_int_equal(fx_sa_group(&a.gid)->bits, 0);
	assert_int_equal(port()->mc->nb, 0);
	assert_int_equal(fx.nb_attached, 0);
}

/* The driver has no room: what was asked of the SA is given back. */
static void
test_attach_fails(void **state)
{
	struct ipoib_addr a = group4(IP(224, 0, 0, 5));

	(void)state;
	fx.attach_error = -ENOSPC;
	mcast_join(port(), &a.gid);
	fx_answer(fx_req(FAKE_JOIN, &a.gid), 0);
	assert_int_equal(fx_sa_group(&a.gid)->bits, 0);
	assert_int_equal(mcast_find(port(), &a.gid)->state, CTL_MCAST_FAILED);
	fx.attach_error = 0;
	fx_run(300 * MS);
	fx_answer(fx_req(FAKE_JOIN, &a.gid), 0);
	assert_non_null(fx_attached(IB, &a.gid));
	fx_run(2 * S);
	assert_int_equal(fx.ahs, 2);
}

/* After a restart of the SM the group has another MLID: the old one is used until then. */
static void
test_other_mlid(void **state)
{
	struct ipoib_addr a = group4(IP(239, 1, 2, 3));
	uint32_t old;

	(void)state;
	fx_punt_addr(&a, 1);
	fx_run(5 * MS);
	fx_drain();
	fx.hold_groups = true;
	old = worker_finds(&a)->ah;
	fx.events = IPOIB_MAD_EV_REREGISTER;
	fx_tick();
	fx_answer_join(fx_join_req(), 0);
	assert_int_equal(worker_finds(&a)->ah, old);
	info();
	fx_sa_group(&a.gid)->mlid = 0xc0ff;
	fx_answer(fx_req(FAKE_JOIN, &a.gid), 0);
	assert_int_equal(fx_attached(IB, &a.gid)->mlid, 0xc0ff);
	fx_tick();
	assert_int_not_equal(worker_finds(&a)->ah, old);
	assert_int_equal(fx.av[worker_finds(&a)->ah].dlid, 0xc0ff);
	assert_true(fx.ah_live[old]);
	fx_run(2 * S);
	assert_false(fx.ah_live[old]);
}

/* Port GID: a new one is a new member. */
static void
test_new_gid(void **state)
{
	struct ipoib_addr a = group4(IP(224, 0, 0, 5));

	(void)state;
	mcast_join(port(), &a.gid);
	fx_answer(fx_req(FAKE_JOIN, &a.gid), 0);
	fx.info.gid = fx_gid(9);
	fx.events = IPOIB_MAD_EV_GID;
	fx_tick();
	assert_memory_equal(fx_req(FAKE_JOIN, &a.gid)->port_gid.raw, fx_gid(9).raw, 16);
	fx_answer(fx_req(FAKE_JOIN, &a.gid), 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fx_teardown)
#define HELD(name) cmocka_unit_test_setup_teardown(name, setup_held, fx_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_c_validity_filter),
		HELD(test_c_attributes),
		cmocka_unit_test_setup_teardown(test_c_order, fx_setup, fx_teardown),
		HELD(test_c_backoff),
		HELD(test_c_sendonly_failure),
		HELD(test_c_sendonly_forgotten),
		HELD(test_a2_19_old_sa),
		TEST(test_a2_19_listener_or_not),
		HELD(test_a2_18_queue_in_order),
		HELD(test_queues_bounded),
		TEST(test_a2_17_left_when_idle),
		TEST(test_a2_17_own_packets),
		HELD(test_a2_32_parallel),
		HELD(test_a2_32_late),
		HELD(test_a2_31_stop_at_each_state),
		HELD(test_a2_31_destroy_at_each_state),
		HELD(test_a2_20_reregister_loop),
		HELD(test_a2_25_reregister_and_down),
		TEST(test_upgrade_in_place),
		TEST(test_full_only),
		HELD(test_attach_fails),
		TEST(test_other_mlid),
		HELD(test_new_gid),
	};

	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}

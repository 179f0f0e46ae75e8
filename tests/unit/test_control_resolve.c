/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* 20-octet addresses to paths: one question per GID, order, failure, refresh, books. */

#include <errno.h>
#include <string.h>

#include "control_fixture.h"

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
setup_large(void **state)
{
	int ret;

	fx_thresh3 = 16384;
	ret = setup(state);
	fx_thresh3 = 64;
	return ret;
}

static uint32_t
mark_of(struct rte_mbuf *m)
{
	uint32_t mark;

	assert_int_equal(m->pkt_len, IPOIB_HDR_LEN + sizeof(mark));
	memcpy(&mark, rte_pktmbuf_mtod_offset(m, void *, IPOIB_HDR_LEN), sizeof(mark));
	return mark;
}

static const struct ipoib_neigh_entry *
lookup(const struct ipoib_addr *a)
{
	return fx_neigh(IB, a);
}

static void
test_once_and_in_order(void **state)
{
	uint32_t i, sent = fx.sent;
	struct rte_mbuf *m;

	(void)state;
	for (i = 0; i < 10; i++)
		fx_punt_addr(&peer, i);
	fx_tick();
	assert_int_equal(fx.sent - sent, 1);
	fx_assert_none();
	assert_int_equal(control_queued(fx.c), 10);
	assert_int_equal(lookup(&peer)->state, IPOIB_NEIGH_RESOLVING);
	/* One that comes in the same tick as the answer is behind those that wait. */
	fx_answer_path(fx_path_req(&gid2), 0, 7);
	assert_int_equal(lookup(&peer)->state, IPOIB_NEIGH_RESOLVING);
	fx_punt_addr(&peer, i);
	fx_tick();
	assert_int_equal(lookup(&peer)->state, IPOIB_NEIGH_VALID);
	for (i = 0; i < 11; i++) {
		m = fx_sent_on(IB);
		assert_int_equal(mark_of(m), i);
		assert_int_equal(pmd_ipoib_meta(m)->qpn, PEER_QPN);
		assert_int_equal(pmd_ipoib_meta(m)->ah, lookup(&peer)->ah);
		fx_free(m);
	}
	assert_int_equal(fx.av[lookup(&peer)->ah].dlid, 7);
	assert_int_equal(fx.av[lookup(&peer)->ah].sl, 3);
	assert_false(fx.av[lookup(&peer)->ah].is_global);
	/* Same GID, another QPN: no question. */
	peer = fx_addr(PEER_QPN + 1, 2);
	fx_punt_addr(&peer, 99);
	fx_tick();
	m = fx_sent_on(IB);
	assert_int_equal(pmd_ipoib_meta(m)->qpn, PEER_QPN + 1);
	fx_free(m);
	assert_int_equal(fx.sent - sent, 1);
	assert_int_equal(fx.ahs, 2);
}

/* The question as Linux puts it. */
static void
test_question(void **state)
{
	struct fake_req *r;

	(void)state;
	fx_punt_addr(&peer, 0);
	fx_tick();
	r = fx_path_req(&gid2);
	assert_non_null(r);
	assert_memory_equal(&r->path.sgid, &fx.info.gid, 16);
	assert_int_equal(r->path.pkey, 0x8001);
	assert_int_equal(r->path.tclass, 7);
	fx_answer_path(r, -ENOENT, 0);
}

static void
test_queue_full(void **state)
{
	uint32_t i;

	(void)state;
	for (i = 0; i < 20; i++)
		fx_punt_addr(&peer, i);
	fx_tick();
	assert_int_equal(fx_drops(DP_DROP_queue_full), 4);
	fx_answer_path(fx_path_req(&gid2), 0, 7);
	fx_tick();
	assert_int_equal(fx_drain(), 16);
}

static struct ipoib_addr
addr_of_many(uint32_t i)
{
	struct ipoib_addr a = fx_addr(PEER_QPN, 2);

	a.gid.raw[8] = (uint8_t)(i >> 8);
	a.gid.raw[9] = (uint8_t)i;
	return a;
}

enum { MANY = 960, EACH = 15 };

/* Packets for many wait, and all of their paths are known from now on. */
static void
many_answered(void)
{
	struct ipoib_addr a;
	uint32_t i, j;

	for (i = 1; i <= MANY; i++) {
		a = addr_of_many(i);
		for (j = 0; j < EACH; j++)
			fx_punt_addr(&a, j);
		fx_tick();
	}
	for (i = 1; i <= MANY; i++) {
		a = addr_of_many(i);
		fx_answer_path(fx_path_req(&a.gid), 0, 7);
	}
}

/* More than a worker takes meanwhile: what has no room waits, in order, and nothing is lost. */
static void
test_released_at_once(void **state)
{
	static uint32_t next[RTE_DIM(fx.av)];
	struct ipoib_addr a = addr_of_many(MANY);
	uint32_t i, sent = 0;
	struct rte_mbuf *m;
	uint16_t port;

	(void)state;
	memset(next, 0, sizeof(next));
	many_answered();
	for (i = 0; i < 10; i++)
		fx_tick();
	assert_in_range(rte_ring_count(fx.dp->worker[0]->inject), DP_INJECT_RING / 2,
			DP_INJECT_RING / 2 + EACH);
	fx_punt_addr(&a, EACH);
	fx_tick();
	while ((m = fx_sent(&port)) != NULL) {
		assert_int_equal(mark_of(m), next[pmd_ipoib_meta(m)->ah]++);
		fx_free(m);
		sent++;
		fx_tick();
	}
	assert_int_equal(sent, MANY * EACH + 1);
	assert_int_equal(control_queued(fx.c), 0);
	assert_int_equal(fx_drops(DP_DROP_inject_full), 0);
	assert_int_equal(lookup(&a)->state, IPOIB_NEIGH_VALID);
}

/* A worker that never finds the time does not keep control from making neighbours known. */
static void
test_released_late(void **state)
{
	struct ipoib_addr a = addr_of_many(MANY);
	uint32_t i;

	(void)state;
	many_answered();
	for (i = 0; i < 10; i++)
		fx_tick();
	assert_int_equal(lookup(&a)->state, IPOIB_NEIGH_RESOLVING);
	fx.now += 1100 * MS;
	for (i = 0; i < 10; i++)
		fx_tick();
	assert_int_equal(lookup(&a)->state, IPOIB_NEIGH_VALID);
	fx_drain();
}

static void
test_failure_and_backoff(void **state)
{
	uint32_t sent, i;

	(void)state;
	for (i = 0; i < 3; i++)
		fx_punt_addr(&peer, i);
	fx_tick();
	fx_answer_path(fx_path_req(&gid2), -ENOENT, 0);
	fx_tick();
	assert_int_equal(fx_drops(DP_DROP_no_path), 3);
	assert_int_equal(lookup(&peer)->state, IPOIB_NEIGH_FAILED);
	/* During the back-off nobody asks. */
	sent = fx.sent;
	fx_punt_addr(&peer, 4);
	fx_tick();
	assert_int_equal(fx.sent, sent);
	assert_int_equal(fx_drops(DP_DROP_no_path), 4);
	fx_run(140 * MS);
	assert_int_equal(lookup(&peer)->state, IPOIB_NEIGH_INCOMPLETE);
	fx_punt_addr(&peer, 5);
	fx_tick();
	assert_int_equal(fx.sent, sent + 1);
	fx_answer_path(fx_path_req(&gid2), -ETIMEDOUT, 0);
	/* Longer now. */
	fx_run(140 * MS);
	assert_int_equal(lookup(&peer)->state, IPOIB_NEIGH_FAILED);
}

/* Packets that come while a path is not to be asked for do not let its neighbour wait for longer. */
static void
test_one_backoff(void **state)
{
	uint32_t most = 0, waited, i, n = 0;

	(void)state;
	for (i = 0; i < 6; i++) {
		for (waited = 0; fx_path_req(&gid2) == NULL; waited += 10) {
			assert_true(waited <= most);
			/* Workers drop what is for a neighbour that has failed. */
			if (n == 0 || lookup(&peer)->state != IPOIB_NEIGH_FAILED)
				fx_punt_addr(&peer, n++);
			fx_run(10 * MS);
		}
		fx_answer_path(fx_path_req(&gid2), -ENOENT, 0);
		fx_tick();
		most = (UINT32_C(100) << i) * 112 / 100 + 30;
	}
	fx_drain();
}

/* The SA has no path between two limited members, and does not say that this is why. */
static void
test_limited_refused(void **state)
{
	static const uint16_t wire[] = { 0, 0x8001, 0x0001 };
	struct control_ipoib_row row;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(wire); i++) {
		fx.info.pkey_wire = wire[i];
		fx_run(500 * MS);
		fx_punt_addr(&peer, i);
		fx_tick();
		fx_answer_path(fx_path_req(&gid2), -ENOENT, 0);
		fx_tick();
		assert_int_equal(fx_drops(DP_DROP_no_path), i + 1);
		assert_int_equal(control_ipoib_row(fx.c, IB, &row), 0);
		assert_int_equal(row.limited_refused, wire[i] == 0x0001);
	}
	fx_run(2 * S);
	fx_punt_addr(&peer, i);
	fx_tick();
	fx_answer_path(fx_path_req(&gid2), -ETIMEDOUT, 0);
	assert_int_equal(control_ipoib_row(fx.c, IB, &row), 0);
	assert_int_equal(row.limited_refused, 1);
}

/* An SM that returns ends every back-off at once. */
static void
test_alive(void **state)
{
	uint32_t sent;
	int i;

	(void)state;
	fx.alive_cb(fx.alive_arg, false);
	fx_tick();
	for (i = 0; i < 4; i++) {
		fx_punt_addr(&peer, 0);
		fx_tick();
		if (fx_path_req(&gid2) != NULL)
			fx_answer_path(fx_path_req(&gid2), -ETIMEDOUT, 0);
		fx_run(300 * MS);
	}
	fx_punt_addr(&peer, 0);
	fx_tick();
	if (fx_path_req(&gid2) != NULL)
		fx_answer_path(fx_path_req(&gid2), -ETIMEDOUT, 0);
	assert_int_equal(lookup(&peer)->state, IPOIB_NEIGH_FAILED);
	sent = fx.sent;
	fx.alive_cb(fx.alive_arg, true);
	fx_tick();
	assert_int_equal(lookup(&peer)->state, IPOIB_NEIGH_INCOMPLETE);
	fx_punt_addr(&peer, 1);
	fx_tick();
	assert_true(fx.sent > sent);
	fx_answer_path(fx_path_req(&gid2), 0, 7);
	fx_tick();
	assert_int_equal(fx_drain(), 1);
	fx_answer_join(fx_join_req(), 0);
}

/* A LID change breaks nothing: the old way is used until the new one is known. */
static void
test_refresh(void **state)
{
	struct control_path_row row;
	uint32_t old, total;

	(void)state;
	fx_know_ib_peer();
	old = lookup(&peer)->ah;
	fx.info.sm_lid = 9;
	fx.events = IPOIB_MAD_EV_SM;
	fx_tick();
	assert_int_equal(lookup(&peer)->ah, old);
	assert_int_equal(control_path_rows(fx.c, IB, 0, &row, 1, &total), 1);
	assert_int_equal(row.state, IPOIB_NEIGH_STALE);
	assert_int_equal(row.dlid, 7);
	fx_answer_join(fx_join_req(), 0);
	fx_answer_path(fx_path_req(&gid2), 0, 8);
	fx_tick();
	assert_int_not_equal(lookup(&peer)->ah, old);
	assert_int_equal(fx.av[lookup(&peer)->ah].dlid, 8);
	/* The old handle lives as long as packets may name it. */
	assert_true(fx.ah_live[old]);
	fx_run(1200 * MS);
	assert_false(fx.ah_live[old]);
	/* A refresh that fails leaves the path in use. */
	fx.events = IPOIB_MAD_EV_REREGISTER;
	fx_tick();
	fx_answer_path(fx_path_req(&gid2), -ETIMEDOUT, 0);
	assert_int_equal(lookup(&peer)->state, IPOIB_NEIGH_STALE);
	fx_punt_addr(&peer, 1);
	fx_tick();
	assert_int_equal(fx_drain(), 1);
	fx_answer_join(fx_join_req(), 0);
}

/* The same answer changes nothing but the state. */
static void
test_flush(void **state)
{
	uint32_t made;

	(void)state;
	fx_know_ib_peer();
	made = fx.ah_made;
	assert_int_equal(control_path_flush(fx.c, IB), 1);
	assert_int_equal(lookup(&peer)->state, IPOIB_NEIGH_STALE);
	fx_tick();
	fx_answer_path(fx_path_req(&gid2), 0, 7);
	fx_tick();
	assert_int_equal(lookup(&peer)->state, IPOIB_NEIGH_VALID);
	assert_int_equal(fx.ah_made, made);
	assert_int_equal(control_path_flush(fx.c, ETH), -ENODEV);
	assert_int_equal(control_ipoib_neigh_flush(fx.c, IB), 1);
	assert_null(lookup(&peer));
}

static void
answer_all(uint16_t dlid)
{
	struct ib_gid gid;
	unsigned int i;

	for (i = 2; i < 100; i++) {
		gid = fx_gid((uint8_t)i);
		if (fx_path_req(&gid) != NULL)
			fx_answer_path(fx_path_req(&gid), 0, (uint16_t)(dlid + i));
	}
}

/* Readers that do not pass: the table says -EAGAIN, and nothing is lost. */
static void
test_again(void **state)
{
	struct ipoib_addr other = fx_addr(5, 200);
	struct ib_gid gid = fx_gid(200);
	struct control_ipoib_row row;
	struct ipoib_addr a;
	unsigned int i;

	(void)state;
	rte_rcu_qsbr_thread_register(fx.dp->rcu, 0);
	rte_rcu_qsbr_thread_online(fx.dp->rcu, 0);
	for (i = 0; i < 64; i++) {
		a = fx_addr(PEER_QPN, (uint8_t)(2 + i));
		fx_punt_addr(&a, i);
		fx_tick();
	}
	answer_all(0);
	fx_tick();
	assert_int_equal(fx_drain(), 64);
	for (i = 0; i < 20; i++) {
		control_path_flush(fx.c, IB);
		fx_tick();
		answer_all(i % 2 == 0 ? 100 : 0);
		fx_tick();
	}
	assert_int_equal(control_ipoib_row(fx.c, IB, &row), 0);
	assert_true(row.neigh.reclaim_full > 0);
	assert_int_equal(row.neigh.entries, 64);
	/* The table is full, and nothing can be taken out of it now. */
	fx.now += 5 * S;
	fx_punt_addr(&other, 1);
	fx_punt_addr(&other, 2);
	fx_tick();
	assert_null(fx_path_req(&gid));
	assert_int_equal(control_queued(fx.c), 2);
	/* Nor are they handled: workers must not overtake them. */
	assert_int_equal(atomic_load(&fx.dp->worker[0]->punt_done), fx.dp->worker[0]->punts - 2);
	for (i = 0; i < 50; i++) {
		rte_rcu_qsbr_quiescent(fx.dp->rcu, 0);
		fx_run(MS);
	}
	assert_int_equal(atomic_load(&fx.dp->worker[0]->punt_done), fx.dp->worker[0]->punts);
	fx_answer_path(fx_path_req(&gid), 0, 9);
	fx_tick();
	assert_int_equal(fx_drain(), 2);
	rte_rcu_qsbr_thread_offline(fx.dp->rcu, 0);
	rte_rcu_qsbr_thread_unregister(fx.dp->rcu, 0);
	/* What could not be published before is in line with the paths now. */
	fx_run(2 * S);
	a = fx_addr(PEER_QPN, 60);
	assert_int_equal(fx.av[lookup(&a)->ah].dlid, 60);
	assert_int_equal(lookup(&a)->state, IPOIB_NEIGH_VALID);
	if (fx_join_req() != NULL)
		fx_answer_join(fx_join_req(), 0);
}

static void
test_addresses(void **state)
{
	struct ipoib_addr bad[4];
	unsigned int i;
	struct rte_mbuf *m;

	(void)state;
	bad[0] = fx_addr(0, 2);	       /* QPN 0 */
	bad[1] = fx_addr(1, 2);	       /* QPN 1 */
	bad[2] = fx_addr(0xffffff, 2); /* multicast QPN, unicast GID */
	bad[3] = fx_addr(OUR_QPN, 1);  /* ourselves */
	for (i = 0; i < RTE_DIM(bad); i++)
		fx_punt_addr(&bad[i], i);
	fx_tick();
	assert_int_equal(fx_drops(DP_DROP_no_path), 4);
	/* The broadcast group, and one of another scope. */
	ipoib_mgid_broadcast(2, 0x8001, &peer.gid);
	ib_put_be24(peer.qpn, 0xffffff);
	fx_punt_addr(&peer, 7);
	fx_tick();
	m = fx_sent_on(IB);
	assert_int_equal(pmd_ipoib_meta(m)->qpn, 0xffffff);
	assert_int_equal(fx.av[pmd_ipoib_meta(m)->ah].dlid, MLID);
	fx_free(m);
	ipoib_mgid_ipv4(5, 0x8001, IP(224, 0, 0, 9), &peer.gid);
	fx_punt_addr(&peer, 8);
	fx_tick();
	assert_int_equal(fx_drops(DP_DROP_mcast), 1);
}

/* The kernel's ib0 on our HCA port: our GID with another QPN. */
static void
test_same_port(void **state)
{
	struct ipoib_addr ib0 = fx_addr(PEER_QPN, 1);
	struct rte_mbuf *m;

	(void)state;
	fx_punt_addr(&ib0, 5);
	fx_tick();
	fx_answer_path(fx_path_req(&fx.info.gid), 0, 4);
	fx_tick();
	m = fx_sent_on(IB);
	assert_int_equal(pmd_ipoib_meta(m)->qpn, PEER_QPN);
	assert_int_equal(fx.av[pmd_ipoib_meta(m)->ah].dlid, 4);
	fx_free(m);
}

/* What waits at the end is counted. */
static void
test_end_with_queue(void **state)
{
	(void)state;
	fx_punt_addr(&peer, 1);
	fx_punt_addr(&peer, 2);
	fx_tick();
	assert_int_equal(control_queued(fx.c), 2);
}

static void
test_link_down(void **state)
{
	(void)state;
	fx.info.state = IPOIB_MAD_DOWN;
	fx.events = IPOIB_MAD_EV_STATE;
	fx_tick();
	fx_punt_addr(&peer, 1);
	fx_tick();
	assert_int_equal(fx_drops(DP_DROP_no_path), 1);
	assert_int_equal(fx_waiting(), 0);
}

/* A path narrower than the link. */
static void
test_path_mtu(void **state)
{
	(void)state;
	fx_punt_addr(&peer, 1);
	fx_tick();
	fx_answer_path_mtu(fx_path_req(&gid2), 7, 1024);
	fx_tick();
	assert_int_equal(lookup(&peer)->mtu, 1020);
	fx_drain();
}

/* More peers than the table holds: the longest idle go, and are counted. */
static void
test_many(void **state)
{
	struct ipoib_addr a;
	unsigned int i;
	struct ib_gid gid;

	(void)state;
	for (i = 2; i < 200; i++) {
		a = fx_addr(PEER_QPN, (uint8_t)i);
		fx_punt_addr(&a, i);
		fx_tick();
	}
	for (i = 2; i < 200; i++) {
		gid = fx_gid((uint8_t)i);
		if (fx_path_req(&gid) != NULL)
			fx_answer_path(fx_path_req(&gid), 0, (uint16_t)i);
	}
	fx_run(10 * MS);
	assert_in_range(fx_drain(), 40, 64);
}

/* Ten minutes and more without use: neighbour and path go. */
static void
test_expiry(void **state)
{
	struct control_path_row row;
	uint32_t total;
	int i;

	(void)state;
	fx_know_ib_peer();
	for (i = 0; i < 200; i++) {
		fx.now += 4 * S;
		fx_tick();
		if (fx_join_req() != NULL)
			fx_answer_join(fx_join_req(), 0);
		if (fx_path_req(&gid2) != NULL)
			fx_answer_path(fx_path_req(&gid2), 0, 7);
	}
	fx_drain();
	control_path_rows(fx.c, IB, 0, &row, 1, &total);
	assert_int_equal(total, 0);
	assert_null(lookup(&peer));
	fx_run(1500 * MS);
	assert_int_equal(fx.ahs, 1);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fx_teardown)
#define LARGE(name) cmocka_unit_test_setup_teardown(name, setup_large, fx_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_once_and_in_order),
		TEST(test_question),
		TEST(test_queue_full),
		LARGE(test_released_at_once),
		LARGE(test_released_late),
		TEST(test_failure_and_backoff),
		TEST(test_one_backoff),
		TEST(test_limited_refused),
		TEST(test_alive),
		TEST(test_refresh),
		TEST(test_flush),
		TEST(test_again),
		TEST(test_addresses),
		TEST(test_same_port),
		TEST(test_end_with_queue),
		TEST(test_link_down),
		TEST(test_path_mtu),
		TEST(test_many),
		TEST(test_expiry),
	};

	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}

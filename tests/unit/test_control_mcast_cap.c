/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* More groups than a port may have, more packets than may wait for them. */

#include <string.h>

#include "control_fixture.h"
#include "mcast.h"

static struct ib_gid
mgid4(uint32_t ip)
{
	struct ib_gid mgid;

	ipoib_mgid_ipv4(2, 0x8001, ip, &mgid);
	return mgid;
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

static int
setup(void **state)
{
	fx_setup(state);
	fx_answer_join(fx_join_req(), 0);
	fx_run(10 * MS);
	fx_drain();
	return 0;
}

/* With the broadcast group's joins answered. */
static void
run(uint64_t us)
{
	uint64_t end = fx.now + us;

	while (fx.now < end) {
		fx_run(RTE_MIN(10 * MS, end - fx.now));
		while (fx_join_req() != NULL)
			fx_answer_join(fx_join_req(), 0);
	}
}

static void
own_packet(const struct ib_gid *mgid)
{
	struct rte_mbuf *m = ctl_alloc(fx.c, IB);
	struct ipoib_addr a;

	ipoib_addr_set(&a, 0xffffff, mgid);
	assert_non_null(m);
	assert_non_null(rte_pktmbuf_append(m, 8));
	resolve_send(port(), &a, m);
}

/* Of solicited-node groups, as many as there is room for. */
static void
any_rate(void)
{
	port()->mc->solicited = port()->mc->solicited_max = UINT32_MAX;
}

/* 10,000 IPv6 neighbours would be so many solicited-node groups. */
static void
test_cap(void **state)
{
	struct ib_gid a = mgid4(IP(224, 0, 0, 5)), snm;
	uint32_t i;

	(void)state;
	port()->mc->max = 16;
	mcast_join(port(), &a);
	memset(&snm, 0, sizeof(snm));
	memcpy(snm.raw, "\xff\x12\x60\x1b\x80\x01\0\0\0\0\0\x01\xff", 13);
	for (i = 0; i < 40; i++) {
		snm.raw[15] = (uint8_t)i;
		own_packet(&snm);
		run(2 * MS);
	}
	/* 15 have their groups, the others' packets go to everybody; none is lost. */
	assert_int_equal(port()->mc->nb, 16);
	assert_int_equal(fx_drain(), 40);
	assert_int_equal(stats()->fallback, 25);
	assert_int_equal(stats()->full, 25);
	/* The one that was longest not sent to goes first. */
	run(3 * S);
	snm.raw[15] = 0;
	own_packet(&snm);
	for (i = 100; i < 104; i++) {
		snm.raw[15] = (uint8_t)i;
		own_packet(&snm);
		run(2 * MS);
		assert_int_equal(fx_sa_group(&snm)->bits, IPOIB_SA_JOIN_SENDONLY_FULL);
	}
	assert_int_equal(fx_drain(), 5);
	assert_int_equal(port()->mc->nb, 16);
	assert_int_equal(stats()->evicted, 4);
	for (i = 0; i < 5; i++) {
		snm.raw[15] = (uint8_t)i;
		assert_int_equal(fx_sa_group(&snm)->bits, i == 0 ? IPOIB_SA_JOIN_SENDONLY_FULL : 0);
	}
	/* What is received stays. */
	assert_int_equal(fx_sa_group(&a)->bits, IPOIB_SA_JOIN_FULL);
	/* No room for other groups: counted. */
	a = mgid4(IP(239, 9, 9, 9));
	own_packet(&a);
	run(2 * MS);
	fx_drain();
	snm.raw[15] = 0;
	for (i = 0; i < 16; i++) {
		a = mgid4(IP(239, 9, 9, i));
		own_packet(&a);
	}
	run(2 * MS);
	assert_int_equal(fx_drain() + fx_drops(DP_DROP_table_full), 16);
	assert_in_range(fx_drops(DP_DROP_table_full), 1, 16);
}

static struct ib_gid
snm_of(uint32_t i)
{
	struct ib_gid snm = { { 0xff, 0x12, 0x60, 0x1b, 0x80, 0x01, 0, 0, 0, 0, 0, 1, 0xff } };

	snm.raw[14] = (uint8_t)(i >> 8);
	snm.raw[15] = (uint8_t)i;
	return snm;
}

/* Above the cap a packet costs no search, until a group may have become idle. */
/* Who scans a prefix makes the SM make some groups, and then few. */
static void
test_solicited_rate(void **state)
{
	struct ib_gid snm;
	uint32_t i;

	(void)state;
	memset(&snm, 0, sizeof(snm));
	memcpy(snm.raw, "\xff\x12\x60\x1b\x80\x01\0\0\0\0\0\x01\xff", 13);
	for (i = 0; i < 1000; i++) {
		snm.raw[14] = (uint8_t)(i >> 8);
		snm.raw[15] = (uint8_t)i;
		own_packet(&snm);
		run(4 * MS);
	}
	/* 4 s: 128 and 16 a second; no packet is lost. */
	assert_in_range(port()->mc->nb, 128 + 4 * 16 - 1, 128 + 4 * 16 + 1);
	assert_int_equal(stats()->fallback, 1000 - port()->mc->nb);
	assert_int_equal(stats()->full, 0);
	assert_int_equal(fx_drain(), 1000);
	/* Groups that there are need no leave. */
	memset(&snm.raw[14], 0, 2);
	i = (uint32_t)stats()->fallback;
	own_packet(&snm);
	run(2 * MS);
	assert_int_equal(stats()->fallback, i);
	assert_int_equal(fx_drain(), 1);
}

static void
test_cap_looks(void **state)
{
	struct ib_gid snm;
	uint32_t i;

	(void)state;
	any_rate();
	port()->mc->max = 16;
	for (i = 0; i < 16; i++) {
		snm = snm_of(i);
		own_packet(&snm);
	}
	run(2 * MS);
	for (; i < 1000; i++) {
		snm = snm_of(i);
		own_packet(&snm);
	}
	assert_int_equal(stats()->looks, 1);
	assert_int_equal(fx_drain(), 1000);
	assert_int_equal(stats()->fallback, 1000 - 16);
	/* And then it is searched for again. */
	run(3 * S);
	own_packet(&snm);
	run(2 * MS);
	assert_int_equal(stats()->evicted, 1);
	assert_int_equal(stats()->looks, 2);
	fx_drain();
}

/* Too many wait for a group: a neighbour can be found by the broadcast group too. */
static void
test_full_queue(void **state)
{
	struct ib_gid snm = snm_of(1), a = mgid4(IP(239, 9, 9, 9));
	uint32_t i;

	(void)state;
	any_rate();
	fx.hold_groups = true;
	for (i = 0; i < MCAST_QUEUE + 10; i++) {
		own_packet(&snm);
		own_packet(&a);
	}
	assert_int_equal(mcast_queued(port()), 2 * MCAST_QUEUE);
	assert_int_equal(fx_drain(), 10);
	assert_int_equal(stats()->fallback, 10);
	assert_int_equal(fx_drops(DP_DROP_mcast_full), 10);
	/* As many groups as it takes to fill the queue of the port. */
	for (i = 0; mcast_queued(port()) < MCAST_QUEUED_MAX; i++) {
		snm = snm_of(2 + i % 800);
		own_packet(&snm);
	}
	assert_int_equal(fx_drain(), 0);
	snm = snm_of(900);
	own_packet(&snm);
	assert_int_equal(fx_drain(), 1);
	assert_int_equal(stats()->fallback, 11);
	fx.hold_groups = false;
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fx_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_cap),
		TEST(test_cap_looks),
		TEST(test_solicited_rate),
		TEST(test_full_queue),
	};

	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}

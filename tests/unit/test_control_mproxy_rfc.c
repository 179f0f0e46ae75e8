/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * The IGMP and MLD proxy beside other routers and other hosts (RFC 2236, 2710, 3376, 3810): what
 * it takes over from a querier, and what it leaves to others.
 */

#include <string.h>

#include "mp_fixture.h"
#include "mp_golden.h"

static struct mp_member *
member(const struct dp_ip *group)
{
	return mp_member_find(fx.c->ports[ETH]->ip->mp, group);
}

/* If nobody says anything more, the group is wanted for so long. */
static void
expect_for(const struct dp_ip *group, uint64_t us)
{
	struct mp_member *mb = member(group);

	assert_non_null(mb);
	assert_in_range(mp_member_until(mb) - fx.now, us - 20 * MS, us);
}

static void
expect_for4(uint64_t us)
{
	struct dp_ip group = dp_ip4(MP_GROUP);

	expect_for(&group, us);
}

static uint8_t
sources(void)
{
	struct control_member_row row;
	uint32_t total;

	control_member_rows(fx.c, 0, &row, 1, &total);
	return total == 1 ? row.nb_sources : 0;
}

/* --- RFC 3376 4.1.6, 4.1.7, 8.4, 8.5; RFC 3810 5.1.8, 5.1.9 --- */

static void
test_pace_of_querier(void **state)
{
	(void)state;
	HEAR(ETH, in_query_pace);
	HEAR(ETH, in_to_ex);
	fx_drain();
	/* 3 * 20 s and half of 5 s: we ask again, at our own pace. */
	fx_run(62400 * MS);
	mp_expect_nothing(ETH, false);
	fx_run(200 * MS);
	EXPECT(ETH, out_query_200);
	fx_run(2300 * MS);
	assert_int_equal(mp_listeners4(), RTE_BIT64(ETH));
	fx_run(200 * MS);
	assert_int_equal(mp_listeners4(), 0);
	HEAR(ETH, in_to_ex);
	expect_for4(260 * S);
}

static void
test_pace_is_the_last_ones(void **state)
{
	(void)state;
	HEAR(ETH, in_query_pace);
	HEAR(ETH, in_query_long);
	HEAR(ETH, in_to_ex);
	expect_for4(426 * S);
	HEAR(ETH, in_query_pace);
	HEAR(ETH, in_query_unsaid);
	HEAR(ETH, in_to_ex);
	expect_for4(260 * S);
	HEAR(ETH, in_query_pace);
	HEAR(ETH, in_query_v2);
	HEAR(ETH, in_to_ex);
	expect_for4(260 * S);
}

static void
test_pace_not_of_a_loser(void **state)
{
	(void)state;
	/* Nobody is lower than 192.0.2.1. */
	HEAR(ETH, in_query_pace);
	HEAR(ETH, in_to_ex);
	expect_for4(260 * S);
}

static void
test_pace_of_querier6(void **state)
{
	(void)state;
	HEAR(ETH, in6_query_pace);
	HEAR(ETH, in6_to_ex);
	expect_for(&mp_group6, 65 * S);
	fx_drain();
	HEAR(ETH, in6_query_pace);
	fx_run(62400 * MS);
	mp_expect_nothing(ETH, true);
	fx_run(200 * MS);
	EXPECT(ETH, out6_query);
}

/* --- RFC 3376 6.6.1, RFC 2236 3, RFC 3810 7.6.1, RFC 2710 4: asked by another router --- */

static void
test_asked_group(void **state)
{
	(void)state;
	HEAR(ETH, in_query_low);
	HEAR(ETH, in_to_ex);
	HEAR(ETH, in_ask_suppress);
	fx_run(10 * S);
	HEAR(ETH, in_ask);
	expect_for4(2 * S);
	fx_run(2100 * MS);
	assert_int_equal(mp_listeners4(), 0);
	/* Who answers stays. */
	HEAR(ETH, in_to_ex);
	HEAR(ETH, in_ask);
	HEAR(ETH, in_is_ex);
	fx_run(10 * S);
	assert_int_equal(mp_listeners4(), RTE_BIT64(ETH));
	/* The time of the message counts, not ours. */
	HEAR(ETH, in_ask_v2);
	expect_for4(4 * S);
}

static void
test_asked_sources(void **state)
{
	(void)state;
	HEAR(ETH, in_query_low);
	HEAR(ETH, in_allow);
	HEAR(ETH, in_ask_source);
	fx_run(1900 * MS);
	assert_int_equal(sources(), 2);
	fx_run(200 * MS);
	assert_int_equal(sources(), 1);
	assert_int_equal(mp_listeners4(), RTE_BIT64(ETH));
	/* Upstream hears of it. */
	fx_run(2 * S);
	HEAR(ETH, in_allow);
	HEAR(ETH, in_ask_source);
	HEAR(ETH, in_allow);
	fx_run(10 * S);
	assert_int_equal(sources(), 2);
}

/* One that is not elected is obeyed in this too. */
static void
test_asked_by_loser(void **state)
{
	struct control_mcast_port_row row;
	uint32_t total;

	(void)state;
	HEAR(ETH, in_to_ex);
	HEAR(ETH, in_ask_high);
	expect_for4(2 * S);
	assert_int_equal(control_mcast_port_rows(fx.c, 0, &row, 1, &total), 1);
	assert_int_equal(dp_ip_get4(&row.querier4), IP(192, 0, 2, 200));
}

static void
test_asked6(void **state)
{
	(void)state;
	HEAR(ETH, in6_to_ex);
	HEAR(ETH, in6_ask);
	expect_for(&mp_group6, 3 * S);
	fx_run(3100 * MS);
	assert_int_equal(mp_listeners(&mp_group6), 0);
	HEAR(ETH, in6_allow);
	HEAR(ETH, in6_ask_source);
	fx_run(2100 * MS);
	assert_int_equal(sources(), 1);
	HEAR(ETH, in6_v1);
	HEAR(ETH, in6_ask_v1);
	assert_in_range(member(&mp_group6)->any_until - fx.now, 3980 * MS, 4 * S);
}

/* Who is no querier any more does not go on asking. */
static void
test_lost_election_ends_asking(void **state)
{
	(void)state;
	HEAR(ETH, in_to_ex);
	fx_drain();
	HEAR(ETH, in_to_in);
	EXPECT(ETH, out_query_group_200);
	HEAR(ETH, in_query_low);
	fx_run(5 * S);
	mp_expect_nothing(ETH, false);
}

/* --- RFC 2236 3, RFC 2710 4: answers among other hosts --- */

#define GROUPS 32u

/* Members of many groups: 239.2.0.x, ff15::2:x. */
static void
join_many(bool v6)
{
	struct dp_ip group = mp_group6;
	uint8_t i;

	for (i = 0; i < GROUPS; i++) {
		group.b[13] = 2;
		group.b[15] = i;
		if (!v6)
			group = dp_ip4(IP(239, 2, 0, i));
		assert_int_equal(control_mcast_join(fx.c, ETH, &group), 0);
	}
	fx_run(3 * S);
	fx_drain();
}

/* The next report of an older version about one of them. @return which, or -1 */
static int
next_report(bool v6)
{
	uint16_t at = v6 ? 48 : 24, group = v6 ? at + 8 + 13 : at + 4 + 1;
	const uint8_t *p;
	struct rte_mbuf *m;
	int n = -1;

	while (n < 0 && (m = mp_next(IB, v6)) != NULL) {
		p = rte_pktmbuf_mtod(m, const uint8_t *);
		if (p[at] == (v6 ? 131 : 0x16) && p[group] == 2)
			n = p[group + 2];
		fx_free(m);
	}
	return n;
}

/* Each of them once, spread over 10 s. */
static void
expect_spread(bool v6)
{
	uint32_t second, most = 0, here, all = 0;
	bool seen[GROUPS] = { false };
	int n;

	for (second = 0; second < 10; second++) {
		fx_run(1 * S);
		for (here = 0; (n = next_report(v6)) >= 0; here++) {
			assert_in_range(n, 0, GROUPS - 1);
			assert_false(seen[n]);
			seen[n] = true;
		}
		most = RTE_MAX(most, here);
		all += here;
	}
	assert_int_equal(all, GROUPS);
	assert_in_range(most, 1, GROUPS / 2);
}

static void
test_each_group_in_its_time(void **state)
{
	(void)state;
	join_many(false);
	HEAR(IB, up_query_v2);
	assert_int_equal(next_report(false), -1);
	expect_spread(false);
}

/* However often we are asked, groups are gone through once a second. */
static void
test_flood_of_queries(void **state)
{
	uint32_t i;

	(void)state;
	join_many(false);
	for (i = 0; i < 100; i++)
		HEAR(IB, up_query_v2);
	fx_run(15 * S);
	for (i = 0; next_report(false) >= 0; i++)
		;
	assert_in_range(i, GROUPS, 2 * GROUPS);
}

static void
test_each_group_in_its_time6(void **state)
{
	(void)state;
	assert_int_equal(nd_enable(fx.c->ports[IB]), 0);
	join_many(true);
	HEAR(IB, up6_query_v1);
	expect_spread(true);
}

static void
test_suppressed(void **state)
{
	(void)state;
	HEAR(IB, up_query_v2);
	HEAR(ETH, in_to_ex);
	fx_run(2 * MS);
	EXPECT(IB, up_v2);
	/* Told by another one: not told again, and no answer either. */
	HEAR(IB, up_other_v2);
	fx_run(2 * S);
	mp_expect_nothing(IB, false);
	HEAR(IB, up_query_v2);
	HEAR(IB, up_other_v2);
	fx_run(10 * S);
	mp_expect_nothing(IB, false);
	/* Only of this query, and not by our own report. */
	HEAR(IB, up_query_v2);
	HEAR(IB, up_v2);
	fx_run(10 * S);
	EXPECT(IB, up_v2);
	/* A leave is nobody else's. */
	HEAR(ETH, in_to_in);
	fx_run(1998 * MS);
	mp_expect_nothing(IB, false);
	HEAR(IB, up_other_v2);
	fx_run(4 * MS);
	EXPECT(IB, up_leave);
}

/* How many reports of MLDv1 about the group were sent; the port has groups of its own too. */
static uint32_t
reports6(void)
{
	struct rte_mbuf *m;
	uint32_t n = 0;

	for (; (m = mp_next(IB, true)) != NULL; fx_free(m))
		n += memcmp(rte_pktmbuf_mtod_offset(m, const uint8_t *, 56), mp_group6.b, 16) == 0;
	return n;
}

static void
test_suppressed6(void **state)
{
	(void)state;
	HEAR(IB, up6_query_v1);
	HEAR(ETH, in6_v1);
	fx_run(2 * S);
	assert_int_equal(reports6(), 2);
	HEAR(IB, up6_query_v1);
	fx_run(10 * S);
	assert_int_equal(reports6(), 1);
	HEAR(IB, up6_query_v1);
	HEAR(IB, up6_other_v1);
	fx_run(10 * S);
	assert_int_equal(reports6(), 0);
}

/* RFC 3376 7.2.2: who speaks version 3 does not mind what others say. */
static void
test_not_suppressed(void **state)
{
	(void)state;
	HEAR(ETH, in_to_ex);
	fx_run(2 * S);
	fx_drain();
	HEAR(IB, up_query);
	HEAR(IB, up_other_v2);
	fx_run(10 * S);
	EXPECT(IB, up_is_ex);
}

/* RFC 3376 7.2.1: what was due in another language is dropped. */
static void
test_version_changes(void **state)
{
	struct mp_host *h = &fx.c->ports[IB]->ip->mp->host[0];

	(void)state;
	HEAR(ETH, in_to_ex);
	EXPECT(IB, up_to_ex);
	HEAR(IB, up_query_v2);
	assert_in_range(h->old_until[MP_V2 - 1] - fx.now, 260 * S - 20 * MS, 260 * S);
	fx_run(10 * S);
	EXPECT(IB, up_v2);
	mp_expect_nothing(IB, false);
	HEAR(IB, up_query_v1);
	fx_run(10 * S);
	EXPECT(IB, up_v1);
	mp_expect_nothing(IB, false);
}

/* RFC 3376 5.1, 8.1 */
static void
test_told_as_often_as_asked(void **state)
{
	uint32_t i;

	(void)state;
	HEAR(IB, up_query_robust);
	fx_run(10 * S);
	fx_drain();
	HEAR(ETH, in_to_ex);
	fx_run(4 * S);
	for (i = 0; i < 4; i++)
		EXPECT(IB, up_to_ex);
	mp_expect_nothing(IB, false);
}

/* RFC 3376 5.2: of the sources that were asked about. */
static void
test_answers_about_sources(void **state)
{
	(void)state;
	HEAR(ETH, in_allow);
	fx_run(2 * S);
	fx_drain();
	HEAR(IB, up_ask_source);
	fx_run(1 * S);
	EXPECT(IB, up_is_in1);
	HEAR(ETH, in_to_ex);
	fx_run(2 * S);
	fx_drain();
	HEAR(IB, up_ask_source);
	fx_run(1 * S);
	EXPECT(IB, up_is_in1);
	mp_expect_nothing(IB, false);
	/* One that is not wanted is not spoken of. */
	HEAR(ETH, in_to_in);
	HEAR(ETH, in_block);
	fx_run(10 * S);
	fx_drain();
	HEAR(ETH, in_allow2);
	fx_run(2 * S);
	fx_drain();
	HEAR(IB, up_ask_source);
	fx_run(1 * S);
	mp_expect_nothing(IB, false);
}

/* --- a link that goes and comes, a port that changes its part --- */

static void
ib_down_and_up(void)
{
	fx.info.state = IPOIB_MAD_DOWN;
	fx.events = IPOIB_MAD_EV_STATE;
	fx_tick();
	assert_false(fx.c->ports[IB]->up);
	fx_drain();
	fx.info.state = IPOIB_MAD_ACTIVE;
	fx.events = IPOIB_MAD_EV_STATE;
	fx_run(1 * MS);
	if (fx_join_req() != NULL)
		fx_answer_join(fx_join_req(), 0);
	fx_run(2 * MS);
	assert_true(fx.c->ports[IB]->up);
}

static uint32_t
queries6(void)
{
	struct rte_mbuf *m;
	uint32_t n = 0;

	for (; (m = mp_next(IB, true)) != NULL; fx_free(m))
		n += *rte_pktmbuf_mtod_offset(m, const uint8_t *, 48) == 130;
	return n;
}

/* RFC 3376 8.6, 8.7 */
static void
test_link_again_querier(void **state)
{
	(void)state;
	assert_int_equal(control_mcast_upstream(fx.c, ETH), 0);
	assert_int_equal(control_port_flag(fx.c, IB, CONTROL_MCAST, true), 0);
	fx_run(35 * S);
	fx_drain();
	ib_down_and_up();
	EXPECT(IB, ib_query);
	fx_run(31 * S);
	mp_expect_nothing(IB, false);
	fx_run(1 * S);
	EXPECT(IB, ib_query);
	/* The other querier need not be on this link. */
	assert_int_equal(nd_enable(fx.c->ports[IB]), 0);
	fx_run(2 * S);
	HEAR(IB, in6_query_pace);
	fx_drain();
	ib_down_and_up();
	fx_run(3 * S);
	assert_int_equal(queries6(), 1);
}

static void
test_link_again_host(void **state)
{
	(void)state;
	HEAR(ETH, in_to_ex);
	fx_run(3 * S);
	ib_down_and_up();
	fx_run(3 * S);
	EXPECT(IB, up_is_ex);
	EXPECT(IB, up_is_ex);
	mp_expect_nothing(IB, false);
}

static uint32_t
routing_ports(void)
{
	struct control_mcast_port_row row;
	uint32_t total;

	control_mcast_port_rows(fx.c, 0, &row, 1, &total);
	return total;
}

/* It routed multicast as the upstream port only. */
static void
test_upstream_no_more(void **state)
{
	(void)state;
	assert_int_equal(routing_ports(), 2);
	assert_int_equal(control_mcast_upstream(fx.c, DP_PORT_NIL), 0);
	assert_int_equal(routing_ports(), 1);
	fx_run(5 * S);
	mp_expect_nothing(IB, false);
	assert_int_equal(control_mcast_upstream(fx.c, IB), 0);
	assert_int_equal(control_mcast_upstream(fx.c, ETH), 0);
	assert_int_equal(routing_ports(), 1);
	/* For itself: also if that is said while it is the upstream port. */
	assert_int_equal(control_mcast_upstream(fx.c, IB), 0);
	assert_int_equal(control_port_flag(fx.c, IB, CONTROL_MCAST, true), 0);
	fx_run(5 * S);
	fx_drain();
	assert_int_equal(control_mcast_upstream(fx.c, DP_PORT_NIL), 0);
	assert_int_equal(routing_ports(), 2);
	fx_run(5 * MS);
	EXPECT(IB, ib_query);
}

/* --- what an Ethernet port passes --- */

static bool allmulti;

int __wrap_rte_eth_allmulticast_get(uint16_t port);
int __wrap_rte_eth_allmulticast_enable(uint16_t port);
int __wrap_rte_eth_allmulticast_disable(uint16_t port);
int __wrap_rte_eth_dev_set_mc_addr_list(uint16_t port, struct rte_ether_addr *macs, uint32_t nb);

int
__wrap_rte_eth_allmulticast_get(uint16_t port)
{
	return port == ETH && allmulti;
}

int
__wrap_rte_eth_allmulticast_enable(uint16_t port)
{
	allmulti |= port == ETH;
	return 0;
}

int
__wrap_rte_eth_allmulticast_disable(uint16_t port)
{
	allmulti &= port != ETH;
	return 0;
}

int
__wrap_rte_eth_dev_set_mc_addr_list(uint16_t port, struct rte_ether_addr *macs, uint32_t nb)
{
	(void)port;
	(void)macs;
	(void)nb;
	return 0;
}

static void
test_allmulticast(void **state)
{
	(void)state;
	assert_true(allmulti);
	assert_int_equal(control_port_flag(fx.c, ETH, CONTROL_PROXY_ARP, true), 0);
	assert_int_equal(control_port_flag(fx.c, ETH, CONTROL_MCAST, false), 0);
	assert_true(allmulti);
	assert_int_equal(control_port_flag(fx.c, ETH, CONTROL_PROXY_ARP, false), 0);
	assert_false(allmulti);
	assert_int_equal(control_port_flag(fx.c, ETH, CONTROL_MCAST, true), 0);
	assert_true(allmulti);
	assert_int_equal(control_mcast_upstream(fx.c, ETH), 0);
	assert_false(allmulti);
	/* Somebody else's before: kept. */
	allmulti = true;
	assert_int_equal(control_mcast_upstream(fx.c, IB), 0);
	assert_int_equal(control_port_flag(fx.c, ETH, CONTROL_MCAST, false), 0);
	assert_true(allmulti);
	allmulti = false;
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, mp_setup_quiet, fx_teardown)
#define TEST_HIGH(fn) cmocka_unit_test_setup_teardown(fn, mp_setup_high, fx_teardown)
	const struct CMUnitTest tests[] = {
		TEST_HIGH(test_pace_of_querier),
		TEST_HIGH(test_pace_is_the_last_ones),
		TEST(test_pace_not_of_a_loser),
		TEST(test_pace_of_querier6),
		TEST_HIGH(test_asked_group),
		TEST_HIGH(test_asked_sources),
		TEST_HIGH(test_asked_by_loser),
		TEST(test_asked6),
		TEST_HIGH(test_lost_election_ends_asking),
		TEST(test_each_group_in_its_time),
		TEST(test_each_group_in_its_time6),
		TEST(test_flood_of_queries),
		TEST(test_suppressed),
		TEST(test_suppressed6),
		TEST(test_not_suppressed),
		TEST(test_version_changes),
		TEST(test_told_as_often_as_asked),
		TEST(test_answers_about_sources),
		TEST(test_link_again_querier),
		TEST(test_link_again_host),
		TEST(test_upstream_no_more),
		TEST(test_allmulticast),
	};

	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}

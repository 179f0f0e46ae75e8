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
	return mp_member_find(fx.c->ports[ETH]->mp, group);
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
	};

	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}

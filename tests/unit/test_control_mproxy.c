/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * The IGMP and MLD proxy (RFC 4605), with messages that scapy made: hosts on ETH, the upstream
 * router on IB.
 */

#include <errno.h>
#include <string.h>

#include "mp_fixture.h"
#include "mp_golden.h"

static void
test_queries(void **state)
{
	(void)state;
	fx_tick();
	EXPECT(ETH, out_query);
	fx_run(31 * S);
	mp_expect_nothing(ETH, false);
	fx_run(1 * S);
	EXPECT(ETH, out_query);
	fx_run(124 * S);
	mp_expect_nothing(ETH, false);
	fx_run(1 * S);
	EXPECT(ETH, out_query);
	/* The upstream port is no querier's. */
	mp_expect_nothing(IB, false);
}

static void
test_queries6(void **state)
{
	(void)state;
	fx_tick();
	EXPECT(ETH, out6_query);
	fx_run(32 * S);
	EXPECT(ETH, out6_query);
}

static void
test_join_and_leave(void **state)
{
	uint64_t began;

	(void)state;
	assert_int_equal(mp_listeners4(), 0);
	HEAR(ETH, in_to_ex);
	assert_int_equal(mp_listeners4(), RTE_BIT64(ETH));
	fx_run(1100 * MS);
	assert_true(mp_joined());
	/* Told twice. */
	EXPECT(IB, up_to_ex);
	EXPECT(IB, up_to_ex);
	mp_expect_nothing(IB, false);
	HEAR(ETH, in_to_in);
	began = fx.now;
	EXPECT(ETH, out_query_group);
	fx_run(990 * MS);
	mp_expect_nothing(ETH, false);
	fx_run(20 * MS);
	EXPECT(ETH, out_query_group);
	fx_run(began + 1990 * MS - fx.now);
	assert_int_equal(mp_listeners4(), RTE_BIT64(ETH));
	fx_run(20 * MS);
	assert_int_equal(mp_listeners4(), 0);
	fx_run(1100 * MS);
	EXPECT(IB, up_to_in);
	EXPECT(IB, up_to_in);
	assert_false(mp_joined());
}

static void
test_answer_keeps(void **state)
{
	(void)state;
	HEAR(ETH, in_to_ex);
	HEAR(ETH, in_to_in);
	HEAR(ETH, in_is_ex);
	fx_drain();
	fx_run(10 * S);
	assert_int_equal(mp_listeners4(), RTE_BIT64(ETH));
	/* Asked for no more. */
	mp_expect_nothing(ETH, false);
}

static void
test_expires(void **state)
{
	(void)state;
	HEAR(ETH, in_to_ex);
	fx_run(259 * S);
	assert_int_equal(mp_listeners4(), RTE_BIT64(ETH));
	fx_run(2 * S);
	assert_int_equal(mp_listeners4(), 0);
}

static void
test_join_and_leave6(void **state)
{
	(void)state;
	HEAR(ETH, in6_to_ex);
	assert_int_equal(mp_listeners(&mp_group6), RTE_BIT64(ETH));
	fx_drain();
	HEAR(ETH, in6_to_in);
	EXPECT(ETH, out6_query_group);
	fx_run(2100 * MS);
	assert_int_equal(mp_listeners(&mp_group6), 0);
	HEAR(ETH, in6_v1);
	assert_int_equal(mp_listeners(&mp_group6), RTE_BIT64(ETH));
	fx_drain();
	HEAR(ETH, in6_done);
	EXPECT(ETH, out6_query_group);
	fx_run(2100 * MS);
	assert_int_equal(mp_listeners(&mp_group6), 0);
}

static void
test_versions_1_and_2(void **state)
{
	(void)state;
	HEAR(ETH, in_v2);
	assert_int_equal(mp_listeners4(), RTE_BIT64(ETH));
	HEAR(ETH, in_leave);
	fx_run(2100 * MS);
	assert_int_equal(mp_listeners4(), 0);
	/* A host of version 1 would not be heard to stay. */
	HEAR(ETH, in_v1);
	HEAR(ETH, in_v2);
	HEAR(ETH, in_leave);
	fx_run(10 * S);
	assert_int_equal(mp_listeners4(), RTE_BIT64(ETH));
}

static void
test_sources(void **state)
{
	(void)state;
	HEAR(ETH, in_allow);
	assert_int_equal(mp_listeners4(), RTE_BIT64(ETH));
	fx_run(10 * MS);
	EXPECT(IB, up_sources);
	fx_run(3 * S);
	fx_drain();
	HEAR(ETH, in_block);
	EXPECT(ETH, out_query_source);
	fx_run(2100 * MS);
	EXPECT(IB, up_source2);
	assert_int_equal(mp_listeners4(), RTE_BIT64(ETH));
	fx_run(300 * S);
	assert_int_equal(mp_listeners4(), 0);
}

static void
test_lowest_address_asks(void **state)
{
	struct control_mcast_port_row row[2];
	uint32_t total;

	(void)state;
	assert_int_equal(fx_addr_del(ETH, ETH_US, 24), 0);
	fx_run(10 * MS);
	assert_int_equal(fx_addr_add(ETH, IP(192, 0, 2, 200), 24), 0);
	fx_run(3 * S);
	fx_drain();
	HEAR(ETH, in_query_high);
	fx_run(27 * S);
	EXPECT(ETH, out_query_200);
	HEAR(ETH, in_query_low);
	fx_run(254 * S);
	mp_expect_nothing(ETH, false);
	assert_int_equal(control_mcast_port_rows(fx.c, 0, row, 2, &total), 2);
	assert_int_equal(dp_ip_get4(&row[0].querier4), IP(192, 0, 2, 77));
	assert_true(row[1].upstream);
	/* While another asks, a leave is its business. */
	HEAR(ETH, in_to_ex);
	HEAR(ETH, in_query_low);
	HEAR(ETH, in_to_in);
	mp_expect_nothing(ETH, false);
	fx_run(256 * S);
	EXPECT(ETH, out_query_200);
}

static void
test_answers_upstream(void **state)
{
	(void)state;
	HEAR(ETH, in_to_ex);
	fx_run(2 * S);
	fx_drain();
	HEAR(IB, up_query);
	fx_run(10 * S);
	EXPECT(IB, up_is_ex);
	mp_expect_nothing(IB, false);
	/* While a querier of version 2 is there, its language. */
	HEAR(IB, up_query_v2);
	fx_run(10 * S);
	EXPECT(IB, up_v2);
	fx_drain();
	HEAR(ETH, in_to_in);
	fx_run(2100 * MS);
	EXPECT(IB, up_leave);
	mp_expect_nothing(IB, false);
}

static void
bad(uint16_t port, const uint8_t *data, uint32_t len, uint32_t at, uint8_t octet)
{
	uint64_t drops = fx_drops(DP_DROP_group_bad);
	uint8_t copy[256];

	memcpy(copy, data, len);
	copy[at] = octet;
	mp_hear(port, copy, len);
	assert_int_equal(fx_drops(DP_DROP_group_bad), drops + 1);
	assert_int_equal(mp_listeners4(), 0);
}

static void
test_malformed(void **state)
{
	const uint32_t len = sizeof(golden_in_to_ex);

	(void)state;
	bad(ETH, golden_in_to_ex, len, 8, 2);		     /* TTL */
	bad(ETH, golden_in_to_ex, len, 26, 0);		     /* checksum */
	bad(ETH, golden_in_to_ex, len, 3, (uint8_t)len - 8); /* shorter than its records */
	bad(ETH, golden_in_to_ex, len, 3, 30);		     /* shorter than a message */
	bad(ETH, golden_in_far, sizeof(golden_in_far), 1, 0xc0);
	bad(ETH, golden_in6_global, sizeof(golden_in6_global), 6, 0);
	bad(ETH, golden_in6_no_alert, sizeof(golden_in6_no_alert), 6, IPPROTO_ICMPV6);
}

/* A good record in front of a bad one: nothing of it is believed. */
static void
test_half_malformed(void **state)
{
	uint32_t len = sizeof(golden_in_to_ex);
	uint8_t copy[64];
	uint32_t sum;

	(void)state;
	memcpy(copy, golden_in_to_ex, len);
	copy[24 + 7] = 2; /* two records */
	sum = (uint32_t)(copy[26] << 8 | copy[27]);
	/* The checksum's complement falls by one with what rose by one. */
	sum = sum == 0 ? 0xfffe : sum - 1;
	copy[26] = (uint8_t)(sum >> 8);
	copy[27] = (uint8_t)sum;
	mp_hear(ETH, copy, len);
	assert_int_equal(fx_drops(DP_DROP_group_bad), 1);
	assert_int_equal(mp_listeners4(), 0);
}

/* More groups than there is room for: counted. */
static void
test_full(void **state)
{
	struct mp_port *mp = fx.c->ports[ETH]->ip->mp;

	(void)state;
	mp->nb_members = MP_PORT_MEMBERS_MAX;
	HEAR(ETH, in_to_ex);
	assert_int_equal(mp_listeners4(), 0);
	assert_int_equal(mp->refused, 1);
	mp->nb_members = 0;
}

static void
test_link_local_is_not_routed(void **state)
{
	struct dp_ip all = dp_ip4(IP(224, 0, 0, 251));
	struct dp_ip nodes = { { 0xff, 0x02, [15] = 1 } };

	(void)state;
	assert_false(mp_is_routed(&all));
	assert_false(mp_is_routed(&nodes));
	assert_true(mp_is_routed(&mp_group6));
	assert_int_equal(control_mcast_join(fx.c, ETH, &all), -EINVAL);
}

static void
test_limit(void **state)
{
	uint32_t i;

	(void)state;
	for (i = 0; i < 2100; i++)
		HEAR(ETH, in_to_ex);
	assert_in_range(fx_drops(DP_DROP_group_limit), 1, 100);
	fx_drain();
}

static void
test_by_command(void **state)
{
	struct dp_ip group = dp_ip4(MP_GROUP);
	struct control_member_row row;
	uint32_t total;

	(void)state;
	assert_int_equal(control_mcast_join(fx.c, 9, &group), -ENODEV);
	assert_int_equal(control_mcast_join(fx.c, ETH, &group), 0);
	assert_int_equal(control_mcast_join(fx.c, ETH, &group), -EEXIST);
	assert_int_equal(mp_listeners4(), RTE_BIT64(ETH));
	fx_run(300 * S);
	assert_int_equal(control_member_rows(fx.c, 0, &row, 1, &total), 1);
	assert_true(row.fixed && row.any && row.upstream && row.port == ETH);
	assert_int_equal(control_mcast_leave(fx.c, ETH, &group), 0);
	assert_int_equal(control_mcast_leave(fx.c, ETH, &group), -ENOENT);
	assert_int_equal(mp_listeners4(), 0);
	/* Where it is not routed there is nothing to have. */
	assert_int_equal(control_port_flag(fx.c, ETH, CONTROL_MCAST, false), 0);
	assert_int_equal(control_mcast_join(fx.c, ETH, &group), -ENOTCONN);
}

static void
test_upstream_moves(void **state)
{
	(void)state;
	HEAR(ETH, in_to_ex);
	fx_run(10 * MS);
	assert_true(mp_joined());
	assert_int_equal(control_mcast_upstream(fx.c, DP_PORT_NIL), 0);
	fx_run(10 * MS);
	assert_false(mp_joined());
	assert_int_equal(atomic_load(&fx.dp->mcast_upstream), DP_PORT_NIL);
	assert_int_equal(mp_listeners4(), RTE_BIT64(ETH));
	assert_int_equal(control_mcast_upstream(fx.c, IB), 0);
	fx_run(10 * MS);
	assert_true(mp_joined());
	/* Its members are forgotten when a port becomes the upstream one. */
	assert_int_equal(control_mcast_upstream(fx.c, ETH), 0);
	assert_int_equal(mp_listeners4(), 0);
	assert_int_equal(control_mcast_upstream(fx.c, 9), -ENODEV);
}

static void
test_off(void **state)
{
	(void)state;
	HEAR(ETH, in_to_ex);
	assert_int_equal(control_port_flag(fx.c, ETH, CONTROL_MCAST, false), 0);
	assert_int_equal(mp_listeners4(), 0);
	fx_run(2 * S);
	assert_false(mp_joined());
	fx_drain();
	HEAR(ETH, in_to_ex);
	assert_int_equal(mp_listeners4(), 0);
	fx_run(200 * S);
	mp_expect_nothing(ETH, false);
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, mp_setup_quiet, fx_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_queries, mp_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_queries6, mp_setup, fx_teardown),
		TEST(test_join_and_leave),
		TEST(test_answer_keeps),
		TEST(test_expires),
		TEST(test_join_and_leave6),
		TEST(test_versions_1_and_2),
		TEST(test_sources),
		TEST(test_lowest_address_asks),
		TEST(test_answers_upstream),
		TEST(test_malformed),
		TEST(test_half_malformed),
		TEST(test_full),
		TEST(test_link_local_is_not_routed),
		TEST(test_limit),
		TEST(test_by_command),
		TEST(test_upstream_moves),
		TEST(test_off),
	};

	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}

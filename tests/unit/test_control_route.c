/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Addresses, routes and the FIB. */

#include <errno.h>
#include <string.h>

#include <rte_fib.h>

#include "control_fixture.h"

static const struct dp_nh *
lookup(uint32_t ip)
{
	uint64_t id;

	assert_int_equal(rte_fib_lookup_bulk(fx.dp->fib, &ip, &id, 1), 0);
	return &fx.dp->nh[id];
}

static void
expect(uint32_t ip, uint8_t type, uint16_t port, uint32_t gw)
{
	const struct dp_nh *nh = lookup(ip);

	assert_int_equal(nh->type, type);
	if (type == DP_NH_NONE)
		return;
	assert_int_equal(nh->port, port);
	if (type == DP_NH_VIA)
		assert_int_equal(dp_ip_get4(&nh->gw), gw);
}

static void
test_address(void **state)
{
	(void)state;
	expect(ETH_US, DP_NH_LOCAL, ETH, 0);
	expect(ETH_PEER, DP_NH_LINK, ETH, 0);
	expect(IP(192, 0, 2, 0), DP_NH_BROADCAST, ETH, 0);
	expect(IP(192, 0, 2, 255), DP_NH_BROADCAST, ETH, 0);
	expect(IP(192, 0, 3, 1), DP_NH_NONE, 0, 0);
	assert_int_equal(fx_addr_del(ETH, ETH_US, 25), -ENOENT);
	assert_int_equal(fx_addr_del(IB, ETH_US, 24), -ENOENT);
	assert_int_equal(fx_addr_del(ETH, ETH_US, 24), 0);
	expect(ETH_US, DP_NH_NONE, 0, 0);
	expect(ETH_PEER, DP_NH_NONE, 0, 0);
	expect(IP(192, 0, 2, 255), DP_NH_NONE, 0, 0);
	expect(IB_PEER, DP_NH_LINK, IB, 0);
}

static void
test_bad_address(void **state)
{
	(void)state;
	assert_int_equal(fx_addr_add(7, IP(10, 0, 0, 1), 8), -ENODEV);
	assert_int_equal(fx_addr_add(ETH, IP(10, 0, 0, 0), 8), -EINVAL);
	assert_int_equal(fx_addr_add(ETH, IP(10, 255, 255, 255), 8), -EINVAL);
	assert_int_equal(fx_addr_add(ETH, IP(127, 0, 0, 1), 8), -EINVAL);
	assert_int_equal(fx_addr_add(ETH, IP(224, 0, 0, 1), 24), -EINVAL);
	assert_int_equal(fx_addr_add(ETH, IP(0, 0, 0, 1), 24), -EINVAL);
	assert_int_equal(fx_addr_add(ETH, IP(10, 0, 0, 1), 33), -EINVAL);
	assert_int_equal(fx_addr_add(ETH, IP(10, 0, 0, 1), 0), -EINVAL);
	assert_int_equal(fx_addr_add(IB, ETH_US, 24), -EEXIST);
}

/* Both ends of a /31 are hosts; a /32 has no link. */
static void
test_small_prefixes(void **state)
{
	(void)state;
	assert_int_equal(fx_addr_add(ETH, IP(10, 0, 0, 0), 31), 0);
	expect(IP(10, 0, 0, 0), DP_NH_LOCAL, ETH, 0);
	expect(IP(10, 0, 0, 1), DP_NH_LINK, ETH, 0);
	expect(IP(10, 0, 0, 2), DP_NH_NONE, 0, 0);
	assert_int_equal(fx_addr_add(ETH, IP(10, 1, 0, 0), 32), 0);
	expect(IP(10, 1, 0, 0), DP_NH_LOCAL, ETH, 0);
	expect(IP(10, 1, 0, 1), DP_NH_NONE, 0, 0);
	assert_int_equal(fx_addr_del(ETH, IP(10, 0, 0, 0), 31), 0);
	expect(IP(10, 0, 0, 1), DP_NH_NONE, 0, 0);
}

/* Two addresses of one subnet: the link stays until the last one goes. */
static void
test_shared_subnet(void **state)
{
	(void)state;
	assert_int_equal(fx_addr_add(ETH, IP(192, 0, 2, 9), 24), 0);
	assert_int_equal(fx_addr_del(ETH, ETH_US, 24), 0);
	expect(ETH_US, DP_NH_LINK, ETH, 0);
	expect(IP(192, 0, 2, 255), DP_NH_BROADCAST, ETH, 0);
	assert_int_equal(fx_addr_del(ETH, IP(192, 0, 2, 9), 24), 0);
	expect(ETH_PEER, DP_NH_NONE, 0, 0);
}

static void
test_route(void **state)
{
	struct control_route_row row[16];
	uint32_t total, n, i, found = 0;

	(void)state;
	assert_int_equal(fx_route_add(0, 0, ETH_PEER), 0);
	assert_int_equal(fx_route_add(IP(10, 1, 0, 0), 16, IB_PEER), 0);
	assert_int_equal(fx_route_add(IP(10, 1, 2, 128), 25, ETH_PEER), 0);
	assert_int_equal(fx_route_add(IP(10, 1, 0, 0), 16, ETH_PEER), -EEXIST);
	assert_int_equal(fx_route_add(IP(10, 1, 0, 1), 16, IB_PEER), -EINVAL);
	assert_int_equal(fx_route_add(IP(10, 1, 0, 0), 33, IB_PEER), -EINVAL);
	assert_int_equal(fx_route_add(IP(10, 9, 0, 0), 16, IP(8, 8, 8, 8)), -ENETUNREACH);
	assert_int_equal(fx_route_add(IP(10, 9, 0, 0), 16, ETH_US), -ENETUNREACH);
	assert_int_equal(fx_route_add(IP(10, 9, 0, 0), 16, IP(192, 0, 2, 255)), -ENETUNREACH);
	expect(IP(8, 8, 8, 8), DP_NH_VIA, ETH, ETH_PEER);
	expect(IP(10, 1, 2, 3), DP_NH_VIA, IB, IB_PEER);
	expect(IP(10, 1, 2, 200), DP_NH_VIA, ETH, ETH_PEER);
	/* The two routes by one gateway share a next hop. */
	assert_ptr_equal(lookup(IP(8, 8, 8, 8)), lookup(IP(10, 1, 2, 200)));
	n = control_route_rows(fx.c, 0, row, 16, &total);
	assert_int_equal(n, total);
	for (i = 0; i < n; i++)
		found += row[i].type == DP_NH_VIA;
	assert_int_equal(found, 3);
	/* Deleting shows what is under it. */
	assert_int_equal(fx_route_del(IP(10, 1, 2, 128), 25), 0);
	expect(IP(10, 1, 2, 200), DP_NH_VIA, IB, IB_PEER);
	assert_int_equal(fx_route_del(IP(10, 1, 2, 128), 25), -ENOENT);
	assert_int_equal(fx_route_del(IP(192, 0, 2, 0), 24), -ENOENT);
	/* A gateway that is on no link any more takes its routes along. */
	assert_int_equal(fx_addr_del(IB, IB_US, 24), 0);
	expect(IP(10, 1, 2, 3), DP_NH_VIA, ETH, ETH_PEER);
	expect(IB_PEER, DP_NH_VIA, ETH, ETH_PEER);
}

/* A static route must not hide an own address, and comes back when that goes. */
static void
test_preference(void **state)
{
	(void)state;
	assert_int_equal(fx_route_add(IP(10, 0, 0, 1), 32, ETH_PEER), 0);
	assert_int_equal(fx_addr_add(IB, IP(10, 0, 0, 1), 24), 0);
	expect(IP(10, 0, 0, 1), DP_NH_LOCAL, IB, 0);
	assert_int_equal(fx_addr_del(IB, IP(10, 0, 0, 1), 24), 0);
	expect(IP(10, 0, 0, 1), DP_NH_VIA, ETH, ETH_PEER);
}

/* A reader has to pass between two changes. */
static void
test_grace(void **state)
{
	const struct dp_nh *old;
	struct dp_nh was;

	(void)state;
	rte_rcu_qsbr_thread_register(fx.dp->rcu, 0);
	rte_rcu_qsbr_thread_online(fx.dp->rcu, 0);
	assert_int_equal(fx_route_add(IP(10, 1, 2, 128), 25, ETH_PEER), 0);
	old = lookup(IP(10, 1, 2, 200));
	was = *old;
	assert_int_equal(fx_route_add(IP(10, 1, 0, 0), 16, ETH_PEER), -EAGAIN);
	assert_int_equal(fx_route_del(IP(10, 1, 2, 128), 25), -EAGAIN);
	assert_int_equal(fx_addr_add(ETH, IP(10, 2, 0, 1), 24), -EAGAIN);
	assert_int_equal(fx_addr_del(ETH, ETH_US, 24), -EAGAIN);
	expect(ETH_US, DP_NH_LOCAL, ETH, 0);
	rte_rcu_qsbr_quiescent(fx.dp->rcu, 0);
	assert_int_equal(fx_route_del(IP(10, 1, 2, 128), 25), 0);
	/* The next hop is not given out again while a reader may look at it. */
	fx_tick();
	assert_memory_equal(old, &was, sizeof(was));
	rte_rcu_qsbr_quiescent(fx.dp->rcu, 0);
	assert_int_equal(fx_route_add(IP(10, 3, 0, 0), 16, IB_PEER), 0);
	assert_ptr_equal(lookup(IP(10, 3, 0, 1)), old);
	rte_rcu_qsbr_thread_offline(fx.dp->rcu, 0);
	rte_rcu_qsbr_thread_unregister(fx.dp->rcu, 0);
}

/* DPDK 22.11 lost count of the room of its table when a long prefix led where its parent led. */
static void
test_same_as_parent(void **state)
{
	int i;

	(void)state;
	assert_int_equal(fx_route_add(IP(10, 0, 0, 0), 8, ETH_PEER), 0);
	for (i = 0; i < 64; i++) {
		assert_int_equal(fx_route_add(IP(10, 1, 2, 128), 25, ETH_PEER), 0);
		assert_int_equal(fx_route_del(IP(10, 1, 2, 128), 25), 0);
	}
	assert_int_equal(fx_route_add(IP(10, 1, 2, 128), 25, IB_PEER), 0);
	expect(IP(10, 1, 2, 127), DP_NH_VIA, ETH, ETH_PEER);
	expect(IP(10, 1, 2, 128), DP_NH_VIA, IB, IB_PEER);
}

/* The table is full: refused as a whole, and nothing is changed. */
static void
test_full(void **state)
{
	struct control_route_row row;
	uint32_t i, n = 0, before, total;
	int ret;

	(void)state;
	assert_int_equal(fx_route_add(IP(10, 0, 0, 0), 8, ETH_PEER), 0);
	do {
		ret = fx_route_add(IP(10, 0, 0, 1) + (n << 8), 32, IB_PEER);
		n += ret == 0;
	} while (ret == 0);
	assert_int_equal(ret, -ENOSPC);
	/* The two subnets of the fixture have one each. */
	assert_int_equal(n, DP_FIB_TBL8_MAX - 2);
	expect(IP(10, 0, 0, 1) + (n << 8), DP_NH_VIA, ETH, ETH_PEER);
	/* What has its /24 already, and what needs none. */
	assert_int_equal(fx_route_add(IP(10, 0, 0, 2), 32, IB_PEER), 0);
	assert_int_equal(fx_route_add(IP(10, 0, 0, 0), 9, IB_PEER), 0);
	assert_int_equal(fx_route_del(IP(10, 0, 0, 0), 9), 0);
	for (i = 0; i < n; i++)
		expect(IP(10, 0, 0, 3) + (i << 8), DP_NH_VIA, ETH, ETH_PEER);
	assert_int_equal(fx_route_del(IP(10, 0, 9, 1), 32), 0);
	/* An address that needs room for two, and has it for one, leaves nothing behind. */
	control_route_rows(fx.c, 0, &row, 1, &before);
	assert_int_equal(fx_addr_add(ETH, IP(172, 16, 0, 1), 16), -ENOSPC);
	control_route_rows(fx.c, 0, &row, 1, &total);
	assert_int_equal(total, before);
	expect(IP(172, 16, 0, 0), DP_NH_NONE, 0, 0);
	assert_int_equal(fx_route_add(IP(10, 0, 0, 1) + (n << 8), 32, IB_PEER), 0);
	expect(IP(10, 0, 0, 1) + (n << 8), DP_NH_VIA, IB, IB_PEER);
}

/* A subnet goes, and with it many routes, some each tick. */
static void
test_many_lost(void **state)
{
	struct control_route_row row;
	uint32_t i, before, total;

	(void)state;
	control_route_rows(fx.c, 0, &row, 1, &before);
	for (i = 0; i < 1000; i++)
		assert_int_equal(fx_route_add(IP(10, 0, 0, 0) + (i << 8), 24,
						 i % 10 == 0 ? ETH_PEER : IB_PEER),
				0);
	assert_int_equal(fx_addr_del(IB, IB_US, 24), 0);
	fx_run(100 * MS);
	control_route_rows(fx.c, 0, &row, 1, &total);
	assert_int_equal(total, before + 100 - 4);
	for (i = 0; i < 1000; i++)
		expect(IP(10, 0, 0, 1) + (i << 8), i % 10 == 0 ? DP_NH_VIA : DP_NH_NONE, ETH,
				ETH_PEER);
}

/* One subnet in another: a gateway is in the smaller one; and we are nobody's gateway. */
static void
test_nested_subnets(void **state)
{
	struct control_route own = { .prefix = dp_ip4(IP(10, 3, 0, 0)),
		.via = dp_ip4(IP(192, 0, 2, 129)),
		.len = 24,
		.type = DP_NH_VIA,
		.port = DP_PORT_NIL };

	(void)state;
	assert_int_equal(fx_addr_add(IB, IP(192, 0, 2, 129), 25), 0);
	assert_int_equal(fx_route_add(IP(10, 1, 0, 0), 24, IP(192, 0, 2, 200)), 0);
	expect(IP(10, 1, 0, 1), DP_NH_VIA, IB, IP(192, 0, 2, 200));
	assert_int_equal(fx_route_add(IP(10, 2, 0, 0), 24, IP(192, 0, 2, 20)), 0);
	expect(IP(10, 2, 0, 1), DP_NH_VIA, ETH, IP(192, 0, 2, 20));
	assert_int_equal(control_route_add(fx.c, &own), -ENETUNREACH);
	own.port = ETH;
	assert_int_equal(control_route_add(fx.c, &own), -ENETUNREACH);
}

static void
test_rows(void **state)
{
	struct control_addr_row row[4];
	uint32_t total;

	(void)state;
	assert_int_equal(control_addr_rows(fx.c, 0, row, 4, &total), 2);
	assert_int_equal(total, 2);
	assert_int_equal(dp_ip_get4(&row[0].ip), ETH_US);
	assert_int_equal(control_addr_rows(fx.c, 1, row, 4, &total), 1);
	assert_int_equal(dp_ip_get4(&row[0].ip), IB_US);
	assert_int_equal(row[0].port, IB);
	assert_int_equal(control_addr_rows(fx.c, 2, row, 4, &total), 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup_up, fx_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_address),
		TEST(test_bad_address),
		TEST(test_small_prefixes),
		TEST(test_shared_subnet),
		TEST(test_route),
		TEST(test_preference),
		TEST(test_grace),
		TEST(test_same_as_parent),
		TEST(test_full),
		TEST(test_many_lost),
		TEST(test_nested_subnets),
		TEST(test_rows),
	};

	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}

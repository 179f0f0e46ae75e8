/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Routes with several next hops, those that refuse, and what becomes of them when gateways, ports
 * and addresses go.
 */

#include <errno.h>
#include <string.h>

#include "control_fixture.h"

#define NET IP(10, 0, 0, 0)
#define DST IP(10, 1, 2, 3)
#define GW(n) IP(192, 0, 2, 10 + (n))

static int
append(uint32_t prefix, uint8_t len, uint32_t via)
{
	struct control_route r = { .prefix = dp_ip4(prefix),
		.len = len,
		.type = DP_NH_VIA,
		.via = dp_ip4(via),
		.port = DP_PORT_NIL,
		.append = true };

	return control_route_add(fx.c, &r);
}

static int
add_type(uint32_t prefix, uint8_t len, uint8_t type, bool more)
{
	struct control_route r = {
		.prefix = dp_ip4(prefix), .len = len, .type = type, .append = more
	};

	return control_route_add(fx.c, &r);
}

static int
del_via(uint32_t prefix, uint8_t len, uint32_t via)
{
	struct dp_ip a = dp_ip4(prefix), gw = dp_ip4(via);

	return control_route_del(fx.c, &a, len, &gw);
}

static const struct dp_nh *
lookup(uint32_t ip)
{
	struct dp_ip a = dp_ip4(ip);

	return fx_route(&a);
}

/* Does it lead to just these gateways? Bit n: GW(n). */
static uint32_t
gateways(uint32_t ip)
{
	const struct dp_nh *nh = lookup(ip);
	uint32_t set = 0;
	uint8_t i;

	if (nh->type == DP_NH_VIA)
		return 1u << (dp_ip_get4(&nh->gw) - GW(0));
	if (nh->type != DP_NH_ECMP)
		return 0;
	assert_in_range(nh->nb, 2, DP_ECMP_MAX);
	for (i = 0; i < nh->nb; i++) {
		const struct dp_nh *m = &fx.dp->nh[nh->member[i]];

		assert_int_equal(m->type, DP_NH_VIA);
		set |= 1u << (dp_ip_get4(&m->gw) - GW(0));
	}
	assert_int_equal(__builtin_popcount(set), nh->nb);
	return set;
}

static void
dead(uint32_t n, bool is)
{
	struct dp_ip gw = dp_ip4(GW(n));

	route_gw_dead(fx.c, ETH, &gw, is);
	fx_run(5 * MS);
}

static void
test_append(void **state)
{
	uint32_t i;

	(void)state;
	assert_int_equal(append(NET, 8, GW(0)), 0);
	assert_int_equal(gateways(DST), 1);
	assert_int_equal(fx_route_add(NET, 8, GW(1)), -EEXIST);
	assert_int_equal(append(NET, 8, GW(0)), -EEXIST);
	for (i = 1; i < DP_ECMP_MAX; i++) {
		assert_int_equal(append(NET, 8, GW(i)), 0);
		assert_int_equal(gateways(DST), (2u << i) - 1);
	}
	assert_int_equal(append(NET, 8, GW(i)), -EMLINK);
	/* The same gateways are one set, whatever their order. */
	for (i = DP_ECMP_MAX; i-- > 0;)
		assert_int_equal(append(IP(20, 0, 0, 0), 8, GW(i)), 0);
	assert_ptr_equal(lookup(DST), lookup(IP(20, 0, 0, 1)));
	assert_int_equal(del_via(NET, 8, GW(9)), -ENOENT);
	assert_int_equal(del_via(NET, 8, GW(3)), 0);
	assert_int_equal(gateways(DST), 0xf7);
	assert_int_equal(gateways(IP(20, 0, 0, 1)), 0xff);
	for (i = 0; i < DP_ECMP_MAX - 1; i++) {
		if (i != 3)
			assert_int_equal(del_via(NET, 8, GW(i)), 0);
	}
	assert_int_equal(gateways(DST), 1u << i);
	assert_int_equal(fx_route_del(IP(20, 0, 0, 0), 8), 0);
	assert_int_equal(lookup(IP(20, 0, 0, 1))->type, DP_NH_NONE);
	assert_int_equal(del_via(NET, 8, GW(i)), 0);
	assert_int_equal(lookup(DST)->type, DP_NH_NONE);
	/* All numbers come free again. */
	fx_run(5 * MS);
	for (i = 1; i < fx.c->ip->nhs.high; i++)
		assert_true(fx.c->ip->nhs.refs[i] == 0 || fx.dp->nh[i].type != DP_NH_VIA);
}

static void
test_refusing(void **state)
{
	static const uint8_t types[] = { DP_NH_BLACKHOLE, DP_NH_UNREACHABLE, DP_NH_PROHIBIT };
	uint32_t i;

	(void)state;
	assert_int_equal(fx_route_add(0, 0, GW(0)), 0);
	for (i = 0; i < RTE_DIM(types); i++) {
		assert_int_equal(add_type(NET, 8, types[i], false), 0);
		assert_int_equal(lookup(DST)->type, types[i]);
		assert_int_equal(add_type(NET, 8, types[i], false), -EEXIST);
		assert_int_equal(add_type(NET, 8, types[i], true), -EEXIST);
		assert_int_equal(append(NET, 8, GW(1)), -EEXIST);
		assert_int_equal(fx_route_del(NET, 8), 0);
		assert_int_equal(gateways(DST), 1);
	}
	assert_int_equal(append(NET, 8, GW(1)), 0);
	assert_int_equal(add_type(NET, 8, DP_NH_BLACKHOLE, true), -EEXIST);
	for (i = 0; i <= UINT8_MAX; i++) {
		if (i < DP_NH_VIA || i == DP_NH_BROADCAST || i >= DP_NH_ECMP)
			assert_int_equal(add_type(IP(30, 0, 0, 0), 8, (uint8_t)i, false), -EINVAL);
	}
	/* They do not hide what is ours. */
	assert_int_equal(add_type(ETH_US, 32, DP_NH_PROHIBIT, false), 0);
	assert_int_equal(lookup(ETH_US)->type, DP_NH_LOCAL);
}

/* Only living gateways get flows; the last one stays, dead or not. */
static void
test_dead(void **state)
{
	struct control_route_row row[4];
	struct dp_ip a = dp_ip4(DST);
	uint32_t i, total;

	(void)state;
	for (i = 0; i < 3; i++)
		assert_int_equal(append(NET, 8, GW(i)), 0);
	dead(1, true);
	assert_int_equal(gateways(DST), 5);
	assert_int_equal(control_route_get(fx.c, &a, row, 4, &total), 2);
	dead(0, true);
	assert_int_equal(gateways(DST), 4);
	dead(2, true);
	assert_int_equal(gateways(DST), 4);
	assert_int_equal(control_route_get(fx.c, &a, row, 4, &total), 1);
	assert_true(row[0].dead && row[0].used);
	dead(1, false);
	assert_int_equal(gateways(DST), 2);
	/* A dead one that is appended, or is alone, is as good as any. */
	assert_int_equal(append(IP(20, 0, 0, 0), 8, GW(0)), 0);
	assert_int_equal(gateways(IP(20, 0, 0, 1)), 1);
	assert_int_equal(append(IP(20, 0, 0, 0), 8, GW(1)), 0);
	assert_int_equal(gateways(IP(20, 0, 0, 1)), 2);
	dead(0, false);
	dead(2, false);
	assert_int_equal(gateways(DST), 7);
	assert_int_equal(gateways(IP(20, 0, 0, 1)), 3);
	/* Not for routes of one gateway. */
	assert_int_equal(fx_route_add(IP(30, 0, 0, 0), 8, GW(5)), 0);
	dead(5, true);
	assert_int_equal(gateways(IP(30, 0, 0, 1)), 1u << 5);
	/* Who is no gateway does not count. */
	dead(7, true);
	assert_int_equal(fx.c->ip->nhs.nb_dead, 1);
	assert_int_equal(fx_route_del(IP(30, 0, 0, 0), 8), 0);
	assert_int_equal(fx.c->ip->nhs.nb_dead, 0);
}

/* Numbers of sets that a reader may look at are not given out again, not even in the same batch. */
static void
test_grace(void **state)
{
	struct dp_ip gw = dp_ip4(GW(0));
	struct dp_nh was[2];
	const struct dp_nh *old[2];
	uint32_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_int_equal(append(NET, 8, GW(i)), 0);
		assert_int_equal(append(IP(20, 0, 0, 0), 8, GW(i == 2 ? 3 : i)), 0);
	}
	fx_run(5 * MS);
	rte_rcu_qsbr_thread_register(fx.dp->rcu, 0);
	rte_rcu_qsbr_thread_online(fx.dp->rcu, 0);
	old[0] = lookup(DST);
	old[1] = lookup(IP(20, 0, 0, 1));
	was[0] = *old[0];
	was[1] = *old[1];
	route_gw_dead(fx.c, ETH, &gw, true);
	fx_run(5 * MS);
	assert_int_equal(gateways(DST), 6);
	assert_int_equal(gateways(IP(20, 0, 0, 1)), 0xa);
	assert_memory_equal(old[0], &was[0], sizeof(was[0]));
	assert_memory_equal(old[1], &was[1], sizeof(was[1]));
	for (i = 0; i < was[0].nb; i++)
		assert_int_equal(fx.dp->nh[was[0].member[i]].type, DP_NH_VIA);
	rte_rcu_qsbr_thread_offline(fx.dp->rcu, 0);
	rte_rcu_qsbr_thread_unregister(fx.dp->rcu, 0);
}

static void
test_port_down(void **state)
{
	(void)state;
	assert_int_equal(append(NET, 8, GW(0)), 0);
	assert_int_equal(append(NET, 8, IB_PEER), 0);
	assert_int_equal(lookup(DST)->type, DP_NH_ECMP);
	/* Not its link state, which is looked at now and then, but what follows from it. */
	fx.c->ports[IB]->up = false;
	routes_run(fx.c);
	assert_int_equal(gateways(DST), 1);
	fx.c->ports[IB]->up = true;
	do
		routes_run(fx.c);
	while (routes_busy(fx.c));
	assert_int_equal(lookup(DST)->type, DP_NH_ECMP);
	fx_drain();
}

/* ARP requests for a gateway that came out. */
static uint32_t
asked(uint32_t ip)
{
	struct rte_mbuf *m;
	uint32_t n = 0, tpa;
	uint16_t port;

	while ((m = fx_sent(&port)) != NULL) {
		if (port == ETH && m->pkt_len >= 42) {
			memcpy(&tpa, rte_pktmbuf_mtod_offset(m, const void *, 38), sizeof(tpa));
			n += rte_be_to_cpu_32(tpa) == ip;
		}
		fx_free(m);
	}
	return n;
}

/*
 * A gateway stops to answer while packets are sent to it: after three requests it leaves, is asked
 * every 5 s although no packet wants it, and is back as soon as it answers.
 */
static void
test_probe(void **state)
{
	uint32_t n;

	(void)state;
	assert_int_equal(append(NET, 8, GW(0)), 0);
	assert_int_equal(append(NET, 8, GW(1)), 0);
	fx_punt(fx_ip(IB, IB_PEER, DST, IPPROTO_UDP, 100, 0), DP_PUNT_L3_MISS, ETH, GW(0));
	fx_run(4 * S);
	assert_int_equal(asked(GW(0)), 3);
	assert_int_equal(gateways(DST), 2);
	fx_drain();
	fx_run(60 * S);
	n = asked(GW(0));
	/* 11 rounds of 3 at most. */
	assert_in_range(n, 20, 40);
	assert_int_equal(gateways(DST), 2);
	/* Believed is an answer only. */
	for (n = 0; asked(GW(0)) == 0; n++) {
		assert_in_range(n, 0, 100);
		fx_run(100 * MS);
	}
	/* It asks for us: nobody need have asked it just then. */
	fx_arp_eth(1, 9, GW(0), ETH_US);
	fx_run(10 * MS);
	assert_int_equal(gateways(DST), 3);
	fx_drain();
	fx_run(20 * S);
	assert_true(asked(GW(0)) <= 3);
	fx_drain();
}

/* Many routes by one gateway: some each tick, and commands are not kept off. */
static void
test_many(void **state)
{
	struct dp_ip gw = dp_ip4(GW(0));
	uint32_t i, n, ticks = 0;

	(void)state;
	for (i = 0; i < 1000; i++) {
		assert_int_equal(append(NET + (i << 8), 24, GW(0)), 0);
		assert_int_equal(append(NET + (i << 8), 24, GW(1)), 0);
	}
	route_gw_dead(fx.c, ETH, &gw, true);
	do {
		n = fx.c->ip->fib.nb_ops;
		assert_in_range(n, 0, 16);
		assert_in_range(ticks++, 0, 1000);
		fx.now += MS;
		fx_tick();
		if (ticks == 20)
			assert_int_equal(routes_ready(fx.c), 0);
	} while (routes_busy(fx.c));
	for (i = 0; i < 1000; i++)
		assert_int_equal(gateways(NET + (i << 8) + 1), 2);
	/* Back again while routes are taken away and put in under the walk. */
	route_gw_dead(fx.c, ETH, &gw, false);
	for (i = 0; i < 999; i += 3) {
		fx_tick();
		assert_int_equal(fx_route_del(NET + (i << 8), 24), 0);
		assert_int_equal(fx_route_del(NET + ((i + 1) << 8), 24), 0);
		assert_int_equal(append(IP(9, 0, 0, 0) + (i << 8), 24, GW(1)), 0);
	}
	fx_run(200 * MS);
	for (i = 0; i < 1000; i++)
		assert_int_equal(gateways(NET + (i << 8) + 1), i < 999 && i % 3 != 2 ? 0 : 3);
	fx_drain();
}

/* With the port goes all that leads to it, bit by bit; the rest stays. */
static void
test_port_gone(void **state)
{
	struct control_route_row route;
	uint32_t i, n, total, calls = 0;

	(void)state;
	assert_int_equal(append(IP(11, 0, 0, 0), 8, GW(0)), 0);
	assert_int_equal(append(IP(11, 0, 0, 0), 8, IB_PEER), 0);
	for (i = 0; i < 100; i++)
		assert_int_equal(append(NET + (i << 8), 24, IB_PEER), 0);
	for (i = 0; i < 20; i++)
		assert_int_equal(fx_addr_add(IB, IP(172, 16, i, 1), 24), 0);
	while (addr_port_gone(fx.c, IB) != 0) {
		assert_in_range(calls++, 0, 1000);
		fx_tick();
	}
	control_route_rows(fx.c, 0, &route, 1, &total);
	for (i = 0; i < total; i++) {
		n = control_route_rows(fx.c, i, &route, 1, &total);
		assert_int_equal(n, 1);
		assert_int_equal(route.port, ETH);
	}
	assert_int_equal(gateways(IP(11, 0, 0, 1)), 1);
	assert_int_equal(lookup(IB_US)->type, DP_NH_NONE);
	assert_int_equal(lookup(ETH_US)->type, DP_NH_LOCAL);
	assert_int_equal(fx.c->ip->routes.nb_addrs, 1);
	assert_false(routes_busy(fx.c));
	fx_drain();
}

static void
test_flush(void **state)
{
	uint32_t i, n = 0;
	int ret;

	(void)state;
	for (i = 0; i < 40; i++)
		assert_int_equal(append(NET + (i << 8), 24, i % 2 == 0 ? GW(0) : IB_PEER), 0);
	assert_int_equal(add_type(IP(11, 0, 0, 0), 8, DP_NH_BLACKHOLE, false), 0);
	while ((ret = control_route_flush(fx.c, IB)) != 0) {
		assert_true(ret > 0 || ret == -EAGAIN);
		n += ret > 0 ? (uint32_t)ret : 0;
		fx_tick();
	}
	assert_int_equal(n, 20);
	assert_int_equal(gateways(NET + 1), 1);
	assert_int_equal(lookup(NET + 257)->type, DP_NH_NONE);
	while ((ret = control_route_flush(fx.c, UINT16_MAX)) != 0)
		fx_tick();
	assert_int_equal(lookup(NET + 1)->type, DP_NH_NONE);
	assert_int_equal(lookup(IP(11, 0, 0, 1))->type, DP_NH_NONE);
	assert_int_equal(lookup(ETH_US)->type, DP_NH_LOCAL);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup_up, fx_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_append),
		TEST(test_refusing),
		TEST(test_dead),
		TEST(test_grace),
		TEST(test_port_down),
		TEST(test_probe),
		TEST(test_many),
		TEST(test_port_gone),
		TEST(test_flush),
	};

	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}

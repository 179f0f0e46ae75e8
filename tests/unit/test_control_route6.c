/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Addresses and routes of IPv6, and tables of both families against Python's ipaddress. */

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_fib.h>
#include <rte_fib6.h>

#include "control_fixture.h"

#define US6 "2001:db8:f::1"
#define PEER6 "2001:db8:f::77"

static const char *oracle;

static struct dp_ip
ip(const char *text)
{
	struct dp_ip a;
	struct in_addr a4;

	if (inet_pton(AF_INET, text, &a4) == 1)
		return dp_ip4(rte_be_to_cpu_32(a4.s_addr));
	assert_int_equal(inet_pton(AF_INET6, text, a.b), 1);
	return a;
}

static int
addr_add(uint16_t port, const char *text, uint8_t len)
{
	struct dp_ip a = ip(text);

	return control_addr_add(fx.c, port, &a, len);
}

static int
addr_del(uint16_t port, const char *text, uint8_t len)
{
	struct dp_ip a = ip(text);

	return control_addr_del(fx.c, port, &a, len);
}

static int
route_add(const char *prefix, uint8_t len, const char *via, uint16_t port)
{
	struct control_route r = {
		.prefix = ip(prefix), .len = len, .type = DP_NH_VIA, .via = ip(via), .port = port
	};

	return control_route_add(fx.c, &r);
}

static int
route_del(const char *prefix, uint8_t len)
{
	struct dp_ip a = ip(prefix);

	return control_route_del(fx.c, &a, len, NULL);
}

static const struct dp_nh *
lookup(const char *text)
{
	struct dp_ip a = ip(text);

	return fx_route(&a);
}

static void
expect(const char *text, uint8_t type, uint16_t port)
{
	const struct dp_nh *nh = lookup(text);

	assert_int_equal(nh->type, type);
	if (type != DP_NH_NONE)
		assert_int_equal(nh->port, port);
}

static void
expect_via(const char *text, const char *gw)
{
	struct dp_ip want = ip(gw);

	assert_int_equal(lookup(text)->type, DP_NH_VIA);
	assert_memory_equal(&lookup(text)->gw, &want, sizeof(want));
}

static int
setup6(void **state)
{
	fx_setup_up(state);
	assert_int_equal(addr_add(ETH, US6, 64), 0);
	fx_run(3000 * MS);
	fx_drain();
	return 0;
}

static void
test_address6(void **state)
{
	(void)state;
	expect(US6, DP_NH_LOCAL, ETH);
	expect(PEER6, DP_NH_LINK, ETH);
	/* The subnet-router anycast address is ours (RFC 4291 2.6.1), and there is no broadcast. */
	expect("2001:db8:f::", DP_NH_LOCAL, ETH);
	expect("2001:db8:f::ffff:ffff:ffff:ffff", DP_NH_LINK, ETH);
	expect("2001:db8:f:1::1", DP_NH_NONE, 0);
	assert_int_equal(addr_add(IB, US6, 64), -EEXIST);
	assert_int_equal(addr_del(ETH, US6, 65), -ENOENT);
	assert_int_equal(addr_del(IB, US6, 64), -ENOENT);
	/* Two of one subnet: anycast and link stay until the last one goes. */
	assert_int_equal(addr_add(ETH, "2001:db8:f::2", 64), 0);
	assert_int_equal(addr_del(ETH, US6, 64), 0);
	expect(US6, DP_NH_LINK, ETH);
	expect("2001:db8:f::", DP_NH_LOCAL, ETH);
	assert_int_equal(addr_del(ETH, "2001:db8:f::2", 64), 0);
	expect("2001:db8:f::", DP_NH_NONE, 0);
	expect(PEER6, DP_NH_NONE, 0);
	/* IPv4 was not touched. */
	expect("192.0.2.1", DP_NH_LOCAL, ETH);
}

static void
test_bad_address6(void **state)
{
	static const struct {
		const char *ip;
		uint8_t len;
	} bad[] = { { "::", 64 }, { "::1", 128 }, { "ff02::1", 64 }, { "fe80::1", 64 },
		{ "2001:db8:1::", 64 }, { "2001:db8:1::1", 0 }, { "2001:db8:1::1", 129 },
		{ "192.0.3.1", 33 } };
	uint32_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(bad); i++)
		assert_int_equal(addr_add(ETH, bad[i].ip, bad[i].len), -EINVAL);
	assert_int_equal(addr_add(9, "2001:db8:1::1", 64), -ENODEV);
	/* Links between two routers have no anycast address (RFC 6164); a host has no link. */
	assert_int_equal(addr_add(ETH, "2001:db8:1::", 127), 0);
	expect("2001:db8:1::", DP_NH_LOCAL, ETH);
	expect("2001:db8:1::1", DP_NH_LINK, ETH);
	assert_int_equal(addr_add(IB, "2001:db8:2::", 128), 0);
	expect("2001:db8:2::", DP_NH_LOCAL, IB);
	expect("2001:db8:2::1", DP_NH_NONE, 0);
}

static bool
on_link(uint16_t port, const char *text)
{
	struct dp_ip a = ip(text);

	return addr_on_link(fx.c, port, &a);
}

static void
test_on_link6(void **state)
{
	struct dp_ip a = ip(US6);

	(void)state;
	assert_true(addr_is_own(fx.c, ETH, &a));
	assert_false(addr_is_own(fx.c, IB, &a));
	assert_true(addr_is_own_any(fx.c, &a));
	assert_int_equal(addr_link_port(fx.c, &a), -1);
	a = ip(PEER6);
	assert_false(addr_is_own_any(fx.c, &a));
	assert_int_equal(addr_link_port(fx.c, &a), ETH);
	a = ip("2001:db8:f::");
	assert_false(addr_is_own(fx.c, ETH, &a));
	assert_true(addr_is_anycast(fx.c, ETH, &a));
	assert_false(addr_is_anycast(fx.c, IB, &a));
	assert_true(on_link(ETH, PEER6));
	assert_false(on_link(IB, PEER6));
	assert_false(on_link(ETH, US6));
	assert_false(on_link(ETH, "2001:db8:f::"));
	assert_false(on_link(ETH, "ff02::1"));
	/* Link-local addresses are on every link. */
	assert_true(on_link(ETH, "fe80::7"));
	assert_true(on_link(IB, "fe80::7"));
	assert_false(on_link(9, "fe80::7"));
	a = ip("fe80::7");
	assert_int_equal(addr_link_port(fx.c, &a), -1);
	/* Ours is ours on its port. */
	nd_linklocal(fx.c->ports[ETH], &a);
	assert_true(addr_is_own(fx.c, ETH, &a));
	assert_false(addr_is_own(fx.c, IB, &a));
	assert_true(addr_is_own_any(fx.c, &a));
	assert_false(addr_on_link(fx.c, ETH, &a));
	assert_true(addr_on_link(fx.c, IB, &a));
}

static void
test_rows6(void **state)
{
	struct control_addr_row row[8];
	struct dp_ip own;
	uint32_t total;

	(void)state;
	nd_linklocal(fx.c->ports[ETH], &own);
	assert_int_equal(control_addr_rows(fx.c, 0, row, 8, &total), 4);
	assert_int_equal(total, 4);
	assert_memory_equal(&row[3].ip, &own, sizeof(own));
	assert_int_equal(row[3].len, 64);
	assert_int_equal(row[3].port, ETH);
	assert_int_equal(row[3].state, CONTROL_ADDR_PREFERRED);
	assert_int_equal(control_addr_rows(fx.c, 2, row, 1, &total), 1);
	own = ip(US6);
	assert_memory_equal(&row[0].ip, &own, sizeof(own));
	assert_int_equal(control_addr_rows(fx.c, 3, row, 8, &total), 1);
	assert_int_equal(control_addr_rows(fx.c, 4, row, 8, &total), 0);
	assert_int_equal(total, 4);
}

static const char *
source(uint16_t port, const char *to)
{
	static char text[INET6_ADDRSTRLEN];
	struct dp_ip a = ip(to), src;

	if (!addr_source(fx.c, port, &a, &src))
		return "none";
	inet_ntop(AF_INET6, src.b, text, sizeof(text));
	return text;
}

/* RFC 6724 5 as far as it concerns a router: scope, own port, longest match, nothing tentative. */
static void
test_source6(void **state)
{
	struct dp_ip a = ip("2001:db8:a::1");
	char text[INET6_ADDRSTRLEN];

	(void)state;
	assert_int_equal(addr_add(ETH, "2001:db8:a::1", 64), 0);
	assert_int_equal(addr_add(ETH, "fd00::1", 64), 0);
	addr_state_set(fx.c, ETH, &a, CONTROL_ADDR_PREFERRED);
	a = ip("fd00::1");
	addr_state_set(fx.c, ETH, &a, CONTROL_ADDR_PREFERRED);
	a = ip(US6);
	addr_state_set(fx.c, ETH, &a, CONTROL_ADDR_PREFERRED);
	assert_string_equal(source(ETH, PEER6), US6);
	assert_string_equal(source(ETH, "2001:db8:a::77"), "2001:db8:a::1");
	assert_string_equal(source(ETH, "fd00:9::1"), "fd00::1");
	/* A port without one of its own speaks by another's. */
	assert_string_equal(source(IB, "2001:db8:a::77"), "2001:db8:a::1");
	a = ip("2001:db8:a::1");
	addr_state_set(fx.c, ETH, &a, CONTROL_ADDR_TENTATIVE);
	assert_string_equal(source(ETH, "2001:db8:a::77"), US6);
	addr_state_set(fx.c, ETH, &a, CONTROL_ADDR_DUPLICATE);
	assert_string_equal(source(ETH, "2001:db8:a::77"), US6);
	addr_state_set(fx.c, ETH, &a, CONTROL_ADDR_PREFERRED);
	/* Its own goes before a better one of another port. */
	assert_int_equal(addr_add(IB, "2001:db8:b::1", 64), 0);
	a = ip("2001:db8:b::1");
	addr_state_set(fx.c, IB, &a, CONTROL_ADDR_PREFERRED);
	assert_string_equal(source(IB, "2001:db8:a::77"), "2001:db8:b::1");
	/* What does not leave the link gets a link-local one. */
	nd_linklocal(fx.c->ports[ETH], &a);
	inet_ntop(AF_INET6, a.b, text, sizeof(text));
	assert_string_equal(source(ETH, "fe80::1"), text);
	assert_string_equal(source(ETH, "ff02::1"), text);
	assert_string_equal(source(ETH, "ff05::2"), US6);
	nd_linklocal(fx.c->ports[IB], &a);
	inet_ntop(AF_INET6, a.b, text, sizeof(text));
	assert_string_equal(source(IB, "fe80::1"), "none");
	fx_run(3000 * MS);
	fx_drain();
	assert_string_equal(source(IB, "fe80::1"), text);
	a = ip("192.0.2.9");
	assert_true(addr_source(fx.c, ETH, &a, &a));
	assert_int_equal(dp_ip_get4(&a), ETH_US);
}

static void
test_route6(void **state)
{
	(void)state;
	assert_int_equal(route_add("::", 0, PEER6, DP_PORT_NIL), 0);
	assert_int_equal(route_add("2001:db8:1::", 48, "2001:db8:f::78", ETH), 0);
	assert_int_equal(route_add("2001:db8:1::", 48, PEER6, DP_PORT_NIL), -EEXIST);
	assert_int_equal(route_add("2001:db8:1::1", 48, PEER6, DP_PORT_NIL), -EINVAL);
	assert_int_equal(route_add("2001:db8:2::", 129, PEER6, DP_PORT_NIL), -EINVAL);
	assert_int_equal(route_add("2001:db8:2::", 48, "192.0.2.77", DP_PORT_NIL), -EINVAL);
	assert_int_equal(route_add("10.0.0.0", 8, PEER6, DP_PORT_NIL), -EINVAL);
	assert_int_equal(route_add("2001:db8:2::", 48, PEER6, IB), -ENETUNREACH);
	assert_int_equal(route_add("2001:db8:2::", 48, PEER6, 9), -ENODEV);
	assert_int_equal(route_add("2001:db8:2::", 48, "2001:db8:e::1", DP_PORT_NIL), -ENETUNREACH);
	assert_int_equal(route_add("2001:db8:2::", 48, US6, DP_PORT_NIL), -ENETUNREACH);
	assert_int_equal(route_add("fe80::", 10, PEER6, DP_PORT_NIL), -EADDRNOTAVAIL);
	assert_int_equal(route_add("ff00::", 8, PEER6, DP_PORT_NIL), -EADDRNOTAVAIL);
	assert_int_equal(route_add("224.0.0.0", 4, "192.0.2.77", DP_PORT_NIL), -EADDRNOTAVAIL);
	expect_via("2001:db8:2::1", PEER6);
	expect_via("2001:db8:1::1", "2001:db8:f::78");
	assert_int_equal(route_del("2001:db8:1::", 48), 0);
	expect_via("2001:db8:1::1", PEER6);
	assert_int_equal(route_del("2001:db8:f::", 64), -ENOENT);
	assert_int_equal(route_del("::", 0), 0);
	expect("2001:db8:1::1", DP_NH_NONE, 0);
	assert_int_equal(route_del("::", 0), -ENOENT);
	/* With the last address of the subnet goes what is by its gateways. */
	assert_int_equal(route_add("2001:db8:1::", 48, PEER6, DP_PORT_NIL), 0);
	assert_int_equal(addr_add(ETH, "2001:db8:f::2", 64), 0);
	assert_int_equal(addr_del(ETH, US6, 64), 0);
	expect_via("2001:db8:1::1", PEER6);
	assert_int_equal(addr_del(ETH, "2001:db8:f::2", 64), 0);
	expect("2001:db8:1::1", DP_NH_NONE, 0);
}

/* Gateways of link-local addresses: the same one on two ports is two. */
static void
test_linklocal_gateway(void **state)
{
	(void)state;
	assert_int_equal(route_add("2001:db8:1::", 48, "fe80::7", DP_PORT_NIL), -EDESTADDRREQ);
	assert_int_equal(route_add("2001:db8:1::", 48, "fe80::7", ETH), 0);
	assert_int_equal(route_add("2001:db8:2::", 48, "fe80::7", IB), 0);
	expect("2001:db8:1::1", DP_NH_VIA, ETH);
	expect("2001:db8:2::1", DP_NH_VIA, IB);
	expect_via("2001:db8:2::1", "fe80::7");
	/* They do not hang on an address. */
	assert_int_equal(addr_del(ETH, US6, 64), 0);
	expect_via("2001:db8:1::1", "fe80::7");
}

/* rte_fib6 of 22.11 never gave back what it reserved for a route: after some thousand it refused. */
static void
test_changes6(void **state)
{
	char text[64];
	int i;

	(void)state;
	assert_int_equal(route_add("::", 0, PEER6, DP_PORT_NIL), 0);
	assert_int_equal(route_del("::", 0), 0);
	for (i = 0; i < 4000; i++) {
		snprintf(text, sizeof(text), "2001:%x:0:1::", i % 512 + 1);
		assert_int_equal(route_add(text, 64, PEER6, DP_PORT_NIL), 0);
		expect_via(text, PEER6);
		assert_int_equal(route_del(text, 64), 0);
		expect(text, DP_NH_NONE, 0);
	}
}

/* The table is full: refused as a whole, nothing is changed. */
static void
test_full6(void **state)
{
	const uint32_t used = fx.c->ip->routes.nb_tbl8_6;
	struct control_route_row row;
	uint32_t i, n, total, before;
	char text[64];
	int ret = 0;

	(void)state;
	assert_int_equal(route_add("2000::", 4, PEER6, DP_PORT_NIL), 0);
	for (n = 0; ret == 0; n += ret == 0) {
		snprintf(text, sizeof(text), "2002:%x:0:1::", n);
		ret = route_add(text, 64, "2001:db8:f::78", DP_PORT_NIL);
	}
	assert_int_equal(ret, -ENOSPC);
	/* Of their groups one is shared by 256, four are each one's own. */
	assert_true(used + 4 * n + (n + 255) / 256 <= DP_FIB6_TBL8_MAX);
	assert_true(used + 4 * (n + 1) + (n + 256) / 256 > DP_FIB6_TBL8_MAX);
	expect_via(text, PEER6);
	/* An address needs several routes: none of them stays. */
	control_route_rows(fx.c, 0, &row, 1, &before);
	assert_int_equal(addr_add(ETH, "2003:1:2:3::1", 64), -ENOSPC);
	control_route_rows(fx.c, 0, &row, 1, &total);
	assert_int_equal(total, before);
	expect_via("2003:1:2:3::1", PEER6);
	expect_via("2003:1:2:3::", PEER6);
	/* IPv4 has its own room; what needs no more has it too. */
	assert_int_equal(route_add("10.0.0.1", 32, "192.0.2.77", DP_PORT_NIL), 0);
	assert_int_equal(route_add("2002:0:0:2::", 64, PEER6, DP_PORT_NIL), 0);
	for (i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "2002:%x:0:1::9", i);
		expect_via(text, "2001:db8:f::78");
		snprintf(text, sizeof(text), "2002:%x:0:3::9", i);
		expect_via(text, PEER6);
	}
	assert_int_equal(route_del("2002:9:0:1::", 64), 0);
	snprintf(text, sizeof(text), "2002:%x:0:1::", n);
	assert_int_equal(route_add(text, 64, "2001:db8:f::78", DP_PORT_NIL), 0);
	expect_via(text, "2001:db8:f::78");
}

/* --- the oracle --- */

static void
settle(void)
{
	while (routes_ready(fx.c) != 0)
		fx_tick();
}

static struct dp_ip
gateway(const struct dp_ip *of, uint32_t n)
{
	struct dp_ip gw = ip("2001:db8:f::");

	if (dp_ip_is4(of))
		return dp_ip4(IP(192, 0, 2, 100 + n));
	gw.b[15] = (uint8_t)n;
	gw.b[14] = 1;
	return gw;
}

static void
run_change(bool add, char *prefix, uint32_t n)
{
	char *slash = strchr(prefix, '/');
	struct control_route r = { .type = DP_NH_VIA, .port = DP_PORT_NIL };

	*slash = '\0';
	r.prefix = ip(prefix);
	r.len = (uint8_t)atoi(slash + 1);
	r.via = gateway(&r.prefix, n);
	settle();
	if (add)
		assert_int_equal(control_route_add(fx.c, &r), 0);
	else
		assert_int_equal(control_route_del(fx.c, &r.prefix, r.len, NULL), 0);
}

static void
check_get(const char *text, uint32_t want)
{
	struct dp_ip a = ip(text), gw = gateway(&a, want);
	struct control_route_row row;
	const struct dp_nh *nh = fx_route(&a);
	uint32_t total;

	control_route_get(fx.c, &a, &row, 1, &total);
	if (want == 0) {
		if (nh->type != DP_NH_NONE)
			fail_msg("%s leads somewhere", text);
		assert_int_equal(total, 0);
		return;
	}
	if (nh->type != DP_NH_VIA || !dp_ip_equal(&nh->gw, &gw))
		fail_msg("%s does not lead to gateway %u", text, want);
	assert_int_equal(total, 1);
	assert_memory_equal(&row.via, &gw, sizeof(gw));
}

/* The tables change roles with every change, so both are looked at. */
static void
run_oracle(unsigned int seed)
{
	char command[512], line[256], verb[8], what[128];
	uint32_t n, gets = 0;
	FILE *f;

	snprintf(command, sizeof(command), "%s %u 500", oracle, seed);
	f = popen(command, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		n = 0;
		assert_true(sscanf(line, "%7s %127s %u", verb, what, &n) >= 2);
		if (strcmp(verb, "get") == 0) {
			check_get(what, n);
			gets++;
		} else {
			run_change(strcmp(verb, "add") == 0, what, n);
		}
	}
	assert_int_equal(pclose(f), 0);
	assert_true(gets > 1000);
}

static void
test_oracle(void **state)
{
	unsigned int seed;
	int ret;

	(void)state;
	for (seed = 1; seed <= 4; seed++) {
		run_oracle(seed);
		do {
			settle();
			ret = control_route_flush(fx.c, UINT16_MAX);
		} while (ret > 0);
		assert_int_equal(ret, 0);
		/* Nothing is left over: the room is that of the addresses. */
		assert_int_equal(fx.c->ip->routes.nb_tbl8, 2);
	}
}

int
main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup6, fx_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_address6),
		TEST(test_bad_address6),
		TEST(test_on_link6),
		TEST(test_rows6),
		TEST(test_source6),
		TEST(test_route6),
		TEST(test_linklocal_gateway),
		TEST(test_changes6),
		TEST(test_full6),
		TEST(test_oracle),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: %s ORACLE\n", argv[0]);
		return 2;
	}
	oracle = argv[1];
	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}

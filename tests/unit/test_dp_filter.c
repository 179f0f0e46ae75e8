/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* The packet filter: what is denied ends and is counted, all else goes on as it was, in its order. */

#include <stdlib.h>
#include <string.h>

#include <rte_ip.h>
#include <rte_udp.h>

#include "dp_fixture.h"
#include "filter.h"
#include "filter_table.h"

#define LEN 100
#define DENIED IP(192, 0, 2, 66) /* a source on ETH0 */

static struct control_filter *rules;
static struct dp_filter_hits *hits;

static int
setup(void **state)
{
	fx_setup(state);
	rules = calloc(1, sizeof(*rules));
	hits = calloc((size_t)DP_FILTER_WRITERS * DP_FILTER_MAX, sizeof(*hits));
	assert_true(rules != NULL && hits != NULL);
	fx.dp->filter_hits = hits;
	return 0;
}

static int
teardown(void **state)
{
	fx.dp->filter = NULL;
	fx.dp->filter_hits = NULL;
	filter_table_free(rules);
	free(rules);
	free(hits);
	return fx_teardown(state);
}

/* One more rule, behind all others; for all packets of a port and direction. */
static struct control_filter_rule *
rule(uint16_t port, enum dp_filter_way way, bool permit)
{
	struct control_filter_rule *r = &rules->rule[rules->nb];

	*r = (struct control_filter_rule){ .number = (uint16_t)(rules->nb + 1),
		.slot = rules->nb,
		.port = port,
		.way = (uint8_t)way,
		.permit = permit,
		.proto = CONTROL_FILTER_PROTO_ANY,
		.sport = { 0, UINT16_MAX },
		.dport = { 0, UINT16_MAX } };
	rules->nb++;
	return r;
}

static void
from_address(struct control_filter_rule *r, uint32_t ip)
{
	r->src = dp_ip4(ip);
	r->src_bits = 128;
}

static void
apply(void)
{
	assert_int_equal(filter_table_make(rules), 0);
	fx.dp->filter = rules->table;
}

/* What rule @p number has decided. */
static void
decided(uint16_t number, uint64_t pkts, uint64_t bytes)
{
	assert_int_equal(hits[number - 1].pkts, pkts);
	assert_int_equal(hits[number - 1].bytes, bytes);
}

static uint64_t
drops(uint16_t port, enum dp_drop why)
{
	struct dp_counters ctr;

	dp_counters_get(fx.dp, port, &ctr);
	return ctr.drop[why];
}

/* The next one sent by @p port is so long at IP; it leaves. */
static void
sent(uint16_t port, uint16_t len)
{
	struct rte_mbuf *m = fx_tx(port);

	assert_non_null(m);
	assert_int_equal(m->pkt_len, len + (port % 2 == 0 ? 14 : 4));
	fx_free_sent(m);
}

/* Packets to two next hops, with what is denied in between: each one to its own. */
static void
test_in(void **state)
{
	static const uint32_t to[] = { IP_FAR, IP_ETH2 };
	uint16_t i;

	(void)state;
	from_address(rule(ETH0, DP_FILTER_IN, false), DENIED);
	apply();
	for (i = 0; i < 12; i++)
		fx_rx(ETH0,
				fx_packet(ETH0, i % 3 == 0 ? DENIED : IP_HOST, to[i % 2], 64,
						(uint16_t)(LEN + i)));
	fx_turn();
	for (i = 0; i < 12; i++) {
		if (i % 3 != 0)
			sent(i % 2 == 0 ? IB1 : ETH2, (uint16_t)(LEN + i));
	}
	assert_null(fx_tx(IB1));
	assert_null(fx_tx(ETH2));
	assert_int_equal(drops(ETH0, DP_DROP_filter), 4);
	decided(1, 4, 4 * LEN + 0 + 3 + 6 + 9);
}

/* The same of IPv6. */
static void
test_in6(void **state)
{
	static const char *const to[] = { IP6_FAR, IP6_ETH2 };
	struct control_filter_rule *r;
	uint16_t i;

	(void)state;
	r = rule(ETH0, DP_FILTER_IN, false);
	r->src = fx_ip6("2001:db8:1::66");
	r->src_bits = 128;
	apply();
	for (i = 0; i < 12; i++)
		fx_rx(ETH0,
				fx_packet6(ETH0, i % 3 == 0 ? "2001:db8:1::66" : IP6_HOST,
						to[i % 2], 64, (uint16_t)(LEN + i)));
	fx_turn();
	for (i = 0; i < 12; i++) {
		if (i % 3 != 0)
			sent(i % 2 == 0 ? IB1 : ETH2, (uint16_t)(LEN + i));
	}
	assert_int_equal(drops(ETH0, DP_DROP_filter), 4);
}

/* That a packet came in a broadcast frame stays known of it, whoever goes before. */
static void
test_in_bcast(void **state)
{
	const uint16_t denied = 0, unicast = 1, bcast = 2;
	struct rte_mbuf *m;
	uint16_t i;

	(void)state;
	from_address(rule(ETH0, DP_FILTER_IN, false), DENIED);
	apply();
	for (i = 0; i < 2; i++) {
		fx_rx(ETH0, fx_packet(ETH0, DENIED, IP_FAR, 64, LEN + denied));
		m = fx_packet(ETH0, IP_HOST, IP_FAR, 64, LEN + bcast);
		memset(rte_pktmbuf_mtod(m, void *), 0xff, 6);
		fx_rx(ETH0, m);
		fx_rx(ETH0, fx_packet(ETH0, IP_HOST, IP_FAR, 64, LEN + unicast));
	}
	fx_turn();
	sent(IB1, LEN + unicast);
	sent(IB1, LEN + unicast);
	assert_null(fx_tx(IB1));
	assert_int_equal(drops(ETH0, DP_DROP_filter), 2);
	assert_int_equal(drops(ETH0, DP_DROP_ip_l2_bcast), 2);
}

/* By the port that it leaves by, by its own port; a fragment has none of its own. */
static void
test_out(void **state)
{
	static const struct {
		uint32_t to;
		uint16_t dport, frag;
		bool passes;
	} rows[] = { { IP_FAR, 4999, 0, true }, { IP_FAR, 5000, 0, false },
		{ IP_FAR, 5001, 0, false }, { IP_FAR, 5002, 0, true }, { IP_ETH2, 5000, 0, true },
		{ IP_FAR, 5000, 0x2000, true }, { IP_FAR, 5000, 1, true } };
	struct control_filter_rule *r = rule(IB1, DP_FILTER_OUT, false);
	struct rte_ipv4_hdr *ip;
	struct rte_mbuf *m;
	uint32_t i;

	(void)state;
	r->proto = IPPROTO_UDP;
	r->dport[0] = 5000;
	r->dport[1] = 5001;
	apply();
	for (i = 0; i < RTE_DIM(rows); i++) {
		m = fx_packet(ETH0, IP_HOST, rows[i].to, 64, (uint16_t)(LEN + i));
		ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, 14);
		ip->next_proto_id = IPPROTO_UDP;
		ip->fragment_offset = rte_cpu_to_be_16(rows[i].frag);
		((struct rte_udp_hdr *)(ip + 1))->dst_port = rte_cpu_to_be_16(rows[i].dport);
		fx_ip_fix(ip);
		fx_rx(ETH0, m);
	}
	fx_turn();
	for (i = 0; i < RTE_DIM(rows); i++) {
		if (rows[i].passes)
			sent(rows[i].to == IP_FAR ? IB1 : ETH2, (uint16_t)(LEN + i));
	}
	assert_null(fx_tx(IB1));
	assert_int_equal(drops(ETH0, DP_DROP_filter), 2);
	decided(1, 2, 2 * LEN + 1 + 2);
}

/* The first rule that fits decides, alone. */
static void
test_first(void **state)
{
	(void)state;
	from_address(rule(ETH0, DP_FILTER_IN, true), IP_HOST);
	rule(ETH0, DP_FILTER_IN, false);
	rule(ETH2, DP_FILTER_IN, false);
	apply();
	fx_rx(ETH0, fx_packet(ETH0, IP_HOST, IP_FAR, 64, LEN));
	fx_rx(ETH0, fx_packet(ETH0, DENIED, IP_FAR, 64, LEN));
	fx_turn();
	sent(IB1, LEN);
	assert_null(fx_tx(IB1));
	decided(1, 1, LEN);
	decided(2, 1, LEN);
	decided(3, 0, 0);
}

/* An ICMPv6 message to us. */
static struct rte_mbuf *
icmp6(uint8_t type, uint8_t hops)
{
	struct rte_mbuf *m = fx_packet6(ETH0, IP6_HOST, IP6_US, hops, 72);
	struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv6_hdr *, 14);

	ip->proto = IPPROTO_ICMPV6;
	*(uint8_t *)(ip + 1) = type;
	return m;
}

/* Neighbour Discovery passes any rule, as far as it is that: of its own link. */
static void
test_nd(void **state)
{
	static const struct {
		uint8_t type, hops;
		bool passes;
	} rows[] = { { 133, 255, true }, { 137, 255, true }, { 132, 255, false },
		{ 138, 255, false }, { 135, 254, false }, { 128, 255, false } };
	struct rte_mbuf *m;
	uint32_t i;

	(void)state;
	rule(ETH0, DP_FILTER_IN, false);
	apply();
	for (i = 0; i < RTE_DIM(rows); i++) {
		fx_rx(ETH0, icmp6(rows[i].type, rows[i].hops));
		fx_turn();
		m = fx_punt();
		assert_int_equal(m != NULL, rows[i].passes);
		if (m != NULL)
			fx_free_punted(m);
	}
	assert_int_equal(drops(ETH0, DP_DROP_filter), 4);
}

/* What control sends on, counted as its own. */
static void
test_may_leave(void **state)
{
	struct rte_mbuf *m = fx_packet(ETH0, DENIED, IP_FAR, 64, LEN);
	uint16_t control = fx.dp->nb_workers;

	(void)state;
	rte_pktmbuf_adj(m, 14);
	assert_true(dp_filter_may_leave(fx.dp, control, IB1, m));
	from_address(rule(IB1, DP_FILTER_OUT, false), DENIED);
	apply();
	assert_false(dp_filter_may_leave(fx.dp, control, IB1, m));
	assert_true(dp_filter_may_leave(fx.dp, control, ETH2, m));
	decided(1, 0, 0);
	assert_int_equal(hits[(size_t)control * DP_FILTER_MAX].pkts, 1);
	assert_int_equal(hits[(size_t)control * DP_FILTER_MAX].bytes, LEN);
	rte_pktmbuf_free(m);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_in),
		TEST(test_in6),
		TEST(test_in_bcast),
		TEST(test_out),
		TEST(test_first),
		TEST(test_nd),
		TEST(test_may_leave),
	};

	return cmocka_run_group_tests_name("dp_filter", tests, fx_start, fx_stop);
}

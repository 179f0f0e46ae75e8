/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* IPv6 through a worker: RFC 8200, RFC 4291; the packets compared with are scapy's. */

#include <string.h>

#include "dp_fixture.h"
#include "dp_golden.h"

/* From and to anywhere, by Ethernet: one wrong thing, one counter. */
struct bad {
	enum dp_drop reason;
	const char *src, *dst;
};

static const struct bad bad_addrs[] = {
	{ DP_DROP_ip_src, "::", IP6_FAR },
	{ DP_DROP_ip_src, "::1", IP6_FAR },
	{ DP_DROP_ip_src, "::ffff:10.1.2.3", IP6_FAR },
	{ DP_DROP_ip_src, "ff02::1", IP6_FAR },
	{ DP_DROP_ip_src, "ff0e::1", "ff02::1" },
	{ DP_DROP_ip_src, "::1", "fe80::1" },
	{ DP_DROP_ip_src, "::", "fe80::1" },
	{ DP_DROP_ip_src, "::", "ff0e::1" },
	{ DP_DROP_ip_dst, IP6_HOST, "::" },
	{ DP_DROP_ip_dst, IP6_HOST, "::1" },
	{ DP_DROP_ip_dst, IP6_HOST, "::ffff:192.0.2.77" },
	{ DP_DROP_ip_dst, IP6_HOST, "ff00::1" },
	{ DP_DROP_ip_dst, IP6_HOST, "ff01::1" },
	{ DP_DROP_ip_dst, IP6_HOST, "ff31::1" },
	{ DP_DROP_mcast, IP6_HOST, "ff0e::1" },
};

static void
test_bad_addresses(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(bad_addrs); i++) {
		fx_rx(ETH0, fx_packet6(ETH0, bad_addrs[i].src, bad_addrs[i].dst, 64, 60));
		fx_turn();
		fx.want[ETH0].rx_pkts = 1;
		fx.want[ETH0].drop[bad_addrs[i].reason] = 1;
		fx_check();
	}
}

/* Length and version; a jumbogram's length of 0 is not taken for what lies behind. */
static void
test_bad_headers(void **state)
{
	uint8_t frame[sizeof(golden6_eth_in)];
	uint32_t len;

	(void)state;
	for (len = 14; len < 14 + 40 + 17; len++) {
		fx_rx(ETH0, fx_mbuf(ETH0, golden6_eth_in, len));
		fx_turn();
		fx.want[ETH0].rx_pkts = 1;
		fx.want[ETH0].drop[len < 14 + 40 ? DP_DROP_ip_short : DP_DROP_ip_length] = 1;
		fx_check();
	}
	memcpy(frame, golden6_eth_in, sizeof(frame));
	frame[14] = 0x45;
	fx_rx(ETH0, fx_mbuf(ETH0, frame, sizeof(frame)));
	memcpy(frame, golden6_eth_in, sizeof(frame));
	frame[14 + 4] = frame[14 + 5] = frame[14 + 6] = 0;
	fx_rx(ETH0, fx_mbuf(ETH0, frame, sizeof(frame)));
	fx_turn();
	fx.want[ETH0].rx_pkts = 2;
	fx.want[ETH0].drop[DP_DROP_ip_version] = 1;
	fx.want[ETH0].drop[DP_DROP_ip_length] = 1;
	fx_check();
}

/* Hop limit one less, padding gone, ethertype of the family; A2: traffic class and label stay. */
static void
test_eth_to_ipoib(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	fx_rx(ETH0, fx_mbuf(ETH0, golden6_eth_in, sizeof(golden6_eth_in)));
	fx_turn();
	m = fx_tx(IB1);
	fx_assert_data(m, golden6_ib_out, sizeof(golden6_ib_out));
	assert_int_equal(pmd_ipoib_meta(m)->ah, AH_GW);
	assert_int_equal(pmd_ipoib_meta(m)->qpn, QPN_GW);
	fx_free_sent(m);
}

/* A packet without payload (next header 59) is a packet; it is padded on Ethernet. */
static void
test_ipoib_to_eth(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	fx_rx(IB1, fx_mbuf(IB1, golden6_ib_in, sizeof(golden6_ib_in)));
	fx_turn();
	m = fx_tx(ETH0);
	fx_assert_data(m, golden6_eth_out, sizeof(golden6_eth_out));
	fx_free_sent(m);
}

static void
test_segments(void **state)
{
	struct rte_mbuf *m;
	uint32_t cut;

	(void)state;
	for (cut = 1; cut < sizeof(golden6_eth_in); cut++) {
		fx_rx(ETH0, fx_mbuf_cut(ETH0, golden6_eth_in, sizeof(golden6_eth_in), cut, 0));
		fx_turn();
		m = fx_tx(IB1);
		fx_assert_data(m, golden6_ib_out, sizeof(golden6_ib_out));
		fx_free_sent(m);
	}
}

/* What is for us or the link goes to control untouched. */
static void
test_local(void **state)
{
	static const struct {
		const char *src, *dst;
		bool group;
	} cases[] = {
		{ IP6_HOST, IP6_US, false },
		{ "fe80::77", IP6_US, false },
		{ "fe80::77", "fe80::1", false },
		{ IP6_HOST, "fe80::1", false },
		{ IP6_HOST, "febf::1", false },
		{ IP6_HOST, "ff02::1", true },
		{ "fe80::77", "ff12::1234", true },
		{ "::", "ff02::1:ff00:1", true },
	};
	struct rte_mbuf *m;
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(cases); i++) {
		fx_rx(ETH0, fx_packet6(ETH0, cases[i].src, cases[i].dst, 1, 60));
		fx_turn();
		fx.want[ETH0].rx_pkts = 1;
		fx.want[ETH0].punted = 1;
		fx_check();
		m = fx_punted(DP_PUNT_LOCAL, ETH0);
		assert_int_equal(dp_meta(m)->l2_bcast, cases[i].group);
		assert_int_equal(dp_meta(m)->rx_port, ETH0);
		assert_int_equal(m->pkt_len, 60);
		assert_int_equal(rte_pktmbuf_mtod(m, uint8_t *)[7], 1);
		fx_free_punted(m);
	}
}

/* MLDv1 is spoken to the group itself, with a hop-by-hop option: control hears it. */
static void
test_mld_of_a_group(void **state)
{
	struct rte_mbuf *m = fx_packet6(ETH0, "fe80::77", "ff05::1234", 1, 76);

	(void)state;
	rte_pktmbuf_mtod_offset(m, uint8_t *, 14)[6] = IPPROTO_HOPOPTS;
	fx_rx(ETH0, m);
	fx_turn();
	fx_free_punted(fx_punted(DP_PUNT_LOCAL, ETH0));
}

/* Hop-by-hop options and routing headers of what passes through are not looked at. */
static void
test_extension_headers_pass(void **state)
{
	static const uint8_t next[] = { IPPROTO_HOPOPTS, IPPROTO_ROUTING, IPPROTO_FRAGMENT, 255 };
	struct rte_mbuf *m;
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(next); i++) {
		m = fx_packet6(ETH0, IP6_HOST, IP6_FAR, 64, 100);
		rte_pktmbuf_mtod_offset(m, uint8_t *, 14)[6] = next[i];
		fx_rx(ETH0, m);
		fx_turn();
		m = fx_tx(IB1);
		assert_non_null(m);
		assert_int_equal(rte_pktmbuf_mtod_offset(m, uint8_t *, 4)[6], next[i]);
		fx_free_sent(m);
	}
}

static void
test_hop_limit(void **state)
{
	struct rte_mbuf *m;
	uint8_t hops;

	(void)state;
	for (hops = 0; hops < 2; hops++) {
		fx_rx(ETH0, fx_packet6(ETH0, IP6_HOST, IP6_FAR, hops, 60));
		fx_turn();
		m = fx_punted(DP_PUNT_TTL, ETH0);
		assert_int_equal(rte_pktmbuf_mtod(m, uint8_t *)[7], hops);
		fx_free_punted(m);
	}
	fx_rx(ETH0, fx_packet6(ETH0, IP6_HOST, IP6_FAR, 2, 60));
	fx_turn();
	fx.want[ETH0].rx_pkts = 3;
	fx.want[ETH0].punted = 2;
	fx.want[IB1].tx_pkts = 1;
	fx_check();
}

/* RFC 4291 2.5.6: nothing from fe80::/10 leaves its link; on its link it may be sent on. */
static void
test_scope(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	fx_rx(ETH0, fx_packet6(ETH0, "fe80::77", IP6_FAR, 64, 60));
	fx_rx(ETH0, fx_packet6(ETH0, "febf::77", IP6_FAR, 1, 60));
	fx_rx(ETH0, fx_packet6(ETH0, "fe80::77", IP6_HOST, 64, 60));
	fx_rx(ETH0, fx_packet6(ETH0, "fec0::77", IP6_FAR, 64, 60));
	fx_turn();
	m = fx_punted(DP_PUNT_SCOPE, ETH0);
	assert_int_equal(rte_pktmbuf_mtod(m, uint8_t *)[7], 64);
	fx_free_punted(m);
	fx_free_punted(fx_punted(DP_PUNT_SCOPE, ETH0));
	fx.want[ETH0].rx_pkts = 4;
	fx.want[ETH0].punted = 2;
	fx.want[ETH0].tx_pkts = 1;
	fx.want[IB1].tx_pkts = 1;
	fx_check();
}

/* Routers do not fragment: larger than the link or the path goes to control. */
static void
test_mtu(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	fx_rx(IB1, fx_packet6(IB1, IP6_FAR, IP6_HOST, 64, 1500));
	fx_rx(IB1, fx_packet6(IB1, IP6_FAR, IP6_HOST, 64, 1501));
	fx_turn();
	m = fx_punted(DP_PUNT_TOO_BIG, IB1);
	fx_punted_key(m, ETH0, IP6_HOST);
	assert_int_equal(m->pkt_len, 1501);
	assert_int_equal(rte_pktmbuf_mtod(m, uint8_t *)[7], 63);
	fx_free_punted(m);
	fx_path_valid(IB1, &fx.dp->adj[ADJ_GW].lladdr, AH_GW, 1280);
	fx_rx(ETH0, fx_packet6(ETH0, IP6_HOST, IP6_FAR, 64, 1280));
	fx_rx(ETH0, fx_packet6(ETH0, IP6_HOST, IP6_FAR, 64, 1281));
	fx_turn();
	m = fx_punted(DP_PUNT_TOO_BIG, ETH0);
	fx_punted_key(m, IB1, IP6_GW);
	assert_int_equal(m->pkt_len, 1281);
	fx_free_punted(m);
}

/* The IP neighbour is not known; then its path is not. */
static void
test_miss(void **state)
{
	const struct ipoib_addr *addr = &fx.dp->adj[ADJ_GW].lladdr;
	uint8_t want[20 + sizeof(golden6_ib_out)];
	struct rte_mbuf *m;

	(void)state;
	fx_rx(IB1, fx_packet6(IB1, IP6_FAR, IP6_UNKNOWN, 64, 60));
	fx_turn();
	m = fx_punted(DP_PUNT_L3_MISS, IB1);
	fx_punted_key(m, ETH0, IP6_UNKNOWN);
	assert_int_equal(rte_pktmbuf_mtod(m, uint8_t *)[7], 63);
	fx_free_punted(m);

	fx_path_del(IB1, addr);
	fx_rx(ETH0, fx_mbuf(ETH0, golden6_eth_in, sizeof(golden6_eth_in)));
	fx_turn();
	memcpy(want, addr, 20);
	memcpy(want + 20, golden6_ib_out, sizeof(golden6_ib_out));
	m = fx_punted(DP_PUNT_NEIGH_MISS, ETH0);
	fx_assert_data(m, want, sizeof(want));
	assert_int_equal(dp_meta(m)->out_port, IB1);
	fx_free_punted(m);
}

/* Both families keep their own neighbours: ::ffff:a.b.c.d on the wire must not become IPv4's. */
static void
test_no_route(void **state)
{
	(void)state;
	fx_rx(ETH0, fx_packet6(ETH0, IP6_HOST, "2001:db8:dead::1", 64, 60));
	fx_turn();
	fx_free_punted(fx_punted(DP_PUNT_NO_ROUTE, ETH0));
}

/* Unicast in a link-layer broadcast is not forwarded. */
static void
test_l2_broadcast(void **state)
{
	struct rte_mbuf *m = fx_packet6(ETH0, IP6_HOST, IP6_FAR, 64, 60);

	(void)state;
	memset(rte_pktmbuf_mtod(m, void *), 0xff, 6);
	fx_rx(ETH0, m);
	m = fx_packet6(ETH0, IP6_HOST, IP6_US, 64, 60);
	memset(rte_pktmbuf_mtod(m, void *), 0xff, 6);
	fx_rx(ETH0, m);
	fx_turn();
	m = fx_punted(DP_PUNT_LOCAL, ETH0);
	assert_int_equal(dp_meta(m)->l2_bcast, 1);
	fx_free_punted(m);
	fx.want[ETH0].rx_pkts = 2;
	fx.want[ETH0].punted = 1;
	fx.want[ETH0].drop[DP_DROP_ip_l2_bcast] = 1;
	fx_check();
}

/* Routes that lead nowhere, in both families. */
static void
test_route_types(void **state)
{
	static const struct {
		enum dp_nh_type type;
		int punt;
	} cases[] = {
		{ DP_NH_BLACKHOLE, -1 },
		{ DP_NH_UNREACHABLE, DP_PUNT_NO_ROUTE },
		{ DP_NH_PROHIBIT, DP_PUNT_PROHIBIT },
	};
	size_t i;
	int family;

	(void)state;
	fx_route6("2001:db8:bad::", 48, NH_FREE);
	assert_int_equal(rte_fib_add(fx.dp->fib, IP(10, 0, 0, 0), 8, NH_FREE), 0);
	for (i = 0; i < RTE_DIM(cases); i++) {
		fx_nh(NH_FREE, cases[i].type, 0, NULL);
		fx_rx(ETH0, fx_packet6(ETH0, IP6_HOST, "2001:db8:bad::1", 64, 60));
		fx_rx(ETH0, fx_packet(ETH0, IP_HOST, IP(10, 1, 1, 1), 64, 60));
		fx_turn();
		for (family = 0; family < 2 && cases[i].punt >= 0; family++)
			fx_free_punted(fx_punted(cases[i].punt, ETH0));
		fx.want[ETH0].rx_pkts = 2;
		fx.want[ETH0].punted = cases[i].punt >= 0 ? 2 : 0;
		fx.want[ETH0].drop[DP_DROP_blackhole] = cases[i].punt >= 0 ? 0 : 2;
		fx_check();
	}
}

/* One burst of both families: each keeps its order, none is lost. */
static void
test_mixed_order(void **state)
{
	uint16_t i, next[2] = { 0, 1 }, len;
	struct rte_mbuf *m;
	bool six;

	(void)state;
	fx.dp->burst = DP_BURST_MAX;
	for (i = 0; i < 64; i++) {
		if (i % 2 == 0)
			fx_rx(ETH0, fx_packet(ETH0, IP_HOST, IP_FAR, 64, 100 + i));
		else
			fx_rx(ETH0, fx_packet6(ETH0, IP6_HOST, IP6_FAR, 64, 100 + i));
	}
	assert_int_equal(fx_turn(), 64);
	for (i = 0; i < 64; i++) {
		m = fx_tx(IB1);
		assert_non_null(m);
		six = rte_pktmbuf_mtod(m, uint8_t *)[0] == 0x86;
		len = (uint16_t)(m->pkt_len - 4);
		assert_int_equal(len, 100 + next[six]);
		next[six] += 2;
		fx_free_sent(m);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_bad_addresses),
		TEST(test_bad_headers),
		TEST(test_eth_to_ipoib),
		TEST(test_ipoib_to_eth),
		TEST(test_segments),
		TEST(test_local),
		TEST(test_mld_of_a_group),
		TEST(test_extension_headers_pass),
		TEST(test_hop_limit),
		TEST(test_scope),
		TEST(test_mtu),
		TEST(test_miss),
		TEST(test_no_route),
		TEST(test_l2_broadcast),
		TEST(test_route_types),
		TEST(test_mixed_order),
	};

	return cmocka_run_group_tests_name("dp_ip6", tests, fx_start, fx_stop);
}

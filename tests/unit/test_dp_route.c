/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <string.h>

#include "dp_fixture.h"
#include "dp_golden.h"

#define L3_HDR(m) rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *)

/* A packet is at control for this reason, with this next hop. */
static struct rte_mbuf *
punt_expect(enum dp_punt_reason reason, uint16_t in_port, uint16_t out_port, uint32_t nh_ip)
{
	struct rte_mbuf *m = fx_punt();

	assert_non_null(m);
	assert_int_equal(dp_meta(m)->punt, reason);
	assert_int_equal(dp_meta(m)->rx_port, in_port);
	if (reason == DP_PUNT_L3_MISS || reason == DP_PUNT_TOO_BIG || reason == DP_PUNT_NEIGH_MISS)
		assert_int_equal(dp_meta(m)->out_port, out_port);
	if (reason == DP_PUNT_L3_MISS || reason == DP_PUNT_TOO_BIG) {
		struct dp_ip ip, want = dp_ip4(nh_ip);
		uint16_t port;

		dp_l3_key_get(rte_pktmbuf_mtod(m, struct ipoib_addr *), &port, &ip);
		assert_int_equal(port, out_port);
		assert_true(dp_ip_equal(&ip, &want));
		rte_pktmbuf_adj(m, IPOIB_ADDR_LEN);
	}
	assert_int_equal(dp_meta(m)->worker, 0);
	assert_int_equal(m->port, in_port);
	return m;
}

static void
meta_expect(struct rte_mbuf *m, uint32_t ah, uint32_t qpn)
{
	assert_int_equal(pmd_ipoib_meta(m)->ah, ah);
	assert_int_equal(pmd_ipoib_meta(m)->qpn, qpn);
}

/* Ethernet to IPoIB: TTL and checksum as scapy makes them, the padding is gone. */
static void
test_eth_to_ipoib(void **state)
{
	struct dp_counters ctr;
	struct rte_mbuf *m;

	(void)state;
	fx_rx(ETH0, fx_mbuf(ETH0, golden_eth_in, sizeof(golden_eth_in)));
	fx_turn();
	m = fx_tx(IB1);
	fx_assert_data(m, golden_ib_out, sizeof(golden_ib_out));
	meta_expect(m, AH_GW, QPN_GW);
	fx_free_sent(m);
	dp_counters_get(fx.dp, ETH0, &ctr);
	assert_int_equal(ctr.rx_bytes, sizeof(golden_eth_in) - 14);
	dp_counters_get(fx.dp, IB1, &ctr);
	assert_int_equal(ctr.tx_bytes, sizeof(golden_ib_out) - 4);
	fx.want[ETH0].rx_pkts = 1;
	fx.want[IB1].tx_pkts = 1;
	fx_check();
}

/* IPoIB to Ethernet: padded with zeros, whatever lies behind the packet. */
static void
test_ipoib_to_eth(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	m = fx_mbuf(IB1, golden_ib_in, sizeof(golden_ib_in));
	memset(rte_pktmbuf_mtod_offset(m, void *, sizeof(golden_ib_in)), 0xee, 60);
	fx_rx(IB1, m);
	fx_turn();
	m = fx_tx(ETH0);
	fx_assert_data(m, golden_eth_out, sizeof(golden_eth_out));
	fx_free_sent(m);
	fx.want[IB1].rx_pkts = 1;
	fx.want[ETH0].tx_pkts = 1;
	fx_check();
}

/* No room behind the data for the padding, none in front for a header. */
static void
test_no_room(void **state)
{
	struct rte_mbuf *m;
	uint16_t shift;

	(void)state;
	m = fx_mbuf(IB1, golden_ib_in, sizeof(golden_ib_in));
	shift = RTE_ALIGN_FLOOR(rte_pktmbuf_tailroom(m) - 2, 2);
	memmove(rte_pktmbuf_mtod_offset(m, void *, shift), rte_pktmbuf_mtod(m, void *),
			sizeof(golden_ib_in));
	m->data_off += shift;
	fx_rx(IB1, m);
	m = fx_mbuf(IB1, golden_ib_in, sizeof(golden_ib_in));
	memmove(m->buf_addr, rte_pktmbuf_mtod(m, void *), sizeof(golden_ib_in));
	m->data_off = 0;
	fx_rx(IB1, m);
	fx_turn();
	fx.want[IB1].rx_pkts = 2;
	fx.want[ETH0].tx_pkts = 2;
	fx_check();
	while ((m = fx_tx(ETH0)) != NULL) {
		fx_assert_data(m, golden_eth_out, sizeof(golden_eth_out));
		fx_free_sent(m);
	}
}

/* What somebody else holds too is not written to. */
static void
test_shared(void **state)
{
	struct rte_mbuf *held, *m;
	int clone;

	(void)state;
	for (clone = 0; clone < 2; clone++) {
		held = fx_mbuf(IB1, golden_ib_in, sizeof(golden_ib_in));
		if (clone != 0) {
			m = rte_pktmbuf_clone(held, fx.pool);
		} else {
			rte_mbuf_refcnt_update(held, 1);
			m = held;
		}
		fx_rx(IB1, m);
		fx_turn();
		m = fx_tx(ETH0);
		fx_assert_data(m, golden_eth_out, sizeof(golden_eth_out));
		fx_free_sent(m);
		assert_memory_equal((uint8_t *)held->buf_addr + RTE_PKTMBUF_HEADROOM, golden_ib_in,
				sizeof(golden_ib_in));
		rte_pktmbuf_free(held);
	}
}

/* Every TTL, several headers: the checksum equals the one computed anew. */
static void
test_ttl_checksum(void **state)
{
	struct rte_mbuf *m;
	struct rte_ipv4_hdr want;
	unsigned int ttl, id;

	(void)state;
	for (ttl = 2; ttl < 256; ttl++) {
		for (id = 0; id < 65536; id += 4093) {
			m = fx_packet(ETH0, IP_HOST + id % 7, IP_FAR, (uint8_t)ttl, 60);
			rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, 14)->packet_id =
					(rte_be16_t)id;
			fx_ip_fix(rte_pktmbuf_mtod_offset(m, void *, 14));
			want = *rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, 14);
			want.time_to_live--;
			fx_ip_fix(&want);
			fx_rx(ETH0, m);
			fx_turn();
			m = fx_tx(IB1);
			assert_non_null(m);
			assert_memory_equal(
					rte_pktmbuf_mtod_offset(m, void *, 4), &want, sizeof(want));
			fx_free_sent(m);
		}
	}
}

/* A checksum field of 0xffff instead of 0 is as right; what leaves is right too. */
static void
test_checksum_ffff(void **state)
{
	struct rte_ipv4_hdr *ip;
	struct rte_mbuf *m;
	unsigned int id;

	(void)state;
	m = fx_packet(ETH0, IP_HOST, IP_FAR, 64, 60);
	ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, 14);
	for (id = 0; id < 65536; id++) {
		ip->packet_id = (rte_be16_t)id;
		fx_ip_fix(ip);
		if (ip->hdr_checksum == 0)
			break;
	}
	assert_int_equal(ip->hdr_checksum, 0);
	ip->hdr_checksum = 0xffff;
	fx_rx(ETH0, m);
	fx_turn();
	m = fx_tx(IB1);
	assert_non_null(m);
	ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, 4);
	id = ip->hdr_checksum;
	fx_ip_fix(ip);
	assert_int_equal(id, ip->hdr_checksum);
	fx_free_sent(m);
}

static void
test_ttl_expired(void **state)
{
	struct rte_mbuf *m;
	uint8_t ttl;

	(void)state;
	for (ttl = 0; ttl < 2; ttl++) {
		fx_rx(ETH0, fx_packet(ETH0, IP_HOST, IP_FAR, ttl, 60));
		fx_turn();
		fx.want[ETH0].rx_pkts = 1;
		fx.want[ETH0].punted = 1;
		fx_check();
		m = punt_expect(DP_PUNT_TTL, ETH0, IB1, IP_GW);
		assert_int_equal(L3_HDR(m)->time_to_live, ttl);
		assert_int_equal(m->pkt_len, 60);
		fx_free_punted(m);
	}
}

static void
test_no_route(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	fx_rx(ETH0, fx_packet(ETH0, IP_HOST, IP_NOWHERE, 64, 60));
	fx_turn();
	m = fx_punt();
	assert_non_null(m);
	assert_int_equal(dp_meta(m)->punt, DP_PUNT_NO_ROUTE);
	assert_int_equal(L3_HDR(m)->time_to_live, 64);
	fx_free_punted(m);
}

static void
test_mtu(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	fx_rx(IB1, fx_packet(IB1, IP_FAR, IP_HOST, 64, 1500));
	fx_rx(IB1, fx_packet(IB1, IP_FAR, IP_HOST, 64, 1501));
	fx_turn();
	fx.want[IB1].rx_pkts = 2;
	fx.want[IB1].punted = 1;
	fx.want[ETH0].tx_pkts = 1;
	fx_check();
	m = punt_expect(DP_PUNT_TOO_BIG, IB1, ETH0, IP_HOST);
	assert_int_equal(m->pkt_len, 1501);
	assert_int_equal(L3_HDR(m)->time_to_live, 63);
	fx_free_punted(m);
}

/* The path is narrower than the link. */
static void
test_path_mtu(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	fx_path_valid(IB1, &fx.dp->adj[ADJ_GW].lladdr, AH_GW, 1020);
	fx_rx(ETH0, fx_packet(ETH0, IP_HOST, IP_FAR, 64, 1020));
	fx_rx(ETH0, fx_packet(ETH0, IP_HOST, IP_FAR, 64, 1021));
	fx_turn();
	fx.want[ETH0].rx_pkts = 2;
	fx.want[ETH0].punted = 1;
	fx.want[IB1].tx_pkts = 1;
	fx_check();
	m = punt_expect(DP_PUNT_TOO_BIG, ETH0, IB1, IP_GW);
	assert_int_equal(m->pkt_len, 1021);
	assert_int_equal(L3_HDR(m)->version_ihl, RTE_IPV4_VHL_DEF);
	assert_int_equal(L3_HDR(m)->time_to_live, 63);
	fx_free_punted(m);
}

/* Out again by the port it came from. */
static void
test_one_armed(void **state)
{
	(void)state;
	fx_rx(ETH0, fx_packet(ETH0, IP(192, 0, 2, 78), IP_HOST, 64, 60));
	fx_turn();
	fx.want[ETH0].rx_pkts = 1;
	fx.want[ETH0].tx_pkts = 1;
	fx_check();
}

/* Not known yet: to control, which learns the next hop from the metadata. */
static void
test_l3_miss(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	fx_rx(ETH0, fx_packet(ETH0, IP_HOST, IP_IB_UNKNOWN, 64, 60));
	fx_rx(IB1, fx_packet(IB1, IP_FAR, IP_UNKNOWN, 64, 60));
	fx_turn();
	m = punt_expect(DP_PUNT_L3_MISS, ETH0, IB1, IP_IB_UNKNOWN);
	assert_int_equal(L3_HDR(m)->time_to_live, 63);
	fx_free_punted(m);
	fx_free_punted(punt_expect(DP_PUNT_L3_MISS, IB1, ETH0, IP_UNKNOWN));
	fx.want[ETH0].rx_pkts = 1;
	fx.want[ETH0].punted = 1;
	fx.want[IB1].rx_pkts = 1;
	fx.want[IB1].punted = 1;
	fx_check();
}

/* Packets that waited at control leave before those that find the entry. */
static void
test_l3_miss_order(void **state)
{
	static const struct rte_ether_hdr hdr = { .ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4) };
	struct rte_mbuf *m, *wait[3];
	uint16_t i, len;

	(void)state;
	for (i = 0; i < 3; i++) {
		fx_rx(IB1, fx_packet(IB1, IP_FAR, IP_UNKNOWN, 64, 100 + i));
		fx_turn();
		wait[i] = punt_expect(DP_PUNT_L3_MISS, IB1, ETH0, IP_UNKNOWN);
	}
	for (i = 0; i < 3; i++) {
		memcpy(rte_pktmbuf_prepend(wait[i], sizeof(hdr)), &hdr, sizeof(hdr));
		assert_true(dp_inject(fx.dp, &fx.dp->ctl[ETH0], ETH0, wait[i]));
	}
	fx.dp->adj[ADJ_FREE].mac = fx.dp->adj[ADJ_HOST].mac;
	fx_l3_valid(ETH0, IP_UNKNOWN, ADJ_FREE);
	for (i = 3; i < 5; i++)
		fx_rx(IB1, fx_packet(IB1, IP_FAR, IP_UNKNOWN, 64, 100 + i));
	assert_int_equal(fx_turn(), 5);
	for (len = 100; len < 105; len++) {
		m = fx_tx(ETH0);
		assert_non_null(m);
		assert_int_equal(m->pkt_len, 14 + len);
		fx_free_sent(m);
	}
}

static void
test_l3_failed(void **state)
{
	(void)state;
	fx_l3_failed(ETH0, IP_UNKNOWN);
	fx_rx(IB1, fx_packet(IB1, IP_FAR, IP_UNKNOWN, 64, 60));
	fx_turn();
	fx.want[IB1].rx_pkts = 1;
	fx.want[IB1].drop[DP_DROP_no_neigh] = 1;
	fx_check();
}

/* The IP neighbour is known, the path to it is not: pseudo header in front. */
static void
test_path_miss(void **state)
{
	const struct ipoib_addr *addr = &fx.dp->adj[ADJ_GW].lladdr;
	uint8_t want[20 + sizeof(golden_ib_out)];
	struct rte_mbuf *m;

	(void)state;
	fx_path_del(IB1, addr);
	fx_rx(ETH0, fx_mbuf(ETH0, golden_eth_in, sizeof(golden_eth_in)));
	fx_turn();
	memcpy(want, addr, 20);
	memcpy(want + 20, golden_ib_out, sizeof(golden_ib_out));
	m = punt_expect(DP_PUNT_NEIGH_MISS, ETH0, IB1, IP_GW);
	fx_assert_data(m, want, sizeof(want));
	fx_free_punted(m);
}

static void
test_path_failed(void **state)
{
	(void)state;
	fx_path_del(IB1, &fx.dp->adj[ADJ_GW].lladdr);
	fx_path_failed(IB1, &fx.dp->adj[ADJ_GW].lladdr);
	fx_rx(ETH0, fx_packet(ETH0, IP_HOST, IP_FAR, 64, 60));
	fx_turn();
	fx.want[ETH0].rx_pkts = 1;
	fx.want[ETH0].drop[DP_DROP_no_path] = 1;
	fx_check();
}

static void
test_port_down(void **state)
{
	(void)state;
	fx_up(IB1, false);
	fx_up(ETH2, false);
	fx_rx(ETH0, fx_packet(ETH0, IP_HOST, IP_FAR, 64, 60));
	fx_rx(ETH0, fx_packet(ETH0, IP_HOST, IP_ETH2, 64, 60));
	fx_turn();
	fx.want[ETH0].rx_pkts = 2;
	fx.want[ETH0].drop[DP_DROP_no_path] = 1;
	fx.want[ETH2].drop[DP_DROP_tx_port] = 1;
	fx_check();
}

/* One burst, all directions mixed: each finds its own port, address and path. */
static void
test_mixed_burst(void **state)
{
	static const uint32_t dst[] = { IP_FAR, IP_ETH2, IP_IB3, IP_HOST, IP_US, IP_NOWHERE,
		IP_UNKNOWN };
	struct rte_mbuf *m;
	unsigned int i;

	(void)state;
	for (i = 0; i < 28; i++)
		fx_rx(ETH0, fx_packet(ETH0, IP(192, 0, 2, 9), dst[i % 7], 64, 60 + i));
	assert_int_equal(fx_turn(), 28);
	fx.want[ETH0].rx_pkts = 28;
	fx.want[ETH0].tx_pkts = 4;
	fx.want[ETH0].punted = 12;
	fx.want[IB1].tx_pkts = 4;
	fx.want[ETH2].tx_pkts = 4;
	fx.want[IB3].tx_pkts = 4;
	fx_check();
	for (i = 0; i < 4; i++) {
		m = fx_tx(IB1);
		meta_expect(m, AH_GW, QPN_GW);
		assert_int_equal(m->pkt_len, 4 + 60 + 7 * i);
		fx_free_sent(m);
		m = fx_tx(IB3);
		meta_expect(m, AH_IB3, QPN_IB3);
		assert_int_equal(m->pkt_len, 4 + 62 + 7 * i);
		fx_free_sent(m);
		m = fx_tx(ETH2);
		assert_memory_equal(rte_pktmbuf_mtod(m, void *), "\2\0\0\0\0\5\2\0\0\0\0\x12\x08\0",
				14);
		fx_free_sent(m);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_eth_to_ipoib),
		TEST(test_ipoib_to_eth),
		TEST(test_no_room),
		TEST(test_shared),
		TEST(test_ttl_checksum),
		TEST(test_checksum_ffff),
		TEST(test_ttl_expired),
		TEST(test_no_route),
		TEST(test_mtu),
		TEST(test_path_mtu),
		TEST(test_one_armed),
		TEST(test_l3_miss),
		TEST(test_l3_miss_order),
		TEST(test_l3_failed),
		TEST(test_path_miss),
		TEST(test_path_failed),
		TEST(test_port_down),
		TEST(test_mixed_burst),
	};

	return cmocka_run_group_tests_name("dp_route", tests, fx_start, fx_stop);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Multicast routing by a worker, and broadcasts to other links. Goldens are scapy's. */

#include <string.h>

#include "dp_fixture.h"
#include "dp_golden.h"

#define GROUP4 "239.129.2.3"
#define GROUP6 "ff15::1:8182:8384"
#define AH_GROUP 77
#define AH_GROUP6 78
#define NOW UINT64_C(1000000000)
#define PORT(n) RTE_BIT64(n)

static _Atomic uint64_t mgroup[16];

static void
group_set(const char *group, uint32_t index, uint64_t ports)
{
	const struct ipoib_neigh_value v = { .ah = index };
	struct dp_ip ip = fx_ip6(group);
	struct ipoib_neigh_rec *rec;
	struct ipoib_addr key;

	atomic_store(&mgroup[index], ports);
	dp_l3_key(&key, DP_PORT_NIL, &ip);
	assert_true(ipoib_neigh_add(fx.dp->groups, &key, NOW, &rec) >= 0);
	assert_int_equal(ipoib_neigh_set_valid(fx.dp->groups, rec, &v, NOW), 0);
}

static int
setup(void **state)
{
	uint16_t port;

	fx_setup(state);
	fx.dp->groups = fx_table("groups");
	fx.dp->mgroup = mgroup;
	for (port = 0; port < NB_PORTS; port++)
		atomic_store(&fx.dp->port[port].flags, DP_PORT_MCAST);
	ipoib_mgid_broadcast(2, 0x8001, &fx.dp->port[IB1].bcast_gid);
	ipoib_mgid_broadcast(2, 0x8001, &fx.dp->port[IB3].bcast_gid);
	fx_path_valid(IB1, (const struct ipoib_addr *)golden_mcast_addr, AH_GROUP, 0);
	fx_path_valid(IB1, (const struct ipoib_addr *)golden6_mcast_addr, AH_GROUP6, 0);
	return 0;
}

static int
teardown(void **state)
{
	struct ipoib_neigh *groups = fx.dp->groups;

	fx.dp->groups = NULL;
	ipoib_neigh_destroy(groups);
	return fx_teardown(state);
}

static void
rx4(uint16_t port)
{
	fx_rx(port, fx_raw(port, golden_mcast_in + 14, sizeof(golden_mcast_in) - 14));
}

static void
rx6(uint16_t port)
{
	fx_rx(port, fx_raw(port, golden6_mcast_in + 14, sizeof(golden6_mcast_in) - 14));
}

static void
sent(uint16_t port, const void *data, uint32_t len)
{
	struct rte_mbuf *m = fx_tx(port);

	fx_assert_data(m, data, len);
	fx_free_sent(m);
}

/* To each link that listens, not back: MACs by RFC 1112 and 2464, MGIDs by RFC 4391 (C). */
static void
test_replicate(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	group_set(GROUP4, 1, PORT(ETH0) | PORT(IB1) | PORT(ETH2));
	group_set(GROUP6, 2, PORT(ETH0) | PORT(IB1) | PORT(ETH2));
	fx_rx(ETH0, fx_mbuf(ETH0, golden_mcast_in, sizeof(golden_mcast_in)));
	fx_rx(ETH0, fx_mbuf(ETH0, golden6_mcast_in, sizeof(golden6_mcast_in)));
	fx_turn();
	fx.want[ETH0].rx_pkts = 2;
	fx.want[ETH0].copies = 2;
	fx.want[IB1].tx_pkts = 2;
	fx.want[ETH2].tx_pkts = 2;
	fx_check();
	m = fx_tx(IB1);
	fx_assert_data(m, golden_mcast_ib, sizeof(golden_mcast_ib));
	assert_int_equal(pmd_ipoib_meta(m)->ah, AH_GROUP);
	assert_int_equal(pmd_ipoib_meta(m)->qpn, 0xffffff);
	fx_free_sent(m);
	m = fx_tx(IB1);
	fx_assert_data(m, golden6_mcast_ib, sizeof(golden6_mcast_ib));
	assert_int_equal(pmd_ipoib_meta(m)->ah, AH_GROUP6);
	fx_free_sent(m);
	sent(ETH2, golden_mcast_eth2, sizeof(golden_mcast_eth2));
	sent(ETH2, golden6_mcast_eth2, sizeof(golden6_mcast_eth2));
}

/* What somebody else holds is not written to. */
static void
test_shared(void **state)
{
	struct rte_mbuf *held = fx_mbuf(ETH0, golden_mcast_in, sizeof(golden_mcast_in));

	(void)state;
	group_set(GROUP4, 1, PORT(ETH2));
	fx_rx(ETH0, rte_pktmbuf_clone(held, fx.pool));
	fx_turn();
	sent(ETH2, golden_mcast_eth2, sizeof(golden_mcast_eth2));
	assert_memory_equal(
			rte_pktmbuf_mtod(held, void *), golden_mcast_in, sizeof(golden_mcast_in));
	rte_pktmbuf_free(held);
}

/* Not joined by us yet on InfiniBand: to control, with the group's address in front. */
static void
test_group_miss(void **state)
{
	uint8_t want[20 + sizeof(golden6_mcast_ib)];
	struct rte_mbuf *m;

	(void)state;
	group_set(GROUP6, 2, PORT(IB3));
	rx6(ETH0);
	fx_turn();
	memcpy(want, golden6_mcast_addr, 20);
	memcpy(want + 20, golden6_mcast_ib, sizeof(golden6_mcast_ib));
	m = fx_punted(DP_PUNT_NEIGH_MISS, ETH0);
	fx_assert_data(m, want, sizeof(want));
	assert_int_equal(dp_meta(m)->out_port, IB3);
	fx_free_punted(m);
}

static void
drop_expect(uint16_t port, enum dp_drop why)
{
	fx_turn();
	fx.want[port].rx_pkts = 1;
	fx.want[port].drop[why] = 1;
	fx_check();
}

/* Nobody listens, the port takes no part, or there is no multicast routing. */
static void
test_no_listener(void **state)
{
	struct ipoib_neigh *groups = fx.dp->groups;

	(void)state;
	rx4(ETH0);
	drop_expect(ETH0, DP_DROP_mcast);
	group_set(GROUP4, 1, 0);
	rx4(ETH0);
	drop_expect(ETH0, DP_DROP_mcast);
	atomic_store(&mgroup[1], PORT(ETH0)); /* only where it came from */
	rx4(ETH0);
	drop_expect(ETH0, DP_DROP_mcast);
	atomic_store(&mgroup[1], PORT(ETH2));
	atomic_store(&fx.dp->port[ETH0].flags, 0);
	rx4(ETH0);
	drop_expect(ETH0, DP_DROP_mcast);
	atomic_store(&fx.dp->port[ETH0].flags, DP_PORT_MCAST);
	fx.dp->groups = NULL;
	rx4(ETH0);
	drop_expect(ETH0, DP_DROP_mcast);
	fx.dp->groups = groups;
	rx4(ETH0);
	fx_turn();
	fx.want[ETH0].rx_pkts = 1;
	fx.want[ETH2].tx_pkts = 1;
	fx_check();
}

/* RFC 4605: everything from below goes up, nothing from above goes back. */
static void
test_upstream(void **state)
{
	(void)state;
	atomic_store(&fx.dp->mcast_upstream, ETH2);
	rx4(ETH0);
	fx_turn();
	fx.want[ETH0].rx_pkts = 1;
	fx.want[ETH2].tx_pkts = 1;
	fx_check();
	rx4(ETH2);
	drop_expect(ETH2, DP_DROP_mcast);
	group_set(GROUP4, 1, PORT(ETH0) | PORT(IB1));
	rx4(ETH2);
	rx4(IB1);
	fx_turn();
	fx.want[ETH2].rx_pkts = 1;
	fx.want[ETH2].copies = 1;
	fx.want[IB1].rx_pkts = 1;
	fx.want[IB1].copies = 1;
	fx.want[ETH0].tx_pkts = 2;
	fx.want[IB1].tx_pkts = 1;
	fx.want[ETH2].tx_pkts = 1;
	fx_check();
}

static void
rx_changed(const uint8_t *frame, uint32_t len, uint32_t at, const void *octets, uint32_t n)
{
	uint8_t ip[256];

	memcpy(ip, frame + 14, len - 14);
	memcpy(ip + at, octets, n);
	if (ip[0] >> 4 == 4)
		fx_ip_fix(ip);
	fx_rx(ETH0, fx_raw(ETH0, ip, len - 14));
}

/* The last hop is the link it came on; nobody is told. */
static void
test_ttl(void **state)
{
	uint8_t ttl;

	(void)state;
	group_set(GROUP4, 1, PORT(ETH2));
	group_set(GROUP6, 2, PORT(ETH2));
	for (ttl = 0; ttl < 2; ttl++) {
		rx_changed(golden_mcast_in, sizeof(golden_mcast_in), 8, &ttl, 1);
		drop_expect(ETH0, DP_DROP_ttl);
		rx_changed(golden6_mcast_in, sizeof(golden6_mcast_in), 7, &ttl, 1);
		drop_expect(ETH0, DP_DROP_ttl);
	}
}

/* Our own packets that come back, and what may not leave its link. */
static void
test_sources(void **state)
{
	const rte_be32_t us = RTE_BE32(IP_US);
	struct dp_ip six = fx_ip6(IP6_US);

	(void)state;
	group_set(GROUP4, 1, PORT(ETH2));
	group_set(GROUP6, 2, PORT(ETH2));
	rx_changed(golden_mcast_in, sizeof(golden_mcast_in), 12, &us, 4);
	drop_expect(ETH0, DP_DROP_ip_src);
	rx_changed(golden6_mcast_in, sizeof(golden6_mcast_in), 8, six.b, 16);
	drop_expect(ETH0, DP_DROP_ip_src);
	six = fx_ip6("fe80::77");
	rx_changed(golden6_mcast_in, sizeof(golden6_mcast_in), 8, six.b, 16);
	drop_expect(ETH0, DP_DROP_ip_scope);
}

/* Larger than one of the links: control cuts it or answers, and sees it as it came. */
static void
test_too_big(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	group_set(GROUP6, 2, PORT(IB1) | PORT(ETH2));
	atomic_store(&fx.dp->port[ETH2].mtu, sizeof(golden6_mcast_in) - 14 - 1);
	rx6(ETH0);
	fx_turn();
	m = fx_punted(DP_PUNT_MCAST_BIG, ETH0);
	fx_assert_data(m, golden6_mcast_in + 14, sizeof(golden6_mcast_in) - 14);
	fx_free_punted(m);
	atomic_store(&fx.dp->port[ETH2].mtu, sizeof(golden6_mcast_in) - 14);
	rx6(ETH0);
	fx_turn();
	fx.want[ETH0].rx_pkts = 2;
	fx.want[ETH0].punted = 1;
	fx.want[ETH0].copies = 1;
	fx.want[IB1].tx_pkts = 1;
	fx.want[ETH2].tx_pkts = 1;
	fx_check();
}

/* Groups of the link, and IGMP about any group, are for control to see; also from 0.0.0.0. */
static void
test_link_local(void **state)
{
	static const struct {
		uint32_t src, dst;
		uint8_t proto;
	} cases[] = {
		{ IP_HOST, IP(224, 0, 0, 1), IPPROTO_UDP },
		{ IP_HOST, IP(224, 0, 0, 255), IPPROTO_UDP },
		{ IP_HOST, IP(239, 1, 2, 3), IPPROTO_IGMP },
		{ 0, IP(224, 0, 0, 22), IPPROTO_IGMP },
		{ 0, IP(239, 1, 2, 3), IPPROTO_IGMP },
	};
	struct rte_ipv4_hdr *ip;
	uint8_t raw[64];
	size_t i;

	(void)state;
	ip = (struct rte_ipv4_hdr *)raw;
	for (i = 0; i < RTE_DIM(cases); i++) {
		fx_ip(raw, cases[i].src, cases[i].dst, 1, 60);
		ip->next_proto_id = cases[i].proto;
		fx_ip_fix(raw);
		fx_rx(ETH0, fx_raw(ETH0, raw, 60));
		fx_turn();
		fx_free_punted(fx_punted(DP_PUNT_LOCAL, ETH0));
	}
	fx_rx(ETH0, fx_packet(ETH0, IP_HOST, IP(224, 0, 1, 0), 9, 60));
	fx_rx(ETH0, fx_packet(ETH0, 0, IP(239, 1, 2, 3), 9, 60));
	fx_rx(ETH0, fx_packet(ETH0, IP(127, 0, 0, 1), IP(224, 0, 0, 1), 9, 60));
	fx_turn();
	fx.want[ETH0].rx_pkts = RTE_DIM(cases) + 3;
	fx.want[ETH0].punted = RTE_DIM(cases);
	fx.want[ETH0].drop[DP_DROP_mcast] = 1;
	fx.want[ETH0].drop[DP_DROP_ip_src] = 2;
	fx_check();
}

/* RFC 4390, RFC 2131: a client without an address speaks to everybody on the link. */
static void
test_dhcp_discover(void **state)
{
	struct rte_mbuf *m = fx_packet(ETH0, 0, IP(255, 255, 255, 255), 64, 60);

	(void)state;
	memset(rte_pktmbuf_mtod(m, void *), 0xff, 6);
	fx_rx(ETH0, m);
	fx_rx(ETH0, fx_packet(ETH0, 0, IP_US, 64, 60));
	fx_turn();
	m = fx_punted(DP_PUNT_LOCAL, ETH0);
	assert_int_equal(dp_meta(m)->l2_bcast, 1);
	fx_free_punted(m);
	fx.want[ETH0].rx_pkts = 2;
	fx.want[ETH0].punted = 1;
	fx.want[ETH0].drop[DP_DROP_ip_src] = 1;
	fx_check();
}

/* Ports that are down, or whose group is not known yet, are left out; a bound one decides alone. */
static void
test_ports_that_cannot(void **state)
{
	(void)state;
	group_set(GROUP4, 1, PORT(IB1) | PORT(ETH2) | PORT(50));
	fx_up(ETH2, false);
	rx4(ETH0);
	fx_turn();
	fx.want[ETH0].rx_pkts = 1;
	fx.want[IB1].tx_pkts = 1;
	fx_check();
	fx_up(IB1, false);
	rx4(ETH0);
	drop_expect(ETH0, DP_DROP_mcast);
	fx_up(IB1, true);
	memset(&fx.dp->port[IB1].bcast_gid, 0, sizeof(struct ib_gid));
	rx4(ETH0);
	drop_expect(ETH0, DP_DROP_no_path);
	fx_up(ETH2, true);
	atomic_store(&fx.dp->port[ETH0].bind, IB3);
	rx4(ETH0);
	drop_expect(ETH0, DP_DROP_bind);
	atomic_store(&fx.dp->port[ETH0].bind, ETH2);
	rx4(ETH0);
	fx_turn();
	fx.want[ETH0].rx_pkts = 1;
	fx.want[ETH2].tx_pkts = 1;
	fx_check();
}

/* No mbuf for a copy: that copy is lost and counted, the packet itself goes its way. */
static void
test_no_mbuf(void **state)
{
	struct rte_mbuf *m, *all[PKTS];
	unsigned int n = 0;

	(void)state;
	group_set(GROUP4, 1, PORT(IB1) | PORT(ETH2));
	rx4(ETH0);
	while ((m = rte_pktmbuf_alloc(fx.pool)) != NULL)
		all[n++] = m;
	fx_turn();
	rte_pktmbuf_free_bulk(all, n);
	fx.want[ETH0].rx_pkts = 1;
	fx.want[ETH0].copies = 1;
	fx.want[ETH0].drop[DP_DROP_nombuf] = 1;
	fx.want[ETH2].tx_pkts = 1;
	fx_check();
}

/* More packets for InfiniBand than one lookup takes. */
static void
test_many(void **state)
{
	uint16_t i;

	(void)state;
	fx.dp->burst = DP_BURST_MAX;
	fx_path_valid(IB3, (const struct ipoib_addr *)golden_mcast_addr, AH_GROUP, 0);
	group_set(GROUP4, 1, PORT(IB1) | PORT(IB3));
	for (i = 0; i < DP_BURST_MAX; i++)
		rx4(ETH0);
	fx_turn();
	fx.want[ETH0].rx_pkts = DP_BURST_MAX;
	fx.want[ETH0].copies = DP_BURST_MAX;
	fx.want[IB1].tx_pkts = DP_BURST_MAX;
	fx.want[IB3].tx_pkts = DP_BURST_MAX;
	fx_check();
}

/* --- broadcasts of other subnets --- */

#define BCAST_ETH2 IP(198, 18, 2, 255)

/* RFC 2644: only where it was switched on; then to all on that link, and one hop less. */
static void
test_directed_broadcast_eth(void **state)
{
	static const uint8_t all[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	struct rte_mbuf *m;

	(void)state;
	fx_rx(ETH0, fx_packet(ETH0, IP_HOST, BCAST_ETH2, 64, 60));
	drop_expect(ETH0, DP_DROP_ip_dst);
	atomic_store(&fx.dp->port[ETH2].flags, DP_PORT_DIRECTED_BCAST);
	fx_rx(ETH0, fx_packet(ETH0, IP_HOST, BCAST_ETH2, 64, 60));
	fx_turn();
	m = fx_tx(ETH2);
	assert_non_null(m);
	assert_memory_equal(rte_pktmbuf_mtod(m, void *), all, 6);
	assert_int_equal(rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, 14)->time_to_live, 63);
	fx_free_sent(m);
	fx.want[ETH0].rx_pkts = 1;
	fx.want[ETH2].tx_pkts = 1;
	fx_check();
	/* Not out of a broadcast, not on its own link, not larger than the link. */
	m = fx_packet(ETH0, IP_HOST, BCAST_ETH2, 64, 60);
	memset(rte_pktmbuf_mtod(m, void *), 0xff, 6);
	fx_rx(ETH0, m);
	drop_expect(ETH0, DP_DROP_ip_dst);
	fx_rx(ETH2, fx_packet(ETH2, IP_ETH2, BCAST_ETH2, 64, 60));
	drop_expect(ETH2, DP_DROP_ip_dst);
	fx_rx(IB1, fx_packet(IB1, IP_FAR, BCAST_ETH2, 64, 1501));
	drop_expect(IB1, DP_DROP_too_big);
}

/* On InfiniBand by the broadcast group, like any other address. */
static void
test_directed_broadcast_ipoib(void **state)
{
	struct ipoib_addr addr;
	struct rte_mbuf *m;

	(void)state;
	fx_nh(NH_FREE, DP_NH_BROADCAST, IB1, NULL);
	assert_int_equal(rte_fib_add(fx.dp->fib, IP(203, 0, 113, 255), 32, NH_FREE), 0);
	atomic_store(&fx.dp->port[IB1].flags, DP_PORT_DIRECTED_BCAST);
	fx_rx(ETH0, fx_packet(ETH0, IP_HOST, IP(203, 0, 113, 255), 64, 60));
	fx_turn();
	ipoib_addr_set(&addr, 0xffffff, &fx.dp->port[IB1].bcast_gid);
	m = fx_punted(DP_PUNT_NEIGH_MISS, ETH0);
	assert_memory_equal(rte_pktmbuf_mtod(m, void *), &addr, sizeof(addr));
	fx_free_punted(m);
	fx_path_valid(IB1, &addr, 5, 0);
	fx_rx(ETH0, fx_packet(ETH0, IP_HOST, IP(203, 0, 113, 255), 64, 60));
	fx_turn();
	m = fx_tx(IB1);
	assert_non_null(m);
	assert_int_equal(pmd_ipoib_meta(m)->ah, 5);
	fx_free_sent(m);
	memset(&fx.dp->port[IB1].bcast_gid, 0, sizeof(struct ib_gid));
	fx_rx(ETH0, fx_packet(ETH0, IP_HOST, IP(203, 0, 113, 255), 64, 60));
	fx_turn();
	fx.want[ETH0].rx_pkts = 3;
	fx.want[ETH0].punted = 1;
	fx.want[ETH0].drop[DP_DROP_no_path] = 1;
	fx.want[IB1].tx_pkts = 1;
	fx_check();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_replicate),
		TEST(test_shared),
		TEST(test_group_miss),
		TEST(test_no_listener),
		TEST(test_upstream),
		TEST(test_ttl),
		TEST(test_sources),
		TEST(test_too_big),
		TEST(test_link_local),
		TEST(test_dhcp_discover),
		TEST(test_ports_that_cannot),
		TEST(test_no_mbuf),
		TEST(test_many),
		TEST(test_directed_broadcast_eth),
		TEST(test_directed_broadcast_ipoib),
	};

	return cmocka_run_group_tests_name("dp_mcast", tests, fx_start, fx_stop);
}

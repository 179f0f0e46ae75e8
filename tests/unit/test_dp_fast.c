/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * What a worker remembers of a destination: any change takes effect with the next packet.
 * test_dp_fast_order.c has order and places, test_dp_fast_random.c compares with the whole way.
 */

#include <string.h>

#include <rte_fib.h>

#include "fast_fixture.h"

#define BOND DP_PORT_LOGICAL
#define PAD_LEN 10

/* Routes are not asked again while control has not said that they changed: or nothing here would
 * test anything. */
static void
test_is_used(void **state)
{
	(void)state;
	learn(IP_FAR, IB1);
	learn(IP_HOST, ETH0);
	assert_int_equal(rte_fib_delete(fx.dp->fib, IP(198, 51, 100, 0), 24), 0);
	assert_int_equal(rte_fib_delete(fx.dp->fib, IP(192, 0, 2, 0), 24), 0);
	next_ah(IP_FAR, IB1, AH_GW, QPN_GW);
	next_mac(IP_HOST, ETH0, 0x77);
	rules_next();
	next_punted(IP_FAR, DP_PUNT_NO_ROUTE);
	next_punted(IP_HOST, DP_PUNT_NO_ROUTE);
}

static void
test_mac_replaced(void **state)
{
	static const struct rte_ether_addr mac = { { 2, 0, 0, 0, 0, 0x99 } };

	(void)state;
	learn(IP_HOST, ETH0);
	fx.dp->adj[ADJ_FREE].mac = mac;
	fx_l3_valid(ETH0, IP_HOST, ADJ_FREE);
	next_mac(IP_HOST, ETH0, 0x99);
	next_mac(IP_HOST, ETH0, 0x99);
	fx_l3_valid(ETH0, IP_HOST, ADJ_HOST);
	next_mac(IP_HOST, ETH0, 0x77);
}

static void
test_path_replaced(void **state)
{
	uint32_t i;

	(void)state;
	learn(IP_FAR, IB1);
	for (i = 100; i < 110; i++) {
		fx_path_valid(IB1, &fx.dp->adj[ADJ_GW].lladdr, i, 0);
		next_ah(IP_FAR, IB1, i, QPN_GW);
		next_ah(IP_FAR, IB1, i, QPN_GW);
	}
	/* The gateway has another address. */
	fx.dp->adj[ADJ_FREE].lladdr = fx_addr(0x777, 7);
	fx_path_valid(IB1, &fx.dp->adj[ADJ_FREE].lladdr, 200, 0);
	next_ah(IP_FAR, IB1, 109, QPN_GW);
	fx_l3_valid(IB1, IP_GW, ADJ_FREE);
	next_ah(IP_FAR, IB1, 200, 0x777);
}

/* Stale: still used. Deleted: asked for again. Failed: dropped. And back. */
static void
test_states_l3(void **state)
{
	(void)state;
	learn(IP_FAR, IB1);
	assert_int_equal(ipoib_neigh_set_stale(fx.dp->l3, l3_rec(IB1, IP_GW)), 0);
	next_ah(IP_FAR, IB1, AH_GW, QPN_GW);
	assert_non_null(known(fx.w, IP_FAR));
	next_ah(IP_FAR, IB1, AH_GW, QPN_GW);
	l3_del(IB1, IP_GW);
	next_punted(IP_FAR, DP_PUNT_L3_MISS);
	fx_l3_failed(IB1, IP_GW);
	next_dropped(IP_FAR, ETH0, DP_DROP_no_neigh);
	fx_turn(); /* hears that control has handled the miss */
	fx_l3_valid(IB1, IP_GW, ADJ_GW);
	learn(IP_FAR, IB1);
	l3_del(IB1, IP_GW);
	fx_l3_failed(IB1, IP_GW);
	next_dropped(IP_FAR, ETH0, DP_DROP_no_neigh);
}

static void
test_states_path(void **state)
{
	const struct ipoib_addr *gw = &fx.dp->adj[ADJ_GW].lladdr;

	(void)state;
	learn(IP_FAR, IB1);
	assert_int_equal(ipoib_neigh_set_stale(fx.dp->port[IB1].neigh, path_rec(IB1, ADJ_GW)), 0);
	next_ah(IP_FAR, IB1, AH_GW, QPN_GW);
	next_ah(IP_FAR, IB1, AH_GW, QPN_GW);
	fx_path_del(IB1, gw);
	next_punted(IP_FAR, DP_PUNT_NEIGH_MISS);
	fx_turn();
	fx_path_valid(IB1, gw, 55, 0);
	next_ah(IP_FAR, IB1, 55, QPN_GW);
	learn(IP_FAR, IB1);
	fx_path_del(IB1, gw);
	fx_path_failed(IB1, gw);
	next_dropped(IP_FAR, ETH0, DP_DROP_no_path);
}

static void
test_route_changed(void **state)
{
	(void)state;
	fx_nh(NH_FREE, DP_NH_VIA, ETH2, "198.18.2.5");
	fx_nh(NH_FREE + 1, DP_NH_BLACKHOLE, 0, NULL);
	fx_nh(NH_FREE + 2, DP_NH_PROHIBIT, 0, NULL);
	fx_nh(NH_FREE + 3, DP_NH_VIA, IB3, "198.18.3.5");
	learn(IP_FAR, IB1);
	route_set(IP(198, 51, 100, 0), 24, NH_FREE);
	next_mac(IP_FAR, ETH2, 0x05);
	next_mac(IP_FAR, ETH2, 0x05);
	route_set(IP_FAR, 32, NH_FREE + 3);
	next_ah(IP_FAR, IB3, AH_IB3, QPN_IB3);
	next_ah(IP_FAR, IB3, AH_IB3, QPN_IB3);
	route_set(IP_FAR, 32, NH_FREE + 1);
	next_dropped(IP_FAR, ETH0, DP_DROP_blackhole);
	route_set(IP_FAR, 32, NH_FREE + 2);
	next_punted(IP_FAR, DP_PUNT_PROHIBIT);
	assert_int_equal(rte_fib_delete(fx.dp->fib, IP_FAR, 32), 0);
	rules_next();
	learn(IP_FAR, ETH2);
	/* A new table, as control publishes one: here without any route. */
	fx.dp->fib = fx.dp->fib_tab[1];
	rules_next();
	next_punted(IP_FAR, DP_PUNT_NO_ROUTE);
	fx.dp->fib = fx.dp->fib_tab[0];
	rules_next();
	next_mac(IP_FAR, ETH2, 0x05);
}

/* A next hop out of several is chosen for each flow: never kept. */
static void
test_ecmp(void **state)
{
	unsigned int i, nb[2] = { 0 };
	struct rte_mbuf *m;

	(void)state;
	fx_nh(NH_FREE, DP_NH_VIA, IB1, "203.0.113.9");
	fx_nh(NH_FREE + 1, DP_NH_VIA, IB3, "198.18.3.5");
	fx.dp->nh[NH_FREE + 2] = (struct dp_nh){
		.type = DP_NH_ECMP, .nb = 2, .member = { NH_FREE, NH_FREE + 1 }
	};
	learn(IP_FAR, IB1);
	route_set(IP_FAR, 32, NH_FREE + 2);
	for (i = 0; i < 64; i++) {
		fx_rx(ETH0, fx_packet(ETH0, IP(192, 0, 2, i), IP_FAR, 64, 60));
		fx_turn();
		m = fx_tx(IB1);
		nb[m == NULL]++;
		fx_free_sent(m != NULL ? m : fx_tx(IB3));
	}
	assert_true(nb[0] > 8 && nb[1] > 8);
	assert_null(known(fx.w, IP_FAR));
}

static void
test_port_down(void **state)
{
	(void)state;
	learn(IP_FAR, IB1);
	learn(IP_HOST, ETH0);
	fx_up(IB1, false);
	fx_up(ETH0, false);
	next_dropped(IP_FAR, ETH0, DP_DROP_no_path);
	next_dropped(IP_HOST, ETH0, DP_DROP_tx_port);
	fx_up(IB1, true);
	fx_up(ETH0, true);
	next_ah(IP_FAR, IB1, AH_GW, QPN_GW);
	next_mac(IP_HOST, ETH0, 0x77);
}

static void
test_port_stopped(void **state)
{
	(void)state;
	learn(IP_FAR, IB1);
	assert_int_equal(dp_port_stop(fx.dp, IB1), 0);
	next_dropped(IP_FAR, IB1, DP_DROP_tx_port);
	assert_int_equal(dp_port_start(fx.dp, IB1, 1, 1), 0);
	next_ah(IP_FAR, IB1, AH_GW, QPN_GW);
}

/* With all that leads to it, and without that. */
static void
test_port_removed(void **state)
{
	static const struct rte_ether_addr mac = { { 2, 0, 0, 0, 0, 0x12 } };

	(void)state;
	learn(IP_ETH2, ETH2);
	assert_int_equal(dp_port_del(fx.dp, ETH2), 0);
	next_dropped(IP_ETH2, ETH2, DP_DROP_tx_port);
	assert_int_equal(dp_port_add(fx.dp, ETH2, DP_PORT_ETH, 1, 1), 0);
	fx.dp->port[ETH2].mac = mac;
	atomic_store(&fx.dp->port[ETH2].mtu, 1500);
	next_dropped(IP_ETH2, ETH2, DP_DROP_tx_port);
	fx_up(ETH2, true);
	learn(IP_ETH2, ETH2);
	l3_del(ETH2, IP_ETH2);
	assert_int_equal(rte_fib_delete(fx.dp->fib, IP(198, 18, 2, 0), 24), 0);
	rules_next();
	assert_int_equal(dp_port_del(fx.dp, ETH2), 0);
	next_punted(IP_ETH2, DP_PUNT_NO_ROUTE);
	assert_int_equal(dp_port_add(fx.dp, ETH2, DP_PORT_ETH, 1, 1), 0);
}

/* The path table of a port goes with it; what has its number then has another. */
static void
test_ib_port_removed(void **state)
{
	struct ipoib_neigh *t = fx.dp->port[IB3].neigh;

	(void)state;
	learn(IP_IB3, IB3);
	l3_del(IB3, IP_IB3);
	assert_int_equal(dp_port_del(fx.dp, IB3), 0);
	fx.dp->port[IB3].neigh = NULL;
	fx_turn();
	ipoib_neigh_destroy(t);
	next_punted(IP_IB3, DP_PUNT_L3_MISS);
	assert_int_equal(dp_port_add(fx.dp, IB3, DP_PORT_IPOIB, 1, 1), 0);
	atomic_store(&fx.dp->port[IB3].mtu, 2044);
	fx_up(IB3, true);
	fx.dp->port[IB3].neigh = fx_table("ib3");
	fx_turn();
	fx_l3_valid(IB3, IP_IB3, ADJ_IB3);
	next_punted(IP_IB3, DP_PUNT_NEIGH_MISS);
	fx_turn();
	fx_path_valid(IB3, &fx.dp->adj[ADJ_IB3].lladdr, 66, 0);
	next_ah(IP_IB3, IB3, 66, QPN_IB3);
}

static void
test_mtu(void **state)
{
	(void)state;
	learn(IP_FAR, IB1);
	learn(IP_HOST, ETH0);
	atomic_store(&fx.dp->port[IB1].mtu, 100);
	atomic_store(&fx.dp->port[ETH0].mtu, 100);
	next_ah(IP_FAR, IB1, AH_GW, QPN_GW);
	next_mac(IP_HOST, ETH0, 0x77);
	atomic_store(&fx.dp->port[IB1].mtu, 99);
	atomic_store(&fx.dp->port[ETH0].mtu, 99);
	next_punted(IP_FAR, DP_PUNT_TOO_BIG);
	next_punted(IP_HOST, DP_PUNT_TOO_BIG);
	atomic_store(&fx.dp->port[IB1].mtu, 2044);
	next_ah(IP_FAR, IB1, AH_GW, QPN_GW);
	/* That of the path. */
	fx_path_valid(IB1, &fx.dp->adj[ADJ_GW].lladdr, AH_GW, 100);
	learn(IP_FAR, IB1);
	fx_path_valid(IB1, &fx.dp->adj[ADJ_GW].lladdr, AH_GW, 99);
	next_punted(IP_FAR, DP_PUNT_TOO_BIG);
	next_punted(IP_FAR, DP_PUNT_TOO_BIG);
	assert_non_null(known(fx.w, IP_FAR));
	rx_len(IP_FAR, 64, 99);
	fx_turn();
	fx_free_sent(fx_tx(IB1));
}

/* A SYN with an MSS of 1460 to @p dst leaves by @p port with @p mss. */
static void
syn_check(uint32_t dst, uint16_t port, uint16_t mss)
{
	struct rte_mbuf *m;
	uint8_t ip[44], *tcp = ip + 20;

	fx_ip(ip, IP(192, 0, 2, 66), dst, 64, sizeof(ip));
	ip[9] = IPPROTO_TCP;
	fx_ip_fix(ip);
	memset(tcp, 0, 24);
	tcp[12] = 0x60;
	tcp[13] = 0x02;
	memcpy(&tcp[20], "\x02\x04\x05\xb4", 4);
	fx_rx(in_port(dst), fx_raw(in_port(dst), ip, sizeof(ip)));
	fx_turn();
	m = fx_tx(port);
	assert_non_null(m);
	tcp = rte_pktmbuf_mtod_offset(m, uint8_t *, (port % 2 == 0 ? 14 : 4) + 20);
	assert_int_equal(tcp[22] << 8 | tcp[23], mss);
	fx_free_sent(m);
}

static void
test_mss(void **state)
{
	(void)state;
	learn(IP_FAR, IB1);
	atomic_store(&fx.dp->port[IB1].mtu, 1000);
	syn_check(IP_FAR, IB1, 1460);
	atomic_store(&fx.dp->port[IB1].flags, DP_PORT_MSS_CLAMP);
	syn_check(IP_FAR, IB1, 960);
	syn_check(IP_FAR, IB1, 960);
	atomic_store(&fx.dp->port[IB1].flags, DP_PORT_DIRECTED_BCAST | DP_PORT_MCAST);
	syn_check(IP_FAR, IB1, 1460);
	atomic_store(&fx.dp->port[ETH0].flags, DP_PORT_MSS_CLAMP); /* where it comes in */
	syn_check(IP_FAR, IB1, 960);
}

static void
test_bind(void **state)
{
	(void)state;
	learn(IP_FAR, IB1);
	atomic_store(&fx.dp->port[ETH0].bind, IB3);
	next_dropped(IP_FAR, ETH0, DP_DROP_bind);
	atomic_store(&fx.dp->port[ETH0].bind, IB1);
	next_ah(IP_FAR, IB1, AH_GW, QPN_GW);
	atomic_store(&fx.dp->port[ETH0].bind, ETH2);
	next_dropped(IP_FAR, ETH0, DP_DROP_bind);
}

/* What leaves by a bond takes the whole way each time. */
static void
test_bond(void **state)
{
	static const uint16_t active[] = { ETH0, ETH2, ETH0, ETH2 };
	const uint32_t dst = IP(10, 1, 1, 1);
	unsigned int i;

	(void)state;
	assert_int_equal(dp_port_add_logical(fx.dp, DP_PORT_ETH, 0, DP_PORT_NIL), BOND);
	atomic_store(&fx.dp->port[BOND].mtu, 1500);
	fx_up(BOND, true);
	fx_nh(NH_FREE, DP_NH_LINK, BOND, NULL);
	route_set(IP(10, 0, 0, 0), 8, NH_FREE);
	fx_l3_valid(BOND, dst, ADJ_HOST);
	for (i = 0; i < RTE_DIM(active); i++) {
		atomic_store(&fx.dp->port[BOND].tx, active[i]);
		fx_rx(IB1, fx_packet(IB1, IP_GW, dst, 64, 100));
		fx_turn();
		fx_free_sent(fx_tx(active[i]));
		fx_rx(IB1, fx_packet(IB1, IP_GW, dst, 64, 100));
		fx_turn();
		fx_free_sent(fx_tx(active[i]));
	}
	assert_non_null(known(fx.w, dst));
}

static void
test_ttl(void **state)
{
	struct rte_mbuf *m;
	uint8_t ttl;

	(void)state;
	learn(IP_FAR, IB1);
	for (ttl = 0; ttl < 3; ttl++) {
		rx_len(IP_FAR, ttl, 60);
		fx_turn();
		if (ttl < 2)
			fx_free_punted(fx_punted(DP_PUNT_TTL, ETH0));
	}
	m = fx_tx(IB1);
	assert_non_null(m);
	assert_int_equal(rte_pktmbuf_mtod(m, const uint8_t *)[4 + 8], 1);
	assert_int_equal(rte_ipv4_cksum(rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, 4)), 0);
	fx_free_sent(m);
}

/* Whatever the checksum was, it is right after the TTL has changed. */
static void
test_ttl_checksum(void **state)
{
	struct rte_ipv4_hdr *ip;
	struct rte_mbuf *m;
	uint32_t id;

	(void)state;
	learn(IP_FAR, IB1);
	for (id = 0; id <= UINT16_MAX; id++) {
		m = fx_packet(ETH0, IP(192, 0, 2, 66), IP_FAR, 64, 60);
		ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, RTE_ETHER_HDR_LEN);
		ip->packet_id = (uint16_t)id;
		ip->hdr_checksum = 0;
		ip->hdr_checksum = rte_ipv4_cksum(ip);
		if (ip->hdr_checksum == 0) /* the other zero */
			ip->hdr_checksum = UINT16_MAX;
		fx_rx(ETH0, m);
		fx_turn();
		m = fx_tx(IB1);
		assert_non_null(m);
		ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, IPOIB_HDR_LEN);
		assert_int_equal(ip->time_to_live, 63);
		assert_int_equal(rte_ipv4_cksum(ip), 0);
		fx_free_sent(m);
	}
}

/* A frame that is too short is filled with zeros, whatever was behind the packet. */
static void
test_padded(void **state)
{
	static const uint8_t zeros[PAD_LEN];
	struct rte_mbuf *m;
	uint8_t *tail;

	(void)state;
	learn(IP_HOST, ETH0);
	m = fx_packet(IB1, IP(192, 0, 2, 66), IP_HOST, 64, 60 - RTE_ETHER_HDR_LEN - PAD_LEN);
	tail = rte_pktmbuf_mtod_offset(m, uint8_t *, m->data_len);
	memset(tail, 0xa5, PAD_LEN);
	fx_rx(IB1, m);
	fx_turn();
	m = fx_tx(ETH0);
	assert_non_null(m);
	assert_int_equal(m->pkt_len, 60);
	assert_int_equal(m->data_len, 60);
	assert_memory_equal(rte_pktmbuf_mtod_offset(m, uint8_t *, 60 - PAD_LEN), zeros, PAD_LEN);
	fx_free_sent(m);
}

/* Somebody else's packet stays as it is. */
static void
test_shared(void **state)
{
	struct rte_mbuf *m, *sent, *clone;

	(void)state;
	learn(IP_FAR, IB1);
	m = fx_packet(ETH0, IP_HOST, IP_FAR, 64, 60);
	rte_mbuf_refcnt_update(m, 1);
	fx_rx(ETH0, m);
	clone = rte_pktmbuf_clone(m, fx.pool);
	fx_rx(ETH0, clone);
	fx_turn();
	assert_int_equal(*rte_pktmbuf_mtod_offset(m, const uint8_t *, 8), 64);
	sent = fx_tx(IB1);
	assert_ptr_not_equal(sent, m);
	fx_free_sent(sent);
	fx_free_sent(fx_tx(IB1));
	rte_pktmbuf_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_is_used, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_mac_replaced, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_path_replaced, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_states_l3, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_states_path, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_route_changed, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_ecmp, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_port_down, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_port_stopped, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_port_removed, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_ib_port_removed, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_mtu, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_mss, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_bind, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_bond, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_ttl, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_ttl_checksum, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_padded, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_shared, fx_setup, fx_teardown),
	};

	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}

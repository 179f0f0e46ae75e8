/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* What a worker remembers of destinations: order of packets, places, what is learnt. */

#include <string.h>

#include <rte_fib.h>

#include "fast_fixture.h"

#define NOW UINT64_C(1000000000)
#define IP_GW2 IP(203, 0, 113, 10) /* on IB1, unknown */

/* A packet of which the IP ID is @p id; @p options: with four octets of IP options. */
static struct rte_mbuf *
numbered(uint32_t dst, uint16_t id, bool options)
{
	uint8_t ip[64];
	struct rte_ipv4_hdr *hdr = (struct rte_ipv4_hdr *)ip;

	fx_ip(ip, IP(192, 0, 2, 66), dst, 64, sizeof(ip));
	if (options) {
		memset(&ip[20], 1, 4); /* no operation */
		hdr->version_ihl++;
	}
	hdr->packet_id = rte_cpu_to_be_16(id);
	fx_ip_fix(ip);
	return fx_raw(in_port(dst), ip, sizeof(ip));
}

/* Packets first, first + step, ... were sent by @p port in this order. */
static void
order_take(uint16_t port, uint16_t first, uint16_t step, uint16_t n)
{
	uint32_t off = (port % 2 == 0 ? 14 : 4) + 4;
	struct rte_mbuf *m;
	uint16_t id;

	for (; n > 0; n--, first += step) {
		m = fx_tx(port);
		assert_non_null(m);
		memcpy(&id, rte_pktmbuf_mtod_offset(m, uint8_t *, off), sizeof(id));
		assert_int_equal(rte_be_to_cpu_16(id), first);
		fx_free_sent(m);
	}
}

/* Those, and no other. */
static void
order_check(uint16_t port, uint16_t first, uint16_t step, uint16_t n)
{
	order_take(port, first, step, n);
	assert_null(fx_tx(port));
}

/* One in the midst of a burst that is not plain: nothing overtakes it, wherever it stands. */
static void
test_order_special(void **state)
{
	struct rte_mbuf *m, *held;
	uint16_t at, i;
	int kind;

	(void)state;
	learn(IP_FAR, IB1);
	for (at = 0; at < 8; at++) {
		for (kind = 0; kind < 3; kind++) {
			held = NULL;
			for (i = 0; i < 8; i++) {
				m = numbered(IP_FAR, i, i == at && kind == 0);
				if (i == at && kind == 1) {
					held = m;
					rte_mbuf_refcnt_update(m, 1);
				} else if (i == at && kind == 2) {
					held = m;
					m = rte_pktmbuf_clone(held, fx.pool);
				}
				fx_rx(ETH0, m);
			}
			fx_turn();
			order_check(IB1, 0, 1, 8);
			rte_pktmbuf_free(held);
		}
	}
}

/* To known and to unknown destinations, by two ports and back by one. */
static void
test_order_ports(void **state)
{
	static const uint32_t dst[] = { IP_ETH2, IP_IB3, IP_ETH2 + 1, IP_FAR };
	uint16_t i;

	(void)state;
	fx_l3_valid(ETH2, IP_ETH2 + 1, ADJ_HOST);
	fx_nh(NH_FREE, DP_NH_VIA, IB3, "198.18.3.5");
	route_set(IP_FAR, 32, NH_FREE);
	learn(IP_ETH2, ETH2);
	learn(IP_IB3, IB3);
	for (i = 0; i < 32; i++)
		fx_rx(ETH0, numbered(dst[i % 2], i, false));
	fx_turn();
	order_check(ETH2, 0, 2, 16);
	order_check(IB3, 1, 2, 16);
	/* Two of the four are not known yet: each by itself stays in order. */
	for (i = 0; i < 32; i++)
		fx_rx(ETH0, numbered(dst[i % 4], i, false));
	fx_turn();
	order_take(ETH2, 0, 4, 8);
	order_check(ETH2, 2, 4, 8);
	order_take(IB3, 1, 4, 8);
	order_check(IB3, 3, 4, 8);
}

/* While packets of a neighbour are at control, nothing is sent past them. */
static void
test_order_waiting(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	learn(IP_FAR, IB1);
	fx.untold = true;
	l3_del(IB1, IP_GW);
	fx_rx(ETH0, numbered(IP_FAR, 0, false));
	fx_turn();
	m = fx_punted(DP_PUNT_L3_MISS, ETH0);
	/* Control has it still, but the neighbour is known. */
	fx_l3_valid(IB1, IP_GW, ADJ_GW);
	fx_rx(ETH0, numbered(IP_FAR, 1, false));
	fx_turn();
	fx_rx(ETH0, numbered(IP_FAR, 2, false));
	fx_turn();
	assert_null(fx_tx(IB1));
	assert_int_equal(fx.w->order.nb, 2);
	fx_free_punted(m);
	atomic_store(&fx.w->punt_done, atomic_load(&fx.w->punt_done) + 1);
	fx_rx(ETH0, numbered(IP_FAR, 3, false));
	fx_turn();
	fx_rx(ETH0, numbered(IP_FAR, 4, false));
	fx_turn();
	order_check(IB1, 1, 1, 4);
}

/* What is used by what the worker remembers is in use. */
static void
test_ageing(void **state)
{
	uint64_t now = NOW;
	int i;

	(void)state;
	learn(IP_FAR, IB1);
	learn(IP_HOST, ETH0);
	for (i = 0; i < 3; i++) {
		now += 20 * UINT64_C(1000000);
		ipoib_neigh_iterate(fx.dp->l3, now, 0);
		ipoib_neigh_iterate(fx.dp->port[IB1].neigh, now, 0);
		assert_int_equal(ipoib_neigh_rec_idle(fx.dp->l3, l3_rec(IB1, IP_GW), now), 20);
		rx(IP_FAR);
		rx(IP_HOST);
		fx_turn();
		fx_free_sent(fx_tx(IB1));
		fx_free_sent(fx_tx(ETH0));
		assert_int_equal(ipoib_neigh_rec_idle(fx.dp->l3, l3_rec(IB1, IP_GW), now), 0);
		assert_int_equal(ipoib_neigh_rec_idle(fx.dp->l3, l3_rec(ETH0, IP_HOST), now), 0);
		assert_int_equal(ipoib_neigh_rec_idle(fx.dp->port[IB1].neigh, path_rec(IB1, ADJ_GW),
						 now),
				0);
		assert_int_equal(ipoib_neigh_rec_idle(fx.dp->l3, l3_rec(ETH2, IP_ETH2), now),
				20 * (i + 1));
	}
}

/* A destination that shares the place of another; found by what the worker puts there. */
static uint32_t
shares_place(uint32_t dst)
{
	const struct dp_fast *f = known(fx.w, dst);
	uint32_t other;

	assert_non_null(f);
	for (other = IP(10, 0, 0, 1);; other++) {
		if ((rte_cpu_to_be_32(other) * UINT32_C(0x9e3779b1)) >> (32 - DP_FAST_BITS) ==
				(uint32_t)(f - fx.w->fast))
			return other;
	}
}

/* Both are served right, whoever has the place; each gets it in time. */
static void
test_place_shared(void **state)
{
	uint32_t other, i, changes = 0;
	bool was = false, is;

	(void)state;
	fx_nh(NH_FREE, DP_NH_VIA, ETH2, "198.18.2.5");
	route_set(IP(10, 0, 0, 0), 8, NH_FREE);
	learn(IP_FAR, IB1);
	other = shares_place(IP_FAR);
	for (i = 0; i < 200; i++) {
		next_mac(other, ETH2, 0x05);
		next_ah(IP_FAR, IB1, AH_GW, QPN_GW);
		is = known(fx.w, other) != NULL;
		assert_true(is != (known(fx.w, IP_FAR) != NULL));
		changes += is != was;
		was = is;
	}
	assert_in_range(changes, 10, 100);
	/* A packet of each in one burst. */
	for (i = 0; i < 32; i++)
		fx_rx(ETH0, numbered(i % 2 == 0 ? other : IP_FAR, i, false));
	fx_turn();
	order_check(ETH2, 0, 2, 16);
	order_check(IB1, 1, 2, 16);
	/* By new routes the place is free at once. */
	rules_next();
	learn(other, ETH2);
	rules_next();
	learn(IP_FAR, IB1);
}

/* A scan costs little: a burst teaches two destinations at most. */
static void
test_learns_few(void **state)
{
	uint16_t i, turn;

	(void)state;
	for (turn = 1; turn < 8; turn++) {
		for (i = 0; i < 32; i++)
			rx(IP(198, 51, 100, turn * 32 + i));
		fx_turn();
		for (i = 0; i < 32; i++)
			fx_free_sent(fx_tx(IB1));
		assert_int_equal(nb_known(fx.w), 2 * turn);
	}
}

/* What cannot be sent is not remembered. */
static void
test_learns_not(void **state)
{
	(void)state;
	next_punted(IP_UNKNOWN, DP_PUNT_L3_MISS);
	next_punted(IP_NOWHERE, DP_PUNT_NO_ROUTE);
	next_punted(IP_US, DP_PUNT_LOCAL);
	fx_turn();
	fx_l3_valid(IB1, IP_GW2, ADJ_FREE); /* without a path */
	next_punted(IP_GW2, DP_PUNT_NEIGH_MISS);
	fx_turn();
	assert_int_equal(nb_known(fx.w), 0);
}

/* A packet to IP_FAR through a worker, by a port that it polls. */
static void
worker_check(struct dp_worker *w, uint16_t in, uint32_t ah)
{
	struct rte_mbuf *m = NULL;

	fx_rx(in, fx_packet(in, IP_ETH2, IP_FAR, 64, 60));
	assert_int_equal(dp_worker_turn(w), 1);
	assert_int_equal(rte_ring_dequeue(fx.tx[IB1][w->tx[IB1].queue], (void **)&m), 0);
	assert_int_equal(pmd_ipoib_meta(m)->ah, ah);
	fx_free_sent(m);
}

/* Every worker learns for itself; all hear of a change. */
static void
test_workers(void **state)
{
	struct dp_worker *w0 = fx.w, *w1 = fx.dp->worker[1];
	uint16_t in0 = w0->rxqs->q[0].port, in1 = w1->rxqs->q[0].port;
	uint32_t ah = AH_GW;
	int i;

	(void)state;
	assert_true(w0->tx[IB1].owned && w1->tx[IB1].owned);
	worker_check(w0, in0, ah);
	assert_non_null(known(w0, IP_FAR));
	assert_null(known(w1, IP_FAR));
	for (i = 0; i < 6; i++) {
		worker_check(w1, in1, ah);
		assert_non_null(known(w1, IP_FAR));
		worker_check(w0, in0, ah);
		if (i % 2 != 0)
			fx_path_valid(IB1, &fx.dp->adj[ADJ_GW].lladdr, ++ah, 0);
	}
	/* One route less: neither sends. */
	assert_int_equal(rte_fib_delete(fx.dp->fib, IP(198, 51, 100, 0), 24), 0);
	rules_next();
	fx_rx(in0, fx_packet(in0, IP_ETH2, IP_FAR, 64, 60));
	fx_rx(in1, fx_packet(in1, IP_ETH2, IP_FAR, 64, 60));
	dp_worker_turn(w0);
	dp_worker_turn(w1);
	fx_free_punted(fx_punted(DP_PUNT_NO_ROUTE, in0));
	fx_free_punted(fx_punted(DP_PUNT_NO_ROUTE, in1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order_special, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_order_ports, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_order_waiting, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_ageing, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_place_shared, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_learns_few, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_learns_not, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_workers, fx_setup_two, fx_teardown),
	};

	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}

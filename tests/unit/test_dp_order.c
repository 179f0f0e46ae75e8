/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * A next hop becomes known while packets for it are still on their way to control: nothing may
 * overtake them. Packets of the flow are told apart by their length.
 */

#include <string.h>

#include <rte_random.h>

#include "dp_fixture.h"
#include "worker.h"

#define LEN 100
/* The 20-octet address of a peer whose path is not known yet. */
#define NEW_QPN 0x00beef
#define NEW_GID 99

static struct ipoib_addr peer;

static int
setup(void **state)
{
	fx_setup(state);
	peer = fx_addr(NEW_QPN, NEW_GID);
	fx.untold = true;
	fx.dp->adj[ADJ_FREE].mac = fx.dp->adj[ADJ_HOST].mac;
	fx.dp->adj[ADJ_FREE + 1].lladdr = peer;
	return 0;
}

/* Control has handled all that it took. */
static void
tell(void)
{
	atomic_store(&fx.w->punt_done, fx.w->punts - rte_ring_count(fx.dp->punt));
}

/* Numbers first to last of the flow arrive, in one turn. */
static void
arrive(uint16_t port, uint32_t dst, uint16_t first, uint16_t last)
{
	uint16_t i;

	for (i = first; i <= last; i++)
		fx_rx(port, fx_packet(port, IP_FAR, dst, 64, (uint16_t)(LEN + i)));
	fx_turn();
}

/* Control sends the first one that it has. */
static void
control_sends(uint16_t port, uint16_t number)
{
	struct rte_mbuf *m = fx_punt();
	uint16_t l2 = port % 2 == 0 ? 14 : 4;

	assert_non_null(m);
	rte_pktmbuf_adj(m, (uint16_t)(m->pkt_len - LEN - number));
	memset(rte_pktmbuf_prepend(m, l2), 0, l2);
	assert_true(dp_inject(fx.dp, &fx.dp->ctl[port], port, m));
}

static void
sent(uint16_t port, uint16_t first, uint16_t last)
{
	uint16_t i, l2 = port % 2 == 0 ? 14 : 4;
	struct rte_mbuf *m;

	for (i = first; i <= last; i++) {
		m = fx_tx(port);
		assert_non_null(m);
		assert_int_equal(m->pkt_len, l2 + LEN + i);
		fx_free_sent(m);
	}
	assert_null(fx_tx(port));
}

/* The gap: published between two turns, with the first packets still in the ring. */
static void
test_l3(void **state)
{
	(void)state;
	arrive(IB1, IP_UNKNOWN, 1, 2);
	fx_l3_valid(ETH0, IP_UNKNOWN, ADJ_FREE);
	arrive(IB1, IP_UNKNOWN, 3, 4);
	sent(ETH0, 1, 0);
	assert_int_equal(fx.w->order.nb, 2);
	assert_int_equal(dp_queued(fx.dp), 4);

	/* Half of it is not enough. */
	control_sends(ETH0, 1);
	tell();
	arrive(IB1, IP_UNKNOWN, 5, 5);
	sent(ETH0, 1, 1);
	control_sends(ETH0, 2);
	tell();
	arrive(IB1, IP_UNKNOWN, 6, 8);
	sent(ETH0, 2, 8);
	assert_int_equal(dp_queued(fx.dp), 0);
	assert_false(fx.w->order.waiting);
}

/* Sent by control, but not told yet: in front as well. */
static void
test_told_late(void **state)
{
	(void)state;
	arrive(IB1, IP_UNKNOWN, 1, 1);
	fx_l3_valid(ETH0, IP_UNKNOWN, ADJ_FREE);
	control_sends(ETH0, 1);
	arrive(IB1, IP_UNKNOWN, 2, 2);
	sent(ETH0, 1, 1);
	tell();
	fx_turn();
	sent(ETH0, 2, 2);
}

/* The same for the path, after the next hop itself was known; and for both. */
static void
test_path(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	fx_l3_valid(IB1, IP_IB_UNKNOWN, ADJ_FREE + 1);
	arrive(ETH0, IP_IB_UNKNOWN, 1, 1);
	fx_path_valid(IB1, &peer, 7, 0);
	arrive(ETH0, IP_IB_UNKNOWN, 2, 3);
	sent(IB1, 1, 0);
	assert_int_equal(fx.w->order.nb, 2);
	control_sends(IB1, 1);
	tell();
	arrive(ETH0, IP_IB_UNKNOWN, 4, 4);
	m = fx_tx(IB1);
	assert_int_equal(m->pkt_len, 4 + LEN + 1);
	fx_free_sent(m);
	m = fx_tx(IB1);
	assert_int_equal(m->pkt_len, 4 + LEN + 2);
	assert_int_equal(pmd_ipoib_meta(m)->ah, 7);
	assert_int_equal(pmd_ipoib_meta(m)->qpn, NEW_QPN);
	fx_free_sent(m);
	sent(IB1, 3, 4);
}

static void
test_both(void **state)
{
	(void)state;
	arrive(ETH0, IP_IB_UNKNOWN, 1, 1);
	fx_l3_valid(IB1, IP_IB_UNKNOWN, ADJ_FREE + 1);
	arrive(ETH0, IP_IB_UNKNOWN, 2, 2);
	fx_path_valid(IB1, &peer, 7, 0);
	arrive(ETH0, IP_IB_UNKNOWN, 3, 3);
	assert_int_equal(fx.w->order.nb, 2);
	control_sends(IB1, 1);
	tell();
	arrive(ETH0, IP_IB_UNKNOWN, 4, 4);
	sent(IB1, 1, 4);
}

/* A held packet whose path is not known after all goes to control, and those behind it too. */
static void
test_second_miss(void **state)
{
	(void)state;
	arrive(ETH0, IP_IB_UNKNOWN, 1, 1);
	fx_l3_valid(IB1, IP_IB_UNKNOWN, ADJ_FREE + 1);
	arrive(ETH0, IP_IB_UNKNOWN, 2, 2);
	control_sends(IB1, 1);
	tell();
	arrive(ETH0, IP_IB_UNKNOWN, 3, 3);
	sent(IB1, 1, 1);
	assert_int_equal(fx.w->order.nb, 0);
	fx_path_valid(IB1, &peer, 7, 0);
	arrive(ETH0, IP_IB_UNKNOWN, 4, 4);
	control_sends(IB1, 2);
	control_sends(IB1, 3);
	tell();
	fx_turn();
	sent(IB1, 2, 4);
}

#define IP_BCAST IP(203, 0, 113, 255)

/* A group's packets have no IP next hop. @return its address */
static struct ipoib_addr
route_to_group(void)
{
	struct ipoib_addr addr;

	fx_nh(NH_FREE, DP_NH_BROADCAST, IB1, NULL);
	fx.dp->port[IB1].bcast_gid.raw[0] = 0xff;
	ipoib_addr_set(&addr, 0xffffff, &fx.dp->port[IB1].bcast_gid);
	assert_int_equal(rte_fib_add(fx.dp->fib, IP_BCAST, 32, NH_FREE), 0);
	atomic_store(&fx.dp->port[IB1].flags, DP_PORT_DIRECTED_BCAST);
	return addr;
}

static void
test_group(void **state)
{
	struct ipoib_addr addr = route_to_group();
	struct rte_mbuf *m;
	uint16_t i;

	(void)state;
	arrive(ETH0, IP_BCAST, 1, 1);
	fx_path_valid(IB1, &addr, 5, 0);
	arrive(ETH0, IP_BCAST, 2, 3);
	sent(IB1, 1, 0);
	control_sends(IB1, 1);
	tell();
	arrive(ETH0, IP_BCAST, 4, 4);
	fx_free_sent(fx_tx(IB1));
	for (i = 2; i <= 4; i++) {
		m = fx_tx(IB1);
		assert_int_equal(m->pkt_len, 4 + LEN + i);
		assert_int_equal(pmd_ipoib_meta(m)->ah, 5);
		fx_free_sent(m);
	}
}

/* Nobody else waits: not other flows, nor new ones to what is known. */
static void
test_others(void **state)
{
	(void)state;
	arrive(IB1, IP_UNKNOWN, 1, 1);
	fx_l3_valid(ETH0, IP_UNKNOWN, ADJ_FREE);
	fx_rx(IB1, fx_packet(IB1, IP_FAR, IP_UNKNOWN, 64, LEN + 2));
	arrive(IB1, IP_HOST, 50, 53);
	sent(ETH0, 50, 53);
	arrive(ETH0, IP_FAR, 60, 61);
	sent(IB1, 60, 61);
	assert_int_equal(fx.w->order.nb, 1);
	/* Of two that are held the one that may goes. */
	arrive(IB1, IP(192, 0, 2, 201), 70, 70);
	fx_l3_valid(ETH0, IP(192, 0, 2, 201), ADJ_FREE);
	arrive(IB1, IP(192, 0, 2, 201), 71, 71);
	control_sends(ETH0, 1);
	tell();
	fx_turn();
	sent(ETH0, 1, 2);
	assert_int_equal(fx.w->order.nb, 1);
}

/* What the ring does not take is not waited for. */
static void
test_punt_full(void **state)
{
	uint32_t i;

	(void)state;
	for (i = 0; i < DP_PUNT_RING; i++) {
		fx_rx(ETH0, fx_packet(ETH0, IP_HOST, IP_US, 64, 60));
		if (i % 32 == 31)
			fx_turn();
	}
	arrive(IB1, IP_UNKNOWN, 1, 1);
	fx_l3_valid(ETH0, IP_UNKNOWN, ADJ_FREE);
	arrive(IB1, IP_UNKNOWN, 2, 2);
	sent(ETH0, 1, 0);
	for (i = 0; i < DP_PUNT_RING; i++)
		fx_free_punted(fx_punt());
	tell();
	arrive(IB1, IP_UNKNOWN, 3, 3);
	sent(ETH0, 2, 3);
}

/* The ring is full, though nothing in it is this worker's. */
static void
others_fill_ring(void)
{
	uint32_t i;

	for (i = 0; i < DP_PUNT_RING; i++) {
		fx_rx(ETH0, fx_packet(ETH0, IP_HOST, IP_US, 64, 60));
		if (i % 32 == 31)
			fx_turn();
	}
	atomic_store(&fx.w->punt_done, fx.w->punts);
}

/* Held for what was to come into the ring and did not: nothing else happens, and it goes out. */
static void
test_ring_full(void **state)
{
	(void)state;
	others_fill_ring();
	arrive(IB1, IP_UNKNOWN, 1, 1);
	fx_turn();
	fx_l3_valid(ETH0, IP_UNKNOWN, ADJ_FREE);
	/* The next number is one that a packet of this flow had: dropped, and now so is this one. */
	fx_rx(IB1, fx_packet(IB1, IP_FAR, IP(192, 0, 2, 201), 64, 60));
	arrive(IB1, IP_UNKNOWN, 2, 2);
	fx_turn();
	sent(ETH0, 2, 2);
	assert_int_equal(fx.w->order.nb, 0);
	fx_turn();
	assert_false(fx.w->order.waiting);
}

/* Held for a number that another packet has by now: until that one is handled. */
static void
test_number_again(void **state)
{
	(void)state;
	others_fill_ring();
	fx_rx(IB1, fx_packet(IB1, IP_FAR, IP(192, 0, 2, 201), 64, 60));
	arrive(IB1, IP_UNKNOWN, 1, 1);
	fx_turn();
	while (rte_ring_count(fx.dp->punt) != 0)
		fx_free_punted(fx_punt());
	fx_rx(IB1, fx_packet(IB1, IP_FAR, IP(192, 0, 2, 202), 64, 60));
	fx_turn();
	fx_rx(ETH0, fx_packet(ETH0, IP_HOST, IP_US, 64, 60));
	fx_turn();
	fx_l3_valid(ETH0, IP_UNKNOWN, ADJ_FREE);
	arrive(IB1, IP_UNKNOWN, 2, 2);
	fx_free_punted(fx_punt());
	tell();
	fx_turn();
	assert_int_equal(fx.w->order.nb, 1);
	fx_free_punted(fx_punt());
	tell();
	fx_turn();
	sent(ETH0, 2, 2);
}

/* Too many wait: counted, and the rest keeps its order. */
static void
test_held_full(void **state)
{
	struct dp_counters ctr;
	uint32_t i;

	(void)state;
	arrive(IB1, IP_UNKNOWN, 1, 1);
	fx_l3_valid(ETH0, IP_UNKNOWN, ADJ_FREE);
	for (i = 0; i < DP_HELD_MAX + 3; i += 1)
		arrive(IB1, IP_UNKNOWN, 2, 2);
	assert_int_equal(fx.w->order.nb, DP_HELD_MAX);
	dp_counters_get(fx.dp, IB1, &ctr);
	assert_int_equal(ctr.drop[DP_DROP_order_full], 3);
	arrive(IB1, IP_HOST, 50, 50);
	sent(ETH0, 50, 50);
	control_sends(ETH0, 1);
	tell();
	assert_true(fx_turn() >= DP_HELD_MAX);
	assert_int_equal(fx.w->order.nb, 0);
	dp_counters_get(fx.dp, ETH0, &ctr);
	assert_int_equal(ctr.tx_pkts + ctr.drop[DP_DROP_tx_full], DP_HELD_MAX + 2);
}

/* Next hops that all are new at once: as many as the ring takes find a place, or all but a few. */
static void
test_many_next_hops(void **state)
{
	struct dp_counters ctr;
	struct rte_mbuf *m;
	uint32_t i;

	(void)state;
	/* Neither ARP nor the table are asked: they are on a link of their own. */
	assert_int_equal(rte_fib_add(fx.dp->fib, IP(10, 0, 0, 0), 8, 2), 0);
	for (i = 0; i < 10000; i++) {
		fx_rx(IB1, fx_packet(IB1, IP_FAR, IP(10, 0, 0, 0) + i, 64, 60));
		if (i % 32 == 31)
			fx_turn();
	}
	fx_turn();
	dp_counters_get(fx.dp, IB1, &ctr);
	assert_int_equal(ctr.punted + ctr.drop[DP_DROP_order_full], 10000);
	assert_true(ctr.drop[DP_DROP_order_full] < 20);
	while ((m = fx_punt()) != NULL)
		fx_free_punted(m);
	tell();
	fx_turn();
	assert_false(fx.w->order.waiting);
	/* Places are free again. */
	for (i = 0; i < 10000; i++) {
		fx_rx(IB1, fx_packet(IB1, IP_FAR, IP(10, 1, 0, 0) + i, 64, 60));
		if (i % 32 == 31)
			fx_turn();
	}
	fx_turn();
	dp_counters_get(fx.dp, IB1, &ctr);
	assert_true(ctr.drop[DP_DROP_order_full] < 40);
}

/* How many of 8,192 next hops, so far apart, find no place with a secret drawn now. */
static uint32_t
no_place(struct dp_order *o, uint32_t step)
{
	struct ipoib_addr key;
	uint32_t i, full = 0;

	for (i = 0; i < RTE_DIM(o->secret); i++)
		o->secret[i] = rte_rand();
	memset(o->bucket, 0, sizeof(o->bucket));
	for (i = 0; i < 8192; i++) {
		dp_l3_key4(&key, ETH0, IP(10, 0, 0, 0) + i * step);
		full += !dp_order_note(fx.w, &key);
	}
	return full;
}

/* The lowest number in the bucket of a next hop. */
static uint64_t
lowest_beside(struct dp_order *o, const struct ipoib_addr *key)
{
	static struct dp_order_bucket before[DP_ORDER_BUCKETS];
	uint64_t done = o->done, least = UINT64_MAX;
	uint32_t i, j;

	memcpy(before, o->bucket, sizeof(before));
	o->done = UINT64_MAX;
	assert_true(dp_order_note(fx.w, key));
	for (i = 0; memcmp(&before[i], &o->bucket[i], sizeof(before[i])) == 0; i++)
		;
	for (j = 0; j < DP_ORDER_WAYS; j++)
		least = RTE_MIN(least, before[i].punt[j]);
	o->bucket[i] = before[i];
	o->done = done;
	return least;
}

/* A place is free when control has handled its packet, and not before. */
static void
test_place(void **state)
{
	struct dp_order *o = &fx.w->order;
	struct ipoib_addr key;
	uint64_t punts = fx.w->punts;
	uint32_t i;

	(void)state;
	for (i = 0;; i++) {
		dp_l3_key4(&key, ETH0, IP(10, 0, 0, 0) + i);
		if (!dp_order_note(fx.w, &key))
			break;
		fx.w->punts++;
	}
	o->done = lowest_beside(o, &key) - 1;
	assert_false(dp_order_note(fx.w, &key));
	o->done++;
	assert_true(dp_order_note(fx.w, &key));
	fx.w->punts = punts;
}

/* Whatever the secret, addresses in a row spread. By chance a few find no place in 1 of 30 draws. */
static void
test_spread(void **state)
{
	static const uint32_t step[] = { 1, 256, 4096 };
	uint32_t i;

	(void)state;
	rte_srand(1);
	for (i = 0; i < 900; i++)
		assert_in_range(no_place(&fx.w->order, step[i % RTE_DIM(step)]), 0, 9);
}

/* Stopped and started: what is held stays in front; with its port it goes. */
static void
test_stop(void **state)
{
	struct dp_counters ctr;

	(void)state;
	arrive(IB1, IP_UNKNOWN, 1, 1);
	fx_l3_valid(ETH0, IP_UNKNOWN, ADJ_FREE);
	arrive(IB1, IP_UNKNOWN, 2, 2);
	dp_worker_leave(fx.w);
	control_sends(ETH0, 1);
	tell();
	assert_int_equal(dp_queued(fx.dp), 2);
	dp_worker_enter(fx.w);
	arrive(IB1, IP_UNKNOWN, 3, 3);
	sent(ETH0, 1, 3);

	fx_l3_valid(ETH2, IP(198, 18, 2, 99), ADJ_ETH2);
	arrive(IB1, IP(192, 0, 2, 201), 1, 1);
	arrive(IB1, IP(198, 18, 2, 98), 1, 1);
	fx_l3_valid(ETH0, IP(192, 0, 2, 201), ADJ_FREE);
	fx_l3_valid(ETH2, IP(198, 18, 2, 98), ADJ_ETH2);
	arrive(IB1, IP(198, 18, 2, 98), 2, 2);
	arrive(IB1, IP(192, 0, 2, 201), 2, 2);
	assert_int_equal(fx.w->order.nb, 2);
	dp_worker_leave(fx.w);
	assert_int_equal(dp_port_del(fx.dp, ETH2), 0);
	assert_int_equal(fx.w->order.nb, 1);
	dp_counters_get(fx.dp, ETH2, &ctr);
	assert_int_equal(ctr.drop[DP_DROP_tx_port], 1);
	dp_worker_enter(fx.w);
	control_sends(ETH0, 1);
	fx_free_punted(fx_punt());
	tell();
	fx_turn();
	sent(ETH0, 1, 2);
}

/* With a port that goes while the worker runs, too; some of a host, and some of a group. */
static void
test_port_gone(void **state)
{
	struct ipoib_addr addr = route_to_group();
	struct dp_counters ctr;

	(void)state;
	fx_l3_valid(IB1, IP_IB_UNKNOWN, ADJ_FREE + 1);
	arrive(ETH0, IP_IB_UNKNOWN, 1, 1);
	arrive(ETH0, IP_BCAST, 1, 1);
	fx_path_valid(IB1, &peer, 7, 0);
	fx_path_valid(IB1, &addr, 5, 0);
	arrive(ETH0, IP_IB_UNKNOWN, 2, 3);
	arrive(ETH0, IP_BCAST, 2, 4);
	assert_int_equal(fx.w->order.nb, 5);
	atomic_store(&fx.dp->running, true);
	assert_int_equal(dp_port_del(fx.dp, IB1), 0);
	atomic_store(&fx.dp->running, false);
	assert_int_equal(fx.w->order.nb, 5);
	fx_free_punted(fx_punt());
	fx_free_punted(fx_punt());
	tell();
	fx_turn();
	assert_int_equal(fx.w->order.nb, 0);
	dp_counters_get(fx.dp, IB1, &ctr);
	assert_int_equal(ctr.drop[DP_DROP_tx_port], 5);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fx_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_l3),
		TEST(test_told_late),
		TEST(test_path),
		TEST(test_both),
		TEST(test_second_miss),
		TEST(test_group),
		TEST(test_others),
		TEST(test_punt_full),
		TEST(test_ring_full),
		TEST(test_number_again),
		TEST(test_held_full),
		TEST(test_many_next_hops),
		TEST(test_place),
		TEST(test_spread),
		TEST(test_stop),
		TEST(test_port_gone),
	};

	return cmocka_run_group_tests_name("dp_order", tests, fx_start, fx_stop);
}

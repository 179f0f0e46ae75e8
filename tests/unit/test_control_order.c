/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Order of a flow while its next hop becomes known. The test plays the worker: what it finds in
 * the tables it sends itself, behind what control has injected, or holds while control has not
 * handled all that was punted before; everything else it punts.
 */

#include <string.h>

#include "control_fixture.h"

#define PEER_MAC 0x4d
/* Most packets that control takes in one tick. */
#define PER_TICK 256

static struct ipoib_addr peer;

/* One flow, its packets numbered. */
static struct {
	bool ib;
	uint32_t made; /* packets so far */
	uint32_t next; /* none before this one may be sent any more */
	uint32_t nb_sent;
	uint32_t nb_direct; /* of them by the worker itself */
	uint32_t overtaken;
	uint64_t punt;	     /* number of the last one that was punted */
	uint32_t held[4096]; /* packets that wait for that */
	uint32_t nb_held, held_ever;
} flow;

static int
setup(void **state)
{
	memset(&flow, 0, sizeof(flow));
	peer = fx_addr(PEER_QPN, 2);
	return fx_setup_up(state);
}

static void
sent(uint32_t number)
{
	flow.overtaken += number < flow.next;
	flow.next = number + 1;
	flow.nb_sent++;
}

static uint32_t
number_of(const struct rte_mbuf *m)
{
	rte_be16_t id;
	uint32_t mark;

	if (flow.ib) {
		memcpy(&mark, rte_pktmbuf_mtod_offset(m, void *, IPOIB_HDR_LEN), sizeof(mark));
		return mark;
	}
	memcpy(&id, rte_pktmbuf_mtod_offset(m, void *, 14 + 4), sizeof(id));
	return rte_be_to_cpu_16(id);
}

/* ARP is not of the flow. */
static bool
is_ours(const struct rte_mbuf *m)
{
	return flow.ib || memcmp(rte_pktmbuf_mtod_offset(m, void *, 12), "\x08\x00", 2) == 0;
}

static void
inject_send(void)
{
	struct rte_mbuf *m;
	uint16_t port;

	while ((m = fx_sent(&port)) != NULL) {
		if (is_ours(m))
			sent(number_of(m));
		fx_free(m);
	}
}

static bool
published(void)
{
	const struct ipoib_neigh_entry *e;
	const struct ipoib_addr *keyp = &peer;
	struct dp_ip ip = dp_ip4(ETH_PEER);
	struct ipoib_addr key;
	uint64_t hits;

	if (!flow.ib) {
		dp_l3_key(&key, ETH, &ip);
		keyp = &key;
	}
	return ipoib_neigh_lookup_bulk(flow.ib ? fx.dp->port[IB].neigh : fx.dp->l3, &keyp, 1, &hits,
			       &e) == 1;
}

static void
punt(uint32_t number)
{
	struct rte_mbuf *m;

	if (flow.ib) {
		fx_punt_addr(&peer, number);
		return;
	}
	m = fx_ip(ETH, IP(203, 0, 113, 5), IP(10, 0, 0, 1), 17, 100, 0);
	rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *)->packet_id = rte_cpu_to_be_16((uint16_t)number);
	fx_punt(m, DP_PUNT_L3_MISS, ETH, ETH_PEER);
}

static void
hold(uint32_t number)
{
	assert_true(flow.nb_held < RTE_DIM(flow.held));
	flow.held[flow.nb_held++] = number;
	flow.held_ever++;
}

static void
release(void)
{
	uint32_t i;

	for (i = 0; i < flow.nb_held; i++)
		sent(flow.held[i]);
	flow.nb_direct += flow.nb_held;
	flow.nb_held = 0;
}

/* A turn of the worker with n packets, then one of control. */
static void
turn(uint32_t n)
{
	bool handled = atomic_load(&fx.dp->worker[0]->punt_done) >= flow.punt;
	bool direct = published();
	uint32_t i;

	inject_send();
	if (direct && handled)
		release();
	for (i = 0; i < n; i++, flow.made++) {
		if (!direct) {
			punt(flow.made);
			flow.punt = fx.dp->worker[0]->punts;
		} else if (!handled) {
			hold(flow.made);
		} else {
			sent(flow.made);
			flow.nb_direct++;
		}
	}
	fx.now += 100;
	fx_tick();
}

static void
turns(uint32_t nb, uint32_t n)
{
	while (nb-- > 0)
		turn(n);
}

static void
check(void)
{
	turns(3, 1);
	inject_send();
	assert_true(published());
	assert_int_equal(flow.overtaken, 0);
	assert_true(flow.nb_direct > 0 && flow.nb_sent > flow.nb_direct);
	assert_int_equal(flow.nb_sent + fx_drops(DP_DROP_queue_full), flow.made);
	assert_int_equal(control_queued(fx.c) + dp_queued(fx.dp), 0);
}

/* The answer comes while most of them are still in the ring: the worker may send, but waits. */
static void
test_path(void **state)
{
	(void)state;
	flow.ib = true;
	turns(2, 1000);
	fx_answer_path(fx_path_req(&peer.gid), 0, 7);
	turn(200);
	assert_true(published());
	turns(40, 10);
	check();
	assert_true(flow.held_ever > 0);
	assert_int_equal(fx_drops(DP_DROP_queue_full), 2 * PER_TICK - 16);
}

/* Only the QPN is new: control knows the path, and sends from the first packet on. */
static void
test_known_path(void **state)
{
	(void)state;
	fx_know_ib_peer();
	flow.ib = true;
	peer = fx_addr(PEER_QPN + 1, 2);
	turn(1000);
	assert_true(published());
	turns(20, 10);
	check();
	assert_true(flow.held_ever > 0);
	assert_int_equal(fx_drops(DP_DROP_queue_full), 0);
}

/* The answer to ARP is in the midst of those that wait for it. */
static void
test_arp(void **state)
{
	(void)state;
	turn(600);
	fx_arp_eth(2, PEER_MAC, ETH_PEER, ETH_US);
	turn(600);
	turn(10);
	turns(20, 10);
	check();
	assert_true(flow.held_ever > 0);
}

/* The worker is always faster than control: it must not stay so. */
static void
test_overload(void **state)
{
	uint32_t i;

	(void)state;
	flow.ib = true;
	turn(1000);
	fx_answer_path(fx_path_req(&peer.gid), 0, 7);
	for (i = 0; flow.nb_direct == 0; i++) {
		assert_true(i <= 1000 / PER_TICK + 2);
		turn(PER_TICK);
	}
	check();
	assert_true(flow.held_ever > 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fx_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_path),
		TEST(test_known_path),
		TEST(test_arp),
		TEST(test_overload),
	};

	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}

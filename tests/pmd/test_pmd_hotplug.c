/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Ports and groups that come and go while others on the same HCA work without pause. */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_bus_vdev.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>

#include "ib_hdr.h"
#include "pmd_fixture.h"

#define ROUNDS 200
#define GROUP_ROUNDS 4
#define NB_GROUPS 512
#define BURST 32
#define NB_DESC 128
#define DEADLINE_S 60
#define PEER_LID 0x102

static const char *const names[] = { "net_ipoib0", "net_ipoib1" };
static uint16_t ports[2];
static struct pmd_ipoib_info info[2];

/* A peer's broadcast, and its unicast to each port. */
static uint8_t frames[3][FX_FRAME_MAX];
static uint32_t frame_len[3];
/* Where the third port is now, if it is. */
static uint32_t third_qpn = 0x555;
static bool stop;

static int
hotplug_setup(void **state)
{
	struct ipoib_mad_port ident;
	char words[128];
	unsigned int i;

	(void)state;
	fx_ident(&ident);
	fake_mad_set(&ident);
	fx_carrier_open(1, 64);
	for (i = 0; i < 2; i++) {
		ports[i] = fx_port_open(names[i], FX_ARGS ",pkey=0x8001");
		fx_port_setup(ports[i], 1, NB_DESC);
		fx_port_join(ports[i], 0x8001);
		assert_int_equal(pmd_ipoib_info_get(ports[i], &info[i]), 0);
		snprintf(words, sizeof(words), "dqpn=%u", info[i].qpn[0]);
		frame_len[i] = fx_oracle(words, frames[i], FX_FRAME_MAX);
	}
	frame_len[2] = fx_oracle("dqpn=0xffffff dlid=0xc001 grh=1 "
				 "dgid=ff12401b8001000000000000ffffffff",
			frames[2], FX_FRAME_MAX);
	return 0;
}

static int
hotplug_teardown(void **state)
{
	(void)state;
	fx_port_close(names[0]);
	fx_port_close(names[1]);
	fx_carrier_close();
	assert_int_equal(fake_mad_open_count(), 0);
	fx_no_leak();
	return 0;
}

struct worker {
	unsigned int i;
	uint32_t ah[3]; /* to a peer, to this HCA, to the broadcast group */
	uint64_t received;
};

static void
worker_send(struct worker *w)
{
	struct rte_mbuf *m[4] = {
		fx_packet(60, w->ah[0], 0x4321),
		fx_packet(61, w->ah[1], info[1 - w->i].qpn[0]),
		fx_packet(62, w->ah[1], __atomic_load_n(&third_qpn, __ATOMIC_RELAXED)),
		fx_packet(63, w->ah[2], IB_QPN_MULTICAST),
	};
	uint16_t n = rte_eth_tx_burst(ports[w->i], 0, m, RTE_DIM(m));

	rte_pktmbuf_free_bulk(&m[n], RTE_DIM(m) - n);
}

static void *
worker_run(void *arg)
{
	struct worker *w = arg;
	uint8_t frame[FX_FRAME_MAX];
	struct rte_mbuf *got[BURST];
	uint16_t n;

	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		if (rte_ring_count(fx.rx) < BURST) {
			fx_inject(frames[w->i], frame_len[w->i], 1);
			fx_inject(frames[2], frame_len[2], 1);
		}
		worker_send(w);
		n = rte_eth_rx_burst(ports[w->i], 0, got, BURST);
		rte_pktmbuf_free_bulk(got, n);
		__atomic_store_n(&w->received, w->received + n, __ATOMIC_RELEASE);
		while (fx_sent(0, frame, sizeof(frame)) != 0)
			;
		if (n == 0)
			sched_yield();
	}
	return NULL;
}

static struct worker workers[2];
static pthread_t threads[2];

static void
workers_start(void)
{
	struct pmd_ipoib_bcast b;
	unsigned int i;

	fx_bcast(0x8001, &b);
	stop = false;
	for (i = 0; i < 2; i++) {
		workers[i] = (struct worker){ .i = i };
		workers[i].ah[0] = fx_ah(ports[i], PEER_LID, NULL);
		workers[i].ah[1] = fx_ah(ports[i], FX_LID, NULL);
		workers[i].ah[2] = fx_ah(ports[i], b.mlid, &b.mgid);
		assert_int_equal(pthread_create(&threads[i], NULL, worker_run, &workers[i]), 0);
	}
}

/* Afterwards nothing is on its way, and each port's balance holds. */
static void
workers_stop(void)
{
	uint8_t frame[FX_FRAME_MAX];
	struct rte_mbuf *got[BURST];
	unsigned int i, k, n;

	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	for (i = 0; i < 2; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	do {
		n = 0;
		for (i = 0; i < 2; i++) {
			k = rte_eth_rx_burst(ports[i], 0, got, BURST);
			rte_pktmbuf_free_bulk(got, k);
			n += k;
		}
		while (fx_sent(0, frame, sizeof(frame)) != 0)
			n++;
	} while (n > 0);
	for (i = 0; i < 2; i++) {
		assert_int_equal(fx_port_balance(ports[i]), 0);
		assert_int_equal(fx_xstat(ports[i], "rx_held"), 0);
		for (k = 0; k < 3; k++)
			assert_int_equal(pmd_ipoib_ah_destroy(ports[i], workers[i].ah[k]), 0);
	}
	assert_int_equal(fx_xstat(ports[0], "tx_held"), 0);
}

/* Poll the port, as its worker would, until it has got something; then leave it some. */
static void
third_use(uint16_t port, uint16_t queues, uint64_t end)
{
	uint32_t ah = fx_ah(port, FX_LID, NULL);
	struct rte_mbuf *got[BURST], *m;
	unsigned int seen = 0, k;
	uint16_t q;

	while (seen < BURST) {
		for (q = 0; q < queues; q++) {
			m = fx_packet(64, ah, info[q & 1].qpn[0]);
			if (rte_eth_tx_burst(port, q, &m, 1) == 0)
				rte_pktmbuf_free(m);
			k = rte_eth_rx_burst(port, q, got, BURST);
			rte_pktmbuf_free_bulk(got, k);
			seen += k;
		}
		sched_yield();
		assert_true(rte_get_timer_cycles() < end);
	}
	while (fx_xstat(port, "rx_held") == 0) {
		sched_yield();
		assert_true(rte_get_timer_cycles() < end);
	}
	assert_int_equal(pmd_ipoib_ah_destroy(port, ah), 0);
}

static void
third_once(unsigned int round, uint64_t end)
{
	uint16_t queues = 1 + round % 2;
	struct pmd_ipoib_info i;
	char args[128];
	uint16_t port;

	snprintf(args, sizeof(args), FX_ARGS ",pkey=0x8001,queues=%u", queues);
	assert_int_equal(rte_eal_hotplug_add("vdev", "net_ipoib2", args), 0);
	assert_int_equal(rte_eth_dev_get_port_by_name("net_ipoib2", &port), 0);
	fx_port_setup(port, queues, NB_DESC);
	fx_port_join(port, 0x8001);
	assert_int_equal(pmd_ipoib_info_get(port, &i), 0);
	__atomic_store_n(&third_qpn, i.qpn[queues - 1], __ATOMIC_RELAXED);
	third_use(port, queues, end);
	assert_int_equal(rte_eth_dev_stop(port), 0);
	/* What lay in its rings is freed and has a name; nothing comes any more. */
	assert_int_equal(fx_xstat(port, "rx_held"), 0);
	assert_true(fx_xstat(port, "rx_drop_not_active") > 0);
	assert_int_equal(fx_port_balance(port), 0);
	if (round % 3 == 0)
		assert_int_equal(rte_eth_dev_close(port), 0);
	assert_int_equal(rte_eal_hotplug_remove("vdev", "net_ipoib2"), 0);
	assert_false(rte_eth_dev_is_valid_port(port));
	pmd_ipoib_poll(ports[0], round);
}

static size_t
heap_used(void)
{
	struct rte_malloc_socket_stats s;

	assert_int_equal(rte_malloc_get_socket_stats(0, &s), 0);
	return s.heap_allocsz_bytes;
}

static void
test_ports_come_and_go(void **state)
{
	uint64_t end = rte_get_timer_cycles() + DEADLINE_S * rte_get_timer_hz();
	size_t before = 0;
	unsigned int i;

	(void)state;
	workers_start();
	for (i = 0; i < ROUNDS; i++)
		third_once(i, end);
	workers_stop();
	assert_true(workers[0].received > 0 && workers[1].received > 0);
	/* And it costs no memory in the long run. */
	for (i = 0; i < 4; i++) {
		workers_start();
		third_once(1, end);
		workers_stop();
		pmd_ipoib_poll(ports[0], 0);
		if (i == 0)
			before = heap_used();
	}
	assert_int_equal(heap_used(), before);
}

/* A partition of its own, another P_Key and MTU, hears nothing of the others'. */
static void
test_other_partition(void **state)
{
	struct rte_mbuf *got[BURST], *m;
	char args[256], again[256];
	uint32_t ah;
	uint16_t port;

	(void)state;
	/* With the arguments of a port that is there, but for the P_Key. */
	assert_int_equal(pmd_ipoib_sibling_args(UINT16_MAX, 0xffff, args, sizeof(args)), -ENODEV);
	assert_int_equal(pmd_ipoib_sibling_args(ports[0], 0xffff, args, 16), -ENOSPC);
	assert_int_equal(pmd_ipoib_sibling_args(ports[0], 0xffff, args, sizeof(args)), 0);
	assert_int_equal(rte_eal_hotplug_add("vdev", "net_ipoib2", args), 0);
	assert_int_equal(rte_eth_dev_get_port_by_name("net_ipoib2", &port), 0);
	assert_int_equal(pmd_ipoib_sibling_args(port, 0xffff, again, sizeof(again)), 0);
	assert_string_equal(again, args);
	fx_port_setup(port, 1, NB_DESC);
	fx_port_join(port, 0xffff);
	fx_inject(frames[2], frame_len[2], 1);
	assert_int_equal(rte_eth_rx_burst(port, 0, got, BURST), 0);
	assert_int_equal(rte_eth_rx_burst(ports[0], 0, got, BURST), 1);
	rte_pktmbuf_free(got[0]);
	assert_int_equal(rte_eth_rx_burst(ports[1], 0, got, BURST), 1);
	rte_pktmbuf_free(got[0]);
	ah = fx_ah(port, FX_LID, NULL);
	m = fx_packet(64, ah, info[0].qpn[0]);
	assert_int_equal(rte_eth_tx_burst(port, 0, &m, 1), 1);
	assert_int_equal(fx_xstat(port, "rx_drop_pkey"), 1);
	assert_int_equal(rte_eth_rx_burst(ports[0], 0, got, BURST), 0);
	assert_int_equal(fx_port_balance(port), 0);
	fx_port_close("net_ipoib2");
}

/* A pool whose next buffer may be long in coming: its user sits in the middle of a burst. */
static struct rte_mempool *slow_pool;
static bool slow_wait;
static bool slow_in;

static int
slow_dequeue(struct rte_mempool *mp, void **obj, unsigned int n)
{
	__atomic_store_n(&slow_in, true, __ATOMIC_RELEASE);
	while (__atomic_load_n(&slow_wait, __ATOMIC_ACQUIRE))
		sched_yield();
	return rte_ring_dequeue_bulk(mp->pool_data, obj, n, NULL) == n ? 0 : -ENOBUFS;
}

static int
slow_enqueue(struct rte_mempool *mp, void *const *obj, unsigned int n)
{
	return rte_ring_enqueue_bulk(mp->pool_data, obj, n, NULL) == n ? 0 : -ENOBUFS;
}

static int
slow_alloc(struct rte_mempool *mp)
{
	mp->pool_data = rte_ring_create("slow", mp->size, SOCKET_ID_ANY, RING_F_EXACT_SZ);
	return mp->pool_data != NULL ? 0 : -rte_errno;
}

static void
slow_free(struct rte_mempool *mp)
{
	rte_ring_free(mp->pool_data);
}

static unsigned int
slow_count(const struct rte_mempool *mp)
{
	return rte_ring_count(mp->pool_data);
}

static const struct rte_mempool_ops slow_ops = {
	.name = "slow",
	.alloc = slow_alloc,
	.free = slow_free,
	.enqueue = slow_enqueue,
	.dequeue = slow_dequeue,
	.get_count = slow_count,
};
RTE_MEMPOOL_REGISTER_OPS(slow_ops);

static uint16_t
slow_port_open(void)
{
	struct rte_eth_conf conf = { 0 };
	uint16_t port;

	slow_pool = rte_pktmbuf_pool_create_by_ops(
			"slow", 63, 0, 0, 2048 + 512 + RTE_PKTMBUF_HEADROOM, SOCKET_ID_ANY, "slow");
	assert_non_null(slow_pool);
	port = fx_port_open("net_ipoib2", FX_ARGS ",pkey=0x8001");
	assert_int_equal(rte_eth_dev_configure(port, 1, 1, &conf), 0);
	assert_int_equal(rte_eth_rx_queue_setup(port, 0, NB_DESC, 0, NULL, slow_pool), 0);
	assert_int_equal(rte_eth_tx_queue_setup(port, 0, NB_DESC, 0, NULL), 0);
	assert_int_equal(rte_eth_dev_start(port), 0);
	fx_port_join(port, 0x8001);
	return port;
}

static void *
burst_run(void *arg)
{
	struct rte_mbuf *got[BURST];
	uint16_t n = rte_eth_rx_burst(ports[0], 0, got, BURST);

	rte_pktmbuf_free_bulk(got, n);
	*(uint16_t *)arg = n;
	return NULL;
}

/*
 * A thread loses its CPU in a burst, with a packet for a port that is being
 * removed in its hands. Stopping gives up waiting; the queue outlives the port.
 */
static void
test_burst_outlives_port(void **state)
{
	uint64_t end = rte_get_timer_cycles() + DEADLINE_S * rte_get_timer_hz();
	struct rte_mbuf *got[BURST];
	pthread_t thread;
	uint16_t n = 0, port = slow_port_open();

	(void)state;
	rte_eth_xstats_reset(ports[0]);
	slow_in = false;
	__atomic_store_n(&slow_wait, true, __ATOMIC_RELEASE);
	fx_inject(frames[2], frame_len[2], 1);
	assert_int_equal(pthread_create(&thread, NULL, burst_run, &n), 0);
	while (!__atomic_load_n(&slow_in, __ATOMIC_ACQUIRE))
		assert_true(rte_get_timer_cycles() < end);
	assert_int_equal(rte_eth_dev_stop(port), 0);
	assert_int_equal(rte_eal_hotplug_remove("vdev", "net_ipoib2"), 0);
	pmd_ipoib_poll(ports[0], 0);
	/* The same port again, while the old one's queue lingers. */
	port = fx_port_open("net_ipoib2", FX_ARGS ",pkey=0x8001");
	fx_port_setup(port, 1, NB_DESC);
	__atomic_store_n(&slow_wait, false, __ATOMIC_RELEASE);
	assert_int_equal(pthread_join(thread, NULL), 0);
	/* It was the first member's; the second got a copy, the one of the third went nowhere. */
	assert_int_equal(n, 1);
	assert_int_equal(rte_eth_rx_burst(ports[1], 0, got, BURST), 1);
	rte_pktmbuf_free(got[0]);
	assert_int_equal(rte_eth_rx_burst(port, 0, got, BURST), 0);
	assert_int_equal(fx_xstat(ports[0], "rx_copies"), 2);
	assert_int_equal(fx_xstat(ports[0], "rx_handed_over"), 2);
	assert_int_equal(fx_port_balance(ports[0]), 0);
	/* Now it is free, and so is what was in it. */
	assert_int_not_equal(rte_mempool_avail_count(slow_pool), 63);
	pmd_ipoib_poll(ports[0], 0);
	assert_int_equal(rte_mempool_avail_count(slow_pool), 63);
	fx_port_close("net_ipoib2");
	rte_mempool_free(slow_pool);
}

/* Joins and leaves beside traffic: the broadcast group, untouched, loses nothing. */
static void
test_groups_under_traffic(void **state)
{
	struct ib_gid mgid;
	unsigned int round, i;

	(void)state;
	rte_eth_xstats_reset(ports[0]);
	rte_eth_xstats_reset(ports[1]);
	workers_start();
	for (round = 0; round < GROUP_ROUNDS; round++) {
		for (i = 0; i < NB_GROUPS; i++) {
			ipoib_mgid_ipv4(IPOIB_SCOPE_LINK, 0x8001, 0xe1000000 + i, &mgid);
			assert_int_equal(pmd_ipoib_mcast_attach(ports[i & 1], &mgid,
							 (uint16_t)(0xd000 + i / 2), (i & 2) != 0),
					0);
		}
		for (i = 0; i < NB_GROUPS; i++) {
			ipoib_mgid_ipv4(IPOIB_SCOPE_LINK, 0x8001, 0xe1000000 + i, &mgid);
			assert_int_equal(pmd_ipoib_mcast_update(ports[i & 1], &mgid,
							 (uint16_t)(0xe000 + i), (i & 2) == 0),
					0);
			assert_int_equal(pmd_ipoib_mcast_detach(ports[i & 1], &mgid), 0);
		}
	}
	workers_stop();
	for (i = 0; i < 2; i++) {
		assert_int_equal(fx_xstat(ports[i], "rx_drop_dlid"), 0);
		assert_int_equal(fx_xstat(ports[i], "rx_drop_dgid"), 0);
		assert_int_equal(fx_xstat(ports[i], "tx_drop_not_joined"), 0);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ports_come_and_go),
		cmocka_unit_test(test_other_partition),
		cmocka_unit_test(test_burst_outlives_port),
		cmocka_unit_test(test_groups_under_traffic),
	};
	int ret;

	if (fx_eal_setup(argc, argv) != 0)
		return 1;
	ret = cmocka_run_group_tests(tests, hotplug_setup, hotplug_teardown);
	fx_eal_teardown();
	return ret;
}

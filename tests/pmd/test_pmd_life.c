/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Link rules, MTU, and start, stop and close over and over. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_bus_vdev.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>

#include "pmd_fixture.h"

#define ROUNDS 100
#define BURST 32

static unsigned int lsc_events;

static int
on_lsc(uint16_t port, enum rte_eth_event_type type, void *arg, void *ret)
{
	struct pmd_ipoib_info info;

	(void)type;
	(void)arg;
	(void)ret;
	/* A callback may ask the driver. */
	assert_int_equal(pmd_ipoib_info_get(port, &info), 0);
	lsc_events++;
	return 0;
}

static void
link_check(uint16_t port, bool up, unsigned int events)
{
	struct rte_eth_link link;

	assert_int_equal(rte_eth_link_get_nowait(port, &link), 0);
	assert_int_equal(link.link_status, up ? RTE_ETH_LINK_UP : RTE_ETH_LINK_DOWN);
	assert_int_equal(lsc_events, events);
}

static void
ident_set(uint16_t port, enum ipoib_mad_state state, uint16_t pkey)
{
	struct ipoib_mad_port ident;

	fx_ident(&ident);
	ident.state = state;
	ident.pkeys[1] = pkey;
	fake_mad_set(&ident);
	pmd_ipoib_poll(port, 0);
}

/* Up only while started, ACTIVE, with its P_Key, and joined. */
static void
test_link(void **state)
{
	struct pmd_ipoib_bcast b;
	struct pmd_ipoib_info info;
	uint16_t port;

	(void)state;
	fx_carrier_open(1, 64);
	port = fx_port_open("net_ipoib0", FX_ARGS ",pkey=0x8001");
	rte_eth_dev_callback_register(port, RTE_ETH_EVENT_INTR_LSC, on_lsc, NULL);
	fx_port_setup(port, 1, 64);
	ident_set(port, IPOIB_MAD_ACTIVE, 0x8001);
	link_check(port, false, 0);
	fx_bcast(0x8001, &b);
	assert_int_equal(pmd_ipoib_bcast_set(port, &b), 0);
	link_check(port, true, 1);
	ident_set(port, IPOIB_MAD_ARMED, 0x8001);
	link_check(port, false, 2);
	ident_set(port, IPOIB_MAD_ACTIVE, 0x8001);
	link_check(port, true, 3);
	ident_set(port, IPOIB_MAD_ACTIVE, 0x8002);
	link_check(port, false, 4);
	assert_int_equal(pmd_ipoib_info_get(port, &info), 0);
	assert_false(info.pkey_present);
	/* A limited member is a member. */
	ident_set(port, IPOIB_MAD_ACTIVE, 0x0001);
	link_check(port, true, 5);
	ident_set(port, IPOIB_MAD_ABSENT, 0x8001);
	link_check(port, false, 6);
	assert_int_equal(pmd_ipoib_info_get(port, &info), 0);
	assert_int_equal(info.lid, 0);
	ident_set(port, IPOIB_MAD_ACTIVE, 0x8001);
	link_check(port, true, 7);
	assert_int_equal(rte_eth_dev_stop(port), 0);
	link_check(port, false, 8);
	assert_int_equal(rte_eth_dev_start(port), 0);
	link_check(port, true, 9);
	assert_int_equal(pmd_ipoib_bcast_set(port, NULL), 0);
	link_check(port, false, 10);
	fx_port_close("net_ipoib0");
	fx_carrier_close();
	fx_no_leak();
}

static void
test_mtu(void **state)
{
	struct rte_eth_dev_info dev;
	struct pmd_ipoib_bcast b;
	uint16_t port, mtu;

	(void)state;
	fx_carrier_open(1, 64);
	port = fx_port_open("net_ipoib0", FX_ARGS);
	fx_port_setup(port, 1, 64);
	assert_int_equal(rte_eth_dev_info_get(port, &dev), 0);
	assert_string_equal(dev.driver_name, PMD_IPOIB_DRIVER_NAME);
	assert_int_equal(dev.min_mtu, 72);
	assert_int_equal(dev.max_mtu, 4092);
	ident_set(port, IPOIB_MAD_ACTIVE, 0x8001);
	fx_bcast(0xffff, &b);
	b.ib_mtu = 1024;
	assert_int_equal(pmd_ipoib_bcast_set(port, &b), 0);
	assert_int_equal(rte_eth_dev_get_mtu(port, &mtu), 0);
	assert_int_equal(mtu, 1020);
	assert_int_equal(rte_eth_dev_set_mtu(port, 1021), -EINVAL);
	assert_int_equal(rte_eth_dev_set_mtu(port, 71), -EINVAL);
	assert_int_equal(rte_eth_dev_set_mtu(port, 576), 0);
	b.ib_mtu = 2048;
	assert_int_equal(pmd_ipoib_bcast_set(port, &b), 0);
	assert_int_equal(rte_eth_dev_get_mtu(port, &mtu), 0);
	assert_int_equal(mtu, 576);
	fx_port_close("net_ipoib0");
	fx_carrier_close();
}

/* Fill every place where the driver may hold a packet, then stop. */
static void
traffic(uint16_t a, uint16_t b)
{
	struct pmd_ipoib_info ia, ib;
	struct rte_mbuf *m, *got[BURST];
	uint32_t ah, out, i, len;
	uint8_t frame[FX_FRAME_MAX];
	static char words[128];
	uint16_t n;

	assert_int_equal(pmd_ipoib_info_get(a, &ia), 0);
	assert_int_equal(pmd_ipoib_info_get(b, &ib), 0);
	ah = fx_ah(a, FX_LID, NULL);
	out = fx_ah(a, 0x102, NULL);
	for (i = 0; i < 20; i++) {
		m = fx_packet(100, ah, ib.qpn[0]);
		if (rte_eth_tx_burst(a, 0, &m, 1) == 0)
			rte_pktmbuf_free(m);
	}
	for (i = 0; i < 200; i++) {
		m = fx_packet(100, out, 77);
		if (rte_eth_tx_burst(a, 0, &m, 1) == 0)
			rte_pktmbuf_free(m);
	}
	snprintf(words, sizeof(words), "dqpn=%u pkey=0x8001", ib.qpn[0]);
	len = fx_oracle(words, frame, sizeof(frame));
	for (i = 0; i < 10; i++)
		fx_inject(frame, len, 1);
	n = rte_eth_rx_burst(a, 0, got, BURST);
	rte_pktmbuf_free_bulk(got, n);
	n = rte_eth_rx_burst(b, 0, got, 5);
	rte_pktmbuf_free_bulk(got, n);
	assert_true(fx_xstat(b, "rx_held") > 0);
	assert_true(fx_xstat(a, "tx_held") > 0);
	assert_int_equal(pmd_ipoib_ah_destroy(a, ah), 0);
	assert_int_equal(pmd_ipoib_ah_destroy(a, out), 0);
}

static size_t
heap_used(void)
{
	struct rte_malloc_socket_stats s;

	assert_int_equal(rte_malloc_get_socket_stats(0, &s), 0);
	return s.heap_allocsz_bytes;
}

static void
rings_empty(void)
{
	struct rte_mbuf *m;

	while (rte_ring_dequeue(fx.rx, (void **)&m) == 0)
		rte_pktmbuf_free(m);
	while (rte_ring_dequeue(fx.tx[0], (void **)&m) == 0)
		rte_pktmbuf_free(m);
}

static void
life_once(unsigned int round)
{
	uint16_t a = fx_port_open("net_ipoib0", FX_ARGS ",pkey=0x8001");
	uint16_t b = fx_port_open("net_ipoib1", FX_ARGS ",pkey=0x8001");
	unsigned int again;

	fx_port_setup(a, 1, 64);
	fx_port_setup(b, 1, 64);
	fx_port_join(a, 0x8001);
	fx_port_join(b, 0x8001);
	if (round % 10 == 0)
		traffic(a, b);
	for (again = 0; again < 3; again++) {
		assert_int_equal(rte_eth_dev_stop(a), 0);
		assert_int_equal(rte_eth_dev_stop(b), 0);
		assert_int_equal(rte_eth_dev_start(again == 1 ? a : b), 0);
		assert_int_equal(rte_eth_dev_start(again == 1 ? b : a), 0);
	}
	/* In either order. */
	fx_port_close(round % 2 == 0 ? "net_ipoib0" : "net_ipoib1");
	fx_port_close(round % 2 == 0 ? "net_ipoib1" : "net_ipoib0");
	rings_empty();
	fx_no_leak();
	assert_int_equal(fake_mad_open_count(), 0);
}

static void
test_life(void **state)
{
	struct ipoib_mad_port ident;
	struct rte_eth_dev_owner owner;
	size_t before = 0;
	unsigned int i;

	(void)state;
	fx_ident(&ident);
	fake_mad_set(&ident);
	fx_carrier_open(1, 64);
	for (i = 0; i < ROUNDS; i++) {
		life_once(i);
		/* What stays from the first round is the carrier's own. */
		if (i == 0)
			before = heap_used();
		assert_int_equal(heap_used(), before);
	}
	assert_int_equal(rte_eth_dev_owner_get(fx.port, &owner), 0);
	assert_int_equal(owner.id, RTE_ETH_DEV_NO_OWNER);
	fx_carrier_close();
}

/* A restart must not get the old numbers: peers remember them. */
static void
test_qpns(void **state)
{
	struct pmd_ipoib_info info[2];
	unsigned int i, k, q;

	(void)state;
	for (i = 0; i < 2; i++) {
		uint16_t port = fx_port_open("net_ipoib0", FX_ARGS ",queues=16");

		assert_int_equal(pmd_ipoib_info_get(port, &info[i]), 0);
		assert_int_equal(info[i].nb_qps, 16);
		assert_int_equal(rte_vdev_uninit("net_ipoib0"), 0);
	}
	for (k = 0; k < 16; k++)
		for (q = 0; q < 16; q++)
			assert_int_not_equal(info[0].qpn[k], info[1].qpn[q]);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_link),
		cmocka_unit_test(test_mtu),
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_qpns),
	};
	int ret;

	if (fx_eal_setup(argc, argv) != 0)
		return 1;
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	fx_eal_teardown();
	return ret;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* P_Keys: membership on both sides, and a table that changes under the QPs' index. */

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>

#include "ib_hdr.h"
#include "pmd_fixture.h"

#define BURST 32
#define MOVES 1000
#define DEADLINE_S 30
#define PEER_LID 0x102
#define PEER_QPN 0x4321
#define FULL 0x8001
#define LIMITED 0x0001
#define FOREIGN 0x8002
/* Of a frame without GRH. */
#define BTH_PKEY (14 + 8 + 2)
#define DETH_QKEY (14 + 8 + 12)

/* 0 is a full member, 1 a limited one of the same partition; both are in the table. */
static const char *const names[] = { "net_ipoib0", "net_ipoib1" };
static const uint16_t pkeys[] = { FULL, LIMITED };
static uint16_t ports[2];
static struct pmd_ipoib_info info[2];
static const uint16_t usual[] = { 0xffff, FULL, FOREIGN, LIMITED };

static void
table_set(const uint16_t *table, uint16_t n)
{
	struct ipoib_mad_port ident;

	fx_ident(&ident);
	memset(ident.pkeys, 0, sizeof(ident.pkeys));
	memcpy(ident.pkeys, table, n * sizeof(*table));
	ident.nb_pkeys = 32;
	fake_mad_set(&ident);
}

static int
pkey_setup(void **state)
{
	char args[128];
	unsigned int i;

	(void)state;
	table_set(usual, RTE_DIM(usual));
	fx_carrier_open(1, 256);
	for (i = 0; i < 2; i++) {
		snprintf(args, sizeof(args), FX_ARGS ",pkey=0x%04x", pkeys[i]);
		ports[i] = fx_port_open(names[i], args);
		fx_port_setup(ports[i], 1, 128);
		fx_port_join(ports[i], FULL);
		assert_int_equal(pmd_ipoib_info_get(ports[i], &info[i]), 0);
	}
	return 0;
}

static int
pkey_teardown(void **state)
{
	(void)state;
	fx_port_close(names[0]);
	fx_port_close(names[1]);
	fx_carrier_close();
	fx_no_leak();
	return 0;
}

/* Back to the usual table, counters at 0. */
static int
pkey_reset(void **state)
{
	(void)state;
	table_set(usual, RTE_DIM(usual));
	pmd_ipoib_poll(ports[0], 0);
	assert_int_equal(rte_eth_xstats_reset(ports[0]), 0);
	return rte_eth_xstats_reset(ports[1]);
}

static uint16_t
receive(unsigned int to, uint16_t pkey, uint32_t qkey)
{
	uint8_t frame[FX_FRAME_MAX];
	struct rte_mbuf *got[BURST];
	char words[128];
	uint16_t n;

	snprintf(words, sizeof(words), "dqpn=%u pkey=%u qkey=%u", info[to].qpn[0], pkey, qkey);
	fx_inject(frame, fx_oracle(words, frame, sizeof(frame)), 1);
	n = rte_eth_rx_burst(ports[to], 0, got, BURST);
	rte_pktmbuf_free_bulk(got, n);
	assert_int_equal(fx_balance(ports, 2), 0);
	return n;
}

/* @return P_Key of the frame that left, 0 for none. */
static uint16_t
transmit(unsigned int from, uint32_t ah, uint32_t qpn)
{
	struct rte_mbuf *m = fx_packet(60, ah, qpn);
	uint8_t frame[FX_FRAME_MAX];

	assert_int_equal(rte_eth_tx_burst(ports[from], 0, &m, 1), 1);
	if (fx_sent(0, frame, sizeof(frame)) == 0)
		return 0;
	return (uint16_t)(frame[BTH_PKEY] << 8 | frame[BTH_PKEY + 1]);
}

/* IBA 10.9.3: of two limited members neither hears the other; all other pairs match. */
static void
test_membership_receive(void **state)
{
	static const uint16_t from[] = { FULL, LIMITED };
	unsigned int to, i;

	(void)state;
	for (to = 0; to < 2; to++)
		for (i = 0; i < 2; i++)
			assert_int_equal(receive(to, from[i], FX_QKEY), to == 0 || i == 0);
	assert_int_equal(fx_rx_drops(ports[0]), 0);
	assert_int_equal(fx_rx_drops(ports[1]), 1);
	assert_int_equal(fx_xstat(ports[1], "rx_drop_pkey"), 1);
}

/* What leaves has the sender's own membership bit. */
static void
test_membership_send(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		uint32_t ah = fx_ah(ports[i], PEER_LID, NULL);

		assert_int_equal(transmit(i, ah, PEER_QPN), pkeys[i]);
		assert_int_equal(info[i].pkey_wire, pkeys[i]);
		assert_int_equal(usual[info[i].pkey_index], pkeys[i]);
		assert_int_equal(pmd_ipoib_ah_destroy(ports[i], ah), 0);
	}
}

/* Inside one HCA the same rule holds: full and limited member hear each other... */
static void
test_membership_loopback(void **state)
{
	struct rte_mbuf *got[BURST];
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		uint32_t ah = fx_ah(ports[i], FX_LID, NULL);

		assert_int_equal(transmit(i, ah, info[1 - i].qpn[0]), 0);
		assert_int_equal(rte_eth_rx_burst(ports[1 - i], 0, got, BURST), 1);
		rte_pktmbuf_free(got[0]);
		assert_int_equal(pmd_ipoib_ah_destroy(ports[i], ah), 0);
	}
	assert_int_equal(fx_balance(ports, 2), 0);
}

/* ... and two limited ones do not: here the SM makes the full member limited, too. */
static void
test_limited_pair_loopback(void **state)
{
	static const uint16_t limited[] = { 0xffff, LIMITED };
	struct rte_mbuf *got[BURST];
	uint32_t ah = fx_ah(ports[0], FX_LID, NULL);

	(void)state;
	table_set(limited, RTE_DIM(limited));
	pmd_ipoib_poll(ports[0], 0);
	assert_int_equal(transmit(0, ah, info[1].qpn[0]), 0);
	assert_int_equal(rte_eth_rx_burst(ports[1], 0, got, BURST), 0);
	assert_int_equal(fx_xstat(ports[0], "rx_drop_pkey"), 1);
	assert_int_equal(fx_balance(ports, 2), 0);
	assert_int_equal(pmd_ipoib_ah_destroy(ports[0], ah), 0);
}

/* Who asks for limited membership never becomes a full member unasked. */
static void
test_limited_only(void **state)
{
	static const uint16_t table[] = { 0xffff, FULL };
	struct pmd_ipoib_info i;
	uint32_t ah = fx_ah(ports[1], PEER_LID, NULL);

	(void)state;
	table_set(table, RTE_DIM(table));
	pmd_ipoib_poll(ports[0], 0);
	assert_int_equal(pmd_ipoib_info_get(ports[1], &i), 0);
	assert_false(i.pkey_present);
	assert_int_equal(transmit(1, ah, PEER_QPN), 0);
	assert_int_equal(fx_xstat(ports[1], "tx_drop_pkey"), 1);
	assert_int_equal(pmd_ipoib_ah_destroy(ports[1], ah), 0);
}

/*
 * The SM moves P_Keys about between bursts. Where 0x8001 was is now a foreign
 * one: no frame may carry it, and the first after the change is right again.
 */
static void
test_index_moves(void **state)
{
	static const uint16_t tables[][4] = {
		{ 0xffff, FOREIGN, FULL, LIMITED },
		{ FULL, 0xffff, FOREIGN, LIMITED },
		{ FOREIGN, 0, LIMITED, FULL },
		{ 0xffff, FULL, FOREIGN, LIMITED },
	};
	uint64_t before = fx_xstat(ports[0], "pkey_cycles");
	uint32_t ah = fx_ah(ports[0], PEER_LID, NULL);
	struct pmd_ipoib_info now;
	unsigned int t;

	(void)state;
	for (t = 0; t < RTE_DIM(tables); t++) {
		table_set(tables[t], RTE_DIM(tables[t]));
		/* The HCA has not been told yet: what leaves is still ours. */
		assert_int_equal(transmit(0, ah, PEER_QPN), FULL);
		pmd_ipoib_poll(ports[0], 0);
		assert_int_equal(transmit(0, ah, PEER_QPN), FULL);
		assert_int_equal(receive(0, FOREIGN, FX_QKEY), 0);
		assert_int_equal(receive(0, FULL, FX_QKEY), 1);
		assert_int_equal(pmd_ipoib_info_get(ports[0], &now), 0);
		assert_int_equal(tables[t][now.pkey_index], FULL);
		assert_int_equal(now.pkey_cycles, before + t + 1);
	}
	assert_int_equal(fx_xstat(ports[0], "tx_drop_pkey"), 0);
	assert_int_equal(pmd_ipoib_ah_destroy(ports[0], ah), 0);
}

struct sender {
	uint32_t ah;
	uint64_t sent;
	bool stop;
};

static void *
sender_run(void *arg)
{
	struct sender *s = arg;
	struct rte_mbuf *m;
	uint16_t n;

	while (!__atomic_load_n(&s->stop, __ATOMIC_ACQUIRE)) {
		m = fx_packet(60, s->ah, PEER_QPN);
		n = rte_eth_tx_burst(ports[0], 0, &m, 1);
		if (n == 0) {
			rte_pktmbuf_free(m);
			sched_yield();
		}
		__atomic_store_n(&s->sent, s->sent + n, __ATOMIC_RELEASE);
	}
	return NULL;
}

static uint64_t
sent_drain(void)
{
	uint8_t frame[FX_FRAME_MAX];
	uint64_t n = 0;

	for (; fx_sent(0, frame, sizeof(frame)) != 0; n++)
		assert_int_equal(frame[BTH_PKEY] << 8 | frame[BTH_PKEY + 1], FULL);
	return n;
}

/* The same under traffic: no frame of thousands is foreign, none is lost. */
static void
test_index_moves_under_traffic(void **state)
{
	uint16_t table[] = { 0xffff, FULL, FOREIGN, LIMITED };
	uint64_t end = rte_get_timer_cycles() + DEADLINE_S * rte_get_timer_hz(), seen = 0, mark;
	struct sender s = { .ah = fx_ah(ports[0], PEER_LID, NULL) };
	struct rte_mbuf *none[1];
	pthread_t thread;
	unsigned int i;

	(void)state;
	rte_log_set_level_pattern("pmd.net.ipoib", RTE_LOG_ERR);
	assert_int_equal(pthread_create(&thread, NULL, sender_run, &s), 0);
	for (i = 0; i < MOVES; i++) {
		table[1] = i % 2 == 0 ? FOREIGN : FULL;
		table[2] = i % 2 == 0 ? FULL : FOREIGN;
		table_set(table, RTE_DIM(table));
		pmd_ipoib_poll(ports[0], i);
		mark = seen;
		while (seen < mark + 4) {
			seen += sent_drain();
			rte_eth_rx_burst(ports[0], 0, none, 1);
			sched_yield();
			assert_true(rte_get_timer_cycles() < end);
		}
	}
	__atomic_store_n(&s.stop, true, __ATOMIC_RELEASE);
	assert_int_equal(pthread_join(thread, NULL), 0);
	rte_log_set_level_pattern("pmd.net.ipoib", RTE_LOG_NOTICE);
	while (fx_xstat(ports[0], "tx_held") > 0 || rte_ring_count(fx.tx[0]) > 0) {
		seen += sent_drain();
		rte_eth_rx_burst(ports[0], 0, none, 1);
	}
	assert_int_equal(seen, s.sent);
	assert_int_equal(fx_xstat(ports[0], "tx_good_packets"), seen);
	assert_true(fx_xstat(ports[0], "pkey_cycles") >= MOVES);
	assert_int_equal(pmd_ipoib_ah_destroy(ports[0], s.ah), 0);
	fx_no_leak();
}

/* Gone, then back elsewhere: dropped with a name meanwhile, the link says so, too. */
static void
test_pkey_absent(void **state)
{
	static const uint16_t without[] = { 0xffff, FOREIGN };
	static const uint16_t back[] = { 0xffff, FOREIGN, 0, 0, FULL };
	uint32_t ah = fx_ah(ports[0], PEER_LID, NULL);
	struct rte_eth_link link;
	unsigned int i;

	(void)state;
	table_set(without, RTE_DIM(without));
	pmd_ipoib_poll(ports[0], 0);
	for (i = 0; i < 10; i++)
		assert_int_equal(transmit(0, ah, PEER_QPN), 0);
	assert_int_equal(fx_xstat(ports[0], "tx_drop_pkey"), 10);
	assert_int_equal(receive(0, FULL, FX_QKEY), 0);
	assert_int_equal(receive(0, FOREIGN, FX_QKEY), 0);
	assert_int_equal(fx_xstat(ports[0], "rx_drop_pkey"), 2);
	assert_int_equal(rte_eth_link_get_nowait(ports[0], &link), 0);
	assert_int_equal(link.link_status, RTE_ETH_LINK_DOWN);
	table_set(back, RTE_DIM(back));
	pmd_ipoib_poll(ports[0], 0);
	assert_int_equal(transmit(0, ah, PEER_QPN), FULL);
	assert_int_equal(rte_eth_link_get_nowait(ports[0], &link), 0);
	assert_int_equal(link.link_status, RTE_ETH_LINK_UP);
	assert_int_equal(pmd_ipoib_ah_destroy(ports[0], ah), 0);
}

/* The broadcast group comes back with another Q_Key: one burst has the old, the next the new. */
static void
test_qkey_change(void **state)
{
	uint32_t ah = fx_ah(ports[0], PEER_LID, NULL), qkey = 0x80000777;
	uint8_t frame[FX_FRAME_MAX];
	struct pmd_ipoib_bcast b;
	struct rte_mbuf *m;

	(void)state;
	assert_int_equal(receive(0, FULL, qkey), 0);
	assert_int_equal(fx_xstat(ports[0], "rx_drop_qkey"), 1);
	fx_bcast(FULL, &b);
	b.qkey = qkey;
	assert_int_equal(pmd_ipoib_bcast_set(ports[0], &b), 0);
	assert_int_equal(receive(0, FULL, qkey), 1);
	assert_int_equal(receive(0, FULL, FX_QKEY), 0);
	assert_int_equal(fx_xstat(ports[0], "rx_drop_qkey"), 2);
	m = fx_packet(60, ah, PEER_QPN);
	assert_int_equal(rte_eth_tx_burst(ports[0], 0, &m, 1), 1);
	assert_true(fx_sent(0, frame, sizeof(frame)) > 0);
	assert_memory_equal(frame + DETH_QKEY, "\x80\x00\x07\x77", 4);
	fx_port_join(ports[0], FULL);
	assert_int_equal(receive(0, FULL, FX_QKEY), 1);
	assert_int_equal(pmd_ipoib_ah_destroy(ports[0], ah), 0);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_membership_receive, pkey_reset),
		cmocka_unit_test_setup(test_membership_send, pkey_reset),
		cmocka_unit_test_setup(test_membership_loopback, pkey_reset),
		cmocka_unit_test_setup(test_limited_pair_loopback, pkey_reset),
		cmocka_unit_test_setup(test_limited_only, pkey_reset),
		cmocka_unit_test_setup(test_index_moves, pkey_reset),
		cmocka_unit_test_setup(test_index_moves_under_traffic, pkey_reset),
		cmocka_unit_test_setup(test_pkey_absent, pkey_reset),
		cmocka_unit_test_setup(test_qkey_change, pkey_reset),
	};
	int ret;

	if (fx_eal_setup(argc, argv) != 0)
		return 1;
	ret = cmocka_run_group_tests(tests, pkey_setup, pkey_teardown);
	fx_eal_teardown();
	return ret;
}

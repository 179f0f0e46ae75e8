/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Ports that are not ethdevs (802.1Q sub-ports, bonds), that are bound, that come and go. */

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include <rte_cycles.h>

#include "dp_fixture.h"
#include "dp_golden.h"

#define VID 5
#define SUB DP_PORT_LOGICAL
#define BOND DP_PORT_LOGICAL

static uint16_t vlan_port[4096];

/* A sub-port of ETH0 with routes of its own, as control makes it. */
static void
sub_make(void)
{
	memset(vlan_port, 0xff, sizeof(vlan_port));
	assert_int_equal(dp_port_add_logical(fx.dp, DP_PORT_ETH, VID, ETH0), SUB);
	fx_up(SUB, true);
	vlan_port[VID] = SUB;
	fx.dp->port[ETH0].vlan_port = vlan_port;
	fx_nh(NH_FREE, DP_NH_LINK, SUB, NULL);
	assert_int_equal(rte_fib_add(fx.dp->fib, IP(10, 5, 0, 0), 16, NH_FREE), 0);
	fx_l3_valid(SUB, IP(10, 5, 0, 7), ADJ_HOST);
}

static void
tx_expect(uint16_t port, const void *data, uint32_t len)
{
	struct rte_mbuf *m = fx_tx(port);

	fx_assert_data(m, data, len);
	fx_free_sent(m);
}

/* Counters but for rx are those of the sub-port. */
static uint64_t
counter(uint16_t port, size_t off)
{
	struct dp_counters ctr;

	dp_counters_get(fx.dp, port, &ctr);
	return *(uint64_t *)RTE_PTR_ADD(&ctr, off);
}
#define COUNTER(port, field) counter(port, offsetof(struct dp_counters, field))

/* In a tag of ours: the same packet as without. Priority tags are no tags. */
static void
test_vlan_in(void **state)
{
	struct rte_mbuf *m, *held;
	uint32_t cut;

	(void)state;
	sub_make();
	for (cut = 0; cut < sizeof(golden_vlan_in); cut++) {
		fx_rx(ETH0, fx_mbuf_cut(ETH0, golden_vlan_in, sizeof(golden_vlan_in), cut, 0));
		fx_rx(ETH0, fx_mbuf_cut(ETH0, golden_vlan0_in, sizeof(golden_vlan0_in), cut, 0));
		fx_turn();
		tx_expect(IB1, golden_ib_out, sizeof(golden_ib_out));
		tx_expect(IB1, golden_ib_out, sizeof(golden_ib_out));
	}
	/* The driver took it out; somebody else holds it. */
	m = fx_mbuf(ETH0, golden_eth_in, sizeof(golden_eth_in));
	m->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
	m->vlan_tci = 3 << 13 | VID;
	fx_rx(ETH0, m);
	held = fx_mbuf(ETH0, golden_vlan_in, sizeof(golden_vlan_in));
	fx_rx(ETH0, rte_pktmbuf_clone(held, fx.pool));
	fx_turn();
	tx_expect(IB1, golden_ib_out, sizeof(golden_ib_out));
	tx_expect(IB1, golden_ib_out, sizeof(golden_ib_out));
	assert_memory_equal(rte_pktmbuf_mtod(held, void *), golden_vlan_in, sizeof(golden_vlan_in));
	rte_pktmbuf_free(held);
}

/* What is punted says both where it belongs and where it came in. */
static void
test_vlan_punt(void **state)
{
	uint8_t frame[sizeof(golden_arp) + 4];
	struct rte_mbuf *m;

	(void)state;
	sub_make();
	memcpy(frame, golden_arp, 12);
	memcpy(frame + 12, "\x81\x00\x00\x05", 4);
	memcpy(frame + 16, golden_arp + 12, sizeof(golden_arp) - 12);
	fx_rx(ETH0, fx_mbuf(ETH0, frame, sizeof(frame)));
	fx_turn();
	m = fx_punt();
	assert_non_null(m);
	fx_assert_data(m, golden_arp, sizeof(golden_arp));
	assert_int_equal(dp_meta(m)->punt, DP_PUNT_ARP);
	assert_int_equal(m->port, SUB);
	assert_int_equal(dp_meta(m)->rx_port, ETH0);
	assert_int_equal(COUNTER(ETH0, rx_pkts), 1);
	assert_int_equal(COUNTER(SUB, punted), 1);
	dp_count(&fx.dp->ctl[SUB].delivered, 1);
	rte_pktmbuf_free(m);
}

/* Frames of no sub-port, in either form; and two tags. */
static void
test_vlan_foreign(void **state)
{
	uint8_t frame[sizeof(golden_vlan_in) + 4];
	struct rte_mbuf *m;
	uint16_t vid;

	(void)state;
	sub_make();
	memcpy(frame, golden_vlan_in, sizeof(golden_vlan_in));
	for (vid = 1; vid < 4096; vid += 409) {
		frame[14] = (uint8_t)(0xe0 | vid >> 8);
		frame[15] = (uint8_t)vid;
		fx_rx(ETH0, fx_mbuf(ETH0, frame, sizeof(golden_vlan_in)));
		fx.want[ETH0].rx_pkts++;
		fx.want[ETH0].drop[DP_DROP_vlan]++;
	}
	m = fx_mbuf(ETH0, golden_eth_in, sizeof(golden_eth_in));
	m->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
	m->vlan_tci = VID + 1;
	fx_rx(ETH0, m);
	/* A sub-port that was taken away. */
	vlan_port[9] = SUB + 1;
	frame[14] = 0;
	frame[15] = 9;
	fx_rx(ETH0, fx_mbuf(ETH0, frame, sizeof(golden_vlan_in)));
	fx.want[ETH0].rx_pkts += 2;
	fx.want[ETH0].drop[DP_DROP_vlan] += 2;
	/* Two tags, and one cut off. */
	memcpy(frame + 16, golden_vlan_in + 12, sizeof(golden_vlan_in) - 12);
	frame[15] = VID;
	fx_rx(ETH0, fx_mbuf(ETH0, frame, sizeof(frame)));
	fx_rx(ETH0, fx_mbuf(ETH0, frame, 17));
	fx.want[ETH0].rx_pkts += 2;
	fx.want[ETH0].drop[DP_DROP_l2_type] += 2;
	fx_turn();
	fx_check();
}

/* Out by the parent, tagged, with the sub-port's own neighbour and MTU. */
static void
test_vlan_out(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	sub_make();
	fx_nh(NH_FREE + 1, DP_NH_LINK, SUB, NULL);
	assert_int_equal(rte_fib_add(fx.dp->fib, IP_HOST, 32, NH_FREE + 1), 0);
	fx_route6(IP6_HOST, 128, NH_FREE + 1);
	fx_l3_valid(SUB, IP_HOST, ADJ_HOST);
	fx_l3_valid6(SUB, IP6_HOST, ADJ_HOST);
	fx_rx(IB1, fx_mbuf(IB1, golden_ib_in, sizeof(golden_ib_in)));
	fx_rx(IB1, fx_raw(IB1, golden6_vlan_out + 18, sizeof(golden6_vlan_out) - 18));
	fx_turn();
	tx_expect(ETH0, golden_vlan_out, sizeof(golden_vlan_out));
	m = fx_tx(ETH0);
	assert_non_null(m);
	rte_pktmbuf_mtod_offset(m, uint8_t *, 18)[7]++; /* hop limit */
	fx_assert_data(m, golden6_vlan_out, sizeof(golden6_vlan_out));
	fx_free_sent(m);
	assert_int_equal(COUNTER(ETH0, tx_pkts), 2);

	atomic_store(&fx.dp->port[SUB].mtu, 1000);
	fx_rx(IB1, fx_packet(IB1, IP_FAR, IP_HOST, 64, 1001));
	fx_turn();
	m = fx_punted(DP_PUNT_TOO_BIG, IB1);
	fx_punted_key(m, SUB, "192.0.2.77");
	fx_free_punted(m);
}

/* The sub-port is down, or its parent is not there. */
static void
test_vlan_down(void **state)
{
	(void)state;
	sub_make();
	fx_up(SUB, false);
	fx_rx(ETH2, fx_packet(ETH2, IP_ETH2, IP(10, 5, 0, 7), 64, 60));
	fx_turn();
	assert_int_equal(COUNTER(SUB, drop[DP_DROP_tx_port]), 1);
	fx_up(SUB, true);
	atomic_store(&fx.dp->port[SUB].tx, DP_PORT_NIL);
	fx_rx(ETH2, fx_packet(ETH2, IP_ETH2, IP(10, 5, 0, 7), 64, 60));
	fx_turn();
	assert_int_equal(COUNTER(SUB, drop[DP_DROP_tx_port]), 2);
}

static void
test_logical_bad(void **state)
{
	int i, port;

	(void)state;
	sub_make();
	assert_int_equal(dp_port_add_logical(fx.dp, DP_PORT_ETH, VID, ETH0), -EEXIST);
	assert_int_equal(dp_port_add_logical(fx.dp, DP_PORT_ETH, 4095, ETH0), -EINVAL);
	assert_int_equal(dp_port_add_logical(fx.dp, DP_PORT_IPOIB, 7, ETH0), -EINVAL);
	assert_int_equal(dp_port_add_logical(fx.dp, DP_PORT_ETH, 7, IB1), -EINVAL);
	assert_int_equal(dp_port_add_logical(fx.dp, DP_PORT_ETH, 0, ETH0), -EINVAL);
	assert_int_equal(dp_port_add_logical(fx.dp, DP_PORT_NONE, 0, DP_PORT_NIL), -EINVAL);
	assert_int_equal(dp_port_add_logical(fx.dp, DP_PORT_ETH, 7, 30), -ENODEV);
	assert_int_equal(dp_port_add_logical(fx.dp, DP_PORT_ETH, 7, SUB), -ENODEV);
	assert_int_equal(dp_port_del(fx.dp, ETH0), -EBUSY);
	assert_int_equal(dp_port_del(fx.dp, SUB + 1), -ENODEV);
	assert_int_equal(dp_port_del(fx.dp, UINT16_MAX), -ENODEV);
	for (i = SUB + 1; i < DP_PORTS_MAX; i++)
		assert_int_equal(dp_port_add_logical(fx.dp, DP_PORT_IPOIB, 0, DP_PORT_NIL), i);
	assert_int_equal(dp_port_add_logical(fx.dp, DP_PORT_IPOIB, 0, DP_PORT_NIL), -ENOSPC);
	assert_int_equal(dp_port_del(fx.dp, SUB + 5), 0);
	port = dp_port_add_logical(fx.dp, DP_PORT_ETH, 7, ETH0);
	assert_int_equal(port, SUB + 5);
}

/* --- a bond over both InfiniBand ports --- */

static void
bond_make(void)
{
	assert_int_equal(dp_port_add_logical(fx.dp, DP_PORT_IPOIB, 0, DP_PORT_NIL), BOND);
	atomic_store(&fx.dp->port[BOND].mtu, 2044);
	atomic_store(&fx.dp->port[BOND].tx, IB1);
	fx_up(BOND, true);
	atomic_store(&fx.dp->port[IB1].master, BOND);
	atomic_store(&fx.dp->port[IB3].master, BOND);
	fx_nh(NH_FREE, DP_NH_VIA, BOND, "10.9.9.9");
	assert_int_equal(rte_fib_add(fx.dp->fib, IP(10, 0, 0, 0), 8, NH_FREE), 0);
	fx_l3_valid(BOND, IP(10, 9, 9, 9), ADJ_GW);
	fx_path_valid(IB3, &fx.dp->adj[ADJ_GW].lladdr, 99, 1000);
}

/* The IP next hop is the bond's, the path that of the member which is active: A, B, A. */
static void
test_bond_failover(void **state)
{
	static const struct {
		uint16_t port;
		uint32_t ah;
	} active[] = { { IB1, AH_GW }, { IB3, 99 }, { IB1, AH_GW } };
	struct rte_mbuf *m;
	size_t i;

	(void)state;
	bond_make();
	for (i = 0; i < RTE_DIM(active); i++) {
		atomic_store(&fx.dp->port[BOND].tx, active[i].port);
		fx_rx(ETH0, fx_packet(ETH0, IP_HOST, IP(10, 1, 1, 1), 64, 60));
		fx_turn();
		m = fx_tx(active[i].port);
		assert_non_null(m);
		assert_int_equal(pmd_ipoib_meta(m)->ah, active[i].ah);
		fx_free_sent(m);
	}
	/* B's path is narrower; the next hop that control is told of is the bond's. */
	atomic_store(&fx.dp->port[BOND].tx, IB3);
	fx_rx(ETH0, fx_packet(ETH0, IP_HOST, IP(10, 1, 1, 1), 64, 1001));
	fx_turn();
	m = fx_punted(DP_PUNT_TOO_BIG, ETH0);
	fx_punted_key(m, BOND, "10.9.9.9");
	fx_free_punted(m);
	/* None is active, or the bond is down. */
	atomic_store(&fx.dp->port[BOND].tx, DP_PORT_NIL);
	fx_rx(ETH0, fx_packet(ETH0, IP_HOST, IP(10, 1, 1, 1), 64, 60));
	fx_turn();
	atomic_store(&fx.dp->port[BOND].tx, IB1);
	fx_up(BOND, false);
	fx_rx(ETH0, fx_packet(ETH0, IP_HOST, IP(10, 1, 1, 1), 64, 60));
	fx_turn();
	assert_int_equal(COUNTER(ETH0, drop[DP_DROP_no_path]), 2);
}

static void
bond_punt_expect(uint16_t member)
{
	struct rte_mbuf *m = fx_punt();

	assert_non_null(m);
	assert_int_equal(m->port, BOND);
	assert_int_equal(dp_meta(m)->rx_port, member);
	dp_count(&fx.dp->ctl[BOND].delivered, 1);
	rte_pktmbuf_free(m);
}

/* Unicasts are the bond's whichever member they reach; of groups' packets only one copy is. */
static void
test_bond_receive(void **state)
{
	static const uint16_t members[] = { IB1, IB3 };
	struct rte_mbuf *m;
	size_t i;

	(void)state;
	bond_make();
	for (i = 0; i < RTE_DIM(members); i++) {
		fx_rx(members[i], fx_packet(members[i], IP_FAR, IP_US, 64, 60));
		fx_turn();
		bond_punt_expect(members[i]);
		m = fx_packet(members[i], IP_FAR, IP(224, 0, 0, 1), 64, 60);
		pmd_ipoib_meta(m)->flags = PMD_IPOIB_RX_MCAST;
		fx_rx(members[i], m);
		fx_turn();
		if (members[i] == IB1)
			bond_punt_expect(IB1);
	}
	assert_null(fx_punt());
	assert_int_equal(COUNTER(IB3, drop[DP_DROP_bond_backup]), 1);
	assert_int_equal(COUNTER(IB3, rx_pkts), 2);
	assert_int_equal(COUNTER(BOND, punted), 3);
	/* Without the bond itself members are what they were. */
	assert_int_equal(dp_port_del(fx.dp, BOND), 0);
	fx_rx(IB3, fx_packet(IB3, IP_FAR, IP_US, 64, 60));
	fx_turn();
	fx_free_punted(fx_punted(DP_PUNT_LOCAL, IB3));
}

/* --- bound ports --- */

static void
test_bind(void **state)
{
	(void)state;
	atomic_store(&fx.dp->port[ETH0].bind, IB1);
	fx_rx(ETH0, fx_packet(ETH0, IP_HOST, IP_FAR, 64, 60));
	fx_rx(ETH0, fx_packet(ETH0, IP_HOST, IP_ETH2, 64, 60));
	fx_rx(ETH0, fx_packet(ETH0, IP_HOST, IP(192, 0, 2, 78), 64, 60));
	fx_rx(ETH0, fx_packet6(ETH0, IP6_HOST, IP6_FAR, 64, 60));
	fx_rx(ETH0, fx_packet6(ETH0, IP6_HOST, IP6_ETH2, 64, 60));
	fx_rx(ETH0, fx_packet(ETH0, IP_HOST, IP_US, 64, 60));
	fx_turn();
	fx_free_punted(fx_punted(DP_PUNT_LOCAL, ETH0));
	fx.want[ETH0].rx_pkts = 6;
	fx.want[ETH0].punted = 1;
	fx.want[ETH0].drop[DP_DROP_bind] = 3;
	fx.want[IB1].tx_pkts = 2;
	fx_check();
}

/* A sub-port's packets obey the sub-port's binding, others of the same burst do not. */
static void
test_bind_sub(void **state)
{
	(void)state;
	sub_make();
	atomic_store(&fx.dp->port[SUB].bind, ETH2);
	fx_rx(ETH0, fx_mbuf(ETH0, golden_eth_in, sizeof(golden_eth_in)));
	fx_rx(ETH0, fx_mbuf(ETH0, golden_vlan_in, sizeof(golden_vlan_in)));
	fx_turn();
	assert_int_equal(COUNTER(SUB, drop[DP_DROP_bind]), 1);
	assert_int_equal(COUNTER(IB1, tx_pkts), 1);
}

/* --- ports at run time --- */

static struct rte_mbuf *
frame_make(void)
{
	struct rte_mbuf *m = fx_mbuf(ETH0, golden_eth_in, sizeof(golden_eth_in));

	memset(dp_meta(m), 0, sizeof(struct dp_meta));
	dp_count(&fx.dp->ctl[ETH0].originated, 1);
	return m;
}

/* What waited for a port ends counted; the number is free again, with its counters. */
static void
test_del_add(void **state)
{
	(void)state;
	fx_rx(ETH2, fx_packet(ETH2, IP_ETH2, IP_HOST, 64, 60));
	fx_turn();
	assert_true(dp_inject(fx.dp, &fx.dp->ctl[ETH2], ETH2, frame_make()));
	assert_true(dp_inject(fx.dp, &fx.dp->ctl[ETH0], ETH0, frame_make()));
	assert_int_equal(dp_port_del(fx.dp, ETH2), 0);
	assert_int_equal(dp_port_del(fx.dp, ETH2), -ENODEV);
	/* Workers are stopped: another port could have the number before they look into their rings. */
	assert_int_equal(dp_queued(fx.dp), 1);
	assert_int_equal(fx.dp->nb_ports, NB_PORTS - 1);
	assert_int_equal(fx.dp->port[IB1].io_peer, ETH0);
	assert_int_equal(fx.dp->port[IB3].io_peer, IB3);
	fx_turn();
	fx_free_sent(fx_tx(ETH0));
	assert_int_equal(COUNTER(ETH2, drop[DP_DROP_tx_port]), 1);
	/* Not polled, not sent to; by no way. */
	fx_rx(ETH2, fx_packet(ETH2, IP_ETH2, IP_HOST, 64, 60));
	fx_rx(ETH0, fx_packet(ETH0, IP_HOST, IP_ETH2, 64, 60));
	assert_int_equal(fx_turn(), 1);
	assert_false(dp_inject(fx.dp, &fx.dp->ctl[ETH2], ETH2, frame_make()));
	assert_int_equal(COUNTER(ETH2, drop[DP_DROP_tx_port]), 3);
	assert_null(fx_tx(ETH2));

	assert_int_equal(dp_port_add(fx.dp, ETH2, DP_PORT_ETH, 1, 1), 0);
	assert_int_equal(dp_port_add(fx.dp, ETH2, DP_PORT_ETH, 1, 1), -EEXIST);
	fx_up(ETH2, true);
	fx_rx(ETH0, fx_packet(ETH0, IP_HOST, IP_ETH2, 64, 60));
	assert_int_equal(fx_turn(), 2);
	fx_free_sent(fx_tx(ETH2));
	assert_int_equal(COUNTER(ETH2, rx_pkts), 2);
	assert_int_equal(fx.dp->port[IB3].io_peer, ETH2);
}

/* A worker that does not turn: the port is given up later, and nothing is lost meanwhile. */
static void
test_del_stalled(void **state)
{
	(void)state;
	fx.dp->worker[0]->lcore = 1; /* as if it ran elsewhere */
	assert_int_equal(dp_port_del(fx.dp, ETH2), -ETIMEDOUT);
	fx_turn();
	fx.dp->worker[0]->lcore = 0;
	fx_rx(ETH0, fx_packet(ETH0, IP_HOST, IP_FAR, 64, 60));
	fx_turn();
	assert_int_equal(dp_port_del(fx.dp, ETH2), 0);
	fx_free_sent(fx_tx(IB1));
}

#define ROUNDS 60

static _Atomic bool feeding;

/* The wire: hosts on ETH0 talk to all other ports; what is sent is taken away. */
static void *
feed(void *arg)
{
	static const uint32_t dst[] = { IP_FAR, IP_ETH2, IP_IB3, IP_HOST };
	struct rte_mbuf *m;
	uint32_t i = 0;
	uint16_t port;

	(void)arg;
	while (atomic_load(&feeding)) {
		if (rte_ring_count(fx.rx[ETH0][0]) < 512)
			fx_rx(ETH0, fx_packet(ETH0, IP(192, 0, 2, 9), dst[i++ % 4], 64, 60));
		if (rte_ring_count(fx.rx[ETH2][0]) < 512)
			fx_rx(ETH2, fx_packet(ETH2, IP_ETH2, dst[i % 4], 64, 60));
		for (port = 0; port < NB_PORTS; port++) {
			while ((m = fx_tx(port)) != NULL)
				rte_pktmbuf_free(m);
		}
	}
	return NULL;
}

static void
rounds_run(void)
{
	uint64_t before, deadline;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		before = __atomic_load_n(&fx.w->ctr[ETH0].rx_pkts, __ATOMIC_RELAXED);
		assert_int_equal(dp_port_del(fx.dp, ETH2), 0);
		assert_int_equal(dp_port_add_logical(fx.dp, DP_PORT_ETH, VID, ETH0), SUB);
		assert_int_equal(dp_port_add(fx.dp, ETH2, DP_PORT_ETH, 1, 1), 0);
		fx_up(ETH2, true);
		assert_int_equal(dp_port_del(fx.dp, SUB), 0);
		deadline = rte_rdtsc() + 10 * rte_get_tsc_hz();
		while (__atomic_load_n(&fx.w->ctr[ETH0].rx_pkts, __ATOMIC_RELAXED) == before)
			assert_true(rte_rdtsc() < deadline);
	}
}

/* A worker runs, a port comes and goes under traffic: nothing is lost, nobody waits for long. */
static void
test_ports_under_traffic(void **state)
{
	pthread_t worker, wire;
	struct rte_mbuf *m;

	(void)state;
	dp_worker_leave(fx.w);
	fx.w->lcore = 1;
	atomic_store(&fx.dp->running, true);
	atomic_store(&feeding, true);
	assert_int_equal(pthread_create(&worker, NULL, (void *(*)(void *))(uintptr_t)dp_worker_main,
					 fx.w),
			0);
	assert_int_equal(pthread_create(&wire, NULL, feed, NULL), 0);
	rounds_run();
	atomic_store(&feeding, false);
	pthread_join(wire, NULL);
	atomic_store(&fx.dp->running, false);
	pthread_join(worker, NULL);
	fx.w->lcore = 0;
	dp_worker_enter(fx.w);
	while (fx_turn() != 0) {
		while ((m = fx_tx(ETH0)) != NULL)
			fx_free_sent(m);
	}
	assert_int_equal(dp_balance(fx.dp), (int64_t)dp_queued(fx.dp));
	assert_true(COUNTER(ETH2, tx_pkts) > 0);
	assert_true(COUNTER(ETH2, rx_pkts) > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_vlan_in),
		TEST(test_vlan_punt),
		TEST(test_vlan_foreign),
		TEST(test_vlan_out),
		TEST(test_vlan_down),
		TEST(test_logical_bad),
		TEST(test_bond_failover),
		TEST(test_bond_receive),
		TEST(test_bind),
		TEST(test_bind_sub),
		TEST(test_del_add),
		TEST(test_del_stalled),
		TEST(test_ports_under_traffic),
	};

	return cmocka_run_group_tests_name("dp_ports", tests, fx_start, fx_stop);
}

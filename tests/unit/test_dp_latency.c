/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Stamps in the packets of txonly, and what is made of them. */

#include <string.h>

#include <rte_cycles.h>
#include <rte_udp.h>

#include "dp_fixture.h"
#include "latency.h"

#define FIRST (4 + 20 + 8) /* octets before the stamp of an IPoIB frame */

static void
stamp_start(enum dp_engine engine, uint64_t count)
{
	struct dp_txgen *gen = &fx.dp->txgen;

	dp_worker_leave(fx.w);
	gen->src_ip = IP_US;
	gen->dst_ip = IP_FAR;
	gen->pkt_len = DP_STAMP_PKT_MIN;
	gen->nb_peers = 1;
	gen->peer_port[0] = IB1;
	gen->peer[0].lladdr = fx.dp->adj[ADJ_GW].lladdr;
	gen->count = count;
	gen->stamp = true;
	fx.dp->burst = 4;
	fx.dp->engine = engine;
	assert_int_equal(dp_latency_init(fx.dp), 0);
	dp_worker_enter(fx.w);
}

/* A stamp that is so old, by hand. */
static void
receive(uint32_t number, uint64_t age)
{
	struct rte_mbuf *m = fx_packet(IB1, IP_FAR, IP_US, 64, DP_STAMP_PKT_MIN);
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, 4);
	uint8_t *s = rte_pktmbuf_mtod_offset(m, uint8_t *, FIRST);
	uint64_t tsc = rte_rdtsc() - age;
	unsigned int i;

	ip->next_proto_id = IPPROTO_UDP;
	memset(s, 0, DP_STAMP_LEN);
	s[0] = s[1] = 0x1b;
	for (i = 0; i < 4; i++)
		s[4 + i] = (uint8_t)(number >> (24 - 8 * i));
	for (i = 0; i < 8; i++)
		s[8 + i] = (uint8_t)(tsc >> (56 - 8 * i));
	fx_rx(IB1, m);
	fx_turn();
}

/* As many as were asked for, numbered; read again by the other end. */
static void
test_round_trip(void **state)
{
	struct dp_latency_sum sum;
	struct rte_mbuf *m[10];
	const uint8_t *s;
	uint64_t start = rte_rdtsc();
	uint32_t i;

	(void)state;
	stamp_start(DP_ENGINE_TXONLY, RTE_DIM(m));
	assert_int_equal(fx_turn(), 4);
	assert_int_equal(fx_turn(), 4);
	assert_int_equal(fx_turn(), 2);
	assert_int_equal(fx_turn(), 0);
	for (i = 0; i < RTE_DIM(m); i++) {
		m[i] = fx_tx(IB1);
		assert_non_null(m[i]);
		s = rte_pktmbuf_mtod_offset(m[i], const uint8_t *, FIRST);
		assert_int_equal(s[7], i);
		assert_int_equal(rte_pktmbuf_mtod_offset(m[i], const struct rte_udp_hdr *, 24)
						 ->dgram_cksum,
				0);
		assert_int_equal(rte_ipv4_cksum(rte_pktmbuf_mtod_offset(
						 m[i], const struct rte_ipv4_hdr *, 4)),
				0);
	}
	/* Two change places, and one that has no stamp comes too. */
	fx_rx(IB1, m[1]);
	fx_rx(IB1, m[0]);
	fx_rx(IB1, fx_packet(IB1, IP_FAR, IP_US, 64, 100));
	fx_turn();
	for (i = 2; i < RTE_DIM(m); i++) {
		fx_rx(IB1, m[i]);
		fx_turn();
	}
	dp_latency_get(fx.dp, &sum);
	assert_int_equal(sum.packets, RTE_DIM(m));
	assert_int_equal(sum.late, 1);
	assert_true(sum.min > 0 && sum.min <= sum.p50 && sum.p50 <= sum.p99);
	assert_true(sum.p999 <= sum.max && sum.max <= rte_rdtsc() - start);
	fx.want[IB1].originated = RTE_DIM(m);
	fx.want[IB1].tx_pkts = RTE_DIM(m);
	fx.want[IB1].rx_pkts = RTE_DIM(m) + 1;
	fx.want[IB1].delivered = RTE_DIM(m) + 1;
	fx_check();
}

static void
near(uint64_t got, uint64_t want)
{
	/* 1/64 by the histogram, and what the test takes itself. */
	if (got < want || got > want + want / 50)
		fail_msg("%ju instead of %ju", (uintmax_t)got, (uintmax_t)want);
}

/* Percentiles over several powers of two; a new start begins at zero. */
static void
test_percentiles(void **state)
{
	/* The oldest is younger than any machine that runs this. */
	const uint64_t s = rte_get_tsc_hz() / 20;
	struct dp_latency_sum sum;
	uint32_t i;

	(void)state;
	stamp_start(DP_ENGINE_RXONLY, 0);
	for (i = 0; i < 100; i++)
		receive(i, i < 50 ? s * 2 : i < 90 ? s * 30 : i < 99 ? s * 400 : s * 1000);
	dp_latency_get(fx.dp, &sum);
	assert_int_equal(sum.packets, 100);
	assert_int_equal(sum.late, 0);
	near(sum.min, s * 2);
	near(sum.p50, s * 2);
	near(sum.p90, s * 30);
	near(sum.p99, s * 400);
	near(sum.p999, s * 1000);
	near(sum.max, s * 1000);
	near(sum.total, 50 * s * 2 + 40 * s * 30 + 9 * s * 400 + s * 1000);
	stamp_start(DP_ENGINE_RXONLY, 0);
	dp_latency_get(fx.dp, &sum);
	assert_int_equal(sum.packets, 0);
	assert_int_equal(sum.max, 0);
}

/* Off: nothing is read, and packets are summed as ever. */
static void
test_off(void **state)
{
	struct dp_latency_sum sum;
	struct rte_mbuf *m;

	(void)state;
	stamp_start(DP_ENGINE_TXONLY, 1);
	fx.dp->txgen.stamp = false;
	assert_int_equal(fx_turn(), 1);
	m = fx_tx(IB1);
	assert_non_null(m);
	assert_int_not_equal(
			rte_pktmbuf_mtod_offset(m, const struct rte_udp_hdr *, 24)->dgram_cksum, 0);
	fx_free_sent(m);
	receive(0, 1000);
	dp_latency_get(fx.dp, &sum);
	assert_int_equal(sum.packets, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_round_trip),
		TEST(test_percentiles),
		TEST(test_off),
	};

	return cmocka_run_group_tests_name("dp_latency", tests, fx_start, fx_stop);
}

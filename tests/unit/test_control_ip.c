/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* ICMP and fragments, compared with packets that scapy made. */

#include <errno.h>
#include <string.h>

#include <rte_icmp.h>

#include "control_fixture.h"
#include "control_golden.h"

#define MF RTE_IPV4_HDR_MF_FLAG
#define DF RTE_IPV4_HDR_DF_FLAG

static int
setup(void **state)
{
	fx_setup_up(state);
	fx_know_eth_peer();
	fx_know_ib_peer();
	return 0;
}

static void
in(const uint8_t *data, uint32_t len, enum dp_punt_reason why)
{
	fx_punt(fx_mbuf(ETH, data, len), why, ETH, ETH_PEER);
	fx_tick();
}

#define IN(name, why) in(golden_##name, sizeof(golden_##name), why)
#define OUT(name) fx_assert_bytes(fx_sent_on(ETH), golden_##name, sizeof(golden_##name))

static void
test_echo(void **state)
{
	uint64_t delivered = FX_COUNT(delivered), originated = FX_COUNT(originated);

	(void)state;
	IN(echo, DP_PUNT_LOCAL);
	OUT(echo_reply);
	fx_assert_none();
	assert_int_equal(FX_COUNT(delivered), delivered + 1);
	assert_int_equal(FX_COUNT(originated), originated + 1);
}

static void
test_echo_options(void **state)
{
	(void)state;
	IN(echo_options, DP_PUNT_LOCAL);
	OUT(echo_reply);
}

static void
test_echo_bad(void **state)
{
	uint8_t buf[sizeof(golden_echo)];
	struct rte_mbuf *m;

	(void)state;
	memcpy(buf, golden_echo, sizeof(buf));
	buf[60] ^= 1;
	in(buf, sizeof(buf), DP_PUNT_LOCAL);
	in(golden_echo, 24, DP_PUNT_LOCAL);
	assert_int_equal(fx_drops(DP_DROP_local_bad), 2);
	/* To everybody: heard, not answered. */
	m = fx_mbuf(ETH, golden_echo, sizeof(golden_echo));
	dp_meta(m)->l2_bcast = 1;
	fx_punt(m, DP_PUNT_LOCAL, 0, 0);
	fx_tick();
	fx_assert_none();
}

static void
test_errors(void **state)
{
	(void)state;
	IN(ttl_in, DP_PUNT_TTL);
	OUT(ttl_exceeded);
	assert_int_equal(fx_drops(DP_DROP_ttl), 1);
}

static void
test_net_unreachable(void **state)
{
	(void)state;
	IN(ttl_in, DP_PUNT_NO_ROUTE);
	OUT(net_unreachable);
	assert_int_equal(fx_drops(DP_DROP_no_route), 1);
}

static void
test_port_unreachable(void **state)
{
	(void)state;
	IN(local_in, DP_PUNT_LOCAL);
	OUT(port_unreachable);
	assert_int_equal(fx_drops(DP_DROP_local_proto), 1);
}

static void
test_frag_needed(void **state)
{
	(void)state;
	fx_punt(fx_mbuf(ETH, golden_big_in, sizeof(golden_big_in)), DP_PUNT_TOO_BIG, IB, IB_PEER);
	fx_tick();
	OUT(frag_needed);
	assert_int_equal(fx_drops(DP_DROP_too_big), 1);
}

static void
test_host_unreachable(void **state)
{
	(void)state;
	fx_punt(fx_mbuf(ETH, golden_ttl_in, sizeof(golden_ttl_in)), DP_PUNT_L3_MISS, IB,
			IP(198, 51, 100, 66));
	fx_run(3100 * MS);
	assert_int_equal(fx_drops(DP_DROP_no_neigh), 1);
	fx_free(fx_sent_on(IB));
	fx_free(fx_sent_on(IB));
	fx_free(fx_sent_on(IB));
	OUT(host_unreachable);
}

/* The address is known, but the SA has no path to it. */
static void
test_no_path(void **state)
{
	const struct ipoib_addr a = fx_addr(PEER_QPN, 9);
	uint8_t buf[24 + sizeof(golden_ttl_in)] = { [20] = 0x08 };
	unsigned int i;

	(void)state;
	memcpy(buf, &a, sizeof(a));
	memcpy(buf + 24, golden_ttl_in, sizeof(golden_ttl_in));
	fx_punt(fx_mbuf(ETH, buf, sizeof(buf)), DP_PUNT_NEIGH_MISS, IB, 0);
	fx_tick();
	fx_answer_path(fx_path_req(&a.gid), -ENOENT, 0);
	assert_int_equal(control_queued(fx.c), 1);
	fx_tick();
	OUT(host_unreachable);
	assert_int_equal(fx_drops(DP_DROP_no_path), 1);
	/* Of other kinds, or damaged, they are only dropped. */
	fx_run(200 * MS);
	for (i = 0; i < 3; i++) {
		buf[21] = i == 0 ? 0x06 : 0x00;
		buf[24] = i == 1 ? 0x4f : 0x45;
		fx_punt(fx_mbuf(ETH, buf, i == 2 ? 24 + 19 : sizeof(buf)), DP_PUNT_NEIGH_MISS, IB,
				0);
	}
	fx_tick();
	fx_answer_path(fx_path_req(&a.gid), -ENOENT, 0);
	fx_tick();
	fx_assert_none();
	assert_int_equal(fx_drops(DP_DROP_no_path), 4);
}

/* RFC 1812 4.3.2.7: about these nobody complains. */
static void
test_silence(void **state)
{
	struct rte_mbuf *m[6];
	unsigned int i;

	(void)state;
	m[0] = fx_ip(ETH, ETH_PEER, IP(10, 0, 0, 1), 1, 60, 0); /* an ICMP error */
	*rte_pktmbuf_mtod_offset(m[0], uint8_t *, 20) = 3;
	m[1] = fx_ip(ETH, ETH_PEER, IP(10, 0, 0, 1), 17, 60, 100); /* not the first fragment */
	m[2] = fx_ip(ETH, ETH_PEER, IP(10, 0, 0, 1), 17, 60, 0);
	dp_meta(m[2])->l2_bcast = 1;
	m[3] = fx_ip(ETH, ETH_PEER, IP(192, 0, 2, 255), 17, 60, 0);	   /* to all */
	m[4] = fx_ip(ETH, IP(192, 0, 2, 255), IP(10, 0, 0, 1), 17, 60, 0); /* from "all" */
	m[5] = fx_ip(ETH, ETH_US, IP(10, 0, 0, 1), 17, 60, 0);		   /* from ourselves */
	for (i = 0; i < RTE_DIM(m); i++)
		fx_punt(m[i], DP_PUNT_TTL, 0, 0);
	fx_tick();
	fx_assert_none();
	assert_int_equal(fx_drops(DP_DROP_ttl), RTE_DIM(m));
}

static void
test_error_limit(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		fx_punt(fx_mbuf(ETH, golden_ttl_in, sizeof(golden_ttl_in)), DP_PUNT_TTL, 0, 0);
		if (i % 200 == 0)
			fx_tick();
	}
	while (rte_ring_count(fx.dp->punt) > 0)
		fx_tick();
	assert_int_equal(fx_drain(), 250);
	assert_int_equal(fx_drops(DP_DROP_ttl), 1000);
}

/* Put the parts together again, by offset, and compare with the original's payload. */
static void
merge_check(uint16_t port, uint32_t l2, uint16_t mtu, uint16_t len, unsigned int parts)
{
	uint8_t whole[65536], part[4096];
	const struct rte_ipv4_hdr *ip = (void *)(part + l2);
	unsigned int i, total = 0, at;
	uint16_t field, ip_len;
	struct rte_mbuf *m;

	for (i = 0; i < parts; i++) {
		m = fx_sent_on(port);
		assert_true(m->pkt_len <= sizeof(part) && m->pkt_len <= l2 + mtu);
		memcpy(part, rte_pktmbuf_read(m, 0, m->pkt_len, part), m->pkt_len);
		assert_int_equal(rte_ipv4_cksum(ip), 0);
		ip_len = rte_be_to_cpu_16(ip->total_length);
		assert_int_equal(ip_len, m->pkt_len - l2);
		field = rte_be_to_cpu_16(ip->fragment_offset);
		assert_int_equal((field & MF) != 0, i + 1 < parts);
		at = (field & RTE_IPV4_HDR_OFFSET_MASK) * 8u;
		assert_int_equal(at, total);
		memcpy(&whole[at], part + l2 + 20, ip_len - 20u);
		total += ip_len - 20u;
		fx_free(m);
	}
	fx_assert_none();
	assert_int_equal(total, len - 20);
	for (i = 0; i < total; i++)
		assert_int_equal(whole[i], (uint8_t)(i + 20));
}

static void
test_fragments(void **state)
{
	(void)state;
	/* InfiniBand's 2044 to Ethernet's 1500: 1480 and 544 octets of payload. */
	fx_punt(fx_ip(IB, IB_PEER, ETH_PEER, 17, 2044, 0), DP_PUNT_TOO_BIG, ETH, ETH_PEER);
	fx_tick();
	merge_check(ETH, 14, 1500, 2044, 2);
	assert_int_equal(FX_COUNT(copies), 1);
	fx_punt(fx_ip(ETH, ETH_PEER, IB_PEER, 17, 4095, 0), DP_PUNT_TOO_BIG, IB, IB_PEER);
	fx_tick();
	merge_check(IB, 4, 2044, 4095, 3);
	assert_int_equal(FX_COUNT(copies), 3);
}

/* The path is narrower than the link. */
static void
test_path_mtu(void **state)
{
	struct ib_gid gid = fx_gid(2);

	(void)state;
	control_path_flush(fx.c, IB);
	fx_tick();
	fx_answer_path_mtu(fx_path_req(&gid), 7, 1024);
	fx_tick();
	fx_punt(fx_ip(ETH, ETH_PEER, IB_PEER, 17, 1500, 0), DP_PUNT_TOO_BIG, IB, IB_PEER);
	fx_tick();
	merge_check(IB, 4, 1020, 1500, 2);
}

/* An echo request in parts is merged, its reply cut again. */
static void
test_big_echo(void **state)
{
	static uint8_t whole[4000], reply[1480];
	struct rte_icmp_hdr *icmp = (void *)whole;
	uint16_t at, n, order[] = { 0, 2960, 1480 };
	struct rte_mbuf *m;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(whole); i++)
		whole[i] = (uint8_t)(i + 20);
	icmp->icmp_type = 8;
	icmp->icmp_code = 0;
	icmp->icmp_cksum = 0;
	icmp->icmp_cksum = (rte_be16_t)~rte_raw_cksum(whole, sizeof(whole));
	for (i = 0; i < RTE_DIM(order); i++) {
		at = order[i];
		n = RTE_MIN((uint16_t)1480, (uint16_t)(sizeof(whole) - at));
		m = fx_ip(ETH, ETH_PEER, ETH_US, 1, n + 20,
				(uint16_t)(at / 8 | (at + n < 4000 ? MF : 0)));
		memcpy(rte_pktmbuf_mtod_offset(m, void *, 20), &whole[at], n);
		fx_punt(m, DP_PUNT_LOCAL, 0, 0);
		fx_tick();
		if (i < 2) {
			fx_assert_none();
			assert_int_equal(control_queued(fx.c), i + 1);
		}
	}
	assert_int_equal(control_queued(fx.c), 0);
	assert_int_equal(FX_COUNT(consumed), 2);
	assert_int_equal(FX_COUNT(copies), 2);
	m = fx_sent_on(ETH);
	assert_int_equal(m->pkt_len, 1514);
	icmp = (void *)(uintptr_t)rte_pktmbuf_read(m, 34, 1480, reply);
	assert_int_equal(icmp->icmp_type, 0);
	assert_memory_equal(icmp + 1, &whole[8], 1480 - 8);
	fx_free(m);
	assert_int_equal(fx_drain(), 2);
}

/* Parts whose others never come. */
static void
test_lost_part(void **state)
{
	(void)state;
	fx_punt(fx_ip(ETH, ETH_PEER, ETH_US, 17, 1500, MF), DP_PUNT_LOCAL, 0, 0);
	fx_tick();
	assert_int_equal(control_queued(fx.c), 1);
	fx_run(5 * S);
	assert_int_equal(control_queued(fx.c), 0);
	assert_int_equal(fx_drops(DP_DROP_local_bad), 1);
	/* One is held over the end. */
	fx_punt(fx_ip(ETH, ETH_PEER, ETH_US, 17, 1500, MF), DP_PUNT_LOCAL, 0, 0);
	fx_tick();
}

/* A reply by a route and a gateway, and one that has no way. */
static void
test_reply_route(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	assert_int_equal(control_route_add(fx.c, IP(203, 0, 113, 0), 24, IB_PEER), 0);
	fx_punt(fx_ip(ETH, IP(203, 0, 113, 4), IP(10, 0, 0, 1), 17, 60, 0), DP_PUNT_NO_ROUTE, 0, 0);
	fx_tick();
	m = fx_sent_on(IB);
	assert_int_equal(m->pkt_len, 4 + 28 + 60);
	/* From the address of the port it came in on. */
	assert_memory_equal(rte_pktmbuf_mtod_offset(m, void *, 4 + 12), "\xc0\x00\x02\x01", 4);
	fx_free(m);
	fx_punt(fx_ip(ETH, IP(8, 8, 8, 8), IP(10, 0, 0, 1), 17, 60, 0), DP_PUNT_NO_ROUTE, 0, 0);
	fx_tick();
	fx_assert_none();
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fx_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_echo),
		TEST(test_echo_options),
		TEST(test_echo_bad),
		TEST(test_errors),
		TEST(test_net_unreachable),
		TEST(test_port_unreachable),
		TEST(test_frag_needed),
		TEST(test_host_unreachable),
		TEST(test_no_path),
		TEST(test_silence),
		TEST(test_error_limit),
		TEST(test_fragments),
		TEST(test_path_mtu),
		TEST(test_big_echo),
		TEST(test_lost_part),
		TEST(test_reply_route),
	};

	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}

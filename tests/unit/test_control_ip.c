/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* ICMP and fragments, compared with packets that scapy made. */

#include <errno.h>
#include <string.h>

#include <rte_fib.h>
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
	/* The same to a group. */
	memcpy(buf, golden_echo, sizeof(buf));
	memcpy(buf + 16, "\xe0\0\0\x01", 4);
	in(buf, sizeof(buf), DP_PUNT_LOCAL);
	fx_assert_none();
	assert_int_equal(fx_drops(DP_DROP_local_bad), 2);
}

/* What a driver said of the request's checksums is not true of the reply's. */
static void
test_echo_flags(void **state)
{
	const uint64_t flags = RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK;
	struct rte_mbuf *m = fx_mbuf(ETH, golden_echo, sizeof(golden_echo));

	(void)state;
	m->ol_flags |= RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	fx_punt(m, DP_PUNT_LOCAL, 0, 0);
	fx_tick();
	m = fx_sent_on(ETH);
	assert_int_equal(m->ol_flags & flags, 0);
	fx_free(m);
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
	struct rte_mbuf *m[10];
	unsigned int i;

	(void)state;
	assert_int_equal(fx_route_add(0, 0, ETH_PEER), 0);
	m[0] = fx_ip(ETH, ETH_PEER, IP(10, 0, 0, 1), 1, 60, 0); /* an ICMP error */
	*rte_pktmbuf_mtod_offset(m[0], uint8_t *, 20) = 3;
	m[1] = fx_ip(ETH, ETH_PEER, IP(10, 0, 0, 1), 17, 60, 100); /* not the first fragment */
	m[2] = fx_ip(ETH, ETH_PEER, IP(10, 0, 0, 1), 17, 60, 0);
	dp_meta(m[2])->l2_bcast = 1;
	m[3] = fx_ip(ETH, ETH_PEER, IP(192, 0, 2, 255), 17, 60, 0);	   /* to all */
	m[4] = fx_ip(ETH, IP(192, 0, 2, 255), IP(10, 0, 0, 1), 17, 60, 0); /* from "all" */
	m[5] = fx_ip(ETH, ETH_US, IP(10, 0, 0, 1), 17, 60, 0);		   /* from ourselves */
	m[6] = fx_ip(ETH, ETH_PEER, IP(224, 0, 0, 9), 17, 60, 0);
	/* Nobody's addresses. */
	m[7] = fx_ip(ETH, IP(127, 0, 0, 1), IP(10, 0, 0, 1), 17, 60, 0);
	m[8] = fx_ip(ETH, IP(0, 0, 0, 7), IP(10, 0, 0, 1), 17, 60, 0);
	m[9] = fx_ip(ETH, IP(224, 0, 0, 9), IP(10, 0, 0, 1), 17, 60, 0);
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
	/* One octet too many. */
	fx_punt(fx_ip(IB, IB_PEER, ETH_PEER, 17, 1501, 0), DP_PUNT_TOO_BIG, ETH, ETH_PEER);
	fx_tick();
	assert_int_equal(fx_drain(), 2);
	fx_punt(fx_ip(ETH, ETH_PEER, IB_PEER, 17, 4095, 0), DP_PUNT_TOO_BIG, IB, IB_PEER);
	fx_tick();
	merge_check(IB, 4, 2044, 4095, 3);
	assert_int_equal(FX_COUNT(copies), 4);
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

/* The same, found out only while the packet waited for the path. */
static void
test_path_mtu_late(void **state)
{
	const struct dp_ip far = dp_ip4(IP(203, 0, 113, 9));
	const struct dp_adj adj = { .lladdr = fx_addr(PEER_QPN, 9) };
	struct ib_gid gid = fx_gid(9);

	(void)state;
	l3_learn(fx.c->ports[IB], &far, &adj, L3_CREATE | L3_REACHABLE);
	fx_punt(fx_ip(ETH, ETH_PEER, dp_ip_get4(&far), 17, 1500, 0), DP_PUNT_L3_MISS, IB,
			dp_ip_get4(&far));
	fx_tick();
	fx_assert_none();
	fx_answer_path_mtu(fx_path_req(&gid), 9, 1024);
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
	const struct rte_icmp_hdr *icmp;
	struct rte_mbuf *m;

	(void)state;
	fx_punt(fx_ip(ETH, ETH_PEER, ETH_US, 17, 1500, MF), DP_PUNT_LOCAL, 0, 0);
	fx_tick();
	assert_int_equal(control_queued(fx.c), 1);
	fx_run(5 * S);
	assert_int_equal(control_queued(fx.c), 0);
	assert_int_equal(fx_drops(DP_DROP_reassembly), 1);
	m = fx_sent_on(ETH);
	icmp = rte_pktmbuf_mtod_offset(m, const struct rte_icmp_hdr *, 34);
	assert_int_equal(icmp->icmp_type, 11);
	assert_int_equal(icmp->icmp_code, 1);
	fx_free(m);
	/* Without the first part nobody is told. */
	fx_punt(fx_ip(ETH, ETH_PEER, ETH_US, 17, 1500, 185), DP_PUNT_LOCAL, 0, 0);
	fx_tick();
	fx_run(5 * S);
	fx_assert_none();
	assert_int_equal(fx_drops(DP_DROP_reassembly), 2);
	/* One is held over the end. */
	fx_punt(fx_ip(ETH, ETH_PEER, ETH_US, 17, 1500, MF), DP_PUNT_LOCAL, 0, 0);
	fx_tick();
}

/* Parts that overlap or come twice are not merged, and none of them is lost from the books: here
 * the library has chained two when it finds that the second eighth is missing (RFC 5722). */
static void
test_overlap(void **state)
{
	const uint16_t at[] = { 0, 200, 200, 300 };
	uint32_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(at); i++)
		fx_punt(fx_ip(ETH, ETH_PEER, ETH_US, 1, 820,
					(uint16_t)(at[i] | (i + 1 < RTE_DIM(at) ? MF : 0))),
				DP_PUNT_LOCAL, 0, 0);
	fx_tick();
	assert_int_equal(control_queued(fx.c), 0);
	assert_int_equal(fx_drops(DP_DROP_reassembly), 4);
	/* A part that ends beyond 65535 octets. */
	fx_punt(fx_ip(ETH, ETH_PEER, ETH_US, 1, 820, 8100), DP_PUNT_LOCAL, 0, 0);
	fx_tick();
	assert_int_equal(fx_drops(DP_DROP_local_bad), 1);
	fx_assert_none();
}

/* More parts than may be held; the table's lines are full before that. */
static void
test_part_flood(void **state)
{
	struct rte_mbuf *m;
	uint32_t i;

	(void)state;
	for (i = 0; i < 2000; i++) {
		m = fx_ip(ETH, ETH_PEER, ETH_US, 17, 820, MF | 100);
		rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *)->packet_id = rte_cpu_to_be_16(i / 6);
		fx_punt(m, DP_PUNT_LOCAL, 0, 0);
		if (i % 200 == 0)
			fx_tick();
	}
	while (rte_ring_count(fx.dp->punt) > 0)
		fx_tick();
	assert_true(control_queued(fx.c) <= 1024);
	assert_int_equal(control_queued(fx.c) + fx_drops(DP_DROP_reassembly), 2000);
	fx_run(4 * S);
	assert_int_equal(control_queued(fx.c), 0);
	assert_int_equal(fx_drops(DP_DROP_reassembly), 2000);
	fx_assert_none();
}

/* It waited for a path that turns out narrower than the link. */
static void
test_narrow(void **state)
{
	const struct ipoib_hdr hdr = { RTE_BE16(IPOIB_TYPE_IPV4), 0 };
	struct rte_mbuf *parts[CTL_PARTS_MAX], *m;
	uint16_t i, n, len = 0;

	(void)state;
	for (i = 0; i < 3; i++) {
		m = fx_ip(ETH, ETH_PEER, IB_PEER, 17, 1500, i == 2 ? DF : 0);
		memcpy(rte_pktmbuf_prepend(m, sizeof(hdr)), &hdr, sizeof(hdr));
		fx.dp->worker[0]->ctr[ETH].rx_pkts++;
		n = fx.c->narrow(fx.c, i == 0 ? 1500 : 1020, m, parts);
		assert_int_equal(n, i == 0 ? 1 : i == 1 ? 2 : 0);
		for (len = 0; n > 0; len += m->pkt_len - 24, fx_free(m)) {
			m = parts[--n];
			assert_memory_equal(rte_pktmbuf_mtod(m, void *), &hdr, sizeof(hdr));
			assert_true(i == 0 || m->pkt_len <= 1024);
			fx.dp->worker[0]->ctr[IB].tx_pkts++;
		}
		assert_int_equal(len, i == 2 ? 0 : 1480);
	}
	assert_int_equal(fx_drops(DP_DROP_too_big), 1);
	m = fx_sent_on(ETH);
	assert_memory_equal(rte_pktmbuf_mtod_offset(m, void *, 34), "\x03\x04", 2);
	assert_memory_equal(rte_pktmbuf_mtod_offset(m, void *, 40), "\x03\xfc", 2);
	fx_free(m);
}

/* Next hops that say no, to packets of our own. */
static void
test_no_way(void **state)
{
	struct dp_nh *nh;
	struct rte_mbuf *m;
	uint64_t id;
	uint32_t i;
	static const struct {
		uint8_t type;
		enum dp_drop drop;
	} way[] = {
		{ DP_NH_BLACKHOLE, DP_DROP_blackhole },
		{ DP_NH_UNREACHABLE, DP_DROP_no_route },
		{ DP_NH_PROHIBIT, DP_DROP_prohibited },
	};
	uint32_t ip = IP(203, 0, 113, 4);

	(void)state;
	assert_int_equal(fx_route_add(IP(203, 0, 113, 0), 24, IB_PEER), 0);
	fx_tick();
	rte_fib_lookup_bulk(fx.dp->fib, &ip, &id, 1);
	nh = &fx.dp->nh[id];
	for (i = 0; i < RTE_DIM(way); i++) {
		nh->type = way[i].type;
		m = ctl_alloc(fx.c, ETH);
		assert_non_null(rte_pktmbuf_append(m, 20));
		rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *)->version_ihl = RTE_IPV4_VHL_DEF;
		rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *)->dst_addr = rte_cpu_to_be_32(ip);
		ip_output(fx.c, m);
		assert_int_equal(fx_drops(way[i].drop), 1);
	}
	nh->type = DP_NH_VIA;
}

/* Of several next hops a packet of ours takes the one that a worker would. */
static void
test_several_ways(void **state)
{
	static const uint32_t gw[] = { ETH_PEER, IB_PEER };
	struct dp_ip dst = dp_ip4(IP(203, 0, 113, 4));
	struct control_route r = { .prefix = dp_ip4(IP(203, 0, 113, 0)),
		.len = 24,
		.type = DP_NH_VIA,
		.port = DP_PORT_NIL,
		.append = true };
	uint32_t i, used[2] = { 0 };
	const struct dp_nh *nh;
	struct rte_mbuf *m;
	uint16_t port;

	(void)state;
	for (i = 0; i < 2; i++) {
		r.via = dp_ip4(gw[i]);
		while (control_route_add(fx.c, &r) == -EAGAIN)
			fx_run(MS);
	}
	fx_run(10 * MS);
	nh = ip_route(fx.c, &dst);
	assert_int_equal(nh->type, DP_NH_ECMP);
	for (i = 0; i < 64; i++) {
		m = fx_ip(ETH, IB_US, IP(203, 0, 113, 4), 17, 60, 0);
		*rte_pktmbuf_mtod_offset(m, uint16_t *, 20) = (uint16_t)(i * 77);
		fx.dp->worker[0]->ctr[ETH].rx_pkts++;
		port = dp_nh_ecmp(fx.dp, nh, m)->port;
		ip_output(fx.c, m);
		fx_free(fx_sent_on(port));
		used[port]++;
	}
	assert_true(used[ETH] > 8 && used[IB] > 8);
}

/* A reply by a route and a gateway, and one that has no way. */
static void
test_reply_route(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	assert_int_equal(fx_route_add(IP(203, 0, 113, 0), 24, IB_PEER), 0);
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
		TEST(test_echo_flags),
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
		TEST(test_path_mtu_late),
		TEST(test_big_echo),
		TEST(test_lost_part),
		TEST(test_overlap),
		TEST(test_part_flood),
		TEST(test_reply_route),
		TEST(test_narrow),
		TEST(test_no_way),
		TEST(test_several_ways),
	};

	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}

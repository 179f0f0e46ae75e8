/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* IPv6 packets that end or start here, compared with packets that scapy made. */

#include <errno.h>
#include <string.h>

#include <arpa/inet.h>

#include <rte_fib6.h>
#include <rte_ip_frag.h>

#include "control_fixture.h"
#include "ip6_golden.h"

#define L2 14

static struct dp_ip
ip6(const char *text)
{
	struct dp_ip ip;

	assert_int_equal(inet_pton(AF_INET6, text, ip.b), 1);
	return ip;
}

static void
add_address(uint16_t port, const char *text)
{
	struct dp_ip ip = ip6(text);

	while (control_addr_add(fx.c, port, &ip, 64) == -EAGAIN)
		fx_run(MS);
}

static void
know(uint16_t port, const char *text)
{
	struct dp_adj adj = { .mac = { { 2, 0, 0, 0, 0, 0x4d } } };
	struct dp_ip ip = ip6(text);

	if (port == IB)
		adj.lladdr = fx_addr(PEER_QPN, 2);
	l3_learn(fx.c->ports[port], &ip, &adj, L3_CREATE | L3_REACHABLE);
}

static int
setup(void **state)
{
	fx_setup_up(state);
	add_address(ETH, "2001:db8:1::1");
	add_address(IB, "2001:db8:2::1");
	/* Duplicate Address Detection, announcements. */
	fx_run(3 * S);
	know(ETH, "2001:db8:1::4d");
	know(ETH, "fe80::ff:fe00:4d");
	fx_drain();
	fx_know_ib_peer();
	know(IB, "2001:db8:2::2");
	fx_tick();
	fx_drain();
	return 0;
}

static void
in(const uint8_t *data, uint32_t len, enum dp_punt_reason why)
{
	struct rte_mbuf *m = fx_mbuf(ETH, data, len);

	dp_meta(m)->l2_bcast = data[24] == 0xff;
	fx_punt(m, why, ETH, 0);
	fx_tick();
}

#define IN(name, why) in(golden_##name, sizeof(golden_##name), why)
#define LOCAL(name) IN(name, DP_PUNT_LOCAL)
#define OUT(name) fx_assert_bytes(fx_sent_on(ETH), golden_##name, sizeof(golden_##name))

static void
test_echo(void **state)
{
	uint64_t delivered = FX_COUNT(delivered), originated = FX_COUNT(originated);

	(void)state;
	LOCAL(echo);
	OUT(echo_reply);
	fx_assert_none();
	assert_int_equal(FX_COUNT(delivered), delivered + 1);
	assert_int_equal(FX_COUNT(originated), originated + 1);
	/* Extension headers do not come back. */
	LOCAL(echo_options);
	OUT(echo_reply);
	LOCAL(echo_routed);
	OUT(echo_reply);
	/* RFC 6946 */
	LOCAL(echo_atomic);
	OUT(echo_reply);
	assert_int_equal(control_queued(fx.c), 0);
}

static void
test_echo_link_local(void **state)
{
	(void)state;
	LOCAL(echo_ll);
	OUT(echo_ll_reply);
	/* To all nodes: answered from the address that fits the asker's. */
	LOCAL(echo_all);
	OUT(echo_ll_reply);
	LOCAL(echo_all_global);
	OUT(echo_reply);
	/* A link-local address that is not ours is nobody's business beyond its link. */
	LOCAL(echo_ll_other);
	fx_assert_none();
	assert_int_equal(fx_drops(DP_DROP_ip_dst), 1);
}

static void
test_echo_bad(void **state)
{
	uint8_t buf[sizeof(golden_echo)];
	uint32_t len;

	(void)state;
	memcpy(buf, golden_echo, sizeof(buf));
	buf[60] ^= 1;
	in(buf, sizeof(buf), DP_PUNT_LOCAL);
	in(golden_echo, 44, DP_PUNT_LOCAL);
	assert_int_equal(fx_drops(DP_DROP_local_bad), 2);
	/* Headers that end anywhere. */
	for (len = 40; len < 66; len++)
		in(golden_echo_options, len, DP_PUNT_LOCAL);
	for (len = 40; len < 64; len++)
		in(golden_echo_routed, len, DP_PUNT_LOCAL);
	for (len = 40; len < 48; len++)
		in(golden_echo_atomic, len, DP_PUNT_LOCAL);
	assert_int_equal(fx_drops(DP_DROP_local_bad), 2 + 26 + 24 + 8);
	fx_assert_none();
}

static void
test_errors(void **state)
{
	(void)state;
	IN(far, DP_PUNT_TTL);
	OUT(time);
	IN(far, DP_PUNT_NO_ROUTE);
	OUT(no_route);
	IN(far, DP_PUNT_PROHIBIT);
	OUT(prohibited);
	IN(ll_far, DP_PUNT_SCOPE);
	OUT(scope);
	LOCAL(port);
	OUT(port_unreachable);
	LOCAL(unknown);
	OUT(unknown_problem);
	LOCAL(unknown_2);
	OUT(unknown_2_problem);
	LOCAL(nothing);
	fx_assert_none();
	assert_int_equal(fx_drops(DP_DROP_ttl), 1);
	assert_int_equal(fx_drops(DP_DROP_no_route), 1);
	assert_int_equal(fx_drops(DP_DROP_prohibited), 1);
	assert_int_equal(fx_drops(DP_DROP_ip_scope), 1);
	assert_int_equal(fx_drops(DP_DROP_local_proto), 3);
}

/* RFC 8200 4.2, 4.4, 4.5 */
static void
test_parameter_problems(void **state)
{
	(void)state;
	LOCAL(option);
	OUT(option_problem);
	LOCAL(option_group);
	OUT(option_group_problem);
	LOCAL(routing);
	OUT(routing_problem);
	LOCAL(odd);
	OUT(odd_problem);
	LOCAL(too_far);
	OUT(too_far_problem);
	LOCAL(option_silent);
	LOCAL(option_unicast);
	fx_assert_none();
	assert_int_equal(fx_drops(DP_DROP_local_bad), 7);
}

/* The echo request behind n octets of other headers, the first of which is of type proto. */
static void
local_behind(uint8_t proto, const void *headers, uint32_t n)
{
	uint8_t f[sizeof(golden_echo) + 64];

	assert_true(n <= 64);
	memcpy(f, golden_echo, 40);
	f[5] = (uint8_t)(f[5] + n);
	f[6] = proto;
	memcpy(f + 40, headers, n);
	memcpy(f + 40 + n, golden_echo + 40, sizeof(golden_echo) - 40);
	in(f, (uint32_t)sizeof(golden_echo) + n, DP_PUNT_LOCAL);
}

/* Code and pointer of the one that was sent. */
static void
expect_parameter(uint8_t code, uint8_t at)
{
	struct rte_mbuf *m = fx_sent_on(ETH);
	const uint8_t *icmp = rte_pktmbuf_mtod_offset(m, const uint8_t *, L2 + 40);

	assert_int_equal(icmp[0], 4);
	assert_int_equal(icmp[1], code);
	assert_int_equal(icmp[7], at);
	fx_free(m);
}

static void
test_headers(void **state)
{
	(void)state;
	local_behind(60, "\x3a\0\1\4\0\0\0\0", 8);
	OUT(echo_reply);
	/* An option that ends beyond its header. */
	local_behind(60, "\x3a\0\1\5\0\0\0\0", 8);
	fx_assert_none();
	assert_int_equal(fx_drops(DP_DROP_local_bad), 1);
	/* Hop-by-hop options that are not the first (RFC 8200 4.1). */
	local_behind(60, "\0\0\1\4\0\0\0\0\x3a\0\1\4\0\0\0\0", 16);
	expect_parameter(1, 40);
	assert_int_equal(fx_drops(DP_DROP_local_bad), 2);
}

/* Two parts that are a fragment again, put together. */
static void
test_part_of_part(void **state)
{
	uint8_t f[40 + 16];

	(void)state;
	memcpy(f, golden_echo, 40);
	f[5] = 16;
	f[6] = IPPROTO_FRAGMENT;
	memcpy(f + 40, "\x2c\0\0\1\7\7\7\7\x3a\0\0\0\x8\x8\x8\x8", 16);
	in(f, sizeof(f), DP_PUNT_LOCAL);
	local_behind(IPPROTO_FRAGMENT, "\x2c\0\0\x8\7\7\7\7", 8);
	expect_parameter(1, 6);
	fx_assert_none();
	assert_int_equal(fx_drops(DP_DROP_local_bad), 1);
}

/* The goldens without the zeros at their ends. */
#define BIG_LEN (40 + 8 + 2100)

static struct rte_mbuf *
big_packet(uint16_t port)
{
	struct rte_mbuf *m = fx_mbuf(port, golden_big, sizeof(golden_big));
	uint16_t rest = BIG_LEN - sizeof(golden_big);

	memset(rte_pktmbuf_append(m, rest), 0, rest);
	return m;
}

static void
assert_too_big(struct rte_mbuf *m)
{
	uint8_t want[L2 + 1280] = { 0 };

	memcpy(want, golden_too_big, sizeof(golden_too_big));
	fx_assert_bytes(m, want, sizeof(want));
}

static void
punt_big(uint16_t port, const char *nh)
{
	struct rte_mbuf *m = big_packet(ETH);
	struct ipoib_addr *key = (void *)rte_pktmbuf_prepend(m, sizeof(*key));
	struct dp_ip ip = ip6(nh);

	dp_l3_key(key, port, &ip);
	dp_meta(m)->punt = DP_PUNT_TOO_BIG;
	dp_meta(m)->out_port = port;
	fx.dp->worker[0]->ctr[ETH].rx_pkts++;
	assert_int_equal(rte_ring_enqueue(fx.dp->punt, m), 0);
	fx_tick();
}

static uint32_t
told_mtu(void)
{
	struct rte_mbuf *m = fx_sent_on(ETH);
	const uint8_t *icmp = rte_pktmbuf_mtod_offset(m, const uint8_t *, L2 + 40);
	uint32_t mtu = (uint32_t)icmp[6] << 8 | icmp[7];

	assert_int_equal(icmp[0], 2);
	assert_int_equal(m->pkt_len, L2 + 1280);
	fx_free(m);
	return mtu;
}

static void
test_too_big(void **state)
{
	struct ib_gid gid = fx_gid(2);
	struct rte_mbuf *m;

	(void)state;
	punt_big(IB, "2001:db8:2::2");
	assert_too_big(fx_sent_on(ETH));
	assert_int_equal(fx_drops(DP_DROP_too_big), 1);
	/* The path is narrower than the link, and narrower than IPv6 may know. */
	control_path_flush(fx.c, IB);
	fx_tick();
	fx_answer_path_mtu(fx_path_req(&gid), 7, 1024);
	fx_tick();
	punt_big(IB, "2001:db8:2::2");
	assert_int_equal(told_mtu(), 1280);
	/* To a group: this error only. */
	m = fx_mbuf(ETH, golden_to_group, sizeof(golden_to_group));
	ip_error(fx.c, m, CTL_ERR_TOO_BIG, 2044);
	OUT(too_big_group);
	ip_error(fx.c, m, CTL_ERR_TTL, 0);
	fx_assert_none();
	rte_pktmbuf_free(m);
}

/* It waited for a path that turns out narrower; only what is ours is cut. */
static void
test_narrow(void **state)
{
	static const uint8_t hdr[4] = { 0x86, 0xdd };
	struct rte_mbuf *parts[CTL_PARTS_MAX], *m;
	struct dp_ip us = ip6("2001:db8:2::1");
	uint16_t n;

	(void)state;
	m = big_packet(ETH);
	memcpy(rte_pktmbuf_prepend(m, 4), hdr, 4);
	fx.dp->worker[0]->ctr[ETH].rx_pkts++;
	assert_int_equal(fx.c->narrow(fx.c, 2044, m, parts), 0);
	assert_too_big(fx_sent_on(ETH));
	assert_int_equal(fx_drops(DP_DROP_too_big), 1);
	m = big_packet(IB);
	memcpy(rte_pktmbuf_mtod_offset(m, void *, 8), us.b, 16);
	memcpy(rte_pktmbuf_prepend(m, 4), hdr, 4);
	fx.dp->worker[0]->ctr[ETH].rx_pkts++;
	n = fx.c->narrow(fx.c, 2044, m, parts);
	assert_int_equal(n, 2);
	while (n > 0) {
		m = parts[--n];
		assert_memory_equal(rte_pktmbuf_mtod(m, void *), hdr, 4);
		assert_true(m->pkt_len <= 2048);
		assert_int_equal(rte_pktmbuf_mtod(m, uint8_t *)[10], IPPROTO_FRAGMENT);
		fx.dp->worker[0]->ctr[IB].tx_pkts++;
		fx_free(m);
	}
}

static void
test_no_answer(void **state)
{
	struct rte_mbuf *m = fx_mbuf(ETH, golden_far, sizeof(golden_far)), *out;
	struct ipoib_addr *key = (void *)rte_pktmbuf_prepend(m, sizeof(*key));
	struct dp_ip ip = ip6("2001:db8:2::66");
	uint16_t port;

	(void)state;
	dp_l3_key(key, IB, &ip);
	dp_meta(m)->punt = DP_PUNT_L3_MISS;
	dp_meta(m)->out_port = IB;
	fx.dp->worker[0]->ctr[ETH].rx_pkts++;
	assert_int_equal(rte_ring_enqueue(fx.dp->punt, m), 0);
	fx_run(3500 * MS);
	while ((out = fx_sent(&port)) != NULL && port == IB)
		fx_free(out);
	fx_assert_bytes(out, golden_address, sizeof(golden_address));
	assert_int_equal(fx_drops(DP_DROP_no_neigh), 1);
}

/* RFC 4443 2.4 e */
static void
test_silence(void **state)
{
	(void)state;
	IN(about_error, DP_PUNT_TTL);
	IN(about_error_2, DP_PUNT_TTL);
	IN(about_redirect, DP_PUNT_TTL);
	IN(from_nobody, DP_PUNT_TTL);
	IN(from_group, DP_PUNT_TTL);
	IN(from_us, DP_PUNT_TTL);
	IN(from_nowhere, DP_PUNT_TTL);
	IN(to_group, DP_PUNT_TTL);
	fx_assert_none();
	IN(about_echo, DP_PUNT_TTL);
	fx_free(fx_sent_on(ETH));
	assert_int_equal(fx_drops(DP_DROP_ttl), 9);
}

/* RFC 4443 2.4 f */
static void
test_error_limit(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		fx_punt(fx_mbuf(ETH, golden_far, sizeof(golden_far)), DP_PUNT_TTL, 0, 0);
		if (i % 200 == 0)
			fx_tick();
	}
	while (rte_ring_count(fx.dp->punt) > 0)
		fx_tick();
	assert_int_equal(fx_drain(), 250);
	assert_int_equal(fx_drops(DP_DROP_ttl), 1000);
	/* Answers to what is sent to all have the same limit: 10 in 10 ms. */
	fx_run(10 * MS);
	for (i = 0; i < 100; i++)
		fx_punt(fx_mbuf(ETH, golden_echo_all, sizeof(golden_echo_all)), DP_PUNT_LOCAL, 0,
				0);
	fx_tick();
	assert_in_range(fx_drain(), 10, 20);
}

/* Put a reply in parts together. @return length */
static uint32_t
reply_merge(uint8_t *whole, uint32_t parts)
{
	uint32_t i, at = 0, len, id = 0;
	const uint8_t *p;
	struct rte_mbuf *m;

	for (i = 0; i < parts; i++) {
		m = fx_sent_on(ETH);
		assert_int_equal(m->nb_segs, 1);
		assert_true(m->pkt_len <= L2 + 1500);
		p = rte_pktmbuf_mtod_offset(m, const uint8_t *, L2);
		assert_int_equal(p[6], IPPROTO_FRAGMENT);
		assert_int_equal(p[4] << 8 | p[5], m->pkt_len - L2 - 40);
		assert_int_equal(p[40], IPPROTO_ICMPV6);
		assert_int_equal((p[42] << 8 | p[43]) & 0xfff8, at);
		assert_int_equal(p[43] & 1, i + 1 < parts);
		if (i > 0)
			assert_memory_equal(&p[44], &id, 4);
		memcpy(&id, &p[44], 4);
		assert_int_not_equal(id, 0);
		len = m->pkt_len - L2 - 48;
		memcpy(whole + at, p + 48, len);
		at += len;
		fx_free(m);
	}
	fx_assert_none();
	return at;
}

static void
test_merge(void **state)
{
	static uint8_t whole[4096];
	uint32_t queued = 0;

	(void)state;
	LOCAL(part2);
	LOCAL(part0);
	fx_assert_none();
	assert_int_equal(control_queued(fx.c), 2);
	LOCAL(part1);
	assert_int_equal(control_queued(fx.c), queued);
	assert_int_equal(FX_COUNT(consumed), 2);
	assert_int_equal(FX_COUNT(copies), 1);
	assert_int_equal(reply_merge(whole, 2), sizeof(golden_whole_reply));
	whole[2] = whole[3] = 0;
	assert_memory_equal(whole, golden_whole_reply, sizeof(golden_whole_reply));
}

/* Nobody has told us how large packets may be beyond a router: as large as everywhere (RFC 8200 5). */
static void
test_far_parts(void **state)
{
	static uint8_t f[40 + 8 + 1400];
	const struct control_route r = { .prefix = ip6("2001:db8:9::"),
		.via = ip6("2001:db8:1::4d"),
		.len = 64,
		.type = DP_NH_VIA,
		.port = DP_PORT_NIL };
	struct rte_ipv6_hdr *ip = (void *)f;
	struct dp_ip far = ip6("2001:db8:9::9");
	uint16_t sum;
	struct rte_mbuf *m;
	int i;

	(void)state;
	assert_int_equal(control_route_add(fx.c, &r), 0);
	memcpy(f, golden_echo, 40);
	memcpy(&ip->src_addr, far.b, sizeof(far.b));
	ip->payload_len = RTE_BE16(sizeof(f) - 40);
	f[40] = 128;
	sum = rte_ipv6_udptcp_cksum(ip, f + 40);
	memcpy(f + 42, &sum, sizeof(sum));
	in(f, sizeof(f), DP_PUNT_LOCAL);
	for (i = 0; i < 2; i++) {
		m = fx_sent_on(ETH);
		assert_true(m->pkt_len <= L2 + 1280);
		fx_free(m);
	}
	fx_assert_none();
}

/* RFC 8200 4.5: time exceeded if the first part was there; a part that comes twice or overlaps ends
 * all in silence (RFC 5722). */
static void
test_merge_fails(void **state)
{
	static uint8_t over[sizeof(golden_part1)];

	(void)state;
	LOCAL(part0);
	LOCAL(part2);
	fx_run(4 * S);
	OUT(late);
	assert_int_equal(fx_drops(DP_DROP_reassembly), 2);
	LOCAL(part1);
	LOCAL(part2);
	fx_run(4 * S);
	fx_assert_none();
	assert_int_equal(fx_drops(DP_DROP_reassembly), 4);
	/* Eight octets too early. */
	memcpy(over, golden_part1, sizeof(over));
	over[43] -= 8;
	LOCAL(part0);
	in(over, sizeof(over), DP_PUNT_LOCAL);
	LOCAL(part2);
	LOCAL(part1);
	fx_run(4 * S);
	fx_assert_none();
	assert_int_equal(fx_drops(DP_DROP_reassembly), 8);
	assert_int_equal(control_queued(fx.c), 0);
	/* One is held over the end. */
	LOCAL(part0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fx_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_echo),
		TEST(test_echo_link_local),
		TEST(test_echo_bad),
		TEST(test_errors),
		TEST(test_parameter_problems),
		TEST(test_headers),
		TEST(test_part_of_part),
		TEST(test_too_big),
		TEST(test_narrow),
		TEST(test_no_answer),
		TEST(test_silence),
		TEST(test_error_limit),
		TEST(test_merge),
		TEST(test_merge_fails),
		TEST(test_far_parts),
	};

	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}

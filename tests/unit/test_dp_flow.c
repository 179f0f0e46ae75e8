/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Flows: their hash, several next hops, several paths, and TCP's MSS. */

#include <string.h>

#include <rte_malloc.h>

#include "dp_fixture.h"
#include "dp_golden.h"

#define FLOWS 4096
#define MEMBERS 8
#define MORE_FRAGS RTE_BE16(RTE_IPV4_HDR_MF_FLAG)

/* Of a raw packet, without a trip through a worker. */
static uint32_t
hash_of(const void *ip, uint32_t len)
{
	struct rte_mbuf *m = fx_mbuf(ETH0, ip, len);
	uint32_t hash = dp_flow_hash(m);

	rte_pktmbuf_free(m);
	return hash;
}

/* UDP from port 4000 + flow. */
static uint32_t
ip4_make(uint8_t *ip, uint32_t flow)
{
	fx_ip(ip, IP_HOST, IP_FAR, 64, 60);
	ip[20] = (uint8_t)((4000 + flow) >> 8);
	ip[21] = (uint8_t)(4000 + flow);
	return 60;
}

static uint32_t
ip6_make(uint8_t *ip, uint32_t flow)
{
	memcpy(ip, golden6_ib_out + 4, sizeof(golden6_ib_out) - 4);
	ip[40] = (uint8_t)((4000 + flow) >> 8);
	ip[41] = (uint8_t)(4000 + flow);
	return sizeof(golden6_ib_out) - 4;
}

/* Within 20 % of an equal share for each of 8, by the high bits and by the low ones. */
static void
spread_expect(uint32_t (*make)(uint8_t *ip, uint32_t flow))
{
	uint32_t high[MEMBERS] = { 0 }, low[MEMBERS] = { 0 }, flow, hash, len;
	uint8_t ip[128];

	for (flow = 0; flow < FLOWS; flow++) {
		len = make(ip, flow);
		hash = hash_of(ip, len);
		high[(uint64_t)hash * MEMBERS >> 32]++;
		low[hash % MEMBERS]++;
	}
	for (flow = 0; flow < MEMBERS; flow++) {
		assert_in_range(high[flow], FLOWS / MEMBERS * 8 / 10, FLOWS / MEMBERS * 12 / 10);
		assert_in_range(low[flow], FLOWS / MEMBERS * 8 / 10, FLOWS / MEMBERS * 12 / 10);
	}
}

static void
test_hash_spread(void **state)
{
	(void)state;
	spread_expect(ip4_make);
	spread_expect(ip6_make);
}

/* What changes on the way or within a flow does not matter; what makes a flow does. */
static void
test_hash_ip4(void **state)
{
	static const uint8_t not_flow[] = { 1, 4, 5, 8, 10, 11, 24, 40 };
	static const uint8_t flow[] = { 9, 12, 15, 16, 19 };
	uint8_t ip[64];
	uint32_t len = ip4_make(ip, 0), was = hash_of(ip, len);
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(not_flow); i++) {
		ip[not_flow[i]] ^= 0x55;
		assert_int_equal(hash_of(ip, len), was);
		ip[not_flow[i]] ^= 0x55;
	}
	for (i = 0; i < RTE_DIM(flow); i++) {
		ip[flow[i]] ^= 0x55;
		assert_int_not_equal(hash_of(ip, len), was);
		ip[flow[i]] ^= 0x55;
	}
	for (i = 20; i < 24; i++) {
		ip[i] ^= 0x55;
		assert_int_not_equal(hash_of(ip, len), was);
		ip[i] ^= 0x55;
	}
}

/* All fragments of all packets between two hosts go one way, whatever lies behind the header. */
static void
test_hash_fragments(void **state)
{
	uint8_t ip[64], other[64], six[128];
	struct rte_ipv4_hdr *h = (struct rte_ipv4_hdr *)other;
	uint32_t len = ip4_make(ip, 0);

	(void)state;
	((struct rte_ipv4_hdr *)ip)->fragment_offset = MORE_FRAGS;
	ip4_make(other, 77);
	h->fragment_offset = RTE_BE16(100);
	assert_int_equal(hash_of(ip, len), hash_of(other, len));
	h->fragment_offset = MORE_FRAGS | RTE_BE16(100);
	assert_int_equal(hash_of(ip, len), hash_of(other, len));
	/* DF alone makes no fragment. */
	h->fragment_offset = RTE_BE16(RTE_IPV4_HDR_DF_FLAG);
	assert_int_not_equal(hash_of(ip, len), hash_of(other, len));

	memcpy(six, golden6_mss_frag_in, sizeof(golden6_mss_frag_in));
	len = hash_of(six, sizeof(golden6_mss_frag_in));
	six[40 + 2] = 0x12; /* offset */
	six[48] ^= 0x55;    /* what would be the port */
	assert_int_equal(hash_of(six, sizeof(golden6_mss_frag_in)), len);
	six[23] ^= 0x55;
	assert_int_not_equal(hash_of(six, sizeof(golden6_mss_frag_in)), len);
}

/* IPv6: addresses, label, ports, also behind options; traffic class and hop limit do not count. */
static void
test_hash_ip6(void **state)
{
	static const uint8_t flow[] = { 2, 3, 8, 23, 24, 39, 48, 49, 50, 51 };
	static const uint8_t not_flow[] = { 7, 52, 60 };
	uint8_t ip[128];
	uint32_t len = sizeof(golden6_mss_ext_in), was;
	size_t i;

	(void)state;
	memcpy(ip, golden6_mss_ext_in, len);
	was = hash_of(ip, len);
	for (i = 0; i < RTE_DIM(flow); i++) {
		ip[flow[i]] ^= 0x55;
		assert_int_not_equal(hash_of(ip, len), was);
		ip[flow[i]] ^= 0x55;
	}
	for (i = 0; i < RTE_DIM(not_flow); i++) {
		ip[not_flow[i]] ^= 0x55;
		assert_int_equal(hash_of(ip, len), was);
		ip[not_flow[i]] ^= 0x55;
	}
	ip[0] ^= 0x0f;
	ip[1] ^= 0xf0;
	assert_int_equal(hash_of(ip, len), was);
}

/* A chain of options without end, or longer than the packet, is no reason to read beyond. */
static void
test_hash_endless(void **state)
{
	uint8_t ip[128] = { 0x60 };
	uint32_t len;

	(void)state;
	ip[6] = IPPROTO_DSTOPTS;
	for (len = 40; len < sizeof(ip); len += 8)
		ip[len] = IPPROTO_DSTOPTS;
	for (len = 40; len <= sizeof(ip); len++)
		hash_of(ip, len);
	ip[41] = 255;
	hash_of(ip, sizeof(ip));
}

static void
ecmp_set(uint8_t nb)
{
	struct dp_nh *nh = &fx.dp->nh[NH_FREE];

	fx_nh(NH_FREE, DP_NH_ECMP, 0, NULL);
	nh->nb = nb;
	memset(nh->member, 0, sizeof(nh->member));
	nh->member[0] = 5; /* by IP_GW on IB1 */
	fx_nh(NH_FREE + 1, DP_NH_VIA, ETH2, "198.18.2.5");
	nh->member[1] = NH_FREE + 1;
	assert_int_equal(rte_fib_add(fx.dp->fib, IP(10, 0, 0, 0), 8, NH_FREE), 0);
}

static uint32_t
sent_and_freed(uint16_t port)
{
	struct rte_mbuf *m;
	uint32_t n = 0;

	while ((m = fx_tx(port)) != NULL) {
		fx_free_sent(m);
		n++;
	}
	return n;
}

/* Flows spread over both next hops, and a flow keeps its own. */
static void
test_ecmp(void **state)
{
	uint32_t flow, on_ib, on_eth, ib = 0;
	uint8_t ip[64];
	uint16_t i;

	(void)state;
	ecmp_set(2);
	for (flow = 0; flow < 256; flow++) {
		ip4_make(ip, flow);
		((struct rte_ipv4_hdr *)ip)->dst_addr = RTE_BE32(IP(10, 1, 1, 1));
		fx_ip_fix(ip);
		for (i = 0; i < 4; i++)
			fx_rx(ETH0, fx_raw(ETH0, ip, 60));
		fx_turn();
		on_ib = sent_and_freed(IB1);
		on_eth = sent_and_freed(ETH2);
		assert_int_equal(on_ib + on_eth, 4);
		assert_int_equal(on_ib % 4, 0);
		ib += on_ib / 4;
	}
	assert_in_range(ib, 90, 166);
}

/* No member at all: no route, and nothing worse. */
static void
test_ecmp_empty(void **state)
{
	(void)state;
	ecmp_set(0);
	fx_rx(ETH0, fx_packet(ETH0, IP_HOST, IP(10, 1, 1, 1), 64, 60));
	fx.dp->nh[NH_FREE].nb = 0;
	fx_turn();
	fx_free_punted(fx_punted(DP_PUNT_NO_ROUTE, ETH0));
}

/* --- several paths to one neighbour --- */

static void
set_make(uint32_t ah)
{
	const struct ipoib_neigh_value v = { .ah = ah, .kind = IPOIB_NEIGH_UD_SET };
	struct ipoib_neigh *t = fx.dp->port[IB1].neigh;
	struct ipoib_neigh_rec *rec = ipoib_neigh_find(t, &fx.dp->adj[ADJ_GW].lladdr);

	assert_int_equal(ipoib_neigh_set_valid(t, rec, &v, 1000000000), 0);
}

static struct ipoib_ahset *
sets_make(void)
{
	fx.dp->port[IB1].ahset = rte_zmalloc(
			"sets", IPOIB_AHSET_MAX * sizeof(struct ipoib_ahset), 0);
	assert_non_null(fx.dp->port[IB1].ahset);
	return fx.dp->port[IB1].ahset;
}

static uint32_t
ah_of(uint32_t flow, uint8_t dscp)
{
	uint8_t ip[64];
	struct rte_mbuf *m;
	uint32_t ah;

	ip4_make(ip, flow);
	ip[1] = (uint8_t)(dscp << 2 | 1);
	fx_ip_fix(ip);
	fx_rx(ETH0, fx_raw(ETH0, ip, 60));
	fx_turn();
	m = fx_tx(IB1);
	assert_non_null(m);
	ah = pmd_ipoib_meta(m)->ah;
	assert_int_equal(pmd_ipoib_meta(m)->qpn, QPN_GW);
	fx_free_sent(m);
	return ah;
}

/* LMC: flows spread over the path LIDs, each on one; a handle of any size finds its set. */
static void
test_paths_by_flow(void **state)
{
	struct ipoib_ahset *set = &sets_make()[IPOIB_AHSET_MAX - 1];
	uint32_t flow, ah, n[4] = { 0 };

	(void)state;
	set_make(0x40000000 + IPOIB_AHSET_MAX - 1);
	set->nb_lids[0] = 4;
	for (ah = 0; ah < 4; ah++)
		set->ah[0][ah] = 100 + ah;
	for (flow = 0; flow < 400; flow++) {
		ah = ah_of(flow, 0);
		assert_in_range(ah, 100, 103);
		assert_int_equal(ah_of(flow, 0), ah);
		n[ah - 100]++;
	}
	for (ah = 0; ah < 4; ah++)
		assert_in_range(n[ah], 60, 140);
	rte_free(fx.dp->port[IB1].ahset);
}

/* A DSCP's class has a path of its own, or that of class 0. */
static void
test_paths_by_class(void **state)
{
	struct ipoib_ahset *set = &sets_make()[7];
	struct rte_mbuf *m;

	(void)state;
	set_make(7);
	set->nb_lids[0] = 1;
	set->ah[0][0] = 200;
	set->nb_lids[2] = 1;
	set->ah[2][0] = 202;
	atomic_store(&fx.dp->port[IB1].dscp_class[46], 2);
	atomic_store(&fx.dp->port[IB1].dscp_class[10], 3);
	atomic_store(&fx.dp->port[IB1].dscp_class[11], 99);
	assert_int_equal(ah_of(1, 46), 202);
	assert_int_equal(ah_of(1, 45), 200);
	assert_int_equal(ah_of(1, 10), 200);
	assert_int_equal(ah_of(1, 11), 200);
	/* IPv6: the golden packet's traffic class 0x28 is DSCP 10. */
	set->nb_lids[3] = 1;
	set->ah[3][0] = 203;
	fx_rx(ETH0, fx_mbuf(ETH0, golden6_eth_in, sizeof(golden6_eth_in)));
	fx_turn();
	m = fx_tx(IB1);
	assert_int_equal(pmd_ipoib_meta(m)->ah, 203);
	fx_free_sent(m);
	rte_free(fx.dp->port[IB1].ahset);
}

/* A set without any path, or none at all: the packet ends, counted. */
static void
test_paths_none(void **state)
{
	(void)state;
	set_make(7);
	fx_rx(ETH0, fx_packet(ETH0, IP_HOST, IP_FAR, 64, 60));
	fx_turn();
	sets_make();
	fx_rx(ETH0, fx_packet(ETH0, IP_HOST, IP_FAR, 64, 60));
	fx_turn();
	fx.want[ETH0].rx_pkts = 2;
	fx.want[ETH0].drop[DP_DROP_no_path] = 2;
	fx_check();
	rte_free(fx.dp->port[IB1].ahset);
}

/* --- MSS --- */

#define MSS(name) \
	{ \
		golden##name##_in, sizeof(golden##name##_in), golden##name##_out \
	}

static const struct mss_case {
	const uint8_t *in;
	uint32_t len;
	const uint8_t *out;
} mss_cases[] = {
	MSS(_mss_plain),
	MSS(_mss_synack),
	MSS(_mss_odd),
	MSS(_mss_small),
	MSS(_mss_none),
	MSS(_mss_ack),
	MSS(_mss_frag),
	MSS(6_mss),
	MSS(6_mss_ext),
	MSS(6_mss_frag),
};

static void
mss_run(uint32_t cut)
{
	struct rte_mbuf *m, *tail;
	uint8_t got[256];
	size_t i;

	for (i = 0; i < RTE_DIM(mss_cases); i++) {
		m = fx_raw(ETH0, mss_cases[i].in, mss_cases[i].len);
		if (cut != 0 && cut < mss_cases[i].len) {
			tail = rte_pktmbuf_copy(m, fx.pool, 14 + cut, UINT32_MAX);
			rte_pktmbuf_trim(m, (uint16_t)(m->pkt_len - 14 - cut));
			assert_int_equal(rte_pktmbuf_chain(m, tail), 0);
		}
		fx_rx(ETH0, m);
		fx_turn();
		m = fx_tx(IB1);
		assert_non_null(m);
		assert_int_equal(m->pkt_len, 4 + mss_cases[i].len);
		assert_memory_equal(rte_pktmbuf_read(m, 4, mss_cases[i].len, got), mss_cases[i].out,
				mss_cases[i].len);
		fx_free_sent(m);
	}
}

/* By either port's flag, to the smaller MTU; only first fragments that are whole packets. */
static void
test_mss_clamp(void **state)
{
	uint32_t cut;

	(void)state;
	atomic_store(&fx.dp->port[ETH0].flags, DP_PORT_MSS_CLAMP);
	mss_run(0);
	atomic_store(&fx.dp->port[ETH0].flags, 0);
	atomic_store(&fx.dp->port[IB1].flags, DP_PORT_MSS_CLAMP);
	for (cut = 1; cut < 100; cut++)
		mss_run(cut);
}

/* Without the flag nothing is touched; with a flag that says something else neither. */
static void
test_mss_off(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	atomic_store(&fx.dp->port[IB1].flags, DP_PORT_DIRECTED_BCAST);
	fx_rx(ETH0, fx_raw(ETH0, golden_mss_plain_in, sizeof(golden_mss_plain_in)));
	fx_turn();
	m = fx_tx(IB1);
	assert_memory_equal(rte_pktmbuf_mtod_offset(m, uint8_t *, 24), golden_mss_plain_in + 20,
			sizeof(golden_mss_plain_in) - 20);
	fx_free_sent(m);
}

/* Options that lie are left alone, and so is the payload behind an MSS that the header cuts off. */
static void
test_mss_bad_options(void **state)
{
	static const uint8_t options[][4] = { { 2, 0, 0, 0 }, { 2, 3, 1, 1 }, { 8, 0, 2, 4 },
		{ 1, 1, 1, 2 }, { 0, 2, 4, 255 }, { 8, 200, 2, 4 }, { 1, 1, 2, 4 } };
	uint8_t ip[48];
	struct rte_mbuf *m;
	size_t i;

	(void)state;
	atomic_store(&fx.dp->port[ETH0].flags, DP_PORT_MSS_CLAMP);
	for (i = 0; i < RTE_DIM(options); i++) {
		memcpy(ip, golden_mss_plain_in, 40);
		memcpy(ip + 40, options[i], 4);
		memset(ip + 44, 0xff, 4);
		ip[2] = 0;
		ip[3] = sizeof(ip);
		ip[32] = 6 << 4;
		fx_ip_fix(ip);
		fx_rx(ETH0, fx_raw(ETH0, ip, sizeof(ip)));
		fx_turn();
		m = fx_tx(IB1);
		assert_non_null(m);
		assert_memory_equal(rte_pktmbuf_mtod_offset(m, uint8_t *, 24), ip + 20, 28);
		fx_free_sent(m);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_hash_spread),
		TEST(test_hash_ip4),
		TEST(test_hash_fragments),
		TEST(test_hash_ip6),
		TEST(test_hash_endless),
		TEST(test_ecmp),
		TEST(test_ecmp_empty),
		TEST(test_paths_by_flow),
		TEST(test_paths_by_class),
		TEST(test_paths_none),
		TEST(test_mss_clamp),
		TEST(test_mss_off),
		TEST(test_mss_bad_options),
	};

	return cmocka_run_group_tests_name("dp_flow", tests, fx_start, fx_stop);
}

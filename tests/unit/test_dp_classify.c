/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <string.h>

#include "dp_fixture.h"
#include "dp_golden.h"

/* An Ethernet frame of the golden packet's kind that one thing is wrong with. */
struct bad_frame {
	enum dp_drop reason;
	void (*spoil)(uint8_t *frame, uint32_t *len);
};

static struct rte_ipv4_hdr *
ip_of(uint8_t *frame)
{
	return (struct rte_ipv4_hdr *)(frame + RTE_ETHER_HDR_LEN);
}

static void
src_set(uint8_t *frame, uint32_t src)
{
	ip_of(frame)->src_addr = rte_cpu_to_be_32(src);
	fx_ip_fix(ip_of(frame));
}

static void
dst_set(uint8_t *frame, uint32_t dst)
{
	ip_of(frame)->dst_addr = rte_cpu_to_be_32(dst);
	fx_ip_fix(ip_of(frame));
}

static void
foreign_mac(uint8_t *f, uint32_t *len)
{
	(void)len;
	f[5] ^= 1;
}

static void
vlan_tag(uint8_t *f, uint32_t *len)
{
	memmove(f + 16, f + 12, *len - 12);
	*len += 4;
	memcpy(f + 12, "\x81\x00\x00\x05", 4);
}

static void
ieee_length(uint8_t *f, uint32_t *len)
{
	(void)len;
	f[12] = 0;
	f[13] = 46;
}

static void
ip_six(uint8_t *f, uint32_t *len)
{
	(void)len;
	f[12] = 0x86;
	f[13] = 0xdd;
}

static void
cut_in_ethernet(uint8_t *f, uint32_t *len)
{
	(void)f;
	*len = 13;
}

static void
cut_in_ip(uint8_t *f, uint32_t *len)
{
	(void)f;
	*len = 14 + 19;
}

static void
version_five(uint8_t *f, uint32_t *len)
{
	(void)len;
	ip_of(f)->version_ihl = 0x55;
	fx_ip_fix(ip_of(f));
}

static void
ihl_four(uint8_t *f, uint32_t *len)
{
	(void)len;
	ip_of(f)->version_ihl = 0x44;
	fx_ip_fix(ip_of(f));
}

static void
ihl_beyond(uint8_t *f, uint32_t *len)
{
	*len = 14 + 33;
	ip_of(f)->version_ihl = 0x4f;
}

static void
length_below_header(uint8_t *f, uint32_t *len)
{
	(void)len;
	ip_of(f)->total_length = RTE_BE16(19);
	fx_ip_fix(ip_of(f));
}

static void
length_beyond(uint8_t *f, uint32_t *len)
{
	ip_of(f)->total_length = rte_cpu_to_be_16((uint16_t)(*len - 14 + 1));
	fx_ip_fix(ip_of(f));
}

static void
checksum_off(uint8_t *f, uint32_t *len)
{
	(void)len;
	f[14 + 10] ^= 1;
}

#define SPOIL_ADDR(name, which, addr) \
	static void name(uint8_t *f, uint32_t *len) \
	{ \
		(void)len; \
		which##_set(f, addr); \
	}

SPOIL_ADDR(src_zero, src, 0)
SPOIL_ADDR(src_this_net, src, IP(0, 0, 0, 9))
SPOIL_ADDR(src_loopback, src, IP(127, 0, 0, 1))
SPOIL_ADDR(src_multicast, src, IP(224, 0, 0, 1))
SPOIL_ADDR(src_reserved, src, IP(240, 0, 0, 1))
SPOIL_ADDR(src_broadcast, src, IP(255, 255, 255, 255))
SPOIL_ADDR(dst_zero, dst, 0)
SPOIL_ADDR(dst_loopback, dst, IP(127, 1, 2, 3))
SPOIL_ADDR(dst_reserved, dst, IP(250, 0, 0, 1))
SPOIL_ADDR(dst_limited, dst, IP(255, 255, 255, 255))
SPOIL_ADDR(dst_multicast, dst, IP(239, 255, 1, 2))
SPOIL_ADDR(dst_subnet_broadcast, dst, IP(198, 18, 2, 255))

static void
l2_broadcast(uint8_t *f, uint32_t *len)
{
	(void)len;
	memset(f, 0xff, 6);
}

static void
l2_multicast_no_route(uint8_t *f, uint32_t *len)
{
	(void)len;
	memcpy(f, "\x01\x00\x5e\x00\x00\x01", 6);
	dst_set(f, IP_NOWHERE);
}

static void
l2_bcast_foreign_subnet(uint8_t *f, uint32_t *len)
{
	l2_broadcast(f, len);
	dst_set(f, IP(198, 18, 2, 255));
}

static const struct bad_frame bad_frames[] = {
	{ DP_DROP_l2_dst, foreign_mac },
	{ DP_DROP_vlan, vlan_tag },
	{ DP_DROP_l2_type, ieee_length },
	{ DP_DROP_l2_type, cut_in_ethernet },
	{ DP_DROP_ip_version, ip_six },
	{ DP_DROP_ip_short, cut_in_ip },
	{ DP_DROP_ip_version, version_five },
	{ DP_DROP_ip_hdrlen, ihl_four },
	{ DP_DROP_ip_hdrlen, ihl_beyond },
	{ DP_DROP_ip_length, length_below_header },
	{ DP_DROP_ip_length, length_beyond },
	{ DP_DROP_ip_checksum, checksum_off },
	{ DP_DROP_ip_src, src_zero },
	{ DP_DROP_ip_src, src_this_net },
	{ DP_DROP_ip_src, src_loopback },
	{ DP_DROP_ip_src, src_multicast },
	{ DP_DROP_ip_src, src_reserved },
	{ DP_DROP_ip_src, src_broadcast },
	{ DP_DROP_ip_dst, dst_zero },
	{ DP_DROP_ip_dst, dst_loopback },
	{ DP_DROP_ip_dst, dst_reserved },
	{ DP_DROP_ip_dst, dst_limited },
	{ DP_DROP_ip_dst, dst_subnet_broadcast },
	{ DP_DROP_ip_dst, l2_bcast_foreign_subnet },
	{ DP_DROP_mcast, dst_multicast },
	{ DP_DROP_ip_l2_bcast, l2_broadcast },
	{ DP_DROP_ip_l2_bcast, l2_multicast_no_route },
};

/* One wrong thing, one packet, exactly that counter. */
static void
test_drop_reasons(void **state)
{
	uint8_t frame[128];
	uint32_t len;
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(bad_frames); i++) {
		len = sizeof(golden_eth_in);
		memcpy(frame, golden_eth_in, len);
		bad_frames[i].spoil(frame, &len);
		fx_rx(ETH0, fx_mbuf(ETH0, frame, len));
		assert_int_equal(fx_turn(), 1);
		fx.want[ETH0].rx_pkts = 1;
		fx.want[ETH0].drop[bad_frames[i].reason] = 1;
		fx_check();
	}
}

static const struct {
	uint8_t octets[8];
	bool passes;
} options[] = {
	{ { 131, 7, 4, 203, 0, 113, 2, 0 }, false }, /* loose source route */
	{ { 137, 7, 4, 203, 0, 113, 2, 0 }, false }, /* strict */
	{ { 1, 131, 3, 4, 0 }, false },		     /* behind a no-op */
	{ { 148, 4, 0, 0, 131, 3, 4, 0 }, false },   /* behind a router alert */
	{ { 148, 4, 0, 0, 0, 131, 3, 4 }, true },    /* behind the end */
	{ { 7, 7, 4 }, true },			     /* record route */
	{ { 7, 8, 4 }, true },			     /* up to the last octet */
	{ { 7, 9, 4 }, false },			     /* one more */
	{ { 7, 0 }, false },
	{ { 7, 1 }, false },
	{ { 1, 1, 1, 1, 1, 1, 1, 7 }, false }, /* no room for its length */
	{ { 1, 1, 1, 1, 1, 1, 7, 2 }, true },
	{ { 1, 1, 1, 1, 1, 1, 1, 1 }, true },
};

static void
test_ip_options(void **state)
{
	const uint32_t head = RTE_ETHER_HDR_LEN + sizeof(struct rte_ipv4_hdr);
	uint8_t frame[sizeof(golden_eth_in) + sizeof(options[0].octets)];
	struct rte_ipv4_hdr *ip = ip_of(frame);
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(options); i++) {
		memcpy(frame, golden_eth_in, head);
		memcpy(frame + head, options[i].octets, sizeof(options[i].octets));
		memcpy(frame + head + sizeof(options[i].octets), golden_eth_in + head,
				sizeof(golden_eth_in) - head);
		ip->version_ihl = 0x47;
		ip->total_length = rte_cpu_to_be_16(
				rte_be_to_cpu_16(ip->total_length) + sizeof(options[i].octets));
		fx_ip_fix(ip);
		fx_rx(ETH0, fx_mbuf(ETH0, frame, sizeof(frame)));
		fx_turn();
		fx.want[ETH0].rx_pkts = 1;
		fx.want[ETH0].drop[DP_DROP_ip_options] = !options[i].passes;
		fx.want[IB1].tx_pkts = options[i].passes;
		fx_check();
	}
}

/* A valid IPoIB frame cut short anywhere is dropped, once. */
static void
test_truncated(void **state)
{
	uint32_t len;

	(void)state;
	for (len = 0; len < sizeof(golden_ib_in); len++) {
		fx_rx(IB1, fx_mbuf(IB1, golden_ib_in, len));
		fx_turn();
		fx.want[IB1].rx_pkts = 1;
		fx.want[IB1].drop[len < 4		   ? DP_DROP_l2_type
						: len < 24 ? DP_DROP_ip_short
							   : DP_DROP_ip_length] = 1;
		fx_check();
	}
}

static void
test_ipoib_types(void **state)
{
	uint8_t frame[sizeof(golden_ib_in)];

	(void)state;
	memcpy(frame, golden_ib_in, sizeof(frame));
	frame[0] = 0x80;
	frame[1] = 0x35;
	fx_rx(IB1, fx_mbuf(IB1, frame, sizeof(frame)));
	frame[0] = 0x86;
	frame[1] = 0xdd;
	fx_rx(IB1, fx_mbuf(IB1, frame, sizeof(frame)));
	fx_turn();
	fx.want[IB1].rx_pkts = 2;
	fx.want[IB1].drop[DP_DROP_l2_type] = 1;
	fx.want[IB1].drop[DP_DROP_ip_short] = 1; /* an IPv4 packet of 30 octets is no IPv6 header */
	fx_check();
}

/* The same packet for us, for others, by broadcast: only what IPoIB says about it differs. */
static void
test_ipoib_broadcast(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	m = fx_packet(IB1, IP_FAR, IP_HOST, 9, 100);
	pmd_ipoib_meta(m)->flags = PMD_IPOIB_RX_GRH | PMD_IPOIB_RX_MCAST;
	fx_rx(IB1, m);
	m = fx_packet(IB1, IP_FAR, IP_US, 9, 100);
	pmd_ipoib_meta(m)->flags = PMD_IPOIB_RX_GRH | PMD_IPOIB_RX_MCAST | PMD_IPOIB_RX_BCAST;
	fx_rx(IB1, m);
	m = fx_packet(IB1, IP_FAR, IP_HOST, 9, 100);
	pmd_ipoib_meta(m)->flags = PMD_IPOIB_RX_GRH;
	fx_rx(IB1, m);
	fx_turn();
	fx.want[IB1].rx_pkts = 3;
	fx.want[IB1].drop[DP_DROP_ip_l2_bcast] = 1;
	fx.want[IB1].punted = 1;
	fx.want[ETH0].tx_pkts = 1;
	fx_check();
	m = fx_punt();
	assert_int_equal(dp_meta(m)->punt, DP_PUNT_LOCAL);
	assert_int_equal(dp_meta(m)->l2_bcast, 1);
	fx_free_punted(m);
}

/* ARP keeps its link-layer header, and what the driver said about its sender. */
static void
test_arp(void **state)
{
	uint8_t frame[60] = { 0x08, 0x06 };
	struct rte_mbuf *m;

	(void)state;
	fx_rx(ETH0, fx_mbuf(ETH0, golden_arp, sizeof(golden_arp)));
	m = fx_mbuf(IB1, frame, sizeof(frame));
	pmd_ipoib_meta(m)->slid = 0x1234;
	pmd_ipoib_meta(m)->flags = PMD_IPOIB_RX_MCAST;
	pmd_ipoib_meta(m)->qpn = 0x55;
	fx_rx(IB1, m);
	fx_turn();
	fx.want[ETH0].rx_pkts = 1;
	fx.want[ETH0].punted = 1;
	fx.want[IB1].rx_pkts = 1;
	fx.want[IB1].punted = 1;
	fx_check();

	m = fx_punt();
	fx_assert_data(m, golden_arp, sizeof(golden_arp));
	assert_int_equal(dp_meta(m)->punt, DP_PUNT_ARP);
	assert_int_equal(dp_meta(m)->l2_bcast, 1);
	assert_int_equal(m->port, ETH0);
	fx_free_punted(m);
	m = fx_punt();
	fx_assert_data(m, frame, sizeof(frame));
	assert_int_equal(dp_meta(m)->punt, DP_PUNT_ARP);
	assert_int_equal(m->port, IB1);
	assert_int_equal(pmd_ipoib_meta(m)->slid, 0x1234);
	assert_int_equal(pmd_ipoib_meta(m)->qpn, 0x55);
	fx_free_punted(m);
}

static void
test_local(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	fx_rx(ETH0, fx_mbuf(ETH0, golden_echo_local, sizeof(golden_echo_local)));
	fx_turn();
	fx.want[ETH0].rx_pkts = 1;
	fx.want[ETH0].punted = 1;
	fx_check();
	m = fx_punt();
	/* Untouched, TTL too. */
	fx_assert_data(m, golden_echo_local + 14, sizeof(golden_echo_local) - 14);
	assert_int_equal(dp_meta(m)->punt, DP_PUNT_LOCAL);
	assert_int_equal(dp_meta(m)->l2_bcast, 0);
	fx_free_punted(m);
}

/* Broadcasts on their own link are ours to look at, by limited or subnet address. */
static void
test_broadcast_for_us(void **state)
{
	static const uint32_t dst[] = { IP(255, 255, 255, 255), IP(192, 0, 2, 255) };
	uint8_t frame[sizeof(golden_eth_in)];
	struct rte_mbuf *m;
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(dst); i++) {
		memcpy(frame, golden_eth_in, sizeof(frame));
		memset(frame, 0xff, 6);
		dst_set(frame, dst[i]);
		fx_rx(ETH0, fx_mbuf(ETH0, frame, sizeof(frame)));
		fx_turn();
		fx.want[ETH0].rx_pkts = 1;
		fx.want[ETH0].punted = 1;
		fx_check();
		m = fx_punt();
		assert_int_equal(dp_meta(m)->punt, DP_PUNT_LOCAL);
		assert_int_equal(dp_meta(m)->l2_bcast, 1);
		assert_int_equal(m->pkt_len, 33);
		fx_free_punted(m);
	}
}

/* A tag that the driver took out still counts, unless it is only a priority. */
static void
test_stripped_vlan(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	m = fx_mbuf(ETH0, golden_eth_in, sizeof(golden_eth_in));
	m->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
	m->vlan_tci = 5;
	fx_rx(ETH0, m);
	m = fx_mbuf(ETH0, golden_eth_in, sizeof(golden_eth_in));
	m->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
	m->vlan_tci = 3 << 13;
	fx_rx(ETH0, m);
	fx_turn();
	fx.want[ETH0].rx_pkts = 2;
	fx.want[ETH0].drop[DP_DROP_vlan] = 1;
	fx.want[IB1].tx_pkts = 1;
	fx_check();
}

/* A checksum that the driver found good is not computed again; one it found bad is. */
static void
test_checksum_offload(void **state)
{
	uint8_t frame[sizeof(golden_eth_in)];
	struct rte_mbuf *m;

	(void)state;
	memcpy(frame, golden_eth_in, sizeof(frame));
	checksum_off(frame, NULL);
	m = fx_mbuf(ETH0, frame, sizeof(frame));
	m->ol_flags |= RTE_MBUF_F_RX_IP_CKSUM_GOOD;
	fx_rx(ETH0, m);
	m = fx_mbuf(ETH0, frame, sizeof(frame));
	m->ol_flags |= RTE_MBUF_F_RX_IP_CKSUM_BAD;
	fx_rx(ETH0, m);
	fx_turn();
	fx.want[ETH0].rx_pkts = 2;
	fx.want[ETH0].drop[DP_DROP_ip_checksum] = 1;
	fx.want[IB1].tx_pkts = 1;
	fx_check();
}

static void
cut_and_compare(uint32_t cut1, uint32_t cut2)
{
	struct rte_mbuf *m;

	fx_rx(ETH0, fx_mbuf_cut(ETH0, golden_opt_in, sizeof(golden_opt_in), cut1, cut2));
	fx_turn();
	m = fx_tx(IB1);
	fx_assert_data(m, golden_opt_out, sizeof(golden_opt_out));
	fx_free_sent(m);
}

/* Wherever the frame is cut into segments, the same comes out. */
static void
test_segments(void **state)
{
	uint32_t cut;

	(void)state;
	for (cut = 1; cut < sizeof(golden_opt_in); cut++) {
		cut_and_compare(cut, 0);
		cut_and_compare(cut, RTE_MIN(cut + 3, sizeof(golden_opt_in) - 1));
		fx.want[ETH0].rx_pkts = 2;
		fx.want[IB1].tx_pkts = 2;
		fx_check();
	}
}

/* Padding in segments of its own, and in part of one. */
static void
test_segments_padding(void **state)
{
	static const uint32_t cuts[][2] = { { 47, 0 }, { 47, 50 }, { 50, 0 }, { 40, 55 },
		{ 46, 48 } };
	struct rte_mbuf *m;
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(cuts); i++) {
		fx_rx(ETH0,
				fx_mbuf_cut(ETH0, golden_eth_in, sizeof(golden_eth_in), cuts[i][0],
						cuts[i][1]));
		fx_turn();
		m = fx_tx(IB1);
		fx_assert_data(m, golden_ib_out, sizeof(golden_ib_out));
		fx_free_sent(m);
	}
}

/* A large packet keeps its segments; only those of padding go. */
static void
test_segments_large(void **state)
{
	struct rte_mbuf *m, *tail;

	(void)state;
	m = fx_packet(ETH0, IP_HOST, IP_FAR, 64, 1000);
	tail = fx_mbuf(ETH0, golden_eth_in, 30);
	assert_int_equal(rte_pktmbuf_chain(m, tail), 0);
	rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, 14)->total_length = RTE_BE16(1010);
	fx_ip_fix(rte_pktmbuf_mtod_offset(m, void *, 14));
	assert_int_equal(rte_pktmbuf_chain(m, fx_mbuf(ETH0, golden_eth_in, 30)), 0);
	fx_rx(ETH0, m);
	fx_turn();
	m = fx_tx(IB1);
	assert_non_null(m);
	assert_int_equal(m->pkt_len, 1014);
	assert_int_equal(m->nb_segs, 2);
	assert_ptr_equal(m->next, tail);
	rte_mbuf_sanity_check(m, 1);
	fx_free_sent(m);
}

/* Without an mbuf for the copy the packet is counted like any other. */
static void
test_no_mbuf(void **state)
{
	struct rte_mbuf *m, *all[PKTS];
	unsigned int n = 0;

	(void)state;
	fx_rx(ETH0, fx_mbuf_cut(ETH0, golden_eth_in, sizeof(golden_eth_in), 20, 0));
	while ((m = rte_pktmbuf_alloc(fx.pool)) != NULL)
		all[n++] = m;
	fx_turn();
	rte_pktmbuf_free_bulk(all, n);
	fx.want[ETH0].rx_pkts = 1;
	fx.want[ETH0].drop[DP_DROP_nombuf] = 1;
	fx_check();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_drop_reasons),
		TEST(test_ip_options),
		TEST(test_truncated),
		TEST(test_ipoib_types),
		TEST(test_ipoib_broadcast),
		TEST(test_arp),
		TEST(test_local),
		TEST(test_broadcast_for_us),
		TEST(test_stripped_vlan),
		TEST(test_checksum_offload),
		TEST(test_segments),
		TEST(test_segments_padding),
		TEST(test_segments_large),
		TEST(test_no_mbuf),
	};

	return cmocka_run_group_tests_name("dp_classify", tests, fx_start, fx_stop);
}

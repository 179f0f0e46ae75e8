/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* mode=ether: frames of the program on their way to the port below. */

#include <rte_arp.h>
#include <rte_ip.h>
#include <rte_udp.h>

#include "burst_fixture.h"

#define L2 RTE_ETHER_HDR_LEN

/* A frame of ours with an IPv4 packet of so many octets, UDP to a port or another protocol. */
static struct rte_mbuf *
frame(const struct rte_ether_addr *to, uint16_t ip_len, uint8_t proto, uint16_t dport)
{
	uint8_t data[4096];
	struct rte_ether_hdr *eth = (void *)data;
	struct rte_ipv4_hdr *ip = (void *)(eth + 1);
	struct rte_udp_hdr *udp = (void *)(ip + 1);
	uint16_t i;

	assert_true(ip_len <= sizeof(data) - L2);
	for (i = 0; i < L2 + ip_len; i++)
		data[i] = (uint8_t)i;
	eth->dst_addr = *to;
	eth->src_addr = e->mac;
	eth->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	*ip = (struct rte_ipv4_hdr){ .version_ihl = RTE_IPV4_VHL_DEF,
		.total_length = rte_cpu_to_be_16(ip_len),
		.time_to_live = 64,
		.next_proto_id = proto };
	memcpy(&ip->src_addr, our_ip, sizeof(our_ip));
	memcpy(&ip->dst_addr, peer_ip, sizeof(peer_ip));
	udp->src_port = RTE_BE16(1000);
	udp->dst_port = rte_cpu_to_be_16(dport);
	return packet(data, (uint16_t)(L2 + ip_len));
}

static struct rte_mbuf *
plain(uint16_t ip_len)
{
	return frame(&peer_mac, ip_len, IPPROTO_UDP, 5000);
}

static uint16_t
burst(struct rte_mbuf **pkts, uint16_t n)
{
	return ether_tx_burst(txq, pkts, n);
}

static void
send_one(struct rte_mbuf *m)
{
	assert_int_equal(burst(&m, 1), 1);
}

/* The frame as it was: of the contents that frame() makes. */
static void
is_frame(struct rte_mbuf *m, uint16_t ip_len)
{
	struct rte_mbuf *want = plain(ip_len);

	assert_octets(m, rte_pktmbuf_mtod(want, void *), L2 + ip_len);
	rte_pktmbuf_free(want);
}

/* The next packet below: encapsulation header, and the frame's IP packet behind it. */
static void
is_sent(uint16_t ip_len, uint32_t ah, uint32_t qpn)
{
	struct rte_mbuf *m = sent(), *want = plain(ip_len);
	uint8_t data[4096] = { 0x08, 0x00, 0, 0 };

	assert_non_null(m);
	assert_int_equal(pmd_ipoib_meta(m)->ah, ah);
	assert_int_equal(pmd_ipoib_meta(m)->qpn, qpn);
	memcpy(&data[4], rte_pktmbuf_mtod_offset(want, void *, L2), ip_len);
	assert_octets(m, data, 4 + ip_len);
	rte_pktmbuf_free(want);
}

static void
dropped(unsigned int why, uint64_t n)
{
	unsigned int i;

	for (i = 0; i < ETHER_PMD_DROP_MAX; i++)
		assert_int_equal(txq->ctr.drop[i], i == why ? n : 0);
	assert_null(sent());
	assert_null(taken(e->out));
}

/* The first one is looked up, the second found by the queue alone. */
static void
test_unicast(void **state)
{
	(void)state;
	send_one(plain(100));
	is_sent(100, PEER_AH, PEER_QPN);
	send_one(plain(1500));
	is_sent(1500, PEER_AH, PEER_QPN);
	assert_int_equal(txq->ctr.packets, 2);
	assert_int_equal(txq->ctr.bytes, 100 + 1500 + 2 * L2);
	assert_int_equal(txq->ctr.control, 0);
}

/* Who has no MAC here, or no path, is control's; what is known to lead nowhere ends. */
static void
test_unknown(void **state)
{
	static const struct rte_ether_addr stranger = { { 2, 0, 0, 0, 9, 9 } };
	struct ipoib_addr other = addr(PEER_QPN, 3);
	struct ipoib_neigh_rec *r;
	struct rte_ether_addr mac;

	(void)state;
	send_one(frame(&stranger, 100, IPPROTO_UDP, 5000));
	rte_pktmbuf_free(taken(e->out));
	mac = learn(&other, NULL, from(8, PEER_QPN, false));
	send_one(frame(&mac, 100, IPPROTO_UDP, 5000));
	r = path_add(&other, NULL);
	send_one(frame(&mac, 100, IPPROTO_UDP, 5000));
	rte_pktmbuf_free(taken(e->out));
	rte_pktmbuf_free(taken(e->out));
	assert_int_equal(txq->ctr.control, 3);
	dropped(ETHER_PMD_no_path, 0);
	assert_int_equal(ipoib_neigh_set_failed(e->neigh, r, now), 0);
	send_one(frame(&mac, 100, IPPROTO_UDP, 5000));
	dropped(ETHER_PMD_no_path, 1);
}

static void
test_control_full(void **state)
{
	static const struct rte_ether_addr stranger = { { 2, 0, 0, 0, 9, 9 } };
	struct rte_mbuf *m;
	uint32_t i;

	(void)state;
	for (i = 0; i < 64 + 3; i++)
		send_one(frame(&stranger, 100, IPPROTO_UDP, 5000));
	assert_int_equal(txq->ctr.control, 64);
	while ((m = taken(e->out)) != NULL)
		rte_pktmbuf_free(m);
	dropped(ETHER_PMD_control, 3);
}

/* A path is another, or none any more: from the next frame on. */
static void
test_path_changes(void **state)
{
	struct ipoib_addr peer = addr(PEER_QPN, 2);
	struct ipoib_neigh_rec *r;

	(void)state;
	send_one(plain(100));
	is_sent(100, PEER_AH, PEER_QPN);
	r = path_valid(&peer, 33, 0);
	send_one(plain(100));
	is_sent(100, 33, PEER_QPN);
	assert_int_equal(ipoib_neigh_del(e->neigh, r), 0);
	send_one(plain(100));
	rte_pktmbuf_free(taken(e->out));
	assert_int_equal(txq->ctr.control, 1);
}

/* The same MAC leads to another peer once the table is another. */
static void
test_mac_changes(void **state)
{
	struct ipoib_addr other = addr(PEER_QPN + 1, 3);

	(void)state;
	send_one(plain(100));
	is_sent(100, PEER_AH, PEER_QPN);
	ether_table_forget(table);
	send_one(plain(100));
	rte_pktmbuf_free(taken(e->out));
	assert_int_equal(txq->ctr.control, 1);
	assert_int_equal(ether_peer_fix(table, &other, &peer_mac), 0);
	path_valid(&other, 44, 0);
	send_one(plain(100));
	is_sent(100, 44, PEER_QPN + 1);
}

/* Frames keep a peer and its path, though bursts remember both: three times as long as either lives. */
static void
test_age(void **state)
{
	uint32_t s;

	(void)state;
	for (s = 0; s < 300; s += 20) {
		wait_s(20);
		send_one(plain(100));
		is_sent(100, PEER_AH, PEER_QPN);
	}
	wait_s(200);
	send_one(plain(100));
	rte_pktmbuf_free(taken(e->out));
	dropped(ETHER_PMD_no_path, 0);
}

/* Of the link, or of a path that has less; both ways of a frame. */
static void
test_mtu(void **state)
{
	struct ipoib_addr peer = addr(PEER_QPN, 2);

	(void)state;
	send_one(plain(2044));
	is_sent(2044, PEER_AH, PEER_QPN);
	send_one(plain(2044));
	is_sent(2044, PEER_AH, PEER_QPN);
	send_one(plain(2045));
	dropped(ETHER_PMD_too_big, 1);
	path_valid(&peer, PEER_AH, 1000);
	send_one(plain(1001));
	dropped(ETHER_PMD_too_big, 2);
	send_one(plain(1000));
	is_sent(1000, PEER_AH, PEER_QPN);
	send_one(plain(1001));
	dropped(ETHER_PMD_too_big, 3);
	atomic_store(&e->mtu, 576);
	send_one(plain(577));
	dropped(ETHER_PMD_too_big, 4);
	send_one(plain(576));
	is_sent(576, PEER_AH, PEER_QPN);
}

/* Short frames are padded; that stays here. */
static void
test_padding(void **state)
{
	struct rte_mbuf *m = plain(28), *tail;

	(void)state;
	memset(rte_pktmbuf_append(m, 18), 0xee, 18);
	send_one(m);
	is_sent(28, PEER_AH, PEER_QPN);
	m = plain(100);
	tail = packet(peer_ip, 4);
	assert_int_equal(rte_pktmbuf_chain(m, tail), 0);
	send_one(m);
	m = sent();
	assert_int_equal(m->pkt_len, 4 + 100);
	assert_int_equal(m->data_len + m->next->data_len, 4 + 100);
	rte_pktmbuf_free(m);
	assert_int_equal(txq->ctr.bytes, 28 + 100 + 2 * L2);
}

static void
test_runts(void **state)
{
	struct rte_mbuf *m = plain(100);

	(void)state;
	rte_pktmbuf_trim(m, L2 + 100 - 13);
	send_one(m);
	m = plain(100);
	rte_pktmbuf_trim(m, 1);
	send_one(m);
	m = plain(100);
	rte_pktmbuf_trim(m, 100 - 19);
	send_one(m);
	m = plain(0);
	send_one(m);
	dropped(ETHER_DROP_runt, 4);
}

static void
test_types(void **state)
{
	struct rte_mbuf *m = plain(100);

	(void)state;
	rte_pktmbuf_mtod(m, struct rte_ether_hdr *)->ether_type = RTE_BE16(0x88cc);
	send_one(m);
	dropped(ETHER_DROP_type, 1);
	m = plain(100);
	m->ol_flags |= RTE_MBUF_F_TX_VLAN;
	send_one(m);
	dropped(ETHER_DROP_type, 2);
	m = plain(100);
	rte_pktmbuf_mtod(m, struct rte_ether_hdr *)->ether_type = RTE_BE16(RTE_ETHER_TYPE_ARP);
	send_one(m);
	rte_pktmbuf_free(taken(e->out));
	assert_int_equal(txq->ctr.control, 1);
}

static void
test_no_link(void **state)
{
	(void)state;
	send_one(plain(100));
	is_sent(100, PEER_AH, PEER_QPN);
	atomic_store(&e->up, false);
	send_one(plain(100));
	dropped(ETHER_DROP_no_link, 1);
}

/* What carries addresses, or tells of groups, is control's, however well its way is known. */
static void
test_special(void **state)
{
	static const struct {
		uint8_t proto;
		uint16_t dport;
		bool control;
	} rows[] = { { IPPROTO_UDP, 67, true }, { IPPROTO_UDP, 68, true },
		{ IPPROTO_UDP, 69, false }, { IPPROTO_TCP, 67, false },
		{ IPPROTO_IGMP, 5000, true }, { IPPROTO_ICMP, 5000, false } };
	struct rte_mbuf *m;
	uint32_t i;

	(void)state;
	send_one(plain(100));
	is_sent(100, PEER_AH, PEER_QPN);
	for (i = 0; i < RTE_DIM(rows); i++) {
		send_one(frame(&peer_mac, 100, rows[i].proto, rows[i].dport));
		m = rows[i].control ? taken(e->out) : sent();
		assert_non_null(m);
		assert_int_equal(m->pkt_len, 100 + (rows[i].control ? L2 : 4));
		rte_pktmbuf_free(m);
	}
	assert_int_equal(txq->ctr.control, 3);
}

/* Neighbour Discovery and MLD; other IPv6 goes out. */
static void
test_ip6(void **state)
{
	static const struct {
		uint8_t proto, type;
		bool control;
	} rows[] = { { IPPROTO_ICMPV6, 135, true }, { IPPROTO_ICMPV6, 128, false },
		{ IPPROTO_HOPOPTS, 58, true }, { IPPROTO_UDP, 0, false } };
	struct rte_ipv6_hdr *ip;
	struct rte_mbuf *m;
	uint32_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(rows); i++) {
		m = plain(100);
		rte_pktmbuf_mtod(m, struct rte_ether_hdr *)->ether_type = RTE_BE16(
				RTE_ETHER_TYPE_IPV6);
		ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv6_hdr *, L2);
		*ip = (struct rte_ipv6_hdr){ .vtc_flow = RTE_BE32(6u << 28),
			.payload_len = RTE_BE16(60),
			.proto = rows[i].proto };
		*(uint8_t *)(ip + 1) = rows[i].type;
		send_one(m);
		m = rows[i].control ? taken(e->out) : sent();
		assert_non_null(m);
		if (!rows[i].control)
			assert_int_equal(*rte_pktmbuf_mtod(m, rte_be16_t *),
					RTE_BE16(RTE_ETHER_TYPE_IPV6));
		rte_pktmbuf_free(m);
	}
	assert_int_equal(txq->ctr.control, 2);
}

/* A group goes by its own path, the broadcast MAC by the broadcast group's. */
static void
test_groups(void **state)
{
	static const struct rte_ether_addr all = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
	struct ipoib_addr group;

	(void)state;
	send_one(frame(&all, 100, IPPROTO_UDP, 5000));
	rte_pktmbuf_free(taken(e->out));
	assert_int_equal(txq->ctr.control, 1);
	ether_group_addr(RTE_BE16(RTE_ETHER_TYPE_IPV4), NULL, &e->bcast, &group);
	path_valid(&group, 12, 0);
	send_one(frame(&all, 100, IPPROTO_UDP, 5000));
	is_sent(100, 12, 0xffffff);
	assert_int_equal(txq->ctr.packets, 1);
}

/* One that somebody else holds is not written into. */
static void
test_shared(void **state)
{
	struct rte_mbuf *m = plain(100), *seg = plain(200), *direct;

	(void)state;
	rte_mbuf_refcnt_update(m, 1);
	send_one(m);
	is_sent(100, PEER_AH, PEER_QPN);
	assert_int_equal(rte_mbuf_refcnt_read(m), 1);
	is_frame(m, 100);
	/* The headers are in somebody else's buffer. */
	direct = rte_pktmbuf_clone(seg, pool);
	send_one(direct);
	is_sent(200, PEER_AH, PEER_QPN);
	is_frame(seg, 200);
	assert_int_equal(txq->ctr.packets, 2);
}

/* The headers' length is another; where it was not sent, as it was. */
static void
test_offload(void **state)
{
	struct rte_mbuf *m = plain(100);

	(void)state;
	m->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
	m->l2_len = L2;
	below.room = 0;
	assert_int_equal(burst(&m, 1), 0);
	assert_int_equal(m->l2_len, L2);
	below.room = 1;
	send_one(m);
	assert_int_equal(below.out[0]->l2_len, 4);
	is_sent(100, PEER_AH, PEER_QPN);
}

/* What the port below does not take is the caller's, the last ones, as they were; the rest has ended. */
static void
test_full(void **state)
{
	static const struct rte_ether_addr stranger = { { 2, 0, 0, 0, 9, 9 } };
	struct rte_mbuf *pkts[8];
	uint16_t i;

	(void)state;
	for (i = 0; i < 8; i++)
		pkts[i] = plain((uint16_t)(100 + i));
	rte_pktmbuf_free(pkts[1]);
	pkts[1] = frame(&stranger, 100, IPPROTO_UDP, 5000);
	rte_pktmbuf_free(pkts[6]);
	pkts[6] = plain(2045);
	below.room = 2;
	assert_int_equal(burst(pkts, 8), 4);
	is_sent(100, PEER_AH, PEER_QPN);
	is_sent(102, PEER_AH, PEER_QPN);
	is_frame(pkts[4], 103);
	is_frame(pkts[5], 104);
	is_frame(pkts[6], 105);
	is_frame(pkts[7], 107);
	rte_pktmbuf_free(taken(e->out));
	assert_int_equal(txq->ctr.packets, 2);
	assert_int_equal(txq->ctr.bytes, 100 + 102 + 2 * L2);
	dropped(ETHER_PMD_too_big, 1);
}

/* More than one burst; the second of them finds no room. */
static void
test_many(void **state)
{
	struct rte_mbuf *pkts[70];
	uint16_t i;

	(void)state;
	for (i = 0; i < 70; i++)
		pkts[i] = plain(100);
	below.room = 40;
	assert_int_equal(burst(pkts, 70), 40);
	assert_int_equal(txq->ctr.packets, 40);
	below.room = 128;
	assert_int_equal(burst(&pkts[40], 30), 30);
	for (i = 0; i < 70; i++)
		is_sent(100, PEER_AH, PEER_QPN);
	assert_int_equal(burst(pkts, 0), 0);
}

/* Which of two paths a packet takes. */
static uint32_t
path_of(struct rte_mbuf *m)
{
	uint32_t ah;

	below.room = 1;
	send_one(m);
	m = sent();
	assert_non_null(m);
	ah = pmd_ipoib_meta(m)->ah;
	rte_pktmbuf_free(m);
	assert_in_range(ah, 50, 51);
	return ah - 50;
}

static struct rte_mbuf *
of_flow(uint16_t sport, uint16_t frag, bool is6)
{
	struct rte_mbuf *m = plain(100);
	struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	struct rte_ipv4_hdr *ip4 = (void *)(eth + 1);
	struct rte_ipv6_hdr *ip6 = (void *)(eth + 1);
	struct rte_udp_hdr *udp = is6 ? (void *)(ip6 + 1) : (void *)(ip4 + 1);

	if (is6) {
		eth->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV6);
		*ip6 = (struct rte_ipv6_hdr){ .vtc_flow = RTE_BE32(6u << 28),
			.payload_len = RTE_BE16(60),
			.proto = IPPROTO_UDP };
	} else {
		ip4->fragment_offset = rte_cpu_to_be_16(frag);
	}
	udp->src_port = rte_cpu_to_be_16(sport);
	udp->dst_port = RTE_BE16(5000);
	return m;
}

/* Several paths: flows between two hosts have all of them, and each, with its fragments, keeps its own. */
static void
test_paths(void **state)
{
	struct ipoib_neigh_value v = { .ah = 0, .kind = IPOIB_NEIGH_UD_SET };
	struct ipoib_addr peer = addr(PEER_QPN, 2);
	struct ipoib_ahset set[IPOIB_AHSET_MAX] = { 0 };
	uint32_t i, n[2] = { 0, 0 }, first;

	(void)state;
	path_add(&peer, &v);
	send_one(plain(100));
	dropped(ETHER_PMD_no_path, 1);
	set[0].nb_lids[0] = 2;
	set[0].ah[0][0] = 50;
	set[0].ah[0][1] = 51;
	e->ahset = set;
	first = path_of(of_flow(0, 0x2000, false));
	for (i = 0; i < 64; i++) {
		n[0] += path_of(of_flow((uint16_t)i, 0, false));
		n[1] += path_of(of_flow((uint16_t)i, 0, true));
		assert_int_equal(path_of(of_flow((uint16_t)i, 0, true)),
				path_of(of_flow((uint16_t)i, 0, true)));
		assert_int_equal(path_of(of_flow((uint16_t)i, 0x2000, false)), first);
	}
	assert_in_range(n[0], 12, 52);
	assert_in_range(n[1], 12, 52);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BURST_TEST(test_unicast),
		BURST_TEST(test_unknown),
		BURST_TEST(test_control_full),
		BURST_TEST(test_path_changes),
		BURST_TEST(test_mac_changes),
		BURST_TEST(test_age),
		BURST_TEST(test_mtu),
		BURST_TEST(test_padding),
		BURST_TEST(test_runts),
		BURST_TEST(test_types),
		BURST_TEST(test_no_link),
		BURST_TEST(test_special),
		BURST_TEST(test_ip6),
		BURST_TEST(test_groups),
		BURST_TEST(test_shared),
		BURST_TEST(test_offload),
		BURST_TEST(test_full),
		BURST_TEST(test_many),
		BURST_TEST(test_paths),
	};

	return cmocka_run_group_tests_name("pmd_ether_tx", tests, burst_start, stop);
}

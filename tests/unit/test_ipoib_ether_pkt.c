/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Ethernet and IPoIB of mode=ether: packets that carry addresses. They are octets: those of ARP as RFC
 * 826 and RFC 4391 9.1.1 draw them, those of Neighbour Discovery made by scapy, with its checksums.
 */

#include "ether_fixture.h"

/* --- ARP --- */

static void
test_arp_out(void **state)
{
	static const uint8_t ask[42] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 7, 8, 6,
		0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 7, 10, 0, 0, 7, 0, 0, 0, 0, 0, 0, 10, 0, 0,
		2 };
	static const uint8_t want[60] = { 8, 6, 0, 0, 0, 0x20, 8, 0, 20, 4, 0, 1, 0, 0, 0, 0x48,
		0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 2, 0xc9, 3, 0, 0, 0, 1, 10, 0, 0, 7, [56] = 10, 0,
		0, 2 };
	struct ipoib_addr peer = addr(PEER_QPN, 2), to;
	struct ether_ip ip = ip4(10, 0, 0, 7);
	struct rte_ether_addr mac;
	uint8_t frame[60];
	struct rte_mbuf *m = packet(ask, sizeof(ask));

	(void)state;
	assert_int_equal(out(&m, &to), ETHER_OK);
	assert_true(ib_gid_equal(&to.gid, &port.bcast));
	assert_octets(m, want, sizeof(want));
	assert_true(ether_local_by_ip(table, &ip, &mac));
	assert_memory_equal(&mac, vm_mac, 6);
	/* An answer to a peer, padded as on a wire. */
	mac = learn(&peer, NULL, from(7, 1, false));
	memset(frame, 0, sizeof(frame));
	memcpy(frame, ask, sizeof(ask));
	memcpy(frame, &mac, 6);
	frame[21] = 2;
	memcpy(&frame[32], &mac, 6);
	m = packet(frame, sizeof(frame));
	assert_int_equal(out(&m, &to), ETHER_OK);
	assert_true(ipoib_addr_equal(&to, &peer));
	assert_int_equal(m->pkt_len, 60);
	assert_memory_equal(rte_pktmbuf_mtod_offset(m, void *, 36), &peer, 20);
	rte_pktmbuf_free(m);
	/* To a MAC that nobody has; from a peer's; malformed; link down. */
	frame[5] ^= 1;
	m = packet(frame, sizeof(frame));
	assert_int_equal(out(&m, &to), ETHER_DROPPED(unknown));
	memcpy(rte_pktmbuf_mtod_offset(m, void *, 22), &mac, 6);
	assert_int_equal(out(&m, &to), ETHER_DROPPED(source));
	*rte_pktmbuf_mtod_offset(m, uint8_t *, 18) = 8;
	assert_int_equal(out(&m, &to), ETHER_DROPPED(arp));
	memset(&port.bcast, 0, sizeof(port.bcast));
	assert_int_equal(out(&m, &to), ETHER_DROPPED(no_link));
	rte_pktmbuf_free(m);
}

static void
test_arp_in(void **state)
{
	static const uint8_t ask[60] = { 8, 6, 0, 0, 0, 0x20, 8, 0, 20, 4, 0, 1, 0, 1, 0x23, 0x45,
		0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 2, 0xc9, 3, 0, 0, 0, 2, 10, 0, 0, 2, [56] = 10, 0,
		0, 7 };
	uint8_t want[42] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, [12] = 8, 6, 0, 1, 8, 0, 6, 4, 0,
		1, [28] = 10, 0, 0, 2, [38] = 10, 0, 0, 7 };
	struct ipoib_addr peer = addr(PEER_QPN, 2);
	struct ether_ip ip = ip4(10, 0, 0, 7), src = ip4(10, 0, 0, 2);
	struct ether_from f = from(7, PEER_QPN, true);
	struct rte_ether_addr mac, vm;
	struct rte_mbuf *m = packet(ask, sizeof(ask));

	(void)state;
	assert_int_equal(in(&m, f), ETHER_OK);
	assert_true(ether_peer_by_source(table, &f, &src, &mac));
	assert_true(ipoib_addr_equal(ether_peer_by_mac(table, &mac), &peer));
	memcpy(&want[6], &mac, 6);
	memcpy(&want[22], &mac, 6);
	assert_octets(m, want, sizeof(want));
	/* The answer is for who has the IP address. */
	memcpy(&vm, vm_mac, 6);
	assert_int_equal(ether_local_learn(table, &ip, &vm, S), 0);
	m = packet(ask, sizeof(ask));
	*rte_pktmbuf_mtod_offset(m, uint8_t *, 11) = 2;
	f.mcast = false;
	assert_int_equal(in(&m, f), ETHER_OK);
	memcpy(want, vm_mac, 6);
	memcpy(&want[32], vm_mac, 6);
	want[21] = 2;
	assert_octets(m, want, sizeof(want));
	/* Our own; not to be learnt; short. */
	m = packet(ask, sizeof(ask));
	memcpy(rte_pktmbuf_mtod_offset(m, void *, 12), &port.addr, 20);
	assert_int_equal(in(&m, f), ETHER_DROPPED(self));
	memset(rte_pktmbuf_mtod_offset(m, void *, 13), 0xff, 3);
	assert_int_equal(in(&m, f), ETHER_DROPPED(arp));
	rte_pktmbuf_trim(m, 1);
	assert_int_equal(in(&m, f), ETHER_DROPPED(arp));
	rte_pktmbuf_free(m);
}

/* --- Neighbour Discovery; scapy's octets --- */

static const uint8_t ns_ether[] = { 0x33, 0x33, 0xff, 0x00, 0x12, 0x34, 0x02, 0x00, 0x00, 0x00,
	0x00, 0x07, 0x86, 0xdd, 0x60, 0x00, 0x00, 0x00, 0x00, 0x20, 0x3a, 0xff, 0xfe, 0x80, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x07, 0xff, 0x02,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0xff, 0x00, 0x12, 0x34, 0x87,
	0x00, 0x56, 0x27, 0x00, 0x00, 0x00, 0x00, 0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x12, 0x34, 0x01, 0x01, 0x02, 0x00, 0x00, 0x00, 0x00,
	0x07 };
static const uint8_t ns_ipoib[] = { 0x86, 0xdd, 0x00, 0x00, 0x60, 0x00, 0x00, 0x00, 0x00, 0x30,
	0x3a, 0xff, 0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x07, 0xff, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01,
	0xff, 0x00, 0x12, 0x34, 0x87, 0x00, 0x90, 0x4c, 0x00, 0x00, 0x00, 0x00, 0xfe, 0x80, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x12, 0x34, 0x01, 0x03,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x48, 0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x02, 0xc9, 0x03, 0x00, 0x00, 0x00, 0x01 };
static const uint8_t na_ipoib[] = { 0x86, 0xdd, 0x00, 0x00, 0x60, 0x00, 0x00, 0x00, 0x00, 0x30,
	0x3a, 0xff, 0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x12, 0x34, 0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x07, 0x88, 0x00, 0x0a, 0xd1, 0x60, 0x00, 0x00, 0x00, 0xfe, 0x80, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x12, 0x34, 0x02, 0x03,
	0x00, 0x00, 0x00, 0x01, 0x23, 0x45, 0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x02, 0xc9, 0x03, 0x00, 0x00, 0x00, 0x02 };

/* RFC 1071 over the pseudo header and an ICMPv6 message: all ones if it is right. */
static uint16_t
icmp6_sum(const uint8_t *ip, uint32_t len)
{
	uint32_t sum = 58 + len, i;

	for (i = 8; i < 40 + len; i += 2)
		sum += (uint32_t)(ip[i] << 8) + (i + 1 < 40 + len ? ip[i + 1] : 0);
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static void
test_nd_out(void **state)
{
	struct rte_mbuf *m = packet(ns_ether, sizeof(ns_ether));
	struct ether_ip ll = { { 0xfe, 0x80, [15] = 7 } };
	struct rte_ether_addr mac;
	struct ipoib_addr to;

	(void)state;
	assert_true(ether_is_special(RTE_BE16(0x86dd), &ns_ether[14], 72));
	assert_int_equal(out(&m, &to), ETHER_OK);
	assert_memory_equal(&to.gid,
			((uint8_t[]){ 0xff, 0x12, 0x60, 0x1b, 0x80, 1, 0, 0, 0, 0, 0, 1, 0xff, 0,
					0x12, 0x34 }),
			16);
	assert_octets(m, ns_ipoib, sizeof(ns_ipoib));
	assert_true(ether_local_by_ip(table, &ll, &mac));
	assert_memory_equal(&mac, vm_mac, 6);
	/* Through a router; a code that is none; a wrong checksum. */
	m = packet(ns_ether, sizeof(ns_ether));
	rte_pktmbuf_mtod(m, uint8_t *)[14 + 7] = 254;
	assert_int_equal(out(&m, &to), ETHER_DROPPED(nd));
	rte_pktmbuf_free(m);
	m = packet(ns_ether, sizeof(ns_ether));
	rte_pktmbuf_mtod(m, uint8_t *)[14 + 41] = 1;
	rte_pktmbuf_mtod(m, uint8_t *)[14 + 43] -= 1;
	assert_int_equal(out(&m, &to), ETHER_DROPPED(nd));
	rte_pktmbuf_free(m);
	m = packet(ns_ether, sizeof(ns_ether));
	*rte_pktmbuf_mtod_offset(m, uint8_t *, 80) ^= 1;
	assert_int_equal(out(&m, &to), ETHER_DROPPED(nd));
	rte_pktmbuf_free(m);
}

static void
test_nd_in(void **state)
{
	struct rte_mbuf *m = packet(na_ipoib, sizeof(na_ipoib));
	struct ether_ip who = { { 0xfe, 0x80, [14] = 0x12, 0x34 } };
	struct ipoib_addr peer = addr(PEER_QPN, 2);
	struct ether_from f = from(7, PEER_QPN, false);
	struct rte_ether_addr mac;
	const uint8_t *p;

	(void)state;
	assert_int_equal(in(&m, f), ETHER_OK);
	assert_int_equal(m->pkt_len, 14 + 40 + 32);
	p = rte_pktmbuf_mtod(m, const uint8_t *);
	f = from(99, 9, false);
	assert_true(ether_peer_by_source(table, &f, &who, &mac));
	assert_true(ipoib_addr_equal(ether_peer_by_mac(table, &mac), &peer));
	assert_memory_equal(p, &port.mac, 6);
	assert_memory_equal(p + 6, &mac, 6);
	assert_int_equal(p[18] << 8 | p[19], 32);
	assert_memory_equal(&p[14 + 40 + 24], ((uint8_t[]){ 2, 1 }), 2);
	assert_memory_equal(&p[14 + 40 + 26], &mac, 6);
	assert_int_equal(icmp6_sum(p + 14, 32), 0xffff);
	rte_pktmbuf_free(m);
	/* The same, cut off. */
	m = packet(na_ipoib, sizeof(na_ipoib) - 1);
	assert_int_equal(in(&m, f), ETHER_DROPPED(runt));
	rte_pktmbuf_free(m);
}

/* --- IP, DHCP, snooping --- */

static void
test_ip(void **state)
{
	uint8_t frame[60] = { 2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 7, 8, 0, 0x45, 0, 0,
		24, [23] = 1, [26] = 10, 0, 0, 7, 10, 0, 0, 2, 0xaa, 0xbb, 0xcc, 0xdd };
	struct ipoib_addr peer = addr(PEER_QPN, 2), to;
	struct ether_ip ip = ip4(10, 0, 0, 2);
	struct rte_ether_addr mac = learn(&peer, &ip, from(7, PEER_QPN, false));
	struct rte_mbuf *m;
	uint8_t want[28] = { 8, 0 };

	(void)state;
	memcpy(frame, &mac, 6);
	m = packet(frame, sizeof(frame));
	assert_int_equal(out(&m, &to), ETHER_OK);
	assert_true(ipoib_addr_equal(&to, &peer));
	/* Without the padding. */
	memcpy(&want[4], &frame[14], 24);
	assert_octets(m, want, sizeof(want));
	frame[12] = 0x88;
	m = packet(frame, sizeof(frame));
	assert_int_equal(out(&m, &to), ETHER_DROPPED(type));
	rte_pktmbuf_free(m);
	frame[12] = 8;
	frame[17] = 60;
	m = packet(frame, sizeof(frame));
	assert_int_equal(out(&m, &to), ETHER_DROPPED(runt));
	rte_pktmbuf_free(m);
}

/* BOOTP of len octets in UDP in IPv4, at the IP header; checksums of 0. */
static void
bootp_make(uint8_t *p, uint8_t op, uint16_t len)
{
	uint8_t *b = p + 28;

	memset(p, 0, 28 + len);
	p[0] = 0x45;
	p[2] = (uint8_t)((28 + len) >> 8);
	p[3] = (uint8_t)(28 + len);
	p[8] = 64;
	p[9] = 17;
	memset(&p[16], 0xff, 4);
	p[21] = op == 1 ? 68 : 67;
	p[23] = op == 1 ? 67 : 68;
	p[24] = (uint8_t)((8 + len) >> 8);
	p[25] = (uint8_t)(8 + len);
	b[0] = op;
	b[1] = 1;
	b[2] = 6;
	memcpy(&b[4], "\x12\x34\x56\x78", 4);
	memcpy(&b[236], "\x63\x82\x53\x63\x35\x01\x01\xff", 8);
}

static void
test_dhcp(void **state)
{
	uint8_t frame[14 + 28 + 244] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 7, 8,
		0 };
	uint8_t answer[4 + 28 + 244] = { 8, 0 };
	struct ipoib_addr to;
	struct rte_mbuf *m;
	const uint8_t *b;

	(void)state;
	bootp_make(&frame[14], 1, 244);
	memcpy(&frame[14 + 28 + 28], vm_mac, 6);
	assert_true(ether_is_special(RTE_BE16(0x0800), &frame[14], sizeof(frame) - 14));
	m = packet(frame, sizeof(frame));
	assert_int_equal(out(&m, &to), ETHER_OK);
	assert_true(ib_gid_equal(&to.gid, &port.bcast));
	b = rte_pktmbuf_mtod_offset(m, const uint8_t *, 4 + 28);
	/* RFC 4390 2: htype 32, hlen 0, broadcast flag, no chaddr; and a client identifier. */
	assert_memory_equal(b, ((uint8_t[]){ 1, 32, 0, 0 }), 4);
	assert_int_equal(b[10], 0x80);
	assert_memory_equal(&b[28], ((uint8_t[16]){ 0 }), 16);
	assert_memory_equal(&b[243], ((uint8_t[]){ 61, 7, 1, 2, 0, 0, 0, 0, 7, 255 }), 10);
	assert_int_equal(m->pkt_len, 4 + 28 + 253);
	rte_pktmbuf_free(m);
	/* The answer gets its MAC back, by the transaction. */
	bootp_make(&answer[4], 2, 244);
	answer[4 + 28 + 1] = 32;
	answer[4 + 28 + 2] = 0;
	m = packet(answer, sizeof(answer));
	assert_int_equal(in(&m, from(7, 5, true)), ETHER_OK);
	b = rte_pktmbuf_mtod_offset(m, const uint8_t *, 14 + 28);
	assert_memory_equal(b, ((uint8_t[]){ 2, 1, 6, 0 }), 4);
	assert_memory_equal(&b[28], vm_mac, 6);
	rte_pktmbuf_free(m);
	/* Somebody else's stays as it is. */
	answer[4 + 28 + 7] ^= 1;
	m = packet(answer, sizeof(answer));
	assert_int_equal(in(&m, from(7, 5, true)), ETHER_OK);
	b = rte_pktmbuf_mtod_offset(m, const uint8_t *, 14 + 28);
	assert_int_equal(b[1], 32);
	rte_pktmbuf_free(m);
	/* A datagram that says to be longer than its packet, or shorter. */
	frame[14 + 24]++;
	m = packet(frame, sizeof(frame));
	assert_int_equal(out(&m, &to), ETHER_DROPPED(dhcp));
	rte_pktmbuf_free(m);
	frame[14 + 24]--;
	frame[14 + 25]--;
	m = packet(frame, sizeof(frame));
	assert_int_equal(out(&m, &to), ETHER_DROPPED(dhcp));
	rte_pktmbuf_free(m);
	answer[4 + 24]++;
	m = packet(answer, sizeof(answer));
	assert_int_equal(in(&m, from(7, 5, true)), ETHER_DROPPED(dhcp));
	rte_pktmbuf_free(m);
}

static void
test_snoop(void **state)
{
	/* IGMPv3, router alert: two records; IGMPv2 leave; MLDv2 behind hop-by-hop. */
	static const uint8_t v3[24 + 8 + 8 + 12] = { 0x46, 0, 0, 52, [8] = 1, 2, [16] = 224, 0, 0,
		22, 0x94, 4, 0, 0, 0x22, 0, 0, 0, 0, 0, 0, 2, 4, 0, 0, 0, 239, 1, 2, 3, 3, 0, 0, 1,
		239, 1, 2, 4, 10, 0, 0, 1 };
	static const uint8_t leave[28] = { 0x45, 0, 0, 28, [8] = 1, 2, [16] = 224, 0, 0, 2, 0x17, 0,
		0, 0, 239, 1, 2, 3 };
	static const uint8_t mld[40 + 8 + 8 + 20] = { 0x60, [5] = 36, 0, 1, [24] = 0xff,
		2, [39] = 22, 58, 0, 5, 2, 0, 0, 1, 0, 143, 0, 0, 0, 0, 0, 0, 1, 3, 0, 0, 0, 0xff,
		5, [75] = 9 };
	struct ether_ip g = ip4(239, 1, 2, 3), g6 = { { 0xff, 5, [15] = 9 } };
	struct ether_membership c[4];
	struct rte_mbuf *m = packet(v3, sizeof(v3));
	uint32_t n;

	(void)state;
	assert_int_equal(ether_snoop(m, 0, RTE_BE16(0x0800), c, 4), 2);
	assert_memory_equal(&c[0].group, &g, 16);
	assert_true(c[0].join);
	assert_true(c[1].join); /* includes one source */
	assert_int_equal(ether_snoop(m, 0, RTE_BE16(0x0800), c, 1), 1);
	/* Every shorter one is taken for what is whole of it. */
	while (m->data_len > 0) {
		rte_pktmbuf_trim(m, 1);
		n = ether_snoop(m, 0, RTE_BE16(0x0800), c, 4);
		assert_true(n <= 1);
	}
	rte_pktmbuf_free(m);
	m = packet(leave, sizeof(leave));
	assert_int_equal(ether_snoop(m, 0, RTE_BE16(0x0800), c, 4), 1);
	assert_memory_equal(&c[0].group, &g, 16);
	assert_false(c[0].join);
	rte_pktmbuf_free(m);
	m = packet(mld, sizeof(mld));
	assert_int_equal(ether_snoop(m, 0, RTE_BE16(0x86dd), c, 4), 1);
	assert_memory_equal(&c[0].group, &g6, 16);
	assert_false(c[0].join); /* includes no source */
	rte_pktmbuf_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_arp_out),
		TEST(test_arp_in),
		TEST(test_nd_out),
		TEST(test_nd_in),
		TEST(test_ip),
		TEST(test_dhcp),
		TEST(test_snoop),
	};

	return cmocka_run_group_tests(tests, start, stop);
}

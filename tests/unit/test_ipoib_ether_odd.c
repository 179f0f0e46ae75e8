/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* mode=ether: messages that are malformed, or not what they seem, and tables that change under load. */

#include <string.h>

#include <rte_ip.h>
#include <rte_udp.h>

#include "ether_fixture.h"
#include "ether_priv.h"

#define ND_NS 135
#define ND_NA 136
#define ND_REDIRECT 137

/* fe80::N */
static void
link_local(uint8_t *at, uint8_t n)
{
	memset(at, 0, 16);
	at[0] = 0xfe;
	at[1] = 0x80;
	at[15] = n;
}

static struct ether_ip
ll(uint8_t n)
{
	struct ether_ip ip;

	link_local(ip.b, n);
	return ip;
}

/* An ND message of fe80::1 about fe80::2, with these options, behind l2 octets of header. */
static struct rte_mbuf *
nd_make(uint8_t type, const uint8_t *opts, uint16_t len, const void *l2, uint16_t l2_len)
{
	uint16_t fixed = type == ND_REDIRECT ? 40 : 24;
	uint8_t data[400] = { 0 };
	struct rte_ipv6_hdr *ip = (void *)&data[l2_len];
	uint8_t *msg = (uint8_t *)(ip + 1);
	uint16_t sum;

	memcpy(data, l2, l2_len);
	ip->vtc_flow = RTE_BE32(6u << 28);
	ip->payload_len = rte_cpu_to_be_16((uint16_t)(fixed + len));
	ip->proto = IPPROTO_ICMPV6;
	ip->hop_limits = 255;
	link_local((uint8_t *)&ip->src_addr, 1);
	link_local((uint8_t *)&ip->dst_addr, 9);
	msg[0] = type;
	link_local(&msg[8], 2);
	memcpy(&msg[fixed], opts, len);
	sum = rte_ipv6_udptcp_cksum(ip, msg);
	memcpy(&msg[2], &sum, sizeof(sum));
	return packet(data, (uint16_t)(l2_len + sizeof(*ip) + fixed + len));
}

static const uint8_t to_all[14] = { 0x33, 0x33, 0, 0, 0, 1, 2, 0, 0, 0, 0, 7, 0x86, 0xdd };
static const uint8_t from_fabric[4] = { 0x86, 0xdd };

static void
nd_out_is(uint8_t type, const uint8_t *opts, uint16_t len, int verdict)
{
	struct rte_mbuf *m = nd_make(type, opts, len, to_all, sizeof(to_all));
	struct ipoib_addr to;

	assert_int_equal(out(&m, &to), verdict);
	rte_pktmbuf_free(m);
}

static void
test_nd_options(void **state)
{
	static const uint8_t none[8] = { 1, 0 }, beyond[8] = { 1, 2 }, single[1] = { 1 },
			     twice[16] = { 1, 2, 2, 0, 0, 0, 0, 7 };
	static const uint8_t two[16] = { 5, 1, 0, 0, 0, 0, 5, 0xdc, 1, 1, 2, 0, 0, 0, 0, 7 };
	struct rte_mbuf *m = nd_make(ND_NS, two, sizeof(two), to_all, sizeof(to_all));
	uint8_t want[32] = { 5, 1, 0, 0, 0, 0, 5, 0xdc, 1, 3 };
	const struct rte_ipv6_hdr *ip;
	struct ipoib_addr to;

	(void)state;
	nd_out_is(ND_NS, none, sizeof(none), ETHER_DROPPED(nd));
	nd_out_is(ND_NS, beyond, sizeof(beyond), ETHER_DROPPED(nd));
	nd_out_is(ND_NS, single, sizeof(single), ETHER_DROPPED(nd));
	nd_out_is(ND_NS, twice, sizeof(twice), ETHER_DROPPED(nd));
	/* Other options stay as they are, in their place. */
	assert_int_equal(out(&m, &to), ETHER_OK);
	memcpy(&want[12], &port.addr, 20);
	ip = rte_pktmbuf_mtod_offset(m, const struct rte_ipv6_hdr *, 4);
	assert_int_equal(ip->payload_len, RTE_BE16(24 + 32));
	assert_memory_equal((const uint8_t *)(ip + 1) + 24, want, sizeof(want));
	assert_int_equal(rte_ipv6_udptcp_cksum_verify(ip, ip + 1), 0);
	rte_pktmbuf_free(m);
}

/* Whose address an option holds: the target's in an advertisement, else the sender's. */
static void
test_nd_owner(void **state)
{
	static const uint8_t target[8] = { 2, 1, 2, 0, 0, 0, 0, 7 },
			     source[8] = { 1, 1, 2, 0, 0, 0, 0, 8 };
	struct ether_ip who = ll(2), sender = ll(1);
	struct rte_ether_addr mac;

	(void)state;
	nd_out_is(ND_NA, target, sizeof(target), ETHER_OK);
	assert_false(ether_local_by_ip(table, &sender, &mac));
	assert_true(ether_local_by_ip(table, &who, &mac));
	assert_memory_equal(&mac, &target[2], 6);
	nd_out_is(ND_NS, source, sizeof(source), ETHER_OK);
	assert_true(ether_local_by_ip(table, &sender, &mac));
	assert_memory_equal(&mac, &source[2], 6);
}

/* Nobody here has a peer's MAC; a redirect may name one. */
static void
test_nd_peer(void **state)
{
	struct ipoib_addr peer = addr(PEER_QPN, 2), to;
	uint8_t source[8] = { 1, 1 }, target[8] = { 2, 1 };
	struct rte_ether_addr mac = learn(&peer, NULL, from(7, PEER_QPN, false));
	struct rte_mbuf *m;

	(void)state;
	memcpy(&source[2], &mac, 6);
	memcpy(&target[2], &mac, 6);
	nd_out_is(ND_NS, source, sizeof(source), ETHER_DROPPED(source));
	nd_out_is(ND_NA, target, sizeof(target), ETHER_DROPPED(source));
	m = nd_make(ND_REDIRECT, target, sizeof(target), to_all, sizeof(to_all));
	assert_int_equal(out(&m, &to), ETHER_OK);
	assert_memory_equal(rte_pktmbuf_mtod_offset(m, uint8_t *, 4 + 40 + 40 + 4), &peer, 20);
	rte_pktmbuf_free(m);
}

/* What we sent comes back from the fabric: not to the program. A redirect may name us. */
static void
test_nd_self(void **state)
{
	uint8_t source[24] = { 1, 3 }, target[24] = { 2, 3 }, shorter[8] = { 1, 1 };
	struct rte_mbuf *m;

	(void)state;
	memcpy(&source[4], &port.addr, 20);
	memcpy(&target[4], &port.addr, 20);
	m = nd_make(ND_NS, source, sizeof(source), from_fabric, sizeof(from_fabric));
	assert_int_equal(in(&m, from(7, PEER_QPN, true)), ETHER_DROPPED(self));
	rte_pktmbuf_free(m);
	m = nd_make(ND_REDIRECT, target, sizeof(target), from_fabric, sizeof(from_fabric));
	assert_int_equal(in(&m, from(7, PEER_QPN, true)), ETHER_OK);
	assert_memory_equal(rte_pktmbuf_mtod_offset(m, uint8_t *, 14 + 40 + 40 + 2), &port.mac, 6);
	rte_pktmbuf_free(m);
	m = nd_make(ND_NS, shorter, sizeof(shorter), from_fabric, sizeof(from_fabric));
	assert_int_equal(in(&m, from(7, PEER_QPN, true)), ETHER_DROPPED(nd));
	rte_pktmbuf_free(m);
}

/* --- DHCP --- */

#define BOOTP 240

/* A message with these options, in UDP and IPv4, behind l2 octets of header. */
static struct rte_mbuf *
dhcp_make(uint8_t op, uint8_t htype, const uint8_t *opts, uint16_t len, bool to_fabric)
{
	static const uint8_t ether[14] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 7, 8,
		0 };
	static const uint8_t ipoib[4] = { 8, 0 };
	uint16_t l2 = to_fabric ? sizeof(ether) : sizeof(ipoib);
	uint8_t data[600] = { 0 }, *b;
	struct rte_ipv4_hdr *ip = (void *)&data[l2];
	struct rte_udp_hdr *udp = (void *)(ip + 1);

	memcpy(data, to_fabric ? ether : ipoib, l2);
	*ip = (struct rte_ipv4_hdr){ .version_ihl = RTE_IPV4_VHL_DEF,
		.total_length = rte_cpu_to_be_16((uint16_t)(28 + BOOTP + len)),
		.time_to_live = 64,
		.next_proto_id = IPPROTO_UDP,
		.dst_addr = UINT32_MAX };
	udp->src_port = rte_cpu_to_be_16(op == 1 ? 68 : 67);
	udp->dst_port = rte_cpu_to_be_16(op == 1 ? 67 : 68);
	udp->dgram_len = rte_cpu_to_be_16((uint16_t)(8 + BOOTP + len));
	b = (uint8_t *)(udp + 1);
	b[0] = op;
	b[1] = htype;
	b[2] = htype == 1 ? 6 : 0;
	memcpy(&b[4], "\x12\x34\x56\x78", 4);
	memcpy(&b[28], vm_mac, 6);
	memcpy(&b[236], "\x63\x82\x53\x63", 4);
	memcpy(&b[BOOTP], opts, len);
	return packet(data, (uint16_t)(l2 + 28 + BOOTP + len));
}

static void
dhcp_out_is(const uint8_t *opts, uint16_t len, int verdict, uint16_t grown)
{
	struct rte_mbuf *m = dhcp_make(1, 1, opts, len, true);
	const struct rte_ipv4_hdr *ip;
	const struct rte_udp_hdr *udp;
	struct ipoib_addr to;

	assert_int_equal(out(&m, &to), verdict);
	if (verdict == ETHER_OK) {
		ip = rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *, 4);
		udp = (const void *)(ip + 1);
		assert_int_equal(m->pkt_len, 4 + 28 + BOOTP + len + grown);
		assert_int_equal(rte_be_to_cpu_16(ip->total_length), m->pkt_len - 4);
		assert_int_equal(rte_be_to_cpu_16(udp->dgram_len), m->pkt_len - 4 - 20);
		assert_int_equal(rte_ipv4_cksum(ip), 0);
		assert_int_equal(rte_ipv4_udptcp_cksum_verify(ip, udp), 0);
	}
	rte_pktmbuf_free(m);
}

/* A client identifier is added where there is none, into padding first; the end must be there. */
static void
test_dhcp_options(void **state)
{
	static const uint8_t bare[4] = { 53, 1, 1, 255 }, padded[40] = { 53, 1, 1, 255 },
			     some[8] = { 53, 1, 1, 255 },
			     has[13] = { 53, 1, 1, 61, 7, 1, 2, 0, 0, 0, 0, 7, 255 },
			     endless[3] = { 53, 1, 1 }, beyond[4] = { 53, 1, 1, 12 },
			     longer[5] = { 53, 9, 1, 0, 255 };

	(void)state;
	dhcp_out_is(bare, sizeof(bare), ETHER_OK, 9);
	dhcp_out_is(padded, sizeof(padded), ETHER_OK, 0);
	dhcp_out_is(some, sizeof(some), ETHER_OK, 5);
	dhcp_out_is(has, sizeof(has), ETHER_OK, 0);
	dhcp_out_is(endless, sizeof(endless), ETHER_DROPPED(dhcp), 0);
	dhcp_out_is(beyond, sizeof(beyond), ETHER_DROPPED(dhcp), 0);
	dhcp_out_is(longer, sizeof(longer), ETHER_DROPPED(dhcp), 0);
}

/* A fragment's octets are no header; and a message in fragments cannot be rewritten. */
static void
test_dhcp_fragments(void **state)
{
	static const uint8_t bare[4] = { 53, 1, 1, 255 };
	struct rte_mbuf *m = dhcp_make(1, 1, bare, sizeof(bare), true);
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, 14);
	struct ipoib_addr to;

	(void)state;
	ip->fragment_offset = RTE_BE16(0x0010);
	assert_false(ether_is_special(RTE_BE16(0x0800), ip, m->data_len - 14));
	ip->fragment_offset = RTE_BE16(0x2000);
	assert_true(ether_is_special(RTE_BE16(0x0800), ip, m->data_len - 14));
	assert_int_equal(out(&m, &to), ETHER_DROPPED(dhcp));
	rte_pktmbuf_free(m);
}

/* An answer to a client that is one on Ethernet already, with a transaction that is ours, too. */
static void
test_dhcp_other(void **state)
{
	static const uint8_t bare[4] = { 53, 1, 2, 255 };
	struct rte_ether_addr mac = { { 2, 9, 9, 9, 9, 9 } };
	uint32_t xid;
	struct rte_mbuf *m;

	(void)state;
	memcpy(&xid, "\x12\x34\x56\x78", sizeof(xid));
	ether_xid_note(table, xid, &mac);
	m = dhcp_make(2, 1, bare, sizeof(bare), false);
	assert_int_equal(in(&m, from(7, PEER_QPN, true)), ETHER_OK);
	assert_memory_equal(rte_pktmbuf_mtod_offset(m, uint8_t *, 14 + 28 + 28), vm_mac, 6);
	rte_pktmbuf_free(m);
	m = dhcp_make(2, 32, bare, sizeof(bare), false);
	assert_int_equal(in(&m, from(7, PEER_QPN, true)), ETHER_OK);
	assert_memory_equal(rte_pktmbuf_mtod_offset(m, uint8_t *, 14 + 28 + 28), &mac, 6);
	rte_pktmbuf_free(m);
}

/* --- snooping --- */

/* Octets behind a record that are none of a record's, and an address that is no group's. */
static void
test_snoop_records(void **state)
{
	static const uint8_t v3[20 + 8 + 12 + 8] = { 0x45, 0, 0, 48, [8] = 1, 2, [16] = 224, 0, 0,
		22, 0x22, 0, 0, 0, 0, 0, 0, 2, 4, 1, 0, 0, 239, 1, 2, 3, 4, 0, 0, 0, 4, 0, 0, 0,
		239, 1, 2, 4 };
	static const uint8_t report[28] = { 0x45, 0, 0, 28, [8] = 1, 2, [16] = 10, 0, 0, 5, 0x16, 0,
		0, 0, 10, 0, 0, 5 };
	struct ether_ip g = ip4(239, 1, 2, 4);
	struct ether_membership c[4];
	struct rte_mbuf *m = packet(v3, sizeof(v3));

	(void)state;
	assert_int_equal(ether_snoop(m, 0, RTE_BE16(0x0800), c, 4), 2);
	assert_memory_equal(&c[1].group, &g, 16);
	rte_pktmbuf_free(m);
	m = packet(report, sizeof(report));
	assert_int_equal(ether_snoop(m, 0, RTE_BE16(0x0800), c, 4), 0);
	rte_pktmbuf_free(m);
}

/* --- tables --- */

/* The MAC that a peer would have is another's already. */
static void
test_mac_taken(void **state)
{
	struct ipoib_addr a = addr(PEER_QPN, 2), b = addr(PEER_QPN, 3);
	struct rte_ether_addr mac, got;
	struct ether_table_stats s;

	(void)state;
	ether_mac_peer(&a, 0, &mac);
	assert_int_equal(ether_peer_fix(table, &b, &mac), 0);
	got = learn(&a, NULL, from(7, PEER_QPN, false));
	assert_false(rte_is_same_ether_addr(&got, &mac));
	assert_true(ipoib_addr_equal(ether_peer_by_mac(table, &got), &a));
	assert_true(ipoib_addr_equal(ether_peer_by_mac(table, &mac), &b));
	ether_table_stats_get(table, &s);
	assert_int_equal(s.collisions, 1);
}

/* Of three peers behind a LID one moves, each in turn: the others are still found there, and it is not. */
static void
test_lid_moves(void **state)
{
	struct ether_ip other = ip4(10, 0, 0, 99);
	struct rte_ether_addr mac[3], got;
	struct ether_from f;
	struct ipoib_addr a;
	uint16_t moved, lid;
	uint32_t i;

	(void)state;
	for (moved = 0; moved < 3; moved++) {
		lid = 10 + 2 * moved;
		for (i = 0; i < 3; i++) {
			a = addr(PEER_QPN + i, (uint8_t)lid);
			mac[i] = learn(&a, NULL, from(lid, PEER_QPN + i, false));
		}
		a = addr(PEER_QPN + moved, (uint8_t)lid);
		learn(&a, NULL, from(lid + 1, PEER_QPN + moved, false));
		for (i = 0; i < 3; i++) {
			f = from(i == moved ? lid + 1 : lid, PEER_QPN + i, false);
			assert_true(ether_peer_by_source(table, &f, &other, &got));
			assert_true(rte_is_same_ether_addr(&got, &mac[i]));
		}
	}
}

/* An address that moves between peers again and again takes no more room than one that stays. */
static void
test_address_moves(void **state)
{
	struct ipoib_addr a = addr(PEER_QPN, 2), b = addr(PEER_QPN, 3);
	struct ether_from far = from(99, 5, false);
	struct ether_ip ip = ip4(10, 0, 0, 2);
	struct rte_ether_addr mac, got;
	struct ether_table_stats s;
	uint32_t i;

	(void)state;
	for (i = 0; i < 600; i++) {
		mac = learn(i % 2 == 0 ? &a : &b, &ip, from(7, PEER_QPN, false));
		assert_true(ether_peer_by_source(table, &far, &ip, &got));
		assert_true(rte_is_same_ether_addr(&got, &mac));
	}
	ether_table_stats_get(table, &s);
	assert_int_equal(s.full, 0);
	assert_int_equal(s.peers, 2);
}

/* Whoever remembers something of the table is told of each new peer. */
static void
test_gen(void **state)
{
	struct ipoib_addr a = addr(PEER_QPN, 2);
	uint64_t gen = ether_table_gen(table);
	struct rte_ether_addr mac;

	(void)state;
	assert_int_equal(ether_peer_learn(table, &a, NULL, NULL, S, &mac), 0);
	assert_int_not_equal(ether_table_gen(table), gen);
	gen = ether_table_gen(table);
	ether_table_forget(table);
	assert_int_not_equal(ether_table_gen(table), gen);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nd_options),
		TEST(test_nd_owner),
		TEST(test_nd_peer),
		TEST(test_nd_self),
		TEST(test_dhcp_options),
		TEST(test_dhcp_fragments),
		TEST(test_dhcp_other),
		TEST(test_snoop_records),
		TEST(test_mac_taken),
		TEST(test_lid_moves),
		TEST(test_address_moves),
		TEST(test_gen),
	};

	return cmocka_run_group_tests(tests, start, stop);
}

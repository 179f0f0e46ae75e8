/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * mode=ether: frames of the program and packets of the fabric, translated in both directions, one
 * after the other; time passes between them, and tables are so small that they fill.
 */

#include <rte_arp.h>
#include <rte_ip.h>
#include <rte_udp.h>

#include "ether_fixture.h"
#include "fuzz_mbuf.h"

#define DATA_MAX 1800
/* For what makes a packet longer. */
#define TAIL 64
#define PEERS 8
#define LOCALS 4
#define CHANGES 4
/* A DHCP message begins with op, htype and hlen; its cookie is at 236. */
#define BOOTP_LEN 240
#define HTYPE_IB 32
#define ND_RS 133
#define ND_REDIRECT 137

/* Bits of a packet's first octet. */
enum {
	OUT = 1,       /* a frame of the program; else a packet of the fabric */
	KNOWN_LID = 2, /* of the peer that is known */
	MCAST = 4,
	ROOM = 8,
	REPAIR = 16, /* lengths and checksums */
	EVENT = 32,  /* no packet: octets say what happens */
	HAS_GID = 64,
};

/* What stands in a frame for the MAC of the peer that is known. */
static const uint8_t peer_sign[RTE_ETHER_ADDR_LEN] = "PEER!!";

static unsigned int count;
static struct rte_ether_addr peer_mac;
static struct ib_gid bcast;
static uint64_t now;

static void
begin(void)
{
	setup_size(PEERS, LOCALS);
	bcast = port.bcast;
}

/* The same at the start of each input. */
static void
anew(void)
{
	struct ether_ip ip = ip4(10, 0, 0, 2);
	struct ipoib_addr peer = addr(PEER_QPN, 2);

	port.bcast = bcast;
	ether_table_forget(table);
	ether_table_iterate(table, now, 16);
	peer_mac = learn(&peer, &ip, from(7, PEER_QPN, false));
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	now = S;
	assert_int_equal(start(NULL), 0);
	begin();
	return 0;
}

/* --- what comes --- */

static void
repair4(struct rte_ipv4_hdr *ip, uint32_t len)
{
	uint32_t at = rte_ipv4_hdr_len(ip);
	struct rte_udp_hdr *udp = RTE_PTR_ADD(ip, at);

	ip->total_length = rte_cpu_to_be_16((uint16_t)len);
	if (ip->next_proto_id == IPPROTO_UDP && at >= sizeof(*ip) && len >= at + sizeof(*udp))
		udp->dgram_len = rte_cpu_to_be_16((uint16_t)(len - at));
}

static void
repair6(struct rte_ipv6_hdr *ip, uint32_t len)
{
	uint32_t l4 = len - (uint32_t)sizeof(*ip);
	uint8_t *msg = (uint8_t *)(ip + 1);
	uint16_t sum;

	ip->payload_len = rte_cpu_to_be_16((uint16_t)l4);
	if (ip->proto != IPPROTO_ICMPV6 || l4 < 8)
		return;
	memset(msg + 2, 0, sizeof(sum));
	sum = rte_ipv6_udptcp_cksum(ip, msg);
	memcpy(msg + 2, &sum, sizeof(sum));
}

static void
repair(rte_be16_t type, uint8_t *ip, uint32_t len)
{
	if (type == RTE_BE16(RTE_ETHER_TYPE_IPV4) && len >= sizeof(struct rte_ipv4_hdr))
		repair4((struct rte_ipv4_hdr *)ip, len);
	else if (type == RTE_BE16(RTE_ETHER_TYPE_IPV6) && len >= sizeof(struct rte_ipv6_hdr))
		repair6((struct rte_ipv6_hdr *)ip, len);
}

static void
put_peer(uint8_t *data, uint32_t len)
{
	uint32_t i;

	for (i = 0; i + sizeof(peer_sign) <= len; i++) {
		if (memcmp(&data[i], peer_sign, sizeof(peer_sign)) == 0)
			memcpy(&data[i], &peer_mac, sizeof(peer_mac));
	}
}

/* --- what must be true of what is sent --- */

static void
check_nd(const struct rte_ipv6_hdr *ip, uint32_t len)
{
	const uint8_t *msg = (const uint8_t *)(ip + 1);

	if (ip->proto != IPPROTO_ICMPV6 || len < sizeof(*ip) + 8 || msg[0] < ND_RS ||
			msg[0] > ND_REDIRECT)
		return;
	assert_int_equal(ip->hop_limits, 255);
	assert_int_equal(rte_ipv6_udptcp_cksum_verify(ip, msg), 0);
}

/* Lengths of a packet that was translated, and checksums of what was written into it. */
static void
check_ip(rte_be16_t type, const uint8_t *ip, uint32_t len, bool trimmed)
{
	uint32_t said;

	if (type == RTE_BE16(RTE_ETHER_TYPE_IPV6)) {
		said = rte_be_to_cpu_16(((const struct rte_ipv6_hdr *)ip)->payload_len) +
				(uint32_t)sizeof(struct rte_ipv6_hdr);
		check_nd((const struct rte_ipv6_hdr *)ip, len);
	} else {
		said = rte_be_to_cpu_16(((const struct rte_ipv4_hdr *)ip)->total_length);
	}
	if (trimmed)
		assert_int_equal(said, len);
	else
		assert_in_range(said, 1, len);
}

/* Where a DHCP message is in an IPv4 packet, or NULL. */
static const uint8_t *
bootp(rte_be16_t type, const uint8_t *ip, uint32_t len)
{
	uint32_t at;

	if (type != RTE_BE16(RTE_ETHER_TYPE_IPV4) || !ether_is_special(type, ip, len))
		return NULL;
	at = rte_ipv4_hdr_len((const struct rte_ipv4_hdr *)ip) + sizeof(struct rte_udp_hdr);
	return len >= at + BOOTP_LEN ? ip + at : NULL;
}

/* Is it a client's whose hardware address is Ethernet's? */
static bool
asks(rte_be16_t type, const uint8_t *ip, uint32_t len)
{
	const struct rte_ipv4_hdr *h = (const struct rte_ipv4_hdr *)ip;
	const uint8_t *msg = NULL;

	/* Padding is none of it. */
	if (len >= sizeof(*h))
		msg = bootp(type, ip, RTE_MIN(len, rte_be_to_cpu_16(h->total_length)));
	return msg != NULL && msg[0] == 1 && msg[1] == 1 && msg[2] == RTE_ETHER_ADDR_LEN;
}

/* Then what is sent says what IPoIB's clients say, and its sums were made anew. */
static void
check_request(rte_be16_t type, const uint8_t *ip, uint32_t len)
{
	const uint8_t *msg = bootp(type, ip, len);

	assert_non_null(msg);
	assert_int_equal(rte_ipv4_cksum((const struct rte_ipv4_hdr *)ip), 0);
	assert_int_equal(rte_ipv4_udptcp_cksum_verify((const struct rte_ipv4_hdr *)ip,
					 msg - sizeof(struct rte_udp_hdr)),
			0);
	assert_true(msg[1] == HTYPE_IB && msg[2] == 0 && (msg[10] & 0x80) != 0);
}

static void
check_out(const struct rte_mbuf *m, const struct ipoib_addr *to, bool request)
{
	const struct ipoib_hdr *hdr = rte_pktmbuf_mtod(m, const struct ipoib_hdr *);
	const uint8_t *ip = (const uint8_t *)(hdr + 1);
	uint32_t len = m->data_len - (uint32_t)sizeof(*hdr);

	assert_int_equal(hdr->reserved, 0);
	if (ib_gid_is_multicast(&to->gid))
		assert_int_equal(ipoib_addr_qpn(to), IB_QPN_MULTICAST);
	else
		assert_true(ipoib_addr_is_unicast_valid(to));
	if (hdr->type == RTE_BE16(IPOIB_TYPE_ARP)) {
		assert_int_equal(ipoib_arp_check((const struct ipoib_arp *)ip, len), 0);
		return;
	}
	check_ip(hdr->type, ip, len, true);
	if (request)
		check_request(hdr->type, ip, len);
}

/* The group's MAC, and the group of this MAC: of a group of the link it is the same one. */
static void
check_group(rte_be16_t type, const uint8_t *ip)
{
	static const uint8_t link6[] = { 0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
	struct rte_ether_addr mac;
	struct ipoib_addr group;
	struct ib_gid mgid;
	bool whole;

	ether_group_mac(type, ip, &mac);
	assert_true(rte_is_multicast_ether_addr(&mac));
	if (ether_mac_group(&mac, &bcast, &mgid) != 0)
		return;
	ether_group_addr(type, ip, &bcast, &group);
	assert_true(ib_gid_is_multicast(&mgid) && ib_gid_is_multicast(&group.gid));
	if (type == RTE_BE16(RTE_ETHER_TYPE_IPV4))
		whole = ip[16] == 224 && ip[17] < 128;
	else
		whole = memcmp(&ip[24], link6, sizeof(link6)) == 0 && ip[36] != 0xff;
	if (whole)
		assert_memory_equal(&mgid, &group.gid, sizeof(mgid));
}

static void
check_in(const struct rte_mbuf *m, const struct ether_from *f)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	const uint8_t *ip = (const uint8_t *)(eth + 1);

	assert_true(rte_is_valid_assigned_ether_addr(&eth->src_addr));
	assert_false(rte_is_same_ether_addr(&eth->src_addr, &port.mac));
	assert_int_equal(rte_is_multicast_ether_addr(&eth->dst_addr), f->mcast);
	if (eth->ether_type == RTE_BE16(RTE_ETHER_TYPE_ARP)) {
		assert_int_equal(m->data_len, sizeof(*eth) + sizeof(struct rte_arp_hdr));
		return;
	}
	check_ip(eth->ether_type, ip, m->data_len - (uint32_t)sizeof(*eth), false);
	check_group(eth->ether_type, ip);
}

/* What the program says of groups. */
static void
snoop(const struct rte_mbuf *m)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	struct ether_membership change[CHANGES];
	uint32_t i, n = ether_snoop(m, sizeof(*eth), eth->ether_type, change, CHANGES);

	assert_in_range(n, 0, CHANGES);
	for (i = 0; i < n; i++)
		assert_true(change[i].group.b[0] == 0xff || change[i].group.b[12] >> 4 == 0xe);
}

/* --- one thing after the other --- */

static void
event(struct fuzz_input *input)
{
	uint8_t what = fuzz_u8(input);

	switch (what % 3) {
	case 0:
		now += fuzz_u8(input) * S;
		ether_table_iterate(table, now, PEERS);
		break;
	case 1: /* the link is lost, or there again */
		port.bcast = (what & 4) != 0 ? (struct ib_gid){ 0 } : bcast;
		break;
	default:
		ether_table_forget(table);
	}
}

static struct ether_from
from_flags(uint8_t flags)
{
	struct ether_from f = from(
			(flags & KNOWN_LID) != 0 ? 7 : 9, PEER_QPN, (flags & MCAST) != 0);

	if ((flags & HAS_GID) != 0) {
		f.has_gid = true;
		f.gid = addr(PEER_QPN, 2).gid;
	}
	return f;
}

/* buf: of len octets, behind the link's header of l2. */
static void
translate(const uint8_t *buf, uint32_t len, uint32_t l2, rte_be16_t type, uint8_t flags)
{
	uint16_t room = (flags & ROOM) != 0 ? TAIL : 0, other = IPOIB_HDR_LEN + RTE_ETHER_HDR_LEN;
	struct rte_mbuf *m = fuzz_exact(packet(buf, (uint16_t)len), room);
	struct ether_from f = from_flags(flags);
	struct ipoib_addr to;
	int ret;

	if ((flags & OUT) != 0) {
		snoop(m);
		ret = ether_out(table, &port, now, &m, &to);
	} else {
		ret = ether_in(table, &port, now, &m, &f);
	}
	if (ret == ETHER_OK) {
		assert_int_equal(m->pkt_len, m->data_len);
		/* An option of 8 octets becomes one of 24 at most. */
		assert_in_range(m->pkt_len, 0, 3 * len);
		if ((flags & OUT) != 0)
			check_out(m, &to, asks(type, buf + l2, len - l2));
		else
			check_in(m, &f);
		/* What carries no address is passed on as it is. */
		other = (uint16_t)(other - l2);
		if (!ether_is_special(type, buf + l2, len - l2))
			assert_memory_equal(rte_pktmbuf_mtod_offset(m, const void *, other),
					buf + l2, m->data_len - other);
	}
	rte_pktmbuf_free(m);
	assert_int_equal(rte_mempool_avail_count(pool), 255);
}

static void
one(struct fuzz_input *input)
{
	uint8_t flags = fuzz_u8(input), buf[DATA_MAX];
	bool is_out = (flags & OUT) != 0;
	uint32_t l2 = is_out ? RTE_ETHER_HDR_LEN : IPOIB_HDR_LEN, want, len;
	rte_be16_t type;

	if ((flags & EVENT) != 0) {
		event(input);
		return;
	}
	want = fuzz_u16(input) % DATA_MAX;
	len = fuzz_rest(input, buf, want);
	input->data += len;
	input->size -= len;
	/* Bursts give nothing shorter. */
	if (len < l2)
		return;
	put_peer(buf, len);
	memcpy(&type, &buf[is_out ? 2 * RTE_ETHER_ADDR_LEN : 0], sizeof(type));
	if ((flags & REPAIR) != 0)
		repair(type, buf + l2, len - l2);
	translate(buf, len, l2, type, flags);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };

	anew();
	while (input.size > 0)
		one(&input);
	ether_table_iterate(table, now, 16);
	if (++count % FUZZ_ROUND == 0) {
		teardown(NULL);
		begin();
	}
	return 0;
}

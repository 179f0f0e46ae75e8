/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef FUZZ_SENT_H
#define FUZZ_SENT_H

/*
 * What fuzz_control demands of each packet that the control core sends: lengths and checksums that
 * are right, a size that the link takes, errors only to whom they may be sent, and not more of all
 * than what was said and the time that passed account for.
 */

#include <rte_icmp.h>

#include "control_fixture.h"

#define SENT_MAX 4096
/* Hop limit of what is routed, which is none of ours: it may hold anything. */
#define SENT_ROUTED_HOPS 40
#define ICMP4_ERROR_MAX 576
#define ICMP6_ERROR_MAX 1280

/*
 * So many packets for each that came: it may be cut, or say of a group in 8 octets that it is left,
 * and routers ask whether somebody else is there. And so many for each second, and for each input:
 * what waited, and what is said anyway.
 */
#define SENT_EACH(len) (4 + (len) / 8)
#define SENT_SECOND 64
#define SENT_FREE 64
#define SENT_FRAME 1536
/* An Ethernet frame of the least length, for 8 octets. */
#define SENT_TIMES 8
#define SENT_HEADERS 128

/* Of the input: octets and packets sent, questions to the SA, and how many may be. */
static struct {
	uint64_t octets, octets_max;
	uint64_t packets, packets_max;
	uint64_t asked_max;
	uint16_t mtu[2]; /* of ETH and IB; what waits may be as large as at first */
} sent;

static inline uint64_t
sent_asked(void)
{
	return fx.sent + fx.group_joins + fx.gets;
}

/* For something that is not a packet. */
static inline void
sent_free(uint64_t packets)
{
	sent.packets_max += packets;
	sent.octets_max += packets * SENT_FRAME;
	sent.asked_max += packets;
}

static inline void
sent_begin(void)
{
	memset(&sent, 0, sizeof(sent));
	sent.asked_max = sent_asked();
	sent_free(SENT_FREE);
	sent.mtu[ETH] = fx.dp->port[ETH].mtu;
	sent.mtu[IB] = fx.dp->port[IB].mtu;
}

/* A packet of len octets came. */
static inline void
sent_allow(uint32_t len)
{
	sent.packets_max += SENT_EACH(len);
	sent.octets_max += SENT_TIMES * len + SENT_HEADERS;
	sent.asked_max++;
}

static inline void
sent_time(uint64_t us)
{
	sent_free(us * SENT_SECOND / S);
}

/* A group, broadcast or nobody: to whom no error is sent (RFC 1812 4.3.2.7). */
static inline bool
sent_is_nobody4(rte_be32_t be)
{
	uint32_t ip = rte_be_to_cpu_32(be);

	return ip >> 28 >= 14 || ip >> 24 == 0 || ip >> 24 == 127 || ip == (ETH_US | 0xff) ||
			ip == (IB_US | 0xff);
}

static inline void
sent_check_icmp4(const struct rte_ipv4_hdr *ip, const uint8_t *msg, uint32_t len)
{
	assert_in_range(len, sizeof(struct rte_icmp_hdr), UINT16_MAX);
	assert_int_equal(rte_raw_cksum(msg, len), 0xffff);
	assert_false(sent_is_nobody4(ip->dst_addr));
	if (msg[0] != 0)
		assert_in_range(rte_be_to_cpu_16(ip->total_length), 0, ICMP4_ERROR_MAX);
}

/* Data: from the IP header on. */
static inline void
sent_check4(const uint8_t *data, uint32_t len)
{
	const struct rte_ipv4_hdr *ip = (const struct rte_ipv4_hdr *)data;
	uint32_t at = rte_ipv4_hdr_len(ip), total = rte_be_to_cpu_16(ip->total_length);

	assert_in_range(len, sizeof(*ip), UINT16_MAX);
	assert_in_range(at, sizeof(*ip), total);
	assert_in_range(total, at, len);
	assert_int_equal(rte_ipv4_cksum(ip), 0);
	if ((ip->fragment_offset & RTE_BE16(0x3fff)) == 0 && ip->time_to_live != SENT_ROUTED_HOPS &&
			ip->next_proto_id == IPPROTO_ICMP)
		sent_check_icmp4(ip, data + at, total - at);
}

static inline void
sent_check6(const uint8_t *data, uint32_t len)
{
	const struct rte_ipv6_hdr *ip = (const struct rte_ipv6_hdr *)data;
	const uint8_t *msg = (const uint8_t *)(ip + 1);
	struct dp_ip dst = dp_ip6(data + offsetof(struct rte_ipv6_hdr, dst_addr));
	uint32_t total = rte_be_to_cpu_16(ip->payload_len) + (uint32_t)sizeof(*ip);

	assert_in_range(len, sizeof(*ip), UINT16_MAX);
	assert_in_range(total, sizeof(*ip), len);
	if (ip->hop_limits == SENT_ROUTED_HOPS || ip->proto != IPPROTO_ICMPV6 ||
			total < sizeof(*ip) + 8)
		return;
	assert_int_equal(rte_ipv6_udptcp_cksum_verify(ip, msg), 0);
	if (msg[0] >= 128)
		return;
	assert_false(dp_ip_is_mcast(&dst) || dp_ip_is_zero(&dst));
	assert_in_range(total, 0, ICMP6_ERROR_MAX);
}

static inline void
sent_check(struct rte_mbuf *m, uint16_t port)
{
	uint32_t l2 = port == ETH ? RTE_ETHER_HDR_LEN : IPOIB_HDR_LEN, len = m->pkt_len - l2;
	static uint8_t buf[SENT_MAX];
	const uint8_t *data = rte_pktmbuf_read(m, 0, m->pkt_len, buf);
	uint16_t type;

	assert_non_null(data);
	assert_in_range(m->pkt_len, l2, SENT_MAX);
	assert_in_range(len, 0, RTE_MAX(sent.mtu[port], RTE_ETHER_MIN_LEN));
	type = port == ETH ? (uint16_t)(data[12] << 8 | data[13])
			   : (uint16_t)(data[0] << 8 | data[1]);
	if (port == ETH)
		assert_memory_equal(data + RTE_ETHER_ADDR_LEN, &fx.dp->port[ETH].mac,
				RTE_ETHER_ADDR_LEN);
	else
		assert_true(data[2] == 0 && data[3] == 0);
	if (type == RTE_ETHER_TYPE_IPV4)
		sent_check4(data + l2, len);
	else if (type == RTE_ETHER_TYPE_IPV6)
		sent_check6(data + l2, len);
	else
		assert_int_equal(type, RTE_ETHER_TYPE_ARP);
}

static inline void
sent_look(void)
{
	struct rte_mbuf *m;
	uint16_t port;

	while ((m = fx_sent(&port)) != NULL) {
		sent.packets++;
		sent.octets += m->pkt_len;
		sent_check(m, port);
		fx_free(m);
	}
}

/* Nobody is flooded by us for what somebody else has said. */
static inline void
sent_end(void)
{
	assert_in_range(sent.packets, 0, sent.packets_max);
	assert_in_range(sent.octets, 0, sent.octets_max);
	assert_in_range(sent_asked(), 0, sent.asked_max);
}

#endif /* FUZZ_SENT_H */

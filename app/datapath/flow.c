/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <rte_ip.h>
#include <rte_jhash.h>
#include <rte_random.h>

#include "pkt.h"

/* Of this process: whoever does not know it cannot aim all flows at one path. */
static uint32_t flow_seed;

void
flow_init(void)
{
	while (flow_seed == 0)
		flow_seed = (uint32_t)rte_rand();
}

static void
upper4(const struct rte_mbuf *m, struct pkt_upper *u)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);
	uint16_t mask = RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK;

	u->proto = ip->next_proto_id;
	u->frag = (ip->fragment_offset & rte_cpu_to_be_16(mask)) != 0;
	u->off = (uint16_t)((ip->version_ihl & RTE_IPV4_HDR_IHL_MASK) * RTE_IPV4_IHL_MULTIPLIER);
}

/* Chains of options, of which the first two octets are next header and length (RFC 8200 4.2). */
static bool
is_ext(uint8_t proto)
{
	return proto == IPPROTO_HOPOPTS || proto == IPPROTO_ROUTING || proto == IPPROTO_DSTOPTS;
}

static void
upper6(const struct rte_mbuf *m, struct pkt_upper *u)
{
	const uint8_t *ip = rte_pktmbuf_mtod(m, const uint8_t *);
	int i;

	u->proto = ip[6];
	u->frag = false;
	u->off = sizeof(struct rte_ipv6_hdr);
	for (i = 0; i < PKT_EXT_MAX && is_ext(u->proto); i++) {
		if (u->off + 8u > m->data_len)
			return;
		u->proto = ip[u->off];
		u->off = (uint16_t)(u->off + 8 * (ip[u->off + 1] + 1));
	}
	/* What is behind is the same for all fragments of a packet only in the first of them. */
	u->frag = u->proto == IPPROTO_FRAGMENT;
}

void
pkt_upper(const struct rte_mbuf *m, struct pkt_upper *u)
{
	if (*rte_pktmbuf_mtod(m, const uint8_t *) >> 4 == 6)
		upper6(m, u);
	else
		upper4(m, u);
}

/* TCP's and UDP's ports as they are in the packet; 0 where there are none. */
static uint32_t
flow_ports(const struct rte_mbuf *m, const struct pkt_upper *u)
{
	uint32_t ports;

	if (u->frag || (u->proto != IPPROTO_TCP && u->proto != IPPROTO_UDP) ||
			u->off + sizeof(ports) > m->data_len)
		return 0;
	memcpy(&ports, rte_pktmbuf_mtod_offset(m, const void *, u->off), sizeof(ports));
	return ports;
}

static uint32_t
hash4(const struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);
	struct pkt_upper u;

	upper4(m, &u);
	return rte_jhash_3words(ip->src_addr, ip->dst_addr, flow_ports(m, &u) ^ u.proto, flow_seed);
}

static uint32_t
hash6(const struct rte_mbuf *m)
{
	const uint8_t *ip = rte_pktmbuf_mtod(m, const uint8_t *);
	struct pkt_upper u;
	uint32_t word[11], label;

	upper6(m, &u);
	memcpy(&label, ip, sizeof(label));
	memcpy(word, &ip[8], 32);
	word[8] = flow_ports(m, &u);
	word[9] = u.proto;
	word[10] = label & RTE_BE32(0x000fffff);
	return rte_jhash_32b(word, RTE_DIM(word), flow_seed);
}

uint32_t
dp_flow_hash(const struct rte_mbuf *m)
{
	return *rte_pktmbuf_mtod(m, const uint8_t *) >> 4 == 6 ? hash6(m) : hash4(m);
}

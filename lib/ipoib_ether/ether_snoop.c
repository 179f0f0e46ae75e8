/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* What IGMP and MLD reports say of membership: so much as a switch's snooping wants to know. */

#include <string.h>

#include <rte_ip.h>

#include "ether_priv.h"

/* Types of messages (RFC 1112, 2236, 3376; 2710, 3810). */
#define IGMP_V1_REPORT 0x12
#define IGMP_V2_REPORT 0x16
#define IGMP_LEAVE 0x17
#define IGMP_V3_REPORT 0x22
#define MLD_REPORT 131
#define MLD_DONE 132
#define MLD_V2_REPORT 143

struct changes {
	struct ether_membership *out;
	uint32_t nb, max;
};

static void
change(struct changes *c, const struct ether_ip *group, bool join)
{
	if (c->nb == c->max)
		return;
	c->out[c->nb].group = *group;
	c->out[c->nb++].join = join;
}

static struct ether_ip
group_of(const uint8_t *at, bool is4)
{
	struct ether_ip g;
	rte_be32_t ip;

	if (is4) {
		memcpy(&ip, at, sizeof(ip));
		return ether_ip4(ip);
	}
	memcpy(&g, at, sizeof(g));
	return g;
}

/*
 * Records of an IGMPv3 or MLDv2 report: type, length of auxiliary data, number of sources, group.
 * Who includes some source, or excludes some, is a member; who includes none is not.
 */
static void
records(struct changes *c, const uint8_t *msg, uint32_t len, bool is4)
{
	uint32_t addr = is4 ? 4 : 16, at = 8, nb, i, sources, size;

	if (len < 8)
		return;
	nb = (uint32_t)(msg[6] << 8 | msg[7]);
	for (i = 0; i < nb && at + 4 + addr <= len; i++) {
		const uint8_t *r = &msg[at];
		struct ether_ip g = group_of(&r[4], is4);

		sources = (uint32_t)(r[2] << 8 | r[3]);
		size = 4 + addr + sources * addr + r[1] * 4u;
		if (at + size > len)
			return;
		at += size;
		switch (r[0]) {
		case 2: /* is, or becomes, exclude */
		case 4:
			change(c, &g, true);
			break;
		case 1: /* include, or allow new sources */
		case 5:
			if (sources > 0)
				change(c, &g, true);
			break;
		case 3: /* becomes include */
			change(c, &g, sources > 0);
			break;
		default:
			break;
		}
	}
}

static void
igmp(struct changes *c, const uint8_t *ip, uint32_t len)
{
	uint32_t ihl = (ip[0] & 0xf) * 4u;
	const uint8_t *msg = &ip[ihl];
	struct ether_ip g;

	if (ip[9] != IPPROTO_IGMP || ihl < sizeof(struct rte_ipv4_hdr) || len < ihl + 8)
		return;
	g = group_of(&msg[4], true);
	if (msg[0] == IGMP_V1_REPORT || msg[0] == IGMP_V2_REPORT)
		change(c, &g, true);
	else if (msg[0] == IGMP_LEAVE)
		change(c, &g, false);
	else if (msg[0] == IGMP_V3_REPORT)
		records(c, msg, len - ihl, true);
}

/* Behind a hop-by-hop header with the router alert. */
static void
mld(struct changes *c, const uint8_t *ip, uint32_t len)
{
	uint32_t at = sizeof(struct rte_ipv6_hdr);
	const uint8_t *msg;
	struct ether_ip g;

	if (ip[6] != IPPROTO_HOPOPTS || len < at + 8 || ip[at] != IPPROTO_ICMPV6)
		return;
	at += 8 + ip[at + 1] * 8u;
	if (len < at + 24)
		return;
	msg = &ip[at];
	g = group_of(&msg[8], false);
	if (msg[0] == MLD_REPORT || msg[0] == MLD_DONE)
		change(c, &g, msg[0] == MLD_REPORT);
	else if (msg[0] == MLD_V2_REPORT)
		records(c, msg, len - at, false);
}

/* Not a group, or one that nobody joins (all-nodes of the interface). */
static bool
is_group(const struct ether_ip *ip)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (memcmp(ip->b, mapped, sizeof(mapped)) == 0)
		return (ip->b[12] & 0xf0) == 0xe0;
	return ip->b[0] == 0xff && (ip->b[1] & 0xf) > 1;
}

uint32_t
ether_snoop(const struct rte_mbuf *m, uint32_t l3_off, rte_be16_t type,
		struct ether_membership *out, uint32_t max)
{
	struct changes c = { .out = out, .max = max };
	const uint8_t *ip;
	uint32_t len, i, n = 0;

	if (m->data_len < l3_off + sizeof(struct rte_ipv4_hdr))
		return 0;
	ip = rte_pktmbuf_mtod_offset(m, const uint8_t *, l3_off);
	len = m->data_len - l3_off;
	if (type == RTE_BE16(RTE_ETHER_TYPE_IPV4))
		igmp(&c, ip, len);
	else if (type == RTE_BE16(RTE_ETHER_TYPE_IPV6) && len >= sizeof(struct rte_ipv6_hdr))
		mld(&c, ip, len);
	for (i = 0; i < c.nb; i++) {
		if (is_group(&out[i].group))
			out[n++] = out[i];
	}
	return n;
}

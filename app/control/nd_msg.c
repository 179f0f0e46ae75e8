/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Messages of Neighbour Discovery (RFC 4861 4). Their link-layer address option is 8 octets on
 * Ethernet and 24 on InfiniBand (RFC 4391 9.3): two zero octets, then the 20-octet address.
 */

#include "nd.h"

#define OPT_UNIT 8
#define OPT_LLADDR_ETH 8
#define OPT_LLADDR_IB 24

const struct dp_ip nd_all_nodes = { { [0] = 0xff, [1] = 0x02, [15] = 1 } };
const struct dp_ip nd_all_routers = { { [0] = 0xff, [1] = 0x02, [15] = 2 } };
/* The solicited-node group of all subnets' anycast addresses (prefixes of up to 104 bits). */
const struct dp_ip nd_anycast_node = { { [0] = 0xff, [1] = 0x02, [11] = 1, [12] = 0xff } };

static const uint8_t solicited_prefix[13] = { [0] = 0xff, [1] = 0x02, [11] = 1, [12] = 0xff };

void
nd_solicited_node(const struct dp_ip *ip, struct dp_ip *group)
{
	memcpy(group->b, solicited_prefix, sizeof(solicited_prefix));
	memcpy(&group->b[13], &ip->b[13], 3);
}

/* --- reading --- */

static bool
lladdr_read(const struct ctl_port *p, const uint8_t *opt, uint32_t len, struct nd_info *info)
{
	if (p->kind == DP_PORT_ETH) {
		if (len != OPT_LLADDR_ETH)
			return false;
		memcpy(&info->lladdr.mac, &opt[2], sizeof(info->lladdr.mac));
		info->has_lladdr = rte_is_valid_assigned_ether_addr(&info->lladdr.mac) != 0;
	} else {
		if (len != OPT_LLADDR_IB)
			return false;
		memcpy(&info->lladdr.lladdr, &opt[4], IPOIB_ADDR_LEN);
		info->has_lladdr = ipoib_addr_is_unicast_valid(&info->lladdr.lladdr);
	}
	return info->has_lladdr;
}

/* Unknown options and those that do not fit the message are skipped, as RFC 4861 4.6 has it. */
static bool
option_read(const struct ctl_port *p, const uint8_t *opt, uint32_t len, struct nd_info *info)
{
	const struct nd_opt_mtu *mtu = (const void *)opt;
	uint8_t lladdr = info->type == ND_NA ? ND_OPT_TLLA : ND_OPT_SLLA;

	if (opt[0] == lladdr)
		return lladdr_read(p, opt, len, info);
	if (opt[0] == ND_OPT_NONCE && len == OPT_UNIT) {
		info->has_nonce = true;
		memcpy(info->nonce, &opt[2], sizeof(info->nonce));
	}
	if (opt[0] == ND_OPT_MTU && len == sizeof(*mtu))
		info->mtu = rte_be_to_cpu_32(mtu->mtu);
	return true;
}

static bool
options_read(const struct ctl_port *p, const uint8_t *opt, uint32_t left, struct nd_info *info)
{
	uint32_t len;

	for (; left > 0; opt += len, left -= len) {
		if (left < OPT_UNIT)
			return false;
		len = opt[1] * (uint32_t)OPT_UNIT;
		if (len == 0 || len > left || !option_read(p, opt, len, info))
			return false;
	}
	return true;
}

/* Octets of a message in front of its options; 0: no message of ours. */
static uint32_t
fixed_len(uint8_t type)
{
	switch (type) {
	case ND_RS:
		return sizeof(struct nd_rs);
	case ND_RA:
		return sizeof(struct nd_ra);
	case ND_NS:
	case ND_NA:
		return sizeof(struct nd_ns);
	case ND_REDIRECT:
		return sizeof(struct nd_ns) + sizeof(struct dp_ip);
	default:
		return 0;
	}
}

/* RFC 4861 6.1.1, 6.1.2, 7.1.1, 7.1.2, without what the length and the options say. */
static bool
rules_ok(const struct nd_info *info)
{
	bool nobody = dp_ip_is_zero(&info->src);

	if (dp_ip_is_mcast(&info->src))
		return false;
	switch (info->type) {
	case ND_RS:
		return !(nobody && info->has_lladdr);
	case ND_RA:
		return dp_ip_is_linklocal6(&info->src);
	case ND_NS:
		if (nobody &&
				(info->has_lladdr ||
						memcmp(info->dst.b, solicited_prefix,
								sizeof(solicited_prefix)) != 0))
			return false;
		return !dp_ip_is_mcast(&info->target) && !dp_ip_is_zero(&info->target);
	case ND_NA:
		if (dp_ip_is_mcast(&info->dst) && (info->flags & ND_NA_SOLICITED) != 0)
			return false;
		return !nobody && !dp_ip_is_mcast(&info->target) && !dp_ip_is_zero(&info->target);
	default:
		return true;
	}
}

static void
fixed_read(const uint8_t *msg, struct nd_info *info)
{
	const struct nd_ns *ns = (const void *)msg;

	if (info->type == ND_NS || info->type == ND_NA) {
		info->flags = ns->flags;
		info->target = dp_ip6(ns->target);
	} else if (info->type == ND_RA) {
		info->ra = (const void *)msg;
	}
}

bool
nd_read(const struct ctl_port *p, const struct rte_mbuf *m, struct nd_info *info)
{
	const struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv6_hdr *);
	const uint8_t *msg = (const void *)(ip + 1);
	uint32_t len, fixed;

	*info = (struct nd_info){ 0 };
	/* No extension headers: hosts send none here, and fragments are forbidden (RFC 6980). */
	if (m->data_len < sizeof(*ip) + sizeof(struct nd_rs) || ip->proto != IPPROTO_ICMPV6 ||
			ip->hop_limits != ND_HOP_LIMIT)
		return false;
	len = rte_be_to_cpu_16(ip->payload_len);
	info->type = msg[0];
	fixed = fixed_len(info->type);
	if (fixed == 0 || len < fixed || len > m->data_len - sizeof(*ip) || msg[1] != 0)
		return false;
	info->src = dp_ip6((const uint8_t *)&ip->src_addr);
	info->dst = dp_ip6((const uint8_t *)&ip->dst_addr);
	fixed_read(msg, info);
	return options_read(p, msg + fixed, len - fixed, info) && rules_ok(info);
}

/* --- writing --- */

struct rte_mbuf *
nd_new(struct ctl_port *p, enum nd_type type, const struct dp_ip *src, const struct dp_ip *dst,
		uint16_t len, void **msg)
{
	struct rte_mbuf *m;
	struct rte_ipv6_hdr *ip;

	if (!p->up)
		return NULL;
	m = ctl_alloc(p->c, p->id);
	if (m == NULL)
		return NULL;
	ip = (struct rte_ipv6_hdr *)rte_pktmbuf_append(m, sizeof(*ip) + len);
	if (ip == NULL) {
		ctl_drop(p->c, DP_DROP_nombuf, m);
		return NULL;
	}
	memset(ip, 0, sizeof(*ip) + len);
	ip->vtc_flow = RTE_BE32(6u << 28);
	ip->proto = IPPROTO_ICMPV6;
	ip->hop_limits = ND_HOP_LIMIT;
	memcpy(&ip->src_addr, src->b, sizeof(src->b));
	memcpy(&ip->dst_addr, dst->b, sizeof(dst->b));
	*msg = ip + 1;
	*(uint8_t *)*msg = type;
	return m;
}

void *
nd_opt_add(struct rte_mbuf *m, uint8_t type, uint16_t len)
{
	uint8_t *opt = (uint8_t *)rte_pktmbuf_append(m, len);

	if (opt == NULL)
		return NULL;
	memset(opt, 0, len);
	opt[0] = type;
	opt[1] = (uint8_t)(len / OPT_UNIT);
	return opt;
}

bool
nd_opt_lladdr(struct ctl_port *p, struct rte_mbuf *m, uint8_t type, const struct dp_adj *peer)
{
	bool eth = p->kind == DP_PORT_ETH;
	struct dp_adj own;
	uint8_t *opt;

	opt = nd_opt_add(m, type, eth ? OPT_LLADDR_ETH : OPT_LLADDR_IB);
	if (opt == NULL)
		return false;
	l3_own_lladdr(p, peer, &own);
	if (eth)
		memcpy(&opt[2], &own.mac, sizeof(own.mac));
	else
		memcpy(&opt[4], &own.lladdr, IPOIB_ADDR_LEN);
	return true;
}

void
nd_finish(struct ctl_port *p, struct rte_mbuf *m, const struct dp_adj *lladdr)
{
	struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod(m, struct rte_ipv6_hdr *);
	struct nd_rs *msg = (struct nd_rs *)(ip + 1);
	struct dp_ip dst = dp_ip6((const uint8_t *)&ip->dst_addr);

	ip->payload_len = rte_cpu_to_be_16((uint16_t)(m->pkt_len - sizeof(*ip)));
	msg->cksum = 0;
	msg->cksum = rte_ipv6_udptcp_cksum(ip, msg);
	if (lladdr != NULL)
		l3_encap(p, lladdr, RTE_ETHER_TYPE_IPV6, m);
	else if (dp_ip_is_mcast(&dst))
		l3_mcast_send(p, &dst, m);
	else
		l3_send(p->c, p->id, &dst, m);
}

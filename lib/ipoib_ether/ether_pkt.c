/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Frames and packets of any kind, both ways; ARP here, ND and DHCP in files of their own. */

#include <errno.h>
#include <string.h>

#include <rte_arp.h>
#include <rte_ip.h>

#include "ether_priv.h"

#define ARP_ETHER 1

bool
ether_is_special(rte_be16_t type, const void *ip, uint32_t len)
{
	switch (type) {
	case RTE_BE16(RTE_ETHER_TYPE_ARP):
	case RTE_BE16(RTE_ETHER_TYPE_RARP):
		return true;
	case RTE_BE16(RTE_ETHER_TYPE_IPV4):
		return ether_is_dhcp(ip, len);
	case RTE_BE16(RTE_ETHER_TYPE_IPV6):
		return ether_is_nd(ip, len);
	default:
		return false;
	}
}

/* Headers of one segment that is nobody else's are written in place. */
static int
whole(struct rte_mbuf *m)
{
	return rte_pktmbuf_linearize(m) == 0 ? 0 : ETHER_DROPPED(nombuf);
}

/* The packet's length becomes len; what is in it is the caller's to write. */
static void *
resize(struct rte_mbuf *m, uint16_t len)
{
	if (m->data_off + len > m->buf_len)
		m->data_off = RTE_MIN(m->data_off, (uint16_t)(m->buf_len - len));
	if (m->data_off + len > m->buf_len)
		return NULL;
	m->data_len = len;
	m->pkt_len = len;
	return rte_pktmbuf_mtod(m, void *);
}

static void
local_note(struct ether_table *t, rte_be32_t ip, const struct rte_ether_addr *mac, uint64_t now_us)
{
	struct ether_ip key = ether_ip4(ip);

	if (ip != 0)
		ether_local_learn(t, &key, mac, now_us);
}

/* The peer's address, or the broadcast group's. @return whether there is one */
static bool
dest_addr(const struct ether_table *t, const struct ether_port *port,
		const struct rte_ether_addr *dst, struct ipoib_addr *to)
{
	const struct ipoib_addr *peer;

	if (rte_is_multicast_ether_addr(dst)) {
		ipoib_addr_set(to, IB_QPN_MULTICAST, &port->bcast);
		return true;
	}
	peer = ether_peer_by_mac(t, dst);
	if (peer == NULL)
		return false;
	*to = *peer;
	return true;
}

static int
arp_out(struct ether_table *t, const struct ether_port *port, uint64_t now_us, struct rte_mbuf *m,
		struct ipoib_addr *to)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	struct rte_arp_hdr arp;
	const struct ipoib_addr *peer;
	struct ipoib_addr target = { 0 };
	struct ipoib_hdr *hdr;
	uint16_t op;

	if (m->data_len < sizeof(*eth) + sizeof(arp))
		return ETHER_DROPPED(arp);
	memcpy(&arp, eth + 1, sizeof(arp));
	op = rte_be_to_cpu_16(arp.arp_opcode);
	if (arp.arp_hardware != RTE_BE16(ARP_ETHER) ||
			arp.arp_protocol != RTE_BE16(RTE_ETHER_TYPE_IPV4) ||
			arp.arp_hlen != RTE_ETHER_ADDR_LEN || arp.arp_plen != sizeof(rte_be32_t) ||
			(op != RTE_ARP_OP_REQUEST && op != RTE_ARP_OP_REPLY))
		return ETHER_DROPPED(arp);
	if (!ether_mac_may_be_local(t, &arp.arp_data.arp_sha))
		return ETHER_DROPPED(source);
	if (!dest_addr(t, port, &eth->dst_addr, to))
		return ETHER_DROPPED(unknown);
	local_note(t, arp.arp_data.arp_sip, &arp.arp_data.arp_sha, now_us);
	peer = ether_peer_by_mac(t, &arp.arp_data.arp_tha);
	if (peer != NULL)
		target = *peer;
	else if (op == RTE_ARP_OP_REPLY)
		target = port->addr; /* for everybody */
	hdr = resize(m, sizeof(*hdr) + sizeof(struct ipoib_arp));
	if (hdr == NULL)
		return ETHER_DROPPED(nombuf);
	hdr->type = RTE_BE16(IPOIB_TYPE_ARP);
	hdr->reserved = 0;
	ipoib_arp_build((struct ipoib_arp *)(hdr + 1), op, &port->addr,
			rte_be_to_cpu_32(arp.arp_data.arp_sip), &target,
			rte_be_to_cpu_32(arp.arp_data.arp_tip));
	return ETHER_OK;
}

/* Who on the Ethernet side a packet for an IP address is for. */
static void
local_mac(const struct ether_table *t, const struct ether_port *port, const struct ether_ip *ip,
		struct rte_ether_addr *mac)
{
	if (!ether_local_by_ip(t, ip, mac))
		*mac = port->mac;
}

static int
arp_in(struct ether_table *t, const struct ether_port *port, uint64_t now_us, struct rte_mbuf *m,
		const struct ether_from *from)
{
	struct rte_ether_addr src, dst;
	struct rte_ether_hdr *eth;
	struct rte_arp_hdr *to;
	struct ether_ip spa, tpa;
	struct ipoib_arp arp;

	if (m->data_len < IPOIB_HDR_LEN + sizeof(arp))
		return ETHER_DROPPED(arp);
	memcpy(&arp, rte_pktmbuf_mtod_offset(m, const char *, IPOIB_HDR_LEN), sizeof(arp));
	if (ipoib_arp_check(&arp, m->data_len - IPOIB_HDR_LEN) != 0)
		return ETHER_DROPPED(arp);
	if (ipoib_addr_equal(&arp.sha, &port->addr))
		return ETHER_DROPPED(self);
	spa = ether_ip4(arp.spa);
	tpa = ether_ip4(arp.tpa);
	switch (ether_peer_learn(t, &arp.sha, arp.spa != 0 ? &spa : NULL, from, now_us, &src)) {
	case 0:
		break;
	case -EINVAL:
		return ETHER_DROPPED(arp);
	default:
		return ETHER_DROPPED(limit);
	}
	local_mac(t, port, &tpa, &dst);
	eth = resize(m, sizeof(*eth) + sizeof(*to));
	if (eth == NULL)
		return ETHER_DROPPED(nombuf);
	eth->src_addr = src;
	eth->ether_type = RTE_BE16(RTE_ETHER_TYPE_ARP);
	if (from->mcast)
		memset(&eth->dst_addr, 0xff, sizeof(eth->dst_addr));
	else
		eth->dst_addr = dst;
	to = (struct rte_arp_hdr *)(eth + 1);
	to->arp_hardware = RTE_BE16(ARP_ETHER);
	to->arp_protocol = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	to->arp_hlen = RTE_ETHER_ADDR_LEN;
	to->arp_plen = sizeof(rte_be32_t);
	to->arp_opcode = arp.op;
	to->arp_data.arp_sha = src;
	to->arp_data.arp_sip = arp.spa;
	to->arp_data.arp_tip = arp.tpa;
	if (arp.op == RTE_BE16(RTE_ARP_OP_REPLY))
		to->arp_data.arp_tha = dst;
	else
		memset(&to->arp_data.arp_tha, 0, sizeof(to->arp_data.arp_tha));
	return ETHER_OK;
}

/* The length that the IP header tells, 0: none. m's data is at the IP header. */
static uint32_t
ip_length(rte_be16_t type, const struct rte_mbuf *m)
{
	const void *ip = rte_pktmbuf_mtod(m, const void *);

	if (type == RTE_BE16(RTE_ETHER_TYPE_IPV4) && m->data_len >= sizeof(struct rte_ipv4_hdr))
		return rte_be_to_cpu_16(((const struct rte_ipv4_hdr *)ip)->total_length);
	if (type == RTE_BE16(RTE_ETHER_TYPE_IPV6) && m->data_len >= sizeof(struct rte_ipv6_hdr))
		return rte_be_to_cpu_16(((const struct rte_ipv6_hdr *)ip)->payload_len) +
				sizeof(struct rte_ipv6_hdr);
	return 0;
}

/* IP; data is at the Ethernet header. */
static int
ip_out(struct ether_table *t, const struct ether_port *port, uint64_t now_us, struct rte_mbuf *m,
		rte_be16_t type, struct ipoib_addr *to)
{
	struct rte_ether_hdr eth = *rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	struct ipoib_hdr *hdr;
	const void *ip;
	uint32_t len;
	int ret = ETHER_OK;

	if (!ether_mac_may_be_local(t, &eth.src_addr))
		return ETHER_DROPPED(source);
	ip = rte_pktmbuf_adj(m, sizeof(eth));
	len = ip_length(type, m);
	if (len == 0 || len > m->pkt_len) {
		ret = ETHER_DROPPED(runt);
	} else if (rte_is_multicast_ether_addr(&eth.dst_addr)) {
		ether_group_addr(type, ip, &port->bcast, to);
	} else if (!dest_addr(t, port, &eth.dst_addr, to)) {
		ret = ETHER_DROPPED(unknown);
	}
	if (ret == ETHER_OK) {
		/* Padding stays out of the fabric. */
		rte_pktmbuf_trim(m, (uint16_t)(m->pkt_len - len));
		if (type == RTE_BE16(RTE_ETHER_TYPE_IPV6) && ether_is_nd(ip, m->data_len))
			ret = ether_nd_out(t, port, now_us, m);
		else if (type == RTE_BE16(RTE_ETHER_TYPE_IPV4) && ether_is_dhcp(ip, m->data_len))
			ret = ether_dhcp_out(t, m);
	}
	if (ret != ETHER_OK)
		return ret;
	hdr = (struct ipoib_hdr *)rte_pktmbuf_prepend(m, sizeof(*hdr));
	if (hdr == NULL)
		return ETHER_DROPPED(nombuf);
	hdr->type = type;
	hdr->reserved = 0;
	return ETHER_OK;
}

int
ether_out(struct ether_table *t, const struct ether_port *port, uint64_t now_us,
		struct rte_mbuf **pm, struct ipoib_addr *to)
{
	struct rte_mbuf *m = *pm;
	rte_be16_t type;
	int ret;

	if (ib_gid_is_zero(&port->bcast))
		return ETHER_DROPPED(no_link);
	if (m->data_len < RTE_ETHER_HDR_LEN)
		return ETHER_DROPPED(runt);
	ret = whole(m);
	if (ret != 0)
		return ret;
	type = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *)->ether_type;
	switch (type) {
	case RTE_BE16(RTE_ETHER_TYPE_ARP):
		return arp_out(t, port, now_us, m, to);
	case RTE_BE16(RTE_ETHER_TYPE_IPV4):
	case RTE_BE16(RTE_ETHER_TYPE_IPV6):
		return ip_out(t, port, now_us, m, type, to);
	default:
		return ETHER_DROPPED(type);
	}
}

/* Source and destination of an IP packet as keys. */
static void
ip_keys(rte_be16_t type, const void *ip, struct ether_ip *src, struct ether_ip *dst)
{
	const struct rte_ipv4_hdr *h4 = ip;
	const struct rte_ipv6_hdr *h6 = ip;

	if (type == RTE_BE16(RTE_ETHER_TYPE_IPV4)) {
		*src = ether_ip4(h4->src_addr);
		*dst = ether_ip4(h4->dst_addr);
	} else {
		memcpy(src, &h6->src_addr, sizeof(*src));
		memcpy(dst, &h6->dst_addr, sizeof(*dst));
	}
}

/* IP that control was handed; data is at the encapsulation header. */
static int
ip_in(struct ether_table *t, const struct ether_port *port, uint64_t now_us, struct rte_mbuf *m,
		rte_be16_t type, const struct ether_from *from)
{
	struct ether_ip src, dst;
	struct rte_ether_hdr eth;
	const void *ip;
	int ret = ETHER_OK;
	char *at;

	ip = rte_pktmbuf_adj(m, IPOIB_HDR_LEN);
	if (ip_length(type, m) == 0 || ip_length(type, m) > m->pkt_len)
		return ETHER_DROPPED(runt);
	if (type == RTE_BE16(RTE_ETHER_TYPE_IPV6) && ether_is_nd(ip, m->data_len))
		ret = ether_nd_in(t, port, now_us, m, from);
	else if (type == RTE_BE16(RTE_ETHER_TYPE_IPV4) && ether_is_dhcp(ip, m->data_len))
		ret = ether_dhcp_in(t, m);
	if (ret != ETHER_OK)
		return ret;
	ip = rte_pktmbuf_mtod(m, const void *);
	ip_keys(type, ip, &src, &dst);
	if (!ether_peer_by_source(t, from, &src, &eth.src_addr))
		ether_mac_unknown(from->slid, from->qpn, &eth.src_addr);
	if (from->mcast)
		ether_group_mac(type, ip, &eth.dst_addr);
	else
		local_mac(t, port, &dst, &eth.dst_addr);
	eth.ether_type = type;
	at = rte_pktmbuf_prepend(m, sizeof(eth));
	if (at == NULL)
		return ETHER_DROPPED(nombuf);
	memcpy(at, &eth, sizeof(eth));
	return ETHER_OK;
}

int
ether_in(struct ether_table *t, const struct ether_port *port, uint64_t now_us,
		struct rte_mbuf **pm, const struct ether_from *from)
{
	struct rte_mbuf *m = *pm;
	rte_be16_t type;
	int ret;

	if (m->data_len < IPOIB_HDR_LEN)
		return ETHER_DROPPED(runt);
	ret = whole(m);
	if (ret != 0)
		return ret;
	type = rte_pktmbuf_mtod(m, const struct ipoib_hdr *)->type;
	switch (type) {
	case RTE_BE16(IPOIB_TYPE_ARP):
		return arp_in(t, port, now_us, m, from);
	case RTE_BE16(IPOIB_TYPE_IPV4):
	case RTE_BE16(IPOIB_TYPE_IPV6):
		return ip_in(t, port, now_us, m, type, from);
	default:
		return ETHER_DROPPED(type);
	}
}

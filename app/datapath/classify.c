/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <rte_ether.h>
#include <rte_ip.h>

#include "pkt.h"
#include "worker.h"

/* What a packet is: a drop reason (0 and up), or one of these. */
enum verdict {
	IS_IP4 = -1, /* to be routed */
	IS_ARP = -2,
	IS_LOCAL = -3 /* IPv4 for every host on the link */
};

#define IP4_LIMITED_BCAST 0xffffffff

static int
ethertype_check(rte_be16_t type)
{
	if (likely(type == RTE_BE16(RTE_ETHER_TYPE_IPV4)))
		return IS_IP4;
	if (type == RTE_BE16(RTE_ETHER_TYPE_ARP))
		return IS_ARP;
	if (type == RTE_BE16(RTE_ETHER_TYPE_IPV6))
		return DP_DROP_l2_type;
	return DP_DROP_l2_type;
}

/* A tag that the driver took out (af_packet always does) is still a tag; VLAN 0 is none. */
static bool
has_vlan(const struct rte_mbuf *m)
{
	return (m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0 && (m->vlan_tci & 0xfff) != 0;
}

static int
eth_check(const struct dp_port *p, const struct rte_mbuf *m, bool *bcast)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);

	if (unlikely(m->data_len < sizeof(*eth)))
		return DP_DROP_l2_type;
	*bcast = rte_is_multicast_ether_addr(&eth->dst_addr);
	if (!*bcast && unlikely(!rte_is_same_ether_addr(&eth->dst_addr, &p->mac)))
		return DP_DROP_l2_dst;
	if (unlikely(has_vlan(m)))
		return DP_DROP_l2_type;
	return ethertype_check(eth->ether_type);
}

static int
ipoib_check(struct rte_mbuf *m, bool *bcast)
{
	const struct ipoib_hdr *hdr = rte_pktmbuf_mtod(m, const struct ipoib_hdr *);

	if (unlikely(m->data_len < sizeof(*hdr)))
		return DP_DROP_l2_type;
	*bcast = (pmd_ipoib_meta(m)->flags & (PMD_IPOIB_RX_MCAST | PMD_IPOIB_RX_BCAST)) != 0;
	return ethertype_check(hdr->type);
}

/* Not this net, loopback, multicast, reserved and limited broadcast (RFC 1812 5.3.7). */
static bool
ip4_src_ok(uint32_t src)
{
	uint32_t top = src >> 24;

	return top != 0 && top != 127 && top < 224;
}

static int
ip4_dst_check(uint32_t dst, bool bcast)
{
	uint32_t top = dst >> 24;

	if (likely(top != 0 && top != 127 && top < 224))
		return IS_IP4;
	if (top >= 224 && top < 240)
		return DP_DROP_mcast;
	if (dst == IP4_LIMITED_BCAST && bcast)
		return IS_LOCAL;
	return DP_DROP_ip_dst;
}

/* RFC 1812 5.2.2. What a driver says is a good checksum is not computed again. */
static int
ip4_header_check(const struct rte_mbuf *m, const struct rte_ipv4_hdr *ip)
{
	uint32_t len, hdr_len;

	if (unlikely(m->data_len < sizeof(*ip)))
		return DP_DROP_ip_short;
	if (unlikely(ip->version_ihl >> 4 != 4))
		return DP_DROP_ip_version;
	hdr_len = rte_ipv4_hdr_len(ip);
	if (unlikely(hdr_len < sizeof(*ip) || hdr_len > m->data_len))
		return DP_DROP_ip_hdrlen;
	if ((m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) != RTE_MBUF_F_RX_IP_CKSUM_GOOD &&
			unlikely(rte_ipv4_cksum(ip) != 0))
		return DP_DROP_ip_checksum;
	len = rte_be_to_cpu_16(ip->total_length);
	if (unlikely(len < hdr_len || len > m->pkt_len))
		return DP_DROP_ip_length;
	return IS_IP4;
}

/* Data is at the IP header, all of it in the first segment. */
static int
ip4_check(struct rte_mbuf *m, bool bcast, uint32_t *dst)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);
	uint32_t len;
	int ret;

	ret = ip4_header_check(m, ip);
	if (unlikely(ret != IS_IP4))
		return ret;
	if (unlikely(!ip4_src_ok(rte_be_to_cpu_32(ip->src_addr))))
		return DP_DROP_ip_src;
	*dst = rte_be_to_cpu_32(ip->dst_addr);
	ret = ip4_dst_check(*dst, bcast);
	if (unlikely(ret >= 0))
		return ret;
	len = rte_be_to_cpu_16(ip->total_length);
	if (m->pkt_len > len)
		pkt_trim(m, len);
	return ret;
}

static int
packet_check(const struct dp_port *p, struct rte_mbuf *m, bool *bcast, uint32_t *dst)
{
	int ret;

	ret = p->kind == DP_PORT_IPOIB ? ipoib_check(m, bcast) : eth_check(p, m, bcast);
	if (unlikely(ret != IS_IP4))
		return ret;
	rte_pktmbuf_adj(m, (uint16_t)dp_l2_len(p->kind));
	return ip4_check(m, *bcast, dst);
}

void
dp_classify(struct dp_worker *w, uint16_t port, struct rte_mbuf **pkts, uint16_t n,
		struct dp_ip4_burst *b)
{
	const struct dp_port *p = &w->dp->port[port];
	struct rte_mbuf *m;
	uint32_t dst = 0;
	bool bcast;
	uint16_t i;
	int ret;

	b->n = 0;
	b->bcast = 0;
	for (i = 0; i < n; i++) {
		m = pkt_contig(w->dp->pool, &w->ctr[port], pkts[i]);
		if (unlikely(m == NULL))
			continue;
		bcast = false;
		ret = packet_check(p, m, &bcast, &dst);
		if (likely(ret == IS_IP4)) {
			b->bcast |= (uint64_t)bcast << b->n;
			b->dst[b->n] = dst;
			b->pkts[b->n++] = m;
		} else if (ret == IS_ARP) {
			worker_punt(w, m, DP_PUNT_ARP, bcast);
		} else if (ret == IS_LOCAL) {
			worker_punt(w, m, DP_PUNT_LOCAL, true);
		} else {
			worker_drop(w, m, ret);
		}
	}
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* IP packets that start or end here, and those too large for their way. */

#include <errno.h>

#include <rte_fib.h>
#include <rte_fib6.h>
#include <rte_ip_frag.h>
#include <rte_udp.h>

#include "compat.h"
#include "control_priv.h"
#include "filter.h"

#define DHCP_SERVER_PORT 67
/* Largest IPv4 packet. */
#define IP4_MAX 65535

struct rte_mbuf *
ctl_alloc(struct control *c, uint16_t port)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(c->dp->pool);

	if (m == NULL)
		return NULL;
	m->port = port;
	*dp_meta(m) = (struct dp_meta){ .out_port = port };
	dp_count(&ctl_ctr(c, port)->originated, 1);
	return m;
}

struct rte_mbuf *
ctl_own(struct control *c, struct rte_mbuf *m)
{
	struct rte_mbuf *copy;

	if (!RTE_MBUF_CLONED(m) && rte_mbuf_refcnt_read(m) == 1)
		return m;
	copy = rte_pktmbuf_copy(m, c->dp->pool, 0, UINT32_MAX);
	if (copy == NULL)
		ctl_drop(c, DP_DROP_nombuf, m);
	else
		rte_pktmbuf_free(m);
	return copy;
}

void
ip_cksum_set(struct rte_ipv4_hdr *ip)
{
	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

/* --- routes --- */

const struct dp_nh *
ip_route(struct control *c, const struct dp_ip *dst)
{
	uint32_t ip4 = dp_ip_get4(dst);
	struct dp_ip ip6 = *dst;
	uint64_t id = 0;

	if (dp_ip_is4(dst))
		rte_fib_lookup_bulk(c->dp->fib, &ip4, &id, 1);
	else if (c->dp->fib6 != NULL)
		rte_fib6_lookup_bulk(c->dp->fib6, COMPAT_IP6S(ip6.b), &id, 1);
	return &c->dp->nh[id];
}

const struct dp_nh *
ip_route_flow(struct control *c, const struct dp_ip *dst, const struct rte_mbuf *m)
{
	const struct dp_nh *nh = ip_route(c, dst);

	if (nh->type == DP_NH_ECMP)
		nh = dp_nh_ecmp(c->dp, nh, m);
	return nh != NULL ? nh : &c->dp->nh[0];
}

enum dp_drop
ip_route_drop(const struct dp_nh *nh)
{
	switch (nh->type) {
	case DP_NH_BLACKHOLE:
		return DP_DROP_blackhole;
	case DP_NH_PROHIBIT:
		return DP_DROP_prohibited;
	default:
		return DP_DROP_no_route;
	}
}

/* --- sending --- */

/* The packet fits, or is cut, or must not be cut. */
static void
ip_send(struct control *c, uint16_t port, const struct dp_ip *nh, struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);
	uint16_t mtu = l3_mtu(c, port, nh);

	if (m->pkt_len <= mtu || mtu == 0) {
		l3_send(c, port, nh, m);
	} else if ((ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_DF_FLAG)) != 0) {
		ip_error(c, m, CTL_ERR_TOO_BIG, mtu);
		ctl_drop(c, DP_DROP_too_big, m);
	} else {
		frag_send(c, port, nh, mtu, m);
	}
}

void
ip_too_big(struct control *c, struct rte_mbuf *m)
{
	struct dp_ip nh;
	uint16_t port;

	ctl_l3_key_pull(m, &port, &nh);
	if (!dp_filter_may_leave(c->dp, c->dp->nb_workers, port, m)) {
		ctl_drop(c, DP_DROP_filter, m);
		return;
	}
	if (ctl_ethertype(m) == RTE_ETHER_TYPE_IPV6)
		ip6_too_big(c, port, &nh, m);
	else
		ip_send(c, port, &nh, m);
}

/* What IP packet does this frame carry? Its header is complete. @return its ethertype, 0: none */
static uint16_t
frame_carries(const struct rte_mbuf *m)
{
	const struct ipoib_hdr *hdr = rte_pktmbuf_mtod(m, const struct ipoib_hdr *);
	const uint8_t *ip = (const uint8_t *)(hdr + 1);
	uint16_t type;

	if (m->data_len < sizeof(*hdr) + sizeof(struct rte_ipv4_hdr))
		return 0;
	type = rte_be_to_cpu_16(hdr->type);
	if (type == RTE_ETHER_TYPE_IPV4 && *ip >> 4 == 4 &&
			m->data_len >= sizeof(*hdr) + rte_ipv4_hdr_len((const void *)ip))
		return type;
	if (type == RTE_ETHER_TYPE_IPV6 && *ip >> 4 == 6 &&
			m->data_len >= sizeof(*hdr) + sizeof(struct rte_ipv6_hdr))
		return type;
	return 0;
}

static uint16_t
narrow_parts(struct control *c, uint16_t mtu, uint16_t type, struct rte_mbuf *m,
		struct rte_mbuf **parts)
{
	struct ipoib_hdr *hdr;
	uint16_t i, n, ready = 0;

	n = frag_cut(c, mtu, m, parts);
	for (i = 0; i < n; i++) {
		hdr = (struct ipoib_hdr *)rte_pktmbuf_prepend(parts[i], sizeof(*hdr));
		if (hdr == NULL) {
			ctl_drop(c, DP_DROP_nombuf, parts[i]);
			continue;
		}
		hdr->type = rte_cpu_to_be_16(type);
		hdr->reserved = 0;
		parts[ready++] = parts[i];
	}
	return ready;
}

uint16_t
ip_narrow(struct control *c, uint16_t mtu, struct rte_mbuf *m, struct rte_mbuf **parts)
{
	const struct rte_ipv4_hdr *ip4;
	uint16_t type;
	bool cut;

	if (mtu == 0 || m->pkt_len <= (uint32_t)mtu + IPOIB_HDR_LEN) {
		parts[0] = m;
		return 1;
	}
	type = frame_carries(m);
	if (type == 0) {
		ctl_drop(c, DP_DROP_too_big, m);
		return 0;
	}
	rte_pktmbuf_adj(m, IPOIB_HDR_LEN);
	ip4 = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);
	cut = type == RTE_ETHER_TYPE_IPV6
			? ip6_may_cut(c, m, mtu)
			: (ip4->fragment_offset & RTE_BE16(RTE_IPV4_HDR_DF_FLAG)) == 0;
	if (cut)
		return narrow_parts(c, mtu, type, m, parts);
	ip_error(c, m, CTL_ERR_TOO_BIG, mtu);
	ctl_drop(c, DP_DROP_too_big, m);
	return 0;
}

void
ip_lost_run(struct control *c)
{
	struct rte_mbuf *m;

	while ((m = park_first(&c->ip->lost)) != NULL) {
		park_pop(&c->ip->lost);
		if (frame_carries(m) != 0) {
			rte_pktmbuf_adj(m, IPOIB_HDR_LEN);
			ip_error(c, m, CTL_ERR_HOST, 0);
		}
		ctl_drop(c, DP_DROP_no_path, m);
	}
}

void
ip_output(struct control *c, struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);
	struct dp_ip dst = dp_ip4(rte_be_to_cpu_32(ip->dst_addr));
	const struct dp_nh *nh = ip_route_flow(c, &dst, m);

	if (nh->type == DP_NH_LINK)
		ip_send(c, nh->port, &dst, m);
	else if (nh->type == DP_NH_VIA)
		ip_send(c, nh->port, &nh->gw, m);
	else
		ctl_drop(c, ip_route_drop(nh), m);
}

/* --- what is addressed to us --- */

static bool
takes_udp(struct ctl_port *p, struct rte_mbuf *m, const struct rte_ipv4_hdr *ip)
{
	const struct rte_udp_hdr *udp;
	struct rte_udp_hdr buf;

	udp = rte_pktmbuf_read(m, rte_ipv4_hdr_len(ip), sizeof(buf), &buf);
	return p != NULL && udp != NULL && udp->dst_port == RTE_BE16(DHCP_SERVER_PORT) &&
			dhcp_input(p, m);
}

/* A part whose end lies beyond the largest packet would wrap the length of the whole. */
static bool
part_too_far(const struct rte_ipv4_hdr *ip)
{
	uint32_t at = 8u * (rte_be_to_cpu_16(ip->fragment_offset) & RTE_IPV4_HDR_OFFSET_MASK);

	return at + rte_be_to_cpu_16(ip->total_length) > IP4_MAX;
}

/* @return the whole packet, or NULL */
static struct rte_mbuf *
local_whole(struct control *c, struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);

	if (m->data_len < sizeof(*ip) || m->data_len < rte_ipv4_hdr_len(ip)) {
		ctl_drop(c, DP_DROP_local_bad, m);
		return NULL;
	}
	if (rte_ipv4_frag_pkt_is_fragmented(ip) == 0)
		return m;
	if (part_too_far(ip)) {
		ctl_drop(c, DP_DROP_local_bad, m);
		return NULL;
	}
	return frag_merge(c, m);
}

void
ip_local(struct control *c, struct rte_mbuf *m)
{
	struct ctl_port *p = ctl_port(c, m->port);
	enum ctl_ip_error why = CTL_ERR_PROTO;
	const struct rte_ipv4_hdr *ip;

	m = local_whole(c, m);
	if (m == NULL)
		return;
	ip = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);
	if (ip->next_proto_id == IPPROTO_ICMP) {
		icmp_input(c, m);
		return;
	}
	if (ip->next_proto_id == IPPROTO_IGMP && p != NULL) {
		igmp_input(p, m);
		return;
	}
	if (ip->next_proto_id == IPPROTO_UDP && takes_udp(p, m, ip))
		return;
	if (ip->next_proto_id == IPPROTO_UDP || ip->next_proto_id == IPPROTO_TCP)
		why = CTL_ERR_PORT;
	/* Groups and broadcasts are not complained about. */
	ip_error(c, m, why, 0);
	ctl_drop(c, DP_DROP_local_proto, m);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* IP packets that start or end here, and those too large for their way. */

#include <errno.h>

#include <rte_fib.h>
#include <rte_ip_frag.h>

#include "control_priv.h"

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

void
ip_cksum_set(struct rte_ipv4_hdr *ip)
{
	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

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
	if (ctl_ethertype(m) == RTE_ETHER_TYPE_IPV6)
		ip6_too_big(c, port, &nh, m);
	else
		ip_send(c, port, &nh, m);
}

static void
ip_lost(struct control *c, struct rte_mbuf *m)
{
	const struct ipoib_hdr *hdr = rte_pktmbuf_mtod(m, const struct ipoib_hdr *);
	const struct rte_ipv4_hdr *ip = (const struct rte_ipv4_hdr *)(hdr + 1);

	if (m->data_len >= sizeof(*hdr) + sizeof(*ip) &&
			hdr->type == rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4) &&
			m->data_len >= sizeof(*hdr) + rte_ipv4_hdr_len(ip)) {
		rte_pktmbuf_adj(m, sizeof(*hdr));
		ip_error(c, m, CTL_ERR_HOST, 0);
	}
	ctl_drop(c, DP_DROP_no_path, m);
}

void
ip_lost_run(struct control *c)
{
	struct rte_mbuf *m;

	while ((m = park_first(&c->lost)) != NULL) {
		park_pop(&c->lost);
		ip_lost(c, m);
	}
}

void
ip_output(struct control *c, struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);
	uint32_t dst = rte_be_to_cpu_32(ip->dst_addr);
	struct dp_ip link = dp_ip4(dst);
	const struct dp_nh *nh;
	uint64_t id;

	rte_fib_lookup_bulk(c->dp->fib, &dst, &id, 1);
	nh = &c->dp->nh[id];
	if (nh->type == DP_NH_LINK)
		ip_send(c, nh->port, &link, m);
	else if (nh->type == DP_NH_VIA)
		ip_send(c, nh->port, &nh->gw, m);
	else
		ctl_drop(c, DP_DROP_no_route, m);
}

void
ip_local(struct control *c, struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);
	enum ctl_ip_error why = CTL_ERR_PROTO;

	if (m->data_len < sizeof(*ip) || m->data_len < rte_ipv4_hdr_len(ip)) {
		ctl_drop(c, DP_DROP_local_bad, m);
		return;
	}
	if (rte_ipv4_frag_pkt_is_fragmented(ip) != 0) {
		m = frag_merge(c, m);
		if (m == NULL)
			return;
		ip = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);
	}
	if (ip->next_proto_id == IPPROTO_ICMP) {
		icmp_input(c, m);
		return;
	}
	if (ip->next_proto_id == IPPROTO_UDP || ip->next_proto_id == IPPROTO_TCP)
		why = CTL_ERR_PORT;
	ip_error(c, m, why, 0);
	ctl_drop(c, DP_DROP_local_proto, m);
}

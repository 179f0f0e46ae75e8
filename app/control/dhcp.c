/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* DHCP relay: servers, and what both families need to read and make packets. */

#include <errno.h>
#include <stdlib.h>

#include "dhcp.h"

#define RELAY_TTL 64
/* Clients ask a few times a minute; a thousand that boot at once are served in a second. Each
 * message is copied for every server, so a port's flood must not be passed on. */
#define RELAY_PER_S 1000
#define RELAY_BURST 500

/* --- servers --- */

static struct dhcp_relay *
relay_find(const struct control *c, uint16_t port, const struct dp_ip *server)
{
	uint32_t i;

	for (i = 0; c->ip->dhcp != NULL && i < c->ip->dhcp->nb; i++) {
		if (c->ip->dhcp->relay[i].port == port &&
				dp_ip_equal(&c->ip->dhcp->relay[i].server, server))
			return &c->ip->dhcp->relay[i];
	}
	return NULL;
}

bool
dhcp_serves(const struct control *c, uint16_t port, bool v4)
{
	uint32_t i;

	for (i = 0; c->ip->dhcp != NULL && i < c->ip->dhcp->nb; i++) {
		if (c->ip->dhcp->relay[i].port == port &&
				dp_ip_is4(&c->ip->dhcp->relay[i].server) == v4)
			return true;
	}
	return false;
}

static bool
server_ok(struct control *c, const struct dp_ip *ip)
{
	uint32_t top = dp_ip_get4(ip) >> 24;

	if (dp_ip_is_mcast(ip) || addr_is_own_any(c, ip))
		return false;
	if (dp_ip_is4(ip))
		return top != 0 && top != 127 && top < 224;
	return !dp_ip_is_zero(ip) && !dp_ip_is_linklocal6(ip);
}

int
control_dhcp_add(struct control *c, uint16_t port, const struct dp_ip *server)
{
	struct ctl_port *p = ctl_port(c, port);
	struct dhcp_relay *r;
	int ret;

	if (p == NULL)
		return -ENODEV;
	if (!server_ok(c, server))
		return -EINVAL;
	if (c->ip->dhcp == NULL)
		c->ip->dhcp = calloc(1, sizeof(*c->ip->dhcp));
	if (c->ip->dhcp == NULL)
		return -ENOMEM;
	if (relay_find(c, port, server) != NULL)
		return -EEXIST;
	if (c->ip->dhcp->nb == DHCP_RELAYS_MAX)
		return -ENOSPC;
	if (!dp_ip_is4(server) && !dhcp_serves(c, port, false)) {
		ret = dhcp6_listen(p, true);
		if (ret != 0)
			return ret;
	}
	r = &c->ip->dhcp->relay[c->ip->dhcp->nb++];
	*r = (struct dhcp_relay){ .port = port, .server = *server };
	return 0;
}

int
control_dhcp_del(struct control *c, uint16_t port, const struct dp_ip *server)
{
	struct dhcp_relay *r = relay_find(c, port, server);
	bool v6 = !dp_ip_is4(server);

	if (r == NULL)
		return -ENOENT;
	*r = c->ip->dhcp->relay[--c->ip->dhcp->nb];
	if (v6 && !dhcp_serves(c, port, false))
		dhcp6_listen(c->ports[port], false);
	return 0;
}

uint32_t
control_dhcp_rows(struct control *c, uint32_t offset, struct control_dhcp_row *rows, uint32_t max,
		uint32_t *total)
{
	const struct dhcp_relay *r;
	uint32_t n;

	*total = c->ip->dhcp == NULL ? 0 : c->ip->dhcp->nb;
	for (n = 0; n < max && offset + n < *total; n++) {
		r = &c->ip->dhcp->relay[offset + n];
		rows[n] = (struct control_dhcp_row){
			.port = r->port,
			.server = r->server,
			.requests = r->requests,
			.replies = r->replies,
		};
	}
	return n;
}

void
dhcp_port_gone(struct ctl_port *p)
{
	struct control *c = p->c;
	struct dp_ip server;
	uint32_t i;

	for (i = c->ip->dhcp == NULL ? 0 : c->ip->dhcp->nb; i-- > 0;) {
		if (c->ip->dhcp->relay[i].port != p->id)
			continue;
		server = c->ip->dhcp->relay[i].server;
		control_dhcp_del(c, p->id, &server);
	}
}

void
dhcp_fini(struct control *c)
{
	free(c->ip->dhcp);
	c->ip->dhcp = NULL;
}

/* --- messages --- */

bool
dhcp_take(struct ctl_port *p)
{
	return bucket_take(&p->c->ip->dhcp->bucket[p->id], p->c->now, RELAY_PER_S, RELAY_BURST);
}

bool
dhcp_source(struct control *c, const struct dp_ip *to, struct dp_ip *src)
{
	const struct dp_nh *nh = ip_route(c, to);

	if (nh->type == DP_NH_ECMP)
		nh = &c->dp->nh[nh->member[0]];
	if (nh->type != DP_NH_LINK && nh->type != DP_NH_VIA)
		return false;
	return addr_source(c, nh->port, nh->type == DP_NH_VIA ? &nh->gw : to, src) &&
			!dp_ip_is_linklocal6(src);
}

static void
header4(struct rte_ipv4_hdr *ip, const struct dp_ip *src, const struct dp_ip *dst)
{
	memset(ip, 0, sizeof(*ip));
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->time_to_live = RELAY_TTL;
	ip->next_proto_id = IPPROTO_UDP;
	ip->src_addr = rte_cpu_to_be_32(dp_ip_get4(src));
	ip->dst_addr = rte_cpu_to_be_32(dp_ip_get4(dst));
}

static void
header6(struct rte_ipv6_hdr *ip, const struct dp_ip *src, const struct dp_ip *dst)
{
	memset(ip, 0, sizeof(*ip));
	ip->vtc_flow = RTE_BE32(6u << 28);
	ip->hop_limits = RELAY_TTL;
	ip->proto = IPPROTO_UDP;
	memcpy(&ip->src_addr, src->b, sizeof(src->b));
	memcpy(&ip->dst_addr, dst->b, sizeof(dst->b));
}

struct rte_mbuf *
dhcp_packet(const struct dhcp_msg *msg, const struct dp_ip *src, const struct dp_ip *dst,
		uint16_t dst_port, uint16_t head_len, uint8_t **body)
{
	bool v4 = dp_ip_is4(dst);
	uint32_t ip_len = v4 ? sizeof(struct rte_ipv4_hdr) : sizeof(struct rte_ipv6_hdr);
	uint32_t len = ip_len + sizeof(struct rte_udp_hdr) + head_len + msg->len;
	struct rte_udp_hdr *udp;
	struct rte_mbuf *m;
	const void *from;
	char *ip;

	m = ctl_alloc(msg->p->c, msg->p->id);
	if (m == NULL)
		return NULL;
	ip = len <= UINT16_MAX ? rte_pktmbuf_append(m, (uint16_t)len) : NULL;
	if (ip == NULL) {
		ctl_drop(msg->p->c, DP_DROP_too_big, m);
		return NULL;
	}
	if (v4)
		header4((struct rte_ipv4_hdr *)ip, src, dst);
	else
		header6((struct rte_ipv6_hdr *)ip, src, dst);
	udp = (struct rte_udp_hdr *)(ip + ip_len);
	/* Relays and servers share a port, clients have another. */
	udp->src_port = v4 ? RTE_BE16(67) : RTE_BE16(547);
	udp->dst_port = rte_cpu_to_be_16(dst_port);
	*body = (uint8_t *)(udp + 1);
	from = rte_pktmbuf_read(msg->m, msg->at, msg->len, *body + head_len);
	if (from != *body + head_len)
		memcpy(*body + head_len, from, msg->len);
	return m;
}

void
dhcp_finish(struct rte_mbuf *m)
{
	struct rte_ipv4_hdr *ip4 = rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *);
	struct rte_ipv6_hdr *ip6 = rte_pktmbuf_mtod(m, struct rte_ipv6_hdr *);
	struct rte_udp_hdr *udp;

	if (ctl_ethertype(m) == RTE_ETHER_TYPE_IPV4) {
		ip4->total_length = rte_cpu_to_be_16((uint16_t)m->pkt_len);
		ip_cksum_set(ip4);
		udp = (struct rte_udp_hdr *)(ip4 + 1);
		udp->dgram_len = rte_cpu_to_be_16((uint16_t)(m->pkt_len - sizeof(*ip4)));
		udp->dgram_cksum = 0;
		udp->dgram_cksum = rte_ipv4_udptcp_cksum(ip4, udp);
	} else {
		ip6->payload_len = rte_cpu_to_be_16((uint16_t)(m->pkt_len - sizeof(*ip6)));
		udp = (struct rte_udp_hdr *)(ip6 + 1);
		udp->dgram_len = ip6->payload_len;
		udp->dgram_cksum = 0;
		udp->dgram_cksum = rte_ipv6_udptcp_cksum(ip6, udp);
	}
}

void
dhcp_done(const struct dhcp_msg *msg, uint32_t nb_sent)
{
	if (nb_sent > 0)
		ctl_delivered(msg->p->c, msg->m);
	else
		ctl_drop(msg->p->c, DP_DROP_dhcp, msg->m);
}

/* UDP over IPv4 may have no checksum. */
static bool
udp_ok(const struct rte_mbuf *m, uint32_t at, const struct rte_udp_hdr *udp, uint32_t phdr)
{
	uint16_t sum = 0;

	if (rte_be_to_cpu_16(udp->dgram_len) != m->pkt_len - at)
		return false;
	if (udp->dgram_cksum == 0)
		return ctl_ethertype(m) == RTE_ETHER_TYPE_IPV4;
	if (rte_raw_cksum_mbuf(m, at, m->pkt_len - at, &sum) != 0)
		return false;
	phdr += sum;
	phdr = (phdr & 0xffff) + (phdr >> 16);
	return (phdr & 0xffff) + (phdr >> 16) == 0xffff;
}

bool
dhcp_input(struct ctl_port *p, struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip4 = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);
	const struct rte_ipv6_hdr *ip6 = rte_pktmbuf_mtod(m, const struct rte_ipv6_hdr *);
	bool v4 = ctl_ethertype(m) == RTE_ETHER_TYPE_IPV4;
	struct dhcp_msg msg = { .p = p, .m = m };
	const struct rte_udp_hdr *udp;
	struct rte_udp_hdr buf;

	if (p->c->ip->dhcp == NULL || p->c->ip->dhcp->nb == 0)
		return false;
	msg.at = v4 ? rte_ipv4_hdr_len(ip4) : sizeof(*ip6);
	udp = rte_pktmbuf_read(m, msg.at, sizeof(buf), &buf);
	if (udp == NULL ||
			!udp_ok(m, msg.at, udp,
					v4 ? rte_ipv4_phdr_cksum(ip4, 0)
					   : rte_ipv6_phdr_cksum(ip6, 0))) {
		ctl_drop(p->c, DP_DROP_local_bad, m);
		return true;
	}
	msg.src_port = udp->src_port;
	msg.src = v4 ? dp_ip4(rte_be_to_cpu_32(ip4->src_addr))
		     : dp_ip6((const uint8_t *)&ip6->src_addr);
	msg.dst = v4 ? dp_ip4(rte_be_to_cpu_32(ip4->dst_addr))
		     : dp_ip6((const uint8_t *)&ip6->dst_addr);
	msg.at += sizeof(buf);
	msg.len = m->pkt_len - msg.at;
	return v4 ? dhcp4_input(&msg) : dhcp6_input(&msg);
}

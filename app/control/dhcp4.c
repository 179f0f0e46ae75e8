/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * DHCPv4 relay (RFC 1542 section 4; RFC 2131 4.1). On InfiniBand (RFC 4390) a client's link-layer
 * address has no room in the message: who cannot answer ARP yet is reached by broadcast, and tells
 * that a reply is for him by his client identifier, which therefore has to be there.
 */

#include "dhcp.h"

#define CLIENT_PORT 68
#define SERVER_PORT 67
#define OP_REQUEST 1
#define OP_REPLY 2
#define HTYPE_ETHER 1
#define FLAG_BROADCAST 0x8000
#define OPT_PAD 0
#define OPT_CLIENT_ID 61
#define OPT_END 255
/* RFC 1542 4.1.1 has this as default; it stops loops of relays. */
#define HOPS_MAX 4

/* RFC 2131 2; the older BOOTP has no options. */
struct dhcp4 {
	uint8_t op, htype, hlen, hops;
	rte_be32_t xid;
	rte_be16_t secs, flags;
	rte_be32_t ciaddr, yiaddr, siaddr, giaddr;
	uint8_t chaddr[16];
	uint8_t sname[64], file[128];
} __attribute__((packed));

static_assert(sizeof(struct dhcp4) == 236, "RFC 951");

static bool
has_client_id(const struct dhcp_msg *msg)
{
	uint32_t at = msg->at + sizeof(struct dhcp4), end = msg->at + msg->len;
	static const uint8_t magic[] = { 0x63, 0x82, 0x53, 0x63 };
	const uint8_t *o;
	uint8_t b[sizeof(magic)];

	o = rte_pktmbuf_read(msg->m, at, sizeof(magic), b);
	if (o == NULL || memcmp(o, magic, sizeof(magic)) != 0)
		return false;
	for (at += sizeof(magic); at + 2 <= end; at += o[0] == OPT_PAD ? 1 : 2u + o[1]) {
		o = rte_pktmbuf_read(msg->m, at, 2, b);
		if (o == NULL || o[0] == OPT_END)
			return false;
		if (o[0] == OPT_CLIENT_ID)
			return o[1] >= 2 && at + 2 + o[1] <= end;
	}
	return false;
}

static bool
request_ok(const struct dhcp_msg *msg, const struct dhcp4 *d)
{
	struct dp_ip gi = dp_ip4(rte_be_to_cpu_32(d->giaddr));

	/* Our own address in it: somebody plays relay, or there is a loop. */
	if (d->hops >= HOPS_MAX || d->hlen > sizeof(d->chaddr) ||
			(d->giaddr != 0 && addr_is_own_any(msg->p->c, &gi)))
		return false;
	return msg->p->kind != DP_PORT_IPOIB || d->giaddr != 0 || has_client_id(msg);
}

/* Which of our addresses on the port stands for the client's subnet, and talks to servers. */
static bool
request_source(const struct dhcp_msg *msg, const struct dhcp4 *d, const struct dp_ip *server,
		struct dp_ip *src)
{
	struct dp_ip client = dp_ip4(rte_be_to_cpu_32(d->ciaddr));

	if (d->giaddr != 0)
		return dhcp_source(msg->p->c, server, src);
	return addr_source(msg->p->c, msg->p->id, &client, src);
}

static void
relay_request(const struct dhcp_msg *msg, const struct dhcp4 *d)
{
	struct control *c = msg->p->c;
	struct dhcp_relay *r;
	struct rte_mbuf *out;
	uint32_t i, sent = 0;
	struct dhcp4 *copy;
	struct dp_ip src;
	uint8_t *body;

	if (!request_ok(msg, d) || !dhcp_take(msg->p)) {
		ctl_drop(c, DP_DROP_dhcp, msg->m);
		return;
	}
	for (i = 0; i < c->ip->dhcp->nb; i++) {
		r = &c->ip->dhcp->relay[i];
		if (r->port != msg->p->id || !dp_ip_is4(&r->server) ||
				!request_source(msg, d, &r->server, &src))
			continue;
		out = dhcp_packet(msg, &src, &r->server, SERVER_PORT, 0, &body);
		if (out == NULL)
			continue;
		copy = (struct dhcp4 *)body;
		copy->hops++;
		if (copy->giaddr == 0)
			copy->giaddr = rte_cpu_to_be_32(dp_ip_get4(&src));
		dhcp_finish(out);
		ip_output(c, out);
		r->requests++;
		sent++;
	}
	dhcp_done(msg, sent);
}

static void
everybody(struct ctl_port *p, struct dp_adj *adj)
{
	if (p->kind == DP_PORT_ETH)
		memset(&adj->mac, 0xff, sizeof(adj->mac));
	else
		ipoib_addr_set(&adj->lladdr, IB_QPN_MULTICAST, &ctl_real(p)->bcast.mgid);
}

/* How a client is reached (RFC 2131 4.1, RFC 4390 2.2). */
enum reach { REACH_ALL, REACH_MAC, REACH_IP };

static enum reach
client_reach(const struct ctl_port *p, const struct dhcp4 *d, struct dp_ip *dst)
{
	const struct rte_ether_addr *mac = (const void *)d->chaddr;
	bool bcast = (d->flags & RTE_BE16(FLAG_BROADCAST)) != 0;
	rte_be32_t ip = d->yiaddr != 0 ? d->yiaddr : d->ciaddr;

	*dst = dp_ip4(UINT32_MAX);
	/* A client that has an address and says so answers ARP. */
	if (d->ciaddr != 0 && !bcast) {
		*dst = dp_ip4(rte_be_to_cpu_32(d->ciaddr));
		return REACH_IP;
	}
	if (bcast || ip == 0 || p->kind != DP_PORT_ETH || d->htype != HTYPE_ETHER ||
			d->hlen != RTE_ETHER_ADDR_LEN || !rte_is_valid_assigned_ether_addr(mac))
		return REACH_ALL;
	*dst = dp_ip4(rte_be_to_cpu_32(ip));
	return REACH_MAC;
}

static bool
send_to_client(struct ctl_port *q, const struct dhcp_msg *msg, const struct dhcp4 *d)
{
	struct dp_ip dst, src = dp_ip4(rte_be_to_cpu_32(d->giaddr));
	enum reach reach = client_reach(q, d, &dst);
	struct dp_adj adj = { 0 };
	struct rte_mbuf *out;
	uint8_t *body;

	out = dhcp_packet(msg, &src, &dst, CLIENT_PORT, 0, &body);
	if (out == NULL)
		return false;
	dhcp_finish(out);
	if (!q->up) {
		ctl_drop(q->c, DP_DROP_no_path, out);
	} else if (out->pkt_len > atomic_load(&q->dp->mtu)) {
		ctl_drop(q->c, DP_DROP_too_big, out);
	} else if (reach == REACH_IP) {
		l3_send(q->c, q->id, &dst, out);
	} else {
		everybody(q, &adj);
		if (reach == REACH_MAC)
			memcpy(&adj.mac, d->chaddr, sizeof(adj.mac));
		l3_encap(q, &adj, RTE_ETHER_TYPE_IPV4, out);
	}
	return true;
}

/* Only from servers that we ask for this port, and for an address of ours there. */
static void
relay_reply(const struct dhcp_msg *msg, const struct dhcp4 *d)
{
	struct dp_ip gi = dp_ip4(rte_be_to_cpu_32(d->giaddr));
	struct control *c = msg->p->c;
	struct dhcp_relay *r;
	uint32_t i;

	for (i = 0; i < c->ip->dhcp->nb; i++) {
		r = &c->ip->dhcp->relay[i];
		if (!dp_ip_equal(&r->server, &msg->src) || !addr_is_own(c, r->port, &gi))
			continue;
		if (send_to_client(c->ports[r->port], msg, d))
			r->replies++;
		ctl_delivered(c, msg->m);
		return;
	}
	ctl_drop(c, DP_DROP_dhcp, msg->m);
}

bool
dhcp4_input(const struct dhcp_msg *msg)
{
	const struct dhcp4 *d;
	struct dhcp4 buf;

	d = rte_pktmbuf_read(msg->m, msg->at, sizeof(buf), &buf);
	if (d == NULL) {
		ctl_drop(msg->p->c, DP_DROP_local_bad, msg->m);
		return true;
	}
	if (d->op == OP_REQUEST) {
		if (!dhcp_serves(msg->p->c, msg->p->id, true))
			return false;
		relay_request(msg, d);
	} else if (d->op == OP_REPLY) {
		relay_reply(msg, d);
	} else {
		ctl_drop(msg->p->c, DP_DROP_dhcp, msg->m);
	}
	return true;
}

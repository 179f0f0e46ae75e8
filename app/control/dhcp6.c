/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* DHCPv6 relay (RFC 8415 section 19). */

#include "dhcp.h"

#define CLIENT_PORT 546
#define SERVER_PORT 547
#define MSG_ADVERTISE 2
#define MSG_REPLY 7
#define MSG_RECONFIGURE 10
#define MSG_RELAY_FORW 12
#define MSG_RELAY_REPL 13
#define OPT_RELAY_MSG 9
#define OPT_INTERFACE_ID 18
#define HOPS_MAX 8
#define OPTIONS_MAX 64

/* RFC 8415 9 */
struct relay6 {
	uint8_t type, hops;
	uint8_t link[16], peer[16];
} __attribute__((packed));

struct option6 {
	rte_be16_t code, len;
} __attribute__((packed));

/* What we put in front of a message. The server sends the interface back, so that the reply's port
 * is known whatever its addresses are by then. */
struct relay_head {
	struct relay6 relay;
	struct option6 id_option;
	rte_be32_t id; /* our port */
	struct option6 msg_option;
} __attribute__((packed));

static_assert(sizeof(struct relay6) == 34, "RFC 8415 9");
static_assert(sizeof(struct relay_head) == 46, "no holes");

static const struct dp_ip all_relays = { .b = { 0xff, 0x02, [13] = 1, [15] = 2 } };

int
dhcp6_listen(struct ctl_port *p, bool on)
{
	if (on)
		return ip_mcast_join(p, &all_relays);
	ip_mcast_leave(p, &all_relays);
	return 0;
}

/* --- from clients --- */

static bool
request_head(const struct dhcp_msg *msg, uint8_t type, uint8_t hops, struct relay_head *h)
{
	/* Any global one: it names the link. */
	static const struct dp_ip global = { .b = { 0x20, 0x00 } };
	struct dp_ip link;

	*h = (struct relay_head){
		.relay = { .type = MSG_RELAY_FORW },
		.id_option = { RTE_BE16(OPT_INTERFACE_ID), RTE_BE16(sizeof(h->id)) },
		.id = rte_cpu_to_be_32(msg->p->id),
		.msg_option = { RTE_BE16(OPT_RELAY_MSG), rte_cpu_to_be_16((uint16_t)msg->len) },
	};
	memcpy(h->relay.peer, msg->src.b, sizeof(h->relay.peer));
	if (type == MSG_RELAY_FORW) {
		if (hops >= HOPS_MAX)
			return false;
		h->relay.hops = (uint8_t)(hops + 1);
		/* The relay before us has named the link. */
		if (!dp_ip_is_linklocal6(&msg->src))
			return true;
	}
	if (!addr_source(msg->p->c, msg->p->id, &global, &link) || dp_ip_is_linklocal6(&link))
		return false;
	memcpy(h->relay.link, link.b, sizeof(h->relay.link));
	return true;
}

static bool
request_ok(const struct dhcp_msg *msg, uint8_t type)
{
	return type != MSG_ADVERTISE && type != MSG_REPLY && type != MSG_RECONFIGURE &&
			msg->len <= UINT16_MAX - sizeof(struct relay_head) &&
			!dp_ip_is_zero(&msg->src) && !dp_ip_is_mcast(&msg->src);
}

/* Unknown types are passed on too (RFC 7283). */
static void
relay_request(const struct dhcp_msg *msg, uint8_t type, uint8_t hops)
{
	struct control *c = msg->p->c;
	struct relay_head head;
	struct dhcp_relay *r;
	struct rte_mbuf *out;
	uint32_t i, sent = 0;
	struct dp_ip src;
	uint8_t *body;

	if (!request_ok(msg, type) || !request_head(msg, type, hops, &head) || !dhcp_take(msg->p)) {
		ctl_drop(c, DP_DROP_dhcp, msg->m);
		return;
	}
	for (i = 0; i < c->ip->dhcp->nb; i++) {
		r = &c->ip->dhcp->relay[i];
		if (r->port != msg->p->id || dp_ip_is4(&r->server) ||
				!dhcp_source(c, &r->server, &src))
			continue;
		out = dhcp_packet(msg, &src, &r->server, SERVER_PORT, sizeof(head), &body);
		if (out == NULL)
			continue;
		memcpy(body, &head, sizeof(head));
		dhcp_finish(out);
		ip6_output(c, out);
		r->requests++;
		sent++;
	}
	dhcp_done(msg, sent);
}

/* --- from servers --- */

/* What a relay-reply holds for us. */
struct reply {
	struct relay6 relay;
	struct dhcp_msg inner; /* len 0: none */
	bool has_id;
	uint32_t id;
};

static bool
reply_option(const struct dhcp_msg *msg, uint32_t at, uint16_t code, uint16_t len, struct reply *r)
{
	const void *id;
	rte_be32_t buf;

	if (code == OPT_RELAY_MSG) {
		r->inner = *msg;
		r->inner.at = at;
		r->inner.len = len;
	} else if (code == OPT_INTERFACE_ID) {
		id = rte_pktmbuf_read(msg->m, at, sizeof(buf), &buf);
		if (len != sizeof(buf) || id == NULL)
			return false;
		memcpy(&buf, id, sizeof(buf));
		r->id = rte_be_to_cpu_32(buf);
		r->has_id = true;
	}
	return true;
}

static bool
reply_read(const struct dhcp_msg *msg, struct reply *r)
{
	uint32_t at = msg->at + sizeof(r->relay), end = msg->at + msg->len;
	const struct option6 *o;
	const void *relay;
	struct option6 buf;
	uint16_t len;
	int i;

	memset(r, 0, sizeof(*r));
	relay = rte_pktmbuf_read(msg->m, msg->at, sizeof(r->relay), &r->relay);
	if (relay == NULL)
		return false;
	if (relay != &r->relay)
		memcpy(&r->relay, relay, sizeof(r->relay));
	for (i = 0; i < OPTIONS_MAX && at + sizeof(buf) <= end; i++) {
		o = rte_pktmbuf_read(msg->m, at, sizeof(buf), &buf);
		at += sizeof(buf);
		if (o == NULL)
			return false;
		len = rte_be_to_cpu_16(o->len);
		if (len > end - at || !reply_option(msg, at, rte_be_to_cpu_16(o->code), len, r))
			return false;
		at += len;
	}
	return r->inner.len > 0 && at == end;
}

/* The port whose client asked: by the interface, else by the link's address. */
static struct dhcp_relay *
reply_relay(const struct dhcp_msg *msg, const struct reply *r)
{
	struct dp_ip link = dp_ip6(r->relay.link);
	struct control *c = msg->p->c;
	struct dhcp_relay *e;
	uint32_t i;

	for (i = 0; i < c->ip->dhcp->nb; i++) {
		e = &c->ip->dhcp->relay[i];
		if (dp_ip_equal(&e->server, &msg->src) &&
				(r->has_id ? e->port == r->id : addr_is_own(c, e->port, &link)))
			return e;
	}
	return NULL;
}

static bool
send_to_peer(struct ctl_port *q, const struct reply *r)
{
	const uint8_t *type;
	struct dp_ip src, peer = dp_ip6(r->relay.peer);
	struct rte_mbuf *out;
	uint16_t dst_port;
	uint8_t buf, *body;

	type = rte_pktmbuf_read(r->inner.m, r->inner.at, 1, &buf);
	if (type == NULL || dp_ip_is_mcast(&peer) || dp_ip_is_zero(&peer) || dp_ip_is4(&peer) ||
			!(dp_ip_is_linklocal6(&peer) ? addr_source(q->c, q->id, &peer, &src)
						     : dhcp_source(q->c, &peer, &src)))
		return false;
	dst_port = *type == MSG_RELAY_REPL ? SERVER_PORT : CLIENT_PORT;
	out = dhcp_packet(&r->inner, &src, &peer, dst_port, 0, &body);
	if (out == NULL)
		return false;
	dp_meta(out)->out_port = q->id;
	dhcp_finish(out);
	ip6_output(q->c, out);
	return true;
}

static void
relay_reply(const struct dhcp_msg *msg)
{
	struct control *c = msg->p->c;
	struct dhcp_relay *e;
	struct reply r;

	e = reply_read(msg, &r) ? reply_relay(msg, &r) : NULL;
	if (e == NULL || !send_to_peer(c->ports[e->port], &r)) {
		ctl_drop(c, DP_DROP_dhcp, msg->m);
		return;
	}
	e->replies++;
	ctl_delivered(c, msg->m);
}

bool
dhcp6_input(const struct dhcp_msg *msg)
{
	const uint8_t *h;
	uint8_t buf[2];

	h = rte_pktmbuf_read(msg->m, msg->at, sizeof(buf), buf);
	if (h == NULL || msg->len < 4) {
		ctl_drop(msg->p->c, DP_DROP_local_bad, msg->m);
		return true;
	}
	if (h[0] == MSG_RELAY_REPL) {
		relay_reply(msg);
		return true;
	}
	if (!dhcp_serves(msg->p->c, msg->p->id, false))
		return false;
	relay_request(msg, h[0], h[1]);
	return true;
}

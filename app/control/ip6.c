/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* IPv6 packets for us and from us. */

#include <rte_ip_frag.h>
#include <rte_udp.h>

#include "control_priv.h"

#define IP6_LEN sizeof(struct rte_ipv6_hdr)
#define FRAG_LEN sizeof(struct rte_ipv6_fragment_ext)
#define PAYLOAD_MAX 65535
#define DHCP6_SERVER_PORT 547
/* What a packet may have in front of its upper-layer header, and options in one header. */
#define EXT_MAX 8
#define OPTIONS_MAX 32
#define OPTION_PAD1 0
#define OPTION_PADN 1
#define OPTION_ROUTER_ALERT 5
/* Codes of parameter problems (RFC 4443 3.4). */
#define BAD_FIELD 0
#define BAD_NEXT_HEADER 1
#define BAD_OPTION 2

/* A way through the headers of a packet for us. */
struct walk {
	struct control *c;
	struct rte_mbuf *m;
	uint32_t at;	  /* the header that comes next */
	uint32_t told_at; /* the octet that says what it is */
	uint8_t proto;
	bool was_cut;
};

/* --- from us --- */

static void
ip6_send(struct control *c, uint16_t port, const struct dp_ip *nh, bool far, struct rte_mbuf *m)
{
	uint16_t mtu = l3_mtu(c, port, nh);

	/* We do not learn path MTUs, so what leaves the link goes in parts that every link takes
	 * (RFC 8200 5). */
	if (far && mtu > RTE_IPV6_MIN_MTU)
		mtu = RTE_IPV6_MIN_MTU;
	if (m->pkt_len <= mtu || mtu == 0)
		l3_send(c, port, nh, m);
	else if (ip6_may_cut(c, m, mtu))
		frag_send(c, port, nh, mtu, m);
	else
		ctl_drop(c, DP_DROP_too_big, m);
}

static void
ip6_send_on_link(struct control *c, const struct dp_ip *dst, struct rte_mbuf *m)
{
	uint16_t port = dp_meta(m)->out_port;
	struct ctl_port *p = ctl_port(c, port);

	if (p == NULL)
		ctl_drop(c, DP_DROP_tx_port, m);
	else if (!dp_ip_is_mcast(dst))
		ip6_send(c, port, dst, false, m);
	else if (m->pkt_len > atomic_load(&p->dp->mtu))
		ctl_drop(c, DP_DROP_too_big, m);
	else
		l3_mcast_send(p, dst, m);
}

void
ip6_output(struct control *c, struct rte_mbuf *m)
{
	const struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv6_hdr *);
	struct dp_ip dst = dp_ip6((const uint8_t *)&ip->dst_addr);
	const struct dp_nh *nh;

	if (dp_ip_is_linklocal6(&dst) || dp_ip_is_mcast(&dst)) {
		ip6_send_on_link(c, &dst, m);
		return;
	}
	nh = ip_route_flow(c, &dst, m);
	if (nh->type == DP_NH_LINK)
		ip6_send(c, nh->port, &dst, false, m);
	else if (nh->type == DP_NH_VIA)
		ip6_send(c, nh->port, &nh->gw, true, m);
	else
		ctl_drop(c, ip_route_drop(nh), m);
}

/* --- too large --- */

bool
ip6_may_cut(struct control *c, const struct rte_mbuf *m, uint16_t mtu)
{
	const struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv6_hdr *);
	struct dp_ip src = dp_ip6((const uint8_t *)&ip->src_addr);

	return mtu >= RTE_IPV6_MIN_MTU && ip->proto != IPPROTO_FRAGMENT &&
			(dp_ip_is_linklocal6(&src) ? addr_is_own(c,
								     RTE_MBUF_DYNFIELD(m,
										     dp_meta_offset,
										     const struct
										     dp_meta *)
										     ->out_port,
								     &src)
						   : addr_is_own_any(c, &src));
}

void
ip6_too_big(struct control *c, uint16_t port, const struct dp_ip *nh, struct rte_mbuf *m)
{
	uint16_t mtu = l3_mtu(c, port, nh);

	if (m->pkt_len <= mtu || mtu == 0) {
		l3_send(c, port, nh, m);
		return;
	}
	ip_error(c, m, CTL_ERR_TOO_BIG, mtu);
	ctl_drop(c, DP_DROP_too_big, m);
}

/* --- for us --- */

/* An option that we do not know (RFC 8200 4.2). @return false: w->m is gone */
static bool
option_unknown(struct walk *w, uint8_t type, uint32_t at)
{
	if (type >> 6 == 0)
		return true;
	/* Whether groups are complained about depends on the option too: icmp6.c knows. */
	if (type >> 6 != 1)
		icmp6_parameter(w->c, w->m, BAD_OPTION, at);
	ctl_drop(w->c, DP_DROP_local_bad, w->m);
	return false;
}

/* @return false: w->m is gone */
static bool
options_check(struct walk *w, const uint8_t *hdr, uint32_t len)
{
	uint32_t at = 2;
	int i;

	for (i = 0; at < len; i++) {
		if (hdr[at] == OPTION_PAD1) {
			at++;
			continue;
		}
		if (i >= OPTIONS_MAX || at + 2 > len || at + 2 + hdr[at + 1] > len) {
			ctl_drop(w->c, DP_DROP_local_bad, w->m);
			return false;
		}
		if (hdr[at] != OPTION_PADN && hdr[at] != OPTION_ROUTER_ALERT &&
				!option_unknown(w, hdr[at], w->at + at))
			return false;
		at += 2u + hdr[at + 1];
	}
	return true;
}

static bool
walk_bad(struct walk *w, uint8_t code, uint32_t at)
{
	icmp6_parameter(w->c, w->m, code, at);
	ctl_drop(w->c, DP_DROP_local_bad, w->m);
	return false;
}

/* Hop-by-hop options, destination options, routing. @return false: w->m is gone */
static bool
walk_ext(struct walk *w)
{
	const uint8_t *hdr = rte_pktmbuf_mtod_offset(w->m, const uint8_t *, w->at);
	uint32_t len;

	if (w->m->data_len < w->at + 8) {
		ctl_drop(w->c, DP_DROP_local_bad, w->m);
		return false;
	}
	len = 8u * hdr[1] + 8;
	if (w->m->data_len < w->at + len) {
		ctl_drop(w->c, DP_DROP_local_bad, w->m);
		return false;
	}
	/* Nobody is routed on by us at his own wish (RFC 5095). */
	if (w->proto == IPPROTO_ROUTING) {
		if (hdr[3] != 0)
			return walk_bad(w, BAD_FIELD, w->at + 2);
	} else if (!options_check(w, hdr, len)) {
		return false;
	}
	w->told_at = w->at;
	w->proto = hdr[0];
	w->at += len;
	return true;
}

/* The fixed header moves next to what is at w->at; what lay between is done with. */
static void
walk_pull(struct walk *w)
{
	uint32_t extra = w->at - IP6_LEN;
	struct rte_ipv6_hdr *ip;
	char *old;

	old = rte_pktmbuf_mtod(w->m, char *);
	memmove(old + extra, old, IP6_LEN);
	rte_pktmbuf_adj(w->m, (uint16_t)extra);
	ip = rte_pktmbuf_mtod(w->m, struct rte_ipv6_hdr *);
	ip->payload_len = rte_cpu_to_be_16((uint16_t)(w->m->pkt_len - IP6_LEN));
	ip->proto = w->proto;
	w->at = IP6_LEN;
	w->told_at = offsetof(struct rte_ipv6_hdr, proto);
}

/* RFC 8200 4.5; a fragment that is the whole packet waits for nobody (RFC 6946).
 * @return false: w->m is gone */
static bool
walk_fragment(struct walk *w)
{
	const struct rte_ipv6_fragment_ext *hdr;
	uint32_t offset, len;
	uint16_t field;

	if (w->m->data_len < w->at + FRAG_LEN) {
		ctl_drop(w->c, DP_DROP_local_bad, w->m);
		return false;
	}
	hdr = rte_pktmbuf_mtod_offset(w->m, const struct rte_ipv6_fragment_ext *, w->at);
	field = rte_be_to_cpu_16(hdr->frag_data);
	offset = field & ~7u;
	len = (uint32_t)(w->m->pkt_len - w->at - FRAG_LEN);
	if ((field & RTE_IPV6_EHDR_MF_MASK) != 0 && len % 8 != 0)
		return walk_bad(w, BAD_FIELD, offsetof(struct rte_ipv6_hdr, payload_len));
	if (offset + len > PAYLOAD_MAX)
		return walk_bad(w, BAD_FIELD, w->at + 2);
	w->m = ctl_own(w->c, w->m);
	if (w->m == NULL)
		return false;
	if (offset == 0 && (field & RTE_IPV6_EHDR_MF_MASK) == 0) {
		hdr = rte_pktmbuf_mtod_offset(w->m, const struct rte_ipv6_fragment_ext *, w->at);
		w->proto = hdr->next_header;
		w->at += FRAG_LEN;
		walk_pull(w);
		return true;
	}
	walk_pull(w);
	w->m = frag_merge(w->c, w->m);
	if (w->m == NULL)
		return false;
	w->was_cut = true;
	w->proto = rte_pktmbuf_mtod(w->m, const struct rte_ipv6_hdr *)->proto;
	return true;
}

/* Up to the upper-layer header. @return false: w->m is gone */
static bool
walk_headers(struct walk *w)
{
	int i;

	for (i = 0; i < EXT_MAX; i++) {
		switch (w->proto) {
		case IPPROTO_HOPOPTS:
			/* Only the very first (RFC 8200 4.1). */
			if (w->at != IP6_LEN || w->was_cut)
				return walk_bad(w, BAD_NEXT_HEADER, w->told_at);
			/* fallthrough */
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
			if (!walk_ext(w))
				return false;
			break;
		case IPPROTO_FRAGMENT:
			/* No part of a part. */
			if (w->was_cut)
				return walk_bad(w, BAD_NEXT_HEADER, w->told_at);
			if (!walk_fragment(w))
				return false;
			break;
		default:
			return true;
		}
	}
	ctl_drop(w->c, DP_DROP_local_bad, w->m);
	return false;
}

/* Of groups everything may come that is ours; of addresses of the link, only the port's own. */
static bool
is_for_us(struct control *c, const struct rte_mbuf *m)
{
	const struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv6_hdr *);
	struct dp_ip dst = dp_ip6((const uint8_t *)&ip->dst_addr);

	return !dp_ip_is_linklocal6(&dst) || addr_is_own(c, m->port, &dst);
}

static bool
takes_udp(struct walk *w)
{
	struct ctl_port *p = ctl_port(w->c, w->m->port);
	const struct rte_udp_hdr *udp;
	struct rte_udp_hdr buf;

	udp = rte_pktmbuf_read(w->m, w->at, sizeof(buf), &buf);
	return p != NULL && udp != NULL && udp->dst_port == RTE_BE16(DHCP6_SERVER_PORT) &&
			w->at == IP6_LEN && dhcp_input(p, w->m);
}

static void
upper(struct walk *w)
{
	switch (w->proto) {
	case IPPROTO_ICMPV6:
		icmp6_input(w->c, w->m, w->at, w->was_cut);
		return;
	case IPPROTO_NONE:
		ctl_delivered(w->c, w->m);
		return;
	case IPPROTO_UDP:
		if (takes_udp(w))
			return;
		/* fallthrough */
	case IPPROTO_TCP:
		ip_error(w->c, w->m, CTL_ERR_PORT, 0);
		break;
	default:
		icmp6_parameter(w->c, w->m, BAD_NEXT_HEADER, w->told_at);
		break;
	}
	ctl_drop(w->c, DP_DROP_local_proto, w->m);
}

void
ip6_local(struct control *c, struct rte_mbuf *m)
{
	struct walk w = {
		.c = c, .m = m, .at = IP6_LEN, .told_at = offsetof(struct rte_ipv6_hdr, proto)
	};

	if (m->data_len < IP6_LEN) {
		ctl_drop(c, DP_DROP_local_bad, m);
		return;
	}
	if (!is_for_us(c, m)) {
		ctl_drop(c, DP_DROP_ip_dst, m);
		return;
	}
	w.proto = rte_pktmbuf_mtod(m, const struct rte_ipv6_hdr *)->proto;
	if (walk_headers(&w))
		upper(&w);
}

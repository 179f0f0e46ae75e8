/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* ICMPv6 (RFC 4443): echo, errors, and who takes the rest. */

#include <rte_icmp.h>

#include "control_priv.h"

#define ICMP6_HOPS 64
/* What a packet may have in front of its upper-layer header; more is nobody's honest packet. */
#define EXT_MAX 8
#define ICMP6_UNREACHABLE 1
#define ICMP6_TOO_BIG 2
#define ICMP6_TIME 3
#define ICMP6_PARAMETER 4
#define ICMP6_UNKNOWN_OPTION 2
#define ICMP6_ECHO_REQUEST 128
#define ICMP6_ECHO_REPLY 129
#define ICMP6_MLD_FIRST 130
#define ICMP6_MLD_LAST 132
#define ICMP6_ND_FIRST 133
#define ICMP6_REDIRECT 137
#define ICMP6_MLD2 143
/* The two bits of an option's type that ask for an error whoever the packet was sent to. */
#define OPTION_ALWAYS_MASK 0xc0
#define OPTION_ALWAYS 0x80

struct icmp6 {
	uint8_t type, code;
	rte_be16_t cksum;
	rte_be32_t info;
} __attribute__((packed)); /* behind extension headers it lies anywhere */

static_assert(sizeof(struct icmp6) == 8, "an ICMPv6 header is 8 octets");

/* Is it about a message that must not be answered: an error, or a redirect? */
static bool
about_error(const struct rte_mbuf *m)
{
	const struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv6_hdr *);
	uint32_t at = sizeof(*ip);
	uint8_t buf[8], proto = ip->proto;
	const uint8_t *h;
	int i;

	for (i = 0; i < EXT_MAX; i++) {
		h = rte_pktmbuf_read(m, at, sizeof(buf), buf);
		if (h == NULL)
			return false;
		switch (proto) {
		case IPPROTO_ICMPV6:
			return h[0] < ICMP6_ECHO_REQUEST || h[0] == ICMP6_REDIRECT;
		case IPPROTO_FRAGMENT:
			/* Errors are too short to be cut; of later parts nothing is known. */
			if ((h[2] << 8 | h[3]) >> 3 != 0)
				return false;
			at += sizeof(struct rte_ipv6_fragment_ext);
			break;
		case IPPROTO_HOPOPTS:
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
			at += 8u * h[1] + 8;
			break;
		default:
			return false;
		}
		proto = h[0];
	}
	return true;
}

/* Does the rule about groups have an exception for this error (RFC 4443 2.4 e.3)? */
static bool
even_to_groups(const struct rte_mbuf *m, uint8_t type, uint8_t code, uint32_t info)
{
	const uint8_t *option;
	uint8_t buf;

	if (type == ICMP6_TOO_BIG)
		return true;
	if (type != ICMP6_PARAMETER || code != ICMP6_UNKNOWN_OPTION)
		return false;
	option = rte_pktmbuf_read(m, info, 1, &buf);
	return option != NULL && (*option & OPTION_ALWAYS_MASK) == OPTION_ALWAYS;
}

/* RFC 4443 2.4 e */
static bool
may_complain(struct control *c, struct rte_mbuf *m, uint8_t type, uint8_t code, uint32_t info)
{
	const struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv6_hdr *);
	struct dp_ip src = dp_ip6((const uint8_t *)&ip->src_addr);
	struct dp_ip dst = dp_ip6((const uint8_t *)&ip->dst_addr);
	const struct dp_nh *nh;

	if (dp_ip_is_zero(&src) || dp_ip_is_mcast(&src) || dp_ip_is4(&src) || about_error(m))
		return false;
	if ((dp_ip_is_mcast(&dst) || dp_meta(m)->l2_bcast != 0) &&
			!even_to_groups(m, type, code, info))
		return false;
	if (dp_ip_is_linklocal6(&src))
		return !addr_is_own(c, m->port, &src);
	nh = ip_route(c, &src);
	return nh->type == DP_NH_LINK || nh->type == DP_NH_VIA || nh->type == DP_NH_ECMP;
}

/* An address of the port for talking to somebody; one of the link is of no use beyond it. */
static bool
port_source(struct control *c, uint16_t port, const struct dp_ip *to, struct dp_ip *src)
{
	return addr_source(c, port, to, src) &&
			(!dp_ip_is_linklocal6(src) || dp_ip_is_linklocal6(to));
}

/* The address that was asked (RFC 4443 2.2 a); else one of the port it came in on; else of the one
 * the answer leaves by. */
static bool
answer_source(struct control *c, const struct rte_mbuf *m, struct dp_ip *src)
{
	const struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv6_hdr *);
	struct dp_ip to = dp_ip6((const uint8_t *)&ip->src_addr);
	struct dp_ip asked = dp_ip6((const uint8_t *)&ip->dst_addr);
	const struct dp_nh *nh;

	*src = asked;
	if (dp_ip_is_linklocal6(&asked) ? addr_is_own(c, m->port, &asked)
					: addr_is_own_any(c, &asked))
		return true;
	if (port_source(c, m->port, &to, src))
		return true;
	nh = ip_route_flow(c, &to, m);
	return (nh->type == DP_NH_LINK || nh->type == DP_NH_VIA) &&
			port_source(c, nh->port, &to, src);
}

static rte_be16_t
icmp6_cksum(const struct rte_mbuf *m, uint32_t at)
{
	const struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv6_hdr *);
	struct rte_ipv6_hdr pseudo = *ip;
	uint16_t sum = 0;
	uint32_t all;

	/* Both change if there are extension headers. */
	pseudo.proto = IPPROTO_ICMPV6;
	pseudo.payload_len = rte_cpu_to_be_16((uint16_t)(m->pkt_len - at));
	rte_raw_cksum_mbuf(m, at, m->pkt_len - at, &sum);
	all = (uint32_t)sum + rte_ipv6_phdr_cksum(&pseudo, 0);
	all = (all & 0xffff) + (all >> 16);
	all = (all & 0xffff) + (all >> 16);
	return (rte_be16_t)~all;
}

static void
header(struct rte_ipv6_hdr *ip, uint16_t len, const struct dp_ip *src, const void *dst)
{
	memset(ip, 0, sizeof(*ip));
	ip->vtc_flow = RTE_BE32(6u << 28);
	ip->payload_len = rte_cpu_to_be_16(len);
	ip->proto = IPPROTO_ICMPV6;
	ip->hop_limits = ICMP6_HOPS;
	memcpy(&ip->src_addr, src->b, sizeof(src->b));
	memcpy(&ip->dst_addr, dst, sizeof(src->b));
}

static void
error_send(struct control *c, struct rte_mbuf *m, const struct dp_ip *src, struct icmp6 icmp)
{
	const struct rte_ipv6_hdr *about = rte_pktmbuf_mtod(m, const struct rte_ipv6_hdr *);
	struct rte_ipv6_hdr *ip;
	struct rte_mbuf *e;
	const void *quoted;
	struct icmp6 *to;
	uint16_t quote;

	quote = (uint16_t)RTE_MIN(m->pkt_len, RTE_IPV6_MIN_MTU - sizeof(*ip) - sizeof(icmp));
	e = ctl_alloc(c, m->port);
	if (e == NULL)
		return;
	ip = (void *)rte_pktmbuf_append(e, (uint16_t)(sizeof(*ip) + sizeof(icmp) + quote));
	if (ip == NULL) {
		ctl_drop(c, DP_DROP_nombuf, e);
		return;
	}
	header(ip, (uint16_t)(sizeof(icmp) + quote), src, &about->src_addr);
	to = (struct icmp6 *)(ip + 1);
	*to = icmp;
	quoted = rte_pktmbuf_read(m, 0, quote, to + 1);
	if (quoted != to + 1)
		memcpy(to + 1, quoted, quote);
	to->cksum = icmp6_cksum(e, sizeof(*ip));
	ip6_output(c, e);
}

static void
complain(struct control *c, struct rte_mbuf *m, uint8_t type, uint8_t code, uint32_t info)
{
	struct icmp6 icmp = { .type = type, .code = code, .info = rte_cpu_to_be_32(info) };
	struct dp_ip src;

	if (m->data_len < sizeof(struct rte_ipv6_hdr) || m->port >= DP_PORTS_MAX ||
			!may_complain(c, m, type, code, info))
		return;
	if (answer_source(c, m, &src) && icmp_error_take(c, m->port))
		error_send(c, m, &src, icmp);
}

void
icmp6_parameter(struct control *c, struct rte_mbuf *m, uint8_t code, uint32_t at)
{
	complain(c, m, ICMP6_PARAMETER, code, at);
}

void
icmp6_error(struct control *c, struct rte_mbuf *m, enum ctl_ip_error what, uint16_t mtu)
{
	static const struct {
		uint8_t type, code;
	} v6[] = {
		[CTL_ERR_NET] = { ICMP6_UNREACHABLE, 0 },
		[CTL_ERR_HOST] = { ICMP6_UNREACHABLE, 3 },
		[CTL_ERR_PROTO] = { ICMP6_PARAMETER, 1 },
		[CTL_ERR_PORT] = { ICMP6_UNREACHABLE, 4 },
		[CTL_ERR_TOO_BIG] = { ICMP6_TOO_BIG, 0 },
		[CTL_ERR_TTL] = { ICMP6_TIME, 0 },
		[CTL_ERR_PROHIBIT] = { ICMP6_UNREACHABLE, 1 },
		[CTL_ERR_SCOPE] = { ICMP6_UNREACHABLE, 2 },
		[CTL_ERR_REASSEMBLY] = { ICMP6_TIME, 1 },
	};

	if (what != CTL_ERR_TOO_BIG) {
		complain(c, m, v6[what].type, v6[what].code,
				what == CTL_ERR_PROTO ? offsetof(struct rte_ipv6_hdr, proto) : 0);
		return;
	}
	/* No IPv6 sender goes below the least MTU (RFC 8201 4), so over a link that is narrower
	 * still it cannot reach the destination. */
	if (mtu < RTE_IPV6_MIN_MTU && m->pkt_len <= RTE_IPV6_MIN_MTU)
		complain(c, m, v6[CTL_ERR_HOST].type, v6[CTL_ERR_HOST].code, 0);
	else
		complain(c, m, ICMP6_TOO_BIG, 0, RTE_MAX(mtu, (uint16_t)RTE_IPV6_MIN_MTU));
}

/* --- received --- */

/* The request becomes the reply; extension headers do not come back. */
static void
echo_reply(struct control *c, struct rte_mbuf *m, uint32_t at, const struct dp_ip *src)
{
	struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod(m, struct rte_ipv6_hdr *);
	uint32_t extra = at - sizeof(*ip);
	struct icmp6 *icmp;
	uint8_t to[16];
	rte_be32_t tclass;

	dp_count(&ctl_ctr(c, m->port)->delivered, 1);
	dp_count(&ctl_ctr(c, m->port)->originated, 1);
	memcpy(to, &ip->src_addr, sizeof(to));
	tclass = ip->vtc_flow & rte_cpu_to_be_32(RTE_IPV6_HDR_TC_MASK);
	rte_pktmbuf_adj(m, (uint16_t)extra);
	ip = rte_pktmbuf_mtod(m, struct rte_ipv6_hdr *);
	header(ip, (uint16_t)(m->pkt_len - sizeof(*ip)), src, to);
	ip->vtc_flow |= tclass;
	icmp = (struct icmp6 *)(ip + 1);
	icmp->type = ICMP6_ECHO_REPLY;
	icmp->cksum = 0;
	icmp->cksum = icmp6_cksum(m, sizeof(*ip));
	m->ol_flags &= ~(uint64_t)(RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK);
	dp_meta(m)->out_port = m->port;
	ip6_output(c, m);
}

/* A request to a group is answered too, as Linux does; not more often than errors are sent. */
static void
echo_request(struct control *c, struct rte_mbuf *m, uint32_t at)
{
	const struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv6_hdr *);
	struct dp_ip from = dp_ip6((const uint8_t *)&ip->src_addr);
	struct dp_ip to = dp_ip6((const uint8_t *)&ip->dst_addr);
	struct dp_ip src;

	if (dp_ip_is_zero(&from) || dp_ip_is_mcast(&from) || m->port >= DP_PORTS_MAX ||
			(dp_ip_is_mcast(&to) && !icmp_error_take(c, m->port)) ||
			!answer_source(c, m, &src)) {
		ctl_delivered(c, m);
		return;
	}
	m = ctl_own(c, m);
	if (m != NULL)
		echo_reply(c, m, at, &src);
}

void
icmp6_input(struct control *c, struct rte_mbuf *m, uint32_t at, bool was_cut)
{
	struct ctl_port *p = ctl_port(c, m->port);
	const struct icmp6 *icmp;

	if (m->data_len < at + sizeof(*icmp) || icmp6_cksum(m, at) != 0) {
		ctl_drop(c, DP_DROP_local_bad, m);
		return;
	}
	icmp = rte_pktmbuf_mtod_offset(m, const struct icmp6 *, at);
	if (icmp->type == ICMP6_ECHO_REQUEST && icmp->code == 0) {
		echo_request(c, m, at);
	} else if (icmp->type >= ICMP6_ND_FIRST && icmp->type <= ICMP6_REDIRECT) {
		/* Never in parts (RFC 6980); nobody puts extension headers in front. */
		if (p == NULL || was_cut || at != sizeof(struct rte_ipv6_hdr))
			ctl_drop(c, DP_DROP_nd_bad, m);
		else
			nd_input(p, m);
	} else if (p != NULL &&
			((icmp->type >= ICMP6_MLD_FIRST && icmp->type <= ICMP6_MLD_LAST) ||
					icmp->type == ICMP6_MLD2)) {
		mld_input(p, m, at);
	} else {
		probe_icmp6(c, m, at);
		ctl_delivered(c, m);
	}
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* ICMP: echo, and errors within the rules of RFC 1812 section 4.3.2. */

#include <errno.h>

#include <rte_icmp.h>

#include "compat.h"
#include "control_priv.h"

/* Bounds of the errors of both families: of all ports, and of those about one port's packets. */
#define ICMP_ERRORS_PER_S 2000
#define ICMP_ERRORS_BURST 500
#define ICMP_PORT_ERRORS_PER_S 1000
#define ICMP_PORT_ERRORS_BURST 250
/* Precedence of errors: internetwork control (RFC 1812 4.3.2.5); the type of service stays. */
#define ICMP_ERROR_PRECEDENCE 0xc0
#define IP_TOS_MASK 0x1e
/* Largest error message, IP header included (RFC 1812 4.3.2.3). */
#define ICMP_ERROR_MAX 576
#define ICMP_TTL 64

/* Is it an ICMP message about a problem (RFC 1122 3.2.2)? */
static bool
icmp_type_is_error(uint8_t type)
{
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

static bool
ip_is_group(uint32_t ip)
{
	return ip >> 28 >= 14;
}

static bool
may_complain(struct control *c, struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);
	uint32_t src = rte_be_to_cpu_32(ip->src_addr);
	uint32_t dst = rte_be_to_cpu_32(ip->dst_addr);
	struct dp_ip src_ip = dp_ip4(src), dst_ip = dp_ip4(dst);
	const struct dp_nh *nh = ip_route(c, &src_ip);
	const uint8_t *type;
	uint8_t buf;

	if ((ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_OFFSET_MASK)) != 0 ||
			dp_meta(m)->l2_bcast != 0 || ip_is_group(src) || ip_is_group(dst) ||
			src >> 24 == 0 || src >> 24 == 127)
		return false;
	if ((nh->type != DP_NH_LINK && nh->type != DP_NH_VIA && nh->type != DP_NH_ECMP) ||
			ip_route(c, &dst_ip)->type == DP_NH_BROADCAST)
		return false;
	if (ip->next_proto_id != IPPROTO_ICMP)
		return true;
	type = rte_pktmbuf_read(m, rte_ipv4_hdr_len(ip), 1, &buf);
	return type != NULL && !icmp_type_is_error(*type);
}

/* The address that was asked; else one of the port the packet came in on; else of the one the answer
 * leaves by. */
static uint32_t
error_source(struct control *c, uint16_t in_port, const struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);
	struct dp_ip to = dp_ip4(rte_be_to_cpu_32(ip->src_addr));
	struct dp_ip asked = dp_ip4(rte_be_to_cpu_32(ip->dst_addr));
	const struct dp_nh *nh;
	struct dp_ip src;

	if (addr_is_own_any(c, &asked))
		return dp_ip_get4(&asked);
	if (addr_source(c, in_port, &to, &src))
		return dp_ip_get4(&src);
	nh = ip_route_flow(c, &to, m);
	if (!addr_source(c, nh->port, nh->type == DP_NH_VIA ? &nh->gw : &to, &src))
		return 0;
	return dp_ip_get4(&src);
}

static void
ip_header(struct control *c, struct rte_ipv4_hdr *ip, uint16_t len, uint32_t src, uint32_t dst)
{
	memset(ip, 0, sizeof(*ip));
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->total_length = rte_cpu_to_be_16(len);
	ip->packet_id = rte_cpu_to_be_16(c->ip->ip_id++);
	ip->time_to_live = ICMP_TTL;
	ip->next_proto_id = IPPROTO_ICMP;
	ip->src_addr = rte_cpu_to_be_32(src);
	ip->dst_addr = rte_cpu_to_be_32(dst);
}

static void
error_send(struct control *c, struct rte_mbuf *m, uint32_t src, uint8_t type, uint8_t code,
		uint16_t mtu)
{
	const struct rte_ipv4_hdr *about = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);
	uint32_t to = rte_be_to_cpu_32(about->src_addr);
	struct rte_ipv4_hdr *ip;
	struct rte_icmp_hdr *icmp;
	const void *quoted;
	struct rte_mbuf *e;
	uint16_t quote;

	quote = (uint16_t)RTE_MIN(m->pkt_len, ICMP_ERROR_MAX - sizeof(*ip) - sizeof(*icmp));
	e = ctl_alloc(c, m->port);
	if (e == NULL)
		return;
	ip = (void *)rte_pktmbuf_append(e, (uint16_t)(sizeof(*ip) + sizeof(*icmp) + quote));
	if (ip == NULL) {
		ctl_drop(c, DP_DROP_nombuf, e);
		return;
	}
	ip_header(c, ip, (uint16_t)e->pkt_len, src, to);
	ip->type_of_service = ICMP_ERROR_PRECEDENCE | (about->type_of_service & IP_TOS_MASK);
	ip_cksum_set(ip);
	icmp = (struct rte_icmp_hdr *)(ip + 1);
	*icmp = (struct rte_icmp_hdr){ .icmp_type = type, .icmp_code = code };
	icmp->icmp_seq_nb = rte_cpu_to_be_16(mtu);
	quoted = rte_pktmbuf_read(m, 0, quote, icmp + 1);
	if (quoted != icmp + 1)
		memcpy(icmp + 1, quoted, quote);
	icmp->icmp_cksum = (rte_be16_t)~rte_raw_cksum(icmp, sizeof(*icmp) + quote);
	ip_output(c, e);
}

bool
icmp_error_take(struct control *c, uint16_t port)
{
	return bucket_take(&c->ip->icmp_port_bucket[port], c->now, ICMP_PORT_ERRORS_PER_S,
			       ICMP_PORT_ERRORS_BURST) &&
			bucket_take(&c->ip->icmp_bucket, c->now, ICMP_ERRORS_PER_S,
					ICMP_ERRORS_BURST);
}

static void
icmp_error(struct control *c, struct rte_mbuf *m, uint8_t type, uint8_t code, uint16_t mtu)
{
	uint16_t port = m->port < DP_PORTS_MAX ? m->port : 0;
	uint32_t src;

	if (m->data_len < sizeof(struct rte_ipv4_hdr) || !may_complain(c, m))
		return;
	src = error_source(c, port, m);
	if (src != 0 && icmp_error_take(c, port))
		error_send(c, m, src, type, code, mtu);
}

void
ip_error(struct control *c, struct rte_mbuf *m, enum ctl_ip_error what, uint16_t mtu)
{
	/* ICMP types and codes of RFC 792 and RFC 1812 5.2.7.1. */
	static const struct {
		uint8_t type, code;
	} v4[] = {
		[CTL_ERR_NET] = { 3, 0 },
		[CTL_ERR_HOST] = { 3, 1 },
		[CTL_ERR_PROTO] = { 3, 2 },
		[CTL_ERR_PORT] = { 3, 3 },
		[CTL_ERR_TOO_BIG] = { 3, 4 },
		[CTL_ERR_PROHIBIT] = { 3, 13 },
		[CTL_ERR_SCOPE] = { 3, 1 },
		[CTL_ERR_TTL] = { 11, 0 },
		[CTL_ERR_REASSEMBLY] = { 11, 1 },
	};

	if (ctl_ethertype(m) == RTE_ETHER_TYPE_IPV6)
		icmp6_error(c, m, what, mtu);
	else
		icmp_error(c, m, v4[what].type, v4[what].code, mtu);
}

/* Options are not sent back: a reversed source route would be an open relay. */
static struct rte_ipv4_hdr *
strip_options(struct rte_mbuf *m)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *);
	uint16_t extra = (uint16_t)(rte_ipv4_hdr_len(ip) - sizeof(*ip));

	if (extra == 0)
		return ip;
	memmove((char *)ip + extra, ip, sizeof(*ip));
	ip = (struct rte_ipv4_hdr *)rte_pktmbuf_adj(m, extra);
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->total_length = rte_cpu_to_be_16((uint16_t)m->pkt_len);
	return ip;
}

/* The request becomes the reply. */
static void
echo_reply(struct control *c, struct rte_mbuf *m)
{
	struct rte_ipv4_hdr *ip = strip_options(m);
	struct rte_icmp_hdr *icmp = (struct rte_icmp_hdr *)(ip + 1);
	rte_be32_t src = ip->src_addr;
	uint32_t sum;

	dp_count(&ctl_ctr(c, m->port)->delivered, 1);
	dp_count(&ctl_ctr(c, m->port)->originated, 1);
	ip->src_addr = ip->dst_addr;
	ip->dst_addr = src;
	ip->packet_id = rte_cpu_to_be_16(c->ip->ip_id++);
	ip->fragment_offset = 0;
	ip->time_to_live = ICMP_TTL;
	ip_cksum_set(ip);
	icmp->icmp_type = COMPAT_ICMP_ECHO_REPLY;
	/* RFC 1624: the type octet went from 8 to 0. */
	sum = (uint16_t)~icmp->icmp_cksum + (uint32_t)(uint16_t)~RTE_BE16(0x0800);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	icmp->icmp_cksum = (rte_be16_t)~sum;
	m->ol_flags &= ~(uint64_t)(RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK);
	ip_output(c, m);
}

void
icmp_input(struct control *c, struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);
	uint32_t hdr_len = rte_ipv4_hdr_len(ip);
	struct dp_ip dst = dp_ip4(rte_be_to_cpu_32(ip->dst_addr));
	const struct rte_icmp_hdr *icmp;
	uint16_t cksum = 0;

	icmp = rte_pktmbuf_mtod_offset(m, const struct rte_icmp_hdr *, hdr_len);
	if (m->data_len < hdr_len + sizeof(*icmp) ||
			rte_raw_cksum_mbuf(m, hdr_len, m->pkt_len - hdr_len, &cksum) != 0 ||
			cksum != 0xffff) {
		ctl_drop(c, DP_DROP_local_bad, m);
		return;
	}
	if (icmp->icmp_type != COMPAT_ICMP_ECHO_REQUEST || icmp->icmp_code != 0 ||
			dp_meta(m)->l2_bcast != 0 || !addr_is_own_any(c, &dst)) {
		if (icmp->icmp_type != COMPAT_ICMP_ECHO_REQUEST)
			probe_icmp4(c, m, hdr_len);
		ctl_delivered(c, m);
		return;
	}
	m = ctl_own(c, m);
	if (m != NULL)
		echo_reply(c, m);
}

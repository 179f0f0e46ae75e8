/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Messages of IGMP (RFC 1112, 2236, 3376) and MLD (RFC 2710, 3810). Only what comes from the link
 * itself is looked at: with TTL 1, and with an address of the link, or with MLD a link-local one.
 */

#include <rte_ip.h>

#include "mproxy.h"

#define IGMP_QUERY 0x11
#define IGMP_V1_REPORT 0x12
#define IGMP_V2_REPORT 0x16
#define IGMP_LEAVE 0x17
#define IGMP_V3_REPORT 0x22
#define MLD_QUERY 130
#define MLD_REPORT 131
#define MLD_DONE 132
#define MLD_V2_REPORT 143

/* Octets: of a message of version 1 or 2, and of a query of version 3 without sources. */
#define IGMP_LEN 8
#define IGMP_QUERY3_LEN 12
#define MLD_LEN 24
#define MLD_QUERY3_LEN 28
#define REPORT3_LEN 8
/* IPv4 with the Router Alert option (RFC 2113); IPv6 with it in a hop-by-hop header (RFC 2711). */
#define IP4_LEN 24
#define IP6_LEN 48
/* Largest report: fits each link that IPv6 knows. */
#define REPORT_MAX 1200

#define SUPPRESS 0x08
#define ROBUSTNESS 0x07

static const uint8_t alert4[4] = { 0x94, 0x04 };
static const uint8_t alert6[8] = { IPPROTO_ICMPV6, 0, 5, 2, 0, 0, 1, 0 };

static uint32_t
addr_len(bool v6)
{
	return v6 ? 16 : 4;
}

static struct dp_ip
addr_read(const uint8_t *p, bool v6)
{
	static const struct dp_ip none;
	rte_be32_t be;

	if (v6)
		return dp_ip6(p);
	memcpy(&be, p, sizeof(be));
	return be == 0 ? none : dp_ip4(rte_be_to_cpu_32(be));
}

static uint8_t *
addr_write(uint8_t *p, const struct dp_ip *ip, bool v6)
{
	uint32_t len = addr_len(v6);

	memcpy(p, &ip->b[16 - len], len);
	return p + len;
}

static uint16_t
get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void
put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* --- reading --- */

/* RFC 3376 4.1.1 and 4.1.7: from 128 on, a mantissa of 4 bits and an exponent. */
static uint64_t
float8(uint8_t code)
{
	return code < 128 ? code : (code % 16u + 16) << (code / 16 % 8u + 3);
}

static uint64_t
igmp_resp_us(uint8_t code)
{
	return float8(code) * (CTL_US_PER_S / 10);
}

/* RFC 3810 5.1.3: from 32768 on, a mantissa of 12 bits and an exponent. Milliseconds. */
static uint64_t
mld_resp_us(uint16_t code)
{
	uint64_t v = code < 32768 ? code
				  : (uint64_t)(code % 4096u + 4096) << (code / 4096 % 8u + 3);

	return v * CTL_US_PER_MS;
}

static bool
query3_read(struct mp_msg *msg, const uint8_t *flags, uint32_t left)
{
	msg->version = MP_V3;
	msg->suppress = (flags[0] & SUPPRESS) != 0;
	msg->robustness = flags[0] & ROBUSTNESS;
	msg->query_us = float8(flags[1]) * CTL_US_PER_S;
	msg->nb = get16(flags + 2);
	msg->body = flags + 4;
	msg->len = msg->nb * addr_len(msg->v6);
	return left >= 4 + msg->len;
}

static bool
igmp_query_read(struct mp_msg *msg, const uint8_t *p, uint32_t len)
{
	msg->type = MP_QUERY;
	msg->group = addr_read(p + 4, false);
	if (len == IGMP_LEN) {
		/* Version 1 had no code: 10 s. */
		msg->version = p[1] == 0 ? MP_V1 : MP_V2;
		msg->resp_us = p[1] == 0 ? MP_RESPONSE_US : igmp_resp_us(p[1]);
		return true;
	}
	msg->resp_us = igmp_resp_us(p[1]);
	return len >= IGMP_QUERY3_LEN && query3_read(msg, p + IGMP_LEN, len - IGMP_LEN);
}

static bool
records_set(struct mp_msg *msg, const uint8_t *p, uint32_t len)
{
	msg->type = MP_RECORDS;
	msg->version = MP_V3;
	msg->nb = get16(p + 6);
	msg->body = p + REPORT3_LEN;
	msg->len = len - REPORT3_LEN;
	return true;
}

static bool
igmp_read(struct mp_msg *msg, const uint8_t *p, uint32_t len)
{
	if (len < IGMP_LEN || rte_raw_cksum(p, len) != 0xffff)
		return false;
	switch (p[0]) {
	case IGMP_QUERY:
		return igmp_query_read(msg, p, len);
	case IGMP_V3_REPORT:
		return records_set(msg, p, len);
	case IGMP_V1_REPORT:
	case IGMP_V2_REPORT:
	case IGMP_LEAVE:
		msg->type = p[0] == IGMP_LEAVE ? MP_LEAVE : MP_REPORT;
		msg->version = p[0] == IGMP_V1_REPORT ? MP_V1 : MP_V2;
		msg->group = addr_read(p + 4, false);
		return dp_ip_is_mcast(&msg->group);
	default:
		return false;
	}
}

static bool
mld_read(struct mp_msg *msg, const uint8_t *p, uint32_t len)
{
	if (p[0] == MLD_V2_REPORT)
		return len >= REPORT3_LEN && records_set(msg, p, len);
	if (len < MLD_LEN)
		return false;
	msg->group = addr_read(p + 8, true);
	msg->version = MP_V2;
	msg->resp_us = mld_resp_us(get16(p + 4));
	switch (p[0]) {
	case MLD_QUERY:
		msg->type = MP_QUERY;
		return len == MLD_LEN ||
				(len >= MLD_QUERY3_LEN &&
						query3_read(msg, p + MLD_LEN, len - MLD_LEN));
	case MLD_REPORT:
	case MLD_DONE:
		msg->type = p[0] == MLD_DONE ? MP_LEAVE : MP_REPORT;
		return dp_ip_is_mcast(&msg->group);
	default:
		return false;
	}
}

struct record_arg {
	struct mp_port *mp;
	const struct mp_msg *msg;
};

static void
on_record(void *arg, const struct mp_change *ch)
{
	struct record_arg *r = arg;

	mp_router_record(r->mp, r->msg, ch);
}

/* Each record of a message; fn NULL: only look. @return false: malformed; what came before it was
 * handed over */
static bool
mp_records(const struct mp_msg *msg, void (*fn)(void *arg, const struct mp_change *ch), void *arg)
{
	uint32_t alen = addr_len(msg->v6), left = msg->len, len;
	const uint8_t *p = msg->body;
	struct mp_change ch;
	uint16_t i;

	for (i = 0; i < msg->nb; i++, p += len, left -= len) {
		if (left < 4 + alen)
			return false;
		ch.type = p[0];
		ch.nb = get16(p + 2);
		ch.group = addr_read(p + 4, msg->v6);
		ch.sources = p + 4 + alen;
		len = 4 + alen + ch.nb * alen + 4u * p[1];
		if (len > left || !dp_ip_is_mcast(&ch.group))
			return false;
		if (fn != NULL && ch.type >= MP_IS_IN && ch.type <= MP_BLOCK)
			fn(arg, &ch);
	}
	return true;
}

/* @return false: malformed */
static bool
handle(struct mp_port *mp, const struct mp_msg *msg)
{
	struct record_arg arg = { .mp = mp, .msg = msg };
	struct mp_change ch = { .group = msg->group };

	/* All of it is looked at before any of it is believed. */
	if (msg->type == MP_RECORDS && !mp_records(msg, NULL, NULL))
		return false;

	switch (msg->type) {
	case MP_QUERY:
		mp_host_query(mp, msg);
		if (mp->router)
			mp_router_query(mp, msg);
		return true;
	case MP_RECORDS:
		return mp_records(msg, on_record, &arg);
	default:
		if (msg->type == MP_REPORT)
			mp_host_report(mp, msg);
		ch.type = msg->type == MP_LEAVE ? MP_TO_IN : MP_IS_EX;
		mp_router_record(mp, msg, &ch);
		return true;
	}
}

struct dp_ip
mp_source_at(const uint8_t *sources, bool v6, uint16_t n)
{
	return addr_read(sources + n * addr_len(v6), v6);
}

static void
input(struct ctl_port *p, struct rte_mbuf *m, const struct mp_msg *msg)
{
	struct control *c = p->c;
	struct mp_port *mp = mp_port_get(p);

	if (mp == NULL)
		ctl_drop(c, DP_DROP_nombuf, m);
	else if (!bucket_take(&mp->bucket, c->now, MP_MSGS_PER_S, MP_MSGS_BURST))
		ctl_drop(c, DP_DROP_group_limit, m);
	else if (!handle(mp, msg))
		ctl_drop(c, DP_DROP_group_bad, m);
	else
		ctl_delivered(c, m);
}

void
igmp_input(struct ctl_port *p, struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);
	uint32_t len = rte_be_to_cpu_16(ip->total_length), hlen = rte_ipv4_hdr_len(ip);
	struct mp_msg msg = { .v6 = false };

	msg.src = addr_read((const uint8_t *)&ip->src_addr, false);
	/* Who has no address yet speaks as 0.0.0.0 (RFC 3376 4.2.13). */
	if (ip->time_to_live != 1 || len > m->data_len ||
			!(dp_ip_is_zero(&msg.src) || addr_on_link(p->c, p->id, &msg.src)) ||
			!igmp_read(&msg, (const uint8_t *)ip + hlen, len - hlen))
		ctl_drop(p->c, DP_DROP_group_bad, m);
	else
		input(p, m, &msg);
}

/* RFC 3810 6.2, 7.4: a hop-by-hop header with a Router Alert option. */
static bool
has_alert6(const struct rte_mbuf *m, uint32_t at)
{
	const struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv6_hdr *);
	const uint8_t *opt = (const uint8_t *)(ip + 1);
	uint32_t i, end = at - sizeof(*ip);

	if (ip->proto != IPPROTO_HOPOPTS)
		return false;
	/* Their lengths were looked at before. */
	for (i = 2; i + 4 <= end; i += opt[i] == 0 ? 1 : 2u + opt[i + 1]) {
		if (memcmp(&opt[i], &alert6[2], 4) == 0)
			return true;
	}
	return false;
}

void
mld_input(struct ctl_port *p, struct rte_mbuf *m, uint32_t at)
{
	const struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv6_hdr *);
	uint32_t len = rte_be_to_cpu_16(ip->payload_len) + (uint32_t)sizeof(*ip);
	struct mp_msg msg = { .v6 = true, .src = dp_ip6((const uint8_t *)&ip->src_addr) };

	if (ip->hop_limits != 1 || len > m->data_len || len < at || !has_alert6(m, at) ||
			!dp_ip_is_linklocal6(&msg.src) ||
			!mld_read(&msg, (const uint8_t *)ip + at, len - at))
		ctl_drop(p->c, DP_DROP_group_bad, m);
	else
		input(p, m, &msg);
}

/* --- writing --- */

struct dp_ip
mp_source_addr(const struct mp_port *mp, bool v6)
{
	static const struct dp_ip none;
	const struct ctl_routes *r = &mp->p->c->ip->routes;
	struct dp_ip ip;
	uint32_t i;

	if (v6) {
		nd_linklocal(mp->p, &ip);
		return nd_addr_usable(mp->p, &ip) ? ip : none;
	}
	for (i = 0; i < r->nb_addrs; i++) {
		if (r->addrs[i].port == mp->p->id && dp_ip_is4(&r->addrs[i].ip))
			return r->addrs[i].ip;
	}
	return none;
}

/* A packet with room for the IP header in front, and len zero octets. */
static struct rte_mbuf *
msg_new(struct mp_port *mp, uint16_t len, uint8_t **body)
{
	struct rte_mbuf *m;

	if (!mp->p->up)
		return NULL;
	m = ctl_alloc(mp->p->c, mp->p->id);
	if (m == NULL)
		return NULL;
	*body = (uint8_t *)rte_pktmbuf_append(m, len);
	if (*body == NULL) {
		ctl_drop(mp->p->c, DP_DROP_nombuf, m);
		return NULL;
	}
	memset(*body, 0, len);
	return m;
}

static bool
head4(struct mp_port *mp, struct rte_mbuf *m, const struct dp_ip *dst)
{
	uint16_t len = m->data_len, sum;
	uint8_t *msg = rte_pktmbuf_mtod(m, uint8_t *);
	struct dp_ip src = mp_source_addr(mp, false);
	struct rte_ipv4_hdr *ip;

	sum = (uint16_t)~rte_raw_cksum(msg, len);
	memcpy(msg + 2, &sum, sizeof(sum));
	ip = (struct rte_ipv4_hdr *)rte_pktmbuf_prepend(m, IP4_LEN);
	if (ip == NULL)
		return false;
	*ip = (struct rte_ipv4_hdr){
		.version_ihl = RTE_IPV4_VHL_DEF + 1,
		.type_of_service = 0xc0, /* internetwork control */
		.total_length = rte_cpu_to_be_16((uint16_t)(IP4_LEN + len)),
		.packet_id = rte_cpu_to_be_16(mp->p->c->ip->ip_id++),
		.time_to_live = 1,
		.next_proto_id = IPPROTO_IGMP,
	};
	addr_write((uint8_t *)&ip->src_addr, &src, false);
	addr_write((uint8_t *)&ip->dst_addr, dst, false);
	memcpy(ip + 1, alert4, sizeof(alert4));
	ip_cksum_set(ip);
	return true;
}

static bool
head6(struct mp_port *mp, struct rte_mbuf *m, const struct dp_ip *dst)
{
	uint16_t len = m->data_len, sum;
	uint8_t *msg = rte_pktmbuf_mtod(m, uint8_t *);
	struct dp_ip src = mp_source_addr(mp, true);
	struct rte_ipv6_hdr *ip;

	ip = (struct rte_ipv6_hdr *)rte_pktmbuf_prepend(m, IP6_LEN);
	if (ip == NULL)
		return false;
	*ip = (struct rte_ipv6_hdr){
		.vtc_flow = RTE_BE32(6u << 28),
		.payload_len = rte_cpu_to_be_16(len), /* as the checksum takes it */
		.proto = IPPROTO_ICMPV6,
		.hop_limits = 1,
	};
	memcpy(&ip->src_addr, src.b, sizeof(src.b));
	memcpy(&ip->dst_addr, dst->b, sizeof(dst->b));
	sum = rte_ipv6_udptcp_cksum(ip, msg);
	memcpy(msg + 2, &sum, sizeof(sum));
	ip->payload_len = rte_cpu_to_be_16((uint16_t)(len + sizeof(alert6)));
	ip->proto = IPPROTO_HOPOPTS;
	memcpy(ip + 1, alert6, sizeof(alert6));
	return true;
}

/* To a group of the link; takes m for good. */
static void
msg_send(struct mp_port *mp, bool v6, struct rte_mbuf *m, const struct dp_ip *dst)
{
	if (v6 ? head6(mp, m, dst) : head4(mp, m, dst))
		l3_mcast_send(mp->p, dst, m);
	else
		ctl_drop(mp->p->c, DP_DROP_nombuf, m);
}

/* Groups of the link by their last number. */
static struct dp_ip
link_group(bool v6, uint8_t n4, uint8_t n6)
{
	struct dp_ip g = { { [0] = 0xff, [1] = 0x02, [15] = n6 } };

	return v6 ? g : dp_ip4(UINT32_C(0xe0000000) + n4);
}

void
mp_send_query(struct mp_port *mp, bool v6, const struct dp_ip *group, const struct dp_ip *sources,
		uint16_t nb)
{
	uint64_t resp = group != NULL ? MP_LAST_MEMBER_US : MP_RESPONSE_US;
	uint16_t fixed = v6 ? MLD_QUERY3_LEN : IGMP_QUERY3_LEN;
	struct dp_ip all = link_group(v6, 1, 1);
	struct rte_mbuf *m;
	uint8_t *p, *flags;
	uint16_t i;

	m = msg_new(mp, (uint16_t)(fixed + nb * addr_len(v6)), &p);
	if (m == NULL)
		return;
	p[0] = v6 ? MLD_QUERY : IGMP_QUERY;
	if (v6)
		put16(p + 4, (uint32_t)(resp / CTL_US_PER_MS));
	else
		p[1] = (uint8_t)(resp / (CTL_US_PER_S / 10));
	if (group != NULL)
		addr_write(p + (v6 ? 8 : 4), group, v6);
	flags = p + fixed - 4;
	flags[0] = MP_ROBUSTNESS;
	flags[1] = (uint8_t)(MP_QUERY_US / CTL_US_PER_S);
	put16(flags + 2, nb);
	for (i = 0, p = flags + 4; i < nb; i++)
		p = addr_write(p, &sources[i], v6);
	msg_send(mp, v6, m, group != NULL ? group : &all);
}

void
mp_report_send(struct mp_report *r)
{
	struct dp_ip routers = link_group(r->v6, 22, 0x16);
	struct rte_mbuf *m = r->m;
	uint8_t *p;

	if (m == NULL)
		return;
	r->m = NULL;
	p = rte_pktmbuf_mtod(m, uint8_t *);
	put16(p + 6, r->nb);
	msg_send(r->mp, r->v6, m, &routers);
}

void
mp_report_add(struct mp_report *r, uint8_t type, const struct dp_ip *group,
		const struct dp_ip *sources, uint16_t nb)
{
	uint32_t len = 4 + addr_len(r->v6) * (1u + nb);
	uint8_t *p;
	uint16_t i;

	if (r->m != NULL && r->m->data_len + len > REPORT_MAX)
		mp_report_send(r);
	if (r->m == NULL) {
		r->nb = 0;
		r->m = msg_new(r->mp, REPORT3_LEN, &p);
		if (r->m == NULL)
			return;
		p[0] = r->v6 ? MLD_V2_REPORT : IGMP_V3_REPORT;
	}
	p = (uint8_t *)rte_pktmbuf_append(r->m, (uint16_t)len);
	if (p == NULL)
		return;
	r->nb++;
	p[0] = type;
	p[1] = 0;
	put16(p + 2, nb);
	p = addr_write(p + 4, group, r->v6);
	for (i = 0; i < nb; i++)
		p = addr_write(p, &sources[i], r->v6);
}

void
mp_send_old(struct mp_port *mp, bool v6, enum mp_version version, bool leave,
		const struct dp_ip *group)
{
	struct dp_ip routers = link_group(v6, 2, 2);
	struct rte_mbuf *m;
	uint8_t *p;

	m = msg_new(mp, v6 ? MLD_LEN : IGMP_LEN, &p);
	if (m == NULL)
		return;
	if (v6)
		p[0] = leave ? MLD_DONE : MLD_REPORT;
	else if (leave)
		p[0] = IGMP_LEAVE;
	else
		p[0] = version == MP_V1 ? IGMP_V1_REPORT : IGMP_V2_REPORT;
	addr_write(p + (v6 ? 8 : 4), group, v6);
	msg_send(mp, v6, m, leave ? &routers : group);
}

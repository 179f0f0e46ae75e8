/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* ping, arping and traceroute by the control core. It only looks at what comes back: whoever else
 * has to do with those packets has. */

#include <errno.h>
#include <stdlib.h>

#include <rte_icmp.h>
#include <rte_random.h>

#include "control_probe.h"
#include "nd.h"

/* Packets whose answers may still come. */
#define OPEN_MAX 128
#define EVENTS_MAX 256
/* An answer takes so long at most. */
#define WAIT_US CTL_US_PER_S
/* Who started it has gone if nothing was asked for so long. */
#define LEASE_US (5 * CTL_US_PER_S)
#define TRIES_PER_HOP 3
#define TTL 64
#define ICMP4_REPLY 0
#define ICMP4_REQUEST 8
#define ICMP6_REQUEST 128
#define ICMP6_REPLY 129
#define GRH_LEN 40
#define GRH_SGID 8

struct icmp_echo {
	uint8_t type, code;
	rte_be16_t cksum, id, seq;
} __attribute__((packed));

struct open {
	uint32_t seq; /* 0: answered, or never sent */
	uint8_t hop;
	uint64_t at;
};

struct ctl_probe {
	struct control_probe_cfg cfg;
	struct open open[OPEN_MAX]; /* by seq */
	struct control_probe_event event[EVENTS_MAX];
	uint32_t first, nb; /* of them */
	uint32_t sent, received;
	rte_be16_t id;
	uint8_t hop, answered; /* traceroute: of this hop */
	bool arrived, done;
	uint64_t polled;
	struct ctl_timer timer;
};

static void
note(struct ctl_probe *pr, const struct control_probe_event *e)
{
	/* Who polls too seldom misses some; the sums stay right. */
	if (pr->nb < EVENTS_MAX)
		pr->event[(pr->first + pr->nb++) % EVENTS_MAX] = *e;
}

static void
probe_free(struct control *c)
{
	timer_fini(c, &c->ip->probe->timer);
	free(c->ip->probe);
	c->ip->probe = NULL;
}

/* --- what goes out --- */

static void
fill(struct icmp_echo *icmp, uint16_t size)
{
	uint8_t *data = (uint8_t *)(icmp + 1);
	uint16_t i;

	for (i = 0; i < size; i++)
		data[i] = (uint8_t)i;
}

static void
send4(struct control *c, struct rte_mbuf *m, const struct ctl_probe *pr, struct icmp_echo *icmp)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *);

	memset(ip, 0, sizeof(*ip));
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->total_length = rte_cpu_to_be_16((uint16_t)m->pkt_len);
	ip->packet_id = rte_cpu_to_be_16(c->ip->ip_id++);
	ip->time_to_live = pr->hop != 0 ? pr->hop : TTL;
	ip->next_proto_id = IPPROTO_ICMP;
	ip->src_addr = rte_cpu_to_be_32(dp_ip_get4(&pr->cfg.src));
	ip->dst_addr = rte_cpu_to_be_32(dp_ip_get4(&pr->cfg.dst));
	ip_cksum_set(ip);
	icmp->type = ICMP4_REQUEST;
	icmp->cksum = (rte_be16_t)~rte_raw_cksum(icmp, m->pkt_len - sizeof(*ip));
	ip_output(c, m);
}

static void
send6(struct control *c, struct rte_mbuf *m, const struct ctl_probe *pr, struct icmp_echo *icmp)
{
	struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod(m, struct rte_ipv6_hdr *);

	memset(ip, 0, sizeof(*ip));
	ip->vtc_flow = RTE_BE32(6u << 28);
	ip->payload_len = rte_cpu_to_be_16((uint16_t)(m->pkt_len - sizeof(*ip)));
	ip->proto = IPPROTO_ICMPV6;
	ip->hop_limits = pr->hop != 0 ? pr->hop : TTL;
	memcpy(&ip->src_addr, pr->cfg.src.b, sizeof(pr->cfg.src.b));
	memcpy(&ip->dst_addr, pr->cfg.dst.b, sizeof(pr->cfg.dst.b));
	icmp->type = ICMP6_REQUEST;
	icmp->cksum = rte_ipv6_udptcp_cksum(ip, icmp);
	ip6_output(c, m);
}

static void
echo_send(struct control *c, const struct ctl_probe *pr, uint32_t seq)
{
	bool is4 = dp_ip_is4(&pr->cfg.dst);
	uint16_t hdr = is4 ? sizeof(struct rte_ipv4_hdr) : sizeof(struct rte_ipv6_hdr);
	struct rte_mbuf *m = ctl_alloc(c, pr->cfg.port);
	struct icmp_echo *icmp;
	char *ip;

	if (m == NULL)
		return;
	ip = rte_pktmbuf_append(m, (uint16_t)(hdr + sizeof(*icmp) + pr->cfg.size));
	if (ip == NULL) {
		ctl_drop(c, DP_DROP_nombuf, m);
		return;
	}
	icmp = (struct icmp_echo *)(ip + hdr);
	*icmp = (struct icmp_echo){ .id = pr->id, .seq = rte_cpu_to_be_16((uint16_t)seq) };
	fill(icmp, pr->cfg.size);
	if (is4)
		send4(c, m, pr, icmp);
	else
		send6(c, m, pr, icmp);
}

static void
send_one(struct control *c, struct ctl_probe *pr)
{
	uint32_t seq = ++pr->sent;
	struct ctl_port *p = ctl_port(c, pr->cfg.port);

	pr->open[seq % OPEN_MAX] =
			(struct open){ .seq = seq, .hop = pr->hop, .at = control_now_us() };
	if (p == NULL)
		return;
	if (pr->cfg.kind != CONTROL_ARPING)
		echo_send(c, pr, seq);
	else if (dp_ip_is4(&pr->cfg.dst))
		arp_request(p, dp_ip_get4(&pr->cfg.dst), NULL);
	else
		nd_request(p, &pr->cfg.dst, NULL);
}

/* --- time --- */

/* @return when the oldest open one is given up, UINT64_MAX: none is open */
static uint64_t
give_up(struct control *c, struct ctl_probe *pr)
{
	struct control_probe_event e = { .what = CONTROL_PROBE_LOST };
	uint64_t due = UINT64_MAX;
	uint32_t i;

	for (i = pr->sent >= OPEN_MAX ? pr->sent - OPEN_MAX + 1 : 1; i <= pr->sent; i++) {
		struct open *o = &pr->open[i % OPEN_MAX];

		if (o->seq != i)
			continue;
		if (o->at + WAIT_US > c->now) {
			due = RTE_MIN(due, o->at + WAIT_US);
			continue;
		}
		e.seq = i;
		e.hop = o->hop;
		o->seq = 0;
		note(pr, &e);
	}
	return due;
}

static void
hop_next(struct control *c, struct ctl_probe *pr)
{
	const struct control_probe_event e = { .what = CONTROL_PROBE_HOP, .hop = pr->hop };
	int i;

	if (pr->hop != 0)
		note(pr, &e);
	if (pr->arrived || pr->hop == pr->cfg.hops) {
		pr->done = true;
		return;
	}
	pr->hop++;
	for (i = 0; i < TRIES_PER_HOP; i++)
		send_one(c, pr);
}

static void
probe_timer(struct control *c, void *arg)
{
	struct ctl_probe *pr = arg;
	uint64_t due;

	if (c->now > pr->polled + LEASE_US) {
		probe_free(c);
		return;
	}
	due = give_up(c, pr);
	if (pr->done) {
		due = c->now + LEASE_US;
	} else if (pr->cfg.kind == CONTROL_TRACEROUTE) {
		if (due == UINT64_MAX) {
			hop_next(c, pr);
			due = c->now + WAIT_US;
		}
	} else if (pr->cfg.count == 0 || pr->sent < pr->cfg.count) {
		send_one(c, pr);
		due = c->now + pr->cfg.interval_ms * CTL_US_PER_MS;
	} else if (due == UINT64_MAX) {
		pr->done = true;
		due = c->now + LEASE_US;
	}
	timer_set(c, &pr->timer, RTE_MIN(due, c->now + LEASE_US));
}

/* --- what comes back --- */

/* Where it came from, below IP; data at the IP header, l2 octets behind the GRH. */
static void
from_where(struct control *c, struct rte_mbuf *m, uint16_t l2, struct control_probe_event *e)
{
	uint16_t port = dp_meta(m)->rx_port;
	const struct pmd_ipoib_meta *meta;

	if (port >= DP_PORTS_MAX || c->ports[port] == NULL || c->ports[port]->kind != DP_PORT_IPOIB)
		return;
	meta = pmd_ipoib_meta(m);
	e->ipoib = true;
	e->slid = meta->slid;
	e->qpn = meta->qpn;
	if ((meta->flags & PMD_IPOIB_RX_GRH) == 0 || rte_pktmbuf_headroom(m) < l2 + GRH_LEN)
		return;
	e->grh = true;
	memcpy(e->sgid.raw, rte_pktmbuf_mtod(m, uint8_t *) - l2 - GRH_LEN + GRH_SGID, IB_GID_LEN);
}

static void
answered(struct control *c, struct ctl_probe *pr, struct open *o, struct control_probe_event *e)
{
	uint64_t now = control_now_us();

	e->seq = o->seq;
	e->hop = o->hop;
	e->rtt_us = now > o->at ? (uint32_t)(now - o->at) : 0;
	o->seq = 0;
	if (e->what == CONTROL_PROBE_REPLY)
		pr->received++;
	if (e->what == CONTROL_PROBE_REPLY ||
			(pr->hop != 0 && e->type != (dp_ip_is4(&pr->cfg.dst) ? 11 : 3)))
		pr->arrived = true;
	note(pr, e);
	/* The next hop at once, or the end. */
	if (pr->cfg.kind == CONTROL_TRACEROUTE || (pr->cfg.count != 0 && pr->sent == pr->cfg.count))
		timer_set(c, &pr->timer, c->now);
}

/* The echo request that a message is about, whose header this is; NULL: none of ours. */
static struct open *
find_open(struct ctl_probe *pr, const struct icmp_echo *icmp)
{
	uint32_t i;

	if (icmp == NULL || icmp->id != pr->id || pr->cfg.kind == CONTROL_ARPING)
		return NULL;
	for (i = 0; i < OPEN_MAX; i++) {
		if (pr->open[i].seq != 0 &&
				rte_cpu_to_be_16((uint16_t)pr->open[i].seq) == icmp->seq)
			return &pr->open[i];
	}
	return NULL;
}

void
probe_icmp4(struct control *c, struct rte_mbuf *m, uint32_t at)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);
	struct control_probe_event e = { .from = dp_ip4(rte_be_to_cpu_32(ip->src_addr)) };
	const struct icmp_echo *icmp, *about;
	struct icmp_echo b1, b2;
	const struct rte_ipv4_hdr *quoted;
	struct rte_ipv4_hdr b3;
	struct open *o;

	icmp = rte_pktmbuf_read(m, at, sizeof(b1), &b1);
	if (c->ip->probe == NULL || icmp == NULL || !dp_ip_is4(&c->ip->probe->cfg.dst))
		return;
	about = icmp;
	if (icmp->type != ICMP4_REPLY) {
		e.what = CONTROL_PROBE_ERROR;
		quoted = rte_pktmbuf_read(m, at + sizeof(*icmp), sizeof(b3), &b3);
		if (quoted == NULL || quoted->next_proto_id != IPPROTO_ICMP ||
				quoted->dst_addr !=
						rte_cpu_to_be_32(
								dp_ip_get4(&c->ip->probe->cfg.dst)))
			return;
		about = rte_pktmbuf_read(
				m, at + sizeof(*icmp) + rte_ipv4_hdr_len(quoted), sizeof(b2), &b2);
	}
	o = find_open(c->ip->probe, about);
	if (o == NULL)
		return;
	e.type = icmp->type;
	e.code = icmp->code;
	e.ttl = ip->time_to_live;
	e.size = (uint16_t)(m->pkt_len - at);
	from_where(c, m, IPOIB_HDR_LEN, &e);
	answered(c, c->ip->probe, o, &e);
}

void
probe_icmp6(struct control *c, struct rte_mbuf *m, uint32_t at)
{
	const struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv6_hdr *);
	struct control_probe_event e = { .from = dp_ip6((const uint8_t *)&ip->src_addr) };
	const struct icmp_echo *icmp, *about;
	struct icmp_echo b1, b2;
	struct open *o;

	icmp = rte_pktmbuf_read(m, at, sizeof(b1), &b1);
	if (c->ip->probe == NULL || icmp == NULL || dp_ip_is4(&c->ip->probe->cfg.dst))
		return;
	about = icmp;
	if (icmp->type != ICMP6_REPLY) {
		e.what = CONTROL_PROBE_ERROR;
		about = rte_pktmbuf_read(m, at + sizeof(*icmp) + sizeof(struct rte_ipv6_hdr),
				sizeof(b2), &b2);
	}
	o = find_open(c->ip->probe, about);
	if (o == NULL)
		return;
	e.type = icmp->type;
	e.code = icmp->code;
	e.ttl = ip->hop_limits;
	e.size = (uint16_t)(m->pkt_len - at);
	from_where(c, m, IPOIB_HDR_LEN, &e);
	answered(c, c->ip->probe, o, &e);
}

void
probe_lladdr(struct ctl_port *p, const struct dp_ip *ip, const struct dp_adj *lladdr,
		struct rte_mbuf *m, uint16_t l2)
{
	struct control_probe_event e = { .from = *ip, .has_lladdr = true, .lladdr = *lladdr };
	struct ctl_probe *pr = p->c->ip->probe;
	uint32_t seq;

	if (pr == NULL || pr->cfg.kind != CONTROL_ARPING || pr->cfg.port != p->id ||
			!dp_ip_equal(ip, &pr->cfg.dst))
		return;
	/* An answer does not say to which question: it is taken for the last one. */
	for (seq = pr->sent; seq > 0 && seq + OPEN_MAX > pr->sent; seq--) {
		if (pr->open[seq % OPEN_MAX].seq != seq)
			continue;
		from_where(p->c, m, l2, &e);
		e.ipoib = p->kind == DP_PORT_IPOIB;
		answered(p->c, pr, &pr->open[seq % OPEN_MAX], &e);
		return;
	}
}

/* --- requests --- */

/* Fill in port and source. */
static int
choose_way(struct control *c, struct control_probe_cfg *cfg)
{
	const struct dp_nh *nh = ip_route(c, &cfg->dst);
	bool on_link = cfg->kind == CONTROL_ARPING || dp_ip_is_linklocal6(&cfg->dst);
	struct dp_ip own;

	if (nh->type == DP_NH_LOCAL)
		return -EADDRINUSE;
	if (nh->type == DP_NH_ECMP)
		nh = &c->dp->nh[nh->member[0]];
	if (dp_ip_is_linklocal6(&cfg->dst)) {
		if (cfg->port == DP_PORT_NIL)
			return -EDESTADDRREQ;
	} else if (nh->type != DP_NH_LINK && (on_link || nh->type != DP_NH_VIA)) {
		return -ENETUNREACH;
	} else if (cfg->port != DP_PORT_NIL && cfg->port != nh->port) {
		return -EHOSTUNREACH;
	} else {
		cfg->port = nh->port;
	}
	if (ctl_port(c, cfg->port) == NULL)
		return -ENODEV;
	if (!addr_source(c, cfg->port, nh->type == DP_NH_VIA ? &nh->gw : &cfg->dst, &own))
		return -EADDRNOTAVAIL;
	if (dp_ip_is_zero(&cfg->src))
		cfg->src = own;
	else if (dp_ip_is4(&cfg->src) != dp_ip_is4(&cfg->dst) || !addr_is_own_any(c, &cfg->src))
		return -EADDRNOTAVAIL;
	return 0;
}

int
control_probe_start(struct control *c, struct control_probe_cfg *cfg)
{
	uint32_t room = rte_pktmbuf_data_room_size(c->dp->pool) - RTE_PKTMBUF_HEADROOM;
	struct ctl_probe *pr;
	int ret;

	if (c->ip->probe != NULL && !c->ip->probe->done && c->now < c->ip->probe->polled + LEASE_US)
		return -EBUSY;
	if (dp_ip_is_mcast(&cfg->dst) || dp_ip_is_zero(&cfg->dst))
		return -ENETUNREACH;
	if (cfg->size + sizeof(struct rte_ipv6_hdr) + sizeof(struct icmp_echo) > room)
		return -EMSGSIZE;
	ret = choose_way(c, cfg);
	if (ret != 0)
		return ret;
	control_probe_stop(c);
	pr = calloc(1, sizeof(*pr));
	if (pr == NULL || timer_init(c, &pr->timer, probe_timer, pr) != 0) {
		free(pr);
		return -ENOMEM;
	}
	pr->cfg = *cfg;
	pr->cfg.interval_ms = RTE_MAX(cfg->interval_ms, 10u);
	pr->id = (rte_be16_t)rte_rand();
	pr->polled = c->now;
	c->ip->probe = pr;
	timer_set(c, &pr->timer, c->now);
	return 0;
}

int
control_probe_poll(struct control *c, struct control_probe_poll *poll)
{
	struct ctl_probe *pr = c->ip->probe;

	if (pr == NULL)
		return -ENOENT;
	pr->polled = c->now;
	poll->nb = 0;
	while (pr->nb > 0 && poll->nb < CONTROL_PROBE_EVENTS) {
		poll->event[poll->nb++] = pr->event[pr->first];
		pr->first = (pr->first + 1) % EVENTS_MAX;
		pr->nb--;
	}
	poll->sent = pr->sent;
	poll->received = pr->received;
	poll->done = pr->done && pr->nb == 0;
	return 0;
}

void
control_probe_stop(struct control *c)
{
	if (c->ip->probe != NULL)
		probe_free(c);
}

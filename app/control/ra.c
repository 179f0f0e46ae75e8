/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Router advertisements (RFC 4861 6.2), if a port is asked for them: the subnets of its addresses,
 * the link's MTU, and ourselves as a default router. Addresses are for hosts to make themselves
 * (RFC 4862) where the prefix is 64 bits long. Times are RFC 4861's defaults.
 */

#include <errno.h>

#include "nd.h"

/* MinRtrAdvInterval 150 s to MaxRtrAdvInterval 250 s; a life is three of the longest and more. */
#define RA_INTERVAL_US (200 * CTL_US_PER_S)
#define RA_INTERVAL_PCT 25
#define RA_LIFETIME_S 1800
/* MAX_INITIAL_RTR_ADVERTISEMENTS and _INTERVAL. */
#define RA_INITIAL 3
#define RA_INITIAL_US (16 * CTL_US_PER_S)
/* MIN_DELAY_BETWEEN_RAS and MAX_RA_DELAY_TIME. */
#define RA_APART_US (3 * CTL_US_PER_S)
#define RA_DELAY_US (500 * CTL_US_PER_MS)
/* No link-local address to send from, yet. */
#define RA_AGAIN_US CTL_US_PER_S
/* AdvValidLifetime (30 days), AdvPreferredLifetime (7 days). */
#define RA_VALID_S 2592000
#define RA_PREFERRED_S 604800
#define RA_HOP_LIMIT 64
#define RA_ON_LINK 0x80
#define RA_AUTONOMOUS 0x40
/* With the other options they fit in 1280 octets. */
#define RA_PREFIXES_MAX 32

static bool
same_prefix(const struct dp_ip *a, const struct dp_ip *b, uint8_t len)
{
	uint8_t whole = len / 8, rest = len % 8;

	return memcmp(a->b, b->b, whole) == 0 &&
			(rest == 0 || ((a->b[whole] ^ b->b[whole]) >> (8 - rest)) == 0);
}

static bool
prefix_add(struct rte_mbuf *m, const struct dp_ip *ip, uint8_t len)
{
	struct nd_opt_prefix *o = nd_opt_add(m, ND_OPT_PREFIX, sizeof(*o));
	uint8_t i;

	if (o == NULL)
		return false;
	o->prefix_len = len;
	o->flags = len == 64 ? RA_ON_LINK | RA_AUTONOMOUS : RA_ON_LINK;
	o->valid = RTE_BE32(RA_VALID_S);
	o->preferred = RTE_BE32(RA_PREFERRED_S);
	for (i = 0; i < len / 8; i++)
		o->prefix[i] = ip->b[i];
	if (len % 8 != 0)
		o->prefix[i] = (uint8_t)(ip->b[i] & 0xff << (8 - len % 8));
	return true;
}

/* A subnet of the port that is worth to be told, and is the first such of its prefix? */
static bool
is_told(const struct ctl_port *p, uint32_t at)
{
	const struct control_addr_row *a = &p->c->ip->routes.addrs[at], *b;
	uint32_t i;

	if (a->port != p->id || dp_ip_is4(&a->ip) || dp_ip_is_linklocal6(&a->ip) || a->len == 128 ||
			!nd_addr_usable(p, &a->ip))
		return false;
	for (i = 0; i < at; i++) {
		b = &p->c->ip->routes.addrs[i];
		if (b->port == p->id && b->len == a->len && same_prefix(&b->ip, &a->ip, a->len) &&
				nd_addr_usable(p, &b->ip))
			return false;
	}
	return true;
}

static bool
prefixes_add(struct ctl_port *p, struct rte_mbuf *m)
{
	const struct ctl_routes *r = &p->c->ip->routes;
	uint32_t i, n = 0;

	for (i = 0; i < r->nb_addrs && n < RA_PREFIXES_MAX; i++) {
		if (!is_told(p, i))
			continue;
		if (!prefix_add(m, &r->addrs[i].ip, r->addrs[i].len))
			return false;
		n++;
	}
	return true;
}

static bool
mtu_add(struct ctl_port *p, struct rte_mbuf *m)
{
	struct nd_opt_mtu *o = nd_opt_add(m, ND_OPT_MTU, sizeof(*o));

	if (o == NULL)
		return false;
	o->mtu = rte_cpu_to_be_32(atomic_load(&p->dp->mtu));
	return true;
}

/*
 * Everybody would take over the QPN of one queue: hosts that miss the option ask, and get the
 * answer that is meant for them (RFC 4861 6.2.3 leaves it out for just this).
 */
static bool
lladdr_add(struct ctl_port *p, struct rte_mbuf *m)
{
	return spread_used(p) || nd_opt_lladdr(p, m, ND_OPT_SLLA, NULL);
}

/* @return whether it was sent */
static bool
ra_send(struct ctl_port *p, uint16_t lifetime)
{
	struct rte_mbuf *m;
	struct dp_ip src;
	struct nd_ra *ra;
	void *msg;

	if (!nd_source(p, &src))
		return false;
	m = nd_new(p, ND_RA, &src, &nd_all_nodes, sizeof(*ra), &msg);
	if (m == NULL)
		return false;
	ra = msg;
	ra->hop_limit = RA_HOP_LIMIT;
	ra->lifetime = rte_cpu_to_be_16(lifetime);
	if (!lladdr_add(p, m) || !mtu_add(p, m) || !prefixes_add(p, m)) {
		ctl_drop(p->c, DP_DROP_nombuf, m);
		return false;
	}
	nd_finish(p, m, NULL);
	p->ip->nd->ra_sent++;
	p->ip->nd->ra_last = p->c->now;
	return true;
}

/* Something between 0 and max. */
static uint64_t
up_to(uint64_t max)
{
	return ctl_jitter(max / 2, 100);
}

static void
ra_timer(struct control *c, void *arg)
{
	struct ctl_port *p = arg;
	struct ctl_nd *nd = p->ip->nd;

	if (!ra_send(p, RA_LIFETIME_S)) {
		timer_set(c, &nd->ra, c->now + RA_AGAIN_US);
		return;
	}
	if (nd->ra_initial > 0)
		nd->ra_initial--;
	timer_set(c, &nd->ra,
			c->now +
					(nd->ra_initial > 0 ? RA_INITIAL_US
							    : ctl_jitter(RA_INTERVAL_US,
									      RA_INTERVAL_PCT)));
}

/* Multicast advertisements keep their distance (RFC 4861 6.2.6). */
static void
ra_soon(struct ctl_port *p, uint64_t delay)
{
	struct control *c = p->c;
	struct ctl_nd *nd = p->ip->nd;
	uint64_t due = c->now + delay;

	if (nd->ra_last != 0)
		due = RTE_MAX(due, nd->ra_last + RA_APART_US + delay);
	if (nd->ra.pos == 0 || nd->ra.due > due)
		timer_set(c, &nd->ra, due);
}

void
ra_kick(struct ctl_port *p)
{
	if (!p->ip->nd->ra_on)
		return;
	p->ip->nd->ra_initial = RA_INITIAL;
	ra_soon(p, 0);
}

void
ra_solicited(struct ctl_port *p)
{
	if (p->ip->nd->ra_on)
		ra_soon(p, up_to(RA_DELAY_US));
}

/* RFC 4861 6.2.7, as far as we say anything: hosts that hear two opinions take the last. */
void
ra_heard(struct ctl_port *p, const struct nd_info *info)
{
	struct control *c = p->c;
	uint8_t hops = info->ra->hop_limit;

	if (!p->ip->nd->ra_on)
		return;
	if ((hops == 0 || hops == RA_HOP_LIMIT) && (info->ra->flags & 0xc0) == 0 &&
			(info->mtu == 0 || info->mtu == atomic_load(&p->dp->mtu)))
		return;
	p->ip->nd->ra_inconsistent++;
	if (bucket_take(&c->ip->warn_bucket, c->now, 1, 5))
		CTL_LOG(WARNING,
				"port %u: another router advertises other parameters of the link "
				"than we do",
				p->id);
}

int
ra_set(struct ctl_port *p, bool on)
{
	struct ctl_nd *nd = p->ip->nd;
	int ret;

	if (!on) {
		nd->ra_on = false;
		timer_stop(p->c, &nd->ra);
		if (nd->ra_last != 0)
			ra_send(p, 0);
		nd->ra_last = 0;
		return 0;
	}
	ret = nd_enable(p);
	if (ret != 0)
		return ret;
	nd->ra_on = true;
	ra_kick(p);
	return 0;
}

int
ra_init(struct ctl_port *p)
{
	return timer_init(p->c, &p->ip->nd->ra, ra_timer, p);
}

void
ra_fini(struct ctl_port *p)
{
	timer_fini(p->c, &p->ip->nd->ra);
}

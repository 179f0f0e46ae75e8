/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Peers are spread over a port's receive queues by the QPN that each is told (spread.c). What we
 * say to all carries one QPN, and so undoes the spread:
 *   a broadcast ARP: every host that knows us takes it over;
 *   an unsolicited neighbour advertisement to all nodes, the same;
 *   a solicitation to a solicited-node group: who answers has learnt us from it.
 * So who answers a question to all is told its own QPN at once, by unicast; after the first two,
 * all peers in use are, at a pace. (Router advertisements leave the option away: RFC 4861 6.2.3.)
 * What is told is a gratuitous ARP request or an advertisement with the override flag, which Linux
 * takes over also right after another change.
 */

#include "nd.h"
#include "spread.h"

/* Questions come in volleys: one walk for all of them. */
#define RETELL_WAIT_US (200 * CTL_US_PER_MS)
/* 1,000 a second: ten thousand peers are back on their queues after 10 s. */
#define RETELL_BURST 10
#define RETELL_PAUSE_US (10 * CTL_US_PER_MS)
#define AT_ONCE_PER_S 1000
#define AT_ONCE_BURST 256
/* Addresses of ours that a peer is told of; it asks for more before long. */
#define TELL_ADDRS_MAX 4

/* It knows us by the first QPN, which is that of its queue. */
static bool
is_right(struct ctl_port *p, const struct dp_adj *peer)
{
	struct dp_adj own, all;

	l3_own_lladdr(p, peer, &own);
	l3_own_lladdr(p, NULL, &all);
	return ipoib_addr_equal(&own.lladdr, &all.lladdr);
}

static void
tell_one(struct ctl_port *p, const struct dp_ip *own, const struct dp_ip *ip,
		const struct dp_adj *peer)
{
	if (dp_ip_is4(ip))
		arp_tell(p, dp_ip_get4(own), peer);
	else
		nd_tell(p, own, ip, peer);
}

/* Of the addresses that a host in ip's subnets may know us by. */
static void
tell(struct ctl_port *p, const struct dp_ip *ip, const struct dp_adj *peer)
{
	const struct ctl_routes *r = &p->c->ip->routes;
	const struct control_addr_row *a;
	uint32_t i, n = 0;
	struct dp_ip own;

	p->ip->spread->told++;
	if (!dp_ip_is4(ip) && nd_source(p, &own))
		tell_one(p, &own, ip, peer);
	for (i = 0; i < r->nb_addrs && n < TELL_ADDRS_MAX; i++) {
		a = &r->addrs[i];
		if (a->port != p->id || a->state != CONTROL_ADDR_PREFERRED ||
				dp_ip_is4(&a->ip) != dp_ip_is4(ip) || !ip_in(ip, &a->ip, a->len))
			continue;
		tell_one(p, &a->ip, ip, peer);
		n++;
	}
}

/* Only those in use: others have forgotten us, or will ask. */
static bool
is_told(struct ctl_port *p, const struct ctl_l3 *e)
{
	enum ipoib_neigh_state state = ipoib_neigh_rec_state(e->rec);
	uint8_t what = dp_ip_is4(&e->ip) ? RETELL_ARP : RETELL_ND;

	return (p->ip->spread->walk & what) != 0 &&
			(state == IPOIB_NEIGH_VALID || state == IPOIB_NEIGH_STALE) &&
			!is_right(p, &p->c->dp->adj[e->adj]);
}

static void
retell_timer(struct control *c, void *arg)
{
	struct ctl_port *p = arg;
	struct ctl_spread *s = p->ip->spread;
	uint32_t told = 0, seen = 0;
	struct ctl_l3 *e;

	if (s->next == NULL) {
		s->walk = s->again;
		s->again = 0;
		s->next = TAILQ_FIRST(&p->ip->peers);
	}
	while ((e = s->next) != NULL && told < RETELL_BURST && seen++ < CTL_ITERATE_MAX) {
		s->next = TAILQ_NEXT(e, peer);
		if (!is_told(p, e))
			continue;
		tell(p, &e->ip, &c->dp->adj[e->adj]);
		told++;
	}
	if (s->next != NULL)
		timer_set(c, &s->timer, c->now + RETELL_PAUSE_US);
	else if (s->again != 0)
		timer_set(c, &s->timer, c->now + RETELL_WAIT_US);
}

void
retell_start(struct ctl_port *p, enum retell_what what)
{
	if (!spread_used(p))
		return;
	p->ip->spread->again |= (uint8_t)what;
	if (p->ip->spread->timer.pos == 0)
		timer_set(p->c, &p->ip->spread->timer, p->c->now + RETELL_WAIT_US);
}

void
retell_now(struct ctl_port *p, const struct dp_ip *ip, const struct dp_adj *peer)
{
	if (!spread_used(p) || is_right(p, peer))
		return;
	if (bucket_take(&p->ip->spread->at_once, p->c->now, AT_ONCE_PER_S, AT_ONCE_BURST))
		tell(p, ip, peer);
	else
		retell_start(p, dp_ip_is4(ip) ? RETELL_ARP : RETELL_ND);
}

void
retell_gone(struct ctl_port *p, const struct ctl_l3 *e)
{
	if (p->ip->spread != NULL && p->ip->spread->next == e)
		p->ip->spread->next = TAILQ_NEXT(e, peer);
}

int
retell_init(struct ctl_port *p)
{
	return timer_init(p->c, &p->ip->spread->timer, retell_timer, p);
}

void
retell_fini(struct ctl_port *p)
{
	timer_fini(p->c, &p->ip->spread->timer);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Peers are spread over a port's receive queues by the QPN that each is told (design, section 6).
 * A broadcast ARP of ours carries one QPN for all: every host that knows us takes it over, and the
 * load of all falls onto queue 0. So after one the peers are told their own QPN again, each by a
 * unicast ARP. Neighbour Discovery needs none of this: its multicasts reach few.
 */

#include "control_priv.h"
#include "nd.h"

/* Requests come in volleys: one walk for all of them. */
#define RETELL_WAIT_US (200 * CTL_US_PER_MS)
/* 200 a second: a thousand peers are back on their queues after 5 s. */
#define RETELL_BURST 2
#define RETELL_PAUSE_US (10 * CTL_US_PER_MS)

static bool
has_queues(const struct ctl_port *p)
{
	const struct ctl_port *real = p->lower != NULL ? p->lower : p;

	return p->kind == DP_PORT_IPOIB && real->info.nb_qps > 1;
}

/* Only those in use: others have forgotten us, or will ask. */
static bool
is_told(const struct ctl_l3 *e)
{
	enum ipoib_neigh_state state = ipoib_neigh_rec_state(e->rec);

	return dp_ip_is4(&e->ip) && (state == IPOIB_NEIGH_VALID || state == IPOIB_NEIGH_STALE);
}

static void
retell_timer(struct control *c, void *arg)
{
	struct ctl_port *p = arg;
	struct ctl_l3 *e;
	uint32_t told = 0, seen = 0;

	if (p->retell_next == NULL) {
		p->retell_again = false;
		p->retell_next = TAILQ_FIRST(&p->peers);
	}
	while ((e = p->retell_next) != NULL && told < RETELL_BURST && seen++ < CTL_ITERATE_MAX) {
		p->retell_next = TAILQ_NEXT(e, peer);
		if (!is_told(e))
			continue;
		arp_tell(p, dp_ip_get4(&e->ip), &c->dp->adj[e->adj]);
		told++;
	}
	if (p->retell_next != NULL)
		timer_set(c, &p->retell, c->now + RETELL_PAUSE_US);
	else if (p->retell_again)
		timer_set(c, &p->retell, c->now + RETELL_WAIT_US);
}

void
retell_start(struct ctl_port *p)
{
	if (!has_queues(p))
		return;
	if (p->retell.pos == 0)
		timer_set(p->c, &p->retell, p->c->now + RETELL_WAIT_US);
	else
		p->retell_again = p->retell_next != NULL;
}

void
retell_gone(struct ctl_port *p, const struct ctl_l3 *e)
{
	if (p->retell_next == e)
		p->retell_next = TAILQ_NEXT(e, peer);
}

int
retell_init(struct ctl_port *p)
{
	TAILQ_INIT(&p->peers);
	return timer_init(p->c, &p->retell, retell_timer, p);
}

void
retell_fini(struct ctl_port *p)
{
	struct ctl_l3 *e;

	TAILQ_FOREACH(e, &p->peers, peer)
		e->owner = NULL;
	timer_fini(p->c, &p->retell);
}

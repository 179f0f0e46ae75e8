/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Gratuitous ARP and unsolicited neighbour advertisements, after the link came up or what we are
 * on it changed. Twice, a second apart, for a multicast may get lost; a few at a time, for a port
 * may have thousands of addresses and every host on the link has to read each. Where peers send to
 * nowhere until they know, as after a bond's failover, twice more at once: it is to cost 100 ms at
 * most, 20 ms of which may have passed before we noticed, even if two of these get lost.
 */

#include "control_priv.h"

/* 50 a second: 4,096 addresses are told in 82 s, the first ones at once. */
#define ANNOUNCE_BURST 10
#define ANNOUNCE_PAUSE_US (200 * CTL_US_PER_MS)
#define ANNOUNCE_ROUNDS 2
#define ANNOUNCE_AGAIN_US CTL_US_PER_S
#define ANNOUNCE_URGENT 2
#define ANNOUNCE_URGENT_US (30 * CTL_US_PER_MS)

static void
round_begin(struct control *c, struct ctl_announce *a)
{
	a->at = 0;
	a->began = c->now;
}

static void
round_end(struct control *c, struct ctl_announce *a)
{
	uint64_t wait = a->urgent > 0 ? ANNOUNCE_URGENT_US : ANNOUNCE_AGAIN_US;

	a->rounds--;
	a->urgent -= a->urgent > 0;
	if (a->again) {
		a->again = false;
		a->rounds = ANNOUNCE_ROUNDS;
	}
	a->at = 0;
	if (a->rounds > 0)
		timer_set(c, &a->timer, RTE_MAX(c->now + 1, a->began + wait));
}

static void
announce_timer(struct control *c, void *arg)
{
	struct ctl_announce *a = arg;
	uint32_t i;

	if (a->at == 0)
		round_begin(c, a);
	for (i = 0; i < ANNOUNCE_BURST; i++) {
		if (!a->one(a->p, &a->at)) {
			round_end(c, a);
			return;
		}
	}
	timer_set(c, &a->timer, c->now + ANNOUNCE_PAUSE_US);
}

void
announce_start(struct ctl_announce *a)
{
	/* A round under way tells the new addresses too, and is not begun anew each time. */
	if (a->at > 0) {
		a->again = true;
		return;
	}
	a->rounds = ANNOUNCE_ROUNDS + a->urgent;
	timer_set(a->p->c, &a->timer, a->p->c->now);
}

void
announce_anew(struct ctl_announce *a)
{
	a->at = 0;
	a->again = false;
	a->urgent = ANNOUNCE_URGENT;
	announce_start(a);
}

int
announce_init(struct ctl_announce *a, struct ctl_port *p,
		bool (*one)(struct ctl_port *p, uint32_t *at))
{
	a->p = p;
	a->one = one;
	return timer_init(p->c, &a->timer, announce_timer, a);
}

void
announce_fini(struct ctl_announce *a)
{
	if (a->p != NULL)
		timer_fini(a->p->c, &a->timer);
}

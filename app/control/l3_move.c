/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * A peer on IPoIB that comes to have another address: a bond's failover or its return, a virtual
 * machine that moved. Make before break: the new address's path is asked for and its neighbour
 * record published first, then workers turn to it, and only then the old record goes. A peer whose
 * both ports work, as at a bond's return to its primary, so loses nothing, while packets that wait
 * for a path would soon be more than may wait.
 *
 * At most the 20 ms that a bond takes to notice that a port is down: then the old address is no
 * longer better than none. Control itself uses the new one at once.
 */

#include <errno.h>

#include "control_priv.h"

#define MOVE_WAIT_US (20 * CTL_US_PER_MS)
/* A peer's other IP addresses are told of at the same time, and find their old one until then. */
#define MOVE_LINGER_US (100 * CTL_US_PER_MS)

static bool
worker_uses(const struct ctl_l3 *e)
{
	enum ipoib_neigh_state state = ipoib_neigh_rec_state(e->rec);

	return state == IPOIB_NEIGH_VALID || state == IPOIB_NEIGH_STALE;
}

static void
move_set(struct control *c, struct ctl_l3 *e, enum ctl_move move)
{
	c->ip->nb_moves_wait -= e->move == CTL_MOVE_WAITS;
	c->ip->nb_moves_wait += move == CTL_MOVE_WAITS;
	if (e->move == CTL_MOVE_NONE && move != CTL_MOVE_NONE) {
		TAILQ_INSERT_TAIL(&c->ip->l3_moves, e, moving);
		c->ip->nb_moves++;
	} else if (e->move != CTL_MOVE_NONE && move == CTL_MOVE_NONE) {
		TAILQ_REMOVE(&c->ip->l3_moves, e, moving);
		c->ip->nb_moves--;
	}
	e->move = move;
}

void
l3_move_stop(struct control *c, struct ctl_l3 *e)
{
	move_set(c, e, CTL_MOVE_NONE);
}

/* Nobody uses it, unless the peer has it again. */
static void
forget(struct ctl_port *p, const struct ctl_l3 *e, const struct ipoib_addr *old)
{
	if (!ipoib_addr_equal(&p->c->dp->adj[e->adj].lladdr, old))
		bond_peer_old(p, old);
}

void
l3_move(struct ctl_port *p, struct ctl_l3 *e, const struct ipoib_addr *old)
{
	/* It goes on before workers have followed: what is between they never had. */
	if (e->move == CTL_MOVE_WAITS) {
		if (!ipoib_addr_equal(&e->was, old))
			forget(p, e, old);
		return;
	}
	if (e->move == CTL_MOVE_LINGERS)
		forget(p, e, &e->was);
	/* Workers do not have it, or what they have is not this one. */
	if (!worker_uses(e) || e->on_ready) {
		move_set(p->c, e, CTL_MOVE_NONE);
		forget(p, e, old);
		return;
	}
	e->was = *old;
	e->move_end = p->c->now + MOVE_WAIT_US;
	move_set(p->c, e, CTL_MOVE_WAITS);
}

static void
move_run(struct control *c, struct ctl_l3 *e)
{
	const struct ipoib_addr *now = &c->dp->adj[e->adj].lladdr;

	if (e->move == CTL_MOVE_WAITS) {
		if (c->now < e->move_end && resolve_prepare(ctl_real(e->owner), now) == -EAGAIN)
			return;
		move_set(c, e, CTL_MOVE_LINGERS);
		e->move_end = c->now + MOVE_LINGER_US;
		l3_publish_soon(c, e);
	} else if (c->now >= e->move_end && !e->on_ready) {
		forget(e->owner, e, &e->was);
		move_set(c, e, CTL_MOVE_NONE);
	}
}

void
l3_moves_run(struct control *c)
{
	uint32_t i, n = RTE_MIN(c->ip->nb_moves, (uint32_t)CTL_PUBLISH_MAX);
	struct ctl_l3 *e;

	/* By turns, if there are many. */
	for (i = 0; i < n; i++) {
		e = TAILQ_FIRST(&c->ip->l3_moves);
		TAILQ_REMOVE(&c->ip->l3_moves, e, moving);
		TAILQ_INSERT_TAIL(&c->ip->l3_moves, e, moving);
		move_run(c, e);
	}
}

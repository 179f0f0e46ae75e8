/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Memberships are verified. The SA has one for each port GID and group and does not count who asked
 * for it: the kernel's ib0, or another program, may leave a group that is ours, too. So the SA is
 * asked for each about every 10 s, 20 a second at most, and at once when a kernel interface on our
 * port changes: several times, for that interface's leave may reach the SA after our first question.
 * What is lost is joined again.
 */

#include <errno.h>

#include "mcast.h"

#define VERIFY_US (10 * CTL_US_PER_S)
#define VERIFY_GAP_US (50 * CTL_US_PER_MS)
/* After an interface of the kernel's has changed. */
#define RECHECK_US (250 * CTL_US_PER_MS)
#define RECHECKS 3

static void
verify_answer(void *arg, int status, const struct ipoib_sa_mcast *rec)
{
	struct ctl_mcast *g = arg;

	g->req = 0;
	g->verifying = false;
	if (g->p->c->closing)
		return;
	/* Nobody is told the state of a member but the SM's own (IBA 15.4.1.2): then it is 0. */
	if (status == -ENOENT ||
			(status == 0 &&
					(rec->mlid != g->rec.mlid ||
							(rec->join_state != 0 &&
									(g->held & ~rec->join_state) !=
											0))))
		mcast_lost(g);
	else
		mcast_step(g);
}

static void
verify(struct ctl_mcast *g)
{
	struct ctl_port *p = g->p;

	if (g->req != 0 || !p->usable || !p->hca->alive)
		return;
	p->mc->stats.verified++;
	g->verifying = ipoib_sa_mcast_get(p->hca->sa, &g->mgid, &g->port_gid, verify_answer, g,
				       &g->req) == 0;
}

static void
verify_timer(struct control *c, void *arg)
{
	struct ctl_port *p = arg;
	struct ctl_mcasts *mc = p->mc;
	struct ctl_mcast *g = TAILQ_FIRST(&mc->members);

	if (g == NULL)
		return;
	if (g->verify_at > c->now) {
		timer_set(c, &mc->verify, g->verify_at);
		return;
	}
	TAILQ_REMOVE(&mc->members, g, member);
	TAILQ_INSERT_TAIL(&mc->members, g, member);
	g->verify_at = c->now + ctl_jitter(VERIFY_US, 10);
	verify(g);
	timer_set(c, &mc->verify, c->now + VERIFY_GAP_US);
}

void
mcast_verify_add(struct ctl_mcast *g)
{
	struct ctl_port *p = g->p;
	struct ctl_mcasts *mc = p->mc;

	/* A join has just verified it. */
	g->verify_at = p->c->now + ctl_jitter(VERIFY_US, 10);
	if (g->on_members)
		TAILQ_REMOVE(&mc->members, g, member);
	g->on_members = true;
	TAILQ_INSERT_TAIL(&mc->members, g, member);
	if (mc->verify.pos == 0)
		timer_set(p->c, &mc->verify, g->verify_at);
}

void
mcast_verify_del(struct ctl_mcast *g)
{
	if (g->on_members)
		TAILQ_REMOVE(&g->p->mc->members, g, member);
	g->on_members = false;
}

static void
verify_all(struct ctl_port *p)
{
	struct control *c = p->c;
	struct ctl_mcast *g;

	/* The broadcast group first, by a join: without it nothing works. */
	if (p->usable && p->bcast.req == 0)
		timer_set(c, &p->bcast.timer, c->now);
	TAILQ_FOREACH(g, &p->mc->members, member)
		g->verify_at = c->now;
	if (!TAILQ_EMPTY(&p->mc->members))
		timer_set(c, &p->mc->verify, c->now + VERIFY_GAP_US);
}

static void
recheck_timer(struct control *c, void *arg)
{
	struct ctl_port *p = arg;

	if (!p->usable || !p->hca->alive)
		return;
	/* A join on its way may be older than what has to be mended: it does not count. */
	if (p->bcast.req == 0)
		p->mc->rechecks--;
	verify_all(p);
	if (p->mc->rechecks > 0)
		timer_set(c, &p->mc->recheck, c->now + RECHECK_US);
}

void
mcast_verify_now(struct ctl_port *p)
{
	if (p->mc == NULL)
		return;
	verify_all(p);
	p->mc->rechecks = RECHECKS;
	timer_set(p->c, &p->mc->recheck, p->c->now + RECHECK_US);
}

int
mcast_verify_init(struct ctl_port *p)
{
	int ret = timer_init(p->c, &p->mc->verify, verify_timer, p);

	return ret == 0 ? timer_init(p->c, &p->mc->recheck, recheck_timer, p) : ret;
}

void
mcast_verify_fini(struct ctl_port *p)
{
	timer_fini(p->c, &p->mc->verify);
	timer_fini(p->c, &p->mc->recheck);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* The resolver as its hosts run it. */

#include <unistd.h>

#include "mcast.h"
#include "path.h"

/* Pace while answers are awaited. */
#define TICK_WAITING_US 200
/* While more is to be asked than the SA's window lets out: each of its answers makes room. */
#define TICK_QUEUED_MIN_US 50
/* What a leaving group may take, ms. */
#define LEAVE_WAIT_MS 200

RTE_LOG_REGISTER(ctl_logtype, ipoib.control, NOTICE);

int
ctl_ipoib_init(struct ctl_port *p)
{
	int ret;

	p->ahs.dead_first = UINT32_MAX;
	ret = hca_get(p->c, p->id, &p->hca);
	if (ret == 0)
		ret = pmd_ipoib_info_get(p->id, &p->info);
	if (ret == 0)
		ret = paths_init(p);
	if (ret == 0)
		ret = resolve_init(p);
	if (ret == 0)
		ret = mcast_init(p);
	return ret == 0 ? link_init(p) : ret;
}

void
ctl_ipoib_fini(struct ctl_port *p)
{
	if (p->hca == NULL)
		return;
	if (p->bcast.p != NULL)
		mcast_fini(p);
	paths_fini(p);
	if (p->neigh != NULL)
		resolve_fini(p);
	link_fini(p);
	ah_fini(p);
	hca_put(p);
}

void
ctl_ipoib_run(struct ctl_port *p)
{
	resolve_run(p);
	paths_run(p);
	mcast_run(p);
	ipoib_neigh_iterate(p->neigh, p->c->now, CTL_ITERATE_MAX);
	ah_reap(p);
}

/*
 * Full, the window is answered within a round trip: at a quarter of that most of it is still at the
 * SA, and a look finds many answers.
 */
static uint64_t
waiting_tick(const struct ipoib_sa_stats *s)
{
	if (s->queued == 0)
		return TICK_WAITING_US;
	return RTE_MIN(RTE_MAX(s->rtt_us / 4, (uint32_t)TICK_QUEUED_MIN_US),
			(uint32_t)TICK_WAITING_US);
}

static uint64_t
hcas_deadline(const struct control *c)
{
	struct ipoib_sa_stats s;
	uint64_t due = UINT64_MAX;
	struct ctl_hca *h;

	LIST_FOREACH(h, &c->hcas, next) {
		ipoib_sa_stats_get(h->sa, &s);
		if (s.outstanding > 0)
			due = RTE_MIN(due, c->now + waiting_tick(&s));
		due = RTE_MIN(due, ipoib_sa_next_deadline(h->sa));
	}
	return due;
}

uint64_t
ctl_deadline(const struct control *c, uint64_t due)
{
	uint16_t i;

	for (i = 0; i < CTL_PORTS_MAX; i++) {
		if (c->ports[i] != NULL && c->ports[i]->hca != NULL &&
				(paths_busy(c->ports[i]) || mcast_busy(c->ports[i])))
			due = RTE_MIN(due, c->now + TICK_WAITING_US);
	}
	due = RTE_MIN(due, timers_next(c));
	return RTE_MIN(due, hcas_deadline(c));
}

/* The control thread has ended: here it is allowed to wait. */
void
ctl_farewell(struct control *c, uint64_t (*now)(void))
{
	struct ipoib_sa_stats s;
	struct ctl_hca *h;
	uint32_t waiting;
	int i;

	for (i = 0; i < CTL_PORTS_MAX; i++) {
		if (c->ports[i] != NULL && c->ports[i]->hca != NULL)
			mcast_bcast_leave(c->ports[i]);
	}
	LIST_FOREACH(h, &c->hcas, next)
		events_leave(h);
	for (i = 0; i < LEAVE_WAIT_MS; i++) {
		c->now = now();
		hcas_poll(c);
		waiting = 0;
		LIST_FOREACH(h, &c->hcas, next) {
			ipoib_sa_stats_get(h->sa, &s);
			waiting += h->alive ? s.outstanding + s.queued : 0;
		}
		if (waiting == 0)
			return;
		usleep(1000);
	}
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * The proxy towards routers: on each port we are a host that receives groups, on the upstream port
 * also those that our members want (RFC 4605 4.1). A change is told at once and once more; a query
 * is answered within the time that it gives. While an older querier is there its version is spoken
 * (RFC 3376 7.2.1).
 *
 * Where nobody routes multicast changes are kept to ourselves; who asks is answered everywhere, for
 * switches learn from it who wants our solicited-node groups.
 */

#include <stdlib.h>

#include <rte_random.h>

#include "mproxy.h"

static uint64_t
random_until(uint64_t us)
{
	return us == 0 ? 0 : rte_rand_max(us);
}

static enum mp_version
version_of(const struct mp_host *h)
{
	uint64_t now = h->mp->p->c->now;

	if (h->old_until[MP_V1 - 1] > now)
		return MP_V1;
	return h->old_until[MP_V2 - 1] > now ? MP_V2 : MP_V3;
}

/* Not 224.0.0.0/24, which all switches pass everywhere, nor all nodes (RFC 3810 6). */
static bool
is_reported(const struct dp_ip *group)
{
	uint8_t scope = group->b[1] & 0xf;

	if (dp_ip_is4(group))
		return dp_ip_get4(group) >> 8 != 0xe00000;
	return scope > 1 &&
			!(scope == 2 &&
					memcmp(&group->b[2], "\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 14) ==
							0);
}

/* What we want of a group. @return whether whatever the source; else from these n, maybe none */
static bool
wanted(const struct mp_host *h, const struct dp_ip *group, struct dp_ip *sources, uint16_t *n)
{
	struct ctl_port *p = h->mp->p;
	const struct ctl_mproxy *mx = p->c->mproxy;
	const struct mp_group *g = mp_group_find(mx, group);

	*n = 0;
	if (!ip_mcast_is_member(p, group))
		return false;
	if (g == NULL || !g->upstream || p->id != mx->upstream)
		return true;
	*n = MP_SOURCES_MAX;
	return !mp_group_sources(g, sources, n);
}

/* --- what is due --- */

static struct mp_pending *
pending_find(struct mp_host *h, const struct dp_ip *group)
{
	struct mp_pending *e;

	TAILQ_FOREACH(e, &h->pending, next) {
		if (dp_ip_equal(&e->group, group))
			return e;
	}
	return NULL;
}

static void
pending_free(struct mp_host *h, struct mp_pending *e)
{
	TAILQ_REMOVE(&h->pending, e, next);
	h->nb_pending--;
	free(e);
}

static void
pending_timer_set(struct mp_host *h)
{
	uint64_t due = UINT64_MAX;
	struct mp_pending *e;

	TAILQ_FOREACH(e, &h->pending, next)
		due = RTE_MIN(due, e->due);
	if (due != UINT64_MAX)
		timer_set(h->mp->p->c, &h->timer, due);
}

static void
general_set(struct mp_host *h, uint64_t due)
{
	if (h->general.pos == 0 || h->general.due > due)
		timer_set(h->mp->p->c, &h->general, due);
}

static void
pending_add(struct mp_host *h, const struct dp_ip *group, bool change, uint64_t due)
{
	struct mp_pending *e = pending_find(h, group);

	if (e == NULL) {
		e = h->nb_pending < MP_PENDING_MAX ? calloc(1, sizeof(*e)) : NULL;
		if (e == NULL) {
			general_set(h, h->mp->p->c->now + MP_UNSOLICITED_US);
			return;
		}
		e->group = *group;
		e->due = due;
		TAILQ_INSERT_TAIL(&h->pending, e, next);
		h->nb_pending++;
	}
	e->change |= change;
	e->due = RTE_MIN(e->due, due);
	e->left = change ? h->pace.robustness : RTE_MAX(e->left, 1);
	e->said = e->said && !change;
	pending_timer_set(h);
}

static void
say_old(struct mp_host *h, enum mp_version v, const struct mp_pending *e, bool any, uint16_t n)
{
	bool in = any || n > 0;

	if (in)
		mp_send_old(h->mp, h->v6, v, false, &e->group);
	else if (v != MP_V1 && e->change && !e->said)
		mp_send_old(h->mp, h->v6, v, true, &e->group);
}

static void
say(struct mp_host *h, struct mp_pending *e, struct mp_report *r)
{
	enum mp_version v = version_of(h);
	struct dp_ip sources[MP_SOURCES_MAX];
	uint8_t type;
	uint16_t n;
	bool any;

	any = wanted(h, &e->group, sources, &n);
	if (v != MP_V3) {
		say_old(h, v, e, any, n);
		return;
	}
	if (any)
		type = e->change ? MP_TO_EX : MP_IS_EX;
	else
		type = e->change ? MP_TO_IN : MP_IS_IN;
	/* A current state of nothing is not reported. */
	if (any || n > 0 || e->change)
		mp_report_add(r, type, &e->group, sources, n);
}

static void
pending_timer(struct control *c, void *arg)
{
	struct mp_host *h = arg;
	struct mp_report r = { .mp = h->mp, .v6 = h->v6 };
	struct mp_pending *e, *tmp;

	for (e = TAILQ_FIRST(&h->pending); e != NULL; e = tmp) {
		tmp = TAILQ_NEXT(e, next);
		if (e->due > c->now)
			continue;
		say(h, e, &r);
		e->said = true;
		if (--e->left == 0)
			pending_free(h, e);
		else
			e->due = c->now + 1 + random_until(MP_UNSOLICITED_US);
	}
	mp_report_send(&r);
	pending_timer_set(h);
}

struct general {
	struct mp_host *h;
	struct mp_report r;
};

static void
general_one(void *arg, const struct dp_ip *group)
{
	struct general *g = arg;
	struct mp_pending e = { .group = *group };

	if (dp_ip_is4(group) != g->h->v6 && is_reported(group))
		say(g->h, &e, &g->r);
}

static void
general_timer(struct control *c, void *arg)
{
	struct mp_host *h = arg;
	struct general g = { .h = h, .r = { .mp = h->mp, .v6 = h->v6 } };

	RTE_SET_USED(c);
	ip_mcast_walk(h->mp->p, general_one, &g);
	mp_report_send(&g.r);
}

/* --- what happens --- */

void
mp_host_query(struct mp_port *mp, const struct mp_msg *msg)
{
	struct mp_host *h = &mp->host[msg->v6];
	struct control *c = mp->p->c;
	uint64_t due = c->now + random_until(msg->resp_us);

	mp_pace_adopt(&h->pace, msg);
	h->querier_until = c->now + mp_pace_querier_us(&h->pace);
	if (msg->version < MP_V3)
		h->old_until[msg->version - 1] = c->now + mp_pace_member_us(&h->pace);
	if (dp_ip_is_zero(&msg->group))
		general_set(h, due);
	else if (ip_mcast_is_member(mp->p, &msg->group) && is_reported(&msg->group))
		pending_add(h, &msg->group, false, due);
}

void
mp_host_changed(struct mp_port *mp, const struct dp_ip *group)
{
	struct mp_host *h = &mp->host[!dp_ip_is4(group)];
	uint64_t now = mp->p->c->now;

	if (!is_reported(group) || !(ctl_flag(mp->p, CONTROL_MCAST) || h->querier_until > now))
		return;
	pending_add(h, group, true, now);
}

int
mp_host_init(struct mp_port *mp)
{
	struct control *c = mp->p->c;
	struct mp_host *h;
	unsigned int f;
	int ret = 0;

	for (f = 0; ret == 0 && f < RTE_DIM(mp->host); f++) {
		h = &mp->host[f];
		h->mp = mp;
		h->v6 = f == 1;
		mp_pace_default(&h->pace);
		TAILQ_INIT(&h->pending);
		ret = timer_init(c, &h->timer, pending_timer, h);
		if (ret == 0)
			ret = timer_init(c, &h->general, general_timer, h);
	}
	return ret;
}

void
mp_host_fini(struct mp_port *mp)
{
	struct mp_pending *e;
	unsigned int f;

	for (f = 0; f < RTE_DIM(mp->host); f++) {
		while ((e = TAILQ_FIRST(&mp->host[f].pending)) != NULL)
			pending_free(&mp->host[f], e);
		timer_fini(mp->p->c, &mp->host[f].timer);
		timer_fini(mp->p->c, &mp->host[f].general);
	}
}

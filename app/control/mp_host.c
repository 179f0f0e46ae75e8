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
	const struct ctl_mproxy *mx = p->c->ip->mproxy;
	const struct mp_group *g = mp_group_find(mx, group);

	*n = 0;
	if (!ip_mcast_is_member(p, group))
		return false;
	if (g == NULL || !g->upstream || p->id != mx->upstream)
		return true;
	*n = MP_SOURCES_MAX;
	return !mp_group_sources(g, sources, n);
}

/* --- what is said of a group --- */

static void
flush_timer(struct control *c, void *arg)
{
	struct mp_host *h = arg;

	RTE_SET_USED(c);
	mp_report_send(&h->report);
}

/* What is due at the same time goes in one report. */
static void
record_add(struct mp_host *h, uint8_t type, const struct dp_ip *group, const struct dp_ip *sources,
		uint16_t n)
{
	mp_report_add(&h->report, type, group, sources, n);
	timer_set(h->mp->p->c, &h->flush, h->mp->p->c->now);
}

/* A leave is told once; that another host has reported last and ours need not be told
 * (RFC 2236 6) is not kept. */
static void
say_old(struct mp_host *h, enum mp_version v, const struct mp_pending *e, bool in)
{
	if (in)
		mp_send_old(h->mp, h->v6, v, false, &e->group);
	else if (v != MP_V1 && e->change && !e->said)
		mp_send_old(h->mp, h->v6, v, true, &e->group);
}

/* RFC 3376 5.2: of those that were asked about, which ones are wanted. @return number */
static uint16_t
asked_and_wanted(const struct mp_pending *e, bool any, struct dp_ip *sources, uint16_t n)
{
	uint16_t i, k, found = 0;
	struct dp_ip both[MP_SOURCES_MAX];

	for (i = 0; i < e->nb_asked; i++) {
		for (k = 0; !any && k < n && !dp_ip_equal(&sources[k], &e->asked[i]); k++)
			;
		if (any || k < n)
			both[found++] = e->asked[i];
	}
	memcpy(sources, both, found * sizeof(both[0]));
	return found;
}

static void
say(struct mp_host *h, const struct mp_pending *e)
{
	enum mp_version v = version_of(h);
	struct dp_ip sources[MP_SOURCES_MAX];
	uint8_t type;
	uint16_t n;
	bool any;

	any = wanted(h, &e->group, sources, &n);
	if (v != MP_V3) {
		say_old(h, v, e, any || n > 0);
		return;
	}
	if (!e->change && e->nb_asked > 0) {
		n = asked_and_wanted(e, any, sources, n);
		any = false;
	}
	if (any)
		type = e->change ? MP_TO_EX : MP_IS_EX;
	else
		type = e->change ? MP_TO_IN : MP_IS_IN;
	/* A current state of nothing is not reported. */
	if (any || n > 0 || e->change)
		record_add(h, type, &e->group, sources, n);
}

/* --- what is due --- */

static uint32_t
bucket_of(const struct mp_host *h, const struct dp_ip *group)
{
	return ctl_hash16(group->b, h->mp->p->c->ip->mproxy->seed) % MP_PENDING_BUCKETS;
}

static struct mp_pending *
pending_find(const struct mp_host *h, const struct dp_ip *group)
{
	struct mp_pending *e;

	LIST_FOREACH(e, &h->pending[bucket_of(h, group)], bucket) {
		if (dp_ip_equal(&e->group, group))
			return e;
	}
	return NULL;
}

static void
pending_free(struct mp_pending *e)
{
	LIST_REMOVE(e, bucket);
	e->h->nb_pending--;
	timer_fini(e->h->mp->p->c, &e->timer);
	free(e);
}

static void
pending_clear(struct mp_host *h)
{
	struct mp_pending *e;
	uint32_t i;

	for (i = 0; i < MP_PENDING_BUCKETS; i++) {
		while ((e = LIST_FIRST(&h->pending[i])) != NULL)
			pending_free(e);
	}
}

static void
pending_timer(struct control *c, void *arg)
{
	struct mp_pending *e = arg;

	say(e->h, e);
	e->said = true;
	if (--e->left == 0)
		pending_free(e);
	else
		timer_set(c, &e->timer, c->now + 1 + random_until(MP_UNSOLICITED_US));
}

/* Of two times the sooner one (RFC 3376 5.2, RFC 2236 3). */
static void
sooner(struct control *c, struct ctl_timer *t, uint64_t due)
{
	if (t->pos == 0 || t->due > due)
		timer_set(c, t, due);
}

/* @return NULL: no room, so all groups will be reported */
static struct mp_pending *
pending_get(struct mp_host *h, const struct dp_ip *group)
{
	struct mp_pending *e = pending_find(h, group);
	struct control *c = h->mp->p->c;

	if (e != NULL)
		return e;
	e = h->nb_pending < MP_PENDING_MAX ? calloc(1, sizeof(*e)) : NULL;
	if (e == NULL || timer_init(c, &e->timer, pending_timer, e) != 0) {
		free(e);
		h->spread_us = MP_UNSOLICITED_US;
		sooner(c, &h->general, c->now + MP_WALK_US);
		return NULL;
	}
	e->h = h;
	e->group = *group;
	LIST_INSERT_HEAD(&h->pending[bucket_of(h, group)], e, bucket);
	h->nb_pending++;
	return e;
}

static void
change_add(struct mp_host *h, const struct dp_ip *group)
{
	struct mp_pending *e = pending_get(h, group);

	if (e == NULL)
		return;
	e->change = true;
	e->said = false;
	e->left = h->pace.robustness;
	timer_set(h->mp->p->c, &e->timer, h->mp->p->c->now);
}

static void
answer_add(struct mp_host *h, const struct dp_ip *group, uint64_t due)
{
	struct mp_pending *e = pending_get(h, group);

	if (e == NULL)
		return;
	e->nb_asked = 0;
	e->left = RTE_MAX(e->left, 1);
	sooner(h->mp->p->c, &e->timer, due);
}

/* Only about some sources; with too many, about the group. */
static void
answer_add_sources(struct mp_host *h, const struct mp_msg *msg, uint64_t due)
{
	bool fresh = pending_find(h, &msg->group) == NULL;
	struct mp_pending *e = pending_get(h, &msg->group);
	struct dp_ip ip;
	uint16_t i, k;

	if (e == NULL)
		return;
	for (i = 0; i < msg->nb && (fresh || e->nb_asked > 0); i++) {
		ip = mp_source_at(msg->body, msg->v6, i);
		for (k = 0; k < e->nb_asked && !dp_ip_equal(&e->asked[k], &ip); k++)
			;
		if (k == MP_SOURCES_MAX) {
			e->nb_asked = 0;
			break;
		}
		e->asked[k] = ip;
		e->nb_asked = RTE_MAX(e->nb_asked, (uint8_t)(k + 1));
	}
	e->left = RTE_MAX(e->left, 1);
	sooner(h->mp->p->c, &e->timer, due);
}

/* --- all groups --- */

static void
general_one(void *arg, const struct dp_ip *group)
{
	struct mp_host *h = arg;
	struct mp_pending e = { .group = *group };

	if (dp_ip_is4(group) == h->v6 || !is_reported(group))
		return;
	if (version_of(h) == MP_V3)
		say(h, &e);
	else
		answer_add(h, group, h->mp->p->c->now + random_until(h->spread_us));
}

static void
general_timer(struct control *c, void *arg)
{
	struct mp_host *h = arg;

	h->walked = c->now;
	ip_mcast_walk(h->mp->p, general_one, h);
	if (h->again == 0)
		return;
	h->again--;
	timer_set(c, &h->general, c->now + MP_WALK_US + random_until(MP_UNSOLICITED_US));
}

/*
 * RFC 3376 5.2: one report, after a random time. RFC 2236 3 and RFC 2710 4: each group after one of
 * its own, so that hosts with the same group hear each other.
 */
static void
general_query(struct mp_host *h, const struct mp_msg *msg)
{
	struct control *c = h->mp->p->c;
	bool paced = h->walked != 0 && h->walked + MP_WALK_US > c->now;

	if (version_of(h) == MP_V3) {
		sooner(c, &h->general, c->now + random_until(msg->resp_us));
		return;
	}
	h->spread_us = msg->resp_us;
	sooner(c, &h->general, paced ? h->walked + MP_WALK_US : c->now);
}

/* --- what happens --- */

void
mp_host_query(struct mp_port *mp, const struct mp_msg *msg)
{
	struct mp_host *h = &mp->host[msg->v6];
	struct control *c = mp->p->c;
	enum mp_version was = version_of(h);
	uint64_t due = c->now + random_until(msg->resp_us);

	mp_pace_adopt(&h->pace, msg);
	h->querier_until = c->now + mp_pace_querier_us(&h->pace);
	if (msg->version < MP_V3)
		h->old_until[msg->version - 1] = c->now + mp_pace_member_us(&h->pace);
	/* RFC 3376 7.2.1, RFC 3810 8.2.1 */
	if (version_of(h) != was) {
		timer_stop(c, &h->general);
		pending_clear(h);
	}
	if (dp_ip_is_zero(&msg->group))
		general_query(h, msg);
	else if (!ip_mcast_is_member(mp->p, &msg->group) || !is_reported(&msg->group))
		return;
	else if (msg->nb == 0)
		answer_add(h, &msg->group, due);
	else
		answer_add_sources(h, msg, due);
}

/* RFC 2236 3, RFC 2710 4: the router knows now, so ours is not needed. What has changed in a way
 * that it does not know yet, a leave, is told. */
void
mp_host_report(struct mp_port *mp, const struct mp_msg *msg)
{
	struct mp_host *h = &mp->host[msg->v6];
	struct dp_ip own = mp_source_addr(mp, msg->v6);
	struct mp_pending *e;

	if (version_of(h) == MP_V3 || dp_ip_equal(&msg->src, &own))
		return;
	e = pending_find(h, &msg->group);
	if (e != NULL && ip_mcast_is_member(mp->p, &msg->group))
		pending_free(e);
}

static bool
tells_changes(const struct mp_host *h)
{
	return ctl_flag(h->mp->p, CONTROL_MCAST) || h->querier_until > h->mp->p->c->now;
}

void
mp_host_changed(struct mp_port *mp, const struct dp_ip *group)
{
	struct mp_host *h = &mp->host[!dp_ip_is4(group)];

	if (is_reported(group) && tells_changes(h))
		change_add(h, group);
}

/* As often as a change is told. */
void
mp_host_start(struct mp_port *mp)
{
	struct control *c = mp->p->c;
	struct mp_host *h;
	unsigned int f;

	for (f = 0; f < RTE_DIM(mp->host); f++) {
		h = &mp->host[f];
		if (!tells_changes(h))
			continue;
		h->spread_us = MP_UNSOLICITED_US;
		h->again = h->pace.robustness - 1;
		sooner(c, &h->general, c->now);
	}
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
		h->report = (struct mp_report){ .mp = mp, .v6 = h->v6 };
		mp_pace_default(&h->pace);
		ret = timer_init(c, &h->flush, flush_timer, h);
		if (ret == 0)
			ret = timer_init(c, &h->general, general_timer, h);
	}
	return ret;
}

void
mp_host_fini(struct mp_port *mp)
{
	struct control *c = mp->p->c;
	struct mp_host *h;
	unsigned int f;

	for (f = 0; f < RTE_DIM(mp->host); f++) {
		h = &mp->host[f];
		pending_clear(h);
		if (h->report.m != NULL)
			ctl_drop(c, DP_DROP_tx_port, h->report.m);
		timer_fini(c, &h->flush);
		timer_fini(c, &h->general);
	}
}

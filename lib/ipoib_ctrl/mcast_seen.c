/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Groups of the partition that others have made. A multicast router has to know them (RFC 4391
 * section 7): reports of IGMPv2 and MLDv1 go to the group that they are about, and so does what
 * hosts send. It joins them as NonMember, which receives and does not keep the group alive when its
 * last listener has left.
 *
 * They are learnt from the SA's notices (traps 66 and 67), where such can reach us, and from its
 * list of groups: each 5 s without notices, each minute with them, for one may be lost.
 */

#include <errno.h>
#include <stdlib.h>

#include "mcast.h"
#include "path.h"

#define LIST_US (5 * CTL_US_PER_S)
#define LIST_NOTICES_US (60 * CTL_US_PER_S)

static struct ctl_mcast_seen *
seen_find(const struct ctl_port *p, const struct ib_gid *mgid, uint32_t *bucket)
{
	struct ctl_mcasts *mc = p->mc;
	struct ctl_mcast_seen *s;

	*bucket = ctl_hash16(mgid->raw, mc->seed) % MCAST_SEEN_BUCKETS;
	LIST_FOREACH(s, &mc->seen[*bucket], bucket) {
		if (ib_gid_equal(&s->mgid, mgid))
			return s;
	}
	return NULL;
}

/* Not other hosts' neighbour solicitations, nor, for a router, what is not forwarded (224.0.0.0/24). */
static bool
worth_following(const struct ctl_port *p, const struct ib_gid *mgid)
{
	static const uint8_t local[] = { 0, 0, 0 };

	if (mcast_is_solicited_node(mgid))
		return false;
	return p->c->follow_local || mgid->raw[2] != 0x40 ||
			memcmp(&mgid->raw[12], local, sizeof(local)) != 0;
}

static void
follow_one(struct ctl_port *p, const struct ib_gid *mgid, bool on)
{
	struct ctl_mcast *g;

	if (on && (!worth_following(p, mgid) || !p->mc->follow))
		return;
	g = on ? mcast_get(p, mgid) : mcast_find(p, mgid);
	if (g == NULL || g == &p->bcast || g->followed == on)
		return;
	g->followed = on;
	if (g->state != CTL_MCAST_JOINED)
		timer_stop(p->c, &g->timer);
	g->fails = on ? 0 : g->fails;
	mcast_step(g);
}

static void
tell(struct ctl_port *p, const struct ib_gid *mgid, bool exists)
{
	follow_one(p, mgid, exists);
	if (p->c->group_seen != NULL)
		p->c->group_seen(p->c, p, mgid, exists);
}

static void
seen_add(struct ctl_port *p, const struct ib_gid *mgid)
{
	struct ctl_mcasts *mc = p->mc;
	struct ctl_mcast_seen *s;
	uint32_t b;

	if (!mcast_is_of_link(p, mgid) || ib_gid_equal(mgid, &p->bcast.mgid))
		return;
	s = seen_find(p, mgid, &b);
	if (s != NULL) {
		s->gen = mc->gen;
		/* A group that there was no room for, or that came back before its notice. */
		follow_one(p, mgid, true);
		return;
	}
	if (mc->nb_seen == IPOIB_SA_LIST_MAX)
		return;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return;
	s->mgid = *mgid;
	s->gen = mc->gen;
	LIST_INSERT_HEAD(&mc->seen[b], s, bucket);
	mc->nb_seen++;
	tell(p, mgid, true);
}

static void
seen_remove(struct ctl_port *p, struct ctl_mcast_seen *s)
{
	struct ib_gid mgid = s->mgid;

	LIST_REMOVE(s, bucket);
	p->mc->nb_seen--;
	free(s);
	tell(p, &mgid, false);
}

/* Forget what the last list did not have. */
static void
seen_sweep(struct ctl_port *p, bool all)
{
	struct ctl_mcasts *mc = p->mc;
	struct ctl_mcast_seen *s, *tmp;
	uint32_t i;

	for (i = 0; i < MCAST_SEEN_BUCKETS; i++) {
		for (s = LIST_FIRST(&mc->seen[i]); s != NULL; s = tmp) {
			tmp = LIST_NEXT(s, bucket);
			if (all || s->gen != mc->gen)
				seen_remove(p, s);
		}
	}
}

static bool
seen_wanted(const struct ctl_port *p)
{
	return p->mc->follow || (p->c->wants_groups != NULL && p->c->wants_groups(p));
}

static void
list_answer(void *arg, int status, const struct ipoib_sa_mcast *recs, uint32_t n)
{
	struct ctl_port *p = arg;
	struct ctl_mcasts *mc = p->mc;
	uint32_t i;

	mc->list_req = 0;
	if (p->c->closing || mc->seen == NULL || status != 0)
		return;
	/* A notice came meanwhile: what is older than that? */
	if (mc->list_again) {
		mcast_seen_refresh(p);
		return;
	}
	mc->gen++;
	for (i = 0; i < n; i++)
		seen_add(p, &recs[i].mgid);
	if (n < IPOIB_SA_LIST_MAX)
		seen_sweep(p, false);
}

static void
list_ask(struct ctl_port *p)
{
	struct ctl_mcasts *mc = p->mc;

	if (!seen_wanted(p) || mc->list_req != 0 || p->bcast.ah == PMD_IPOIB_AH_NONE ||
			!p->hca->alive)
		return;
	if (mc->seen == NULL)
		mc->seen = calloc(MCAST_SEEN_BUCKETS, sizeof(*mc->seen));
	if (mc->seen == NULL)
		return;
	mc->list_again = false;
	if (ipoib_sa_mcast_list(p->hca->sa, p->info.pkey | IB_PKEY_FULL, list_answer, p,
			    &mc->list_req) != 0)
		mc->list_req = 0;
}

static void
list_timer(struct control *c, void *arg)
{
	struct ctl_port *p = arg;
	bool notices = ipoib_sa_notices_possible(p->hca->sa) &&
			events_hold(p->hca, IPOIB_SA_TRAP_MGID_CREATED) &&
			events_hold(p->hca, IPOIB_SA_TRAP_MGID_DELETED);

	list_ask(p);
	/* Once more after the first notice could come: what was made before it. */
	timer_set(c, &p->mc->list,
			c->now +
					ctl_jitter(notices && p->mc->told ? LIST_NOTICES_US
									  : LIST_US,
							10));
	p->mc->told = notices;
}

void
mcast_seen_refresh(struct ctl_port *p)
{
	timer_set(p->c, &p->mc->list, p->c->now);
}

static void
notice_port(struct ctl_port *p, bool exists, const struct ib_gid *mgid)
{
	struct ctl_mcast_seen *s;
	struct ctl_mcast *g;
	uint32_t b;

	if (!mcast_is_of_link(p, mgid))
		return;
	p->mc->list_again = p->mc->list_req != 0;
	if (p->mc->seen != NULL && seen_wanted(p)) {
		s = seen_find(p, mgid, &b);
		if (exists)
			seen_add(p, mgid);
		else if (s != NULL)
			seen_remove(p, s);
	}
	/* Deleted, and still in use with us? */
	g = exists ? NULL : mcast_find(p, mgid);
	if (g != NULL && g != &p->bcast && g->held != 0 && g->req == 0)
		mcast_lost(g);
}

void
mcast_notice(struct ctl_hca *h, uint16_t trap, const struct ib_gid *mgid)
{
	uint16_t i;

	if (trap != IPOIB_SA_TRAP_MGID_CREATED && trap != IPOIB_SA_TRAP_MGID_DELETED)
		return;
	for (i = 0; i < CTL_PORTS_MAX; i++) {
		struct ctl_port *p = h->c->ports[i];

		if (p != NULL && p->hca == h && p->mc != NULL)
			notice_port(p, trap == IPOIB_SA_TRAP_MGID_CREATED, mgid);
	}
}

void
mcast_follow(struct ctl_port *p, bool on)
{
	struct ctl_mcast *g, *tmp;
	struct ctl_mcast_seen *s;
	uint32_t i;

	if (p->mc == NULL || p->mc->follow == on)
		return;
	p->mc->follow = on;
	mcast_seen_refresh(p);
	if (!on) {
		MCAST_FOREACH(g, p, i, tmp)
		follow_one(p, &g->mgid, false);
		return;
	}
	for (i = 0; p->mc->seen != NULL && i < MCAST_SEEN_BUCKETS; i++) {
		LIST_FOREACH(s, &p->mc->seen[i], bucket)
			follow_one(p, &s->mgid, true);
	}
}

int
mcast_seen_init(struct ctl_port *p)
{
	return timer_init(p->c, &p->mc->list, list_timer, p);
}

void
mcast_seen_fini(struct ctl_port *p)
{
	struct ctl_mcasts *mc = p->mc;
	struct ctl_mcast_seen *s;
	uint32_t i;

	if (mc->list_req != 0)
		ipoib_sa_cancel(p->hca->sa, mc->list_req);
	timer_fini(p->c, &mc->list);
	for (i = 0; mc->seen != NULL && i < MCAST_SEEN_BUCKETS; i++) {
		while ((s = LIST_FIRST(&mc->seen[i])) != NULL) {
			LIST_REMOVE(s, bucket);
			free(s);
		}
	}
	free(mc->seen);
	mc->seen = NULL;
}

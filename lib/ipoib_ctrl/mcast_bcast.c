/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * The broadcast group, which defines the link (RFC 4391 section 5): it is joined first, without
 * attributes, for it is the SM that makes it; all other groups take theirs from it.
 */

#include <errno.h>
#include <stdlib.h>

#include <rte_random.h>

#include "mcast.h"

/* Pace of joins that fail: quick at first, for a port that just came up. */
#define JOIN_RETRY_MIN_US (250 * CTL_US_PER_MS)
#define JOIN_RETRY_MAX_US (4 * CTL_US_PER_S)
/* Pace while the SA is silent: the join is also what notices its return. */
#define JOIN_SILENT_US (500 * CTL_US_PER_MS)
/* A request of a silent SA is made anew after this time, for its own retries slow down. */
#define JOIN_ABANDON_US CTL_US_PER_S
/* A joined group is verified so often: a restarted SM forgets its members. */
#define JOIN_VERIFY_US (10 * CTL_US_PER_S)

static uint64_t
retry_after(const struct ctl_mcast *g)
{
	uint64_t wait = JOIN_RETRY_MIN_US;
	uint32_t i;

	if (!g->p->hca->alive)
		return ctl_jitter(JOIN_SILENT_US, 10);
	for (i = 1; i < g->fails && wait < JOIN_RETRY_MAX_US; i++)
		wait *= 2;
	return ctl_jitter(RTE_MIN(wait, JOIN_RETRY_MAX_US), 12);
}

/* Take the group's parameters into driver and address handle. */
static int
bcast_take(struct ctl_mcast *g, const struct ipoib_sa_mcast *rec)
{
	struct ctl_port *p = g->p;
	struct pmd_ipoib_bcast b = {
		.mgid = g->mgid, .mlid = rec->mlid, .qkey = rec->qkey, .ib_mtu = rec->mtu
	};
	struct pmd_ipoib_av av;
	uint32_t ah;
	int ret;

	mcast_av(g, rec, &av);
	ret = ah_create(p, &av, &ah);
	if (ret != 0)
		return ret;
	ret = pmd_ipoib_bcast_set(p->id, &b);
	if (ret != 0) {
		ah_put(p, ah);
		return ret;
	}
	if (g->ah != PMD_IPOIB_AH_NONE)
		ah_put(p, g->ah);
	g->ah = ah;
	g->rec = *rec;
	mcast_joined(g);
	return 0;
}

static void
bcast_failed(struct ctl_mcast *g, int status)
{
	g->status = status;
	g->sa_status = ipoib_sa_last_status(g->p->hca->sa);
	g->fails++;
	/* A member stays one until the port itself goes down: the group still carries packets. */
	if (g->ah == PMD_IPOIB_AH_NONE)
		g->state = CTL_MCAST_FAILED;
	timer_set(g->p->c, &g->timer, g->p->c->now + retry_after(g));
}

static void
bcast_answer(void *arg, int status, const struct ipoib_sa_mcast *rec)
{
	struct ctl_mcast *g = arg;
	struct ctl_port *p = g->p;
	struct control *c = p->c;
	bool first = g->ah == PMD_IPOIB_AH_NONE;

	g->req = 0;
	if (c->closing)
		return;
	if (status == 0)
		status = mcast_rec_check(g, rec);
	if (status == 0 && (g->ah == PMD_IPOIB_AH_NONE || !mcast_rec_same(&g->rec, rec)))
		status = bcast_take(g, rec);
	if (status == 0) {
		g->state = CTL_MCAST_JOINED;
		g->held = g->join;
		g->status = 0;
		g->fails = 0;
		timer_set(c, &g->timer, c->now + ctl_jitter(JOIN_VERIFY_US, 10));
	} else {
		bcast_failed(g, status);
	}
	link_bcast_changed(p);
	if (status != 0)
		return;
	mcast_start(p, false);
	if (first)
		mcast_seen_refresh(p);
}

static void
bcast_send(struct ctl_mcast *g)
{
	struct ctl_port *p = g->p;
	int ret;

	if (g->req != 0) {
		ipoib_sa_cancel(p->hca->sa, g->req);
		g->req = 0;
	}
	g->port_gid = p->info.gid;
	ret = ipoib_sa_mcast_join(p->hca->sa, &g->mgid, &g->port_gid, p->info.pkey | IB_PKEY_FULL,
			g->join, NULL, bcast_answer, g, &g->req);
	if (ret != 0) {
		bcast_failed(g, ret);
		return;
	}
	timer_set(p->c, &g->timer, p->c->now + JOIN_ABANDON_US);
}

static void
bcast_timer(struct control *c, void *arg)
{
	struct ctl_mcast *g = arg;

	if (!g->p->usable)
		return;
	/* An SA that is only slow gets its full time. */
	if (g->req != 0 && g->p->hca->alive) {
		timer_set(c, &g->timer, c->now + JOIN_ABANDON_US);
		return;
	}
	bcast_send(g);
}

static int
groups_init(struct ctl_port *p)
{
	struct ctl_mcasts *mc = calloc(1, sizeof(*mc));

	if (mc == NULL)
		return -ENOMEM;
	p->mc = mc;
	mc->max = MCAST_GROUPS_MAX;
	mc->solicited = mc->solicited_max = MCAST_SOLICITED_BURST;
	mc->share_fd = -1;
	mc->seed = (uint32_t)rte_rand();
	TAILQ_INIT(&mc->ready);
	TAILQ_INIT(&mc->lru);
	TAILQ_INIT(&mc->members);
	mc->buckets = calloc(MCAST_GROUPS_MAX, sizeof(*mc->buckets));
	return mc->buckets == NULL ? -ENOMEM : 0;
}

int
mcast_init(struct ctl_port *p)
{
	struct ctl_mcast *g = &p->bcast;
	int ret;

	*g = (struct ctl_mcast){ .p = p, .ah = PMD_IPOIB_AH_NONE, .join = IPOIB_SA_JOIN_FULL };
	ipoib_mgid_broadcast(IPOIB_SCOPE_LINK, p->info.pkey, &g->mgid);
	/* Workers make the MGIDs of groups with it. */
	port_shown(p);
	ret = groups_init(p);
	if (ret == 0)
		ret = timer_init(p->c, &g->timer, bcast_timer, g);
	if (ret == 0)
		ret = mcast_verify_init(p);
	if (ret == 0)
		ret = mcast_seen_init(p);
	if (ret == 0 && p->info.backend != NULL && strcmp(p->info.backend, "soft") != 0) {
		nlwatch_start(p->c);
		mcast_share_open(p);
	}
	return ret;
}

static bool
last_of_hca(const struct ctl_port *p)
{
	uint16_t i;

	for (i = 0; i < CTL_PORTS_MAX; i++) {
		const struct ctl_port *q = p->c->ports[i];

		if (q != NULL && q != p && q->hca == p->hca && q->mc != NULL)
			return false;
	}
	return true;
}

void
mcast_fini(struct ctl_port *p)
{
	struct ctl_mcasts *mc = p->mc;

	mcast_bcast_lost(p);
	timer_fini(p->c, &p->bcast.timer);
	if (mc == NULL)
		return;
	mcast_seen_fini(p);
	if (mc->buckets != NULL)
		mcast_free_all(p);
	mcast_verify_fini(p);
	mcast_share_close(p);
	if (last_of_hca(p))
		mcast_info_cancel(p->hca);
	free(mc->buckets);
	free(mc);
	p->mc = NULL;
	p->bcast.mgid = (struct ib_gid){ 0 };
	port_shown(p);
}

void
mcast_bcast_join(struct ctl_port *p)
{
	struct ctl_mcast *g = &p->bcast;

	if (g->ah == PMD_IPOIB_AH_NONE)
		g->state = CTL_MCAST_JOINING;
	g->fails = 0;
	/* Perhaps another SM now. */
	mcast_info_forget(p->hca);
	bcast_send(g);
	/* A silent SA is not asked for more than that. */
	if (p->hca->alive)
		mcast_start(p, true);
	mcast_seen_refresh(p);
}

void
mcast_bcast_lost(struct ctl_port *p)
{
	struct ctl_mcast *g = &p->bcast;

	if (g->req != 0)
		ipoib_sa_cancel(p->hca->sa, g->req);
	g->req = 0;
	timer_stop(p->c, &g->timer);
	g->state = CTL_MCAST_IDLE;
	g->status = 0;
	g->held = 0;
	if (p->mc != NULL && p->mc->buckets != NULL)
		mcast_stop(p);
	if (p->neigh != NULL)
		mcast_unpublish(g);
	if (g->on_ready)
		TAILQ_REMOVE(&p->mc->ready, g, ready);
	g->on_ready = false;
	if (g->ah == PMD_IPOIB_AH_NONE)
		return;
	ah_put(p, g->ah);
	g->ah = PMD_IPOIB_AH_NONE;
	pmd_ipoib_bcast_set(p->id, NULL);
}

/*
 * The SA keeps one membership per port GID and group, whoever asked for it. On a real HCA the
 * kernel's ib0 may live on ours, and does not look after it; another instance may, too, but that
 * verifies its memberships. So the broadcast group is left on a software HCA only, where nobody
 * else can be; other groups as mcast_sa_leave() allows.
 */
void
mcast_bcast_leave(struct ctl_port *p)
{
	struct ctl_mcast *g, *tmp;
	uint32_t i;

	if (p->mc == NULL)
		return;
	MCAST_FOREACH(g, p, i, tmp)
	mcast_sa_leave(g, g->held);
	g = &p->bcast;
	if (g->held != 0 && p->info.backend != NULL && strcmp(p->info.backend, "soft") == 0)
		mcast_sa_leave(g, g->held);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Does a path still lead to its peer? Nobody tells of a remote LID that changes but, sometimes, the
 * SA's notices, and the peer's own ARP and ND, which come from its LID. What is used is asked for
 * again by turns:
 *   without notices each path every 0.9 s, but at most 100 a second on a port (so 90 paths are
 *     known to hold within a second, 4,000 within 40 s);
 *   with notices every 10 s, at most 10 a second: for what no notice tells.
 * Nothing is asked while the SA is silent. What is not used is not asked for.
 */

#include "path.h"

#define POLL_EVERY_US (900 * CTL_US_PER_MS)
#define POLL_PER_S 100
#define TOLD_EVERY_US (10 * CTL_US_PER_S)
#define TOLD_PER_S 10
/* Queries of one tick. */
#define CHECK_BURST 16
/* Seconds without a packet after which a path is not used. */
#define UNUSED_S 10
/* A peer that lies about its LID, or a forger of it, causes one query in this time. */
#define HINT_EVERY_US CTL_US_PER_S

struct use {
	struct ctl_port *p;
	bool used;
};

static void
use_one(void *arg, struct ipoib_neigh_rec *rec)
{
	struct use *u = arg;

	if (ipoib_neigh_rec_idle(u->p->neigh, rec, u->p->c->now) < UNUSED_S)
		u->used = true;
}

static bool
path_in_use(const struct ctl_path *path)
{
	struct use u = { .p = path->p };

	ipoib_neigh_walk_gid(path->p->neigh, &path->dgid, use_one, &u);
	return u.used;
}

static bool
check_due(const struct ctl_port *p, const struct ctl_path *path)
{
	uint64_t every = events_told(p->hca) ? TOLD_EVERY_US : POLL_EVERY_US;

	return path->checked < p->verify_before || path->checked + every <= p->c->now;
}

/* It is as good as checked: the next turn is all others'. */
static void
check_skip(struct ctl_path *path)
{
	struct ctl_port *p = path->p;

	path->checked = p->c->now;
	TAILQ_REMOVE(&p->known, path, known);
	TAILQ_INSERT_TAIL(&p->known, path, known);
}

void
checks_run(struct ctl_port *p)
{
	bool fast = !events_told(p->hca) || p->verify_before != 0;
	struct ctl_path *path;
	uint32_t i;

	if (!path_may_ask(p))
		return;
	for (i = 0; i < CTL_BURST; i++) {
		path = TAILQ_FIRST(&p->known);
		if (path == NULL || !check_due(p, path))
			break;
		if (path->req == 0 && !path->on_refresh && path_in_use(path)) {
			if (!bucket_take(&p->verify_bucket, p->c->now,
					    fast ? POLL_PER_S : TOLD_PER_S, CHECK_BURST))
				return;
			path_refresh(path, false);
		}
		check_skip(path);
	}
	path = TAILQ_FIRST(&p->known);
	if (path == NULL || path->checked >= p->verify_before)
		p->verify_before = 0;
}

/* --- signs --- */

static bool
lid_agrees(const struct ctl_path *path, uint16_t lid)
{
	return (lid ^ path->rec.dlid) >> path->p->info.lmc == 0;
}

/* The peer of a path that was refused lives: if somebody wants to send to it, it is asked for. */
static void
path_lives(struct ctl_path *path)
{
	if (path->state != IPOIB_NEIGH_FAILED)
		return;
	path_wake(path);
	if (resolve_wanted(path->p, &path->dgid))
		path_want(path->p, &path->dgid);
}

static void
hint_one(struct ctl_port *p, const struct ib_gid *gid, uint16_t slid)
{
	struct ctl_path *path = path_find(p, gid);

	if (path == NULL || !p->usable)
		return;
	if (path->hinted != 0 && path->hinted + HINT_EVERY_US > p->c->now)
		return;
	if (path->ah == PMD_IPOIB_AH_NONE) {
		path_lives(path);
	} else {
		if (lid_agrees(path, slid) || gid_is_foreign(p, gid))
			return;
		path_stale(path);
	}
	path->hinted = p->c->now;
}

/* A bond's members that wait have to know, too, before they send. */
void
path_hint(struct ctl_port *p, const struct ib_gid *gid, uint16_t slid)
{
	struct ctl_port *ports[CTL_WAYS_MAX] = { p };
	uint32_t i, n = 1;

	if (slid == 0)
		return;
	if (p->c->ways != NULL)
		n = p->c->ways(p, ports);
	for (i = 0; i < n; i++)
		hint_one(ports[i], gid, slid);
}

/* A port came or went. */
static void
noticed_gid(struct ctl_port *p, const struct ib_gid *gid, bool came)
{
	struct ctl_path *path = path_find(p, gid);

	if (path == NULL)
		return;
	if (path->ah != PMD_IPOIB_AH_NONE)
		path_stale(path);
	else if (came)
		path_lives(path);
}

void
path_noticed(struct ctl_port *p, const struct ipoib_sa_notice *n)
{
	switch (n->trap) {
	case IPOIB_SA_TRAP_GID_IN:
	case IPOIB_SA_TRAP_GID_OUT:
		noticed_gid(p, &n->gid, n->trap == IPOIB_SA_TRAP_GID_IN);
		break;
	case IPOIB_SA_TRAP_LINK_STATE:
	case IPOIB_SA_TRAP_PORT_CHANGE:
		/* Which paths that means is hard to say: all that are used, by turns. */
		p->verify_before = p->c->now;
		break;
	default:
		break;
	}
}

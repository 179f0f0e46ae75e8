/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Paths by destination GID. One SA query per GID is under way at a time; its answer serves every
 * neighbour with that GID. A path that was once known is used until a new answer replaces it,
 * whatever happens: what is doubtful is asked for again in the background, at most CTL_REFRESH_MAX
 * at a time, and not at all while the SA is silent. The SA may answer with another DGID; the one
 * that was asked for stays the key.
 */

#include <errno.h>
#include <stdlib.h>

#include <rte_random.h>

#include "path.h"

/* Longest back-off of a path that is still in use. */
#define STALE_BACKOFF_MAX_US (30 * CTL_US_PER_S)

static void path_timer(struct control *c, void *arg);
static void path_answer(void *arg, int status, const struct ipoib_sa_path *rec);

static struct ctl_path_list *
path_bucket(struct ctl_port *p, const struct ib_gid *gid)
{
	return &p->paths[ctl_hash16(gid->raw, p->path_seed) & p->path_mask];
}

struct ctl_path *
path_find(struct ctl_port *p, const struct ib_gid *gid)
{
	struct ctl_path *path;

	LIST_FOREACH(path, path_bucket(p, gid), bucket) {
		if (ib_gid_equal(&path->dgid, gid))
			return path;
	}
	return NULL;
}

static void
path_unlist(struct ctl_path *path)
{
	if (path->on_ready)
		TAILQ_REMOVE(&path->p->ready, path, ready);
	if (path->on_refresh)
		TAILQ_REMOVE(&path->p->refresh, path, refresh);
	if (path->on_idle)
		TAILQ_REMOVE(&path->p->idle, path, idle);
	if (path->ah != PMD_IPOIB_AH_NONE)
		TAILQ_REMOVE(&path->p->known, path, known);
	path->on_ready = false;
	path->on_refresh = false;
	path->on_idle = false;
}

static void
path_cancel(struct ctl_path *path)
{
	if (path->req == 0)
		return;
	ipoib_sa_cancel(path->p->hca->sa, path->req);
	path->req = 0;
	if (path->refreshing)
		path->p->nb_refreshing--;
	path->refreshing = false;
}

static void
path_free(struct ctl_path *path)
{
	struct ctl_port *p = path->p;

	path_unlist(path);
	legs_free(path);
	path_cancel(path);
	timer_fini(p->c, &path->timer);
	if (path->ah != PMD_IPOIB_AH_NONE)
		ah_put(p, path->ah);
	LIST_REMOVE(path, bucket);
	p->nb_paths--;
	free(path);
}

void
path_idle(struct ctl_port *p, const struct ib_gid *gid)
{
	struct ctl_path *path = p->paths != NULL ? path_find(p, gid) : NULL;

	if (path == NULL || path->on_idle)
		return;
	path->on_idle = true;
	path->idle_since = p->c->now;
	TAILQ_INSERT_TAIL(&p->idle, path, idle);
}

/* Look at the longest idle one. @return whether it was really idle, and is gone */
static bool
idle_end(struct ctl_port *p)
{
	struct ctl_path *path = TAILQ_FIRST(&p->idle);

	TAILQ_REMOVE(&p->idle, path, idle);
	path->on_idle = false;
	if (path->fixed || resolve_wanted(path->p, &path->dgid))
		return false;
	path_free(path);
	return true;
}

static bool
make_room(struct ctl_port *p)
{
	uint32_t i;

	for (i = 0; i < CTL_BURST && p->nb_paths >= p->max_paths; i++) {
		if (TAILQ_EMPTY(&p->idle))
			break;
		idle_end(p);
	}
	return p->nb_paths < p->max_paths;
}

static void
idle_run(struct ctl_port *p)
{
	uint32_t i;

	for (i = 0; i < CTL_BURST && !TAILQ_EMPTY(&p->idle); i++) {
		if (TAILQ_FIRST(&p->idle)->idle_since + CTL_PATH_IDLE_US > p->c->now)
			return;
		idle_end(p);
	}
}

static struct ctl_path *
path_new(struct ctl_port *p, const struct ib_gid *gid)
{
	struct ctl_path *path;

	if (!make_room(p))
		return NULL;
	path = calloc(1, sizeof(*path));
	if (path == NULL)
		return NULL;
	if (timer_init(p->c, &path->timer, path_timer, path) != 0) {
		free(path);
		return NULL;
	}
	path->p = p;
	path->dgid = *gid;
	path->ah = PMD_IPOIB_AH_NONE;
	path->set = PMD_IPOIB_AH_NONE;
	path->state = IPOIB_NEIGH_INCOMPLETE;
	LIST_INSERT_HEAD(path_bucket(p, gid), path, bucket);
	p->nb_paths++;
	return path;
}

void
path_ready(struct ctl_path *path)
{
	if (path->on_ready)
		return;
	path->on_ready = true;
	TAILQ_INSERT_TAIL(&path->p->ready, path, ready);
}

bool
path_may_ask(const struct ctl_port *p)
{
	return p->usable && p->hca->alive && p->nb_refreshing < CTL_REFRESH_MAX;
}

void
path_refresh(struct ctl_path *path, bool first)
{
	if (path->req != 0) {
		path->again = true;
		return;
	}
	if (path->on_refresh || path->fixed)
		return;
	path->on_refresh = true;
	if (first)
		TAILQ_INSERT_HEAD(&path->p->refresh, path, refresh);
	else
		TAILQ_INSERT_TAIL(&path->p->refresh, path, refresh);
}

/* What is still used may wait longer: it costs nothing but the SA's time. */
static uint64_t
path_backoff(const struct ctl_path *path)
{
	uint64_t most = path->ah != PMD_IPOIB_AH_NONE ? STALE_BACKOFF_MAX_US
						      : IPOIB_NEIGH_BACKOFF_MAX_US;
	uint64_t wait = IPOIB_NEIGH_BACKOFF_MIN_US;
	uint32_t i;

	for (i = 1; i < path->fails && wait < most; i++)
		wait *= 2;
	return ctl_jitter(RTE_MIN(wait, most), 12);
}

static void
path_failed(struct ctl_path *path)
{
	struct control *c = path->p->c;

	path->fails++;
	path->state = path->ah != PMD_IPOIB_AH_NONE ? IPOIB_NEIGH_STALE : IPOIB_NEIGH_FAILED;
	timer_set(c, &path->timer, c->now + path_backoff(path));
	resolve_failed(path->p, &path->dgid);
}

/*
 * IBA 10.9.3: limited members do not hear each other, and the SA has no path between them. Why, it
 * does not say; who is a limited member has to think of that.
 */
static void
path_refused(struct ctl_port *p, int status)
{
	bool limited = p->info.pkey_wire != 0 && (p->info.pkey_wire & IB_PKEY_FULL) == 0;

	if (limited && (status == -ENOENT || status == -EREMOTEIO))
		p->limited_refused++;
}

/* Ask for it, or why not. Everything is put in as it is now: a GID or traffic class may be another
 * than the last time. */
static int
path_ask(struct ctl_path *path, bool refresh)
{
	struct ctl_port *p = path->p;
	struct ipoib_sa_path_req req;
	int ret;

	path_question(path, &req);
	ret = ipoib_sa_path_get(p->hca->sa, &req, path_answer, path, &path->req);
	if (ret != 0) {
		path->req = 0;
		return ret;
	}
	timer_stop(p->c, &path->timer);
	path->again = false;
	path->refreshing = refresh;
	if (refresh)
		p->nb_refreshing++;
	if (path->ah == PMD_IPOIB_AH_NONE)
		path->state = IPOIB_NEIGH_RESOLVING;
	return 0;
}

static void
path_checked(struct ctl_path *path)
{
	struct ctl_port *p = path->p;

	path->checked = p->c->now;
	TAILQ_REMOVE(&p->known, path, known);
	TAILQ_INSERT_TAIL(&p->known, path, known);
}

/* @return 0 as it was, 1 it is another, or -errno */
static int
path_take(struct ctl_path *path, const struct ipoib_sa_path *rec)
{
	struct ctl_port *p = path->p;
	bool narrower = rec->mtu != path->rec.mtu;
	struct pmd_ipoib_av av;
	uint32_t ah;
	int ret;

	ret = path_av(p, &path->dgid, rec, &av);
	if (ret != 0)
		return ret;
	if (path->ah != PMD_IPOIB_AH_NONE && memcmp(&av, &path->av, sizeof(av)) == 0) {
		path->rec = *rec;
		return narrower;
	}
	/* Without a handle for it, the record stays that of the handle which is used on. */
	ret = ah_create(p, &av, &ah);
	if (ret != 0)
		return ret;
	path->rec = *rec;
	if (path->ah != PMD_IPOIB_AH_NONE)
		ah_put(p, path->ah);
	else
		TAILQ_INSERT_TAIL(&p->known, path, known);
	path->ah = ah;
	path->av = av;
	return 1;
}

static void
path_answer(void *arg, int status, const struct ipoib_sa_path *rec)
{
	struct ctl_path *path = arg;
	struct control *c = path->p->c;
	bool again = path->again, fresh = path->state != IPOIB_NEIGH_VALID;

	path->req = 0;
	if (path->refreshing)
		path->p->nb_refreshing--;
	path->refreshing = false;
	path->again = false;
	if (c->closing)
		return;
	if (status == 0)
		status = path_take(path, rec);
	if (status < 0) {
		path_refused(path->p, status);
		path_failed(path);
	} else {
		path->state = IPOIB_NEIGH_VALID;
		path->fails = 0;
		path->updated = c->now;
		path_checked(path);
		timer_set(c, &path->timer, c->now + ctl_jitter(CTL_PATH_TTL_US, 10));
		legs_follow(path, status == 1 || path->all_legs);
		path->all_legs = false;
		if (status == 1 || fresh)
			path_ready(path);
	}
	if (again)
		path_refresh(path, true);
}

static void
path_timer(struct control *c, void *arg)
{
	struct ctl_path *path = arg;

	if (path->req != 0)
		return;
	if (path->state == IPOIB_NEIGH_FAILED) {
		path_wake(path);
		return;
	}
	if (!resolve_wanted(path->p, &path->dgid)) {
		path_free(path);
		return;
	}
	if (path->state == IPOIB_NEIGH_VALID)
		path->state = IPOIB_NEIGH_STALE;
	path->all_legs = true;
	if (path->state == IPOIB_NEIGH_STALE)
		path_refresh(path, false);
	/* Kept alive by its neighbours; looked at again even if no query can be made. */
	timer_set(c, &path->timer, c->now + CTL_PATH_IDLE_US);
}

struct ctl_path *
path_want(struct ctl_port *p, const struct ib_gid *gid)
{
	struct ctl_path *path;

	path = path_find(p, gid);
	if (path == NULL)
		path = path_new(p, gid);
	if (path == NULL)
		return NULL;
	if (path->state == IPOIB_NEIGH_INCOMPLETE && path->req == 0 && path_ask(path, false) != 0)
		path_failed(path);
	return path;
}

struct ctl_path *
path_prefetch(struct ctl_port *p, const struct ib_gid *gid)
{
	struct ctl_path *path = path_find(p, gid);

	if (path == NULL)
		path = path_new(p, gid);
	if (path != NULL && path->state == IPOIB_NEIGH_INCOMPLETE && path->req == 0)
		path_refresh(path, false);
	return path;
}

static void
path_doubt(struct ctl_path *path, bool first)
{
	if (path->fixed) {
		/* Its neighbours may have been told otherwise. */
		path_ready(path);
		return;
	}
	path->state = IPOIB_NEIGH_STALE;
	path->all_legs = true;
	path_refresh(path, first);
}

void
path_stale(struct ctl_path *path)
{
	if (path->ah != PMD_IPOIB_AH_NONE)
		path_doubt(path, true);
}

int
path_fix(struct ctl_port *p, const struct ipoib_sa_path *rec)
{
	struct ctl_path *path = path_find(p, &rec->dgid);
	int ret;

	if (path == NULL)
		path = path_new(p, &rec->dgid);
	if (path == NULL)
		return -ENOSPC;
	ret = path_take(path, rec);
	if (ret < 0) {
		if (path->state == IPOIB_NEIGH_INCOMPLETE && path->req == 0 && path->timer.pos == 0)
			path_free(path);
		return ret;
	}
	path_cancel(path);
	if (path->on_refresh)
		TAILQ_REMOVE(&p->refresh, path, refresh);
	path->on_refresh = false;
	path->again = false;
	legs_free(path);
	timer_stop(p->c, &path->timer);
	path->fixed = true;
	path->fails = 0;
	path->state = IPOIB_NEIGH_VALID;
	path->updated = p->c->now;
	path_ready(path);
	return 0;
}

int
path_unfix(struct ctl_port *p, const struct ib_gid *gid)
{
	struct ctl_path *path = path_find(p, gid);

	if (path == NULL || !path->fixed)
		return -ENOENT;
	path->fixed = false;
	if (!resolve_wanted(p, gid)) {
		path_free(path);
		return 0;
	}
	path_doubt(path, true);
	timer_set(p->c, &path->timer, p->c->now + CTL_PATH_IDLE_US);
	return 0;
}

/* Call fn for all paths; it changes no list of them but refresh and ready. */
static void
paths_each(struct ctl_port *p, void (*fn)(struct ctl_path *path))
{
	struct ctl_path *path;
	uint32_t i;

	for (i = 0; i <= p->path_mask; i++) {
		LIST_FOREACH(path, &p->paths[i], bucket)
			fn(path);
	}
}

uint32_t
paths_stale(struct ctl_port *p)
{
	struct ctl_path *path;
	uint32_t n = 0;

	TAILQ_FOREACH(path, &p->known, known) {
		path_doubt(path, false);
		n++;
	}
	return n;
}

uint32_t
paths_waiting(const struct ctl_port *p)
{
	const struct ctl_path *path;
	uint32_t n = 0;

	TAILQ_FOREACH(path, &p->refresh, refresh)
		n++;
	return n;
}

void
paths_republish(struct ctl_port *p)
{
	struct ctl_path *path;

	TAILQ_FOREACH(path, &p->known, known)
		path_ready(path);
}

static void
reask_one(struct ctl_path *path)
{
	if (path->req == 0 || path->ah != PMD_IPOIB_AH_NONE)
		return;
	path_cancel(path);
	if (path_ask(path, false) != 0)
		path_failed(path);
}

void
paths_reask(struct ctl_port *p)
{
	paths_each(p, reask_one);
}

void
path_wake(struct ctl_path *path)
{
	struct control *c = path->p->c;

	if (path->state != IPOIB_NEIGH_FAILED)
		return;
	path->state = IPOIB_NEIGH_INCOMPLETE;
	timer_set(c, &path->timer, c->now + CTL_PATH_IDLE_US);
	/* Else who has failed with it would wait for its own back-off after this one. */
	resolve_again(path->p, &path->dgid);
}

static void
clear_one(struct ctl_path *path)
{
	path->fails = 0;
	path_wake(path);
	if (path->state == IPOIB_NEIGH_STALE)
		path_refresh(path, false);
}

void
paths_clear_backoff(struct ctl_port *p)
{
	paths_each(p, clear_one);
}

static void
refresh_run(struct ctl_port *p)
{
	struct ctl_path *path;

	while (path_may_ask(p)) {
		path = TAILQ_FIRST(&p->refresh);
		if (path == NULL)
			return;
		TAILQ_REMOVE(&p->refresh, path, refresh);
		path->on_refresh = false;
		if (path->req == 0 && path_ask(path, true) != 0) {
			path_failed(path);
			return;
		}
	}
}

void
paths_run(struct ctl_port *p)
{
	struct ctl_path *path;
	uint32_t i;

	checks_run(p);
	refresh_run(p);
	legs_run(p);
	idle_run(p);
	for (i = 0; i < CTL_PUBLISH_MAX; i++) {
		path = TAILQ_FIRST(&p->ready);
		if (path == NULL || resolve_publish(p, path) != 0)
			return;
		TAILQ_REMOVE(&p->ready, path, ready);
		path->on_ready = false;
	}
}

bool
paths_busy(const struct ctl_port *p)
{
	return !TAILQ_EMPTY(&p->ready) || p->park.nb != 0;
}

int
paths_init(struct ctl_port *p)
{
	uint32_t n, i;

	TAILQ_INIT(&p->ready);
	TAILQ_INIT(&p->refresh);
	TAILQ_INIT(&p->idle);
	TAILQ_INIT(&p->known);
	TAILQ_INIT(&p->asking);
	/* As many as neighbours: more can only be idle. */
	p->max_paths = p->c->cfg.gc_thresh3 != 0 ? p->c->cfg.gc_thresh3 : 16384;
	n = rte_align32pow2(RTE_MIN(p->max_paths, 1u << 20));
	p->paths = calloc(n, sizeof(*p->paths));
	if (p->paths == NULL)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		LIST_INIT(&p->paths[i]);
	p->path_mask = n - 1;
	p->path_seed = (uint32_t)rte_rand();
	return 0;
}

void
paths_fini(struct ctl_port *p)
{
	struct ctl_path *path;
	uint32_t i;

	if (p->paths == NULL)
		return;
	for (i = 0; i <= p->path_mask; i++) {
		while ((path = LIST_FIRST(&p->paths[i])) != NULL)
			path_free(path);
	}
	free(p->paths);
	p->paths = NULL;
}

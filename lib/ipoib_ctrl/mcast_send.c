/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Sending to groups. A group is joined by the first packet for it; up to 64 wait for that, and
 * leave in order before workers are told of the group by an entry of the neighbour table. The entry
 * ages like a neighbour's, and then the group is left.
 */

#include <errno.h>
#include <stdlib.h>

#include "mcast.h"

/* M of the neighbour tables, where none is given. */
#define GC_INTERVAL_S 30

/* --- table --- */

static struct ctl_mcast_list *
bucket_of(const struct ctl_port *p, const struct ib_gid *mgid)
{
	uint32_t h = ctl_hash16(mgid->raw, p->mc->seed);

	return &p->mc->buckets[h % MCAST_GROUPS_MAX];
}

struct ctl_mcast *
mcast_find(struct ctl_port *p, const struct ib_gid *mgid)
{
	struct ctl_mcast *g;

	if (ib_gid_equal(mgid, &p->bcast.mgid))
		return &p->bcast;
	LIST_FOREACH(g, bucket_of(p, mgid), bucket) {
		if (ib_gid_equal(&g->mgid, mgid))
			return g;
	}
	return NULL;
}

static void
group_addr(const struct ctl_mcast *g, struct ipoib_addr *addr)
{
	ipoib_addr_set(addr, IB_QPN_MULTICAST, &g->mgid);
}

static struct ipoib_neigh_rec *
group_rec(const struct ctl_mcast *g)
{
	struct ipoib_addr addr;

	group_addr(g, &addr);
	return ipoib_neigh_find(g->p->neigh, &addr);
}

uint64_t
mcast_idle_max(const struct control *c)
{
	return 2 * CTL_US_PER_S * (c->cfg.gc_interval != 0 ? c->cfg.gc_interval : GC_INTERVAL_S);
}

uint64_t
mcast_last_used(struct ctl_mcast *g)
{
	const struct ipoib_neigh_rec *rec = group_rec(g);
	uint64_t now = g->p->c->now, idle;

	if (rec == NULL)
		return g->used;
	idle = ipoib_neigh_rec_idle(g->p->neigh, rec, now) * CTL_US_PER_S;
	return RTE_MAX(g->used, idle < now ? now - idle : 0);
}

void
mcast_lru(struct ctl_mcast *g)
{
	struct ctl_mcasts *mc = g->p->mc;
	bool want = g->users == 0 && !g->followed;

	if (g->on_lru == want)
		return;
	g->on_lru = want;
	if (want)
		TAILQ_INSERT_TAIL(&mc->lru, g, lru);
	else
		TAILQ_REMOVE(&mc->lru, g, lru);
}

void
mcast_queue_drop(struct ctl_mcast *g, enum ctl_lost why)
{
	struct rte_mbuf *m;

	while (ipoib_pktq_pop(&g->queue, &m, 1) == 1) {
		g->p->mc->queued--;
		ctl_lose(g->p->c, why, m);
	}
}

static void
group_destroy(struct ctl_mcast *g)
{
	struct ctl_mcasts *mc = g->p->mc;

	mcast_verify_del(g);
	if (g->on_ready)
		TAILQ_REMOVE(&mc->ready, g, ready);
	if (g->on_lru)
		TAILQ_REMOVE(&mc->lru, g, lru);
	timer_fini(g->p->c, &g->timer);
	LIST_REMOVE(g, bucket);
	mc->nb--;
	free(g);
}

int
mcast_unpublish(struct ctl_mcast *g)
{
	struct ipoib_neigh_rec *rec = group_rec(g);

	return rec == NULL ? 0 : ipoib_neigh_del(g->p->neigh, rec);
}

bool
mcast_free(struct ctl_mcast *g)
{
	if (mcast_unpublish(g) != 0)
		return false;
	group_destroy(g);
	return true;
}

void
mcast_free_all(struct ctl_port *p)
{
	struct ctl_mcast *g, *tmp;
	uint32_t i;

	MCAST_FOREACH(g, p, i, tmp)
	{
		mcast_queue_drop(g, CTL_LOST_NO_PATH);
		group_destroy(g);
	}
}

/* Sent to now: last of those that may go. */
static void
touch(struct ctl_mcast *g, uint64_t when)
{
	g->used = when;
	if (!g->on_lru)
		return;
	TAILQ_REMOVE(&g->p->mc->lru, g, lru);
	TAILQ_INSERT_TAIL(&g->p->mc->lru, g, lru);
}

/* @return whether it may go; workers' use of it is noted now only */
static bool
is_idle(struct ctl_mcast *g)
{
	uint64_t last = mcast_last_used(g);

	if (last > g->used)
		touch(g, last);
	return g->req == 0 && ipoib_pktq_count(&g->queue) == 0 &&
			last + MCAST_EVICT_IDLE_US <= g->p->c->now;
}

/*
 * Leave the one that was longest not sent to. Where none may go, the next packets need not look for
 * one either: with thousands of neighbours to be found each packet would. @return whether there is
 * room
 */
static bool
make_room(struct ctl_mcasts *mc, uint64_t now)
{
	struct ctl_mcast *g, *next;
	uint32_t i = 0;

	if (now < mc->look_again)
		return false;
	mc->stats.looks++;
	for (g = TAILQ_FIRST(&mc->lru); g != NULL && i < CTL_BURST && mc->nb >= mc->max; g = next) {
		next = TAILQ_NEXT(g, lru);
		i++;
		if (!is_idle(g))
			continue;
		mc->stats.evicted++;
		timer_stop(g->p->c, &g->timer);
		g->sending = false;
		mcast_step(g);
	}
	if (mc->nb < mc->max)
		return true;
	mc->look_again = now + MCAST_LOOK_US;
	return false;
}

struct ctl_mcast *
mcast_get(struct ctl_port *p, const struct ib_gid *mgid)
{
	struct ctl_mcast *g = mcast_find(p, mgid);

	if (g != NULL)
		return g;
	if (p->mc->nb >= p->mc->max && !make_room(p->mc, p->c->now)) {
		p->mc->stats.full++;
		return NULL;
	}
	g = calloc(1, sizeof(*g));
	if (g == NULL)
		return NULL;
	g->p = p;
	g->mgid = *mgid;
	g->ah = PMD_IPOIB_AH_NONE;
	g->used = p->c->now;
	ipoib_pktq_init(&g->queue, MCAST_QUEUE);
	if (mcast_timer_init(g) != 0) {
		free(g);
		return NULL;
	}
	LIST_INSERT_HEAD(bucket_of(p, mgid), g, bucket);
	p->mc->nb++;
	mcast_lru(g);
	return g;
}

/* --- entries for workers --- */

static int
group_publish(struct ctl_mcast *g)
{
	struct ctl_port *p = g->p;
	uint16_t mtu = g->rec.mtu - IPOIB_HDR_LEN;
	struct ipoib_neigh_value v = {
		.ah = g->ah,
		.mtu = mtu < atomic_load(&p->mtu) ? mtu : 0,
		.kind = IPOIB_NEIGH_UD,
	};
	struct ipoib_neigh_rec *rec;
	struct ipoib_addr addr;
	int ret;

	group_addr(g, &addr);
	ret = ipoib_neigh_add(p->neigh, &addr, p->c->now, &rec);
	/* No room: control goes on sending, and the next packet tries again. */
	if (ret < 0)
		return ret == -EAGAIN ? ret : 0;
	ah_get(p, g->ah);
	ret = ipoib_neigh_set_valid(p->neigh, rec, &v, p->c->now);
	if (ret != 0)
		ah_put(p, g->ah);
	return ret;
}

static void
group_ready(struct ctl_mcast *g)
{
	if (g->on_ready)
		return;
	g->on_ready = true;
	TAILQ_INSERT_TAIL(&g->p->mc->ready, g, ready);
}

void
mcast_run(struct ctl_port *p)
{
	struct ctl_mcast *g;
	uint32_t i;

	for (i = 0; i < CTL_PUBLISH_MAX && (g = TAILQ_FIRST(&p->mc->ready)) != NULL; i++) {
		if (g->ah != PMD_IPOIB_AH_NONE && group_publish(g) != 0)
			return;
		TAILQ_REMOVE(&p->mc->ready, g, ready);
		g->on_ready = false;
	}
}

bool
mcast_busy(const struct ctl_port *p)
{
	return !TAILQ_EMPTY(&p->mc->ready);
}

/* Without the table's leave it cannot be changed from here: the timer looks after it. */
void
mcast_neigh_gone(struct ctl_port *p, const struct ipoib_neigh_rec *rec)
{
	const struct ib_gid *mgid = &ipoib_neigh_rec_addr(rec)->gid;
	struct control *c = p->c;
	struct ctl_mcast *g;
	uint64_t idle;

	g = p->mc != NULL ? mcast_find(p, mgid) : NULL;
	if (g == NULL || g == &p->bcast || g->state != CTL_MCAST_JOINED)
		return;
	idle = ipoib_neigh_rec_idle(p->neigh, rec, c->now) * CTL_US_PER_S;
	g->used = RTE_MAX(g->used, idle < c->now ? c->now - idle : 0);
	if (g->on_lru && g->fails == 0)
		timer_set(c, &g->timer, RTE_MAX(c->now, g->used + mcast_idle_max(c) + 1));
}

/* --- packets --- */

bool
mcast_is_solicited_node(const struct ib_gid *mgid)
{
	static const uint8_t low[] = { 0, 0, 0, 0, 0, 1, 0xff };

	return mgid->raw[2] == 0x60 && memcmp(&mgid->raw[6], low, sizeof(low)) == 0;
}

/* A packet for a group that cannot be had, or that too many wait for; see mcast.c. */
static void
send_fallback(struct ctl_port *p, const struct ib_gid *mgid, enum ctl_lost why, struct rte_mbuf *m)
{
	if (!mcast_is_solicited_node(mgid) || p->bcast.ah == PMD_IPOIB_AH_NONE) {
		ctl_lose(p->c, why, m);
		return;
	}
	p->mc->stats.fallback++;
	resolve_inject(p, m, p->bcast.ah, IB_QPN_MULTICAST);
}

void
mcast_joined(struct ctl_mcast *g)
{
	struct rte_mbuf *m;

	while (ipoib_pktq_pop(&g->queue, &m, 1) == 1) {
		g->p->mc->queued--;
		resolve_inject(g->p, m, g->ah, IB_QPN_MULTICAST);
	}
	if (g->forwarded || group_rec(g) != NULL)
		group_ready(g);
}

/* Workers drop what goes to a group that is refused, as to a neighbour that does not answer. */
static void
publish_failed(struct ctl_mcast *g)
{
	struct ipoib_neigh_rec *rec;
	struct ipoib_addr addr;

	group_addr(g, &addr);
	if (ipoib_neigh_add(g->p->neigh, &addr, g->p->c->now, &rec) >= 0)
		ipoib_neigh_set_failed(g->p->neigh, rec, g->p->c->now);
}

void
mcast_give_up(struct ctl_mcast *g)
{
	struct rte_mbuf *m;

	while (ipoib_pktq_pop(&g->queue, &m, 1) == 1) {
		g->p->mc->queued--;
		send_fallback(g->p, &g->mgid, CTL_LOST_NO_PATH, m);
	}
	if (g->forwarded && !mcast_is_solicited_node(&g->mgid))
		publish_failed(g);
}

static void
group_wait(struct ctl_mcast *g, struct rte_mbuf *m)
{
	struct ctl_mcasts *mc = g->p->mc;

	if (mc->queued >= MCAST_QUEUED_MAX || ipoib_pktq_push(&g->queue, m) != 0) {
		send_fallback(g->p, &g->mgid, CTL_LOST_MCAST_FULL, m);
		return;
	}
	mc->queued++;
	g->sending = true;
	if (g->state != CTL_MCAST_IDLE)
		return;
	timer_stop(g->p->c, &g->timer);
	mcast_step(g);
}

/* @return whether a worker could have sent it; then it is sent */
static bool
send_known(struct ctl_port *p, const struct ipoib_addr *addr, struct rte_mbuf *m)
{
	const struct ipoib_neigh_entry *e;
	uint64_t hits;

	if (ipoib_neigh_lookup_bulk(p->neigh, &addr, 1, &hits, &e) != 1)
		return false;
	resolve_inject(p, m, e->ah, IB_QPN_MULTICAST);
	return true;
}

static void
group_send(struct ctl_mcast *g, const struct ipoib_addr *addr, struct rte_mbuf *m)
{
	struct ctl_port *p = g->p;

	/* Packets of our own are few: no need of an entry for them. */
	bool forwarded = m->port != p->id;

	touch(g, p->c->now);
	g->sending |= g->ah != PMD_IPOIB_AH_NONE;
	g->forwarded |= forwarded;
	if (g->ah != PMD_IPOIB_AH_NONE) {
		if (send_known(p, addr, m))
			return;
		resolve_inject(p, m, g->ah, IB_QPN_MULTICAST);
		if (forwarded)
			group_ready(g);
		return;
	}
	if (g == &p->bcast) {
		ctl_lose(p->c, CTL_LOST_NO_PATH, m);
	} else if (g->state == CTL_MCAST_FAILED && g->fails > 1) {
		if (forwarded && !mcast_is_solicited_node(&g->mgid))
			publish_failed(g);
		send_fallback(p, &g->mgid, CTL_LOST_NO_PATH, m);
	} else {
		group_wait(g, m);
	}
}

bool
mcast_is_of_link(const struct ctl_port *p, const struct ib_gid *mgid)
{
	const struct ib_gid *b = &p->bcast.mgid;

	return memcmp(mgid->raw, b->raw, 2) == 0 && memcmp(&mgid->raw[3], &b->raw[3], 3) == 0 &&
			(mgid->raw[2] == 0x40 || mgid->raw[2] == 0x60);
}

/*
 * As the kernel's: an IPoIB group of this link's scope and partition. The P_Key is ours in any
 * case, for the sender may not know it.
 */
static bool
mgid_of_addr(const struct ctl_port *p, const struct ipoib_addr *addr, struct ib_gid *mgid)
{
	*mgid = addr->gid;
	memcpy(&mgid->raw[4], &p->bcast.mgid.raw[4], 2);
	return addr->flags == 0 && ipoib_addr_qpn(addr) == IB_QPN_MULTICAST &&
			mcast_is_of_link(p, mgid);
}

/* May one more solicited-node group be made? */
static bool
may_solicit(struct ctl_mcasts *mc, uint64_t now)
{
	uint64_t more = (now - mc->solicited_us) / MCAST_SOLICITED_US;

	if (more != 0) {
		mc->solicited = (uint32_t)RTE_MIN(
				mc->solicited + more, (uint64_t)mc->solicited_max);
		mc->solicited_us += more * MCAST_SOLICITED_US;
	}
	if (mc->solicited == 0)
		return false;
	mc->solicited--;
	return true;
}

/* The group to send to. NULL: no room, or too many of its kind for now. */
static struct ctl_mcast *
group_to(struct ctl_port *p, const struct ib_gid *mgid)
{
	struct ctl_mcast *g = mcast_find(p, mgid);

	if (g == NULL && mcast_is_solicited_node(mgid) && !may_solicit(p->mc, p->c->now))
		return NULL;
	return g != NULL ? g : mcast_get(p, mgid);
}

void
mcast_send(struct ctl_port *p, const struct ipoib_addr *addr, struct rte_mbuf *m)
{
	struct ipoib_addr key;
	struct ctl_mcast *g;
	struct ib_gid mgid;

	if (!mgid_of_addr(p, addr, &mgid)) {
		ctl_lose(p->c, CTL_LOST_MCAST, m);
		return;
	}
	if (!p->up) {
		ctl_lose(p->c, CTL_LOST_NO_PATH, m);
		return;
	}
	g = group_to(p, &mgid);
	if (g == NULL) {
		send_fallback(p, &mgid, CTL_LOST_TABLE_FULL, m);
		return;
	}
	ipoib_addr_set(&key, IB_QPN_MULTICAST, &mgid);
	group_send(g, &key, m);
}

uint32_t
mcast_queued(const struct ctl_port *p)
{
	return p->mc != NULL ? p->mc->queued : 0;
}

/* --- receiving --- */

int
mcast_join(struct ctl_port *p, const struct ib_gid *mgid)
{
	struct ctl_mcast *g = mcast_get(p, mgid);

	if (g == NULL)
		return -ENOSPC;
	/* Everybody is a member of the broadcast group. */
	if (g == &p->bcast)
		return 0;
	if (g->users++ > 0)
		return 0;
	g->fails = 0;
	timer_stop(p->c, &g->timer);
	mcast_step(g);
	return 0;
}

void
mcast_leave(struct ctl_port *p, const struct ib_gid *mgid)
{
	struct ctl_mcast *g = p->mc != NULL ? mcast_find(p, mgid) : NULL;

	if (g == NULL || g == &p->bcast || g->users == 0)
		return;
	if (--g->users > 0)
		return;
	if (g->state != CTL_MCAST_JOINED)
		timer_stop(p->c, &g->timer);
	mcast_step(g);
}

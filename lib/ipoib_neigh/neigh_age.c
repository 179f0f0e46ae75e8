/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* What goes by itself: the aged, and above gc_thresh2 the longest idle. */

#include <errno.h>

#include "neigh_priv.h"

/* Restore the heap (largest mark on top) below place i of n. */
static void
heap_down(struct neigh_victim *v, uint32_t n, uint32_t i)
{
	struct neigh_victim x = v[i];
	uint32_t c;

	for (; (c = 2 * i + 1) < n; i = c) {
		if (c + 1 < n && v[c + 1].mark > v[c].mark)
			c++;
		if (v[c].mark <= x.mark)
			break;
		v[i] = v[c];
	}
	v[i] = x;
}

static void
heap_up(struct neigh_victim *v, uint32_t i)
{
	struct neigh_victim x = v[i];

	for (; i > 0 && v[(i - 1) / 2].mark < x.mark; i = (i - 1) / 2)
		v[i] = v[(i - 1) / 2];
	v[i] = x;
}

static void
heap_sort(struct neigh_victim *v, uint32_t n)
{
	struct neigh_victim x;

	while (n > 1) {
		x = v[0];
		v[0] = v[--n];
		v[n] = x;
		heap_down(v, n, 0);
	}
}

/*
 * Find the longest idle records, at most NEIGH_VICTIMS, longest first. They stay
 * the longest idle until they are used up: marks of others only grow.
 */
static void
victims_search(struct ipoib_neigh *t)
{
	uint32_t limit = t->view.tick >= IPOIB_NEIGH_EVICT_IDLE_FULL
			? t->view.tick - IPOIB_NEIGH_EVICT_IDLE_FULL + 1
			: 0;
	struct neigh_victim *v = t->victims;
	uint32_t slot, mark, n = 0;
	bool all = true;

	for (slot = 0; slot < t->recs_used; slot++) {
		mark = neigh_mark_get(t, slot);
		if (likely(mark >= limit) || t->recs[slot].state == NEIGH_FREE ||
				t->recs[slot].kept)
			continue;
		if (n < NEIGH_VICTIMS) {
			v[n] = (struct neigh_victim){ .slot = slot, .mark = mark };
			heap_up(v, n++);
			continue;
		}
		all = false;
		if (mark < v[0].mark) {
			v[0] = (struct neigh_victim){ .slot = slot, .mark = mark };
			heap_down(v, n, 0);
		}
	}
	heap_sort(v, n);
	t->nb_victims = n;
	t->victim_next = 0;
	t->victim_tick = t->view.tick;
	t->victim_all = all;
}

int
neigh_evict_one(struct ipoib_neigh *t, uint32_t idle)
{
	const struct neigh_victim *v;
	int ret;

	for (;; t->victim_next++) {
		if (t->victim_next == t->nb_victims) {
			/* A second search in the same second would find nothing new. */
			if (t->victim_all && t->victim_tick == t->view.tick)
				return -ENOENT;
			victims_search(t);
			if (t->nb_victims == 0)
				return -ENOENT;
		}
		v = &t->victims[t->victim_next];
		if (t->recs[v->slot].state == NEIGH_FREE || t->recs[v->slot].kept ||
				neigh_mark_get(t, v->slot) != v->mark)
			continue;
		if (t->view.tick - v->mark < idle)
			return -ENOENT;
		ret = ipoib_neigh_del(t, &t->recs[v->slot]);
		if (ret == 0)
			t->stats.evicted++;
		return ret;
	}
}

static uint32_t
evict_run(struct ipoib_neigh *t, uint32_t budget)
{
	uint32_t n = 0;

	while (n < budget && t->stats.entries > t->cfg.gc_thresh2 &&
			neigh_evict_one(t, IPOIB_NEIGH_EVICT_IDLE) == 0)
		n++;
	return n;
}

/* Remove a slot's record if it is too old. @return 0, or -EAGAIN */
static int
age_one(struct ipoib_neigh *t, uint32_t slot)
{
	int ret;

	if (t->recs[slot].state == NEIGH_FREE || t->recs[slot].kept ||
			t->stats.entries <= t->cfg.gc_thresh1 ||
			neigh_idle(t, slot) <= 2 * t->cfg.gc_interval)
		return 0;
	ret = ipoib_neigh_del(t, &t->recs[slot]);
	if (ret == 0)
		t->stats.aged++;
	return ret;
}

/* The walk earns slots as time goes by: all of them in one gc_interval. */
static uint32_t
age_run(struct ipoib_neigh *t, uint64_t now_us, uint32_t budget)
{
	uint64_t round = (uint64_t)t->cfg.gc_interval * 1000000;
	uint64_t elapsed = now_us > t->age_time ? now_us - t->age_time : 0;
	uint32_t n, todo;

	t->age_time += elapsed;
	t->age_owed += RTE_MIN(elapsed, round) * t->recs_used;
	t->age_owed = RTE_MIN(t->age_owed, round * t->recs_used);
	todo = RTE_MIN((uint32_t)(t->age_owed / round), budget);
	for (n = 0; n < todo; n++) {
		if (t->age_pos >= t->recs_used)
			t->age_pos = 0;
		if (age_one(t, t->age_pos) != 0)
			break;
		t->age_pos++;
	}
	t->age_owed -= n * round;
	return n;
}

uint32_t
ipoib_neigh_iterate(struct ipoib_neigh *t, uint64_t now_us, uint32_t budget)
{
	uint32_t n;

	if (unlikely(neigh_refused(t, t) != 0))
		return 0;
	neigh_tick(t, now_us);
	neigh_reclaim(t, budget, false);
	n = neigh_backoff_run(t, now_us, budget);
	n += evict_run(t, budget - n);
	return n + age_run(t, now_us, budget - n);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Create, tune and destroy a table. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_malloc.h>

#include "neigh_priv.h"

#define DEFAULT_GC_THRESH3 16384
#define DEFAULT_GC_INTERVAL 30
#define DEFAULT_QUEUE_LEN 16
#define DEFAULT_QUEUE_TOTAL 4096
#define DEFAULT_RECLAIM_LIVE 16384
#define DEFAULT_RECLAIM_MORE 1024

static uint32_t
value_or(uint32_t value, uint32_t def)
{
	return value != 0 ? value : def;
}

/* Put defaults in place of zeros, and check what can be tuned. */
static int
cfg_tunable(struct ipoib_neigh_cfg *c)
{
	c->gc_interval = value_or(c->gc_interval, DEFAULT_GC_INTERVAL);
	c->gc_thresh2 = value_or(c->gc_thresh2, c->gc_thresh3 - c->gc_thresh3 / 4);
	if (c->gc_thresh1 > c->gc_thresh2 || c->gc_thresh2 > c->gc_thresh3 ||
			c->gc_thresh3 > c->gc_thresh3_max ||
			c->gc_interval > IPOIB_NEIGH_GC_INTERVAL_MAX)
		return -EINVAL;
	return 0;
}

static int
cfg_check(struct ipoib_neigh_cfg *c)
{
	if (c->name == NULL || c->name[0] == '\0' ||
			strnlen(c->name, IPOIB_NEIGH_NAME_MAX + 1) > IPOIB_NEIGH_NAME_MAX)
		return -EINVAL;
	if (c->rcu == NULL || c->socket < SOCKET_ID_ANY || c->socket >= RTE_MAX_NUMA_NODES)
		return -EINVAL;
	c->gc_thresh3 = value_or(c->gc_thresh3, DEFAULT_GC_THRESH3);
	c->gc_thresh3_max = value_or(c->gc_thresh3_max, c->gc_thresh3);
	c->queue_len = (uint16_t)value_or(c->queue_len, DEFAULT_QUEUE_LEN);
	c->queue_total = value_or(c->queue_total, DEFAULT_QUEUE_TOTAL);
	c->reclaim_max = value_or(c->reclaim_max,
			RTE_MIN(c->gc_thresh3_max, (uint32_t)DEFAULT_RECLAIM_LIVE) +
					DEFAULT_RECLAIM_MORE);
	if (c->gc_thresh3_max > IPOIB_NEIGH_ENTRIES_MAX ||
			c->reclaim_max > IPOIB_NEIGH_ENTRIES_MAX ||
			c->queue_len > IPOIB_NEIGH_QUEUE_LEN_MAX)
		return -EINVAL;
	return cfg_tunable(c);
}

static int
memory_init(struct ipoib_neigh *t)
{
	int socket = t->cfg.socket;
	struct ipoib_neigh_entry *e;
	uint32_t i;

	t->nb_recs = t->cfg.gc_thresh3_max + t->cfg.reclaim_max;
	e = rte_zmalloc_socket("ipoib_neigh_entries", (size_t)(t->nb_recs + 1) * sizeof(*e),
			RTE_CACHE_LINE_SIZE, socket);
	t->index.entries = e;
	t->view.entries = e;
	t->view.marks = rte_zmalloc_socket("ipoib_neigh_marks",
			(size_t)t->nb_recs * sizeof(*t->view.marks), RTE_CACHE_LINE_SIZE, socket);
	t->view.gens = rte_zmalloc_socket("ipoib_neigh_gens",
			(size_t)(t->nb_recs + 1) * sizeof(*t->view.gens), RTE_CACHE_LINE_SIZE,
			socket);
	t->recs = calloc(t->nb_recs, sizeof(*t->recs));
	t->retired = calloc(t->cfg.reclaim_max, sizeof(*t->retired));
	if (e == NULL || t->view.marks == NULL || t->view.gens == NULL || t->recs == NULL ||
			t->retired == NULL)
		return -ENOMEM;
	for (i = 0; i < t->nb_recs; i++)
		t->view.marks[i] = NEIGH_MARK_FREE;
	/* Not even a reference of none finds one. */
	for (i = 0; i <= t->nb_recs; i++)
		t->view.gens[i] = IPOIB_NEIGH_GEN_NONE;
	memset(&e[NEIGH_ENTRY_NONE], NEIGH_FREE, sizeof(*e));
	t->entries_used = NEIGH_ENTRY_NONE + 1;
	t->free_entry = NEIGH_NIL;
	t->free_rec = NEIGH_NIL;
	return neigh_gid_init(t);
}

/* Give the memory back; what was not made is NULL. */
static void
table_free(struct ipoib_neigh *t)
{
	free(t->gid_heads);
	free(t->retired);
	free(t->recs);
	rte_free(t->view.gens);
	rte_free(t->view.marks);
	rte_free(t->index.entries);
	neigh_index_free(&t->index);
	rte_free(t);
}

int
ipoib_neigh_create(const struct ipoib_neigh_cfg *cfg, struct ipoib_neigh **out)
{
	struct ipoib_neigh_cfg c;
	struct ipoib_neigh *t;
	int ret;

	if (cfg == NULL || out == NULL)
		return -EINVAL;
	c = *cfg;
	ret = cfg_check(&c);
	if (ret != 0)
		return ret;
	t = rte_zmalloc_socket("ipoib_neigh", sizeof(*t), RTE_CACHE_LINE_SIZE, c.socket);
	if (t == NULL)
		return -ENOMEM;
	t->cfg = c;
	snprintf(t->name, sizeof(t->name), "%s", c.name);
	t->cfg.name = t->name;
	neigh_backoff_init(t);
	ret = neigh_index_init(&t->index, t->name, c.gc_thresh3_max, c.socket);
	if (ret == 0)
		ret = memory_init(t);
	if (ret != 0) {
		table_free(t);
		return ret;
	}
	*out = t;
	return 0;
}

static void
destroy_rec(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec)
{
	if (t->cfg.evict != NULL)
		t->cfg.evict(t->cfg.arg, rec, rec->queue.nb);
	ipoib_pktq_free(&rec->queue);
	if (neigh_usable(rec->state) && t->cfg.ah_release != NULL)
		t->cfg.ah_release(t->cfg.arg, rec->entry->ah);
}

void
ipoib_neigh_destroy(struct ipoib_neigh *t)
{
	uint32_t slot;

	if (t == NULL)
		return;
	for (slot = 0; slot < t->recs_used; slot++) {
		if (t->recs[slot].state != NEIGH_FREE)
			destroy_rec(t, &t->recs[slot]);
	}
	neigh_reclaim(t, UINT32_MAX, true);
	table_free(t);
}

int
ipoib_neigh_tune(struct ipoib_neigh *t, uint32_t gc_interval, uint32_t gc_thresh1,
		uint32_t gc_thresh2, uint32_t gc_thresh3)
{
	struct ipoib_neigh_cfg c;
	int ret;

	ret = neigh_refused(t, t);
	if (unlikely(ret != 0))
		return ret;
	c = t->cfg;
	c.gc_interval = gc_interval;
	c.gc_thresh1 = gc_thresh1;
	c.gc_thresh2 = gc_thresh2;
	c.gc_thresh3 = value_or(
			gc_thresh3, RTE_MIN(c.gc_thresh3_max, (uint32_t)DEFAULT_GC_THRESH3));
	ret = cfg_tunable(&c);
	if (ret == 0)
		t->cfg = c;
	return ret;
}

void
ipoib_neigh_stats_get(const struct ipoib_neigh *t, struct ipoib_neigh_stats *s)
{
	*s = t->stats;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* The packet filter: rules, counters, and the change of tables. */

#include <errno.h>
#include <stdlib.h>

#include "control_filter.h"
#include "control_priv.h"

/* How often it is looked whether all workers have left an old table. */
#define RECLAIM_US CTL_US_PER_MS

struct ctl_filter {
	struct control *c;
	uint64_t generation;
	uint16_t nb;
	struct control_filter_rule rule[DP_FILTER_MAX];
	struct dp_filter_hits base[DP_FILTER_MAX]; /* when a rule came to this place */
	struct dp_filter *old;			   /* NULL: none */
	uint64_t token;
	struct ctl_timer timer;
};

static void
table_free(struct dp_filter *t)
{
	if (t != NULL)
		rte_acl_free(t->acl);
	free(t);
}

static void
reclaim(struct control *c, void *arg)
{
	struct ctl_filter *f = arg;

	if (f->old == NULL)
		return;
	if (rte_rcu_qsbr_check(c->dp->rcu, f->token, false) != 1) {
		timer_set(c, &f->timer, c->now + RECLAIM_US);
		return;
	}
	table_free(f->old);
	f->old = NULL;
}

static int
filter_init(struct control *c)
{
	struct dp_filter_hits *hits;
	struct ctl_filter *f;

	if (c->ip->filter != NULL)
		return 0;
	f = calloc(1, sizeof(*f));
	hits = calloc((c->dp->nb_workers + 1u) * DP_FILTER_MAX, sizeof(*hits));
	if (f == NULL || hits == NULL || timer_init(c, &f->timer, reclaim, f) != 0) {
		free(hits);
		free(f);
		return -ENOMEM;
	}
	f->c = c;
	c->dp->filter_hits = hits;
	c->ip->filter = f;
	return 0;
}

void
filter_fini(struct control *c)
{
	struct ctl_filter *f = c->ip->filter;

	if (f == NULL)
		return;
	timer_fini(c, &f->timer);
	table_free(f->old);
	table_free(c->dp->filter);
	c->dp->filter = NULL;
	free(c->dp->filter_hits);
	c->dp->filter_hits = NULL;
	free(f);
	c->ip->filter = NULL;
}

/* Of all who count. */
static struct dp_filter_hits
hits_sum(const struct control *c, uint16_t slot)
{
	struct dp_filter_hits sum = { .pkts = 0 };
	uint32_t i;

	for (i = 0; i <= c->dp->nb_workers; i++) {
		const struct dp_filter_hits *h =
				&c->dp->filter_hits[(size_t)i * DP_FILTER_MAX + slot];

		sum.pkts += __atomic_load_n(&h->pkts, __ATOMIC_RELAXED);
		sum.bytes += __atomic_load_n(&h->bytes, __ATOMIC_RELAXED);
	}
	return sum;
}

static void
rule_get(const struct control *c, uint16_t i, struct control_filter_rule *row)
{
	const struct ctl_filter *f = c->ip->filter;
	struct dp_filter_hits now;

	*row = f->rule[i];
	now = hits_sum(c, row->slot);
	row->pkts = now.pkts - f->base[row->slot].pkts;
	row->bytes = now.bytes - f->base[row->slot].bytes;
}

int
control_filter_get(struct control *c, struct control_filter *f)
{
	uint16_t i;

	f->table = NULL;
	f->nb = c->ip->filter == NULL ? 0 : c->ip->filter->nb;
	f->generation = c->ip->filter == NULL ? 0 : c->ip->filter->generation;
	for (i = 0; i < f->nb; i++)
		rule_get(c, i, &f->rule[i]);
	return 0;
}

int
control_filter_set(struct control *c, struct control_filter *new)
{
	struct ctl_filter *f;
	uint16_t i;

	if (filter_init(c) != 0)
		return -ENOMEM;
	f = c->ip->filter;
	if (f->generation != new->generation)
		return -ESTALE;
	reclaim(c, f);
	if (f->old != NULL)
		return -EAGAIN;
	for (i = 0; i < new->nb; i++) {
		if (new->rule[i].fresh)
			f->base[new->rule[i].slot] = hits_sum(c, new->rule[i].slot);
		new->rule[i].fresh = false;
	}
	memcpy(f->rule, new->rule, new->nb * sizeof(f->rule[0]));
	f->nb = new->nb;
	f->generation++;
	f->old = c->dp->filter;
	__atomic_store_n(&c->dp->filter, new->table, __ATOMIC_RELEASE);
	f->token = rte_rcu_qsbr_start(c->dp->rcu);
	timer_set(c, &f->timer, c->now + RECLAIM_US);
	return 0;
}

uint32_t
control_filter_rows(struct control *c, uint32_t offset, struct control_filter_rule *rows,
		uint32_t max, uint32_t *total)
{
	uint32_t i, n = 0;

	*total = c->ip->filter == NULL ? 0 : c->ip->filter->nb;
	for (i = offset; i < *total && n < max; i++)
		rule_get(c, (uint16_t)i, &rows[n++]);
	return n;
}

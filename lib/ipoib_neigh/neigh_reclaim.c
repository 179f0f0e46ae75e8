/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Entries that readers may still hold. A queue of our own over the RCU variable: a
 * defer queue of rte_rcu cannot be emptied at the end when a reader never reports.
 */

#include <errno.h>

#include "neigh_priv.h"

/* How much a refused change tries to free before it gives up. */
#define RECLAIM_STEP 64

void
neigh_retire(struct ipoib_neigh *t, const struct ipoib_neigh_entry *e, bool rec, bool release_ah)
{
	uint32_t tail = t->retired_head + t->stats.retired;
	struct neigh_retired *r;

	/* Nobody gets it by a reference from now on; who has it keeps it. */
	neigh_entry_live(t, e, IPOIB_NEIGH_GEN_NONE);
	if (tail >= t->cfg.reclaim_max)
		tail -= t->cfg.reclaim_max;
	r = &t->retired[tail];
	r->token = rte_rcu_qsbr_start(t->cfg.rcu);
	r->entry = (uint32_t)(e - t->index.entries);
	r->rec = rec;
	r->release_ah = release_ah;
	t->stats.retired++;
}

static void
reclaim_one(struct ipoib_neigh *t, const struct neigh_retired *r)
{
	const struct ipoib_neigh_entry *e = &t->index.entries[r->entry];

	if (r->release_ah && t->cfg.ah_release != NULL)
		t->cfg.ah_release(t->cfg.arg, e->ah);
	if (r->rec)
		neigh_rec_put(t, e->slot);
	neigh_entry_put(t, e);
}

uint32_t
neigh_reclaim(struct ipoib_neigh *t, uint32_t n, bool force)
{
	struct neigh_retired r;
	uint32_t i;

	for (i = 0; i < n && t->stats.retired != 0; i++) {
		r = t->retired[t->retired_head];
		if (!force && rte_rcu_qsbr_check(t->cfg.rcu, r.token, false) != 1)
			break;
		if (++t->retired_head == t->cfg.reclaim_max)
			t->retired_head = 0;
		t->stats.retired--;
		reclaim_one(t, &r);
	}
	return i;
}

int
neigh_reclaim_room(struct ipoib_neigh *t)
{
	if (likely(t->stats.retired < t->cfg.reclaim_max))
		return 0;
	if (neigh_reclaim(t, RECLAIM_STEP, false) != 0)
		return 0;
	t->stats.reclaim_full++;
	return -EAGAIN;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * The records of one GID: a bucket chains the first record of each of its GIDs,
 * and the records of a GID form a ring. So a walk costs what the GID has.
 */

#include <errno.h>
#include <stdlib.h>

#include "neigh_priv.h"

int
neigh_gid_init(struct ipoib_neigh *t)
{
	uint32_t nb = rte_align32pow2(RTE_MAX(t->cfg.gc_thresh3_max / 2, 16u));
	uint32_t i;

	t->gid_heads = malloc(nb * sizeof(*t->gid_heads));
	if (t->gid_heads == NULL)
		return -ENOMEM;
	for (i = 0; i < nb; i++)
		t->gid_heads[i] = NEIGH_NIL;
	t->gid_mask = nb - 1;
	return 0;
}

/* The link that points at the first record of a GID, or the end of the chain. */
static uint32_t *
gid_link(const struct ipoib_neigh *t, const struct ib_gid *gid)
{
	uint64_t h = neigh_fold_mul(neigh_load64(gid->raw) ^ t->index.secret[1],
			neigh_load64(gid->raw + 8) ^ t->index.secret[2]);
	uint32_t *link = &t->gid_heads[(h ^ (h >> 32)) & t->gid_mask];

	while (*link != NEIGH_NIL && !ib_gid_equal(&t->recs[*link].addr.gid, gid))
		link = &t->recs[*link].gid_chain;
	return link;
}

void
neigh_gid_add(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec)
{
	uint32_t slot = neigh_slot(t, rec);
	uint32_t *link = gid_link(t, &rec->addr.gid);
	struct ipoib_neigh_rec *first;

	rec->gid_chain = NEIGH_NIL;
	if (*link == NEIGH_NIL) {
		rec->sib_next = slot;
		rec->sib_prev = slot;
		*link = slot;
		return;
	}
	first = &t->recs[*link];
	rec->sib_next = *link;
	rec->sib_prev = first->sib_prev;
	t->recs[first->sib_prev].sib_next = slot;
	first->sib_prev = slot;
}

void
neigh_gid_del(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec)
{
	uint32_t slot = neigh_slot(t, rec);
	uint32_t *link = gid_link(t, &rec->addr.gid);

	if (*link == slot && rec->sib_next == slot) {
		*link = rec->gid_chain;
		return;
	}
	if (*link == slot) {
		t->recs[rec->sib_next].gid_chain = rec->gid_chain;
		*link = rec->sib_next;
	}
	t->recs[rec->sib_next].sib_prev = rec->sib_prev;
	t->recs[rec->sib_prev].sib_next = rec->sib_next;
}

void
ipoib_neigh_walk_gid(struct ipoib_neigh *t, const struct ib_gid *gid,
		void (*fn)(void *arg, struct ipoib_neigh_rec *rec), void *arg)
{
	uint32_t slot, last, next;

	if (unlikely(neigh_refused(t, gid) != 0))
		return;
	slot = *gid_link(t, gid);
	if (slot == NEIGH_NIL)
		return;
	for (last = t->recs[slot].sib_prev;; slot = next) {
		next = t->recs[slot].sib_next;
		fn(arg, &t->recs[slot]);
		if (slot == last)
			break;
	}
}

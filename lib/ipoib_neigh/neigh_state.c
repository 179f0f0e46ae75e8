/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* States of a record, and the published entries that tell them to readers. */

#include <errno.h>

#include "neigh_priv.h"

uint64_t
neigh_gen_next(void)
{
	static uint64_t gen;

	return __atomic_add_fetch(&gen, 1, __ATOMIC_RELAXED);
}

struct ipoib_neigh_entry *
neigh_entry_get(struct ipoib_neigh *t)
{
	struct ipoib_neigh_entry *e;

	if (t->free_entry == NEIGH_NIL)
		return &t->index.entries[t->entries_used++];
	e = &t->index.entries[t->free_entry];
	t->free_entry = e->slot;
	return e;
}

void
neigh_entry_put(struct ipoib_neigh *t, const struct ipoib_neigh_entry *e)
{
	uint32_t i = (uint32_t)(e - t->index.entries);

	/* A reader that still looks at it is a bug: let it see nonsense. */
	memset(&t->index.entries[i], NEIGH_FREE, sizeof(*e));
	t->index.entries[i].slot = t->free_entry;
	t->free_entry = i;
}

void
neigh_entry_fill(struct ipoib_neigh_entry *e, const struct ipoib_neigh_entry *from)
{
	*e = *from;
}

/* An entry that goes from VALID to STALE hands its use of the AH to its successor. */
static bool
publish_ends_use(const struct ipoib_neigh_entry *old, const struct ipoib_neigh_value *v)
{
	return neigh_usable(old->state) && v != NULL;
}

int
neigh_publish(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec, uint8_t state,
		const struct ipoib_neigh_value *v)
{
	const struct ipoib_neigh_entry *old = rec->entry;
	struct ipoib_neigh_entry *e;

	if (neigh_reclaim_room(t) != 0)
		return -EAGAIN;
	e = neigh_entry_get(t);
	neigh_entry_fill(e, old);
	e->state = state;
	if (v != NULL) {
		e->ah = v->ah;
		e->mtu = v->mtu;
		e->kind = v->kind;
	}
	neigh_entry_live(t, e, neigh_gen_next());
	neigh_index_replace(&t->index, old, e);
	rec->entry = e;
	t->stats.by_state[rec->state]--;
	t->stats.by_state[state]++;
	rec->state = state;
	neigh_retire(t, old, 0, publish_ends_use(old, v));
	return 0;
}

int
ipoib_neigh_set_resolving(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec)
{
	bool failed;
	int ret;

	ret = neigh_refused(t, rec);
	if (unlikely(ret != 0))
		return ret;
	failed = rec->state == IPOIB_NEIGH_FAILED;
	if (rec->state == IPOIB_NEIGH_RESOLVING || neigh_usable(rec->state))
		return 0;
	ret = neigh_publish(t, rec, IPOIB_NEIGH_RESOLVING, NULL);
	if (ret == 0 && failed)
		neigh_backoff_cancel(t, rec);
	return ret;
}

int
ipoib_neigh_set_valid(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec,
		const struct ipoib_neigh_value *v, uint64_t now_us)
{
	uint8_t was;
	int ret;

	ret = neigh_refused(t, rec);
	if (unlikely(ret != 0 || v == NULL))
		return ret != 0 ? ret : -EINVAL;
	was = rec->state;
	neigh_tick(t, now_us);
	ret = neigh_publish(t, rec, IPOIB_NEIGH_VALID, v);
	if (ret != 0)
		return ret;
	if (was == IPOIB_NEIGH_FAILED)
		neigh_backoff_cancel(t, rec);
	if (!neigh_usable(was))
		neigh_mark_set(t, neigh_slot(t, rec));
	rec->fails = 0;
	return 0;
}

int
ipoib_neigh_set_stale(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec)
{
	int ret = neigh_refused(t, rec);

	if (unlikely(ret != 0))
		return ret;
	if (rec->state != IPOIB_NEIGH_VALID)
		return 0;
	return neigh_publish(t, rec, IPOIB_NEIGH_STALE, NULL);
}

int
ipoib_neigh_set_failed(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec, uint64_t now_us)
{
	uint16_t nb;
	int ret;

	ret = neigh_refused(t, rec);
	if (unlikely(ret != 0))
		return ret;
	if (neigh_usable(rec->state))
		return ipoib_neigh_set_stale(t, rec);
	if (rec->state == IPOIB_NEIGH_FAILED) {
		neigh_backoff_cancel(t, rec);
	} else {
		ret = neigh_publish(t, rec, IPOIB_NEIGH_FAILED, NULL);
		if (ret != 0)
			return ret;
	}
	neigh_backoff_arm(t, rec, now_us);
	nb = ipoib_pktq_free(&rec->queue);
	t->stats.queued -= nb;
	return nb;
}

const char *
ipoib_neigh_state_name(enum ipoib_neigh_state state)
{
	static const char *const names[] = {
		[IPOIB_NEIGH_INCOMPLETE] = "incomplete",
		[IPOIB_NEIGH_RESOLVING] = "resolving",
		[IPOIB_NEIGH_VALID] = "valid",
		[IPOIB_NEIGH_STALE] = "stale",
		[IPOIB_NEIGH_FAILED] = "failed",
	};

	return (unsigned int)state < RTE_DIM(names) ? names[state] : "unknown";
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Records: find, add, delete, walk; their waiting packets. */

#include <errno.h>

#include "neigh_priv.h"

/* Slots are there for all that live and all that wait for readers. */
static struct ipoib_neigh_rec *
rec_get(struct ipoib_neigh *t)
{
	struct ipoib_neigh_rec *rec;

	if (t->free_rec == NEIGH_NIL)
		return &t->recs[t->recs_used++];
	rec = &t->recs[t->free_rec];
	t->free_rec = rec->tm_next;
	return rec;
}

void
neigh_rec_put(struct ipoib_neigh *t, uint32_t slot)
{
	/* A late reader may have marked it after it was deleted. */
	__atomic_store_n(&t->view.marks[slot], NEIGH_MARK_FREE, __ATOMIC_RELAXED);
	t->recs[slot].state = NEIGH_FREE;
	t->recs[slot].tm_next = t->free_rec;
	t->free_rec = slot;
}

struct ipoib_neigh_rec *
ipoib_neigh_find(struct ipoib_neigh *t, const struct ipoib_addr *addr)
{
	const struct ipoib_neigh_entry *e;

	if (unlikely(neigh_refused(t, addr) != 0))
		return NULL;
	e = neigh_index_find(&t->index, addr, neigh_hash(t->index.secret, addr));
	return e != NULL ? &t->recs[e->slot] : NULL;
}

/* Room within the limits; evicts early above gc_thresh2. */
static int
add_make_room(struct ipoib_neigh *t)
{
	int ret;

	if (t->stats.entries < t->cfg.gc_thresh3) {
		if (t->stats.entries >= t->cfg.gc_thresh2)
			neigh_evict_one(t, IPOIB_NEIGH_EVICT_IDLE);
		return 0;
	}
	ret = neigh_evict_one(t, IPOIB_NEIGH_EVICT_IDLE_FULL);
	if (ret == -EAGAIN)
		return ret;
	if (ret != 0 || t->stats.entries >= t->cfg.gc_thresh3) {
		t->stats.table_full++;
		return -ENOSPC;
	}
	return 0;
}

/* Fill a record and its first entry, and let readers see it. */
static void
add_publish(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec, const struct ipoib_addr *addr)
{
	struct ipoib_neigh_entry *e = neigh_entry_get(t);
	struct ipoib_neigh_entry first = {
		.qpn = ipoib_addr_qpn(addr),
		.slot = neigh_slot(t, rec),
		.state = IPOIB_NEIGH_INCOMPLETE,
	};

	rec->addr = *addr;
	rec->addr.flags = 0;
	rec->entry = e;
	first.addr = rec->addr;
	neigh_entry_fill(e, &first);
	neigh_entry_live(t, e, neigh_gen_next());
	neigh_index_add(&t->index, e);
}

int
ipoib_neigh_add(struct ipoib_neigh *t, const struct ipoib_addr *addr, uint64_t now_us,
		struct ipoib_neigh_rec **rec)
{
	struct ipoib_neigh_rec *r;
	int ret;

	if (unlikely(rec == NULL))
		return -EINVAL;
	*rec = NULL;
	ret = neigh_refused(t, addr);
	if (unlikely(ret != 0))
		return ret;
	neigh_tick(t, now_us);
	*rec = ipoib_neigh_find(t, addr);
	if (*rec != NULL)
		return 1;
	ret = add_make_room(t);
	if (ret != 0)
		return ret;
	r = rec_get(t);
	memset(r, 0, sizeof(*r));
	r->state = IPOIB_NEIGH_INCOMPLETE;
	ipoib_pktq_init(&r->queue, t->cfg.queue_len);
	neigh_mark_set(t, neigh_slot(t, r));
	add_publish(t, r, addr);
	neigh_gid_add(t, r);
	t->stats.by_state[IPOIB_NEIGH_INCOMPLETE]++;
	t->stats.entries++;
	t->stats.added++;
	*rec = r;
	return 0;
}

int
ipoib_neigh_del(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec)
{
	int ret = neigh_refused(t, rec);

	if (unlikely(ret != 0))
		return ret;
	if (neigh_reclaim_room(t) != 0)
		return -EAGAIN;
	if (t->cfg.evict != NULL)
		t->cfg.evict(t->cfg.arg, rec, rec->queue.nb);
	t->stats.queued -= ipoib_pktq_free(&rec->queue);
	if (rec->state == IPOIB_NEIGH_FAILED)
		neigh_backoff_cancel(t, rec);
	neigh_gid_del(t, rec);
	neigh_index_del(&t->index, rec->entry);
	neigh_retire(t, rec->entry, true, neigh_usable(rec->state));
	__atomic_store_n(&t->view.marks[neigh_slot(t, rec)], NEIGH_MARK_FREE, __ATOMIC_RELAXED);
	t->stats.by_state[rec->state]--;
	t->stats.entries--;
	t->stats.removed++;
	rec->state = NEIGH_FREE;
	return 0;
}

int
ipoib_neigh_flush(struct ipoib_neigh *t)
{
	uint32_t slot;
	int nb;

	nb = neigh_refused(t, t);
	if (unlikely(nb != 0))
		return nb;
	for (slot = 0; slot < t->recs_used; slot++) {
		if (t->recs[slot].state == NEIGH_FREE)
			continue;
		if (ipoib_neigh_del(t, &t->recs[slot]) != 0)
			return -EAGAIN;
		nb++;
	}
	return nb;
}

void
ipoib_neigh_walk(struct ipoib_neigh *t, void (*fn)(void *arg, struct ipoib_neigh_rec *rec),
		void *arg)
{
	uint32_t slot;

	if (unlikely(neigh_refused(t, t) != 0))
		return;
	for (slot = 0; slot < t->recs_used; slot++) {
		if (t->recs[slot].state != NEIGH_FREE)
			fn(arg, &t->recs[slot]);
	}
}

int
ipoib_neigh_enqueue(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec, struct rte_mbuf *m)
{
	int ret;

	ret = neigh_refused(t, rec);
	if (unlikely(ret != 0 || m == NULL))
		return ret != 0 ? ret : -EINVAL;
	ret = -ENOBUFS;
	if (t->stats.queued < t->cfg.queue_total)
		ret = ipoib_pktq_push(&rec->queue, m);
	if (ret == 0) {
		t->stats.queued++;
		neigh_mark_set(t, neigh_slot(t, rec));
	} else if (ret == -ENOBUFS) {
		/* No use: one that never resolves must age out under traffic. */
		t->stats.queue_full++;
	}
	return ret;
}

uint16_t
ipoib_neigh_dequeue(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec, struct rte_mbuf **pkts,
		uint16_t n)
{
	if (unlikely(neigh_refused(t, rec) != 0))
		return 0;
	n = ipoib_pktq_pop(&rec->queue, pkts, n);
	t->stats.queued -= n;
	return n;
}

const struct ipoib_addr *
ipoib_neigh_rec_addr(const struct ipoib_neigh_rec *rec)
{
	return &rec->addr;
}

enum ipoib_neigh_state
ipoib_neigh_rec_state(const struct ipoib_neigh_rec *rec)
{
	return rec->state;
}

void
ipoib_neigh_rec_value(const struct ipoib_neigh_rec *rec, struct ipoib_neigh_value *v)
{
	v->ah = rec->entry->ah;
	v->mtu = rec->entry->mtu;
	v->kind = rec->entry->kind;
}

uint32_t
ipoib_neigh_rec_idle(
		const struct ipoib_neigh *t, const struct ipoib_neigh_rec *rec, uint64_t now_us)
{
	uint32_t now = (uint32_t)(now_us / 1000000);
	uint32_t mark = neigh_mark_get(t, neigh_slot(t, rec));

	return now > mark ? now - mark : 0;
}

void
ipoib_neigh_rec_keep(struct ipoib_neigh_rec *rec, bool keep)
{
	rec->kept = keep;
}

uint16_t
ipoib_neigh_rec_queued(const struct ipoib_neigh_rec *rec)
{
	return rec->queue.nb;
}

void *
ipoib_neigh_rec_user(const struct ipoib_neigh_rec *rec)
{
	return rec->user;
}

void
ipoib_neigh_rec_user_set(struct ipoib_neigh_rec *rec, void *user)
{
	rec->user = user;
}

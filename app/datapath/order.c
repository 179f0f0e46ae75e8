/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Order of packets while their next hop becomes known. What misses goes to control by the punt
 * ring, and from there, once the next hop is known, into this worker's inject ring, which is sent
 * before its TX buffers. The next hop may be published while some are still in the punt ring: what
 * the worker then finds by itself would overtake them.
 *
 * So a worker numbers what it puts into the ring, and keeps with each next hop the number of the
 * last packet punted for it. Control tells how many of them it has handled. A hit behind that
 * number goes out; one before it is held here, and is looked up anew in the turn in which control
 * has come so far. The worker punts no more for this next hop meanwhile, so that comes soon, however
 * fast packets arrive. Where nothing is at control all this costs one look a burst at "waiting".
 */

#include "worker.h"

static_assert(sizeof(struct dp_order_bucket) == 2 * RTE_CACHE_LINE_MIN_SIZE, "two cache lines");
static_assert(sizeof(struct dp_held) == 32, "memory of a worker");

/* High and low half of a product folded: every bit of both factors counts. */
static inline uint64_t
fold(uint64_t a, uint64_t b)
{
	unsigned __int128 p = (unsigned __int128)a * b;

	return (uint64_t)p ^ (uint64_t)(p >> 64);
}

/*
 * Keyed: nobody can choose next hops that share a bucket. Two with the same tag in one bucket wait
 * for each other: no harm. The last product is needed: addresses that follow one another differ in
 * "c" only, and by the first two alone are as evenly spread as the multiples of a secret number are,
 * which for 3 of 100 secrets is not at all.
 */
static inline uint32_t
find_bucket(const struct dp_order *o, const struct ipoib_addr *key, uint32_t *tag)
{
	uint64_t a, b, h;
	uint32_t c;

	memcpy(&a, key, sizeof(a));
	memcpy(&b, RTE_PTR_ADD(key, 8), sizeof(b));
	memcpy(&c, RTE_PTR_ADD(key, 16), sizeof(c));
	*(uint8_t *)&a = 0; /* the flags do not count */
	h = fold(a ^ o->secret[0], b ^ o->secret[1]);
	h = fold(h ^ o->secret[2], c ^ o->secret[3]);
	h = fold(h ^ o->secret[4], UINT64_C(0x9e3779b97f4a7c15));
	*tag = (uint32_t)h;
	return (uint32_t)(h >> 32) % DP_ORDER_BUCKETS;
}

/* The place of a tag in its bucket, or DP_ORDER_WAYS. */
static inline uint32_t
find_place(const struct dp_order_bucket *b, uint32_t tag)
{
	uint32_t i, match = 1u << DP_ORDER_WAYS;

	for (i = 0; i < DP_ORDER_WAYS; i++)
		match |= (uint32_t)(b->tag[i] == tag) << i;
	return (uint32_t)__builtin_ctz(match);
}

/* Is this packet, as far as it came into the ring at all, still before control? */
static bool
is_pending(const struct dp_worker *w, uint64_t punt)
{
	return RTE_MIN(punt, w->punts + w->nb_punt) > w->order.done;
}

/* A place that no packet on its way needs any more, or DP_ORDER_WAYS. */
static uint32_t
free_place(const struct dp_order *o, const struct dp_order_bucket *b)
{
	uint32_t i;

	for (i = 0; i < DP_ORDER_WAYS && b->punt[i] > o->done; i++)
		;
	return i;
}

bool
dp_order_note(struct dp_worker *w, const struct ipoib_addr *key)
{
	struct dp_order *o = &w->order;
	struct dp_order_bucket *b;
	uint32_t place, tag;

	b = &o->bucket[find_bucket(o, key, &tag)];
	place = find_place(b, tag);
	if (place == DP_ORDER_WAYS)
		place = free_place(o, b);
	if (place == DP_ORDER_WAYS)
		return false;
	o->last = w->punts + w->nb_punt + 1;
	b->tag[place] = tag;
	b->punt[place] = o->last;
	o->waiting = true;
	return true;
}

bool
dp_order_pending(const struct dp_worker *w, const struct ipoib_addr *key)
{
	const struct dp_order_bucket *b;
	uint32_t place, tag;

	b = &w->order.bucket[find_bucket(&w->order, key, &tag)];
	place = find_place(b, tag);
	return place != DP_ORDER_WAYS && is_pending(w, b->punt[place]);
}

void
dp_order_hold(struct dp_worker *w, struct rte_mbuf *m, uint16_t port, const struct ipoib_addr *key,
		bool path)
{
	struct dp_order *o = &w->order;
	struct dp_held *h;

	if (unlikely(o->nb == DP_HELD_MAX)) {
		worker_drop(w, m, DP_DROP_order_full);
		return;
	}
	h = &o->held[(o->head + o->nb++) % DP_HELD_MAX];
	h->m = m;
	h->port = port;
	h->path = path;
	h->key = *key;
}

static const struct dp_held *
held_first(const struct dp_order *o)
{
	return &o->held[o->head];
}

static void
held_pop(struct dp_order *o)
{
	o->head = (o->head + 1) % DP_HELD_MAX;
	o->nb--;
}

/* The first ones that have an IP next hop, n at most. @return number */
static uint32_t
release_l3(struct dp_worker *w, uint32_t n)
{
	const struct dp_held *h;
	struct dp_fwd_burst f;

	for (f.n = 0; f.n < n && !(h = held_first(&w->order))->path; f.n++) {
		f.pkts[f.n] = h->m;
		f.port[f.n] = h->port;
		f.key[f.n] = h->key;
		held_pop(&w->order);
	}
	if (f.n != 0)
		dp_nexthop(w, &f);
	return f.n;
}

/* The same of those that have an IPoIB address only. Their port may have gone meanwhile. */
static uint32_t
release_paths(struct dp_worker *w, uint32_t n)
{
	struct ipoib_addr addr[DP_BURST_MAX];
	const struct dp_held *h;
	struct dp_ib_burst b;
	uint32_t taken;

	b.n = 0;
	for (taken = 0; taken < n && (h = held_first(&w->order))->path; taken++) {
		held_pop(&w->order);
		if (dp_port_kind(w->dp, h->port) != DP_PORT_IPOIB) {
			worker_drop_at(w, h->m, h->port, DP_DROP_tx_port);
			continue;
		}
		addr[b.n] = h->key;
		b.addr[b.n] = &addr[b.n];
		b.l3[b.n] = NULL;
		b.port[b.n] = h->port;
		b.pkts[b.n++] = h->m;
	}
	if (b.n != 0)
		dp_ib_send(w, &b);
	return taken;
}

/* In order; what must wait on goes to the end, behind all others that must. */
static void
release(struct dp_worker *w)
{
	uint32_t left = w->order.nb, n;

	while (left != 0) {
		n = RTE_MIN(left, (uint32_t)DP_BURST_MAX);
		left -= release_l3(w, n);
		n = RTE_MIN(left, (uint32_t)DP_BURST_MAX);
		if (n != 0)
			left -= release_paths(w, n);
	}
}

uint32_t
dp_order_run(struct dp_worker *w)
{
	struct dp_order *o = &w->order;
	uint32_t held = o->nb;
	uint64_t done = atomic_load_explicit(&w->punt_done, memory_order_acquire);
	bool moved = done != o->done || w->punts != o->punts;

	o->done = done;
	o->punts = w->punts;
	/* What the full ring did not take moves neither, and is waited for no more either. */
	if (moved || !is_pending(w, o->last))
		release(w);
	o->waiting = o->nb != 0 || is_pending(w, o->last);
	return held;
}

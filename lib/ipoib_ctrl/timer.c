/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Timers (a binary heap, so that the next deadline is exact), token buckets, jitter. */

#include <errno.h>
#include <stdlib.h>

#include <rte_random.h>

#include "ipoib_ctrl.h"

static void
heap_put(struct ctl_timers *h, uint32_t pos, struct ctl_timer *t)
{
	h->heap[pos] = t;
	t->pos = pos;
}

/* Those that are due at the same time run in the order in which they were set. */
static bool
before(const struct ctl_timer *a, const struct ctl_timer *b)
{
	return a->due != b->due ? a->due < b->due : a->seq < b->seq;
}

static void
heap_up(struct ctl_timers *h, uint32_t pos, struct ctl_timer *t)
{
	while (pos > 1 && before(t, h->heap[pos / 2])) {
		heap_put(h, pos, h->heap[pos / 2]);
		pos /= 2;
	}
	heap_put(h, pos, t);
}

static void
heap_down(struct ctl_timers *h, uint32_t pos, struct ctl_timer *t)
{
	uint32_t child;

	while ((child = 2 * pos) <= h->nb) {
		if (child < h->nb && before(h->heap[child + 1], h->heap[child]))
			child++;
		if (!before(h->heap[child], t))
			break;
		heap_put(h, pos, h->heap[child]);
		pos = child;
	}
	heap_put(h, pos, t);
}

int
timer_init(struct control *c, struct ctl_timer *t, void (*fn)(struct control *c, void *arg),
		void *arg)
{
	struct ctl_timers *h = &c->timers;
	struct ctl_timer **heap;
	uint32_t cap;

	/* Room is reserved here, so that setting a timer cannot fail. */
	if (h->reserved + 2 > h->cap) {
		cap = h->cap == 0 ? 256 : 2 * h->cap;
		heap = realloc(h->heap, cap * sizeof(*heap));
		if (heap == NULL)
			return -ENOMEM;
		h->heap = heap;
		h->cap = cap;
	}
	h->reserved++;
	*t = (struct ctl_timer){ .fn = fn, .arg = arg };
	return 0;
}

void
timer_fini(struct control *c, struct ctl_timer *t)
{
	if (t->fn == NULL)
		return;
	timer_stop(c, t);
	t->fn = NULL;
	c->timers.reserved--;
}

void
timer_set(struct control *c, struct ctl_timer *t, uint64_t due)
{
	struct ctl_timers *h = &c->timers;

	timer_stop(c, t);
	t->due = due;
	t->seq = ++h->seq;
	h->nb++;
	heap_up(h, h->nb, t);
}

void
timer_stop(struct control *c, struct ctl_timer *t)
{
	struct ctl_timers *h = &c->timers;
	struct ctl_timer *last;
	uint32_t pos = t->pos;

	if (pos == 0)
		return;
	t->pos = 0;
	last = h->heap[h->nb];
	h->nb--;
	if (last == t)
		return;
	if (pos > 1 && before(last, h->heap[pos / 2]))
		heap_up(h, pos, last);
	else
		heap_down(h, pos, last);
}

void
timers_run(struct control *c)
{
	struct ctl_timers *h = &c->timers;
	struct ctl_timer *t;
	uint32_t i;

	for (i = 0; i < CTL_TIMERS_MAX && h->nb > 0; i++) {
		t = h->heap[1];
		if (t->due > c->now)
			break;
		timer_stop(c, t);
		t->fn(c, t->arg);
	}
}

uint64_t
timers_next(const struct control *c)
{
	return c->timers.nb == 0 ? UINT64_MAX : c->timers.heap[1]->due;
}

void
timers_free(struct control *c)
{
	free(c->timers.heap);
	c->timers = (struct ctl_timers){ 0 };
}

bool
bucket_take(struct ctl_bucket *b, uint64_t now, uint32_t per_s, uint32_t burst)
{
	const uint64_t cost = CTL_US_PER_S / per_s;
	const uint64_t full = cost * burst;

	if (!b->started) {
		b->started = true;
		b->tokens_us = full;
		b->last = now;
	}
	if (now > b->last) {
		b->tokens_us += now - b->last;
		b->last = now;
	}
	if (b->tokens_us > full)
		b->tokens_us = full;
	if (b->tokens_us < cost)
		return false;
	b->tokens_us -= cost;
	return true;
}

uint64_t
ctl_jitter(uint64_t v, uint32_t pct)
{
	uint64_t span = v * pct / 100;

	return v - span + rte_rand_max(2 * span + 1);
}

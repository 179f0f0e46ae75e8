/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Negative entries: a timer wheel of the FAILED records. */

#include <rte_random.h>

#include "neigh_priv.h"

void
neigh_backoff_init(struct ipoib_neigh *t)
{
	uint32_t i;

	for (i = 0; i < NEIGH_WHEEL_SLOTS; i++)
		t->wheel[i] = NEIGH_NIL;
}

static void
wheel_link(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec, uint64_t when)
{
	uint32_t slot = neigh_slot(t, rec);
	uint32_t *head;

	/* After a long silence of iterate() the wheel may be behind: stay within a turn. */
	when = RTE_MAX(when, t->wheel_pos + 1);
	when = RTE_MIN(when, t->wheel_pos + NEIGH_WHEEL_SLOTS - 1);
	rec->tm_slot = when % NEIGH_WHEEL_SLOTS;
	head = &t->wheel[rec->tm_slot];
	rec->tm_prev = NEIGH_NIL;
	rec->tm_next = *head;
	if (*head != NEIGH_NIL)
		t->recs[*head].tm_prev = slot;
	*head = slot;
	t->nb_waiting++;
}

void
neigh_backoff_cancel(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec)
{
	if (rec->tm_prev != NEIGH_NIL)
		t->recs[rec->tm_prev].tm_next = rec->tm_next;
	else
		t->wheel[rec->tm_slot] = rec->tm_next;
	if (rec->tm_next != NEIGH_NIL)
		t->recs[rec->tm_next].tm_prev = rec->tm_prev;
	t->nb_waiting--;
}

/* Length of the next back-off: doubled with each failure, jittered last. */
static uint64_t
backoff_us(const struct ipoib_neigh_rec *rec)
{
	uint64_t us = IPOIB_NEIGH_BACKOFF_MIN_US;
	uint64_t jitter;
	uint8_t i;

	for (i = 1; i < rec->fails && us < IPOIB_NEIGH_BACKOFF_MAX_US; i++)
		us *= 2;
	us = RTE_MIN(us, (uint64_t)IPOIB_NEIGH_BACKOFF_MAX_US);
	jitter = us * IPOIB_NEIGH_BACKOFF_JITTER / 100;
	return us - jitter + rte_rand_max(2 * jitter + 1);
}

void
neigh_backoff_arm(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec, uint64_t now_us)
{
	if (rec->fails < UINT8_MAX)
		rec->fails++;
	if (t->nb_waiting == 0)
		t->wheel_pos = now_us / IPOIB_NEIGH_BACKOFF_SLOT_US;
	wheel_link(t, rec,
			(now_us + backoff_us(rec) + IPOIB_NEIGH_BACKOFF_SLOT_US - 1) /
					IPOIB_NEIGH_BACKOFF_SLOT_US);
}

/* End the back-offs of one slot; false if it must be gone on with later. */
static bool
wheel_run_slot(struct ipoib_neigh *t, uint32_t *head, uint32_t budget, uint32_t *looked)
{
	struct ipoib_neigh_rec *rec;

	while (*head != NEIGH_NIL) {
		rec = &t->recs[*head];
		if (*looked == budget || neigh_publish(t, rec, IPOIB_NEIGH_INCOMPLETE, NULL) != 0)
			return false;
		neigh_backoff_cancel(t, rec);
		(*looked)++;
	}
	return true;
}

uint32_t
neigh_backoff_run(struct ipoib_neigh *t, uint64_t now_us, uint32_t budget)
{
	uint64_t target = now_us / IPOIB_NEIGH_BACKOFF_SLOT_US;
	uint32_t looked = 0;

	if (target > t->wheel_pos + NEIGH_WHEEL_SLOTS)
		t->wheel_pos = target - NEIGH_WHEEL_SLOTS;
	while (t->wheel_pos < target && t->nb_waiting != 0) {
		if (!wheel_run_slot(t, &t->wheel[(t->wheel_pos + 1) % NEIGH_WHEEL_SLOTS], budget,
				    &looked))
			return looked;
		t->wheel_pos++;
	}
	return looked;
}

int
ipoib_neigh_set_incomplete(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec)
{
	int ret = neigh_refused(t, rec);

	if (unlikely(ret != 0) || rec->state != IPOIB_NEIGH_FAILED)
		return ret;
	ret = neigh_publish(t, rec, IPOIB_NEIGH_INCOMPLETE, NULL);
	if (ret == 0)
		neigh_backoff_cancel(t, rec);
	return ret;
}

int
ipoib_neigh_clear_backoff(struct ipoib_neigh *t)
{
	struct ipoib_neigh_rec *rec;
	uint32_t nb, i, slot, next;

	if (unlikely(neigh_refused(t, t) != 0))
		return neigh_refused(t, t);
	nb = t->nb_waiting;
	for (i = 0; i < NEIGH_WHEEL_SLOTS; i++) {
		for (slot = t->wheel[i]; slot != NEIGH_NIL; slot = next) {
			rec = &t->recs[slot];
			next = rec->tm_next;
			rec->fails = 0;
			neigh_backoff_cancel(t, rec);
			/* Readers in the way: the next turn of the wheel ends it. */
			if (neigh_publish(t, rec, IPOIB_NEIGH_INCOMPLETE, NULL) != 0)
				wheel_link(t, rec, t->wheel_pos + 1);
		}
	}
	return (int)nb;
}

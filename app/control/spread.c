/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Which receive queue a peer sends to. It sends to the QPN that it was told, and without an RSS in
 * the HCA that is what spreads the load. A new peer gets the queue that has the fewest, whatever
 * its GID looks like: a hash of 15 peers to four queues would give one of them six or seven every
 * other time. It keeps that queue as long as it is remembered, which is longer than any ARP cache
 * remembers us. After a change of the number of queues only as many peers move as must, each when
 * it is told next.
 *
 * A peer is a 20-octet address, so the interfaces of one host may be on different queues. Who
 * forges many of them makes us forget the real peers: these may get other queues, no more.
 */

#include <errno.h>
#include <stdlib.h>

#include <rte_jhash.h>
#include <rte_random.h>

#include "spread.h"

/* As many as the neighbour table takes by default. */
#define SPREAD_MAX_DEFAULT 16384
#define SPREAD_IDLE_US (600 * CTL_US_PER_S)
/* Forgotten for a new one. */
#define SPREAD_FORGET_MAX 64

static uint32_t
hash_of(const struct ctl_spread *s, const struct ipoib_addr *key)
{
	uint32_t words[IPOIB_ADDR_LEN / sizeof(uint32_t)];

	memcpy(words, key, sizeof(words));
	return rte_jhash_32b(words, RTE_DIM(words), s->seed);
}

/* The queue with the fewest peers; of several any, but always the same for a peer. */
static uint16_t
queue_least(const struct ctl_spread *s, uint32_t hash)
{
	uint16_t i, q, least = (uint16_t)(hash % s->nb_queues);

	for (i = 1; i < s->nb_queues; i++) {
		q = (uint16_t)((hash + i) % s->nb_queues);
		if (s->load[q] < s->load[least])
			least = q;
	}
	return least;
}

static struct ctl_told *
told_find(struct ctl_spread *s, const struct ipoib_addr *key, uint32_t hash)
{
	struct ctl_told *t;

	LIST_FOREACH(t, &s->buckets[hash % SPREAD_BUCKETS], bucket) {
		if (t->hash == hash && ipoib_addr_equal(&t->addr, key))
			return t;
	}
	return NULL;
}

static void
told_forget(struct ctl_spread *s, struct ctl_told *t)
{
	LIST_REMOVE(t, bucket);
	TAILQ_REMOVE(&s->order, t, order);
	s->load[t->queue]--;
	s->nb--;
	free(t);
}

/* Who sends to us is told at least twice a minute: the others do not count any more. */
static void
told_age(struct ctl_spread *s)
{
	uint64_t now = s->p->c->now;
	struct ctl_told *t;
	uint32_t i;

	for (i = 0; i < SPREAD_FORGET_MAX && (t = TAILQ_FIRST(&s->order)) != NULL; i++) {
		if (s->nb < s->max && now - t->when < SPREAD_IDLE_US)
			break;
		told_forget(s, t);
	}
}

static struct ctl_told *
told_new(struct ctl_spread *s, const struct ipoib_addr *key, uint32_t hash)
{
	struct ctl_told *t;

	told_age(s);
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	t->addr = *key;
	t->hash = hash;
	t->round = s->round;
	t->queue = queue_least(s, hash);
	s->load[t->queue]++;
	s->nb++;
	LIST_INSERT_HEAD(&s->buckets[hash % SPREAD_BUCKETS], t, bucket);
	TAILQ_INSERT_TAIL(&s->order, t, order);
	return t;
}

/* Another number of queues: does it have to move? */
static void
told_review(struct ctl_spread *s, struct ctl_told *t)
{
	uint32_t share = (s->nb + s->nb_queues - 1) / s->nb_queues;

	t->round = s->round;
	if (t->queue < s->nb_queues && s->load[t->queue] <= share)
		return;
	s->load[t->queue]--;
	t->queue = queue_least(s, t->hash);
	s->load[t->queue]++;
}

bool
spread_used(const struct ctl_port *p)
{
	const struct ctl_port *real = p->lower != NULL ? p->lower : p;

	return p->ip->spread != NULL && real->ip->spread != NULL && real->info.nb_qps > 1;
}

uint16_t
spread_queue(struct ctl_port *p, const struct ipoib_addr *peer)
{
	uint16_t n = RTE_MIN(p->info.nb_qps, PMD_IPOIB_QUEUES_MAX);
	struct ctl_spread *s = p->ip->spread;
	struct ipoib_addr key = *peer;
	struct ctl_told *t;
	uint32_t hash;

	if (n != s->nb_queues) {
		s->nb_queues = n;
		s->round++;
	}
	key.flags = 0; /* they may change */
	hash = hash_of(s, &key);
	t = told_find(s, &key, hash);
	if (t == NULL)
		t = told_new(s, &key, hash);
	if (t == NULL)
		return (uint16_t)(hash % n);
	if (t->round != s->round)
		told_review(s, t);
	t->when = p->c->now;
	TAILQ_REMOVE(&s->order, t, order);
	TAILQ_INSERT_TAIL(&s->order, t, order);
	return t->queue;
}

uint32_t
control_queue_rows(struct control *c, uint16_t port, uint32_t offset,
		struct control_queue_row *rows, uint32_t max, uint32_t *total)
{
	struct ctl_port *p = ctl_port(c, port);
	uint32_t n = 0;

	*total = 0;
	if (p == NULL || p->kind != DP_PORT_IPOIB)
		return 0;
	p = ctl_real(p);
	*total = RTE_MIN(p->info.nb_qps, PMD_IPOIB_QUEUES_MAX);
	for (; offset < *total && n < max; offset++, n++)
		rows[n] = (struct control_queue_row){
			.port = p->id,
			.queue = (uint16_t)offset,
			.qpn = p->info.qpn[offset],
			.peers = p->ip->spread->load[offset],
		};
	return n;
}

int
spread_init(struct ctl_port *p)
{
	struct ctl_spread *s;

	if (p->kind != DP_PORT_IPOIB)
		return 0;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return -ENOMEM;
	s->p = p;
	s->seed = (uint32_t)rte_rand();
	s->max = p->c->cfg.gc_thresh3 != 0 ? p->c->cfg.gc_thresh3 : SPREAD_MAX_DEFAULT;
	TAILQ_INIT(&s->order);
	p->ip->spread = s;
	return retell_init(p);
}

void
spread_fini(struct ctl_port *p)
{
	struct ctl_spread *s = p->ip->spread;

	if (s == NULL)
		return;
	retell_fini(p);
	while (!TAILQ_EMPTY(&s->order))
		told_forget(s, TAILQ_FIRST(&s->order));
	p->ip->spread = NULL;
	free(s);
}

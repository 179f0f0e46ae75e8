/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* lib/ipoib_neigh: last-used marks included, and the entry's address handle is read. */

#include <stdlib.h>
#include <time.h>

#include <rte_malloc.h>

#include "ipoib_neigh.h"
#include "neigh_perf.h"

struct ours {
	struct ipoib_neigh *t;
	struct rte_rcu_qsbr *rcu;
	const struct perf_keys *keys;
	uint32_t next_ah;
	uint32_t nb_updates;
};

static uint64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static bool
ours_fill(struct ours *o)
{
	struct ipoib_neigh_value v = { .mtu = 2044 };
	struct ipoib_neigh_rec *rec;
	uint32_t i;

	for (i = 0; i < o->keys->n; i++) {
		v.ah = i + 1;
		if (ipoib_neigh_add(o->t, &o->keys->key[i], now_us(), &rec) != 0 ||
				ipoib_neigh_set_valid(o->t, rec, &v, now_us()) != 0)
			return false;
		if (i % 256 == 0)
			ipoib_neigh_iterate(o->t, now_us(), 1024);
	}
	ipoib_neigh_iterate(o->t, now_us(), UINT32_MAX);
	return true;
}

static void
ours_destroy(void *t)
{
	struct ours *o = t;

	ipoib_neigh_destroy(o->t);
	rte_free(o->rcu);
	free(o);
}

static void *
ours_create(const struct perf_keys *k)
{
	struct ours *o = calloc(1, sizeof(*o));
	struct ipoib_neigh_cfg c = { .name = "perf",
		.socket = SOCKET_ID_ANY,
		.gc_thresh3 = k->n,
		.gc_thresh2 = k->n,
		.gc_interval = IPOIB_NEIGH_GC_INTERVAL_MAX };

	if (o == NULL)
		return NULL;
	o->keys = k;
	o->rcu = rte_zmalloc(NULL, rte_rcu_qsbr_get_memsize(PERF_READERS), RTE_CACHE_LINE_SIZE);
	c.rcu = o->rcu;
	if (o->rcu == NULL || rte_rcu_qsbr_init(o->rcu, PERF_READERS) != 0 ||
			ipoib_neigh_create(&c, &o->t) != 0 || !ours_fill(o)) {
		ours_destroy(o);
		return NULL;
	}
	return o;
}

static void
ours_begin(void *t, uint32_t id)
{
	struct ours *o = t;

	rte_rcu_qsbr_thread_register(o->rcu, id);
	rte_rcu_qsbr_thread_online(o->rcu, id);
}

static void
ours_end(void *t, uint32_t id)
{
	struct ours *o = t;

	rte_rcu_qsbr_thread_offline(o->rcu, id);
	rte_rcu_qsbr_thread_unregister(o->rcu, id);
}

static uint32_t
ours_lookup(void *t, uint32_t id, const struct ipoib_addr *const keys[], uint32_t n, uint64_t *sum)
{
	const struct ipoib_neigh_entry *e[PERF_BURST_MAX];
	struct ours *o = t;
	uint64_t hits, left;
	int nb;

	nb = ipoib_neigh_lookup_bulk(o->t, keys, n, &hits, e);
	for (left = hits; left != 0; left &= left - 1)
		*sum += e[__builtin_ctzll(left)]->ah;
	rte_rcu_qsbr_quiescent(o->rcu, id);
	return nb;
}

static bool
ours_update(void *t, uint32_t i)
{
	struct ours *o = t;
	struct ipoib_neigh_value v = { .ah = ++o->next_ah, .mtu = 2044 };
	struct ipoib_neigh_rec *rec;
	uint64_t now;

	if (++o->nb_updates % 64 == 0) {
		now = now_us();
		ipoib_neigh_iterate(o->t, now, 256);
	}
	rec = ipoib_neigh_find(o->t, &o->keys->key[i]);
	return rec != NULL && ipoib_neigh_set_valid(o->t, rec, &v, 0) == 0;
}

const struct perf_peer peer_ours = {
	.name = "ours",
	.what = "lib/ipoib_neigh, with its marks of the last use, the address handle read",
	.create = ours_create,
	.destroy = ours_destroy,
	.reader_begin = ours_begin,
	.reader_end = ours_end,
	.lookup = ours_lookup,
	.update = ours_update,
};

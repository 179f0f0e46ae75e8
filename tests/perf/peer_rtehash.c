/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Raw rte_hash: CRC, the fastest hash it has, lock-free readers. The data is the
 * address handle itself, so nothing behind the table is read.
 */

#include <stdlib.h>

#include <rte_hash.h>
#include <rte_hash_crc.h>
#include <rte_malloc.h>
#include <rte_rcu_qsbr.h>

#include "neigh_perf.h"

struct raw {
	struct rte_hash *h;
	struct rte_rcu_qsbr *rcu;
	const struct perf_keys *keys;
	uint32_t next_ah;
};

static void
raw_destroy(void *t)
{
	struct raw *o = t;

	rte_hash_free(o->h);
	rte_free(o->rcu);
	free(o);
}

static bool
raw_fill(struct raw *o)
{
	uint32_t i;

	for (i = 0; i < o->keys->n; i++) {
		if (rte_hash_add_key_data(o->h, &o->keys->key[i], (void *)(uintptr_t)(i + 1)) != 0)
			return false;
	}
	return true;
}

/* As an application would size it: so that the table never is too full. */
static void *
raw_create(const struct perf_keys *k)
{
	struct raw *o = calloc(1, sizeof(*o));
	struct rte_hash_parameters p = { .name = "perf_raw",
		.entries = k->n + k->n / 64,
		.key_len = IPOIB_ADDR_LEN,
		.hash_func = rte_hash_crc,
		.socket_id = SOCKET_ID_ANY,
		.extra_flag = RTE_HASH_EXTRA_FLAGS_RW_CONCURRENCY_LF };

	if (o == NULL)
		return NULL;
	o->keys = k;
	o->rcu = rte_zmalloc(NULL, rte_rcu_qsbr_get_memsize(PERF_READERS), RTE_CACHE_LINE_SIZE);
	o->h = rte_hash_create(&p);
	if (o->h == NULL || o->rcu == NULL || rte_rcu_qsbr_init(o->rcu, PERF_READERS) != 0 ||
			!raw_fill(o)) {
		raw_destroy(o);
		return NULL;
	}
	return o;
}

static void
raw_begin(void *t, uint32_t id)
{
	struct raw *o = t;

	rte_rcu_qsbr_thread_register(o->rcu, id);
	rte_rcu_qsbr_thread_online(o->rcu, id);
}

static void
raw_end(void *t, uint32_t id)
{
	struct raw *o = t;

	rte_rcu_qsbr_thread_offline(o->rcu, id);
	rte_rcu_qsbr_thread_unregister(o->rcu, id);
}

static uint32_t
raw_lookup(void *t, uint32_t id, const struct ipoib_addr *const keys[], uint32_t n, uint64_t *sum)
{
	void *data[PERF_BURST_MAX];
	struct raw *o = t;
	uint64_t hits = 0, left;
	int nb;

	nb = rte_hash_lookup_bulk_data(o->h, (const void **)(uintptr_t)keys, n, &hits, data);
	for (left = hits; left != 0; left &= left - 1)
		*sum += (uintptr_t)data[__builtin_ctzll(left)];
	rte_rcu_qsbr_quiescent(o->rcu, id);
	return nb;
}

static bool
raw_update(void *t, uint32_t i)
{
	struct raw *o = t;

	return rte_hash_add_key_data(o->h, &o->keys->key[i], (void *)(uintptr_t)++o->next_ah) == 0;
}

const struct perf_peer peer_rtehash = {
	.name = "rtehash",
	.what = "rte_hash_lookup_bulk_data, CRC hash, lock-free flag, the data is the handle",
	.create = raw_create,
	.destroy = raw_destroy,
	.reader_begin = raw_begin,
	.reader_end = raw_end,
	.lookup = raw_lookup,
	.update = raw_update,
};

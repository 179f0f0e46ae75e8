/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* liburcu's lock-free hash table with QSBR readers; CRC as hash, a node is one cache line. */

#include <stdlib.h>
#include <string.h>

#include <urcu-qsbr.h>
#include <urcu/rculfhash.h>

#include <rte_common.h>
#include <rte_hash_crc.h>
#include <rte_malloc.h>

#include "neigh_perf.h"

struct lfht_node {
	struct cds_lfht_node node;
	struct ipoib_addr addr;
	uint32_t ah;
} __rte_cache_aligned;

struct lfht {
	struct cds_lfht *ht;
	struct lfht_node *nodes;
	uint32_t n;
};

static int
lfht_match(struct cds_lfht_node *node, const void *key)
{
	const struct lfht_node *n = caa_container_of(node, struct lfht_node, node);

	return memcmp(&n->addr, key, sizeof(n->addr)) == 0;
}

static void
lfht_destroy(void *t)
{
	struct lfht *o = t;
	uint32_t i;

	urcu_qsbr_register_thread();
	for (i = 0; i < o->n; i++)
		cds_lfht_del(o->ht, &o->nodes[i].node);
	urcu_qsbr_unregister_thread();
	if (o->ht != NULL)
		cds_lfht_destroy(o->ht, NULL);
	rte_free(o->nodes);
	free(o);
}

static void
lfht_fill(struct lfht *o, const struct perf_keys *k)
{
	uint32_t i;

	urcu_qsbr_register_thread();
	for (i = 0; i < k->n; i++) {
		o->nodes[i].addr = k->key[i];
		o->nodes[i].ah = i + 1;
		cds_lfht_node_init(&o->nodes[i].node);
		cds_lfht_add(o->ht, rte_hash_crc(&k->key[i], IPOIB_ADDR_LEN, 0), &o->nodes[i].node);
	}
	o->n = k->n;
	urcu_qsbr_unregister_thread();
}

static void *
lfht_create(const struct perf_keys *k)
{
	uint32_t buckets = rte_align32pow2(k->n);
	struct lfht *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return NULL;
	o->nodes = rte_zmalloc(NULL, k->n * sizeof(*o->nodes), RTE_CACHE_LINE_SIZE);
	o->ht = cds_lfht_new(buckets, buckets, buckets, 0, NULL);
	if (o->nodes == NULL || o->ht == NULL) {
		lfht_destroy(o);
		return NULL;
	}
	lfht_fill(o, k);
	return o;
}

static void
lfht_begin(void *t __rte_unused, uint32_t id __rte_unused)
{
	urcu_qsbr_register_thread();
}

static void
lfht_end(void *t __rte_unused, uint32_t id __rte_unused)
{
	urcu_qsbr_unregister_thread();
}

static uint32_t
lfht_lookup(void *t, uint32_t id __rte_unused, const struct ipoib_addr *const keys[], uint32_t n,
		uint64_t *sum)
{
	struct cds_lfht_iter iter;
	struct cds_lfht_node *node;
	struct lfht *o = t;
	uint32_t i, nb = 0;

	for (i = 0; i < n; i++) {
		cds_lfht_lookup(o->ht, rte_hash_crc(keys[i], IPOIB_ADDR_LEN, 0), lfht_match,
				keys[i], &iter);
		node = cds_lfht_iter_get_node(&iter);
		if (node == NULL)
			continue;
		*sum += caa_container_of(node, struct lfht_node, node)->ah;
		nb++;
	}
	urcu_qsbr_quiescent_state();
	return nb;
}

const struct perf_peer peer_lfht = {
	.name = "lfht",
	.what = "liburcu cds_lfht, QSBR, CRC hash, as many buckets as entries",
	.create = lfht_create,
	.destroy = lfht_destroy,
	.reader_begin = lfht_begin,
	.reader_end = lfht_end,
	.lookup = lfht_lookup,
};

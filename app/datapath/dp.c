/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_random.h>

#include "pkt.h"

static_assert(sizeof(struct dp_meta) == 8, "the dynamic field is 8 octets");
static_assert(sizeof(struct dp_adj) == IPOIB_ADDR_LEN, "an address is 20 octets at most");
static_assert(offsetof(struct dp_port, dscp_class) <= RTE_CACHE_LINE_SIZE,
		"what every packet reads of a port lies in one cache line");
static_assert(DP_WORKERS_MAX <= UINT8_MAX, "a worker's number is one octet of struct dp_meta");

/*
 * IPv4 routes of a table. The 16 million /24s take 32 MB, those that hold longer prefixes 2 MB.
 * rte_fib fails in the middle of a change when the last of them is taken: some are never used.
 */
#define FIB_ROUTES_MAX 65536
#define FIB_TBL8_SPARE 64
/* IPv6 routes of a table: its tree takes 32 MB, and a /64 needs five groups where none is shared. */
#define FIB6_ROUTES_MAX 16384

int dp_meta_offset = -1;

static int
meta_register(void)
{
	static const struct rte_mbuf_dynfield field = {
		.name = "dpdk_ipoib_dp_meta",
		.size = sizeof(struct dp_meta),
		.align = __alignof__(struct dp_meta),
	};

	dp_meta_offset = rte_mbuf_dynfield_register(&field);
	return dp_meta_offset < 0 ? -rte_errno : 0;
}

static void
ring_free(struct rte_ring *r)
{
	void *m;

	while (r != NULL && rte_ring_dequeue(r, &m) == 0)
		rte_pktmbuf_free(m);
	rte_ring_free(r);
}

static void
worker_free(struct dp_worker *w)
{
	uint16_t port;

	if (w == NULL)
		return;
	ring_free(w->inject);
	rte_pktmbuf_free_bulk(w->punt, w->nb_punt);
	for (; w->order.nb != 0; w->order.nb--)
		rte_pktmbuf_free(w->order.held[w->order.head++ % DP_HELD_MAX].m);
	for (port = 0; port < DP_PORTS_MAX; port++)
		rte_pktmbuf_free_bulk(w->tx[port].pkts, w->tx[port].nb);
	rte_free(w->fast);
	rte_free(w->senders);
	rte_free(w->bursts);
	rte_free(w->verbose);
	rte_free(w->latency);
	rte_free(w);
}

/*
 * The inject ring has the ordinary tail sync: whoever has put packets in and
 * then publishes an entry must be sure that the worker sees them.
 */
static int
worker_make(struct dp *dp, uint16_t id, int socket)
{
	struct dp_worker *w;
	char name[RTE_RING_NAMESIZE];
	unsigned int i;

	w = rte_zmalloc_socket("dp_worker", sizeof(*w), RTE_CACHE_LINE_SIZE, socket);
	if (w == NULL)
		return -ENOMEM;
	w->dp = dp;
	w->id = id;
	w->rxqs = &w->rxq_tab[0];
	for (i = 0; i < RTE_DIM(w->order.secret); i++)
		w->order.secret[i] = rte_rand();
	snprintf(name, sizeof(name), "dp_inject_%u", id);
	w->fast = rte_zmalloc_socket(
			"dp_fast", sizeof(*w->fast) << DP_FAST_BITS, RTE_CACHE_LINE_SIZE, socket);
	w->inject = rte_ring_create(name, DP_INJECT_RING, socket, RING_F_EXACT_SZ | RING_F_SC_DEQ);
	if (w->inject == NULL || w->fast == NULL) {
		rte_ring_free(w->inject);
		rte_free(w->fast);
		rte_free(w);
		return -ENOMEM;
	}
	dp->worker[id] = w;
	return 0;
}

static int
workers_make(struct dp *dp, const struct dp_cfg *cfg)
{
	uint16_t i;
	int ret;

	for (i = 0; i < cfg->nb_workers; i++) {
		ret = worker_make(dp, i, cfg->socket);
		if (ret != 0)
			return ret;
		dp->nb_workers++;
		dp->nb_active++;
	}
	return 0;
}

static int
rcu_make(struct dp *dp, int socket)
{
	size_t size = rte_rcu_qsbr_get_memsize(DP_WORKERS_MAX);

	dp->rcu = rte_zmalloc_socket("dp_rcu", size, RTE_CACHE_LINE_SIZE, socket);
	if (dp->rcu == NULL)
		return -ENOMEM;
	return rte_rcu_qsbr_init(dp->rcu, DP_WORKERS_MAX) == 0 ? 0 : -rte_errno;
}

/* Where memory is missing, rte_errno is some older one. */
static int
fib_error(void)
{
	return rte_errno == EEXIST ? -EEXIST : -ENOMEM;
}

static int
fib_make(struct rte_fib **fib, const char *name, int socket)
{
	struct rte_fib_conf conf = {
		.type = RTE_FIB_DIR24_8,
		.default_nh = 0,
		.max_routes = FIB_ROUTES_MAX,
		.dir24_8 = {
			.nh_sz = RTE_FIB_DIR24_8_2B,
			.num_tbl8 = DP_FIB_TBL8_MAX + FIB_TBL8_SPARE,
		},
	};

	*fib = rte_fib_create(name, socket, &conf);
	return *fib != NULL ? 0 : fib_error();
}

static int
fib6_make(struct rte_fib6 **fib, const char *name, int socket)
{
	struct rte_fib6_conf conf = {
		.type = RTE_FIB6_TRIE,
		.default_nh = 0,
		.max_routes = FIB6_ROUTES_MAX,
		.trie = {
			.nh_sz = RTE_FIB6_TRIE_2B,
			.num_tbl8 = DP_FIB6_TBL8_MAX + FIB_TBL8_SPARE,
		},
	};

	*fib = rte_fib6_create(name, socket, &conf);
	return *fib != NULL ? 0 : fib_error();
}

static int
fibs_make(struct dp *dp, int socket)
{
	int ret;

	ret = fib_make(&dp->fib_tab[0], "dp_ip4_0", socket);
	if (ret == 0)
		ret = fib_make(&dp->fib_tab[1], "dp_ip4_1", socket);
	if (ret == 0)
		ret = fib6_make(&dp->fib6_tab[0], "dp_ip6_0", socket);
	if (ret == 0)
		ret = fib6_make(&dp->fib6_tab[1], "dp_ip6_1", socket);
	dp->fib = dp->fib_tab[0];
	atomic_init(&dp->rules, 1);
	dp->fib6 = dp->fib6_tab[0];
	return ret;
}

static int
arrays_make(struct dp *dp, int socket)
{
	dp->nh = rte_calloc_socket(
			"dp_nh", DP_NH_MAX, sizeof(*dp->nh), RTE_CACHE_LINE_SIZE, socket);
	dp->adj = rte_calloc_socket(
			"dp_adj", DP_ADJ_MAX, sizeof(*dp->adj), RTE_CACHE_LINE_SIZE, socket);
	dp->ctl = rte_calloc_socket(
			"dp_ctl", DP_PORTS_MAX, sizeof(*dp->ctl), RTE_CACHE_LINE_SIZE, socket);
	dp->base = rte_calloc_socket(
			"dp_base", DP_PORTS_MAX, sizeof(*dp->base), RTE_CACHE_LINE_SIZE, socket);
	if (dp->nh == NULL || dp->adj == NULL || dp->ctl == NULL || dp->base == NULL)
		return -ENOMEM;
	return 0;
}

static int
parts_make(struct dp *dp, const struct dp_cfg *cfg)
{
	int ret;

	ret = meta_register();
	if (ret == 0)
		ret = rcu_make(dp, cfg->socket);
	if (ret == 0)
		ret = arrays_make(dp, cfg->socket);
	if (ret == 0)
		ret = fibs_make(dp, cfg->socket);
	if (ret != 0)
		return ret;
	/* Relaxed tail sync: a worker that loses its CPU in the middle stops no other. */
	dp->punt = rte_ring_create("dp_punt", DP_PUNT_RING, cfg->socket,
			RING_F_EXACT_SZ | RING_F_MP_RTS_ENQ | RING_F_SC_DEQ);
	if (dp->punt == NULL)
		return -rte_errno;
	return workers_make(dp, cfg);
}

int
dp_create(const struct dp_cfg *cfg, struct dp **dpp)
{
	struct dp *dp;
	int ret;

	if (cfg->pool == NULL || cfg->nb_workers == 0 || cfg->nb_workers > DP_WORKERS_MAX ||
			cfg->burst == 0 || cfg->burst > DP_BURST_MAX)
		return -EINVAL;
	dp = rte_zmalloc_socket("dp", sizeof(*dp), RTE_CACHE_LINE_SIZE, cfg->socket);
	if (dp == NULL)
		return -ENOMEM;
	dp->pool = cfg->pool;
	dp->burst = cfg->burst;
	dp->idle_sleep_us = cfg->idle_sleep_us;
	atomic_store_explicit(&dp->mcast_upstream, DP_PORT_NIL, memory_order_relaxed);
	flow_init();
	ret = parts_make(dp, cfg);
	if (ret != 0) {
		dp_destroy(dp);
		return ret;
	}
	*dpp = dp;
	return 0;
}

void
dp_destroy(struct dp *dp)
{
	uint16_t i;

	if (dp == NULL)
		return;
	for (i = 0; i < dp->nb_workers; i++)
		worker_free(dp->worker[i]);
	ring_free(dp->punt);
	rte_fib6_free(dp->fib6_tab[1]);
	rte_fib6_free(dp->fib6_tab[0]);
	rte_fib_free(dp->fib_tab[1]);
	rte_fib_free(dp->fib_tab[0]);
	rte_free(dp->base);
	rte_free(dp->ctl);
	rte_free(dp->adj);
	rte_free(dp->nh);
	rte_free(dp->rcu);
	rte_free(dp);
}

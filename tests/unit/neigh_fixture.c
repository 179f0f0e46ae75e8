/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_mempool.h>

#include "neigh_fixture.h"

#define READERS_MAX 8
#define PKTS 511

struct neigh_fixture fix;

int
fixture_start(const char *prog)
{
	char prefix[64];
	const char *argv[] = { prog, "--no-huge", "-m", "256", "--no-pci", "--no-telemetry",
		"--no-shconf", "-l", "0", "--file-prefix", prefix };
	cpu_set_t cpus;

	snprintf(prefix, sizeof(prefix), "neigh-%d", (int)getpid());
	sched_getaffinity(0, sizeof(cpus), &cpus);
	if (rte_eal_init(RTE_DIM(argv), (char **)(uintptr_t)argv) < 0)
		return 1;
	/* EAL tied this thread, and so those it will start, to one CPU. */
	sched_setaffinity(0, sizeof(cpus), &cpus);
	fix.pool = rte_pktmbuf_pool_create("neigh_test", PKTS, 0, 0, 256, SOCKET_ID_ANY);
	fix.rcu = aligned_alloc(RTE_CACHE_LINE_SIZE,
			RTE_ALIGN(rte_rcu_qsbr_get_memsize(READERS_MAX), RTE_CACHE_LINE_SIZE));
	fix.released = calloc(AH_MAX, 1);
	if (fix.pool == NULL || fix.rcu == NULL || fix.released == NULL)
		return 1;
	rte_rcu_qsbr_init(fix.rcu, READERS_MAX);
	rte_rcu_qsbr_thread_register(fix.rcu, READER);
	rte_rcu_qsbr_thread_online(fix.rcu, READER);
	return 0;
}

void
fixture_stop(void)
{
	rte_rcu_qsbr_thread_offline(fix.rcu, READER);
	free(fix.released);
	free(fix.rcu);
	rte_mempool_free(fix.pool);
	rte_eal_cleanup();
}

static void
on_ah_release(void *arg, uint32_t ah)
{
	struct neigh_fixture *f = arg;

	/* Readers of other threads look at this. */
	if (ah > 0 && ah < AH_MAX)
		__atomic_fetch_add(&f->released[ah], 1, __ATOMIC_SEQ_CST);
	f->nb_released++;
}

static void
on_evict(void *arg, struct ipoib_neigh_rec *rec, uint32_t nb_pkts)
{
	struct neigh_fixture *f = arg;

	f->nb_evict++;
	f->evict_pkts += nb_pkts;
	f->evicted = *ipoib_neigh_rec_addr(rec);
}

int
table_try(const struct ipoib_neigh_cfg *cfg)
{
	struct ipoib_neigh_cfg c = *cfg;

	if (c.name == NULL)
		c.name = "t";
	c.socket = SOCKET_ID_ANY;
	c.rcu = fix.rcu;
	c.ah_release = on_ah_release;
	c.evict = on_evict;
	c.arg = &fix;
	fix.next_ah = 1;
	fix.nb_released = 0;
	fix.nb_evict = 0;
	fix.evict_pkts = 0;
	memset(fix.released, 0, AH_MAX);
	return ipoib_neigh_create(&c, &fix.t);
}

void
table_new(const struct ipoib_neigh_cfg *cfg)
{
	assert_int_equal(table_try(cfg), 0);
}

void
table_end(void)
{
	uint32_t ah;

	ipoib_neigh_destroy(fix.t);
	fix.t = NULL;
	for (ah = 1; ah < fix.next_ah; ah++) {
		if (fix.released[ah] != 1)
			fail_msg("handle %u of %u came back %u times", ah, fix.next_ah - 1,
					fix.released[ah]);
	}
	assert_int_equal(fix.nb_released, fix.next_ah - 1);
	assert_int_equal(rte_mempool_avail_count(fix.pool), PKTS);
}

int
table_drop(void **state)
{
	(void)state;
	ipoib_neigh_destroy(fix.t);
	fix.t = NULL;
	return 0;
}

struct ipoib_addr
addr_of(uint32_t qpn, uint32_t gid)
{
	struct ipoib_addr a = { .flags = 0, .gid.raw = { 0xfe, 0x80 } };

	ib_put_be24(a.qpn, qpn);
	a.gid.raw[12] = gid >> 24;
	a.gid.raw[13] = gid >> 16;
	a.gid.raw[14] = gid >> 8;
	a.gid.raw[15] = gid;
	return a;
}

struct ipoib_neigh_rec *
rec_add(const struct ipoib_addr *a, uint64_t now)
{
	struct ipoib_neigh_rec *rec = NULL;

	assert_int_equal(ipoib_neigh_add(fix.t, a, now, &rec), 0);
	assert_non_null(rec);
	return rec;
}

uint32_t
rec_valid(struct ipoib_neigh_rec *rec, uint64_t now)
{
	struct ipoib_neigh_value v = { .ah = fix.next_ah, .mtu = 2044, .kind = IPOIB_NEIGH_UD };

	assert_int_equal(ipoib_neigh_set_valid(fix.t, rec, &v, now), 0);
	return fix.next_ah++;
}

struct ipoib_neigh_rec *
rec_add_valid(const struct ipoib_addr *a, uint64_t now)
{
	struct ipoib_neigh_rec *rec = rec_add(a, now);

	rec_valid(rec, now);
	return rec;
}

const struct ipoib_neigh_entry *
look(const struct ipoib_addr *a, bool *usable)
{
	const struct ipoib_neigh_entry *e = (const void *)&fix;
	uint64_t hits = ~UINT64_C(0);
	int nb;

	nb = ipoib_neigh_lookup_bulk(fix.t, &a, 1, &hits, &e);
	assert_int_equal(nb, hits);
	assert_true(hits <= 1);
	if (usable != NULL)
		*usable = hits != 0;
	return e;
}

bool
known(const struct ipoib_addr *a)
{
	return ipoib_neigh_find(fix.t, a) != NULL;
}

void
quiesce(void)
{
	rte_rcu_qsbr_quiescent(fix.rcu, READER);
}

struct ipoib_neigh_stats
stats(void)
{
	struct ipoib_neigh_stats s;

	ipoib_neigh_stats_get(fix.t, &s);
	return s;
}

struct rte_mbuf *
pkt(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(fix.pool);

	assert_non_null(m);
	return m;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * How to use the neighbour table: one writer resolves what two readers miss, and what they no
 * longer use ages out. The fabric is pretended.
 *
 *	cc neigh.c -o neigh $(pkg-config --cflags --libs libipoib_neigh)
 *	./neigh --no-huge -m 64 --no-pci
 */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ring.h>

#include <ipoib_neigh.h>

#define NB_READERS 2
#define NB_PEERS 4

static struct rte_rcu_qsbr *rcu;
static struct rte_ring *misses[NB_READERS]; /* from each reader to the writer */
static struct ipoib_neigh *table;
static struct ipoib_addr peers[NB_PEERS];
static uint32_t nb_used = NB_PEERS; /* peers that the readers send to; 0: they stop */
static uint32_t next_ah = 1, nb_aged, nb_released;

/* Where a worker lcore would classify, look up and send a burst. */
static void *
reader(void *arg)
{
	unsigned int id = *(const unsigned int *)arg;
	const struct ipoib_addr *keys[NB_PEERS];
	const struct ipoib_neigh_entry *entries[NB_PEERS];
	uint64_t hits, sent = 0;
	uint32_t i, n;

	rte_rcu_qsbr_thread_register(rcu, id);
	rte_rcu_qsbr_thread_online(rcu, id);
	for (i = 0; i < NB_PEERS; i++)
		keys[i] = &peers[i];
	while ((n = __atomic_load_n(&nb_used, __ATOMIC_RELAXED)) != 0) {
		ipoib_neigh_lookup_bulk(table, keys, n, &hits, entries);
		for (i = 0; i < n; i++) {
			/* With a hit, entries[i] has all that it takes to send: ah, qpn, mtu. */
			if ((hits & RTE_BIT64(i)) != 0)
				sent++;
			else if (entries[i] == NULL) /* unknown: the writer shall ask */
				rte_ring_enqueue(misses[id], (void *)(uintptr_t)keys[i]);
		}
		/* From here on no entry of this burst is touched. */
		rte_rcu_qsbr_quiescent(rcu, id);
	}
	rte_rcu_qsbr_thread_offline(rcu, id);
	rte_rcu_qsbr_thread_unregister(rcu, id);
	printf("reader %u sent %lu packets\n", id, sent);
	return NULL;
}

/* A neighbour goes. */
static void
on_evict(void *arg __rte_unused, struct ipoib_neigh_rec *rec, uint32_t nb_pkts __rte_unused)
{
	nb_aged += nb_used != 0; /* later it is destroy() */
	printf("neighbour with QPN 0x%x goes\n", ipoib_addr_qpn(ipoib_neigh_rec_addr(rec)));
}

/* No reader uses this address handle any more: now the driver may destroy it. */
static void
on_ah_release(void *arg __rte_unused, uint32_t ah __rte_unused)
{
	nb_released++;
}

/* One miss: find or add the neighbour, and resolve it. */
static void
writer_miss(const struct ipoib_addr *addr, uint64_t now)
{
	struct ipoib_neigh_value value = { .ah = next_ah, .mtu = 2044 };
	struct ipoib_neigh_rec *rec;

	/* 1: another reader's miss came first. Below 0: full, try again later. */
	if (ipoib_neigh_add(table, addr, now, &rec) != 0)
		return;
	/* Here a program asks the SA (set_resolving), and goes on when it has the answer. */
	if (ipoib_neigh_set_valid(table, rec, &value, now) == 0)
		next_ah++;
}

static void
writer_turn(void)
{
	uint64_t now = rte_get_timer_cycles() / (rte_get_timer_hz() / 1000000);
	void *addr;

	while (rte_ring_dequeue(misses[0], &addr) == 0 || rte_ring_dequeue(misses[1], &addr) == 0)
		writer_miss(addr, now);
	ipoib_neigh_iterate(table, now, 1024);
}

int
main(int argc, char **argv)
{
	struct ipoib_neigh_cfg cfg = { .name = "example",
		.socket = SOCKET_ID_ANY,
		.gc_thresh3 = 1024,
		.gc_interval = 1, /* idle for more than 2 s is removed */
		.ah_release = on_ah_release,
		.evict = on_evict };
	unsigned int id[NB_READERS] = { 0, 1 }, i;
	pthread_t thread[NB_READERS];
	struct ib_gid gid = { .raw = { 0xfe, 0x80, [15] = 1 } };

	if (rte_eal_init(argc, argv) < 0)
		return EXIT_FAILURE;
	for (i = 0; i < NB_PEERS; i++)
		ipoib_addr_set(&peers[i], 0x100 + i, &gid);
	misses[0] = rte_ring_create("misses 0", 64, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	misses[1] = rte_ring_create("misses 1", 64, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	rcu = aligned_alloc(RTE_CACHE_LINE_SIZE, rte_rcu_qsbr_get_memsize(NB_READERS));
	if (misses[0] == NULL || misses[1] == NULL || rcu == NULL ||
			rte_rcu_qsbr_init(rcu, NB_READERS) != 0)
		return EXIT_FAILURE;
	cfg.rcu = rcu;
	if (ipoib_neigh_create(&cfg, &table) != 0)
		return EXIT_FAILURE;
	for (i = 0; i < NB_READERS; i++)
		pthread_create(&thread[i], NULL, reader, &id[i]);

	while (next_ah <= NB_PEERS)
		writer_turn();
	__atomic_store_n(&nb_used, NB_PEERS - 1, __ATOMIC_RELAXED); /* nobody sends to the last */
	while (nb_aged == 0)
		writer_turn();

	__atomic_store_n(&nb_used, 0, __ATOMIC_RELAXED);
	for (i = 0; i < NB_READERS; i++)
		pthread_join(thread[i], NULL);
	ipoib_neigh_destroy(table); /* the readers have left */
	free(rcu);
	rte_eal_cleanup();
	printf("%u of %u address handles came back\n", nb_released, next_ah - 1);
	return nb_released == next_ah - 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}

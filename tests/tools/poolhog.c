/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * For LD_PRELOAD into a program on DPDK: all mbufs are in use. While the file that POOLHOG names says
 * "1", whatever is in a pool of mbufs, or comes back to it, is taken; then it is given back. What
 * lcores have in their caches they keep. When it has begun, "taken=N" is in POOLHOG.taken.
 */

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <rte_mempool.h>

#define TAKEN_MAX (1u << 20)
#define MBUF_OCTETS 1024 /* other pools have smaller objects */

static struct {
	struct rte_mempool *pool;
	void *object;
} taken[TAKEN_MAX];
static unsigned int nb_taken;

static bool
wanted(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	char c = '0';

	if (fd < 0)
		return false;
	if (read(fd, &c, 1) != 1)
		c = '0';
	close(fd);
	return c == '1';
}

static void
take(struct rte_mempool *pool, void *arg)
{
	void *object;

	(void)arg;
	if (pool->elt_size < MBUF_OCTETS)
		return;
	while (nb_taken < TAKEN_MAX && rte_mempool_ops_dequeue_bulk(pool, &object, 1) == 0) {
		taken[nb_taken].pool = pool;
		taken[nb_taken++].object = object;
	}
}

static void
give_back(void)
{
	while (nb_taken > 0) {
		nb_taken--;
		rte_mempool_ops_enqueue_bulk(taken[nb_taken].pool, &taken[nb_taken].object, 1);
	}
}

static void
say(const char *name)
{
	char file[4096];
	FILE *f;

	snprintf(file, sizeof(file), "%s.taken", name);
	f = fopen(file, "w");
	if (f != NULL) {
		fprintf(f, "taken=%u\n", nb_taken);
		fclose(f);
	}
}

static void *
hog(void *arg)
{
	const struct timespec often = { .tv_nsec = 1000000 }, seldom = { .tv_nsec = 20000000 };
	const char *name = arg;

	for (;;) {
		if (!wanted(name)) {
			give_back();
			nanosleep(&seldom, NULL);
			continue;
		}
		rte_mempool_walk(take, NULL);
		say(name);
		nanosleep(&often, NULL);
	}
	return NULL;
}

__attribute__((constructor)) static void
poolhog_begin(void)
{
	char *name = getenv("POOLHOG");
	pthread_t thread;

	if (name != NULL && pthread_create(&thread, NULL, hog, name) == 0)
		pthread_setname_np(thread, "poolhog");
}

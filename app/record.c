/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* What workers note beyond counters: sizes of bursts, and packets that are to be shown. */

#include <errno.h>

#include <rte_malloc.h>

#include "app.h"
#include "verbose.h"

/* Sizes of bursts when they were last cleared. */
static struct dp_bursts bursts_base;
/* The same of cycles. */
static _Atomic uint64_t cycles_base;

static uint64_t
cycles_sum(const struct app *a)
{
	uint64_t sum = 0;
	uint16_t i;

	for (i = 0; i < a->dp->nb_workers; i++)
		sum += __atomic_load_n(&a->dp->worker[i]->busy_cycles, __ATOMIC_RELAXED);
	return sum;
}

uint64_t
record_cycles_get(const struct app *a)
{
	return cycles_sum(a) - atomic_load(&cycles_base);
}

static void
sum_up(const struct app *a, uint16_t port, uint64_t *rx, uint64_t *tx)
{
	const struct dp_bursts *b;
	unsigned int i, w;

	for (i = 0; i <= DP_BURST_MAX; i++) {
		rx[i] = tx[i] = 0;
		for (w = 0; w < a->dp->nb_workers; w++) {
			b = a->dp->worker[w]->bursts;
			if (b == NULL)
				continue;
			rx[i] += __atomic_load_n(&b->rx[port][i], __ATOMIC_RELAXED);
			tx[i] += __atomic_load_n(&b->tx[port][i], __ATOMIC_RELAXED);
		}
	}
}

bool
record_bursts_get(const struct app *a, uint16_t port, uint64_t *rx, uint64_t *tx)
{
	unsigned int i;

	if (a->dp->worker[0]->bursts == NULL)
		return false;
	sum_up(a, port, rx, tx);
	for (i = 0; i <= DP_BURST_MAX; i++) {
		rx[i] -= bursts_base.rx[port][i];
		tx[i] -= bursts_base.tx[port][i];
	}
	return true;
}

void
record_clear(const struct app *a)
{
	uint16_t port;

	atomic_store(&cycles_base, cycles_sum(a));
	for (port = 0; port < DP_PORTS_MAX; port++)
		sum_up(a, port, bursts_base.rx[port], bursts_base.tx[port]);
}

static struct dp_bursts *
bursts_make(void)
{
	return rte_zmalloc("dp_bursts", sizeof(struct dp_bursts), RTE_CACHE_LINE_SIZE);
}

int
record_apply(struct app *a)
{
	struct dp_worker *w;
	uint16_t i;

	for (i = 0; i < a->dp->nb_workers; i++) {
		w = a->dp->worker[i];
		if (!a->record_bursts) {
			rte_free(w->bursts);
			w->bursts = NULL;
		} else if (w->bursts == NULL) {
			w->bursts = bursts_make();
			if (w->bursts == NULL)
				return -ENOMEM;
		}
	}
	return 0;
}

int
verbose_set(struct app *a, void *arg)
{
	uint8_t bits = *(const uint8_t *)arg;
	struct dp_verbose *v;
	uint16_t i;

	for (i = 0; bits != 0 && i < a->dp->nb_workers; i++) {
		if (a->dp->worker[i]->verbose != NULL)
			continue;
		v = rte_zmalloc("dp_verbose", sizeof(*v), RTE_CACHE_LINE_SIZE);
		if (v == NULL)
			return -ENOMEM;
		__atomic_store_n(&a->dp->worker[i]->verbose, v, __ATOMIC_RELEASE);
	}
	atomic_store_explicit(&a->dp->verbose, bits, memory_order_relaxed);
	return 0;
}

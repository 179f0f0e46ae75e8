/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <string.h>

#include "dp.h"

const char *const dp_drop_name[DP_DROP_MAX] = {
#define DP_DROP_NAME(name, text) [DP_DROP_##name] = #name,
	DP_DROPS(DP_DROP_NAME)
#undef DP_DROP_NAME
};

const char *const dp_drop_text[DP_DROP_MAX] = {
#define DP_DROP_TEXT(name, text) [DP_DROP_##name] = text,
	DP_DROPS(DP_DROP_TEXT)
#undef DP_DROP_TEXT
};

/* All counters are one array of uint64_t; the struct's padding counts nothing. */
#define NB_COUNTERS (offsetof(struct dp_counters, drop) / sizeof(uint64_t) + DP_DROP_MAX)

void
dp_counters_add(struct dp_counters *sum, const struct dp_counters *c)
{
	const uint64_t *from = (const uint64_t *)c;
	uint64_t *to = (uint64_t *)sum;
	size_t i;

	for (i = 0; i < NB_COUNTERS; i++)
		to[i] += __atomic_load_n(&from[i], __ATOMIC_RELAXED);
}

/* Since dp_create(). */
static void
counters_total(const struct dp *dp, uint16_t port, struct dp_counters *sum)
{
	uint16_t i;

	memset(sum, 0, sizeof(*sum));
	for (i = 0; i < dp->nb_workers; i++)
		dp_counters_add(sum, &dp->worker[i]->ctr[port]);
	dp_counters_add(sum, &dp->ctl[port]);
}

void
dp_counters_get(const struct dp *dp, uint16_t port, struct dp_counters *sum)
{
	const uint64_t *base = (const uint64_t *)&dp->base[port];
	uint64_t *to = (uint64_t *)sum;
	size_t i;

	counters_total(dp, port, sum);
	for (i = 0; i < NB_COUNTERS; i++)
		to[i] -= base[i];
}

void
dp_counters_clear_port(struct dp *dp, uint16_t port)
{
	counters_total(dp, port, &dp->base[port]);
}

void
dp_counters_clear(struct dp *dp)
{
	uint16_t port;

	for (port = 0; port < DP_PORTS_MAX; port++)
		dp_counters_clear_port(dp, port);
}

int64_t
dp_counters_balance(const struct dp_counters *sum)
{
	uint64_t in = sum->rx_pkts + sum->originated + sum->copies;
	uint64_t out = sum->tx_pkts + sum->delivered + sum->consumed;
	int i;

	for (i = 0; i < DP_DROP_MAX; i++)
		out += sum->drop[i];
	return (int64_t)(in - out);
}

int64_t
dp_balance(const struct dp *dp)
{
	struct dp_counters sum;
	int64_t balance = 0;
	uint16_t port;

	for (port = 0; port < DP_PORTS_MAX; port++) {
		counters_total(dp, port, &sum);
		balance += dp_counters_balance(&sum);
	}
	return balance;
}

uint64_t
dp_queued(const struct dp *dp)
{
	uint64_t queued = rte_ring_count(dp->punt);
	uint16_t i, port;

	for (i = 0; i < dp->nb_workers; i++) {
		queued += rte_ring_count(dp->worker[i]->inject) + dp->worker[i]->nb_punt;
		queued += dp->worker[i]->order.nb;
		for (port = 0; port < DP_PORTS_MAX; port++)
			queued += dp->worker[i]->tx[port].nb;
	}
	return queued;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"

/* Attempts to catch a quiet moment while forwarding runs, and the pause between two looks. */
#define QUIET_TRIES 5
#define QUIET_US 2000

/* One look at everything that is counted. */
struct sample {
	int64_t app;	 /* received ... minus all fates */
	int64_t hca;	 /* the same of the soft HCAs */
	uint64_t queued; /* waiting in the application */
	uint64_t events; /* sum of all counters: two equal ones mean that nothing moved */
};

struct sample_call {
	struct app *a;
	struct sample s;
};

/* Soft HCA: what came (carrier, loop-back, copies for several queues, from
 * another queue) is delivered, dropped, or given to another queue.
 */
int64_t
account_hca(uint16_t port, uint64_t *events)
{
	struct rte_eth_xstat_name *names = NULL;
	struct rte_eth_xstat *x = NULL;
	int64_t sum = 0;
	int i, n;

	n = rte_eth_xstats_get_names(port, NULL, 0);
	if (n <= 0)
		return 0;
	names = calloc(n, sizeof(*names));
	x = calloc(n, sizeof(*x));
	if (names == NULL || x == NULL || rte_eth_xstats_get_names(port, names, n) != n ||
			rte_eth_xstats_get(port, x, n) != n)
		goto out;
	for (i = 0; i < n; i++) {
		const char *name = names[x[i].id].name;
		int64_t v = (int64_t)x[i].value;

		if (strcmp(name, "rx_carrier_frames") == 0 || strcmp(name, "rx_loopback") == 0 ||
				strcmp(name, "rx_copies") == 0 ||
				strcmp(name, "rx_taken_over") == 0)
			sum += v;
		else if (strcmp(name, "rx_delivered") == 0 || strcmp(name, "rx_handed_over") == 0 ||
				strncmp(name, "rx_drop_", 8) == 0)
			sum -= v;
		*events += x[i].value;
	}
out:
	free(names);
	free(x);
	return sum;
}

static uint64_t
events_of(const struct dp *dp, uint16_t port)
{
	const struct dp_counters *base = &dp->base[port];
	struct dp_counters c;
	uint64_t sum;
	unsigned int i;

	dp_counters_get(dp, port, &c);
	sum = c.rx_pkts + c.tx_pkts + c.punted + c.delivered + c.originated + c.copies + c.consumed;
	sum += base->rx_pkts + base->tx_pkts + base->punted + base->delivered + base->originated +
			base->copies + base->consumed;
	for (i = 0; i < DP_DROP_MAX; i++)
		sum += c.drop[i] + base->drop[i];
	return sum;
}

/* In the control thread, so that at least control stands still. */
static int
sample_fn(struct control *c, void *arg)
{
	struct sample_call *call = arg;
	struct app *a = call->a;
	struct sample *s = &call->s;
	uint16_t i;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < DP_PORTS_MAX; i++)
		s->events += events_of(a->dp, i);
	/* A port is being set up anew: ask again. */
	if (pthread_rwlock_tryrdlock(&a->ports_lock) != 0)
		return -EAGAIN;
	for (i = 0; i < a->nb_ports; i++) {
		if (pmd_ipoib_is(a->port[i]))
			s->hca += account_hca(a->port[i], &s->events);
	}
	s->hca += a->hca_gone;
	pthread_rwlock_unlock(&a->ports_lock);
	s->queued = dp_queued(a->dp) + control_queued(c);
	s->app = dp_balance(a->dp);
	return 0;
}

static int
sample(struct app *a, struct sample *s, uint32_t timeout_ms)
{
	struct sample_call call = { .a = a };
	int ret;

	ret = app_ask(a, sample_fn, &call, sizeof(call), timeout_ms);
	*s = call.s;
	return ret;
}

static int64_t
unexplained(const struct sample *s)
{
	return s->app - (int64_t)s->queued + s->hca;
}

int
account_unaccounted(struct app *a, int64_t *unaccounted, uint32_t timeout_ms)
{
	struct sample before, after;
	int i, ret;

	ret = sample(a, &before, timeout_ms);
	if (ret != 0)
		return ret;
	for (i = 0; i < QUIET_TRIES && atomic_load(&a->forwarding); i++) {
		usleep(QUIET_US);
		ret = sample(a, &after, timeout_ms);
		if (ret != 0)
			return ret;
		if (memcmp(&before, &after, sizeof(before)) == 0)
			break;
		before = after;
	}
	if (i == QUIET_TRIES)
		return -EAGAIN;
	*unaccounted = unexplained(&before);
	return 0;
}

int
account_queued(struct app *a, uint64_t *queued, uint32_t timeout_ms)
{
	struct sample s;
	int ret;

	ret = sample(a, &s, timeout_ms);
	*queued = s.queued;
	return ret;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>

#include "compat.h"
#include "fwd_stats.h"
#include "rows.h"
#include "telemetry_priv.h"

/* Ports of /fwd/stats whose counters fit into an answer, together with their sum. */
#define STATS_PORTS_MAX 6

static void
put_counter(struct rte_tel_data *d, const char *key, const uint64_t *counter)
{
	compat_tel_dict_uint(d, key, __atomic_load_n(counter, __ATOMIC_RELAXED));
}

/* --- /fwd/stats --- */

static struct rte_tel_data *
stats_dict(const struct fwd_stats *s)
{
	struct rte_tel_data *dict = tel_dict();
	char key[64];
	unsigned int i;

	if (dict == NULL)
		return NULL;
	compat_tel_dict_uint(dict, "rx_packets", s->c.rx_pkts);
	compat_tel_dict_uint(dict, "rx_bytes", s->c.rx_bytes);
	compat_tel_dict_uint(dict, "rx_missed", s->driver.imissed);
	compat_tel_dict_uint(dict, "tx_packets", s->c.tx_pkts);
	compat_tel_dict_uint(dict, "tx_bytes", s->c.tx_bytes);
	compat_tel_dict_uint(dict, "tx_dropped", s->tx_dropped);
	compat_tel_dict_uint(dict, "punted", s->c.punted);
	compat_tel_dict_uint(dict, "delivered", s->c.delivered);
	compat_tel_dict_uint(dict, "originated", s->c.originated);
	compat_tel_dict_uint(dict, "copies", s->c.copies);
	compat_tel_dict_uint(dict, "consumed", s->c.consumed);
	for (i = 0; i < DP_DROP_MAX; i++) {
		snprintf(key, sizeof(key), "drop_%s", dp_drop_name[i]);
		compat_tel_dict_uint(dict, key, s->c.drop[i]);
	}
	return dict;
}

/* The sum of all ports, also of those that went, and a page of ports by themselves. A port that is
 * read must not go meanwhile.
 */
static void
put_stats(struct rte_tel_data *d, const struct tel_question *q)
{
	struct rte_tel_data *ports = tel_dict(), *dict;
	struct app *a = telemetry_app;
	struct fwd_stats sum, s;
	uint32_t end;
	uint16_t i;

	fwd_stats_gone(a, &sum);
	pthread_rwlock_rdlock(&a->ports_lock);
	compat_tel_dict_uint(d, "nb_ports", a->nb_ports);
	end = tel_page_end(q, a->nb_ports, STATS_PORTS_MAX);
	compat_tel_dict_uint(d, "next", end < a->nb_ports ? end : 0);
	for (i = 0; i < a->nb_ports; i++) {
		fwd_stats_get(a, a->port[i], &s);
		fwd_stats_add(&sum, &s);
		dict = ports != NULL && i >= q->offset && i < end ? stats_dict(&s) : NULL;
		if (dict != NULL)
			tel_put_number(ports, a->port[i], dict);
	}
	pthread_rwlock_unlock(&a->ports_lock);
	dict = stats_dict(&sum);
	if (dict != NULL)
		tel_put(d, "total", dict);
	if (ports != NULL)
		tel_put(d, "ports", ports);
}

int
answer_fwd_stats(const char *params, struct rte_tel_data *d)
{
	struct app *a = telemetry_app;
	struct tel_question q;
	int64_t unaccounted;
	uint64_t queued;
	char text[24];
	int ret;

	if (tel_question(params, false, &q) != 0)
		return tel_error(d, "expected [OFFSET[,COUNT]]");
	ret = account_queued(a, &queued, APP_ASK_TELEMETRY_MS);
	if (ret != 0)
		return tel_error(d, tel_error_text(ret));
	rte_tel_data_start_dict(d);
	rte_tel_data_add_dict_string(d, "version", APP_VERSION);
	rte_tel_data_add_dict_string(d, "engine", dp_engine_name[a->dp->engine]);
	rte_tel_data_add_dict_int(d, "running", atomic_load(&a->forwarding));
	compat_tel_dict_uint(d, "queued", queued);
	/* A string where it has none or is negative: telemetry of 22.11 knows no 64-bit signed. */
	ret = account_unaccounted(a, &unaccounted, APP_ASK_TELEMETRY_MS);
	if (ret == 0 && unaccounted >= 0) {
		compat_tel_dict_uint(d, "unaccounted", (uint64_t)unaccounted);
	} else {
		snprintf(text, sizeof(text), "%" PRId64, ret == 0 ? unaccounted : 0);
		rte_tel_data_add_dict_string(d, "unaccounted", ret == 0 ? text : "n/a");
	}
	put_stats(d, &q);
	return 0;
}

/* --- /fwd/ports --- */

static void
put_ethdev(struct rte_tel_data *dict, uint16_t port)
{
	struct rte_eth_dev_info info;
	struct rte_eth_link link;
	char name[RTE_ETH_NAME_MAX_LEN];

	if (rte_eth_dev_get_name_by_port(port, name) != 0 || rte_eth_dev_info_get(port, &info) != 0)
		return;
	rte_tel_data_add_dict_string(dict, "name", name);
	rte_tel_data_add_dict_string(dict, "driver", info.driver_name);
	memset(&link, 0, sizeof(link));
	if (rte_eth_link_get_nowait(port, &link) != 0 ||
			link.link_speed == RTE_ETH_SPEED_NUM_UNKNOWN)
		link.link_speed = RTE_ETH_SPEED_NUM_NONE;
	compat_tel_dict_uint(dict, "speed_mbps", link.link_speed);
}

static void
put_logical(struct rte_tel_data *dict, const struct dp_port *p, uint16_t parent)
{
	char name[32];

	if (p->vlan != 0)
		snprintf(name, sizeof(name), "port%u.%u", parent, p->vlan);
	else
		snprintf(name, sizeof(name), "bond");
	rte_tel_data_add_dict_string(dict, "name", name);
	rte_tel_data_add_dict_string(dict, "driver", p->vlan != 0 ? "vlan" : "bond");
	compat_tel_dict_uint(dict, "speed_mbps", 0);
}

/* The port does not go meanwhile: its caller holds the lock. */
static struct rte_tel_data *
port_dict(struct app *a, uint16_t port)
{
	struct rte_tel_data *dict = tel_dict();
	const struct dp_port *p = &a->dp->port[port];
	uint16_t tx = atomic_load_explicit(&p->tx, memory_order_relaxed);

	if (dict == NULL)
		return NULL;
	compat_tel_dict_uint(dict, "port", port);
	if (port < DP_PORT_LOGICAL)
		put_ethdev(dict, port);
	else
		put_logical(dict, p, tx);
	rte_tel_data_add_dict_string(dict, "kind", p->kind == DP_PORT_IPOIB ? "ipoib" : "ethernet");
	rte_tel_data_add_dict_int(dict, "up", atomic_load_explicit(&p->up, memory_order_relaxed));
	rte_tel_data_add_dict_int(dict, "stopped", p->stopped);
	compat_tel_dict_uint(dict, "mtu", atomic_load_explicit(&p->mtu, memory_order_relaxed));
	compat_tel_dict_uint(dict, "rx_queues", p->nb_rxq);
	compat_tel_dict_uint(dict, "tx_queues", p->nb_txq);
	return dict;
}

int
answer_fwd_ports(const char *params, struct rte_tel_data *d)
{
	struct rte_tel_data *list = tel_dict(), *dict;
	struct app *a = telemetry_app;
	struct tel_question q;
	uint32_t total, end, i;

	if (list == NULL)
		return -ENOMEM;
	if (tel_question(params, false, &q) != 0) {
		rte_tel_data_free(list);
		return tel_error(d, "expected [OFFSET[,COUNT]]");
	}
	pthread_rwlock_rdlock(&a->ports_lock);
	total = a->nb_ports;
	end = tel_page_end(&q, total, ROWS_MAX);
	for (i = q.offset; i < end; i++) {
		dict = port_dict(a, a->port[i]);
		if (dict != NULL)
			tel_put_number(list, i, dict);
	}
	pthread_rwlock_unlock(&a->ports_lock);
	tel_put_list(d, total, end, list);
	return 0;
}

/* --- /fwd/workers --- */

static struct rte_tel_data *
worker_dict(const struct dp_worker *w)
{
	const struct dp_rxqs *rxqs = __atomic_load_n(&w->rxqs, __ATOMIC_ACQUIRE);
	struct rte_tel_data *dict = tel_dict();
	uint64_t rx = 0, tx = 0;
	uint16_t i;

	if (dict == NULL)
		return NULL;
	for (i = 0; i < DP_PORTS_MAX; i++) {
		rx += __atomic_load_n(&w->ctr[i].rx_pkts, __ATOMIC_RELAXED);
		tx += __atomic_load_n(&w->ctr[i].tx_pkts, __ATOMIC_RELAXED);
	}
	compat_tel_dict_uint(dict, "worker", w->id);
	compat_tel_dict_uint(dict, "lcore", w->lcore);
	compat_tel_dict_uint(dict, "rx_queues", rxqs->nb);
	compat_tel_dict_uint(dict, "rx_packets", rx);
	compat_tel_dict_uint(dict, "tx_packets", tx);
	put_counter(dict, "turns", &w->loops);
	put_counter(dict, "idle_turns", &w->idle_loops);
	put_counter(dict, "cycles", &w->cycles);
	put_counter(dict, "busy_cycles", &w->busy_cycles);
	put_counter(dict, "punted", &w->punts);
	compat_tel_dict_uint(dict, "inject_waiting", rte_ring_count(w->inject));
	return dict;
}

int
answer_fwd_workers(const char *params, struct rte_tel_data *d)
{
	struct rte_tel_data *list = tel_dict(), *dict;
	const struct dp *dp = telemetry_app->dp;
	struct tel_question q;
	uint32_t end, i;

	if (list == NULL)
		return -ENOMEM;
	if (tel_question(params, false, &q) != 0) {
		rte_tel_data_free(list);
		return tel_error(d, "expected [OFFSET[,COUNT]]");
	}
	end = tel_page_end(&q, dp->nb_workers, ROWS_MAX);
	for (i = q.offset; i < end; i++) {
		dict = worker_dict(dp->worker[i]);
		if (dict != NULL)
			tel_put_number(list, i, dict);
	}
	tel_put_list(d, dp->nb_workers, end, list);
	compat_tel_dict_uint(d, "cycles_hz", rte_get_tsc_hz());
	return 0;
}

/* --- /fwd/latency --- */

int
answer_fwd_latency(const char *params __rte_unused, struct rte_tel_data *d)
{
	struct fwd_latency l;
	unsigned int i;

	fwd_latency_get(telemetry_app, &l);
	rte_tel_data_start_dict(d);
	for (i = 0; i < RTE_DIM(l.value); i++)
		compat_tel_dict_uint(d, l.value[i].name, l.value[i].n);
	return 0;
}

/* --- /fwd/drops --- */

int
answer_fwd_drops(const char *params __rte_unused, struct rte_tel_data *d)
{
	unsigned int i;
	char key[64];

	rte_tel_data_start_dict(d);
	for (i = 0; i < DP_DROP_MAX; i++) {
		snprintf(key, sizeof(key), "drop_%s", dp_drop_name[i]);
		rte_tel_data_add_dict_string(d, key, dp_drop_text[i]);
	}
	return 0;
}

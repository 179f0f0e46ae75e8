/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_telemetry.h>

#include "cli.h"
#include "compat.h"
#include "fwd_stats.h"
#include "parse.h"
#include "rows.h"

/* Questions come in telemetry's own threads until the process ends; after
 * telemetry_fini() they get no further than this gate.
 */
static struct app *telemetry_app;
static atomic_bool open_for_business;
static atomic_int inside;

/* Ports of /fwd/stats that fit in 16 KB. */
#define FWD_PORTS_MAX 12

/* What a client asked: PORT[,OFFSET[,COUNT]] or [OFFSET[,COUNT]]. */
struct question {
	uint16_t port;
	uint32_t offset;
	uint32_t count;
};

static bool
enter(void)
{
	atomic_fetch_add(&inside, 1);
	if (atomic_load(&open_for_business))
		return true;
	atomic_fetch_sub(&inside, 1);
	return false;
}

static void
leave(void)
{
	atomic_fetch_sub(&inside, 1);
}

static int
answer_error(struct rte_tel_data *d, const char *text)
{
	rte_tel_data_start_dict(d);
	return rte_tel_data_add_dict_string(d, "error", text);
}

static int
parse_question(const char *params, bool with_port, struct question *q)
{
	uint64_t v[3] = { 0, 0, ROWS_MAX };
	char text[64], *save = NULL, *w;
	unsigned int i = with_port ? 0 : 1;

	snprintf(text, sizeof(text), "%s", params == NULL ? "" : params);
	if (with_port && text[0] == '\0')
		return -EINVAL;
	for (w = strtok_r(text, ",", &save); w != NULL; w = strtok_r(NULL, ",", &save)) {
		if (i == RTE_DIM(v) || parse_uint(w, 0, UINT32_MAX, &v[i++]) != 0)
			return -EINVAL;
	}
	if (v[0] >= DP_PORTS_MAX || v[2] == 0)
		return -EINVAL;
	q->port = (uint16_t)v[0];
	q->offset = (uint32_t)v[1];
	q->count = (uint32_t)RTE_MIN(v[2], (uint64_t)ROWS_MAX);
	return 0;
}

static void
add_columns(struct rte_tel_data *d, const struct row_kind *kind, const void *row)
{
	unsigned int k;

	for (k = 0; k < kind->nb_columns; k++) {
		struct cell cell = { .is_number = false };

		kind->columns[k].get(row, &cell);
		if (cell.is_number)
			compat_tel_dict_uint(d, kind->columns[k].key, cell.number);
		else
			rte_tel_data_add_dict_string(d, kind->columns[k].key, cell.text);
	}
}

/* Lists are dicts of dicts by number: arrays of 22.11 take no dicts. */
static struct rte_tel_data *
dict_new(void)
{
	struct rte_tel_data *dict = rte_tel_data_alloc();

	if (dict != NULL)
		rte_tel_data_start_dict(dict);
	return dict;
}

/* Put @p inner into @p outer, which owns it then. */
static void
dict_put(struct rte_tel_data *outer, const char *key, struct rte_tel_data *inner)
{
	if (rte_tel_data_add_dict_container(outer, key, inner, 0) != 0)
		rte_tel_data_free(inner);
}

static void
dict_put_number(struct rte_tel_data *outer, uint32_t number, struct rte_tel_data *inner)
{
	char key[16];

	snprintf(key, sizeof(key), "%u", number);
	dict_put(outer, key, inner);
}

static void
add_row(struct rte_tel_data *rows, uint32_t number, const struct row_kind *kind, const void *row)
{
	struct rte_tel_data *dict = dict_new();

	if (dict == NULL)
		return;
	add_columns(dict, kind, row);
	dict_put_number(rows, number, dict);
}

/* A list: how many there are, where to go on (0: that was all), and its rows. */
static void
put_list(struct rte_tel_data *d, uint32_t total, uint32_t next, struct rte_tel_data *rows)
{
	rte_tel_data_start_dict(d);
	compat_tel_dict_uint(d, "total", total);
	compat_tel_dict_uint(d, "next", next);
	dict_put(d, "rows", rows);
}

static const char *
error_text(int ret)
{
	switch (ret) {
	case -EBUSY:
	case -EAGAIN:
		return "busy";
	case -ENODEV:
		return "no such IPoIB port";
	default:
		return strerror(-ret);
	}
}

static int
answer_list(const struct row_kind *kind, const char *params, struct rte_tel_data *d)
{
	struct rows rows = { .nb = 0 };
	struct rte_tel_data *list;
	struct question q;
	uint32_t i, next;
	int ret;

	if (parse_question(params, kind->ipoib_port, &q) != 0)
		return answer_error(d,
				kind->ipoib_port ? "expected PORT[,OFFSET[,COUNT]]"
						 : "expected [OFFSET[,COUNT]]");
	ret = rows_get(telemetry_app, kind, q.port, q.offset, q.count, APP_ASK_TELEMETRY_MS, &rows);
	if (ret != 0)
		return answer_error(d, error_text(ret));
	list = dict_new();
	if (list == NULL)
		return -ENOMEM;
	for (i = 0; i < rows.nb; i++)
		add_row(list, q.offset + i, kind, rows.row + i * kind->size);
	next = q.offset + rows.nb;
	put_list(d, rows.total, rows.nb == 0 || next >= rows.total ? 0 : next, list);
	return 0;
}

static int
answer_one(const struct row_kind *kind, const char *params, struct rte_tel_data *d)
{
	struct rows rows = { .nb = 0 };
	struct question q;
	int ret;

	if (parse_question(params, true, &q) != 0)
		return answer_error(d, "expected PORT");
	ret = rows_get(telemetry_app, kind, q.port, 0, 1, APP_ASK_TELEMETRY_MS, &rows);
	if (ret == 0 && rows.nb == 0)
		ret = -ENODEV;
	if (ret != 0)
		return answer_error(d, error_text(ret));
	rte_tel_data_start_dict(d);
	add_columns(d, kind, rows.row);
	return 0;
}

static int
answer_ipoib_ports(struct rte_tel_data *d)
{
	struct rte_tel_data *list = dict_new(), *dict;
	struct app *a = telemetry_app;
	uint16_t ports[DP_PORTS_MAX], n, i;
	struct rows rows;
	uint32_t total = 0;

	if (list == NULL)
		return -ENOMEM;
	n = app_ports(a, ports);
	for (i = 0; i < n; i++) {
		if (a->dp->port[ports[i]].kind != DP_PORT_IPOIB)
			continue;
		if (rows_get(a, &rows_ipoib_list, ports[i], 0, 1, APP_ASK_TELEMETRY_MS, &rows) !=
						0 ||
				rows.nb == 0)
			continue;
		dict = dict_new();
		if (dict == NULL)
			break;
		compat_tel_dict_uint(dict, "port", ports[i]);
		add_columns(dict, &rows_ipoib_list, rows.row);
		dict_put_number(list, total++, dict);
	}
	put_list(d, total, 0, list);
	return 0;
}

static struct rte_tel_data *
fwd_dict(const struct fwd_stats *s)
{
	struct rte_tel_data *dict = dict_new();
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

/* Every port by itself as far as the answer has room, and the sum of all, also of those that went.
 * A port that is read must not go meanwhile.
 */
static void
put_fwd_ports(struct rte_tel_data *d)
{
	struct rte_tel_data *ports = dict_new(), *dict;
	struct app *a = telemetry_app;
	struct fwd_stats sum, s;
	uint16_t i;

	fwd_stats_gone(a, &sum);
	pthread_rwlock_rdlock(&a->ports_lock);
	for (i = 0; i < a->nb_ports; i++) {
		fwd_stats_get(a, a->port[i], &s);
		fwd_stats_add(&sum, &s);
		dict = ports != NULL && i < FWD_PORTS_MAX ? fwd_dict(&s) : NULL;
		if (dict != NULL)
			dict_put_number(ports, a->port[i], dict);
	}
	pthread_rwlock_unlock(&a->ports_lock);
	dict = fwd_dict(&sum);
	if (dict != NULL)
		dict_put(d, "total", dict);
	if (ports != NULL)
		dict_put(d, "ports", ports);
}

static int
answer_fwd_stats(struct rte_tel_data *d)
{
	struct app *a = telemetry_app;
	int64_t unaccounted;
	uint64_t queued;
	char text[24];
	int ret;

	ret = account_queued(a, &queued, APP_ASK_TELEMETRY_MS);
	if (ret != 0)
		return answer_error(d, error_text(ret));
	rte_tel_data_start_dict(d);
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
	put_fwd_ports(d);
	return 0;
}

enum answer_form { FORM_LIST, FORM_ONE, FORM_PORTS, FORM_FWD };

static const struct {
	const char *name;
	enum answer_form form;
	const struct row_kind *kind;
	const char *help;
} commands[] = {
	{ "/ipoib/list", FORM_PORTS, NULL, "IPoIB ports. No parameters" },
	{ "/ipoib/info", FORM_ONE, &rows_ipoib, "Link and identity. Parameters: PORT" },
	{ "/ipoib/warnings", FORM_LIST, &rows_warning,
			"What works, but could better. Parameters: PORT[,OFFSET[,COUNT]]" },
	{ "/ipoib/sm", FORM_ONE, &rows_ipoib_sm, "Subnet manager and SA client. Parameters: PORT" },
	{ "/ipoib/stats", FORM_ONE, &rows_ipoib_stats, "Neighbour table. Parameters: PORT" },
	{ "/ipoib/neigh", FORM_LIST, &rows_ipoib_neigh,
			"20-octet addresses. Parameters: PORT[,OFFSET[,COUNT]]" },
	{ "/ipoib/path", FORM_LIST, &rows_path, "Paths. Parameters: PORT[,OFFSET[,COUNT]]" },
	{ "/ipoib/mcast", FORM_LIST, &rows_mcast, "Groups. Parameters: PORT[,OFFSET[,COUNT]]" },
	{ "/ipoib/queues", FORM_LIST, &rows_queue,
			"Peers and packets of receive queues. Parameters: PORT[,OFFSET[,COUNT]]" },
	{ "/ipoib/class", FORM_LIST, &rows_class,
			"Traffic classes. Parameters: PORT[,OFFSET[,COUNT]]" },
	{ "/ipoib/bond", FORM_LIST, &rows_bond, "Ports of bonds. Parameters: [OFFSET[,COUNT]]" },
	{ "/ip/address", FORM_LIST, &rows_address, "Own addresses. Parameters: [OFFSET[,COUNT]]" },
	{ "/ip/route", FORM_LIST, &rows_route, "Routes. Parameters: [OFFSET[,COUNT]]" },
	{ "/ip/dhcp", FORM_LIST, &rows_dhcp, "DHCP servers. Parameters: [OFFSET[,COUNT]]" },
	{ "/ip/multicast", FORM_LIST, &rows_member,
			"Who wants which group. Parameters: [OFFSET[,COUNT]]" },
	{ "/ip/multicast_ports", FORM_LIST, &rows_mcast_port,
			"Ports that route multicast. Parameters: [OFFSET[,COUNT]]" },
	{ "/ip/neigh", FORM_LIST, &rows_ip_neigh, "IP neighbours. Parameters: [OFFSET[,COUNT]]" },
	{ "/ip/set", FORM_LIST, &rows_ip_set,
			"What ports do more than route. Parameters: [OFFSET[,COUNT]]" },
	{ "/ip/vlan", FORM_LIST, &rows_vlan, "802.1Q sub-ports. Parameters: [OFFSET[,COUNT]]" },
	{ "/ip/bind", FORM_LIST, &rows_bind, "Bound ports. Parameters: [OFFSET[,COUNT]]" },
	{ "/fwd/stats", FORM_FWD, NULL, "Forwarding statistics by port. No parameters" },
};

static int
answer(unsigned int i, const char *params, struct rte_tel_data *d)
{
	switch (commands[i].form) {
	case FORM_LIST:
		return answer_list(commands[i].kind, params, d);
	case FORM_ONE:
		return answer_one(commands[i].kind, params, d);
	case FORM_PORTS:
		return answer_ipoib_ports(d);
	case FORM_FWD:
		return answer_fwd_stats(d);
	}
	return -EINVAL;
}

static int
handle(const char *cmd, const char *params, struct rte_tel_data *d)
{
	unsigned int i;
	int ret = -EINVAL;

	if (!enter())
		return answer_error(d, "not running");
	for (i = 0; i < RTE_DIM(commands); i++) {
		if (strcmp(cmd, commands[i].name) == 0)
			ret = answer(i, params, d);
	}
	leave();
	return ret < 0 ? ret : 0;
}

int
telemetry_init(struct app *a)
{
	unsigned int i;
	int ret;

	telemetry_app = a;
	for (i = 0; i < RTE_DIM(commands); i++) {
		ret = rte_telemetry_register_cmd(commands[i].name, handle, commands[i].help);
		if (ret != 0) {
			APP_LOG(ERR, "telemetry does not take %s: %d\n", commands[i].name, ret);
			return ret;
		}
	}
	atomic_store(&open_for_business, true);
	return 0;
}

void
telemetry_fini(void)
{
	atomic_store(&open_for_business, false);
	while (atomic_load(&inside) != 0)
		rte_delay_us_sleep(1000);
}

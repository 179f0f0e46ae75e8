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
#include "rows.h"
#include "telemetry_priv.h"

/* Questions come in telemetry's own threads until the process ends; after
 * telemetry_fini() they get no further than this gate.
 */
struct app *telemetry_app;
static atomic_bool open_for_business;
static atomic_int inside;

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

int
tel_error(struct rte_tel_data *d, const char *text)
{
	rte_tel_data_start_dict(d);
	return rte_tel_data_add_dict_string(d, "error", text);
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

struct rte_tel_data *
tel_dict(void)
{
	struct rte_tel_data *dict = rte_tel_data_alloc();

	if (dict != NULL)
		rte_tel_data_start_dict(dict);
	return dict;
}

void
tel_put(struct rte_tel_data *outer, const char *key, struct rte_tel_data *inner)
{
	if (rte_tel_data_add_dict_container(outer, key, inner, 0) != 0)
		rte_tel_data_free(inner);
}

void
tel_put_number(struct rte_tel_data *outer, uint32_t number, struct rte_tel_data *inner)
{
	char key[16];

	snprintf(key, sizeof(key), "%u", number);
	tel_put(outer, key, inner);
}

static void
add_row(struct rte_tel_data *rows, uint32_t number, const struct row_kind *kind, const void *row)
{
	struct rte_tel_data *dict = tel_dict();

	if (dict == NULL)
		return;
	add_columns(dict, kind, row);
	tel_put_number(rows, number, dict);
}

void
tel_put_list(struct rte_tel_data *d, uint32_t total, uint32_t end, struct rte_tel_data *rows)
{
	rte_tel_data_start_dict(d);
	compat_tel_dict_uint(d, "total", total);
	compat_tel_dict_uint(d, "next", end < total ? end : 0);
	tel_put(d, "rows", rows);
}

const char *
tel_error_text(int ret)
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
	struct tel_question q;
	uint32_t i;
	int ret;

	if (tel_question(params, kind->ipoib_port, &q) != 0)
		return tel_error(d,
				kind->ipoib_port ? "expected PORT[,OFFSET[,COUNT]]"
						 : "expected [OFFSET[,COUNT]]");
	ret = rows_get(telemetry_app, kind, q.port, q.offset, q.count, APP_ASK_TELEMETRY_MS, &rows);
	if (ret != 0)
		return tel_error(d, tel_error_text(ret));
	list = tel_dict();
	if (list == NULL)
		return -ENOMEM;
	for (i = 0; i < rows.nb; i++)
		add_row(list, q.offset + i, kind, rows.row + i * kind->size);
	tel_put_list(d, rows.total, rows.nb == 0 ? rows.total : q.offset + rows.nb, list);
	return 0;
}

static int
answer_one(const struct row_kind *kind, const char *params, struct rte_tel_data *d)
{
	struct rows rows = { .nb = 0 };
	struct tel_question q;
	int ret;

	if (tel_question(params, true, &q) != 0)
		return tel_error(d, "expected PORT");
	ret = rows_get(telemetry_app, kind, q.port, 0, 1, APP_ASK_TELEMETRY_MS, &rows);
	if (ret == 0 && rows.nb == 0)
		ret = -ENODEV;
	if (ret != 0)
		return tel_error(d, tel_error_text(ret));
	rte_tel_data_start_dict(d);
	add_columns(d, kind, rows.row);
	return 0;
}

/* The IPoIB ports among all, a page of them. @return how many there are */
static uint32_t
ipoib_ports(struct app *a, uint16_t ports[DP_PORTS_MAX])
{
	uint16_t all[DP_PORTS_MAX], n = app_ports(a, all), i;
	uint32_t nb = 0;

	for (i = 0; i < n; i++) {
		if (a->dp->port[all[i]].kind == DP_PORT_IPOIB)
			ports[nb++] = all[i];
	}
	return nb;
}

/* A port that went meanwhile is left out. @return 0, -EBUSY */
static int
add_ipoib_port(struct rte_tel_data *list, uint32_t number, uint16_t port)
{
	struct rte_tel_data *dict;
	struct rows rows = { .nb = 0 };
	int ret;

	ret = rows_get(telemetry_app, &rows_ipoib_list, port, 0, 1, APP_ASK_TELEMETRY_MS, &rows);
	if (ret == -ENODEV || (ret == 0 && rows.nb == 0))
		return 0;
	if (ret != 0)
		return ret;
	dict = tel_dict();
	if (dict == NULL)
		return 0;
	compat_tel_dict_uint(dict, "port", port);
	add_columns(dict, &rows_ipoib_list, rows.row);
	tel_put_number(list, number, dict);
	return 0;
}

static int
answer_ipoib_ports(const char *params, struct rte_tel_data *d)
{
	uint16_t ports[DP_PORTS_MAX];
	struct rte_tel_data *list;
	struct tel_question q;
	uint32_t total, end, i;
	int ret = 0;

	if (tel_question(params, false, &q) != 0)
		return tel_error(d, "expected [OFFSET[,COUNT]]");
	list = tel_dict();
	if (list == NULL)
		return -ENOMEM;
	total = ipoib_ports(telemetry_app, ports);
	end = tel_page_end(&q, total, ROWS_MAX);
	for (i = q.offset; i < end; i++) {
		ret = add_ipoib_port(list, i, ports[i]);
		if (ret != 0)
			break;
	}
	/* Where control became busy the page ends. */
	if (ret != 0 && i == q.offset) {
		rte_tel_data_free(list);
		return tel_error(d, tel_error_text(ret));
	}
	tel_put_list(d, total, i < end ? i : end, list);
	return 0;
}

enum answer_form { FORM_LIST, FORM_ONE, FORM_OWN };

static const struct {
	const char *name;
	enum answer_form form;
	const struct row_kind *kind;
	int (*own)(const char *params, struct rte_tel_data *d);
	const char *help;
} commands[] = {
	{ "/ipoib/list", FORM_OWN, NULL, answer_ipoib_ports,
			"IPoIB ports. Parameters: [OFFSET[,COUNT]]" },
	{ "/ipoib/info", FORM_ONE, &rows_ipoib, NULL, "Link and identity. Parameters: PORT" },
	{ "/ipoib/warnings", FORM_LIST, &rows_warning, NULL,
			"What works, but could better. Parameters: PORT[,OFFSET[,COUNT]]" },
	{ "/ipoib/sm", FORM_ONE, &rows_ipoib_sm, NULL,
			"Subnet manager and SA client. Parameters: PORT" },
	{ "/ipoib/stats", FORM_ONE, &rows_ipoib_stats, NULL, "Neighbour table. Parameters: PORT" },
	{ "/ipoib/neigh", FORM_LIST, &rows_ipoib_neigh, NULL,
			"20-octet addresses. Parameters: PORT[,OFFSET[,COUNT]]" },
	{ "/ipoib/path", FORM_LIST, &rows_path, NULL, "Paths. Parameters: PORT[,OFFSET[,COUNT]]" },
	{ "/ipoib/mcast", FORM_LIST, &rows_mcast, NULL,
			"Groups. Parameters: PORT[,OFFSET[,COUNT]]" },
	{ "/ipoib/queues", FORM_LIST, &rows_queue, NULL,
			"Peers and packets of receive queues. Parameters: PORT[,OFFSET[,COUNT]]" },
	{ "/ipoib/class", FORM_LIST, &rows_class, NULL,
			"Traffic classes. Parameters: PORT[,OFFSET[,COUNT]]" },
	{ "/ipoib/bond", FORM_LIST, &rows_bond, NULL,
			"Ports of bonds. Parameters: [OFFSET[,COUNT]]" },
	{ "/ipoib/capture", FORM_LIST, &rows_capture, NULL,
			"Captures that run. Parameters: [OFFSET[,COUNT]]" },
	{ "/ip/address", FORM_LIST, &rows_address, NULL,
			"Own addresses. Parameters: [OFFSET[,COUNT]]" },
	{ "/ip/route", FORM_LIST, &rows_route, NULL, "Routes. Parameters: [OFFSET[,COUNT]]" },
	{ "/ip/dhcp", FORM_LIST, &rows_dhcp, NULL, "DHCP servers. Parameters: [OFFSET[,COUNT]]" },
	{ "/ip/multicast", FORM_LIST, &rows_member, NULL,
			"Who wants which group. Parameters: [OFFSET[,COUNT]]" },
	{ "/ip/multicast_ports", FORM_LIST, &rows_mcast_port, NULL,
			"Ports that route multicast. Parameters: [OFFSET[,COUNT]]" },
	{ "/ip/neigh", FORM_LIST, &rows_ip_neigh, NULL,
			"IP neighbours. Parameters: [OFFSET[,COUNT]]" },
	{ "/ip/set", FORM_LIST, &rows_ip_set, NULL,
			"What ports do more than route. Parameters: [OFFSET[,COUNT]]" },
	{ "/ip/vlan", FORM_LIST, &rows_vlan, NULL,
			"802.1Q sub-ports. Parameters: [OFFSET[,COUNT]]" },
	{ "/ip/bind", FORM_LIST, &rows_bind, NULL, "Bound ports. Parameters: [OFFSET[,COUNT]]" },
	{ "/ip/filter", FORM_LIST, &rows_filter, NULL,
			"Rules of the packet filter. Parameters: [OFFSET[,COUNT]]" },
	{ "/fwd/stats", FORM_OWN, NULL, answer_fwd_stats,
			"Forwarding statistics, in all and by port. Parameters: [OFFSET[,COUNT]]" },
	{ "/fwd/ports", FORM_OWN, NULL, answer_fwd_ports,
			"Forwarding ports. Parameters: [OFFSET[,COUNT]]" },
	{ "/fwd/workers", FORM_OWN, NULL, answer_fwd_workers,
			"What worker lcores do. Parameters: [OFFSET[,COUNT]]" },
	{ "/fwd/latency", FORM_OWN, NULL, answer_fwd_latency,
			"How long packets of txonly took. No parameters" },
	{ "/fwd/drops", FORM_OWN, NULL, answer_fwd_drops,
			"What the reasons of drops mean. No parameters" },
};

static int
answer(unsigned int i, const char *params, struct rte_tel_data *d)
{
	switch (commands[i].form) {
	case FORM_LIST:
		return answer_list(commands[i].kind, params, d);
	case FORM_ONE:
		return answer_one(commands[i].kind, params, d);
	case FORM_OWN:
		return commands[i].own(params, d);
	}
	return -EINVAL;
}

static int
handle(const char *cmd, const char *params, struct rte_tel_data *d)
{
	unsigned int i;
	int ret = -EINVAL;

	if (!enter())
		return tel_error(d, "not running");
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

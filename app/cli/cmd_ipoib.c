/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>

#include "cli.h"
#include "commands.h"
#include "rows.h"

static bool
is_ipoib(const struct cli *cli, uint16_t port)
{
	return cli->a->dp->port[port].kind == DP_PORT_IPOIB;
}

static int
show(struct cli *cli, uint16_t port, const struct row_kind *kind, bool list)
{
	const struct rows_view view = { .list = list };
	int ret;

	ret = cli_check_ipoib(cli, port);
	return ret != 0 ? ret : cli_show_view(cli, kind, port, &view, "ipoib");
}

static int
print_warnings(struct cli *cli, uint16_t port)
{
	const struct control_warning_row *row;
	struct rows rows;
	uint32_t i;
	int ret;

	ret = rows_get(cli->a, &rows_warning, port, 0, ROWS_MAX, APP_ASK_MS, &rows);
	for (i = 0; ret == 0 && i < rows.nb; i++) {
		row = (const struct control_warning_row *)(const void *)rows.row + i;
		fprintf(cli->out, "Warning: %s: %s; %s\n", row->what, row->found, row->advice);
	}
	return cli_result(cli, ret, "ipoib", NULL);
}

static int
show_port(struct cli *cli, uint16_t port)
{
	int ret;

	fprintf(cli->out, "Port %u\n", port);
	ret = show(cli, port, &rows_ipoib, true);
	return ret != 0 ? ret : print_warnings(cli, port);
}

static int
show_json(struct cli *cli, const struct cli_ports *ports)
{
	uint16_t list[DP_PORTS_MAX] = { ports->port }, n = 1, i;
	struct table t;
	int ret = 0;

	if (ports->all)
		n = app_ports(cli->a, list);
	rows_begin(&t, &rows_ipoib, true);
	for (i = 0; ret == 0 && i < n; i++) {
		if (is_ipoib(cli, list[i]))
			ret = rows_add(&t, cli->a, &rows_ipoib, list[i], true);
	}
	if (ret == 0)
		table_print_json(&t, cli->out);
	table_free(&t);
	return cli_result(cli, ret, "ipoib show", NULL);
}

int
cmd_ipoib_show(struct cli *cli, const struct cmd_ipoib_show *args)
{
	uint16_t list[DP_PORTS_MAX], n, i;
	bool any = false;
	int ret = 0;

	if (!args->ports.all)
		ret = cli_check_ipoib(cli, args->ports.port);
	if (ret != 0)
		return ret;
	if (cli->json)
		return show_json(cli, &args->ports);
	if (!args->ports.all)
		return show_port(cli, args->ports.port);
	n = app_ports(cli->a, list);
	for (i = 0; ret == 0 && i < n; i++) {
		if (!is_ipoib(cli, list[i]))
			continue;
		if (any)
			fputc('\n', cli->out);
		any = true;
		ret = show_port(cli, list[i]);
	}
	if (!any)
		fputs("none\n", cli->out);
	return ret;
}

int
cmd_ipoib_neigh_show(struct cli *cli, const struct cmd_ipoib_neigh_show *args)
{
	return show(cli, args->port, &rows_ipoib_neigh, false);
}

int
cmd_ipoib_queues_show(struct cli *cli, const struct cmd_ipoib_queues_show *args)
{
	return show(cli, args->port, &rows_queue, false);
}

int
cmd_ipoib_path_show(struct cli *cli, const struct cmd_ipoib_path_show *args)
{
	return show(cli, args->port, &rows_path, false);
}

int
cmd_ipoib_mcast_show(struct cli *cli, const struct cmd_ipoib_mcast_show *args)
{
	return show(cli, args->port, &rows_mcast, false);
}

int
cmd_ipoib_sm_show(struct cli *cli, const struct cmd_ipoib_sm_show *args)
{
	return show(cli, args->port, &rows_ipoib_sm, true);
}

int
cmd_ipoib_stats_show(struct cli *cli, const struct cmd_ipoib_stats_show *args)
{
	return show(cli, args->port, &rows_ipoib_stats, true);
}

static int
flush(struct cli *cli, uint16_t port, control_fn fn)
{
	int ret;

	ret = cli_check_ipoib(cli, port);
	if (ret != 0)
		return ret;
	ret = app_ask(cli->a, fn, &port, sizeof(port), APP_ASK_MS);
	if (ret >= 0)
		fprintf(cli->out, "%d forgotten\n", ret);
	return cli_result(cli, ret, "flush", NULL);
}

static int
neigh_flush_fn(struct control *c, void *port)
{
	return control_ipoib_neigh_flush(c, *(uint16_t *)port);
}

static int
path_flush_fn(struct control *c, void *port)
{
	return control_path_flush(c, *(uint16_t *)port);
}

int
cmd_ipoib_neigh_flush(struct cli *cli, const struct cmd_ipoib_neigh_flush *args)
{
	return flush(cli, args->port, neigh_flush_fn);
}

int
cmd_ipoib_path_flush(struct cli *cli, const struct cmd_ipoib_path_flush *args)
{
	return flush(cli, args->port, path_flush_fn);
}

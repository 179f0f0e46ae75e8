/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* 802.1Q sub-ports, and what ports are bound to. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "cli.h"
#include "commands.h"
#include "rows.h"

#define ROW(row) ((const struct control_port_row *)(row))

static void
row_port(const void *row, struct cell *c)
{
	cell_number(c, ROW(row)->port);
}

static void
row_parent(const void *row, struct cell *c)
{
	cell_number(c, ROW(row)->parent);
}

static void
row_vlan(const void *row, struct cell *c)
{
	cell_number(c, ROW(row)->vlan);
}

static void
row_mtu(const void *row, struct cell *c)
{
	cell_number(c, ROW(row)->mtu);
}

static void
row_link(const void *row, struct cell *c)
{
	if (ROW(row)->up)
		cell_text(c, "up");
	else
		cell_text(c, "down: %s", ROW(row)->reason);
}

static void
row_bind(const void *row, struct cell *c)
{
	if (ROW(row)->bind == DP_PORT_NIL)
		cell_text(c, "-");
	else
		cell_text(c, "%u", ROW(row)->bind);
}

static void
row_bound_to(const void *row, struct cell *c)
{
	cell_number(c, ROW(row)->bind);
}

static const struct column vlan_columns[] = {
	{ "port", "Port", row_port },
	{ "parent", "Of-port", row_parent },
	{ "vlan", "VLAN", row_vlan },
	{ "mtu", "MTU", row_mtu },
	{ "bound_to", "Bound-to", row_bind },
	{ "link", "Link", row_link },
};

static const struct column bind_columns[] = {
	{ "port", "Port", row_port },
	{ "bound_to", "Bound-to", row_bound_to },
};

static uint32_t
vlan_fill(struct control *c, uint16_t port __rte_unused, uint32_t offset, void *rows, uint32_t max,
		uint32_t *total)
{
	return control_port_rows(c, false, offset, rows, max, total);
}

static uint32_t
bind_fill(struct control *c, uint16_t port __rte_unused, uint32_t offset, void *rows, uint32_t max,
		uint32_t *total)
{
	return control_port_rows(c, true, offset, rows, max, total);
}

const struct row_kind rows_vlan = {
	.size = sizeof(struct control_port_row),
	.nb_columns = RTE_DIM(vlan_columns),
	.columns = vlan_columns,
	.fill = vlan_fill,
};

const struct row_kind rows_bind = {
	.size = sizeof(struct control_port_row),
	.nb_columns = RTE_DIM(bind_columns),
	.columns = bind_columns,
	.fill = bind_fill,
};

/* --- sub-ports --- */

int
cmd_ip_vlan_add(struct cli *cli, const struct cmd_ip_vlan_add *args)
{
	struct port_logical l = { .parent = args->port };
	int ret;

	ret = cli_check_port(cli, args->port);
	if (ret != 0)
		return ret;
	if (args->vid > UINT16_MAX)
		return cli_fail(cli, "VLAN %" PRIu64 ": 1 to 4094 is allowed", args->vid);
	l.vlan = (uint16_t)args->vid;
	ret = app_request(cli->a, vlan_add, &l);
	if (ret != 0)
		return cli_request_fail(cli, ret, l.why);
	fprintf(cli->out, "Port %u is VLAN %u of port %u\n", l.port, l.vlan, l.parent);
	return 0;
}

int
cmd_ip_vlan_del_port(struct cli *cli, const struct cmd_ip_vlan_del_port *args)
{
	struct port_unplug u = { .port = args->port };
	int ret;

	ret = cli_check_port(cli, args->port);
	if (ret != 0)
		return ret;
	ret = app_request(cli->a, vlan_del, &u);
	if (ret != 0)
		return cli_request_fail(cli, ret, u.why);
	fprintf(cli->out, "Port %u is removed\n", args->port);
	return 0;
}

int
cmd_ip_vlan_del(struct cli *cli, const struct cmd_ip_vlan_del *args)
{
	uint16_t list[DP_PORTS_MAX], n = app_ports(cli->a, list), i;
	struct cmd_ip_vlan_del_port del = { .port = DP_PORT_NIL };
	int ret = cli_check_port(cli, args->port);

	if (ret != 0)
		return ret;
	for (i = 0; i < n; i++) {
		const struct dp_port *p = &cli->a->dp->port[list[i]];

		if (p->vlan == args->vid && args->vid != 0 && atomic_load(&p->tx) == args->port)
			del.port = list[i];
	}
	if (del.port == DP_PORT_NIL)
		return cli_fail(cli,
				"VLAN %" PRIu64 ": port %u has no sub-port for it ('ip vlan show')",
				args->vid, args->port);
	return cmd_ip_vlan_del_port(cli, &del);
}

int
cmd_ip_vlan_show(struct cli *cli, const struct cmd_ip_vlan_show *args __rte_unused)
{
	return cli_show(cli, &rows_vlan, 0, "ip vlan show");
}

/* --- bound ports --- */

struct bind_change {
	uint16_t port, to;
};

static int
bind_fn(struct control *c, void *arg)
{
	const struct bind_change *ch = arg;

	return control_bind(c, ch->port, ch->to);
}

static int
unbind_fn(struct control *c, void *arg)
{
	return control_unbind(c, ((const struct bind_change *)arg)->port);
}

static int
change(struct cli *cli, control_fn fn, uint16_t port, uint16_t to, const struct cli_error *errors)
{
	struct bind_change ch = { .port = port, .to = to };
	char what[16];
	int ret;

	ret = cli_check_port(cli, port);
	if (ret == 0 && to != DP_PORT_NIL)
		ret = cli_check_port(cli, to);
	if (ret != 0)
		return ret;
	snprintf(what, sizeof(what), "port %u", port);
	return cli_result(cli, app_ask(cli->a, fn, &ch, sizeof(ch), APP_ASK_MS), what, errors);
}

int
cmd_ip_bind_add_port(struct cli *cli, const struct cmd_ip_bind_add_port *args)
{
	static const struct cli_error errors[] = {
		{ EINVAL, "it cannot be bound to itself" },
		{ EEXIST, "it is bound already ('ip bind show'): 'ip bind del' first" },
		{ 0 },
	};

	return change(cli, bind_fn, args->port, args->to, errors);
}

int
cmd_ip_bind_del_port(struct cli *cli, const struct cmd_ip_bind_del_port *args)
{
	static const struct cli_error errors[] = {
		{ ENOENT, "it is not bound ('ip bind show')" },
		{ 0 },
	};

	return change(cli, unbind_fn, args->port, DP_PORT_NIL, errors);
}

int
cmd_ip_bind_show(struct cli *cli, const struct cmd_ip_bind_show *args __rte_unused)
{
	return cli_show(cli, &rows_bind, 0, "ip bind show");
}

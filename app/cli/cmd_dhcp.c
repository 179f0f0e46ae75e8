/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>

#include "cli.h"
#include "commands.h"
#include "parse.h"
#include "rows.h"

static void
dhcp_server(const void *row, struct cell *c)
{
	char buf[PARSE_IP_STRLEN];

	cell_text(c, "%s", format_ip(((const struct control_dhcp_row *)row)->server.b, buf));
}

static void
dhcp_port(const void *row, struct cell *c)
{
	cell_number(c, ((const struct control_dhcp_row *)row)->port);
}

static void
dhcp_requests(const void *row, struct cell *c)
{
	cell_number(c, ((const struct control_dhcp_row *)row)->requests);
}

static void
dhcp_replies(const void *row, struct cell *c)
{
	cell_number(c, ((const struct control_dhcp_row *)row)->replies);
}

static const struct column dhcp_columns[] = {
	{ "server", "Server", dhcp_server },
	{ "port", "Port", dhcp_port },
	{ "requests", "Requests", dhcp_requests },
	{ "replies", "Replies", dhcp_replies },
};

static uint32_t
dhcp_fill(struct control *c, uint16_t port __rte_unused, uint32_t offset, void *rows, uint32_t max,
		uint32_t *total)
{
	return control_dhcp_rows(c, offset, rows, max, total);
}

const struct row_kind rows_dhcp = {
	.size = sizeof(struct control_dhcp_row),
	.nb_columns = RTE_DIM(dhcp_columns),
	.columns = dhcp_columns,
	.fill = dhcp_fill,
};

static int
add_fn(struct control *c, void *arg)
{
	const struct cli_port_ip *ch = arg;

	return control_dhcp_add(c, ch->port, &ch->ip);
}

static int
del_fn(struct control *c, void *arg)
{
	const struct cli_port_ip *ch = arg;

	return control_dhcp_del(c, ch->port, &ch->ip);
}

int
cmd_ip_dhcp_relay_add(struct cli *cli, const struct cmd_ip_dhcp_relay_add *args)
{
	static const struct cli_error errors[] = {
		{ EEXIST, "the port's clients are relayed to this server already" },
		{ EINVAL,
				"no server can have this address: it must be a unicast address of "
				"another host, and not link-local" },
		{ ENODEV, "not a forwarding port" },
		{ ENOSPC, "no room for more servers" },
		{ 0 },
	};

	return cli_ask_port_ip(cli, add_fn, args->port, &args->server, errors);
}

int
cmd_ip_dhcp_relay_del(struct cli *cli, const struct cmd_ip_dhcp_relay_del *args)
{
	static const struct cli_error errors[] = {
		{ ENOENT, "the port's clients are not relayed to it ('ip dhcp-relay show')" },
		{ 0 },
	};

	return cli_ask_port_ip(cli, del_fn, args->port, &args->server, errors);
}

int
cmd_ip_dhcp_relay_show(struct cli *cli, const struct cmd_ip_dhcp_relay_show *args __rte_unused)
{
	return cli_show(cli, &rows_dhcp, 0, "ip dhcp-relay show");
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Multicast routing. */

#include <errno.h>

#include "cli.h"
#include "commands.h"
#include "parse.h"
#include "rows.h"

#define MEMBER(row) ((const struct control_member_row *)(row))
#define PORT(row) ((const struct control_mcast_port_row *)(row))

static void
member_group(const void *row, struct cell *c)
{
	char buf[PARSE_IP_STRLEN];

	cell_text(c, "%s", format_ip(MEMBER(row)->group.b, buf));
}

static void
member_port(const void *row, struct cell *c)
{
	cell_number(c, MEMBER(row)->port);
}

static void
member_from(const void *row, struct cell *c)
{
	cell_text(c, "%s", MEMBER(row)->fixed ? "command" : "host");
}

static void
member_sources(const void *row, struct cell *c)
{
	if (MEMBER(row)->any)
		cell_text(c, "any");
	else
		cell_text(c, "%u", MEMBER(row)->nb_sources);
}

static void
member_version(const void *row, struct cell *c)
{
	cell_number(c, MEMBER(row)->version);
}

static void
member_expires(const void *row, struct cell *c)
{
	cell_number(c, MEMBER(row)->expires_s);
}

static void
member_upstream(const void *row, struct cell *c)
{
	cell_text(c, "%s", MEMBER(row)->upstream ? "joined" : "-");
}

static const struct column member_columns[] = {
	{ "group", "Group", member_group },
	{ "port", "Port", member_port },
	{ "from", "From", member_from },
	{ "sources", "Sources", member_sources },
	{ "version", "Version", member_version },
	{ "expires_s", "Expires/s", member_expires },
	{ "upstream", "Upstream", member_upstream },
};

static uint32_t
member_fill(struct control *c, uint16_t port __rte_unused, uint32_t offset, void *rows,
		uint32_t max, uint32_t *total)
{
	return control_member_rows(c, offset, rows, max, total);
}

const struct row_kind rows_member = {
	.size = sizeof(struct control_member_row),
	.nb_columns = RTE_DIM(member_columns),
	.columns = member_columns,
	.fill = member_fill,
};

static void
port_port(const void *row, struct cell *c)
{
	cell_number(c, PORT(row)->port);
}

static void
port_role(const void *row, struct cell *c)
{
	cell_text(c, "%s", PORT(row)->upstream ? "upstream" : "downstream");
}

static void
querier(const struct dp_ip *ip, struct cell *c)
{
	char buf[PARSE_IP_STRLEN];

	cell_text(c, "%s", dp_ip_is_zero(ip) ? "-" : format_ip(ip->b, buf));
}

static void
port_querier4(const void *row, struct cell *c)
{
	querier(&PORT(row)->querier4, c);
}

static void
port_querier6(const void *row, struct cell *c)
{
	querier(&PORT(row)->querier6, c);
}

static void
port_members(const void *row, struct cell *c)
{
	cell_number(c, PORT(row)->members);
}

static void
port_refused(const void *row, struct cell *c)
{
	cell_number(c, PORT(row)->refused);
}

static const struct column port_columns[] = {
	{ "port", "Port", port_port },
	{ "role", "Role", port_role },
	{ "igmp_querier", "IGMP-querier", port_querier4 },
	{ "mld_querier", "MLD-querier", port_querier6 },
	{ "members", "Members", port_members },
	{ "refused", "Refused", port_refused },
};

static uint32_t
port_fill(struct control *c, uint16_t port __rte_unused, uint32_t offset, void *rows, uint32_t max,
		uint32_t *total)
{
	return control_mcast_port_rows(c, offset, rows, max, total);
}

const struct row_kind rows_mcast_port = {
	.size = sizeof(struct control_mcast_port_row),
	.nb_columns = RTE_DIM(port_columns),
	.columns = port_columns,
	.fill = port_fill,
};

static int
join_fn(struct control *c, void *arg)
{
	const struct cli_port_ip *ch = arg;

	return control_mcast_join(c, ch->port, &ch->ip);
}

static int
leave_fn(struct control *c, void *arg)
{
	const struct cli_port_ip *ch = arg;

	return control_mcast_leave(c, ch->port, &ch->ip);
}

static int
upstream_fn(struct control *c, void *arg)
{
	return control_mcast_upstream(c, *(const uint16_t *)arg);
}

int
cmd_ip_multicast_join(struct cli *cli, const struct cmd_ip_multicast_join *args)
{
	static const struct cli_error errors[] = {
		{ EEXIST, "the port has this group by command already" },
		{ EINVAL,
				"not a group that is routed: 224.0.1.0 to 239.255.255.255, or IPv6 "
				"of a scope above link-local (ff03:: and up)" },
		{ ENOTCONN,
				"the port routes no multicast: 'ip set multicast on port' or 'ip "
				"multicast upstream port' comes first" },
		{ ENOSPC, "no room for more groups" },
		{ 0 },
	};

	return cli_ask_port_ip(cli, join_fn, args->port, &args->group, errors);
}

int
cmd_ip_multicast_leave(struct cli *cli, const struct cmd_ip_multicast_leave *args)
{
	static const struct cli_error errors[] = {
		{ ENOENT, "the port does not have this group by command ('ip multicast show')" },
		{ 0 },
	};

	return cli_ask_port_ip(cli, leave_fn, args->port, &args->group, errors);
}

int
cmd_ip_multicast_upstream_port(struct cli *cli, const struct cmd_ip_multicast_upstream_port *args)
{
	uint16_t port = args->port;
	char text[16];
	int ret;

	ret = cli_check_port(cli, port);
	if (ret != 0)
		return ret;
	snprintf(text, sizeof(text), "port %u", port);
	ret = app_ask(cli->a, upstream_fn, &port, sizeof(port), APP_ASK_MS);
	return cli_result(cli, ret, text, NULL);
}

int
cmd_ip_multicast_upstream_none(
		struct cli *cli, const struct cmd_ip_multicast_upstream_none *args __rte_unused)
{
	uint16_t port = DP_PORT_NIL;

	return cli_result(cli, app_ask(cli->a, upstream_fn, &port, sizeof(port), APP_ASK_MS),
			"ip multicast upstream none", NULL);
}

int
cmd_ip_multicast_show(struct cli *cli, const struct cmd_ip_multicast_show *args __rte_unused)
{
	return cli_show(cli, &rows_member, 0, "ip multicast show");
}

int
cmd_ip_multicast_ports(struct cli *cli, const struct cmd_ip_multicast_ports *args __rte_unused)
{
	return cli_show(cli, &rows_mcast_port, 0, "ip multicast ports");
}

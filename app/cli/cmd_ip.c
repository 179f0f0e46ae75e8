/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>

#include "cli.h"
#include "commands.h"
#include "parse.h"
#include "rows.h"

/* A change of addresses or routes, on its way to control. */
struct change {
	uint16_t port;
	uint32_t ip, via;
	uint8_t len;
};

static int
ask(struct cli *cli, control_fn fn, struct change *ch)
{
	return app_ask(cli->a, fn, ch, sizeof(*ch), APP_ASK_MS);
}

static int
addr_add_fn(struct control *c, void *arg)
{
	const struct change *ch = arg;

	return control_addr_add(c, ch->port, ch->ip, ch->len);
}

static int
addr_del_fn(struct control *c, void *arg)
{
	const struct change *ch = arg;

	return control_addr_del(c, ch->port, ch->ip, ch->len);
}

int
cmd_ip_address_add(struct cli *cli, const struct cmd_ip_address_add *args)
{
	static const struct cli_error errors[] = {
		{ EEXIST, "the address is there already" },
		{ EINVAL,
				"no host can have this address: not 0.0.0.0/8, 127.0.0.0/8, multicast, "
				"or the first or last of a subnet; length 1 to 32" },
		{ ENODEV, "not a forwarding port" },
		{ ENOSPC, "no room for more addresses or routes" },
		{ 0 },
	};
	struct change ch = { .port = args->port, .ip = args->address.ip, .len = args->address.len };
	char buf[PARSE_PREFIX_STRLEN];
	int ret;

	ret = cli_check_port(cli, args->port);
	if (ret != 0)
		return ret;
	return cli_result(
			cli, ask(cli, addr_add_fn, &ch), format_prefix(ch.ip, ch.len, buf), errors);
}

int
cmd_ip_address_del(struct cli *cli, const struct cmd_ip_address_del *args)
{
	static const struct cli_error errors[] = {
		{ ENOENT, "that port does not have this address ('ip address show')" },
		{ 0 },
	};
	struct change ch = { .port = args->port, .ip = args->address.ip, .len = args->address.len };
	char buf[PARSE_PREFIX_STRLEN];
	int ret;

	ret = cli_check_port(cli, args->port);
	if (ret != 0)
		return ret;
	return cli_result(
			cli, ask(cli, addr_del_fn, &ch), format_prefix(ch.ip, ch.len, buf), errors);
}

static int
route_add_fn(struct control *c, void *arg)
{
	const struct change *ch = arg;

	return control_route_add(c, ch->ip, ch->len, ch->via);
}

static int
route_del_fn(struct control *c, void *arg)
{
	const struct change *ch = arg;

	return control_route_del(c, ch->ip, ch->len);
}

int
cmd_ip_route_add(struct cli *cli, const struct cmd_ip_route_add *args)
{
	static const struct cli_error errors[] = {
		{ EEXIST, "there is a route for this prefix already" },
		{ EINVAL, "bits behind the prefix length are set" },
		{ ENETUNREACH, "the gateway is on no link of ours: 'ip address add' first" },
		{ ENOSPC, "no room for more routes" },
		{ 0 },
	};
	struct change ch = { .ip = args->prefix.ip, .len = args->prefix.len, .via = args->gateway };
	char buf[PARSE_PREFIX_STRLEN];

	return cli_result(cli, ask(cli, route_add_fn, &ch), format_prefix(ch.ip, ch.len, buf),
			errors);
}

int
cmd_ip_route_del(struct cli *cli, const struct cmd_ip_route_del *args)
{
	static const struct cli_error errors[] = {
		{ ENOENT, "there is no static route for this prefix ('ip route show')" },
		{ 0 },
	};
	struct change ch = { .ip = args->prefix.ip, .len = args->prefix.len };
	char buf[PARSE_PREFIX_STRLEN];

	return cli_result(cli, ask(cli, route_del_fn, &ch), format_prefix(ch.ip, ch.len, buf),
			errors);
}

static int
neigh_flush_fn(struct control *c, void *arg __rte_unused)
{
	return control_ip_neigh_flush(c, UINT16_MAX);
}

int
cmd_ip_neigh_flush(struct cli *cli, const struct cmd_ip_neigh_flush *args __rte_unused)
{
	struct change ch = { 0 };
	int ret;

	ret = ask(cli, neigh_flush_fn, &ch);
	if (ret >= 0)
		fprintf(cli->out, "%d forgotten\n", ret);
	return cli_result(cli, ret, "ip neigh flush", NULL);
}

static int
show(struct cli *cli, const struct row_kind *kind, const char *what)
{
	return cli_result(cli, rows_table(cli->a, kind, 0, cli->out), what, NULL);
}

int
cmd_ip_address_show(struct cli *cli, const struct cmd_ip_address_show *args __rte_unused)
{
	return show(cli, &rows_address, "ip address show");
}

int
cmd_ip_route_show(struct cli *cli, const struct cmd_ip_route_show *args __rte_unused)
{
	return show(cli, &rows_route, "ip route show");
}

int
cmd_ip_neigh_show(struct cli *cli, const struct cmd_ip_neigh_show *args __rte_unused)
{
	return show(cli, &rows_ip_neigh, "ip neigh show");
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Neighbours and paths that are not asked for. */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cli.h"
#include "commands.h"
#include "parse.h"

static int
neigh_add_fn(struct control *c, void *arg)
{
	return control_neigh_add(c, arg);
}

static int
neigh_del_fn(struct control *c, void *arg)
{
	const struct control_neigh *n = arg;

	return control_neigh_del(c, n->port, &n->ip);
}

int
cmd_ip_neigh(struct cli *cli, const struct cmd_ip_neigh *args)
{
	static const struct cli_error errors[] = {
		{ EEXIST, "it is there by command already: 'ip neigh replace' gives it another" },
		{ EINVAL, "not a unicast address of another host" },
		{ EADDRINUSE,
				"no host can have this link-layer address: it is ours, or no "
				"unicast address, or has QPN 0, 1 or 0xffffff" },
		{ ENOSPC, "no room for more neighbours" },
		{ 0 },
	};
	struct control_neigh n = { .port = args->port,
		.ip = args->address,
		.lladdr = args->lladdr.lladdr,
		.replace = strcmp(args->how, "replace") == 0 };
	char buf[PARSE_IP_STRLEN];
	int ret;

	ret = cli_check_port(cli, args->port);
	if (ret != 0)
		return ret;
	if (args->lladdr.is_ipoib != (cli->a->dp->port[n.port].kind == DP_PORT_IPOIB))
		return cli_fail(cli, "port %u is an %s port: %s is expected", n.port,
				args->lladdr.is_ipoib ? "Ethernet" : "IPoIB",
				args->lladdr.is_ipoib ? cli_type_mac.allowed
						      : cli_type_lladdr.allowed);
	ret = app_ask(cli->a, neigh_add_fn, &n, sizeof(n), APP_ASK_MS);
	return cli_result(cli, ret, format_ip(n.ip.b, buf), errors);
}

int
cmd_ip_neigh_del(struct cli *cli, const struct cmd_ip_neigh_del *args)
{
	static const struct cli_error errors[] = {
		{ ENOENT, "that port does not have it by command ('ip neigh show state permanent')" },
		{ 0 },
	};
	struct control_neigh n = { .port = args->port, .ip = args->address };
	char buf[PARSE_IP_STRLEN];
	int ret;

	ret = cli_check_port(cli, args->port);
	if (ret != 0)
		return ret;
	ret = app_ask(cli->a, neigh_del_fn, &n, sizeof(n), APP_ASK_MS);
	return cli_result(cli, ret, format_ip(n.ip.b, buf), errors);
}

/* --- paths --- */

static int
path_add_fn(struct control *c, void *arg)
{
	return control_path_add(c, arg);
}

static int
path_del_fn(struct control *c, void *arg)
{
	const struct control_path *p = arg;

	return control_path_del(c, p->port, &p->dgid);
}

/* @return 0, or negative after one line */
static int
check_number(struct cli *cli, const char *what, uint64_t n, uint64_t first, uint64_t last)
{
	if (n >= first && n <= last)
		return 0;
	return cli_fail(cli, "%s %" PRIu64 ": %" PRIu64 " to %" PRIu64 " are possible", what, n,
			first, last);
}

static int
check_path(struct cli *cli, const struct cmd_ipoib_path_add *args)
{
	int ret = cli_check_ipoib(cli, args->port);

	if (ret == 0)
		ret = check_number(cli, "DLID", args->dlid, 1, 0xbfff);
	if (ret == 0 && args->has_sl)
		ret = check_number(cli, "SL", args->sl, 0, 15);
	if (ret == 0 && args->has_hops)
		ret = check_number(cli, "hop limit", args->hops, 0, 255);
	if (ret == 0 && args->has_mtu &&
			(args->mtu < 256 || args->mtu > 4096 || (args->mtu & (args->mtu - 1)) != 0))
		return cli_fail(cli, "MTU %" PRIu64 ": 256, 512, 1024, 2048 and 4096 are possible",
				args->mtu);
	return ret;
}

int
cmd_ipoib_path_add(struct cli *cli, const struct cmd_ipoib_path_add *args)
{
	static const struct cli_error errors[] = {
		{ ENODEV, "the port has no HCA of its own: give a port of the bond" },
		{ EINVAL, "not the GID of another port" },
		{ ENOSPC, "no room for more paths" },
		{ 0 },
	};
	struct control_path p = { .port = args->port,
		.dgid = args->dgid,
		.dlid = (uint16_t)args->dlid,
		.sl = (uint8_t)args->sl,
		.mtu = args->has_mtu ? (uint16_t)args->mtu : 4096,
		.hop_limit = (uint8_t)args->hops };
	char buf[IB_GID_STRLEN];
	int ret;

	ret = check_path(cli, args);
	if (ret != 0)
		return ret;
	ret = app_ask(cli->a, path_add_fn, &p, sizeof(p), APP_ASK_MS);
	return cli_result(cli, ret, ib_gid_format(&p.dgid, buf, sizeof(buf)), errors);
}

int
cmd_ipoib_path_del(struct cli *cli, const struct cmd_ipoib_path_del *args)
{
	static const struct cli_error errors[] = {
		{ ENODEV, "not an IPoIB port with an HCA" },
		{ ENOENT, "there is no path by command to it ('ipoib path show')" },
		{ 0 },
	};
	struct control_path p = { .port = args->port, .dgid = args->dgid };
	char buf[IB_GID_STRLEN];
	int ret;

	ret = cli_check_port(cli, args->port);
	if (ret != 0)
		return ret;
	ret = app_ask(cli->a, path_del_fn, &p, sizeof(p), APP_ASK_MS);
	return cli_result(cli, ret, ib_gid_format(&p.dgid, buf, sizeof(buf)), errors);
}

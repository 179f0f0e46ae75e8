/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <string.h>

#include "cli.h"
#include "commands.h"

/* Of all ports: those that can be, and are not yet. */
static int
switch_ports(struct cli *cli, const struct cli_ports *ports, app_fn fn, const char *done)
{
	struct port_switch s = { .why = "" };
	uint16_t list[DP_PORTS_MAX], n = 1, i;
	int ret = 0;

	list[0] = ports->port;
	if (ports->all)
		n = app_ports(cli->a, list);
	else
		ret = cli_check_port(cli, ports->port);
	for (i = 0; i < n && ret == 0; i++) {
		s.port = list[i];
		if (ports->all && s.port >= DP_PORT_LOGICAL)
			continue;
		ret = app_request(cli->a, fn, &s);
		if (ret == 0)
			fprintf(cli->out, "Port %u is %s\n", s.port, done);
		else if (ret == -EALREADY && ports->all)
			ret = 0;
		else
			ret = cli_request_fail(cli, ret, s.why);
	}
	return ret;
}

int
cmd_port_stop(struct cli *cli, const struct cmd_port_stop *args)
{
	return switch_ports(cli, &args->ports, port_stop, "stopped");
}

int
cmd_port_start(struct cli *cli, const struct cmd_port_start *args)
{
	return switch_ports(cli, &args->ports, port_start, "started");
}

int
cmd_port_config(struct cli *cli, const struct cmd_port_config *args)
{
	struct port_queues q = { .port = args->ports.all ? DP_PORT_NIL : args->ports.port,
		.rx = strcmp(args->kind, "rxq") == 0,
		.n = args->n };
	int ret = 0;

	if (!args->ports.all)
		ret = cli_check_port(cli, q.port);
	if (ret != 0)
		return ret;
	ret = app_request(cli->a, port_queues_set, &q);
	return ret == 0 ? 0 : cli_request_fail(cli, ret, q.why);
}

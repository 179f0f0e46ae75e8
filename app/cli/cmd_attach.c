/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Devices that come and go by testpmd's commands. */

#include <errno.h>
#include <string.h>

#include "cli.h"
#include "commands.h"

int
cmd_port_attach(struct cli *cli, const struct cmd_port_attach *args)
{
	struct cli_string ident = args->device;
	struct port_attach at = { .nb = 0 };
	uint16_t ports[DP_PORTS_MAX], i;
	int ret;

	fputs("Attaching a new port...\n", cli->out);
	snprintf(at.ident, sizeof(at.ident), "%s", ident.text);
	ret = app_request(cli->a, port_attach, &at);
	if (ret != 0)
		return cli_request_fail(cli, ret, at.why);
	for (i = 0; i < at.nb; i++)
		fprintf(cli->out, "Port %u is attached. Now total ports is %u\nDone\n", at.port[i],
				app_ports(cli->a, ports));
	return 0;
}

int
cmd_port_detach(struct cli *cli, const struct cmd_port_detach *args)
{
	struct port_unplug u = { .port = args->port, .only_stopped = true };
	uint16_t ports[DP_PORTS_MAX];
	int ret;

	fputs("Removing a device...\n", cli->out);
	if (cli_check_port(cli, args->port) != 0)
		return -EINVAL;
	ret = app_request(cli->a, port_unplug, &u);
	if (ret != 0)
		return cli_request_fail(cli, ret, u.why);
	fprintf(cli->out, "Device of port %u is detached\nNow total ports is %u\nDone\n",
			args->port, app_ports(cli->a, ports));
	return 0;
}

static int
close_one(struct cli *cli, uint16_t port)
{
	struct port_unplug u = { .port = port, .only_stopped = true, .keep_device = true };
	int ret = app_request(cli->a, port_unplug, &u);

	if (ret != 0)
		return cli_request_fail(cli, ret, u.why);
	fprintf(cli->out, "Port %u is closed\n", port);
	return 0;
}

int
cmd_port_close(struct cli *cli, const struct cmd_port_close *args)
{
	int ret;

	fputs("Closing ports...\n", cli->out);
	ret = cli_each_port(cli, &args->ports, close_one);
	if (ret == 0)
		fputs("Done\n", cli->out);
	return ret;
}

static int
reset_one(struct cli *cli, uint16_t port)
{
	struct port_switch s = { .port = port };
	int ret = app_request(cli->a, port_reset, &s);

	return ret == 0 ? 0 : cli_request_fail(cli, ret, s.why);
}

int
cmd_port_reset(struct cli *cli, const struct cmd_port_reset *args)
{
	int ret;

	fputs("Resetting ports...\n", cli->out);
	ret = cli_each_port(cli, &args->ports, reset_one);
	if (ret == 0)
		fputs("Done\n", cli->out);
	return ret;
}

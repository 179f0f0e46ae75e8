/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "cli.h"
#include "commands.h"
#include "rows.h"

int
cmd_ipoib_pkey_add(struct cli *cli, const struct cmd_ipoib_pkey_add *args)
{
	struct partition_add p = { .like = args->port };
	int ret;

	ret = cli_check_port(cli, args->port);
	if (ret != 0)
		return ret;
	if (args->pkey > UINT16_MAX)
		return cli_fail(cli, "P_Key 0x%" PRIx64 ": 0x0001 to 0xffff is allowed",
				args->pkey);
	p.pkey = (uint16_t)args->pkey;
	ret = app_request(cli->a, partition_add, &p);
	if (ret != 0)
		return cli_request_fail(cli, ret, p.why);
	fprintf(cli->out, "Port %u is in partition 0x%04x\n", p.port, p.pkey);
	return 0;
}

int
cmd_ipoib_pkey_del(struct cli *cli, const struct cmd_ipoib_pkey_del *args)
{
	struct port_unplug u = { .port = args->port };
	int ret;

	ret = cli_check_port(cli, args->port);
	if (ret != 0)
		return ret;
	ret = app_request(cli->a, partition_del, &u);
	if (ret != 0)
		return cli_request_fail(cli, ret, u.why);
	fprintf(cli->out, "Port %u is removed\n", args->port);
	return 0;
}

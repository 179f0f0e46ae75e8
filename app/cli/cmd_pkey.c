/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "commands.h"
#include "rows.h"

int
cmd_ipoib_pkey_add(struct cli *cli, const struct cmd_ipoib_pkey_add *args)
{
	struct partition_add p = { .like = args->port };
	int ret;

	ret = cli_check_ipoib(cli, args->port);
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

/* The port in a partition on the same HCA port. @return 0, or negative after one line */
static int
find(struct cli *cli, const struct cmd_ipoib_pkey_del *args, uint16_t *port)
{
	uint16_t list[DP_PORTS_MAX], n = app_ports(cli->a, list), i;
	struct pmd_ipoib_info of, info;

	if (pmd_ipoib_info_get(args->port, &of) != 0)
		return cli_fail(cli, "port %u has no HCA port of its own", args->port);
	for (i = 0; i < n; i++) {
		if (pmd_ipoib_info_get(list[i], &info) == 0 && info.hca_port == of.hca_port &&
				strcmp(info.device, of.device) == 0 && info.pkey == args->pkey) {
			*port = list[i];
			return 0;
		}
	}
	return cli_fail(cli,
			"P_Key 0x%04" PRIx64 ": no port on %s port %u has it ('ipoib show all')",
			args->pkey, of.device, of.hca_port);
}

int
cmd_ipoib_pkey_del(struct cli *cli, const struct cmd_ipoib_pkey_del *args)
{
	struct port_unplug u = { .port = args->port };
	int ret;

	ret = cli_check_ipoib(cli, args->port);
	if (ret == 0 && args->has_pkey)
		ret = find(cli, args, &u.port);
	if (ret != 0)
		return ret;
	ret = app_request(cli->a, partition_del, &u);
	if (ret != 0)
		return cli_request_fail(cli, ret, u.why);
	fprintf(cli->out, "Port %u is removed\n", u.port);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <string.h>

#include "cli.h"
#include "commands.h"
#include "rows.h"

struct flag_change {
	uint16_t port;
	enum control_flag flag;
	bool on;
};

static int
flag_fn(struct control *c, void *arg)
{
	const struct flag_change *ch = arg;

	return control_port_flag(c, ch->port, ch->flag, ch->on);
}

int
cmd_ip_set(struct cli *cli, const struct cmd_ip_set *args)
{
	static const struct cli_error errors[] = {
		{ ENODEV, "not a forwarding port" },
		{ ENOTSUP, "only an IPoIB port knows the LIDs of its peers" },
		{ 0 },
	};
	struct flag_change ch = { .port = args->port, .on = strcmp(args->state, "on") == 0 };
	int ret;

	ret = cli_check_port(cli, args->port);
	if (ret != 0)
		return ret;
	while (ch.flag < CONTROL_FLAG_MAX && strcmp(args->flag, control_flag_name[ch.flag]) != 0)
		ch.flag++;
	return cli_result(cli, app_ask(cli->a, flag_fn, &ch, sizeof(ch), APP_ASK_MS), args->flag,
			errors);
}

int
cmd_ip_set_show(struct cli *cli, const struct cmd_ip_set_show *args __rte_unused)
{
	return cli_show(cli, &rows_ip_set, 0, "ip set show");
}

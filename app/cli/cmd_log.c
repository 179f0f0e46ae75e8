/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Log levels of our parts. */

#include <errno.h>
#include <string.h>

#include <rte_log.h>

#include "cli.h"
#include "commands.h"
#include "config.h"

static const struct {
	const char *name, *type;
} parts[] = {
	{ "program", "ipoib.app" },
	{ "control", "ipoib.control" },
	{ "neigh", "ipoib.neigh" },
	{ "sa", "ipoib.sa" },
	{ "mad", "ipoib.mad" },
	{ "driver", "pmd.net.ipoib" },
};

static const char *const levels[] = {
	[RTE_LOG_EMERG] = "emergency",
	[RTE_LOG_ALERT] = "alert",
	[RTE_LOG_CRIT] = "critical",
	[RTE_LOG_ERR] = "error",
	[RTE_LOG_WARNING] = "warning",
	[RTE_LOG_NOTICE] = "notice",
	[RTE_LOG_INFO] = "info",
	[RTE_LOG_DEBUG] = "debug",
};

/* Those that a command has set. Command thread. */
static bool part_set[RTE_DIM(parts)];

/* -1: a name that is not of any type. */
static int
level_of(const char *type)
{
	/* Of a type that is there it gives the number that it has. */
	int id = rte_log_register(type);

	return id < 0 ? -1 : rte_log_get_level((uint32_t)id);
}

int
cmd_set_log_part_level(struct cli *cli, const struct cmd_set_log_part_level *args)
{
	uint32_t level = RTE_LOG_EMERG;
	unsigned int i = 0;

	while (strcmp(parts[i].name, args->part) != 0)
		i++;
	while (strcmp(levels[level], args->level) != 0)
		level++;
	/* EAL's --log-level bounds all. */
	if (level > rte_log_get_global_level())
		rte_log_set_global_level(level);
	if (rte_log_set_level_pattern(parts[i].type, level) != 0)
		return cli_fail(cli, "%s: EAL takes no such level", args->part);
	part_set[i] = true;
	return 0;
}

void
config_write_log(FILE *out)
{
	unsigned int i;
	int level;

	for (i = 0; i < RTE_DIM(parts); i++) {
		level = part_set[i] ? level_of(parts[i].type) : -1;
		if (level >= (int)RTE_LOG_EMERG && level < (int)RTE_DIM(levels))
			fprintf(out, "set log %s %s\n", parts[i].name, levels[level]);
	}
}

int
cmd_show_log(struct cli *cli, const struct cmd_show_log *args __rte_unused)
{
	struct table t = {
		.nb_columns = 3,
		.heading = { "Part", "Type", "Level" },
		.key = { "part", "type", "level" },
	};
	unsigned int i;
	int level;

	for (i = 0; i < RTE_DIM(parts); i++) {
		struct cell *cells = table_row(&t);

		if (cells == NULL)
			break;
		level = level_of(parts[i].type);
		cell_text(&cells[0], "%s", parts[i].name);
		cell_text(&cells[1], "%s", parts[i].type);
		cell_text(&cells[2], "%s",
				level >= (int)RTE_LOG_EMERG && level < (int)RTE_DIM(levels)
						? levels[level]
						: "-");
	}
	if (cli->json)
		table_print_json(&t, cli->out);
	else
		table_print(&t, cli->out);
	table_free(&t);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <string.h>

#include "cli.h"
#include "commands.h"

static bool
has_topic(const struct cli_command *cmd, const char *topic)
{
	size_t first = strcspn(cmd->usage, " ");

	return topic == NULL || strcmp(cmd->section, topic) == 0 ||
			(strlen(topic) == first && strncmp(cmd->usage, topic, first) == 0);
}

static unsigned int
print_help(FILE *out, const char *topic)
{
	const char *section = "";
	unsigned int i, n = 0;

	for (i = 0; i < cli_nb_commands; i++) {
		const struct cli_command *cmd = &cli_commands[i];

		if (!cmd->first || !has_topic(cmd, topic))
			continue;
		if (strcmp(section, cmd->section) != 0) {
			section = cmd->section;
			fprintf(out, "%s%s:\n", n == 0 ? "" : "\n", section);
		}
		fprintf(out, "  %-44s %s\n", cmd->usage, cmd->help);
		n++;
	}
	return n;
}

int
cmd_help(struct cli *cli, const struct cmd_help *args __rte_unused)
{
	print_help(cli->out, NULL);
	fputs("\nKeywords may be shortened while they are unique; # begins a comment.\n", cli->out);
	return 0;
}

int
cmd_help_topic(struct cli *cli, const struct cmd_help_topic *args)
{
	const char *topic = args->topic.text, *section = "";
	char list[256] = "";
	size_t used = 0;
	unsigned int i;

	if (print_help(cli->out, topic) != 0)
		return 0;
	for (i = 0; i < cli_nb_commands && used < sizeof(list); i++) {
		if (strcmp(section, cli_commands[i].section) == 0)
			continue;
		section = cli_commands[i].section;
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
				used == 0 ? "" : ", ", section);
	}
	return cli_fail(cli, "no help on '%s': there is %s, and the first word of each command",
			topic, list);
}

int
cmd_load_file(struct cli *cli, const struct cmd_load_file *args)
{
	struct cli_string name = args->file;

	return cli_load(cli, name.text);
}

int
cmd_quit(struct cli *cli, const struct cmd_quit *args __rte_unused)
{
	app_quit(cli->a, APP_EXIT_OK);
	return 0;
}

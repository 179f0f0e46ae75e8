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

/* What a topic looks like when it is used. */
static const struct {
	const char *topic, *text;
} examples[] = {
	{ "forwarding", "start\nset fwd route\nshow fwd stats all\n" },
	{ "ip",
			"ip address add 192.0.2.1/24 port 0\n"
			"ip route add 198.51.100.0/24 via 203.0.113.2\n"
			"ip route show root 198.51.0.0/16 json\n"
			"ip neigh show port 1 state valid\n"
			"ip filter add 10 port 0 in deny from any to 198.51.100.0/24 proto tcp dport 23\n" },
	{ "ipoib",
			"ipoib show all\n"
			"ipoib neigh show 1\n"
			"ipoib path add 1 0x0002c90300001234 dlid 7 sl 1\n"
			"ipoib pkey add 1 0x8001\n"
			"ipoib bond add bond0 ports 1,2 primary 1\n" },
	{ "diagnosis",
			"ping 198.51.100.2 count 3 verbose\n"
			"ping fe80::2:c903:0:1234 port 1\n"
			"arping 203.0.113.2\n"
			"traceroute 2001:db8::1\n" },
	{ "program", "set log control debug\nsave gateway.cmd\nload gateway.cmd\n" },
};

static void
print_examples(FILE *out, const char *topic)
{
	const char *line;
	unsigned int i;
	size_t n;

	for (i = 0; i < RTE_DIM(examples); i++) {
		if (strcmp(examples[i].topic, topic) != 0)
			continue;
		fputs("\nExamples:\n", out);
		for (line = examples[i].text; *line != '\0'; line += n) {
			n = strcspn(line, "\n") + 1;
			fputs("  ", out);
			fwrite(line, 1, n, out);
		}
	}
}

/* Is topic one of the command's words? */
static bool
has_word(const struct cli_command *cmd, const char *topic)
{
	size_t len = strlen(topic), n;
	const char *word;

	for (word = cmd->usage; *word != '\0'; word += n) {
		word += strspn(word, " |[]");
		n = strcspn(word, " |[]");
		if (n == len && len != 0 && strncmp(word, topic, n) == 0)
			return true;
	}
	return false;
}

static unsigned int
print_help(FILE *out, const char *topic, bool (*fits)(const struct cli_command *, const char *))
{
	const char *section = "";
	unsigned int i, n = 0;

	for (i = 0; i < cli_nb_commands; i++) {
		const struct cli_command *cmd = &cli_commands[i];

		if (!cmd->first || !fits(cmd, topic))
			continue;
		if (strcmp(section, cmd->section) != 0) {
			section = cmd->section;
			fprintf(out, "%s%s:\n", n == 0 ? "" : "\n", section);
		}
		/* What is long gets a line of its own. */
		if (strlen(cmd->usage) <= 44)
			fprintf(out, "  %-44s %s\n", cmd->usage, cmd->help);
		else
			fprintf(out, "  %s\n  %-44s %s\n", cmd->usage, "", cmd->help);
		n++;
	}
	return n;
}

int
cmd_help(struct cli *cli, const struct cmd_help *args __rte_unused)
{
	print_help(cli->out, NULL, has_topic);
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

	if (print_help(cli->out, topic, has_topic) != 0 ||
			print_help(cli->out, topic, has_word) != 0) {
		print_examples(cli->out, topic);
		return 0;
	}
	for (i = 0; i < cli_nb_commands && used < sizeof(list); i++) {
		if (strcmp(section, cli_commands[i].section) == 0)
			continue;
		section = cli_commands[i].section;
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
				used == 0 ? "" : ", ", section);
	}
	return cli_fail(cli, "no help on '%s': there is %s, and the words of each command", topic,
			list);
}

int
cmd_load_file(struct cli *cli, const struct cmd_load_file *args)
{
	struct cli_string name = args->file;
	bool was = cli->keep_going;
	int ret;

	cli->keep_going |= args->has_keep_going;
	ret = cli_load(cli, name.text);
	cli->keep_going = was;
	return ret;
}

int
cmd_quit(struct cli *cli, const struct cmd_quit *args __rte_unused)
{
	app_quit(cli->a, APP_EXIT_OK);
	return 0;
}

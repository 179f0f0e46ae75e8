/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "journal.h"

static void
line_free(struct journal_line *l)
{
	free(l->file);
	free(l);
}

int
journal_add(struct journal *j, const char *text, const char *file, unsigned int number)
{
	size_t room = j->room == 0 ? 64 : 2 * j->room;
	struct journal_line **grown, *l;

	if (j->nb == j->room) {
		grown = realloc(j->line, room * sizeof(*grown));
		if (grown == NULL)
			return -ENOMEM;
		j->line = grown;
		j->room = room;
	}
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		return -ENOMEM;
	l->file = strdup(file);
	if (l->file == NULL) {
		free(l);
		return -ENOMEM;
	}
	l->number = number;
	snprintf(l->text, sizeof(l->text), "%s", text);
	if (!grammar_undo(text, l->undo, &l->reset))
		l->undo[0] = '\0';
	j->line[j->nb++] = l;
	return 0;
}

void
journal_free(struct journal *j)
{
	size_t i;

	for (i = 0; i < j->nb; i++)
		line_free(j->line[i]);
	free(j->line);
	*j = (struct journal){ .nb = 0 };
}

static int
read_line(struct cli *cli, struct journal *j, const char *line)
{
	static const char load[] = "load ";
	char whole[GRAMMAR_LINE_MAX + 1], why[512];
	int ret;

	ret = grammar_resolve(line, whole, why, sizeof(why));
	if (ret == 0)
		return 0;
	if (ret < 0)
		return cli_fail(cli, "%s", why);
	if (strncmp(whole, load, strlen(load)) != 0)
		return journal_add(j, whole, cli->file, cli->line);
	whole[strlen(load) + strcspn(whole + strlen(load), " ")] = '\0';
	return journal_read(cli, j, whole + strlen(load));
}

static int
read_lines(struct cli *cli, struct journal *j, FILE *f)
{
	char *line = NULL;
	size_t room = 0;
	int ret = 0;

	while (ret == 0 && getline(&line, &room, f) >= 0) {
		cli->line++;
		ret = read_line(cli, j, line);
	}
	free(line);
	return ret;
}

int
journal_read(struct cli *cli, struct journal *j, const char *path)
{
	struct cli_place was;
	FILE *f;
	int ret;

	f = cli_enter(cli, path, &was);
	if (f == NULL)
		return -EINVAL;
	ret = read_lines(cli, j, f);
	cli_leave(cli, f, &was);
	return ret;
}

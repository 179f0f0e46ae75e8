/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * A changed command file, by difference. A route that gets another gateway has both for a moment,
 * so that no packet is lost; other things are taken away before what takes their place is made.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "journal.h"

static const char route_add[] = "ip route add ";

struct counts {
	size_t undone, added, kept;
};

static int
by_text(const void *a, const void *b)
{
	return strcmp((*(struct journal_line *const *)a)->text,
			(*(struct journal_line *const *)b)->text);
}

static struct journal_line **
sorted(const struct journal *j)
{
	struct journal_line **s = malloc((j->nb + 1) * sizeof(struct journal_line *));

	if (s != NULL && j->nb != 0) {
		memcpy(s, j->line, j->nb * sizeof(struct journal_line *));
		qsort(s, j->nb, sizeof(struct journal_line *), by_text);
	}
	return s;
}

/* Mark the lines that are in both, as often as they are in both. */
static int
compare(struct journal *old, struct journal *new)
{
	struct journal_line **a = sorted(old), **b = sorted(new);
	size_t i = 0, k = 0;
	int cmp;

	if (a == NULL || b == NULL) {
		free(a);
		free(b);
		return -ENOMEM;
	}
	while (i < old->nb && k < new->nb) {
		cmp = strcmp(a[i]->text, b[k]->text);
		if (cmp == 0)
			a[i]->kept = b[k]->kept = true;
		i += cmp <= 0;
		k += cmp >= 0;
	}
	free(a);
	free(b);
	return 0;
}

/* Run a command in the name of a line. */
static int
run_as(struct cli *cli, const struct journal_line *l, const char *command, bool mute)
{
	struct cli_place was = { .file = cli->file, .line = cli->line };
	int ret;

	cli->file = l->file;
	cli->line = l->number;
	cli->mute = mute;
	ret = cli_exec(cli, command);
	cli->mute = false;
	cli->file = was.file;
	cli->line = was.line;
	return ret;
}

/* "ip route add PREFIX via ": octets of it, 0: not such a line. */
static size_t
route_prefix(const char *text)
{
	const char *via;

	if (strncmp(text, route_add, strlen(route_add)) != 0)
		return 0;
	via = strstr(text, " via ");
	return via == NULL ? 0 : (size_t)(via - text);
}

static bool
route_goes(const struct journal *old, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < old->nb; i++) {
		if (!old->line[i]->kept && route_prefix(old->line[i]->text) == len &&
				strncmp(old->line[i]->text, text, len) == 0)
			return true;
	}
	return false;
}

/* Routes whose gateway is another: the new one comes first. If that fails, it is tried in its turn. */
static void
routes_ahead(struct cli *cli, const struct journal *old, struct journal *new)
{
	char line[GRAMMAR_LINE_MAX + 8];
	size_t i, len;

	for (i = 0; i < new->nb; i++) {
		struct journal_line *l = new->line[i];

		len = l->kept ? 0 : route_prefix(l->text);
		if (len == 0 || !route_goes(old, l->text, len))
			continue;
		snprintf(line, sizeof(line), "ip route append %s", l->text + strlen(route_add));
		l->done = run_as(cli, l, line, true) == 0;
	}
}

/* Does a new line set what this one has set? */
static bool
is_overridden(const struct journal_line *l, const struct journal *new)
{
	size_t i;

	for (i = 0; l->reset && i < new->nb; i++) {
		if (new->line[i]->reset && strcmp(new->line[i]->undo, l->undo) == 0)
			return true;
	}
	return false;
}

static void
undo_all(struct cli *cli, struct journal *old, const struct journal *new, struct counts *n)
{
	size_t i;

	for (i = old->nb; i-- > 0;) {
		const struct journal_line *l = old->line[i];

		if (l->kept || is_overridden(l, new))
			continue;
		if (l->undo[0] == '\0') {
			app_say("'%s' is gone from the command file, but no command takes it back: "
				"its effect stays",
					l->text);
			continue;
		}
		/* By hand it may have been taken back already: one line says so. */
		run_as(cli, l, l->undo, false);
		n->undone++;
	}
}

/* A route whose link was taken away and is there again has gone with it. */
static void
route_back(struct cli *cli, const struct journal_line *l, const struct counts *n)
{
	if (n->undone != 0 && strncmp(l->text, "ip route a", 10) == 0)
		run_as(cli, l, l->text, true);
}

static int
run_all(struct cli *cli, struct journal *new, struct counts *n)
{
	int ret = 0;
	size_t i;

	for (i = 0; i < new->nb && (ret == 0 || cli->keep_going); i++) {
		struct journal_line *l = new->line[i];

		if (l->kept) {
			route_back(cli, l, n);
			n->kept++;
			continue;
		}
		if (!l->done) {
			ret = run_as(cli, l, l->text, false);
			l->done = ret == 0;
		}
		n->added += l->done;
	}
	/* What was not come to is there nevertheless. */
	return ret;
}

/* Forget the lines that do not hold. */
static void
prune(struct journal *j)
{
	size_t i, n = 0;

	for (i = 0; i < j->nb; i++) {
		if (j->line[i]->kept || j->line[i]->done) {
			j->line[i]->kept = false;
			j->line[n++] = j->line[i];
			continue;
		}
		free(j->line[i]->file);
		free(j->line[i]);
	}
	j->nb = n;
}

int
journal_reload(struct cli *cli, struct journal *j, const char *path)
{
	struct journal new = { .nb = 0 };
	struct counts n = { .kept = 0 };
	int ret;

	ret = journal_read(cli, &new, path);
	if (ret == 0)
		ret = compare(j, &new);
	if (ret != 0) {
		app_say("%s: nothing was changed", path);
		journal_free(&new);
		return ret;
	}
	routes_ahead(cli, j, &new);
	undo_all(cli, j, &new, &n);
	ret = run_all(cli, &new, &n);
	prune(&new);
	journal_free(j);
	*j = new;
	app_say("%s: %zu lines taken back, %zu new, %zu as they were%s", path, n.undone, n.added,
			n.kept, ret != 0 ? "; the line above ended it" : "");
	return ret;
}

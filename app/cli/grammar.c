/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>

#include "grammar.h"
#include "nearest.h"

/* A line in the works. */
struct resolve {
	char text[GRAMMAR_LINE_MAX + 1];
	char *word[GRAMMAR_WORDS_MAX];
	unsigned int nb_words;
	bool in[GRAMMAR_COMMANDS_MAX]; /* commands that fit so far */
	char *out;
	char *why;
	size_t why_len;
};

/* Choices for one word, without doubles. */
struct choices {
	const char *text[GRAMMAR_COMMANDS_MAX];
	size_t len[GRAMMAR_COMMANDS_MAX];
	unsigned int nb;
};

#define FOREACH_FIT(r, c, i) \
	for ((c) = 0; (c) < cli_nb_commands; (c)++) \
		if ((r)->in[c] && (i) < cli_commands[c].nb_words)

static void
choices_add(struct choices *set, const char *text, size_t len)
{
	unsigned int i;

	for (i = 0; i < set->nb; i++) {
		if (set->len[i] == len && strncmp(set->text[i], text, len) == 0)
			return;
	}
	if (set->nb == RTE_DIM(set->text))
		return;
	set->text[set->nb] = text;
	set->len[set->nb++] = len;
}

/* Keywords of @p w that begin with @p prefix, into @p set unless that is NULL. @return how many */
static unsigned int
keywords_add(struct choices *set, const struct cli_word *w, const char *prefix)
{
	const char *k = w->name;
	unsigned int n = 0;

	while (w->type == NULL && *k != '\0') {
		size_t len = strcspn(k, "#");

		if (strncmp(k, prefix, strlen(prefix)) == 0 && strlen(prefix) <= len) {
			n++;
			if (set != NULL)
				choices_add(set, k, len);
		}
		k += len + (k[len] == '#');
	}
	return n;
}

static bool
has_keyword(const struct cli_word *w, const char *word, size_t len)
{
	const char *k = w->name;

	while (w->type == NULL && *k != '\0') {
		size_t n = strcspn(k, "#");

		if (n == len && strncmp(k, word, len) == 0)
			return true;
		k += n + (k[n] == '#');
	}
	return false;
}

static void
choices_print(const struct choices *set, char *buf, size_t len)
{
	size_t used = 0;
	unsigned int i;

	buf[0] = '\0';
	for (i = 0; i < set->nb && used < len; i++)
		used += (size_t)snprintf(buf + used, len - used, "%s%.*s",
				i == 0				   ? ""
						: i == set->nb - 1 ? " or "
								   : ", ",
				(int)set->len[i], set->text[i]);
}

/* What may stand at word @p i. */
static void
expected(const struct resolve *r, unsigned int i, char *buf, size_t len)
{
	struct choices set = { .nb = 0 };
	unsigned int c;

	FOREACH_FIT(r, c, i)
	{
		const struct cli_word *w = &cli_commands[c].words[i];

		if (w->type != NULL)
			choices_add(&set, w->type->allowed, strlen(w->type->allowed));
		else
			keywords_add(&set, w, "");
	}
	choices_print(&set, buf, len);
}

static int
unknown_command(struct resolve *r)
{
	static char names[GRAMMAR_COMMANDS_MAX][NEAREST_WORD_MAX];
	struct nearest n = { .word = r->word[0] };
	unsigned int c;

	for (c = 0; c < cli_nb_commands; c++) {
		snprintf(names[c], sizeof(names[c]), "%.*s",
				(int)strcspn(cli_commands[c].usage, " "), cli_commands[c].usage);
		nearest_offer(&n, names[c]);
	}
	if (n.best != NULL)
		snprintf(r->why, r->why_len,
				"unknown command '%s': the nearest is '%s'; 'help' lists all",
				r->word[0], n.best);
	else
		snprintf(r->why, r->why_len, "unknown command '%s': 'help' lists all", r->word[0]);
	return -EINVAL;
}

static int
bad_word(struct resolve *r, unsigned int i)
{
	char list[320];

	if (i == 0)
		return unknown_command(r);
	expected(r, i, list, sizeof(list));
	if (list[0] == '\0')
		snprintf(r->why, r->why_len, "unexpected word '%s': the command ends after '%s'",
				r->word[i], r->out);
	else
		snprintf(r->why, r->why_len, "bad word '%s' after '%s': expected %s", r->word[i],
				r->out, list);
	return -EINVAL;
}

static int
ambiguous_word(struct resolve *r, unsigned int i, const struct choices *set)
{
	char list[320];

	choices_print(set, list, sizeof(list));
	snprintf(r->why, r->why_len, "ambiguous word '%s': %s", r->word[i], list);
	return -EINVAL;
}

static void
out_add(struct resolve *r, const char *word, size_t len)
{
	size_t used = strlen(r->out);

	snprintf(r->out + used, GRAMMAR_LINE_MAX + 1 - used, "%s%.*s", used == 0 ? "" : " ",
			(int)len, word);
}

/* Keep the commands whose word @p i is the keyword. */
static void
keep_keyword(struct resolve *r, unsigned int i, const char *word, size_t len)
{
	unsigned int c;

	for (c = 0; c < cli_nb_commands; c++)
		r->in[c] = r->in[c] && i < cli_commands[c].nb_words &&
				has_keyword(&cli_commands[c].words[i], word, len);
	out_add(r, word, len);
}

static bool
accepts(const struct cli_command *cmd, unsigned int i, const char *word)
{
	char field[sizeof(struct cli_string)] __rte_aligned(8);

	return i < cmd->nb_words && cmd->words[i].type != NULL &&
			cmd->words[i].type->read(word, field) == 0;
}

/* Keep the commands that take the word as an argument. */
static bool
keep_argument(struct resolve *r, unsigned int i)
{
	bool any = false;
	unsigned int c;

	FOREACH_FIT(r, c, i)
	any |= accepts(&cli_commands[c], i, r->word[i]);
	if (!any)
		return false;
	for (c = 0; c < cli_nb_commands; c++)
		r->in[c] = r->in[c] && accepts(&cli_commands[c], i, r->word[i]);
	out_add(r, r->word[i], strlen(r->word[i]));
	return true;
}

static int
resolve_word(struct resolve *r, unsigned int i)
{
	struct choices set = { .nb = 0 };
	unsigned int c, k;

	FOREACH_FIT(r, c, i)
	keywords_add(&set, &cli_commands[c].words[i], r->word[i]);
	for (k = 0; k < set.nb; k++) {
		if (set.len[k] == strlen(r->word[i])) {
			keep_keyword(r, i, set.text[k], set.len[k]);
			return 0;
		}
	}
	if (keep_argument(r, i))
		return 0;
	if (set.nb > 1)
		return ambiguous_word(r, i, &set);
	if (set.nb == 0)
		return bad_word(r, i);
	keep_keyword(r, i, set.text[0], set.len[0]);
	return 0;
}

/* Is one of the commands that fit complete? */
static int
check_end(struct resolve *r)
{
	char list[320];
	unsigned int c;

	for (c = 0; c < cli_nb_commands; c++) {
		if (r->in[c] && cli_commands[c].nb_words == r->nb_words)
			return 1;
	}
	expected(r, r->nb_words, list, sizeof(list));
	snprintf(r->why, r->why_len, "incomplete command '%s': expected %s", r->out, list);
	return -EINVAL;
}

/* Blanks between double quotes are no ends of words: they become CLI_BLANK, quotes ordinary blanks. */
static int
unquote(struct resolve *r)
{
	bool quoted = false;
	char *p;

	for (p = r->text; *p != '\0'; p++) {
		if (*p == '"') {
			quoted = !quoted;
			*p = ' ';
		} else if (quoted && (*p == ' ' || *p == '\t')) {
			*p = CLI_BLANK;
		}
	}
	if (!quoted)
		return 0;
	snprintf(r->why, r->why_len, "a double quote is missing");
	return -EINVAL;
}

static int
split(struct resolve *r)
{
	char *save = NULL, *w;

	r->text[strcspn(r->text, "#\r\n")] = '\0';
	if (unquote(r) != 0)
		return -EINVAL;
	for (w = strtok_r(r->text, " \t", &save); w != NULL; w = strtok_r(NULL, " \t", &save)) {
		if (r->nb_words == GRAMMAR_WORDS_MAX) {
			snprintf(r->why, r->why_len, "too many words: no command has more than %u",
					GRAMMAR_WORDS_MAX);
			return -EINVAL;
		}
		r->word[r->nb_words++] = w;
	}
	return 0;
}

static int
resolve_all(struct resolve *r)
{
	unsigned int i;
	int ret;

	r->out[0] = '\0';
	memset(r->in, 1, cli_nb_commands * sizeof(r->in[0]));
	for (i = 0; i < r->nb_words; i++) {
		if (strlen(r->word[i]) >= STR_TOKEN_SIZE) {
			snprintf(r->why, r->why_len, "word too long: '%.20s...'", r->word[i]);
			return -EINVAL;
		}
		ret = resolve_word(r, i);
		if (ret != 0)
			return ret;
	}
	return check_end(r);
}

static bool
word_fits(const struct cli_command *cmd, unsigned int i, const char *word)
{
	if (cmd->words[i].type != NULL)
		return strlen(word) < STR_TOKEN_SIZE && accepts(cmd, i, word);
	return keywords_add(NULL, &cmd->words[i], word) != 0;
}

/* Put the groups behind the fixed words into the order of cmd, which has all of them.
 * @return whether all words are groups of it, each one once at most */
static bool
reorder_as(const struct cli_command *cmd, char *const *word, unsigned int nb, char **sorted)
{
	bool used[GRAMMAR_WORDS_MAX] = { false };
	unsigned int at[GRAMMAR_WORDS_MAX] = { 0 }, i, k, n = cmd->nb_fixed, len;

	for (i = 0; i < cmd->nb_fixed; i++) {
		if (i >= nb || !word_fits(cmd, i, word[i]))
			return false;
		sorted[i] = word[i];
	}
	for (; i < nb; i += len) {
		for (k = cmd->nb_fixed; k < cmd->nb_words; k++) {
			if (cmd->words[k].starts && !used[k] && word_fits(cmd, k, word[i]))
				break;
		}
		if (k == cmd->nb_words)
			return false;
		used[k] = true;
		at[k] = i;
		for (len = 1; k + len < cmd->nb_words && !cmd->words[k + len].starts; len++)
			;
	}
	for (k = cmd->nb_fixed; k < cmd->nb_words; k++) {
		if (!used[k])
			continue;
		for (len = 0; len == 0 || (k + len < cmd->nb_words && !cmd->words[k + len].starts);
				len++) {
			if (at[k] + len >= nb)
				return false;
			sorted[n++] = word[at[k] + len];
		}
	}
	return n == nb;
}

/* Bring optional words into the order that the commands have. @return whether that is another one */
static bool
reorder(struct resolve *r)
{
	char *sorted[GRAMMAR_WORDS_MAX];
	unsigned int c;

	for (c = 0; c < cli_nb_commands; c++) {
		const struct cli_command *cmd = &cli_commands[c];

		/* The last form of a command has all groups. */
		if (cmd->nb_fixed == cmd->nb_words ||
				(c + 1 < cli_nb_commands && !cli_commands[c + 1].first))
			continue;
		if (reorder_as(cmd, r->word, r->nb_words, sorted)) {
			memcpy(r->word, sorted, r->nb_words * sizeof(sorted[0]));
			return true;
		}
	}
	return false;
}

int
grammar_resolve(const char *line, char *out, char *why, size_t why_len)
{
	struct resolve r = { .out = out, .why = why, .why_len = why_len };
	char other[512];
	int ret;

	out[0] = '\0';
	if (strlen(line) > GRAMMAR_LINE_MAX / 2) {
		/* Keywords may grow when they are completed. */
		snprintf(why, why_len, "line too long: at most %u characters",
				GRAMMAR_LINE_MAX / 2);
		return -EINVAL;
	}
	snprintf(r.text, sizeof(r.text), "%s", line);
	ret = split(&r);
	if (ret != 0 || r.nb_words == 0)
		return ret;
	ret = resolve_all(&r);
	if (ret > 0 || !reorder(&r))
		return ret;
	/* What is wrong is said of the line as it was. */
	r.why = other;
	r.why_len = sizeof(other);
	return resolve_all(&r);
}

/* The command of a right line, whose words are then in r. */
static const struct cli_command *
command_of(struct resolve *r, const char *line)
{
	unsigned int c, i;

	snprintf(r->text, sizeof(r->text), "%s", line);
	if (split(r) != 0)
		return NULL;
	memset(r->in, 1, cli_nb_commands * sizeof(r->in[0]));
	for (i = 0; i < r->nb_words; i++) {
		if (resolve_word(r, i) != 0)
			return NULL;
	}
	for (c = 0; c < cli_nb_commands; c++) {
		if (r->in[c] && cli_commands[c].nb_words == r->nb_words)
			return &cli_commands[c];
	}
	return NULL;
}

static const char *
word_of(const struct resolve *r, const struct cli_command *cmd, const char *field, size_t len)
{
	unsigned int i;

	for (i = 0; i < cmd->nb_words; i++) {
		const char *name = cmd->words[i].field;

		if (name != NULL && strlen(name) == len && strncmp(name, field, len) == 0)
			return r->word[i];
	}
	return "";
}

bool
grammar_undo(const char *line, char *undo, bool *reset)
{
	char out[GRAMMAR_LINE_MAX + 1] = "", why[512];
	struct resolve r = { .out = out, .why = why, .why_len = sizeof(why) };
	const struct cli_command *cmd = command_of(&r, line);
	const char *t;
	size_t used = 0, n;

	if (cmd == NULL || cmd->undo == NULL)
		return false;
	*reset = cmd->undo[0] == '=';
	undo[0] = '\0';
	for (t = cmd->undo + *reset; *t != '\0' && used <= GRAMMAR_LINE_MAX; t += n) {
		n = *t == '<' ? strcspn(t, ">") + 1 : strcspn(t, "<");
		used += (size_t)snprintf(undo + used, GRAMMAR_LINE_MAX + 1 - used, "%.*s",
				*t == '<' ? GRAMMAR_LINE_MAX : (int)n,
				*t == '<' ? word_of(&r, cmd, t + 1, n - 2) : t);
	}
	return true;
}

/* The choices for the word after the first n of them. @return whether there is any */
static bool
complete_choices(struct resolve *r, unsigned int n, const char *prefix, struct choices *keywords,
		struct choices *arguments)
{
	unsigned int c, i;

	memset(r->in, 1, cli_nb_commands * sizeof(r->in[0]));
	for (i = 0; i < n; i++) {
		if (strlen(r->word[i]) >= STR_TOKEN_SIZE || resolve_word(r, i) != 0)
			return false;
	}
	FOREACH_FIT(r, c, n)
	{
		const struct cli_word *w = &cli_commands[c].words[n];

		if (w->type != NULL)
			choices_add(arguments, w->type->allowed, strlen(w->type->allowed));
		else
			keywords_add(keywords, w, prefix);
	}
	return keywords->nb + arguments->nb > 0;
}

/* Letters that all have in common behind the first @p from. */
static size_t
common_letters(const struct choices *set, size_t from)
{
	size_t n = set->len[0];
	unsigned int i;

	for (i = 1; i < set->nb; i++) {
		size_t k = from;

		while (k < n && k < set->len[i] && set->text[i][k] == set->text[0][k])
			k++;
		n = k;
	}
	return n - from;
}

int
grammar_complete(const char *line, int *state, char *dst, size_t len)
{
	char out[GRAMMAR_LINE_MAX + 1] = "", why[512];
	struct resolve r = { .out = out, .why = why, .why_len = sizeof(why) };
	struct choices keywords = { .nb = 0 }, arguments = { .nb = 0 };
	const char *prefix = "";
	size_t at = strlen(line), n;

	if (at > GRAMMAR_LINE_MAX / 2 || strchr(line, '#') != NULL)
		return 0;
	snprintf(r.text, sizeof(r.text), "%s", line);
	if (split(&r) != 0)
		return 0;
	if (r.nb_words > 0 && line[at - 1] != ' ' && line[at - 1] != '\t')
		prefix = r.word[--r.nb_words];
	if (!complete_choices(&r, r.nb_words, prefix, &keywords, &arguments))
		return 0;
	if (*state == 0 && prefix[0] != '\0' && keywords.nb > 0) {
		n = common_letters(&keywords, strlen(prefix));
		if (n > 0 || keywords.nb == 1) {
			snprintf(dst, len, "%.*s%s", (int)n, keywords.text[0] + strlen(prefix),
					keywords.nb == 1 ? " " : "");
			return 2;
		}
	}
	n = (size_t)RTE_MAX(*state, 0);
	*state = (int)n + 1;
	if (n < keywords.nb)
		snprintf(dst, len, "%.*s", (int)keywords.len[n], keywords.text[n]);
	else if (n - keywords.nb < arguments.nb)
		snprintf(dst, len, "<%s>", arguments.text[n - keywords.nb]);
	else
		return 0;
	return 1;
}

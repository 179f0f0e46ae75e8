/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Command files: each line goes through our grammar, then through rte_cmdline,
 * and what runs is a handler that does nothing. Both must agree, a command is
 * its own complete form, and what takes a command back is a command.
 */

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli.h"
#include "fuzz.h"
#include "journal.h"
#include "rows.h"
#include "testpmd.h"

static struct cli cli;
static struct app app;
static char path[32];
static int fd;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fd = memfd_create("commands", 0);
	assert_true(fd >= 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_int_equal(cli_init(&cli, &app), 0);
	cli.out = fopen("/dev/null", "w");
	assert_non_null(cli.out);
	cli.mute = true;
	return 0;
}

/* The rules for what a right line becomes. */
static void
right_line(const char *whole)
{
	char again[GRAMMAR_LINE_MAX + 1], undo[GRAMMAR_LINE_MAX + 1], why[512];
	bool reset;

	/* Lines grow when they are completed; those that are short enough are complete. */
	if (strlen(whole) <= GRAMMAR_LINE_MAX / 2) {
		assert_int_equal(grammar_resolve(whole, again, why, sizeof(why)), 1);
		assert_string_equal(whole, again);
	}
	if (grammar_undo(whole, undo, &reset) && strlen(undo) <= GRAMMAR_LINE_MAX / 2)
		assert_int_equal(grammar_resolve(undo, again, why, sizeof(why)), 1);
}

static void
complete(const char *line)
{
	char dst[GRAMMAR_LINE_MAX + 1];
	int state = 0, n;

	for (n = 0; grammar_complete(line, &state, dst, sizeof(dst)) == 1; n++)
		assert_true(n <= 2 * GRAMMAR_COMMANDS_MAX);
}

/* A word may be an argument of any kind. */
static void
one_word(const char *word)
{
	struct cli_prefix net;
	uint16_t proto, again;

	if (cli_type_net.read(word, &net) == 0) {
		assert_true(cli_prefix_has(&net, &net.ip));
		assert_true(net.len <= (dp_ip_is4(&net.ip) ? 32 : 128));
	}
	if (cli_type_proto.read(word, &proto) == 0 && filter_proto_name(proto) != NULL) {
		assert_int_equal(cli_type_proto.read(filter_proto_name(proto), &again), 0);
		assert_int_equal(proto, again);
	}
}

static void
each_word(const char *line)
{
	char text[GRAMMAR_LINE_MAX + 1], *save = NULL, *word;

	snprintf(text, sizeof(text), "%s", line);
	for (word = strtok_r(text, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save))
		one_word(word);
}

static void
one_line(const char *line)
{
	char whole[GRAMMAR_LINE_MAX + 1], why[512] = "";
	const char *words = NULL;
	int ret = grammar_resolve(line, whole, why, sizeof(why));

	complete(line);
	each_word(line);
	if (ret < 0) {
		assert_true(why[0] != '\0');
		testpmd_command(line, &words);
		assert_int_not_equal(cli_exec(&cli, line), 0);
	} else if (ret > 0) {
		/* No file is opened by any name but ours. */
		right_line(whole);
		if (strncmp(whole, "load ", 5) != 0)
			assert_int_equal(cli_exec(&cli, line), 0);
	}
}

static void
lines(char *text)
{
	char *save = NULL, *line;

	for (line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save))
		one_line(line);
}

/* The same as a file, and as one that has changed. */
static void
file(const uint8_t *data, size_t size)
{
	struct journal applied = { .nb = 0 }, now = { .nb = 0 };

	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(pwrite(fd, data, size, 0), (ssize_t)size);
	cli.depth = CLI_DEPTH_MAX - 1; /* so that it loads no others */
	cli.keep_going = true;
	cli.journal = &applied;
	cli_load(&cli, path);
	cli.journal = NULL;
	if (journal_read(&cli, &now, path) == 0)
		assert_int_equal(now.nb, applied.nb);
	journal_free(&applied);
	journal_free(&now);
	cli.depth = 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	assert_non_null(text);
	memcpy(text, data, size);
	text[size] = '\0';
	file(data, size);
	lines(text);
	free(text);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <cmdline_rdline.h>

#include "cli.h"

static int
write_char(struct rdline *rdl, char c)
{
	struct cli *cli = rdline_get_opaque(rdl);

	return fputc(c, cli->out) == EOF ? -1 : 1;
}

static void
validate(struct rdline *rdl, const char *buf, unsigned int size __rte_unused)
{
	struct cli *cli = rdline_get_opaque(rdl);

	cli_exec(cli, buf);
	if (atomic_load(&cli->a->quit))
		rdline_quit(rdl);
}

static int
complete(struct rdline *rdl __rte_unused, const char *buf, char *dst, unsigned int size, int *state)
{
	return grammar_complete(buf, state, dst, size);
}

/* Letters one by one and without echo, as rdline wants them. */
static bool
terminal_raw(struct termios *old)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, old) != 0)
		return false;
	raw = *old;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
	return tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

static void
remember(struct rdline *rdl)
{
	const char *line = rdline_get_buffer(rdl);
	const char *last = rdline_get_history_item(rdl, 0);

	if (line[0] == '\0' || line[0] == '\n')
		return;
	if (last == NULL || strlen(last) != strcspn(line, "\n") ||
			strncmp(line, last, strlen(last)) != 0)
		rdline_add_history(rdl, line);
}

/* @return false at the end of input */
static bool
take_char(struct cli *cli, struct rdline *rdl, char c)
{
	switch (rdline_char_in(rdl, c)) {
	case RDLINE_RES_VALIDATED:
		remember(rdl);
		if (!atomic_load(&cli->a->quit))
			rdline_newline(rdl, CLI_PROMPT);
		return true;
	case RDLINE_RES_EOF:
	case RDLINE_RES_EXITED:
	case RDLINE_RES_NOT_RUNNING:
		return false;
	default:
		return true;
	}
}

static void
read_input(struct cli *cli, struct rdline *rdl)
{
	struct pollfd pfd[2] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = cli->a->end_fd, .events = POLLIN },
	};
	char buf[64];
	ssize_t i, n;

	while (!atomic_load(&cli->a->quit)) {
		fflush(cli->out);
		if (poll(pfd, 2, -1) < 0 || (pfd[1].revents & POLLIN) != 0)
			continue;
		n = read(STDIN_FILENO, buf, sizeof(buf));
		if (n <= 0)
			return;
		for (i = 0; i < n && !atomic_load(&cli->a->quit); i++) {
			if (!take_char(cli, rdl, buf[i]))
				return;
		}
	}
}

void
prompt_run(struct cli *cli)
{
	struct termios old;
	struct rdline *rdl;
	bool raw;

	rdl = rdline_new(write_char, validate, complete, cli);
	if (rdl == NULL)
		return;
	raw = terminal_raw(&old);
	rdline_newline(rdl, CLI_PROMPT);
	read_input(cli, rdl);
	fputc('\n', cli->out);
	fflush(cli->out);
	if (raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &old);
	rdline_free(rdl);
}

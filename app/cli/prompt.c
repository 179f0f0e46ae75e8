/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <cmdline_rdline.h>

#include "cli.h"

#define CTRL_C 3

/* What was read and not looked at yet. */
struct prompt_input {
	char buf[1024];
	size_t at, nb;
	bool end; /* no more will come */
};

/* Room is made for what is read while a command runs. */
static void
input_read(struct prompt_input *in)
{
	ssize_t n;

	memmove(in->buf, in->buf + in->at, in->nb - in->at);
	in->nb -= in->at;
	in->at = 0;
	n = read(STDIN_FILENO, in->buf + in->nb, sizeof(in->buf) - in->nb);
	if (n <= 0)
		in->end = true;
	else
		in->nb += (size_t)n;
}

/* "stop" as a line of its own, or Ctrl-C anywhere. What is before that was never meant to be run. */
static bool
input_stops(struct prompt_input *in)
{
	const char *c = memchr(in->buf + in->at, CTRL_C, in->nb - in->at);
	size_t left = in->nb - in->at;

	if (c != NULL) {
		in->at = (size_t)(c - in->buf) + 1;
		return true;
	}
	if (left >= 5 &&
			(memcmp(in->buf + in->at, "stop\n", 5) == 0 ||
					memcmp(in->buf + in->at, "stop\r", 5) == 0)) {
		in->at += 5;
		return true;
	}
	return false;
}

bool
cli_stopped(struct cli *cli, int timeout_ms)
{
	struct prompt_input *in = cli->input;
	struct pollfd pfd[2] = {
		{ .fd = cli->a->end_fd, .events = POLLIN },
		{ .fd = -1, .events = POLLIN },
	};

	if (in != NULL && !in->end && in->nb - in->at < sizeof(in->buf))
		pfd[1].fd = STDIN_FILENO;
	if (poll(pfd, 2, timeout_ms) > 0 && in != NULL && pfd[1].revents != 0)
		input_read(in);
	return atomic_load(&cli->a->quit) || (in != NULL && input_stops(in));
}

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

enum input { INPUT_GOES_ON, INPUT_END, INPUT_GONE };

static enum input
take_char(struct cli *cli, struct rdline *rdl, char c)
{
	switch (rdline_char_in(rdl, c)) {
	case RDLINE_RES_VALIDATED:
		remember(rdl);
		if (!atomic_load(&cli->a->quit))
			rdline_newline(rdl, CLI_PROMPT);
		return INPUT_GOES_ON;
	case RDLINE_RES_EOF:
	case RDLINE_RES_EXITED:
	case RDLINE_RES_NOT_RUNNING:
		return INPUT_END;
	default:
		return INPUT_GOES_ON;
	}
}

static enum input
take(struct cli *cli, struct rdline *rdl, bool terminal)
{
	struct prompt_input *typed = cli->input;
	enum input in = INPUT_GOES_ON;

	input_read(typed);
	while (typed->at < typed->nb && in == INPUT_GOES_ON && !atomic_load(&cli->a->quit))
		in = take_char(cli, rdl, typed->buf[typed->at++]);
	if (in == INPUT_GOES_ON && typed->end)
		return terminal ? INPUT_GONE : INPUT_END;
	return in;
}

static enum input
read_input(struct cli *cli, struct rdline *rdl, bool terminal)
{
	struct pollfd pfd[3] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = cli->a->end_fd, .events = POLLIN },
		{ .fd = cli->a->reload_fd, .events = POLLIN },
	};
	enum input in = INPUT_GOES_ON;

	while (in == INPUT_GOES_ON && !atomic_load(&cli->a->quit)) {
		fflush(cli->out);
		if (poll(pfd, 3, -1) < 0 || pfd[1].revents != 0)
			continue;
		if (pfd[2].revents != 0)
			cli_reload(cli);
		if (pfd[0].revents != 0)
			in = take(cli, rdl, terminal);
	}
	return in;
}

bool
prompt_run(struct cli *cli)
{
	struct termios old;
	struct prompt_input typed = { .nb = 0 };
	struct rdline *rdl;
	enum input in;
	bool raw;

	rdl = rdline_new(write_char, validate, complete, cli);
	if (rdl == NULL)
		return true;
	raw = terminal_raw(&old);
	rdline_newline(rdl, CLI_PROMPT);
	cli->input = &typed;
	in = read_input(cli, rdl, raw);
	cli->input = NULL;
	fputc('\n', cli->out);
	fflush(cli->out);
	if (raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &old);
	rdline_free(rdl);
	if (in == INPUT_GONE)
		APP_LOG(NOTICE, "the terminal went away: the program goes on without a prompt\n");
	return in != INPUT_GONE;
}

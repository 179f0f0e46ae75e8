/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "compat.h"
#include "show_port.h"
#include "testpmd.h"
#include "watch.h"

/* rte_cmdline hands its callback no pointer of ours. */
static __thread struct cli *current;

static compat_thread thread;

int
cli_init(struct cli *cli, struct app *a)
{
	*cli = (struct cli){ .a = a, .out = stdout };
	cli->parser = cmdline_new(cli_ctx, "", -1, -1);
	return cli->parser == NULL ? -ENOMEM : 0;
}

void
cli_fini(struct cli *cli)
{
	cmdline_free(cli->parser);
}

int
cli_fail(struct cli *cli, const char *fmt, ...)
{
	FILE *out = cli->file != NULL ? stderr : cli->out;
	va_list ap;

	if (cli->file != NULL)
		fprintf(out, "%s:%u: ", cli->file, cli->line);
	va_start(ap, fmt);
	vfprintf(out, fmt, ap);
	va_end(ap);
	fputc('\n', out);
	fflush(out);
	return -EINVAL;
}

static const struct cli_error general_errors[] = {
	{ EAGAIN, "the workers do not let go of old entries, try again" },
	{ EBUSY, "the control core is busy, try again" },
	{ EPERM, "the port belongs to a bond, and the bond has this in its place ('ipoib bond show')" },
	{ ENOMEM, "out of memory" },
	{ 0 },
};

static const char *
error_text(const struct cli_error *e, int error)
{
	for (; e != NULL && e->error != 0; e++) {
		if (e->error == error)
			return e->text;
	}
	return NULL;
}

int
cli_result(struct cli *cli, int ret, const char *what, const struct cli_error *errors)
{
	const char *text;

	if (ret >= 0)
		return 0;
	text = error_text(errors, -ret);
	if (text == NULL)
		text = error_text(general_errors, -ret);
	if (text == NULL)
		text = strerror(-ret);
	return cli_fail(cli, "%s: %s", what, text);
}

int
cli_request_fail(struct cli *cli, int ret, const char *why)
{
	if (why[0] != '\0')
		return cli_fail(cli, "%s", why);
	return cli_fail(cli, "the main thread is busy, try again: %s", strerror(-ret));
}

int
cli_check_port(struct cli *cli, uint16_t port)
{
	uint16_t ports[DP_PORTS_MAX], n, i;
	char list[DP_PORTS_MAX * 8] = "";
	size_t used = 0;

	if (app_has_port(cli->a, port))
		return 0;
	n = app_ports(cli->a, ports);
	for (i = 0; i < n && used < sizeof(list); i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%u",
				i == 0 ? "" : ", ", ports[i]);
	return cli_fail(cli, "no port %u: the ports are %s", port, list);
}

int
cli_each_port(struct cli *cli, const struct cli_ports *ports,
		int (*fn)(struct cli *cli, uint16_t port))
{
	uint16_t list[DP_PORTS_MAX], n, i;
	int ret = 0;

	if (!ports->all) {
		ret = cli_check_port(cli, ports->port);
		return ret != 0 ? ret : fn(cli, ports->port);
	}
	n = app_ports(cli->a, list);
	for (i = 0; ret == 0 && i < n; i++)
		ret = fn(cli, list[i]);
	return ret;
}

void
cli_take(void *args, struct cmdline *cl __rte_unused, void *command)
{
	const struct cli_command *cmd = command;

	if (cmd->args_size > sizeof(current->args))
		return;
	memcpy(current->args, args, cmd->args_size);
	current->taken = cmd;
}

static int
refuse_line(struct cli *cli, const char *line, const char *why)
{
	const char *words, *reason = testpmd_command(line, &words);

	if (reason != NULL)
		return cli_fail(cli, "'%s' is testpmd's, and not here: %s", words, reason);
	return cli_fail(cli, "%s", why);
}

int
cli_exec(struct cli *cli, const char *line)
{
	char whole[GRAMMAR_LINE_MAX + 2], why[512];
	int ret;

	ret = grammar_resolve(line, whole, why, sizeof(why));
	if (ret == 0)
		return 0;
	if (ret < 0)
		return refuse_line(cli, line, why);
	strcat(whole, "\n");
	cli->taken = NULL;
	current = cli;
	if (cmdline_parse(cli->parser, whole) < 0 || cli->taken == NULL)
		return cli_fail(cli, "cannot parse '%s'", line);
	cli->json = cli->taken->json;
	ret = cli->taken->run(cli, cli->args);
	fflush(cli->out);
	return ret;
}

int
cli_show_view(struct cli *cli, const struct row_kind *kind, uint16_t port,
		const struct rows_view *view, const char *what)
{
	struct rows_view v = *view;

	v.out = cli->out;
	v.json = cli->json;
	return cli_result(cli, rows_show(cli->a, kind, port, &v), what, NULL);
}

int
cli_show(struct cli *cli, const struct row_kind *kind, uint16_t port, const char *what)
{
	return cli_show_view(cli, kind, port, &(const struct rows_view){ .json = false }, what);
}

static int
load_lines(struct cli *cli, FILE *f)
{
	char *line = NULL;
	size_t room = 0;
	int ret = 0;

	while (ret == 0 && !atomic_load(&cli->a->quit) && getline(&line, &room, f) >= 0) {
		cli->line++;
		ret = cli_exec(cli, line);
	}
	free(line);
	return ret;
}

int
cli_load(struct cli *cli, const char *path)
{
	const char *file = cli->file;
	unsigned int line = cli->line;
	FILE *f;
	int ret;

	if (cli->depth == CLI_DEPTH_MAX)
		return cli_fail(cli, "%s: %u files load each other, no more", path, CLI_DEPTH_MAX);
	f = fopen(path, "re");
	if (f == NULL)
		return cli_fail(cli, "%s: cannot open the command file: %s", path, strerror(errno));
	cli->file = path;
	cli->line = 0;
	cli->depth++;
	ret = load_lines(cli, f);
	cli->depth--;
	cli->file = file;
	cli->line = line;
	fclose(f);
	return ret;
}

/* Until the program ends, every period: port statistics. */
static void
stats_loop(struct cli *cli)
{
	struct pollfd pfd = { .fd = cli->a->end_fd, .events = POLLIN };
	const struct cli_ports all = { .all = true };

	while (poll(&pfd, 1, (int)cli->a->opt.stats_period * 1000) == 0) {
		cli_each_port(cli, &all, port_stats_print);
		fflush(cli->out);
	}
}

/* --eth-peer, for which the ports must be there. */
static int
peers_set(struct cli *cli)
{
	const struct app_options *o = &cli->a->opt;
	char line[64];
	uint16_t i;
	int ret = 0;

	for (i = 0; ret == 0 && i < o->nb_eth_peers; i++) {
		snprintf(line, sizeof(line), "set eth-peer %u " RTE_ETHER_ADDR_PRT_FMT,
				o->eth_peer[i].port, RTE_ETHER_ADDR_BYTES(&o->eth_peer[i].mac));
		ret = cli_exec(cli, line);
	}
	return ret;
}

static int
before_prompt(struct cli *cli)
{
	struct app *a = cli->a;
	int ret;

	if (peers_set(cli) != 0 || xstats_chosen_check(cli) != 0)
		return -EINVAL;
	if (a->opt.events != 0) {
		events_register(a->opt.events);
		ret = watch_start(a);
		if (ret != 0)
			return cli_result(cli, ret, "--print-event", NULL);
	}
	if (a->opt.cmdline_file != NULL && cli_load(cli, a->opt.cmdline_file) != 0)
		return -EINVAL;
	if (a->opt.interactive && !a->opt.auto_start)
		return 0;
	ret = app_request(a, run_start, NULL);
	if (ret == -EINVAL)
		return cli_fail(cli, "%s", a->why);
	if (ret == 0 || ret == -EALREADY || ret == -ECANCELED)
		return 0;
	return cli_result(cli, ret, "start", NULL);
}

static void
run_commands(struct app *a)
{
	struct cli cli;

	if (cli_init(&cli, a) != 0) {
		app_quit(a, APP_EXIT_RUN);
		return;
	}
	if (before_prompt(&cli) != 0) {
		app_quit(a, APP_EXIT_RUN);
	} else if (a->opt.interactive) {
		atomic_store(&a->prompting, true);
		prompt_run(&cli);
		app_quit(a, APP_EXIT_OK);
	} else if (a->opt.stats_period != 0) {
		stats_loop(&cli);
	}
	cli_fini(&cli);
}

static compat_thread_ret
cli_main(void *arg)
{
	struct app *a = arg;

	run_commands(a);
	atomic_store(&a->commands_done, true);
	return COMPAT_THREAD_END;
}

int
cli_thread_start(struct app *a)
{
	return compat_control_thread(&thread, "ipoib-cli", cli_main, a);
}

void
cli_thread_join(void)
{
	compat_thread_join(thread);
}

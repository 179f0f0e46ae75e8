/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "compat.h"
#include "journal.h"
#include "parse.h"
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

	if (cli->mute)
		return -EINVAL;
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
cli_check_ipoib(struct cli *cli, uint16_t port)
{
	int ret = cli_check_port(cli, port);

	if (ret == 0 && cli->a->dp->port[port].kind != DP_PORT_IPOIB)
		ret = cli_fail(cli,
				"port %u is an Ethernet port: an IPoIB port is expected ('ipoib "
				"show all')",
				port);
	return ret;
}

int
cli_ask_port_ip(struct cli *cli, control_fn fn, uint16_t port, const struct dp_ip *ip,
		const struct cli_error *errors)
{
	struct cli_port_ip arg = { .port = port, .ip = *ip };
	char buf[PARSE_IP_STRLEN];
	int ret;

	ret = cli_check_port(cli, port);
	if (ret != 0)
		return ret;
	ret = app_ask(cli->a, fn, &arg, sizeof(arg), APP_ASK_MS);
	return cli_result(cli, ret, format_ip(ip->b, buf), errors);
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
	const struct cli_command *cmd;
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
	cmd = cli->taken;
	ret = cmd->run(cli, cli->args);
	fflush(cli->out);
	/* Of "load" the lines are noted. */
	if (ret == 0 && cli->journal != NULL && strncmp(whole, "load ", 5) != 0) {
		whole[strcspn(whole, "\n")] = '\0';
		ret = journal_add(cli->journal, whole, cli->file, cli->line);
	}
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

	while ((ret == 0 || cli->keep_going) && !atomic_load(&cli->a->quit) &&
			getline(&line, &room, f) >= 0) {
		cli->line++;
		ret = cli_exec(cli, line);
	}
	free(line);
	return cli->keep_going ? 0 : ret;
}

FILE *
cli_enter(struct cli *cli, const char *path, struct cli_place *was)
{
	struct stat st;
	FILE *f;

	if (cli->depth == CLI_DEPTH_MAX) {
		cli_fail(cli, "%s: %u files load each other, no more", path, CLI_DEPTH_MAX);
		return NULL;
	}
	f = fopen(path, "re");
	if (f != NULL && fstat(fileno(f), &st) == 0 && S_ISDIR(st.st_mode)) {
		fclose(f);
		f = NULL;
		errno = EISDIR;
	}
	if (f == NULL) {
		cli_fail(cli, "%s: cannot open the command file: %s", path, strerror(errno));
		return NULL;
	}
	*was = (struct cli_place){ .file = cli->file, .line = cli->line };
	cli->file = path;
	cli->line = 0;
	cli->depth++;
	return f;
}

void
cli_leave(struct cli *cli, FILE *f, const struct cli_place *was)
{
	cli->depth--;
	cli->file = was->file;
	cli->line = was->line;
	fclose(f);
}

int
cli_load(struct cli *cli, const char *path)
{
	struct cli_place was;
	FILE *f;
	int ret;

	f = cli_enter(cli, path, &was);
	if (f == NULL)
		return -EINVAL;
	ret = load_lines(cli, f);
	cli_leave(cli, f, &was);
	return ret;
}

void
cli_reload(struct cli *cli)
{
	const char *path = cli->a->opt.cmdline_file;
	uint64_t n;

	if (read(cli->a->reload_fd, &n, sizeof(n)) != sizeof(n))
		return;
	if (path == NULL)
		app_say("SIGHUP: there is no --cmdline-file to look at again");
	else
		journal_reload(cli, cli->applied, path);
}

/* Until the program ends: what comes in between. @return whether it ends */
static bool
wait_end(struct cli *cli, int timeout_ms)
{
	struct pollfd pfd[2] = {
		{ .fd = cli->a->end_fd, .events = POLLIN },
		{ .fd = cli->a->reload_fd, .events = POLLIN },
	};

	if (poll(pfd, 2, timeout_ms) > 0 && pfd[0].revents == 0)
		cli_reload(cli);
	return atomic_load(&cli->a->quit);
}

/* Until the program ends, every period: port statistics. */
static void
stats_loop(struct cli *cli)
{
	const struct cli_ports all = { .all = true };

	while (!wait_end(cli, (int)cli->a->opt.stats_period * 1000)) {
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
	if (a->opt.cmdline_file != NULL) {
		cli->journal = cli->applied;
		ret = cli_load(cli, a->opt.cmdline_file);
		cli->journal = NULL;
		if (ret != 0)
			return -EINVAL;
	}
	if (a->opt.interactive && !a->opt.auto_start)
		return 0;
	ret = app_request(a, run_start, NULL);
	if (ret == -EINVAL)
		return cli_fail(cli, "%s", a->why);
	if (ret == 0 || ret == -EALREADY || ret == -ECANCELED)
		return 0;
	return cli_result(cli, ret, "start", NULL);
}

/* @return false: the terminal went away */
static bool
prompt(struct cli *cli)
{
	atomic_store(&cli->a->prompting, true);
	return prompt_run(cli);
}

static void
run_commands(struct app *a)
{
	struct journal applied = { .nb = 0 };
	struct cli cli;

	if (cli_init(&cli, a) != 0) {
		app_quit(a, APP_EXIT_RUN);
		return;
	}
	cli.applied = &applied;
	cli.keep_going = a->opt.keep_going != 0;
	if (before_prompt(&cli) != 0)
		app_quit(a, APP_EXIT_RUN);
	else if (a->opt.interactive && prompt(&cli))
		app_quit(a, APP_EXIT_OK);
	else if (a->opt.stats_period != 0)
		stats_loop(&cli);
	while (!wait_end(&cli, -1))
		;
	journal_free(&applied);
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

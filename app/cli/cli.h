/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef CLI_H
#define CLI_H

/**
 * @file
 * Commands: the thread that runs them, the prompt, command files, and what
 * handlers need. Handlers run in the command thread.
 */

#include <stdio.h>

#include "app.h"
#include "grammar.h"
#include "rows.h"

#define CLI_PROMPT "dpdk-ipoib> "
/** Command files that load command files. */
#define CLI_DEPTH_MAX 8
/** Room for a handler's parsed arguments; checked. */
#define CLI_ARGS_MAX 1024

/** A line of a command file. */
struct cli_place {
	const char *file;
	unsigned int line;
};

struct prompt_input;

/** Where commands come from and go to. */
struct cli {
	struct app *a;
	FILE *out;
	struct cmdline *parser;
	const char *file; /**< command file, or NULL at the prompt */
	unsigned int line, depth;
	const struct cli_command *taken; /**< parsed, not run yet */
	bool json;			 /**< the output of the command is to be JSON */
	bool mute;			 /**< say nothing of errors */
	bool keep_going;		 /**< go on behind a wrong line of a command file */
	struct prompt_input *input;	 /**< what was typed; NULL: there is no prompt */
	struct journal *journal;	 /**< notes the lines that were run; NULL: nobody does */
	struct journal *applied;	 /**< of the command file, once it was run */
	char args[CLI_ARGS_MAX] __rte_aligned(8);
};

/** What an error of control means to a command; ends with { 0 }. */
struct cli_error {
	int error; /**< positive errno */
	const char *text;
};

/** Make the command thread. Main thread. @return 0 or -errno */
int cli_thread_start(struct app *a);
/** Wait for its end, after app_quit(). */
void cli_thread_join(void);

/** Make @p cli ready. @return 0 or -ENOMEM */
int cli_init(struct cli *cli, struct app *a);
void cli_fini(struct cli *cli);
/** Run one line. @return 0, or negative after one line that says what is wrong */
int cli_exec(struct cli *cli, const char *line);
/** Run a file up to its first error, or all that is right in it. @return 0, or negative after one
 *  line */
int cli_load(struct cli *cli, const char *path);
/** Go to the begin of a file. @return NULL after one line that says why it cannot be read */
FILE *cli_enter(struct cli *cli, const char *path, struct cli_place *was);
/** Go back to where that was called. */
void cli_leave(struct cli *cli, FILE *f, const struct cli_place *was);
/** SIGHUP has come: make of the program what its command file says now. */
void cli_reload(struct cli *cli);
/** Wait at most so long. @return whether the running command is to end: Ctrl-C, "stop" as the next
 *  line, the end of input, or of the program */
bool cli_stopped(struct cli *cli, int timeout_ms);
/** Read standard input until its end or the program's. @return false: the terminal went away */
bool prompt_run(struct cli *cli);

/** One line about what is wrong, with file and line in front. @return -EINVAL */
int cli_fail(struct cli *cli, const char *fmt, ...) __rte_format_printf(2, 3);
/**
 * The same from an error: what @p errors says of it, else a text that fits all.
 * @param what the word that the command is about
 * @return 0 if @p ret is not negative, else negative
 */
int cli_result(struct cli *cli, int ret, const char *what, const struct cli_error *errors);
/** The same from a request that failed: @p why, or a general text if it did not run. @return -EINVAL */
int cli_request_fail(struct cli *cli, int ret, const char *why);
/** Show all rows of a kind, as a table or as JSON. @return 0, or negative after one line */
int cli_show(struct cli *cli, const struct row_kind *kind, uint16_t port, const char *what);
/** The same in another way; @p view needs no out and json. */
int cli_show_view(struct cli *cli, const struct row_kind *kind, uint16_t port,
		const struct rows_view *view, const char *what);
/** A forwarding port? @return 0, or negative after one line that lists them */
int cli_check_port(struct cli *cli, uint16_t port);
/** The same for a command that is about IPoIB: not an Ethernet port. */
int cli_check_ipoib(struct cli *cli, uint16_t port);
/** An address of a port, on its way to control. */
struct cli_port_ip {
	uint16_t port;
	struct dp_ip ip;
};
/** Let control do @p fn with a struct cli_port_ip; @p errors: see cli_result(). @return 0, or negative
 *  after one line */
int cli_ask_port_ip(struct cli *cli, control_fn fn, uint16_t port, const struct dp_ip *ip,
		const struct cli_error *errors);
/** Call @p fn for the port or for all. @return 0 or the first error */
int cli_each_port(struct cli *cli, const struct cli_ports *ports,
		int (*fn)(struct cli *cli, uint16_t port));

/** Settings wait for the next start, as testpmd's do: say so while it forwards. @return 0 */
int cli_note_next_start(struct cli *cli);

/** testpmd's output of stop and of show fwd stats all. Any thread. */
void fwd_stats_print(struct app *a, FILE *out);
/** testpmd's output of show port stats. */
int port_stats_print(struct cli *cli, uint16_t port);

/** Register telemetry's commands; before other threads ask. Main thread. */
int telemetry_init(struct app *a);
/** No more questions to control: wait for those under way. Main thread. */
void telemetry_fini(void);

#endif /* CLI_H */

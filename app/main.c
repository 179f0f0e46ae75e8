/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_pdump.h>

#include "app.h"
#include "capture.h"
#include "cli.h"
#include "log.h"
#include "notify.h"
#include "privs.h"
#include "watch.h"

RTE_LOG_REGISTER(app_logtype, ipoib.app, INFO);

/* After so many signals the program ends at once, however it is. */
#define SIGNALS_MAX 3

/* How long a reader of the last statistics is waited for. */
#define PRINT_WAIT_MS 1000

#define SAY_PREFIX "dpdk-ipoib: "
#define SAY_MAX 2048

static struct app app;

void
app_say(const char *fmt, ...)
{
	/* Written at once: the log's thread writes to the same place. */
	char line[SAY_MAX] = SAY_PREFIX;
	size_t at = strlen(SAY_PREFIX), room = sizeof(line) - at - 1;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line + at, room, fmt, ap);
	va_end(ap);
	at += n < 0 ? 0 : RTE_MIN((size_t)n, room - 1);
	line[at] = '\n';
	line[at + 1] = '\0';
	fputs(line, stderr);
}

int
app_says(char *why, int ret, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, APP_WHY_MAX, fmt, ap);
	va_end(ap);
	return ret;
}

static void
on_signal(int sig)
{
	static atomic_int count;

	if (sig == SIGHUP) {
		app_reload(&app);
		return;
	}
	if (atomic_fetch_add(&count, 1) + 1 >= SIGNALS_MAX) {
		signal(sig, SIG_DFL);
		raise(sig);
	}
	app_quit(&app, APP_EXIT_OK);
}

static void
signals_init(void)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	const int ends[] = { SIGINT, SIGTERM, SIGHUP };
	unsigned int i;

	for (i = 0; i < RTE_DIM(ends); i++)
		sigaction(ends[i], &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* EAL says what is wrong in its own words; ours are the usual way out. */
static int
eal_init(int argc, char **argv)
{
	/* Telemetry's socket is made in there and answers everybody who can open it. */
	mode_t old = umask(0077);
	int ret;

	ret = rte_eal_init(argc, argv);
	umask(old);
	if (ret >= 0)
		return 0;
	if (rte_errno == EINVAL) {
		app_say("EAL does not take its options (those before '--'), see the lines above");
		return APP_EXIT_USAGE;
	}
	if (rte_errno == ENODEV)
		app_say("EAL does not know a device of its options, or has no room: see the lines above");
	else
		app_say("EAL does not start (%s), see the lines above. Without hugepages: --no-huge "
			"-m 1024. Without root: --in-memory. Beside another DPDK program: "
			"--file-prefix NAME",
				rte_strerror(rte_errno));
	return APP_EXIT_RUN;
}

static int
dp_init(struct app *a)
{
	const struct dp_cfg cfg = {
		.pool = ports_pool(),
		.socket = (int)rte_socket_id(),
		.nb_workers = a->lcores.nb_workers,
		.burst = (uint16_t)a->opt.burst,
		.idle_sleep_us = a->opt.idle_sleep,
	};
	uint16_t i;
	int ret;

	ret = dp_create(&cfg, &a->dp);
	if (ret != 0) {
		app_say("cannot make the forwarding tables (%u MB): %s: more hugepages or EAL's -m",
				DP_FIB_MBYTES, rte_strerror(-ret));
		return ret;
	}
	for (i = 0; i < a->lcores.nb_workers; i++)
		a->dp->worker[i]->lcore = a->lcores.worker[i];
	return 0;
}

static int
control_init(struct app *a)
{
	const struct control_cfg cfg = {
		.gc_interval = a->opt.gc_interval,
		.gc_thresh1 = a->opt.gc_thresh1,
		.gc_thresh2 = a->opt.gc_thresh2,
		.gc_thresh3 = a->opt.gc_thresh3,
		.neigh_queue = (uint16_t)a->opt.neigh_queue,
	};
	int ret;

	ret = control_create(&cfg, a->dp, &a->control);
	if (ret != 0)
		app_say("cannot make the control core's tables: %s", rte_strerror(-ret));
	return ret;
}

static int
ports_add(struct app *a)
{
	struct rte_eth_dev_info info;
	uint16_t i, port;
	int ret = 0;

	for (i = 0; ret == 0 && i < a->nb_ports; i++) {
		port = a->port[i];
		ret = rte_eth_dev_info_get(port, &info);
		if (ret == 0)
			ret = dp_port_add(a->dp, port,
					pmd_ipoib_is(port) ? DP_PORT_IPOIB : DP_PORT_ETH,
					info.nb_rx_queues, info.nb_tx_queues);
		if (ret == 0)
			ret = control_port_add(a->control, port);
		if (ret != 0)
			app_say("port %u: cannot forward with it: %s", port, rte_strerror(-ret));
	}
	return ret;
}

/* Will standard output take some lines? A command may hang on it, or would we. */
static bool
can_print(struct app *a)
{
	struct pollfd pfd = { .fd = STDOUT_FILENO, .events = POLLOUT };

	return atomic_load(&a->commands_done) && poll(&pfd, 1, PRINT_WAIT_MS) > 0 &&
			(pfd.revents & POLLOUT) != 0;
}

/* Workers that do not stop still use what comes down next. */
static void
stop_forwarding(struct app *a)
{
	int ret;

	ret = run_stop(a, NULL);
	if (ret == -EALREADY)
		return;
	if (ret != 0) {
		app_say("a worker lcore does not stop: ending at once");
		_exit(APP_EXIT_RUN);
	}
	if (!can_print(a))
		return;
	puts("Telling cores to stop...\nWaiting for lcores to finish...");
	fwd_stats_print(a, stdout);
	puts("\nDone.");
	fflush(stdout);
}

/* Nobody holds any by now. Not in the log: tests read it at any level. */
static void
say_in_use(struct app *a, const struct app_in_use *left)
{
	if (!can_print(a))
		return;
	printf("ipoib.app: closed with %u mbufs and %u address handles in use\n", left->mbufs,
			left->ahs);
	fflush(stdout);
}

static int
farewell_fn(struct control *c, void *arg __rte_unused)
{
	control_farewell(c);
	return 0;
}

/* With workers and control standing by: commands, and the loop until the end. */
static void
run(struct app *a)
{
	if (lcores_service_start(a) != 0 || telemetry_init(a) != 0 || privs_drop(a) != 0 ||
			cli_thread_start(a) != 0) {
		app_quit(a, APP_EXIT_RUN);
		atomic_store(&a->commands_done, true);
	} else {
		notify_start(a);
		APP_LOG(INFO, "%u ports, %u workers, control on lcore %u\n", a->nb_ports,
				a->lcores.nb_active,
				a->lcores.control_on_main ? rte_get_main_lcore()
							  : a->lcores.service);
		run_loop(a);
		if (atomic_load(&a->commands_done))
			cli_thread_join();
	}
	notify_stop();
	telemetry_fini();
	app_ask(a, farewell_fn, NULL, 0, APP_ASK_MS);
	stop_forwarding(a);
	watch_stop();
	capture_stop_all(a);
	atomic_store(&a->closed, true);
	lcores_service_stop(a);
}

/* For dpdk-dumpcap and dpdk-pdump, which come as processes beside this one. */
static void
pdump_init(void)
{
	if (rte_pdump_init() != 0)
		APP_LOG(NOTICE, "dpdk-dumpcap and dpdk-pdump cannot attach (%s)\n",
				rte_strerror(rte_errno));
	else if (!rte_eal_has_hugepages())
		APP_LOG(INFO,
				"no shared memory (--no-huge): dpdk-dumpcap and dpdk-pdump cannot "
				"attach, 'ipoib capture' can\n");
}

/* Each step with what undoes it. @return exit status */
static int
app_main(struct app *a)
{
	int status = APP_EXIT_RUN, ret;
	struct app_in_use left;

	ret = devices_check();
	if (ret != 0)
		return ret == -EINVAL ? APP_EXIT_USAGE : APP_EXIT_RUN;
	if (lcores_plan(a) != 0)
		return APP_EXIT_RUN;
	if (ports_open(a) != 0)
		goto close_ports;
	if (dp_init(a) != 0)
		goto close_ports;
	if (control_init(a) != 0)
		goto destroy_dp;
	if (ports_add(a) != 0 || fwd_init(a) != 0)
		goto destroy_control;
	run(a);
	status = atomic_load(&a->exit_status);
destroy_control:
	control_destroy(a->control);
destroy_dp:
	dp_destroy(a->dp);
close_ports:
	ports_close(a, &left);
	say_in_use(a, &left);
	return status;
}

/* The command file must be there before a second is spent on devices. */
static int
file_check(const struct app *a)
{
	const char *path = a->opt.cmdline_file;
	FILE *f;

	if (path == NULL)
		return 0;
	f = fopen(path, "re");
	if (f == NULL) {
		app_say("--cmdline-file '%s': %s", path, strerror(errno));
		return -errno;
	}
	fclose(f);
	return 0;
}

int
main(int argc, char **argv)
{
	int status;

	switch (options_parse(argc, argv, &app.opt)) {
	case OPTIONS_RUN:
		break;
	case OPTIONS_DONE:
		return APP_EXIT_OK;
	case OPTIONS_BAD:
		return APP_EXIT_USAGE;
	}
	if (file_check(&app) != 0 || (app.opt.user != NULL && privs_check(app.opt.user) != 0) ||
			run_init(&app) != 0)
		return APP_EXIT_RUN;
	app.engine = (enum dp_engine)app.opt.engine;
	app.burst = (uint16_t)app.opt.burst;
	app.gen = app.opt.gen;
	app.gen.multi_flow = app.opt.multi_flow != 0;
	app.gen.flows = app.opt.flows;
	app.gen.clones = (uint16_t)app.opt.clones;
	app.tx_first = app.opt.tx_first;
	app.record_cycles = app.opt.record_cycles != 0;
	app.record_bursts = app.opt.record_bursts != 0;
	signals_init();
	/* Sleeps of 50 us and more are meant. */
	prctl(PR_SET_TIMERSLACK, 1000);
	if (app.opt.mlockall && mlockall(MCL_CURRENT | MCL_FUTURE) != 0)
		app_say("--mlockall: memory stays unlocked: %s (see 'ulimit -l')", strerror(errno));
	status = eal_init(argc, argv);
	if (status == 0) {
		if (log_start() != 0)
			app_say("no thread for the log: it may hold up the program");
		pdump_init();
		status = app_main(&app);
		rte_pdump_uninit();
		log_stop();
		rte_eal_cleanup();
	}
	/* A command that hangs on standard output would hold up exit(), too. */
	if (status != APP_EXIT_USAGE && atomic_load(&app.quit) && !atomic_load(&app.commands_done))
		_exit(status);
	run_fini(&app);
	return status;
}

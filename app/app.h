/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef APP_H
#define APP_H

/**
 * @file
 * The running program: what it was told, which ports and lcores it has, and
 * how other threads ask the main thread and the control thread for something.
 *
 * Threads: the main thread makes and ends everything and runs the loop; the
 * command thread (prompt, command file) and telemetry's threads call what is
 * marked "any thread".
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_ethdev.h>
#include <rte_log.h>

#include "control.h"
#include "dp.h"
#include "options.h"

extern int app_logtype;

#define APP_LOG(level, ...) rte_log(RTE_LOG_##level, app_logtype, "ipoib.app: " __VA_ARGS__)

/** Name of the control core as an rte_service. */
#define APP_SERVICE_NAME "ipoib_control"
/** Longest sleep of a control core that has nothing to do, microseconds. */
#define APP_CONTROL_SLEEP_US 200
/** How long a command waits for the control core, milliseconds. */
#define APP_ASK_MS 1000
/** How long telemetry does. */
#define APP_ASK_TELEMETRY_MS 100

/** What other threads ask of the main thread. */
enum app_request { APP_REQUEST_NONE, APP_REQUEST_START, APP_REQUEST_STOP, APP_REQUEST_CLEAR };

/** Which lcore does what. */
struct app_lcores {
	bool control_on_main;
	bool worker_on_main;
	unsigned int service; /**< runs control unless control_on_main */
	bool service_taken;   /**< it was an ordinary lcore before */
	uint16_t nb_workers;
	unsigned int worker[DP_WORKERS_MAX];
};

/** The program. */
struct app {
	struct app_options opt; /**< [main] before other threads start */
	struct app_lcores lcores;
	struct dp *dp;
	struct control *control;
	uint16_t nb_ports;
	uint16_t port[DP_PORTS_MAX];
	struct rte_eth_stats stats_base[DP_PORTS_MAX]; /**< [main] at the last start or clear */
	uint32_t service_id;
	_Atomic uint64_t control_due; /**< when control wants its next turn */

	/* What the next start takes. [command thread] */
	enum dp_engine engine;
	uint16_t burst;
	struct dp_txgen gen;

	_Atomic bool forwarding;
	_Atomic bool quit; /**< end the program */
	_Atomic int exit_status;
	_Atomic bool commands_done; /**< the command thread has ended */
	_Atomic bool closed;	    /**< [main] control answers no more */
	int wake_fd;		    /**< eventfd: wakes the main thread */
	int end_fd;		    /**< eventfd: readable once the program ends */
	pthread_t main_thread;
	pthread_mutex_t lock; /**< of the next three */
	pthread_cond_t answered;
	enum app_request request;
	int request_result;
};

/* Run: main thread. */

/** Make the pieces that requests need. @return 0 or -errno */
int run_init(struct app *a);
void run_fini(struct app *a);
/** Until quit: requests, and control and a worker where they have no lcore of their own. */
void run_loop(struct app *a);
/** Stop the workers, let control take what they left; bounded. @return 0, -EALREADY, -ETIMEDOUT */
int run_stop(struct app *a);

/* Requests: any thread but the main thread. */

/**
 * Let the main thread start or stop forwarding or clear its counters, and wait for it.
 * @return 0; -EALREADY it is so; -EBUSY no answer in 10 s; -ECANCELED the
 *   program ends; else what failed
 */
int app_request(struct app *a, enum app_request request);
/** End the program with @p status unless another thread said so before. Signal-safe. */
void app_quit(struct app *a, int status);

/* Control: any thread. */

/**
 * control_call(), repeated while it says -EAGAIN (a grace period has to pass)
 * within @p timeout_ms; in the control thread itself a plain call.
 * @return what @p fn returned; -EBUSY, -EAGAIN; -ECANCELED the program ends
 */
int app_ask(struct app *a, control_fn fn, void *arg, size_t arg_size, uint32_t timeout_ms);

/* Accounting: any thread. */

/**
 * What no counter explains: the sum of the application's and the soft HCAs'
 * balances, less what waits in queues. Since the program began, whatever was
 * cleared in between.
 * @return 0; -EAGAIN packets move: no figure; -EBUSY control does not answer
 */
int account_unaccounted(struct app *a, int64_t *unaccounted, uint32_t timeout_ms);
/** Packets that wait in rings, neighbour and multicast queues. @return 0, -EBUSY */
int account_queued(struct app *a, uint64_t *queued, uint32_t timeout_ms);

/* Ports: main thread. */

/** Check that every device of the command line exists. @return 0 or -ENODEV, one line printed */
int devices_check(void);
/** Worker lcores and the control core's. @return 0 or -EINVAL, one line printed */
int lcores_plan(struct app *a);
/** Register control as a service and start it on its lcore. @return 0 or -errno, logged */
int lcores_service_start(struct app *a);
void lcores_service_stop(struct app *a);
/** Find, configure and start the forwarding ports. @return 0 or -errno, one line printed */
int ports_open(struct app *a);
/** Tell of lcores and ports that lie on different NUMA nodes. */
void ports_numa_check(const struct app *a);
/** Stop and close all ethdevs and free the pools. */
void ports_close(struct app *a);
/** A pool for packets made here. */
struct rte_mempool *ports_pool(void);

/** A port of ours? Any thread. */
bool app_has_port(const struct app *a, uint16_t port);

/** One line for the user on standard error. Any thread. */
void app_say(const char *fmt, ...) __rte_format_printf(1, 2);

#endif /* APP_H */

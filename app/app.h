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
#include <stdio.h>

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
/**
 * How long a command waits for the control core, milliseconds: a command file ends at the first one that
 * fails, so also while memory is pinned and all CPUs are busy, as at a start.
 */
#define APP_ASK_MS 5000
/** How long telemetry does. */
#define APP_ASK_TELEMETRY_MS 100

/** Room for one line that says why something did not work. */
#define APP_WHY_MAX 256

struct app;

/** What other threads ask of the main thread, which runs it. @return 0 or -errno, handed back */
typedef int (*app_fn)(struct app *a, void *arg);

/** Which lcore does what. */
struct app_lcores {
	bool control_on_main;
	bool worker_on_main;
	unsigned int service; /**< runs control unless control_on_main */
	bool service_taken;   /**< it was an ordinary lcore before */
	uint16_t nb_workers;  /**< one on each lcore that is left */
	uint16_t nb_active;   /**< the first so many run */
	unsigned int worker[DP_WORKERS_MAX];
};

/** The program. */
struct app {
	struct app_options opt; /**< [main] before other threads start */
	struct app_lcores lcores;
	struct dp *dp;
	struct control *control;
	/* Forwarding ports, in ascending order. [main] writes, under the lock for others to read. */
	pthread_rwlock_t ports_lock;
	uint16_t nb_ports;
	uint16_t port[DP_PORTS_MAX];
	_Atomic uint32_t came[DP_PORTS_MAX]; /**< [main] ports that have had the number so far */
	struct dp_counters gone;	     /**< [main] since the last clear, of ports that went */
	int64_t hca_gone; /**< [main] what the balances of soft HCAs lack with ports that went */
	char why[APP_WHY_MAX]; /**< [main] why what was just tried on a port did not work */
	struct rte_eth_stats stats_base[DP_PORTS_MAX]; /**< [main] at the last start or clear */
	uint64_t stopped;			       /**< [main] ports (bit mask) */
	uint64_t plugged; /**< [main] ethdevs (bit mask) that came by port_plug() */
	/** [main] Queues of a port from its next start on, 0: as the options say. */
	struct {
		uint16_t rx, tx;
	} queues[RTE_MAX_ETHPORTS];
	uint32_t service_id;
	_Atomic uint64_t control_due; /**< when control wants its next turn */

	/* What the next start takes. [command thread] */
	enum dp_engine engine;
	uint16_t burst;
	uint32_t tx_first; /**< bursts that come before everything else, once */
	struct dp_txgen gen;
	bool record_bursts;
	bool record_cycles; /**< show them; workers always count */
	/* [main] What commands have set, for the configuration that is saved. */
	bool cores_set, ports_set;
	uint64_t promisc_set, allmulti_set; /**< ports (bit masks) */

	_Atomic bool forwarding;
	_Atomic bool quit; /**< end the program */
	_Atomic int exit_status;
	_Atomic bool commands_done; /**< the command thread has ended */
	_Atomic bool prompting; /**< [command thread] the command file is done, the prompt is there */
	_Atomic bool closed;	/**< [main] control answers no more */
	int wake_fd;		/**< eventfd: wakes the main thread */
	int end_fd;		/**< eventfd: readable once the program ends */
	int reload_fd;		/**< eventfd: readable once SIGHUP has come */
	pthread_t main_thread;
	pthread_mutex_t asking; /**< one request at a time */
	pthread_mutex_t lock;	/**< of the next four */
	pthread_cond_t answered;
	app_fn request; /**< NULL: none */
	void *request_arg;
	int request_result;
};

/* Run: main thread. */

/** Make the pieces that requests need. @return 0 or -errno */
int run_init(struct app *a);
void run_fini(struct app *a);
/** Until quit: requests, and control and a worker where they have no lcore of their own. */
void run_loop(struct app *a);
/**
 * app_ask() while control and the worker that run in this thread, if they do, go on: for what takes
 * several turns. @return as app_ask()
 */
int run_ask(struct app *a, control_fn fn, void *arg, size_t arg_size, uint32_t timeout_ms);

/* What can be requested; arg is not used. */

/** Start the workers. @return 0, -EALREADY, -ECANCELED the program ends, else what failed */
int run_start(struct app *a, void *arg);
/** Stop the workers, let control take what they left; bounded. @return 0, -EALREADY, -ETIMEDOUT */
int run_stop(struct app *a, void *arg);
/** Forget the counters. @return 0 */
int run_clear(struct app *a, void *arg);

/* Requests: any thread but the main thread. */

/**
 * Let the main thread run @p fn(a, arg), and wait for it.
 * @return what @p fn returned; -EBUSY the main thread did not get to it in 10 s: it will not run
 */
int app_request(struct app *a, app_fn fn, void *arg);
/** End the program with @p status unless another thread said so before. Signal-safe. */
void app_quit(struct app *a, int status);
/** Let the command thread look at the command file again. Signal-safe. */
void app_reload(struct app *a);

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
/** The balance of an IPoIB port's soft HCA; what it counted is added to @p events. */
int64_t account_hca(uint16_t port, uint64_t *events);
/** Packets that wait in rings, neighbour and multicast queues. @return 0, -EBUSY */
int account_queued(struct app *a, uint64_t *queued, uint32_t timeout_ms);

/* Ports: main thread. */

/** Check that every device of the command line exists. @return 0 or -ENODEV, one line printed */
int devices_check(void);
/** Worker lcores and the control core's. @return 0 or -EINVAL, one line printed */
int lcores_plan(struct app *a);
/** Make these lcores, each one once, the first workers, and only them active.
 *  @param why APP_WHY_MAX octets @return 0 or -EINVAL with @p why */
int lcores_choose(struct app_lcores *l, const uint16_t *list, uint16_t n, char *why);
/** Register control as a service and start it on its lcore. @return 0 or -errno, logged */
int lcores_service_start(struct app *a);
void lcores_service_stop(struct app *a);
/** Find, configure and start the forwarding ports. @return 0 or -errno, one line printed */
int ports_open(struct app *a);
/** Configure and start one more, which has a pool of its own. @return 0 or -errno, a->why is set */
int port_open_late(struct app *a, uint16_t port);
/** Configure and start one that was stopped, with the number of queues that it is to have now.
 *  @return 0 or -errno, a->why is set */
int port_reopen(struct app *a, uint16_t port);
/** Put a port into the list, or take it out. */
void ports_list(struct app *a, uint16_t port, bool in);
/** What nobody gave back by the end of the program. */
struct app_in_use {
	unsigned int mbufs, ahs; /* address handles */
};
/** Stop and close all ethdevs and free the pools. @param left what of them was still in use */
void ports_close(struct app *a, struct app_in_use *left);
/** A pool for packets made here. */
struct rte_mempool *ports_pool(void);

/* Ports that come and go while the program runs: requests (app_fn). What fails leaves everything as
 * it was, and one line in why. */

/** An ethdev of a virtual device, made to be a forwarding port. */
struct port_plug {
	char name[RTE_ETH_NAME_MAX_LEN]; /**< of the device, with the driver's in front */
	char args[256];			 /**< its devargs */
	uint16_t port;			 /**< its number, on success */
	char why[APP_WHY_MAX];
};
/** @param plug struct port_plug @return 0 or -errno */
int port_plug(struct app *a, void *plug);

/** A logical port, as dp_port_add_logical() takes it. */
struct port_logical {
	enum dp_port_kind kind;
	uint16_t vlan;
	uint16_t parent;
	uint16_t port; /**< its number, on success */
	char why[APP_WHY_MAX];
};
/** @param logical struct port_logical @return 0 or -errno */
int port_logical_add(struct app *a, void *logical);

/** Make a bond. @param cfg struct control_bond_cfg; its port is set on success @return 0 or -errno */
int bond_add(struct app *a, void *cfg);

/** Devices that come by testpmd's words: their ports stay stopped. */
struct port_attach {
	char ident[256]; /**< BUS:NAME,ARGUMENTS, or without the bus */
	uint16_t nb;	 /**< on success: the new ports */
	uint16_t port[DP_PORTS_MAX];
	char why[APP_WHY_MAX];
};
/** @param at struct port_attach @return 0 or -errno */
int port_attach(struct app *a, void *at);

/** A port that goes, with its ethdev unless it is a logical one. */
struct port_unplug {
	uint16_t port;
	bool only_stopped; /**< refuse a port that runs */
	bool keep_device;  /**< close its ethdev and leave the device on its bus */
	char why[APP_WHY_MAX];
};
/**
 * @param unplug struct port_unplug
 * @return 0; -ENODEV; -EBUSY others need it; -ETIMEDOUT it is not gone yet: ask again
 */
int port_unplug(struct app *a, void *unplug);

/** A port to be stopped or started. */
struct port_switch {
	uint16_t port;
	char why[APP_WHY_MAX];
};
/** Stop an ethdev port: its addresses, routes and neighbours stay.
 *  @param sw struct port_switch @return 0; -ENODEV; -EALREADY; -EBUSY; -ETIMEDOUT again */
int port_stop(struct app *a, void *sw);
/** Start it again. @param sw struct port_switch @return 0; -ENODEV; -EALREADY; what the driver says */
int port_start(struct app *a, void *sw);

/** Let the driver bring a stopped port back to where it began. @param sw struct port_switch
 *  @return 0; -ENODEV; -EBUSY it runs; what the driver says */
int port_reset(struct app *a, void *sw);

/** What may be switched on and off about a port. */
enum port_mode_kind { PORT_PROMISC, PORT_ALLMULTI, PORT_LINK };
struct port_mode {
	uint16_t port;
	enum port_mode_kind kind;
	bool on;
	char why[APP_WHY_MAX];
};
/** @param mode struct port_mode @return 0; -ENODEV; what the driver says */
int port_mode_set(struct app *a, void *mode);

/** Settings of all ports that their next start takes. */
enum port_all_kind { PORT_RXD, PORT_TXD, PORT_MAX_PKT_LEN };
struct port_all {
	enum port_all_kind kind;
	uint64_t n;
	char why[APP_WHY_MAX];
};
/** @param all struct port_all @return 0; -EBUSY a port is not stopped; -EINVAL */
int port_all_set(struct app *a, void *all);

/** How many queues ports have from their next start on. */
struct port_queues {
	uint16_t port; /**< DP_PORT_NIL: all of now */
	bool rx;
	uint64_t n;
	char why[APP_WHY_MAX];
};
/** @param q struct port_queues
 *  @return 0; -ENODEV; -EBUSY a port is not stopped; -EINVAL a port cannot have so many */
int port_queues_set(struct app *a, void *q);

/* What forwards from the next start on: requests (app_fn), refused while it forwards. */

/** A list of ports or lcores. */
struct fwd_list {
	uint16_t nb;
	uint16_t id[DP_PORTS_MAX];
	char why[APP_WHY_MAX];
};
/** Ports that workers poll, in the order in which they are paired. @param list struct fwd_list
 *  @return 0, -EBUSY, -EINVAL, -ENOSPC */
int fwd_ports_set(struct app *a, void *list);
/** Lcores that run workers. @param list struct fwd_list @return 0, -EBUSY, -EINVAL, -ENOSPC */
int fwd_cores_set(struct app *a, void *list);
/** The same by their number: the first nb of the lcores that have workers. */
int fwd_cores_number(struct app *a, void *list);
/** As the options say, once all ports are there. Main thread. @return 0 or -errno, one line printed */
int fwd_init(struct app *a);

/** One more partition on the HCA port of an IPoIB port. */
struct partition_add {
	uint16_t like; /**< that port: the new one has its arguments, but for the P_Key */
	uint16_t pkey; /**< without the full-member bit only a limited membership will do */
	uint16_t port; /**< the new port's number, on success */
	char why[APP_WHY_MAX];
};
/** @param add struct partition_add @return 0, -ENODEV, -EINVAL, -EEXIST, or as port_plug() */
int partition_add(struct app *a, void *add);
/** Remove the port of a partition, but not the last one of its HCA port.
 *  @param unplug struct port_unplug @return 0, -ENODEV, -EBUSY, or as port_unplug() */
int partition_del(struct app *a, void *unplug);

/** Make an 802.1Q sub-port. @param logical struct port_logical with parent and vlan
 *  @return 0, -ENODEV, -EINVAL, -EEXIST, or as port_logical_add() */
int vlan_add(struct app *a, void *logical);
/** Remove one. @param unplug struct port_unplug @return 0, -ENODEV, or as port_unplug() */
int vlan_del(struct app *a, void *unplug);

/* Engines. Main thread. */

/**
 * Can a->engine forward between the ports that forward, and are there peers where it needs them?
 * @param gen what it will send: a->gen, with peers that are worked out
 * @return 0, or -EINVAL with a->why
 */
int engine_check(struct app *a, const struct dp_txgen *gen);
/** a->gen, with a peer for each Ethernet port if none was named at all, as testpmd has. */
void engine_peers(const struct app *a, struct dp_txgen *gen);
/** What the engine needs besides, while workers are stopped. @return 0, -ENOMEM */
int engine_memory(struct app *a);

/* What workers note beyond counters. */

/** Let them count the sizes of bursts, or no longer, as a->record_bursts says. Main thread, while
 *  they are stopped. @return 0, -ENOMEM */
int record_apply(struct app *a);
/** TSC ticks of turns of all workers in which there was work, since the last start or clear. Any
 *  thread. */
uint64_t record_cycles_get(const struct app *a);
/** Let cycles and sizes of bursts begin at zero. Main thread. */
void record_clear(const struct app *a);
/** Sizes of bursts of a port, DP_BURST_MAX + 1 numbers each. Command thread. @return false: not
 *  counted */
bool record_bursts_get(const struct app *a, uint16_t port, uint64_t *rx, uint64_t *tx);
/** Request (app_fn). @param bits uint8_t of DP_VERBOSE_RX and DP_VERBOSE_TX: let workers keep
 *  packets for watch_thread_start() to show @return 0, -ENOMEM */
int verbose_set(struct app *a, void *bits);

/* Events of ports. */

/** Note these kinds (bit mask of enum rte_eth_event_type) from now on. Command thread. */
void events_register(uint32_t mask);
/** Show what was noted since, as testpmd does; of events of a kind and port in between, one. Any
 *  thread that may wait for @p out. */
void events_print(FILE *out);

/* Any thread. */

/** Copy the list of ports. @return how many */
uint16_t app_ports(struct app *a, uint16_t ports[DP_PORTS_MAX]);
/** A port of ours? */
bool app_has_port(struct app *a, uint16_t port);

/** One line for the user on standard error. Any thread. */
void app_say(const char *fmt, ...) __rte_format_printf(1, 2);
/** Why a request did not work, as one line. Any thread.
 *  @param why APP_WHY_MAX octets @return @p ret */
int app_says(char *why, int ret, const char *fmt, ...) __rte_format_printf(3, 4);

#endif /* APP_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_service.h>

#include "app.h"
#include "latency.h"

/* Bounds: a worker leaves its loop; control takes what the workers punted; a
 * request is answered; the command thread ends after quit.
 */
#define WORKER_STOP_US 5000000
#define DRAIN_US 1000000
#define REQUEST_S 10
#define COMMANDS_END_US 5000000
/* Turns without a packet after which the only lcore may sleep. */
#define IDLE_TURNS 256

static void
sleep_us(uint64_t us)
{
	struct timespec ts = { .tv_nsec = (long)us * 1000 };

	nanosleep(&ts, NULL);
}

int
run_init(struct app *a)
{
	pthread_condattr_t attr;

	a->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	a->end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	a->reload_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (a->wake_fd < 0 || a->end_fd < 0 || a->reload_fd < 0)
		return -errno;
	a->main_thread = pthread_self();
	pthread_rwlock_init(&a->ports_lock, NULL);
	pthread_mutex_init(&a->asking, NULL);
	pthread_mutex_init(&a->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&a->answered, &attr);
	pthread_condattr_destroy(&attr);
	return 0;
}

void
run_fini(struct app *a)
{
	pthread_cond_destroy(&a->answered);
	pthread_mutex_destroy(&a->lock);
	pthread_mutex_destroy(&a->asking);
	pthread_rwlock_destroy(&a->ports_lock);
	close(a->wake_fd);
	close(a->end_fd);
	close(a->reload_fd);
}

static void
wake(int fd)
{
	uint64_t one = 1;

	if (write(fd, &one, sizeof(one)) < 0)
		return; /* full: awake anyway */
}

void
app_quit(struct app *a, int status)
{
	if (!atomic_exchange(&a->quit, true))
		atomic_store(&a->exit_status, status);
	wake(a->end_fd);
	wake(a->wake_fd);
}

void
app_reload(struct app *a)
{
	wake(a->reload_fd);
}

/* While the main thread is at it, it holds the lock: the argument is in use no longer than we wait. */
int
app_request(struct app *a, app_fn fn, void *arg)
{
	struct timespec end;
	int ret = 0;

	pthread_mutex_lock(&a->asking);
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += REQUEST_S;
	pthread_mutex_lock(&a->lock);
	a->request = fn;
	a->request_arg = arg;
	wake(a->wake_fd);
	while (ret == 0 && a->request != NULL)
		ret = -pthread_cond_timedwait(&a->answered, &a->lock, &end);
	ret = a->request == NULL ? a->request_result : -EBUSY;
	a->request = NULL;
	pthread_mutex_unlock(&a->lock);
	pthread_mutex_unlock(&a->asking);
	return ret;
}

int
app_ask(struct app *a, control_fn fn, void *arg, size_t arg_size, uint32_t timeout_ms)
{
	uint64_t end = control_now_us() + (uint64_t)timeout_ms * 1000;
	int ret;

	if (atomic_load(&a->closed))
		return -ECANCELED;
	if (a->lcores.control_on_main && pthread_equal(pthread_self(), a->main_thread))
		return fn(a->control, arg);
	for (;;) {
		ret = control_call(a->control, fn, arg, arg_size, timeout_ms);
		if (ret != -EAGAIN || control_now_us() >= end)
			return ret;
		sleep_us(1000);
	}
}

static int
launch(struct dp_worker *w)
{
	if (w->lcore == rte_get_main_lcore()) {
		dp_worker_enter(w);
		return 0;
	}
	return rte_eal_remote_launch(dp_worker_main, w, w->lcore);
}

int
run_clear(struct app *a, void *arg __rte_unused)
{
	uint16_t i;

	pthread_rwlock_wrlock(&a->ports_lock);
	dp_counters_clear(a->dp);
	memset(&a->gone, 0, sizeof(a->gone));
	record_clear(a);
	pthread_rwlock_unlock(&a->ports_lock);
	for (i = 0; i < a->nb_ports; i++) {
		if (a->port[i] < DP_PORT_LOGICAL)
			rte_eth_stats_get(a->port[i], &a->stats_base[a->port[i]]);
	}
	return 0;
}

int
run_start(struct app *a, void *arg __rte_unused)
{
	struct dp *dp = a->dp;
	uint16_t i;
	int ret;

	if (atomic_load(&a->quit))
		return -ECANCELED;
	if (atomic_load(&a->forwarding))
		return -EALREADY;
	dp->engine = a->engine;
	dp->burst = a->burst;
	engine_peers(a, &dp->txgen);
	ret = engine_check(a, &dp->txgen);
	if (ret == 0)
		ret = record_apply(a);
	if (ret == 0)
		ret = engine_memory(a);
	if (ret == 0 && dp->txgen.stamp)
		ret = dp_latency_init(dp);
	if (ret != 0)
		return ret;
	dp->tx_first = a->tx_first;
	a->tx_first = 0;
	run_clear(a, NULL);
	atomic_store(&dp->running, true);
	atomic_store(&a->forwarding, true);
	for (i = 0; i < dp->nb_active; i++) {
		ret = launch(dp->worker[i]);
		if (ret != 0) {
			APP_LOG(ERR, "lcore %u does not start: %d\n", dp->worker[i]->lcore, ret);
			run_stop(a, NULL);
			return ret;
		}
	}
	return 0;
}

/* One turn of control in this thread, if it is this thread's. */
static void
control_turn(struct app *a)
{
	if (a->lcores.control_on_main)
		rte_service_run_iter_on_app_lcore(a->service_id, 1);
}

/* Wait for a worker lcore; control must go on meanwhile. */
static int
join_worker(struct app *a, struct dp_worker *w, uint64_t end)
{
	if (w->lcore == rte_get_main_lcore()) {
		dp_worker_leave(w);
		return 0;
	}
	while (rte_eal_get_lcore_state(w->lcore) == RUNNING) {
		if (control_now_us() > end) {
			APP_LOG(ERR, "worker on lcore %u does not stop\n", w->lcore);
			return -ETIMEDOUT;
		}
		control_turn(a);
		sleep_us(50);
	}
	rte_eal_wait_lcore(w->lcore);
	return 0;
}

/* What workers punted last is control's to decide on. */
static void
drain(struct app *a)
{
	uint64_t end = control_now_us() + DRAIN_US;

	while (rte_ring_count(a->dp->punt) != 0 && control_now_us() < end) {
		control_turn(a);
		if (!a->lcores.control_on_main)
			sleep_us(100);
	}
}

int
run_stop(struct app *a, void *arg __rte_unused)
{
	uint64_t end = control_now_us() + WORKER_STOP_US;
	uint16_t i;
	int ret = 0;

	if (!atomic_load(&a->forwarding))
		return -EALREADY;
	atomic_store(&a->dp->running, false);
	for (i = 0; i < a->dp->nb_active; i++) {
		if (join_worker(a, a->dp->worker[i], end) != 0)
			ret = -ETIMEDOUT;
	}
	if (ret != 0)
		return ret;
	drain(a);
	atomic_store(&a->forwarding, false);
	return 0;
}

static void
answer_request(struct app *a)
{
	pthread_mutex_lock(&a->lock);
	if (a->request != NULL) {
		a->request_result = a->request(a, a->request_arg);
		a->request = NULL;
		pthread_cond_broadcast(&a->answered);
	}
	pthread_mutex_unlock(&a->lock);
}

/* Is something asked? Empties the wake-up. */
static bool
woken(struct app *a, int timeout_ms)
{
	struct pollfd pfd = { .fd = a->wake_fd, .events = POLLIN };
	uint64_t n;

	return poll(&pfd, 1, timeout_ms) > 0 && read(a->wake_fd, &n, sizeof(n)) == sizeof(n);
}

/* Microseconds until control wants its turn. */
static uint64_t
control_wait_us(const struct app *a)
{
	uint64_t due = atomic_load_explicit(&a->control_due, memory_order_relaxed);
	uint64_t now = control_now_us();

	return due <= now ? 0 : RTE_MIN(due - now, (uint64_t)APP_CONTROL_SLEEP_US);
}

/* The only lcore: a worker's turn, and control's when it is due. */
static void
turn_alone(struct app *a)
{
	static uint64_t last;
	static unsigned int idle;
	struct dp_worker *w = a->dp->worker[0];
	uint64_t now;

	if (dp_worker_turn(w) != 0)
		idle = 0;
	else
		idle++;
	now = control_now_us();
	if (rte_ring_count(a->dp->punt) != 0 || now - last >= APP_CONTROL_SLEEP_US ||
			control_wait_us(a) == 0) {
		control_turn(a);
		dp_worker_idle(w);
		last = now;
	}
	if (idle >= IDLE_TURNS && a->opt.idle_sleep != 0) {
		control_sleep(a->control, RTE_MIN((uint64_t)a->opt.idle_sleep, control_wait_us(a)));
		dp_worker_idle(w);
	}
}

static void
loop_turn(struct app *a)
{
	uint64_t wait;

	if (a->lcores.worker_on_main && atomic_load(&a->forwarding)) {
		turn_alone(a);
	} else if (a->lcores.control_on_main) {
		control_turn(a);
		wait = control_wait_us(a);
		if (wait != 0)
			control_sleep(a->control, wait);
	}
}

int
run_ask(struct app *a, control_fn fn, void *arg, size_t arg_size, uint32_t timeout_ms)
{
	uint64_t end = control_now_us() + (uint64_t)timeout_ms * 1000;
	int ret;

	if (!a->lcores.control_on_main)
		return app_ask(a, fn, arg, arg_size, timeout_ms);
	for (;;) {
		control_turn(a);
		ret = fn(a->control, arg);
		if (ret != -EAGAIN || control_now_us() >= end)
			return ret;
		loop_turn(a);
	}
}

/* Commands in progress need this loop: go on until their thread has ended. */
static bool
ended(const struct app *a, uint64_t *end)
{
	if (!atomic_load(&a->quit))
		return false;
	if (*end == 0)
		*end = control_now_us() + COMMANDS_END_US;
	if (atomic_load(&a->commands_done))
		return true;
	if (control_now_us() < *end)
		return false;
	APP_LOG(WARNING, "a command does not end, going on without\n");
	return true;
}

void
run_loop(struct app *a)
{
	bool idle = !a->lcores.control_on_main;
	unsigned int turns = 0;
	uint64_t end = 0;

	while (!ended(a, &end)) {
		/* A system call every few turns is enough where packets pass. */
		if (idle || !atomic_load(&a->forwarding) || ++turns % 64 == 0) {
			if (woken(a, idle ? (atomic_load(&a->quit) ? 10 : 500) : 0))
				answer_request(a);
		}
		loop_turn(a);
	}
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include <rte_cycles.h>
#include <rte_lcore.h>
#include <rte_service.h>
#include <rte_service_component.h>

#include "app.h"

/* Service lcores that EAL made (-s, -S) come first: they are the user's wish. */
static void
plan_service(struct app_lcores *l)
{
	uint32_t list[RTE_MAX_LCORE];

	if (rte_service_lcore_list(list, RTE_DIM(list)) > 0) {
		l->service = list[0];
		return;
	}
	l->service = rte_get_next_lcore(-1, 1, 0);
	l->service_taken = true;
}

static int __rte_format_printf(2, 3) refuse(char *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, APP_WHY_MAX, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static bool
lcore_is_worker(const struct app_lcores *l, unsigned int lcore)
{
	uint16_t i;

	for (i = 0; i < l->nb_workers; i++) {
		if (l->worker[i] == lcore)
			return true;
	}
	return false;
}

static int
lcore_check(const struct app_lcores *l, unsigned int lcore, char *why)
{
	if (lcore_is_worker(l, lcore))
		return 0;
	if (!l->control_on_main && lcore == l->service)
		return refuse(why, "lcore %u runs control: the workers are the others", lcore);
	if (!rte_lcore_is_enabled(lcore))
		return refuse(why, "lcore %u not enabled", lcore);
	if (lcore == rte_get_main_lcore())
		return refuse(why,
				"lcore %u cannot be masked on for running packet forwarding, which is "
				"the main lcore and reserved for command line parsing only",
				lcore);
	return refuse(why, "lcore %u is a service lcore", lcore);
}

int
lcores_choose(struct app_lcores *l, const uint16_t *list, uint16_t n, char *why)
{
	unsigned int rest[DP_WORKERS_MAX];
	uint16_t i, nb_rest = 0;
	struct app_lcores chosen = *l;
	int ret;

	for (i = 0; i < n; i++) {
		ret = lcore_check(l, list[i], why);
		if (ret != 0)
			return ret;
	}
	chosen.nb_workers = 0;
	for (i = 0; i < n; i++)
		chosen.worker[chosen.nb_workers++] = list[i];
	for (i = 0; i < l->nb_workers; i++) {
		if (!lcore_is_worker(&chosen, l->worker[i]))
			rest[nb_rest++] = l->worker[i];
	}
	for (i = 0; i < nb_rest; i++)
		chosen.worker[chosen.nb_workers++] = rest[i];
	chosen.nb_active = n;
	*l = chosen;
	return 0;
}

/* Those of the mask to the front. */
static int
plan_mask(struct app_lcores *l, uint64_t mask)
{
	uint16_t list[64], n = 0;
	char why[APP_WHY_MAX];
	int ret;

	for (; mask != 0; mask &= mask - 1)
		list[n++] = (uint16_t)__builtin_ctzll(mask);
	ret = lcores_choose(l, list, n, why);
	if (ret != 0)
		app_say("--coremask: %s", why);
	return ret;
}

/* Every lcore that is left gets a worker; the first nb_active of them run. */
static int
plan_workers(struct app_lcores *l, uint32_t wanted)
{
	unsigned int lcore, left = 0;

	RTE_LCORE_FOREACH_WORKER(lcore) {
		if (!l->control_on_main && lcore == l->service)
			continue;
		left++;
		if (l->nb_workers < DP_WORKERS_MAX)
			l->worker[l->nb_workers++] = lcore;
	}
	if (left == 0 && l->control_on_main) {
		l->worker_on_main = true;
		l->worker[l->nb_workers++] = rte_get_main_lcore();
		left = 1;
	}
	if (wanted != UINT32_MAX && wanted > left) {
		app_say("--nb-cores %u: only %u of %u lcores are left for workers (EAL's -l or "
			"--lcores gives more)",
				wanted, left, rte_lcore_count());
		return -EINVAL;
	}
	if (left == 0) {
		app_say("no lcore is left for a worker (EAL's -l or --lcores gives more)");
		return -EINVAL;
	}
	l->nb_active = (uint16_t)RTE_MIN(wanted, (uint32_t)l->nb_workers);
	return 0;
}

int
lcores_plan(struct app *a)
{
	unsigned int n = rte_lcore_count() + (unsigned int)rte_service_lcore_count();
	uint32_t wanted = a->opt.service_lcores;
	struct app_lcores *l = &a->lcores;

	if (wanted == UINT32_MAX)
		wanted = n >= 3 || rte_service_lcore_count() > 0 ? 1 : 0;
	if (wanted == 1 && n < 2 + (rte_service_lcore_count() == 0)) {
		app_say("--service-lcores 1: needs three lcores or more, EAL has %u (its -l or "
			"--lcores gives more)",
				n);
		return -EINVAL;
	}
	l->control_on_main = wanted == 0;
	if (wanted == 1)
		plan_service(l);
	if (plan_workers(l, a->opt.nb_cores == 0 ? UINT32_MAX : a->opt.nb_cores) != 0)
		return -EINVAL;
	return a->opt.coremask != 0 ? plan_mask(l, a->opt.coremask) : 0;
}

/* One turn of control; the service. */
static int32_t
control_service(void *arg)
{
	struct app *a = arg;
	uint64_t due, now;

	due = control_tick(a->control);
	now = control_now_us();
	atomic_store_explicit(&a->control_due, due, memory_order_relaxed);
	if (due <= now)
		return 0;
	/* On the main lcore the loop paces. */
	if (!a->lcores.control_on_main && a->opt.idle_sleep != 0)
		control_sleep(a->control, RTE_MIN(due - now, (uint64_t)APP_CONTROL_SLEEP_US));
	return -EAGAIN;
}

static int
service_lcore_start(struct app *a)
{
	unsigned int lcore = a->lcores.service;
	int ret;

	if (a->lcores.service_taken) {
		ret = rte_service_lcore_add(lcore);
		if (ret != 0 && ret != -EALREADY)
			return ret;
	}
	ret = rte_service_map_lcore_set(a->service_id, lcore, 1);
	if (ret != 0)
		return ret;
	ret = rte_service_lcore_start(lcore);
	return ret == -EALREADY ? 0 : ret;
}

int
lcores_service_start(struct app *a)
{
	struct rte_service_spec spec = {
		.name = APP_SERVICE_NAME,
		.callback = control_service,
		.callback_userdata = a,
		.socket_id = (int)rte_socket_id(),
	};
	int ret;

	ret = rte_service_component_register(&spec, &a->service_id);
	if (ret != 0) {
		APP_LOG(ERR, "no room for the control service: %d\n", ret);
		return ret;
	}
	rte_service_component_runstate_set(a->service_id, 1);
	rte_service_runstate_set(a->service_id, 1);
	/* Run only on its lcore, or by the main loop: never checked against a mapping there. */
	if (a->lcores.control_on_main)
		return 0;
	ret = service_lcore_start(a);
	if (ret != 0)
		APP_LOG(ERR, "lcore %u does not run the control service: %d\n", a->lcores.service,
				ret);
	return ret;
}

void
lcores_service_stop(struct app *a)
{
	uint64_t end = control_now_us() + 1000000;

	rte_service_runstate_set(a->service_id, 0);
	if (!a->lcores.control_on_main) {
		while (rte_service_may_be_active(a->service_id) == 1 && control_now_us() < end)
			rte_delay_us_sleep(100);
		rte_service_map_lcore_set(a->service_id, a->lcores.service, 0);
		rte_service_lcore_stop(a->lcores.service);
		rte_eal_wait_lcore(a->lcores.service);
		if (a->lcores.service_taken)
			rte_service_lcore_del(a->lcores.service);
	}
	rte_service_component_runstate_set(a->service_id, 0);
	rte_service_component_unregister(a->service_id);
}

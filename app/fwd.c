/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Which ports and lcores forward from the next start on. Main thread. */

#include <errno.h>
#include <string.h>

#include <rte_errno.h>

#include "app.h"

#define CONTROL_MS 5000

static int
check(const struct app *a, char *why)
{
	if (!atomic_load(&a->forwarding))
		return 0;
	return app_says(why, -EBUSY, "Please stop forwarding first");
}

int
fwd_ports_set(struct app *a, void *arg)
{
	struct fwd_list *l = arg;
	uint16_t i;
	int ret;

	ret = check(a, l->why);
	for (i = 0; ret == 0 && i < l->nb; i++) {
		if (!app_has_port(a, l->id[i]))
			ret = app_says(l->why, -EINVAL, "Invalid port %u", l->id[i]);
		else if (l->id[i] >= DP_PORT_LOGICAL)
			ret = app_says(l->why, -EINVAL,
					"port %u is a logical port: the port below it is polled",
					l->id[i]);
	}
	if (ret != 0)
		return ret;
	ret = dp_fwd_ports(a->dp, l->id, l->nb);
	a->ports_set |= ret == 0;
	return ret == 0 ? 0
			: app_says(l->why, ret, "workers cannot take these ports: %s",
					  rte_strerror(-ret));
}

/* Control knows whose the queues are when it has answered. */
static int
nothing_fn(struct control *c __rte_unused, void *arg __rte_unused)
{
	return 0;
}

static int
workers_set(struct app *a, const struct app_lcores *wanted, char *why)
{
	uint16_t i;
	int ret;

	ret = dp_fwd_workers(a->dp, wanted->nb_active);
	if (ret != 0)
		return app_says(why, ret, "%u workers cannot poll all queues: %s",
				wanted->nb_active, rte_strerror(-ret));
	a->lcores = *wanted;
	a->cores_set = true;
	for (i = 0; i < a->lcores.nb_workers; i++)
		a->dp->worker[i]->lcore = a->lcores.worker[i];
	ret = run_ask(a, nothing_fn, NULL, 0, CONTROL_MS);
	if (ret != 0)
		return app_says(why, ret, "control does not answer: %s", rte_strerror(-ret));
	dp_fwd_settle(a->dp);
	return 0;
}

int
fwd_cores_set(struct app *a, void *arg)
{
	struct app_lcores wanted = a->lcores;
	struct fwd_list *l = arg;
	int ret;

	ret = check(a, l->why);
	if (ret == 0)
		ret = lcores_choose(&wanted, l->id, l->nb, l->why);
	return ret != 0 ? ret : workers_set(a, &wanted, l->why);
}

int
fwd_cores_number(struct app *a, void *arg)
{
	struct app_lcores wanted = a->lcores;
	struct fwd_list *l = arg;
	int ret;

	ret = check(a, l->why);
	if (ret != 0)
		return ret;
	if (l->nb == 0 || l->nb > wanted.nb_workers)
		return app_says(l->why, -EINVAL,
				"nb fwd cores %u > %u (max. number of configured lcores) - ignored",
				l->nb, wanted.nb_workers);
	wanted.nb_active = l->nb;
	return workers_set(a, &wanted, l->why);
}

int
fwd_init(struct app *a)
{
	struct fwd_list l = { .nb = a->opt.nb_portlist };
	int ret = 0;

	dp_fwd_topology(a->dp, (enum dp_topology)a->opt.topology);
	if (a->lcores.nb_active != a->dp->nb_workers)
		ret = dp_fwd_workers(a->dp, a->lcores.nb_active);
	if (ret != 0)
		app_say("%u workers cannot poll all queues: %s", a->lcores.nb_active,
				rte_strerror(-ret));
	if (ret != 0 || l.nb == 0)
		return ret;
	memcpy(l.id, a->opt.portlist, l.nb * sizeof(l.id[0]));
	ret = fwd_ports_set(a, &l);
	a->ports_set = false;
	if (ret != 0)
		app_say("--portlist: %s", l.why);
	return ret;
}

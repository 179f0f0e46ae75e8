/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Bonds: a logical port for the workers, which control makes a bond. */

#include <errno.h>
#include <stdio.h>

#include <rte_errno.h>

#include "app.h"

#define CONTROL_MS 5000

static int
check_fn(struct control *c, void *cfg)
{
	return control_bond_check(c, cfg);
}

static int
add_fn(struct control *c, void *cfg)
{
	return control_bond_add(c, cfg);
}

int
bond_add(struct app *a, void *arg)
{
	struct control_bond_cfg *cfg = arg;
	struct port_logical l = { .kind = DP_PORT_IPOIB, .parent = DP_PORT_NIL };
	struct port_unplug u;
	int ret;

	ret = run_ask(a, check_fn, cfg, sizeof(*cfg), CONTROL_MS);
	if (ret != 0)
		return ret;
	ret = port_logical_add(a, &l);
	if (ret != 0) {
		snprintf(cfg->why, sizeof(cfg->why), "%.*s", (int)sizeof(cfg->why) - 1, l.why);
		return ret;
	}
	cfg->port = l.port;
	ret = run_ask(a, add_fn, cfg, sizeof(*cfg), CONTROL_MS);
	if (ret == 0)
		return 0;
	u.port = l.port;
	if (port_unplug(a, &u) != 0)
		APP_LOG(ERR, "port %u: a bond that did not come about stays: %s\n", l.port, u.why);
	if (cfg->why[0] == '\0')
		snprintf(cfg->why, sizeof(cfg->why), "control cannot make it: %s",
				rte_strerror(-ret));
	return ret;
}

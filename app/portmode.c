/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* What a driver does on request, whether or not its port forwards. Main thread. */

#include <errno.h>

#include <rte_errno.h>
#include <rte_ethdev.h>

#include "app.h"

static int
check(struct app *a, uint16_t port, char *why)
{
	if (!app_has_port(a, port))
		return app_says(why, -ENODEV, "no port %u", port);
	if (port >= DP_PORT_LOGICAL)
		return app_says(why, -EINVAL, "port %u is a logical port: ask the port below it",
				port);
	return 0;
}

static int
driver_set(const struct port_mode *m)
{
	switch (m->kind) {
	case PORT_PROMISC:
		return m->on ? rte_eth_promiscuous_enable(m->port)
			     : rte_eth_promiscuous_disable(m->port);
	case PORT_ALLMULTI:
		return m->on ? rte_eth_allmulticast_enable(m->port)
			     : rte_eth_allmulticast_disable(m->port);
	default:
		return m->on ? rte_eth_dev_set_link_up(m->port)
			     : rte_eth_dev_set_link_down(m->port);
	}
}

int
port_mode_set(struct app *a, void *arg)
{
	static const char *const what[] = { [PORT_PROMISC] = "promiscuous mode",
		[PORT_ALLMULTI] = "allmulticast mode",
		[PORT_LINK] = "link" };
	struct port_mode *m = arg;
	int ret;

	ret = check(a, m->port, m->why);
	if (ret != 0)
		return ret;
	ret = driver_set(m);
	if (ret == 0) {
		if (m->kind == PORT_PROMISC)
			a->promisc_set |= RTE_BIT64(m->port);
		else if (m->kind == PORT_ALLMULTI)
			a->allmulti_set |= RTE_BIT64(m->port);
		return 0;
	}
	if (m->kind == PORT_LINK)
		return app_says(m->why, ret, "Set link %s port %u fail: %s", m->on ? "up" : "down",
				m->port, rte_strerror(-ret));
	return app_says(m->why, ret, "Error during %s %s for port %u: %s",
			m->on ? "enabling" : "disabling", what[m->kind], m->port,
			rte_strerror(-ret));
}

int
port_reset(struct app *a, void *arg)
{
	struct port_switch *s = arg;
	int ret;

	ret = check(a, s->port, s->why);
	if (ret != 0)
		return ret;
	if ((a->stopped & RTE_BIT64(s->port)) == 0)
		return app_says(s->why, -EBUSY,
				"Can not reset port(s), please stop port(s) first: port %u runs",
				s->port);
	ret = rte_eth_dev_reset(s->port);
	if (ret == -ENOTSUP)
		return app_says(s->why, ret,
				"port %u: its driver has no reset; 'port start' configures it anew",
				s->port);
	return ret == 0 ? 0
			: app_says(s->why, ret, "Failed to reset port %u: %s", s->port,
					  rte_strerror(-ret));
}

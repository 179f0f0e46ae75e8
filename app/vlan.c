/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* 802.1Q sub-ports: a logical port for each VLAN of an Ethernet port. */

#include <errno.h>

#include <rte_errno.h>

#include "app.h"

#define VID_MAX 4094

/* The sub-port of this VLAN, or DP_PORT_NIL. */
static uint16_t
subport_find(const struct dp *dp, uint16_t parent, uint16_t vid)
{
	uint16_t i;

	for (i = DP_PORT_LOGICAL; i < DP_PORTS_MAX; i++) {
		if (dp->port[i].kind != DP_PORT_NONE && dp->port[i].vlan == vid &&
				atomic_load(&dp->port[i].tx) == parent)
			return i;
	}
	return DP_PORT_NIL;
}

static int
subport_check(const struct app *a, const struct port_logical *l, char *why)
{
	const struct dp_port *parent = &a->dp->port[l->parent];
	uint16_t port;

	if (l->vlan < 1 || l->vlan > VID_MAX)
		return app_says(why, -EINVAL, "VLAN %u: 1 to %u is allowed", l->vlan, VID_MAX);
	if (parent->kind == DP_PORT_IPOIB)
		return app_says(why, -EINVAL,
				"port %u is an IPoIB port, which has partitions: 'ipoib pkey add'",
				l->parent);
	if (l->parent >= DP_PORT_LOGICAL)
		return app_says(why, -EINVAL,
				"port %u is a sub-port itself: name its parent, port %u", l->parent,
				atomic_load(&parent->tx));
	port = subport_find(a->dp, l->parent, l->vlan);
	if (port != DP_PORT_NIL)
		return app_says(why, -EEXIST, "VLAN %u of port %u is port %u already", l->vlan,
				l->parent, port);
	return 0;
}

int
vlan_add(struct app *a, void *arg)
{
	struct port_logical *l = arg;
	int ret;

	if (!app_has_port(a, l->parent))
		return app_says(l->why, -ENODEV, "no port %u", l->parent);
	ret = subport_check(a, l, l->why);
	if (ret != 0)
		return ret;
	l->kind = DP_PORT_ETH;
	return port_logical_add(a, l);
}

int
vlan_del(struct app *a, void *arg)
{
	struct port_unplug *u = arg;

	if (!app_has_port(a, u->port) || a->dp->port[u->port].vlan == 0)
		return app_says(u->why, -ENODEV, "port %u is no sub-port ('ip vlan show')",
				u->port);
	return port_unplug(a, u);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Partitions: one IPoIB port for each P_Key on an HCA port. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_errno.h>

#include "app.h"

/* The next port on the HCA port of info, from index *i of the list on; DP_PORT_NIL: no more. */
static uint16_t
sibling_next(const struct app *a, const struct pmd_ipoib_info *of, uint16_t *i,
		struct pmd_ipoib_info *info)
{
	uint16_t port;

	while (*i < a->nb_ports) {
		port = a->port[(*i)++];
		if (pmd_ipoib_info_get(port, info) == 0 && info->hca_port == of->hca_port &&
				strcmp(info->device, of->device) == 0)
			return port;
	}
	return DP_PORT_NIL;
}

/*
 * Full and limited membership are the same partition, with one broadcast group and, towards the SA,
 * one member: the port GID.
 */
static int
pkey_check(const struct app *a, const struct pmd_ipoib_info *of, uint16_t pkey, char *why)
{
	struct pmd_ipoib_info info;
	uint16_t i = 0, port;

	if (IB_PKEY_BASE(pkey) == 0)
		return app_says(why, -EINVAL,
				"P_Key 0x%04x: 0x0001 to 0xffff is allowed, but not 0x8000: the low 15 "
				"bits name the partition",
				pkey);
	while ((port = sibling_next(a, of, &i, &info)) != DP_PORT_NIL) {
		if (IB_PKEY_BASE(info.pkey) == IB_PKEY_BASE(pkey))
			return app_says(why, -EEXIST,
					"P_Key 0x%04x: port %u is in this partition already (P_Key "
					"0x%04x on %s port %u)",
					pkey, port, info.pkey, info.device, info.hca_port);
	}
	return 0;
}

int
partition_add(struct app *a, void *arg)
{
	struct partition_add *p = arg;
	struct pmd_ipoib_info info;
	struct port_plug plug;
	int ret;

	if (pmd_ipoib_info_get(p->like, &info) != 0)
		return app_says(p->why, -ENODEV, "port %u has no HCA port of its own", p->like);
	ret = pkey_check(a, &info, p->pkey, p->why);
	if (ret != 0)
		return ret;
	snprintf(plug.name, sizeof(plug.name), "net_ipoib_%s_%u_%04x", info.device, info.hca_port,
			p->pkey);
	ret = pmd_ipoib_sibling_args(p->like, p->pkey, plug.args, sizeof(plug.args));
	if (ret != 0)
		return app_says(p->why, ret, "port %u: its arguments are too long", p->like);
	ret = port_plug(a, &plug);
	if (ret != 0)
		return app_says(p->why, ret, "%s", plug.why);
	p->port = plug.port;
	return 0;
}

int
partition_del(struct app *a, void *arg)
{
	struct port_unplug *u = arg;
	struct pmd_ipoib_info of, info;
	uint16_t i = 0, n = 0;

	if (!app_has_port(a, u->port) || pmd_ipoib_info_get(u->port, &of) != 0)
		return app_says(u->why, -ENODEV, "port %u has no HCA port of its own", u->port);
	while (sibling_next(a, &of, &i, &info) != DP_PORT_NIL)
		n++;
	if (n < 2)
		return app_says(u->why, -EBUSY,
				"port %u is the last one on %s port %u: without it no other could be "
				"made there",
				u->port, of.device, of.hca_port);
	return port_unplug(a, u);
}

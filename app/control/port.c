/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Ports come and go while workers run. Who takes a port away calls control_port_leave() until
 * nothing leads to it, then dp_port_del(), which waits until no worker has seen it, and then
 * control_port_del(), which gives up its tables.
 */

#include <errno.h>
#include <stdlib.h>

#include "control_priv.h"
#include "mcast.h"

#define VIDS 4096
/* What a port's leave of its groups may take where its SA client ends with it. */
#define LEAVE_WAIT_US (200 * CTL_US_PER_MS)

/* --- 802.1Q sub-ports --- */

static void
vlan_set(struct ctl_port *parent, uint16_t vid, uint16_t port)
{
	__atomic_store_n(&parent->dp->vlan_port[vid], port, __ATOMIC_RELAXED);
}

static int
vlan_init(struct ctl_port *p)
{
	struct dp_port *parent = p->lower->dp;
	uint16_t *table, i;

	if (parent->vlan_port != NULL)
		return 0;
	table = malloc(VIDS * sizeof(*table));
	if (table == NULL)
		return -ENOMEM;
	for (i = 0; i < VIDS; i++)
		table[i] = DP_PORT_NIL;
	__atomic_store_n(&parent->vlan_port, table, __ATOMIC_RELEASE);
	return 0;
}

/* No worker reads it any more. */
static void
vlan_fini(struct ctl_port *p)
{
	free(p->dp->vlan_port);
	p->dp->vlan_port = NULL;
}

/* --- start --- */

static int
logical_init(struct ctl_port *p)
{
	uint16_t lower = atomic_load(&p->dp->tx);

	if (p->dp->vlan == 0)
		return 0;
	p->lower = ctl_port(p->c, lower);
	return p->lower == NULL ? -ENODEV : vlan_init(p);
}

static int
port_init(struct ctl_port *p)
{
	int ret = 0;

	if (p->id >= DP_PORT_LOGICAL)
		ret = logical_init(p);
	if (ret == 0)
		ret = arp_init(p);
	if (ret == 0)
		ret = nd_init(p);
	if (ret == 0 && p->kind == DP_PORT_IPOIB && p->id < DP_PORT_LOGICAL)
		ret = ctl_ipoib_init(p);
	else if (ret == 0)
		ret = port_link_init(p);
	if (ret == 0 && p->dp->vlan != 0)
		vlan_set(p->lower, p->dp->vlan, p->id);
	return ret;
}

void
ctl_port_free(struct ctl_port *p)
{
	struct control *c = p->c;

	nd_fini(p);
	arp_fini(p);
	dhcp_port_gone(p);
	mproxy_port_gone(p);
	ip_mcast_port_gone(p);
	bond_fini(p);
	if (p->hca != NULL)
		ctl_ipoib_fini(p);
	else
		port_link_fini(p);
	vlan_fini(p);
	atomic_store(&p->dp->up, false);
	c->ports[p->id] = NULL;
	free(p->ip);
	free(p);
}

/*
 * A port with this number was taken away, and packets that workers punted for it may still be in
 * the ring: they must not get to this one, which is perhaps another partition's.
 */
static bool
number_rests(const struct control *c, uint16_t port)
{
	return c->ip->punts < c->ip->gone[port] && rte_ring_empty(c->dp->punt) == 0;
}

int
control_port_add(struct control *c, uint16_t port_id)
{
	struct ctl_port *p;
	int ret;

	if (port_id >= DP_PORTS_MAX || c->dp->port[port_id].kind == DP_PORT_NONE)
		return -ENODEV;
	if (c->ports[port_id] != NULL)
		return -EEXIST;
	if (number_rests(c, port_id))
		return -EAGAIN;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return -ENOMEM;
	p->ip = calloc(1, sizeof(*p->ip));
	if (p->ip == NULL) {
		free(p);
		return -ENOMEM;
	}
	p->c = c;
	p->id = port_id;
	p->dp = &c->dp->port[port_id];
	p->kind = p->dp->kind;
	p->dscp_class = p->dp->dscp_class;
	atomic_store(&p->mtu, atomic_load(&p->dp->mtu));
	c->ports[port_id] = p;
	ret = port_init(p);
	if (ret == 0)
		return 0;
	CTL_LOG(ERR, "port %u: cannot be taken over: %s", port_id, strerror(-ret));
	ctl_port_free(p);
	return ret;
}

/* --- end --- */

/* What would be left behind, or be less safe than before, without the port. */
static int
leave_check(const struct ctl_port *p)
{
	const struct control *c = p->c;
	uint16_t i;

	for (i = 0; i < DP_PORTS_MAX; i++) {
		if (c->ports[i] == NULL || i == p->id)
			continue;
		if (c->ports[i]->lower == p)
			return -EBUSY;
		if (atomic_load(&c->dp->port[i].bind) == p->id)
			return -EADDRINUSE;
	}
	return atomic_load(&p->dp->master) != DP_PORT_NIL ? -EBUSY : 0;
}

static void
flags_clear(struct ctl_port *p)
{
	int flag;

	for (flag = 0; flag < CONTROL_FLAG_MAX; flag++)
		control_port_flag(p->c, p->id, (enum control_flag)flag, false);
}

static void
leave_begin(struct ctl_port *p)
{
	flags_clear(p);
	dhcp_port_gone(p);
	mproxy_port_gone(p);
	ip_mcast_port_gone(p);
	p->leaving = true;
	p->ip->leave_until = p->c->now + LEAVE_WAIT_US;
	bond_leave(p);
	port_link_leave(p);
	if (p->dp->vlan != 0)
		vlan_set(p->lower, p->dp->vlan, DP_PORT_NIL);
}

/* The SA client ends with its last port: what that has told it goes out before. */
static bool
sa_told(const struct ctl_port *p)
{
	const struct control *c = p->c;
	struct ipoib_sa_stats s;
	uint16_t i;

	if (p->hca == NULL || !p->hca->alive || c->now >= p->ip->leave_until)
		return true;
	for (i = 0; i < DP_PORTS_MAX; i++) {
		if (c->ports[i] != NULL && c->ports[i] != p && c->ports[i]->hca == p->hca)
			return true;
	}
	ipoib_sa_stats_get(p->hca->sa, &s);
	return s.outstanding + s.queued == 0;
}

int
control_port_leave(struct control *c, uint16_t port_id)
{
	struct ctl_port *p = port_id < DP_PORTS_MAX ? c->ports[port_id] : NULL;
	int ret;

	if (p == NULL)
		return -ENODEV;
	if (!p->leaving) {
		ret = leave_check(p);
		if (ret != 0)
			return ret;
		leave_begin(p);
	}
	ret = addr_port_gone(c, port_id);
	if (ret == 0 && l3_flush(c, port_id, true) < 0)
		ret = -EAGAIN;
	return ret == 0 && !sa_told(p) ? -EAGAIN : ret;
}

int
control_port_del(struct control *c, uint16_t port_id)
{
	struct ctl_port *p = port_id < DP_PORTS_MAX ? c->ports[port_id] : NULL;

	if (p == NULL)
		return -ENODEV;
	if (!p->leaving || p->dp->kind != DP_PORT_NONE)
		return -EBUSY;
	ctl_port_free(p);
	c->ip->gone[port_id] = c->ip->punts + rte_ring_count(c->dp->punt);
	return 0;
}

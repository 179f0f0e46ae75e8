/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Links of ports that are not IPoIB ports: Ethernet, 802.1Q sub-ports, bonds; and what is the same
 * for all. An IPoIB port's is the resolver's (lib/ipoib_ctrl/link.c).
 */

#include <errno.h>

#include <rte_ethdev.h>

#include "control_priv.h"

#define LINK_WATCH_ETH_US (250 * CTL_US_PER_MS)

/* An 802.1Q sub-port is up when its parent is, and has at most its MTU. */
static void
subport_follow(struct ctl_port *p)
{
	struct ctl_port *parent = p->lower;
	uint16_t mtu;

	if (p->leaving)
		return;
	if (rte_eth_dev_get_mtu(parent->id, &mtu) == 0)
		link_mtu_set(p, mtu);
	link_set(p, parent->up, parent->reason);
}

void
port_link_followed(struct control *c, struct ctl_port *parent)
{
	uint16_t i;

	for (i = DP_PORT_LOGICAL; i < CTL_PORTS_MAX; i++) {
		if (c->ports[i] != NULL && c->ports[i]->lower == parent &&
				c->ports[i]->dp->vlan != 0)
			subport_follow(c->ports[i]);
	}
	bond_follow(parent);
}

void
link_follow(struct ctl_port *p, bool up, uint16_t mtu, const char *reason)
{
	if (p->leaving)
		return;
	if (mtu != 0)
		link_mtu_set(p, mtu);
	link_set(p, up, reason);
}

static bool
has_ip6(const struct ctl_port *p)
{
	const struct ctl_routes *r = &p->c->ip->routes;
	uint32_t i;

	for (i = 0; i < r->nb_addrs; i++) {
		if (r->addrs[i].port == p->id && !dp_ip_is4(&r->addrs[i].ip))
			return true;
	}
	return false;
}

int
control_port_mtu(struct control *c, uint16_t port, uint16_t mtu)
{
	struct ctl_port *p = ctl_port(c, port), *real;
	uint16_t link;

	if (p == NULL)
		return -ENODEV;
	if (mtu != 0 && mtu < RTE_ETHER_MIN_MTU)
		return -EINVAL;
	real = ctl_real(p);
	if (p->kind == DP_PORT_ETH) {
		if (rte_eth_dev_get_mtu(real->id, &link) != 0)
			return -EIO;
		if (mtu > link)
			return -ERANGE;
	} else if (real != p) {
		link = bond_link_mtu(p);
	} else {
		link = real->bcast.ah != PMD_IPOIB_AH_NONE ? real->bcast.rec.mtu - IPOIB_HDR_LEN
							   : UINT16_MAX;
	}
	p->admin_mtu = mtu;
	if (link != UINT16_MAX)
		link_mtu_set(p, link);
	if (mtu == 0 || mtu >= RTE_IPV6_MIN_MTU || !has_ip6(p))
		return 0;
	CTL_LOG(WARNING, "port %u: IPv6 needs an MTU of 1280, this one is %u", port, mtu);
	return 1;
}

static void
eth_watch(struct control *c, void *arg)
{
	struct ctl_port *p = arg;
	struct rte_eth_link link;
	uint16_t mtu;

	if (rte_eth_dev_get_mtu(p->id, &mtu) == 0)
		link_mtu_set(p, mtu);
	if (p->stopped)
		link_set(p, false, "stopped");
	else if (rte_eth_link_get_nowait(p->id, &link) == 0)
		link_set(p, link.link_status == RTE_ETH_LINK_UP, link.link_status ? "" : "no link");
	timer_set(c, &p->watch, c->now + LINK_WATCH_ETH_US);
}

int
port_link_init(struct ctl_port *p)
{
	int ret;

	if (p->id >= DP_PORT_LOGICAL) {
		if (p->dp->vlan != 0)
			subport_follow(p);
		return 0;
	}
	if (p->hca != NULL)
		return link_init(p);
	ret = timer_init(p->c, &p->watch, eth_watch, p);
	if (ret == 0)
		timer_set(p->c, &p->watch, 0);
	return ret;
}

void
port_link_leave(struct ctl_port *p)
{
	if (p->hca != NULL) {
		link_leave(p);
		return;
	}
	timer_stop(p->c, &p->watch);
	p->events = 0;
	link_set(p, false, "being removed");
}

void
port_link_fini(struct ctl_port *p)
{
	if (p->hca != NULL)
		link_fini(p);
	else if (p->watch.fn != NULL)
		timer_fini(p->c, &p->watch);
}

int
control_port_stop(struct control *c, uint16_t port)
{
	struct ctl_port *p = ctl_port(c, port);

	if (p == NULL || port >= DP_PORT_LOGICAL)
		return -ENODEV;
	if (p->stopped)
		return -EALREADY;
	if (p->hca != NULL) {
		link_stop(p);
		return 0;
	}
	p->stopped = true;
	link_set(p, false, "stopped");
	return 0;
}

int
control_port_start(struct control *c, uint16_t port)
{
	struct ctl_port *p = ctl_port(c, port);

	if (p == NULL || port >= DP_PORT_LOGICAL)
		return -ENODEV;
	link_wake(p);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Neighbours and paths by command. */

#include <errno.h>

#include "control_priv.h"
#include "path.h"

static bool
lladdr_usable(const struct ctl_port *p, const struct dp_adj *lladdr)
{
	if (p->kind == DP_PORT_IPOIB)
		return ipoib_addr_is_unicast_valid(&lladdr->lladdr) && !l3_lladdr_is_own(p, lladdr);
	return rte_is_valid_assigned_ether_addr(&lladdr->mac) && !l3_lladdr_is_own(p, lladdr);
}

static bool
is_own(const struct control *c, const struct dp_ip *ip)
{
	const struct ctl_routes *t = &c->ip->routes;
	uint32_t i;

	for (i = 0; i < t->nb_addrs; i++) {
		if (dp_ip_equal(&t->addrs[i].ip, ip))
			return true;
	}
	return false;
}

int
control_neigh_add(struct control *c, const struct control_neigh *n)
{
	struct ctl_port *p = ctl_port(c, n->port);

	if (p == NULL)
		return -ENODEV;
	if (bond_is_member(p))
		return -EPERM;
	if (dp_ip_is_mcast(&n->ip) || dp_ip_is_zero(&n->ip) || is_own(c, &n->ip) ||
			(ip_is_special(&n->ip) && !dp_ip_is_linklocal6(&n->ip)))
		return -EINVAL;
	if (!lladdr_usable(p, &n->lladdr))
		return -EADDRINUSE;
	return l3_fix(p, &n->ip, &n->lladdr, n->replace);
}

int
control_neigh_del(struct control *c, uint16_t port, const struct dp_ip *ip)
{
	struct ctl_port *p = ctl_port(c, port);

	return p == NULL ? -ENODEV : l3_unfix(p, ip);
}

static struct ctl_port *
path_port(struct control *c, uint16_t port)
{
	struct ctl_port *p = ctl_port(c, port);

	return p != NULL && p->hca != NULL ? p : NULL;
}

int
control_path_add(struct control *c, const struct control_path *path)
{
	struct ctl_port *p = path_port(c, path->port);
	const struct ipoib_sa_path rec = {
		.dgid = path->dgid,
		.sgid = p != NULL ? p->info.gid : path->dgid,
		.dlid = path->dlid,
		.slid = p != NULL ? p->info.lid : 0,
		.mtu = path->mtu,
		.sl = path->sl,
		.hop_limit = path->hop_limit,
	};

	if (p == NULL)
		return -ENODEV;
	if (!ib_lid_is_unicast(path->dlid) || path->sl > 15 || ib_gid_is_multicast(&path->dgid) ||
			ib_gid_is_zero(&path->dgid) || path->mtu < 256 || path->mtu > 4096 ||
			(path->mtu & (path->mtu - 1)) != 0)
		return -EINVAL;
	return path_fix(p, &rec);
}

int
control_path_del(struct control *c, uint16_t port, const struct ib_gid *dgid)
{
	struct ctl_port *p = path_port(c, port);

	return p == NULL ? -ENODEV : path_unfix(p, dgid);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Neighbour Discovery (RFC 4861; RFC 4391 section 9.3 on InfiniBand). */

#include "control_priv.h"

int
nd_init(struct ctl_port *p)
{
	RTE_SET_USED(p);
	return 0;
}

void
nd_fini(struct ctl_port *p)
{
	RTE_SET_USED(p);
}

void
nd_input(struct ctl_port *p, struct rte_mbuf *m)
{
	ctl_drop(p->c, DP_DROP_nd_bad, m);
}

void
nd_request(struct ctl_port *p, const struct dp_ip *ip, const struct dp_adj *unicast)
{
	RTE_SET_USED(p);
	RTE_SET_USED(ip);
	RTE_SET_USED(unicast);
}

void
nd_announce(struct ctl_port *p)
{
	RTE_SET_USED(p);
}

void
nd_addr_added(struct ctl_port *p, const struct dp_ip *ip)
{
	RTE_SET_USED(p);
	RTE_SET_USED(ip);
}

void
nd_addr_removed(struct ctl_port *p, const struct dp_ip *ip)
{
	RTE_SET_USED(p);
	RTE_SET_USED(ip);
}

void
nd_linklocal(const struct ctl_port *p, struct dp_ip *ip)
{
	RTE_SET_USED(p);
	*ip = (struct dp_ip){ 0 };
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * What is routed from a bound port leaves by one other port only, whatever the routes say: so a
 * VLAN and a partition stay by themselves. Workers drop the rest (drop_bind). What we send ourselves
 * is not bound.
 */

#include <errno.h>
#include <stdio.h>

#include "control_priv.h"

int
control_bind(struct control *c, uint16_t port, uint16_t to)
{
	struct ctl_port *p = ctl_port(c, port);

	if (p == NULL || ctl_port(c, to) == NULL)
		return -ENODEV;
	if (port == to)
		return -EINVAL;
	if (bond_is_member(p) || bond_is_member(c->ports[to]))
		return -EPERM;
	if (atomic_load(&p->dp->bind) != DP_PORT_NIL)
		return -EEXIST;
	atomic_store(&p->dp->bind, to);
	return 0;
}

int
control_unbind(struct control *c, uint16_t port)
{
	struct ctl_port *p = ctl_port(c, port);

	if (p == NULL)
		return -ENODEV;
	if (atomic_load(&p->dp->bind) == DP_PORT_NIL)
		return -ENOENT;
	atomic_store(&p->dp->bind, DP_PORT_NIL);
	return 0;
}

static void
port_row(const struct ctl_port *p, struct control_port_row *row)
{
	*row = (struct control_port_row){
		.port = p->id,
		.parent = p->lower != NULL ? p->lower->id : DP_PORT_NIL,
		.vlan = p->dp->vlan,
		.bind = atomic_load(&p->dp->bind),
		.mtu = atomic_load(&p->dp->mtu),
		.up = p->up,
	};
	snprintf(row->reason, sizeof(row->reason), "%s", p->reason);
}

uint32_t
control_port_rows(struct control *c, bool bound, uint32_t offset, struct control_port_row *rows,
		uint32_t max, uint32_t *total)
{
	const struct ctl_port *p;
	uint32_t n = 0;
	uint16_t i;

	*total = 0;
	for (i = 0; i < DP_PORTS_MAX; i++) {
		p = c->ports[i];
		if (p == NULL ||
				(bound ? atomic_load(&p->dp->bind) == DP_PORT_NIL
				       : p->dp->vlan == 0))
			continue;
		if ((*total)++ >= offset && n < max)
			port_row(p, &rows[n++]);
	}
	return n;
}

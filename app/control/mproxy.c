/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* IGMP and MLD proxy (RFC 4605). */

#include "control_priv.h"

int
mproxy_init(struct control *c)
{
	RTE_SET_USED(c);
	return 0;
}

void
mproxy_fini(struct control *c)
{
	RTE_SET_USED(c);
}

void
igmp_input(struct ctl_port *p, struct rte_mbuf *m)
{
	ctl_drop(p->c, DP_DROP_local_proto, m);
}

void
mld_input(struct ctl_port *p, struct rte_mbuf *m)
{
	ctl_drop(p->c, DP_DROP_local_proto, m);
}

void
mproxy_too_big(struct control *c, struct rte_mbuf *m)
{
	ctl_drop(c, DP_DROP_too_big, m);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Groups that we receive on a link, IPv4 and IPv6, Ethernet and IPoIB. */

#include "control_priv.h"

int
ip_mcast_join(struct ctl_port *p, const struct dp_ip *group)
{
	RTE_SET_USED(p);
	RTE_SET_USED(group);
	return 0;
}

void
ip_mcast_leave(struct ctl_port *p, const struct dp_ip *group)
{
	RTE_SET_USED(p);
	RTE_SET_USED(group);
}

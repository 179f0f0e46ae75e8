/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* IPv6 packets for us and from us. */

#include "control_priv.h"

void
ip6_output(struct control *c, struct rte_mbuf *m)
{
	ctl_drop(c, DP_DROP_no_route, m);
}

void
ip6_local(struct control *c, struct rte_mbuf *m)
{
	ctl_drop(c, DP_DROP_local_proto, m);
}

void
ip6_too_big(struct control *c, uint16_t port, const struct dp_ip *nh, struct rte_mbuf *m)
{
	RTE_SET_USED(port);
	RTE_SET_USED(nh);
	ctl_drop(c, DP_DROP_too_big, m);
}

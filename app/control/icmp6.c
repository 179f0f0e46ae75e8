/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* ICMPv6 (RFC 4443). */

#include "control_priv.h"

void
icmp6_error(struct control *c, struct rte_mbuf *m, enum ctl_ip_error what, uint16_t mtu)
{
	RTE_SET_USED(c);
	RTE_SET_USED(m);
	RTE_SET_USED(what);
	RTE_SET_USED(mtu);
}

void
icmp6_input(struct control *c, struct rte_mbuf *m)
{
	ctl_drop(c, DP_DROP_local_proto, m);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* DHCP relay (RFC 1542, RFC 4390, RFC 8415). */

#include "control_priv.h"

bool
dhcp_input(struct ctl_port *p, struct rte_mbuf *m)
{
	RTE_SET_USED(p);
	RTE_SET_USED(m);
	return false;
}

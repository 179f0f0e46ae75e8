/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* What a port does beyond plain routing. Workers are told of what they do themselves. */

#include <errno.h>

#include "control_priv.h"
#include "nd.h"

const char *const control_flag_name[CONTROL_FLAG_MAX] = {
	[CONTROL_PROXY_ARP] = "proxy-arp",
	[CONTROL_STRICT_SOURCE] = "strict-source",
	[CONTROL_RA] = "ra",
	[CONTROL_MSS_CLAMP] = "mss-clamp",
	[CONTROL_DIRECTED_BCAST] = "directed-broadcast",
	[CONTROL_MCAST] = "multicast",
};

static const uint8_t dp_flag[CONTROL_FLAG_MAX] = {
	[CONTROL_MSS_CLAMP] = DP_PORT_MSS_CLAMP,
	[CONTROL_DIRECTED_BCAST] = DP_PORT_DIRECTED_BCAST,
	[CONTROL_MCAST] = DP_PORT_MCAST,
};

/* Solicited-node groups of hosts behind us: nobody joins them for us, so all are let in. */
static void
proxy_listen(struct ctl_port *p, bool on)
{
	if (p->kind == DP_PORT_ETH)
		eth_allmulti(p, on);
}

int
control_port_flag(struct control *c, uint16_t port, enum control_flag flag, bool on)
{
	struct ctl_port *p = ctl_port(c, port);
	int ret = 0;

	if (p == NULL)
		return -ENODEV;
	if ((unsigned int)flag >= CONTROL_FLAG_MAX)
		return -EINVAL;
	if (flag == CONTROL_STRICT_SOURCE && p->kind != DP_PORT_IPOIB)
		return -ENOTSUP;
	if (on && bond_is_member(p))
		return -EPERM;
	if (ctl_flag(p, flag) == on) {
		if (flag == CONTROL_MCAST && on)
			mproxy_keep(p);
		return 0;
	}
	if (flag == CONTROL_RA)
		ret = ra_set(p, on);
	else if (flag == CONTROL_MCAST && on)
		ret = mproxy_prepare(p);
	if (ret != 0)
		return ret;
	if (flag == CONTROL_PROXY_ARP)
		proxy_listen(p, on);
	p->ip->flags = on ? p->ip->flags | RTE_BIT32(flag) : p->ip->flags & ~RTE_BIT32(flag);
	if (on)
		atomic_fetch_or(&p->dp->flags, dp_flag[flag]);
	else
		atomic_fetch_and(&p->dp->flags, (uint8_t)~dp_flag[flag]);
	if (c->ip->flag_changed != NULL)
		c->ip->flag_changed(c, p, flag, on);
	return 0;
}

uint32_t
control_flags_rows(struct control *c, uint32_t offset, struct control_flags_row *rows, uint32_t max,
		uint32_t *total)
{
	uint32_t i, n = 0;

	*total = 0;
	for (i = 0; i < DP_PORTS_MAX; i++) {
		const struct ctl_port *p = c->ports[i];

		if (p == NULL || (*total)++ < offset || n == max)
			continue;
		rows[n++] = (struct control_flags_row){
			.port = p->id,
			.flags = p->ip->flags,
			.by_upstream = mproxy_is_lent(p),
			.mtu = p->admin_mtu,
			.conflicts = p->ip->conflicts,
			.ra_sent = p->ip->nd->ra_sent,
			.ra_inconsistent = p->ip->nd->ra_inconsistent,
		};
	}
	return n;
}

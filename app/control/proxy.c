/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Proxy ARP and ND: on a port with the flag we answer for what we forward to another port, so that
 * hosts need no route (RFC 1027, RFC 4389). Of NS only those are seen whose group reaches us: on
 * Ethernet all, on InfiniBand those of groups that we are in.
 */

#include <rte_fib.h>
#include <rte_fib6.h>

#include "compat.h"
#include "control_priv.h"

static const struct dp_nh *
route_to(const struct control *c, const struct dp_ip *ip)
{
	uint8_t raw[1][16];
	uint64_t nh = 0;
	uint32_t ip4;

	if (dp_ip_is4(ip)) {
		ip4 = dp_ip_get4(ip);
		rte_fib_lookup_bulk(c->dp->fib, &ip4, &nh, 1);
	} else if (c->dp->fib6 != NULL) {
		memcpy(raw[0], ip->b, sizeof(raw[0]));
		rte_fib6_lookup_bulk(c->dp->fib6, COMPAT_IP6S(raw), &nh, 1);
	}
	return &c->dp->nh[nh];
}

bool
proxy_wanted(struct ctl_port *p, const struct dp_ip *ip)
{
	const struct control *c = p->c;
	const struct dp_nh *nh;
	uint8_t i;

	if (!ctl_flag(p, CONTROL_PROXY_ARP) || dp_ip_is_mcast(ip) || dp_ip_is_zero(ip) ||
			dp_ip_is_linklocal6(ip))
		return false;
	nh = route_to(c, ip);
	if (nh->type == DP_NH_LINK || nh->type == DP_NH_VIA)
		return nh->port != p->id;
	if (nh->type != DP_NH_ECMP)
		return false;
	/* One way back to where the question came from would be a loop. */
	for (i = 0; i < nh->nb; i++) {
		if (c->dp->nh[nh->member[i]].port == p->id)
			return false;
	}
	return true;
}

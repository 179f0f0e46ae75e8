/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * A routed multicast packet that is larger than the MTU of one of its links. IPv4 is cut where it
 * must be and may be; of IPv6 the sender is told (RFC 4443 2.4 e.3 allows it).
 */

#include <rte_ip.h>

#include "filter.h"
#include "mproxy.h"

static struct dp_ip
group_of(const struct rte_mbuf *m)
{
	if (ctl_ethertype(m) == RTE_ETHER_TYPE_IPV6)
		return dp_ip6(rte_pktmbuf_mtod_offset(
				m, const uint8_t *, offsetof(struct rte_ipv6_hdr, dst_addr)));
	return dp_ip4(rte_be_to_cpu_32(rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *)->dst_addr));
}

/* The rule of the workers: members and upstream, not back, not beyond a bind. */
static uint64_t
ports_of(struct control *c, const struct rte_mbuf *m, const struct dp_ip *group)
{
	const struct mp_group *g = mp_group_find(c->ip->mproxy, group);
	uint16_t bind = atomic_load(&c->dp->port[m->port].bind);
	uint64_t ports = 0;

	if (g != NULL && g->rec != NULL)
		ports = atomic_load(&c->dp->mgroup[g->index]);
	if (c->ip->mproxy->upstream != DP_PORT_NIL)
		ports |= RTE_BIT64(c->ip->mproxy->upstream);
	if (bind < DP_PORTS_MAX)
		ports &= RTE_BIT64(bind);
	return ports & ~RTE_BIT64(m->port);
}

static void
hop(struct rte_mbuf *m)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *);

	if (ctl_ethertype(m) == RTE_ETHER_TYPE_IPV6) {
		rte_pktmbuf_mtod(m, struct rte_ipv6_hdr *)->hop_limits--;
		return;
	}
	ip->time_to_live--;
	ip_cksum_set(ip);
}

static bool
may_cut(const struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);

	return ctl_ethertype(m) == RTE_ETHER_TYPE_IPV4 &&
			(ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_DF_FLAG)) == 0;
}

/* Takes m for good. */
static void
send_one(struct ctl_port *p, const struct dp_ip *group, struct rte_mbuf *m)
{
	struct rte_mbuf *parts[CTL_PARTS_MAX];
	uint16_t mtu = atomic_load(&p->dp->mtu), i, n;
	struct control *c = p->c;

	if (m->pkt_len <= mtu) {
		l3_mcast_send(p, group, m);
		return;
	}
	if (!may_cut(m)) {
		ctl_drop(c, DP_DROP_too_big, m);
		return;
	}
	n = frag_cut(c, mtu, m, parts);
	for (i = 0; i < n; i++)
		l3_mcast_send(p, group, parts[i]);
}

/* Of the smallest link: once for all. */
static void
complain(struct control *c, struct rte_mbuf *m, uint64_t ports)
{
	uint16_t mtu = UINT16_MAX, port;

	if (ctl_ethertype(m) != RTE_ETHER_TYPE_IPV6)
		return;
	for (; ports != 0; ports &= ports - 1) {
		port = (uint16_t)__builtin_ctzll(ports);
		if (c->ports[port] != NULL && c->ports[port]->up)
			mtu = RTE_MIN(mtu, atomic_load(&c->dp->port[port].mtu));
	}
	if (m->pkt_len > mtu)
		ip_error(c, m, CTL_ERR_TOO_BIG, mtu);
}

void
mproxy_too_big(struct control *c, struct rte_mbuf *m)
{
	struct dp_ip group = group_of(m);
	uint64_t ports;
	struct rte_mbuf *copy;
	struct ctl_port *p;

	if (m->port >= DP_PORTS_MAX) {
		ctl_drop(c, DP_DROP_mcast, m);
		return;
	}
	ports = ports_of(c, m, &group);
	complain(c, m, ports);
	m = ctl_own(c, m);
	if (m == NULL)
		return;
	hop(m);
	for (; ports != 0; ports &= ports - 1) {
		p = ctl_port(c, (uint16_t)__builtin_ctzll(ports));
		if (p == NULL || !p->up || !dp_filter_may_leave(c->dp, c->dp->nb_workers, p->id, m))
			continue;
		copy = rte_pktmbuf_copy(m, c->dp->pool, 0, UINT32_MAX);
		dp_count(&ctl_ctr(c, m->port)->copies, 1);
		if (copy == NULL)
			dp_count(&ctl_ctr(c, m->port)->drop[DP_DROP_nombuf], 1);
		else
			send_one(p, &group, copy);
	}
	/* All that left were copies. */
	ctl_delivered(c, m);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Link-layer headers of what control sends, and our own link-layer address. A logical port sends
 * by another one: ctl_real().
 */

#include <rte_ether.h>

#include "control_priv.h"

static void *
prepend(struct ctl_port *p, struct rte_mbuf *m, uint16_t len)
{
	void *hdr = rte_pktmbuf_prepend(m, len);

	if (hdr == NULL)
		ctl_drop(p->c, DP_DROP_nombuf, m);
	return hdr;
}

static void
eth_encap(struct ctl_port *p, const struct rte_ether_addr *dst, uint16_t type, struct rte_mbuf *m)
{
	struct ctl_port *real = ctl_real(p);
	struct rte_ether_hdr *eth;
	struct rte_vlan_hdr *tag;

	if (p->dp->vlan != 0) {
		tag = prepend(p, m, sizeof(*tag));
		if (tag == NULL)
			return;
		tag->vlan_tci = rte_cpu_to_be_16(p->dp->vlan);
		tag->eth_proto = rte_cpu_to_be_16(type);
		type = RTE_ETHER_TYPE_VLAN;
	}
	eth = prepend(p, m, sizeof(*eth));
	if (eth == NULL)
		return;
	eth->dst_addr = *dst;
	eth->src_addr = real->dp->mac;
	eth->ether_type = rte_cpu_to_be_16(type);
	dp_inject(p->c->dp, ctl_ctr(p->c, real->id), real->id, m);
}

void
l3_encap(struct ctl_port *p, const struct dp_adj *lladdr, uint16_t type, struct rte_mbuf *m)
{
	struct ipoib_hdr *hdr;

	if (p->kind == DP_PORT_ETH) {
		eth_encap(p, &lladdr->mac, type, m);
		return;
	}
	hdr = prepend(p, m, sizeof(*hdr));
	if (hdr == NULL)
		return;
	hdr->type = rte_cpu_to_be_16(type);
	hdr->reserved = 0;
	resolve_send(ctl_real(p), &lladdr->lladdr, m);
}

/* RFC 1112 6.4 and RFC 2464 7; all other IPv4 addresses are broadcasts. */
static void
group_mac(const struct dp_ip *group, struct rte_ether_addr *mac)
{
	if (dp_ip_is4(group) && !dp_ip_is_mcast(group))
		memset(mac, 0xff, sizeof(*mac));
	else if (dp_ip_is4(group))
		*mac = (struct rte_ether_addr){ { 0x01, 0x00, 0x5e, group->b[13] & 0x7f,
				group->b[14], group->b[15] } };
	else
		*mac = (struct rte_ether_addr){ { 0x33, 0x33, group->b[12], group->b[13],
				group->b[14], group->b[15] } };
}

/* RFC 4391 4: scope and P_Key are those of the link's broadcast group. */
static void
group_lladdr(const struct ctl_port *real, const struct dp_ip *group, struct ipoib_addr *addr)
{
	const struct ib_gid *bcast = &real->bcast.mgid;
	uint16_t pkey = (uint16_t)(bcast->raw[4] << 8 | bcast->raw[5]);
	uint8_t scope = bcast->raw[1] & 0xf;
	struct ib_gid mgid = *bcast;

	if (!dp_ip_is4(group))
		ipoib_mgid_ipv6(scope, pkey, group->b, &mgid);
	else if (dp_ip_is_mcast(group))
		ipoib_mgid_ipv4(scope, pkey, dp_ip_get4(group), &mgid);
	ipoib_addr_set(addr, IB_QPN_MULTICAST, &mgid);
}

void
l3_mcast_send(struct ctl_port *p, const struct dp_ip *group, struct rte_mbuf *m)
{
	struct dp_adj to;

	if (!p->up) {
		ctl_drop(p->c, DP_DROP_no_path, m);
		return;
	}
	if (p->kind == DP_PORT_ETH)
		group_mac(group, &to.mac);
	else
		group_lladdr(ctl_real(p), group, &to.lladdr);
	l3_encap(p, &to, ctl_ethertype(m), m);
}

void
l3_own_lladdr(struct ctl_port *p, const struct dp_adj *peer, struct dp_adj *own)
{
	struct ctl_port *real = ctl_real(p);
	const struct pmd_ipoib_info *info = &real->info;

	if (p->kind == DP_PORT_ETH) {
		own->mac = real->dp->mac;
		return;
	}
	own->lladdr = info->addr;
	if (peer != NULL && spread_used(p))
		ib_put_be24(own->lladdr.qpn, info->qpn[spread_queue(real, &peer->lladdr)]);
}

bool
l3_lladdr_is_own(const struct ctl_port *p, const struct dp_adj *lladdr)
{
	const struct ctl_port *real = p->lower != NULL ? p->lower : p;

	if (p->kind == DP_PORT_ETH)
		return rte_is_same_ether_addr(&lladdr->mac, &real->dp->mac);
	return bond_addr_is_own(p, &lladdr->lladdr);
}

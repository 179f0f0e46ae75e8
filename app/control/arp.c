/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * ARP (RFC 826; RFC 4391 section 9.1 on InfiniBand). Strict: answered is only what asks for an
 * address of the very port it came in on; learnt is only from senders in the port's subnets, and
 * a new entry only from who asks for us. What nobody asked for never makes an entry.
 */

#include <errno.h>

#include <rte_arp.h>

#include "control_priv.h"

/* Bound of the answers a port gives. */
#define ARP_REPLIES_PER_S 5000
#define ARP_REPLIES_BURST 1000
#define GARP_AGAIN_US CTL_US_PER_S

/* What an ARP packet of either kind says. Host order. */
struct arp_info {
	uint16_t op;
	uint32_t spa;
	uint32_t tpa;
	struct dp_adj sha;
};

static_assert(sizeof(struct rte_arp_hdr) == 28, "Ethernet ARP is 28 octets");

static bool
arp_read_eth(const struct rte_mbuf *m, struct arp_info *info)
{
	const struct rte_arp_hdr *arp;

	if (m->data_len < sizeof(struct rte_ether_hdr) + sizeof(*arp))
		return false;
	arp = rte_pktmbuf_mtod_offset(m, const struct rte_arp_hdr *, sizeof(struct rte_ether_hdr));
	info->op = rte_be_to_cpu_16(arp->arp_opcode);
	if (arp->arp_hardware != RTE_BE16(RTE_ARP_HRD_ETHER) ||
			arp->arp_protocol != RTE_BE16(RTE_ETHER_TYPE_IPV4) ||
			arp->arp_hlen != RTE_ETHER_ADDR_LEN || arp->arp_plen != 4 ||
			(info->op != RTE_ARP_OP_REQUEST && info->op != RTE_ARP_OP_REPLY) ||
			!rte_is_valid_assigned_ether_addr(&arp->arp_data.arp_sha))
		return false;
	info->sha.mac = arp->arp_data.arp_sha;
	info->spa = rte_be_to_cpu_32(arp->arp_data.arp_sip);
	info->tpa = rte_be_to_cpu_32(arp->arp_data.arp_tip);
	return true;
}

static bool
arp_read_ipoib(const struct rte_mbuf *m, struct arp_info *info)
{
	const struct ipoib_arp *arp;

	if (m->data_len < IPOIB_HDR_LEN)
		return false;
	arp = rte_pktmbuf_mtod_offset(m, const struct ipoib_arp *, IPOIB_HDR_LEN);
	if (ipoib_arp_check(arp, m->data_len - IPOIB_HDR_LEN) != 0 ||
			!ipoib_addr_is_unicast_valid(&arp->sha))
		return false;
	info->op = rte_be_to_cpu_16(arp->op);
	info->sha.lladdr = arp->sha;
	info->spa = rte_be_to_cpu_32(arp->spa);
	info->tpa = rte_be_to_cpu_32(arp->tpa);
	return true;
}

/* Did we send it ourselves? */
static bool
arp_own(const struct ctl_port *p, const struct arp_info *info)
{
	if (p->kind == DP_PORT_ETH)
		return rte_is_same_ether_addr(&info->sha.mac, &p->dp->mac);
	return ib_gid_equal(&info->sha.lladdr.gid, &p->info.gid);
}

static void
arp_write_eth(const struct ctl_port *p, uint16_t op, uint32_t spa, const struct dp_adj *tha,
		uint32_t tpa, struct rte_arp_hdr *arp)
{
	memset(arp, 0, sizeof(*arp));
	arp->arp_hardware = RTE_BE16(RTE_ARP_HRD_ETHER);
	arp->arp_protocol = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	arp->arp_hlen = RTE_ETHER_ADDR_LEN;
	arp->arp_plen = 4;
	arp->arp_opcode = rte_cpu_to_be_16(op);
	arp->arp_data.arp_sha = p->dp->mac;
	arp->arp_data.arp_sip = rte_cpu_to_be_32(spa);
	if (tha != NULL)
		arp->arp_data.arp_tha = tha->mac;
	arp->arp_data.arp_tip = rte_cpu_to_be_32(tpa);
}

static bool
arp_write(const struct ctl_port *p, uint16_t op, uint32_t spa, const struct dp_adj *tha,
		uint32_t tpa, struct rte_mbuf *m)
{
	static const struct ipoib_addr nobody;
	bool ib = p->kind == DP_PORT_IPOIB;
	void *arp = rte_pktmbuf_append(
			m, ib ? sizeof(struct ipoib_arp) : sizeof(struct rte_arp_hdr));

	if (arp == NULL)
		return false;
	if (ib)
		ipoib_arp_build(arp, op, &p->info.addr, spa, tha == NULL ? &nobody : &tha->lladdr,
				tpa);
	else
		arp_write_eth(p, op, spa, tha, tpa, arp);
	return true;
}

/* dst NULL: everybody. */
static void
arp_send(struct ctl_port *p, uint16_t op, uint32_t spa, const struct dp_adj *tha, uint32_t tpa,
		const struct dp_adj *dst)
{
	struct dp_adj all;
	struct rte_mbuf *m;

	if (!p->up)
		return;
	m = ctl_alloc(p->c, p->id);
	if (m == NULL)
		return;
	if (!arp_write(p, op, spa, tha, tpa, m)) {
		ctl_drop(p->c, DP_DROP_nombuf, m);
		return;
	}
	if (dst == NULL) {
		if (p->kind == DP_PORT_ETH)
			memset(&all.mac, 0xff, sizeof(all.mac));
		else
			ipoib_addr_set(&all.lladdr, IB_QPN_MULTICAST, &p->bcast.mgid);
		dst = &all;
	}
	l3_encap(p, dst, RTE_ETHER_TYPE_ARP, m);
}

void
arp_request(struct ctl_port *p, uint32_t ip, const struct dp_adj *unicast)
{
	struct dp_ip spa, tpa = dp_ip4(ip);

	if (addr_source(p->c, p->id, &tpa, &spa))
		arp_send(p, RTE_ARP_OP_REQUEST, dp_ip_get4(&spa), NULL, ip, unicast);
}

static void
arp_answer(struct ctl_port *p, const struct arp_info *info, struct rte_mbuf *m)
{
	struct control *c = p->c;

	if (!bucket_take(&p->arp_bucket, c->now, ARP_REPLIES_PER_S, ARP_REPLIES_BURST)) {
		ctl_drop(c, DP_DROP_arp_limit, m);
		return;
	}
	ctl_delivered(c, m);
	arp_send(p, RTE_ARP_OP_REPLY, info->tpa, &info->sha, info->spa, &info->sha);
}

static void
arp_conflict(struct ctl_port *p, const struct arp_info *info)
{
	struct control *c = p->c;

	c->conflicts++;
	if (bucket_take(&c->warn_bucket, c->now, 1, 5))
		CTL_LOG(WARNING, "port %u: another host claims our address %u.%u.%u.%u", p->id,
				info->spa >> 24, info->spa >> 16 & 0xff, info->spa >> 8 & 0xff,
				info->spa & 0xff);
}

void
arp_input(struct ctl_port *p, struct rte_mbuf *m)
{
	struct control *c = p->c;
	struct arp_info info = { 0 };
	struct dp_ip spa, tpa;
	bool ours, gratuitous, neighbour;

	if (!(p->kind == DP_PORT_ETH ? arp_read_eth(m, &info) : arp_read_ipoib(m, &info))) {
		ctl_drop(c, DP_DROP_arp_bad, m);
		return;
	}
	if (arp_own(p, &info)) {
		ctl_delivered(c, m);
		return;
	}
	spa = dp_ip4(info.spa);
	tpa = dp_ip4(info.tpa);
	if (addr_is_own(c, p->id, &spa)) {
		arp_conflict(p, &info);
		ctl_delivered(c, m);
		return;
	}
	ours = addr_is_own(c, p->id, &tpa);
	gratuitous = info.spa == info.tpa;
	neighbour = addr_on_link(c, p->id, &spa);
	if (neighbour)
		l3_learn(p, &spa, &info.sha, ours && info.op == RTE_ARP_OP_REQUEST);
	/* An address probe (RFC 5227) has no sender address, and must be answered too. */
	if (!(neighbour || info.spa == 0) || !(ours || gratuitous)) {
		ctl_drop(c, DP_DROP_arp_foreign, m);
		return;
	}
	if (ours && neighbour && p->kind == DP_PORT_IPOIB)
		resolve_prefetch(p, &info.sha.lladdr);
	if (ours && info.op == RTE_ARP_OP_REQUEST)
		arp_answer(p, &info, m);
	else
		ctl_delivered(c, m);
}

static void
garp_send(struct control *c, void *arg)
{
	struct ctl_port *p = arg;
	uint32_t i;

	for (i = 0; i < c->routes.nb_addrs; i++) {
		const struct control_addr_row *a = &c->routes.addrs[i];

		if (a->port == p->id && dp_ip_is4(&a->ip))
			arp_send(p, RTE_ARP_OP_REQUEST, dp_ip_get4(&a->ip), NULL, dp_ip_get4(&a->ip),
					NULL);
	}
	if (--p->garp_left > 0)
		timer_set(c, &p->garp, c->now + GARP_AGAIN_US);
}

void
arp_announce(struct ctl_port *p)
{
	p->garp_left = 2;
	timer_set(p->c, &p->garp, p->c->now);
}

int
arp_init(struct ctl_port *p)
{
	return timer_init(p->c, &p->garp, garp_send, p);
}

void
arp_fini(struct ctl_port *p)
{
	timer_fini(p->c, &p->garp);
}

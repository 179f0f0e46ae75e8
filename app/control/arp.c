/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * ARP (RFC 826; RFC 4391 section 9.1 on InfiniBand). Answered is what asks for an address of the
 * very port it came in on, or one that we are a proxy for. Learnt is only of senders in the port's
 * subnets; a new entry is made only for who asks for us. An entry that is there changes by
 *   a request from that address: whoever asks has no reason to lie about where the answer goes, and
 *     as a broadcast it tells all others the same;
 *   a gratuitous one, request or reply: that is what it is for (a reboot, a bond's failover);
 *   a reply that we asked for.
 * A reply that nobody asked for changes nothing, for it serves no purpose but a forger's.
 */

#include <errno.h>

#include <rte_arp.h>

#include "control_priv.h"

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

static void
arp_write_eth(uint16_t op, const struct dp_adj *sha, uint32_t spa, const struct dp_adj *tha,
		uint32_t tpa, struct rte_arp_hdr *arp)
{
	memset(arp, 0, sizeof(*arp));
	arp->arp_hardware = RTE_BE16(RTE_ARP_HRD_ETHER);
	arp->arp_protocol = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	arp->arp_hlen = RTE_ETHER_ADDR_LEN;
	arp->arp_plen = 4;
	arp->arp_opcode = rte_cpu_to_be_16(op);
	arp->arp_data.arp_sha = sha->mac;
	arp->arp_data.arp_sip = rte_cpu_to_be_32(spa);
	if (tha != NULL)
		arp->arp_data.arp_tha = tha->mac;
	arp->arp_data.arp_tip = rte_cpu_to_be_32(tpa);
}

/* The sender's address is the one that the receiver is to know us by. */
static bool
arp_write(struct ctl_port *p, uint16_t op, uint32_t spa, const struct dp_adj *tha, uint32_t tpa,
		const struct dp_adj *dst, struct rte_mbuf *m)
{
	static const struct ipoib_addr nobody;
	bool ib = p->kind == DP_PORT_IPOIB;
	void *arp = rte_pktmbuf_append(
			m, ib ? sizeof(struct ipoib_arp) : sizeof(struct rte_arp_hdr));
	struct dp_adj sha;

	if (arp == NULL)
		return false;
	l3_own_lladdr(p, dst, &sha);
	if (ib)
		ipoib_arp_build(arp, op, &sha.lladdr, spa, tha == NULL ? &nobody : &tha->lladdr,
				tpa);
	else
		arp_write_eth(op, &sha, spa, tha, tpa, arp);
	return true;
}

static void
arp_everybody(struct ctl_port *p, struct dp_adj *all)
{
	if (p->kind == DP_PORT_ETH)
		memset(&all->mac, 0xff, sizeof(all->mac));
	else
		ipoib_addr_set(&all->lladdr, IB_QPN_MULTICAST, &ctl_real(p)->bcast.mgid);
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
	if (!arp_write(p, op, spa, tha, tpa, dst, m)) {
		ctl_drop(p->c, DP_DROP_nombuf, m);
		return;
	}
	if (dst == NULL) {
		arp_everybody(p, &all);
		dst = &all;
		retell_start(p, RETELL_ARP);
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

void
arp_tell(struct ctl_port *p, uint32_t own, const struct dp_adj *peer)
{
	/* Gratuitous: Linux takes that over also right after another change. */
	arp_send(p, RTE_ARP_OP_REQUEST, own, NULL, own, peer);
}

static void
arp_answer(struct ctl_port *p, const struct arp_info *info, struct rte_mbuf *m)
{
	struct control *c = p->c;

	if (!source_take(p, &info->sha)) {
		ctl_drop(c, DP_DROP_arp_limit, m);
		return;
	}
	ctl_delivered(c, m);
	arp_send(p, RTE_ARP_OP_REPLY, info->tpa, &info->sha, info->spa, &info->sha);
}

/* A router does not give its address up (RFC 5227 2.4 c): it says now and then whose it is. */
static void
arp_conflict(struct ctl_port *p, const struct arp_info *info)
{
	struct control *c = p->c;
	struct dp_ip ip = dp_ip4(info->spa);

	if (bucket_take(&c->ip->warn_bucket, c->now, 1, 5))
		CTL_LOG(WARNING, "port %u: another host claims our address %u.%u.%u.%u", p->id,
				info->spa >> 24, info->spa >> 16 & 0xff, info->spa >> 8 & 0xff,
				info->spa & 0xff);
	if (conflict_seen(p, &ip))
		arp_send(p, RTE_ARP_OP_REQUEST, info->spa, NULL, info->spa, NULL);
}

/* The rules at the top of this file. */
static void
arp_learn(struct ctl_port *p, const struct arp_info *info, bool ours)
{
	struct dp_ip spa = dp_ip4(info->spa);
	uint32_t how = L3_REACHABLE;

	if (info->op == RTE_ARP_OP_REQUEST)
		how |= ours ? L3_CREATE : 0;
	else if (info->spa != info->tpa && !(ours && l3_asking(p->c, p->id, &spa)))
		return;
	l3_learn(p, &spa, &info->sha, how);
	if (ours && p->kind == DP_PORT_IPOIB)
		resolve_prefetch(ctl_real(p), &info->sha.lladdr);
}

static void
arp_handle(struct ctl_port *p, const struct arp_info *info, struct rte_mbuf *m)
{
	struct control *c = p->c;
	struct dp_ip spa = dp_ip4(info->spa), tpa = dp_ip4(info->tpa);
	bool gratuitous = info->spa == info->tpa;
	bool ours = addr_is_own(c, p->id, &tpa);
	bool neighbour = addr_on_link(c, p->id, &spa);
	bool request = info->op == RTE_ARP_OP_REQUEST;

	if (neighbour)
		arp_learn(p, info, ours);
	/* Not to one who only probes whether the address is free. */
	if (request && neighbour && !ours && !gratuitous && proxy_wanted(p, &tpa)) {
		arp_answer(p, info, m);
		return;
	}
	/* An address probe (RFC 5227) has no sender address, and must be answered too. */
	if (!(neighbour || info->spa == 0) || !(ours || gratuitous))
		ctl_drop(c, DP_DROP_arp_foreign, m);
	else if (ours && request)
		arp_answer(p, info, m);
	else
		ctl_delivered(c, m);
}

void
arp_input(struct ctl_port *p, struct rte_mbuf *m)
{
	struct control *c = p->c;
	struct arp_info info = { 0 };
	enum ctl_trust_verdict v;
	struct dp_ip spa;

	if (!(p->kind == DP_PORT_ETH ? arp_read_eth(m, &info) : arp_read_ipoib(m, &info))) {
		ctl_drop(c, DP_DROP_arp_bad, m);
		return;
	}
	if (l3_lladdr_is_own(p, &info.sha)) {
		ctl_delivered(c, m);
		return;
	}
	if (p->kind == DP_PORT_IPOIB)
		path_hint(p, &info.sha.lladdr.gid, pmd_ipoib_meta(m)->slid);
	v = trust_check(p, &info.sha.lladdr, true, m);
	if (v != CTL_TRUSTED) {
		if (v == CTL_UNTRUSTED)
			ctl_drop(c, DP_DROP_untrusted, m);
		return;
	}
	spa = dp_ip4(info.spa);
	if (addr_is_own(c, p->id, &spa)) {
		arp_conflict(p, &info);
		ctl_delivered(c, m);
		return;
	}
	if (info.op == RTE_ARP_OP_REPLY)
		probe_lladdr(p, &spa, &info.sha, m, 0);
	arp_handle(p, &info, m);
}

static bool
garp_one(struct ctl_port *p, uint32_t *at)
{
	const struct ctl_routes *r = &p->c->ip->routes;
	uint32_t ip;

	while (*at < r->nb_addrs) {
		const struct control_addr_row *a = &r->addrs[(*at)++];

		if (a->port != p->id || !dp_ip_is4(&a->ip))
			continue;
		ip = dp_ip_get4(&a->ip);
		arp_send(p, RTE_ARP_OP_REQUEST, ip, NULL, ip, NULL);
		return true;
	}
	return false;
}

void
arp_announce(struct ctl_port *p)
{
	announce_start(&p->ip->garp);
}

int
arp_init(struct ctl_port *p)
{
	int ret = announce_init(&p->ip->garp, p, garp_one);

	TAILQ_INIT(&p->ip->peers);
	return ret != 0 ? ret : spread_init(p);
}

void
arp_fini(struct ctl_port *p)
{
	struct ctl_l3 *e;

	announce_fini(&p->ip->garp);
	TAILQ_FOREACH(e, &p->ip->peers, peer)
		e->owner = NULL;
	spread_fini(p);
}

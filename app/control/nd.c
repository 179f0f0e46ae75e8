/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Neighbour Discovery (RFC 4861; RFC 4391 section 9.3 on InfiniBand), as a router has it. What is
 * learnt follows the same rules as with ARP (arp.c): entries are made only for who asks us; one
 * that is there changes by a request, by an answer that we asked for, or by an advertisement with
 * the override flag. Redirects are not for routers.
 */

#include <errno.h>
#include <stdlib.h>

#include "nd.h"

/* --- what we send --- */

/* Not enough room for an option: the pool's buffers are far too small. */
static void
nd_drop(struct ctl_port *p, struct rte_mbuf *m)
{
	ctl_drop(p->c, DP_DROP_nombuf, m);
}

/* to NULL: by the destination. */
static void
na_send(struct ctl_port *p, const struct dp_ip *target, const struct dp_ip *src,
		const struct dp_ip *dst, uint8_t flags, const struct dp_adj *to)
{
	struct rte_mbuf *m;
	struct nd_ns *na;
	void *msg;

	m = nd_new(p, ND_NA, src, dst, sizeof(*na), &msg);
	if (m == NULL)
		return;
	na = msg;
	na->flags = flags | ND_NA_ROUTER;
	memcpy(na->target, target->b, sizeof(na->target));
	if (!nd_opt_lladdr(p, m, ND_OPT_TLLA, to)) {
		nd_drop(p, m);
		return;
	}
	if (dp_ip_is_mcast(dst))
		retell_start(p, RETELL_ND);
	nd_finish(p, m, to);
}

void
nd_tell(struct ctl_port *p, const struct dp_ip *own, const struct dp_ip *ip,
		const struct dp_adj *peer)
{
	na_send(p, own, own, ip, ND_NA_OVERRIDE, peer);
}

static void
na_unsolicited(struct ctl_port *p, const struct dp_ip *ip)
{
	na_send(p, ip, ip, &nd_all_nodes, ND_NA_OVERRIDE, NULL);
}

void
nd_request(struct ctl_port *p, const struct dp_ip *ip, const struct dp_adj *unicast)
{
	struct dp_ip src, dst = *ip;
	struct rte_mbuf *m;
	struct nd_ns *ns;
	void *msg;

	if (!addr_source(p->c, p->id, ip, &src) || !nd_addr_usable(p, &src)) {
		if (!nd_source(p, &src))
			return;
	}
	if (unicast == NULL)
		nd_solicited_node(ip, &dst);
	m = nd_new(p, ND_NS, &src, &dst, sizeof(*ns), &msg);
	if (m == NULL)
		return;
	ns = msg;
	memcpy(ns->target, ip->b, sizeof(ns->target));
	if (!nd_opt_lladdr(p, m, ND_OPT_SLLA, unicast))
		nd_drop(p, m);
	else
		nd_finish(p, m, unicast);
}

/* The at-th address, and the position behind it. */
static bool
announce_one(struct ctl_port *p, uint32_t *at)
{
	const struct nd_addr *a;
	uint32_t i = 0;

	LIST_FOREACH(a, &p->ip->nd->addrs, next) {
		if (i++ < *at || a->state != CONTROL_ADDR_PREFERRED)
			continue;
		*at = i;
		na_unsolicited(p, &a->ip);
		return true;
	}
	return false;
}

void
nd_announce(struct ctl_port *p)
{
	if (!p->ip->nd->on)
		return;
	dad_link_up(p);
	announce_start(&p->ip->nd->announce);
	ra_kick(p);
}

void
nd_announce_anew(struct ctl_port *p)
{
	if (p->ip->nd->on)
		announce_anew(&p->ip->nd->announce);
}

/* --- what we hear --- */

/* Who it is for the limits; without a link-layer address, its IP address. */
static void
nd_sender(const struct nd_info *info, struct dp_adj *from)
{
	if (info->has_lladdr) {
		*from = info->lladdr;
		return;
	}
	memset(from, 0, sizeof(*from));
	memcpy((uint8_t *)from, &info->src.b[16 - sizeof(from->mac)], sizeof(from->mac));
	memcpy(from->lladdr.gid.raw + 6, info->src.b, 10);
}

static void
ns_answer(struct ctl_port *p, const struct nd_info *info, bool ours, struct rte_mbuf *m)
{
	uint8_t flags = ours ? ND_NA_OVERRIDE : 0;
	struct dp_adj from, to = info->lladdr;
	bool known = info->has_lladdr || l3_lladdr(p->c, p->id, &info->src, &to);

	nd_sender(info, &from);
	if (!source_take(p, &from)) {
		ctl_drop(p->c, DP_DROP_arp_limit, m);
		return;
	}
	ctl_delivered(p->c, m);
	if (dp_ip_is_zero(&info->src))
		na_send(p, &info->target, &info->target, &nd_all_nodes, flags, NULL);
	else
		na_send(p, &info->target, &info->target, &info->src, flags | ND_NA_SOLICITED,
				known ? &to : NULL);
}

/* It asks us, so we will have to answer; what it is to others is not our business. */
static void
ns_learn(struct ctl_port *p, const struct nd_info *info)
{
	l3_learn(p, &info->src, &info->lladdr, L3_CREATE);
	if (p->kind == DP_PORT_IPOIB)
		resolve_prefetch(ctl_real(p), &info->lladdr.lladdr);
}

/* For an address that we do not use yet. */
static void
ns_tentative(struct nd_addr *a, const struct nd_info *info, struct rte_mbuf *m)
{
	struct control *c = a->p->c;
	bool echo = info->has_nonce && memcmp(info->nonce, a->nonce, sizeof(a->nonce)) == 0;

	if (dp_ip_is_zero(&info->src) && !echo)
		dad_conflict(a, "wants it too");
	ctl_delivered(c, m);
}

static void
ns_input(struct ctl_port *p, const struct nd_info *info, struct rte_mbuf *m)
{
	struct nd_addr *a = nd_addr_find(p, &info->target);
	bool probe = dp_ip_is_zero(&info->src), ours, neighbour;
	struct control *c = p->c;

	if (a != NULL && a->state == CONTROL_ADDR_TENTATIVE) {
		ns_tentative(a, info, m);
		return;
	}
	ours = a != NULL && a->state == CONTROL_ADDR_PREFERRED;
	/* Anycast (a subnet's routers) is ours too, but not ours alone: no override. */
	if (!ours && (a != NULL || !addr_is_anycast(c, p->id, &info->target)) &&
			(probe || !proxy_wanted(p, &info->target))) {
		ctl_drop(c, DP_DROP_nd_foreign, m);
		return;
	}
	neighbour = !probe && addr_on_link(c, p->id, &info->src);
	/* A host with another prefix on the link gets its answer (RFC 4861 7.2.4), no more. */
	if (!probe && !neighbour && !info->has_lladdr) {
		ctl_drop(c, DP_DROP_nd_foreign, m);
		return;
	}
	if (neighbour && info->has_lladdr)
		ns_learn(p, info);
	ns_answer(p, info, ours, m);
}

/* Another host says that our address is its own. */
static void
na_conflict(struct nd_addr *a)
{
	struct ctl_port *p = a->p;
	char text[IB_GID_STRLEN];
	struct ib_gid ip;

	if (a->state == CONTROL_ADDR_TENTATIVE) {
		dad_conflict(a, "has it");
		return;
	}
	if (a->state != CONTROL_ADDR_PREFERRED)
		return;
	memcpy(ip.raw, a->ip.b, sizeof(ip.raw));
	if (bucket_take(&p->c->ip->warn_bucket, p->c->now, 1, 5))
		CTL_LOG(WARNING, "port %u: another host claims our address %s", p->id,
				ib_gid_format(&ip, text, sizeof(text)));
	if (conflict_seen(p, &a->ip))
		na_unsolicited(p, &a->ip);
}

static void
na_input(struct ctl_port *p, const struct nd_info *info, struct rte_mbuf *m)
{
	struct nd_addr *a = nd_addr_find(p, &info->target);
	struct control *c = p->c;

	if (a != NULL) {
		na_conflict(a);
		ctl_delivered(c, m);
	} else if (addr_is_anycast(c, p->id, &info->target)) {
		ctl_delivered(c, m); /* another router of the same subnet */
	} else if (!addr_on_link(c, p->id, &info->target)) {
		ctl_drop(c, DP_DROP_nd_foreign, m);
	} else {
		if (info->has_lladdr)
			probe_lladdr(p, &info->target, &info->lladdr, m, IPOIB_HDR_LEN);
		l3_advertised(p, &info->target, info->has_lladdr ? &info->lladdr : NULL,
				info->flags);
		ctl_delivered(c, m);
	}
}

static void
rs_input(struct ctl_port *p, const struct nd_info *info, struct rte_mbuf *m)
{
	struct control *c = p->c;
	struct dp_adj from;

	nd_sender(info, &from);
	if (p->ip->nd->ra_on && !source_take(p, &from)) {
		ctl_drop(c, DP_DROP_arp_limit, m);
		return;
	}
	if (info->has_lladdr && addr_on_link(c, p->id, &info->src))
		l3_learn(p, &info->src, &info->lladdr, 0);
	ra_solicited(p);
	ctl_delivered(c, m);
}

static void
ra_input(struct ctl_port *p, const struct nd_info *info, struct rte_mbuf *m)
{
	if (info->has_lladdr && addr_on_link(p->c, p->id, &info->src))
		l3_learn(p, &info->src, &info->lladdr, 0);
	ra_heard(p, info);
	ctl_delivered(p->c, m);
}

static void
nd_handle(struct ctl_port *p, const struct nd_info *info, struct rte_mbuf *m)
{
	switch ((enum nd_type)info->type) {
	case ND_NS:
		ns_input(p, info, m);
		break;
	case ND_NA:
		na_input(p, info, m);
		break;
	case ND_RS:
		rs_input(p, info, m);
		break;
	case ND_RA:
		ra_input(p, info, m);
		break;
	case ND_REDIRECT:
		ctl_delivered(p->c, m);
		break;
	}
}

void
nd_input(struct ctl_port *p, struct rte_mbuf *m)
{
	struct nd_info info;
	enum ctl_trust_verdict v = CTL_TRUSTED;

	if (!nd_read(p, m, &info)) {
		ctl_drop(p->c, DP_DROP_nd_bad, m);
		return;
	}
	if (info.has_lladdr) {
		/* What we sent ourselves. */
		if (l3_lladdr_is_own(p, &info.lladdr)) {
			ctl_delivered(p->c, m);
			return;
		}
		if (p->kind == DP_PORT_IPOIB)
			path_hint(p, &info.lladdr.lladdr.gid, pmd_ipoib_meta(m)->slid);
		v = trust_check(p, &info.lladdr.lladdr, false, m);
	}
	if (v == CTL_UNTRUSTED)
		ctl_drop(p->c, DP_DROP_untrusted, m);
	else if (v == CTL_TRUSTED)
		nd_handle(p, &info, m);
}

/* --- start and end --- */

int
nd_init(struct ctl_port *p)
{
	int ret;

	p->ip->nd = calloc(1, sizeof(*p->ip->nd));
	if (p->ip->nd == NULL)
		return -ENOMEM;
	LIST_INIT(&p->ip->nd->addrs);
	ret = announce_init(&p->ip->nd->announce, p, announce_one);
	return ret != 0 ? ret : ra_init(p);
}

void
nd_fini(struct ctl_port *p)
{
	struct nd_addr *a;

	if (p->ip->nd == NULL)
		return;
	while ((a = LIST_FIRST(&p->ip->nd->addrs)) != NULL)
		nd_addr_free(a);
	announce_fini(&p->ip->nd->announce);
	ra_fini(p);
	free(p->ip->nd);
	p->ip->nd = NULL;
}

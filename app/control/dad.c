/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Our IPv6 addresses on a port, and whether somebody else has them: Duplicate Address Detection
 * (RFC 4862 5.4; with a nonce, RFC 7527, so that our own probe that comes back is not taken for
 * somebody's). An address is used and answered for only after a probe and a second of silence. The
 * random delay of 5.4.2 is left out: it is for hosts that all start upon one advertisement.
 *
 * An address that was found free stays so when the link comes back: a router must not go silent
 * for a second whenever its link flaps, and na_conflict() notices the rest. A duplicate is tried
 * again then.
 */

#include <errno.h>
#include <stdlib.h>

#include <rte_random.h>

#include "nd.h"

/* RFC 4862 5.1 DupAddrDetectTransmits; RFC 4861 10 RETRANS_TIMER. */
#define DAD_PROBES 1
#define DAD_WAIT_US CTL_US_PER_S

struct nd_addr *
nd_addr_find(const struct ctl_port *p, const struct dp_ip *ip)
{
	struct nd_addr *a;

	LIST_FOREACH(a, &p->ip->nd->addrs, next) {
		if (dp_ip_equal(&a->ip, ip))
			return a;
	}
	return NULL;
}

bool
nd_addr_usable(const struct ctl_port *p, const struct dp_ip *ip)
{
	const struct nd_addr *a = nd_addr_find(p, ip);

	return a != NULL && a->state == CONTROL_ADDR_PREFERRED;
}

bool
nd_source(const struct ctl_port *p, struct dp_ip *src)
{
	*src = p->ip->nd->linklocal;
	return !dp_ip_is_zero(src) && nd_addr_usable(p, src);
}

static const char *
addr_text(const struct nd_addr *a, char *buf, size_t len)
{
	struct ib_gid ip;

	memcpy(ip.raw, a->ip.b, sizeof(ip.raw));
	return ib_gid_format(&ip, buf, len);
}

static void
addr_state(struct nd_addr *a, enum control_addr_state state)
{
	a->state = state;
	addr_state_set(a->p->c, a->p->id, &a->ip, state);
}

void
dad_conflict(struct nd_addr *a, const char *what)
{
	struct ctl_port *p = a->p;
	char buf[IB_GID_STRLEN];

	timer_stop(p->c, &a->timer);
	addr_state(a, CONTROL_ADDR_DUPLICATE);
	p->ip->conflicts++;
	if (bucket_take(&p->c->ip->warn_bucket, p->c->now, 1, 5))
		CTL_LOG(ERR, "port %u: address %s is a duplicate, another host %s: not used", p->id,
				addr_text(a, buf, sizeof(buf)), what);
}

static bool
dad_probe(struct nd_addr *a)
{
	static const struct dp_ip nobody;
	struct ctl_port *p = a->p;
	struct dp_ip group;
	struct rte_mbuf *m;
	struct nd_ns *ns;
	uint8_t *nonce;
	void *msg;

	nd_solicited_node(&a->ip, &group);
	m = nd_new(p, ND_NS, &nobody, &group, sizeof(*ns), &msg);
	if (m == NULL)
		return false;
	ns = msg;
	memcpy(ns->target, a->ip.b, sizeof(ns->target));
	nonce = nd_opt_add(m, ND_OPT_NONCE, 2 + ND_NONCE_LEN);
	if (nonce == NULL) {
		ctl_drop(p->c, DP_DROP_nombuf, m);
		return false;
	}
	memcpy(nonce + 2, a->nonce, ND_NONCE_LEN);
	nd_finish(p, m, NULL);
	return true;
}

static void
dad_done(struct nd_addr *a)
{
	struct ctl_port *p = a->p;

	addr_state(a, CONTROL_ADDR_PREFERRED);
	announce_start(&p->ip->nd->announce);
	ra_kick(p);
}

static void
dad_timer(struct control *c, void *arg)
{
	struct nd_addr *a = arg;

	/* Silence of a dead link proves nothing. */
	if (!a->p->up)
		return;
	if (a->probes == DAD_PROBES) {
		dad_done(a);
		return;
	}
	a->probes += dad_probe(a);
	timer_set(c, &a->timer, c->now + DAD_WAIT_US);
}

static void
dad_start(struct nd_addr *a)
{
	struct dp_ip group;
	uint64_t nonce = rte_rand();

	if (!a->joined) {
		nd_solicited_node(&a->ip, &group);
		a->joined = ip_mcast_join(a->p, &group) == 0;
	}
	memcpy(a->nonce, &nonce, sizeof(a->nonce));
	a->probes = 0;
	addr_state(a, CONTROL_ADDR_TENTATIVE);
	if (a->p->up)
		timer_set(a->p->c, &a->timer, a->p->c->now);
}

static int
nd_addr_new(struct ctl_port *p, const struct dp_ip *ip, bool automatic)
{
	struct nd_addr *a;

	a = nd_addr_find(p, ip);
	if (a != NULL) {
		a->automatic = a->automatic && automatic;
		return 0;
	}
	a = calloc(1, sizeof(*a));
	if (a == NULL)
		return -ENOMEM;
	if (timer_init(p->c, &a->timer, dad_timer, a) != 0) {
		free(a);
		return -ENOMEM;
	}
	a->p = p;
	a->ip = *ip;
	a->automatic = automatic;
	LIST_INSERT_HEAD(&p->ip->nd->addrs, a, next);
	dad_start(a);
	return 0;
}

void
nd_addr_free(struct nd_addr *a)
{
	struct dp_ip group;

	nd_solicited_node(&a->ip, &group);
	if (a->joined)
		ip_mcast_leave(a->p, &group);
	timer_fini(a->p->c, &a->timer);
	LIST_REMOVE(a, next);
	free(a);
}

void
nd_linklocal(const struct ctl_port *p, struct dp_ip *ip)
{
	const struct ctl_port *real = p->lower != NULL ? p->lower : p;
	const uint8_t *mac = real->dp->mac.addr_bytes;
	const struct ib_gid *gid = bond_gid(p);

	*ip = (struct dp_ip){ { [0] = 0xfe, [1] = 0x80 } };
	if (p->kind == DP_PORT_ETH) {
		memcpy(&ip->b[8], mac, 3);
		ip->b[11] = 0xff;
		ip->b[12] = 0xfe;
		memcpy(&ip->b[13], mac + 3, 3);
		ip->b[8] ^= 0x02;
		return;
	}
	if (ib_gid_is_zero(gid)) {
		*ip = (struct dp_ip){ 0 };
		return;
	}
	/* As Linux: set, where RFC 4391 8 means it to be flipped. GUIDs have this bit clear. */
	memcpy(&ip->b[8], &gid->raw[8], 8);
	ip->b[8] |= 0x02;
}

/* After a change of MAC or GID the old one goes. */
static void
linklocal_follow(struct ctl_port *p)
{
	struct ctl_nd *nd = p->ip->nd;
	struct nd_addr *old;
	struct dp_ip now;

	nd_linklocal(p, &now);
	if (dp_ip_equal(&now, &nd->linklocal))
		return;
	old = nd_addr_find(p, &nd->linklocal);
	if (old != NULL && old->automatic)
		nd_addr_free(old);
	nd->linklocal = now;
	if (!dp_ip_is_zero(&now) && nd_addr_new(p, &now, true) != 0)
		nd->linklocal = (struct dp_ip){ 0 };
}

void
dad_link_up(struct ctl_port *p)
{
	struct nd_addr *a;

	linklocal_follow(p);
	LIST_FOREACH(a, &p->ip->nd->addrs, next) {
		if (a->state == CONTROL_ADDR_DUPLICATE ||
				(a->state == CONTROL_ADDR_TENTATIVE && a->timer.pos == 0))
			dad_start(a);
	}
}

int
nd_enable(struct ctl_port *p)
{
	struct ctl_nd *nd = p->ip->nd;

	if (nd->on)
		return 0;
	nd->on = true;
	/* What cannot be joined now is a matter of the group's own retries. */
	ip_mcast_join(p, &nd_all_nodes);
	ip_mcast_join(p, &nd_all_routers);
	ip_mcast_join(p, &nd_anycast_node);
	linklocal_follow(p);
	return 0;
}

void
nd_addr_added(struct ctl_port *p, const struct dp_ip *ip)
{
	char buf[IB_GID_STRLEN];
	struct ib_gid gid;

	if (nd_enable(p) == 0 && nd_addr_new(p, ip, false) == 0)
		return;
	memcpy(gid.raw, ip->b, sizeof(gid.raw));
	CTL_LOG(ERR, "port %u: no memory to use address %s", p->id,
			ib_gid_format(&gid, buf, sizeof(buf)));
}

void
nd_addr_removed(struct ctl_port *p, const struct dp_ip *ip)
{
	struct nd_addr *a = nd_addr_find(p, ip);

	if (a == NULL)
		return;
	if (dp_ip_equal(ip, &p->ip->nd->linklocal))
		a->automatic = true;
	else
		nd_addr_free(a);
	ra_kick(p);
}

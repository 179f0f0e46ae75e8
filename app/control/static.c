/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Static routes, and what becomes of them by itself: those whose gateway lost its link go; of
 * several next hops the ones that do not answer rest, and are asked now and then.
 */

#include <errno.h>

#include "control_priv.h"

/* Changes of the FIB, and routes looked at, in one tick. */
#define CHANGES_MAX 16
#define LOOKS_MAX 1024
/* A gateway that does not answer is asked so often, so many of them at a time. */
#define PROBE_US (5 * CTL_US_PER_S)
#define PROBES_MAX 32
#define PROBE_NEXT_US (50 * CTL_US_PER_MS)

/* --- gateways whose subnet is gone --- */

static bool
is_lost(const struct control *c, const struct ctl_route *r)
{
	const struct control_addr_row *sub = &c->ip->routes.lost;

	return r->type == DP_NH_VIA && r->port == sub->port && ip_in(&r->via, &sub->ip, sub->len) &&
			!addr_on_link(c, r->port, &r->via);
}

void
recheck_run(struct control *c)
{
	struct ctl_routes *t = &c->ip->routes;
	uint32_t looks, n = 0;

	for (looks = 0; looks < LOOKS_MAX && n < CHANGES_MAX && t->recheck_at < t->nb; looks++) {
		const struct ctl_route r = t->tab[t->recheck_at];

		if (is_lost(c, &r)) {
			route_remove(c, &r);
			n++;
		} else {
			t->recheck_at++;
		}
	}
	t->recheck = t->recheck_at < t->nb;
}

void
routes_recheck(struct control *c, const struct control_addr_row *subnet)
{
	c->ip->routes.lost = *subnet;
	c->ip->routes.recheck_at = 0;
	recheck_run(c);
}

/* --- gateways that do not answer --- */

static uint64_t
ports_up(const struct control *c)
{
	uint64_t up = 0;
	uint16_t i;

	for (i = 0; i < DP_PORTS_MAX; i++) {
		if (c->ports[i] != NULL && c->ports[i]->up)
			up |= RTE_BIT64(i);
	}
	return up;
}

static void
sweep_start(struct control *c)
{
	c->ip->routes.sweep = true;
	c->ip->routes.sweep_at = 0;
}

/* What is refused now is tried again when something changes. */
static void
sweep_run(struct control *c)
{
	struct ctl_routes *t = &c->ip->routes;
	uint32_t looks;

	for (looks = 0; looks < LOOKS_MAX && t->sweep_at < t->nb; looks++, t->sweep_at++) {
		if (c->ip->fib.nb_ops >= CHANGES_MAX)
			return;
		if (t->tab[t->sweep_at].type == DP_NH_VIA)
			route_sync(c, t->sweep_at);
	}
	t->sweep = t->sweep_at < t->nb;
}

void
statics_run(struct control *c)
{
	struct ctl_routes *t = &c->ip->routes;
	uint64_t up = ports_up(c);

	if (up != t->ports_up) {
		t->ports_up = up;
		sweep_start(c);
	}
	if (t->recheck)
		recheck_run(c);
	/* Gateways that come and go all the time must not keep commands off. */
	if (t->sweep && rte_ring_empty(c->ip->calls) != 0)
		sweep_run(c);
}

void
route_gw_dead(struct control *c, uint16_t port, const struct dp_ip *gw, bool dead)
{
	if (!nh_dead_set(c, port, gw, dead))
		return;
	sweep_start(c);
	if (dead && c->ip->nhs.probe.pos == 0)
		timer_set(c, &c->ip->nhs.probe, c->now + ctl_jitter(PROBE_US, 10));
}

/* Ask some of those that do not answer; the rest soon, all again after a while. */
static void
probe(struct control *c, void *arg __rte_unused)
{
	struct ctl_nhs *t = &c->ip->nhs;
	uint32_t n = 0, looks;

	for (looks = 0; looks < LOOKS_MAX && n < PROBES_MAX && t->probe_at < t->high;
			looks++, t->probe_at++) {
		const struct dp_nh *nh = &c->dp->nh[t->probe_at];

		if (t->died[t->probe_at] == 0)
			continue;
		l3_want(c, nh->port, &nh->gw);
		n++;
	}
	if (t->probe_at < t->high) {
		timer_set(c, &t->probe, c->now + PROBE_NEXT_US);
		return;
	}
	t->probe_at = 0;
	if (t->nb_dead > 0)
		timer_set(c, &t->probe, c->now + ctl_jitter(PROBE_US, 10));
}

int
statics_init(struct control *c)
{
	return timer_init(c, &c->ip->nhs.probe, probe, NULL);
}

void
statics_fini(struct control *c)
{
	if (c->ip->nhs.probe.fn != NULL)
		timer_fini(c, &c->ip->nhs.probe);
}

/* --- commands --- */

static bool
type_ok(uint8_t type)
{
	return type == DP_NH_VIA || type == DP_NH_BLACKHOLE || type == DP_NH_UNREACHABLE ||
			type == DP_NH_PROHIBIT;
}

static int
prefix_check(const struct control_route *r)
{
	struct dp_ip masked;

	if (!type_ok(r->type) || r->len > ip_bits(&r->prefix))
		return -EINVAL;
	masked = ip_mask(&r->prefix, r->len);
	if (!dp_ip_equal(&masked, &r->prefix))
		return -EINVAL;
	return ip_is_special(&r->prefix) ? -EADDRNOTAVAIL : 0;
}

static int
gateway_port(const struct control *c, const struct control_route *r, uint16_t *port)
{
	int found;

	if (dp_ip_is4(&r->via) != dp_ip_is4(&r->prefix))
		return -EINVAL;
	if (r->port != DP_PORT_NIL) {
		if (r->port >= DP_PORTS_MAX || c->ports[r->port] == NULL)
			return -ENODEV;
		if (bond_is_member(c->ports[r->port]))
			return -EPERM;
		*port = r->port;
		return addr_on_link(c, r->port, &r->via) ? 0 : -ENETUNREACH;
	}
	if (dp_ip_is_linklocal6(&r->via))
		return -EDESTADDRREQ;
	found = addr_link_port(c, &r->via);
	*port = (uint16_t)found;
	return found >= 0 ? 0 : -ENETUNREACH;
}

/* What there is of the prefix: may this one come beside it? */
static int
beside_check(const struct control *c, const struct control_route *r, uint16_t port)
{
	const struct ctl_routes *t = &c->ip->routes;
	uint32_t i = route_bound(t, &r->prefix, r->len), n = 0;

	for (; i < t->nb && route_is(&t->tab[i], &r->prefix, r->len); i++) {
		const struct ctl_route *old = &t->tab[i];

		if (!route_is_static(old))
			continue;
		if (!r->append || r->type != DP_NH_VIA || old->type != DP_NH_VIA)
			return -EEXIST;
		if (old->port == port && dp_ip_equal(&old->via, &r->via))
			return -EEXIST;
		n++;
	}
	return n < DP_ECMP_MAX ? 0 : -EMLINK;
}

int
control_route_add(struct control *c, const struct control_route *r)
{
	struct ctl_route want = {
		.prefix = r->prefix, .len = r->len, .type = r->type, .port = DP_PORT_NIL
	};
	int ret = prefix_check(r);

	if (ret == 0 && r->type == DP_NH_VIA) {
		want.via = r->via;
		ret = gateway_port(c, r, &want.port);
	}
	if (ret == 0)
		ret = beside_check(c, r, want.port);
	if (ret == 0)
		ret = routes_ready(c);
	if (ret != 0)
		return ret;
	ret = route_insert(c, &want);
	fib_publish(c);
	return ret;
}

/* Remove the static routes from number at on that agree; some. @return number */
static uint32_t
statics_remove(struct control *c, uint32_t at, const struct dp_ip *prefix, uint8_t len,
		const struct dp_ip *via)
{
	struct ctl_routes *t = &c->ip->routes;
	uint32_t n = 0;

	while (at < t->nb && route_is(&t->tab[at], prefix, len)) {
		const struct ctl_route r = t->tab[at];

		if (!route_is_static(&r) || (via != NULL && !dp_ip_equal(&r.via, via))) {
			at++;
			continue;
		}
		route_remove(c, &r);
		n++;
	}
	return n;
}

static bool
statics_there(const struct ctl_routes *t, const struct dp_ip *prefix, uint8_t len,
		const struct dp_ip *via)
{
	uint32_t i = route_bound(t, prefix, len);

	for (; i < t->nb && route_is(&t->tab[i], prefix, len); i++) {
		if (route_is_static(&t->tab[i]) &&
				(via == NULL || dp_ip_equal(&t->tab[i].via, via)))
			return true;
	}
	return false;
}

int
control_route_del(
		struct control *c, const struct dp_ip *prefix, uint8_t len, const struct dp_ip *via)
{
	int ret;

	if (!statics_there(&c->ip->routes, prefix, len, via))
		return -ENOENT;
	ret = routes_ready(c);
	if (ret != 0)
		return ret;
	statics_remove(c, route_bound(&c->ip->routes, prefix, len), prefix, len, via);
	fib_publish(c);
	return 0;
}

int
control_route_flush(struct control *c, uint16_t port)
{
	struct ctl_routes *t = &c->ip->routes;
	int ret = routes_ready(c);
	uint32_t i, n = 0;

	if (ret != 0)
		return ret;
	for (i = t->nb; i-- > 0 && n < CHANGES_MAX;) {
		const struct ctl_route r = t->tab[i];

		if (!route_is_static(&r) || (port != UINT16_MAX && r.port != port))
			continue;
		route_remove(c, &r);
		n++;
	}
	fib_publish(c);
	return (int)n;
}

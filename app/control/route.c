/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Routes and the FIB. All routes are kept, sorted; of those with one prefix the best is in the
 * FIB. Next hops are shared and counted, and a number is given out again only when neither table
 * of the FIB nor any reader has it.
 */

#include <errno.h>
#include <stdlib.h>

#include "control_priv.h"

/* Routes that are removed in one tick: each moves those behind it. */
#define RECHECK_MAX 16

/* --- next hops --- */

static uint32_t
nh_take_free(struct ctl_routes *t)
{
	if (t->nb_nh_free > 0)
		return t->nh_free[--t->nb_nh_free];
	return t->nh_high < DP_NH_MAX ? t->nh_high++ : 0;
}

/* @return a number, or 0: all are taken */
static uint32_t
nh_get(struct control *c, uint8_t type, uint16_t port, uint32_t gw)
{
	struct ctl_routes *t = &c->routes;
	uint32_t i;

	for (i = 1; i < t->nh_high; i++) {
		const struct dp_nh *nh = &c->dp->nh[i];

		if (t->nh_refs[i] > 0 && nh->type == type && nh->port == port &&
				dp_ip_get4(&nh->gw) == gw) {
			t->nh_refs[i]++;
			return i;
		}
	}
	i = nh_take_free(t);
	if (i == 0)
		return 0;
	/* Readers come to it through the FIB, which is published later. */
	c->dp->nh[i] = (struct dp_nh){ .type = type, .port = port, .gw = dp_ip4(gw) };
	t->nh_refs[i] = 1;
	return i;
}

static void
nh_put(struct control *c, uint32_t nh)
{
	struct ctl_routes *t = &c->routes;

	if (--t->nh_refs[nh] == 0)
		t->retired[t->nb_retired++] = nh;
}

static void
nh_reclaim(struct ctl_routes *t)
{
	while (t->nb_retired > 0)
		t->nh_free[t->nb_nh_free++] = t->retired[--t->nb_retired];
}

/* --- FIB --- */

static int
cmp_prefix(const struct ctl_route *r, uint32_t prefix, uint8_t len)
{
	if (r->prefix != prefix)
		return r->prefix < prefix ? -1 : 1;
	return (int)r->len - len;
}

/* First route that is not before (prefix, len). */
static uint32_t
lower_bound(const struct ctl_routes *t, uint32_t prefix, uint8_t len)
{
	uint32_t lo = 0, hi = t->nb, mid;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (cmp_prefix(&t->tab[mid], prefix, len) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Lower is preferred: what is ours, then what the link says, then static routes. */
static int
rank(uint8_t type)
{
	static const uint8_t ranks[] = {
		[DP_NH_LOCAL] = 0, [DP_NH_BROADCAST] = 1, [DP_NH_LINK] = 2, [DP_NH_VIA] = 3
	};

	return ranks[type];
}

static bool
is_before(const struct ctl_route *a, const struct ctl_route *b)
{
	int ret = cmp_prefix(a, b->prefix, b->len);

	if (ret == 0)
		ret = rank(a->type) - rank(b->type);
	return ret < 0 || (ret == 0 && a->seq < b->seq);
}

/* Bring the FIB in line with the best route of a prefix. */
static int
fib_sync(struct control *c, uint32_t prefix, uint8_t len)
{
	const struct ctl_routes *t = &c->routes;
	uint32_t i = lower_bound(t, prefix, len);

	if (i < t->nb && cmp_prefix(&t->tab[i], prefix, len) == 0)
		return fib_set(c, prefix, len, t->tab[i].nh);
	return fib_set(c, prefix, len, 0);
}

/* Is prefix the first, or was it the last, beyond /24 in its /24? */
static bool
tbl8_alone(const struct ctl_routes *t, uint32_t prefix, uint8_t len)
{
	uint32_t i = lower_bound(t, prefix & ctl_mask(24), 25);

	return len > 24 && (i == t->nb || ((t->tab[i].prefix ^ prefix) & ctl_mask(24)) != 0);
}

/* --- routes --- */

static struct ctl_route *
route_find(struct ctl_routes *t, uint32_t prefix, uint8_t len, uint8_t type, uint16_t port,
		uint32_t via)
{
	uint32_t i;

	for (i = lower_bound(t, prefix, len); i < t->nb && cmp_prefix(&t->tab[i], prefix, len) == 0;
			i++) {
		struct ctl_route *r = &t->tab[i];

		if (r->type == type && r->port == port && r->via == via)
			return r;
	}
	return NULL;
}

static int
routes_grow(struct ctl_routes *t)
{
	struct ctl_route *tab;
	uint32_t cap = t->cap == 0 ? 64 : 2 * t->cap;

	if (t->nb < t->cap)
		return 0;
	tab = realloc(t->tab, cap * sizeof(*tab));
	if (tab == NULL)
		return -ENOSPC;
	t->tab = tab;
	t->cap = cap;
	return 0;
}

static void
tab_remove(struct ctl_routes *t, uint32_t at)
{
	t->nb--;
	memmove(&t->tab[at], &t->tab[at + 1], (t->nb - at) * sizeof(*t->tab));
}

int
route_insert(struct control *c, uint32_t prefix, uint8_t len, uint8_t type, uint16_t port,
		uint32_t via)
{
	struct ctl_route r = {
		.prefix = prefix, .len = len, .type = type, .port = port, .via = via, .refs = 1
	};
	struct ctl_routes *t = &c->routes;
	struct ctl_route *old;
	uint32_t at;
	bool tbl8;

	old = route_find(t, prefix, len, type, port, via);
	if (old != NULL) {
		old->refs++;
		return 0;
	}
	tbl8 = tbl8_alone(t, prefix, len);
	if ((tbl8 && t->nb_tbl8 == DP_FIB_TBL8_MAX) || routes_grow(t) != 0)
		return -ENOSPC;
	r.nh = nh_get(c, type, port, via);
	if (r.nh == 0)
		return -ENOSPC;
	r.seq = t->seq++;
	for (at = lower_bound(t, prefix, len); at < t->nb && is_before(&t->tab[at], &r); at++)
		;
	memmove(&t->tab[at + 1], &t->tab[at], (t->nb - at) * sizeof(*t->tab));
	t->tab[at] = r;
	t->nb++;
	if (fib_sync(c, prefix, len) == 0) {
		t->nb_tbl8 += tbl8;
		return 0;
	}
	tab_remove(t, at);
	nh_put(c, r.nh);
	return -ENOSPC;
}

void
route_remove(struct control *c, uint32_t prefix, uint8_t len, uint8_t type, uint16_t port,
		uint32_t via)
{
	struct ctl_routes *t = &c->routes;
	struct ctl_route *r = route_find(t, prefix, len, type, port, via);
	uint32_t nh;

	if (r == NULL || --r->refs > 0)
		return;
	nh = r->nh;
	tab_remove(t, (uint32_t)(r - t->tab));
	t->nb_tbl8 -= tbl8_alone(t, prefix, len);
	if (fib_sync(c, prefix, len) != 0)
		CTL_LOG(ERR, "the FIB refused to remove a route");
	nh_put(c, nh);
}

static bool
is_lost(const struct control *c, const struct ctl_route *r)
{
	const struct control_addr_row *sub = &c->routes.lost;
	struct dp_ip via = dp_ip4(r->via);

	return r->type == DP_NH_VIA && r->port == sub->port &&
			((r->via ^ sub->ip) & ctl_mask(sub->len)) == 0 &&
			addr_link_port(c, &via) != r->port;
}

static void
recheck_run(struct control *c)
{
	struct ctl_routes *t = &c->routes;
	uint32_t n = 0;

	while (t->recheck_at < t->nb && n < RECHECK_MAX) {
		const struct ctl_route r = t->tab[t->recheck_at];

		if (is_lost(c, &r)) {
			route_remove(c, r.prefix, r.len, r.type, r.port, r.via);
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
	c->routes.lost = *subnet;
	c->routes.recheck_at = 0;
	recheck_run(c);
}

void
routes_run(struct control *c)
{
	if (!fib_settled(c))
		return;
	nh_reclaim(&c->routes);
	if (!c->routes.recheck)
		return;
	recheck_run(c);
	fib_publish(c);
}

bool
routes_busy(const struct control *c)
{
	return c->fib.settling || c->routes.recheck;
}

int
routes_ready(struct control *c)
{
	routes_run(c);
	return routes_busy(c) ? -EAGAIN : 0;
}

static const struct ctl_route *
static_find(const struct ctl_routes *t, uint32_t prefix, uint8_t len)
{
	uint32_t i;

	for (i = lower_bound(t, prefix, len); i < t->nb && cmp_prefix(&t->tab[i], prefix, len) == 0;
			i++) {
		if (t->tab[i].type == DP_NH_VIA)
			return &t->tab[i];
	}
	return NULL;
}

int
control_route_add(struct control *c, uint32_t prefix, uint8_t len, uint32_t via)
{
	struct dp_ip gw = dp_ip4(via);
	int port, ret;

	if (len > 32 || (prefix & ~ctl_mask(len)) != 0)
		return -EINVAL;
	if (static_find(&c->routes, prefix, len) != NULL)
		return -EEXIST;
	port = addr_link_port(c, &gw);
	if (port < 0)
		return -ENETUNREACH;
	ret = routes_ready(c);
	if (ret != 0)
		return ret;
	ret = route_insert(c, prefix, len, DP_NH_VIA, (uint16_t)port, via);
	fib_publish(c);
	return ret;
}

int
control_route_del(struct control *c, uint32_t prefix, uint8_t len)
{
	const struct ctl_route *r;
	int ret;

	if (len > 32)
		return -ENOENT;
	r = static_find(&c->routes, prefix, len);
	if (r == NULL)
		return -ENOENT;
	ret = routes_ready(c);
	if (ret != 0)
		return ret;
	route_remove(c, prefix, len, DP_NH_VIA, r->port, r->via);
	fib_publish(c);
	return 0;
}

int
routes_init(struct control *c)
{
	struct ctl_routes *t = &c->routes;

	fib_init(c);
	t->nh_high = 1; /* 0 is "no route" */
	t->nh_refs = calloc(DP_NH_MAX, sizeof(*t->nh_refs));
	t->retired = calloc(DP_NH_MAX, sizeof(*t->retired));
	t->nh_free = calloc(DP_NH_MAX, sizeof(*t->nh_free));
	if (t->nh_refs == NULL || t->retired == NULL || t->nh_free == NULL)
		return -ENOMEM;
	return 0;
}

void
routes_fini(struct control *c)
{
	struct ctl_routes *t = &c->routes;

	free(t->addrs);
	free(t->tab);
	free(t->nh_refs);
	free(t->retired);
	free(t->nh_free);
	*t = (struct ctl_routes){ 0 };
}

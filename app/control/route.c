/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Routes. All are kept, sorted; of those with one prefix the best is in the FIB, or several that
 * are equally good: next hops over which flows are spread.
 */

#include <errno.h>
#include <stdlib.h>

#include "control_priv.h"

/* --- the table --- */

bool
route_is(const struct ctl_route *r, const struct dp_ip *prefix, uint8_t len)
{
	return r->len == len && dp_ip_equal(&r->prefix, prefix);
}

/* IPv4 first, which would else lie among prefixes of ::/0. */
static int
cmp_prefix(const struct ctl_route *r, const struct dp_ip *prefix, uint8_t len)
{
	int ret = (int)dp_ip_is4(prefix) - (int)dp_ip_is4(&r->prefix);

	if (ret == 0)
		ret = memcmp(r->prefix.b, prefix->b, sizeof(prefix->b));
	return ret != 0 ? ret : (int)r->len - len;
}

uint32_t
route_bound(const struct ctl_routes *t, const struct dp_ip *prefix, uint8_t len)
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
		[DP_NH_LOCAL] = 0,
		[DP_NH_BROADCAST] = 1,
		[DP_NH_LINK] = 2,
		[DP_NH_VIA] = 3,
		[DP_NH_BLACKHOLE] = 3,
		[DP_NH_UNREACHABLE] = 3,
		[DP_NH_PROHIBIT] = 3,
	};

	return ranks[type];
}

bool
route_is_static(const struct ctl_route *r)
{
	return rank(r->type) == rank(DP_NH_VIA);
}

static bool
is_before(const struct ctl_route *a, const struct ctl_route *b)
{
	int ret = cmp_prefix(a, &b->prefix, b->len);

	if (ret == 0)
		ret = rank(a->type) - rank(b->type);
	return ret < 0 || (ret == 0 && a->seq < b->seq);
}

static struct ctl_route *
route_find(struct ctl_routes *t, const struct ctl_route *want)
{
	uint32_t i = route_bound(t, &want->prefix, want->len);

	for (; i < t->nb && route_is(&t->tab[i], &want->prefix, want->len); i++) {
		struct ctl_route *r = &t->tab[i];

		if (r->type == want->type && r->port == want->port &&
				dp_ip_equal(&r->via, &want->via))
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

/* Those who walk the table bit by bit stay in front of the same route. */
static void
tab_insert(struct ctl_routes *t, uint32_t at, const struct ctl_route *r)
{
	memmove(&t->tab[at + 1], &t->tab[at], (t->nb - at) * sizeof(*t->tab));
	t->tab[at] = *r;
	t->nb++;
	t->recheck_at += at < t->recheck_at;
	t->sweep_at += at < t->sweep_at;
}

static void
tab_remove(struct ctl_routes *t, uint32_t at)
{
	t->nb--;
	memmove(&t->tab[at], &t->tab[at + 1], (t->nb - at) * sizeof(*t->tab));
	t->recheck_at -= at < t->recheck_at;
	t->sweep_at -= at < t->sweep_at;
}

/* --- what a prefix leads to --- */

/* The routes of one prefix. */
struct group {
	uint32_t first, nb;
};

static struct group
group_of(const struct ctl_routes *t, uint32_t at)
{
	const struct ctl_route *r = &t->tab[at];
	struct group g;

	for (g.first = at; g.first > 0 && route_is(&t->tab[g.first - 1], &r->prefix, r->len);)
		g.first--;
	for (g.nb = 1; g.first + g.nb < t->nb &&
			route_is(&t->tab[g.first + g.nb], &r->prefix, r->len);)
		g.nb++;
	return g;
}

static void
sort(uint16_t *v, uint8_t n)
{
	uint8_t i, k;

	for (i = 1; i < n; i++) {
		for (k = i; k > 0 && v[k - 1] > v[k]; k--)
			RTE_SWAP(v[k - 1], v[k]);
	}
}

/* Nobody answers: the last one that did is as good as any. A port that is down is worse. */
static uint32_t
last_alive(const struct control *c, const struct ctl_route *r, uint32_t nb)
{
	const uint64_t *died = c->ip->nhs.died;
	uint32_t i, best = r[0].nh;

	for (i = 1; i < nb; i++) {
		if (died[r[i].nh] > died[best])
			best = r[i].nh;
	}
	return best;
}

/* @return a next hop, held once more */
static uint32_t
group_choose(struct control *c, const struct group *g)
{
	const struct ctl_route *r = &c->ip->routes.tab[g->first];
	struct dp_nh set = { .type = DP_NH_ECMP, .port = DP_PORT_NIL };
	uint32_t i, nh;

	for (i = 0; r->type == DP_NH_VIA && i < g->nb && set.nb < DP_ECMP_MAX; i++) {
		if (r[i].type == DP_NH_VIA && nh_alive(c, r[i].nh))
			set.member[set.nb++] = (uint16_t)r[i].nh;
	}
	/* The same gateways are one set, in whatever order they came. */
	sort(set.member, set.nb);
	nh = set.nb > 1 ? nh_get(c, &set) : 0;
	if (nh != 0)
		return nh;
	nh = set.nb > 0					    ? set.member[0]
			: r->type == DP_NH_VIA && g->nb > 1 ? last_alive(c, r, g->nb)
							    : r->nh;
	nh_hold(c, nh);
	return nh;
}

static void
group_set(struct control *c, const struct group *g, uint32_t nh)
{
	struct ctl_route *r = &c->ip->routes.tab[g->first];
	uint32_t i;

	for (i = 0; i < g->nb; i++) {
		if (r[i].cur == nh)
			continue;
		nh_hold(c, nh);
		if (r[i].cur != 0)
			nh_put(c, r[i].cur);
		r[i].cur = nh;
	}
}

static uint32_t
group_cur(const struct ctl_routes *t, const struct group *g)
{
	uint32_t i;

	for (i = 0; i < g->nb; i++) {
		if (t->tab[g->first + i].cur != 0)
			return t->tab[g->first + i].cur;
	}
	return 0;
}

int
route_sync(struct control *c, uint32_t at)
{
	struct group g = group_of(&c->ip->routes, at);
	const struct ctl_route *r = &c->ip->routes.tab[g.first];
	uint32_t nh = group_choose(c, &g);
	int ret = 0;

	if (nh != group_cur(&c->ip->routes, &g))
		ret = fib_set(c, &r->prefix, r->len, nh);
	if (ret == 0)
		group_set(c, &g, nh);
	nh_put(c, nh);
	return ret;
}

/* --- room --- */

/* Is prefix the first, or was it the last, beyond /level in its /level? */
static bool
is_alone(const struct ctl_routes *t, const struct dp_ip *prefix, uint8_t level)
{
	struct dp_ip block = ip_mask(prefix, level);
	uint32_t i = route_bound(t, &block, level + 1);

	return i == t->nb || !ip_in(&t->tab[i].prefix, &block, level);
}

/*
 * Tables of 256 that a prefix needs for itself alone. rte_fib6 has them for every 8 bits beyond 24
 * (one more while it works, for which dp.c leaves room); both may merge some, and then need less.
 */
static uint32_t
routes_room(const struct ctl_routes *t, const struct dp_ip *prefix, uint8_t len)
{
	uint32_t level, n = 0;

	for (level = 24; level < len; level += 8)
		n += is_alone(t, prefix, (uint8_t)level);
	return n;
}

static uint32_t *
room_used(struct ctl_routes *t, const struct dp_ip *prefix)
{
	return dp_ip_is4(prefix) ? &t->nb_tbl8 : &t->nb_tbl8_6;
}

static bool
has_room(struct ctl_routes *t, const struct dp_ip *prefix, uint32_t more)
{
	uint32_t max = dp_ip_is4(prefix) ? DP_FIB_TBL8_MAX : DP_FIB6_TBL8_MAX;

	return *room_used(t, prefix) + more <= max;
}

/* --- routes --- */

static uint32_t
route_nh(struct control *c, const struct ctl_route *r)
{
	struct dp_nh nh = { .type = r->type, .port = r->port };

	if (r->type == DP_NH_VIA)
		nh.gw = r->via;
	return nh_get(c, &nh);
}

int
route_insert(struct control *c, const struct ctl_route *want)
{
	struct ctl_routes *t = &c->ip->routes;
	struct ctl_route r = *want;
	struct ctl_route *old;
	uint32_t at, room;
	int ret;

	old = route_find(t, want);
	if (old != NULL) {
		old->refs++;
		return 0;
	}
	room = routes_room(t, &r.prefix, r.len);
	if (!has_room(t, &r.prefix, room) || routes_grow(t) != 0)
		return -ENOSPC;
	r.nh = route_nh(c, &r);
	if (r.nh == 0)
		return -ENOSPC;
	r.cur = 0;
	r.refs = 1;
	r.seq = t->seq++;
	for (at = route_bound(t, &r.prefix, r.len); at < t->nb && is_before(&t->tab[at], &r); at++)
		;
	tab_insert(t, at, &r);
	ret = route_sync(c, at);
	if (ret == 0) {
		*room_used(t, &r.prefix) += room;
		return 0;
	}
	tab_remove(t, at);
	nh_put(c, r.nh);
	return ret == -EAFNOSUPPORT ? ret : -ENOSPC;
}

void
route_remove(struct control *c, const struct ctl_route *want)
{
	struct ctl_routes *t = &c->ip->routes;
	struct ctl_route *r = route_find(t, want);
	struct ctl_route gone;
	uint32_t at;
	int ret;

	if (r == NULL || --r->refs > 0)
		return;
	gone = *r;
	tab_remove(t, (uint32_t)(r - t->tab));
	at = route_bound(t, &gone.prefix, gone.len);
	if (at < t->nb && route_is(&t->tab[at], &gone.prefix, gone.len)) {
		ret = route_sync(c, at);
	} else {
		*room_used(t, &gone.prefix) -= routes_room(t, &gone.prefix, gone.len);
		ret = fib_set(c, &gone.prefix, gone.len, 0);
	}
	if (ret != 0)
		CTL_LOG(ERR, "the FIB refused to remove a route");
	nh_put(c, gone.cur);
	nh_put(c, gone.nh);
}

/* --- in the background --- */

void
routes_run(struct control *c)
{
	if (!fib_settled(c))
		return;
	nhs_reclaim(c);
	statics_run(c);
	fib_publish(c);
}

bool
routes_busy(const struct control *c)
{
	return c->ip->fib.settling || c->ip->routes.recheck || c->ip->routes.sweep;
}

int
routes_ready(struct control *c)
{
	if (!fib_settled(c))
		return -EAGAIN;
	nhs_reclaim(c);
	if (c->ip->routes.recheck) {
		recheck_run(c);
		fib_publish(c);
	}
	return c->ip->fib.settling || c->ip->routes.recheck ? -EAGAIN : 0;
}

int
routes_init(struct control *c)
{
	int ret = nhs_init(c);

	if (ret == 0)
		ret = fib_init(c);
	if (ret == 0)
		ret = statics_init(c);
	return ret;
}

void
routes_fini(struct control *c)
{
	statics_fini(c);
	nhs_fini(c);
	free(c->ip->routes.addrs);
	free(c->ip->routes.tab);
	c->ip->routes = (struct ctl_routes){ 0 };
}

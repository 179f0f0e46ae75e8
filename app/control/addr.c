/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Our own addresses and the routes that come with them. Link-local addresses are not among them:
 * ports make them themselves (dad.c), all in one prefix, so no FIB has them.
 */

#include <errno.h>
#include <stdlib.h>

#include "nd.h"

#define ADDRS_MAX 4096

/* Both ends of a /31 are hosts (RFC 3021). */
static bool
has_broadcast(const struct dp_ip *ip, uint8_t len)
{
	return dp_ip_is4(ip) && len <= 30;
}

/* The first address of a subnet; not on links between two routers (RFC 6164). */
static bool
has_anycast(const struct dp_ip *ip, uint8_t len)
{
	return !dp_ip_is4(ip) && len <= 126;
}

static struct dp_ip
broadcast(const struct dp_ip *ip, uint8_t len)
{
	return dp_ip4(dp_ip_get4(ip) | ~ctl_mask(len));
}

static bool
host_ok(const struct dp_ip *ip, uint8_t len)
{
	struct dp_ip first, last;

	if (len == 0 || len > ip_bits(ip) || ip_is_special(ip) || dp_ip_is_zero(ip))
		return false;
	first = ip_mask(ip, len);
	if (!dp_ip_is4(ip))
		return !has_anycast(ip, len) || !dp_ip_equal(ip, &first);
	/* 0.0.0.0/8 and 240.0.0.0/4. */
	if (ip->b[12] == 0 || ip->b[12] >= 240)
		return false;
	last = broadcast(ip, len);
	return !has_broadcast(ip, len) || (!dp_ip_equal(ip, &first) && !dp_ip_equal(ip, &last));
}

static bool
in_subnet(const struct control_addr_row *a, const struct dp_ip *ip)
{
	return ip_in(ip, &a->ip, a->len);
}

static int
addr_index(const struct control *c, const struct dp_ip *ip)
{
	uint32_t i;

	for (i = 0; i < c->ip->routes.nb_addrs; i++) {
		if (dp_ip_equal(&c->ip->routes.addrs[i].ip, ip))
			return (int)i;
	}
	return -1;
}

static bool
is_linklocal_of(const struct ctl_port *p, const struct dp_ip *ip)
{
	return p != NULL && p->ip->nd != NULL && dp_ip_equal(&p->ip->nd->linklocal, ip);
}

bool
addr_is_own(const struct control *c, uint16_t port, const struct dp_ip *ip)
{
	int i;

	if (dp_ip_is_linklocal6(ip))
		return port < DP_PORTS_MAX && is_linklocal_of(c->ports[port], ip);
	i = addr_index(c, ip);
	return i >= 0 && c->ip->routes.addrs[i].port == port;
}

bool
addr_is_own_any(const struct control *c, const struct dp_ip *ip)
{
	uint16_t i;

	if (!dp_ip_is_linklocal6(ip))
		return addr_index(c, ip) >= 0;
	for (i = 0; i < DP_PORTS_MAX; i++) {
		if (is_linklocal_of(c->ports[i], ip))
			return true;
	}
	return false;
}

static bool
is_anycast(const struct control_addr_row *a, const struct dp_ip *ip)
{
	struct dp_ip first;

	if (!has_anycast(&a->ip, a->len))
		return false;
	first = ip_mask(&a->ip, a->len);
	return dp_ip_equal(&first, ip);
}

bool
addr_is_anycast(const struct control *c, uint16_t port, const struct dp_ip *ip)
{
	uint32_t i;

	for (i = 0; i < c->ip->routes.nb_addrs; i++) {
		if (c->ip->routes.addrs[i].port == port && is_anycast(&c->ip->routes.addrs[i], ip))
			return true;
	}
	return false;
}

static bool
is_neighbour(const struct control_addr_row *a, const struct dp_ip *ip)
{
	return a->len < ip_bits(&a->ip) && in_subnet(a, ip) && host_ok(ip, a->len) &&
			!dp_ip_equal(ip, &a->ip);
}

bool
addr_on_link(const struct control *c, uint16_t port, const struct dp_ip *ip)
{
	uint32_t i;

	if (dp_ip_is_linklocal6(ip))
		return port < DP_PORTS_MAX && c->ports[port] != NULL &&
				!is_linklocal_of(c->ports[port], ip);
	for (i = 0; i < c->ip->routes.nb_addrs; i++) {
		const struct control_addr_row *a = &c->ip->routes.addrs[i];

		if (a->port == port && is_neighbour(a, ip))
			return !addr_is_own_any(c, ip);
	}
	return false;
}

int
addr_link_port(const struct control *c, const struct dp_ip *ip)
{
	const struct control_addr_row *best = NULL;
	uint32_t i;

	if (addr_is_own_any(c, ip))
		return -1;
	for (i = 0; i < c->ip->routes.nb_addrs; i++) {
		const struct control_addr_row *a = &c->ip->routes.addrs[i];

		if (is_neighbour(a, ip) && (best == NULL || a->len > best->len))
			best = a;
	}
	return best == NULL ? -1 : best->port;
}

/* --- sources --- */

static bool
is_source(const struct control_addr_row *a, const struct dp_ip *to)
{
	return dp_ip_is4(&a->ip) == dp_ip_is4(to) && a->state == CONTROL_ADDR_PREFERRED;
}

/* fc00::/7 (RFC 4193). */
static bool
is_ula(const struct dp_ip *ip)
{
	return (ip->b[0] & 0xfe) == 0xfc;
}

/*
 * Better of two for talking to an address. First the port's own; in IPv4 the one in whose subnet
 * it is, else the first; in IPv6 one of the same kind, then the one that shares most bits with it
 * (RFC 6724 5, rules 5, 6 and 8, the last within the subnet as Linux has it).
 */
static uint32_t
merit(const struct control_addr_row *a, uint16_t port, const struct dp_ip *to)
{
	uint32_t m = a->port == port ? 1000 : 0;

	if (dp_ip_is4(to))
		return m + in_subnet(a, to);
	if (is_ula(&a->ip) == is_ula(to))
		m += 500;
	return m + RTE_MIN(ip_common(&a->ip, to), a->len);
}

static bool
linklocal_source(const struct control *c, uint16_t port, struct dp_ip *src)
{
	const struct ctl_port *p = port < DP_PORTS_MAX ? c->ports[port] : NULL;

	return p != NULL && p->ip->nd != NULL && nd_source(p, src);
}

/* Multicast of interface or link scope too (RFC 4291 2.7). */
static bool
is_link_scope(const struct dp_ip *ip)
{
	return dp_ip_is_linklocal6(ip) || (ip->b[0] == 0xff && (ip->b[1] & 0xf) <= 2);
}

bool
addr_source(const struct control *c, uint16_t port, const struct dp_ip *to, struct dp_ip *src)
{
	const struct control_addr_row *a, *best = NULL;
	uint32_t i;

	if (is_link_scope(to))
		return linklocal_source(c, port, src);
	for (i = 0; i < c->ip->routes.nb_addrs; i++) {
		a = &c->ip->routes.addrs[i];
		if (!is_source(a, to) || (a->port != port && dp_ip_is4(to)))
			continue;
		if (best == NULL || merit(a, port, to) > merit(best, port, to))
			best = a;
	}
	if (best == NULL)
		return !dp_ip_is4(to) && linklocal_source(c, port, src);
	*src = best->ip;
	return true;
}

void
addr_state_set(struct control *c, uint16_t port, const struct dp_ip *ip,
		enum control_addr_state state)
{
	int i = addr_index(c, ip);

	if (i >= 0 && c->ip->routes.addrs[i].port == port)
		c->ip->routes.addrs[i].state = (uint8_t)state;
}

/* --- addresses and their routes --- */

/*
 * The order matters: what is added last is what could make a table of the FIB superfluous, and
 * what is removed last frees it, so that no such table is freed and taken again within one change.
 */
static uint32_t
addr_routes(const struct control_addr_row *a, struct ctl_route *r)
{
	uint8_t bits = ip_bits(&a->ip);
	struct ctl_route route = {
		.prefix = ip_mask(&a->ip, a->len), .len = bits, .port = a->port
	};
	uint32_t n = 0;

	if (has_broadcast(&a->ip, a->len)) {
		route.type = DP_NH_BROADCAST;
		r[n++] = route;
		r[n] = route;
		r[n++].prefix = broadcast(&a->ip, a->len);
	}
	route.type = DP_NH_LOCAL;
	if (has_anycast(&a->ip, a->len))
		r[n++] = route;
	r[n] = route;
	r[n++].prefix = a->ip;
	route.type = DP_NH_LINK;
	route.len = a->len;
	if (a->len < bits)
		r[n++] = route;
	return n;
}

static int
addr_grow(struct ctl_routes *r)
{
	struct control_addr_row *addrs;
	uint32_t cap = r->cap_addrs == 0 ? 16 : 2 * r->cap_addrs;

	if (r->nb_addrs < r->cap_addrs)
		return 0;
	if (cap > ADDRS_MAX)
		return -ENOSPC;
	addrs = realloc(r->addrs, cap * sizeof(*addrs));
	if (addrs == NULL)
		return -ENOSPC;
	r->addrs = addrs;
	r->cap_addrs = cap;
	return 0;
}

static int
routes_add(struct control *c, const struct control_addr_row *a)
{
	struct ctl_route r[4];
	uint32_t i, n = addr_routes(a, r);
	int ret = 0;

	for (i = 0; i < n && ret == 0; i++)
		ret = route_insert(c, &r[i]);
	if (ret != 0) {
		/* The last one was refused. */
		for (i--; i-- > 0;)
			route_remove(c, &r[i]);
	}
	fib_publish(c);
	return ret;
}

int
control_addr_add(struct control *c, uint16_t port, const struct dp_ip *ip, uint8_t len)
{
	struct control_addr_row a = { .ip = *ip, .port = port, .len = len };
	struct ctl_port *p = ctl_port(c, port);
	int ret;

	if (p == NULL)
		return -ENODEV;
	if (bond_is_member(p))
		return -EPERM;
	if (!host_ok(ip, len))
		return -EINVAL;
	if (addr_index(c, ip) >= 0)
		return -EEXIST;
	ret = routes_ready(c);
	if (ret == 0)
		ret = addr_grow(&c->ip->routes);
	if (ret == 0)
		ret = routes_add(c, &a);
	if (ret != 0)
		return ret;
	c->ip->routes.addrs[c->ip->routes.nb_addrs++] = a;
	if (dp_ip_is4(ip))
		arp_announce(p);
	else
		nd_addr_added(p, ip);
	return 0;
}

/* The caller publishes. */
static void
addr_remove(struct control *c, uint32_t at)
{
	struct ctl_routes *t = &c->ip->routes;
	struct control_addr_row gone = t->addrs[at];
	struct ctl_port *p = c->ports[gone.port];
	struct ctl_route r[4];
	uint32_t i;

	t->nb_addrs--;
	memmove(&t->addrs[at], &t->addrs[at + 1], (t->nb_addrs - at) * sizeof(*t->addrs));
	for (i = addr_routes(&gone, r); i-- > 0;)
		route_remove(c, &r[i]);
	if (!dp_ip_is4(&gone.ip) && p != NULL)
		nd_addr_removed(p, &gone.ip);
}

int
control_addr_del(struct control *c, uint16_t port, const struct dp_ip *ip, uint8_t len)
{
	struct control_addr_row gone;
	int ret, at = addr_index(c, ip);

	if (at < 0 || c->ip->routes.addrs[at].port != port || c->ip->routes.addrs[at].len != len)
		return -ENOENT;
	ret = routes_ready(c);
	if (ret != 0)
		return ret;
	gone = c->ip->routes.addrs[at];
	addr_remove(c, (uint32_t)at);
	routes_recheck(c, &gone);
	fib_publish(c);
	return 0;
}

/*
 * Routes by gateways that were on the link of these addresses: one address at a time, since the
 * table is walked for each.
 */
int
control_addr_flush(struct control *c, uint16_t port)
{
	uint32_t i = c->ip->routes.nb_addrs;
	struct control_addr_row a;
	int ret;

	while (i-- > 0) {
		a = c->ip->routes.addrs[i];
		if (a.port != port)
			continue;
		ret = control_addr_del(c, port, &a.ip, a.len);
		return ret == 0 ? 1 : ret;
	}
	return 0;
}

int
addr_port_gone(struct control *c, uint16_t port)
{
	int ret;

	/* First what would else be looked for with each address. */
	ret = control_route_flush(c, port);
	if (ret == 0)
		ret = control_addr_flush(c, port);
	if (ret == 0)
		ret = routes_ready(c);
	return ret == 0 ? 0 : -EAGAIN;
}

/* --- rows --- */

static bool
linklocal_row(const struct ctl_port *p, struct control_addr_row *row)
{
	const struct nd_addr *a;

	if (p == NULL || p->ip->nd == NULL || dp_ip_is_zero(&p->ip->nd->linklocal))
		return false;
	a = nd_addr_find(p, &p->ip->nd->linklocal);
	*row = (struct control_addr_row){
		.ip = p->ip->nd->linklocal,
		.port = p->id,
		.len = 64,
		.state = (uint8_t)(a == NULL ? CONTROL_ADDR_TENTATIVE : a->state),
	};
	return true;
}

/* Those that ports made themselves come last. */
uint32_t
control_addr_rows(struct control *c, uint32_t offset, struct control_addr_row *rows, uint32_t max,
		uint32_t *total)
{
	const struct ctl_routes *t = &c->ip->routes;
	uint32_t n = offset < t->nb_addrs ? RTE_MIN(max, t->nb_addrs - offset) : 0;
	struct control_addr_row row;
	uint16_t i;

	*total = t->nb_addrs;
	if (n > 0)
		memcpy(rows, &t->addrs[offset], n * sizeof(*rows));
	for (i = 0; i < DP_PORTS_MAX; i++) {
		if (!linklocal_row(c->ports[i], &row))
			continue;
		if (*total >= offset && n < max)
			rows[n++] = row;
		(*total)++;
	}
	return n;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Our own addresses and the routes that come with them. */

#include <errno.h>
#include <stdlib.h>

#include "control_priv.h"

#define ADDRS_MAX 4096

/* Both ends of a /31 are hosts (RFC 3021). */
static bool
has_broadcast(uint8_t len)
{
	return len <= 30;
}

static bool
host_ok(uint32_t ip, uint8_t len)
{
	uint32_t top = ip >> 24;

	if (len == 0 || len > 32 || top == 0 || top == 127 || top >= 224)
		return false;
	return !has_broadcast(len) ||
			((ip & ~ctl_mask(len)) != 0 && (ip | ctl_mask(len)) != UINT32_MAX);
}

static bool
in_subnet(const struct control_addr_row *a, uint32_t ip)
{
	return ((ip ^ a->ip) & ctl_mask(a->len)) == 0;
}

static int
addr_index(const struct control *c, uint32_t ip)
{
	uint32_t i;

	for (i = 0; i < c->routes.nb_addrs; i++) {
		if (c->routes.addrs[i].ip == ip)
			return (int)i;
	}
	return -1;
}

bool
addr_is_own(const struct control *c, uint16_t port, const struct dp_ip *ip)
{
	int i = dp_ip_is4(ip) ? addr_index(c, dp_ip_get4(ip)) : -1;

	return i >= 0 && c->routes.addrs[i].port == port;
}

bool
addr_is_own_any(const struct control *c, const struct dp_ip *ip)
{
	return dp_ip_is4(ip) && addr_index(c, dp_ip_get4(ip)) >= 0;
}

static bool
is_neighbour(const struct control_addr_row *a, uint32_t ip)
{
	return in_subnet(a, ip) && host_ok(ip, a->len) && ip != a->ip && a->len < 32;
}

bool
addr_on_link(const struct control *c, uint16_t port, const struct dp_ip *addr)
{
	uint32_t i, ip = dp_ip_get4(addr);

	if (!dp_ip_is4(addr))
		return false;

	for (i = 0; i < c->routes.nb_addrs; i++) {
		const struct control_addr_row *a = &c->routes.addrs[i];

		if (a->port == port && is_neighbour(a, ip))
			return !addr_is_own_any(c, addr);
	}
	return false;
}

int
addr_link_port(const struct control *c, const struct dp_ip *addr)
{
	const struct control_addr_row *best = NULL;
	uint32_t i, ip = dp_ip_get4(addr);

	if (!dp_ip_is4(addr) || addr_is_own_any(c, addr))
		return -1;
	for (i = 0; i < c->routes.nb_addrs; i++) {
		const struct control_addr_row *a = &c->routes.addrs[i];

		if (is_neighbour(a, ip) && (best == NULL || a->len > best->len))
			best = a;
	}
	return best == NULL ? -1 : best->port;
}

bool
addr_source(const struct control *c, uint16_t port, const struct dp_ip *to, struct dp_ip *src)
{
	uint32_t i, first = 0, ip = dp_ip_get4(to);

	if (!dp_ip_is4(to))
		return false;

	for (i = 0; i < c->routes.nb_addrs; i++) {
		const struct control_addr_row *a = &c->routes.addrs[i];

		if (a->port != port)
			continue;
		if (in_subnet(a, ip)) {
			*src = dp_ip4(a->ip);
			return true;
		}
		if (first == 0)
			first = a->ip;
	}
	*src = dp_ip4(first);
	return first != 0;
}

/* One of the routes of an address. */
struct addr_route {
	uint32_t prefix;
	uint8_t len;
	uint8_t type;
};

/*
 * The order matters: what is added last is what could make a table of the FIB superfluous, and
 * what is removed last frees it, so that no such table is freed and taken again within one change.
 */
static uint32_t
addr_routes(uint32_t ip, uint8_t len, struct addr_route *r)
{
	uint32_t mask = ctl_mask(len), n = 0;

	if (has_broadcast(len)) {
		r[n++] = (struct addr_route){ ip & mask, 32, DP_NH_BROADCAST };
		r[n++] = (struct addr_route){ ip | ~mask, 32, DP_NH_BROADCAST };
	}
	r[n++] = (struct addr_route){ ip, 32, DP_NH_LOCAL };
	if (len < 32)
		r[n++] = (struct addr_route){ ip & mask, len, DP_NH_LINK };
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

int
control_addr_add(struct control *c, uint16_t port, uint32_t ip, uint8_t len)
{
	struct ctl_port *p = ctl_port(c, port);
	struct addr_route r[4];
	uint32_t i, n;
	int ret;

	if (p == NULL)
		return -ENODEV;
	if (!host_ok(ip, len))
		return -EINVAL;
	if (addr_index(c, ip) >= 0)
		return -EEXIST;
	ret = routes_ready(c);
	if (ret == 0)
		ret = addr_grow(&c->routes);
	if (ret != 0)
		return ret;
	n = addr_routes(ip, len, r);
	for (i = 0; i < n; i++) {
		ret = route_insert(c, r[i].prefix, r[i].len, r[i].type, port, 0);
		if (ret != 0)
			goto undo;
	}
	fib_publish(c);
	c->routes.addrs[c->routes.nb_addrs++] =
			(struct control_addr_row){ .port = port, .ip = ip, .len = len };
	arp_announce(p);
	return 0;
undo:
	while (i-- > 0)
		route_remove(c, r[i].prefix, r[i].len, r[i].type, port, 0);
	fib_publish(c);
	return ret;
}

int
control_addr_del(struct control *c, uint16_t port, uint32_t ip, uint8_t len)
{
	int ret, at = addr_index(c, ip);
	struct ctl_routes *t = &c->routes;
	struct control_addr_row gone;
	struct addr_route r[4];
	uint32_t i;

	if (at < 0 || t->addrs[at].port != port || t->addrs[at].len != len)
		return -ENOENT;
	ret = routes_ready(c);
	if (ret != 0)
		return ret;
	gone = t->addrs[at];
	t->nb_addrs--;
	memmove(&t->addrs[at], &t->addrs[at + 1], (t->nb_addrs - (uint32_t)at) * sizeof(*t->addrs));
	for (i = addr_routes(ip, len, r); i-- > 0;)
		route_remove(c, r[i].prefix, r[i].len, r[i].type, port, 0);
	routes_recheck(c, &gone);
	fib_publish(c);
	return 0;
}

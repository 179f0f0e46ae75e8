/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* May these ports become a bond? Says what is in the way. */

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "bond.h"

static int __rte_format_printf(3, 4)
		refuse(struct control_bond_cfg *cfg, int error, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cfg->why, sizeof(cfg->why), fmt, ap);
	va_end(ap);
	return error;
}

static int
check_name(struct control *c, struct control_bond_cfg *cfg)
{
	size_t i, len = strnlen(cfg->name, sizeof(cfg->name));

	for (i = 0; i < len && isalnum((unsigned char)cfg->name[i]); i++)
		;
	if (len == 0 || len == sizeof(cfg->name) || i != len ||
			!isalpha((unsigned char)cfg->name[0]))
		return refuse(cfg, -EINVAL,
				"a bond's name is a letter and up to %zu letters and digits more",
				sizeof(cfg->name) - 2);
	if (control_bond_find(c, cfg->name) >= 0)
		return refuse(cfg, -EEXIST, "there is a bond %s already ('ipoib bond show')",
				cfg->name);
	return 0;
}

static bool
has_address(const struct control *c, uint16_t port)
{
	uint32_t i;

	for (i = 0; i < c->ip->routes.nb_addrs; i++) {
		if (c->ip->routes.addrs[i].port == port)
			return true;
	}
	return false;
}

static bool
has_route(const struct control *c, uint16_t port)
{
	uint32_t i;

	for (i = 0; i < c->ip->routes.nb; i++) {
		if (c->ip->routes.tab[i].port == port)
			return true;
	}
	return false;
}

static bool
is_bound(const struct control *c, uint16_t port)
{
	uint16_t i;

	if (atomic_load(&c->dp->port[port].bind) != DP_PORT_NIL)
		return true;
	for (i = 0; i < DP_PORTS_MAX; i++) {
		if (c->ports[i] != NULL && atomic_load(&c->dp->port[i].bind) == port)
			return true;
	}
	return false;
}

/* A member is but a part of the bond: what it has of its own would be lost without a word. */
static int
check_member(struct control *c, struct control_bond_cfg *cfg, uint16_t port)
{
	const struct ctl_port *p = ctl_port(c, port);

	if (p == NULL)
		return refuse(cfg, -ENODEV, "there is no port %u", port);
	if (p->hca == NULL)
		return refuse(cfg, -ENODEV, "port %u is no IPoIB port with an HCA of its own",
				port);
	if (p->ip->bond != NULL)
		return refuse(cfg, -EBUSY, "port %u belongs to %s already", port,
				p->ip->bond->name);
	if (has_address(c, port))
		return refuse(cfg, -EADDRINUSE,
				"port %u has addresses, which belong on the bond: 'ip address flush port %u' first",
				port, port);
	if (has_route(c, port))
		return refuse(cfg, -EADDRINUSE, "routes lead by port %u: delete them first", port);
	if (p->ip->flags != 0)
		return refuse(cfg, -EADDRINUSE,
				"'ip set' of port %u is for the bond: switch it off here first",
				port);
	if (is_bound(c, port))
		return refuse(cfg, -EADDRINUSE, "port %u is bound to another one", port);
	return 0;
}

/* To each other. */
static int
check_pair(struct control *c, struct control_bond_cfg *cfg, uint16_t one, uint16_t two)
{
	const struct ctl_port *p = c->ports[one], *q = c->ports[two];

	if (p == q)
		return refuse(cfg, -EINVAL, "port %u is named twice", one);
	if (p->hca == q->hca)
		return refuse(cfg, -EINVAL,
				"ports %u and %u are on the same HCA port: one cannot stand in for the other",
				one, two);
	if (((p->info.pkey ^ q->info.pkey) & ~IB_PKEY_FULL) != 0)
		return refuse(cfg, -EXDEV,
				"ports %u and %u are in different partitions, P_Keys 0x%04x and 0x%04x",
				one, two, p->info.pkey, q->info.pkey);
	return 0;
}

int
control_bond_check(struct control *c, struct control_bond_cfg *cfg)
{
	bool primary = cfg->primary == DP_PORT_NIL;
	uint32_t i, k;
	int ret;

	ret = check_name(c, cfg);
	if (ret == 0 && (cfg->nb < 2 || cfg->nb > CONTROL_BOND_PORTS))
		ret = refuse(cfg, -EINVAL, "a bond has 2 to %u ports", CONTROL_BOND_PORTS);
	for (i = 0; ret == 0 && i < cfg->nb; i++) {
		ret = check_member(c, cfg, cfg->member[i]);
		for (k = 0; ret == 0 && k < i; k++)
			ret = check_pair(c, cfg, cfg->member[k], cfg->member[i]);
		primary = primary || cfg->primary == cfg->member[i];
	}
	if (ret == 0 && !primary)
		ret = refuse(cfg, -EINVAL, "the primary is to be one of the bond's ports");
	return ret;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <string.h>

#include "cli.h"
#include "commands.h"
#include "parse.h"

/* Requests of a flush: each takes some away. */
#define FLUSH_TURNS 65536

/* A change of addresses, on its way to control. */
struct change {
	uint16_t port;
	struct cli_prefix address;
};

/* A change of routes. */
struct route_change {
	struct control_route route;
	bool any_via;
};

static int
addr_add_fn(struct control *c, void *arg)
{
	const struct change *ch = arg;

	return control_addr_add(c, ch->port, &ch->address.ip, ch->address.len);
}

static int
addr_del_fn(struct control *c, void *arg)
{
	const struct change *ch = arg;

	return control_addr_del(c, ch->port, &ch->address.ip, ch->address.len);
}

static int
address_change(struct cli *cli, control_fn fn, uint16_t port, const struct cli_prefix *address,
		const struct cli_error *errors)
{
	struct change ch = { .port = port, .address = *address };
	char buf[PARSE_PREFIX_STRLEN];
	int ret;

	ret = cli_check_port(cli, port);
	if (ret != 0)
		return ret;
	ret = app_ask(cli->a, fn, &ch, sizeof(ch), APP_ASK_MS);
	return cli_result(cli, ret, format_prefix(address->ip.b, address->len, buf), errors);
}

int
cmd_ip_address_add(struct cli *cli, const struct cmd_ip_address_add *args)
{
	static const struct cli_error errors[] = {
		{ EEXIST, "the address is there already" },
		{ EINVAL,
				"no host can have this address: not 0.0.0.0/8, loopback, multicast, "
				"240.0.0.0/4, IPv6 link-local (every port has its own), or the first "
				"or last of a subnet; length not 0" },
		{ ENODEV, "not a forwarding port" },
		{ ENOSPC, "no room for more addresses or routes" },
		{ EAFNOSUPPORT, "there is no IPv6" },
		{ 0 },
	};

	return address_change(cli, addr_add_fn, args->port, &args->address, errors);
}

int
cmd_ip_address_del(struct cli *cli, const struct cmd_ip_address_del *args)
{
	static const struct cli_error errors[] = {
		{ ENOENT, "that port does not have this address ('ip address show')" },
		{ 0 },
	};

	return address_change(cli, addr_del_fn, args->port, &args->address, errors);
}

static int
route_add_fn(struct control *c, void *arg)
{
	return control_route_add(c, &((const struct route_change *)arg)->route);
}

static int
route_del_fn(struct control *c, void *arg)
{
	const struct route_change *ch = arg;

	return control_route_del(
			c, &ch->route.prefix, ch->route.len, ch->any_via ? NULL : &ch->route.via);
}

static int
route_change(struct cli *cli, control_fn fn, struct route_change *ch,
		const struct cli_error *errors)
{
	char buf[PARSE_PREFIX_STRLEN];
	int ret;

	ret = app_ask(cli->a, fn, ch, sizeof(*ch), APP_ASK_MS);
	return cli_result(cli, ret, format_prefix(ch->route.prefix.b, ch->route.len, buf), errors);
}

static int
route_add(struct cli *cli, const struct control_route *route)
{
	static const struct cli_error errors[] = {
		{ EEXIST,
				"there is a route for this prefix already "
				"('ip route append' adds another gateway)" },
		{ EINVAL, "bits behind the prefix length are set" },
		{ EADDRNOTAVAIL, "multicast, link-local and loopback addresses are not routed" },
		{ ENETUNREACH, "the gateway is on no link of ours: 'ip address add' first" },
		{ EDESTADDRREQ, "a link-local gateway needs its port: 'via ADDR port P'" },
		{ EMLINK, "it has as many gateways as a route can have, 8" },
		{ ENOSPC, "no room for more routes" },
		{ EAFNOSUPPORT, "there is no IPv6" },
		{ 0 },
	};
	struct route_change ch = { .route = *route };

	return route_change(cli, route_add_fn, &ch, errors);
}

/* By a gateway; port NIL: not said. */
static int
route_add_via(struct cli *cli, const struct cli_prefix *prefix, const struct dp_ip *via,
		uint16_t port, bool append)
{
	const struct control_route route = {
		.prefix = prefix->ip,
		.len = prefix->len,
		.type = DP_NH_VIA,
		.via = *via,
		.port = port,
		.append = append,
	};
	char buf[PARSE_PREFIX_STRLEN];
	int ret = 0;

	if (port != DP_PORT_NIL)
		ret = cli_check_port(cli, port);
	if (ret != 0)
		return ret;
	if (dp_ip_is4(via) != dp_ip_is4(&prefix->ip))
		return cli_fail(cli, "%s: the gateway is not of this family",
				format_prefix(prefix->ip.b, prefix->len, buf));
	return route_add(cli, &route);
}

int
cmd_ip_route_add(struct cli *cli, const struct cmd_ip_route_add *args)
{
	return route_add_via(cli, &args->prefix, &args->gateway, DP_PORT_NIL, false);
}

int
cmd_ip_route_add_via_port(struct cli *cli, const struct cmd_ip_route_add_via_port *args)
{
	return route_add_via(cli, &args->prefix, &args->gateway, args->port, false);
}

int
cmd_ip_route_append(struct cli *cli, const struct cmd_ip_route_append *args)
{
	return route_add_via(cli, &args->prefix, &args->gateway, DP_PORT_NIL, true);
}

int
cmd_ip_route_append_via_port(struct cli *cli, const struct cmd_ip_route_append_via_port *args)
{
	return route_add_via(cli, &args->prefix, &args->gateway, args->port, true);
}

int
cmd_ip_route_add_type(struct cli *cli, const struct cmd_ip_route_add_type *args)
{
	struct control_route route = {
		.prefix = args->prefix.ip,
		.len = args->prefix.len,
		.port = DP_PORT_NIL,
		.type = DP_NH_UNREACHABLE,
	};

	if (strcmp(args->type, "blackhole") == 0)
		route.type = DP_NH_BLACKHOLE;
	else if (strcmp(args->type, "prohibit") == 0)
		route.type = DP_NH_PROHIBIT;
	return route_add(cli, &route);
}

static int
route_del(struct cli *cli, const struct cli_prefix *prefix, const struct dp_ip *via)
{
	static const struct cli_error errors[] = {
		{ ENOENT, "there is no static route for this prefix ('ip route show')" },
		{ 0 },
	};
	static const struct cli_error errors_via[] = {
		{ ENOENT, "there is no static route by this gateway ('ip route show')" },
		{ 0 },
	};
	struct route_change ch = {
		.route = { .prefix = prefix->ip, .len = prefix->len },
		.any_via = via == NULL,
	};

	if (via != NULL)
		ch.route.via = *via;
	return route_change(cli, route_del_fn, &ch, via == NULL ? errors : errors_via);
}

int
cmd_ip_route_del(struct cli *cli, const struct cmd_ip_route_del *args)
{
	return route_del(cli, &args->prefix, NULL);
}

int
cmd_ip_route_del_via(struct cli *cli, const struct cmd_ip_route_del_via *args)
{
	return route_del(cli, &args->prefix, &args->gateway);
}

/* --- flushes --- */

static int
neigh_flush_fn(struct control *c, void *arg)
{
	return control_ip_neigh_flush(c, *(const uint16_t *)arg);
}

static int
route_flush_fn(struct control *c, void *arg)
{
	return control_route_flush(c, *(const uint16_t *)arg);
}

static int
addr_flush_fn(struct control *c, void *arg)
{
	return control_addr_flush(c, *(const uint16_t *)arg);
}

static int
flush(struct cli *cli, control_fn fn, uint16_t port, const char *what)
{
	int ret = app_ask(cli->a, fn, &port, sizeof(port), APP_ASK_MS);

	if (ret >= 0)
		fprintf(cli->out, "%d forgotten\n", ret);
	return cli_result(cli, ret, what, NULL);
}

/* What goes bit by bit: until nothing is left. */
static int
flush_all(struct cli *cli, control_fn fn, uint16_t port, const char *what)
{
	uint32_t turns;
	int ret, n = 0;

	for (turns = 0; turns < FLUSH_TURNS; turns++) {
		ret = app_ask(cli->a, fn, &port, sizeof(port), APP_ASK_MS);
		if (ret <= 0)
			break;
		n += ret;
	}
	fprintf(cli->out, "%d deleted\n", n);
	return cli_result(cli, ret, what, NULL);
}

int
cmd_ip_address_flush_port(struct cli *cli, const struct cmd_ip_address_flush_port *args)
{
	int ret = cli_check_port(cli, args->port);

	return ret != 0 ? ret : flush_all(cli, addr_flush_fn, args->port, "ip address flush");
}

int
cmd_ip_route_flush(struct cli *cli, const struct cmd_ip_route_flush *args __rte_unused)
{
	return flush_all(cli, route_flush_fn, UINT16_MAX, "ip route flush");
}

int
cmd_ip_neigh_flush(struct cli *cli, const struct cmd_ip_neigh_flush *args __rte_unused)
{
	return flush(cli, neigh_flush_fn, UINT16_MAX, "ip neigh flush");
}

int
cmd_ip_neigh_flush_port(struct cli *cli, const struct cmd_ip_neigh_flush_port *args)
{
	int ret = cli_check_port(cli, args->port);

	return ret != 0 ? ret : flush(cli, neigh_flush_fn, args->port, "ip neigh flush");
}

/* --- rows --- */

struct route_get {
	struct dp_ip ip;
	struct control_route_row row[DP_ECMP_MAX];
	uint32_t nb, total;
};

static int
route_get_fn(struct control *c, void *arg)
{
	struct route_get *g = arg;

	g->nb = control_route_get(c, &g->ip, g->row, DP_ECMP_MAX, &g->total);
	return 0;
}

int
cmd_ip_route_get(struct cli *cli, const struct cmd_ip_route_get *args)
{
	const struct rows_view view = { .out = cli->out, .json = cli->json };
	struct route_get g = { .ip = args->address };
	char buf[PARSE_IP_STRLEN];
	int ret;

	format_ip(g.ip.b, buf);
	if (dp_ip_is_linklocal6(&g.ip) || dp_ip_is_mcast(&g.ip))
		return cli_fail(cli, "%s: multicast and link-local addresses are not routed", buf);
	ret = app_ask(cli->a, route_get_fn, &g, sizeof(g), APP_ASK_MS);
	if (ret != 0)
		return cli_result(cli, ret, buf, NULL);
	return cli_result(cli, rows_print(&rows_route, g.row, g.nb, &view), buf, NULL);
}

/* What a show is limited to. */
struct select {
	bool by_net, by_port, by_state, fixed;
	struct cli_prefix net;
	uint16_t port;
	uint8_t state;
	enum { ROUTE_EXACT, ROUTE_ROOT, ROUTE_MATCH } how;
};

static bool
in_net(const struct select *sel, const struct dp_ip *ip)
{
	return !sel->by_net || cli_prefix_has(&sel->net, ip);
}

static bool
keep_address(const void *row, const void *arg)
{
	const struct control_addr_row *r = row;
	const struct select *sel = arg;

	return (!sel->by_port || r->port == sel->port) && in_net(sel, &r->ip);
}

static bool
keep_neigh(const void *row, const void *arg)
{
	const struct control_ip_neigh_row *r = row;
	const struct select *sel = arg;

	if (sel->by_state && (r->fixed != sel->fixed || (!r->fixed && r->state != sel->state)))
		return false;
	return (!sel->by_port || r->port == sel->port) && in_net(sel, &r->ip);
}

static bool
keep_route(const void *row, const void *arg)
{
	const struct control_route_row *r = row;
	const struct cli_prefix prefix = { .ip = r->prefix, .len = r->len };
	const struct select *sel = arg;

	if (sel->by_port && r->port != sel->port)
		return false;
	if (!sel->by_net)
		return true;
	if (sel->how == ROUTE_ROOT)
		return r->len >= sel->net.len && cli_prefix_has(&sel->net, &r->prefix);
	if (sel->how == ROUTE_MATCH)
		return r->len <= sel->net.len && cli_prefix_has(&prefix, &sel->net.ip);
	return r->len == sel->net.len && cli_prefix_has(&sel->net, &r->prefix);
}

static int
show(struct cli *cli, const struct row_kind *kind, const struct select *sel,
		bool (*keep)(const void *row, const void *arg), const char *what)
{
	const struct rows_view view = { .keep = keep, .arg = sel };
	int ret = sel->by_port ? cli_check_port(cli, sel->port) : 0;

	return ret != 0 ? ret : cli_show_view(cli, kind, 0, &view, what);
}

int
cmd_ip_address_show(struct cli *cli, const struct cmd_ip_address_show *args)
{
	const struct select sel = { .by_port = args->has_port,
		.port = args->port,
		.by_net = args->has_net,
		.net = args->net };

	return show(cli, &rows_address, &sel, keep_address, "ip address show");
}

int
cmd_ip_route_show(struct cli *cli, const struct cmd_ip_route_show *args)
{
	const struct select sel = { .by_port = args->has_port,
		.port = args->port,
		.by_net = args->has_net,
		.net = args->net };

	return show(cli, &rows_route, &sel, keep_route, "ip route show");
}

int
cmd_ip_route_show_how(struct cli *cli, const struct cmd_ip_route_show_how *args)
{
	const struct select sel = { .by_net = true,
		.net = args->net,
		.how = strcmp(args->how, "root") == 0 ? ROUTE_ROOT : ROUTE_MATCH };

	return show(cli, &rows_route, &sel, keep_route, "ip route show");
}

int
cmd_ip_neigh_show(struct cli *cli, const struct cmd_ip_neigh_show *args)
{
	struct select sel = { .by_port = args->has_port,
		.port = args->port,
		.by_net = args->has_net,
		.net = args->net,
		.by_state = args->has_state,
		.fixed = args->has_state && strcmp(args->state, "permanent") == 0 };

	while (sel.by_state && !sel.fixed &&
			strcmp(args->state, ipoib_neigh_state_name(sel.state)) != 0)
		sel.state++;
	return show(cli, &rows_ip_neigh, &sel, keep_neigh, "ip neigh show");
}

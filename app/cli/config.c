/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * The running configuration as the commands that make it. Ports that commands made get the numbers
 * that they will have when the commands are run in a new program: there are no gaps then.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "config.h"
#include "control_filter.h"
#include "parse.h"

/* What the main thread knows. */
struct config_main {
	uint64_t plugged, stopped, promisc, allmulti; /* ports, bit masks */
	uint16_t nb_fwd, fwd[DP_PORTS_MAX];	      /* none: no command said so */
	struct {
		uint16_t rx, tx;
	} queues[RTE_MAX_ETHPORTS];
};

struct config {
	struct cli *cli;
	FILE *out;
	struct config_main m;
	uint16_t nb_ports, port[DP_PORTS_MAX];
	uint16_t map[DP_PORTS_MAX]; /* number of then by the number of now */
	char bond[CONTROL_BOND_NAME];
	uint16_t primary;
};

/* rows_get() until there are no more. @return 0 or -errno */
static int
each_row(struct config *k, const struct row_kind *kind, uint16_t port,
		void (*fn)(struct config *k, const void *row))
{
	struct rows rows = { .nb = 0 };
	uint32_t offset = 0, i;
	int ret;

	do {
		ret = rows_get(k->cli->a, kind, port, offset, ROWS_MAX, APP_ASK_MS, &rows);
		for (i = 0; ret == 0 && i < rows.nb; i++)
			fn(k, rows.row + i * kind->size);
		offset += rows.nb;
	} while (ret == 0 && rows.nb != 0 && offset < rows.total);
	return ret;
}

static bool
is_ipoib(const struct config *k, uint16_t port)
{
	return k->cli->a->dp->port[port].kind == DP_PORT_IPOIB;
}

static bool
is_member(const struct config *k, uint16_t port)
{
	return atomic_load(&k->cli->a->dp->port[port].master) != DP_PORT_NIL;
}

/* --- ports --- */

static int
config_main_fn(struct app *a, void *arg)
{
	struct config_main *m = arg;
	uint16_t i;

	m->plugged = a->plugged;
	m->stopped = a->stopped;
	m->promisc = a->promisc_set;
	m->allmulti = a->allmulti_set;
	m->nb_fwd = a->ports_set ? a->dp->nb_fwd : 0;
	memcpy(m->fwd, a->dp->fwd_id, m->nb_fwd * sizeof(m->fwd[0]));
	for (i = 0; i < RTE_MAX_ETHPORTS; i++) {
		m->queues[i].rx = a->queues[i].rx;
		m->queues[i].tx = a->queues[i].tx;
	}
	return 0;
}

static bool
is_plugged(const struct config *k, uint16_t port)
{
	return (k->m.plugged & RTE_BIT64(port)) != 0;
}

/* Ethdevs that were there from the start keep their numbers; the others follow without gaps. */
static void
map_ports(struct config *k)
{
	uint16_t i, next = 0, logical = DP_PORT_LOGICAL;

	k->nb_ports = app_ports(k->cli->a, k->port);
	for (i = 0; i < k->nb_ports; i++) {
		if (!is_plugged(k, k->port[i]) && k->port[i] < DP_PORT_LOGICAL)
			k->map[k->port[i]] = k->port[i];
	}
	/* Carriers have numbers, too. */
	for (i = 0; i < DP_PORT_LOGICAL; i++) {
		if (rte_eth_dev_is_valid_port(i) && !is_plugged(k, i))
			next = (uint16_t)(i + 1);
	}
	for (i = 0; i < k->nb_ports; i++) {
		if (k->port[i] >= DP_PORT_LOGICAL)
			k->map[k->port[i]] = logical++;
		else if (is_plugged(k, k->port[i]))
			k->map[k->port[i]] = next++;
	}
}

static void
write_partition(struct config *k, uint16_t port)
{
	struct pmd_ipoib_info of, info;
	uint16_t i;

	if (pmd_ipoib_info_get(port, &of) != 0)
		return;
	for (i = 0; i < k->nb_ports; i++) {
		if (k->port[i] != port && !is_plugged(k, k->port[i]) &&
				pmd_ipoib_info_get(k->port[i], &info) == 0 &&
				info.hca_port == of.hca_port && strcmp(info.device, of.device) == 0)
			break;
	}
	if (i < k->nb_ports)
		fprintf(k->out, "ipoib pkey add %u 0x%04x\n", k->map[k->port[i]], of.pkey);
	else
		fprintf(k->out, "# port %u: its device %s is not of the command line\n", port,
				of.device);
}

static void
write_bond_member(struct config *k, const void *row)
{
	const struct control_bond_row *r = row;

	if (k->bond[0] == '\0')
		fprintf(k->out, "ipoib bond add %s ports %u", r->name, k->map[r->port]);
	else
		fprintf(k->out, ",%u", k->map[r->port]);
	snprintf(k->bond, sizeof(k->bond), "%s", r->name);
	if (r->primary)
		k->primary = k->map[r->port];
}

static int
bond_rows(struct config *k, uint16_t port)
{
	int ret;

	k->bond[0] = '\0';
	k->primary = DP_PORT_NIL;
	ret = each_row(k, &rows_bond_of, port, write_bond_member);
	if (ret == 0 && k->bond[0] != '\0' && k->primary != DP_PORT_NIL)
		fprintf(k->out, " primary %u", k->primary);
	if (ret == 0 && k->bond[0] != '\0')
		fputc('\n', k->out);
	return ret;
}

/* A sub-port's parent is one that was written before it: an ethdev. */
static int
write_logical(struct config *k, uint16_t port)
{
	const struct dp_port *p = &k->cli->a->dp->port[port];

	if (p->vlan == 0)
		return bond_rows(k, port);
	fprintf(k->out, "ip vlan add %u port %u\n", p->vlan, k->map[atomic_load(&p->tx)]);
	return 0;
}

static int
write_ports(struct config *k)
{
	uint16_t i;
	int ret = 0;

	for (i = 0; ret == 0 && i < k->nb_ports; i++) {
		if (is_plugged(k, k->port[i]))
			write_partition(k, k->port[i]);
		else if (k->port[i] >= DP_PORT_LOGICAL)
			ret = write_logical(k, k->port[i]);
	}
	return ret;
}

static void
write_queues(struct config *k)
{
	uint16_t i, port;

	for (i = 0; i < k->nb_ports && k->port[i] < DP_PORT_LOGICAL; i++) {
		port = k->port[i];
		if (k->m.queues[port].rx == 0 && k->m.queues[port].tx == 0)
			continue;
		fprintf(k->out, "port stop %u\n", k->map[port]);
		if (k->m.queues[port].rx != 0)
			fprintf(k->out, "port config %u rxq %u\n", k->map[port],
					k->m.queues[port].rx);
		if (k->m.queues[port].tx != 0)
			fprintf(k->out, "port config %u txq %u\n", k->map[port],
					k->m.queues[port].tx);
		fprintf(k->out, "port start %u\n", k->map[port]);
	}
}

/* --- what control has --- */

static void
write_address(struct config *k, const void *row)
{
	const struct control_addr_row *r = row;
	char buf[PARSE_PREFIX_STRLEN];

	/* Link-local ones come by themselves. */
	if (!dp_ip_is_linklocal6(&r->ip))
		fprintf(k->out, "ip address add %s port %u\n", format_prefix(r->ip.b, r->len, buf),
				k->map[r->port]);
}

static void
write_flags(struct config *k, const void *row)
{
	const struct control_flags_row *r = row;
	uint32_t flag;

	if (r->mtu != 0)
		fprintf(k->out, "port config mtu %u %u\n", k->map[r->port], r->mtu);
	for (flag = 0; flag < CONTROL_FLAG_MAX; flag++) {
		if ((r->flags & RTE_BIT32(flag)) != 0 && !(flag == CONTROL_MCAST && r->by_upstream))
			fprintf(k->out, "ip set %s on port %u\n", control_flag_name[flag],
					k->map[r->port]);
	}
}

static void
write_upstream(struct config *k, const void *row)
{
	const struct control_mcast_port_row *r = row;

	if (r->upstream)
		fprintf(k->out, "ip multicast upstream port %u\n", k->map[r->port]);
}

static void
write_group(struct config *k, const void *row)
{
	const struct control_member_row *r = row;
	char buf[PARSE_IP_STRLEN];

	if (r->fixed)
		fprintf(k->out, "ip multicast join %s port %u\n", format_ip(r->group.b, buf),
				k->map[r->port]);
}

static void
write_bind(struct config *k, const void *row)
{
	const struct control_port_row *r = row;

	fprintf(k->out, "ip bind add port %u to %u\n", k->map[r->port], k->map[r->bind]);
}

static void
write_dhcp(struct config *k, const void *row)
{
	const struct control_dhcp_row *r = row;
	char buf[PARSE_IP_STRLEN];

	fprintf(k->out, "ip dhcp-relay add %s port %u\n", format_ip(r->server.b, buf),
			k->map[r->port]);
}

static void
write_route(struct config *k, const void *row)
{
	static const char *const refuses[] = {
		[DP_NH_BLACKHOLE] = "blackhole",
		[DP_NH_UNREACHABLE] = "unreachable",
		[DP_NH_PROHIBIT] = "prohibit",
	};
	const struct control_route_row *r = row;
	char prefix[PARSE_PREFIX_STRLEN], via[PARSE_IP_STRLEN];

	format_prefix(r->prefix.b, r->len, prefix);
	/* The first of several may be added so, too. */
	if (r->type == DP_NH_VIA)
		fprintf(k->out, "ip route append %s via %s port %u\n", prefix,
				format_ip(r->via.b, via), k->map[r->port]);
	else if (r->type < RTE_DIM(refuses) && refuses[r->type] != NULL)
		fprintf(k->out, "ip route add %s %s\n", refuses[r->type], prefix);
}

static void
write_neigh(struct config *k, const void *row)
{
	const struct control_ip_neigh_row *r = row;
	char ip[PARSE_IP_STRLEN], lladdr[IPOIB_ADDR_STRLEN];

	if (!r->fixed)
		return;
	if (r->is_ipoib)
		ipoib_addr_format(&r->lladdr, lladdr, sizeof(lladdr));
	else
		snprintf(lladdr, sizeof(lladdr), "%02x:%02x:%02x:%02x:%02x:%02x",
				RTE_ETHER_ADDR_BYTES(&r->mac));
	fprintf(k->out, "ip neigh add %s lladdr %s port %u\n", format_ip(r->ip.b, ip), lladdr,
			k->map[r->port]);
}

static void
write_path(struct config *k, const void *row)
{
	const struct control_path_row *r = row;
	char gid[IB_GID_STRLEN];

	if (r->fixed)
		fprintf(k->out, "ipoib path add %u %s dlid %u sl %u mtu %u hops %u\n",
				k->map[r->port], ib_gid_format(&r->dgid, gid, sizeof(gid)), r->dlid,
				r->sl, r->mtu, r->hop_limit);
}

static void
write_ports_of(struct config *k, const char *word, const uint16_t range[2])
{
	if (range[0] == 0 && range[1] == UINT16_MAX)
		return;
	fprintf(k->out, " %s %u", word, range[0]);
	if (range[1] != range[0])
		fprintf(k->out, "-%u", range[1]);
}

static void
write_nets(struct config *k, const char *word, const struct dp_ip *ip, uint8_t bits)
{
	char buf[PARSE_PREFIX_STRLEN];

	fprintf(k->out, " %s %s", word,
			bits == 0 ? "any"
				  : format_prefix(ip->b, (uint8_t)(bits - (dp_ip_is4(ip) ? 96 : 0)),
						    buf));
}

static void
write_rule(struct config *k, const void *row)
{
	const struct control_filter_rule *r = row;

	fprintf(k->out, "ip filter add %u port %u %s %s", r->number, k->map[r->port],
			r->way == DP_FILTER_IN ? "in" : "out", r->permit ? "permit" : "deny");
	write_nets(k, "from", &r->src, r->src_bits);
	write_nets(k, "to", &r->dst, r->dst_bits);
	if (r->proto != CONTROL_FILTER_PROTO_ANY)
		fprintf(k->out, " proto %u", r->proto);
	write_ports_of(k, "sport", r->sport);
	write_ports_of(k, "dport", r->dport);
	fputc('\n', k->out);
}

static uint16_t class_port;

static void
write_class(struct config *k, const void *row)
{
	const struct control_class_row *r = row;
	uint16_t first, last;

	if (r->class == 0)
		return;
	if (r->by != CONTROL_CLASS_DEFAULT)
		fprintf(k->out, "ipoib class path %u %u %s %u\n", k->map[class_port], r->class,
				r->by == CONTROL_CLASS_SL ? "sl" : "qos", r->value);
	for (first = 0; first < 64; first = (uint16_t)(last + 1)) {
		last = first;
		if ((r->dscps & RTE_BIT64(first)) == 0)
			continue;
		while (last < 63 && (r->dscps & RTE_BIT64(last + 1)) != 0)
			last++;
		fprintf(k->out, "ipoib class dscp %u %u %u %u\n", k->map[class_port], first, last,
				r->class);
	}
}

static int
write_ipoib_port(struct config *k, uint16_t port)
{
	int ret = 0;

	if (!is_ipoib(k, port))
		return 0;
	if (port < DP_PORT_LOGICAL)
		ret = each_row(k, &rows_path, port, write_path);
	class_port = port;
	if (ret == 0 && !is_member(k, port))
		ret = each_row(k, &rows_class, port, write_class);
	return ret;
}

static int
write_control(struct config *k)
{
	static const struct {
		const struct row_kind *kind;
		void (*fn)(struct config *k, const void *row);
	} part[] = {
		{ &rows_ip_set, write_flags },
		{ &rows_mcast_port, write_upstream },
		{ &rows_address, write_address },
		{ &rows_member, write_group },
		{ &rows_bind, write_bind },
		{ &rows_dhcp, write_dhcp },
		{ &rows_route, write_route },
		{ &rows_ip_neigh, write_neigh },
		{ &rows_filter, write_rule },
	};
	uint32_t i;
	int ret = 0;

	for (i = 0; ret == 0 && i < RTE_DIM(part); i++)
		ret = each_row(k, part[i].kind, 0, part[i].fn);
	for (i = 0; ret == 0 && i < k->nb_ports; i++)
		ret = write_ipoib_port(k, k->port[i]);
	return ret;
}

/* --- what the command thread has --- */

static void
write_peers(struct config *k)
{
	const struct dp_txgen *g = &k->cli->a->gen;
	char lladdr[IPOIB_ADDR_STRLEN];
	uint16_t i;

	for (i = 0; i < g->nb_peers; i++) {
		if (is_ipoib(k, g->peer_port[i]))
			fprintf(k->out, "set ipoib-peer %u %s\n", k->map[g->peer_port[i]],
					ipoib_addr_format(&g->peer[i].lladdr, lladdr,
							sizeof(lladdr)));
		else
			fprintf(k->out, "set eth-peer %u %02x:%02x:%02x:%02x:%02x:%02x\n",
					k->map[g->peer_port[i]],
					RTE_ETHER_ADDR_BYTES(&g->peer[i].mac));
	}
}

/* In this order engines pair them. */
static void
write_portlist(struct config *k)
{
	uint16_t i;

	for (i = 0; i < k->m.nb_fwd; i++)
		fprintf(k->out, "%s%u", i == 0 ? "set portlist " : ",", k->map[k->m.fwd[i]]);
	if (i != 0)
		fputc('\n', k->out);
}

static void
write_modes(struct config *k)
{
	uint16_t i, port;

	for (i = 0; i < k->nb_ports && k->port[i] < DP_PORT_LOGICAL; i++) {
		port = k->port[i];
		if ((k->m.promisc & RTE_BIT64(port)) != 0)
			fprintf(k->out, "set promisc %u %s\n", k->map[port],
					rte_eth_promiscuous_get(port) == 1 ? "on" : "off");
		if ((k->m.allmulti & RTE_BIT64(port)) != 0)
			fprintf(k->out, "set allmulti %u %s\n", k->map[port],
					rte_eth_allmulticast_get(port) == 1 ? "on" : "off");
	}
}

static void
write_stopped(struct config *k)
{
	uint16_t i;

	for (i = 0; i < k->nb_ports; i++) {
		if ((k->m.stopped & RTE_BIT64(k->port[i])) != 0)
			fprintf(k->out, "port stop %u\n", k->map[k->port[i]]);
	}
}

int
config_write(struct cli *cli, FILE *out)
{
	struct config k = { .cli = cli, .out = out };
	int ret;

	ret = app_request(cli->a, config_main_fn, &k.m);
	if (ret != 0)
		return ret;
	map_ports(&k);
	fputs("# The running configuration of dpdk-ipoib, for --cmdline-file and load.\n", out);
	ret = write_ports(&k);
	if (ret != 0)
		return ret;
	write_queues(&k);
	ret = write_control(&k);
	if (ret != 0)
		return ret;
	write_portlist(&k);
	write_modes(&k);
	config_write_program(cli->a, out);
	write_peers(&k);
	write_stopped(&k);
	return 0;
}

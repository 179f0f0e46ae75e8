/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <string.h>

#include "cli.h"
#include "commands.h"
#include "latency.h"
#include "table.h"

int
cmd_set_txpkts(struct cli *cli, const struct cmd_set_txpkts *args)
{
	if (args->len < APP_TXPKTS_MIN || args->len > APP_TXPKTS_MAX)
		return cli_fail(cli, "length %ju: an IP length from %u to %u is allowed",
				(uintmax_t)args->len, APP_TXPKTS_MIN, APP_TXPKTS_MAX);
	if (cli->a->gen.stamp && args->len < DP_STAMP_PKT_MIN)
		return cli_fail(cli, "length %ju: with tx-stamp at least %u is allowed",
				(uintmax_t)args->len, DP_STAMP_PKT_MIN);
	cli->a->gen.pkt_len = (uint16_t)args->len;
	return 0;
}

int
cmd_set_tx_stamp(struct cli *cli, const struct cmd_set_tx_stamp *args)
{
	bool on = strcmp(args->state, "on") == 0;

	if (on && cli->a->gen.pkt_len < DP_STAMP_PKT_MIN)
		return cli_fail(cli, "packets of %u octets have no room: 'set txpkts %u' or more",
				cli->a->gen.pkt_len, DP_STAMP_PKT_MIN);
	cli->a->gen.stamp = on;
	return 0;
}

int
cmd_set_tx_count(struct cli *cli, const struct cmd_set_tx_count *args)
{
	cli->a->gen.count = args->count;
	return 0;
}

int
cmd_set_tx_ip(struct cli *cli, const struct cmd_set_tx_ip *args)
{
	cli->a->gen.src_ip = args->src;
	cli->a->gen.dst_ip = args->dst;
	return 0;
}

int
cmd_set_tx_udp(struct cli *cli, const struct cmd_set_tx_udp *args)
{
	uint64_t bad = args->src < 1 || args->src > UINT16_MAX ? args->src : args->dst;

	if (bad < 1 || bad > UINT16_MAX)
		return cli_fail(cli, "UDP port %ju: 1 to 65535 is allowed", (uintmax_t)bad);
	cli->a->gen.src_port = (uint16_t)args->src;
	cli->a->gen.dst_port = (uint16_t)args->dst;
	return 0;
}

int
cmd_set_tx_pps(struct cli *cli, const struct cmd_set_tx_pps *args)
{
	if (args->pps > UINT32_MAX)
		return cli_fail(cli, "rate %ju: 0 to %u is allowed", (uintmax_t)args->pps,
				UINT32_MAX);
	cli->a->gen.pps = args->pps;
	return 0;
}

int
cmd_set_flowgen(struct cli *cli, const struct cmd_set_flowgen *args)
{
	const struct {
		const char *what;
		uint64_t min, max;
	} ranges[] = {
		{ "flows", 1, INT32_MAX },
		{ "clones", 0, DP_BURST_MAX },
		{ "neighbours", 0, DP_PEERS_MAX },
		{ "rate", 0, UINT32_MAX },
	};
	struct dp_txgen *g = &cli->a->gen;
	unsigned int i = 0;

	while (strcmp(args->what, ranges[i].what) != 0)
		i++;
	if (args->n < ranges[i].min || args->n > ranges[i].max)
		return cli_fail(cli, "%s %ju: %ju to %ju is allowed", ranges[i].what,
				(uintmax_t)args->n, (uintmax_t)ranges[i].min,
				(uintmax_t)ranges[i].max);
	if (i == 0)
		g->flows = (uint32_t)args->n;
	else if (i == 1)
		g->clones = (uint16_t)args->n;
	else if (i == 2)
		g->neighbours = (uint16_t)args->n;
	else
		g->pps = args->n;
	return cli_note_next_start(cli);
}

static int
peer_find(const struct dp_txgen *g, uint16_t port, const struct dp_adj *adj)
{
	uint16_t i;

	for (i = 0; i < g->nb_peers; i++) {
		if (g->peer_port[i] == port &&
				(adj == NULL || memcmp(&g->peer[i], adj, sizeof(*adj)) == 0))
			return i;
	}
	return -1;
}

static int
peer_add(struct cli *cli, uint16_t port, const struct dp_adj *adj)
{
	struct dp_txgen *g = &cli->a->gen;

	if (g->nb_peers == RTE_DIM(g->peer))
		return cli_fail(cli, "no room for more than %zu peers", RTE_DIM(g->peer));
	g->peer_port[g->nb_peers] = port;
	g->peer[g->nb_peers++] = *adj;
	return 0;
}

static int
check_kind(struct cli *cli, uint16_t port, enum dp_port_kind kind)
{
	int ret;

	ret = cli_check_port(cli, port);
	if (ret != 0)
		return ret;
	if (cli->a->dp->port[port].kind != kind)
		return cli_fail(cli, "port %u is an %s port: set %s there", port,
				kind == DP_PORT_ETH ? "IPoIB" : "Ethernet",
				kind == DP_PORT_ETH ? "ipoib-peer" : "eth-peer");
	return 0;
}

int
cmd_set_eth_peer(struct cli *cli, const struct cmd_set_eth_peer *args)
{
	struct dp_txgen *g = &cli->a->gen;
	struct dp_adj adj;
	int i, ret;

	ret = check_kind(cli, args->port, DP_PORT_ETH);
	if (ret != 0)
		return ret;
	memset(&adj, 0, sizeof(adj));
	adj.mac = args->mac;
	/* As testpmd's: an Ethernet port has one peer. */
	i = peer_find(g, args->port, NULL);
	if (i < 0)
		return peer_add(cli, args->port, &adj);
	g->peer[i] = adj;
	return 0;
}

int
cmd_set_ipoib_peer(struct cli *cli, const struct cmd_set_ipoib_peer *args)
{
	struct dp_adj adj;
	int ret;

	ret = check_kind(cli, args->port, DP_PORT_IPOIB);
	if (ret != 0)
		return ret;
	if (!ipoib_addr_is_multicast(&args->lladdr) && !ipoib_addr_is_unicast_valid(&args->lladdr))
		return cli_fail(cli,
				"nobody can have this address: QPN 0, 1 or 0xffffff, or no GID");
	memset(&adj, 0, sizeof(adj));
	adj.lladdr = args->lladdr;
	if (peer_find(&cli->a->gen, args->port, &adj) >= 0)
		return cli_fail(cli, "port %u has this peer already", args->port);
	return peer_add(cli, args->port, &adj);
}

static int
clear_peers(struct cli *cli, uint16_t port)
{
	struct dp_txgen *g = &cli->a->gen;
	uint16_t i, kept = 0;

	for (i = 0; i < g->nb_peers; i++) {
		if (g->peer_port[i] == port)
			continue;
		g->peer_port[kept] = g->peer_port[i];
		g->peer[kept++] = g->peer[i];
	}
	g->nb_peers = kept;
	return 0;
}

int
cmd_clear_peers(struct cli *cli, const struct cmd_clear_peers *args)
{
	return cli_each_port(cli, &args->ports, clear_peers);
}

int
cmd_show_peers(struct cli *cli, const struct cmd_show_peers *args __rte_unused)
{
	struct table t = { .nb_columns = 2, .heading = { "Port", "Peer" } };
	const struct dp_txgen *g = &cli->a->gen;
	char buf[IPOIB_ADDR_STRLEN];
	uint16_t i;

	for (i = 0; i < g->nb_peers; i++) {
		struct cell *c = table_row(&t);

		if (c == NULL)
			break;
		cell_number(&c[0], g->peer_port[i]);
		if (cli->a->dp->port[g->peer_port[i]].kind == DP_PORT_IPOIB)
			cell_text(&c[1], "%s",
					ipoib_addr_format(&g->peer[i].lladdr, buf, sizeof(buf)));
		else
			cell_text(&c[1], "%02x:%02x:%02x:%02x:%02x:%02x",
					RTE_ETHER_ADDR_BYTES(&g->peer[i].mac));
	}
	table_print(&t, cli->out);
	table_free(&t);
	return 0;
}

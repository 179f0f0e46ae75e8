/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "commands.h"

/* Packets and octets at the last show and at the last clear. The drivers'
 * counters are not reset: the balances of the program count on them.
 */
struct seen {
	uint32_t came; /* another port with the number begins at zero */
	uint64_t us;
	struct rte_eth_stats last, base;
};

static struct seen seen_last[DP_PORTS_MAX];

static struct seen *
seen_of(struct cli *cli, uint16_t port)
{
	uint32_t came = atomic_load(&cli->a->came[port]);
	struct seen *s = &seen_last[port];

	if (s->came != came)
		*s = (struct seen){ .came = came };
	return s;
}

static void
subtract(struct rte_eth_stats *s, const struct rte_eth_stats *base)
{
	s->ipackets -= base->ipackets;
	s->opackets -= base->opackets;
	s->ibytes -= base->ibytes;
	s->obytes -= base->obytes;
	s->imissed -= base->imissed;
	s->ierrors -= base->ierrors;
	s->oerrors -= base->oerrors;
	s->rx_nombuf -= base->rx_nombuf;
}

/* A logical port has no device. @return whether it is one */
static bool
is_logical(struct cli *cli, uint16_t port)
{
	if (port < DP_PORT_LOGICAL)
		return false;
	fprintf(cli->out,
			"\n  Port %u is a logical port: the port below counts its packets, 'show fwd "
			"stats all' its drops\n",
			port);
	return true;
}

static int
get_stats(struct cli *cli, uint16_t port, struct rte_eth_stats *s)
{
	int ret;

	ret = rte_eth_stats_get(port, s);
	if (ret != 0)
		return cli_fail(cli, "port %u: the driver gives no statistics: %s", port,
				strerror(-ret));
	return 0;
}

static uint64_t
rate(uint64_t now, uint64_t before, uint64_t us)
{
	return us == 0 || now < before ? 0 : (uint64_t)((double)(now - before) * 1e6 / (double)us);
}

static void
print_rates(FILE *out, const struct rte_eth_stats *now, const struct rte_eth_stats *last,
		uint64_t us)
{
	fprintf(out, "\n  Throughput (since last show)\n");
	fprintf(out,
			"  Rx-pps: %12" PRIu64 "          Rx-bps: %12" PRIu64 "\n"
			"  Tx-pps: %12" PRIu64 "          Tx-bps: %12" PRIu64 "\n",
			rate(now->ipackets, last->ipackets, us),
			rate(now->ibytes, last->ibytes, us) * 8,
			rate(now->opackets, last->opackets, us),
			rate(now->obytes, last->obytes, us) * 8);
}

int
port_stats_print(struct cli *cli, uint16_t port)
{
	static const char border[] = "########################";
	struct seen *old = seen_of(cli, port);
	uint64_t now_us = control_now_us();
	struct rte_eth_stats now, s;
	FILE *out = cli->out;
	int ret;

	if (is_logical(cli, port))
		return 0;
	ret = get_stats(cli, port, &now);
	if (ret != 0)
		return ret;
	s = now;
	subtract(&s, &old->base);
	fprintf(out, "\n  %s NIC statistics for port %-2d %s\n", border, port, border);
	fprintf(out,
			"  RX-packets: %-10" PRIu64 " RX-missed: %-10" PRIu64
			" RX-bytes:  %-" PRIu64 "\n",
			s.ipackets, s.imissed, s.ibytes);
	fprintf(out, "  RX-errors: %-" PRIu64 "\n", s.ierrors);
	fprintf(out, "  RX-nombuf:  %-10" PRIu64 "\n", s.rx_nombuf);
	fprintf(out,
			"  TX-packets: %-10" PRIu64 " TX-errors: %-10" PRIu64
			" TX-bytes:  %-" PRIu64 "\n",
			s.opackets, s.oerrors, s.obytes);
	print_rates(out, &now, &old->last, old->us == 0 ? 0 : now_us - old->us);
	fprintf(out, "  %s############################%s\n", border, border);
	old->last = now;
	old->us = now_us;
	return 0;
}

int
cmd_show_port_stats(struct cli *cli, const struct cmd_show_port_stats *args)
{
	return cli_each_port(cli, &args->ports, port_stats_print);
}

static int
clear_stats(struct cli *cli, uint16_t port)
{
	int ret;

	if (is_logical(cli, port))
		return 0;
	ret = get_stats(cli, port, &seen_of(cli, port)->base);
	if (ret == 0)
		fprintf(cli->out, "\n  NIC statistics for port %d cleared\n", port);
	return ret;
}

int
cmd_clear_port_stats(struct cli *cli, const struct cmd_clear_port_stats *args)
{
	return cli_each_port(cli, &args->ports, clear_stats);
}

static int
print_xstats(struct cli *cli, uint16_t port)
{
	struct rte_eth_xstat_name *names = NULL;
	struct rte_eth_xstat *x = NULL;
	int i, n, ret = 0;

	if (is_logical(cli, port))
		return 0;
	fprintf(cli->out, "###### NIC extended statistics for port %-2d\n", port);
	n = rte_eth_xstats_get_names(port, NULL, 0);
	if (n <= 0)
		return 0;
	names = calloc(n, sizeof(*names));
	x = calloc(n, sizeof(*x));
	if (names == NULL || x == NULL || rte_eth_xstats_get_names(port, names, n) != n ||
			rte_eth_xstats_get(port, x, n) != n) {
		ret = cli_fail(cli, "port %u: the driver gives no extended statistics", port);
		goto out;
	}
	for (i = 0; i < n; i++)
		fprintf(cli->out, "%s: %" PRIu64 "\n", names[x[i].id].name, x[i].value);
out:
	free(names);
	free(x);
	return ret;
}

int
cmd_show_port_xstats(struct cli *cli, const struct cmd_show_port_xstats *args)
{
	return cli_each_port(cli, &args->ports, print_xstats);
}

static void
print_device(FILE *out, uint16_t port, const struct rte_eth_dev_info *info)
{
	char name[RTE_ETH_NAME_MAX_LEN] = "?", fw[64];
	const struct rte_devargs *da = rte_dev_devargs(info->device);
	struct rte_ether_addr mac;

	rte_eth_dev_get_name_by_port(port, name);
	if (rte_eth_macaddr_get(port, &mac) == 0)
		fprintf(out, "MAC address: %02X:%02X:%02X:%02X:%02X:%02X\n",
				RTE_ETHER_ADDR_BYTES(&mac));
	if (rte_eth_dev_fw_version_get(port, fw, sizeof(fw)) != 0)
		snprintf(fw, sizeof(fw), "not available");
	fprintf(out, "Device name: %s\nDriver name: %s\nFirmware-version: %s\n", name,
			info->driver_name, fw);
	if (da != NULL && da->args != NULL && da->args[0] != '\0')
		fprintf(out, "Devargs: %s\n", da->args);
	fprintf(out, "Connect to socket: %d\n", rte_eth_dev_socket_id(port));
}

static void
print_link(FILE *out, uint16_t port)
{
	struct rte_eth_link link;
	uint16_t mtu;

	if (rte_eth_link_get_nowait(port, &link) == 0)
		fprintf(out, "Link status: %s\nLink speed: %s\nLink duplex: %s\nAutoneg status: %s\n",
				link.link_status == RTE_ETH_LINK_UP ? "up" : "down",
				rte_eth_link_speed_to_str(link.link_speed),
				link.link_duplex == RTE_ETH_LINK_FULL_DUPLEX ? "full-duplex"
									     : "half-duplex",
				link.link_autoneg == RTE_ETH_LINK_AUTONEG ? "On" : "Off");
	if (rte_eth_dev_get_mtu(port, &mtu) == 0)
		fprintf(out, "MTU: %u\n", mtu);
	fprintf(out, "Promiscuous mode: %s\nAllmulticast mode: %s\n",
			rte_eth_promiscuous_get(port) == 1 ? "enabled" : "disabled",
			rte_eth_allmulticast_get(port) == 1 ? "enabled" : "disabled");
}

static void
print_queues(FILE *out, const struct rte_eth_dev_info *info)
{
	fprintf(out, "Minimum size of RX buffer: %u\nMaximum configurable length of RX packet: %u\n",
			info->min_rx_bufsize, info->max_rx_pktlen);
	fprintf(out, "Current number of RX queues: %u\nMax possible RX queues: %u\n",
			info->nb_rx_queues, info->max_rx_queues);
	fprintf(out, "Max possible number of RXDs per queue: %hu\n", info->rx_desc_lim.nb_max);
	fprintf(out, "Min possible number of RXDs per queue: %hu\n", info->rx_desc_lim.nb_min);
	fprintf(out, "RXDs number alignment: %hu\n", info->rx_desc_lim.nb_align);
	fprintf(out, "Current number of TX queues: %u\nMax possible TX queues: %u\n",
			info->nb_tx_queues, info->max_tx_queues);
	fprintf(out, "Max possible number of TXDs per queue: %hu\n", info->tx_desc_lim.nb_max);
	fprintf(out, "Min possible number of TXDs per queue: %hu\n", info->tx_desc_lim.nb_min);
	fprintf(out, "TXDs number alignment: %hu\n", info->tx_desc_lim.nb_align);
}

static void
print_logical(FILE *out, const struct dp *dp, uint16_t port)
{
	const struct dp_port *p = &dp->port[port];

	if (p->kind == DP_PORT_ETH)
		fprintf(out, "MAC address: %02X:%02X:%02X:%02X:%02X:%02X\n",
				RTE_ETHER_ADDR_BYTES(&p->mac));
	if (p->vlan != 0)
		fprintf(out, "Sub-port: VLAN %u of port %u\n", p->vlan, atomic_load(&p->tx));
	fprintf(out, "Link status: %s\nMTU: %u\n", atomic_load(&p->up) ? "up" : "down",
			atomic_load(&p->mtu));
}

static int
print_info(struct cli *cli, uint16_t port)
{
	static const char border[] = "*********************";
	struct rte_eth_dev_info info;
	int ret;

	fprintf(cli->out, "\n%s Infos for port %-2d %s\n", border, port, border);
	if (port >= DP_PORT_LOGICAL) {
		print_logical(cli->out, cli->a->dp, port);
		return 0;
	}
	ret = rte_eth_dev_info_get(port, &info);
	if (ret != 0)
		return cli_fail(cli, "port %u: the driver does not tell: %s", port, strerror(-ret));
	print_device(cli->out, port, &info);
	print_link(cli->out, port);
	print_queues(cli->out, &info);
	return 0;
}

int
cmd_show_port_info(struct cli *cli, const struct cmd_show_port_info *args)
{
	return cli_each_port(cli, &args->ports, print_info);
}

struct mtu_change {
	uint16_t port, mtu;
};

static int
mtu_fn(struct control *c, void *arg)
{
	const struct mtu_change *ch = arg;

	return control_port_mtu(c, ch->port, ch->mtu);
}

int
cmd_port_config_mtu(struct cli *cli, const struct cmd_port_config_mtu *args)
{
	static const struct cli_error errors[] = {
		{ EINVAL, "an IPv4 link takes at least 68 octets (RFC 791); 0 is the link's own" },
		{ ERANGE, "more than the port can do ('show port info')" },
		{ 0 },
	};
	struct mtu_change ch = { .port = args->port };
	char text[32];
	int ret;

	ret = cli_check_port(cli, ch.port);
	if (ret != 0)
		return ret;
	ch.mtu = (uint16_t)RTE_MIN(args->mtu, (uint64_t)UINT16_MAX);
	snprintf(text, sizeof(text), "MTU %" PRIu64, args->mtu);
	ret = app_ask(cli->a, mtu_fn, &ch, sizeof(ch), APP_ASK_MS);
	if (ret == 1) {
		fprintf(cli->out, "port %u has IPv6 addresses, and IPv6 needs an MTU of 1280\n",
				ch.port);
		ret = 0;
	}
	return cli_result(cli, ret, text, errors);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "commands.h"
#include "show_port.h"

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

bool
port_is_logical(struct cli *cli, uint16_t port)
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

	if (port_is_logical(cli, port))
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
	if (cli->a->opt.display_xstats != NULL)
		xstats_chosen_print(cli, port);
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

	if (port_is_logical(cli, port))
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

int
cmd_clear_port_xstats(struct cli *cli, const struct cmd_clear_port_xstats *args)
{
	return cli_each_port(cli, &args->ports, xstats_clear);
}

int
cmd_show_port_xstats(struct cli *cli, const struct cmd_show_port_xstats *args)
{
	return cli_each_port(cli, &args->ports, xstats_print);
}

int
cmd_show_port_info(struct cli *cli, const struct cmd_show_port_info *args)
{
	return cli_each_port(cli, &args->ports, port_info_print);
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

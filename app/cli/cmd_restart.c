/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "cli.h"
#include "commands.h"

/* testpmd waits for 9 seconds. */
#define LINK_POLL_MS 100
#define LINK_POLLS 90

/* Of all ports: those that can be, and are not yet. */
static int
switch_ports(struct cli *cli, const struct cli_ports *ports, app_fn fn, const char *done,
		uint64_t *which)
{
	struct port_switch s = { .why = "" };
	uint16_t list[DP_PORTS_MAX], n = 1, i;
	int ret = 0;

	list[0] = ports->port;
	if (ports->all)
		n = app_ports(cli->a, list);
	else
		ret = cli_check_port(cli, ports->port);
	for (i = 0; i < n && ret == 0; i++) {
		s.port = list[i];
		if (ports->all && s.port >= DP_PORT_LOGICAL)
			continue;
		ret = app_request(cli->a, fn, &s);
		if (ret == 0) {
			fprintf(cli->out, "Port %u is %s\n", s.port, done);
			*which |= RTE_BIT64(s.port);
		}
		if (ret == -EALREADY && ports->all)
			ret = 0;
		else if (ret != 0)
			ret = cli_request_fail(cli, ret, s.why);
	}
	return ret;
}

/* Are all links up? */
static bool
links_up(uint64_t ports)
{
	struct rte_eth_link link;

	for (; ports != 0; ports &= ports - 1) {
		if (rte_eth_link_get_nowait((uint16_t)__builtin_ctzll(ports), &link) == 0 &&
				link.link_status != RTE_ETH_LINK_UP)
			return false;
	}
	return true;
}

/* As testpmd, wait for links to come up, but not for ever. */
static void
links_wait(struct cli *cli, uint64_t ports)
{
	struct pollfd pfd = { .fd = cli->a->end_fd, .events = POLLIN };
	unsigned int i;

	fputs("Checking link statuses...\n", cli->out);
	fflush(cli->out);
	for (i = 0; i < LINK_POLLS && !cli->a->opt.no_link_check && !links_up(ports); i++) {
		if (poll(&pfd, 1, LINK_POLL_MS) != 0)
			break;
	}
	fputs("Done\n", cli->out);
}

int
cmd_port_stop(struct cli *cli, const struct cmd_port_stop *args)
{
	uint64_t ports = 0;
	int ret;

	fputs("Stopping ports...\n", cli->out);
	ret = switch_ports(cli, &args->ports, port_stop, "stopped", &ports);
	if (ret == 0)
		links_wait(cli, 0);
	return ret;
}

int
cmd_port_start(struct cli *cli, const struct cmd_port_start *args)
{
	uint64_t ports = 0;
	int ret;

	ret = switch_ports(cli, &args->ports, port_start, "started", &ports);
	if (ret == 0)
		links_wait(cli, ports);
	return ret;
}

static int
config_queues(struct cli *cli, const struct cmd_port_config *args)
{
	struct port_queues q = { .port = args->ports.all ? DP_PORT_NIL : args->ports.port,
		.rx = strcmp(args->kind, "rxq") == 0,
		.n = args->n };
	int ret = 0;

	if (!args->ports.all)
		ret = cli_check_port(cli, q.port);
	if (ret != 0)
		return ret;
	ret = app_request(cli->a, port_queues_set, &q);
	return ret == 0 ? 0 : cli_request_fail(cli, ret, q.why);
}

static int
config_all(struct cli *cli, enum port_all_kind kind, uint64_t n)
{
	struct port_all all = { .kind = kind, .n = n };
	int ret = app_request(cli->a, port_all_set, &all);

	return ret == 0 ? 0 : cli_request_fail(cli, ret, all.why);
}

int
cmd_port_config(struct cli *cli, const struct cmd_port_config *args)
{
	static const struct cmd_set_burst burst;
	struct cmd_set_burst b = burst;

	if (strcmp(args->kind, "rxq") == 0 || strcmp(args->kind, "txq") == 0)
		return config_queues(cli, args);
	if (!args->ports.all)
		return cli_fail(cli, "%s: all ports have the same: 'port config all %s N'",
				args->kind, args->kind);
	if (strcmp(args->kind, "rxd") == 0)
		return config_all(cli, PORT_RXD, args->n);
	if (strcmp(args->kind, "txd") == 0)
		return config_all(cli, PORT_TXD, args->n);
	if (strcmp(args->kind, "max-pkt-len") == 0)
		return config_all(cli, PORT_MAX_PKT_LEN, args->n);
	b.n = args->n;
	return cmd_set_burst(cli, &b);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Which lcores and ports forward from the next start on, and what they note while they do. */

#include <errno.h>
#include <string.h>

#include "cli.h"
#include "commands.h"
#include "parse.h"
#include "watch.h"

static int
list_read(struct cli *cli, const char *text, struct fwd_list *l)
{
	int n = parse_list(text, RTE_MAX_LCORE - 1, l->id, RTE_DIM(l->id));

	if (n <= 0)
		return cli_fail(cli, "bad list '%s': numbers and ranges, each once, as 1,3-4",
				text);
	l->nb = (uint16_t)n;
	return 0;
}

static int
mask_read(struct cli *cli, const char *text, struct fwd_list *l)
{
	uint64_t mask;

	if (parse_mask(text, &mask) != 0)
		return cli_fail(cli, "bad mask '%s': hexadecimal with at least one bit, as 0x6",
				text);
	for (l->nb = 0; mask != 0; mask &= mask - 1)
		l->id[l->nb++] = (uint16_t)__builtin_ctzll(mask);
	return 0;
}

static int
list_ask(struct cli *cli, app_fn fn, struct fwd_list *l)
{
	int ret = app_request(cli->a, fn, l);

	return ret == 0 ? 0 : cli_request_fail(cli, ret, l->why);
}

int
cmd_set_nbcore(struct cli *cli, const struct cmd_set_nbcore *args)
{
	struct fwd_list l = { .nb = (uint16_t)RTE_MIN(args->n, (uint64_t)UINT16_MAX) };
	int ret = list_ask(cli, fwd_cores_number, &l);

	if (ret == 0)
		fprintf(cli->out, "Number of forwarding cores set to %u\n", l.nb);
	return ret;
}

int
cmd_set_corelist(struct cli *cli, const struct cmd_set_corelist *args)
{
	struct cli_string text = args->lcores;
	struct fwd_list l = { .nb = 0 };

	return list_read(cli, text.text, &l) != 0 ? -EINVAL : list_ask(cli, fwd_cores_set, &l);
}

int
cmd_set_coremask(struct cli *cli, const struct cmd_set_coremask *args)
{
	struct cli_string text = args->mask;
	struct fwd_list l = { .nb = 0 };

	return mask_read(cli, text.text, &l) != 0 ? -EINVAL : list_ask(cli, fwd_cores_set, &l);
}

static int
ports_ask(struct cli *cli, struct fwd_list *l)
{
	uint16_t before = cli->a->dp->nb_fwd;
	int ret = list_ask(cli, fwd_ports_set, l);

	if (ret == 0 && before != l->nb)
		fprintf(cli->out,
				"previous number of forwarding ports %u - changed to number of "
				"configured ports %u\n",
				before, l->nb);
	return ret;
}

int
cmd_set_portlist(struct cli *cli, const struct cmd_set_portlist *args)
{
	struct cli_string text = args->ports;
	struct fwd_list l = { .nb = 0 };

	return list_read(cli, text.text, &l) != 0 ? -EINVAL : ports_ask(cli, &l);
}

int
cmd_set_portmask(struct cli *cli, const struct cmd_set_portmask *args)
{
	struct cli_string text = args->mask;
	struct fwd_list l = { .nb = 0 };

	return mask_read(cli, text.text, &l) != 0 ? -EINVAL : ports_ask(cli, &l);
}

/* The first N ethdev ports. */
int
cmd_set_nbport(struct cli *cli, const struct cmd_set_nbport *args)
{
	struct fwd_list l = { .nb = 0 };
	uint16_t ports[DP_PORTS_MAX], n = app_ports(cli->a, ports), i;
	int ret;

	for (i = 0; i < n && ports[i] < DP_PORT_LOGICAL && l.nb < args->n; i++)
		l.id[l.nb++] = ports[i];
	if (l.nb == 0 || l.nb < args->n)
		return cli_fail(cli, "nb fwd ports %ju > %u (number of configured ports) - ignored",
				(uintmax_t)args->n, i);
	ret = list_ask(cli, fwd_ports_set, &l);
	if (ret == 0)
		fprintf(cli->out, "Number of forwarding ports set to %u\n", l.nb);
	return ret;
}

int
cmd_set_record_burst_stats(struct cli *cli, const struct cmd_set_record_burst_stats *args)
{
	cli->a->record_bursts = strcmp(args->state, "on") == 0;
	return cli_note_next_start(cli);
}

int
cmd_set_record_core_cycles(struct cli *cli, const struct cmd_set_record_core_cycles *args)
{
	cli->a->record_cycles = strcmp(args->state, "on") == 0;
	return 0;
}

/* testpmd's levels: 1 received packets, 2 sent ones, more both. */
int
cmd_set_verbose(struct cli *cli, const struct cmd_set_verbose *args)
{
	static uint64_t level;
	uint8_t bits = args->level > 2 ? DP_VERBOSE_RX | DP_VERBOSE_TX : (uint8_t)args->level;
	int ret;

	if (args->level > UINT16_MAX)
		return cli_fail(cli, "level %ju: 0 to 65535 is allowed", (uintmax_t)args->level);
	ret = watch_start(cli->a);
	if (ret == 0)
		ret = app_request(cli->a, verbose_set, &bits);
	if (ret != 0)
		return cli_result(cli, ret, "set verbose", NULL);
	fprintf(cli->out, "Change verbose level from %u to %u\n", (unsigned int)level,
			(unsigned int)args->level);
	level = args->level;
	return 0;
}

/* --- modes of ports --- */

static int
mode_set(struct cli *cli, const struct cli_ports *ports, enum port_mode_kind kind, bool on)
{
	struct port_mode m = { .kind = kind, .on = on };
	uint16_t list[DP_PORTS_MAX], n = 1, i;
	int ret;

	list[0] = ports->port;
	if (ports->all)
		n = app_ports(cli->a, list);
	else if (cli_check_port(cli, ports->port) != 0)
		return -EINVAL;
	for (i = 0; i < n; i++) {
		m.port = list[i];
		if (ports->all && m.port >= DP_PORT_LOGICAL)
			continue;
		ret = app_request(cli->a, port_mode_set, &m);
		/* Of all ports, those that can. */
		if (ret == -ENOTSUP && ports->all)
			fprintf(cli->out, "%s\n", m.why);
		else if (ret != 0)
			return cli_request_fail(cli, ret, m.why);
	}
	return 0;
}

int
cmd_set_promisc(struct cli *cli, const struct cmd_set_promisc *args)
{
	return mode_set(cli, &args->ports, PORT_PROMISC, strcmp(args->state, "on") == 0);
}

int
cmd_set_allmulti(struct cli *cli, const struct cmd_set_allmulti *args)
{
	return mode_set(cli, &args->ports, PORT_ALLMULTI, strcmp(args->state, "on") == 0);
}

int
cmd_set_link_up_port(struct cli *cli, const struct cmd_set_link_up_port *args)
{
	return mode_set(cli, &args->ports, PORT_LINK, true);
}

int
cmd_set_link_down_port(struct cli *cli, const struct cmd_set_link_down_port *args)
{
	return mode_set(cli, &args->ports, PORT_LINK, false);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "commands.h"
#include "filter_table.h"
#include "parse.h"

/* Somebody else changes the rules at the same time so often at most. */
#define TRIES 8

static int
get_fn(struct control *c, void *arg)
{
	return control_filter_get(c, arg);
}

static int
set_fn(struct control *c, void *arg)
{
	return control_filter_set(c, arg);
}

/* Place of a rule, or where it would be. */
static uint16_t
place_of(const struct control_filter *f, uint64_t number)
{
	uint16_t i = 0;

	while (i < f->nb && f->rule[i].number < number)
		i++;
	return i;
}

/* There is one. */
static uint16_t
free_slot(const struct control_filter *f)
{
	bool used[DP_FILTER_MAX] = { false };
	uint16_t i;

	for (i = 0; i < f->nb; i++)
		used[f->rule[i].slot] = true;
	for (i = 0; used[i]; i++)
		;
	return i;
}

/* @return 0, -EEXIST, -ENOSPC */
static int
add(struct control_filter *f, const struct control_filter_rule *rule)
{
	uint16_t i = place_of(f, rule->number), slot;

	if (i < f->nb && f->rule[i].number == rule->number)
		return -EEXIST;
	if (f->nb == DP_FILTER_MAX)
		return -ENOSPC;
	slot = free_slot(f);
	memmove(&f->rule[i + 1], &f->rule[i], (size_t)(f->nb - i) * sizeof(*rule));
	f->rule[i] = *rule;
	f->rule[i].slot = slot;
	f->rule[i].fresh = true;
	f->nb++;
	return 0;
}

/* @return 0, -ENOENT */
static int
del(struct control_filter *f, uint64_t number)
{
	uint16_t i = place_of(f, number);

	if (i == f->nb || f->rule[i].number != number)
		return -ENOENT;
	f->nb--;
	memmove(&f->rule[i], &f->rule[i + 1], (size_t)(f->nb - i) * sizeof(f->rule[0]));
	return 0;
}

/* @param rule to add; NULL: delete @p number; that 0: all */
static int
change(struct cli *cli, const struct control_filter_rule *rule, uint64_t number)
{
	struct control_filter *f = calloc(1, sizeof(*f));
	int ret = -ENOMEM, i;

	for (i = 0; f != NULL && i < TRIES; i++) {
		ret = app_ask(cli->a, get_fn, f, sizeof(*f), APP_ASK_MS);
		if (ret == 0 && rule != NULL)
			ret = add(f, rule);
		else if (ret == 0 && number != 0)
			ret = del(f, number);
		else if (ret == 0)
			f->nb = 0;
		if (ret == 0)
			ret = filter_table_make(f);
		if (ret != 0)
			break;
		ret = app_ask(cli->a, set_fn, f, sizeof(*f), APP_ASK_MS);
		if (ret == 0)
			break;
		filter_table_free(f);
		if (ret != -ESTALE)
			break;
	}
	free(f);
	return ret;
}

static const struct cli_error errors[] = {
	{ EEXIST, "there is a rule with this number ('ip filter show')" },
	{ ENOENT, "there is no rule with this number ('ip filter show')" },
	{ ENOSPC, "no room for more than 1024 rules" },
	{ ERANGE, "the rules together need too large a table" },
	{ 0 },
};

static int
changed(struct cli *cli, int ret, uint64_t number)
{
	char what[32];

	snprintf(what, sizeof(what), "rule %" PRIu64, number);
	return cli_result(cli, ret, what, errors);
}

static bool
families_differ(const struct control_filter_rule *r)
{
	return r->src_bits != 0 && r->dst_bits != 0 && dp_ip_is4(&r->src) != dp_ip_is4(&r->dst);
}

static bool
has_ports(uint16_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP;
}

int
cmd_ip_filter_add(struct cli *cli, const struct cmd_ip_filter_add *args)
{
	struct control_filter_rule r = { .number = (uint16_t)args->number,
		.port = args->port,
		.way = strcmp(args->way, "in") == 0 ? DP_FILTER_IN : DP_FILTER_OUT,
		.permit = strcmp(args->action, "permit") == 0,
		.src = args->from.ip,
		.src_bits = args->from.bits,
		.dst = args->to.ip,
		.dst_bits = args->to.bits,
		.proto = args->has_proto ? args->proto : CONTROL_FILTER_PROTO_ANY,
		.sport = { 0, UINT16_MAX },
		.dport = { 0, UINT16_MAX } };
	int ret;

	ret = cli_check_port(cli, args->port);
	if (ret != 0)
		return ret;
	if (args->number < 1 || args->number > UINT16_MAX)
		return cli_fail(cli, "rule %" PRIu64 ": 1 to 65535 are possible", args->number);
	if (families_differ(&r))
		return cli_fail(cli, "rule %u: both addresses must be of one family", r.number);
	if ((args->has_sport || args->has_dport) && !has_ports(r.proto))
		return cli_fail(cli, "rule %u: sport and dport need 'proto tcp', udp or sctp",
				r.number);
	if (args->has_sport)
		memcpy(r.sport, args->sport.port, sizeof(r.sport));
	if (args->has_dport)
		memcpy(r.dport, args->dport.port, sizeof(r.dport));
	return changed(cli, change(cli, &r, 0), r.number);
}

int
cmd_ip_filter_del(struct cli *cli, const struct cmd_ip_filter_del *args)
{
	if (args->number == 0 || args->number > UINT16_MAX)
		return cli_fail(cli, "rule %" PRIu64 ": 1 to 65535 are possible", args->number);
	return changed(cli, change(cli, NULL, args->number), args->number);
}

int
cmd_ip_filter_flush(struct cli *cli, const struct cmd_ip_filter_flush *args __rte_unused)
{
	return cli_result(cli, change(cli, NULL, 0), "ip filter flush", errors);
}

int
cmd_ip_filter_show(struct cli *cli, const struct cmd_ip_filter_show *args __rte_unused)
{
	return cli_show(cli, &rows_filter, 0, "ip filter show");
}

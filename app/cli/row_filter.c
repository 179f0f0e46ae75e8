/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include "control_filter.h"
#include "parse.h"
#include "rows.h"

#define RULE(row) ((const struct control_filter_rule *)(row))
#define NUMBER(fn, field) \
	static void fn(const void *row, struct cell *c) \
	{ \
		cell_number(c, RULE(row)->field); \
	}

NUMBER(rule_number, number)
NUMBER(rule_port, port)
NUMBER(rule_pkts, pkts)
NUMBER(rule_bytes, bytes)

static void
rule_way(const void *row, struct cell *c)
{
	cell_text(c, "%s", RULE(row)->way == DP_FILTER_IN ? "in" : "out");
}

static void
rule_action(const void *row, struct cell *c)
{
	cell_text(c, "%s", RULE(row)->permit ? "permit" : "deny");
}

static void
net(struct cell *c, const struct dp_ip *ip, uint8_t bits)
{
	char buf[PARSE_PREFIX_STRLEN];

	if (bits == 0)
		cell_text(c, "any");
	else
		cell_text(c, "%s",
				format_prefix(ip->b, (uint8_t)(bits - (dp_ip_is4(ip) ? 96 : 0)),
						buf));
}

static void
rule_from(const void *row, struct cell *c)
{
	net(c, &RULE(row)->src, RULE(row)->src_bits);
}

static void
rule_to(const void *row, struct cell *c)
{
	net(c, &RULE(row)->dst, RULE(row)->dst_bits);
}

static void
rule_proto(const void *row, struct cell *c)
{
	const char *name = filter_proto_name(RULE(row)->proto);

	if (RULE(row)->proto == CONTROL_FILTER_PROTO_ANY)
		cell_text(c, "any");
	else if (name != NULL)
		cell_text(c, "%s", name);
	else
		cell_text(c, "%u", RULE(row)->proto);
}

static void
ports(struct cell *c, const uint16_t range[2])
{
	if (range[0] == 0 && range[1] == UINT16_MAX)
		cell_text(c, "any");
	else if (range[0] == range[1])
		cell_text(c, "%u", range[0]);
	else
		cell_text(c, "%u-%u", range[0], range[1]);
}

static void
rule_sport(const void *row, struct cell *c)
{
	ports(c, RULE(row)->sport);
}

static void
rule_dport(const void *row, struct cell *c)
{
	ports(c, RULE(row)->dport);
}

static const struct column rule_columns[] = {
	{ "rule", "Rule", rule_number },
	{ "port", "Port", rule_port },
	{ "way", "Way", rule_way },
	{ "action", "Action", rule_action },
	{ "from", "From", rule_from },
	{ "to", "To", rule_to },
	{ "proto", "Proto", rule_proto },
	{ "sport", "Sport", rule_sport },
	{ "dport", "Dport", rule_dport },
	{ "packets", "Packets", rule_pkts },
	{ "octets", "Octets", rule_bytes },
};

static uint32_t
rule_fill(struct control *c, uint16_t port __rte_unused, uint32_t offset, void *rows, uint32_t max,
		uint32_t *total)
{
	return control_filter_rows(c, offset, rows, max, total);
}

const struct row_kind rows_filter = {
	.size = sizeof(struct control_filter_rule),
	.nb_columns = RTE_DIM(rule_columns),
	.columns = rule_columns,
	.fill = rule_fill,
};

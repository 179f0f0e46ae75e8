/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_errno.h>

#include "filter_table.h"

/* Words of an address, and rte_acl's fields: 4 octets are looked at together. */
#define WORDS 4
enum {
	FIELD_PROTO,
	FIELD_WHERE,
	FIELD_SRC,
	FIELD_DST = FIELD_SRC + WORDS,
	FIELD_SPORT = FIELD_DST + WORDS,
	FIELD_DPORT,
	FIELDS
};

RTE_ACL_RULE_DEF(table_rule, FIELDS);

static void
field_def(struct rte_acl_field_def *d, uint8_t field, uint8_t type, uint8_t size, uint8_t input,
		uint32_t offset)
{
	*d = (struct rte_acl_field_def){ .type = type,
		.size = size,
		.field_index = field,
		.input_index = input,
		.offset = offset };
}

static void
field_defs(struct rte_acl_config *cfg)
{
	struct rte_acl_field_def *d = cfg->defs;
	uint8_t i, input = 0;

	field_def(&d[FIELD_PROTO], FIELD_PROTO, RTE_ACL_FIELD_TYPE_BITMASK, 1, input++,
			offsetof(struct dp_filter_key, proto));
	field_def(&d[FIELD_WHERE], FIELD_WHERE, RTE_ACL_FIELD_TYPE_BITMASK, 4, input++,
			offsetof(struct dp_filter_key, where));
	for (i = 0; i < WORDS; i++)
		field_def(&d[FIELD_SRC + i], FIELD_SRC + i, RTE_ACL_FIELD_TYPE_MASK, 4, input++,
				offsetof(struct dp_filter_key, src) + 4u * i);
	for (i = 0; i < WORDS; i++)
		field_def(&d[FIELD_DST + i], FIELD_DST + i, RTE_ACL_FIELD_TYPE_MASK, 4, input++,
				offsetof(struct dp_filter_key, dst) + 4u * i);
	field_def(&d[FIELD_SPORT], FIELD_SPORT, RTE_ACL_FIELD_TYPE_RANGE, 2, input,
			offsetof(struct dp_filter_key, sport));
	field_def(&d[FIELD_DPORT], FIELD_DPORT, RTE_ACL_FIELD_TYPE_RANGE, 2, input,
			offsetof(struct dp_filter_key, dport));
	cfg->num_fields = FIELDS;
	cfg->num_categories = 1;
	cfg->max_size = (size_t)FILTER_TABLE_MBYTES << 20;
}

static void
set_address(struct rte_acl_field *field, const struct dp_ip *ip, uint8_t bits)
{
	rte_be32_t word;
	unsigned int i;

	for (i = 0; i < WORDS; i++) {
		memcpy(&word, &ip->b[4 * i], sizeof(word));
		field[i].value.u32 = rte_be_to_cpu_32(word);
		field[i].mask_range.u32 = bits >= 32 * (i + 1) ? 32
				: bits > 32 * i		       ? bits - 32 * i
							       : 0;
	}
}

/* @param place among the rules: the first is preferred */
static void
set_rule(struct table_rule *t, const struct control_filter_rule *r, uint16_t place)
{
	*t = (struct table_rule){ .data = {
						  .category_mask = 1,
						  .priority = RTE_ACL_MAX_PRIORITY - place,
						  .userdata = r->slot + 1u,
				  } };
	if (r->proto != CONTROL_FILTER_PROTO_ANY) {
		t->field[FIELD_PROTO].value.u8 = (uint8_t)r->proto;
		t->field[FIELD_PROTO].mask_range.u8 = UINT8_MAX;
	}
	t->field[FIELD_WHERE].value.u32 = dp_filter_where(r->port, r->way);
	t->field[FIELD_WHERE].mask_range.u32 = UINT32_MAX;
	set_address(&t->field[FIELD_SRC], &r->src, r->src_bits);
	set_address(&t->field[FIELD_DST], &r->dst, r->dst_bits);
	t->field[FIELD_SPORT].value.u16 = r->sport[0];
	t->field[FIELD_SPORT].mask_range.u16 = r->sport[1];
	t->field[FIELD_DPORT].value.u16 = r->dport[0];
	t->field[FIELD_DPORT].mask_range.u16 = r->dport[1];
}

static int
acl_fill(struct rte_acl_ctx *acl, const struct control_filter *f)
{
	struct rte_acl_config cfg = { .num_categories = 1 };
	struct table_rule rule;
	uint16_t i;
	int ret;

	for (i = 0; i < f->nb; i++) {
		set_rule(&rule, &f->rule[i], i);
		ret = rte_acl_add_rules(acl, (const struct rte_acl_rule *)&rule, 1);
		if (ret != 0)
			return ret;
	}
	field_defs(&cfg);
	return rte_acl_build(acl, &cfg);
}

int
filter_table_make(struct control_filter *f)
{
	static _Atomic unsigned int serial;
	char name[RTE_ACL_NAMESIZE];
	const struct rte_acl_param param = { .name = name,
		.socket_id = SOCKET_ID_ANY,
		.rule_size = RTE_ACL_RULE_SZ(FIELDS),
		.max_rule_num = DP_FILTER_MAX };
	struct dp_filter *t;
	uint16_t i;
	int ret;

	f->table = NULL;
	if (f->nb == 0)
		return 0;
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return -ENOMEM;
	snprintf(name, sizeof(name), "filter_%u", atomic_fetch_add(&serial, 1));
	t->acl = rte_acl_create(&param);
	ret = t->acl == NULL ? -rte_errno : acl_fill(t->acl, f);
	if (ret != 0) {
		rte_acl_free(t->acl);
		free(t);
		return ret;
	}
	for (i = 0; i < f->nb; i++) {
		t->ports[f->rule[i].way] |= RTE_BIT64(f->rule[i].port);
		t->permit[f->rule[i].slot] = f->rule[i].permit;
	}
	f->table = t;
	return 0;
}

void
filter_table_free(struct control_filter *f)
{
	if (f->table != NULL)
		rte_acl_free(f->table->acl);
	free(f->table);
	f->table = NULL;
}

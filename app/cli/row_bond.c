/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Ports of bonds. */

#include "rows.h"

#define NUMBER(fn, field) \
	static void fn(const void *row, struct cell *c) \
	{ \
		cell_number(c, ((const struct control_bond_row *)row)->field); \
	}
#define TEXT(fn, field) \
	static void fn(const void *row, struct cell *c) \
	{ \
		cell_text(c, "%s", ((const struct control_bond_row *)row)->field); \
	}

TEXT(bond_name, name)
NUMBER(bond_bond, bond)
NUMBER(bond_port, port)
NUMBER(bond_lid, lid)
NUMBER(bond_failovers, failovers)
NUMBER(bond_moved, moved)
TEXT(bond_reason, reason[0] == '\0' ? "-" : ((const struct control_bond_row *)row)->reason)

static void
bond_role(const void *row, struct cell *c)
{
	const struct control_bond_row *r = row;

	cell_text(c, "%s", r->active ? "active" : r->up ? "backup" : "down");
}

static void
bond_primary(const void *row, struct cell *c)
{
	cell_text(c, "%s", ((const struct control_bond_row *)row)->primary ? "yes" : "no");
}

static void
bond_gid(const void *row, struct cell *c)
{
	char buf[IB_GID_STRLEN];

	cell_text(c, "%s",
			ib_gid_format(&((const struct control_bond_row *)row)->gid, buf,
					sizeof(buf)));
}

static const struct column bond_columns[] = {
	{ "name", "Bond", bond_name },
	{ "bond", "Is-port", bond_bond },
	{ "port", "Over-port", bond_port },
	{ "role", "Role", bond_role },
	{ "primary", "Primary", bond_primary },
	{ "lid", "LID", bond_lid },
	{ "gid", "GID", bond_gid },
	{ "failovers", "Failovers", bond_failovers },
	{ "moved", "Moved", bond_moved },
	{ "reason", "Why-down", bond_reason },
};

static uint32_t
bond_fill(struct control *c, uint16_t port __rte_unused, uint32_t offset, void *rows, uint32_t max,
		uint32_t *total)
{
	return control_bond_rows(c, DP_PORT_NIL, offset, rows, max, total);
}

static uint32_t
bond_of_fill(struct control *c, uint16_t port, uint32_t offset, void *rows, uint32_t max,
		uint32_t *total)
{
	return control_bond_rows(c, port, offset, rows, max, total);
}

const struct row_kind rows_bond_of = {
	.size = sizeof(struct control_bond_row),
	.nb_columns = RTE_DIM(bond_columns),
	.columns = bond_columns,
	.fill = bond_of_fill,
};

const struct row_kind rows_bond = {
	.size = sizeof(struct control_bond_row),
	.nb_columns = RTE_DIM(bond_columns),
	.columns = bond_columns,
	.fill = bond_fill,
};

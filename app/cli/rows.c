/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rows.h"

struct rows_call {
	const struct row_kind *kind;
	uint16_t port;
	uint32_t offset, max;
	struct rows rows;
};

static int
rows_fn(struct control *c, void *arg)
{
	struct rows_call *call = arg;
	struct rows *r = &call->rows;

	r->nb = call->kind->fill(c, call->port, call->offset, r->row, call->max, &r->total);
	return 0;
}

int
rows_get(struct app *a, const struct row_kind *kind, uint16_t port, uint32_t offset, uint32_t max,
		uint32_t timeout_ms, struct rows *rows)
{
	struct rows_call call = { .kind = kind, .port = port, .offset = offset, .max = max };
	int ret;

	if (kind->ipoib_port && (!app_has_port(a, port) || a->dp->port[port].kind != DP_PORT_IPOIB))
		return -ENODEV;
	call.max = RTE_MIN(max, (uint32_t)(sizeof(rows->row) / kind->size));
	call.max = RTE_MIN(call.max, (uint32_t)ROWS_MAX);
	ret = app_ask(a, rows_fn, &call, sizeof(call), timeout_ms);
	if (ret == 0)
		*rows = call.rows;
	return ret;
}

static int
add_rows(struct table *t, const struct row_kind *kind, const char *rows, uint32_t nb)
{
	unsigned int i, k;

	for (i = 0; i < nb; i++) {
		struct cell *cells = table_row(t);

		if (cells == NULL)
			return -ENOMEM;
		for (k = 0; k < kind->nb_columns; k++)
			kind->columns[k].get(rows + i * kind->size, &cells[k]);
	}
	return 0;
}

static void
add_headings(struct table *t, const struct row_kind *kind)
{
	unsigned int k;

	for (k = 0; k < kind->nb_columns; k++)
		t->heading[k] = kind->columns[k].heading;
}

int
rows_print(const struct row_kind *kind, const void *rows, uint32_t nb, FILE *out)
{
	struct table t = { .nb_columns = kind->nb_columns };
	int ret;

	add_headings(&t, kind);
	ret = add_rows(&t, kind, rows, nb);
	if (ret == 0)
		table_print(&t, out);
	table_free(&t);
	return ret;
}

int
rows_table(struct app *a, const struct row_kind *kind, uint16_t port, FILE *out)
{
	struct table t = { .nb_columns = kind->nb_columns };
	struct rows rows = { .nb = 0 };
	uint32_t offset = 0;
	int ret;

	add_headings(&t, kind);
	do {
		ret = rows_get(a, kind, port, offset, ROWS_MAX, APP_ASK_MS, &rows);
		if (ret == 0)
			ret = add_rows(&t, kind, rows.row, rows.nb);
		offset += rows.nb;
	} while (ret == 0 && rows.nb != 0 && offset < rows.total);
	if (ret == 0)
		table_print(&t, out);
	table_free(&t);
	return ret;
}

int
rows_list(struct app *a, const struct row_kind *kind, uint16_t port, FILE *out)
{
	struct rows rows;
	unsigned int k;
	char buf[24];
	int ret;

	ret = rows_get(a, kind, port, 0, 1, APP_ASK_MS, &rows);
	if (ret == 0 && rows.nb == 0)
		ret = -ENODEV;
	for (k = 0; ret == 0 && k < kind->nb_columns; k++) {
		struct cell cell = { .is_number = false };

		if (kind->columns[k].heading == NULL)
			continue;
		kind->columns[k].get(rows.row, &cell);
		fprintf(out, "%s: %s\n", kind->columns[k].heading, cell_show(&cell, buf));
	}
	return ret;
}

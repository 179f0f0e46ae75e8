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
add_row(struct table *t, const struct row_kind *kind, const void *row)
{
	struct cell *cells = table_row(t);
	unsigned int k;

	if (cells == NULL)
		return -ENOMEM;
	for (k = 0; k < kind->nb_columns; k++)
		kind->columns[k].get(row, &cells[k]);
	return 0;
}

static int
add_rows(struct table *t, const struct row_kind *kind, const char *rows, uint32_t nb,
		const struct rows_view *view)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; ret == 0 && i < nb; i++) {
		const char *row = rows + i * kind->size;

		if (view->keep == NULL || view->keep(row, view->arg))
			ret = add_row(t, kind, row);
	}
	return ret;
}

void
rows_begin(struct table *t, const struct row_kind *kind, bool of_port)
{
	unsigned int k, n = 0;

	*t = (struct table){ .nb_columns = kind->nb_columns + of_port };
	if (of_port) {
		t->heading[n] = "Port";
		t->key[n++] = "port";
	}
	for (k = 0; k < kind->nb_columns; k++, n++) {
		t->heading[n] = kind->columns[k].heading;
		t->key[n] = kind->columns[k].key;
	}
}

static void
print(const struct table *t, const struct rows_view *view)
{
	if (view->json)
		table_print_json(t, view->out);
	else if (view->list)
		table_print_list(t, view->out);
	else
		table_print(t, view->out);
}

int
rows_print(const struct row_kind *kind, const void *rows, uint32_t nb, const struct rows_view *view)
{
	struct table t;
	int ret;

	rows_begin(&t, kind, false);
	ret = add_rows(&t, kind, rows, nb, view);
	if (ret == 0)
		print(&t, view);
	table_free(&t);
	return ret;
}

int
rows_show(struct app *a, const struct row_kind *kind, uint16_t port, const struct rows_view *view)
{
	struct rows rows = { .nb = 0 };
	uint32_t offset = 0;
	struct table t;
	int ret;

	rows_begin(&t, kind, false);
	do {
		ret = rows_get(a, kind, port, offset, ROWS_MAX, APP_ASK_MS, &rows);
		if (ret == 0)
			ret = add_rows(&t, kind, rows.row, rows.nb, view);
		offset += rows.nb;
	} while (ret == 0 && rows.nb != 0 && offset < rows.total);
	if (ret == 0 && view->list && t.nb_rows == 0)
		ret = -ENODEV;
	if (ret == 0)
		print(&t, view);
	table_free(&t);
	return ret;
}

int
rows_add(struct table *t, struct app *a, const struct row_kind *kind, uint16_t port, bool of_port)
{
	struct rows rows;
	unsigned int k;
	uint32_t i;
	int ret;

	ret = rows_get(a, kind, port, 0, ROWS_MAX, APP_ASK_MS, &rows);
	for (i = 0; ret == 0 && i < rows.nb; i++) {
		struct cell *cells = table_row(t);

		if (cells == NULL)
			return -ENOMEM;
		if (of_port)
			cell_number(&cells[0], port);
		for (k = 0; k < kind->nb_columns; k++)
			kind->columns[k].get(rows.row + i * kind->size, &cells[k + of_port]);
	}
	return ret;
}

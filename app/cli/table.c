/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "table.h"

struct cell *
table_row(struct table *t)
{
	struct cell *grown;

	if (t->nb_rows == t->room) {
		unsigned int room = t->room == 0 ? 32 : t->room * 2;

		grown = realloc(t->cells, sizeof(*grown) * room * t->nb_columns);
		if (grown == NULL)
			return NULL;
		t->cells = grown;
		t->room = room;
	}
	grown = &t->cells[t->nb_rows++ * t->nb_columns];
	memset(grown, 0, sizeof(*grown) * t->nb_columns);
	return grown;
}

void
cell_number(struct cell *c, uint64_t n)
{
	c->is_number = true;
	c->number = n;
}

void
cell_text(struct cell *c, const char *fmt, ...)
{
	va_list ap;

	c->is_number = false;
	va_start(ap, fmt);
	vsnprintf(c->text, sizeof(c->text), fmt, ap);
	va_end(ap);
}

const char *
cell_show(const struct cell *c, char buf[24])
{
	if (!c->is_number)
		return c->text;
	snprintf(buf, 24, "%" PRIu64, c->number);
	return buf;
}

static unsigned int
column_width(const struct table *t, unsigned int column)
{
	size_t width = strlen(t->heading[column]);
	unsigned int row;
	char buf[24];

	for (row = 0; row < t->nb_rows; row++) {
		const char *s = cell_show(&t->cells[row * t->nb_columns + column], buf);

		width = RTE_MAX(width, strlen(s));
	}
	return (unsigned int)width;
}

/* The last column of text gets no blanks behind it. */
static void
print_cell(FILE *out, const char *s, bool right, unsigned int width, bool last)
{
	if (right)
		fprintf(out, "%*s", (int)width, s);
	else
		fprintf(out, "%-*s", last ? 0 : (int)width, s);
	fputs(last ? "\n" : "  ", out);
}

void
table_print(const struct table *t, FILE *out)
{
	unsigned int width[TABLE_COLUMNS_MAX], c, row;
	char buf[24];

	if (t->nb_rows == 0) {
		fputs("none\n", out);
		return;
	}
	for (c = 0; c < t->nb_columns; c++)
		width[c] = column_width(t, c);
	for (c = 0; c < t->nb_columns; c++)
		print_cell(out, t->heading[c], t->cells[c].is_number, width[c],
				c + 1 == t->nb_columns);
	for (row = 0; row < t->nb_rows; row++) {
		const struct cell *cells = &t->cells[row * t->nb_columns];

		for (c = 0; c < t->nb_columns; c++)
			print_cell(out, cell_show(&cells[c], buf), cells[c].is_number, width[c],
					c + 1 == t->nb_columns);
	}
}

void
table_free(struct table *t)
{
	free(t->cells);
	t->cells = NULL;
	t->nb_rows = t->room = 0;
}

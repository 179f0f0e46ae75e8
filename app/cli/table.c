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

/* Text of a cell; buf for numbers. */
static const char *
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

static bool
is_none(const struct cell *c)
{
	return !c->is_number && strcmp(c->text, "-") == 0;
}

/* Is it a column of numbers? Some rows may have none. */
static bool
is_right(const struct table *t, unsigned int column)
{
	unsigned int row;

	for (row = 0; row < t->nb_rows; row++) {
		const struct cell *cell = &t->cells[row * t->nb_columns + column];

		if (cell->is_number)
			return true;
		if (!is_none(cell))
			return false;
	}
	return false;
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
	unsigned int width[TABLE_COLUMNS_MAX], c, row, last = t->nb_columns - 1;
	char buf[24];

	if (t->nb_rows == 0) {
		fputs("none\n", out);
		return;
	}
	while (t->heading[last] == NULL)
		last--;
	for (c = 0; c <= last; c++) {
		if (t->heading[c] == NULL)
			continue;
		width[c] = column_width(t, c);
		print_cell(out, t->heading[c], is_right(t, c), width[c], c == last);
	}
	for (row = 0; row < t->nb_rows; row++) {
		const struct cell *cells = &t->cells[row * t->nb_columns];

		for (c = 0; c <= last; c++) {
			if (t->heading[c] != NULL)
				print_cell(out, cell_show(&cells[c], buf), is_right(t, c), width[c],
						c == last);
		}
	}
}

void
table_print_list(const struct table *t, FILE *out)
{
	char buf[24];
	unsigned int c;

	for (c = 0; t->nb_rows > 0 && c < t->nb_columns; c++) {
		if (t->heading[c] != NULL)
			fprintf(out, "%s: %s\n", t->heading[c], cell_show(&t->cells[c], buf));
	}
}

/* As a JSON string; octets that are no ASCII become U+0080 to U+00FF. */
static void
json_string(const char *text, FILE *out)
{
	const unsigned char *s;

	fputc('"', out);
	for (s = (const unsigned char *)text; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			fprintf(out, "\\%c", *s);
		else if (*s < 0x20 || *s >= 0x7f)
			fprintf(out, "\\u%04x", *s);
		else
			fputc(*s, out);
	}
	fputc('"', out);
}

static void
json_cell(const struct cell *c, FILE *out)
{
	char buf[24];

	if (c->is_number || is_none(c))
		fputs(c->is_number ? cell_show(c, buf) : "null", out);
	else
		json_string(c->text, out);
}

void
table_print_json(const struct table *t, FILE *out)
{
	unsigned int c, row;

	fputc('[', out);
	for (row = 0; row < t->nb_rows; row++) {
		fputs(row == 0 ? "\n" : ",\n", out);
		for (c = 0; c < t->nb_columns; c++) {
			fputs(c == 0 ? " {" : ", ", out);
			json_string(t->key[c], out);
			fputs(": ", out);
			json_cell(&t->cells[row * t->nb_columns + c], out);
		}
		fputc('}', out);
	}
	fputs(t->nb_rows == 0 ? "]\n" : "\n]\n", out);
}

void
table_free(struct table *t)
{
	free(t->cells);
	t->cells = NULL;
	t->nb_rows = t->room = 0;
}

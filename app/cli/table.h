/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef TABLE_H
#define TABLE_H

/**
 * @file
 * Aligned tables for a terminal, and the same as JSON for programs.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/** Longest text of a cell, NUL included: a 20-octet address, or a reason. */
#define CELL_LEN 96
/** Most columns. */
#define TABLE_COLUMNS_MAX 40

/** A value: a number, or text; "-" stands for none, in JSON null. */
struct cell {
	bool is_number;
	uint64_t number;
	char text[CELL_LEN];
};

/** A table; start with { 0 } and the headings. */
struct table {
	unsigned int nb_columns;
	const char *heading[TABLE_COLUMNS_MAX]; /* NULL: only in JSON */
	const char *key[TABLE_COLUMNS_MAX];	/* in JSON */
	struct cell *cells;			/* row by row */
	unsigned int nb_rows, room;
};

/** Add a row of nb_columns cells to fill. @return the cells, or NULL out of memory */
struct cell *table_row(struct table *t);
/** Print headings and rows, numbers to the right; "none" without rows. */
void table_print(const struct table *t, FILE *out);
/** Print the first row, a line per column. */
void table_print_list(const struct table *t, FILE *out);
/** Print rows as a JSON array (RFC 8259) of objects, [] without rows. */
void table_print_json(const struct table *t, FILE *out);
/** Forget the rows. */
void table_free(struct table *t);

/** Set a cell. */
void cell_number(struct cell *c, uint64_t n);
void cell_text(struct cell *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif /* TABLE_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef ROWS_H
#define ROWS_H

/**
 * @file
 * What control tells about itself, described once for prompt and telemetry:
 * kinds of rows, their columns, and how to get them. Any thread but control's.
 */

#include <stddef.h>
#include <stdint.h>

#include "app.h"
#include "table.h"

/** Most rows that control is asked for at a time; telemetry's answers hold no more. */
#define ROWS_MAX 32

/** A column. */
struct column {
	const char *key;     /**< in telemetry */
	const char *heading; /**< on a terminal; NULL: not there */
	void (*get)(const void *row, struct cell *cell);
};

/** A kind of row. */
struct row_kind {
	size_t size;
	bool ipoib_port; /**< rows of one IPoIB port */
	unsigned int nb_columns;
	const struct column *columns;
	/** Control thread. @return rows filled */
	uint32_t (*fill)(struct control *c, uint16_t port, uint32_t offset, void *rows,
			uint32_t max, uint32_t *total);
};

extern const struct row_kind rows_address, rows_route, rows_ip_neigh, rows_ipoib_neigh, rows_path,
		rows_mcast, rows_dhcp;
extern const struct row_kind rows_bond_of; /* of one bond: port is its number */
extern const struct row_kind rows_filter;
/** Name of a protocol that rules know by name, or NULL. */
const char *filter_proto_name(uint16_t proto);
extern const struct row_kind rows_warning, rows_ip_set, rows_queue, rows_vlan, rows_bind, rows_bond,
		rows_member, rows_class, rows_mcast_port, rows_capture;
/** One row each. */
extern const struct row_kind rows_ipoib, rows_ipoib_sm, rows_ipoib_stats, rows_ipoib_list;

/** Rows as control gave them. */
struct rows {
	uint32_t nb;
	uint32_t total;
	char row[ROWS_MAX * sizeof(struct control_ipoib_neigh_row) +
			sizeof(struct control_ipoib_row)] __rte_aligned(8);
};

/**
 * Get up to @p max rows (at most ROWS_MAX) from @p offset on.
 * @return 0; -EBUSY control does not answer within @p timeout_ms; -ENODEV the
 *   port is no IPoIB port
 */
int rows_get(struct app *a, const struct row_kind *kind, uint16_t port, uint32_t offset,
		uint32_t max, uint32_t timeout_ms, struct rows *rows);

/** How rows are shown. */
struct rows_view {
	FILE *out;
	bool json; /**< an array of objects, else a table */
	bool list; /**< one row, a line per column; the same as JSON */
	/** Which rows; NULL: all. */
	bool (*keep)(const void *row, const void *arg);
	const void *arg;
};

/** Print all rows. @return 0 or as rows_get() */
int rows_show(struct app *a, const struct row_kind *kind, uint16_t port,
		const struct rows_view *view);

/** Print rows that the caller has. @return 0 or -ENOMEM */
int rows_print(const struct row_kind *kind, const void *rows, uint32_t nb,
		const struct rows_view *view);

/** Make @p t ready for rows of a kind, with one more column "port" in front if @p of_port. */
void rows_begin(struct table *t, const struct row_kind *kind, bool of_port);
/** Add rows of a port to it. @return 0 or as rows_get() */
int rows_add(struct table *t, struct app *a, const struct row_kind *kind, uint16_t port,
		bool of_port);

#endif /* ROWS_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "capture.h"
#include "cli.h"
#include "commands.h"
#include "rows.h"

int
cmd_ipoib_capture_start(struct cli *cli, const struct cmd_ipoib_capture_start *args)
{
	struct capture_cfg cfg = {
		.port = args->port,
		.file = args->file.text,
		.filter = args->has_filter ? args->filter.text : NULL,
		.snaplen = CAPTURE_SNAPLEN_MAX,
		.rebuilt = args->has_rebuilt,
	};
	int ret;

	if (args->has_snaplen)
		cfg.snaplen = (uint32_t)RTE_MIN(args->snaplen, (uint64_t)UINT32_MAX);
	ret = cli_check_port(cli, cfg.port);
	if (ret != 0)
		return ret;
	ret = capture_start(cli->a, &cfg);
	return ret == 0 ? 0 : cli_fail(cli, "%s", cfg.why);
}

int
cmd_ipoib_capture_stop(struct cli *cli, const struct cmd_ipoib_capture_stop *args)
{
	static const struct cli_error errors[] = {
		{ ENOENT, "the port is not being captured ('ipoib capture show')" },
		{ ETIMEDOUT, "a worker does not let go of it, try again" },
		{ 0 },
	};
	struct capture_row r;
	char what[16];
	int ret;

	snprintf(what, sizeof(what), "port %u", args->port);
	ret = capture_stop(cli->a, args->port, false, &r);
	if (ret != 0)
		return cli_result(cli, ret, what, errors);
	fprintf(cli->out, "Port %u: %" PRIu64 " packets in %s, %" PRIu64 " lost\n", r.port,
			r.written, r.file, r.drop_ring + r.drop_nombuf + r.drop_file);
	if (r.error == 0)
		return 0;
	return cli_fail(cli, "%s: %s", r.file, strerror(r.error));
}

int
cmd_ipoib_capture_show(struct cli *cli, const struct cmd_ipoib_capture_show *args __rte_unused)
{
	return cli_show(cli, &rows_capture, 0, "ipoib capture show");
}

#define ROW(row) ((const struct capture_row *)(row))
#define NUMBER(fn, field) \
	static void fn(const void *row, struct cell *c) \
	{ \
		cell_number(c, ROW(row)->field); \
	}
#define TEXT(fn, text) \
	static void fn(const void *row, struct cell *c) \
	{ \
		cell_text(c, "%s", text); \
	}

NUMBER(row_port, port)
NUMBER(row_snaplen, snaplen)
NUMBER(row_written, written)
NUMBER(row_octets, octets)
NUMBER(row_waiting, waiting)
NUMBER(row_drop_ring, drop_ring)
NUMBER(row_drop_nombuf, drop_nombuf)
NUMBER(row_drop_file, drop_file)
TEXT(row_at, ROW(row)->at_carrier ? "carrier" : "port")
TEXT(row_filter, ROW(row)->filter)
TEXT(row_file, ROW(row)->file)
TEXT(row_state, ROW(row)->error == 0 ? "runs" : strerror(ROW(row)->error))

/* They are nobody's but their own: control is asked as it is for all rows. */
static uint32_t
fill(struct control *c __rte_unused, uint16_t port __rte_unused, uint32_t offset, void *rows,
		uint32_t max, uint32_t *total)
{
	struct capture_row all[CAPTURES_MAX];
	uint32_t n;

	*total = capture_rows(all);
	n = offset < *total ? RTE_MIN(max, *total - offset) : 0;
	if (n != 0)
		memcpy(rows, &all[offset], n * sizeof(all[0]));
	return n;
}

static const struct column columns[] = {
	{ "port", "Port", row_port },
	{ "at", "At", row_at },
	{ "state", "State", row_state },
	{ "written", "Packets", row_written },
	{ "octets", "Octets", row_octets },
	{ "waiting", "Waiting", row_waiting },
	{ "drop_ring", "Lost: slow", row_drop_ring },
	{ "drop_nombuf", "Lost: no mbuf", row_drop_nombuf },
	{ "drop_file", "Lost: file", row_drop_file },
	{ "snaplen", "Snaplen", row_snaplen },
	{ "filter", "Filter", row_filter },
	{ "file", "File", row_file },
};

const struct row_kind rows_capture = {
	.size = sizeof(struct capture_row),
	.nb_columns = RTE_DIM(columns),
	.columns = columns,
	.fill = fill,
};

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Traffic classes of IPoIB ports: which DSCPs, and what path the SA is asked for. */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cli.h"
#include "commands.h"
#include "rows.h"

/* A change of a class, on its way to control. */
struct change {
	uint16_t port, value;
	uint8_t class, first, last;
	enum control_class_by by;
};

#define ROW(row) ((const struct control_class_row *)(row))

static void
class_class(const void *row, struct cell *c)
{
	cell_number(c, ROW(row)->class);
}

static void
class_path(const void *row, struct cell *c)
{
	switch (ROW(row)->by) {
	case CONTROL_CLASS_SL:
		cell_text(c, "sl %u", ROW(row)->value);
		break;
	case CONTROL_CLASS_QOS:
		cell_text(c, "qos %u", ROW(row)->value);
		break;
	default:
		cell_text(c, "default");
		break;
	}
}

/* "0-45,47-63" */
static void
class_dscps(const void *row, struct cell *c)
{
	uint64_t left = ROW(row)->dscps;
	unsigned int first, last;
	char buf[256] = "";
	size_t at = 0;

	for (first = 0; left != 0 && at < sizeof(buf) - 8; first = last + 1) {
		while ((left & RTE_BIT64(first)) == 0)
			first++;
		for (last = first; last < 63 && (left & RTE_BIT64(last + 1)) != 0; last++)
			left &= ~RTE_BIT64(last);
		left &= ~RTE_BIT64(last);
		at += (size_t)snprintf(&buf[at], sizeof(buf) - at,
				first == last ? "%s%u" : "%s%u-%u", at > 0 ? "," : "", first, last);
	}
	cell_text(c, "%s", at > 0 ? buf : "-");
}

static const struct column class_columns[] = {
	{ "class", "Class", class_class },
	{ "path", "Path", class_path },
	{ "dscp", "DSCP", class_dscps },
};

static uint32_t
class_fill(struct control *c, uint16_t port, uint32_t offset, void *rows, uint32_t max,
		uint32_t *total)
{
	return control_class_rows(c, port, offset, rows, max, total);
}

const struct row_kind rows_class = {
	.size = sizeof(struct control_class_row),
	.ipoib_port = true,
	.nb_columns = RTE_DIM(class_columns),
	.columns = class_columns,
	.fill = class_fill,
};

static int
path_fn(struct control *c, void *arg)
{
	const struct change *ch = arg;

	return control_class_path(c, ch->port, ch->class, ch->by, ch->value);
}

static int
dscp_fn(struct control *c, void *arg)
{
	const struct change *ch = arg;

	return control_class_set(c, ch->port, ch->first, ch->last, ch->class);
}

static int
ask(struct cli *cli, control_fn fn, struct change *ch, const char *what)
{
	static const struct cli_error errors[] = {
		{ ENODEV, "not an IPoIB forwarding port" },
		{ 0 },
	};
	int ret;

	ret = cli_check_port(cli, ch->port);
	if (ret != 0)
		return ret;
	ret = app_ask(cli->a, fn, ch, sizeof(*ch), APP_ASK_MS);
	return cli_result(cli, ret, what, errors);
}

/* @return 0, or negative after one line */
static int
check(struct cli *cli, const char *what, uint64_t value, uint64_t first, uint64_t last)
{
	if (value >= first && value <= last)
		return 0;
	return cli_fail(cli, "%s %" PRIu64 ": %" PRIu64 " to %" PRIu64 " are possible", what, value,
			first, last);
}

int
cmd_ipoib_class_path(struct cli *cli, const struct cmd_ipoib_class_path *args)
{
	bool sl = strcmp(args->by, "sl") == 0;
	struct change ch = { .port = args->port,
		.class = (uint8_t)args->class,
		.by = sl ? CONTROL_CLASS_SL : CONTROL_CLASS_QOS,
		.value = (uint16_t)args->value };
	int ret;

	ret = check(cli, "class", args->class, 1, IPOIB_CLASSES - 1);
	if (ret == 0)
		ret = check(cli, sl ? "SL" : "QoS class", args->value, 0, sl ? 15 : 4095);
	return ret != 0 ? ret : ask(cli, path_fn, &ch, "ipoib class path");
}

int
cmd_ipoib_class_path_default(struct cli *cli, const struct cmd_ipoib_class_path_default *args)
{
	struct change ch = {
		.port = args->port, .class = (uint8_t)args->class, .by = CONTROL_CLASS_DEFAULT
	};
	int ret;

	ret = check(cli, "class", args->class, 1, IPOIB_CLASSES - 1);
	return ret != 0 ? ret : ask(cli, path_fn, &ch, "ipoib class path");
}

int
cmd_ipoib_class_dscp(struct cli *cli, const struct cmd_ipoib_class_dscp *args)
{
	struct change ch = { .port = args->port,
		.class = (uint8_t)args->class,
		.first = (uint8_t)args->first,
		.last = (uint8_t)args->last };
	int ret;

	ret = check(cli, "class", args->class, 0, IPOIB_CLASSES - 1);
	if (ret == 0)
		ret = check(cli, "first DSCP", args->first, 0, 63);
	if (ret == 0)
		ret = check(cli, "last DSCP", args->last, args->first, 63);
	return ret != 0 ? ret : ask(cli, dscp_fn, &ch, "ipoib class dscp");
}

int
cmd_ipoib_class_show(struct cli *cli, const struct cmd_ipoib_class_show *args)
{
	int ret;

	ret = cli_check_ipoib(cli, args->port);
	return ret != 0 ? ret : cli_show(cli, &rows_class, args->port, "ipoib class show");
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "commands.h"
#include "parse.h"
#include "rows.h"

/* What is said to control of a bond that is there. */
struct bond_word {
	char name[CONTROL_BOND_NAME];
	uint16_t port;
};

/* "0,1" */
static int
read_members(const char *text, struct control_bond_cfg *cfg)
{
	char word[8];
	size_t len;
	uint64_t n;

	for (cfg->nb = 0;; text += len + 1) {
		len = strcspn(text, ",");
		if (cfg->nb == CONTROL_BOND_PORTS || len >= sizeof(word))
			return -EINVAL;
		snprintf(word, sizeof(word), "%.*s", (int)len, text);
		if (parse_uint(word, 0, DP_PORT_LOGICAL - 1, &n) != 0)
			return -EINVAL;
		cfg->member[cfg->nb++] = (uint16_t)n;
		if (text[len] == '\0')
			return 0;
	}
}

static int
take_name(struct cli *cli, const struct cli_string *name, char *to)
{
	if (strlen(name->text) >= CONTROL_BOND_NAME)
		return cli_fail(cli,
				"bond name '%s': a letter and up to %u letters and digits more",
				name->text, CONTROL_BOND_NAME - 2);
	snprintf(to, CONTROL_BOND_NAME, "%.*s", CONTROL_BOND_NAME - 1, name->text);
	return 0;
}

static int
add(struct cli *cli, const struct cli_string *name, const struct cli_string *ports,
		uint16_t primary)
{
	struct control_bond_cfg cfg = { .primary = primary };
	int ret;

	ret = take_name(cli, name, cfg.name);
	if (ret != 0)
		return ret;
	if (read_members(ports->text, &cfg) != 0)
		return cli_fail(cli,
				"ports '%s': 2 to %u port numbers with commas are allowed, as 0,1",
				ports->text, CONTROL_BOND_PORTS);
	ret = app_request(cli->a, bond_add, &cfg);
	if (ret != 0)
		return cli_request_fail(cli, ret, cfg.why);
	fprintf(cli->out, "Port %u is %s\n", cfg.port, cfg.name);
	return 0;
}

int
cmd_ipoib_bond_add(struct cli *cli, const struct cmd_ipoib_bond_add *args)
{
	return add(cli, &args->name, &args->ports, DP_PORT_NIL);
}

int
cmd_ipoib_bond_add_ports_primary(
		struct cli *cli, const struct cmd_ipoib_bond_add_ports_primary *args)
{
	return add(cli, &args->name, &args->ports, args->primary);
}

static int
find_fn(struct control *c, void *arg)
{
	return control_bond_find(c, ((struct bond_word *)arg)->name);
}

static int
active_fn(struct control *c, void *arg)
{
	struct bond_word *w = arg;

	return control_bond_active(c, w->name, w->port);
}

static const struct cli_error bond_errors[] = {
	{ ENOENT, "there is no such bond ('ipoib bond show')" },
	{ ENODEV, "the port is none of this bond's ('ipoib bond show')" },
	{ ENETDOWN, "the port is not usable now ('ipoib bond show')" },
	{ 0 },
};

/* @return port number of a bond, or negative after a line */
static int
find(struct cli *cli, const struct cli_string *name)
{
	struct bond_word w = { .port = 0 };
	int ret;

	ret = take_name(cli, name, w.name);
	if (ret != 0)
		return ret;
	ret = app_ask(cli->a, find_fn, &w, sizeof(w), APP_ASK_MS);
	return ret >= 0 ? ret : cli_result(cli, ret, name->text, bond_errors);
}

int
cmd_ipoib_bond_del(struct cli *cli, const struct cmd_ipoib_bond_del *args)
{
	struct port_unplug u = { .port = 0 };
	int ret;

	ret = find(cli, &args->name);
	if (ret < 0)
		return ret;
	u.port = (uint16_t)ret;
	ret = app_request(cli->a, port_unplug, &u);
	if (ret != 0)
		return cli_request_fail(cli, ret, u.why);
	fprintf(cli->out, "Port %u is removed\n", u.port);
	return 0;
}

int
cmd_ipoib_bond_active(struct cli *cli, const struct cmd_ipoib_bond_active *args)
{
	struct bond_word w = { .port = args->port };
	int ret;

	ret = take_name(cli, &args->name, w.name);
	if (ret != 0)
		return ret;
	ret = app_ask(cli->a, active_fn, &w, sizeof(w), APP_ASK_MS);
	return cli_result(cli, ret, args->name.text, bond_errors);
}

int
cmd_ipoib_bond_show(struct cli *cli, const struct cmd_ipoib_bond_show *args __rte_unused)
{
	return cli_show(cli, &rows_bond, DP_PORT_NIL, "ipoib bond show");
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Extended statistics: what a driver counts by names of its own. */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "show_port.h"

/* Counters of a driver at the last clear, in its order: they are not reset either. */
struct xseen {
	uint32_t came;
	int n;
	uint64_t *value;
};

static struct xseen xseen_last[DP_PORTS_MAX];

static uint64_t
xstat_base(struct cli *cli, uint16_t port, int n, uint64_t id)
{
	const struct xseen *x = &xseen_last[port];

	/* Another port with the number, or other queues, count from zero. */
	if (x->came != atomic_load(&cli->a->came[port]) || x->n != n || id >= (uint64_t)n)
		return 0;
	return x->value[id];
}

static void
xstat_print(struct cli *cli, uint16_t port, int n, const struct rte_eth_xstat_name *names,
		const struct rte_eth_xstat *x)
{
	uint64_t base = xstat_base(cli, port, n, x->id);

	fprintf(cli->out, "%s: %" PRIu64 "\n", names[x->id].name,
			x->value >= base ? x->value - base : x->value);
}

int
xstats_print(struct cli *cli, uint16_t port)
{
	struct rte_eth_xstat_name *names = NULL;
	struct rte_eth_xstat *x = NULL;
	int i, n, ret = 0;

	if (port_is_logical(cli, port))
		return 0;
	fprintf(cli->out, "###### NIC extended statistics for port %-2d\n", port);
	n = rte_eth_xstats_get_names(port, NULL, 0);
	if (n <= 0)
		return 0;
	names = calloc(n, sizeof(*names));
	x = calloc(n, sizeof(*x));
	if (names == NULL || x == NULL || rte_eth_xstats_get_names(port, names, n) != n ||
			rte_eth_xstats_get(port, x, n) != n) {
		ret = cli_fail(cli, "port %u: the driver gives no extended statistics", port);
		goto out;
	}
	for (i = 0; i < n; i++)
		xstat_print(cli, port, n, names, &x[i]);
out:
	free(names);
	free(x);
	return ret;
}

int
xstats_clear(struct cli *cli, uint16_t port)
{
	struct xseen *seen = &xseen_last[port];
	struct rte_eth_xstat *x;
	int i, n;

	if (port_is_logical(cli, port))
		return 0;
	n = rte_eth_xstats_get(port, NULL, 0);
	free(seen->value);
	*seen = (struct xseen){ .came = atomic_load(&cli->a->came[port]) };
	if (n <= 0)
		return 0;
	x = calloc(n, sizeof(*x));
	seen->value = calloc(n, sizeof(*seen->value));
	if (x != NULL && seen->value != NULL && rte_eth_xstats_get(port, x, n) == n) {
		seen->n = n;
		for (i = 0; i < n; i++)
			seen->value[x[i].id] = x[i].value;
	}
	free(x);
	return seen->n == n
			? 0
			: cli_fail(cli, "port %u: the driver gives no extended statistics", port);
}

/* --- those of --display-xstats --- */

/* Most names, and what each of a port was at the last show. */
#define CHOSEN_MAX 32

static struct chosen {
	uint32_t came;
	uint64_t us;
	uint64_t last[CHOSEN_MAX];
} chosen_last[DP_PORTS_MAX];

/* Cut "a,b": @return how many names */
static unsigned int
names_cut(char *text, char *name[CHOSEN_MAX])
{
	unsigned int n = 0;
	char *word;

	while ((word = strsep(&text, ",")) != NULL && n < CHOSEN_MAX) {
		if (*word != '\0')
			name[n++] = word;
	}
	return n;
}

static bool
value_get(uint16_t port, const char *name, uint64_t *value)
{
	uint64_t id;

	return rte_eth_xstats_get_id_by_name(port, name, &id) == 0 &&
			rte_eth_xstats_get_by_id(port, &id, value, 1) == 1;
}

static void
chosen_line(FILE *out, const char *name, uint64_t value, uint64_t last, uint64_t us)
{
	double diff = value > last ? (double)(value - last) : 0;

	fprintf(out, "  %-25s%12" PRIu64 " %15" PRIu64 "\n", name, value,
			us == 0 ? 0 : (uint64_t)(diff * 1e6 / (double)us));
}

void
xstats_chosen_print(struct cli *cli, uint16_t port)
{
	char *text = strdup(cli->a->opt.display_xstats), *name[CHOSEN_MAX];
	uint32_t came = atomic_load(&cli->a->came[port]);
	struct chosen *c = &chosen_last[port];
	uint64_t now = control_now_us(), us, value;
	unsigned int i, n;

	if (text == NULL)
		return;
	if (c->came != came)
		*c = (struct chosen){ .came = came };
	us = c->us == 0 ? 0 : now - c->us;
	c->us = now;
	fprintf(cli->out, "\n%-31s%-17s%s\n", " ", "Value", "Rate (since last show)");
	n = names_cut(text, name);
	for (i = 0; i < n; i++) {
		if (!value_get(port, name[i], &value))
			continue;
		chosen_line(cli->out, name[i], value, c->last[i], us);
		c->last[i] = value;
	}
	free(text);
}

static bool
some_port_has(struct cli *cli, const char *name)
{
	uint16_t ports[DP_PORTS_MAX], n = app_ports(cli->a, ports), i;
	uint64_t id;

	for (i = 0; i < n; i++) {
		if (ports[i] < DP_PORT_LOGICAL &&
				rte_eth_xstats_get_id_by_name(ports[i], name, &id) == 0)
			return true;
	}
	return false;
}

int
xstats_chosen_check(struct cli *cli)
{
	char *text, *name[CHOSEN_MAX];
	unsigned int i, n;
	int ret = 0;

	if (cli->a->opt.display_xstats == NULL)
		return 0;
	text = strdup(cli->a->opt.display_xstats);
	if (text == NULL)
		return -ENOMEM;
	n = names_cut(text, name);
	for (i = 0; i < n && ret == 0; i++) {
		if (!some_port_has(cli, name[i]))
			ret = cli_fail(cli,
					"--display-xstats: no port counts '%s': 'show port xstats all' "
					"has the names",
					name[i]);
	}
	free(text);
	return ret;
}

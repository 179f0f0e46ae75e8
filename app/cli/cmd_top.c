/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* The busiest neighbours, and what is dropped, of one second. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#include "cli.h"
#include "commands.h"
#include "parse.h"
#include "top.h"

#define SECOND_MS 1000
#define ROWS 10

/* What of many next hops, of all workers. */
struct sum {
	struct dp_top_place *place;
	size_t nb;
	uint64_t other_pkts, other_bytes;
};

static int
start_fn(struct control *c, void *arg)
{
	return control_top_start(c, *(struct dp_top **)arg);
}

static int
stop_fn(struct control *c, void *arg __rte_unused)
{
	return control_top_stop(c);
}

static int
by_key(const void *a, const void *b)
{
	return memcmp(&((const struct dp_top_place *)a)->key,
			&((const struct dp_top_place *)b)->key, sizeof(struct ipoib_addr));
}

static int
by_packets(const void *a, const void *b)
{
	uint64_t x = ((const struct dp_top_place *)a)->pkts;
	uint64_t y = ((const struct dp_top_place *)b)->pkts;

	return (x < y) - (x > y);
}

/* One place for each next hop, the busiest first. */
static int
sum_up(const struct dp_top *top, struct sum *s)
{
	size_t i, n = 0;
	uint16_t w;

	s->place = calloc((size_t)top->nb * DP_TOP_PLACES, sizeof(*s->place));
	if (s->place == NULL)
		return -ENOMEM;
	for (w = 0; w < top->nb; w++) {
		for (i = 0; i < DP_TOP_PLACES; i++) {
			if (top->table[w].place[i].pkts != 0)
				s->place[n++] = top->table[w].place[i];
		}
		s->other_pkts += top->table[w].other_pkts;
		s->other_bytes += top->table[w].other_bytes;
	}
	qsort(s->place, n, sizeof(*s->place), by_key);
	for (i = 0; i < n; i++) {
		if (s->nb != 0 && by_key(&s->place[s->nb - 1], &s->place[i]) == 0) {
			s->place[s->nb - 1].pkts += s->place[i].pkts;
			s->place[s->nb - 1].bytes += s->place[i].bytes;
		} else {
			s->place[s->nb++] = s->place[i];
		}
	}
	qsort(s->place, s->nb, sizeof(*s->place), by_packets);
	return 0;
}

static void
drops_get(const struct app *a, uint64_t *drop)
{
	struct dp_counters sum;
	uint16_t port;
	int i;

	memset(drop, 0, DP_DROP_MAX * sizeof(*drop));
	for (port = 0; port < DP_PORTS_MAX; port++) {
		dp_counters_get(a->dp, port, &sum);
		for (i = 0; i < DP_DROP_MAX; i++)
			drop[i] += sum.drop[i];
	}
}

static void
add_row(struct table *t, const char *what, const char *name, uint16_t port, uint64_t pkts,
		uint64_t bytes)
{
	struct cell *c = table_row(t);

	if (c == NULL)
		return;
	cell_text(&c[0], "%s", what);
	cell_text(&c[1], "%s", name);
	cell_text(&c[2], "-");
	cell_text(&c[4], "-");
	cell_number(&c[3], pkts);
	if (port != DP_PORT_NIL)
		cell_number(&c[2], port);
	if (bytes != 0)
		cell_number(&c[4], bytes);
}

static void
show(struct cli *cli, const struct sum *s, const uint64_t *drop)
{
	struct table t = {
		.nb_columns = 5,
		.heading = { "What", "Which", "Port", "Packets/s", "Octets/s" },
		.key = { "what", "which", "port", "packets", "octets" },
	};
	char ip[PARSE_IP_STRLEN], name[64];
	struct dp_ip addr;
	uint16_t port;
	size_t i;

	for (i = 0; i < s->nb && i < ROWS; i++) {
		dp_l3_key_get(&s->place[i].key, &port, &addr);
		add_row(&t, "neighbour", format_ip(addr.b, ip), port, s->place[i].pkts,
				s->place[i].bytes);
	}
	if (s->other_pkts != 0)
		add_row(&t, "neighbour", "others", DP_PORT_NIL, s->other_pkts, s->other_bytes);
	for (i = 0; i < DP_DROP_MAX; i++) {
		snprintf(name, sizeof(name), "drop_%s", dp_drop_name[i]);
		if (drop[i] != 0)
			add_row(&t, "drop", name, DP_PORT_NIL, drop[i], 0);
	}
	if (cli->json)
		table_print_json(&t, cli->out);
	else
		table_print(&t, cli->out);
	table_free(&t);
}

/* A whole second, whatever is typed meanwhile, unless that ends it. */
static void
wait_second(struct cli *cli)
{
	uint64_t hz = rte_get_timer_hz(), now = rte_get_timer_cycles(), end = now + hz;

	while (now < end && !cli_stopped(cli, (int)((end - now) * SECOND_MS / hz) + 1))
		now = rte_get_timer_cycles();
}

/* Workers may still count: then it cannot be freed. */
static bool
give_back(struct cli *cli)
{
	while (!atomic_load(&cli->a->quit)) {
		if (app_ask(cli->a, stop_fn, NULL, 0, APP_ASK_MS) == 0)
			return true;
	}
	return false;
}

int
cmd_show_top(struct cli *cli, const struct cmd_show_top *args __rte_unused)
{
	static const struct cli_error errors[] = {
		{ EBUSY, "somebody else looks, too: try again" },
		{ 0 },
	};
	uint64_t before[DP_DROP_MAX], after[DP_DROP_MAX];
	uint16_t nb = cli->a->dp->nb_workers;
	struct sum s = { .nb = 0 };
	struct dp_top *top;
	int ret = -ENOMEM, i;

	top = calloc(1, sizeof(*top) + nb * sizeof(top->table[0]));
	if (top != NULL) {
		top->nb = nb;
		ret = app_ask(cli->a, start_fn, &top, sizeof(top), APP_ASK_MS);
	}
	if (ret != 0) {
		free(top);
		return cli_result(cli, ret, "show top", errors);
	}
	drops_get(cli->a, before);
	wait_second(cli);
	drops_get(cli->a, after);
	if (!give_back(cli))
		return 0;
	ret = sum_up(top, &s);
	for (i = 0; i < DP_DROP_MAX; i++)
		after[i] -= RTE_MIN(before[i], after[i]);
	if (ret == 0)
		show(cli, &s, after);
	free(s.place);
	free(top);
	return cli_result(cli, ret, "show top", errors);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* What the command thread calls besides commands: a line that is parsed calls none of it. */

#include <stdlib.h>

#include "cli.h"
#include "journal.h"
#include "show_port.h"
#include "watch.h"

bool
app_has_port(struct app *a __rte_unused, uint16_t port)
{
	return port == 0;
}

uint16_t
app_ports(struct app *a __rte_unused, uint16_t ports[DP_PORTS_MAX])
{
	ports[0] = 0;
	return 1;
}

int
app_request(struct app *a __rte_unused, app_fn fn __rte_unused, void *arg __rte_unused)
{
	abort();
}

int
app_ask(struct app *a __rte_unused, control_fn fn __rte_unused, void *arg __rte_unused,
		size_t arg_size __rte_unused, uint32_t timeout_ms __rte_unused)
{
	abort();
}

int
run_start(struct app *a __rte_unused, void *arg __rte_unused)
{
	abort();
}

void
app_quit(struct app *a __rte_unused, int status __rte_unused)
{
	abort();
}

void
app_say(const char *fmt __rte_unused, ...)
{
	abort();
}

void
events_register(uint32_t events __rte_unused)
{
	abort();
}

int
watch_start(struct app *a __rte_unused)
{
	abort();
}

bool
prompt_run(struct cli *cli __rte_unused)
{
	abort();
}

int
journal_reload(struct cli *cli __rte_unused, struct journal *j __rte_unused,
		const char *path __rte_unused)
{
	abort();
}

int
xstats_chosen_check(struct cli *cli __rte_unused)
{
	abort();
}

int
port_stats_print(struct cli *cli __rte_unused, uint16_t port __rte_unused)
{
	abort();
}

int
rows_show(struct app *a __rte_unused, const struct row_kind *kind __rte_unused,
		uint16_t port __rte_unused, const struct rows_view *view __rte_unused)
{
	abort();
}

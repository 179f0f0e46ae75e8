/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <string.h>

#include "cli.h"
#include "commands.h"
#include "show_config.h"

/* Settings wait for the next start, as testpmd's do. */
/* Bursts that come first: they are sent before a worker's first turn. */
#define TX_FIRST_MAX 1000

int
cli_note_next_start(struct cli *cli)
{
	if (atomic_load(&cli->a->forwarding))
		fputs("takes effect at the next start\n", cli->out);
	return 0;
}

static int
start(struct cli *cli, uint32_t tx_first)
{
	static const struct cli_error errors[] = {
		{ EALREADY, "forwarding runs already" },
		{ EBUSY, "a worker lcore is busy" },
		{ ECANCELED, "the program ends" },
		{ 0 },
	};
	struct app *a = cli->a;
	int ret;

	if (atomic_load(&a->forwarding))
		return cli_result(cli, -EALREADY, "start", errors);
	a->tx_first = tx_first;
	ret = app_request(a, run_start, NULL);
	if (ret == -EINVAL)
		return cli_fail(cli, "%s", a->why);
	if (ret == 0) {
		config_fwd_print(a, cli->out);
		config_rxtx_print(a, cli->out);
	}
	return cli_result(cli, ret, "start", errors);
}

int
cmd_start(struct cli *cli, const struct cmd_start *args __rte_unused)
{
	return start(cli, 0);
}

int
cmd_start_tx_first(struct cli *cli, const struct cmd_start_tx_first *args)
{
	uint64_t n = args->has_n ? args->n : 1;

	if (n < 1 || n > TX_FIRST_MAX)
		return cli_fail(cli, "tx_first %ju: 1 to %u bursts are allowed", (uintmax_t)n,
				TX_FIRST_MAX);
	return start(cli, (uint32_t)n);
}

int
cmd_stop(struct cli *cli, const struct cmd_stop *args __rte_unused)
{
	static const struct cli_error errors[] = {
		{ EALREADY, "forwarding does not run" },
		{ ETIMEDOUT, "a worker does not stop" },
		{ 0 },
	};
	int ret;

	if (atomic_load(&cli->a->forwarding))
		fputs("Telling cores to stop...\nWaiting for lcores to finish...\n", cli->out);
	ret = app_request(cli->a, run_stop, NULL);
	if (ret == 0) {
		fwd_stats_print(cli->a, cli->out);
		fputs("\nDone.\n", cli->out);
	}
	return cli_result(cli, ret, "stop", errors);
}

int
cmd_show_fwd_stats_all(struct cli *cli, const struct cmd_show_fwd_stats_all *args __rte_unused)
{
	fwd_stats_print(cli->a, cli->out);
	return 0;
}

int
cmd_clear_fwd_stats_all(struct cli *cli, const struct cmd_clear_fwd_stats_all *args __rte_unused)
{
	return cli_result(cli, app_request(cli->a, run_clear, NULL), "clear fwd stats", NULL);
}

int
cmd_set_fwd(struct cli *cli, const struct cmd_set_fwd *args)
{
	unsigned int i;

	for (i = 0; i < DP_ENGINE_MAX; i++) {
		if (strcmp(args->engine, dp_engine_name[i]) == 0) {
			cli->a->engine = (enum dp_engine)i;
			fprintf(cli->out, "Set %s packet forwarding mode\n", args->engine);
			return cli_note_next_start(cli);
		}
	}
	return cli_fail(cli, "no engine '%s'", args->engine);
}

int
cmd_set_burst(struct cli *cli, const struct cmd_set_burst *args)
{
	if (args->n < 1 || args->n > DP_BURST_MAX)
		return cli_fail(cli, "burst %ju: 1 to %u is allowed", (uintmax_t)args->n,
				DP_BURST_MAX);
	cli->a->burst = (uint16_t)args->n;
	fprintf(cli->out, "Number of packets per burst set to %u\n", cli->a->burst);
	return cli_note_next_start(cli);
}

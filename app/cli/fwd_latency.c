/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* How long packets of txonly took, for prompt and telemetry. */

#include <inttypes.h>

#include <rte_cycles.h>

#include "cli.h"
#include "commands.h"
#include "fwd_stats.h"
#include "latency.h"

static uint64_t
to_ns(uint64_t cycles)
{
	return (uint64_t)((double)cycles * 1e9 / (double)rte_get_tsc_hz());
}

void
fwd_latency_get(const struct app *a, struct fwd_latency *l)
{
	struct dp_latency_sum s;

	dp_latency_get(a->dp, &s);
	*l = (struct fwd_latency){
		{
				{ "packets", s.packets },
				{ "late", s.late },
				{ "min_ns", to_ns(s.min) },
				{ "avg_ns", s.packets == 0 ? 0 : to_ns(s.total / s.packets) },
				{ "p50_ns", to_ns(s.p50) },
				{ "p90_ns", to_ns(s.p90) },
				{ "p99_ns", to_ns(s.p99) },
				{ "p999_ns", to_ns(s.p999) },
				{ "max_ns", to_ns(s.max) },
		},
	};
}

int
cmd_show_fwd_latency(struct cli *cli, const struct cmd_show_fwd_latency *args __rte_unused)
{
	struct fwd_latency l;
	unsigned int i;

	if (!cli->a->dp->txgen.stamp)
		return cli_fail(cli, "no packet has a stamp: 'set tx-stamp on', then start");
	fwd_latency_get(cli->a, &l);
	for (i = 0; i < RTE_DIM(l.value); i++)
		fprintf(cli->out, "%s: %" PRIu64 "\n", l.value[i].name, l.value[i].n);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Sizes of bursts, as testpmd's record-burst-stats shows them. */

#include <inttypes.h>

#include <rte_common.h>

#include "fwd_stats.h"

#define SHOWN 3

/* The most frequent two sizes but 0, which comes first in any case. */
static void
sizes_choose(const uint64_t spread[], unsigned int size[SHOWN])
{
	unsigned int i;

	size[0] = size[1] = size[2] = 0;
	for (i = 1; i <= DP_BURST_MAX; i++) {
		if (spread[i] == 0)
			continue;
		if (size[1] == 0 || spread[i] > spread[size[1]]) {
			size[2] = size[1];
			size[1] = i;
		} else if (size[2] == 0 || spread[i] > spread[size[2]]) {
			size[2] = i;
		}
	}
}

static void
line_print(FILE *out, const char *way, const uint64_t spread[])
{
	unsigned int size[SHOWN], i, percent, percents = 0;
	uint64_t total = 0, sum = 0;

	for (i = 0; i <= DP_BURST_MAX; i++)
		total += spread[i];
	if (total == 0)
		return;
	sizes_choose(spread, size);
	fprintf(out, "  %s-bursts : %" PRIu64 " [", way, total);
	for (i = 0; i < SHOWN; i++) {
		sum += i > 0 && size[i] == 0 ? 0 : spread[size[i]];
		if (sum == total) {
			fprintf(out, "%u%% of %u pkts]\n", 100 - percents, size[i]);
			return;
		}
		percent = (unsigned int)((double)spread[size[i]] / (double)total * 100);
		fprintf(out, "%u%% of %u pkts + ", percent, size[i]);
		percents += percent;
	}
	fprintf(out, "%u%% of other]\n", 100 - percents);
}

void
bursts_print(const struct app *a, uint16_t port, FILE *out)
{
	uint64_t rx[DP_BURST_MAX + 1], tx[DP_BURST_MAX + 1];

	if (!record_bursts_get(a, port, rx, tx))
		return;
	line_print(out, "RX", rx);
	line_print(out, "TX", tx);
}

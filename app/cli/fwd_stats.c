/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cli.h"
#include "fwd_stats.h"

static const char border[] = "----------------------";
static const char total_border[] = "+++++++++++++++";

/* What the drivers lost since the last start or clear. */
static void
driver_stats(const struct app *a, uint16_t port, struct rte_eth_stats *s)
{
	const struct rte_eth_stats *base = &a->stats_base[port];

	memset(s, 0, sizeof(*s));
	if (rte_eth_stats_get(port, s) != 0)
		return;
	s->imissed -= base->imissed;
	s->ierrors -= base->ierrors;
	s->oerrors -= base->oerrors;
	s->rx_nombuf -= base->rx_nombuf;
}

void
fwd_stats_get(const struct app *a, uint16_t port, struct fwd_stats *s)
{
	dp_counters_get(a->dp, port, &s->c);
	driver_stats(a, port, &s->driver);
	s->tx_dropped = s->c.drop[DP_DROP_tx_full] + s->c.drop[DP_DROP_tx_port] +
			s->c.drop[DP_DROP_inject_full] + s->driver.oerrors;
}

void
fwd_stats_add(struct fwd_stats *sum, const struct fwd_stats *s)
{
	unsigned int i;

	sum->c.rx_pkts += s->c.rx_pkts;
	sum->c.rx_bytes += s->c.rx_bytes;
	sum->c.tx_pkts += s->c.tx_pkts;
	sum->c.tx_bytes += s->c.tx_bytes;
	sum->c.punted += s->c.punted;
	sum->c.delivered += s->c.delivered;
	sum->c.originated += s->c.originated;
	sum->c.copies += s->c.copies;
	sum->c.consumed += s->c.consumed;
	for (i = 0; i < DP_DROP_MAX; i++)
		sum->c.drop[i] += s->c.drop[i];
	sum->driver.imissed += s->driver.imissed;
	sum->driver.ierrors += s->driver.ierrors;
	sum->driver.rx_nombuf += s->driver.rx_nombuf;
	sum->tx_dropped += s->tx_dropped;
}

static void
print_packets(FILE *out, const struct fwd_stats *s)
{
	fprintf(out,
			"  RX-packets: %-14" PRIu64 " RX-dropped: %-14" PRIu64 "RX-total: %-" PRIu64
			"\n",
			s->c.rx_pkts, s->driver.imissed, s->c.rx_pkts + s->driver.imissed);
	if (s->driver.ierrors + s->driver.rx_nombuf > 0) {
		fprintf(out, "  RX-error: %-" PRIu64 "\n", s->driver.ierrors);
		fprintf(out, "  RX-nombufs: %-14" PRIu64 "\n", s->driver.rx_nombuf);
	}
	fprintf(out,
			"  TX-packets: %-14" PRIu64 " TX-dropped: %-14" PRIu64 "TX-total: %-" PRIu64
			"\n",
			s->c.tx_pkts, s->tx_dropped, s->c.tx_pkts + s->tx_dropped);
}

/* Ours, under testpmd's lines: where packets came from and ended, other than by wire. */
static void
print_fates(FILE *out, const struct dp_counters *c)
{
	const struct {
		const char *name;
		uint64_t n;
	} fates[] = {
		{ "delivered", c->delivered },
		{ "originated", c->originated },
		{ "copies", c->copies },
		{ "consumed", c->consumed },
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(fates); i++) {
		if (fates[i].n != 0)
			fprintf(out, "  %s: %" PRIu64 "\n", fates[i].name, fates[i].n);
	}
	for (i = 0; i < DP_DROP_MAX; i++) {
		if (c->drop[i] != 0)
			fprintf(out, "  drop_%s: %" PRIu64 "  (%s)\n", dp_drop_name[i], c->drop[i],
					dp_drop_text[i]);
	}
}

static void
print_unaccounted(struct app *a, FILE *out)
{
	uint64_t queued;
	int64_t n;
	int ret;

	if (account_queued(a, &queued, APP_ASK_MS) == 0 && queued != 0)
		fprintf(out, "  queued: %" PRIu64 "\n", queued);
	ret = account_unaccounted(a, &n, APP_ASK_MS);
	if (ret == 0)
		fprintf(out, "  unaccounted %" PRId64 "\n", n);
	else if (ret == -EAGAIN)
		fputs("  unaccounted n/a (packets move: stop first)\n", out);
	else
		fputs("  unaccounted n/a (the control core is busy)\n", out);
}

void
fwd_stats_print(struct app *a, FILE *out)
{
	struct fwd_stats sum, s;
	uint16_t i;

	memset(&sum, 0, sizeof(sum));
	for (i = 0; i < a->nb_ports; i++) {
		fwd_stats_get(a, a->port[i], &s);
		fwd_stats_add(&sum, &s);
		fprintf(out, "\n  %s Forward statistics for port %-2d %s\n", border, a->port[i],
				border);
		print_packets(out, &s);
		print_fates(out, &s.c);
		fprintf(out, "  %s--------------------------------%s\n", border, border);
	}
	fprintf(out, "\n  %s Accumulated forward statistics for all ports%s\n", total_border,
			total_border);
	print_packets(out, &sum);
	print_fates(out, &sum.c);
	print_unaccounted(a, out);
	fprintf(out, "  %s++++++++++++++++++++++++++++++++++++++++++++++%s\n", total_border,
			total_border);
}

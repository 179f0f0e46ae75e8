/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <rte_cycles.h>

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
	if (!rte_eth_dev_is_valid_port(port) || rte_eth_stats_get(port, s) != 0)
		return;
	s->imissed -= base->imissed;
	s->ierrors -= base->ierrors;
	s->oerrors -= base->oerrors;
	s->rx_nombuf -= base->rx_nombuf;
}

static uint64_t
tx_dropped(const struct dp_counters *c)
{
	return c->drop[DP_DROP_tx_full] + c->drop[DP_DROP_tx_port] + c->drop[DP_DROP_inject_full];
}

void
fwd_stats_get(const struct app *a, uint16_t port, struct fwd_stats *s)
{
	dp_counters_get(a->dp, port, &s->c);
	driver_stats(a, port, &s->driver);
	s->tx_dropped = tx_dropped(&s->c) + s->driver.oerrors;
}

void
fwd_stats_add(struct fwd_stats *sum, const struct fwd_stats *s)
{
	dp_counters_add(&sum->c, &s->c);
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

/* port DP_PORT_NIL: several */
static void
print_port(const struct app *a, FILE *out, const char *what, uint16_t port,
		const struct fwd_stats *s)
{
	fprintf(out, "\n  %s Forward statistics for %s %s\n", border, what, border);
	print_packets(out, s);
	if (port != DP_PORT_NIL)
		bursts_print(a, port, out);
	print_fates(out, &s->c);
	fprintf(out, "  %s--------------------------------%s\n", border, border);
}

void
fwd_stats_gone(struct app *a, struct fwd_stats *sum)
{
	struct fwd_stats s = { 0 };
	uint64_t there = 0;
	uint16_t i;

	memset(sum, 0, sizeof(*sum));
	pthread_rwlock_rdlock(&a->ports_lock);
	sum->c = a->gone;
	sum->tx_dropped = tx_dropped(&sum->c);
	for (i = 0; i < a->nb_ports; i++)
		there |= RTE_BIT64(a->port[i]);
	for (i = 0; i < DP_PORTS_MAX; i++) {
		if ((there & RTE_BIT64(i)) != 0)
			continue;
		dp_counters_get(a->dp, i, &s.c);
		s.tx_dropped = tx_dropped(&s.c);
		fwd_stats_add(sum, &s);
	}
	pthread_rwlock_unlock(&a->ports_lock);
}

static void
print_gone(struct app *a, struct fwd_stats *sum, FILE *out)
{
	static const struct fwd_stats none;
	struct fwd_stats s;

	fwd_stats_gone(a, &s);
	if (memcmp(&s, &none, sizeof(s)) == 0)
		return;
	fwd_stats_add(sum, &s);
	print_port(a, out, "removed ports", DP_PORT_NIL, &s);
}

static void
print_cycles(const struct app *a, FILE *out, const struct dp_counters *c)
{
	uint64_t cycles = record_cycles_get(a);
	uint64_t n = dp_engine_sends(a->engine) ? c->tx_pkts : c->rx_pkts;

	if (n == 0)
		return;
	fprintf(out,
			"\n  CPU cycles/packet=%.2F (total cycles=%" PRIu64
			" / total %s packets=%" PRIu64 ") at %" PRIu64 " MHz Clock\n",
			(double)cycles / (double)n, cycles, dp_engine_name[a->engine], n,
			rte_get_tsc_hz() / 1000000);
}

void
fwd_stats_print(struct app *a, FILE *out)
{
	uint16_t ports[DP_PORTS_MAX], n = app_ports(a, ports), i;
	struct fwd_stats sum, s;
	char what[16];

	memset(&sum, 0, sizeof(sum));
	for (i = 0; i < n; i++) {
		fwd_stats_get(a, ports[i], &s);
		fwd_stats_add(&sum, &s);
		snprintf(what, sizeof(what), "port %-2u", ports[i]);
		print_port(a, out, what, ports[i], &s);
	}
	print_gone(a, &sum, out);
	fprintf(out, "\n  %s Accumulated forward statistics for all ports%s\n", total_border,
			total_border);
	print_packets(out, &sum);
	print_fates(out, &sum.c);
	print_unaccounted(a, out);
	fprintf(out, "  %s++++++++++++++++++++++++++++++++++++++++++++++%s\n", total_border,
			total_border);
	if (a->record_cycles)
		print_cycles(a, out, &sum.c);
}

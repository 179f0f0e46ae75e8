/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* The running configuration: what is of the whole program. */

#include <inttypes.h>

#include "app.h"
#include "config.h"
#include "parse.h"

/* A command that changes one does for the next start, so a file may hold them in any order. */
static void
write_engine(const struct app *a, FILE *out)
{
	uint16_t i;

	if (a->engine != (enum dp_engine)a->opt.engine)
		fprintf(out, "set fwd %s\n", dp_engine_name[a->engine]);
	if (a->burst != a->opt.burst)
		fprintf(out, "set burst %u\n", a->burst);
	for (i = 0; a->cores_set && i < a->lcores.nb_active; i++)
		fprintf(out, "%s%u", i == 0 ? "set corelist " : ",", a->lcores.worker[i]);
	if (a->cores_set)
		fputc('\n', out);
	if (a->record_cycles != (a->opt.record_cycles != 0))
		fprintf(out, "set record-core-cycles %s\n", a->record_cycles ? "on" : "off");
	if (a->record_bursts != (a->opt.record_bursts != 0))
		fprintf(out, "set record-burst-stats %s\n", a->record_bursts ? "on" : "off");
}

static void
write_packets(const struct dp_txgen *g, const struct dp_txgen *was, FILE *out)
{
	char src[PARSE_IPV4_STRLEN], dst[PARSE_IPV4_STRLEN];

	if (g->pkt_len != was->pkt_len)
		fprintf(out, "set txpkts %u\n", g->pkt_len);
	if (g->src_ip != was->src_ip || g->dst_ip != was->dst_ip)
		fprintf(out, "set tx-ip %s %s\n", format_ipv4(g->src_ip, src),
				format_ipv4(g->dst_ip, dst));
	if (g->src_port != was->src_port || g->dst_port != was->dst_port)
		fprintf(out, "set tx-udp %u %u\n", g->src_port, g->dst_port);
	/* After the length, which a stamp needs. */
	if (g->stamp != was->stamp)
		fprintf(out, "set tx-stamp %s\n", g->stamp ? "on" : "off");
}

static void
write_rates(const struct dp_txgen *g, const struct dp_txgen *was, FILE *out)
{
	if (g->pps != was->pps)
		fprintf(out, "set tx-pps %" PRIu64 "\n", g->pps);
	if (g->count != was->count)
		fprintf(out, "set tx-count %" PRIu64 "\n", g->count);
	if (g->flows != was->flows)
		fprintf(out, "set flowgen flows %" PRIu32 "\n", g->flows);
	if (g->clones != was->clones)
		fprintf(out, "set flowgen clones %u\n", g->clones);
	if (g->neighbours != was->neighbours)
		fprintf(out, "set flowgen neighbours %u\n", g->neighbours);
}

void
config_write_program(const struct app *a, FILE *out)
{
	write_engine(a, out);
	write_packets(&a->gen, &a->opt.gen, out);
	write_rates(&a->gen, &a->opt.gen, out);
	config_write_log(out);
}

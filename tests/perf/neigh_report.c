/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Lines for people, and the JSON file. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_version.h>

#include "neigh_perf.h"

#define RATIOS_MAX 32

struct ratio {
	const char *name;
	struct perf_stat s;
	double target;
};

struct perf_report {
	FILE *f; /* NULL: no file */
	bool cases;
	bool bytes;
	double ghz;
	struct ratio ratio[RATIOS_MAX];
	uint32_t nb_ratios;
};

struct perf_report *
report_open(const char *path, const char *memory, uint32_t rounds)
{
	struct perf_report *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->ghz = rte_get_tsc_hz() / 1e9;
	printf("%s; memory: %s; TSC %.3f GHz; %u rounds; time: CPU time of the reader\n",
			rte_version(), memory, r->ghz, rounds);
	printf("%7s %4s %6s %5s %7s %5s %7s  %-8s %7s %7s %7s %7s %9s\n", "entries", "hit",
			"active", "burst", "readers", "keys", "upd/s", "table", "ns", "min", "max",
			"cycles", "ours is");
	if (path == NULL)
		return r;
	r->f = fopen(path, "w");
	if (r->f == NULL) {
		perror(path);
		free(r);
		return NULL;
	}
	fprintf(r->f,
			"{\n\"dpdk\": \"%s\",\n\"memory\": \"%s\",\n\"tsc_ghz\": %.4f,\n"
			"\"rounds\": %u,\n\"cases\": [",
			rte_version(), memory, r->ghz, rounds);
	return r;
}

void
report_case(struct perf_report *r, const struct perf_case *c, const struct perf_peer *p,
		const struct perf_result *res, const struct perf_result *ours)
{
	struct perf_stat ns = perf_stat_of(res->ns, res->n), ratio = perf_speed(ours, res);
	const char *pattern = c->pattern == PERF_SAME ? "same" : "all";
	uint32_t active = c->active != 0 ? c->active : c->size;
	double updates = perf_stat_of(res->updates, res->n).median;

	printf("%7u %3u%% %6u %5u %7u %5s %7.0f  %-8s %7.2f %7.2f %7.2f %7.1f %8.2fx\n", c->size,
			c->hit, active, c->burst, c->readers, pattern, updates, p->name, ns.median,
			ns.min, ns.max, ns.median * r->ghz, ratio.median);
	fflush(stdout);
	if (r->f == NULL)
		return;
	fprintf(r->f,
			"%s\n{\"table\": \"%s\", \"size\": %u, \"hit\": %u, \"active\": %u, "
			"\"burst\": %u, \"readers\": %u, \"keys\": \"%s\", \"updates\": %u, "
			"\"updates_done\": %.0f, "
			"\"ns\": {\"median\": %.3f, \"min\": %.3f, \"max\": %.3f}, "
			"\"cycles\": %.2f, \"ours_is\": %.4f}",
			r->cases ? "," : "", p->name, c->size, c->hit, active, c->burst, c->readers,
			pattern, c->updates, updates, ns.median, ns.min, ns.max, ns.median * r->ghz,
			ratio.median);
	r->cases = true;
}

void
report_bytes(struct perf_report *r, const struct perf_peer *p, uint32_t size, double bytes)
{
	printf("bytes per entry at %u entries, %s: %.1f\n", size, p->name, bytes);
	if (r->f == NULL)
		return;
	fprintf(r->f,
			"%s\n{\"table\": \"%s\", \"what\": \"%s\", \"size\": %u, "
			"\"bytes_per_entry\": %.1f}",
			r->bytes ? "," : "\n],\n\"bytes\": [", p->name, p->what, size, bytes);
	r->bytes = true;
}

void
report_ratio(struct perf_report *r, const char *name, const struct perf_stat *s, double target)
{
	if (r->nb_ratios < RATIOS_MAX)
		r->ratio[r->nb_ratios++] = (struct ratio){ name, *s, target };
}

bool
report_close(struct perf_report *r)
{
	const struct ratio *x;
	bool ok = true;
	uint32_t i;

	printf("%-24s %8s %8s %8s %8s\n", "ratio", "median", "min", "max", "target");
	if (r->f != NULL)
		fprintf(r->f, "\n],\n\"ratios\": {");
	for (i = 0; i < r->nb_ratios; i++) {
		x = &r->ratio[i];
		printf("%-24s %8.3f %8.3f %8.3f %8.3f\n", x->name, x->s.median, x->s.min, x->s.max,
				x->target);
		if (r->f == NULL)
			continue;
		fprintf(r->f, "%s\n\"%s\": {\"median\": %.4f, \"min\": %.4f, \"max\": %.4f, ",
				i == 0 ? "" : ",", x->name, x->s.median, x->s.min, x->s.max);
		if (isnan(x->target))
			fprintf(r->f, "\"target\": null}");
		else
			fprintf(r->f, "\"target\": %.4f}", x->target);
	}
	if (r->f != NULL) {
		fprintf(r->f, "\n}\n}\n");
		ok = ferror(r->f) == 0;
		ok = fclose(r->f) == 0 && ok;
	}
	free(r);
	return ok;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * neigh_perf [--json FILE] [--quick] [--size N] [--rounds N]
 *	[--only basic|readers|hot|churn]
 *
 * How fast readers look up neighbours, ours against its peers. Needs two CPUs.
 * With 2 MB pages if enough are free, else with 4 kB pages; it says which.
 */

#include <getopt.h>
#include <malloc.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_hash_crc.h>
#include <rte_malloc.h>

#include "neigh_perf.h"

#define NB_PEERS 4
/* Of the same few entries. */
#define FEW 8
/* Of hot traffic. */
#define HOT 256
#define MEMORY_MB 1024
#define K 1024u
#define STREAM_MIN (16 * K)
#define STREAM_MAX (1024 * K)

static const struct perf_peer *const peers[NB_PEERS] = { &peer_ours, &peer_rtehash, &peer_lfht,
	&peer_kernel };
enum { OURS, RTEHASH, LFHT, KERNEL };

static struct {
	const char *json;
	bool quick;
	uint32_t only_size;
	const char *only; /* part */
	uint32_t rounds;
	struct perf_report *report;
	struct perf_keys keys;
	struct ipoib_addr *keymem;
	struct perf_stream stream[PERF_READERS];
	void *table[NB_PEERS];
	double bytes[NB_PEERS]; /* per entry, of the largest table */
	uint32_t bytes_size;
} perf = { .rounds = 7 };

static void
die(const char *what)
{
	fprintf(stderr, "neigh_perf: %s\n", what);
	exit(1);
}

/* Always the same numbers. */
static uint64_t
random_next(uint64_t *s)
{
	uint64_t z = *s += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* A GUID as a vendor counts them, in a subnet; each GID is one key's. */
static void
key_make(struct ipoib_addr *a, uint32_t i)
{
	uint64_t s = i;

	memset(a, 0, sizeof(*a));
	ib_put_be24(a->qpn, 2 + random_next(&s) % 0xfffff0);
	a->gid.raw[0] = 0xfe;
	a->gid.raw[1] = 0x80;
	a->gid.raw[9] = 0x02;
	a->gid.raw[10] = 0xc9;
	a->gid.raw[11] = 0x03;
	a->gid.raw[12] = i >> 24;
	a->gid.raw[13] = i >> 16;
	a->gid.raw[14] = i >> 8;
	a->gid.raw[15] = i;
}

/* Which key a reader's next packet goes to. */
static uint32_t
packet_key(const struct perf_case *c, uint32_t reader, uint64_t rnd)
{
	uint32_t active = c->active != 0 ? c->active : c->size;

	if (c->pattern == PERF_SAME)
		return rnd % active;
	return rnd % (active / c->readers) * c->readers + reader;
}

/* Long enough that every key has packets; a packet of 20 octets, read in order. */
static void
streams_make(const struct perf_case *c)
{
	uint32_t n = RTE_MIN(RTE_MAX(2 * c->size, STREAM_MIN), STREAM_MAX);
	struct perf_stream *s;
	uint64_t seed = 4391;
	uint32_t i, r, key;

	for (r = 0; r < c->readers; r++) {
		s = &perf.stream[r];
		s->n = n;
		s->hits = 0;
		for (i = 0; i < n; i++) {
			key = packet_key(c, r, random_next(&seed) >> 16);
			if (random_next(&seed) % 100 < c->hit)
				s->hits++;
			else
				key += 1u << 24;
			key_make(&s->addr[i], key);
		}
	}
}

/* All that is allocated, by EAL and by libc. */
static double
memory_used(void)
{
	struct rte_malloc_socket_stats st;
	struct mallinfo2 mi = mallinfo2();
	double sum = mi.uordblks + mi.hblkhd;
	int socket;

	for (socket = 0; socket < RTE_MAX_NUMA_NODES; socket++) {
		if (rte_malloc_get_socket_stats(socket, &st) == 0)
			sum += st.heap_allocsz_bytes;
	}
	return sum;
}

static void
tables_make(uint32_t size)
{
	double before;
	uint32_t i;

	for (i = 0; i < size; i++)
		key_make(&perf.keymem[i], i);
	perf.keys = (struct perf_keys){ .key = perf.keymem, .n = size };
	for (i = 0; i < NB_PEERS; i++) {
		before = memory_used();
		perf.table[i] = peers[i]->create(&perf.keys);
		if (perf.table[i] == NULL)
			die("a table could not be made: not enough memory");
		perf.bytes[i] = (memory_used() - before) / size;
	}
	perf.bytes_size = size;
}

static void
tables_free(void)
{
	uint32_t i;

	for (i = 0; i < NB_PEERS; i++)
		peers[i]->destroy(perf.table[i]);
}

/* A slice must outlast the tables' way into the caches. */
static uint32_t
slice_ms(const struct perf_case *c)
{
	uint32_t ms = c->size > 256 * K ? 100 : 30;

	return perf.quick ? ms / 2 : ms;
}

static void
slice(uint32_t peer, const struct perf_case *c, struct perf_result *res)
{
	if (!perf_slice(peers[peer], perf.table[peer], c, perf.stream, slice_ms(c), res)) {
		fprintf(stderr, "neigh_perf: %s found too many or too few\n", peers[peer]->name);
		exit(1);
	}
}

/* All peers that can, in turns; res is by peer. */
static void
case_run(const struct perf_case *c, struct perf_result res[NB_PEERS])
{
	uint32_t round, i;

	memset(res, 0, NB_PEERS * sizeof(*res));
	streams_make(c);
	for (round = 0; round < perf.rounds; round++) {
		for (i = 0; i < NB_PEERS; i++) {
			if (c->updates == 0 || peers[i]->update != NULL)
				slice(i, c, &res[i]);
		}
	}
	for (i = 0; i < NB_PEERS; i++) {
		if (res[i].n != 0)
			report_case(perf.report, c, peers[i], &res[i], &res[OURS]);
	}
}

static void
ratio_run(const char *name, const struct perf_result *ours, const struct perf_result *other,
		double target)
{
	struct perf_stat s = perf_speed(ours, other);

	report_ratio(perf.report, name, &s, target);
}

/* All sizes, hits and bursts of one reader. */
static void
run_basic(uint32_t size)
{
	static const uint32_t hits[] = { 100, 50, 0 }, bursts[] = { 32, 8, 64 };
	static const struct {
		uint32_t size;
		const char *name[NB_PEERS];
	} ratios[] = {
		{ K, { NULL, "neigh_vs_rtehash_1k", NULL, "neigh_vs_kernel_1k" } },
		{ 64 * K,
				{ NULL, "neigh_vs_rtehash_64k", "neigh_vs_lfht_64k",
						"neigh_vs_kernel_64k" } },
		{ 1024 * K,
				{ NULL, "neigh_vs_rtehash_1m", "neigh_vs_lfht_1m",
						"neigh_vs_kernel_1m" } },
	};
	static const double target[NB_PEERS] = { 0, 1 / 1.10, 1.8, 1.0 };
	struct perf_result res[NB_PEERS];
	uint32_t h, b, i, p;

	for (h = 0; h < RTE_DIM(hits); h++) {
		for (b = 0; b < RTE_DIM(bursts); b++) {
			struct perf_case c = {
				.size = size, .hit = hits[h], .burst = bursts[b], .readers = 1
			};

			if (perf.quick && (b != 0 || h == 1))
				continue;
			case_run(&c, res);
			for (i = 0; h == 0 && b == 0 && i < RTE_DIM(ratios); i++) {
				for (p = 0; p < NB_PEERS && ratios[i].size == size; p++) {
					if (ratios[i].name[p] != NULL)
						ratio_run(ratios[i].name[p], &res[OURS], &res[p],
								size == K && p == KERNEL
										? NAN
										: target[p]);
				}
			}
		}
	}
}

static void
run_readers(uint32_t size)
{
	struct perf_case c = { .size = size, .hit = 100, .burst = 32, .readers = 2 };
	struct perf_result res[NB_PEERS];

	case_run(&c, res);
	c.pattern = PERF_SAME;
	c.active = FEW;
	case_run(&c, res);
	if (size == 64 * K)
		ratio_run("neigh_vs_kernel_2readers", &res[OURS], &res[KERNEL], 3);
}

static void
run_hot(uint32_t size)
{
	struct perf_case c = { .size = size, .hit = 100, .active = HOT, .burst = 32, .readers = 1 };
	struct perf_result res[NB_PEERS];

	case_run(&c, res);
	ratio_run("neigh_hot_vs_rtehash", &res[OURS], &res[RTEHASH], 1.5);
}

/*
 * With and without a writer in turns: a round is three slices of each peer, every
 * other round in the opposite order. What is looked for is small, so more rounds.
 */
static void
run_churn(uint32_t size, uint32_t readers)
{
	static const uint32_t updates[] = { 0, 10000, 100000 };
	struct perf_case c = { .size = size, .hit = 100, .burst = 32, .readers = readers };
	struct perf_result res[RTE_DIM(updates)][NB_PEERS];
	uint32_t rounds = RTE_MIN(3 * perf.rounds, (uint32_t)PERF_ROUNDS_MAX);
	uint32_t round, i, u, p;

	memset(res, 0, sizeof(res));
	streams_make(&c);
	for (round = 0; round < rounds; round++) {
		for (p = 0; p < NB_PEERS; p++) {
			for (i = 0; i < RTE_DIM(updates) && peers[p]->update != NULL; i++) {
				u = round % 2 == 0 ? i : RTE_DIM(updates) - 1 - i;
				c.updates = updates[u];
				slice(p, &c, &res[u][p]);
			}
		}
	}
	for (u = 0; u < RTE_DIM(updates); u++) {
		c.updates = updates[u];
		for (p = 0; p < NB_PEERS; p++) {
			if (res[u][p].n != 0)
				report_case(perf.report, &c, peers[p], &res[u][p], &res[u][OURS]);
		}
	}
	if (readers == 1)
		ratio_run("neigh_churn_100k", &res[2][OURS], &res[0][OURS], 0.95);
}

static bool
wanted(const char *part)
{
	return perf.only == NULL || strcmp(perf.only, part) == 0;
}

static void
run_size(uint32_t size)
{
	tables_make(size);
	if (wanted("basic"))
		run_basic(size);
	if (wanted("readers") && (size == 64 * K || (size == 1024 * K && !perf.quick)))
		run_readers(size);
	if (wanted("hot") && size == 64 * K)
		run_hot(size);
	if (wanted("churn") && size == 64 * K) {
		run_churn(size, 1);
		if (!perf.quick)
			run_churn(size, 2);
	}
	tables_free();
}

static void
report_memory(void)
{
	struct perf_stat s;
	uint32_t i;

	for (i = 0; i < NB_PEERS; i++) {
		/* liburcu maps its buckets past malloc: two words each. */
		if (i == LFHT)
			perf.bytes[i] += 16.0 * rte_align32pow2(perf.bytes_size) / perf.bytes_size;
		report_bytes(perf.report, peers[i], perf.bytes_size, perf.bytes[i]);
	}
	s.median = s.min = s.max = perf.bytes[OURS];
	report_ratio(perf.report, "neigh_bytes_per_entry", &s, 192);
}

static uint32_t
number(const char *name, const char *s, uint32_t min, uint32_t max)
{
	char *end;
	unsigned long v = strtoul(s, &end, 10);

	if (*s == '\0' || *end != '\0' || v < min || v > max) {
		fprintf(stderr, "neigh_perf: --%s %s: a number from %u to %u\n", name, s, min, max);
		exit(2);
	}
	return v;
}

static void
part_check(const char *s)
{
	static const char *const parts[] = { "basic", "readers", "hot", "churn" };
	uint32_t i;

	for (i = 0; i < RTE_DIM(parts); i++) {
		if (strcmp(s, parts[i]) == 0)
			return;
	}
	fprintf(stderr, "neigh_perf: --only %s: basic, readers, hot or churn\n", s);
	exit(2);
}

static void
parse(int argc, char **argv)
{
	static const struct option opts[] = { { "json", required_argument, NULL, 'j' },
		{ "quick", no_argument, NULL, 'q' }, { "size", required_argument, NULL, 's' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "only", required_argument, NULL, 'o' }, { NULL, 0, NULL, 0 } };
	int opt;

	while ((opt = getopt_long(argc, argv, "", opts, NULL)) != -1) {
		switch (opt) {
		case 'j':
			perf.json = optarg;
			break;
		case 'q':
			perf.quick = true;
			perf.rounds = 5;
			break;
		case 's':
			perf.only_size = number("size", optarg, K, 1024 * K);
			break;
		case 'o':
			perf.only = optarg;
			part_check(optarg);
			break;
		case 'r':
			perf.rounds = number("rounds", optarg, 1, PERF_ROUNDS_MAX);
			break;
		default:
			exit(2);
		}
	}
	if (optind != argc) {
		fprintf(stderr,
				"neigh_perf: %s: unknown; --json FILE, --quick, --size N, "
				"--rounds N\n",
				argv[optind]);
		exit(2);
	}
}

static uint32_t
huge_free(void)
{
	FILE *f = fopen("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "r");
	unsigned int n = 0;

	if (f == NULL)
		return 0;
	if (fscanf(f, "%u", &n) != 1)
		n = 0;
	fclose(f);
	return n;
}

/* @return what the memory is made of */
static const char *
eal_start(const char *prog)
{
	bool huge = huge_free() >= MEMORY_MB / 2;
	char mem[16], prefix[64];
	const char *argv[] = { prog, "--no-pci", "--no-telemetry", "--no-shconf", "-l", "0",
		"--file-prefix", prefix, "-m", mem, huge ? "--in-memory" : "--no-huge" };
	cpu_set_t cpus;

	snprintf(mem, sizeof(mem), "%u", MEMORY_MB);
	snprintf(prefix, sizeof(prefix), "neigh-perf-%d", (int)getpid());
	sched_getaffinity(0, sizeof(cpus), &cpus);
	if (CPU_COUNT(&cpus) < PERF_READERS)
		die("needs two CPUs");
	if (rte_eal_init(RTE_DIM(argv), (char **)(uintptr_t)argv) < 0)
		die("EAL does not start");
	sched_setaffinity(0, sizeof(cpus), &cpus);
	return huge ? "2 MB pages" : "4 kB pages (too few free huge pages)";
}

int
main(int argc, char **argv)
{
	static const uint32_t sizes[] = { K, 48 * K, 64 * K, 1024 * K };
	const char *memory;
	uint32_t i;

	parse(argc, argv);
	memory = eal_start(argv[0]);
	perf.report = report_open(perf.json, memory, perf.rounds);
	perf.keymem = rte_malloc(NULL, 1024 * K * sizeof(*perf.keymem), 0);
	for (i = 0; i < PERF_READERS; i++)
		perf.stream[i].addr = rte_malloc(NULL, STREAM_MAX * sizeof(*perf.keymem), 0);
	if (perf.report == NULL || perf.keymem == NULL ||
			perf.stream[PERF_READERS - 1].addr == NULL)
		die("cannot start");
	for (i = 0; i < RTE_DIM(sizes); i++) {
		if (perf.only_size != 0 ? sizes[i] != perf.only_size
					: perf.quick && sizes[i] == 48 * K)
			continue;
		run_size(sizes[i]);
	}
	report_memory();
	return report_close(perf.report) ? 0 : 1;
}

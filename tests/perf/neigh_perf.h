/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef NEIGH_PERF_H
#define NEIGH_PERF_H

/*
 * The neighbour table and its peers, measured on the same keys and packets.
 *
 * A peer is a table filled with keys 0..n-1, where key i leads to address handle
 * i + 1. One round gives every peer a slice of time, one after another, so that
 * what disturbs the machine meets all; a ratio is taken within a round.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipoib_proto.h"

#define PERF_READERS 2
#define PERF_BURST_MAX 64
#define PERF_ROUNDS_MAX 31

struct perf_keys {
	const struct ipoib_addr *key;
	uint32_t n;
};

struct perf_peer {
	const char *name;
	const char *what; /* in words, for the report */
	/* Make a table of all keys. @return NULL: no memory */
	void *(*create)(const struct perf_keys *k);
	void (*destroy)(void *t);
	/* In the reader's thread, before and after its lookups. */
	void (*reader_begin)(void *t, uint32_t id);
	void (*reader_end)(void *t, uint32_t id);
	/* Look up a burst and report quiescent; adds to *sum what was found. @return hits */
	uint32_t (*lookup)(void *t, uint32_t id, const struct ipoib_addr *const keys[], uint32_t n,
			uint64_t *sum);
	/* Writer: replace the value of key i. @return false: must be tried later; may be NULL */
	bool (*update)(void *t, uint32_t i);
};

extern const struct perf_peer peer_ours;
extern const struct perf_peer peer_rtehash;
extern const struct perf_peer peer_lfht;
extern const struct perf_peer peer_kernel;

enum perf_pattern {
	PERF_SPREAD, /* each reader has packets of its own, to all keys */
	PERF_SAME    /* all readers go to the same few keys */
};

struct perf_case {
	uint32_t size;
	uint32_t hit;	 /* percent */
	uint32_t active; /* keys that the packets go to, 0: all */
	uint32_t burst;
	uint32_t readers;
	enum perf_pattern pattern;
	uint32_t updates; /* a second */
};

/* Packets: destination addresses in the order they arrive. */
struct perf_stream {
	struct ipoib_addr *addr;
	uint32_t n; /* multiple of PERF_BURST_MAX */
	uint32_t hits;
};

/* Result of a peer in a case: per round. */
struct perf_result {
	double ns[PERF_ROUNDS_MAX];	 /* per lookup, of a reader */
	double updates[PERF_ROUNDS_MAX]; /* a second, done */
	uint32_t n;
};

struct perf_stat {
	double median, min, max;
};

/* One slice: readers run @p ms each after a warm-up. @return false: wrong number of hits */
bool perf_slice(const struct perf_peer *p, void *t, const struct perf_case *c,
		const struct perf_stream s[PERF_READERS], uint32_t ms, struct perf_result *r);

struct perf_stat perf_stat_of(const double *v, uint32_t n);
/* Median, least and most of b's time through a's, round by round. */
struct perf_stat perf_speed(const struct perf_result *a, const struct perf_result *b);

/* What goes to the terminal and to the JSON file. */
struct perf_report;
struct perf_report *report_open(const char *path, const char *memory, uint32_t rounds);
void report_case(struct perf_report *r, const struct perf_case *c, const struct perf_peer *p,
		const struct perf_result *res, const struct perf_result *ours);
/* @p target NAN: none */
void report_ratio(
		struct perf_report *r, const char *name, const struct perf_stat *s, double target);
void report_bytes(struct perf_report *r, const struct perf_peer *p, uint32_t size, double bytes);
/* @return false: could not be written */
bool report_close(struct perf_report *r);

#endif /* NEIGH_PERF_H */

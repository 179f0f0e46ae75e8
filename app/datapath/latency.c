/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_ip.h>
#include <rte_malloc.h>
#include <rte_udp.h>

#include "latency.h"
#include "worker.h"

/*
 * The histogram has buckets of equal width within each power of two, so that a percentile is right
 * to 1/64 of itself, whatever its size.
 */
#define SUB_BITS 6
#define SUBS (1U << SUB_BITS)
#define BUCKETS ((64 - SUB_BITS + 1) * SUBS)
#define MAGIC 0x1b1b

/* All big endian. */
struct stamp {
	rte_be16_t magic;
	rte_be16_t stream; /* the worker that sent it */
	rte_be32_t number;
	rte_be64_t tsc;
} __attribute__((packed));
static_assert(sizeof(struct stamp) == DP_STAMP_LEN, "a stamp has no padding");

/* Of one worker, which alone writes it. */
struct dp_latency {
	uint64_t packets, late, min, max, total;
	uint32_t next[DP_WORKERS_MAX]; /* number expected, by stream */
	uint64_t bucket[BUCKETS];
};

static unsigned int
bucket_of(uint64_t v)
{
	unsigned int e;

	if (v < SUBS)
		return (unsigned int)v;
	e = 63 - (unsigned int)__builtin_clzll(v);
	return (e - SUB_BITS + 1) * SUBS + (unsigned int)(v >> (e - SUB_BITS) & (SUBS - 1));
}

/* The highest value in a bucket. */
static uint64_t
bucket_top(unsigned int i)
{
	unsigned int shift;

	if (i < SUBS)
		return i;
	shift = i / SUBS - 1;
	return ((uint64_t)(SUBS + i % SUBS + 1) << shift) - 1;
}

int
dp_latency_init(struct dp *dp)
{
	uint16_t i;

	for (i = 0; i < dp->nb_workers; i++) {
		struct dp_worker *w = dp->worker[i];

		if (w->latency == NULL)
			w->latency = rte_zmalloc_socket("dp_latency", sizeof(*w->latency),
					RTE_CACHE_LINE_SIZE, (int)rte_lcore_to_socket_id(w->lcore));
		if (w->latency == NULL)
			return -ENOMEM;
	}
	return 0;
}

void
dp_latency_begin(struct dp_worker *w)
{
	w->gen.number = 0;
	if (!w->dp->txgen.stamp || w->latency == NULL)
		return;
	memset(w->latency, 0, sizeof(*w->latency));
	w->latency->min = UINT64_MAX;
}

void
dp_stamp_write(struct dp_worker *w, void *stamp)
{
	struct stamp s = {
		.magic = RTE_BE16(MAGIC),
		.stream = rte_cpu_to_be_16(w->id),
		.number = rte_cpu_to_be_32(w->gen.number++),
		.tsc = rte_cpu_to_be_64(rte_rdtsc()),
	};

	memcpy(stamp, &s, sizeof(s));
}

static void
stamp_count(struct dp_latency *l, const struct stamp *s, uint64_t now)
{
	uint64_t sent = rte_be_to_cpu_64(s->tsc);
	uint64_t took = likely(now > sent) ? now - sent : 0;
	uint32_t *next = &l->next[rte_be_to_cpu_16(s->stream) % DP_WORKERS_MAX];
	uint32_t number = rte_be_to_cpu_32(s->number);

	if (unlikely((int32_t)(number - *next) < 0))
		dp_count(&l->late, 1);
	else
		*next = number + 1;
	dp_count(&l->packets, 1);
	dp_count(&l->total, took);
	dp_count(&l->bucket[bucket_of(took)], 1);
	if (took < l->min)
		__atomic_store_n(&l->min, took, __ATOMIC_RELAXED);
	if (took > l->max)
		__atomic_store_n(&l->max, took, __ATOMIC_RELAXED);
}

/* Ours are UDP over IPv4 without options. Other packets have no stamp. */
void
dp_stamp_read(struct dp_worker *w, uint16_t port, struct rte_mbuf *const *pkts, uint16_t n)
{
	uint32_t l2 = dp_l2_len(dp_port_kind(w->dp, port));
	uint64_t now = rte_rdtsc();
	const struct rte_ipv4_hdr *ip;
	struct stamp s;
	uint16_t i;

	if (unlikely(w->latency == NULL))
		return;
	for (i = 0; i < n; i++) {
		if (pkts[i]->data_len < l2 + DP_STAMP_PKT_MIN)
			continue;
		ip = rte_pktmbuf_mtod_offset(pkts[i], const struct rte_ipv4_hdr *, l2);
		memcpy(&s, (const struct rte_udp_hdr *)(ip + 1) + 1, sizeof(s));
		if (ip->version_ihl == RTE_IPV4_VHL_DEF && ip->next_proto_id == IPPROTO_UDP &&
				s.magic == RTE_BE16(MAGIC))
			stamp_count(w->latency, &s, now);
	}
}

/* The value that @p permille of all are at or below. */
static uint64_t
percentile(const uint64_t *bucket, uint64_t packets, uint32_t permille, uint64_t max)
{
	uint64_t want = (packets * permille + 999) / 1000, n = 0;
	unsigned int i;

	for (i = 0; i < BUCKETS; i++) {
		n += bucket[i];
		if (n >= want)
			return RTE_MIN(bucket_top(i), max);
	}
	return max;
}

void
dp_latency_get(const struct dp *dp, struct dp_latency_sum *sum)
{
	uint64_t bucket[BUCKETS] = { 0 };
	unsigned int i, k;

	memset(sum, 0, sizeof(*sum));
	sum->min = UINT64_MAX;
	for (i = 0; i < dp->nb_workers; i++) {
		const struct dp_latency *l = dp->worker[i]->latency;

		if (l == NULL)
			continue;
		sum->late += __atomic_load_n(&l->late, __ATOMIC_RELAXED);
		sum->total += __atomic_load_n(&l->total, __ATOMIC_RELAXED);
		sum->min = RTE_MIN(sum->min, __atomic_load_n(&l->min, __ATOMIC_RELAXED));
		sum->max = RTE_MAX(sum->max, __atomic_load_n(&l->max, __ATOMIC_RELAXED));
		for (k = 0; k < BUCKETS; k++) {
			bucket[k] += __atomic_load_n(&l->bucket[k], __ATOMIC_RELAXED);
			sum->packets += __atomic_load_n(&l->bucket[k], __ATOMIC_RELAXED);
		}
	}
	if (sum->packets == 0) {
		memset(sum, 0, sizeof(*sum));
		return;
	}
	sum->p50 = percentile(bucket, sum->packets, 500, sum->max);
	sum->p90 = percentile(bucket, sum->packets, 900, sum->max);
	sum->p99 = percentile(bucket, sum->packets, 990, sum->max);
	sum->p999 = percentile(bucket, sum->packets, 999, sum->max);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * How fast one core copies a packet, and how fast it computes the CRCs of InfiniBand: what bounds
 * the software HCA with crc=on. One line of JSON, Gb/s: the best of many short times.
 *
 *	crc_rate LENGTH
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_cpuflags.h>
#include <rte_common.h>
#include <rte_net_crc.h>
#include <rte_vect.h>

#include "compat.h"
#include "ib_crc.h"

#define LENGTH_MAX 8192
#define TIMES 2000
#define EACH 100

static uint8_t from[LENGTH_MAX], to[LENGTH_MAX];
static volatile uint32_t sink;
static struct rte_net_crc *crc;

static void
copy(uint32_t len)
{
	memcpy(to, from, len);
	sink = to[len - 1];
}

static void
net_crc(uint32_t len)
{
	sink = COMPAT_NET_CRC32(crc, from, len);
}

static void
icrc(uint32_t len)
{
	sink = ib_icrc_buf(from, len);
}

static void
vcrc(uint32_t len)
{
	sink = ib_vcrc_buf(from, len);
}

static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static double
gbps(void (*work)(uint32_t len), uint32_t len)
{
	uint64_t start, best = UINT64_MAX;
	unsigned int i, k;

	for (i = 0; i < TIMES; i++) {
		start = now_ns();
		for (k = 0; k < EACH; k++)
			work(len);
		start = now_ns() - start;
		best = RTE_MIN(best, start);
	}
	return 8.0 * len * EACH / (double)best;
}

int
main(int argc, char **argv)
{
	uint32_t i, len = argc == 2 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;

	if (len < 64 || len > LENGTH_MAX) {
		fprintf(stderr, "usage: crc_rate LENGTH, 64 to %u\n", LENGTH_MAX);
		return 2;
	}
	ib_crc_init();
	rte_vect_set_max_simd_bitwidth(RTE_VECT_SIMD_512); /* as EAL does */
	crc = COMPAT_NET_CRC32_NEW(rte_cpu_get_flag_enabled(RTE_CPUFLAG_VPCLMULQDQ) > 0
					? RTE_NET_CRC_AVX512
					: RTE_NET_CRC_SSE42);
	for (i = 0; i < len; i++)
		from[i] = (uint8_t)rand();
	from[0] = 0;
	from[1] = 2; /* an LRH of a packet without GRH */
	printf("{\"octets\": %u, \"memcpy\": %.1f, \"rte_net_crc\": %.1f, \"icrc\": %.1f, "
	       "\"vcrc\": %.1f}\n",
			len, gbps(copy, len), gbps(net_crc, len), gbps(icrc, len), gbps(vcrc, len));
	return 0;
}

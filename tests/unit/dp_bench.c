/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * What a worker's turn costs a packet that it forwards: the same 32 buffers go round through rings,
 * so no pool and no cold memory is measured. In turn: nothing is at control; packets of another next
 * hop are. Prints the median of many bursts of each, and their ratio.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#include "dp_fixture.h"

#define BURST 32
#define ROUNDS 20000
#define LEN 60

enum { IDLE, WAITING, STATES };
static uint64_t spent[STATES][ROUNDS];

static int
by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double
median_ns(uint64_t *v)
{
	qsort(v, ROUNDS, sizeof(*v), by_value);
	return (double)v[ROUNDS / 2] * 1e9 / (double)rte_get_tsc_hz() / BURST;
}

/* A packet for a next hop that nobody knows is at control, or has been there. */
static void
state_set(unsigned int state)
{
	if (state == WAITING) {
		fx_rx(IB1, fx_packet(IB1, IP_FAR, IP_UNKNOWN, 64, LEN));
		fx_turn();
	} else {
		fx_free_punted(fx_punt());
		fx_turn();
	}
}

static uint64_t
burst(uint16_t in, uint16_t out, uint32_t dst)
{
	struct rte_mbuf *m[BURST];
	uint64_t start, took;
	unsigned int i;

	for (i = 0; i < BURST; i++)
		m[i] = fx_packet(in, IP_FAR, dst, 64, LEN);
	if (rte_ring_enqueue_bulk(fx.rx[in][0], (void **)m, BURST, NULL) != BURST)
		rte_panic("ring\n");
	start = rte_rdtsc_precise();
	fx_turn();
	took = rte_rdtsc_precise() - start;
	if (rte_ring_dequeue_bulk(fx.tx[out][0], (void **)m, BURST, NULL) != BURST)
		rte_panic("not all were sent\n");
	rte_pktmbuf_free_bulk(m, BURST);
	return took;
}

static void
bench(const char *what, uint16_t in, uint16_t out, uint32_t dst)
{
	double ns[STATES];
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		spent[IDLE][i] = burst(in, out, dst);
		state_set(WAITING);
		spent[WAITING][i] = burst(in, out, dst);
		state_set(IDLE);
	}
	for (i = 0; i < STATES; i++)
		ns[i] = median_ns(spent[i]);
	printf("%s: %.1f ns a packet, %.1f while another next hop waits: %.3f\n", what, ns[IDLE],
			ns[WAITING], ns[WAITING] / ns[IDLE]);
}

int
main(void)
{
	if (fx_start(NULL) != 0 || fx_setup(NULL) != 0)
		return 1;
	bench("IPoIB to Ethernet", IB1, ETH0, IP_HOST);
	bench("Ethernet to IPoIB", ETH0, IB1, IP_FAR);
	fx_teardown(NULL);
	return fx_stop(NULL);
}

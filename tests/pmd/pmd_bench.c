/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * What a burst of the driver costs: the same 32 buffers go round through rings,
 * so no pool and no cold memory is measured. Prints the median of many bursts.
 *
 * pmd_bench ORACLE
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>

#include "pmd_fixture.h"

#define BURST 32
#define ROUNDS 20000
#define PEER_QPN 0x4321
#define LEN 64

static uint64_t spent[ROUNDS];

static int
by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
print(const char *what, const char *args)
{
	qsort(spent, ROUNDS, sizeof(spent[0]), by_value);
	printf("%s%s: %.1f ns a packet\n", what, args,
			(double)spent[ROUNDS / 2] * 1e9 / (double)rte_get_tsc_hz() / BURST);
}

static void
bench_rx(uint16_t port, const char *args)
{
	struct rte_mbuf *m[BURST];
	struct pmd_ipoib_info info;
	uint8_t frame[FX_FRAME_MAX];
	char words[128];
	unsigned int i, k;
	uint64_t start;
	uint32_t len;

	pmd_ipoib_info_get(port, &info);
	snprintf(words, sizeof(words), "dqpn=%u len=%u", info.qpn[0], LEN);
	len = fx_oracle(words, frame, sizeof(frame));
	for (i = 0; i < BURST; i++) {
		m[i] = rte_pktmbuf_alloc(fx_pool);
		memcpy(rte_pktmbuf_append(m[i], (uint16_t)len), frame, len);
	}
	for (k = 0; k < ROUNDS; k++) {
		if (rte_ring_enqueue_bulk(fx.rx, (void **)m, BURST, NULL) != BURST)
			rte_panic("ring\n");
		start = rte_rdtsc_precise();
		i = rte_eth_rx_burst(port, 0, m, BURST);
		spent[k] = rte_rdtsc_precise() - start;
		if (i != BURST)
			rte_panic("%u received\n", i);
		for (i = 0; i < BURST; i++) {
			m[i]->data_off = RTE_PKTMBUF_HEADROOM;
			m[i]->data_len = (uint16_t)len;
			m[i]->pkt_len = len;
		}
	}
	rte_pktmbuf_free_bulk(m, BURST);
	print("rx", args);
}

static void
bench_tx(uint16_t port, const char *args)
{
	uint32_t ah = fx_ah(port, 0x102, NULL);
	struct rte_mbuf *m[BURST];
	unsigned int i, k;
	uint64_t start;

	for (i = 0; i < BURST; i++)
		m[i] = fx_packet(LEN, ah, PEER_QPN);
	for (k = 0; k < ROUNDS; k++) {
		start = rte_rdtsc_precise();
		i = rte_eth_tx_burst(port, 0, m, BURST);
		spent[k] = rte_rdtsc_precise() - start;
		if (i != BURST || rte_ring_dequeue_bulk(fx.tx[0], (void **)m, BURST, NULL) != BURST)
			rte_panic("%u sent\n", i);
		for (i = 0; i < BURST; i++) {
			m[i]->data_off = RTE_PKTMBUF_HEADROOM;
			m[i]->data_len = LEN;
			m[i]->pkt_len = LEN;
		}
	}
	rte_pktmbuf_free_bulk(m, BURST);
	pmd_ipoib_ah_destroy(port, ah);
	print("tx", args);
}

static uint64_t
attach_all(uint16_t port, unsigned int n)
{
	uint64_t start = rte_rdtsc();
	struct ib_gid mgid;
	unsigned int i;

	for (i = 0; i < n; i++) {
		ipoib_mgid_ipv4(IPOIB_SCOPE_LINK, 0x8001, 0xe1000000 + i, &mgid);
		if (pmd_ipoib_mcast_attach(port, &mgid, (uint16_t)(0xd000 + i), false) != 0)
			rte_panic("attach\n");
	}
	return rte_rdtsc() - start;
}

int
main(int argc, char **argv)
{
	static const char *const variants[] = { "", ",crc=off" };
	struct ipoib_mad_port ident;
	char args[128];
	unsigned int i;
	uint16_t port;

	if (argc < 2 || fx_eal_setup(argc, argv) != 0)
		return 1;
	fx_ident(&ident);
	fake_mad_set(&ident);
	for (i = 0; i < RTE_DIM(variants); i++) {
		fx_carrier_open(1, 1024);
		snprintf(args, sizeof(args), FX_ARGS ",pkey=0x8001%s", variants[i]);
		port = fx_port_open("net_ipoib0", args);
		fx_port_setup(port, 1, 512);
		fx_port_join(port, 0x8001);
		bench_rx(port, variants[i]);
		bench_tx(port, variants[i]);
		printf("attach of 4,096 groups: %.1f ms\n",
				(double)attach_all(port, 4096) * 1e3 / (double)rte_get_tsc_hz());
		fx_port_close("net_ipoib0");
		fx_carrier_close();
	}
	fx_eal_teardown();
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * The driver's send and receive loops on a device of libibverbs, and nothing
 * else: what perftest's ib_send_bw does. Prints packets a second, and the
 * receiver first the address to send to. Needs an SM for the port's LID, but
 * joins nothing. With VERBS_RATE_COUNT in the environment also the system calls
 * that the loop made; counting them takes time.
 *
 * verbs_rate [EAL options] -- rx DEVICE SECONDS SIZE
 * verbs_rate [EAL options] -- tx DEVICE SECONDS SIZE LID QPN
 *
 * RoCE: a GID in place of the LID.
 */

#include <arpa/inet.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <rte_bus_vdev.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>

#include "pmd_ipoib.h"

#define BURST 32
#define DEPTH 512
#define NB_MBUFS 4096
#define WAIT_S 30
#define TRACEPOINT "/sys/kernel/debug/tracing/events/raw_syscalls/sys_enter/id"

static uint64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "verbs_rate: %s\n", what);
	exit(1);
}

/* A kernel counter of this thread's system calls, from now on; -1: none. */
static int
syscalls_count(void)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr) };
	unsigned long long id = 0;
	FILE *f;

	if (getenv("VERBS_RATE_COUNT") == NULL)
		return -1;
	f = fopen(TRACEPOINT, "r");
	if (f == NULL)
		die("the kernel does not count system calls");
	if (fscanf(f, "%llu", &id) != 1)
		id = 0;
	fclose(f);
	attr.config = id;
	return (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

/* One call more than the loop has made: this one. */
static uint64_t
syscalls_made(int fd)
{
	uint64_t n = 0;

	if (fd < 0)
		return 0;
	if (read(fd, &n, sizeof(n)) != sizeof(n))
		die("no count of system calls");
	close(fd);
	return n;
}

static void
result(uint64_t packets, uint64_t us, uint64_t syscalls)
{
	printf("packets %" PRIu64 " us %" PRIu64 " per_second %.0f syscalls %" PRIu64 "\n", packets,
			us, (double)packets * 1e6 / (double)us, syscalls);
}

/* @return port number of the only port, with its link up */
static uint16_t
port_make(const char *device, bool roce, struct rte_mempool *mp)
{
	struct pmd_ipoib_bcast b = { .mlid = IB_MLID_FIRST, .qkey = 0x11111111, .ib_mtu = 2048 };
	const struct rte_eth_conf conf = { 0 };
	struct rte_eth_link link = { 0 };
	uint64_t end;
	char args[96];

	snprintf(args, sizeof(args), "hca=verbs,device=%s%s", device, roce ? ",roce=on" : "");
	if (rte_vdev_init("net_ipoib0", args) != 0)
		die("no port");
	if (rte_eth_dev_configure(0, 1, 1, &conf) != 0 ||
			rte_eth_rx_queue_setup(0, 0, DEPTH, SOCKET_ID_ANY, NULL, mp) != 0 ||
			rte_eth_tx_queue_setup(0, 0, DEPTH, SOCKET_ID_ANY, NULL) != 0 ||
			rte_eth_dev_start(0) != 0)
		die("the port does not start");
	inet_pton(AF_INET6, "ff12:401b:ffff::ffff:ffff", &b.mgid);
	if (pmd_ipoib_bcast_set(0, &b) != 0)
		die("no group");
	for (end = now_us() + WAIT_S * 1000000; now_us() < end;) {
		pmd_ipoib_poll(0, now_us());
		if (rte_eth_link_get_nowait(0, &link) == 0 && link.link_status == RTE_ETH_LINK_UP)
			return 0;
		rte_delay_us_sleep(1000);
	}
	die("the link does not come up");
}

static void
receive(uint16_t port, uint64_t us)
{
	struct rte_mbuf *pkts[BURST];
	uint64_t n = 0, first = 0, last, end = 0;
	struct pmd_ipoib_info info;
	char gid[INET6_ADDRSTRLEN];
	/* By the TSC: a look at the clock may be a system call in a virtual machine. */
	uint64_t wait = rte_rdtsc() + WAIT_S * rte_get_tsc_hz();
	uint16_t got;
	int calls;

	pmd_ipoib_info_get(port, &info);
	printf("to %u %u %s\n", info.lid, info.qpn[0],
			inet_ntop(AF_INET6, &info.gid, gid, sizeof(gid)));
	fflush(stdout);
	calls = syscalls_count();
	while (n == 0 || rte_rdtsc() < end) {
		got = rte_eth_rx_burst(port, 0, pkts, BURST);
		if (got == 0) {
			if (n == 0 && rte_rdtsc() > wait)
				die("nothing has come");
			continue;
		}
		if (n == 0) {
			first = now_us();
			end = rte_rdtsc() + us * rte_get_tsc_hz() / 1000000;
		}
		n += got;
		rte_pktmbuf_free_bulk(pkts, got);
	}
	last = now_us();
	result(n, last - first, syscalls_made(calls));
}

static uint16_t
send_burst(uint16_t port, struct rte_mempool *mp, uint16_t size, uint32_t ah, uint32_t qpn)
{
	struct rte_mbuf *pkts[BURST];
	uint16_t i, sent;

	if (rte_pktmbuf_alloc_bulk(mp, pkts, BURST) != 0)
		return 0;
	for (i = 0; i < BURST; i++) {
		pkts[i]->data_len = size;
		pkts[i]->pkt_len = size;
		pmd_ipoib_meta(pkts[i])->ah = ah;
		pmd_ipoib_meta(pkts[i])->qpn = qpn;
	}
	sent = rte_eth_tx_burst(port, 0, pkts, BURST);
	rte_pktmbuf_free_bulk(&pkts[sent], BURST - sent);
	return sent;
}

static void
transmit(uint16_t port, struct rte_mempool *mp, uint64_t us, uint16_t size, const char *to,
		uint32_t qpn)
{
	struct pmd_ipoib_av av = { .dlid = 1 };
	struct rte_eth_stats stats;
	uint64_t start, last, end, calls;
	uint32_t ah;
	int fd;

	if (strchr(to, ':') != NULL) {
		av.is_global = true;
		av.hop_limit = 64;
		inet_pton(AF_INET6, to, &av.dgid);
	} else {
		av.dlid = (uint16_t)strtoul(to, NULL, 0);
	}
	if (pmd_ipoib_ah_create(port, &av, &ah) != 0)
		die("no address handle");
	fd = syscalls_count();
	start = now_us();
	end = rte_rdtsc() + us * rte_get_tsc_hz() / 1000000;
	while (rte_rdtsc() < end)
		send_burst(port, mp, size, ah, qpn);
	last = now_us();
	calls = syscalls_made(fd);
	while (rte_eth_tx_done_cleanup(port, 0, 0) > 0)
		;
	if (rte_eth_stats_get(port, &stats) != 0 || stats.oerrors != 0)
		die("packets were dropped");
	result(stats.opackets, last - start, calls);
}

int
main(int argc, char **argv)
{
	struct rte_mempool *mp;
	int used = rte_eal_init(argc, argv);
	bool tx;

	if (used < 0)
		die("no EAL");
	argc -= used;
	argv += used;
	tx = argc == 7 && strcmp(argv[1], "tx") == 0;
	if (!tx && (argc < 5 || strcmp(argv[1], "rx") != 0))
		die("rx DEVICE SECONDS SIZE [roce], or tx DEVICE SECONDS SIZE LID|GID QPN");
	mp = rte_pktmbuf_pool_create("p", NB_MBUFS, 256, 0, 2048 + 256, SOCKET_ID_ANY);
	if (mp == NULL)
		die("no memory");
	port_make(argv[2], tx ? strchr(argv[5], ':') != NULL : argc == 6, mp);
	if (tx)
		transmit(0, mp, strtoull(argv[3], NULL, 0) * 1000000,
				(uint16_t)strtoul(argv[4], NULL, 0), argv[5],
				(uint32_t)strtoul(argv[6], NULL, 0));
	else
		receive(0, strtoull(argv[3], NULL, 0) * 1000000);
	rte_eth_dev_stop(0);
	rte_eth_dev_close(0);
	rte_eal_cleanup();
	return 0;
}

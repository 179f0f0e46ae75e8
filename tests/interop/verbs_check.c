/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * The verbs backend alone, on two devices that face each other: softib's, or the
 * kernel's Soft-RoCE, whose provider has what softib's has not (extended CQs and
 * ibv_wr_*); and rdma-core's ibv_ud_pingpong on the far one. Runs in a guest.
 * Arguments: DEVICE PEER MORE, where MORE ends the arguments of --vdev.
 */

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_bus_vdev.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "pmd_ipoib.h"

#define IB_MTU 1024
#define QKEY 0x11111111 /* ibv_ud_pingpong's */
#define DESC 512
#define BURST 32
#define PINGPONG_PORT 18515
#define PINGPONGS 200
#define HANDLES (32 * BURST)

static const char *device[2], *more;
static uint16_t port[2];
static struct pmd_ipoib_info info[2];
static struct rte_mempool *pool;

static uint64_t
now_us(void)
{
	return rte_get_timer_cycles() * 1000000 / rte_get_timer_hz();
}

static void
poll_both(void)
{
	pmd_ipoib_poll(port[0], now_us());
	pmd_ipoib_poll(port[1], now_us());
}

static void
bcast_set(unsigned int i, uint32_t qkey)
{
	struct pmd_ipoib_bcast b = { .mlid = 0xc000, .qkey = qkey, .ib_mtu = IB_MTU };

	ipoib_mgid_broadcast(IPOIB_SCOPE_LINK, 0xffff, &b.mgid);
	assert_int_equal(pmd_ipoib_bcast_set(port[i], &b), 0);
	poll_both();
}

static void
port_open(unsigned int i)
{
	struct rte_eth_conf conf = { 0 };
	struct rte_eth_link link = { 0 };
	char name[32], args[96];
	uint64_t end = now_us() + 10000000;

	snprintf(name, sizeof(name), "net_ipoib%u", i);
	snprintf(args, sizeof(args), "hca=verbs,device=%s,%s", device[i], more);
	assert_int_equal(rte_vdev_init(name, args), 0);
	assert_int_equal(rte_eth_dev_get_port_by_name(name, &port[i]), 0);
	assert_int_equal(rte_eth_dev_configure(port[i], 1, 1, &conf), 0);
	assert_int_equal(rte_eth_rx_queue_setup(port[i], 0, DESC, 0, NULL, pool), 0);
	assert_int_equal(rte_eth_tx_queue_setup(port[i], 0, DESC, 0, NULL), 0);
	assert_int_equal(rte_eth_dev_start(port[i]), 0);
	while (link.link_status != RTE_ETH_LINK_UP && now_us() < end) {
		pmd_ipoib_poll(port[i], now_us());
		if (link.link_status != RTE_ETH_LINK_UP) {
			struct pmd_ipoib_bcast b = {
				.mlid = 0xc000, .qkey = QKEY, .ib_mtu = IB_MTU
			};

			ipoib_mgid_broadcast(IPOIB_SCOPE_LINK, 0xffff, &b.mgid);
			pmd_ipoib_bcast_set(port[i], &b);
		}
		assert_int_equal(rte_eth_link_get_nowait(port[i], &link), 0);
	}
	assert_int_equal(link.link_status, RTE_ETH_LINK_UP);
	assert_int_equal(pmd_ipoib_info_get(port[i], &info[i]), 0);
}

static int
group_setup(void **state)
{
	(void)state;
	port_open(0);
	port_open(1);
	return 0;
}

static int
group_teardown(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(pmd_ipoib_ah_count(port[i]), 0);
		assert_int_equal(rte_eth_dev_stop(port[i]), 0);
		assert_int_equal(rte_eth_dev_close(port[i]), 0);
	}
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
	return 0;
}

static uint32_t
ah_to(unsigned int from, const struct ib_gid *gid, uint16_t lid)
{
	struct pmd_ipoib_av av = { .dlid = lid, .is_global = true, .hop_limit = 64, .dgid = *gid };
	uint32_t ah;

	assert_int_equal(pmd_ipoib_ah_create(port[from], &av, &ah), 0);
	return ah;
}

/* A datagram with the number in each word. */
static struct rte_mbuf *
datagram(uint32_t ah, uint32_t qpn, uint32_t number, uint16_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	uint32_t *words;
	uint16_t i;

	assert_non_null(m);
	words = (uint32_t *)rte_pktmbuf_append(m, len);
	assert_non_null(words);
	for (i = 0; i < len / sizeof(*words); i++)
		words[i] = number;
	pmd_ipoib_meta(m)->ah = ah;
	pmd_ipoib_meta(m)->qpn = qpn;
	return m;
}

static void
send_all(unsigned int from, struct rte_mbuf **m, uint16_t n)
{
	uint64_t end = now_us() + 10000000;
	uint16_t sent = 0;

	while (sent < n && now_us() < end)
		sent += rte_eth_tx_burst(port[from], 0, m + sent, n - sent);
	assert_int_equal(sent, n);
}

/* What a port has counted, for who reads the log of a failure. */
static void
counters_show(unsigned int i)
{
	struct rte_eth_xstat_name names[256];
	struct rte_eth_xstat values[256];
	int n = rte_eth_xstats_get_names(port[i], names, RTE_DIM(names)), k;

	if (n <= 0 || n > (int)RTE_DIM(names) || rte_eth_xstats_get(port[i], values, n) != n)
		return;
	for (k = 0; k < n; k++) {
		if (values[k].value != 0)
			print_message("port %u: %s %lu\n", i, names[k].name,
					(unsigned long)values[k].value);
	}
}

/*
 * @return how many came within the time, each of @p n numbers from @p first on at most
 * once. In any order: Soft-RoCE works on both CPUs.
 */
static uint32_t
receive(unsigned int at, uint32_t first, uint32_t n, uint8_t flags, uint64_t us)
{
	uint64_t end = now_us() + us;
	struct rte_mbuf *m[BURST];
	uint32_t number, nb = 0, seen = 0;
	uint16_t i, got;

	while (nb < n && now_us() < end) {
		got = rte_eth_rx_burst(port[at], 0, m, BURST);
		for (i = 0; i < got; i++) {
			number = *rte_pktmbuf_mtod(m[i], uint32_t *) - first;
			assert_in_range(number, 0, n - 1);
			assert_int_equal(seen & RTE_BIT32(number), 0);
			seen |= RTE_BIT32(number);
			assert_int_equal(pmd_ipoib_meta(m[i])->qpn, info[1 - at].qpn[0]);
			assert_int_equal(pmd_ipoib_meta(m[i])->flags & flags, flags);
			nb++;
			rte_pktmbuf_free(m[i]);
		}
	}
	if (nb < n && us > 1000000) {
		counters_show(0);
		counters_show(1);
	}
	return nb;
}

static void
test_unicast(void **state)
{
	struct rte_mbuf *m[BURST];
	uint32_t ah, round, i, from;
	uint64_t start = now_us();

	(void)state;
	for (from = 0; from < 2; from++) {
		ah = ah_to(from, &info[1 - from].gid, info[1 - from].lid);
		for (round = 0; round < 64; round++) {
			for (i = 0; i < BURST; i++)
				m[i] = datagram(ah, info[1 - from].qpn[0], round * BURST + i,
						i == 0 ? IB_MTU : 64 + 4 * i);
			send_all(from, m, BURST);
			assert_int_equal(receive(1 - from, round * BURST, BURST, PMD_IPOIB_RX_GRH,
							 5000000),
					BURST);
		}
		assert_int_equal(pmd_ipoib_ah_destroy(port[from], ah), 0);
	}
	print_message("4096 datagrams in %lu ms\n", (unsigned long)(now_us() - start) / 1000);
}

static void
test_multicast(void **state)
{
	struct rte_mbuf *m[BURST];
	struct ib_gid mgid;
	uint32_t ah, i;

	(void)state;
	ipoib_mgid_ipv4(IPOIB_SCOPE_LINK, 0xffff, 0xe1020304, &mgid);
	assert_int_equal(pmd_ipoib_mcast_attach(port[0], &mgid, 0xc001, true), 0);
	assert_int_equal(pmd_ipoib_mcast_attach(port[1], &mgid, 0xc001, false), 0);
	poll_both();
	ah = ah_to(0, &mgid, 0xc001);
	for (i = 0; i < BURST; i++)
		m[i] = datagram(ah, 0xffffff, i, 256);
	send_all(0, m, BURST);
	assert_int_equal(receive(1, 0, BURST, PMD_IPOIB_RX_GRH | PMD_IPOIB_RX_MCAST, 5000000),
			BURST);
	/* Who sends is not told. */
	assert_int_equal(receive(0, 0, 1, 0, 200000), 0);
	assert_int_equal(pmd_ipoib_mcast_detach(port[1], &mgid), 0);
	poll_both();
	m[0] = datagram(ah, 0xffffff, 0, 256);
	send_all(0, m, 1);
	assert_int_equal(receive(1, 0, 1, 0, 200000), 0);
	assert_int_equal(pmd_ipoib_mcast_detach(port[0], &mgid), 0);
	assert_int_equal(pmd_ipoib_ah_destroy(port[0], ah), 0);
}

/* Each is dropped, and nothing that is good after it. */
static void
test_errors(void **state)
{
	struct rte_mbuf *m[4];
	uint32_t ah, gone;

	(void)state;
	ah = ah_to(0, &info[1].gid, info[1].lid);
	gone = ah_to(0, &info[1].gid, info[1].lid);
	assert_int_equal(pmd_ipoib_ah_destroy(port[0], gone), 0);
	m[0] = datagram(gone, info[1].qpn[0], 90, 64);
	m[1] = datagram(ah, 0x00ffff, 91, 64); /* nobody's QPN */
	m[2] = datagram(ah, info[1].qpn[0], 92, IB_MTU + 4);
	m[3] = datagram(ah, info[1].qpn[0], 0, 64);
	send_all(0, m, 4);
	assert_int_equal(receive(1, 0, 1, 0, 5000000), 1);
	bcast_set(1, QKEY + 1);
	m[0] = datagram(ah, info[1].qpn[0], 93, 64);
	send_all(0, m, 1);
	assert_int_equal(receive(1, 0, 1, 0, 200000), 0);
	bcast_set(1, QKEY);
	m[0] = datagram(ah, info[1].qpn[0], 7, 64);
	send_all(0, m, 1);
	assert_int_equal(receive(1, 7, 1, 0, 5000000), 1);
	assert_int_equal(pmd_ipoib_ah_destroy(port[0], ah), 0);
}

/* Each is destroyed while what was sent with it may be under way; none is left. */
static void
test_handles(void **state)
{
	struct rte_mbuf *m;
	uint32_t ah, i;

	(void)state;
	for (i = 0; i < HANDLES; i++) {
		ah = ah_to(0, &info[1].gid, info[1].lid);
		m = datagram(ah, info[1].qpn[0], i, 64);
		send_all(0, &m, 1);
		assert_int_equal(pmd_ipoib_ah_destroy(port[0], ah), 0);
		if (i % BURST == BURST - 1)
			assert_int_equal(receive(1, i + 1 - BURST, BURST, 0, 5000000), BURST);
		poll_both();
	}
	assert_int_equal(pmd_ipoib_ah_count(port[0]), 0);
}

/* Address handles of a softib device; 0 for others. */
static unsigned int
kernel_handles(const char *name)
{
	char path[96], line[96];
	unsigned int n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/kernel/debug/softib/%s/stats", name);
	f = fopen(path, "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "address_handles %u", &n) == 1)
			break;
	}
	if (f != NULL)
		fclose(f);
	return n;
}

/* What an idle worker and control do. */
static void
tidy(void)
{
	rte_eth_tx_done_cleanup(port[0], 0, 0);
	poll_both();
}

/* Five packets, then silence: what they used is given back within a second. */
static void
test_silence(void **state)
{
	uint64_t start = now_us();
	struct rte_mbuf *m[5];
	unsigned int handles, mbufs;
	uint32_t ah, i;

	(void)state;
	while (now_us() < start + 200000) /* what the other tests sent */
		tidy();
	handles = kernel_handles(device[0]);
	mbufs = rte_mempool_in_use_count(pool);
	ah = ah_to(0, &info[1].gid, info[1].lid);
	for (i = 0; i < RTE_DIM(m); i++)
		m[i] = datagram(ah, info[1].qpn[0], i, 64);
	send_all(0, m, RTE_DIM(m));
	assert_int_equal(receive(1, 0, RTE_DIM(m), 0, 5000000), RTE_DIM(m));
	assert_int_equal(pmd_ipoib_ah_destroy(port[0], ah), 0);
	start = now_us();
	do {
		tidy();
	} while ((rte_mempool_in_use_count(pool) > mbufs || kernel_handles(device[0]) > handles) &&
			now_us() < start + 1000000);
	assert_in_range(rte_mempool_in_use_count(pool), 0, mbufs);
	assert_in_range(kernel_handles(device[0]), 0, handles);
	print_message("given back after %lu us\n", (unsigned long)(now_us() - start));
}

static pid_t
pingpong_start(void)
{
	char n[16];
	pid_t pid = fork();

	if (pid == 0) {
		snprintf(n, sizeof(n), "%d", PINGPONGS);
		execlp("ibv_ud_pingpong", "ibv_ud_pingpong", "-d", device[1], "-g", "0", "-s",
				"1024", "-n", n, (char *)NULL);
		_exit(127);
	}
	return pid;
}

static int
pingpong_connect(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(PINGPONG_PORT),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	uint64_t end = now_us() + 20000000;
	int fd = -1;

	while (now_us() < end) {
		fd = socket(AF_INET, SOCK_STREAM, 0);
		if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
			return fd;
		close(fd);
		usleep(50000);
	}
	fail_msg("ibv_ud_pingpong does not listen");
	return -1;
}

/* Both tell LID, QPN, PSN and GID, as text with its final zero. */
static uint32_t
pingpong_exchange(int fd)
{
	char msg[] = "0000:000000:000000:00000000000000000000000000000000";
	unsigned int qpn, i;
	size_t used;

	used = (size_t)snprintf(
			msg, sizeof(msg), "%04x:%06x:%06x:", info[0].lid, info[0].qpn[0], 0);
	for (i = 0; i < 16; i++)
		used += (size_t)snprintf(
				msg + used, sizeof(msg) - used, "%02x", info[0].gid.raw[i]);
	assert_int_equal(write(fd, msg, sizeof(msg)), sizeof(msg));
	assert_int_equal(recv(fd, msg, sizeof(msg), MSG_WAITALL), sizeof(msg));
	assert_int_equal(write(fd, "done", 5), 5);
	assert_int_equal(sscanf(msg, "%*x:%x:", &qpn), 1);
	return qpn;
}

static void
test_pingpong(void **state)
{
	uint32_t ah = ah_to(0, &info[1].gid, info[1].lid), qpn;
	pid_t pid = pingpong_start();
	struct rte_mbuf *m;
	uint64_t start, end;
	unsigned int i;
	int fd, status;

	(void)state;
	fd = pingpong_connect();
	qpn = pingpong_exchange(fd);
	start = now_us();
	for (i = 0; i < PINGPONGS; i++) {
		m = datagram(ah, qpn, i, 1024);
		send_all(0, &m, 1);
		end = now_us() + 5000000;
		while (rte_eth_rx_burst(port[0], 0, &m, 1) == 0 && now_us() < end)
			;
		assert_true(now_us() < end);
		assert_int_equal(m->pkt_len, 1024);
		assert_int_equal(pmd_ipoib_meta(m)->qpn, qpn);
		rte_pktmbuf_free(m);
	}
	print_message("%d round trips, %lu us each\n", PINGPONGS,
			(unsigned long)(now_us() - start) / PINGPONGS);
	close(fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(pmd_ipoib_ah_destroy(port[0], ah), 0);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unicast),
		cmocka_unit_test(test_multicast),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_handles),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_pingpong),
	};
	char *eal[] = { argv[0], (char *)"--no-huge", (char *)"-m", (char *)"256",
		(char *)"--no-telemetry", (char *)"--no-pci", (char *)"-l", (char *)"0", NULL };
	int ret;

	if (argc != 4) {
		fprintf(stderr, "usage: %s DEVICE PEER MORE\n", argv[0]);
		return 2;
	}
	device[0] = argv[1];
	device[1] = argv[2];
	more = argv[3];
	if (rte_eal_init(RTE_DIM(eal) - 1, eal) < 0)
		return 1;
	pool = rte_pktmbuf_pool_create(
			"rxe", 4096, 0, 0, 2304 + RTE_PKTMBUF_HEADROOM, SOCKET_ID_ANY);
	if (pool == NULL)
		return 1;
	ret = cmocka_run_group_tests(tests, group_setup, group_teardown);
	rte_eal_cleanup();
	return ret;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <ftw.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_bus_vdev.h>
#include <rte_eal.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>

#include "pmd_fixture.h"

#define RX_RING 2048
#define LINE_MAX_LEN 12000
#define RING_FLAGS (RING_F_MP_RTS_ENQ | RING_F_MC_RTS_DEQ | RING_F_EXACT_SZ)

struct rte_mempool *fx_pool;
struct fx_carrier fx;
const char *fx_oracle_path;
bool fx_pci;
const struct ib_gid fx_gid = { { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 2, 0xc9, 3, 0, 0, 0x12, 0x34 } };

/* EAL pins the thread that starts it, and threads inherit that. */
static void
cpus_allow_all(void)
{
	cpu_set_t set;
	int i;

	CPU_ZERO(&set);
	for (i = 0; i < CPU_SETSIZE; i++)
		CPU_SET(i, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

int
fx_eal_setup(int argc, char **argv)
{
	char prefix[32];
	char *args[] = { argv[0], (char *)"--no-huge", (char *)"-m", (char *)"512",
		(char *)"--no-telemetry", (char *)"--no-shconf", (char *)"--file-prefix", prefix,
		(char *)"-l", (char *)"0", (char *)"--no-pci", NULL };

	fx_oracle_path = argc > 1 ? argv[1] : NULL;
	snprintf(prefix, sizeof(prefix), "pmdtest%d", getpid());
	if (rte_eal_init(RTE_DIM(args) - (fx_pci ? 2 : 1), args) < 0)
		return -1;
	cpus_allow_all();
	/* Without locks: the threads of the tests may share a CPU. */
	fx_pool = rte_pktmbuf_pool_create_by_ops("fx", FX_MBUFS, 0, 0,
			2048 + 512 + RTE_PKTMBUF_HEADROOM, SOCKET_ID_ANY, "lf_stack");
	return fx_pool != NULL ? 0 : -1;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* EAL leaves its folder. */
int
fx_eal_teardown(void)
{
	char dir[PATH_MAX];
	int ret;

	snprintf(dir, sizeof(dir), "%s", rte_eal_get_runtime_dir());
	rte_mempool_free(fx_pool);
	ret = rte_eal_cleanup();
	nftw(dir, remove_one, 4, FTW_DEPTH | FTW_PHYS);
	return ret;
}

void
fx_carrier_open(unsigned int nb_tx, unsigned int tx_size)
{
	char name[32];
	unsigned int i;
	int port;

	fx.nb_tx = nb_tx;
	fx.rx = rte_ring_create("fx_rx", RX_RING, SOCKET_ID_ANY, RING_FLAGS);
	assert_non_null(fx.rx);
	for (i = 0; i < nb_tx; i++) {
		snprintf(name, sizeof(name), "fx_tx%u", i);
		fx.tx[i] = rte_ring_create(name, tx_size, SOCKET_ID_ANY, RING_FLAGS);
		assert_non_null(fx.tx[i]);
	}
	port = rte_eth_from_rings("fx0", &fx.rx, 1, fx.tx, nb_tx, 0);
	assert_true(port >= 0);
	fx.port = (uint16_t)port;
}

void
fx_carrier_close(void)
{
	struct rte_mbuf *m;
	unsigned int i;

	rte_eth_dev_stop(fx.port);
	assert_int_equal(rte_vdev_uninit("net_ring_fx0"), 0);
	while (rte_ring_dequeue(fx.rx, (void **)&m) == 0)
		rte_pktmbuf_free(m);
	rte_ring_free(fx.rx);
	for (i = 0; i < fx.nb_tx; i++) {
		while (rte_ring_dequeue(fx.tx[i], (void **)&m) == 0)
			rte_pktmbuf_free(m);
		rte_ring_free(fx.tx[i]);
	}
}

void
fx_ident(struct ipoib_mad_port *ident)
{
	*ident = (struct ipoib_mad_port){
		.state = IPOIB_MAD_ACTIVE,
		.lid = FX_LID,
		.lmc = FX_LMC,
		.sm_lid = 1,
		.gid = fx_gid,
		.mtu = 2048,
		.nb_pkeys = 3,
		.pkeys = { 0xffff, 0x8001, 0x0003 },
	};
}

uint16_t
fx_port_open(const char *name, const char *args)
{
	uint16_t port;

	assert_int_equal(rte_vdev_init(name, args), 0);
	assert_int_equal(rte_eth_dev_get_port_by_name(name, &port), 0);
	return port;
}

void
fx_port_setup(uint16_t port, uint16_t queues, uint16_t nb_desc)
{
	struct rte_eth_conf conf = { 0 };
	uint16_t i;

	assert_int_equal(rte_eth_dev_configure(port, queues, queues, &conf), 0);
	for (i = 0; i < queues; i++) {
		assert_int_equal(rte_eth_rx_queue_setup(port, i, nb_desc, 0, NULL, fx_pool), 0);
		assert_int_equal(rte_eth_tx_queue_setup(port, i, 512, 0, NULL), 0);
	}
	assert_int_equal(rte_eth_dev_start(port), 0);
}

void
fx_bcast(uint16_t pkey, struct pmd_ipoib_bcast *b)
{
	*b = (struct pmd_ipoib_bcast){
		.mlid = pkey == 0x8001 ? FX_BCAST_LID : (uint16_t)(0xc100 + (pkey & 0xff)),
		.qkey = FX_QKEY,
		.ib_mtu = 2048,
	};
	ipoib_mgid_broadcast(IPOIB_SCOPE_LINK, pkey, &b->mgid);
}

void
fx_port_join(uint16_t port, uint16_t pkey)
{
	struct pmd_ipoib_bcast b;
	struct rte_eth_link link;

	fx_bcast(pkey, &b);
	pmd_ipoib_poll(port, 0);
	assert_int_equal(pmd_ipoib_bcast_set(port, &b), 0);
	assert_int_equal(rte_eth_link_get_nowait(port, &link), 0);
	assert_int_equal(link.link_status, RTE_ETH_LINK_UP);
}

void
fx_port_close(const char *name)
{
	uint16_t port;

	assert_int_equal(rte_eth_dev_get_port_by_name(name, &port), 0);
	assert_int_equal(rte_eth_dev_stop(port), 0);
	assert_int_equal(rte_vdev_uninit(name), 0);
}

/* Values and names of a port's extended statistics; @return how many. */
static int
xstats_read(uint16_t port, struct rte_eth_xstat *values, struct rte_eth_xstat_name *names, int max)
{
	int n = rte_eth_xstats_get_names(port, names, max);

	assert_in_range(n, 1, max);
	assert_int_equal(rte_eth_xstats_get(port, values, max), n);
	return n;
}

#define XSTATS_MAX 256

uint64_t
fx_xstat(uint16_t port, const char *name)
{
	struct rte_eth_xstat values[XSTATS_MAX];
	struct rte_eth_xstat_name names[XSTATS_MAX];
	int i, n = xstats_read(port, values, names, XSTATS_MAX);

	for (i = 0; i < n; i++)
		if (strcmp(names[i].name, name) == 0)
			return values[i].value;
	fail_msg("no xstat %s", name);
	return 0;
}

uint64_t
fx_rx_drops(uint16_t port)
{
	struct rte_eth_xstat values[XSTATS_MAX];
	struct rte_eth_xstat_name names[XSTATS_MAX];
	int i, n = xstats_read(port, values, names, XSTATS_MAX);
	uint64_t sum = 0;

	for (i = 0; i < n; i++)
		if (strncmp(names[i].name, "rx_drop_", 8) == 0)
			sum += values[i].value;
	return sum;
}

int64_t
fx_port_balance(uint16_t port)
{
	int64_t sum = 0;

	sum += (int64_t)fx_xstat(port, "rx_carrier_frames");
	sum += (int64_t)fx_xstat(port, "rx_loopback");
	sum += (int64_t)fx_xstat(port, "rx_copies");
	sum += (int64_t)fx_xstat(port, "rx_taken_over");
	sum -= (int64_t)fx_xstat(port, "rx_delivered");
	sum -= (int64_t)fx_xstat(port, "rx_handed_over");
	sum -= (int64_t)fx_rx_drops(port);
	return sum;
}

int64_t
fx_balance(const uint16_t *ports, unsigned int n)
{
	int64_t between = 0, b;
	unsigned int i;

	for (i = 0; i < n; i++) {
		b = fx_port_balance(ports[i]);
		if (b != 0)
			return b;
		between += (int64_t)fx_xstat(ports[i], "rx_handed_over");
		between -= (int64_t)fx_xstat(ports[i], "rx_taken_over");
		between -= (int64_t)fx_xstat(ports[i], "rx_held");
	}
	return between;
}

struct rte_mbuf *
fx_frame(const uint8_t *data, uint32_t len, unsigned int nb_segs)
{
	struct rte_mbuf *first = NULL, *m;
	uint32_t step = (len + nb_segs - 1) / nb_segs, n;

	do {
		m = rte_pktmbuf_alloc(fx_pool);
		assert_non_null(m);
		n = len < step ? len : step;
		if (n > 0)
			memcpy(rte_pktmbuf_append(m, (uint16_t)n), data, n);
		data += n;
		len -= n;
		if (first == NULL)
			first = m;
		else
			assert_int_equal(rte_pktmbuf_chain(first, m), 0);
	} while (len > 0);
	return first;
}

void
fx_inject_mbuf(struct rte_mbuf *m)
{
	assert_int_equal(rte_ring_enqueue(fx.rx, m), 0);
}

void
fx_inject(const uint8_t *data, uint32_t len, unsigned int nb_segs)
{
	fx_inject_mbuf(fx_frame(data, len, nb_segs));
}

uint32_t
fx_sent(unsigned int queue, uint8_t *data, uint32_t max)
{
	struct rte_mbuf *m;
	uint32_t len;

	if (rte_ring_dequeue(fx.tx[queue], (void **)&m) != 0)
		return 0;
	len = m->pkt_len;
	assert_int_equal(m->nb_segs, 1);
	assert_true(len <= max);
	memcpy(data, rte_pktmbuf_mtod(m, void *), len);
	rte_pktmbuf_free(m);
	return len;
}

uint8_t
fx_pattern(uint32_t i)
{
	static const uint8_t encap[IPOIB_HDR_LEN] = { 8, 0, 0, 0 };

	return i < IPOIB_HDR_LEN ? encap[i] : (uint8_t)((i - IPOIB_HDR_LEN) * 7 + 3);
}

struct rte_mbuf *
fx_packet(uint32_t len, uint32_t ah, uint32_t qpn)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(fx_pool);
	uint8_t *data;
	uint32_t i;

	assert_non_null(m);
	data = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)len);
	assert_non_null(data);
	for (i = 0; i < len; i++)
		data[i] = fx_pattern(i);
	pmd_ipoib_meta(m)->ah = ah;
	pmd_ipoib_meta(m)->qpn = qpn;
	return m;
}

uint32_t
fx_ah(uint16_t port, uint16_t dlid, const struct ib_gid *dgid)
{
	struct pmd_ipoib_av av = { .dlid = dlid, .is_global = dgid != NULL };
	uint32_t ah;

	if (dgid != NULL)
		av.dgid = *dgid;
	assert_int_equal(pmd_ipoib_ah_create(port, &av, &ah), 0);
	return ah;
}

uint32_t
fx_unhex(const char *s, uint8_t *out, uint32_t max)
{
	uint32_t n = 0;
	unsigned int v;

	for (; n < max && sscanf(s, "%2x", &v) == 1; s += 2)
		out[n++] = (uint8_t)v;
	return n;
}

void
fx_no_leak(void)
{
	assert_int_equal(rte_mempool_avail_count(fx_pool), FX_MBUFS);
}

uint32_t
fx_oracle(const char *words, uint8_t *out, uint32_t max)
{
	char command[1024], line[LINE_MAX_LEN];
	uint32_t len = 0;
	FILE *f;

	snprintf(command, sizeof(command), "/usr/bin/python3 '%s' frame %s", fx_oracle_path, words);
	f = popen(command, "r");
	assert_non_null(f);
	if (fgets(line, sizeof(line), f) != NULL)
		len = fx_unhex(line, out, max);
	assert_int_equal(pclose(f), 0);
	return len;
}

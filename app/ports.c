/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <numa.h>

#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "app.h"

/* Descriptors of a queue whose driver has no opinion. */
#define DESC_DEFAULT 1024
#define POOL_CACHE 256
/* For neighbour queues, fragments, and what control makes. */
#define POOL_SPARE 8192

/* One pool per NUMA node. */
static struct rte_mempool *pools[RTE_MAX_NUMA_NODES];

static uint16_t
rx_descs(const struct app *a, const struct rte_eth_dev_info *info)
{
	if (a->opt.rxd != 0)
		return (uint16_t)a->opt.rxd;
	return info->default_rxportconf.ring_size != 0 ? info->default_rxportconf.ring_size
						       : DESC_DEFAULT;
}

static uint16_t
tx_descs(const struct app *a, const struct rte_eth_dev_info *info)
{
	if (a->opt.txd != 0)
		return (uint16_t)a->opt.txd;
	return info->default_txportconf.ring_size != 0 ? info->default_txportconf.ring_size
						       : DESC_DEFAULT;
}

static uint16_t
rx_queues(const struct app *a)
{
	return a->opt.rxq != 0 ? (uint16_t)a->opt.rxq : 1;
}

static uint16_t
tx_queues(const struct app *a, const struct rte_eth_dev_info *info)
{
	if (a->opt.txq != 0)
		return (uint16_t)a->opt.txq;
	return RTE_MIN(a->lcores.nb_workers, info->max_tx_queues);
}

/* Every queue full, every ring full, every cache full, and some to spare. */
static uint32_t
pool_count(const struct app *a)
{
	uint32_t n = POOL_SPARE + DP_PUNT_RING + (rte_lcore_count() + 1) * (POOL_CACHE * 2 + 64);
	struct rte_eth_dev_info info;
	uint16_t port;

	if (a->opt.total_num_mbufs != 0)
		return a->opt.total_num_mbufs;
	RTE_ETH_FOREACH_DEV(port) {
		if (rte_eth_dev_info_get(port, &info) != 0)
			continue;
		n += rx_queues(a) * rx_descs(a, &info) + tx_queues(a, &info) * tx_descs(a, &info);
	}
	return n;
}

/* A port that lies nowhere: where the main lcore is; if that is on several nodes, the first. */
static int
socket_of(uint16_t port)
{
	int socket = rte_eth_dev_socket_id(port);

	if (socket < 0)
		socket = (int)rte_socket_id();
	if (socket < 0)
		socket = rte_socket_id_by_idx(0);
	return socket >= 0 && socket < RTE_MAX_NUMA_NODES ? socket : 0;
}

static struct rte_mempool *
pool_get(const struct app *a, int socket)
{
	uint32_t n = pool_count(a);
	char name[32];

	if (pools[socket] != NULL)
		return pools[socket];
	snprintf(name, sizeof(name), "ipoib_mbufs_%d", socket);
	pools[socket] = rte_pktmbuf_pool_create(
			name, n, POOL_CACHE, 0, (uint16_t)a->opt.mbuf_size, socket);
	if (pools[socket] == NULL)
		app_say("no memory for %u mbufs of %u octets (%" PRIu64
			" MB) on NUMA node %d: more hugepages or EAL's -m, or less by "
			"--total-num-mbufs or --mbuf-size: %s",
				n, a->opt.mbuf_size, (uint64_t)n * (a->opt.mbuf_size + 192) >> 20,
				socket, rte_strerror(rte_errno));
	return pools[socket];
}

struct rte_mempool *
ports_pool(void)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(pools); i++) {
		if (pools[i] != NULL)
			return pools[i];
	}
	return NULL;
}

static int
queues_check(uint16_t port, const struct rte_eth_dev_info *info, uint16_t nb_rxq, uint16_t nb_txq)
{
	if (nb_rxq > info->max_rx_queues) {
		app_say("--rxq %u: port %u (%s) has at most %u RX queues", nb_rxq, port,
				info->driver_name, info->max_rx_queues);
		return -EINVAL;
	}
	if (nb_txq > info->max_tx_queues) {
		app_say("--txq %u: port %u (%s) has at most %u TX queues", nb_txq, port,
				info->driver_name, info->max_tx_queues);
		return -EINVAL;
	}
	return 0;
}

static int
configure(uint16_t port, const struct rte_eth_dev_info *info, uint16_t nb_rxq, uint16_t nb_txq)
{
	struct rte_eth_conf conf = { 0 };
	uint16_t mtu;

	/* 0 would mean 1,500, whatever the device has now. */
	if (rte_eth_dev_get_mtu(port, &mtu) == 0)
		conf.rxmode.mtu = mtu;
	if (nb_rxq > 1) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf.rss_hf = RTE_ETH_RSS_IP & info->flow_type_rss_offloads;
	}
	conf.txmode.offloads = info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	return rte_eth_dev_configure(port, nb_rxq, nb_txq, &conf);
}

static int
queues_setup(const struct app *a, uint16_t port, const struct rte_eth_dev_info *info,
		uint16_t nb_rxq, uint16_t nb_txq)
{
	uint16_t rxd = rx_descs(a, info), txd = tx_descs(a, info), q;
	int socket = socket_of(port), ret;

	ret = rte_eth_dev_adjust_nb_rx_tx_desc(port, &rxd, &txd);
	for (q = 0; ret == 0 && q < nb_rxq; q++)
		ret = rte_eth_rx_queue_setup(port, q, rxd, socket, NULL, pools[socket]);
	for (q = 0; ret == 0 && q < nb_txq; q++)
		ret = rte_eth_tx_queue_setup(port, q, txd, socket, NULL);
	return ret;
}

static int
port_fails(uint16_t port, const struct rte_eth_dev_info *info, const char *what, int ret)
{
	app_say("port %u (%s): cannot %s: %s; see the lines above", port, info->driver_name, what,
			rte_strerror(-ret));
	return ret;
}

static int
port_open(struct app *a, uint16_t port)
{
	struct rte_eth_dev_info info;
	uint16_t nb_rxq = rx_queues(a), nb_txq;
	int ret;

	ret = rte_eth_dev_info_get(port, &info);
	if (ret != 0) {
		app_say("port %u: the driver does not tell what it is: %s", port,
				rte_strerror(-ret));
		return ret;
	}
	nb_txq = tx_queues(a, &info);
	ret = queues_check(port, &info, nb_rxq, nb_txq);
	if (ret != 0)
		return ret;
	if (pool_get(a, socket_of(port)) == NULL)
		return -ENOMEM;
	ret = configure(port, &info, nb_rxq, nb_txq);
	if (ret != 0)
		return port_fails(port, &info, "configure it", ret);
	ret = queues_setup(a, port, &info, nb_rxq, nb_txq);
	if (ret == -ENOMEM)
		return port_fails(port, &info,
				"set up its queues (are the mbufs too small for its frames? "
				"--mbuf-size)",
				ret);
	if (ret != 0)
		return port_fails(port, &info, "set up its queues", ret);
	ret = rte_eth_dev_start(port);
	if (ret != 0)
		return port_fails(port, &info, "start it", ret);
	a->port[a->nb_ports++] = port;
	return 0;
}

static bool
wanted(const struct app *a, uint16_t port)
{
	return a->opt.portmask == 0 || (port < 64 && (a->opt.portmask & RTE_BIT64(port)) != 0);
}

/* IPoIB ports first: configuring them claims their carriers, which then are no
 * forwarding ports any more.
 */
static int
open_kind(struct app *a, bool ipoib)
{
	uint16_t port;
	int ret = 0;

	RTE_ETH_FOREACH_DEV(port) {
		if (ret == 0 && wanted(a, port) && pmd_ipoib_is(port) == ipoib)
			ret = port_open(a, port);
	}
	return ret;
}

static int
mask_check(const struct app *a)
{
	uint64_t left = a->opt.portmask;
	uint16_t i;

	for (i = 0; i < a->nb_ports; i++)
		left &= ~RTE_BIT64(a->port[i]);
	if (left != 0) {
		app_say("--portmask 0x%" PRIx64 ": port %u does not exist or carries an IPoIB port",
				a->opt.portmask, (unsigned int)__builtin_ctzll(left));
		return -ENODEV;
	}
	if (a->nb_ports == 0) {
		app_say("no port to forward between: name devices by EAL's -a PCI-ADDRESS or "
			"--vdev NAME,key=value");
		return -ENODEV;
	}
	return 0;
}

static int
compare(const void *a, const void *b)
{
	return *(const uint16_t *)a - *(const uint16_t *)b;
}

int
ports_open(struct app *a)
{
	int ret;

	ret = open_kind(a, true);
	if (ret == 0)
		ret = open_kind(a, false);
	if (ret == 0)
		ret = mask_check(a);
	qsort(a->port, a->nb_ports, sizeof(a->port[0]), compare);
	return ret;
}

void
ports_close(struct app *a)
{
	uint16_t port;
	unsigned int i;

	/* IPoIB ports let go of their carriers. */
	for (i = 0; i < a->nb_ports; i++) {
		rte_eth_dev_stop(a->port[i]);
		if (pmd_ipoib_is(a->port[i]))
			rte_eth_dev_close(a->port[i]);
	}
	RTE_ETH_FOREACH_DEV(port)
		rte_eth_dev_close(port);
	for (i = 0; i < RTE_DIM(pools); i++) {
		rte_mempool_free(pools[i]);
		pools[i] = NULL;
	}
}

bool
app_has_port(const struct app *a, uint16_t port)
{
	uint16_t i;

	for (i = 0; i < a->nb_ports; i++) {
		if (a->port[i] == port)
			return true;
	}
	return false;
}

/* The node of all CPUs an lcore may run on; -1 if they are on several. */
static int
lcore_node(unsigned int lcore)
{
	rte_cpuset_t set = rte_lcore_cpuset(lcore);
	int cpu, node, found = -1;

	for (cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &set))
			continue;
		node = numa_node_of_cpu(cpu);
		if (found >= 0 && node != found)
			return -1;
		found = node;
	}
	return found;
}

void
ports_numa_check(const struct app *a)
{
	uint16_t i, w;

	if (numa_available() < 0 || numa_max_node() == 0)
		return;
	for (i = 0; i < a->nb_ports; i++) {
		int port_node = rte_eth_dev_socket_id(a->port[i]);

		for (w = 0; port_node >= 0 && w < a->lcores.nb_workers; w++) {
			int node = lcore_node(a->lcores.worker[w]);

			if (node < 0)
				APP_LOG(WARNING, "lcore %u may run on several NUMA nodes\n",
						a->lcores.worker[w]);
			else if (node != port_node)
				APP_LOG(WARNING,
						"port %u is on NUMA node %d, lcore %u on node %d "
						"(distance %d): slower\n",
						a->port[i], port_node, a->lcores.worker[w], node,
						numa_distance(port_node, node));
		}
	}
}

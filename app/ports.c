/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <numa.h>

#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "app.h"

/* Descriptors of a queue whose driver has no opinion. */
#define DESC_DEFAULT 1024
/* For neighbour queues, fragments, and what control makes. */
#define POOL_SPARE 8192
/* The same of one port more. */
#define LATE_SPARE 1024

/* One pool per NUMA node for the ports of the start. */
static struct rte_mempool *pools[RTE_MAX_NUMA_NODES];
/*
 * One for each number of a port that came later. A driver may go on with a pool when its port is
 * gone (a carrier does), so it stays for the next port with the number.
 */
static struct rte_mempool *late_pools[RTE_MAX_ETHPORTS];

/* Why what was tried does not work: at the start for standard error, later for who asked for it. */
static int __rte_format_printf(3, 4) why(struct app *a, int ret, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(a->why, sizeof(a->why), fmt, ap);
	va_end(ap);
	return ret;
}

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

/* An IPoIB port that has several queue pairs was given them to spread its peers over. */
static uint16_t
rx_queues(const struct app *a, uint16_t port, const struct rte_eth_dev_info *info)
{
	if (a->queues[port].rx != 0)
		return a->queues[port].rx;
	if (a->opt.rxq != 0)
		return (uint16_t)a->opt.rxq;
	return pmd_ipoib_is(port) ? info->default_rxportconf.nb_queues : 1;
}

static uint16_t
tx_queues(const struct app *a, uint16_t port, const struct rte_eth_dev_info *info)
{
	if (a->queues[port].tx != 0)
		return a->queues[port].tx;
	if (a->opt.txq != 0)
		return (uint16_t)a->opt.txq;
	return RTE_MIN(a->lcores.nb_active, info->max_tx_queues);
}

/* Every queue of the port full. */
static uint32_t
port_mbufs(const struct app *a, uint16_t port)
{
	struct rte_eth_dev_info info;

	if (rte_eth_dev_info_get(port, &info) != 0)
		return 0;
	return rx_queues(a, port, &info) * rx_descs(a, &info) +
			tx_queues(a, port, &info) * tx_descs(a, &info);
}

/* Every cache full. */
static uint32_t
cache_mbufs(const struct app *a)
{
	return (rte_lcore_count() + 1) * (a->opt.mbcache * 2 + 64);
}

/* Every queue full, every ring full, every cache full, and some to spare. */
static uint32_t
pool_count(const struct app *a)
{
	uint32_t n = POOL_SPARE + DP_PUNT_RING + cache_mbufs(a);
	uint16_t port;

	if (a->opt.total_num_mbufs != 0)
		return a->opt.total_num_mbufs;
	RTE_ETH_FOREACH_DEV(port)
		n += port_mbufs(a, port);
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
pool_make(struct app *a, const char *name, uint32_t n, int socket)
{
	struct rte_mempool *mp;

	mp = rte_pktmbuf_pool_create(
			name, n, a->opt.mbcache, 0, (uint16_t)a->opt.mbuf_size, socket);
	if (mp == NULL)
		why(a, -ENOMEM,
				"no memory for %u mbufs of %u octets (%" PRIu64
				" MB) on NUMA node %d: more hugepages or EAL's -m, or less by "
				"--total-num-mbufs or --mbuf-size: %s",
				n, a->opt.mbuf_size, (uint64_t)n * (a->opt.mbuf_size + 192) >> 20,
				socket, rte_strerror(rte_errno));
	return mp;
}

static struct rte_mempool *
pool_get(struct app *a, int socket)
{
	char name[32];

	snprintf(name, sizeof(name), "ipoib_mbufs_%d", socket);
	if (pools[socket] == NULL)
		pools[socket] = pool_make(a, name, pool_count(a), socket);
	return pools[socket];
}

static struct rte_mempool *
late_pool_get(struct app *a, uint16_t port)
{
	uint32_t n = port_mbufs(a, port) + cache_mbufs(a) + LATE_SPARE;
	char name[32];

	snprintf(name, sizeof(name), "ipoib_mbufs_port%u", port);
	if (late_pools[port] == NULL)
		late_pools[port] = pool_make(a, name, n, socket_of(port));
	else if (late_pools[port]->size < n)
		why(a, -ENOMEM,
				"port %u: another port that had this number left a pool of %u mbufs, "
				"%u are needed: restart the program",
				port, late_pools[port]->size, n);
	else
		return late_pools[port];
	return late_pools[port] != NULL && late_pools[port]->size >= n ? late_pools[port] : NULL;
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
queues_check(struct app *a, uint16_t port, const struct rte_eth_dev_info *info, uint16_t nb_rxq,
		uint16_t nb_txq)
{
	if (nb_rxq > info->max_rx_queues)
		return why(a, -EINVAL, "--rxq %u: port %u (%s) has at most %u RX queues", nb_rxq,
				port, info->driver_name, info->max_rx_queues);
	if (nb_txq > info->max_tx_queues)
		return why(a, -EINVAL, "--txq %u: port %u (%s) has at most %u TX queues", nb_txq,
				port, info->driver_name, info->max_tx_queues);
	return 0;
}

/* What a frame has besides the packet; what a driver says by its limits, else an Ethernet frame's. */
static uint32_t
frame_overhead(const struct rte_eth_dev_info *info)
{
	if (info->max_mtu != UINT16_MAX && info->max_rx_pktlen > info->max_mtu)
		return info->max_rx_pktlen - info->max_mtu;
	return RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN;
}

static int
configure(const struct app *a, uint16_t port, const struct rte_eth_dev_info *info, uint16_t nb_rxq,
		uint16_t nb_txq)
{
	struct rte_eth_conf conf = { 0 };
	uint16_t mtu;

	/* 0 would mean 1,500, whatever the device has now. */
	if (rte_eth_dev_get_mtu(port, &mtu) == 0)
		conf.rxmode.mtu = mtu;
	if (!pmd_ipoib_is(port) && a->opt.max_pkt_len > frame_overhead(info))
		conf.rxmode.mtu = a->opt.max_pkt_len - frame_overhead(info);
	if (info->dev_flags != NULL && (*info->dev_flags & RTE_ETH_DEV_INTR_LSC) != 0)
		conf.intr_conf.lsc = !a->opt.no_lsc;
	if (nb_rxq > 1) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf.rss_hf = RTE_ETH_RSS_IP & info->flow_type_rss_offloads;
	}
	conf.txmode.offloads = info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	return rte_eth_dev_configure(port, nb_rxq, nb_txq, &conf);
}

static int
queues_setup(const struct app *a, uint16_t port, const struct rte_eth_dev_info *info,
		uint16_t nb_rxq, uint16_t nb_txq, struct rte_mempool *pool)
{
	uint16_t rxd = rx_descs(a, info), txd = tx_descs(a, info), q;
	int socket = socket_of(port), ret;

	ret = rte_eth_dev_adjust_nb_rx_tx_desc(port, &rxd, &txd);
	for (q = 0; ret == 0 && q < nb_rxq; q++)
		ret = rte_eth_rx_queue_setup(port, q, rxd, socket, NULL, pool);
	for (q = 0; ret == 0 && q < nb_txq; q++)
		ret = rte_eth_tx_queue_setup(port, q, txd, socket, NULL);
	return ret;
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

/* Tell of lcores that lie on another NUMA node than the port. */
static void
port_numa_check(const struct app *a, uint16_t port)
{
	int port_node = rte_eth_dev_socket_id(port), node;
	uint16_t w;

	if (numa_available() < 0 || numa_max_node() == 0 || port_node < 0)
		return;
	for (w = 0; w < a->lcores.nb_active; w++) {
		node = lcore_node(a->lcores.worker[w]);
		if (node < 0)
			APP_LOG(WARNING, "lcore %u may run on several NUMA nodes\n",
					a->lcores.worker[w]);
		else if (node != port_node)
			APP_LOG(WARNING,
					"port %u is on NUMA node %d, lcore %u on node %d "
					"(distance %d): slower\n",
					port, port_node, a->lcores.worker[w], node,
					numa_distance(port_node, node));
	}
}

static int
port_fails(struct app *a, uint16_t port, const struct rte_eth_dev_info *info, const char *what,
		int ret)
{
	return why(a, ret, "port %u (%s): cannot %s: %s; see the lines above", port,
			info->driver_name, what, rte_strerror(-ret));
}

/* pool NULL: that of the port's NUMA node */
static int
port_open(struct app *a, uint16_t port, struct rte_mempool *pool)
{
	struct rte_eth_dev_info info;
	uint16_t nb_rxq, nb_txq;
	int ret;

	ret = rte_eth_dev_info_get(port, &info);
	if (ret != 0)
		return why(a, ret, "port %u: the driver does not tell what it is: %s", port,
				rte_strerror(-ret));
	nb_rxq = rx_queues(a, port, &info);
	nb_txq = tx_queues(a, port, &info);
	ret = queues_check(a, port, &info, nb_rxq, nb_txq);
	if (ret != 0)
		return ret;
	if (pool == NULL)
		pool = pool_get(a, socket_of(port));
	if (pool == NULL)
		return -ENOMEM;
	ret = configure(a, port, &info, nb_rxq, nb_txq);
	if (ret != 0)
		return port_fails(a, port, &info, "configure it", ret);
	ret = queues_setup(a, port, &info, nb_rxq, nb_txq, pool);
	if (ret == -ENOMEM)
		return port_fails(a, port, &info,
				"set up its queues (are the mbufs too small for its frames? "
				"--mbuf-size)",
				ret);
	if (ret != 0)
		return port_fails(a, port, &info, "set up its queues", ret);
	ret = rte_eth_dev_start(port);
	if (ret != 0)
		return port_fails(a, port, &info, "start it", ret);
	port_numa_check(a, port);
	return 0;
}

int
port_open_late(struct app *a, uint16_t port)
{
	struct rte_mempool *pool = late_pool_get(a, port);

	return pool == NULL ? -ENOMEM : port_open(a, port, pool);
}

/* The pool that it has had. */
int
port_reopen(struct app *a, uint16_t port)
{
	struct rte_mempool *pool;
	uint32_t n;

	if (late_pools[port] != NULL)
		return port_open_late(a, port);
	pool = pool_get(a, socket_of(port));
	n = pool_count(a);
	if (pool != NULL && pool->size < n)
		APP_LOG(WARNING,
				"a pool of %u mbufs, %u would fill all queues: --total-num-mbufs\n",
				pool->size, n);
	return port_open(a, port, pool);
}

static int
compare(const void *a, const void *b)
{
	return *(const uint16_t *)a - *(const uint16_t *)b;
}

void
ports_list(struct app *a, uint16_t port, bool in)
{
	struct dp_counters c;
	uint16_t i, n = 0;

	pthread_rwlock_wrlock(&a->ports_lock);
	/* What another port with this number counted is not this one's. */
	if (a->dp != NULL) {
		dp_counters_get(a->dp, port, &c);
		dp_counters_add(&a->gone, &c);
		dp_counters_clear_port(a->dp, port);
	}
	for (i = 0; i < a->nb_ports; i++) {
		if (a->port[i] != port)
			a->port[n++] = a->port[i];
	}
	if (in) {
		a->port[n++] = port;
		atomic_fetch_add(&a->came[port], 1);
	}
	a->nb_ports = n;
	qsort(a->port, n, sizeof(a->port[0]), compare);
	pthread_rwlock_unlock(&a->ports_lock);
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
		if (ret != 0 || !wanted(a, port) || pmd_ipoib_is(port) != ipoib)
			continue;
		ret = port_open(a, port, NULL);
		if (ret == 0)
			ports_list(a, port, true);
	}
	return ret;
}

static int
mask_check(struct app *a)
{
	uint64_t left = a->opt.portmask;
	uint16_t i;

	for (i = 0; i < a->nb_ports; i++)
		left &= ~RTE_BIT64(a->port[i]);
	if (left != 0)
		return why(a, -ENODEV,
				"--portmask 0x%" PRIx64
				": port %u does not exist or carries an IPoIB port",
				a->opt.portmask, (unsigned int)__builtin_ctzll(left));
	if (a->nb_ports == 0)
		return why(a, -ENODEV,
				"no port to forward between: name devices by EAL's -a PCI-ADDRESS or "
				"--vdev NAME,key=value");
	return 0;
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
	if (ret != 0)
		app_say("%s", a->why);
	return ret;
}

/* @return how many of its mbufs nobody gave back */
static unsigned int
pool_close(struct rte_mempool **mp)
{
	unsigned int n;

	if (*mp == NULL)
		return 0;
	n = rte_mempool_in_use_count(*mp);
	rte_mempool_free(*mp);
	*mp = NULL;
	return n;
}

void
ports_close(struct app *a, struct app_in_use *left)
{
	unsigned int i;
	uint16_t port;

	*left = (struct app_in_use){ 0 };

	/* IPoIB ports let go of their carriers. */
	for (i = 0; i < a->nb_ports && a->port[i] < DP_PORT_LOGICAL; i++) {
		rte_eth_dev_stop(a->port[i]);
		if (!pmd_ipoib_is(a->port[i]))
			continue;
		left->ahs += pmd_ipoib_ah_count(a->port[i]);
		rte_eth_dev_close(a->port[i]);
	}
	RTE_ETH_FOREACH_DEV(port)
		rte_eth_dev_close(port);
	for (i = 0; i < RTE_DIM(pools); i++)
		left->mbufs += pool_close(&pools[i]);
	for (i = 0; i < RTE_DIM(late_pools); i++)
		left->mbufs += pool_close(&late_pools[i]);
}

uint16_t
app_ports(struct app *a, uint16_t ports[DP_PORTS_MAX])
{
	uint16_t n;

	pthread_rwlock_rdlock(&a->ports_lock);
	n = a->nb_ports;
	memcpy(ports, a->port, n * sizeof(ports[0]));
	pthread_rwlock_unlock(&a->ports_lock);
	return n;
}

bool
app_has_port(struct app *a, uint16_t port)
{
	uint16_t ports[DP_PORTS_MAX], n = app_ports(a, ports), i;

	for (i = 0; i < n; i++) {
		if (ports[i] == port)
			return true;
	}
	return false;
}

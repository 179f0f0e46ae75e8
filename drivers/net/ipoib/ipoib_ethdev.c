/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bus_driver.h>
#include <bus_vdev_driver.h>
#include <ethdev_vdev.h>
#include <rte_malloc.h>
#include <rte_mbuf_dyn.h>

#include "ipoib_pmd.h"
#include "ipoib_secondary.h"

RTE_LOG_REGISTER(ipoib_logtype, pmd.net.ipoib, NOTICE);

int pmd_ipoib_meta_offset = -1;
int (*ipoib_ether_create)(
		struct rte_device *device, const char *name, const struct ipoib_devargs *args);
const struct eth_dev_ops *ipoib_ether_secondary_ops;

/* Largest packet that the link layer may give us: IB MTU 4096. */
#define IB_MTU_MAX 4096
#define IB_MTU_USUAL 2048
/* Smallest that mbufs have to have room for. */
#define IB_MTU_LEAST 1024
/* Smallest receive ring between queues. */
#define RX_DESC_MIN 64
#define RX_DESC_MAX 32768

static int
ipoib_dev_configure(struct rte_eth_dev *dev)
{
	struct ipoib_port *port = dev->data->dev_private;
	int ret;

	pthread_mutex_lock(&port->hca->lock);
	port->max_frame = 0;
	port->told_mtu = 0;
	ret = port->hca->ops->configure(port->hca, port);
	if (ret == 0)
		ipoib_port_mtu_follow(port);
	pthread_mutex_unlock(&port->hca->lock);
	return ret;
}

/* Programs skip queues that are not marked so. */
static void
queue_states_set(struct rte_eth_dev *dev, uint8_t state)
{
	memset(dev->data->rx_queue_state, state, dev->data->nb_rx_queues);
	memset(dev->data->tx_queue_state, state, dev->data->nb_tx_queues);
}

static int
ipoib_dev_start(struct rte_eth_dev *dev)
{
	struct ipoib_port *port = dev->data->dev_private;
	struct ipoib_hca *hca = port->hca;
	int ret;

	pthread_mutex_lock(&hca->lock);
	ret = hca->ops->start(hca, port);
	if (ret == 0)
		port->started = true;
	pthread_mutex_unlock(&hca->lock);
	if (ret != 0)
		return ret;
	ret = ipoib_hca_update(hca, NULL);
	if (ret == 0) {
		queue_states_set(dev, RTE_ETH_QUEUE_STATE_STARTED);
		return 0;
	}
	pthread_mutex_lock(&hca->lock);
	port->started = false;
	hca->ops->stop(hca, port);
	pthread_mutex_unlock(&hca->lock);
	return ret;
}

static int
ipoib_dev_stop(struct rte_eth_dev *dev)
{
	struct ipoib_port *port = dev->data->dev_private;
	struct ipoib_hca *hca = port->hca;

	pthread_mutex_lock(&hca->lock);
	if (port->started) {
		port->started = false;
		hca->ops->stop(hca, port);
	}
	pthread_mutex_unlock(&hca->lock);
	/* The view without the port is out already; this is for the link state. */
	ipoib_hca_update(hca, NULL);
	queue_states_set(dev, RTE_ETH_QUEUE_STATE_STOPPED);
	return 0;
}

static void
ipoib_rxq_release(struct rte_eth_dev *dev, uint16_t id)
{
	struct ipoib_port *port = dev->data->dev_private;
	struct ipoib_rxq *q = dev->data->rx_queues[id];

	if (q == NULL)
		return;
	pthread_mutex_lock(&q->hca->lock);
	dev->data->rx_queues[id] = NULL;
	ipoib_rxq_stats_keep(port, q);
	pthread_mutex_unlock(&q->hca->lock);
	ipoib_rxq_free(q, port->lingers);
}

static void
ipoib_txq_release(struct rte_eth_dev *dev, uint16_t id)
{
	struct ipoib_txq *q = dev->data->tx_queues[id];

	if (q == NULL)
		return;
	pthread_mutex_lock(&q->hca->lock);
	dev->data->tx_queues[id] = NULL;
	ipoib_txq_stats_keep(dev->data->dev_private, q);
	ipoib_hca_reader_put(q->hca, q->reader);
	pthread_mutex_unlock(&q->hca->lock);
	rte_free(q);
}

uint32_t
ipoib_frame_len(const struct ipoib_hca *hca, uint16_t ib_mtu)
{
	if (hca->ops->datagrams)
		return ib_mtu;
	return RTE_ETHER_HDR_LEN + sizeof(struct ib_lrh) + sizeof(struct ib_grh) +
			sizeof(struct ib_bth) + sizeof(struct ib_deth) + ib_mtu + IB_ICRC_LEN +
			IB_VCRC_LEN;
}

/*
 * Whole frames may land in these mbufs, before their headers are taken off. Which MTU the link has is
 * not known before it is joined: one that they have no room for is refused then.
 */
static int
rxq_mempool_check(
		const struct ipoib_port *port, uint16_t id, struct rte_mempool *mp, uint32_t *room)
{
	uint32_t size = rte_pktmbuf_data_room_size(mp);
	uint32_t need = ipoib_frame_len(
			port->hca, port->joined ? port->bcast.ib_mtu : IB_MTU_LEAST);
	uint32_t usual = ipoib_frame_len(port->hca, IB_MTU_USUAL);

	*room = size > RTE_PKTMBUF_HEADROOM ? size - RTE_PKTMBUF_HEADROOM : 0;
	if (*room >= need && (port->joined || *room >= usual))
		return 0;
	if (*room >= need) {
		IPOIB_LOG(WARNING,
				"port %u queue %u: mbufs of mempool '%s' take frames of %u octets: "
				"enough for IB MTU %u only, %u needs %u (--mbuf-size %u at least)",
				port->port_id, id, mp->name, *room, IB_MTU_LEAST, IB_MTU_USUAL,
				usual, usual + RTE_PKTMBUF_HEADROOM);
		return 0;
	}
	IPOIB_LOG(ERR,
			"port %u queue %u: mbufs of mempool '%s' take frames of %u octets, needed are %u "
			"(--mbuf-size %u at least)",
			port->port_id, id, mp->name, *room, need, need + RTE_PKTMBUF_HEADROOM);
	return -EINVAL;
}

static void
numa_warn(const struct ipoib_port *port, const char *what, int socket)
{
	int own = port->hca->socket;

	if (socket != own && socket != SOCKET_ID_ANY && own != SOCKET_ID_ANY)
		IPOIB_LOG(WARNING, "port %u: %s is on NUMA node %d, the HCA's carrier on %d",
				port->port_id, what, socket, own);
}

static int
queue_reader_get(struct ipoib_hca *hca, unsigned int *reader)
{
	int ret;

	pthread_mutex_lock(&hca->lock);
	ret = ipoib_hca_reader_get(hca);
	pthread_mutex_unlock(&hca->lock);
	if (ret < 0)
		return ret;
	*reader = (unsigned int)ret;
	return 0;
}

static int
rxq_ring_create(struct ipoib_rxq *q, int socket)
{
	static uint32_t serial;
	char name[RTE_RING_NAMESIZE];

	/* A queue of a port that is gone may linger under the same numbers. */
	snprintf(name, sizeof(name), "ipoib_rx_%u_%u_%u", q->port_id, q->queue_id,
			__atomic_fetch_add(&serial, 1, __ATOMIC_RELAXED));
	q->ring = ipoib_ring_create(name, RTE_MAX(q->nb_desc, RX_DESC_MIN), socket, 0);
	return q->ring != NULL ? 0 : -rte_errno;
}

static int
ipoib_rxq_setup(struct rte_eth_dev *dev, uint16_t id, uint16_t nb_desc, unsigned int socket,
		const struct rte_eth_rxconf *conf __rte_unused, struct rte_mempool *mp)
{
	struct ipoib_port *port = dev->data->dev_private;
	struct ipoib_rxq *q;
	uint32_t room;
	int ret;

	ret = rxq_mempool_check(port, id, mp, &room);
	if (ret != 0)
		return ret;
	numa_warn(port, "a receive queue", (int)socket);
	q = rte_zmalloc_socket("ipoib_rxq", sizeof(*q), RTE_CACHE_LINE_SIZE, (int)socket);
	if (q == NULL)
		return -ENOMEM;
	q->hca = port->hca;
	q->port = port;
	q->mp = mp;
	q->port_id = port->port_id;
	q->queue_id = id;
	q->nb_desc = nb_desc;
	ret = rxq_ring_create(q, (int)socket);
	if (ret != 0)
		goto free_queue;
	ret = queue_reader_get(port->hca, &q->reader);
	if (ret != 0)
		goto free_ring;
	port->max_frame = port->max_frame == 0 ? room : RTE_MIN(port->max_frame, room);
	dev->data->rx_queues[id] = q;
	return 0;
free_ring:
	rte_ring_free(q->ring);
free_queue:
	rte_free(q);
	return ret;
}

static int
ipoib_txq_setup(struct rte_eth_dev *dev, uint16_t id, uint16_t nb_desc, unsigned int socket,
		const struct rte_eth_txconf *conf __rte_unused)
{
	struct ipoib_port *port = dev->data->dev_private;
	struct ipoib_txq *q;
	int ret;

	numa_warn(port, "a transmit queue", (int)socket);
	q = rte_zmalloc_socket("ipoib_txq", sizeof(*q), RTE_CACHE_LINE_SIZE, (int)socket);
	if (q == NULL)
		return -ENOMEM;
	q->hca = port->hca;
	q->port = port;
	q->queue_id = id;
	q->nb_desc = nb_desc;
	q->qpn = port->qpn[id];
	ret = queue_reader_get(port->hca, &q->reader);
	if (ret != 0) {
		rte_free(q);
		return ret;
	}
	dev->data->tx_queues[id] = q;
	return 0;
}

int
ipoib_dev_info(struct rte_eth_dev *dev, struct rte_eth_dev_info *info)
{
	const struct ipoib_port *port = dev->data->dev_private;

	info->max_mac_addrs = 1;
	info->max_rx_queues = port->max_queues;
	info->max_tx_queues = port->max_queues;
	info->min_mtu = IPOIB_MTU_MIN;
	info->max_mtu = IPOIB_MTU_4K;
	info->max_rx_pktlen = IB_MTU_MAX;
	/* The backend's functions are the primary process's. */
	if (rte_eal_process_type() == RTE_PROC_PRIMARY)
		info->min_rx_bufsize = ipoib_frame_len(port->hca, IB_MTU_LEAST);
	info->rx_offload_capa = port->hca->rx_offloads;
	info->tx_offload_capa = RTE_ETH_TX_OFFLOAD_MULTI_SEGS | port->hca->tx_offloads;
	info->rx_desc_lim.nb_min = RX_DESC_MIN;
	info->rx_desc_lim.nb_max = RX_DESC_MAX;
	info->rx_desc_lim.nb_align = 1;
	info->tx_desc_lim = info->rx_desc_lim;
	info->default_rxportconf.ring_size = IPOIB_RX_DESC_DEFAULT;
	info->default_rxportconf.burst_size = 32;
	info->default_rxportconf.nb_queues = port->max_queues;
	info->default_txportconf.ring_size = 1024;
	info->default_txportconf.burst_size = 32;
	info->default_txportconf.nb_queues = port->max_queues;
	return 0;
}

/* The link state is set when a change is noticed, by the control side. */
int
ipoib_link_update(struct rte_eth_dev *dev __rte_unused, int wait __rte_unused)
{
	return 0;
}

static int
ipoib_mtu_set(struct rte_eth_dev *dev, uint16_t mtu)
{
	struct ipoib_port *port = dev->data->dev_private;
	uint16_t max;
	int ret = 0;

	pthread_mutex_lock(&port->hca->lock);
	max = port->joined ? port->bcast.ib_mtu - IPOIB_HDR_LEN : IPOIB_MTU_4K;
	if (mtu > max) {
		IPOIB_LOG(ERR, "port %u: MTU %u is above that of the link, %u", port->port_id, mtu,
				max);
		ret = -EINVAL;
	} else {
		port->user_mtu = mtu;
	}
	pthread_mutex_unlock(&port->hca->lock);
	return ret;
}

/* IPoIB has no promiscuous mode (a group at a time is joined); yet programs ask for it. */
static int
ipoib_mode_ignore(struct rte_eth_dev *dev __rte_unused)
{
	return 0;
}

static int
ipoib_mac_set(struct rte_eth_dev *dev __rte_unused, struct rte_ether_addr *addr __rte_unused)
{
	return -ENOTSUP;
}

static void
ipoib_rxq_info(struct rte_eth_dev *dev, uint16_t id, struct rte_eth_rxq_info *info)
{
	const struct ipoib_rxq *q = dev->data->rx_queues[id];

	info->mp = q->mp;
	info->nb_desc = q->nb_desc;
}

static void
ipoib_txq_info(struct rte_eth_dev *dev, uint16_t id, struct rte_eth_txq_info *info)
{
	const struct ipoib_txq *q = dev->data->tx_queues[id];

	info->nb_desc = q->nb_desc;
}

static int
ipoib_tx_cleanup(void *txq, uint32_t n)
{
	struct ipoib_txq *q = txq;

	return q->hca->ops->tx_cleanup != NULL ? q->hca->ops->tx_cleanup(txq, n) : 0;
}

static int
ipoib_dev_close(struct rte_eth_dev *dev)
{
	struct ipoib_port *port = dev->data->dev_private;
	uint16_t i;

	if (rte_eal_process_type() != RTE_PROC_PRIMARY || port == NULL || port->hca == NULL)
		return 0;
	if (port->started)
		ipoib_dev_stop(dev);
	for (i = 0; i < dev->data->nb_rx_queues; i++)
		ipoib_rxq_release(dev, i);
	for (i = 0; i < dev->data->nb_tx_queues; i++)
		ipoib_txq_release(dev, i);
	ipoib_hca_put(port);
	ipoib_ah_table_fini(&port->ah);
	free(port->groups);
	/* The address is part of the private data, which ethdev frees. */
	dev->data->mac_addrs = NULL;
	return 0;
}

COMPAT_STATS_GET(ipoib_stats_get)

const struct eth_dev_ops ipoib_eth_dev_ops = {
	.dev_configure = ipoib_dev_configure,
	.dev_start = ipoib_dev_start,
	.dev_stop = ipoib_dev_stop,
	.dev_close = ipoib_dev_close,
	.dev_infos_get = ipoib_dev_info,
	.rx_queue_setup = ipoib_rxq_setup,
	.rx_queue_release = ipoib_rxq_release,
	.rxq_info_get = ipoib_rxq_info,
	.tx_queue_setup = ipoib_txq_setup,
	.tx_queue_release = ipoib_txq_release,
	.txq_info_get = ipoib_txq_info,
	.tx_done_cleanup = ipoib_tx_cleanup,
	.link_update = ipoib_link_update,
	.mtu_set = ipoib_mtu_set,
	.mac_addr_set = ipoib_mac_set,
	.promiscuous_enable = ipoib_mode_ignore,
	.promiscuous_disable = ipoib_mode_ignore,
	.allmulticast_enable = ipoib_mode_ignore,
	.allmulticast_disable = ipoib_mode_ignore,
	.stats_get = ipoib_stats_get_op,
	.stats_reset = ipoib_stats_reset,
	.xstats_get = ipoib_xstats_get,
	.xstats_get_names = ipoib_xstats_get_names,
	.xstats_reset = ipoib_stats_reset,
};

static int
meta_register(void)
{
	static const struct rte_mbuf_dynfield field = {
		.name = PMD_IPOIB_META_NAME,
		.size = sizeof(struct pmd_ipoib_meta),
		.align = __alignof__(struct pmd_ipoib_meta),
	};

	if (pmd_ipoib_meta_offset >= 0)
		return 0;
	pmd_ipoib_meta_offset = rte_mbuf_dynfield_register(&field);
	if (pmd_ipoib_meta_offset >= 0)
		return 0;
	IPOIB_LOG(ERR, "no room in the mbuf for 8 octets of metadata");
	return -rte_errno;
}

static int
port_init(struct ipoib_port *port, struct rte_eth_dev *dev, const struct ipoib_devargs *args)
{
	int ret;

	port->dev = dev;
	port->port_id = dev->data->port_id;
	port->pkey = args->pkey;
	port->mac.addr_bytes[0] = 0x02;
	port->groups = calloc(IPOIB_GROUPS_MAX, sizeof(*port->groups));
	if (port->groups == NULL)
		return -ENOMEM;
	ret = ipoib_ah_table_init(&port->ah, args->numa);
	if (ret == 0)
		ret = ipoib_hca_get(args, port);
	if (ret != 0) {
		ipoib_ah_table_fini(&port->ah);
		free(port->groups);
	}
	return ret;
}

static void
dev_init(struct rte_eth_dev *dev, struct ipoib_port *port)
{
	const struct ipoib_hca_ops *ops = port->hca->ops;

	dev->dev_ops = &ipoib_eth_dev_ops;
	dev->rx_pkt_burst = ops->rx_burst;
	dev->tx_pkt_burst = ops->tx_burst;
	dev->data->mac_addrs = &port->mac;
	dev->data->mtu = IPOIB_PMD_MTU_DEFAULT;
	dev->data->numa_node = port->hca->socket;
	dev->data->dev_flags |= RTE_ETH_DEV_INTR_LSC | RTE_ETH_DEV_INTR_RMV |
			RTE_ETH_DEV_AUTOFILL_QUEUE_XSTATS;
	dev->data->dev_link = (struct rte_eth_link){
		.link_speed = RTE_ETH_SPEED_NUM_NONE,
		.link_duplex = RTE_ETH_LINK_FULL_DUPLEX,
		.link_autoneg = RTE_ETH_LINK_FIXED,
		.link_status = RTE_ETH_LINK_DOWN,
	};
}

int
ipoib_eth_init(struct rte_eth_dev *dev, void *args)
{
	int ret;

	ret = meta_register();
	if (ret == 0)
		ret = port_init(dev->data->dev_private, dev, args);
	if (ret == 0)
		dev_init(dev, dev->data->dev_private);
	return ret;
}

static int
ipoib_vdev_probe(struct rte_vdev_device *vdev)
{
	const char *name = rte_vdev_device_name(vdev);
	struct ipoib_devargs args;
	struct rte_eth_dev *dev;
	int ret;

	if (rte_eal_process_type() != RTE_PROC_PRIMARY)
		return ipoib_secondary_attach(vdev);
	ret = ipoib_devargs_parse(name, rte_vdev_device_args(vdev), &args);
	if (ret != 0)
		return ret;
	if (args.numa != SOCKET_ID_ANY)
		vdev->device.numa_node = args.numa;
	if (args.ether && ipoib_ether_create == NULL) {
		IPOIB_LOG(ERR, "%s: this driver was built without mode=ether", name);
		return -ENOTSUP;
	}
	if (args.ether)
		return ipoib_ether_create(&vdev->device, name, &args);
	dev = rte_eth_vdev_allocate(vdev, sizeof(struct ipoib_port));
	if (dev == NULL)
		return -ENOMEM;
	ret = ipoib_eth_init(dev, &args);
	if (ret != 0) {
		rte_eth_dev_release_port(dev);
		return ret;
	}
	rte_eth_dev_probing_finish(dev);
	return 0;
}

static int
ipoib_vdev_remove(struct rte_vdev_device *vdev)
{
	struct rte_eth_dev *dev = rte_eth_dev_allocated(rte_vdev_device_name(vdev));

	if (dev == NULL)
		return 0;
	/* A secondary process has nothing to close. */
	if (dev->dev_ops->dev_close != NULL)
		dev->dev_ops->dev_close(dev);
	return rte_eth_dev_release_port(dev);
}

static struct rte_vdev_driver ipoib_vdev_driver = {
	.driver = { .name = PMD_IPOIB_DRIVER_NAME },
	.probe = ipoib_vdev_probe,
	.remove = ipoib_vdev_remove,
};

/*
 * A program may have the driver linked in and load it as a plug-in, too: the
 * first one stays. That is usual, dpdk-ipoib itself does so when it is installed.
 */
RTE_INIT(ipoib_register)
{
	struct rte_bus *bus = rte_bus_find_by_name("vdev");

	if (bus != NULL && bus->parse != NULL && bus->parse(PMD_IPOIB_DRIVER_NAME "0", NULL) == 0) {
		IPOIB_LOG(DEBUG, "the driver is there already, this copy of it stays unused");
		return;
	}
	rte_vdev_register(&ipoib_vdev_driver);
	ipoib_pci_register();
}

COMPAT_PMD_NAME(net_ipoib);
RTE_PMD_REGISTER_PARAM_STRING(net_ipoib,
		"hca=<soft|verbs> device=<name> port=<1..254> pkey=<0x8001> "
		"mad=<umad|ibsim|ibsim:NAME> carrier=<ethdev> queues=<1..16> "
		"qpn=<2..0xfffffe> crc=<on|off> roce=<on|off> grh=<on|off> numa=<node> "
		"mode=<native|ether> vlan=<ID:0x8002>");

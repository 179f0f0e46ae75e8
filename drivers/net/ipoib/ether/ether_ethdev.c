/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* The Ethernet port as programs see it: operations of ethdev, most of them passed on below. */

#include <errno.h>
#include <string.h>

#include <rte_malloc.h>

#include "ether_pmd.h"

/* What we can check by software where the lower port cannot. */
#define SOFT_RX_CKSUM \
	(RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM | \
			RTE_ETH_RX_OFFLOAD_TCP_CKSUM)

static uint64_t
lower_rx_capa(const struct ether_dev *e)
{
	struct rte_eth_dev_info info;

	return rte_eth_dev_info_get(e->lower_id, &info) == 0 ? info.rx_offload_capa : 0;
}

static int
ether_dev_configure(struct rte_eth_dev *dev)
{
	struct ether_dev *e = dev->data->dev_private;
	const struct rte_eth_conf *want = &dev->data->dev_conf;
	struct rte_eth_conf conf;
	int ret;

	memset(&conf, 0, sizeof(conf));
	conf.rxmode.offloads = want->rxmode.offloads & lower_rx_capa(e);
	conf.txmode.offloads = want->txmode.offloads;
	/* One transmit queue more: control's. */
	ret = rte_eth_dev_configure(e->lower_id, dev->data->nb_rx_queues,
			(uint16_t)(dev->data->nb_tx_queues + 1), &conf);
	if (ret != 0)
		return ret;
	e->txq = dev->data->nb_tx_queues;
	dev->data->mtu = e->lower->data->mtu;
	return ether_vlans_configure(e);
}

/* Programs skip queues that are not marked so. */
static void
queue_states_set(struct rte_eth_dev *dev, uint8_t state)
{
	memset(dev->data->rx_queue_state, state, dev->data->nb_rx_queues);
	memset(dev->data->tx_queue_state, state, dev->data->nb_tx_queues);
}

static void
queues_bind(struct rte_eth_dev *dev)
{
	struct ether_dev *e = dev->data->dev_private;
	bool cksum = (dev->data->dev_conf.rxmode.offloads & SOFT_RX_CKSUM) != 0;
	uint16_t i;

	for (i = 0; i < dev->data->nb_rx_queues; i++) {
		struct ether_rxq *q = dev->data->rx_queues[i];

		struct ipoib_rxq *low = e->lower->data->rx_queues[i];

		q->lower = low;
		q->cksum = cksum;
		memset(&q->plain, 0, sizeof(q->plain));
		q->plain.port_id = q->port_id;
		low->ether = &q->plain;
	}
	for (i = 0; i < dev->data->nb_tx_queues; i++) {
		struct ether_txq *q = dev->data->tx_queues[i];

		q->lower = e->lower->data->tx_queues[i];
		memset(q->cache, 0, sizeof(q->cache));
	}
}

static int
ether_dev_stop(struct rte_eth_dev *dev)
{
	struct ether_dev *e = dev->data->dev_private;

	if (!e->started)
		return 0;
	ether_vlans_stop(e);
	pthread_mutex_lock(&ether_lock);
	ether_ctrl_stop(e);
	e->link_event = false;
	pthread_mutex_unlock(&ether_lock);
	e->started = false;
	queue_states_set(dev, RTE_ETH_QUEUE_STATE_STOPPED);
	return rte_eth_dev_stop(e->lower_id);
}

static int
ether_dev_start(struct rte_eth_dev *dev)
{
	struct ether_dev *e = dev->data->dev_private;
	int ret;

	ret = rte_eth_tx_queue_setup(e->lower_id, e->txq, 1024, SOCKET_ID_ANY, NULL);
	if (ret == 0)
		ret = rte_eth_dev_start(e->lower_id);
	if (ret != 0)
		return ret;
	queues_bind(dev);
	pthread_mutex_lock(&ether_lock);
	ret = ether_ctrl_start(e);
	pthread_mutex_unlock(&ether_lock);
	if (ret != 0) {
		rte_eth_dev_stop(e->lower_id);
		return ret;
	}
	e->started = true;
	ret = ether_vlans_start(e);
	if (ret != 0) {
		ether_dev_stop(dev);
		return ret;
	}
	queue_states_set(dev, RTE_ETH_QUEUE_STATE_STARTED);
	return 0;
}

static void
reader_add(struct ether_dev *e, unsigned int i, unsigned int *reader)
{
	unsigned int first;

	e->rcu = ether_ctrl_rcu(e, &first);
	*reader = first + i;
	rte_rcu_qsbr_thread_register(e->rcu, *reader);
}

static void
ether_rxq_release(struct rte_eth_dev *dev, uint16_t id)
{
	struct ether_dev *e = dev->data->dev_private;
	struct ether_rxq *q = dev->data->rx_queues[id];

	if (q == NULL)
		return;
	dev->data->rx_queues[id] = NULL;
	ether_counters_keep(&e->rx_gone, &q->ctr, &q->base);
	rte_rcu_qsbr_thread_unregister(e->rcu, q->reader);
	rte_free(q);
}

static void
ether_txq_release(struct rte_eth_dev *dev, uint16_t id)
{
	struct ether_dev *e = dev->data->dev_private;
	struct ether_txq *q = dev->data->tx_queues[id];

	if (q == NULL)
		return;
	dev->data->tx_queues[id] = NULL;
	ether_counters_keep(&e->tx_gone, &q->ctr, &q->base);
	rte_rcu_qsbr_thread_unregister(e->rcu, q->reader);
	rte_free(q);
}

static int
ether_rxq_setup(struct rte_eth_dev *dev, uint16_t id, uint16_t nb_desc, unsigned int socket,
		const struct rte_eth_rxconf *conf, struct rte_mempool *mp)
{
	struct ether_dev *e = dev->data->dev_private;
	struct rte_eth_rxconf low = *conf;
	struct ether_rxq *q;
	int ret;

	low.offloads &= lower_rx_capa(e);
	ret = rte_eth_rx_queue_setup(e->lower_id, id, nb_desc, socket, &low, mp);
	if (ret != 0)
		return ret;
	q = rte_zmalloc_socket("ether_rxq", sizeof(*q), RTE_CACHE_LINE_SIZE, (int)socket);
	if (q == NULL)
		return -ENOMEM;
	q->e = e;
	q->id = id;
	q->port_id = e->port_id;
	reader_add(e, id, &q->reader);
	dev->data->rx_queues[id] = q;
	return ether_vlans_rxq_setup(e, id, nb_desc, socket, conf, mp);
}

static int
ether_txq_setup(struct rte_eth_dev *dev, uint16_t id, uint16_t nb_desc, unsigned int socket,
		const struct rte_eth_txconf *conf)
{
	struct ether_dev *e = dev->data->dev_private;
	struct ether_txq *q;
	int ret;

	ret = rte_eth_tx_queue_setup(e->lower_id, id, nb_desc, socket, conf);
	if (ret != 0)
		return ret;
	q = rte_zmalloc_socket("ether_txq", sizeof(*q), RTE_CACHE_LINE_SIZE, (int)socket);
	if (q == NULL)
		return -ENOMEM;
	q->e = e;
	q->id = id;
	reader_add(e, PMD_IPOIB_QUEUES_MAX + id, &q->reader);
	dev->data->tx_queues[id] = q;
	return ether_vlans_txq_setup(e, id, nb_desc, socket, conf);
}

static int
ether_dev_info(struct rte_eth_dev *dev, struct rte_eth_dev_info *info)
{
	const struct ether_dev *e = dev->data->dev_private;
	struct rte_eth_dev_info low;

	info->max_mac_addrs = ETHER_MACS_MAX;
	info->max_rx_queues = e->max_queues;
	info->max_tx_queues = e->max_queues;
	info->min_mtu = RTE_ETHER_MIN_MTU;
	info->max_mtu = IPOIB_MTU_4K;
	info->max_rx_pktlen = IPOIB_MTU_4K + RTE_ETHER_HDR_LEN +
			(e->nb_vlans > 0 ? sizeof(struct rte_vlan_hdr) : 0);
	/* The lower port's functions are the primary process's. */
	if (rte_eal_process_type() != RTE_PROC_PRIMARY ||
			rte_eth_dev_info_get(e->lower_id, &low) != 0)
		return 0;
	info->min_rx_bufsize = low.min_rx_bufsize;
	info->rx_offload_capa = low.rx_offload_capa | SOFT_RX_CKSUM;
	info->tx_offload_capa = low.tx_offload_capa;
	info->rx_desc_lim = low.rx_desc_lim;
	info->tx_desc_lim = low.tx_desc_lim;
	info->default_rxportconf = low.default_rxportconf;
	info->default_txportconf = low.default_txportconf;
	info->default_rxportconf.nb_queues = 1;
	info->default_txportconf.nb_queues = 1;
	return 0;
}

/* Control follows the link. */
static int
ether_link_update(struct rte_eth_dev *dev, int wait)
{
	RTE_SET_USED(dev);
	RTE_SET_USED(wait);
	return 0;
}

static int
ether_mtu_set(struct rte_eth_dev *dev, uint16_t mtu)
{
	struct ether_dev *e = dev->data->dev_private;
	int ret = rte_eth_dev_set_mtu(e->lower_id, mtu);

	if (ret != 0)
		return ret;
	pthread_mutex_lock(&ether_lock);
	ret = ether_ctrl_mtu(e, mtu);
	pthread_mutex_unlock(&ether_lock);
	if (ret == 0)
		ether_vlans_mtu(e, mtu);
	return ret;
}

static int
ether_mac_set(struct rte_eth_dev *dev, struct rte_ether_addr *mac)
{
	struct ether_dev *e = dev->data->dev_private;

	pthread_mutex_lock(&ether_lock);
	e->mac = *mac;
	ether_table_own(e->table, mac);
	pthread_mutex_unlock(&ether_lock);
	ether_vlans_mac(e);
	return 0;
}

/* ethdev has put it into the list when this is called for the filter, or takes it out afterwards. */
static int
ether_mac_add(struct rte_eth_dev *dev, struct rte_ether_addr *mac, uint32_t index, uint32_t vmdq)
{
	struct ether_dev *e = dev->data->dev_private;

	RTE_SET_USED(vmdq);
	pthread_mutex_lock(&ether_lock);
	dev->data->mac_addrs[index] = *mac;
	ether_groups_filter(e);
	ether_vlans_filter(e);
	pthread_mutex_unlock(&ether_lock);
	return 0;
}

static void
ether_mac_remove(struct rte_eth_dev *dev, uint32_t index)
{
	struct ether_dev *e = dev->data->dev_private;

	pthread_mutex_lock(&ether_lock);
	memset(&dev->data->mac_addrs[index], 0, sizeof(dev->data->mac_addrs[index]));
	ether_groups_filter(e);
	ether_vlans_filter(e);
	pthread_mutex_unlock(&ether_lock);
}

static int
ether_mcast_set(struct rte_eth_dev *dev, struct rte_ether_addr *macs, uint32_t n)
{
	struct ether_dev *e = dev->data->dev_private;

	if (n > ETHER_MCASTS_MAX) {
		ETHER_LOG(ERR, "port %u: %u multicast addresses, at most %u can be filtered",
				e->port_id, n, ETHER_MCASTS_MAX);
		return -ENOSPC;
	}
	pthread_mutex_lock(&ether_lock);
	if (n > 0)
		memcpy(e->mcast, macs, n * sizeof(*macs));
	e->nb_mcast = n;
	ether_groups_filter(e);
	ether_vlans_filter(e);
	pthread_mutex_unlock(&ether_lock);
	return 0;
}

static int
modes_set(struct rte_eth_dev *dev, bool promisc, bool allmulti)
{
	struct ether_dev *e = dev->data->dev_private;

	pthread_mutex_lock(&ether_lock);
	e->promisc = promisc;
	e->allmulti = allmulti;
	ether_groups_filter(e);
	ether_vlans_filter(e);
	pthread_mutex_unlock(&ether_lock);
	return 0;
}

static int
ether_promisc_on(struct rte_eth_dev *dev)
{
	return modes_set(dev, true, ((struct ether_dev *)dev->data->dev_private)->allmulti);
}

static int
ether_promisc_off(struct rte_eth_dev *dev)
{
	return modes_set(dev, false, ((struct ether_dev *)dev->data->dev_private)->allmulti);
}

static int
ether_allmulti_on(struct rte_eth_dev *dev)
{
	return modes_set(dev, ((struct ether_dev *)dev->data->dev_private)->promisc, true);
}

static int
ether_allmulti_off(struct rte_eth_dev *dev)
{
	return modes_set(dev, ((struct ether_dev *)dev->data->dev_private)->promisc, false);
}

static void
ether_rxq_info(struct rte_eth_dev *dev, uint16_t id, struct rte_eth_rxq_info *info)
{
	const struct ether_dev *e = dev->data->dev_private;

	rte_eth_rx_queue_info_get(e->lower_id, id, info);
}

static void
ether_txq_info(struct rte_eth_dev *dev, uint16_t id, struct rte_eth_txq_info *info)
{
	const struct ether_dev *e = dev->data->dev_private;

	rte_eth_tx_queue_info_get(e->lower_id, id, info);
}

static const uint32_t ptypes[] = {
	RTE_PTYPE_L2_ETHER,
	RTE_PTYPE_L2_ETHER_VLAN,
	RTE_PTYPE_L3_IPV4_EXT_UNKNOWN,
	RTE_PTYPE_L3_IPV6_EXT_UNKNOWN,
	RTE_PTYPE_UNKNOWN,
};
COMPAT_PTYPES(ether_ptypes, ptypes, 4)

static int
ether_tx_cleanup(void *txq, uint32_t n)
{
	struct ether_txq *q = txq;
	const struct eth_dev_ops *ops = q->e->lower->dev_ops;

	return ops->tx_done_cleanup != NULL ? ops->tx_done_cleanup(q->lower, n) : 0;
}

static int
ether_dev_close(struct rte_eth_dev *dev)
{
	struct ether_dev *e = dev->data->dev_private;
	uint16_t i;

	if (rte_eal_process_type() != RTE_PROC_PRIMARY || e == NULL || e->lower == NULL)
		return 0;
	ether_dev_stop(dev);
	ether_vlans_close(e);
	for (i = 0; i < dev->data->nb_rx_queues; i++)
		ether_rxq_release(dev, i);
	for (i = 0; i < dev->data->nb_tx_queues; i++)
		ether_txq_release(dev, i);
	ether_dev_fini(e);
	return 0;
}

/* As it came: what was learnt, groups that locals joined, and the MTU. What ethdev keeps, it restores. */
static int
ether_dev_reset(struct rte_eth_dev *dev)
{
	struct ether_dev *e = dev->data->dev_private;
	struct ipoib_port *low = e->lower->data->dev_private;
	int ret;

	ret = ether_dev_stop(dev);
	if (ret != 0)
		return ret;
	pthread_mutex_lock(&ether_lock);
	ether_table_forget(e->table);
	ether_ctrl_mtu(e, 0);
	pthread_mutex_unlock(&ether_lock);
	pthread_mutex_lock(&low->hca->lock);
	low->user_mtu = 0;
	pthread_mutex_unlock(&low->hca->lock);
	return ether_vlans_reset(e);
}

COMPAT_STATS_GET(ether_stats_get)

const struct eth_dev_ops ether_eth_dev_ops = {
	.dev_configure = ether_dev_configure,
	.dev_start = ether_dev_start,
	.dev_stop = ether_dev_stop,
	.dev_close = ether_dev_close,
	.dev_reset = ether_dev_reset,
	.dev_infos_get = ether_dev_info,
	.dev_supported_ptypes_get = ether_ptypes,
	.rx_queue_setup = ether_rxq_setup,
	.rx_queue_release = ether_rxq_release,
	.rxq_info_get = ether_rxq_info,
	.tx_queue_setup = ether_txq_setup,
	.tx_queue_release = ether_txq_release,
	.txq_info_get = ether_txq_info,
	.tx_done_cleanup = ether_tx_cleanup,
	.link_update = ether_link_update,
	.mtu_set = ether_mtu_set,
	.mac_addr_set = ether_mac_set,
	.mac_addr_add = ether_mac_add,
	.mac_addr_remove = ether_mac_remove,
	.set_mc_addr_list = ether_mcast_set,
	.promiscuous_enable = ether_promisc_on,
	.promiscuous_disable = ether_promisc_off,
	.allmulticast_enable = ether_allmulti_on,
	.allmulticast_disable = ether_allmulti_off,
	.stats_get = ether_stats_get_op,
	.stats_reset = ether_stats_reset,
	.xstats_get = ether_xstats_get,
	.xstats_get_names = ether_xstats_get_names,
	.xstats_reset = ether_stats_reset,
};

/* A secondary process: data only. */
const struct eth_dev_ops ether_secondary_ops = {
	.dev_infos_get = ether_dev_info,
	.link_update = ether_link_update,
	.stats_get = ether_stats_get_op,
	.xstats_get = ether_xstats_get,
	.xstats_get_names = ether_xstats_get_names,
};

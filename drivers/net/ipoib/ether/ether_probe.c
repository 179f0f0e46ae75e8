/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* A port in mode=ether comes and goes, with the native one below it. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_malloc.h>
#include <rte_string_fns.h>

#include "ether_pmd.h"

/* So long is waited for a fabric that says who we are: the MAC is made of it. */
#define IDENTITY_US (2 * CTL_US_PER_S)

/* --- the native port below --- */

static void
lower_free(struct ether_dev *e)
{
	if (e->lower == NULL)
		return;
	e->lower = NULL;
	rte_eth_dev_close(e->lower_id);
}

/* Nobody is told of it, and no program takes it: it is ours. */
static int
port_own(struct rte_eth_dev *dev)
{
	struct rte_eth_dev_owner owner = { .name = "net_ipoib mode=ether" };
	int ret;

	ret = rte_eth_dev_owner_new(&owner.id);
	if (ret == 0)
		ret = rte_eth_dev_owner_set(dev->data->port_id, &owner);
	/* Without rte_eth_dev_probing_finish(): programs would hear of a new port. */
	if (ret == 0)
		dev->state = RTE_ETH_DEV_ATTACHED;
	return ret;
}

static int
lower_make(struct ether_dev *e, struct rte_device *device, const char *name,
		const struct ipoib_devargs *args)
{
	struct ipoib_devargs low = *args;
	char lower_name[RTE_ETH_NAME_MAX_LEN];
	struct rte_eth_dev *lower;
	int ret;

	/* One queue pair more, by which control sends. */
	low.queues = RTE_MIN((uint16_t)(args->queues + 1), (uint16_t)PMD_IPOIB_QUEUES_MAX);
	e->max_queues = low.queues - 1;
	snprintf(lower_name, sizeof(lower_name), "%.*s_ib", (int)sizeof(lower_name) - 4, name);
	lower = rte_eth_dev_allocate(lower_name);
	if (lower == NULL)
		return -ENOMEM;
	lower->device = device;
	lower->data->dev_private = rte_zmalloc_socket(lower_name, sizeof(struct ipoib_port),
			RTE_CACHE_LINE_SIZE, device->numa_node);
	ret = lower->data->dev_private == NULL ? -ENOMEM : ipoib_eth_init(lower, &low);
	if (ret != 0) {
		rte_eth_dev_release_port(lower);
		return ret;
	}
	((struct ipoib_port *)lower->data->dev_private)->hidden = true;
	e->lower = lower;
	e->lower_id = lower->data->port_id;
	ret = port_own(lower);
	if (ret != 0)
		lower_free(e);
	return ret;
}

/* --- the Ethernet port --- */

static int
mac_make(struct ether_dev *e, const char *name)
{
	struct pmd_ipoib_info info;
	int ret;

	ether_ctrl_identity(e, IDENTITY_US);
	ret = pmd_ipoib_info_get(e->lower_id, &info);
	if (ret != 0)
		return ret;
	/* Without a fabric: of its name, so that it is the same the next time, too. */
	if (ib_gid_is_zero(&info.gid)) {
		memcpy(info.gid.raw, info.device,
				RTE_MIN(sizeof(info.gid.raw) - 1, sizeof(info.device)));
		info.gid.raw[sizeof(info.gid.raw) - 1] = info.hca_port;
		ETHER_LOG(WARNING,
				"%s: the fabric does not say who we are: the MAC is made of the name "
				"of the HCA instead",
				name);
	}
	ether_mac_own(&info.gid, e->pkey, &e->mac);
	return 0;
}

static int
table_make(struct ether_dev *e)
{
	char name[17];
	unsigned int first;
	struct ether_table_cfg cfg = { .name = name, .socket = e->lower->data->numa_node };
	int ret;

	snprintf(name, sizeof(name), "ether_%u", e->port_id);
	cfg.rcu = ether_ctrl_rcu(e, &first);
	e->rcu = cfg.rcu;
	ret = ether_table_create(&cfg, &e->table);
	if (ret == 0)
		ether_table_own(e->table, &e->mac);
	return ret;
}

/* Those that have a MAC of the user's. */
static int
peers_fix(const struct ether_dev *e, const char *name, const struct ipoib_devargs *args)
{
	char mac[RTE_ETHER_ADDR_FMT_SIZE];
	unsigned int i;
	int ret;

	for (i = 0; i < args->nb_peers; i++) {
		ret = ether_peer_fix(e->table, &args->peer[i].addr, &args->peer[i].mac);
		if (ret == 0)
			continue;
		rte_ether_format_addr(mac, sizeof(mac), &args->peer[i].mac);
		ETHER_LOG(ERR, "%s: no peer with the MAC %s: %s", name, mac,
				ret == -EEXIST ? "it is the port's own" : strerror(-ret));
		return ret;
	}
	return 0;
}

static struct rte_ring *
ring_make(const struct ether_dev *e, const char *what, unsigned int flags)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "ether_%s_%u", what, e->port_id);
	return rte_ring_create(name, ETHER_RING, e->lower->data->numa_node, flags);
}

static int
rings_make(struct ether_dev *e)
{
	e->out = ring_make(e, "out", RING_F_SC_DEQ);
	e->in = ring_make(e, "in", RING_F_SC_DEQ);
	e->app = ring_make(e, "app", RING_F_SP_ENQ | RING_F_SC_DEQ);
	e->groups = calloc(ETHER_GROUPS_MAX, sizeof(*e->groups));
	return e->out == NULL || e->in == NULL || e->app == NULL || e->groups == NULL ? -ENOMEM : 0;
}

void
ether_dev_fini(struct ether_dev *e)
{
	pthread_mutex_lock(&ether_lock);
	ether_ctrl_known(e, false);
	ether_table_destroy(e->table);
	e->table = NULL;
	rte_ring_free(e->out);
	rte_ring_free(e->in);
	rte_ring_free(e->app);
	free(e->groups);
	lower_free(e);
	ether_ctrl_put();
	pthread_mutex_unlock(&ether_lock);
}

static int
dev_fill(struct ether_dev *e, struct rte_eth_dev *dev, const char *name,
		const struct ipoib_devargs *args)
{
	int ret;

	ret = mac_make(e, name);
	if (ret == 0)
		ret = table_make(e);
	if (ret == 0)
		ret = peers_fix(e, name, args);
	if (ret == 0)
		ret = rings_make(e);
	if (ret != 0)
		return ret;
	dev->data->mac_addrs = rte_zmalloc("ether_macs", ETHER_MACS_MAX * sizeof(e->mac), 0);
	if (dev->data->mac_addrs == NULL)
		return -ENOMEM;
	dev->data->mac_addrs[0] = e->mac;
	dev->dev_ops = &ether_eth_dev_ops;
	dev->rx_pkt_burst = ether_rx_burst;
	dev->tx_pkt_burst = ether_tx_burst;
	dev->data->mtu = e->lower->data->mtu;
	dev->data->numa_node = e->lower->data->numa_node;
	dev->data->dev_flags |= RTE_ETH_DEV_INTR_LSC | RTE_ETH_DEV_INTR_RMV |
			RTE_ETH_DEV_AUTOFILL_QUEUE_XSTATS;
	dev->data->dev_link = e->lower->data->dev_link;
	ether_ctrl_known(e, true);
	return 0;
}

/* The Ethernet port is allocated before the one below: so it gets the first free number. */
static int
ether_make(struct rte_device *device, const char *name, const struct ipoib_devargs *args,
		struct ether_dev **out)
{
	struct rte_eth_dev *dev = rte_eth_dev_allocate(name);
	struct ether_dev *e;
	int ret;

	if (dev == NULL)
		return -ENOMEM;
	dev->device = device;
	e = rte_zmalloc_socket(name, sizeof(*e), RTE_CACHE_LINE_SIZE, device->numa_node);
	if (e == NULL) {
		rte_eth_dev_release_port(dev);
		return -ENOMEM;
	}
	dev->data->dev_private = e;
	e->dev = dev;
	e->port_id = dev->data->port_id;
	e->pkey = args->pkey;
	pthread_mutex_lock(&ether_lock);
	ret = ether_ctrl_get();
	if (ret == 0) {
		ret = lower_make(e, device, name, args);
		if (ret != 0)
			ether_ctrl_put();
	}
	if (ret == 0)
		ret = dev_fill(e, dev, name, args);
	pthread_mutex_unlock(&ether_lock);
	if (ret != 0) {
		if (e->lower != NULL)
			ether_dev_fini(e);
		rte_eth_dev_release_port(dev);
		return ret;
	}
	*out = e;
	return 0;
}

/* The hidden port of a VLAN's partition. */
static int
vlan_make(struct ether_dev *e, struct rte_device *device, const char *name,
		const struct ipoib_devargs *args, unsigned int i)
{
	struct ipoib_devargs own = *args;
	char vlan_name[RTE_ETH_NAME_MAX_LEN];
	struct ether_dev *v;
	int ret;

	own.pkey = args->vlan[i].pkey;
	own.nb_vlans = 0;
	own.nb_peers = 0;
	own.qpn = 0;
	snprintf(vlan_name, sizeof(vlan_name), "%.*s_v%u", (int)sizeof(vlan_name) - 10, name,
			args->vlan[i].id);
	ret = ether_make(device, vlan_name, &own, &v);
	if (ret != 0) {
		ETHER_LOG(ERR, "%s: no port for VLAN %u, P_Key 0x%04x: %s", name, args->vlan[i].id,
				own.pkey, strerror(-ret));
		return ret;
	}
	e->vlan[e->nb_vlans].id = args->vlan[i].id;
	e->vlan[e->nb_vlans++].port_id = v->port_id;
	/* Not by ethdev, which asks a device that is still being probed for its driver. */
	pthread_mutex_lock(&ether_lock);
	v->hidden = true;
	v->mac = e->mac;
	v->dev->data->mac_addrs[0] = e->mac;
	ether_table_own(v->table, &e->mac);
	pthread_mutex_unlock(&ether_lock);
	return port_own(v->dev);
}

static int
ether_create(struct rte_device *device, const char *name, const struct ipoib_devargs *args)
{
	struct rte_eth_dev *dev;
	struct ether_dev *e;
	unsigned int i;
	int ret;

	ret = ether_make(device, name, args, &e);
	if (ret != 0)
		return ret;
	dev = e->dev;
	for (i = 0; i < args->nb_vlans && ret == 0; i++)
		ret = vlan_make(e, device, name, args, i);
	if (ret != 0) {
		ether_vlans_close(e);
		ether_dev_fini(e);
		rte_eth_dev_release_port(dev);
		return ret;
	}
	if (e->nb_vlans > 0) {
		dev->rx_pkt_burst = ether_vlan_rx_burst;
		dev->tx_pkt_burst = ether_vlan_tx_burst;
	}
	rte_eth_dev_probing_finish(dev);
	return 0;
}

/* The driver's, if we are linked to it. */
RTE_INIT(ether_register)
{
	ipoib_ether_create = ether_create;
	ipoib_ether_secondary_ops = &ether_secondary_ops;
}

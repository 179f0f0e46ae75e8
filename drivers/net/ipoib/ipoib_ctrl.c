/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "ipoib_pmd.h"

/* Without MADs the identity is looked at so often. */
#define IDENTITY_US 250000
/* What could not be done is tried again so often: it may be a line in the log each time. */
#define RETRY_US 1000000
/* How often packets with keys of others are counted, and how many are worth a word. */
#define FOREIGN_US 1000000
#define FOREIGN_MANY 1000

struct ipoib_port *
ipoib_port_by_id(uint16_t port_id)
{
	struct rte_eth_dev *dev;

	if (!rte_eth_dev_is_valid_port(port_id))
		return NULL;
	dev = &rte_eth_devices[port_id];
	return dev->dev_ops == &ipoib_eth_dev_ops ? dev->data->dev_private : NULL;
}

bool
pmd_ipoib_is(uint16_t port_id)
{
	return ipoib_port_by_id(port_id) != NULL;
}

/* Receive queues as configured; before that, as many as there may be. */
static uint16_t
port_nb_rxq(const struct ipoib_port *port)
{
	uint16_t n = port->dev->data->nb_rx_queues;

	return n != 0 ? RTE_MIN(n, port->nb_qps) : port->nb_qps;
}

static void
port_info(const struct ipoib_port *port, struct pmd_ipoib_info *info)
{
	const struct ipoib_mad_port *ident = &port->hca->ident;

	memset(info, 0, sizeof(*info));
	memcpy(info->device, port->hca->args.device, sizeof(info->device));
	info->hca_port = port->hca->args.port;
	info->backend = port->hca->ops->name;
	info->state = ident->state;
	info->pkey = port->pkey;
	info->nb_qps = port_nb_rxq(port);
	memcpy(info->qpn, port->qpn, info->nb_qps * sizeof(info->qpn[0]));
	if (ident->state != IPOIB_MAD_ABSENT) {
		info->lid = ident->lid;
		info->lmc = ident->lmc;
		info->sm_lid = ident->sm_lid;
		info->gid = ident->gid;
	}
	info->pkey_wire = ipoib_port_pkey_wire(port);
	info->pkey_present = info->pkey_wire != 0;
	info->pkey_index = info->pkey_present ? (uint16_t)port->pkey_index : 0;
	info->pkey_cycles = port->pkey_cycles;
	info->grh_required = ipoib_hca_grh_required(port->hca);
	info->rate_mbps = ident->rate_mbps;
	info->ib_mtu = ident->mtu != 0 ? ident->mtu : ipoib_hwcnt_mtu(port->hca);
	info->joined = port->joined;
	if (port->joined) {
		info->qkey = port->bcast.qkey;
		info->mtu = port->bcast.ib_mtu - IPOIB_HDR_LEN;
	}
	ipoib_addr_set(&info->addr, port->qpn[0], &info->gid);
}

int
pmd_ipoib_info_get(uint16_t port_id, struct pmd_ipoib_info *info)
{
	struct ipoib_port *port = ipoib_port_by_id(port_id);

	if (port == NULL)
		return -ENODEV;
	pthread_mutex_lock(&port->hca->lock);
	port_info(port, info);
	pthread_mutex_unlock(&port->hca->lock);
	return 0;
}

int
pmd_ipoib_sibling_args(uint16_t port_id, uint16_t pkey, char *buf, size_t len)
{
	struct ipoib_port *port = ipoib_port_by_id(port_id);
	struct ipoib_devargs args;

	if (port == NULL)
		return -ENODEV;
	args = port->hca->args;
	args.pkey = pkey;
	args.queues = port->max_queues;
	return ipoib_devargs_format(&args, buf, len);
}

struct ipoib_mad *
pmd_ipoib_mad(uint16_t port_id)
{
	struct ipoib_port *port = ipoib_port_by_id(port_id);

	return port != NULL ? port->hca->mad : NULL;
}

int
pmd_ipoib_hca_id(uint16_t port_id)
{
	struct ipoib_port *port = ipoib_port_by_id(port_id);

	return port != NULL ? port->hca->id : -ENODEV;
}

/* RoCE has neither MADs nor an SM: the device itself is asked, at umad's pace. */
static void
identity_follow(struct ipoib_hca *hca, uint64_t now_us)
{
	struct ipoib_mad_port ident;

	if (now_us < hca->identity_us || hca->ops->identity(hca, &ident) != 0)
		return;
	hca->identity_us = now_us + IDENTITY_US;
	if (memcmp(&ident, &hca->ident, sizeof(ident)) != 0)
		ipoib_hca_update(hca, &ident);
}

/* Some are sent by who has not heard of a change yet; so many are guesses. Said once. */
static void
foreign_tell(struct ipoib_hca *hca)
{
	struct ipoib_port *port;
	uint64_t pkey, qkey;
	unsigned int i;

	if (hca->now_us < hca->foreign_us)
		return;
	hca->foreign_us = hca->now_us + FOREIGN_US;
	for (i = 0; i < IPOIB_HCA_PORTS_MAX; i++) {
		port = hca->ports[i];
		if (port == NULL || port->told_foreign)
			continue;
		ipoib_port_foreign(port, &pkey, &qkey);
		if (pkey + qkey < FOREIGN_MANY)
			continue;
		port->told_foreign = true;
		IPOIB_LOG(WARNING,
				"port %u: %" PRIu64 " packets with wrong P_Keys and %" PRIu64
				" with wrong Q_Keys were dropped: somebody is set up wrongly, or "
				"guesses (rx_drop_pkey, rx_drop_qkey)",
				port->port_id, pkey, qkey);
	}
}

void
pmd_ipoib_poll(uint16_t port_id, uint64_t now_us)
{
	struct ipoib_port *port = ipoib_port_by_id(port_id);
	struct ipoib_hca *hca;
	bool stale;

	if (port == NULL)
		return;
	hca = port->hca;
	/* Without the lock: the listeners called from here, ours and others', take it. */
	if (hca->mad != NULL)
		ipoib_mad_poll(hca->mad, now_us);
	else
		identity_follow(hca, now_us);
	ipoib_hwcnt_poll(hca, now_us);
	pthread_mutex_lock(&hca->lock);
	hca->now_us = now_us;
	ipoib_hca_reclaim(hca);
	foreign_tell(hca);
	stale = hca->stale && now_us >= hca->retry_us;
	pthread_mutex_unlock(&hca->lock);
	/* There was no memory for it then. */
	if (stale && ipoib_hca_update(hca, NULL) != 0)
		hca->retry_us = now_us + RETRY_US;
}

static bool
group_is_valid(const struct ib_gid *mgid, uint16_t mlid)
{
	return ib_gid_is_multicast(mgid) && ib_lid_is_multicast(mlid);
}

/*
 * Largest frame that every receive mempool of the HCA takes; 0 if none is known.
 * The carrier keeps the mempool of the port that started it, also when that is gone.
 */
static uint32_t
hca_max_frame(const struct ipoib_hca *hca)
{
	uint32_t min = hca->carrier_frame;
	unsigned int i;

	for (i = 0; i < IPOIB_HCA_PORTS_MAX; i++)
		if (hca->ports[i] != NULL && hca->ports[i]->max_frame != 0 &&
				(min == 0 || hca->ports[i]->max_frame < min))
			min = hca->ports[i]->max_frame;
	return min;
}

/* Once: whoever wants the group tries again and again. */
static void
mbufs_tell(struct ipoib_port *port, uint16_t ib_mtu, uint32_t need, uint32_t room)
{
	if (port->told_mtu == ib_mtu)
		return;
	port->told_mtu = ib_mtu;
	IPOIB_LOG(ERR,
			"port %u: IB MTU %u needs mbufs for %u octets, they take %u (--mbuf-size %u "
			"at least)",
			port->port_id, ib_mtu, need, room, need + RTE_PKTMBUF_HEADROOM);
}

static int
bcast_check(struct ipoib_port *port, const struct pmd_ipoib_bcast *b)
{
	uint32_t room = hca_max_frame(port->hca), need;

	if (!group_is_valid(&b->mgid, b->mlid))
		return -EINVAL;
	if (b->ib_mtu < 256 || b->ib_mtu > 4096 || (b->ib_mtu & (b->ib_mtu - 1)) != 0)
		return -ERANGE;
	need = ipoib_frame_len(port->hca, b->ib_mtu);
	if (room != 0 && need > room) {
		mbufs_tell(port, b->ib_mtu, need, room);
		return -ERANGE;
	}
	port->told_mtu = 0;
	return 0;
}

void
ipoib_port_mtu_follow(struct ipoib_port *port)
{
	uint16_t mtu = port->joined ? port->bcast.ib_mtu - IPOIB_HDR_LEN : IPOIB_PMD_MTU_DEFAULT;

	if (port->user_mtu != 0 && port->user_mtu < mtu)
		mtu = port->user_mtu;
	port->dev->data->mtu = mtu;
}

int
pmd_ipoib_bcast_set(uint16_t port_id, const struct pmd_ipoib_bcast *b)
{
	struct ipoib_port *port = ipoib_port_by_id(port_id);
	int ret = 0;

	if (port == NULL)
		return -ENODEV;
	pthread_mutex_lock(&port->hca->lock);
	if (b != NULL)
		ret = bcast_check(port, b);
	if (ret == 0) {
		port->joined = b != NULL;
		if (b != NULL)
			port->bcast = *b;
		ipoib_port_mtu_follow(port);
	}
	pthread_mutex_unlock(&port->hca->lock);
	return ret == 0 ? ipoib_hca_update(port->hca, NULL) : ret;
}

static struct ipoib_group *
group_find(struct ipoib_port *port, const struct ib_gid *mgid)
{
	unsigned int i;

	for (i = 0; i < port->nb_groups; i++)
		if (ib_gid_equal(&port->groups[i].mgid, mgid))
			return &port->groups[i];
	return NULL;
}

/* The broadcast group counts, though it comes and goes with pmd_ipoib_bcast_set(). */
static int
group_add(struct ipoib_port *port, const struct ib_gid *mgid, uint16_t mlid, bool send_only)
{
	struct ipoib_group *g;

	if (group_find(port, mgid) != NULL ||
			(port->joined && ib_gid_equal(&port->bcast.mgid, mgid)))
		return -EEXIST;
	if (port->nb_groups == IPOIB_GROUPS_MAX)
		return -ENOSPC;
	g = &port->groups[port->nb_groups++];
	g->mgid = *mgid;
	g->mlid = mlid;
	g->send_only = send_only;
	g->attached = 0;
	return 0;
}

static void
group_gone(struct ipoib_port *port, struct ipoib_group *g)
{
	if (port->hca->ops->group_del != NULL)
		port->hca->ops->group_del(port, g);
}

static int
group_publish(struct ipoib_port *port, const struct ipoib_group *g, bool there)
{
	const struct ipoib_hca_ops *ops = port->hca->ops;

	/* With a view that is behind, one group more does not help. */
	if (!port->hca->stale && ops->group_publish != NULL &&
			ops->group_publish(port, g, there) == 0)
		return 0;
	return ipoib_hca_publish(port->hca);
}

int
pmd_ipoib_mcast_attach(uint16_t port_id, const struct ib_gid *mgid, uint16_t mlid, bool send_only)
{
	struct ipoib_port *port = ipoib_port_by_id(port_id);
	int ret;

	if (port == NULL)
		return -ENODEV;
	if (!group_is_valid(mgid, mlid))
		return -EINVAL;
	pthread_mutex_lock(&port->hca->lock);
	ret = group_add(port, mgid, mlid, send_only);
	if (ret == 0) {
		ret = group_publish(port, &port->groups[port->nb_groups - 1], true);
		if (ret != 0) {
			port->nb_groups--;
			group_gone(port, &port->groups[port->nb_groups]);
		}
	}
	pthread_mutex_unlock(&port->hca->lock);
	return ret;
}

int
pmd_ipoib_mcast_update(uint16_t port_id, const struct ib_gid *mgid, uint16_t mlid, bool send_only)
{
	struct ipoib_port *port = ipoib_port_by_id(port_id);
	struct ipoib_group *g, old;
	int ret = -ENOENT;

	if (port == NULL)
		return -ENODEV;
	if (!group_is_valid(mgid, mlid))
		return -EINVAL;
	pthread_mutex_lock(&port->hca->lock);
	g = group_find(port, mgid);
	if (g != NULL) {
		old = *g;
		g->mlid = mlid;
		g->send_only = send_only;
		ret = group_publish(port, g, true);
		/* If the old one is gone already, the new one is tried for on. */
		if (ret != 0 && g->attached == old.attached) {
			g->mlid = old.mlid;
			g->send_only = old.send_only;
		}
	}
	pthread_mutex_unlock(&port->hca->lock);
	return ret;
}

int
pmd_ipoib_mcast_detach(uint16_t port_id, const struct ib_gid *mgid)
{
	struct ipoib_port *port = ipoib_port_by_id(port_id);
	struct ipoib_group *g, old;
	int ret = -ENOENT;

	if (port == NULL)
		return -ENODEV;
	pthread_mutex_lock(&port->hca->lock);
	g = group_find(port, mgid);
	if (g != NULL) {
		group_gone(port, g);
		old = *g;
		*g = port->groups[--port->nb_groups];
		ret = group_publish(port, &old, false);
		if (ret != 0)
			port->groups[port->nb_groups++] = old;
	}
	pthread_mutex_unlock(&port->hca->lock);
	return ret;
}

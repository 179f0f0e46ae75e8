/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_malloc.h>

#include "hca_soft.h"

/* Octets of a carrier frame beyond its own Ethernet header. */
#define CARRIER_MTU(frame) ((frame)-RTE_ETHER_HDR_LEN)
#define CARRIER_TXD 1024
#define GROUPS_SPARE 64
/* What may have gathered in a queue of a carrier that was not polled, at most. */
#define RX_STALE_MAX 65536

/* Nobody's view: nothing is active. For the start, and where memory is out. */
static struct soft_qp no_qps[1];
static struct soft_group no_groups[1];
static struct soft_view view_none = { .qps = no_qps, .groups = no_groups };

static int
carrier_claim(struct ipoib_hca *hca, uint16_t id)
{
	struct soft_hca *soft = hca->backend;
	int ret;

	ret = rte_eth_dev_owner_set(id, &soft->owner);
	if (ret != 0) {
		IPOIB_LOG(ERR, "carrier '%s' belongs to another driver", hca->args.carrier);
		return -EBUSY;
	}
	soft->carrier = id;
	soft->claimed = true;
	if (hca->socket == SOCKET_ID_ANY)
		hca->socket = rte_eth_devices[id].data->numa_node;
	return 0;
}

/* The carrier comes up after us: take it before it counts as a port of the program. */
static int
carrier_new(uint16_t id, enum rte_eth_event_type type __rte_unused, void *arg,
		void *ret __rte_unused)
{
	struct ipoib_hca *hca = arg;
	struct soft_hca *soft = hca->backend;

	if (strcmp(rte_eth_devices[id].data->name, hca->args.carrier) != 0)
		return 0;
	pthread_mutex_lock(&hca->lock);
	if (!soft->claimed)
		carrier_claim(hca, id);
	pthread_mutex_unlock(&hca->lock);
	return 0;
}

static bool
carrier_is_there(const struct ipoib_hca *hca)
{
	const struct soft_hca *soft = hca->backend;
	uint16_t id;

	return soft->claimed && rte_eth_dev_get_port_by_name(hca->args.carrier, &id) == 0 &&
			id == soft->carrier;
}

static int
soft_open(struct ipoib_hca *hca)
{
	struct soft_hca *soft;
	uint16_t id;
	int ret;

	soft = rte_zmalloc_socket("ipoib_soft", sizeof(*soft), RTE_CACHE_LINE_SIZE, hca->socket);
	if (soft == NULL)
		return -ENOMEM;
	soft->view = &view_none;
	hca->backend = soft;
	snprintf(soft->owner.name, sizeof(soft->owner.name), "net_ipoib HCA %d", hca->id);
	ret = rte_eth_dev_owner_new(&soft->owner.id);
	if (ret == 0 && rte_eth_dev_get_port_by_name(hca->args.carrier, &id) == 0)
		ret = carrier_claim(hca, id);
	if (ret == 0)
		ret = rte_eth_dev_callback_register(
				RTE_ETH_ALL, RTE_ETH_EVENT_NEW, carrier_new, hca);
	if (ret == 0)
		return 0;
	if (soft->claimed)
		rte_eth_dev_owner_unset(soft->carrier, soft->owner.id);
	hca->backend = NULL;
	rte_free(soft);
	return ret;
}

static void
soft_reclaim(struct ipoib_hca *hca)
{
	struct soft_hca *soft = hca->backend;
	struct soft_view *v;

	while (soft->stale_first != NULL) {
		v = soft->stale_first;
		if (rte_rcu_qsbr_check(hca->qsbr, v->token, false) != 1)
			return;
		soft->stale_first = v->next;
		if (soft->stale_first == NULL)
			soft->stale_last = NULL;
		rte_free(v);
	}
}

static void
soft_close(struct ipoib_hca *hca)
{
	struct soft_hca *soft = hca->backend;
	struct soft_view *v;

	rte_eth_dev_callback_unregister(RTE_ETH_ALL, RTE_ETH_EVENT_NEW, carrier_new, hca);
	if (carrier_is_there(hca)) {
		if (soft->kept)
			rte_eth_dev_stop(soft->carrier);
		rte_eth_dev_owner_unset(soft->carrier, soft->owner.id);
	}
	/* No queue exists any more, hence no reader. */
	while (soft->stale_first != NULL) {
		v = soft->stale_first;
		soft->stale_first = v->next;
		rte_free(v);
	}
	if (soft->view != &view_none)
		rte_free(soft->view);
	rte_free(soft);
	hca->backend = NULL;
}

static int
soft_configure(struct ipoib_hca *hca, struct ipoib_port *port)
{
	struct soft_hca *soft = hca->backend;
	uint16_t id;

	if (carrier_is_there(hca))
		return 0;
	soft->claimed = false;
	soft->kept = false;
	if (rte_eth_dev_get_port_by_name(hca->args.carrier, &id) == 0)
		return carrier_claim(hca, id);
	IPOIB_LOG(ERR, "port %u: carrier '%s' does not exist; add it with --vdev %s,... or -a",
			port->port_id, hca->args.carrier, hca->args.carrier);
	return -ENODEV;
}

/* With these every queue gets its share of the frames, wanted or not. */
static bool
carrier_fans_out(const char *driver)
{
	static const char *const names[] = { "net_af_packet", "net_af_xdp" };
	unsigned int i;

	for (i = 0; i < RTE_DIM(names); i++)
		if (strcmp(driver, names[i]) == 0)
			return true;
	return false;
}

static uint16_t
hca_nb_txq(const struct ipoib_hca *hca)
{
	unsigned int i, n = 0;

	for (i = 0; i < IPOIB_HCA_PORTS_MAX; i++)
		if (hca->ports[i] != NULL)
			n += hca->ports[i]->nb_qps;
	return (uint16_t)RTE_MIN(n, (unsigned int)SOFT_QUEUES_MAX);
}

/* 0: leave it alone, as af_packet's, which states an MTU that it does not have. */
static uint16_t
carrier_mtu(const struct rte_eth_dev_info *info, uint32_t frame)
{
	uint32_t mtu = RTE_MIN(CARRIER_MTU(frame), (uint32_t)info->max_mtu);
	uint32_t overhead = RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN;

	if (strcmp(info->driver_name, "net_af_packet") == 0)
		return 0;
	if (info->max_mtu != UINT16_MAX && info->max_rx_pktlen > info->max_mtu)
		overhead = info->max_rx_pktlen - info->max_mtu;
	return mtu + overhead <= info->max_rx_pktlen ? (uint16_t)mtu : 0;
}

static int
carrier_queues_setup(struct soft_hca *soft, const struct ipoib_port *port)
{
	const struct ipoib_rxq *first = port->dev->data->rx_queues[0];
	uint16_t rxd = first->nb_desc, txd = CARRIER_TXD, i;
	int socket = rte_eth_dev_socket_id(soft->carrier);
	int ret;

	ret = rte_eth_dev_adjust_nb_rx_tx_desc(soft->carrier, &rxd, &txd);
	for (i = 0; i < soft->nb_crxq && ret == 0; i++) {
		soft->crxq[i].queue = i;
		rte_spinlock_init(&soft->crxq[i].lock);
		ret = rte_eth_rx_queue_setup(soft->carrier, i, rxd, socket, NULL, first->mp);
	}
	for (i = 0; i < soft->nb_ctxq && ret == 0; i++)
		ret = rte_eth_tx_queue_setup(soft->carrier, i, txd, socket, NULL);
	return ret;
}

static int
carrier_configure(struct ipoib_hca *hca, const struct ipoib_port *port)
{
	struct soft_hca *soft = hca->backend;
	struct rte_eth_dev_info info;
	struct rte_eth_conf conf;
	int ret;

	ret = rte_eth_dev_info_get(soft->carrier, &info);
	if (ret != 0)
		return ret;
	soft->nb_crxq = 1;
	if (carrier_fans_out(info.driver_name))
		soft->nb_crxq = RTE_MIN(info.max_rx_queues, SOFT_QUEUES_MAX);
	soft->nb_ctxq = RTE_MIN(info.max_tx_queues, hca_nb_txq(hca));
	memset(&conf, 0, sizeof(conf));
	conf.rxmode.mtu = carrier_mtu(&info, port->max_frame);
	ret = rte_eth_dev_configure(soft->carrier, soft->nb_crxq, soft->nb_ctxq, &conf);
	return ret == 0 ? carrier_queues_setup(soft, port) : ret;
}

static void
backlog_free(struct soft_hca *soft, struct ipoib_txq *blame)
{
	struct rte_mbuf *m;
	uint16_t i;

	for (i = 0; i < soft->nb_ctxq; i++) {
		while (soft->ctxq[i].ring != NULL &&
				rte_ring_dequeue(soft->ctxq[i].ring, (void **)&m) == 0) {
			rte_pktmbuf_free(m);
			if (blame != NULL)
				ipoib_count(&blame->tx.drop[IPOIB_TX_DROP_CARRIER], 1);
		}
		rte_ring_free(soft->ctxq[i].ring);
		soft->ctxq[i].ring = NULL;
	}
}

static int
backlog_create(struct ipoib_hca *hca)
{
	struct soft_hca *soft = hca->backend;
	char name[RTE_RING_NAMESIZE];
	struct soft_ctxq *c;
	uint16_t i;

	for (i = 0; i < soft->nb_ctxq; i++) {
		c = &soft->ctxq[i];
		snprintf(name, sizeof(name), "ipoib_tx_h%d_%u", hca->id, i);
		/* A producer that loses its CPU in the middle stops no other. */
		c->ring = ipoib_ring_create(name, SOFT_BACKLOG, hca->socket, RING_F_MP_RTS_ENQ);
		if (c->ring == NULL) {
			backlog_free(soft, NULL);
			return -ENOMEM;
		}
		c->carrier = soft->carrier;
		c->credits = SOFT_BACKLOG;
		c->queue = i;
		rte_spinlock_init(&c->lock);
	}
	return 0;
}

/* af_packet opens its sockets at probe time and closes them when it is stopped: once is for ever. */
static bool
carrier_restarts(uint16_t carrier)
{
	struct rte_eth_dev_info info;

	return rte_eth_dev_info_get(carrier, &info) != 0 ||
			strcmp(info.driver_name, "net_af_packet") != 0;
}

/* The carrier went on while no port was there: what it has is too old. */
static int
carrier_resume(struct ipoib_hca *hca, const struct ipoib_port *port)
{
	struct ipoib_rxq *blame = port->dev->data->rx_queues[0];
	struct soft_hca *soft = hca->backend;
	struct rte_mbuf *m[32];
	uint32_t seen;
	uint16_t i, n;
	int ret;

	ret = backlog_create(hca);
	if (ret != 0)
		return ret;
	soft->kept = false;
	for (i = 0; i < soft->nb_crxq; i++) {
		seen = 0;
		do {
			n = rte_eth_rx_burst(soft->carrier, i, m, RTE_DIM(m));
			rte_pktmbuf_free_bulk(m, n);
			ipoib_count(&blame->rx.carrier, n);
			ipoib_count(&blame->rx.drop[IPOIB_RX_DROP_NOT_ACTIVE], n);
			seen += n;
		} while (n == RTE_DIM(m) && seen < RX_STALE_MAX);
	}
	return 0;
}

static int
carrier_start(struct ipoib_hca *hca, struct ipoib_port *port)
{
	struct soft_hca *soft = hca->backend;
	int ret;

	if (soft->kept)
		return carrier_resume(hca, port);
	if (rte_eth_devices[soft->carrier].data->dev_started != 0) {
		IPOIB_LOG(ERR, "carrier '%s' runs already: it must not be started by the program",
				hca->args.carrier);
		return -EBUSY;
	}
	ret = carrier_configure(hca, port);
	if (ret == 0)
		ret = backlog_create(hca);
	if (ret != 0) {
		IPOIB_LOG(ERR, "port %u: carrier '%s' cannot be set up with mbufs for %u octets: %s",
				port->port_id, hca->args.carrier, port->max_frame,
				rte_strerror(-ret));
		return ret;
	}
	ret = rte_eth_dev_start(soft->carrier);
	if (ret != 0) {
		IPOIB_LOG(ERR, "port %u: carrier '%s' does not start: %s", port->port_id,
				hca->args.carrier, rte_strerror(-ret));
		backlog_free(soft, NULL);
		return ret;
	}
	/* Frames go to MAC addresses made of LIDs. Some drivers take all anyway. */
	rte_eth_promiscuous_enable(soft->carrier);
	rte_eth_allmulticast_enable(soft->carrier);
	hca->carrier_frame = port->max_frame;
	return 0;
}

static void
carrier_stop(struct ipoib_hca *hca, struct ipoib_port *port)
{
	struct soft_hca *soft = hca->backend;
	struct rte_eth_dev_data *data = port->dev->data;

	soft->kept = carrier_is_there(hca) && !carrier_restarts(soft->carrier);
	if (carrier_is_there(hca) && !soft->kept) {
		rte_eth_promiscuous_disable(soft->carrier);
		rte_eth_allmulticast_disable(soft->carrier);
		rte_eth_dev_stop(soft->carrier);
	}
	if (!soft->kept)
		hca->carrier_frame = 0;
	backlog_free(soft, data->nb_tx_queues > 0 ? data->tx_queues[0] : NULL);
}

/* Queues of our ports in a row share out the carrier's. */
static void
port_queues_wire(struct ipoib_hca *hca, struct ipoib_port *port)
{
	struct soft_hca *soft = hca->backend;
	struct rte_eth_dev_data *data = port->dev->data;
	struct ipoib_rxq *r;
	struct ipoib_txq *t;
	unsigned int before = 0;
	uint16_t i;

	for (i = 0; i < port->slot; i++)
		if (hca->ports[i] != NULL)
			before += hca->ports[i]->nb_qps;
	for (i = 0; i < data->nb_rx_queues; i++) {
		r = data->rx_queues[i];
		r->step = data->nb_rx_queues;
		r->next = i % soft->nb_crxq;
	}
	for (i = 0; i < data->nb_tx_queues; i++) {
		t = data->tx_queues[i];
		t->carrier = &soft->ctxq[(before + i) % soft->nb_ctxq];
		t->mp = ((struct ipoib_rxq *)data->rx_queues[0])->mp;
	}
}

static int
soft_start(struct ipoib_hca *hca, struct ipoib_port *port)
{
	struct soft_hca *soft = hca->backend;
	int ret;

	if (port->dev->data->nb_rx_queues == 0 || port->dev->data->rx_queues[0] == NULL) {
		IPOIB_LOG(ERR, "port %u: needs at least one receive queue", port->port_id);
		return -EINVAL;
	}
	ret = soft_configure(hca, port);
	if (ret == 0 && soft->nb_started == 0)
		ret = carrier_start(hca, port);
	if (ret != 0)
		return ret;
	soft->nb_started++;
	port->lingers = false;
	port_queues_wire(hca, port);
	return 0;
}

static void
view_qp_add(struct soft_view *v, const struct ipoib_port *port, uint32_t qpn, uint16_t queue)
{
	uint32_t i = qpn & v->qp_mask;

	while (v->qps[i].qpn != 0)
		i = (i + 1) & v->qp_mask;
	v->qps[i].qpn = qpn;
	v->qps[i].slot = port->slot;
	v->qps[i].queue = (uint8_t)queue;
}

/* With fewer queues than once the QPNs of the others live on: peers may still know them. */
static void
view_qps_add(struct soft_view *v, const struct ipoib_port *port)
{
	const struct rte_eth_dev_data *data = port->dev->data;
	uint16_t i, queue;

	for (i = 0; i < port->nb_qps && data->nb_rx_queues != 0; i++) {
		queue = i % data->nb_rx_queues;
		if (data->rx_queues[queue] != NULL)
			view_qp_add(v, port, port->qpn[i], queue);
	}
}

static void
view_port_add(struct soft_view *v, const struct ipoib_port *port)
{
	const struct rte_eth_dev_data *data = port->dev->data;
	struct soft_vport *vp = &v->ports[port->slot];
	uint64_t member = RTE_BIT64(port->slot);
	const struct ipoib_group *g;
	uint16_t i;

	/* What a QP sends is what the table has at its index, if that is its own at all. */
	vp->pkey = ipoib_port_pkey_wire(port);
	vp->up = port->up && vp->pkey != 0;
	if (v->active && port->joined && vp->pkey == 0) {
		vp->rx_why = IPOIB_RX_DROP_PKEY;
		vp->tx_why = IPOIB_TX_DROP_PKEY;
	}
	vp->port_id = port->port_id;
	vp->nb_qps = port->nb_qps;
	memcpy(vp->qpn, port->qpn, sizeof(vp->qpn));
	vp->ah = port->ah.ah;
	vp->local = port->ah.local;
	for (i = 0; i < data->nb_rx_queues; i++)
		vp->rxq[i] = data->rx_queues[i];
	view_qps_add(v, port);
	if (port->joined) {
		vp->qkey = port->bcast.qkey;
		vp->ib_mtu = port->bcast.ib_mtu;
		vp->bcast = port->bcast.mgid;
		soft_group_add(v, &port->bcast.mgid, port->bcast.mlid, member, false);
	}
	for (i = 0; i < port->nb_groups; i++) {
		g = &port->groups[i];
		soft_group_add(v, &g->mgid, g->mlid, member, g->send_only);
	}
}

/* One piece of memory; both tables at most half full, with room for some groups more. */
static struct soft_view *
view_alloc(const struct ipoib_hca *hca)
{
	unsigned int i, nb_qps = 0, nb_groups = 0;
	struct soft_view *v;
	size_t qps, groups;

	for (i = 0; i < IPOIB_HCA_PORTS_MAX; i++) {
		if (hca->ports[i] == NULL)
			continue;
		nb_qps += hca->ports[i]->nb_qps;
		nb_groups += hca->ports[i]->nb_groups + 1u;
	}
	nb_qps = rte_align32pow2(2 * nb_qps + 1);
	nb_groups = rte_align32pow2(2 * nb_groups + GROUPS_SPARE);
	qps = RTE_ALIGN_CEIL(sizeof(*v), RTE_CACHE_LINE_SIZE);
	groups = qps + RTE_ALIGN_CEIL(nb_qps * sizeof(struct soft_qp), RTE_CACHE_LINE_SIZE);
	v = rte_zmalloc_socket("ipoib_view", groups + nb_groups * sizeof(struct soft_group),
			RTE_CACHE_LINE_SIZE, hca->socket);
	if (v == NULL)
		return NULL;
	v->qps = (struct soft_qp *)((char *)v + qps);
	v->groups = (struct soft_group *)((char *)v + groups);
	v->qp_mask = nb_qps - 1;
	v->group_mask = nb_groups - 1;
	v->max_slots = nb_groups / 4 * 3;
	return v;
}

static struct soft_view *
view_build(const struct ipoib_hca *hca)
{
	struct soft_view *v = view_alloc(hca);
	unsigned int i;

	if (v == NULL)
		return NULL;
	v->active = hca->ident.state == IPOIB_MAD_ACTIVE && ib_lid_is_unicast(hca->ident.lid);
	v->lid = hca->ident.lid;
	v->path_mask = (uint16_t)(RTE_BIT32(hca->ident.lmc & 7) - 1);
	v->gid = hca->ident.gid;
	v->grh_required = ipoib_hca_grh_required(hca);
	for (i = 0; i < IPOIB_HCA_PORTS_MAX; i++)
		if (hca->ports[i] != NULL && hca->ports[i]->started)
			view_port_add(v, hca->ports[i]);
	return v;
}

static void
view_replace(struct ipoib_hca *hca, struct soft_view *v)
{
	struct soft_hca *soft = hca->backend;
	struct soft_view *old = soft->view;

	__atomic_store_n(&soft->view, v, __ATOMIC_RELEASE);
	if (old == &view_none)
		return;
	old->token = rte_rcu_qsbr_start(hca->qsbr);
	old->next = NULL;
	if (soft->stale_last != NULL)
		soft->stale_last->next = old;
	else
		soft->stale_first = old;
	soft->stale_last = old;
	soft_reclaim(hca);
}

static int
soft_publish(struct ipoib_hca *hca)
{
	struct soft_view *v = view_build(hca);

	if (v == NULL)
		return -ENOMEM;
	((struct soft_hca *)hca->backend)->nb_views++;
	view_replace(hca, v);
	return 0;
}

static void
port_rings_flush(struct ipoib_port *port)
{
	struct rte_eth_dev_data *data = port->dev->data;
	struct ipoib_rxq *q;
	struct rte_mbuf *m;
	uint16_t i;

	for (i = 0; i < data->nb_rx_queues; i++) {
		q = data->rx_queues[i];
		while (q != NULL && rte_ring_dequeue(q->ring, (void **)&m) == 0) {
			rte_pktmbuf_free(m);
			ipoib_count(&q->rx.taken_over, 1);
			ipoib_count(&q->rx.drop[IPOIB_RX_DROP_NOT_ACTIVE], 1);
		}
	}
}

static void
soft_stop(struct ipoib_hca *hca, struct ipoib_port *port)
{
	struct soft_hca *soft = hca->backend;

	/* Out of memory: better no traffic than traffic into a queue that goes. */
	if (ipoib_hca_publish(hca) != 0)
		view_replace(hca, &view_none);
	port->lingers = !ipoib_hca_grace_wait(hca);
	port_rings_flush(port);
	if (--soft->nb_started == 0)
		carrier_stop(hca, port);
	soft_reclaim(hca);
}

static uint32_t
soft_link_speed(const struct ipoib_hca *hca)
{
	const struct soft_hca *soft = hca->backend;
	struct rte_eth_link link;

	if (carrier_is_there(hca) && rte_eth_link_get_nowait(soft->carrier, &link) == 0 &&
			link.link_speed != RTE_ETH_SPEED_NUM_NONE)
		return link.link_speed;
	return RTE_ETH_SPEED_NUM_UNKNOWN;
}

static uint64_t
soft_rx_held(const struct ipoib_port *port)
{
	const struct rte_eth_dev_data *data = port->dev->data;
	const struct ipoib_rxq *q;
	uint64_t n = 0;
	uint16_t i;

	for (i = 0; i < data->nb_rx_queues; i++) {
		q = data->rx_queues[i];
		n += q != NULL ? rte_ring_count(q->ring) : 0;
	}
	return n;
}

/* The backlog belongs to the HCA; its first port shows it, so that sums come out right. */
static uint64_t
soft_tx_held(const struct ipoib_port *port)
{
	const struct soft_hca *soft = port->hca->backend;
	uint64_t n = 0;
	uint16_t i;

	for (i = 0; i < port->slot; i++)
		if (port->hca->ports[i] != NULL)
			return 0;
	for (i = 0; i < soft->nb_ctxq; i++)
		n += soft->ctxq[i].ring != NULL ? rte_ring_count(soft->ctxq[i].ring) : 0;
	return n;
}

const struct ipoib_hca_ops ipoib_hca_soft = {
	.name = "soft",
	.open = soft_open,
	.close = soft_close,
	.configure = soft_configure,
	.start = soft_start,
	.stop = soft_stop,
	.publish = soft_publish,
	.group_publish = soft_group_publish,
	.reclaim = soft_reclaim,
	.link_speed = soft_link_speed,
	.rx_held = soft_rx_held,
	.tx_held = soft_tx_held,
	.rx_burst = soft_rx_burst,
	.tx_burst = soft_tx_burst,
};

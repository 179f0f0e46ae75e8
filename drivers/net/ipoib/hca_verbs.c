/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_malloc.h>

#include "hca_verbs.h"

/* The device's events are looked for so often; it is a system call. */
#define EVENTS_US 1000

static int
verbs_port_add(struct ipoib_hca *hca __rte_unused, struct ipoib_port *port)
{
	struct verbs_port *vp;

	vp = rte_zmalloc_socket("ipoib_vport", sizeof(*vp), RTE_CACHE_LINE_SIZE, hca->socket);
	if (vp == NULL)
		return -ENOMEM;
	vp->ah = rte_zmalloc_socket("ipoib_vah", IPOIB_AH_MAX * sizeof(struct ibv_ah *),
			RTE_CACHE_LINE_SIZE, hca->socket);
	if (vp->ah == NULL) {
		rte_free(vp);
		return -ENOMEM;
	}
	vp->port = port;
	vp->pkey_index = -1;
	vp->stale_end = &vp->stale_first;
	vp->dying_end = &vp->dying_first;
	port->backend = vp;
	return 0;
}

static void
view_reclaim(struct verbs_port *vp, bool all)
{
	const struct ipoib_hca *hca = vp->port->hca;
	struct verbs_view *v;

	while ((v = vp->stale_first) != NULL &&
			(all || rte_rcu_qsbr_check(hca->qsbr, v->token, false) == 1)) {
		vp->stale_first = v->next;
		if (v->next == NULL)
			vp->stale_end = &vp->stale_first;
		rte_free(v);
	}
}

static void
verbs_port_del(struct ipoib_hca *hca __rte_unused, struct ipoib_port *port)
{
	struct verbs_port *vp = port->backend;
	uint32_t i;

	verbs_pairs_destroy(vp);
	for (i = 0; i < IPOIB_AH_MAX; i++)
		if (vp->ah[i] != NULL)
			ibv_destroy_ah(vp->ah[i]);
	view_reclaim(vp, true);
	rte_free(vp->view);
	rte_free(vp->ah);
	rte_free(vp);
	port->backend = NULL;
}

static int
verbs_configure(struct ipoib_hca *hca, struct ipoib_port *port)
{
	if (!hca->gone)
		return 0;
	IPOIB_LOG(ERR, "port %u: device '%s' is gone", port->port_id, hca->args.device);
	return -EIO;
}

static void
view_replace(struct verbs_port *vp, struct verbs_view *v)
{
	struct verbs_view *old = vp->view;

	__atomic_store_n(&vp->view, v, __ATOMIC_RELEASE);
	if (old == NULL)
		return;
	old->token = rte_rcu_qsbr_start(vp->port->hca->qsbr);
	old->next = NULL;
	*vp->stale_end = old;
	vp->stale_end = &old->next;
	view_reclaim(vp, false);
}

static void
queue_down(struct verbs_port *vp, uint16_t i)
{
	const struct rte_eth_dev_data *data = vp->port->dev->data;
	struct ipoib_txq *t = i < data->nb_tx_queues ? data->tx_queues[i] : NULL;
	uint64_t failed = verbs_queue_reset(vp->queue[i]);

	if (t != NULL)
		ipoib_count(&t->tx.drop[IPOIB_TX_DROP_COMPLETION], failed);
}

/* No burst uses the queues any more. */
static void
queues_down(struct verbs_port *vp)
{
	uint16_t i;

	for (i = 0; vp->ready && i < vp->nb_pairs; i++)
		queue_down(vp, i);
	vp->ready = false;
	vp->pkey_index = -1;
	verbs_ah_reclaim(vp, true);
}

/* The port is stopped, and no burst is left in it: everything back to where it came from. */
static void
port_silence(struct verbs_port *vp)
{
	uint16_t i;

	for (i = 0; vp->ready && i < vp->nb_queues; i++)
		verbs_queue_drain(vp->queue[i]);
	queues_down(vp);
	for (i = 0; i < vp->nb_pairs; i++)
		verbs_queue_empty(vp->queue[i]);
	verbs_pairs_wire(vp, false);
	view_reclaim(vp, false);
}

static void
verbs_stop(struct ipoib_hca *hca, struct ipoib_port *port)
{
	struct verbs_port *vp = port->backend;

	view_replace(vp, NULL);
	port->lingers = !ipoib_hca_grace_wait(hca);
	if (!port->lingers)
		port_silence(vp);
}

static int
verbs_start(struct ipoib_hca *hca, struct ipoib_port *port)
{
	struct verbs_hca *vh = hca->backend;
	struct verbs_port *vp = port->backend;
	uint16_t i;
	int ret;

	if (port->dev->data->nb_rx_queues == 0 || port->dev->data->rx_queues[0] == NULL) {
		IPOIB_LOG(ERR, "port %u: needs at least one receive queue", port->port_id);
		return -EINVAL;
	}
	if (port->lingers) {
		if (!ipoib_hca_grace_wait(hca))
			return -EBUSY;
		port->lingers = false;
		port_silence(vp);
	}
	ret = verbs_configure(hca, port);
	if (ret == 0)
		ret = verbs_mrs_refresh(vh);
	if (ret == 0)
		ret = verbs_pairs_create(vh, vp);
	if (ret == 0)
		ret = verbs_pairs_fill(vp);
	if (ret != 0) {
		for (i = 0; i < vp->nb_pairs; i++)
			verbs_queue_empty(vp->queue[i]);
		return ret;
	}
	verbs_pairs_wire(vp, true);
	return 0;
}

static int
queues_up(struct verbs_hca *vh, struct verbs_port *vp)
{
	const struct ipoib_port *port = vp->port;
	uint16_t i;
	int ret = 0;

	for (i = 0; i < vp->nb_pairs && ret == 0; i++)
		ret = verbs_queue_up(
				vh, vp->queue[i], (uint16_t)port->pkey_index, port->bcast.qkey);
	vp->ready = true;
	if (ret != 0) {
		IPOIB_LOG(ERR, "port %u: a queue pair does not come up: %s", port->port_id,
				rte_strerror(-ret));
		queues_down(vp);
		return ret;
	}
	vp->pkey_index = port->pkey_index;
	vp->qkey = port->bcast.qkey;
	return 0;
}

static int
queues_qkey(struct verbs_port *vp, uint32_t qkey)
{
	uint16_t i;
	int ret = 0;

	for (i = 0; i < vp->nb_pairs && ret == 0; i++)
		ret = verbs_queue_qkey(vp->queue[i], qkey);
	if (ret == 0)
		vp->qkey = qkey;
	return ret;
}

static struct verbs_view *
view_build(const struct ipoib_hca *hca, const struct ipoib_port *port, bool ready, bool up)
{
	struct verbs_view *v;

	v = rte_zmalloc_socket("ipoib_vview", sizeof(*v), RTE_CACHE_LINE_SIZE, hca->socket);
	if (v == NULL)
		return NULL;
	v->ready = ready;
	v->up = up;
	if (hca->ident.state == IPOIB_MAD_ACTIVE && port->joined &&
			ipoib_port_pkey_wire(port) == 0) {
		v->rx_why = IPOIB_RX_DROP_PKEY;
		v->tx_why = IPOIB_TX_DROP_PKEY;
	}
	/* RoCE's completions have no SLID: the GID alone tells our own packets. */
	v->lid = hca->args.roce ? 0 : hca->ident.lid;
	v->path_mask = (uint16_t)(RTE_BIT32(hca->ident.lmc & 7) - 1);
	v->gid = hca->ident.gid;
	v->ib_mtu = port->bcast.ib_mtu;
	v->qkey = port->bcast.qkey;
	v->bcast = port->bcast.mgid;
	v->port_id = port->port_id;
	v->nb_qps = port->nb_qps;
	memcpy(v->qpn, port->qpn, sizeof(v->qpn));
	return v;
}

static int
view_set(const struct ipoib_hca *hca, struct verbs_port *vp, bool ready, bool up)
{
	struct verbs_view *v = view_build(hca, vp->port, ready, up);

	if (v == NULL)
		return -ENOMEM;
	if (vp->view != NULL && memcmp(v, vp->view, offsetof(struct verbs_view, next)) == 0) {
		rte_free(v);
		return 0;
	}
	view_replace(vp, v);
	return 0;
}

/*
 * A queue pair holds an index of the P_Key table: when the P_Key has moved there,
 * or the pair is in error, it goes through RESET, and nothing is sent or received
 * meanwhile.
 */
static int
port_cycle(struct ipoib_hca *hca, struct verbs_port *vp)
{
	int ret = view_set(hca, vp, false, false);

	if (ret != 0)
		return ret;
	if (!ipoib_hca_grace_wait(hca))
		return -EAGAIN;
	queues_down(vp);
	return 0;
}

static int
port_sync(struct ipoib_hca *hca, struct verbs_port *vp)
{
	struct ipoib_port *port = vp->port;
	struct verbs_hca *vh = hca->backend;
	bool up = port->up;
	int ret = 0, r;

	if (!up)
		return view_set(hca, vp, vp->ready, false);
	if (vp->ready && vp->pkey_index != port->pkey_index)
		ret = port_cycle(hca, vp);
	if (ret == 0 && !vp->ready)
		ret = queues_up(vh, vp);
	else if (ret == 0 && vp->qkey != port->bcast.qkey)
		ret = queues_qkey(vp, port->bcast.qkey);
	if (ret != 0)
		return ret;
	/* The broadcast group must be there; without another one the rest works. */
	ret = verbs_groups_sync(port);
	if (vp->bcast_attached != port->bcast.mlid)
		return ret;
	r = view_set(hca, vp, true, true);
	return ret == 0 ? r : ret;
}

static int
verbs_publish(struct ipoib_hca *hca)
{
	struct ipoib_port *port;
	unsigned int i;
	int ret = 0, r;

	for (i = 0; i < IPOIB_HCA_PORTS_MAX; i++) {
		port = hca->ports[i];
		if (port == NULL || !port->started)
			continue;
		r = port_sync(hca, port->backend);
		ret = ret == 0 ? r : ret;
	}
	return ret;
}

static void
port_revive(struct ipoib_hca *hca, struct verbs_port *vp)
{
	bool well = true;
	uint16_t i;

	for (i = 0; i < vp->nb_pairs && well; i++)
		well = verbs_queue_revive(vp->queue[i]);
	if (well)
		return;
	IPOIB_LOG(WARNING, "port %u: queue pair %u is in error, it is set up again",
			vp->port->port_id, i - 1);
	/* What does not work now is tried again. */
	if (port_cycle(hca, vp) != 0 || port_sync(hca, vp) != 0)
		hca->stale = true;
}

static void
verbs_reclaim(struct ipoib_hca *hca)
{
	struct verbs_hca *vh = hca->backend;
	uint64_t now = rte_get_timer_cycles();
	struct verbs_port *vp;
	unsigned int i;

	verbs_mrs_reclaim(vh);
	for (i = 0; i < IPOIB_HCA_PORTS_MAX; i++) {
		if (hca->ports[i] == NULL)
			continue;
		vp = hca->ports[i]->backend;
		view_reclaim(vp, false);
		verbs_ah_reclaim(vp, false);
		verbs_pairs_expire(vp, hca->now_us);
		if (vp->ready && hca->ports[i]->started && !hca->gone)
			port_revive(hca, vp);
	}
	if ((now - vh->events_tsc) * US_PER_S < EVENTS_US * rte_get_timer_hz())
		return;
	vh->events_tsc = now;
	verbs_events_take(vh);
}

static uint64_t
verbs_rx_held(const struct ipoib_port *port __rte_unused)
{
	return 0;
}

/* Sent, and not yet known to be done. */
static uint64_t
verbs_tx_held(const struct ipoib_port *port)
{
	const struct verbs_port *vp = port->backend;
	uint64_t n = 0;
	uint16_t i;

	for (i = 0; i < vp->nb_queues; i++)
		n += __atomic_load_n(&vp->queue[i]->sq.head, __ATOMIC_ACQUIRE) -
				__atomic_load_n(&vp->queue[i]->sq.tail, __ATOMIC_ACQUIRE);
	return n;
}

const struct ipoib_hca_ops ipoib_hca_verbs = {
	.name = "verbs",
	.own_qpns = true,
	.datagrams = true,
	.open = verbs_open,
	.close = verbs_close,
	.port_add = verbs_port_add,
	.port_del = verbs_port_del,
	.configure = verbs_configure,
	.start = verbs_start,
	.stop = verbs_stop,
	.publish = verbs_publish,
	.identity = verbs_identity,
	.reclaim = verbs_reclaim,
	.ah_create = verbs_ah_create,
	.ah_destroy = verbs_ah_destroy,
	.group_del = verbs_group_del,
	.link_speed = verbs_link_speed,
	.port_query = verbs_port_query,
	.rx_held = verbs_rx_held,
	.tx_held = verbs_tx_held,
	.rx_burst = verbs_rx_burst,
	.tx_burst = verbs_tx_burst,
	.tx_cleanup = verbs_tx_cleanup,
};

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * A queue pair for each pair of a receive and a transmit queue of a port. They
 * stay over stop and start, and with them their QPNs, unless a ring gets another
 * size. Control side.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hca_verbs.h"

/*
 * Two lifetimes of an entry of a peer's ARP table (RFC 1122 2.3.2.1: on the order
 * of a minute; Linux's gc_stale_time).
 */
#define OLD_US (2 * 60 * (uint64_t)US_PER_S)

static uint32_t
rxq_depth(const struct rte_eth_dev_data *data, uint16_t i)
{
	const struct ipoib_rxq *q = i < data->nb_rx_queues ? data->rx_queues[i] : NULL;

	return q != NULL ? q->nb_desc : 1;
}

static uint32_t
txq_depth(const struct rte_eth_dev_data *data, uint16_t i)
{
	const struct ipoib_txq *q = i < data->nb_tx_queues ? data->tx_queues[i] : NULL;

	return q != NULL ? q->nb_desc : 1;
}

/* A side without a queue may be of any size. */
static bool
pair_suits(const struct verbs_port *vp, uint16_t i)
{
	const struct rte_eth_dev_data *data = vp->port->dev->data;
	const struct verbs_queue *q = vp->queue[i];

	return (i >= data->nb_rx_queues || q->rxd == rxq_depth(data, i)) &&
			(i >= data->nb_tx_queues || q->txd == txq_depth(data, i));
}

static void
pair_destroy(struct verbs_port *vp, uint16_t i)
{
	if (i == 0)
		verbs_groups_detach(vp->port);
	if (vp->ready)
		verbs_queue_reset(vp->queue[i]);
	verbs_queue_destroy(vp->queue[i]);
	vp->queue[i] = NULL;
}

void
verbs_pairs_destroy(struct verbs_port *vp)
{
	while (vp->nb_pairs > 0)
		pair_destroy(vp, --vp->nb_pairs);
	vp->nb_queues = 0;
	vp->port->nb_qps = 0;
	verbs_ah_reclaim(vp, true);
}

/* What the device or its provider is without, once. */
static void
lack_tell(struct verbs_hca *vh, const struct verbs_queue *q)
{
	char text[160] = "";

	if (vh->told_lack)
		return;
	vh->told_lack = true;
	snprintf(text, sizeof(text), "%s%s%s%s%s", q->rq.cq.cqx == NULL ? " extended CQs," : "",
			q->sq.qpx == NULL ? " ibv_wr_*," : "",
			q->sq.max_inline == 0 ? " inline data," : "",
			q->td == NULL ? " thread domains," : "",
			!q->sq.csum ? " IPv4 checksum offload," : "");
	if (text[0] == '\0')
		return;
	text[strlen(text) - 1] = '\0';
	IPOIB_LOG(NOTICE, "%s is without%s", vh->hca->args.device, text);
}

static int
pair_create(struct verbs_hca *vh, struct verbs_port *vp, uint16_t i)
{
	const struct rte_eth_dev_data *data = vp->port->dev->data;
	uint32_t rxd = rxq_depth(data, i), txd = txq_depth(data, i);
	struct verbs_queue *q = verbs_queue_create(vh, rxd, txd, vh->hca->socket);
	int err = errno;

	if (q == NULL) {
		IPOIB_LOG(ERR, "port %u: no queue pair with %u receives and %u sends: %s%s",
				vp->port->port_id, rxd, txd, strerror(err),
				err == ENOMEM ? " (fewer --rxd and --txd, or ulimit -l)" : "");
		return -err;
	}
	if (i < vp->nb_pairs)
		pair_destroy(vp, i);
	else
		vp->nb_pairs = i + 1;
	vp->queue[i] = q;
	return 0;
}

int
verbs_pairs_create(struct verbs_hca *vh, struct verbs_port *vp)
{
	const struct rte_eth_dev_data *data = vp->port->dev->data;
	uint16_t i, n = RTE_MAX(data->nb_rx_queues, data->nb_tx_queues);
	int ret;

	for (i = 0; i < n; i++) {
		if (i < vp->nb_pairs && pair_suits(vp, i))
			continue;
		ret = pair_create(vh, vp, i);
		if (ret != 0) {
			verbs_pairs_destroy(vp);
			return ret;
		}
	}
	for (i = 0; i < n; i++)
		vp->port->qpn[i] = vp->queue[i]->qp->qp_num;
	vp->nb_queues = n;
	vp->port->nb_qps = n;
	vp->old_until_us = 0;
	vp->old_unlinked = false;
	if (vp->nb_pairs > n)
		IPOIB_LOG(INFO, "port %u: %u QPNs of before are received for %u s more",
				vp->port->port_id, vp->nb_pairs - n,
				(unsigned int)(OLD_US / US_PER_S));
	lack_tell(vh, vp->queue[0]);
	return 0;
}

/* The receive queue that polls a pair; NULL: nobody sends to it. */
static struct ipoib_rxq *
pair_poller(const struct verbs_port *vp, uint16_t i)
{
	const struct rte_eth_dev_data *data = vp->port->dev->data;

	if (i < data->nb_rx_queues)
		return data->rx_queues[i];
	return vp->queue[i]->told ? data->rx_queues[i % data->nb_rx_queues] : NULL;
}

int
verbs_pairs_fill(struct verbs_port *vp)
{
	const struct rte_eth_dev_data *data = vp->port->dev->data;
	struct ipoib_rxq *r;
	uint16_t i;

	for (i = 0; i < vp->nb_pairs; i++) {
		r = pair_poller(vp, i);
		if (r == NULL || verbs_queue_fill(vp->queue[i], r->mp) == 0)
			continue;
		if (i >= data->nb_rx_queues) {
			IPOIB_LOG(WARNING,
					"port %u: what peers still send to QPN 0x%06x is lost: "
					"mempool '%s' has not the mbufs for it",
					vp->port->port_id, vp->queue[i]->qp->qp_num, r->mp->name);
			continue;
		}
		IPOIB_LOG(ERR,
				"port %u queue %u: mempool '%s' has not the %u mbufs for the "
				"receive ring (--total-num-mbufs, or fewer --rxd)",
				vp->port->port_id, i, r->mp->name, vp->queue[i]->rq.mask + 1);
		return -ENOMEM;
	}
	return 0;
}

static void
rxqs_wire(struct verbs_port *vp)
{
	const struct rte_eth_dev_data *data = vp->port->dev->data;
	struct verbs_rq *rq, *first;
	struct ipoib_rxq *r;
	uint16_t i;

	for (i = 0; i < data->nb_rx_queues; i++) {
		r = data->rx_queues[i];
		if (r == NULL)
			continue;
		vp->queue[i]->told = true;
		vp->queue[i]->rq.next = NULL;
		vp->queue[i]->rq.old = false;
		r->backend = &vp->queue[i]->rq;
	}
	/* Those that are to go come last in their lists. */
	for (i = vp->nb_pairs; i-- > data->nb_rx_queues;) {
		r = pair_poller(vp, i);
		if (r == NULL)
			continue;
		first = r->backend;
		rq = &vp->queue[i]->rq;
		rq->old = i >= vp->nb_queues;
		rq->next = first->next;
		first->next = rq;
	}
}

void
verbs_pairs_wire(struct verbs_port *vp, bool on)
{
	const struct rte_eth_dev_data *data = vp->port->dev->data;
	struct ipoib_rxq *r;
	struct ipoib_txq *t;
	uint16_t i;

	for (i = 0; i < data->nb_rx_queues; i++) {
		r = data->rx_queues[i];
		if (r != NULL)
			r->backend = NULL;
	}
	if (on)
		rxqs_wire(vp);
	for (i = 0; i < data->nb_tx_queues; i++) {
		t = data->tx_queues[i];
		if (t == NULL)
			continue;
		t->backend = on ? &vp->queue[i]->sq : NULL;
		t->mp = ((struct ipoib_rxq *)data->rx_queues[0])->mp;
		t->qpn = vp->port->qpn[i];
	}
}

/* Bursts that have begun may still be in them. */
static void
old_unlink(struct verbs_port *vp)
{
	const struct rte_eth_dev_data *data = vp->port->dev->data;
	struct ipoib_rxq *r;
	struct verbs_rq *rq;
	uint16_t i;

	for (i = 0; i < data->nb_rx_queues; i++) {
		r = data->rx_queues[i];
		rq = r != NULL ? r->backend : NULL;
		while (rq != NULL && rq->next != NULL && !rq->next->old)
			rq = rq->next;
		if (rq != NULL)
			__atomic_store_n(&rq->next, NULL, __ATOMIC_RELEASE);
	}
	vp->old_token = rte_rcu_qsbr_start(vp->port->hca->qsbr);
	vp->old_unlinked = true;
}

void
verbs_pairs_expire(struct verbs_port *vp, uint64_t now_us)
{
	if (vp->nb_pairs == vp->nb_queues)
		return;
	if (vp->old_until_us == 0)
		vp->old_until_us = now_us + OLD_US;
	if (!vp->old_unlinked && now_us >= vp->old_until_us)
		old_unlink(vp);
	if (!vp->old_unlinked || rte_rcu_qsbr_check(vp->port->hca->qsbr, vp->old_token, false) != 1)
		return;
	while (vp->nb_pairs > vp->nb_queues)
		pair_destroy(vp, --vp->nb_pairs);
	vp->old_unlinked = false;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_malloc.h>
#include <rte_random.h>

#include "ipoib_pmd.h"

/* A burst is over long before that, unless its thread is not scheduled. */
#define GRACE_MAX_S 1

/*
 * The HCA ports of the process. Probe, close and the control thread of an HCA
 * meet here; the list itself changes in probe and close only.
 */
static struct ipoib_hca *hcas[IPOIB_HCAS_MAX];
static pthread_mutex_t hcas_lock = PTHREAD_MUTEX_INITIALIZER;

static struct ipoib_hca *
hca_find(const struct ipoib_devargs *a)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(hcas); i++)
		if (hcas[i] != NULL && strcmp(hcas[i]->args.device, a->device) == 0 &&
				hcas[i]->args.port == a->port)
			return hcas[i];
	return NULL;
}

/* Ports of one HCA share its carrier and its MAD connection, so they must agree. */
static int
hca_same(const struct ipoib_hca *hca, const struct ipoib_devargs *a)
{
	const struct ipoib_devargs *b = &hca->args;
	const char *key = NULL;

	if (strcmp(a->hca, b->hca) != 0)
		key = "hca";
	else if (strcmp(a->mad, b->mad) != 0)
		key = "mad";
	else if (strcmp(a->carrier, b->carrier) != 0)
		key = "carrier";
	else if (a->crc != b->crc)
		key = "crc";
	else if (a->roce != b->roce)
		key = "roce";
	else if (a->grh != b->grh)
		key = "grh";
	if (key == NULL && a->ether == b->ether)
		return 0;
	if (key == NULL) {
		IPOIB_LOG(ERR,
				"%s port %u: has ports in mode=%s, so this one must be, too: each mode "
				"has an SA client of its own, and they would take each other's answers",
				a->device, a->port, b->ether ? "ether" : "native");
		return -EINVAL;
	}
	IPOIB_LOG(ERR, "%s port %u: argument '%s' differs from that of another port on it",
			a->device, a->port, key);
	return -EINVAL;
}

/* Where the table has exactly this P_Key; where it was if it is still there. */
static int
pkey_exact(const struct ipoib_mad_port *ident, uint16_t pkey, int was)
{
	int i;

	if (was >= 0 && was < ident->nb_pkeys && ident->pkeys[was] == pkey)
		return was;
	for (i = 0; i < ident->nb_pkeys; i++)
		if (ident->pkeys[i] == pkey)
			return i;
	return -1;
}

/* Who asks for full membership takes a limited one too, if the SM gives no other. */
static int
pkey_find(const struct ipoib_mad_port *ident, uint16_t pkey, int was)
{
	int i = pkey_exact(ident, pkey, was);

	if (i < 0 && (pkey & IB_PKEY_FULL) != 0)
		i = pkey_exact(ident, IB_PKEY_BASE(pkey), was);
	return i;
}

uint16_t
ipoib_port_pkey_wire(const struct ipoib_port *port)
{
	const struct ipoib_mad_port *ident = &port->hca->ident;
	uint16_t pkey;

	if (ident->state == IPOIB_MAD_ABSENT || port->pkey_index < 0 ||
			port->pkey_index >= ident->nb_pkeys)
		return 0;
	pkey = ident->pkeys[port->pkey_index];
	return IB_PKEY_BASE(pkey) == IB_PKEY_BASE(port->pkey) ? pkey : 0;
}

/*
 * A QP holds an index, and the table may change under it: look the P_Key up
 * again. The view that the bursts get next has table and index together, so no
 * packet leaves with an old index and a new table.
 */
static void
port_pkey_follow(struct ipoib_port *port)
{
	const struct ipoib_mad_port *ident = &port->hca->ident;
	int was = port->pkey_index, now = -1;

	if (ident->state != IPOIB_MAD_ABSENT)
		now = pkey_find(ident, port->pkey, was);
	port->pkey_index = now;
	if (was == now)
		return;
	if (was >= 0 && now >= 0) {
		port->pkey_cycles++;
		IPOIB_LOG(NOTICE, "port %u: P_Key 0x%04x moved from index %d to %d", port->port_id,
				port->pkey, was, now);
	} else if (was >= 0 && ident->state != IPOIB_MAD_ABSENT) {
		IPOIB_LOG(NOTICE, "port %u: P_Key 0x%04x is no longer in the table", port->port_id,
				port->pkey);
	}
}

/* A MAC address only for programs that must show one: IPoIB has none. */
static void
port_mac_set(struct ipoib_port *port, const struct ib_gid *gid)
{
	port->mac.addr_bytes[0] = 0x02;
	memcpy(&port->mac.addr_bytes[1], &gid->raw[IB_GID_LEN - 5], 5);
}

static bool
port_link_update(struct ipoib_port *port)
{
	const struct ipoib_mad_port *ident = &port->hca->ident;
	struct rte_eth_link link = {
		.link_duplex = RTE_ETH_LINK_FULL_DUPLEX,
		.link_autoneg = RTE_ETH_LINK_FIXED,
	};

	if (ident->state != IPOIB_MAD_ABSENT)
		port_mac_set(port, &ident->gid);
	port->up = port->started && port->joined && !port->hca->gone &&
			ipoib_port_pkey_wire(port) != 0 && ident->state == IPOIB_MAD_ACTIVE;
	link.link_status = port->up ? RTE_ETH_LINK_UP : RTE_ETH_LINK_DOWN;
	link.link_speed = port->up ? port->hca->ops->link_speed(port->hca) : RTE_ETH_SPEED_NUM_NONE;
	return rte_eth_linkstatus_set(port->dev, &link) == 0;
}

int
ipoib_hca_publish(struct ipoib_hca *hca)
{
	int ret = hca->ops->publish(hca);

	hca->stale = ret != 0;
	return ret;
}

/* Lock held. @return ports whose link changed */
static unsigned int
hca_ports_follow(struct ipoib_hca *hca, struct rte_eth_dev **changed)
{
	struct ipoib_port *port;
	unsigned int i, n = 0;

	for (i = 0; i < RTE_DIM(hca->ports); i++) {
		port = hca->ports[i];
		if (port == NULL)
			continue;
		port_pkey_follow(port);
		if (port_link_update(port) && !port->hidden)
			changed[n++] = port->dev;
	}
	return n;
}

/* Lock held. @return ports whose users are to be told that the device is gone, once */
static unsigned int
hca_ports_removed(struct ipoib_hca *hca, struct rte_eth_dev **removed)
{
	unsigned int i, n = 0;

	if (!hca->gone || hca->told_gone)
		return 0;
	hca->told_gone = true;
	for (i = 0; i < RTE_DIM(hca->ports); i++) {
		if (hca->ports[i] == NULL)
			continue;
		hca->ports[i]->removed = true;
		if (!hca->ports[i]->hidden)
			removed[n++] = hca->ports[i]->dev;
	}
	return n;
}

int
ipoib_hca_update(struct ipoib_hca *hca, const struct ipoib_mad_port *ident)
{
	struct rte_eth_dev *changed[IPOIB_HCA_PORTS_MAX], *removed[IPOIB_HCA_PORTS_MAX];
	unsigned int i, n, gone;
	int ret;

	pthread_mutex_lock(&hca->lock);
	if (ident != NULL)
		hca->ident = *ident;
	n = hca_ports_follow(hca, changed);
	gone = hca_ports_removed(hca, removed);
	ret = ipoib_hca_publish(hca);
	pthread_mutex_unlock(&hca->lock);
	for (i = 0; i < n; i++)
		rte_eth_dev_callback_process(changed[i], RTE_ETH_EVENT_INTR_LSC, NULL);
	for (i = 0; i < gone; i++)
		rte_eth_dev_callback_process(removed[i], RTE_ETH_EVENT_INTR_RMV, NULL);
	return ret;
}

bool
ipoib_hca_grh_required(const struct ipoib_hca *hca)
{
	return hca->ident.grh_required || hca->args.grh || hca->grh_device;
}

static void
hca_event(void *arg, uint32_t events, const struct ipoib_mad_port *ident)
{
	struct ipoib_hca *hca = arg;

	if ((events & ~(uint32_t)IPOIB_MAD_EV_REREGISTER) == 0)
		return;
	if (ipoib_hca_update(hca, ident) != 0)
		IPOIB_LOG(ERR, "%s port %u: no memory to follow a change of the port",
				hca->args.device, hca->args.port);
}

static int
hca_mad_open(struct ipoib_hca *hca)
{
	const struct ipoib_mad_cfg cfg = {
		.transport = hca->args.mad,
		.device = hca->args.device,
		.port_num = hca->args.port,
		.grh_required = hca->args.grh || hca->grh_device,
	};
	int ret;

	if (hca->args.roce)
		return hca->ops->identity(hca, &hca->ident);
	ret = ipoib_mad_open(&cfg, &hca->mad);
	if (ret != 0)
		return ret;
	ret = ipoib_mad_listen(hca->mad, hca_event, hca);
	if (ret != 0) {
		ipoib_mad_close(hca->mad);
		return ret;
	}
	hca->ident = *ipoib_mad_port(hca->mad);
	return 0;
}

static void
hca_mad_close(struct ipoib_hca *hca)
{
	if (hca->mad == NULL)
		return;
	ipoib_mad_unlisten(hca->mad, hca_event, hca);
	ipoib_mad_close(hca->mad);
}

static int
hca_qsbr_create(struct ipoib_hca *hca)
{
	size_t size = rte_rcu_qsbr_get_memsize(IPOIB_READERS_MAX);

	hca->qsbr = rte_zmalloc_socket("ipoib_qsbr", size, RTE_CACHE_LINE_SIZE, hca->socket);
	if (hca->qsbr == NULL)
		return -ENOMEM;
	return rte_rcu_qsbr_init(hca->qsbr, IPOIB_READERS_MAX) == 0 ? 0 : -EINVAL;
}

static int
hca_create(const struct ipoib_devargs *args, struct ipoib_hca **out)
{
	struct ipoib_hca *hca;
	unsigned int id;
	int ret;

	for (id = 0; id < RTE_DIM(hcas); id++)
		if (hcas[id] == NULL)
			break;
	if (id == RTE_DIM(hcas)) {
		IPOIB_LOG(ERR, "%s: more than %u HCA ports", args->device, IPOIB_HCAS_MAX);
		return -ENOSPC;
	}
	hca = rte_zmalloc_socket("ipoib_hca", sizeof(*hca), RTE_CACHE_LINE_SIZE, args->numa);
	if (hca == NULL)
		return -ENOMEM;
	hca->id = (int)id;
	hca->args = *args;
	hca->crc = args->crc;
	hca->socket = args->numa;
	hca->ops = strcmp(args->hca, "verbs") == 0 ? &ipoib_hca_verbs : &ipoib_hca_soft;
	pthread_mutex_init(&hca->lock, NULL);
	ret = hca_qsbr_create(hca);
	if (ret != 0)
		goto free_hca;
	/* The device first: it says best what is wrong with its name. */
	ret = hca->ops->open(hca);
	if (ret != 0)
		goto free_hca;
	ret = hca_mad_open(hca);
	if (ret != 0)
		goto close_hca;
	ret = ipoib_hwcnt_open(hca);
	if (ret != 0)
		goto close_mad;
	hcas[id] = hca;
	*out = hca;
	return 0;
close_mad:
	hca_mad_close(hca);
close_hca:
	hca->ops->close(hca);
free_hca:
	rte_free(hca->qsbr);
	pthread_mutex_destroy(&hca->lock);
	rte_free(hca);
	return ret;
}

static void
rxq_free_now(struct ipoib_rxq *q)
{
	struct rte_mbuf *m;

	while (rte_ring_dequeue(q->ring, (void **)&m) == 0)
		rte_pktmbuf_free(m);
	rte_ring_free(q->ring);
	rte_free(q);
}

void
ipoib_rxq_free(struct ipoib_rxq *q, bool lingers)
{
	struct ipoib_hca *hca = q->hca;

	pthread_mutex_lock(&hca->lock);
	ipoib_hca_reader_put(hca, q->reader);
	if (lingers) {
		q->linger.token = rte_rcu_qsbr_start(hca->qsbr);
		q->linger.next = hca->linger_first;
		hca->linger_first = q;
	}
	pthread_mutex_unlock(&hca->lock);
	if (!lingers)
		rxq_free_now(q);
}

static void
linger_free(struct ipoib_hca *hca, bool all)
{
	struct ipoib_rxq **at = &hca->linger_first, *q;

	while (*at != NULL) {
		q = *at;
		if (!all && rte_rcu_qsbr_check(hca->qsbr, q->linger.token, false) != 1) {
			at = &q->linger.next;
			continue;
		}
		*at = q->linger.next;
		rxq_free_now(q);
	}
}

bool
ipoib_hca_grace_wait(struct ipoib_hca *hca)
{
	uint64_t token = rte_rcu_qsbr_start(hca->qsbr);
	uint64_t end = rte_get_timer_cycles() + GRACE_MAX_S * rte_get_timer_hz();

	while (rte_rcu_qsbr_check(hca->qsbr, token, false) != 1) {
		if (rte_get_timer_cycles() > end) {
			IPOIB_LOG(ERR, "a burst does not end on %s", hca->args.device);
			return false;
		}
		rte_delay_us_sleep(10);
	}
	return true;
}

void
ipoib_hca_reclaim(struct ipoib_hca *hca)
{
	hca->ops->reclaim(hca);
	linger_free(hca, false);
}

static void
hca_destroy(struct ipoib_hca *hca)
{
	hcas[hca->id] = NULL;
	/* No queue exists any more, hence no burst. */
	linger_free(hca, true);
	ipoib_hwcnt_close(hca);
	hca_mad_close(hca);
	hca->ops->close(hca);
	rte_free(hca->qsbr);
	pthread_mutex_destroy(&hca->lock);
	rte_free(hca);
}

/* Is the number a QP of any port of the process? Others' are not ours to know. */
static bool
qpn_in_use(uint32_t qpn)
{
	const struct ipoib_port *port;
	unsigned int i, k, q;

	for (i = 0; i < RTE_DIM(hcas); i++)
		for (k = 0; hcas[i] != NULL && k < IPOIB_HCA_PORTS_MAX; k++) {
			port = hcas[i]->ports[k];
			for (q = 0; port != NULL && q < port->nb_qps; q++)
				if (port->qpn[q] == qpn)
					return true;
		}
	return false;
}

/* What the user said: that number and those after it, a queue each. */
static int
port_qpns_given(struct ipoib_port *port, const struct ipoib_devargs *args)
{
	uint16_t i;

	for (i = 0; i < args->queues; i++) {
		if (qpn_in_use(args->qpn + i)) {
			IPOIB_LOG(ERR, "%s port %u: qpn=0x%06x, of queue %u, is another port's",
					args->device, args->port, args->qpn + i, i);
			return -EEXIST;
		}
	}
	for (i = 0; i < args->queues; i++)
		port->qpn[i] = args->qpn + i;
	port->nb_qps = args->queues;
	return 0;
}

/*
 * Random, so that a peer's entry from before a restart never reaches a new QP; unless the user said
 * which. Then all queues have the same ones again: peers were told of any of them.
 */
static int
port_qpns_choose(struct ipoib_port *port, const struct ipoib_devargs *args)
{
	uint32_t qpn;

	port->nb_qps = 0;
	if (args->qpn != 0)
		return port_qpns_given(port, args);
	for (; port->nb_qps < args->queues; port->nb_qps++) {
		do
			qpn = (uint32_t)rte_rand() & IB_QPN_MULTICAST;
		while (qpn < 2 || qpn == IB_QPN_MULTICAST || qpn_in_use(qpn));
		port->qpn[port->nb_qps] = qpn;
	}
	return 0;
}

static int
hca_port_add(struct ipoib_hca *hca, struct ipoib_port *port, const struct ipoib_devargs *args)
{
	unsigned int slot;
	int ret = 0;

	for (slot = 0; slot < IPOIB_HCA_PORTS_MAX; slot++)
		if (hca->ports[slot] == NULL)
			break;
	if (slot == IPOIB_HCA_PORTS_MAX) {
		IPOIB_LOG(ERR, "%s port %u: more than %u net_ipoib ports", args->device, args->port,
				IPOIB_HCA_PORTS_MAX);
		return -ENOSPC;
	}
	port->hca = hca;
	port->slot = (uint8_t)slot;
	port->pkey_index = -1;
	pthread_mutex_lock(&hca->lock);
	port->max_queues = args->queues;
	if (!hca->ops->own_qpns)
		ret = port_qpns_choose(port, args);
	if (ret == 0 && hca->ops->port_add != NULL)
		ret = hca->ops->port_add(hca, port);
	if (ret == 0) {
		hca->ports[slot] = port;
		hca->nb_ports++;
		ipoib_hwcnt_reset(port);
	}
	pthread_mutex_unlock(&hca->lock);
	return ret;
}

int
ipoib_hca_get(const struct ipoib_devargs *args, struct ipoib_port *port)
{
	struct ipoib_hca *hca;
	int ret = 0;

	pthread_mutex_lock(&hcas_lock);
	hca = hca_find(args);
	if (hca != NULL)
		ret = hca_same(hca, args);
	else
		ret = hca_create(args, &hca);
	if (ret == 0) {
		ret = hca_port_add(hca, port, args);
		if (ret != 0 && hca->nb_ports == 0)
			hca_destroy(hca);
	}
	pthread_mutex_unlock(&hcas_lock);
	return ret;
}

void
ipoib_hca_put(struct ipoib_port *port)
{
	struct ipoib_hca *hca = port->hca;
	unsigned int left;

	pthread_mutex_lock(&hcas_lock);
	pthread_mutex_lock(&hca->lock);
	if (hca->ops->port_del != NULL)
		hca->ops->port_del(hca, port);
	hca->ports[port->slot] = NULL;
	left = --hca->nb_ports;
	pthread_mutex_unlock(&hca->lock);
	port->hca = NULL;
	if (left == 0)
		hca_destroy(hca);
	pthread_mutex_unlock(&hcas_lock);
}

int
ipoib_hca_reader_get(struct ipoib_hca *hca)
{
	unsigned int i;

	for (i = 0; i < IPOIB_READERS_MAX; i++)
		if ((hca->reader_used[i / 64] & RTE_BIT64(i % 64)) == 0)
			break;
	if (i == IPOIB_READERS_MAX || rte_rcu_qsbr_thread_register(hca->qsbr, i) != 0) {
		IPOIB_LOG(ERR, "%s port %u: more than %u receive and transmit queues in all",
				hca->args.device, hca->args.port, IPOIB_READERS_MAX);
		return -ENOSPC;
	}
	hca->reader_used[i / 64] |= RTE_BIT64(i % 64);
	return (int)i;
}

void
ipoib_hca_reader_put(struct ipoib_hca *hca, unsigned int reader)
{
	rte_rcu_qsbr_thread_unregister(hca->qsbr, reader);
	hca->reader_used[reader / 64] &= ~RTE_BIT64(reader % 64);
}

struct rte_ring *
ipoib_ring_create(const char *name, unsigned int size, int socket, unsigned int flags)
{
	struct rte_ring *r;

	r = rte_ring_create(name, size, socket, flags | RING_F_SC_DEQ | RING_F_EXACT_SZ);
	if (r != NULL && (flags & RING_F_MP_RTS_ENQ) != 0)
		rte_ring_set_prod_htd_max(r, rte_ring_get_capacity(r));
	return r;
}

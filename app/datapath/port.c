/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_lcore.h>

#include "dp.h"
#include "dp_capture.h"

/*
 * Ports come and go while workers run, and no worker waits: what a worker polls
 * is a list that is replaced as a whole, and a port's kind says whether it is
 * there. A worker is done with what it has seen when it passed a turn.
 */

/* How long a worker may take for a turn; more than a second is a stall. */
#define TURN_MAX_US 1000000
#define TURN_POLL_US 50

/* The workers whose turns run in this thread are between two turns. */
static void
own_workers_quiescent(struct dp *dp)
{
	uint16_t i;

	for (i = 0; i < dp->nb_workers; i++) {
		if (dp->worker[i]->lcore == rte_lcore_id())
			rte_rcu_qsbr_quiescent(dp->rcu, i);
	}
}

int
dp_turns_wait(struct dp *dp)
{
	uint64_t token = rte_rcu_qsbr_start(dp->rcu);
	uint32_t waited;

	own_workers_quiescent(dp);
	for (waited = 0; rte_rcu_qsbr_check(dp->rcu, token, false) == 0; waited += TURN_POLL_US) {
		if (waited >= TURN_MAX_US)
			return -ETIMEDOUT;
		rte_delay_us_sleep(TURN_POLL_US);
	}
	return 0;
}

static void
kind_set(struct dp_port *p, enum dp_port_kind kind)
{
	__atomic_store_n(&p->kind, kind, __ATOMIC_RELEASE);
}

static void
stopped_set(struct dp_port *p, bool stopped)
{
	__atomic_store_n(&p->stopped, stopped, __ATOMIC_RELEASE);
}

/* --- what workers poll --- */

static struct dp_rxqs *
rxqs_other(struct dp_worker *w)
{
	return &w->rxq_tab[w->rxqs == &w->rxq_tab[0]];
}

/* Begin a change: what no worker reads any more becomes a copy of what it reads now. */
static int
rxqs_begin(struct dp *dp)
{
	uint16_t i;
	int ret;

	ret = dp_turns_wait(dp);
	for (i = 0; ret == 0 && i < dp->nb_workers; i++)
		*rxqs_other(dp->worker[i]) = *dp->worker[i]->rxqs;
	return ret;
}

static void
rxqs_publish(struct dp *dp)
{
	uint16_t i;

	for (i = 0; i < dp->nb_workers; i++)
		__atomic_store_n(&dp->worker[i]->rxqs, rxqs_other(dp->worker[i]), __ATOMIC_RELEASE);
}

/* The worker with the fewest queues to poll; the first of several. */
static struct dp_rxqs *
rxqs_least(const struct dp *dp)
{
	struct dp_rxqs *least = rxqs_other(dp->worker[0]), *x;
	uint16_t i;

	for (i = 1; i < dp->nb_active; i++) {
		x = rxqs_other(dp->worker[i]);
		if (x->nb < least->nb)
			least = x;
	}
	return least;
}

static void
rxqs_give(struct dp *dp, uint16_t port, uint16_t nb_rxq)
{
	struct dp_rxqs *x;
	uint16_t q;

	for (q = 0; q < nb_rxq; q++) {
		x = rxqs_least(dp);
		x->q[x->nb].port = port;
		x->q[x->nb].queue = q;
		x->nb++;
	}
}

static void
rxqs_take(struct dp *dp, uint16_t port)
{
	struct dp_rxqs *x;
	uint16_t i, j, n;

	for (i = 0; i < dp->nb_workers; i++) {
		x = rxqs_other(dp->worker[i]);
		for (j = 0, n = 0; j < x->nb; j++) {
			if (x->q[j].port != port)
				x->q[n++] = x->q[j];
		}
		x->nb = n;
	}
}

static size_t
rxqs_room(const struct dp *dp)
{
	size_t room = 0;
	uint16_t i;

	for (i = 0; i < dp->nb_active; i++)
		room += DP_RXQS_MAX - dp->worker[i]->rxqs->nb;
	return room;
}

/* --- by what they send --- */

/* Starting at another worker for each port spreads the work if there are few queues. */
static void
txqs_give(struct dp *dp, uint16_t port, uint16_t at, uint16_t nb_txq)
{
	uint16_t first = at % dp->nb_active;
	struct dp_txbuf *b;
	uint16_t i;

	for (i = dp->nb_active; i < dp->nb_workers; i++)
		__atomic_store_n(&dp->worker[i]->tx[port].owned, false, __ATOMIC_RELAXED);
	for (i = 0; i < dp->nb_active; i++) {
		b = &dp->worker[(first + i) % dp->nb_active]->tx[port];
		__atomic_store_n(&b->queue, i < nb_txq ? i : 0, __ATOMIC_RELAXED);
		__atomic_store_n(&b->owned, i < nb_txq, __ATOMIC_RELAXED);
	}
	dp->port[port].tx_owner = first;
}

/* @return place in the list of those that are polled, or their number */
static uint16_t
fwd_place(const struct dp *dp, uint16_t port)
{
	uint16_t i = 0;

	while (i < dp->nb_fwd && dp->fwd_id[i] != port)
		i++;
	return i;
}

static uint16_t
peer_place(const struct dp *dp, uint16_t i)
{
	switch (dp->topology) {
	case DP_PAIRED:
		return (i ^ 1) < dp->nb_fwd ? i ^ 1 : i;
	case DP_CHAINED:
		return (uint16_t)((i + 1) % dp->nb_fwd);
	default:
		return i;
	}
}

static void
io_pair(struct dp *dp)
{
	uint16_t i, peer;

	for (i = 0; i < dp->nb_fwd; i++) {
		peer = dp->fwd_id[peer_place(dp, i)];
		__atomic_store_n(&dp->port[dp->fwd_id[i]].io_peer, peer, __ATOMIC_RELAXED);
	}
}

static void
port_defaults(struct dp_port *p, uint16_t mtu, uint16_t tx)
{
	int i;

	atomic_store_explicit(&p->mtu, mtu, memory_order_relaxed);
	atomic_store_explicit(&p->up, false, memory_order_relaxed);
	atomic_store_explicit(&p->flags, 0, memory_order_relaxed);
	atomic_store_explicit(&p->bind, DP_PORT_NIL, memory_order_relaxed);
	atomic_store_explicit(&p->master, DP_PORT_NIL, memory_order_relaxed);
	atomic_store_explicit(&p->tx, tx, memory_order_relaxed);
	for (i = 0; i < (int)RTE_DIM(p->dscp_class); i++)
		atomic_store_explicit(&p->dscp_class[i], 0, memory_order_relaxed);
	memset(&p->bcast_gid, 0, sizeof(p->bcast_gid));
	stopped_set(p, false);
}

static bool
port_is_free(const struct dp *dp, uint16_t port)
{
	return dp->port[port].kind == DP_PORT_NONE && (dp->leaving & RTE_BIT64(port)) == 0;
}

int
dp_port_add(struct dp *dp, uint16_t port, enum dp_port_kind kind, uint16_t nb_rxq, uint16_t nb_txq)
{
	struct dp_port *p;
	uint16_t mtu;
	int ret;

	if ((kind != DP_PORT_ETH && kind != DP_PORT_IPOIB) || nb_rxq == 0 || nb_txq == 0)
		return -EINVAL;
	if (!rte_eth_dev_is_valid_port(port) || port >= DP_PORT_LOGICAL)
		return -ENODEV;
	p = &dp->port[port];
	if (!port_is_free(dp, port))
		return -EEXIST;
	if (nb_rxq > rxqs_room(dp))
		return -ENOSPC;
	if (rte_eth_dev_get_mtu(port, &mtu) != 0 ||
			(kind == DP_PORT_ETH && rte_eth_macaddr_get(port, &p->mac) != 0))
		return -ENODEV;
	ret = rxqs_begin(dp);
	if (ret != 0)
		return ret;
	p->nb_rxq = nb_rxq;
	p->nb_txq = nb_txq;
	p->vlan = 0;
	port_defaults(p, mtu, port);
	txqs_give(dp, port, dp->nb_ports, nb_txq);
	dp->port_id[dp->nb_ports++] = port;
	dp->fwd_id[dp->nb_fwd++] = port;
	io_pair(dp);
	kind_set(p, kind);
	rxqs_give(dp, port, nb_rxq);
	rxqs_publish(dp);
	return 0;
}

/* Is the sub-port there? */
static bool
vlan_exists(const struct dp *dp, uint16_t parent, uint16_t vlan)
{
	const struct dp_port *p;
	uint16_t i;

	for (i = DP_PORT_LOGICAL; i < DP_PORTS_MAX; i++) {
		p = &dp->port[i];
		if (p->kind != DP_PORT_NONE && p->vlan == vlan &&
				atomic_load_explicit(&p->tx, memory_order_relaxed) == parent)
			return true;
	}
	return false;
}

static int
logical_check(const struct dp *dp, enum dp_port_kind kind, uint16_t vlan, uint16_t parent)
{
	if (vlan == 0)
		return (kind == DP_PORT_ETH || kind == DP_PORT_IPOIB) && parent == DP_PORT_NIL
				? 0
				: -EINVAL;
	if (kind != DP_PORT_ETH || vlan > 4094)
		return -EINVAL;
	if (parent >= DP_PORT_LOGICAL || dp->port[parent].kind == DP_PORT_NONE)
		return -ENODEV;
	if (dp->port[parent].kind != DP_PORT_ETH)
		return -EINVAL;
	return vlan_exists(dp, parent, vlan) ? -EEXIST : 0;
}

int
dp_port_add_logical(struct dp *dp, enum dp_port_kind kind, uint16_t vlan, uint16_t parent)
{
	struct dp_port *p;
	uint16_t port, mtu = 0;
	int ret;

	ret = logical_check(dp, kind, vlan, parent);
	if (ret != 0)
		return ret;
	for (port = DP_PORT_LOGICAL; port < DP_PORTS_MAX && !port_is_free(dp, port); port++)
		;
	if (port == DP_PORTS_MAX)
		return -ENOSPC;
	p = &dp->port[port];
	memset(&p->mac, 0, sizeof(p->mac));
	if (parent != DP_PORT_NIL) {
		p->mac = dp->port[parent].mac;
		mtu = atomic_load_explicit(&dp->port[parent].mtu, memory_order_relaxed);
	}
	p->nb_rxq = 0;
	p->nb_txq = 0;
	p->vlan = vlan;
	port_defaults(p, mtu, parent);
	kind_set(p, kind);
	return port;
}

/* Does a logical port send by it, or receive as it? */
static bool
port_is_used(const struct dp *dp, uint16_t port)
{
	const struct dp_port *p;
	uint16_t i;

	for (i = DP_PORT_LOGICAL; i < DP_PORTS_MAX; i++) {
		p = &dp->port[i];
		if (i != port && p->kind != DP_PORT_NONE &&
				atomic_load_explicit(&p->tx, memory_order_relaxed) == port)
			return true;
	}
	return false;
}

static uint16_t
list_remove(uint16_t *list, uint16_t n, uint16_t port)
{
	uint16_t i, kept = 0;

	for (i = 0; i < n; i++) {
		if (list[i] != port)
			list[kept++] = list[i];
	}
	return kept;
}

/*
 * From here on nobody puts packets into a buffer or ring for the port, but for
 * turns under way. Workers drop what they find in rings later, by its kind.
 */
static void
port_leave(struct dp *dp, uint16_t port)
{
	kind_set(&dp->port[port], DP_PORT_NONE);
	dp->leaving |= RTE_BIT64(port);
	if (port >= DP_PORT_LOGICAL)
		return;
	dp->nb_ports = list_remove(dp->port_id, dp->nb_ports, port);
	dp->nb_fwd = list_remove(dp->fwd_id, dp->nb_fwd, port);
	io_pair(dp);
	rxqs_take(dp, port);
	rxqs_publish(dp);
}

/*
 * Workers that run drop what is for a port that is gone. Those that do not would find it when they
 * start, when another port perhaps has the number. Control may put something behind meanwhile.
 */
static void
inject_purge(struct dp_worker *w, uint16_t port)
{
	uint32_t left = rte_ring_count(w->inject);
	struct rte_mbuf *m;
	void *obj;

	for (; left > 0 && rte_ring_dequeue(w->inject, &obj) == 0; left--) {
		m = obj;
		if (dp_meta(m)->out_port != port && rte_ring_enqueue(w->inject, m) == 0)
			continue;
		dp_count(&w->ctr[port].drop[DP_DROP_tx_port], 1);
		rte_pktmbuf_free(m);
	}
}

/* The same of what a stopped worker holds. */
static void
held_purge(struct dp_worker *w, uint16_t port)
{
	struct dp_order *o = &w->order;
	uint32_t left = o->nb;
	struct dp_held h;

	for (; left > 0; left--) {
		h = o->held[o->head];
		o->head = (o->head + 1) % DP_HELD_MAX;
		o->nb--;
		if (h.port != port) {
			o->held[(o->head + o->nb++) % DP_HELD_MAX] = h;
			continue;
		}
		dp_count(&w->ctr[port].drop[DP_DROP_tx_port], 1);
		rte_pktmbuf_free(h.m);
	}
}

int
dp_port_del(struct dp *dp, uint16_t port)
{
	uint16_t i;
	int ret;

	if (port >= DP_PORTS_MAX || port_is_free(dp, port))
		return -ENODEV;
	if ((dp->leaving & RTE_BIT64(port)) == 0) {
		if (port_is_used(dp, port))
			return -EBUSY;
		ret = rxqs_begin(dp);
		if (ret != 0)
			return ret;
		port_leave(dp, port);
	}
	ret = dp_turns_wait(dp);
	if (ret != 0)
		return ret;
	for (i = 0; i < dp->nb_workers && !atomic_load(&dp->running); i++) {
		inject_purge(dp->worker[i], port);
		held_purge(dp->worker[i], port);
	}
	dp->leaving &= ~RTE_BIT64(port);
	return 0;
}

/* --- stop and start --- */

static bool
is_ethdev(const struct dp *dp, uint16_t port)
{
	return port < DP_PORT_LOGICAL && dp->port[port].kind != DP_PORT_NONE;
}

int
dp_port_stop(struct dp *dp, uint16_t port)
{
	int ret;

	if (!is_ethdev(dp, port))
		return -ENODEV;
	ret = rxqs_begin(dp);
	if (ret != 0)
		return ret;
	stopped_set(&dp->port[port], true);
	rxqs_take(dp, port);
	rxqs_publish(dp);
	return dp_turns_wait(dp);
}

static uint16_t
place_of(const struct dp *dp, uint16_t port)
{
	uint16_t i = 0;

	while (i < dp->nb_ports && dp->port_id[i] != port)
		i++;
	return i;
}

/* Workers look at what says how to send only after they have seen that the port runs, or in the
 * turn in which it was stopped: that has passed.
 */
int
dp_port_start(struct dp *dp, uint16_t port, uint16_t nb_rxq, uint16_t nb_txq)
{
	struct dp_port *p;
	uint16_t i;
	int ret;

	if (!is_ethdev(dp, port))
		return -ENODEV;
	p = &dp->port[port];
	if (!p->stopped)
		return -EALREADY;
	if (nb_rxq == 0 || nb_txq == 0)
		return -EINVAL;
	if (nb_rxq > rxqs_room(dp))
		return -ENOSPC;
	for (i = 0; i < dp->nb_workers && !atomic_load(&dp->running); i++) {
		inject_purge(dp->worker[i], port);
		held_purge(dp->worker[i], port);
	}
	txqs_give(dp, port, place_of(dp, port), nb_txq);
	ret = rxqs_begin(dp);
	if (ret != 0)
		return ret;
	p->nb_rxq = nb_rxq;
	p->nb_txq = nb_txq;
	if (fwd_place(dp, port) < dp->nb_fwd)
		rxqs_give(dp, port, nb_rxq);
	rxqs_publish(dp);
	stopped_set(p, false);
	return 0;
}

/* --- which of them forward --- */

/* Nobody reads what is changed here but control, whom dp_fwd_settle() waits for. */
static void
queues_give(struct dp *dp)
{
	uint16_t i, port;

	for (i = 0; i < dp->nb_workers; i++)
		rxqs_other(dp->worker[i])->nb = 0;
	for (i = 0; i < dp->nb_ports; i++)
		txqs_give(dp, dp->port_id[i], i, dp->port[dp->port_id[i]].nb_txq);
	for (i = 0; i < dp->nb_fwd; i++) {
		port = dp->fwd_id[i];
		if (!dp->port[port].stopped)
			rxqs_give(dp, port, dp->port[port].nb_rxq);
	}
	rxqs_publish(dp);
}

static size_t
rxqs_of(const struct dp *dp, const uint16_t *ports, uint16_t n)
{
	size_t nb = 0;
	uint16_t i;

	for (i = 0; i < n; i++)
		nb += dp->port[ports[i]].nb_rxq;
	return nb;
}

static int
fwd_check(const struct dp *dp, const uint16_t *ports, uint16_t n)
{
	uint64_t seen = 0;
	uint16_t i;

	for (i = 0; i < n; i++) {
		if (!is_ethdev(dp, ports[i]))
			return -ENODEV;
		if ((seen & RTE_BIT64(ports[i])) != 0)
			return -EINVAL;
		seen |= RTE_BIT64(ports[i]);
	}
	return rxqs_of(dp, ports, n) <= (size_t)dp->nb_active * DP_RXQS_MAX ? 0 : -ENOSPC;
}

int
dp_fwd_ports(struct dp *dp, const uint16_t *ports, uint16_t n)
{
	int ret;

	if (atomic_load(&dp->running))
		return -EBUSY;
	ret = fwd_check(dp, ports, n);
	if (ret != 0)
		return ret;
	memcpy(dp->fwd_id, ports, n * sizeof(*ports));
	dp->nb_fwd = n;
	io_pair(dp);
	queues_give(dp);
	return 0;
}

void
dp_fwd_topology(struct dp *dp, enum dp_topology topology)
{
	dp->topology = topology;
	io_pair(dp);
}

int
dp_fwd_workers(struct dp *dp, uint16_t n)
{
	if (atomic_load(&dp->running))
		return -EBUSY;
	if (n == 0 || n > dp->nb_workers)
		return -EINVAL;
	if (rxqs_of(dp, dp->fwd_id, dp->nb_fwd) > (size_t)n * DP_RXQS_MAX)
		return -ENOSPC;
	dp->nb_active = n;
	queues_give(dp);
	return 0;
}

void
dp_fwd_settle(struct dp *dp)
{
	uint16_t i, port;

	for (i = dp->nb_active; i < dp->nb_workers; i++) {
		for (port = 0; port < DP_PORTS_MAX; port++) {
			inject_purge(dp->worker[i], port);
			held_purge(dp->worker[i], port);
		}
	}
}

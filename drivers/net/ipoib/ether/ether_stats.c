/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Statistics: what the bursts and control counted, and below it all what the lower port did. */

#include <stdio.h>

#include <rte_string_fns.h>

#include "ether_pmd.h"

#define COUNTERS (sizeof(struct ether_counters) / sizeof(uint64_t))
static_assert(sizeof(struct ether_counters) % sizeof(uint64_t) == 0, "it is an array of counters");

static const char *const drop_name[] = {
#define DROP_NAME(name, text) #name,
	ETHER_DROPS(DROP_NAME) ETHER_PMD_DROPS(DROP_NAME)
#undef DROP_NAME
};
static_assert(RTE_DIM(drop_name) == ETHER_PMD_DROP_MAX, "a name each");

/* sum += c - base, octet by octet of nothing but counters. */
void
ether_counters_keep(struct ether_counters *sum, const struct ether_counters *c,
		const struct ether_counters *base)
{
	const uint64_t *from = (const uint64_t *)c, *minus = (const uint64_t *)base;
	uint64_t *to = (uint64_t *)sum;
	unsigned int i;

	for (i = 0; i < COUNTERS; i++)
		to[i] += ipoib_counter(&from[i]) - minus[i];
}

static void
counters_sum(const struct rte_eth_dev *dev, struct ether_counters *rx, struct ether_counters *tx)
{
	const struct ether_dev *e = dev->data->dev_private;
	uint16_t i;

	*rx = e->rx_gone;
	*tx = e->tx_gone;
	ether_counters_keep(rx, &e->ctl_rx, &e->ctl_rx_base);
	ether_counters_keep(tx, &e->ctl_tx, &e->ctl_tx_base);
	for (i = 0; i < dev->data->nb_rx_queues; i++) {
		const struct ether_rxq *q = dev->data->rx_queues[i];

		if (q != NULL)
			ether_counters_keep(rx, &q->ctr, &q->base);
	}
	for (i = 0; i < dev->data->nb_tx_queues; i++) {
		const struct ether_txq *q = dev->data->tx_queues[i];

		if (q != NULL)
			ether_counters_keep(tx, &q->ctr, &q->base);
	}
}

static uint64_t
drops(const struct ether_counters *c)
{
	uint64_t n = 0;
	unsigned int i;

	for (i = 0; i < ETHER_PMD_DROP_MAX; i++)
		n += c->drop[i];
	return n;
}

static void
queues_fill(const struct rte_eth_dev *dev, struct compat_queue_stats *s)
{
	struct ether_counters c;
	uint16_t i;

	for (i = 0; i < RTE_ETHDEV_QUEUE_STAT_CNTRS; i++) {
		const struct ether_rxq *rxq = i < dev->data->nb_rx_queues ? dev->data->rx_queues[i]
									  : NULL;
		const struct ether_txq *txq = i < dev->data->nb_tx_queues ? dev->data->tx_queues[i]
									  : NULL;

		c = (struct ether_counters){ 0 };
		if (rxq != NULL)
			ether_counters_keep(&c, &rxq->ctr, &rxq->base);
		s->q_ipackets[i] = c.packets;
		s->q_ibytes[i] = c.bytes;
		s->q_errors[i] = drops(&c);
		c = (struct ether_counters){ 0 };
		if (txq != NULL)
			ether_counters_keep(&c, &txq->ctr, &txq->base);
		s->q_opackets[i] = c.packets;
		s->q_obytes[i] = c.bytes;
	}
}

/* The lower port's functions are the primary process's. */
static const struct rte_eth_dev *
lower_of(const struct rte_eth_dev *dev)
{
	const struct ether_dev *e = dev->data->dev_private;

	return rte_eal_process_type() == RTE_PROC_PRIMARY ? e->lower : NULL;
}

int
ether_stats_get(struct rte_eth_dev *dev, struct rte_eth_stats *s, struct compat_queue_stats *queues)
{
	const struct ether_dev *e = dev->data->dev_private;
	struct ether_counters rx, tx;
	struct rte_eth_stats low;

	counters_sum(dev, &rx, &tx);
	s->ipackets = rx.packets;
	s->ibytes = rx.bytes;
	s->ierrors = drops(&rx);
	s->opackets = tx.packets;
	s->obytes = tx.bytes;
	s->oerrors = drops(&tx);
	if (queues != NULL)
		queues_fill(dev, queues);
	if (lower_of(dev) == NULL || rte_eth_stats_get(e->lower_id, &low) != 0)
		return 0;
	s->imissed = low.imissed;
	s->ierrors += low.ierrors;
	s->oerrors += low.oerrors;
	s->rx_nombuf = low.rx_nombuf;
	ether_vlans_stats(e, s);
	return 0;
}

int
ether_stats_reset(struct rte_eth_dev *dev)
{
	struct ether_dev *e = dev->data->dev_private;
	uint16_t i;

	e->ctl_rx_base = e->ctl_rx;
	e->ctl_tx_base = e->ctl_tx;
	e->rx_gone = (struct ether_counters){ 0 };
	e->tx_gone = (struct ether_counters){ 0 };
	for (i = 0; i < dev->data->nb_rx_queues; i++) {
		struct ether_rxq *q = dev->data->rx_queues[i];

		if (q != NULL)
			q->base = q->ctr;
	}
	for (i = 0; i < dev->data->nb_tx_queues; i++) {
		struct ether_txq *q = dev->data->tx_queues[i];

		if (q != NULL)
			q->base = q->ctr;
	}
	ether_vlans_stats_reset(e);
	return rte_eth_stats_reset(e->lower_id);
}

/* --- xstats: ours, then the lower port's own, "ib_" in front, then the VLANs' --- */

enum {
	X_RX_CONTROL,
	X_TX_CONTROL,
	X_RX_TAKEN,
	X_TX_TAKEN,
	X_PEERS,
	X_LOCALS,
	X_LEARNT,
	X_AGED,
	X_FULL,
	X_COLLISIONS,
	X_MEMORY,
	X_GROUPS,
	X_GROUPS_FULL,
	X_MAX
};

static const char *const x_name[X_MAX] = {
	[X_RX_CONTROL] = "rx_to_control",
	[X_TX_CONTROL] = "tx_to_control",
	[X_RX_TAKEN] = "rx_taken",
	[X_TX_TAKEN] = "tx_taken",
	[X_PEERS] = "ether_peers",
	[X_LOCALS] = "ether_locals",
	[X_LEARNT] = "ether_learnt",
	[X_AGED] = "ether_aged",
	[X_FULL] = "ether_table_full",
	[X_COLLISIONS] = "ether_collisions",
	[X_MEMORY] = "ether_table_bytes",
	[X_GROUPS] = "ether_groups",
	[X_GROUPS_FULL] = "ether_groups_full",
};

#define OWN (X_MAX + 2 * ETHER_PMD_DROP_MAX)

static void
own_values(struct rte_eth_dev *dev, uint64_t *v)
{
	const struct ether_dev *e = dev->data->dev_private;
	struct ether_table_stats t = { 0 };
	struct ether_counters rx, tx;
	unsigned int i;

	counters_sum(dev, &rx, &tx);
	if (lower_of(dev) != NULL)
		ether_table_stats_get(e->table, &t);
	v[X_RX_CONTROL] = rx.control;
	v[X_TX_CONTROL] = tx.control;
	v[X_RX_TAKEN] = rx.taken;
	v[X_TX_TAKEN] = tx.taken;
	v[X_PEERS] = t.peers;
	v[X_LOCALS] = t.locals;
	v[X_LEARNT] = t.learnt;
	v[X_AGED] = t.aged;
	v[X_FULL] = t.full;
	v[X_COLLISIONS] = t.collisions;
	v[X_MEMORY] = t.bytes;
	v[X_GROUPS] = e->nb_groups;
	v[X_GROUPS_FULL] = e->groups_full;
	for (i = 0; i < ETHER_PMD_DROP_MAX; i++) {
		v[X_MAX + i] = rx.drop[i];
		v[X_MAX + ETHER_PMD_DROP_MAX + i] = tx.drop[i];
	}
}

static unsigned int
lower_nb(const struct rte_eth_dev *dev)
{
	struct rte_eth_dev *low = (struct rte_eth_dev *)(uintptr_t)lower_of(dev);
	int n = low != NULL ? low->dev_ops->xstats_get_names(low, NULL, 0) : 0;

	return n < 0 ? 0 : (unsigned int)n;
}

static unsigned int
vlans_nb(const struct rte_eth_dev *dev)
{
	return lower_of(dev) != NULL ? ether_vlans_xstats(dev->data->dev_private, NULL, 0) : 0;
}

int
ether_xstats_get(struct rte_eth_dev *dev, struct rte_eth_xstat *x, unsigned int n)
{
	struct rte_eth_dev *low = (struct rte_eth_dev *)(uintptr_t)lower_of(dev);
	unsigned int low_end = OWN + lower_nb(dev), all = low_end + vlans_nb(dev), i;
	uint64_t v[OWN];

	if (x == NULL || n < all)
		return (int)all;
	own_values(dev, v);
	for (i = 0; i < OWN; i++) {
		x[i].id = i;
		x[i].value = v[i];
	}
	if (low == NULL)
		return (int)all;
	low->dev_ops->xstats_get(low, &x[OWN], n - OWN);
	ether_vlans_xstats(dev->data->dev_private, &x[low_end], n - low_end);
	for (i = OWN; i < all; i++)
		x[i].id = i;
	return (int)all;
}

int
ether_xstats_get_names(struct rte_eth_dev *dev, struct rte_eth_xstat_name *names, unsigned int n)
{
	struct rte_eth_dev *low = (struct rte_eth_dev *)(uintptr_t)lower_of(dev);
	unsigned int low_end = OWN + lower_nb(dev), all = low_end + vlans_nb(dev), i;
	char name[RTE_ETH_XSTATS_NAME_SIZE];

	if (names == NULL || n < all)
		return (int)all;
	for (i = 0; i < X_MAX; i++)
		rte_strscpy(names[i].name, x_name[i], sizeof(names[i].name));
	for (i = 0; i < ETHER_PMD_DROP_MAX; i++) {
		snprintf(names[X_MAX + i].name, sizeof(names[0].name), "rx_drop_ether_%s",
				drop_name[i]);
		snprintf(names[X_MAX + ETHER_PMD_DROP_MAX + i].name, sizeof(names[0].name),
				"tx_drop_ether_%s", drop_name[i]);
	}
	if (low == NULL)
		return (int)all;
	low->dev_ops->xstats_get_names(low, &names[OWN], n - OWN);
	for (i = OWN; i < low_end; i++) {
		rte_strscpy(name, names[i].name, sizeof(name) - 3);
		snprintf(names[i].name, sizeof(names[i].name), "ib_%.60s", name);
	}
	ether_vlans_xstats_names(dev->data->dev_private, &names[low_end], n - low_end);
	return (int)all;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_string_fns.h>

#include "ipoib_pmd.h"

/*
 * Counters only grow: a reset moves the base that is subtracted, since only the
 * queue's owner may write them.
 */
struct port_sums {
	struct ipoib_rx_counters rx;
	struct ipoib_tx_counters tx;
};

/* In a secondary process the lock is not ours, and a figure may be a moment old. */
static bool
is_primary(void)
{
	return rte_eal_process_type() == RTE_PROC_PRIMARY;
}

static void
stats_lock(struct ipoib_port *port)
{
	if (is_primary())
		pthread_mutex_lock(&port->hca->lock);
}

static void
stats_unlock(struct ipoib_port *port)
{
	if (is_primary())
		pthread_mutex_unlock(&port->hca->lock);
}

#define RX_WORDS (sizeof(struct ipoib_rx_counters) / sizeof(uint64_t))
#define TX_WORDS (sizeof(struct ipoib_tx_counters) / sizeof(uint64_t))

static void
words_add(void *sum, const void *now, const void *base, unsigned int n)
{
	uint64_t *s = sum;
	const uint64_t *c = now, *b = base;
	unsigned int i;

	for (i = 0; i < n; i++)
		s[i] += ipoib_counter(&c[i]) - b[i];
}

static void
words_copy(void *base, const void *now, unsigned int n)
{
	uint64_t *b = base;
	const uint64_t *c = now;
	unsigned int i;

	for (i = 0; i < n; i++)
		b[i] = ipoib_counter(&c[i]);
}

void
ipoib_rxq_stats_keep(struct ipoib_port *port, const struct ipoib_rxq *q)
{
	words_add(&port->rx_gone, &q->rx, &q->rx_base, RX_WORDS);
}

void
ipoib_txq_stats_keep(struct ipoib_port *port, const struct ipoib_txq *q)
{
	words_add(&port->tx_gone, &q->tx, &q->tx_base, TX_WORDS);
	words_add(&port->rx_gone, &q->rx, &q->rx_base, RX_WORDS);
}

static void
port_sum(const struct rte_eth_dev *dev, struct port_sums *s)
{
	const struct ipoib_port *port = dev->data->dev_private;
	const struct ipoib_rxq *r;
	const struct ipoib_txq *t;
	uint16_t i;

	s->rx = port->rx_gone;
	s->tx = port->tx_gone;
	for (i = 0; i < dev->data->nb_rx_queues; i++) {
		r = dev->data->rx_queues[i];
		if (r != NULL)
			words_add(&s->rx, &r->rx, &r->rx_base, RX_WORDS);
	}
	for (i = 0; i < dev->data->nb_tx_queues; i++) {
		t = dev->data->tx_queues[i];
		if (t == NULL)
			continue;
		words_add(&s->tx, &t->tx, &t->tx_base, TX_WORDS);
		words_add(&s->rx, &t->rx, &t->rx_base, RX_WORDS);
	}
}

void
ipoib_port_foreign(const struct ipoib_port *port, uint64_t *pkey, uint64_t *qkey)
{
	struct port_sums s;

	port_sum(port->dev, &s);
	*pkey = s.rx.drop[IPOIB_RX_DROP_PKEY];
	*qkey = s.rx.drop[IPOIB_RX_DROP_QKEY];
}

static void
queue_read(const struct rte_eth_dev_data *data, uint16_t i, struct pmd_ipoib_queue_stats *s)
{
	const struct ipoib_rxq *r = i < data->nb_rx_queues ? data->rx_queues[i] : NULL;
	const struct ipoib_txq *t = i < data->nb_tx_queues ? data->tx_queues[i] : NULL;

	memset(s, 0, sizeof(*s));
	if (r != NULL) {
		s->rx_packets = ipoib_counter(&r->rx.packets) - r->rx_base.packets;
		s->rx_bytes = ipoib_counter(&r->rx.bytes) - r->rx_base.bytes;
	}
	if (t != NULL) {
		s->tx_packets = ipoib_counter(&t->tx.packets) - t->tx_base.packets;
		s->tx_bytes = ipoib_counter(&t->tx.bytes) - t->tx_base.bytes;
	}
}

static void
queue_stats(const struct rte_eth_dev_data *data, struct compat_queue_stats *stats)
{
	struct pmd_ipoib_queue_stats s;
	uint16_t i;

	for (i = 0; i < RTE_ETHDEV_QUEUE_STAT_CNTRS; i++) {
		queue_read(data, i, &s);
		stats->q_ipackets[i] = s.rx_packets;
		stats->q_ibytes[i] = s.rx_bytes;
		stats->q_opackets[i] = s.tx_packets;
		stats->q_obytes[i] = s.tx_bytes;
	}
}

int
ipoib_stats_get(struct rte_eth_dev *dev, struct rte_eth_stats *stats,
		struct compat_queue_stats *queues)
{
	struct ipoib_port *port = dev->data->dev_private;
	struct port_sums s;
	unsigned int i;

	stats_lock(port);
	port_sum(dev, &s);
	if (queues != NULL)
		queue_stats(dev->data, queues);
	stats_unlock(port);
	stats->ipackets = s.rx.packets;
	stats->ibytes = s.rx.bytes;
	stats->opackets = s.tx.packets;
	stats->obytes = s.tx.bytes;
	stats->imissed = s.rx.drop[IPOIB_RX_DROP_RING_FULL] +
			(is_primary() ? ipoib_hwcnt_missed(port) : 0);
	stats->rx_nombuf = s.rx.drop[IPOIB_RX_DROP_NOMBUF];
	for (i = 0; i < IPOIB_RX_DROP_MAX; i++)
		if (i != IPOIB_RX_DROP_RING_FULL && i != IPOIB_RX_DROP_NOMBUF)
			stats->ierrors += s.rx.drop[i];
	for (i = 0; i < IPOIB_TX_DROP_MAX; i++)
		stats->oerrors += s.tx.drop[i];
	return 0;
}

int
pmd_ipoib_queue_stats(uint16_t port_id, uint16_t queue, struct pmd_ipoib_queue_stats *stats)
{
	struct ipoib_port *port = ipoib_port_by_id(port_id);

	if (port == NULL)
		return -ENODEV;
	pthread_mutex_lock(&port->hca->lock);
	queue_read(port->dev->data, queue, stats);
	pthread_mutex_unlock(&port->hca->lock);
	return 0;
}

int
ipoib_stats_reset(struct rte_eth_dev *dev)
{
	struct ipoib_port *port = dev->data->dev_private;
	struct ipoib_rxq *r;
	struct ipoib_txq *t;
	uint16_t i;

	pthread_mutex_lock(&port->hca->lock);
	memset(&port->rx_gone, 0, sizeof(port->rx_gone));
	memset(&port->tx_gone, 0, sizeof(port->tx_gone));
	for (i = 0; i < dev->data->nb_rx_queues; i++) {
		r = dev->data->rx_queues[i];
		if (r != NULL)
			words_copy(&r->rx_base, &r->rx, RX_WORDS);
	}
	for (i = 0; i < dev->data->nb_tx_queues; i++) {
		t = dev->data->tx_queues[i];
		if (t == NULL)
			continue;
		words_copy(&t->tx_base, &t->tx, TX_WORDS);
		words_copy(&t->rx_base, &t->rx, RX_WORDS);
	}
	pthread_mutex_unlock(&port->hca->lock);
	ipoib_hwcnt_reset(dev->data->dev_private);
	return 0;
}

#define RX_FIELD(field) (offsetof(struct port_sums, rx) + offsetof(struct ipoib_rx_counters, field))
#define TX_FIELD(field) (offsetof(struct port_sums, tx) + offsetof(struct ipoib_tx_counters, field))
#define RX_DROP_ROW(sym, name) { "rx_drop_" name, RX_FIELD(drop[IPOIB_RX_DROP_##sym]) },
#define TX_DROP_ROW(sym, name) { "tx_drop_" name, TX_FIELD(drop[IPOIB_TX_DROP_##sym]) },

static const struct {
	const char *name;
	size_t offset;
} rows[] = { { "rx_delivered", RX_FIELD(packets) }, { "rx_carrier_frames", RX_FIELD(carrier) },
	{ "rx_loopback", RX_FIELD(loopback) }, { "rx_copies", RX_FIELD(copies) },
	{ "rx_handed_over", RX_FIELD(handed_over) }, { "rx_taken_over", RX_FIELD(taken_over) },
	{ "tx_copied", TX_FIELD(copied) },
	IPOIB_RX_DROPS(RX_DROP_ROW) IPOIB_TX_DROPS(TX_DROP_ROW) };

/*
 * After the counters: what is on its way inside the driver, and how often the
 * QPs were set to another P_Key index.
 */
static const char *const gauges[] = { "rx_held", "tx_held", "pkey_cycles" };

/* And then what the HCA port counts. */
#define NB_OWN (RTE_DIM(rows) + RTE_DIM(gauges))

/* Both only where the driver runs. */
static unsigned int
xstats_nb(const struct ipoib_port *port)
{
	return is_primary() ? NB_OWN + ipoib_hwcnt_nb(port->hca) : RTE_DIM(rows);
}

int
ipoib_xstats_get_names(struct rte_eth_dev *dev, struct rte_eth_xstat_name *names, unsigned int n)
{
	const struct ipoib_port *port = dev->data->dev_private;
	unsigned int i, nb = xstats_nb(port);

	if (names == NULL || n < nb)
		return (int)nb;
	for (i = 0; i < RTE_DIM(rows); i++)
		rte_strscpy(names[i].name, rows[i].name, sizeof(names[i].name));
	for (i = 0; is_primary() && i < RTE_DIM(gauges); i++)
		rte_strscpy(names[RTE_DIM(rows) + i].name, gauges[i], sizeof(names[i].name));
	for (i = NB_OWN; i < nb; i++)
		snprintf(names[i].name, sizeof(names[i].name), "hw_%s",
				ipoib_hwcnt_name(port->hca, i - NB_OWN));
	return (int)nb;
}

int
ipoib_xstats_get(struct rte_eth_dev *dev, struct rte_eth_xstat *xstats, unsigned int n)
{
	struct ipoib_port *port = dev->data->dev_private;
	unsigned int i, nb = xstats_nb(port);
	struct port_sums s;

	if (xstats == NULL || n < nb)
		return (int)nb;
	stats_lock(port);
	port_sum(dev, &s);
	for (i = 0; i < RTE_DIM(rows); i++)
		memcpy(&xstats[i].value, (const char *)&s + rows[i].offset, sizeof(uint64_t));
	if (is_primary()) {
		xstats[i++].value = port->hca->ops->rx_held(port);
		xstats[i++].value = port->hca->ops->tx_held(port);
		xstats[i++].value = port->pkey_cycles;
	}
	stats_unlock(port);
	for (i = NB_OWN; i < nb; i++)
		xstats[i].value = ipoib_hwcnt_value(port, i - NB_OWN);
	for (i = 0; i < nb; i++)
		xstats[i].id = i;
	return (int)nb;
}

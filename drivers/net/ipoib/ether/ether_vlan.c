/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * VLANs are partitions. For each pair of the table (vlan=ID:P_KEY) there is a port in mode=ether in
 * that partition, hidden, with this one's MAC; it does all there is to do. Here frames get and lose
 * their tags, and settings go to all of them. Ports without VLANs do not come here.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ether_pmd.h"

#define ID_MASK 0xfff

static struct rte_eth_dev *
vlan_dev(const struct ether_dev *e, unsigned int i)
{
	return &rte_eth_devices[e->vlan[i].port_id];
}

/* --- bursts --- */

/* @return false: no room */
static bool
tag_put(struct rte_mbuf *m, uint16_t id)
{
	struct rte_vlan_hdr *tag;
	char *at = rte_pktmbuf_prepend(m, sizeof(*tag));

	if (unlikely(at == NULL))
		return false;
	memmove(at, at + sizeof(*tag), 2 * RTE_ETHER_ADDR_LEN);
	tag = (void *)(at + sizeof(struct rte_ether_hdr));
	((struct rte_ether_hdr *)(void *)at)->ether_type = RTE_BE16(RTE_ETHER_TYPE_VLAN);
	tag->vlan_tci = rte_cpu_to_be_16(id);
	return true;
}

static void
tag_take(struct rte_mbuf *m)
{
	char *at = rte_pktmbuf_mtod(m, char *);

	memmove(at + sizeof(struct rte_vlan_hdr), at, 2 * RTE_ETHER_ADDR_LEN);
	rte_pktmbuf_adj(m, sizeof(struct rte_vlan_hdr));
}

static uint16_t
vlan_rx(struct ether_rxq *q, const struct ether_vlan *v, struct rte_mbuf **pkts, uint16_t n)
{
	struct ether_rxq *own = rte_eth_devices[v->port_id].data->rx_queues[q->id];
	uint16_t got, i, nb = 0;

	got = ether_rx_burst(own, pkts, n);
	for (i = 0; i < got; i++) {
		struct rte_mbuf *m = pkts[i];

		if (unlikely(!tag_put(m, v->id))) {
			/* It was not given to the program after all. */
			ipoib_count(&own->ctr.packets, UINT64_MAX);
			ipoib_count(&own->ctr.bytes, -(uint64_t)m->pkt_len);
			ether_drop(&q->ctr, ETHER_DROP_nombuf, m);
			continue;
		}
		m->port = q->port_id;
		m->packet_type = RTE_PTYPE_L2_ETHER_VLAN | (m->packet_type & ~RTE_PTYPE_L2_MASK);
		pkts[nb++] = m;
	}
	return nb;
}

/* All in turn, another one first each time. */
uint16_t
ether_vlan_rx_burst(void *rxq, struct rte_mbuf **pkts, uint16_t n)
{
	struct ether_rxq *q = rxq;
	const struct ether_dev *e = q->e;
	uint16_t all = e->nb_vlans + 1, nb = 0, i, at;

	q->turn = (uint16_t)(q->turn + 1) % all;
	for (i = 0; i < all && nb < n; i++) {
		at = (uint16_t)(q->turn + i) % all;
		nb += at == e->nb_vlans ? ether_rx_burst(q, &pkts[nb], n - nb)
					: vlan_rx(q, &e->vlan[at], &pkts[nb], n - nb);
	}
	return nb;
}

/* Where a frame goes. */
enum { TO_SELF = -1, TO_NOBODY = -2 };

/* @return index of a VLAN, or one of these */
static int
vlan_of(const struct ether_dev *e, const struct rte_mbuf *m)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	const struct rte_vlan_hdr *tag = (const void *)(eth + 1);
	unsigned int i, id;

	if (m->data_len < sizeof(*eth) + sizeof(*tag) ||
			eth->ether_type != RTE_BE16(RTE_ETHER_TYPE_VLAN))
		return TO_SELF;
	id = rte_be_to_cpu_16(tag->vlan_tci) & ID_MASK;
	for (i = 0; i < e->nb_vlans; i++) {
		if (e->vlan[i].id == id)
			return (int)i;
	}
	return TO_NOBODY;
}

/*
 * Frames of one VLAN. What was not taken is the caller's, and as it was (a copy, if it was somebody
 * else's, too). @return how many are not the caller's any more
 */
static uint16_t
vlan_tx(struct ether_txq *q, const struct ether_vlan *v, struct rte_mbuf **pkts, uint16_t n)
{
	struct rte_mbuf *send[ETHER_BURST];
	uint16_t i, nb = 0, lost = 0, sent;

	for (i = 0; i < n; i++) {
		struct rte_mbuf *m = pkts[i];

		if (rte_mbuf_refcnt_read(m) != 1 || !RTE_MBUF_DIRECT(m))
			m = ether_tx_own(q, m);
		if (m == NULL) {
			lost++;
			continue;
		}
		tag_take(m);
		send[nb++] = m;
	}
	sent = ether_tx_burst(rte_eth_devices[v->port_id].data->tx_queues[q->id], send, nb);
	for (i = sent; i < nb; i++) {
		tag_put(send[i], v->id);
		if ((send[i]->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK) != 0)
			send[i]->l2_len = RTE_ETHER_HDR_LEN + sizeof(struct rte_vlan_hdr);
		pkts[lost + i] = send[i];
	}
	return lost + sent;
}

static void
nobody_drop(struct ether_txq *q, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t i;

	for (i = 0; i < n; i++)
		ether_drop(&q->ctr, ETHER_PMD_vlan, pkts[i]);
}

uint16_t
ether_vlan_tx_burst(void *txq, struct rte_mbuf **pkts, uint16_t n)
{
	struct ether_txq *q = txq;
	struct ether_dev *e = q->e;
	uint16_t done = 0, run, took;
	int to;

	while (done < n) {
		to = vlan_of(e, pkts[done]);
		run = 1;
		while (run < ETHER_BURST && done + run < n && vlan_of(e, pkts[done + run]) == to)
			run++;
		if (to == TO_NOBODY) {
			nobody_drop(q, &pkts[done], run);
			took = run;
		} else {
			took = to == TO_SELF ? ether_tx_burst(q, &pkts[done], run)
					     : vlan_tx(q, &e->vlan[to], &pkts[done], run);
		}
		done += took;
		if (took < run)
			break;
	}
	return done;
}

/* --- settings --- */

#define FOREACH_VLAN(e, i) for (i = 0; i < (e)->nb_vlans; i++)

int
ether_vlans_configure(struct ether_dev *e)
{
	const struct rte_eth_dev_data *data = e->dev->data;
	struct rte_eth_conf conf = { .rxmode.offloads = data->dev_conf.rxmode.offloads,
		.txmode.offloads = data->dev_conf.txmode.offloads };
	unsigned int i;
	int ret = 0;

	for (i = 0; i < e->nb_vlans && ret == 0; i++)
		ret = rte_eth_dev_configure(
				e->vlan[i].port_id, data->nb_rx_queues, data->nb_tx_queues, &conf);
	return ret;
}

int
ether_vlans_rxq_setup(struct ether_dev *e, uint16_t id, uint16_t nb_desc, unsigned int socket,
		const struct rte_eth_rxconf *conf, struct rte_mempool *mp)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < e->nb_vlans && ret == 0; i++)
		ret = rte_eth_rx_queue_setup(e->vlan[i].port_id, id, nb_desc, socket, conf, mp);
	return ret;
}

int
ether_vlans_txq_setup(struct ether_dev *e, uint16_t id, uint16_t nb_desc, unsigned int socket,
		const struct rte_eth_txconf *conf)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < e->nb_vlans && ret == 0; i++)
		ret = rte_eth_tx_queue_setup(e->vlan[i].port_id, id, nb_desc, socket, conf);
	return ret;
}

void
ether_vlans_stop(struct ether_dev *e)
{
	unsigned int i;

	FOREACH_VLAN(e, i)
	rte_eth_dev_stop(e->vlan[i].port_id);
}

int
ether_vlans_start(struct ether_dev *e)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < e->nb_vlans && ret == 0; i++)
		ret = rte_eth_dev_start(e->vlan[i].port_id);
	if (ret != 0)
		ether_vlans_stop(e);
	return ret;
}

int
ether_vlans_reset(struct ether_dev *e)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < e->nb_vlans && ret == 0; i++)
		ret = rte_eth_dev_reset(e->vlan[i].port_id);
	return ret;
}

void
ether_vlans_close(struct ether_dev *e)
{
	while (e->nb_vlans > 0)
		rte_eth_dev_close(e->vlan[--e->nb_vlans].port_id);
}

/* The partition's own limit stays. */
void
ether_vlans_mtu(struct ether_dev *e, uint16_t mtu)
{
	unsigned int i;

	FOREACH_VLAN(e, i)
	rte_eth_dev_set_mtu(e->vlan[i].port_id, mtu);
}

void
ether_vlans_mac(struct ether_dev *e)
{
	unsigned int i;

	FOREACH_VLAN(e, i)
	rte_eth_dev_default_mac_addr_set(e->vlan[i].port_id, &e->mac);
}

/* ether_lock held: groups of the filter, and of the modes. */
void
ether_vlans_filter(struct ether_dev *e)
{
	const struct rte_eth_dev_data *data = e->dev->data;
	unsigned int i;

	FOREACH_VLAN(e, i)
	{
		struct ether_dev *v = vlan_dev(e, i)->data->dev_private;

		memcpy(&vlan_dev(e, i)->data->mac_addrs[1], &data->mac_addrs[1],
				(ETHER_MACS_MAX - 1) * sizeof(data->mac_addrs[0]));
		memcpy(v->mcast, e->mcast, e->nb_mcast * sizeof(e->mcast[0]));
		v->nb_mcast = e->nb_mcast;
		v->promisc = e->promisc;
		v->allmulti = e->allmulti;
		ether_groups_filter(v);
	}
}

/* --- statistics --- */

void
ether_vlans_stats(const struct ether_dev *e, struct rte_eth_stats *sum)
{
	struct rte_eth_stats s;
	unsigned int i;

	FOREACH_VLAN(e, i)
	{
		if (rte_eth_stats_get(e->vlan[i].port_id, &s) != 0)
			continue;
		sum->ipackets += s.ipackets;
		sum->ibytes += s.ibytes;
		sum->ierrors += s.ierrors;
		sum->imissed += s.imissed;
		sum->opackets += s.opackets;
		sum->obytes += s.obytes;
		sum->oerrors += s.oerrors;
		sum->rx_nombuf += s.rx_nombuf;
	}
}

void
ether_vlans_stats_reset(struct ether_dev *e)
{
	unsigned int i;

	FOREACH_VLAN(e, i)
	rte_eth_stats_reset(e->vlan[i].port_id);
}

/* As many as their ports have, "vlanN_" in front. @return how many */
unsigned int
ether_vlans_xstats(const struct ether_dev *e, struct rte_eth_xstat *x, unsigned int max)
{
	unsigned int i, n = 0, more;

	FOREACH_VLAN(e, i)
	{
		int ret = ether_xstats_get(vlan_dev(e, i), x != NULL ? &x[n] : NULL,
				x != NULL && n < max ? max - n : 0);

		more = ret < 0 ? 0 : (unsigned int)ret;
		n += more;
	}
	return n;
}

unsigned int
ether_vlans_xstats_names(
		const struct ether_dev *e, struct rte_eth_xstat_name *names, unsigned int max)
{
	char name[RTE_ETH_XSTATS_NAME_SIZE];
	unsigned int i, k, n = 0, from;

	FOREACH_VLAN(e, i)
	{
		int ret = ether_xstats_get_names(vlan_dev(e, i), names != NULL ? &names[n] : NULL,
				names != NULL && n < max ? max - n : 0);

		from = n;
		n += ret < 0 ? 0 : (unsigned int)ret;
		for (k = from; names != NULL && k < n && k < max; k++) {
			memcpy(name, names[k].name, sizeof(name));
			snprintf(names[k].name, sizeof(names[k].name), "vlan%u_%.53s",
					e->vlan[i].id, name);
		}
	}
	return n;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef BURST_FIXTURE_H
#define BURST_FIXTURE_H

/*
 * Bursts of mode=ether without a fabric: the port below is two functions, and tables are filled by
 * the test instead of control.
 */

#include "ether_fixture.h"
#include "ether_pmd.h"

#define PORT_ID 5
#define PEER_AH 7
#define FROM_LID 9
#define READERS_RX 0
#define READERS_TX 1
#define BELOW_MAX 128

static const uint8_t peer_ip[4] = { 10, 0, 0, 2 }, our_ip[4] = { 10, 0, 0, 1 };

__rte_unused static struct ether_dev *e;
__rte_unused static struct ether_rxq *rxq;
__rte_unused static struct ether_txq *txq;
__rte_unused static struct rte_ether_addr peer_mac;
__rte_unused static uint64_t now;

/* The port below: what comes from the fabric, what goes there, and how much it takes. */
__rte_unused static struct {
	struct rte_eth_dev dev;
	struct rte_mbuf *in[BELOW_MAX], *out[BELOW_MAX];
	uint16_t nb_in, nb_out, room;
	uint16_t done; /* packets that got their header there */
} below;

__rte_unused static uint16_t
below_rx(void *q, struct rte_mbuf **pkts, uint16_t n)
{
	struct ipoib_rx_ether *plain = q;
	uint16_t i, got = RTE_MIN(n, below.nb_in);

	plain->done = RTE_MIN(below.done, got);
	plain->bytes = 0;
	for (i = 0; i < got; i++) {
		pkts[i] = below.in[i];
		plain->bytes += pkts[i]->pkt_len;
	}
	below.nb_in -= got;
	memmove(below.in, &below.in[got], below.nb_in * sizeof(below.in[0]));
	return got;
}

__rte_unused static uint16_t
below_tx(void *q, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t i, took = RTE_MIN(n, below.room);

	(void)q;
	for (i = 0; i < took; i++)
		below.out[below.nb_out++] = pkts[i];
	below.room -= took;
	return took;
}

/* The next packet that was sent, or NULL. */
__rte_unused static struct rte_mbuf *
sent(void)
{
	struct rte_mbuf *m = below.out[0];

	if (below.nb_out == 0)
		return NULL;
	memmove(below.out, &below.out[1], --below.nb_out * sizeof(below.out[0]));
	return m;
}

/* What control would get, or NULL. */
__rte_unused static struct rte_mbuf *
taken(struct rte_ring *r)
{
	void *m;

	return rte_ring_dequeue(r, &m) == 0 ? m : NULL;
}

/* A path of an address: INCOMPLETE if v is NULL. */
__rte_unused static struct ipoib_neigh_rec *
path_add(const struct ipoib_addr *to, const struct ipoib_neigh_value *v)
{
	struct ipoib_neigh_rec *r;

	assert_true(ipoib_neigh_add(e->neigh, to, now, &r) >= 0);
	if (v != NULL)
		assert_int_equal(ipoib_neigh_set_valid(e->neigh, r, v, now), 0);
	return r;
}

__rte_unused static struct ipoib_neigh_rec *
path_valid(const struct ipoib_addr *to, uint32_t ah, uint16_t mtu)
{
	struct ipoib_neigh_value v = { .ah = ah, .mtu = mtu, .kind = IPOIB_NEIGH_UD };

	return path_add(to, &v);
}

/* Time passes, and control has its turns. */
__rte_unused static void
wait_s(uint32_t s)
{
	uint64_t end = now + s * S;

	while (now < end) {
		now += S / 4;
		ether_table_iterate(table, now, 64);
		ipoib_neigh_iterate(e->neigh, now, 64);
	}
}

__rte_unused static int
burst_start(void **state)
{
	static const struct rte_mbuf_dynfield field = {
		.name = PMD_IPOIB_META_NAME,
		.size = sizeof(struct pmd_ipoib_meta),
		.align = __alignof__(struct pmd_ipoib_meta),
	};

	if (start(state) != 0)
		return -1;
	pmd_ipoib_meta_offset = rte_mbuf_dynfield_register(&field);
	rte_rcu_qsbr_thread_register(rcu, READERS_RX);
	rte_rcu_qsbr_thread_register(rcu, READERS_TX);
	return pmd_ipoib_meta_offset < 0 ? -1 : 0;
}

__rte_unused static struct rte_ring *
ring(const char *name)
{
	struct rte_ring *r = rte_ring_create(name, 64, SOCKET_ID_ANY, RING_F_EXACT_SZ);

	assert_non_null(r);
	return r;
}

/* A port with a peer, 10.0.0.2, whose path is known. */
__rte_unused static int
burst_setup(void **state)
{
	struct ipoib_neigh_cfg cfg = {
		.name = "paths", .socket = SOCKET_ID_ANY, .gc_thresh3 = 64, .rcu = rcu
	};
	struct ipoib_addr peer = addr(PEER_QPN, 2);
	struct ether_ip ip = ip4(10, 0, 0, 2);

	now = S;
	setup(state);
	memset(&below, 0, sizeof(below));
	below.room = BELOW_MAX;
	below.dev.rx_pkt_burst = below_rx;
	below.dev.tx_pkt_burst = below_tx;
	e = rte_zmalloc("e", sizeof(*e), RTE_CACHE_LINE_SIZE);
	rxq = rte_zmalloc("rxq", sizeof(*rxq), RTE_CACHE_LINE_SIZE);
	txq = rte_zmalloc("txq", sizeof(*txq), RTE_CACHE_LINE_SIZE);
	assert_true(e != NULL && rxq != NULL && txq != NULL);
	*rxq = (struct ether_rxq){ .e = e, .reader = READERS_RX, .port_id = PORT_ID };
	rxq->lower = &rxq->plain;
	*txq = (struct ether_txq){ .e = e, .reader = READERS_TX };
	e->port_id = PORT_ID;
	e->lower = &below.dev;
	e->rcu = rcu;
	e->table = table;
	e->mac = port.mac;
	e->bcast = port.bcast;
	e->out = ring("out");
	e->in = ring("in");
	e->app = ring("app");
	atomic_store(&e->up, true);
	atomic_store(&e->mtu, 2044);
	assert_int_equal(ipoib_neigh_create(&cfg, &e->neigh), 0);
	peer_mac = learn(&peer, &ip, from(FROM_LID, PEER_QPN, false));
	path_valid(&peer, PEER_AH, 0);
	return 0;
}

__rte_unused static int
burst_teardown(void **state)
{
	uint16_t left = below.nb_in + below.nb_out;

	rte_pktmbuf_free_bulk(below.in, below.nb_in);
	rte_pktmbuf_free_bulk(below.out, below.nb_out);
	rte_ring_free(e->out);
	rte_ring_free(e->in);
	rte_ring_free(e->app);
	ipoib_neigh_destroy(e->neigh);
	rte_free(e);
	rte_free(rxq);
	rte_free(txq);
	assert_int_equal(left, 0);
	return teardown(state);
}

#define BURST_TEST(name) cmocka_unit_test_setup_teardown(name, burst_setup, burst_teardown)

#endif /* BURST_FIXTURE_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_malloc.h>

#include "dp_fixture.h"
#include "dp_golden.h"

/* An Ethernet frame for the wire, made by "control". @p len tells it from others. */
static struct rte_mbuf *
frame_make(uint16_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(fx.pool);

	assert_non_null(m);
	memset(rte_pktmbuf_append(m, len), 0x5a, len);
	m->port = ETH0;
	memset(dp_meta(m), 0, sizeof(struct dp_meta));
	dp_count(&fx.dp->ctl[ETH0].originated, 1);
	return m;
}

static bool
inject(uint16_t port, struct rte_mbuf *m)
{
	return dp_inject(fx.dp, &fx.dp->ctl[port], port, m);
}

/* Take one frame from a TX queue, check its length. */
static void
tx_expect(uint16_t port, uint16_t queue, uint32_t len)
{
	struct rte_mbuf *m = NULL;

	assert_int_equal(rte_ring_dequeue(fx.tx[port][queue], (void **)&m), 0);
	assert_int_equal(m->pkt_len, len);
	rte_pktmbuf_free(m);
}

/* More than a TX buffer holds: it is sent in between, still behind what was injected. */
static void
test_inject_before_buffer(void **state)
{
	uint16_t i;

	(void)state;
	fx.dp->burst = DP_BURST_MAX;
	for (i = 0; i < 3; i++)
		assert_true(inject(ETH0, frame_make(70 + i)));
	fx.dp->worker[0]->rxqs->q[4] = fx.dp->worker[0]->rxqs->q[1];
	fx.dp->worker[0]->rxqs->nb = 5;
	for (i = 0; i < 80; i++)
		fx_rx(IB1, fx_packet(IB1, IP_FAR, IP_HOST, 64, 100 + i));
	assert_int_not_equal(fx_turn(), 0);
	for (i = 0; i < 3; i++)
		tx_expect(ETH0, 0, 70 + i);
	for (i = 0; i < 80; i++)
		tx_expect(ETH0, 0, 114 + i);
	fx.want[IB1].rx_pkts = 80;
	fx.want[ETH0].originated = 3;
	fx.want[ETH0].tx_pkts = 83;
	fx_check();
}

/* Frames for several ports, short ones padded. */
static void
test_inject_ports(void **state)
{
	static const uint8_t port[] = { ETH0, ETH0, IB1, ETH2, ETH0 };
	uint16_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(port); i++)
		assert_true(inject(port[i], frame_make(42 + i)));
	assert_int_equal(dp_queued(fx.dp), RTE_DIM(port));
	assert_int_equal(fx_turn(), RTE_DIM(port));
	assert_int_equal(dp_queued(fx.dp), 0);
	tx_expect(ETH0, 0, 60);
	tx_expect(ETH0, 0, 60);
	tx_expect(ETH0, 0, 60);
	tx_expect(IB1, 0, 44);
	tx_expect(ETH2, 0, 60);
}

static void
test_inject_full(void **state)
{
	uint32_t i;

	(void)state;
	for (i = 0; i < DP_INJECT_RING; i++)
		assert_true(inject(ETH0, frame_make(60)));
	assert_false(inject(ETH2, frame_make(60)));
	fx.want[ETH0].originated = DP_INJECT_RING + 1;
	fx.want[ETH2].drop[DP_DROP_inject_full] = 1;
	fx_check();
	assert_int_equal(dp_balance(fx.dp), DP_INJECT_RING);
	assert_int_equal(dp_queued(fx.dp), DP_INJECT_RING);
	/* All of it goes in one turn: what the TX queue does not take is counted. */
	assert_int_equal(fx_turn(), DP_INJECT_RING);
	fx.want[ETH0].tx_pkts = TX_RING;
	fx.want[ETH0].drop[DP_DROP_tx_full] = DP_INJECT_RING - TX_RING;
	fx_check();
}

static void
test_inject_no_port(void **state)
{
	(void)state;
	assert_false(dp_inject(fx.dp, &fx.dp->ctl[0], NB_PORTS, frame_make(60)));
	assert_false(dp_inject(fx.dp, &fx.dp->ctl[0], UINT16_MAX, frame_make(60)));
	fx.want[ETH0].originated = 2;
	fx.want[ETH0].drop[DP_DROP_tx_port] = 2;
	fx_check();
}

static void
test_punt_full(void **state)
{
	struct rte_mbuf *m;
	uint32_t i;

	(void)state;
	for (i = 0; i < DP_PUNT_RING + 3; i++) {
		fx_rx(ETH0, fx_packet(ETH0, IP_HOST, IP_US, 64, 60));
		fx_turn();
	}
	fx.want[ETH0].rx_pkts = DP_PUNT_RING + 3;
	fx.want[ETH0].punted = DP_PUNT_RING;
	fx.want[ETH0].drop[DP_DROP_punt_full] = 3;
	fx_check();
	assert_int_equal(dp_queued(fx.dp), DP_PUNT_RING);
	while ((m = fx_punt()) != NULL)
		fx_free_punted(m);
}

static void
test_tx_full(void **state)
{
	struct dp_counters ctr;
	uint32_t i;

	(void)state;
	for (i = 0; i < TX_RING + 10; i++) {
		fx_rx(IB1, fx_packet(IB1, IP_FAR, IP_HOST, 64, 100));
		fx_turn();
	}
	dp_counters_get(fx.dp, ETH0, &ctr);
	assert_int_equal(ctr.tx_bytes, TX_RING * 100);
	fx.want[IB1].rx_pkts = TX_RING + 10;
	fx.want[ETH0].tx_pkts = TX_RING;
	fx.want[ETH0].drop[DP_DROP_tx_full] = 10;
	fx_check();
}

/* The time of turns that found something, and of all: late by no more than 64 turns. */
static void
test_busy_time(void **state)
{
	uint64_t busy, all;
	uint32_t i;

	(void)state;
	fx_turn();
	assert_int_equal(fx.w->busy_cycles, 0);
	all = fx.w->cycles;
	assert_int_not_equal(all, 0);
	fx_rx(IB1, fx_packet(IB1, IP_FAR, IP_HOST, 64, 100));
	fx_turn();
	busy = fx.w->busy_cycles;
	assert_int_not_equal(busy, 0);
	assert_int_equal(fx.w->cycles - all, busy);
	/* At least every 64th turn of work is a look at the clock. */
	for (i = 0; i < 64; i++) {
		fx_rx(IB1, fx_packet(IB1, IP_FAR, IP_HOST, 64, 100));
		fx_turn();
	}
	assert_true(fx.w->busy_cycles > busy);
	assert_int_equal(fx.w->cycles - all, fx.w->busy_cycles);
	/* The first idle turn ends the time of work, the second is none. */
	fx_turn();
	busy = fx.w->busy_cycles;
	all = fx.w->cycles;
	fx_turn();
	dp_worker_idle(fx.w);
	assert_int_equal(fx.w->busy_cycles, busy);
	assert_true(fx.w->cycles > all);
	fx.want[IB1].rx_pkts = 65;
	fx.want[ETH0].tx_pkts = 65;
	fx_check();
}

/* One TX queue, two workers: who has none hands over to who has it. */
static void
test_shared_queue(void **state)
{
	struct dp_worker *owner, *other;
	uint16_t i;

	(void)state;
	owner = fx.dp->worker[fx.dp->port[ETH0].tx_owner];
	other = fx.dp->worker[!fx.dp->port[ETH0].tx_owner];
	assert_true(owner->tx[ETH0].owned);
	assert_false(other->tx[ETH0].owned);
	other->rxqs->nb = 1;
	other->rxqs->q[0].port = IB1;
	owner->rxqs->nb = 0;

	/* What control hands back is in front of what the worker hands over later. */
	assert_true(inject(ETH0, frame_make(70)));
	for (i = 0; i < 5; i++)
		fx_rx(IB1, fx_packet(IB1, IP_FAR, IP_HOST, 64, 100 + i));
	assert_int_equal(dp_worker_turn(other), 5);
	assert_int_equal(dp_queued(fx.dp), 6);
	assert_int_equal(dp_worker_turn(owner), 6);
	tx_expect(ETH0, 0, 70);
	for (i = 0; i < 5; i++)
		tx_expect(ETH0, 0, 114 + i);
	fx.want[IB1].rx_pkts = 5;
	fx.want[ETH0].originated = 1;
	fx.want[ETH0].tx_pkts = 6;
	fx_check();
}

/* A queue for each worker: a packet that was at control goes back to the worker that had it. */
static void
test_own_queues(void **state)
{
	static const struct rte_ether_hdr hdr = { .ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4) };
	struct dp_worker *w;
	struct rte_mbuf *m;
	uint16_t id;

	(void)state;
	for (id = 0; id < 2; id++) {
		w = fx.dp->worker[id];
		fx.dp->worker[0]->rxqs->nb = 0;
		fx.dp->worker[1]->rxqs->nb = 0;
		w->rxqs->nb = 1;
		w->rxqs->q[0].port = IB1;
		fx_rx(IB1, fx_packet(IB1, IP_FAR, IP_UNKNOWN, 64, 100));
		assert_int_equal(dp_worker_turn(w), 1);
		m = fx_punt();
		assert_non_null(m);
		assert_int_equal(dp_meta(m)->worker, id);
		rte_pktmbuf_adj(m, IPOIB_ADDR_LEN); /* the next hop's key */
		memcpy(rte_pktmbuf_prepend(m, sizeof(hdr)), &hdr, sizeof(hdr));
		assert_true(inject(ETH0, m));
		assert_int_equal(dp_worker_turn(fx.dp->worker[!id]), 0);
		assert_int_equal(dp_worker_turn(w), 1);
		tx_expect(ETH0, w->tx[ETH0].queue, 114);
	}
	assert_int_not_equal(fx.dp->worker[0]->tx[ETH0].queue, fx.dp->worker[1]->tx[ETH0].queue);
	/* A packet of control's own with any number in it still gets out. */
	m = frame_make(60);
	dp_meta(m)->worker = 200;
	assert_true(inject(ETH0, m));
	assert_int_equal(dp_worker_turn(fx.dp->worker[0]) + dp_worker_turn(fx.dp->worker[1]), 1);
}

static void
engine_set(enum dp_engine engine)
{
	dp_worker_leave(fx.w);
	fx.dp->engine = engine;
	dp_worker_enter(fx.w);
}

/* As testpmd: frames unchanged to the other of the pair, if both are Ethernet. */
static void
test_io(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	engine_set(DP_ENGINE_IO);
	assert_int_equal(fx.dp->port[ETH0].io_peer, IB1);
	assert_int_equal(fx.dp->port[IB1].io_peer, ETH0);
	assert_int_equal(fx.dp->port[ETH2].io_peer, IB3);
	fx_rx(ETH0, fx_mbuf(ETH0, golden_arp, sizeof(golden_arp)));
	fx_rx(IB1, fx_mbuf(IB1, golden_ib_in, sizeof(golden_ib_in)));
	fx_turn();
	fx.want[ETH0].rx_pkts = 1;
	fx.want[IB1].rx_pkts = 1;
	fx.want[IB1].drop[DP_DROP_tx_port] = 1;
	fx.want[ETH0].drop[DP_DROP_tx_port] = 1;
	fx_check();

	fx.dp->port[ETH0].io_peer = ETH2;
	fx_rx(ETH0, fx_mbuf(ETH0, golden_arp, sizeof(golden_arp)));
	fx_rx(ETH0, fx_mbuf(ETH0, golden_arp, 13));
	fx_turn();
	m = fx_tx(ETH2);
	fx_assert_data(m, golden_arp, sizeof(golden_arp));
	fx_free_sent(m);
	fx.want[ETH0].rx_pkts = 2;
	fx.want[ETH2].drop[DP_DROP_l2_type] = 1;
	fx.want[ETH2].tx_pkts = 1;
	fx_check();
}

static void
test_rxonly(void **state)
{
	(void)state;
	engine_set(DP_ENGINE_RXONLY);
	fx_rx(ETH0, fx_mbuf(ETH0, golden_arp, sizeof(golden_arp)));
	fx_rx(IB1, fx_mbuf(IB1, golden_ib_in, 3));
	assert_int_equal(fx_turn(), 2);
	fx.want[ETH0].rx_pkts = 1;
	fx.want[ETH0].delivered = 1;
	fx.want[IB1].rx_pkts = 1;
	fx.want[IB1].delivered = 1;
	fx_check();
}

static void
gen_set(uint64_t pps)
{
	struct dp_txgen *gen = &fx.dp->txgen;

	gen->src_ip = IP_US;
	gen->dst_ip = IP_FAR;
	gen->src_port = 4000;
	gen->dst_port = 5000;
	gen->pkt_len = 100;
	gen->pps = pps;
	gen->nb_peers = 3;
	gen->peer_port[0] = IB1;
	gen->peer[0].lladdr = fx.dp->adj[ADJ_GW].lladdr;
	gen->peer_port[1] = IB3;
	gen->peer[1].lladdr = fx_addr(0x777, 77);
	gen->peer_port[2] = ETH0;
	gen->peer[2].mac = fx.dp->adj[ADJ_HOST].mac;
}

static void
udp_expect(struct rte_mbuf *m, uint32_t off)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, off);

	assert_int_equal(m->pkt_len, off + 100);
	assert_int_equal(ip->total_length, RTE_BE16(100));
	assert_int_equal(rte_ipv4_cksum(ip), 0);
	assert_int_equal(ip->dst_addr, rte_cpu_to_be_32(IP_FAR));
	assert_int_equal(rte_ipv4_udptcp_cksum_verify(ip, ip + 1), 0);
}

/* Peers in turn, with no IP neighbour; the unknown one goes to control for its path. */
static void
test_txonly(void **state)
{
	struct rte_mbuf *m;
	uint16_t i;

	(void)state;
	ipoib_neigh_flush(fx.dp->l3);
	gen_set(0);
	fx.dp->burst = 6;
	engine_set(DP_ENGINE_TXONLY);
	assert_int_equal(fx_turn(), 6);
	fx.want[IB1].originated = 2;
	fx.want[IB3].originated = 2;
	fx.want[ETH0].originated = 2;
	fx.want[IB1].tx_pkts = 2;
	fx.want[IB3].punted = 2;
	fx.want[ETH0].tx_pkts = 2;
	fx_check();
	for (i = 0; i < 2; i++) {
		m = fx_tx(IB1);
		udp_expect(m, 4);
		assert_int_equal(pmd_ipoib_meta(m)->ah, AH_GW);
		fx_free_sent(m);
		m = fx_tx(ETH0);
		udp_expect(m, 14);
		fx_free_sent(m);
		m = fx_punt();
		udp_expect(m, 24);
		assert_int_equal(dp_meta(m)->punt, DP_PUNT_NEIGH_MISS);
		assert_int_equal(dp_meta(m)->out_port, IB3);
		assert_memory_equal(rte_pktmbuf_mtod(m, void *), &fx.dp->txgen.peer[1], 20);
		fx_free_punted(m);
	}
	assert_int_equal(fx_turn(), 6);
	for (i = 0; i < 2; i++)
		fx_free_punted(fx_punt());
}

/* Headers are right in packets alike and in packets that differ; behind them is nothing but zeros,
 * whatever the buffer held. */
static void
test_txonly_octets(void **state)
{
	static const uint16_t lens[] = { 28, 29, 46, 60, 61, 500 };
	static const uint8_t zeros[500];
	struct rte_mbuf *m, *dirty[64];
	struct rte_ipv4_hdr *ip;
	unsigned int i, k;

	(void)state;
	gen_set(0);
	fx.dp->txgen.nb_peers = 1;
	engine_set(DP_ENGINE_TXONLY);
	fx.dp->burst = 8;
	for (i = 0; i < 2 * RTE_DIM(lens); i++) {
		assert_int_equal(rte_pktmbuf_alloc_bulk(fx.dp->pool, dirty, RTE_DIM(dirty)), 0);
		for (k = 0; k < RTE_DIM(dirty); k++)
			memset(rte_pktmbuf_mtod(dirty[k], void *), 0xa5, 600);
		rte_pktmbuf_free_bulk(dirty, RTE_DIM(dirty));
		fx.dp->txgen.pkt_len = lens[i / 2];
		fx.dp->txgen.multi_flow = i % 2 != 0;
		assert_int_equal(fx_turn(), 8);
		for (k = 0; k < 8; k++) {
			m = fx_tx(IB1);
			assert_int_equal(m->pkt_len, 4u + lens[i / 2]);
			ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, 4);
			assert_int_equal(rte_ipv4_cksum(ip), 0);
			assert_int_equal(rte_ipv4_udptcp_cksum_verify(ip, ip + 1), 0);
			assert_int_equal(rte_be_to_cpu_16(ip->packet_id), i * 8 + k);
			assert_memory_equal((uint8_t *)ip + 28, zeros, lens[i / 2] - 28u);
			fx_free_sent(m);
		}
	}
}

/* A generated packet that fits nowhere is dropped, not handed to control. */
static void
test_txonly_too_big(void **state)
{
	(void)state;
	gen_set(0);
	fx.dp->burst = 3;
	fx.dp->txgen.nb_peers = 1;
	fx_path_valid(IB1, &fx.dp->adj[ADJ_GW].lladdr, AH_GW, 99);
	engine_set(DP_ENGINE_TXONLY);
	fx_turn();
	fx.dp->txgen.pkt_len = 2045;
	fx_turn();
	fx.want[IB1].originated = 6;
	fx.want[IB1].drop[DP_DROP_too_big] = 6;
	fx_check();
}

/* The rate holds: by the clock, not by the number of turns. */
static void
test_txonly_rate(void **state)
{
	uint64_t start, now, sent = 0;
	const uint64_t hz = rte_get_tsc_hz();
	struct rte_mbuf *m;

	(void)state;
	gen_set(20000);
	fx.dp->txgen.nb_peers = 1;
	start = rte_rdtsc();
	engine_set(DP_ENGINE_TXONLY);
	do {
		sent += fx_turn();
		while ((m = fx_tx(IB1)) != NULL)
			fx_free_sent(m);
		now = rte_rdtsc();
	} while (now - start < hz / 10);
	assert_true(sent <= (now - start) * 20000 / hz + 1);
	/* A pause of the machine may lose credit beyond a burst, so only a loose bound. */
	assert_true(sent >= 100);
	/* After a pause a burst at most. */
	fx.w->gen.tsc -= hz;
	assert_true(fx_turn() <= fx.dp->burst);
}

/* The loop ends when told to, sleeps when idle, and leaves nobody online. */
static void
test_main_loop(void **state)
{
	uint64_t token, deadline = rte_rdtsc() + 10 * rte_get_tsc_hz();
	pthread_t thread;

	(void)state;
	dp_worker_leave(fx.w);
	fx.dp->idle_sleep_us = 100;
	/* Before the thread starts: the ring driver is not built for the thread sanitizer. */
	fx_rx(IB1, fx_packet(IB1, IP_FAR, IP_HOST, 64, 100));
	atomic_store(&fx.dp->running, true);
	assert_int_equal(pthread_create(&thread, NULL, (void *(*)(void *))(uintptr_t)dp_worker_main,
					 fx.w),
			0);
	while (__atomic_load_n(&fx.w->idle_loops, __ATOMIC_RELAXED) < 600)
		assert_true(rte_rdtsc() < deadline);
	/* A sleeping or turning worker lets grace periods pass. */
	token = rte_rcu_qsbr_start(fx.dp->rcu);
	while (rte_rcu_qsbr_check(fx.dp->rcu, token, false) == 0)
		assert_true(rte_rdtsc() < deadline);
	atomic_store(&fx.dp->running, false);
	pthread_join(thread, NULL);
	token = rte_rcu_qsbr_start(fx.dp->rcu);
	assert_int_equal(rte_rcu_qsbr_check(fx.dp->rcu, token, false), 1);
	fx.want[IB1].rx_pkts = 1;
	fx.want[ETH0].tx_pkts = 1;
	fx_check();
	dp_worker_enter(fx.w);
}

/* Entries live until the reader's next turn is over, not longer. */
static void
test_quiescent(void **state)
{
	uint64_t token;

	(void)state;
	token = rte_rcu_qsbr_start(fx.dp->rcu);
	assert_int_equal(rte_rcu_qsbr_check(fx.dp->rcu, token, false), 0);
	fx_turn();
	assert_int_equal(rte_rcu_qsbr_check(fx.dp->rcu, token, false), 1);
}

/* Clearing changes what is shown, not the balance. */
static void
test_clear(void **state)
{
	struct dp_counters ctr;

	(void)state;
	assert_true(inject(ETH0, frame_make(60)));
	dp_counters_clear(fx.dp);
	fx_turn();
	dp_counters_get(fx.dp, ETH0, &ctr);
	assert_int_equal(ctr.originated, 0);
	assert_int_equal(ctr.tx_pkts, 1);
	assert_int_equal(dp_balance(fx.dp), 0);
	dp_counters_clear(fx.dp);
	fx_check();
}

/* A lost packet would be seen: the balance is not 0 by construction. */
static void
test_balance_sees(void **state)
{
	struct dp_counters ctr;

	(void)state;
	memset(&ctr, 0, sizeof(ctr));
	ctr.rx_pkts = 5;
	ctr.originated = 2;
	ctr.copies = 1;
	ctr.tx_pkts = 3;
	ctr.delivered = 1;
	ctr.consumed = 1;
	ctr.drop[0] = 1;
	ctr.drop[DP_DROP_MAX - 1] = 1;
	assert_int_equal(dp_counters_balance(&ctr), 1);
	fx.dp->ctl[ETH2].rx_pkts++;
	assert_int_equal(dp_balance(fx.dp), 1);
	fx.dp->ctl[ETH2].rx_pkts--;
}

/* Bad parameters are refused and leave nothing behind. */
static void
test_create_bad(void **state)
{
	struct dp_cfg cfg = { .pool = fx.pool, .socket = SOCKET_ID_ANY, .nb_workers = 1 };
	struct dp *dp = NULL;

	(void)state;
	assert_int_equal(dp_create(&cfg, &dp), -EINVAL);
	cfg.burst = DP_BURST_MAX + 1;
	assert_int_equal(dp_create(&cfg, &dp), -EINVAL);
	cfg.burst = 1;
	cfg.nb_workers = 0;
	assert_int_equal(dp_create(&cfg, &dp), -EINVAL);
	cfg.nb_workers = DP_WORKERS_MAX + 1;
	assert_int_equal(dp_create(&cfg, &dp), -EINVAL);
	cfg.nb_workers = 1;
	/* Names are taken by the one there is. */
	assert_int_equal(dp_create(&cfg, &dp), -EEXIST);
	assert_null(dp);
	dp_destroy(NULL);
}

static void
test_port_add_bad(void **state)
{
	(void)state;
	assert_int_equal(dp_port_add(fx.dp, ETH0, DP_PORT_ETH, 1, 1), -EEXIST);
	assert_int_equal(dp_port_add(fx.dp, ETH0, DP_PORT_NONE, 1, 1), -EINVAL);
	assert_int_equal(dp_port_add(fx.dp, ETH0, DP_PORT_ETH, 0, 1), -EINVAL);
	assert_int_equal(dp_port_add(fx.dp, ETH0, DP_PORT_ETH, 1, 0), -EINVAL);
	assert_int_equal(dp_port_add(fx.dp, 30, DP_PORT_ETH, 1, 1), -ENODEV);
	assert_int_equal(dp_port_add(fx.dp, UINT16_MAX, DP_PORT_ETH, 1, 1), -ENODEV);
	fx.dp->port[IB3].kind = DP_PORT_NONE;
	assert_int_equal(dp_port_add(fx.dp, IB3, DP_PORT_IPOIB, 61, 1), -ENOSPC);
	fx.dp->port[IB3].kind = DP_PORT_IPOIB;
	assert_int_equal(fx.dp->nb_ports, NB_PORTS);
}

static void
test_names(void **state)
{
	int i, j;

	(void)state;
	for (i = 0; i < DP_DROP_MAX; i++) {
		assert_non_null(dp_drop_text[i]);
		for (j = 0; j < i; j++)
			assert_string_not_equal(dp_drop_name[i], dp_drop_name[j]);
	}
	for (i = 0; i < DP_ENGINE_MAX; i++)
		assert_non_null(dp_engine_name[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_inject_before_buffer),
		TEST(test_inject_ports),
		TEST(test_inject_full),
		TEST(test_inject_no_port),
		TEST(test_punt_full),
		TEST(test_tx_full),
		TEST(test_busy_time),
		cmocka_unit_test_setup_teardown(test_shared_queue, fx_setup_shared, fx_teardown),
		cmocka_unit_test_setup_teardown(test_own_queues, fx_setup_two, fx_teardown),
		TEST(test_io),
		TEST(test_rxonly),
		TEST(test_txonly),
		TEST(test_txonly_octets),
		TEST(test_txonly_too_big),
		TEST(test_txonly_rate),
		TEST(test_main_loop),
		TEST(test_quiescent),
		TEST(test_clear),
		TEST(test_balance_sees),
		TEST(test_create_bad),
		TEST(test_port_add_bad),
		TEST(test_names),
	};

	return cmocka_run_group_tests_name("dp_worker", tests, fx_start, fx_stop);
}

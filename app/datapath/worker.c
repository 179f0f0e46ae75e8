/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <string.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>

#include "gen.h"
#include "latency.h"
#include "pkt.h"
#include "verbose.h"
#include "worker.h"

/* Turns after which a worker asks its drivers to give back what was sent. */
#define TIDY_TURNS 1024
/* Turns in a row without a packet before a worker may sleep (--idle-sleep). */
#define IDLE_TURNS 512
/* Turns in a row with packets before the clock is read: a power of two. */
#define TIMED_TURNS 64

static const struct dp_engine_ops *const engine_ops[DP_ENGINE_MAX] = {
	[DP_ENGINE_ROUTE] = &dp_engine_route_ops,
	[DP_ENGINE_IO] = &dp_engine_io_ops,
	[DP_ENGINE_MAC] = &dp_engine_mac_ops,
	[DP_ENGINE_MACSWAP] = &dp_engine_macswap_ops,
	[DP_ENGINE_RXONLY] = &dp_engine_rxonly_ops,
	[DP_ENGINE_TXONLY] = &dp_engine_txonly_ops,
	[DP_ENGINE_FLOWGEN] = &dp_engine_flowgen_ops,
	[DP_ENGINE_ICMPECHO] = &dp_engine_icmpecho_ops,
};

const char *const dp_engine_name[DP_ENGINE_MAX] = {
	[DP_ENGINE_ROUTE] = "route",
	[DP_ENGINE_IO] = "io",
	[DP_ENGINE_MAC] = "mac",
	[DP_ENGINE_MACSWAP] = "macswap",
	[DP_ENGINE_RXONLY] = "rxonly",
	[DP_ENGINE_TXONLY] = "txonly",
	[DP_ENGINE_FLOWGEN] = "flowgen",
	[DP_ENGINE_ICMPECHO] = "icmpecho",
};

void
worker_punt_fwd(struct dp_worker *w, struct rte_mbuf *m, enum dp_punt_reason reason,
		uint16_t out_port, const struct ipoib_addr *l3)
{
	void *start;

	m = pkt_prepend(w->dp->pool, &w->ctr[m->port], m, sizeof(*l3), &start);
	if (unlikely(m == NULL))
		return;
	*(struct ipoib_addr *)start = *l3;
	dp_meta(m)->out_port = out_port;
	worker_punt(w, m, reason, false);
}

void
worker_punt_flush(struct dp_worker *w)
{
	uint16_t port[DP_BURST_MAX];
	unsigned int i, n;

	/* A packet in the ring is control's: its port is read before. */
	for (i = 0; i < w->nb_punt; i++)
		port[i] = w->punt[i]->port;
	n = rte_ring_enqueue_burst(w->dp->punt, (void **)w->punt, w->nb_punt, NULL);
	w->punts += n;
	for (i = 0; i < n; i++)
		dp_count(&w->ctr[port[i]].punted, 1);
	for (; i < w->nb_punt; i++)
		worker_drop(w, w->punt[i], DP_DROP_punt_full);
	w->nb_punt = 0;
}

/* They were for a port that was stopped, or taken away. */
static void
tx_drop(struct dp_worker *w, uint16_t port, struct rte_mbuf **pkts, uint16_t n)
{
	dp_count(&w->ctr[port].drop[DP_DROP_tx_port], n);
	rte_pktmbuf_free_bulk(pkts, n);
}

static inline bool
verbose(const struct dp *dp, uint8_t bit)
{
	return (atomic_load_explicit(&dp->verbose, memory_order_relaxed) & bit) != 0;
}

/* @return octets of packets, link-layer headers included */
static inline uint64_t
octets_of(struct rte_mbuf **pkts, uint16_t n)
{
	uint64_t octets = 0;
	uint16_t i;

	for (i = 0; i < n; i++)
		octets += pkts[i]->pkt_len;
	return octets;
}

/* Send complete frames on an own queue; what was sent may not be read afterwards. */
static void
tx_send(struct dp_worker *w, uint16_t port, struct rte_mbuf **pkts, uint16_t n, uint64_t octets)
{
	struct dp_counters *ctr = &w->ctr[port];
	enum dp_port_kind kind = dp_port_kind(w->dp, port);
	uint16_t sent;

	if (unlikely(kind == DP_PORT_NONE || dp_port_stopped(w->dp, port))) {
		tx_drop(w, port, pkts, n);
		return;
	}
	if (unlikely(verbose(w->dp, DP_VERBOSE_TX)))
		dp_verbose_note(w, port, w->tx[port].queue, true, pkts, n);
	sent = rte_eth_tx_burst(port, w->tx[port].queue, pkts, n);
	if (unlikely(w->bursts != NULL))
		dp_count(&w->bursts->tx[port][sent], 1);
	if (unlikely(sent < n)) {
		octets -= octets_of(&pkts[sent], n - sent);
		dp_count(&ctr->drop[DP_DROP_tx_full], n - sent);
		rte_pktmbuf_free_bulk(&pkts[sent], n - sent);
	}
	dp_count(&ctr->tx_pkts, sent);
	dp_count(&ctr->tx_bytes, octets - (uint64_t)sent * dp_l2_len(kind));
}

/* Send what others injected, each run of packets for one port at once. */
static void
inject_send(struct dp_worker *w, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t first, i, port;

	for (first = 0; first < n; first = i) {
		port = dp_meta(pkts[first])->out_port;
		for (i = first + 1; i < n && dp_meta(pkts[i])->out_port == port; i++)
			;
		tx_send(w, port, &pkts[first], i - first, octets_of(&pkts[first], i - first));
	}
}

/*
 * Whoever published an entry that this turn has used had injected the waiting
 * packets before, so they are in the ring now: sent before the buffers, they
 * stay in front. What comes into the ring meanwhile may wait for the next time.
 */
static uint32_t
inject_drain(struct dp_worker *w)
{
	struct rte_mbuf *pkts[DP_BURST_MAX];
	uint32_t left = rte_ring_count(w->inject);
	uint32_t done = 0;
	unsigned int n;

	while (done < left) {
		n = rte_ring_dequeue_burst(w->inject, (void **)pkts, DP_BURST_MAX, NULL);
		if (n == 0)
			break;
		inject_send(w, pkts, (uint16_t)n);
		done += n;
	}
	return done;
}

static void
tx_buffer_send(struct dp_worker *w, uint16_t port)
{
	struct dp_txbuf *b = &w->tx[port];
	uint16_t i;

	/* Whose the queues are may change meanwhile. */
	if (unlikely(dp_port_stopped(w->dp, port))) {
		tx_drop(w, port, b->pkts, b->nb);
	} else if (likely(b->owned)) {
		tx_send(w, port, b->pkts, b->nb, b->octets);
	} else {
		for (i = 0; i < b->nb; i++) {
			dp_meta(b->pkts[i])->worker = (uint8_t)w->id;
			dp_inject(w->dp, &w->ctr[port], port, b->pkts[i]);
		}
	}
	b->nb = 0;
	b->octets = 0;
	w->tx_ports &= ~RTE_BIT64(port);
}

void
worker_tx_flush(struct dp_worker *w, uint16_t port)
{
	inject_drain(w);
	tx_buffer_send(w, port);
}

static uint32_t
flush_all(struct dp_worker *w)
{
	uint32_t injected = inject_drain(w);

	while (w->tx_ports != 0)
		tx_buffer_send(w, (uint16_t)__builtin_ctzll(w->tx_ports));
	if (w->nb_punt != 0)
		worker_punt_flush(w);
	return injected;
}

/* Not every driver fills in the port (ring), or the port we know (bonding). @return octets, see
 * dp_counters */
static uint64_t
rx_account(struct dp_worker *w, uint16_t port, struct rte_mbuf **pkts, uint16_t n)
{
	uint32_t l2_len = dp_l2_len(dp_port_kind(w->dp, port));
	uint64_t octets = 0;
	uint16_t i;

	for (i = 0; i < n; i++) {
		pkts[i]->port = port;
		if (likely(pkts[i]->pkt_len > l2_len))
			octets += pkts[i]->pkt_len - l2_len;
	}
	return octets;
}

static void
rx_burst(struct dp_worker *w, const struct dp_rxq *q, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t left = n;
	uint64_t octets = 0;

	if (unlikely(verbose(w->dp, DP_VERBOSE_RX)))
		dp_verbose_note(w, q->port, q->queue, false, pkts, n);
	if (w->ops->fast != NULL)
		left = w->ops->fast(w, q->port, pkts, n, &octets);
	if (left != 0)
		octets += rx_account(w, q->port, pkts, left);
	dp_count(&w->ctr[q->port].rx_pkts, n);
	dp_count(&w->ctr[q->port].rx_bytes, octets);
	if (left != 0)
		w->ops->burst(w, q->port, pkts, left);
}

static uint32_t
rx_all(struct dp_worker *w)
{
	struct rte_mbuf *pkts[DP_BURST_MAX];
	const struct dp_rxqs *rxqs = __atomic_load_n(&w->rxqs, __ATOMIC_ACQUIRE);
	uint32_t total = 0;
	uint16_t i, n;

	for (i = 0; i < rxqs->nb; i++) {
		const struct dp_rxq *q = &rxqs->q[i];

		n = rte_eth_rx_burst(q->port, q->queue, pkts, w->dp->burst);
		if (unlikely(w->bursts != NULL))
			dp_count(&w->bursts->rx[q->port][n], 1);
		if (n == 0)
			continue;
		rx_burst(w, q, pkts, n);
		total += n;
	}
	return total;
}

/*
 * A driver that keeps packets until the device has sent them may look for that in
 * its next burst only; here there may be none for long.
 */
static void
tx_tidy(struct dp_worker *w)
{
	const struct dp *dp = w->dp;
	uint16_t port;

	for (port = 0; port < DP_PORT_LOGICAL; port++) {
		if (dp_port_kind(dp, port) == DP_PORT_IPOIB && !dp_port_stopped(dp, port) &&
				w->tx[port].owned)
			rte_eth_tx_done_cleanup(port, w->tx[port].queue, 0);
	}
}

static void
time_add(struct dp_worker *w, bool busy)
{
	uint64_t now = rte_rdtsc(), ticks = now - w->turn_tsc;

	w->turn_tsc = now;
	dp_count(&w->cycles, ticks);
	if (busy || w->untimed)
		dp_count(&w->busy_cycles, ticks);
	w->untimed = false;
}

/* The clock is read where work may begin or end: a worker that is busy all the time pays nothing. */
static void
turn_time(struct dp_worker *w, bool busy)
{
	if (likely(busy && w->was_busy) && w->loops % TIMED_TURNS != 0) {
		w->untimed = true;
		return;
	}
	w->was_busy = busy;
	time_add(w, busy);
}

void
dp_worker_idle(struct dp_worker *w)
{
	time_add(w, false);
}

uint32_t
dp_worker_turn(struct dp_worker *w)
{
	uint32_t done = 0;

	if (unlikely(w->order.waiting))
		done += dp_order_run(w);
	done += rx_all(w);
	if (w->ops->generate != NULL)
		done += w->ops->generate(w);
	done += flush_all(w);
	rte_rcu_qsbr_quiescent(w->dp->rcu, w->id);
	if (unlikely(w->loops % TIDY_TURNS == 0))
		tx_tidy(w);
	dp_count(&w->loops, 1);
	if (done == 0)
		dp_count(&w->idle_loops, 1);
	turn_time(w, done != 0);
	return done;
}

/* A worker's share of the packets that all of them may make. */
static uint64_t
gen_share(const struct dp_worker *w)
{
	uint64_t count = w->dp->txgen.count, n = w->dp->nb_active;

	return count == 0 ? UINT64_MAX : count / n + (w->id < count % n);
}

void
dp_worker_enter(struct dp_worker *w)
{
	w->ops = engine_ops[w->dp->engine];
	w->gen.tsc = rte_rdtsc();
	w->turn_tsc = w->gen.tsc;
	w->gen.credit = 0;
	memset(w->gen.path, 0, sizeof(w->gen.path)); /* peers are others, maybe */
	w->gen.left = gen_share(w);
	dp_latency_begin(w);
	rte_rcu_qsbr_thread_register(w->dp->rcu, w->id);
	rte_rcu_qsbr_thread_online(w->dp->rcu, w->id);
	if (w->dp->tx_first != 0)
		gen_first(w);
}

void
dp_worker_leave(struct dp_worker *w)
{
	flush_all(w);
	rte_rcu_qsbr_thread_offline(w->dp->rcu, w->id);
	rte_rcu_qsbr_thread_unregister(w->dp->rcu, w->id);
}

/* Nobody waits for a sleeping reader: it goes offline first. */
static void
idle_sleep(struct dp_worker *w)
{
	rte_rcu_qsbr_thread_offline(w->dp->rcu, w->id);
	rte_delay_us_sleep(w->dp->idle_sleep_us);
	dp_worker_idle(w);
	rte_rcu_qsbr_thread_online(w->dp->rcu, w->id);
}

int
dp_worker_main(void *arg)
{
	struct dp_worker *w = arg;
	struct dp *dp = w->dp;
	uint32_t idle = 0;

	dp_worker_enter(w);
	while (atomic_load_explicit(&dp->running, memory_order_acquire)) {
		idle = dp_worker_turn(w) == 0 ? idle + 1 : 0;
		if (idle >= IDLE_TURNS && dp->idle_sleep_us != 0)
			idle_sleep(w);
	}
	dp_worker_leave(w);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Several ports and queues on one HCA and carrier: who gets what, in which order. */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>

#include "ib_hdr.h"
#include "pmd_fixture.h"

#define NB_PORTS 3
#define NB_DESC 128
#define BURST 32
#define STREAM 20000
#define DEADLINE_S 30
#define RESTARTS 200

/* 0 and 1 share a P_Key, 2 is on another and has 2 queues. */
static const char *const names[NB_PORTS] = { "net_ipoib0", "net_ipoib1", "net_ipoib2" };
static const uint16_t pkeys[NB_PORTS] = { 0x8001, 0x8001, 0xffff };
static uint16_t ports[NB_PORTS];
static struct pmd_ipoib_info info[NB_PORTS];

static int
ports_setup(void **state)
{
	struct ipoib_mad_port ident;
	char args[128];
	unsigned int i;

	(void)state;
	fx_ident(&ident);
	fake_mad_set(&ident);
	/* The carrier comes after the first port: it must be found all the same. */
	for (i = 0; i < NB_PORTS; i++) {
		snprintf(args, sizeof(args), FX_ARGS ",pkey=0x%04x,queues=%u", pkeys[i],
				i == 2 ? 2 : 1);
		ports[i] = fx_port_open(names[i], args);
		if (i == 0)
			fx_carrier_open(1, 1024);
	}
	for (i = 0; i < NB_PORTS; i++) {
		fx_port_setup(ports[i], i == 2 ? 2 : 1, NB_DESC);
		fx_port_join(ports[i], pkeys[i]);
		assert_int_equal(pmd_ipoib_info_get(ports[i], &info[i]), 0);
	}
	return 0;
}

static int
ports_teardown(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < NB_PORTS; i++)
		fx_port_close(names[i]);
	fx_carrier_close();
	assert_int_equal(fake_mad_open_count(), 0);
	fx_no_leak();
	return 0;
}

static void
balance_check(void)
{
	assert_int_equal(fx_balance(ports, NB_PORTS), 0);
}

static int
counters_reset(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < NB_PORTS; i++)
		rte_eth_xstats_reset(ports[i]);
	return 0;
}

static uint64_t
xstat_sum(const char *name)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < NB_PORTS; i++)
		sum += fx_xstat(ports[i], name);
	return sum;
}

/* A frame from a peer, by the oracle. */
static uint32_t
peer_frame(uint8_t *out, uint32_t qpn, uint16_t pkey, const char *more)
{
	char words[256];

	snprintf(words, sizeof(words), "dqpn=%u pkey=%u %s", qpn, pkey, more);
	return fx_oracle(words, out, FX_FRAME_MAX);
}

static void
test_identity(void **state)
{
	uint16_t id;
	unsigned int i, k;

	(void)state;
	for (i = 0; i < NB_PORTS; i++) {
		assert_true(pmd_ipoib_is(ports[i]));
		assert_int_equal(info[i].lid, FX_LID);
		assert_int_equal(info[i].lmc, FX_LMC);
		assert_int_equal(info[i].pkey, pkeys[i]);
		assert_true(info[i].pkey_present && info[i].joined);
		assert_int_equal(info[i].mtu, 2044);
		assert_int_equal(info[i].qkey, FX_QKEY);
		assert_int_equal(ipoib_addr_qpn(&info[i].addr), info[i].qpn[0]);
		assert_true(ib_gid_equal(&info[i].addr.gid, &fx_gid));
		assert_int_equal(pmd_ipoib_hca_id(ports[i]), pmd_ipoib_hca_id(ports[0]));
		assert_ptr_equal(pmd_ipoib_mad(ports[i]), pmd_ipoib_mad(ports[0]));
		for (k = 0; k < i; k++)
			assert_int_not_equal(info[i].qpn[0], info[k].qpn[0]);
		assert_in_range(info[i].qpn[0], 2, 0xfffffe);
	}
	assert_int_equal(info[2].nb_qps, 2);
	assert_int_equal(fake_mad_open_count(), 1);
	assert_false(pmd_ipoib_is(fx.port));
	assert_int_equal(pmd_ipoib_hca_id(fx.port), -ENODEV);
	/* The carrier is no port for the program. */
	RTE_ETH_FOREACH_DEV(id)
		assert_int_not_equal(id, fx.port);
}

/* Whoever polls finds everybody's frames; each port gets its own, in order. */
static void
test_demux(void **state)
{
	static const unsigned int poller[] = { 0, 1, 2, 2 };
	uint8_t frame[4][FX_FRAME_MAX];
	struct rte_mbuf *got[BURST];
	uint32_t len[4];
	unsigned int i, q, round;

	(void)state;
	for (i = 0; i < 4; i++) {
		char more[32];

		snprintf(more, sizeof(more), "len=%u", 40 + i);
		len[i] = peer_frame(frame[i], i == 3 ? info[2].qpn[1] : info[i].qpn[0],
				pkeys[poller[i]], more);
	}
	for (round = 0; round < 5; round++)
		for (i = 0; i < 4; i++)
			fx_inject(frame[i], len[i], 1);
	/* Port 2 queue 1 takes all 20 off the carrier, has 5 of its own. */
	assert_int_equal(rte_eth_rx_burst(ports[2], 1, got, BURST), 5);
	for (q = 0; q < 5; q++)
		assert_int_equal(got[q]->pkt_len, 43);
	rte_pktmbuf_free_bulk(got, 5);
	assert_int_equal(xstat_sum("rx_held"), 15);
	balance_check();
	for (i = 0; i < 3; i++) {
		assert_int_equal(rte_eth_rx_burst(ports[i], 0, got, BURST), 5);
		for (q = 0; q < 5; q++) {
			assert_int_equal(got[q]->pkt_len, 40 + i);
			assert_int_equal(got[q]->port, ports[i]);
		}
		rte_pktmbuf_free_bulk(got, 5);
	}
	balance_check();
	assert_int_equal(xstat_sum("rx_delivered"), 20);
	assert_int_equal(xstat_sum("rx_held"), 0);
	fx_no_leak();
}

/* What came first through the ring is given out before what the carrier has now. */
static void
test_order(void **state)
{
	uint8_t frame[FX_FRAME_MAX], later[FX_FRAME_MAX];
	uint32_t len = peer_frame(frame, info[0].qpn[0], pkeys[0], "len=40");
	uint32_t len2 = peer_frame(later, info[0].qpn[0], pkeys[0], "len=44");
	struct rte_mbuf *got[BURST];
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++)
		fx_inject(frame, len, 1);
	assert_int_equal(rte_eth_rx_burst(ports[1], 0, got, BURST), 0);
	for (i = 0; i < 4; i++)
		fx_inject(later, len2, 1);
	assert_int_equal(rte_eth_rx_burst(ports[0], 0, got, BURST), 8);
	for (i = 0; i < 8; i++)
		assert_int_equal(got[i]->pkt_len, i < 4 ? 40 : 44);
	rte_pktmbuf_free_bulk(got, 8);
	balance_check();
}

static void
test_ring_full(void **state)
{
	uint8_t frame[FX_FRAME_MAX];
	uint32_t len = peer_frame(frame, info[0].qpn[0], pkeys[0], "len=40");
	struct rte_mbuf *got[BURST];
	unsigned int i, n, total = 0;

	(void)state;
	for (i = 0; i < NB_DESC + 10; i++)
		fx_inject(frame, len, 1);
	for (i = 0; i < 10; i++)
		assert_int_equal(rte_eth_rx_burst(ports[1], 0, got, BURST), 0);
	assert_int_equal(fx_xstat(ports[1], "rx_drop_ring_full"), 10);
	balance_check();
	while ((n = rte_eth_rx_burst(ports[0], 0, got, BURST)) > 0) {
		rte_pktmbuf_free_bulk(got, n);
		total += n;
	}
	assert_int_equal(total, NB_DESC);
	balance_check();
	fx_no_leak();
}

/* Broadcast: every member of the partition gets one, the others none. */
static void
test_replicate(void **state)
{
	uint8_t frame[FX_FRAME_MAX];
	uint32_t len = peer_frame(frame, IB_QPN_MULTICAST, pkeys[0],
			"dlid=0xc001 grh=1 dgid=ff12401b8001000000000000ffffffff len=77");
	struct rte_mbuf *got[BURST];
	unsigned int i;

	(void)state;
	fx_inject(frame, len, 1);
	for (i = 0; i < 2; i++) {
		assert_int_equal(rte_eth_rx_burst(ports[i], 0, got, BURST), 1);
		assert_int_equal(got[0]->pkt_len, 77);
		assert_memory_equal(
				rte_pktmbuf_mtod_offset(got[0], uint8_t *, -40), frame + 22, 40);
		assert_int_equal(got[0]->port, ports[i]);
		assert_true((pmd_ipoib_meta(got[0])->flags & PMD_IPOIB_RX_BCAST) != 0);
		rte_pktmbuf_free(got[0]);
	}
	assert_int_equal(rte_eth_rx_burst(ports[2], 0, got, BURST), 0);
	assert_int_equal(xstat_sum("rx_copies"), 1);
	balance_check();
	fx_no_leak();
}

static void
test_groups(void **state)
{
	uint8_t frame[FX_FRAME_MAX];
	struct ib_gid mgid;
	struct rte_mbuf *got[BURST];
	uint32_t len;

	(void)state;
	ipoib_mgid_ipv4(IPOIB_SCOPE_LINK, 0x8001, 0xe0000105, &mgid);
	len = peer_frame(frame, IB_QPN_MULTICAST, pkeys[0],
			"dlid=0xc022 grh=1 dgid=ff12401b800100000000000000000105 len=50");
	fx_inject(frame, len, 1);
	assert_int_equal(rte_eth_rx_burst(ports[0], 0, got, BURST), 0);
	assert_int_equal(fx_xstat(ports[0], "rx_drop_dlid"), 1);

	/* To send does not mean to receive. */
	assert_int_equal(pmd_ipoib_mcast_attach(ports[0], &mgid, 0xc022, true), 0);
	fx_inject(frame, len, 1);
	assert_int_equal(rte_eth_rx_burst(ports[0], 0, got, BURST), 0);
	assert_int_equal(fx_xstat(ports[0], "rx_drop_dlid"), 2);
	assert_int_equal(pmd_ipoib_mcast_attach(ports[0], &mgid, 0xc022, false), -EEXIST);
	assert_int_equal(pmd_ipoib_mcast_detach(ports[0], &mgid), 0);
	assert_int_equal(pmd_ipoib_mcast_detach(ports[0], &mgid), -ENOENT);

	assert_int_equal(pmd_ipoib_mcast_attach(ports[0], &mgid, 0xc022, false), 0);
	fx_inject(frame, len, 1);
	assert_int_equal(rte_eth_rx_burst(ports[0], 0, got, BURST), 1);
	assert_int_equal(pmd_ipoib_meta(got[0])->flags, PMD_IPOIB_RX_GRH | PMD_IPOIB_RX_MCAST);
	rte_pktmbuf_free(got[0]);
	assert_int_equal(pmd_ipoib_mcast_detach(ports[0], &mgid), 0);
	assert_int_equal(pmd_ipoib_mcast_attach(ports[0], &fx_gid, 0xc022, false), -EINVAL);
	assert_int_equal(pmd_ipoib_mcast_attach(ports[0], &mgid, 0x22, false), -EINVAL);
	assert_int_equal(pmd_ipoib_mcast_attach(ports[0], &info[0].gid, 0, false), -EINVAL);
	balance_check();
}

static void
test_many_groups(void **state)
{
	struct ib_gid mgid;
	uint32_t i;

	(void)state;
	for (i = 0; i < 4096; i++) {
		ipoib_mgid_ipv4(IPOIB_SCOPE_LINK, 0x8001, 0xe1000000 + i, &mgid);
		assert_int_equal(pmd_ipoib_mcast_attach(
						 ports[0], &mgid, (uint16_t)(0xd000 + i), false),
				0);
	}
	ipoib_mgid_ipv4(IPOIB_SCOPE_LINK, 0x8001, 0xe2000000, &mgid);
	assert_int_equal(pmd_ipoib_mcast_attach(ports[0], &mgid, 0xd000, false), -ENOSPC);
	for (i = 0; i < 4096; i++) {
		ipoib_mgid_ipv4(IPOIB_SCOPE_LINK, 0x8001, 0xe1000000 + i, &mgid);
		assert_int_equal(pmd_ipoib_mcast_detach(ports[0], &mgid), 0);
	}
}

/* To a QP on the same LID: looped back, never on the carrier. */
static void
test_loop_unicast(void **state)
{
	uint32_t ah = fx_ah(ports[0], FX_LID + 1, NULL);
	uint32_t gah = fx_ah(ports[0], FX_LID, &fx_gid);
	uint8_t frame[FX_FRAME_MAX];
	struct rte_mbuf *m, *got[BURST];
	uint32_t i;

	(void)state;
	m = fx_packet(501, ah, info[1].qpn[0]);
	assert_int_equal(rte_eth_tx_burst(ports[0], 0, &m, 1), 1);
	m = fx_packet(61, gah, info[1].qpn[0]);
	assert_int_equal(rte_eth_tx_burst(ports[0], 0, &m, 1), 1);
	assert_int_equal(fx_sent(0, frame, sizeof(frame)), 0);
	assert_int_equal(rte_eth_rx_burst(ports[1], 0, got, BURST), 2);
	assert_int_equal(got[0]->pkt_len, 501);
	for (i = 0; i < 501; i++)
		assert_int_equal(*rte_pktmbuf_mtod_offset(got[0], uint8_t *, i), fx_pattern(i));
	assert_int_equal(pmd_ipoib_meta(got[0])->qpn, info[0].qpn[0]);
	assert_int_equal(pmd_ipoib_meta(got[0])->slid, FX_LID);
	assert_int_equal(pmd_ipoib_meta(got[0])->flags, 0);
	/* The GRH as it would have been on the wire: PayLen with pad and ICRC. */
	assert_int_equal(pmd_ipoib_meta(got[1])->flags, PMD_IPOIB_RX_GRH);
	assert_memory_equal(rte_pktmbuf_mtod_offset(got[1], uint8_t *, -40),
			"\x60\0\0\0\0\x58\x1b\0", 8);
	assert_memory_equal(rte_pktmbuf_mtod_offset(got[1], uint8_t *, -32), &fx_gid, 16);
	rte_pktmbuf_free_bulk(got, 2);
	balance_check();

	/* Another partition, an unknown QP, ourselves: as on the wire. */
	m = fx_packet(60, ah, info[2].qpn[0]);
	assert_int_equal(rte_eth_tx_burst(ports[0], 0, &m, 1), 1);
	assert_int_equal(fx_xstat(ports[0], "rx_drop_pkey"), 1);
	m = fx_packet(60, ah, 1);
	assert_int_equal(rte_eth_tx_burst(ports[0], 0, &m, 1), 1);
	assert_int_equal(fx_xstat(ports[0], "rx_drop_qpn"), 1);
	m = fx_packet(60, ah, info[0].qpn[0]);
	assert_int_equal(rte_eth_tx_burst(ports[0], 0, &m, 1), 1);
	assert_int_equal(fx_xstat(ports[0], "rx_drop_self"), 1);
	assert_int_equal(xstat_sum("rx_loopback"), 5);
	balance_check();
	assert_int_equal(pmd_ipoib_ah_destroy(ports[0], ah), 0);
	assert_int_equal(pmd_ipoib_ah_destroy(ports[0], gah), 0);
	fx_no_leak();
}

/* Broadcast leaves by the carrier, and reaches the other members here; an echo is dropped. */
static void
test_loop_multicast(void **state)
{
	struct pmd_ipoib_bcast b;
	uint8_t frame[FX_FRAME_MAX];
	struct rte_mbuf *m, *got[BURST];
	uint32_t ah, len;

	(void)state;
	fx_bcast(0x8001, &b);
	ah = fx_ah(ports[0], b.mlid, &b.mgid);
	m = fx_packet(60, ah, IB_QPN_MULTICAST);
	assert_int_equal(rte_eth_tx_burst(ports[0], 0, &m, 1), 1);
	len = fx_sent(0, frame, sizeof(frame));
	assert_int_equal(len, 14 + 8 + 40 + 20 + 60 + 6);
	assert_int_equal(rte_eth_rx_burst(ports[0], 0, got, BURST), 0);
	assert_int_equal(rte_eth_rx_burst(ports[1], 0, got, BURST), 1);
	assert_memory_equal(rte_pktmbuf_mtod_offset(got[0], uint8_t *, -40), frame + 22, 40);
	assert_memory_equal(rte_pktmbuf_mtod(got[0], void *), frame + 82, 60);
	rte_pktmbuf_free(got[0]);
	assert_int_equal(rte_eth_rx_burst(ports[2], 0, got, BURST), 0);
	balance_check();

	/* A switch that floods it back to us: not for the sender, once more for its neighbour,
	 * whose QPN it does not carry. */
	fx_inject(frame, len, 1);
	assert_int_equal(rte_eth_rx_burst(ports[0], 0, got, BURST), 0);
	assert_int_equal(rte_eth_rx_burst(ports[1], 0, got, BURST), 1);
	rte_pktmbuf_free(got[0]);
	balance_check();
	assert_int_equal(pmd_ipoib_ah_destroy(ports[0], ah), 0);
	fx_no_leak();
}

struct sender {
	uint16_t port;
	uint16_t queue;
	uint32_t ah;
	uint32_t accepted;
};

static void *
sender_run(void *arg)
{
	struct sender *s = arg;
	struct rte_mbuf *m;
	uint32_t word;

	while (s->accepted < STREAM) {
		m = rte_pktmbuf_alloc(fx_pool);
		if (m == NULL)
			continue;
		word = (uint32_t)s->port << 28 | (uint32_t)s->queue << 24 | s->accepted;
		memset(rte_pktmbuf_append(m, 8), 0, 8);
		*rte_pktmbuf_mtod_offset(m, uint32_t *, 4) = word;
		pmd_ipoib_meta(m)->ah = s->ah;
		pmd_ipoib_meta(m)->qpn = 0x4321;
		if (rte_eth_tx_burst(s->port, s->queue, &m, 1) == 1) {
			s->accepted++;
		} else {
			rte_pktmbuf_free(m);
			sched_yield();
		}
	}
	return NULL;
}

/*
 * Four threads share the carrier's only queue, which is full all the time, while
 * the identity changes: each sender's order holds, all arrive.
 */
static void
test_shared_carrier(void **state)
{
	struct sender s[] = {
		{ .port = ports[0] },
		{ .port = ports[1] },
		{ .port = ports[2] },
		{ .port = ports[2], .queue = 1 },
	};
	uint32_t next[16] = { 0 }, i, seen = 0, word, changes = 0, w;
	uint64_t end = rte_get_timer_cycles() + DEADLINE_S * rte_get_timer_hz();
	uint8_t frame[FX_FRAME_MAX];
	struct ipoib_mad_port ident;
	struct rte_mbuf *none[1];
	pthread_t thread[RTE_DIM(s)];

	(void)state;
	fx_ident(&ident);
	for (i = 0; i < RTE_DIM(s); i++) {
		s[i].ah = fx_ah(s[i].port, 0x102, NULL);
		assert_int_equal(pthread_create(&thread[i], NULL, sender_run, &s[i]), 0);
	}
	while (seen < RTE_DIM(s) * STREAM) {
		assert_true(rte_get_timer_cycles() < end);
		ident.lid = FX_LID + 2 * (++changes & 1);
		fake_mad_set(&ident);
		pmd_ipoib_poll(ports[0], changes);
		for (i = 0; i < 64 && fx_sent(0, frame, sizeof(frame)) != 0; i++) {
			memcpy(&word, frame + 14 + 8 + 20 + 4, sizeof(word));
			assert_true(frame[21] == FX_LID || frame[21] == FX_LID + 2);
			w = (word >> 24 & 0xf) * 4 + (word >> 28);
			assert_int_equal(word & 0xffffff, next[w]);
			next[w]++;
			seen++;
		}
		/* What no send pushes any more, a poll does. */
		if (i == 0)
			assert_int_equal(rte_eth_rx_burst(ports[0], 0, none, 1), 0);
	}
	for (i = 0; i < RTE_DIM(s); i++) {
		assert_int_equal(pthread_join(thread[i], NULL), 0);
		assert_int_equal(pmd_ipoib_ah_destroy(s[i].port, s[i].ah), 0);
	}
	fx_ident(&ident);
	fake_mad_set(&ident);
	pmd_ipoib_poll(ports[0], 0);
	assert_int_equal(xstat_sum("tx_good_packets"), seen);
	assert_int_equal(xstat_sum("tx_drop_carrier"), 0);
	assert_true(changes > 100);
	fx_no_leak();
}

/* What another sender wants to send while the first one has the carrier's lock. */
struct intruder {
	uint16_t port;
	struct rte_mbuf *m;
};

static uint16_t
intrude(uint16_t port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n, void *arg)
{
	struct intruder *in = arg;
	struct rte_mbuf *m = in->m;

	(void)port;
	(void)queue;
	(void)pkts;
	in->m = NULL;
	if (m != NULL)
		assert_int_equal(rte_eth_tx_burst(in->port, 0, &m, 1), 1);
	return n;
}

/* It finds the lock taken and must not wait; nobody else sends or polls afterwards. */
static void
test_nothing_strands(void **state)
{
	uint32_t ah[2] = { fx_ah(ports[0], 0x102, NULL), fx_ah(ports[1], 0x102, NULL) };
	struct intruder in = { .port = ports[1], .m = fx_packet(21, ah[1], 0x4321) };
	struct rte_mbuf *m = fx_packet(20, ah[0], 0x4321);
	const struct rte_eth_rxtx_callback *cb;
	uint8_t frame[FX_FRAME_MAX];

	(void)state;
	cb = rte_eth_add_tx_callback(fx.port, 0, intrude, &in);
	assert_non_null(cb);
	assert_int_equal(rte_eth_tx_burst(ports[0], 0, &m, 1), 1);
	assert_null(in.m);
	assert_int_equal(fx_sent(0, frame, sizeof(frame)), 14 + 8 + 20 + 20 + 6);
	assert_int_equal(fx_sent(0, frame, sizeof(frame)), 14 + 8 + 20 + 24 + 6);
	assert_int_equal(xstat_sum("tx_held"), 0);
	assert_int_equal(rte_eth_remove_tx_callback(fx.port, 0, cb), 0);
	assert_int_equal(pmd_ipoib_ah_destroy(ports[0], ah[0]), 0);
	assert_int_equal(pmd_ipoib_ah_destroy(ports[1], ah[1]), 0);
	fx_no_leak();
}

struct neighbour {
	uint16_t port;
	uint32_t ah;
	uint32_t qpn;
	uint64_t sent;
	bool stop;
};

static void *
neighbour_run(void *arg)
{
	struct neighbour *n = arg;
	struct rte_mbuf *m[BURST];
	uint16_t i, done;

	while (!__atomic_load_n(&n->stop, __ATOMIC_ACQUIRE)) {
		for (i = 0; i < BURST; i++)
			m[i] = fx_packet(60, n->ah, n->qpn);
		done = rte_eth_tx_burst(n->port, 0, m, BURST);
		rte_pktmbuf_free_bulk(&m[done], BURST - done);
		__atomic_store_n(&n->sent, n->sent + done, __ATOMIC_RELEASE);
	}
	return NULL;
}

/* A port goes and comes back with new queues while another sends to it without pause. */
static void
test_restart_under_traffic(void **state)
{
	struct neighbour n = { .port = ports[0], .qpn = info[1].qpn[0] };
	uint64_t end = rte_get_timer_cycles() + DEADLINE_S * rte_get_timer_hz(), mark;
	struct rte_mbuf *got[BURST];
	pthread_t thread;
	unsigned int i, k;

	(void)state;
	n.ah = fx_ah(ports[0], FX_LID, NULL);
	assert_int_equal(pthread_create(&thread, NULL, neighbour_run, &n), 0);
	for (i = 0; i < RESTARTS; i++) {
		mark = __atomic_load_n(&n.sent, __ATOMIC_ACQUIRE);
		while (__atomic_load_n(&n.sent, __ATOMIC_ACQUIRE) < mark + 4 * BURST) {
			assert_true(rte_get_timer_cycles() < end);
			k = rte_eth_rx_burst(ports[1], 0, got, BURST);
			rte_pktmbuf_free_bulk(got, k);
			sched_yield();
		}
		assert_int_equal(rte_eth_dev_stop(ports[1]), 0);
		fx_port_setup(ports[1], 1, NB_DESC);
	}
	__atomic_store_n(&n.stop, true, __ATOMIC_RELEASE);
	assert_int_equal(pthread_join(thread, NULL), 0);
	while ((k = rte_eth_rx_burst(ports[1], 0, got, BURST)) > 0)
		rte_pktmbuf_free_bulk(got, k);
	assert_int_equal(pmd_ipoib_ah_destroy(ports[0], n.ah), 0);
	fx_no_leak();
}

struct receiver {
	uint16_t port;
	uint64_t got;
	uint32_t next;
	bool order;
	bool stop;
};

static void *
receiver_run(void *arg)
{
	struct receiver *r = arg;
	struct rte_mbuf *got[BURST];
	uint16_t i, n;
	uint32_t seq;

	while (!__atomic_load_n(&r->stop, __ATOMIC_ACQUIRE)) {
		n = rte_eth_rx_burst(r->port, 0, got, BURST);
		for (i = 0; i < n; i++) {
			seq = pmd_ipoib_meta(got[i])->qpn;
			r->order = r->order && seq == r->next;
			r->next = (r->next + 1) % 64;
		}
		rte_pktmbuf_free_bulk(got, n);
		__atomic_store_n(&r->got, r->got + n, __ATOMIC_RELEASE);
	}
	return NULL;
}

/* Two threads poll one carrier: each gets its own frames, all of them, in order. */
static void
test_two_pollers(void **state)
{
	struct receiver r[2] = { { .port = ports[0], .order = true },
		{ .port = ports[1], .order = true } };
	static uint8_t frame[2][64][128];
	uint32_t len[2][64], i, k;
	uint64_t end;
	pthread_t thread[2];
	char more[64];

	(void)state;
	for (k = 0; k < 2; k++)
		for (i = 0; i < 64; i++) {
			uint8_t out[FX_FRAME_MAX];

			snprintf(more, sizeof(more), "len=8 sqpn=%u", i);
			len[k][i] = peer_frame(out, info[k].qpn[0], pkeys[k], more);
			memcpy(frame[k][i], out, len[k][i]);
		}
	for (k = 0; k < 2; k++)
		assert_int_equal(pthread_create(&thread[k], NULL, receiver_run, &r[k]), 0);
	end = rte_get_timer_cycles() + DEADLINE_S * rte_get_timer_hz();
	for (i = 0; i < STREAM; i++) {
		for (k = 0; k < 2; k++)
			fx_inject(frame[k][i % 64], len[k][i % 64], 1);
		/* At most a ring's worth on its way, so that no ring overflows. */
		for (k = 0; k < 2; k++)
			while (i + 1 - __atomic_load_n(&r[k].got, __ATOMIC_ACQUIRE) > NB_DESC / 2)
				sched_yield();
		assert_true(rte_get_timer_cycles() < end);
	}
	for (k = 0; k < 2; k++) {
		while (__atomic_load_n(&r[k].got, __ATOMIC_ACQUIRE) < STREAM)
			assert_true(rte_get_timer_cycles() < end);
		__atomic_store_n(&r[k].stop, true, __ATOMIC_RELEASE);
		assert_int_equal(pthread_join(thread[k], NULL), 0);
		assert_true(r[k].order);
		assert_int_equal(r[k].got, STREAM);
	}
	balance_check();
	fx_no_leak();
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identity),
		cmocka_unit_test_setup(test_demux, counters_reset),
		cmocka_unit_test_setup(test_order, counters_reset),
		cmocka_unit_test_setup(test_ring_full, counters_reset),
		cmocka_unit_test_setup(test_replicate, counters_reset),
		cmocka_unit_test_setup(test_groups, counters_reset),
		cmocka_unit_test_setup(test_many_groups, counters_reset),
		cmocka_unit_test_setup(test_loop_unicast, counters_reset),
		cmocka_unit_test_setup(test_loop_multicast, counters_reset),
		cmocka_unit_test_setup(test_shared_carrier, counters_reset),
		cmocka_unit_test_setup(test_two_pollers, counters_reset),
		cmocka_unit_test_setup(test_nothing_strands, counters_reset),
		cmocka_unit_test_setup(test_restart_under_traffic, counters_reset),
	};
	int ret;

	if (fx_eal_setup(argc, argv) != 0)
		return 1;
	ret = cmocka_run_group_tests(tests, ports_setup, ports_teardown);
	fx_eal_teardown();
	return ret;
}

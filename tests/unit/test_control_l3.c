/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* IP next hops and ARP, compared with frames that scapy made. */

#include <errno.h>
#include <string.h>

#include "control_fixture.h"
#include "control_golden.h"

#define ETH_OTHER IP(192, 0, 2, 99)
#define PEER_MAC 0x4d

static struct ipoib_addr peer;

static int
setup(void **state)
{
	peer = fx_addr(PEER_QPN, 2);
	return fx_setup_up(state);
}

static int
setup_large(void **state)
{
	int ret;

	fx_thresh3 = 16384;
	ret = setup(state);
	fx_thresh3 = 64;
	return ret;
}

static int
setup_plain(void **state)
{
	peer = fx_addr(PEER_QPN, 2);
	return fx_setup(state);
}

static void
l3_miss(uint16_t port, uint32_t ip, uint16_t len)
{
	fx_punt(fx_ip(ETH, IP(203, 0, 113, 5), IP(10, 0, 0, 1), 17, len, 0), DP_PUNT_L3_MISS, port,
			ip);
}

static const struct ipoib_neigh_entry *
l3(uint16_t port, uint32_t ip)
{
	const struct dp_ip addr = dp_ip4(ip);

	return fx_l3(port, &addr);
}

/* A packet for each of many that do not answer yet: all of them wait. */
static void
test_many_wait(void **state)
{
	enum { HOSTS = 6000 };
	uint32_t i;

	(void)state;
	for (i = 0; i < HOSTS; i++) {
		l3_miss(IB, IP(198, 51, 200, 0) + i, 100);
		fx_tick();
		fx_drain();
	}
	assert_int_equal(fx_drops(DP_DROP_queue_full), 0);
	assert_int_equal(control_queued(fx.c), HOSTS);
}

/* Several for each, and all answer: what has no room at the worker waits, in order. */
static void
test_many_answer(void **state)
{
	enum { HOSTS = 900, EACH = 14 };
	uint32_t i, j, n = 0, len = 0;
	struct rte_mbuf *m;
	uint16_t port;

	(void)state;
	assert_int_equal(fx_addr_add(ETH, IP(192, 0, 3, 1), 16), 0);
	fx_drain();
	for (i = 0; i < HOSTS; i++) {
		for (j = 0; j < EACH; j++)
			l3_miss(ETH, IP(192, 0, 4, 0) + i, (uint16_t)(100 + j));
		fx_tick();
		fx_drain();
	}
	assert_int_equal(control_queued(fx.c), HOSTS * EACH);
	for (i = 0; i < HOSTS; i++) {
		fx_arp_eth(2, PEER_MAC, IP(192, 0, 4, 0) + i, ETH_US);
		fx_tick();
	}
	assert_true(control_queued(fx.c) > 0);
	assert_int_equal(fx_drops(DP_DROP_inject_full), 0);
	/* The last one still waits: a newer packet for it is not to overtake. */
	l3_miss(ETH, IP(192, 0, 4, 0) + HOSTS - 1, 100 + EACH);
	fx_tick();
	for (; (m = fx_sent(&port)) != NULL; fx_tick()) {
		len = m->pkt_len;
		fx_free(m);
		n++;
	}
	assert_int_equal(n, HOSTS * EACH + 1);
	assert_int_equal(len, RTE_ETHER_HDR_LEN + 100 + EACH);
	assert_int_equal(fx_drops(DP_DROP_inject_full), 0);
	assert_int_equal(l3(ETH, IP(192, 0, 4, 0) + HOSTS - 1)->state, IPOIB_NEIGH_VALID);
}

static void
test_eth_resolve(void **state)
{
	struct rte_mbuf *m;
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++)
		l3_miss(ETH, ETH_PEER, (uint16_t)(100 + i));
	fx_tick();
	fx_assert_bytes(fx_sent_on(ETH), golden_arp_request, sizeof(golden_arp_request));
	fx_assert_none();
	fx_arp_eth(2, PEER_MAC, ETH_PEER, ETH_US);
	fx_tick();
	for (i = 0; i < 3; i++) {
		m = fx_sent_on(ETH);
		assert_int_equal(m->pkt_len, 14 + 100 + i);
		assert_memory_equal(rte_pktmbuf_mtod(m, void *),
				"\x02\0\0\0\0\x4d\x02\0\0\0\0\x01\x08", 13);
		fx_free(m);
	}
	assert_int_equal(l3(ETH, ETH_PEER)->state, IPOIB_NEIGH_VALID);
	assert_int_equal(FX_COUNT(originated), 5); /* request, 2 times 2 announcements */
}

static void
test_eth_reply(void **state)
{
	(void)state;
	fx_arp_eth(1, PEER_MAC, ETH_PEER, ETH_US);
	fx_tick();
	fx_assert_bytes(fx_sent_on(ETH), golden_arp_reply, sizeof(golden_arp_reply));
	/* Who asks for us will be needed. */
	assert_int_equal(l3(ETH, ETH_PEER)->state, IPOIB_NEIGH_VALID);
	/* A probe (RFC 5227) is answered, and teaches nothing. */
	fx_arp_eth(1, PEER_MAC, 0, ETH_US);
	fx_tick();
	fx_free(fx_sent_on(ETH));
}

static void
test_foreign(void **state)
{
	(void)state;
	fx_arp_eth(1, PEER_MAC, ETH_PEER, ETH_OTHER);
	fx_arp_eth(1, PEER_MAC, ETH_PEER, IB_US);	     /* ours, but not on this port */
	fx_arp_eth(1, PEER_MAC, IP(203, 0, 113, 4), ETH_US); /* sender from elsewhere */
	fx_arp_eth(2, PEER_MAC, ETH_PEER, ETH_US);	     /* a reply nobody asked for */
	fx_arp_eth(1, PEER_MAC, ETH_PEER, ETH_PEER);	     /* gratuitous, unknown */
	fx_tick();
	fx_assert_none();
	assert_int_equal(fx_drops(DP_DROP_arp_foreign), 3);
	assert_null(l3(ETH, ETH_PEER));
}

static void
test_conflict_and_echo(void **state)
{
	(void)state;
	fx_arp_eth(1, 1, ETH_US, ETH_PEER); /* our own MAC */
	fx_tick();
	fx_assert_none();
	assert_int_equal(fx.c->ports[ETH]->ip->conflicts, 0);
	/* RFC 5227 2.4 c: we say whose it is, at most every 10 s. */
	fx_arp_eth(1, PEER_MAC, ETH_US, ETH_US);
	fx_arp_eth(2, PEER_MAC, ETH_US, ETH_PEER);
	fx_tick();
	fx_assert_bytes(fx_sent_on(ETH), golden_garp, sizeof(golden_garp));
	fx_assert_none();
	assert_int_equal(fx.c->ports[ETH]->ip->conflicts, 2);
	fx_run(9900 * MS);
	fx_arp_eth(1, PEER_MAC, ETH_US, ETH_US);
	fx_tick();
	fx_assert_none();
	fx_run(200 * MS);
	fx_arp_eth(1, PEER_MAC, ETH_US, ETH_US);
	fx_tick();
	fx_assert_bytes(fx_sent_on(ETH), golden_garp, sizeof(golden_garp));
}

static void
test_bad(void **state)
{
	static const unsigned int at[] = { 15, 17, 18, 19, 21, 22 };
	uint8_t f[60];
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(at); i++) {
		memcpy(f, golden_arp_request, sizeof(f));
		f[at[i]] ^= 0x41;
		fx_punt(fx_mbuf(ETH, f, sizeof(f)), DP_PUNT_ARP, 0, 0);
	}
	fx_punt(fx_mbuf(ETH, golden_arp_request, 41), DP_PUNT_ARP, 0, 0);
	fx_punt(fx_mbuf(IB, golden_ib_arp_request, sizeof(golden_ib_arp_request) - 1), DP_PUNT_ARP,
			0, 0);
	fx_tick();
	assert_int_equal(fx_drops(DP_DROP_arp_bad), 8);
	fx_assert_none();
}

/* Issue 4.7: one busy host is cut short, and does not starve another; a port has its limit too. */
static void
test_reply_limit(void **state)
{
	uint32_t sent;
	int i;

	(void)state;
	for (i = 0; i < 400; i++)
		fx_arp_eth(1, PEER_MAC, ETH_PEER, ETH_US);
	while (rte_ring_count(fx.dp->punt) > 0)
		fx_tick();
	assert_int_equal(fx_drain(), 256);
	assert_int_equal(fx_drops(DP_DROP_arp_limit), 144);
	for (i = 0; i < 1400; i++) {
		fx_arp_eth(1, (uint8_t)(2 + i % 100), IP(192, 0, 2, 2 + i % 100), ETH_US);
		if (i % 200 == 0)
			fx_tick();
	}
	while (rte_ring_count(fx.dp->punt) > 0)
		fx_tick();
	/* 1,000 of the port, less the first 256. The busy one is among these hosts. */
	sent = fx_drain();
	assert_int_equal(sent, 744);
	assert_int_equal(fx_drops(DP_DROP_arp_limit), 144 + 1400 - 744);
	fx_run(100 * MS);
	fx_arp_eth(1, 200, IP(192, 0, 2, 200), ETH_US);
	fx_tick();
	assert_int_equal(fx_drain(), 1);
}

static void
test_nobody(void **state)
{
	uint32_t i;

	(void)state;
	for (i = 0; i < 2; i++)
		l3_miss(ETH, ETH_OTHER, 100);
	fx_tick();
	assert_int_equal(fx_drain(), 1);
	fx_run(1001 * MS);
	assert_int_equal(fx_drain(), 1);
	fx_run(1001 * MS);
	assert_int_equal(fx_drain(), 1);
	assert_int_equal(fx_drops(DP_DROP_no_neigh), 0);
	fx_run(1001 * MS);
	assert_int_equal(fx_drops(DP_DROP_no_neigh), 2);
	assert_int_equal(l3(ETH, ETH_OTHER)->state, IPOIB_NEIGH_FAILED);
	fx_run(200 * MS);
	assert_int_equal(l3(ETH, ETH_OTHER)->state, IPOIB_NEIGH_INCOMPLETE);
	l3_miss(ETH, ETH_OTHER, 100);
	fx_tick();
	assert_int_equal(fx_drain(), 1);
}

static void
test_ib_resolve(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	l3_miss(IB, IB_PEER, 100);
	fx_tick();
	m = fx_sent_on(IB);
	assert_int_equal(pmd_ipoib_meta(m)->qpn, 0xffffff);
	assert_int_equal(fx.av[pmd_ipoib_meta(m)->ah].dlid, MLID);
	fx_assert_bytes(m, golden_ib_arp_request, sizeof(golden_ib_arp_request));
	fx_arp_ib(2, &peer, IB_PEER, IB_US);
	fx_tick();
	/* The address is known, the path is asked for, the packet still waits. */
	fx_assert_none();
	assert_int_equal(l3(IB, IB_PEER)->state, IPOIB_NEIGH_VALID);
	fx_answer_path(fx_path_req(&peer.gid), 0, 7);
	fx_tick();
	m = fx_sent_on(IB);
	assert_int_equal(m->pkt_len, 104);
	assert_int_equal(pmd_ipoib_meta(m)->qpn, PEER_QPN);
	assert_int_equal(fx.av[pmd_ipoib_meta(m)->ah].dlid, 7);
	fx_free(m);
}

static void
test_ib_reply(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	fx_arp_ib(1, &peer, IB_PEER, IB_US);
	fx_tick();
	fx_assert_none();
	/* The request itself began the question for the path. */
	fx_answer_path(fx_path_req(&peer.gid), 0, 7);
	fx_tick();
	m = fx_sent_on(IB);
	assert_int_equal(pmd_ipoib_meta(m)->qpn, PEER_QPN);
	fx_assert_bytes(m, golden_ib_arp_reply, sizeof(golden_ib_arp_reply));
	fx_arp_ib(1, &peer, IB_PEER, IP(198, 51, 100, 77));
	fx_tick();
	fx_assert_none();
	assert_int_equal(fx_drops(DP_DROP_arp_foreign), 1);
}

/* A restarted peer has a new QPN: followed at once, the old address is forgotten. */
static void
test_moved(void **state)
{
	struct ipoib_addr old = peer, now = fx_addr(PEER_QPN + 2, 2);
	struct rte_mbuf *m;

	(void)state;
	fx_know_ib_peer();
	assert_non_null(ipoib_neigh_find(fx.dp->port[IB].neigh, &old));
	fx_arp_ib(1, &now, IB_PEER, IB_PEER); /* gratuitous */
	fx_run(2 * MS);
	assert_memory_equal(&fx.dp->adj[l3(IB, IB_PEER)->ah].lladdr, &now, 20);
	fx_run(110 * MS);
	assert_null(ipoib_neigh_find(fx.dp->port[IB].neigh, &old));
	l3_miss(IB, IB_PEER, 100);
	fx_tick();
	m = fx_sent_on(IB);
	assert_int_equal(pmd_ipoib_meta(m)->qpn, PEER_QPN + 2);
	fx_free(m);
}

/* In use after 30 s: probed by unicast; an answer renews it, silence ends it. */
static void
test_probe(void **state)
{
	struct rte_mbuf *m;
	int i;

	(void)state;
	fx_know_eth_peer();
	for (i = 0; i < 40; i++) {
		fx_run(S);
		if (rte_ring_count(fx.dp->worker[0]->inject) > 0)
			break;
		(void)l3(ETH, ETH_PEER); /* a worker uses it */
	}
	assert_in_range(i, 25, 36);
	m = fx_sent_on(ETH);
	assert_memory_equal(rte_pktmbuf_mtod(m, void *), "\x02\0\0\0\0\x4d", 6);
	fx_free(m);
	assert_int_equal(l3(ETH, ETH_PEER)->state, IPOIB_NEIGH_STALE);
	fx_arp_eth(2, PEER_MAC, ETH_PEER, ETH_US);
	fx_tick();
	assert_int_equal(l3(ETH, ETH_PEER)->state, IPOIB_NEIGH_VALID);
	for (i = 0; i < 40; i++) {
		fx_run(S);
		if (l3(ETH, ETH_PEER) == NULL)
			break;
	}
	assert_in_range(i, 27, 39);
	assert_int_equal(fx_drain(), 3);
}

/* Not in use: nobody is bothered, and it goes with age. */
static void
test_idle(void **state)
{
	struct control_ip_neigh_row row;
	uint32_t total;
	int i;

	(void)state;
	fx_know_eth_peer();
	for (i = 0; i < 100; i++) {
		fx_run(S);
		if (fx_join_req() != NULL)
			fx_answer_join(fx_join_req(), 0);
	}
	assert_int_equal(fx_drain(), 0);
	control_ip_neigh_rows(fx.c, 0, &row, 1, &total);
	assert_int_equal(total, 0);
}

static void
test_announce(void **state)
{
	(void)state;
	fx_answer_join(fx_join_req(), 0);
	assert_int_equal(fx_addr_add(IB, IB_US, 24), 0);
	fx_tick();
	fx_assert_bytes(fx_sent_on(IB), golden_ib_garp, sizeof(golden_ib_garp));
	fx_assert_none();
	fx_run(900 * MS);
	fx_assert_none();
	fx_run(110 * MS);
	fx_assert_bytes(fx_sent_on(IB), golden_ib_garp, sizeof(golden_ib_garp));
	fx_run(3 * S);
	fx_assert_none();
}

static void
test_down(void **state)
{
	(void)state;
	assert_int_equal(fx_addr_add(IB, IB_US, 24), 0);
	l3_miss(IB, IB_PEER, 100);
	fx_tick();
	assert_int_equal(fx_drops(DP_DROP_no_path), 1);
	fx_assert_none();
	fx_answer_join(fx_join_req(), -ECANCELED);
}

static void
test_rows_and_flush(void **state)
{
	struct control_ip_neigh_row row[3];
	uint32_t total;

	(void)state;
	fx_know_eth_peer();
	fx_know_ib_peer();
	assert_int_equal(control_ip_neigh_rows(fx.c, 0, row, 3, &total), 2);
	assert_int_equal(total, 2);
	assert_int_equal(control_ip_neigh_rows(fx.c, 1, row, 3, &total), 1);
	assert_int_equal(control_ip_neigh_flush(fx.c, IB), 1);
	assert_int_equal(control_ip_neigh_rows(fx.c, 0, row, 3, &total), 1);
	assert_int_equal(dp_ip_get4(&row[0].ip), ETH_PEER);
	assert_int_equal(row[0].mac.addr_bytes[5], PEER_MAC);
	assert_false(row[0].is_ipoib);
	assert_int_equal(control_ip_neigh_flush(fx.c, UINT16_MAX), 1);
	/* After a grace period their link-layer addresses are free. */
	fx_run(2 * S);
	assert_int_equal(fx.c->ip->adjs.nb_free, DP_ADJ_MAX);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fx_teardown)
#define LARGE(name) cmocka_unit_test_setup_teardown(name, setup_large, fx_teardown)
#define PLAIN(name) cmocka_unit_test_setup_teardown(name, setup_plain, fx_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_eth_resolve),
		LARGE(test_many_wait),
		LARGE(test_many_answer),
		TEST(test_eth_reply),
		TEST(test_foreign),
		TEST(test_conflict_and_echo),
		TEST(test_bad),
		TEST(test_reply_limit),
		TEST(test_nobody),
		TEST(test_ib_resolve),
		TEST(test_ib_reply),
		TEST(test_moved),
		TEST(test_probe),
		TEST(test_idle),
		PLAIN(test_announce),
		PLAIN(test_down),
		TEST(test_rows_and_flush),
	};

	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}

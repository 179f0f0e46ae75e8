/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Who is believed, who is answered, and by which address (issues 4.7 and 4.10). */

#include <errno.h>
#include <string.h>

#include "control_fixture.h"
#include "control_golden.h"

#define PEER_MAC 0x4d
#define FAR IP(203, 0, 113, 9)
#define ETH_OTHER IP(192, 0, 2, 99)

static struct ipoib_addr peer;

static int
setup(void **state)
{
	peer = fx_addr(PEER_QPN, 2);
	return fx_setup_up(state);
}

static const struct dp_adj *
known(uint16_t port, uint32_t ip)
{
	const struct dp_ip addr = dp_ip4(ip);
	const struct ipoib_neigh_entry *e = fx_l3(port, &addr);

	return e == NULL ? NULL : &fx.dp->adj[e->ah];
}

static void
expect_mac(uint8_t mac)
{
	assert_non_null(known(ETH, ETH_PEER));
	assert_int_equal(known(ETH, ETH_PEER)->mac.addr_bytes[5], mac);
}

/* B "Remote QPN change / bond failover": A -> B -> A is followed at once, each time. */
static void
test_moves(void **state)
{
	struct ipoib_addr a = peer, b = fx_addr(PEER_QPN + 7, 3);
	struct ipoib_neigh *t = fx.dp->port[IB].neigh;
	int i;

	(void)state;
	fx_know_ib_peer();
	for (i = 0; i < 3; i++) {
		/* A bond tells by a gratuitous request, or reply. */
		fx_arp_ib((uint16_t)(1 + i % 2), &b, IB_PEER, IB_PEER);
		fx_run(21 * MS);
		assert_memory_equal(&known(IB, IB_PEER)->lladdr, &b, 20);
		fx_run(110 * MS);
		assert_null(ipoib_neigh_find(t, &a));
		/* A restarted host asks. */
		fx_arp_ib(1, &a, IB_PEER, IB_US);
		fx_run(2 * MS);
		assert_memory_equal(&known(IB, IB_PEER)->lladdr, &a, 20);
		fx_run(110 * MS);
		assert_null(ipoib_neigh_find(t, &b));
		while (fx_path_req(&b.gid) != NULL)
			fx_answer_path(fx_path_req(&b.gid), 0, 9);
		fx_tick();
		assert_int_equal(fx_drain(), 1);
	}
}

static bool
usable(const struct ipoib_addr *addr)
{
	const struct ipoib_neigh_entry *e;
	uint64_t hits;

	return ipoib_neigh_lookup_bulk(fx.dp->port[IB].neigh, &addr, 1, &hits, &e) == 1;
}

/* Make before break: workers have the old address until they can use the new one. */
static void
test_moves_when_ready(void **state)
{
	struct ipoib_addr a = peer, b = fx_addr(PEER_QPN + 7, 3), b2 = fx_addr(PEER_QPN + 9, 4);

	(void)state;
	fx_know_ib_peer();
	fx_arp_ib(1, &b, IB_PEER, IB_PEER);
	fx_run(15 * MS);
	assert_memory_equal(&known(IB, IB_PEER)->lladdr, &a, 20);
	assert_true(usable(&a));
	fx_answer_path(fx_path_req(&b.gid), 0, 9);
	fx_run(2 * MS);
	assert_memory_equal(&known(IB, IB_PEER)->lladdr, &b, 20);
	assert_true(usable(&b));
	/* Another IP address of this peer may still have it. */
	assert_true(usable(&a));
	fx_run(110 * MS);
	assert_false(usable(&a));
	/* It goes and comes back before workers could follow: they never leave. */
	fx_arp_ib(1, &b2, IB_PEER, IB_PEER);
	fx_run(5 * MS);
	fx_arp_ib(2, &a, IB_PEER, IB_PEER);
	fx_run(1 * MS);
	fx_arp_ib(1, &b, IB_PEER, IB_PEER);
	fx_run(5 * MS);
	assert_memory_equal(&known(IB, IB_PEER)->lladdr, &b, 20);
	fx_run(110 * MS);
	assert_true(usable(&b));
	assert_null(ipoib_neigh_find(fx.dp->port[IB].neigh, &b2));
	assert_null(ipoib_neigh_find(fx.dp->port[IB].neigh, &a));
}

/* Only answers that we asked for are believed. */
static void
test_unsolicited(void **state)
{
	struct dp_ip ip = dp_ip4(ETH_PEER);
	int i;

	(void)state;
	fx_arp_eth(2, PEER_MAC, ETH_PEER, ETH_US);
	fx_tick();
	assert_null(known(ETH, ETH_PEER));
	fx_know_eth_peer();
	/* A forger's reply for an entry that is there. */
	fx_arp_eth(2, 0x66, ETH_PEER, ETH_US);
	fx_tick();
	expect_mac(PEER_MAC);
	/* Asked for. */
	for (i = 0; i < 40 && rte_ring_count(fx.dp->worker[0]->inject) == 0; i++) {
		fx_run(S);
		(void)known(ETH, ETH_PEER);
	}
	assert_int_equal(fx_drain(), 1);
	assert_true(l3_asking(fx.c, ETH, &ip));
	fx_arp_eth(2, 0x4e, ETH_PEER, ETH_US);
	fx_tick();
	expect_mac(0x4e);
	assert_false(l3_asking(fx.c, ETH, &ip));
	/* A request, and a gratuitous one. */
	fx_arp_eth(1, 0x4f, ETH_PEER, ETH_OTHER);
	fx_tick();
	expect_mac(0x4f);
	fx_arp_eth(2, 0x4d, ETH_PEER, ETH_PEER);
	fx_tick();
	expect_mac(0x4d);
}

static void
proxy(bool on)
{
	assert_int_equal(control_port_flag(fx.c, ETH, CONTROL_PROXY_ARP, on), 0);
}

static void
test_proxy(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	assert_int_equal(fx_route_add(IP(203, 0, 113, 0), 24, IB_PEER), 0);
	fx_tick();
	fx_arp_eth(1, PEER_MAC, ETH_PEER, FAR);
	fx_tick();
	fx_assert_none(); /* off by default */
	proxy(true);
	fx_arp_eth(1, PEER_MAC, ETH_PEER, FAR);
	fx_tick();
	m = fx_sent_on(ETH);
	assert_memory_equal(rte_pktmbuf_mtod_offset(m, void *, 20),
			"\0\2\2\0\0\0\0\1\xcb\0\x71\x09", 12);
	fx_free(m);
	/* On the link itself, on no link, by a probe, from elsewhere: never. */
	fx_arp_eth(1, PEER_MAC, ETH_PEER, ETH_OTHER);
	fx_arp_eth(1, PEER_MAC, ETH_PEER, IP(100, 64, 0, 1));
	fx_arp_eth(1, PEER_MAC, 0, FAR);
	fx_arp_eth(1, PEER_MAC, IP(100, 64, 0, 1), FAR);
	fx_tick();
	fx_assert_none();
	proxy(false);
	fx_arp_eth(1, PEER_MAC, ETH_PEER, FAR);
	fx_tick();
	fx_assert_none();
}

/* --- strict-source --- */

static void
strict(void)
{
	assert_int_equal(control_port_flag(fx.c, IB, CONTROL_STRICT_SOURCE, true), 0);
	assert_int_equal(control_port_flag(fx.c, ETH, CONTROL_STRICT_SOURCE, true), -ENOTSUP);
}

/* A request to us from this LID; with a GRH from sgid. */
static void
arp_from(uint16_t slid, const struct ib_gid *sgid)
{
	struct pmd_ipoib_meta *meta;
	struct rte_mbuf *m;
	struct ib_grh *grh;
	void *last;

	fx_arp_ib(1, &peer, IB_PEER, IB_US);
	assert_int_equal(rte_ring_dequeue(fx.dp->punt, &last), 0);
	m = last;
	meta = pmd_ipoib_meta(m);
	*meta = (struct pmd_ipoib_meta){ .slid = slid, .qpn = PEER_QPN };
	if (sgid != NULL) {
		meta->flags = PMD_IPOIB_RX_GRH;
		grh = rte_pktmbuf_mtod_offset(m, struct ib_grh *, -40);
		memset(grh, 0, sizeof(*grh));
		grh->sgid = *sgid;
	}
	assert_int_equal(rte_ring_enqueue(fx.dp->punt, m), 0);
	fx_tick();
}

/* The LID must be one of the SA's path to the GID; the answer waits for that. */
static void
test_strict(void **state)
{
	struct ib_gid other = fx_gid(3);

	(void)state;
	strict();
	arp_from(7, NULL);
	fx_assert_none();
	assert_null(known(IB, IB_PEER));
	assert_int_equal(control_queued(fx.c), 1);
	fx_answer_path(fx_path_req(&peer.gid), 0, 7);
	fx_run(10 * MS);
	assert_int_equal(control_queued(fx.c), 0);
	fx_assert_bytes(fx_sent_on(IB), golden_ib_arp_reply, sizeof(golden_ib_arp_reply));
	assert_non_null(known(IB, IB_PEER));
	/* Now it is known. */
	arp_from(7, NULL);
	assert_int_equal(fx_drain(), 1);
	arp_from(8, NULL);
	fx_assert_none();
	assert_int_equal(fx_drops(DP_DROP_untrusted), 1);
	/* The GRH has a say too. */
	arp_from(7, &peer.gid);
	assert_int_equal(fx_drain(), 1);
	arp_from(7, &other);
	fx_assert_none();
	assert_int_equal(fx_drops(DP_DROP_untrusted), 2);
}

/* With LMC 2 a host has four LIDs. */
static void
test_strict_lmc(void **state)
{
	uint16_t lid;

	(void)state;
	fx.info.lmc = 2;
	fx_run(S);
	fx_know_ib_peer();
	strict();
	for (lid = 3; lid < 9; lid++)
		arp_from(lid, NULL);
	/* The path's DLID is 7. */
	assert_int_equal(fx_drain(), 4);
	assert_int_equal(fx_drops(DP_DROP_untrusted), 2);
}

/* The SA does not know the GID, or does not answer: nothing is learnt, nothing said. */
static void
test_strict_unknown(void **state)
{
	uint32_t i;

	(void)state;
	strict();
	arp_from(7, NULL);
	fx_answer_path(fx_path_req(&peer.gid), -ENOENT, 0);
	fx_run(10 * MS);
	assert_int_equal(fx_drops(DP_DROP_untrusted), 1);
	for (i = 0; i < 400; i++) {
		peer = fx_addr(PEER_QPN, (uint8_t)(10 + i % 200));
		arp_from(7, NULL);
	}
	/* At most 256 are kept, for 5 s. */
	assert_in_range(control_queued(fx.c), 1, 256);
	fx_run(6 * S);
	assert_int_equal(control_queued(fx.c), 0);
	assert_int_equal(fx_drops(DP_DROP_untrusted), 401);
	fx_assert_none();
	for (i = 0; i < 200; i++) {
		peer = fx_addr(PEER_QPN, (uint8_t)(10 + i));
		if (fx_path_req(&peer.gid) != NULL)
			fx_answer_path(fx_path_req(&peer.gid), -ENOENT, 0);
	}
}

/* --- frames --- */

/* RFC 1112 6.4, RFC 2464 7; a sub-port's tag. */
static void
test_mcast_frames(void **state)
{
	static const struct {
		struct dp_ip group;
		const char *mac;
	} to[] = {
		{ { { [10] = 0xff, [11] = 0xff, 224, 0, 0, 251 } }, "\x01\x00\x5e\x00\x00\xfb" },
		{ { { [10] = 0xff, [11] = 0xff, 239, 255, 1, 2 } }, "\x01\x00\x5e\x7f\x01\x02" },
		{ { { [10] = 0xff, [11] = 0xff, 255, 255, 255, 255 } },
				"\xff\xff\xff\xff\xff\xff" },
	};
	struct ctl_port *p = fx.c->ports[ETH];
	struct rte_mbuf *m;
	uint32_t i;

	(void)state;
	for (i = 0; i < 2 * RTE_DIM(to); i++) {
		m = fx_ip(ETH, ETH_US, IP(224, 0, 0, 251), 17, 100, 0);
		fx.dp->worker[0]->ctr[ETH].rx_pkts++;
		p->dp->vlan = i < RTE_DIM(to) ? 0 : 42;
		l3_mcast_send(p, &to[i % RTE_DIM(to)].group, m);
		m = fx_sent_on(ETH);
		assert_memory_equal(rte_pktmbuf_mtod(m, void *), to[i % RTE_DIM(to)].mac, 6);
		if (p->dp->vlan != 0)
			assert_memory_equal(rte_pktmbuf_mtod_offset(m, void *, 12),
					"\x81\x00\x00\x2a\x08\x00\x45", 7);
		else
			assert_memory_equal(
					rte_pktmbuf_mtod_offset(m, void *, 12), "\x08\x00\x45", 3);
		fx_free(m);
	}
	p->dp->vlan = 0;
}

static void
test_flags(void **state)
{
	struct control_flags_row row[2];
	uint32_t total;

	(void)state;
	assert_int_equal(control_port_flag(fx.c, 9, CONTROL_RA, true), -ENODEV);
	assert_int_equal(control_port_flag(fx.c, ETH, CONTROL_FLAG_MAX, true), -EINVAL);
	assert_int_equal(control_port_flag(fx.c, ETH, CONTROL_MSS_CLAMP, true), 0);
	assert_int_equal(control_port_flag(fx.c, ETH, CONTROL_DIRECTED_BCAST, true), 0);
	assert_int_equal(control_port_flag(fx.c, ETH, CONTROL_MCAST, true), 0);
	assert_int_equal(atomic_load(&fx.dp->port[ETH].flags),
			DP_PORT_MSS_CLAMP | DP_PORT_DIRECTED_BCAST | DP_PORT_MCAST);
	assert_int_equal(atomic_load(&fx.dp->port[IB].flags), 0);
	assert_int_equal(control_port_flag(fx.c, ETH, CONTROL_MCAST, false), 0);
	assert_int_equal(control_port_flag(fx.c, ETH, CONTROL_MCAST, false), 0);
	assert_int_equal(atomic_load(&fx.dp->port[ETH].flags),
			DP_PORT_MSS_CLAMP | DP_PORT_DIRECTED_BCAST);
	assert_int_equal(control_flags_rows(fx.c, 1, row, 2, &total), 1);
	assert_int_equal(total, 2);
	assert_int_equal(row[0].port, IB);
}

/* Many addresses are told at a pace, twice; one more asks for no flood. */
static void
test_announce_pace(void **state)
{
	uint32_t i, n = 0, first;

	(void)state;
	for (i = 2; i < 42; i++) {
		while (fx_addr_add(ETH, IP(100, 64, i, 1), 24) == -EAGAIN)
			fx_tick();
	}
	first = 0;
	for (i = 0; i < 60; i++) {
		fx_run(100 * MS);
		n += fx_drain();
		if (i == 1)
			first = n;
	}
	/* 50 a second, 41 addresses in two rounds; what was added in between begins anew. */
	assert_in_range(first, 10, 30);
	assert_in_range(n, 82, 82 + 60);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fx_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_moves),
		TEST(test_moves_when_ready),
		TEST(test_unsolicited),
		TEST(test_proxy),
		TEST(test_strict),
		TEST(test_strict_lmc),
		TEST(test_strict_unknown),
		TEST(test_mcast_frames),
		TEST(test_flags),
		TEST(test_announce_pace),
	};

	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}

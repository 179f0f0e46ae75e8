/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Neighbours and paths by command: what peers and the SA say does not touch them. */

#include <errno.h>
#include <string.h>

#include "control_fixture.h"
#include "nd.h"
#include "path.h"

#define FIXED_MAC 0x55
#define OTHER_MAC 0x66
#define ARP_REQUEST 1
#define ARP_REPLY 2

static struct ib_gid gid2;
static struct ipoib_addr peer;

static int
setup(void **state)
{
	gid2 = fx_gid(2);
	peer = fx_addr(PEER_QPN, 2);
	return fx_setup_up(state);
}

static int
neigh(uint8_t mac, bool replace)
{
	const struct control_neigh n = {
		.port = ETH,
		.ip = dp_ip4(ETH_PEER),
		.lladdr = { .mac = { { 2, 0, 0, 0, 0, mac } } },
		.replace = replace,
	};
	int ret = control_neigh_add(fx.c, &n);

	fx_tick();
	return ret;
}

/* The last octet of the MAC that a packet for the peer gets, and no question before it. */
static uint8_t
mac_used(void)
{
	struct rte_mbuf *m = fx_ip(ETH, IB_PEER, ETH_PEER, 17, 60, 0);
	uint8_t mac;

	fx_punt(m, DP_PUNT_L3_MISS, ETH, ETH_PEER);
	fx_tick();
	m = fx_sent_on(ETH);
	assert_int_equal(rte_pktmbuf_mtod(m, const uint8_t *)[12], 0x08);
	assert_int_equal(rte_pktmbuf_mtod(m, const uint8_t *)[13], 0x00);
	mac = rte_pktmbuf_mtod(m, const uint8_t *)[5];
	fx_free(m);
	return mac;
}

static void
test_neigh(void **state)
{
	const struct dp_ip ip = dp_ip4(ETH_PEER);
	const struct dp_adj other = { .mac = { { 2, 0, 0, 0, 0, OTHER_MAC } } };

	(void)state;
	assert_int_equal(neigh(FIXED_MAC, false), 0);
	assert_int_equal(mac_used(), FIXED_MAC);
	/* Whatever the peer says. */
	fx_arp_eth(ARP_REQUEST, OTHER_MAC, ETH_PEER, ETH_US);
	fx_tick();
	fx_drain();
	fx_arp_eth(ARP_REPLY, OTHER_MAC, ETH_PEER, ETH_US);
	fx_arp_eth(ARP_REQUEST, OTHER_MAC, ETH_PEER, ETH_PEER);
	fx_tick();
	l3_advertised(fx.c->ports[ETH], &ip, &other, ND_NA_OVERRIDE | ND_NA_SOLICITED);
	fx_tick();
	assert_int_equal(mac_used(), FIXED_MAC);
	/* Nor is it asked. */
	fx_run(100 * S);
	fx_assert_none();
	assert_int_equal(mac_used(), FIXED_MAC);
	fx_run(100 * S);
	fx_assert_none();
	assert_int_equal(neigh(OTHER_MAC, false), -EEXIST);
	assert_int_equal(mac_used(), FIXED_MAC);
	assert_int_equal(neigh(OTHER_MAC, true), 0);
	assert_int_equal(mac_used(), OTHER_MAC);
}

static void
test_neigh_goes(void **state)
{
	const struct dp_ip ip = dp_ip4(ETH_PEER);
	struct rte_mbuf *m;

	(void)state;
	fx_know_eth_peer();
	assert_int_equal(neigh(FIXED_MAC, false), 0); /* one that was learnt gives way */
	assert_int_equal(mac_used(), FIXED_MAC);
	assert_int_equal(control_ip_neigh_flush(fx.c, UINT16_MAX), 0);
	assert_int_equal(mac_used(), FIXED_MAC);
	assert_int_equal(control_neigh_del(fx.c, ETH, &ip), 0);
	assert_int_equal(control_neigh_del(fx.c, ETH, &ip), -ENOENT);
	/* Now it is asked for. */
	fx_punt(fx_ip(ETH, IB_PEER, ETH_PEER, 17, 60, 0), DP_PUNT_L3_MISS, ETH, ETH_PEER);
	fx_tick();
	m = fx_sent_on(ETH);
	assert_int_equal(rte_pktmbuf_mtod(m, const uint8_t *)[0], 0xff);
	fx_free(m);
}

static int
path(uint16_t dlid)
{
	const struct control_path p = {
		.port = IB, .dgid = gid2, .dlid = dlid, .mtu = 2048, .sl = 3
	};
	int ret = control_path_add(fx.c, &p);

	fx_tick();
	return ret;
}

/* The LID that a packet for the peer goes to; 0: it waits. */
static uint16_t
lid_used(void)
{
	struct rte_mbuf *m;
	uint16_t port, lid;

	fx_punt_addr(&peer, 0);
	fx_tick();
	m = fx_sent(&port);
	if (m == NULL)
		return 0;
	lid = fx.av[pmd_ipoib_meta(m)->ah].dlid;
	fx_free(m);
	return lid;
}

static void
reregister(void)
{
	fx.events = IPOIB_MAD_EV_REREGISTER;
	fx_tick();
	if (fx_join_req() != NULL)
		fx_answer_join(fx_join_req(), 0);
	fx_run(10 * MS);
	fx_drain();
}

static void
test_path(void **state)
{
	(void)state;
	assert_int_equal(path(8), 0);
	assert_int_equal(lid_used(), 8);
	reregister();
	assert_null(fx_path_req(&gid2));
	assert_int_equal(lid_used(), 8);
	path_hint(fx.c->ports[IB], &gid2, 9);
	fx_tick();
	assert_null(fx_path_req(&gid2));
	/* Neither old nor idle. */
	fx_run(700 * S);
	assert_null(fx_path_req(&gid2));
	assert_non_null(path_find(fx.c->ports[IB], &gid2));
	assert_int_equal(lid_used(), 8);
	assert_int_equal(path(12), 0);
	assert_int_equal(lid_used(), 12);
}

/* It takes the place of a question that is under way, and gives it back. */
static void
test_path_goes(void **state)
{
	(void)state;
	assert_int_equal(lid_used(), 0);
	assert_non_null(fx_path_req(&gid2));
	assert_int_equal(path(8), 0);
	assert_null(fx_path_req(&gid2));
	assert_int_equal(fx_drain(), 1); /* who has waited */
	assert_int_equal(lid_used(), 8);
	assert_int_equal(control_path_del(fx.c, IB, &gid2), 0);
	assert_int_equal(control_path_del(fx.c, IB, &gid2), -ENOENT);
	fx_tick();
	/* Used on until the SA has answered. */
	assert_int_equal(lid_used(), 8);
	fx_answer_path(fx_path_req(&gid2), 0, 7);
	fx_tick();
	assert_int_equal(lid_used(), 7);
	/* Nobody needs it: it is gone at once. */
	assert_int_equal(path(8), 0);
	control_ipoib_neigh_flush(fx.c, IB);
	fx_run(10 * MS);
	assert_int_equal(control_path_del(fx.c, IB, &gid2), 0);
	assert_null(path_find(fx.c->ports[IB], &gid2));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fx_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_neigh),
		TEST(test_neigh_goes),
		TEST(test_path),
		TEST(test_path_goes),
	};

	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Groups that come and go: who hears and who may send, and that thousands cost no more each. */

#include <stdio.h>
#include <string.h>

#include <rte_ethdev.h>

#include "hca_soft.h"
#include "pmd_fixture.h"

static uint16_t port;

static int
groups_setup(void **state)
{
	struct ipoib_mad_port ident;

	(void)state;
	fx_ident(&ident);
	fake_mad_set(&ident);
	fx_carrier_open(1, 64);
	port = fx_port_open("net_ipoib0", FX_ARGS ",pkey=0x8001");
	fx_port_setup(port, 1, 128);
	fx_port_join(port, 0x8001);
	return 0;
}

static int
groups_teardown(void **state)
{
	(void)state;
	fx_port_close("net_ipoib0");
	fx_carrier_close();
	fx_no_leak();
	return 0;
}

static struct ib_gid
mgid_of(uint32_t n)
{
	struct ib_gid mgid;

	ipoib_mgid_ipv4(IPOIB_SCOPE_LINK, 0x8001, 0xe1000000 + n, &mgid);
	return mgid;
}

static int
attach(uint32_t n, uint16_t mlid, bool send_only)
{
	struct ib_gid mgid = mgid_of(n);

	return pmd_ipoib_mcast_attach(port, &mgid, mlid, send_only);
}

static int
detach(uint32_t n)
{
	struct ib_gid mgid = mgid_of(n);

	return pmd_ipoib_mcast_detach(port, &mgid);
}

static uint64_t
nb_views(void)
{
	return ((struct soft_hca *)ipoib_port_by_id(port)->hca->backend)->nb_views;
}

/* @return whether a packet for the group goes out */
static bool
sends(uint32_t n, uint16_t mlid)
{
	uint64_t refused = fx_xstat(port, "tx_drop_not_joined");
	struct ib_gid mgid = mgid_of(n);
	uint32_t ah = fx_ah(port, mlid, &mgid);
	struct rte_mbuf *m = fx_packet(60, ah, IB_QPN_MULTICAST);
	uint8_t frame[FX_FRAME_MAX];
	bool sent;

	assert_int_equal(rte_eth_tx_burst(port, 0, &m, 1), 1);
	sent = fx_sent(0, frame, sizeof(frame)) != 0;
	assert_int_equal(pmd_ipoib_ah_destroy(port, ah), 0);
	assert_int_equal(fx_xstat(port, "tx_drop_not_joined") - refused, !sent);
	return sent;
}

/* NULL: a packet of the group is received; else the counter that says why not */
static const char *
hears(uint32_t n, uint16_t mlid)
{
	static const char *const why[] = { "rx_drop_dlid", "rx_drop_dgid" };
	struct ib_gid mgid = mgid_of(n);
	uint8_t frame[FX_FRAME_MAX];
	uint64_t before[RTE_DIM(why)];
	char words[256], hex[33];
	struct rte_mbuf *m = NULL;
	unsigned int i;

	for (i = 0; i < 16; i++)
		snprintf(&hex[2 * i], 3, "%02x", mgid.raw[i]);
	for (i = 0; i < RTE_DIM(why); i++)
		before[i] = fx_xstat(port, why[i]);
	snprintf(words, sizeof(words), "dlid=%u grh=1 dgid=%s dqpn=0xffffff", mlid, hex);
	fx_inject(frame, fx_oracle(words, frame, sizeof(frame)), 1);
	if (rte_eth_rx_burst(port, 0, &m, 1) == 1) {
		rte_pktmbuf_free(m);
		return NULL;
	}
	for (i = 0; i < RTE_DIM(why); i++) {
		if (fx_xstat(port, why[i]) == before[i] + 1)
			return why[i];
	}
	return "nothing counted";
}

static void
test_come_and_go(void **state)
{
	struct ib_gid mgid = mgid_of(1);

	(void)state;
	assert_int_equal(attach(1, 0xc101, false), 0);
	assert_true(sends(1, 0xc101));
	assert_null(hears(1, 0xc101));
	assert_string_equal(hears(1, 0xc102), "rx_drop_dlid");
	/* Only sent to from now on, and back again. */
	assert_int_equal(pmd_ipoib_mcast_update(port, &mgid, 0xc101, true), 0);
	assert_string_equal(hears(1, 0xc101), "rx_drop_dlid");
	assert_true(sends(1, 0xc101));
	assert_int_equal(pmd_ipoib_mcast_update(port, &mgid, 0xc101, false), 0);
	assert_null(hears(1, 0xc101));
	/* Another MLID. */
	assert_int_equal(pmd_ipoib_mcast_update(port, &mgid, 0xc103, false), 0);
	assert_null(hears(1, 0xc103));
	assert_string_equal(hears(1, 0xc101), "rx_drop_dlid");
	assert_false(sends(1, 0xc101));
	assert_int_equal(detach(1), 0);
	assert_string_equal(hears(1, 0xc103), "rx_drop_dlid");
	assert_false(sends(1, 0xc103));
	/* Back, with the MLID it had, and with another one. */
	assert_int_equal(attach(1, 0xc103, true), 0);
	assert_true(sends(1, 0xc103));
	assert_int_equal(detach(1), 0);
	assert_int_equal(attach(1, 0xc104, false), 0);
	assert_null(hears(1, 0xc104));
	assert_int_equal(detach(1), 0);
}

/* OpenSM's consolidate_ipv6_snm_req. */
static void
test_one_mlid_for_all(void **state)
{
	(void)state;
	assert_int_equal(attach(1, 0xc101, false), 0);
	assert_int_equal(attach(2, 0xc101, false), 0);
	assert_int_equal(attach(3, 0xc101, true), 0);
	assert_null(hears(1, 0xc101));
	assert_string_equal(hears(3, 0xc101), "rx_drop_dgid");
	assert_int_equal(detach(1), 0);
	assert_string_equal(hears(1, 0xc101), "rx_drop_dgid");
	assert_null(hears(2, 0xc101));
	assert_int_equal(detach(2), 0);
	assert_string_equal(hears(2, 0xc101), "rx_drop_dlid");
	assert_true(sends(3, 0xc101));
	assert_int_equal(detach(3), 0);
}

/* What is the broadcast group too stays it. */
static void
test_broadcast_stays(void **state)
{
	struct pmd_ipoib_bcast b;

	(void)state;
	fx_bcast(0x8001, &b);
	assert_int_equal(pmd_ipoib_bcast_set(port, NULL), 0);
	assert_int_equal(pmd_ipoib_mcast_attach(port, &b.mgid, b.mlid, true), 0);
	assert_int_equal(pmd_ipoib_bcast_set(port, &b), 0);
	assert_int_equal(pmd_ipoib_mcast_detach(port, &b.mgid), 0);
	assert_int_equal(attach(1, b.mlid, true), 0);
	assert_string_equal(hears(1, b.mlid), "rx_drop_dgid");
	assert_int_equal(detach(1), 0);
}

/* Whole views are made a few times only, whatever comes and goes how often. */
static void
test_thousands(void **state)
{
	enum { GROUPS = 4000 };
	uint64_t views = nb_views();
	uint32_t i, round;

	(void)state;
	for (round = 0; round < 2; round++) {
		for (i = 0; i < GROUPS; i++)
			assert_int_equal(attach(i, (uint16_t)(0xc100 + i), i % 2 == 0), 0);
		assert_true(sends(0, 0xc100));
		assert_true(sends(GROUPS - 1, 0xc100 + GROUPS - 1));
		assert_null(hears(GROUPS - 1, 0xc100 + GROUPS - 1));
		assert_string_equal(hears(GROUPS - 2, 0xc100 + GROUPS - 2), "rx_drop_dlid");
		for (i = 0; i < GROUPS; i++)
			assert_int_equal(detach(i), 0);
		assert_false(sends(GROUPS - 1, 0xc100 + GROUPS - 1));
	}
	assert_in_range(nb_views() - views, 1, 16);
}

/* Others come and go for ever: their slots do not run out. */
static void
test_slots_again(void **state)
{
	uint64_t views = nb_views();
	uint32_t i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		assert_int_equal(attach(i, 0xc101, false), 0);
		assert_int_equal(detach(i), 0);
	}
	assert_in_range(nb_views() - views, 1, 20000 / 30);
	assert_int_equal(attach(i, 0xc101, false), 0);
	assert_null(hears(i, 0xc101));
	assert_int_equal(detach(i), 0);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_come_and_go),
		cmocka_unit_test(test_one_mlid_for_all),
		cmocka_unit_test(test_broadcast_stays),
		cmocka_unit_test(test_thousands),
		cmocka_unit_test(test_slots_again),
	};
	int ret;

	if (fx_eal_setup(argc, argv) != 0)
		return 1;
	ret = cmocka_run_group_tests(tests, groups_setup, groups_teardown);
	fx_eal_teardown();
	return ret;
}

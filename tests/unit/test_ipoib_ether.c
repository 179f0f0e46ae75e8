/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Ethernet and IPoIB of mode=ether: addresses, and the table of them. */

#include <errno.h>

#include "ether_fixture.h"

/* --- addresses --- */

static void
test_own_mac(void **state)
{
	struct ipoib_addr a = addr(1, 9);
	struct rte_ether_addr mac[3];
	unsigned int i;

	(void)state;
	ether_mac_own(&a.gid, 0x8001, &mac[0]);
	ether_mac_own(&a.gid, 0x8002, &mac[1]);
	/* Neither membership nor the subnet's prefix tells two ports apart. */
	a.gid.raw[7] = 0x77;
	ether_mac_own(&a.gid, 0x0001, &mac[2]);
	assert_false(rte_is_same_ether_addr(&mac[0], &mac[1]));
	assert_true(rte_is_same_ether_addr(&mac[0], &mac[2]));
	for (i = 0; i < RTE_DIM(mac); i++)
		assert_int_equal(mac[i].addr_bytes[0] & 3, 2);
	/* It must stay what it is: others have it in their configuration. */
	assert_memory_equal(&mac[0], ((uint8_t[]){ 0x26, 0x09, 0x71, 0x51, 0xa0, 0x1d }), 6);
}

static void
test_groups(void **state)
{
	/* RFC 4391 4: ff12:401b:8001::28 bits of the group, ff12:601b:8001:: and 80 bits. */
	static const uint8_t mgid4[16] = { 0xff, 0x12, 0x40, 0x1b, 0x80, 0x01, 0, 0, 0, 0, 0, 0,
		0x0f, 0x81, 0x02, 0x03 };
	static const uint8_t mgid6[16] = { 0xff, 0x12, 0x60, 0x1b, 0x80, 0x01, 0, 0, 0, 0, 0, 1,
		0xff, 0, 0x12, 0x34 };
	uint8_t h4[20] = { 0x45, [16] = 239, 0x81, 2, 3 };
	uint8_t h6[40] = { 0x60, [24] = 0xff, 2, [35] = 1, 0xff, 0, 0x12, 0x34 };
	uint8_t to[20] = { 0x45, [16] = 10, 1, 2, 3 };
	struct rte_ether_addr mac;
	struct ipoib_addr a;
	struct ib_gid g;

	(void)state;
	ether_group_addr(RTE_BE16(0x0800), h4, &port.bcast, &a);
	assert_memory_equal(&a.gid, mgid4, 16);
	assert_int_equal(ipoib_addr_qpn(&a), 0xffffff);
	ether_group_addr(RTE_BE16(0x86dd), h6, &port.bcast, &a);
	assert_memory_equal(&a.gid, mgid6, 16);
	ether_group_addr(RTE_BE16(0x0806), NULL, &port.bcast, &a);
	assert_true(ib_gid_equal(&a.gid, &port.bcast));
	/* Unicast IP in a broadcast frame. */
	ether_group_addr(RTE_BE16(0x0800), to, &port.bcast, &a);
	assert_true(ib_gid_equal(&a.gid, &port.bcast));
	ether_group_mac(RTE_BE16(0x0800), h4, &mac);
	assert_memory_equal(&mac, ((uint8_t[]){ 1, 0, 0x5e, 1, 2, 3 }), 6);
	ether_group_mac(RTE_BE16(0x86dd), h6, &mac);
	assert_memory_equal(&mac, ((uint8_t[]){ 0x33, 0x33, 0xff, 0, 0x12, 0x34 }), 6);
	ether_group_mac(RTE_BE16(0x0800), to, &mac);
	assert_true(rte_is_broadcast_ether_addr(&mac));
	/* By a MAC alone: the solicited-node group is whole. */
	assert_int_equal(ether_mac_group(&mac, &port.bcast, &g), -EINVAL);
	mac = (struct rte_ether_addr){ { 0x33, 0x33, 0xff, 0, 0x12, 0x34 } };
	assert_int_equal(ether_mac_group(&mac, &port.bcast, &g), 0);
	assert_memory_equal(&g, mgid6, 16);
}

/* --- table --- */

static void
test_peers(void **state)
{
	struct ipoib_addr a = addr(PEER_QPN, 2), b = addr(PEER_QPN + 1, 2), bad = addr(1, 2);
	struct ether_ip ip = ip4(10, 0, 0, 2), other = ip4(10, 0, 0, 3);
	struct rte_ether_addr ma, mb, got;
	struct ether_from far = from(99, 5, false);
	uint64_t gen;

	(void)state;
	ma = learn(&a, &ip, from(7, PEER_QPN, false));
	mb = learn(&b, NULL, from(7, PEER_QPN + 1, false));
	assert_false(rte_is_same_ether_addr(&ma, &mb));
	assert_true(ipoib_addr_equal(ether_peer_by_mac(table, &ma), &a));
	assert_true(ipoib_addr_equal(ether_peer_by_mac(table, &mb), &b));
	assert_null(ether_peer_by_mac(table, &port.mac));
	/* By IP wherever it comes from, then by LID and QPN, then by LID. */
	assert_true(ether_peer_by_source(table, &far, &ip, &got));
	assert_true(rte_is_same_ether_addr(&got, &ma));
	assert_false(ether_peer_by_source(table, &far, &other, &got));
	far = from(7, PEER_QPN + 1, false);
	assert_true(ether_peer_by_source(table, &far, &other, &got));
	assert_true(rte_is_same_ether_addr(&got, &mb));
	far.qpn = 0x999;
	assert_true(ether_peer_by_source(table, &far, &other, &got));
	far = from(50, 0x999, false);
	far.has_gid = true;
	far.gid = a.gid;
	assert_true(ether_peer_by_source(table, &far, &other, &got));
	/* Known already: nothing changes, and the MAC is the same. */
	gen = ether_table_gen(table);
	got = learn(&a, &ip, from(7, PEER_QPN, false));
	assert_true(rte_is_same_ether_addr(&got, &ma));
	assert_int_equal(ether_table_gen(table), gen);
	/* It moved to another LID. */
	learn(&a, &ip, from(8, PEER_QPN, false));
	assert_int_not_equal(ether_table_gen(table), gen);
	far = from(8, PEER_QPN, false);
	assert_true(ether_peer_by_source(table, &far, &other, &got));
	assert_true(rte_is_same_ether_addr(&got, &ma));
	assert_int_equal(ether_peer_learn(table, &bad, NULL, NULL, S, &got), -EINVAL);
}

static void
test_collision_and_restart(void **state)
{
	struct ipoib_addr a = addr(PEER_QPN, 2);
	struct rte_ether_addr first, second;
	struct ether_ip ip = ip4(10, 0, 0, 9);
	struct ether_table_stats s;

	(void)state;
	first = learn(&a, NULL, from(7, 1, false));
	ether_table_destroy(table);
	setup_size(64, 16);
	/* A local has the MAC that the peer had: the peer gets another one. */
	assert_int_equal(ether_local_learn(table, &ip, &first, S), 0);
	second = learn(&a, NULL, from(7, 1, false));
	assert_false(rte_is_same_ether_addr(&first, &second));
	ether_table_stats_get(table, &s);
	assert_int_equal(s.collisions, 1);
	ether_table_destroy(table);
	setup_size(64, 16);
	second = learn(&a, NULL, from(7, 1, false));
	assert_true(rte_is_same_ether_addr(&first, &second));
}

static void
test_full_and_age(void **state)
{
	struct ether_table_stats s;
	struct rte_ether_addr mac[65];
	struct ipoib_addr a;
	uint32_t i;
	int ret;

	(void)state;
	for (i = 0; i < 64; i++) {
		a = addr(PEER_QPN + i, 2);
		mac[i] = learn(&a, NULL, from((uint16_t)(i + 1), i, false));
	}
	a = addr(PEER_QPN + 64, 2);
	assert_int_equal(ether_peer_learn(table, &a, NULL, NULL, S, &mac[64]), -ENOSPC);
	/* One is used, the others age. */
	ether_table_iterate(table, 90 * S, 1024);
	assert_non_null(ether_peer_by_mac(table, &mac[5]));
	ether_table_iterate(table, 120 * S, 1024);
	ether_table_stats_get(table, &s);
	assert_int_equal(s.peers, 1);
	assert_int_equal(s.aged, 63);
	assert_int_equal(s.full, 1);
	assert_non_null(ether_peer_by_mac(table, &mac[5]));
	assert_null(ether_peer_by_mac(table, &mac[6]));
	/* Nothing is used again while a burst may still look at it. */
	rte_rcu_qsbr_thread_register(rcu, 0);
	rte_rcu_qsbr_thread_online(rcu, 0);
	for (i = 0, ret = 0; ret == 0; i++) {
		a = addr(PEER_QPN + 100 + i, 3);
		ret = ether_peer_learn(table, &a, NULL, NULL, 120 * S, &mac[64]);
	}
	assert_int_equal(ret, -ENOSPC);
	ether_table_iterate(table, 240 * S, 1024);
	assert_int_equal(ether_peer_learn(table, &a, NULL, NULL, 240 * S, &mac[64]), -EAGAIN);
	rte_rcu_qsbr_thread_offline(rcu, 0);
	assert_int_equal(ether_peer_learn(table, &a, NULL, NULL, 240 * S, &mac[64]), 0);
	rte_rcu_qsbr_thread_unregister(rcu, 0);
}

/* Peers that have a MAC of the user's. */
static void
test_fixed(void **state)
{
	struct ipoib_addr a = addr(PEER_QPN, 2), b = addr(PEER_QPN + 1, 3), bad = addr(1, 2);
	struct rte_ether_addr mac = { { 0, 1, 2, 3, 4, 1 } }, group = { { 1, 1, 2, 3, 4, 1 } }, got;
	struct ether_ip ip = ip4(10, 0, 0, 2);

	(void)state;
	assert_int_equal(ether_peer_fix(table, &a, &mac), 0);
	assert_int_equal(ether_peer_fix(table, &a, &mac), -EEXIST);
	assert_int_equal(ether_peer_fix(table, &b, &mac), -EEXIST);
	assert_int_equal(ether_peer_fix(table, &b, &port.mac), -EEXIST);
	assert_int_equal(ether_peer_fix(table, &b, &group), -EINVAL);
	assert_int_equal(ether_peer_fix(table, &bad, &mac), -EINVAL);
	/* What it says of itself does not change its MAC. */
	got = learn(&a, &ip, from(7, PEER_QPN, false));
	assert_true(rte_is_same_ether_addr(&got, &mac));
	got = learn(&b, NULL, from(8, PEER_QPN, false));
	ether_table_iterate(table, 500 * S, 1024);
	assert_null(ether_peer_by_mac(table, &got));
	assert_true(ipoib_addr_equal(ether_peer_by_mac(table, &mac), &a));
	/* Nor does the port's reset. */
	got = learn(&b, NULL, from(8, PEER_QPN, false));
	ether_table_forget(table);
	assert_null(ether_peer_by_mac(table, &got));
	assert_true(ipoib_addr_equal(ether_peer_by_mac(table, &mac), &a));
}

/* Whatever a burst looks up stays, as long as it does so. */
static void
test_used_stays(void **state)
{
	struct ipoib_addr a = addr(PEER_QPN, 2);
	struct ether_ip ip = ip4(10, 0, 0, 2), vm_ip = ip4(10, 0, 0, 7), idle = ip4(10, 0, 0, 8);
	struct ether_from far = from(99, 5, false);
	struct rte_ether_addr vm, mac, got;
	uint64_t s;

	(void)state;
	memcpy(&vm, vm_mac, 6);
	assert_int_equal(ether_local_learn(table, &vm_ip, &vm, S), 0);
	assert_int_equal(ether_local_learn(table, &idle, &vm, S), 0);
	mac = learn(&a, &ip, from(7, PEER_QPN, false));
	for (s = 50; s <= 500; s += 50) {
		ether_table_iterate(table, s * S, 1024);
		assert_true(ether_local_by_ip(table, &vm_ip, &got));
		assert_true(rte_is_same_ether_addr(&got, &vm));
		/* By its IP address alone: the peer is used, too. */
		assert_true(ether_peer_by_source(table, &far, &ip, &got));
		assert_true(rte_is_same_ether_addr(&got, &mac));
	}
	assert_false(ether_local_by_ip(table, &idle, &got));
	assert_non_null(ether_peer_by_mac(table, &mac));
	ether_table_iterate(table, 602 * S, 1024);
	assert_false(ether_local_by_ip(table, &vm_ip, &got));
	assert_null(ether_peer_by_mac(table, &mac));
}

static void
test_locals(void **state)
{
	struct rte_ether_addr vm, got, peer;
	struct ipoib_addr a = addr(PEER_QPN, 2);
	struct ether_ip ip = ip4(10, 0, 0, 7), none = { { 0 } };

	(void)state;
	memcpy(&vm, vm_mac, 6);
	assert_int_equal(ether_local_learn(table, &ip, &port.mac, S), 0);
	assert_false(ether_has_locals(table));
	assert_int_equal(ether_local_learn(table, &ip, &vm, S), 0);
	assert_true(ether_has_locals(table));
	assert_true(ether_local_by_ip(table, &ip, &got));
	assert_memory_equal(&got, vm_mac, 6);
	assert_int_equal(ether_local_learn(table, &none, &vm, S), -EINVAL);
	peer = learn(&a, NULL, from(7, 1, false));
	assert_int_equal(ether_local_learn(table, &ip, &peer, S), -EINVAL);
	ether_table_iterate(table, 200 * S, 1024);
	assert_false(ether_local_by_ip(table, &ip, &got));
	assert_false(ether_has_locals(table));
	assert_int_equal(ether_local_learn(table, &ip, &vm, 200 * S), 0);
	assert_true(ether_has_locals(table));
	ether_table_forget(table);
	assert_false(ether_local_by_ip(table, &ip, &got));
	assert_false(ether_has_locals(table));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_own_mac),
		TEST(test_groups),
		TEST(test_peers),
		TEST(test_collision_and_restart),
		TEST(test_full_and_age),
		TEST(test_fixed),
		TEST(test_used_stays),
		TEST(test_locals),
	};

	return cmocka_run_group_tests(tests, start, stop);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Ethernet and IPoIB of mode=ether: addresses and packets that carry addresses. Packets are octets: those of
 * ARP as RFC 826 and RFC 4391 9.1.1 draw them, those of Neighbour Discovery made by scapy, with its checksums.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include <errno.h>
#include <rte_eal.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#include "ipoib_ether.h"

#define S 1000000ull
#define OUR_QPN 0x48
#define PEER_QPN 0x12345

static const uint8_t vm_mac[6] = { 2, 0, 0, 0, 0, 7 };
static struct rte_mempool *pool;
static struct rte_rcu_qsbr *rcu;
static struct ether_table *table;
static struct ether_port port;

/* --- fixture --- */

static struct ipoib_addr
addr(uint32_t qpn, uint8_t n)
{
	struct ib_gid gid = { { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 2, 0xc9, 3, 0, 0, 0, n } };
	struct ipoib_addr a;

	ipoib_addr_set(&a, qpn, &gid);
	return a;
}

static struct ether_ip
ip4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (struct ether_ip){ { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d } };
}

static struct ether_from
from(uint16_t slid, uint32_t qpn, bool mcast)
{
	return (struct ether_from){ .slid = slid, .qpn = qpn, .mcast = mcast };
}

static struct rte_mbuf *
packet(const void *data, uint16_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	assert_non_null(m);
	memcpy(rte_pktmbuf_append(m, len), data, len);
	return m;
}

static void
assert_octets(struct rte_mbuf *m, const void *want, uint32_t len)
{
	assert_int_equal(m->pkt_len, len);
	assert_int_equal(m->data_len, len);
	assert_memory_equal(rte_pktmbuf_mtod(m, void *), want, len);
	rte_pktmbuf_free(m);
}

static int
out(struct rte_mbuf **m, struct ipoib_addr *to)
{
	return ether_out(table, &port, S, m, to);
}

static int
in(struct rte_mbuf **m, struct ether_from f)
{
	return ether_in(table, &port, S, m, &f);
}

static int
start(void **state)
{
	char prefix[32];
	const char *argv[] = { "test", "--no-huge", "-m", "128", "--no-pci", "--no-telemetry",
		"--no-shconf", "-l", "0", "--file-prefix", prefix };

	(void)state;
	snprintf(prefix, sizeof(prefix), "ether-%d", (int)getpid());
	if (rte_eal_init(RTE_DIM(argv), (char **)(uintptr_t)argv) < 0)
		return -1;
	pool = rte_pktmbuf_pool_create("pkts", 255, 0, 0, 2304, SOCKET_ID_ANY);
	rcu = rte_zmalloc("rcu", rte_rcu_qsbr_get_memsize(4), RTE_CACHE_LINE_SIZE);
	return pool == NULL || rcu == NULL || rte_rcu_qsbr_init(rcu, 4) != 0 ? -1 : 0;
}

static int
stop(void **state)
{
	(void)state;
	return rte_eal_cleanup();
}

static int
setup_size(uint32_t peers, uint32_t locals)
{
	struct ether_table_cfg cfg = { .name = "t",
		.socket = SOCKET_ID_ANY,
		.peers_max = peers,
		.locals_max = locals,
		.age_s = 100,
		.rcu = rcu };

	port.addr = addr(OUR_QPN, 1);
	port.mtu = 2044;
	ipoib_mgid_broadcast(2, 0x8001, &port.bcast);
	ether_mac_own(&port.addr.gid, 0x8001, &port.mac);
	assert_int_equal(ether_table_create(&cfg, &table), 0);
	ether_table_own(table, &port.mac);
	ether_table_iterate(table, S, 0);
	return 0;
}

static int
setup(void **state)
{
	(void)state;
	return setup_size(64, 16);
}

static int
teardown(void **state)
{
	(void)state;
	assert_int_equal(rte_mempool_avail_count(pool), 255);
	ether_table_destroy(table);
	return 0;
}

static struct rte_ether_addr
learn(const struct ipoib_addr *a, const struct ether_ip *ip, struct ether_from f)
{
	struct rte_ether_addr mac;

	assert_int_equal(ether_peer_learn(table, a, ip, &f, S, &mac), 0);
	return mac;
}

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
}

/* --- ARP --- */

static void
test_arp_out(void **state)
{
	static const uint8_t ask[42] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 7, 8, 6,
		0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 7, 10, 0, 0, 7, 0, 0, 0, 0, 0, 0, 10, 0, 0,
		2 };
	static const uint8_t want[60] = { 8, 6, 0, 0, 0, 0x20, 8, 0, 20, 4, 0, 1, 0, 0, 0, 0x48,
		0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 2, 0xc9, 3, 0, 0, 0, 1, 10, 0, 0, 7, [56] = 10, 0,
		0, 2 };
	struct ipoib_addr peer = addr(PEER_QPN, 2), to;
	struct ether_ip ip = ip4(10, 0, 0, 7);
	struct rte_ether_addr mac;
	uint8_t frame[60];
	struct rte_mbuf *m = packet(ask, sizeof(ask));

	(void)state;
	assert_int_equal(out(&m, &to), ETHER_OK);
	assert_true(ib_gid_equal(&to.gid, &port.bcast));
	assert_octets(m, want, sizeof(want));
	assert_true(ether_local_by_ip(table, &ip, &mac));
	assert_memory_equal(&mac, vm_mac, 6);
	/* An answer to a peer, padded as on a wire. */
	mac = learn(&peer, NULL, from(7, 1, false));
	memset(frame, 0, sizeof(frame));
	memcpy(frame, ask, sizeof(ask));
	memcpy(frame, &mac, 6);
	frame[21] = 2;
	memcpy(&frame[32], &mac, 6);
	m = packet(frame, sizeof(frame));
	assert_int_equal(out(&m, &to), ETHER_OK);
	assert_true(ipoib_addr_equal(&to, &peer));
	assert_int_equal(m->pkt_len, 60);
	assert_memory_equal(rte_pktmbuf_mtod_offset(m, void *, 36), &peer, 20);
	rte_pktmbuf_free(m);
	/* To a MAC that nobody has; from a peer's; malformed; link down. */
	frame[5] ^= 1;
	m = packet(frame, sizeof(frame));
	assert_int_equal(out(&m, &to), ETHER_DROPPED(unknown));
	memcpy(rte_pktmbuf_mtod_offset(m, void *, 22), &mac, 6);
	assert_int_equal(out(&m, &to), ETHER_DROPPED(source));
	*rte_pktmbuf_mtod_offset(m, uint8_t *, 18) = 8;
	assert_int_equal(out(&m, &to), ETHER_DROPPED(arp));
	memset(&port.bcast, 0, sizeof(port.bcast));
	assert_int_equal(out(&m, &to), ETHER_DROPPED(no_link));
	rte_pktmbuf_free(m);
}

static void
test_arp_in(void **state)
{
	static const uint8_t ask[60] = { 8, 6, 0, 0, 0, 0x20, 8, 0, 20, 4, 0, 1, 0, 1, 0x23, 0x45,
		0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 2, 0xc9, 3, 0, 0, 0, 2, 10, 0, 0, 2, [56] = 10, 0,
		0, 7 };
	uint8_t want[42] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, [12] = 8, 6, 0, 1, 8, 0, 6, 4, 0,
		1, [28] = 10, 0, 0, 2, [38] = 10, 0, 0, 7 };
	struct ipoib_addr peer = addr(PEER_QPN, 2);
	struct ether_ip ip = ip4(10, 0, 0, 7), src = ip4(10, 0, 0, 2);
	struct ether_from f = from(7, PEER_QPN, true);
	struct rte_ether_addr mac, vm;
	struct rte_mbuf *m = packet(ask, sizeof(ask));

	(void)state;
	assert_int_equal(in(&m, f), ETHER_OK);
	assert_true(ether_peer_by_source(table, &f, &src, &mac));
	assert_true(ipoib_addr_equal(ether_peer_by_mac(table, &mac), &peer));
	memcpy(&want[6], &mac, 6);
	memcpy(&want[22], &mac, 6);
	assert_octets(m, want, sizeof(want));
	/* The answer is for who has the IP address. */
	memcpy(&vm, vm_mac, 6);
	assert_int_equal(ether_local_learn(table, &ip, &vm, S), 0);
	m = packet(ask, sizeof(ask));
	*rte_pktmbuf_mtod_offset(m, uint8_t *, 11) = 2;
	f.mcast = false;
	assert_int_equal(in(&m, f), ETHER_OK);
	memcpy(want, vm_mac, 6);
	memcpy(&want[32], vm_mac, 6);
	want[21] = 2;
	assert_octets(m, want, sizeof(want));
	/* Our own; not to be learnt; short. */
	m = packet(ask, sizeof(ask));
	memcpy(rte_pktmbuf_mtod_offset(m, void *, 12), &port.addr, 20);
	assert_int_equal(in(&m, f), ETHER_DROPPED(self));
	memset(rte_pktmbuf_mtod_offset(m, void *, 13), 0xff, 3);
	assert_int_equal(in(&m, f), ETHER_DROPPED(arp));
	rte_pktmbuf_trim(m, 1);
	assert_int_equal(in(&m, f), ETHER_DROPPED(arp));
	rte_pktmbuf_free(m);
}

/* --- Neighbour Discovery; scapy's octets --- */

static const uint8_t ns_ether[] = {
	0x33,
	0x33,
	0xff,
	0x00,
	0x12,
	0x34,
	0x02,
	0x00,
	0x00,
	0x00,
	0x00,
	0x07,
	0x86,
	0xdd,
	0x60,
	0x00,
	0x00,
	0x00,
	0x00,
	0x20,
	0x3a,
	0xff,
	0xfe,
	0x80,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x07,
	0xff,
	0x02,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x01,
	0xff,
	0x00,
	0x12,
	0x34,
	0x87,
	0x00,
	0x56,
	0x27,
	0x00,
	0x00,
	0x00,
	0x00,
	0xfe,
	0x80,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x12,
	0x34,
	0x01,
	0x01,
	0x02,
	0x00,
	0x00,
	0x00,
	0x00,
	0x07,
};
static const uint8_t ns_ipoib[] = {
	0x86,
	0xdd,
	0x00,
	0x00,
	0x60,
	0x00,
	0x00,
	0x00,
	0x00,
	0x30,
	0x3a,
	0xff,
	0xfe,
	0x80,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x07,
	0xff,
	0x02,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x01,
	0xff,
	0x00,
	0x12,
	0x34,
	0x87,
	0x00,
	0x90,
	0x4c,
	0x00,
	0x00,
	0x00,
	0x00,
	0xfe,
	0x80,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x12,
	0x34,
	0x01,
	0x03,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x48,
	0xfe,
	0x80,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x02,
	0xc9,
	0x03,
	0x00,
	0x00,
	0x00,
	0x01,
};
static const uint8_t na_ipoib[] = {
	0x86,
	0xdd,
	0x00,
	0x00,
	0x60,
	0x00,
	0x00,
	0x00,
	0x00,
	0x30,
	0x3a,
	0xff,
	0xfe,
	0x80,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x12,
	0x34,
	0xfe,
	0x80,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x07,
	0x88,
	0x00,
	0x0a,
	0xd1,
	0x60,
	0x00,
	0x00,
	0x00,
	0xfe,
	0x80,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x12,
	0x34,
	0x02,
	0x03,
	0x00,
	0x00,
	0x00,
	0x01,
	0x23,
	0x45,
	0xfe,
	0x80,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x02,
	0xc9,
	0x03,
	0x00,
	0x00,
	0x00,
	0x02,
};

/* RFC 1071 over the pseudo header and an ICMPv6 message: all ones if it is right. */
static uint16_t
icmp6_sum(const uint8_t *ip, uint32_t len)
{
	uint32_t sum = 58 + len, i;

	for (i = 8; i < 40 + len; i += 2)
		sum += (uint32_t)(ip[i] << 8) + (i + 1 < 40 + len ? ip[i + 1] : 0);
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static void
test_nd_out(void **state)
{
	struct rte_mbuf *m = packet(ns_ether, sizeof(ns_ether));
	struct ether_ip ll = { { 0xfe, 0x80, [15] = 7 } };
	struct rte_ether_addr mac;
	struct ipoib_addr to;

	(void)state;
	assert_true(ether_is_special(RTE_BE16(0x86dd), &ns_ether[14], 72));
	assert_int_equal(out(&m, &to), ETHER_OK);
	assert_memory_equal(&to.gid,
			((uint8_t[]){ 0xff, 0x12, 0x60, 0x1b, 0x80, 1, 0, 0, 0, 0, 0, 1, 0xff, 0,
					0x12, 0x34 }),
			16);
	assert_octets(m, ns_ipoib, sizeof(ns_ipoib));
	assert_true(ether_local_by_ip(table, &ll, &mac));
	assert_memory_equal(&mac, vm_mac, 6);
	/* A wrong checksum; an option of length 0. */
	m = packet(ns_ether, sizeof(ns_ether));
	*rte_pktmbuf_mtod_offset(m, uint8_t *, 80) ^= 1;
	assert_int_equal(out(&m, &to), ETHER_DROPPED(nd));
	rte_pktmbuf_free(m);
}

static void
test_nd_in(void **state)
{
	struct rte_mbuf *m = packet(na_ipoib, sizeof(na_ipoib));
	struct ether_ip who = { { 0xfe, 0x80, [14] = 0x12, 0x34 } };
	struct ipoib_addr peer = addr(PEER_QPN, 2);
	struct ether_from f = from(7, PEER_QPN, false);
	struct rte_ether_addr mac;
	const uint8_t *p;

	(void)state;
	assert_int_equal(in(&m, f), ETHER_OK);
	assert_int_equal(m->pkt_len, 14 + 40 + 32);
	p = rte_pktmbuf_mtod(m, const uint8_t *);
	f = from(99, 9, false);
	assert_true(ether_peer_by_source(table, &f, &who, &mac));
	assert_true(ipoib_addr_equal(ether_peer_by_mac(table, &mac), &peer));
	assert_memory_equal(p, &port.mac, 6);
	assert_memory_equal(p + 6, &mac, 6);
	assert_int_equal(p[18] << 8 | p[19], 32);
	assert_memory_equal(&p[14 + 40 + 24], ((uint8_t[]){ 2, 1 }), 2);
	assert_memory_equal(&p[14 + 40 + 26], &mac, 6);
	assert_int_equal(icmp6_sum(p + 14, 32), 0xffff);
	rte_pktmbuf_free(m);
	/* The same, cut off. */
	m = packet(na_ipoib, sizeof(na_ipoib) - 1);
	assert_int_equal(in(&m, f), ETHER_DROPPED(runt));
	rte_pktmbuf_free(m);
}

/* --- IP, DHCP, snooping --- */

static void
test_ip(void **state)
{
	uint8_t frame[60] = { 2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 7, 8, 0, 0x45, 0, 0,
		24, [23] = 1, [26] = 10, 0, 0, 7, 10, 0, 0, 2, 0xaa, 0xbb, 0xcc, 0xdd };
	struct ipoib_addr peer = addr(PEER_QPN, 2), to;
	struct ether_ip ip = ip4(10, 0, 0, 2);
	struct rte_ether_addr mac = learn(&peer, &ip, from(7, PEER_QPN, false));
	struct rte_mbuf *m;
	uint8_t want[28] = { 8, 0 };

	(void)state;
	memcpy(frame, &mac, 6);
	m = packet(frame, sizeof(frame));
	assert_int_equal(out(&m, &to), ETHER_OK);
	assert_true(ipoib_addr_equal(&to, &peer));
	/* Without the padding. */
	memcpy(&want[4], &frame[14], 24);
	assert_octets(m, want, sizeof(want));
	frame[12] = 0x88;
	m = packet(frame, sizeof(frame));
	assert_int_equal(out(&m, &to), ETHER_DROPPED(type));
	rte_pktmbuf_free(m);
	frame[12] = 8;
	frame[17] = 60;
	m = packet(frame, sizeof(frame));
	assert_int_equal(out(&m, &to), ETHER_DROPPED(runt));
	rte_pktmbuf_free(m);
}

/* BOOTP of len octets in UDP in IPv4, at the IP header; checksums of 0. */
static void
bootp_make(uint8_t *p, uint8_t op, uint16_t len)
{
	uint8_t *b = p + 28;

	memset(p, 0, 28 + len);
	p[0] = 0x45;
	p[2] = (uint8_t)((28 + len) >> 8);
	p[3] = (uint8_t)(28 + len);
	p[8] = 64;
	p[9] = 17;
	memset(&p[16], 0xff, 4);
	p[21] = op == 1 ? 68 : 67;
	p[23] = op == 1 ? 67 : 68;
	p[24] = (uint8_t)((8 + len) >> 8);
	p[25] = (uint8_t)(8 + len);
	b[0] = op;
	b[1] = 1;
	b[2] = 6;
	memcpy(&b[4], "\x12\x34\x56\x78", 4);
	memcpy(&b[236], "\x63\x82\x53\x63\x35\x01\x01\xff", 8);
}

static void
test_dhcp(void **state)
{
	uint8_t frame[14 + 28 + 244] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 7, 8,
		0 };
	uint8_t answer[4 + 28 + 244] = { 8, 0 };
	struct ipoib_addr to;
	struct rte_mbuf *m;
	const uint8_t *b;

	(void)state;
	bootp_make(&frame[14], 1, 244);
	memcpy(&frame[14 + 28 + 28], vm_mac, 6);
	assert_true(ether_is_special(RTE_BE16(0x0800), &frame[14], sizeof(frame) - 14));
	m = packet(frame, sizeof(frame));
	assert_int_equal(out(&m, &to), ETHER_OK);
	assert_true(ib_gid_equal(&to.gid, &port.bcast));
	b = rte_pktmbuf_mtod_offset(m, const uint8_t *, 4 + 28);
	/* RFC 4390 2: htype 32, hlen 0, broadcast flag, no chaddr; and a client identifier. */
	assert_memory_equal(b, ((uint8_t[]){ 1, 32, 0, 0 }), 4);
	assert_int_equal(b[10], 0x80);
	assert_memory_equal(&b[28], ((uint8_t[16]){ 0 }), 16);
	assert_memory_equal(&b[243], ((uint8_t[]){ 61, 7, 1, 2, 0, 0, 0, 0, 7, 255 }), 10);
	assert_int_equal(m->pkt_len, 4 + 28 + 253);
	rte_pktmbuf_free(m);
	/* The answer gets its MAC back, by the transaction. */
	bootp_make(&answer[4], 2, 244);
	answer[4 + 28 + 1] = 32;
	answer[4 + 28 + 2] = 0;
	m = packet(answer, sizeof(answer));
	assert_int_equal(in(&m, from(7, 5, true)), ETHER_OK);
	b = rte_pktmbuf_mtod_offset(m, const uint8_t *, 14 + 28);
	assert_memory_equal(b, ((uint8_t[]){ 2, 1, 6, 0 }), 4);
	assert_memory_equal(&b[28], vm_mac, 6);
	rte_pktmbuf_free(m);
	/* Somebody else's stays as it is. */
	answer[4 + 28 + 7] ^= 1;
	m = packet(answer, sizeof(answer));
	assert_int_equal(in(&m, from(7, 5, true)), ETHER_OK);
	b = rte_pktmbuf_mtod_offset(m, const uint8_t *, 14 + 28);
	assert_int_equal(b[1], 32);
	rte_pktmbuf_free(m);
}

static void
test_snoop(void **state)
{
	/* IGMPv3, router alert: two records; IGMPv2 leave; MLDv2 behind hop-by-hop. */
	static const uint8_t v3[24 + 8 + 8 + 12] = { 0x46, 0, 0, 52, [8] = 1, 2, [16] = 224, 0, 0,
		22, 0x94, 4, 0, 0, 0x22, 0, 0, 0, 0, 0, 0, 2, 4, 0, 0, 0, 239, 1, 2, 3, 3, 0, 0, 1,
		239, 1, 2, 4, 10, 0, 0, 1 };
	static const uint8_t leave[28] = { 0x45, 0, 0, 28, [8] = 1, 2, [16] = 224, 0, 0, 2, 0x17, 0,
		0, 0, 239, 1, 2, 3 };
	static const uint8_t mld[40 + 8 + 8 + 20] = { 0x60, [5] = 36, 0, 1, [24] = 0xff,
		2, [39] = 22, 58, 0, 5, 2, 0, 0, 1, 0, 143, 0, 0, 0, 0, 0, 0, 1, 3, 0, 0, 0, 0xff,
		5, [75] = 9 };
	struct ether_ip g = ip4(239, 1, 2, 3), g6 = { { 0xff, 5, [15] = 9 } };
	struct ether_membership c[4];
	struct rte_mbuf *m = packet(v3, sizeof(v3));
	uint32_t n;

	(void)state;
	assert_int_equal(ether_snoop(m, 0, RTE_BE16(0x0800), c, 4), 2);
	assert_memory_equal(&c[0].group, &g, 16);
	assert_true(c[0].join);
	assert_true(c[1].join); /* includes one source */
	assert_int_equal(ether_snoop(m, 0, RTE_BE16(0x0800), c, 1), 1);
	/* Every shorter one is taken for what is whole of it. */
	while (m->data_len > 0) {
		rte_pktmbuf_trim(m, 1);
		n = ether_snoop(m, 0, RTE_BE16(0x0800), c, 4);
		assert_true(n <= 1);
	}
	rte_pktmbuf_free(m);
	m = packet(leave, sizeof(leave));
	assert_int_equal(ether_snoop(m, 0, RTE_BE16(0x0800), c, 4), 1);
	assert_memory_equal(&c[0].group, &g, 16);
	assert_false(c[0].join);
	rte_pktmbuf_free(m);
	m = packet(mld, sizeof(mld));
	assert_int_equal(ether_snoop(m, 0, RTE_BE16(0x86dd), c, 4), 1);
	assert_memory_equal(&c[0].group, &g6, 16);
	assert_false(c[0].join); /* includes no source */
	rte_pktmbuf_free(m);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_own_mac),
		TEST(test_groups),
		TEST(test_peers),
		TEST(test_collision_and_restart),
		TEST(test_full_and_age),
		TEST(test_locals),
		TEST(test_arp_out),
		TEST(test_arp_in),
		TEST(test_nd_out),
		TEST(test_nd_in),
		TEST(test_ip),
		TEST(test_dhcp),
		TEST(test_snoop),
	};

	return cmocka_run_group_tests(tests, start, stop);
}

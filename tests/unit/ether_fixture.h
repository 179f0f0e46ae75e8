/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef ETHER_FIXTURE_H
#define ETHER_FIXTURE_H

/* What the tests of lib/ipoib_ether share: a pool, a table, the port. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_eal.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#include "ipoib_ether.h"

#define S 1000000ull
#define OUR_QPN 0x48
#define PEER_QPN 0x12345

__rte_unused static const uint8_t vm_mac[6] = { 2, 0, 0, 0, 0, 7 };
__rte_unused static struct rte_mempool *pool;
__rte_unused static struct rte_rcu_qsbr *rcu;
__rte_unused static struct ether_table *table;
__rte_unused static struct ether_port port;

/* --- fixture --- */

__rte_unused static struct ipoib_addr
addr(uint32_t qpn, uint8_t n)
{
	struct ib_gid gid = { { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 2, 0xc9, 3, 0, 0, 0, n } };
	struct ipoib_addr a;

	ipoib_addr_set(&a, qpn, &gid);
	return a;
}

__rte_unused static struct ether_ip
ip4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (struct ether_ip){ { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d } };
}

__rte_unused static struct ether_from
from(uint16_t slid, uint32_t qpn, bool mcast)
{
	return (struct ether_from){ .slid = slid, .qpn = qpn, .mcast = mcast };
}

__rte_unused static struct rte_mbuf *
packet(const void *data, uint16_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	assert_non_null(m);
	memcpy(rte_pktmbuf_append(m, len), data, len);
	return m;
}

__rte_unused static void
assert_octets(struct rte_mbuf *m, const void *want, uint32_t len)
{
	assert_int_equal(m->pkt_len, len);
	assert_int_equal(m->data_len, len);
	assert_memory_equal(rte_pktmbuf_mtod(m, void *), want, len);
	rte_pktmbuf_free(m);
}

__rte_unused static int
out(struct rte_mbuf **m, struct ipoib_addr *to)
{
	return ether_out(table, &port, S, m, to);
}

__rte_unused static int
in(struct rte_mbuf **m, struct ether_from f)
{
	return ether_in(table, &port, S, m, &f);
}

__rte_unused static int
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

__rte_unused static int
stop(void **state)
{
	(void)state;
	return rte_eal_cleanup();
}

__rte_unused static int
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

__rte_unused static int
setup(void **state)
{
	(void)state;
	return setup_size(64, 16);
}

__rte_unused static int
teardown(void **state)
{
	(void)state;
	assert_int_equal(rte_mempool_avail_count(pool), 255);
	ether_table_destroy(table);
	return 0;
}

__rte_unused static struct rte_ether_addr
learn(const struct ipoib_addr *a, const struct ether_ip *ip, struct ether_from f)
{
	struct rte_ether_addr mac;

	assert_int_equal(ether_peer_learn(table, a, ip, &f, S, &mac), 0);
	return mac;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif /* ETHER_FIXTURE_H */

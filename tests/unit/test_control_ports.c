/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Ports that come and go while control and workers run. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_malloc.h>

#include "control_fixture.h"
#include "nd.h"

#define SUB DP_PORT_LOGICAL
#define VID 100
#define SUB_US IP(10, 100, 0, 1)
#define SUB_PEER IP(10, 100, 0, 2)
#define IB2_US IP(203, 0, 113, 1)
#define IB2_PEER IP(203, 0, 113, 2)
#define FAR IP(10, 9, 0, 0)

/* --- memory that runs out --- */

static unsigned int fail_at; /* this allocation fails, counted from 1; 0: none */
static unsigned int allocations;

static bool
fails(void)
{
	return ++allocations == fail_at;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_rte_zmalloc_socket(const char *type, size_t size, unsigned int align, int socket);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_rte_zmalloc_socket(const char *type, size_t size, unsigned int align, int socket);

void *
__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t size)
{
	return fails() ? NULL : __real_realloc(p, size);
}

void *
__wrap_rte_zmalloc_socket(const char *type, size_t size, unsigned int align, int socket)
{
	return fails() ? NULL : __real_rte_zmalloc_socket(type, size, align, socket);
}

/* --- what the main thread does --- */

static void
leave(uint16_t port)
{
	unsigned int turns;
	int ret;

	for (turns = 0; turns < 1000; turns++) {
		ret = control_port_leave(fx.c, port);
		if (ret != -EAGAIN)
			break;
		fx_run(1 * MS);
	}
	assert_int_equal(ret, 0);
}

static void
port_remove(uint16_t port)
{
	leave(port);
	assert_int_equal(dp_port_del(fx.dp, port), 0);
	assert_int_equal(control_port_del(fx.c, port), 0);
}

static void
ib2_add(void)
{
	assert_int_equal(dp_port_add(fx.dp, IB2, DP_PORT_IPOIB, 1, 1), 0);
	assert_int_equal(control_port_add(fx.c, IB2), 0);
	fx_tick();
}

static void
ib2_join(void)
{
	while (fx_join_req() != NULL)
		fx_answer_join(fx_join_req(), 0);
	fx_tick();
	assert_true(atomic_load(&fx.dp->port[IB2].up));
}

static uint16_t
sub_add(uint16_t vid)
{
	int port = dp_port_add_logical(fx.dp, DP_PORT_ETH, vid, ETH);

	assert_true(port >= SUB);
	assert_int_equal(control_port_add(fx.c, (uint16_t)port), 0);
	return (uint16_t)port;
}

/* Nothing in the tables names the port. */
static void
assert_forgotten(uint16_t port)
{
	struct control_addr_row addrs[16];
	struct control_route_row routes[64];
	struct control_ip_neigh_row neighs[16];
	uint32_t i, n, total;

	n = control_addr_rows(fx.c, 0, addrs, RTE_DIM(addrs), &total);
	for (i = 0; i < n; i++)
		assert_int_not_equal(addrs[i].port, port);
	n = control_route_rows(fx.c, 0, routes, RTE_DIM(routes), &total);
	assert_int_equal(n, total);
	for (i = 0; i < n; i++)
		assert_int_not_equal(routes[i].port, port);
	n = control_ip_neigh_rows(fx.c, 0, neighs, RTE_DIM(neighs), &total);
	for (i = 0; i < n; i++)
		assert_int_not_equal(neighs[i].port, port);
	assert_int_equal(control_addr_flush(fx.c, port), 0);
	assert_int_equal(fx_addr_add(port, IP(172, 16, 0, 1), 24), -ENODEV);
	assert_null(fx.c->ports[port]);
	assert_null(fx.dp->port[port].neigh);
}

/* --- IPoIB ports --- */

/* With everything that a port can have: addresses, routes, a peer, DHCP, flags, groups. */
static void
ib2_use(void)
{
	struct dp_ip group = dp_ip4(IP(239, 1, 2, 3)), server = dp_ip4(ETH_PEER);
	struct dp_ip ip6 = { { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } };
	struct ipoib_addr a = fx_addr(PEER_QPN, 9);
	struct rte_mbuf *m;
	uint16_t port;
	int flag;

	assert_int_equal(fx_addr_add(IB2, IB2_US, 24), 0);
	assert_int_equal(control_addr_add(fx.c, IB2, &ip6, 64), 0);
	assert_int_equal(fx_route_add(FAR, 16, IB2_PEER), 0);
	assert_int_equal(fx_route_add(IP(10, 8, 0, 0), 16, IP(203, 0, 113, 77)), 0);
	assert_int_equal(control_dhcp_add(fx.c, IB2, &server), 0);
	assert_int_equal(ip_mcast_join(fx.c->ports[IB2], &group), 0);
	for (flag = 0; flag < CONTROL_FLAG_MAX; flag++)
		assert_int_equal(control_port_flag(fx.c, IB2, (enum control_flag)flag,
						 flag != CONTROL_STRICT_SOURCE),
				0);
	fx_run(20 * MS);
	fx_drain();
	/* One peer is known, the path to another is asked for, a third is asked by ARP. */
	m = fx_ip(ETH, ETH_PEER, IB2_PEER, 17, 40, 0);
	fx_punt(m, DP_PUNT_L3_MISS, IB2, IB2_PEER);
	fx_punt(fx_ip(ETH, ETH_PEER, IP(203, 0, 113, 99), 17, 40, 0), DP_PUNT_L3_MISS, IB2,
			IP(203, 0, 113, 99));
	fx_tick();
	while ((m = fx_sent(&port)) != NULL)
		fx_free(m);
	assert_true(control_queued(fx.c) > 0);
	resolve_prefetch(fx.c->ports[IB2], &a);
	fx_tick();
	assert_non_null(fx_path_req(&a.gid));
}

static void
test_ipoib_port_goes(void **state)
{
	struct dp_ip far = dp_ip4(IB2_PEER);
	uint32_t ahs = fx.ahs, leaves;
	struct ib_gid mgid;
	int round;

	(void)state;
	for (round = 0; round < 3; round++) {
		ib2_add();
		ib2_join();
		ib2_use();
		leaves = fx.leaves;
		leave(IB2);
		/* The group of its own is given back; the broadcast group is the other port's too. */
		assert_true(fx.leaves > leaves);
		ipoib_mgid_ipv4(IPOIB_SCOPE_LINK, fx.info.pkey, IP(239, 1, 2, 3), &mgid);
		assert_int_equal(fx_sa_group(&mgid)->bits, 0);
		assert_int_not_equal(fx_sa_group(&fx.c->ports[IB]->bcast.mgid)->bits, 0);
		assert_false(fx.bcast2);
		assert_true(fx.bcast);
		assert_false(atomic_load(&fx.dp->port[IB2].up));
		/* It is not there for whoever still has something for it. */
		fx_punt(fx_ip(ETH, ETH_PEER, IB2_PEER, 17, 40, 0), DP_PUNT_L3_MISS, IB2, IB2_PEER);
		fx_tick();
		fx_assert_none();
		assert_int_equal(fx_addr_add(IB2, IB2_US, 24), -ENODEV);
		assert_int_equal(control_dhcp_add(fx.c, IB2, &far), -ENODEV);
		assert_int_equal(l3_want(fx.c, IB2, &far), -ENODEV);
		assert_int_equal(control_port_leave(fx.c, IB2), 0);
		assert_int_equal(control_port_del(fx.c, IB2), -EBUSY);
		assert_int_equal(dp_port_del(fx.dp, IB2), 0);
		assert_int_equal(control_port_del(fx.c, IB2), 0);
		assert_int_equal(control_port_del(fx.c, IB2), -ENODEV);
		assert_int_equal(control_port_leave(fx.c, IB2), -ENODEV);
		assert_int_equal(fx.ahs, ahs);
		assert_forgotten(IB2);
		fx_run(1 * S);
		fx_drain();
	}
	/* The other one has lost nothing. */
	assert_true(atomic_load(&fx.dp->port[IB].up));
	fx_know_ib_peer();
}

/* Requests for the broadcast group under way. */
static uint32_t
joins_of(uint16_t port)
{
	uint32_t i, n = 0;

	for (i = 0; i < RTE_DIM(fx.req); i++)
		n += fx.req[i].handle != 0 && fx.req[i].arg == &fx.c->ports[port]->bcast;
	return n;
}

/* At any moment of its start. */
static void
test_port_goes_before_it_is_up(void **state)
{
	(void)state;
	/* Before the first tick. */
	assert_int_equal(dp_port_add(fx.dp, IB2, DP_PORT_IPOIB, 1, 1), 0);
	assert_int_equal(control_port_add(fx.c, IB2), 0);
	port_remove(IB2);
	/* The broadcast group is asked for. */
	ib2_add();
	assert_int_equal(joins_of(IB2), 1);
	leave(IB2);
	assert_int_equal(joins_of(IB2), 0);
	port_remove(IB2);
	/* Without P_Key or SM. */
	fx.info.pkey_present = false;
	fx.events = 0x3f;
	fx_run(200 * MS);
	ib2_add();
	port_remove(IB2);
	fx.info.pkey_present = true;
	fx_run(1 * S);
	ib2_add();
	ib2_join();
	port_remove(IB2);
	assert_forgotten(IB2);
}

/* The last port of an HCA port: what the SA was told is on its way before its client ends. */
static void
test_last_port_of_hca(void **state)
{
	struct ib_gid bcast = fx.c->ports[IB]->bcast.mgid;

	(void)state;
	port_remove(IB);
	assert_true(LIST_EMPTY(&fx.c->hcas));
	assert_int_equal(fx_sa_group(&bcast)->bits, 0);
	assert_false(fx.bcast);
	assert_int_equal(fx.ahs, 0);
	assert_forgotten(IB);
	fx_run(100 * MS);
	/* And again. */
	assert_int_equal(dp_port_add(fx.dp, IB, DP_PORT_IPOIB, 1, 1), 0);
	assert_int_equal(control_port_add(fx.c, IB), 0);
	fx_tick();
	fx_answer_join(fx_join_req(), 0);
	fx_tick();
	assert_true(atomic_load(&fx.dp->port[IB].up));
}

/* A worker that is still at it: nothing is freed, and every step can be repeated. */
static void
test_leave_waits_for_workers(void **state)
{
	unsigned int i;

	(void)state;
	ib2_add();
	ib2_join();
	ib2_use();
	dp_worker_enter(fx.dp->worker[0]);
	for (i = 0; i < 100; i++) {
		assert_int_equal(control_port_leave(fx.c, IB2), -EAGAIN);
		fx_run(1 * MS);
	}
	rte_rcu_qsbr_quiescent(fx.dp->rcu, 0);
	for (i = 0; i < 1000 && control_port_leave(fx.c, IB2) == -EAGAIN; i++) {
		fx_run(1 * MS);
		rte_rcu_qsbr_quiescent(fx.dp->rcu, 0);
	}
	assert_int_equal(control_port_leave(fx.c, IB2), 0);
	rte_rcu_qsbr_thread_offline(fx.dp->rcu, 0);
	rte_rcu_qsbr_thread_unregister(fx.dp->rcu, 0);
	port_remove(IB2);
	assert_forgotten(IB2);
}

/*
 * Packets that a worker punted for a port, which is gone when control gets to them: another port
 * with its number, perhaps in another partition, is not to send them.
 */
static void
test_number_rests(void **state)
{
	uint64_t drops = fx_drops(DP_DROP_tx_port);

	(void)state;
	ib2_add();
	ib2_join();
	leave(IB2);
	assert_int_equal(dp_port_del(fx.dp, IB2), 0);
	fx_punt(fx_ip(ETH, ETH_PEER, IB2_PEER, 17, 40, 0), DP_PUNT_L3_MISS, IB2, IB2_PEER);
	fx_punt(fx_ip(ETH, ETH_PEER, IB2_PEER, 17, 40, 0), DP_PUNT_L3_MISS, IB2, IB2_PEER);
	assert_int_equal(control_port_del(fx.c, IB2), 0);
	assert_int_equal(dp_port_add(fx.dp, IB2, DP_PORT_IPOIB, 1, 1), 0);
	assert_int_equal(control_port_add(fx.c, IB2), -EAGAIN);
	fx_tick();
	assert_int_equal(fx_drops(DP_DROP_tx_port), drops + 2);
	assert_int_equal(control_port_add(fx.c, IB2), 0);
	fx_tick();
	ib2_join();
}

/* --- failures --- */

/* Each allocation fails once; nothing is left behind, and the next attempt succeeds. */
static void
add_in_need(uint16_t port)
{
	uint32_t ahs = fx.ahs, timers = fx.c->timers.reserved;
	unsigned int at;
	int ret = -ENOMEM;

	for (at = 1; ret != 0; at++) {
		assert_true(at < 200);
		allocations = 0;
		fail_at = at;
		ret = control_port_add(fx.c, port);
		fail_at = 0;
		if (ret == 0)
			break;
		assert_int_equal(ret, -ENOMEM);
		assert_null(fx.c->ports[port]);
		assert_null(fx.dp->port[port].neigh);
		assert_int_equal(fx.ahs, ahs);
		assert_int_equal(fx.c->timers.reserved, timers);
		fx_tick();
	}
	assert_true(at > 2);
	fx_tick();
}

static void
test_no_memory_ipoib(void **state)
{
	(void)state;
	assert_int_equal(dp_port_add(fx.dp, IB2, DP_PORT_IPOIB, 1, 1), 0);
	add_in_need(IB2);
	ib2_join();
	port_remove(IB2);
}

/* The same where the HCA is new to control. */
static void
test_no_memory_hca(void **state)
{
	(void)state;
	port_remove(IB);
	assert_int_equal(dp_port_add(fx.dp, IB, DP_PORT_IPOIB, 1, 1), 0);
	add_in_need(IB);
	fx_answer_join(fx_join_req(), 0);
	fx_tick();
	assert_true(atomic_load(&fx.dp->port[IB].up));
}

static void
test_no_memory_subport(void **state)
{
	(void)state;
	assert_int_equal(dp_port_add_logical(fx.dp, DP_PORT_ETH, VID, ETH), SUB);
	add_in_need(SUB);
	assert_int_equal(fx.dp->port[ETH].vlan_port[VID], SUB);
	port_remove(SUB);
}

static void
test_add_refused(void **state)
{
	(void)state;
	assert_int_equal(control_port_add(fx.c, IB), -EEXIST);
	assert_int_equal(control_port_add(fx.c, IB2), -ENODEV);
	assert_int_equal(control_port_add(fx.c, SUB), -ENODEV);
	assert_int_equal(control_port_add(fx.c, UINT16_MAX), -ENODEV);
	assert_int_equal(control_port_leave(fx.c, IB2), -ENODEV);
	assert_int_equal(control_port_leave(fx.c, UINT16_MAX), -ENODEV);
	assert_int_equal(control_port_del(fx.c, UINT16_MAX), -ENODEV);
	/* Not before workers have left it. */
	assert_int_equal(control_port_del(fx.c, IB), -EBUSY);
	assert_true(atomic_load(&fx.dp->port[IB].up));
}

/* What others need stays, and is as it was. */
static void
test_leave_refused(void **state)
{
	uint16_t sub = sub_add(VID);

	(void)state;
	assert_int_equal(control_port_leave(fx.c, ETH), -EBUSY);
	assert_int_equal(control_bind(fx.c, sub, IB), 0);
	assert_int_equal(control_port_leave(fx.c, IB), -EADDRINUSE);
	assert_true(atomic_load(&fx.dp->port[ETH].up));
	assert_true(atomic_load(&fx.dp->port[IB].up));
	assert_int_equal(fx_addr_add(IB, IP(10, 77, 0, 1), 24), 0);
	assert_int_equal(control_unbind(fx.c, sub), 0);
	atomic_store(&fx.dp->port[IB].master, SUB + 1);
	assert_int_equal(control_port_leave(fx.c, IB), -EBUSY);
	atomic_store(&fx.dp->port[IB].master, DP_PORT_NIL);
	port_remove(IB);
	port_remove(sub);
}

/* --- 802.1Q sub-ports --- */

static void
test_subport(void **state)
{
	/* A tagged request for SUB_PEER from SUB_US (RFC 826, IEEE 802.1Q), octet by octet. */
	static const uint8_t want[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x81,
		0, 0, VID, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 100, 0, 1, 0, 0, 0,
		0, 0, 0, 10, 100, 0, 2 };
	uint16_t sub = sub_add(VID), other = sub_add(VID + 1);
	struct rte_mbuf *m;

	(void)state;
	assert_int_equal(fx.dp->port[ETH].vlan_port[VID], sub);
	assert_int_equal(fx.dp->port[ETH].vlan_port[VID + 1], other);
	assert_int_equal(fx.dp->port[ETH].vlan_port[VID + 2], DP_PORT_NIL);
	assert_true(atomic_load(&fx.dp->port[sub].up));
	assert_int_equal(fx_addr_add(sub, SUB_US, 24), 0);
	fx_run(1100 * MS);
	fx_drain();
	fx_punt(fx_ip(IB, IB_PEER, SUB_PEER, 17, 40, 0), DP_PUNT_L3_MISS, sub, SUB_PEER);
	fx_tick();
	m = fx_sent_on(ETH);
	assert_int_equal(m->pkt_len, 60);
	assert_memory_equal(rte_pktmbuf_mtod(m, const void *), want, sizeof(want));
	fx_free(m);
	port_remove(sub);
	assert_int_equal(fx.dp->port[ETH].vlan_port[VID], DP_PORT_NIL);
	assert_int_equal(fx.dp->port[ETH].vlan_port[VID + 1], other);
	assert_forgotten(sub);
	/* The number and the VLAN are free again. */
	assert_int_equal(sub_add(VID), sub);
	port_remove(sub);
	port_remove(other);
	port_remove(ETH);
	assert_null(fx.dp->port[ETH].vlan_port);
	assert_int_equal(dp_port_add(fx.dp, ETH, DP_PORT_ETH, 1, 1), 0);
	assert_int_equal(control_port_add(fx.c, ETH), 0);
}

/* A sub-port's link and MTU are its parent's. */
static void
test_subport_follows(void **state)
{
	uint16_t sub = sub_add(VID);
	struct control_port_row row;
	uint32_t total;

	(void)state;
	assert_int_equal(atomic_load(&fx.dp->port[sub].mtu), 1500);
	assert_int_equal(control_port_mtu(fx.c, sub, 1400), 0);
	assert_int_equal(atomic_load(&fx.dp->port[sub].mtu), 1400);
	assert_int_equal(atomic_load(&fx.dp->port[ETH].mtu), 1500);
	assert_int_equal(control_port_mtu(fx.c, sub, 0), 0);
	assert_int_equal(rte_eth_dev_set_mtu(ETH, 1300), 0);
	fx_run(300 * MS);
	assert_int_equal(atomic_load(&fx.dp->port[sub].mtu), 1300);
	assert_int_equal(rte_eth_dev_set_mtu(ETH, 1500), 0);
	assert_int_equal(rte_eth_dev_stop(ETH), 0);
	fx_run(300 * MS);
	assert_false(atomic_load(&fx.dp->port[sub].up));
	assert_int_equal(control_port_rows(fx.c, false, 0, &row, 1, &total), 1);
	assert_int_equal(total, 1);
	assert_int_equal(row.port, sub);
	assert_int_equal(row.parent, ETH);
	assert_int_equal(row.vlan, VID);
	assert_int_equal(row.bind, DP_PORT_NIL);
	assert_string_equal(row.reason, "no link");
	assert_int_equal(rte_eth_dev_start(ETH), 0);
	fx_run(300 * MS);
	assert_true(atomic_load(&fx.dp->port[sub].up));
	assert_int_equal(atomic_load(&fx.dp->port[sub].mtu), 1500);
	port_remove(sub);
	fx_drain();
}

static void
test_bind(void **state)
{
	struct control_port_row row[2];
	uint32_t total;

	(void)state;
	assert_int_equal(control_bind(fx.c, ETH, ETH), -EINVAL);
	assert_int_equal(control_bind(fx.c, ETH, IB2), -ENODEV);
	assert_int_equal(control_bind(fx.c, IB2, ETH), -ENODEV);
	assert_int_equal(control_unbind(fx.c, ETH), -ENOENT);
	assert_int_equal(control_unbind(fx.c, IB2), -ENODEV);
	assert_int_equal(control_bind(fx.c, ETH, IB), 0);
	assert_int_equal(control_bind(fx.c, ETH, IB), -EEXIST);
	assert_int_equal(atomic_load(&fx.dp->port[ETH].bind), IB);
	assert_int_equal(atomic_load(&fx.dp->port[IB].bind), DP_PORT_NIL);
	assert_int_equal(control_port_rows(fx.c, true, 0, row, 2, &total), 1);
	assert_int_equal(row[0].port, ETH);
	assert_int_equal(row[0].bind, IB);
	assert_int_equal(control_unbind(fx.c, ETH), 0);
	assert_int_equal(control_port_rows(fx.c, true, 0, row, 2, &total), 0);
	assert_int_equal(atomic_load(&fx.dp->port[ETH].bind), DP_PORT_NIL);
}

#define UP(test) cmocka_unit_test_setup_teardown(test, fx_setup_up, fx_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		UP(test_ipoib_port_goes),
		UP(test_port_goes_before_it_is_up),
		UP(test_last_port_of_hca),
		UP(test_leave_waits_for_workers),
		UP(test_number_rests),
		UP(test_no_memory_ipoib),
		UP(test_no_memory_hca),
		UP(test_no_memory_subport),
		UP(test_add_refused),
		UP(test_leave_refused),
		UP(test_subport),
		UP(test_subport_follows),
		UP(test_bind),
	};

	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}

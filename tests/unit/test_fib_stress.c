/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Threads look up addresses without a pause while routes around them come and go. Whatever the
 * moment, an address leads to the gateway of one of the routes that may cover it; never nowhere,
 * and never to somebody else's.
 */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include <rte_fib.h>
#include <rte_fib6.h>

#include "compat.h"
#include "control_fixture.h"

#define READERS 2
#define BLOCKS 8
#define BURST (BLOCKS * 4)
#define YIELD_EVERY 64
#define SECONDS 1
#define SECONDS_LONG 60

#define NET IP(198, 18, 0, 0)
#define GW(n) IP(192, 0, 2, (n))
#define GW_NET GW(10)
#define GW_BLOCK(k) GW(20 + (k))
#define GW_PART(k, j) GW(30 + 3 * (k) + (j))
#define GW_OTHER(n) GW(100 + (n) % 100)

/* In each block, a /24: the block itself, and what comes and goes inside. */
static const struct {
	uint8_t host, len;
} parts[] = { { 0, 24 }, { 128, 25 }, { 192, 26 }, { 255, 32 } };

/* The last three lie in 1, 2 and 3 of the parts. */
static const uint8_t hosts[] = { 1, 130, 200, 255 };

struct reader {
	pthread_t thread;
	unsigned int id;
	_Atomic uint64_t bursts;
	uint64_t bad;
	uint32_t bad_ip;
	struct dp_nh bad_nh;
};

static struct reader readers[READERS];
static cpu_set_t cpus; /* of the process, before EAL bound its first thread to one */
static _Atomic bool stop;
static bool six; /* the same with IPv6: the 32 bits are the last ones */
static bool here[BLOCKS][RTE_DIM(parts)];

static struct dp_ip
addr(uint32_t ip)
{
	static const uint8_t net[16] = { 0x20, 0x01, 0x0d, 0xb8 };
	struct dp_ip a = dp_ip4(ip);

	if (six)
		memcpy(a.b, net, 12);
	return a;
}

static uint8_t
bits(uint8_t len)
{
	return six ? 96 + len : len;
}

static uint32_t
part_gw(uint32_t block, uint32_t part)
{
	return part == 0 ? GW_BLOCK(block) : GW_PART(block, part - 1);
}

static bool
covers(uint32_t part, uint8_t host)
{
	return ((parts[part].host ^ host) & 0xff & ctl_mask(parts[part].len)) == 0;
}

static bool
legal(uint32_t ip, const struct dp_nh *nh)
{
	uint32_t part, block = ip >> 8 & 0xff;
	uint32_t gw = dp_ip_get4(&nh->gw);

	if (nh->type != DP_NH_VIA || nh->port != ETH)
		return false;
	if (gw == GW_NET)
		return true;
	for (part = 0; part < RTE_DIM(parts); part++) {
		if (gw == part_gw(block, part))
			return covers(part, (uint8_t)ip);
	}
	return false;
}

static void
look_up(const struct dp *dp, const uint32_t *ip, uint64_t *id, uint32_t n)
{
	struct rte_fib *fib = __atomic_load_n(&dp->fib, __ATOMIC_ACQUIRE);
	struct rte_fib6 *fib6 = __atomic_load_n(&dp->fib6, __ATOMIC_ACQUIRE);
	struct dp_ip raw[BURST];
	uint32_t i;

	if (!six) {
		rte_fib_lookup_bulk(fib, (uint32_t *)(uintptr_t)ip, id, (int)n);
		return;
	}
	for (i = 0; i < n; i++)
		raw[i] = addr(ip[i]);
	rte_fib6_lookup_bulk(fib6, COMPAT_IP6S(raw), id, (int)n);
}

static void
look(struct reader *r, const uint32_t *ip)
{
	uint64_t id[BURST];
	uint32_t i;

	look_up(fx.dp, ip, id, BURST);
	for (i = 0; i < BURST; i++) {
		const struct dp_nh nh = fx.dp->nh[id[i]];

		if (legal(ip[i], &nh))
			continue;
		if (r->bad++ == 0) {
			r->bad_ip = ip[i];
			r->bad_nh = nh;
		}
	}
}

static void *
reader_main(void *arg)
{
	struct reader *r = arg;
	uint32_t ip[BURST];
	uint32_t i;

	pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus);
	for (i = 0; i < BURST; i++)
		ip[i] = NET | (i % BLOCKS) << 8 | hosts[i / BLOCKS];
	rte_rcu_qsbr_thread_online(fx.dp->rcu, r->id);
	while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
		look(r, ip);
		atomic_fetch_add_explicit(&r->bursts, 1, memory_order_relaxed);
		rte_rcu_qsbr_quiescent(fx.dp->rcu, r->id);
		/* With fewer CPUs than threads the writer would hardly ever run. */
		if (r->bursts % YIELD_EVERY == 0)
			sched_yield();
	}
	rte_rcu_qsbr_thread_offline(fx.dp->rcu, r->id);
	return NULL;
}

static void
change(uint32_t prefix, uint8_t len, uint32_t gw, bool add)
{
	struct control_route r = { .prefix = addr(prefix),
		.len = bits(len),
		.type = DP_NH_VIA,
		.via = addr(gw),
		.port = DP_PORT_NIL };
	int ret;

	do {
		ret = add ? control_route_add(fx.c, &r)
			  : control_route_del(fx.c, &r.prefix, r.len, NULL);
		if (ret == -EAGAIN)
			sched_yield();
	} while (ret == -EAGAIN);
	assert_int_equal(ret, 0);
}

static void
toggle(uint32_t block, uint32_t part)
{
	bool *on = &here[block][part];

	*on = !*on;
	change(NET | block << 8 | parts[part].host, parts[part].len, part_gw(block, part), *on);
}

/* Next-hop numbers that come free are soon in use again, for a route elsewhere. */
static void
reuse(uint64_t n)
{
	change(IP(203, 0, 113, 0), 24, GW_OTHER(n), true);
	change(IP(203, 0, 113, 0), 24, 0, false);
}

static uint64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static uint64_t
churn(uint64_t ms)
{
	uint64_t n = 0, end = now_ms() + ms;
	uint32_t x = 1;

	while (now_ms() < end) {
		x = x * 1103515245 + 12345;
		toggle(x >> 16 & (BLOCKS - 1), x >> 24 & (RTE_DIM(parts) - 1));
		if (++n % 4 == 0)
			reuse(n);
	}
	return n;
}

/* What the routes say, by walking them. */
static uint32_t
gateway(uint32_t block, uint8_t host)
{
	uint32_t part, gw = GW_NET;

	for (part = 0; part < RTE_DIM(parts); part++) {
		if (here[block][part] && covers(part, host))
			gw = part_gw(block, part);
	}
	return gw;
}

static void
check_table(void)
{
	uint32_t i, ip;
	uint64_t id;

	for (i = 0; i < BLOCKS * 256; i++) {
		ip = NET | i;
		look_up(fx.dp, &ip, &id, 1);
		assert_int_equal(dp_ip_get4(&fx.dp->nh[id].gw), gateway(i >> 8, (uint8_t)i));
	}
}

/* Both are alike, then. */
static void
check_tables(void)
{
	check_table();
	fx.dp->fib = fx.dp->fib_tab[fx.dp->fib == fx.dp->fib_tab[0] ? 1 : 0];
	fx.dp->fib6 = fx.dp->fib6_tab[fx.dp->fib6 == fx.dp->fib6_tab[0] ? 1 : 0];
	check_table();
}

static void
readers_start(void)
{
	uint32_t i;

	for (i = 0; i < READERS; i++) {
		readers[i] = (struct reader){ .id = i };
		rte_rcu_qsbr_thread_register(fx.dp->rcu, i);
		assert_int_equal(pthread_create(&readers[i].thread, NULL, reader_main, &readers[i]),
				0);
	}
}

static void
readers_end(void)
{
	uint32_t i;

	atomic_store(&stop, true);
	for (i = 0; i < READERS; i++) {
		pthread_join(readers[i].thread, NULL);
		rte_rcu_qsbr_thread_unregister(fx.dp->rcu, i);
	}
}

static bool
wants_long(void)
{
	const char *l = getenv("LONG");

	return l != NULL && strcmp(l, "0") != 0;
}

static void
test_stress(void **state)
{
	uint64_t changes, bursts = 0, bad = 0;
	uint32_t i;

	(void)state;
	atomic_store(&stop, false);
	memset(here, 0, sizeof(here));
	while (routes_ready(fx.c) != 0)
		fx_tick();
	change(NET, 16, GW_NET, true);
	readers_start();
	changes = churn((wants_long() ? SECONDS_LONG : SECONDS) * 1000);
	readers_end();
	for (i = 0; i < READERS; i++) {
		const struct reader *r = &readers[i];

		bursts += r->bursts;
		bad += r->bad;
		if (r->bad != 0)
			print_error("%08x: type %u, port %u, gateway %08x\n", r->bad_ip,
					r->bad_nh.type, r->bad_nh.port, dp_ip_get4(&r->bad_nh.gw));
	}
	print_message("%" PRIu64 " changes, %" PRIu64 " lookups, %" PRIu64 " wrong\n", changes,
			bursts * BURST, bad);
	assert_int_equal(bad, 0);
	assert_true(changes > 50 && bursts > 1000);
	fx_tick();
	check_tables();
}

static void
test_stress6(void **state)
{
	struct dp_ip us;

	six = true;
	us = addr(ETH_US);
	assert_int_equal(control_addr_add(fx.c, ETH, &us, bits(24)), 0);
	test_stress(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_stress, fx_setup_up, fx_teardown),
		cmocka_unit_test_setup_teardown(test_stress6, fx_setup_up, fx_teardown),
	};

	CPU_ZERO(&cpus);
	sched_getaffinity(0, sizeof(cpus), &cpus);
	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}

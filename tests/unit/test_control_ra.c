/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Router advertisements (RFC 4861 6.2), compared with messages that scapy made. */

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "control_fixture.h"
#include "nd_golden.h"

static const struct dp_ip us = { { 0x20, 0x01, 0x0d, 0xb8, 0, 1, [15] = 1 } };

static void
send_in(const void *data, uint32_t len)
{
	struct rte_mbuf *m = fx_mbuf(ETH, data, len);

	dp_meta(m)->l2_bcast = true;
	fx_punt(m, DP_PUNT_LOCAL, 0, 0);
	fx_tick();
}

static void
flag(bool on)
{
	assert_int_equal(control_port_flag(fx.c, ETH, CONTROL_RA, on), 0);
}

static int
setup(void **state)
{
	fx_setup(state);
	fx_answer_join(fx_join_req(), 0);
	assert_int_equal(control_addr_add(fx.c, ETH, &us, 64), 0);
	fx_run(3 * S);
	fx_drain();
	return 0;
}

static void
expect_ra(void)
{
	fx_assert_bytes(fx_sent_on(ETH), golden_eth_ra, sizeof(golden_eth_ra));
}

/* Time until the next one, in ms. */
static uint32_t
next_ra(uint32_t most_s)
{
	uint32_t ms;

	for (ms = 0; ms < most_s * 1000; ms += 10) {
		if (rte_ring_count(fx.dp->worker[0]->inject) > 0)
			return ms;
		fx_run(10 * MS);
	}
	fail_msg("nothing within %u s", most_s);
	return 0;
}

/* Three quickly, then every 200 s or so; the last words when it is switched off. */
static void
test_pace(void **state)
{
	struct control_flags_row row[3];
	uint32_t total;

	(void)state;
	fx_run(10 * S);
	fx_assert_none(); /* off by default */
	flag(true);
	fx_tick();
	expect_ra();
	assert_in_range(next_ra(20), 15900, 16100);
	expect_ra();
	assert_in_range(next_ra(20), 15900, 16100);
	expect_ra();
	assert_in_range(next_ra(300), 149000, 251000);
	expect_ra();
	assert_int_equal(control_flags_rows(fx.c, 0, row, 3, &total), 2);
	assert_int_equal(row[0].flags, 1u << CONTROL_RA);
	assert_int_equal(row[0].ra_sent, 4);
	flag(false);
	fx_assert_bytes(fx_sent_on(ETH), golden_eth_ra_final, sizeof(golden_eth_ra_final));
	fx_run(300 * S);
	fx_assert_none();
}

/* Answered to all within half a second, but never two within three seconds (6.2.6). */
static void
test_solicited(void **state)
{
	(void)state;
	send_in(golden_in_rs, sizeof(golden_in_rs));
	fx_run(S);
	fx_assert_none(); /* off */
	flag(true);
	fx_tick();
	expect_ra();
	fx_run(8 * S);
	send_in(golden_in_rs, sizeof(golden_in_rs));
	next_ra(1);
	expect_ra();
	send_in(golden_in_rs, sizeof(golden_in_rs));
	send_in(golden_in_rs, sizeof(golden_in_rs));
	assert_in_range(next_ra(5), 2900, 3600);
	expect_ra();
	fx_run(3 * S);
	fx_assert_none();
}

/* 6.2.7: what another router says is only compared. */
static void
test_others(void **state)
{
	struct control_flags_row row;
	uint32_t total;

	(void)state;
	flag(true);
	fx_tick();
	expect_ra();
	send_in(golden_in_ra, sizeof(golden_in_ra));
	assert_int_equal(fx.c->ports[ETH]->ip->conflicts, 0);
	send_in(golden_in_ra_other, sizeof(golden_in_ra_other));
	fx_run(10 * MS);
	fx_assert_none();
	control_flags_rows(fx.c, 0, &row, 1, &total);
	assert_int_equal(row.ra_inconsistent, 1);
}

/* New subnets are told at once, those that another address has too only once. */
static void
test_prefixes(void **state)
{
	struct dp_ip same = us, other = us;
	struct rte_mbuf *m;

	(void)state;
	flag(true);
	fx_tick();
	expect_ra();
	same.b[15] = 2;
	other.b[5] = 7;
	other.b[7] = 0xab;
	assert_int_equal(control_addr_add(fx.c, ETH, &same, 64), 0);
	fx_run(10 * S);
	assert_int_equal(control_addr_add(fx.c, ETH, &other, 60), 0);
	fx_run(3 * S);
	fx_drain();
	/* The three quick ones begin anew; a prefix that is no 64 bits long is for no addresses. */
	next_ra(20);
	m = fx_sent_on(ETH);
	assert_int_equal(m->pkt_len, sizeof(golden_eth_ra) + 32);
	assert_memory_equal(rte_pktmbuf_mtod_offset(m, void *, m->pkt_len - 32),
			"\x03\x04\x3c\x80\x00\x27\x8d\x00\x00\x09\x3a\x80\0\0\0\0"
			"\x20\x01\x0d\xb8\0\x07\0\xa0\0\0\0\0\0\0\0\0",
			32);
	fx_free(m);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fx_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_pace),
		TEST(test_solicited),
		TEST(test_others),
		TEST(test_prefixes),
	};

	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}

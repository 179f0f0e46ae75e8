/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Warnings about a link that works: each with its condition, and none without. */

#include "control_fixture.h"

static struct control_warning_row rows[8];

static uint32_t
warnings(void)
{
	uint32_t total, nb;

	nb = control_warning_rows(fx.c, IB, 0, rows, RTE_DIM(rows), &total);
	assert_int_equal(nb, total);
	return nb;
}

/* A group of 10 Gb/s and IB MTU 2048. */
static void
group_join(void)
{
	fx_answer_join(fx_join_req(), 0);
	assert_true(fx.bcast);
}

static void
warns(const char *what, const char *found)
{
	assert_int_equal(warnings(), 1);
	assert_string_equal(rows[0].what, what);
	if (strstr(rows[0].found, found) == NULL)
		fail_msg("'%s' is not in '%s'", found, rows[0].found);
	assert_int_not_equal(rows[0].advice[0], '\0');
}

static void
test_rate(void **state)
{
	(void)state;
	fx.info.rate_mbps = 100000;
	/* Not joined: there is no group to judge. */
	assert_int_equal(warnings(), 0);
	group_join();
	warns("group rate", "the broadcast group has 10 Gb/s, the port 100 Gb/s");
	fx.info.rate_mbps = 2500;
	warns("group rate", "the broadcast group has 10 Gb/s, the port only 2.5 Gb/s");
	fx.info.rate_mbps = 10000;
	assert_int_equal(warnings(), 0);
	fx.info.rate_mbps = 0;
	assert_int_equal(warnings(), 0);
}

static void
test_mtu(void **state)
{
	(void)state;
	group_join();
	fx.info.ib_mtu = 4096;
	warns("group MTU", "the broadcast group has IB MTU 2048, the port 4096");
	fx.info.ib_mtu = 1024;
	warns("group MTU", "the broadcast group has IB MTU 2048, the port only 1024");
	fx.info.ib_mtu = 2048;
	assert_int_equal(warnings(), 0);
	fx.info.ib_mtu = 0;
	assert_int_equal(warnings(), 0);
}

static void
test_counters(void **state)
{
	(void)state;
	fx.nb_hw = 3;
	fx.hw[0] = (struct pmd_ipoib_hw_counter){ "symbol_error", "look at the cable", 345, 12 };
	fx.hw[1] = (struct pmd_ipoib_hw_counter){ "link_downed", "look at the cable", 7, 0 };
	fx.hw[2] = (struct pmd_ipoib_hw_counter){ "port_xmit_wait", NULL, 1000, 1000 };
	/* They count whether there is a group or not. */
	warns("symbol_error", "rose by 12 lately, 345 in all");
	assert_string_equal(rows[0].advice, "look at the cable");
	fx.hw[0].rose = 0;
	assert_int_equal(warnings(), 0);
}

static void
test_down(void **state)
{
	(void)state;
	fx.info.state = IPOIB_MAD_DOWN;
	warns("HCA port", "has no link");
	fx.info.state = IPOIB_MAD_INIT;
	warns("subnet manager", "none has made");
	fx.info.state = IPOIB_MAD_ACTIVE;
	fx.info.pkey_present = false;
	warns("P_Key", "0x8001 is not in the table of");
	fx.info.pkey_present = true;
	assert_int_equal(warnings(), 0);
	/* The MAD transport says why. */
	fx.info.state = IPOIB_MAD_ABSENT;
	assert_int_equal(warnings(), 0);
}

/* In pieces, and for a port that is none. */
static void
test_offset(void **state)
{
	uint32_t total;

	(void)state;
	fx.info.rate_mbps = 100000;
	fx.info.ib_mtu = 4096;
	group_join();
	assert_int_equal(control_warning_rows(fx.c, IB, 0, rows, 1, &total), 1);
	assert_int_equal(total, 2);
	assert_string_equal(rows[0].what, "group rate");
	assert_int_equal(control_warning_rows(fx.c, IB, 1, rows, 1, &total), 1);
	assert_string_equal(rows[0].what, "group MTU");
	assert_int_equal(control_warning_rows(fx.c, ETH, 0, rows, 1, &total), 0);
	assert_int_equal(total, 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_rate),
		TEST(test_mtu),
		TEST(test_counters),
		TEST(test_down),
		TEST(test_offset),
	};

	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Counters of the HCA port, by a tree like /sys: which there are, that they are
 * followed at a bounded pace, across a reset of the HCA's own and of ours.
 */

#include <stdio.h>
#include <string.h>

#include <ethdev_driver.h>
#include <rte_bus_vdev.h>
#include <rte_ethdev.h>
#include <rte_log.h>

#include "fake_sysfs.h"
#include "ipoib_pmd.h"
#include "pmd_fixture.h"

#define PORT_DIR "class/infiniband/Hca2/ports/1/"
#define COUNTERS PORT_DIR "counters/"
#define HW_COUNTERS PORT_DIR "hw_counters/"
#define ROUND_US 1000000
#define MINUTE_US 60000000
/* More polls than there are counters. */
#define POLLS 24

static uint64_t now;
static char log_text[8192];

/* A backend that counts violations, in the place of the software HCA. */
static struct ipoib_hca_attr attr;

static int
attr_get(const struct ipoib_hca *hca, struct ipoib_hca_attr *to)
{
	(void)hca;
	*to = attr;
	return 0;
}

/* All counters are read once more. */
static void
round_run(uint16_t port)
{
	unsigned int i;

	now += ROUND_US;
	for (i = 0; i < POLLS; i++)
		pmd_ipoib_poll(port, now);
}

static void
tree_make(void)
{
	fs_hca("Hca2", "0000:03:00.0");
	fs_port("Hca2", 1, "InfiniBand", "4: ACTIVE");
	fs_put(COUNTERS "symbol_error", "100");
	fs_put(COUNTERS "link_downed", "3");
	fs_put(COUNTERS "VL15_dropped", "0");
	fs_put(COUNTERS "port_xmit_wait", "18446744073709551000");
	fs_put(HW_COUNTERS "out_of_buffer", "40");
}

static int
tree_clear(void **state)
{
	(void)state;
	fs_remove("class/infiniband/Hca2");
	memset(&attr, 0, sizeof(attr));
	return 0;
}

static bool
has_xstat(uint16_t port, const char *name)
{
	uint64_t id;

	return rte_eth_xstats_get_id_by_name(port, name, &id) == 0;
}

static uint64_t
missed(uint16_t port)
{
	struct rte_eth_stats stats;

	assert_int_equal(rte_eth_stats_get(port, &stats), 0);
	return stats.imissed;
}

static void
test_values(void **state)
{
	uint16_t port;

	(void)state;
	tree_make();
	fx_carrier_open(1, 64);
	port = fx_port_open("net_ipoib0", FX_ARGS);
	fx_port_setup(port, 1, 64);
	/* What was before us is not ours. */
	assert_int_equal(fx_xstat(port, "hw_symbol_error"), 0);
	assert_int_equal(missed(port), 0);
	/* Not offered: not shown, rather than 0. */
	assert_false(has_xstat(port, "hw_port_rcv_errors"));
	assert_false(has_xstat(port, "hw_pkey_violations"));
	fs_put(COUNTERS "symbol_error", "107");
	fs_put(COUNTERS "VL15_dropped", "2");
	fs_put(COUNTERS "port_xmit_wait", "18446744073709551615");
	fs_put(HW_COUNTERS "out_of_buffer", "45");
	round_run(port);
	assert_int_equal(fx_xstat(port, "hw_symbol_error"), 7);
	assert_int_equal(fx_xstat(port, "hw_link_downed"), 0);
	assert_int_equal(fx_xstat(port, "hw_vl15_dropped"), 2);
	assert_int_equal(fx_xstat(port, "hw_port_xmit_wait"), 615);
	assert_int_equal(fx_xstat(port, "hw_out_of_buffer"), 5);
	assert_int_equal(missed(port), 5);
	/* Another tool resets the HCA's counters, and they go on. */
	fs_put(COUNTERS "symbol_error", "4");
	round_run(port);
	assert_int_equal(fx_xstat(port, "hw_symbol_error"), 11);
	/* A file that is away for a while, or not a number, changes nothing. */
	fs_put(COUNTERS "symbol_error", "none");
	fs_remove(COUNTERS "link_downed");
	round_run(port);
	assert_int_equal(fx_xstat(port, "hw_symbol_error"), 11);
	fs_put(COUNTERS "symbol_error", "5");
	fs_put(COUNTERS "link_downed", "4");
	round_run(port);
	assert_int_equal(fx_xstat(port, "hw_symbol_error"), 12);
	assert_int_equal(fx_xstat(port, "hw_link_downed"), 1);
	fx_port_close("net_ipoib0");
	fx_carrier_close();
}

/* Each port has its own reset; a later one begins at 0. */
static void
test_reset(void **state)
{
	uint16_t a, b;

	(void)state;
	tree_make();
	fx_carrier_open(1, 64);
	a = fx_port_open("net_ipoib0", FX_ARGS);
	fx_port_setup(a, 1, 64);
	fs_put(HW_COUNTERS "out_of_buffer", "50");
	round_run(a);
	b = fx_port_open("net_ipoib1", FX_ARGS ",pkey=0x8001");
	fx_port_setup(b, 1, 64);
	assert_int_equal(missed(a), 10);
	assert_int_equal(missed(b), 0);
	fs_put(HW_COUNTERS "out_of_buffer", "51");
	round_run(a);
	assert_int_equal(rte_eth_stats_reset(a), 0);
	assert_int_equal(missed(a), 0);
	assert_int_equal(fx_xstat(a, "hw_out_of_buffer"), 0);
	assert_int_equal(missed(b), 1);
	fx_port_close("net_ipoib1");
	fx_port_close("net_ipoib0");
	fx_carrier_close();
}

static void
test_violations(void **state)
{
	struct ipoib_hca_ops counting = ipoib_hca_soft;
	struct pmd_ipoib_hw_counter c[PMD_IPOIB_HW_COUNTERS_MAX];
	struct ipoib_port *p;
	uint16_t port;
	int i, nb;

	(void)state;
	counting.port_query = attr_get;
	tree_make();
	port = fx_port_open("net_ipoib0", FX_ARGS);
	p = ipoib_port_by_id(port);
	ipoib_hwcnt_close(p->hca);
	p->hca->ops = &counting;
	attr.pkey_violations = 17;
	assert_int_equal(ipoib_hwcnt_open(p->hca), 0);
	ipoib_hwcnt_reset(p);
	attr.pkey_violations += 3;
	attr.qkey_violations += 2;
	round_run(port);
	assert_int_equal(fx_xstat(port, "hw_pkey_violations"), 3);
	assert_int_equal(fx_xstat(port, "hw_qkey_violations"), 2);
	nb = pmd_ipoib_hw_counters(port, c, RTE_DIM(c));
	for (i = 0; i < nb; i++) {
		assert_true(c[i].hint == NULL || strlen(c[i].hint) < 96);
		if (strcmp(c[i].name, "qkey_violations") == 0)
			assert_int_equal(c[i].rose, 2);
	}
	assert_int_equal(nb, 7);
	assert_int_equal(rte_vdev_uninit("net_ipoib0"), 0);
}

/* At most one file a call, and each at most once a second. */
static void
test_pace(void **state)
{
	uint16_t port;
	unsigned int i;

	(void)state;
	tree_make();
	port = fx_port_open("net_ipoib0", FX_ARGS);
	now += ROUND_US;
	/* Five there are: out_of_buffer is the first, symbol_error the second. */
	fs_put(HW_COUNTERS "out_of_buffer", "41");
	fs_put(COUNTERS "symbol_error", "101");
	pmd_ipoib_poll(port, now);
	assert_int_equal(fx_xstat(port, "hw_out_of_buffer"), 1);
	assert_int_equal(fx_xstat(port, "hw_symbol_error"), 0);
	for (i = 0; i < 4; i++)
		pmd_ipoib_poll(port, now);
	assert_int_equal(fx_xstat(port, "hw_symbol_error"), 1);
	fs_put(HW_COUNTERS "out_of_buffer", "42");
	for (i = 0; i < POLLS; i++)
		pmd_ipoib_poll(port, now + ROUND_US - 1);
	assert_int_equal(fx_xstat(port, "hw_out_of_buffer"), 1);
	pmd_ipoib_poll(port, now + ROUND_US);
	assert_int_equal(fx_xstat(port, "hw_out_of_buffer"), 2);
	now += ROUND_US;
	assert_int_equal(rte_vdev_uninit("net_ipoib0"), 0);
}

static uint64_t
rose(uint16_t port, const char *name)
{
	struct pmd_ipoib_hw_counter c[PMD_IPOIB_HW_COUNTERS_MAX];
	int i, nb = pmd_ipoib_hw_counters(port, c, RTE_DIM(c));

	for (i = 0; i < nb; i++)
		if (strcmp(c[i].name, name) == 0)
			return c[i].rose;
	fail_msg("there is no counter '%s'", name);
	return 0;
}

static void
run_until_logged(uint16_t port, uint64_t us)
{
	FILE *f;

	memset(log_text, 0, sizeof(log_text));
	f = fmemopen(log_text, sizeof(log_text), "w");
	assert_non_null(f);
	rte_openlog_stream(f);
	for (uint64_t end = now + us; now < end;)
		round_run(port);
	rte_openlog_stream(NULL);
	fclose(f);
}

/* It rises: shown for a minute or two, and told once. */
static void
test_warning(void **state)
{
	uint16_t port;

	(void)state;
	tree_make();
	port = fx_port_open("net_ipoib0", FX_ARGS);
	round_run(port);
	fs_put(COUNTERS "symbol_error", "112");
	fs_put(COUNTERS "port_xmit_wait", "18446744073709551001");
	round_run(port);
	assert_int_equal(rose(port, "symbol_error"), 12);
	run_until_logged(port, MINUTE_US);
	assert_non_null(strstr(log_text, "Hca2 port 1: symbol_error rose by 12 in a minute"));
	/* That one may. */
	assert_null(strstr(log_text, "port_xmit_wait"));
	assert_int_equal(rose(port, "symbol_error"), 12);
	assert_int_equal(rose(port, "port_xmit_wait"), 1);
	run_until_logged(port, MINUTE_US + 2 * ROUND_US);
	assert_null(strstr(log_text, "symbol_error"));
	assert_int_equal(rose(port, "symbol_error"), 0);
	assert_int_equal(rte_vdev_uninit("net_ipoib0"), 0);
}

/* ConnectX-3 has one of its own name, by device. */
static void
test_by_device(void **state)
{
	uint16_t port;

	(void)state;
	fs_hca("Hca2", "0000:03:00.0");
	fs_port("Hca2", 1, "InfiniBand", "4: ACTIVE");
	fs_put("class/infiniband/Hca2/hw_counters/rq_num_udsdprd", "1");
	port = fx_port_open("net_ipoib0", FX_ARGS);
	fs_put("class/infiniband/Hca2/hw_counters/rq_num_udsdprd", "3");
	round_run(port);
	assert_int_equal(missed(port), 2);
	assert_int_equal(rte_vdev_uninit("net_ipoib0"), 0);
}

/* No files, or no tree: no counters. */
static void
test_none(void **state)
{
	struct pmd_ipoib_hw_counter c[PMD_IPOIB_HW_COUNTERS_MAX];
	uint16_t port;

	(void)state;
	port = fx_port_open("net_ipoib0", FX_ARGS);
	round_run(port);
	assert_int_equal(pmd_ipoib_hw_counters(port, c, RTE_DIM(c)), 0);
	assert_int_equal(missed(port), 0);
	assert_int_equal(pmd_ipoib_hw_counters(port + 1, c, RTE_DIM(c)), -ENODEV);
	assert_int_equal(rte_vdev_uninit("net_ipoib0"), 0);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_values, tree_clear),
		cmocka_unit_test_teardown(test_reset, tree_clear),
		cmocka_unit_test_teardown(test_violations, tree_clear),
		cmocka_unit_test_teardown(test_pace, tree_clear),
		cmocka_unit_test_teardown(test_warning, tree_clear),
		cmocka_unit_test_teardown(test_by_device, tree_clear),
		cmocka_unit_test_teardown(test_none, tree_clear),
	};
	int ret;

	fs_begin();
	if (fx_eal_setup(argc, argv) != 0)
		return 1;
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	fx_eal_teardown();
	fs_end();
	return ret;
}

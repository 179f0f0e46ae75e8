/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* What the soft HCA takes from its carrier, against frames of an independent encoder. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_log.h>

#include "ib_hdr.h"
#include "pmd_fixture.h"

#define LINE_MAX_LEN 12000
#define CASES_MAX 128

struct rx_case {
	char name[32];
	char expect[32];
	uint32_t len;
	uint8_t data[FX_FRAME_MAX];
};

static struct rx_case cases[CASES_MAX];
static unsigned int nb_cases;
static uint16_t ports[2];
static uint32_t qpn[2];

static void
cases_load(void)
{
	char command[512], hex[LINE_MAX_LEN];
	struct rx_case *c = cases;
	FILE *f;

	snprintf(command, sizeof(command), "/usr/bin/python3 '%s' rx %u %u", fx_oracle_path, qpn[0],
			qpn[1]);
	f = popen(command, "r");
	assert_non_null(f);
	for (nb_cases = 0; fscanf(f, "%31s %31s %11999s", c->name, c->expect, hex) == 3; c++) {
		c->len = fx_unhex(hex, c->data, sizeof(c->data));
		assert_true(++nb_cases < CASES_MAX);
	}
	assert_int_equal(pclose(f), 0);
	assert_true(nb_cases > 60);
}

static int
rx_setup(void **state)
{
	struct pmd_ipoib_info info;
	struct ipoib_mad_port ident;

	(void)state;
	fx_ident(&ident);
	fake_mad_set(&ident);
	fx_carrier_open(1, 256);
	ports[0] = fx_port_open("net_ipoib0", FX_ARGS ",pkey=0x8001");
	ports[1] = fx_port_open("net_ipoib1", FX_ARGS ",pkey=0x0003");
	fx_port_setup(ports[0], 1, 128);
	fx_port_setup(ports[1], 1, 128);
	fx_port_join(ports[0], 0x8001);
	fx_port_join(ports[1], 0x8003);
	assert_int_equal(pmd_ipoib_info_get(ports[0], &info), 0);
	qpn[0] = info.qpn[0];
	assert_int_equal(pmd_ipoib_info_get(ports[1], &info), 0);
	qpn[1] = info.qpn[0];
	cases_load();
	return 0;
}

static int
rx_teardown(void **state)
{
	(void)state;
	fx_port_close("net_ipoib0");
	fx_port_close("net_ipoib1");
	fx_carrier_close();
	fx_no_leak();
	return 0;
}

static const struct rx_case *
case_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < nb_cases; i++)
		if (strcmp(cases[i].name, name) == 0)
			return &cases[i];
	fail_msg("no case %s", name);
	return NULL;
}

static void
packet_check(const struct rx_case *c, struct rte_mbuf *m)
{
	const uint8_t *frame_grh = c->data + 14 + 8;
	bool grh = (c->data[15] & 3) == 3;
	const uint8_t *bth = frame_grh + (grh ? 40 : 0);
	const uint8_t *data = rte_pktmbuf_mtod(m, const uint8_t *);
	uint32_t words = (uint32_t)(c->data[18] & 7) << 8 | c->data[19];
	uint32_t len = words * 4 - 8 - (grh ? 40 : 0) - 20 - 4 - (bth[1] >> 4 & 3), i;

	assert_int_equal(m->pkt_len, len);
	assert_int_equal(m->nb_segs, 1);
	assert_int_equal(m->port, ports[0]);
	for (i = 0; i < len; i++)
		assert_int_equal(data[i], fx_pattern(i));
	assert_int_equal(pmd_ipoib_meta(m)->slid, c->data[20] << 8 | c->data[21]);
	assert_int_equal(pmd_ipoib_meta(m)->qpn, ib_get_be24(bth + 17));
	assert_int_equal((pmd_ipoib_meta(m)->flags & PMD_IPOIB_RX_GRH) != 0, grh);
	if (grh)
		assert_memory_equal(data - 40, frame_grh, 40);
}

static struct rte_mbuf *
rx_one(const struct rx_case *c, unsigned int nb_segs)
{
	struct rte_mbuf *got[2];
	uint16_t n;

	fx_inject(c->data, c->len, nb_segs);
	n = rte_eth_rx_burst(ports[0], 0, got, 2);
	assert_true(n <= 1);
	assert_int_equal(fx_balance(ports, 2), 0);
	return n == 1 ? got[0] : NULL;
}

static void
case_check(const struct rx_case *c, unsigned int nb_segs)
{
	char counter[64];
	struct rte_mbuf *m;

	rte_eth_xstats_reset(ports[0]);
	rte_eth_xstats_reset(ports[1]);
	m = rx_one(c, nb_segs);
	assert_int_equal(fx_xstat(ports[0], "rx_carrier_frames"), 1);
	if (strcmp(c->expect, "ok") == 0) {
		if (m == NULL)
			print_error("%s was dropped\n", c->name);
		assert_non_null(m);
		packet_check(c, m);
		assert_int_equal(fx_rx_drops(ports[0]), 0);
		rte_pktmbuf_free(m);
		return;
	}
	snprintf(counter, sizeof(counter), "rx_drop_%s", c->expect);
	if (m != NULL || fx_xstat(ports[0], counter) != 1)
		print_error("%s is not counted as %s\n", c->name, c->expect);
	assert_null(m);
	assert_int_equal(fx_xstat(ports[0], counter), 1);
	assert_int_equal(fx_rx_drops(ports[0]), 1);
}

/* Keys that are guessed: told once, when there were many. */
static void
test_guesses(void **state)
{
	static char text[4096];
	char other[32];
	const struct rx_case *c = NULL;
	struct rte_mbuf *m;
	unsigned int i;
	FILE *f;

	(void)state;
	for (i = 0; i < nb_cases && c == NULL; i++)
		c = strcmp(cases[i].expect, "qkey") == 0 ? &cases[i] : NULL;
	assert_non_null(c);
	f = fmemopen(text, sizeof(text), "w");
	assert_non_null(f);
	rte_eth_xstats_reset(ports[0]);
	rte_openlog_stream(f);
	for (i = 1; i <= 3000; i++) {
		fx_inject(c->data, c->len, 1);
		assert_int_equal(rte_eth_rx_burst(ports[0], 0, &m, 1), 0);
		pmd_ipoib_poll(ports[0], i * UINT64_C(100000));
		if (i == 990)
			assert_null((fflush(f), strstr(text, "guesses")));
	}
	rte_openlog_stream(NULL);
	fclose(f);
	assert_non_null(strstr(text, "wrong P_Keys"));
	assert_null(strstr(strstr(text, "guesses") + 1, "guesses"));
	/* Not of the port that got none. */
	snprintf(other, sizeof(other), "port %u:", ports[1]);
	assert_null(strstr(text, other));
	fx_no_leak();
}

static void
test_frames(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < nb_cases; i++)
		case_check(&cases[i], 1);
	fx_no_leak();
}

static void
test_chains(void **state)
{
	unsigned int i, segs;

	(void)state;
	for (i = 0; i < nb_cases; i++)
		for (segs = 2; segs <= 7 && segs < cases[i].len; segs += 5)
			case_check(&cases[i], segs);
	fx_no_leak();
}

static void
test_flags(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	m = rx_one(case_find("mcast"), 1);
	assert_non_null(m);
	assert_int_equal(pmd_ipoib_meta(m)->flags,
			PMD_IPOIB_RX_GRH | PMD_IPOIB_RX_MCAST | PMD_IPOIB_RX_BCAST);
	rte_pktmbuf_free(m);
	m = rx_one(case_find("grh"), 1);
	assert_int_equal(pmd_ipoib_meta(m)->flags, PMD_IPOIB_RX_GRH);
	rte_pktmbuf_free(m);
	m = rx_one(case_find("len60"), 1);
	assert_int_equal(pmd_ipoib_meta(m)->flags, 0);
	rte_pktmbuf_free(m);
}

/* A buffer that somebody else still reads must not change. */
static void
test_shared_buffer(void **state)
{
	const struct rx_case *c = case_find("grh");
	struct rte_mbuf *m, *got[2];

	(void)state;
	m = rte_pktmbuf_alloc(fx_pool);
	memcpy(rte_pktmbuf_append(m, (uint16_t)c->len), c->data, c->len);
	rte_mbuf_refcnt_update(m, 1);
	assert_int_equal(rte_ring_enqueue(fx.rx, m), 0);
	assert_int_equal(rte_eth_rx_burst(ports[0], 0, got, 2), 1);
	packet_check(c, got[0]);
	assert_ptr_not_equal(got[0], m);
	assert_int_equal(m->pkt_len, c->len);
	assert_memory_equal(rte_pktmbuf_mtod(m, void *), c->data, c->len);
	rte_pktmbuf_free(got[0]);
	rte_pktmbuf_free(m);
	fx_no_leak();
}

static void
test_every_cut(void **state)
{
	const struct rx_case *c = case_find("grh");
	struct rx_case cut = *c;

	(void)state;
	snprintf(cut.expect, sizeof(cut.expect), "truncated");
	for (cut.len = 1; cut.len < c->len; cut.len++)
		case_check(&cut, 1);
	fx_no_leak();
}

/* Nothing protects the MAC addresses; every other bit must matter. */
static void
test_every_bit(void **state)
{
	const struct rx_case *c = case_find("grh");
	struct rx_case bad = *c;
	struct rte_mbuf *m;
	uint32_t bit, taken = 0;

	(void)state;
	for (bit = 0; bit < c->len * 8; bit++) {
		bad.data[bit / 8] ^= 1 << bit % 8;
		m = rx_one(&bad, 1);
		taken += m != NULL;
		rte_pktmbuf_free(m);
		bad.data[bit / 8] ^= 1 << bit % 8;
	}
	assert_int_equal(taken, 12 * 8);
	fx_no_leak();
}

static void
test_not_active(void **state)
{
	struct ipoib_mad_port ident;
	struct rx_case c = *case_find("len60");

	(void)state;
	snprintf(c.expect, sizeof(c.expect), "not_active");
	fx_ident(&ident);
	ident.state = IPOIB_MAD_INIT;
	fake_mad_set(&ident);
	pmd_ipoib_poll(ports[0], 1);
	case_check(&c, 1);
	ident.state = IPOIB_MAD_ACTIVE;
	fake_mad_set(&ident);
	pmd_ipoib_poll(ports[0], 2);
	case_check(case_find("len60"), 1);
	assert_int_equal(pmd_ipoib_bcast_set(ports[0], NULL), 0);
	case_check(&c, 1);
	fx_port_join(ports[0], 0x8001);
	case_check(case_find("len60"), 1);
}

static void
test_no_buffer(void **state)
{
	const struct rx_case *c = case_find("len60");
	struct rte_mbuf *held[FX_MBUFS], *got[1];
	unsigned int n;

	(void)state;
	rte_eth_xstats_reset(ports[0]);
	rte_eth_xstats_reset(ports[1]);
	fx_inject(c->data, c->len, 2);
	for (n = 0; n < FX_MBUFS; n++) {
		held[n] = rte_pktmbuf_alloc(fx_pool);
		if (held[n] == NULL)
			break;
	}
	assert_int_equal(rte_eth_rx_burst(ports[0], 0, got, 1), 0);
	assert_int_equal(fx_xstat(ports[0], "rx_drop_nombuf"), 1);
	assert_int_equal(fx_balance(ports, 2), 0);
	rte_pktmbuf_free_bulk(held, n);
	fx_no_leak();
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_chains),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_shared_buffer),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_every_bit),
		cmocka_unit_test(test_not_active),
		cmocka_unit_test(test_no_buffer),
		cmocka_unit_test(test_guesses),
	};
	int ret;

	if (fx_eal_setup(argc, argv) != 0)
		return 1;
	ret = cmocka_run_group_tests(tests, rx_setup, rx_teardown);
	fx_eal_teardown();
	return ret;
}

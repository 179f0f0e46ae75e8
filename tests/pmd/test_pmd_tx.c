/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* What the soft HCA sends, octet for octet as an independent encoder has it. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ethdev.h>

#include "ib_hdr.h"
#include "pmd_fixture.h"

#define BACKLOG 1024
#define TX_RING 64
#define PEER_QPN 0x4321

static uint16_t port;
static uint32_t qpn;
static uint32_t psn;
static const struct ib_gid peer_gid = { { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 2, 0xc9, 3, 0, 0, 0x56,
		0x78 } };
#define PEER_GID_HEX "fe800000000000000002c90300005678"
#define OWN_GID_HEX "fe800000000000000002c90300001234"

static int
tx_setup(void **state)
{
	struct pmd_ipoib_info info;
	struct ipoib_mad_port ident;

	(void)state;
	fx_ident(&ident);
	fake_mad_set(&ident);
	fx_carrier_open(1, TX_RING);
	port = fx_port_open("net_ipoib0", FX_ARGS ",pkey=0x8001");
	fx_port_setup(port, 1, 128);
	fx_port_join(port, 0x8001);
	assert_int_equal(pmd_ipoib_info_get(port, &info), 0);
	qpn = info.qpn[0];
	psn = 0;
	return 0;
}

static int
tx_teardown(void **state)
{
	(void)state;
	fx_port_close("net_ipoib0");
	fx_carrier_close();
	fx_no_leak();
	return 0;
}

/* The frame that went out is the oracle's, given @p words beyond the usual ones. */
static void
sent_check(const char *words, uint32_t len)
{
	uint8_t want[FX_FRAME_MAX], got[FX_FRAME_MAX];
	char all[512];
	uint32_t n;

	snprintf(all, sizeof(all), "dqpn=%u sqpn=%u ackpsn=%u pkey=0x8001 qkey=%u len=%u %s",
			PEER_QPN, qpn, psn++, FX_QKEY, len, words);
	n = fx_oracle(all, want, sizeof(want));
	assert_true(n > 0);
	assert_int_equal(fx_sent(0, got, sizeof(got)), n);
	assert_memory_equal(got, want, n);
}

static void
send_check(struct rte_mbuf *m, const char *words, uint32_t len)
{
	assert_int_equal(rte_eth_tx_burst(port, 0, &m, 1), 1);
	sent_check(words, len);
}

static void
test_unicast(void **state)
{
	static const uint32_t lens[] = { 4, 5, 6, 7, 60, 61, 1500, 2048 };
	uint32_t ah = fx_ah(port, 0x0102, NULL);
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(lens); i++)
		send_check(fx_packet(lens[i], ah, PEER_QPN), "dlid=0x0102 slid=4", lens[i]);
	assert_int_equal(pmd_ipoib_ah_destroy(port, ah), 0);
	fx_no_leak();
}

static void
test_vector_fields(void **state)
{
	const struct pmd_ipoib_av av = {
		.dlid = 0x0102,
		.sl = 11,
		.src_path_bits = 3,
		.is_global = true,
		.hop_limit = 63,
		.tclass = 0xa5,
		.flow_label = 0xfedcb,
		.dgid = peer_gid,
	};
	uint32_t ah;

	(void)state;
	assert_int_equal(pmd_ipoib_ah_create(port, &av, &ah), 0);
	/* LMC 1: of the path bits one counts. */
	send_check(fx_packet(99, ah, PEER_QPN),
			"dlid=0x0102 slid=5 sl=11 grh=1 hop=63 tclass=0xa5 flow=0xfedcb "
			"sgid=" OWN_GID_HEX " dgid=" PEER_GID_HEX,
			99);
	assert_int_equal(pmd_ipoib_ah_destroy(port, ah), 0);
}

static void
test_multicast_has_grh(void **state)
{
	struct pmd_ipoib_bcast b;
	uint32_t ah;

	(void)state;
	fx_bcast(0x8001, &b);
	ah = fx_ah(port, b.mlid, &b.mgid);
	send_check(fx_packet(60, ah, PEER_QPN),
			"dlid=0xc001 slid=4 grh=1 sgid=" OWN_GID_HEX
			" dgid=ff12401b8001000000000000ffffffff",
			60);
	assert_int_equal(pmd_ipoib_ah_destroy(port, ah), 0);
}

static void
packet_split(struct rte_mbuf *m, uint32_t at)
{
	struct rte_mbuf *tail = rte_pktmbuf_alloc(fx_pool);
	uint32_t rest = m->data_len - at;

	memcpy(rte_pktmbuf_append(tail, (uint16_t)rest), rte_pktmbuf_mtod_offset(m, uint8_t *, at),
			rest);
	rte_pktmbuf_trim(m, (uint16_t)rest);
	assert_int_equal(rte_pktmbuf_chain(m, tail), 0);
}

static void
test_awkward_buffers(void **state)
{
	uint32_t ah = fx_ah(port, 0x0102, NULL);
	struct rte_mbuf *m, *clone;
	uint32_t i;

	(void)state;
	m = fx_packet(301, ah, PEER_QPN);
	packet_split(m, 33);
	send_check(m, "dlid=0x0102 slid=4", 301);

	/* Somebody else keeps a reference: the original stays as it was. */
	m = fx_packet(100, ah, PEER_QPN);
	rte_mbuf_refcnt_update(m, 1);
	send_check(m, "dlid=0x0102 slid=4", 100);
	assert_int_equal(m->pkt_len, 100);
	for (i = 0; i < 100; i++)
		assert_int_equal(*rte_pktmbuf_mtod_offset(m, uint8_t *, i), fx_pattern(i));
	clone = rte_pktmbuf_clone(m, fx_pool);
	assert_non_null(clone);
	*pmd_ipoib_meta(clone) = *pmd_ipoib_meta(m);
	send_check(clone, "dlid=0x0102 slid=4", 100);
	rte_pktmbuf_free(m);

	/* No headroom; no room behind. */
	m = fx_packet(100, ah, PEER_QPN);
	memmove((uint8_t *)m->buf_addr + 8, rte_pktmbuf_mtod(m, void *), 100);
	m->data_off = 8;
	send_check(m, "dlid=0x0102 slid=4", 100);
	m = fx_packet(100, ah, PEER_QPN);
	memmove((uint8_t *)m->buf_addr + m->buf_len - 100, rte_pktmbuf_mtod(m, void *), 100);
	m->data_off = m->buf_len - 100;
	send_check(m, "dlid=0x0102 slid=4", 100);
	assert_int_equal(pmd_ipoib_ah_destroy(port, ah), 0);
	fx_no_leak();
}

static void
drop_check(struct rte_mbuf *m, const char *counter)
{
	struct rte_eth_stats stats;
	uint8_t frame[FX_FRAME_MAX];

	rte_eth_stats_reset(port);
	rte_eth_xstats_reset(port);
	assert_int_equal(rte_eth_tx_burst(port, 0, &m, 1), 1);
	assert_int_equal(fx_sent(0, frame, sizeof(frame)), 0);
	assert_int_equal(fx_xstat(port, counter), 1);
	assert_int_equal(rte_eth_stats_get(port, &stats), 0);
	assert_int_equal(stats.oerrors, 1);
	assert_int_equal(stats.opackets, 0);
	fx_no_leak();
}

static void
test_drops(void **state)
{
	struct ib_gid mgid;
	uint32_t ah = fx_ah(port, 0x0102, NULL);
	uint32_t mah;

	(void)state;
	drop_check(fx_packet(60, ah + 1, PEER_QPN), "tx_drop_no_ah");
	drop_check(fx_packet(60, PMD_IPOIB_AH_NONE, PEER_QPN), "tx_drop_no_ah");
	drop_check(fx_packet(3, ah, PEER_QPN), "tx_drop_too_short");
	drop_check(fx_packet(2049, ah, PEER_QPN), "tx_drop_too_long");
	assert_int_equal(pmd_ipoib_ah_destroy(port, ah), 0);
	drop_check(fx_packet(60, ah, PEER_QPN), "tx_drop_no_ah");

	ipoib_mgid_ipv4(IPOIB_SCOPE_LINK, 0x8001, 0xe0000105, &mgid);
	mah = fx_ah(port, 0xc055, &mgid);
	drop_check(fx_packet(60, mah, IB_QPN_MULTICAST), "tx_drop_not_joined");
	assert_int_equal(pmd_ipoib_mcast_attach(port, &mgid, 0xc056, false), 0);
	drop_check(fx_packet(60, mah, IB_QPN_MULTICAST), "tx_drop_not_joined");
	assert_int_equal(pmd_ipoib_mcast_detach(port, &mgid), 0);
	assert_int_equal(pmd_ipoib_mcast_attach(port, &mgid, 0xc055, true), 0);
	send_check(fx_packet(60, mah, PEER_QPN),
			"dlid=0xc055 slid=4 grh=1 sgid=" OWN_GID_HEX
			" dgid=ff12401b800100000000000000000105",
			60);
	assert_int_equal(pmd_ipoib_mcast_detach(port, &mgid), 0);
	drop_check(fx_packet(60, mah, IB_QPN_MULTICAST), "tx_drop_not_joined");

	assert_int_equal(pmd_ipoib_bcast_set(port, NULL), 0);
	drop_check(fx_packet(60, mah, IB_QPN_MULTICAST), "tx_drop_not_active");
	fx_port_join(port, 0x8001);
	assert_int_equal(pmd_ipoib_ah_destroy(port, mah), 0);
}

static void
test_no_buffer(void **state)
{
	struct rte_mbuf *held[FX_MBUFS], *m;
	uint32_t ah = fx_ah(port, 0x0102, NULL);
	unsigned int n;

	(void)state;
	rte_eth_xstats_reset(port);
	m = fx_packet(100, ah, PEER_QPN);
	packet_split(m, 50);
	for (n = 0; n < FX_MBUFS; n++) {
		held[n] = rte_pktmbuf_alloc(fx_pool);
		if (held[n] == NULL)
			break;
	}
	assert_int_equal(rte_eth_tx_burst(port, 0, &m, 1), 1);
	assert_int_equal(fx_xstat(port, "tx_drop_nombuf"), 1);
	rte_pktmbuf_free_bulk(held, n);
	assert_int_equal(pmd_ipoib_ah_destroy(port, ah), 0);
	fx_no_leak();
}

/* A carrier that takes no more: order holds, nothing is lost, the rest stays the sender's. */
static void
test_carrier_full(void **state)
{
	uint32_t ah = fx_ah(port, 0x0102, NULL), i, sent = 0, seen = 0;
	struct rte_mbuf *m, *none[1];
	uint8_t frame[FX_FRAME_MAX];

	(void)state;
	rte_eth_xstats_reset(port);
	for (;;) {
		m = fx_packet(8, ah, PEER_QPN);
		*rte_pktmbuf_mtod_offset(m, uint32_t *, 4) = sent;
		if (rte_eth_tx_burst(port, 0, &m, 1) == 0)
			break;
		sent++;
		assert_true(sent < 4 * BACKLOG);
	}
	/* Refused and unchanged. */
	assert_int_equal(m->pkt_len, 8);
	assert_int_equal(pmd_ipoib_meta(m)->ah, ah);
	rte_pktmbuf_free(m);
	assert_int_equal(sent, BACKLOG + TX_RING);
	assert_int_equal(fx_xstat(port, "tx_held"), BACKLOG);
	/* No further send is needed to move the backlog: a poll does. */
	for (i = 0; i < 4 * BACKLOG && seen < sent; i++) {
		while (fx_sent(0, frame, sizeof(frame)) != 0) {
			assert_memory_equal(frame + 14 + 8 + 20 + 4, &seen, sizeof(seen));
			seen++;
		}
		rte_eth_rx_burst(port, 0, none, 1);
	}
	assert_int_equal(seen, sent);
	assert_int_equal(fx_xstat(port, "tx_drop_carrier"), 0);
	assert_int_equal(fx_xstat(port, "tx_held"), 0);
	psn += sent;
	assert_int_equal(pmd_ipoib_ah_destroy(port, ah), 0);
	fx_no_leak();
}

static void
test_burst(void **state)
{
	uint32_t ah = fx_ah(port, 0x0102, NULL);
	struct pmd_ipoib_queue_stats queue;
	struct rte_mbuf *m[TX_RING];
	struct rte_eth_stats stats;
	unsigned int i;

	(void)state;
	rte_eth_stats_reset(port);
	/* A bad one amid good ones takes nobody else with it. */
	for (i = 0; i < TX_RING; i++)
		m[i] = fx_packet(20 + i, i == 7 ? PMD_IPOIB_AH_NONE : ah, PEER_QPN);
	assert_int_equal(rte_eth_tx_burst(port, 0, m, TX_RING), TX_RING);
	for (i = 0; i < TX_RING; i += i == 6 ? 2 : 1)
		sent_check("dlid=0x0102 slid=4", 20 + i);
	assert_int_equal(rte_eth_stats_get(port, &stats), 0);
	assert_int_equal(stats.opackets, TX_RING - 1);
	assert_int_equal(pmd_ipoib_queue_stats(port, 0, &queue), 0);
	assert_int_equal(queue.tx_packets, TX_RING - 1);
	assert_int_equal(stats.oerrors, 1);
	assert_int_equal(pmd_ipoib_ah_destroy(port, ah), 0);
	fx_no_leak();
}

/* The very next packet after a change carries the new LID. */
static void
test_lid_change(void **state)
{
	uint32_t ah = fx_ah(port, 0x0102, NULL);
	struct ipoib_mad_port ident;

	(void)state;
	fx_ident(&ident);
	ident.lid = 0x1234;
	ident.lmc = 0;
	fake_mad_set(&ident);
	send_check(fx_packet(60, ah, PEER_QPN), "dlid=0x0102 slid=4", 60);
	pmd_ipoib_poll(port, 0);
	send_check(fx_packet(60, ah, PEER_QPN), "dlid=0x0102 slid=0x1234", 60);
	fx_ident(&ident);
	fake_mad_set(&ident);
	pmd_ipoib_poll(port, 0);
	send_check(fx_packet(60, ah, PEER_QPN), "dlid=0x0102 slid=4", 60);
	assert_int_equal(pmd_ipoib_ah_destroy(port, ah), 0);
}

static void
test_handles(void **state)
{
	struct pmd_ipoib_av av = { .dlid = 9 };
	uint32_t *ah = malloc(65536 * sizeof(*ah)), i, first;
	const struct {
		struct pmd_ipoib_av av;
	} bad[] = {
		{ { .dlid = 0 } },
		{ { .dlid = 0xffff } },
		{ { .dlid = 0xc001 } },
		{ { .dlid = 0xc001, .is_global = true, .dgid = fx_gid } },
		{ { .dlid = 9, .is_global = true, .dgid = { { 0xff } } } },
		{ { .dlid = 9, .sl = 16 } },
		{ { .dlid = 9, .src_path_bits = 128 } },
		{ { .dlid = 9, .flow_label = 0x100000 } },
	};

	(void)state;
	assert_non_null(ah);
	for (i = 0; i < RTE_DIM(bad); i++)
		assert_int_equal(pmd_ipoib_ah_create(port, &bad[i].av, &first), -EINVAL);
	assert_int_equal(pmd_ipoib_ah_count(port), 0);
	for (i = 0; i < 65536; i++)
		assert_int_equal(pmd_ipoib_ah_create(port, &av, &ah[i]), 0);
	assert_int_equal(pmd_ipoib_ah_create(port, &av, &first), -ENOSPC);
	assert_int_equal(pmd_ipoib_ah_count(port), 65536);
	/* Numbers come back in the order in which they were given up. */
	assert_int_equal(pmd_ipoib_ah_destroy(port, ah[777]), 0);
	assert_int_equal(pmd_ipoib_ah_destroy(port, ah[5]), 0);
	assert_int_equal(pmd_ipoib_ah_destroy(port, ah[5]), -ENOENT);
	assert_int_equal(pmd_ipoib_ah_create(port, &av, &first), 0);
	assert_int_equal(first, ah[777]);
	assert_int_equal(pmd_ipoib_ah_create(port, &av, &first), 0);
	assert_int_equal(first, ah[5]);
	for (i = 0; i < 65536; i++)
		assert_int_equal(pmd_ipoib_ah_destroy(port, ah[i]), 0);
	assert_int_equal(pmd_ipoib_ah_count(port), 0);
	assert_int_equal(pmd_ipoib_ah_destroy(port, 65536), -ENOENT);
	free(ah);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unicast),
		cmocka_unit_test(test_vector_fields),
		cmocka_unit_test(test_multicast_has_grh),
		cmocka_unit_test(test_awkward_buffers),
		cmocka_unit_test(test_drops),
		cmocka_unit_test(test_no_buffer),
		cmocka_unit_test(test_carrier_full),
		cmocka_unit_test(test_burst),
		cmocka_unit_test(test_lid_change),
		cmocka_unit_test(test_handles),
	};
	int ret;

	if (fx_eal_setup(argc, argv) != 0)
		return 1;
	ret = cmocka_run_group_tests(tests, tx_setup, tx_teardown);
	fx_eal_teardown();
	return ret;
}

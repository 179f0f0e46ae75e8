/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Bursts over verbs: checksums that the device makes, and what lies at the edges. */

#include <string.h>

#include <rte_ethdev.h>

#include "ipoib_pmd.h"
#include "verbs_fixture.h"

/* Both interfaces of a provider, each with checksums. */
static void
interface_set(unsigned int bits)
{
	fv.no_cq_ex = (bits & 1) != 0;
	fv.no_qp_ex = (bits & 1) != 0;
	fv.no_inline = (bits & 2) != 0;
	fv.csum = true;
}

static void
send_flags(uint32_t len, uint64_t flags)
{
	struct rte_mbuf *m = fx_packet(len, vf.ah[0], vf.qpn[1]);

	m->ol_flags |= flags;
	assert_int_equal(rte_eth_tx_burst(vf.port[0], 0, &m, 1), 1);
	assert_int_equal(vf_recv(1, len), 1);
}

/* Asked for by packet: the header's, or that of what is in it; inline or not. */
static void
test_checksum_made(void **state)
{
	struct rte_eth_dev_info info;
	unsigned int bits;

	(void)state;
	for (bits = 0; bits < 4; bits++) {
		interface_set(bits);
		vf_open();
		assert_int_equal(rte_eth_dev_info_get(vf.port[0], &info), 0);
		assert_true((info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_UDP_CKSUM) != 0);
		assert_true((info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_UDP_CKSUM) != 0);
		send_flags(60, 0);
		assert_int_equal(fv_seen.ip_csum, 0);
		send_flags(60, RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM);
		assert_int_equal(fv_seen.ip_csum, 1);
		send_flags(500, RTE_MBUF_F_TX_IPV6 | RTE_MBUF_F_TX_UDP_CKSUM);
		assert_int_equal(fv_seen.ip_csum, 2);
		send_flags(500, RTE_MBUF_F_TX_IPV6);
		assert_int_equal(fv_seen.ip_csum, 2);
		vf_close();
		vf_teardown(NULL);
		vf_setup(NULL);
	}
}

/* Of a packet that has to be copied, too. */
static void
test_checksum_copied(void **state)
{
	struct rte_mbuf *m, *more;
	unsigned int i;

	(void)state;
	interface_set(0);
	vf_open();
	m = fx_packet(500, vf.ah[0], vf.qpn[1]);
	rte_pktmbuf_trim(m, FV_SGE);
	for (i = 0; i < FV_SGE; i++) {
		more = rte_pktmbuf_alloc(fx_pool);
		*(uint8_t *)rte_pktmbuf_append(more, 1) = fx_pattern(500 - FV_SGE + i);
		assert_int_equal(rte_pktmbuf_chain(m, more), 0);
	}
	m->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
	assert_int_equal(rte_eth_tx_burst(vf.port[0], 0, &m, 1), 1);
	assert_int_equal(vf_recv(1, 500), 1);
	assert_int_equal(fx_xstat(vf.port[0], "tx_copied"), 1);
	assert_int_equal(fv_seen.ip_csum, 1);
	vf_close();
}

/* What the device says of one packet is not said of the next one in the same buffer. */
static void
test_checksum_seen(void **state)
{
	const uint64_t good = RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	static struct rte_mbuf *all[FX_MBUFS];
	struct rte_mbuf *m;
	unsigned int n, i;

	(void)state;
	interface_set(0);
	vf_open();
	fv.csum_ok = true;
	assert_true(fv_inject(0, vf.qpn[0], 7, 8, NULL, "\10\0\0\0", 4));
	assert_int_equal(rte_eth_rx_burst(vf.port[0], 0, &m, 1), 1);
	assert_int_equal(m->ol_flags, good);
	rte_pktmbuf_free(m);
	/* Without mbufs all buffers of the ring are used again. */
	n = rte_mempool_avail_count(fx_pool);
	assert_int_equal(rte_pktmbuf_alloc_bulk(fx_pool, all, n), 0);
	for (i = 0; i < 2 * VF_RXD; i++) {
		assert_true(fv_inject(0, vf.qpn[0], 7, 8, NULL, "\10\0\0\0", 4));
		assert_int_equal(rte_eth_rx_burst(vf.port[0], 0, &m, 1), 0);
	}
	rte_pktmbuf_free_bulk(all, n);
	fv.csum_ok = false;
	assert_true(fv_inject(0, vf.qpn[0], 7, 8, NULL, "\10\0\0\0", 4));
	assert_int_equal(rte_eth_rx_burst(vf.port[0], 0, &m, 1), 1);
	assert_int_equal(m->ol_flags, 0);
	rte_pktmbuf_free(m);
	vf_close();
}

/* A device that makes none is not asked to, and says so. */
static void
test_no_checksum(void **state)
{
	struct rte_eth_dev_info info;

	(void)state;
	vf_open();
	assert_int_equal(rte_eth_dev_info_get(vf.port[0], &info), 0);
	assert_int_equal(info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_IPV4_CKSUM, 0);
	send_flags(60, RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM);
	assert_int_equal(fv_seen.ip_csum, 0);
	vf_close();
}

static void
test_octets(void **state)
{
	struct rte_eth_stats s;

	(void)state;
	vf_open();
	assert_int_equal(vf_send(0, 10, 60), 10);
	assert_int_equal(vf_send(0, 10, 1000), 10);
	assert_int_equal(vf_recv(1, 0), 20);
	assert_int_equal(rte_eth_stats_get(vf.port[0], &s), 0);
	assert_int_equal(s.opackets, 20);
	assert_int_equal(s.obytes, 10 * 60 + 10 * 1000);
	assert_int_equal(rte_eth_stats_get(vf.port[1], &s), 0);
	assert_int_equal(s.ipackets, 20);
	assert_int_equal(s.ibytes, 10 * 60 + 10 * 1000);
	vf_close();
}

/* The number of a handle is not taken for another's. */
static void
test_handle_beyond(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	vf_open();
	m = fx_packet(100, IPOIB_AH_MAX + vf.ah[0], vf.qpn[1]);
	assert_int_equal(rte_eth_tx_burst(vf.port[0], 0, &m, 1), 1);
	assert_int_equal(fx_xstat(vf.port[0], "tx_drop_no_ah"), 1);
	assert_int_equal(vf_recv(1, 100), 0);
	vf_close();
}

/* A segment without octets is none for the device. */
static void
test_empty_segment(void **state)
{
	struct rte_mbuf *m, *end;

	(void)state;
	vf_open();
	m = fx_packet(500, vf.ah[0], vf.qpn[1]);
	end = rte_pktmbuf_alloc(fx_pool);
	assert_int_equal(rte_pktmbuf_chain(m, rte_pktmbuf_alloc(fx_pool)), 0);
	*(uint8_t *)rte_pktmbuf_append(end, 1) = fx_pattern(500);
	assert_int_equal(rte_pktmbuf_chain(m, end), 0);
	assert_int_equal(rte_eth_tx_burst(vf.port[0], 0, &m, 1), 1);
	assert_int_equal(vf_recv(1, 501), 1);
	assert_int_equal(fv_seen.segments, 2);
	vf_close();
}

/* Buffers that the device does not take are given to it later: the ring is as full as before. */
static void
test_recv_refused(void **state)
{
	unsigned int i;

	(void)state;
	vf_open();
	for (i = 0; i < 200; i++) {
		fv.recv_take = (int)(i % 5);
		assert_int_equal(vf_send(0, 40, 200), 40);
		assert_int_equal(vf_recv(1, 200), 40);
	}
	fv.recv_take = -1;
	assert_int_equal(vf_send(0, 64, 200), 64);
	assert_int_equal(vf_recv(1, 200), 64);
	assert_int_equal(fv_seen.no_buffer, 0);
	assert_true(fv_qp_posted(vf.qpn[1]) > VF_RXD - 32);
	vf_close();
}

int
main(int argc, char **argv)
{
#define VF_TEST(f) cmocka_unit_test_setup_teardown(f, vf_setup, vf_teardown)
	const struct CMUnitTest tests[] = {
		VF_TEST(test_checksum_made),
		VF_TEST(test_checksum_copied),
		VF_TEST(test_checksum_seen),
		VF_TEST(test_no_checksum),
		VF_TEST(test_octets),
		VF_TEST(test_handle_beyond),
		VF_TEST(test_empty_segment),
		VF_TEST(test_recv_refused),
	};
	int ret;

	if (fx_eal_setup(argc, argv) != 0)
		return 1;
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	fx_eal_teardown();
	return ret;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Addresses: all LIDs of a port, several QPNs, GRHs where a LID is shared, what a vector holds. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_ethdev.h>

#include "ib_hdr.h"
#include "pmd_fixture.h"

#define BURST 32
#define NB_DESC 128
#define BASE_LID 0x80
#define LMC_MAX 7
#define PEER_QPN 0x4321
#define PEER_GID_HEX "fe800000000000000002c90300005678"
#define OWN_GID_HEX "fe800000000000000002c90300001234"

static const struct ib_gid peer_gid = { { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 2, 0xc9, 3, 0, 0, 0x56,
		0x78 } };
static uint16_t port;
static struct pmd_ipoib_info info;

static void
port_open(const char *more, uint16_t queues)
{
	struct ipoib_mad_port ident;
	char args[128];

	fx_ident(&ident);
	fake_mad_set(&ident);
	fx_carrier_open(1, 256);
	snprintf(args, sizeof(args), FX_ARGS ",pkey=0x8001,queues=%u%s", queues, more);
	port = fx_port_open("net_ipoib0", args);
	fx_port_setup(port, queues, NB_DESC);
	fx_port_join(port, 0x8001);
	assert_int_equal(pmd_ipoib_info_get(port, &info), 0);
}

static int
addr_setup(void **state)
{
	(void)state;
	port_open("", 1);
	return 0;
}

static int
grh_setup(void **state)
{
	(void)state;
	port_open(",grh=on", 1);
	return 0;
}

static int
queues_setup(void **state)
{
	(void)state;
	port_open("", PMD_IPOIB_QUEUES_MAX);
	return 0;
}

static int
addr_teardown(void **state)
{
	(void)state;
	fx_port_close("net_ipoib0");
	fx_carrier_close();
	fx_no_leak();
	return 0;
}

/* For the QPN of one queue, polled on one. */
static uint16_t
receive_by(uint16_t qpn_of, uint16_t queue, const char *words)
{
	uint8_t frame[FX_FRAME_MAX];
	struct rte_mbuf *got[BURST];
	char all[256];
	uint16_t n;

	snprintf(all, sizeof(all), "dqpn=%u %s", info.qpn[qpn_of], words);
	fx_inject(frame, fx_oracle(all, frame, sizeof(frame)), 1);
	n = rte_eth_rx_burst(port, queue, got, BURST);
	rte_pktmbuf_free_bulk(got, n);
	assert_int_equal(fx_balance(&port, 1), 0);
	return n;
}

static uint16_t
receive(uint16_t queue, const char *words)
{
	return receive_by(queue, queue, words);
}

/* The frame that left is in @p frame; @return its length, 0 for none. */
static uint32_t
transmit(const struct pmd_ipoib_av *av, uint8_t *frame)
{
	struct rte_mbuf *m;
	uint32_t ah, len;

	assert_int_equal(pmd_ipoib_ah_create(port, av, &ah), 0);
	m = fx_packet(60, ah, PEER_QPN);
	assert_int_equal(rte_eth_tx_burst(port, 0, &m, 1), 1);
	len = fx_sent(0, frame, FX_FRAME_MAX);
	assert_int_equal(pmd_ipoib_ah_destroy(port, ah), 0);
	return len;
}

static void
lmc_set(uint8_t lmc)
{
	struct ipoib_mad_port ident;

	fx_ident(&ident);
	ident.lid = BASE_LID;
	ident.lmc = lmc;
	fake_mad_set(&ident);
	pmd_ipoib_poll(port, 0);
}

/* IBA 7.11.1: a port with LMC n takes 2^n LIDs, and no more. */
static void
test_lmc_receive(void **state)
{
	unsigned int lmc, lids;
	char words[64];

	(void)state;
	for (lmc = 0; lmc <= LMC_MAX; lmc++) {
		lmc_set((uint8_t)lmc);
		lids = 1u << lmc;
		rte_eth_xstats_reset(port);
		snprintf(words, sizeof(words), "dlid=%u", BASE_LID);
		assert_int_equal(receive(0, words), 1);
		snprintf(words, sizeof(words), "dlid=%u", BASE_LID + lids - 1);
		assert_int_equal(receive(0, words), 1);
		assert_int_equal(fx_rx_drops(port), 0);
		snprintf(words, sizeof(words), "dlid=%u", BASE_LID + lids);
		assert_int_equal(receive(0, words), 0);
		snprintf(words, sizeof(words), "dlid=%u", BASE_LID - 1);
		assert_int_equal(receive(0, words), 0);
		assert_int_equal(fx_xstat(port, "rx_drop_dlid"), 2);
	}
}

/* The source LID is the base LID with the handle's path bits, as many as LMC allows. */
static void
test_lmc_send(void **state)
{
	struct pmd_ipoib_av av = { .dlid = 0x102 };
	uint8_t frame[FX_FRAME_MAX];
	unsigned int lmc, bits;

	(void)state;
	for (lmc = 0; lmc <= LMC_MAX; lmc++) {
		lmc_set((uint8_t)lmc);
		for (bits = 0; bits < 128; bits++) {
			av.src_path_bits = (uint8_t)bits;
			assert_true(transmit(&av, frame) > 0);
			assert_int_equal(frame[20] << 8 | frame[21],
					BASE_LID | (bits & ((1u << lmc) - 1)));
			/* The carrier's source address says the same. */
			assert_memory_equal(frame + 10, frame + 20, 2);
		}
	}
}

/* All service levels reach the LRH; the rate is kept, whatever it is. */
static void
test_sl_and_rate(void **state)
{
	struct pmd_ipoib_av av = { .dlid = 0x102 }, back;
	uint8_t frame[FX_FRAME_MAX];
	uint32_t ah;

	(void)state;
	for (av.sl = 0; av.sl < 16; av.sl++) {
		assert_true(transmit(&av, frame) > 0);
		assert_int_equal(frame[15], av.sl << 4 | IB_LNH_LOCAL);
	}
	av = (struct pmd_ipoib_av){
		.dlid = 0x102,
		.sl = 9,
		.src_path_bits = 1,
		.is_global = true,
		.hop_limit = 5,
		.tclass = 0xa5,
		.flow_label = 0xfedcb,
		.dgid = peer_gid,
	};
	for (av.static_rate = 0; av.static_rate < 64; av.static_rate++) {
		assert_int_equal(pmd_ipoib_ah_create(port, &av, &ah), 0);
		memset(&back, 0, sizeof(back));
		assert_int_equal(pmd_ipoib_ah_query(port, ah, &back), 0);
		assert_int_equal(back.static_rate, av.static_rate);
		assert_int_equal(pmd_ipoib_ah_destroy(port, ah), 0);
	}
	assert_int_equal(back.dlid, 0x102);
	assert_int_equal(back.sl, 9);
	assert_int_equal(back.src_path_bits, 1);
	assert_true(back.is_global && ib_gid_equal(&back.dgid, &peer_gid));
	assert_int_equal(back.hop_limit, 5);
	assert_int_equal(back.tclass, 0xa5);
	assert_int_equal(back.flow_label, 0xfedcb);
	assert_int_equal(pmd_ipoib_ah_create(port, &av, &ah), -EINVAL);
	assert_int_equal(pmd_ipoib_ah_query(port, 0, &back), -ENOENT);
	assert_int_equal(pmd_ipoib_ah_query(port, PMD_IPOIB_AH_NONE, &back), -ENOENT);
	assert_int_equal(pmd_ipoib_ah_query(fx.port, 0, &back), -ENODEV);
}

/* Without being required a GRH is welcome, but it has to be ours. */
static void
test_grh_optional(void **state)
{
	struct pmd_ipoib_av av = { .dlid = FX_LID, .is_global = true, .dgid = peer_gid };
	uint8_t frame[FX_FRAME_MAX];

	(void)state;
	assert_false(info.grh_required);
	assert_int_equal(receive(0, ""), 1);
	assert_int_equal(receive(0, "grh=1 dgid=" OWN_GID_HEX), 1);
	assert_int_equal(receive(0, "grh=1 dgid=" PEER_GID_HEX), 0);
	assert_int_equal(fx_xstat(port, "rx_drop_dgid"), 1);
	/* Our LID is ours alone: with a stranger's GID nobody takes it, here or elsewhere. */
	assert_int_equal(transmit(&av, frame), 0);
	assert_int_equal(fx_xstat(port, "rx_drop_dgid"), 2);
}

/* A virtual port: no vector without GRH. */
static void
test_grh_required(void **state)
{
	struct pmd_ipoib_av av = { .dlid = 0x102 };
	uint8_t frame[FX_FRAME_MAX];
	uint32_t ah;

	(void)state;
	assert_true(info.grh_required);
	assert_int_equal(pmd_ipoib_ah_create(port, &av, &ah), -EINVAL);
	assert_int_equal(pmd_ipoib_ah_count(port), 0);
	av.is_global = true;
	av.dgid = peer_gid;
	assert_true(transmit(&av, frame) > 0);
	assert_int_equal(frame[15] & 3, IB_LNH_GLOBAL);
	assert_memory_equal(frame + 22 + 8, &fx_gid, IB_GID_LEN);
	assert_memory_equal(frame + 22 + 24, &peer_gid, IB_GID_LEN);
}

/* Two ports share LID 4: the GID decides on both ways, and never is one taken for the other. */
static void
test_shared_lid(void **state)
{
	struct pmd_ipoib_av other = { .dlid = FX_LID, .is_global = true, .dgid = peer_gid };
	struct pmd_ipoib_av own = { .dlid = FX_LID, .is_global = true, .dgid = fx_gid };
	uint8_t frame[FX_FRAME_MAX];
	struct rte_mbuf *got[BURST];
	char words[256];
	uint32_t len;

	(void)state;
	/* To the neighbour on the same LID: out, not looped back. */
	len = transmit(&other, frame);
	assert_true(len > 0);
	assert_int_equal(fx_xstat(port, "rx_loopback"), 0);
	/* The carrier floods: our own frame comes back, and is not for our GID. */
	fx_inject(frame, len, 1);
	assert_int_equal(rte_eth_rx_burst(port, 0, got, BURST), 0);
	assert_int_equal(fx_xstat(port, "rx_drop_dgid"), 1);
	/* The neighbour's answer has our LID, even our QPN by chance, but another GID. */
	snprintf(words, sizeof(words), "slid=4 sqpn=%u grh=1 sgid=%s dgid=%s", info.qpn[0],
			PEER_GID_HEX, OWN_GID_HEX);
	assert_int_equal(receive(0, words), 1);
	assert_int_equal(receive(0, "slid=7 grh=1 dgid=" PEER_GID_HEX), 0);
	assert_int_equal(fx_xstat(port, "rx_drop_dgid"), 2);
	/* And to ourselves it is looped back, never sent. */
	assert_int_equal(transmit(&own, frame), 0);
	assert_int_equal(fx_xstat(port, "rx_loopback"), 1);
	assert_int_equal(fx_balance(&port, 1), 0);
}

/* The MAD library may know it, too, and may learn it late. */
static void
test_grh_from_port(void **state)
{
	struct pmd_ipoib_av av = { .dlid = 0x102 };
	struct ipoib_mad_port ident;
	struct pmd_ipoib_info i;
	uint32_t ah;

	(void)state;
	fx_ident(&ident);
	ident.grh_required = true;
	fake_mad_set(&ident);
	pmd_ipoib_poll(port, 0);
	assert_int_equal(pmd_ipoib_info_get(port, &i), 0);
	assert_true(i.grh_required);
	assert_int_equal(pmd_ipoib_ah_create(port, &av, &ah), -EINVAL);
}

/* Each QPN that a port may advertise leads to its own queue. */
static void
test_qpn_per_queue(void **state)
{
	uint16_t q, k;

	(void)state;
	assert_int_equal(info.nb_qps, PMD_IPOIB_QUEUES_MAX);
	for (q = 0; q < PMD_IPOIB_QUEUES_MAX; q++) {
		for (k = 0; k < q; k++)
			assert_int_not_equal(info.qpn[k], info.qpn[q]);
		assert_int_equal(receive(q, ""), 1);
	}
	assert_int_equal(fx_rx_drops(port), 0);
}

static uint64_t
received(uint16_t port_id, uint16_t queue)
{
	struct pmd_ipoib_queue_stats s;

	assert_int_equal(pmd_ipoib_queue_stats(port_id, queue, &s), 0);
	return s.rx_packets;
}

/*
 * With fewer queues the QPNs that are left lead where they led before, and those that are gone to
 * one of them, for a peer may know them for a while. Nothing that was counted is lost.
 */
static void
test_fewer_queues(void **state)
{
	struct pmd_ipoib_info before = info, after;
	struct rte_eth_stats stats;
	uint16_t q;

	(void)state;
	for (q = 0; q < PMD_IPOIB_QUEUES_MAX; q++)
		assert_int_equal(receive(q, ""), 1);
	assert_int_equal(rte_eth_dev_stop(port), 0);
	fx_port_setup(port, 3, NB_DESC);
	assert_int_equal(fx_balance(&port, 1), 0);
	assert_int_equal(pmd_ipoib_info_get(port, &after), 0);
	assert_int_equal(after.nb_qps, 3);
	assert_memory_equal(after.qpn, before.qpn, 3 * sizeof(after.qpn[0]));
	for (q = 0; q < PMD_IPOIB_QUEUES_MAX; q++)
		assert_int_equal(receive_by(q, q % 3, ""), 1);
	assert_int_equal(rte_eth_stats_get(port, &stats), 0);
	assert_int_equal(stats.ipackets, 2 * PMD_IPOIB_QUEUES_MAX);
	assert_int_equal(received(port, 0), 6);
	assert_int_equal(received(port, 2), 5);
	assert_int_equal(received(port, 3), 0);
	/* More again. */
	assert_int_equal(rte_eth_dev_stop(port), 0);
	fx_port_setup(port, PMD_IPOIB_QUEUES_MAX, NB_DESC);
	assert_int_equal(pmd_ipoib_info_get(port, &after), 0);
	assert_int_equal(after.nb_qps, PMD_IPOIB_QUEUES_MAX);
	assert_memory_equal(after.qpn, before.qpn, sizeof(after.qpn));
	for (q = 0; q < PMD_IPOIB_QUEUES_MAX; q++)
		assert_int_equal(receive(q, ""), 1);
	assert_int_equal(fx_rx_drops(port), 0);
	assert_int_equal(rte_eth_stats_reset(port), 0);
	assert_int_equal(rte_eth_stats_get(port, &stats), 0);
	assert_int_equal(stats.ipackets, 0);
}

/* From sender to member and to another MLID without a gap in between. */
static void
test_group_update(void **state)
{
	static const char frame[] = "dqpn=0xffffff dlid=0xc022 grh=1 "
				    "dgid=ff12401b800100000000000000000105";
	struct ib_gid mgid;

	(void)state;
	ipoib_mgid_ipv4(IPOIB_SCOPE_LINK, 0x8001, 0xe0000105, &mgid);
	assert_int_equal(pmd_ipoib_mcast_update(port, &mgid, 0xc022, false), -ENOENT);
	assert_int_equal(pmd_ipoib_mcast_attach(port, &mgid, 0xc021, true), 0);
	assert_int_equal(receive(0, frame), 0);
	assert_int_equal(pmd_ipoib_mcast_update(port, &mgid, 0xc021, false), 0);
	assert_int_equal(receive(0, frame), 0);
	assert_int_equal(pmd_ipoib_mcast_update(port, &mgid, 0xc022, false), 0);
	assert_int_equal(receive(0, frame), 1);
	assert_int_equal(pmd_ipoib_mcast_update(port, &mgid, 0xc022, true), 0);
	assert_int_equal(receive(0, frame), 0);
	assert_int_equal(fx_xstat(port, "rx_drop_dlid"), 3);
	assert_int_equal(pmd_ipoib_mcast_update(port, &mgid, 4, true), -EINVAL);
	assert_int_equal(pmd_ipoib_mcast_update(fx.port, &mgid, 0xc022, true), -ENODEV);
	assert_int_equal(pmd_ipoib_mcast_detach(port, &mgid), 0);
}

#define ADDR_TEST(f, setup) cmocka_unit_test_setup_teardown(f, setup, addr_teardown)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		ADDR_TEST(test_lmc_receive, addr_setup),
		ADDR_TEST(test_lmc_send, addr_setup),
		ADDR_TEST(test_sl_and_rate, addr_setup),
		ADDR_TEST(test_grh_optional, addr_setup),
		ADDR_TEST(test_grh_required, grh_setup),
		ADDR_TEST(test_shared_lid, grh_setup),
		ADDR_TEST(test_grh_from_port, addr_setup),
		ADDR_TEST(test_qpn_per_queue, queues_setup),
		ADDR_TEST(test_fewer_queues, queues_setup),
		ADDR_TEST(test_group_update, addr_setup),
	};
	int ret;

	if (fx_eal_setup(argc, argv) != 0)
		return 1;
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	fx_eal_teardown();
	return ret;
}

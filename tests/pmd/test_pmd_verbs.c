/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* The verbs backend's bursts, with what providers have and have not. */

#include <stdio.h>
#include <string.h>

#include <rte_bus_vdev.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>

#include "verbs_fixture.h"

/* What a provider is without; each bit is one. */
static void
lacks_set(unsigned int bits)
{
	fv.no_cq_ex = (bits & 1) != 0;
	fv.no_qp_ex = (bits & 2) != 0;
	fv.no_td = (bits & 4) != 0;
	fv.no_inline = (bits & 8) != 0;
	fv.reset_cleans = (bits & 16) != 0;
}

/* Both ways, all lengths, with each provider that there may be. */
static void
test_both_ways(void **state)
{
	static const uint32_t lens[] = { 4, 60, 96, 97, 1500, 2048 };
	unsigned int bits, from, k;

	(void)state;
	for (bits = 0; bits < 32; bits++) {
		lacks_set(bits);
		vf_open();
		for (k = 0; k < RTE_DIM(lens); k++)
			for (from = 0; from < 2; from++) {
				assert_int_equal(vf_send(from, 32, lens[k]), 32);
				assert_int_equal(vf_recv(1 - from, lens[k]), 32);
			}
		assert_int_equal(fx_xstat(vf.port[0], "rx_good_packets"), 32 * RTE_DIM(lens));
		assert_int_equal(fx_rx_drops(vf.port[0]), 0);
		assert_int_equal(fx_rx_drops(vf.port[1]), 0);
		assert_true((fv_seen.inlined > 0) == !fv.no_inline);
		vf_close();
		vf_teardown(NULL);
		vf_setup(NULL);
	}
}

/* A provider that posts by system calls makes the fewest of chains of 11. */
static void
test_short_chains(void **state)
{
	(void)state;
	lacks_set(2 | 8);
	vf_open();
	assert_int_equal(vf_send(0, 32, 200), 32);
	assert_int_equal(fv_seen.posts, 3);
	assert_int_equal(vf_send(0, 11, 200), 11);
	assert_int_equal(fv_seen.posts, 4);
	assert_int_equal(fv_seen.sends, 43);
	assert_int_equal(fv_seen.signalled, 2);
	assert_int_equal(vf_recv(1, 200), 43);
	vf_close();
}

/* A burst is one chain and one doorbell, and asks for one completion. */
static void
test_one_doorbell(void **state)
{
	unsigned int bits;

	(void)state;
	for (bits = 0; bits < 4; bits++) {
		lacks_set(bits);
		vf_open();
		assert_int_equal(vf_send(0, 64, 200), 64);
		assert_int_equal(fv_seen.posts, 1);
		assert_int_equal(fv_seen.sends, 64);
		assert_int_equal(fv_seen.signalled, 1);
		/* More than a chain holds: a chain and a completion for each part. */
		assert_int_equal(vf_send(0, 160, 200), 160);
		assert_int_equal(fv_seen.posts, 4);
		assert_int_equal(fv_seen.signalled, 4);
		while (vf_recv(1, 200) > 0)
			;
		vf_close();
		vf_teardown(NULL);
		vf_setup(NULL);
	}
}

static void
grh_of(struct ibv_grh *g, const uint8_t *sgid, const uint8_t *dgid)
{
	memset(g, 0, sizeof(*g));
	g->version_tclass_flow = htobe32(6u << 28 | 0x12345);
	g->hop_limit = 17;
	memcpy(g->sgid.raw, sgid, 16);
	memcpy(g->dgid.raw, dgid, 16);
}

static struct rte_mbuf *
inject(const struct ibv_grh *grh, uint16_t slid, uint32_t qpn)
{
	static const uint8_t data[] = { 8, 0, 0, 0, 1, 2, 3, 4 };
	struct rte_mbuf *m = NULL;

	assert_true(fv_inject(0, vf.qpn[0], slid, qpn, grh, data, sizeof(data)));
	if (rte_eth_rx_burst(vf.port[0], 0, &m, 1) == 0)
		return NULL;
	assert_int_equal(m->pkt_len, sizeof(data));
	assert_memory_equal(rte_pktmbuf_mtod(m, void *), data, sizeof(data));
	return m;
}

static void
meta_check(const struct ibv_grh *grh, uint8_t flags)
{
	struct rte_mbuf *m = inject(grh, 0x77, 0xabcdef);

	assert_non_null(m);
	assert_int_equal(pmd_ipoib_meta(m)->slid, 0x77);
	assert_int_equal(pmd_ipoib_meta(m)->qpn, 0xabcdef);
	assert_int_equal(pmd_ipoib_meta(m)->flags, flags);
	assert_int_equal(pmd_ipoib_meta(m)->rsvd, 0);
	assert_true(rte_pktmbuf_headroom(m) >= 40);
	if (grh != NULL)
		assert_memory_equal(rte_pktmbuf_mtod_offset(m, char *, -40), grh, 40);
	rte_pktmbuf_free(m);
}

/* SLID, QPN and GRH of each kind of destination, old and extended CQ. */
static void
test_metadata(void **state)
{
	uint8_t peer[16] = { 0xfe, 0x80, [15] = 9 },
		group[16] = { 0xff, 0x12, 0x40, 0x1b, [15] = 5 };
	struct pmd_ipoib_bcast b;
	struct ibv_grh grh;
	unsigned int bits;

	(void)state;
	fx_bcast(VF_PKEY, &b);
	for (bits = 0; bits < 2; bits++) {
		lacks_set(bits);
		vf_open();
		meta_check(NULL, 0);
		grh_of(&grh, peer, fv.dev[0].gid.raw);
		meta_check(&grh, PMD_IPOIB_RX_GRH);
		grh_of(&grh, peer, group);
		meta_check(&grh, PMD_IPOIB_RX_GRH | PMD_IPOIB_RX_MCAST);
		grh_of(&grh, peer, b.mgid.raw);
		meta_check(&grh, PMD_IPOIB_RX_GRH | PMD_IPOIB_RX_MCAST | PMD_IPOIB_RX_BCAST);
		vf_close();
		vf_teardown(NULL);
		vf_setup(NULL);
	}
}

/* Too short for an encapsulation header: dropped, and the buffer is used again. */
static void
test_short(void **state)
{
	static const uint8_t data[4] = { 8, 0, 0, 0 };
	struct rte_mbuf *m;

	(void)state;
	vf_open();
	assert_true(fv_inject(0, vf.qpn[0], 7, 8, NULL, data, 3));
	assert_int_equal(rte_eth_rx_burst(vf.port[0], 0, &m, 1), 0);
	assert_int_equal(fx_xstat(vf.port[0], "rx_drop_length"), 1);
	assert_true(fv_inject(0, vf.qpn[0], 7, 8, NULL, data, 4));
	assert_int_equal(rte_eth_rx_burst(vf.port[0], 0, &m, 1), 1);
	rte_pktmbuf_free(m);
	vf_close();
}

static void
bcast_send(unsigned int from)
{
	struct pmd_ipoib_bcast b;
	struct rte_mbuf *m;
	uint32_t ah;

	fx_bcast(VF_PKEY, &b);
	ah = fx_ah(vf.port[from], b.mlid, &b.mgid);
	m = fx_packet(80, ah, 0xffffff);
	assert_int_equal(rte_eth_tx_burst(vf.port[from], 0, &m, 1), 1);
	rte_eth_tx_done_cleanup(vf.port[from], 0, 0);
	assert_int_equal(pmd_ipoib_ah_destroy(vf.port[from], ah), 0);
}

/* The device gives us our own multicast; only that is dropped, also with an LMC. */
static void
test_own_multicast(void **state)
{
	uint8_t other[16] = { 0xfe, 0x80, [15] = 9 };
	struct pmd_ipoib_bcast b;
	struct rte_mbuf *m;
	struct ibv_grh grh;

	(void)state;
	fv.dev[0].lmc = 1;
	vf_ident_tell(0);
	vf_open();
	bcast_send(0);
	assert_int_equal(vf_recv(1, 80), 1);
	assert_int_equal(vf_recv(0, 80), 0);
	assert_int_equal(fx_xstat(vf.port[0], "rx_drop_self"), 1);
	fx_bcast(VF_PKEY, &b);
	/* From another LID of ours: us. The same QPN elsewhere, or another GID: not us. */
	grh_of(&grh, fv.dev[0].gid.raw, b.mgid.raw);
	assert_null(inject(&grh, fv.dev[0].lid + 1, vf.qpn[0]));
	m = inject(&grh, 0x99, vf.qpn[0]);
	assert_non_null(m);
	rte_pktmbuf_free(m);
	m = inject(&grh, fv.dev[0].lid, vf.qpn[0] + 1000);
	assert_non_null(m);
	rte_pktmbuf_free(m);
	grh_of(&grh, other, b.mgid.raw);
	m = inject(&grh, fv.dev[0].lid, vf.qpn[0]);
	assert_non_null(m);
	rte_pktmbuf_free(m);
	assert_int_equal(fx_xstat(vf.port[0], "rx_drop_self"), 2);
	vf_close();
}

/* A packet of @p len in @p n pieces. */
static struct rte_mbuf *
pieces(uint32_t len, unsigned int n)
{
	struct rte_mbuf *first = NULL, *m;
	uint32_t i, at = 0, part;

	for (; n > 0; n--) {
		part = n == 1 ? len - at : (len - at) / n;
		m = rte_pktmbuf_alloc(fx_pool);
		assert_non_null(m);
		for (i = 0; i < part; i++, at++)
			*(uint8_t *)rte_pktmbuf_append(m, 1) = fx_pattern(at);
		if (first == NULL)
			first = m;
		else
			assert_int_equal(rte_pktmbuf_chain(first, m), 0);
	}
	pmd_ipoib_meta(first)->ah = vf.ah[0];
	pmd_ipoib_meta(first)->qpn = vf.qpn[1];
	return first;
}

/* Up to the device's limit as they are; beyond, in one piece. */
static void
test_segments(void **state)
{
	static const uint32_t lens[] = { 80, 2000 };
	unsigned int bits, n, k;
	struct rte_mbuf *m;

	(void)state;
	for (bits = 0; bits < 16; bits++) {
		lacks_set(bits);
		vf_open();
		for (k = 0; k < RTE_DIM(lens); k++)
			for (n = 1; n <= FV_SGE + 3; n++) {
				m = pieces(lens[k], n);
				assert_int_equal(rte_eth_tx_burst(vf.port[0], 0, &m, 1), 1);
				assert_int_equal(vf_recv(1, lens[k]), 1);
			}
		assert_int_equal(fx_xstat(vf.port[0], "tx_copied"), 2 * 3);
		assert_int_equal(fx_xstat(vf.port[0], "tx_good_packets"), 2 * (FV_SGE + 3));
		/* Inline data is in one piece only. */
		assert_int_equal(fv_seen.list_sge, 2 * (FV_SGE - 1));
		vf_close();
		vf_teardown(NULL);
		vf_setup(NULL);
	}
}

static void
extbuf_free(void *addr, void *arg)
{
	(void)addr;
	(*(unsigned int *)arg)++;
}

/* Memory that the device does not know is copied: its owner has it back at once. */
static void
test_external(void **state)
{
	static uint8_t buf[4096];
	struct rte_mbuf_ext_shared_info *info;
	unsigned int freed = 0, i;
	uint16_t len = sizeof(buf);
	struct rte_mbuf *m;
	uint32_t k;

	(void)state;
	vf_open();
	fv.hold = true;
	for (i = 1; i <= 3; i++) {
		m = rte_pktmbuf_alloc(fx_pool);
		len = sizeof(buf);
		info = rte_pktmbuf_ext_shinfo_init_helper(buf, &len, extbuf_free, &freed);
		rte_pktmbuf_attach_extbuf(m, buf, 0, len, info);
		rte_pktmbuf_append(m, 500);
		for (k = 0; k < 500; k++)
			rte_pktmbuf_mtod(m, uint8_t *)[k] = fx_pattern(k);
		pmd_ipoib_meta(m)->ah = vf.ah[0];
		pmd_ipoib_meta(m)->qpn = vf.qpn[1];
		assert_int_equal(rte_eth_tx_burst(vf.port[0], 0, &m, 1), 1);
		assert_int_equal(freed, i);
		memset(buf, 0xee, 500);
	}
	fv.hold = false;
	assert_int_equal(fv_run(100), 3);
	assert_int_equal(vf_recv(1, 500), 3);
	assert_int_equal(fx_xstat(vf.port[0], "tx_copied"), 3);
	rte_eth_tx_done_cleanup(vf.port[0], 0, 0);
	/* What was sent is a mbuf like all others again. */
	assert_int_equal(rte_mempool_avail_count(fx_pool), FX_MBUFS - 2 * VF_RXD);
	assert_int_equal(freed, 3);
	vf_close();
}

/* A clone shares registered memory: no copy, and the original lives until it is sent. */
static void
test_clone(void **state)
{
	struct rte_mbuf *m, *c;

	(void)state;
	vf_open();
	fv.hold = true;
	m = fx_packet(900, vf.ah[0], vf.qpn[1]);
	c = rte_pktmbuf_clone(m, fx_pool);
	assert_non_null(c);
	*pmd_ipoib_meta(c) = *pmd_ipoib_meta(m);
	rte_pktmbuf_free(m);
	assert_int_equal(rte_eth_tx_burst(vf.port[0], 0, &c, 1), 1);
	assert_int_equal(rte_mempool_avail_count(fx_pool), FX_MBUFS - 2 * VF_RXD - 2);
	fv_run(1);
	rte_eth_tx_done_cleanup(vf.port[0], 0, 0);
	assert_int_equal(rte_mempool_avail_count(fx_pool), FX_MBUFS - 2 * VF_RXD);
	fv.hold = false;
	assert_int_equal(vf_recv(1, 900), 1);
	assert_int_equal(fx_xstat(vf.port[0], "tx_copied"), 0);
	vf_close();
}

/* A full send queue takes fewer; nothing is lost, and all go once it moves. */
static void
test_sq_full(void **state)
{
	uint16_t sent, more;
	unsigned int bits;

	(void)state;
	for (bits = 0; bits < 4; bits++) {
		lacks_set(bits);
		vf_open();
		fv.hold = true;
		/* The fixture's 512. */
		sent = vf_send(0, 300, 300);
		assert_int_equal(sent, 300);
		sent += vf_send(0, 300, 300);
		assert_int_equal(sent, 512);
		assert_int_equal(vf_send(0, 10, 300), 0);
		assert_int_equal(fx_xstat(vf.port[0], "tx_held"), 512);
		/* Done, but the completion of its chain is not there yet. */
		assert_int_equal(fv_run(63), 63);
		assert_int_equal(vf_send(0, 10, 300), 0);
		assert_int_equal(fv_run(1), 1);
		assert_int_equal(vf_send(0, 100, 300), 64);
		for (more = 0; fv_held() > 0;) {
			fv_run(64);
			more += vf_recv(1, 300);
		}
		more += vf_recv(1, 300);
		assert_int_equal(more, 576);
		rte_eth_tx_done_cleanup(vf.port[0], 0, 0);
		assert_int_equal(fx_xstat(vf.port[0], "tx_held"), 0);
		assert_int_equal(fx_xstat(vf.port[0], "tx_good_packets"), 576);
		assert_int_equal(fx_xstat(vf.port[0], "tx_errors"), 0);
		vf_close();
		vf_teardown(NULL);
		vf_setup(NULL);
	}
}

/* Idle, nobody sends: what was sent is given back when asked for. */
static void
test_cleanup(void **state)
{
	unsigned int before;

	(void)state;
	vf_open();
	before = rte_mempool_avail_count(fx_pool);
	fv.hold = true;
	assert_int_equal(vf_send(0, 10, 1000), 10);
	assert_int_equal(rte_eth_tx_done_cleanup(vf.port[0], 0, 0), 0);
	assert_int_equal(rte_mempool_avail_count(fx_pool), before - 10);
	assert_int_equal(fv_run(9), 9);
	assert_int_equal(rte_eth_tx_done_cleanup(vf.port[0], 0, 0), 0);
	assert_int_equal(fv_run(9), 1);
	assert_int_equal(rte_eth_tx_done_cleanup(vf.port[0], 0, 0), 10);
	assert_int_equal(rte_mempool_avail_count(fx_pool), before);
	assert_int_equal(vf_recv(1, 1000), 10);
	/* Inline data needs no buffer after the post. */
	assert_int_equal(vf_send(0, 10, 60), 10);
	assert_int_equal(rte_mempool_avail_count(fx_pool), before);
	fv_run(10);
	assert_int_equal(vf_recv(1, 60), 10);
	vf_close();
}

/* No buffers are left: packets are dropped with a name, the ring stays full, and all goes on. */
static void
test_nombuf(void **state)
{
	static struct rte_mbuf *all[FX_MBUFS];
	unsigned int n, i;

	(void)state;
	vf_open();
	assert_int_equal(vf_send(0, 64, 500), 64);
	rte_eth_tx_done_cleanup(vf.port[0], 0, 0);
	n = rte_mempool_avail_count(fx_pool);
	assert_int_equal(rte_pktmbuf_alloc_bulk(fx_pool, all, n), 0);
	assert_int_equal(vf_recv(1, 500), 0);
	assert_int_equal(fx_xstat(vf.port[1], "rx_drop_nombuf"), 64);
	assert_int_equal(rte_eth_rx_burst(vf.port[1], 0, all, 0), 0);
	/* Far more than the ring holds: it never runs dry. */
	for (i = 0; i < 1000; i++) {
		assert_true(fv_inject(1, vf.qpn[1], 7, 8, NULL, "\10\0\0\0", 4));
		assert_int_equal(vf_recv(1, 500), 0);
	}
	assert_int_equal(fv_seen.no_buffer, 0);
	assert_true(fv_qp_posted(vf.qpn[1]) >= VF_RXD - 32);
	assert_int_equal(fx_xstat(vf.port[1], "rx_drop_nombuf"), 1064);
	rte_pktmbuf_free_bulk(all, n);
	assert_int_equal(vf_send(0, 64, 500), 64);
	assert_int_equal(vf_recv(1, 500), 64);
	vf_close();
}

/* What cannot be sent is dropped, counted as taken, and the rest of the burst goes. */
static void
test_tx_drops(void **state)
{
	struct rte_mbuf *m[6];

	(void)state;
	vf_open();
	m[0] = fx_packet(100, vf.ah[0], vf.qpn[1]);
	m[1] = fx_packet(100, 12345, vf.qpn[1]);
	m[2] = fx_packet(100, PMD_IPOIB_AH_NONE, vf.qpn[1]);
	m[3] = fx_packet(3, vf.ah[0], vf.qpn[1]);
	m[4] = fx_packet(2049, vf.ah[0], vf.qpn[1]);
	m[5] = fx_packet(100, vf.ah[0], vf.qpn[1]);
	assert_int_equal(rte_eth_tx_burst(vf.port[0], 0, m, 6), 6);
	assert_int_equal(vf_recv(1, 100), 2);
	assert_int_equal(fx_xstat(vf.port[0], "tx_drop_no_ah"), 2);
	assert_int_equal(fx_xstat(vf.port[0], "tx_drop_too_short"), 1);
	assert_int_equal(fx_xstat(vf.port[0], "tx_drop_too_long"), 1);
	assert_int_equal(fx_xstat(vf.port[0], "tx_good_packets"), 2);
	vf_close();
}

/* An address vector arrives at the device as it was given; an unknown rate is none. */
static void
test_av(void **state)
{
	struct pmd_ipoib_av av = { .dlid = 6,
		.sl = 5,
		.static_rate = 3,
		.src_path_bits = 1,
		.is_global = true,
		.hop_limit = 9,
		.tclass = 0xab,
		.flow_label = 0x12345,
		.dgid = { { 0xfe, 0x80, [15] = 2 } } };
	const struct ibv_ah_attr *a = fv_last_ah();
	uint32_t ah;

	(void)state;
	vf_open();
	assert_int_equal(pmd_ipoib_ah_create(vf.port[0], &av, &ah), 0);
	assert_int_equal(a->dlid, 6);
	assert_int_equal(a->sl, 5);
	assert_int_equal(a->static_rate, 3);
	assert_int_equal(a->src_path_bits, 1);
	assert_int_equal(a->port_num, 1);
	assert_int_equal(a->is_global, 1);
	assert_int_equal(a->grh.hop_limit, 9);
	assert_int_equal(a->grh.traffic_class, 0xab);
	assert_int_equal(a->grh.flow_label, 0x12345);
	assert_int_equal(a->grh.sgid_index, 0);
	assert_memory_equal(a->grh.dgid.raw, av.dgid.raw, 16);
	assert_int_equal(pmd_ipoib_ah_destroy(vf.port[0], ah), 0);
	fv.rate_max = 10;
	av.static_rate = 20;
	assert_int_equal(pmd_ipoib_ah_create(vf.port[0], &av, &ah), 0);
	assert_int_equal(a->static_rate, 0);
	assert_int_equal(pmd_ipoib_ah_destroy(vf.port[0], ah), 0);
	vf_close();
}

int
main(int argc, char **argv)
{
#define VF_TEST(f) cmocka_unit_test_setup_teardown(f, vf_setup, vf_teardown)
	const struct CMUnitTest tests[] = {
		VF_TEST(test_both_ways),
		VF_TEST(test_one_doorbell),
		VF_TEST(test_short_chains),
		VF_TEST(test_metadata),
		VF_TEST(test_short),
		VF_TEST(test_own_multicast),
		VF_TEST(test_segments),
		VF_TEST(test_external),
		VF_TEST(test_clone),
		VF_TEST(test_sq_full),
		VF_TEST(test_cleanup),
		VF_TEST(test_nombuf),
		VF_TEST(test_tx_drops),
		VF_TEST(test_av),
	};
	int ret;

	if (fx_eal_setup(argc, argv) != 0)
		return 1;
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	fx_eal_teardown();
	return ret;
}

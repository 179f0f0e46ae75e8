/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * The soft HCA: frames of the carrier. Fields that few inputs would have right are put right. Each
 * frame comes twice, in memory that is not the driver's to change and in a plain mbuf: the short way
 * of plain frames, where CRCs are not checked, ends as the long way does.
 */

#include <rte_ethdev.h>

#include "fuzz_mbuf.h"
#include "ib_crc.h"
#include "ib_hdr.h"
#include "ipoib_pmd.h"
#include "pmd_fixture.h"

#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, len) ((void)(at), (void)(len))
#define ASAN_UNPOISON_MEMORY_REGION(at, len) ((void)(at), (void)(len))
#endif

#define ETH_LEN 14
#define LRH_LEN 8
#define GRH_LEN 40
#define BTH_LEN 12
#define DETH_LEN 8
#define CRC_LEN 6
#define FRAME_MAX 2200
#define NB_PORTS 3
#define NB_QUEUES 4
#define NB_DESC 128
#define LID_PEER 9
#define QPN_PEER 0x000123
/* What is put right. */
enum {
	FIX_TYPE = 1,
	FIX_LENGTH = 2,
	FIX_TO = 4,
	FIX_KEYS = 8,
	FIX_CRC = 16,
	FIX_GRH = 32,
	FIX_MCAST = 64,
	FIX_FROM = 128
};
/* How it comes; the lowest two bits: segments less one, the next: which of our queue pairs it is for. */
enum { NO_CRC = 16, POOL_EMPTY = 32, MANY = 64, FROM_US = 128 };

/* A frame, and what came of it. */
struct fate {
	unsigned int n[NB_QUEUES];
	uint32_t len;
	struct pmd_ipoib_meta meta;
	uint8_t data[FRAME_MAX];
};

static const struct {
	unsigned int port;
	uint16_t queue;
} queues[NB_QUEUES] = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 2, 0 } };
/* 0 and 1 share a partition; of 2's we are a limited member. */
static const char *const names[NB_PORTS] = { "net_ipoib0", "net_ipoib1", "net_ipoib2" };
static const char *const args[NB_PORTS] = { FX_ARGS ",queues=2,pkey=0x8001", FX_ARGS ",pkey=0x8001",
	FX_ARGS ",pkey=0x0003" };
static const uint16_t pkeys[NB_PORTS] = { 0x8001, 0x8001, 0x8003 };
static uint16_t ports[NB_PORTS];
static uint32_t qpn[NB_QUEUES];
static struct rte_mempool
		*frames; /* of its own: what is beyond a frame is poisoned until its end */
static unsigned int count;

static void
open_ports(void)
{
	struct pmd_ipoib_info info;
	struct ipoib_mad_port ident;
	unsigned int i;

	fx_ident(&ident);
	ident.lmc = 0;
	fake_mad_set(&ident);
	fx_carrier_open(1, 256);
	for (i = 0; i < NB_PORTS; i++)
		ports[i] = fx_port_open(names[i], args[i]);
	for (i = 0; i < NB_PORTS; i++) {
		fx_port_setup(ports[i], i == 0 ? 2 : 1, NB_DESC);
		fx_port_join(ports[i], pkeys[i]);
	}
	for (i = 0; i < NB_QUEUES; i++) {
		assert_int_equal(pmd_ipoib_info_get(ports[queues[i].port], &info), 0);
		qpn[i] = info.qpn[queues[i].queue];
	}
}

static void
close_ports(void)
{
	unsigned int i;

	for (i = 0; i < NB_PORTS; i++)
		fx_port_close(names[i]);
	fx_carrier_close();
	fx_no_leak();
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char *eal[] = { (*argv)[0], (char *)(uintptr_t) "-" };

	(void)argc;
	assert_int_equal(fx_eal_setup(2, eal), 0);
	frames = rte_pktmbuf_pool_create(
			"frames", 1023, 0, 0, FRAME_MAX + RTE_PKTMBUF_HEADROOM, SOCKET_ID_ANY);
	assert_non_null(frames);
	open_ports();
	return 0;
}

/* --- the frame --- */

static void
fix_grh(uint8_t *grh, uint32_t words, uint8_t fix, uint16_t pkey)
{
	struct ib_gid mgid;
	uint32_t paylen = words * 4 - LRH_LEN - GRH_LEN;

	grh[0] = 0x60;
	grh[4] = (uint8_t)(paylen >> 8);
	grh[5] = (uint8_t)paylen;
	grh[6] = IB_GRH_NXTHDR_BTH;
	ipoib_mgid_broadcast(IPOIB_SCOPE_LINK, pkey, &mgid);
	memcpy(grh + 24, (fix & FIX_MCAST) != 0 ? &mgid : &fx_gid, sizeof(mgid));
}

/* To one of our queue pairs, or the broadcast group. */
static void
fix_to(uint8_t *lrh, uint8_t *bth, uint8_t fix, unsigned int which)
{
	struct pmd_ipoib_bcast b;

	fx_bcast(pkeys[queues[which].port], &b);
	lrh[2] = (fix & FIX_MCAST) != 0 ? (uint8_t)(b.mlid >> 8) : 0;
	lrh[3] = (fix & FIX_MCAST) != 0 ? (uint8_t)b.mlid : FX_LID;
	bth[0] = IB_OPCODE_UD_SEND_ONLY;
	bth[1] &= 0xf0;
	ib_put_be24(bth + 5, (fix & FIX_MCAST) != 0 ? IB_QPN_MULTICAST : qpn[which]);
}

static void
fix_from(uint8_t *lrh, uint8_t *deth, uint8_t *grh, bool us, unsigned int which)
{
	lrh[6] = 0;
	lrh[7] = us ? FX_LID : LID_PEER;
	ib_put_be24(deth + 5, us ? qpn[which] : QPN_PEER);
	if (grh != NULL && us)
		memcpy(grh + 8, &fx_gid, sizeof(fx_gid));
}

static void
fix_keys(uint8_t *bth, uint8_t *deth, unsigned int which)
{
	const uint8_t qkey[] = { FX_QKEY >> 24, FX_QKEY >> 16 & 0xff, FX_QKEY >> 8 & 0xff,
		FX_QKEY & 0xff };

	bth[2] = 0x80;
	bth[3] = (uint8_t)pkeys[queues[which].port];
	memcpy(deth, qkey, sizeof(qkey));
}

static void
fix_crc(uint8_t *lrh, uint32_t len)
{
	uint32_t icrc;
	uint16_t vcrc;

	icrc = ib_icrc_buf(lrh, len - CRC_LEN);
	memcpy(lrh + len - CRC_LEN, &icrc, sizeof(icrc));
	vcrc = ib_vcrc_buf(lrh, len - 2);
	memcpy(lrh + len - 2, &vcrc, sizeof(vcrc));
}

static void
fix_lrh(uint8_t *lrh, uint32_t words, uint8_t fix)
{
	lrh[0] = 0;
	lrh[1] = (uint8_t)((lrh[1] & 0xf0) | ((fix & FIX_GRH) != 0 ? 3 : 2));
	lrh[4] = (uint8_t)(words >> 8 & 7);
	lrh[5] = (uint8_t)words;
}

/* @p len of the whole frame. */
static void
repair(uint8_t *frame, uint32_t len, uint8_t fix, uint8_t how)
{
	uint8_t *lrh = frame + ETH_LEN, *bth, *grh = NULL;
	uint32_t words = (len - ETH_LEN - 2) / 4, head = LRH_LEN;
	unsigned int which = how >> 2 & 3;

	if ((fix & FIX_TYPE) != 0)
		memcpy(frame + 12, (const uint8_t[]){ 0x88, 0xb5 }, 2);
	if ((fix & FIX_LENGTH) != 0)
		fix_lrh(lrh, words, fix);
	if ((lrh[1] & 3) == 3)
		head += GRH_LEN;
	if (len < ETH_LEN + head + BTH_LEN + DETH_LEN + CRC_LEN)
		return;
	bth = lrh + head;
	if (head > LRH_LEN)
		grh = lrh + LRH_LEN;
	if (grh != NULL && (fix & FIX_GRH) != 0)
		fix_grh(grh, words, fix, pkeys[queues[which].port]);
	if ((fix & FIX_TO) != 0)
		fix_to(lrh, bth, fix, which);
	if ((fix & FIX_FROM) != 0)
		fix_from(lrh, bth + BTH_LEN, grh, (how & FROM_US) != 0, which);
	if ((fix & FIX_KEYS) != 0)
		fix_keys(bth, bth + BTH_LEN, which);
	if ((fix & FIX_CRC) != 0)
		fix_crc(lrh, words * 4 + 2);
}

/* --- what came of it --- */

/* A packet is what the frame holds, for one whose keys it has. */
static void
packet_check(struct rte_mbuf *m, unsigned int queue, const uint8_t *frame, bool crc)
{
	const uint8_t *lrh = frame + ETH_LEN, *bth = lrh + LRH_LEN, *data;
	const struct pmd_ipoib_meta *meta = pmd_ipoib_meta(m);
	uint32_t len = (uint32_t)((lrh[4] & 7) << 8 | lrh[5]) * 4, off;
	bool grh = (lrh[1] & 3) == 3;
	uint16_t vcrc;

	if (grh)
		bth += GRH_LEN;
	off = (uint32_t)(bth + BTH_LEN + DETH_LEN - lrh);
	data = rte_pktmbuf_mtod(m, const uint8_t *);
	assert_int_equal(m->nb_segs, 1);
	assert_int_equal(m->port, ports[queues[queue].port]);
	assert_int_equal(m->pkt_len, len - off - (bth[1] >> 4 & 3) - IB_ICRC_LEN);
	assert_true(m->pkt_len >= IPOIB_HDR_LEN && m->pkt_len <= 2048);
	assert_memory_equal(data, lrh + off, m->pkt_len);
	assert_int_equal(meta->slid, lrh[6] << 8 | lrh[7]);
	assert_int_equal(meta->qpn, ib_get_be24(bth + BTH_LEN + 5));
	assert_int_equal(grh, (meta->flags & PMD_IPOIB_RX_GRH) != 0);
	if (grh)
		assert_memory_equal(data - GRH_LEN, lrh + LRH_LEN, GRH_LEN);
	assert_int_equal((bth[2] & 0x7f) << 8 | bth[3], IB_PKEY_BASE(pkeys[queues[queue].port]));
	if (queues[queue].port == 2) /* a limited member hears full ones only */
		assert_int_equal(bth[2] & 0x80, 0x80);
	if (ib_get_be24(bth + 5) != IB_QPN_MULTICAST)
		assert_int_equal(ib_get_be24(bth + 5), qpn[queue]);
	memcpy(&vcrc, lrh + len, sizeof(vcrc));
	if (crc)
		assert_int_equal(ib_vcrc_buf(lrh, len), vcrc);
}

/* @return how many packets the queue had */
static unsigned int
poll_queue(unsigned int queue, const uint8_t *frame, bool crc, struct fate *fate)
{
	struct rte_mbuf *pkts[8];
	unsigned int got = 0;
	uint16_t n, i;

	while ((n = rte_eth_rx_burst(ports[queues[queue].port], queues[queue].queue, pkts,
				RTE_DIM(pkts))) != 0) {
		for (i = 0; i < n; i++)
			packet_check(pkts[i], queue, frame, crc);
		got += n;
		fate->len = pkts[0]->pkt_len;
		fate->meta = *pmd_ipoib_meta(pkts[0]);
		memcpy(fate->data, rte_pktmbuf_mtod(pkts[0], void *), fate->len);
		rte_pktmbuf_free_bulk(pkts, n);
	}
	fate->n[queue] += got;
	return got;
}

/* Until nothing is left that one queue has received for another. */
static void
poll_all(const uint8_t *frame, bool crc, struct fate *fate)
{
	unsigned int queue, got;

	do {
		got = rte_ring_count(fx.rx);
		for (queue = NB_QUEUES; queue-- > 0;)
			got += poll_queue(queue, frame, crc, fate);
	} while (got != 0);
}

/* All buffers of the driver's pool that there are, so that it finds none. */
static unsigned int
pool_take(void **taken)
{
	unsigned int n = rte_mempool_avail_count(fx_pool);

	assert_int_equal(rte_mempool_get_bulk(fx_pool, taken, n), 0);
	return n;
}

/* A plain mbuf; what is beyond its packet may not be read. */
static struct rte_mbuf *
plain(const uint8_t *frame, uint32_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(frames);

	assert_non_null(m);
	ASAN_UNPOISON_MEMORY_REGION(m->buf_addr, m->buf_len);
	memcpy(rte_pktmbuf_append(m, (uint16_t)len), frame, len);
	ASAN_POISON_MEMORY_REGION(
			rte_pktmbuf_mtod_offset(m, uint8_t *, len), rte_pktmbuf_tailroom(m));
	return m;
}

/* The frame, once or until a ring is full. */
static void
run(const uint8_t *frame, uint32_t len, uint8_t how, bool is_plain, struct fate *fate)
{
	static void *taken[FX_MBUFS];
	unsigned int i, n = 0, times = (how & MANY) != 0 ? NB_DESC + 20 : 1, segs = how & 3;
	struct rte_mbuf *m;

	memset(fate, 0, sizeof(*fate));
	for (i = 0; i < times; i++) {
		m = is_plain ? plain(frame, len)
			     : fuzz_exact(fx_frame(frame, len, len >= 64 ? 1 + segs % 3 : 1), 0);
		fx_inject_mbuf(m);
	}
	if ((how & POOL_EMPTY) != 0)
		n = pool_take(taken);
	poll_all(frame, (how & NO_CRC) == 0, fate);
	if (n != 0)
		rte_mempool_put_bulk(fx_pool, taken, n);
	assert_int_equal(fx_balance(ports, NB_PORTS), 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	uint8_t fix = fuzz_u8(&in), how = fuzz_u8(&in), frame[FRAME_MAX];
	uint32_t len = fuzz_rest(&in, frame, sizeof(frame));
	static struct fate fate[2];

	if (len == 0)
		return 0;
	if (len >= ETH_LEN + LRH_LEN + BTH_LEN + DETH_LEN + CRC_LEN)
		repair(frame, len, fix, how);
	ipoib_port_by_id(ports[0])->hca->crc = (how & NO_CRC) == 0;
	run(frame, len, how, false, &fate[0]);
	run(frame, len, how, true, &fate[1]);
	if ((how & POOL_EMPTY) == 0)
		assert_memory_equal(&fate[0], &fate[1], sizeof(fate[0]));
	if (++count % FUZZ_ROUND == 0) {
		close_ports();
		open_ports();
	}
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* The soft HCA: frames of the carrier. Fields that few inputs would have right are put right. */

#include <rte_ethdev.h>

#include "fuzz_mbuf.h"
#include "ib_crc.h"
#include "ib_hdr.h"
#include "pmd_fixture.h"

#define ETH_LEN 14
#define LRH_LEN 8
#define GRH_LEN 40
#define BTH_LEN 12
#define DETH_LEN 8
#define CRC_LEN 6
/* What is put right. */
enum { FIX_TYPE = 1, FIX_LENGTH = 2, FIX_TO = 4, FIX_KEYS = 8, FIX_CRC = 16, FIX_GRH = 32 };

static uint16_t port;
static uint32_t qpn;
static unsigned int count;

static void
open_port(void)
{
	struct pmd_ipoib_info info;
	struct ipoib_mad_port ident;

	fx_ident(&ident);
	fake_mad_set(&ident);
	fx_carrier_open(1, 256);
	port = fx_port_open("net_ipoib0", FX_ARGS ",pkey=0x8001");
	fx_port_setup(port, 1, 128);
	fx_port_join(port, 0x8001);
	assert_int_equal(pmd_ipoib_info_get(port, &info), 0);
	qpn = info.qpn[0];
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char *args[] = { (*argv)[0], (char *)(uintptr_t) "-" };

	(void)argc;
	assert_int_equal(fx_eal_setup(2, args), 0);
	open_port();
	return 0;
}

static void
fix_to(uint8_t *lrh, uint8_t *bth)
{
	memcpy(lrh + 2, (const uint8_t[]){ 0, FX_LID }, 2);
	bth[0] = 0x64;
	bth[1] &= 0xf0;
	bth[5] = (uint8_t)(qpn >> 16);
	bth[6] = (uint8_t)(qpn >> 8);
	bth[7] = (uint8_t)qpn;
}

static void
fix_keys(uint8_t *bth, uint8_t *deth)
{
	const uint8_t qkey[] = { FX_QKEY >> 24, FX_QKEY >> 16 & 0xff, FX_QKEY >> 8 & 0xff,
		FX_QKEY & 0xff };

	bth[2] = 0x80;
	bth[3] = 0x01;
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

/* @p len of the whole frame. */
static void
repair(uint8_t *frame, uint32_t len, uint8_t fix)
{
	uint8_t *lrh = frame + ETH_LEN, *bth;
	uint32_t words = (len - ETH_LEN - 2) / 4, head = LRH_LEN;

	if ((fix & FIX_TYPE) != 0)
		memcpy(frame + 12, (const uint8_t[]){ 0x88, 0xb5 }, 2);
	if ((fix & FIX_LENGTH) != 0) {
		lrh[0] = 0;
		lrh[1] = (uint8_t)((lrh[1] & 0xf0) | ((fix & FIX_GRH) != 0 ? 3 : 2));
		lrh[4] = (uint8_t)(words >> 8 & 7);
		lrh[5] = (uint8_t)words;
	}
	if ((lrh[1] & 3) == 3)
		head += GRH_LEN;
	if (len < ETH_LEN + head + BTH_LEN + DETH_LEN + CRC_LEN)
		return;
	bth = lrh + head;
	if ((fix & FIX_TO) != 0)
		fix_to(lrh, bth);
	if ((fix & FIX_KEYS) != 0)
		fix_keys(bth, bth + BTH_LEN);
	if ((fix & FIX_CRC) != 0)
		fix_crc(lrh, words * 4 + 2);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	uint8_t fix = fuzz_u8(&in), segs = fuzz_u8(&in), frame[2200];
	struct rte_mbuf *pkts[8];
	uint32_t len = fuzz_rest(&in, frame, sizeof(frame));
	uint16_t n;

	if (len == 0)
		return 0;
	if (len >= ETH_LEN + LRH_LEN + BTH_LEN + DETH_LEN + CRC_LEN)
		repair(frame, len, fix);
	fx_inject_mbuf(fuzz_exact(fx_frame(frame, len, len >= 64 ? 1 + segs % 3 : 1), 0));
	while ((n = rte_eth_rx_burst(port, 0, pkts, RTE_DIM(pkts))) != 0)
		rte_pktmbuf_free_bulk(pkts, n);
	assert_int_equal(fx_port_balance(port), 0);
	if (++count % FUZZ_ROUND == 0) {
		fx_port_close("net_ipoib0");
		fx_carrier_close();
		fx_no_leak();
		open_port();
	}
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* mode=ether: frames of the program and packets of the fabric, translated in both directions. */

#include "ether_fixture.h"
#include "fuzz_mbuf.h"

#define DATA_MAX 1800
/* For what makes a packet longer. */
#define TAIL 64

static unsigned int count;

static void
begin(void)
{
	struct ether_ip ip = ip4(10, 0, 0, 2);
	struct ipoib_addr peer = addr(PEER_QPN, 2);

	setup(NULL);
	learn(&peer, &ip, from(7, PEER_QPN, false));
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	assert_int_equal(start(NULL), 0);
	begin();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	uint8_t flags = fuzz_u8(&input), buf[DATA_MAX];
	uint32_t len = fuzz_rest(&input, buf, sizeof(buf));
	struct rte_mbuf *m;
	struct ipoib_addr to;
	uint32_t left = (flags & 1) != 0 ? RTE_ETHER_HDR_LEN : IPOIB_HDR_LEN;

	/* Bursts give nothing shorter. */
	if (len < left)
		return 0;
	m = fuzz_exact(packet(buf, (uint16_t)len), (flags & 8) != 0 ? TAIL : 0);
	if ((flags & 1) != 0)
		out(&m, &to);
	else
		in(&m, from((flags & 2) != 0 ? 7 : 9, PEER_QPN, (flags & 4) != 0));
	rte_pktmbuf_free(m);
	assert_int_equal(rte_mempool_avail_count(pool), 255);
	ether_table_iterate(table, S + count, 16);
	if (++count % FUZZ_ROUND == 0) {
		teardown(NULL);
		begin();
	}
	return 0;
}

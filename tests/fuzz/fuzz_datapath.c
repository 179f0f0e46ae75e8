/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* What a worker does with frames from outside: each has one fate, whatever is in it. */

#include "dp_fixture.h"
#include "fuzz.h"

#define FRAME_MAX 2000

static unsigned int count;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	assert_int_equal(fx_start(NULL), 0);
	return fx_setup(NULL);
}

/* Most inputs would end at a wrong checksum of IPv4. */
static void
repair(uint16_t port, uint8_t *frame, uint32_t len)
{
	uint32_t l2 = port == ETH0 ? RTE_ETHER_HDR_LEN : IPOIB_HDR_LEN;

	if (len >= l2 + sizeof(struct rte_ipv4_hdr) && (frame[l2] & 0x0f) >= 5 &&
			len >= l2 + (frame[l2] & 0x0f) * 4u)
		fx_ip_fix(frame + l2);
}

static void
end(void)
{
	struct rte_mbuf *m;
	uint16_t port;

	for (port = 0; port < NB_PORTS; port++) {
		while ((m = fx_tx(port)) != NULL)
			fx_free_sent(m);
	}
	while ((m = fx_punt()) != NULL)
		fx_free_punted(m);
}

static struct rte_mbuf *
frame_take(struct fuzz_input *in)
{
	uint8_t flags = fuzz_u8(in), meta = fuzz_u8(in), frame[FRAME_MAX];
	uint16_t port = (flags & 1) != 0 ? IB1 : ETH0;
	uint32_t cut1 = fuzz_u8(in), cut2 = fuzz_u8(in), len = fuzz_rest(in, frame, sizeof(frame));
	struct rte_mbuf *m;

	if ((flags & 2) != 0)
		repair(port, frame, len);
	if ((flags & 4) == 0 || cut1 == 0 || cut2 <= cut1 || cut2 >= len)
		m = fx_mbuf(port, frame, len);
	else
		m = fx_mbuf_cut(port, frame, len, cut1, cut2);
	if (port == IB1)
		pmd_ipoib_meta(m)->flags = meta;
	return m;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct rte_mbuf *m;

	if (size < 6)
		return 0;
	m = frame_take(&in);
	fx_rx(m->port, m);
	fx_turn();
	end();
	assert_int_equal(dp_balance(fx.dp), (int64_t)dp_queued(fx.dp));
	if (++count % FUZZ_ROUND == 0) {
		fx_teardown(NULL);
		fx_setup(NULL);
	}
	return 0;
}

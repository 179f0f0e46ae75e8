/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* What a worker does with frames from outside: each has one fate, whatever is in it. */

#include "dp_fixture.h"
#include "ipoib_proto.h"
#include "fuzz_mbuf.h"

#define FRAME_MAX 2000

/* Bits of an input's first octet. */
enum { ON_IB = 1, FIX_CKSUM = 2, SEGMENTS = 4, FIX_LINK = 8, FIX_DST = 16, TWICE = 32, CLAMP = 64 };

static _Atomic uint64_t mgroup[1];
static unsigned int count;

/* Groups go upstream, whoever listens. */
static void
begin(void)
{
	uint16_t port;

	fx_setup(NULL);
	fx.dp->groups = fx_table("groups");
	fx.dp->mgroup = mgroup;
	atomic_store(&fx.dp->mcast_upstream, IB3);
	for (port = 0; port < NB_PORTS; port++)
		atomic_store(&fx.dp->port[port].flags, DP_PORT_MCAST);
	ipoib_mgid_broadcast(2, 0x8001, &fx.dp->port[IB1].bcast_gid);
	ipoib_mgid_broadcast(2, 0x8001, &fx.dp->port[IB3].bcast_gid);
}

static void
finish(void)
{
	ipoib_neigh_destroy(fx.dp->groups);
	fx.dp->groups = NULL;
	fx_teardown(NULL);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	assert_int_equal(fx_start(NULL), 0);
	begin();
	return 0;
}

/* Link-layer header of what the packet says it is, to us. */
static void
fix_link(uint16_t port, uint8_t *frame, uint32_t len)
{
	uint32_t at = port == ETH0 ? 12 : 0, l2 = port == ETH0 ? RTE_ETHER_HDR_LEN : IPOIB_HDR_LEN;
	rte_be16_t type;

	if (len <= l2)
		return;
	type = frame[l2] >> 4 == 6 ? RTE_BE16(RTE_ETHER_TYPE_IPV6) : RTE_BE16(RTE_ETHER_TYPE_IPV4);
	if (port == ETH0)
		memcpy(frame, &fx.dp->port[ETH0].mac, RTE_ETHER_ADDR_LEN);
	memcpy(frame + at, &type, sizeof(type));
}

/* Addresses for which something is known. */
static void
fix_dst(uint8_t *ip, uint32_t len, uint8_t which)
{
	static const uint32_t to4[] = { IP_FAR, IP_HOST, IP_ETH2, IP_IB3, IP_UNKNOWN, IP_IB_UNKNOWN,
		IP_NOWHERE, IP_US, IP(239, 1, 2, 3), IP(192, 0, 2, 255) };
	static const char *const to6[] = { IP6_FAR, IP6_HOST, IP6_ETH2, IP6_UNKNOWN, IP6_US,
		"ff0e::1:2" };
	struct dp_ip six;
	rte_be32_t four;

	if (ip[0] >> 4 == 6 && len >= sizeof(struct rte_ipv6_hdr)) {
		six = fx_ip6(to6[which % RTE_DIM(to6)]);
		memcpy(ip + 24, six.b, sizeof(six.b));
	} else if (len >= sizeof(struct rte_ipv4_hdr)) {
		four = rte_cpu_to_be_32(to4[which % RTE_DIM(to4)]);
		memcpy(ip + 16, &four, sizeof(four));
	}
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
	uint16_t port = (flags & ON_IB) != 0 ? IB1 : ETH0;
	uint32_t cut1 = fuzz_u8(in), cut2 = fuzz_u8(in), len = fuzz_rest(in, frame, sizeof(frame));
	uint32_t l2 = port == ETH0 ? RTE_ETHER_HDR_LEN : IPOIB_HDR_LEN;
	struct rte_mbuf *m;

	if ((flags & FIX_LINK) != 0)
		fix_link(port, frame, len);
	if ((flags & FIX_DST) != 0 && len > l2)
		fix_dst(frame + l2, len - l2, meta >> 3);
	if ((flags & FIX_CKSUM) != 0)
		repair(port, frame, len);
	atomic_store(&fx.dp->port[IB3].flags,
			DP_PORT_MCAST | ((flags & CLAMP) != 0 ? DP_PORT_MSS_CLAMP : 0));
	if ((flags & SEGMENTS) == 0 || cut1 == 0 || cut2 <= cut1 || cut2 >= len)
		m = fx_mbuf(port, frame, len);
	else
		m = fx_mbuf_cut(port, frame, len, cut1, cut2);
	if (port == IB1)
		pmd_ipoib_meta(m)->flags = meta;
	return fuzz_exact(m, 0);
}

static void
one(struct fuzz_input in)
{
	struct rte_mbuf *m = frame_take(&in);

	fx_rx(m->port, m);
	fx_turn();
	end();
	assert_int_equal(dp_balance(fx.dp), (int64_t)dp_queued(fx.dp));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };

	if (size < 6)
		return 0;
	/* The second one finds what the worker has learned of the first. */
	one(in);
	if ((data[0] & TWICE) != 0)
		one(in);
	if (++count % FUZZ_ROUND == 0) {
		finish();
		begin();
	}
	return 0;
}

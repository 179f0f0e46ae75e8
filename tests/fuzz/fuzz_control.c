/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * What workers hand to the control core: ARP, ND, router advertisements, DHCP, ICMP, IGMP, MLD,
 * fragments, packets for addresses of ours and for nobody. The SA answers, or does not.
 */

#include <arpa/inet.h>
#include <errno.h>

#include "control_fixture.h"
#include "fuzz_mbuf.h"

#define DATA_MAX 2000

static unsigned int count;

static void
add_address6(uint16_t port, const char *text)
{
	struct dp_ip ip;

	assert_int_equal(inet_pton(AF_INET6, text, ip.b), 1);
	while (control_addr_add(fx.c, port, &ip, 64) == -EAGAIN)
		fx_run(MS);
}

/* All that a port can listen to: both families, peers, DHCP relays, router advertisements, groups. */
static void
begin(void)
{
	struct dp_ip server4 = dp_ip4(IB_PEER), server6;

	fx_setup_up(NULL);
	/* Before IPv6 sends questions of its own. */
	fx_know_eth_peer();
	fx_know_ib_peer();
	add_address6(ETH, "2001:db8:1::1");
	add_address6(IB, "2001:db8:2::1");
	assert_int_equal(control_dhcp_add(fx.c, ETH, &server4), 0);
	inet_pton(AF_INET6, "2001:db8:2::2", server6.b);
	assert_int_equal(control_dhcp_add(fx.c, ETH, &server6), 0);
	assert_int_equal(control_port_flag(fx.c, ETH, CONTROL_RA, true), 0);
	assert_int_equal(control_port_flag(fx.c, ETH, CONTROL_MCAST, true), 0);
	assert_int_equal(control_mcast_upstream(fx.c, IB), 0);
	fx_run(3 * S);
	fx_drain();
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

/* ICMPv6, for which few inputs have a right checksum. */
static void
repair6(uint8_t *data, uint32_t len)
{
	struct rte_ipv6_hdr *ip = (void *)data;
	uint32_t l4 = len - (uint32_t)sizeof(*ip);

	ip->vtc_flow = RTE_BE32(0x60000000);
	ip->payload_len = rte_cpu_to_be_16((uint16_t)l4);
	if (ip->proto != IPPROTO_ICMPV6 || l4 < 8)
		return;
	memset(data + sizeof(*ip) + 2, 0, 2);
	*(uint16_t *)(data + sizeof(*ip) + 2) = rte_ipv6_udptcp_cksum(ip, ip + 1);
}

static void
repair4(uint8_t *data, uint32_t len)
{
	struct rte_ipv4_hdr *ip = (void *)data;

	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->total_length = rte_cpu_to_be_16((uint16_t)len);
	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

/* Workers hand over nothing else than whole headers. */
static bool
whole(uint8_t *data, uint32_t len, bool v6)
{
	if (len < (v6 ? sizeof(struct rte_ipv6_hdr) : sizeof(struct rte_ipv4_hdr)))
		return false;
	if (v6)
		repair6(data, len);
	else
		repair4(data, len);
	return true;
}

static void
punt(struct fuzz_input *in)
{
	static const enum dp_punt_reason reasons[] = { DP_PUNT_LOCAL, DP_PUNT_LOCAL, DP_PUNT_ARP,
		DP_PUNT_TTL, DP_PUNT_NO_ROUTE, DP_PUNT_PROHIBIT, DP_PUNT_MCAST_BIG, DP_PUNT_LOCAL };
	uint8_t flags = fuzz_u8(in), data[DATA_MAX];
	uint16_t port = (flags & 1) != 0 ? IB : ETH;
	enum dp_punt_reason why = reasons[flags >> 4 & 7];
	uint32_t l2 = port == ETH ? RTE_ETHER_HDR_LEN : IPOIB_HDR_LEN;
	uint32_t want = fuzz_u16(in) % DATA_MAX, len = fuzz_rest(in, data, want);
	struct rte_mbuf *m;

	in->data += len;
	in->size -= len;
	if (why == DP_PUNT_ARP ? len < l2 : !whole(data, len, (flags & 2) != 0))
		return;
	m = fuzz_exact(fx_mbuf(port, data, len), 0);
	dp_meta(m)->l2_bcast = (flags & 4) != 0;
	fx_punt(m, why, port, 0);
}

static void
answers(uint8_t how)
{
	struct fake_req *r;

	while ((r = fx_req(FAKE_PATH, NULL)) != NULL)
		fx_answer_path(r, (how & 1) != 0 ? -ENOENT : 0, 7);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	uint8_t how = fuzz_u8(&in);

	while (in.size > 4)
		punt(&in);
	fx_tick();
	if ((how & 2) != 0)
		answers(how);
	fx_run((how >> 4) * MS);
	fx_drain();
	assert_int_equal(dp_balance(fx.dp), dp_queued(fx.dp) + control_queued(fx.c));
	if (++count % (FUZZ_ROUND / 8) == 0) {
		fx_teardown(NULL);
		begin();
	}
	return 0;
}

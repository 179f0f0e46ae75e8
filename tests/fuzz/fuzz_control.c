/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * What workers hand to the control core: ARP, ND, router advertisements, DHCP, ICMP, IGMP, MLD,
 * fragments, packets for addresses of ours and for nobody. Between them time passes, the SA answers
 * or does not, links and addresses come and go. What is sent is looked at (fuzz_sent.h).
 */

#include <arpa/inet.h>
#include <errno.h>

#include <rte_udp.h>

#include "control_fixture.h"
#include "fuzz_mbuf.h"
#include "fuzz_sent.h"

#define DATA_MAX 2000
/* A fragment header of IPv6, which ends with the identification. */
#define FRAG6_END 48
#define BUDGET 2200
#define US6 "2001:db8:1::1"
#define FAR6 "2001:db8:2::2"

/* Where ARP is in reasons[]. */
#define WHY_ARP 2

/* Bits of a packet's first octet; those above are its place in reasons[]. */
enum {
	FROM_IB = 1,
	SIX = 2,
	BCAST = 4,
	AS_IS = 8,   /* no checksum of what IP carries is repaired */
	EVENT = 128, /* no packet: the low bits say what happens, an octet follows */
};

static unsigned int count;
/* Ticks, and packets that come again, that the input may still have: each is to end soon. */
static unsigned int budget;
/* The last packet, as it was given. */
static struct {
	uint8_t flags;
	uint32_t len;
	uint8_t data[DATA_MAX];
} last;
/* Something was changed that the next input must not find. */
static bool dirty;

/* Steps of 1 ms, 20 ms, 1 s or 10 s. */
static void
pass(unsigned int unit, unsigned int steps)
{
	static const uint64_t us[] = { MS, 20 * MS, S, 10 * S };

	sent_time(us[unit] * steps);
	for (; steps > 0 && budget > 0; steps--, budget--) {
		fx.now += us[unit];
		fx_tick();
	}
}

static struct dp_ip
ip6(const char *text)
{
	struct dp_ip ip;

	assert_int_equal(inet_pton(AF_INET6, text, ip.b), 1);
	return ip;
}

static void
add_address(uint16_t port, const struct dp_ip *ip, uint8_t len)
{
	while (control_addr_add(fx.c, port, ip, len) == -EAGAIN)
		fx_run(MS);
}

/* All that a port can listen to: both families, peers, DHCP relays, router advertisements, groups. */
static void
begin(void)
{
	struct dp_ip server4 = dp_ip4(IB_PEER), server6 = ip6(FAR6), us6 = ip6(US6);
	struct dp_ip ib6 = ip6("2001:db8:2::1"),
		     odd6[] = { ip6("2001:db8:1:8000::1"), ip6("2001:db8:1:8000::2") };
	struct dp_ip eth_server = dp_ip4(ETH_PEER);

	fx_setup_up(NULL);
	/* Before IPv6 sends questions of its own. */
	fx_know_eth_peer();
	fx_know_ib_peer();
	add_address(ETH, &us6, 64);
	add_address(ETH, &odd6[0], 61);
	add_address(ETH, &odd6[1], 61);
	add_address(IB, &ib6, 64);
	assert_int_equal(control_dhcp_add(fx.c, ETH, &server4), 0);
	assert_int_equal(control_dhcp_add(fx.c, ETH, &server6), 0);
	assert_int_equal(control_dhcp_add(fx.c, IB, &eth_server), 0);
	assert_int_equal(control_port_flag(fx.c, ETH, CONTROL_RA, true), 0);
	assert_int_equal(control_port_flag(fx.c, ETH, CONTROL_MCAST, true), 0);
	assert_int_equal(control_mcast_upstream(fx.c, IB), 0);
	budget = BUDGET;
	pass(1, 150);
	fx_drain();
	dirty = false;
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

/* --- packets --- */

static void
repair_icmp6(struct rte_ipv6_hdr ip, uint8_t *msg, uint32_t len)
{
	uint16_t sum;

	if (len < 8)
		return;
	ip.payload_len = rte_cpu_to_be_16((uint16_t)len);
	ip.proto = IPPROTO_ICMPV6;
	memset(msg + 2, 0, sizeof(sum));
	sum = rte_ipv6_udptcp_cksum(&ip, msg);
	memcpy(msg + 2, &sum, sizeof(sum));
}

static void
repair_udp6(const struct rte_ipv6_hdr *ip, uint8_t *msg, uint32_t len)
{
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)msg;

	if (len < sizeof(*udp))
		return;
	udp->dgram_len = rte_cpu_to_be_16((uint16_t)len);
	udp->dgram_cksum = 0;
	udp->dgram_cksum = rte_ipv6_udptcp_cksum(ip, udp);
}

/* Lengths, and checksums of what is not cut, behind extension headers too. */
static void
repair6(uint8_t *data, uint32_t len, bool as_is)
{
	struct rte_ipv6_hdr *ip = (void *)data;
	uint32_t at = sizeof(*ip);
	uint8_t proto = ip->proto;

	ip->vtc_flow = RTE_BE32(0x60000000);
	ip->payload_len = rte_cpu_to_be_16((uint16_t)(len - at));
	while ((proto == IPPROTO_HOPOPTS || proto == IPPROTO_DSTOPTS || proto == IPPROTO_ROUTING) &&
			at + 8 <= len && at + 8 + 8u * data[at + 1] <= len) {
		proto = data[at];
		at += 8 + 8u * data[at + 1];
	}
	if (as_is)
		return;
	if (proto == IPPROTO_ICMPV6)
		repair_icmp6(*ip, data + at, len - at);
	else if (proto == IPPROTO_UDP && at == sizeof(*ip))
		repair_udp6(ip, data + at, len - at);
}

static void
repair_l4(const struct rte_ipv4_hdr *ip, uint8_t *msg, uint32_t len)
{
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)msg;
	uint16_t sum;

	if (len < sizeof(*udp))
		return;
	if (ip->next_proto_id == IPPROTO_UDP) {
		udp->dgram_len = rte_cpu_to_be_16((uint16_t)len);
		udp->dgram_cksum = 0;
		udp->dgram_cksum = rte_ipv4_udptcp_cksum(ip, udp);
	} else if (ip->next_proto_id == IPPROTO_ICMP || ip->next_proto_id == IPPROTO_IGMP) {
		memset(msg + 2, 0, sizeof(sum));
		sum = (uint16_t)~rte_raw_cksum(msg, len);
		memcpy(msg + 2, &sum, sizeof(sum));
	}
}

static void
repair4(uint8_t *data, uint32_t len, bool as_is)
{
	struct rte_ipv4_hdr *ip = (void *)data;
	uint32_t at = rte_ipv4_hdr_len(ip);

	if (at < sizeof(*ip) || at > len)
		at = sizeof(*ip);
	ip->version_ihl = (uint8_t)(0x40 | at / 4);
	ip->total_length = rte_cpu_to_be_16((uint16_t)len);
	if (!as_is && (ip->fragment_offset & RTE_BE16(0x3fff)) == 0)
		repair_l4(ip, data + at, len - at);
	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

/* Workers hand over nothing else than whole headers. */
static bool
whole(uint8_t *data, uint32_t len, uint8_t flags)
{
	bool v6 = (flags & SIX) != 0;

	if (len < (v6 ? sizeof(struct rte_ipv6_hdr) : sizeof(struct rte_ipv4_hdr)))
		return false;
	if (v6)
		repair6(data, len, (flags & AS_IS) != 0);
	else
		repair4(data, len, (flags & AS_IS) != 0);
	return true;
}

/* For the peer on the other side, whose link may be too narrow. */
static void
address_next_hop(struct rte_mbuf *m, uint16_t port, bool v6)
{
	struct ipoib_addr *key = (void *)rte_pktmbuf_prepend(m, sizeof(*key));
	struct dp_ip nh = port == ETH ? dp_ip4(ETH_PEER) : dp_ip4(IB_PEER);

	if (v6)
		nh = port == ETH ? ip6("2001:db8:1::77") : ip6(FAR6);
	assert_non_null(key);
	dp_l3_key(key, port, &nh);
}

static void
hand_over(struct rte_mbuf *m, enum dp_punt_reason why)
{
	dp_meta(m)->punt = (uint8_t)why;
	fx.dp->worker[0]->ctr[m->port].rx_pkts++;
	fx.dp->worker[0]->punts++;
	assert_int_equal(rte_ring_enqueue(fx.dp->punt, m), 0);
}

/* The last packet again, the n-th time: fragments are those of another packet then. */
static void
punt(uint8_t n)
{
	static const enum dp_punt_reason reasons[] = { DP_PUNT_LOCAL, DP_PUNT_TOO_BIG, DP_PUNT_ARP,
		DP_PUNT_TTL, DP_PUNT_NO_ROUTE, DP_PUNT_PROHIBIT, DP_PUNT_MCAST_BIG, DP_PUNT_SCOPE };
	uint16_t port = (last.flags & FROM_IB) != 0 ? IB : ETH;
	enum dp_punt_reason why = reasons[last.flags >> 4 & 7];
	uint32_t l2 = port == ETH ? RTE_ETHER_HDR_LEN : IPOIB_HDR_LEN;
	bool v6 = (last.flags & SIX) != 0;
	uint8_t data[DATA_MAX];
	struct rte_mbuf *m;

	memcpy(data, last.data, last.len);
	if ((why == DP_PUNT_TOO_BIG || why == DP_PUNT_MCAST_BIG) && last.len > 8)
		data[v6 ? 7 : 8] = SENT_ROUTED_HOPS + (why == DP_PUNT_MCAST_BIG);
	if (why == DP_PUNT_ARP ? last.len < l2 : !whole(data, last.len, last.flags))
		return;
	if (v6 && data[6] == IPPROTO_FRAGMENT && last.len >= FRAG6_END)
		data[FRAG6_END - 1] = (uint8_t)(data[FRAG6_END - 1] + n);
	m = fuzz_exact(fx_mbuf(port, data, last.len), 0);
	dp_meta(m)->l2_bcast = (last.flags & BCAST) != 0;
	if (why == DP_PUNT_TOO_BIG)
		address_next_hop(m, port == ETH ? IB : ETH, v6);
	sent_allow(last.len);
	hand_over(m, why);
}

static void
take(struct fuzz_input *in, uint8_t flags)
{
	uint32_t want = fuzz_u16(in) % DATA_MAX;

	last.flags = flags;
	last.len = fuzz_rest(in, last.data, want);
	in->data += last.len;
	in->size -= last.len;
	punt(0);
}

/* It comes again and again, with identifications of IPv4 that follow each other. */
static void
flood(uint8_t times)
{
	bool is_arp = (last.flags >> 4 & 7) == WHY_ARP;
	struct rte_ipv4_hdr *ip = (void *)last.data;
	uint8_t i;

	for (i = 1; i <= times && i != 0 && budget > 0; i++, budget--) {
		if (!is_arp && (last.flags & SIX) == 0 && last.len >= sizeof(*ip))
			ip->packet_id++;
		punt(i);
	}
}

/* --- what happens between packets --- */

static void
answers(int status)
{
	struct fake_req *r;

	while ((r = fx_req(FAKE_PATH, NULL)) != NULL)
		fx_answer_path(r, status, 7);
	if ((r = fx_join_req()) != NULL)
		fx_answer_join(r, status);
}

static void
renumber(uint8_t arg)
{
	struct dp_ip six = ip6(US6), four = dp_ip4(ETH_US);
	const struct dp_ip *ip = (arg & 1) != 0 ? &four : &six;
	uint8_t len = (arg & 1) != 0 ? 24 : 64;

	if ((arg & 2) != 0) {
		while (control_addr_del(fx.c, ETH, ip, len) == -EAGAIN)
			fx_run(MS);
	}
	if ((arg & 4) != 0)
		add_address(ETH, ip, len);
}

static void
set_flag(uint8_t arg)
{
	static const enum control_flag flags[] = { CONTROL_PROXY_ARP, CONTROL_STRICT_SOURCE,
		CONTROL_RA, CONTROL_MCAST };

	control_port_flag(fx.c, (arg & 1) != 0 ? IB : ETH, flags[arg >> 1 & 3], (arg & 8) != 0);
}

static void
set_link(uint8_t arg)
{
	uint16_t port = (arg & 1) != 0 ? IB : ETH;

	if ((arg & 2) != 0)
		fx.info.state = (arg & 4) != 0 ? IPOIB_MAD_ACTIVE : IPOIB_MAD_DOWN;
	else if ((arg & 4) != 0)
		control_port_start(fx.c, port);
	else
		control_port_stop(fx.c, port);
}

static void
event(struct fuzz_input *in, uint8_t flags)
{
	uint8_t arg = fuzz_u8(in);

	fx_tick();
	switch (flags & 7) {
	case 0:
		pass(flags >> 3 & 3, arg);
		/* Peers that nobody hears of die within seconds. */
		dirty |= (flags >> 3 & 2) != 0;
		return;
	case 1:
		flood(arg);
		dirty = true;
		return;
	case 2:
		answers(arg == 0 ? 0 : arg == 1 ? -ENOENT : -ETIMEDOUT);
		return;
	case 3:
		sent_look();
		return;
	case 4:
		renumber(arg);
		break;
	case 5:
		set_flag(arg);
		break;
	case 6:
		set_link(arg);
		break;
	default:
		control_port_mtu(fx.c, (arg & 1) != 0 ? IB : ETH, (uint16_t)(arg * 8));
	}
	dirty = true;
	sent_free(SENT_FREE);
	pass(1, 6);
}

/* --- one input --- */

/* Whatever came, each packet is somewhere, and each mbuf belongs to one. */
static void
check_books(void)
{
	uint64_t queued = dp_queued(fx.dp) + control_queued(fx.c);

	assert_int_equal(dp_balance(fx.dp), queued);
	assert_in_range(rte_mempool_in_use_count(fx.pool), queued > 0,
			queued * RTE_LIBRTE_IP_FRAG_MAX_FRAG);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	uint8_t how = fuzz_u8(&in), flags;

	sent_begin();
	budget = BUDGET;
	last.len = 0;
	while (in.size > 1) {
		flags = fuzz_u8(&in);
		if ((flags & EVENT) != 0)
			event(&in, flags);
		else
			take(&in, flags);
	}
	fx_tick();
	if ((how & 2) != 0)
		answers((how & 1) != 0 ? -ENOENT : 0);
	pass(0, how >> 4);
	sent_look();
	sent_end();
	check_books();
	if (dirty || ++count % (FUZZ_ROUND / 8) == 0) {
		fx_teardown(NULL);
		begin();
	}
	return 0;
}

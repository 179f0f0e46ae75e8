/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Plain IPv4 packets are classified a short way. Whatever comes in one segment, where the short way
 * may be taken, has the same fate as the same octets in two segments, where it may not.
 */

#include <stdlib.h>
#include <string.h>

#include <rte_fib.h>

#include "dp_fixture.h"
#include "dp_golden.h"

#define VID 5
#define SUB DP_PORT_LOGICAL
#define BOND (DP_PORT_LOGICAL + 1)
#define OUT_MAX 8
#define FRAME_MAX 512
#define TRIALS 6000

struct in {
	uint16_t port;
	uint16_t vlan_tci;
	uint64_t ol_flags;
	uint8_t rx_flags; /* of pmd_ipoib_meta */
	uint32_t len;
	uint8_t data[FRAME_MAX];
};

/* A packet that came out, by a port or at control. */
struct out {
	uint16_t port, in_port, out_port;
	int punt; /* its reason, l2_bcast the sign; or 0 */
	uint32_t ah, qpn;
	uint32_t len;
	uint8_t data[FRAME_MAX];
};

struct fate {
	unsigned int n;
	struct out out[OUT_MAX];
	struct dp_counters ctr[NB_PORTS + 2];
};

static uint16_t vlan_port[4096];
static struct fate fate[2];

static uint32_t
pick(uint32_t n)
{
	return (uint32_t)rand() % n;
}

/* With a sub-port of ETH0, and a bond of both IPoIB ports that tests may put them into. */
static int
plain_setup(void **state)
{
	fx_setup(state);
	srand(3);
	memset(vlan_port, 0xff, sizeof(vlan_port));
	assert_int_equal(dp_port_add_logical(fx.dp, DP_PORT_ETH, VID, ETH0), SUB);
	assert_int_equal(dp_port_add_logical(fx.dp, DP_PORT_IPOIB, 0, DP_PORT_NIL), BOND);
	fx_up(SUB, true);
	fx_up(BOND, true);
	vlan_port[VID] = SUB;
	fx.dp->port[ETH0].vlan_port = vlan_port;
	return 0;
}

static uint16_t
counted_port(unsigned int i)
{
	return (uint16_t)(i < NB_PORTS ? i : DP_PORT_LOGICAL + i - NB_PORTS);
}

static void
counters_get(struct dp_counters *ctr)
{
	unsigned int i;

	for (i = 0; i < NB_PORTS + 2; i++)
		dp_counters_get(fx.dp, counted_port(i), &ctr[i]);
}

static struct out *
out_put(struct fate *f, uint16_t port, struct rte_mbuf *m)
{
	struct out *o = &f->out[f->n++];

	assert_true(f->n < OUT_MAX);
	rte_mbuf_sanity_check(m, 1);
	assert_true(m->pkt_len <= FRAME_MAX);
	memset(o, 0, sizeof(*o));
	o->port = port;
	o->len = m->pkt_len;
	if (rte_pktmbuf_read(m, 0, m->pkt_len, o->data) != o->data)
		memcpy(o->data, rte_pktmbuf_mtod(m, void *), m->pkt_len);
	return o;
}

static void
outputs_take(struct fate *f)
{
	struct rte_mbuf *m;
	struct out *o;
	uint16_t port;

	for (port = 0; port < NB_PORTS; port++) {
		while ((m = fx_tx(port)) != NULL) {
			o = out_put(f, port, m);
			if (port % 2 != 0) {
				o->ah = pmd_ipoib_meta(m)->ah;
				o->qpn = pmd_ipoib_meta(m)->qpn;
			}
			fx_free_sent(m);
		}
	}
	while ((m = fx_punt()) != NULL) {
		o = out_put(f, DP_PORT_NIL, m);
		o->in_port = m->port;
		o->punt = (dp_meta(m)->punt + 1) * (dp_meta(m)->l2_bcast ? -1 : 1);
		if (dp_meta(m)->punt == DP_PUNT_L3_MISS || dp_meta(m)->punt == DP_PUNT_NEIGH_MISS ||
				dp_meta(m)->punt == DP_PUNT_TOO_BIG)
			o->out_port = dp_meta(m)->out_port;
		dp_count(&fx.dp->ctl[m->port].delivered, 1);
		rte_pktmbuf_free(m);
	}
}

/* Let a packet in, cut at @p cut (0: not at all), and see what becomes of it. */
static void
run(struct fate *f, const struct in *in, uint32_t cut)
{
	struct dp_counters now[NB_PORTS + 2];
	struct rte_mbuf *m = fx_mbuf_cut(in->port, in->data, in->len, cut, 0);
	uint64_t *a, *b;
	size_t i;

	m->ol_flags |= in->ol_flags;
	m->vlan_tci = in->vlan_tci;
	pmd_ipoib_meta(m)->flags = in->rx_flags;
	f->n = 0;
	counters_get(f->ctr);
	fx_rx(in->port, m);
	fx_turn();
	outputs_take(f);
	counters_get(now);
	a = (uint64_t *)f->ctr;
	b = (uint64_t *)now;
	for (i = 0; i < sizeof(now) / (sizeof(uint64_t)); i++)
		a[i] = b[i] - a[i];
}

static void
fates_equal(void)
{
	const struct out *a, *b;
	unsigned int i, k;

	for (i = 0; i < NB_PORTS + 2; i++) {
		for (k = 0; k < DP_DROP_MAX; k++) {
			if (fate[0].ctr[i].drop[k] != fate[1].ctr[i].drop[k])
				print_error("port %u drop_%s\n", counted_port(i), dp_drop_name[k]);
		}
	}
	assert_memory_equal(fate[0].ctr, fate[1].ctr, sizeof(fate[0].ctr));
	assert_int_equal(fate[0].n, fate[1].n);
	for (i = 0; i < fate[0].n; i++) {
		a = &fate[0].out[i];
		b = &fate[1].out[i];
		assert_memory_equal(a, b, offsetof(struct out, data));
		assert_memory_equal(a->data, b->data, a->len);
	}
}

/* An IPv4 packet as it should be. */
static void
packet_make(struct in *in, uint16_t port)
{
	static const uint32_t dst[] = { IP_FAR, IP_ETH2, IP_IB3, IP_HOST, IP_GW, IP_US, IP_UNKNOWN,
		IP_NOWHERE, IP(192, 0, 2, 255), IP(224, 0, 0, 1), IP(239, 1, 1, 1), 0xffffffff,
		IP(127, 0, 0, 1), IP(223, 255, 255, 255), IP(240, 0, 0, 1), IP(0, 0, 0, 1) };
	static const uint32_t src[] = { IP_HOST, IP(192, 0, 2, 9), IP(223, 1, 1, 1), 0,
		IP(0, 1, 1, 1), IP(127, 0, 0, 1), IP(224, 0, 0, 1), 0xffffffff, IP(1, 0, 0, 1) };
	uint16_t len = (uint16_t)(20 + pick(pick(2) != 0 ? 30 : 200));
	struct rte_mbuf *m;

	m = fx_packet(port, pick(8) != 0 ? src[pick(2)] : src[pick(RTE_DIM(src))],
			pick(3) != 0 ? dst[pick(5)] : dst[pick(RTE_DIM(dst))],
			(uint8_t)(pick(8) != 0 ? 64 : pick(3)), len);
	memset(in, 0, sizeof(*in));
	in->port = port;
	in->len = m->pkt_len;
	memcpy(in->data, rte_pktmbuf_mtod(m, void *), in->len);
	rte_pktmbuf_free(m);
	/* Padding of the link. */
	if (pick(4) == 0)
		in->len += pick(40);
}

static void
header_mutate(struct in *in)
{
	uint32_t l2 = in->port % 2 == 0 ? 14 : 4, n = 1 + pick(3), at;

	for (; n > 0; n--) {
		at = pick(l2 + 24);
		if (pick(2) != 0)
			in->data[at] ^= (uint8_t)(1 << pick(8));
		else
			in->data[at] = (uint8_t)pick(256);
	}
	/* The total length, around the limits; and the header is sound again, as often as not. */
	if (pick(4) == 0) {
		in->data[l2 + 2] = 0;
		in->data[l2 + 3] = (uint8_t)(pick(2) != 0 ? in->len - l2 + pick(5) - 2 : pick(24));
	}
	if (pick(2) != 0)
		fx_ip_fix(&in->data[l2]);
}

static void
link_mutate(struct in *in)
{
	static const uint64_t flags[] = { RTE_MBUF_F_RX_IP_CKSUM_GOOD, RTE_MBUF_F_RX_IP_CKSUM_BAD,
		RTE_MBUF_F_RX_IP_CKSUM_NONE, RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED,
		RTE_MBUF_F_RX_VLAN };
	static const uint16_t tags[] = { 0, VID, VID + 1, 0x3000, 0x3000 | VID };
	static const uint16_t types[] = { 0x0800, 0x86dd, 0x0806, 0x8100 };
	uint32_t type_at = in->port % 2 == 0 ? 12 : 0;
	uint16_t type = types[pick(RTE_DIM(types))];

	switch (pick(6)) {
	case 0:
		in->ol_flags = flags[pick(RTE_DIM(flags))];
		in->vlan_tci = tags[pick(RTE_DIM(tags))];
		break;
	case 1:
		in->rx_flags = (uint8_t)pick(16);
		break;
	case 2:
		memset(in->data, 0xff, in->port % 2 == 0 ? 6 : 0);
		break;
	case 3:
		in->data[type_at] = (uint8_t)(type >> 8);
		in->data[type_at + 1] = (uint8_t)type;
		break;
	case 4: /* the end is missing */
		in->len = 2 + pick(in->len - 2);
		break;
	default:
		break;
	}
}

static void
trials(unsigned int n, uint16_t port)
{
	struct in in;
	uint32_t cut;

	for (; n > 0; n--) {
		packet_make(&in, port == DP_PORT_NIL ? pick(NB_PORTS) : port);
		if (pick(4) != 0)
			header_mutate(&in);
		if (pick(2) != 0)
			link_mutate(&in);
		/* Before and behind where headers must be brought together. */
		cut = 1 + pick(in.len - 1);
		run(&fate[0], &in, 0);
		run(&fate[1], &in, cut);
		fates_equal();
	}
}

static void
test_ports(void **state)
{
	(void)state;
	trials(TRIALS, DP_PORT_NIL);
}

/* What comes from a port that clamps MSS, is bound or a bond's takes the long way. */
static void
test_special_ports(void **state)
{
	uint16_t port;

	(void)state;
	for (port = 0; port < NB_PORTS; port++) {
		atomic_store(&fx.dp->port[port].flags, DP_PORT_MSS_CLAMP);
		trials(TRIALS / 20, port);
		atomic_store(&fx.dp->port[port].flags, 0);
		atomic_store(&fx.dp->port[port].bind, IB3);
		trials(TRIALS / 20, port);
		atomic_store(&fx.dp->port[port].bind, DP_PORT_NIL);
	}
	atomic_store(&fx.dp->port[BOND].tx, IB1);
	for (port = IB1; port < NB_PORTS; port += 2) {
		atomic_store(&fx.dp->port[port].master, BOND);
		trials(TRIALS / 10, port);
		atomic_store(&fx.dp->port[port].master, DP_PORT_NIL);
	}
}

/* Every single bit, with and without a checksum that is right for it. */
static void
test_every_bit(void **state)
{
	struct in in, bad;
	uint32_t bit, l2, fix;
	uint16_t port;

	(void)state;
	for (port = 0; port < 2; port++) {
		l2 = port % 2 == 0 ? 14 : 4;
		memset(&in, 0, sizeof(in));
		in.port = port;
		in.len = port == ETH0 ? sizeof(golden_eth_in) : l2 + 46;
		if (port == ETH0) {
			memcpy(in.data, golden_eth_in, in.len);
		} else {
			in.data[0] = 8;
			fx_ip(&in.data[l2], IP_GW, IP_HOST, 64, 46);
		}
		for (bit = 0; bit < (l2 + 20) * 8; bit++) {
			for (fix = 0; fix < 2; fix++) {
				bad = in;
				bad.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
				if (fix != 0)
					fx_ip_fix(&bad.data[l2]);
				run(&fate[0], &bad, 0);
				run(&fate[1], &bad, 1 + bit % (in.len - 1));
				fates_equal();
			}
		}
	}
}

/* The checksum field 0 and 0xffff are the same in ones' complement: both right, or both wrong. */
static void
checksum_zero(struct in *in)
{
	static const uint16_t field[] = { 0, 0xffff };
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)&in->data[14];
	unsigned int i, way;
	uint32_t sum;

	fx_ip(ip, IP_HOST, IP_FAR, 64, 40);
	sum = (uint32_t)ip->packet_id + ip->hdr_checksum;
	ip->packet_id = (uint16_t)((sum & UINT16_MAX) + (sum >> 16));
	for (i = 0; i < RTE_DIM(field); i++) {
		ip->hdr_checksum = field[i];
		for (way = 0; way < 2; way++) {
			run(&fate[way], in, way * 20);
			assert_int_equal(fate[way].out[0].port, IB1);
		}
		fates_equal();
	}
}

/* Of all kinds of sums: right is right, and one bit off is wrong. */
static void
test_checksums(void **state)
{
	struct in in;
	uint32_t sum;

	(void)state;
	packet_make(&in, ETH0);
	for (sum = 0; sum < 65536; sum += 5) {
		fx_ip(&in.data[14], IP_HOST, IP_FAR, 64, 40);
		in.len = 54;
		/* The ID makes the sum what it is. */
		in.data[18] = (uint8_t)(sum >> 8);
		in.data[19] = (uint8_t)sum;
		fx_ip_fix(&in.data[14]);
		run(&fate[0], &in, 0);
		assert_int_equal(fate[0].n, 1);
		assert_int_equal(fate[0].out[0].port, IB1);
		in.data[24 + sum % 2] ^= (uint8_t)(1 << sum % 8);
		run(&fate[0], &in, 0);
		assert_int_equal(fate[0].n, 0);
		assert_int_equal(fate[0].ctr[ETH0].drop[DP_DROP_ip_checksum], 1);
	}
	checksum_zero(&in);
}

/* Headers whose sum of 64 bits overflows, by the first half or by the destination: with a carry lost, a
 * checksum of one more would look right. */
static void
test_checksum_carries(void **state)
{
	struct in in;
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)&in.data[14];
	uint32_t id, top;

	(void)state;
	packet_make(&in, ETH0);
	in.len = 54;
	for (id = 0; id < 65536; id += 5) {
		top = ~id & 0xff;
		if (top == 0 || top == 127 || top >= 224)
			continue;
		fx_ip(ip, IP_HOST, IP_FAR | 0xe0, 64, 40);
		ip->packet_id = (uint16_t)id;
		ip->fragment_offset = RTE_BE16(RTE_IPV4_HDR_DF_FLAG);
		/* With ID and flags it is 2^32 - 1, or more. */
		ip->src_addr = (id % 2 == 0 ? 0xffbf0000 : 0xffff0000) | (~id & 0xffff);
		fx_ip_fix((uint8_t *)ip);
		run(&fate[0], &in, 0);
		assert_int_equal(fate[0].n, 1);
		assert_int_equal(fate[0].out[0].port, IB1);
		if (ip->hdr_checksum >= 0xfffe)
			continue;
		ip->hdr_checksum++;
		run(&fate[0], &in, 0);
		assert_int_equal(fate[0].n, 0);
		assert_int_equal(fate[0].ctr[ETH0].drop[DP_DROP_ip_checksum], 1);
	}
}

/* One less in the TTL is one more in the checksum, and its carry one more again. */
static void
test_checksum_ttl(void **state)
{
	struct rte_ipv4_hdr *ip, *out = (struct rte_ipv4_hdr *)&fate[0].out[0].data[IPOIB_HDR_LEN];
	struct in in;
	rte_be16_t got;
	uint32_t id;

	(void)state;
	packet_make(&in, ETH0);
	in.len = 54;
	ip = (struct rte_ipv4_hdr *)&in.data[14];
	for (id = 0; id < 65536; id++) {
		fx_ip(ip, IP_HOST, IP_FAR, 64, 40);
		ip->packet_id = (uint16_t)id;
		fx_ip_fix((uint8_t *)ip);
		if (rte_be_to_cpu_16(ip->hdr_checksum) < 0xfd00)
			continue;
		run(&fate[0], &in, 0);
		assert_int_equal(fate[0].n, 1);
		assert_int_equal(out->time_to_live, 63);
		got = out->hdr_checksum;
		fx_ip_fix((uint8_t *)out);
		assert_int_equal(out->hdr_checksum, got);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_ports, plain_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_special_ports, plain_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_every_bit, plain_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_checksums, plain_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_checksum_carries, plain_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_checksum_ttl, plain_setup, fx_teardown),
	};

	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}

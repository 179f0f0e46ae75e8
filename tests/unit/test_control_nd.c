/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Neighbour Discovery and own IPv6 addresses, compared with messages that scapy made. */

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "control_fixture.h"
#include "nd.h"
#include "nd_golden.h"

#define US "2001:db8:1::1"
#define PEER "2001:db8:1::77"
#define OUR_LL "fe80::ff:fe00:1"
#define PEER_LL "fe80::ff:fe00:4d"
#define OTHER "2001:db8:1::99"
#define FAR "2001:db8:9::9"
#define IB_US6 "2001:db8:2::1"
#define IB_PEER6 "2001:db8:2::2"
#define ETH_HDR 14
#define IP6_HDR 40

#define SEND(port, name) send_in(port, golden_##name, sizeof(golden_##name))
#define EXPECT(port, name) fx_assert_bytes(fx_sent_on(port), golden_##name, sizeof(golden_##name))

static struct ipoib_addr peer;

static struct dp_ip
ip6(const char *text)
{
	struct dp_ip ip;

	assert_int_equal(inet_pton(AF_INET6, text, ip.b), 1);
	return ip;
}

static int
addr_add(uint16_t port, const char *text)
{
	struct dp_ip ip = ip6(text);

	return control_addr_add(fx.c, port, &ip, 64);
}

/* A message as a worker hands it over. */
static void
send_in(uint16_t port, const void *data, uint32_t len)
{
	struct rte_mbuf *m = fx_mbuf(port, data, len);

	dp_meta(m)->l2_bcast = ((const uint8_t *)data)[24] == 0xff;
	fx_punt(m, DP_PUNT_LOCAL, 0, 0);
	fx_tick();
}

static const struct ipoib_neigh_entry *
l3(uint16_t port, const char *text)
{
	const struct dp_ip ip = ip6(text);

	return fx_l3(port, &ip);
}

static uint8_t
l3_mac(const char *text)
{
	const struct ipoib_neigh_entry *e = l3(ETH, text);

	assert_non_null(e);
	return fx.dp->adj[e->ah].mac.addr_bytes[5];
}

/* A packet that needs the next hop. */
static void
miss(uint16_t port, const char *text, uint16_t len)
{
	struct rte_mbuf *m = fx_mbuf(ETH, NULL, len);
	struct dp_ip ip = ip6(text);
	struct ipoib_addr *key;

	memset(rte_pktmbuf_mtod(m, void *), 0, len);
	*rte_pktmbuf_mtod(m, uint8_t *) = 6 << 4;
	key = (void *)rte_pktmbuf_prepend(m, sizeof(*key));
	assert_non_null(key);
	dp_l3_key(key, port, &ip);
	dp_meta(m)->punt = DP_PUNT_L3_MISS;
	dp_meta(m)->out_port = port;
	fx.dp->worker[0]->ctr[m->port].rx_pkts++;
	assert_int_equal(rte_ring_enqueue(fx.dp->punt, m), 0);
	fx_tick();
}

/* Groups are joined as they come. */
static void
run(uint64_t us)
{
	uint64_t end = fx.now + us;

	while (fx.now < end) {
		fx_run(RTE_MIN(10 * MS, end - fx.now));
		while (fx_join_req() != NULL)
			fx_answer_join(fx_join_req(), 0);
	}
}

static int
setup(void **state)
{
	peer = fx_addr(PEER_QPN, 2);
	fx_setup(state);
	fx_answer_join(fx_join_req(), 0);
	return 0;
}

/* With usable addresses; all is said. */
static int
setup_up(void **state)
{
	setup(state);
	assert_int_equal(addr_add(ETH, US), 0);
	assert_int_equal(addr_add(IB, IB_US6), 0);
	run(3 * S);
	fx_drain();
	return 0;
}

/* One's complement sum over pseudo header and message (RFC 8200 8.1), not by DPDK's. */
static uint16_t
sum6(const uint8_t *ip, uint32_t payload)
{
	uint32_t sum = 58 + payload, i;

	for (i = 8; i < IP6_HDR + payload; i += 2)
		sum += (uint32_t)(ip[i] << 8 | (i + 1 < IP6_HDR + payload ? ip[i + 1] : 0));
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* A message of which n octets differ, its checksum right. */
static void
send_with(uint16_t port, const uint8_t *msg, uint32_t len, uint32_t at, const void *octets,
		uint32_t n)
{
	uint8_t f[256];
	uint16_t sum;

	assert_true(len <= sizeof(f) && at + n <= len);
	memcpy(f, msg, len);
	memcpy(f + at, octets, n);
	memset(f + IP6_HDR + 2, 0, 2);
	sum = (uint16_t)~sum6(f, len - IP6_HDR);
	f[IP6_HDR + 2] = (uint8_t)(sum >> 8);
	f[IP6_HDR + 3] = (uint8_t)sum;
	send_in(port, f, len);
}

/* Two probes in any order: of the link-local address, and one of which all but nonce and checksum
 * is known. */
static void
expect_dad(uint8_t *nonce)
{
	struct rte_mbuf *m = fx_sent_on(ETH), *other = fx_sent_on(ETH);
	struct dp_ip ll = ip6(OUR_LL);
	uint8_t *f, *copied;

	if (memcmp(rte_pktmbuf_mtod_offset(m, void *, ETH_HDR + IP6_HDR + 8), ll.b, 16) == 0)
		RTE_SWAP(m, other);
	assert_memory_equal(
			rte_pktmbuf_mtod_offset(other, void *, ETH_HDR + IP6_HDR + 8), ll.b, 16);
	fx_free(other);
	f = rte_pktmbuf_mtod(m, uint8_t *);
	copied = f + ETH_HDR + IP6_HDR + 26;
	assert_int_equal(m->pkt_len, sizeof(golden_eth_dad));
	assert_int_equal(sum6(f + ETH_HDR, 32), 0xffff);
	memcpy(nonce, copied, 6);
	memset(copied, 0, 6);
	memcpy(f + ETH_HDR + IP6_HDR + 2, golden_eth_dad + ETH_HDR + IP6_HDR + 2, 2);
	fx_assert_bytes(m, golden_eth_dad, sizeof(golden_eth_dad));
}

static enum control_addr_state
state_of(const char *text)
{
	struct control_addr_row row[4];
	struct dp_ip ip = ip6(text);
	uint32_t i, n, total;

	n = control_addr_rows(fx.c, 0, row, 4, &total);
	for (i = 0; i < n; i++) {
		if (dp_ip_equal(&row[i].ip, &ip))
			return row[i].state;
	}
	fail_msg("no address %s", text);
	return CONTROL_ADDR_DUPLICATE;
}

/* RFC 4862 5.4: probe, a second of silence, then used and told. */
static void
test_dad(void **state)
{
	uint8_t nonce[6];

	(void)state;
	assert_int_equal(addr_add(ETH, US), 0);
	assert_int_equal(state_of(US), CONTROL_ADDR_TENTATIVE);
	fx_tick();
	expect_dad(nonce);
	fx_assert_none();
	SEND(ETH, in_ns);
	fx_assert_none(); /* not answered yet */
	fx_run(990 * MS);
	assert_int_equal(state_of(US), CONTROL_ADDR_TENTATIVE);
	fx_assert_none();
	fx_run(20 * MS);
	assert_int_equal(state_of(US), CONTROL_ADDR_PREFERRED);
	assert_int_equal(fx_drain(), 2);
	/* And once more. */
	fx_run(980 * MS);
	fx_assert_none();
	fx_run(30 * MS);
	EXPECT(ETH, eth_na_all);
	EXPECT(ETH, eth_na_ll_all);
	fx_run(5 * S);
	fx_assert_none();
}

/* Our own probe comes back: no duplicate (RFC 7527). */
static void
test_dad_echo(void **state)
{
	uint8_t nonce[6];

	(void)state;
	assert_int_equal(addr_add(ETH, US), 0);
	fx_tick();
	expect_dad(nonce);
	send_with(ETH, golden_eth_dad + ETH_HDR, sizeof(golden_eth_dad) - ETH_HDR, IP6_HDR + 26,
			nonce, sizeof(nonce));
	fx_run(1100 * MS);
	assert_int_equal(state_of(US), CONTROL_ADDR_PREFERRED);
	fx_drain();
}

static void
dad_lost(void)
{
	assert_int_equal(state_of(US), CONTROL_ADDR_DUPLICATE);
	assert_int_equal(fx.c->ports[ETH]->ip->conflicts, 1);
	fx_run(3 * S);
	assert_int_equal(state_of(US), CONTROL_ADDR_DUPLICATE);
	fx_drain();
	/* Not answered for, not used. */
	SEND(ETH, in_ns);
	fx_assert_none();
	assert_int_equal(fx_drops(DP_DROP_nd_foreign), 1);
}

static void
test_dad_taken(void **state)
{
	(void)state;
	assert_int_equal(addr_add(ETH, US), 0);
	fx_run(500 * MS);
	SEND(ETH, in_na_ours);
	dad_lost();
}

/* Silence of a dead link proves nothing; what was a duplicate is tried again when it is back. */
static void
test_dad_link(void **state)
{
	struct ctl_port *p = fx.c->ports[ETH];

	(void)state;
	assert_int_equal(addr_add(ETH, US), 0);
	fx_run(500 * MS);
	p->stopped = true;
	fx_run(2 * S);
	assert_int_equal(state_of(US), CONTROL_ADDR_TENTATIVE);
	p->stopped = false;
	fx_run(500 * MS);
	SEND(ETH, in_na_ours);
	assert_int_equal(state_of(US), CONTROL_ADDR_DUPLICATE);
	nd_announce(p);
	assert_int_equal(state_of(US), CONTROL_ADDR_TENTATIVE);
	fx_run(1100 * MS);
	assert_int_equal(state_of(US), CONTROL_ADDR_PREFERRED);
	fx_drain();
}

/* An address that goes takes its group along. */
static void
test_addr_gone(void **state)
{
	struct dp_ip ip = ip6("2001:db8:1::5:6"), group;

	(void)state;
	nd_solicited_node(&ip, &group);
	assert_int_equal(addr_add(ETH, "2001:db8:1::5:6"), 0);
	run(2 * S);
	assert_true(ip_mcast_is_member(fx.c->ports[ETH], &group));
	assert_int_equal(control_addr_del(fx.c, ETH, &ip, 64), 0);
	assert_false(ip_mcast_is_member(fx.c->ports[ETH], &group));
	fx_drain();
}

/* Half a message, from octet at on, as a fragment (RFC 6980 forbids such). */
static void
send_part(uint32_t at, bool more)
{
	uint8_t f[IP6_HDR + 8 + 16];

	memcpy(f, golden_in_ns, IP6_HDR);
	f[5] = 8 + 16;
	f[6] = IPPROTO_FRAGMENT;
	memcpy(f + IP6_HDR,
			(const uint8_t[]){ IPPROTO_ICMPV6, 0, 0, (uint8_t)(at | more), 9, 9, 9, 9 },
			8);
	memcpy(f + IP6_HDR + 8, golden_in_ns + IP6_HDR + at, 16);
	send_in(ETH, f, sizeof(f));
}

static void
test_parts(void **state)
{
	(void)state;
	assert_int_equal(sizeof(golden_in_ns), IP6_HDR + 32);
	send_part(0, true);
	send_part(16, false);
	fx_assert_none();
	assert_int_equal(fx_drops(DP_DROP_nd_bad), 1);
	assert_null(l3(ETH, PEER));
}

/* Two that want it at the same time: neither gets it. */
static void
test_dad_race(void **state)
{
	(void)state;
	assert_int_equal(addr_add(ETH, US), 0);
	fx_run(500 * MS);
	SEND(ETH, in_dad_foreign);
	dad_lost();
}

/* RFC 4861 7.2.4: with its flags, on both media (RFC 4391 9.3 on InfiniBand). */
static void
test_answer(void **state)
{
	(void)state;
	SEND(ETH, in_ns);
	EXPECT(ETH, eth_na);
	SEND(ETH, in_ns_ll);
	EXPECT(ETH, eth_na_ll);
	SEND(ETH, in_ns_anycast);
	EXPECT(ETH, eth_na_anycast);
	/* Somebody wants our address: told to all. */
	SEND(ETH, in_dad);
	EXPECT(ETH, eth_na_all);
	fx_assert_none();
	/* Who asks will be needed; heard of is not reached: STALE (7.2.3). */
	assert_int_equal(l3_mac(PEER), 0x4d);
	fx_run(10 * MS);
	assert_int_equal(l3(ETH, PEER)->state, IPOIB_NEIGH_STALE);
}

static void
test_answer_ib(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	SEND(IB, in_ib_ns);
	fx_answer_path(fx_path_req(&peer.gid), 0, 7);
	fx_tick();
	m = fx_sent_on(IB);
	assert_int_equal(pmd_ipoib_meta(m)->qpn, PEER_QPN);
	assert_int_equal(fx.av[pmd_ipoib_meta(m)->ah].dlid, 7);
	fx_assert_bytes(m, golden_ib_na, sizeof(golden_ib_na));
	assert_memory_equal(&fx.dp->adj[l3(IB, IB_PEER6)->ah].lladdr, &peer, 20);
}

/* An NS without a link-layer address is answered by what we know or find out. */
static void
test_answer_plain(void **state)
{
	(void)state;
	SEND(ETH, in_ns_plain);
	EXPECT(ETH, eth_ns);
	SEND(ETH, in_na);
	EXPECT(ETH, eth_na);
}

/* Issue 4.7: unsolicited answers of strangers make no entry; nor do others' questions. */
static void
test_foreign(void **state)
{
	(void)state;
	SEND(ETH, in_na);
	SEND(ETH, in_na_override);
	SEND(ETH, in_ns_far);
	SEND(ETH, in_ra);
	SEND(ETH, in_rs);
	fx_run(10 * MS);
	assert_null(l3(ETH, PEER));
	assert_null(l3(ETH, PEER_LL));
	assert_int_equal(fx_drops(DP_DROP_nd_foreign), 1);
	/* Another prefix on our link: answered, not learnt. */
	SEND(ETH, in_ns_off_link);
	assert_int_equal(fx_drain(), 1);
	assert_null(l3(ETH, FAR));
	/* And what it says of itself is nothing to us. */
	send_with(ETH, golden_in_na, sizeof(golden_in_na), IP6_HDR + 8, ip6(FAR).b, 16);
	assert_int_equal(fx_drops(DP_DROP_nd_foreign), 2);
	/* Not for routers. */
	SEND(ETH, in_redirect);
	fx_assert_none();
}

/* RFC 4861 7.1, 6.1: each rule broken in turn. */
static void
test_bad(void **state)
{
	static const struct {
		const uint8_t *msg;
		uint32_t len, at;
		uint8_t value;
	} bad[] = {
		{ golden_in_ns, sizeof(golden_in_ns), 7, 254 },	  /* hop limit */
		{ golden_in_ns, sizeof(golden_in_ns), 41, 1 },	  /* code */
		{ golden_in_ns, sizeof(golden_in_ns), 48, 0xff }, /* multicast target */
		{ golden_in_ns, sizeof(golden_in_ns), 65, 0 },	  /* option of no length */
		{ golden_in_ns, sizeof(golden_in_ns), 65, 2 },	  /* ... of too much */
		{ golden_in_ns, sizeof(golden_in_ns), 66, 0x33 }, /* multicast MAC */
		{ golden_in_ns, sizeof(golden_in_ns), 5, 0x28 },  /* longer than its packet */
		{ golden_in_dad, sizeof(golden_in_dad), 36, 0 },  /* DAD not to the group */
		{ golden_in_na_override, sizeof(golden_in_na_override), 44, 0x60 }, /* S to all */
		{ golden_in_rs_nobody, sizeof(golden_in_rs_nobody), 7, 255 }, /* with an address */
		{ golden_in_ra, sizeof(golden_in_ra), 8, 0x20 }, /* RA of a global address */
	};
	static const struct dp_ip nobody;
	uint32_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(bad); i++) {
		send_with(ETH, bad[i].msg, bad[i].len, bad[i].at, &bad[i].value, 1);
		assert_int_equal(fx_drops(DP_DROP_nd_bad), i + 1);
	}
	SEND(IB, in_ib_ns_short);
	assert_int_equal(fx_drops(DP_DROP_nd_bad), i + 1);
	/* Options that nobody knows are skipped, if they have a length, and end where the message does. */
	send_with(ETH, golden_in_ns, sizeof(golden_in_ns), 64, "\x63\0", 2);
	assert_int_equal(fx_drops(DP_DROP_nd_bad), i + 2);
	send_with(ETH, golden_in_ns, sizeof(golden_in_ns), 64, "\x63\x02", 2);
	assert_int_equal(fx_drops(DP_DROP_nd_bad), i + 3);
	/* Who has no address yet tells of none; a group's is nobody's. */
	send_with(ETH, golden_in_ns, sizeof(golden_in_ns), 8, nobody.b, sizeof(nobody.b));
	assert_int_equal(fx_drops(DP_DROP_nd_bad), i + 4);
	send_with(IB, golden_in_ib_ns, sizeof(golden_in_ib_ns), 69, "\xff\xff\xff", 3);
	assert_int_equal(fx_drops(DP_DROP_nd_bad), i + 5);
	fx_assert_none();
}

static void
test_resolve(void **state)
{
	uint16_t i;

	(void)state;
	for (i = 0; i < 3; i++)
		miss(ETH, PEER, (uint16_t)(100 + i));
	EXPECT(ETH, eth_ns);
	fx_assert_none();
	SEND(ETH, in_na_bare); /* says nothing (7.2.5) */
	fx_assert_none();
	SEND(ETH, in_na);
	for (i = 0; i < 3; i++) {
		struct rte_mbuf *m = fx_sent_on(ETH);

		assert_int_equal(m->pkt_len, ETH_HDR + 100 + i);
		assert_memory_equal(rte_pktmbuf_mtod(m, void *),
				"\x02\0\0\0\0\x4d\x02\0\0\0\0\x01\x86\xdd", 14);
		fx_free(m);
	}
	assert_int_equal(l3(ETH, PEER)->state, IPOIB_NEIGH_VALID);
}

static void
test_nobody(void **state)
{
	int i;

	(void)state;
	miss(ETH, OTHER, 100);
	for (i = 0; i < 3; i++) {
		assert_int_equal(fx_drain(), 1);
		assert_int_equal(fx_drops(DP_DROP_no_neigh), 0);
		fx_run(1001 * MS);
	}
	assert_int_equal(fx_drops(DP_DROP_no_neigh), 1);
	assert_int_equal(l3(ETH, OTHER)->state, IPOIB_NEIGH_FAILED);
	fx_drain();
	/* An answer that nobody awaits any more ends no back-off. */
	miss(ETH, PEER, 100);
	fx_run(3005 * MS);
	assert_int_equal(l3(ETH, PEER)->state, IPOIB_NEIGH_FAILED);
	SEND(ETH, in_na);
	fx_run(5 * MS);
	assert_int_equal(l3(ETH, PEER)->state, IPOIB_NEIGH_FAILED);
	fx_drain();
}

static void
know_peer(void)
{
	miss(ETH, PEER, 100);
	EXPECT(ETH, eth_ns);
	SEND(ETH, in_na);
	assert_int_equal(fx_drain(), 1);
}

/* RFC 4861 7.3.2: REACHABLE 30 s, DELAY 5 s, three unicast probes a second apart, gone. */
static void
test_nud(void **state)
{
	uint32_t stale = 0, probed = 0, i;

	(void)state;
	know_peer();
	for (i = 1; i < 60 && probed == 0; i++) {
		fx_run(S);
		probed = rte_ring_count(fx.dp->worker[0]->inject) > 0 ? i : 0;
		if (l3(ETH, PEER)->state == IPOIB_NEIGH_STALE && stale == 0)
			stale = i;
	}
	assert_in_range(stale, 27, 34);
	assert_in_range(probed - stale, 4, 6);
	EXPECT(ETH, eth_ns_probe);
	/* It answers: for 30 s again. */
	SEND(ETH, in_na_router);
	assert_int_equal(l3(ETH, PEER)->state, IPOIB_NEIGH_VALID);
	for (i = 0; i < 60 && l3(ETH, PEER) != NULL; i++)
		fx_run(S);
	assert_in_range(i, 34, 43);
	assert_int_equal(fx_drain(), 3);
}

/* Not used: left in peace. */
static void
test_nud_idle(void **state)
{
	(void)state;
	know_peer();
	fx_run(29 * S);
	fx_drain();
	run(60 * S);
	fx_assert_none();
}

/* RFC 4861 7.2.5: what an advertisement may change. */
static void
test_na_rules(void **state)
{
	(void)state;
	know_peer();
	/* Without override, another address only makes the entry doubtful. */
	SEND(ETH, in_na_moved);
	assert_int_equal(l3_mac(PEER), 0x4d);
	fx_run(5 * MS);
	assert_int_equal(l3(ETH, PEER)->state, IPOIB_NEIGH_STALE);
	/* A solicited one with the same address confirms. */
	SEND(ETH, in_na_router);
	assert_int_equal(l3(ETH, PEER)->state, IPOIB_NEIGH_VALID);
	/* With override it moves at once, A -> B, and back, B -> A. */
	SEND(ETH, in_na_override);
	assert_int_equal(l3_mac(PEER), 0x4e);
	fx_run(5 * MS);
	assert_int_equal(l3(ETH, PEER)->state, IPOIB_NEIGH_STALE);
	SEND(ETH, in_na);
	assert_int_equal(l3_mac(PEER), 0x4d);
}

/* Another host claims an address of ours: we say whose it is, at most every 10 s. */
static void
test_conflict(void **state)
{
	(void)state;
	SEND(ETH, in_na_ours);
	EXPECT(ETH, eth_na_all);
	SEND(ETH, in_na_ours);
	fx_assert_none();
	assert_int_equal(fx.c->ports[ETH]->ip->conflicts, 2);
	assert_int_equal(state_of(US), CONTROL_ADDR_PREFERRED);
	fx_run(10100 * MS);
	SEND(ETH, in_na_ours);
	EXPECT(ETH, eth_na_all);
}

/* A switch or a group gives us back what we said to all: nobody claims anything. */
static void
test_own_back(void **state)
{
	(void)state;
	send_in(ETH, golden_eth_na_all + ETH_HDR, sizeof(golden_eth_na_all) - ETH_HDR);
	fx_assert_none();
	assert_int_equal(fx.c->ports[ETH]->ip->conflicts, 0);
}

static void
test_limit(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 300; i++)
		SEND(ETH, in_ns);
	assert_int_equal(fx_drain(), 256);
	assert_int_equal(fx_drops(DP_DROP_arp_limit), 44);
}

/* RFC 4861 7.2.2 on InfiniBand: to the solicited-node group, then by unicast to the peer's QPN. */
static void
test_resolve_ib(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	miss(IB, IB_PEER6, 100);
	run(10 * MS);
	m = fx_sent_on(IB);
	assert_int_equal(pmd_ipoib_meta(m)->qpn, 0xffffff);
	assert_true(fx.av[pmd_ipoib_meta(m)->ah].is_global);
	assert_memory_equal(fx.av[pmd_ipoib_meta(m)->ah].dgid.raw,
			"\xff\x12\x60\x1b\x80\x01\0\0\0\0\0\x01\xff\0\0\x02", 16);
	fx_assert_bytes(m, golden_ib_ns, sizeof(golden_ib_ns));
	SEND(IB, in_ib_na);
	fx_answer_path(fx_path_req(&peer.gid), 0, 7);
	fx_tick();
	m = fx_sent_on(IB);
	assert_int_equal(m->pkt_len, 104);
	assert_memory_equal(rte_pktmbuf_mtod(m, void *), "\x86\xdd\0\0", 4);
	fx_free(m);
}

/* A change of our link-layer address is told to all nodes. */
static void
test_announce_ib(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	nd_announce(fx.c->ports[IB]);
	run(10 * MS);
	m = fx_sent_on(IB);
	assert_int_equal(pmd_ipoib_meta(m)->qpn, 0xffffff);
	assert_memory_equal(fx.av[pmd_ipoib_meta(m)->ah].dgid.raw,
			"\xff\x12\x60\x1b\x80\x01\0\0\0\0\0\0\0\0\0\x01", 16);
	fx_assert_bytes(m, golden_ib_na_all, sizeof(golden_ib_na_all));
	fx_free(fx_sent_on(IB)); /* the link-local one */
	fx_assert_none();
}

/* A known peer is asked by unicast, at its QPN. */
static void
test_probe_ib(void **state)
{
	struct dp_ip ip = ip6(IB_PEER6);
	struct rte_mbuf *m;

	(void)state;
	SEND(IB, in_ib_ns);
	fx_answer_path(fx_path_req(&peer.gid), 0, 7);
	fx_run(5 * MS);
	EXPECT(IB, ib_na);
	nd_request(fx.c->ports[IB], &ip, &fx.dp->adj[l3(IB, IB_PEER6)->ah]);
	m = fx_sent_on(IB);
	assert_int_equal(pmd_ipoib_meta(m)->qpn, PEER_QPN);
	fx_assert_bytes(m, golden_ib_ns_probe, sizeof(golden_ib_ns_probe));
}

static void
test_linklocal(void **state)
{
	struct ctl_port *eth = fx.c->ports[ETH], *ib = fx.c->ports[IB];
	struct dp_ip want = ip6(OUR_LL), ib_want = ip6("fe80::202:c903:0:1"), got;

	(void)state;
	nd_linklocal(eth, &got);
	assert_memory_equal(&got, &want, 16);
	nd_linklocal(ib, &got);
	assert_memory_equal(&got, &ib_want, 16);
}

/* The MAC changes (a bond's other member): the link-local address follows. */
static void
test_linklocal_moves(void **state)
{
	struct ctl_port *p = fx.c->ports[ETH];
	struct dp_ip old = ip6(OUR_LL), now = ip6("fe80::ff:fe00:9");

	(void)state;
	assert_true(nd_addr_usable(p, &old));
	p->dp->mac.addr_bytes[5] = 9;
	nd_announce(p);
	run(1500 * MS);
	assert_false(nd_addr_usable(p, &old));
	assert_true(nd_addr_usable(p, &now));
	fx_drain();
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_up, fx_teardown)
#define PLAIN(name) cmocka_unit_test_setup_teardown(name, setup, fx_teardown)
	const struct CMUnitTest tests[] = {
		PLAIN(test_dad),
		PLAIN(test_dad_echo),
		PLAIN(test_dad_taken),
		PLAIN(test_dad_link),
		PLAIN(test_dad_race),
		TEST(test_answer),
		TEST(test_answer_ib),
		TEST(test_answer_plain),
		TEST(test_foreign),
		TEST(test_bad),
		TEST(test_resolve),
		TEST(test_nobody),
		TEST(test_nud),
		TEST(test_nud_idle),
		TEST(test_na_rules),
		TEST(test_conflict),
		TEST(test_own_back),
		TEST(test_addr_gone),
		TEST(test_parts),
		TEST(test_limit),
		TEST(test_resolve_ib),
		TEST(test_announce_ib),
		TEST(test_probe_ib),
		PLAIN(test_linklocal),
		TEST(test_linklocal_moves),
	};

	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}

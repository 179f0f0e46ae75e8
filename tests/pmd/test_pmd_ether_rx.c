/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* mode=ether: packets of the port below on their way to the program; VLANs, both ways. */

#include <rte_ip.h>
#include <rte_udp.h>

#include "burst_fixture.h"

#define L2 RTE_ETHER_HDR_LEN
#define VLAN_PORT 6
#define VLAN_ID 10

static const struct rte_ether_addr all = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };

/* A packet of the peer, IPv4, for us; as it comes from the port below. */
static struct rte_mbuf *
from_peer(uint16_t ip_len, uint8_t proto, uint16_t dport)
{
	uint8_t data[4096];
	struct rte_ipv4_hdr *ip = (void *)&data[4];
	struct rte_udp_hdr *udp = (void *)(ip + 1);
	struct rte_mbuf *m;
	uint16_t i;

	for (i = 0; i < 4 + ip_len; i++)
		data[i] = (uint8_t)i;
	memcpy(data, "\x08\x00\0\0", 4);
	*ip = (struct rte_ipv4_hdr){ .version_ihl = RTE_IPV4_VHL_DEF,
		.total_length = rte_cpu_to_be_16(ip_len),
		.time_to_live = 64,
		.next_proto_id = proto };
	memcpy(&ip->src_addr, peer_ip, sizeof(peer_ip));
	memcpy(&ip->dst_addr, our_ip, sizeof(our_ip));
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	udp->src_port = RTE_BE16(1000);
	udp->dst_port = rte_cpu_to_be_16(dport);
	udp->dgram_len = rte_cpu_to_be_16((uint16_t)(ip_len - sizeof(*ip)));
	m = packet(data, (uint16_t)(4 + ip_len));
	m->port = 77;
	*pmd_ipoib_meta(m) = (struct pmd_ipoib_meta){ .slid = FROM_LID, .qpn = PEER_QPN };
	return m;
}

static struct rte_mbuf *
plain(uint16_t ip_len)
{
	return from_peer(ip_len, IPPROTO_UDP, 5000);
}

static void
arrives(struct rte_mbuf *m)
{
	assert_true(below.nb_in < BELOW_MAX);
	below.in[below.nb_in++] = m;
}

/* One arrives; what the program gets of it, or NULL. */
static struct rte_mbuf *
through(struct rte_mbuf *m)
{
	uint16_t n;

	arrives(m);
	n = ether_rx_burst(rxq, &m, 1);
	assert_int_equal(below.nb_in, 0);
	return n == 1 ? m : NULL;
}

/* The frame of from_peer()'s packet; freed. */
static void
is_frame(struct rte_mbuf *m, uint16_t ip_len, const struct rte_ether_addr *dst,
		const struct rte_ether_addr *src)
{
	struct rte_mbuf *want = plain(ip_len);
	uint8_t data[4096];
	struct rte_ether_hdr *eth = (void *)data;

	assert_non_null(m);
	assert_int_equal(m->port, PORT_ID);
	assert_int_equal(m->packet_type, RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV4_EXT_UNKNOWN);
	assert_int_equal(m->nb_segs, 1);
	assert_int_equal(rte_mbuf_refcnt_read(m), 1);
	eth->dst_addr = *dst;
	eth->src_addr = *src;
	eth->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	memcpy(eth + 1, rte_pktmbuf_mtod_offset(want, void *, 4), ip_len);
	/* Not the destination address, which some tests set, and so not the checksum. */
	memcpy(&data[L2 + 10], rte_pktmbuf_mtod_offset(m, void *, L2 + 10), 2);
	memcpy(&data[L2 + 16], rte_pktmbuf_mtod_offset(m, void *, L2 + 16), 4);
	assert_octets(m, data, L2 + ip_len);
	rte_pktmbuf_free(want);
}

static void
dropped(unsigned int why, uint64_t n)
{
	unsigned int i;

	for (i = 0; i < ETHER_PMD_DROP_MAX; i++)
		assert_int_equal(rxq->ctr.drop[i], i == why ? n : 0);
}

/* The first one is looked up, the second known by the queue alone. */
static void
test_unicast(void **state)
{
	(void)state;
	is_frame(through(plain(100)), 100, &e->mac, &peer_mac);
	is_frame(through(plain(1500)), 1500, &e->mac, &peer_mac);
	assert_int_equal(rxq->ctr.packets, 2);
	assert_int_equal(rxq->ctr.bytes, 100 + 1500 + 2 * L2);
	assert_int_equal(rxq->ctr.control, 0);
	dropped(ETHER_DROP_runt, 0);
}

/* Whom nobody knows by IP address: by GID and LID, else the MAC that stands for where it is. */
static void
test_sources(void **state)
{
	struct ipoib_addr other = addr(0x777, 3);
	struct rte_ether_addr mac, unknown;
	struct ib_grh *grh;
	struct rte_mbuf *m = plain(100);

	(void)state;
	pmd_ipoib_meta(m)->slid = 99;
	rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, 4)->src_addr = RTE_BE32(0x0a000063);
	m = through(m);
	ether_mac_unknown(99, PEER_QPN, &unknown);
	assert_memory_equal(&rte_pktmbuf_mtod(m, struct rte_ether_hdr *)->src_addr, &unknown, 6);
	rte_pktmbuf_free(m);

	mac = learn(&other, NULL, from(88, 0x777, false));
	m = plain(100);
	*pmd_ipoib_meta(m) = (struct pmd_ipoib_meta){ .slid = 88, .qpn = 0x777 };
	rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, 4)->src_addr = RTE_BE32(0x0a000063);
	m = through(m);
	assert_memory_equal(&rte_pktmbuf_mtod(m, struct rte_ether_hdr *)->src_addr, &mac, 6);
	rte_pktmbuf_free(m);

	m = plain(100);
	*pmd_ipoib_meta(m) = (struct pmd_ipoib_meta){
		.slid = 99, .qpn = 0x777, .flags = PMD_IPOIB_RX_GRH
	};
	grh = (void *)(rte_pktmbuf_mtod(m, char *) - sizeof(*grh));
	grh->sgid = other.gid;
	rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, 4)->src_addr = RTE_BE32(0x0a000064);
	m = through(m);
	assert_memory_equal(&rte_pktmbuf_mtod(m, struct rte_ether_hdr *)->src_addr, &mac, 6);
	rte_pktmbuf_free(m);
}

/* An address moves to another peer: from the next packet on. */
static void
test_source_changes(void **state)
{
	struct ipoib_addr other = addr(PEER_QPN, 3);
	struct ether_ip ip = ip4(10, 0, 0, 2);
	struct rte_ether_addr mac;

	(void)state;
	is_frame(through(plain(100)), 100, &e->mac, &peer_mac);
	is_frame(through(plain(100)), 100, &e->mac, &peer_mac);
	mac = learn(&other, &ip, from(8, PEER_QPN, false));
	is_frame(through(plain(100)), 100, &e->mac, &mac);
	is_frame(through(plain(100)), 100, &e->mac, &mac);
}

/* The port's MAC, but for what belongs to somebody behind it; then nothing is remembered. */
static void
test_locals(void **state)
{
	static const struct rte_ether_addr vm = { { 2, 0, 0, 0, 0, 7 } };
	struct ether_ip ip = ip4(10, 0, 0, 1);
	struct rte_mbuf *m = plain(100);

	(void)state;
	is_frame(through(plain(100)), 100, &e->mac, &peer_mac);
	assert_int_equal(ether_local_learn(table, &ip, &vm, now), 0);
	is_frame(through(plain(100)), 100, &vm, &peer_mac);
	rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, 4)->dst_addr = RTE_BE32(0x0a000009);
	is_frame(through(m), 100, &e->mac, &peer_mac);
	is_frame(through(plain(100)), 100, &vm, &peer_mac);
	assert_int_equal(ether_local_learn(table, &ip, &e->mac, now), 0);
	is_frame(through(plain(100)), 100, &e->mac, &peer_mac);
}

/* Groups and broadcast, by the IP destination; a sender's unicast is not taken for that. */
static void
test_groups(void **state)
{
	static const struct rte_ether_addr group = { { 1, 0, 0x5e, 1, 2, 3 } };
	struct rte_mbuf *m;
	uint32_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		m = plain(100);
		pmd_ipoib_meta(m)->flags = PMD_IPOIB_RX_MCAST;
		rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, 4)->dst_addr = RTE_BE32(
				0xef810203);
		is_frame(through(m), 100, &group, &peer_mac);
		m = plain(100);
		pmd_ipoib_meta(m)->flags = PMD_IPOIB_RX_BCAST;
		rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, 4)->dst_addr = RTE_BE32(
				0xffffffff);
		is_frame(through(m), 100, &all, &peer_mac);
		is_frame(through(plain(100)), 100, &e->mac, &peer_mac);
	}
}

/* What carries addresses is control's; what is neither IP nor ARP, or too short, ends. */
static void
test_special(void **state)
{
	static const uint16_t type[] = { 0x0806, 0x8035, 0x88cc };
	struct rte_mbuf *m;
	uint32_t i;

	(void)state;
	is_frame(through(plain(100)), 100, &e->mac, &peer_mac);
	assert_null(through(from_peer(300, IPPROTO_UDP, 67)));
	assert_null(through(from_peer(300, IPPROTO_UDP, 68)));
	is_frame(through(from_peer(100, IPPROTO_UDP, 5000)), 100, &e->mac, &peer_mac);
	for (i = 0; i < RTE_DIM(type); i++) {
		m = plain(100);
		*rte_pktmbuf_mtod(m, rte_be16_t *) = rte_cpu_to_be_16(type[i]);
		assert_null(through(m));
	}
	m = plain(100);
	*rte_pktmbuf_mtod(m, rte_be16_t *) = RTE_BE16(RTE_ETHER_TYPE_IPV6);
	*rte_pktmbuf_mtod_offset(m, struct rte_ipv6_hdr *, 4) =
			(struct rte_ipv6_hdr){ .proto = IPPROTO_ICMPV6 };
	*rte_pktmbuf_mtod_offset(m, uint8_t *, 4 + 40) = 135;
	assert_null(through(m));
	assert_int_equal(rxq->ctr.control, 5);
	for (i = 0; i < 5; i++)
		rte_pktmbuf_free(taken(e->in));
	dropped(ETHER_DROP_type, 1);
}

static void
test_runts(void **state)
{
	static const uint16_t len[] = { 3, 4, 4 + 19 };
	struct rte_mbuf *m;
	uint32_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(len); i++) {
		m = plain(100);
		rte_pktmbuf_trim(m, 104 - len[i]);
		assert_null(through(m));
	}
	m = plain(100);
	*rte_pktmbuf_mtod(m, rte_be16_t *) = RTE_BE16(RTE_ETHER_TYPE_IPV6);
	rte_pktmbuf_trim(m, 104 - 4 - 39);
	assert_null(through(m));
	dropped(ETHER_DROP_runt, 4);
	/* Just long enough. */
	m = plain(100);
	rte_pktmbuf_trim(m, 80);
	m = through(m);
	assert_non_null(m);
	rte_pktmbuf_free(m);
	assert_int_equal(rxq->ctr.packets, 1);
}

static void
test_control_full(void **state)
{
	struct rte_mbuf *m;
	uint32_t i;

	(void)state;
	for (i = 0; i < 64 + 3; i++)
		assert_null(through(from_peer(300, IPPROTO_UDP, 67)));
	assert_int_equal(rxq->ctr.control, 64);
	while ((m = taken(e->in)) != NULL)
		rte_pktmbuf_free(m);
	dropped(ETHER_PMD_control, 3);
}

/* Packets keep a peer's MAC, though the queue remembers it: three times as long as it lives. */
static void
test_age(void **state)
{
	struct ether_table_stats s;
	uint32_t i;

	(void)state;
	for (i = 0; i < 300; i += 20) {
		wait_s(20);
		is_frame(through(plain(100)), 100, &e->mac, &peer_mac);
	}
	wait_s(200);
	ether_table_stats_get(table, &s);
	assert_int_equal(s.peers, 0);
}

/* Of all kinds in a burst: what control gave on comes first, the rest keeps its order. */
static void
test_burst(void **state)
{
	struct rte_mbuf *pkts[64];
	uint16_t i, n;

	(void)state;
	assert_int_equal(rte_ring_enqueue(e->app, packet(peer_ip, 4)), 0);
	for (i = 0; i < 40; i++) {
		if (i % 5 == 4)
			arrives(from_peer(300, IPPROTO_UDP, 68));
		else
			arrives(plain((uint16_t)(100 + i)));
	}
	n = ether_rx_burst(rxq, pkts, 64);
	assert_int_equal(n, 1 + 32);
	assert_octets(pkts[0], peer_ip, 4);
	for (i = 1; i < n; i++)
		is_frame(pkts[i], (uint16_t)(100 + (i - 1) / 4 * 5 + (i - 1) % 4), &e->mac,
				&peer_mac);
	for (i = 0; i < 8; i++)
		rte_pktmbuf_free(taken(e->in));
	assert_int_equal(rxq->ctr.packets, 33);
	assert_int_equal(rxq->ctr.control, 8);
	assert_int_equal(ether_rx_burst(rxq, pkts, 64), 0);
}

/* No more than is asked for, with what waits for the program. */
static void
test_burst_short(void **state)
{
	struct rte_mbuf *pkts[8];
	uint16_t i;

	(void)state;
	for (i = 0; i < 3; i++)
		assert_int_equal(rte_ring_enqueue(e->app, packet(peer_ip, 4)), 0);
	arrives(plain(100));
	arrives(plain(101));
	assert_int_equal(ether_rx_burst(rxq, pkts, 2), 2);
	assert_int_equal(ether_rx_burst(rxq, &pkts[2], 2), 2);
	is_frame(pkts[3], 100, &e->mac, &peer_mac);
	assert_int_equal(ether_rx_burst(rxq, &pkts[3], 2), 1);
	is_frame(pkts[3], 101, &e->mac, &peer_mac);
	assert_int_equal(rxq->ctr.bytes, 3 * 4 + 100 + 101 + 2 * L2);
	for (i = 0; i < 3; i++)
		rte_pktmbuf_free(pkts[i]);
}

/* What has its header from the port below is passed on as it is, alone and among others. */
static void
test_done_below(void **state)
{
	struct rte_mbuf *pkts[4], *m = packet(peer_ip, 4);

	(void)state;
	m->packet_type = IPOIB_PTYPE_ETHER_IPV4;
	arrives(m);
	below.done = 1;
	assert_int_equal(ether_rx_burst(rxq, pkts, 4), 1);
	m = pkts[0];
	arrives(m);
	arrives(plain(100));
	assert_int_equal(ether_rx_burst(rxq, pkts, 4), 2);
	assert_octets(pkts[0], peer_ip, 4);
	is_frame(pkts[1], 100, &e->mac, &peer_mac);
	assert_int_equal(rxq->ctr.packets, 3);
	assert_int_equal(rxq->ctr.bytes, 4 + 4 + 100 + L2);
}

/* What the program asked to be looked at, and the device has not. */
static void
test_checksums(void **state)
{
	const uint64_t good_ip = RTE_MBUF_F_RX_IP_CKSUM_GOOD, bad_ip = RTE_MBUF_F_RX_IP_CKSUM_BAD;
	const uint64_t good = good_ip | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	const uint64_t bad = good_ip | RTE_MBUF_F_RX_L4_CKSUM_BAD;
	struct rte_ipv4_hdr *ip;
	struct rte_udp_hdr *udp;
	struct rte_mbuf *m;
	uint32_t i;
	const struct {
		uint8_t proto, wrong_ip, wrong_l4, zero;
		uint64_t want;
	} rows[] = { { IPPROTO_UDP, 0, 0, 0, good }, { IPPROTO_UDP, 0, 1, 0, bad },
		{ IPPROTO_UDP, 1, 0, 0, bad_ip }, { IPPROTO_UDP, 0, 0, 1, good_ip },
		{ IPPROTO_ICMP, 0, 1, 0, good_ip } };

	(void)state;
	rxq->cksum = true;
	for (i = 0; i < RTE_DIM(rows); i++) {
		m = from_peer(100, rows[i].proto, 5000);
		ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, 4);
		udp = (void *)(ip + 1);
		udp->dgram_cksum = 0;
		if (!rows[i].zero)
			udp->dgram_cksum = rte_ipv4_udptcp_cksum(ip, udp);
		udp->dgram_cksum ^= RTE_BE16(rows[i].wrong_l4);
		ip->hdr_checksum ^= RTE_BE16(rows[i].wrong_ip);
		m = through(m);
		assert_int_equal(m->ol_flags, rows[i].want);
		rte_pktmbuf_free(m);
	}
	m = plain(100);
	m->ol_flags = RTE_MBUF_F_RX_IP_CKSUM_BAD;
	m = through(m);
	assert_int_equal(m->ol_flags, RTE_MBUF_F_RX_IP_CKSUM_BAD);
	rte_pktmbuf_free(m);
}

/* --- VLANs: the hidden port is one like ours, with queues of its own --- */

static struct {
	struct ether_rxq *rxq;
	struct ether_txq *txq;
	struct rte_eth_dev_data data;
	void *rx[1], *tx[1];
} hidden;

static int
vlan_setup(void **state)
{
	int ret = burst_setup(state);

	hidden.rxq = rte_zmalloc("h", sizeof(*rxq), RTE_CACHE_LINE_SIZE);
	hidden.txq = rte_zmalloc("h", sizeof(*txq), RTE_CACHE_LINE_SIZE);
	assert_true(hidden.rxq != NULL && hidden.txq != NULL);
	*hidden.rxq = *rxq;
	hidden.rxq->lower = &hidden.rxq->plain;
	hidden.rxq->port_id = VLAN_PORT;
	*hidden.txq = *txq;
	hidden.rx[0] = hidden.rxq;
	hidden.tx[0] = hidden.txq;
	hidden.data.rx_queues = hidden.rx;
	hidden.data.tx_queues = hidden.tx;
	rte_eth_devices[VLAN_PORT].data = &hidden.data;
	e->vlan[0] = (struct ether_vlan){ .id = VLAN_ID, .port_id = VLAN_PORT };
	e->nb_vlans = 1;
	return ret;
}

static int
vlan_teardown(void **state)
{
	rte_eth_devices[VLAN_PORT].data = NULL;
	rte_free(hidden.rxq);
	rte_free(hidden.txq);
	return burst_teardown(state);
}

/* A frame of ours to the peer, with a tag. */
static struct rte_mbuf *
tagged(uint16_t tci, uint16_t ip_len)
{
	struct rte_mbuf *m = plain(ip_len);
	char *at = rte_pktmbuf_prepend(m, L2);
	struct rte_ether_hdr *eth = (void *)at;
	struct rte_vlan_hdr *tag = (void *)(eth + 1);

	eth->dst_addr = peer_mac;
	eth->src_addr = e->mac;
	eth->ether_type = RTE_BE16(RTE_ETHER_TYPE_VLAN);
	tag->vlan_tci = rte_cpu_to_be_16(tci);
	tag->eth_proto = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	return m;
}

/* The same without. */
static struct rte_mbuf *
untagged(uint16_t ip_len)
{
	struct rte_mbuf *m = tagged(0, ip_len);
	char *at = rte_pktmbuf_mtod(m, char *);

	memmove(at + 4, at, 12);
	rte_pktmbuf_adj(m, 4);
	return m;
}

/* Each partition's packets in turn; a VLAN's get its tag. */
static void
test_vlan_rx(void **state)
{
	struct rte_mbuf *pkts[8], *m;
	struct rte_vlan_hdr *tag;
	uint16_t n, i, nb_tagged = 0;

	(void)state;
	for (i = 0; i < 2; i++) {
		arrives(plain(100));
		n = ether_vlan_rx_burst(rxq, pkts, 8);
		assert_int_equal(n, 1);
		m = pkts[0];
		assert_int_equal(m->port, PORT_ID);
		tag = rte_pktmbuf_mtod_offset(m, struct rte_vlan_hdr *, L2);
		if (rte_pktmbuf_mtod(m, struct rte_ether_hdr *)->ether_type ==
				RTE_BE16(RTE_ETHER_TYPE_VLAN)) {
			nb_tagged++;
			assert_int_equal(tag->vlan_tci, RTE_BE16(VLAN_ID));
			assert_int_equal(tag->eth_proto, RTE_BE16(RTE_ETHER_TYPE_IPV4));
			assert_int_equal(m->packet_type,
					RTE_PTYPE_L2_ETHER_VLAN | RTE_PTYPE_L3_IPV4_EXT_UNKNOWN);
			assert_int_equal(m->pkt_len, L2 + 4 + 100);
			m->packet_type = IPOIB_PTYPE_ETHER_IPV4;
			memmove(rte_pktmbuf_mtod_offset(m, void *, 4), rte_pktmbuf_mtod(m, void *),
					12);
			rte_pktmbuf_adj(m, 4);
		}
		is_frame(m, 100, &e->mac, &peer_mac);
	}
	assert_int_equal(nb_tagged, 1);
	assert_int_equal(hidden.rxq->ctr.packets, 1);
	assert_int_equal(rxq->ctr.packets, 1);
}

/* A tag without room in front of it. */
static void
test_vlan_rx_no_room(void **state)
{
	struct rte_mbuf *pkts[8], *m;
	uint16_t i, n = 0;

	(void)state;
	for (i = 0; i < 2; i++) {
		m = plain(100);
		memmove(RTE_PTR_ADD(m->buf_addr, 10), rte_pktmbuf_mtod(m, void *), m->data_len);
		m->data_off = 10;
		arrives(m);
		n += ether_vlan_rx_burst(rxq, &pkts[n], 8);
	}
	assert_int_equal(n, 1);
	rte_pktmbuf_free(pkts[0]);
	dropped(ETHER_DROP_nombuf, 1);
	assert_int_equal(hidden.rxq->ctr.packets + rxq->ctr.packets, 1);
	assert_int_equal(hidden.rxq->ctr.bytes + rxq->ctr.bytes, L2 + 100);
}

/* By their tags to their partitions, in order; one that has none ends; priorities do not matter. */
static void
test_vlan_tx(void **state)
{
	struct rte_mbuf *pkts[6] = { tagged(VLAN_ID, 100), tagged(0xe000 | VLAN_ID, 101),
		untagged(102), tagged(VLAN_ID + 1, 103), tagged(0x1000 | VLAN_ID, 104),
		untagged(105) };
	struct rte_mbuf *m;
	uint16_t i;

	(void)state;
	assert_int_equal(ether_vlan_tx_burst(txq, pkts, 6), 6);
	for (i = 0; i < 6; i++) {
		if (i == 3)
			continue;
		m = sent();
		assert_non_null(m);
		assert_int_equal(m->pkt_len, 4 + 100 + i);
		assert_int_equal(*rte_pktmbuf_mtod(m, rte_be16_t *), RTE_BE16(RTE_ETHER_TYPE_IPV4));
		assert_int_equal(rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, 4)->version_ihl,
				RTE_IPV4_VHL_DEF);
		rte_pktmbuf_free(m);
	}
	assert_int_equal(hidden.txq->ctr.packets, 3);
	assert_int_equal(txq->ctr.packets, 2);
	assert_int_equal(txq->ctr.drop[ETHER_PMD_vlan], 1);
}

/* What was not taken is the caller's, with its tag; one that is not ours was copied. */
static void
test_vlan_tx_full(void **state)
{
	struct rte_mbuf *pkts[4], *held = tagged(VLAN_ID, 101), *want;
	uint16_t i;

	(void)state;
	rte_mbuf_refcnt_update(held, 1);
	pkts[0] = tagged(VLAN_ID, 100);
	pkts[1] = held;
	pkts[2] = tagged(VLAN_ID, 102);
	pkts[2]->ol_flags = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
	pkts[3] = untagged(103);
	below.room = 1;
	assert_int_equal(ether_vlan_tx_burst(txq, pkts, 4), 1);
	rte_pktmbuf_free(sent());
	assert_int_equal(pkts[2]->l2_len, L2 + 4);
	for (i = 1; i < 3; i++) {
		want = tagged(VLAN_ID, (uint16_t)(100 + i));
		assert_octets(pkts[i], rte_pktmbuf_mtod(want, void *), want->pkt_len);
		rte_pktmbuf_free(want);
	}
	want = tagged(VLAN_ID, 101);
	assert_octets(held, rte_pktmbuf_mtod(want, void *), want->pkt_len);
	rte_pktmbuf_free(want);
	below.room = 1;
	assert_int_equal(ether_vlan_tx_burst(txq, &pkts[3], 1), 1);
	rte_pktmbuf_free(sent());
}

int
main(void)
{
#define VLAN_TEST(name) cmocka_unit_test_setup_teardown(name, vlan_setup, vlan_teardown)
	const struct CMUnitTest tests[] = {
		BURST_TEST(test_unicast),
		BURST_TEST(test_sources),
		BURST_TEST(test_source_changes),
		BURST_TEST(test_locals),
		BURST_TEST(test_groups),
		BURST_TEST(test_special),
		BURST_TEST(test_runts),
		BURST_TEST(test_control_full),
		BURST_TEST(test_age),
		BURST_TEST(test_burst),
		BURST_TEST(test_burst_short),
		BURST_TEST(test_done_below),
		BURST_TEST(test_checksums),
		VLAN_TEST(test_vlan_rx),
		VLAN_TEST(test_vlan_rx_no_room),
		VLAN_TEST(test_vlan_tx),
		VLAN_TEST(test_vlan_tx_full),
	};

	return cmocka_run_group_tests_name("pmd_ether_rx", tests, burst_start, stop);
}

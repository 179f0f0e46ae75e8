/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Engines beside route: what each does with frames on Ethernet and on IPoIB ports. */

#include <string.h>

#include <rte_arp.h>
#include <rte_icmp.h>

#include "compat.h"
#include "dp_fixture.h"
#include "verbose.h"

static const struct rte_ether_addr host = { { 0x02, 0, 0, 0, 0, 0x77 } };
static const struct rte_ether_addr peer = { { 0x02, 0, 0, 0, 0, 0x99 } };

static void
engine_set(enum dp_engine engine)
{
	dp_worker_leave(fx.w);
	fx.dp->engine = engine;
	dp_gen_index(&fx.dp->txgen);
	dp_worker_enter(fx.w);
}

static void
peer_ib(uint16_t port, uint32_t adj)
{
	struct dp_txgen *g = &fx.dp->txgen;

	g->peer_port[g->nb_peers] = port;
	g->peer[g->nb_peers++] = fx.dp->adj[adj];
}

static void
pair(uint16_t a, uint16_t b)
{
	fx.dp->port[a].io_peer = b;
	fx.dp->port[b].io_peer = a;
}

static struct rte_mbuf *
frame_from(const struct rte_ether_addr *src)
{
	struct rte_mbuf *m = fx_packet(ETH0, IP_HOST, IP_US, 64, 100);

	rte_pktmbuf_mtod(m, struct rte_ether_hdr *)->src_addr = *src;
	return m;
}

static void
count(uint16_t in, uint16_t out)
{
	fx.want[in].rx_pkts++;
	fx.want[out].tx_pkts++;
}

static void
test_mac(void **state)
{
	const struct rte_ether_hdr *eth;
	struct rte_mbuf *m;

	(void)state;
	pair(ETH0, ETH2);
	engine_set(DP_ENGINE_MAC);
	fx_rx(ETH0, frame_from(&host));
	fx_turn();
	m = fx_tx(ETH2);
	assert_non_null(m);
	eth = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	assert_memory_equal(&eth->src_addr, &fx.dp->port[ETH2].mac, 6);
	/* testpmd's peer of a port that has none. */
	assert_memory_equal(&eth->dst_addr, "\x02\0\0\0\0\x02", 6);
	fx_free_sent(m);
	count(ETH0, ETH2);
	fx_check();

	fx.dp->txgen.peer_port[0] = ETH2;
	fx.dp->txgen.peer[0].mac = peer;
	fx.dp->txgen.nb_peers = 1;
	engine_set(DP_ENGINE_MAC);
	fx_rx(ETH0, frame_from(&host));
	fx_turn();
	m = fx_tx(ETH2);
	assert_memory_equal(rte_pktmbuf_mtod(m, void *), &peer, 6);
	fx_free_sent(m);
	count(ETH0, ETH2);
	fx_check();
}

/* Ethernet's padding ends at the port; ARP cannot cross. */
static void
test_mac_cross(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	pair(ETH0, IB1);
	peer_ib(IB1, ADJ_GW);
	engine_set(DP_ENGINE_MAC);
	m = fx_packet(ETH0, IP_HOST, IP_US, 64, 28);
	memset(rte_pktmbuf_append(m, 18), 0, 18);
	fx_rx(ETH0, m);
	m = frame_from(&host);
	rte_pktmbuf_mtod(m, struct rte_ether_hdr *)->ether_type = RTE_BE16(RTE_ETHER_TYPE_ARP);
	fx_rx(ETH0, m);
	fx_turn();
	m = fx_tx(IB1);
	assert_non_null(m);
	assert_int_equal(m->pkt_len, 4 + 28);
	assert_int_equal(pmd_ipoib_meta(m)->ah, AH_GW);
	assert_int_equal(pmd_ipoib_meta(m)->qpn, QPN_GW);
	fx_free_sent(m);
	count(ETH0, IB1);
	fx.want[ETH0].rx_pkts++;
	fx.want[ETH0].drop[DP_DROP_l2_type] = 1;
	fx_check();
	/* The other way round. */
	fx_rx(IB1, fx_packet(IB1, IP_FAR, IP_US, 64, 100));
	fx_turn();
	m = fx_tx(ETH0);
	assert_int_equal(m->pkt_len, 14 + 100);
	fx_free_sent(m);
	count(IB1, ETH0);
	fx_check();
	/* Nobody said to whom. */
	fx.dp->txgen.nb_peers = 0;
	engine_set(DP_ENGINE_MAC);
	fx_rx(ETH0, frame_from(&host));
	fx_turn();
	fx.want[ETH0].rx_pkts = 1;
	fx.want[IB1].drop[DP_DROP_tx_port] = 1;
	fx_check();
}

static void
test_io_ipoib(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	pair(IB1, IB3);
	peer_ib(IB3, ADJ_IB3);
	engine_set(DP_ENGINE_IO);
	fx_rx(IB1, fx_packet(IB1, IP_FAR, IP_US, 9, 100));
	fx_turn();
	m = fx_tx(IB3);
	assert_non_null(m);
	assert_int_equal(pmd_ipoib_meta(m)->ah, AH_IB3);
	/* TTL and all as it came. */
	assert_int_equal(rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, 4)->time_to_live, 9);
	fx_free_sent(m);
	count(IB1, IB3);
	fx_check();
}

static void
test_macswap(void **state)
{
	const struct rte_ether_hdr *eth;
	struct rte_ether_addr dst;
	struct rte_mbuf *m;

	(void)state;
	pair(ETH0, ETH2);
	engine_set(DP_ENGINE_MACSWAP);
	m = frame_from(&host);
	dst = rte_pktmbuf_mtod(m, struct rte_ether_hdr *)->dst_addr;
	fx_rx(ETH0, m);
	fx_turn();
	m = fx_tx(ETH2);
	eth = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	assert_memory_equal(&eth->src_addr, &dst, 6);
	assert_memory_equal(&eth->dst_addr, &host, 6);
	fx_free_sent(m);
	count(ETH0, ETH2);
	fx_check();
}

/* A packet as from a peer: with a GRH if @p gid is there. */
static struct rte_mbuf *
from_peer(const struct ipoib_addr *addr, bool grh)
{
	struct rte_mbuf *m = fx_packet(IB1, IP_FAR, IP_US, 64, 100);
	struct pmd_ipoib_meta *meta = pmd_ipoib_meta(m);

	memset(meta, 0, sizeof(*meta));
	meta->slid = 7;
	meta->qpn = ib_get_be24(addr->qpn);
	if (grh) {
		meta->flags = PMD_IPOIB_RX_GRH;
		memcpy(rte_pktmbuf_mtod(m, uint8_t *) - 32, addr->gid.raw, 16);
	}
	return m;
}

/* Back to who sent it: known from a GRH, then also without one. */
static void
test_macswap_ipoib(void **state)
{
	struct dp_sender *senders = calloc(DP_SENDERS, sizeof(*senders));
	struct ipoib_addr gw;
	struct rte_mbuf *m;
	int i;

	(void)state;
	assert_non_null(senders);
	gw = fx.dp->adj[ADJ_GW].lladdr;
	pair(IB1, IB1);
	engine_set(DP_ENGINE_MACSWAP);
	fx.w->senders = senders;
	fx_rx(IB1, from_peer(&gw, false));
	fx_turn();
	fx.want[IB1].rx_pkts = 1;
	fx.want[IB1].drop[DP_DROP_no_neigh] = 1;
	fx_check();
	for (i = 0; i < 2; i++) {
		fx_rx(IB1, from_peer(&gw, i == 0));
		fx_turn();
		m = fx_tx(IB1);
		assert_non_null(m);
		assert_int_equal(pmd_ipoib_meta(m)->ah, AH_GW);
		assert_int_equal(pmd_ipoib_meta(m)->qpn, QPN_GW);
		fx_free_sent(m);
		count(IB1, IB1);
		fx_check();
	}
	/* Another LID with that QPN is somebody else. */
	m = from_peer(&gw, false);
	pmd_ipoib_meta(m)->slid = 8;
	fx_rx(IB1, m);
	fx_turn();
	fx.want[IB1].rx_pkts = 1;
	fx.want[IB1].drop[DP_DROP_no_neigh] = 1;
	fx_check();
	fx.w->senders = NULL;
	free(senders);
}

static struct rte_mbuf *
echo_request(uint16_t port, uint32_t src, uint32_t dst)
{
	struct rte_mbuf *m = fx_packet(port, src, dst, 64, 84);
	uint32_t off = fx.dp->port[port].kind == DP_PORT_IPOIB ? 4 : 14;
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, off);
	struct rte_icmp_hdr *icmp = (struct rte_icmp_hdr *)(ip + 1);

	memset(pmd_ipoib_meta(m), 0, sizeof(*pmd_ipoib_meta(m)));
	ip->next_proto_id = IPPROTO_ICMP;
	fx_ip_fix(ip);
	memset(icmp, 0x5a, 64);
	icmp->icmp_type = COMPAT_ICMP_ECHO_REQUEST;
	icmp->icmp_code = 0;
	icmp->icmp_cksum = 0;
	icmp->icmp_cksum = (uint16_t)~rte_raw_cksum(icmp, 64);
	return m;
}

static void
reply_expect(struct rte_mbuf *m, uint32_t off, uint32_t src, uint32_t dst)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, off);
	const struct rte_icmp_hdr *icmp = (const struct rte_icmp_hdr *)(ip + 1);

	assert_int_equal(m->pkt_len, off + 84);
	assert_int_equal(ip->src_addr, rte_cpu_to_be_32(src));
	assert_int_equal(ip->dst_addr, rte_cpu_to_be_32(dst));
	assert_int_equal(rte_ipv4_cksum(ip), 0);
	assert_int_equal(icmp->icmp_type, COMPAT_ICMP_ECHO_REPLY);
	assert_int_equal(rte_raw_cksum(icmp, 64), 0xffff);
}

static void
test_icmpecho(void **state)
{
	const struct rte_ether_hdr *eth;
	struct rte_mbuf *m;

	(void)state;
	engine_set(DP_ENGINE_ICMPECHO);
	m = echo_request(ETH0, IP_HOST, IP_NOWHERE);
	rte_pktmbuf_mtod(m, struct rte_ether_hdr *)->src_addr = host;
	fx_rx(ETH0, m);
	fx_rx(ETH0, fx_packet(ETH0, IP_HOST, IP_US, 64, 100));
	fx_turn();
	m = fx_tx(ETH0);
	assert_non_null(m);
	eth = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	assert_memory_equal(&eth->dst_addr, &host, 6);
	assert_memory_equal(&eth->src_addr, &fx.dp->port[ETH0].mac, 6);
	reply_expect(m, 14, IP_NOWHERE, IP_HOST);
	fx_free_sent(m);
	count(ETH0, ETH0);
	fx.want[ETH0].rx_pkts++;
	fx.want[ETH0].delivered = 1;
	fx_check();
}

/* Nobody answers groups, fragments, what is cut off, or what is no request. */
static void
test_icmpecho_none(void **state)
{
	enum { GROUP, ALL, FIRST, LATER, CUT, REPLY, CODE, OTHER, ROWS };
	struct rte_ipv4_hdr *ip;
	struct rte_icmp_hdr *icmp;
	struct rte_mbuf *m;
	int i;

	(void)state;
	engine_set(DP_ENGINE_ICMPECHO);
	for (i = 0; i < ROWS; i++) {
		m = echo_request(ETH0, IP_HOST,
				i == GROUP		   ? IP(224, 0, 0, 1)
						: i == ALL ? UINT32_MAX
							   : IP_US);
		ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, 14);
		icmp = (struct rte_icmp_hdr *)(ip + 1);
		if (i == FIRST || i == LATER)
			ip->fragment_offset = i == FIRST ? RTE_BE16(0x2000) : RTE_BE16(1);
		if (i == CUT)
			rte_pktmbuf_trim(m, 84 - 20 - 4);
		if (i == REPLY)
			icmp->icmp_type = COMPAT_ICMP_ECHO_REPLY;
		if (i == CODE)
			icmp->icmp_code = 1;
		if (i == OTHER)
			ip->next_proto_id = IPPROTO_UDP;
		fx_rx(ETH0, m);
	}
	fx_turn();
	assert_null(fx_tx(ETH0));
	fx.want[ETH0].rx_pkts = ROWS;
	fx.want[ETH0].delivered = ROWS;
	fx_check();
}

static void
test_icmpecho_arp(void **state)
{
	struct {
		struct rte_ether_hdr eth;
		struct rte_arp_hdr arp;
		uint8_t pad[18];
	} __rte_packed __rte_aligned(2) frame = {
		.eth = { .src_addr = host, .ether_type = RTE_BE16(RTE_ETHER_TYPE_ARP) },
		.arp = {
			.arp_hardware = RTE_BE16(RTE_ARP_HRD_ETHER),
			.arp_protocol = RTE_BE16(RTE_ETHER_TYPE_IPV4),
			.arp_hlen = 6,
			.arp_plen = 4,
			.arp_opcode = RTE_BE16(RTE_ARP_OP_REQUEST),
			.arp_data = { .arp_sha = host, .arp_sip = 1, .arp_tip = 2 },
		},
	};
	const struct rte_arp_hdr *arp;
	struct rte_mbuf *m;

	(void)state;
	engine_set(DP_ENGINE_ICMPECHO);
	fx_rx(ETH0, fx_mbuf(ETH0, &frame, sizeof(frame)));
	fx_turn();
	m = fx_tx(ETH0);
	assert_non_null(m);
	arp = rte_pktmbuf_mtod_offset(m, struct rte_arp_hdr *, 14);
	assert_int_equal(arp->arp_opcode, RTE_BE16(RTE_ARP_OP_REPLY));
	assert_int_equal(arp->arp_data.arp_sip, 2);
	assert_int_equal(arp->arp_data.arp_tip, 1);
	assert_memory_equal(&arp->arp_data.arp_sha, &fx.dp->port[ETH0].mac, 6);
	assert_memory_equal(&arp->arp_data.arp_tha, &host, 6);
	fx_free_sent(m);
	count(ETH0, ETH0);
	fx_check();
}

/* To the neighbour whose address the request came from, known or to be asked for. */
static void
test_icmpecho_ipoib(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	engine_set(DP_ENGINE_ICMPECHO);
	fx_rx(IB1, echo_request(IB1, IP_GW, IP_NOWHERE));
	fx_rx(IB1, echo_request(IB1, IP_IB_UNKNOWN, IP_NOWHERE));
	fx_turn();
	m = fx_tx(IB1);
	assert_non_null(m);
	assert_int_equal(pmd_ipoib_meta(m)->ah, AH_GW);
	reply_expect(m, 4, IP_NOWHERE, IP_GW);
	fx_free_sent(m);
	m = fx_punt();
	assert_int_equal(dp_meta(m)->punt, DP_PUNT_L3_MISS);
	fx_free_punted(m);
	count(IB1, IB1);
	fx.want[IB1].rx_pkts++;
	fx.want[IB1].punted = 1;
	fx.want[IB1].delivered = 1;
	fx_check();
}

static uint32_t
dst_of(struct rte_mbuf *m, uint32_t off)
{
	return rte_be_to_cpu_32(rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, off)->dst_addr);
}

static void
gen_set(void)
{
	struct dp_txgen *g = &fx.dp->txgen;

	memset(g, 0, sizeof(*g));
	g->src_ip = IP_US;
	g->dst_ip = IP_FAR;
	g->pkt_len = 100;
	g->flows = 3;
	peer_ib(IB1, ADJ_GW);
}

/* Three flows, each packet twice. */
static void
test_flowgen(void **state)
{
	static const uint32_t flow[] = { 0, 0, 1, 1, 2, 2, 0, 0 };
	struct rte_mbuf *m;
	unsigned int i;

	(void)state;
	gen_set();
	fx.dp->txgen.clones = 1;
	fx.dp->burst = RTE_DIM(flow);
	engine_set(DP_ENGINE_FLOWGEN);
	fx_turn();
	for (i = 0; i < RTE_DIM(flow); i++) {
		m = fx_tx(IB1);
		assert_non_null(m);
		assert_int_equal(dst_of(m, 4), IP_FAR + flow[i]);
		fx_free_sent(m);
	}
	fx.want[IB1].originated = RTE_DIM(flow);
	fx.want[IB1].tx_pkts = RTE_DIM(flow);
	fx_check();
}

static void
test_flowgen_neighbours(void **state)
{
	unsigned int i;

	(void)state;
	gen_set();
	peer_ib(IB3, ADJ_IB3);
	fx.dp->burst = 4;
	engine_set(DP_ENGINE_FLOWGEN);
	fx_turn();
	for (i = 0; i < 2; i++) {
		fx_free_sent(fx_tx(IB1));
		fx_free_sent(fx_tx(IB3));
	}
	fx.dp->txgen.neighbours = 1;
	fx_turn();
	for (i = 0; i < 4; i++)
		fx_free_sent(fx_tx(IB1));
	assert_null(fx_tx(IB3));
	fx.want[IB1].originated = fx.want[IB1].tx_pkts = 6;
	fx.want[IB3].originated = fx.want[IB3].tx_pkts = 2;
	fx_check();
}

/* txonly with addresses that differ; and its packets in front of another engine's work. */
static void
test_multi_flow_and_first(void **state)
{
	struct rte_mbuf *m;
	unsigned int i;

	(void)state;
	gen_set();
	fx.dp->txgen.multi_flow = true;
	fx.dp->burst = 2;
	engine_set(DP_ENGINE_TXONLY);
	fx_turn();
	for (i = 0; i < 2; i++) {
		m = fx_tx(IB1);
		assert_int_equal(rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, 4)->src_addr,
				rte_cpu_to_be_32((IP_US & ~0xff00u) | i << 8));
		fx_free_sent(m);
	}
	pair(ETH0, IB1);
	fx.dp->tx_first = 3;
	engine_set(DP_ENGINE_RXONLY);
	fx.dp->tx_first = 0;
	fx_turn();
	for (i = 0; i < 6; i++)
		fx_free_sent(fx_tx(IB1));
	assert_null(fx_tx(IB1));
	fx.want[IB1].originated = fx.want[IB1].tx_pkts = 2 + 6;
	fx_check();
}

/* Packets that are shown are forwarded all the same, also those that find no slot. */
static void
test_verbose(void **state)
{
	struct dp_verbose *v = calloc(1, sizeof(*v));
	const struct dp_seen *s;
	struct ipoib_addr gw;
	unsigned int i;

	(void)state;
	assert_non_null(v);
	gw = fx.dp->adj[ADJ_GW].lladdr;
	engine_set(DP_ENGINE_RXONLY);
	fx.w->verbose = v;
	atomic_store(&fx.dp->verbose, DP_VERBOSE_RX);
	fx_rx(IB1, from_peer(&gw, true));
	fx_turn();
	s = dp_verbose_peek(v);
	assert_non_null(s);
	assert_int_equal(s->port, IB1);
	assert_int_equal(s->burst, 1);
	assert_int_equal(s->pkt_len, 104);
	assert_int_equal(s->len, 104);
	assert_int_equal(s->meta.slid, 7);
	assert_memory_equal(&s->grh[8], gw.gid.raw, 16);
	dp_verbose_next(v);
	assert_null(dp_verbose_peek(v));
	for (i = 0; i < DP_VERBOSE_SLOTS + 5; i++) {
		fx_rx(IB1, from_peer(&gw, false));
		fx_turn();
	}
	assert_int_equal(v->missed, 5);
	for (i = 0; dp_verbose_peek(v) != NULL; i++)
		dp_verbose_next(v);
	assert_int_equal(i, DP_VERBOSE_SLOTS);
	fx.want[IB1].rx_pkts = fx.want[IB1].delivered = DP_VERBOSE_SLOTS + 6;
	fx_check();
	atomic_store(&fx.dp->verbose, 0);
	fx.w->verbose = NULL;
	free(v);
}

/* Ports that are not polled, another order of pairs, fewer workers. */
static void
test_fwd(void **state)
{
	static const uint16_t ports[] = { IB3, ETH0, ETH2 }, twice[] = { ETH0, ETH0 },
			      none[] = { 40 };
	unsigned int polled = 0, i;

	(void)state;
	dp_worker_leave(fx.w);
	dp_worker_leave(fx.dp->worker[1]);
	assert_int_equal(dp_fwd_ports(fx.dp, twice, 2), -EINVAL);
	assert_int_equal(dp_fwd_ports(fx.dp, none, 1), -ENODEV);
	assert_int_equal(dp_fwd_ports(fx.dp, ports, 3), 0);
	assert_int_equal(fx.dp->port[IB3].io_peer, ETH0);
	assert_int_equal(fx.dp->port[ETH2].io_peer, ETH2);
	dp_fwd_topology(fx.dp, DP_CHAINED);
	assert_int_equal(fx.dp->port[IB3].io_peer, ETH0);
	assert_int_equal(fx.dp->port[ETH0].io_peer, ETH2);
	assert_int_equal(fx.dp->port[ETH2].io_peer, IB3);
	dp_fwd_topology(fx.dp, DP_LOOP);
	assert_int_equal(fx.dp->port[IB3].io_peer, IB3);
	assert_int_equal(dp_fwd_workers(fx.dp, 0), -EINVAL);
	assert_int_equal(dp_fwd_workers(fx.dp, 3), -EINVAL);
	assert_int_equal(dp_fwd_workers(fx.dp, 1), 0);
	assert_int_equal(fx.dp->worker[1]->rxqs->nb, 0);
	for (i = 0; i < fx.w->rxqs->nb; i++) {
		assert_int_not_equal(fx.w->rxqs->q[i].port, IB1);
		polled++;
	}
	assert_int_equal(polled,
			fx.dp->port[ETH0].nb_rxq + fx.dp->port[ETH2].nb_rxq +
					fx.dp->port[IB3].nb_rxq);
	assert_false(fx.dp->worker[1]->tx[ETH0].owned);
	assert_true(fx.w->tx[IB1].owned);
	assert_int_equal(fx.dp->port[IB1].tx_owner, 0);
	/* What the idle worker still has is dropped and counted. */
	assert_int_equal(rte_ring_enqueue(fx.dp->worker[1]->inject,
					 fx_packet(ETH0, IP_HOST, IP_US, 64, 100)),
			0);
	fx.want[ETH0].originated = 1;
	dp_count(&fx.dp->ctl[ETH0].originated, 1);
	dp_fwd_settle(fx.dp);
	assert_int_equal(rte_ring_count(fx.dp->worker[1]->inject), 0);
	fx.want[ETH0].drop[DP_DROP_tx_port] = 1;
	fx_check();
	assert_int_equal(dp_fwd_workers(fx.dp, 2), 0);
	dp_worker_enter(fx.w);
	dp_worker_enter(fx.dp->worker[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_mac),
		TEST(test_mac_cross),
		TEST(test_io_ipoib),
		TEST(test_macswap),
		TEST(test_macswap_ipoib),
		TEST(test_icmpecho),
		TEST(test_icmpecho_none),
		TEST(test_icmpecho_arp),
		TEST(test_icmpecho_ipoib),
		TEST(test_flowgen),
		TEST(test_flowgen_neighbours),
		TEST(test_multi_flow_and_first),
		TEST(test_verbose),
		cmocka_unit_test_setup_teardown(test_fwd, fx_setup_two, fx_teardown),
	};

	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * What mode=ether costs: bursts on an Ethernet port beside bursts of the same packets on the native
 * port below it, over the software HCA with a carrier of rings, in turns.
 *
 *	ether_rate [EAL OPTION...] -- HCA MAD PEER_GUID
 *
 * As testpmd's txonly and rxonly: a packet of 64 octets (Ethernet) is taken from the pool, written
 * and sent, or received and freed. Prints ns and the ratio, of that whole loop, and of the burst
 * alone. Paths are OpenSM's: run it in a laboratory (tests/perf/ether.sh).
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bus_driver.h>
#include <rte_bus_vdev.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_ip.h>

#include "ether_pmd.h"

#define BURST 32
#define ROUND 4096 /* bursts */
#define ROUNDS 40
#define IP_LEN 46
#define PEER_QPN 0x4711

static struct rte_ring *to_us, *from_us;
static struct rte_mempool *pool;
static uint16_t upper, lower;
static struct rte_ether_addr own, peer;
static uint32_t ah;
static uint16_t own_lid;
static struct pmd_ipoib_info info;
static uint8_t ip_packet[IP_LEN];

static void
die(const char *what)
{
	fprintf(stderr, "ether_rate: %s\n", what);
	exit(1);
}

static void
ip_make(void)
{
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)ip_packet;

	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->total_length = rte_cpu_to_be_16(IP_LEN);
	ip->time_to_live = 64;
	ip->next_proto_id = 253;
	ip->src_addr = RTE_BE32(RTE_IPV4(10, 0, 0, 2));
	ip->dst_addr = RTE_BE32(RTE_IPV4(10, 0, 0, 1));
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

static void
frame_fill(struct rte_mbuf *m, bool ether)
{
	uint16_t hdr = ether ? RTE_ETHER_HDR_LEN : IPOIB_HDR_LEN;
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);
	struct rte_ether_hdr *eth = (struct rte_ether_hdr *)p;
	struct ipoib_hdr *ib = (struct ipoib_hdr *)p;

	m->data_len = hdr + IP_LEN;
	m->pkt_len = hdr + IP_LEN;
	memcpy(p + hdr, ip_packet, IP_LEN);
	if (ether) {
		eth->dst_addr = peer;
		eth->src_addr = own;
		eth->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
		return;
	}
	ib->type = RTE_BE16(IPOIB_TYPE_IPV4);
	ib->reserved = 0;
	*pmd_ipoib_meta(m) = (struct pmd_ipoib_meta){ .ah = ah, .qpn = PEER_QPN };
}

/* A carrier frame of the peer's for us, without CRCs. */
static void
carrier_fill(struct rte_mbuf *m)
{
	uint16_t payload = IPOIB_HDR_LEN + IP_LEN, pad = -payload & 3;
	uint16_t words = (uint16_t)((sizeof(struct ib_lrh) + sizeof(struct ib_bth) +
						    sizeof(struct ib_deth) + payload + pad +
						    IB_ICRC_LEN) /
			4);
	uint16_t len = (uint16_t)(RTE_ETHER_HDR_LEN + words * 4 + IB_VCRC_LEN);
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);
	struct ib_lrh *lrh = (void *)(p + RTE_ETHER_HDR_LEN);
	struct ib_bth *bth = (void *)(lrh + 1);
	struct ib_deth *deth = (void *)(bth + 1);
	struct ipoib_hdr *ib = (void *)(deth + 1);

	memset(p, 0, len);
	p[0] = p[6] = 0x02;
	p[1] = p[7] = 0x1b;
	p[4] = (uint8_t)(own_lid >> 8);
	p[5] = (uint8_t)own_lid;
	p[11] = 9;
	p[12] = 0x88;
	p[13] = 0xb5;
	lrh->sl_lnh = IB_LNH_LOCAL;
	lrh->dlid = rte_cpu_to_be_16(own_lid);
	lrh->len = rte_cpu_to_be_16(words);
	lrh->slid = RTE_BE16(9);
	bth->opcode = IB_OPCODE_UD_SEND_ONLY;
	bth->flags = (uint8_t)(pad << 4);
	bth->pkey = rte_cpu_to_be_16(info.pkey_wire);
	ib_put_be24(bth->dest_qpn, info.qpn[0]);
	deth->qkey = rte_cpu_to_be_32(info.qkey);
	ib_put_be24(deth->src_qpn, PEER_QPN);
	ib->type = RTE_BE16(IPOIB_TYPE_IPV4);
	memcpy(ib + 1, ip_packet, IP_LEN);
	m->data_len = len;
	m->pkt_len = len;
}

static void
sink(void)
{
	struct rte_mbuf *pkts[BURST];
	uint32_t n;

	while ((n = rte_ring_dequeue_burst(from_us, (void **)pkts, BURST, NULL)) > 0)
		rte_pktmbuf_free_bulk(pkts, n);
}

/* Cycles of a round of bursts: all of the loop, and the burst alone. */
static void
tx_round(bool ether, uint64_t *loop, uint64_t *burst)
{
	uint16_t port = ether ? upper : lower, sent, k;
	struct rte_mbuf *pkts[BURST];
	uint64_t a, b, c;
	uint32_t i;

	for (i = 0; i < ROUND; i++) {
		a = rte_rdtsc();
		if (rte_pktmbuf_alloc_bulk(pool, pkts, BURST) != 0)
			die("no mbufs");
		for (k = 0; k < BURST; k++)
			frame_fill(pkts[k], ether);
		b = rte_rdtsc();
		sent = rte_eth_tx_burst(port, 0, pkts, BURST);
		c = rte_rdtsc();
		sink();
		*burst += c - b;
		*loop += rte_rdtsc() - a;
		if (sent != BURST)
			die("a burst was not sent whole");
	}
}

static void
rx_round(bool ether, uint64_t *loop, uint64_t *burst)
{
	uint16_t port = ether ? upper : lower, got, k;
	struct ipoib_rxq *q = rte_eth_devices[lower].data->rx_queues[0];
	struct ipoib_rx_ether *headers = q->ether;
	struct rte_mbuf *pkts[BURST];
	uint64_t a, b, c;
	uint32_t i;

	/* As a native port's queue. */
	if (!ether)
		q->ether = NULL;
	for (i = 0; i < ROUND; i++) {
		if (rte_pktmbuf_alloc_bulk(pool, pkts, BURST) != 0)
			die("no mbufs");
		for (k = 0; k < BURST; k++)
			carrier_fill(pkts[k]);
		a = rte_rdtsc();
		rte_ring_enqueue_bulk(to_us, (void **)pkts, BURST, NULL);
		b = rte_rdtsc();
		got = rte_eth_rx_burst(port, 0, pkts, BURST);
		c = rte_rdtsc();
		rte_pktmbuf_free_bulk(pkts, got);
		*burst += c - b;
		*loop += rte_rdtsc() - a;
		if (got != BURST)
			die("a burst was not received whole");
	}
	q->ether = headers;
}

static void
compare(const char *name, void (*round)(bool ether, uint64_t *loop, uint64_t *burst))
{
	/* The best round of each: what else the machine does only adds. */
	uint64_t best[2][2] = { { UINT64_MAX, UINT64_MAX }, { UINT64_MAX, UINT64_MAX } }, loop,
		 burst;
	double ns = 1e9 / (double)rte_get_tsc_hz() / ROUND / BURST;
	int i;

	for (i = 0; i < 2 * ROUNDS; i++) {
		loop = burst = 0;
		round(i & 1, &loop, &burst);
		best[i & 1][0] = RTE_MIN(best[i & 1][0], loop);
		best[i & 1][1] = RTE_MIN(best[i & 1][1], burst);
	}
	printf("%s native_ns=%.1f ether_ns=%.1f ratio=%.2f burst_native_ns=%.1f burst_ether_ns=%.1f "
	       "burst_ratio=%.2f\n",
			name, (double)best[0][0] * ns, (double)best[1][0] * ns,
			(double)best[0][0] / (double)best[1][0], (double)best[0][1] * ns,
			(double)best[1][1] * ns, (double)best[0][1] / (double)best[1][1]);
}

static void
port_make(const char *hca, const char *mad)
{
	struct rte_eth_conf conf;
	struct rte_eth_link link;
	char args[256];
	int i;

	to_us = rte_ring_create("to_us", 1024, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	from_us = rte_ring_create("from_us", 1024, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	pool = rte_pktmbuf_pool_create("pkts", 16383, 256, 0, 2304, SOCKET_ID_ANY);
	if (to_us == NULL || from_us == NULL || pool == NULL)
		die("no memory");
	if (rte_eth_from_rings("carrier", &to_us, 1, &from_us, 1, SOCKET_ID_ANY) < 0)
		die("no carrier");
	snprintf(args, sizeof(args),
			"hca=soft,device=%s,mad=%s,carrier=net_ring_carrier,crc=off,mode=ether",
			hca, mad);
	if (rte_eal_hotplug_add("vdev", "net_ipoib0", args) != 0 ||
			rte_eth_dev_get_port_by_name("net_ipoib0", &upper) != 0 ||
			rte_eth_dev_get_port_by_name("net_ipoib0_ib", &lower) != 0)
		die("no port");
	memset(&conf, 0, sizeof(conf));
	if (rte_eth_dev_configure(upper, 1, 1, &conf) != 0 ||
			rte_eth_rx_queue_setup(upper, 0, 1024, 0, NULL, pool) != 0 ||
			rte_eth_tx_queue_setup(upper, 0, 1024, 0, NULL) != 0 ||
			rte_eth_dev_start(upper) != 0)
		die("the port does not start");
	for (i = 0; i < 20000; i++) {
		if (rte_eth_link_get_nowait(upper, &link) == 0 && link.link_status)
			break;
		usleep(1000);
	}
	pmd_ipoib_info_get(lower, &info);
	own_lid = info.lid;
	rte_eth_macaddr_get(upper, &own);
}

/* Learn the peer, and send until its path is known. */
static void
peer_make(uint64_t guid)
{
	struct ether_dev *e = rte_eth_devices[upper].data->dev_private;
	struct ether_from from = { .slid = 9, .qpn = PEER_QPN };
	struct ether_ip ip = ether_ip4(RTE_BE32(RTE_IPV4(10, 0, 0, 2)));
	const struct ipoib_neigh_entry *n = NULL;
	struct ib_gid gid = info.gid;
	rte_be64_t be = rte_cpu_to_be_64(guid);
	struct ipoib_addr addr;
	const struct ipoib_addr *key = &addr;
	struct rte_mbuf *m;
	uint64_t hits = 0;
	int i;

	memcpy(&gid.raw[8], &be, sizeof(be));
	ipoib_addr_set(&addr, PEER_QPN, &gid);
	pthread_mutex_lock(&ether_lock);
	if (ether_peer_learn(e->table, &addr, &ip, &from, 0, &peer) != 0)
		die("the peer is not learnt");
	pthread_mutex_unlock(&ether_lock);
	for (i = 0; i < 5000 && hits == 0; i++) {
		m = rte_pktmbuf_alloc(pool);
		frame_fill(m, true);
		if (rte_eth_tx_burst(upper, 0, &m, 1) != 1)
			die("not sent");
		usleep(1000);
		pthread_mutex_lock(&ether_lock);
		ipoib_neigh_lookup_bulk(e->neigh, &key, 1, &hits, &n);
		if (hits != 0)
			ah = n->ah;
		pthread_mutex_unlock(&ether_lock);
		sink();
	}
	if (hits == 0)
		die("no path to the peer");
	usleep(10000);
	sink();
}

int
main(int argc, char **argv)
{
	int n = rte_eal_init(argc, argv);

	if (n < 0 || argc - n != 4)
		die("usage: ether_rate [EAL OPTION...] -- HCA MAD PEER_GUID");
	argv += n;
	ip_make();
	port_make(argv[1], argv[2]);
	peer_make(strtoull(argv[3], NULL, 16));
	compare("txonly", tx_round);
	compare("rxonly", rx_round);
	rte_eth_dev_stop(upper);
	rte_eth_dev_close(upper);
	return 0;
}

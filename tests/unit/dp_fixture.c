/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_eth_ring.h>
#include <rte_mempool.h>

#include "compat.h"
#include "dp_fixture.h"

#define NOW UINT64_C(1000000000)

struct dp_fixture fx;

static void
port_make(uint16_t port)
{
	struct rte_eth_conf conf;
	char name[RTE_RING_NAMESIZE];
	unsigned int q;
	int id;

	for (q = 0; q < QUEUES; q++) {
		snprintf(name, sizeof(name), "rx%u-%u", port, q);
		fx.rx[port][q] = rte_ring_create(name, 2048, SOCKET_ID_ANY, 0);
		snprintf(name, sizeof(name), "tx%u-%u", port, q);
		fx.tx[port][q] = rte_ring_create(name, TX_RING, SOCKET_ID_ANY, RING_F_EXACT_SZ);
		assert_non_null(fx.rx[port][q]);
		assert_non_null(fx.tx[port][q]);
	}
	snprintf(name, sizeof(name), "port%u", port);
	id = rte_eth_from_rings(name, fx.rx[port], QUEUES, fx.tx[port], QUEUES, 0);
	assert_int_equal(id, port);
	memset(&conf, 0, sizeof(conf));
	assert_int_equal(rte_eth_dev_configure(port, QUEUES, QUEUES, &conf), 0);
	for (q = 0; q < QUEUES; q++) {
		assert_int_equal(rte_eth_rx_queue_setup(port, q, 64, 0, NULL, fx.pool), 0);
		assert_int_equal(rte_eth_tx_queue_setup(port, q, 64, 0, NULL), 0);
	}
	assert_int_equal(rte_eth_dev_start(port), 0);
}

/* What the driver does when its first port is probed. */
static void
driver_meta(void)
{
	static const struct rte_mbuf_dynfield field = {
		.name = PMD_IPOIB_META_NAME,
		.size = sizeof(struct pmd_ipoib_meta),
		.align = __alignof__(struct pmd_ipoib_meta),
	};

	pmd_ipoib_meta_offset = rte_mbuf_dynfield_register(&field);
	assert_true(pmd_ipoib_meta_offset >= 0);
}

int
fx_start(void **state)
{
	char prefix[32];
	const char *argv[] = { "test", "--no-huge", "-m", "320", "--no-pci", "--no-telemetry",
		"--no-shconf", "-l", "0", "--file-prefix", prefix };
	uint16_t port;

	(void)state;
	snprintf(prefix, sizeof(prefix), "dp-%d", (int)getpid());
	if (rte_eal_init(RTE_DIM(argv), (char **)(uintptr_t)argv) < 0)
		return -1;
	fx.pool = rte_pktmbuf_pool_create(
			"pkts", PKTS, 0, 0, RTE_PKTMBUF_HEADROOM + 2048, SOCKET_ID_ANY);
	assert_non_null(fx.pool);
	driver_meta();
	for (port = 0; port < NB_PORTS; port++)
		port_make(port);
	return 0;
}

int
fx_stop(void **state)
{
	uint16_t port;

	(void)state;
	for (port = 0; port < NB_PORTS; port++) {
		rte_eth_dev_stop(port);
		rte_eth_dev_close(port);
	}
	rte_mempool_free(fx.pool);
	return rte_eal_cleanup();
}

struct ipoib_neigh *
fx_table(const char *name)
{
	struct ipoib_neigh_cfg cfg = {
		.name = name,
		.socket = SOCKET_ID_ANY,
		.gc_thresh3 = 256,
		.rcu = fx.dp->rcu,
	};
	struct ipoib_neigh *t;

	assert_int_equal(ipoib_neigh_create(&cfg, &t), 0);
	return t;
}

static struct ipoib_neigh_rec *
rec_add(struct ipoib_neigh *t, const struct ipoib_addr *addr)
{
	struct ipoib_neigh_rec *rec;

	assert_true(ipoib_neigh_add(t, addr, NOW, &rec) >= 0);
	return rec;
}

static void
rec_valid(struct ipoib_neigh *t, const struct ipoib_addr *addr, uint32_t ah, uint16_t mtu)
{
	struct ipoib_neigh_value v = { .ah = ah, .mtu = mtu, .kind = IPOIB_NEIGH_UD };

	assert_int_equal(ipoib_neigh_set_valid(t, rec_add(t, addr), &v, NOW), 0);
}

void
fx_l3_valid(uint16_t port, uint32_t ip, uint32_t adj)
{
	struct dp_ip addr = dp_ip4(ip);
	struct ipoib_addr key;

	dp_l3_key(&key, port, &addr);
	rec_valid(fx.dp->l3, &key, adj, 0);
}

struct dp_ip
fx_ip6(const char *text)
{
	struct in_addr four;
	struct dp_ip ip;

	if (inet_pton(AF_INET, text, &four) == 1)
		return dp_ip4(rte_be_to_cpu_32(four.s_addr));
	assert_int_equal(inet_pton(AF_INET6, text, ip.b), 1);
	return ip;
}

void
fx_l3_valid6(uint16_t port, const char *ip, uint32_t adj)
{
	struct dp_ip addr = fx_ip6(ip);
	struct ipoib_addr key;

	dp_l3_key(&key, port, &addr);
	rec_valid(fx.dp->l3, &key, adj, 0);
}

void
fx_l3_failed(uint16_t port, uint32_t ip)
{
	struct dp_ip addr = dp_ip4(ip);
	struct ipoib_addr key;

	dp_l3_key(&key, port, &addr);
	assert_int_equal(ipoib_neigh_set_failed(fx.dp->l3, rec_add(fx.dp->l3, &key), NOW), 0);
}

void
fx_path_valid(uint16_t port, const struct ipoib_addr *addr, uint32_t ah, uint16_t mtu)
{
	rec_valid(fx.dp->port[port].neigh, addr, ah, mtu);
}

void
fx_path_failed(uint16_t port, const struct ipoib_addr *addr)
{
	struct ipoib_neigh *t = fx.dp->port[port].neigh;

	assert_int_equal(ipoib_neigh_set_failed(t, rec_add(t, addr), NOW), 0);
}

void
fx_path_del(uint16_t port, const struct ipoib_addr *addr)
{
	struct ipoib_neigh *t = fx.dp->port[port].neigh;
	struct ipoib_neigh_rec *rec = ipoib_neigh_find(t, addr);

	assert_non_null(rec);
	assert_int_equal(ipoib_neigh_del(t, rec), 0);
}

struct ipoib_addr
fx_addr(uint32_t qpn, uint8_t last)
{
	struct ib_gid gid = { .raw = { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 2, 0xc9, 0, 0, 0, 0,
					      last } };
	struct ipoib_addr addr;

	ipoib_addr_set(&addr, qpn, &gid);
	return addr;
}

void
fx_up(uint16_t port, bool up)
{
	atomic_store(&fx.dp->port[port].up, up);
}

static void
route(uint32_t prefix, uint8_t len, uint16_t id, enum dp_nh_type type, uint16_t port, uint32_t gw)
{
	fx.dp->nh[id].type = type;
	fx.dp->nh[id].port = port;
	fx.dp->nh[id].gw = dp_ip4(gw);
	assert_int_equal(rte_fib_add(fx.dp->fib, prefix, len, id), 0);
}

static void
routes_make(void)
{
	route(IP_US, 32, 1, DP_NH_LOCAL, ETH0, 0);
	route(IP(192, 0, 2, 0), 24, 2, DP_NH_LINK, ETH0, 0);
	route(IP(192, 0, 2, 255), 32, 3, DP_NH_BROADCAST, ETH0, 0);
	route(IP(203, 0, 113, 0), 24, 4, DP_NH_LINK, IB1, 0);
	route(IP(198, 51, 100, 0), 24, 5, DP_NH_VIA, IB1, IP_GW);
	route(IP(198, 18, 2, 0), 24, 6, DP_NH_LINK, ETH2, 0);
	route(IP(198, 18, 2, 255), 32, 7, DP_NH_BROADCAST, ETH2, 0);
	route(IP(198, 18, 3, 0), 24, 8, DP_NH_LINK, IB3, 0);
}

void
fx_nh(uint16_t id, enum dp_nh_type type, uint16_t port, const char *gw)
{
	fx.dp->nh[id].type = type;
	fx.dp->nh[id].port = port;
	if (gw != NULL)
		fx.dp->nh[id].gw = fx_ip6(gw);
}

void
fx_route6(const char *prefix, uint8_t len, uint16_t id)
{
	struct dp_ip ip = fx_ip6(prefix);

	assert_int_equal(rte_fib6_add(fx.dp->fib6, COMPAT_IP6(ip.b), len, id), 0);
}

static void
routes6_make(void)
{
	fx_nh(10, DP_NH_LOCAL, ETH0, NULL);
	fx_nh(11, DP_NH_LINK, ETH0, NULL);
	fx_nh(12, DP_NH_LINK, IB1, NULL);
	fx_nh(13, DP_NH_VIA, IB1, IP6_GW);
	fx_nh(14, DP_NH_LINK, ETH2, NULL);
	fx_route6(IP6_US, 128, 10);
	fx_route6("2001:db8:1::", 64, 11);
	fx_route6("2001:db8:2::", 64, 12);
	fx_route6("2001:db8:ff::", 48, 13);
	fx_route6("2001:db8:3::", 64, 14);
	fx_l3_valid6(ETH0, IP6_HOST, ADJ_HOST);
	fx_l3_valid6(IB1, IP6_GW, ADJ_GW);
	fx_l3_valid6(ETH2, IP6_ETH2, ADJ_ETH2);
}

static void
neighbours_make(void)
{
	static const struct rte_ether_addr host = { { 2, 0, 0, 0, 0, 0x77 } };
	static const struct rte_ether_addr eth2 = { { 2, 0, 0, 0, 0, 0x05 } };
	struct dp_adj *adj = fx.dp->adj;

	fx.dp->l3 = fx_table("l3");
	fx.dp->port[IB1].neigh = fx_table("ib1");
	fx.dp->port[IB3].neigh = fx_table("ib3");
	adj[ADJ_HOST].mac = host;
	adj[ADJ_GW].lladdr = fx_addr(QPN_GW, 9);
	adj[ADJ_ETH2].mac = eth2;
	adj[ADJ_IB3].lladdr = fx_addr(QPN_IB3, 3);
	fx_l3_valid(ETH0, IP_HOST, ADJ_HOST);
	fx_l3_valid(IB1, IP_GW, ADJ_GW);
	fx_l3_valid(ETH2, IP_ETH2, ADJ_ETH2);
	fx_l3_valid(IB3, IP_IB3, ADJ_IB3);
	fx_path_valid(IB1, &adj[ADJ_GW].lladdr, AH_GW, 0);
	fx_path_valid(IB3, &adj[ADJ_IB3].lladdr, AH_IB3, 0);
}

static void
setup(uint16_t nb_workers, uint16_t nb_txq)
{
	static const struct rte_ether_addr mac = { { 2, 0, 0, 0, 0, 0x10 } };
	struct dp_cfg cfg = {
		.pool = fx.pool,
		.socket = SOCKET_ID_ANY,
		.nb_workers = nb_workers,
		.burst = 32,
	};
	uint16_t port;

	memset(fx.want, 0, sizeof(fx.want));
	fx.untold = false;
	assert_int_equal(dp_create(&cfg, &fx.dp), 0);
	for (port = 0; port < NB_PORTS; port++) {
		assert_int_equal(dp_port_add(fx.dp, port,
						 port % 2 == 0 ? DP_PORT_ETH : DP_PORT_IPOIB, 1,
						 nb_txq),
				0);
		fx.dp->port[port].mac = mac;
		fx.dp->port[port].mac.addr_bytes[5] += port;
		atomic_store(&fx.dp->port[port].mtu, port % 2 == 0 ? 1500 : 2044);
		fx_up(port, true);
	}
	routes_make();
	neighbours_make();
	routes6_make();
	fx.w = fx.dp->worker[0];
	dp_worker_enter(fx.w);
}

int
fx_setup(void **state)
{
	(void)state;
	setup(1, 1);
	return 0;
}

int
fx_setup_shared(void **state)
{
	(void)state;
	setup(2, 1);
	dp_worker_enter(fx.dp->worker[1]);
	return 0;
}

int
fx_setup_two(void **state)
{
	(void)state;
	setup(2, 2);
	dp_worker_enter(fx.dp->worker[1]);
	return 0;
}

static void
rings_empty(void)
{
	struct rte_mbuf *m;
	uint16_t port, q;

	while ((m = fx_punt()) != NULL)
		fx_free_punted(m);
	for (port = 0; port < NB_PORTS; port++) {
		for (q = 0; q < QUEUES; q++) {
			while (rte_ring_dequeue(fx.tx[port][q], (void **)&m) == 0)
				rte_pktmbuf_free(m);
		}
	}
}

int
fx_teardown(void **state)
{
	uint16_t i;

	(void)state;
	for (i = 0; i < fx.dp->nb_workers; i++)
		dp_worker_leave(fx.dp->worker[i]);
	rings_empty();
	assert_int_equal(dp_balance(fx.dp), (int64_t)dp_queued(fx.dp));
	ipoib_neigh_destroy(fx.dp->l3);
	ipoib_neigh_destroy(fx.dp->port[IB1].neigh);
	ipoib_neigh_destroy(fx.dp->port[IB3].neigh);
	dp_destroy(fx.dp);
	fx.dp = NULL;
	assert_int_equal(rte_mempool_avail_count(fx.pool), PKTS);
	return 0;
}

struct rte_mbuf *
fx_mbuf_cut(uint16_t port, const void *data, uint32_t len, uint32_t cut1, uint32_t cut2)
{
	uint32_t end[3] = { cut1 != 0 ? cut1 : len, cut2 != 0 ? cut2 : len, len };
	struct rte_mbuf *head = NULL, *m;
	uint32_t off = 0;
	unsigned int i;

	for (i = 0; i < 3 && (off < len || head == NULL); off = end[i++]) {
		m = rte_pktmbuf_alloc(fx.pool);
		assert_non_null(m);
		memcpy(rte_pktmbuf_append(m, end[i] - off), RTE_PTR_ADD(data, off), end[i] - off);
		if (head == NULL)
			head = m;
		else
			assert_int_equal(rte_pktmbuf_chain(head, m), 0);
	}
	memset(pmd_ipoib_meta(head), 0, sizeof(struct pmd_ipoib_meta));
	head->port = port;
	return head;
}

struct rte_mbuf *
fx_mbuf(uint16_t port, const void *data, uint32_t len)
{
	return fx_mbuf_cut(port, data, len, 0, 0);
}

void
fx_rx(uint16_t port, struct rte_mbuf *m)
{
	m->port = RTE_MBUF_PORT_INVALID;
	assert_int_equal(rte_ring_enqueue(fx.rx[port][0], m), 0);
}

struct rte_mbuf *
fx_tx(uint16_t port)
{
	void *m;

	return rte_ring_dequeue(fx.tx[port][0], &m) == 0 ? m : NULL;
}

struct rte_mbuf *
fx_punt(void)
{
	struct dp_worker *w;
	void *m;

	if (rte_ring_dequeue(fx.dp->punt, &m) != 0)
		return NULL;
	w = fx.dp->worker[dp_meta(m)->worker];
	if (!fx.untold)
		atomic_store(&w->punt_done, atomic_load(&w->punt_done) + 1);
	return m;
}

void
fx_free_sent(struct rte_mbuf *m)
{
	assert_non_null(m);
	rte_pktmbuf_free(m);
}

void
fx_free_punted(struct rte_mbuf *m)
{
	assert_non_null(m);
	dp_count(&fx.dp->ctl[m->port].delivered, 1);
	fx.want[m->port].delivered++;
	rte_pktmbuf_free(m);
}

uint32_t
fx_turn(void)
{
	return dp_worker_turn(fx.w);
}

void
fx_check(void)
{
	struct dp_counters got;
	uint16_t port;
	int i;

	for (port = 0; port < NB_PORTS; port++) {
		const struct dp_counters *want = &fx.want[port];

		dp_counters_get(fx.dp, port, &got);
		assert_int_equal(got.rx_pkts, want->rx_pkts);
		assert_int_equal(got.tx_pkts, want->tx_pkts);
		assert_int_equal(got.punted, want->punted);
		assert_int_equal(got.delivered, want->delivered);
		assert_int_equal(got.originated, want->originated);
		assert_int_equal(got.copies, want->copies);
		assert_int_equal(got.consumed, want->consumed);
		for (i = 0; i < DP_DROP_MAX; i++) {
			if (got.drop[i] != want->drop[i])
				print_error("port %u drop_%s\n", port, dp_drop_name[i]);
			assert_int_equal(got.drop[i], want->drop[i]);
		}
	}
	memset(fx.want, 0, sizeof(fx.want));
	dp_counters_clear(fx.dp);
}

void
fx_ip_fix(void *data)
{
	struct rte_ipv4_hdr *ip = data;

	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

void
fx_ip(void *data, uint32_t src, uint32_t dst, uint8_t ttl, uint16_t len)
{
	struct rte_ipv4_hdr *ip = data;
	uint16_t i;

	for (i = 20; i < len; i++)
		((uint8_t *)data)[i] = (uint8_t)(i * 7);
	memset(ip, 0, sizeof(*ip));
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->total_length = rte_cpu_to_be_16(len);
	ip->packet_id = rte_cpu_to_be_16(0x4242);
	ip->time_to_live = ttl;
	ip->next_proto_id = IPPROTO_UDP;
	ip->src_addr = rte_cpu_to_be_32(src);
	ip->dst_addr = rte_cpu_to_be_32(dst);
	fx_ip_fix(ip);
}

struct rte_mbuf *
fx_packet(uint16_t port, uint32_t src, uint32_t dst, uint8_t ttl, uint16_t len)
{
	static const uint8_t l2[] = { 2, 0, 0, 0, 0, 0x10, 2, 0, 0, 0, 0, 0x77, 8, 0, 0, 0 };
	uint8_t frame[4096];
	uint32_t l2_len = 14;

	if (port % 2 != 0) {
		memcpy(frame, &l2[12], 4);
		l2_len = 4;
	} else {
		memcpy(frame, l2, 14);
		frame[5] += port;
	}
	fx_ip(&frame[l2_len], src, dst, ttl, len);
	return fx_mbuf(port, frame, l2_len + len);
}

struct rte_mbuf *
fx_raw(uint16_t port, const void *ip, uint32_t len)
{
	static const uint8_t macs[] = { 2, 0, 0, 0, 0, 0x10, 2, 0, 0, 0, 0, 0x77 };
	rte_be16_t type = *(const uint8_t *)ip >> 4 == 6 ? RTE_BE16(RTE_ETHER_TYPE_IPV6)
							 : RTE_BE16(RTE_ETHER_TYPE_IPV4);
	uint8_t frame[4096] = { 0 };
	uint32_t l2_len = 4;

	if (port % 2 == 0) {
		memcpy(frame, macs, sizeof(macs));
		frame[5] += port;
		l2_len = 14;
		memcpy(&frame[12], &type, 2);
	} else {
		memcpy(frame, &type, 2);
	}
	memcpy(&frame[l2_len], ip, len);
	return fx_mbuf(port, frame, l2_len + len);
}

struct rte_mbuf *
fx_packet6(uint16_t port, const char *src, const char *dst, uint8_t hops, uint16_t len)
{
	struct dp_ip from = fx_ip6(src), to = fx_ip6(dst);
	uint8_t ip[4096] = { 0x60 };
	uint16_t i;

	ip[4] = (uint8_t)((len - 40) >> 8);
	ip[5] = (uint8_t)(len - 40);
	ip[6] = IPPROTO_UDP;
	ip[7] = hops;
	memcpy(&ip[8], from.b, 16);
	memcpy(&ip[24], to.b, 16);
	for (i = 40; i < len; i++)
		ip[i] = (uint8_t)(i * 7);
	return fx_raw(port, ip, len);
}

struct rte_mbuf *
fx_punted(enum dp_punt_reason reason, uint16_t in_port)
{
	struct rte_mbuf *m = fx_punt();

	assert_non_null(m);
	assert_int_equal(dp_meta(m)->punt, reason);
	assert_int_equal(m->port, in_port);
	return m;
}

void
fx_punted_key(struct rte_mbuf *m, uint16_t port, const char *ip)
{
	struct dp_ip nh, want = fx_ip6(ip);
	uint16_t nh_port;

	assert_int_equal(dp_meta(m)->out_port, port);
	dp_l3_key_get(rte_pktmbuf_mtod(m, struct ipoib_addr *), &nh_port, &nh);
	assert_int_equal(nh_port, port);
	assert_true(dp_ip_equal(&nh, &want));
	rte_pktmbuf_adj(m, IPOIB_ADDR_LEN);
}

void
fx_assert_data(struct rte_mbuf *m, const void *data, uint32_t len)
{
	uint8_t buf[4096];

	assert_non_null(m);
	assert_int_equal(m->pkt_len, len);
	assert_memory_equal(rte_pktmbuf_read(m, 0, len, buf), data, len);
	rte_mbuf_sanity_check(m, 1);
}

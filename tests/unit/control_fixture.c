/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_arp.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_fib.h>
#include <rte_fib6.h>
#include <rte_mempool.h>

#include "compat.h"
#include "control_fixture.h"

struct control_fixture fx;
uint32_t fx_thresh3 = 64;
int pmd_ipoib_meta_offset = -1;

static const uint8_t our_mac[6] = { 0x02, 0, 0, 0, 0, 0x01 };
static const uint8_t peer_mac[6] = { 0x02, 0, 0, 0, 0, 0x4d };

/* --- the clock --- */

static uint64_t
fake_now(void)
{
	return fx.now;
}

/* --- packets --- */

struct ib_gid
fx_gid(uint8_t n)
{
	struct ib_gid gid = { { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 2, 0xc9, 3, 0, 0, 0, n } };

	return gid;
}

struct ipoib_addr
fx_addr(uint32_t qpn, uint8_t n)
{
	struct ib_gid gid = fx_gid(n);
	struct ipoib_addr a;

	ipoib_addr_set(&a, qpn, &gid);
	return a;
}

struct rte_mbuf *
fx_mbuf(uint16_t port, const void *data, uint32_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(fx.pool);
	char *to;

	assert_non_null(m);
	to = rte_pktmbuf_append(m, (uint16_t)len);
	assert_non_null(to);
	if (data != NULL)
		memcpy(to, data, len);
	m->port = port;
	*dp_meta(m) = (struct dp_meta){ 0 };
	*pmd_ipoib_meta(m) = (struct pmd_ipoib_meta){ 0 };
	return m;
}

void
fx_punt(struct rte_mbuf *m, enum dp_punt_reason why, uint16_t out_port, uint32_t nh_ip)
{
	dp_meta(m)->punt = (uint8_t)why;
	dp_meta(m)->out_port = out_port;
	if (why == DP_PUNT_L3_MISS || why == DP_PUNT_TOO_BIG) {
		struct ipoib_addr *key = (void *)rte_pktmbuf_prepend(m, sizeof(*key));
		struct dp_ip ip = dp_ip4(nh_ip);

		assert_non_null(key);
		dp_l3_key(key, out_port, &ip);
	}
	fx.dp->worker[0]->ctr[m->port].rx_pkts++;
	fx.dp->worker[0]->punts++;
	assert_int_equal(rte_ring_enqueue(fx.dp->punt, m), 0);
}

struct rte_mbuf *
fx_ip(uint16_t port, uint32_t src, uint32_t dst, uint8_t proto, uint16_t len, uint16_t flags)
{
	struct rte_mbuf *m = fx_mbuf(port, NULL, len);
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *);
	uint16_t i;

	memset(ip, 0, sizeof(*ip));
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->total_length = rte_cpu_to_be_16(len);
	ip->packet_id = RTE_BE16(0x1234);
	ip->fragment_offset = rte_cpu_to_be_16(flags);
	ip->time_to_live = 9;
	ip->next_proto_id = proto;
	ip->src_addr = rte_cpu_to_be_32(src);
	ip->dst_addr = rte_cpu_to_be_32(dst);
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	for (i = sizeof(*ip); i < len; i++)
		((uint8_t *)ip)[i] = (uint8_t)i;
	return m;
}

void
fx_punt_addr(const struct ipoib_addr *a, uint32_t mark)
{
	const struct ipoib_hdr hdr = { RTE_BE16(IPOIB_TYPE_IPV4), 0 };
	uint8_t buf[IPOIB_ADDR_LEN + IPOIB_HDR_LEN + sizeof(mark)];

	memcpy(buf, a, IPOIB_ADDR_LEN);
	memcpy(buf + IPOIB_ADDR_LEN, &hdr, IPOIB_HDR_LEN);
	memcpy(buf + IPOIB_ADDR_LEN + IPOIB_HDR_LEN, &mark, sizeof(mark));
	fx_punt(fx_mbuf(ETH, buf, sizeof(buf)), DP_PUNT_NEIGH_MISS, IB, 0);
}

void
fx_arp_eth(uint16_t op, uint8_t mac, uint32_t spa, uint32_t tpa)
{
	/* Octet by octet (RFC 826), not by our encoder. */
	uint8_t f[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, mac, 8, 6, 0, 1, 8, 0,
		6, 4, 0, (uint8_t)op, 2, 0, 0, 0, 0, mac, (uint8_t)(spa >> 24),
		(uint8_t)(spa >> 16), (uint8_t)(spa >> 8), (uint8_t)spa, 0, 0, 0, 0, 0, 0,
		(uint8_t)(tpa >> 24), (uint8_t)(tpa >> 16), (uint8_t)(tpa >> 8), (uint8_t)tpa };

	fx_punt(fx_mbuf(ETH, f, sizeof(f)), DP_PUNT_ARP, 0, 0);
}

void
fx_arp_ib(uint16_t op, const struct ipoib_addr *sha, uint32_t spa, uint32_t tpa)
{
	/* RFC 4391 9.1.1, octet by octet. */
	uint8_t f[60] = { 8, 6, 0, 0, 0, 0x20, 8, 0, 20, 4, 0, (uint8_t)op };

	memcpy(&f[12], sha, 20);
	f[32] = (uint8_t)(spa >> 24);
	f[33] = (uint8_t)(spa >> 16);
	f[34] = (uint8_t)(spa >> 8);
	f[35] = (uint8_t)spa;
	f[56] = (uint8_t)(tpa >> 24);
	f[57] = (uint8_t)(tpa >> 16);
	f[58] = (uint8_t)(tpa >> 8);
	f[59] = (uint8_t)tpa;
	fx_punt(fx_mbuf(IB, f, sizeof(f)), DP_PUNT_ARP, 0, 0);
}

struct rte_mbuf *
fx_sent(uint16_t *port)
{
	struct rte_mbuf *m;
	void *p;

	if (rte_ring_dequeue(fx.dp->worker[0]->inject, &p) != 0)
		return NULL;
	m = p;
	*port = dp_meta(m)->out_port;
	fx.dp->worker[0]->ctr[*port].tx_pkts++;
	if (*port == IB || *port == IB2) {
		assert_true(fx.ah_live[pmd_ipoib_meta(m)->ah]);
		assert_int_equal(fx.ah_port[pmd_ipoib_meta(m)->ah], *port);
	}
	return m;
}

struct rte_mbuf *
fx_sent_on(uint16_t port)
{
	uint16_t on = UINT16_MAX;
	struct rte_mbuf *m = fx_sent(&on);

	assert_non_null(m);
	assert_int_equal(on, port);
	return m;
}

void
fx_free(struct rte_mbuf *m)
{
	rte_mbuf_sanity_check(m, 1);
	rte_pktmbuf_free(m);
}

uint32_t
fx_drain(void)
{
	struct rte_mbuf *m;
	uint16_t port;
	uint32_t n = 0;

	for (; (m = fx_sent(&port)) != NULL; n++)
		fx_free(m);
	return n;
}

void
fx_assert_none(void)
{
	assert_int_equal(rte_ring_count(fx.dp->worker[0]->inject), 0);
}

void
fx_assert_bytes(struct rte_mbuf *m, const void *want, uint32_t len)
{
	uint8_t buf[4096];

	assert_non_null(m);
	assert_int_equal(m->pkt_len, len);
	assert_true(len <= sizeof(buf));
	assert_memory_equal(rte_pktmbuf_read(m, 0, len, buf), want, len);
	fx_free(m);
}

uint64_t
fx_sum(size_t offset)
{
	struct dp_counters sum;
	uint64_t n = 0, v;
	uint16_t port;

	for (port = 0; port < DP_PORTS_MAX; port++) {
		dp_counters_get(fx.dp, port, &sum);
		memcpy(&v, (char *)&sum + offset, sizeof(v));
		n += v;
	}
	return n;
}

uint64_t
fx_drops(enum dp_drop why)
{
	return fx_sum(offsetof(struct dp_counters, drop) + why * sizeof(uint64_t));
}

void
fx_tick(void)
{
	uint64_t next = control_tick(fx.c);

	assert_true(next >= fx.now);
}

void
fx_run(uint64_t us)
{
	uint64_t end = fx.now + us;

	while (fx.now < end) {
		fx.now += RTE_MIN(1000, end - fx.now);
		fx_tick();
	}
}

void
fx_know_eth_peer(void)
{
	fx_arp_eth(1, peer_mac[5], ETH_PEER, ETH_US);
	fx_tick();
	fx_free(fx_sent_on(ETH));
}

void
fx_know_ib_peer(void)
{
	struct ipoib_addr a = fx_addr(PEER_QPN, 2);

	fx_arp_ib(1, &a, IB_PEER, IB_US);
	fx_tick();
	fx_answer_path(fx_path_req(&a.gid), 0, 7);
	fx_tick();
	fx_free(fx_sent_on(IB));
}

/* --- start and end --- */

static void
meta_register(void)
{
	static const struct rte_mbuf_dynfield field = {
		.name = PMD_IPOIB_META_NAME,
		.size = sizeof(struct pmd_ipoib_meta),
		.align = __alignof__(struct pmd_ipoib_meta),
	};

	pmd_ipoib_meta_offset = rte_mbuf_dynfield_register(&field);
	assert_true(pmd_ipoib_meta_offset >= 0);
}

static void
port_start(uint16_t port)
{
	struct rte_eth_conf conf;

	memset(&conf, 0, sizeof(conf));
	assert_int_equal(rte_eth_dev_configure(port, 1, 1, &conf), 0);
	assert_int_equal(rte_eth_rx_queue_setup(port, 0, 64, 0, NULL, fx.pool), 0);
	assert_int_equal(rte_eth_tx_queue_setup(port, 0, 64, 0, NULL), 0);
	assert_int_equal(rte_eth_dev_start(port), 0);
}

int
fx_start(void **state)
{
	char prefix[32];
	const char *argv[] = { "test", "--no-huge", "-m", "512", "--no-pci", "--no-telemetry",
		"--no-shconf", "-l", "0", "--vdev", "net_null0", "--vdev", "net_null1", "--vdev",
		"net_null2", "--log-level", "ipoib.control:1", "--file-prefix", prefix };

	(void)state;
	snprintf(prefix, sizeof(prefix), "ctl-%d", (int)getpid());
	if (rte_eal_init(RTE_DIM(argv), (char **)(uintptr_t)argv) < 0)
		return -1;
	fx.pool = rte_pktmbuf_pool_create(
			"pkts", PKTS, 0, 0, RTE_PKTMBUF_HEADROOM + 4096, SOCKET_ID_ANY);
	assert_non_null(fx.pool);
	meta_register();
	port_start(ETH);
	port_start(IB);
	port_start(IB2);
	control_clock_set(fake_now);
	return 0;
}

int
fx_stop(void **state)
{
	(void)state;
	rte_mempool_free(fx.pool);
	return rte_eal_cleanup();
}

static void
identity_set(void)
{
	fx.info = (struct pmd_ipoib_info){
		.device = "Hca1",
		.hca_port = 1,
		.backend = "soft",
		.state = IPOIB_MAD_ACTIVE,
		.lid = 4,
		.sm_lid = 1,
		.gid = fx_gid(1),
		.pkey = 0x8001,
		.pkey_present = true,
		.nb_qps = 1,
		.qpn = { OUR_QPN },
	};
	fx.info.addr = fx_addr(OUR_QPN, 1);
}

int
fx_setup(void **state)
{
	struct dp_cfg cfg = {
		.pool = fx.pool, .socket = SOCKET_ID_ANY, .nb_workers = 1, .burst = 32
	};
	struct control_cfg k = { .gc_thresh3 = fx_thresh3 };
	struct rte_mempool *pool = fx.pool;

	(void)state;
	memset(&fx, 0, sizeof(fx));
	fx.pool = pool;
	fx.now = 1000 * S;
	identity_set();
	assert_int_equal(dp_create(&cfg, &fx.dp), 0);
	assert_int_equal(dp_port_add(fx.dp, ETH, DP_PORT_ETH, 1, 1), 0);
	assert_int_equal(dp_port_add(fx.dp, IB, DP_PORT_IPOIB, 1, 1), 0);
	memcpy(&fx.dp->port[ETH].mac, our_mac, sizeof(our_mac));
	assert_int_equal(control_create(&k, fx.dp, &fx.c), 0);
	assert_int_equal(control_port_add(fx.c, ETH), 0);
	assert_int_equal(control_port_add(fx.c, IB), 0);
	fx_tick();
	return 0;
}

int
fx_setup_two(void **state)
{
	fx_setup(state);
	assert_int_equal(dp_port_add(fx.dp, IB2, DP_PORT_IPOIB, 1, 1), 0);
	assert_int_equal(control_port_add(fx.c, IB2), 0);
	fx_tick();
	while (fx_join_req() != NULL)
		fx_answer_join(fx_join_req(), 0);
	return 0;
}

int
fx_setup_bond(void **state)
{
	struct control_bond_cfg cfg = { .name = "bond0",
		.port = BOND,
		.primary = DP_PORT_NIL,
		.nb = 2,
		.member = { IB, IB2 } };

	fx_setup(state);
	fx_answer_join(fx_join_req(), 0);
	fx.two_hcas = true;
	fx.info2 = fx.info;
	fx.info2.lid = 40;
	fx.info2.gid = fx_gid(GID2);
	fx.info2.qpn[0] = OUR_QPN2;
	fx.info2.addr = fx_addr(OUR_QPN2, GID2);
	fx.info2.joined = false;
	assert_int_equal(dp_port_add(fx.dp, IB2, DP_PORT_IPOIB, 1, 1), 0);
	assert_int_equal(control_port_add(fx.c, IB2), 0);
	fx_tick();
	while (fx_join_req() != NULL)
		fx_answer_join(fx_join_req(), 0);
	assert_int_equal(dp_port_add_logical(fx.dp, DP_PORT_IPOIB, 0, DP_PORT_NIL), BOND);
	assert_int_equal(control_port_add(fx.c, BOND), 0);
	assert_int_equal(control_bond_add(fx.c, &cfg), 0);
	assert_int_equal(fx_addr_add(ETH, ETH_US, 24), 0);
	assert_int_equal(fx_addr_add(BOND, IB_US, 24), 0);
	fx_run(1100 * MS);
	fx_drain();
	fx_assert_none();
	return 0;
}

int
fx_setup_up(void **state)
{
	fx_setup(state);
	fx_answer_join(fx_join_req(), 0);
	assert_int_equal(fx_addr_add(ETH, ETH_US, 24), 0);
	assert_int_equal(fx_addr_add(IB, IB_US, 24), 0);
	fx_run(1100 * MS);
	fx_drain();
	fx_assert_none();
	return 0;
}

int
fx_teardown(void **state)
{
	(void)state;
	/* Nothing is missing in the books, before and after what waits is freed. */
	assert_int_equal(dp_balance(fx.dp), dp_queued(fx.dp) + control_queued(fx.c));
	fx_drain();
	/* Requests under way end with the SA client's destruction in the real one. */
	control_destroy(fx.c);
	assert_int_equal(dp_balance(fx.dp), 0);
	assert_int_equal(fx.ahs, 0);
	dp_destroy(fx.dp);
	assert_int_equal(rte_mempool_in_use_count(fx.pool), 0);
	return 0;
}

const struct dp_nh *
fx_route(const struct dp_ip *dst)
{
	uint8_t raw[1][sizeof(dst->b)];
	uint64_t nh = 0;
	uint32_t ip;

	if (dp_ip_is4(dst)) {
		ip = dp_ip_get4(dst);
		rte_fib_lookup_bulk(fx.c->dp->fib, &ip, &nh, 1);
	} else if (fx.c->dp->fib6 != NULL) {
		memcpy(raw[0], dst->b, sizeof(raw[0]));
		rte_fib6_lookup_bulk(fx.c->dp->fib6, COMPAT_IP6S(raw), &nh, 1);
	}
	return &fx.c->dp->nh[nh];
}

const struct ipoib_neigh_entry *
fx_neigh(uint16_t port, const struct ipoib_addr *addr)
{
	const struct ipoib_neigh_entry *e = NULL;
	uint64_t hits;

	ipoib_neigh_lookup_bulk(fx.dp->port[port].neigh, &addr, 1, &hits, &e);
	return e;
}

const struct ipoib_neigh_entry *
fx_l3(uint16_t port, const struct dp_ip *ip)
{
	const struct ipoib_neigh_entry *e = NULL;
	const struct ipoib_addr *keyp;
	struct ipoib_addr key;
	uint64_t hits;

	dp_l3_key(&key, port, ip);
	keyp = &key;
	ipoib_neigh_lookup_bulk(fx.dp->l3, &keyp, 1, &hits, &e);
	return e;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * What a worker remembers of destinations against a worker that remembers nothing: the same bursts,
 * once each, under random changes of neighbours, paths, routes and ports. The same packets leave by
 * the same ports, those to one destination in the same order, the same ones go to control or are
 * dropped for the same reason.
 */

#include <stdlib.h>
#include <string.h>

#include <rte_fib.h>

#include "dp_fixture.h"

#define STEPS 6000
#define DSTS 12
#define ADDRS 4
#define MACS 4
#define BURST 32
#define OUT_MAX 128
#define BOND DP_PORT_LOGICAL
#define DST(i) IP(10, 9, 0, 1 + (i))
#define GW4(port) IP(10, 8, port, 1)

/* Next hops that routes choose from. */
enum { R_LINK = NH_FREE, R_VIA = R_LINK + 5, R_ECMP = R_VIA + 5, R_BLACKHOLE, R_PROHIBIT, R_END };

/* How a packet is made, so that it can be made twice. */
struct pkt {
	uint8_t dst, ttl, kind;
	uint16_t len, id;
};

struct out {
	uint16_t port;
	uint16_t id, reason, len, cksum;
	uint32_t dst, ah, qpn;
	uint8_t ttl;
	uint8_t mac[12];
};

struct fate {
	unsigned int n;
	struct out out[OUT_MAX];
	struct dp_counters ctr[NB_PORTS + 1];
};

static struct fate fate[2];
static struct dp_fast *blank;
static uint64_t now_us;
static uint32_t next_ah = 1000;
static uint64_t nb_known, nb_all;

static uint32_t
pick(uint32_t n)
{
	return (uint32_t)rand() % n;
}

static uint16_t
any_port(void)
{
	return (uint16_t)(pick(8) != 0 ? pick(NB_PORTS) : BOND);
}

/* By number: addresses of hosts on Ethernet ports, and of peers on IPoIB ports. */
static uint32_t
adj_of(uint16_t port, uint32_t i)
{
	return ADJ_FREE + (port % 2 != 0 || port == BOND ? MACS + i % ADDRS : i % MACS);
}

static void
route_random(void)
{
	uint16_t id = (uint16_t)(R_LINK + pick(R_END - R_LINK));

	assert_int_equal(rte_fib_add(fx.dp->fib, DST(pick(DSTS)), 32, id), 0);
	atomic_store(&fx.dp->rules, atomic_load(&fx.dp->rules) + 1);
}

/* One of the neighbours that routes lead to: a destination, or a gateway. */
static struct ipoib_neigh_rec *
l3_random(uint16_t *port)
{
	struct ipoib_neigh_rec *rec;
	struct dp_ip ip;
	struct ipoib_addr key;

	*port = any_port();
	ip = dp_ip4(pick(2) != 0 ? GW4(*port) : DST(pick(DSTS)));
	dp_l3_key(&key, *port, &ip);
	assert_true(ipoib_neigh_add(fx.dp->l3, &key, now_us, &rec) >= 0);
	return rec;
}

static struct ipoib_neigh_rec *
path_random(struct ipoib_neigh *t)
{
	struct ipoib_neigh_rec *rec;

	assert_true(ipoib_neigh_add(t, &fx.dp->adj[adj_of(IB1, pick(ADDRS))].lladdr, now_us,
				    &rec) >= 0);
	return rec;
}

/* Mostly for the better: there is something to forget. */
static void
rec_random(struct ipoib_neigh *t, struct ipoib_neigh_rec *rec, const struct ipoib_neigh_value *v)
{
	switch (pick(8)) {
	case 0:
		assert_int_equal(ipoib_neigh_del(t, rec), 0);
		break;
	case 1:
		assert_true(ipoib_neigh_set_failed(t, rec, now_us) >= 0);
		break;
	case 2:
	case 3:
		assert_int_equal(ipoib_neigh_set_stale(t, rec), 0);
		break;
	default:
		assert_int_equal(ipoib_neigh_set_valid(t, rec, v, now_us), 0);
		break;
	}
}

static void
port_random(void)
{
	static const uint16_t mtu[] = { 1500, 2044, 576, 100 };
	static const uint8_t flags[] = { 0, 0, 0, DP_PORT_MSS_CLAMP, DP_PORT_DIRECTED_BCAST };
	uint16_t port = any_port();
	struct dp_port *p = &fx.dp->port[port];

	switch (pick(6)) {
	case 0:
		fx_up(port, pick(4) != 0);
		break;
	case 1:
		atomic_store(&p->mtu, mtu[pick(RTE_DIM(mtu))]);
		break;
	case 2:
		atomic_store(&p->flags, flags[pick(RTE_DIM(flags))]);
		break;
	case 3:
		atomic_store(&p->bind, pick(4) != 0 ? DP_PORT_NIL : (uint16_t)pick(NB_PORTS));
		break;
	case 4:
		if (port == BOND)
			atomic_store(&p->tx, (uint16_t)(pick(2) != 0 ? IB1 : IB3));
		break;
	default: /* all as it should be */
		for (port = 0; port < NB_PORTS; port++) {
			fx_up(port, true);
			atomic_store(&fx.dp->port[port].mtu, 2044);
			atomic_store(&fx.dp->port[port].flags, 0);
			atomic_store(&fx.dp->port[port].bind, DP_PORT_NIL);
		}
		fx_up(BOND, true);
		break;
	}
}

static void
change_random(void)
{
	struct ipoib_neigh_value v = { .kind = IPOIB_NEIGH_UD };
	struct ipoib_neigh_rec *rec;
	struct ipoib_neigh *t;
	uint16_t port;

	switch (pick(24)) {
	case 0:
		route_random();
		break;
	case 1:
	case 2:
	case 3:
		port_random();
		break;
	case 4:
	case 5:
	case 6:
	case 7:
	case 8:
	case 9:
	case 10:
	case 11:
	case 12:
	case 13:
		rec = l3_random(&port);
		v.ah = adj_of(port, pick(8));
		rec_random(fx.dp->l3, rec, &v);
		break;
	default:
		t = fx.dp->port[pick(2) != 0 ? IB1 : IB3].neigh;
		v.ah = next_ah++;
		v.mtu = (uint16_t)(pick(4) != 0 ? 0 : 68 + pick(1400));
		rec_random(t, path_random(t), &v);
		break;
	}
}

/* Time passes, what nobody holds any more comes back. */
static void
tables_iterate(void)
{
	now_us += 100000;
	ipoib_neigh_iterate(fx.dp->l3, now_us, UINT32_MAX);
	ipoib_neigh_iterate(fx.dp->port[IB1].neigh, now_us, UINT32_MAX);
	ipoib_neigh_iterate(fx.dp->port[IB3].neigh, now_us, UINT32_MAX);
}

/* --- packets --- */

static void
pkt_random(struct pkt *p, uint16_t id)
{
	p->dst = (uint8_t)pick(pick(2) != 0 ? 3 : DSTS);
	p->ttl = (uint8_t)(pick(32) != 0 ? 2 + pick(63) : pick(2));
	p->kind = (uint8_t)(pick(16) != 0 ? 0 : pick(8));
	p->len = (uint16_t)(pick(4) != 0 ? 60 : 28 + pick(1500));
	p->id = id;
}

/* @p kept: a second owner's, if it has one. */
static struct rte_mbuf *
pkt_make(const struct pkt *p, uint16_t port, struct rte_mbuf **kept)
{
	struct rte_mbuf *m, *tail;
	struct rte_ipv4_hdr *ip;
	uint8_t data[2048];

	fx_ip(data, IP(192, 0, 2, 66), DST(p->dst), p->ttl, p->len);
	ip = (struct rte_ipv4_hdr *)data;
	ip->packet_id = rte_cpu_to_be_16(p->id);
	if (p->kind == 1 && p->len >= 28) { /* options: no operation */
		ip->version_ihl++;
		memset(&data[20], 1, 4);
	}
	fx_ip_fix(data);
	m = fx_raw(port, data, p->len);
	*kept = NULL;
	if (p->kind == 2) {
		rte_mbuf_refcnt_update(m, 1);
		*kept = m;
	} else if (p->kind == 3) {
		*kept = m;
		m = rte_pktmbuf_clone(m, fx.pool);
	} else if (p->kind == 4) {
		tail = rte_pktmbuf_copy(m, fx.pool, m->pkt_len - 5, UINT32_MAX);
		rte_pktmbuf_trim(m, 5);
		assert_int_equal(rte_pktmbuf_chain(m, tail), 0);
	} else if (p->kind == 5) {
		/* No room in front of the IP header. */
		memmove(m->buf_addr, rte_pktmbuf_mtod(m, void *), m->data_len);
		m->data_off = 0;
	}
	return m;
}

static struct out *
out_put(struct fate *f, uint16_t port, struct rte_mbuf *m, uint32_t l3_off)
{
	struct out *o = &f->out[f->n++];
	struct rte_ipv4_hdr buf;
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_read(m, l3_off, sizeof(buf), &buf);

	assert_true(f->n < OUT_MAX);
	assert_non_null(ip);
	memset(o, 0, sizeof(*o));
	o->port = port;
	o->id = rte_be_to_cpu_16(ip->packet_id);
	o->dst = rte_be_to_cpu_32(ip->dst_addr);
	o->ttl = ip->time_to_live;
	o->cksum = ip->hdr_checksum;
	o->len = (uint16_t)m->pkt_len;
	return o;
}

static void
outputs_take(struct fate *f)
{
	static const uint8_t punt_off[] = { [DP_PUNT_TOO_BIG] = IPOIB_ADDR_LEN,
		[DP_PUNT_L3_MISS] = IPOIB_ADDR_LEN,
		[DP_PUNT_NEIGH_MISS] = IPOIB_ADDR_LEN + IPOIB_HDR_LEN };
	struct rte_mbuf *m;
	struct out *o;
	uint16_t port;

	for (port = 0; port < NB_PORTS; port++) {
		while ((m = fx_tx(port)) != NULL) {
			o = out_put(f, port, m, port % 2 == 0 ? 14 : 4);
			if (port % 2 != 0) {
				o->ah = pmd_ipoib_meta(m)->ah;
				o->qpn = pmd_ipoib_meta(m)->qpn;
			} else {
				memcpy(o->mac, rte_pktmbuf_mtod(m, void *), 12);
			}
			fx_free_sent(m);
		}
	}
	while ((m = fx_punt()) != NULL) {
		o = out_put(f, DP_PORT_NIL, m, punt_off[dp_meta(m)->punt]);
		o->reason = dp_meta(m)->punt;
		fx_free_punted(m);
	}
}

static int
out_compare(const void *a, const void *b)
{
	const struct out *x = a, *y = b;

	/* Within one destination and way out they stay in order. */
	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	if (x->dst != y->dst)
		return x->dst < y->dst ? -1 : 1;
	return 0;
}

/* Stable, and few. */
static void
outputs_group(struct fate *f)
{
	struct out o;
	unsigned int i, k;

	for (i = 1; i < f->n; i++) {
		o = f->out[i];
		for (k = i; k > 0 && out_compare(&f->out[k - 1], &o) > 0; k--)
			f->out[k] = f->out[k - 1];
		f->out[k] = o;
	}
}

static void
counters_get(struct dp_counters *ctr)
{
	unsigned int i;

	for (i = 0; i <= NB_PORTS; i++)
		dp_counters_get(fx.dp, (uint16_t)(i < NB_PORTS ? i : BOND), &ctr[i]);
}

static void
burst_run(struct fate *f, const struct pkt *pkts, unsigned int n, uint16_t port)
{
	struct rte_mbuf *kept[BURST];
	struct dp_counters now[NB_PORTS + 1];
	uint64_t *a = (uint64_t *)f->ctr, *b = (uint64_t *)now;
	unsigned int i;
	size_t k;

	for (i = 0; i < n; i++)
		fx_rx(port, pkt_make(&pkts[i], port, &kept[i]));
	f->n = 0;
	counters_get(f->ctr);
	/* Control handles at once what it gets; what has waited for that comes then. */
	for (i = 0; i < 3; i++) {
		fx_turn();
		outputs_take(f);
	}
	assert_false(fx.w->order.waiting);
	counters_get(now);
	for (k = 0; k < sizeof(now) / (sizeof(uint64_t)); k++)
		a[k] = b[k] - a[k];
	for (i = 0; i < n; i++)
		rte_pktmbuf_free(kept[i]);
	outputs_group(f);
}

static void
fates_equal(void)
{
	unsigned int i, k;

	for (i = 0; i <= NB_PORTS; i++) {
		for (k = 0; k < DP_DROP_MAX; k++) {
			if (fate[0].ctr[i].drop[k] != fate[1].ctr[i].drop[k])
				print_error("port %u drop_%s\n", i, dp_drop_name[k]);
		}
	}
	assert_memory_equal(fate[0].ctr, fate[1].ctr, sizeof(fate[0].ctr));
	assert_int_equal(fate[0].n, fate[1].n);
	for (i = 0; i < fate[0].n; i++)
		assert_memory_equal(&fate[0].out[i], &fate[1].out[i], sizeof(struct out));
}

/* How much of a burst the worker remembers: that the test is one. */
static void
known_count(const struct pkt *pkts, unsigned int n)
{
	uint32_t rules = atomic_load(&fx.dp->rules), i, k, dst;

	for (i = 0; i < n; i++) {
		dst = DST(pkts[i].dst);
		for (k = 0; k < 1u << DP_FAST_BITS; k++) {
			if (fx.w->fast[k].dst == rte_cpu_to_be_32(dst) &&
					fx.w->fast[k].rules == rules) {
				nb_known++;
				break;
			}
		}
		nb_all++;
	}
}

static void
step(unsigned int number)
{
	struct dp_fast *memory = fx.w->fast;
	struct pkt pkts[BURST];
	unsigned int n = 1 + pick(BURST), i;
	uint16_t port = (uint16_t)pick(NB_PORTS);

	for (i = 0; i < n; i++)
		pkt_random(&pkts[i], (uint16_t)i);
	if (number % 64 == 0)
		known_count(pkts, n);
	burst_run(&fate[0], pkts, n, port);
	fx.w->fast = blank;
	memset(blank, 0, sizeof(*blank) << DP_FAST_BITS);
	burst_run(&fate[1], pkts, n, port);
	fx.w->fast = memory;
	fates_equal();
}

static void
world_make(void)
{
	struct dp_nh *ecmp = &fx.dp->nh[R_ECMP];
	uint32_t i;
	uint16_t p;

	assert_int_equal(dp_port_add_logical(fx.dp, DP_PORT_IPOIB, 0, DP_PORT_NIL), BOND);
	atomic_store(&fx.dp->port[BOND].mtu, 2044);
	atomic_store(&fx.dp->port[BOND].tx, IB1);
	fx_up(BOND, true);
	for (i = 0; i < MACS; i++)
		fx.dp->adj[ADJ_FREE + i].mac = (struct rte_ether_addr){ { 2, 0, 0, 1, 0, i } };
	for (i = 0; i < ADDRS; i++) {
		fx.dp->adj[ADJ_FREE + MACS + i].lladdr = fx_addr(0x500 + i, (uint8_t)(50 + i));
		fx_path_valid(IB1, &fx.dp->adj[ADJ_FREE + MACS + i].lladdr, i, 0);
		fx_path_valid(IB3, &fx.dp->adj[ADJ_FREE + MACS + i].lladdr, 20 + i, 0);
	}
	for (i = 0; i < 5; i++) {
		p = i < NB_PORTS ? i : BOND;
		fx.dp->nh[R_LINK + i] = (struct dp_nh){ .type = DP_NH_LINK, .port = p };
		fx.dp->nh[R_VIA + i] = (struct dp_nh){
			.type = DP_NH_VIA, .port = p, .gw = dp_ip4(GW4(p))
		};
		fx_l3_valid(p, GW4(p), adj_of(p, i));
	}
	*ecmp = (struct dp_nh){ .type = DP_NH_ECMP, .nb = 2, .member = { R_VIA, R_VIA + 1 } };
	fx.dp->nh[R_BLACKHOLE].type = DP_NH_BLACKHOLE;
	fx.dp->nh[R_PROHIBIT].type = DP_NH_PROHIBIT;
	assert_int_equal(rte_fib_add(fx.dp->fib, DST(0) & ~0xffu, 24, R_VIA + 1), 0);
}

static void
test_random(void **state)
{
	unsigned int i, n;

	(void)state;
	srand(4);
	now_us = UINT64_C(1000000000);
	blank = calloc((size_t)1 << DP_FAST_BITS, sizeof(*blank));
	assert_non_null(blank);
	world_make();
	for (i = 0; i < STEPS; i++) {
		for (n = pick(4) != 0 ? 0 : pick(4); n > 0; n--)
			change_random();
		step(i);
		tables_iterate();
	}
	free(blank);
	print_message("%u of %u packets were to destinations known\n", (unsigned int)nb_known,
			(unsigned int)nb_all);
	assert_true(nb_known * 3 > nb_all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_random, fx_setup, fx_teardown),
	};

	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Peers over receive queues (design, section 6): who is told which QPN, and when. */

#include <string.h>

#include "control_fixture.h"
#include "nd_golden.h"
#include "spread.h"

#define IP6_HDR 40
#define ENCAP 4
#define QPN0 OUR_QPN
#define QUEUES 4
#define PEERS_MAX 10000

static const struct dp_ip us6 = { { 0x20, 0x01, 0x0d, 0xb8, 0, 2, [15] = 1 } };

static struct ctl_port *
port(void)
{
	return fx.c->ports[IB];
}

/* The driver has another number of queues now. */
static void
queues(uint16_t n)
{
	uint16_t i;

	for (i = 0; i < n; i++)
		fx.info.qpn[i] = QPN0 + i;
	fx.info.nb_qps = n;
	fx_run(200 * MS);
}

static int
setup(void **state)
{
	fx_setup_up(state);
	queues(QUEUES);
	fx_run(2 * S); /* what was to be told is */
	fx_drain();
	return 0;
}

static uint64_t
random64(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	return *x ^= *x << 17;
}

/* --- the choice --- */

enum kind {
	SEQUENTIAL, /* GUIDs one after the other, one QPN, as on a new fabric */
	STRIDED,    /* GUIDs in steps of 2^n */
	QPNS,	    /* one GUID: interfaces of one host */
	RANDOM,
	KINDS
};

/* The i-th of a distribution. */
static struct ipoib_addr
address(enum kind kind, uint32_t step, uint32_t i)
{
	uint64_t guid = UINT64_C(0x0002c90300000100), x = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
	struct ipoib_addr a = fx_addr(PEER_QPN, 0);
	uint32_t k;

	if (kind == QPNS)
		ib_put_be24(a.qpn, 0x1000 + i);
	else if (kind == RANDOM)
		guid = random64(&x);
	else
		guid += (uint64_t)i << step;
	for (k = 0; k < 8; k++)
		a.gid.raw[8 + k] = (uint8_t)(guid >> (56 - 8 * k));
	return a;
}

static uint16_t
queue_of(enum kind kind, uint32_t step, uint32_t i)
{
	struct ipoib_addr a = address(kind, step, i);

	return spread_queue(port(), &a);
}

static void
fresh(uint16_t n, uint32_t room)
{
	spread_fini(port());
	assert_int_equal(spread_init(port()), 0);
	port()->ip->spread->max = room;
	port()->info.nb_qps = n;
}

/* Peers of the busiest queue. */
static uint32_t
busiest(uint16_t n)
{
	uint32_t most = 0;
	uint16_t q;

	for (q = 0; q < n; q++)
		most = RTE_MAX(most, port()->ip->spread->load[q]);
	return most;
}

/* No queue has more than its share, rounded up: with 15 peers on four that is 1.07 of the mean. */
static void
even(enum kind kind, uint32_t step, uint16_t n, uint32_t peers)
{
	static uint16_t first[PEERS_MAX];
	uint32_t i;

	fresh(n, PEERS_MAX);
	for (i = 0; i < peers; i++) {
		first[i] = queue_of(kind, step, i);
		assert_in_range(first[i], 0, n - 1);
	}
	assert_int_equal(busiest(n), (peers + n - 1) / n);
	/* And each time the same. */
	for (i = peers; i-- > 0;)
		assert_int_equal(queue_of(kind, step, i), first[i]);
	assert_int_equal(port()->ip->spread->nb, peers);
}

static void
test_even(void **state)
{
	static const uint32_t peers[] = { 2, 3, 15, 16, 100, 1000 };
	static const uint16_t n[] = { 2, 3, 4, 7, 8, 16 };
	uint32_t kind, step, i, k;

	(void)state;
	for (kind = 0; kind < KINDS; kind++)
		for (step = 0; step < (kind == STRIDED ? 52u : 1u); step++)
			for (i = 0; i < RTE_DIM(peers); i++)
				for (k = 0; k < RTE_DIM(n); k++)
					even((enum kind)kind, step, n[k], peers[i]);
	even(SEQUENTIAL, 0, 16, PEERS_MAX);
}

/* The flags octet may change: the peer is the same. */
static void
test_flags(void **state)
{
	struct ipoib_addr a = address(RANDOM, 0, 7);
	uint16_t q = spread_queue(port(), &a);

	(void)state;
	a.flags = 0x80;
	assert_int_equal(spread_queue(port(), &a), q);
	assert_int_equal(port()->ip->spread->nb, 1);
}

/* After a change of the number of queues as many move as must, and then they stay. */
static void
change(uint16_t from, uint16_t to, uint32_t peers, uint32_t most_moved)
{
	uint16_t before[PEERS_MAX], q;
	uint32_t i, moved = 0;

	fresh(from, PEERS_MAX);
	for (i = 0; i < peers; i++)
		before[i] = queue_of(SEQUENTIAL, 0, i);
	port()->info.nb_qps = to;
	for (i = 0; i < peers; i++) {
		q = queue_of(SEQUENTIAL, 0, i);
		assert_in_range(q, 0, to - 1);
		moved += q != before[i];
		before[i] = q;
	}
	assert_in_range(moved, 0, most_moved);
	assert_int_equal(busiest(to), (peers + to - 1) / to);
	for (i = 0; i < peers; i++)
		assert_int_equal(queue_of(SEQUENTIAL, 0, i), before[i]);
}

static void
test_change(void **state)
{
	(void)state;
	change(2, 4, 100, 50);
	change(4, 2, 100, 50);
	change(4, 3, 120, 30);
	change(16, 2, 1000, 890);
	change(2, 16, 1000, 890);
}

/* Forged addresses make us forget, at a bounded cost; who goes on is spread all the same. */
static void
test_flood(void **state)
{
	uint32_t i, sum = 0;
	uint16_t q;

	(void)state;
	fresh(QUEUES, 64);
	for (i = 0; i < 100000; i++) {
		queue_of(RANDOM, 0, i);
		assert_in_range(port()->ip->spread->nb, 1, 64);
	}
	for (q = 0; q < QUEUES; q++)
		sum += port()->ip->spread->load[q];
	assert_int_equal(sum, 64);
	assert_in_range(busiest(QUEUES), 16, 24);
}

/* Ten minutes of silence: the peer does not count any more. Who is told again does. */
static void
test_ages(void **state)
{
	uint16_t q[8], left = 0;
	uint32_t i;

	(void)state;
	for (i = 0; i < 8; i++)
		q[i] = queue_of(SEQUENTIAL, 0, i);
	fx.now += 500 * S;
	fx_tick();
	for (i = 0; i < 8; i++)
		left += q[i] == q[0] && queue_of(SEQUENTIAL, 0, i) == q[0];
	assert_int_equal(left, 2);
	fx.now += 200 * S;
	fx_tick();
	/* Six are forgotten, and the new ones go where they were. */
	for (i = 8; i < 14; i++)
		assert_int_not_equal(queue_of(SEQUENTIAL, 0, i), q[0]);
	assert_int_equal(port()->ip->spread->nb, 8);
	assert_int_equal(queue_of(SEQUENTIAL, 0, 0), q[0]);
}

/* --- what is said --- */

/* The QPN that an ARP carries. */
static uint32_t
arp_qpn(const struct rte_mbuf *m)
{
	return ib_get_be24(rte_pktmbuf_mtod_offset(m, const uint8_t *, ENCAP + 9));
}

static uint32_t
arp_spa(const struct rte_mbuf *m)
{
	const struct ipoib_arp *arp = rte_pktmbuf_mtod_offset(m, const struct ipoib_arp *, ENCAP);

	return rte_be_to_cpu_32(arp->spa);
}

static void
answer_paths(const struct ipoib_addr *a)
{
	while (fx_path_req(&a->gid) != NULL)
		fx_answer_path(fx_path_req(&a->gid), 0, 7);
	fx_tick();
}

/* Peers that ask us, and so know us: 198.51.100.10 and up. */
static void
peers_ask(uint32_t n)
{
	struct ipoib_addr a;
	struct rte_mbuf *m;
	uint32_t i;

	for (i = 0; i < n; i++) {
		a = fx_addr(0x1000 + i, 2);
		fx_arp_ib(1, &a, IP(198, 51, 100, 10 + i), IB_US);
		fx_tick();
		answer_paths(&a);
		m = fx_sent_on(IB);
		assert_int_equal(arp_qpn(m), QPN0 + spread_queue(port(), &a));
		fx_free(m);
	}
}

static void
miss(uint32_t ip)
{
	fx_punt(fx_ip(ETH, IP(203, 0, 113, 5), IP(10, 0, 0, 1), 17, 100, 0), DP_PUNT_L3_MISS, IB,
			ip);
	fx_tick();
}

/* A broadcast question, to which nobody answers. */
static void
ask_all(uint32_t ip)
{
	struct rte_mbuf *m;

	miss(ip);
	m = fx_sent_on(IB);
	assert_int_equal(pmd_ipoib_meta(m)->qpn, IB_QPN_MULTICAST);
	assert_int_equal(arp_qpn(m), QPN0);
	fx_free(m);
}

/* What is told in the next moments: each time the right QPN. @return how many */
static uint32_t
told(uint64_t us)
{
	struct ipoib_addr to;
	struct rte_mbuf *m;
	uint32_t n = 0;
	uint16_t on;

	fx_run(us);
	for (; (m = fx_sent(&on)) != NULL; n++) {
		assert_int_equal(on, IB);
		to = fx_addr(pmd_ipoib_meta(m)->qpn, 2);
		assert_int_not_equal(arp_qpn(m), QPN0);
		assert_int_equal(arp_qpn(m), QPN0 + spread_queue(port(), &to));
		assert_int_equal(arp_spa(m), IB_US);
		fx_free(m);
	}
	return n;
}

/* After a broadcast of ours the peers are told again, by unicast, each its QPN; but not those whose
 * it is anyway. */
static void
test_retold(void **state)
{
	(void)state;
	peers_ask(40);
	assert_int_equal(busiest(QUEUES), 10);
	ask_all(IP(198, 51, 100, 200));
	assert_int_equal(told(190 * MS), 0);
	/* Ten each 10 ms. */
	assert_int_equal(told(15 * MS), 10);
	assert_int_equal(told(10 * MS), 10);
	assert_int_equal(told(500 * MS), 10);
	assert_int_equal(told(200 * MS), 0);
}

/* One walk for a volley, and one more for what comes during it. */
static void
test_volley(void **state)
{
	uint32_t i;

	(void)state;
	peers_ask(40);
	for (i = 0; i < 20; i++)
		ask_all(IP(198, 51, 100, 200 + i));
	assert_int_equal(told(400 * MS), 30);
	assert_int_equal(port()->ip->spread->told, 30);
}

/* Who answers a broadcast has learnt the first QPN: it is told its own at once. */
static void
test_answer(void **state)
{
	struct ipoib_addr a = fx_addr(PEER_QPN, 2);
	struct rte_mbuf *m;

	(void)state;
	port()->ip->spread->nb_queues = QUEUES;
	port()->ip->spread->load[0] = 100; /* its queue is another one */
	ask_all(IB_PEER);
	fx_arp_ib(2, &a, IB_PEER, IB_US);
	fx_tick();
	answer_paths(&a);
	m = fx_sent_on(IB); /* what waited */
	assert_int_equal(m->pkt_len, 100 + ENCAP);
	fx_free(m);
	m = fx_sent_on(IB);
	assert_int_equal(pmd_ipoib_meta(m)->qpn, PEER_QPN);
	assert_int_equal(arp_spa(m), IB_US);
	assert_int_not_equal(arp_qpn(m), QPN0);
	assert_int_equal(arp_qpn(m), QPN0 + spread_queue(port(), &a));
	fx_free(m);
	fx_assert_none();
	port()->ip->spread->load[0] -= 100;
}

/* With so many at once that the limit is met the walk gets the rest. */
static void
test_answers_limited(void **state)
{
	struct ipoib_addr a;
	uint32_t i;

	(void)state;
	port()->ip->spread->nb_queues = QUEUES;
	port()->ip->spread->load[0] = 100;
	for (i = 0; i < 8; i++) {
		a = fx_addr(0x1000 + i, 2);
		ask_all(IP(198, 51, 100, 10 + i));
		port()->ip->spread->at_once =
				(struct ctl_bucket){ .started = true, .last = fx.now + S };
		fx_arp_ib(2, &a, IP(198, 51, 100, 10 + i), IB_US);
		fx_tick();
		answer_paths(&a);
		fx_free(fx_sent_on(IB));
		fx_assert_none();
	}
	assert_int_equal(told(S), 8);
	port()->ip->spread->load[0] -= 100;
}

/* --- IPv6 --- */

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
setup6(void **state)
{
	setup(state);
	assert_int_equal(control_addr_add(fx.c, IB, &us6, 64), 0);
	run(4 * S);
	fx_drain();
	return 0;
}

static void
send_in(const void *data, uint32_t len)
{
	struct rte_mbuf *m = fx_mbuf(IB, data, len);

	dp_meta(m)->l2_bcast = ((const uint8_t *)data)[24] == 0xff;
	fx_punt(m, DP_PUNT_LOCAL, 0, 0);
	fx_tick();
}

/* The QPN in the only option of a solicitation or advertisement. */
static uint32_t
nd_qpn(const struct rte_mbuf *m)
{
	const uint8_t *opt = rte_pktmbuf_mtod_offset(m, const uint8_t *, ENCAP + IP6_HDR + 24);

	assert_int_equal(opt[1], 3);
	return ib_get_be24(opt + 5);
}

static uint8_t
nd_type(const struct rte_mbuf *m)
{
	return *rte_pktmbuf_mtod_offset(m, const uint8_t *, ENCAP + IP6_HDR);
}

/* RFC 4861 7.2.2: the option must be in a multicast solicitation; who answers is told its own. */
static void
test_nd_answer(void **state)
{
	static const uint8_t peer6[] = { 0x20, 0x01, 0x0d, 0xb8, 0, 2, [15] = 2 };
	struct ipoib_addr a = fx_addr(PEER_QPN, 2);
	struct dp_ip ip = dp_ip6(peer6);
	struct rte_mbuf *m;
	uint32_t n = 0;
	uint16_t on;

	(void)state;
	port()->ip->spread->nb_queues = QUEUES;
	port()->ip->spread->load[0] = 100;
	assert_int_equal(l3_want(fx.c, IB, &ip), 0);
	run(10 * MS);
	m = fx_sent_on(IB);
	assert_int_equal(nd_type(m), 135);
	assert_int_equal(nd_qpn(m), QPN0);
	fx_free(m);
	send_in(golden_in_ib_na, sizeof(golden_in_ib_na));
	answer_paths(&a);
	/* Of both our addresses that it may know. */
	for (; (m = fx_sent(&on)) != NULL; n++) {
		assert_int_equal(on, IB);
		assert_int_equal(nd_type(m), 136);
		assert_int_equal(pmd_ipoib_meta(m)->qpn, PEER_QPN);
		assert_int_not_equal(nd_qpn(m), QPN0);
		assert_int_equal(nd_qpn(m), QPN0 + spread_queue(port(), &a));
		fx_free(m);
	}
	assert_int_equal(n, 2);
	/* After an advertisement to all it is told again. */
	nd_announce(port());
	run(100 * MS);
	while ((m = fx_sent(&on)) != NULL) {
		assert_int_equal(pmd_ipoib_meta(m)->qpn, IB_QPN_MULTICAST);
		assert_int_equal(nd_qpn(m), QPN0);
		fx_free(m);
	}
	run(300 * MS);
	for (n = 0; (m = fx_sent(&on)) != NULL; n++) {
		assert_int_equal(nd_qpn(m), QPN0 + spread_queue(port(), &a));
		fx_free(m);
	}
	assert_int_equal(n, 2);
	port()->ip->spread->load[0] -= 100;
}

/* RFC 4861 6.2.3: for the sake of the spread advertisements of a router have no link-layer address. */
static void
test_ra(void **state)
{
	uint32_t with, without;
	struct rte_mbuf *m;

	(void)state;
	assert_int_equal(control_port_flag(fx.c, IB, CONTROL_RA, true), 0);
	run(10 * MS);
	m = fx_sent_on(IB);
	assert_int_equal(nd_type(m), 134);
	without = m->pkt_len;
	fx_free(m);
	queues(1);
	run(20 * S);
	m = fx_sent_on(IB);
	assert_int_equal(nd_type(m), 134);
	with = m->pkt_len;
	fx_free(m);
	assert_int_equal(with, without + 24);
}

/* One queue: nothing of all this. */
static void
test_one_queue(void **state)
{
	struct ipoib_addr a = fx_addr(PEER_QPN, 2);

	(void)state;
	queues(1);
	ask_all(IB_PEER);
	fx_arp_ib(2, &a, IB_PEER, IB_US);
	fx_tick();
	answer_paths(&a);
	fx_free(fx_sent_on(IB));
	fx_run(S);
	fx_assert_none();
	assert_int_equal(port()->ip->spread->nb, 0);
}

/* --- what is shown --- */

static void
test_rows(void **state)
{
	struct control_queue_row row[8];
	uint32_t total, i, sum = 0;

	(void)state;
	peers_ask(15);
	assert_int_equal(control_queue_rows(fx.c, IB, 0, row, 8, &total), QUEUES);
	assert_int_equal(total, QUEUES);
	for (i = 0; i < QUEUES; i++) {
		assert_int_equal(row[i].queue, i);
		assert_int_equal(row[i].qpn, QPN0 + i);
		assert_in_range(row[i].peers, 3, 4);
		sum += row[i].peers;
	}
	assert_int_equal(sum, 15);
	assert_int_equal(control_queue_rows(fx.c, IB, 3, row, 8, &total), 1);
	assert_int_equal(row[0].queue, 3);
	assert_int_equal(control_queue_rows(fx.c, ETH, 0, row, 8, &total), 0);
	assert_int_equal(total, 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fx_teardown)
#define TEST6(name) cmocka_unit_test_setup_teardown(name, setup6, fx_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_even),
		TEST(test_flags),
		TEST(test_change),
		TEST(test_flood),
		TEST(test_ages),
		TEST(test_retold),
		TEST(test_volley),
		TEST(test_answer),
		TEST(test_answers_limited),
		TEST6(test_nd_answer),
		TEST6(test_ra),
		TEST(test_one_queue),
		TEST(test_rows),
	};

	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}

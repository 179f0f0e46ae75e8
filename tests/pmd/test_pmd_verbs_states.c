/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Queue pairs that stop at errors, address handles in use, P_Keys and Q_Keys that change. */

#include <pthread.h>
#include <sched.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>

#include "verbs_fixture.h"

#define FOREIGN 0x8002
#define MOVES 200

static void
lacks_set(unsigned int bits)
{
	fv.no_cq_ex = (bits & 1) != 0;
	fv.no_qp_ex = (bits & 2) != 0;
	fv.reset_cleans = (bits & 4) != 0;
	fv.no_inline = (bits & 8) != 0;
}

/* Sends still have the handle: it goes when the last of them is done, not before. */
static void
test_ah_in_use(void **state)
{
	int ahs;

	(void)state;
	vf_open();
	ahs = fv_objects().ahs;
	fv.hold = true;
	assert_int_equal(vf_send(0, 40, 500), 40);
	assert_int_equal(pmd_ipoib_ah_destroy(vf.port[0], vf.ah[0]), 0);
	assert_int_equal(fv_objects().ahs, ahs);
	/* No new send gets it. */
	assert_int_equal(vf_send(0, 1, 500), 1);
	assert_int_equal(fx_xstat(vf.port[0], "tx_drop_no_ah"), 1);
	fv_run(39);
	rte_eth_tx_done_cleanup(vf.port[0], 0, 0);
	vf_poll(0);
	assert_int_equal(fv_objects().ahs, ahs);
	fv_run(1);
	vf_poll(0);
	/* Done, but its owner has not seen that. */
	assert_int_equal(fv_objects().ahs, ahs);
	rte_eth_tx_done_cleanup(vf.port[0], 0, 0);
	vf_poll(0);
	assert_int_equal(fv_objects().ahs, ahs - 1);
	fv.hold = false;
	vf.ah[0] = fx_ah(vf.port[0], fv.dev[1].lid, NULL);
	vf_works(0);
	vf_close();
}

/* The port stops, or is closed, with sends under way and their handle destroyed. */
static void
test_ah_in_use_at_stop(void **state)
{
	int ahs;

	(void)state;
	vf_open();
	ahs = fv_objects().ahs;
	fv.hold = true;
	assert_int_equal(vf_send(0, 40, 500), 40);
	assert_int_equal(pmd_ipoib_ah_destroy(vf.port[0], vf.ah[0]), 0);
	assert_int_equal(rte_eth_dev_stop(vf.port[0]), 0);
	assert_int_equal(fv_objects().ahs, ahs - 1);
	assert_int_equal(fx_xstat(vf.port[0], "tx_held"), 0);
	vf_close();
}

/* 1,000 handles come and go under traffic. */
static void
test_ah_many(void **state)
{
	unsigned int i;
	int ahs;

	(void)state;
	vf_open();
	ahs = fv_objects().ahs;
	fv.hold = true;
	for (i = 0; i < 1000; i++) {
		vf_send(0, 3, 200);
		assert_int_equal(pmd_ipoib_ah_destroy(vf.port[0], vf.ah[0]), 0);
		vf.ah[0] = fx_ah(vf.port[0], fv.dev[1].lid, NULL);
		fv_run(i % 7);
		if (i % 10 == 0)
			vf_recv(1, 200);
	}
	while (fv_run(64) > 0)
		vf_recv(1, 200);
	rte_eth_tx_done_cleanup(vf.port[0], 0, 0);
	pmd_ipoib_poll(vf.port[0], 0);
	assert_int_equal(fv_objects().ahs, ahs);
	assert_int_equal(pmd_ipoib_ah_count(vf.port[0]), 1);
	assert_int_equal(fx_xstat(vf.port[0], "tx_errors"), 0);
	vf_close();
}

/* One send fails: those behind it are flushed, then the pair goes on from SQE. */
static void
test_sqe(void **state)
{
	unsigned int bits;

	(void)state;
	for (bits = 0; bits < 8; bits++) {
		lacks_set(bits);
		vf_open();
		fv.hold = true;
		assert_int_equal(vf_send(0, 32, 400), 32);
		assert_int_equal(fv_run(5), 5);
		fv.send_status = IBV_WC_LOC_QP_OP_ERR;
		fv.send_state = IBV_QPS_SQE;
		assert_int_equal(fv_run(1), 1);
		fv.hold = false;
		assert_int_equal(fv_qp_state(vf.qpn[0]), IBV_QPS_SQE);
		assert_int_equal(vf_recv(1, 400), 5);
		assert_int_equal(fv_seen.resets, 0);
		/* As a worker does that is idle. */
		rte_eth_tx_done_cleanup(vf.port[0], 0, 0);
		vf_works(0);
		assert_int_equal(fv_seen.sqe_rts, 1);
		assert_int_equal(fv_seen.resets, 0);
		assert_int_equal(fv_qp_state(vf.qpn[0]), IBV_QPS_RTS);
		assert_int_equal(fx_xstat(vf.port[0], "tx_drop_completion"), 27);
		vf_works(1);
		vf_close();
		vf_teardown(NULL);
		vf_setup(NULL);
	}
}

/* The send fails and the pair is in ERR: through RESET, with the same QPN, groups and buffers. */
static void
test_err(void **state)
{
	unsigned int bits;
	uint32_t qpn;

	(void)state;
	for (bits = 0; bits < 8; bits++) {
		lacks_set(bits);
		vf_open();
		qpn = vf.qpn[0];
		fv.hold = true;
		assert_int_equal(vf_send(0, 32, 400), 32);
		fv.send_status = IBV_WC_LOC_PROT_ERR;
		fv.send_state = IBV_QPS_ERR;
		assert_int_equal(fv_run(1), 1);
		fv.hold = false;
		rte_eth_tx_done_cleanup(vf.port[0], 0, 0);
		vf_works(0);
		vf_works(1);
		assert_int_equal(fv_seen.resets, 1);
		assert_int_equal(fx_xstat(vf.port[0], "tx_drop_completion"), 32);
		vf_look(0);
		assert_int_equal(vf.qpn[0], qpn);
		assert_int_equal(fv_qp_posted(qpn), VF_RXD - 1);
		vf_close();
		vf_teardown(NULL);
		vf_setup(NULL);
	}
}

/* The pair breaks by itself, with packets in its receive queue and sends under way. */
static void
test_break(void **state)
{
	unsigned int bits, i;

	(void)state;
	for (bits = 0; bits < 8; bits++) {
		lacks_set(bits);
		vf_open();
		assert_int_equal(vf_send(1, 20, 400), 20);
		fv.hold = true;
		assert_int_equal(vf_send(0, 20, 400), 20);
		fv_qp_break(vf.qpn[0]);
		fv.hold = false;
		/* What had arrived before is there. */
		assert_int_equal(vf_recv(0, 400), 20);
		for (i = 0; i < 10; i++)
			vf_recv(0, 400);
		VF_WAIT(0, fv_qp_state(vf.qpn[0]) == IBV_QPS_RTS);
		vf_works(0);
		vf_works(1);
		assert_int_equal(fv_seen.resets, 1);
		/* Sent by word, then not: that has a name, too. */
		assert_int_equal(fx_xstat(vf.port[0], "tx_drop_completion"), 20);
		vf_balance(0);
		vf_close();
		vf_teardown(NULL);
		vf_setup(NULL);
	}
}

/* A pair that cannot be brought back at once is tried again. */
static void
test_revive_again(void **state)
{
	(void)state;
	vf_open();
	fv.modify_err = ENOMEM;
	fv.modify_ok = 2;
	fv.modify_errs = 3;
	fv_qp_break(vf.qpn[0]);
	vf_recv(0, 400);
	vf_works(0);
	vf_works(1);
	assert_int_equal(fv_qp_state(vf.qpn[0]), IBV_QPS_RTS);
	vf_close();
}

/* The device takes a part of a chain: that part goes, the rest is dropped with a name. */
static void
test_partial_post(void **state)
{
	static const unsigned int lacks[] = { 0, 1, 2, 3, 2 | 8 };
	unsigned int i, took;

	(void)state;
	for (i = 0; i < RTE_DIM(lacks); i++) {
		lacks_set(lacks[i]);
		vf_open();
		fv.post_take = 10;
		assert_int_equal(vf_send(0, 32, 400), 32);
		/* The extended interface takes all or nothing. */
		took = fv.no_qp_ex ? 10 : 0;
		assert_int_equal(vf_recv(1, 400), took);
		assert_int_equal(fx_xstat(vf.port[0], "tx_good_packets"), took);
		assert_int_equal(fx_xstat(vf.port[0], "tx_drop_qp_error"), 32 - took);
		/* Nobody sends any more: nor does what went wait for more traffic. */
		vf_poll(0);
		rte_eth_tx_done_cleanup(vf.port[0], 0, 0);
		assert_int_equal(fx_xstat(vf.port[0], "tx_held"), 0);
		vf_works(0);
		vf_works(1);
		vf_close();
		vf_teardown(NULL);
		vf_setup(NULL);
	}
}

static void
pkeys_set(uint16_t a, uint16_t b)
{
	unsigned int i;

	for (i = 0; i < FV_DEVS; i++) {
		fv.dev[i].pkeys[1] = a;
		fv.dev[i].pkeys[2] = b;
		vf_ident_tell(i);
	}
}

struct sender {
	uint64_t sent;
	bool stop;
};

static void *
sender_run(void *arg)
{
	struct sender *s = arg;
	struct rte_mbuf *m[4];
	unsigned int i;
	uint16_t n;

	while (!__atomic_load_n(&s->stop, __ATOMIC_ACQUIRE)) {
		for (i = 0; i < RTE_DIM(m); i++)
			m[i] = fx_packet(200, vf.ah[0], vf.qpn[1]);
		n = rte_eth_tx_burst(vf.port[0], 0, m, RTE_DIM(m));
		rte_pktmbuf_free_bulk(&m[n], RTE_DIM(m) - n);
		__atomic_store_n(&s->sent, s->sent + n, __ATOMIC_RELEASE);
		sched_yield();
	}
	return NULL;
}

static void
sent_wait(const struct sender *s)
{
	uint64_t was = __atomic_load_n(&s->sent, __ATOMIC_ACQUIRE);
	uint64_t end = rte_get_timer_cycles() + 20 * rte_get_timer_hz();

	while (__atomic_load_n(&s->sent, __ATOMIC_ACQUIRE) < was + 8) {
		vf_recv(1, 200);
		sched_yield();
		assert_true(rte_get_timer_cycles() < end);
	}
}

/*
 * The SM moves the P_Key under traffic: the device's table is another at once, and
 * what leaves before the driver hears of it is out of its hands. But from then on
 * nothing is foreign, and the pair keeps its QPN.
 */
static void
test_pkey_moves(void **state)
{
	struct sender s = { 0 };
	uint64_t foreign, right;
	pthread_t thread;
	unsigned int i;

	(void)state;
	vf_open();
	rte_log_set_level_pattern("pmd.net.ipoib", RTE_LOG_ERR);
	assert_int_equal(pthread_create(&thread, NULL, sender_run, &s), 0);
	for (i = 0; i < MOVES; i++) {
		pkeys_set(i % 2 == 0 ? FOREIGN : VF_PKEY, i % 2 == 0 ? VF_PKEY : FOREIGN);
		pmd_ipoib_poll(vf.port[1], 0);
		pmd_ipoib_poll(vf.port[0], 0);
		assert_int_equal(fv_qp_pkey_index(vf.qpn[0]), i % 2 == 0 ? 2 : 1);
		foreign = fv_sent_with(FOREIGN);
		right = fv_sent_with(VF_PKEY);
		sent_wait(&s);
		assert_int_equal(fv_sent_with(FOREIGN), foreign);
		assert_true(fv_sent_with(VF_PKEY) > right);
	}
	__atomic_store_n(&s.stop, true, __ATOMIC_RELEASE);
	assert_int_equal(pthread_join(thread, NULL), 0);
	rte_log_set_level_pattern("pmd.net.ipoib", RTE_LOG_NOTICE);
	vf_recv(1, 200);
	assert_int_equal(fx_xstat(vf.port[0], "pkey_cycles"), MOVES);
	assert_int_equal(fv_seen.resets, 2 * MOVES);
	assert_int_equal(fx_xstat(vf.port[0], "tx_good_packets") +
					fx_xstat(vf.port[0], "tx_errors") -
					fx_xstat(vf.port[0], "tx_drop_completion"),
			s.sent);
	vf_works(0);
	vf_works(1);
	vf_close();
}

/* The new place is filled before the old one is emptied: nothing is foreign at all. */
static void
test_pkey_moves_gently(void **state)
{
	uint64_t foreign = fv_sent_with(FOREIGN);
	struct sender s = { 0 };
	pthread_t thread;
	unsigned int i;

	(void)state;
	pkeys_set(VF_PKEY, 0);
	vf_open();
	rte_log_set_level_pattern("pmd.net.ipoib", RTE_LOG_ERR);
	assert_int_equal(pthread_create(&thread, NULL, sender_run, &s), 0);
	for (i = 0; i < MOVES; i++) {
		pkeys_set(VF_PKEY, VF_PKEY);
		pmd_ipoib_poll(vf.port[0], 0);
		pmd_ipoib_poll(vf.port[1], 0);
		pkeys_set(i % 2 == 0 ? 0 : VF_PKEY, i % 2 == 0 ? VF_PKEY : 0);
		pmd_ipoib_poll(vf.port[0], 0);
		pmd_ipoib_poll(vf.port[1], 0);
		sent_wait(&s);
	}
	__atomic_store_n(&s.stop, true, __ATOMIC_RELEASE);
	assert_int_equal(pthread_join(thread, NULL), 0);
	rte_log_set_level_pattern("pmd.net.ipoib", RTE_LOG_NOTICE);
	vf_recv(1, 200);
	assert_int_equal(fv_sent_with(FOREIGN), foreign);
	assert_int_equal(fx_xstat(vf.port[0], "pkey_cycles"), MOVES);
	vf_close();
}

/* Gone, and back elsewhere. */
static void
test_pkey_absent(void **state)
{
	struct rte_eth_link link;

	(void)state;
	vf_open();
	pkeys_set(0, 0);
	pmd_ipoib_poll(vf.port[0], 0);
	assert_int_equal(vf_send(0, 5, 200), 5);
	assert_int_equal(fx_xstat(vf.port[0], "tx_drop_pkey"), 5);
	assert_int_equal(rte_eth_link_get_nowait(vf.port[0], &link), 0);
	assert_int_equal(link.link_status, RTE_ETH_LINK_DOWN);
	pkeys_set(FOREIGN, 0);
	pmd_ipoib_poll(vf.port[0], 0);
	/* In the foreign partition now, but given to nobody. */
	assert_true(fv_inject(0, vf.qpn[0], 7, 8, NULL, "\10\0\0\0", 4));
	assert_int_equal(vf_recv(0, 200), 0);
	assert_int_equal(fx_xstat(vf.port[0], "rx_drop_pkey"), 1);
	pkeys_set(0, VF_PKEY);
	vf_works(0);
	vf_works(1);
	assert_int_equal(fv_qp_pkey_index(vf.qpn[0]), 2);
	vf_close();
}

/* Another Q_Key of the broadcast group: the pair has it, and stays up. */
static void
test_qkey(void **state)
{
	struct pmd_ipoib_bcast b;
	unsigned int i;

	(void)state;
	vf_open();
	fx_bcast(VF_PKEY, &b);
	for (i = 0; i < FV_DEVS; i++) {
		b.qkey = 0x1234;
		assert_int_equal(fv_qp_qkey(vf.qpn[i]), FX_QKEY);
		assert_int_equal(pmd_ipoib_bcast_set(vf.port[i], &b), 0);
		assert_int_equal(fv_qp_qkey(vf.qpn[i]), 0x1234);
		if (i == 0) {
			/* The peer has the old one still. */
			assert_int_equal(vf_send(0, 3, 200), 3);
			assert_int_equal(vf_recv(1, 200), 0);
		}
	}
	assert_int_equal(vf_send(0, 3, 200), 3);
	assert_int_equal(vf_recv(1, 200), 3);
	assert_int_equal(fv_seen.resets, 0);
	vf_close();
}

static bool
mgid_attached(const struct ib_gid *mgid, uint16_t mlid)
{
	return fv_attached(0, mgid->raw, mlid);
}

/* Groups come, move to another MLID, are sent to only, and go. */
static void
test_groups(void **state)
{
	struct ib_gid g = { { 0xff, 0x12, 0x40, 0x1b, 0x80, 0x01, [15] = 7 } };
	struct pmd_ipoib_bcast b;
	uint16_t port;

	(void)state;
	vf_open();
	port = vf.port[0];
	fx_bcast(VF_PKEY, &b);
	assert_true(mgid_attached(&b.mgid, b.mlid));
	assert_int_equal(pmd_ipoib_mcast_attach(port, &g, 0xc010, false), 0);
	assert_true(mgid_attached(&g, 0xc010));
	assert_int_equal(pmd_ipoib_mcast_attach(port, &g, 0xc010, false), -EEXIST);
	assert_int_equal(pmd_ipoib_mcast_update(port, &g, 0xc011, false), 0);
	assert_true(mgid_attached(&g, 0xc011));
	assert_false(mgid_attached(&g, 0xc010));
	assert_int_equal(pmd_ipoib_mcast_update(port, &g, 0xc011, true), 0);
	assert_false(mgid_attached(&g, 0xc011));
	assert_int_equal(pmd_ipoib_mcast_update(port, &g, 0xc012, false), 0);
	assert_true(mgid_attached(&g, 0xc012));
	/* A new place that the device refuses: the old one stays. */
	fv.attach_err = ENOMEM;
	assert_int_not_equal(pmd_ipoib_mcast_update(port, &g, 0xc013, false), 0);
	assert_true(mgid_attached(&g, 0xc012));
	assert_false(mgid_attached(&g, 0xc013));
	g.raw[15] = 8;
	assert_int_not_equal(pmd_ipoib_mcast_attach(port, &g, 0xc020, false), 0);
	assert_int_equal(fv_objects().attached, 3);
	fv.attach_err = 0;
	assert_int_equal(pmd_ipoib_mcast_attach(port, &g, 0xc020, false), 0);
	g.raw[15] = 7;
	assert_int_equal(pmd_ipoib_mcast_detach(port, &g), 0);
	assert_int_equal(fv_objects().attached, 3);
	/* The broadcast group moves. */
	b.mlid = 0xc0aa;
	assert_int_equal(pmd_ipoib_bcast_set(port, &b), 0);
	assert_true(mgid_attached(&b.mgid, 0xc0aa));
	assert_false(mgid_attached(&b.mgid, FX_BCAST_LID));
	/* Through a restart all stay, and are there with another ring, too. */
	assert_int_equal(rte_eth_dev_stop(port), 0);
	assert_int_equal(rte_eth_rx_queue_setup(port, 0, 256, 0, NULL, fx_pool), 0);
	assert_int_equal(rte_eth_dev_start(port), 0);
	g.raw[15] = 8;
	assert_true(mgid_attached(&b.mgid, 0xc0aa));
	assert_true(mgid_attached(&g, 0xc020));
	assert_int_equal(fv_objects().attached, 3);
	vf_close();
}

/* A device with one MLID for a group, and somebody else who still has the old one. */
static void
test_one_mlid(void **state)
{
	struct ib_gid g = { { 0xff, 0x12, 0x40, 0x1b, 0x80, 0x01, [15] = 7 } };
	struct pmd_ipoib_bcast b;
	uint16_t port, other;

	(void)state;
	fv.one_mlid = true;
	vf_open();
	port = vf.port[0];
	assert_int_equal(pmd_ipoib_mcast_attach(port, &g, 0xc010, false), 0);
	assert_int_equal(pmd_ipoib_mcast_update(port, &g, 0xc011, false), 0);
	assert_true(mgid_attached(&g, 0xc011));
	assert_false(mgid_attached(&g, 0xc010));
	other = fx_port_open("net_ipoib7", "hca=verbs,device=fake0,pkey=0x8002");
	fx_port_setup(other, 1, VF_RXD);
	fx_port_join(other, 0x8002);
	assert_int_equal(pmd_ipoib_mcast_attach(other, &g, 0xc011, false), 0);
	vf_log_begin();
	assert_int_equal(pmd_ipoib_mcast_update(port, &g, 0xc012, false), -EINVAL);
	vf_poll(0);
	vf_poll(0);
	assert_int_equal(vf_log_lines(), 1);
	/* Meanwhile the broadcast group can move: one group more or less does not matter. */
	fx_bcast(VF_PKEY, &b);
	b.mlid = 0xc0aa;
	pmd_ipoib_bcast_set(port, &b);
	assert_true(mgid_attached(&b.mgid, 0xc0aa));
	vf_works(0);
	vf_works(1);
	/* It is tried for each port of the HCA. */
	pmd_ipoib_mcast_update(other, &g, 0xc012, false);
	VF_WAIT(0, fv_objects().attached == 5);
	assert_true(mgid_attached(&g, 0xc012));
	assert_false(mgid_attached(&g, 0xc011));
	fx_port_close("net_ipoib7");
	vf_close();
}

int
main(int argc, char **argv)
{
#define VF_TEST(f) cmocka_unit_test_setup_teardown(f, vf_setup, vf_teardown)
	const struct CMUnitTest tests[] = {
		VF_TEST(test_ah_in_use),
		VF_TEST(test_ah_in_use_at_stop),
		VF_TEST(test_ah_many),
		VF_TEST(test_sqe),
		VF_TEST(test_err),
		VF_TEST(test_break),
		VF_TEST(test_revive_again),
		VF_TEST(test_partial_post),
		VF_TEST(test_pkey_moves),
		VF_TEST(test_pkey_moves_gently),
		VF_TEST(test_pkey_absent),
		VF_TEST(test_qkey),
		VF_TEST(test_groups),
		VF_TEST(test_one_mlid),
	};
	int ret;

	if (fx_eal_setup(argc, argv) != 0)
		return 1;
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	fx_eal_teardown();
	return ret;
}

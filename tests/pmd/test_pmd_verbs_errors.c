/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Arguments and devices that do not fit: one line says what would, and nothing stays. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_bus_vdev.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>

#include "verbs_fixture.h"

static void
fails(const char *args, const char *text)
{
	static const struct fv_objects none;
	struct fv_objects o;

	vf_log_begin();
	assert_int_not_equal(rte_vdev_init("net_ipoib0", args), 0);
	if (!vf_log_said(text))
		fail_msg("'%s' does not say '%s'", args, text);
	o = fv_objects();
	assert_memory_equal(&o, &none, sizeof(o));
	assert_int_equal(fake_mad_open_count(), 0);
}

static void
test_no_device(void **state)
{
	(void)state;
	fails("hca=verbs,device=mlx5_9",
			"there is no InfiniBand device 'mlx5_9'; "
			"there are: fake0, fake1");
	fv.dev[0].absent = true;
	fails("hca=verbs,device=fake0", "there are: fake1");
	fv.dev[1].absent = true;
	fails("hca=verbs,device=fake0", "there are: none");
	fv.no_list = ENOSYS;
	fails("hca=verbs,device=fake0", "is the module ib_uverbs loaded?");
}

static void
test_no_port(void **state)
{
	(void)state;
	fails("hca=verbs,device=fake0,port=3", "device 'fake0' has no port 3, only 1 to 2");
}

static void
test_link_layer(void **state)
{
	(void)state;
	fails("hca=verbs,device=fake0,roce=on", "roce=on is for Ethernet ports only");
	fv.dev[0].ether = true;
	fails("hca=verbs,device=fake0", "its link layer is Ethernet");
}

static void
test_permission(void **state)
{
	(void)state;
	fv.open_err = EACCES;
	fails("hca=verbs,device=fake0", "no permission for its file /dev/infiniband/uverbs*");
	fv.open_err = ENOMEM;
	fails("hca=verbs,device=fake0", "device 'fake0' cannot be opened: Cannot allocate memory");
}

static void
test_mad_fails(void **state)
{
	static const struct fv_objects none;
	struct fv_objects o;

	(void)state;
	fake_mad_fail(-EACCES);
	assert_int_not_equal(rte_vdev_init("net_ipoib0", "hca=verbs,device=fake0"), 0);
	o = fv_objects();
	assert_memory_equal(&o, &none, sizeof(o));
}

/* At the probe, where other mempools were registered already, and at a start. */
static void
test_locked_memory(void **state)
{
	struct rte_mempool *mp;

	(void)state;
	mp = rte_pktmbuf_pool_create("more", 63, 0, 0, 1024, SOCKET_ID_ANY);
	assert_non_null(mp);
	fv.reg_err = ENOMEM;
	fails("hca=verbs,device=fake0", "no leave to lock the memory of mempool");
	fv.reg_ok = 1;
	fails("hca=verbs,device=fake0", "raise the limit (ulimit -l unlimited");
	fv.reg_err = 0;
	vf_open();
	rte_mempool_free(mp);
	/* A mempool that comes later and cannot be registered: what it sends is copied. */
	fv.reg_err = ENOMEM;
	fv.reg_ok = 0;
	vf_log_begin();
	mp = rte_pktmbuf_pool_create("late", 63, 0, 0, 1024, SOCKET_ID_ANY);
	assert_non_null(mp);
	assert_true(vf_log_said("no leave to lock the memory of mempool 'late'"));
	assert_int_equal(rte_eth_dev_stop(vf.port[0]), 0);
	vf_log_begin();
	assert_int_not_equal(rte_eth_dev_start(vf.port[0]), 0);
	assert_true(vf_log_said("mempool 'late'"));
	rte_mempool_free(mp);
	fv.reg_err = 0;
	assert_int_equal(rte_eth_dev_start(vf.port[0]), 0);
	vf_works(0);
	vf_works(1);
	vf_close();
}

/* No queue pair: the start fails, and another one is good again. */
static void
test_no_qp(void **state)
{
	struct rte_eth_conf conf = { 0 };
	uint16_t port;

	(void)state;
	port = vf_port(0, "");
	assert_int_equal(rte_eth_dev_configure(port, 1, 1, &conf), 0);
	assert_int_equal(rte_eth_rx_queue_setup(port, 0, VF_RXD, 0, NULL, fx_pool), 0);
	assert_int_equal(rte_eth_tx_queue_setup(port, 0, 512, 0, NULL), 0);
	fv.create_qp_err = ENOMEM;
	vf_log_begin();
	assert_int_equal(rte_eth_dev_start(port), -ENOMEM);
	assert_true(vf_log_said("no queue pair with 128 receives and 512 sends: Cannot allocate"));
	assert_int_equal(fv_objects().qps + fv_objects().cqs + fv_objects().tds, 0);
	fx_no_leak();
	fv.create_qp_err = 0;
	assert_int_equal(rte_eth_dev_start(port), 0);
	fx_port_join(port, VF_PKEY);
	fx_port_close("net_ipoib0");
}

/* The mempool has not enough buffers for the ring. */
static void
test_small_pool(void **state)
{
	struct rte_mempool *mp = rte_pktmbuf_pool_create(
			"small", 63, 0, 0, 2048 + 512 + RTE_PKTMBUF_HEADROOM, SOCKET_ID_ANY);
	struct rte_eth_conf conf = { 0 };
	uint16_t port;

	(void)state;
	port = vf_port(0, "");
	assert_int_equal(rte_eth_dev_configure(port, 1, 1, &conf), 0);
	assert_int_equal(rte_eth_rx_queue_setup(port, 0, VF_RXD, 0, NULL, mp), 0);
	assert_int_equal(rte_eth_tx_queue_setup(port, 0, 512, 0, NULL), 0);
	vf_log_begin();
	assert_int_equal(rte_eth_dev_start(port), -ENOMEM);
	assert_true(vf_log_said("mempool 'small' has not the 128 mbufs for the receive ring"));
	assert_int_equal(rte_mempool_avail_count(mp), 63);
	assert_int_equal(rte_vdev_uninit("net_ipoib0"), 0);
	rte_mempool_free(mp);
}

/*
 * The Q_Key has bit 31 and the process has not the right to set it: one line says
 * so, not one a poll, and it works once it may.
 */
static void
test_qkey_right(void **state)
{
	struct pmd_ipoib_bcast b;
	struct rte_eth_conf conf = { 0 };
	unsigned int i;

	(void)state;
	fv.no_raw = true;
	vf.port[0] = vf_port(0, "");
	vf.port[1] = vf_port(1, "");
	for (i = 0; i < FV_DEVS; i++) {
		assert_int_equal(rte_eth_dev_configure(vf.port[i], 1, 1, &conf), 0);
		assert_int_equal(
				rte_eth_rx_queue_setup(vf.port[i], 0, VF_RXD, 0, NULL, fx_pool), 0);
		assert_int_equal(rte_eth_tx_queue_setup(vf.port[i], 0, 512, 0, NULL), 0);
		assert_int_equal(rte_eth_dev_start(vf.port[i]), 0);
		vf_poll(i);
	}
	fx_bcast(VF_PKEY, &b);
	vf_log_begin();
	assert_int_not_equal(pmd_ipoib_bcast_set(vf.port[0], &b), 0);
	assert_true(vf_log_said("Q_Key 0x80000b1b has bit 31 set: that needs the capability "
				"CAP_NET_RAW"));
	vf_log_begin();
	for (i = 0; i < 100; i++)
		vf_poll(0);
	/* 10 seconds of polls. */
	assert_true(vf_log_lines() <= 20);
	fv.no_raw = false;
	assert_int_equal(pmd_ipoib_bcast_set(vf.port[0], &b), 0);
	assert_int_equal(pmd_ipoib_bcast_set(vf.port[1], &b), 0);
	for (i = 0; i < FV_DEVS; i++) {
		vf_look(i);
		vf.ah[i] = fx_ah(vf.port[i], fv.dev[1 - i].lid, NULL);
	}
	vf_works(0);
	vf_works(1);
	vf_close();
}

/* Over RoCE: no MADs; the GID is the address, and tells our own packets. */
static void
test_roce(void **state)
{
	struct pmd_ipoib_bcast b;
	struct pmd_ipoib_info info;
	struct rte_mbuf *m;
	struct ib_gid gid;
	unsigned int i;
	uint32_t ah;

	(void)state;
	for (i = 0; i < FV_DEVS; i++) {
		fv.dev[i].ether = true;
		memset(fv.dev[i].pkeys, 0, sizeof(fv.dev[i].pkeys));
		fv.dev[i].pkeys[0] = 0xffff;
	}
	for (i = 0; i < FV_DEVS; i++) {
		char name[32], args[64];

		snprintf(name, sizeof(name), "net_ipoib%u", i);
		snprintf(args, sizeof(args), "hca=verbs,device=%s,roce=on", fv.dev[i].name);
		vf.port[i] = fx_port_open(name, args);
		assert_null(pmd_ipoib_mad(vf.port[i]));
		fx_port_setup(vf.port[i], 1, VF_RXD);
		fx_port_join(vf.port[i], 0xffff);
		vf_look(i);
	}
	assert_int_equal(fake_mad_open_count(), 0);
	assert_int_equal(pmd_ipoib_info_get(vf.port[0], &info), 0);
	assert_int_equal(info.state, IPOIB_MAD_ACTIVE);
	assert_true(info.grh_required);
	assert_memory_equal(info.gid.raw, fv.dev[0].gid.raw, 16);
	for (i = 0; i < FV_DEVS; i++) {
		memcpy(gid.raw, fv.dev[1 - i].gid.raw, 16);
		vf.ah[i] = fx_ah(vf.port[i], 1, &gid);
	}
	vf_works(0);
	vf_works(1);
	fx_bcast(0xffff, &b);
	ah = fx_ah(vf.port[0], b.mlid, &b.mgid);
	m = fx_packet(90, ah, 0xffffff);
	assert_int_equal(rte_eth_tx_burst(vf.port[0], 0, &m, 1), 1);
	assert_int_equal(vf_recv(0, 90), 0);
	assert_int_equal(vf_recv(1, 90), 1);
	assert_int_equal(fx_xstat(vf.port[0], "rx_drop_self"), 1);
	/* The cable is pulled: no MAD tells, the device does. */
	fv.dev[0].state = IBV_PORT_DOWN;
	VF_WAIT(0, pmd_ipoib_info_get(vf.port[0], &info) == 0 && info.state != IPOIB_MAD_ACTIVE);
	fv.dev[0].state = IBV_PORT_ACTIVE;
	vf_works(0);
	vf_close();
}

/* A virtual port, which shares its LID: a handle without GRH is refused. */
static void
test_grh_device(void **state)
{
	struct pmd_ipoib_av av = { .dlid = 6 };
	struct pmd_ipoib_info info;
	uint32_t ah;

	(void)state;
	fv.dev[0].port_flags = IBV_QPF_GRH_REQUIRED;
	vf.port[0] = vf_port(0, "");
	assert_int_equal(pmd_ipoib_info_get(vf.port[0], &info), 0);
	assert_true(info.grh_required);
	assert_int_equal(pmd_ipoib_ah_create(vf.port[0], &av, &ah), -EINVAL);
	assert_int_equal(rte_vdev_uninit("net_ipoib0"), 0);
}

/* The other ports of the device are asked for the same; they share it. */
static void
test_two_ports(void **state)
{
	uint16_t a, b;

	(void)state;
	a = fx_port_open("net_ipoib0", "hca=verbs,device=fake0,pkey=0x8001");
	b = fx_port_open("net_ipoib1", "hca=verbs,device=fake0,pkey=0x8002");
	assert_int_equal(fv_objects().contexts, 1);
	assert_int_equal(fake_mad_open_count(), 1);
	assert_ptr_equal(pmd_ipoib_mad(a), pmd_ipoib_mad(b));
	fx_port_setup(a, 1, VF_RXD);
	fx_port_setup(b, 1, VF_RXD);
	fx_port_join(a, 0x8001);
	fx_port_join(b, 0x8002);
	assert_int_equal(fv_objects().qps, 2);
	fx_port_close("net_ipoib0");
	assert_int_equal(fv_objects().contexts, 1);
	assert_int_equal(fv_objects().qps, 1);
	fx_port_close("net_ipoib1");
}

int
main(int argc, char **argv)
{
#define VF_TEST(f) cmocka_unit_test_setup_teardown(f, vf_setup, vf_teardown)
	const struct CMUnitTest tests[] = {
		VF_TEST(test_no_device),
		VF_TEST(test_no_port),
		VF_TEST(test_link_layer),
		VF_TEST(test_permission),
		VF_TEST(test_mad_fails),
		VF_TEST(test_locked_memory),
		VF_TEST(test_no_qp),
		VF_TEST(test_small_pool),
		VF_TEST(test_qkey_right),
		VF_TEST(test_roce),
		VF_TEST(test_grh_device),
		VF_TEST(test_two_ports),
	};
	int ret;

	if (fx_eal_setup(argc, argv) != 0)
		return 1;
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	fx_eal_teardown();
	return ret;
}

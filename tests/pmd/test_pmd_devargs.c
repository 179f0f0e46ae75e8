/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Bad arguments: refused, nothing left behind, and a line that names the word. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_bus_vdev.h>
#include <rte_ethdev.h>
#include <rte_log.h>

#include "pmd_fixture.h"

#define LOG_MAX 4096

static char log_text[LOG_MAX];
static FILE *log_file;

static void
log_begin(void)
{
	memset(log_text, 0, sizeof(log_text));
	log_file = fmemopen(log_text, sizeof(log_text), "w");
	assert_non_null(log_file);
	rte_openlog_stream(log_file);
}

static void
log_end(void)
{
	rte_openlog_stream(NULL);
	fclose(log_file);
}

static int
probe(const char *args)
{
	uint16_t port;
	int ret;

	log_begin();
	ret = rte_vdev_init("net_ipoib0", args);
	log_end();
	if (ret != 0) {
		assert_int_not_equal(rte_eth_dev_get_port_by_name("net_ipoib0", &port), 0);
		assert_int_equal(fake_mad_open_count(), 0);
	}
	return ret;
}

#define LLADDR "00:00:00:48:fe:80:00:00:00:00:00:00:00:02:c9:03:00:00:00:02"
#define PEER "02:00:00:00:00:01@" LLADDR

/* Each is refused by a line that has all these words. */
static void
test_bad(void **state)
{
	static const struct {
		const char *args;
		const char *names;
		const char *allowed;
	} bad[] = {
		{ "", "'device' is missing", "HCA" },
		{ "device=Hca2", "'carrier' is missing", "Ethernet" },
		{ "carrier=net_null0", "'device' is missing", "HCA" },
		{ FX_ARGS ",colour=red", "'colour'", "hca, device, port" },
		{ FX_ARGS ",Port=1", "'Port'", "hca, device, port" },
		{ FX_ARGS ",port=1,port=1", "'port' is given twice", "" },
		{ FX_ARGS ",port=0", "'0' of 'port'", "1 to 254" },
		{ FX_ARGS ",port=255", "'255' of 'port'", "1 to 254" },
		{ FX_ARGS ",port=-1", "'-1' of 'port'", "1 to 254" },
		{ FX_ARGS ",port=1x", "'1x' of 'port'", "1 to 254" },
		{ FX_ARGS ",port=", "of 'port'", "1 to 254" },
		{ FX_ARGS ",port", "of 'port'", "1 to 254" },
		{ FX_ARGS ",pkey=0x8000", "'0x8000' of 'pkey'", "0x0001 to 0xffff" },
		{ FX_ARGS ",pkey=0", "'0' of 'pkey'", "0x0001 to 0xffff" },
		{ FX_ARGS ",pkey=0x10000", "'0x10000' of 'pkey'", "0x0001 to 0xffff" },
		{ FX_ARGS ",pkey=8001h", "'8001h' of 'pkey'", "0x0001 to 0xffff" },
		{ FX_ARGS ",hca=hard", "'hard' of 'hca'", "soft or verbs" },
		{ FX_ARGS ",hca=verbs", "'carrier'", "for hca=soft only" },
		{ "device=Hca2,hca=verbs,crc=on", "'crc'", "for hca=soft only" },
		{ FX_ARGS ",roce=on", "'roce'", "for hca=verbs only" },
		{ FX_ARGS ",hca=hard", "'hard' of 'hca'", "soft" },
		{ FX_ARGS ",mad=tcp", "'tcp' of 'mad'", "umad, ibsim or ibsim:NAME" },
		{ FX_ARGS ",mad=ibsim:", "'ibsim:' of 'mad'", "ibsim:NAME" },
		{ FX_ARGS ",queues=0", "'0' of 'queues'", "1 to 16" },
		{ FX_ARGS ",queues=17", "'17' of 'queues'", "1 to 16" },
		{ FX_ARGS ",queues=99999999999999999999", "of 'queues'", "1 to 16" },
		{ FX_ARGS ",qpn=1", "'1' of 'qpn'", "2 to 0xfffffe" },
		{ FX_ARGS ",qpn=0xffffff", "'0xffffff' of 'qpn'", "2 to 0xfffffe" },
		{ FX_ARGS ",qpn=0xfffffe,queues=2", "'0xfffffe' of 'qpn'", "at most 0xfffffd" },
		{ FX_ARGS ",mode=ether,qpn=0xfffffe", "'0xfffffe' of 'qpn'", "at most 0xfffffd" },
		{ FX_ARGS ",vlan=10:0x8001", "'vlan'", "mode=ether only" },
		{ FX_ARGS ",peer=" PEER, "'peer'", "mode=ether only" },
		{ FX_ARGS ",mode=ether,peer=02:00:00:00:00:01", "'02:00:00:00:00:01' of 'peer'",
				"MAC@ADDRESS" },
		{ FX_ARGS ",mode=ether,peer=01:00:5e:00:00:01@" LLADDR, "'01:00:5e",
				"MAC@ADDRESS" },
		{ FX_ARGS ",mode=ether,peer=02:00:00:00:00:01@00:00:00:48",
				"'02:00:", "20 octets" },
		{ FX_ARGS ",mode=ether,peer=" PEER ",peer=02:00:00:00:00:02@" LLADDR,
				"'02:00:00:00:00:02@", "once" },
		{ FX_ARGS ",mode=ether,vlan=10", "'10' of 'vlan'", "ID:P_KEY" },
		{ FX_ARGS ",mode=ether,vlan=0:0x8001", "'0:0x8001' of 'vlan'", "1 to 4094" },
		{ FX_ARGS ",mode=ether,vlan=4095:0x8001", "'4095:0x8001'", "1 to 4094" },
		{ FX_ARGS ",mode=ether,vlan=10:0x8000", "'10:0x8000'", "ID:P_KEY" },
		{ FX_ARGS ",mode=ether,vlan=10:0x8001,vlan=10:0x8002", "'10:0x8002'", "once" },
		{ FX_ARGS ",mode=ether,vlan=10:0x8001,vlan=11:0x0001", "'11:0x0001'", "once" },
		{ FX_ARGS ",mode=ether,vlan=10:0x7fff", "0x7fff of VLAN 10", "port itself" },
		{ "device=Hca2,hca=verbs,qpn=2", "'qpn'", "for hca=soft only" },
		{ FX_ARGS ",crc=maybe", "'maybe' of 'crc'", "on or off" },
		{ FX_ARGS ",grh=yes", "'yes' of 'grh'", "on or off" },
		{ FX_ARGS ",pkey=0x0000", "'0x0000' of 'pkey'", "but not 0x8000" },
		{ FX_ARGS ",numa=x", "'x' of 'numa'", "NUMA node" },
		{ "device=,carrier=net_null0", "of 'device'", "1 to 31" },
		{ "device=a123456789012345678901234567890123,carrier=net_null0", "of 'device'",
				"1 to 31" },
		{ "device=Hca2,carrier=net_ipoib1", "'net_ipoib1' of 'carrier'", "Ethernet" },
		{ "device=Hca2,carrier=", "of 'carrier'", "Ethernet" },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(bad); i++) {
		assert_int_equal(probe(bad[i].args), -EINVAL);
		if (strstr(log_text, bad[i].names) == NULL ||
				strstr(log_text, bad[i].allowed) == NULL)
			fail_msg("'%s' gives: %s", bad[i].args, log_text);
	}
}

static void
test_good(void **state)
{
	static const char *const good[] = {
		FX_ARGS,
		FX_ARGS ",hca=soft,port=254,pkey=0x0001,mad=ibsim:f1,queues=16,crc=off,numa=0",
		FX_ARGS ",mad=umad,crc=on,grh=off",
		FX_ARGS ",grh=1,pkey=0x1",
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(good); i++) {
		assert_int_equal(probe(good[i]), 0);
		assert_int_equal(fake_mad_open_count(), 1);
		assert_int_equal(rte_vdev_uninit("net_ipoib0"), 0);
		assert_int_equal(fake_mad_open_count(), 0);
	}
}

/* Ports on one HCA port share what belongs to it. */
static void
test_disagreement(void **state)
{
	static const char *const other[] = {
		"device=Hca2,carrier=net_ring_fx1",
		FX_ARGS ",mad=umad",
		FX_ARGS ",crc=off",
		FX_ARGS ",grh=on",
	};
	static const char *const word[] = { "'carrier'", "'mad'", "'crc'", "'grh'" };
	unsigned int i;

	(void)state;
	assert_int_equal(rte_vdev_init("net_ipoib1", FX_ARGS), 0);
	for (i = 0; i < RTE_DIM(other); i++) {
		log_begin();
		assert_int_equal(rte_vdev_init("net_ipoib2", other[i]), -EINVAL);
		log_end();
		assert_non_null(strstr(log_text, word[i]));
	}
	assert_int_equal(rte_vdev_uninit("net_ipoib1"), 0);
	assert_int_equal(fake_mad_open_count(), 0);
}

/* Queue pairs have the numbers that the user wants, one after the other, once in the process. */
static void
test_qpn(void **state)
{
	struct pmd_ipoib_info info;
	uint16_t port;

	(void)state;
	port = fx_port_open("net_ipoib1", FX_ARGS ",queues=2,qpn=0x123456");
	assert_int_equal(pmd_ipoib_info_get(port, &info), 0);
	assert_int_equal(info.qpn[0], 0x123456);
	assert_int_equal(info.qpn[1], 0x123457);
	log_begin();
	assert_int_equal(rte_vdev_init("net_ipoib2", FX_ARGS ",pkey=0x8002,qpn=0x123456"), -EEXIST);
	log_end();
	assert_non_null(strstr(log_text, "qpn=0x123456, of queue 0, is another port's"));
	log_begin();
	assert_int_equal(rte_vdev_init("net_ipoib2", FX_ARGS ",pkey=0x8002,queues=2,qpn=0x123455"),
			-EEXIST);
	log_end();
	assert_non_null(strstr(log_text, "qpn=0x123456, of queue 1, is another port's"));
	assert_int_equal(rte_vdev_uninit("net_ipoib1"), 0);
	assert_int_equal(fake_mad_open_count(), 0);
}

static void
test_no_device(void **state)
{
	(void)state;
	fake_mad_fail(-ENODEV);
	assert_int_equal(probe(FX_ARGS), -ENODEV);
}

static void
test_no_carrier(void **state)
{
	struct rte_eth_conf conf = { 0 };
	uint16_t port;

	(void)state;
	port = fx_port_open("net_ipoib0", FX_ARGS);
	log_begin();
	assert_int_equal(rte_eth_dev_configure(port, 1, 1, &conf), -ENODEV);
	log_end();
	assert_non_null(strstr(log_text, "'net_ring_fx0' does not exist"));
	assert_int_equal(rte_vdev_uninit("net_ipoib0"), 0);
}

static void
test_small_mbufs(void **state)
{
	struct rte_eth_conf conf = { 0 };
	struct pmd_ipoib_bcast b;
	struct rte_mempool *small, *usual;
	uint16_t port;

	(void)state;
	fx_carrier_open(1, 64);
	small = rte_pktmbuf_pool_create(
			"small", 63, 0, 0, 1024 + RTE_PKTMBUF_HEADROOM, SOCKET_ID_ANY);
	usual = rte_pktmbuf_pool_create(
			"usual", 63, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	port = fx_port_open("net_ipoib0", FX_ARGS);
	assert_int_equal(rte_eth_dev_configure(port, 1, 1, &conf), 0);
	log_begin();
	assert_int_equal(rte_eth_rx_queue_setup(port, 0, 64, 0, NULL, small), -EINVAL);
	log_end();
	assert_non_null(strstr(log_text, "small"));
	/* Those of nearly all programs: for IB MTU 1024, which is said, and no larger one. */
	log_begin();
	assert_int_equal(rte_eth_rx_queue_setup(port, 0, 64, 0, NULL, usual), 0);
	log_end();
	assert_non_null(strstr(log_text, "enough for IB MTU 1024 only"));
	fx_bcast(0xffff, &b);
	b.ib_mtu = 2048;
	log_begin();
	assert_int_equal(pmd_ipoib_bcast_set(port, &b), -ERANGE);
	log_end();
	assert_non_null(strstr(
			log_text, "IB MTU 2048 needs mbufs for 2136 octets, they take 2048"));
	b.ib_mtu = 1024;
	assert_int_equal(pmd_ipoib_bcast_set(port, &b), 0);
	assert_int_equal(pmd_ipoib_bcast_set(port, NULL), 0);
	/* Enough for IB MTU 2048, not for 4096: a link of that size is refused, not cut. */
	assert_int_equal(rte_eth_dev_configure(port, 1, 1, &conf), 0);
	log_begin();
	assert_int_equal(rte_eth_rx_queue_setup(port, 0, 64, 0, NULL, fx_pool), 0);
	log_end();
	assert_null(strstr(log_text, "enough"));
	b.ib_mtu = 4096;
	log_begin();
	assert_int_equal(pmd_ipoib_bcast_set(port, &b), -ERANGE);
	log_end();
	assert_non_null(strstr(log_text, "4096"));
	b.ib_mtu = 2000;
	assert_int_equal(pmd_ipoib_bcast_set(port, &b), -ERANGE);
	b.ib_mtu = 2048;
	b.mlid = 7;
	assert_int_equal(pmd_ipoib_bcast_set(port, &b), -EINVAL);
	assert_int_equal(rte_vdev_uninit("net_ipoib0"), 0);
	rte_mempool_free(small);
	rte_mempool_free(usual);
	fx_carrier_close();
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_disagreement),
		cmocka_unit_test(test_qpn),
		cmocka_unit_test(test_no_device),
		cmocka_unit_test(test_no_carrier),
		cmocka_unit_test(test_small_mbufs),
	};
	int ret;

	if (fx_eal_setup(argc, argv) != 0)
		return 1;
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	fx_eal_teardown();
	return ret;
}

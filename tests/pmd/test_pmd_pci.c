/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * HCAs on the PCI bus, by a tree like /sys: which functions are ours, which are
 * left to others and in what order the drivers are asked; what the user may
 * choose; that nothing is left behind. The ports are the software HCA's, as
 * __wrap_ipoib_devargs_parse() has it; the rest is real.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bus_pci_driver.h>
#include <ethdev_driver.h>
#include <rte_dev.h>
#include <rte_log.h>

#include "fake_sysfs.h"
#include "ipoib_pmd.h"
#include "pmd_fixture.h"

#define LOG_MAX 8192
#define MLX5 "0000:03:00.0"
#define MLX4 "0000:05:00.0"
#define OTHER "0000:06:00.0"

static char log_text[LOG_MAX];
static FILE *log_file;

/* Two drivers like mlx5 for everything: registered first, and then pushed back by ours. */
static unsigned int asked[2], order;
static unsigned int asked_at[2];

static int
other_probe(unsigned int i)
{
	asked[i]++;
	asked_at[i] = ++order;
	return i == 0 ? 1 : -EINVAL;
}

static int
first_probe(struct rte_pci_driver *drv, struct rte_pci_device *pci)
{
	(void)drv;
	(void)pci;
	return other_probe(0);
}

static int
second_probe(struct rte_pci_driver *drv, struct rte_pci_device *pci)
{
	(void)drv;
	(void)pci;
	return other_probe(1);
}

static const struct rte_pci_id everything[] = {
	{ RTE_PCI_DEVICE(RTE_PCI_ANY_ID, RTE_PCI_ANY_ID) },
	{ 0 },
};
static struct rte_pci_driver others[] = {
	{ .driver = { .name = "first" }, .id_table = everything, .probe = first_probe },
	{ .driver = { .name = "second" }, .id_table = everything, .probe = second_probe },
};

/* Before the constructor of net_ipoib. */
RTE_INIT_PRIO(others_register, CLASS)
{
	rte_pci_register(&others[0]);
	rte_pci_register(&others[1]);
}

int __real_ipoib_devargs_parse(const char *name, const char *text, struct ipoib_devargs *args);
int __wrap_ipoib_devargs_parse(const char *name, const char *text, struct ipoib_devargs *args);

/* The software HCA instead of the real one; other arguments are as they are. */
int
__wrap_ipoib_devargs_parse(const char *name, const char *text, struct ipoib_devargs *args)
{
	static const char real[] = "hca=verbs,";
	char soft[1200];

	if (text == NULL || strncmp(text, real, strlen(real)) != 0)
		return __real_ipoib_devargs_parse(name, text, args);
	snprintf(soft, sizeof(soft), "hca=soft,carrier=net_ring_fx0,%s", text + strlen(real));
	return __real_ipoib_devargs_parse(name, soft, args);
}

static int
plug(const char *addr, const char *args)
{
	int ret;

	memset(log_text, 0, sizeof(log_text));
	memset(asked, 0, sizeof(asked));
	log_file = fmemopen(log_text, sizeof(log_text), "w");
	assert_non_null(log_file);
	rte_openlog_stream(log_file);
	ret = rte_eal_hotplug_add("pci", addr, args);
	rte_openlog_stream(NULL);
	fclose(log_file);
	return ret;
}

static void
says(const char *text)
{
	if (strstr(log_text, text) == NULL)
		fail_msg("'%s' is not in: %s", text, log_text);
}

/* The others got the function, in the order in which they registered. */
static void
left_to_others(void)
{
	assert_int_equal(asked[0], 1);
	assert_int_equal(asked[1], 1);
	assert_true(asked_at[0] < asked_at[1]);
	assert_int_equal(rte_eth_dev_count_avail(), 0);
	assert_int_equal(fake_mad_open_count(), 0);
}

static void
others_not_asked(void)
{
	assert_int_equal(asked[0], 0);
	assert_int_equal(asked[1], 0);
}

static uint16_t
port_named(const char *name)
{
	uint16_t port;

	if (rte_eth_dev_get_port_by_name(name, &port) != 0)
		fail_msg("there is no port '%s'", name);
	assert_true(pmd_ipoib_is(port));
	return port;
}

static void
is_on(uint16_t port, const char *device, uint8_t hca_port, uint16_t pkey)
{
	struct rte_eth_dev_info eth;
	struct pmd_ipoib_info info;

	assert_int_equal(pmd_ipoib_info_get(port, &info), 0);
	assert_string_equal(info.device, device);
	assert_int_equal(info.hca_port, hca_port);
	assert_int_equal(info.pkey, pkey);
	assert_int_equal(rte_eth_dev_info_get(port, &eth), 0);
	assert_string_equal(eth.driver_name, PMD_IPOIB_DRIVER_NAME);
}

static void
unplug(const char *addr)
{
	assert_int_equal(rte_eal_hotplug_remove("pci", addr), 0);
	assert_int_equal(rte_eth_dev_count_avail(), 0);
	assert_int_equal(fake_mad_open_count(), 0);
}

static int
tree_clear(void **state)
{
	(void)state;
	fs_remove("class/infiniband/mlx5_0");
	fs_remove("class/infiniband/mlx5_1");
	fs_remove("class/infiniband/mlx4_0");
	fs_remove("bus/pci/devices/" MLX5);
	fs_remove("bus/pci/devices/" MLX4);
	fs_remove("bus/pci/devices/" OTHER);
	return 0;
}

static void
mlx5_make(const char *layer)
{
	fs_pci(MLX5, "0x15b3", "0x020700", "mlx5_core");
	fs_hca("mlx5_0", MLX5);
	fs_port("mlx5_0", 1, layer, "4: ACTIVE");
}

static void
mlx4_make(const char *layer1, const char *layer2)
{
	fs_pci(MLX4, "0x15b3", "0x028000", "mlx4_core");
	fs_hca("mlx4_0", MLX4);
	fs_port("mlx4_0", 1, layer1, "4: ACTIVE");
	fs_port("mlx4_0", 2, layer2, "1: DOWN");
}

static void
test_infiniband(void **state)
{
	(void)state;
	mlx5_make("InfiniBand");
	assert_int_equal(plug(MLX5, ""), 0);
	others_not_asked();
	is_on(port_named(MLX5), "mlx5_0", 1, 0xffff);
	unplug(MLX5);
	assert_int_equal(plug(MLX5, "pkey=0x8001,queues=4"), 0);
	is_on(port_named(MLX5), "mlx5_0", 1, 0x8001);
	unplug(MLX5);
	/* By its class alone, whoever made it. */
	fs_remove("class/infiniband/mlx5_0");
	fs_pci(OTHER, "0x1234", "0x0c0600", "some_hca");
	fs_hca("mlx5_1", OTHER);
	fs_port("mlx5_1", 1, "InfiniBand", "4: ACTIVE");
	assert_int_equal(plug(OTHER, ""), 0);
	others_not_asked();
	is_on(port_named(OTHER), "mlx5_1", 1, 0xffff);
	unplug(OTHER);
}

/* A program may have closed the port already, or have it in use. */
static void
test_remove(void **state)
{
	uint16_t port;

	(void)state;
	mlx5_make("InfiniBand");
	fx_carrier_open(1, 64);
	assert_int_equal(plug(MLX5, ""), 0);
	port = port_named(MLX5);
	fx_port_setup(port, 1, 64);
	assert_int_equal(rte_eth_dev_stop(port), 0);
	assert_int_equal(rte_eth_dev_close(port), 0);
	assert_int_equal(fake_mad_open_count(), 0);
	assert_int_equal(rte_eal_hotplug_remove("pci", MLX5), 0);
	assert_int_equal(plug(MLX5, ""), 0);
	fx_port_setup(port_named(MLX5), 1, 64);
	assert_int_equal(rte_eal_hotplug_remove("pci", MLX5), 0);
	assert_int_equal(fake_mad_open_count(), 0);
	fx_carrier_close();
	fx_no_leak();
}

static void
test_ethernet(void **state)
{
	(void)state;
	mlx5_make("Ethernet");
	assert_int_not_equal(plug(MLX5, ""), 0);
	left_to_others();
	says("net_ipoib: " MLX5 ": the link layer of mlx5_0 port 1 is not InfiniBand");
	says("left to the mlx5 driver");
}

static void
test_no_device(void **state)
{
	(void)state;
	fs_pci(MLX5, "0x15b3", "0x020700", "mlx5_core");
	assert_int_not_equal(plug(MLX5, ""), 0);
	left_to_others();
	says("net_ipoib: " MLX5 ": no device in ");
	says("ib_uverbs");
	says("left to the mlx5 driver");
}

static void
test_mixed(void **state)
{
	(void)state;
	mlx4_make("Ethernet", "InfiniBand");
	assert_int_not_equal(plug(MLX4, "port=2"), 0);
	left_to_others();
	says("mlx4_0 port 2 is InfiniBand, mlx4_0 port 1 is not");
	says("left to the mlx4 driver");
	says("--vdev net_ipoib0,hca=verbs,device=mlx4_0,port=2'");
}

static void
test_two_ports(void **state)
{
	(void)state;
	mlx4_make("InfiniBand", "InfiniBand");
	assert_int_equal(plug(MLX4, ""), 0);
	others_not_asked();
	is_on(port_named(MLX4 "_mlx4_0_1"), "mlx4_0", 1, 0xffff);
	is_on(port_named(MLX4 "_mlx4_0_2"), "mlx4_0", 2, 0xffff);
	assert_int_equal(rte_eth_dev_count_avail(), 2);
	unplug(MLX4);
	assert_int_equal(plug(MLX4, "port=2,pkey=0x8001"), 0);
	is_on(port_named(MLX4), "mlx4_0", 2, 0x8001);
	unplug(MLX4);
	/* Two devices on one function. */
	fs_hca("mlx5_1", MLX4);
	fs_port("mlx5_1", 1, "InfiniBand", "4: ACTIVE");
	assert_int_equal(plug(MLX4, "device=mlx5_1"), 0);
	is_on(port_named(MLX4), "mlx5_1", 1, 0xffff);
	assert_int_equal(rte_eth_dev_count_avail(), 1);
	unplug(MLX4);
	assert_int_equal(plug(MLX4, "port=1"), 0);
	is_on(port_named(MLX4 "_mlx4_0_1"), "mlx4_0", 1, 0xffff);
	is_on(port_named(MLX4 "_mlx5_1_1"), "mlx5_1", 1, 0xffff);
	unplug(MLX4);
}

/* Ours, but not like this: nobody else is asked. */
static void
test_bad_args(void **state)
{
	static const struct {
		const char *args;
		const char *names;
	} bad[] = {
		{ "hca=soft", "'hca' is for --vdev" },
		{ "port=3",
				"no mlx4_0 port 3 on this PCI function, it has mlx4_0 port 1, "
				"mlx4_0 port 2" },
		{ "device=mlx5_7", "no mlx5_7 port 1 on this PCI function" },
		{ "port=x", "'x' of 'port'" },
		{ "pkey=0x8000", "'0x8000' of 'pkey'" },
		{ "colour=red", "'colour'" },
		{ "port=1,port=2", "'port' is given twice" },
	};
	unsigned int i;

	(void)state;
	mlx4_make("InfiniBand", "InfiniBand");
	for (i = 0; i < RTE_DIM(bad); i++) {
		assert_int_not_equal(plug(MLX4, bad[i].args), 0);
		others_not_asked();
		says(MLX4);
		says(bad[i].names);
		assert_int_equal(rte_eth_dev_count_avail(), 0);
	}
}

/* The second port fails: the first one is undone, another function's stays. */
static void
test_half(void **state)
{
	(void)state;
	mlx5_make("InfiniBand");
	mlx4_make("InfiniBand", "InfiniBand");
	assert_int_equal(plug(MLX5, ""), 0);
	/* It disagrees with the one that the function's second port would be. */
	fx_port_open("net_ipoib0", "device=mlx4_0,port=2,mad=umad,crc=off,carrier=net_ring_fx0");
	assert_int_equal(plug(MLX4, ""), -EINVAL);
	others_not_asked();
	says(MLX4 ": mlx4_0 port 2 cannot be used");
	says("the mlx4 driver");
	assert_int_equal(rte_eth_dev_count_avail(), 2);
	is_on(port_named(MLX5), "mlx5_0", 1, 0xffff);
	assert_int_equal(plug(MLX4, "port=1"), 0);
	assert_int_equal(rte_eal_hotplug_remove("pci", MLX4), 0);
	fx_port_close("net_ipoib0");
	unplug(MLX5);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_infiniband, tree_clear),
		cmocka_unit_test_setup(test_remove, tree_clear),
		cmocka_unit_test_setup(test_ethernet, tree_clear),
		cmocka_unit_test_setup(test_no_device, tree_clear),
		cmocka_unit_test_setup(test_mixed, tree_clear),
		cmocka_unit_test_setup(test_two_ports, tree_clear),
		cmocka_unit_test_setup(test_bad_args, tree_clear),
		cmocka_unit_test_setup(test_half, tree_clear),
	};
	int ret;

	fs_begin();
	fx_pci = true;
	if (fx_eal_setup(argc, argv) != 0)
		return 1;
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	fx_eal_teardown();
	fs_end();
	return ret;
}

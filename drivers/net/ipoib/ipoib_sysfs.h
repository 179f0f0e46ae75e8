/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef IPOIB_SYSFS_H
#define IPOIB_SYSFS_H

/*
 * What the kernel says of InfiniBand devices in /sys/class/infiniband. Files of
 * sysfs are small, but some counters are asked of the device's firmware: never
 * from a worker.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_common.h>

/* As long as the kernel's names get (IB_DEVICE_NAME_MAX). */
#define IPOIB_SYSFS_NAME_LEN 64

enum ipoib_layer { IPOIB_LAYER_INFINIBAND, IPOIB_LAYER_ETHERNET, IPOIB_LAYER_OTHER };

struct ipoib_sysfs_port {
	char device[IPOIB_SYSFS_NAME_LEN];
	uint8_t port;
	enum ipoib_layer layer;
};

/* /sys, or what the environment variable SYSFS_PATH says, which libibverbs follows too. */
const char *ipoib_sysfs_root(void);

/* SYSFS_PATH says so: a tree for tests. */
bool ipoib_sysfs_is_replaced(void);

/* A number of any base; -errno. */
int ipoib_sysfs_number(uint64_t *value, const char *fmt, ...) __rte_format_printf(2, 3);

/*
 * The ports of a PCI function's devices, or with @p pci NULL of all, in order of
 * name and number.
 * @return how many were stored
 */
unsigned int ipoib_sysfs_ports(const char *pci, struct ipoib_sysfs_port *ports, unsigned int max);

#endif /* IPOIB_SYSFS_H */

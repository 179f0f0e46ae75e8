/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef FAKE_SYSFS_H
#define FAKE_SYSFS_H

/* A tree like /sys for the tests: PCI functions and InfiniBand devices that do not exist. */

#include <stdint.h>

/* An empty tree, to be made before EAL starts; and its end. */
void fs_begin(void);
void fs_end(void);

/* Write one line to a file below the root; folders are made. */
void fs_put(const char *path, const char *text);
void fs_remove(const char *path);

void fs_pci(const char *addr, const char *vendor, const char *class, const char *kernel_driver);
void fs_hca(const char *name, const char *pci);
/* With P_Keys ffff, 8001, 0003. */
void fs_port(const char *name, unsigned int port, const char *layer, const char *state);

#endif /* FAKE_SYSFS_H */

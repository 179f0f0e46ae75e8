/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef IPOIB_SECONDARY_H
#define IPOIB_SECONDARY_H

#include <ethdev_driver.h>

struct rte_vdev_device;

/* The port in a secondary process: its data only. @return 0, -ENODEV the primary has none */
int ipoib_secondary_attach(struct rte_vdev_device *vdev);

/* Operations that both kinds of process have. */
int ipoib_dev_info(struct rte_eth_dev *dev, struct rte_eth_dev_info *info);
int ipoib_link_update(struct rte_eth_dev *dev, int wait);

#endif /* IPOIB_SECONDARY_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * A port in a secondary process (dpdk-dumpcap, dpdk-proc-info, ...): its data only. The HCA, its
 * MADs and its queues are the primary's; what lies in shared memory may be read here, pointers to
 * functions and to other memory of the primary may not be followed.
 */

#include <errno.h>

#include <bus_vdev_driver.h>

#include "compat.h"
#include "ipoib_pmd.h"
#include "ipoib_secondary.h"

COMPAT_STATS_GET(ipoib_stats_get)

static const struct eth_dev_ops secondary_ops = {
	.dev_infos_get = ipoib_dev_info,
	.link_update = ipoib_link_update,
	.stats_get = ipoib_stats_get_op,
	.xstats_get = ipoib_xstats_get,
	.xstats_get_names = ipoib_xstats_get_names,
};

/* The arguments are not told here. A native port's MAC is part of its own data, which is shared. */
static bool
is_ether(const struct rte_eth_dev_data *data)
{
	const struct ipoib_port *port = data->dev_private;

	return ipoib_ether_secondary_ops != NULL && data->mac_addrs != &port->mac;
}

int
ipoib_secondary_attach(struct rte_vdev_device *vdev)
{
	const char *name = rte_vdev_device_name(vdev);
	struct rte_eth_dev *dev;

	dev = rte_eth_dev_attach_secondary(name);
	if (dev == NULL) {
		IPOIB_LOG(ERR, "%s: the primary process shares no such port", name);
		return -ENODEV;
	}
	dev->device = &vdev->device;
	dev->dev_ops = is_ether(dev->data) ? ipoib_ether_secondary_ops : &secondary_ops;
	dev->rx_pkt_burst = rte_eth_pkt_burst_dummy;
	dev->tx_pkt_burst = rte_eth_pkt_burst_dummy;
	rte_eth_dev_probing_finish(dev);
	return 0;
}

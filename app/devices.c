/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_devargs.h>

#include "app.h"

/* EAL passes over a device of its command line that no bus finds or no driver
 * takes; a gateway without its port is of no use.
 */

enum device_state { DEVICE_ABSENT, DEVICE_NO_DRIVER, DEVICE_PROBED };

static enum device_state
device_state(const struct rte_devargs *da, const char *bus)
{
	enum device_state state = DEVICE_ABSENT;
	struct rte_dev_iterator it;
	struct rte_device *dev;
	char filter[64];

	snprintf(filter, sizeof(filter), "bus=%s", bus);
	RTE_DEV_FOREACH(dev, filter, &it)
	{
		if (rte_dev_devargs(dev) != da && strcmp(rte_dev_name(dev), da->name) != 0)
			continue;
		if (rte_dev_is_probed(dev))
			return DEVICE_PROBED;
		state = DEVICE_NO_DRIVER;
	}
	return state;
}

static int
device_check(const struct rte_devargs *da)
{
	const char *bus = rte_bus_name(da->bus);

	switch (device_state(da, bus)) {
	case DEVICE_PROBED:
		return 0;
	case DEVICE_ABSENT:
		app_say("device '%s': there is none on the %s bus (see dpdk-devbind.py --status, "
			"and whether --no-pci was given)",
				da->name, bus);
		break;
	case DEVICE_NO_DRIVER:
		app_say("device '%s': no driver took it; the driver's lines above say why, or none "
			"knows it",
				da->name);
		/* A virtual device is made of its arguments alone. */
		if (strcmp(bus, "vdev") == 0)
			return -EINVAL;
		break;
	}
	return -ENODEV;
}

int
devices_check(void)
{
	struct rte_devargs *da;
	int ret = 0;

	RTE_EAL_DEVARGS_FOREACH(NULL, da)
	{
		if (ret == 0 && da->policy == RTE_DEV_ALLOWED && da->bus != NULL)
			ret = device_check(da);
	}
	return ret;
}

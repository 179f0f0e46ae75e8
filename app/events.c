/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Events of ports (--print-event). Whoever reports one, perhaps control, only notes it. */

#include <stdio.h>

#include <rte_common.h>
#include <rte_ethdev.h>

#include "app.h"

static_assert(APP_EVENTS <= 32, "kinds of events are bits of a uint32_t");

const char *const app_event_name[APP_EVENTS] = {
	[RTE_ETH_EVENT_UNKNOWN] = "unknown",
	[RTE_ETH_EVENT_INTR_LSC] = "intr_lsc",
	[RTE_ETH_EVENT_QUEUE_STATE] = "queue_state",
	[RTE_ETH_EVENT_INTR_RESET] = "intr_reset",
	[RTE_ETH_EVENT_VF_MBOX] = "vf_mbox",
	[RTE_ETH_EVENT_MACSEC] = "macsec",
	[RTE_ETH_EVENT_INTR_RMV] = "intr_rmv",
	[RTE_ETH_EVENT_NEW] = "dev_probed",
	[RTE_ETH_EVENT_DESTROY] = "dev_released",
	[RTE_ETH_EVENT_IPSEC] = "ipsec",
	[RTE_ETH_EVENT_FLOW_AGED] = "flow_aged",
	[RTE_ETH_EVENT_ERR_RECOVERING] = "err_recovering",
	[RTE_ETH_EVENT_RECOVERY_SUCCESS] = "recovery_success",
	[RTE_ETH_EVENT_RECOVERY_FAILED] = "recovery_failed",
};

/* testpmd's words for them. */
static const char *const descriptions[APP_EVENTS] = {
	[RTE_ETH_EVENT_UNKNOWN] = "unknown",
	[RTE_ETH_EVENT_INTR_LSC] = "link state change",
	[RTE_ETH_EVENT_QUEUE_STATE] = "queue state",
	[RTE_ETH_EVENT_INTR_RESET] = "reset",
	[RTE_ETH_EVENT_VF_MBOX] = "VF mbox",
	[RTE_ETH_EVENT_MACSEC] = "MACsec",
	[RTE_ETH_EVENT_INTR_RMV] = "device removal",
	[RTE_ETH_EVENT_NEW] = "device probed",
	[RTE_ETH_EVENT_DESTROY] = "device released",
	[RTE_ETH_EVENT_IPSEC] = "IPsec",
	[RTE_ETH_EVENT_FLOW_AGED] = "flow aged",
	[RTE_ETH_EVENT_ERR_RECOVERING] = "error recovering",
	[RTE_ETH_EVENT_RECOVERY_SUCCESS] = "error recovery successful",
	[RTE_ETH_EVENT_RECOVERY_FAILED] = "error recovery failed",
};

/* By port: kinds that came and were not shown yet. */
static _Atomic uint32_t pending[RTE_MAX_ETHPORTS];

static int
note(uint16_t port, enum rte_eth_event_type type, void *arg __rte_unused, void *more __rte_unused)
{
	atomic_fetch_or(&pending[port], RTE_BIT32(type));
	return 0;
}

void
events_register(uint32_t mask)
{
	unsigned int i;

	for (i = 0; i < APP_EVENTS; i++) {
		if ((mask & RTE_BIT32(i)) != 0 && app_event_name[i] != NULL)
			rte_eth_dev_callback_register(
					RTE_ETH_ALL, (enum rte_eth_event_type)i, note, NULL);
	}
}

void
events_print(FILE *out)
{
	uint16_t port;
	uint32_t set;

	for (port = 0; port < RTE_MAX_ETHPORTS; port++) {
		if (atomic_load_explicit(&pending[port], memory_order_relaxed) == 0)
			continue;
		for (set = atomic_exchange(&pending[port], 0); set != 0; set &= set - 1)
			fprintf(out, "\nPort %u: %s event\n", port,
					descriptions[__builtin_ctz(set)]);
	}
	fflush(out);
}

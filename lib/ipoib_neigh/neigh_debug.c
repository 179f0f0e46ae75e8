/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Checks of debug builds. */

#include <pthread.h>

#include <rte_log.h>

#include "neigh_priv.h"

#ifdef IPOIB_NEIGH_DEBUG
RTE_LOG_REGISTER(neigh_logtype, ipoib.neigh, NOTICE)

bool
neigh_debug_writer(struct ipoib_neigh *t)
{
	uint64_t self = (uint64_t)pthread_self(), first = 0;

	if (__atomic_compare_exchange_n(
			    &t->writer, &first, self, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED) ||
			first == self)
		return true;
	rte_log(RTE_LOG_ERR, (uint32_t)neigh_logtype,
			"neighbour table %s: a second thread wants to write\n", t->name);
	return false;
}
#endif

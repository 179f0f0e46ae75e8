/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* For cppcheck, which does not read the headers of DPDK and of the system: what of them stands for
 * statements or declarations, or bounds a loop. */

#define RTE_ETHER_ADDR_LEN 6
#define RTE_ETH_FOREACH_DEV(port) for (port = 0; port < 32; port++)
#define RTE_ETH_FOREACH_DEV_OF(port, device) for (port = 0; port < 32; port++)
#define RTE_LOG_REGISTER(type, name, level) int type

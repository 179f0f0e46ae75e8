/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef COMPAT_H
#define COMPAT_H

/**
 * @file
 * What differs between the DPDK releases that are supported (22.11 and later). Every part may
 * include it; it includes no header of ours.
 */

#include <rte_version.h>

#if RTE_VERSION < RTE_VERSION_NUM(22, 11, 0, 0)
#error "DPDK 22.11 or later is needed"
#endif

#endif /* COMPAT_H */

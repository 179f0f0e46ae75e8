/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef SHOW_CONFIG_H
#define SHOW_CONFIG_H

/**
 * @file
 * testpmd's description of how it forwards, also printed by start. Command thread.
 */

#include <stdio.h>

#include "app.h"

/** Which lcore polls which queue, and where that goes. */
void config_fwd_print(const struct app *a, FILE *out);
/** Queues, descriptors, offloads. */
void config_rxtx_print(const struct app *a, FILE *out);

#endif /* SHOW_CONFIG_H */

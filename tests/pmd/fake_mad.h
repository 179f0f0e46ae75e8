/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef FAKE_MAD_H
#define FAKE_MAD_H

/* A MAD library without a fabric: the test says what the port is. */

#include "ipoib_mad.h"

/* What every connection to @p device sees from its next poll on. */
void fake_mad_set(const struct ipoib_mad_port *ident);
/* The same for those to @p device only; it stays so. */
void fake_mad_set_of(const char *device, const struct ipoib_mad_port *ident);
/* Events that somebody else told of since the last call, enum ipoib_mad_event. */
uint32_t fake_mad_injected(void);
/* Connections that are open, for leak checks. */
unsigned int fake_mad_open_count(void);
/* The next open fails with this. */
void fake_mad_fail(int err);

#endif /* FAKE_MAD_H */

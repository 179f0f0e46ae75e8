/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef WATCH_H
#define WATCH_H

/**
 * @file
 * A thread that shows what workers and drivers only note: packets ("set
 * verbose") and events of ports (--print-event). It alone waits for a slow
 * terminal; what is noted meanwhile is bounded and counted.
 */

#include "app.h"
#include "verbose.h"

/** Start the thread unless it runs. Command thread. @return 0 or -errno */
int watch_start(struct app *a);
/** Let it end, once workers have stopped: what they noted is shown. Main thread. */
void watch_stop(void);

/** Print a packet as testpmd does, an IPoIB one with its LIDs, QPNs and GRH. Any thread. */
void watch_packet_print(struct app *a, const struct dp_seen *s, FILE *out);

#endif /* WATCH_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef NOTIFY_H
#define NOTIFY_H

/**
 * @file
 * What a service manager wants to know (sd_notify(3)): one datagram each to the socket that
 * $NOTIFY_SOCKET names. READY=1 once the program forwards, or waits for commands at its prompt;
 * WATCHDOG=1 several times in $WATCHDOG_USEC microseconds as long as the control core answers;
 * STOPPING=1 as soon as the program ends. Without $NOTIFY_SOCKET nothing happens.
 *
 * A thread of its own does it: neither the loop nor a worker sends a datagram, and a service
 * manager that does not read its socket holds up nobody.
 */

#include "app.h"

/** Start it. Main thread, once control and the command thread run. A failure is logged: the
 *  program goes on, and the service manager, told nothing, will end it. */
void notify_start(struct app *a);
/** Tell that the program stops, and end. Main thread, after app_quit() and while control runs. */
void notify_stop(void);

#endif /* NOTIFY_H */

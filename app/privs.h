/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef PRIVS_H
#define PRIVS_H

/**
 * @file
 * Privileges that are needed to start, and given up then (--user). Main thread.
 */

#include "app.h"

/** Before EAL: is there such a user, and may we become it? @return 0 or -errno, and one line */
int privs_check(const char *user);

/**
 * With all devices open and control running, before any command: become --user's user in
 * every thread. With a port on a real HCA, CAP_NET_RAW stays permitted (not effective) in the
 * two threads that set Q_Keys, this one and control's. @return 0 or -errno, and one line
 */
int privs_drop(struct app *a);

#endif /* PRIVS_H */

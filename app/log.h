/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef LOG_H
#define LOG_H

/** @file The log, which nobody waits for. Main thread. */

/** From now on the log goes by a thread of its own to standard error. @return 0 or -errno */
int log_start(void);
/** Write what is left, unless nobody reads it. Other threads have ended. */
void log_stop(void);

#endif /* LOG_H */

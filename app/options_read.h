/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef OPTIONS_READ_H
#define OPTIONS_READ_H

/**
 * @file
 * How arguments of options are read that are no plain numbers. Each reads the whole
 * argument into the options, or returns -EINVAL or -ERANGE and leaves them alone; the
 * table of options says what is allowed. Main thread.
 */

#include "options.h"

int read_user(struct app_options *o, const char *arg);
int read_file(struct app_options *o, const char *arg);
int read_xstats(struct app_options *o, const char *arg);
int read_portmask(struct app_options *o, const char *arg);
int read_portlist(struct app_options *o, const char *arg);
int read_coremask(struct app_options *o, const char *arg);
int read_topology(struct app_options *o, const char *arg);
int read_engine(struct app_options *o, const char *arg);
int read_eth_peer(struct app_options *o, const char *arg);
int read_tx_ip(struct app_options *o, const char *arg);
int read_tx_udp(struct app_options *o, const char *arg);
int read_txpkts(struct app_options *o, const char *arg);
int read_tx_pps(struct app_options *o, const char *arg);
int read_print_event(struct app_options *o, const char *arg);
int read_mask_event(struct app_options *o, const char *arg);

/** Why an option of testpmd's is not here. @param name without "--" @return NULL: it is none */
const char *testpmd_option(const char *name);

#endif /* OPTIONS_READ_H */

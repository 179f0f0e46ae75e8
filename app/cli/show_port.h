/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef SHOW_PORT_H
#define SHOW_PORT_H

/**
 * @file
 * Parts of testpmd's output about ports. Command thread.
 */

#include <stdint.h>
#include <stdio.h>

#include "cli.h"

/** One line of show port summary. @return 0, or negative after one line */
int port_summary_print(struct cli *cli, uint16_t port);
/** All of show port info. @return 0, or negative after one line */
int port_info_print(struct cli *cli, uint16_t port);
/** A logical port has no device: say so. @return whether it is one */
bool port_is_logical(struct cli *cli, uint16_t port);
/** All of show port xstats, since the last clear. @return 0, or negative after one line */
int xstats_print(struct cli *cli, uint16_t port);
/** Let them begin at zero; the driver's counters go on. @return 0, or negative after one line */
int xstats_clear(struct cli *cli, uint16_t port);
/** Those of --display-xstats that the port has, with rates. */
void xstats_chosen_print(struct cli *cli, uint16_t port);
/** Does some port have each of them? @return 0, or negative after one line */
int xstats_chosen_check(struct cli *cli);
/** Names of RTE_ETH_RSS_ bits, in lines of at most @p width characters. */
void rss_types_print(FILE *out, uint64_t set, unsigned int width);

#endif /* SHOW_PORT_H */

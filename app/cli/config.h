/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef CONFIG_H
#define CONFIG_H

/**
 * @file
 * The running configuration as commands. Command thread.
 */

#include <stdio.h>

struct app;
struct cli;

/** Write the commands that make a new program of the same command line what this one is now.
 *  @return 0; -EBUSY the main thread or control does not answer: not all was written */
int config_write(struct cli *cli, FILE *out);

/** The part of it that no port number is in: engine, lcores, the generator, what is recorded and
 *  logged. */
void config_write_program(const struct app *a, FILE *out);
/** The levels of the log that commands have set. */
void config_write_log(FILE *out);

#endif /* CONFIG_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef TESTPMD_H
#define TESTPMD_H

/**
 * @file
 * Commands that a user of testpmd may type and that are not here. Any thread.
 */

/**
 * Why a line that is no command of ours is one of testpmd's that are not here.
 * @param words its first words, on success @return NULL: it is none
 */
const char *testpmd_command(const char *line, const char **words);

#endif /* TESTPMD_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef JOURNAL_H
#define JOURNAL_H

/**
 * @file
 * Lines of command files that were run, with what takes them back; and running a changed file by
 * its difference to them. Command thread.
 */

#include <stdbool.h>
#include <stddef.h>

#include "grammar.h"

struct cli;

/** A line. */
struct journal_line {
	char text[GRAMMAR_LINE_MAX + 1]; /**< with whole keywords */
	char undo[GRAMMAR_LINE_MAX + 1]; /**< "": nothing takes it back */
	bool reset;			 /**< another line of the kind takes it back, too */
	bool kept;			 /**< while files are compared: it is in both */
	bool done;			 /**< it has been run */
	char *file;
	unsigned int number; /**< in the file */
};

/** Lines, in order. Begin with { 0 }. */
struct journal {
	struct journal_line **line;
	size_t nb, room;
};

/** Add a right line. @return 0 or -ENOMEM */
int journal_add(struct journal *j, const char *text, const char *file, unsigned int number);
void journal_free(struct journal *j);

/**
 * Read a file, with those that it loads, without running anything.
 * @return 0; -EINVAL after one line that says what is wrong and where; -ENOMEM
 */
int journal_read(struct cli *cli, struct journal *j, const char *path);

/**
 * Make the program what the file says now: lines that are gone from it are taken back, the last
 * first, new ones are run, the others left alone. Nothing is done if a line cannot be a command. A
 * line that fails ends it (unless the program keeps going); the next call takes it up again.
 * @param j what was run so far; afterwards what holds now
 * @return 0, or negative after one line
 */
int journal_reload(struct cli *cli, struct journal *j, const char *path);

#endif /* JOURNAL_H */

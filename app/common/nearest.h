/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef NEAREST_H
#define NEAREST_H

/**
 * @file
 * "Did you mean": which of many words is like the one that was typed. Any thread.
 */

/** Longest word that is compared; of longer ones the beginning counts. */
#define NEAREST_WORD_MAX 40

/** Best word so far; start with { .word = typed }. */
struct nearest {
	const char *word; /**< what was typed */
	const char *best; /**< NULL until one is like it */
	unsigned int distance;
};

/** Offer a word of the right ones; it must outlive @p n. */
void nearest_offer(struct nearest *n, const char *candidate);

#endif /* NEAREST_H */

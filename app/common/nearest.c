/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <string.h>

#include <rte_common.h>

#include "nearest.h"

/* Levenshtein distance: insertions, deletions and exchanges of one letter. */
static unsigned int
distance(const char *a, const char *b)
{
	unsigned int row[NEAREST_WORD_MAX + 1], i, j, diagonal, above;
	size_t la = strnlen(a, NEAREST_WORD_MAX);
	size_t lb = strnlen(b, NEAREST_WORD_MAX);

	for (j = 0; j <= lb; j++)
		row[j] = j;
	for (i = 1; i <= la; i++) {
		diagonal = row[0];
		row[0] = i;
		for (j = 1; j <= lb; j++) {
			above = row[j];
			row[j] = RTE_MIN(RTE_MIN(above, row[j - 1]) + 1,
					diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[lb];
}

void
nearest_offer(struct nearest *n, const char *candidate)
{
	unsigned int d = distance(n->word, candidate);
	size_t len = strlen(n->word);

	/* What begins alike is near, however long the rest. */
	if (len >= 3 && strncmp(n->word, candidate, len) == 0)
		d = 1;
	/* More than a third wrong: another word. */
	if (d > 1 + len / 3)
		return;
	if (n->best == NULL || d < n->distance) {
		n->best = candidate;
		n->distance = d;
	}
}

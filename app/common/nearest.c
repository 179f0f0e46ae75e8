/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <stdbool.h>
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

/* Is each part between dashes short for that of the other word: "fwd-mode" for "forward-mode"? */
static bool
is_short_for(const char *word, const char *candidate)
{
	bool begin = true;

	for (; *word != '\0'; word++) {
		while (!begin && *word != '-' && *candidate != '-' && *candidate != *word)
			if (*candidate++ == '\0')
				return false;
		if (*word == '-')
			candidate += strcspn(candidate, "-");
		if (*candidate++ != *word)
			return false;
		begin = *word == '-';
	}
	return strchr(candidate, '-') == NULL;
}

void
nearest_offer(struct nearest *n, const char *candidate)
{
	unsigned int d = distance(n->word, candidate);
	size_t len = strlen(n->word);

	/* What begins alike is near, however long the rest; so is what is short for it. */
	if (len >= 3 && strncmp(n->word, candidate, len) == 0)
		d = 1;
	else if (len >= 3 && d > 2 && is_short_for(n->word, candidate))
		d = 2;
	/* More than a third wrong: another word. */
	if (d > 1 + len / 3)
		return;
	if (n->best == NULL || d < n->distance) {
		n->best = candidate;
		n->distance = d;
	}
}

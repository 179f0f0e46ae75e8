/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef FILTER_TABLE_H
#define FILTER_TABLE_H

/**
 * @file
 * From rules to the table that workers search. Any thread that may take long.
 */

#include "control_filter.h"

/**
 * Make @p f->table of the rules (NULL without any).
 * @return 0; -ENOMEM; -ERANGE the rules need more than FILTER_TABLE_MBYTES
 */
int filter_table_make(struct control_filter *f);

/** Free a table that control did not take. */
void filter_table_free(struct control_filter *f);

/** Most memory of a table. */
#define FILTER_TABLE_MBYTES 64

#endif /* FILTER_TABLE_H */

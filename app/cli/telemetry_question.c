/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dp.h"
#include "parse.h"
#include "rows.h"
#include "telemetry_priv.h"

int
tel_question(const char *params, bool with_port, struct tel_question *q)
{
	uint64_t v[3] = { 0, 0, ROWS_MAX };
	char text[64], *save = NULL, *w;
	unsigned int i = with_port ? 0 : 1;

	snprintf(text, sizeof(text), "%s", params == NULL ? "" : params);
	if (with_port && text[0] == '\0')
		return -EINVAL;
	for (w = strtok_r(text, ",", &save); w != NULL; w = strtok_r(NULL, ",", &save)) {
		if (i == RTE_DIM(v) || parse_uint(w, 0, UINT32_MAX, &v[i++]) != 0)
			return -EINVAL;
	}
	if (v[0] >= DP_PORTS_MAX || v[2] == 0)
		return -EINVAL;
	q->port = (uint16_t)v[0];
	q->offset = (uint32_t)v[1];
	q->count = (uint32_t)RTE_MIN(v[2], (uint64_t)ROWS_MAX);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

#include "ib_hdr.h"

char *
ib_gid_format(const struct ib_gid *gid, char *buf, size_t len)
{
	const uint8_t *g = gid->raw;

	snprintf(buf, len,
			"%02x%02x:%02x%02x:%02x%02x:%02x%02x:%02x%02x:%02x%02x:%02x%02x:%02x%02x",
			g[0], g[1], g[2], g[3], g[4], g[5], g[6], g[7], g[8], g[9], g[10], g[11],
			g[12], g[13], g[14], g[15]);
	return buf;
}

int
ib_gid_parse(const char *s, struct ib_gid *gid)
{
	struct ib_gid parsed;

	if (inet_pton(AF_INET6, s, parsed.raw) != 1)
		return -EINVAL;
	*gid = parsed;
	return 0;
}

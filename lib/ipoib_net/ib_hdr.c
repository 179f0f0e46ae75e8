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

uint32_t
ib_rate_from_code(uint8_t code)
{
	static const uint32_t mbps[] = {
		[2] = 2500,
		[3] = 10000,
		[4] = 30000,
		[5] = 5000,
		[6] = 20000,
		[7] = 40000,
		[8] = 60000,
		[9] = 80000,
		[10] = 120000,
		[11] = 14000,
		[12] = 56000,
		[13] = 112000,
		[14] = 168000,
		[15] = 25000,
		[16] = 100000,
		[17] = 200000,
		[18] = 300000,
		[19] = 28000,
		[20] = 50000,
		[21] = 400000,
		[22] = 600000,
		[23] = 800000,
		[24] = 1200000,
	};

	return code < sizeof(mbps) / sizeof(mbps[0]) ? mbps[code] : 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Prefixes of either family. */

#include "control_priv.h"

/* Bits in front of an IPv4 address in a struct dp_ip. */
#define MAPPED_BITS 96

uint8_t
ip_bits(const struct dp_ip *ip)
{
	return dp_ip_is4(ip) ? 32 : 128;
}

static uint32_t
depth(const struct dp_ip *ip, uint8_t len)
{
	return dp_ip_is4(ip) ? MAPPED_BITS + len : len;
}

struct dp_ip
ip_mask(const struct dp_ip *ip, uint8_t len)
{
	uint32_t i = depth(ip, len) / 8, rest = depth(ip, len) % 8;
	struct dp_ip a = *ip;

	if (i < sizeof(a.b)) {
		a.b[i] &= (uint8_t)(0xff00 >> rest);
		memset(&a.b[i + 1], 0, sizeof(a.b) - i - 1);
	}
	return a;
}

bool
ip_in(const struct dp_ip *ip, const struct dp_ip *prefix, uint8_t len)
{
	return dp_ip_is4(ip) == dp_ip_is4(prefix) && ip_common(ip, prefix) >= len;
}

uint8_t
ip_common(const struct dp_ip *a, const struct dp_ip *b)
{
	uint32_t i = 0, n;

	while (i < sizeof(a->b) && a->b[i] == b->b[i])
		i++;
	n = 8 * i;
	if (i < sizeof(a->b))
		n += (uint32_t)__builtin_clz((uint32_t)(a->b[i] ^ b->b[i])) - 24;
	return (uint8_t)(dp_ip_is4(a) ? n - MAPPED_BITS : n);
}

static bool
is_special4(uint32_t ip)
{
	return ip >> 24 == 127 || ip >> 28 == 14;
}

bool
ip_is_special(const struct dp_ip *ip)
{
	static const struct dp_ip loopback = { .b[15] = 1 };

	if (dp_ip_is4(ip))
		return is_special4(dp_ip_get4(ip));
	return dp_ip_is_mcast(ip) || dp_ip_is_linklocal6(ip) || dp_ip_equal(ip, &loopback);
}

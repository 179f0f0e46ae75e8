/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef DP_IP_H
#define DP_IP_H

/**
 * @file
 * An IP address of either family, for workers and control alike.
 */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <rte_byteorder.h>

/**
 * An IP address: IPv6, or IPv4 as IPv4-mapped IPv6 (RFC 4291 2.5.5.2). Network
 * order. All zero: none, or the unspecified address.
 */
struct dp_ip {
	uint8_t b[16];
};

/** @param ip host order */
static inline struct dp_ip
dp_ip4(uint32_t ip)
{
	struct dp_ip a = { .b[10] = 0xff, .b[11] = 0xff };
	rte_be32_t be = rte_cpu_to_be_32(ip);

	memcpy(&a.b[12], &be, sizeof(be));
	return a;
}

/** From 16 octets of an IPv6 header. */
static inline struct dp_ip
dp_ip6(const uint8_t *raw)
{
	struct dp_ip a;

	memcpy(a.b, raw, sizeof(a.b));
	return a;
}

static inline bool
dp_ip_is4(const struct dp_ip *a)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(a->b, mapped, sizeof(mapped)) == 0;
}

/** The IPv4 address in it, host order. */
static inline uint32_t
dp_ip_get4(const struct dp_ip *a)
{
	rte_be32_t be;

	memcpy(&be, &a->b[12], sizeof(be));
	return rte_be_to_cpu_32(be);
}

static inline bool
dp_ip_equal(const struct dp_ip *a, const struct dp_ip *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

static inline bool
dp_ip_is_zero(const struct dp_ip *a)
{
	static const struct dp_ip zero;

	return dp_ip_equal(a, &zero);
}

/** IPv4 224.0.0.0/4 or IPv6 ff00::/8? */
static inline bool
dp_ip_is_mcast(const struct dp_ip *a)
{
	return dp_ip_is4(a) ? a->b[12] >> 4 == 14 : a->b[0] == 0xff;
}

/** IPv6 fe80::/10? */
static inline bool
dp_ip_is_linklocal6(const struct dp_ip *a)
{
	return a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80;
}

#endif /* DP_IP_H */

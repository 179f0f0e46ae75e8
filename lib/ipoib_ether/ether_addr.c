/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Addresses: MACs made of InfiniBand addresses, and groups both ways. */

#include <errno.h>
#include <string.h>

#include <rte_ip.h>

#include "ether_priv.h"

/* FNV-1a, 64 bits: the same in every release, on every machine. */
static uint64_t
hash64(uint64_t h, const void *data, size_t len)
{
	const uint8_t *p = data;
	size_t i;

	for (i = 0; i < len; i++)
		h = (h ^ p[i]) * 0x100000001b3ull;
	return h;
}

/* Unicast, locally administered. */
static void
mac_of_hash(uint64_t h, struct rte_ether_addr *mac)
{
	unsigned int i;

	/* The low bits of FNV are the best mixed ones, the high ones hardly for short input. */
	h ^= h >> 32;
	h *= 0x9e3779b97f4a7c15ull;
	for (i = 0; i < RTE_ETHER_ADDR_LEN; i++)
		mac->addr_bytes[i] = (uint8_t)(h >> (56 - 8 * i));
	mac->addr_bytes[0] = (uint8_t)((mac->addr_bytes[0] & 0xfc) | RTE_ETHER_LOCAL_ADMIN_ADDR);
}

#define HASH_BASIS 0xcbf29ce484222325ull

void
ether_mac_own(const struct ib_gid *gid, uint16_t pkey, struct rte_ether_addr *mac)
{
	uint16_t base = pkey & 0x7fff;
	uint64_t h;

	/* The GUID: the subnet's prefix may change, and is not told at once. */
	h = hash64(HASH_BASIS, &gid->raw[IB_GID_LEN / 2], IB_GID_LEN / 2);
	mac_of_hash(hash64(h, &base, sizeof(base)), mac);
}

void
ether_mac_peer(const struct ipoib_addr *addr, uint32_t n, struct rte_ether_addr *mac)
{
	uint64_t h = hash64(HASH_BASIS, addr->qpn, IPOIB_ADDR_LEN - 1);

	mac_of_hash(n == 0 ? h : hash64(h, &n, sizeof(n)), mac);
}

/* Scope and P_Key are the broadcast group's. */
static void
link_of(const struct ib_gid *bcast, uint8_t *scope, uint16_t *pkey)
{
	*scope = bcast->raw[1] & 0xf;
	*pkey = (uint16_t)(bcast->raw[4] << 8 | bcast->raw[5]);
}

/* The group of an IP packet's destination. @return false: it is none */
static bool
dest_group(rte_be16_t type, const void *ip, struct ether_ip *group)
{
	const uint8_t *h = ip;
	rte_be32_t dst;

	if (ip == NULL)
		return false;
	if (type == RTE_BE16(RTE_ETHER_TYPE_IPV4)) {
		memcpy(&dst, h + offsetof(struct rte_ipv4_hdr, dst_addr), sizeof(dst));
		*group = ether_ip4(dst);
		return (group->b[12] & 0xf0) == 0xe0;
	}
	if (type != RTE_BE16(RTE_ETHER_TYPE_IPV6))
		return false;
	memcpy(group, h + offsetof(struct rte_ipv6_hdr, dst_addr), sizeof(*group));
	return group->b[0] == 0xff;
}

static bool
is_ip4(const struct ether_ip *ip)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(ip->b, mapped, sizeof(mapped)) == 0;
}

void
ether_ip_mgid(const struct ether_ip *group, const struct ib_gid *bcast, struct ib_gid *mgid)
{
	uint16_t pkey;
	uint8_t scope;
	rte_be32_t ip;

	link_of(bcast, &scope, &pkey);
	memcpy(&ip, &group->b[12], sizeof(ip));
	if (is_ip4(group))
		ipoib_mgid_ipv4(scope, pkey, rte_be_to_cpu_32(ip), mgid);
	else
		ipoib_mgid_ipv6(scope, pkey, group->b, mgid);
}

void
ether_group_addr(rte_be16_t type, const void *ip, const struct ib_gid *bcast,
		struct ipoib_addr *addr)
{
	struct ether_ip group;
	struct ib_gid mgid = *bcast;

	if (dest_group(type, ip, &group))
		ether_ip_mgid(&group, bcast, &mgid);
	ipoib_addr_set(addr, IB_QPN_MULTICAST, &mgid);
}

void
ether_group_mac(rte_be16_t type, const void *ip, struct rte_ether_addr *mac)
{
	struct ether_ip g;

	if (!dest_group(type, ip, &g)) {
		memset(mac, 0xff, sizeof(*mac));
		return;
	}
	if (is_ip4(&g))
		*mac = (struct rte_ether_addr){ { 0x01, 0x00, 0x5e, g.b[13] & 0x7f, g.b[14],
				g.b[15] } };
	else
		*mac = (struct rte_ether_addr){ { 0x33, 0x33, g.b[12], g.b[13], g.b[14],
				g.b[15] } };
}

int
ether_mac_group(const struct rte_ether_addr *mac, const struct ib_gid *bcast, struct ib_gid *mgid)
{
	const uint8_t *a = mac->addr_bytes;
	struct ether_ip g;

	if (a[0] == 0x01 && a[1] == 0x00 && a[2] == 0x5e && a[3] < 0x80) {
		/* 23 of 28 bits are there: groups of the link, 224.0.0.0/24, are whole then. */
		g = ether_ip4(rte_cpu_to_be_32(
				0xe0000000u | (uint32_t)a[3] << 16 | (uint32_t)a[4] << 8 | a[5]));
	} else if (a[0] == 0x33 && a[1] == 0x33) {
		/* 32 of 112 bits: solicited-node groups and those of the link's scope. */
		g = (struct ether_ip){ { 0xff, 0x02 } };
		memcpy(&g.b[12], &a[2], 4);
		if (a[2] == 0xff)
			g.b[11] = 1;
	} else {
		return -EINVAL;
	}
	ether_ip_mgid(&g, bcast, mgid);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <stddef.h>

#include "ipoib_proto.h"

/* RFC 4391 4: signatures that mark an IPv4 and an IPv6 group. */
#define MGID_SIGNATURE_IPV4 0x401b
#define MGID_SIGNATURE_IPV6 0x601b
/* Flags nibble of an MGID: transient, for the SA assigns it. */
#define MGID_FLAGS_TRANSIENT 1

char *
ipoib_addr_format(const struct ipoib_addr *a, char *buf, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	const uint8_t *p = (const uint8_t *)a;
	size_t i, o = 0;

	for (i = 0; i < IPOIB_ADDR_LEN && o + 3 <= len; i++) {
		buf[o++] = hex[p[i] >> 4];
		buf[o++] = hex[p[i] & 15];
		buf[o++] = ':';
	}
	if (o > 0)
		buf[o - 1] = '\0';
	else if (len > 0)
		buf[0] = '\0';
	return buf;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* One or two hex digits; returns what follows them, or NULL. */
static const char *
hex_octet(const char *s, uint8_t *v)
{
	int hi = hex_digit(s[0]), lo;

	if (hi < 0)
		return NULL;
	lo = hex_digit(s[1]);
	*v = (uint8_t)(lo < 0 ? hi : hi << 4 | lo);
	return s + (lo < 0 ? 1 : 2);
}

int
ipoib_addr_parse(const char *s, struct ipoib_addr *a)
{
	uint8_t raw[IPOIB_ADDR_LEN];
	size_t i;

	for (i = 0; i < IPOIB_ADDR_LEN; i++) {
		s = hex_octet(s, &raw[i]);
		if (s == NULL)
			return -EINVAL;
		if (*s++ != (i == IPOIB_ADDR_LEN - 1 ? '\0' : ':'))
			return -EINVAL;
	}
	memcpy(a, raw, sizeof(*a));
	return 0;
}

/* What all IPoIB groups of a link share; the group ID is left zero. */
static void
mgid_prefix(uint8_t scope, uint16_t signature, uint16_t pkey, struct ib_gid *mgid)
{
	memset(mgid, 0, sizeof(*mgid));
	pkey |= IB_PKEY_FULL;
	mgid->raw[0] = 0xff;
	mgid->raw[1] = (uint8_t)(MGID_FLAGS_TRANSIENT << 4 | (scope & 0xf));
	mgid->raw[2] = (uint8_t)(signature >> 8);
	mgid->raw[3] = (uint8_t)signature;
	mgid->raw[4] = (uint8_t)(pkey >> 8);
	mgid->raw[5] = (uint8_t)pkey;
}

static void
mgid_set_low32(struct ib_gid *mgid, uint32_t v)
{
	rte_be32_t be = rte_cpu_to_be_32(v);

	memcpy(&mgid->raw[12], &be, sizeof(be));
}

void
ipoib_mgid_broadcast(uint8_t scope, uint16_t pkey, struct ib_gid *mgid)
{
	mgid_prefix(scope, MGID_SIGNATURE_IPV4, pkey, mgid);
	mgid_set_low32(mgid, UINT32_MAX);
}

void
ipoib_mgid_ipv4(uint8_t scope, uint16_t pkey, uint32_t group, struct ib_gid *mgid)
{
	if (group == UINT32_MAX) {
		ipoib_mgid_broadcast(scope, pkey, mgid);
		return;
	}
	mgid_prefix(scope, MGID_SIGNATURE_IPV4, pkey, mgid);
	mgid_set_low32(mgid, group & 0x0fffffff);
}

void
ipoib_mgid_ipv6(uint8_t scope, uint16_t pkey, const uint8_t group[16], struct ib_gid *mgid)
{
	mgid_prefix(scope, MGID_SIGNATURE_IPV6, pkey, mgid);
	memcpy(&mgid->raw[6], &group[6], 10);
}

int
ipoib_arp_check(const struct ipoib_arp *arp, uint32_t len)
{
	if (len < sizeof(*arp))
		return -EMSGSIZE;
	if (arp->htype != RTE_BE16(IPOIB_ARP_HTYPE) || arp->ptype != RTE_BE16(IPOIB_TYPE_IPV4) ||
			arp->hlen != IPOIB_ADDR_LEN || arp->plen != sizeof(arp->spa) ||
			(arp->op != RTE_BE16(1) && arp->op != RTE_BE16(2)))
		return -EPROTO;
	return 0;
}

void
ipoib_arp_build(struct ipoib_arp *arp, uint16_t op, const struct ipoib_addr *sha, uint32_t spa,
		const struct ipoib_addr *tha, uint32_t tpa)
{
	arp->htype = RTE_BE16(IPOIB_ARP_HTYPE);
	arp->ptype = RTE_BE16(IPOIB_TYPE_IPV4);
	arp->hlen = IPOIB_ADDR_LEN;
	arp->plen = sizeof(arp->spa);
	arp->op = rte_cpu_to_be_16(op);
	arp->sha = *sha;
	arp->spa = rte_cpu_to_be_32(spa);
	arp->tha = *tha;
	arp->tpa = rte_cpu_to_be_32(tpa);
}

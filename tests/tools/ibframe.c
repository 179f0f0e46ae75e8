/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <string.h>

#include "ibframe.h"

#define ICRC_LEN 4u
#define VCRC_LEN 2u
#define OPCODE_UD_SEND_ONLY 0x64
#define LNH_LOCAL 2
#define LNH_GLOBAL 3

static uint32_t icrc_table[256];
static uint16_t vcrc_table[256];

uint64_t
ibf_get(const uint8_t *p, unsigned int n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | *p++;
	return v;
}

uint8_t *
ibf_put(uint8_t *p, uint64_t v, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> 8 * (n - 1 - i));
	return p + n;
}

void
ibf_init(void)
{
	uint32_t c, v, i, bit;

	for (i = 0; i < 256; i++) {
		c = v = i;
		for (bit = 0; bit < 8; bit++) {
			c = c >> 1 ^ (c & 1 ? 0xedb88320 : 0);
			v = v >> 1 ^ (v & 1 ? 0xd008 : 0); /* 0x100b, reflected */
		}
		icrc_table[i] = c;
		vcrc_table[i] = (uint16_t)v;
	}
}

static uint32_t
icrc_add(uint32_t c, const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		c = c >> 8 ^ icrc_table[(c ^ p[i]) & 0xff];
	return c;
}

/*
 * What switches and routers may change counts as ones (IBA 7.8.1): of the LRH the VL, or all of it
 * if there is a GRH; of that the traffic class, flow label and hop limit; an octet of the BTH.
 */
static uint32_t
icrc(const uint8_t *lrh, size_t len)
{
	uint8_t head[IBF_LRH + IBF_GRH + IBF_BTH];
	size_t bth = IBF_LRH;

	if ((lrh[1] & 3) == LNH_GLOBAL)
		bth += IBF_GRH;
	memcpy(head, lrh, bth + IBF_BTH);
	head[0] |= 0xf0;
	if (bth > IBF_LRH) {
		memset(head, 0xff, IBF_LRH);
		head[IBF_LRH] |= 0x0f;
		memset(&head[IBF_LRH + 1], 0xff, 3);
		head[IBF_LRH + 7] = 0xff;
	}
	head[bth + 4] = 0xff;
	bth += IBF_BTH;
	return ~icrc_add(icrc_add(UINT32_MAX, head, bth), lrh + bth, len - bth);
}

static uint16_t
vcrc(const uint8_t *lrh, size_t len)
{
	uint16_t c = UINT16_MAX;
	size_t i;

	for (i = 0; i < len; i++)
		c = (uint16_t)(c >> 8 ^ vcrc_table[(c ^ lrh[i]) & 0xff]);
	return (uint16_t)~c;
}

/* The CRCs' octets go with the least significant one first. */
static uint64_t
get_le(const uint8_t *p, unsigned int n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | p[n];
	return v;
}

static uint8_t *
put_le(uint8_t *p, uint64_t v, unsigned int n)
{
	for (; n > 0; n--, v >>= 8)
		*p++ = (uint8_t)v;
	return p;
}

static bool
read_bth(const uint8_t *bth, const uint8_t *end, struct ibf_packet *p)
{
	size_t pad = bth[1] >> 4 & 3;

	p->pkey = (uint16_t)ibf_get(bth + 2, 2);
	p->dqpn = (uint32_t)ibf_get(bth + 5, 3);
	p->qkey = (uint32_t)ibf_get(bth + IBF_BTH, 4);
	p->payload = bth + IBF_BTH + IBF_DETH + IBF_ENCAP;
	if (bth[0] != OPCODE_UD_SEND_ONLY || p->payload + pad > end)
		return false;
	p->ethertype = (uint16_t)ibf_get(p->payload - IBF_ENCAP, 2);
	p->len = (size_t)(end - p->payload) - pad;
	return true;
}

enum ibf_verdict
ibf_read(const uint8_t *frame, size_t len, struct ibf_packet *p)
{
	const uint8_t *lrh = frame + IBF_ETH, *grh = lrh + IBF_LRH, *bth = grh;
	size_t n; /* LRH through ICRC */
	bool global;

	if (len < IBF_ETH || ibf_get(frame + IBF_ETH - 2, 2) != IBF_ETHERTYPE)
		return IBF_FOREIGN;
	len -= IBF_ETH;
	if (len < IBF_LRH)
		return IBF_BAD_HEADERS;
	n = ibf_get(lrh + 4, 2) % 2048 * 4;
	global = (lrh[1] & 3) == LNH_GLOBAL;
	if (global)
		bth += IBF_GRH;
	else if ((lrh[1] & 3) != LNH_LOCAL)
		return IBF_BAD_HEADERS;
	if (len < n + VCRC_LEN || lrh + n < bth + IBF_BTH + IBF_DETH + IBF_ENCAP + ICRC_LEN)
		return IBF_BAD_HEADERS;
	if (get_le(lrh + n, VCRC_LEN) != vcrc(lrh, n) ||
			get_le(lrh + n - ICRC_LEN, ICRC_LEN) != icrc(lrh, n - ICRC_LEN))
		return IBF_BAD_CRC;
	p->dlid = (uint16_t)ibf_get(lrh + 2, 2);
	p->slid = (uint16_t)ibf_get(lrh + 6, 2);
	p->dgid = global ? grh + 24 : NULL;
	if (global && ibf_get(grh + 4, 2) != n - IBF_LRH - IBF_GRH)
		return IBF_BAD_HEADERS;
	return read_bth(bth, lrh + n - ICRC_LEN, p) ? IBF_GOOD : IBF_BAD_HEADERS;
}

size_t
ibf_write(const struct ibf_way *way, uint16_t ethertype, const uint8_t *payload, size_t len,
		uint8_t *frame)
{
	static const uint64_t mac = UINT64_C(0x021b0000) << 16;
	size_t words = (IBF_LRH + IBF_BTH + IBF_DETH + IBF_ENCAP + len + ICRC_LEN) / 4;
	uint8_t *lrh = frame + IBF_ETH, *p;

	p = ibf_put(ibf_put(frame, mac | way->dlid, 6), mac | way->slid, 6);
	p = ibf_put(p, IBF_ETHERTYPE, 2);
	p = ibf_put(ibf_put(ibf_put(ibf_put(p, LNH_LOCAL, 2), way->dlid, 2), words, 2), way->slid,
			2);
	p = ibf_put(ibf_put(p, OPCODE_UD_SEND_ONLY << 8, 2), way->pkey, 2);
	p = ibf_put(ibf_put(p, way->dqpn, 4), 0, 4);
	p = ibf_put(ibf_put(p, way->qkey, 4), way->sqpn, 4);
	p = ibf_put(p, (uint64_t)ethertype << 16, 4);
	memcpy(p, payload, len);
	p += len;
	p = put_le(p, icrc(lrh, (size_t)(p - lrh)), ICRC_LEN);
	p = put_le(p, vcrc(lrh, (size_t)(p - lrh)), VCRC_LEN);
	return (size_t)(p - frame);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef IBFRAME_H
#define IBFRAME_H

/*
 * InfiniBand UD packets on a carrier, for ibhosts: checked with both CRCs, and
 * made. Independent of the project's own code.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IBF_ETHERTYPE 0x88b5
#define IBF_GUID_PREFIX UINT64_C(0xfe80000000000000)
#define IBF_QPN_MULTICAST 0xffffff
#define IBF_MLID_FIRST 0xc000

enum { IBF_ETH = 14, IBF_LRH = 8, IBF_GRH = 40, IBF_BTH = 12, IBF_DETH = 8, IBF_ENCAP = 4 };

/* A packet's fields, host order. */
struct ibf_packet {
	uint16_t slid, dlid, pkey, ethertype;
	uint32_t dqpn, qkey;
	const uint8_t *dgid;	/* NULL: no GRH */
	const uint8_t *payload; /* behind the encapsulation header */
	size_t len;		/* of it */
};

/* Who sends to whom. */
struct ibf_way {
	uint16_t slid, dlid, pkey;
	uint32_t sqpn, dqpn, qkey;
};

enum ibf_verdict { IBF_GOOD, IBF_FOREIGN, IBF_BAD_HEADERS, IBF_BAD_CRC };

uint64_t ibf_get(const uint8_t *p, unsigned int n);
/* @return what follows the n octets, most significant first */
uint8_t *ibf_put(uint8_t *p, uint64_t v, unsigned int n);

void ibf_init(void);
enum ibf_verdict ibf_read(const uint8_t *frame, size_t len, struct ibf_packet *p);
/*
 * A whole frame of a unicast packet without GRH.
 * @param len of the payload, a multiple of 4
 * @return length of the frame
 */
size_t ibf_write(const struct ibf_way *way, uint16_t ethertype, const uint8_t *payload, size_t len,
		uint8_t *frame);

#endif /* IBFRAME_H */

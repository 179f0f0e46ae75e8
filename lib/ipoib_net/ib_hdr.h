/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef IB_HDR_H
#define IB_HDR_H

/**
 * @file
 * InfiniBand packet headers (IBA 1.4 volume 1, chapters 7, 8 and 9.2) as they
 * are on the wire: LRH, GRH, BTH, DETH.
 *
 * Everything here is a pure function or a layout: any thread may use it.
 * Fields are big endian; the accessors take and return host order. Names are
 * those of the standard.
 */

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <rte_byteorder.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Octets of a GID, a GUID and a QPN. */
#define IB_GID_LEN 16
#define IB_GUID_LEN 8
#define IB_QPN_LEN 3

/** LIDs from here on up to 0xfffe are multicast (MLID), 0xffff is permissive. */
#define IB_MLID_FIRST 0xc000
#define IB_LID_PERMISSIVE 0xffff
/** Destination QPN of every multicast packet (IBA 10.5.2). */
#define IB_QPN_MULTICAST 0xffffff
/** The full-member bit of a P_Key (IBA 10.9.3). */
#define IB_PKEY_FULL 0x8000
/** P_Key values without a partition (IBA 10.9.3): bits 0..14 all zero. */
#define IB_PKEY_BASE(pkey) ((uint16_t)((pkey)&0x7fff))

/** A global identifier: 8 octets subnet prefix, 8 octets GUID (IBA 4.1.1). */
struct ib_gid {
	uint8_t raw[IB_GID_LEN];
} __attribute__((packed));

/** Local route header, 8 octets (IBA 7.7). */
struct ib_lrh {
	uint8_t vl_lver; /**< virtual lane (4), link version (4) */
	uint8_t sl_lnh;	 /**< service level (4), reserved (2), link next header (2) */
	rte_be16_t dlid;
	rte_be16_t len; /**< reserved (5), packet length (11), 4-octet words LRH..ICRC */
	rte_be16_t slid;
} __attribute__((packed));
static_assert(sizeof(struct ib_lrh) == 8, "LRH is 8 octets");

/** Link next header: what follows the LRH (IBA 7.7.5). */
enum ib_lnh {
	IB_LNH_RAW = 0,
	IB_LNH_IP = 1,
	IB_LNH_LOCAL = 2, /**< BTH follows */
	IB_LNH_GLOBAL = 3 /**< GRH follows */
};

/** Global route header, 40 octets, laid out like an IPv6 header (IBA 8.3). */
struct ib_grh {
	rte_be32_t ver_tclass_flow; /**< IPVer 6 (4), TClass (8), FlowLabel (20) */
	rte_be16_t paylen;	    /**< octets after the GRH through ICRC, without VCRC */
	uint8_t nxthdr;		    /**< 0x1b: IBA transport */
	uint8_t hoplmt;
	struct ib_gid sgid;
	struct ib_gid dgid;
} __attribute__((packed));
static_assert(sizeof(struct ib_grh) == 40, "GRH is 40 octets");
#define IB_GRH_NXTHDR_BTH 0x1b

/** Base transport header, 12 octets (IBA 9.2). */
struct ib_bth {
	uint8_t opcode;
	uint8_t flags; /**< SE (1), M (1), PadCnt (2), TVer (4) */
	rte_be16_t pkey;
	uint8_t rsvd8a; /**< counted as ones by the ICRC */
	uint8_t dest_qpn[IB_QPN_LEN];
	rte_be32_t ackreq_psn; /**< AckReq (1), reserved (7), PSN (24) */
} __attribute__((packed));
static_assert(sizeof(struct ib_bth) == 12, "BTH is 12 octets");
/** Opcode "UD SEND only" (IBA table 38). */
#define IB_OPCODE_UD_SEND_ONLY 0x64

/** Datagram extended transport header, 8 octets (IBA 9.3.2). */
struct ib_deth {
	rte_be32_t qkey;
	uint8_t rsvd;
	uint8_t src_qpn[IB_QPN_LEN];
} __attribute__((packed));
static_assert(sizeof(struct ib_deth) == 8, "DETH is 8 octets");

/** Octets of the two trailing CRCs (IBA 7.8). */
#define IB_ICRC_LEN 4
#define IB_VCRC_LEN 2

/** A 24-bit big-endian number, as QPNs are written. */
static inline uint32_t
ib_get_be24(const uint8_t p[3])
{
	return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

/** @see ib_get_be24; bits above 24 are ignored. */
static inline void
ib_put_be24(uint8_t p[3], uint32_t v)
{
	p[0] = (uint8_t)(v >> 16);
	p[1] = (uint8_t)(v >> 8);
	p[2] = (uint8_t)v;
}

static inline bool
ib_lid_is_unicast(uint16_t lid)
{
	return lid != 0 && lid < IB_MLID_FIRST;
}

static inline bool
ib_lid_is_multicast(uint16_t lid)
{
	return lid >= IB_MLID_FIRST && lid != IB_LID_PERMISSIVE;
}

static inline bool
ib_gid_is_multicast(const struct ib_gid *gid)
{
	return gid->raw[0] == 0xff;
}

static inline bool
ib_gid_equal(const struct ib_gid *a, const struct ib_gid *b)
{
	return memcmp(a->raw, b->raw, IB_GID_LEN) == 0;
}

static inline bool
ib_gid_is_zero(const struct ib_gid *gid)
{
	static const struct ib_gid zero;

	return ib_gid_equal(gid, &zero);
}

/**
 * May a packet that carries @p theirs enter a QP whose P_Key is @p ours?
 * Same partition, and at least one of the two a full member (IBA 10.9.3).
 */
static inline bool
ib_pkey_match(uint16_t ours, uint16_t theirs)
{
	return IB_PKEY_BASE(ours) == IB_PKEY_BASE(theirs) && IB_PKEY_BASE(ours) != 0 &&
			((ours | theirs) & IB_PKEY_FULL) != 0;
}

/** IB MTU code (1..5: 256..4096) to octets; 0 for any other code (IBA 15.2.5.16). */
static inline uint16_t
ib_mtu_from_code(uint8_t code)
{
	return code >= 1 && code <= 5 ? (uint16_t)(128u << code) : 0;
}

/**
 * Rate as SA codes it (IBA 15.2.5.16) in Mb/s as it is spoken of ("100 Gb/s" is 4X EDR);
 * 0 for any other code.
 */
uint32_t ib_rate_from_code(uint8_t code);

/** Room for the text forms below, NUL included. */
#define IB_GID_STRLEN 40

/**
 * Write a GID as libibumad tools do, eight groups of four hex digits
 * ("fe80:0000:0000:0000:0002:c903:0000:1234"), into at least IB_GID_STRLEN octets.
 * @return @p buf
 */
char *ib_gid_format(const struct ib_gid *gid, char *buf, size_t len);

/**
 * Read a GID in any form inet_pton(AF_INET6) takes (full or "::" short).
 * @return 0, or -EINVAL with @p gid untouched.
 */
int ib_gid_parse(const char *s, struct ib_gid *gid);

#ifdef __cplusplus
}
#endif

#endif /* IB_HDR_H */

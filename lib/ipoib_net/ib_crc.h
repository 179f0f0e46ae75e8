/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef IB_CRC_H
#define IB_CRC_H

/**
 * @file
 * The two CRCs of an InfiniBand packet (IBA 7.8): ICRC (invariant, end to end)
 * and VCRC (variant, per link). Pure functions but for ib_crc_init(); any
 * thread.
 */

#include <stdint.h>

#include <rte_mbuf.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Choose the fastest implementation this CPU has and fill the tables. Called
 * by a constructor; harmless to call again.
 */
void ib_crc_init(void);

/** The implementations of the CRCs. */
enum ib_crc_impl {
	IB_CRC_TABLES, /**< portable, 8 octets a step */
	IB_CRC_CLMUL,  /**< carry-less multiplication (x86 PCLMULQDQ) */
	IB_CRC_VCLMUL  /**< two of them at a time (VPCLMULQDQ on AVX2's registers) */
};

/**
 * Use one implementation from now on, for tests and measurements. No other
 * thread may be inside a function of this file.
 * @return 0, or -ENOTSUP if this CPU or build has it not, -EINVAL for no such.
 */
int ib_crc_use(enum ib_crc_impl impl);

/**
 * ICRC over the packet that starts at octet @p off of @p m with its LRH and
 * ends, @p len octets on, with the last pad octet (in front of the ICRC).
 * Fields that switches and routers change count as ones: without GRH the VL
 * nibble; with GRH (by the LRH's LNH) the whole LRH, TClass, FlowLabel and
 * HopLimit; BTH reserved octet 4 always (IBA 7.8.1).
 *
 * @p m may have any number of segments, cut anywhere; it is not changed.
 * @p off + @p len must lie inside the packet and @p len must cover the headers
 * LRH, GRH (if any) and BTH: the caller has checked.
 *
 * @return the CRC in host order; on the wire its least significant octet first.
 */
uint32_t ib_icrc(const struct rte_mbuf *m, uint32_t off, uint32_t len);

/**
 * VCRC over octets @p off .. @p off + @p len of @p m: LRH through ICRC.
 * Polynomial 0x100B, reflected, initial value and final XOR 0xFFFF (IBA 7.8.2).
 *
 * @return the CRC in host order; on the wire its least significant octet first.
 */
uint16_t ib_vcrc(const struct rte_mbuf *m, uint32_t off, uint32_t len);

/**
 * Both CRCs of a packet that is being built: ICRC as ib_icrc(), then VCRC over
 * the same octets and the ICRC itself. One pass over the headers' cache lines.
 */
void ib_crc_both(const struct rte_mbuf *m, uint32_t off, uint32_t len, uint32_t *icrc,
		uint16_t *vcrc);

/** ib_icrc() and ib_vcrc() over flat memory, for tests and tools. */
uint32_t ib_icrc_buf(const void *lrh, uint32_t len);
/** @see ib_icrc_buf */
uint16_t ib_vcrc_buf(const void *lrh, uint32_t len);

#ifdef __cplusplus
}
#endif

#endif /* IB_CRC_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef CAPTURE_HEAD_H
#define CAPTURE_HEAD_H

/**
 * @file
 * InfiniBand headers around a packet that was captured at a port: an HCA keeps them
 * to itself, but for what the driver tells. Pure functions.
 */

#include <stdint.h>

#include "capture.h"
#include "pmd_ipoib.h"

struct dp_capture_rec;

/** Most octets that come in front: LRH, GRH, BTH, DETH. */
#define CAPTURE_HEAD_MAX 68
/** Most octets that come behind: pad, ICRC, VCRC. */
#define CAPTURE_TAIL_MAX 9

/**
 * Put headers in front of a packet and, if it is whole, pad and CRCs behind it. What the
 * driver does not tell is: the DLID of a received group (0xffff), the SL of what is received,
 * the PSN, and the peer's membership in the P_Key.
 * @param av of what is sent; NULL: the address handle is gone, the DLID is 0xffff
 * @param pkt the packet from the encapsulation header, or from a GRH on; @p len octets of
 *   @p wire_len, with CAPTURE_HEAD_MAX octets of room in front and CAPTURE_TAIL_MAX behind
 * @param wire_len of the result
 * @return where the result begins; @p len is its length then
 */
uint8_t *capture_head_build(const struct dp_capture_rec *rec, const struct pmd_ipoib_info *info,
		const struct pmd_ipoib_av *av, uint8_t *pkt, uint32_t *len, uint32_t *wire_len);

#endif /* CAPTURE_HEAD_H */

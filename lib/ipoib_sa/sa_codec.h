/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef SA_CODEC_H
#define SA_CODEC_H

/**
 * @file
 * SubnAdm MADs to and from their records (IBA 15.2). Pure functions. Internal
 * to ipoib_sa and its tests.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ib_mad.h"
#include "ipoib_sa.h"

/** Component masks (IBA 15.2.5.16, 15.2.5.17), those of Linux. */
enum {
	/** DGID, SGID, TClass, NumbPath, P_Key */
	SA_MASK_PATH = 0x340c,
	/** MGID, PortGID, P_Key, JoinState */
	SA_MASK_JOIN = 0x10083,
	/** those and Q_Key, MTU, TClass, rate, SL, FlowLabel, HopLimit */
	SA_MASK_JOIN_CREATE = 0x173f7,
	/** MGID, PortGID, JoinState */
	SA_MASK_LEAVE = 0x10003,
	/** MGID, PortGID */
	SA_MASK_MC_GET = 0x3,
	/** P_Key; and MLID */
	SA_MASK_LIST = 0x80,
	SA_MASK_LIST_MLID = 0x88
};

/** What a path may be asked for besides. */
#define SA_MASK_PATH_DLID (1u << 4)
/** And what it may be asked for without. */
#define SA_MASK_PATH_DGID (1u << 2)
#define SA_MASK_PATH_QOS (1u << 14)
#define SA_MASK_PATH_SL (1u << 15)

/** ClassPortInfo:CapabilityMask2 bits. */
#define SA_CAP2_SENDONLY_FULL (1u << 12)

/** Octets of the records. */
#define SA_PATH_LEN 64
#define SA_MCMEMBER_LEN 52
#define SA_NOTICE_LEN 80

/** Fill the headers; the attribute is zero. */
void sa_encode_hdr(
		struct ib_sa_mad *mad, uint8_t method, uint16_t attr, uint64_t mask, uint32_t tid);

/** SubnAdmGet(PathRecord); the mask grows with what @p req asks for. */
void sa_encode_path(struct ib_sa_mad *mad, const struct ipoib_sa_path_req *req, uint32_t tid);

/** Octets 0..63 of @p data. @return 0, or -EPROTO: no such path can be */
int sa_decode_path(const uint8_t *data, struct ipoib_sa_path *path);

/**
 * Any method on an MCMemberRecord; the components in @p mask are
 * taken from @p rec.
 */
void sa_encode_mcmember(struct ib_sa_mad *mad, uint8_t method, uint64_t mask,
		const struct ipoib_sa_mcast *rec, uint32_t tid);

/**
 * SubnAdmSet(InformInfo): generic notices of @p trap from every source.
 * @param qpn where the reports went; needed to end a subscription
 */
void sa_encode_inform(
		struct ib_sa_mad *mad, uint16_t trap, bool subscribe, uint32_t qpn, uint32_t tid);

/** Octets 0..7 of @p data. */
void sa_decode_info(const uint8_t *data, struct ipoib_sa_info *info);

/** Octets 0..79 of @p data. @return 0, or -EPROTO: no generic notice of a known trap */
int sa_decode_notice(const uint8_t *data, struct ipoib_sa_notice *notice);

/** Octets 0..51 of @p data. @return 0, or -EPROTO: no such group can be */
int sa_decode_mcmember(const uint8_t *data, struct ipoib_sa_mcast *rec);

#endif /* SA_CODEC_H */

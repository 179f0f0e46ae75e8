/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef IB_MAD_H
#define IB_MAD_H

/**
 * @file
 * Management datagrams as they are on the wire (IBA chapters 13, 14 and 15.2):
 * the common header, directed-route SMPs and SubnAdm MADs. Layouts only, all
 * fields big endian; any thread.
 */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_byteorder.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Management classes (IBA table 110). */
#define IB_MAD_CLASS_SMP_LID 0x01
#define IB_MAD_CLASS_SUBN_ADM 0x03
#define IB_MAD_CLASS_SMP_DIRECT 0x81

#define IB_MAD_BASE_VERSION 1
#define IB_MAD_SMP_CLASS_VERSION 1
#define IB_MAD_SA_CLASS_VERSION 2

/** Methods (IBA tables 112 and 186). */
#define IB_MAD_METHOD_GET 0x01
#define IB_MAD_METHOD_SET 0x02
#define IB_MAD_METHOD_GET_RESP 0x81
#define IB_MAD_METHOD_REPORT 0x06
#define IB_MAD_METHOD_REPORT_RESP 0x86
#define IB_MAD_METHOD_GET_TABLE 0x12
#define IB_MAD_METHOD_GET_TABLE_RESP 0x92
#define IB_MAD_METHOD_DELETE 0x15
#define IB_MAD_METHOD_DELETE_RESP 0x95
/** Set in every answer. */
#define IB_MAD_METHOD_RESP 0x80

/** Status: the class' own code is the high octet (IBA 13.4.7). */
#define IB_MAD_STATUS_BUSY 0x0001
#define IB_MAD_STATUS_CODE(status) ((status)&0x001c)
#define IB_MAD_STATUS_UNSUPPORTED 0x000c /**< code: method and attribute do not go together */
#define IB_MAD_STATUS_CLASS(status) ((status) >> 8)
#define IB_MAD_STATUS_SA_NO_RECORDS 3
/** Directed-route SMPs: the answer's direction bit, no part of the status. */
#define IB_MAD_STATUS_DIRECTION 0x8000

/** Attributes. */
#define IB_MAD_ATTR_CLASS_PORT_INFO 0x0001
#define IB_MAD_ATTR_NOTICE 0x0002
#define IB_MAD_ATTR_INFORM_INFO 0x0003
#define IB_MAD_ATTR_NODE_INFO 0x0011
#define IB_MAD_ATTR_PORT_INFO 0x0015
#define IB_MAD_ATTR_PKEY_TABLE 0x0016
#define IB_MAD_ATTR_SM_INFO 0x0020
#define IB_MAD_ATTR_PATH_RECORD 0x0035
#define IB_MAD_ATTR_MCMEMBER_RECORD 0x0038

/** Interface id of the SA's GID in each subnet (IBA 15.1.1). */
#define IB_SA_INTERFACE_ID UINT64_C(0x0200000000000002)

/** The well-known Q_Key of QP1 (IBA 10.2.5). */
#define IB_MAD_QP1_QKEY 0x80010000u

/** In front of every MAD (IBA 13.4.3). */
struct ib_mad_hdr {
	uint8_t base_version;
	uint8_t mgmt_class;
	uint8_t class_version;
	uint8_t method;
	rte_be16_t status;
	rte_be16_t class_specific; /**< directed route: hop pointer, hop count */
	rte_be64_t tid;
	rte_be16_t attr_id;
	rte_be16_t rsvd;
	rte_be32_t attr_mod;
} __attribute__((packed));
static_assert(sizeof(struct ib_mad_hdr) == 24, "the common MAD header is 24 octets");

/** Octets of an SMP's attribute. */
#define IB_SMP_DATA_LEN 64

/** Directed-route SMP (IBA 14.2.1.2). */
struct ib_smp {
	struct ib_mad_hdr hdr;
	rte_be64_t m_key;
	rte_be16_t dr_slid;
	rte_be16_t dr_dlid;
	uint8_t rsvd[28];
	uint8_t data[IB_SMP_DATA_LEN];
	uint8_t initial_path[64];
	uint8_t return_path[64];
} __attribute__((packed));
static_assert(sizeof(struct ib_smp) == 256, "an SMP is 256 octets");
static_assert(offsetof(struct ib_smp, data) == 64, "its attribute starts at octet 64");

/** Octets of a SubnAdm MAD's attribute. */
#define IB_SA_DATA_LEN 200

/** RMPP header (IBA 13.6.2); all zero in what is no part of a transfer. */
struct ib_rmpp_hdr {
	uint8_t version;
	uint8_t type;
	uint8_t flags; /**< RRespTime (5), then IB_RMPP_FLAG_* */
	uint8_t status;
	rte_be32_t seg;		/**< DATA, ACK: of the segment, from 1 */
	rte_be32_t len_or_last; /**< DATA: PayloadLength; ACK: NewWindowLast */
} __attribute__((packed));
static_assert(sizeof(struct ib_rmpp_hdr) == 12, "the RMPP header is 12 octets");

#define IB_RMPP_VERSION 1
#define IB_RMPP_TYPE_DATA 1
#define IB_RMPP_TYPE_ACK 2
#define IB_RMPP_TYPE_STOP 3
#define IB_RMPP_TYPE_ABORT 4
#define IB_RMPP_FLAG_ACTIVE 0x01
#define IB_RMPP_FLAG_FIRST 0x02
#define IB_RMPP_FLAG_LAST 0x04
/** STOP: out of resources. ABORT: too many retries; unspecified. */
#define IB_RMPP_STATUS_RESX 1
#define IB_RMPP_STATUS_TMR 126
#define IB_RMPP_STATUS_UNSPEC 127

/** SubnAdm MAD (IBA 15.2.1.1). */
struct ib_sa_mad {
	struct ib_mad_hdr hdr;
	struct ib_rmpp_hdr rmpp;
	rte_be64_t sm_key;
	rte_be16_t attr_offset;
	rte_be16_t rsvd;
	rte_be64_t comp_mask;
	uint8_t data[IB_SA_DATA_LEN];
} __attribute__((packed));
static_assert(sizeof(struct ib_sa_mad) == 256, "an SA MAD is 256 octets");
static_assert(offsetof(struct ib_sa_mad, data) == 56, "its attribute starts at octet 56");

/** NodeInfo (IBA 14.2.5.3): octets into the attribute. */
#define IB_NODE_INFO_PORT_GUID 20
#define IB_NODE_INFO_PARTITION_CAP 28

/** PortInfo (IBA 14.2.5.6): octets into the attribute. */
#define IB_PORT_INFO_GID_PREFIX 8
#define IB_PORT_INFO_LID 16
#define IB_PORT_INFO_SM_LID 18
#define IB_PORT_INFO_CAP_MASK 20
#define IB_PORT_INFO_LINK_WIDTH 31     /**< active */
#define IB_PORT_INFO_STATE 32	       /**< low 4 bits */
#define IB_PORT_INFO_LMC 34	       /**< low 3 bits */
#define IB_PORT_INFO_LINK_SPEED 35     /**< active: high 4 bits */
#define IB_PORT_INFO_MTU_SL 36	       /**< NeighborMTU (4), MasterSMSL (4) */
#define IB_PORT_INFO_LINK_SPEED_EXT 62 /**< active: high 4 bits, 0: as in LINK_SPEED */

/** SMInfo (IBA 14.2.5.13): octets into the attribute. */
#define IB_SM_INFO_GUID 0
#define IB_SM_INFO_ACT_COUNT 16

/** P_Keys of one P_KeyTable block (IBA 14.2.5.7). */
#define IB_PKEY_BLOCK_LEN 32

#ifdef __cplusplus
}
#endif

#endif /* IB_MAD_H */

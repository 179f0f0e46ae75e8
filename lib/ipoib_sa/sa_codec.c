/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <string.h>

#include "sa_codec.h"

/* PathRecord: octets into the attribute. */
#define PATH_DGID 8
#define PATH_SGID 24
#define PATH_DLID 40
#define PATH_SLID 42
#define PATH_FLOW_HOP 44 /* RawTraffic (1), reserved (3), FlowLabel (20), HopLimit (8) */
#define PATH_TCLASS 48
#define PATH_NUMB 49 /* Reversible (1), NumbPath (7) */
#define PATH_PKEY 50
#define PATH_QOS_SL 52	 /* QoSClass (12), SL (4) */
#define PATH_MTU 54	 /* selector (2), MTU (6) */
#define PATH_RATE 55	 /* selector (2), rate (6) */
#define PATH_LIFETIME 56 /* selector (2), PacketLifeTime (6) */

/* InformInfo (IBA 13.4.8.3): octets into the attribute. */
#define INFORM_LID_BEGIN 16
#define INFORM_GENERIC 22
#define INFORM_SUBSCRIBE 23
#define INFORM_TYPE 24
#define INFORM_TRAP 26
#define INFORM_QPN_RESP 28 /* QPN (24), reserved (3), RespTime (5) */
#define INFORM_PRODUCER 32 /* reserved (8), ProducerType (24) */
#define INFORM_ALL_LIDS 0xffff
#define INFORM_ALL_TYPES 0xffff
#define INFORM_ALL_PRODUCERS 0xffffff

/* Notice (IBA 13.4.8.2): octets into the attribute. */
#define NOTICE_TYPE 0 /* IsGeneric (1), Type (7) */
#define NOTICE_TRAP 4
#define NOTICE_ISSUER_LID 6
#define NOTICE_DETAILS 10
#define NOTICE_64_GID (NOTICE_DETAILS + 6)
#define NOTICE_128_LID NOTICE_DETAILS
#define NOTICE_144_LID (NOTICE_DETAILS + 2)
#define NOTICE_144_CAP_MASK (NOTICE_DETAILS + 6)
#define NOTICE_ISSUER_GID 64
#define NOTICE_GENERIC 0x80

/* ClassPortInfo: octets into the attribute. */
#define INFO_CAP_MASK 2
#define INFO_CAP_MASK2 4 /* CapabilityMask2 (27), RespTimeValue (5) */

/* MCMemberRecord: octets into the attribute. */
#define MC_MGID 0
#define MC_PORT_GID 16
#define MC_QKEY 32
#define MC_MLID 36
#define MC_MTU 38 /* selector (2), MTU (6) */
#define MC_TCLASS 39
#define MC_PKEY 40
#define MC_RATE 42	  /* selector (2), rate (6) */
#define MC_SL_FLOW_HOP 44 /* SL (4), FlowLabel (20), HopLimit (8) */
#define MC_SCOPE_STATE 48 /* scope (4), JoinState (4) */

/* Component bits that decide which fields are written. */
#define MC_MASK_QKEY (1u << 2)
#define MC_MASK_MLID (1u << 3)
#define MC_MASK_MTU (1u << 5)
#define MC_MASK_TCLASS (1u << 6)
#define MC_MASK_PKEY (1u << 7)
#define MC_MASK_RATE (1u << 9)
#define MC_MASK_SL (1u << 12)
#define MC_MASK_FLOW (1u << 13)
#define MC_MASK_HOP (1u << 14)

/* Selector "exactly" in the two upper bits. */
#define SELECT_EQUAL 0x80
#define VALUE(octet) ((octet)&0x3f)

static void
put_be16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void
put_be32(uint8_t *p, uint32_t v)
{
	put_be16(p, (uint16_t)(v >> 16));
	put_be16(p + 2, (uint16_t)v);
}

static uint16_t
get_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t
get_be32(const uint8_t *p)
{
	return (uint32_t)get_be16(p) << 16 | get_be16(p + 2);
}

/* Octets to the MTU's code; the smallest that is no less. */
static uint8_t
mtu_code(uint16_t mtu)
{
	uint8_t code = 1;

	while (code < 5 && ib_mtu_from_code(code) < mtu)
		code++;
	return code;
}

void
sa_encode_hdr(struct ib_sa_mad *mad, uint8_t method, uint16_t attr, uint64_t mask, uint32_t tid)
{
	memset(mad, 0, sizeof(*mad));
	mad->hdr.base_version = IB_MAD_BASE_VERSION;
	mad->hdr.mgmt_class = IB_MAD_CLASS_SUBN_ADM;
	mad->hdr.class_version = IB_MAD_SA_CLASS_VERSION;
	mad->hdr.method = method;
	mad->hdr.tid = rte_cpu_to_be_64(tid);
	mad->hdr.attr_id = rte_cpu_to_be_16(attr);
	mad->comp_mask = rte_cpu_to_be_64(mask);
}

void
sa_encode_path(struct ib_sa_mad *mad, const struct ipoib_sa_path_req *req, uint32_t tid)
{
	uint64_t mask = SA_MASK_PATH;
	uint8_t *d = mad->data;
	uint16_t qos_sl = 0;

	if (ib_gid_is_zero(&req->dgid))
		mask &= ~SA_MASK_PATH_DGID;
	if (req->dlid != 0)
		mask |= SA_MASK_PATH_DLID;
	if (req->has_sl) {
		mask |= SA_MASK_PATH_SL;
		qos_sl |= req->sl & 0x0f;
	}
	if (req->has_qos_class) {
		mask |= SA_MASK_PATH_QOS;
		qos_sl |= (uint16_t)(req->qos_class << 4);
	}
	sa_encode_hdr(mad, IB_MAD_METHOD_GET, IB_MAD_ATTR_PATH_RECORD, mask, tid);
	memcpy(d + PATH_DGID, req->dgid.raw, IB_GID_LEN);
	memcpy(d + PATH_SGID, req->sgid.raw, IB_GID_LEN);
	put_be16(d + PATH_DLID, req->dlid);
	d[PATH_TCLASS] = req->tclass;
	d[PATH_NUMB] = 1;
	put_be16(d + PATH_PKEY, req->pkey | IB_PKEY_FULL);
	put_be16(d + PATH_QOS_SL, qos_sl);
}

int
sa_decode_path(const uint8_t *data, struct ipoib_sa_path *path)
{
	uint32_t flow_hop = get_be32(data + PATH_FLOW_HOP);

	memset(path, 0, sizeof(*path));
	memcpy(path->dgid.raw, data + PATH_DGID, IB_GID_LEN);
	memcpy(path->sgid.raw, data + PATH_SGID, IB_GID_LEN);
	path->dlid = get_be16(data + PATH_DLID);
	path->slid = get_be16(data + PATH_SLID);
	path->flow_label = flow_hop >> 8 & 0xfffff;
	path->hop_limit = (uint8_t)flow_hop;
	path->tclass = data[PATH_TCLASS];
	path->pkey = get_be16(data + PATH_PKEY);
	path->sl = get_be16(data + PATH_QOS_SL) & 0x0f;
	path->mtu = ib_mtu_from_code(VALUE(data[PATH_MTU]));
	path->rate = VALUE(data[PATH_RATE]);
	path->lifetime = VALUE(data[PATH_LIFETIME]);
	return ib_lid_is_unicast(path->dlid) && path->mtu != 0 ? 0 : -EPROTO;
}

void
sa_encode_mcmember(struct ib_sa_mad *mad, uint8_t method, uint64_t mask,
		const struct ipoib_sa_mcast *rec, uint32_t tid)
{
	uint32_t sl_flow_hop = 0;
	uint8_t *d = mad->data;

	sa_encode_hdr(mad, method, IB_MAD_ATTR_MCMEMBER_RECORD, mask, tid);
	memcpy(d + MC_MGID, rec->mgid.raw, IB_GID_LEN);
	memcpy(d + MC_PORT_GID, rec->port_gid.raw, IB_GID_LEN);
	d[MC_SCOPE_STATE] = rec->join_state & 0x0f;
	if ((mask & MC_MASK_PKEY) != 0)
		put_be16(d + MC_PKEY, rec->pkey | IB_PKEY_FULL);
	if ((mask & MC_MASK_QKEY) != 0)
		put_be32(d + MC_QKEY, rec->qkey);
	if ((mask & MC_MASK_MLID) != 0)
		put_be16(d + MC_MLID, rec->mlid);
	if ((mask & MC_MASK_MTU) != 0)
		d[MC_MTU] = SELECT_EQUAL | mtu_code(rec->mtu);
	if ((mask & MC_MASK_TCLASS) != 0)
		d[MC_TCLASS] = rec->tclass;
	if ((mask & MC_MASK_RATE) != 0)
		d[MC_RATE] = SELECT_EQUAL | VALUE(rec->rate);
	if ((mask & MC_MASK_SL) != 0)
		sl_flow_hop |= (uint32_t)(rec->sl & 0x0f) << 28;
	if ((mask & MC_MASK_FLOW) != 0)
		sl_flow_hop |= (rec->flow_label & 0xfffff) << 8;
	if ((mask & MC_MASK_HOP) != 0)
		sl_flow_hop |= rec->hop_limit;
	put_be32(d + MC_SL_FLOW_HOP, sl_flow_hop);
}

int
sa_decode_mcmember(const uint8_t *data, struct ipoib_sa_mcast *rec)
{
	uint32_t sl_flow_hop = get_be32(data + MC_SL_FLOW_HOP);

	memset(rec, 0, sizeof(*rec));
	memcpy(rec->mgid.raw, data + MC_MGID, IB_GID_LEN);
	memcpy(rec->port_gid.raw, data + MC_PORT_GID, IB_GID_LEN);
	rec->qkey = get_be32(data + MC_QKEY);
	rec->mlid = get_be16(data + MC_MLID);
	rec->mtu = ib_mtu_from_code(VALUE(data[MC_MTU]));
	rec->tclass = data[MC_TCLASS];
	rec->pkey = get_be16(data + MC_PKEY);
	rec->rate = VALUE(data[MC_RATE]);
	rec->sl = (uint8_t)(sl_flow_hop >> 28);
	rec->flow_label = sl_flow_hop >> 8 & 0xfffff;
	rec->hop_limit = (uint8_t)sl_flow_hop;
	rec->scope = data[MC_SCOPE_STATE] >> 4;
	rec->join_state = data[MC_SCOPE_STATE] & 0x0f;
	return ib_gid_is_multicast(&rec->mgid) ? 0 : -EPROTO;
}

void
sa_encode_inform(struct ib_sa_mad *mad, uint16_t trap, bool subscribe, uint32_t qpn, uint32_t tid)
{
	uint8_t *d = mad->data;

	/* InformInfo is no record: nothing is selected by components. */
	sa_encode_hdr(mad, IB_MAD_METHOD_SET, IB_MAD_ATTR_INFORM_INFO, 0, tid);
	put_be16(d + INFORM_LID_BEGIN, INFORM_ALL_LIDS);
	d[INFORM_GENERIC] = 1;
	d[INFORM_SUBSCRIBE] = subscribe;
	put_be16(d + INFORM_TYPE, INFORM_ALL_TYPES);
	put_be16(d + INFORM_TRAP, trap);
	/* To subscribe, the source QP counts; to end it, this field. */
	put_be32(d + INFORM_QPN_RESP, subscribe ? 0 : qpn << 8);
	put_be32(d + INFORM_PRODUCER, INFORM_ALL_PRODUCERS);
}

void
sa_decode_info(const uint8_t *data, struct ipoib_sa_info *info)
{
	uint32_t cap2_resp = get_be32(data + INFO_CAP_MASK2);

	info->cap_mask = get_be16(data + INFO_CAP_MASK);
	info->cap_mask2 = cap2_resp >> 5;
	info->resp_time = cap2_resp & 0x1f;
	info->sendonly_full = (info->cap_mask2 & SA_CAP2_SENDONLY_FULL) != 0;
}

int
sa_decode_notice(const uint8_t *data, struct ipoib_sa_notice *notice)
{
	const uint8_t *gid = data + NOTICE_ISSUER_GID;

	memset(notice, 0, sizeof(*notice));
	notice->trap = get_be16(data + NOTICE_TRAP);
	notice->lid = get_be16(data + NOTICE_ISSUER_LID);
	if ((data[NOTICE_TYPE] & NOTICE_GENERIC) == 0)
		return -EPROTO;
	switch (notice->trap) {
	case IPOIB_SA_TRAP_GID_IN:
	case IPOIB_SA_TRAP_GID_OUT:
	case IPOIB_SA_TRAP_MGID_CREATED:
	case IPOIB_SA_TRAP_MGID_DELETED:
		gid = data + NOTICE_64_GID;
		break;
	case IPOIB_SA_TRAP_LINK_STATE:
		notice->lid = get_be16(data + NOTICE_128_LID);
		break;
	case IPOIB_SA_TRAP_PORT_CHANGE:
		notice->lid = get_be16(data + NOTICE_144_LID);
		notice->cap_mask = get_be32(data + NOTICE_144_CAP_MASK);
		break;
	default:
		return -EPROTO;
	}
	memcpy(notice->gid.raw, gid, IB_GID_LEN);
	return 0;
}

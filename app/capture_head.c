/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <string.h>

#include "capture_head.h"
#include "dp_capture.h"
#include "ib_crc.h"

static void
put_deth(uint8_t *p, const struct dp_capture_rec *rec, const struct pmd_ipoib_info *info)
{
	struct ib_deth deth = { .qkey = rte_cpu_to_be_32(info->qkey) };

	ib_put_be24(deth.src_qpn,
			rec->sent ? info->qpn[rec->queue % PMD_IPOIB_QUEUES_MAX] : rec->qpn);
	memcpy(p, &deth, sizeof(deth));
}

static void
put_bth(uint8_t *p, const struct dp_capture_rec *rec, const struct pmd_ipoib_info *info,
		uint32_t pad)
{
	struct ib_bth bth = {
		.opcode = IB_OPCODE_UD_SEND_ONLY,
		.flags = (uint8_t)(pad << 4),
		.pkey = rte_cpu_to_be_16(info->pkey_wire),
	};
	uint32_t qpn = rec->qpn;

	if (!rec->sent)
		qpn = rec->mcast ? IB_QPN_MULTICAST : info->qpn[rec->queue % PMD_IPOIB_QUEUES_MAX];
	ib_put_be24(bth.dest_qpn, qpn);
	memcpy(p, &bth, sizeof(bth));
}

static void
put_grh(uint8_t *p, const struct pmd_ipoib_info *info, const struct pmd_ipoib_av *av,
		uint32_t paylen)
{
	const struct ib_grh grh = {
		.ver_tclass_flow = rte_cpu_to_be_32(
				UINT32_C(6) << 28 | (uint32_t)av->tclass << 20 | av->flow_label),
		.paylen = rte_cpu_to_be_16((uint16_t)paylen),
		.nxthdr = IB_GRH_NXTHDR_BTH,
		.hoplmt = av->hop_limit,
		.sgid = info->gid,
		.dgid = av->dgid,
	};

	memcpy(p, &grh, sizeof(grh));
}

static void
put_lrh(uint8_t *p, const struct dp_capture_rec *rec, const struct pmd_ipoib_info *info,
		const struct pmd_ipoib_av *av, bool global, uint32_t words)
{
	uint16_t dlid = IB_LID_PERMISSIVE, slid = rec->slid;
	uint8_t sl = 0;

	if (rec->sent) {
		slid = info->lid;
		if (av != NULL) {
			dlid = av->dlid;
			sl = av->sl;
			slid |= av->src_path_bits & ((1 << info->lmc) - 1);
		}
	} else if (!rec->mcast) {
		dlid = info->lid;
	}
	const struct ib_lrh lrh = {
		.sl_lnh = (uint8_t)(sl << 4 | (global ? IB_LNH_GLOBAL : IB_LNH_LOCAL)),
		.dlid = rte_cpu_to_be_16(dlid),
		.len = rte_cpu_to_be_16((uint16_t)words),
		.slid = rte_cpu_to_be_16(slid),
	};
	memcpy(p, &lrh, sizeof(lrh));
}

static void
put_tail(uint8_t *start, uint32_t len, uint32_t pad)
{
	uint8_t *end = start + len;
	uint32_t icrc;
	uint16_t vcrc;

	memset(end, 0, pad);
	icrc = rte_cpu_to_le_32(ib_icrc_buf(start, len + pad));
	memcpy(end + pad, &icrc, sizeof(icrc));
	vcrc = rte_cpu_to_le_16(ib_vcrc_buf(start, len + pad + IB_ICRC_LEN));
	memcpy(end + pad + IB_ICRC_LEN, &vcrc, sizeof(vcrc));
}

uint8_t *
capture_head_build(const struct dp_capture_rec *rec, const struct pmd_ipoib_info *info,
		const struct pmd_ipoib_av *av, uint8_t *pkt, uint32_t *len, uint32_t *wire_len)
{
	bool global = rec->sent ? av != NULL && av->is_global : rec->grh;
	uint32_t pad = -rec->wire_len & 3, transport, words;
	struct ib_grh grh;
	uint8_t *p = pkt;

	if (rec->grh) {
		memcpy(&grh, p, sizeof(grh));
		p += sizeof(grh);
		*len -= (uint32_t)sizeof(grh);
	}
	transport = (uint32_t)(sizeof(struct ib_bth) + sizeof(struct ib_deth)) + rec->wire_len +
			pad + IB_ICRC_LEN;
	words = (uint32_t)(sizeof(struct ib_lrh) + (global ? sizeof(grh) : 0) + transport) / 4;
	*wire_len = words * 4 + IB_VCRC_LEN;
	pkt = p;
	put_deth(p -= sizeof(struct ib_deth), rec, info);
	put_bth(p -= sizeof(struct ib_bth), rec, info, pad);
	if (rec->grh)
		memcpy(p -= sizeof(grh), &grh, sizeof(grh));
	else if (global)
		put_grh(p -= sizeof(grh), info, av, transport);
	put_lrh(p -= sizeof(struct ib_lrh), rec, info, av, global, words);
	*len += (uint32_t)(pkt - p);
	if (*len + pad + IB_ICRC_LEN + IB_VCRC_LEN == *wire_len) {
		put_tail(p, *len, pad);
		*len = *wire_len;
	}
	return p;
}

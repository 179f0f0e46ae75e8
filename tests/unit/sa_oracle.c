/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <string.h>

#include <iba/ib_types.h>

#include "sa_oracle.h"

uint64_t
oracle_mask_path(void)
{
	return cl_ntoh64(IB_PR_COMPMASK_DGID | IB_PR_COMPMASK_SGID | IB_PR_COMPMASK_TCLASS |
			IB_PR_COMPMASK_NUMBPATH | IB_PR_COMPMASK_PKEY);
}

uint64_t
oracle_mask_join(void)
{
	return cl_ntoh64(IB_MCR_COMPMASK_MGID | IB_MCR_COMPMASK_PORT_GID | IB_MCR_COMPMASK_PKEY |
			IB_MCR_COMPMASK_JOIN_STATE);
}

uint64_t
oracle_mask_create(void)
{
	return oracle_mask_join() |
			cl_ntoh64(IB_MCR_COMPMASK_QKEY | IB_MCR_COMPMASK_MTU_SEL |
					IB_MCR_COMPMASK_MTU | IB_MCR_COMPMASK_TCLASS |
					IB_MCR_COMPMASK_RATE_SEL | IB_MCR_COMPMASK_RATE |
					IB_MCR_COMPMASK_SL | IB_MCR_COMPMASK_FLOW |
					IB_MCR_COMPMASK_HOP);
}

uint64_t
oracle_mask_leave(void)
{
	return cl_ntoh64(IB_MCR_COMPMASK_MGID | IB_MCR_COMPMASK_PORT_GID |
			IB_MCR_COMPMASK_JOIN_STATE);
}

uint64_t
oracle_mask_path_more(bool dlid, bool sl, bool qos_class)
{
	return oracle_mask_path() | (dlid ? cl_ntoh64(IB_PR_COMPMASK_DLID) : 0) |
			(sl ? cl_ntoh64(IB_PR_COMPMASK_SL) : 0) |
			(qos_class ? cl_ntoh64(IB_PR_COMPMASK_QOS_CLASS) : 0);
}

uint64_t
oracle_mask_mc_get(void)
{
	return cl_ntoh64(IB_MCR_COMPMASK_MGID | IB_MCR_COMPMASK_PORT_GID);
}

uint64_t
oracle_mask_list(bool mlid)
{
	return cl_ntoh64(IB_MCR_COMPMASK_PKEY) | (mlid ? cl_ntoh64(IB_MCR_COMPMASK_MLID) : 0);
}

void
oracle_get_hdr(const uint8_t *mad, struct oracle_hdr *out)
{
	const ib_sa_mad_t *m = (const ib_sa_mad_t *)mad;

	out->base_version = m->base_ver;
	out->mgmt_class = m->mgmt_class;
	out->class_version = m->class_ver;
	out->method = m->method;
	out->status = cl_ntoh16(m->status);
	out->attr_id = cl_ntoh16(m->attr_id);
	out->tid = cl_ntoh64(m->trans_id);
	out->comp_mask = cl_ntoh64(m->comp_mask);
	out->sm_key = cl_ntoh64(m->sm_key);
}

void
oracle_get_path(const uint8_t *mad, struct oracle_path *out)
{
	const ib_path_rec_t *r = (const ib_path_rec_t *)((const ib_sa_mad_t *)mad)->data;

	memcpy(out->dgid, r->dgid.raw, 16);
	memcpy(out->sgid, r->sgid.raw, 16);
	out->dlid = cl_ntoh16(r->dlid);
	out->slid = cl_ntoh16(r->slid);
	out->pkey = cl_ntoh16(r->pkey);
	out->flow_label = ib_path_rec_flow_lbl(r);
	out->hop_limit = ib_path_rec_hop_limit(r);
	out->tclass = r->tclass;
	out->num_path = ib_path_rec_num_path(r);
	out->sl = ib_path_rec_sl(r);
	out->qos_class = ib_path_rec_qos_class(r);
	out->mtu = ib_path_rec_mtu(r);
	out->mtu_sel = ib_path_rec_mtu_sel(r);
	out->rate = ib_path_rec_rate(r);
	out->rate_sel = ib_path_rec_rate_sel(r);
	out->life = ib_path_rec_pkt_life(r);
	out->life_sel = ib_path_rec_pkt_life_sel(r);
}

void
oracle_get_member(const uint8_t *mad, struct oracle_member *out)
{
	const ib_member_rec_t *r = (const ib_member_rec_t *)((const ib_sa_mad_t *)mad)->data;

	memcpy(out->mgid, r->mgid.raw, 16);
	memcpy(out->port_gid, r->port_gid.raw, 16);
	out->qkey = cl_ntoh32(r->qkey);
	out->mlid = cl_ntoh16(r->mlid);
	out->pkey = cl_ntoh16(r->pkey);
	out->mtu = r->mtu;
	out->tclass = r->tclass;
	out->rate = r->rate;
	out->life = r->pkt_life;
	ib_member_get_sl_flow_hop(r->sl_flow_hop, &out->sl, &out->flow_label, &out->hop_limit);
	ib_member_get_scope_state(r->scope_state, &out->scope, &out->state);
}

void
oracle_answer(uint8_t *mad, uint16_t status)
{
	ib_sa_mad_t *m = (ib_sa_mad_t *)mad;

	/* As OpenSM does: Set is answered by GetResp, the others by their own. */
	if (m->method == IB_MAD_METHOD_SET)
		m->method = IB_MAD_METHOD_GET;
	m->method |= IB_MAD_METHOD_RESP_MASK;
	m->status = cl_hton16(status);
}

void
oracle_answer_path(uint8_t *mad, const struct oracle_path *rec)
{
	ib_path_rec_t *r = (ib_path_rec_t *)((ib_sa_mad_t *)mad)->data;

	oracle_answer(mad, 0);
	r->dlid = cl_hton16(rec->dlid);
	r->slid = cl_hton16(rec->slid);
	r->pkey = cl_hton16(rec->pkey);
	r->hop_flow_raw = cl_hton32(rec->flow_label << 8 | rec->hop_limit);
	r->tclass = rec->tclass;
	ib_path_rec_set_sl(r, rec->sl);
	r->mtu = (uint8_t)(rec->mtu | rec->mtu_sel << 6);
	r->rate = (uint8_t)(rec->rate | rec->rate_sel << 6);
	r->pkt_life = (uint8_t)(rec->life | rec->life_sel << 6);
}

static void
fill_member(ib_member_rec_t *r, const struct oracle_member *rec)
{
	r->qkey = cl_hton32(rec->qkey);
	r->mlid = cl_hton16(rec->mlid);
	r->pkey = cl_hton16(rec->pkey);
	r->mtu = rec->mtu;
	r->tclass = rec->tclass;
	r->rate = rec->rate;
	r->pkt_life = rec->life;
	r->sl_flow_hop = ib_member_set_sl_flow_hop(rec->sl, rec->flow_label, rec->hop_limit);
	r->scope_state = ib_member_set_scope_state(rec->scope, rec->state);
}

void
oracle_answer_member(uint8_t *mad, const struct oracle_member *rec)
{
	oracle_answer(mad, 0);
	fill_member((ib_member_rec_t *)((ib_sa_mad_t *)mad)->data, rec);
}

void
oracle_put_member(uint8_t *rec, const struct oracle_member *from)
{
	ib_member_rec_t r;

	memset(&r, 0, sizeof(r));
	memcpy(r.mgid.raw, from->mgid, 16);
	memcpy(r.port_gid.raw, from->port_gid, 16);
	fill_member(&r, from);
	memset(rec, 0, ORACLE_MEMBER_LEN);
	memcpy(rec, &r, sizeof(r) < ORACLE_MEMBER_LEN ? sizeof(r) : ORACLE_MEMBER_LEN);
}

void
oracle_answer_info(uint8_t *mad, uint16_t cap_mask, uint32_t cap_mask2, uint8_t resp_time)
{
	ib_class_port_info_t *info = (ib_class_port_info_t *)((ib_sa_mad_t *)mad)->data;

	oracle_answer(mad, 0);
	info->base_ver = 1;
	info->class_ver = 2;
	info->cap_mask = cl_hton16(cap_mask);
	ib_class_set_resp_time_val(info, resp_time);
	ib_class_set_cap_mask2(info, cap_mask2);
}

void
oracle_get_inform(const uint8_t *mad, struct oracle_inform *out)
{
	const ib_inform_info_t *ii = (const ib_inform_info_t *)((const ib_sa_mad_t *)mad)->data;
	ib_net32_t qpn;

	memcpy(out->gid, ii->gid.raw, 16);
	out->lid_begin = cl_ntoh16(ii->lid_range_begin);
	out->lid_end = cl_ntoh16(ii->lid_range_end);
	out->is_generic = ii->is_generic;
	out->subscribe = ii->subscribe;
	out->type = cl_ntoh16(ii->trap_type);
	out->trap = cl_ntoh16(ii->g_or_v.generic.trap_num);
	ib_inform_info_get_qpn_resp_time(
			ii->g_or_v.generic.qpn_resp_time_val, &qpn, &out->resp_time);
	out->qpn = cl_ntoh32(qpn);
	out->producer = cl_ntoh32(ib_inform_info_get_prod_type(ii));
}

void
oracle_get_rmpp(const uint8_t *mad, struct oracle_rmpp *out)
{
	const ib_rmpp_mad_t *m = (const ib_rmpp_mad_t *)mad;

	out->version = m->rmpp_version;
	out->type = m->rmpp_type;
	out->flags = m->rmpp_flags;
	out->status = m->rmpp_status;
	out->seg = cl_ntoh32(m->seg_num);
	out->len_or_last = cl_ntoh32(m->paylen_newwin);
}

void
oracle_put_rmpp(uint8_t *mad, const struct oracle_rmpp *rmpp, uint16_t rec_len)
{
	ib_rmpp_mad_t *m = (ib_rmpp_mad_t *)mad;

	m->rmpp_version = rmpp->version;
	m->rmpp_type = rmpp->type;
	m->rmpp_flags = rmpp->flags;
	m->rmpp_status = rmpp->status;
	m->seg_num = cl_hton32(rmpp->seg);
	m->paylen_newwin = cl_hton32(rmpp->len_or_last);
	((ib_sa_mad_t *)mad)->attr_offset = ib_get_attr_offset(rec_len);
}

void
oracle_report(uint8_t *mad, uint32_t tid, const struct oracle_notice *from)
{
	ib_sa_mad_t *m = (ib_sa_mad_t *)mad;
	ib_mad_notice_attr_t *n = (ib_mad_notice_attr_t *)m->data;

	memset(m, 0, sizeof(*m));
	ib_mad_init_new((ib_mad_t *)m, IB_MCLASS_SUBN_ADM, 2, IB_MAD_METHOD_REPORT, cl_hton64(tid),
			IB_MAD_ATTR_NOTICE, 0);
	n->generic_type = (uint8_t)(from->generic << 7 | 4);
	ib_notice_set_prod_type_ho(n, IB_NODE_TYPE_CA);
	n->g_or_v.generic.trap_num = cl_hton16(from->trap);
	n->issuer_lid = cl_hton16(from->issuer_lid);
	memcpy(n->issuer_gid.raw, from->issuer_gid, 16);
	if (from->trap >= 64 && from->trap <= 67) {
		memcpy(n->data_details.ntc_64_67.gid.raw, from->gid, 16);
	} else if (from->trap == 128) {
		n->data_details.ntc_128.sw_lid = cl_hton16(from->lid);
	} else if (from->trap == 144) {
		n->data_details.ntc_144.lid = cl_hton16(from->lid);
		n->data_details.ntc_144.new_cap_mask = cl_hton32(from->cap_mask);
	}
}

static void
fill_port(ib_port_info_t *pi, const struct oracle_port *port)
{
	pi->subnet_prefix = cl_hton64(port->prefix);
	pi->base_lid = cl_hton16(port->lid);
	pi->master_sm_base_lid = cl_hton16(port->sm_lid);
	pi->capability_mask = cl_hton32(port->cap_mask);
	ib_port_info_set_port_state(pi, port->state);
	ib_port_info_set_lmc(pi, port->lmc);
	ib_port_info_set_neighbor_mtu(pi, port->mtu);
	ib_port_info_set_master_smsl(pi, port->sm_sl);
	pi->link_width_active = port->width;
	pi->link_speed = (uint8_t)(port->speed << IB_PORT_LINK_SPEED_SHIFT);
	pi->link_speed_ext = (uint8_t)(port->speed_ext << 4);
}

int
oracle_answer_smp(uint8_t *mad, const struct oracle_port *port, const uint16_t *pkeys)
{
	ib_smp_t *smp = (ib_smp_t *)mad;
	uint32_t block = cl_ntoh32(smp->attr_mod);
	ib_node_info_t *ni = (ib_node_info_t *)smp->data;
	ib_pkey_table_t *table = (ib_pkey_table_t *)smp->data;
	unsigned int i;

	if (smp->base_ver != 1 || smp->mgmt_class != IB_MCLASS_SUBN_DIR || smp->class_ver != 1 ||
			smp->method != IB_MAD_METHOD_GET || smp->hop_count != 0 ||
			smp->hop_ptr != 0 || smp->dr_slid != IB_LID_PERMISSIVE ||
			smp->dr_dlid != IB_LID_PERMISSIVE)
		return -1;
	if (smp->attr_id == IB_MAD_ATTR_NODE_INFO) {
		ni->port_guid = cl_hton64(port->guid);
		ni->partition_cap = cl_hton16(port->partition_cap);
	} else if (smp->attr_id == IB_MAD_ATTR_PORT_INFO) {
		fill_port((ib_port_info_t *)smp->data, port);
	} else if (smp->attr_id == IB_MAD_ATTR_P_KEY_TABLE) {
		for (i = 0; i < IB_NUM_PKEY_ELEMENTS_IN_BLOCK; i++)
			table->pkey_entry[i] = cl_hton16(pkeys[block * 32 + i]);
	} else {
		return -1;
	}
	smp->method = IB_MAD_METHOD_GET_RESP;
	smp->status = cl_hton16(0x8000);
	return 0;
}

int
oracle_answer_sm_info(uint8_t *mad, uint64_t guid, uint32_t act_count)
{
	ib_smp_t *smp = (ib_smp_t *)mad;
	ib_sm_info_t *info = (ib_sm_info_t *)smp->data;

	if (smp->base_ver != 1 || smp->mgmt_class != IB_MCLASS_SUBN_LID || smp->class_ver != 1 ||
			smp->method != IB_MAD_METHOD_GET || smp->hop_count != 0 ||
			smp->hop_ptr != 0 || smp->attr_id != IB_MAD_ATTR_SM_INFO)
		return -1;
	info->guid = cl_hton64(guid);
	info->act_count = cl_hton32(act_count);
	info->pri_state = 3;
	smp->method = IB_MAD_METHOD_GET_RESP;
	return 0;
}

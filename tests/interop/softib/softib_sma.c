// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The dpdk-ipoib authors
/*
 * softib: subnet management agent (what a subnet manager reads and writes in
 * an HCA port), and a small performance management agent for the counters.
 */
#include <rdma/ib_pma.h>
#include "softib.h"

#define SIB_UNSUP_VERSION   cpu_to_be16(0x0004)
#define SIB_UNSUP_METHOD    cpu_to_be16(0x0008)
#define SIB_UNSUP_METH_ATTR cpu_to_be16(0x000c)
#define SIB_INVALID_FIELD   cpu_to_be16(0x001c)

#define SIB_PASS IB_MAD_RESULT_SUCCESS
#define SIB_EAT	 (IB_MAD_RESULT_SUCCESS | IB_MAD_RESULT_CONSUMED)

static int reply(struct ib_smp *smp)
{
	smp->method = IB_MGMT_METHOD_GET_RESP;
	if (smp->mgmt_class == IB_MGMT_CLASS_SUBN_DIRECTED_ROUTE)
		smp->status |= IB_SMP_DIRECTION;
	return IB_MAD_RESULT_SUCCESS | IB_MAD_RESULT_REPLY;
}

static int reply_status(struct ib_smp *smp, __be16 status)
{
	smp->status |= status;
	return reply(smp);
}

static int get_node_desc(struct softib_dev *dev, struct ib_smp *smp)
{
	if (smp->attr_mod)
		smp->status |= SIB_INVALID_FIELD;
	memcpy(smp->data, dev->rdi.ibdev.node_desc, sizeof(smp->data));
	return reply(smp);
}

static int get_node_info(struct softib_dev *dev, struct ib_smp *smp)
{
	struct ib_node_info *ni = (void *)smp->data;

	if (smp->attr_mod)
		smp->status |= SIB_INVALID_FIELD;
	memset(smp->data, 0, sizeof(smp->data));
	ni->base_version = 1;
	ni->class_version = 1;
	ni->node_type = 1; /* channel adapter */
	ni->num_ports = 1;
	ni->sys_guid = dev->rdi.ibdev.node_guid;
	ni->node_guid = dev->rdi.ibdev.node_guid;
	ni->port_guid = dev->port.guids[0];
	ni->partition_cap = cpu_to_be16(SOFTIB_NPKEYS);
	ni->device_id = cpu_to_be16(SOFTIB_PART_ID);
	ni->revision = cpu_to_be32(1);
	ni->local_port_num = 1;
	ni->vendor_id[0] = SOFTIB_VENDOR_ID >> 16;
	ni->vendor_id[1] = SOFTIB_VENDOR_ID >> 8 & 0xff;
	ni->vendor_id[2] = SOFTIB_VENDOR_ID & 0xff;
	return reply(smp);
}

static int get_port_info(struct softib_dev *dev, struct ib_smp *smp)
{
	struct ib_port_info *pi = (void *)smp->data;
	struct softib_port *p = &dev->port;
	struct rvt_ibport *r = &p->rvp;
	unsigned long flags;

	if (be32_to_cpu(smp->attr_mod) > 1)
		return reply_status(smp, SIB_INVALID_FIELD);
	memset(smp->data, 0, sizeof(smp->data));
	spin_lock_irqsave(&p->lock, flags);
	/* the M_Key shows only to who knows it, or when nothing protects it */
	if (!r->mkey || smp->mkey == r->mkey || r->mkeyprot == 0)
		pi->mkey = r->mkey;
	pi->gid_prefix = r->gid_prefix;
	pi->lid = cpu_to_be16(p->lid);
	pi->sm_lid = cpu_to_be16(r->sm_lid);
	pi->cap_mask = cpu_to_be32(r->port_cap_flags);
	pi->mkey_lease_period = cpu_to_be16(r->mkey_lease_period);
	pi->local_port_num = 1;
	pi->link_width_enabled = p->lwe;
	pi->link_width_supported = IB_WIDTH_1X | IB_WIDTH_4X;
	pi->link_width_active = IB_WIDTH_4X;
	pi->linkspeed_portstate = (IB_SPEED_SDR | IB_SPEED_DDR | IB_SPEED_QDR) << 4 | p->state;
	pi->portphysstate_linkdown = p->phys << 4 | p->linkdown_default;
	pi->mkeyprot_resv_lmc = r->mkeyprot << 6 | p->lmc;
	pi->linkspeedactive_enabled = IB_SPEED_QDR << 4 | p->lse;
	pi->neighbormtu_mastersmsl = p->mtu << 4 | r->sm_sl;
	pi->vlcap_inittype = 1 << 4; /* VL0 only */
	pi->vl_high_limit = r->vl_high_limit;
	pi->inittypereply_mtucap = IB_MTU_4096;
	pi->vlstallcnt_hoqlife = 0x1f;
	pi->operationalvl_pei_peo_fpi_fpo = p->op_vls << 4;
	pi->mkey_violations = cpu_to_be16(r->mkey_violations);
	pi->pkey_violations = cpu_to_be16(r->pkey_violations);
	pi->qkey_violations = cpu_to_be16(r->qkey_violations);
	pi->guid_cap = SOFTIB_NGUIDS;
	pi->clientrereg_resv_subnetto = r->subnet_timeout;
	pi->resv_resptimevalue = 3;
	pi->localphyerrors_overrunerrors = p->phyerr_overrun;
	spin_unlock_irqrestore(&p->lock, flags);
	return reply(smp);
}

/* Events to raise once the lock is dropped. */
#define EV_LID BIT(0)
#define EV_SM  BIT(1)
#define EV_GID BIT(2)

static int set_port_info(struct softib_dev *dev, struct ib_smp *smp)
{
	struct ib_port_info *pi = (void *)smp->data;
	struct softib_port *p = &dev->port;
	struct rvt_ibport *r = &p->rvp;
	u8 rereg = pi->clientrereg_resv_subnetto & 0x80;
	u8 state = pi->linkspeed_portstate & 0xf;
	u8 phys = pi->portphysstate_linkdown >> 4;
	u16 lid = be16_to_cpu(pi->lid);
	u16 smlid = be16_to_cpu(pi->sm_lid);
	u8 lmc = pi->mkeyprot_resv_lmc & 7;
	u8 smsl = pi->neighbormtu_mastersmsl & 0xf;
	u8 mtu = pi->neighbormtu_mastersmsl >> 4;
	u8 vls = pi->operationalvl_pei_peo_fpi_fpo >> 4;
	unsigned long flags;
	__be16 bad = 0;
	u32 ev = 0;
	int ret;

	if (be32_to_cpu(smp->attr_mod) > 1)
		return reply_status(smp, SIB_INVALID_FIELD);

	spin_lock_irqsave(&p->lock, flags);
	r->mkey = pi->mkey;
	r->mkey_lease_period = be16_to_cpu(pi->mkey_lease_period);
	r->mkeyprot = pi->mkeyprot_resv_lmc >> 6;
	if (r->gid_prefix != pi->gid_prefix) {
		r->gid_prefix = pi->gid_prefix;
		ev |= EV_GID;
	}
	if (!lid || lid >= SOFTIB_MLID_BASE) {
		bad = SIB_INVALID_FIELD;
	} else if (p->lid != lid || p->lmc != lmc) {
		p->lid = lid;
		p->lmc = lmc;
		ev |= EV_LID;
	}
	if (!smlid || smlid >= SOFTIB_MLID_BASE) {
		bad = SIB_INVALID_FIELD;
	} else if (r->sm_lid != smlid || r->sm_sl != smsl) {
		r->sm_lid = smlid;
		r->sm_sl = smsl;
		ev |= EV_SM;
	}
	if (pi->link_width_enabled == 0xff)
		p->lwe = IB_WIDTH_1X | IB_WIDTH_4X;
	else if (pi->link_width_enabled & ~(IB_WIDTH_1X | IB_WIDTH_4X))
		bad = SIB_INVALID_FIELD;
	else if (pi->link_width_enabled)
		p->lwe = pi->link_width_enabled;
	if ((pi->linkspeedactive_enabled & 0xf) == 0xf)
		p->lse = 7;
	else if (pi->linkspeedactive_enabled & 0x8)
		bad = SIB_INVALID_FIELD;
	else if (pi->linkspeedactive_enabled & 7)
		p->lse = pi->linkspeedactive_enabled & 7;
	if ((pi->portphysstate_linkdown & 0xf) > 2)
		bad = SIB_INVALID_FIELD;
	else if (pi->portphysstate_linkdown & 0xf)
		p->linkdown_default = pi->portphysstate_linkdown & 0xf;
	if (mtu < IB_MTU_256 || mtu > IB_MTU_4096)
		bad = SIB_INVALID_FIELD;
	else
		p->mtu = mtu;
	if (vls > 1)
		bad = SIB_INVALID_FIELD;
	else if (vls)
		p->op_vls = vls;
	r->vl_high_limit = pi->vl_high_limit;
	if (!pi->mkey_violations)
		r->mkey_violations = 0;
	if (!pi->pkey_violations)
		r->pkey_violations = 0;
	if (!pi->qkey_violations)
		r->qkey_violations = 0;
	r->subnet_timeout = pi->clientrereg_resv_subnetto & 0x1f;
	p->phyerr_overrun = pi->localphyerrors_overrunerrors;
	spin_unlock_irqrestore(&p->lock, flags);

	if (ev & EV_GID)
		softib_event(dev, IB_EVENT_GID_CHANGE);
	if (ev & EV_LID)
		softib_event(dev, IB_EVENT_LID_CHANGE);
	if (ev & EV_SM)
		softib_event(dev, IB_EVENT_SM_CHANGE);

	switch (state) {
	case IB_PORT_NOP:
		if (!phys)
			break;
		fallthrough;
	case IB_PORT_DOWN:
		if (phys == SOFTIB_PHYS_DISABLED) {
			softib_set_disabled(dev, true);
			if (smp->hop_cnt) /* no way back */
				return SIB_EAT;
		} else if (phys <= SOFTIB_PHYS_POLLING) {
			dev->port.disabled = false;
			softib_link_retrain(dev);
		} else {
			bad = SIB_INVALID_FIELD;
		}
		break;
	case IB_PORT_ARMED:
	case IB_PORT_ACTIVE:
		if (phys || !softib_port_set_state(dev, state))
			bad = SIB_INVALID_FIELD;
		break;
	default:
		bad = SIB_INVALID_FIELD;
	}
	if (rereg)
		softib_event(dev, IB_EVENT_CLIENT_REREGISTER);

	smp->status |= bad;
	ret = get_port_info(dev, smp);
	pi->clientrereg_resv_subnetto |= rereg;
	return ret;
}

static int get_guid_info(struct softib_dev *dev, struct ib_smp *smp)
{
	if (smp->attr_mod)
		return reply_status(smp, SIB_INVALID_FIELD);
	memcpy(smp->data, dev->port.guids, sizeof(dev->port.guids));
	return reply(smp);
}

static int set_guid_info(struct softib_dev *dev, struct ib_smp *smp)
{
	const __be64 *g = (void *)smp->data;

	if (smp->attr_mod)
		return reply_status(smp, SIB_INVALID_FIELD);
	/* entry 0 is the port GUID and cannot be written */
	if (memcmp(dev->port.guids + 1, g + 1, (SOFTIB_NGUIDS - 1) * 8)) {
		memcpy(dev->port.guids + 1, g + 1, (SOFTIB_NGUIDS - 1) * 8);
		softib_event(dev, IB_EVENT_GID_CHANGE);
	}
	return get_guid_info(dev, smp);
}

static int get_pkeys(struct softib_dev *dev, struct ib_smp *smp)
{
	__be16 *out = (void *)smp->data;
	int i;

	if (be32_to_cpu(smp->attr_mod) & 0xffff)
		return reply_status(smp, SIB_INVALID_FIELD);
	memset(smp->data, 0, sizeof(smp->data));
	for (i = 0; i < SOFTIB_NPKEYS; i++)
		out[i] = cpu_to_be16(dev->port.pkeys[i]);
	return reply(smp);
}

static int set_pkeys(struct softib_dev *dev, struct ib_smp *smp)
{
	const __be16 *in = (void *)smp->data;
	struct softib_port *p = &dev->port;
	bool changed = false;
	unsigned long flags;
	int i;

	if (be32_to_cpu(smp->attr_mod) & 0xffff)
		return reply_status(smp, SIB_INVALID_FIELD);
	spin_lock_irqsave(&p->lock, flags);
	for (i = 0; i < SOFTIB_NPKEYS; i++) {
		changed |= p->pkeys[i] != be16_to_cpu(in[i]);
		p->pkeys[i] = be16_to_cpu(in[i]);
	}
	spin_unlock_irqrestore(&p->lock, flags);
	if (changed)
		softib_event(dev, IB_EVENT_PKEY_CHANGE);
	return get_pkeys(dev, smp);
}

static int sl_to_vl(struct softib_dev *dev, struct ib_smp *smp, bool set)
{
	if (set)
		memcpy(dev->port.sl2vl, smp->data, sizeof(dev->port.sl2vl));
	memset(smp->data, 0, sizeof(smp->data));
	memcpy(smp->data, dev->port.sl2vl, sizeof(dev->port.sl2vl));
	return reply(smp);
}

static int vl_arb(struct softib_dev *dev, struct ib_smp *smp, bool set)
{
	u32 block = be32_to_cpu(smp->attr_mod) >> 16; /* 1,2 low; 3,4 high */
	u8 *tab;

	if (block < 1 || block > 4)
		return reply_status(smp, SIB_INVALID_FIELD);
	tab = dev->port.vlarb[(block - 1) / 2];
	if (block == 1 || block == 3) {
		if (set)
			memcpy(tab, smp->data, 64);
		memcpy(smp->data, tab, 64);
	} else {
		memset(smp->data, 0, sizeof(smp->data));
	}
	return reply(smp);
}

/* Nonzero: the M_Key does not allow this. */
static int bad_mkey(struct softib_dev *dev, int mad_flags, const struct ib_smp *smp)
{
	struct rvt_ibport *r = &dev->port.rvp;

	if (mad_flags & IB_MAD_IGNORE_MKEY || !r->mkey || r->mkey == smp->mkey)
		return 0;
	if (smp->method == IB_MGMT_METHOD_GET && r->mkeyprot < 2)
		return 0;
	if (smp->method != IB_MGMT_METHOD_GET && smp->method != IB_MGMT_METHOD_SET &&
	    smp->method != IB_MGMT_METHOD_TRAP_REPRESS)
		return 0;
	r->mkey_violations++;
	return 1;
}

static int process_smp(struct softib_dev *dev, int mad_flags, struct ib_smp *smp)
{
	bool set = smp->method == IB_MGMT_METHOD_SET;

	switch (smp->method) {
	case IB_MGMT_METHOD_GET:
	case IB_MGMT_METHOD_SET:
		break;
	case IB_MGMT_METHOD_TRAP_REPRESS:
		return SIB_EAT;
	case IB_MGMT_METHOD_TRAP:
	case IB_MGMT_METHOD_REPORT:
	case IB_MGMT_METHOD_REPORT_RESP:
	case IB_MGMT_METHOD_GET_RESP:
	case IB_MGMT_METHOD_SEND:
		return SIB_PASS; /* for a manager or a waiting client */
	default:
		return reply_status(smp, SIB_UNSUP_METHOD);
	}
	if (smp->class_version != 1)
		return reply_status(smp, SIB_UNSUP_VERSION);
	if (bad_mkey(dev, mad_flags, smp))
		return IB_MAD_RESULT_FAILURE;

	switch (smp->attr_id) {
	case IB_SMP_ATTR_NODE_DESC:
		if (!set)
			return get_node_desc(dev, smp);
		break;
	case IB_SMP_ATTR_NODE_INFO:
		if (!set)
			return get_node_info(dev, smp);
		break;
	case IB_SMP_ATTR_PORT_INFO:
		return set ? set_port_info(dev, smp) : get_port_info(dev, smp);
	case IB_SMP_ATTR_GUID_INFO:
		return set ? set_guid_info(dev, smp) : get_guid_info(dev, smp);
	case IB_SMP_ATTR_PKEY_TABLE:
		return set ? set_pkeys(dev, smp) : get_pkeys(dev, smp);
	case IB_SMP_ATTR_SL_TO_VL_TABLE:
		return sl_to_vl(dev, smp, set);
	case IB_SMP_ATTR_VL_ARB_TABLE:
		return vl_arb(dev, smp, set);
	case IB_SMP_ATTR_SM_INFO:
		/* the subnet manager in userspace answers, if there is one */
		if (dev->port.rvp.port_cap_flags & IB_PORT_SM_DISABLED)
			return SIB_EAT;
		if (dev->port.rvp.port_cap_flags & IB_PORT_SM)
			return SIB_PASS;
		break;
	}
	return reply_status(smp, SIB_UNSUP_METH_ATTR);
}

static u32 sat32(u64 v)
{
	return min_t(u64, v, U32_MAX);
}

static int process_perf(struct softib_dev *dev, struct ib_mad *mad)
{
	struct ib_pma_mad *pm = (void *)mad;
	struct softib_counters *c = &dev->port.cnt;

	switch (mad->mad_hdr.method) {
	case IB_MGMT_METHOD_GET:
	case IB_MGMT_METHOD_SET:
		break;
	case IB_MGMT_METHOD_GET_RESP:
		return SIB_PASS;
	default:
		mad->mad_hdr.status |= SIB_UNSUP_METHOD;
		goto out;
	}
	switch (mad->mad_hdr.attr_id) {
	case IB_PMA_CLASS_PORT_INFO: {
		struct ib_class_port_info *i = (void *)pm->data;

		memset(pm->data, 0, sizeof(pm->data));
		i->base_version = 1;
		i->class_version = 1;
		i->capability_mask = IB_PMA_CLASS_CAP_EXT_WIDTH;
		ib_set_cpi_resp_time(i, 18);
		break;
	}
	case IB_PMA_PORT_COUNTERS: {
		struct ib_pma_portcounters *o = (void *)pm->data;

		/* clearing is not supported: a Set reads */
		memset(pm->data, 0, sizeof(pm->data));
		o->port_select = 1;
		o->link_downed_counter = min_t(u64, c->link_downed, 255);
		o->port_xmit_discards = cpu_to_be16(min_t(u64, c->drop_noroute, 0xffff));
		o->vl15_dropped = cpu_to_be16(dev->port.rvp.n_vl15_dropped);
		o->port_xmit_data = cpu_to_be32(sat32(c->xmit_bytes / 4));
		o->port_rcv_data = cpu_to_be32(sat32(c->rcv_bytes / 4));
		o->port_xmit_packets = cpu_to_be32(sat32(c->xmit_pkts));
		o->port_rcv_packets = cpu_to_be32(sat32(c->rcv_pkts));
		break;
	}
	case IB_PMA_PORT_COUNTERS_EXT: {
		struct ib_pma_portcounters_ext *o = (void *)pm->data;

		memset(pm->data, 0, sizeof(pm->data));
		o->port_select = 1;
		o->port_xmit_data = cpu_to_be64(c->xmit_bytes / 4);
		o->port_rcv_data = cpu_to_be64(c->rcv_bytes / 4);
		o->port_xmit_packets = cpu_to_be64(c->xmit_pkts);
		o->port_rcv_packets = cpu_to_be64(c->rcv_pkts);
		o->port_unicast_xmit_packets = cpu_to_be64(c->xmit_pkts - c->xmit_mcast);
		o->port_unicast_rcv_packets = cpu_to_be64(c->rcv_pkts - c->rcv_mcast);
		o->port_multicast_xmit_packets = cpu_to_be64(c->xmit_mcast);
		o->port_multicast_rcv_packets = cpu_to_be64(c->rcv_mcast);
		break;
	}
	default:
		mad->mad_hdr.status |= SIB_UNSUP_METH_ATTR;
	}
out:
	mad->mad_hdr.method = IB_MGMT_METHOD_GET_RESP;
	return IB_MAD_RESULT_SUCCESS | IB_MAD_RESULT_REPLY;
}

int softib_process_mad(struct ib_device *ibdev, int mad_flags, u32 port_num,
		       const struct ib_wc *in_wc, const struct ib_grh *in_grh,
		       const struct ib_mad *in_mad, struct ib_mad *out_mad, size_t *out_mad_size,
		       u16 *out_mad_pkey_index)
{
	struct softib_dev *dev = to_sdev(ibdev);

	switch (in_mad->mad_hdr.mgmt_class) {
	case IB_MGMT_CLASS_SUBN_LID_ROUTED:
	case IB_MGMT_CLASS_SUBN_DIRECTED_ROUTE:
		*out_mad = *in_mad;
		return process_smp(dev, mad_flags, (struct ib_smp *)out_mad);
	case IB_MGMT_CLASS_PERF_MGMT:
		*out_mad = *in_mad;
		return process_perf(dev, out_mad);
	}
	return SIB_PASS;
}

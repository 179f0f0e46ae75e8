// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The dpdk-ipoib authors
/*
 * softib: one software switch, for more than two HCAs (or switch=1).
 *
 * HCA n is cabled to external port n + 1.  Data goes by the linear and
 * multicast forwarding tables that the subnet manager writes, and only through
 * ports it made ACTIVE; a link change raises trap 128, as a switch does, so
 * that the manager sweeps at once.  Base (not enhanced) port 0: it answers
 * subnet management only.
 */
#include "softib.h"

#define SW_LFT_SIZE 0xc000
#define SW_MFT_SIZE 1024
#define SW_GUID	    0x02534942ff000000ULL

#define SW_UNSUP_ATTR cpu_to_be16(0x000c)
#define SW_BAD_FIELD  cpu_to_be16(0x001c)

struct sw_port {
	u8 state, phys, mtu, op_vls, linkdown_default, phyerr_overrun;
	u8 lwe, lse;
	bool disabled;
	u8 sl2vl[8];
};

struct softib_switch {
	spinlock_t lock;
	unsigned int nports;
	struct sw_port port[SOFTIB_MAX_HCAS + 1];
	/* port 0 */
	u16 lid, sm_lid;
	u8 sm_sl, mkeyprot, subnet_timeout;
	u16 mkey_lease;
	__be64 mkey, gid_prefix;
	/* SwitchInfo */
	u16 lft_top, mft_top;
	u8 life, def_port, def_mc_primary, def_mc_other;
	bool state_change;
	u64 trap_tid;
	u8 lft[SW_LFT_SIZE];  /* 255: no route */
	u32 mft[SW_MFT_SIZE]; /* bit n: port n */
};

struct softib_switch *softib_sw;

static struct softib_dev *port_to_dev(unsigned int port)
{
	return port && port <= softib_ndevs ? softib_devs[port - 1] : NULL;
}

static bool port_passes_data(unsigned int port)
{
	u8 s = READ_ONCE(softib_sw->port[port].state);

	return s == IB_PORT_ACTIVE || s == IB_PORT_ARMED;
}

static bool hca_takes_data(struct softib_dev *dev)
{
	u8 s = READ_ONCE(dev->port.state);

	return s == IB_PORT_ACTIVE || s == IB_PORT_ARMED;
}

struct softib_dev *softib_sw_route(struct softib_dev *src, u16 dlid)
{
	struct softib_dev *dst;
	u8 out;

	if (dlid >= SW_LFT_SIZE || !port_passes_data(src->idx + 1))
		return NULL;
	out = softib_sw->lft[dlid];
	dst = port_to_dev(out);
	if (!dst || dst == src || !port_passes_data(out) || !hca_takes_data(dst) ||
	    !softib_owns_lid(dst, dlid))
		return NULL;
	return dst;
}

void softib_sw_mcast(struct softib_dev *src, struct softib_pkt *pkt)
{
	u32 n = pkt->dlid - SOFTIB_MLID_BASE, mask;
	struct softib_dev *dst;
	unsigned int i;

	if (n >= SW_MFT_SIZE || !port_passes_data(src->idx + 1))
		return;
	mask = softib_sw->mft[n];
	for (i = 1; i <= softib_sw->nports; i++) {
		dst = port_to_dev(i);
		if (mask & BIT(i) && dst && dst != src && port_passes_data(i) &&
		    hca_takes_data(dst))
			softib_ud_deliver(dst, pkt);
	}
}

/* ---- the switch's own subnet management agent ---- */

static void get_node_info(struct ib_smp *smp, u8 in_port)
{
	struct ib_node_info *ni = (void *)smp->data;

	memset(smp->data, 0, sizeof(smp->data));
	ni->base_version = 1;
	ni->class_version = 1;
	ni->node_type = 2;
	ni->num_ports = softib_sw->nports;
	ni->sys_guid = cpu_to_be64(SW_GUID);
	ni->node_guid = cpu_to_be64(SW_GUID);
	ni->port_guid = cpu_to_be64(SW_GUID);
	ni->partition_cap = cpu_to_be16(1);
	ni->device_id = cpu_to_be16(SOFTIB_PART_ID + 1);
	ni->revision = cpu_to_be32(1);
	ni->local_port_num = in_port;
	ni->vendor_id[0] = SOFTIB_VENDOR_ID >> 16;
	ni->vendor_id[1] = SOFTIB_VENDOR_ID >> 8 & 0xff;
	ni->vendor_id[2] = SOFTIB_VENDOR_ID & 0xff;
}

static void switch_info(struct ib_smp *smp, bool set)
{
	struct softib_switch *sw = softib_sw;
	__be16 *w = (void *)smp->data;
	u8 *b = smp->data;

	if (set) {
		sw->lft_top = be16_to_cpu(w[3]);
		sw->def_port = b[8];
		sw->def_mc_primary = b[9];
		sw->def_mc_other = b[10];
		sw->life = b[11] & 0xf8;
		if (b[11] & 0x04) /* writing one clears it */
			sw->state_change = false;
		sw->mft_top = be16_to_cpu(w[9]);
	}
	memset(smp->data, 0, sizeof(smp->data));
	w[0] = cpu_to_be16(SW_LFT_SIZE);
	w[2] = cpu_to_be16(SW_MFT_SIZE);
	w[3] = cpu_to_be16(sw->lft_top);
	b[8] = sw->def_port;
	b[9] = sw->def_mc_primary;
	b[10] = sw->def_mc_other;
	b[11] = sw->life | (sw->state_change ? 0x04 : 0);
	w[9] = cpu_to_be16(sw->mft_top);
}

static void get_port_info(struct ib_smp *smp, u8 n, u8 in_port)
{
	struct ib_port_info *pi = (void *)smp->data;
	struct softib_switch *sw = softib_sw;
	struct sw_port *p = &sw->port[n];

	memset(smp->data, 0, sizeof(smp->data));
	pi->local_port_num = in_port;
	pi->link_width_enabled = p->lwe;
	pi->link_width_supported = IB_WIDTH_1X | IB_WIDTH_4X;
	pi->link_width_active = IB_WIDTH_4X;
	pi->linkspeed_portstate = 7 << 4 | p->state;
	pi->portphysstate_linkdown = p->phys << 4 | p->linkdown_default;
	pi->linkspeedactive_enabled = IB_SPEED_QDR << 4 | p->lse;
	pi->neighbormtu_mastersmsl = p->mtu << 4 | (n ? 0 : sw->sm_sl);
	pi->vlcap_inittype = 1 << 4;
	pi->inittypereply_mtucap = IB_MTU_4096;
	pi->vlstallcnt_hoqlife = 0x1f;
	pi->operationalvl_pei_peo_fpi_fpo = p->op_vls << 4;
	pi->resv_resptimevalue = 3;
	pi->localphyerrors_overrunerrors = p->phyerr_overrun;
	if (n == 0) {
		pi->mkey = sw->mkey;
		pi->gid_prefix = sw->gid_prefix;
		pi->lid = cpu_to_be16(sw->lid);
		pi->sm_lid = cpu_to_be16(sw->sm_lid);
		pi->cap_mask = cpu_to_be32(IB_PORT_TRAP_SUP | IB_PORT_SL_MAP_SUP |
					   IB_PORT_SYS_IMAGE_GUID_SUP);
		pi->mkey_lease_period = cpu_to_be16(sw->mkey_lease);
		pi->mkeyprot_resv_lmc = sw->mkeyprot << 6;
		pi->guid_cap = 1;
		pi->clientrereg_resv_subnetto = sw->subnet_timeout;
	}
}

/* Returns the external port whose link must retrain, or 0. */
static u8 set_port_info(struct ib_smp *smp, u8 n, u8 in_port, int *disable)
{
	struct ib_port_info *pi = (void *)smp->data;
	struct softib_switch *sw = softib_sw;
	struct sw_port *p = &sw->port[n];
	u8 state = pi->linkspeed_portstate & 0xf;
	u8 phys = pi->portphysstate_linkdown >> 4;
	u8 mtu = pi->neighbormtu_mastersmsl >> 4;
	u8 vls = pi->operationalvl_pei_peo_fpi_fpo >> 4;
	u8 retrain = 0;
	bool bad = false;

	if (n == 0) {
		sw->mkey = pi->mkey;
		sw->gid_prefix = pi->gid_prefix;
		sw->lid = be16_to_cpu(pi->lid);
		sw->sm_lid = be16_to_cpu(pi->sm_lid);
		sw->sm_sl = pi->neighbormtu_mastersmsl & 0xf;
		sw->mkey_lease = be16_to_cpu(pi->mkey_lease_period);
		sw->mkeyprot = pi->mkeyprot_resv_lmc >> 6;
		sw->subnet_timeout = pi->clientrereg_resv_subnetto & 0x1f;
		get_port_info(smp, n, in_port);
		return 0;
	}
	if (mtu >= IB_MTU_256 && mtu <= IB_MTU_4096)
		p->mtu = mtu;
	else if (mtu)
		bad = true;
	if (vls > 1)
		bad = true;
	if (pi->link_width_enabled)
		p->lwe = pi->link_width_enabled & 3;
	if (pi->linkspeedactive_enabled & 7)
		p->lse = pi->linkspeedactive_enabled & 7;
	if (pi->portphysstate_linkdown & 3)
		p->linkdown_default = pi->portphysstate_linkdown & 3;
	p->phyerr_overrun = pi->localphyerrors_overrunerrors;
	if (state == IB_PORT_DOWN || (state == IB_PORT_NOP && phys)) {
		*disable = phys == SOFTIB_PHYS_DISABLED;
		retrain = n;
	} else if (state == IB_PORT_ARMED &&
		   (p->state == IB_PORT_INIT || p->state == IB_PORT_ARMED)) {
		p->state = IB_PORT_ARMED;
	} else if (state == IB_PORT_ACTIVE &&
		   (p->state == IB_PORT_ARMED || p->state == IB_PORT_ACTIVE)) {
		p->state = IB_PORT_ACTIVE;
	} else if (state != IB_PORT_NOP) {
		bad = true;
	}
	get_port_info(smp, n, in_port);
	if (bad)
		smp->status |= SW_BAD_FIELD;
	return retrain;
}

static void linear_table(struct ib_smp *smp, bool set)
{
	u32 block = be32_to_cpu(smp->attr_mod);

	if (block >= SW_LFT_SIZE / 64) {
		smp->status |= SW_BAD_FIELD;
		return;
	}
	if (set)
		memcpy(softib_sw->lft + block * 64, smp->data, 64);
	else
		memcpy(smp->data, softib_sw->lft + block * 64, 64);
}

static void mcast_table(struct ib_smp *smp, bool set)
{
	u32 mod = be32_to_cpu(smp->attr_mod);
	u32 block = mod & 0x1ff, pos = mod >> 28; /* pos: 16 ports each */
	__be16 *w = (void *)smp->data;
	int i;

	if (block >= SW_MFT_SIZE / 32) {
		smp->status |= SW_BAD_FIELD;
		return;
	}
	for (i = 0; i < 32; i++) {
		u32 *m = &softib_sw->mft[block * 32 + i];

		if (pos > 1)
			w[i] = 0;
		else if (set)
			*m = (*m & ~(0xffffU << pos * 16)) | (u32)be16_to_cpu(w[i]) << pos * 16;
		else
			w[i] = cpu_to_be16(*m >> pos * 16);
	}
}

/* Returns false when there is nothing to send back. */
static bool sw_sma(struct ib_smp *smp, u8 in_port)
{
	struct softib_switch *sw = softib_sw;
	bool set = smp->method == IB_MGMT_METHOD_SET;
	u32 mod = be32_to_cpu(smp->attr_mod);
	u8 retrain = 0, n;
	int disable = 0;
	unsigned long flags;

	if (smp->method != IB_MGMT_METHOD_GET && !set)
		return false; /* TrapRepress, answers, ... */

	spin_lock_irqsave(&sw->lock, flags);
	switch (smp->attr_id) {
	case IB_SMP_ATTR_NODE_DESC:
		memset(smp->data, 0, sizeof(smp->data));
		strscpy(smp->data, "softib software switch", sizeof(smp->data));
		break;
	case IB_SMP_ATTR_NODE_INFO:
		get_node_info(smp, in_port);
		break;
	case IB_SMP_ATTR_SWITCH_INFO:
		switch_info(smp, set);
		break;
	case IB_SMP_ATTR_PORT_INFO:
		if (mod > sw->nports)
			smp->status |= SW_BAD_FIELD;
		else if (set)
			retrain = set_port_info(smp, mod, in_port, &disable);
		else
			get_port_info(smp, mod, in_port);
		break;
	case IB_SMP_ATTR_GUID_INFO:
		memset(smp->data, 0, sizeof(smp->data));
		*(__be64 *)smp->data = cpu_to_be64(SW_GUID);
		break;
	case IB_SMP_ATTR_PKEY_TABLE:
		/* no partition enforcement: only the default key of port 0 */
		memset(smp->data, 0, sizeof(smp->data));
		*(__be16 *)smp->data = cpu_to_be16(IB_DEFAULT_PKEY_FULL);
		break;
	case IB_SMP_ATTR_SL_TO_VL_TABLE:
		n = mod & 0xff;
		if (n > sw->nports) {
			smp->status |= SW_BAD_FIELD;
			break;
		}
		if (set)
			memcpy(sw->port[n].sl2vl, smp->data, 8);
		memset(smp->data, 0, sizeof(smp->data));
		memcpy(smp->data, sw->port[n].sl2vl, 8);
		break;
	case IB_SMP_ATTR_VL_ARB_TABLE:
		memset(smp->data, 0, sizeof(smp->data));
		break;
	case IB_SMP_ATTR_LINEAR_FORWARD_TABLE:
		linear_table(smp, set);
		break;
	case IB_SMP_ATTR_MCAST_FORWARD_TABLE:
		mcast_table(smp, set);
		break;
	default:
		smp->status |= SW_UNSUP_ATTR;
	}
	spin_unlock_irqrestore(&sw->lock, flags);

	if (retrain && port_to_dev(retrain)) {
		sw->port[retrain].disabled = disable;
		softib_link_retrain(port_to_dev(retrain));
	}
	smp->method = IB_MGMT_METHOD_GET_RESP;
	if (smp->mgmt_class == IB_MGMT_CLASS_SUBN_DIRECTED_ROUTE)
		smp->status |= IB_SMP_DIRECTION;
	return true;
}

/* ---- passing subnet management packets on ---- */

static void emit(struct softib_pkt *pkt, unsigned int out)
{
	struct softib_dev *dst = port_to_dev(out);

	if (dst && softib_sw->port[out].phys == SOFTIB_PHYS_LINKUP)
		softib_ud_deliver(dst, pkt);
}

/* 14.2.2, the rules for a switch */
static void directed_route(struct softib_pkt *pkt, u8 in)
{
	struct ib_smp *smp = (void *)pkt->data;
	u8 cnt = smp->hop_cnt;

	if (cnt >= IB_SMP_MAX_PATH_HOPS || smp->hop_ptr > cnt + 1)
		return;
	if (!ib_get_smp_direction(smp)) {
		if (smp->hop_ptr == 0)
			return;
		if (smp->hop_ptr < cnt) {
			smp->return_path[smp->hop_ptr] = in;
			smp->hop_ptr++;
			emit(pkt, smp->initial_path[smp->hop_ptr]);
			return;
		}
		if (smp->hop_ptr == cnt) {
			smp->return_path[smp->hop_ptr] = in;
			smp->hop_ptr++;
		}
		if (smp->dr_dlid != IB_LID_PERMISSIVE)
			return; /* a LID-routed tail: not done */
		if (!sw_sma(smp, in))
			return;
		/* from here on as for a returning one that we start */
		smp->hop_ptr--;
		pkt->slid = softib_sw->lid ?: SOFTIB_LID_PERM;
		emit(pkt, smp->return_path[smp->hop_ptr]);
		return;
	}
	if (smp->hop_ptr < 2)
		return;
	smp->hop_ptr--;
	emit(pkt, smp->return_path[smp->hop_ptr]);
}

/* @pkt came in from the HCA @src. */
void softib_sw_smp(struct softib_dev *src, struct softib_pkt *pkt)
{
	struct softib_switch *sw = softib_sw;
	struct ib_smp *smp = (void *)pkt->data;
	u8 in = src->idx + 1;

	if (pkt->len != sizeof(struct ib_mad))
		return;
	if (smp->mgmt_class == IB_MGMT_CLASS_SUBN_DIRECTED_ROUTE) {
		directed_route(pkt, in);
	} else if (pkt->dlid == SOFTIB_LID_PERM || (sw->lid && pkt->dlid == sw->lid)) {
		if (!sw_sma(smp, in))
			return;
		pkt->dlid = pkt->slid;
		pkt->slid = sw->lid ?: SOFTIB_LID_PERM;
		pkt->src_qpn = 0;
		emit(pkt, in);
	} else if (pkt->dlid < SW_LFT_SIZE) {
		emit(pkt, sw->lft[pkt->dlid]);
	}
}

/* Trap 128, "link state of at least one port of the switch changed" */
static void send_trap(void)
{
	struct softib_switch *sw = softib_sw;
	struct softib_pkt *pkt;
	struct ib_smp *smp;

	if (!sw->lid || !sw->sm_lid || sw->sm_lid >= SW_LFT_SIZE)
		return;
	pkt = softib_pkt_alloc();
	if (!pkt)
		return;
	memset(pkt->data, 0, sizeof(struct ib_mad));
	pkt->len = sizeof(struct ib_mad);
	pkt->vl15 = true;
	pkt->slid = sw->lid;
	pkt->dlid = sw->sm_lid;
	pkt->pkey = IB_DEFAULT_PKEY_FULL;
	smp = (void *)pkt->data;
	smp->base_version = 1;
	smp->mgmt_class = IB_MGMT_CLASS_SUBN_LID_ROUTED;
	smp->class_version = 1;
	smp->method = IB_MGMT_METHOD_TRAP;
	smp->tid = cpu_to_be64(++sw->trap_tid);
	smp->attr_id = IB_SMP_ATTR_NOTICE;
	smp->mkey = sw->mkey;
	smp->data[0] = 0x81; /* generic, urgent */
	smp->data[3] = 2;    /* from a switch */
	*(__be16 *)(smp->data + 4) = cpu_to_be16(128);
	*(__be16 *)(smp->data + 6) = cpu_to_be16(sw->lid);
	*(__be16 *)(smp->data + 10) = cpu_to_be16(sw->lid);
	emit(pkt, sw->lft[sw->sm_lid]);
	softib_pkt_free(pkt);
}

bool softib_sw_port_wanted(struct softib_dev *dev)
{
	return !softib_sw->port[dev->idx + 1].disabled;
}

/* The link of the HCA's port changed. */
void softib_sw_link(struct softib_dev *dev, bool up)
{
	struct softib_switch *sw = softib_sw;
	struct sw_port *p = &sw->port[dev->idx + 1];
	unsigned long flags;
	bool changed = false;

	spin_lock_irqsave(&sw->lock, flags);
	if (up != (p->phys == SOFTIB_PHYS_LINKUP)) {
		p->phys = up		? SOFTIB_PHYS_LINKUP
			  : p->disabled ? SOFTIB_PHYS_DISABLED
					: SOFTIB_PHYS_POLLING;
		p->state = up ? IB_PORT_INIT : IB_PORT_DOWN;
		sw->state_change = changed = true;
	}
	spin_unlock_irqrestore(&sw->lock, flags);
	if (changed)
		send_trap();
}

int softib_sw_init(unsigned int nports)
{
	struct softib_switch *sw = kvzalloc(sizeof(*sw), GFP_KERNEL);
	unsigned int i;

	if (!sw)
		return -ENOMEM;
	spin_lock_init(&sw->lock);
	sw->nports = nports;
	sw->gid_prefix = cpu_to_be64(0xfe80000000000000ULL);
	sw->subnet_timeout = 18;
	memset(sw->lft, 255, sizeof(sw->lft));
	for (i = 0; i <= nports; i++) {
		struct sw_port *p = &sw->port[i];

		p->state = i ? IB_PORT_DOWN : IB_PORT_ACTIVE;
		p->phys = i ? SOFTIB_PHYS_POLLING : SOFTIB_PHYS_LINKUP;
		p->mtu = IB_MTU_4096;
		p->op_vls = 1;
		p->linkdown_default = 2;
		p->phyerr_overrun = 0x88;
		p->lwe = IB_WIDTH_1X | IB_WIDTH_4X;
		p->lse = 7;
	}
	softib_sw = sw;
	return 0;
}

void softib_sw_exit(void)
{
	kvfree(softib_sw);
	softib_sw = NULL;
}

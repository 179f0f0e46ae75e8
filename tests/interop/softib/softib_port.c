// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The dpdk-ipoib authors
/* softib: the port's link and logical state, and the events it raises. */
#include "softib.h"

void softib_event(struct softib_dev *dev, enum ib_event_type type)
{
	struct ib_event ev = {
		.device = &dev->rdi.ibdev,
		.event = type,
		.element.port_num = 1,
	};

	if (READ_ONCE(dev->registered))
		ib_dispatch_event(&ev);
}

void softib_port_init(struct softib_dev *dev)
{
	struct softib_port *p = &dev->port;
	/*
	 * Locally administered EUI-64s: node GUID 0253:4942:00NN:0000,
	 * port GUID the same plus 1.
	 */
	u64 guid = 0x0253494200000000ULL | (u64)dev->idx << 16;

	spin_lock_init(&p->lock);
	spin_lock_init(&p->rvp.lock);
	p->rvp.mcast_tree = RB_ROOT;
	p->rvp.gid_prefix = cpu_to_be64(0xfe80000000000000ULL);
	p->rvp.sm_lid = 0;
	p->rvp.subnet_timeout = 18;
	p->rvp.port_cap_flags = IB_PORT_SYS_IMAGE_GUID_SUP | IB_PORT_CLIENT_REG_SUP |
				IB_PORT_SL_MAP_SUP | IB_PORT_TRAP_SUP | IB_PORT_AUTO_MIGR_SUP |
				IB_PORT_OTHER_LOCAL_CHANGES_SUP;

	dev->rdi.ibdev.node_guid = cpu_to_be64(guid);
	p->guids[0] = cpu_to_be64(guid + 1);
	p->pkeys[0] = IB_DEFAULT_PKEY_FULL;
	p->lid = 0;
	p->lmc = 0;
	p->state = IB_PORT_DOWN;
	p->phys = SOFTIB_PHYS_POLLING;
	p->lwe = IB_WIDTH_1X | IB_WIDTH_4X;
	p->lse = IB_SPEED_SDR | IB_SPEED_DDR | IB_SPEED_QDR;
	p->linkdown_default = 2;
	p->mtu = IB_MTU_4096;
	p->op_vls = 1;
	p->phyerr_overrun = 0x88;
	p->cable = true;
	softib_fabric_port_init(dev);
}

/*
 * Move the logical state.  Returns false when the change is not one a
 * port makes.  Events go out after the lock is dropped.
 */
bool softib_port_set_state(struct softib_dev *dev, u8 state)
{
	struct softib_port *p = &dev->port;
	unsigned long flags;
	bool ok = false;
	u8 old;

	spin_lock_irqsave(&p->lock, flags);
	old = p->state;
	switch (state) {
	case IB_PORT_DOWN:
		ok = true;
		break;
	case IB_PORT_INIT:
		ok = p->phys == SOFTIB_PHYS_LINKUP && old == IB_PORT_DOWN;
		break;
	case IB_PORT_ARMED:
		ok = old == IB_PORT_INIT || old == IB_PORT_ARMED;
		break;
	case IB_PORT_ACTIVE:
		ok = old == IB_PORT_ARMED || old == IB_PORT_ACTIVE;
		break;
	}
	if (ok)
		p->state = state;
	spin_unlock_irqrestore(&p->lock, flags);

	if (ok && old != state) {
		if (state == IB_PORT_ACTIVE)
			softib_event(dev, IB_EVENT_PORT_ACTIVE);
		else if (old == IB_PORT_ACTIVE)
			softib_event(dev, IB_EVENT_PORT_ERR);
	}
	return ok;
}

static bool link_wanted(struct softib_dev *dev)
{
	return dev->port.cable && !dev->port.disabled;
}

static void one_end(struct softib_dev *dev, bool up)
{
	struct softib_port *p = &dev->port;
	unsigned long flags;
	bool was;

	spin_lock_irqsave(&p->lock, flags);
	was = p->phys == SOFTIB_PHYS_LINKUP;
	p->phys = up		? SOFTIB_PHYS_LINKUP
		  : p->disabled ? SOFTIB_PHYS_DISABLED
				: SOFTIB_PHYS_POLLING;
	if (was && !up)
		p->cnt.link_downed++;
	spin_unlock_irqrestore(&p->lock, flags);

	if (up && !was)
		softib_port_set_state(dev, IB_PORT_INIT);
	else if (!up)
		softib_port_set_state(dev, IB_PORT_DOWN);
}

/* Recompute both ends of the cable of @dev from the knobs. */
void softib_link_update(struct softib_dev *dev)
{
	struct softib_dev *peer = dev->peer;
	bool up = link_wanted(dev);

	if (softib_sw) {
		up = up && softib_sw_port_wanted(dev);
		one_end(dev, up);
		softib_sw_link(dev, up);
		return;
	}
	up = up && peer && link_wanted(peer);
	one_end(dev, up);
	if (peer)
		one_end(peer, up);
}

void softib_set_cable(struct softib_dev *dev, bool up)
{
	dev->port.cable = up;
	softib_link_update(dev);
}

void softib_set_disabled(struct softib_dev *dev, bool disabled)
{
	dev->port.disabled = disabled;
	softib_link_update(dev);
}

/* The SM set PortState DOWN: the link drops and trains again at once. */
void softib_link_retrain(struct softib_dev *dev)
{
	one_end(dev, false);
	if (dev->peer)
		one_end(dev->peer, false);
	if (softib_sw)
		softib_sw_link(dev, false);
	softib_link_update(dev);
}

/* Called by rdmavt, also with spinlocks held (rvt_check_ah). */
int softib_query_port(struct rvt_dev_info *rdi, u32 port_num, struct ib_port_attr *props)
{
	struct softib_port *p = &rdi_to_sdev(rdi)->port;

	props->lid = p->lid;
	props->lmc = p->lmc;
	props->state = p->state;
	props->phys_state = p->phys;
	props->gid_tbl_len = SOFTIB_NGUIDS;
	props->active_width = IB_WIDTH_4X;
	props->active_speed = IB_SPEED_QDR;
	props->max_vl_num = 1;
	props->max_mtu = IB_MTU_4096;
	props->active_mtu = p->mtu;
	return 0;
}

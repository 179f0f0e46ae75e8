// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The dpdk-ipoib authors
/*
 * softib: knobs and counters under /sys/kernel/debug/softib/softibN/, and the
 * counters again as port attributes in sysfs (rdmavt insists on some).
 */
#include <linux/seq_file.h>
#include <rdma/ib_sysfs.h>
#include "softib.h"

struct dentry *softib_dbg_root;

static int link_get(void *data, u64 *val)
{
	*val = ((struct softib_dev *)data)->port.cable;
	return 0;
}

static int link_set(void *data, u64 val)
{
	softib_set_cable(data, val != 0);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(link_fops, link_get, link_set, "%llu\n");

/* As if the subnet manager had set the bit of PortInfo (14.2.5.6), and nothing else. */
static int reregister_set(void *data, u64 val)
{
	softib_event(data, IB_EVENT_CLIENT_REREGISTER);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(reregister_fops, NULL, reregister_set, "%llu\n");

static int stats_show(struct seq_file *s, void *unused)
{
	struct softib_dev *dev = s->private;
	struct softib_port *p = &dev->port;
	struct softib_counters *c = &p->cnt;

	seq_printf(s, "lid 0x%04x sm_lid 0x%04x state %u phys %u\n", p->lid, p->rvp.sm_lid,
		   p->state, p->phys);
#define C(f) seq_printf(s, "%s %llu\n", #f, c->f)
	C(xmit_pkts);
	C(xmit_bytes);
	C(xmit_mcast);
	C(rcv_pkts);
	C(rcv_bytes);
	C(rcv_mcast);
	C(mcast_ignored);
	C(drop_link);
	C(drop_noroute);
	C(drop_noqp);
	C(drop_norwqe);
	C(drop_toolong);
	C(drop_nomem);
	C(drop_knob);
	C(rc_msgs);
	C(rc_bytes);
	C(link_downed);
#undef C
	seq_printf(s, "pkey_violations %u\nqkey_violations %u\n", p->rvp.pkey_violations,
		   p->rvp.qkey_violations);
	seq_printf(s, "address_handles %u\n", dev->rdi.n_ahs_allocated);
	seq_printf(s, "rc_timeouts %llu\nrnr_naks %llu\n", p->rvp.n_rc_timeouts, p->rvp.n_rnr_naks);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

void softib_debugfs_add(struct softib_dev *dev)
{
	struct softib_port *p = &dev->port;

	dev->dbg = debugfs_create_dir(dev_name(&dev->rdi.ibdev.dev), softib_dbg_root);
	debugfs_create_file_unsafe("link", 0600, dev->dbg, dev, &link_fops);
	debugfs_create_file_unsafe("reregister", 0200, dev->dbg, dev, &reregister_fops);
	debugfs_create_file("stats", 0400, dev->dbg, dev, &stats_fops);
	debugfs_create_u32("drop_permille", 0600, dev->dbg, &p->drop_permille);
	debugfs_create_u32("dup_permille", 0600, dev->dbg, &p->dup_permille);
	debugfs_create_u32("delay_us", 0600, dev->dbg, &p->delay_us);
	debugfs_create_u32("jitter_us", 0600, dev->dbg, &p->jitter_us);
}

void softib_debugfs_init(void)
{
	softib_dbg_root = debugfs_create_dir("softib", NULL);
	softib_capture_init();
}

void softib_debugfs_exit(void)
{
	debugfs_remove_recursive(softib_dbg_root);
}

static ssize_t pkt_drops_show(struct ib_device *ibdev, u32 port_num, struct ib_port_attribute *attr,
			      char *buf)
{
	struct softib_counters *c = &to_sdev(ibdev)->port.cnt;

	return sysfs_emit(buf, "%llu\n",
			  c->drop_noroute + c->drop_noqp + c->drop_norwqe + c->drop_toolong +
				  c->drop_link);
}
static IB_PORT_ATTR_RO(pkt_drops);

static struct attribute *softib_port_attrs[] = {
	&ib_port_attr_pkt_drops.attr,
	NULL,
};

static const struct attribute_group softib_port_group = {
	.name = "softib",
	.attrs = softib_port_attrs,
};

const struct attribute_group *softib_port_groups[] = {
	&softib_port_group,
	NULL,
};

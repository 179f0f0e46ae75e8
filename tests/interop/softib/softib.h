/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (c) 2026 The dpdk-ipoib authors */
/*
 * softib - software InfiniBand HCAs joined by an in-memory fabric.
 *
 * The verbs objects (QP, CQ, MR, SRQ, AH, multicast attach, mmap'd user
 * queues) come from the kernel's rdmavt library.  This module adds what a
 * hardware driver adds: the send engine, the receive path, the subnet
 * management agent, the port state machine, and the wire.
 */
#ifndef SOFTIB_H
#define SOFTIB_H

#include <linux/kernel.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/hrtimer.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <linux/debugfs.h>
#include <rdma/ib_verbs.h>
#include <rdma/ib_mad.h>
#include <rdma/ib_smi.h>
#include <rdma/rdma_vt.h>
#include <rdma/rdmavt_qp.h>

#define SOFTIB_MAX_HCAS	 16
#define SOFTIB_NPKEYS	 16
#define SOFTIB_NGUIDS	 8
#define SOFTIB_MTU_MAX	 4096
#define SOFTIB_GRH_LEN	 40
#define SOFTIB_VENDOR_ID 0x534942 /* "SIB", not a real OUI */
#define SOFTIB_PART_ID	 1
#define SOFTIB_LID_PERM	 0xffff
#define SOFTIB_MLID_BASE 0xc000
#define SOFTIB_QPN_MCAST 0xffffff

/* Physical port states of PortInfo (14.2.5.6) */
#define SOFTIB_PHYS_POLLING  2
#define SOFTIB_PHYS_DISABLED 3
#define SOFTIB_PHYS_LINKUP   5

struct softib_dev;

/* One UD datagram on its way; also what the capture file is made from. */
struct softib_pkt {
	struct list_head list;
	ktime_t due;
	struct softib_dev *src;
	u32 src_qpn;
	u32 dst_qpn;
	u32 qkey;
	u32 psn;
	u16 pkey;
	u16 slid;
	u16 dlid;
	u8 sl;
	bool vl15;
	bool has_grh;
	bool has_imm;
	bool solicited;
	__be32 imm;
	u16 len;
	struct ib_grh grh;
	u8 data[SOFTIB_MTU_MAX];
};

struct softib_counters {
	u64 xmit_pkts, xmit_bytes, xmit_mcast;
	u64 rcv_pkts, rcv_bytes, rcv_mcast;
	u64 mcast_ignored; /* arrived, but no QP is attached */
	u64 drop_link;	   /* sender's or receiver's port not usable */
	u64 drop_noroute;  /* no port owns the DLID */
	u64 drop_noqp;	   /* no such QP, or not able to receive */
	u64 drop_norwqe;   /* no receive posted */
	u64 drop_toolong;  /* receive too small */
	u64 drop_nomem;
	u64 drop_knob; /* dropped by drop_permille */
	u64 rc_msgs, rc_bytes;
	u64 link_downed;
};

struct softib_port {
	struct rvt_ibport rvp;
	spinlock_t lock; /* port state, fields below */
	u16 pkeys[SOFTIB_NPKEYS];
	__be64 guids[SOFTIB_NGUIDS];
	u16 lid;
	u8 lmc;
	u8 state; /* enum ib_port_state */
	u8 phys;
	u8 lwe; /* link width enabled */
	u8 lse; /* link speed enabled */
	u8 linkdown_default;
	u8 mtu; /* enum ib_mtu, NeighborMTU */
	u8 op_vls;
	u8 phyerr_overrun;
	u8 sl2vl[8];
	u8 vlarb[2][64];
	bool cable;    /* the debugfs "link" knob */
	bool disabled; /* SM or ib_modify_port disabled it */
	/* fault injection, applied to what this port sends */
	u32 drop_permille;
	u32 dup_permille;
	u32 delay_us;
	u32 jitter_us;
	struct softib_counters cnt;
	/* delayed packets */
	spinlock_t dq_lock;
	struct list_head dq;
	struct hrtimer dq_timer;
};

struct softib_dev {
	struct rvt_dev_info rdi; /* first: ib_device is inside */
	int idx;
	struct softib_port port;
	struct softib_dev *peer; /* other end of the cable */
	struct platform_device *pdev;
	struct pci_dev *fake_pci; /* rdmavt prints through a pci_dev */
	struct dentry *dbg;
	bool registered;
};

struct softib_qp_priv {
	struct rvt_qp *qp;
	struct work_struct work;
	u32 retries;
};

static inline struct softib_dev *to_sdev(struct ib_device *ibdev)
{
	return container_of(ibdev, struct softib_dev, rdi.ibdev);
}

static inline struct softib_dev *rdi_to_sdev(struct rvt_dev_info *rdi)
{
	return container_of(rdi, struct softib_dev, rdi);
}

static inline struct softib_dev *qp_to_sdev(struct rvt_qp *qp)
{
	return to_sdev(qp->ibqp.device);
}

/* Two P_Keys match: same 15 bits, at least one of them a full member. */
static inline bool softib_pkey_match(u16 a, u16 b)
{
	return (a & 0x7fff) && ((a ^ b) & 0x7fff) == 0 && ((a | b) & 0x8000);
}

static inline bool softib_is_mlid(u16 lid)
{
	return lid >= SOFTIB_MLID_BASE && lid != SOFTIB_LID_PERM;
}

/* softib_main.c */
extern struct softib_dev *softib_devs[SOFTIB_MAX_HCAS];
extern unsigned int softib_ndevs;
extern struct workqueue_struct *softib_wq;

/* softib_port.c: port state machine, events */
void softib_port_init(struct softib_dev *dev);
void softib_event(struct softib_dev *dev, enum ib_event_type type);
void softib_link_update(struct softib_dev *dev);
void softib_set_cable(struct softib_dev *dev, bool up);
void softib_set_disabled(struct softib_dev *dev, bool disabled);
void softib_link_retrain(struct softib_dev *dev);
bool softib_port_set_state(struct softib_dev *dev, u8 state);
int softib_query_port(struct rvt_dev_info *rdi, u32 port_num, struct ib_port_attr *props);

/* softib_qp.c: rdmavt call-downs, send engine entry */
extern const struct rvt_operation_params softib_post_parms[RVT_OPERATION_MAX];
extern const enum ib_wc_opcode softib_wc_opcode[];
void softib_qp_ops(struct rvt_driver_provided *f);
void softib_complete(struct rvt_qp *qp, struct rvt_swqe *wqe, enum ib_wc_status status);

/* softib_ud.c */
void softib_ud_send(struct rvt_qp *qp);
void softib_ud_deliver(struct softib_dev *dst, struct softib_pkt *pkt);

/* softib_rc.c */
void softib_rc_send(struct rvt_qp *qp);

/* softib_sma.c */
int softib_process_mad(struct ib_device *ibdev, int mad_flags, u32 port_num,
		       const struct ib_wc *in_wc, const struct ib_grh *in_grh,
		       const struct ib_mad *in_mad, struct ib_mad *out_mad, size_t *out_mad_size,
		       u16 *out_mad_pkey_index);

/* softib_fabric.c: the wire */
int softib_fabric_init(void);
void softib_fabric_exit(void);
void softib_fabric_port_init(struct softib_dev *dev);
void softib_fabric_port_exit(struct softib_dev *dev);
struct softib_pkt *softib_pkt_alloc(void);
void softib_pkt_free(struct softib_pkt *pkt);
void softib_fabric_send(struct softib_dev *src, struct softib_pkt *pkt);
struct softib_dev *softib_route(struct softib_dev *src, u16 dlid);
bool softib_owns_lid(struct softib_dev *dev, u16 dlid);

/* softib_switch.c: NULL when two HCAs are back to back */
struct softib_switch;
extern struct softib_switch *softib_sw;
int softib_sw_init(unsigned int nports);
void softib_sw_exit(void);
bool softib_sw_port_wanted(struct softib_dev *dev);
void softib_sw_link(struct softib_dev *dev, bool up);
struct softib_dev *softib_sw_route(struct softib_dev *src, u16 dlid);
void softib_sw_mcast(struct softib_dev *src, struct softib_pkt *pkt);
void softib_sw_smp(struct softib_dev *src, struct softib_pkt *pkt);

/* softib_debugfs.c, softib_capture.c */
void softib_debugfs_init(void);
void softib_debugfs_exit(void);
void softib_debugfs_add(struct softib_dev *dev);
extern struct dentry *softib_dbg_root;
extern const struct attribute_group *softib_port_groups[];
void softib_capture_init(void);
void softib_capture(const struct softib_pkt *pkt);

#endif

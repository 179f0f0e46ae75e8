// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The dpdk-ipoib authors
/* softib: what rdmavt calls down for a QP, and the entry of the send engine. */
#include <linux/delay.h>
#include "softib.h"

#define SIB_CONN  (BIT(IB_QPT_RC) | BIT(IB_QPT_UC))
#define SIB_DGRAM (BIT(IB_QPT_UD) | BIT(IB_QPT_SMI) | BIT(IB_QPT_GSI))

const struct rvt_operation_params softib_post_parms[RVT_OPERATION_MAX] = {
	[IB_WR_SEND] =
		{
			.length = sizeof(struct ib_send_wr),
			.qpt_support = SIB_CONN | SIB_DGRAM,
		},
	[IB_WR_SEND_WITH_IMM] =
		{
			.length = sizeof(struct ib_send_wr),
			.qpt_support = SIB_CONN | SIB_DGRAM,
		},
	[IB_WR_RDMA_WRITE] =
		{
			.length = sizeof(struct ib_rdma_wr),
			.qpt_support = SIB_CONN,
		},
	[IB_WR_RDMA_WRITE_WITH_IMM] =
		{
			.length = sizeof(struct ib_rdma_wr),
			.qpt_support = SIB_CONN,
		},
	[IB_WR_RDMA_READ] =
		{
			.length = sizeof(struct ib_rdma_wr),
			.qpt_support = BIT(IB_QPT_RC),
			.flags = RVT_OPERATION_ATOMIC,
		},
	[IB_WR_ATOMIC_CMP_AND_SWP] =
		{
			.length = sizeof(struct ib_atomic_wr),
			.qpt_support = BIT(IB_QPT_RC),
			.flags = RVT_OPERATION_ATOMIC | RVT_OPERATION_ATOMIC_SGE,
		},
	[IB_WR_ATOMIC_FETCH_AND_ADD] =
		{
			.length = sizeof(struct ib_atomic_wr),
			.qpt_support = BIT(IB_QPT_RC),
			.flags = RVT_OPERATION_ATOMIC | RVT_OPERATION_ATOMIC_SGE,
		},
};

const enum ib_wc_opcode softib_wc_opcode[] = {
	[IB_WR_RDMA_WRITE] = IB_WC_RDMA_WRITE,
	[IB_WR_RDMA_WRITE_WITH_IMM] = IB_WC_RDMA_WRITE,
	[IB_WR_SEND] = IB_WC_SEND,
	[IB_WR_SEND_WITH_IMM] = IB_WC_SEND,
	[IB_WR_RDMA_READ] = IB_WC_RDMA_READ,
	[IB_WR_ATOMIC_CMP_AND_SWP] = IB_WC_COMP_SWAP,
	[IB_WR_ATOMIC_FETCH_AND_ADD] = IB_WC_FETCH_ADD,
};

/*
 * Finish one send WQE.  rdmavt wants r_lock and s_lock (it may have to put
 * the QP in error when the CQ is full); they nest in that order.
 */
void softib_complete(struct rvt_qp *qp, struct rvt_swqe *wqe, enum ib_wc_status status)
{
	unsigned long flags;

	spin_lock_irqsave(&qp->r_lock, flags);
	spin_lock(&qp->s_lock);
	rvt_send_complete(qp, wqe, status);
	spin_unlock(&qp->s_lock);
	spin_unlock_irqrestore(&qp->r_lock, flags);
}

static void softib_do_send(struct rvt_qp *qp)
{
	if (qp->ibqp.qp_type == IB_QPT_RC || qp->ibqp.qp_type == IB_QPT_UC)
		softib_rc_send(qp);
	else
		softib_ud_send(qp);
}

static void softib_send_work(struct work_struct *w)
{
	softib_do_send(container_of(w, struct softib_qp_priv, work)->qp);
}

static bool softib_schedule_send_no_lock(struct rvt_qp *qp)
{
	struct softib_qp_priv *priv = qp->priv;

	return queue_work(softib_wq, &priv->work);
}

/* s_lock held */
static bool softib_schedule_send(struct rvt_qp *qp)
{
	if (qp->s_flags & (RVT_S_BUSY | RVT_S_ANY_WAIT))
		return false;
	return softib_schedule_send_no_lock(qp);
}

static int softib_setup_wqe(struct rvt_qp *qp, struct rvt_swqe *wqe, bool *call_send)
{
	if (qp->ibqp.qp_type == IB_QPT_RC || qp->ibqp.qp_type == IB_QPT_UC) {
		if (wqe->length > 0x80000000U)
			return -EINVAL;
		/* big copies are for the work queue, not for the caller */
		if (wqe->length > 4096)
			*call_send = false;
		return 0;
	}
	if (wqe->length > 1U << rvt_get_swqe_ah(wqe)->log_pmtu)
		return -EINVAL;
	*call_send = true;
	return 0;
}

static void *softib_qp_priv_alloc(struct rvt_dev_info *rdi, struct rvt_qp *qp)
{
	struct softib_qp_priv *priv = kzalloc(sizeof(*priv), GFP_KERNEL);

	if (!priv)
		return ERR_PTR(-ENOMEM);
	priv->qp = qp;
	INIT_WORK(&priv->work, softib_send_work);
	return priv;
}

static void softib_qp_priv_free(struct rvt_dev_info *rdi, struct rvt_qp *qp)
{
	kfree(qp->priv);
	qp->priv = NULL;
}

static void softib_notify_qp_reset(struct rvt_qp *qp)
{
	((struct softib_qp_priv *)qp->priv)->retries = 0;
}

static void softib_nop_qp(struct rvt_qp *qp)
{
}

static void softib_stop_send_queue(struct rvt_qp *qp)
{
	cancel_work_sync(&((struct softib_qp_priv *)qp->priv)->work);
}

/* The engine may also run in a poster's context: wait for it. */
static void softib_quiesce_qp(struct rvt_qp *qp)
{
	while (READ_ONCE(qp->s_flags) & RVT_S_BUSY)
		usleep_range(50, 100);
	/* an RNR timer may have queued the work again before it was stopped */
	softib_stop_send_queue(qp);
}

static void softib_notify_restart_rc(struct rvt_qp *qp, u32 psn, int wait)
{
}

static unsigned int softib_free_all_qps(struct rvt_dev_info *rdi)
{
	return 0;
}

static int softib_get_pmtu_from_attr(struct rvt_dev_info *rdi, struct rvt_qp *qp,
				     struct ib_qp_attr *attr)
{
	int mtu = attr->path_mtu;

	if (mtu < IB_MTU_256 || mtu > IB_MTU_4096)
		return -EINVAL;
	return min_t(int, mtu, rdi_to_sdev(rdi)->port.mtu);
}

static u32 softib_mtu_from_qp(struct rvt_dev_info *rdi, struct rvt_qp *qp, u32 pmtu)
{
	return ib_mtu_enum_to_int(pmtu);
}

static int softib_mtu_to_path_mtu(u32 mtu)
{
	return ib_mtu_int_to_enum(mtu);
}

static int softib_check_ah(struct ib_device *ibdev, struct rdma_ah_attr *attr)
{
	if (rdma_ah_get_sl(attr) > 15)
		return -EINVAL;
	/* a multicast LID goes with a multicast GID */
	if (softib_is_mlid(rdma_ah_get_dlid(attr)) && !(rdma_ah_get_ah_flags(attr) & IB_AH_GRH))
		return -EINVAL;
	return 0;
}

static void softib_notify_new_ah(struct ib_device *ibdev, struct rdma_ah_attr *attr,
				 struct rvt_ah *ah)
{
	ah->vl = 0;
	ah->log_pmtu = ilog2(ib_mtu_enum_to_int(to_sdev(ibdev)->port.mtu));
}

void softib_qp_ops(struct rvt_driver_provided *f)
{
	f->do_send = softib_do_send;
	f->schedule_send = softib_schedule_send;
	f->schedule_send_no_lock = softib_schedule_send_no_lock;
	f->setup_wqe = softib_setup_wqe;
	f->qp_priv_alloc = softib_qp_priv_alloc;
	f->qp_priv_free = softib_qp_priv_free;
	f->notify_qp_reset = softib_notify_qp_reset;
	f->flush_qp_waiters = softib_nop_qp;
	f->stop_send_queue = softib_stop_send_queue;
	f->quiesce_qp = softib_quiesce_qp;
	f->notify_error_qp = softib_nop_qp;
	f->notify_restart_rc = softib_notify_restart_rc;
	f->free_all_qps = softib_free_all_qps;
	f->get_pmtu_from_attr = softib_get_pmtu_from_attr;
	f->mtu_from_qp = softib_mtu_from_qp;
	f->mtu_to_path_mtu = softib_mtu_to_path_mtu;
	f->check_ah = softib_check_ah;
	f->notify_new_ah = softib_notify_new_ah;
}

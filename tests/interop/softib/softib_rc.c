// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The dpdk-ipoib authors
/*
 * softib: connected QPs (RC, UC).
 *
 * One send WQE is carried out as one step: the requester's engine copies
 * straight between its own scatter list and the responder's.  There are no
 * packets, PSNs or ACKs; what a consumer can see of them (RNR, remote errors,
 * retry exhaustion, completion order) is kept.
 */
#include <rdma/ib_hdrs.h>
#include "softib.h"

enum rc_result {
	RC_DONE, /* complete the WQE with *status */
	RC_WAIT, /* retry timer armed, leave */
};

/* Index of the shortest RNR time that is at least @us long. */
static u32 rnr_index(unsigned long us)
{
	u32 i;

	for (i = 1; i < 32; i++)
		if (rvt_rnr_tbl_to_usec(i) >= us)
			return i;
	return 0; /* 655 ms, the longest */
}

/* Sleep on the RNR timer, which calls schedule_send when it fires. */
static bool rc_wait(struct rvt_qp *sqp, u32 index)
{
	unsigned long flags;
	bool ok;

	spin_lock_irqsave(&sqp->s_lock, flags);
	ok = ib_rvt_state_ops[sqp->state] & RVT_PROCESS_RECV_OK;
	if (ok)
		rvt_add_rnr_timer(sqp, index << IB_AETH_CREDIT_SHIFT);
	spin_unlock_irqrestore(&sqp->s_lock, flags);
	return ok;
}

/* Nobody answers: as a requester whose ACK timer expires. */
static enum rc_result rc_no_answer(struct rvt_qp *sqp, enum ib_wc_status *status)
{
	struct softib_qp_priv *priv = sqp->priv;
	unsigned long us = 4UL << min_t(u8, sqp->timeout, 20);

	if (sqp->ibqp.qp_type == IB_QPT_UC) {
		*status = IB_WC_SUCCESS;
		return RC_DONE;
	}
	/* timeout 0 means to wait for ever */
	if (sqp->timeout && priv->retries >= sqp->s_retry_cnt) {
		*status = IB_WC_RETRY_EXC_ERR;
		return RC_DONE;
	}
	priv->retries++;
	rvt_to_iport(sqp)->n_rc_timeouts++;
	*status = IB_WC_WR_FLUSH_ERR;
	return rc_wait(sqp, rnr_index(us)) ? RC_WAIT : RC_DONE;
}

static enum rc_result rc_rnr(struct rvt_qp *sqp, struct rvt_qp *qp, enum ib_wc_status *status)
{
	rvt_to_iport(sqp)->n_rnr_naks++;
	if (!sqp->s_rnr_retry) {
		*status = IB_WC_RNR_RETRY_EXC_ERR;
		return RC_DONE;
	}
	if (sqp->s_rnr_retry_cnt < 7) /* 7: for ever */
		sqp->s_rnr_retry--;
	*status = IB_WC_WR_FLUSH_ERR;
	return rc_wait(sqp, qp->r_min_rnr_timer) ? RC_WAIT : RC_DONE;
}

/* Copy @len bytes from @from to @to; put the MRs of the remote side. */
static void copy_ss(struct rvt_qp *qp, struct rvt_sge_state *to, struct rvt_sge_state *from,
		    u32 len, bool put_to)
{
	while (len) {
		u32 n = rvt_get_sge_length(&from->sge, len);

		if (WARN_ON_ONCE(!n))
			break;
		rvt_copy_sge(qp, to, from->sge.vaddr, n, put_to, false);
		rvt_update_sge(from, n, !put_to);
		len -= n;
	}
}

static void rc_recv_done(struct softib_dev *src, struct rvt_qp *qp, struct rvt_swqe *wqe, bool imm)
{
	struct ib_wc wc = {};

	if (!test_and_clear_bit(RVT_R_WRID_VALID, &qp->r_aflags))
		return;
	wc.wr_id = qp->r_wr_id;
	wc.status = IB_WC_SUCCESS;
	wc.opcode = wqe->wr.opcode == IB_WR_RDMA_WRITE_WITH_IMM ? IB_WC_RECV_RDMA_WITH_IMM
								: IB_WC_RECV;
	wc.byte_len = wqe->length;
	wc.qp = &qp->ibqp;
	wc.src_qp = qp->remote_qpn;
	wc.slid = src->port.lid;
	wc.sl = rdma_ah_get_sl(&qp->remote_ah_attr);
	wc.port_num = 1;
	if (imm) {
		wc.wc_flags = IB_WC_WITH_IMM;
		wc.ex.imm_data = wqe->wr.ex.imm_data;
	}
	rvt_recv_cq(qp, &wc, wqe->wr.send_flags & IB_SEND_SOLICITED);
}

/*
 * Carry out @wqe at the responder @qp, whose r_lock is held.  *status is the
 * requester's completion; *rnr is set when the responder has no receive;
 * *rerr, unless success, is the error that kills the responder.
 */
static void rc_execute(struct softib_dev *src, struct rvt_qp *sqp, struct rvt_swqe *wqe,
		       struct rvt_qp *qp, enum ib_wc_status *status, bool *rnr,
		       enum ib_wc_status *rerr)
{
	bool rc = sqp->ibqp.qp_type == IB_QPT_RC;
	struct rvt_sge_state local = {
		.sge = wqe->sg_list[0],
		.sg_list = wqe->sg_list + 1,
		.num_sge = wqe->wr.num_sge,
	};
	struct rvt_sge_state remote = {};
	bool imm = false;
	atomic64_t *target;
	u64 val;
	int ret;

	*status = IB_WC_SUCCESS;
	*rerr = IB_WC_SUCCESS;
	*rnr = false;

	if (qp->state == IB_QPS_RTR && !(qp->r_flags & RVT_R_COMM_EST))
		rvt_comm_est(qp);

	switch (wqe->wr.opcode) {
	case IB_WR_SEND_WITH_IMM:
		imm = true;
		fallthrough;
	case IB_WR_SEND:
		ret = rvt_get_rwqe(qp, false);
		if (ret < 0)
			goto remote_op;
		if (!ret) {
			*rnr = true;
			return;
		}
		if (wqe->length > qp->r_len)
			goto remote_inv;
		copy_ss(qp, &qp->r_sge, &local, wqe->length, true);
		rvt_put_ss(&qp->r_sge);
		rc_recv_done(src, qp, wqe, imm);
		return;

	case IB_WR_RDMA_WRITE_WITH_IMM:
		imm = true;
		fallthrough;
	case IB_WR_RDMA_WRITE:
		if (!(qp->qp_access_flags & IB_ACCESS_REMOTE_WRITE))
			goto remote_inv;
		if (wqe->length &&
		    !rvt_rkey_ok(qp, &remote.sge, wqe->length, wqe->rdma_wr.remote_addr,
				 wqe->rdma_wr.rkey, IB_ACCESS_REMOTE_WRITE))
			goto remote_acc;
		remote.num_sge = wqe->length ? 1 : 0;
		remote.total_len = wqe->length;
		if (imm) {
			ret = rvt_get_rwqe(qp, true);
			if (ret <= 0) {
				rvt_put_ss(&remote);
				if (ret < 0)
					goto remote_op;
				*rnr = true;
				return;
			}
		}
		copy_ss(qp, &remote, &local, wqe->length, true);
		rvt_put_ss(&remote);
		if (imm)
			rc_recv_done(src, qp, wqe, true);
		return;

	case IB_WR_RDMA_READ:
		if (!(qp->qp_access_flags & IB_ACCESS_REMOTE_READ))
			goto remote_inv;
		if (!wqe->length)
			return;
		if (!rvt_rkey_ok(qp, &remote.sge, wqe->length, wqe->rdma_wr.remote_addr,
				 wqe->rdma_wr.rkey, IB_ACCESS_REMOTE_READ))
			goto remote_acc;
		remote.num_sge = 1;
		remote.total_len = wqe->length;
		local.total_len = wqe->length;
		copy_ss(sqp, &local, &remote, wqe->length, false);
		rvt_put_ss(&remote);
		return;

	case IB_WR_ATOMIC_CMP_AND_SWP:
	case IB_WR_ATOMIC_FETCH_AND_ADD:
		if (!(qp->qp_access_flags & IB_ACCESS_REMOTE_ATOMIC) ||
		    wqe->atomic_wr.remote_addr & 7)
			goto remote_inv;
		if (!rvt_rkey_ok(qp, &remote.sge, sizeof(u64), wqe->atomic_wr.remote_addr,
				 wqe->atomic_wr.rkey, IB_ACCESS_REMOTE_ATOMIC))
			goto remote_acc;
		target = remote.sge.vaddr;
		val = wqe->atomic_wr.compare_add;
		if (wqe->wr.opcode == IB_WR_ATOMIC_FETCH_AND_ADD)
			val = atomic64_fetch_add(val, target);
		else
			val = atomic64_cmpxchg(target, val, wqe->atomic_wr.swap);
		*(u64 *)local.sge.vaddr = val;
		rvt_put_mr(remote.sge.mr);
		return;

	default:
		*status = IB_WC_LOC_QP_OP_ERR;
		return;
	}

remote_op:
	*status = rc ? IB_WC_REM_OP_ERR : IB_WC_SUCCESS;
	*rerr = IB_WC_LOC_QP_OP_ERR;
	return;
remote_inv:
	*status = rc ? IB_WC_REM_INV_REQ_ERR : IB_WC_SUCCESS;
	*rerr = IB_WC_LOC_QP_OP_ERR;
	return;
remote_acc:
	*status = rc ? IB_WC_REM_ACCESS_ERR : IB_WC_SUCCESS;
	*rerr = IB_WC_LOC_PROT_ERR;
}

/* Is @qp the other end of @sqp, and able to receive? */
static bool rc_is_peer(struct softib_dev *src, struct rvt_qp *sqp, struct softib_dev *dst,
		       struct rvt_qp *qp)
{
	return ib_rvt_state_ops[qp->state] & RVT_PROCESS_RECV_OK &&
	       qp->ibqp.qp_type == sqp->ibqp.qp_type && qp->remote_qpn == sqp->ibqp.qp_num &&
	       softib_owns_lid(src, rdma_ah_get_dlid(&qp->remote_ah_attr)) &&
	       softib_pkey_match(rvt_get_pkey(&src->rdi, 0, sqp->s_pkey_index),
				 rvt_get_pkey(&dst->rdi, 0, qp->s_pkey_index));
}

static enum rc_result rc_one(struct rvt_qp *sqp, struct rvt_swqe *wqe, enum ib_wc_status *status)
{
	struct softib_dev *src = qp_to_sdev(sqp), *dst;
	enum ib_wc_status rerr;
	struct rvt_qp *qp;
	unsigned long flags;
	enum rc_result res;
	bool rnr;

	rcu_read_lock();
	dst = softib_route(src, rdma_ah_get_dlid(&sqp->remote_ah_attr));
	qp = dst ? rvt_lookup_qpn(&dst->rdi, &dst->port.rvp, sqp->remote_qpn) : NULL;
	if (!qp) {
		res = rc_no_answer(sqp, status);
		goto out;
	}
	spin_lock_irqsave(&qp->r_lock, flags);
	if (!rc_is_peer(src, sqp, dst, qp)) {
		spin_unlock_irqrestore(&qp->r_lock, flags);
		res = rc_no_answer(sqp, status);
		goto out;
	}
	rc_execute(src, sqp, wqe, qp, status, &rnr, &rerr);
	if (rerr != IB_WC_SUCCESS)
		rvt_rc_error(qp, rerr);
	spin_unlock_irqrestore(&qp->r_lock, flags);

	((struct softib_qp_priv *)sqp->priv)->retries = 0;
	if (rnr && sqp->ibqp.qp_type == IB_QPT_RC) {
		res = rc_rnr(sqp, qp, status);
	} else {
		sqp->s_rnr_retry = sqp->s_rnr_retry_cnt;
		src->port.cnt.rc_msgs++;
		src->port.cnt.rc_bytes += wqe->length;
		res = RC_DONE;
	}
out:
	rcu_read_unlock();
	return res;
}

/* The requester failed: its QP goes to the error state. */
static void rc_kill(struct rvt_qp *sqp)
{
	unsigned long flags;
	int last;

	spin_lock_irqsave(&sqp->r_lock, flags);
	spin_lock(&sqp->s_lock);
	last = rvt_error_qp(sqp, IB_WC_WR_FLUSH_ERR);
	spin_unlock(&sqp->s_lock);
	spin_unlock_irqrestore(&sqp->r_lock, flags);
	if (last) {
		struct ib_event ev = {
			.device = sqp->ibqp.device,
			.element.qp = &sqp->ibqp,
			.event = IB_EVENT_QP_LAST_WQE_REACHED,
		};

		sqp->ibqp.event_handler(&ev, sqp->ibqp.qp_context);
	}
}

/* See softib_ud_send() for how RVT_S_BUSY and s_lock keep this single. */
void softib_rc_send(struct rvt_qp *sqp)
{
	unsigned long flags;

	spin_lock_irqsave(&sqp->s_lock, flags);
	if (sqp->s_flags & (RVT_S_BUSY | RVT_S_ANY_WAIT))
		goto unlock;
	sqp->s_flags |= RVT_S_BUSY;

	while (ib_rvt_state_ops[sqp->state] & RVT_PROCESS_OR_FLUSH_SEND &&
	       sqp->s_last != READ_ONCE(sqp->s_head)) {
		enum ib_wc_status status = IB_WC_SUCCESS;
		enum rc_result res = RC_DONE;
		struct rvt_swqe *wqe;
		bool flush = false;

		smp_rmb(); /* WQE contents after s_head */
		wqe = rvt_get_swqe_ptr(sqp, sqp->s_last);
		if (ib_rvt_state_ops[sqp->state] & RVT_PROCESS_NEXT_SEND_OK) {
			if (sqp->s_last == sqp->s_cur)
				sqp->s_cur = rvt_qp_swqe_incr(sqp, sqp->s_cur);
		} else if (ib_rvt_state_ops[sqp->state] & RVT_FLUSH_SEND) {
			status = IB_WC_WR_FLUSH_ERR;
			flush = true;
		} else {
			break;
		}
		spin_unlock_irqrestore(&sqp->s_lock, flags);

		if (!flush)
			res = rc_one(sqp, wqe, &status);
		if (res == RC_DONE) {
			softib_complete(sqp, wqe, status);
			if (!flush && status != IB_WC_SUCCESS && sqp->ibqp.qp_type == IB_QPT_RC)
				rc_kill(sqp);
		}
		spin_lock_irqsave(&sqp->s_lock, flags);
		if (res == RC_WAIT && sqp->s_flags & RVT_S_WAIT_RNR)
			break;
	}
	sqp->s_flags &= ~RVT_S_BUSY;
unlock:
	spin_unlock_irqrestore(&sqp->s_lock, flags);
}

// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The dpdk-ipoib authors
/* softib: datagram QPs (UD, QP0, QP1), sending and receiving. */
#include "softib.h"

static void fill_grh(struct softib_dev *dev, struct softib_pkt *pkt,
		     const struct rdma_ah_attr *attr)
{
	const struct ib_global_route *gr = rdma_ah_read_grh(attr);
	u8 idx = gr->sgid_index < SOFTIB_NGUIDS ? gr->sgid_index : 0;
	u32 pad = -pkt->len & 3;
	u32 bth = 12 + 8 + (pkt->has_imm ? 4 : 0); /* BTH, DETH, ImmDt */

	pkt->has_grh = true;
	pkt->grh.version_tclass_flow =
		cpu_to_be32(6U << 28 | (u32)gr->traffic_class << 20 | (gr->flow_label & 0xfffff));
	/* PayLen: from the end of the GRH up to, not including, the VCRC */
	pkt->grh.paylen = cpu_to_be16(bth + pkt->len + pad + 4);
	pkt->grh.next_hdr = 0x1b;
	pkt->grh.hop_limit = gr->hop_limit;
	pkt->grh.sgid.global.subnet_prefix = dev->port.rvp.gid_prefix;
	pkt->grh.sgid.global.interface_id = dev->port.guids[idx];
	pkt->grh.dgid = gr->dgid;
}

static void gather(struct softib_pkt *pkt, struct rvt_swqe *wqe)
{
	struct rvt_sge_state ss = {
		.sge = wqe->sg_list[0],
		.sg_list = wqe->sg_list + 1,
		.num_sge = wqe->wr.num_sge,
	};
	u32 left = wqe->length;
	u8 *out = pkt->data;

	while (left && ss.num_sge) {
		u32 n = rvt_get_sge_length(&ss.sge, left);

		if (WARN_ON_ONCE(!n))
			break;
		memcpy(out, ss.sge.vaddr, n);
		rvt_update_sge(&ss, n, false);
		out += n;
		left -= n;
	}
	pkt->len = wqe->length - left;
}

static void ud_xmit(struct rvt_qp *qp, struct rvt_swqe *wqe)
{
	struct softib_dev *dev = qp_to_sdev(qp);
	struct softib_port *p = &dev->port;
	struct rdma_ah_attr *attr = rvt_get_swqe_ah_attr(wqe);
	struct softib_pkt *pkt;
	u16 lid = p->lid;
	u32 qkey;

	if (wqe->length > SOFTIB_MTU_MAX)
		return;
	pkt = softib_pkt_alloc();
	if (!pkt) {
		p->cnt.drop_nomem++;
		return;
	}
	pkt->src = dev;
	pkt->src_qpn = qp->ibqp.qp_num;
	pkt->dst_qpn = rvt_get_swqe_remote_qpn(wqe) & RVT_QPN_MASK;
	/* 10.2.5: the high bit of the WR's Q_Key selects the QP's own */
	qkey = rvt_get_swqe_remote_qkey(wqe);
	pkt->qkey = qkey & 0x80000000U ? qp->qkey : qkey;
	pkt->psn = wqe->psn & 0xffffff;
	pkt->dlid = rdma_ah_get_dlid(attr);
	pkt->slid = lid ? lid | (rdma_ah_get_path_bits(attr) & ((1U << p->lmc) - 1))
			: SOFTIB_LID_PERM;
	pkt->sl = rdma_ah_get_sl(attr);
	pkt->vl15 = qp->ibqp.qp_type == IB_QPT_SMI;
	pkt->solicited = !!(wqe->wr.send_flags & IB_SEND_SOLICITED);
	if (wqe->wr.opcode == IB_WR_SEND_WITH_IMM) {
		pkt->has_imm = true;
		pkt->imm = wqe->wr.ex.imm_data;
	}
	switch (qp->ibqp.qp_type) {
	case IB_QPT_SMI:
		pkt->pkey = IB_DEFAULT_PKEY_FULL;
		break;
	case IB_QPT_GSI:
		pkt->pkey = rvt_get_pkey(&dev->rdi, 0, rvt_get_swqe_pkey_index(wqe));
		break;
	default:
		pkt->pkey = rvt_get_pkey(&dev->rdi, 0, qp->s_pkey_index);
	}
	gather(pkt, wqe);
	if (rdma_ah_get_ah_flags(attr) & IB_AH_GRH)
		fill_grh(dev, pkt, attr);
	softib_fabric_send(dev, pkt);
}

/*
 * Send engine of a datagram QP.  Runs in the poster's context or in the work
 * queue; RVT_S_BUSY keeps it to one of them.  Both the test of s_head and the
 * clearing of the flag happen under s_lock, so a poster who finds it busy may
 * leave: its WQE will be seen.
 */
void softib_ud_send(struct rvt_qp *qp)
{
	unsigned long flags;

	spin_lock_irqsave(&qp->s_lock, flags);
	if (qp->s_flags & (RVT_S_BUSY | RVT_S_ANY_WAIT))
		goto unlock;
	qp->s_flags |= RVT_S_BUSY;

	while (ib_rvt_state_ops[qp->state] & RVT_PROCESS_OR_FLUSH_SEND &&
	       qp->s_last != READ_ONCE(qp->s_head)) {
		enum ib_wc_status status = IB_WC_SUCCESS;
		struct rvt_swqe *wqe;

		smp_rmb(); /* WQE contents after s_head */
		wqe = rvt_get_swqe_ptr(qp, qp->s_last);
		if (ib_rvt_state_ops[qp->state] & RVT_PROCESS_NEXT_SEND_OK) {
			if (qp->s_last == qp->s_cur)
				qp->s_cur = rvt_qp_swqe_incr(qp, qp->s_cur);
		} else if (ib_rvt_state_ops[qp->state] & RVT_FLUSH_SEND) {
			status = IB_WC_WR_FLUSH_ERR;
		} else {
			break;
		}
		spin_unlock_irqrestore(&qp->s_lock, flags);

		if (status == IB_WC_SUCCESS)
			ud_xmit(qp, wqe);
		softib_complete(qp, wqe, status);

		spin_lock_irqsave(&qp->s_lock, flags);
	}
	qp->s_flags &= ~RVT_S_BUSY;
unlock:
	spin_unlock_irqrestore(&qp->s_lock, flags);
}

/* Find the index of a table entry that matches, or -1. */
static int find_pkey(struct softib_port *p, u16 pkey)
{
	int i;

	for (i = 0; i < SOFTIB_NPKEYS; i++)
		if (softib_pkey_match(p->pkeys[i], pkey))
			return i;
	return -1;
}

static void ud_rcv(struct softib_dev *dst, struct rvt_qp *qp, const struct softib_pkt *pkt)
{
	struct softib_port *p = &dst->port;
	enum ib_qp_type type = qp->ibqp.qp_type;
	struct ib_wc wc = {};
	unsigned long flags;
	int pkey_index = 0;
	int ret;

	spin_lock_irqsave(&qp->r_lock, flags);
	if (!(ib_rvt_state_ops[qp->state] & RVT_PROCESS_RECV_OK) ||
	    (type != IB_QPT_UD && type != IB_QPT_SMI && type != IB_QPT_GSI) ||
	    pkt->vl15 != (type == IB_QPT_SMI)) {
		p->cnt.drop_noqp++;
		goto drop;
	}
	if (type == IB_QPT_GSI) {
		pkey_index = find_pkey(p, pkt->pkey);
		if (pkey_index < 0) {
			p->rvp.pkey_violations++;
			goto drop;
		}
	} else if (type == IB_QPT_UD &&
		   !softib_pkey_match(p->pkeys[qp->s_pkey_index % SOFTIB_NPKEYS], pkt->pkey)) {
		p->rvp.pkey_violations++;
		goto drop;
	}
	if (type != IB_QPT_SMI && pkt->qkey != qp->qkey) {
		p->rvp.qkey_violations++;
		goto drop;
	}

	/* A receive taken for a datagram that did not fit is used again. */
	if (qp->r_flags & RVT_R_REUSE_SGE) {
		qp->r_flags &= ~RVT_R_REUSE_SGE;
	} else {
		ret = rvt_get_rwqe(qp, false);
		if (ret < 0) {
			rvt_rc_error(qp, IB_WC_LOC_QP_OP_ERR);
			goto drop;
		}
		if (!ret) {
			p->cnt.drop_norwqe++;
			if (type == IB_QPT_SMI)
				p->rvp.n_vl15_dropped++;
			goto drop;
		}
	}
	if (pkt->len + SOFTIB_GRH_LEN > qp->r_len) {
		qp->r_flags |= RVT_R_REUSE_SGE;
		p->cnt.drop_toolong++;
		goto drop;
	}

	if (pkt->has_grh) {
		rvt_copy_sge(qp, &qp->r_sge, (void *)&pkt->grh, SOFTIB_GRH_LEN, true, false);
		wc.wc_flags |= IB_WC_GRH;
	} else {
		rvt_skip_sge(&qp->r_sge, SOFTIB_GRH_LEN, true);
	}
	rvt_copy_sge(qp, &qp->r_sge, (void *)pkt->data, pkt->len, true, false);
	rvt_put_ss(&qp->r_sge);
	p->cnt.rcv_pkts++;
	p->cnt.rcv_bytes += pkt->len;

	if (!test_and_clear_bit(RVT_R_WRID_VALID, &qp->r_aflags))
		goto drop;
	wc.wr_id = qp->r_wr_id;
	wc.status = IB_WC_SUCCESS;
	wc.opcode = IB_WC_RECV;
	wc.byte_len = pkt->len + SOFTIB_GRH_LEN;
	wc.qp = &qp->ibqp;
	wc.src_qp = pkt->src_qpn;
	if (pkt->has_imm) {
		wc.wc_flags |= IB_WC_WITH_IMM;
		wc.ex.imm_data = pkt->imm;
	}
	wc.pkey_index = pkey_index;
	wc.slid = pkt->slid;
	wc.sl = pkt->sl;
	wc.dlid_path_bits = softib_is_mlid(pkt->dlid) ? 0 : pkt->dlid & ((1U << p->lmc) - 1);
	wc.port_num = 1;
	rvt_recv_cq(qp, &wc, pkt->solicited);
drop:
	spin_unlock_irqrestore(&qp->r_lock, flags);
}

static void mcast_rcv(struct softib_dev *dst, const struct softib_pkt *pkt)
{
	struct rvt_mcast *mc;
	struct rvt_mcast_qp *m;

	if (!pkt->has_grh || pkt->dst_qpn != SOFTIB_QPN_MCAST)
		return;
	mc = rvt_mcast_find(&dst->port.rvp, (union ib_gid *)&pkt->grh.dgid, pkt->dlid);
	if (!mc) {
		if (dst != pkt->src)
			dst->port.cnt.mcast_ignored++;
		return;
	}
	dst->port.cnt.rcv_mcast++;
	list_for_each_entry_rcu(m, &mc->qp_list, list) {
		/* never back to the very QP that sent it */
		if (dst == pkt->src && m->qp->ibqp.qp_num == pkt->src_qpn)
			continue;
		ud_rcv(dst, m->qp, pkt);
	}
	/* rvt_detach_mcast() may be waiting for the walkers to leave */
	if (atomic_dec_return(&mc->refcount) <= 1)
		wake_up(&mc->wait);
}

/* The packet arrived at port @dst. */
void softib_ud_deliver(struct softib_dev *dst, struct softib_pkt *pkt)
{
	struct rvt_qp *qp;

	rcu_read_lock();
	if (softib_is_mlid(pkt->dlid)) {
		mcast_rcv(dst, pkt);
	} else {
		qp = rvt_lookup_qpn(&dst->rdi, &dst->port.rvp, pkt->dst_qpn);
		if (qp)
			ud_rcv(dst, qp, pkt);
		else
			dst->port.cnt.drop_noqp++;
	}
	rcu_read_unlock();
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <rte_mbuf.h>
#include <rte_prefetch.h>

#include "hca_verbs.h"

static uint16_t
cq_poll_some(struct ibv_cq_ex *cq, struct ibv_wc *wc, uint16_t n)
{
	struct ibv_poll_cq_attr attr = { 0 };
	uint16_t i = 0;

	if (ibv_start_poll(cq, &attr) != 0)
		return 0;
	do {
		wc[i].wr_id = cq->wr_id;
		wc[i].status = cq->status;
		wc[i].byte_len = ibv_wc_read_byte_len(cq);
		wc[i].src_qp = ibv_wc_read_src_qp(cq);
		wc[i].slid = (uint16_t)ibv_wc_read_slid(cq);
		wc[i].wc_flags = ibv_wc_read_wc_flags(cq);
		i++;
	} while (i < n && ibv_next_poll(cq) == 0);
	ibv_end_poll(cq);
	return i;
}

static uint16_t
cq_poll_ex(const struct verbs_cq *cq, struct ibv_wc *wc, uint16_t n)
{
	uint16_t i = 0;

	if (likely(!cq->one_by_one))
		return cq_poll_some(cq->cqx, wc, n);
	while (i < n && cq_poll_some(cq->cqx, &wc[i], 1) == 1)
		i++;
	return i;
}

uint16_t
verbs_cq_poll(struct verbs_cq *cq, struct ibv_wc *wc, uint16_t n)
{
	int got;

	if (cq->cqx != NULL)
		return cq_poll_ex(cq, wc, n);
	got = ibv_poll_cq(cq->cq, n, wc);
	return got > 0 ? (uint16_t)got : 0;
}

/* One chain, one call; what the device refuses stays owed. */
static bool
rq_post_some(const struct verbs_mrs *mrs, struct verbs_rq *rq)
{
	struct ibv_recv_wr wr[VERBS_BURST], *bad;
	struct ibv_sge sge[VERBS_BURST];
	uint32_t i, n = RTE_MIN(rq->owed, (uint32_t)VERBS_BURST);
	struct rte_mbuf *m;

	for (i = 0; i < n; i++) {
		m = rq->elts[(rq->post + i) & rq->mask];
		sge[i].addr = (uintptr_t)m->buf_addr + RTE_PKTMBUF_HEADROOM - VERBS_GRH_LEN;
		sge[i].length = m->buf_len - RTE_PKTMBUF_HEADROOM + VERBS_GRH_LEN;
		if (!verbs_lkey(mrs, &rq->lkey, (void *)(uintptr_t)sge[i].addr, sge[i].length,
				    &sge[i].lkey))
			break;
		wr[i].wr_id = (rq->post + i) & rq->mask;
		wr[i].sg_list = &sge[i];
		wr[i].num_sge = 1;
		wr[i].next = &wr[i + 1];
	}
	if (i == 0)
		return false;
	wr[i - 1].next = NULL;
	bad = NULL;
	if (unlikely(ibv_post_recv(rq->qp, wr, &bad) != 0))
		i = bad != NULL ? (uint32_t)(bad - wr) : 0;
	rq->post += i;
	rq->owed -= i;
	return i > 0;
}

void
verbs_rq_post(const struct verbs_mrs *mrs, struct verbs_rq *rq)
{
	while (rq->owed > 0 && rq_post_some(mrs, rq))
		;
}

/* Our own multicast comes back: the SLID, QPN and GID tell. */
static bool
is_self(const struct verbs_view *v, const struct ibv_wc *wc, const struct ib_grh *grh)
{
	uint16_t i;

	if ((wc->slid & ~v->path_mask) != (v->lid & ~v->path_mask))
		return false;
	for (i = 0; i < v->nb_qps; i++)
		if (v->qpn[i] == wc->src_qp)
			return grh == NULL || ib_gid_equal(&grh->sgid, &v->gid);
	return false;
}

/* @return IPOIB_RX_OK: the packet is whole in @p m. */
static enum ipoib_rx_drop
rx_one(const struct verbs_view *v, const struct ibv_wc *wc, struct rte_mbuf *m)
{
	struct pmd_ipoib_meta *meta = pmd_ipoib_meta(m);
	uint8_t *data = (uint8_t *)m->buf_addr + RTE_PKTMBUF_HEADROOM;
	const struct ib_grh *grh = NULL;

	if (unlikely(wc->status != IBV_WC_SUCCESS))
		return IPOIB_RX_DROP_COMPLETION;
	if (unlikely(v == NULL || !v->up))
		return v != NULL ? (enum ipoib_rx_drop)v->rx_why : IPOIB_RX_DROP_NOT_ACTIVE;
	if (unlikely(wc->byte_len < VERBS_GRH_LEN + IPOIB_HDR_LEN))
		return IPOIB_RX_DROP_LENGTH;
	if ((wc->wc_flags & IBV_WC_GRH) != 0)
		grh = (const struct ib_grh *)(data - VERBS_GRH_LEN);
	if (unlikely(is_self(v, wc, grh)))
		return IPOIB_RX_DROP_SELF;
	meta->slid = wc->slid;
	meta->qpn = wc->src_qp;
	meta->rsvd = 0;
	meta->flags = 0;
	if (grh != NULL) {
		meta->flags |= PMD_IPOIB_RX_GRH;
		if (ib_gid_is_multicast(&grh->dgid))
			meta->flags |= PMD_IPOIB_RX_MCAST;
		if (ib_gid_equal(&grh->dgid, &v->bcast))
			meta->flags |= PMD_IPOIB_RX_BCAST;
	}
	m->data_len = (uint16_t)(wc->byte_len - VERBS_GRH_LEN);
	m->pkt_len = m->data_len;
	m->port = v->port_id;
	/* A buffer that is bound to its mbuf stays so. */
	m->ol_flags &= RTE_MBUF_F_EXTERNAL;
	if ((wc->wc_flags & IBV_WC_IP_CSUM_OK) != 0)
		m->ol_flags |= RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	return IPOIB_RX_OK;
}

static void
rx_done(struct verbs_rq *rq, const struct ibv_wc *wc, uint16_t n)
{
	uint16_t i;

	for (i = 0; i < n; i++)
		rte_prefetch0((char *)rq->elts[wc[i].wr_id & rq->mask]->buf_addr +
				RTE_PKTMBUF_HEADROOM);
	rq->owed += n;
}

static void
rx_drop(struct ipoib_rxq *q, struct verbs_rq *rq, enum ipoib_rx_drop why)
{
	ipoib_count(&q->rx.drop[why], 1);
	if (why == IPOIB_RX_DROP_COMPLETION)
		__atomic_store_n(&rq->failed, true, __ATOMIC_RELAXED);
}

/*
 * Each buffer that leaves is replaced at once. Is there none, the packet is
 * dropped and its buffer used again: so the ring never runs dry.
 */
static uint16_t
rx_take(struct ipoib_rxq *q, struct verbs_rq *rq, const struct verbs_view *v,
		const struct ibv_wc *wc, uint16_t n, struct rte_mbuf **pkts)
{
	struct rte_mbuf *fresh[VERBS_BURST], **place;
	enum ipoib_rx_drop why;
	bool have = rte_pktmbuf_alloc_bulk(q->mp, fresh, n) == 0;
	uint16_t i, got = 0, flushed = 0;

	for (i = 0; i < n; i++) {
		if (unlikely(wc[i].status == IBV_WC_WR_FLUSH_ERR)) {
			/* It was no packet. */
			__atomic_store_n(&rq->failed, true, __ATOMIC_RELAXED);
			flushed++;
			continue;
		}
		place = &rq->elts[wc[i].wr_id & rq->mask];
		why = rx_one(v, &wc[i], *place);
		if (unlikely(why == IPOIB_RX_OK && !have))
			why = IPOIB_RX_DROP_NOMBUF;
		if (unlikely(why != IPOIB_RX_OK)) {
			rx_drop(q, rq, why);
			continue;
		}
		pkts[got] = *place;
		*place = fresh[got++];
	}
	ipoib_count(&q->rx.carrier, n - flushed);
	if (unlikely(have && got < n))
		rte_pktmbuf_free_bulk(&fresh[got], n - got);
	return got;
}

/* What one queue pair has received. */
static uint16_t
rx_pair(struct ipoib_rxq *q, struct verbs_rq *rq, const struct verbs_view *v,
		struct rte_mbuf **pkts, uint16_t n)
{
	struct ibv_wc wc[VERBS_BURST];
	uint16_t done, got = 0;

	done = verbs_cq_poll(&rq->cq, wc, RTE_MIN(n, VERBS_BURST));
	if (done > 0) {
		rx_done(rq, wc, done);
		got = rx_take(q, rq, v, wc, done, pkts);
	}
	if (rq->owed >= VERBS_REFILL && !rq->failed)
		verbs_rq_post(verbs_mrs_get(q->hca), rq);
	return got;
}

uint16_t
verbs_rx_burst(void *rxq, struct rte_mbuf **pkts, uint16_t n)
{
	struct ipoib_rxq *q = rxq;
	const struct verbs_view *v;
	struct verbs_rq *rq;
	uint64_t bytes = 0;
	uint16_t i, got = 0;

	v = verbs_enter(q->port, q->reader);
	rq = q->backend;
	if (unlikely(v == NULL || !v->ready || rq == NULL))
		goto leave;
	do {
		got += rx_pair(q, rq, v, &pkts[got], n - got);
		rq = __atomic_load_n(&rq->next, __ATOMIC_ACQUIRE);
	} while (unlikely(rq != NULL) && got < n);
	for (i = 0; i < got; i++)
		bytes += pkts[i]->pkt_len;
	if (got > 0) {
		ipoib_count(&q->rx.packets, got);
		ipoib_count(&q->rx.bytes, bytes);
	}
leave:
	verbs_leave(q->port, q->reader);
	return got;
}

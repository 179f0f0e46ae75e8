/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <string.h>

#include <rte_mbuf.h>

#include "hca_verbs.h"

/*
 * A burst becomes one chain of work requests and one doorbell, or as few as the
 * provider takes without cutting them to bits. Only its last
 * request asks for a completion, which stands for all before it: so nothing that
 * was sent waits for more traffic to be given back, and a full burst costs one
 * completion.
 */
struct tx_chain {
	struct ipoib_txq *q;
	struct verbs_sq *sq;
	const struct verbs_view *v;
	const struct verbs_mrs *mrs;
	struct ibv_ah **ah;
	bool ether; /* below a port in mode=ether */
	uint16_t n;
	uint16_t nb_sge;
	uint64_t bytes;
	struct rte_mbuf *pkts[VERBS_BURST];
	struct ibv_send_wr wr[VERBS_BURST];
	struct ibv_sge sge[VERBS_BURST * VERBS_SGE_MAX];
};

/*
 * mode=ether has moved where the data begins, which no Ethernet device does: there are programs that
 * take mbufs from their pool and write where the data of the last packet began (testpmd's flowgen).
 */
static inline void
tx_unmove(struct rte_mbuf *m)
{
	rte_pktmbuf_reset_headroom(m);
}

static void
tx_drop(struct ipoib_txq *q, enum ipoib_tx_drop why, struct rte_mbuf *m)
{
	ipoib_count(&q->tx.drop[why], 1);
	if (q->port->hidden)
		tx_unmove(m);
	rte_pktmbuf_free(m);
}

void
verbs_sq_reap(struct verbs_sq *sq, uint64_t *failed)
{
	struct ibv_wc wc[VERBS_BURST];
	uint64_t tail = sq->tail;
	uint32_t first, part;
	uint16_t i, n;

	do {
		n = verbs_cq_poll(&sq->cq, wc, VERBS_BURST);
		for (i = 0; i < n; i++) {
			if (unlikely(wc[i].status != IBV_WC_SUCCESS)) {
				(*failed)++;
				__atomic_store_n(&sq->failed, true, __ATOMIC_RELEASE);
			}
			/* The number of sends up to this one. */
			tail = wc[i].wr_id;
		}
	} while (n == VERBS_BURST);
	while (sq->tail != tail) {
		first = (uint32_t)sq->tail & sq->mask;
		part = (uint32_t)RTE_MIN(tail - sq->tail, (uint64_t)sq->mask + 1 - first);
		rte_pktmbuf_free_bulk(&sq->elts[first], part);
		__atomic_store_n(&sq->tail, sq->tail + part, __ATOMIC_RELEASE);
	}
}

static void
tx_reap(struct ipoib_txq *q, struct verbs_sq *sq)
{
	uint64_t failed = 0;

	verbs_sq_reap(sq, &failed);
	if (unlikely(failed > 0))
		ipoib_count(&q->tx.drop[IPOIB_TX_DROP_COMPLETION], failed);
}

/* May it be sent? */
static enum ipoib_tx_drop
tx_check(const struct tx_chain *c, struct rte_mbuf *m, struct ibv_ah **ah)
{
	uint32_t n = pmd_ipoib_meta(m)->ah;

	if (unlikely(n >= IPOIB_AH_MAX))
		return IPOIB_TX_DROP_NO_AH;
	*ah = __atomic_load_n(&c->ah[n], __ATOMIC_ACQUIRE);
	if (unlikely(*ah == NULL))
		return IPOIB_TX_DROP_NO_AH;
	if (unlikely(m->pkt_len < IPOIB_HDR_LEN))
		return IPOIB_TX_DROP_TOO_SHORT;
	if (unlikely(m->pkt_len > c->v->ib_mtu))
		return IPOIB_TX_DROP_TOO_LONG;
	return IPOIB_TX_DROP_MAX;
}

/* @return segments put into the chain; 0: too many, or not in registered memory. */
static uint16_t
tx_segments(struct tx_chain *c, const struct rte_mbuf *m, bool inlined)
{
	struct ibv_sge *s = &c->sge[c->nb_sge];
	uint16_t n = 0;

	for (; m != NULL; m = m->next) {
		if (m->data_len == 0)
			continue;
		if (n == c->sq->max_sge)
			return 0;
		s[n].addr = rte_pktmbuf_mtod(m, uintptr_t);
		s[n].length = m->data_len;
		s[n].lkey = 0;
		if (!inlined &&
				!verbs_lkey(c->mrs, &c->sq->lkey, rte_pktmbuf_mtod(m, void *),
						m->data_len, &s[n].lkey))
			return 0;
		n++;
	}
	return n;
}

/* The packet in one piece of a mempool that is registered; NULL: none, @p m is dropped. */
static struct rte_mbuf *
tx_copy(struct tx_chain *c, struct rte_mbuf *m)
{
	struct rte_mbuf *to = rte_pktmbuf_alloc(c->q->mp);
	const void *data;
	char *room;

	room = to != NULL ? rte_pktmbuf_append(to, (uint16_t)m->pkt_len) : NULL;
	if (room == NULL) {
		rte_pktmbuf_free(to);
		tx_drop(c->q, IPOIB_TX_DROP_NOMBUF, m);
		return NULL;
	}
	data = rte_pktmbuf_read(m, 0, m->pkt_len, room);
	if (data != room)
		memcpy(room, data, m->pkt_len);
	*pmd_ipoib_meta(to) = *pmd_ipoib_meta(m);
	/* What it is made of, an external buffer, say, is its own matter. */
	to->ol_flags |= m->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK;
	rte_pktmbuf_free(m);
	ipoib_count(&c->q->tx.copied, 1);
	return to;
}

static void
tx_add(struct tx_chain *c, struct rte_mbuf *m)
{
	struct ibv_send_wr *wr = &c->wr[c->n];
	struct ibv_ah *ah = NULL;
	enum ipoib_tx_drop why;
	bool inlined;
	uint16_t nb;

	why = tx_check(c, m, &ah);
	if (unlikely(why != IPOIB_TX_DROP_MAX)) {
		tx_drop(c->q, why, m);
		return;
	}
	/* In one piece: rdma-core 44's rxe sends nothing of a list. */
	inlined = m->pkt_len <= c->sq->max_inline && m->nb_segs == 1;
	nb = tx_segments(c, m, inlined);
	if (unlikely(nb == 0)) {
		m = tx_copy(c, m);
		if (m == NULL)
			return;
		nb = tx_segments(c, m, inlined);
		if (nb == 0) {
			tx_drop(c->q, IPOIB_TX_DROP_NOMBUF, m);
			return;
		}
	}
	wr->wr_id = c->sq->head + c->n + 1;
	wr->next = wr + 1;
	wr->sg_list = &c->sge[c->nb_sge];
	wr->num_sge = nb;
	wr->opcode = IBV_WR_SEND;
	wr->send_flags = inlined ? IBV_SEND_INLINE : 0;
	if (c->sq->csum && (m->ol_flags & (RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_L4_MASK)) != 0)
		wr->send_flags |= IBV_SEND_IP_CSUM;
	wr->wr.ud.ah = ah;
	wr->wr.ud.remote_qpn = pmd_ipoib_meta(m)->qpn;
	wr->wr.ud.remote_qkey = c->v->qkey;
	c->nb_sge += nb;
	c->pkts[c->n++] = m;
	/* The request knows where it is. */
	if (c->ether)
		tx_unmove(m);
}

static int
tx_post_ex(const struct tx_chain *c)
{
	struct ibv_qp_ex *qp = c->sq->qpx;
	const struct ibv_send_wr *wr;
	uint16_t i;

	ibv_wr_start(qp);
	for (i = 0; i < c->n; i++) {
		wr = &c->wr[i];
		qp->wr_id = wr->wr_id;
		/* With IBV_SEND_INLINE, which rxe in the kernel goes by. */
		qp->wr_flags = wr->send_flags;
		ibv_wr_send(qp);
		ibv_wr_set_ud_addr(qp, wr->wr.ud.ah, wr->wr.ud.remote_qpn, wr->wr.ud.remote_qkey);
		if ((wr->send_flags & IBV_SEND_INLINE) != 0) {
			ibv_wr_set_inline_data(qp, (void *)(uintptr_t)wr->sg_list[0].addr,
					wr->sg_list[0].length);
		} else if (wr->num_sge == 1) {
			ibv_wr_set_sge(qp, wr->sg_list[0].lkey, wr->sg_list[0].addr,
					wr->sg_list[0].length);
		} else {
			ibv_wr_set_sge_list(qp, (size_t)wr->num_sge, wr->sg_list);
		}
	}
	return ibv_wr_complete(qp);
}

/* @return how many the device took: all, but for a queue pair in error. */
static uint16_t
tx_post(struct tx_chain *c)
{
	struct ibv_send_wr *bad;
	uint16_t at, part;

	c->wr[c->n - 1].send_flags |= IBV_SEND_SIGNALED;
	if (c->sq->qpx != NULL)
		return tx_post_ex(c) == 0 ? c->n : 0;
	for (at = 0; at < c->n; at += part) {
		part = (uint16_t)RTE_MIN(c->sq->chain, (uint32_t)c->n - at);
		c->wr[at + part - 1].next = NULL;
		bad = NULL;
		if (unlikely(ibv_post_send(c->sq->qp, &c->wr[at], &bad) != 0))
			return bad != NULL ? (uint16_t)(bad - c->wr) : at;
	}
	return c->n;
}

/* Those that went are kept until they are done; what was sent inside the request is free now. */
static void
tx_keep(struct tx_chain *c, uint16_t sent)
{
	struct verbs_sq *sq = c->sq;
	uint64_t bytes = 0;
	uint16_t i;

	for (i = 0; i < sent; i++) {
		bytes += c->pkts[i]->pkt_len;
		sq->elts[(sq->head + i) & sq->mask] = c->pkts[i];
		if ((c->wr[i].send_flags & IBV_SEND_INLINE) != 0) {
			rte_pktmbuf_free(c->pkts[i]);
			sq->elts[(sq->head + i) & sq->mask] = NULL;
		}
	}
	__atomic_store_n(&sq->head, sq->head + sent, __ATOMIC_RELEASE);
	ipoib_count(&c->q->tx.packets, sent);
	ipoib_count(&c->q->tx.bytes, bytes);
}

static void
tx_send(struct tx_chain *c)
{
	uint16_t i, sent;

	if (c->n == 0)
		return;
	sent = tx_post(c);
	tx_keep(c, sent);
	if (unlikely(sent < c->n)) {
		/* The last of those that went asked for no completion: control resets the pair. */
		__atomic_store_n(&c->sq->stuck, sent > 0, __ATOMIC_RELAXED);
		__atomic_store_n(&c->sq->failed, true, __ATOMIC_RELEASE);
		for (i = sent; i < c->n; i++)
			tx_drop(c->q, IPOIB_TX_DROP_QP_ERROR, c->pkts[i]);
	}
}

static void
tx_drop_all(struct ipoib_txq *q, enum ipoib_tx_drop why, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t i;

	for (i = 0; i < n; i++)
		tx_drop(q, why, pkts[i]);
}

static uint16_t
tx_room(struct ipoib_txq *q, struct verbs_sq *sq, uint16_t n)
{
	uint64_t size = (uint64_t)sq->mask + 1;

	if (sq->head - sq->tail >= RTE_MIN((uint64_t)VERBS_REAP_MIN, size / 2) ||
			sq->head - sq->tail + n > size)
		tx_reap(q, sq);
	return (uint16_t)RTE_MIN((uint64_t)n, size - (sq->head - sq->tail));
}

/* A burst of at most VERBS_BURST, the port being up. @return those taken. */
static uint16_t
tx_some(struct ipoib_txq *q, const struct verbs_view *v, struct rte_mbuf **pkts, uint16_t n)
{
	const struct verbs_port *vp = q->port->backend;
	struct tx_chain c;
	uint16_t i;

	c.sq = q->backend;
	c.ether = q->port->hidden;
	if (unlikely(__atomic_load_n(&c.sq->failed, __ATOMIC_ACQUIRE))) {
		tx_reap(q, c.sq);
		tx_drop_all(q, IPOIB_TX_DROP_QP_ERROR, pkts, n);
		return n;
	}
	c.q = q;
	c.v = v;
	c.mrs = verbs_mrs_get(q->hca);
	c.ah = vp->ah;
	c.n = 0;
	c.nb_sge = 0;
	n = tx_room(q, c.sq, n);
	for (i = 0; i < n; i++)
		tx_add(&c, pkts[i]);
	tx_send(&c);
	return n;
}

uint16_t
verbs_tx_burst(void *txq, struct rte_mbuf **pkts, uint16_t n)
{
	struct ipoib_txq *q = txq;
	const struct verbs_view *v = verbs_enter(q->port, q->reader);
	uint16_t done = 0, want, took;

	if (unlikely(v == NULL || !v->up || q->backend == NULL)) {
		tx_drop_all(q, v != NULL ? (enum ipoib_tx_drop)v->tx_why : IPOIB_TX_DROP_NOT_ACTIVE,
				pkts, n);
		done = n;
	}
	while (done < n) {
		want = RTE_MIN(n - done, VERBS_BURST);
		took = tx_some(q, v, &pkts[done], want);
		done += took;
		if (took < want)
			break;
	}
	verbs_leave(q->port, q->reader);
	return done;
}

int
verbs_tx_cleanup(void *txq, uint32_t n __rte_unused)
{
	struct ipoib_txq *q = txq;
	const struct verbs_view *v = verbs_enter(q->port, q->reader);
	struct verbs_sq *sq = q->backend;
	uint64_t before = 0, after = 0;

	if (v != NULL && v->ready && sq != NULL && sq->head != sq->tail) {
		before = sq->tail;
		tx_reap(q, sq);
		after = sq->tail;
	}
	verbs_leave(q->port, q->reader);
	return (int)(after - before);
}

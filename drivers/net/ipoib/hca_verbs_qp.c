/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Queue pairs and their states (IBA 10.3.1, 11.2.4). Control side; where the
 * state changes under traffic, no burst may use the queue meanwhile.
 */

#include <errno.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_malloc.h>

#include "hca_verbs.h"

/* What a queue pair in error has to be flushed of comes at once; more is a fault. */
#define DRAIN_MAX_US 100000
#define DRAIN_POLL_US 20

/* The most of what was asked for that the device has, as a power of two. */
static uint32_t
depth(uint32_t want, int max)
{
	uint32_t n = rte_align32pow2(want);

	while (n > 1 && n > (uint32_t)max)
		n >>= 1;
	return n;
}

/*
 * Single-threaded where offered: one thread polls a queue, and libmlx5 would take
 * a spinlock each time. Each try asks for less.
 */
static int
cq_create(struct verbs_hca *vh, struct verbs_cq *cq, uint32_t n, struct ibv_pd *parent)
{
	struct ibv_cq_init_attr_ex attr = {
		.cqe = n,
		.wc_flags = IBV_WC_EX_WITH_BYTE_LEN | IBV_WC_EX_WITH_SRC_QP | IBV_WC_EX_WITH_SLID,
	};
	int step;

	for (step = 0; step < 3 && cq->cqx == NULL; step++) {
		attr.comp_mask = step < 2 ? IBV_CQ_INIT_ATTR_MASK_FLAGS : 0;
		attr.flags = step < 2 ? IBV_CREATE_CQ_ATTR_SINGLE_THREADED : 0;
		if (step == 0) {
			if (parent == NULL)
				continue;
			attr.comp_mask |= IBV_CQ_INIT_ATTR_MASK_PD;
			attr.parent_domain = parent;
		}
		cq->cqx = ibv_create_cq_ex(vh->ctx, &attr);
	}
	cq->one_by_one = vh->attr.orig_attr.vendor_id == VERBS_VENDOR_RXE;
	cq->cq = cq->cqx != NULL ? ibv_cq_ex_to_cq(cq->cqx)
				 : ibv_create_cq(vh->ctx, (int)n, NULL, NULL, 0);
	return cq->cq != NULL ? 0 : -errno;
}

static void
cq_destroy(struct verbs_cq *cq)
{
	if (cq->cq != NULL)
		ibv_destroy_cq(cq->cq);
	cq->cq = NULL;
	cq->cqx = NULL;
}

/* A domain of its own takes the locks of the provider away, where there are such. */
static void
domain_create(struct verbs_hca *vh, struct verbs_queue *q)
{
	struct ibv_td_init_attr td = { 0 };
	struct ibv_parent_domain_init_attr pd = { .pd = vh->pd };

	q->td = ibv_alloc_td(vh->ctx, &td);
	if (q->td == NULL)
		return;
	pd.td = q->td;
	q->pd = ibv_alloc_parent_domain(vh->ctx, &pd);
	if (q->pd == NULL) {
		ibv_dealloc_td(q->td);
		q->td = NULL;
	}
}

static void
domain_destroy(struct verbs_queue *q)
{
	if (q->pd != NULL)
		ibv_dealloc_pd(q->pd);
	if (q->td != NULL)
		ibv_dealloc_td(q->td);
	q->pd = NULL;
	q->td = NULL;
}

static int
qp_create(struct verbs_hca *vh, struct verbs_queue *q)
{
	const struct ibv_device_attr *dev = &vh->attr.orig_attr;
	struct ibv_qp_init_attr_ex attr = {
		.send_cq = q->sq.cq.cq,
		.recv_cq = q->rq.cq.cq,
		.cap = {
			.max_send_wr = q->sq.mask + 1,
			.max_recv_wr = q->rq.mask + 1,
			.max_send_sge = (uint32_t)RTE_MIN(dev->max_sge, VERBS_SGE_MAX),
			.max_recv_sge = 1,
			.max_inline_data = VERBS_INLINE_WISH,
		},
		.qp_type = IBV_QPT_UD,
		.pd = q->pd != NULL ? q->pd : vh->pd,
		.send_ops_flags = IBV_QP_EX_WITH_SEND,
	};
	int step;

	/* The newer interface and inline data: not every provider has them. */
	for (step = 0; step < 4 && q->qp == NULL; step++) {
		attr.comp_mask = IBV_QP_INIT_ATTR_PD;
		if (step < 2)
			attr.comp_mask |= IBV_QP_INIT_ATTR_SEND_OPS_FLAGS;
		attr.cap.max_inline_data = step % 2 == 0 ? VERBS_INLINE_WISH : 0;
		q->qp = ibv_create_qp_ex(vh->ctx, &attr);
		if (q->qp != NULL && step < 2)
			q->sq.qpx = ibv_qp_to_qp_ex(q->qp);
	}
	if (q->qp == NULL)
		return -errno;
	q->sq.max_inline = attr.cap.max_inline_data;
	/* Of the old providers only those of which the kernel does the posting have no inline data. */
	q->sq.chain = q->sq.qpx == NULL && q->sq.max_inline == 0 ? VERBS_CHAIN_SYSCALL
								 : VERBS_BURST;
	q->sq.max_sge = RTE_MIN(attr.cap.max_send_sge, (uint32_t)VERBS_SGE_MAX);
	q->sq.csum = (vh->attr.orig_attr.device_cap_flags & IBV_DEVICE_UD_IP_CSUM) != 0;
	q->rq.qp = q->qp;
	q->sq.qp = q->qp;
	return 0;
}

static int
elts_create(struct verbs_queue *q, int socket)
{
	q->rq.elts = rte_zmalloc_socket("ipoib_rq", (q->rq.mask + 1) * sizeof(*q->rq.elts),
			RTE_CACHE_LINE_SIZE, socket);
	q->sq.elts = rte_zmalloc_socket("ipoib_sq", (q->sq.mask + 1) * sizeof(*q->sq.elts),
			RTE_CACHE_LINE_SIZE, socket);
	return q->rq.elts != NULL && q->sq.elts != NULL ? 0 : -ENOMEM;
}

struct verbs_queue *
verbs_queue_create(struct verbs_hca *vh, uint32_t rxd, uint32_t txd, int socket)
{
	const struct ibv_device_attr *dev = &vh->attr.orig_attr;
	struct verbs_queue *q;
	int ret;

	q = rte_zmalloc_socket("ipoib_vq", sizeof(*q), RTE_CACHE_LINE_SIZE, socket);
	if (q == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	q->rxd = rxd;
	q->txd = txd;
	q->rq.mask = depth(rxd, RTE_MIN(dev->max_qp_wr, dev->max_cqe)) - 1;
	q->sq.mask = depth(txd, RTE_MIN(dev->max_qp_wr, dev->max_cqe)) - 1;
	q->rq.owed = q->rq.mask + 1;
	domain_create(vh, q);
	ret = elts_create(q, socket);
	if (ret == 0)
		ret = cq_create(vh, &q->rq.cq, q->rq.mask + 1, q->pd);
	if (ret == 0)
		ret = cq_create(vh, &q->sq.cq, q->sq.mask + 1, q->pd);
	if (ret == 0)
		ret = qp_create(vh, q);
	if (ret == 0)
		return q;
	verbs_queue_destroy(q);
	errno = -ret;
	return NULL;
}

void
verbs_queue_destroy(struct verbs_queue *q)
{
	verbs_queue_empty(q);
	if (q->qp != NULL)
		ibv_destroy_qp(q->qp);
	cq_destroy(&q->rq.cq);
	cq_destroy(&q->sq.cq);
	domain_destroy(q);
	rte_free(q->rq.elts);
	rte_free(q->sq.elts);
	rte_free(q);
}

/* A buffer for each place of the receive ring. */
int
verbs_queue_fill(struct verbs_queue *q, struct rte_mempool *mp)
{
	q->mp = mp;
	return rte_pktmbuf_alloc_bulk(mp, q->rq.elts, q->rq.mask + 1);
}

/* Nothing is with the device any more: give back what is left. */
void
verbs_queue_empty(struct verbs_queue *q)
{
	if (q->rq.elts != NULL) {
		rte_pktmbuf_free_bulk(q->rq.elts, q->rq.mask + 1);
		memset(q->rq.elts, 0, (q->rq.mask + 1) * sizeof(*q->rq.elts));
	}
	for (; q->sq.tail != q->sq.head; q->sq.tail++)
		rte_pktmbuf_free(q->sq.elts[q->sq.tail & q->sq.mask]);
}

static int
state_set(struct ibv_qp *qp, enum ibv_qp_state state, int mask, struct ibv_qp_attr *attr)
{
	attr->qp_state = state;
	return -ibv_modify_qp(qp, attr, IBV_QP_STATE | mask);
}

int
verbs_queue_up(struct verbs_hca *vh, struct verbs_queue *q, uint16_t pkey_index, uint32_t qkey)
{
	struct ibv_qp_attr attr = {
		.pkey_index = pkey_index,
		.port_num = vh->port_num,
		.qkey = qkey,
	};
	bool raised = ipoib_caps_raise(qkey);
	int ret;

	ret = state_set(q->qp, IBV_QPS_INIT, IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY, &attr);
	ipoib_caps_lower(raised);
	if (ret == -EPERM && (qkey & RTE_BIT32(31)) != 0)
		IPOIB_LOG(ERR,
				"%s: Q_Key 0x%08x has bit 31 set: that needs the capability "
				"CAP_NET_RAW (setcap cap_net_raw=ep on the program, or start it as "
				"root with --user)",
				vh->hca->args.device, qkey);
	if (ret != 0)
		return ret;
	q->rq.post = 0;
	q->rq.failed = false;
	q->sq.failed = false;
	q->sq.stuck = false;
	/* A pair without a receive queue of the port gets no buffers. */
	q->rq.owed = q->rq.mask + 1;
	if (q->rq.elts[0] != NULL)
		verbs_rq_post(vh->mrs, &q->rq);
	if (q->rq.elts[0] != NULL && q->rq.owed > 0) {
		IPOIB_LOG(ERR, "%s: the device does not take the receive buffers of mempool '%s'",
				vh->hca->args.device, q->mp->name);
		return -EIO;
	}
	ret = state_set(q->qp, IBV_QPS_RTR, 0, &attr);
	if (ret == 0)
		ret = state_set(q->qp, IBV_QPS_RTS, IBV_QP_SQ_PSN, &attr);
	return ret;
}

static uint32_t
rq_discard(struct verbs_rq *rq)
{
	struct ibv_wc wc[VERBS_BURST];
	uint32_t n = 0;
	uint16_t got;

	while ((got = verbs_cq_poll(&rq->cq, wc, VERBS_BURST)) > 0)
		n += got;
	return n;
}

/* What was accepted goes out first. */
void
verbs_queue_drain(struct verbs_queue *q)
{
	uint64_t failed = 0;
	uint32_t waited;

	for (waited = 0; waited < DRAIN_MAX_US && !q->sq.failed; waited += DRAIN_POLL_US) {
		verbs_sq_reap(&q->sq, &failed);
		if (q->sq.head == q->sq.tail)
			return;
		rte_delay_us_sleep(DRAIN_POLL_US);
	}
}

/*
 * Through ERR, so that all requests come back, each with a completion: a provider
 * may leave completions behind in memory if the queue pair is reset at once.
 */
uint64_t
verbs_queue_reset(struct verbs_queue *q)
{
	uint32_t posted = q->rq.mask + 1 - q->rq.owed, back = 0, waited;
	struct ibv_qp_attr attr = { 0 };
	uint64_t failed = 0;

	state_set(q->qp, IBV_QPS_ERR, 0, &attr);
	for (waited = 0; waited < DRAIN_MAX_US; waited += DRAIN_POLL_US) {
		verbs_sq_reap(&q->sq, &failed);
		back += rq_discard(&q->rq);
		if (q->sq.head == q->sq.tail && back >= posted)
			break;
		rte_delay_us_sleep(DRAIN_POLL_US);
	}
	state_set(q->qp, IBV_QPS_RESET, 0, &attr);
	verbs_sq_reap(&q->sq, &failed);
	rq_discard(&q->rq);
	q->rq.owed = q->rq.mask + 1;
	for (; q->sq.tail != q->sq.head; q->sq.tail++, failed++)
		rte_pktmbuf_free(q->sq.elts[q->sq.tail & q->sq.mask]);
	return failed;
}

int
verbs_queue_qkey(struct verbs_queue *q, uint32_t qkey)
{
	struct ibv_qp_attr attr = { .qkey = qkey };
	bool raised = ipoib_caps_raise(qkey);
	int ret;

	ret = -ibv_modify_qp(q->qp, &attr, IBV_QP_QKEY);
	ipoib_caps_lower(raised);
	return ret;
}

static enum ibv_qp_state
state_get(struct verbs_queue *q)
{
	struct ibv_qp_init_attr init;
	struct ibv_qp_attr attr;

	return ibv_query_qp(q->qp, &attr, IBV_QP_STATE, &init) == 0 ? attr.qp_state : IBV_QPS_ERR;
}

bool
verbs_queue_revive(struct verbs_queue *q)
{
	struct ibv_qp_attr attr = { 0 };
	bool failed = __atomic_load_n(&q->sq.failed, __ATOMIC_ACQUIRE);
	enum ibv_qp_state state;

	if (!failed && !__atomic_load_n(&q->rq.failed, __ATOMIC_ACQUIRE))
		return true;
	state = state_get(q);
	if ((state != IBV_QPS_RTS && state != IBV_QPS_SQE) ||
			__atomic_load_n(&q->sq.stuck, __ATOMIC_RELAXED))
		return false;
	if (state == IBV_QPS_SQE) {
		/* Its owner gives back what was flushed; not before may it send again. */
		if (__atomic_load_n(&q->sq.tail, __ATOMIC_ACQUIRE) != q->sq.head)
			return true;
		attr.cur_qp_state = IBV_QPS_SQE;
		if (state_set(q->qp, IBV_QPS_RTS, IBV_QP_CUR_STATE, &attr) != 0)
			return false;
	}
	__atomic_store_n(&q->rq.failed, false, __ATOMIC_RELEASE);
	__atomic_store_n(&q->sq.failed, false, __ATOMIC_RELEASE);
	return true;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Completion queues, and queue pairs with their states. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fake_verbs_int.h"

#define DIM(a) (sizeof(a) / sizeof((a)[0]))
#define QPN_FIRST 0x100

struct fv_qps fv_qps = LIST_HEAD_INITIALIZER(fv_qps);

static uint32_t next_qpn = QPN_FIRST;

/* Completion queues. */

static struct fv_cq *
cq_new(struct ibv_context *ctx, uint32_t n)
{
	struct fv_cq *cq = calloc(1, sizeof(*cq));

	if (cq == NULL)
		fv_die("no memory");
	cq->ring = calloc(n, sizeof(*cq->ring));
	if (cq->ring == NULL)
		fv_die("no memory");
	cq->size = n;
	cq->ex.context = ctx;
	cq->ex.cqe = (int)n;
	pthread_mutex_lock(&fv_lock);
	fv_have.cqs++;
	pthread_mutex_unlock(&fv_lock);
	return cq;
}

struct ibv_cq *
ibv_create_cq(struct ibv_context *ctx, int n, void *arg, struct ibv_comp_channel *channel,
		int vector)
{
	(void)arg;
	(void)channel;
	(void)vector;
	return (struct ibv_cq *)cq_new(ctx, (uint32_t)n);
}

struct ibv_cq_ex *
fv_create_cq_ex(struct ibv_context *ctx, struct ibv_cq_init_attr_ex *a)
{
	struct fv_cq *cq = cq_new(ctx, a->cqe);

	fv_cq_extend(cq, a->wc_flags);
	if ((a->comp_mask & IBV_CQ_INIT_ATTR_MASK_PD) != 0) {
		cq->pd = (struct fv_pd *)a->parent_domain;
		pthread_mutex_lock(&fv_lock);
		cq->pd->users++;
		pthread_mutex_unlock(&fv_lock);
	}
	return &cq->ex;
}

int
ibv_destroy_cq(struct ibv_cq *c)
{
	struct fv_cq *cq = (struct fv_cq *)c;

	pthread_mutex_lock(&fv_lock);
	if (cq->users != 0 || cq->inside != 0)
		fv_die("a CQ goes that is in use");
	if (cq->pd != NULL)
		cq->pd->users--;
	fv_have.cqs--;
	pthread_mutex_unlock(&fv_lock);
	free(cq->ring);
	free(cq);
	return 0;
}

/* Queue pairs. */

struct fv_qp *
fv_qp_find(unsigned int dev, uint32_t qpn)
{
	struct fv_qp *qp;

	LIST_FOREACH(qp, &fv_qps, next)
		if ((dev == FV_DEVS || qp->ctx->dev == dev) && qp->ex.qp_base.qp_num == qpn)
			return qp;
	return NULL;
}

static int
qp_check(const struct ibv_qp_init_attr *a)
{
	if (fv.create_qp_err != 0)
		return fv.create_qp_err;
	if (a->qp_type != IBV_QPT_UD || a->send_cq == NULL || a->recv_cq == NULL)
		fv_die("a queue pair is asked for that nobody needs");
	if (a->sq_sig_all)
		fv_die("a completion for each send is too many");
	if (a->cap.max_inline_data > (fv.no_inline ? 0 : FV_INLINE) ||
			a->cap.max_send_sge > FV_SGE || a->cap.max_send_wr > 4096 ||
			a->cap.max_recv_wr > 4096)
		return EINVAL;
	return 0;
}

static struct ibv_qp *
qp_new(struct ibv_context *ctx, struct ibv_pd *pd, struct ibv_qp_init_attr *a, bool extended)
{
	struct fv_qp *qp;

	errno = qp_check(a);
	if (errno != 0)
		return NULL;
	qp = calloc(1, sizeof(*qp));
	if (qp == NULL)
		fv_die("no memory");
	qp->sq = calloc(a->cap.max_send_wr, sizeof(*qp->sq));
	qp->rq = calloc(a->cap.max_recv_wr, sizeof(*qp->rq));
	qp->rq_sge = calloc(a->cap.max_recv_wr, sizeof(*qp->rq_sge));
	if (qp->sq == NULL || qp->rq == NULL || qp->rq_sge == NULL)
		fv_die("no memory");
	qp->ctx = (struct fv_ctx *)verbs_get_ctx(ctx);
	qp->pd = (struct fv_pd *)pd;
	qp->scq = (struct fv_cq *)a->send_cq;
	qp->rcq = (struct fv_cq *)a->recv_cq;
	qp->cap = a->cap;
	qp->state = IBV_QPS_RESET;
	qp->extended = extended;
	qp->ex.qp_base.context = ctx;
	qp->ex.qp_base.pd = pd;
	qp->ex.qp_base.qp_type = IBV_QPT_UD;
	if (extended)
		fv_qp_extend(qp);
	pthread_mutex_lock(&fv_lock);
	qp->ex.qp_base.qp_num = next_qpn++;
	qp->pd->users++;
	qp->scq->users++;
	qp->rcq->users++;
	fv_have.qps++;
	LIST_INSERT_HEAD(&fv_qps, qp, next);
	pthread_mutex_unlock(&fv_lock);
	return &qp->ex.qp_base;
}

struct ibv_qp *
ibv_create_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *a)
{
	return qp_new(pd->context, pd, a, false);
}

struct ibv_qp *
fv_create_qp_ex(struct ibv_context *ctx, struct ibv_qp_init_attr_ex *a)
{
	if ((a->comp_mask & ~(uint32_t)(IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS)) !=
					0 ||
			a->send_ops_flags != IBV_QP_EX_WITH_SEND)
		fv_die("a queue pair is asked for that nobody needs");
	return qp_new(ctx, a->pd, (struct ibv_qp_init_attr *)a, true);
}

struct ibv_qp_ex *
ibv_qp_to_qp_ex(struct ibv_qp *qp)
{
	struct fv_qp *q = (struct fv_qp *)qp;

	return q->extended ? &q->ex : NULL;
}

int
ibv_destroy_qp(struct ibv_qp *p)
{
	struct fv_qp *qp = (struct fv_qp *)p;
	unsigned int i;

	pthread_mutex_lock(&fv_lock);
	if (qp->inside != 0 || qp->building)
		fv_die("a queue pair goes that is in use");
	for (i = 0; i < fv_nb_groups; i++)
		if (fv_groups[i].qp == qp)
			fv_die("a queue pair goes that is attached to a group");
	fv_forget(qp);
	fv_cq_clean(qp->scq, qp, true);
	fv_cq_clean(qp->rcq, qp, true);
	qp->pd->users--;
	qp->scq->users--;
	qp->rcq->users--;
	fv_have.qps--;
	LIST_REMOVE(qp, next);
	pthread_mutex_unlock(&fv_lock);
	free(qp->sq);
	free(qp->rq);
	free(qp->rq_sge);
	free(qp);
	return 0;
}

/* IBA 11.2.5.2, for UD. */
static const struct {
	enum ibv_qp_state from, to;
	int required, allowed;
} transitions[] = {
	{ IBV_QPS_RESET, IBV_QPS_INIT, IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY, 0 },
	{ IBV_QPS_INIT, IBV_QPS_INIT, 0, IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY },
	{ IBV_QPS_INIT, IBV_QPS_RTR, 0, IBV_QP_PKEY_INDEX | IBV_QP_QKEY },
	{ IBV_QPS_RTR, IBV_QPS_RTS, IBV_QP_SQ_PSN, IBV_QP_CUR_STATE | IBV_QP_QKEY },
	{ IBV_QPS_RTS, IBV_QPS_RTS, 0, IBV_QP_CUR_STATE | IBV_QP_QKEY },
	{ IBV_QPS_SQE, IBV_QPS_RTS, 0, IBV_QP_CUR_STATE | IBV_QP_QKEY },
};

static int
modify_check(const struct fv_qp *qp, const struct ibv_qp_attr *a, int mask)
{
	enum ibv_qp_state to = (mask & IBV_QP_STATE) != 0 ? a->qp_state : qp->state;
	int rest = mask & ~IBV_QP_STATE;
	unsigned int i;

	if (fv.modify_err != 0 && fv.modify_ok == 0) {
		int err = fv.modify_err;

		if (fv.modify_errs > 0 && --fv.modify_errs == 0)
			fv.modify_err = 0;
		return err;
	}
	fv.modify_ok -= fv.modify_ok > 0;
	if (qp->ctx->dead)
		return EIO;
	if ((mask & IBV_QP_QKEY) != 0 && (a->qkey & 1u << 31) != 0 && fv.no_raw)
		return EPERM;
	if ((mask & IBV_QP_PKEY_INDEX) != 0 && a->pkey_index >= FV_PKEYS)
		return EINVAL;
	if ((mask & IBV_QP_CUR_STATE) != 0 && a->cur_qp_state != qp->state)
		return EINVAL;
	if (to == IBV_QPS_RESET || to == IBV_QPS_ERR)
		return rest == 0 ? 0 : EINVAL;
	for (i = 0; i < DIM(transitions); i++)
		if (transitions[i].from == qp->state && transitions[i].to == to)
			return (rest & transitions[i].required) == transitions[i].required &&
							(rest &
									~(transitions[i].required |
											transitions[i].allowed)) ==
									0
					? 0
					: EINVAL;
	return EINVAL;
}

static void
qp_to(struct fv_qp *qp, enum ibv_qp_state to)
{
	if (to == IBV_QPS_RESET) {
		fv_seen.resets += qp->state != IBV_QPS_RESET;
		fv_forget(qp);
		fv_cq_clean(qp->scq, qp, fv.reset_cleans);
		fv_cq_clean(qp->rcq, qp, fv.reset_cleans);
	}
	fv_seen.sqe_rts += qp->state == IBV_QPS_SQE && to == IBV_QPS_RTS;
	qp->state = to;
	if (to == IBV_QPS_ERR) {
		fv_flush(qp, false);
		fv_flush(qp, true);
	}
}

int
ibv_modify_qp(struct ibv_qp *p, struct ibv_qp_attr *a, int mask)
{
	struct fv_qp *qp = (struct fv_qp *)p;
	int ret;

	pthread_mutex_lock(&fv_lock);
	ret = modify_check(qp, a, mask);
	if (ret == EINVAL && fv.modify_err != EINVAL)
		fv_die("queue pair %u: illegal change from state %d to %d, attributes 0x%x",
				p->qp_num, qp->state, a->qp_state, mask);
	if (ret == 0) {
		if ((mask & IBV_QP_PKEY_INDEX) != 0)
			qp->pkey_index = a->pkey_index;
		if ((mask & IBV_QP_QKEY) != 0)
			qp->qkey = a->qkey;
		if ((mask & IBV_QP_STATE) != 0)
			qp_to(qp, a->qp_state);
		p->state = qp->state;
	}
	pthread_mutex_unlock(&fv_lock);
	return ret;
}

int
ibv_query_qp(struct ibv_qp *p, struct ibv_qp_attr *a, int mask, struct ibv_qp_init_attr *init)
{
	const struct fv_qp *qp = (const struct fv_qp *)p;

	(void)mask;
	memset(a, 0, sizeof(*a));
	memset(init, 0, sizeof(*init));
	pthread_mutex_lock(&fv_lock);
	a->qp_state = qp->state;
	a->pkey_index = qp->pkey_index;
	a->qkey = qp->qkey;
	pthread_mutex_unlock(&fv_lock);
	return qp->ctx->dead ? EIO : 0;
}

void
fv_qp_break(uint32_t qpn)
{
	struct fv_qp *qp;

	pthread_mutex_lock(&fv_lock);
	qp = fv_qp_find(FV_DEVS, qpn);
	if (qp == NULL)
		fv_die("no queue pair %u to break", qpn);
	qp_to(qp, IBV_QPS_ERR);
	pthread_mutex_unlock(&fv_lock);
}

/* A field of a queue pair that a test asks for. */
#define QP_ASK(type, what) \
	do { \
		struct fv_qp *qp; \
		type v; \
		pthread_mutex_lock(&fv_lock); \
		qp = fv_qp_find(FV_DEVS, qpn); \
		if (qp == NULL) \
			fv_die("there is no queue pair %u", qpn); \
		v = (type)(what); \
		pthread_mutex_unlock(&fv_lock); \
		return v; \
	} while (0)

enum ibv_qp_state
fv_qp_state(uint32_t qpn)
{
	QP_ASK(enum ibv_qp_state, qp->state);
}

uint16_t
fv_qp_pkey_index(uint32_t qpn)
{
	QP_ASK(uint16_t, qp->pkey_index);
}

uint32_t
fv_qp_qkey(uint32_t qpn)
{
	QP_ASK(uint32_t, qp->qkey);
}

uint32_t
fv_qp_posted(uint32_t qpn)
{
	QP_ASK(uint32_t, qp->rposted - qp->rdone);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Posts, the fabric, and completions. */

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "fake_verbs_int.h"

#define GARBAGE 0xdb
#define PKEY_FULL 0x8000

static uint64_t sent_with[65536];

uint64_t
fv_sent_with(uint16_t pkey)
{
	return __atomic_load_n(&sent_with[pkey], __ATOMIC_RELAXED);
}

/* Two threads in one queue are a fault of the driver, whatever happens then. */
static void
inside(int *count)
{
	if (__atomic_fetch_add(count, 1, __ATOMIC_ACQ_REL) != 0)
		fv_die("two threads are in one queue");
}

static void
outside(int *count)
{
	__atomic_fetch_sub(count, 1, __ATOMIC_ACQ_REL);
}

/* Completions. */

void
fv_cq_push(struct fv_cq *cq, const struct fv_cqe *e)
{
	if (cq->head - cq->tail == cq->size)
		fv_die("a CQ of %u overflows", cq->size);
	cq->ring[cq->head++ % cq->size] = *e;
}

void
fv_cq_clean(struct fv_cq *cq, const struct fv_qp *qp, bool take)
{
	uint32_t i, to = cq->tail;

	for (i = cq->tail; i != cq->head; i++) {
		struct fv_cqe e = cq->ring[i % cq->size];

		if (e.wc.qp_num == qp->ex.qp_base.qp_num) {
			e.qp = NULL;
			if (take)
				continue;
		}
		cq->ring[to++ % cq->size] = e;
	}
	cq->head = to;
}

/* What was polled is what the owner knows: only now its places are free. */
static bool
cq_pop(struct fv_cq *cq, struct fv_cqe *e)
{
	if (cq->tail == cq->head)
		return false;
	*e = cq->ring[cq->tail++ % cq->size];
	if (e->qp != NULL) {
		e->qp->retired = e->pos;
		fv_seen.cqes++;
	}
	/* All else is not valid. */
	if (e->wc.status != IBV_WC_SUCCESS) {
		e->wc.byte_len = 0xdeadbeef;
		e->wc.src_qp = 0xdeadbeef;
		e->wc.wc_flags = 0xffffffff;
		e->wc.slid = 0xdead;
	}
	return true;
}

static void
poll_block(void)
{
	if (!__atomic_load_n(&fv.poll_blocks, __ATOMIC_ACQUIRE))
		return;
	__atomic_fetch_add(&fv_seen.blocked, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&fv.poll_blocks, __ATOMIC_ACQUIRE))
		sched_yield();
}

int
fv_poll_cq(struct ibv_cq *c, int n, struct ibv_wc *wc)
{
	struct fv_cq *cq = (struct fv_cq *)c;
	struct fv_cqe e;
	int i;

	inside(&cq->inside);
	poll_block();
	if (cq->extended)
		fv_die("an extended CQ is polled as an old one");
	pthread_mutex_lock(&fv_lock);
	for (i = 0; i < n && cq_pop(cq, &e); i++)
		wc[i] = e.wc;
	pthread_mutex_unlock(&fv_lock);
	outside(&cq->inside);
	return i;
}

static int
cqx_next(struct fv_cq *cq)
{
	bool got;

	pthread_mutex_lock(&fv_lock);
	got = cq_pop(cq, &cq->now);
	pthread_mutex_unlock(&fv_lock);
	if (!got)
		return ENOENT;
	cq->ex.wr_id = cq->now.wc.wr_id;
	cq->ex.status = cq->now.wc.status;
	return 0;
}

static int
start_poll(struct ibv_cq_ex *c, struct ibv_poll_cq_attr *attr)
{
	struct fv_cq *cq = (struct fv_cq *)c;

	if (attr->comp_mask != 0)
		return EINVAL;
	inside(&cq->inside);
	poll_block();
	if (cqx_next(cq) != 0) {
		outside(&cq->inside);
		return ENOENT;
	}
	cq->polling = true;
	return 0;
}

static int
next_poll(struct ibv_cq_ex *c)
{
	struct fv_cq *cq = (struct fv_cq *)c;

	if (!cq->polling)
		fv_die("next_poll() without start_poll()");
	return cqx_next(cq);
}

static void
end_poll(struct ibv_cq_ex *c)
{
	struct fv_cq *cq = (struct fv_cq *)c;

	if (!cq->polling)
		fv_die("end_poll() without start_poll()");
	cq->polling = false;
	outside(&cq->inside);
}

static uint32_t
read_byte_len(struct ibv_cq_ex *c)
{
	return ((struct fv_cq *)c)->now.wc.byte_len;
}

static uint32_t
read_src_qp(struct ibv_cq_ex *c)
{
	return ((struct fv_cq *)c)->now.wc.src_qp;
}

static uint32_t
read_slid(struct ibv_cq_ex *c)
{
	return ((struct fv_cq *)c)->now.wc.slid;
}

static unsigned int
read_wc_flags(struct ibv_cq_ex *c)
{
	return ((struct fv_cq *)c)->now.wc.wc_flags;
}

/* What was not asked for is not there. */
void
fv_cq_extend(struct fv_cq *cq, uint64_t wc_flags)
{
	cq->extended = true;
	cq->ex.start_poll = start_poll;
	cq->ex.next_poll = next_poll;
	cq->ex.end_poll = end_poll;
	cq->ex.read_wc_flags = read_wc_flags;
	if ((wc_flags & IBV_WC_EX_WITH_BYTE_LEN) != 0)
		cq->ex.read_byte_len = read_byte_len;
	if ((wc_flags & IBV_WC_EX_WITH_SRC_QP) != 0)
		cq->ex.read_src_qp = read_src_qp;
	if ((wc_flags & IBV_WC_EX_WITH_SLID) != 0)
		cq->ex.read_slid = read_slid;
}

/* Memory. */

static const struct fv_pd *
pd_base(const struct fv_pd *pd)
{
	return pd->base != NULL ? pd->base : pd;
}

static void
sge_check(const struct fv_qp *qp, const struct ibv_sge *s, const char *what)
{
	const struct fv_mr *m;
	uintptr_t start;

	LIST_FOREACH(m, &fv_mrs, next) {
		start = (uintptr_t)m->mr.addr;
		if (m->mr.lkey != s->lkey)
			continue;
		if (s->addr < start || s->addr + s->length > start + m->mr.length)
			fv_die("%s: [%lx, +%u) is outside of its memory region", what,
					(unsigned long)s->addr, s->length);
		if ((const struct fv_pd *)m->mr.pd != pd_base(qp->pd))
			fv_die("%s: memory of another protection domain", what);
		return;
	}
	fv_die("%s: no memory region has the key 0x%x", what, s->lkey);
}

static bool
sge_in(const struct ibv_sge *s, const struct fv_mr *m)
{
	return s->lkey == m->mr.lkey;
}

bool
fv_qp_uses(const struct fv_qp *qp, const struct fv_mr *mr)
{
	const struct fv_wr *w;
	uint64_t i;
	int k;

	for (i = qp->done; i != qp->posted; i++) {
		w = &qp->sq[i % qp->cap.max_send_wr];
		for (k = 0; k < w->nb_sge && !w->inlined; k++)
			if (sge_in(&w->sge[k], mr))
				return true;
	}
	for (i = qp->rdone; i != qp->rposted; i++)
		if (sge_in(&qp->rq_sge[i % qp->cap.max_recv_wr], mr))
			return true;
	return false;
}

/* Receive. */

int
fv_post_recv(struct ibv_qp *p, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad)
{
	struct fv_qp *qp = (struct fv_qp *)p;
	uint32_t i;
	int ret = 0;

	pthread_mutex_lock(&fv_lock);
	if (qp->state == IBV_QPS_RESET)
		fv_die("a receive is posted in RESET");
	for (; wr != NULL && ret == 0; wr = wr->next) {
		if (wr->num_sge != 1)
			fv_die("a receive has %d segments", wr->num_sge);
		if (qp->rposted - qp->rdone == qp->cap.max_recv_wr || fv.recv_take == 0) {
			fv.recv_take = -1;
			ret = ENOMEM;
			*bad = wr;
			break;
		}
		sge_check(qp, wr->sg_list, "post_recv");
		fv.recv_take -= fv.recv_take > 0;
		i = qp->rposted++ % qp->cap.max_recv_wr;
		qp->rq[i] = *wr;
		qp->rq_sge[i] = wr->sg_list[0];
	}
	if (qp->state == IBV_QPS_ERR)
		fv_flush(qp, true);
	pthread_mutex_unlock(&fv_lock);
	return ret;
}

struct datagram {
	uint16_t pkey;
	uint32_t qkey;
	uint16_t slid;
	uint32_t src_qpn;
	bool global;
	struct ibv_grh grh;
	uint32_t len;
	uint8_t data[4096];
};

static bool
pkey_match(uint16_t a, uint16_t b)
{
	return (a & ~PKEY_FULL) != 0 && ((a ^ b) & ~PKEY_FULL) == 0 && ((a | b) & PKEY_FULL) != 0;
}

static bool
deliver(struct fv_qp *qp, const struct datagram *d)
{
	struct fv_cqe e = { 0 };
	const struct ibv_sge *s;
	uint64_t at = qp->rdone;
	uint8_t *to;

	if ((qp->state != IBV_QPS_RTR && qp->state != IBV_QPS_RTS && qp->state != IBV_QPS_SQE) ||
			qp->ctx->dead || d->qkey != qp->qkey ||
			!pkey_match(fv.dev[qp->ctx->dev].pkeys[qp->pkey_index], d->pkey)) {
		fv_seen.no_match++;
		return false;
	}
	if (qp->rdone == qp->rposted) {
		fv_seen.no_buffer++;
		return false;
	}
	s = &qp->rq_sge[at % qp->cap.max_recv_wr];
	sge_check(qp, s, "receive");
	if (d->len + FV_GRH_LEN > s->length)
		fv_die("a buffer of %u octets is posted for %u", s->length, d->len + FV_GRH_LEN);
	to = (uint8_t *)(uintptr_t)s->addr;
	if (d->global)
		memcpy(to, &d->grh, FV_GRH_LEN);
	else
		memset(to, GARBAGE, FV_GRH_LEN);
	memcpy(to + FV_GRH_LEN, d->data, d->len);
	e.wc.wr_id = qp->rq[at % qp->cap.max_recv_wr].wr_id;
	e.wc.opcode = IBV_WC_RECV;
	e.wc.byte_len = d->len + FV_GRH_LEN;
	e.wc.qp_num = qp->ex.qp_base.qp_num;
	e.wc.src_qp = d->src_qpn;
	e.wc.slid = d->slid;
	e.wc.wc_flags = (d->global ? IBV_WC_GRH : 0) | (fv.csum_ok ? IBV_WC_IP_CSUM_OK : 0);
	qp->rdone++;
	fv_cq_push(qp->rcq, &e);
	fv_seen.delivered++;
	return true;
}

bool
fv_inject(unsigned int dev, uint32_t qpn, uint16_t slid, uint32_t src_qpn,
		const struct ibv_grh *grh, const void *data, uint32_t len)
{
	struct datagram d = { .slid = slid, .src_qpn = src_qpn, .global = grh != NULL, .len = len };
	struct fv_qp *qp;
	bool ok;

	if (len > sizeof(d.data))
		fv_die("%u octets are too many", len);
	if (grh != NULL)
		d.grh = *grh;
	memcpy(d.data, data, len);
	pthread_mutex_lock(&fv_lock);
	qp = fv_qp_find(dev, qpn);
	if (qp == NULL)
		fv_die("no queue pair %u on device %u", qpn, dev);
	d.qkey = qp->qkey;
	d.pkey = fv.dev[dev].pkeys[qp->pkey_index];
	ok = deliver(qp, &d);
	pthread_mutex_unlock(&fv_lock);
	return ok;
}

/* Send. */

static void
wire_build(const struct fv_qp *qp, const struct fv_wr *w, struct datagram *d)
{
	const struct fv_dev *dev = &fv.dev[qp->ctx->dev];
	uint8_t *at = d->data;
	int k;

	d->pkey = dev->pkeys[qp->pkey_index];
	/* IBA 10.2.5: with the high bit set, the pair's own is sent. */
	d->qkey = (w->qkey & 1u << 31) != 0 ? qp->qkey : w->qkey;
	d->slid = dev->ether ? 0 : (uint16_t)(dev->lid | w->ah->attr.src_path_bits);
	d->src_qpn = qp->ex.qp_base.qp_num;
	d->global = w->ah->attr.is_global;
	memset(&d->grh, 0, sizeof(d->grh));
	d->grh.sgid = dev->gid;
	d->grh.dgid = w->ah->attr.grh.dgid;
	d->grh.version_tclass_flow = htobe32(6u << 28);
	if (w->inlined) {
		memcpy(at, w->data, w->inline_len);
		d->len = w->inline_len;
		return;
	}
	for (k = 0; k < w->nb_sge; k++) {
		sge_check(qp, &w->sge[k], "send");
		if (at + w->sge[k].length > d->data + sizeof(d->data))
			fv_die("a datagram is longer than any MTU");
		memcpy(at, (const void *)(uintptr_t)w->sge[k].addr, w->sge[k].length);
		at += w->sge[k].length;
	}
	d->len = (uint32_t)(at - d->data);
}

static bool
reaches(const struct fv_dev *to, const struct ibv_ah_attr *a)
{
	if (to->ether)
		return memcmp(to->gid.raw, a->grh.dgid.raw, 16) == 0;
	return (a->dlid & ~((1u << to->lmc) - 1)) == to->lid;
}

static void
wire_multicast(const struct fv_wr *w, const struct datagram *d)
{
	const struct ibv_ah_attr *a = &w->ah->attr;
	unsigned int i;

	for (i = 0; i < fv_nb_groups; i++)
		if (memcmp(fv_groups[i].gid.raw, a->grh.dgid.raw, 16) == 0 &&
				(fv_groups[i].lid == a->dlid || fv.dev[0].ether))
			deliver(fv_groups[i].qp, d);
}

static void
wire_send(const struct fv_qp *qp, const struct fv_wr *w)
{
	const struct ibv_ah_attr *a = &w->ah->attr;
	static struct datagram d; /* under the lock */
	struct fv_qp *to;
	unsigned int i;

	wire_build(qp, w, &d);
	__atomic_fetch_add(&sent_with[d.pkey], 1, __ATOMIC_RELAXED);
	if (a->is_global && a->grh.dgid.raw[0] == 0xff) {
		wire_multicast(w, &d);
		return;
	}
	for (i = 0; i < FV_DEVS; i++)
		if (reaches(&fv.dev[i], a)) {
			to = fv_qp_find(i, w->qpn);
			if (to != NULL)
				deliver(to, &d);
			else
				fv_seen.no_match++;
		}
}

static void
send_done(struct fv_qp *qp, enum ibv_wc_status status)
{
	const struct fv_wr *w = &qp->sq[qp->done % qp->cap.max_send_wr];
	struct fv_cqe e = { .qp = qp, .pos = ++qp->done };

	w->ah->users--;
	if (!w->signalled && status == IBV_WC_SUCCESS)
		return;
	e.wc.wr_id = w->wr_id;
	e.wc.status = status;
	e.wc.opcode = IBV_WC_SEND;
	e.wc.qp_num = qp->ex.qp_base.qp_num;
	fv_cq_push(qp->scq, &e);
}

void
fv_flush(struct fv_qp *qp, bool recv)
{
	struct fv_cqe e = { .wc = { .status = IBV_WC_WR_FLUSH_ERR } };

	while (!recv && qp->done != qp->posted)
		send_done(qp, IBV_WC_WR_FLUSH_ERR);
	for (; recv && qp->rdone != qp->rposted; qp->rdone++) {
		e.wc.wr_id = qp->rq[qp->rdone % qp->cap.max_recv_wr].wr_id;
		e.wc.qp_num = qp->ex.qp_base.qp_num;
		fv_cq_push(qp->rcq, &e);
	}
}

void
fv_forget(struct fv_qp *qp)
{
	for (; qp->done != qp->posted; qp->done++)
		qp->sq[qp->done % qp->cap.max_send_wr].ah->users--;
	qp->retired = qp->posted;
	qp->rdone = qp->rposted;
}

static void
process_one(struct fv_qp *qp)
{
	if (fv.send_status != IBV_WC_SUCCESS) {
		send_done(qp, fv.send_status);
		fv.send_status = IBV_WC_SUCCESS;
		qp->state = fv.send_state;
		fv_flush(qp, false);
		if (qp->state == IBV_QPS_ERR)
			fv_flush(qp, true);
		return;
	}
	wire_send(qp, &qp->sq[qp->done % qp->cap.max_send_wr]);
	send_done(qp, IBV_WC_SUCCESS);
}

void
fv_process(struct fv_qp *qp)
{
	if (qp->state == IBV_QPS_SQE || qp->state == IBV_QPS_ERR)
		fv_flush(qp, false);
	while (!fv.hold && !qp->ctx->dead && qp->done != qp->posted)
		process_one(qp);
}

unsigned int
fv_run(unsigned int n)
{
	unsigned int went = 0;
	struct fv_qp *qp;

	pthread_mutex_lock(&fv_lock);
	LIST_FOREACH(qp, &fv_qps, next)
		for (; went < n && qp->done != qp->posted && !qp->ctx->dead; went++)
			process_one(qp);
	pthread_mutex_unlock(&fv_lock);
	return went;
}

unsigned int
fv_held(void)
{
	unsigned int n = 0;
	struct fv_qp *qp;

	pthread_mutex_lock(&fv_lock);
	LIST_FOREACH(qp, &fv_qps, next)
		n += (unsigned int)(qp->posted - qp->done);
	pthread_mutex_unlock(&fv_lock);
	return n;
}

/* @return 0, or the errno of the post. */
static int
send_take(struct fv_qp *qp, const struct fv_wr *w)
{
	if (qp->state != IBV_QPS_RTS && qp->state != IBV_QPS_SQE && qp->state != IBV_QPS_ERR)
		fv_die("a send is posted in state %d", qp->state);
	if (qp->posted - qp->retired == qp->cap.max_send_wr)
		return ENOMEM;
	if (w->ah == NULL)
		fv_die("a send without an address handle");
	if (w->nb_sge < 1 || w->nb_sge > (int)qp->cap.max_send_sge)
		fv_die("a send of %d segments", w->nb_sge);
	for (int k = 0; k < w->nb_sge && !w->inlined; k++)
		sge_check(qp, &w->sge[k], "post_send");
	qp->sq[qp->posted++ % qp->cap.max_send_wr] = *w;
	w->ah->users++;
	fv_seen.sends++;
	fv_seen.signalled += w->signalled;
	fv_seen.inlined += w->inlined;
	fv_seen.ip_csum += w->csum;
	if (w->csum && !fv.csum)
		fv_die("a checksum that the device does not make");
	fv_seen.list_sge += w->nb_sge > 1 && !w->inlined;
	if ((uint64_t)w->nb_sge > fv_seen.segments)
		fv_seen.segments = (uint64_t)w->nb_sge;
	return 0;
}

static void
inline_add(const struct fv_qp *qp, struct fv_wr *w, const void *data, size_t len)
{
	if (w->inline_len + len > qp->cap.max_inline_data)
		fv_die("%zu octets inline, at most %u fit", w->inline_len + len,
				qp->cap.max_inline_data);
	memcpy(w->data + w->inline_len, data, len);
	w->inline_len += (uint32_t)len;
}

static void
wr_from(const struct fv_qp *qp, const struct ibv_send_wr *wr, struct fv_wr *w)
{
	int k;

	if (wr->opcode != IBV_WR_SEND || wr->num_sge > FV_SGE)
		fv_die("a send of opcode %d with %d segments", wr->opcode, wr->num_sge);
	memset(w, 0, offsetof(struct fv_wr, data));
	w->wr_id = wr->wr_id;
	w->signalled = (wr->send_flags & IBV_SEND_SIGNALED) != 0;
	w->inlined = (wr->send_flags & IBV_SEND_INLINE) != 0;
	w->csum = (wr->send_flags & IBV_SEND_IP_CSUM) != 0;
	w->nb_sge = wr->num_sge;
	w->ah = (struct fv_ah *)wr->wr.ud.ah;
	w->qpn = wr->wr.ud.remote_qpn;
	w->qkey = wr->wr.ud.remote_qkey;
	for (k = 0; k < wr->num_sge; k++) {
		w->sge[k] = wr->sg_list[k];
		if (w->inlined)
			inline_add(qp, w, (const void *)(uintptr_t)w->sge[k].addr,
					w->sge[k].length);
	}
}

/* Has the test set that not all of the next chain are taken? */
static int
take_next(void)
{
	int n = fv.post_take;

	fv.post_take = -1;
	return n;
}

int
fv_post_send(struct ibv_qp *p, struct ibv_send_wr *wr, struct ibv_send_wr **bad)
{
	struct fv_qp *qp = (struct fv_qp *)p;
	struct fv_wr w;
	int ret = 0, take;

	inside(&qp->inside);
	if (qp->extended)
		fv_die("an extended queue pair is posted to as an old one");
	pthread_mutex_lock(&fv_lock);
	take = take_next();
	fv_seen.posts++;
	for (; wr != NULL; wr = wr->next) {
		wr_from(qp, wr, &w);
		ret = take-- == 0 ? ENOMEM : send_take(qp, &w);
		if (ret != 0) {
			*bad = wr;
			break;
		}
	}
	fv_process(qp);
	pthread_mutex_unlock(&fv_lock);
	outside(&qp->inside);
	return ret;
}

/* The extended interface: built, then posted as a whole or not at all. */

static struct fv_qp *
building(struct ibv_qp_ex *p)
{
	struct fv_qp *qp = (struct fv_qp *)p;

	if (!qp->building || qp->nb_build == 0)
		fv_die("part of a send without a send");
	return qp;
}

static void
wr_start(struct ibv_qp_ex *p)
{
	struct fv_qp *qp = (struct fv_qp *)p;

	inside(&qp->inside);
	qp->building = true;
	qp->nb_build = 0;
}

static void
wr_send(struct ibv_qp_ex *p)
{
	struct fv_qp *qp = (struct fv_qp *)p;
	struct fv_wr *w;

	if (!qp->building || qp->nb_build == FV_CHAIN_MAX)
		fv_die("a send outside of a chain, or a long chain");
	w = &qp->build[qp->nb_build++];
	memset(w, 0, offsetof(struct fv_wr, data));
	w->wr_id = p->wr_id;
	w->signalled = (p->wr_flags & IBV_SEND_SIGNALED) != 0;
	w->csum = (p->wr_flags & IBV_SEND_IP_CSUM) != 0;
}

static void
wr_set_ud_addr(struct ibv_qp_ex *p, struct ibv_ah *ah, uint32_t qpn, uint32_t qkey)
{
	struct fv_qp *qp = building(p);
	struct fv_wr *w = &qp->build[qp->nb_build - 1];

	w->ah = (struct fv_ah *)ah;
	w->qpn = qpn;
	w->qkey = qkey;
}

static void
wr_set_inline_data_list(struct ibv_qp_ex *p, size_t n, const struct ibv_data_buf *bufs)
{
	struct fv_qp *qp = building(p);
	struct fv_wr *w = &qp->build[qp->nb_build - 1];
	size_t i;

	w->inlined = true;
	w->nb_sge = 1;
	for (i = 0; i < n; i++)
		inline_add(qp, w, bufs[i].addr, bufs[i].length);
}

static void
wr_set_inline_data(struct ibv_qp_ex *p, void *addr, size_t len)
{
	const struct ibv_data_buf buf = { .addr = addr, .length = len };

	wr_set_inline_data_list(p, 1, &buf);
}

static void
wr_set_sge_list(struct ibv_qp_ex *p, size_t n, const struct ibv_sge *list)
{
	struct fv_qp *qp = building(p);
	struct fv_wr *w = &qp->build[qp->nb_build - 1];

	if (n > FV_SGE)
		fv_die("a send of %zu segments", n);
	memcpy(w->sge, list, n * sizeof(*list));
	w->nb_sge = (int)n;
}

static void
wr_set_sge(struct ibv_qp_ex *p, uint32_t lkey, uint64_t addr, uint32_t len)
{
	const struct ibv_sge s = { .addr = addr, .length = len, .lkey = lkey };

	wr_set_sge_list(p, 1, &s);
}

static int
wr_complete(struct ibv_qp_ex *p)
{
	struct fv_qp *qp = (struct fv_qp *)p;
	unsigned int i;
	int ret = 0;

	if (!qp->building)
		fv_die("an end of a chain without its begin");
	pthread_mutex_lock(&fv_lock);
	fv_seen.posts++;
	if (take_next() >= 0 || qp->posted + qp->nb_build - qp->retired > qp->cap.max_send_wr)
		ret = ENOMEM;
	for (i = 0; i < qp->nb_build && ret == 0; i++)
		ret = send_take(qp, &qp->build[i]);
	fv_process(qp);
	pthread_mutex_unlock(&fv_lock);
	qp->building = false;
	outside(&qp->inside);
	return ret;
}

void
fv_qp_extend(struct fv_qp *qp)
{
	qp->ex.wr_start = wr_start;
	qp->ex.wr_send = wr_send;
	qp->ex.wr_set_ud_addr = wr_set_ud_addr;
	qp->ex.wr_set_inline_data = wr_set_inline_data;
	qp->ex.wr_set_inline_data_list = wr_set_inline_data_list;
	qp->ex.wr_set_sge = wr_set_sge;
	qp->ex.wr_set_sge_list = wr_set_sge_list;
	qp->ex.wr_complete = wr_complete;
}

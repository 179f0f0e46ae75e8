/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef FAKE_VERBS_INT_H
#define FAKE_VERBS_INT_H

/* Between the files of the fake; all but the first group under fv_lock. */

#include <pthread.h>
#include <sys/queue.h>

#include "fake_verbs.h"

#define FV_GRH_LEN 40
#define FV_CHAIN_MAX 256
#define FV_GROUPS_MAX 1024

/* One line, and the end of the test program. */
__attribute__((noreturn, format(printf, 1, 2))) void fv_die(const char *fmt, ...);

extern pthread_mutex_t fv_lock;

struct fv_ctx {
	struct verbs_context v;
	unsigned int dev;
	bool dead;
	int events_out; /* got, not acknowledged */
};

struct fv_pd {
	struct ibv_pd pd;
	struct fv_pd *base; /* of a parent domain */
	struct fv_td *td;
	int users;
};

struct fv_td {
	struct ibv_td td;
	int users;
};

struct fv_mr {
	struct ibv_mr mr;
	LIST_ENTRY(fv_mr) next;
};

struct fv_ah {
	struct ibv_ah ah;
	struct ibv_ah_attr attr;
	int users;
	bool dead;
};

struct fv_wr {
	uint64_t wr_id;
	bool signalled;
	bool inlined;
	bool csum;
	int nb_sge;
	struct ibv_sge sge[FV_SGE];
	struct fv_ah *ah;
	uint32_t qpn;
	uint32_t qkey;
	uint32_t inline_len;
	uint8_t data[FV_INLINE];
};

struct fv_qp;

struct fv_cqe {
	struct fv_qp *qp; /* NULL: it is gone, or this was a receive */
	uint64_t pos;	  /* sends up to this one are done */
	struct ibv_wc wc;
};

struct fv_cq {
	struct ibv_cq_ex ex; /* as struct ibv_cq, too */
	bool extended;
	bool polling; /* between start and end */
	int inside;   /* threads */
	uint32_t size;
	uint32_t head, tail;
	struct fv_cqe *ring;
	struct fv_cqe now;
	int users;
	struct fv_pd *pd;
};

struct fv_qp {
	struct ibv_qp_ex ex; /* as struct ibv_qp, too */
	LIST_ENTRY(fv_qp) next;
	struct fv_ctx *ctx;
	struct fv_pd *pd;
	struct fv_cq *scq, *rcq;
	bool extended;
	enum ibv_qp_state state;
	struct ibv_qp_cap cap;
	uint16_t pkey_index;
	uint32_t qkey;
	/* Sends: posted, processed, and known to the owner to be over. */
	struct fv_wr *sq;
	uint64_t posted, done, retired;
	struct ibv_recv_wr *rq;
	struct ibv_sge *rq_sge;
	uint64_t rposted, rdone;
	int inside;
	bool building;
	unsigned int nb_build;
	struct fv_wr build[FV_CHAIN_MAX];
};

LIST_HEAD(fv_qps, fv_qp);
LIST_HEAD(fv_mrs, fv_mr);
extern struct fv_qps fv_qps;
extern struct fv_mrs fv_mrs;

struct fv_group {
	struct fv_qp *qp;
	union ibv_gid gid;
	uint16_t lid;
};
extern struct fv_group fv_groups[FV_GROUPS_MAX];
extern unsigned int fv_nb_groups;

extern struct fv_objects fv_have;

struct ibv_cq_ex *fv_create_cq_ex(struct ibv_context *ctx, struct ibv_cq_init_attr_ex *a);
struct ibv_qp *fv_create_qp_ex(struct ibv_context *ctx, struct ibv_qp_init_attr_ex *a);
struct fv_qp *fv_qp_find(unsigned int dev, uint32_t qpn);
void fv_cq_push(struct fv_cq *cq, const struct fv_cqe *e);
/* Take the completions of a pair out, or let them forget it. */
void fv_cq_clean(struct fv_cq *cq, const struct fv_qp *qp, bool take);
/* All requests of a pair end as flushed. */
void fv_flush(struct fv_qp *qp, bool recv);
/* Forget all requests without a completion. */
void fv_forget(struct fv_qp *qp);
/* Does a request that is under way use the memory? */
bool fv_qp_uses(const struct fv_qp *qp, const struct fv_mr *mr);
void fv_process(struct fv_qp *qp);

int fv_post_send(struct ibv_qp *qp, struct ibv_send_wr *wr, struct ibv_send_wr **bad);
int fv_post_recv(struct ibv_qp *qp, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad);
int fv_poll_cq(struct ibv_cq *cq, int n, struct ibv_wc *wc);
void fv_cq_extend(struct fv_cq *cq, uint64_t wc_flags);
void fv_qp_extend(struct fv_qp *qp);

#endif /* FAKE_VERBS_INT_H */

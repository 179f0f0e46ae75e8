/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef HCA_VERBS_H
#define HCA_VERBS_H

/*
 * A hardware (or kernel) HCA through libibverbs: one UD queue pair for each pair
 * of a receive and a transmit queue, polled without a system call where the
 * provider can.
 *
 * Who owns what: a queue pair's receive side and send side each belong to the
 * thread that polls the receive or the transmit queue, between verbs_enter() and
 * verbs_leave(). Control touches them only while no view of the port is
 * published that says they are ready, and every burst that had begun is over. Everything else is control's,
 * under hca->lock.
 */

#include <infiniband/verbs.h>

#include "ipoib_pmd.h"

#define VERBS_VENDOR_RXE 0xffffff
#define VERBS_BURST 64
#define VERBS_SGE_MAX 8
/* Octets that are sent inside the work request, if the device can: they save it a read. */
#define VERBS_INLINE_WISH 96
/*
 * Longest chain for a provider that posts by a system call: rdma-core's ipathverbs
 * and hfi1verbs make a call for each 4 requests of a longer one.
 */
#define VERBS_CHAIN_SYSCALL 11
/* Receive buffers are given back so many at once. */
#define VERBS_REFILL 32
/* Sends are polled for only when that many are out. */
#define VERBS_REAP_MIN 64
/* In front of every received datagram, filled or not (IBA 11.4.1.2). */
#define VERBS_GRH_LEN 40
/* Pieces of registered memory. */
#define VERBS_MR_MAX 1024

/* Registered memory, sorted by address; immutable once published. */
struct verbs_mr {
	uintptr_t start;
	uintptr_t end;
	uint32_t lkey;
	struct ibv_mr *mr;
};

struct verbs_mrs {
	uint64_t gen; /* of the table, never 0 */
	unsigned int nb;
	struct verbs_mr mr[VERBS_MR_MAX];
	/* Below: control only, once it is replaced. */
	struct verbs_mrs *next;
	uint64_t token;
};

/* What bursts of a port go by; immutable once published. */
struct verbs_view {
	bool ready; /* the queue pairs are the bursts'; not so: control's */
	bool up;
	uint8_t rx_why; /* enum ipoib_rx_drop and ipoib_tx_drop while it is not up */
	uint8_t tx_why;
	uint16_t lid;
	uint16_t path_mask; /* 2^LMC - 1 */
	uint16_t ib_mtu;
	uint16_t port_id;
	uint16_t nb_qps;
	uint32_t qkey;
	uint32_t qpn[PMD_IPOIB_QUEUES_MAX];
	struct ib_gid gid;
	struct ib_gid bcast;
	/* Below: control only, once it is replaced. */
	struct verbs_view *next;
	uint64_t token;
};

/* A completion queue; cqx where the provider has the extended interface. */
struct verbs_cq {
	struct ibv_cq *cq;
	struct ibv_cq_ex *cqx;
	/* rdma-core's rxe takes one completion too many when ibv_next_poll() has found none. */
	bool one_by_one;
};

/* The last range that was looked up. */
struct verbs_lkey {
	uint64_t gen;
	uintptr_t start;
	uintptr_t end;
	uint32_t lkey;
};

/* Receive side of a queue pair: a ring of buffers, each posted, or owed to the device. */
struct verbs_rq {
	struct ibv_qp *qp;
	struct verbs_cq cq;
	struct rte_mbuf **elts; /* by place; none is empty while the port is started */
	uint32_t mask;
	uint32_t post; /* place that is posted next */
	uint32_t owed; /* places from there on that are not posted */
	struct verbs_lkey lkey;
	bool failed; /* the device ended it; control brings it back */
	bool old;    /* see struct verbs_port */
	/* Of a pair whose own queue is gone, polled by the same thread; NULL: none. */
	struct verbs_rq *next;
} __rte_cache_aligned;

/* Send side. */
struct verbs_sq {
	struct ibv_qp *qp;
	struct ibv_qp_ex *qpx; /* NULL: ibv_post_send() */
	struct verbs_cq cq;
	struct rte_mbuf **elts; /* to be freed when the send is done; NULL: nothing */
	uint32_t mask;
	uint32_t max_inline;
	uint32_t max_sge;
	uint32_t chain; /* work requests that are posted at once */
	uint64_t head;	/* sends posted since the queue was made; read by control, too */
	uint64_t tail;	/* and done */
	struct verbs_lkey lkey;
	bool csum; /* the device can fill in IPv4 checksums */
	bool failed;
	bool stuck; /* no completion tells of the last sends */
} __rte_cache_aligned;

struct verbs_queue {
	struct verbs_rq rq;
	struct verbs_sq sq;
	/* Control's. */
	struct ibv_qp *qp;
	struct ibv_td *td;
	struct ibv_pd *pd; /* parent domain, or NULL */
	uint32_t rxd;
	uint32_t txd;
	bool told; /* was a receive queue: peers may know its QPN */
	struct rte_mempool *mp;
};

/* An address handle that was given back while sends may still use it. */
struct verbs_dying {
	struct verbs_dying *next;
	struct ibv_ah *ah;
	uint64_t head[PMD_IPOIB_QUEUES_MAX];
};

struct verbs_port {
	struct verbs_view *view; /* NULL: not started */
	struct ibv_ah **ah;	 /* by number */
	/* Below: control's. */
	struct ipoib_port *port;
	/*
	 * With fewer queues than once the pairs of the others go on receiving, for peers may
	 * still know their QPNs, and are destroyed later.
	 */
	struct verbs_queue *queue[PMD_IPOIB_QUEUES_MAX];
	uint16_t nb_queues; /* of the port as it is configured */
	uint16_t nb_pairs;
	uint64_t old_until_us; /* 0: not known yet */
	uint64_t old_token;
	bool old_unlinked;
	bool ready; /* the queue pairs are in RTS */
	int pkey_index;
	uint32_t qkey;
	uint16_t bcast_attached;
	uint16_t refused; /* MLID that the device did not attach, as was logged; 0: none */
	struct ib_gid bcast;
	struct verbs_view *stale_first;
	struct verbs_view **stale_end;
	struct verbs_dying *dying_first;
	struct verbs_dying **dying_end;
};

struct verbs_hca {
	struct verbs_mrs *mrs;
	/* Below: control's. */
	struct ipoib_hca *hca;
	struct ibv_context *ctx;
	struct ibv_pd *pd;
	struct ibv_device_attr_ex attr;
	uint8_t port_num;
	uint32_t speed; /* Mb/s */
	bool told_lack;
	uint64_t events_tsc;
	/* Of the table of memory: mempools come and go in any thread. */
	pthread_mutex_t mr_lock;
	uint64_t mr_gen;
	struct verbs_mrs *stale_first;
};

static inline const struct verbs_view *
verbs_enter(const struct ipoib_port *port, unsigned int reader)
{
	const struct verbs_port *vp = port->backend;

	rte_rcu_qsbr_thread_online(port->hca->qsbr, reader);
	return __atomic_load_n(&vp->view, __ATOMIC_ACQUIRE);
}

static inline void
verbs_leave(const struct ipoib_port *port, unsigned int reader)
{
	rte_rcu_qsbr_thread_offline(port->hca->qsbr, reader);
}

/* @return the device knows the octets; then their key. */
bool verbs_lkey_search(
		const struct verbs_mrs *mrs, struct verbs_lkey *last, uintptr_t addr, uint32_t len);

static inline bool
verbs_lkey(const struct verbs_mrs *mrs, struct verbs_lkey *last, const void *data, uint32_t len,
		uint32_t *lkey)
{
	uintptr_t addr = (uintptr_t)data;

	if (unlikely(last->gen != mrs->gen || addr < last->start || addr + len > last->end) &&
			!verbs_lkey_search(mrs, last, addr, len))
		return false;
	*lkey = last->lkey;
	return true;
}

static inline const struct verbs_mrs *
verbs_mrs_get(const struct ipoib_hca *hca)
{
	const struct verbs_hca *vh = hca->backend;

	return __atomic_load_n(&vh->mrs, __ATOMIC_ACQUIRE);
}

/* Completions, at most @p n. @return how many */
uint16_t verbs_cq_poll(struct verbs_cq *cq, struct ibv_wc *wc, uint16_t n);

/* hca_verbs_dev.c. The lock is held but at open and close. */
int verbs_open(struct ipoib_hca *hca);
void verbs_close(struct ipoib_hca *hca);
int verbs_identity(struct ipoib_hca *hca, struct ipoib_mad_port *ident);
uint32_t verbs_link_speed(const struct ipoib_hca *hca);
/* What the device has to tell; never waits. */
void verbs_events_take(struct verbs_hca *vh);

/* hca_verbs_mr.c: every mempool's memory, now and as they come and go. */
int verbs_mrs_open(struct verbs_hca *vh);
void verbs_mrs_close(struct verbs_hca *vh);
/* What was made since, where no event told of it. */
int verbs_mrs_refresh(struct verbs_hca *vh);
void verbs_mrs_reclaim(struct verbs_hca *vh);

/* hca_verbs_pairs.c: a pair for each queue of a port; lock held. */
int verbs_pairs_create(struct verbs_hca *vh, struct verbs_port *vp);
void verbs_pairs_destroy(struct verbs_port *vp);
int verbs_pairs_fill(struct verbs_port *vp);
/* Give the pairs to the queues that poll them, or take them back. No burst uses them. */
void verbs_pairs_wire(struct verbs_port *vp, bool on);
/* Have pairs without a queue lived long enough? Bursts may run. */
void verbs_pairs_expire(struct verbs_port *vp, uint64_t now_us);

/* hca_verbs_qp.c; lock held. */
struct verbs_queue *verbs_queue_create(
		struct verbs_hca *vh, uint32_t rxd, uint32_t txd, int socket);
void verbs_queue_destroy(struct verbs_queue *q);
int verbs_queue_fill(struct verbs_queue *q, struct rte_mempool *mp);
void verbs_queue_empty(struct verbs_queue *q);
int verbs_queue_up(struct verbs_hca *vh, struct verbs_queue *q, uint16_t pkey_index, uint32_t qkey);
void verbs_queue_drain(struct verbs_queue *q);
/* @return sends that were accepted and now are not made */
uint64_t verbs_queue_reset(struct verbs_queue *q);
int verbs_queue_qkey(struct verbs_queue *q, uint32_t qkey);
/*
 * Did the send side stop at an error (SQE), bring it back once all it had is done.
 * @return false: it takes more, a reset
 */
bool verbs_queue_revive(struct verbs_queue *q);

/* hca_verbs_ah.c; lock held. */
int verbs_ah_create(struct ipoib_port *port, uint32_t n, const struct pmd_ipoib_av *av);
void verbs_ah_destroy(struct ipoib_port *port, uint32_t n);
void verbs_ah_reclaim(struct verbs_port *vp, bool all);
int verbs_groups_sync(struct ipoib_port *port);
void verbs_groups_detach(struct ipoib_port *port);
void verbs_group_del(struct ipoib_port *port, struct ipoib_group *g);

/* hca_verbs_attr.c */
int verbs_port_query(const struct ipoib_hca *hca, struct ipoib_hca_attr *attr);

/* The owner's of the queue, or control's while nobody else may. */
uint16_t verbs_rx_burst(void *rxq, struct rte_mbuf **pkts, uint16_t n);
uint16_t verbs_tx_burst(void *txq, struct rte_mbuf **pkts, uint16_t n);
int verbs_tx_cleanup(void *txq, uint32_t n);
/* Give the device the buffers that it is owed. */
void verbs_rq_post(const struct verbs_mrs *mrs, struct verbs_rq *rq);
/* Free what is done. @p failed: how many the device ended with an error, is added to. */
void verbs_sq_reap(struct verbs_sq *sq, uint64_t *failed);

#endif /* HCA_VERBS_H */

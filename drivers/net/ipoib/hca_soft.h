/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef HCA_SOFT_H
#define HCA_SOFT_H

/*
 * The software HCA. Control builds a view (identity, QPs, groups) and publishes
 * it whole; bursts read it between soft_view_get() and soft_view_put(), and
 * nothing in it changes until they are done, but for groups that come and go.
 *
 * Carrier format: Ethernet II, ethertype 0x88B5, one InfiniBand packet from LRH
 * to VCRC in each frame; the MAC addresses are made from the LIDs.
 */

#include <rte_ether.h>
#include <rte_jhash.h>
#include <rte_spinlock.h>

#include "ib_hdr.h"
#include "ipoib_pmd.h"
#include "octets.h"

static_assert(offsetof(struct rte_mbuf, ol_flags) == offsetof(struct rte_mbuf, data_off) + 8,
		"soft_mbuf_is_own() reads both at once");

#define SOFT_ETHERTYPE 0x88b5
#define SOFT_QUEUES_MAX 16
/* Packets built but not taken by the carrier yet, each transmit queue of it. */
#define SOFT_BACKLOG 1024
#define SOFT_BURST 64

static_assert((int)IPOIB_RX_DROP_NOT_ACTIVE == 0 && (int)IPOIB_TX_DROP_NOT_ACTIVE == 0,
		"a port that is not in the view is not active");

struct soft_qp {
	uint32_t qpn; /* 0: empty */
	uint8_t slot;
	uint8_t queue;
};

/* Members are a bit a port, by slot; nobody is left: the group is gone, its slot is not. */
struct soft_group {
	struct ib_gid mgid;
	uint16_t mlid; /* 0: empty; the last to be written */
	uint64_t rx;
	uint64_t tx;
};

struct soft_vport {
	bool up;
	uint8_t rx_why; /* enum ipoib_rx_drop and ipoib_tx_drop while it is not up; */
	uint8_t tx_why; /* zero is "not active" in both */
	uint16_t pkey;
	uint32_t qkey;
	uint16_t ib_mtu;
	uint16_t port_id;
	uint16_t nb_qps;
	uint32_t qpn[PMD_IPOIB_QUEUES_MAX];
	struct ipoib_rxq *rxq[PMD_IPOIB_QUEUES_MAX];
	const struct ipoib_ah *ah;
	const uint64_t *local; /* see struct ipoib_ah_table */
	struct ib_gid bcast;
};

struct soft_view {
	bool active;
	bool grh_required;
	uint16_t lid;
	uint16_t path_mask; /* 2^LMC - 1 */
	struct ib_gid gid;
	uint32_t qp_mask;
	uint32_t group_mask;
	struct soft_qp *qps;
	struct soft_group *groups;
	uint64_t mlid_rx[(UINT16_MAX + 1 - IB_MLID_FIRST) / 64];
	struct soft_vport ports[IPOIB_HCA_PORTS_MAX];
	/* Below: control only. */
	uint32_t nb_slots, max_slots; /* of groups: in use; before another view is needed */
	uint16_t mlid_groups[UINT16_MAX + 1 - IB_MLID_FIRST]; /* that somebody receives */
	/* Once it is replaced. */
	struct soft_view *next;
	uint64_t token;
};

/* A receive queue of the carrier: whoever gets the lock polls it, nobody waits. */
struct soft_crxq {
	rte_spinlock_t lock;
	uint16_t queue;
} __rte_cache_aligned;

/*
 * A transmit queue of the carrier, shared by any number of ours. Who does not
 * get the lock leaves frames in the ring, for the one who has it looks there
 * again after giving it back.
 */
struct soft_ctxq {
	rte_spinlock_t lock;
	uint32_t credits; /* frames that may still be begun: their place in the ring is sure */
	uint16_t carrier;
	uint16_t queue;
	struct rte_ring *ring;
} __rte_cache_aligned;

struct soft_hca {
	struct soft_view *view;
	uint16_t carrier;
	uint16_t nb_crxq;
	uint16_t nb_ctxq;
	struct soft_crxq crxq[SOFT_QUEUES_MAX];
	struct soft_ctxq ctxq[SOFT_QUEUES_MAX];
	/* Below: control side only. */
	bool claimed;
	bool kept; /* runs although no port does */
	unsigned int nb_started;
	uint64_t nb_views; /* built, ever */
	struct rte_eth_dev_owner owner;
	struct soft_view *stale_first;
	struct soft_view *stale_last;
};

/* A packet's fields, host order, as far as its acceptance depends on them. */
struct soft_pkt {
	uint16_t dlid;
	uint16_t slid;
	uint16_t pkey;
	uint16_t off; /* from the start of the frame to the encapsulation header */
	uint16_t len; /* from there on, without pad */
	bool mcast;
	uint32_t dqpn;
	uint32_t sqpn;
	uint32_t qkey;
	const struct ib_grh *grh; /* NULL without */
};

/* Where an accepted packet goes: one port's queue, or queue 0 of several. */
struct soft_dest {
	uint64_t ports;
	uint16_t queue;
};

static inline const struct soft_view *
soft_view_get(const struct ipoib_hca *hca, unsigned int reader)
{
	const struct soft_hca *soft = hca->backend;

	rte_rcu_qsbr_thread_online(hca->qsbr, reader);
	return __atomic_load_n(&soft->view, __ATOMIC_ACQUIRE);
}

static inline void
soft_view_put(const struct ipoib_hca *hca, unsigned int reader)
{
	rte_rcu_qsbr_thread_offline(hca->qsbr, reader);
}

/* Is the packet one segment in a buffer of its own that nobody else reads? @p flags: nor any of these */
static inline bool
soft_mbuf_is_own(const struct rte_mbuf *m, uint64_t flags)
{
	/* data offset, reference count, segments, port: 16 bits each; ol_flags */
	const struct octets16 own = {
		.value = { UINT64_C(0x0000000100010000), 0 },
		.mask = { UINT64_C(0x0000ffffffff0000),
				RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL | flags },
	};

	return octets16_are((const uint8_t *)m + offsetof(struct rte_mbuf, data_off), &own);
}

/* Words as they lie in memory. */
static inline uint64_t
soft_get64(const void *from)
{
	uint64_t w;

	memcpy(&w, from, sizeof(w));
	return w;
}

static inline uint16_t
soft_get16be(const void *from)
{
	rte_be16_t w;

	memcpy(&w, from, sizeof(w));
	return rte_be_to_cpu_16(w);
}

static inline uint32_t
soft_get32be(const void *from)
{
	rte_be32_t w;

	memcpy(&w, from, sizeof(w));
	return rte_be_to_cpu_32(w);
}

static inline void
soft_put64(void *to, uint64_t w)
{
	memcpy(to, &w, sizeof(w));
}

static inline void
soft_put32(void *to, uint32_t w)
{
	memcpy(to, &w, sizeof(w));
}

static inline bool
soft_lid_is_own(const struct soft_view *v, uint16_t lid)
{
	return (lid & ~v->path_mask) == (v->lid & ~v->path_mask);
}

static inline uint32_t
soft_group_hash(const struct ib_gid *mgid)
{
	uint32_t w[4];

	memcpy(w, mgid, sizeof(w));
	return rte_jhash_32b(w, RTE_DIM(w), 0);
}

static inline const struct soft_group *
soft_group_find(const struct soft_view *v, const struct ib_gid *mgid)
{
	uint32_t i = soft_group_hash(mgid) & v->group_mask;

	for (; __atomic_load_n(&v->groups[i].mlid, __ATOMIC_ACQUIRE) != 0;
			i = (i + 1) & v->group_mask)
		if (ib_gid_equal(&v->groups[i].mgid, mgid))
			return &v->groups[i];
	return NULL;
}

/* Who receives it, who may send to it. */
static inline uint64_t
soft_group_rx(const struct soft_group *g)
{
	return __atomic_load_n(&g->rx, __ATOMIC_RELAXED);
}

static inline uint64_t
soft_group_tx(const struct soft_group *g)
{
	return __atomic_load_n(&g->tx, __ATOMIC_RELAXED);
}

static inline const struct soft_qp *
soft_qp_find(const struct soft_view *v, uint32_t qpn)
{
	uint32_t i = qpn & v->qp_mask;

	for (; v->qps[i].qpn != 0; i = (i + 1) & v->qp_mask)
		if (v->qps[i].qpn == qpn)
			return &v->qps[i];
	return NULL;
}

/* Put a group into a view that is being built. */
void soft_group_add(struct soft_view *v, const struct ib_gid *mgid, uint16_t mlid, uint64_t member,
		bool send_only);
/* See group_publish of struct ipoib_hca_ops. */
int soft_group_publish(struct ipoib_port *port, const struct ipoib_group *group, bool there);

uint16_t soft_rx_burst(void *rxq, struct rte_mbuf **pkts, uint16_t n);
uint16_t soft_tx_burst(void *txq, struct rte_mbuf **pkts, uint16_t n);

/*
 * Who of the HCA's ports gets a packet. @return IPOIB_RX_OK, or why nobody
 * does. @p skip: the port (as a mask) whose own multicast it is.
 */
enum ipoib_rx_drop soft_route(const struct soft_view *v, const struct soft_pkt *p, uint64_t skip,
		struct soft_dest *dest);

/*
 * A copy of @p m's packet (data at the encapsulation header) in a buffer of the
 * queue, its GRH in front. NULL: no buffer, or too small a one.
 */
struct rte_mbuf *soft_copy(const struct soft_view *v, const struct soft_vport *vp,
		struct ipoib_rxq *q, const struct rte_mbuf *m, const struct soft_pkt *p);

/* Bring the backlog on its way; never waits. */
void soft_ctxq_kick(struct soft_ctxq *c);

#endif /* HCA_SOFT_H */

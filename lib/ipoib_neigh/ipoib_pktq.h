/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef IPOIB_PKTQ_H
#define IPOIB_PKTQ_H

/**
 * @file
 * A small bounded first-in first-out queue of packets that wait for something
 * (a path, a neighbour, a group). It takes memory only while packets wait.
 *
 * One thread, not a worker: it calls malloc. Zeroed memory is not a valid queue
 * (its bound is 0): use ipoib_pktq_init().
 */

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include <rte_common.h>
#include <rte_mbuf.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A queue; the fields belong to the functions below. */
struct ipoib_pktq {
	struct rte_mbuf **pkts; /**< ring of max pointers; NULL while empty */
	uint16_t head;		/**< index of the oldest */
	uint16_t nb;		/**< packets that wait */
	uint16_t max;		/**< bound */
};

/** Make an empty queue of at most @p max packets; 0 refuses every packet. */
static inline void
ipoib_pktq_init(struct ipoib_pktq *q, uint16_t max)
{
	q->pkts = NULL;
	q->head = 0;
	q->nb = 0;
	q->max = max;
}

/** Number of packets that wait. */
static inline uint16_t
ipoib_pktq_count(const struct ipoib_pktq *q)
{
	return q->nb;
}

/**
 * Put @p m at the end; the queue owns it.
 * @return 0; -ENOBUFS full, -ENOMEM: the caller keeps @p m
 */
static inline int
ipoib_pktq_push(struct ipoib_pktq *q, struct rte_mbuf *m)
{
	uint32_t tail;

	if (q->nb >= q->max)
		return -ENOBUFS;
	if (q->pkts == NULL) {
		q->pkts = (struct rte_mbuf **)malloc(q->max * sizeof(*q->pkts));
		if (q->pkts == NULL)
			return -ENOMEM;
		q->head = 0;
	}
	tail = (uint32_t)q->head + q->nb;
	q->pkts[tail < q->max ? tail : tail - q->max] = m;
	q->nb++;
	return 0;
}

/**
 * Take the oldest packets, in order, up to @p n; the caller owns them.
 * @return how many were taken
 */
static inline uint16_t
ipoib_pktq_pop(struct ipoib_pktq *q, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t i;

	n = RTE_MIN(n, q->nb);
	for (i = 0; i < n; i++) {
		pkts[i] = q->pkts[q->head];
		q->head = q->head + 1 < q->max ? q->head + 1 : 0;
	}
	q->nb -= n;
	if (q->nb == 0) {
		free(q->pkts);
		q->pkts = NULL;
	}
	return n;
}

/**
 * Free every packet and the memory; the queue is empty and may be used again.
 * @return how many packets were freed
 */
static inline uint16_t
ipoib_pktq_free(struct ipoib_pktq *q)
{
	struct rte_mbuf *m;
	uint16_t n;

	for (n = 0; ipoib_pktq_pop(q, &m, 1) == 1; n++)
		rte_pktmbuf_free(m);
	return n;
}

#ifdef __cplusplus
}
#endif

#endif /* IPOIB_PKTQ_H */

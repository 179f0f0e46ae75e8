/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <string.h>

#include "verbose.h"
#include "worker.h"

/* The beginning of a packet, perhaps of several segments. */
static uint16_t
octets_copy(const struct rte_mbuf *m, uint8_t *buf, uint16_t room)
{
	uint16_t len = (uint16_t)RTE_MIN(m->pkt_len, (uint32_t)room);
	const void *start = rte_pktmbuf_read(m, 0, len, buf);

	if (start == NULL)
		return 0;
	if (start != buf)
		memcpy(buf, start, len);
	return len;
}

static void
slot_fill(struct dp_seen *s, struct rte_mbuf *m)
{
	const uint8_t *data = rte_pktmbuf_mtod(m, const uint8_t *);

	s->pool = m->pool;
	s->pkt_len = m->pkt_len;
	s->nb_segs = m->nb_segs;
	s->packet_type = m->packet_type;
	s->ol_flags = m->ol_flags;
	s->rss = m->hash.rss;
	s->vlan_tci = m->vlan_tci;
	s->len = octets_copy(m, s->octets, sizeof(s->octets));
	if (s->kind != DP_PORT_IPOIB)
		return;
	s->meta = *pmd_ipoib_meta(m);
	if (!s->tx && (s->meta.flags & PMD_IPOIB_RX_GRH) != 0 &&
			rte_pktmbuf_headroom(m) >= sizeof(s->grh))
		memcpy(s->grh, data - sizeof(s->grh), sizeof(s->grh));
}

void
dp_verbose_note(struct dp_worker *w, uint16_t port, uint16_t queue, bool tx, struct rte_mbuf **pkts,
		uint16_t n)
{
	struct dp_verbose *v = __atomic_load_n(&w->verbose, __ATOMIC_ACQUIRE);
	uint32_t head, room;
	struct dp_seen *s;
	uint16_t i, fit;

	if (v == NULL)
		return;
	head = atomic_load_explicit(&v->head, memory_order_relaxed);
	room = DP_VERBOSE_SLOTS - (head - atomic_load_explicit(&v->tail, memory_order_acquire));
	fit = (uint16_t)RTE_MIN(room, (uint32_t)n);
	for (i = 0; i < fit; i++) {
		s = &v->slot[(head + i) % DP_VERBOSE_SLOTS];
		s->port = port;
		s->queue = queue;
		s->tx = tx;
		s->kind = dp_port_kind(w->dp, port);
		s->burst = i == 0 ? n : 0;
		slot_fill(s, pkts[i]);
	}
	atomic_store_explicit(&v->head, head + fit, memory_order_release);
	if (fit < n)
		dp_count(&v->missed, n - fit);
}

const struct dp_seen *
dp_verbose_peek(struct dp_verbose *v)
{
	uint32_t tail = atomic_load_explicit(&v->tail, memory_order_relaxed);

	if (atomic_load_explicit(&v->head, memory_order_acquire) == tail)
		return NULL;
	return &v->slot[tail % DP_VERBOSE_SLOTS];
}

void
dp_verbose_next(struct dp_verbose *v)
{
	uint32_t tail = atomic_load_explicit(&v->tail, memory_order_relaxed);

	atomic_store_explicit(&v->tail, tail + 1, memory_order_release);
}

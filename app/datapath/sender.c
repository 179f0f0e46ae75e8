/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <string.h>

#include "sender.h"

/* GRH (IBA 8.3): the sender's GID follows 8 octets. */
#define GRH_LEN 40
#define GRH_SGID 8

static uint32_t
place_of(uint16_t slid, uint32_t qpn)
{
	return ((uint32_t)slid * 2654435761u ^ qpn * 2246822519u) >> 12 & (DP_SENDERS - 1);
}

static_assert((DP_SENDERS & (DP_SENDERS - 1)) == 0, "a mask finds the place");

/* Others may look meanwhile: they see an odd or another version. */
static void
learn(struct dp_sender *s, uint16_t port, uint16_t slid, const struct ipoib_addr *addr)
{
	uint32_t version;

	if (s->port == port && s->slid == slid && memcmp(&s->addr, addr, sizeof(*addr)) == 0)
		return;
	version = atomic_load_explicit(&s->version, memory_order_relaxed);
	atomic_store_explicit(&s->version, version + 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	s->port = port;
	s->slid = slid;
	s->addr = *addr;
	atomic_store_explicit(&s->version, version + 2, memory_order_release);
}

static bool
recall(struct dp_sender *s, uint16_t port, uint16_t slid, uint32_t qpn, struct ipoib_addr *addr)
{
	uint32_t version = atomic_load_explicit(&s->version, memory_order_acquire);
	bool same;

	if (version == 0 || version % 2 != 0)
		return false;
	same = s->port == port && s->slid == slid && ib_get_be24(s->addr.qpn) == qpn;
	*addr = s->addr;
	atomic_thread_fence(memory_order_acquire);
	return same && atomic_load_explicit(&s->version, memory_order_relaxed) == version;
}

bool
sender_get(struct dp_worker *w, uint16_t port, struct rte_mbuf *m, struct ipoib_addr *addr)
{
	const struct pmd_ipoib_meta *meta = pmd_ipoib_meta(m);
	uint32_t place = place_of(meta->slid, meta->qpn);
	struct dp_sender *of;
	uint16_t i;

	if ((meta->flags & PMD_IPOIB_RX_GRH) != 0 && rte_pktmbuf_headroom(m) >= GRH_LEN) {
		addr->flags = 0;
		ib_put_be24(addr->qpn, meta->qpn);
		memcpy(addr->gid.raw, rte_pktmbuf_mtod(m, uint8_t *) - GRH_LEN + GRH_SGID,
				sizeof(addr->gid.raw));
		if (w->senders != NULL)
			learn(&w->senders[place], port, meta->slid, addr);
		return true;
	}
	for (i = 0; i < w->dp->nb_active; i++) {
		of = w->dp->worker[(w->id + i) % w->dp->nb_active]->senders;
		if (of != NULL && recall(&of[place], port, meta->slid, meta->qpn, addr))
			return true;
	}
	return false;
}

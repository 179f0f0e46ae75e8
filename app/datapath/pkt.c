/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <string.h>

#include "pkt.h"

struct rte_mbuf *
pkt_own(struct rte_mempool *pool, struct dp_counters *ctr, struct rte_mbuf *m)
{
	struct rte_mbuf *copy = rte_pktmbuf_copy(m, pool, 0, UINT32_MAX);

	rte_pktmbuf_free(m);
	if (unlikely(copy == NULL))
		dp_count(&ctr->drop[DP_DROP_nombuf], 1);
	return copy;
}

struct rte_mbuf *
pkt_pad(struct rte_mempool *pool, struct dp_counters *ctr, struct rte_mbuf *m)
{
	uint16_t need = (uint16_t)(PKT_ETH_MIN - m->pkt_len);

	if (unlikely(m->nb_segs != 1 || rte_pktmbuf_tailroom(m) < need || pkt_is_shared(m))) {
		m = pkt_own(pool, ctr, m);
		if (m == NULL)
			return NULL;
	}
	memset(rte_pktmbuf_append(m, need), 0, need);
	return m;
}

void
pkt_trim(struct rte_mbuf *m, uint32_t len)
{
	struct rte_mbuf *seg = m;
	uint32_t left = len;

	m->pkt_len = len;
	m->nb_segs = 1;
	while (left > seg->data_len) {
		left -= seg->data_len;
		seg = seg->next;
		m->nb_segs++;
	}
	seg->data_len = (uint16_t)left;
	if (unlikely(seg->next != NULL)) {
		rte_pktmbuf_free(seg->next);
		seg->next = NULL;
	}
}

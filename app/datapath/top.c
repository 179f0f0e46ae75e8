/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <rte_jhash.h>

#include "top.h"
#include "worker.h"

static struct dp_top_place *
place_of(struct dp_top_table *t, const struct ipoib_addr *key)
{
	uint32_t words[IPOIB_ADDR_LEN / 4], at, i;

	memcpy(words, key, sizeof(words));
	at = rte_jhash_32b(words, RTE_DIM(words), 0) & (DP_TOP_PLACES - 1) & ~(DP_TOP_WAYS - 1u);
	for (i = at; i < at + DP_TOP_WAYS; i++) {
		if (t->place[i].pkts == 0 || memcmp(&t->place[i].key, key, sizeof(*key)) == 0)
			return &t->place[i];
	}
	return NULL;
}

void
dp_top_count(const struct dp_worker *w, struct dp_top *top, const struct dp_fwd_burst *f)
{
	struct dp_top_table *t = &top->table[w->id];
	struct dp_top_place *p;
	uint16_t i;

	if (w->id >= top->nb)
		return;
	for (i = 0; i < f->n; i++) {
		p = place_of(t, &f->key[i]);
		if (p == NULL) {
			t->other_pkts++;
			t->other_bytes += f->pkts[i]->pkt_len;
			continue;
		}
		p->key = f->key[i];
		p->pkts++;
		p->bytes += f->pkts[i]->pkt_len;
	}
}

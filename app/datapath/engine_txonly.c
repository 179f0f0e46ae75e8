/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include "gen.h"

/*
 * UDP packets for link-layer peers in turn, without any IP neighbour: IPoIB
 * ones go through the port's neighbour table alone, as a sender did in the
 * kernel once the neighbour was no longer hung on the route. With multi_flow
 * the source address differs from packet to packet, in its third octet as testpmd's.
 */
static uint32_t
txonly_generate(struct dp_worker *w)
{
	const struct dp_txgen *gen = &w->dp->txgen;
	struct gen_batch g;
	uint32_t src;
	uint16_t i, n, peer;

	if (gen->nb_peers == 0)
		return 0;
	n = gen_credit(w);
	gen_begin(w, &g, n);
	for (i = 0; i < n; i++) {
		src = gen->src_ip;
		if (gen->multi_flow)
			src = (src & ~0xff00u) | (w->gen.flow++ & 0xff) << 8;
		peer = w->gen.peer < gen->nb_peers ? w->gen.peer : 0;
		w->gen.peer = peer + 1;
		gen_packet(w, &g, peer, src, gen->dst_ip);
	}
	gen_end(w, &g);
	return n;
}

const struct dp_engine_ops dp_engine_txonly_ops = {
	.burst = gen_burst,
	.generate = txonly_generate,
};

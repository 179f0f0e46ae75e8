/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include "gen.h"

/*
 * Many flows, as testpmd's: the destination address goes up from packet to packet and begins again
 * after so many flows; each packet is sent clones times more. The peers, or the first neighbours of
 * them, take turns with the flows.
 */
static uint32_t
flowgen_generate(struct dp_worker *w)
{
	const struct dp_txgen *gen = &w->dp->txgen;
	uint16_t nb_peers = gen->nb_peers, i, n;
	struct gen_batch g;
	uint64_t packet;
	uint32_t flow;

	if (gen->neighbours != 0)
		nb_peers = RTE_MIN(nb_peers, gen->neighbours);
	if (nb_peers == 0)
		return 0;
	n = gen_credit(w);
	gen_begin(w, &g, n);
	for (i = 0; i < n; i++) {
		packet = w->gen.flow / (gen->clones + 1u);
		flow = (uint32_t)(packet % gen->flows);
		gen_packet(w, &g, (uint16_t)(packet % nb_peers), gen->src_ip, gen->dst_ip + flow);
		/* Back to zero where flows, peers and clones all begin again. */
		if (++w->gen.flow == (uint64_t)gen->flows * nb_peers * (gen->clones + 1u))
			w->gen.flow = 0;
	}
	gen_end(w, &g);
	return n;
}

const struct dp_engine_ops dp_engine_flowgen_ops = {
	.burst = gen_burst,
	.generate = flowgen_generate,
};

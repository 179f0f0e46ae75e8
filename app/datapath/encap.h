/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef ENCAP_H
#define ENCAP_H

/**
 * @file
 * Link-layer headers of packets whose next hop is known: the last stage before
 * the TX buffer. Data is at the IP header; each function owns the packet.
 */

#include <string.h>

#include <rte_ether.h>

#include "pkt.h"
#include "worker.h"

/** A frame that is complete but for its padding into the TX buffer. */
static inline void
encap_eth_done(struct dp_worker *w, uint16_t port, struct rte_mbuf *m)
{
	if (m->pkt_len < PKT_ETH_MIN) {
		m = pkt_pad(w->dp->pool, &w->ctr[m->port], m);
		if (unlikely(m == NULL))
			return;
	}
	worker_tx(w, port, m);
}

/** Add the Ethernet header, pad, and put the packet into the TX buffer of a port that is up and sends
 *  for itself. */
static inline void
encap_eth(struct dp_worker *w, uint16_t port, struct rte_mbuf *m, const struct rte_ether_addr *dst,
		rte_be16_t type)
{
	struct rte_ether_hdr *eth;
	void *start;

	m = pkt_prepend(w->dp->pool, &w->ctr[m->port], m, sizeof(*eth), &start);
	if (unlikely(m == NULL))
		return;
	eth = start;
	eth->dst_addr = *dst;
	eth->src_addr = w->dp->port[port].mac;
	eth->ether_type = type;
	encap_eth_done(w, port, m);
}

/** Add the encapsulation header and metadata, and put the packet into the TX buffer of a port that is
 *  up. @param e path entry of the peer */
static inline void
encap_ib(struct dp_worker *w, struct rte_mbuf *m, uint16_t port, const struct ipoib_neigh_entry *e,
		rte_be16_t type)
{
	uint32_t hdr = type, ah = e->ah; /* type, and 16 bits reserved */
	uint64_t meta;
	void *start;

	if (unlikely(e->kind == IPOIB_NEIGH_UD_SET)) {
		ah = dp_ib_set_ah(&w->dp->port[port], m, e);
		if (ah == PMD_IPOIB_AH_NONE) {
			worker_drop(w, m, DP_DROP_no_path);
			return;
		}
	}
	m = pkt_prepend(w->dp->pool, &w->ctr[m->port], m, IPOIB_HDR_LEN, &start);
	if (unlikely(m == NULL))
		return;
	memcpy(start, &hdr, sizeof(hdr));
	meta = ah | (uint64_t)e->qpn << 32; /* in one store: pmd_ipoib_meta.ah, .qpn */
	memcpy(pmd_ipoib_meta(m), &meta, sizeof(meta));
	worker_tx(w, port, m);
}

#endif /* ENCAP_H */

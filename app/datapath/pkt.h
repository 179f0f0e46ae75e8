/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef PKT_H
#define PKT_H

/**
 * @file
 * Packets whose mbufs are not as simple as usual: headers cut across segments,
 * data shared with others, no room in front or behind. Functions that may have
 * to copy take the packet and return it or its copy; on failure (no mbuf) they
 * have freed it, counted drop_nombuf and return NULL.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "dp.h"

/** All header octets that classification reads: Ethernet and the longest IPv4 header. */
#define PKT_HDRS_MAX (14 + 60)
/** Most IPv6 extension headers that are looked behind (RFC 8200 4.1 names six). */
#define PKT_EXT_MAX 8
/** Octets of the shortest Ethernet frame without FCS (IEEE 802.3 4.2.3.3). */
#define PKT_ETH_MIN 60

/**
 * Replace @p m by a private copy: ordinary headroom, headers in one segment.
 * Any thread; @p ctr are the caller's counters of the port to charge.
 */
struct rte_mbuf *pkt_own(struct rte_mempool *pool, struct dp_counters *ctr, struct rte_mbuf *m);

/** Grow a frame to PKT_ETH_MIN octets with zeros; @p m is shorter. */
struct rte_mbuf *pkt_pad(struct rte_mempool *pool, struct dp_counters *ctr, struct rte_mbuf *m);

/** Cut @p m down to @p len octets, freeing segments that become empty. 0 < len < pkt_len. */
void pkt_trim(struct rte_mbuf *m, uint32_t len);

/** Where the upper layer of an IP packet begins. */
struct pkt_upper {
	uint8_t proto;
	bool frag;    /**< the packet is a fragment, maybe the first one; off is that of no ports */
	uint16_t off; /**< from the IP header; maybe beyond the first segment */
};

/** Find the upper layer; data at the IP header. What cannot be followed gives the last protocol
 *  number seen. */
void pkt_upper(const struct rte_mbuf *m, struct pkt_upper *u);

/** Choose the key of dp_flow_hash(), once in a process. */
void flow_init(void);

/** May somebody else see what is written into the first segment? */
static inline bool
pkt_is_shared(const struct rte_mbuf *m)
{
	return RTE_MBUF_CLONED(m) || rte_mbuf_refcnt_read(m) != 1;
}

/** Is the destination a multicast or the limited broadcast address? Data at the IP header. */
static inline bool
pkt_is_group(const struct rte_mbuf *m)
{
	const uint8_t *ip = rte_pktmbuf_mtod(m, const uint8_t *);

	return ip[0] >> 4 == 6 ? ip[24] == 0xff : ip[16] >= 224;
}

/** Bring all headers into the first segment. */
static inline struct rte_mbuf *
pkt_contig(struct rte_mempool *pool, struct dp_counters *ctr, struct rte_mbuf *m)
{
	if (likely(m->nb_segs == 1 || m->data_len >= PKT_HDRS_MAX))
		return m;
	return pkt_own(pool, ctr, m);
}

/** Put @p len octets in front. @p start points to them, unless NULL is returned. */
static inline struct rte_mbuf *
pkt_prepend(struct rte_mempool *pool, struct dp_counters *ctr, struct rte_mbuf *m, uint16_t len,
		void **start)
{
	if (unlikely(rte_pktmbuf_headroom(m) < len)) {
		m = pkt_own(pool, ctr, m);
		if (m == NULL)
			return NULL;
	}
	*start = rte_pktmbuf_prepend(m, len);
	return m;
}

#endif /* PKT_H */

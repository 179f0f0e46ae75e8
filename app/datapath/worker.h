/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef WORKER_H
#define WORKER_H

/**
 * @file
 * The stages of a worker, for the files of this folder only. Every stage takes
 * a burst and gives each packet to exactly one owner: the next stage, a TX
 * buffer, control (punt), or the mempool with a drop counted.
 *
 * Everything here runs in a worker: no lock, no allocation but from mempools,
 * no system call, no log.
 */

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_branch_prediction.h>
#include <rte_ip.h>
#include <rte_mbuf.h>

#include "dp.h"
#include "pmd_ipoib.h"

static_assert(DP_BURST_MAX <= IPOIB_NEIGH_BURST_MAX, "one lookup takes a whole burst");
static_assert(DP_BURST_MAX <= 64, "packets of a burst are bits of a uint64_t");

/** What an engine does. Chosen once by dp_worker_enter(); no indirect call per packet. */
struct dp_engine_ops {
	/** What dp_fast() does, for an engine that can, before burst; else NULL. m->port is not set. */
	uint16_t (*fast)(struct dp_worker *w, uint16_t port, struct rte_mbuf **pkts, uint16_t n,
			uint64_t *octets);
	/** Take a received burst; owns the packets. m->port is set. */
	void (*burst)(struct dp_worker *w, uint16_t port, struct rte_mbuf **pkts, uint16_t n);
	/** Make packets, once a turn; NULL: none. @return how many */
	uint32_t (*generate)(struct dp_worker *w);
};

extern const struct dp_engine_ops dp_engine_route_ops;
extern const struct dp_engine_ops dp_engine_io_ops;
extern const struct dp_engine_ops dp_engine_mac_ops;
extern const struct dp_engine_ops dp_engine_macswap_ops;
extern const struct dp_engine_ops dp_engine_rxonly_ops;
extern const struct dp_engine_ops dp_engine_flowgen_ops;
extern const struct dp_engine_ops dp_engine_icmpecho_ops;
extern const struct dp_engine_ops dp_engine_txonly_ops;

/** Valid packets: data at an IP header that lies in one segment, trimmed to the IP length. */
struct dp_ip_burst {
	uint16_t n4, n6, nm;
	bool odd4;  /**< some of pkt4 have IP options, several segments, or other such things */
	bool plain; /**< none came from a port that is bound or clamps MSS, or from a logical one */
	uint64_t bcast4; /**< bit i: pkt4[i] came as link-layer broadcast or multicast */
	uint64_t bcast6;
	struct rte_mbuf *pkt4[DP_BURST_MAX];
	struct rte_mbuf *pkt6[DP_BURST_MAX];
	struct rte_mbuf *pktm[DP_BURST_MAX]; /**< to groups beyond the link, either family */
	uint32_t dst4[DP_BURST_MAX];	     /**< host order */
	struct dp_ip dst6[DP_BURST_MAX];
};

/** IP packets of either family on their way out: TTL done, data still at the IP header. */
struct dp_fwd_burst {
	uint16_t n;
	struct rte_mbuf *pkts[DP_BURST_MAX];
	uint16_t port[DP_BURST_MAX];	     /**< maybe logical */
	struct ipoib_addr key[DP_BURST_MAX]; /**< dp_l3_key() of the next hop */
};

/** IP packets for IPoIB peers; any mix of IPoIB ports. */
struct dp_ib_burst {
	uint16_t n;
	struct rte_mbuf *pkts[DP_BURST_MAX];
	uint16_t port[DP_BURST_MAX]; /**< the port that really sends */
	/** L3 key of the next hop, to go back to; NULL: there is none (generator, groups) */
	const struct ipoib_addr *l3[DP_BURST_MAX];
	const struct ipoib_addr *addr[DP_BURST_MAX];
};

/** Link-layer octets in front of the IP header. */
static inline uint32_t
dp_l2_len(enum dp_port_kind kind)
{
	return kind == DP_PORT_IPOIB ? IPOIB_HDR_LEN : RTE_ETHER_HDR_LEN;
}

/** dp_port.kind, while the main thread may take the port away. */
static inline enum dp_port_kind
dp_port_kind(const struct dp *dp, uint16_t port)
{
	return __atomic_load_n(&dp->port[port].kind, __ATOMIC_ACQUIRE);
}

/** dp_port.stopped, while the main thread may set it: first of all that says how to send. */
static inline bool
dp_port_stopped(const struct dp *dp, uint16_t port)
{
	return __atomic_load_n(&dp->port[port].stopped, __ATOMIC_ACQUIRE);
}

/** The ethdev that sends for a port, or DP_PORT_NIL. */
static inline uint16_t
dp_port_tx(const struct dp *dp, uint16_t port)
{
	uint16_t tx = atomic_load_explicit(&dp->port[port].tx, memory_order_relaxed);

	if (unlikely(tx >= DP_PORT_LOGICAL || dp_port_kind(dp, tx) == DP_PORT_NONE))
		return DP_PORT_NIL;
	return tx;
}

/** Free a packet and count it at the port @p port. */
static inline void
worker_drop_at(struct dp_worker *w, struct rte_mbuf *m, uint16_t port, enum dp_drop reason)
{
	dp_count(&w->ctr[port].drop[reason], 1);
	rte_pktmbuf_free(m);
}

/** Free a packet and count it at the port it came from. */
static inline void
worker_drop(struct dp_worker *w, struct rte_mbuf *m, enum dp_drop reason)
{
	worker_drop_at(w, m, m->port, reason);
}

/** Hand what was punted to control; what does not fit is dropped. */
void worker_punt_flush(struct dp_worker *w);

/** Give a packet to control. out_port is the caller's to set before. */
static inline void
worker_punt(struct dp_worker *w, struct rte_mbuf *m, enum dp_punt_reason reason, bool bcast)
{
	struct dp_meta *meta = dp_meta(m);

	meta->punt = reason;
	meta->l2_bcast = bcast;
	meta->worker = (uint8_t)w->id;
	if (likely(m->port < DP_PORT_LOGICAL)) /* else it was set when the port changed */
		meta->rx_port = m->port;
	if (unlikely(w->nb_punt == DP_BURST_MAX))
		worker_punt_flush(w);
	w->punt[w->nb_punt++] = m;
}

/** worker_punt() of a packet with a next hop, whose key goes in front. */
void worker_punt_fwd(struct dp_worker *w, struct rte_mbuf *m, enum dp_punt_reason reason,
		uint16_t out_port, const struct ipoib_addr *l3);

/**
 * A packet with this next hop (dp_l3_key() or IPoIB address) is about to be punted: what comes later
 * must not overtake it. @return false: no room; the packet is to be dropped (drop_order_full)
 */
bool dp_order_note(struct dp_worker *w, const struct ipoib_addr *key);

/** Is an older packet with this next hop still on its way to control? */
bool dp_order_pending(const struct dp_worker *w, const struct ipoib_addr *key);

/** Let a packet wait for those; owns it. @param path is @p key an IPoIB address on @p port? */
void dp_order_hold(struct dp_worker *w, struct rte_mbuf *m, uint16_t port,
		const struct ipoib_addr *key, bool path);

/** At the begin of a turn, while w->order.waiting: send what has waited. @return how many waited */
uint32_t dp_order_run(struct dp_worker *w);

/** Send everything in this port's TX buffer, after what was injected. */
void worker_tx_flush(struct dp_worker *w, uint16_t port);

/** Put a complete frame into the TX buffer of @p port. */
static inline void
worker_tx(struct dp_worker *w, uint16_t port, struct rte_mbuf *m)
{
	struct dp_txbuf *b = &w->tx[port];

	if (b->nb == DP_BURST_MAX)
		worker_tx_flush(w, port);
	if (b->nb == 0)
		w->tx_ports |= RTE_BIT64(port);
	b->octets += m->pkt_len;
	b->pkts[b->nb++] = m;
}

static inline bool
worker_port_up(const struct dp_worker *w, uint16_t port)
{
	return atomic_load_explicit(&w->dp->port[port].up, memory_order_relaxed);
}

static inline uint16_t
worker_port_mtu(const struct dp_worker *w, uint16_t port)
{
	return atomic_load_explicit(&w->dp->port[port].mtu, memory_order_relaxed);
}

/** Sort a burst: valid IP into @p b; ARP and what is for the link to control, the rest dropped. */
void dp_classify(struct dp_worker *w, uint16_t port, struct rte_mbuf **pkts, uint16_t n,
		struct dp_ip_burst *b);

/**
 * Send those plain IPv4 packets of a received burst that have a known way, see fast.c.
 * @param octets of those, behind the link-layer headers
 * @return packets that are left, in order at the begin of @p pkts
 */
uint16_t dp_fast(struct dp_worker *w, uint16_t port, struct rte_mbuf **pkts, uint16_t n,
		uint64_t *octets);

/** Keep the way of some of a burst's destinations: all packets of it came by plain ports, and nothing
 *  waits at control. */
void dp_fast_learn(struct dp_worker *w, const struct dp_ip_burst *b);

/** FIB lookup, TTL, MTU of the unicasts; hands on to dp_nexthop(). */
void dp_route(struct dp_worker *w, struct dp_ip_burst *b);

/** Multicast routing: a packet for each port that listens. */
void dp_mcast(struct dp_worker *w, struct dp_ip_burst *b);

/** Take one from the TTL. The header checksum is 0x0100 more then, in ones' complement (RFC 1624). */
static inline void
dp_ttl4_decrement(struct rte_ipv4_hdr *ip)
{
	uint32_t sum = ip->hdr_checksum + RTE_BE16(0x0100);

	ip->time_to_live--;
	ip->hdr_checksum = (uint16_t)(sum + (sum >= UINT16_MAX));
}

/** Take one from the TTL or hop limit, at 2 at least, of a packet that is not shared. */
void dp_ttl_decrement(struct rte_mbuf *m);

/** Lower the MSS of a TCP SYN to what fits @p mtu; @return the packet, or NULL: no mbuf, counted */
struct rte_mbuf *dp_mss_clamp(struct dp_worker *w, struct rte_mbuf *m, uint16_t mtu);

/** IP next hop to link-layer address; hands on to dp_eth_send() and dp_ib_send(). */
void dp_nexthop(struct dp_worker *w, struct dp_fwd_burst *f);

/** Add the Ethernet header, pad, send. */
void dp_eth_send(struct dp_worker *w, uint16_t port, struct rte_mbuf *m,
		const struct rte_ether_addr *dst);

/** Send one packet to the broadcast address of an Ethernet or IPoIB port. */
void dp_bcast_send(struct dp_worker *w, uint16_t port, struct rte_mbuf *m);

/** The address handle of a peer with several paths, for one packet: by traffic class, then by flow.
 *  Data is at the IP header. @return PMD_IPOIB_AH_NONE: there is none */
uint32_t dp_ib_set_ah(const struct dp_port *p, const struct rte_mbuf *m,
		const struct ipoib_neigh_entry *e);

/** The port that really sends for a logical IPoIB port, or DP_PORT_NIL: @p m ended. */
uint16_t dp_ib_logical(struct dp_worker *w, uint16_t port, struct rte_mbuf *m);

/** Put a packet for @p addr, on a port that may be logical, into a burst for dp_ib_send(). */
static inline void
dp_ib_put(struct dp_worker *w, uint16_t port, struct rte_mbuf *m, const struct ipoib_addr *l3,
		const struct ipoib_addr *addr, struct dp_ib_burst *b)
{
	if (unlikely(atomic_load_explicit(&w->dp->port[port].tx, memory_order_relaxed) != port)) {
		port = dp_ib_logical(w, port, m);
		if (port == DP_PORT_NIL)
			return;
	}
	b->port[b->n] = port;
	b->l3[b->n] = l3;
	b->addr[b->n] = addr;
	b->pkts[b->n++] = m;
}

/** The address of an IP group on an IPoIB port; NULL: of the broadcast group.
 *  @return false: the port has no broadcast group yet */
bool dp_ib_group(const struct dp *dp, uint16_t port, const struct dp_ip *group,
		struct ipoib_addr *addr);

/** Find each packet's path, add the encapsulation header and metadata, send. */
void dp_ib_send(struct dp_worker *w, struct dp_ib_burst *b);

#endif /* WORKER_H */

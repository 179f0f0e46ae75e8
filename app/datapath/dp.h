/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef DP_H
#define DP_H

/**
 * @file
 * What worker lcores and the control core share, and nothing else: read-only
 * tables (control writes, workers read), one punt ring (workers to control),
 * one inject ring per worker (control, or a worker without a TX queue of its
 * own, to the worker that owns the queue), and counters.
 *
 * Who writes what is said at each field: [control], [worker] (the owner only),
 * [setup] (main thread before the first worker runs).
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_common.h>
#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_fib.h>
#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>
#include <rte_rcu_qsbr.h>
#include <rte_ring.h>

#include "ipoib_neigh_dp.h"

/** Most packets of one burst; lookups take at most 64. */
#define DP_BURST_MAX 64
/** Most workers and ports. */
#define DP_WORKERS_MAX 64
#define DP_PORTS_MAX RTE_MAX_ETHPORTS
/** Packets that may wait for control: 8 bursts of 8 workers; then drop_punt_full. */
#define DP_PUNT_RING 4096
/** Packets that may wait for a worker; then drop_inject_full. */
#define DP_INJECT_RING 4096
/** Next hops of the IPv4 FIB: 15 bits, because its entries are 2 octets (34 MB a table). */
#define DP_NH_MAX 32768
/** /24s that may hold longer prefixes (512 octets each and table). */
#define DP_FIB_TBL8_MAX 4096
/** Link-layer addresses of IP next hops. */
#define DP_ADJ_MAX 65536

/** Every way a packet can end other than sent or delivered. Name, and what it means. */
#define DP_DROPS(X) \
	X(l2_dst, "Ethernet destination is not ours") \
	X(l2_type, "ethertype we do not carry") \
	X(ip_short, "shorter than an IPv4 header") \
	X(ip_version, "IP version is not 4") \
	X(ip_hdrlen, "IHL below 5 or beyond the packet") \
	X(ip_length, "total length below the header or beyond the packet") \
	X(ip_checksum, "IPv4 header checksum") \
	X(ip_src, "source address not usable (RFC 1812 5.3.7)") \
	X(ip_dst, "destination address not usable (RFC 1812 5.3.7)") \
	X(ip_l2_bcast, "unicast IP in a link-layer broadcast (RFC 1812 5.3.4)") \
	X(ip6, "IPv6, not routed yet") \
	X(mcast, "IP multicast, not routed yet") \
	X(ttl, "TTL expired") \
	X(no_route, "no route, or a route that says so") \
	X(too_big, "larger than the MTU and DF set") \
	X(no_neigh, "next hop does not answer ARP") \
	X(no_path, "no path to the next hop from the SA, or the port is down") \
	X(queue_full, "queue of an unresolved neighbour full") \
	X(table_full, "neighbour table full") \
	X(punt_full, "ring to the control core full") \
	X(inject_full, "ring to the worker full") \
	X(tx_full, "TX queue full") \
	X(tx_port, "output port stopped, or not one of ours") \
	X(arp_bad, "malformed ARP") \
	X(arp_foreign, "ARP request for an address that is not ours") \
	X(arp_limit, "ARP rate limit") \
	X(local_proto, "for us, but nothing here takes that protocol") \
	X(local_bad, "for us, but malformed") \
	X(nombuf, "no mbuf")

enum dp_drop {
#define DP_DROP_ENUM(name, text) DP_DROP_##name,
	DP_DROPS(DP_DROP_ENUM)
#undef DP_DROP_ENUM
			DP_DROP_MAX
};

/** Counter names without "drop_", and their meaning, by enum dp_drop. */
extern const char *const dp_drop_name[DP_DROP_MAX];
extern const char *const dp_drop_text[DP_DROP_MAX];

/**
 * Counters of one writer (a worker, or control) for one port. Only the writer
 * changes them, by dp_count(); everyone may read them by dp_counters_get().
 *
 * Which port: rx, delivered, consumed, copies and every drop count at the port
 * the packet came from (m->port; a packet made here: the port it is made for);
 * tx, drop_tx_port, drop_tx_full and drop_inject_full at the port it was to
 * leave by. So a single port does not balance, the sum of all ports does.
 * Octets are those behind the link-layer header (Ethernet padding included).
 */
struct __rte_cache_aligned dp_counters {
	uint64_t rx_pkts;
	uint64_t rx_bytes;
	uint64_t tx_pkts; /**< accepted by rte_eth_tx_burst */
	uint64_t tx_bytes;
	uint64_t punted;     /**< handed to control; not a fate */
	uint64_t delivered;  /**< ended here, with us */
	uint64_t originated; /**< made here: ARP, ICMP, generator */
	uint64_t copies;     /**< fragments beyond the first, replicas */
	uint64_t consumed;   /**< fragments merged */
	uint64_t drop[DP_DROP_MAX];
};

/** Add to a counter that the calling thread alone writes. */
static inline void
dp_count(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

/** Why a packet is at control. */
enum dp_punt_reason {
	DP_PUNT_ARP,	   /**< data at the L2 header (Ethernet, or encapsulation header) */
	DP_PUNT_LOCAL,	   /**< data at the IP header; destination is ours */
	DP_PUNT_TTL,	   /**< data at the IP header; answer time exceeded */
	DP_PUNT_NO_ROUTE,  /**< data at the IP header; answer unreachable */
	DP_PUNT_TOO_BIG,   /**< data at the IP header, TTL done, out_port and nh_ip set: larger than
			    *   the MTU of the port or of the path; fragment or answer */
	DP_PUNT_L3_MISS,   /**< data at the IP header, TTL done; resolve nh_ip on out_port */
	DP_PUNT_NEIGH_MISS /**< data: 20-octet address, encapsulation header, payload */
};

/**
 * Dynamic field of the application, 8 octets. dp_inject() gives a packet to
 * the worker that punted it, so that it cannot be overtaken by what that
 * worker receives later; any value of worker is harmless in packets made by
 * control.
 */
struct dp_meta {
	uint8_t punt : 7;     /**< enum dp_punt_reason */
	uint8_t l2_bcast : 1; /**< punt: came as link-layer broadcast or multicast */
	uint8_t worker;	      /**< punt, inject: the worker that received it */
	uint16_t out_port;    /**< punt, inject: output port */
	uint32_t nh_ip;	      /**< punt: IPv4 next hop, host order */
};

extern int dp_meta_offset;

static inline struct dp_meta *
dp_meta(struct rte_mbuf *m)
{
	return RTE_MBUF_DYNFIELD(m, dp_meta_offset, struct dp_meta *);
}

/** What a route leads to. */
enum dp_nh_type {
	DP_NH_NONE,	/**< 0: no route */
	DP_NH_LOCAL,	/**< one of our addresses */
	DP_NH_LINK,	/**< destination is on the link of port */
	DP_NH_VIA,	/**< by gateway gw on port */
	DP_NH_BROADCAST /**< a subnet's broadcast address: dropped unless for us */
};

/** Next hop; immutable while a FIB entry or a reader can lead to it. */
struct dp_nh {
	uint8_t type;
	uint16_t port;
	uint32_t gw; /**< IPv4, host order */
};

/** Link-layer address of an IP next hop; immutable while an L3 entry uses its number. */
struct dp_adj {
	union {
		struct rte_ether_addr mac; /**< Ethernet port */
		struct ipoib_addr lladdr;  /**< IPoIB port */
	};
};

enum dp_port_kind { DP_PORT_NONE, DP_PORT_ETH, DP_PORT_IPOIB };

/** A forwarding port. */
struct dp_port {
	enum dp_port_kind kind;	   /**< [setup] */
	uint16_t nb_rxq;	   /**< [setup] */
	uint16_t nb_txq;	   /**< [setup] */
	uint16_t tx_owner;	   /**< [setup] worker that sends for those without a queue */
	uint16_t io_peer;	   /**< [setup] where the io engine sends, as testpmd's pairs */
	struct rte_ether_addr mac; /**< [setup] of an Ethernet port */
	_Atomic uint16_t mtu;	   /**< [control] IP MTU */
	_Atomic bool up;	   /**< [control] link is up */
	struct ipoib_neigh *neigh; /**< [setup] IPoIB neighbour table, NULL on Ethernet */
};

/** One (port, queue) that a worker polls. */
struct dp_rxq {
	uint16_t port;
	uint16_t queue;
};

/** TX buffer of a worker for one port. */
struct dp_txbuf {
	uint16_t nb;
	uint16_t queue; /**< own TX queue */
	bool owned;	/**< false: hand packets to the port's tx_owner */
	struct rte_mbuf *pkts[DP_BURST_MAX];
};

struct dp;
struct dp_engine_ops;

/** State of the txonly engine. */
struct dp_gen {
	uint64_t tsc;	 /**< when credit was last added */
	uint64_t credit; /**< packets times TSC frequency */
	uint16_t peer;	 /**< next */
	uint16_t ip_id;	 /**< next */
};

/** A worker lcore. Only [worker] touches it while it runs, but for the rings. */
struct dp_worker {
	struct dp *dp;
	const struct dp_engine_ops *ops; /**< of the engine, chosen by dp_worker_enter() */
	uint16_t id;			 /**< index, and QSBR thread id */
	unsigned int lcore;
	uint16_t nb_rxq;
	struct dp_rxq rxq[64];
	struct rte_ring *inject;    /**< packets with L2 header, dp_meta()->out_port set */
	uint64_t loops, idle_loops; /**< turns, and those of them that found nothing; dp_count() */
	uint16_t nb_punt;
	struct rte_mbuf *punt[DP_BURST_MAX]; /**< for control, handed over once a turn */
	struct dp_gen gen;
	struct dp_txbuf tx[DP_PORTS_MAX];
	struct dp_counters ctr[DP_PORTS_MAX]; /**< [worker] */
};

/** Forwarding engines. */
enum dp_engine { DP_ENGINE_ROUTE, DP_ENGINE_IO, DP_ENGINE_RXONLY, DP_ENGINE_TXONLY, DP_ENGINE_MAX };
extern const char *const dp_engine_name[DP_ENGINE_MAX];

/** What the txonly engine sends: UDP to link-layer peers, no IP neighbour involved. */
struct dp_txgen {
	uint32_t src_ip, dst_ip; /**< host order */
	uint16_t src_port, dst_port;
	uint16_t pkt_len;  /**< IP packet length, 28..MTU */
	uint16_t nb_peers; /**< 0: the engine sends nothing */
	uint64_t pps;	   /**< of all workers together, 0: as fast as possible */
	uint16_t peer_port[64];
	struct dp_adj peer[64]; /**< 20-octet address or MAC */
};

/** Everything shared. One object; made by dp_create(). */
struct dp {
	struct rte_mempool *pool;   /**< [setup] for packets made here */
	struct rte_rcu_qsbr *rcu;   /**< readers: workers by id */
	struct rte_fib *fib;	    /**< [control] IPv4, next hop = index into nh; workers load it
				   *   (acquire) once a burst */
	struct rte_fib *fib_tab[2]; /**< [setup] fib, and the one that control changes */
	struct dp_nh *nh;	    /**< [control] DP_NH_MAX */
	struct dp_adj *adj;	    /**< [control] DP_ADJ_MAX */
	struct ipoib_neigh *l3; /**< [control] IP next hops: key by dp_l3_key(), ah = adj number */
	struct rte_ring *punt;
	struct dp_port port[DP_PORTS_MAX];
	uint16_t nb_ports;		/**< [setup] */
	uint16_t port_id[DP_PORTS_MAX]; /**< [setup] in the order of dp_port_add() */
	uint16_t nb_workers;
	struct dp_worker *worker[DP_WORKERS_MAX];
	struct dp_counters *ctl;  /**< [control] its own counters, DP_PORTS_MAX */
	struct dp_counters *base; /**< [main] what dp_counters_clear() remembered, DP_PORTS_MAX */
	_Atomic bool running;	  /**< [main] workers leave their loop when false */
	enum dp_engine engine;	  /**< [main] while stopped */
	struct dp_txgen txgen;	  /**< [main] while stopped */
	uint16_t burst;		  /**< [main] while stopped; 1..DP_BURST_MAX */
	uint32_t idle_sleep_us;	  /**< [setup] 0: never */
};

/**
 * Key of an IP next hop in the L3 table. The table is an ipoib_neigh like the
 * IPoIB one; its 20 octets hold the port (as QPN) and the address (as an
 * IPv4-mapped IPv6 address in place of the GID).
 */
static inline void
dp_l3_key(struct ipoib_addr *key, uint16_t port, uint32_t ip)
{
	key->flags = 0;
	ib_put_be24(key->qpn, port);
	memset(key->gid.raw, 0, 10);
	key->gid.raw[10] = key->gid.raw[11] = 0xff;
	ip = rte_cpu_to_be_32(ip);
	memcpy(&key->gid.raw[12], &ip, sizeof(ip));
}

/** The reverse of dp_l3_key(). */
static inline void
dp_l3_key_get(const struct ipoib_addr *key, uint16_t *port, uint32_t *ip)
{
	rte_be32_t be;

	*port = (uint16_t)ib_get_be24(key->qpn);
	memcpy(&be, &key->gid.raw[12], sizeof(be));
	*ip = rte_be_to_cpu_32(be);
}

/** How to make a struct dp. */
struct dp_cfg {
	struct rte_mempool *pool;
	int socket;
	uint16_t nb_workers; /**< 1..DP_WORKERS_MAX */
	uint16_t burst;	     /**< 1..DP_BURST_MAX */
	uint32_t idle_sleep_us;
};

/**
 * Make rings, FIB, next-hop and adjacency arrays, counters, workers (without
 * queues) and register the mbuf field. Main thread. The neighbour tables
 * (l3, port[].neigh) are control's to make, set and free.
 * @return 0; -EINVAL parameters; -ENOMEM; or -errno of the FIB
 */
int dp_create(const struct dp_cfg *cfg, struct dp **dp);

/** Free all; packets still in the rings are freed. Workers have left their loops. */
void dp_destroy(struct dp *dp);

/**
 * Give a configured port's RX and TX queues to the workers: each RX queue to
 * the worker with the fewest, each TX queue to a worker of its own as far as
 * they go. The port is down until control says otherwise. Main thread, while
 * stopped.
 * @return 0; -EINVAL kind or no queue; -ENODEV no such ethdev; -EEXIST; -ENOSPC
 *   a worker can poll 64 queues. Nothing is left half done.
 */
int dp_port_add(struct dp *dp, uint16_t port, enum dp_port_kind kind, uint16_t nb_rxq,
		uint16_t nb_txq);

/** Loop of a worker lcore (lcore_function_t); arg is its struct dp_worker. Ends when !running. */
int dp_worker_main(void *arg);

/**
 * One turn of a worker, for a process whose only lcore also runs control:
 * dp_worker_enter(), then turns, then dp_worker_leave().
 * @return how much was received, injected or generated; 0: there was nothing to do
 */
uint32_t dp_worker_turn(struct dp_worker *w);
void dp_worker_enter(struct dp_worker *w);
void dp_worker_leave(struct dp_worker *w);

/**
 * Hand a packet with its L2 header (Ethernet) or with encapsulation header and
 * PMD metadata (IPoIB) to the worker that received it (dp_meta()->worker) if
 * that has a TX queue on @p port, else to the one that sends for the port.
 * Short Ethernet frames are padded. Control thread, or a worker without a TX
 * queue on that port. The packet is owned by the ring afterwards, or was freed
 * and counted (drop_inject_full, drop_tx_port, drop_nombuf).
 * @param ctr the caller's own counters of @p port: &dp->ctl[port] for control
 * @return true if it is in the ring
 */
bool dp_inject(struct dp *dp, struct dp_counters *ctr, uint16_t port, struct rte_mbuf *m);

/** Sum of all writers' counters of a port; any thread (values are a little old). */
void dp_counters_get(const struct dp *dp, uint16_t port, struct dp_counters *sum);

/** Forget all counters (they are remembered as a base; writers are not disturbed). Main thread. */
void dp_counters_clear(struct dp *dp);

/** Packets in the punt ring, inject rings and workers' buffers. Exact while workers are stopped. */
uint64_t dp_queued(const struct dp *dp);

/**
 * dp_counters_balance() of all ports since dp_create(), whatever was cleared.
 * While workers and control stand still it is dp_queued() plus what waits at
 * control; the difference is what "unaccounted" reports.
 */
int64_t dp_balance(const struct dp *dp);

/** received + originated + copies - sent - delivered - consumed - drops, of a sum. */
int64_t dp_counters_balance(const struct dp_counters *sum);

#endif /* DP_H */

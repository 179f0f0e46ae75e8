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
#include <rte_fib6.h>
#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>
#include <rte_rcu_qsbr.h>
#include <rte_ring.h>

#include "dp_ip.h"
#include "ipoib_ctrl_dp.h"
#include "ipoib_neigh_dp.h"

/** Most packets of one burst; lookups take at most 64. */
#define DP_BURST_MAX 64
/** Most workers. */
#define DP_WORKERS_MAX 64
/**
 * Most ports. Numbers below DP_PORT_LOGICAL are those of ethdevs; from there on
 * lie logical ports: 802.1Q sub-ports and bonds. All fit one bit mask.
 */
#define DP_PORTS_MAX 64
#define DP_PORT_LOGICAL RTE_MAX_ETHPORTS
/** No port. */
#define DP_PORT_NIL UINT16_MAX
static_assert(DP_PORT_LOGICAL < DP_PORTS_MAX, "no number is left for logical ports");
/** Packets that may wait for control: one for each neighbour of a table of the default size, all of
 * them met at once; then drop_punt_full. */
#define DP_PUNT_RING 16384
/** Packets that may wait for a worker: all that wait in a table of neighbours may be released at
 * once; then drop_inject_full. */
#define DP_INJECT_RING DP_PUNT_RING
/** Packets of a worker that may wait for older ones which are at control; then drop_order_full. */
#define DP_HELD_MAX 2048
/** Next hops that a worker's packets at control may have: places for as many as 10 in a bucket, so
 *  all that fit into the punt ring find one; then drop_order_full. */
#define DP_ORDER_BUCKETS 4096
#define DP_ORDER_WAYS 10
/** Next hops of the IPv4 FIB: 15 bits, because its entries are 2 octets (34 MB a table). */
#define DP_NH_MAX 32768
/** /24s that may hold longer prefixes (512 octets each and table). */
#define DP_FIB_TBL8_MAX 4096
/** Groups of 256 IPv6 prefixes beyond each multiple of 8 bits (512 octets each and table). */
#define DP_FIB6_TBL8_MAX 16384
/** Megabytes that dp_create() takes for routes: two tables of each family. */
#define DP_FIB_MBYTES 148
/** Most next hops of one route. */
#define DP_ECMP_MAX 8
/** Multicast groups that are routed. */
#define DP_MGROUP_MAX 4096
/** Link-layer addresses of IP next hops. */
#define DP_ADJ_MAX 65536

/** Every way a packet can end other than sent or delivered. Name, and what it means. */
#define DP_DROPS(X) \
	X(l2_dst, "Ethernet destination is not ours") \
	X(l2_type, "ethertype we do not carry") \
	X(ip_short, "shorter than an IP header") \
	X(ip_version, "IP version is not the one of the ethertype") \
	X(ip_hdrlen, "IHL below 5 or beyond the packet") \
	X(ip_options, "IPv4 options malformed, or a source route (RFC 7126 4.3)") \
	X(ip_length, "IP length below the header or beyond the packet") \
	X(ip_checksum, "IPv4 header checksum") \
	X(ip_src, "source address not usable (RFC 1812 5.3.7)") \
	X(ip_dst, "destination address not usable (RFC 1812 5.3.7)") \
	X(ip_l2_bcast, "unicast IP in a link-layer broadcast (RFC 1812 5.3.4)") \
	X(ip_scope, "link-local source beyond its link (RFC 4291 2.5.6)") \
	X(mcast, "IP multicast that nobody here listens to") \
	X(mcast_full, "queue of a multicast group that is being joined full") \
	X(vlan, "802.1Q tag of no sub-port") \
	X(bind, "the port is bound to another one") \
	X(bond_backup, "multicast on the backup port of a bond") \
	X(filter, "denied by a rule of the packet filter") \
	X(blackhole, "blackhole route") \
	X(prohibited, "route that prohibits") \
	X(ttl, "TTL expired") \
	X(no_route, "no route, or a route that says so") \
	X(too_big, "larger than the MTU, not to be fragmented") \
	X(no_neigh, "next hop does not answer ARP or ND") \
	X(no_path, "no path to the next hop from the SA, or the port is down") \
	X(queue_full, "queue of an unresolved neighbour full") \
	X(table_full, "neighbour table full") \
	X(punt_full, "ring to the control core full") \
	X(order_full, "behind packets at the control core, of which there are too many") \
	X(inject_full, "ring to the worker full") \
	X(tx_full, "TX queue full") \
	X(tx_port, "output port stopped, or not one of ours") \
	X(arp_bad, "malformed ARP") \
	X(arp_foreign, "ARP request for an address that is not ours") \
	X(arp_limit, "ARP or ND rate limit") \
	X(nd_bad, "malformed Neighbour Discovery") \
	X(nd_foreign, "Neighbour Discovery for an address that is not ours") \
	X(untrusted, "strict-source: ARP or ND from a LID that is not the GID's") \
	X(local_proto, "for us, but nothing here takes that protocol") \
	X(local_bad, "for us, but malformed") \
	X(reassembly, "for us, but parts are missing, overlap, or are too many") \
	X(dhcp, "DHCP that the relay does not pass on") \
	X(group_bad, "malformed IGMP or MLD, or not from the link") \
	X(group_limit, "IGMP or MLD rate limit") \
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
	DP_PUNT_PROHIBIT,  /**< data at the IP header; answer prohibited */
	DP_PUNT_SCOPE,	   /**< data at the IPv6 header; answer beyond scope of source */
	DP_PUNT_TOO_BIG,   /**< data: dp_l3_key() of the next hop, IP packet (TTL done) larger than
			    *   the MTU of the port or of the path; fragment or answer */
	DP_PUNT_L3_MISS,   /**< data: dp_l3_key() of the next hop, IP packet (TTL done) */
	DP_PUNT_MCAST_BIG, /**< data at the IP header of a multicast packet (TTL not yet done) that
			    *   is larger than the MTU of a port it leaves by */
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
	uint16_t out_port;    /**< punt, inject: output port, maybe a logical one */
	uint16_t rx_port;     /**< punt: the ethdev it came from; m->port may be a logical port */
	uint16_t reserved;
};

extern int dp_meta_offset;

static inline struct dp_meta *
dp_meta(struct rte_mbuf *m)
{
	return RTE_MBUF_DYNFIELD(m, dp_meta_offset, struct dp_meta *);
}

/** What a route leads to. */
enum dp_nh_type {
	DP_NH_NONE,	   /**< 0: no route */
	DP_NH_LOCAL,	   /**< one of our addresses */
	DP_NH_LINK,	   /**< destination is on the link of port */
	DP_NH_VIA,	   /**< by gateway gw on port */
	DP_NH_BROADCAST,   /**< a subnet's broadcast address: for us, or dropped unless the port
			  *   allows directed broadcasts */
	DP_NH_BLACKHOLE,   /**< dropped in silence */
	DP_NH_UNREACHABLE, /**< answered with host unreachable */
	DP_NH_PROHIBIT,	   /**< answered with administratively prohibited */
	DP_NH_ECMP	   /**< one of nb others, by dp_flow_hash() */
};

/** Next hop; immutable while a FIB entry or a reader can lead to it. */
struct dp_nh {
	uint8_t type;
	uint8_t nb; /**< ECMP: members */
	uint16_t port;
	union {
		struct dp_ip gw;	      /**< VIA */
		uint16_t member[DP_ECMP_MAX]; /**< ECMP: indexes of VIA or LINK next hops */
	};
};

/** Link-layer address of an IP next hop; immutable while an L3 entry uses its number. */
struct dp_adj {
	union {
		struct rte_ether_addr mac; /**< Ethernet port */
		struct ipoib_addr lladdr;  /**< IPoIB port */
	};
};

enum dp_port_kind { DP_PORT_NONE, DP_PORT_ETH, DP_PORT_IPOIB };

/** What a port does beyond plain forwarding; all off by default. */
enum dp_port_flag {
	DP_PORT_MSS_CLAMP = 1 << 0,	 /**< lower TCP MSS of SYNs to the port's MTU */
	DP_PORT_DIRECTED_BCAST = 1 << 1, /**< send packets for the subnet's broadcast address */
	DP_PORT_MCAST = 1 << 2		 /**< takes part in multicast routing */
};

/**
 * A forwarding port. Index: number of the ethdev, or from DP_PORT_LOGICAL on.
 * What every packet reads lies in the first cache line.
 */
struct __rte_cache_aligned dp_port {
	enum dp_port_kind kind;	   /**< [main] NONE: not there; set last, cleared first */
	uint16_t nb_rxq;	   /**< [main] 0: a logical port */
	uint16_t nb_txq;	   /**< [main] */
	uint16_t tx_owner;	   /**< [main] worker that sends for those without a queue */
	uint16_t io_peer;	   /**< [main] where io, mac and macswap send, see dp_topology */
	struct rte_ether_addr mac; /**< [main] of an Ethernet port */
	bool stopped; /**< [main] nothing is received, and what is to be sent dropped */
	struct ipoib_neigh *neigh; /**< [main, control] IPoIB neighbour table; NULL on Ethernet */
	struct ipoib_ahset *ahset; /**< [control] IPOIB_AHSET_MAX; NULL until first needed */
	_Atomic uint16_t mtu;	   /**< [control] IP MTU */
	_Atomic bool up;	   /**< [control] link is up */
	_Atomic uint8_t flags;	   /**< [control] enum dp_port_flag */
	_Atomic uint16_t bind;	   /**< [control] DP_PORT_NIL, or the only port that packets from
				    *   here may leave by */
	/** [control] The port that really sends: itself, the parent of a sub-port, the
	 *  active port of a bond. Neighbour tables and address handles are that port's. */
	_Atomic uint16_t tx;
	_Atomic uint16_t master; /**< [control] DP_PORT_NIL, or the bond it belongs to */
	uint16_t vlan;		 /**< [main] of a sub-port: VID 1..4094; 0: none */
	uint16_t *vlan_port; /**< [control] by VID: the sub-port or DP_PORT_NIL; NULL: none at all */
	_Atomic uint8_t dscp_class[64]; /**< [control] traffic class of a DSCP */
	/** [control] MGID of an IPoIB port's broadcast group, whose scope and P_Key are those of
	 *  all groups; zero: unknown, no multicast leaves. Only changed while the port is down. */
	struct ib_gid bcast_gid;
};

/** One (port, queue) that a worker polls. */
struct dp_rxq {
	uint16_t port;
	uint16_t queue;
};

/** Most queues that a worker polls. */
#define DP_RXQS_MAX 64

/** What a worker polls; immutable while the worker can see it. */
struct dp_rxqs {
	uint16_t nb;
	struct dp_rxq q[DP_RXQS_MAX];
};

/** TX buffer of a worker for one port. */
struct dp_txbuf {
	uint16_t nb;
	uint16_t queue;	 /**< own TX queue */
	bool owned;	 /**< false: hand packets to the port's tx_owner */
	uint64_t octets; /**< of all of them, link-layer headers included */
	struct rte_mbuf *pkts[DP_BURST_MAX];
};

struct dp;
struct dp_engine_ops;
struct dp_verbose;
struct dp_latency;
struct dp_filter;
struct dp_filter_hits;
struct dp_top;

/** Places of a worker for IPv4 destinations that it has met, 64 octets each; a power of two. */
#define DP_FAST_BITS 16

/** Where packets to a destination went, and what they need: see fast.c. */
struct __rte_cache_min_aligned dp_fast {
	union {
		struct {
			rte_be32_t dst;
			uint32_t rules; /**< dp.rules of that time; 0: nothing is known */
		};
		uint64_t key; /**< both, as they lie in memory */
	};
	uint64_t l3_gen, path_gen; /**< numbers of the two entries */
	const uint64_t *l3_at,
			*path_at; /**< where the entries' numbers are; on Ethernet, path is l3 */
	uint64_t link; /**< Ethernet: the MAC address as it lies in memory; IPoIB: AH and QPN */
	union {
		struct {
			/** When the entries were marked as used, and the MTU of the port at that time:
			 *  ipoib_neigh_tick() of both, lower half. MTU 0: not yet. */
			uint16_t tick, port_mtu;
			uint16_t port; /**< it leaves by */
			/** of path and port; 0: each packet is asked anew for its address handle */
			uint16_t mtu;
		};
		uint64_t way; /**< all of them, as they lie in memory */
	};
};
static_assert(sizeof(struct dp_fast) == RTE_CACHE_LINE_MIN_SIZE, "one cache line");

/** How many bursts of so many packets a worker received and sent, by port; dp_count(). */
struct dp_bursts {
	uint64_t rx[DP_PORTS_MAX][DP_BURST_MAX + 1];
	uint64_t tx[DP_PORTS_MAX][DP_BURST_MAX + 1];
};

/** Bits of dp.verbose, as testpmd's levels: packets that are shown. */
enum { DP_VERBOSE_RX = 1 << 0, DP_VERBOSE_TX = 1 << 1 };

/** A sender whose GID is known: macswap sends to it what it sent. */
struct dp_sender {
	_Atomic uint32_t version; /**< odd while it is changed */
	uint16_t port, slid;
	struct ipoib_addr addr;
};

/** Senders that a worker remembers, each at the place that its LID and QPN say. */
#define DP_SENDERS 1024

/** Most peers of the engines that send, and of io and mac. */
#define DP_PEERS_MAX 64

/** State of the engines that generate. */
struct dp_gen {
	uint64_t tsc;				   /**< when credit was last added */
	uint64_t credit;			   /**< packets times TSC frequency */
	uint64_t flow;				   /**< next */
	uint64_t left;				   /**< packets that may still be made */
	uint32_t number;			   /**< next, of a stamp */
	uint16_t peer;				   /**< next */
	uint16_t ip_id;				   /**< next */
	struct ipoib_neigh_ref path[DP_PEERS_MAX]; /**< of IPoIB peers; zero: not known */
};

/** A packet that waits: TTL done, data at the IP header. */
struct dp_held {
	struct rte_mbuf *m;
	uint16_t port;	       /**< it leaves by; maybe logical */
	bool path;	       /**< key is an IPoIB address on that port; else dp_l3_key() */
	struct ipoib_addr key; /**< of its next hop */
};

/** Next hops by hash: the number of the last packet for it that was punted, see dp_worker.punts. */
struct __rte_cache_aligned dp_order_bucket {
	uint64_t punt[DP_ORDER_WAYS];
	uint32_t tag[DP_ORDER_WAYS];
};

/** What a worker knows of the order of its packets: see order.c. */
struct dp_order {
	bool waiting;	    /**< a next hop's packets may be at control, or packets are held */
	uint64_t secret[5]; /**< [setup] of the hash */
	uint64_t done;	    /**< dp_worker.punt_done as this turn knows it */
	uint64_t punts;	    /**< dp_worker.punts when the held ones were last looked at */
	uint64_t last;	    /**< the number noted last; after drops one in a bucket may be higher */
	uint32_t nb, head;  /**< of held */
	struct dp_held held[DP_HELD_MAX];
	struct dp_order_bucket bucket[DP_ORDER_BUCKETS];
};

/** A worker lcore. Only [worker] touches it while it runs, but for the rings. */
struct dp_worker {
	struct dp *dp;
	const struct dp_engine_ops *ops; /**< of the engine, chosen by dp_worker_enter() */
	uint16_t id;			 /**< index, and QSBR thread id */
	unsigned int lcore;
	struct dp_rxqs *rxqs;	    /**< [main] what it polls; workers load it once a turn */
	struct dp_rxqs rxq_tab[2];  /**< [main] that, and the one that is changed */
	struct rte_ring *inject;    /**< packets with L2 header, dp_meta()->out_port set */
	uint64_t loops, idle_loops; /**< turns, and those of them that found nothing; dp_count() */
	/** TSC ticks of all turns, and of those that found something: at most 64 turns late, and one
	 *  idle turn too many in a time of work; dp_count() */
	uint64_t cycles, busy_cycles;
	uint64_t turn_tsc;	/**< up to where they are counted */
	bool was_busy, untimed; /**< the last turn found something; was not counted yet */
	struct dp_sender *
			senders; /**< [main] while stopped: DP_SENDERS; NULL unless it is macswap */
	struct dp_bursts *bursts; /**< [main] while stopped: NULL, or sizes of bursts are counted */
	struct dp_verbose *verbose; /**< [main] NULL until packets are first to be shown */
	uint16_t nb_punt;
	struct rte_mbuf *punt[DP_BURST_MAX]; /**< for control, handed over once a turn */
	uint64_t punts;			     /**< packets that it put into the punt ring, ever */
	struct dp_gen gen;
	struct dp_latency *latency; /**< [main] while stopped: NULL, or what stamps told */
	struct dp_fast *fast;	    /**< 1 << DP_FAST_BITS */
	uint32_t fast_places;	    /**< places that were ever taken */
	uint32_t fast_denied; /**< destinations that were not learnt, for their place was taken */
	uint64_t tx_ports;    /**< ports (bit mask) whose buffers hold packets */
	struct dp_txbuf tx[DP_PORTS_MAX];
	struct dp_counters ctr[DP_PORTS_MAX]; /**< [worker] */
	/** [control] How many of those have ended, or were sent, or wait at control for a next hop
	 *  that is not published. */
	_Atomic uint64_t punt_done __rte_cache_aligned;
	struct dp_order order __rte_cache_aligned;
};

/** Forwarding engines. */
enum dp_engine {
	DP_ENGINE_ROUTE,
	DP_ENGINE_IO,
	DP_ENGINE_MAC,
	DP_ENGINE_MACSWAP,
	DP_ENGINE_RXONLY,
	DP_ENGINE_TXONLY,
	DP_ENGINE_FLOWGEN,
	DP_ENGINE_ICMPECHO,
	DP_ENGINE_MAX
};
extern const char *const dp_engine_name[DP_ENGINE_MAX];

/** Does the engine make packets on its own? */
static inline bool
dp_engine_sends(enum dp_engine engine)
{
	return engine == DP_ENGINE_TXONLY || engine == DP_ENGINE_FLOWGEN;
}

/** Whom packets go to that are made for an Ethernet port without a peer, as testpmd's. */
static inline struct rte_ether_addr
dp_gen_mac(uint16_t port)
{
	return (struct rte_ether_addr){ { 0x02, 0, 0, 0, 0, (uint8_t)port } };
}

/** What the engines that generate send: UDP to link-layer peers, no IP neighbour involved. */
struct dp_txgen {
	uint32_t src_ip, dst_ip; /**< host order */
	uint16_t src_port, dst_port;
	uint16_t pkt_len;    /**< IP packet length, 28..MTU */
	uint16_t nb_peers;   /**< 0: the engine sends nothing */
	uint64_t pps;	     /**< of all workers together, 0: as fast as possible */
	uint64_t count;	     /**< packets of all workers together after a start, 0: no end */
	bool stamp;	     /**< see latency.h; pkt_len is DP_STAMP_PKT_MIN or more */
	bool multi_flow;     /**< txonly: source addresses that differ */
	uint16_t clones;     /**< flowgen: each packet is sent so many times more */
	uint32_t flows;	     /**< flowgen: destination addresses, from dst_ip on */
	uint16_t neighbours; /**< flowgen: peers that are sent to, the first of them; 0: all */
	uint16_t peer_port[DP_PEERS_MAX]; /**< in ascending order once it runs */
	struct dp_adj peer[DP_PEERS_MAX]; /**< 20-octet address or MAC */
	/** Where the peers of a port begin, and how many it has; set by dp_gen_index(). */
	uint16_t first[DP_PORTS_MAX];
	uint16_t nb[DP_PORTS_MAX];
};

/** Sort peers by port, and note where those of each port are. Any thread. */
void dp_gen_index(struct dp_txgen *gen);

/** Where engines that forward in pairs send what a port receives; testpmd's --port-topology. */
enum dp_topology {
	DP_PAIRED,  /**< 1st and 2nd, 3rd and 4th, ...; the last of an odd number to itself */
	DP_CHAINED, /**< each to the next, the last to the first */
	DP_LOOP	    /**< each to itself */
};

/** Everything shared. One object; made by dp_create(). */
struct dp {
	struct rte_mempool *pool;     /**< [setup] for packets made here */
	struct rte_rcu_qsbr *rcu;     /**< readers: workers by id */
	struct rte_fib *fib;	      /**< [control] IPv4, next hop = index into nh; workers load it
				   *   (acquire) once a burst */
	struct rte_fib *fib_tab[2];   /**< [setup] fib, and the one that control changes */
	struct rte_fib6 *fib6;	      /**< [control] the same for IPv6 */
	struct rte_fib6 *fib6_tab[2]; /**< [setup] */
	_Atomic uint32_t rules; /**< [control] another number, never 0, after any change of fib */
	struct dp_nh *nh;	/**< [control] DP_NH_MAX */
	struct dp_adj *adj;	/**< [control] DP_ADJ_MAX */
	struct ipoib_neigh *l3; /**< [control] IP next hops: key by dp_l3_key(), ah = adj number */
	/** [control] Routed multicast groups: key by dp_l3_key() with port DP_PORT_NIL, ah =
	 *  index into mgroup. NULL: no multicast routing. */
	struct ipoib_neigh *groups;
	/** [control] Ports (bit mask) on whose links the group has listeners. */
	_Atomic uint64_t *mgroup;
	/** [control] Where routed packets are counted by next hop; NULL: nowhere. Workers load it
	 *  (acquire) once a burst. */
	struct dp_top *top;
	/** [control] Packet filter; NULL: no rule. Workers load it (acquire) once a burst. */
	struct dp_filter *filter;
	/** [control] Its counters: DP_FILTER_MAX of each worker by id, then of control. */
	struct dp_filter_hits *filter_hits;
	/** [control] Upstream port of the multicast proxy (RFC 4605), or DP_PORT_NIL. A packet
	 *  leaves by the group's ports and the upstream port, but not by the one it came in on. */
	_Atomic uint16_t mcast_upstream;
	struct rte_ring *punt;
	struct dp_port port[DP_PORTS_MAX];
	uint16_t nb_ports;		/**< [main] ethdevs */
	uint16_t port_id[DP_PORTS_MAX]; /**< [main] those, in the order of dp_port_add() */
	uint16_t nb_fwd;		/**< [main] those of them that workers poll */
	uint16_t fwd_id[DP_PORTS_MAX];	/**< [main] in the order in which they are paired */
	enum dp_topology topology;	/**< [main] */
	uint64_t leaving;		/**< [main] ports (bit mask) that dp_port_del() waits for */
	uint16_t nb_workers;
	uint16_t nb_active; /**< [main] while stopped: the first so many have queues and run */
	struct dp_worker *worker[DP_WORKERS_MAX];
	struct dp_counters *ctl;  /**< [control] its own counters, DP_PORTS_MAX */
	struct dp_counters *base; /**< [main] what dp_counters_clear() remembered, DP_PORTS_MAX */
	_Atomic uint8_t verbose;  /**< [main] DP_VERBOSE_RX, DP_VERBOSE_TX */
	_Atomic bool running;	  /**< [main] workers leave their loop when false */
	enum dp_engine engine;	  /**< [main] while stopped */
	struct dp_txgen txgen;	  /**< [main] while stopped */
	uint32_t tx_first;	  /**< [main] while stopped: bursts of txonly's that come first */
	uint16_t burst;		  /**< [main] while stopped; 1..DP_BURST_MAX */
	uint32_t idle_sleep_us;	  /**< [setup] 0: never */
};

/**
 * Key of an IP next hop in the L3 table. The table is an ipoib_neigh like the
 * IPoIB one; its 20 octets hold the port (as QPN) and the address (in place of
 * the GID).
 */
static inline void
dp_l3_key(struct ipoib_addr *key, uint16_t port, const struct dp_ip *ip)
{
	key->flags = 0;
	ib_put_be24(key->qpn, port);
	memcpy(key->gid.raw, ip->b, sizeof(ip->b));
}

/** The same for an IPv4 address, host order: whole words, for the fast path. */
static inline void
dp_l3_key4(struct ipoib_addr *key, uint16_t port, uint32_t ip)
{
	uint64_t head = (uint64_t)rte_cpu_to_be_16(port) << 16; /* port as QPN, GID 0 to 3 */
	uint64_t mid = UINT64_C(0xffff) << 48;			/* GID 4 to 11 */
	rte_be32_t tail = rte_cpu_to_be_32(ip);

	memcpy(key, &head, sizeof(head));
	memcpy(&key->gid.raw[4], &mid, sizeof(mid));
	memcpy(&key->gid.raw[12], &tail, sizeof(tail));
}

/** The reverse of dp_l3_key(). */
static inline void
dp_l3_key_get(const struct ipoib_addr *key, uint16_t *port, struct dp_ip *ip)
{
	*port = (uint16_t)ib_get_be24(key->qpn);
	memcpy(ip->b, key->gid.raw, sizeof(ip->b));
}

/**
 * A number that is the same for all packets of a flow: addresses, protocol, and
 * TCP or UDP ports unless it is a fragment (IPv6: the flow label too). Data is
 * at the IP header. Any thread; the same in every thread.
 */
uint32_t dp_flow_hash(const struct rte_mbuf *m);

/** The member of an ECMP next hop that a packet takes; data at the IP header. Not by the low
 *  bits of the hash, which choose among paths. @return NULL if it has none */
static inline const struct dp_nh *
dp_nh_ecmp(const struct dp *dp, const struct dp_nh *nh, const struct rte_mbuf *m)
{
	uint32_t nb = nh->nb;

	if (nb == 0 || nb > DP_ECMP_MAX)
		return NULL;
	return &dp->nh[nh->member[(uint64_t)dp_flow_hash(m) * nb >> 32]];
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
 * they go. The port is down until control says otherwise. Main thread, also
 * while workers run: they see it from their next turn on.
 * A number that was used before goes on with its counters.
 * @return 0; -EINVAL kind or no queue; -ENODEV no such ethdev; -EEXIST; -ENOSPC
 *   a worker can poll DP_RXQS_MAX queues; -ETIMEDOUT a worker stalls. Nothing is left half done.
 */
int dp_port_add(struct dp *dp, uint16_t port, enum dp_port_kind kind, uint16_t nb_rxq,
		uint16_t nb_txq);

/**
 * Add a logical port: without queues of its own, dp_port.tx is control's to set.
 * Main thread, also while workers run.
 * @param kind of the frames on it
 * @param vlan VID of an 802.1Q sub-port (its MAC is @p parent's), 0: none
 * @param parent ethdev port of a sub-port, else DP_PORT_NIL
 * @return its number (DP_PORT_LOGICAL and up); -EINVAL; -ENODEV no such parent; -EEXIST the
 *   parent has that VID; -ENOSPC
 */
int dp_port_add_logical(struct dp *dp, enum dp_port_kind kind, uint16_t vlan, uint16_t parent);

/**
 * Take a port away: workers poll it no more, packets for it that are in rings or
 * buffers are sent or dropped and counted. Control has taken away what leads to
 * it (routes, neighbours) and has given up its tables after this returned. Main
 * thread, also while workers run; waits for them to pass a turn. Its counters stay in
 * dp_balance().
 * @return 0; -ENODEV; -EBUSY sub-ports or a bond send by it; -ETIMEDOUT a worker stalls: the port
 *   is perhaps not there any more, but may still be polled: try again
 */
int dp_port_del(struct dp *dp, uint16_t port);

/**
 * Stop a port: workers poll it no more, and drop what they would send (drop_tx_port). When this
 * returned 0 and control has answered any request after that, its ethdev may be stopped and
 * configured anew. Everything else about the port stays. Main thread, also while workers run.
 * @return 0, also if it was stopped; -ENODEV no ethdev port; -ETIMEDOUT a worker stalls: again
 */
int dp_port_stop(struct dp *dp, uint16_t port);

/**
 * Give the queues of a stopped port, which may be others than before, to the workers. Main thread,
 * also while workers run.
 * @return 0; -EINVAL no queue; -ENODEV; -EALREADY it runs; -ENOSPC as dp_port_add(); -ETIMEDOUT a
 *   worker stalls: it is still stopped
 */
int dp_port_start(struct dp *dp, uint16_t port, uint16_t nb_rxq, uint16_t nb_txq);

/**
 * Which ethdev ports the workers poll from the next start on, in the order in which they are
 * paired. All that were added are, until this is called. The others keep what else they are:
 * packets that are routed to them are sent. Main thread, while workers are stopped.
 * @return 0; -EBUSY they run; -ENODEV one is no ethdev port; -EINVAL one is there twice; -ENOSPC as
 *   dp_port_add()
 */
int dp_fwd_ports(struct dp *dp, const uint16_t *ports, uint16_t n);

/** Which way they are paired. Main thread, while workers are stopped. */
void dp_fwd_topology(struct dp *dp, enum dp_topology topology);

/**
 * Let only the first @p n workers have queues and run. When this returned 0 and control has answered
 * any request after that, dp_fwd_settle() is due. Main thread, while workers are stopped.
 * @return 0; -EBUSY they run; -EINVAL; -ENOSPC as dp_port_add()
 */
int dp_fwd_workers(struct dp *dp, uint16_t n);

/** Drop (drop_tx_port) what workers hold that will not run. Main thread. */
void dp_fwd_settle(struct dp *dp);

/** Loop of a worker lcore (lcore_function_t); arg is its struct dp_worker. Ends when !running. */
int dp_worker_main(void *arg);

/**
 * One turn of a worker, for a process whose only lcore also runs control:
 * dp_worker_enter(), then turns, then dp_worker_leave().
 * @return how much was received, injected, generated or held; 0: there was nothing to do
 */
uint32_t dp_worker_turn(struct dp_worker *w);
void dp_worker_enter(struct dp_worker *w);
/** What passed since its last turn was not the worker's: it is no time of work. */
void dp_worker_idle(struct dp_worker *w);
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

/** Is a worker's ring more than half full? Who can wait should. Any thread. */
bool dp_inject_busy(const struct dp *dp);

/** Sum of all writers' counters of a port; any thread (values are a little old). */
void dp_counters_get(const struct dp *dp, uint16_t port, struct dp_counters *sum);

/** Forget all counters (they are remembered as a base; writers are not disturbed). Main thread. */
void dp_counters_clear(struct dp *dp);

/** The same of one port. */
void dp_counters_clear_port(struct dp *dp, uint16_t port);

/** Add @p c to @p sum; any thread. */
void dp_counters_add(struct dp_counters *sum, const struct dp_counters *c);

/** Packets in the punt ring, inject rings and workers' buffers, and those that workers hold. Exact
 *  while workers are stopped. */
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

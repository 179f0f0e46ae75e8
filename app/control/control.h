/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef CONTROL_H
#define CONTROL_H

/**
 * @file
 * The control core: the only writer of every table. It takes punted packets,
 * resolves IP next hops (ARP) and InfiniBand paths (SA), answers what is
 * addressed to us, follows the fabric, ages and reclaims.
 *
 * control_tick() runs in one thread, the "control thread". Others talk to it
 * with control_call() only, which runs a function there and waits a bounded
 * time.
 *
 * Nothing here depends on the CLI. The resolver (path, neighbour, multicast parts) lies below, in
 * lib/ipoib_ctrl, for it serves the driver's mode=ether too.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>

#include "dp.h"
#include "ipoib_ctrl_cfg.h"
#include "ipoib_neigh.h"
#include "pmd_ipoib.h"

/** Opaque. */
struct control;

/** Make the control core's state on top of @p dp (which outlives it). Main thread. */
int control_create(const struct control_cfg *cfg, struct dp *dp, struct control **c);

/**
 * Take over a port of dp_port_add() (a started ethdev) or dp_port_add_logical(): makes its tables
 * and, for IPoIB, its SA client and link state machine. Control thread, or before the first tick.
 * @return 0; -ENODEV; -EEXIST; -EAGAIN packets for a port that had this number are still on their
 *   way, try again; -ENOMEM and the like, one line logged and nothing left behind
 */
int control_port_add(struct control *c, uint16_t port_id);

/**
 * First part of taking a port away: its addresses, routes through it, neighbours, DHCP servers and
 * flags go, the SA is told that its groups are left, the link is down for good. Then workers have
 * nothing that leads to it, and dp_port_del() may follow. Control thread.
 * @return 0 done, also when it is called again; -EAGAIN not yet all, call again; and, with nothing
 *   changed: -ENODEV; -EBUSY a sub-port or bond sends by it; -EADDRINUSE other ports are bound to it
 */
int control_port_leave(struct control *c, uint16_t port_id);

/**
 * Last part, after dp_port_del(): give up its tables. Then the ethdev may be closed. Control thread.
 * @return 0; -ENODEV; -EBUSY one of the parts before has not been done
 */
int control_port_del(struct control *c, uint16_t port_id);

/**
 * The program ends: hosts are told that these routers go (the last router advertisement, RFC 4861
 * 6.2.5). While workers still run, for they send it. Control thread.
 */
void control_farewell(struct control *c);

/** Leave groups, free everything. Control thread has ended, workers have ended. */
void control_destroy(struct control *c);

/**
 * One bounded turn: at most 256 punted packets, SA answers, timers, a slice of
 * ageing, one request. Control thread.
 * @return when it wants to run next at the latest, microseconds on the clock
 *   of control_now_us(); now or earlier if there is work left
 */
uint64_t control_tick(struct control *c);

/** Monotonic microseconds. Any thread. */
uint64_t control_now_us(void);

/** Runs in the control thread. @return 0 or -errno, handed to the caller */
typedef int (*control_fn)(struct control *c, void *arg);

/**
 * Run @p fn(c, arg) in the control thread and wait for it at most
 * @p timeout_ms. Any thread but the control thread.
 * @param arg copied in (@p arg_size octets) and, after a normal return, copied
 *   back, so that a caller who gave up leaves nothing behind
 * @return what @p fn returned; -EBUSY control did not get to it in time (then
 *   it will not run, or its result is discarded); -ENOMEM
 */
int control_call(struct control *c, control_fn fn, void *arg, size_t arg_size, uint32_t timeout_ms);

/**
 * Wait @p us microseconds, or until control_call() wants something, which then is
 * answered at once and not when control would have had its next turn. The control thread.
 */
void control_sleep(struct control *c, uint64_t us);

/* The functions below run in the control thread: inside a control_fn. */

/** What Duplicate Address Detection (RFC 4862 5.4) says of an own address. */
enum control_addr_state {
	CONTROL_ADDR_PREFERRED, /**< used */
	CONTROL_ADDR_TENTATIVE, /**< not known yet */
	CONTROL_ADDR_DUPLICATE	/**< another host has it: not used */
};

/**
 * Add an own address and its subnet's routes. IPv6: link-local addresses come by themselves.
 * @return 0, -EEXIST, -EINVAL not usable as a host address, -ENODEV no such forwarding port,
 *   -EPERM the port belongs to a bond, -ENOSPC, -EAFNOSUPPORT no IPv6 here, -EAGAIN a grace period has to
 *   pass, try again
 */
int control_addr_add(struct control *c, uint16_t port, const struct dp_ip *ip, uint8_t len);
/** @return 0, -ENOENT, -EAGAIN */
int control_addr_del(struct control *c, uint16_t port, const struct dp_ip *ip, uint8_t len);

/** A static route. */
struct control_route {
	struct dp_ip prefix;
	struct dp_ip via; /**< of the same family; all zero unless DP_NH_VIA */
	uint8_t len;	  /**< 0..32 or 0..128 */
	uint8_t type;	  /**< enum dp_nh_type: VIA, BLACKHOLE, UNREACHABLE or PROHIBIT */
	uint16_t port;	  /**< VIA: the gateway's, or DP_PORT_NIL: it is found */
	bool append;	  /**< VIA: one more next hop, where there may be others (ECMP) */
};

/**
 * Add a static route, or a next hop to it. Flows are spread over next hops that answer.
 * @return 0; -EEXIST; -EINVAL host bits set, a length or type that cannot be, families that
 *   differ; -EADDRNOTAVAIL multicast, link-local or loopback prefix; -ENETUNREACH gateway on no
 *   link (of the port); -EDESTADDRREQ a link-local gateway needs a port; -ENODEV no such port;
 *   -EPERM the port belongs to a bond; -EMLINK DP_ECMP_MAX next hops are there; -ENOSPC; -EAFNOSUPPORT no IPv6 here; -EAGAIN
 */
int control_route_add(struct control *c, const struct control_route *r);
/** Delete a static route. @param via only this next hop; NULL: all @return 0, -ENOENT, -EAGAIN */
int control_route_del(struct control *c, const struct dp_ip *prefix, uint8_t len,
		const struct dp_ip *via);
/** Delete the static routes over a port (UINT16_MAX: all), some of them.
 *  @return number (call again until 0), -EAGAIN */
int control_route_flush(struct control *c, uint16_t port);
/** Delete the addresses of a port, some of them. @return number (call again until 0), -EAGAIN */
int control_addr_flush(struct control *c, uint16_t port);
/**
 * Relay DHCP of the port's clients to a server of either family (RFC 1542, RFC 8415); a port may
 * have several. @return 0, -EEXIST, -EINVAL no unicast address of another host (IPv6: of global
 * scope), -ENODEV no such forwarding port, -ENOSPC, -ENOMEM
 */
int control_dhcp_add(struct control *c, uint16_t port, const struct dp_ip *server);
/** @return 0, -ENOENT */
int control_dhcp_del(struct control *c, uint16_t port, const struct dp_ip *server);
/** A neighbour by command: not asked for, not aged, not changed by what peers say. */
struct control_neigh {
	uint16_t port;
	struct dp_ip ip;
	struct dp_adj lladdr; /**< a MAC or an IPoIB address, as the port's kind is */
	bool replace;	      /**< there may be one by command already */
};
/**
 * Add it; a neighbour that was learnt gives way, and is used until then.
 * @return 0, -EEXIST, -ENODEV, -EINVAL no unicast address of another host, -EADDRINUSE the
 *   link-layer address is no unicast address, or ours; -EPERM the port belongs to a bond, -ENOSPC,
 *   -ENOMEM, -EAGAIN
 */
int control_neigh_add(struct control *c, const struct control_neigh *n);
/** @return 0, -ENOENT, -ENODEV, -EAGAIN */
int control_neigh_del(struct control *c, uint16_t port, const struct dp_ip *ip);

/** A path by command: the SA is not asked for it. */
struct control_path {
	uint16_t port;
	struct ib_gid dgid;
	uint16_t dlid;
	uint16_t mtu; /**< of the path, octets: 256, 512, ... 4096 */
	uint8_t sl;
	uint8_t hop_limit; /**< 0: no GRH unless the port always needs one */
};
/**
 * Add it; one that is there gives way, and is used until then.
 * @return 0, -ENODEV no IPoIB port with an HCA, -EINVAL a field cannot be, -ENETDOWN the driver
 *   makes no address handle now, -ENOSPC, -ENOMEM
 */
int control_path_add(struct control *c, const struct control_path *path);
/** The SA is asked again, if the path is needed. @return 0, -ENOENT, -ENODEV */
int control_path_del(struct control *c, uint16_t port, const struct ib_gid *dgid);

/** Forget resolved IP next hops (of one port, or UINT16_MAX: all) but those by command.
 *  @return number, -EAGAIN part */
int control_ip_neigh_flush(struct control *c, uint16_t port);
/** Forget IPoIB neighbours of a port, or of all members of a bond. @return number, -ENODEV, -EAGAIN part of them */
int control_ipoib_neigh_flush(struct control *c, uint16_t port);
/** Forget the paths of a port, or of a bond's members: neighbours become stale and are asked for
 *  again.
 *  @return number, -ENODEV not an IPoIB forwarding port */
int control_path_flush(struct control *c, uint16_t port);

/**
 * What is routed from a port leaves by @p to only, whatever routes say; else it is dropped. This
 * direction only; what we send ourselves is not bound. Until unbound, @p to cannot be removed.
 * @return 0, -ENODEV no such forwarding port, -EINVAL to itself, -EPERM a port belongs to a bond,
 *   -EEXIST it is bound already
 */
int control_bind(struct control *c, uint16_t port, uint16_t to);
/** @return 0, -ENODEV, -ENOENT not bound */
int control_unbind(struct control *c, uint16_t port);

/** What a port does beyond plain routing; all off by default. */
enum control_flag {
	CONTROL_PROXY_ARP,     /**< answer ARP and NS for what we route to another port */
	CONTROL_STRICT_SOURCE, /**< IPoIB: believe ARP and ND only from the LID of the GID's path */
	CONTROL_RA,	       /**< send router advertisements (RFC 4861 6.2) */
	CONTROL_MSS_CLAMP,     /**< lower TCP's MSS to the MTU */
	CONTROL_DIRECTED_BCAST, /**< forward to the subnet's broadcast address (RFC 2644) */
	CONTROL_MCAST,		/**< take part in multicast routing */
	CONTROL_FLAG_MAX
};

/** "proxy-arp", "strict-source", ... by enum control_flag. */
extern const char *const control_flag_name[CONTROL_FLAG_MAX];

/** Set a flag of a port; the same again is no error. @return 0, -ENODEV no such forwarding port,
 *  -EINVAL no such flag, -ENOTSUP not for this kind of port, -EPERM the port belongs to a bond, -ENOMEM */
int control_port_flag(struct control *c, uint16_t port, enum control_flag flag, bool on);

/**
 * The port towards the rest of the network of the multicast proxy (RFC 4605), which also lets it
 * route multicast; all other ports that do are downstream. The one before routes none any more, unless
 * CONTROL_MCAST was set for itself: then it is a downstream one. DP_PORT_NIL: none, packets go between
 * downstream ports only. @return 0, -ENODEV no such forwarding port, -ENOMEM
 */
int control_mcast_upstream(struct control *c, uint16_t port);
/**
 * Let a port have a group as if somebody on its link had asked for it.
 * @return 0; -EEXIST; -ENODEV no such forwarding port; -EINVAL no group that is routed (unicast,
 *   224.0.0.0/24, IPv6 of link-local scope or less); -ENOTCONN the port routes no multicast;
 *   -ENOSPC
 */
int control_mcast_join(struct control *c, uint16_t port, const struct dp_ip *group);
/** Undo control_mcast_join(). @return 0, -ENOENT */
int control_mcast_leave(struct control *c, uint16_t port, const struct dp_ip *group);

/**
 * The ethdev of a port is about to be stopped: it is down from here on, its groups are left, and
 * whatever depends on it (sub-ports, bonds) follows. Addresses, routes and neighbours stay.
 * @return 0; -ENODEV no ethdev port; -EALREADY
 */
int control_port_stop(struct control *c, uint16_t port);
/**
 * It has started, perhaps with other queues: it comes up again, and tells the link its addresses.
 * @return 0, -ENODEV
 */
int control_port_start(struct control *c, uint16_t port);
/**
 * Limit a port's IP MTU; 0: the link's, which is the bound in any case.
 * @return 0; 1 the same, but IPv6 addresses are there and need 1280; -ENODEV no such forwarding
 *   port; -EINVAL below 68 (RFC 791); -ERANGE above what the Ethernet port can do
 */
int control_port_mtu(struct control *c, uint16_t port, uint16_t mtu);

/**
 * Packets with these DSCPs (first to last) go by a traffic class, on an IPoIB port. Class 0 is the
 * default. @return 0, -ENODEV no IPoIB forwarding port, -EINVAL
 */
int control_class_set(struct control *c, uint16_t port, uint8_t first, uint8_t last, uint8_t class);

/** What the SA is asked for the paths of a class. */
enum control_class_by { CONTROL_CLASS_DEFAULT, CONTROL_CLASS_SL, CONTROL_CLASS_QOS };

/**
 * Ask for paths of a class by SL (0..15) or QoS class (0..4095); a peer that the SA refuses one for
 * is reached by the default path. @param class 1..IPOIB_CLASSES - 1
 * @return 0, -ENODEV no IPoIB forwarding port, -EINVAL
 */
int control_class_path(struct control *c, uint16_t port, uint8_t class, enum control_class_by by,
		uint16_t value);

/** Most ports of a bond, and room for its name with the NUL. */
#define CONTROL_BOND_PORTS 4
#define CONTROL_BOND_NAME 16

/** A bond to be made: active-backup, over IPoIB ports of different HCA ports. */
struct control_bond_cfg {
	char name[CONTROL_BOND_NAME]; /**< a letter, then letters and digits */
	uint16_t port;		      /**< a logical IPoIB port, which becomes the bond */
	uint16_t primary;	      /**< active whenever it can be; DP_PORT_NIL: none */
	uint8_t nb;
	uint16_t member[CONTROL_BOND_PORTS]; /**< the first that is usable becomes active */
	char why[128];			     /**< on error: what is in the way, in one line */
};

/**
 * May these ports become a bond? Nothing is changed, and @p cfg->port not looked at.
 * @return 0; -EINVAL name, number of ports, the same port or HCA port twice, primary is none of
 *   them; -EEXIST the name; -ENODEV no IPoIB port with an HCA; -EBUSY in another bond; -EADDRINUSE
 *   has addresses, routes, flags or a binding of its own; -EXDEV other partitions
 */
int control_bond_check(struct control *c, struct control_bond_cfg *cfg);
/** Make it. Addresses, routes and flags are given to @p cfg->port then. It ends with that port
 *  (control_port_leave()). @return as control_bond_check(); -ENOMEM. Nothing is left half done. */
int control_bond_add(struct control *c, struct control_bond_cfg *cfg);
/** @return the bond's port number, or -ENOENT */
int control_bond_find(struct control *c, const char *name);
/** Make a member the active one. @return 0; -ENOENT no such bond; -ENODEV none of its ports;
 *  -ENETDOWN not usable now */
int control_bond_active(struct control *c, const char *name, uint16_t port);

/**
 * Let workers count what they route into @p top, which is theirs until control_top_stop() returned
 * 0. @return 0, -EBUSY they count into another one
 */
int control_top_start(struct control *c, struct dp_top *top);
/** No longer. @return 0, -EAGAIN a worker still does: again */
int control_top_stop(struct control *c);

/* Rows for CLI and telemetry: fixed size, filled from @p offset on, at most @p max.
 * Each returns the number of rows filled, and the number there are in *total. */

struct control_addr_row {
	struct dp_ip ip;
	uint16_t port;
	uint8_t len;
	uint8_t state; /**< enum control_addr_state */
};
struct control_route_row {
	struct dp_ip prefix;
	struct dp_ip via; /**< all zero unless DP_NH_VIA */
	uint8_t len;
	uint8_t type;  /**< enum dp_nh_type */
	uint16_t port; /**< DP_PORT_NIL: of no port */
	bool dead;     /**< gateway does not answer, or its port is down */
	bool used; /**< in the FIB: no other route of the prefix is preferred or answers in its place */
};
struct control_ip_neigh_row {
	struct dp_ip ip;
	uint16_t port;
	uint8_t state; /**< enum ipoib_neigh_state */
	bool fixed;    /**< by control_neigh_add() */
	bool has_lladdr;
	bool is_ipoib;
	struct rte_ether_addr mac;
	struct ipoib_addr lladdr;
	uint32_t idle_s;
	uint16_t queued;
};
struct control_ipoib_neigh_row {
	struct ipoib_addr addr;
	uint16_t port; /**< the one that was asked for, or a bond's member */
	uint8_t state;
	uint8_t kind;
	uint16_t dlid; /**< of its path; 0 unresolved */
	uint32_t ah;
	uint32_t idle_s;
	uint16_t queued;
};
struct control_path_row {
	struct ib_gid dgid;
	uint16_t port; /**< the one that was asked for, or a bond's member */
	uint8_t state; /**< enum ipoib_neigh_state: resolving, valid, stale, failed */
	bool fixed;    /**< by control_path_add() */
	uint16_t dlid, slid, mtu;
	uint8_t sl, rate, hop_limit;
	uint32_t ah;
	uint8_t ways; /**< different address handles in use, over LIDs and traffic classes */
	uint32_t age_s;
};
struct control_mcast_row {
	struct ib_gid mgid;
	uint16_t port; /**< the one that was asked for, or a bond's member */
	uint16_t mlid;
	uint16_t mtu;
	uint32_t qkey;
	uint8_t join_state; /**< bits of enum ipoib_sa_join that the SA has of us */
	char state[12];	    /**< "idle", "joining", "joined", "failed" */
	uint32_t users;	    /**< who receive it here */
	uint16_t queued;    /**< packets that wait for the join */
	bool followed;	    /**< received because it exists (multicast routing) */
};
/** Multicast groups of an IPoIB port, since its start. */
/** Flags of a port, and what its address resolution met. */
struct control_flags_row {
	uint16_t port;
	uint32_t flags;		  /**< bit by enum control_flag */
	bool by_upstream;	  /**< routes multicast only as the upstream port */
	uint16_t mtu;		  /**< of control_port_mtu(); 0: none */
	uint64_t conflicts;	  /**< claims of our addresses by others */
	uint64_t ra_sent;	  /**< router advertisements */
	uint64_t ra_inconsistent; /**< those of others that differ from ours (RFC 4861 6.2.7) */
};
/** A sub-port, or a bound port. */
struct control_port_row {
	uint16_t port;
	uint16_t parent; /**< of a sub-port, else DP_PORT_NIL */
	uint16_t vlan;	 /**< of a sub-port, else 0 */
	uint16_t bind;	 /**< DP_PORT_NIL, or the only port that packets from here leave by */
	uint16_t mtu;
	bool up;
	char reason[64]; /**< why it is down */
};
/** A group that is wanted on a port that routes multicast. */
struct control_member_row {
	struct dp_ip group;
	uint16_t port;
	bool fixed;	    /**< by control_mcast_join() */
	bool upstream;	    /**< we are a member upstream for it */
	bool any;	    /**< whatever the source */
	uint8_t nb_sources; /**< asked for by name */
	uint8_t version;    /**< of the oldest host: as IGMP counts */
	uint32_t expires_s; /**< 0: not by itself */
};
/** A port that routes multicast. */
struct control_mcast_port_row {
	uint16_t port;
	bool upstream;
	struct dp_ip querier4, querier6; /**< downstream; zero: none */
	uint32_t members;
	uint64_t refused; /**< wishes of hosts that there was no room for */
};
/** A DHCP server for the clients of a port. */
struct control_dhcp_row {
	struct dp_ip server;
	uint16_t port;
	uint64_t requests; /**< passed on to it */
	uint64_t replies;  /**< of it, passed on to clients */
};
/** A port of a bond. */
struct control_bond_row {
	char name[CONTROL_BOND_NAME];
	uint16_t bond; /**< port number of the bond */
	uint16_t port;
	bool up, active, primary;
	uint16_t lid;
	struct ib_gid gid;
	char reason[64];    /**< why it is not usable */
	uint64_t failovers; /**< of the bond: changes from one usable port to another */
	uint64_t moved;	    /**< of the bond: packets that waited at one port and left by another */
};
/** A traffic class of a port. */
struct control_class_row {
	uint8_t class;
	uint8_t by;	/**< enum control_class_by */
	uint16_t value; /**< SL or QoS class */
	uint64_t dscps; /**< bit by DSCP */
};
/** A receive queue of an IPoIB port: who is told its QPN sends to it. */
struct control_queue_row {
	uint16_t port; /**< the ethdev port */
	uint16_t queue;
	uint32_t qpn;
	uint32_t peers; /**< that were told its QPN, and are remembered */
};
/** Something that keeps an IPoIB port down, or makes it work worse than it could. */
struct control_warning_row {
	char what[40];	 /**< a counter, or a property of the link */
	char found[96];	 /**< "rose by 12 lately, 345 in all" */
	char advice[96]; /**< what to do */
};
/** One IPoIB port, its SM and its SA client. */
struct control_ipoib_row {
	struct pmd_ipoib_info info;
	bool up;
	char reason[64]; /**< why it is down: "no SM", "no fabric: ...", "port not active" ... */
	uint32_t sa_outstanding, sa_queued;
	uint64_t sa_requests, sa_sends, sa_answers, sa_timeouts, sa_failures, sa_ignored;
	bool sa_alive;
	bool notices; /**< the SA tells of changes; else paths in use are polled */
	uint64_t sa_notices;
	uint32_t sa_window, sa_rtt_us;
	uint64_t limited_refused; /**< paths that we were refused as a limited member */
	uint64_t class_refused;	  /**< answers that a traffic class has no path of its own */
	uint32_t refreshing;	  /**< background queries under way */
	uint32_t stale;		  /**< paths that wait to be asked for again */
	uint32_t sets;		  /**< sets of address handles */
	uint64_t mad_sent, mad_received;
	uint32_t paths, ahs;
	struct ipoib_neigh_stats neigh;
	struct control_mcast_stats mcast;
};

uint32_t control_addr_rows(struct control *c, uint32_t offset, struct control_addr_row *rows,
		uint32_t max, uint32_t *total);
uint32_t control_route_rows(struct control *c, uint32_t offset, struct control_route_row *rows,
		uint32_t max, uint32_t *total);
/** The routes that a packet to @p ip follows: several are next hops of one. */
uint32_t control_route_get(struct control *c, const struct dp_ip *ip,
		struct control_route_row *rows, uint32_t max, uint32_t *total);
uint32_t control_ip_neigh_rows(struct control *c, uint32_t offset,
		struct control_ip_neigh_row *rows, uint32_t max, uint32_t *total);
uint32_t control_flags_rows(struct control *c, uint32_t offset, struct control_flags_row *rows,
		uint32_t max, uint32_t *total);
/** Ports that are bound, or 802.1Q sub-ports. */
uint32_t control_port_rows(struct control *c, bool bound, uint32_t offset,
		struct control_port_row *rows, uint32_t max, uint32_t *total);
uint32_t control_dhcp_rows(struct control *c, uint32_t offset, struct control_dhcp_row *rows,
		uint32_t max, uint32_t *total);
uint32_t control_member_rows(struct control *c, uint32_t offset, struct control_member_row *rows,
		uint32_t max, uint32_t *total);
uint32_t control_mcast_port_rows(struct control *c, uint32_t offset,
		struct control_mcast_port_row *rows, uint32_t max, uint32_t *total);
/** The next three: of a bond those of all its members, one after the other; 0 rows and total 0 for a
 *  port that is not IPoIB. */
uint32_t control_ipoib_neigh_rows(struct control *c, uint16_t port, uint32_t offset,
		struct control_ipoib_neigh_row *rows, uint32_t max, uint32_t *total);
uint32_t control_path_rows(struct control *c, uint16_t port, uint32_t offset,
		struct control_path_row *rows, uint32_t max, uint32_t *total);
uint32_t control_mcast_rows(struct control *c, uint16_t port, uint32_t offset,
		struct control_mcast_row *rows, uint32_t max, uint32_t *total);
/** Also those that are not set; 0 rows and total 0 for a port that is not IPoIB. */
uint32_t control_class_rows(struct control *c, uint16_t port, uint32_t offset,
		struct control_class_row *rows, uint32_t max, uint32_t *total);
/** @param bond its port number; DP_PORT_NIL: all bonds' */
uint32_t control_bond_rows(struct control *c, uint16_t bond, uint32_t offset,
		struct control_bond_row *rows, uint32_t max, uint32_t *total);
/** Receive queues of an IPoIB port, of a bond's active one; 0 rows for a port of another kind. */
uint32_t control_queue_rows(struct control *c, uint16_t port, uint32_t offset,
		struct control_queue_row *rows, uint32_t max, uint32_t *total);
/** Of a bond: what its active port is. @return 0, -ENODEV not an IPoIB forwarding port */
int control_ipoib_row(struct control *c, uint16_t port, struct control_ipoib_row *row);
/** As fabric tools warn; counters that rise are among them for two minutes. */
uint32_t control_warning_rows(struct control *c, uint16_t port, uint32_t offset,
		struct control_warning_row *rows, uint32_t max, uint32_t *total);

/** Packets that wait in neighbour and multicast queues. */
uint64_t control_queued(struct control *c);

#endif /* CONTROL_H */

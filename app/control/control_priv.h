/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef CONTROL_PRIV_H
#define CONTROL_PRIV_H

/*
 * What the files of the control core share. Everything runs in the control thread, unless it says
 * otherwise; nothing blocks.
 *
 * This is the IP half (addresses, routes, ARP, ICMP); the other one, the resolver, is
 * lib/ipoib_ctrl, which calls back only through the hooks in struct control.
 *
 * A function that takes an mbuf "for good" owns it: it ends in a ring, a queue, or freed and
 * counted.
 */

#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <rte_ip.h>
#include <rte_log.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include "control.h"
#include "dp.h"
#include "ipoib_ctrl.h"

static_assert(CTL_PORTS_MAX == DP_PORTS_MAX, "the resolver's ports are the data path's");
static_assert(CTL_WAYS_MAX == CONTROL_BOND_PORTS, "a bond's members");

/* Most punted packets of one tick. */
#define CTL_PUNTS_MAX 256

/* What is wrong with a packet, for either family's ICMP. */
enum ctl_ip_error {
	CTL_ERR_NET,   /* no route */
	CTL_ERR_HOST,  /* next hop or path does not answer */
	CTL_ERR_PROTO, /* nobody here takes it */
	CTL_ERR_PORT,
	CTL_ERR_TOO_BIG,
	CTL_ERR_TTL,
	CTL_ERR_PROHIBIT,
	CTL_ERR_SCOPE,	   /* IPv6: link-local source beyond its link */
	CTL_ERR_REASSEMBLY /* not all fragments came in time */
};

struct ctl_gmembers;
struct ctl_mproxy;
struct mp_port;

/*
 * Our addresses on a port are told to its link in two rounds, at a bounded pace. one() tells of
 * the first address from number *at on and moves *at behind it. @return false: there is none
 */
struct ctl_announce {
	struct ctl_port *p;
	bool (*one)(struct ctl_port *p, uint32_t *at);
	struct ctl_timer timer;
	uint64_t began; /* the round */
	uint32_t at;
	uint8_t rounds; /* still to go, with this one */
	bool again;	/* asked for anew meanwhile */
	uint8_t urgent; /* so many rounds follow soon */
};

/* When we last stood up for an address (RFC 5227 2.4). */
#define CTL_DEFENCES 8
struct ctl_defence {
	struct dp_ip ip;
	uint64_t when; /* 0: free */
};

struct ctl_nd;
struct ctl_bond;
struct ctl_probe;
struct ctl_filter;

/* What the IP half has of a port. */
struct ctl_port_ip {
	uint32_t flags; /* bit by enum control_flag; see ctl_flag() */
	struct ctl_announce garp;
	struct ctl_defence defence[CTL_DEFENCES];
	uint64_t conflicts;
	struct ctl_nd *nd;  /* IPv6; NULL until nd_init() */
	struct mp_port *mp; /* multicast proxy; NULL until needed */
	/* Next hops with a link-layer address, the newest first. */
	TAILQ_HEAD(, ctl_l3) peers;
	struct ctl_spread *spread; /* of peers over its receive queues; NULL on Ethernet */
	struct ctl_bond *bond;	   /* that it is, or belongs to; NULL: none */
	uint64_t leave_until;
	struct ctl_bucket arp_bucket;
};

/* A next hop's change of address. */
enum ctl_move {
	CTL_MOVE_NONE,
	CTL_MOVE_WAITS,	 /* for the new address's path; workers use the old one */
	CTL_MOVE_LINGERS /* workers use the new one; the old one is forgotten soon */
};

/* An IP next hop. */
struct ctl_l3 {
	struct control *c;
	struct ipoib_neigh_rec *rec;
	struct ctl_port *owner; /* on whose list of peers it is; NULL: no address yet */
	uint16_t port;
	struct dp_ip ip;
	uint32_t adj; /* UINT32_MAX: never resolved */
	uint8_t tries;
	bool probing;
	bool on_ready;	/* resolved, to be published */
	bool delaying;	/* IPv6: DELAY of RFC 4861 7.3.2 */
	bool reachable; /* confirmed, not only heard of */
	bool is_router; /* so it says in its NAs */
	bool fixed;	/* by command: never asked for, never another by what is heard */
	TAILQ_ENTRY(ctl_l3) ready;
	TAILQ_ENTRY(ctl_l3) peer; /* of its port, once it has an address */
	uint64_t confirmed;
	struct ctl_timer timer;
	/* While its peer moves (l3_move.c). */
	enum ctl_move move;
	struct ipoib_addr was; /* what workers use, or have just used */
	uint64_t move_end;
	TAILQ_ENTRY(ctl_l3) moving;
};

struct ctl_route {
	struct dp_ip prefix;
	struct dp_ip via; /* zero unless DP_NH_VIA */
	uint8_t len;
	uint8_t type; /* enum dp_nh_type; never DP_NH_ECMP: that is several DP_NH_VIA */
	uint16_t port;
	uint32_t nh;  /* its own next hop */
	uint32_t cur; /* what its prefix has in the FIB: the same in all routes of a prefix */
	uint32_t refs;
	uint32_t seq;
};

/* Changes of the FIB that are published together: an address has four routes. */
#define CTL_FIB_OPS 32

struct ctl_fib_op {
	struct dp_ip prefix;
	uint8_t len;
	bool is4;
	uint32_t nh; /* 0: delete */
};

struct ctl_fib {
	/* The tables that workers do not read, or will leave. */
	struct rte_fib *shadow;
	struct rte_fib6 *shadow6; /* NULL: no IPv6 */
	struct ctl_fib_op ops[CTL_FIB_OPS];
	uint32_t nb_ops;
	bool changed4, changed6;
	bool settling; /* published; a shadow may still be read, and lacks the changes */
	uint64_t token;
};

/* Next hops of routes, by number. */
struct ctl_nhs {
	struct rte_hash *index; /* by struct dp_nh */
	uint32_t *refs;
	uint32_t high;	   /* none from here on was ever used */
	uint32_t *retired; /* those that a table may still name */
	uint32_t nb_retired;
	uint32_t *free;
	uint32_t nb_free;
	uint64_t *died; /* when a gateway ceased to answer; 0: it did not */
	uint32_t nb_dead;
	uint32_t probe_at; /* dead ones from here on are still to be asked in this round */
	struct ctl_timer probe;
};

struct ctl_routes {
	struct control_addr_row *addrs;
	uint32_t nb_addrs, cap_addrs;
	struct ctl_route *tab; /* sorted by family, prefix, length, preference */
	uint32_t nb, cap;
	uint32_t seq;
	uint32_t nb_tbl8, nb_tbl8_6; /* see routes_room() */
	/* Static routes by gateways of this subnet may have lost their link. */
	bool recheck;
	uint32_t recheck_at;
	struct control_addr_row lost;
	/* Routes with several gateways may have lost one, or got it back. */
	bool sweep;
	uint32_t sweep_at;
	uint64_t ports_up; /* as the last sweep knew them */
};

struct ctl_adjs {
	uint32_t *refs;
	uint32_t *free;
	uint32_t nb_free;
};

/* Who sends us ARP and ND, and how much of it. */
#define CTL_SOURCES_SETS 256
#define CTL_SOURCES_WAYS 4
struct ctl_source {
	uint64_t key; /* 0: free */
	struct ctl_bucket bucket;
};

/* ARP and ND of strict-source ports that wait for the path to the GID they claim. */
#define CTL_TRUST_MAX 256
struct ctl_trust {
	struct rte_mbuf *pkts[CTL_TRUST_MAX];
	struct ib_gid gid[CTL_TRUST_MAX];
	uint64_t since[CTL_TRUST_MAX];
	uint32_t nb;
	struct ctl_timer timer;
};

struct rte_hash;
struct rte_ip_frag_tbl;
struct rte_ip_frag_death_row;
struct ctl_dhcp;

/* What the IP half has of its own. */
struct control_ip {
	struct rte_ring *calls;
	_Atomic bool asleep; /* in control_sleep(): who has put a call into the ring is to post */
	sem_t wake;
	struct ctl_routes routes;
	struct ctl_nhs nhs;
	struct ctl_fib fib;
	struct ctl_adjs adjs;
	struct ctl_park park; /* for the L3 table */
	TAILQ_HEAD(, ctl_l3) l3_ready;
	TAILQ_HEAD(, ctl_l3) l3_moves;
	uint32_t nb_moves, nb_moves_wait;
	uint64_t punts; /* taken from the punt ring, ever */
	/* Of each worker's, and whether workers are still to be told: see punts_tell(). */
	uint64_t handled[DP_WORKERS_MAX];
	bool untold;
	uint64_t gone[DP_PORTS_MAX]; /* where that was when a port was taken away; see port.c */
	struct ctl_park lost;	     /* from the undelivered hook; at the encapsulation header */
	struct ctl_bucket icmp_bucket;
	struct ctl_bucket icmp_port_bucket[DP_PORTS_MAX];
	struct ctl_bucket warn_bucket;
	struct ctl_source (*sources)[CTL_SOURCES_WAYS]; /* CTL_SOURCES_SETS */
	uint64_t sources_seed;
	struct ctl_gmembers *gmembers;
	struct ctl_mproxy *mproxy;
	struct ctl_trust *trust;   /* NULL until a port is strict */
	struct ctl_probe *probe;   /* ping and the like under way; NULL: none */
	struct ctl_filter *filter; /* NULL until there is a rule */
	uint16_t ip_id;
	bool top_busy;	    /* workers count by next hop, or may still */
	uint64_t top_token; /* 0: they are to */
	struct rte_ip_frag_tbl *frag_tbl;
	struct rte_ip_frag_death_row *frag_dr;
	struct ctl_timer frag_timer;
	uint32_t frags_held;
	struct ctl_dhcp *dhcp; /* NULL until a server is given */
	/* A flag of a port was changed; NULL: nobody cares. */
	void (*flag_changed)(
			struct control *c, struct ctl_port *p, enum control_flag flag, bool on);
	/* A port receives a group from now on, or ceases to: routers are told. NULL: nobody cares. */
	void (*membership)(struct control *c, struct ctl_port *p, const struct dp_ip *group,
			bool joined);
};

/* Time; tests replace it. NULL: the real one. */
void control_clock_set(uint64_t (*fn)(void));

/* --- counting --- */

static inline struct dp_counters *
ctl_ctr(struct control *c, uint16_t port)
{
	return &c->dp->ctl[port < DP_PORTS_MAX ? port : 0];
}

/* Free a packet and count why, at the port that it came from (or is made for). */
static inline void
ctl_drop(struct control *c, enum dp_drop why, struct rte_mbuf *m)
{
	dp_count(&ctl_ctr(c, m->port)->drop[why], 1);
	rte_pktmbuf_free(m);
}

/* Free a packet that ended with us. */
static inline void
ctl_delivered(struct control *c, struct rte_mbuf *m)
{
	dp_count(&ctl_ctr(c, m->port)->delivered, 1);
	rte_pktmbuf_free(m);
}

/* An empty packet of our own, counted as originated at the port it is made for; or NULL. */
struct rte_mbuf *ctl_alloc(struct control *c, uint16_t port);

/* Give up all that a port has. */
void ctl_port_free(struct ctl_port *p);

static inline bool
ctl_flag(const struct ctl_port *p, enum control_flag flag)
{
	return (p->ip->flags & RTE_BIT32(flag)) != 0;
}

/* Ethertype of an IP packet; data at its header. */
static inline uint16_t
ctl_ethertype(const struct rte_mbuf *m)
{
	return *rte_pktmbuf_mtod(m, const uint8_t *) >> 4 == 6 ? RTE_ETHER_TYPE_IPV6
							       : RTE_ETHER_TYPE_IPV4;
}

/* Take the L3 key from the front of a punted or parked packet. */
static inline void
ctl_l3_key_pull(struct rte_mbuf *m, uint16_t *port, struct dp_ip *ip)
{
	dp_l3_key_get(rte_pktmbuf_mtod(m, const struct ipoib_addr *), port, ip);
	rte_pktmbuf_adj(m, IPOIB_ADDR_LEN);
}

/* --- links of all kinds (port_link.c) --- */

int port_link_init(struct ctl_port *p);
void port_link_fini(struct ctl_port *p);
/* For good. */
void port_link_leave(struct ctl_port *p);
/* The hook: those above a port follow its link. */
void port_link_followed(struct control *c, struct ctl_port *parent);
/* The link of a logical port is what its bond has. mtu 0: as it was. */
void link_follow(struct ctl_port *p, bool up, uint16_t mtu, const char *reason);

/* --- bonds (bond.c) --- */

bool bond_is_member(const struct ctl_port *p);
/* A member's link has changed. */
void bond_follow(struct ctl_port *member);
/* Where what was to leave by p leaves now: by the active member, if p is another one. */
struct ctl_port *bond_way(struct ctl_port *p);
/* The ports that p may really send by: a bond's members, else the one. @return number */
uint32_t bond_ports(struct ctl_port *p, struct ctl_port *ports[CONTROL_BOND_PORTS]);
/* GID that stands for p, however often a bond fails over. */
const struct ib_gid *bond_gid(const struct ctl_port *p);
/* Is it an address of p, or of any member, with one of its QPNs? */
bool bond_addr_is_own(const struct ctl_port *p, const struct ipoib_addr *addr);
/* MTU of the link, the least of the members' */
uint16_t bond_link_mtu(struct ctl_port *p);
/* A next hop of p has this link-layer address now; has the old one no more; or goes. */
void bond_peer_new(struct ctl_port *p, const struct ipoib_addr *now);
void bond_peer_old(struct ctl_port *p, const struct ipoib_addr *old);
void bond_peer_gone(struct ctl_port *p, const struct ctl_l3 *e);
/* The bond is about to go: its members are free. */
void bond_leave(struct ctl_port *p);
void bond_fini(struct ctl_port *p);

/* --- requests from other threads (call.c) --- */

int calls_init(struct control *c);
void calls_fini(struct control *c);
/* Serve one. @return whether there was one */
bool calls_run(struct control *c);

#include "control_ip.h"

#endif /* CONTROL_PRIV_H */

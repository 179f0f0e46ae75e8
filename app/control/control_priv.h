/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef CONTROL_PRIV_H
#define CONTROL_PRIV_H

/*
 * What the files of the control core share. Everything runs in the control thread, unless it says
 * otherwise; nothing blocks.
 *
 * Two halves: the resolver (HCA, link, multicast, path, neighbour) knows InfiniBand and is called
 * with 20-octet addresses; the IP half (addresses, routes, ARP, ICMP) calls it and is called back
 * only through struct control's link_up and alive hooks.
 *
 * A function that takes an mbuf "for good" owns it: it ends in a ring, a queue, or freed and
 * counted.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <rte_ip.h>
#include <rte_log.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include "control.h"
#include "dp.h"
#include "ipoib_neigh.h"
#include "ipoib_sa.h"
#include "pmd_ipoib.h"

extern int ctl_logtype;
#define CTL_LOG(level, fmt, ...) \
	rte_log(RTE_LOG_##level, ctl_logtype, "control: " fmt "\n", ##__VA_ARGS__)

#define CTL_US_PER_MS 1000ull
#define CTL_US_PER_S 1000000ull

/* Bounds of one tick. */
#define CTL_PUNTS_MAX 256
#define CTL_BURST 32
#define CTL_TIMERS_MAX 256
#define CTL_PUBLISH_MAX 256
#define CTL_ITERATE_MAX 256
/* Packets that wait for a table which answered -EAGAIN. */
#define CTL_PARKED_MAX 256
/* Pieces of an IP packet: at 64 KB this is enough down to an MTU of 540. */
#define CTL_PARTS_MAX 128
/* Background path queries of a port under way at a time: half of the window is for packets that
 * wait. */
#define CTL_REFRESH_MAX (IPOIB_SA_WINDOW / 2)
/* Life of a path record. */
#define CTL_PATH_TTL_US (600 * CTL_US_PER_S)
/* Life of a path that nothing uses. */
#define CTL_PATH_IDLE_US (60 * CTL_US_PER_S)

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

struct ctl_port;

/* Packets that wait in order for a table which answered -EAGAIN. */
struct ctl_park {
	struct rte_mbuf *pkts[CTL_PARKED_MAX];
	uint32_t head, nb;
};

/* Timers: a binary heap. The object lies inside its owner. */
struct ctl_timer {
	uint64_t due;
	uint64_t seq; /* of those with the same due */
	uint32_t pos; /* in the heap, from 1; 0: not set */
	void (*fn)(struct control *c, void *arg);
	void *arg;
};

struct ctl_timers {
	struct ctl_timer **heap; /* from 1 */
	uint32_t nb, cap, reserved;
	uint64_t seq;
};

int timer_init(struct control *c, struct ctl_timer *t, void (*fn)(struct control *c, void *arg),
		void *arg);
void timer_fini(struct control *c, struct ctl_timer *t);
void timer_set(struct control *c, struct ctl_timer *t, uint64_t due);
void timer_stop(struct control *c, struct ctl_timer *t);
/* Run what is due, at most CTL_TIMERS_MAX. */
void timers_run(struct control *c);
/* When the first is due; UINT64_MAX: none. */
uint64_t timers_next(const struct control *c);
void timers_free(struct control *c);

/* Token bucket; starts full. */
struct ctl_bucket {
	uint64_t last;
	uint64_t tokens_us; /* tokens, in microseconds of their making */
	bool started;
};
bool bucket_take(struct ctl_bucket *b, uint64_t now, uint32_t per_s, uint32_t burst);

/* v +- pct percent. */
uint64_t ctl_jitter(uint64_t v, uint32_t pct);

/* One HCA port: a MAD connection and an SA client, shared by the ports on it. */
struct ctl_hca {
	LIST_ENTRY(ctl_hca) next;
	struct control *c;
	int id;
	uint16_t poll_port;
	struct ipoib_mad *mad;
	struct ipoib_sa *sa;
	bool alive;	    /* the SA answers */
	bool alive_changed; /* and its ports do not know yet */
	uint8_t info;	    /* what is known of sendonly_full; see mcast.h */
	bool sendonly_full; /* the SA lets send-only members make a group */
	ipoib_sa_req_t info_req;
	struct ctl_events *ev;
};

enum ctl_mcast_state { CTL_MCAST_IDLE, CTL_MCAST_JOINING, CTL_MCAST_JOINED, CTL_MCAST_FAILED };

/* A multicast group. */
struct ctl_mcast {
	struct ctl_port *p;
	struct ib_gid mgid;
	enum ctl_mcast_state state;
	uint8_t join;		   /* broadcast group: enum ipoib_sa_join */
	struct ib_gid port_gid;	   /* as joined */
	struct ipoib_sa_mcast rec; /* valid while joined */
	uint32_t ah;		   /* PMD_IPOIB_AH_NONE unless joined */
	ipoib_sa_req_t req;	   /* to join, or to verify */
	uint32_t fails;
	int status; /* of the last join */
	uint16_t sa_status;
	struct ctl_timer timer;
	uint8_t held; /* bits of enum ipoib_sa_join that the SA has of us */
	/* Not the broadcast group, from here on. */
	uint8_t asked;		  /* the bit that req is to get */
	uint32_t users;		  /* who want to receive it */
	bool followed;		  /* received because it exists; see mcast_seen.c */
	bool sending;		  /* sent to, not long ago */
	bool forwarded;		  /* workers send to it */
	bool again;		  /* membership is doubtful: join once more */
	bool verifying;		  /* req asks whether we are a member */
	bool attached, receiving; /* so the driver was told */
	bool on_ready, on_lru, on_members;
	struct ipoib_pktq queue;
	uint64_t used; /* when control sent to it last */
	uint64_t verify_at;
	LIST_ENTRY(ctl_mcast) bucket;
	TAILQ_ENTRY(ctl_mcast) ready, lru, member;
};

struct ctl_mcasts;
struct ctl_gmembers;
struct ctl_nlwatch;
struct ctl_mproxy;
struct mp_port;

/* A path to a GID. */
struct ctl_path {
	LIST_ENTRY(ctl_path) bucket;
	TAILQ_ENTRY(ctl_path) ready;
	TAILQ_ENTRY(ctl_path) refresh;
	TAILQ_ENTRY(ctl_path) idle;
	TAILQ_ENTRY(ctl_path) known; /* while there is an address handle */
	TAILQ_ENTRY(ctl_path) asking;
	struct ctl_port *p;
	struct ib_gid dgid;
	uint8_t state; /* enum ipoib_neigh_state */
	bool on_ready, on_refresh, on_idle, on_asking;
	bool fixed;	 /* by command: the SA is not asked */
	bool refreshing; /* the query under way is a background one */
	bool again;	 /* its answer may be out of date: ask once more */
	bool all_legs;	 /* the next answer asks for the legs anew */
	struct ipoib_sa_path rec;
	struct pmd_ipoib_av av;
	uint32_t ah;  /* PMD_IPOIB_AH_NONE: never resolved */
	uint32_t set; /* number of the set in use, CTL_SET_FIRST and up; PMD_IPOIB_AH_NONE: none */
	struct ctl_legs *legs; /* NULL: there is but one way */
	ipoib_sa_req_t req;
	uint64_t updated;
	uint64_t checked; /* or found unused */
	uint64_t hinted;
	uint64_t idle_since;
	uint32_t fails;
	struct ctl_timer timer;
};

/* What the SA is asked for a traffic class; see control_class_path(). */
struct ctl_class {
	bool has_sl, has_qos;
	uint8_t sl;
	uint16_t qos_class;
};

/* Use counts of sets of address handles (struct dp_ahset), by index. */
struct ctl_sets {
	uint32_t *refs; /* DP_AHSET_MAX; NULL until first needed */
	uint32_t *free;
	uint32_t nb_free;
	uint32_t high; /* none from here on was ever used */
};

/* Number of the first set: above those of address handles, a multiple of DP_AHSET_MAX. */
#define CTL_SET_FIRST 0x40000000u
static_assert(CTL_SET_FIRST % DP_AHSET_MAX == 0, "the low bits of a set's number are its index");

/* Use count of an address handle, by its number. */
struct ctl_ah {
	uint32_t refs;
	uint32_t next; /* of the list of dead ones */
	uint64_t due;
};

struct ctl_ahs {
	struct ctl_ah *tab;
	uint32_t cap;
	uint32_t nb;
	uint32_t dead_first, dead_last; /* UINT32_MAX: none */
};

LIST_HEAD(ctl_path_list, ctl_path);
TAILQ_HEAD(ctl_path_queue, ctl_path);

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

/* What paths and groups are asked for in the name of. */
struct ctl_identity {
	struct ib_gid gid;
	uint16_t lid, sm_lid;
	uint8_t lmc;
	bool grh_required;
};

/* A forwarding port. */
struct ctl_port {
	struct control *c;
	uint16_t id;
	enum dp_port_kind kind;
	struct dp_port *dp;
	bool up;
	struct ctl_timer watch; /* link state */
	uint32_t flags;		/* bit by enum control_flag; see ctl_flag() */
	struct ctl_announce garp;
	struct ctl_defence defence[CTL_DEFENCES];
	uint64_t conflicts;
	struct ctl_nd *nd;  /* IPv6; NULL until nd_init() */
	struct mp_port *mp; /* multicast proxy; NULL until needed */
	/* Next hops with a link-layer address, the newest first. */
	TAILQ_HEAD(, ctl_l3) peers;
	struct ctl_spread *spread; /* of peers over its receive queues; NULL on Ethernet */
	/* Of a logical port: the port that really sends (parent of a sub-port, active member of a
	 * bond). NULL: this one does. See ctl_real(). */
	struct ctl_port *lower;
	struct ctl_bond *bond; /* that it is, or belongs to; NULL: none */
	bool leaving;	       /* being taken away: nothing new is to begin with it */
	bool stopped;	       /* by command */
	uint64_t leave_until;
	struct ctl_bucket arp_bucket;

	/* IPoIB only, from here on. */
	struct ctl_hca *hca;
	struct ipoib_neigh *neigh;
	struct pmd_ipoib_info info;
	uint32_t events;	      /* enum ipoib_mad_event, not yet looked at */
	struct ctl_identity known_as; /* when the SA was last asked for everything */
	bool usable;		      /* ACTIVE, with SM and P_Key: groups can be joined */
	char reason[64];
	struct ctl_mcast bcast;
	struct ctl_mcasts *mc; /* all other groups */
	struct ctl_ahs ahs;
	struct ctl_path_list *paths;
	uint32_t path_mask, nb_paths, max_paths;
	uint32_t path_seed;
	struct ctl_path_queue ready;   /* resolved, to be published at the end of the tick */
	struct ctl_path_queue refresh; /* to be asked for again */
	struct ctl_path_queue idle;    /* perhaps without a neighbour, oldest first */
	struct ctl_path_queue known;   /* the longest unchecked first */
	struct ctl_path_queue asking;  /* with legs that are due */
	uint32_t nb_refreshing;
	uint64_t verify_before; /* what was checked before that is doubtful */
	struct ctl_bucket verify_bucket, event_bucket, prefetch_bucket;
	uint16_t admin_mtu; /* 0: the link's */
	struct ctl_class class[DP_CLASSES];
	uint64_t class_refused, limited_refused;
	struct ctl_sets sets;
	struct ctl_park park; /* the 20-octet address is in front of the data */
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

struct control {
	struct dp *dp;
	struct control_cfg cfg;
	uint64_t now; /* of this tick */
	struct ctl_timers timers;
	struct rte_ring *calls;
	struct ctl_port *ports[DP_PORTS_MAX];
	LIST_HEAD(, ctl_hca) hcas;
	struct ctl_routes routes;
	struct ctl_nhs nhs;
	struct ctl_fib fib;
	struct ctl_adjs adjs;
	struct ctl_park park; /* for the L3 table */
	TAILQ_HEAD(, ctl_l3) l3_ready;
	uint64_t punts; /* taken from the punt ring, ever */
	/* Of each worker's, and whether workers are still to be told: see punts_tell(). */
	uint64_t handled[DP_WORKERS_MAX];
	bool untold;
	uint64_t gone[DP_PORTS_MAX]; /* where that was when a port was taken away; see port.c */
	struct ctl_park lost; /* from the resolver's undelivered hook; at the encapsulation header */
	struct ctl_bucket icmp_bucket;
	struct ctl_bucket icmp_port_bucket[DP_PORTS_MAX];
	struct ctl_bucket warn_bucket;
	uint64_t inject_patience; /* until when full rings are waited for; 0: they are not */
	struct ctl_source (*sources)[CTL_SOURCES_WAYS]; /* CTL_SOURCES_SETS */
	uint64_t sources_seed;
	struct ctl_gmembers *gmembers;
	struct ctl_mproxy *mproxy;
	struct ctl_nlwatch *nlwatch; /* NULL: no real HCA */
	struct ctl_trust *trust;     /* NULL until a port is strict */
	struct ctl_probe *probe;     /* ping and the like under way; NULL: none */
	struct ctl_filter *filter;   /* NULL until there is a rule */
	uint16_t ip_id;
	bool top_busy;	    /* workers count by next hop, or may still */
	uint64_t top_token; /* 0: they are to */
	bool closing;
	struct rte_ip_frag_tbl *frag_tbl;
	struct rte_ip_frag_death_row *frag_dr;
	struct ctl_timer frag_timer;
	uint32_t frags_held;
	struct ctl_dhcp *dhcp; /* NULL until a server is given */
	/* Hooks of the IP half, called by the resolver. */
	void (*link_up)(struct control *c, struct ctl_port *p);
	void (*alive)(struct control *c, struct ctl_hca *h);
	/* A flag of a port was changed; NULL: nobody cares. */
	void (*flag_changed)(
			struct control *c, struct ctl_port *p, enum control_flag flag, bool on);
	/* A port receives a group from now on, or ceases to: routers are told. NULL: nobody cares. */
	void (*membership)(struct control *c, struct ctl_port *p, const struct dp_ip *group,
			bool joined);
	/* A group of the port's partition was made or deleted, by whomever. NULL: nobody cares. */
	void (*group_seen)(struct control *c, struct ctl_port *p, const struct ib_gid *mgid,
			bool exists);
	/* Takes m (at the encapsulation header) for good; only puts it aside, whatever is under way. */
	void (*undelivered)(struct control *c, struct rte_mbuf *m);
	/*
	 * m (at the encapsulation header) leaves by a path with this IP MTU; it may have waited for
	 * it. Small enough: parts[0] is m. Else m is taken for good: cut into parts, each at its
	 * encapsulation header, for the caller to send in its place, or answered and dropped.
	 * @return number of parts, 0..CTL_PARTS_MAX
	 */
	uint16_t (*narrow)(struct control *c, uint16_t mtu, struct rte_mbuf *m,
			struct rte_mbuf **parts);
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

/* A port that is there, and is to stay. */
static inline struct ctl_port *
ctl_port(const struct control *c, uint16_t port)
{
	struct ctl_port *p = port < DP_PORTS_MAX ? c->ports[port] : NULL;

	return p != NULL && !p->leaving ? p : NULL;
}

/* Give up all that a port has. */
void ctl_port_free(struct ctl_port *p);

/* The port that sends for p: frames, neighbour tables and address handles are its. */
static inline struct ctl_port *
ctl_real(struct ctl_port *p)
{
	return p->lower != NULL ? p->lower : p;
}

static inline bool
ctl_flag(const struct ctl_port *p, enum control_flag flag)
{
	return (p->flags & RTE_BIT32(flag)) != 0;
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

/* Queue of parked packets. @return whether there was room */
static inline bool
park_put(struct ctl_park *q, struct rte_mbuf *m)
{
	if (q->nb == CTL_PARKED_MAX)
		return false;
	q->pkts[(q->head + q->nb++) % CTL_PARKED_MAX] = m;
	return true;
}

/* The first one; it stays until park_pop(). */
static inline struct rte_mbuf *
park_first(const struct ctl_park *q)
{
	return q->nb == 0 ? NULL : q->pkts[q->head];
}

static inline void
park_pop(struct ctl_park *q)
{
	q->head = (q->head + 1) % CTL_PARKED_MAX;
	q->nb--;
}

/* --- resolver: HCA and link (link.c) --- */

int hca_get(struct control *c, uint16_t port_id, struct ctl_hca **h);
/* The port leaves its HCA, whose SA client goes with the last one. */
void hca_put(struct ctl_port *p);
void hcas_poll(struct control *c);
void hcas_free(struct control *c);
int link_init(struct ctl_port *p);
void link_fini(struct ctl_port *p);
/* For good: leave all groups, and do not come up again. */
void link_leave(struct ctl_port *p);
/* Look at the port now if something happened. */
void link_run(struct ctl_port *p);
/* The broadcast group was joined, lost, or could not be joined. */
void link_bcast_changed(struct ctl_port *p);

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
/* A next hop of p has another link-layer address (old NULL: its first), or goes. */
void bond_peer_changed(
		struct ctl_port *p, const struct ipoib_addr *old, const struct ipoib_addr *now);
void bond_peer_gone(struct ctl_port *p, const struct ctl_l3 *e);
/* The bond is about to go: its members are free. */
void bond_leave(struct ctl_port *p);
void bond_fini(struct ctl_port *p);

/* --- resolver: subscriptions to the SA's notices (events.c) --- */

/* Do notices tell of ports that come, go, or change? Else paths are polled. */
bool events_told(const struct ctl_hca *h);
/* End the subscriptions; the answers are not waited for. */
void events_leave(struct ctl_hca *h);

/* --- resolver: address handles (ah.c) --- */

int ah_create(struct ctl_port *p, const struct pmd_ipoib_av *av, uint32_t *ah);
void ah_get(struct ctl_port *p, uint32_t ah);
void ah_put(struct ctl_port *p, uint32_t ah);
/* Destroy what nobody uses any more. */
void ah_reap(struct ctl_port *p);
void ah_fini(struct ctl_port *p);
/* The handle that a worker takes for m (at the encapsulation header). number: of a handle or set */
uint32_t ah_of(const struct ctl_port *p, uint32_t number, struct rte_mbuf *m);

/* --- resolver: multicast (mcast*.c, nlwatch.c) --- */

int mcast_init(struct ctl_port *p);
void mcast_fini(struct ctl_port *p);
/* Join the broadcast group, or make sure that we are a member; all other groups follow. */
void mcast_bcast_join(struct ctl_port *p);
/* Forget the broadcast group and all memberships. */
void mcast_bcast_lost(struct ctl_port *p);
/* Leave all groups; the answers are not waited for. */
void mcast_bcast_leave(struct ctl_port *p);
/* Send to a multicast address; m starts at the encapsulation header; takes it for good. */
void mcast_send(struct ctl_port *p, const struct ipoib_addr *addr, struct rte_mbuf *m);
/* Receive a group: uses are counted; joined whenever the port is up. @return 0, -ENOSPC */
int mcast_join(struct ctl_port *p, const struct ib_gid *mgid);
void mcast_leave(struct ctl_port *p, const struct ib_gid *mgid);
/* Tell workers of groups that were joined. */
void mcast_run(struct ctl_port *p);
bool mcast_busy(const struct ctl_port *p);
/* Packets that wait. */
uint32_t mcast_queued(const struct ctl_port *p);
/* An entry of the neighbour table is about to go: from its evict callback, multicast only. */
void mcast_neigh_gone(struct ctl_port *p, const struct ipoib_neigh_rec *rec);
/* Ask the SA soon whether we still are members. */
void mcast_verify_now(struct ctl_port *p);
/* The SA told of a group's creation or deletion (traps 66, 67). */
void mcast_notice(struct ctl_hca *h, uint16_t trap, const struct ib_gid *mgid);
/* As a router, receive all groups that exist on the link, while they exist. */
void mcast_follow(struct ctl_port *p, bool on);
/* Groups of the link that are known to exist. fn changes nothing. */
void mcast_seen_walk(
		struct ctl_port *p, void (*fn)(void *arg, const struct ib_gid *mgid), void *arg);
/* Follow the kernel's InfiniBand interfaces. */
void nlwatch_start(struct control *c);
/* The same with a socket of a test's, which stays its. @return 0, -ENOMEM */
int nlwatch_start_fd(struct control *c, int fd);
void nlwatch_stop(struct control *c);
/* Messages of rtnetlink. */
void nlwatch_input(struct control *c, const void *buf, size_t len);
/* May an interface of the kernel's have this GID and P_Key? */
bool nlwatch_kernel_uses(const struct control *c, const struct ib_gid *gid, uint16_t pkey);
const char *mcast_state_name(enum ctl_mcast_state s);

/* --- resolver: paths (path.c) --- */

int paths_init(struct ctl_port *p);
void paths_fini(struct ctl_port *p);
struct ctl_path *path_find(struct ctl_port *p, const struct ib_gid *gid);
/* Find or make, and ask the SA if nobody did. NULL: no room. */
struct ctl_path *path_want(struct ctl_port *p, const struct ib_gid *gid);
/* As path_want(), but in the background, at the pace of that. */
struct ctl_path *path_prefetch(struct ctl_port *p, const struct ib_gid *gid);
/* Perhaps nobody uses this path: it goes after a while, or at once if room is needed. */
void path_idle(struct ctl_port *p, const struct ib_gid *gid);
/* All paths are doubtful: used on, and asked for again at a bounded pace. @return number */
uint32_t paths_stale(struct ctl_port *p);
/* Paths that wait to be asked for again. */
uint32_t paths_waiting(const struct ctl_port *p);
/* Different address handles that lead to the peer. */
uint8_t path_ways(const struct ctl_path *path);
/* Publish all neighbours again, for the link's MTU is another. */
void paths_republish(struct ctl_port *p);
/* Number for neighbours: of the set, else of the handle. */
static inline uint32_t
path_number(const struct ctl_path *path)
{
	return path->set != PMD_IPOIB_AH_NONE ? path->set : path->ah;
}
/*
 * A packet of this peer came from this LID (0: not known). If its path leads elsewhere, it is asked
 * for again at once.
 */
void path_hint(struct ctl_port *p, const struct ib_gid *gid, uint16_t slid);
/* Publish the path's neighbours when order allows. */
void path_ready(struct ctl_path *path);
/* End all back-offs. */
void paths_clear_backoff(struct ctl_port *p);
/* Start background queries, publish what was resolved. */
void paths_run(struct ctl_port *p);
bool paths_busy(const struct ctl_port *p);

/* --- resolver: neighbours (resolve.c) --- */

int resolve_init(struct ctl_port *p);
void resolve_fini(struct ctl_port *p);
/* Send to a 20-octet address; m starts at the encapsulation header; takes it for good. */
void resolve_send(struct ctl_port *p, const struct ipoib_addr *addr, struct rte_mbuf *m);
/* Send all that waits for a path, publish its neighbours. @return 0, -EAGAIN not all published */
int resolve_publish(struct ctl_port *p, struct ctl_path *path);
/* A path could not be had. */
void resolve_failed(struct ctl_port *p, const struct ib_gid *gid);
/* Ask for the path of a peer that will likely be needed. */
void resolve_prefetch(struct ctl_port *p, const struct ipoib_addr *addr);
/* Try parked packets again. */
void resolve_run(struct ctl_port *p);
/* Keep a neighbour ready although nothing is sent to it; its path is asked for in the background.
 * @return 0, -EAGAIN, -ENOSPC */
int resolve_keep(struct ctl_port *p, const struct ipoib_addr *addr);
/* What waits for a path of from's leaves by to, as soon as that has one. @return packets */
uint32_t resolve_move(struct ctl_port *from, struct ctl_port *to);
/* Forget an address that its peer no longer has. */
void resolve_forget(struct ctl_port *p, const struct ipoib_addr *addr);
/* Hand an IPoIB packet to the worker that sends. */
void resolve_inject(struct ctl_port *p, struct rte_mbuf *m, uint32_t ah, uint32_t qpn);

/* --- requests from other threads (call.c) --- */

int calls_init(struct control *c);
void calls_fini(struct control *c);
/* Serve one. @return whether there was one */
bool calls_run(struct control *c);

#include "control_ip.h"

#endif /* CONTROL_PRIV_H */

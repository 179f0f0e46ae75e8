/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef IPOIB_CTRL_H
#define IPOIB_CTRL_H

/**
 * @file
 * The resolver: what an IPoIB host does on InfiniBand (HCA, link, multicast, path, neighbour). It
 * is called with 20-octet addresses and knows neither IP nor Ethernet. It has two hosts: the
 * control core of dpdk-ipoib, whose IP half is above it, and the driver's mode=ether.
 *
 * Everything runs in one thread, the host's control thread, unless it says otherwise; nothing
 * blocks. The host makes struct control and struct ctl_port, fills what is said to be the host's,
 * and is called back by the hooks in struct control.
 *
 * A function that takes an mbuf "for good" owns it: it ends in a ring, a queue, or freed and
 * counted.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/queue.h>

#include <rte_jhash.h>
#include <rte_log.h>
#include <rte_mbuf.h>
#include <rte_rcu_qsbr.h>

#include "ipoib_ctrl_cfg.h"
#include "ipoib_ctrl_dp.h"
#include "ipoib_neigh.h"
#include "ipoib_sa.h"
#include "pmd_ipoib.h"

extern int ctl_logtype;
#define CTL_LOG(level, fmt, ...) \
	rte_log(RTE_LOG_##level, ctl_logtype, "control: " fmt "\n", ##__VA_ARGS__)

#define CTL_US_PER_MS 1000ull
#define CTL_US_PER_S 1000000ull

/* Ports of a host, of whatever kind: 0 up to this. */
#define CTL_PORTS_MAX 64
/* Ports of a bond, see the hook ways. */
#define CTL_WAYS_MAX 4

/* Bounds of one tick. */
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

/* Why a packet cannot be sent. */
enum ctl_lost {
	CTL_LOST_NO_PATH,    /* no path, or the port is down */
	CTL_LOST_QUEUE_FULL, /* of an unresolved neighbour */
	CTL_LOST_TABLE_FULL,
	CTL_LOST_MCAST,	     /* not a group of this link */
	CTL_LOST_MCAST_FULL, /* queue of a group that is being joined */
	CTL_LOST_NOMBUF
};

struct control;
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

/* Keyed hash of 16 octets, a GID or an IP address, wherever they lie: rte_jhash() wants them aligned. */
static inline uint32_t
ctl_hash16(const uint8_t *octets, uint32_t seed)
{
	uint32_t words[4];

	memcpy(words, octets, sizeof(words));
	return rte_jhash_32b(words, 4, seed);
}

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
struct ctl_nlwatch;

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

/* Use counts of sets of address handles (struct ipoib_ahset), by index. */
struct ctl_sets {
	uint32_t *refs; /* IPOIB_AHSET_MAX; NULL until first needed */
	uint32_t *free;
	uint32_t nb_free;
	uint32_t high; /* none from here on was ever used */
};

/* Number of the first set: above those of address handles, a multiple of IPOIB_AHSET_MAX. */
#define CTL_SET_FIRST 0x40000000u
static_assert(CTL_SET_FIRST % IPOIB_AHSET_MAX == 0, "the low bits of a set's number are its index");

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

/* What paths and groups are asked for in the name of. */
struct ctl_identity {
	struct ib_gid gid;
	uint16_t lid, sm_lid;
	uint8_t lmc;
	bool grh_required;
};

/* What the host has of its own of a port, and of all. */
struct ctl_port_ip;
struct control_ip;
struct dp;
struct dp_port;

/* A forwarding port. */
struct ctl_port {
	struct control *c;
	uint16_t id;
	int kind;		/* the host's */
	struct dp_port *dp;	/* the host's: what its workers see of it; not looked into here */
	struct ctl_port_ip *ip; /* the host's */
	bool up;
	_Atomic uint16_t mtu;	/* IP MTU */
	struct ctl_timer watch; /* link state */
	/* Of a logical port: the port that really sends (parent of a sub-port, active member of a
	 * bond). NULL: this one does. See ctl_real(). */
	struct ctl_port *lower;
	bool leaving; /* being taken away: nothing new is to begin with it */
	bool stopped; /* by command */

	/* IPoIB only, from here on. */
	_Atomic uint8_t *dscp_class; /* the host's: traffic class by DSCP; NULL: all 0 */

	/* IPoIB only, from here on. */
	struct ctl_hca *hca;
	struct ipoib_neigh *neigh;
	struct ipoib_ahset *ahset; /* IPOIB_AHSET_MAX; NULL until first needed */
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
	struct ctl_class class[IPOIB_CLASSES];
	uint64_t class_refused, limited_refused;
	struct ctl_sets sets;
	struct ctl_park park; /* the 20-octet address is in front of the data */
};

struct control {
	struct dp *dp;	       /* the host's; not looked into here */
	struct control_ip *ip; /* the host's */
	struct control_cfg cfg;
	struct rte_rcu_qsbr *rcu; /* of those who read the tables */
	uint64_t now;		  /* of this tick */
	struct ctl_timers timers;
	struct ctl_port *ports[CTL_PORTS_MAX]; /* by number; those without an HCA are the host's */
	LIST_HEAD(, ctl_hca) hcas;
	struct ctl_nlwatch *nlwatch; /* NULL: no real HCA */
	uint64_t inject_patience;    /* until when full rings are waited for; 0: they are not */
	bool closing;
	bool follow_local; /* groups that routers do not forward, too: the host is none */

	/* --- hooks that a host has to fill --- */

	/* Send m (at the encapsulation header, pmd_ipoib_meta() set) by p; takes it for good. */
	void (*inject)(struct control *c, struct ctl_port *p, struct rte_mbuf *m);
	/* n packets that came from (or were made for) this port are lost: count them. */
	void (*lose)(struct control *c, uint16_t port, enum ctl_lost why, uint32_t n);
	/* Takes m (at the encapsulation header), which has no path, for good; only puts it aside,
	 * whatever is under way. */
	void (*undelivered)(struct control *c, struct rte_mbuf *m);

	/* --- and may fill; NULL: nobody cares --- */

	/* Does more wait to be sent than is good? */
	bool (*inject_busy)(const struct control *c);
	/* Is everything sent that was injected? */
	bool (*inject_idle)(const struct control *c);
	/* Something that those who send see of a port has changed: up, mtu, neigh, ahset or the
	 * MGID of bcast. */
	void (*shown)(struct control *c, struct ctl_port *p);
	/* The link of a port, or its MTU, has changed: so has that of those above. */
	void (*follow)(struct control *c, struct ctl_port *p);
	void (*link_up)(struct control *c, struct ctl_port *p);
	void (*alive)(struct control *c, struct ctl_hca *h);
	/* A group of the port's partition was made or deleted, by whomever. */
	void (*group_seen)(struct control *c, struct ctl_port *p, const struct ib_gid *mgid,
			bool exists);
	/* Is the list of all groups of the link wanted? */
	bool (*wants_groups)(const struct ctl_port *p);
	/* Is it an address of p's host? NULL: all with the GID and a QPN of p are. */
	bool (*is_own)(const struct ctl_port *p, const struct ipoib_addr *addr);
	/* The ports that p may really send by: a bond's members, else the one. */
	uint32_t (*ways)(struct ctl_port *p, struct ctl_port *ports[CTL_WAYS_MAX]);
	/* Flow of m (data at the IP header): one flow, one path. */
	uint32_t (*flow_hash)(const struct rte_mbuf *m);
	/*
	 * m (at the encapsulation header) leaves by a path with this IP MTU; it may have waited for
	 * it. Small enough: parts[0] is m. Else m is taken for good: cut into parts, each at its
	 * encapsulation header, for the caller to send in its place, or answered and dropped.
	 * @return number of parts, 0..CTL_PARTS_MAX
	 */
	uint16_t (*narrow)(struct control *c, uint16_t mtu, struct rte_mbuf *m,
			struct rte_mbuf **parts);
};

/* Free a packet and count why, at the port that it came from (or is made for). */
static inline void
ctl_lose(struct control *c, enum ctl_lost why, struct rte_mbuf *m)
{
	c->lose(c, m->port, why, 1);
	rte_pktmbuf_free(m);
}

static inline void
port_shown(struct ctl_port *p)
{
	if (p->c->shown != NULL)
		p->c->shown(p->c, p);
}

/* A port that is there, and is to stay. */
static inline struct ctl_port *
ctl_port(const struct control *c, uint16_t port)
{
	struct ctl_port *p = port < CTL_PORTS_MAX ? c->ports[port] : NULL;

	return p != NULL && !p->leaving ? p : NULL;
}

/* The port that sends for p: frames, neighbour tables and address handles are its. */
static inline struct ctl_port *
ctl_real(struct ctl_port *p)
{
	return p->lower != NULL ? p->lower : p;
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

/* --- the resolver as a whole (ctrl.c) --- */

/*
 * Take over an IPoIB port (id, c, dp are set; pmd_ipoib_info_get() works): HCA, tables, groups, link.
 * @return 0, -errno: call ctl_ipoib_fini() all the same
 */
int ctl_ipoib_init(struct ctl_port *p);
void ctl_ipoib_fini(struct ctl_port *p);
/* Of an IPoIB port, each tick: what was resolved is published, what is idle ages. */
void ctl_ipoib_run(struct ctl_port *p);
/* When the resolver wants to run next: at due at the latest. */
uint64_t ctl_deadline(const struct control *c, uint64_t due);
/* The host ends: leave all groups, wait a bounded time for the answers. The only one that waits. */
void ctl_farewell(struct control *c, uint64_t (*now)(void));

/* --- resolver: HCA and link (link.c) --- */

int hca_get(struct control *c, uint16_t port_id, struct ctl_hca **h);
/* The port leaves its HCA, whose SA client goes with the last one. */
void hca_put(struct ctl_port *p);
void hcas_poll(struct control *c);
void hcas_free(struct control *c);
/* Of an IPoIB port: follow its HCA. */
int link_init(struct ctl_port *p);
void link_fini(struct ctl_port *p);
/* For good: leave all groups, and do not come up again. */
void link_leave(struct ctl_port *p);
/* Look at the port now if something happened. */
void link_run(struct ctl_port *p);
/* The broadcast group was joined, lost, or could not be joined. */
void link_bcast_changed(struct ctl_port *p);

/* The state of a port, and its MTU, are these now; others hear of it. */
void link_set(struct ctl_port *p, bool up, const char *reason);
/* Of the link; admin_mtu may be less. */
void link_mtu_set(struct ctl_port *p, uint16_t link);
/* The groups are left and the link is down until link_wake(). */
void link_stop(struct ctl_port *p);
/* Look at the port in this tick. */
void link_wake(struct ctl_port *p);

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
/* Make a neighbour ready that will be sent to at once; its path is asked for now.
 * @return 0 workers can send to it, or waiting is no use; -EAGAIN */
int resolve_prepare(struct ctl_port *p, const struct ipoib_addr *addr);
/* What waits for a path of from's leaves by to, as soon as that has one. @return packets */
uint32_t resolve_move(struct ctl_port *from, struct ctl_port *to);
/* Forget an address that its peer no longer has. */
void resolve_forget(struct ctl_port *p, const struct ipoib_addr *addr);
/* How many packets may wait in a table of neighbours. */
uint32_t resolve_queue_total(const struct control_cfg *cfg);
/* The host has much to send already: what waits should wait on. */
bool resolve_inject_busy(struct control *c);
/* Hand an IPoIB packet to the host, which sends it. */
void resolve_inject(struct ctl_port *p, struct rte_mbuf *m, uint32_t ah, uint32_t qpn);

#endif /* IPOIB_CTRL_H */

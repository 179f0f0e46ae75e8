/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef MCAST_H
#define MCAST_H

/**
 * @file
 * What the files of multicast, mcast*.c, share. Control thread.
 */

#include "ipoib_ctrl.h"

/* Groups of a port without its broadcast group. OpenSM's MLIDs are 16,383, a switch's often 1,024. */
#define MCAST_GROUPS_MAX 1024
/* Packets that wait for one group (the kernel's 64), and for all of a port. */
#define MCAST_QUEUE 64
#define MCAST_QUEUED_MAX 4096
/* A send-only group that was sent to within this time is not given up for another one. */
#define MCAST_EVICT_IDLE_US (2 * CTL_US_PER_S)
/* If there is none to be given up, the next look for one. */
#define MCAST_LOOK_US (10 * CTL_US_PER_MS)

/*
 * New solicited-node groups: so many at once, then one in that time. Each costs the SM a group and
 * trees through all switches, and whoever scans a prefix of IPv6 asks for one with each address. Other
 * neighbours are asked for over the broadcast group, as all of IPv4's are.
 */
#define MCAST_SOLICITED_BURST 128
#define MCAST_SOLICITED_US (CTL_US_PER_S / 16)

/* A group of the partition that the SA has; not necessarily ours. */
struct ctl_mcast_seen {
	LIST_ENTRY(ctl_mcast_seen) bucket;
	struct ib_gid mgid;
	uint32_t gen; /* of the last list that had it */
};

#define MCAST_SEEN_BUCKETS 1024

LIST_HEAD(ctl_mcast_list, ctl_mcast);
TAILQ_HEAD(ctl_mcast_queue, ctl_mcast);

/* The groups of a port, its broadcast group aside. */
struct ctl_mcasts {
	struct ctl_mcast_list *buckets; /* MCAST_GROUPS_MAX */
	uint32_t seed;
	uint32_t nb, max;
	uint32_t queued;		   /* packets */
	uint64_t look_again;		   /* for a group that may go */
	uint32_t solicited, solicited_max; /* groups that may still be made */
	uint64_t solicited_us;		   /* since when it is counted up */
	struct ctl_mcast_queue ready;	   /* workers are to be told */
	struct ctl_mcast_queue lru;	   /* those only sent to, the longest unused first */
	struct ctl_mcast_queue members;	   /* the longest unverified first */
	struct ctl_timer verify;
	struct ctl_timer recheck;
	uint8_t rechecks; /* that are left */
	/* Groups of the partition, whoever made them. */
	LIST_HEAD(, ctl_mcast_seen) *seen; /* MCAST_SEEN_BUCKETS; NULL until wanted */
	uint32_t nb_seen, gen;
	bool follow;
	bool told;	 /* by notices, when the last list was asked for */
	bool list_again; /* something changed while a list was being made */
	ipoib_sa_req_t list_req;
	struct ctl_timer list;
	int share_fd; /* lock of all processes on the HCA port; -1: none */
	struct control_mcast_stats stats;
};

/* Send-only members can be created, by ClassPortInfo. */
enum { MCAST_INFO_UNKNOWN, MCAST_INFO_ASKED, MCAST_INFO_KNOWN };

/* --- membership (mcast.c) --- */

/* Bring what the SA holds in line with what is wanted; g may be freed. */
void mcast_step(struct ctl_mcast *g);
/* All groups: the broadcast group is there, joins may go. @param again also those that are joined */
void mcast_start(struct ctl_port *p, bool again);
/* All groups: the link is gone. */
void mcast_stop(struct ctl_port *p);
/* Other processes on the HCA port and P_Key (mcast_share.c). Is there none, for certain? */
void mcast_share_open(struct ctl_port *p);
bool mcast_share_alone(struct ctl_port *p);
void mcast_share_close(struct ctl_port *p);
/* Membership was lost: join anew. */
void mcast_lost(struct ctl_mcast *g);
/* Give membership back, but for what another port of the HCA or the kernel needs. */
void mcast_sa_leave(struct ctl_mcast *g, uint8_t bits);
/* @return 0, -EPROTO */
int mcast_rec_check(const struct ctl_mcast *g, const struct ipoib_sa_mcast *rec);
bool mcast_rec_same(const struct ipoib_sa_mcast *a, const struct ipoib_sa_mcast *b);
/* Address vector of a group. */
void mcast_av(const struct ctl_mcast *g, const struct ipoib_sa_mcast *rec, struct pmd_ipoib_av *av);
int mcast_timer_init(struct ctl_mcast *g);
/* The SA is perhaps another one now. */
void mcast_info_forget(struct ctl_hca *h);
/* The last port of the HCA goes. */
void mcast_info_cancel(struct ctl_hca *h);

/* --- table, packets, entries for workers (mcast_send.c) --- */

struct ctl_mcast *mcast_find(struct ctl_port *p, const struct ib_gid *mgid);
/* Find or make. NULL: no room. */
struct ctl_mcast *mcast_get(struct ctl_port *p, const struct ib_gid *mgid);
/* Forget it, if workers can be made to. @return whether it is gone */
bool mcast_free(struct ctl_mcast *g);
/* At the end, whatever workers know. */
void mcast_free_all(struct ctl_port *p);
/* Only sent to, or not: whether it may go for another one. */
void mcast_lru(struct ctl_mcast *g);
/* Send what waits, tell the workers. */
void mcast_joined(struct ctl_mcast *g);
/* What waits cannot be sent. */
void mcast_give_up(struct ctl_mcast *g);
/* Since when it is not sent to. */
uint64_t mcast_last_used(struct ctl_mcast *g);
/* Idle for longer than a neighbour may be? */
uint64_t mcast_idle_max(const struct control *c);
/* Solicited-node multicast of IPv6, ff02::1:ff00:0/104? */
bool mcast_is_solicited_node(const struct ib_gid *mgid);
/* An IPoIB group of the port's scope and partition? */
bool mcast_is_of_link(const struct ctl_port *p, const struct ib_gid *mgid);
/* Workers are to forget it. @return 0, -EAGAIN */
int mcast_unpublish(struct ctl_mcast *g);
/* Drop what waits. */
void mcast_queue_drop(struct ctl_mcast *g, enum ctl_lost why);

/* --- verification (mcast_verify.c) --- */

int mcast_verify_init(struct ctl_port *p);
void mcast_verify_fini(struct ctl_port *p);
/* From now on, or no longer, is g verified. */
void mcast_verify_add(struct ctl_mcast *g);
void mcast_verify_del(struct ctl_mcast *g);

/* --- groups that exist (mcast_seen.c) --- */

int mcast_seen_init(struct ctl_port *p);
void mcast_seen_fini(struct ctl_port *p);
/* Ask for the list soon. */
void mcast_seen_refresh(struct ctl_port *p);

/* Walk all groups of p (not the broadcast group); the body may free g. */
#define MCAST_FOREACH(g, p, i, tmp) \
	for ((i) = 0; (i) < MCAST_GROUPS_MAX; (i)++) \
		for ((g) = LIST_FIRST(&(p)->mc->buckets[i]); \
				(g) != NULL && ((tmp) = LIST_NEXT((g), bucket), 1); (g) = (tmp))

#endif /* MCAST_H */

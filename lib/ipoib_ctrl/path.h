/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef PATH_H
#define PATH_H

/**
 * @file
 * Paths to GIDs: what path*.c, ah.c, resolve.c, events.c and link.c share. Control thread.
 */

#include "ipoib_ctrl.h"

/* Another way to the GID: by another LID of its port (LMC), or for a traffic class. */
struct ctl_leg {
	struct ctl_path *path;
	uint8_t class, lid; /* lid: from the base LID on */
	bool due;
	ipoib_sa_req_t req;
	uint16_t mtu; /* of the record */
	uint32_t ah;  /* PMD_IPOIB_AH_NONE: none */
	struct pmd_ipoib_av av;
};

struct ctl_legs {
	struct ctl_leg leg[IPOIB_CLASSES][IPOIB_LIDS_MAX];
	uint16_t base;	   /* LID */
	uint8_t nb_lids;   /* power of 2 */
	uint8_t next;	   /* to be verified */
	uint8_t nb_open;   /* due or asked for */
	bool round;	   /* all legs are being asked for */
	bool failed;	   /* one of those that were open */
	uint8_t fails;	   /* rounds in a row */
	uint64_t retry_at; /* when to ask for all again; 0: never */
};

/* --- life of a path (path.c) --- */

/* This one is doubtful: asked for again at once. */
void path_stale(struct ctl_path *path);
/* Ask for it again in the background. */
void path_refresh(struct ctl_path *path, bool first);
/* A path by command: used until path_unfix(), whatever the SA says. @return 0, -EPROTO no usable
 * record, -ENOSPC, -ENOMEM */
int path_fix(struct ctl_port *p, const struct ipoib_sa_path *rec);
/* The SA is asked again, if anybody needs it; used on until it answers. @return 0, -ENOENT */
int path_unfix(struct ctl_port *p, const struct ib_gid *gid);
/* Our GID is another: what is under way was asked for in the old one's name. */
void paths_reask(struct ctl_port *p);
/* End the back-off of a path to a GID that shows signs of life. */
void path_wake(struct ctl_path *path);
/* May one more query go in the background? */
bool path_may_ask(const struct ctl_port *p);
/* IP MTU of a path; 0: that of the link. */
uint16_t path_mtu(const struct ctl_path *path);

/* --- what a path record means (path_av.c) --- */

/* Address vector of a record. @return 0, -EPROTO no usable record */
int path_av(const struct ctl_port *p, const struct ib_gid *gid, const struct ipoib_sa_path *rec,
		struct pmd_ipoib_av *av);
/* Is the GID beyond a router? */
bool gid_is_foreign(const struct ctl_port *p, const struct ib_gid *gid);
/* Query for a path as of now. */
void path_question(const struct ctl_path *path, struct ipoib_sa_path_req *req);

/* --- several ways to a GID (path_legs.c) --- */

/* The base path was answered. @param all ask for every leg, else for the next one only */
void legs_follow(struct ctl_path *path, bool all);
void legs_run(struct ctl_port *p);
void legs_free(struct ctl_path *path);

/* --- do paths still hold? (path_check.c) --- */

/* Look after those that are used, at a bounded pace. */
void checks_run(struct ctl_port *p);
/* The SA's notices. */
void path_noticed(struct ctl_port *p, const struct ipoib_sa_notice *n);

/* --- sets of handles (ah.c) --- */

/* A set of handles, held once; each slot holds a use of its handle. @return 0, -ENOSPC, -ENOMEM */
int set_create(struct ctl_port *p, const struct ipoib_ahset *want, uint32_t *set);
void set_get(struct ctl_port *p, uint32_t set);
void set_put(struct ctl_port *p, uint32_t set);
void sets_fini(struct ctl_port *p);

/* --- neighbours (resolve.c) --- */

/* Somebody wants to send to this GID. */
bool resolve_wanted(struct ctl_port *p, const struct ib_gid *gid);
/* The path's back-off is over, and with it that of its neighbours: who wants to send may ask. */
void resolve_again(struct ctl_port *p, const struct ib_gid *gid);

/* --- subscriptions (events.c) --- */

int events_init(struct ctl_hca *h);
void events_fini(struct ctl_hca *h);
/* The SA may have forgotten us: subscribe again. */
void events_renew(struct ctl_hca *h);
/* Does the SA tell us of this trap? */
bool events_hold(const struct ctl_hca *h, uint16_t trap);

#endif /* PATH_H */

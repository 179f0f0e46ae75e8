/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef MPROXY_H
#define MPROXY_H

/*
 * What the files of the IGMP and MLD proxy share: mproxy.c (groups, what workers are told),
 * mp_router.c (towards hosts: the querier), mp_host.c (towards routers: reports), mp_msg.c (the
 * messages). Control thread.
 *
 * Both families are one: MLD's versions are counted as IGMP's, MLDv1 as 2 and MLDv2 as 3.
 */

#include "control_priv.h"

/* Members (port and group), of all ports and of one. */
#define MP_MEMBERS_MAX 8192
#define MP_PORT_MEMBERS_MAX 4096
/* Sources that are told apart of one member; with more all are wanted. */
#define MP_SOURCES_MAX 16
/* Messages of a port that are looked at. */
#define MP_MSGS_PER_S 1000
#define MP_MSGS_BURST 2000

/* RFC 3376 8 and RFC 3810 9. */
#define MP_ROBUSTNESS 2
#define MP_QUERY_US (125 * CTL_US_PER_S)
#define MP_RESPONSE_US (10 * CTL_US_PER_S)
#define MP_STARTUP_US (MP_QUERY_US / 4)
#define MP_LAST_MEMBER_US CTL_US_PER_S
#define MP_UNSOLICITED_US CTL_US_PER_S

enum mp_version { MP_V1 = 1, MP_V2, MP_V3 };

enum mp_type {
	MP_QUERY,
	MP_REPORT, /* of version 1 or 2 */
	MP_LEAVE,
	MP_RECORDS /* report of version 3 */
};

/* Types of group records, as they are on the wire. */
enum mp_record { MP_IS_IN = 1, MP_IS_EX, MP_TO_IN, MP_TO_EX, MP_ALLOW, MP_BLOCK };

/* A message; pointers into the packet. */
struct mp_msg {
	enum mp_type type;
	uint8_t version; /* enum mp_version */
	bool v6;
	struct dp_ip src;
	struct dp_ip group; /* zero: of a general query, and of records */
	uint64_t resp_us;   /* a query's */
	/* A query's of version 3; 0: not said. */
	uint8_t robustness;
	uint64_t query_us;
	bool suppress;
	uint16_t nb; /* sources, or records */
	const uint8_t *body;
	uint32_t len; /* of it */
};

/* A group record, or the whole of an older report. */
struct mp_change {
	struct dp_ip group;
	uint8_t type; /* enum mp_record */
	uint16_t nb;
	const uint8_t *sources;
};

/*
 * The pace of a link: ours, or what its querier says (RFC 3376 4.1.6 and 4.1.7, RFC 3810 5.1.8 and
 * 5.1.9).
 */
struct mp_pace {
	uint8_t robustness;
	uint64_t query_us;
	uint64_t response_us;
};

struct mp_port;

/* Somebody on a port's link wants a group. */
struct mp_source {
	struct dp_ip ip;
	uint64_t until;
};

struct mp_member {
	LIST_ENTRY(mp_member) of_group;
	LIST_ENTRY(mp_member) of_port;
	struct mp_group *g;
	struct mp_port *mp;
	bool fixed;	       /* by command */
	uint64_t any_until;    /* wanted whatever the source (EXCLUDE mode); 0: only from sources */
	uint64_t old_until[2]; /* hosts of version 1, 2 are there (RFC 3376 7.3.2) */
	uint8_t nb_sources;
	struct mp_source source[MP_SOURCES_MAX];
	uint8_t asks; /* specific queries still to be sent */
	bool ask_sources;
	uint64_t ask_at;
	struct ctl_timer timer;
};

LIST_HEAD(mp_member_list, mp_member);

struct mp_group {
	LIST_ENTRY(mp_group) bucket;
	struct ctl_mproxy *mx;
	struct dp_ip ip;
	struct mp_member_list members;
	struct ipoib_neigh_rec *rec; /* NULL: workers do not know it yet */
	uint32_t index;		     /* of dp->mgroup; while rec */
	bool upstream;		     /* we are a member there for it */
	struct ctl_timer timer;	     /* the table answered -EAGAIN */
};

/* One family of a downstream port: the querier. */
struct mp_querier {
	struct mp_port *mp;
	bool v6;
	uint8_t startup; /* queries still to be sent at the faster pace */
	struct mp_pace pace;
	struct dp_ip other;
	uint64_t other_until; /* a querier with a lower address is there */
	struct ctl_timer timer;
};

/* A report of version 3 that is being made. */
struct mp_report {
	struct mp_port *mp;
	bool v6;
	struct rte_mbuf *m; /* data at its first record */
	uint16_t nb;
};

struct mp_host;

/* A report of a change, or an answer about one group, that is due. */
struct mp_pending {
	LIST_ENTRY(mp_pending) bucket;
	struct mp_host *h;
	struct dp_ip group;
	struct ctl_timer timer;
	uint8_t left; /* times */
	bool change;  /* its state is new; else it was asked for */
	bool said;    /* once at least */
	/* Only these were asked about; 0: the group. */
	uint8_t nb_asked;
	struct dp_ip asked[MP_SOURCES_MAX];
};

/* Of a family of a port; with more, all groups are reported together. */
#define MP_PENDING_MAX CTL_GMEMBERS_MAX
#define MP_PENDING_BUCKETS 256
/* All groups of a port are gone through at most so often. */
#define MP_WALK_US CTL_US_PER_S

/* One family of a port: what we say as a host. */
struct mp_host {
	struct mp_port *mp;
	bool v6;
	struct mp_pace pace;
	uint64_t old_until[2];	/* queriers of version 1, 2 are there */
	uint64_t querier_until; /* some querier is there */
	/* About all groups: a report of them (version 3), or a report of each within spread_us. */
	struct ctl_timer general;
	uint64_t spread_us;
	uint64_t walked;
	uint8_t again; /* times that all groups are still to be told */
	LIST_HEAD(, mp_pending) pending[MP_PENDING_BUCKETS];
	uint32_t nb_pending;
	/* Records that are due now. */
	struct mp_report report;
	struct ctl_timer flush;
};

struct mp_port {
	struct ctl_port *p;
	bool router; /* multicast is routed, and it is not the upstream port */
	struct mp_querier querier[2];
	struct mp_host host[2];
	struct mp_member_list members;
	uint32_t nb_members;
	uint64_t refused; /* members that there was no room for */
	struct ctl_bucket bucket;
};

#define MP_BUCKETS 1024

struct ctl_mproxy {
	struct control *c;
	LIST_HEAD(, mp_group) buckets[MP_BUCKETS];
	uint32_t seed;
	uint32_t nb_members;
	uint16_t upstream; /* port, or DP_PORT_NIL */
	bool lent;	   /* it routes multicast only as the upstream port */
	/* Numbers of dp->mgroup; NULL until multicast is routed. */
	uint32_t *free;
	uint32_t nb_free;
};

/* --- groups (mproxy.c) --- */

/* The port's part of the proxy; made when first needed. NULL: no memory. */
struct mp_port *mp_port_get(struct ctl_port *p);
struct mp_group *mp_group_find(const struct ctl_mproxy *mx, const struct dp_ip *group);
/* May it leave its link (RFC 5771 4, RFC 4291 2.7)? */
bool mp_is_routed(const struct dp_ip *group);
/* Who wants a group on the port; NULL: nobody. */
struct mp_member *mp_member_find(struct mp_port *mp, const struct dp_ip *group);
/* Find or make. NULL: no room. */
struct mp_member *mp_member_get(struct mp_port *mp, const struct dp_ip *group);
void mp_member_free(struct mp_member *mb);
/* What a member wants has changed: tell workers and the upstream port. */
void mp_member_changed(struct mp_member *mb);
/*
 * The sources that members want a group from, together. @return false: from all
 * @param n in: room, out: number
 */
bool mp_group_sources(const struct mp_group *g, struct dp_ip *sources, uint16_t *n);

/* --- towards hosts (mp_router.c) --- */

int mp_router_init(struct mp_port *mp);
void mp_router_fini(struct mp_port *mp);
void mp_router_set(struct mp_port *mp, bool on);
/* As a querier that starts: whoever is on the link now does not know us. */
void mp_router_start(struct mp_port *mp);
void mp_router_query(struct mp_port *mp, const struct mp_msg *msg);
void mp_pace_default(struct mp_pace *pace);
void mp_pace_adopt(struct mp_pace *pace, const struct mp_msg *query);
/* Group membership interval, also that of hosts and queriers of older versions (RFC 3376 8.4, 8.12
 * and 8.13). */
uint64_t mp_pace_member_us(const struct mp_pace *pace);
/* Other querier present interval (RFC 3376 8.5). */
uint64_t mp_pace_querier_us(const struct mp_pace *pace);
void mp_router_record(struct mp_port *mp, const struct mp_msg *msg, const struct mp_change *ch);
int mp_member_init(struct mp_member *mb);
/* When the member is no longer wanted, 0: now. */
uint64_t mp_member_until(const struct mp_member *mb);

/* --- towards routers (mp_host.c) --- */

int mp_host_init(struct mp_port *mp);
void mp_host_fini(struct mp_port *mp);
void mp_host_query(struct mp_port *mp, const struct mp_msg *msg);
/* Tell a link that may be another one what we want. */
void mp_host_start(struct mp_port *mp);
/* Another host's report, of version 1 or 2. */
void mp_host_report(struct mp_port *mp, const struct mp_msg *msg);
/* We want a group on the port now, or from other sources, or no longer. */
void mp_host_changed(struct mp_port *mp, const struct dp_ip *group);

/* --- messages (mp_msg.c) --- */

/* Source n of a record or of a query. */
struct dp_ip mp_source_at(const uint8_t *sources, bool v6, uint16_t n);
/* group NULL: a general query. */
void mp_send_query(struct mp_port *mp, bool v6, const struct dp_ip *group,
		const struct dp_ip *sources, uint16_t nb);
/* Our address on the link for this family; zero if there is none. */
struct dp_ip mp_source_addr(const struct mp_port *mp, bool v6);

void mp_report_add(struct mp_report *r, uint8_t type, const struct dp_ip *group,
		const struct dp_ip *sources, uint16_t nb);
void mp_report_send(struct mp_report *r);
/* A report, or leave, of version 1 or 2. */
void mp_send_old(struct mp_port *mp, bool v6, enum mp_version version, bool leave,
		const struct dp_ip *group);

#endif /* MPROXY_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef ND_H
#define ND_H

/* What the files of Neighbour Discovery share (nd.c, nd_msg.c, dad.c, ra.c). Control thread. */

#include "control_priv.h"

/* ICMPv6 types (RFC 4861 4). */
enum nd_type { ND_RS = 133, ND_RA = 134, ND_NS = 135, ND_NA = 136, ND_REDIRECT = 137 };

enum nd_opt {
	ND_OPT_SLLA = 1, /* source link-layer address */
	ND_OPT_TLLA = 2, /* target link-layer address */
	ND_OPT_PREFIX = 3,
	ND_OPT_MTU = 5,
	ND_OPT_NONCE = 14 /* RFC 3971 5.3.2, as RFC 7527 uses it */
};

/* Flags of a neighbour advertisement. */
enum nd_na_flag { ND_NA_ROUTER = 1 << 7, ND_NA_SOLICITED = 1 << 6, ND_NA_OVERRIDE = 1 << 5 };

#define ND_HOP_LIMIT 255
#define ND_NONCE_LEN 6

/* Fixed parts of the messages, ICMPv6 header included. */
struct nd_ns {
	uint8_t type, code;
	rte_be16_t cksum;
	uint8_t flags; /* of an NA */
	uint8_t reserved[3];
	uint8_t target[16];
} __attribute__((packed));
static_assert(sizeof(struct nd_ns) == 24, "NS and NA are 24 octets");

struct nd_rs {
	uint8_t type, code;
	rte_be16_t cksum;
	uint8_t reserved[4];
} __attribute__((packed));
static_assert(sizeof(struct nd_rs) == 8, "RS is 8 octets");

struct nd_ra {
	uint8_t type, code;
	rte_be16_t cksum;
	uint8_t hop_limit;
	uint8_t flags; /* managed, other: 0x80, 0x40 */
	rte_be16_t lifetime;
	rte_be32_t reachable, retrans;
} __attribute__((packed));
static_assert(sizeof(struct nd_ra) == 16, "RA is 16 octets");

struct nd_opt_prefix {
	uint8_t type, len;
	uint8_t prefix_len;
	uint8_t flags; /* on-link, autonomous: 0x80, 0x40 */
	rte_be32_t valid, preferred, reserved;
	uint8_t prefix[16];
} __attribute__((packed));
static_assert(sizeof(struct nd_opt_prefix) == 32, "a prefix option is 32 octets");

struct nd_opt_mtu {
	uint8_t type, len;
	rte_be16_t reserved;
	rte_be32_t mtu;
} __attribute__((packed));
static_assert(sizeof(struct nd_opt_mtu) == 8, "an MTU option is 8 octets");

/* What a message says. */
struct nd_info {
	uint8_t type;
	uint8_t flags; /* NA */
	struct dp_ip src, dst;
	struct dp_ip target; /* NS, NA */
	bool has_lladdr;     /* the option that fits the type: source (RS, RA, NS), target (NA) */
	struct dp_adj lladdr;
	bool has_nonce;
	uint8_t nonce[ND_NONCE_LEN];
	uint32_t mtu; /* RA; 0: none */
	const struct nd_ra *ra;
};

/* --- messages (nd_msg.c) --- */

/* Check and read (RFC 4861 6.1, 7.1); m's data is at the IPv6 header. @return whether it is valid */
bool nd_read(const struct ctl_port *p, const struct rte_mbuf *m, struct nd_info *info);
/* Begin a message of our own: IPv6 header and len octets for the ICMPv6 message, zero but for type.
 * *msg: where that is. NULL: no mbuf (counted by the pool, not by us: nothing was made). */
struct rte_mbuf *nd_new(struct ctl_port *p, enum nd_type type, const struct dp_ip *src,
		const struct dp_ip *dst, uint16_t len, void **msg);
/* Append an option of len octets, NULL: no room. */
void *nd_opt_add(struct rte_mbuf *m, uint8_t type, uint16_t len);
/* Append our link-layer address as the peer is to know it; NULL: as everybody is. */
bool nd_opt_lladdr(struct ctl_port *p, struct rte_mbuf *m, uint8_t type, const struct dp_adj *peer);
/* Set lengths and checksum, and send: to lladdr, or NULL: by m's destination. Takes m for good. */
void nd_finish(struct ctl_port *p, struct rte_mbuf *m, const struct dp_adj *lladdr);

/* --- own addresses (dad.c) --- */

/* One of our addresses on a port. */
struct nd_addr {
	LIST_ENTRY(nd_addr) next;
	struct ctl_port *p;
	struct dp_ip ip;
	enum control_addr_state state;
	bool automatic; /* link-local, made by us */
	bool joined;	/* its solicited-node group */
	uint8_t probes; /* sent since it is tentative */
	uint8_t nonce[ND_NONCE_LEN];
	struct ctl_timer timer;
};

LIST_HEAD(nd_addrs, nd_addr);

struct ctl_nd {
	bool on;
	struct nd_addrs addrs; /* the newest first */
	struct ctl_announce announce;
	struct dp_ip linklocal; /* zero: none yet */
	/* Router advertisements. */
	struct ctl_timer ra;
	bool ra_on;
	uint8_t ra_initial; /* of those that begin quickly, still to go */
	uint64_t ra_last;   /* sent to all; 0: never */
	uint64_t ra_sent, ra_inconsistent;
};

void nd_addr_free(struct nd_addr *a);
struct nd_addr *nd_addr_find(const struct ctl_port *p, const struct dp_ip *ip);
/* Go on with what waits for the link. */
void dad_link_up(struct ctl_port *p);
/* A message says that somebody else has, or wants, a tentative address. */
void dad_conflict(struct nd_addr *a, const char *what);
/* Our link-local address as a source. @return whether there is one that may be used */
bool nd_source(const struct ctl_port *p, struct dp_ip *src);
void nd_solicited_node(const struct dp_ip *ip, struct dp_ip *group);

extern const struct dp_ip nd_all_nodes, nd_all_routers, nd_anycast_node;

/* --- router advertisements (ra.c) --- */

int ra_init(struct ctl_port *p);
void ra_fini(struct ctl_port *p);
int ra_set(struct ctl_port *p, bool on);
/* The port's addresses or its link have changed: tell soon. */
void ra_kick(struct ctl_port *p);
/* Somebody asks. */
void ra_solicited(struct ctl_port *p);
/* Another router's advertisement. */
void ra_heard(struct ctl_port *p, const struct nd_info *info);

#endif /* ND_H */

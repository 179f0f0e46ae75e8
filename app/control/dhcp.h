/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef DHCP_H
#define DHCP_H

/* What the two families of the DHCP relay share. */

#include <rte_udp.h>

#include "control_priv.h"

#define DHCP_RELAYS_MAX 64

/* A server for the clients of a port. */
struct dhcp_relay {
	uint16_t port;
	struct dp_ip server;
	uint64_t requests, replies;
};

struct ctl_dhcp {
	struct dhcp_relay relay[DHCP_RELAYS_MAX];
	uint32_t nb;
	struct ctl_bucket bucket[DP_PORTS_MAX];
};

/* A message, wherever its octets lie. */
struct dhcp_msg {
	struct ctl_port *p; /* it came in here */
	struct rte_mbuf *m; /* data at the IP header */
	struct dp_ip src, dst;
	rte_be16_t src_port;
	uint32_t at; /* the message, behind the UDP header */
	uint32_t len;
};

/* Has the port a server of this family? */
bool dhcp_serves(const struct control *c, uint16_t port, bool v4);
/* May a client's message be passed on now? */
bool dhcp_take(struct ctl_port *p);
/* Our address for talking to somebody anywhere. */
bool dhcp_source(struct control *c, const struct dp_ip *to, struct dp_ip *src);
/*
 * A packet of our own with head_len octets of head, then the message. Checksum and lengths are
 * dhcp_finish()'s. @return data at the IP header; *body: behind the UDP header; NULL: no room
 */
struct rte_mbuf *dhcp_packet(const struct dhcp_msg *msg, const struct dp_ip *src,
		const struct dp_ip *dst, uint16_t dst_port, uint16_t head_len, uint8_t **body);
void dhcp_finish(struct rte_mbuf *m);
/* All servers of the port got it, or none. Takes the message for good. */
void dhcp_done(const struct dhcp_msg *msg, uint32_t nb_sent);

/* Both take the message for good unless they return false. */
bool dhcp4_input(const struct dhcp_msg *msg);
bool dhcp6_input(const struct dhcp_msg *msg);
/* Receive, or no more, what IPv6 clients of the port send to relays. */
int dhcp6_listen(struct ctl_port *p, bool on);

#endif /* DHCP_H */

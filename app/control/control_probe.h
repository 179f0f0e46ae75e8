/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef CONTROL_PROBE_H
#define CONTROL_PROBE_H

/**
 * @file
 * ping, arping and traceroute: control sends and notes what comes back, another
 * thread asks for that from time to time and shows it. One at a time.
 */

#include <stdbool.h>
#include <stdint.h>

#include "dp.h"

struct control;

enum control_probe_kind {
	CONTROL_PING,	   /**< ICMP echo requests */
	CONTROL_ARPING,	   /**< ARP requests or neighbour solicitations to everybody */
	CONTROL_TRACEROUTE /**< echo requests with growing TTL, three for each hop */
};

struct control_probe_cfg {
	enum control_probe_kind kind;
	struct dp_ip dst;
	struct dp_ip src;     /**< zero: chosen */
	uint16_t port;	      /**< to leave by; DP_PORT_NIL: as routes say */
	uint16_t size;	      /**< octets behind the ICMP header */
	uint32_t count;	      /**< 0: until it is stopped; not of traceroute */
	uint32_t interval_ms; /**< 10 at least */
	uint8_t hops;	      /**< traceroute: most */
};

enum control_probe_what {
	CONTROL_PROBE_REPLY,
	CONTROL_PROBE_ERROR, /**< an ICMP error, type and code say which */
	CONTROL_PROBE_LOST,  /**< no answer within a second */
	CONTROL_PROBE_HOP    /**< traceroute: no more of this hop */
};

/** What came of a packet. */
struct control_probe_event {
	enum control_probe_what what;
	uint32_t seq; /**< from 1 */
	uint8_t hop;
	uint8_t ttl, type, code;
	uint16_t size; /**< octets of ICMP */
	uint32_t rtt_us;
	struct dp_ip from;
	bool ipoib, has_lladdr, grh;
	uint16_t slid;	      /**< IPoIB: source LID */
	uint32_t qpn;	      /**< and QPN */
	struct ib_gid sgid;   /**< of the GRH */
	struct dp_adj lladdr; /**< ARP, ND: of who answered; ipoib: 20 octets */
};

#define CONTROL_PROBE_EVENTS 16

struct control_probe_poll {
	uint32_t sent, received;
	bool done; /**< and nothing more to come */
	uint32_t nb;
	struct control_probe_event event[CONTROL_PROBE_EVENTS];
};

/**
 * Begin. Control thread. It ends by itself if nobody polls for 5 s.
 * @param cfg port and src are filled in
 * @return 0; -EBUSY another one is under way; -EADDRINUSE dst is ours; -ENETUNREACH no route;
 *   -EHOSTUNREACH it does not leave by that port; -EADDRNOTAVAIL src is not ours, or there is
 *   none; -EDESTADDRREQ a port is needed; -EMSGSIZE; -ENODEV; -ENOMEM
 */
int control_probe_start(struct control *c, struct control_probe_cfg *cfg);
/** What happened since the last time. Control thread. @return 0, -ENOENT none is under way */
int control_probe_poll(struct control *c, struct control_probe_poll *poll);
/** End it. Control thread. */
void control_probe_stop(struct control *c);

#endif /* CONTROL_PROBE_H */

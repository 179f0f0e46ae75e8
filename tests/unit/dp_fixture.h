/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef DP_FIXTURE_H
#define DP_FIXTURE_H

/*
 * What the tests of the data path share: a struct dp on four ring ports, with
 * routes and neighbours; the test plays the wire, the control core, and turns
 * the workers by hand.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <rte_ip.h>

#include "dp.h"
#include "ipoib_neigh.h"
#include "pmd_ipoib.h"

enum { ETH0, IB1, ETH2, IB3, NB_PORTS };
#define QUEUES 2

/* Packets that a port takes before its TX queue is full. */
#define TX_RING 128
#define PKTS (DP_PUNT_RING + 2047)

#define IP(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))
#define IP_US IP(192, 0, 2, 1)		  /* ours, on ETH0 */
#define IP_HOST IP(192, 0, 2, 77)	  /* on ETH0, MAC known */
#define IP_FAR IP(198, 51, 100, 5)	  /* behind IP_GW */
#define IP_GW IP(203, 0, 113, 9)	  /* on IB1, address and path known */
#define IP_ETH2 IP(198, 18, 2, 5)	  /* on ETH2, MAC known */
#define IP_IB3 IP(198, 18, 3, 5)	  /* on IB3, address and path known */
#define IP_UNKNOWN IP(192, 0, 2, 200)	  /* on ETH0, no neighbour yet */
#define IP_IB_UNKNOWN IP(203, 0, 113, 99) /* on IB1, no neighbour yet */
#define IP_NOWHERE IP(10, 1, 2, 3)	  /* no route */

#define IP6_US "2001:db8:1::1"	  /* the same in IPv6 */
#define IP6_HOST "2001:db8:1::77" /* on ETH0 */
#define IP6_FAR "2001:db8:ff::5"  /* behind IP6_GW */
#define IP6_GW "2001:db8:2::9"	  /* on IB1 */
#define IP6_ETH2 "2001:db8:3::5"  /* on ETH2 */
#define IP6_UNKNOWN "2001:db8:1::200"
#define NH_FREE 20 /* the first next hop that tests may take */

enum { ADJ_NONE, ADJ_HOST, ADJ_GW, ADJ_ETH2, ADJ_IB3, ADJ_FREE };
#define AH_GW 42
#define AH_IB3 43
#define QPN_GW 0x012345
#define QPN_IB3 0x00abcd

struct dp_fixture {
	struct rte_mempool *pool;
	struct dp *dp;
	struct dp_worker *w; /* worker 0 */
	struct rte_ring *rx[NB_PORTS][QUEUES];
	struct rte_ring *tx[NB_PORTS][QUEUES];
	struct dp_counters want[DP_PORTS_MAX]; /* what fx_check() expects since the last one */
	bool untold; /* workers do not hear of what is taken from the punt ring */
};

extern struct dp_fixture fx;

/* Group set-up and teardown: EAL and ports. */
int fx_start(void **state);
int fx_stop(void **state);

/* Test set-up: one worker; two workers and one TX queue a port; two workers with a queue each. */
int fx_setup(void **state);
int fx_setup_shared(void **state);
int fx_setup_two(void **state);
/* Test teardown: nothing is missing in the books, no packet is lost. */
int fx_teardown(void **state);

/* A packet as received on @p port, in one segment. */
struct rte_mbuf *fx_mbuf(uint16_t port, const void *data, uint32_t len);
/* The same in segments that end at octets @p cut1 and @p cut2 (0: no such cut). */
struct rte_mbuf *fx_mbuf_cut(
		uint16_t port, const void *data, uint32_t len, uint32_t cut1, uint32_t cut2);
/* Put a packet into the RX queue 0 of @p port. */
void fx_rx(uint16_t port, struct rte_mbuf *m);
/* Take a packet that was sent on @p port (queue 0), or NULL. */
struct rte_mbuf *fx_tx(uint16_t port);
/* Take a packet that is at control, or NULL; it counts as handled. */
struct rte_mbuf *fx_punt(void);
/* End of a packet: sent ones leave, control's are counted as delivered. */
void fx_free_sent(struct rte_mbuf *m);
void fx_free_punted(struct rte_mbuf *m);
/* One turn of worker 0. */
uint32_t fx_turn(void);
/* Compare the counters (but for octets) with fx.want, then start from zero. */
void fx_check(void);

/* An IPv4 packet of @p len octets with a right checksum into @p ip. */
void fx_ip(void *ip, uint32_t src, uint32_t dst, uint8_t ttl, uint16_t len);
/* Make the checksum right again. */
void fx_ip_fix(void *ip);
/* The same as a frame for @p port. */
struct rte_mbuf *fx_packet(uint16_t port, uint32_t src, uint32_t dst, uint8_t ttl, uint16_t len);

/* Compare a packet with what it should be. */
void fx_assert_data(struct rte_mbuf *m, const void *data, uint32_t len);

/* An empty neighbour table, as control makes it. */
struct ipoib_neigh *fx_table(const char *name);
/* Neighbours, as control sets them. */
void fx_l3_valid(uint16_t port, uint32_t ip, uint32_t adj);
void fx_l3_failed(uint16_t port, uint32_t ip);
void fx_path_valid(uint16_t port, const struct ipoib_addr *addr, uint32_t ah, uint16_t mtu);
void fx_path_failed(uint16_t port, const struct ipoib_addr *addr);
void fx_path_del(uint16_t port, const struct ipoib_addr *addr);
void fx_l3_valid6(uint16_t port, const char *ip, uint32_t adj);
/* A next hop, gw an address of either family or NULL, and an IPv6 route to it. */
void fx_nh(uint16_t id, enum dp_nh_type type, uint16_t port, const char *gw);
void fx_route6(const char *prefix, uint8_t len, uint16_t id);
/* An address from text, of either family. */
struct dp_ip fx_ip6(const char *text);
/* A UDP packet of @p len octets over IPv6, as a frame for @p port. */
struct rte_mbuf *fx_packet6(
		uint16_t port, const char *src, const char *dst, uint8_t hops, uint16_t len);
/* A raw IP packet of either family as a frame for @p port. */
struct rte_mbuf *fx_raw(uint16_t port, const void *ip, uint32_t len);
/* A punted packet: its reason, where it came in; for a miss or one too big its next hop too. */
struct rte_mbuf *fx_punted(enum dp_punt_reason reason, uint16_t in_port);
void fx_punted_key(struct rte_mbuf *m, uint16_t port, const char *ip);
/* The address of a peer. */
struct ipoib_addr fx_addr(uint32_t qpn, uint8_t last);
void fx_up(uint16_t port, bool up);

#endif /* DP_FIXTURE_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef FAST_FIXTURE_H
#define FAST_FIXTURE_H

/* What the tests share that look at what a worker remembers of destinations (app/datapath/fast.c). */

#include "dp_fixture.h"

/* The place of a destination, if the worker remembers it by the routes of now; or NULL. */
struct dp_fast *known(const struct dp_worker *w, uint32_t dst);
uint32_t nb_known(const struct dp_worker *w);

/* What control does after it has changed routes; and a route. */
void rules_next(void);
void route_set(uint32_t prefix, uint8_t len, uint16_t id);

/* The port by which packets to a destination come in. */
uint16_t in_port(uint32_t dst);
/* Let a packet come in: of 100 octets, or as said. */
void rx(uint32_t dst);
void rx_len(uint32_t dst, uint8_t ttl, uint16_t len);

/* The next packet to @p dst is sent by @p port; the caller's to look at and free. */
struct rte_mbuf *next_sent(uint32_t dst, uint16_t port);
/* It is sent with this address handle and QPN, or to a MAC that ends so. */
void next_ah(uint32_t dst, uint16_t port, uint32_t ah, uint32_t qpn);
void next_mac(uint32_t dst, uint16_t port, uint8_t last);
void next_punted(uint32_t dst, enum dp_punt_reason reason);
/* It is dropped, counted at @p port. */
void next_dropped(uint32_t dst, uint16_t port, enum dp_drop reason);
/* Let worker 0 learn a destination, and use what it knows once. */
void learn(uint32_t dst, uint16_t port);

/* Records of an IP next hop and of a path. */
struct ipoib_neigh_rec *l3_rec(uint16_t port, uint32_t ip);
struct ipoib_neigh_rec *path_rec(uint16_t port, uint32_t adj);
void l3_del(uint16_t port, uint32_t ip);

#endif /* FAST_FIXTURE_H */

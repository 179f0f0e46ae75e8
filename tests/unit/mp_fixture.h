/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef MP_FIXTURE_H
#define MP_FIXTURE_H

/*
 * What the tests of the IGMP and MLD proxy share: hosts on ETH, the upstream router on IB, and
 * messages that scapy made.
 */

#include "control_fixture.h"
#include "mproxy.h"

#define MP_GROUP IP(239, 1, 2, 3)

extern const struct dp_ip mp_group6;

/* Hear, or expect to have sent, a message of mp_golden.h. */
#define HEAR(port, name) mp_hear(port, golden_##name, sizeof(golden_##name))
#define EXPECT(port, name) mp_expect(port, golden_##name, sizeof(golden_##name))

/* ETH routes multicast, IB is upstream; both have just begun. */
int mp_setup(void **state);
/* The same; they have said what they say at first. */
int mp_setup_quiet(void **state);
/* The same, with the address 192.0.2.200 on ETH: others may have a lower one. */
int mp_setup_high(void **state);

void mp_hear(uint16_t port, const void *data, uint32_t len);
/* The next packet of the family on the port, behind its link-layer header, but for reports of
 * MLDv2 (a router of the link is a member of groups too); free it with fx_free(). NULL: none */
struct rte_mbuf *mp_next(uint16_t port, bool v6);
/* That packet is the same from the addresses on; the identification of IPv4 and so its checksum
 * differ. */
void mp_expect(uint16_t port, const uint8_t *want, uint32_t len);
void mp_expect_nothing(uint16_t port, bool v6);

/* Ports that workers send the group, or MP_GROUP, to. */
uint64_t mp_listeners(const struct dp_ip *group);
uint64_t mp_listeners4(void);
/* MP_GROUP: as a host upstream, and at the SA. */
bool mp_joined(void);

#endif /* MP_FIXTURE_H */

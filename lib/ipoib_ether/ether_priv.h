/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef ETHER_PRIV_H
#define ETHER_PRIV_H

/**
 * @file
 * What the files of this folder share; control, unless it says otherwise.
 */

#include "ipoib_ether.h"

/* The n-th MAC that a peer may have. Any thread. */
void ether_mac_peer(const struct ipoib_addr *addr, uint32_t n, struct rte_ether_addr *mac);

/* Is it a local's, and may it be a sender's: unicast, not zero, no peer's? */
bool ether_mac_may_be_local(const struct ether_table *t, const struct rte_ether_addr *mac);

/* The sender of a DHCP request, by its transaction; of the last few. */
void ether_xid_note(struct ether_table *t, uint32_t xid, const struct rte_ether_addr *mac);
bool ether_xid_find(const struct ether_table *t, uint32_t xid, struct rte_ether_addr *mac);

/*
 * Neighbour Discovery (data at the IPv6 header, whole in the first segment): translate its options.
 * @return enum ether_verdict; pm may be another mbuf
 */
int ether_nd_out(struct ether_table *t, const struct ether_port *port, uint64_t now_us,
		struct rte_mbuf *m);
int ether_nd_in(struct ether_table *t, const struct ether_port *port, uint64_t now_us,
		struct rte_mbuf *m, const struct ether_from *from);
/* Is it Neighbour Discovery? Any thread. */
bool ether_is_nd(const void *ip, uint32_t len);

/* DHCPv4 (data at the IPv4 header): in place. @return enum ether_verdict */
bool ether_is_dhcp(const void *ip, uint32_t len);
int ether_dhcp_out(struct ether_table *t, struct rte_mbuf *m);
int ether_dhcp_in(struct ether_table *t, struct rte_mbuf *m);

#endif /* ETHER_PRIV_H */

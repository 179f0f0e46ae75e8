/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef SENDER_H
#define SENDER_H

/**
 * @file
 * The 20-octet address of who sent a packet. An IPoIB packet from the own subnet usually has no GRH
 * and so only tells the LID and QPN of its sender; broadcasts have one, and ARP begins with them.
 * Each worker remembers what it saw, and looks at what the others saw. Workers only.
 */

#include "worker.h"

/** Who sent the packet, whose data is at the encapsulation header; learns from its GRH.
 *  @return false: only LID and QPN are known */
bool sender_get(struct dp_worker *w, uint16_t port, struct rte_mbuf *m, struct ipoib_addr *addr);

#endif /* SENDER_H */

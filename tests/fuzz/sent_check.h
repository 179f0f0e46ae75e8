/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef SENT_CHECK_H
#define SENT_CHECK_H

/*
 * What a router may send: one of the packets that came, whole, with one hop less, with headers that
 * are right, not longer than its link takes, and those of a flow in the order in which they came.
 */

#include "dp_fixture.h"

#define CAME_MAX 16
#define CAME_LEN 2100

/* A packet that came, from the link-layer header on. */
struct came {
	uint16_t port;
	uint16_t l2_len; /* 0: it holds no IP packet */
	uint16_t len;
	bool cksum_good; /* its driver said so: nobody looks */
	bool tagged;
	uint8_t sent[NB_PORTS]; /* how often */
	uint8_t data[CAME_LEN];
};

struct came_burst {
	unsigned int n;
	/* Members of a bond may hear what the bond sends; SYNs may have another MSS. */
	bool bond, clamp;
	struct came pkt[CAME_MAX];
};

/* A packet is about to come in; @return it */
struct came *came_add(struct came_burst *b, uint16_t port, const uint8_t *data, uint32_t len);

/* Assert what is said above of a packet that was sent, and of one that is at control. */
void sent_check(struct came_burst *b, uint16_t port, struct rte_mbuf *m);
void punted_check(struct came_burst *b, struct rte_mbuf *m);

#endif /* SENT_CHECK_H */

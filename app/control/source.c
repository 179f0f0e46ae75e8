/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Limits of ARP and ND: so much for each peer, so much for each port. The peer is who the message
 * says that it is: that keeps a broken or busy host from starving the others. Against one that
 * forges its name there is the limit of the port.
 */

#include <errno.h>
#include <stdlib.h>

#include <rte_jhash.h>
#include <rte_random.h>

#include "control_priv.h"

/* Of a port: what a core answers beside its other work (some 2 us each). */
#define PORT_PER_S 5000
#define PORT_BURST 1000
/*
 * Of a peer: a host with 128 addresses that asks for us with each of them every second; Linux asks
 * once in 30 s or so.
 */
#define SOURCE_PER_S 128
#define SOURCE_BURST 256
/* Two claims within this time are one quarrel (RFC 5227 DEFEND_INTERVAL). */
#define DEFEND_US (10 * CTL_US_PER_S)

static uint64_t
source_key(const struct ctl_port *p, const struct dp_adj *from)
{
	const struct control *c = p->c;
	uint32_t a = (uint32_t)c->ip->sources_seed,
		 b = (uint32_t)(c->ip->sources_seed >> 32) + p->id;
	uint32_t words[IPOIB_ADDR_LEN / sizeof(uint32_t)] = { 0 };
	uint64_t key;

	if (p->kind == DP_PORT_ETH) {
		memcpy(words, &from->mac, sizeof(from->mac));
	} else {
		memcpy(words, &from->lladdr, sizeof(words));
		*(uint8_t *)words = 0; /* the flags are not part of who it is */
	}
	rte_jhash_32b_2hashes(words, RTE_DIM(words), &a, &b);
	key = (uint64_t)a << 32 | b;
	return key == 0 ? 1 : key;
}

/* Its place, or that of who was silent for longest. A new one starts with a full bucket. */
static struct ctl_source *
source_get(struct ctl_port *p, const struct dp_adj *from)
{
	uint64_t key = source_key(p, from);
	struct ctl_source *set = p->c->ip->sources[key % CTL_SOURCES_SETS], *oldest = &set[0];
	uint32_t i;

	for (i = 0; i < CTL_SOURCES_WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
		if (set[i].key == 0 ||
				(oldest->key != 0 && set[i].bucket.last < oldest->bucket.last))
			oldest = &set[i];
	}
	*oldest = (struct ctl_source){ .key = key };
	return oldest;
}

bool
source_take(struct ctl_port *p, const struct dp_adj *from)
{
	uint64_t now = p->c->now;

	return bucket_take(&source_get(p, from)->bucket, now, SOURCE_PER_S, SOURCE_BURST) &&
			bucket_take(&p->ip->arp_bucket, now, PORT_PER_S, PORT_BURST);
}

bool
conflict_seen(struct ctl_port *p, const struct dp_ip *ip)
{
	struct ctl_defence *d, *oldest = &p->ip->defence[0];
	uint64_t now = p->c->now;
	uint32_t i;

	p->ip->conflicts++;
	for (i = 0; i < CTL_DEFENCES; i++) {
		d = &p->ip->defence[i];
		if (d->when != 0 && dp_ip_equal(&d->ip, ip)) {
			oldest = d;
			break;
		}
		if (d->when < oldest->when)
			oldest = d;
	}
	/* At most 8 addresses in 10 s: a ninth has to wait until the first one's time is over. */
	if (oldest->when != 0 && now - oldest->when < DEFEND_US)
		return false;
	oldest->ip = *ip;
	oldest->when = now;
	return true;
}

int
sources_init(struct control *c)
{
	c->ip->sources = calloc(CTL_SOURCES_SETS, sizeof(*c->ip->sources));
	c->ip->sources_seed = rte_rand();
	return c->ip->sources == NULL ? -ENOMEM : 0;
}

void
sources_fini(struct control *c)
{
	free(c->ip->sources);
	c->ip->sources = NULL;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* IPv4 fragments: cutting what is too large, merging what is addressed to us. */

#include <errno.h>
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_ip_frag.h>

#include "control_priv.h"

/* At 64 KB this is enough down to an MTU of 540. */
#define FRAGS_MAX 128
/* Packets that are being merged, and how long their parts may wait (RFC 1122 3.3.2: 60 to 120 s is
 * for hosts; what waits here only pings a router). */
#define MERGE_FLOWS 64
#define MERGE_BUCKET 4
#define MERGE_LIFE_MS 2000

static int
cut(struct control *c, struct rte_mbuf *m, struct rte_mbuf **parts, uint16_t mtu)
{
	struct rte_mempool *pool = c->dp->pool;
	uint16_t room = rte_pktmbuf_data_room_size(pool);

	/* Copies are the simplest thing for every driver; what does not fit one mbuf refers to the
	 * original's data instead. */
	if (m->nb_segs == 1 && room >= RTE_PKTMBUF_HEADROOM + mtu)
		return rte_ipv4_fragment_copy_nonseg_packet(m, parts, FRAGS_MAX, mtu, pool);
	return rte_ipv4_fragment_packet(m, parts, FRAGS_MAX, mtu, pool, pool);
}

void
frag_send(struct control *c, uint16_t port, const struct dp_ip *nh, uint16_t mtu,
		struct rte_mbuf *m)
{
	struct rte_mbuf *parts[FRAGS_MAX];
	int i, n;

	n = cut(c, m, parts, mtu);
	if (n <= 0) {
		ctl_drop(c, n == -ENOMEM ? DP_DROP_nombuf : DP_DROP_too_big, m);
		return;
	}
	dp_count(&ctl_ctr(c, m->port)->copies, (uint64_t)n - 1);
	for (i = 0; i < n; i++) {
		parts[i]->port = m->port;
		*dp_meta(parts[i]) = *dp_meta(m);
		ip_cksum_set(rte_pktmbuf_mtod(parts[i], struct rte_ipv4_hdr *));
	}
	rte_pktmbuf_free(m);
	for (i = 0; i < n; i++)
		l3_send(c, port, nh, parts[i]);
}

/* Free what the merging gave up; it was counted when it came. */
static uint32_t
bury(struct control *c)
{
	struct rte_ip_frag_death_row *dr = c->frag_dr;
	uint32_t i, n = dr->cnt;

	for (i = 0; i < n; i++)
		ctl_drop(c, DP_DROP_local_bad, dr->row[i]);
	dr->cnt = 0;
	return n;
}

static void
merge_expire(struct control *c, void *arg)
{
	RTE_SET_USED(arg);
	rte_ip_frag_table_del_expired_entries(c->frag_tbl, c->frag_dr, c->now);
	c->frags_held -= bury(c);
	if (c->frags_held > 0)
		timer_set(c, &c->frag_timer, c->now + CTL_US_PER_S);
}

struct rte_mbuf *
frag_merge(struct control *c, struct rte_mbuf *m)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *);
	struct rte_mbuf *whole;
	uint16_t parts;

	/* Held parts are counted by their segments. */
	if (m->nb_segs != 1 && rte_pktmbuf_linearize(m) != 0) {
		ctl_drop(c, DP_DROP_nombuf, m);
		return NULL;
	}
	m->l2_len = 0;
	m->l3_len = rte_ipv4_hdr_len(ip);
	whole = rte_ipv4_frag_reassemble_packet(c->frag_tbl, c->frag_dr, m, c->now, ip);
	c->frags_held++;
	c->frags_held -= bury(c);
	if (whole == NULL) {
		if (c->frag_timer.pos == 0)
			timer_set(c, &c->frag_timer, c->now + CTL_US_PER_S);
		return NULL;
	}
	parts = whole->nb_segs;
	c->frags_held -= parts;
	dp_count(&ctl_ctr(c, whole->port)->consumed, (uint64_t)parts - 1);
	return whole;
}

int
frag_init(struct control *c)
{
	c->frag_dr = calloc(1, sizeof(*c->frag_dr));
	if (c->frag_dr == NULL)
		return -ENOMEM;
	/* The table's "cycles" are whatever time it is given: microseconds here. */
	c->frag_tbl = rte_ip_frag_table_create(MERGE_FLOWS, MERGE_BUCKET,
			MERGE_FLOWS * MERGE_BUCKET, MERGE_LIFE_MS * CTL_US_PER_MS, SOCKET_ID_ANY);
	if (c->frag_tbl == NULL)
		return -ENOMEM;
	return timer_init(c, &c->frag_timer, merge_expire, NULL);
}

void
frag_fini(struct control *c)
{
	timer_fini(c, &c->frag_timer);
	if (c->frag_tbl != NULL) {
		rte_ip_frag_table_del_expired_entries(c->frag_tbl, c->frag_dr, UINT64_MAX);
		c->frags_held -= bury(c);
		rte_ip_frag_table_destroy(c->frag_tbl);
	}
	free(c->frag_dr);
}

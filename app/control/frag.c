/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Fragments: cutting what is too large, merging what is addressed to us. */

#include <errno.h>
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_ip_frag.h>
#include <rte_random.h>

#include "control_priv.h"

/*
 * Packets that are being merged, their parts in all, and how long these wait. What waits here only
 * pings a router or asks its DHCP relay, so the minute of RFC 8200 4.5 and RFC 1122 3.3.2 would
 * mostly serve a flood of first fragments, which must not keep others out for so long; and IPv4
 * identifications come again within seconds on a fast link (RFC 4963). rte_ip_frag takes up to 8
 * parts of a packet.
 */
#define MERGE_FLOWS 64
#define MERGE_BUCKET 4
#define MERGE_PARTS_MAX 1024
#define MERGE_LIFE_MS 2000

#define FRAG6_HDR_LEN sizeof(struct rte_ipv6_fragment_ext)
#define FRAG6_OFFSET_MASK 0xfff8

/* --- cutting --- */

static int
cut4(struct control *c, struct rte_mbuf *m, struct rte_mbuf **parts, uint16_t mtu)
{
	struct rte_mempool *pool = c->dp->pool;
	uint16_t room = rte_pktmbuf_data_room_size(pool);

	/* Copies are the simplest thing for every driver; what does not fit one mbuf refers to the
	 * original's data instead. */
	if (m->nb_segs == 1 && room >= RTE_PKTMBUF_HEADROOM + mtu)
		return rte_ipv4_fragment_copy_nonseg_packet(m, parts, CTL_PARTS_MAX, mtu, pool);
	return rte_ipv4_fragment_packet(m, parts, CTL_PARTS_MAX, mtu, pool, pool);
}

static void
finish4(struct rte_mbuf **parts, int n)
{
	int i;

	for (i = 0; i < n; i++)
		ip_cksum_set(rte_pktmbuf_mtod(parts[i], struct rte_ipv4_hdr *));
}

/* The library gives all packets the identification 0; it has to be hard to guess (RFC 7739). */
static void
finish6(struct rte_mbuf **parts, int n)
{
	struct rte_ipv6_fragment_ext *hdr;
	uint32_t id = (uint32_t)rte_rand();
	int i;

	for (i = 0; i < n; i++) {
		hdr = rte_pktmbuf_mtod_offset(parts[i], struct rte_ipv6_fragment_ext *,
				sizeof(struct rte_ipv6_hdr));
		hdr->id = id;
		/* One segment is simplest for every driver; without room it stays two. */
		rte_pktmbuf_linearize(parts[i]);
	}
}

uint16_t
frag_cut(struct control *c, uint16_t mtu, struct rte_mbuf *m, struct rte_mbuf **parts)
{
	bool v6 = ctl_ethertype(m) == RTE_ETHER_TYPE_IPV6;
	int i, n;

	if (v6)
		n = rte_ipv6_fragment_packet(
				m, parts, CTL_PARTS_MAX, mtu, c->dp->pool, c->dp->pool);
	else
		n = cut4(c, m, parts, mtu);
	if (n <= 0) {
		ctl_drop(c, n == -ENOMEM ? DP_DROP_nombuf : DP_DROP_too_big, m);
		return 0;
	}
	dp_count(&ctl_ctr(c, m->port)->copies, (uint64_t)n - 1);
	for (i = 0; i < n; i++) {
		parts[i]->port = m->port;
		*dp_meta(parts[i]) = *dp_meta(m);
	}
	if (v6)
		finish6(parts, n);
	else
		finish4(parts, n);
	rte_pktmbuf_free(m);
	return (uint16_t)n;
}

void
frag_send(struct control *c, uint16_t port, const struct dp_ip *nh, uint16_t mtu,
		struct rte_mbuf *m)
{
	struct rte_mbuf *parts[CTL_PARTS_MAX];
	uint16_t i, n;

	n = frag_cut(c, mtu, m, parts);
	for (i = 0; i < n; i++)
		l3_send(c, port, nh, parts[i]);
}

/* --- merging --- */

static bool
is_first_part(const struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);
	const struct rte_ipv6_fragment_ext *hdr;

	if (ctl_ethertype(m) != RTE_ETHER_TYPE_IPV6)
		return (ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_OFFSET_MASK)) == 0;
	hdr = rte_pktmbuf_mtod_offset(
			m, const struct rte_ipv6_fragment_ext *, sizeof(struct rte_ipv6_hdr));
	return (hdr->frag_data & RTE_BE16(FRAG6_OFFSET_MASK)) == 0;
}

/* Free what the merging gave up; it was counted when it came. The library may have chained some
 * parts before it found that they do not fit, so parts are counted by segments. */
static void
bury(struct control *c, bool late)
{
	struct rte_ip_frag_death_row *dr = c->ip->frag_dr;
	struct rte_mbuf *m;
	uint32_t i;

	for (i = 0; i < dr->cnt; i++) {
		m = dr->row[i];
		c->ip->frags_held -= m->nb_segs;
		if (late && is_first_part(m))
			ip_error(c, m, CTL_ERR_REASSEMBLY, 0);
		dp_count(&ctl_ctr(c, m->port)->drop[DP_DROP_reassembly], m->nb_segs);
		rte_pktmbuf_free(m);
	}
	dr->cnt = 0;
}

/* The death row may be too short for all. */
static void
expire(struct control *c, uint64_t now)
{
	do {
		rte_ip_frag_table_del_expired_entries(c->ip->frag_tbl, c->ip->frag_dr, now);
		if (c->ip->frag_dr->cnt == 0)
			return;
		bury(c, !c->closing);
	} while (1);
}

static void
merge_timer(struct control *c, void *arg)
{
	RTE_SET_USED(arg);
	expire(c, c->now);
	if (c->ip->frags_held > 0)
		timer_set(c, &c->ip->frag_timer, c->now + CTL_US_PER_S);
}

static struct rte_mbuf *
merge(struct control *c, struct rte_mbuf *m)
{
	struct rte_ipv6_hdr *ip6 = rte_pktmbuf_mtod(m, struct rte_ipv6_hdr *);

	m->l2_len = 0;
	if (ctl_ethertype(m) == RTE_ETHER_TYPE_IPV6) {
		m->l3_len = sizeof(*ip6) + FRAG6_HDR_LEN;
		return rte_ipv6_frag_reassemble_packet(c->ip->frag_tbl, c->ip->frag_dr, m, c->now,
				ip6, (struct rte_ipv6_fragment_ext *)(ip6 + 1));
	}
	m->l3_len = rte_ipv4_hdr_len(rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *));
	return rte_ipv4_frag_reassemble_packet(c->ip->frag_tbl, c->ip->frag_dr, m, c->now,
			rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *));
}

/* What the library makes of parts that overlap: it merges only parts that follow each other without
 * a gap and whose lengths add up to the whole, so one overlap or repetition ends all (RFC 5722). */
struct rte_mbuf *
frag_merge(struct control *c, struct rte_mbuf *m)
{
	struct rte_mbuf *whole;

	/* So that no entry that is too old is found, and given up without a word. */
	expire(c, c->now);
	/* Held parts are counted by their segments. */
	if (m->nb_segs != 1 && rte_pktmbuf_linearize(m) != 0) {
		ctl_drop(c, DP_DROP_nombuf, m);
		return NULL;
	}
	if (c->ip->frags_held >= MERGE_PARTS_MAX) {
		ctl_drop(c, DP_DROP_reassembly, m);
		return NULL;
	}
	c->ip->frags_held++;
	whole = merge(c, m);
	bury(c, false);
	if (whole == NULL) {
		if (c->ip->frags_held > 0 && c->ip->frag_timer.pos == 0)
			timer_set(c, &c->ip->frag_timer, c->now + CTL_US_PER_S);
		return NULL;
	}
	c->ip->frags_held -= whole->nb_segs;
	dp_count(&ctl_ctr(c, whole->port)->consumed, (uint64_t)whole->nb_segs - 1);
	return whole;
}

int
frag_init(struct control *c)
{
	c->ip->frag_dr = calloc(1, sizeof(*c->ip->frag_dr));
	if (c->ip->frag_dr == NULL)
		return -ENOMEM;
	/* The table's "cycles" are whatever time it is given: microseconds here. */
	c->ip->frag_tbl = rte_ip_frag_table_create(MERGE_FLOWS, MERGE_BUCKET,
			MERGE_FLOWS * MERGE_BUCKET, MERGE_LIFE_MS * CTL_US_PER_MS, SOCKET_ID_ANY);
	if (c->ip->frag_tbl == NULL)
		return -ENOMEM;
	return timer_init(c, &c->ip->frag_timer, merge_timer, NULL);
}

void
frag_fini(struct control *c)
{
	timer_fini(c, &c->ip->frag_timer);
	if (c->ip->frag_tbl != NULL) {
		expire(c, UINT64_MAX);
		rte_ip_frag_table_destroy(c->ip->frag_tbl);
	}
	free(c->ip->frag_dr);
}

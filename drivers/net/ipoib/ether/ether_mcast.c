/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Groups that are received: those of the program's filter (mac_addr_add, set_mc_addr_list), those
 * that locals joined by IGMP or MLD, and, promiscuous or allmulticast, all that exist on the link.
 */

#include "ether_pmd.h"

/* Pace of looking for memberships that ran out. */
#define LOOK_US (10 * CTL_US_PER_S)
/* Changes that one report may hold. */
#define CHANGES_MAX 64

static struct ether_group *
group_find(struct ether_dev *e, const struct ib_gid *mgid)
{
	uint32_t i;

	for (i = 0; i < e->nb_groups; i++) {
		if (ib_gid_equal(&e->groups[i].mgid, mgid))
			return &e->groups[i];
	}
	return NULL;
}

/* @return NULL: no room, counted */
static struct ether_group *
group_get(struct ether_dev *e, const struct ib_gid *mgid)
{
	struct ether_group *g = group_find(e, mgid);

	if (g != NULL)
		return g;
	if (e->nb_groups == ETHER_GROUPS_MAX || mcast_join(e->p, mgid) != 0) {
		e->groups_full++;
		return NULL;
	}
	g = &e->groups[e->nb_groups++];
	*g = (struct ether_group){ .mgid = *mgid };
	return g;
}

/* Nobody wants it any more? Then it is left; the last one takes its place. */
static bool
group_put(struct ether_dev *e, struct ether_group *g)
{
	if (g->filter || g->snooped)
		return false;
	mcast_leave(e->p, &g->mgid);
	*g = e->groups[--e->nb_groups];
	return true;
}

static void
filter_add(struct ether_dev *e, const struct rte_ether_addr *mac)
{
	struct ether_group *g;
	struct ib_gid mgid;

	if (!rte_is_multicast_ether_addr(mac) || rte_is_broadcast_ether_addr(mac) ||
			ether_mac_group(mac, &e->p->bcast.mgid, &mgid) != 0)
		return;
	g = group_get(e, &mgid);
	if (g != NULL)
		g->filter = true;
}

void
ether_groups_filter(struct ether_dev *e)
{
	const struct rte_eth_dev_data *data = e->dev->data;
	uint32_t i;
	bool follow;

	if (e->p == NULL)
		return;
	ether_ctrl_now();
	for (i = 0; i < e->nb_groups; i++)
		e->groups[i].filter = false;
	for (i = 0; i < ETHER_MACS_MAX; i++)
		filter_add(e, &data->mac_addrs[i]);
	for (i = 0; i < e->nb_mcast; i++)
		filter_add(e, &e->mcast[i]);
	for (i = e->nb_groups; i-- > 0;)
		group_put(e, &e->groups[i]);
	follow = e->promisc || e->allmulti;
	if (follow != e->follow)
		mcast_follow(e->p, follow);
	e->follow = follow;
}

void
ether_groups_snoop(struct ether_dev *e, const struct rte_mbuf *m, uint64_t now)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	struct ether_membership change[CHANGES_MAX];
	struct ether_group *g;
	struct ib_gid mgid;
	uint32_t i, n;

	n = ether_snoop(m, RTE_ETHER_HDR_LEN, eth->ether_type, change, CHANGES_MAX);
	for (i = 0; i < n; i++) {
		ether_ip_mgid(&change[i].group, &e->p->bcast.mgid, &mgid);
		g = change[i].join ? group_get(e, &mgid) : group_find(e, &mgid);
		if (g == NULL)
			continue;
		/* Another local may still want it: it says so when it is asked. */
		if (!change[i].join && g->snooped) {
			g->until = RTE_MIN(g->until, now + LOOK_US);
			continue;
		}
		g->snooped = true;
		g->until = now + ETHER_SNOOP_US;
	}
}

void
ether_groups_run(struct ether_dev *e, uint64_t now)
{
	uint32_t i;

	if (now < e->groups_look)
		return;
	e->groups_look = now + LOOK_US;
	for (i = e->nb_groups; i-- > 0;) {
		struct ether_group *g = &e->groups[i];

		if (!g->snooped || g->until > now)
			continue;
		g->snooped = false;
		group_put(e, g);
	}
}

void
ether_groups_start(struct ether_dev *e)
{
	e->nb_groups = 0;
	e->follow = false;
	ether_groups_filter(e);
}

/* The resolver leaves them by itself, with its port. */
void
ether_groups_stop(struct ether_dev *e)
{
	e->nb_groups = 0;
	e->follow = false;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Multicast routing by IGMP and MLD proxy (RFC 4605): which groups are wanted on which ports, what
 * workers and the upstream port are told of it, and the commands.
 */

#include <errno.h>
#include <stdlib.h>

#include <rte_random.h>

#include "mproxy.h"

/* A table answered -EAGAIN, or there was no room: try again. */
#define AGAIN_US (10 * CTL_US_PER_MS)
#define NO_ROOM_US (5 * CTL_US_PER_S)

/* --- what workers read --- */

static void
index_release(void *arg, uint32_t index)
{
	struct ctl_mproxy *mx = arg;

	mx->free[mx->nb_free++] = index;
}

/* Made when multicast is first routed. */
static int
tables_init(struct ctl_mproxy *mx)
{
	struct dp *dp = mx->c->dp;
	struct ipoib_neigh_cfg cfg = {
		.name = "groups",
		.socket = SOCKET_ID_ANY,
		/* Members are forgotten here by IGMP's and MLD's rules, not by use. */
		.gc_thresh1 = DP_MGROUP_MAX,
		.gc_thresh2 = DP_MGROUP_MAX,
		.gc_thresh3 = DP_MGROUP_MAX,
		.rcu = dp->rcu,
		.ah_release = index_release,
		.arg = mx,
	};
	struct ipoib_neigh *groups;
	uint32_t i;
	int ret;

	if (dp->groups != NULL)
		return 0;
	mx->free = calloc(DP_MGROUP_MAX, sizeof(*mx->free));
	dp->mgroup = calloc(DP_MGROUP_MAX, sizeof(*dp->mgroup));
	ret = mx->free == NULL || dp->mgroup == NULL ? -ENOMEM : ipoib_neigh_create(&cfg, &groups);
	if (ret != 0) {
		free(mx->free);
		free(dp->mgroup);
		mx->free = NULL;
		dp->mgroup = NULL;
		return ret;
	}
	for (i = 0; i < DP_MGROUP_MAX; i++)
		mx->free[i] = DP_MGROUP_MAX - 1 - i;
	mx->nb_free = DP_MGROUP_MAX;
	__atomic_store_n(&dp->groups, groups, __ATOMIC_RELEASE);
	return 0;
}

static bool
counts(const struct mp_member *mb)
{
	return mb->mp->router || mb->mp->p->id == mb->g->mx->upstream;
}

/* Downstream ports. */
static uint64_t
ports_of(const struct mp_group *g)
{
	const struct mp_member *mb;
	uint64_t ports = 0;

	LIST_FOREACH(mb, &g->members, of_group) {
		if (mb->mp->router)
			ports |= RTE_BIT64(mb->mp->p->id);
	}
	return ports;
}

/* @return 0, -EAGAIN, -ENOSPC */
static int
publish(struct mp_group *g, uint64_t ports)
{
	struct ctl_mproxy *mx = g->mx;
	struct dp *dp = mx->c->dp;
	struct ipoib_neigh_value v = { .kind = IPOIB_NEIGH_UD };
	struct ipoib_neigh_rec *rec;
	struct ipoib_addr key;
	int ret;

	if (g->rec != NULL) {
		atomic_store(&dp->mgroup[g->index], ports);
		return 0;
	}
	if (mx->nb_free == 0)
		return -EAGAIN;
	dp_l3_key(&key, DP_PORT_NIL, &g->ip);
	ret = ipoib_neigh_add(dp->groups, &key, mx->c->now, &rec);
	if (ret < 0)
		return ret;
	v.ah = mx->free[--mx->nb_free];
	atomic_store(&dp->mgroup[v.ah], ports);
	ret = ipoib_neigh_set_valid(dp->groups, rec, &v, mx->c->now);
	if (ret != 0) {
		mx->free[mx->nb_free++] = v.ah;
		return ret;
	}
	g->rec = rec;
	g->index = v.ah;
	return 0;
}

static int
unpublish(struct mp_group *g)
{
	struct dp *dp = g->mx->c->dp;
	int ret;

	if (g->rec == NULL)
		return 0;
	atomic_store(&dp->mgroup[g->index], 0);
	ret = ipoib_neigh_del(dp->groups, g->rec);
	if (ret == 0)
		g->rec = NULL;
	return ret;
}

/* --- groups --- */

bool
mp_is_routed(const struct dp_ip *group)
{
	if (!dp_ip_is_mcast(group))
		return false;
	if (dp_ip_is4(group))
		return dp_ip_get4(group) >> 8 != 0xe00000;
	return (group->b[1] & 0xf) > 2;
}

static uint32_t
bucket_of(const struct ctl_mproxy *mx, const struct dp_ip *group)
{
	return ctl_hash16(group->b, mx->seed) % MP_BUCKETS;
}

struct mp_group *
mp_group_find(const struct ctl_mproxy *mx, const struct dp_ip *group)
{
	struct mp_group *g;

	LIST_FOREACH(g, &mx->buckets[bucket_of(mx, group)], bucket) {
		if (dp_ip_equal(&g->ip, group))
			return g;
	}
	return NULL;
}

static struct ctl_port *
upstream_of(const struct ctl_mproxy *mx)
{
	return ctl_port(mx->c, mx->upstream);
}

/* RFC 4605 4.1: a member upstream of what anybody downstream wants. @return 0, -errno */
static int
upstream_sync(struct mp_group *g, bool want)
{
	struct ctl_port *up = upstream_of(g->mx);
	int ret;

	if (up == NULL || want == g->upstream)
		return 0;
	/* First what it is, then the change that reports it. */
	g->upstream = want;
	if (!want) {
		ip_mcast_leave(up, &g->ip);
		return 0;
	}
	ret = ip_mcast_join(up, &g->ip);
	if (ret != 0)
		g->upstream = false;
	return ret;
}

static void
group_free(struct mp_group *g)
{
	timer_fini(g->mx->c, &g->timer);
	LIST_REMOVE(g, bucket);
	free(g);
}

/* Bring workers and the upstream port in line with the members; g may be freed. */
static void
group_sync(struct mp_group *g)
{
	struct control *c = g->mx->c;
	const struct mp_member *mb;
	uint64_t ports = ports_of(g);
	bool want = false;
	int ret, up;

	LIST_FOREACH(mb, &g->members, of_group)
		want |= counts(mb);
	ret = ports != 0 ? publish(g, ports) : unpublish(g);
	up = upstream_sync(g, want);
	if (ret == 0 && up == 0 && LIST_EMPTY(&g->members))
		group_free(g);
	else if (ret != 0 || up != 0)
		timer_set(c, &g->timer, c->now + (ret == -EAGAIN ? AGAIN_US : NO_ROOM_US));
}

static void
group_timer(struct control *c, void *arg)
{
	RTE_SET_USED(c);
	group_sync(arg);
}

static struct mp_group *
group_get(struct ctl_mproxy *mx, const struct dp_ip *group)
{
	struct mp_group *g = mp_group_find(mx, group);

	if (g != NULL)
		return g;
	g = calloc(1, sizeof(*g));
	if (g == NULL)
		return NULL;
	if (timer_init(mx->c, &g->timer, group_timer, g) != 0) {
		free(g);
		return NULL;
	}
	g->mx = mx;
	g->ip = *group;
	LIST_INIT(&g->members);
	LIST_INSERT_HEAD(&mx->buckets[bucket_of(mx, group)], g, bucket);
	return g;
}

bool
mp_group_sources(const struct mp_group *g, struct dp_ip *sources, uint16_t *n)
{
	const struct mp_member *mb;
	uint16_t room = *n, k;
	uint8_t i;

	*n = 0;
	LIST_FOREACH(mb, &g->members, of_group) {
		if (!counts(mb))
			continue;
		if (mb->fixed || mb->any_until != 0)
			return false;
		for (i = 0; i < mb->nb_sources; i++) {
			for (k = 0; k < *n && !dp_ip_equal(&sources[k], &mb->source[i].ip); k++)
				;
			if (k == room)
				return false;
			if (k == *n)
				sources[(*n)++] = mb->source[i].ip;
		}
	}
	return true;
}

/* --- members --- */

struct mp_member *
mp_member_find(struct mp_port *mp, const struct dp_ip *group)
{
	struct mp_group *g = mp_group_find(mp->p->c->ip->mproxy, group);
	struct mp_member *mb;

	if (g == NULL)
		return NULL;
	LIST_FOREACH(mb, &g->members, of_group) {
		if (mb->mp == mp)
			return mb;
	}
	return NULL;
}

struct mp_member *
mp_member_get(struct mp_port *mp, const struct dp_ip *group)
{
	struct ctl_mproxy *mx = mp->p->c->ip->mproxy;
	struct mp_member *mb = mp_member_find(mp, group);

	if (mb != NULL)
		return mb;
	if (mx->nb_members == MP_MEMBERS_MAX || mp->nb_members == MP_PORT_MEMBERS_MAX)
		return NULL;
	mb = calloc(1, sizeof(*mb));
	if (mb == NULL)
		return NULL;
	mb->mp = mp;
	mb->g = group_get(mx, group);
	if (mb->g == NULL || mp_member_init(mb) != 0) {
		if (mb->g != NULL && LIST_EMPTY(&mb->g->members) && mb->g->rec == NULL)
			group_free(mb->g);
		free(mb);
		return NULL;
	}
	LIST_INSERT_HEAD(&mb->g->members, mb, of_group);
	LIST_INSERT_HEAD(&mp->members, mb, of_port);
	mx->nb_members++;
	mp->nb_members++;
	return mb;
}

void
mp_member_free(struct mp_member *mb)
{
	struct mp_group *g = mb->g;

	LIST_REMOVE(mb, of_group);
	LIST_REMOVE(mb, of_port);
	mb->mp->nb_members--;
	g->mx->nb_members--;
	timer_fini(g->mx->c, &mb->timer);
	free(mb);
	group_sync(g);
}

void
mp_member_changed(struct mp_member *mb)
{
	struct mp_group *g = mb->g;
	bool was = g->upstream;
	struct ctl_port *up;

	/* A member is left: g stays. */
	group_sync(g);
	up = upstream_of(g->mx);
	if (was && g->upstream && up != NULL && up->ip->mp != NULL)
		mp_host_changed(up->ip->mp, &g->ip);
}

/* --- ports --- */

struct mp_port *
mp_port_get(struct ctl_port *p)
{
	struct mp_port *mp = p->ip->mp;

	if (mp != NULL)
		return mp;
	mp = calloc(1, sizeof(*mp));
	if (mp == NULL)
		return NULL;
	mp->p = p;
	LIST_INIT(&mp->members);
	if (mp_router_init(mp) != 0 || mp_host_init(mp) != 0) {
		mp_router_fini(mp);
		mp_host_fini(mp);
		free(mp);
		return NULL;
	}
	p->ip->mp = mp;
	return mp;
}

/* What routers listen to on a link: queries, leaves, and reports of version 3. */
static const struct dp_ip router_group[] = {
	{ { [10] = 0xff, [11] = 0xff, [12] = 224, [15] = 1 } },
	{ { [10] = 0xff, [11] = 0xff, [12] = 224, [15] = 2 } },
	{ { [10] = 0xff, [11] = 0xff, [12] = 224, [15] = 22 } },
	{ { [0] = 0xff, [1] = 0x02, [15] = 0x01 } },
	{ { [0] = 0xff, [1] = 0x02, [15] = 0x02 } },
	{ { [0] = 0xff, [1] = 0x02, [15] = 0x16 } },
};

/* Reports of older versions, and what hosts send, go to the groups themselves. */
static void
follow(struct ctl_port *p, bool on)
{
	struct ctl_port *real = ctl_real(p);

	if (real->kind == DP_PORT_IPOIB)
		mcast_follow(real, on);
	else
		eth_allmulti(p, on);
}

static void
hear_routers(struct ctl_port *p, bool on)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(router_group); i++) {
		if (!on)
			ip_mcast_leave(p, &router_group[i]);
		else if (ip_mcast_join(p, &router_group[i]) != 0)
			CTL_LOG(WARNING, "port %u: no room to hear all reports of groups", p->id);
	}
}

static void
groups_sync(struct ctl_mproxy *mx)
{
	struct mp_group *g, *tmp;
	uint32_t i;

	for (i = 0; i < MP_BUCKETS; i++) {
		for (g = LIST_FIRST(&mx->buckets[i]); g != NULL; g = tmp) {
			tmp = LIST_NEXT(g, bucket);
			group_sync(g);
		}
	}
}

static void
upstream_set(struct ctl_mproxy *mx, uint16_t port)
{
	struct ctl_port *up = upstream_of(mx);
	struct mp_group *g;
	uint32_t i;

	for (i = 0; up != NULL && i < MP_BUCKETS; i++) {
		LIST_FOREACH(g, &mx->buckets[i], bucket)
			upstream_sync(g, false);
	}
	mx->upstream = port;
	atomic_store(&mx->c->dp->mcast_upstream, port);
}

/* The port's role follows from the flag and from which one is upstream. */
static void
role_set(struct ctl_port *p)
{
	bool router = ctl_flag(p, CONTROL_MCAST) && p->id != p->c->ip->mproxy->upstream;

	if (p->ip->mp == NULL || p->ip->mp->router == router)
		return;
	follow(p, router);
	mp_router_set(p->ip->mp, router);
}

static void
flag_changed(struct control *c, struct ctl_port *p, enum control_flag flag, bool on)
{
	if (flag != CONTROL_MCAST || p->ip->mp == NULL)
		return;
	hear_routers(p, on);
	if (!on && c->ip->mproxy->upstream == p->id)
		upstream_set(c->ip->mproxy, DP_PORT_NIL);
	role_set(p);
	groups_sync(c->ip->mproxy);
}

/* Before the flag is set: what it needs. */
int
mproxy_prepare(struct ctl_port *p)
{
	int ret = tables_init(p->c->ip->mproxy);

	if (ret != 0)
		return ret;
	return mp_port_get(p) == NULL ? -ENOMEM : 0;
}

static void
membership(struct control *c, struct ctl_port *p, const struct dp_ip *group, bool joined)
{
	RTE_SET_USED(c);
	RTE_SET_USED(joined);
	if (p->ip->mp != NULL)
		mp_host_changed(p->ip->mp, group);
}

void
mproxy_keep(struct ctl_port *p)
{
	if (p->c->ip->mproxy->upstream == p->id)
		p->c->ip->mproxy->lent = false;
}

bool
mproxy_is_lent(const struct ctl_port *p)
{
	return p->c->ip->mproxy->upstream == p->id && p->c->ip->mproxy->lent;
}

void
mproxy_link_up(struct ctl_port *p)
{
	if (p->ip->mp == NULL)
		return;
	if (p->ip->mp->router)
		mp_router_start(p->ip->mp);
	mp_host_start(p->ip->mp);
}

void
mproxy_port_gone(struct ctl_port *p)
{
	struct mp_port *mp = p->ip->mp;
	struct mp_member *mb;

	if (mp == NULL)
		return;
	if (p->c->ip->mproxy->upstream == p->id)
		upstream_set(p->c->ip->mproxy, DP_PORT_NIL);
	if (mp->router)
		follow(p, false);
	mp->router = false;
	while ((mb = LIST_FIRST(&mp->members)) != NULL)
		mp_member_free(mb);
	mp_router_fini(mp);
	mp_host_fini(mp);
	free(mp);
	p->ip->mp = NULL;
}

/* --- commands --- */

int
control_mcast_upstream(struct control *c, uint16_t port)
{
	struct ctl_mproxy *mx = c->ip->mproxy;
	struct ctl_port *p = NULL, *old = upstream_of(mx);
	bool lent = mx->lent;
	int ret;

	if (port != DP_PORT_NIL) {
		p = ctl_port(c, port);
		if (p == NULL)
			return -ENODEV;
		ret = mproxy_prepare(p);
		if (ret != 0)
			return ret;
	}
	if (mx->upstream == port)
		return 0;
	upstream_set(mx, port);
	mx->lent = p != NULL && !ctl_flag(p, CONTROL_MCAST);
	/* After it is the upstream port: it never listens as a router of hosts does. */
	if (p != NULL)
		control_port_flag(c, port, CONTROL_MCAST, true);
	/* What the old one routed as such it does not route as another. */
	if (old != NULL && lent)
		control_port_flag(c, old->id, CONTROL_MCAST, false);
	else if (old != NULL)
		role_set(old);
	if (p != NULL)
		role_set(p);
	groups_sync(mx);
	return 0;
}

int
control_mcast_join(struct control *c, uint16_t port, const struct dp_ip *group)
{
	struct ctl_port *p = ctl_port(c, port);
	struct mp_member *mb;

	if (p == NULL)
		return -ENODEV;
	if (!mp_is_routed(group))
		return -EINVAL;
	if (p->ip->mp == NULL || !ctl_flag(p, CONTROL_MCAST))
		return -ENOTCONN;
	mb = mp_member_get(p->ip->mp, group);
	if (mb == NULL)
		return -ENOSPC;
	if (mb->fixed)
		return -EEXIST;
	mb->fixed = true;
	mp_member_changed(mb);
	return 0;
}

int
control_mcast_leave(struct control *c, uint16_t port, const struct dp_ip *group)
{
	struct ctl_port *p = ctl_port(c, port);
	struct mp_member *mb;

	mb = p != NULL && p->ip->mp != NULL ? mp_member_find(p->ip->mp, group) : NULL;
	if (mb == NULL || !mb->fixed)
		return -ENOENT;
	mb->fixed = false;
	if (mp_member_until(mb) == 0)
		mp_member_free(mb);
	else
		mp_member_changed(mb);
	return 0;
}

static void
member_row(const struct mp_member *mb, struct control_member_row *row)
{
	uint64_t now = mb->mp->p->c->now, until = mp_member_until(mb);

	*row = (struct control_member_row){
		.group = mb->g->ip,
		.port = mb->mp->p->id,
		.fixed = mb->fixed,
		.upstream = mb->g->upstream,
		.any = mb->fixed || mb->any_until != 0,
		.nb_sources = mb->nb_sources,
		.version = mb->old_until[0] > now	 ? 1
				: mb->old_until[1] > now ? 2
							 : 3,
		.expires_s = until > now ? (uint32_t)((until - now) / CTL_US_PER_S) : 0,
	};
}

uint32_t
control_member_rows(struct control *c, uint32_t offset, struct control_member_row *rows,
		uint32_t max, uint32_t *total)
{
	const struct mp_member *mb;
	const struct mp_group *g;
	uint32_t i, n = 0;

	*total = 0;
	for (i = 0; i < MP_BUCKETS; i++) {
		LIST_FOREACH(g, &c->ip->mproxy->buckets[i], bucket) {
			LIST_FOREACH(mb, &g->members, of_group) {
				if ((*total)++ >= offset && n < max)
					member_row(mb, &rows[n++]);
			}
		}
	}
	return n;
}

static struct dp_ip
querier_of(const struct mp_port *mp, bool v6)
{
	static const struct dp_ip none;
	const struct mp_querier *q = &mp->querier[v6];

	if (!mp->router)
		return none;
	return q->other_until > mp->p->c->now ? q->other : mp_source_addr(mp, v6);
}

uint32_t
control_mcast_port_rows(struct control *c, uint32_t offset, struct control_mcast_port_row *rows,
		uint32_t max, uint32_t *total)
{
	const struct ctl_port *p;
	uint32_t i, n = 0;

	*total = 0;
	for (i = 0; i < DP_PORTS_MAX; i++) {
		p = c->ports[i];
		if (p == NULL || p->ip->mp == NULL || !ctl_flag(p, CONTROL_MCAST) ||
				(*total)++ < offset || n == max)
			continue;
		rows[n++] = (struct control_mcast_port_row){
			.port = p->id,
			.upstream = c->ip->mproxy->upstream == p->id,
			.querier4 = querier_of(p->ip->mp, false),
			.querier6 = querier_of(p->ip->mp, true),
			.members = p->ip->mp->nb_members,
			.refused = p->ip->mp->refused,
		};
	}
	return n;
}

/* --- start, run, end --- */

void
mproxy_run(struct control *c)
{
	if (c->dp->groups != NULL)
		ipoib_neigh_iterate(c->dp->groups, c->now, CTL_ITERATE_MAX);
}

int
mproxy_init(struct control *c)
{
	struct ctl_mproxy *mx = calloc(1, sizeof(*mx));

	if (mx == NULL)
		return -ENOMEM;
	mx->c = c;
	mx->seed = (uint32_t)rte_rand();
	mx->upstream = DP_PORT_NIL;
	c->ip->mproxy = mx;
	c->ip->flag_changed = flag_changed;
	c->ip->membership = membership;
	return 0;
}

void
mproxy_fini(struct control *c)
{
	struct ctl_mproxy *mx = c->ip->mproxy;
	struct mp_group *g;
	uint32_t i;

	if (mx == NULL)
		return;
	/* Members went with their ports; what a table did not take yet is left. */
	for (i = 0; i < MP_BUCKETS; i++) {
		while ((g = LIST_FIRST(&mx->buckets[i])) != NULL)
			group_free(g);
	}
	ipoib_neigh_destroy(c->dp->groups);
	c->dp->groups = NULL;
	free(c->dp->mgroup);
	c->dp->mgroup = NULL;
	free(mx->free);
	free(mx);
	c->ip->mproxy = NULL;
}

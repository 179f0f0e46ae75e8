/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Groups that we receive on a link, IPv4 and IPv6, by use count. On InfiniBand the mapped group is
 * joined; on Ethernet the NIC is told its MACs, or to pass all multicast, or, if it can do neither,
 * everything. A logical port's groups are received by the port below it; when that changes (a
 * bond's), ip_mcast_sync() moves those that not all of them have anyway.
 */

#include <errno.h>
#include <stdlib.h>

#include <rte_ethdev.h>

#include "control_priv.h"
#include "nd.h"

#define GMEMBER_BUCKETS 1024

struct gmember {
	LIST_ENTRY(gmember) bucket;
	struct ctl_port *p;
	struct ctl_port *real; /* where it is received */
	struct dp_ip group;
	uint32_t refs;
};

/* What an Ethernet port was told; each is tried when the one before is not supported. */
enum eth_mode { ETH_MACS, ETH_ALLMULTI, ETH_PROMISC, ETH_NOTHING };

/* Who needs an Ethernet port to pass all multicast. */
struct eth_pass {
	uint16_t needs;
	bool groups; /* one of them: ETH_ALLMULTI */
	bool before; /* it did already: that is not ours to end */
	int status;  /* -errno: the driver has no such filter */
};

struct ctl_gmembers {
	LIST_HEAD(, gmember) buckets[GMEMBER_BUCKETS];
	uint32_t nb;
	struct ctl_timer sync;
	uint64_t dirty;			   /* Ethernet ports (bit mask) whose MACs have changed */
	uint8_t eth_mode[DP_PORT_LOGICAL]; /* enum eth_mode */
	struct eth_pass pass[DP_PORT_LOGICAL];
	struct rte_ether_addr macs[CTL_GMEMBERS_MAX];
};

static uint32_t
bucket_of(const struct ctl_port *p, const struct dp_ip *group)
{
	return ctl_hash16(group->b, p->id) % GMEMBER_BUCKETS;
}

static struct gmember *
gmember_find(struct ctl_port *p, const struct dp_ip *group)
{
	struct gmember *e;

	LIST_FOREACH(e, &p->c->ip->gmembers->buckets[bucket_of(p, group)], bucket) {
		if (e->p == p && dp_ip_equal(&e->group, group))
			return e;
	}
	return NULL;
}

void
ip_mcast_mac(const struct dp_ip *group, struct rte_ether_addr *mac)
{
	if (dp_ip_is4(group)) {
		/* RFC 1112 6.4 */
		*mac = (struct rte_ether_addr){ { 0x01, 0x00, 0x5e, group->b[13] & 0x7f,
				group->b[14], group->b[15] } };
		return;
	}
	/* RFC 2464 7 */
	*mac = (struct rte_ether_addr){ { 0x33, 0x33, group->b[12], group->b[13], group->b[14],
			group->b[15] } };
}

void
ip_mcast_mgid(const struct ctl_port *p, const struct dp_ip *group, struct ib_gid *mgid)
{
	uint8_t scope = p->bcast.mgid.raw[1] & 0x0f;

	if (dp_ip_is4(group))
		ipoib_mgid_ipv4(scope, p->info.pkey, dp_ip_get4(group), mgid);
	else
		ipoib_mgid_ipv6(scope, p->info.pkey, group->b, mgid);
}

/* --- Ethernet --- */

static int
mac_cmp(const void *a, const void *b)
{
	return memcmp(a, b, RTE_ETHER_ADDR_LEN);
}

/* MACs of all groups that the port receives, each once. */
static uint32_t
eth_macs(struct ctl_gmembers *gm, const struct ctl_port *real)
{
	struct gmember *e;
	uint32_t i, n = 0, unique = 0;

	for (i = 0; i < GMEMBER_BUCKETS; i++) {
		LIST_FOREACH(e, &gm->buckets[i], bucket) {
			if (e->real == real)
				ip_mcast_mac(&e->group, &gm->macs[n++]);
		}
	}
	qsort(gm->macs, n, sizeof(gm->macs[0]), mac_cmp);
	for (i = 0; i < n; i++) {
		if (unique == 0 || mac_cmp(&gm->macs[unique - 1], &gm->macs[i]) != 0)
			gm->macs[unique++] = gm->macs[i];
	}
	return unique;
}

int
eth_allmulti(struct ctl_port *p, bool on)
{
	struct ctl_port *real = ctl_real(p);
	struct eth_pass *e;

	if (p->c->ip->gmembers == NULL || real->id >= DP_PORT_LOGICAL)
		return 0;
	e = &p->c->ip->gmembers->pass[real->id];
	if (on && e->needs++ == 0) {
		e->before = rte_eth_allmulticast_get(real->id) == 1;
		e->status = e->before ? 0 : rte_eth_allmulticast_enable(real->id);
	} else if (!on && e->needs > 0 && --e->needs == 0 && !e->before) {
		rte_eth_allmulticast_disable(real->id);
	}
	return e->status;
}

static int
eth_allmulti_groups(struct ctl_gmembers *gm, struct ctl_port *p, bool on)
{
	struct eth_pass *e = &gm->pass[p->id];
	int ret;

	if (e->groups == on)
		return 0;
	ret = eth_allmulti(p, on);
	if (on && ret != 0)
		eth_allmulti(p, false);
	e->groups = on && ret == 0;
	return on ? ret : 0;
}

static int
eth_tell(struct ctl_gmembers *gm, struct ctl_port *p, enum eth_mode mode, uint32_t nb)
{
	switch (mode) {
	case ETH_MACS:
		return rte_eth_dev_set_mc_addr_list(p->id, gm->macs, nb);
	case ETH_ALLMULTI:
		return eth_allmulti_groups(gm, p, nb > 0);
	case ETH_PROMISC:
		return nb > 0 ? rte_eth_promiscuous_enable(p->id) : 0;
	default:
		return 0;
	}
}

/* A port that once had to be promiscuous stays so: others may have come to need it. */
static void
eth_sync(struct ctl_gmembers *gm, struct ctl_port *p)
{
	uint8_t *mode = &gm->eth_mode[p->id];
	uint32_t nb = eth_macs(gm, p);

	while (*mode != ETH_NOTHING && eth_tell(gm, p, *mode, nb) != 0) {
		(*mode)++;
		if (*mode == ETH_NOTHING)
			CTL_LOG(WARNING,
					"port %u: the driver knows no multicast filter: groups are heard if it "
					"passes them",
					p->id);
	}
}

static void
sync_timer(struct control *c, void *arg)
{
	struct ctl_gmembers *gm = arg;
	uint16_t i;

	for (i = 0; i < DP_PORT_LOGICAL; i++) {
		if ((gm->dirty & RTE_BIT64(i)) != 0 && c->ports[i] != NULL)
			eth_sync(gm, c->ports[i]);
	}
	gm->dirty = 0;
}

/* --- both --- */

/*
 * Groups that a bond has on all members, for what a failover tells goes to one, and who then asks
 * for us asks another; the SA may have no time for a join then. ff02::1 and ff02::1:ff00:0/104.
 */
static bool
on_all_members(const struct gmember *e)
{
	static const uint8_t head[] = { 0xff, 0x02 };
	static const uint8_t low[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff };

	if (memcmp(e->group.b, head, sizeof(head)) != 0)
		return false;
	return dp_ip_equal(&e->group, &nd_all_nodes) ||
			memcmp(&e->group.b[2], low, sizeof(low)) == 0;
}

static int
receive_ib(struct gmember *e, bool on)
{
	struct ctl_port *ports[CONTROL_BOND_PORTS] = { e->real };
	uint32_t i, n = on_all_members(e) ? bond_ports(e->p, ports) : 1;
	struct ib_gid mgid;
	int ret = 0;

	for (i = 0; on && i < n && ret == 0; i++) {
		ip_mcast_mgid(ports[i], &e->group, &mgid);
		ret = mcast_join(ports[i], &mgid);
	}
	if (on && ret == 0)
		return 0;
	/* All or none: without the last one, which could not be joined. */
	n = on ? i - 1 : n;
	for (i = 0; i < n; i++) {
		ip_mcast_mgid(ports[i], &e->group, &mgid);
		mcast_leave(ports[i], &mgid);
	}
	return ret;
}

/* Begin (or end) to receive. */
static int
receive(struct gmember *e, bool on)
{
	struct ctl_gmembers *gm = e->p->c->ip->gmembers;
	struct ctl_port *real = e->real;

	if (real->kind == DP_PORT_IPOIB) {
		return receive_ib(e, on);
	} else if (real->id < DP_PORT_LOGICAL) {
		/* Once in a turn, however many there are. */
		gm->dirty |= RTE_BIT64(real->id);
		timer_set(e->p->c, &gm->sync, e->p->c->now);
	}
	return 0;
}

static void
gmember_free(struct gmember *e)
{
	struct control *c = e->p->c;

	LIST_REMOVE(e, bucket);
	c->ip->gmembers->nb--;
	receive(e, false);
	free(e);
}

int
ip_mcast_join(struct ctl_port *p, const struct dp_ip *group)
{
	struct control *c = p->c;
	struct gmember *e;
	int ret;

	if (!dp_ip_is_mcast(group))
		return -EINVAL;
	e = gmember_find(p, group);
	if (e != NULL) {
		e->refs++;
		return 0;
	}
	if (c->ip->gmembers->nb == CTL_GMEMBERS_MAX)
		return -ENOSPC;
	e = calloc(1, sizeof(*e));
	if (e == NULL)
		return -ENOMEM;
	*e = (struct gmember){ .p = p, .real = ctl_real(p), .group = *group, .refs = 1 };
	ret = receive(e, true);
	if (ret != 0) {
		free(e);
		return ret;
	}
	LIST_INSERT_HEAD(&c->ip->gmembers->buckets[bucket_of(p, group)], e, bucket);
	c->ip->gmembers->nb++;
	if (c->ip->membership != NULL)
		c->ip->membership(c, p, group, true);
	return 0;
}

void
ip_mcast_leave(struct ctl_port *p, const struct dp_ip *group)
{
	struct control *c = p->c;
	struct gmember *e;
	struct dp_ip ip = *group;

	e = c->ip->gmembers != NULL ? gmember_find(p, group) : NULL;
	if (e == NULL || --e->refs > 0)
		return;
	/* While it is still there: the report of the leave goes to routers. */
	if (c->ip->membership != NULL)
		c->ip->membership(c, p, &ip, false);
	gmember_free(e);
}

bool
ip_mcast_is_member(struct ctl_port *p, const struct dp_ip *group)
{
	return gmember_find(p, group) != NULL;
}

void
ip_mcast_walk(struct ctl_port *p, void (*fn)(void *arg, const struct dp_ip *group), void *arg)
{
	struct gmember *e, *tmp;
	uint32_t i;

	for (i = 0; i < GMEMBER_BUCKETS; i++) {
		for (e = LIST_FIRST(&p->c->ip->gmembers->buckets[i]); e != NULL; e = tmp) {
			tmp = LIST_NEXT(e, bucket);
			if (e->p == p)
				fn(arg, &e->group);
		}
	}
}

static void
gmember_move(struct gmember *e, struct ctl_port *real)
{
	struct gmember old = *e;
	int ret;

	if (on_all_members(e)) {
		e->real = real;
		return;
	}
	/* The new one first: nothing is missed. */
	e->real = real;
	ret = receive(e, true);
	receive(&old, false);
	if (ret != 0)
		CTL_LOG(WARNING, "port %u: a group cannot be received: %s", e->p->id,
				strerror(-ret));
}

void
ip_mcast_sync(struct ctl_port *p)
{
	struct gmember *e;
	uint32_t i;

	for (i = 0; i < GMEMBER_BUCKETS; i++) {
		LIST_FOREACH(e, &p->c->ip->gmembers->buckets[i], bucket) {
			if (e->p == p && e->real != ctl_real(p))
				gmember_move(e, ctl_real(p));
		}
	}
}

void
ip_mcast_port_gone(struct ctl_port *p)
{
	struct ctl_gmembers *gm = p->c->ip->gmembers;
	struct gmember *e, *tmp;
	uint32_t i;

	for (i = 0; gm != NULL && i < GMEMBER_BUCKETS; i++) {
		for (e = LIST_FIRST(&gm->buckets[i]); e != NULL; e = tmp) {
			tmp = LIST_NEXT(e, bucket);
			if (e->p == p || e->real == p)
				gmember_free(e);
		}
	}
	if (gm == NULL || p->id >= DP_PORT_LOGICAL)
		return;
	gm->dirty &= ~RTE_BIT64(p->id);
	gm->eth_mode[p->id] = ETH_MACS;
	eth_allmulti_groups(gm, p, false);
}

int
gmembers_init(struct control *c)
{
	struct ctl_gmembers *gm = calloc(1, sizeof(*gm));

	if (gm == NULL)
		return -ENOMEM;
	if (timer_init(c, &gm->sync, sync_timer, gm) != 0) {
		free(gm);
		return -ENOMEM;
	}
	c->ip->gmembers = gm;
	return 0;
}

void
gmembers_fini(struct control *c)
{
	if (c->ip->gmembers == NULL)
		return;
	timer_fini(c, &c->ip->gmembers->sync);
	free(c->ip->gmembers);
	c->ip->gmembers = NULL;
}

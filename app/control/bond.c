/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Bonds: several IPoIB ports that are one, of which one sends (active-backup, the only mode that
 * IPoIB knows under Linux). The bond is a logical port, which has the IP addresses and the IP
 * neighbours; GID, QPN, LID, neighbour table and address handles are each member's own, so that no
 * handle can be used by another port than the one it was made for.
 *
 * A member is usable while its link is up: HCA port ACTIVE, P_Key there, broadcast group joined.
 * The bond stays with the active one as long as it is usable, unless another one is its primary.
 *
 * Make before break: what the bond's IP neighbours need is kept ready on the members that wait
 * (bond_mirror()), and Neighbour Discovery's groups are joined on all (gmember.c), so that a
 * failover is one store, after which workers find everything in the other member's table. Packets
 * that wait go first, then that store, then the peers are told.
 */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "bond.h"

/* How often a member's port state is asked for: less than half of what a failover may take. */
#define POLL_US (20 * CTL_US_PER_MS)
/* A primary that has come back has to hold for so long; then its paths have to be fresh. */
#define PRIMARY_WAIT_US (2 * CTL_US_PER_S)
#define PRIMARY_AGAIN_US (100 * CTL_US_PER_MS)
/* Neighbours are looked after every 5 s, so that they count as used on the waiting members, too,
 * and 6,400 a second at most. */
#define MIRROR_EVERY_US (5 * CTL_US_PER_S)
#define MIRROR_BURST 64
#define MIRROR_PAUSE_US (10 * CTL_US_PER_MS)

static bool
is_bond(const struct ctl_port *p)
{
	return p->ip->bond != NULL && p->ip->bond->p == p;
}

bool
bond_is_member(const struct ctl_port *p)
{
	return p->ip->bond != NULL && p->ip->bond->p != p;
}

struct ctl_port *
bond_way(struct ctl_port *p)
{
	return bond_is_member(p) ? p->ip->bond->p->lower : p;
}

uint32_t
bond_ports(struct ctl_port *p, struct ctl_port *ports[CONTROL_BOND_PORTS])
{
	struct ctl_bond *b = p->ip->bond;
	uint32_t i;

	if (!is_bond(p)) {
		ports[0] = ctl_real(p);
		return 1;
	}
	for (i = 0; i < b->nb; i++)
		ports[i] = b->member[i];
	return b->nb;
}

const struct ib_gid *
bond_gid(const struct ctl_port *p)
{
	if (is_bond(p))
		return &p->ip->bond->gid;
	return p->lower != NULL ? &p->lower->info.gid : &p->info.gid;
}

/* The kernel's ib0 on the same HCA port has the same GID. */
static bool
has_addr(const struct ctl_port *p, const struct ipoib_addr *addr)
{
	const struct pmd_ipoib_info *info = &p->info;
	uint32_t qpn = ib_get_be24(addr->qpn);
	uint16_t i;

	for (i = 0; i < info->nb_qps; i++) {
		if (info->qpn[i] == qpn)
			return ib_gid_equal(&addr->gid, &info->gid);
	}
	return false;
}

bool
bond_addr_is_own(const struct ctl_port *p, const struct ipoib_addr *addr)
{
	const struct ctl_bond *b = p->ip->bond;
	uint32_t i;

	if (!is_bond(p))
		return has_addr(p->lower != NULL ? p->lower : p, addr);
	for (i = 0; i < b->nb; i++) {
		if (has_addr(b->member[i], addr))
			return true;
	}
	return false;
}

/* --- neighbours on the members that wait --- */

static void
bond_keep(struct ctl_bond *b, const struct ipoib_addr *addr)
{
	uint32_t i;

	for (i = 0; i < b->nb; i++) {
		if (b->member[i] != b->p->lower)
			resolve_keep(b->member[i], addr);
	}
}

static void
bond_mirror(struct control *c, void *arg)
{
	struct ctl_bond *b = arg;
	struct ctl_l3 *e;
	uint32_t i;

	if (b->mirror_next == NULL) {
		b->mirror_began = c->now;
		b->mirror_next = TAILQ_FIRST(&b->p->ip->peers);
	}
	for (i = 0; i < MIRROR_BURST && (e = b->mirror_next) != NULL; i++) {
		b->mirror_next = TAILQ_NEXT(e, peer);
		bond_keep(b, &c->dp->adj[e->adj].lladdr);
	}
	timer_set(c, &b->mirror,
			b->mirror_next != NULL
					? c->now + MIRROR_PAUSE_US
					: RTE_MAX(c->now + MIRROR_PAUSE_US,
							  b->mirror_began + MIRROR_EVERY_US));
}

static void
mirror_start(struct ctl_bond *b)
{
	b->mirror_next = NULL;
	timer_set(b->p->c, &b->mirror, b->p->c->now);
}

void
bond_peer_gone(struct ctl_port *p, const struct ctl_l3 *e)
{
	if (is_bond(p) && p->ip->bond->mirror_next == e)
		p->ip->bond->mirror_next = TAILQ_NEXT(e, peer);
}

void
bond_peer_new(struct ctl_port *p, const struct ipoib_addr *now)
{
	if (is_bond(p))
		bond_keep(p->ip->bond, now);
}

void
bond_peer_old(struct ctl_port *p, const struct ipoib_addr *old)
{
	struct ctl_port *ports[CONTROL_BOND_PORTS];
	uint32_t i, n = bond_ports(p, ports);

	for (i = 0; i < n; i++)
		resolve_forget(ports[i], old);
}

/* --- which one --- */

static bool
bond_up(const struct ctl_bond *b)
{
	return b->p->up && b->p->lower->up;
}

/* The one that is to be active; NULL: none can. */
static struct ctl_port *
bond_pick(const struct ctl_bond *b)
{
	uint32_t i;

	if (bond_up(b))
		return b->p->lower;
	if (b->primary != NULL && b->primary->up)
		return b->primary;
	for (i = 0; i < b->nb; i++) {
		if (b->member[i]->up)
			return b->member[i];
	}
	return NULL;
}

/* The least of all members, also while one is down: a failover must not change it. */
static uint16_t
bond_mtu(struct ctl_bond *b)
{
	uint16_t least = UINT16_MAX;
	uint32_t i;

	for (i = 0; i < b->nb; i++) {
		if (b->member[i]->up)
			b->mtu[i] = atomic_load(&b->member[i]->dp->mtu);
		if (b->mtu[i] != 0)
			least = RTE_MIN(least, b->mtu[i]);
	}
	return least;
}

uint16_t
bond_link_mtu(struct ctl_port *p)
{
	return bond_mtu(p->ip->bond);
}

/* Addresses made of a GID stay what they are, whatever becomes active. */
static void
bond_identify(struct ctl_bond *b)
{
	uint32_t i;

	for (i = 0; i < b->nb && ib_gid_is_zero(&b->gid); i++)
		b->gid = b->member[i]->info.gid;
}

/*
 * The other member sends from now on. First control itself; then what waits goes out by it, for
 * older packets come first; then workers. Each of them finishes its turn with the member that it
 * has begun with, with that member's table and handles, of which nothing is freed here.
 */
static void
bond_switch(struct ctl_bond *b, struct ctl_port *next)
{
	struct ctl_port *p = b->p, *old = p->lower;

	ipoib_neigh_clear_backoff(next->neigh);
	paths_clear_backoff(next);
	p->lower = next;
	ip_mcast_sync(p);
	if (old != next)
		b->moved += resolve_move(old, next);
	atomic_store_explicit(&p->dp->tx, next->id, memory_order_release);
	b->since = p->c->now;
	mirror_start(b);
	timer_stop(p->c, &b->back);
	if (p->up) {
		b->failovers++;
		CTL_LOG(NOTICE, "port %u: %s goes by port %u now, not by port %u", p->id, b->name,
				next->id, old->id);
	}
}

/* All addresses, from the first one on: what was told before is not true any more. */
static void
bond_announce(struct ctl_bond *b)
{
	struct ctl_port *p = b->p;

	if (p->c->link_up != NULL)
		p->c->link_up(p->c, p);
	announce_anew(&p->ip->garp);
	nd_announce_anew(p);
}

static void
bond_run(struct ctl_bond *b)
{
	struct ctl_port *p = b->p, *next = bond_pick(b);
	bool was_up = p->up, moved = next != NULL && next != p->lower;

	bond_identify(b);
	if (next == NULL) {
		link_follow(p, false, 0, "none of its ports is usable");
		return;
	}
	if (moved || !was_up)
		bond_switch(b, next);
	link_follow(p, true, bond_mtu(b), "");
	if (moved && was_up)
		bond_announce(b);
	if (b->primary != NULL && b->primary->up && b->primary != p->lower && b->back.pos == 0)
		timer_set(p->c, &b->back, p->c->now + PRIMARY_WAIT_US);
	mirror_start(b);
}

void
bond_follow(struct ctl_port *member)
{
	if (bond_is_member(member))
		bond_run(member->ip->bond);
}

static void
bond_activate(struct ctl_bond *b, struct ctl_port *next)
{
	bond_switch(b, next);
	bond_announce(b);
}

/* Back to the primary, once nothing that it had known before is doubtful any more. */
static void
bond_back(struct control *c, void *arg)
{
	struct ctl_bond *b = arg;

	if (!b->primary->up || b->primary == b->p->lower || !b->p->up)
		return;
	if (paths_waiting(b->primary) != 0 || b->primary->nb_refreshing != 0) {
		timer_set(c, &b->back, c->now + PRIMARY_AGAIN_US);
		return;
	}
	bond_activate(b, b->primary);
}

/* --- start and end --- */

/* A port's HCA is watched closely as long as one of its ports is in a bond. */
static void
hca_pace(struct control *c, struct ctl_hca *h)
{
	bool bonded = false;
	uint16_t i;

	for (i = 0; i < DP_PORTS_MAX; i++)
		bonded = bonded ||
				(c->ports[i] != NULL && c->ports[i]->hca == h &&
						bond_is_member(c->ports[i]));
	ipoib_mad_pace_set(h->mad, bonded ? POLL_US : 0);
}

static void
member_release(struct ctl_port *m)
{
	atomic_store_explicit(&m->dp->master, DP_PORT_NIL, memory_order_release);
	m->ip->bond = NULL;
	if (m->hca != NULL)
		hca_pace(m->c, m->hca);
}

void
bond_leave(struct ctl_port *p)
{
	struct ctl_bond *b = p->ip->bond;

	if (!is_bond(p))
		return;
	timer_stop(p->c, &b->back);
	timer_stop(p->c, &b->mirror);
	while (b->nb > 0)
		member_release(b->member[--b->nb]);
}

void
bond_fini(struct ctl_port *p)
{
	struct ctl_bond *b = p->ip->bond;

	if (!is_bond(p))
		return;
	bond_leave(p);
	timer_fini(p->c, &b->back);
	timer_fini(p->c, &b->mirror);
	p->ip->bond = NULL;
	free(b);
}

static struct ctl_bond *
bond_new(struct control *c, const struct control_bond_cfg *cfg)
{
	struct ctl_bond *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	b->p = c->ports[cfg->port];
	if (timer_init(c, &b->back, bond_back, b) != 0) {
		free(b);
		return NULL;
	}
	if (timer_init(c, &b->mirror, bond_mirror, b) != 0) {
		timer_fini(c, &b->back);
		free(b);
		return NULL;
	}
	snprintf(b->name, sizeof(b->name), "%s", cfg->name);
	return b;
}

/* The member gives up what it has of its own, but for what it needs below IP. */
static int
member_take(struct ctl_bond *b, struct ctl_port *m)
{
	struct ctl_port *first = b->nb > 0 ? b->member[0] : NULL;
	unsigned int i;
	int ret;

	nd_fini(m);
	ret = nd_init(m);
	if (ret != 0)
		return ret;
	l3_flush(m->c, m->id, true);
	if (first != NULL) {
		memcpy(m->class, first->class, sizeof(m->class));
		for (i = 0; i < RTE_DIM(m->dp->dscp_class); i++)
			atomic_store(&m->dp->dscp_class[i], atomic_load(&first->dp->dscp_class[i]));
		paths_stale(m);
	}
	m->ip->bond = b;
	b->member[b->nb++] = m;
	atomic_store_explicit(&m->dp->master, b->p->id, memory_order_release);
	hca_pace(m->c, m->hca);
	return 0;
}

int
control_bond_add(struct control *c, struct control_bond_cfg *cfg)
{
	struct ctl_port *p = ctl_port(c, cfg->port);
	struct ctl_bond *b;
	uint32_t i;
	int ret;

	ret = control_bond_check(c, cfg);
	if (ret != 0)
		return ret;
	if (p == NULL || p->kind != DP_PORT_IPOIB || p->hca != NULL || p->ip->bond != NULL)
		return -ENODEV;
	b = bond_new(c, cfg);
	if (b == NULL)
		return -ENOMEM;
	p->ip->bond = b;
	for (i = 0; i < cfg->nb && ret == 0; i++) {
		ret = member_take(b, c->ports[cfg->member[i]]);
		if (cfg->member[i] == cfg->primary)
			b->primary = c->ports[cfg->member[i]];
	}
	if (ret != 0) {
		bond_fini(p);
		return ret;
	}
	p->lower = b->primary != NULL ? b->primary : b->member[0];
	bond_run(b);
	return 0;
}

int
control_bond_find(struct control *c, const char *name)
{
	uint16_t i;

	for (i = DP_PORT_LOGICAL; i < DP_PORTS_MAX; i++) {
		if (c->ports[i] != NULL && is_bond(c->ports[i]) &&
				strcmp(c->ports[i]->ip->bond->name, name) == 0)
			return i;
	}
	return -ENOENT;
}

int
control_bond_active(struct control *c, const char *name, uint16_t port)
{
	struct ctl_port *p = ctl_port(c, port);
	int i = control_bond_find(c, name);
	struct ctl_bond *b;

	if (i < 0)
		return i;
	b = c->ports[i]->ip->bond;
	if (p == NULL || !bond_is_member(p) || p->ip->bond != b)
		return -ENODEV;
	if (!p->up)
		return -ENETDOWN;
	if (b->p->lower != p)
		bond_activate(b, p);
	return 0;
}

static void
bond_row(const struct ctl_bond *b, uint32_t i, struct control_bond_row *row)
{
	const struct ctl_port *m = b->member[i];

	*row = (struct control_bond_row){
		.bond = b->p->id,
		.port = m->id,
		.up = m->up,
		.active = m == b->p->lower && b->p->up,
		.primary = m == b->primary,
		.lid = m->info.lid,
		.gid = m->info.gid,
		.failovers = b->failovers,
		.moved = b->moved,
	};
	snprintf(row->name, sizeof(row->name), "%s", b->name);
	snprintf(row->reason, sizeof(row->reason), "%s", m->reason);
}

uint32_t
control_bond_rows(struct control *c, uint16_t bond, uint32_t offset, struct control_bond_row *rows,
		uint32_t max, uint32_t *total)
{
	uint32_t k, n = 0;
	uint16_t i;

	*total = 0;
	for (i = DP_PORT_LOGICAL; i < DP_PORTS_MAX; i++) {
		if (c->ports[i] == NULL || !is_bond(c->ports[i]) ||
				(bond != DP_PORT_NIL && bond != i))
			continue;
		for (k = 0; k < c->ports[i]->ip->bond->nb; k++) {
			if ((*total)++ >= offset && n < max)
				bond_row(c->ports[i]->ip->bond, k, &rows[n++]);
		}
	}
	return n;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* What the tables hold, in rows for commands and telemetry. */

#include <errno.h>
#include <stdio.h>

#include "control_priv.h"
#include "mcast.h"

/* A window on a list that is walked as a whole. */
struct window {
	struct control *c;
	struct ctl_port *p;
	void *rows;
	uint32_t offset, max;
	uint32_t seen, filled;
};

/* @return index of the row to fill, or -1: not in the window */
static int
window_next(struct window *w)
{
	uint32_t at = w->seen++;

	return at >= w->offset && w->filled < w->max ? (int)w->filled++ : -1;
}

/* Those with tables: of a bond, its members. @return number; 0: it is not an IPoIB port */
static uint32_t
ipoib_ports(struct control *c, uint16_t port, struct ctl_port *ports[CONTROL_BOND_PORTS])
{
	struct ctl_port *p = ctl_port(c, port);

	return p != NULL && p->kind == DP_PORT_IPOIB ? bond_ports(p, ports) : 0;
}

/* Of what there can be but one, a bond shows that of its active member. */
static struct ctl_port *
ipoib_port(struct control *c, uint16_t port)
{
	struct ctl_port *p = ctl_port(c, port);

	if (p == NULL || p->kind != DP_PORT_IPOIB)
		return NULL;
	p = ctl_real(p);
	return p->hca != NULL ? p : NULL;
}

/* Is it what its prefix leads to, or one of several? */
static bool
route_used(const struct control *c, const struct ctl_route *r)
{
	const struct dp_nh *cur = &c->dp->nh[r->cur];
	uint8_t i;

	for (i = 0; cur->type == DP_NH_ECMP && i < cur->nb; i++) {
		if (cur->member[i] == r->nh)
			return true;
	}
	return r->cur == r->nh;
}

static void
route_row(const struct control *c, const struct ctl_route *r, struct control_route_row *row)
{
	*row = (struct control_route_row){
		.prefix = r->prefix,
		.via = r->via,
		.len = r->len,
		.type = r->type,
		.port = r->port,
		.dead = r->type == DP_NH_VIA && !nh_alive(c, r->nh),
		.used = route_used(c, r),
	};
}

uint32_t
control_route_rows(struct control *c, uint32_t offset, struct control_route_row *rows, uint32_t max,
		uint32_t *total)
{
	const struct ctl_routes *t = &c->ip->routes;
	uint32_t i, n = offset < t->nb ? RTE_MIN(max, t->nb - offset) : 0;

	*total = t->nb;
	for (i = 0; i < n; i++)
		route_row(c, &t->tab[offset + i], &rows[i]);
	return n;
}

uint32_t
control_route_get(struct control *c, const struct dp_ip *ip, struct control_route_row *rows,
		uint32_t max, uint32_t *total)
{
	const struct ctl_routes *t = &c->ip->routes;
	struct dp_ip prefix;
	uint32_t i, n = 0;
	int len;

	*total = 0;
	for (len = ip_bits(ip); len >= 0 && *total == 0; len--) {
		prefix = ip_mask(ip, (uint8_t)len);
		i = route_bound(t, &prefix, (uint8_t)len);
		for (; i < t->nb && route_is(&t->tab[i], &prefix, (uint8_t)len); i++) {
			if (!route_used(c, &t->tab[i]))
				continue;
			if (n < max)
				route_row(c, &t->tab[i], &rows[n++]);
			(*total)++;
		}
	}
	return n;
}

static void
ip_neigh_one(void *arg, struct ipoib_neigh_rec *rec)
{
	struct window *w = arg;
	const struct ctl_l3 *e = ipoib_neigh_rec_user(rec);
	struct control_ip_neigh_row *rows = w->rows;
	struct control *c = w->c;
	int i;

	if (e == NULL)
		return;
	i = window_next(w);
	if (i < 0)
		return;
	rows[i] = (struct control_ip_neigh_row){
		.ip = e->ip,
		.port = e->port,
		.state = (uint8_t)ipoib_neigh_rec_state(rec),
		.has_lladdr = e->adj != UINT32_MAX,
		.is_ipoib = c->ports[e->port]->kind == DP_PORT_IPOIB,
		.fixed = e->fixed,
		.idle_s = ipoib_neigh_rec_idle(c->dp->l3, rec, c->now),
		.queued = ipoib_neigh_rec_queued(rec),
	};
	if (rows[i].has_lladdr && rows[i].is_ipoib)
		rows[i].lladdr = c->dp->adj[e->adj].lladdr;
	else if (rows[i].has_lladdr)
		rows[i].mac = c->dp->adj[e->adj].mac;
}

uint32_t
control_ip_neigh_rows(struct control *c, uint32_t offset, struct control_ip_neigh_row *rows,
		uint32_t max, uint32_t *total)
{
	struct window w = { .c = c, .rows = rows, .offset = offset, .max = max };

	ipoib_neigh_walk(c->dp->l3, ip_neigh_one, &w);
	*total = w.seen;
	return w.filled;
}

static void
ipoib_neigh_one(void *arg, struct ipoib_neigh_rec *rec)
{
	struct window *w = arg;
	struct control_ipoib_neigh_row *rows = w->rows;
	const struct ctl_path *path;
	struct ipoib_neigh_value v;
	int i = window_next(w);

	if (i < 0)
		return;
	rows[i] = (struct control_ipoib_neigh_row){
		.addr = *ipoib_neigh_rec_addr(rec),
		.port = w->p->id,
		.state = (uint8_t)ipoib_neigh_rec_state(rec),
		.ah = PMD_IPOIB_AH_NONE,
		.idle_s = ipoib_neigh_rec_idle(w->p->neigh, rec, w->c->now),
		.queued = ipoib_neigh_rec_queued(rec),
	};
	if (rows[i].state == IPOIB_NEIGH_VALID || rows[i].state == IPOIB_NEIGH_STALE) {
		ipoib_neigh_rec_value(rec, &v);
		rows[i].kind = v.kind;
		rows[i].ah = v.kind == IPOIB_NEIGH_UD_SET
				? w->p->dp->ahset[v.ah - CTL_SET_FIRST].ah[0][0]
				: v.ah;
	}
	path = path_find(w->p, &rows[i].addr.gid);
	if (path != NULL && path->ah != PMD_IPOIB_AH_NONE)
		rows[i].dlid = path->rec.dlid;
}

uint32_t
control_ipoib_neigh_rows(struct control *c, uint16_t port, uint32_t offset,
		struct control_ipoib_neigh_row *rows, uint32_t max, uint32_t *total)
{
	struct window w = { .c = c, .rows = rows, .offset = offset, .max = max };
	struct ctl_port *ports[CONTROL_BOND_PORTS];
	uint32_t i, n = ipoib_ports(c, port, ports);

	for (i = 0; i < n; i++) {
		w.p = ports[i];
		ipoib_neigh_walk(w.p->neigh, ipoib_neigh_one, &w);
	}
	*total = w.seen;
	return w.filled;
}

static void
path_row(const struct ctl_path *path, struct control_path_row *row)
{
	*row = (struct control_path_row){ .dgid = path->dgid,
		.port = path->p->id,
		.state = path->state,
		.fixed = path->fixed,
		.ah = path->ah };
	if (path->ah == PMD_IPOIB_AH_NONE)
		return;
	row->dlid = path->rec.dlid;
	row->slid = path->rec.slid;
	row->mtu = path->rec.mtu;
	row->sl = path->rec.sl;
	row->rate = path->rec.rate;
	row->hop_limit = path->rec.hop_limit;
	row->ways = path_ways(path);
	row->age_s = (uint32_t)((path->p->c->now - path->updated) / CTL_US_PER_S);
}

static void
path_rows(struct window *w, const struct ctl_port *p)
{
	struct control_path_row *rows = w->rows;
	const struct ctl_path *path;
	uint32_t b;
	int i;

	for (b = 0; b <= p->path_mask; b++) {
		LIST_FOREACH(path, &p->paths[b], bucket) {
			i = window_next(w);
			if (i >= 0)
				path_row(path, &rows[i]);
		}
	}
}

uint32_t
control_path_rows(struct control *c, uint16_t port, uint32_t offset, struct control_path_row *rows,
		uint32_t max, uint32_t *total)
{
	struct window w = { .c = c, .rows = rows, .offset = offset, .max = max };
	struct ctl_port *ports[CONTROL_BOND_PORTS];
	uint32_t i, n = ipoib_ports(c, port, ports);

	for (i = 0; i < n; i++)
		path_rows(&w, ports[i]);
	*total = w.seen;
	return w.filled;
}

static void
mcast_row(const struct ctl_mcast *g, struct control_mcast_row *row)
{
	*row = (struct control_mcast_row){
		.mgid = g->mgid,
		.port = g->p->id,
		.join_state = g->held,
		.users = g->users,
		.queued = ipoib_pktq_count(&g->queue),
		.followed = g->followed,
	};
	snprintf(row->state, sizeof(row->state), "%s", mcast_state_name(g->state));
	if (g->ah == PMD_IPOIB_AH_NONE)
		return;
	row->mlid = g->rec.mlid;
	row->mtu = g->rec.mtu;
	row->qkey = g->rec.qkey;
}

static void
mcast_rows(struct window *w, struct ctl_port *p)
{
	struct control_mcast_row *rows = w->rows;
	struct ctl_mcast *g, *tmp;
	uint32_t b;
	int i;

	i = window_next(w);
	if (i >= 0)
		mcast_row(&p->bcast, &rows[i]);
	MCAST_FOREACH(g, p, b, tmp)
	{
		i = window_next(w);
		if (i >= 0)
			mcast_row(g, &rows[i]);
	}
}

uint32_t
control_mcast_rows(struct control *c, uint16_t port, uint32_t offset,
		struct control_mcast_row *rows, uint32_t max, uint32_t *total)
{
	struct window w = { .c = c, .rows = rows, .offset = offset, .max = max };
	struct ctl_port *ports[CONTROL_BOND_PORTS];
	uint32_t i, n = ipoib_ports(c, port, ports);

	for (i = 0; i < n; i++)
		mcast_rows(&w, ports[i]);
	*total = w.seen;
	return w.filled;
}

int
control_ipoib_row(struct control *c, uint16_t port, struct control_ipoib_row *row)
{
	struct ctl_port *p = ipoib_port(c, port);
	struct ipoib_mad_stats mad;
	struct ipoib_sa_stats sa;

	if (p == NULL)
		return -ENODEV;
	ipoib_sa_stats_get(p->hca->sa, &sa);
	ipoib_mad_stats_get(p->hca->mad, &mad);
	*row = (struct control_ipoib_row){
		.up = c->ports[port]->up,
		.sa_outstanding = sa.outstanding,
		.sa_queued = sa.queued,
		.sa_requests = sa.requests,
		.sa_sends = sa.sends,
		.sa_answers = sa.answers,
		.sa_timeouts = sa.timeouts,
		.sa_failures = sa.failures,
		.sa_ignored = sa.ignored,
		.sa_alive = p->hca->alive,
		.notices = events_told(p->hca),
		.sa_notices = sa.notices,
		.sa_window = sa.window,
		.sa_rtt_us = sa.rtt_us,
		.class_refused = p->class_refused,
		.limited_refused = p->limited_refused,
		.refreshing = p->nb_refreshing,
		.stale = paths_waiting(p),
		.sets = p->sets.high - p->sets.nb_free,
		.mad_sent = mad.sent,
		.mad_received = mad.received,
		.paths = p->nb_paths,
		.ahs = p->ahs.nb,
	};
	snprintf(row->reason, sizeof(row->reason), "%s", c->ports[port]->reason);
	ipoib_neigh_stats_get(p->neigh, &row->neigh);
	row->mcast = p->mc->stats;
	row->mcast.groups = p->mc->nb;
	return pmd_ipoib_info_get(p->id, &row->info);
}

/* --- flushes --- */

int
control_ip_neigh_flush(struct control *c, uint16_t port)
{
	return l3_flush(c, port, false);
}

int
control_ipoib_neigh_flush(struct control *c, uint16_t port)
{
	struct ctl_port *ports[CONTROL_BOND_PORTS];
	uint32_t i, n = ipoib_ports(c, port, ports);
	int nb, sum = 0;

	if (n == 0)
		return -ENODEV;
	for (i = 0; i < n; i++) {
		nb = ipoib_neigh_flush(ports[i]->neigh);
		if (nb < 0)
			return nb;
		sum += nb;
	}
	return sum;
}

static void
stale_one(void *arg, struct ipoib_neigh_rec *rec)
{
	ipoib_neigh_set_stale(arg, rec);
}

int
control_path_flush(struct control *c, uint16_t port)
{
	struct ctl_port *ports[CONTROL_BOND_PORTS];
	uint32_t i, n = ipoib_ports(c, port, ports), nb = 0;

	if (n == 0)
		return -ENODEV;
	for (i = 0; i < n; i++) {
		ipoib_neigh_walk(ports[i]->neigh, stale_one, ports[i]->neigh);
		nb += paths_stale(ports[i]);
	}
	return (int)nb;
}

uint64_t
control_queued(struct control *c)
{
	uint64_t n = c->ip->park.nb + c->ip->lost.nb + c->ip->frags_held + trust_held(c);
	struct ipoib_neigh_stats s;
	uint16_t i;

	ipoib_neigh_stats_get(c->dp->l3, &s);
	n += s.queued;
	for (i = 0; i < DP_PORTS_MAX; i++) {
		const struct ctl_port *p = c->ports[i];

		if (p == NULL || p->neigh == NULL)
			continue;
		ipoib_neigh_stats_get(p->neigh, &s);
		n += s.queued + p->park.nb + mcast_queued(p);
	}
	return n;
}

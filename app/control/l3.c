/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * IP next hops: (port, address) -> link-layer address, by ARP or Neighbour Discovery. The table is
 * an ipoib_neigh; its "address handles" are indexes of the array of link-layer addresses, counted
 * by use like those. Reachability is confirmed by ARP and ND alone, for a router sees no other
 * proof: 30 s after the last one an entry is STALE, and then probed if it is in use.
 *
 * The states of RFC 4861 7.3.2 here: INCOMPLETE is RESOLVING (asking everybody), REACHABLE is
 * VALID, STALE is STALE; DELAY and PROBE are STALE with "delaying" and "probing": to workers they
 * are all the same.
 */

#include <errno.h>
#include <stdlib.h>

#include "control_priv.h"
#include "nd.h"

#define L3_TRIES 3
#define L3_RETRY_US CTL_US_PER_S
#define L3_REACHABLE_US (30 * CTL_US_PER_S)
/* RFC 4861's DELAY_FIRST_PROBE_TIME. */
#define L3_DELAY_US (5 * CTL_US_PER_S)
/* A stale entry is looked at so often: used since means to be probed. */
#define L3_STALE_US (5 * CTL_US_PER_S)
/* The table answered -EAGAIN. */
#define L3_AGAIN_US (10 * CTL_US_PER_MS)
#define ADJ_NONE UINT32_MAX

static void l3_timer(struct control *c, void *arg);

/* --- link-layer addresses --- */

static int
adjs_init(struct control *c)
{
	struct ctl_adjs *a = &c->ip->adjs;
	uint32_t i;

	a->refs = calloc(DP_ADJ_MAX, sizeof(*a->refs));
	a->free = calloc(DP_ADJ_MAX, sizeof(*a->free));
	if (a->refs == NULL || a->free == NULL)
		return -ENOMEM;
	for (i = 0; i < DP_ADJ_MAX; i++)
		a->free[i] = DP_ADJ_MAX - 1 - i;
	a->nb_free = DP_ADJ_MAX;
	return 0;
}

static uint32_t
adj_new(struct control *c, const struct dp_adj *lladdr)
{
	struct ctl_adjs *a = &c->ip->adjs;
	uint32_t adj;

	if (a->nb_free == 0)
		return ADJ_NONE;
	adj = a->free[--a->nb_free];
	a->refs[adj] = 1;
	c->dp->adj[adj] = *lladdr;
	return adj;
}

static void
adj_put(struct control *c, uint32_t adj)
{
	struct ctl_adjs *a = &c->ip->adjs;

	RTE_ASSERT(adj < DP_ADJ_MAX && a->refs[adj] > 0);
	if (--a->refs[adj] == 0)
		a->free[a->nb_free++] = adj;
}

static void
l3_adj_release(void *arg, uint32_t adj)
{
	adj_put(arg, adj);
}

/* --- records --- */

static struct ctl_l3 *
l3_new(struct control *c, struct ipoib_neigh_rec *rec, uint16_t port, const struct dp_ip *ip)
{
	struct ctl_l3 *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return NULL;
	if (timer_init(c, &e->timer, l3_timer, e) != 0) {
		free(e);
		return NULL;
	}
	e->c = c;
	e->rec = rec;
	e->port = port;
	e->ip = *ip;
	e->adj = ADJ_NONE;
	ipoib_neigh_rec_user_set(rec, e);
	return e;
}

static void
l3_evicted(void *arg, struct ipoib_neigh_rec *rec, uint32_t nb_pkts)
{
	struct control *c = arg;
	struct ctl_l3 *e = ipoib_neigh_rec_user(rec);

	if (e == NULL)
		return;
	dp_count(&ctl_ctr(c, e->port)->drop[DP_DROP_no_neigh], nb_pkts);
	timer_fini(c, &e->timer);
	l3_move_stop(c, e);
	if (e->on_ready)
		TAILQ_REMOVE(&c->ip->l3_ready, e, ready);
	if (e->adj != ADJ_NONE)
		adj_put(c, e->adj);
	if (e->owner != NULL) {
		retell_gone(e->owner, e);
		bond_peer_gone(e->owner, e);
		TAILQ_REMOVE(&e->owner->ip->peers, e, peer);
	}
	ipoib_neigh_rec_user_set(rec, NULL);
	free(e);
}

static struct ctl_l3 *
l3_find(struct control *c, uint16_t port, const struct dp_ip *ip)
{
	struct ipoib_neigh_rec *rec;
	struct ipoib_addr key;

	dp_l3_key(&key, port, ip);
	rec = ipoib_neigh_find(c->dp->l3, &key);
	return rec == NULL ? NULL : ipoib_neigh_rec_user(rec);
}

/* Find or make. @return 0, -EAGAIN, -ENOSPC, -ENOMEM */
static int
l3_get(struct control *c, uint16_t port, const struct dp_ip *ip, struct ctl_l3 **e)
{
	struct ipoib_neigh_rec *rec;
	struct ipoib_addr key;
	int ret;

	dp_l3_key(&key, port, ip);
	ret = ipoib_neigh_add(c->dp->l3, &key, c->now, &rec);
	if (ret < 0)
		return ret;
	*e = ipoib_neigh_rec_user(rec);
	if (*e == NULL)
		*e = l3_new(c, rec, port, ip);
	if (*e != NULL)
		return 0;
	ipoib_neigh_del(c->dp->l3, rec);
	return -ENOMEM;
}

/* --- sending --- */

static void
l3_send_waiting(struct control *c, struct ctl_l3 *e)
{
	struct dp_adj lladdr = c->dp->adj[e->adj];
	struct ctl_port *p = c->ports[e->port];
	struct rte_mbuf *pkts[CTL_BURST];
	uint16_t i, n;

	while ((n = ipoib_neigh_dequeue(c->dp->l3, e->rec, pkts, CTL_BURST)) > 0) {
		for (i = 0; i < n; i++)
			l3_encap(p, &lladdr, ctl_ethertype(pkts[i]), pkts[i]);
	}
}

static void
l3_ask(struct control *c, struct ctl_l3 *e)
{
	struct ctl_port *p = c->ports[e->port];
	const struct dp_adj *unicast = e->probing ? &c->dp->adj[e->adj] : NULL;

	e->tries++;
	if (dp_ip_is4(&e->ip))
		arp_request(p, dp_ip_get4(&e->ip), unicast);
	else
		nd_request(p, &e->ip, unicast);
	timer_set(c, &e->timer, c->now + L3_RETRY_US);
}

static void
l3_wait(struct control *c, struct ctl_l3 *e, struct rte_mbuf *m)
{
	if (ipoib_neigh_enqueue(c->dp->l3, e->rec, m) != 0) {
		ctl_drop(c, DP_DROP_queue_full, m);
		return;
	}
	if (ipoib_neigh_rec_state(e->rec) != IPOIB_NEIGH_INCOMPLETE || e->timer.pos != 0)
		return;
	/* If it cannot be published now, it stays INCOMPLETE: to workers that is the same. */
	ipoib_neigh_set_resolving(c->dp->l3, e->rec);
	e->tries = 0;
	e->probing = false;
	l3_ask(c, e);
}

/* Behind those that wait still, although the address is known. */
static void
l3_send_next(struct ctl_port *p, struct ctl_l3 *e, struct rte_mbuf *m)
{
	struct control *c = p->c;

	if (ipoib_neigh_rec_queued(e->rec) == 0)
		l3_encap(p, &c->dp->adj[e->adj], ctl_ethertype(m), m);
	else if (ipoib_neigh_enqueue(c->dp->l3, e->rec, m) != 0)
		ctl_drop(c, DP_DROP_queue_full, m);
}

/* @return whether a worker could have sent it; then it is sent */
static bool
l3_send_known(struct ctl_port *p, const struct dp_ip *ip, struct rte_mbuf *m)
{
	struct dp *dp = p->c->dp;
	const struct ipoib_neigh_entry *entry;
	const struct ipoib_addr *keyp;
	struct ipoib_addr key;
	struct dp_adj lladdr;
	uint64_t hits;

	dp_l3_key(&key, p->id, ip);
	keyp = &key;
	if (ipoib_neigh_lookup_bulk(dp->l3, &keyp, 1, &hits, &entry) != 1)
		return false;
	lladdr = dp->adj[entry->ah];
	l3_encap(p, &lladdr, ctl_ethertype(m), m);
	return true;
}

/* @return 0 the packet is taken; -EAGAIN it stays the caller's */
static int
l3_try(struct ctl_port *p, const struct dp_ip *ip, struct rte_mbuf *m)
{
	struct control *c = p->c;
	struct ctl_l3 *e;
	int ret;

	if (!p->up) {
		ctl_drop(c, DP_DROP_no_path, m);
		return 0;
	}
	if (l3_send_known(p, ip, m))
		return 0;
	ret = l3_get(c, p->id, ip, &e);
	if (ret == -EAGAIN)
		return ret;
	if (ret != 0)
		ctl_drop(c, DP_DROP_table_full, m);
	else if (e->adj != ADJ_NONE)
		l3_send_next(p, e, m);
	else if (ipoib_neigh_rec_state(e->rec) == IPOIB_NEIGH_FAILED)
		ctl_drop(c, DP_DROP_no_neigh, m);
	else
		l3_wait(c, e, m);
	return 0;
}

/* The key goes in front, as when a worker punts. */
static void
l3_park(struct control *c, uint16_t port, const struct dp_ip *ip, struct rte_mbuf *m)
{
	struct ipoib_addr *key = (void *)rte_pktmbuf_prepend(m, sizeof(*key));

	if (key == NULL) {
		ctl_drop(c, DP_DROP_nombuf, m);
		return;
	}
	dp_l3_key(key, port, ip);
	if (!park_put(&c->ip->park, m))
		ctl_drop(c, DP_DROP_queue_full, m);
}

void
l3_send(struct control *c, uint16_t port, const struct dp_ip *ip, struct rte_mbuf *m)
{
	struct ctl_port *p = ctl_port(c, port);

	if (p == NULL) {
		ctl_drop(c, DP_DROP_tx_port, m);
		return;
	}
	if (c->ip->park.nb == 0 && l3_try(p, ip, m) == 0)
		return;
	l3_park(c, port, ip, m);
}

uint16_t
l3_mtu(struct control *c, uint16_t port, const struct dp_ip *ip)
{
	struct ctl_port *p = ctl_port(c, port);
	struct ipoib_neigh_rec *rec;
	struct ipoib_neigh_value v;
	struct ctl_l3 *e;
	uint16_t mtu;

	if (p == NULL)
		return 0;
	mtu = atomic_load(&p->dp->mtu);
	p = ctl_real(p);
	e = p->kind == DP_PORT_IPOIB ? l3_find(c, port, ip) : NULL;
	if (e == NULL || e->adj == ADJ_NONE)
		return mtu;
	rec = ipoib_neigh_find(p->neigh, &c->dp->adj[e->adj].lladdr);
	if (rec == NULL ||
			(ipoib_neigh_rec_state(rec) != IPOIB_NEIGH_VALID &&
					ipoib_neigh_rec_state(rec) != IPOIB_NEIGH_STALE))
		return mtu;
	ipoib_neigh_rec_value(rec, &v);
	return v.mtu != 0 && v.mtu < mtu ? v.mtu : mtu;
}

/* --- states --- */

static int
l3_publish(struct control *c, struct ctl_l3 *e)
{
	struct ipoib_neigh_value v = { .ah = e->adj, .kind = IPOIB_NEIGH_UD };

	if (ipoib_neigh_rec_queued(e->rec) > 0) {
		if (resolve_inject_busy(c))
			return -EAGAIN;
		l3_send_waiting(c, e);
	}
	c->ip->adjs.refs[e->adj]++;
	if (ipoib_neigh_set_valid(c->dp->l3, e->rec, &v, c->now) != 0) {
		adj_put(c, e->adj);
		return -EAGAIN;
	}
	e->on_ready = false;
	TAILQ_REMOVE(&c->ip->l3_ready, e, ready);
	/* What was only heard of is STALE at once. */
	if (!e->fixed)
		timer_set(c, &e->timer,
				e->reachable ? c->now + ctl_jitter(L3_REACHABLE_US, 10) : c->now);
	return 0;
}

void
l3_publish_soon(struct control *c, struct ctl_l3 *e)
{
	if (e->on_ready)
		return;
	e->on_ready = true;
	TAILQ_INSERT_TAIL(&c->ip->l3_ready, e, ready);
}

/* From now on control sends by e->adj; soon workers may. */
static void
l3_resolved(struct control *c, struct ctl_l3 *e)
{
	if (!resolve_inject_busy(c))
		l3_send_waiting(c, e);
	timer_stop(c, &e->timer);
	if (e->move != CTL_MOVE_WAITS)
		l3_publish_soon(c, e);
}

void
l3_run(struct control *c)
{
	struct rte_mbuf *m;
	struct ctl_l3 *e;
	struct dp_ip ip;
	uint16_t port;
	uint32_t i;

	for (; (m = park_first(&c->ip->park)) != NULL; park_pop(&c->ip->park)) {
		ctl_l3_key_pull(m, &port, &ip);
		if (ctl_port(c, port) == NULL) {
			ctl_drop(c, DP_DROP_tx_port, m);
		} else if (l3_try(c->ports[port], &ip, m) != 0) {
			rte_pktmbuf_prepend(m, IPOIB_ADDR_LEN);
			break;
		}
	}
	l3_moves_run(c);
	for (i = 0; i < CTL_PUBLISH_MAX && (e = TAILQ_FIRST(&c->ip->l3_ready)) != NULL; i++) {
		if (l3_publish(c, e) != 0)
			break;
	}
}

bool
l3_busy(const struct control *c)
{
	return c->ip->park.nb > 0 || !TAILQ_EMPTY(&c->ip->l3_ready) || c->ip->nb_moves_wait > 0;
}

/* Is a request of ours under way? */
static bool
l3_asked(const struct ctl_l3 *e)
{
	return e->probing || (e->adj == ADJ_NONE && e->tries > 0 && e->timer.pos != 0);
}

static bool
lladdr_same(const struct ctl_port *p, const struct dp_adj *a, const struct dp_adj *b)
{
	if (p->kind == DP_PORT_ETH)
		return rte_is_same_ether_addr(&a->mac, &b->mac);
	return ipoib_addr_equal(&a->lladdr, &b->lladdr);
}

/* From now on it is there: either it has just proved so, or it will have to when it is used. */
static void
l3_confirm(struct control *c, struct ctl_l3 *e, bool reachable, bool changed)
{
	bool valid = ipoib_neigh_rec_state(e->rec) == IPOIB_NEIGH_VALID;

	e->probing = false;
	e->delaying = false;
	e->tries = 0;
	e->confirmed = c->now;
	e->reachable = reachable;
	route_gw_dead(c, e->port, &e->ip, false);
	if (changed || e->on_ready || !valid)
		l3_resolved(c, e);
	else if (!e->fixed)
		timer_set(c, &e->timer, c->now + ctl_jitter(L3_REACHABLE_US, 10));
}

/* @return whether e has this address now; *old: the one before it, if *moved */
static bool
l3_adj_set(struct ctl_port *p, struct ctl_l3 *e, const struct dp_adj *lladdr, bool *moved,
		struct dp_adj *old)
{
	struct control *c = p->c;
	uint32_t adj = adj_new(c, lladdr);

	*moved = false;
	if (adj == ADJ_NONE)
		return false;
	if (e->adj != ADJ_NONE) {
		*moved = true;
		*old = c->dp->adj[e->adj];
		adj_put(c, e->adj);
	} else {
		e->owner = p;
		TAILQ_INSERT_HEAD(&p->ip->peers, e, peer);
	}
	e->adj = adj;
	return true;
}

static void
l3_update(struct ctl_port *p, struct ctl_l3 *e, const struct dp_adj *lladdr, uint32_t how)
{
	/* If so it knows us by what all were told. */
	bool asked = e->adj == ADJ_NONE && l3_asked(e);
	struct control *c = p->c;
	bool same, moved = false;
	struct dp_adj old;

	same = e->adj != ADJ_NONE && lladdr_same(p, &c->dp->adj[e->adj], lladdr);
	if (same && (how & L3_REACHABLE) == 0)
		return;
	if (!same && !l3_adj_set(p, e, lladdr, &moved, &old))
		return;
	if (moved && p->kind == DP_PORT_IPOIB)
		l3_move(p, e, &old.lladdr);
	l3_confirm(c, e, (how & L3_REACHABLE) != 0, moved);
	if (!same && p->kind == DP_PORT_IPOIB)
		bond_peer_new(p, &lladdr->lladdr);
	if (asked)
		retell_now(p, &e->ip, lladdr);
}

void
l3_learn(struct ctl_port *p, const struct dp_ip *ip, const struct dp_adj *lladdr, uint32_t how)
{
	struct ctl_l3 *e = l3_find(p->c, p->id, ip);

	if (e == NULL && ((how & L3_CREATE) == 0 || l3_get(p->c, p->id, ip, &e) != 0))
		return;
	if (!e->fixed)
		l3_update(p, e, lladdr, how);
}

/* RFC 4861 7.2.5, for an entry that has an address. */
static void
l3_advertised_known(
		struct ctl_port *p, struct ctl_l3 *e, const struct dp_adj *lladdr, uint8_t flags)
{
	struct control *c = p->c;
	uint32_t how = (flags & ND_NA_SOLICITED) != 0 ? L3_REACHABLE : 0;

	if (lladdr == NULL)
		lladdr = &c->dp->adj[e->adj];
	if ((flags & ND_NA_OVERRIDE) != 0) {
		l3_update(p, e, lladdr, how);
	} else if (lladdr_same(p, &c->dp->adj[e->adj], lladdr)) {
		l3_update(p, e, lladdr, how);
	} else {
		/* Not to be believed, but no longer sure: to be looked at when it is used. */
		if (ipoib_neigh_rec_state(e->rec) == IPOIB_NEIGH_VALID && !e->on_ready) {
			e->reachable = false;
			timer_set(c, &e->timer, c->now);
		}
		return;
	}
	e->is_router = (flags & ND_NA_ROUTER) != 0;
}

void
l3_advertised(struct ctl_port *p, const struct dp_ip *ip, const struct dp_adj *lladdr,
		uint8_t flags)
{
	struct ctl_l3 *e = l3_find(p->c, p->id, ip);

	/* What nobody asked for makes no entry, and ends no back-off. */
	if (e == NULL || e->fixed)
		return;
	if (e->adj != ADJ_NONE) {
		l3_advertised_known(p, e, lladdr, flags);
	} else if (lladdr != NULL && l3_asked(e)) {
		l3_update(p, e, lladdr, (flags & ND_NA_SOLICITED) != 0 ? L3_REACHABLE : 0);
		e->is_router = (flags & ND_NA_ROUTER) != 0;
	}
}

bool
l3_lladdr(struct control *c, uint16_t port, const struct dp_ip *ip, struct dp_adj *lladdr)
{
	const struct ctl_l3 *e = l3_find(c, port, ip);

	if (e == NULL || e->adj == ADJ_NONE)
		return false;
	*lladdr = c->dp->adj[e->adj];
	return true;
}

bool
l3_asking(struct control *c, uint16_t port, const struct dp_ip *ip)
{
	const struct ctl_l3 *e = l3_find(c, port, ip);

	return e != NULL && l3_asked(e);
}

/* Nobody answers: those who wait are told so. */
static void
l3_fail(struct control *c, struct ctl_l3 *e)
{
	struct rte_mbuf *pkts[CTL_BURST];
	uint16_t i, n;

	while ((n = ipoib_neigh_dequeue(c->dp->l3, e->rec, pkts, CTL_BURST)) > 0) {
		for (i = 0; i < n; i++) {
			ip_error(c, pkts[i], CTL_ERR_HOST, 0);
			ctl_drop(c, DP_DROP_no_neigh, pkts[i]);
		}
	}
	if (ipoib_neigh_set_failed(c->dp->l3, e->rec, c->now) < 0) {
		timer_set(c, &e->timer, c->now + L3_AGAIN_US);
		return;
	}
	route_gw_dead(c, e->port, &e->ip, true);
}

/* Ask the peer itself. */
static void
l3_probe(struct control *c, struct ctl_l3 *e)
{
	e->delaying = false;
	e->probing = true;
	e->tries = 0;
	l3_ask(c, e);
}

int
l3_want(struct control *c, uint16_t port, const struct dp_ip *ip)
{
	struct ctl_port *p = ctl_port(c, port);
	struct ctl_l3 *e;
	int ret;

	if (p == NULL)
		return -ENODEV;
	if (!p->up)
		return -ENETDOWN;
	ret = l3_get(c, port, ip, &e);
	if (ret < 0 || e->fixed || l3_asked(e))
		return ret;
	if (e->adj != ADJ_NONE) {
		if (ipoib_neigh_rec_state(e->rec) == IPOIB_NEIGH_STALE)
			l3_probe(c, e);
		return 0;
	}
	ret = ipoib_neigh_set_resolving(c->dp->l3, e->rec);
	if (ret != 0)
		return ret;
	e->tries = 0;
	l3_ask(c, e);
	return 0;
}

static void
l3_stale(struct control *c, struct ctl_l3 *e)
{
	uint64_t silent = c->now - e->confirmed;

	if (ipoib_neigh_set_stale(c->dp->l3, e->rec) != 0) {
		timer_set(c, &e->timer, c->now + L3_AGAIN_US);
		return;
	}
	/* Used since it was confirmed? A second of slack, for the mark has that grain. */
	if (ipoib_neigh_rec_idle(c->dp->l3, e->rec, c->now) + 1 >= silent / CTL_US_PER_S ||
			!c->ports[e->port]->up) {
		timer_set(c, &e->timer, c->now + L3_STALE_US);
		return;
	}
	/* IPv6 hosts expect to be left in peace for a moment; ARP has no such custom. */
	if (!dp_ip_is4(&e->ip) && !e->delaying) {
		e->delaying = true;
		timer_set(c, &e->timer, c->now + L3_DELAY_US);
		return;
	}
	l3_probe(c, e);
}

/* A probed peer is gone: the next packet asks everybody. */
static void
l3_gone(struct control *c, struct ctl_l3 *e)
{
	struct dp_ip ip = e->ip;
	uint16_t port = e->port;

	if (ipoib_neigh_del(c->dp->l3, e->rec) != 0)
		timer_set(c, &e->timer, c->now + L3_AGAIN_US);
	else
		route_gw_dead(c, port, &ip, true);
}

static void
l3_timer(struct control *c, void *arg)
{
	struct ctl_l3 *e = arg;

	if (c->ports[e->port] == NULL)
		l3_gone(c, e);
	else if (e->adj != ADJ_NONE && e->delaying)
		l3_probe(c, e);
	else if (e->adj != ADJ_NONE && !e->probing)
		l3_stale(c, e);
	else if (e->tries < L3_TRIES)
		l3_ask(c, e);
	else if (e->probing)
		l3_gone(c, e);
	else
		l3_fail(c, e);
}

/* --- by command --- */

int
l3_fix(struct ctl_port *p, const struct dp_ip *ip, const struct dp_adj *lladdr, bool replace)
{
	struct control *c = p->c;
	struct ctl_l3 *e;
	int ret;

	ret = l3_get(c, p->id, ip, &e);
	if (ret < 0)
		return ret;
	if (e->fixed && !replace)
		return -EEXIST;
	e->fixed = true;
	ipoib_neigh_rec_keep(e->rec, true);
	timer_stop(c, &e->timer);
	l3_update(p, e, lladdr, L3_REACHABLE);
	return e->adj != ADJ_NONE ? 0 : -ENOSPC;
}

int
l3_unfix(struct ctl_port *p, const struct dp_ip *ip)
{
	struct ctl_l3 *e = l3_find(p->c, p->id, ip);
	int ret;

	if (e == NULL || !e->fixed)
		return -ENOENT;
	ret = ipoib_neigh_del(p->c->dp->l3, e->rec);
	if (ret == 0)
		route_gw_dead(p->c, p->id, ip, false);
	return ret;
}

/* --- all of them --- */

struct l3_flush {
	struct control *c;
	uint16_t port;
	bool fixed; /* these, too */
	int nb;
};

static void
l3_flush_one(void *arg, struct ipoib_neigh_rec *rec)
{
	struct l3_flush *f = arg;
	struct ctl_l3 *e = ipoib_neigh_rec_user(rec);

	if (f->nb < 0 || (f->port != UINT16_MAX && (e == NULL || e->port != f->port)))
		return;
	if (e != NULL && e->fixed && !f->fixed)
		return;
	if (ipoib_neigh_del(f->c->dp->l3, rec) != 0)
		f->nb = -EAGAIN;
	else
		f->nb++;
}

int
l3_flush(struct control *c, uint16_t port, bool fixed)
{
	struct l3_flush f = { .c = c, .port = port, .fixed = fixed };

	ipoib_neigh_walk(c->dp->l3, l3_flush_one, &f);
	return f.nb;
}

int
l3_init(struct control *c)
{
	unsigned int lcore = c->dp->nb_workers > 0 ? c->dp->worker[0]->lcore : 0;
	struct ipoib_neigh_cfg cfg = {
		.name = "l3",
		.socket = (int)rte_lcore_to_socket_id(lcore),
		.gc_thresh1 = c->cfg.gc_thresh1,
		.gc_thresh2 = c->cfg.gc_thresh2,
		.gc_thresh3 = c->cfg.gc_thresh3,
		.gc_interval = c->cfg.gc_interval,
		.queue_len = c->cfg.neigh_queue,
		.queue_total = resolve_queue_total(&c->cfg),
		.rcu = c->dp->rcu,
		.ah_release = l3_adj_release,
		.evict = l3_evicted,
		.arg = c,
	};
	int ret;

	TAILQ_INIT(&c->ip->l3_ready);
	TAILQ_INIT(&c->ip->l3_moves);
	ret = adjs_init(c);
	if (ret != 0)
		return ret;
	return ipoib_neigh_create(&cfg, &c->dp->l3);
}

void
l3_fini(struct control *c)
{
	struct rte_mbuf *m;

	for (; (m = park_first(&c->ip->park)) != NULL; park_pop(&c->ip->park))
		ctl_drop(c, DP_DROP_no_neigh, m);
	ipoib_neigh_destroy(c->dp->l3);
	c->dp->l3 = NULL;
	if (c->ip->adjs.refs != NULL && c->ip->adjs.nb_free != DP_ADJ_MAX)
		CTL_LOG(ERR, "%u link-layer addresses still in use",
				DP_ADJ_MAX - c->ip->adjs.nb_free);
	free(c->ip->adjs.refs);
	free(c->ip->adjs.free);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * The state of a forwarding port. An IPoIB port is usable when its HCA port is ACTIVE, an SM is
 * known and its P_Key is in the table; it is up when it also joined its broadcast group. Changes
 * of LID, SM or GID break nothing: what worked is used until the SA's new answer replaces it.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_ethdev.h>

#include "control_priv.h"

#define LINK_WATCH_US (100 * CTL_US_PER_MS)
#define LINK_WATCH_ETH_US (250 * CTL_US_PER_MS)

/* The SA client is in the middle of an answer: what follows from it waits for hca_run(). */
static void
hca_alive(void *arg, bool alive)
{
	struct ctl_hca *h = arg;

	if (h->alive == alive || h->c->closing)
		return;
	h->alive = alive;
	h->alive_changed = true;
	CTL_LOG(NOTICE, "hca %d: the SA %s", h->id, alive ? "answers again" : "does not answer");
}

static void
hca_run(struct ctl_hca *h)
{
	struct control *c = h->c;
	uint16_t i;

	h->alive_changed = false;
	for (i = 0; i < DP_PORTS_MAX; i++) {
		struct ctl_port *p = c->ports[i];

		if (p == NULL || p->hca != h || !p->usable)
			continue;
		if (h->alive) {
			ipoib_neigh_clear_backoff(p->neigh);
			paths_clear_backoff(p);
		}
		/* Alive: a restarted SM forgot us. Silent: the join notices its return. */
		mcast_bcast_join(p);
		link_bcast_changed(p);
	}
	if (h->alive && c->alive != NULL)
		c->alive(c, h);
}

int
hca_get(struct control *c, uint16_t port_id, struct ctl_hca **out)
{
	struct ctl_hca *h;
	int id, ret;

	id = pmd_ipoib_hca_id(port_id);
	if (id < 0)
		return id;
	LIST_FOREACH(h, &c->hcas, next) {
		if (h->id == id) {
			*out = h;
			return 0;
		}
	}
	h = calloc(1, sizeof(*h));
	if (h == NULL)
		return -ENOMEM;
	h->c = c;
	h->id = id;
	h->poll_port = port_id;
	h->alive = true;
	h->mad = pmd_ipoib_mad(port_id);
	ret = h->mad == NULL ? -ENODEV : ipoib_sa_create(h->mad, NULL, &h->sa);
	if (ret != 0) {
		free(h);
		return ret;
	}
	ipoib_sa_on_alive(h->sa, hca_alive, h);
	LIST_INSERT_HEAD(&c->hcas, h, next);
	*out = h;
	return 0;
}

void
hcas_poll(struct control *c)
{
	struct ctl_hca *h;

	LIST_FOREACH(h, &c->hcas, next) {
		pmd_ipoib_poll(h->poll_port, c->now);
		ipoib_sa_poll(h->sa, c->now);
		if (h->alive_changed && !c->closing)
			hca_run(h);
	}
}

void
hcas_free(struct control *c)
{
	struct ctl_hca *h;

	while ((h = LIST_FIRST(&c->hcas)) != NULL) {
		LIST_REMOVE(h, next);
		ipoib_sa_destroy(h->sa);
		free(h);
	}
}

static void
link_set(struct ctl_port *p, bool up, const char *reason)
{
	struct control *c = p->c;
	bool changed = p->up != up || strcmp(p->reason, reason) != 0;

	p->up = up;
	snprintf(p->reason, sizeof(p->reason), "%s", reason);
	if (!changed)
		return;
	if (up)
		CTL_LOG(NOTICE, "port %u: up, MTU %u", p->id, atomic_load(&p->dp->mtu));
	else
		CTL_LOG(NOTICE, "port %u: down: %s", p->id, reason);
	atomic_store_explicit(&p->dp->up, up, memory_order_release);
	if (up && c->link_up != NULL)
		c->link_up(c, p);
}

/* Why no group can be joined, or an empty string. */
static void
why_unusable(const struct ctl_port *p, char *buf, size_t len)
{
	const struct pmd_ipoib_info *info = &p->info;

	buf[0] = '\0';
	if (info->state == IPOIB_MAD_ABSENT)
		snprintf(buf, len, "no fabric: %s", ipoib_mad_reason(p->hca->mad));
	else if (info->state == IPOIB_MAD_DOWN)
		snprintf(buf, len, "port not active");
	else if (info->state != IPOIB_MAD_ACTIVE || info->sm_lid == 0)
		snprintf(buf, len, "no SM");
	else if (!info->pkey_present)
		snprintf(buf, len, "P_Key 0x%04x not in the port's table", info->pkey);
}

void
link_bcast_changed(struct ctl_port *p)
{
	const struct ctl_mcast *g = &p->bcast;
	char why[sizeof(p->reason)];

	if (!p->usable)
		return;
	if (g->ah != PMD_IPOIB_AH_NONE) {
		atomic_store(&p->dp->mtu, (uint16_t)(g->rec.mtu - IPOIB_HDR_LEN));
		pmd_ipoib_info_get(p->id, &p->info);
		link_set(p, true, "");
		return;
	}
	if (g->status == -EREMOTEIO || g->status == -ENOENT)
		snprintf(why, sizeof(why), "broadcast group refused (SA status 0x%04x)",
				g->sa_status);
	else if (!p->hca->alive || g->status == -ETIMEDOUT || g->status == -EHOSTUNREACH)
		snprintf(why, sizeof(why), "no SM (the SA does not answer)");
	else
		snprintf(why, sizeof(why), "joining broadcast group");
	link_set(p, false, why);
}

static void
link_lost(struct ctl_port *p, const char *why)
{
	p->usable = false;
	mcast_bcast_lost(p);
	link_set(p, false, why);
}

static void
link_gained(struct ctl_port *p)
{
	p->usable = true;
	mcast_bcast_join(p);
	link_bcast_changed(p);
	ipoib_neigh_clear_backoff(p->neigh);
	paths_clear_backoff(p);
	paths_stale(p);
}

static void
link_identity(struct ctl_port *p, const struct pmd_ipoib_info *old, uint32_t events)
{
	const struct pmd_ipoib_info *now = &p->info;
	bool moved = !ib_gid_equal(&old->gid, &now->gid);

	if (!moved && old->lid == now->lid && old->sm_lid == now->sm_lid &&
			(events & (IPOIB_MAD_EV_REREGISTER | IPOIB_MAD_EV_SM)) == 0)
		return;
	CTL_LOG(NOTICE, "port %u: LID %u, SM LID %u%s: paths and group are asked for again", p->id,
			now->lid, now->sm_lid, moved ? ", new GID" : "");
	ipoib_neigh_clear_backoff(p->neigh);
	paths_clear_backoff(p);
	paths_stale(p);
	mcast_bcast_join(p);
	if (moved && p->up && p->c->link_up != NULL)
		p->c->link_up(p->c, p);
}

static void
link_check(struct ctl_port *p)
{
	struct pmd_ipoib_info old = p->info;
	char why[sizeof(p->reason)];
	uint32_t events = p->events;

	p->events = 0;
	if (pmd_ipoib_info_get(p->id, &p->info) != 0)
		return;
	why_unusable(p, why, sizeof(why));
	if (why[0] != '\0')
		link_lost(p, why);
	else if (!p->usable)
		link_gained(p);
	else
		link_identity(p, &old, events);
}

void
link_run(struct ctl_port *p)
{
	if (p->events != 0)
		link_check(p);
}

static void
link_watch(struct control *c, void *arg)
{
	struct ctl_port *p = arg;

	link_check(p);
	timer_set(c, &p->watch, c->now + LINK_WATCH_US);
}

static void
eth_watch(struct control *c, void *arg)
{
	struct ctl_port *p = arg;
	struct rte_eth_link link;
	uint16_t mtu;

	if (rte_eth_dev_get_mtu(p->id, &mtu) == 0)
		atomic_store(&p->dp->mtu, mtu);
	if (rte_eth_link_get_nowait(p->id, &link) == 0)
		link_set(p, link.link_status == RTE_ETH_LINK_UP, link.link_status ? "" : "no link");
	timer_set(c, &p->watch, c->now + LINK_WATCH_ETH_US);
}

static void
mad_event(void *arg, uint32_t events, const struct ipoib_mad_port *port)
{
	struct ctl_port *p = arg;

	RTE_SET_USED(port);
	p->events |= events;
}

int
link_init(struct ctl_port *p)
{
	bool ib = p->kind == DP_PORT_IPOIB;
	int ret;

	ret = timer_init(p->c, &p->watch, ib ? link_watch : eth_watch, p);
	if (ret != 0)
		return ret;
	if (ib) {
		ret = ipoib_mad_listen(p->hca->mad, mad_event, p);
		if (ret != 0) {
			timer_fini(p->c, &p->watch);
			return ret;
		}
		pmd_ipoib_info_get(p->id, &p->info);
		snprintf(p->reason, sizeof(p->reason), "starting");
	}
	timer_set(p->c, &p->watch, 0);
	return 0;
}

void
link_fini(struct ctl_port *p)
{
	if (p->watch.fn == NULL)
		return;
	if (p->kind == DP_PORT_IPOIB)
		ipoib_mad_unlisten(p->hca->mad, mad_event, p);
	timer_fini(p->c, &p->watch);
}

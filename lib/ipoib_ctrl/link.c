/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * The state of an IPoIB port. It becomes usable when its HCA port is ACTIVE, an SM
 * is known and its P_Key is in the table; it is up when it also joined its broadcast group. Only
 * the loss of port or P_Key ends that. Changes of LID, SM or GID break nothing: what worked is used
 * until the SA's new answer replaces it.
 *
 * Events come in swarms, so after the first four the port is brought up, or everything is asked
 * for again, twice a second at most; what is put off is not lost. It goes down at once.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_ethdev.h>

#include "path.h"

#define LINK_WATCH_US (100 * CTL_US_PER_MS)
#define EVENTS_PER_S 2
#define EVENTS_BURST 4
/* What makes paths and memberships doubtful. */
#define EV_IDENTITY \
	(IPOIB_MAD_EV_LID | IPOIB_MAD_EV_SM | IPOIB_MAD_EV_GID | IPOIB_MAD_EV_REREGISTER)

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
	for (i = 0; i < CTL_PORTS_MAX; i++) {
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
	if (!h->alive)
		return;
	events_renew(h);
	if (c->alive != NULL)
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
	if (h->mad == NULL)
		CTL_LOG(ERR,
				"port %u: no subnet administrator can be reached by it (RoCE has none): "
				"other programs may use it, this one cannot",
				port_id);
	if (ret != 0) {
		free(h);
		return ret;
	}
	ret = events_init(h);
	if (ret != 0) {
		ipoib_sa_destroy(h->sa);
		free(h);
		return ret;
	}
	ipoib_sa_on_alive(h->sa, hca_alive, h);
	LIST_INSERT_HEAD(&c->hcas, h, next);
	*out = h;
	return 0;
}

static void
hca_free(struct ctl_hca *h)
{
	LIST_REMOVE(h, next);
	events_fini(h);
	ipoib_sa_destroy(h->sa);
	free(h);
}

void
hca_put(struct ctl_port *p)
{
	struct ctl_hca *h = p->hca;
	struct control *c = p->c;
	uint16_t i;

	p->hca = NULL;
	if (h == NULL)
		return;
	for (i = 0; i < CTL_PORTS_MAX; i++) {
		if (c->ports[i] == NULL || c->ports[i]->hca != h)
			continue;
		h->poll_port = i;
		return;
	}
	hca_free(h);
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

	while ((h = LIST_FIRST(&c->hcas)) != NULL)
		hca_free(h);
}

static void
followed(struct ctl_port *p)
{
	if (p->c->follow != NULL)
		p->c->follow(p->c, p);
}

void
link_set(struct ctl_port *p, bool up, const char *reason)
{
	struct control *c = p->c;
	bool changed = p->up != up || strcmp(p->reason, reason) != 0;

	p->up = up;
	snprintf(p->reason, sizeof(p->reason), "%s", reason);
	if (!changed)
		return;
	if (up)
		CTL_LOG(NOTICE, "port %u: up, MTU %u", p->id, atomic_load(&p->mtu));
	else
		CTL_LOG(NOTICE, "port %u: down: %s", p->id, reason);
	port_shown(p);
	if (up && c->link_up != NULL)
		c->link_up(c, p);
	followed(p);
}

void
link_mtu_set(struct ctl_port *p, uint16_t link)
{
	uint16_t mtu = p->admin_mtu != 0 ? RTE_MIN(p->admin_mtu, link) : link;

	if (atomic_load(&p->mtu) == mtu)
		return;
	atomic_store(&p->mtu, mtu);
	port_shown(p);
	if (p->paths != NULL)
		paths_republish(p);
	followed(p);
}

/* Why no group can be joined, or an empty string. */
static void
why_unusable(const struct ctl_port *p, char *buf, size_t len)
{
	const struct pmd_ipoib_info *info = &p->info;

	buf[0] = '\0';
	if (p->stopped)
		snprintf(buf, len, "stopped");
	else if (info->state == IPOIB_MAD_ABSENT)
		snprintf(buf, len, "no fabric: %s", ipoib_mad_reason(p->hca->mad));
	else if (info->state == IPOIB_MAD_DOWN)
		snprintf(buf, len, "port not active");
	else if (info->state != IPOIB_MAD_ACTIVE || (info->sm_lid == 0 && !p->usable))
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
		link_mtu_set(p, (uint16_t)(g->rec.mtu - IPOIB_HDR_LEN));
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

static struct ctl_identity
identity(const struct ctl_port *p)
{
	return (struct ctl_identity){ .gid = p->info.gid,
		.lid = p->info.lid,
		.sm_lid = p->info.sm_lid,
		.lmc = p->info.lmc,
		.grh_required = p->info.grh_required };
}

static bool
identity_same(const struct ctl_identity *a, const struct ctl_identity *b)
{
	return ib_gid_equal(&a->gid, &b->gid) && a->lid == b->lid && a->sm_lid == b->sm_lid &&
			a->lmc == b->lmc && a->grh_required == b->grh_required;
}

/* Ask the SA for everything again; what there is goes on. */
static void
link_renew(struct ctl_port *p)
{
	p->events = 0;
	p->known_as = identity(p);
	ipoib_neigh_clear_backoff(p->neigh);
	paths_clear_backoff(p);
	paths_stale(p);
	mcast_bcast_join(p);
	events_renew(p->hca);
}

static void
link_gained(struct ctl_port *p)
{
	p->usable = true;
	link_renew(p);
	link_bcast_changed(p);
}

static void
link_identity(struct ctl_port *p)
{
	bool moved = !ib_gid_equal(&p->known_as.gid, &p->info.gid);

	CTL_LOG(NOTICE, "port %u: LID %u, SM LID %u%s: paths and group are asked for again", p->id,
			p->info.lid, p->info.sm_lid, moved ? ", new GID" : "");
	link_renew(p);
	if (!moved)
		return;
	paths_reask(p);
	if (p->up && p->c->link_up != NULL)
		p->c->link_up(p->c, p);
}

static void
link_check(struct ctl_port *p)
{
	char why[sizeof(p->reason)];
	struct ctl_identity now;

	p->events &= EV_IDENTITY;
	if (pmd_ipoib_info_get(p->id, &p->info) != 0)
		return;
	why_unusable(p, why, sizeof(why));
	if (why[0] != '\0') {
		link_lost(p, why);
		return;
	}
	now = identity(p);
	if (p->usable && p->events == 0 && identity_same(&now, &p->known_as))
		return;
	/* What is put off stays in events, or differs from known_as. */
	if (!bucket_take(&p->event_bucket, p->c->now, EVENTS_PER_S, EVENTS_BURST))
		return;
	if (p->usable)
		link_identity(p);
	else
		link_gained(p);
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
mad_event(void *arg, uint32_t events, const struct ipoib_mad_port *port)
{
	struct ctl_port *p = arg;

	RTE_SET_USED(port);
	p->events |= events;
}

int
link_init(struct ctl_port *p)
{
	int ret;

	ret = timer_init(p->c, &p->watch, link_watch, p);
	if (ret != 0)
		return ret;
	ret = ipoib_mad_listen(p->hca->mad, mad_event, p);
	if (ret != 0) {
		timer_fini(p->c, &p->watch);
		return ret;
	}
	pmd_ipoib_info_get(p->id, &p->info);
	snprintf(p->reason, sizeof(p->reason), "starting");
	timer_set(p->c, &p->watch, 0);
	return 0;
}

void
link_stop(struct ctl_port *p)
{
	p->stopped = true;
	mcast_bcast_leave(p);
	link_lost(p, "stopped");
}

void
link_wake(struct ctl_port *p)
{
	p->stopped = false;
	timer_set(p->c, &p->watch, p->c->now);
}

void
link_leave(struct ctl_port *p)
{
	timer_stop(p->c, &p->watch);
	p->events = 0;
	ipoib_mad_unlisten(p->hca->mad, mad_event, p);
	mcast_bcast_leave(p);
	link_lost(p, "being removed");
}

void
link_fini(struct ctl_port *p)
{
	if (p->watch.fn == NULL)
		return;
	if (!p->leaving)
		ipoib_mad_unlisten(p->hca->mad, mad_event, p);
	timer_fini(p->c, &p->watch);
}

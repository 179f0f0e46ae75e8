/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Subscriptions to the SA's notices, one set for an HCA port. They live in the SA, so they are made
 * anew when that may have forgotten us (another SM, client reregister, its return from silence, our
 * LID), and every five minutes in any case. Where they cannot be had, path_check.c polls.
 */

#include <errno.h>
#include <stdlib.h>

#include "path.h"

#define RENEW_US (300 * CTL_US_PER_S)
#define RETRY_MIN_US CTL_US_PER_S
#define RETRY_MAX_US (60 * CTL_US_PER_S)

static const uint16_t traps[] = { IPOIB_SA_TRAP_GID_IN, IPOIB_SA_TRAP_GID_OUT,
	IPOIB_SA_TRAP_MGID_CREATED, IPOIB_SA_TRAP_MGID_DELETED, IPOIB_SA_TRAP_LINK_STATE,
	IPOIB_SA_TRAP_PORT_CHANGE };

struct subscription {
	struct ctl_hca *h;
	uint16_t trap;
	bool held; /* the SA said yes, and nothing since says that it forgot */
	bool due;
	ipoib_sa_req_t req;
};

struct ctl_events {
	struct subscription sub[RTE_DIM(traps)];
	struct ctl_timer timer;
	uint32_t fails; /* since all were held */
	bool told;	/* as last logged */
};

bool
events_told(const struct ctl_hca *h)
{
	/* The first two tell of ports. */
	return h->ev != NULL && h->ev->sub[0].held && h->ev->sub[1].held;
}

bool
events_hold(const struct ctl_hca *h, uint16_t trap)
{
	unsigned int i;

	for (i = 0; h->ev != NULL && i < RTE_DIM(traps); i++) {
		if (traps[i] == trap)
			return h->ev->sub[i].held;
	}
	return false;
}

/* Is any port on it in order? */
static bool
hca_usable(const struct ctl_hca *h)
{
	uint16_t i;

	for (i = 0; i < CTL_PORTS_MAX; i++) {
		if (h->c->ports[i] != NULL && h->c->ports[i]->hca == h && h->c->ports[i]->usable)
			return true;
	}
	return false;
}

static uint64_t
retry_after(struct ctl_events *ev)
{
	uint64_t wait = RETRY_MIN_US << RTE_MIN(ev->fails, 10u);

	ev->fails++;
	return ctl_jitter(RTE_MIN(wait, RETRY_MAX_US), 10);
}

/* Everything is answered: when to ask next, and whether that is news. */
static void
events_settled(struct ctl_hca *h)
{
	struct ctl_events *ev = h->ev;
	bool all = true, told = events_told(h);
	unsigned int i;

	for (i = 0; i < RTE_DIM(traps); i++)
		all = all && ev->sub[i].held;
	if (told != ev->told)
		CTL_LOG(NOTICE, "hca %d: %s", h->id,
				told ? "the SA tells of changes"
				     : "no notices from the SA: paths are polled");
	ev->told = told;
	if (all)
		ev->fails = 0;
	timer_set(h->c, &ev->timer, h->c->now + (all ? ctl_jitter(RENEW_US, 10) : retry_after(ev)));
}

static void
events_look(struct ctl_hca *h)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(traps); i++) {
		if (h->ev->sub[i].req != 0)
			return;
	}
	events_settled(h);
}

static void
inform_answer(void *arg, int status)
{
	struct subscription *s = arg;

	s->req = 0;
	if (s->h->c->closing)
		return;
	/* Silence says nothing of what the SA had: with another one it is asked for again. */
	if (status != -ETIMEDOUT && status != -EHOSTUNREACH)
		s->held = status == 0;
	s->due = status != 0;
	events_look(s->h);
}

static void
events_ask(struct ctl_hca *h)
{
	struct subscription *s;
	unsigned int i;
	int ret;

	for (i = 0; i < RTE_DIM(traps); i++) {
		s = &h->ev->sub[i];
		if (!s->due || s->req != 0)
			continue;
		ret = ipoib_sa_inform(h->sa, s->trap, true, inform_answer, s, &s->req);
		if (ret == 0)
			continue;
		s->req = 0;
		if (ret == -ENOTSUP)
			s->held = false;
	}
	events_look(h);
}

static void
events_timer(struct control *c, void *arg)
{
	struct ctl_hca *h = arg;

	RTE_SET_USED(c);
	events_renew(h);
}

void
events_renew(struct ctl_hca *h)
{
	struct ctl_events *ev = h->ev;
	unsigned int i;

	if (!hca_usable(h)) {
		timer_stop(h->c, &ev->timer);
		return;
	}
	for (i = 0; i < RTE_DIM(traps); i++) {
		/* What is under way went to whom it may concern no more. */
		if (ev->sub[i].req != 0)
			ipoib_sa_cancel(h->sa, ev->sub[i].req);
		ev->sub[i].req = 0;
		ev->sub[i].due = true;
	}
	events_ask(h);
}

static void
leave_answer(void *arg, int status)
{
	RTE_SET_USED(arg);
	RTE_SET_USED(status);
}

/* A software HCA is ours alone: on others the subscriptions may be somebody else's, too. */
void
events_leave(struct ctl_hca *h)
{
	struct pmd_ipoib_info info;
	ipoib_sa_req_t req;
	unsigned int i;

	if (pmd_ipoib_info_get(h->poll_port, &info) != 0 || info.backend == NULL ||
			strcmp(info.backend, "soft") != 0)
		return;
	for (i = 0; i < RTE_DIM(traps); i++) {
		if (h->ev->sub[i].held)
			ipoib_sa_inform(h->sa, traps[i], false, leave_answer, NULL, &req);
	}
}

/* Inside ipoib_mad_poll(). */
static void
noticed(void *arg, const struct ipoib_sa_notice *n)
{
	struct ctl_hca *h = arg;
	struct control *c = h->c;
	uint16_t i;

	if (c->closing)
		return;
	if (n->trap == IPOIB_SA_TRAP_MGID_CREATED || n->trap == IPOIB_SA_TRAP_MGID_DELETED) {
		mcast_notice(h, n->trap, &n->gid);
		return;
	}
	for (i = 0; i < CTL_PORTS_MAX; i++) {
		if (c->ports[i] != NULL && c->ports[i]->hca == h && c->ports[i]->usable)
			path_noticed(c->ports[i], n);
	}
}

int
events_init(struct ctl_hca *h)
{
	struct ctl_events *ev = calloc(1, sizeof(*ev));
	unsigned int i;
	int ret;

	if (ev == NULL)
		return -ENOMEM;
	ret = timer_init(h->c, &ev->timer, events_timer, h);
	if (ret != 0) {
		free(ev);
		return ret;
	}
	for (i = 0; i < RTE_DIM(traps); i++)
		ev->sub[i] = (struct subscription){ .h = h, .trap = traps[i] };
	ev->told = true; /* so that the first failure is told */
	h->ev = ev;
	ipoib_sa_on_notice(h->sa, noticed, h);
	return 0;
}

void
events_fini(struct ctl_hca *h)
{
	struct ctl_events *ev = h->ev;
	unsigned int i;

	if (ev == NULL)
		return;
	ipoib_sa_on_notice(h->sa, NULL, NULL);
	for (i = 0; i < RTE_DIM(traps); i++) {
		if (ev->sub[i].req != 0)
			ipoib_sa_cancel(h->sa, ev->sub[i].req);
	}
	timer_fini(h->c, &ev->timer);
	free(ev);
	h->ev = NULL;
}

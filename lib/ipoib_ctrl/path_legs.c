/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Several ways to a GID. With LMC a port has 2^LMC LIDs, and the subnet manager routes each by
 * itself; no record tells a peer's LMC, so it is taken for ours, and a LID that the SA knows no
 * path to is not used. A traffic class has ways of its own, by another SL or QoS class.
 *
 * The base path is asked for first and used at once; then each other way ("leg") is. When all are
 * answered, a set of address handles replaces the single one. Its slots stand for LIDs: a leg that
 * is lost has its slot filled with the next one of its class, so only its own flows move. A leg
 * that merely gets no answer is used on, as all paths are; one that the SA says no to is not.
 */

#include <errno.h>
#include <stdlib.h>

#include "path.h"

/* First wait before legs that failed are asked for again; doubled up to CTL_PATH_TTL_US. */
#define LEG_RETRY_US (30 * CTL_US_PER_S)

static bool
class_used(const struct ctl_port *p, unsigned int k)
{
	return k == 0 || p->class[k].has_sl || p->class[k].has_qos;
}

/* LIDs of the peer that are used. A router's are not ours to count. */
static uint8_t
lids_wanted(const struct ctl_path *path)
{
	const struct ctl_port *p = path->p;

	if (gid_is_foreign(p, &path->dgid))
		return 1;
	return (uint8_t)RTE_MIN(1u << p->info.lmc, (unsigned int)IPOIB_LIDS_MAX);
}

static bool
legs_wanted(const struct ctl_path *path)
{
	unsigned int k;

	for (k = 1; k < IPOIB_CLASSES; k++) {
		if (class_used(path->p, k))
			return true;
	}
	return lids_wanted(path) > 1;
}

static uint16_t
leg_lid(const struct ctl_leg *leg)
{
	return leg->path->legs->base + leg->lid;
}

/* The base path itself is this leg. */
static bool
leg_is_base(const struct ctl_leg *leg)
{
	return leg->class == 0 && leg_lid(leg) == leg->path->rec.dlid;
}

static void
leg_drop(struct ctl_leg *leg)
{
	if (leg->ah != PMD_IPOIB_AH_NONE)
		ah_put(leg->path->p, leg->ah);
	leg->ah = PMD_IPOIB_AH_NONE;
}

static void
leg_cancel(struct ctl_leg *leg)
{
	struct ctl_port *p = leg->path->p;

	if (leg->req != 0) {
		ipoib_sa_cancel(p->hca->sa, leg->req);
		p->nb_refreshing--;
	}
	if (leg->req != 0 || leg->due)
		leg->path->legs->nb_open--;
	leg->req = 0;
	leg->due = false;
}

/* No leg is asked for any more, and none used. */
static void
legs_clear(struct ctl_path *path)
{
	struct ctl_leg *leg = &path->legs->leg[0][0];
	unsigned int i;

	for (i = 0; i < IPOIB_CLASSES * IPOIB_LIDS_MAX; i++) {
		leg_cancel(&leg[i]);
		leg_drop(&leg[i]);
	}
}

static void
legs_unlist(struct ctl_path *path)
{
	if (path->on_asking)
		TAILQ_REMOVE(&path->p->asking, path, asking);
	path->on_asking = false;
}

void
legs_free(struct ctl_path *path)
{
	legs_unlist(path);
	if (path->set != PMD_IPOIB_AH_NONE)
		set_put(path->p, path->set);
	path->set = PMD_IPOIB_AH_NONE;
	if (path->legs == NULL)
		return;
	legs_clear(path);
	free(path->legs);
	path->legs = NULL;
}

static int
legs_new(struct ctl_path *path)
{
	struct ctl_legs *l = calloc(1, sizeof(*l));
	unsigned int k, i;

	if (l == NULL)
		return -ENOMEM;
	for (k = 0; k < IPOIB_CLASSES; k++) {
		for (i = 0; i < IPOIB_LIDS_MAX; i++)
			l->leg[k][i] = (struct ctl_leg){ .path = path,
				.class = (uint8_t)k,
				.lid = (uint8_t)i,
				.ah = PMD_IPOIB_AH_NONE };
	}
	path->legs = l;
	return 0;
}

/* --- the set --- */

static uint32_t
leg_ah(const struct ctl_leg *leg)
{
	return leg_is_base(leg) ? leg->path->ah : leg->ah;
}

/* Fill the slots of a class; those without a leg get the next one's. @return number of legs */
static unsigned int
set_class(const struct ctl_path *path, unsigned int k, struct ipoib_ahset *set)
{
	const struct ctl_legs *l = path->legs;
	unsigned int i, j, n = 0;
	uint32_t ah;

	set->nb_lids[k] = 0;
	for (i = 0; i < l->nb_lids; i++)
		n += leg_ah(&l->leg[k][i]) != PMD_IPOIB_AH_NONE;
	if (n == 0)
		return 0;
	set->nb_lids[k] = l->nb_lids;
	for (i = 0; i < l->nb_lids; i++) {
		for (j = i; (ah = leg_ah(&l->leg[k][j])) == PMD_IPOIB_AH_NONE;)
			j = (j + 1) % l->nb_lids;
		set->ah[k][i] = ah;
	}
	return n;
}

/* What there is now. @return whether it is more than the base path */
static bool
set_make(const struct ctl_path *path, struct ipoib_ahset *set)
{
	unsigned int k, i, n;

	memset(set, 0, sizeof(*set));
	n = set_class(path, 0, set);
	if (n == 0) {
		/* The base path is by a LID beyond those that are used (LMC above 3). */
		set->nb_lids[0] = 1;
		set->ah[0][0] = path->ah;
		n = 1;
	}
	for (i = 0; n == 1 && i < set->nb_lids[0]; i++)
		set->ah[0][i] = path->ah;
	for (k = 1; k < IPOIB_CLASSES; k++)
		n += set_class(path, k, set);
	return n > 1;
}

/* Bring the set in line with the legs. */
static void
set_update(struct ctl_path *path)
{
	struct ctl_port *p = path->p;
	uint32_t old = path->set, new = PMD_IPOIB_AH_NONE;
	struct ipoib_ahset want;

	if (path->legs != NULL && set_make(path, &want)) {
		if (old != PMD_IPOIB_AH_NONE &&
				memcmp(&want, &p->ahset[old - CTL_SET_FIRST], sizeof(want)) == 0)
			return;
		/* No room: the base path will do. */
		if (set_create(p, &want, &new) != 0)
			new = PMD_IPOIB_AH_NONE;
	}
	path->set = new;
	if (old != PMD_IPOIB_AH_NONE)
		set_put(p, old);
	if (old != new)
		path_ready(path);
}

/* --- queries --- */

/* A definite no, not mere silence? */
static bool
is_refusal(int status)
{
	return status == -ENOENT || status == -EREMOTEIO || status == -EPROTO;
}

/* The peer as we know it, by the LID and SL that were asked for? */
static int
leg_check(const struct ctl_leg *leg, const struct ipoib_sa_path *rec)
{
	const struct ctl_path *path = leg->path;
	const struct ctl_class *class = &path->p->class[leg->class];

	if (!ib_gid_equal(&rec->dgid, &path->rec.dgid))
		return -EPROTO;
	return class->has_sl && rec->sl != class->sl ? -EPROTO : 0;
}

static int
leg_take(struct ctl_leg *leg, const struct ipoib_sa_path *rec)
{
	struct ctl_path *path = leg->path;
	struct pmd_ipoib_av av;
	uint32_t ah;
	int ret;

	ret = leg_check(leg, rec);
	if (ret == 0)
		ret = path_av(path->p, &path->dgid, rec, &av);
	if (ret != 0)
		return ret;
	leg->mtu = rec->mtu;
	if (leg->ah != PMD_IPOIB_AH_NONE && memcmp(&av, &leg->av, sizeof(av)) == 0)
		return 0;
	ret = ah_create(path->p, &av, &ah);
	if (ret != 0)
		return ret;
	leg_drop(leg);
	leg->ah = ah;
	leg->av = av;
	return 0;
}

/* All that were open are answered. */
static void
legs_done(struct ctl_path *path)
{
	struct ctl_legs *l = path->legs;
	uint64_t wait;

	if (l->failed) {
		wait = RTE_MIN(LEG_RETRY_US << l->fails, CTL_PATH_TTL_US);
		l->retry_at = path->p->c->now + ctl_jitter(wait, 10);
		l->fails = RTE_MIN(l->fails + 1, 16);
	} else if (l->round) {
		l->retry_at = 0;
		l->fails = 0;
	}
	l->round = false;
	l->failed = false;
	set_update(path);
}

static void
leg_answer(void *arg, int status, const struct ipoib_sa_path *rec)
{
	struct ctl_leg *leg = arg;
	struct ctl_path *path = leg->path;
	uint16_t mtu = leg->mtu;

	leg->req = 0;
	path->legs->nb_open--;
	path->p->nb_refreshing--;
	if (path->p->c->closing)
		return;
	if (status == 0)
		status = leg_take(leg, rec);
	if (is_refusal(status)) {
		leg_drop(leg);
		if (leg->class > 0)
			path->p->class_refused++;
	}
	path->legs->failed |= status != 0;
	if (status == 0 && mtu != leg->mtu)
		path_ready(path);
	if (path->legs->nb_open == 0)
		legs_done(path);
}

static int
leg_ask(struct ctl_leg *leg)
{
	struct ctl_port *p = leg->path->p;
	const struct ctl_class *class = &p->class[leg->class];
	struct ipoib_sa_path_req req;
	int ret;

	path_question(leg->path, &req);
	if (leg->path->legs->nb_lids > 1)
		req.dlid = leg_lid(leg);
	req.has_sl = class->has_sl;
	req.sl = class->sl;
	req.has_qos_class = class->has_qos;
	req.qos_class = class->qos_class;
	ret = ipoib_sa_path_get(p->hca->sa, &req, leg_answer, leg, &leg->req);
	if (ret != 0) {
		leg->req = 0;
		return ret;
	}
	leg->due = false;
	p->nb_refreshing++;
	return 0;
}

static void
leg_want(struct ctl_leg *leg)
{
	struct ctl_path *path = leg->path;

	if (leg->due || leg->req != 0)
		return;
	leg->due = true;
	path->legs->nb_open++;
	if (path->on_asking)
		return;
	path->on_asking = true;
	TAILQ_INSERT_TAIL(&path->p->asking, path, asking);
}

/* Legs of LIDs that the peer no longer has, or of classes that are no more, are given up. */
static void
legs_fit(struct ctl_path *path)
{
	struct ctl_legs *l = path->legs;
	uint8_t nb = lids_wanted(path);
	uint16_t base = path->rec.dlid;
	unsigned int k, i;

	if (nb > 1)
		base &= (uint16_t) ~((1u << path->p->info.lmc) - 1);
	if (base != l->base || nb != l->nb_lids)
		legs_clear(path);
	l->base = base;
	l->nb_lids = nb;
	for (k = 1; k < IPOIB_CLASSES; k++) {
		for (i = 0; i < nb && !class_used(path->p, k); i++) {
			leg_cancel(&l->leg[k][i]);
			leg_drop(&l->leg[k][i]);
		}
	}
}

static void
legs_want_all(struct ctl_path *path)
{
	struct ctl_legs *l = path->legs;
	unsigned int k, i;

	l->round = true;
	for (k = 0; k < IPOIB_CLASSES; k++) {
		for (i = 0; i < l->nb_lids && class_used(path->p, k); i++) {
			/* LID 0 would mean any: the peer has fewer LIDs than we. */
			if (leg_is_base(&l->leg[k][i]) ||
					!ib_lid_is_unicast(leg_lid(&l->leg[k][i])))
				continue;
			/* What is under way was asked for by what was true before. */
			leg_cancel(&l->leg[k][i]);
			leg_want(&l->leg[k][i]);
		}
	}
}

/* Whether a leg still holds is asked for by turns. */
static void
legs_want_next(struct ctl_path *path)
{
	struct ctl_legs *l = path->legs;
	struct ctl_leg *leg;
	unsigned int i;

	for (i = 0; i < IPOIB_CLASSES * IPOIB_LIDS_MAX; i++) {
		leg = &l->leg[0][0] + l->next;
		l->next = (l->next + 1) % (IPOIB_CLASSES * IPOIB_LIDS_MAX);
		if (leg->ah == PMD_IPOIB_AH_NONE || leg_is_base(leg))
			continue;
		leg_want(leg);
		return;
	}
}

void
legs_follow(struct ctl_path *path, bool all)
{
	if (!legs_wanted(path)) {
		if (path->set != PMD_IPOIB_AH_NONE)
			path_ready(path);
		legs_free(path);
		return;
	}
	if (path->legs == NULL) {
		if (legs_new(path) != 0)
			return;
		all = true;
	}
	legs_fit(path);
	if (path->legs->retry_at != 0 && path->legs->retry_at <= path->p->c->now)
		all = true;
	/* The base path may be another one: at once, for the old one may lead nowhere. */
	set_update(path);
	if (all)
		legs_want_all(path);
	else if (path->legs->nb_open == 0)
		legs_want_next(path);
}

/* @return the first that is due, or NULL */
static struct ctl_leg *
leg_due(struct ctl_path *path)
{
	struct ctl_leg *leg = &path->legs->leg[0][0];
	unsigned int i;

	for (i = 0; i < IPOIB_CLASSES * IPOIB_LIDS_MAX; i++) {
		if (leg[i].due)
			return &leg[i];
	}
	return NULL;
}

void
legs_run(struct ctl_port *p)
{
	struct ctl_path *path;
	struct ctl_leg *leg;

	while (path_may_ask(p) && (path = TAILQ_FIRST(&p->asking)) != NULL) {
		leg = leg_due(path);
		if (leg == NULL)
			legs_unlist(path);
		else if (leg_ask(leg) != 0)
			return; /* the SA client is full: later */
	}
}

uint8_t
path_ways(const struct ctl_path *path)
{
	uint8_t n = path->ah != PMD_IPOIB_AH_NONE;
	const struct ctl_leg *leg;
	unsigned int i;

	if (path->legs == NULL)
		return n;
	leg = &path->legs->leg[0][0];
	for (i = 0; i < IPOIB_CLASSES * IPOIB_LIDS_MAX; i++)
		n += leg[i].ah != PMD_IPOIB_AH_NONE && !leg_is_base(&leg[i]);
	return n;
}

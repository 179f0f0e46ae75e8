/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Next hops of routes: shared and counted. A number is given out again only when neither table of
 * the FIB nor any reader has it.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_errno.h>
#include <rte_hash.h>
#include <rte_jhash.h>

#include "control_priv.h"

static_assert(sizeof(struct dp_nh) == 20, "a next hop is a key: no padding in it");

static uint32_t
take_free(struct ctl_nhs *t)
{
	if (t->nb_free > 0)
		return t->free[--t->nb_free];
	return t->high < DP_NH_MAX ? t->high++ : 0;
}

static uint32_t
nh_find(const struct ctl_nhs *t, const struct dp_nh *want)
{
	void *nh;

	return rte_hash_lookup_data(t->index, want, &nh) >= 0 ? (uint32_t)(uintptr_t)nh : 0;
}

static void
members_hold(struct control *c, const struct dp_nh *nh)
{
	uint8_t i;

	for (i = 0; nh->type == DP_NH_ECMP && i < nh->nb; i++)
		nh_hold(c, nh->member[i]);
}

uint32_t
nh_get(struct control *c, const struct dp_nh *want)
{
	struct ctl_nhs *t = &c->ip->nhs;
	uint32_t nh = nh_find(t, want);

	if (nh != 0) {
		t->refs[nh]++;
		return nh;
	}
	nh = take_free(t);
	if (nh == 0)
		return 0;
	if (rte_hash_add_key_data(t->index, want, (void *)(uintptr_t)nh) != 0) {
		t->free[t->nb_free++] = nh;
		return 0;
	}
	/* Readers come to it through the FIB, which is published later. */
	c->dp->nh[nh] = *want;
	t->refs[nh] = 1;
	members_hold(c, want);
	return nh;
}

void
nh_hold(struct control *c, uint32_t nh)
{
	c->ip->nhs.refs[nh]++;
}

void
nh_put(struct control *c, uint32_t nh)
{
	const struct dp_nh *n = &c->dp->nh[nh];
	struct ctl_nhs *t = &c->ip->nhs;
	uint8_t i;

	RTE_ASSERT(nh != 0 && t->refs[nh] > 0);
	if (--t->refs[nh] > 0)
		return;
	rte_hash_del_key(t->index, n);
	t->retired[t->nb_retired++] = nh;
	if (t->died[nh] != 0) {
		t->died[nh] = 0;
		t->nb_dead--;
	}
	for (i = 0; n->type == DP_NH_ECMP && i < n->nb; i++)
		nh_put(c, n->member[i]);
}

void
nhs_reclaim(struct control *c)
{
	struct ctl_nhs *t = &c->ip->nhs;

	while (t->nb_retired > 0)
		t->free[t->nb_free++] = t->retired[--t->nb_retired];
}

/* --- gateways that do not answer --- */

bool
nh_alive(const struct control *c, uint32_t nh)
{
	const struct ctl_port *p = ctl_port((struct control *)(uintptr_t)c, c->dp->nh[nh].port);

	return c->ip->nhs.died[nh] == 0 && p != NULL && p->up;
}

bool
nh_dead_set(struct control *c, uint16_t port, const struct dp_ip *gw, bool dead)
{
	struct dp_nh want = { .type = DP_NH_VIA, .port = port, .gw = *gw };
	struct ctl_nhs *t = &c->ip->nhs;
	uint32_t nh;

	/* Most that is learnt of peers ends here. */
	if (!dead && t->nb_dead == 0)
		return false;
	nh = nh_find(t, &want);
	if (nh == 0 || (t->died[nh] != 0) == dead)
		return false;
	t->died[nh] = dead ? c->now : 0;
	t->nb_dead += dead ? 1 : -1;
	return true;
}

/* --- start and end --- */

int
nhs_init(struct control *c)
{
	static _Atomic unsigned int serial;
	char name[RTE_HASH_NAMESIZE];
	struct rte_hash_parameters params = {
		.name = name,
		.entries = DP_NH_MAX,
		.key_len = sizeof(struct dp_nh),
		.hash_func = rte_jhash,
		.socket_id = SOCKET_ID_ANY,
	};
	struct ctl_nhs *t = &c->ip->nhs;

	snprintf(name, sizeof(name), "control_nh_%u", atomic_fetch_add(&serial, 1));
	t->high = 1; /* 0 is "no route" */
	t->refs = calloc(DP_NH_MAX, sizeof(*t->refs));
	t->retired = calloc(DP_NH_MAX, sizeof(*t->retired));
	t->free = calloc(DP_NH_MAX, sizeof(*t->free));
	t->died = calloc(DP_NH_MAX, sizeof(*t->died));
	if (t->refs == NULL || t->retired == NULL || t->free == NULL || t->died == NULL)
		return -ENOMEM;
	t->index = rte_hash_create(&params);
	return t->index != NULL ? 0 : -rte_errno;
}

void
nhs_fini(struct control *c)
{
	struct ctl_nhs *t = &c->ip->nhs;

	rte_hash_free(t->index);
	free(t->refs);
	free(t->retired);
	free(t->free);
	free(t->died);
	*t = (struct ctl_nhs){ 0 };
}

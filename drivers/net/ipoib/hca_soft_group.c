/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Groups of the software HCA's view. The one part of it that changes while bursts read it: with a
 * view made anew for each of thousands of groups, joining them would take quadratic time. A slot is
 * complete before its MLID is there, and stays that group's as long as the view lasts; who is a
 * member is a word that is written whole.
 */

#include <errno.h>

#include "hca_soft.h"

/* The slot of a group, or the free one where it belongs. */
static struct soft_group *
slot_of(const struct soft_view *v, const struct ib_gid *mgid)
{
	uint32_t i = soft_group_hash(mgid) & v->group_mask;

	while (v->groups[i].mlid != 0 && !ib_gid_equal(&v->groups[i].mgid, mgid))
		i = (i + 1) & v->group_mask;
	return &v->groups[i];
}

/* Does anybody receive a group with this MLID? Some SMs give several groups the same. */
static void
mlid_set(struct soft_view *v, uint16_t mlid)
{
	uint32_t i = mlid - IB_MLID_FIRST;
	uint64_t *word = &v->mlid_rx[i / 64];
	uint64_t bits = *word & ~RTE_BIT64(i % 64);

	if (v->mlid_groups[i] != 0)
		bits |= RTE_BIT64(i % 64);
	__atomic_store_n(word, bits, __ATOMIC_RELEASE);
}

static void
slot_set(struct soft_view *v, struct soft_group *g, const struct ib_gid *mgid, uint16_t mlid,
		uint64_t rx, uint64_t tx)
{
	uint16_t *groups = &v->mlid_groups[mlid - IB_MLID_FIRST];

	if (g->rx == 0 && rx != 0)
		(*groups)++;
	else if (g->rx != 0 && rx == 0)
		(*groups)--;
	__atomic_store_n(&g->rx, rx, __ATOMIC_RELAXED);
	__atomic_store_n(&g->tx, tx, __ATOMIC_RELAXED);
	if (g->mlid == 0) {
		v->nb_slots++;
		g->mgid = *mgid;
		__atomic_store_n(&g->mlid, mlid, __ATOMIC_RELEASE);
	}
	mlid_set(v, mlid);
}

void
soft_group_add(struct soft_view *v, const struct ib_gid *mgid, uint16_t mlid, uint64_t member,
		bool send_only)
{
	struct soft_group *g = slot_of(v, mgid);

	slot_set(v, g, mgid, mlid, g->rx | (send_only ? 0 : member), g->tx | member);
}

int
soft_group_publish(struct ipoib_port *port, const struct ipoib_group *group, bool there)
{
	struct soft_hca *soft = port->hca->backend;
	struct soft_view *v = soft->view;
	uint64_t member = RTE_BIT64(port->slot), rx, tx;
	struct soft_group *g;

	/* As the broadcast group it is there in any case. */
	if (v->max_slots == 0 || !port->started ||
			(port->joined && ib_gid_equal(&port->bcast.mgid, &group->mgid)))
		return -EAGAIN;
	g = slot_of(v, &group->mgid);
	if (g->mlid == 0 && !there)
		return 0;
	if (g->mlid == 0 ? v->nb_slots >= v->max_slots : g->mlid != group->mlid)
		return -EAGAIN;
	rx = g->rx & ~member;
	tx = g->tx & ~member;
	if (there) {
		tx |= member;
		rx |= group->send_only ? 0 : member;
	}
	slot_set(v, g, &group->mgid, group->mlid, rx, tx);
	return 0;
}

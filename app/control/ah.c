/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Address handles by use count. A path holds one use, each published neighbour entry one more,
 * given back by the neighbour table after the grace period. A handle without users may still be
 * named by packets in inject rings, so it dies a second later and when the rings were seen empty.
 */

#include <errno.h>
#include <stdlib.h>

#include "control_priv.h"

#define AH_LINGER_US CTL_US_PER_S
/* Numbers are indexes of the driver's table (64 Ki a port); a larger one is a bug there. */
#define AH_NUMBER_MAX (1u << 20)

static int
ah_grow(struct ctl_ahs *a, uint32_t ah)
{
	struct ctl_ah *tab;
	uint32_t cap = a->cap == 0 ? 64 : a->cap;

	if (ah >= AH_NUMBER_MAX)
		return -ERANGE;
	while (cap <= ah)
		cap *= 2;
	if (cap == a->cap)
		return 0;
	tab = realloc(a->tab, cap * sizeof(*tab));
	if (tab == NULL)
		return -ENOMEM;
	memset(&tab[a->cap], 0, (cap - a->cap) * sizeof(*tab));
	a->tab = tab;
	a->cap = cap;
	return 0;
}

int
ah_create(struct ctl_port *p, const struct pmd_ipoib_av *av, uint32_t *ah)
{
	struct ctl_ahs *a = &p->ahs;
	int ret;

	ret = pmd_ipoib_ah_create(p->id, av, ah);
	if (ret != 0)
		return ret;
	ret = ah_grow(a, *ah);
	if (ret != 0) {
		pmd_ipoib_ah_destroy(p->id, *ah);
		return ret;
	}
	a->tab[*ah] = (struct ctl_ah){ .refs = 1 };
	a->nb++;
	return 0;
}

void
ah_get(struct ctl_port *p, uint32_t ah)
{
	p->ahs.tab[ah].refs++;
}

void
ah_put(struct ctl_port *p, uint32_t ah)
{
	struct ctl_ahs *a = &p->ahs;

	RTE_ASSERT(ah < a->cap && a->tab[ah].refs > 0);
	if (--a->tab[ah].refs != 0)
		return;
	a->tab[ah].due = p->c->now + AH_LINGER_US;
	a->tab[ah].next = UINT32_MAX;
	if (a->dead_first == UINT32_MAX)
		a->dead_first = ah;
	else
		a->tab[a->dead_last].next = ah;
	a->dead_last = ah;
}

static bool
inject_idle(const struct dp *dp)
{
	uint16_t i;

	for (i = 0; i < dp->nb_workers; i++) {
		if (rte_ring_empty(dp->worker[i]->inject) == 0)
			return false;
	}
	return true;
}

static void
ah_bury(struct ctl_port *p)
{
	struct ctl_ahs *a = &p->ahs;
	uint32_t ah = a->dead_first;

	a->dead_first = a->tab[ah].next;
	a->nb--;
	pmd_ipoib_ah_destroy(p->id, ah);
}

void
ah_reap(struct ctl_port *p)
{
	struct ctl_ahs *a = &p->ahs;
	uint32_t i;

	for (i = 0; i < CTL_BURST && a->dead_first != UINT32_MAX; i++) {
		if (a->tab[a->dead_first].due > p->c->now || !inject_idle(p->c->dp))
			break;
		ah_bury(p);
	}
}

void
ah_fini(struct ctl_port *p)
{
	struct ctl_ahs *a = &p->ahs;

	while (a->dead_first != UINT32_MAX)
		ah_bury(p);
	if (a->nb != 0)
		CTL_LOG(ERR, "port %u: %u address handles still in use", p->id, a->nb);
	free(a->tab);
	*a = (struct ctl_ahs){ .dead_first = UINT32_MAX };
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Address handles by use count. A path holds one use, each published neighbour entry one more,
 * given back by the neighbour table after the grace period. A handle without users may still be
 * named by packets in inject rings, so it dies a second later and when the rings were seen empty.
 * A set of handles is counted in the same way, and holds a use of each handle in it. Rings do not
 * name sets, so the last use ends it.
 */

#include <errno.h>
#include <stdlib.h>

#include <rte_ip.h>
#include <rte_malloc.h>

#include "path.h"

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
inject_idle(const struct control *c)
{
	return c->inject_idle == NULL || c->inject_idle(c);
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
		if (a->tab[a->dead_first].due > p->c->now || !inject_idle(p->c))
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

/* --- sets --- */

static int
sets_init(struct ctl_port *p)
{
	struct ctl_sets *s = &p->sets;

	if (s->refs != NULL)
		return 0;
	s->refs = calloc(IPOIB_AHSET_MAX, sizeof(*s->refs));
	s->free = calloc(IPOIB_AHSET_MAX, sizeof(*s->free));
	p->ahset = rte_zmalloc("ahset", IPOIB_AHSET_MAX * sizeof(*p->ahset), 0);
	if (s->refs != NULL && s->free != NULL && p->ahset != NULL) {
		port_shown(p);
		return 0;
	}
	CTL_LOG(ERR, "port %u: no memory for several paths to a peer: one is used", p->id);
	sets_fini(p);
	return -ENOMEM;
}

void
sets_fini(struct ctl_port *p)
{
	struct ipoib_ahset *sets;

	free(p->sets.refs);
	free(p->sets.free);
	p->sets = (struct ctl_sets){ 0 };
	sets = p->ahset;
	p->ahset = NULL;
	port_shown(p);
	rte_free(sets);
}

/* Call fn for each slot of a set. */
static void
set_each(struct ctl_port *p, const struct ipoib_ahset *set,
		void (*fn)(struct ctl_port *p, uint32_t ah))
{
	unsigned int k, i;

	for (k = 0; k < IPOIB_CLASSES; k++) {
		for (i = 0; i < set->nb_lids[k]; i++)
			fn(p, set->ah[k][i]);
	}
}

int
set_create(struct ctl_port *p, const struct ipoib_ahset *want, uint32_t *set)
{
	struct ctl_sets *s = &p->sets;
	uint32_t i;
	int ret;

	ret = sets_init(p);
	if (ret != 0)
		return ret;
	if (s->nb_free == 0 && s->high == IPOIB_AHSET_MAX)
		return -ENOSPC;
	i = s->nb_free > 0 ? s->free[--s->nb_free] : s->high++;
	s->refs[i] = 1;
	p->ahset[i] = *want;
	set_each(p, want, ah_get);
	*set = CTL_SET_FIRST + i;
	return 0;
}

void
set_get(struct ctl_port *p, uint32_t set)
{
	p->sets.refs[set - CTL_SET_FIRST]++;
}

/* Entries give their use back after the grace period, so nobody looks into it any more. */
void
set_put(struct ctl_port *p, uint32_t set)
{
	struct ctl_sets *s = &p->sets;
	uint32_t i = set - CTL_SET_FIRST;

	RTE_ASSERT(i < s->high && s->refs[i] > 0);
	if (--s->refs[i] != 0)
		return;
	set_each(p, &p->ahset[i], ah_put);
	s->free[s->nb_free++] = i;
}

/* The same choice as a worker's. */
uint32_t
ah_of(const struct ctl_port *p, uint32_t number, struct rte_mbuf *m)
{
	const struct ipoib_hdr *hdr = rte_pktmbuf_mtod(m, const struct ipoib_hdr *);
	const struct ipoib_ahset *set;
	uint8_t dscp = 0, k;
	uint32_t hash = 0;
	const uint8_t *ip;

	if (number < CTL_SET_FIRST)
		return number;
	set = &p->ahset[number - CTL_SET_FIRST];
	if (m->data_len >= sizeof(*hdr) + sizeof(struct rte_ipv4_hdr) &&
			(hdr->type == RTE_BE16(IPOIB_TYPE_IPV4) ||
					hdr->type == RTE_BE16(IPOIB_TYPE_IPV6))) {
		ip = (const uint8_t *)rte_pktmbuf_adj(m, sizeof(*hdr));
		dscp = ip[0] >> 4 == 4 ? ip[1] >> 2 : (ip[0] & 0xf) << 2 | ip[1] >> 6;
		hash = p->c->flow_hash != NULL ? p->c->flow_hash(m) : 0;
		rte_pktmbuf_prepend(m, sizeof(*hdr));
	}
	k = p->dscp_class == NULL
			? 0
			: atomic_load_explicit(&p->dscp_class[dscp], memory_order_relaxed);
	if (set->nb_lids[k] == 0)
		k = 0;
	return set->ah[k][hash % set->nb_lids[k]];
}

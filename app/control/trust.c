/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * strict-source: a host may claim any GID in its ARP and ND, but not the LID that the fabric
 * writes into its packets' headers. A claim is believed if it comes from a LID of the SA's path to
 * that GID and if the GRH, where there is one, names the same GID. While the SA has not answered
 * the message waits; whoever makes up GIDs fills this queue and nothing else.
 */

#include <errno.h>
#include <stdlib.h>

#include "control_priv.h"

/* More than the SA client's patience; then the claim is not proved. */
#define TRUST_WAIT_US (5 * CTL_US_PER_S)
#define TRUST_LOOK_US (5 * CTL_US_PER_MS)

/* The GRH ends where the encapsulation header begins. */
static const struct ib_grh *
trust_grh(const struct rte_mbuf *m, bool is_arp)
{
	uint16_t behind = is_arp ? 0 : IPOIB_HDR_LEN;

	if (m->data_off < behind + sizeof(struct ib_grh))
		return NULL;
	return rte_pktmbuf_mtod_offset(
			m, const struct ib_grh *, -(int)(behind + sizeof(struct ib_grh)));
}

static bool
grh_agrees(struct rte_mbuf *m, bool is_arp, const struct ib_gid *gid)
{
	const struct ib_grh *grh;

	if ((pmd_ipoib_meta(m)->flags & PMD_IPOIB_RX_GRH) == 0)
		return true;
	grh = trust_grh(m, is_arp);
	return grh != NULL && ib_gid_equal(&grh->sgid, gid);
}

/* All ports of a subnet have the same LMC with the subnet managers that there are. */
static bool
lid_agrees(const struct ctl_port *real, const struct ctl_path *path, uint16_t slid)
{
	return (slid ^ path->rec.dlid) >> real->info.lmc == 0;
}

static void trust_timer(struct control *c, void *arg);

static int
trust_init(struct control *c)
{
	struct ctl_trust *t;
	int ret;

	if (c->ip->trust != NULL)
		return 0;
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return -ENOMEM;
	ret = timer_init(c, &t->timer, trust_timer, t);
	if (ret != 0) {
		free(t);
		return ret;
	}
	c->ip->trust = t;
	return 0;
}

static enum ctl_trust_verdict
trust_hold(struct ctl_port *p, const struct ib_gid *gid, struct rte_mbuf *m)
{
	struct control *c = p->c;
	struct ctl_trust *t;

	if (trust_init(c) != 0 || c->ip->trust->nb == CTL_TRUST_MAX)
		return CTL_UNTRUSTED;
	t = c->ip->trust;
	t->pkts[t->nb] = m;
	t->gid[t->nb] = *gid;
	t->since[t->nb++] = c->now;
	if (t->timer.pos == 0)
		timer_set(c, &t->timer, c->now + TRUST_LOOK_US);
	return CTL_TRUST_HELD;
}

enum ctl_trust_verdict
trust_check(struct ctl_port *p, const struct ipoib_addr *claimed, bool is_arp, struct rte_mbuf *m)
{
	struct ctl_port *real = ctl_real(p);
	const struct ib_gid *gid = &claimed->gid;
	struct ctl_path *path;

	if (!ctl_flag(p, CONTROL_STRICT_SOURCE) || p->kind != DP_PORT_IPOIB)
		return CTL_TRUSTED;
	if (!grh_agrees(m, is_arp, gid))
		return CTL_UNTRUSTED;
	path = path_find(real, gid);
	if (path == NULL) {
		resolve_prefetch(real, claimed);
		path = path_find(real, gid);
	}
	if (path == NULL)
		return CTL_UNTRUSTED;
	if (path->ah != PMD_IPOIB_AH_NONE)
		return lid_agrees(real, path, pmd_ipoib_meta(m)->slid) ? CTL_TRUSTED
								       : CTL_UNTRUSTED;
	if (path->state == IPOIB_NEIGH_RESOLVING)
		return trust_hold(p, gid, m);
	return CTL_UNTRUSTED;
}

/* @return whether the message needs to wait no longer */
static bool
trust_settled(struct control *c, const struct ctl_trust *t, uint32_t i)
{
	struct ctl_port *p = ctl_port(c, t->pkts[i]->port);
	const struct ctl_path *path;

	if (p == NULL || !ctl_flag(p, CONTROL_STRICT_SOURCE))
		return true;
	path = path_find(ctl_real(p), &t->gid[i]);
	return path == NULL || path->state != IPOIB_NEIGH_RESOLVING;
}

static void
trust_release(struct control *c, struct rte_mbuf *m, bool late)
{
	struct ctl_port *p = ctl_port(c, m->port);

	if (p == NULL || late)
		ctl_drop(c, DP_DROP_untrusted, m);
	else if (dp_meta(m)->punt == DP_PUNT_ARP)
		arp_input(p, m);
	else
		nd_input(p, m);
}

/* What is handled again may be held again: it is put behind those that were there. */
static void
trust_timer(struct control *c, void *arg)
{
	struct ctl_trust *t = arg, was = *t;
	uint32_t i;
	bool late;

	t->nb = 0;
	for (i = 0; i < was.nb; i++) {
		late = c->now - was.since[i] >= TRUST_WAIT_US;
		if (late || trust_settled(c, &was, i)) {
			trust_release(c, was.pkts[i], late);
			continue;
		}
		t->pkts[t->nb] = was.pkts[i];
		t->gid[t->nb] = was.gid[i];
		t->since[t->nb++] = was.since[i];
	}
	if (t->nb > 0)
		timer_set(c, &t->timer, c->now + TRUST_LOOK_US);
}

void
trust_fini(struct control *c)
{
	uint32_t i;

	if (c->ip->trust == NULL)
		return;
	for (i = 0; i < c->ip->trust->nb; i++)
		ctl_drop(c, DP_DROP_untrusted, c->ip->trust->pkts[i]);
	timer_fini(c, &c->ip->trust->timer);
	free(c->ip->trust);
	c->ip->trust = NULL;
}

uint32_t
trust_held(const struct control *c)
{
	return c->ip->trust == NULL ? 0 : c->ip->trust->nb;
}

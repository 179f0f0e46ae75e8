/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Address handles and multicast of a port: what control makes for the bursts. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hca_verbs.h"

static void
av_to_verbs(const struct verbs_hca *vh, const struct pmd_ipoib_av *av, struct ibv_ah_attr *a)
{
	memset(a, 0, sizeof(*a));
	a->dlid = av->dlid;
	a->sl = av->sl;
	a->src_path_bits = av->src_path_bits;
	a->static_rate = av->static_rate;
	a->port_num = vh->port_num;
	a->is_global = av->is_global;
	if (!av->is_global)
		return;
	memcpy(a->grh.dgid.raw, av->dgid.raw, sizeof(a->grh.dgid.raw));
	a->grh.flow_label = av->flow_label;
	a->grh.hop_limit = av->hop_limit;
	a->grh.traffic_class = av->tclass;
}

int
verbs_ah_create(struct ipoib_port *port, uint32_t n, const struct pmd_ipoib_av *av)
{
	struct verbs_port *vp = port->backend;
	struct verbs_hca *vh = port->hca->backend;
	struct ibv_ah_attr attr;
	struct ibv_ah *ah;

	av_to_verbs(vh, av, &attr);
	ah = ibv_create_ah(vh->pd, &attr);
	if (ah == NULL && errno == EINVAL && attr.static_rate != 0) {
		/* A rate that the kernel or the device does not know: as fast as the port. */
		attr.static_rate = 0;
		ah = ibv_create_ah(vh->pd, &attr);
	}
	if (ah == NULL)
		return -errno;
	__atomic_store_n(&vp->ah[n], ah, __ATOMIC_RELEASE);
	return 0;
}

/* Has every send that could use it been done? */
static bool
dying_is_over(const struct verbs_port *vp, const struct verbs_dying *d)
{
	uint16_t i;

	for (i = 0; i < vp->nb_queues; i++)
		if (__atomic_load_n(&vp->queue[i]->sq.tail, __ATOMIC_ACQUIRE) < d->head[i])
			return false;
	return true;
}

void
verbs_ah_reclaim(struct verbs_port *vp, bool all)
{
	struct verbs_dying *d;

	/* In order: what came later cannot be over before. */
	while ((d = vp->dying_first) != NULL && (all || dying_is_over(vp, d))) {
		vp->dying_first = d->next;
		if (d->next == NULL)
			vp->dying_end = &vp->dying_first;
		ibv_destroy_ah(d->ah);
		free(d);
	}
}

/* No burst begins with it any more, but sends that were accepted may be under way. */
void
verbs_ah_destroy(struct ipoib_port *port, uint32_t n)
{
	struct verbs_port *vp = port->backend;
	struct ibv_ah *ah = vp->ah[n];
	struct verbs_dying *d;
	uint16_t i;

	__atomic_store_n(&vp->ah[n], NULL, __ATOMIC_RELEASE);
	d = calloc(1, sizeof(*d));
	if (d == NULL) {
		/* Better a handle that stays than one that a send still needs. */
		IPOIB_LOG(ERR, "port %u: no memory to destroy an address handle", port->port_id);
		return;
	}
	d->ah = ah;
	for (i = 0; i < vp->nb_queues; i++)
		d->head[i] = __atomic_load_n(&vp->queue[i]->sq.head, __ATOMIC_ACQUIRE);
	*vp->dying_end = d;
	vp->dying_end = &d->next;
	verbs_ah_reclaim(vp, false);
}

static void
gid_to_verbs(union ibv_gid *to, const struct ib_gid *gid)
{
	memcpy(to->raw, gid->raw, sizeof(to->raw));
}

static int
group_attach(const struct verbs_port *vp, const struct ib_gid *mgid, uint16_t mlid)
{
	union ibv_gid gid;

	gid_to_verbs(&gid, mgid);
	return -ibv_attach_mcast(vp->queue[0]->qp, &gid, mlid);
}

static void
group_detach(const struct verbs_port *vp, const struct ib_gid *mgid, uint16_t mlid)
{
	union ibv_gid gid;

	gid_to_verbs(&gid, mgid);
	ibv_detach_mcast(vp->queue[0]->qp, &gid, mlid);
}

/*
 * Make before break: another MLID of a group is attached before the old one goes,
 * but for a device that knows only one of each MGID (the kernel's rdmavt), and that
 * for all that use the device: then the old one is gone until all have given it up.
 */
static int
group_move(const struct verbs_port *vp, const struct ib_gid *mgid, uint16_t want, uint16_t *have)
{
	int ret = group_attach(vp, mgid, want);

	if (ret == -EINVAL && *have != 0) {
		group_detach(vp, mgid, *have);
		*have = 0;
		ret = group_attach(vp, mgid, want);
	}
	return ret;
}

/* What the device refuses is tried again and again, but said once. */
static void
refusal_tell(struct verbs_port *vp, uint16_t mlid, int ret)
{
	if (vp->refused == mlid)
		return;
	vp->refused = mlid;
	IPOIB_LOG(ERR, "port %u: the device does not attach a group (MLID 0x%04x): %s",
			vp->port->port_id, mlid, rte_strerror(-ret));
}

static int
group_sync(struct verbs_port *vp, const struct ib_gid *mgid, uint16_t want, uint16_t *have)
{
	uint16_t was;
	int ret;

	if (want == *have)
		return 0;
	if (want != 0) {
		ret = group_move(vp, mgid, want, have);
		if (ret != 0) {
			refusal_tell(vp, want, ret);
			return ret;
		}
		if (vp->refused == want)
			vp->refused = 0;
	}
	was = *have;
	*have = want;
	if (was != 0)
		group_detach(vp, mgid, was);
	return 0;
}

static int
bcast_sync(struct ipoib_port *port)
{
	struct verbs_port *vp = port->backend;
	uint16_t want = port->joined ? port->bcast.mlid : 0;

	if (vp->bcast_attached != 0 && !ib_gid_equal(&vp->bcast, &port->bcast.mgid)) {
		group_detach(vp, &vp->bcast, vp->bcast_attached);
		vp->bcast_attached = 0;
	}
	vp->bcast = port->bcast.mgid;
	return group_sync(vp, &vp->bcast, want, &vp->bcast_attached);
}

int
verbs_groups_sync(struct ipoib_port *port)
{
	struct verbs_port *vp = port->backend;
	struct ipoib_group *g;
	unsigned int i;
	int ret, r;

	ret = bcast_sync(port);
	for (i = 0; i < port->nb_groups; i++) {
		g = &port->groups[i];
		r = group_sync(vp, &g->mgid, g->send_only ? 0 : g->mlid, &g->attached);
		ret = ret == 0 ? r : ret;
	}
	return ret;
}

void
verbs_group_del(struct ipoib_port *port, struct ipoib_group *g)
{
	if (g->attached != 0)
		group_detach(port->backend, &g->mgid, g->attached);
	g->attached = 0;
}

void
verbs_groups_detach(struct ipoib_port *port)
{
	struct verbs_port *vp = port->backend;
	unsigned int i;

	for (i = 0; i < port->nb_groups; i++)
		verbs_group_del(port, &port->groups[i]);
	if (vp->bcast_attached != 0)
		group_detach(vp, &vp->bcast, vp->bcast_attached);
	vp->bcast_attached = 0;
}

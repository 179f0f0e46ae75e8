/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Multicast groups: the broadcast group, which defines the link (RFC 4391 section 5). Other
 * groups are not joined yet; packets for them are dropped and counted.
 */

#include <errno.h>

#include "control_priv.h"

/* Pace of joins that fail: quick at first, for a port that just came up. */
#define JOIN_RETRY_MIN_US (250 * CTL_US_PER_MS)
#define JOIN_RETRY_MAX_US (4 * CTL_US_PER_S)
/* Pace while the SA is silent: the join is also what notices its return. */
#define JOIN_SILENT_US (500 * CTL_US_PER_MS)
/* A request of a silent SA is made anew after this time, for its own retries slow down. */
#define JOIN_ABANDON_US CTL_US_PER_S
/* A joined group is verified so often: a restarted SM forgets its members. */
#define JOIN_VERIFY_US (10 * CTL_US_PER_S)

static void join_answer(void *arg, int status, const struct ipoib_sa_mcast *rec);

static bool
same_group(const struct ipoib_sa_mcast *a, const struct ipoib_sa_mcast *b)
{
	return a->mlid == b->mlid && a->qkey == b->qkey && a->mtu == b->mtu && a->sl == b->sl &&
			a->rate == b->rate && a->tclass == b->tclass &&
			a->flow_label == b->flow_label && a->hop_limit == b->hop_limit;
}

static uint64_t
retry_after(const struct ctl_mcast *g)
{
	uint64_t wait = JOIN_RETRY_MIN_US;
	uint32_t i;

	if (!g->p->hca->alive)
		return ctl_jitter(JOIN_SILENT_US, 10);
	for (i = 1; i < g->fails && wait < JOIN_RETRY_MAX_US; i++)
		wait *= 2;
	return ctl_jitter(RTE_MIN(wait, JOIN_RETRY_MAX_US), 12);
}

static int
join_check(const struct ctl_mcast *g, const struct ipoib_sa_mcast *rec)
{
	if (!ib_gid_equal(&rec->mgid, &g->mgid) || !ib_lid_is_multicast(rec->mlid) ||
			rec->mtu < 256)
		return -EPROTO;
	return 0;
}

/* Take the group's parameters into driver and address handle. */
static int
join_take(struct ctl_mcast *g, const struct ipoib_sa_mcast *rec)
{
	struct ctl_port *p = g->p;
	struct pmd_ipoib_av av = {
		.dlid = rec->mlid,
		.sl = rec->sl,
		.static_rate = rec->rate,
		.is_global = true,
		.hop_limit = rec->hop_limit,
		.tclass = rec->tclass,
		.flow_label = rec->flow_label,
		.dgid = g->mgid,
	};
	struct pmd_ipoib_bcast b = {
		.mgid = g->mgid, .mlid = rec->mlid, .qkey = rec->qkey, .ib_mtu = rec->mtu
	};
	uint32_t ah;
	int ret;

	ret = ah_create(p, &av, &ah);
	if (ret != 0)
		return ret;
	ret = pmd_ipoib_bcast_set(p->id, &b);
	if (ret != 0) {
		ah_put(p, ah);
		return ret;
	}
	if (g->ah != PMD_IPOIB_AH_NONE)
		ah_put(p, g->ah);
	g->ah = ah;
	g->rec = *rec;
	return 0;
}

static void
join_failed(struct ctl_mcast *g, int status)
{
	g->status = status;
	g->sa_status = ipoib_sa_last_status(g->p->hca->sa);
	g->fails++;
	/* A member stays one until the port itself goes down: the group still carries packets. */
	if (g->ah == PMD_IPOIB_AH_NONE)
		g->state = CTL_MCAST_FAILED;
	timer_set(g->p->c, &g->timer, g->p->c->now + retry_after(g));
}

static void
join_answer(void *arg, int status, const struct ipoib_sa_mcast *rec)
{
	struct ctl_mcast *g = arg;
	struct control *c = g->p->c;

	g->req = 0;
	if (c->closing)
		return;
	if (status == 0)
		status = join_check(g, rec);
	if (status == 0 && (g->ah == PMD_IPOIB_AH_NONE || !same_group(&g->rec, rec)))
		status = join_take(g, rec);
	if (status == 0) {
		g->state = CTL_MCAST_JOINED;
		g->status = 0;
		g->fails = 0;
		timer_set(c, &g->timer, c->now + ctl_jitter(JOIN_VERIFY_US, 10));
	} else {
		join_failed(g, status);
	}
	link_bcast_changed(g->p);
}

static void
join_send(struct ctl_mcast *g)
{
	struct ctl_port *p = g->p;
	int ret;

	if (g->req != 0) {
		ipoib_sa_cancel(p->hca->sa, g->req);
		g->req = 0;
	}
	g->port_gid = p->info.gid;
	g->asked = p->c->now;
	ret = ipoib_sa_mcast_join(p->hca->sa, &g->mgid, &g->port_gid, p->info.pkey | IB_PKEY_FULL,
			g->join, NULL, join_answer, g, &g->req);
	if (ret != 0) {
		join_failed(g, ret);
		return;
	}
	timer_set(p->c, &g->timer, p->c->now + JOIN_ABANDON_US);
}

static void
join_timer(struct control *c, void *arg)
{
	struct ctl_mcast *g = arg;

	if (!g->p->usable)
		return;
	/* An SA that is only slow gets its full time. */
	if (g->req != 0 && g->p->hca->alive) {
		timer_set(c, &g->timer, c->now + JOIN_ABANDON_US);
		return;
	}
	join_send(g);
}

int
mcast_init(struct ctl_port *p)
{
	struct ctl_mcast *g = &p->bcast;

	*g = (struct ctl_mcast){ .p = p, .ah = PMD_IPOIB_AH_NONE, .join = IPOIB_SA_JOIN_FULL };
	return timer_init(p->c, &g->timer, join_timer, g);
}

void
mcast_fini(struct ctl_port *p)
{
	mcast_bcast_lost(p);
	timer_fini(p->c, &p->bcast.timer);
}

void
mcast_bcast_join(struct ctl_port *p)
{
	struct ctl_mcast *g = &p->bcast;

	ipoib_mgid_broadcast(IPOIB_SCOPE_LINK, p->info.pkey, &g->mgid);
	if (g->ah == PMD_IPOIB_AH_NONE)
		g->state = CTL_MCAST_JOINING;
	g->fails = 0;
	join_send(g);
}

void
mcast_bcast_lost(struct ctl_port *p)
{
	struct ctl_mcast *g = &p->bcast;

	if (g->req != 0)
		ipoib_sa_cancel(p->hca->sa, g->req);
	g->req = 0;
	timer_stop(p->c, &g->timer);
	g->state = CTL_MCAST_IDLE;
	g->status = 0;
	if (g->ah == PMD_IPOIB_AH_NONE)
		return;
	ah_put(p, g->ah);
	g->ah = PMD_IPOIB_AH_NONE;
	pmd_ipoib_bcast_set(p->id, NULL);
}

static void
leave_answer(void *arg, int status, const struct ipoib_sa_mcast *rec)
{
	RTE_SET_USED(arg);
	RTE_SET_USED(status);
	RTE_SET_USED(rec);
}

void
mcast_bcast_leave(struct ctl_port *p)
{
	struct ctl_mcast *g = &p->bcast;
	ipoib_sa_req_t req;

	/* The SA keeps one membership per port GID and group. On a real HCA the kernel's ib0 may
	 * live on the same one, and our leave would end its. */
	if (g->state != CTL_MCAST_JOINED || p->info.backend == NULL ||
			strcmp(p->info.backend, "soft") != 0)
		return;
	ipoib_sa_mcast_leave(p->hca->sa, &g->mgid, &g->port_gid, g->join, leave_answer, NULL, &req);
}

void
mcast_send(struct ctl_port *p, const struct ipoib_addr *addr, struct rte_mbuf *m)
{
	struct ctl_mcast *g = &p->bcast;

	if (ipoib_addr_qpn(addr) == IB_QPN_MULTICAST && ib_gid_equal(&addr->gid, &g->mgid)) {
		if (!p->up || g->ah == PMD_IPOIB_AH_NONE)
			ctl_drop(p->c, DP_DROP_no_path, m);
		else
			resolve_inject(p, m, g->ah, IB_QPN_MULTICAST);
		return;
	}
	ctl_drop(p->c, DP_DROP_mcast, m);
}

const char *
mcast_state_name(enum ctl_mcast_state s)
{
	static const char *const name[] = {
		[CTL_MCAST_IDLE] = "idle",
		[CTL_MCAST_JOINING] = "joining",
		[CTL_MCAST_JOINED] = "joined",
		[CTL_MCAST_FAILED] = "failed",
	};

	return name[s];
}

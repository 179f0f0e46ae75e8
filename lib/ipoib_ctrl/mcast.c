/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Membership in the groups of a link. What is wanted of a group (to receive it, to follow it as a
 * router, only to send to it) and what the SA holds for it are compared at each event, and one
 * request at most is under way for a group; all groups' run in parallel, as far as the SA client's
 * window goes.
 *
 * Send-only: SendOnlyFullMember (join state 8), which makes the group if there is none, where the
 * SA's ClassPortInfo offers it. An older SA gets SendOnlyNonMember (4), and refuses it if nobody
 * has made the group: then there is no listener on the link, and the packets are dropped, as RFC
 * 4391 section 7 has it for groups of the link's scope. Not so a solicited-node group: the
 * neighbour that it is to find may be there all the same, so such packets go to the broadcast
 * group, which everybody hears.
 *
 * The SA knows a port GID, not us: ports with one P_Key on one HCA port share a membership, which
 * is asked for once and left by the last.
 */

#include <errno.h>

#include "mcast.h"

/* Back-off: the first retry comes fast, then the kernel's 1, 2, 4, 8, 16, 16 ... s. */
#define RETRY_FIRST_US (250 * CTL_US_PER_MS)
#define RETRY_MIN_US CTL_US_PER_S
#define RETRY_MAX_US (16 * CTL_US_PER_S)
/* Nobody asks for a group that was refused: forgotten after so long. */
#define FORGET_US (60 * CTL_US_PER_S)
/* The table of neighbours, or another port's join, is waited for. */
#define AGAIN_US (10 * CTL_US_PER_MS)
#define SIBLING_US CTL_US_PER_S

#define JOIN_RECEIVES (IPOIB_SA_JOIN_FULL | IPOIB_SA_JOIN_NON)
#define JOIN_SENDONLY (IPOIB_SA_JOIN_SENDONLY_FULL | IPOIB_SA_JOIN_SENDONLY_NON)

static void group_failed(struct ctl_mcast *g, int status);

bool
mcast_rec_same(const struct ipoib_sa_mcast *a, const struct ipoib_sa_mcast *b)
{
	return a->mlid == b->mlid && a->qkey == b->qkey && a->mtu == b->mtu && a->sl == b->sl &&
			a->rate == b->rate && a->tclass == b->tclass &&
			a->flow_label == b->flow_label && a->hop_limit == b->hop_limit;
}

int
mcast_rec_check(const struct ctl_mcast *g, const struct ipoib_sa_mcast *rec)
{
	if (!ib_gid_equal(&rec->mgid, &g->mgid) || !ib_lid_is_multicast(rec->mlid) ||
			rec->mtu < 256)
		return -EPROTO;
	return 0;
}

void
mcast_av(const struct ctl_mcast *g, const struct ipoib_sa_mcast *rec, struct pmd_ipoib_av *av)
{
	*av = (struct pmd_ipoib_av){
		.dlid = rec->mlid,
		.sl = rec->sl,
		.static_rate = rec->rate,
		.is_global = true,
		.hop_limit = rec->hop_limit,
		.tclass = rec->tclass,
		.flow_label = rec->flow_label,
		.dgid = g->mgid,
	};
}

/* --- what the SA can do --- */

static void
info_answer(void *arg, int status, const struct ipoib_sa_info *info)
{
	struct ctl_hca *h = arg;
	struct control *c = h->c;
	uint16_t i;

	h->info_req = 0;
	/* Unknown: as the kernel does, which does not ask. The next send-only join asks again. */
	h->sendonly_full = status != 0 || info->sendonly_full;
	h->info = MCAST_INFO_KNOWN;
	if (c->closing)
		return;
	for (i = 0; i < CTL_PORTS_MAX; i++) {
		if (c->ports[i] != NULL && c->ports[i]->hca == h && c->ports[i]->mc != NULL)
			mcast_start(c->ports[i], false);
	}
	if (status != 0)
		h->info = MCAST_INFO_UNKNOWN;
}

/* @return whether it is known */
static bool
info_want(struct ctl_hca *h)
{
	if (h->info == MCAST_INFO_UNKNOWN &&
			ipoib_sa_info_get(h->sa, info_answer, h, &h->info_req) == 0)
		h->info = MCAST_INFO_ASKED;
	return h->info == MCAST_INFO_KNOWN;
}

void
mcast_info_forget(struct ctl_hca *h)
{
	if (h->info == MCAST_INFO_KNOWN)
		h->info = MCAST_INFO_UNKNOWN;
}

void
mcast_info_cancel(struct ctl_hca *h)
{
	if (h->info_req != 0)
		ipoib_sa_cancel(h->sa, h->info_req);
	h->info_req = 0;
	h->info = MCAST_INFO_UNKNOWN;
}

/* --- ports that share a membership --- */

/* Another port's group with this MGID on the same HCA port, from port *i on. */
static struct ctl_mcast *
sibling_next(const struct ctl_mcast *g, uint16_t *i)
{
	struct control *c = g->p->c;
	struct ctl_mcast *s;

	for (; *i < CTL_PORTS_MAX; (*i)++) {
		struct ctl_port *p = c->ports[*i];

		if (p == NULL || p == g->p || p->hca != g->p->hca || p->mc == NULL)
			continue;
		s = mcast_find(p, &g->mgid);
		if (s != NULL) {
			(*i)++;
			return s;
		}
	}
	return NULL;
}

static uint8_t
siblings_hold(const struct ctl_mcast *g)
{
	const struct ctl_mcast *s;
	uint8_t held = 0;
	uint16_t i = 0;

	while ((s = sibling_next(g, &i)) != NULL)
		held |= s->held;
	return held;
}

/* A sibling that is a member, or is becoming one, as g wants to be. */
static const struct ctl_mcast *
sibling_as(const struct ctl_mcast *g, uint8_t want, bool *asking)
{
	const struct ctl_mcast *s;
	uint16_t i = 0;

	*asking = false;
	while ((s = sibling_next(g, &i)) != NULL) {
		if (s->ah != PMD_IPOIB_AH_NONE && !s->again && (s->held & want) == want)
			return s;
		*asking |= s->req != 0 && s->asked == want;
	}
	return NULL;
}

static void
siblings_step(const struct ctl_mcast *g)
{
	struct ctl_mcast *s;
	uint16_t i = 0;

	while ((s = sibling_next(g, &i)) != NULL) {
		if (s != &s->p->bcast)
			mcast_step(s);
	}
}

/* --- leaving --- */

static void
leave_answer(void *arg, int status, const struct ipoib_sa_mcast *rec)
{
	RTE_SET_USED(arg);
	RTE_SET_USED(status);
	RTE_SET_USED(rec);
}

/*
 * On a real HCA a kernel interface with our GID and P_Key shares our memberships and does not
 * verify them, another process of ours verifies them too late: as long as there is one, they stay.
 * The SA drops them when the port goes down.
 */
static bool
leave_allowed(struct ctl_port *p)
{
	return p->info.backend == NULL || strcmp(p->info.backend, "soft") == 0 ||
			(!nlwatch_kernel_uses(p->c, &p->info.gid, p->info.pkey) &&
					mcast_share_alone(p));
}

void
mcast_sa_leave(struct ctl_mcast *g, uint8_t bits)
{
	struct ctl_port *p = g->p;
	ipoib_sa_req_t req;

	bits &= g->held;
	g->held &= (uint8_t)~bits;
	bits &= (uint8_t)~siblings_hold(g);
	if (bits == 0)
		return;
	if (!leave_allowed(p)) {
		p->mc->stats.kept++;
		return;
	}
	p->mc->stats.left++;
	/* The answer is not waited for: what it leaves behind the SA drops with the port. */
	ipoib_sa_mcast_leave(p->hca->sa, &g->mgid, &g->port_gid, (enum ipoib_sa_join)bits,
			leave_answer, NULL, &req);
}

/* --- joining --- */

/* Bits of enum ipoib_sa_join that are wanted. */
static uint8_t
mcast_want(const struct ctl_mcast *g)
{
	const struct ctl_hca *h = g->p->hca;

	if (g->users > 0)
		return IPOIB_SA_JOIN_FULL;
	if (g->followed)
		return IPOIB_SA_JOIN_NON;
	if (!g->sending)
		return 0;
	return h->info == MCAST_INFO_KNOWN && !h->sendonly_full ? IPOIB_SA_JOIN_SENDONLY_NON
								: IPOIB_SA_JOIN_SENDONLY_FULL;
}

static bool
receives(const struct ctl_mcast *g)
{
	return g->users > 0 || g->followed;
}

/* Tell the driver. */
static int
group_attach(struct ctl_mcast *g, uint16_t mlid)
{
	bool receive = receives(g);
	int ret;

	if (!g->attached)
		ret = pmd_ipoib_mcast_attach(g->p->id, &g->mgid, mlid, !receive);
	else if (g->rec.mlid != mlid || g->receiving != receive)
		ret = pmd_ipoib_mcast_update(g->p->id, &g->mgid, mlid, !receive);
	else
		return 0;
	if (ret != 0)
		return ret;
	g->attached = true;
	g->receiving = receive;
	return 0;
}

/* Take the group's parameters; the new address handle is there before the old one goes. */
static int
group_take(struct ctl_mcast *g, const struct ipoib_sa_mcast *rec)
{
	struct pmd_ipoib_av av;
	uint32_t ah;
	int ret;

	if (g->ah != PMD_IPOIB_AH_NONE && mcast_rec_same(&g->rec, rec))
		return group_attach(g, rec->mlid);
	mcast_av(g, rec, &av);
	ret = ah_create(g->p, &av, &ah);
	if (ret != 0)
		return ret;
	ret = group_attach(g, rec->mlid);
	if (ret != 0) {
		ah_put(g->p, ah);
		return ret;
	}
	if (g->ah != PMD_IPOIB_AH_NONE)
		ah_put(g->p, g->ah);
	g->ah = ah;
	g->rec = *rec;
	return 0;
}

/* What is left when membership goes: nothing but the wish for it. */
static void
group_release(struct ctl_mcast *g)
{
	mcast_verify_del(g);
	g->held = 0;
	if (g->attached)
		pmd_ipoib_mcast_detach(g->p->id, &g->mgid);
	g->attached = false;
	if (g->ah != PMD_IPOIB_AH_NONE)
		ah_put(g->p, g->ah);
	g->ah = PMD_IPOIB_AH_NONE;
}

static void
idle_timer_set(struct ctl_mcast *g)
{
	struct control *c = g->p->c;
	uint64_t due = mcast_last_used(g) + mcast_idle_max(c) + 1;

	timer_set(c, &g->timer, RTE_MAX(due, c->now + AGAIN_US));
}

static void
group_joined(struct ctl_mcast *g, uint8_t bits, const struct ipoib_sa_mcast *rec)
{
	int ret;

	g->held |= bits;
	ret = group_take(g, rec);
	if (ret != 0) {
		mcast_sa_leave(g, bits);
		group_failed(g, ret);
		return;
	}
	g->state = CTL_MCAST_JOINED;
	g->status = 0;
	g->fails = 0;
	timer_stop(g->p->c, &g->timer);
	if (!receives(g))
		idle_timer_set(g);
	mcast_verify_add(g);
	mcast_joined(g);
}

static uint64_t
retry_after(const struct ctl_mcast *g)
{
	uint64_t wait = g->fails == 1 ? RETRY_FIRST_US : RETRY_MIN_US;
	uint32_t i;

	for (i = 2; i < g->fails && wait < RETRY_MAX_US; i++)
		wait *= 2;
	return ctl_jitter(RTE_MIN(wait, RETRY_MAX_US), 12);
}

static void
group_failed(struct ctl_mcast *g, int status)
{
	g->status = status;
	g->sa_status = ipoib_sa_last_status(g->p->hca->sa);
	g->fails++;
	g->p->mc->stats.failed++;
	if (g->ah == PMD_IPOIB_AH_NONE)
		g->state = CTL_MCAST_FAILED;
	/* A member goes on, but is not sure that it is one. */
	g->again = g->ah != PMD_IPOIB_AH_NONE;
	/* Deleted before we came: it is followed again when it is seen again. */
	if (status == -EREMOTEIO || status == -ENOENT)
		g->followed = false;
	if (g->fails > 1 && g->ah == PMD_IPOIB_AH_NONE)
		mcast_give_up(g);
	timer_set(g->p->c, &g->timer, g->p->c->now + retry_after(g));
}

static void
group_answer(void *arg, int status, const struct ipoib_sa_mcast *rec)
{
	struct ctl_mcast *g = arg;

	g->req = 0;
	if (g->p->c->closing)
		return;
	if (status == 0)
		status = mcast_rec_check(g, rec);
	if (status == 0)
		group_joined(g, g->asked, rec);
	else
		group_failed(g, status);
	siblings_step(g);
	mcast_step(g);
}

static void
group_ask(struct ctl_mcast *g, uint8_t want)
{
	struct ctl_port *p = g->p;
	const struct ctl_mcast *s;
	bool asking;
	int ret;

	if (g->ah == PMD_IPOIB_AH_NONE)
		g->state = CTL_MCAST_JOINING;
	if ((want & JOIN_SENDONLY) != 0 && !info_want(p->hca) && p->hca->info == MCAST_INFO_ASKED)
		return;
	s = sibling_as(g, want, &asking);
	if (s == NULL && asking) {
		timer_set(p->c, &g->timer, p->c->now + SIBLING_US);
		return;
	}
	g->again = false;
	g->asked = want;
	g->port_gid = p->info.gid;
	if (s != NULL) {
		group_joined(g, want, &s->rec);
		return;
	}
	/* A member that does not count cannot make the group, and says nothing of how it is. */
	ret = ipoib_sa_mcast_join(p->hca->sa, &g->mgid, &g->port_gid, p->info.pkey | IB_PKEY_FULL,
			(enum ipoib_sa_join)want,
			(want & (IPOIB_SA_JOIN_NON | IPOIB_SA_JOIN_SENDONLY_NON)) != 0
					? NULL
					: &p->bcast.rec,
			group_answer, g, &g->req);
	if (ret != 0) {
		g->req = 0;
		group_failed(g, ret);
		return;
	}
	p->mc->stats.joins++;
	timer_stop(p->c, &g->timer);
}

/* Nobody wants it any more. */
static void
group_end(struct ctl_mcast *g)
{
	if (g->state == CTL_MCAST_FAILED && g->timer.pos != 0)
		return;
	mcast_sa_leave(g, g->held);
	group_release(g);
	mcast_queue_drop(g, CTL_LOST_NO_PATH);
	g->state = CTL_MCAST_IDLE;
	if (!mcast_free(g))
		timer_set(g->p->c, &g->timer, g->p->c->now + AGAIN_US);
}

/* The SA holds what is wanted; perhaps more. A send-only bit beside another one does no harm. */
static void
group_settled(struct ctl_mcast *g, uint8_t want)
{
	if (g->ah == PMD_IPOIB_AH_NONE)
		return;
	mcast_sa_leave(g, g->held & (uint8_t)~want & JOIN_RECEIVES);
	if (g->receiving != receives(g) && group_attach(g, g->rec.mlid) != 0)
		CTL_LOG(WARNING, "port %u: group cannot be changed in the driver", g->p->id);
	if (!receives(g) && g->timer.pos == 0)
		idle_timer_set(g);
}

/* One send-only state is as good as the other. */
static bool
holds(const struct ctl_mcast *g, uint8_t want)
{
	return (g->held & ((want & JOIN_SENDONLY) != 0 ? JOIN_SENDONLY : want)) != 0;
}

/* A verification under way does not matter any more. */
static void
verify_end(struct ctl_mcast *g)
{
	if (g->verifying)
		ipoib_sa_cancel(g->p->hca->sa, g->req);
	if (g->verifying)
		g->req = 0;
	g->verifying = false;
}

void
mcast_step(struct ctl_mcast *g)
{
	struct ctl_port *p = g->p;
	uint8_t want = mcast_want(g);

	if ((g->req != 0 && !g->verifying) || p->c->closing)
		return;
	mcast_lru(g);
	if (want == 0) {
		verify_end(g);
		group_end(g);
		return;
	}
	if (!p->usable || p->bcast.ah == PMD_IPOIB_AH_NONE)
		return;
	if (holds(g, want) && !g->again) {
		group_settled(g, want);
		return;
	}
	/* Back-off. */
	if (g->fails > 0 && g->timer.pos != 0)
		return;
	verify_end(g);
	group_ask(g, want);
}

/* Back-off is over, or a group that is only sent to is perhaps idle. */
static void
group_timer(struct control *c, void *arg)
{
	struct ctl_mcast *g = arg;
	struct ctl_port *p = g->p;

	if (g->state == CTL_MCAST_FAILED && !receives(g) && ipoib_pktq_count(&g->queue) == 0) {
		/* The next packet asks again; none came for long: forget it. */
		g->sending = false;
		g->state = CTL_MCAST_IDLE;
		timer_set(c, &g->timer, c->now + FORGET_US);
		return;
	}
	if (g->req == 0 && g->fails == 0 && !receives(g)) {
		if (g->state == CTL_MCAST_JOINED &&
				mcast_last_used(g) + mcast_idle_max(c) >= c->now) {
			idle_timer_set(g);
			return;
		}
		if (g->state == CTL_MCAST_JOINED) {
			p->mc->stats.idle++;
			g->sending = false;
		}
	}
	mcast_step(g);
}

int
mcast_timer_init(struct ctl_mcast *g)
{
	return timer_init(g->p->c, &g->timer, group_timer, g);
}

void
mcast_lost(struct ctl_mcast *g)
{
	g->p->mc->stats.lost++;
	g->again = true;
	g->fails = 0;
	mcast_step(g);
}

void
mcast_start(struct ctl_port *p, bool again)
{
	struct ctl_mcast *g, *tmp;
	uint32_t i;

	MCAST_FOREACH(g, p, i, tmp)
	{
		if (again) {
			g->again |= g->held != 0 || g->req != 0;
			g->fails = 0;
			if (g->state == CTL_MCAST_FAILED)
				timer_stop(p->c, &g->timer);
		}
		mcast_step(g);
	}
}

void
mcast_stop(struct ctl_port *p)
{
	struct ctl_mcast *g, *tmp;
	uint32_t i;

	MCAST_FOREACH(g, p, i, tmp)
	{
		if (g->req != 0)
			ipoib_sa_cancel(p->hca->sa, g->req);
		g->req = 0;
		g->verifying = false;
		timer_stop(p->c, &g->timer);
		g->fails = 0;
		g->sending = false;
		g->again = false;
		g->state = CTL_MCAST_IDLE;
		mcast_queue_drop(g, CTL_LOST_NO_PATH);
		/* The SA forgets who goes down. */
		group_release(g);
		if (g->users > 0 || g->followed)
			mcast_unpublish(g);
		else if (!mcast_free(g))
			timer_set(p->c, &g->timer, p->c->now + AGAIN_US);
	}
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

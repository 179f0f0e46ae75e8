/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * 20-octet address -> neighbour record -> path -> address handle. Packets wait in the record
 * while the path is asked for; they leave in order before the record is published, so that a
 * worker's newer packets cannot overtake them. For those that are still in the punt ring then see
 * punts_tell().
 */

#include <errno.h>
#include <stdio.h>

#include <rte_ethdev.h>

#include "path.h"

/* Strangers that tell us of themselves cause so many queries a second, in such a burst. */
#define PREFETCH_PER_S 500
#define PREFETCH_BURST 1024
/* Packets that wait in a table in all: one for each neighbour that it can hold. */
#define QUEUE_TOTAL_MIN 4096
#define QUEUE_TOTAL_DEFAULT 16384

/* So long are workers waited for that do not take what they are to send. */
#define INJECT_PATIENCE_US CTL_US_PER_S

/* State of one record's publication while a GID's records are walked. */
struct publish {
	struct ctl_port *p;
	struct ctl_path *path;
	int ret;
};

static void
neigh_evicted(void *arg, struct ipoib_neigh_rec *rec, uint32_t nb_pkts)
{
	struct ctl_port *p = arg;

	p->c->lose(p->c, p->id, CTL_LOST_NO_PATH, nb_pkts);
	if (ipoib_addr_is_multicast(ipoib_neigh_rec_addr(rec)))
		mcast_neigh_gone(p, rec);
	else
		path_idle(p, &ipoib_neigh_rec_addr(rec)->gid);
}

static void
neigh_ah_release(void *arg, uint32_t ah)
{
	if (ah >= CTL_SET_FIRST)
		set_put(arg, ah);
	else
		ah_put(arg, ah);
}

uint32_t
resolve_queue_total(const struct control_cfg *cfg)
{
	return cfg->gc_thresh3 == 0 ? QUEUE_TOTAL_DEFAULT
				    : RTE_MAX(cfg->gc_thresh3, (uint32_t)QUEUE_TOTAL_MIN);
}

int
resolve_init(struct ctl_port *p)
{
	const struct control_cfg *k = &p->c->cfg;
	char name[16];
	struct ipoib_neigh_cfg cfg = {
		.name = name,
		.socket = rte_eth_dev_socket_id(p->id),
		.gc_thresh1 = k->gc_thresh1,
		.gc_thresh2 = k->gc_thresh2,
		.gc_thresh3 = k->gc_thresh3,
		.gc_interval = k->gc_interval,
		.queue_len = k->neigh_queue,
		.queue_total = resolve_queue_total(k),
		.rcu = p->c->rcu,
		.ah_release = neigh_ah_release,
		.evict = neigh_evicted,
		.arg = p,
	};
	int ret;

	snprintf(name, sizeof(name), "neigh_%u", p->id);
	ret = ipoib_neigh_create(&cfg, &p->neigh);
	if (ret == 0)
		port_shown(p);
	return ret;
}

void
resolve_fini(struct ctl_port *p)
{
	struct ipoib_neigh *neigh = p->neigh;
	struct rte_mbuf *m;

	for (; (m = park_first(&p->park)) != NULL; park_pop(&p->park))
		ctl_lose(p->c, CTL_LOST_NO_PATH, m);
	p->neigh = NULL;
	port_shown(p);
	ipoib_neigh_destroy(neigh);
	sets_fini(p);
}

void
resolve_inject(struct ctl_port *p, struct rte_mbuf *m, uint32_t ah, uint32_t qpn)
{
	struct pmd_ipoib_meta *meta = pmd_ipoib_meta(m);

	meta->ah = ah;
	meta->qpn = qpn;
	p->c->inject(p->c, p, m);
}

/*
 * Many answers in a row release more packets than a worker sends meanwhile. If it never finds the
 * time, they are released all the same: neighbours must become known also under overload.
 */
bool
resolve_inject_busy(struct control *c)
{
	if (c->inject_busy == NULL || !c->inject_busy(c)) {
		c->inject_patience = 0;
		return false;
	}
	if (c->inject_patience == 0)
		c->inject_patience = c->now + INJECT_PATIENCE_US;
	return c->now < c->inject_patience;
}

/*
 * Send m by a handle or set. What waited for a path may be too large for it.
 * mtu: the path's, 0: that of the link
 */
static void
send_by(struct ctl_port *p, struct rte_mbuf *m, uint32_t number, uint16_t mtu, uint32_t qpn)
{
	struct rte_mbuf *parts[CTL_PARTS_MAX] = { m };
	uint16_t link = atomic_load(&p->mtu), i, n = 1;

	mtu = mtu == 0 ? link : RTE_MIN(mtu, link);
	if (m->pkt_len > (uint32_t)mtu + IPOIB_HDR_LEN && p->c->narrow != NULL)
		n = p->c->narrow(p->c, mtu, m, parts);
	for (i = 0; i < n; i++)
		resolve_inject(p, parts[i], ah_of(p, number, parts[i]), qpn);
}

static void
send_waiting(struct ctl_port *p, struct ipoib_neigh_rec *rec, const struct ctl_path *path)
{
	uint32_t qpn = ipoib_addr_qpn(ipoib_neigh_rec_addr(rec));
	struct rte_mbuf *pkts[CTL_BURST];
	uint16_t i, n;

	while ((n = ipoib_neigh_dequeue(p->neigh, rec, pkts, CTL_BURST)) > 0) {
		for (i = 0; i < n; i++)
			send_by(p, pkts[i], path_number(path), path_mtu(path), qpn);
	}
}

static int
publish_rec(struct ctl_port *p, struct ctl_path *path, struct ipoib_neigh_rec *rec)
{
	struct ipoib_neigh_value v = {
		.ah = path_number(path),
		.mtu = path_mtu(path),
		.kind = path->set != PMD_IPOIB_AH_NONE ? IPOIB_NEIGH_UD_SET : IPOIB_NEIGH_UD,
	};
	struct ipoib_neigh_value old;
	int ret;

	if (ipoib_neigh_rec_queued(rec) > 0 && resolve_inject_busy(p->c))
		return -EAGAIN;
	send_waiting(p, rec, path);
	if (ipoib_neigh_rec_state(rec) == IPOIB_NEIGH_VALID) {
		ipoib_neigh_rec_value(rec, &old);
		if (old.ah == v.ah && old.mtu == v.mtu && old.kind == v.kind)
			return 0;
	}
	/* The entry's use, given back after its grace period. */
	if (v.kind == IPOIB_NEIGH_UD_SET)
		set_get(p, v.ah);
	else
		ah_get(p, v.ah);
	ret = ipoib_neigh_set_valid(p->neigh, rec, &v, p->c->now);
	if (ret != 0)
		neigh_ah_release(p, v.ah);
	return ret;
}

static void
publish_one(void *arg, struct ipoib_neigh_rec *rec)
{
	struct publish *pub = arg;

	if (publish_rec(pub->p, pub->path, rec) != 0)
		pub->ret = -EAGAIN;
}

int
resolve_publish(struct ctl_port *p, struct ctl_path *path)
{
	struct publish pub = { .p = p, .path = path };

	ipoib_neigh_walk_gid(p->neigh, &path->dgid, publish_one, &pub);
	return pub.ret;
}

/* What was VALID stays usable as STALE; the entry's use of the handle goes on. */
static void
fail_rec(struct ctl_port *p, struct ipoib_neigh_rec *rec)
{
	struct rte_mbuf *pkts[CTL_BURST];
	uint16_t i, n;

	while ((n = ipoib_neigh_dequeue(p->neigh, rec, pkts, CTL_BURST)) > 0) {
		for (i = 0; i < n; i++)
			p->c->undelivered(p->c, pkts[i]);
	}
	/* Cannot be published now? At least nothing waits in vain. The next packet tries again. */
	ipoib_neigh_set_failed(p->neigh, rec, p->c->now);
}

static void
fail_one(void *arg, struct ipoib_neigh_rec *rec)
{
	fail_rec(arg, rec);
}

void
resolve_failed(struct ctl_port *p, const struct ib_gid *gid)
{
	ipoib_neigh_walk_gid(p->neigh, gid, fail_one, p);
}

static void
again_one(void *arg, struct ipoib_neigh_rec *rec)
{
	struct ctl_port *p = arg;

	/* If not now, its own back-off ends some time. */
	ipoib_neigh_set_incomplete(p->neigh, rec);
}

void
resolve_again(struct ctl_port *p, const struct ib_gid *gid)
{
	ipoib_neigh_walk_gid(p->neigh, gid, again_one, p);
}

static void
wait_in(struct ctl_port *p, struct ipoib_neigh_rec *rec, struct rte_mbuf *m)
{
	if (ipoib_neigh_enqueue(p->neigh, rec, m) != 0) {
		ctl_lose(p->c, CTL_LOST_QUEUE_FULL, m);
		return;
	}
	/* If it cannot be published now, it stays INCOMPLETE: to workers that is the same. */
	if (ipoib_neigh_rec_state(rec) == IPOIB_NEIGH_INCOMPLETE)
		ipoib_neigh_set_resolving(p->neigh, rec);
}

/* @return whether a worker could have sent it; then it is sent */
static bool
send_known(struct ctl_port *p, const struct ipoib_addr *addr, struct rte_mbuf *m)
{
	const struct ipoib_neigh_entry *e;
	uint64_t hits;

	/* The writer may look too: it frees nothing meanwhile. This marks the entry as used. */
	if (ipoib_neigh_lookup_bulk(p->neigh, &addr, 1, &hits, &e) != 1)
		return false;
	send_by(p, m, e->ah, e->mtu, e->qpn);
	return true;
}

static void
send_by_path(struct ctl_port *p, struct ipoib_neigh_rec *rec, struct rte_mbuf *m)
{
	const struct ib_gid *gid = &ipoib_neigh_rec_addr(rec)->gid;
	struct ctl_path *path;

	path = path_want(p, gid);
	if (path == NULL) {
		ctl_lose(p->c, CTL_LOST_TABLE_FULL, m);
		return;
	}
	if (path->ah == PMD_IPOIB_AH_NONE) {
		if (path->state == IPOIB_NEIGH_RESOLVING) {
			wait_in(p, rec, m);
			return;
		}
		p->c->undelivered(p->c, m);
		if (ipoib_neigh_rec_state(rec) != IPOIB_NEIGH_FAILED)
			fail_rec(p, rec);
		return;
	}
	if (resolve_inject_busy(p->c)) {
		wait_in(p, rec, m);
		path_ready(path);
		return;
	}
	send_waiting(p, rec, path);
	send_by(p, m, path_number(path), path_mtu(path), ipoib_addr_qpn(ipoib_neigh_rec_addr(rec)));
	path_ready(path);
}

/* @return 0 the packet is taken; -EAGAIN it stays the caller's */
static int
resolve_try(struct ctl_port *p, const struct ipoib_addr *addr, struct rte_mbuf *m)
{
	struct ipoib_neigh_rec *rec;
	int ret;

	if (send_known(p, addr, m))
		return 0;
	ret = ipoib_neigh_add(p->neigh, addr, p->c->now, &rec);
	if (ret == -EAGAIN)
		return ret;
	if (ret < 0)
		ctl_lose(p->c, CTL_LOST_TABLE_FULL, m);
	else if (ipoib_neigh_rec_state(rec) == IPOIB_NEIGH_FAILED)
		ctl_lose(p->c, CTL_LOST_NO_PATH, m);
	else
		send_by_path(p, rec, m);
	return 0;
}

static void
park(struct ctl_port *p, const struct ipoib_addr *addr, struct rte_mbuf *m)
{
	char *front = rte_pktmbuf_prepend(m, sizeof(*addr));

	if (front == NULL) {
		ctl_lose(p->c, CTL_LOST_NOMBUF, m);
		return;
	}
	memcpy(front, addr, sizeof(*addr));
	if (!park_put(&p->park, m))
		ctl_lose(p->c, CTL_LOST_QUEUE_FULL, m);
}

static bool
addr_is_ours(const struct ctl_port *p, const struct ipoib_addr *addr)
{
	uint16_t i;

	if (p->c->is_own != NULL)
		return p->c->is_own(p, addr);
	if (!ib_gid_equal(&addr->gid, &p->info.gid))
		return false;
	for (i = 0; i < p->info.nb_qps; i++) {
		if (p->info.qpn[i] == ipoib_addr_qpn(addr))
			return true;
	}
	return false;
}

void
resolve_send(struct ctl_port *p, const struct ipoib_addr *addr, struct rte_mbuf *m)
{
	p = ctl_real(p);
	if (ipoib_addr_is_multicast(addr)) {
		mcast_send(p, addr, m);
		return;
	}
	if (!p->up || !ipoib_addr_is_unicast_valid(addr) || addr_is_ours(p, addr)) {
		ctl_lose(p->c, CTL_LOST_NO_PATH, m);
		return;
	}
	if (p->park.nb > 0 || resolve_try(p, addr, m) != 0)
		park(p, addr, m);
}

void
resolve_run(struct ctl_port *p)
{
	struct ipoib_addr addr;
	struct rte_mbuf *m;

	while ((m = park_first(&p->park)) != NULL) {
		memcpy(&addr, rte_pktmbuf_mtod(m, const void *), sizeof(addr));
		rte_pktmbuf_adj(m, sizeof(addr));
		if (resolve_try(p, &addr, m) != 0) {
			rte_pktmbuf_prepend(m, sizeof(addr));
			return;
		}
		park_pop(&p->park);
	}
}

void
resolve_prefetch(struct ctl_port *p, const struct ipoib_addr *addr)
{
	/* Strangers must not fill the table: the last quarter is for what is really sent to. */
	if (!p->up || p->nb_paths >= p->max_paths - p->max_paths / 4)
		return;
	if (path_find(p, &addr->gid) == NULL &&
			!bucket_take(&p->prefetch_bucket, p->c->now, PREFETCH_PER_S,
					PREFETCH_BURST))
		return;
	path_want(p, &addr->gid);
	path_idle(p, &addr->gid);
}

/* Is nothing to be done, for it is ready or cannot be? What is ready is marked as used. */
static bool
is_settled(struct ctl_port *p, const struct ipoib_addr *addr)
{
	const struct ipoib_neigh_entry *e;
	uint64_t hits;

	return !p->up || !ipoib_addr_is_unicast_valid(addr) || addr_is_ours(p, addr) ||
			ipoib_neigh_lookup_bulk(p->neigh, &addr, 1, &hits, &e) == 1;
}

int
resolve_prepare(struct ctl_port *p, const struct ipoib_addr *addr)
{
	struct ipoib_neigh_rec *rec;
	struct ctl_path *path;
	int ret;

	if (is_settled(p, addr))
		return 0;
	ret = ipoib_neigh_add(p->neigh, addr, p->c->now, &rec);
	if (ret < 0)
		return ret == -EAGAIN ? ret : 0;
	if (ipoib_neigh_rec_state(rec) == IPOIB_NEIGH_FAILED)
		return 0;
	path = path_want(p, &addr->gid);
	if (path == NULL)
		return 0;
	if (path->ah != PMD_IPOIB_AH_NONE)
		path_ready(path);
	else if (path->state != IPOIB_NEIGH_RESOLVING)
		return 0;
	return -EAGAIN;
}

int
resolve_keep(struct ctl_port *p, const struct ipoib_addr *addr)
{
	struct ipoib_neigh_rec *rec;
	struct ctl_path *path;
	int ret;

	if (is_settled(p, addr))
		return 0;
	ret = ipoib_neigh_add(p->neigh, addr, p->c->now, &rec);
	if (ret < 0)
		return ret;
	path = path_prefetch(p, &addr->gid);
	if (path == NULL)
		return -ENOSPC;
	if (path->ah != PMD_IPOIB_AH_NONE)
		path_ready(path);
	return 0;
}

/* Packets of one port on their way to another one. */
struct move {
	struct ctl_port *from, *to;
	uint32_t nb;
};

static void
move_one(void *arg, struct ipoib_neigh_rec *rec)
{
	struct move *mv = arg;
	struct ipoib_addr addr = *ipoib_neigh_rec_addr(rec);
	struct rte_mbuf *pkts[CTL_BURST];
	uint16_t i, n;

	while ((n = ipoib_neigh_dequeue(mv->from->neigh, rec, pkts, CTL_BURST)) > 0) {
		for (i = 0; i < n; i++)
			resolve_send(mv->to, &addr, pkts[i]);
		mv->nb += n;
	}
}

uint32_t
resolve_move(struct ctl_port *from, struct ctl_port *to)
{
	struct move mv = { .from = from, .to = to };
	struct ipoib_neigh_stats s;
	struct ipoib_addr addr;
	struct rte_mbuf *m;

	ipoib_neigh_stats_get(from->neigh, &s);
	if (s.queued > 0)
		ipoib_neigh_walk(from->neigh, move_one, &mv);
	for (; (m = park_first(&from->park)) != NULL; park_pop(&from->park)) {
		memcpy(&addr, rte_pktmbuf_mtod(m, const void *), sizeof(addr));
		rte_pktmbuf_adj(m, sizeof(addr));
		resolve_send(to, &addr, m);
		mv.nb++;
	}
	return mv.nb;
}

static void
count_rec(void *arg, struct ipoib_neigh_rec *rec)
{
	RTE_SET_USED(rec);
	(*(uint32_t *)arg)++;
}

bool
resolve_wanted(struct ctl_port *p, const struct ib_gid *gid)
{
	uint32_t n = 0;

	ipoib_neigh_walk_gid(p->neigh, gid, count_rec, &n);
	return n != 0;
}

void
resolve_forget(struct ctl_port *p, const struct ipoib_addr *addr)
{
	struct ipoib_neigh_rec *rec;

	rec = ipoib_neigh_find(p->neigh, addr);
	if (rec != NULL)
		ipoib_neigh_del(p->neigh, rec);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * MACs of peers, IP addresses of peers and of locals. Records are linked into buckets by indexes;
 * bursts walk them without a lock. A record that was taken out keeps its link, and is used again
 * only when all bursts are past it. A record that moves to another bucket (a peer's LID) may send a
 * walk astray: it ends, finds nothing, and table's number changes so that nobody remembers that.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_jhash.h>
#include <rte_malloc.h>
#include <rte_random.h>

#include "ether_priv.h"

#define PEERS_DEFAULT 4096
#define LOCALS_DEFAULT 1024
#define ENTRIES_MAX (1u << 20)
#define AGE_DEFAULT 300
/* IP addresses that a peer has, on average. */
#define IPS_PER_PEER 4
/* MACs that are tried for a peer. */
#define MACS_TRIED 16
/* DHCP transactions that are remembered. */
#define XIDS 256
#define NIL UINT32_MAX

/* Of whatever kind: on a free list, or waiting to be on it. */
struct entry {
	uint32_t next_free;
	uint64_t token;
	bool used;
	bool fixed;    /* never too old */
	uint32_t tick; /* of the last use, seconds */
};

struct peer {
	struct entry e;
	struct ipoib_addr addr; /* flags 0 */
	struct rte_ether_addr mac;
	uint16_t slid; /* 0: not known */
	uint32_t qpn;  /* by which it sends */
	uint32_t next_mac, next_gid, next_lid;
};

/* An IP address, of a peer or of a local. */
struct address {
	struct entry e;
	struct ether_ip ip;
	struct rte_ether_addr mac;
	uint32_t next;
};

struct pool {
	char *recs;
	size_t size;
	uint32_t nb, used;
	uint32_t free;	      /* list of those that may be used */
	uint32_t first, last; /* that wait for bursts, the oldest first */
	uint32_t at;	      /* where ageing goes on */
};

struct ether_table {
	struct rte_rcu_qsbr *rcu;
	uint32_t age_s, seed, mask, local_mask;
	uint32_t tick; /* now, seconds */
	uint64_t now;
	uint64_t gen;
	uint32_t others; /* locals with another MAC than the port's */
	struct rte_ether_addr own;
	struct pool peers, ips, locals;
	uint32_t *by_mac, *by_gid, *by_lid, *by_ip, *by_local;
	struct {
		uint32_t xid;
		struct rte_ether_addr mac;
		bool used;
	} xid[XIDS];
	uint32_t xid_next;
	struct ether_table_stats stats;
};

/* --- pools --- */

static struct entry *
rec(const struct pool *p, uint32_t i)
{
	return (struct entry *)(p->recs + i * p->size);
}

static struct peer *
peer_at(const struct ether_table *t, uint32_t i)
{
	return (struct peer *)rec(&t->peers, i);
}

static struct address *
address_at(const struct pool *p, uint32_t i)
{
	return (struct address *)rec(p, i);
}

static int
pool_make(struct ether_table *t, struct pool *p, size_t size, uint32_t nb, int socket)
{
	uint32_t i;

	p->size = RTE_ALIGN_CEIL(size, (size_t)RTE_CACHE_LINE_SIZE);
	p->nb = nb;
	p->recs = rte_zmalloc_socket("ether_recs", p->size * nb, RTE_CACHE_LINE_SIZE, socket);
	if (p->recs == NULL)
		return -ENOMEM;
	for (i = 0; i < nb; i++)
		rec(p, i)->next_free = i + 1 < nb ? i + 1 : NIL;
	p->free = 0;
	p->first = p->last = NIL;
	t->stats.bytes += p->size * nb;
	return 0;
}

static void
pool_reclaim(const struct ether_table *t, struct pool *p)
{
	uint32_t i;

	while ((i = p->first) != NIL && rte_rcu_qsbr_check(t->rcu, rec(p, i)->token, false) == 1) {
		p->first = rec(p, i)->next_free;
		rec(p, i)->next_free = p->free;
		p->free = i;
	}
	if (p->first == NIL)
		p->last = NIL;
}

/* @return number, or NIL: none is free */
static uint32_t
pool_get(const struct ether_table *t, struct pool *p)
{
	uint32_t i;

	if (p->free == NIL)
		pool_reclaim(t, p);
	i = p->free;
	if (i == NIL)
		return NIL;
	p->free = rec(p, i)->next_free;
	p->used++;
	rec(p, i)->used = true;
	rec(p, i)->fixed = false;
	rec(p, i)->tick = t->tick;
	return i;
}

static void
pool_put(const struct ether_table *t, struct pool *p, uint32_t i)
{
	rec(p, i)->used = false;
	rec(p, i)->next_free = NIL;
	rec(p, i)->token = rte_rcu_qsbr_start(t->rcu);
	if (p->last != NIL)
		rec(p, p->last)->next_free = i;
	else
		p->first = i;
	p->last = i;
	p->used--;
}

/* --- buckets --- */

static uint32_t
load(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static void
store(uint32_t *p, uint32_t v)
{
	__atomic_store_n(p, v, __ATOMIC_RELEASE);
}

static void
changed(struct ether_table *t)
{
	__atomic_store_n(&t->gen, t->gen + 1, __ATOMIC_RELEASE);
}

static void
mark(const struct ether_table *t, struct entry *e)
{
	uint32_t tick = __atomic_load_n(&t->tick, __ATOMIC_RELAXED);

	if (__atomic_load_n(&e->tick, __ATOMIC_RELAXED) != tick)
		__atomic_store_n(&e->tick, tick, __ATOMIC_RELAXED);
}

static uint32_t
hash_mac(const struct ether_table *t, const struct rte_ether_addr *mac)
{
	uint32_t lo;
	uint16_t hi;

	memcpy(&lo, mac, sizeof(lo));
	memcpy(&hi, &mac->addr_bytes[4], sizeof(hi));
	return rte_jhash_2words(lo, hi, t->seed) & t->mask;
}

static uint32_t
hash16(const struct ether_table *t, const uint8_t *octets)
{
	uint32_t w[4];

	memcpy(w, octets, sizeof(w));
	return rte_jhash_32b(w, 4, t->seed);
}

static uint32_t
hash_lid(const struct ether_table *t, uint16_t lid)
{
	return rte_jhash_1word(lid, t->seed) & t->mask;
}

/* next: offset of the link in a record. */
static void
link_in(const struct pool *p, uint32_t *head, size_t next, uint32_t i)
{
	store((uint32_t *)RTE_PTR_ADD(rec(p, i), next), *head);
	store(head, i);
}

static void
link_out(const struct pool *p, uint32_t *head, size_t next, uint32_t i)
{
	uint32_t *at = head;

	while (*at != NIL && *at != i)
		at = RTE_PTR_ADD(rec(p, *at), next);
	if (*at == i)
		store(at, *(uint32_t *)RTE_PTR_ADD(rec(p, i), next));
}

#define NEXT_MAC offsetof(struct peer, next_mac)
#define NEXT_GID offsetof(struct peer, next_gid)
#define NEXT_LID offsetof(struct peer, next_lid)
#define NEXT_IP offsetof(struct address, next)

/* --- look-ups --- */

static struct peer *
peer_mac_find(const struct ether_table *t, const struct rte_ether_addr *mac)
{
	uint32_t i;

	for (i = load(&t->by_mac[hash_mac(t, mac)]); i != NIL; i = load(&peer_at(t, i)->next_mac)) {
		if (rte_is_same_ether_addr(&peer_at(t, i)->mac, mac))
			return peer_at(t, i);
	}
	return NULL;
}

/* qpn 0: any */
static struct peer *
peer_gid_find(const struct ether_table *t, const struct ib_gid *gid, uint32_t qpn)
{
	struct peer *p;
	uint32_t i;

	for (i = load(&t->by_gid[hash16(t, gid->raw) & t->mask]); i != NIL;
			i = load(&p->next_gid)) {
		p = peer_at(t, i);
		if (ib_gid_equal(&p->addr.gid, gid) &&
				(qpn == 0 || ipoib_addr_qpn(&p->addr) == qpn))
			return p;
	}
	return NULL;
}

static struct peer *
peer_lid_find(const struct ether_table *t, uint16_t lid, uint32_t qpn)
{
	struct peer *p;
	uint32_t i;

	for (i = load(&t->by_lid[hash_lid(t, lid)]); i != NIL; i = load(&p->next_lid)) {
		p = peer_at(t, i);
		if (__atomic_load_n(&p->slid, __ATOMIC_RELAXED) == lid &&
				(qpn == 0 || __atomic_load_n(&p->qpn, __ATOMIC_RELAXED) == qpn))
			return p;
	}
	return NULL;
}

static struct address *
address_find(const struct ether_table *t, const struct pool *p, const uint32_t *heads,
		uint32_t mask, const struct ether_ip *ip)
{
	uint32_t i;

	for (i = load(&heads[hash16(t, ip->b) & mask]); i != NIL;
			i = load(&address_at(p, i)->next)) {
		if (memcmp(&address_at(p, i)->ip, ip, sizeof(*ip)) == 0)
			return address_at(p, i);
	}
	return NULL;
}

const struct ipoib_addr *
ether_peer_by_mac(const struct ether_table *t, const struct rte_ether_addr *mac)
{
	struct peer *p = peer_mac_find(t, mac);

	if (p == NULL)
		return NULL;
	mark(t, &p->e);
	return &p->addr;
}

bool
ether_peer_by_source(const struct ether_table *t, const struct ether_from *from,
		const struct ether_ip *ip, struct rte_ether_addr *mac)
{
	struct address *a = address_find(t, &t->ips, t->by_ip, t->mask, ip);
	struct peer *p = NULL;

	if (a != NULL) {
		mark(t, &a->e);
		p = peer_mac_find(t, &a->mac);
	}
	if (p == NULL && from->has_gid)
		p = peer_gid_find(t, &from->gid, from->qpn);
	if (p == NULL)
		p = peer_lid_find(t, from->slid, from->qpn);
	if (p == NULL && from->has_gid)
		p = peer_gid_find(t, &from->gid, 0);
	if (p == NULL)
		p = peer_lid_find(t, from->slid, 0);
	if (p == NULL)
		return false;
	mark(t, &p->e);
	*mac = p->mac;
	return true;
}

bool
ether_local_by_ip(
		const struct ether_table *t, const struct ether_ip *ip, struct rte_ether_addr *mac)
{
	struct address *a = address_find(t, &t->locals, t->by_local, t->local_mask, ip);

	if (a == NULL)
		return false;
	mark(t, &a->e);
	*mac = a->mac;
	return true;
}

bool
ether_has_locals(const struct ether_table *t)
{
	return __atomic_load_n(&t->others, __ATOMIC_RELAXED) != 0;
}

uint64_t
ether_table_gen(const struct ether_table *t)
{
	return __atomic_load_n(&t->gen, __ATOMIC_ACQUIRE);
}

/* --- learning --- */

static bool
local_has_mac(const struct ether_table *t, const struct rte_ether_addr *mac)
{
	uint32_t i;

	for (i = 0; i < t->locals.nb && t->others != 0; i++) {
		const struct address *a = address_at(&t->locals, i);

		if (a->e.used && rte_is_same_ether_addr(&a->mac, mac))
			return true;
	}
	return rte_is_same_ether_addr(&t->own, mac);
}

bool
ether_mac_may_be_local(const struct ether_table *t, const struct rte_ether_addr *mac)
{
	return rte_is_valid_assigned_ether_addr(mac) && peer_mac_find(t, mac) == NULL;
}

static bool
mac_choose(struct ether_table *t, const struct ipoib_addr *addr, struct rte_ether_addr *mac)
{
	uint32_t n;

	for (n = 0; n < MACS_TRIED; n++) {
		ether_mac_peer(addr, n, mac);
		if (peer_mac_find(t, mac) == NULL && !local_has_mac(t, mac)) {
			t->stats.collisions += n > 0;
			return true;
		}
	}
	return false;
}

static int
full(struct ether_table *t, const struct pool *p)
{
	if (p->first != NIL)
		return -EAGAIN;
	t->stats.full++;
	return -ENOSPC;
}

static int
peer_new(struct ether_table *t, const struct ipoib_addr *addr, const struct rte_ether_addr *mac,
		struct peer **out)
{
	struct peer *p;
	uint32_t i;

	i = pool_get(t, &t->peers);
	if (i == NIL)
		return full(t, &t->peers);
	p = peer_at(t, i);
	p->addr = *addr;
	p->addr.flags = 0;
	p->mac = *mac;
	p->slid = 0;
	p->qpn = 0;
	link_in(&t->peers, &t->by_mac[hash_mac(t, mac)], NEXT_MAC, i);
	link_in(&t->peers, &t->by_gid[hash16(t, addr->gid.raw) & t->mask], NEXT_GID, i);
	t->stats.learnt++;
	changed(t);
	*out = p;
	return 0;
}

static uint32_t
peer_number(const struct ether_table *t, const struct peer *p)
{
	return (uint32_t)(((const char *)p - t->peers.recs) / t->peers.size);
}

static void
peer_from(struct ether_table *t, struct peer *p, const struct ether_from *from)
{
	uint32_t i = peer_number(t, p);

	if (p->slid == from->slid && p->qpn == from->qpn)
		return;
	if (p->slid != 0)
		link_out(&t->peers, &t->by_lid[hash_lid(t, p->slid)], NEXT_LID, i);
	__atomic_store_n(&p->slid, from->slid, __ATOMIC_RELAXED);
	__atomic_store_n(&p->qpn, from->qpn, __ATOMIC_RELAXED);
	if (from->slid != 0)
		link_in(&t->peers, &t->by_lid[hash_lid(t, from->slid)], NEXT_LID, i);
	changed(t);
}

static void
address_free(struct ether_table *t, struct pool *p, uint32_t *heads, uint32_t mask, uint32_t i)
{
	link_out(p, &heads[hash16(t, address_at(p, i)->ip.b) & mask], NEXT_IP, i);
	pool_put(t, p, i);
	changed(t);
}

/* A record is never changed: one with another MAC takes its place. */
static int
address_set(struct ether_table *t, struct pool *p, uint32_t *heads, uint32_t mask,
		const struct ether_ip *ip, const struct rte_ether_addr *mac)
{
	struct address *a = address_find(t, p, heads, mask, ip);
	uint32_t i, old = NIL;

	if (a != NULL && rte_is_same_ether_addr(&a->mac, mac)) {
		mark(t, &a->e);
		return 0;
	}
	if (a != NULL)
		old = (uint32_t)(((char *)a - p->recs) / p->size);
	i = pool_get(t, p);
	if (i == NIL)
		return full(t, p);
	a = address_at(p, i);
	a->ip = *ip;
	a->mac = *mac;
	link_in(p, &heads[hash16(t, ip->b) & mask], NEXT_IP, i);
	if (old != NIL)
		address_free(t, p, heads, mask, old);
	changed(t);
	return 0;
}

int
ether_peer_learn(struct ether_table *t, const struct ipoib_addr *addr, const struct ether_ip *ip,
		const struct ether_from *from, uint64_t now_us, struct rte_ether_addr *mac)
{
	struct peer *p;
	int ret;

	RTE_SET_USED(now_us);
	if (!ipoib_addr_is_unicast_valid(addr))
		return -EINVAL;
	p = peer_gid_find(t, &addr->gid, ipoib_addr_qpn(addr));
	if (p == NULL) {
		if (!mac_choose(t, addr, mac))
			return -ENOSPC;
		ret = peer_new(t, addr, mac, &p);
		if (ret != 0)
			return ret;
	}
	mark(t, &p->e);
	if (from != NULL)
		peer_from(t, p, from);
	*mac = p->mac;
	/* Without room for its IP address it is known by where it is. */
	if (ip != NULL && !ether_ip_is_none(ip))
		address_set(t, &t->ips, t->by_ip, t->mask, ip, &p->mac);
	return 0;
}

int
ether_peer_fix(struct ether_table *t, const struct ipoib_addr *addr,
		const struct rte_ether_addr *mac)
{
	struct peer *p;
	int ret;

	if (!ipoib_addr_is_unicast_valid(addr) || !rte_is_valid_assigned_ether_addr(mac))
		return -EINVAL;
	if (peer_gid_find(t, &addr->gid, ipoib_addr_qpn(addr)) != NULL ||
			peer_mac_find(t, mac) != NULL || local_has_mac(t, mac))
		return -EEXIST;
	ret = peer_new(t, addr, mac, &p);
	if (ret == 0)
		p->e.fixed = true;
	return ret;
}

static void
others_count(struct ether_table *t)
{
	uint32_t i, n = 0;

	for (i = 0; i < t->locals.nb; i++) {
		const struct address *a = address_at(&t->locals, i);

		n += a->e.used && !rte_is_same_ether_addr(&a->mac, &t->own);
	}
	__atomic_store_n(&t->others, n, __ATOMIC_RELAXED);
}

int
ether_local_learn(struct ether_table *t, const struct ether_ip *ip,
		const struct rte_ether_addr *mac, uint64_t now_us)
{
	uint64_t gen = t->gen;
	int ret;

	RTE_SET_USED(now_us);
	if (!ether_mac_may_be_local(t, mac) || ether_ip_is_none(ip))
		return -EINVAL;
	ret = address_set(t, &t->locals, t->by_local, t->local_mask, ip, mac);
	if (t->gen != gen)
		others_count(t);
	return ret;
}

void
ether_table_own(struct ether_table *t, const struct rte_ether_addr *mac)
{
	t->own = *mac;
	others_count(t);
	changed(t);
}

void
ether_xid_note(struct ether_table *t, uint32_t xid, const struct rte_ether_addr *mac)
{
	uint32_t i;

	for (i = 0; i < XIDS && !(t->xid[i].used && t->xid[i].xid == xid); i++)
		;
	if (i == XIDS)
		i = t->xid_next++ % XIDS;
	t->xid[i].xid = xid;
	t->xid[i].mac = *mac;
	t->xid[i].used = true;
}

bool
ether_xid_find(const struct ether_table *t, uint32_t xid, struct rte_ether_addr *mac)
{
	uint32_t i;

	for (i = 0; i < XIDS; i++) {
		if (!t->xid[i].used || t->xid[i].xid != xid)
			continue;
		*mac = t->xid[i].mac;
		return true;
	}
	return false;
}

/* --- ageing --- */

static void
peer_free(struct ether_table *t, uint32_t i)
{
	struct peer *p = peer_at(t, i);

	link_out(&t->peers, &t->by_mac[hash_mac(t, &p->mac)], NEXT_MAC, i);
	link_out(&t->peers, &t->by_gid[hash16(t, p->addr.gid.raw) & t->mask], NEXT_GID, i);
	if (p->slid != 0)
		link_out(&t->peers, &t->by_lid[hash_lid(t, p->slid)], NEXT_LID, i);
	pool_put(t, &t->peers, i);
	t->stats.aged++;
	changed(t);
}

static bool
is_old(const struct ether_table *t, const struct entry *e)
{
	return e->used && !e->fixed &&
			t->tick - __atomic_load_n(&e->tick, __ATOMIC_RELAXED) > t->age_s;
}

static void
age_addresses(struct ether_table *t, struct pool *p, uint32_t *heads, uint32_t mask, uint32_t n)
{
	uint32_t k;

	for (k = 0; k < n; k++) {
		p->at = (p->at + 1) % p->nb;
		if (is_old(t, rec(p, p->at)))
			address_free(t, p, heads, mask, p->at);
	}
}

void
ether_table_iterate(struct ether_table *t, uint64_t now_us, uint32_t budget)
{
	uint64_t gen = t->gen;
	uint32_t k;

	__atomic_store_n(&t->tick, (uint32_t)(now_us / 1000000), __ATOMIC_RELAXED);
	pool_reclaim(t, &t->peers);
	pool_reclaim(t, &t->ips);
	pool_reclaim(t, &t->locals);
	/* A slice each hundredth of a second: that is a round in a few seconds. */
	if (now_us - t->now < 10000)
		return;
	t->now = now_us;
	for (k = 0; k < RTE_MIN(budget, t->peers.nb); k++) {
		t->peers.at = (t->peers.at + 1) % t->peers.nb;
		if (is_old(t, rec(&t->peers, t->peers.at)))
			peer_free(t, t->peers.at);
	}
	age_addresses(t, &t->ips, t->by_ip, t->mask, RTE_MIN(budget, t->ips.nb));
	age_addresses(t, &t->locals, t->by_local, t->local_mask, RTE_MIN(budget, t->locals.nb));
	if (t->gen != gen)
		others_count(t);
}

void
ether_table_forget(struct ether_table *t)
{
	uint32_t i;

	for (i = 0; i < t->peers.nb; i++) {
		if (rec(&t->peers, i)->used && !rec(&t->peers, i)->fixed)
			peer_free(t, i);
	}
	for (i = 0; i < t->ips.nb; i++) {
		if (rec(&t->ips, i)->used)
			address_free(t, &t->ips, t->by_ip, t->mask, i);
	}
	for (i = 0; i < t->locals.nb; i++) {
		if (rec(&t->locals, i)->used)
			address_free(t, &t->locals, t->by_local, t->local_mask, i);
	}
	others_count(t);
}

/* --- start and end, shows --- */

static uint32_t *
heads_make(struct ether_table *t, uint32_t nb, int socket)
{
	uint32_t *heads = rte_malloc_socket("ether_heads", nb * sizeof(*heads), 0, socket);

	if (heads != NULL)
		memset(heads, 0xff, nb * sizeof(*heads));
	t->stats.bytes += nb * sizeof(*heads);
	return heads;
}

static int
table_fill(struct ether_table *t, const struct ether_table_cfg *cfg, uint32_t peers,
		uint32_t locals)
{
	int ret;

	t->mask = rte_align32pow2(peers) - 1;
	t->local_mask = rte_align32pow2(locals) - 1;
	ret = pool_make(t, &t->peers, sizeof(struct peer), peers, cfg->socket);
	if (ret == 0)
		ret = pool_make(t, &t->ips, sizeof(struct address), peers * IPS_PER_PEER,
				cfg->socket);
	if (ret == 0)
		ret = pool_make(t, &t->locals, sizeof(struct address), locals, cfg->socket);
	t->by_mac = heads_make(t, t->mask + 1, cfg->socket);
	t->by_gid = heads_make(t, t->mask + 1, cfg->socket);
	t->by_lid = heads_make(t, t->mask + 1, cfg->socket);
	t->by_ip = heads_make(t, t->mask + 1, cfg->socket);
	t->by_local = heads_make(t, t->local_mask + 1, cfg->socket);
	if (t->by_mac == NULL || t->by_gid == NULL || t->by_lid == NULL || t->by_ip == NULL ||
			t->by_local == NULL)
		ret = -ENOMEM;
	return ret;
}

int
ether_table_create(const struct ether_table_cfg *cfg, struct ether_table **out)
{
	uint32_t peers = cfg->peers_max != 0 ? cfg->peers_max : PEERS_DEFAULT;
	uint32_t locals = cfg->locals_max != 0 ? cfg->locals_max : LOCALS_DEFAULT;
	struct ether_table *t;
	int ret;

	if (cfg->rcu == NULL || peers > ENTRIES_MAX || locals > ENTRIES_MAX)
		return -EINVAL;
	t = rte_zmalloc_socket("ether_table", sizeof(*t), RTE_CACHE_LINE_SIZE, cfg->socket);
	if (t == NULL)
		return -ENOMEM;
	t->rcu = cfg->rcu;
	t->age_s = cfg->age_s != 0 ? cfg->age_s : AGE_DEFAULT;
	t->seed = (uint32_t)rte_rand();
	t->gen = 1;
	t->stats.bytes = sizeof(*t);
	ret = table_fill(t, cfg, peers, locals);
	if (ret != 0) {
		ether_table_destroy(t);
		return ret;
	}
	*out = t;
	return 0;
}

void
ether_table_destroy(struct ether_table *t)
{
	if (t == NULL)
		return;
	rte_free(t->peers.recs);
	rte_free(t->ips.recs);
	rte_free(t->locals.recs);
	rte_free(t->by_mac);
	rte_free(t->by_gid);
	rte_free(t->by_lid);
	rte_free(t->by_ip);
	rte_free(t->by_local);
	rte_free(t);
}

void
ether_table_stats_get(const struct ether_table *t, struct ether_table_stats *s)
{
	*s = t->stats;
	s->peers = t->peers.used;
	s->locals = t->locals.used;
}

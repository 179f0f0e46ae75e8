/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Memory that the device may read and write. Mempools are registered by control
 * as they come, for registering is a system call that no worker may make; what a
 * worker finds in unknown memory it copies. The table is replaced as a whole.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_malloc.h>

#include "hca_verbs.h"

bool
verbs_lkey_search(
		const struct verbs_mrs *mrs, struct verbs_lkey *last, uintptr_t addr, uint32_t len)
{
	unsigned int lo = 0, hi = mrs->nb, mid;
	const struct verbs_mr *r;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (mrs->mr[mid].end <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == mrs->nb)
		return false;
	r = &mrs->mr[lo];
	if (addr < r->start || addr + len > r->end)
		return false;
	*last = (struct verbs_lkey){
		.gen = mrs->gen,
		.start = r->start,
		.end = r->end,
		.lkey = r->lkey,
	};
	return true;
}

/* Ranges of one mempool, neighbours joined. */
struct ranges {
	unsigned int nb;
	bool full;
	struct {
		uintptr_t start, end;
	} r[VERBS_MR_MAX];
};

static void
range_add(struct ranges *x, uintptr_t start, uintptr_t end)
{
	unsigned int i;

	for (i = 0; i < x->nb; i++) {
		if (start > x->r[i].end || end < x->r[i].start)
			continue;
		x->r[i].start = RTE_MIN(x->r[i].start, start);
		x->r[i].end = RTE_MAX(x->r[i].end, end);
		return;
	}
	if (x->nb == RTE_DIM(x->r)) {
		x->full = true;
		return;
	}
	x->r[x->nb].start = start;
	x->r[x->nb++].end = end;
}

static void
range_of_chunk(struct rte_mempool *mp __rte_unused, void *arg, struct rte_mempool_memhdr *hdr,
		unsigned int i __rte_unused)
{
	range_add(arg, (uintptr_t)hdr->addr, (uintptr_t)hdr->addr + hdr->len);
}

/* Buffers outside of the mempool's own memory. */
static void
range_of_buf(struct rte_mempool *mp __rte_unused, void *arg, void *obj, unsigned int i __rte_unused)
{
	const struct rte_mbuf *m = obj;

	range_add(arg, (uintptr_t)m->buf_addr, (uintptr_t)m->buf_addr + m->buf_len);
}

static bool
pool_is_pktmbuf(const struct rte_mempool *mp)
{
	return mp->private_data_size >= sizeof(struct rte_pktmbuf_pool_private) &&
			(mp->flags & RTE_MEMPOOL_F_NON_IO) == 0 &&
			mp->elt_size >= sizeof(struct rte_mbuf);
}

static bool
pool_is_external(struct rte_mempool *mp)
{
	return (rte_pktmbuf_priv_flags(mp) & RTE_PKTMBUF_POOL_F_PINNED_EXT_BUF) != 0;
}

static void
pool_ranges(struct rte_mempool *mp, struct ranges *x)
{
	if (pool_is_external(mp))
		rte_mempool_obj_iter(mp, range_of_buf, x);
	else
		rte_mempool_mem_iter(mp, range_of_chunk, x);
}

/* Is it registered already? Ranges of two mempools never overlap, so where it begins tells. */
static bool
mrs_have(const struct verbs_mrs *t, uintptr_t start)
{
	struct verbs_lkey k = { 0 };

	return verbs_lkey_search(t, &k, start, 1);
}

static struct verbs_mrs *
mrs_copy(struct verbs_hca *vh)
{
	struct verbs_mrs *t;

	t = rte_zmalloc_socket("ipoib_mrs", sizeof(*t), RTE_CACHE_LINE_SIZE, vh->hca->socket);
	if (t == NULL)
		return NULL;
	if (vh->mrs != NULL)
		memcpy(t, vh->mrs, offsetof(struct verbs_mrs, next));
	t->gen = ++vh->mr_gen;
	return t;
}

static void
mrs_publish(struct verbs_hca *vh, struct verbs_mrs *t)
{
	struct verbs_mrs *old = vh->mrs;

	__atomic_store_n(&vh->mrs, t, __ATOMIC_RELEASE);
	old->token = rte_rcu_qsbr_start(vh->hca->qsbr);
	old->next = vh->stale_first;
	vh->stale_first = old;
}

void
verbs_mrs_reclaim(struct verbs_hca *vh)
{
	struct verbs_mrs **at = &vh->stale_first, *t;

	pthread_mutex_lock(&vh->mr_lock);
	while ((t = *at) != NULL) {
		if (rte_rcu_qsbr_check(vh->hca->qsbr, t->token, false) != 1) {
			at = &t->next;
			continue;
		}
		*at = t->next;
		rte_free(t);
	}
	pthread_mutex_unlock(&vh->mr_lock);
}

static int
mrs_insert(struct verbs_hca *vh, struct verbs_mrs *t, uintptr_t start, uintptr_t end)
{
	const int access = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_RELAXED_ORDERING;
	struct ibv_mr *mr;
	unsigned int i;

	if (mrs_have(t, start))
		return 0;
	if (t->nb == VERBS_MR_MAX)
		return -ENOSPC;
	mr = ibv_reg_mr(vh->pd, (void *)start, end - start, access);
	if (mr == NULL)
		return -errno;
	for (i = t->nb; i > 0 && t->mr[i - 1].start > start; i--)
		t->mr[i] = t->mr[i - 1];
	t->mr[i] = (struct verbs_mr){ start, end, mr->lkey, mr };
	t->nb++;
	return 0;
}

static void
mr_error(const struct verbs_hca *vh, const struct rte_mempool *mp, int err)
{
	const char *device = vh->hca->args.device;

	if (err == -ENOMEM || err == -EAGAIN)
		IPOIB_LOG(ERR,
				"%s: no leave to lock the memory of mempool '%s'; raise the limit "
				"(ulimit -l unlimited, or LimitMEMLOCK=infinity of the service)",
				device, mp->name);
	else if (err == -ENOSPC)
		IPOIB_LOG(ERR, "%s: more than %u pieces of memory; use hugepages", device,
				VERBS_MR_MAX);
	else
		IPOIB_LOG(ERR, "%s: the memory of mempool '%s' cannot be registered: %s", device,
				mp->name, rte_strerror(-err));
}

/* @return 0, or why not all of it is known now; what is known is published. */
static int
ranges_insert(struct verbs_hca *vh, const struct ranges *x)
{
	struct verbs_mrs *t = mrs_copy(vh);
	unsigned int i, before;
	int ret = x->full ? -ENOSPC : 0;

	if (t == NULL)
		return -ENOMEM;
	before = t->nb;
	for (i = 0; i < x->nb && ret == 0; i++)
		ret = mrs_insert(vh, t, x->r[i].start, x->r[i].end);
	if (t->nb != before)
		mrs_publish(vh, t);
	else
		rte_free(t);
	return ret;
}

static int
pool_add(struct verbs_hca *vh, struct rte_mempool *mp)
{
	struct ranges *x = calloc(1, sizeof(*x));
	int ret;

	if (x == NULL)
		return -ENOMEM;
	pool_ranges(mp, x);
	pthread_mutex_lock(&vh->mr_lock);
	ret = ranges_insert(vh, x);
	pthread_mutex_unlock(&vh->mr_lock);
	free(x);
	if (ret != 0)
		mr_error(vh, mp, ret);
	return ret;
}

struct walk_arg {
	struct verbs_hca *vh;
	int ret;
};

static void
pool_walk(struct rte_mempool *mp, void *arg)
{
	struct walk_arg *a = arg;

	if (a->ret == 0 && pool_is_pktmbuf(mp))
		a->ret = pool_add(a->vh, mp);
}

int
verbs_mrs_refresh(struct verbs_hca *vh)
{
	struct walk_arg a = { .vh = vh };

	rte_mempool_walk(pool_walk, &a);
	return a.ret;
}

static bool
ranges_hold(const struct ranges *x, const struct verbs_mr *r)
{
	unsigned int i;

	for (i = 0; i < x->nb; i++)
		if (r->start >= x->r[i].start && r->end <= x->r[i].end)
			return true;
	return false;
}

/* Its buffers are all back, so no request has them; workers' caches die with the table. */
static int
ranges_remove(struct verbs_hca *vh, const struct ranges *x)
{
	struct verbs_mrs *t = mrs_copy(vh);
	const struct verbs_mrs *old = vh->mrs;
	unsigned int i, n = 0;

	if (t == NULL)
		return -ENOMEM;
	for (i = 0; i < old->nb; i++)
		if (!ranges_hold(x, &old->mr[i]))
			t->mr[n++] = old->mr[i];
	t->nb = n;
	mrs_publish(vh, t);
	for (i = 0; i < old->nb; i++)
		if (ranges_hold(x, &old->mr[i]))
			ibv_dereg_mr(old->mr[i].mr);
	return 0;
}

static void
pool_del(struct verbs_hca *vh, struct rte_mempool *mp)
{
	struct ranges *x = calloc(1, sizeof(*x));
	int ret = -ENOMEM;

	if (x != NULL) {
		pool_ranges(mp, x);
		pthread_mutex_lock(&vh->mr_lock);
		ret = ranges_remove(vh, x);
		pthread_mutex_unlock(&vh->mr_lock);
	}
	free(x);
	if (ret != 0)
		IPOIB_LOG(ERR, "%s: no memory to forget mempool '%s'", vh->hca->args.device,
				mp->name);
}

/*
 * Called with the lock on the list of mempools held, so under ours nobody may
 * walk them. External buffers are not known before the objects are: those are
 * registered when a port starts.
 */
static void
pool_event(enum rte_mempool_event event, struct rte_mempool *mp, void *arg)
{
	struct verbs_hca *vh = arg;

	if (!pool_is_pktmbuf(mp))
		return;
	if (event == RTE_MEMPOOL_EVENT_DESTROY)
		pool_del(vh, mp);
	else if (!pool_is_external(mp))
		pool_add(vh, mp);
}

int
verbs_mrs_open(struct verbs_hca *vh)
{
	int ret;

	pthread_mutex_init(&vh->mr_lock, NULL);
	vh->mrs = mrs_copy(vh);
	if (vh->mrs == NULL)
		return -ENOMEM;
	ret = verbs_mrs_refresh(vh);
	if (ret == 0 && rte_mempool_event_callback_register(pool_event, vh) != 0)
		ret = -rte_errno;
	return ret;
}

void
verbs_mrs_close(struct verbs_hca *vh)
{
	struct verbs_mrs *t;
	unsigned int i;

	rte_mempool_event_callback_unregister(pool_event, vh);
	/* No queue exists any more, hence no reader. */
	while ((t = vh->stale_first) != NULL) {
		vh->stale_first = t->next;
		rte_free(t);
	}
	for (i = 0; vh->mrs != NULL && i < vh->mrs->nb; i++)
		ibv_dereg_mr(vh->mrs->mr[i].mr);
	rte_free(vh->mrs);
	vh->mrs = NULL;
	pthread_mutex_destroy(&vh->mr_lock);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * The FIBs: for each family two tables of equal content, of which workers read one. DPDK 22.11's
 * rte_fib and rte_fib6 unlink, zero and give out again parts of their table in one call, and order
 * none of their stores: a reader beside them may find no route, or that of another prefix. So a
 * batch of changes is made to the table that nobody reads, which is then published; after a grace
 * period the same batch is made to the other one. Until then there is no further change.
 */

#include <errno.h>

#include <rte_fib.h>
#include <rte_fib6.h>
#include <rte_rib.h>
#include <rte_rib6.h>

#include "compat.h"
#include "control_priv.h"

/*
 * A prefix longer than 24 is first added without a next hop. Added with the next hop of its
 * parent, 22.11 forgets to reserve room for it, but gives that room back when it is deleted, and
 * ends up refusing everything.
 */
static int
add4(struct rte_fib *fib, uint32_t prefix, uint8_t len, uint32_t nh)
{
	int ret;

	if (len > 24 && rte_rib_lookup_exact(rte_fib_get_rib(fib), prefix, len) == NULL) {
		ret = rte_fib_add(fib, prefix, len, 0);
		if (ret != 0)
			return ret;
	}
	return rte_fib_add(fib, prefix, len, nh);
}

static int
run4(struct rte_fib *fib, const struct ctl_fib_op *op)
{
	uint32_t prefix = dp_ip_get4(&op->prefix);

	if (op->nh == 0)
		return rte_fib_delete(fib, prefix, op->len);
	return add4(fib, prefix, op->len, op->nh);
}

/* Next hop of what covers a prefix that is not there: of ::/0 at least. */
static uint64_t
parent6(struct rte_rib6 *rib, const uint8_t *prefix, uint8_t len)
{
	struct rte_rib6_node *node = rte_rib6_lookup(rib, COMPAT_IP6(prefix));
	uint64_t nh = 0;
	uint8_t depth;

	/* What covers the first address may be longer. */
	for (; node != NULL; node = rte_rib6_lookup_parent(node)) {
		if (rte_rib6_get_depth(node, &depth) == 0 && depth < len)
			break;
	}
	if (node != NULL)
		rte_rib6_get_nh(node, &nh);
	return nh;
}

static bool
has6(struct rte_rib6 *rib, const uint8_t *prefix, uint8_t len, uint64_t want)
{
	struct rte_rib6_node *node = rte_rib6_lookup_exact(rib, COMPAT_IP6(prefix), len);
	uint64_t nh;

	return node != NULL && rte_rib6_get_nh(node, &nh) == 0 && nh == want;
}

/*
 * Here it is the other way round: 22.11 reserves room for every new prefix, several times if there
 * are several in one place, and never gives it back: after some thousand changes it refuses
 * everything. But it reserves nothing for a prefix that leads where its parent does (::/0 is
 * parent of all), and nothing for a changed next hop. routes_room() counts by itself. Nor does it
 * tell whether it could change a next hop: one has to look.
 */
static int
add6(struct rte_fib6 *fib, const uint8_t *prefix, uint8_t len, uint32_t nh)
{
	struct rte_rib6 *rib = rte_fib6_get_rib(fib);
	bool is_new = rte_rib6_lookup_exact(rib, COMPAT_IP6(prefix), len) == NULL;
	int ret;

	if (is_new) {
		ret = rte_fib6_add(fib, COMPAT_IP6(prefix), len, parent6(rib, prefix, len));
		if (ret != 0)
			return ret;
	}
	ret = rte_fib6_add(fib, COMPAT_IP6(prefix), len, nh);
	if (ret == 0 && has6(rib, prefix, len, nh))
		return 0;
	if (is_new)
		rte_fib6_delete(fib, COMPAT_IP6(prefix), len);
	return ret != 0 ? ret : -ENOSPC;
}

static int
run6(struct rte_fib6 *fib, const struct ctl_fib_op *op)
{
	if (op->nh == 0 && op->len > 0)
		return rte_fib6_delete(fib, COMPAT_IP6(op->prefix.b), op->len);
	return add6(fib, op->prefix.b, op->len, op->nh);
}

static int
op_run(struct ctl_fib *f, const struct ctl_fib_op *op)
{
	return op->is4 ? run4(f->shadow, op) : run6(f->shadow6, op);
}

int
fib_set(struct control *c, const struct dp_ip *prefix, uint8_t len, uint32_t nh)
{
	struct ctl_fib *f = &c->ip->fib;
	struct ctl_fib_op *op = &f->ops[f->nb_ops];
	int ret;

	RTE_ASSERT(!f->settling);
	if (f->nb_ops == CTL_FIB_OPS)
		return -ENOSPC;
	*op = (struct ctl_fib_op){
		.prefix = *prefix, .len = len, .is4 = dp_ip_is4(prefix), .nh = nh
	};
	if (!op->is4 && f->shadow6 == NULL)
		return -EAFNOSUPPORT;
	ret = op_run(f, op);
	if (ret != 0)
		return ret;
	f->nb_ops++;
	if (op->is4)
		f->changed4 = true;
	else
		f->changed6 = true;
	return 0;
}

/* What workers remember by the old routes is void: after the routes are there. */
static void
rules_next(struct dp *dp)
{
	uint32_t rules = atomic_load_explicit(&dp->rules, memory_order_relaxed) + 1;

	atomic_store_explicit(&dp->rules, rules != 0 ? rules : 1, memory_order_release);
}

void
fib_publish(struct control *c)
{
	struct ctl_fib *f = &c->ip->fib;
	struct rte_fib *old = c->dp->fib;
	struct rte_fib6 *old6 = c->dp->fib6;

	if (f->nb_ops == 0 || f->settling)
		return;
	if (f->changed4) {
		__atomic_store_n(&c->dp->fib, f->shadow, __ATOMIC_RELEASE);
		rules_next(c->dp);
		f->shadow = old;
	}
	if (f->changed6) {
		__atomic_store_n(&c->dp->fib6, f->shadow6, __ATOMIC_RELEASE);
		f->shadow6 = old6;
	}
	f->token = rte_rcu_qsbr_start(c->dp->rcu);
	f->settling = true;
}

bool
fib_settled(struct control *c)
{
	struct ctl_fib *f = &c->ip->fib;
	uint32_t i;

	if (!f->settling)
		return true;
	if (rte_rcu_qsbr_check(c->dp->rcu, f->token, false) != 1)
		return false;
	/* It was possible in the other table, which was the same. */
	for (i = 0; i < f->nb_ops; i++) {
		if (op_run(f, &f->ops[i]) != 0)
			CTL_LOG(ERR, "the FIB refused a change that it took before");
	}
	f->nb_ops = 0;
	f->settling = f->changed4 = f->changed6 = false;
	return true;
}

int
fib_init(struct control *c)
{
	static const uint8_t any[16];
	struct dp *dp = c->dp;
	int ret;

	c->ip->fib.shadow = dp->fib_tab[dp->fib == dp->fib_tab[0] ? 1 : 0];
	if (dp->fib6 == NULL)
		return 0;
	c->ip->fib.shadow6 = dp->fib6_tab[dp->fib6 == dp->fib6_tab[0] ? 1 : 0];
	/* The parent of all; it leads nowhere. */
	ret = rte_fib6_add(dp->fib6, COMPAT_IP6(any), 0, 0);
	if (ret == 0)
		ret = rte_fib6_add(c->ip->fib.shadow6, COMPAT_IP6(any), 0, 0);
	return ret;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * The IPv4 FIB: two tables of equal content, of which workers read one. DPDK 22.11's rte_fib
 * unlinks, zeroes and gives out again parts of its table in one call, and orders none of its
 * stores: a reader beside it may find no route, or that of another prefix. So a batch of changes
 * is made to the table that nobody reads, which is then published; after a grace period the same
 * batch is made to the other one. Until then there is no further change.
 */

#include <errno.h>

#include <rte_fib.h>
#include <rte_rib.h>

#include "control_priv.h"

/*
 * A prefix longer than 24 is first added without a next hop. Added with the next hop of its
 * parent, 22.11 forgets to reserve room for it, but gives that room back when it is deleted, and
 * ends up refusing everything.
 */
static int
op_add(struct rte_fib *fib, const struct ctl_fib_op *op)
{
	int ret;

	if (op->len > 24 &&
			rte_rib_lookup_exact(rte_fib_get_rib(fib), op->prefix, op->len) == NULL) {
		ret = rte_fib_add(fib, op->prefix, op->len, 0);
		if (ret != 0)
			return ret;
	}
	return rte_fib_add(fib, op->prefix, op->len, op->nh);
}

static int
op_run(struct rte_fib *fib, const struct ctl_fib_op *op)
{
	if (op->nh == 0)
		return rte_fib_delete(fib, op->prefix, op->len);
	return op_add(fib, op);
}

int
fib_set(struct control *c, uint32_t prefix, uint8_t len, uint32_t nh)
{
	struct ctl_fib *f = &c->fib;
	struct ctl_fib_op *op = &f->ops[f->nb_ops];
	int ret;

	RTE_ASSERT(!f->settling);
	if (f->nb_ops == CTL_FIB_OPS)
		return -ENOSPC;
	*op = (struct ctl_fib_op){ .prefix = prefix, .len = len, .nh = nh };
	ret = op_run(f->shadow, op);
	if (ret == 0)
		f->nb_ops++;
	return ret;
}

void
fib_publish(struct control *c)
{
	struct ctl_fib *f = &c->fib;
	struct rte_fib *old = c->dp->fib;

	if (f->nb_ops == 0 || f->settling)
		return;
	__atomic_store_n(&c->dp->fib, f->shadow, __ATOMIC_RELEASE);
	f->shadow = old;
	f->token = rte_rcu_qsbr_start(c->dp->rcu);
	f->settling = true;
}

bool
fib_settled(struct control *c)
{
	struct ctl_fib *f = &c->fib;
	uint32_t i;

	if (!f->settling)
		return true;
	if (rte_rcu_qsbr_check(c->dp->rcu, f->token, false) != 1)
		return false;
	/* It was possible in the other table, which was the same. */
	for (i = 0; i < f->nb_ops; i++) {
		if (op_run(f->shadow, &f->ops[i]) != 0)
			CTL_LOG(ERR, "the FIB refused a change that it took before");
	}
	f->nb_ops = 0;
	f->settling = false;
	return true;
}

void
fib_init(struct control *c)
{
	c->fib.shadow = c->dp->fib_tab[c->dp->fib == c->dp->fib_tab[0] ? 1 : 0];
}

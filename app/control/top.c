/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Lets workers count packets by next hop for a while. */

#include <errno.h>

#include "control_priv.h"

int
control_top_start(struct control *c, struct dp_top *top)
{
	if (c->ip->top_busy)
		return -EBUSY;
	c->ip->top_busy = true;
	c->ip->top_token = 0;
	__atomic_store_n(&c->dp->top, top, __ATOMIC_RELEASE);
	return 0;
}

int
control_top_stop(struct control *c)
{
	if (c->ip->top_token == 0) {
		__atomic_store_n(&c->dp->top, NULL, __ATOMIC_RELEASE);
		c->ip->top_token = rte_rcu_qsbr_start(c->dp->rcu);
	}
	if (rte_rcu_qsbr_check(c->dp->rcu, c->ip->top_token, false) != 1)
		return -EAGAIN;
	c->ip->top_busy = false;
	return 0;
}

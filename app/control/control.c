/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "control_priv.h"
#include "control_probe.h"
#include "nd.h"

/* Pace of an idle control core, and while something is awaited. */
#define TICK_IDLE_US (10 * CTL_US_PER_MS)
#define TICK_WAITING_US 200

static uint64_t
clock_real(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * CTL_US_PER_S + (uint64_t)ts.tv_nsec / 1000;
}

static uint64_t (*clock_fn)(void) = clock_real;

void
control_clock_set(uint64_t (*fn)(void))
{
	clock_fn = fn != NULL ? fn : clock_real;
}

uint64_t
control_now_us(void)
{
	return clock_fn();
}

/* --- the resolver's hooks --- */

static void
on_link_up(struct control *c, struct ctl_port *p)
{
	ipoib_neigh_clear_backoff(c->dp->l3);
	arp_announce(p);
	nd_announce(p);
	mproxy_link_up(p);
}

static void
on_alive(struct control *c, struct ctl_hca *h)
{
	RTE_SET_USED(h);
	ipoib_neigh_clear_backoff(c->dp->l3);
}

static void
on_undelivered(struct control *c, struct rte_mbuf *m)
{
	if (!park_put(&c->ip->lost, m))
		ctl_drop(c, DP_DROP_no_path, m);
}

static void
on_inject(struct control *c, struct ctl_port *p, struct rte_mbuf *m)
{
	dp_inject(c->dp, ctl_ctr(c, p->id), p->id, m);
}

static bool
on_inject_busy(const struct control *c)
{
	return dp_inject_busy(c->dp);
}

static bool
on_inject_idle(const struct control *c)
{
	uint16_t i;

	for (i = 0; i < c->dp->nb_workers; i++) {
		if (rte_ring_empty(c->dp->worker[i]->inject) == 0)
			return false;
	}
	return true;
}

static void
on_lose(struct control *c, uint16_t port, enum ctl_lost why, uint32_t n)
{
	static const enum dp_drop drop[] = {
		[CTL_LOST_NO_PATH] = DP_DROP_no_path,
		[CTL_LOST_QUEUE_FULL] = DP_DROP_queue_full,
		[CTL_LOST_TABLE_FULL] = DP_DROP_table_full,
		[CTL_LOST_MCAST] = DP_DROP_mcast,
		[CTL_LOST_MCAST_FULL] = DP_DROP_mcast_full,
		[CTL_LOST_NOMBUF] = DP_DROP_nombuf,
	};

	dp_count(&ctl_ctr(c, port)->drop[drop[why]], n);
}

/* What workers see of a port. */
static void
on_shown(struct control *c, struct ctl_port *p)
{
	struct dp_port *dp = p->dp;

	RTE_SET_USED(c);
	/* Workers read these while the port is up: written only where they change. */
	if (p->hca != NULL) {
		if (dp->neigh != p->neigh)
			dp->neigh = p->neigh;
		if (dp->ahset != p->ahset)
			dp->ahset = p->ahset;
		if (!ib_gid_equal(&dp->bcast_gid, &p->bcast.mgid))
			dp->bcast_gid = p->bcast.mgid;
	}
	atomic_store(&dp->mtu, atomic_load(&p->mtu));
	atomic_store_explicit(&dp->up, p->up, memory_order_release);
}

static bool
on_wants_groups(const struct ctl_port *p)
{
	return (atomic_load(&p->dp->flags) & DP_PORT_MCAST) != 0;
}

/* --- punted packets --- */

static void
neigh_miss(struct control *c, struct rte_mbuf *m)
{
	struct ctl_port *p = ctl_port(c, dp_meta(m)->out_port);
	struct ipoib_addr addr;

	if (p == NULL || p->kind != DP_PORT_IPOIB || m->data_len < sizeof(addr) + IPOIB_HDR_LEN) {
		ctl_drop(c, DP_DROP_tx_port, m);
		return;
	}
	memcpy(&addr, rte_pktmbuf_mtod(m, const void *), sizeof(addr));
	rte_pktmbuf_adj(m, sizeof(addr));
	resolve_send(bond_way(p), &addr, m);
}

static void
l3_miss(struct control *c, struct rte_mbuf *m)
{
	struct dp_ip ip;
	uint16_t port;

	ctl_l3_key_pull(m, &port, &ip);
	l3_send(c, port, &ip, m);
}

static void
punt(struct control *c, struct rte_mbuf *m)
{
	struct ctl_port *in = ctl_port(c, m->port);

	switch ((enum dp_punt_reason)dp_meta(m)->punt) {
	case DP_PUNT_ARP:
		if (in != NULL)
			arp_input(in, m);
		else
			ctl_drop(c, DP_DROP_arp_foreign, m);
		break;
	case DP_PUNT_LOCAL:
		if (ctl_ethertype(m) == RTE_ETHER_TYPE_IPV6)
			ip6_local(c, m);
		else
			ip_local(c, m);
		break;
	case DP_PUNT_TTL:
		ip_error(c, m, CTL_ERR_TTL, 0);
		ctl_drop(c, DP_DROP_ttl, m);
		break;
	case DP_PUNT_NO_ROUTE:
		ip_error(c, m, CTL_ERR_NET, 0);
		ctl_drop(c, DP_DROP_no_route, m);
		break;
	case DP_PUNT_PROHIBIT:
		ip_error(c, m, CTL_ERR_PROHIBIT, 0);
		ctl_drop(c, DP_DROP_prohibited, m);
		break;
	case DP_PUNT_SCOPE:
		ip_error(c, m, CTL_ERR_SCOPE, 0);
		ctl_drop(c, DP_DROP_ip_scope, m);
		break;
	case DP_PUNT_TOO_BIG:
		ip_too_big(c, m);
		break;
	case DP_PUNT_L3_MISS:
		l3_miss(c, m);
		break;
	case DP_PUNT_MCAST_BIG:
		mproxy_too_big(c, m);
		break;
	case DP_PUNT_NEIGH_MISS:
		neigh_miss(c, m);
		break;
	}
}

static void
punts_run(struct control *c)
{
	void *pkts[CTL_BURST];
	uint32_t i, n, done = 0;
	uint8_t worker;

	do {
		n = rte_ring_dequeue_burst(c->dp->punt, pkts, CTL_BURST, NULL);
		for (i = 0; i < n; i++) {
			worker = dp_meta(pkts[i])->worker;
			punt(c, pkts[i]);
			c->ip->handled[worker % DP_WORKERS_MAX]++;
			c->ip->untold = true;
		}
		done += n;
		c->ip->punts += n;
	} while (n == CTL_BURST && done < CTL_PUNTS_MAX);
}

/* Does something wait for a table to take a neighbour? */
static bool
any_parked(const struct control *c)
{
	uint16_t i;

	for (i = 0; i < DP_PORTS_MAX; i++) {
		if (c->ports[i] != NULL && c->ports[i]->park.nb > 0)
			return true;
	}
	return c->ip->park.nb > 0;
}

/*
 * Tell workers which of the packets that they punted cannot be overtaken any more: they ended, were
 * injected, or wait for a next hop, and then are injected before it is published. What is parked
 * waits without that, so nothing is told meanwhile.
 */
static void
punts_tell(struct control *c)
{
	uint16_t i;

	if (!c->ip->untold || any_parked(c))
		return;
	for (i = 0; i < c->dp->nb_workers; i++)
		atomic_store_explicit(&c->dp->worker[i]->punt_done, c->ip->handled[i],
				memory_order_release);
	c->ip->untold = false;
}

/* --- the tick --- */

static uint64_t
deadline(const struct control *c)
{
	uint64_t due = c->now + TICK_IDLE_US;

	if (rte_ring_empty(c->dp->punt) == 0 || rte_ring_empty(c->ip->calls) == 0 ||
			c->ip->lost.nb > 0)
		return c->now;
	if (l3_busy(c))
		due = c->now + TICK_WAITING_US;
	if (routes_busy(c))
		due = RTE_MIN(due, c->now + TICK_WAITING_US);
	return ctl_deadline(c, due);
}

uint64_t
control_tick(struct control *c)
{
	uint16_t i;

	c->now = control_now_us();
	hcas_poll(c);
	for (i = 0; i < DP_PORTS_MAX; i++) {
		if (c->ports[i] != NULL)
			link_run(c->ports[i]);
	}
	punts_run(c);
	ip_lost_run(c);
	l3_run(c);
	for (i = 0; i < DP_PORTS_MAX; i++) {
		if (c->ports[i] != NULL && c->ports[i]->hca != NULL)
			ctl_ipoib_run(c->ports[i]);
	}
	punts_tell(c);
	timers_run(c);
	ipoib_neigh_iterate(c->dp->l3, c->now, CTL_ITERATE_MAX);
	mproxy_run(c);
	routes_run(c);
	calls_run(c);
	return deadline(c);
}

/* --- start and end --- */

int
control_create(const struct control_cfg *cfg, struct dp *dp, struct control **out)
{
	struct control *c;
	int ret;

	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return -ENOMEM;
	c->ip = calloc(1, sizeof(*c->ip));
	if (c->ip == NULL) {
		free(c);
		return -ENOMEM;
	}
	LIST_INIT(&c->hcas);
	c->dp = dp;
	c->rcu = dp->rcu;
	if (cfg != NULL)
		c->cfg = *cfg;
	c->now = control_now_us();
	c->link_up = on_link_up;
	c->alive = on_alive;
	c->undelivered = on_undelivered;
	c->narrow = ip_narrow;
	c->inject = on_inject;
	c->lose = on_lose;
	c->inject_busy = on_inject_busy;
	c->inject_idle = on_inject_idle;
	c->shown = on_shown;
	c->follow = port_link_followed;
	c->wants_groups = on_wants_groups;
	c->is_own = bond_addr_is_own;
	c->ways = bond_ports;
	c->flow_hash = dp_flow_hash;
	ret = calls_init(c);
	if (ret == 0)
		ret = routes_init(c);
	if (ret == 0)
		ret = frag_init(c);
	if (ret == 0)
		ret = gmembers_init(c);
	if (ret == 0)
		ret = mproxy_init(c);
	if (ret == 0)
		ret = sources_init(c);
	if (ret == 0)
		ret = l3_init(c);
	if (ret != 0) {
		CTL_LOG(ERR, "cannot start: %s", strerror(-ret));
		control_destroy(c);
		return ret;
	}
	*out = c;
	return 0;
}

static void
lost_free(struct control *c)
{
	struct rte_mbuf *m;

	for (; (m = park_first(&c->ip->lost)) != NULL; park_pop(&c->ip->lost))
		ctl_drop(c, DP_DROP_no_path, m);
}

void
control_farewell(struct control *c)
{
	uint16_t i;

	for (i = 0; i < DP_PORTS_MAX; i++) {
		if (c->ports[i] != NULL && ctl_flag(c->ports[i], CONTROL_RA))
			ra_set(c->ports[i], false);
	}
}

void
control_destroy(struct control *c)
{
	uint16_t i;

	if (c == NULL)
		return;
	c->closing = true;
	ctl_farewell(c, control_now_us);
	trust_fini(c);
	/* Logical ports first: others are below them. */
	for (i = DP_PORTS_MAX; i-- > 0;) {
		if (c->ports[i] != NULL)
			ctl_port_free(c->ports[i]);
	}
	lost_free(c);
	hcas_free(c);
	l3_fini(c);
	sources_fini(c);
	mproxy_fini(c);
	gmembers_fini(c);
	nlwatch_stop(c);
	frag_fini(c);
	dhcp_fini(c);
	control_probe_stop(c);
	filter_fini(c);
	routes_fini(c);
	calls_fini(c);
	timers_free(c);
	free(c->ip);
	free(c);
}

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

/* Pace of an idle control core, and while answers are awaited. */
#define TICK_IDLE_US (10 * CTL_US_PER_MS)
#define TICK_WAITING_US 200
/* While more is to be asked than the SA's window lets out: each of its answers makes room. */
#define TICK_QUEUED_MIN_US 50
/* What a leaving group may take, ms. */
#define LEAVE_WAIT_MS 200

RTE_LOG_REGISTER(ctl_logtype, ipoib.control, NOTICE);

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
	if (!park_put(&c->lost, m))
		ctl_drop(c, DP_DROP_no_path, m);
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
			c->handled[worker % DP_WORKERS_MAX]++;
			c->untold = true;
		}
		done += n;
		c->punts += n;
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
	return c->park.nb > 0;
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

	if (!c->untold || any_parked(c))
		return;
	for (i = 0; i < c->dp->nb_workers; i++)
		atomic_store_explicit(
				&c->dp->worker[i]->punt_done, c->handled[i], memory_order_release);
	c->untold = false;
}

/* --- the tick --- */

static void
port_run(struct ctl_port *p)
{
	if (p->hca == NULL)
		return;
	resolve_run(p);
	paths_run(p);
	mcast_run(p);
	ipoib_neigh_iterate(p->neigh, p->c->now, CTL_ITERATE_MAX);
	ah_reap(p);
}

/*
 * Full, the window is answered within a round trip: at a quarter of that most of it is still at the
 * SA, and a look finds many answers.
 */
static uint64_t
waiting_tick(const struct ipoib_sa_stats *s)
{
	if (s->queued == 0)
		return TICK_WAITING_US;
	return RTE_MIN(RTE_MAX(s->rtt_us / 4, (uint32_t)TICK_QUEUED_MIN_US),
			(uint32_t)TICK_WAITING_US);
}

static uint64_t
hcas_deadline(const struct control *c)
{
	struct ipoib_sa_stats s;
	uint64_t due = UINT64_MAX;
	struct ctl_hca *h;

	LIST_FOREACH(h, &c->hcas, next) {
		ipoib_sa_stats_get(h->sa, &s);
		if (s.outstanding > 0)
			due = RTE_MIN(due, c->now + waiting_tick(&s));
		due = RTE_MIN(due, ipoib_sa_next_deadline(h->sa));
	}
	return due;
}

static uint64_t
deadline(const struct control *c)
{
	uint64_t due = c->now + TICK_IDLE_US;
	uint16_t i;

	if (rte_ring_empty(c->dp->punt) == 0 || rte_ring_empty(c->calls) == 0 || c->lost.nb > 0)
		return c->now;
	if (l3_busy(c))
		due = c->now + TICK_WAITING_US;
	for (i = 0; i < DP_PORTS_MAX; i++) {
		if (c->ports[i] != NULL && c->ports[i]->hca != NULL &&
				(paths_busy(c->ports[i]) || mcast_busy(c->ports[i])))
			due = c->now + TICK_WAITING_US;
	}
	if (routes_busy(c))
		due = RTE_MIN(due, c->now + TICK_WAITING_US);
	due = RTE_MIN(due, timers_next(c));
	return RTE_MIN(due, hcas_deadline(c));
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
		if (c->ports[i] != NULL)
			port_run(c->ports[i]);
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
	LIST_INIT(&c->hcas);
	c->dp = dp;
	if (cfg != NULL)
		c->cfg = *cfg;
	c->now = control_now_us();
	c->link_up = on_link_up;
	c->alive = on_alive;
	c->undelivered = on_undelivered;
	c->narrow = ip_narrow;
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

/* The control thread has ended: here it is allowed to wait. */
static void
groups_leave(struct control *c)
{
	struct ipoib_sa_stats s;
	struct ctl_hca *h;
	uint32_t waiting;
	int i;

	for (i = 0; i < DP_PORTS_MAX; i++) {
		if (c->ports[i] != NULL && c->ports[i]->hca != NULL)
			mcast_bcast_leave(c->ports[i]);
	}
	LIST_FOREACH(h, &c->hcas, next)
		events_leave(h);
	for (i = 0; i < LEAVE_WAIT_MS; i++) {
		c->now = control_now_us();
		hcas_poll(c);
		waiting = 0;
		LIST_FOREACH(h, &c->hcas, next) {
			ipoib_sa_stats_get(h->sa, &s);
			waiting += h->alive ? s.outstanding + s.queued : 0;
		}
		if (waiting == 0)
			return;
		usleep(1000);
	}
}

static void
lost_free(struct control *c)
{
	struct rte_mbuf *m;

	for (; (m = park_first(&c->lost)) != NULL; park_pop(&c->lost))
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
	groups_leave(c);
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
	free(c);
}

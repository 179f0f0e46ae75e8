/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Ports that are stopped and started again, perhaps with another number of queues, whether or not
 * the program forwards. Main thread, with the help of control. Down: control (the link), workers,
 * ethdev; and up in the reverse order. What the port is (addresses, routes, neighbours) stays.
 */

#include <errno.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_ethdev.h>

#include "app.h"

#define CONTROL_MS 5000
/* What may have gathered in a queue that was not polled, at most. */
#define STALE_MAX 65536
#define BURST 32

static int
stop_fn(struct control *c, void *port)
{
	return control_port_stop(c, *(uint16_t *)port);
}

static int
start_fn(struct control *c, void *port)
{
	return control_port_start(c, *(uint16_t *)port);
}

static int
ask(struct app *a, control_fn fn, uint16_t port)
{
	return run_ask(a, fn, &port, sizeof(port), CONTROL_MS);
}

static bool
is_stopped(const struct app *a, uint16_t port)
{
	return (a->stopped & RTE_BIT64(port)) != 0;
}

/*
 * af_packet closes its sockets when it is stopped, and opens them at probe time only. So it goes
 * on, polled by nobody, and its queues stay what they are.
 */
static bool
goes_on(uint16_t port, struct rte_eth_dev_info *info)
{
	return rte_eth_dev_info_get(port, info) == 0 &&
			strcmp(info->driver_name, "net_af_packet") == 0;
}

static int
check(struct app *a, uint16_t port, char *why)
{
	if (atomic_load(&a->forwarding) && !atomic_load(&a->dp->running))
		return app_says(why, -EBUSY, "a worker does not stop");
	if (!app_has_port(a, port))
		return app_says(why, -ENODEV, "no port %u", port);
	if (port >= DP_PORT_LOGICAL)
		return app_says(why, -EINVAL,
				"port %u is a logical port: it is up while the port below it is",
				port);
	return 0;
}

/* --- down --- */

/* Who reads statistics holds the lock. */
static int
ethdev_stop(struct app *a, uint16_t port)
{
	struct rte_eth_dev_info info;
	int ret = 0;

	pthread_rwlock_wrlock(&a->ports_lock);
	if (!goes_on(port, &info))
		ret = rte_eth_dev_stop(port);
	pthread_rwlock_unlock(&a->ports_lock);
	return ret;
}

/* A worker that loses its CPU for a second is no reason to give up. */
static int
workers_stop(struct app *a, uint16_t port)
{
	uint64_t end = control_now_us() + (uint64_t)CONTROL_MS * 1000;
	int ret;

	do
		ret = dp_port_stop(a->dp, port);
	while (ret == -ETIMEDOUT && control_now_us() < end);
	return ret;
}

/* Nobody looks at the port any more. Asked once more, control is through with what it was about to
 * send.
 */
static int
leave(struct app *a, uint16_t port)
{
	int ret = ask(a, stop_fn, port);

	if (ret != 0 && ret != -EALREADY)
		return ret;
	ret = workers_stop(a, port);
	if (ret == 0)
		ret = ask(a, stop_fn, port);
	return ret == -EALREADY ? 0 : ret;
}

int
port_stop(struct app *a, void *arg)
{
	struct port_switch *s = arg;
	int ret;

	ret = check(a, s->port, s->why);
	if (ret != 0)
		return ret;
	if (is_stopped(a, s->port))
		return app_says(s->why, -EALREADY, "port %u is stopped already", s->port);
	ret = leave(a, s->port);
	if (ret != 0)
		return app_says(s->why, ret,
				"port %u: a worker or control does not let go of it, try again: %s",
				s->port, rte_strerror(-ret));
	a->stopped |= RTE_BIT64(s->port);
	ret = ethdev_stop(a, s->port);
	return ret == 0 ? 0
			: app_says(s->why, ret, "port %u: its driver does not stop: %s", s->port,
					  rte_strerror(-ret));
}

/* --- up --- */

/* Packets that came meanwhile are too old to be forwarded. */
static void
stale_free(uint16_t port, uint16_t nb_rxq)
{
	struct rte_mbuf *m[BURST];
	uint32_t seen;
	uint16_t q, n;

	for (q = 0; q < nb_rxq; q++) {
		seen = 0;
		do {
			n = rte_eth_rx_burst(port, q, m, BURST);
			rte_pktmbuf_free_bulk(m, n);
			seen += n;
		} while (n == BURST && seen < STALE_MAX);
	}
}

static int
ethdev_start(struct app *a, uint16_t port)
{
	struct rte_eth_dev_info info;
	int ret;

	if (goes_on(port, &info)) {
		stale_free(port, info.nb_rx_queues);
		return 0;
	}
	pthread_rwlock_wrlock(&a->ports_lock);
	ret = port_reopen(a, port);
	pthread_rwlock_unlock(&a->ports_lock);
	return ret;
}

/* Some drivers count from zero again. */
static void
stats_rebase(struct app *a, uint16_t port)
{
	struct rte_eth_stats *base = &a->stats_base[port], s;

	if (rte_eth_stats_get(port, &s) == 0 &&
			(s.ipackets < base->ipackets || s.imissed < base->imissed))
		*base = s;
}

static int
workers_start(struct app *a, uint16_t port)
{
	struct rte_eth_dev_info info;
	int ret;

	ret = rte_eth_dev_info_get(port, &info);
	return ret != 0 ? ret : dp_port_start(a->dp, port, info.nb_rx_queues, info.nb_tx_queues);
}

int
port_start(struct app *a, void *arg)
{
	struct port_switch *s = arg;
	int ret;

	ret = check(a, s->port, s->why);
	if (ret != 0)
		return ret;
	if (!is_stopped(a, s->port))
		return app_says(s->why, -EALREADY, "port %u is started already", s->port);
	ret = ethdev_start(a, s->port);
	if (ret != 0)
		return app_says(s->why, ret, "%s", a->why);
	ret = workers_start(a, s->port);
	if (ret != 0) {
		ethdev_stop(a, s->port);
		return app_says(s->why, ret, "port %u: workers do not take it: %s", s->port,
				rte_strerror(-ret));
	}
	stats_rebase(a, s->port);
	a->stopped &= ~RTE_BIT64(s->port);
	ret = ask(a, start_fn, s->port);
	return ret == 0 ? 0
			: app_says(s->why, ret, "port %u: control does not answer: %s", s->port,
					  rte_strerror(-ret));
}

/* --- queues --- */

static int
queues_check(struct app *a, uint16_t port, struct port_queues *q)
{
	const char *what = q->rx ? "RX" : "TX";
	struct rte_eth_dev_info info;
	uint16_t max, now;
	bool fixed;

	if (!is_stopped(a, port))
		return app_says(q->why, -EBUSY, "port %u runs: 'port stop %u' first", port, port);
	fixed = goes_on(port, &info);
	max = q->rx ? info.max_rx_queues : info.max_tx_queues;
	now = q->rx ? info.nb_rx_queues : info.nb_tx_queues;
	if (q->n == 0 || q->n > max)
		return app_says(q->why, -EINVAL, "port %u (%s): 1 to %u %s queues are possible",
				port, info.driver_name, max, what);
	if (fixed && q->n != now)
		return app_says(q->why, -EINVAL,
				"port %u (%s): its driver cannot change the number of queues, which is "
				"%u",
				port, info.driver_name, now);
	return 0;
}

static void
queues_set(struct app *a, uint16_t port, const struct port_queues *q)
{
	if (q->rx)
		a->queues[port].rx = (uint16_t)q->n;
	else
		a->queues[port].tx = (uint16_t)q->n;
}

/* The port of q, or all ethdev ports. */
static bool
is_meant(const struct port_queues *q, uint16_t port)
{
	return q->port == DP_PORT_NIL ? port < DP_PORT_LOGICAL : port == q->port;
}

int
port_queues_set(struct app *a, void *arg)
{
	struct port_queues *q = arg;
	uint16_t i;
	int ret;

	if (q->port != DP_PORT_NIL) {
		ret = check(a, q->port, q->why);
		if (ret != 0)
			return ret;
	}
	for (i = 0; i < a->nb_ports; i++) {
		ret = is_meant(q, a->port[i]) ? queues_check(a, a->port[i], q) : 0;
		if (ret != 0)
			return ret;
	}
	for (i = 0; i < a->nb_ports; i++) {
		if (is_meant(q, a->port[i]))
			queues_set(a, a->port[i], q);
	}
	return 0;
}

/* --- settings of all ports --- */

static int
all_stopped(struct app *a, char *why)
{
	uint16_t i;

	for (i = 0; i < a->nb_ports && a->port[i] < DP_PORT_LOGICAL; i++) {
		if (!is_stopped(a, a->port[i]))
			return app_says(why, -EBUSY, "Please stop all ports first: port %u runs",
					a->port[i]);
	}
	return 0;
}

int
port_all_set(struct app *a, void *arg)
{
	static const struct {
		uint64_t min, max;
		const char *what;
	} kinds[] = {
		[PORT_RXD] = { 1, 65535, "RX descriptors" },
		[PORT_TXD] = { 1, 65535, "TX descriptors" },
		[PORT_MAX_PKT_LEN] = { 64, 65535, "octets of a frame" },
	};
	struct port_all *all = arg;
	int ret;

	ret = all_stopped(a, all->why);
	if (ret != 0)
		return ret;
	if (all->n < kinds[all->kind].min || all->n > kinds[all->kind].max)
		return app_says(all->why, -EINVAL, "%ju: %ju to %ju %s are allowed",
				(uintmax_t)all->n, (uintmax_t)kinds[all->kind].min,
				(uintmax_t)kinds[all->kind].max, kinds[all->kind].what);
	switch (all->kind) {
	case PORT_RXD:
		a->opt.rxd = (uint32_t)all->n;
		break;
	case PORT_TXD:
		a->opt.txd = (uint32_t)all->n;
		break;
	case PORT_MAX_PKT_LEN:
		a->opt.max_pkt_len = (uint32_t)all->n;
		break;
	}
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Forwarding ports that come and go while the program runs, whether or not it forwards. Main
 * thread, with the help of control. A port comes: ethdev, workers, control; and goes: control (what
 * leads to it), workers, control (its tables), ethdev. What fails on the way in is undone.
 */

#include <errno.h>
#include <string.h>

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

#include "app.h"
#include "capture.h"

/* Control may need some grace periods; flushing a million routes takes longest. */
#define CONTROL_MS 5000

/* Workers that did not stop: nobody knows what they still look at. */
static bool
stalled(const struct app *a)
{
	return atomic_load(&a->forwarding) && !atomic_load(&a->dp->running);
}

static int
add_fn(struct control *c, void *port)
{
	return control_port_add(c, *(uint16_t *)port);
}

static int
leave_fn(struct control *c, void *port)
{
	return control_port_leave(c, *(uint16_t *)port);
}

static int
del_fn(struct control *c, void *port)
{
	return control_port_del(c, *(uint16_t *)port);
}

static int
ask(struct app *a, control_fn fn, uint16_t port)
{
	return run_ask(a, fn, &port, sizeof(port), CONTROL_MS);
}

/* A worker that loses its CPU for a second is no reason to give up. */
static int
workers_leave(struct app *a, uint16_t port)
{
	uint64_t end = control_now_us() + (uint64_t)CONTROL_MS * 1000;
	int ret;

	do
		ret = dp_port_del(a->dp, port);
	while (ret == -ETIMEDOUT && control_now_us() < end);
	return ret == -ENODEV ? 0 : ret;
}

/* Tables go last, for workers read them. Control may have been late with what it was asked before,
 * so that it does not know the port, or does.
 */
static int
tables_leave(struct app *a, uint16_t port)
{
	int ret;

	ret = workers_leave(a, port);
	if (ret == 0)
		ret = ask(a, del_fn, port);
	return ret == -ENODEV ? 0 : ret;
}

/* --- ports that come --- */

/* With the ethdev started, or the logical port made. */
static int
take_over(struct app *a, uint16_t port, char *why)
{
	int ret = ask(a, add_fn, port);

	if (ret == 0) {
		ports_list(a, port, true);
		return 0;
	}
	ask(a, leave_fn, port);
	if (tables_leave(a, port) != 0)
		APP_LOG(ERR, "port %u: workers or control do not let go of it\n", port);
	return app_says(why, ret, "port %u: control cannot take it over: %s", port,
			rte_strerror(-ret));
}

static int
forward_with(struct app *a, uint16_t port, char *why)
{
	struct rte_eth_dev_info info;
	int ret;

	ret = rte_eth_dev_info_get(port, &info);
	if (ret == 0)
		ret = dp_port_add(a->dp, port, pmd_ipoib_is(port) ? DP_PORT_IPOIB : DP_PORT_ETH,
				info.nb_rx_queues, info.nb_tx_queues);
	if (ret != 0)
		return app_says(why, ret, "port %u: workers cannot take it over: %s", port,
				rte_strerror(-ret));
	rte_eth_stats_get(port, &a->stats_base[port]);
	return take_over(a, port, why);
}

/* Close a stopped ethdev and remove its device. */
static void
dev_remove(uint16_t port)
{
	struct rte_eth_dev_info info;
	int ret;

	ret = rte_eth_dev_info_get(port, &info);
	rte_eth_dev_close(port);
	if (ret == 0)
		ret = rte_dev_remove(info.device);
	if (ret != 0)
		APP_LOG(ERR, "port %u: its device cannot be removed: %s\n", port,
				rte_strerror(-ret));
}

int
port_plug(struct app *a, void *arg)
{
	struct port_plug *plug = arg;
	int ret;

	if (stalled(a))
		return app_says(plug->why, -EBUSY, "a worker does not stop");
	ret = rte_eal_hotplug_add("vdev", plug->name, plug->args);
	if (ret == -EEXIST)
		return app_says(plug->why, ret, "a device '%s' is there already", plug->name);
	if (ret != 0)
		return app_says(plug->why, ret,
				"the driver does not take '%s,%s': %s; see the lines above",
				plug->name, plug->args, rte_strerror(-ret));
	ret = rte_eth_dev_get_port_by_name(plug->name, &plug->port);
	if (ret != 0) {
		rte_eal_hotplug_remove("vdev", plug->name);
		return app_says(plug->why, ret, "device '%s' is no Ethernet or IPoIB device",
				plug->name);
	}
	ret = port_open_late(a, plug->port);
	if (ret != 0) {
		app_says(plug->why, ret, "%s", a->why);
		goto remove;
	}
	ret = forward_with(a, plug->port, plug->why);
	if (ret == 0) {
		a->plugged |= RTE_BIT64(plug->port);
		return 0;
	}
	rte_eth_dev_stop(plug->port);
remove:
	dev_remove(plug->port);
	return ret;
}

/* Bit mask of all ethdevs. */
static uint64_t
ethdevs(void)
{
	uint64_t set = 0;
	uint16_t port;

	RTE_ETH_FOREACH_DEV(port)
		set |= RTE_BIT64(port);
	return set;
}

/* A new ethdev becomes a forwarding port that is stopped. */
static int
attach_port(struct app *a, struct port_attach *at, uint16_t port)
{
	struct port_switch s = { .port = port };
	int ret;

	ret = port_open_late(a, port);
	if (ret != 0) {
		app_says(at->why, ret, "%s", a->why);
		dev_remove(port);
		return ret;
	}
	ret = forward_with(a, port, at->why);
	if (ret != 0) {
		rte_eth_dev_stop(port);
		dev_remove(port);
		return ret;
	}
	at->port[at->nb++] = port;
	ret = port_stop(a, &s);
	return ret == 0 ? 0 : app_says(at->why, ret, "%s", s.why);
}

int
port_attach(struct app *a, void *arg)
{
	struct port_attach *at = arg;
	uint64_t before = ethdevs(), left;
	int ret;

	if (stalled(a))
		return app_says(at->why, -EBUSY, "a worker does not stop");
	ret = rte_dev_probe(at->ident);
	if (ret != 0)
		return app_says(at->why, ret,
				"Failed to attach port %s: %s (as --vdev and -a take it; see the lines "
				"above)",
				at->ident,
				ret == -EEXIST ? "it is there already" : rte_strerror(-ret));
	left = ethdevs() & ~before;
	if (left == 0)
		return app_says(at->why, -ENODEV,
				"Failed to attach port %s: it is no Ethernet or IPoIB "
				"device, or is attached already",
				at->ident);
	for (; ret == 0 && left != 0; left &= left - 1)
		ret = attach_port(a, at, (uint16_t)__builtin_ctzll(left));
	return ret;
}

int
port_logical_add(struct app *a, void *arg)
{
	struct port_logical *l = arg;
	int ret;

	if (stalled(a))
		return app_says(l->why, -EBUSY, "a worker does not stop");
	ret = dp_port_add_logical(a->dp, l->kind, l->vlan, l->parent);
	if (ret == -ENOSPC)
		return app_says(l->why, ret, "no room for more than %u logical ports",
				DP_PORTS_MAX - DP_PORT_LOGICAL);
	if (ret < 0)
		return app_says(l->why, ret, "workers cannot take it over: %s", rte_strerror(-ret));
	l->port = (uint16_t)ret;
	return take_over(a, l->port, l->why);
}

/* --- ports that go --- */

static uint16_t
bound_to(const struct dp *dp, uint16_t port)
{
	uint16_t i;

	for (i = 0; i < DP_PORTS_MAX - 1; i++) {
		if (dp->port[i].kind != DP_PORT_NONE && atomic_load(&dp->port[i].bind) == port)
			break;
	}
	return i;
}

static int
leave(struct app *a, uint16_t port, char *why)
{
	int ret = ask(a, leave_fn, port);

	if (ret == -EBUSY)
		return app_says(why, ret, "port %u: a sub-port or bond sends by it", port);
	if (ret == -EADDRINUSE)
		return app_says(why, -EBUSY,
				"port %u: port %u is bound to it, and would be bound no more: "
				"'ip bind del' first",
				port, bound_to(a->dp, port));
	if (ret == -EAGAIN)
		return app_says(why, -ETIMEDOUT,
				"port %u: is down, but not all that leads to it is gone yet: try again",
				port);
	if (ret != 0 && ret != -ENODEV)
		return app_says(why, ret, "port %u: %s", port, rte_strerror(-ret));
	return 0;
}

/* Nobody else sees the port any more. */
static void
ethdev_leave(struct app *a, uint16_t port, bool keep_device)
{
	uint64_t events = 0;

	a->stopped &= ~RTE_BIT64(port);
	a->plugged &= ~RTE_BIT64(port);
	memset(&a->queues[port], 0, sizeof(a->queues[port]));
	rte_eth_dev_stop(port);
	if (pmd_ipoib_is(port))
		a->hca_gone += account_hca(port, &events);
	if (keep_device)
		rte_eth_dev_close(port);
	else
		dev_remove(port);
}

int
port_unplug(struct app *a, void *arg)
{
	struct port_unplug *u = arg;
	struct capture_row capture;
	int ret;

	if (stalled(a))
		return app_says(u->why, -EBUSY, "a worker does not stop");
	if (!app_has_port(a, u->port))
		return app_says(u->why, -ENODEV, "no port %u", u->port);
	if (u->only_stopped && u->port >= DP_PORT_LOGICAL)
		return app_says(u->why, -EINVAL,
				"port %u is a logical port: 'ip vlan del' or 'ipoib "
				"bond del' removes it",
				u->port);
	if (u->only_stopped && (a->stopped & RTE_BIT64(u->port)) == 0)
		return app_says(u->why, -EBUSY, "Port not stopped: 'port stop %u' first", u->port);
	ret = leave(a, u->port, u->why);
	if (ret != 0)
		return ret;
	ret = capture_stop(a, u->port, true, &capture);
	if (ret == -ETIMEDOUT)
		return app_says(u->why, ret, "port %u: a worker still captures: try again",
				u->port);
	if (tables_leave(a, u->port) != 0)
		return app_says(u->why, -ETIMEDOUT,
				"port %u: is down, but a worker still looks at it: try again",
				u->port);
	ports_list(a, u->port, false);
	if (u->port < DP_PORT_LOGICAL)
		ethdev_leave(a, u->port, u->keep_device);
	return 0;
}

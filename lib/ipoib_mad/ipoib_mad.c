/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ib_mad.h"
#include "mad_follow.h"
#include "mad_transport.h"

RTE_LOG_REGISTER(mad_logtype, ipoib.mad, NOTICE);

#define LISTENERS_MAX 16
#define POLL_MAX 64
#define EV_ALL \
	(IPOIB_MAD_EV_STATE | IPOIB_MAD_EV_LID | IPOIB_MAD_EV_SM | IPOIB_MAD_EV_GID | \
			IPOIB_MAD_EV_PKEY)

struct listener {
	ipoib_mad_event_cb cb; /* NULL: free */
	void *arg;
	bool greeted; /* has been told everything once */
};

struct taker {
	ipoib_mad_recv_cb cb; /* NULL: nobody */
	void *arg;
};

struct ipoib_mad {
	const struct mad_transport_ops *ops;
	void *priv;
	struct ipoib_mad_port port;
	struct mad_follow follow; /* where ops->identity is NULL */
	bool connected;
	bool known; /* the identity was seen on this connection */
	bool once_connected;
	bool reconnected;	    /* REREGISTER is to be told with the identity */
	uint32_t injected;	    /* events from elsewhere, not yet told */
	struct ipoib_mad_dest from; /* of the MAD that is being handed over */
	uint64_t now_us;	    /* the caller's, of the last poll */
	/* The caller's clock may be any; ours goes on where open() left it. */
	bool clock_set;
	uint64_t clock_skew;
	struct listener listeners[LISTENERS_MAX];
	struct taker takers[256];
	struct ipoib_mad_stats stats;
};

uint64_t
mad_clock_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static const char *
state_name(enum ipoib_mad_state state)
{
	static const char *const names[] = { "ABSENT", "DOWN", "INIT", "ARMED", "ACTIVE" };

	return names[state];
}

/* What differs between two identities, as events. */
static uint32_t
port_diff(const struct ipoib_mad_port *a, const struct ipoib_mad_port *b)
{
	uint32_t ev = 0;

	if (a->state != b->state)
		ev |= IPOIB_MAD_EV_STATE;
	if (a->lid != b->lid || a->lmc != b->lmc)
		ev |= IPOIB_MAD_EV_LID;
	if (a->sm_lid != b->sm_lid || a->sm_sl != b->sm_sl)
		ev |= IPOIB_MAD_EV_SM;
	if (!ib_gid_equal(&a->gid, &b->gid))
		ev |= IPOIB_MAD_EV_GID;
	if (a->nb_pkeys != b->nb_pkeys ||
			memcmp(a->pkeys, b->pkeys, a->nb_pkeys * sizeof(a->pkeys[0])) != 0)
		ev |= IPOIB_MAD_EV_PKEY;
	return ev;
}

static void
log_change(const struct ipoib_mad *mad)
{
	const struct ipoib_mad_port *p = &mad->port;

	if (p->state == IPOIB_MAD_ABSENT)
		MAD_LOG(NOTICE, "%s port %u: absent: %s\n", p->device, p->port_num,
				ipoib_mad_reason(mad));
	else
		MAD_LOG(NOTICE, "%s port %u: %s, LID %u, SM LID %u\n", p->device, p->port_num,
				state_name(p->state), p->lid, p->sm_lid);
}

static void
tell(struct ipoib_mad *mad, uint32_t events)
{
	unsigned int i;

	for (i = 0; i < LISTENERS_MAX; i++) {
		struct listener *l = &mad->listeners[i];
		uint32_t ev = l->greeted ? events : EV_ALL;

		if (l->cb == NULL || ev == 0)
			continue;
		l->greeted = true;
		l->cb(l->arg, ev, &mad->port);
	}
}

/* Take over what the port is now. */
static uint32_t
port_update(struct ipoib_mad *mad, const struct ipoib_mad_port *now)
{
	struct ipoib_mad_port next = *now;
	uint32_t ev;

	memcpy(next.device, mad->port.device, sizeof(next.device));
	next.port_num = mad->port.port_num;
	next.grh_required = mad->port.grh_required;
	memset(next.pkeys + next.nb_pkeys, 0,
			(IPOIB_MAD_PKEYS_MAX - next.nb_pkeys) * sizeof(next.pkeys[0]));
	ev = port_diff(&mad->port, &next);
	if (mad->reconnected)
		ev |= IPOIB_MAD_EV_REREGISTER;
	mad->reconnected = false;
	mad->port = next;
	mad->known = true;
	if ((ev & (IPOIB_MAD_EV_STATE | IPOIB_MAD_EV_LID | IPOIB_MAD_EV_SM)) != 0)
		log_change(mad);
	return ev;
}

/* What was known stays, so that a return to the same identity shows as such. */
static uint32_t
port_absent(struct ipoib_mad *mad)
{
	if (mad->port.state == IPOIB_MAD_ABSENT)
		return 0;
	mad->port.state = IPOIB_MAD_ABSENT;
	log_change(mad);
	return IPOIB_MAD_EV_STATE;
}

static bool
is_smp(const struct ib_mad_hdr *hdr)
{
	return hdr->mgmt_class == IB_MAD_CLASS_SMP_DIRECT ||
			hdr->mgmt_class == IB_MAD_CLASS_SMP_LID;
}

static uint32_t
dispatch_smp(struct ipoib_mad *mad, const struct mad_rx *rx, uint64_t now_us)
{
	if (rx->status != 0) {
		mad_follow_returned(&mad->follow, now_us, rx->mad);
		return 0;
	}
	switch (mad_follow_recv(&mad->follow, now_us, rx->mad, mad->ops, mad->priv)) {
	case MAD_FOLLOW_MORE:
		return 0;
	case MAD_FOLLOW_ROUND:
		return port_update(mad, &mad->follow.port);
	case MAD_FOLLOW_OTHER_SM:
		MAD_LOG(NOTICE, "%s port %u: another SM, or the same one anew\n", mad->port.device,
				mad->port.port_num);
		return IPOIB_MAD_EV_REREGISTER;
	default:
		mad->stats.unclaimed++;
		return 0;
	}
}

static uint32_t
dispatch(struct ipoib_mad *mad, const struct mad_rx *rx, uint64_t now_us)
{
	const struct ib_mad_hdr *hdr = (const struct ib_mad_hdr *)rx->mad;
	const struct taker *t = &mad->takers[hdr->mgmt_class];

	if (rx->status == 0)
		mad->stats.received++;
	else
		mad->stats.returned++;
	if (hdr->base_version != IB_MAD_BASE_VERSION) {
		mad->stats.unclaimed++;
		return 0;
	}
	if (is_smp(hdr) && mad->ops->identity == NULL)
		return dispatch_smp(mad, rx, now_us);
	mad->from = rx->from;
	if (t->cb == NULL)
		mad->stats.unclaimed++;
	else
		t->cb(t->arg, rx->status, rx->mad, rx->from.dlid);
	return 0;
}

/*
 * Notice a new connection or a lost one. The other end may have forgotten what
 * we registered on the old one.
 */
static void
connection_edge(struct ipoib_mad *mad, bool connected, uint64_t now_us)
{
	if (connected == mad->connected)
		return;
	mad->connected = connected;
	mad->known = false;
	if (!connected)
		return;
	if (mad->once_connected) {
		mad->stats.reconnects++;
		mad->reconnected = true;
	}
	mad->once_connected = true;
	mad_follow_reset(&mad->follow, now_us);
}

static uint32_t
follow(struct ipoib_mad *mad, uint64_t now_us)
{
	struct ipoib_mad_port next;

	if (mad->ops->identity == NULL) {
		if (mad_follow_tick(&mad->follow, now_us, mad->ops, mad->priv))
			return 0;
		return port_absent(mad);
	}
	memset(&next, 0, sizeof(next));
	if (!mad->ops->identity(mad->priv, now_us, &next))
		return 0;
	return port_update(mad, &next);
}

/* One round of everything at our own time. */
static int
poll_at(struct ipoib_mad *mad, uint64_t now_us)
{
	uint32_t ev = mad->injected;
	struct mad_rx rx;
	int nb = 0;

	mad->injected = 0;
	connection_edge(mad, mad->ops->upkeep(mad->priv, now_us), now_us);
	while (nb < POLL_MAX && mad->ops->recv(mad->priv, &rx) > 0) {
		ev |= dispatch(mad, &rx, now_us);
		nb++;
	}
	if (mad->connected)
		ev |= follow(mad, now_us);
	else
		ev |= port_absent(mad);
	tell(mad, ev);
	return nb;
}

void
ipoib_mad_pace_set(struct ipoib_mad *mad, uint64_t us)
{
	mad->follow.pace_us = us;
	if (mad->ops->pace != NULL)
		mad->ops->pace(mad->priv, us);
}

int
ipoib_mad_poll(struct ipoib_mad *mad, uint64_t now_us)
{
	if (!mad->clock_set) {
		mad->clock_skew = mad_clock_us() - now_us;
		mad->clock_set = true;
	}
	mad->now_us = now_us;
	return poll_at(mad, now_us + mad->clock_skew);
}

/* Give the fabric a moment, so that the identity is there when open() returns. */
static void
open_wait(struct ipoib_mad *mad)
{
	uint64_t start_us = mad_clock_us();
	uint64_t now_us = start_us;

	do {
		struct pollfd pfd = { .events = POLLIN };

		poll_at(mad, now_us);
		if (!mad->connected || mad->known)
			return;
		pfd.fd = ipoib_mad_fd(mad);
		poll(&pfd, 1, 2);
		now_us = mad_clock_us();
	} while (now_us < start_us + MAD_OPEN_WAIT_US / 2);
}

int
mad_open_transport(const struct mad_transport_ops *ops, const struct ipoib_mad_cfg *cfg,
		const char *arg, struct ipoib_mad **mad)
{
	struct ipoib_mad *m;
	int ret;

	m = calloc(1, sizeof(*m));
	if (m == NULL)
		return -ENOMEM;
	m->ops = ops;
	snprintf(m->port.device, sizeof(m->port.device), "%s", cfg->device);
	m->port.port_num = cfg->port_num;
	m->port.grh_required = cfg->grh_required;
	ret = ops->open(cfg, arg, &m->priv);
	if (ret != 0) {
		free(m);
		return ret;
	}
	open_wait(m);
	if (m->port.state == IPOIB_MAD_ABSENT)
		log_change(m);
	*mad = m;
	return 0;
}

static bool
transport_is(const char *text, const char *name, const char **arg)
{
	size_t len = strlen(name);

	if (strncmp(text, name, len) != 0 || (text[len] != '\0' && text[len] != ':'))
		return false;
	*arg = text[len] == ':' ? text + len + 1 : NULL;
	return true;
}

int
ipoib_mad_open(const struct ipoib_mad_cfg *cfg, struct ipoib_mad **mad)
{
	const char *transport = cfg->transport != NULL ? cfg->transport : "";
	const char *device = cfg->device != NULL ? cfg->device : "";
	const char *arg = NULL;

	if (device[0] == '\0' || strlen(device) >= IPOIB_MAD_NAME_LEN) {
		MAD_LOG(ERR, "device name '%s': 1 to %d characters are allowed\n", device,
				IPOIB_MAD_NAME_LEN - 1);
		return -EINVAL;
	}
	if (cfg->port_num == 0) {
		MAD_LOG(ERR, "port 0 of '%s': ports are counted from 1\n", device);
		return -EINVAL;
	}
	if (transport_is(transport, "umad", &arg))
		return mad_open_transport(&mad_transport_umad, cfg, arg, mad);
	if (transport_is(transport, "ibsim", &arg))
		return mad_open_transport(&mad_transport_ibsim, cfg, arg, mad);
	MAD_LOG(ERR, "transport '%s': allowed are umad, ibsim and ibsim:NAME\n", transport);
	return -EINVAL;
}

void
ipoib_mad_close(struct ipoib_mad *mad)
{
	if (mad == NULL)
		return;
	mad->ops->close(mad->priv);
	free(mad);
}

const struct ipoib_mad_port *
ipoib_mad_port(const struct ipoib_mad *mad)
{
	return &mad->port;
}

const char *
ipoib_mad_reason(const struct ipoib_mad *mad)
{
	const char *reason = mad->ops->reason(mad->priv);

	if (mad->port.state != IPOIB_MAD_ABSENT)
		return "";
	return reason[0] != '\0' ? reason : "the port's identity is not known yet";
}

bool
mad_wants_answer(const uint8_t *mad)
{
	const struct ib_sa_mad *m = (const struct ib_sa_mad *)mad;

	if ((m->hdr.method & IB_MAD_METHOD_RESP) != 0)
		return false;
	/* RMPP's own messages (ACK, STOP, ABORT) look like requests otherwise. */
	return m->hdr.mgmt_class != IB_MAD_CLASS_SUBN_ADM ||
			(m->rmpp.flags & IB_RMPP_FLAG_ACTIVE) == 0;
}

int
ipoib_mad_send_to(struct ipoib_mad *mad, const uint8_t *buf, const struct ipoib_mad_dest *dest)
{
	int ret = -ENOTCONN;

	if (mad->port.state != IPOIB_MAD_ABSENT)
		ret = mad->ops->send(mad->priv, buf, dest);
	if (ret == 0)
		mad->stats.sent++;
	else
		mad->stats.send_errors++;
	return ret;
}

int
ipoib_mad_send(struct ipoib_mad *mad, const uint8_t *buf, uint16_t dlid, uint8_t sl)
{
	struct ipoib_mad_dest dest = { .dlid = dlid, .sl = sl };

	return ipoib_mad_send_to(mad, buf, &dest);
}

const struct ipoib_mad_dest *
ipoib_mad_rx_from(const struct ipoib_mad *mad)
{
	return &mad->from;
}

uint32_t
ipoib_mad_qpn(const struct ipoib_mad *mad)
{
	return mad->ops->qpn != NULL ? mad->ops->qpn(mad->priv) : 1;
}

uint64_t
ipoib_mad_now(const struct ipoib_mad *mad)
{
	return mad->now_us;
}

bool
ipoib_mad_unsolicited(const struct ipoib_mad *mad, uint8_t mgmt_class)
{
	if (mad->takers[mgmt_class].cb == NULL)
		return false;
	return mad->ops->unsolicited == NULL || mad->ops->unsolicited(mad->priv, mgmt_class);
}

void
ipoib_mad_event_inject(struct ipoib_mad *mad, uint32_t events)
{
	mad->injected |= events;
	/* So that who is told finds the new identity. */
	if (mad->ops->look != NULL)
		mad->ops->look(mad->priv);
}

int
ipoib_mad_register(struct ipoib_mad *mad, uint8_t mgmt_class, ipoib_mad_recv_cb cb, void *arg)
{
	struct taker *t = &mad->takers[mgmt_class];

	if (mgmt_class == IB_MAD_CLASS_SMP_LID || mgmt_class == IB_MAD_CLASS_SMP_DIRECT)
		return -ENOTSUP;
	if (cb != NULL && t->cb != NULL)
		return -EBUSY;
	if (cb != NULL && mad->ops->take_class != NULL) {
		int ret = mad->ops->take_class(mad->priv, mgmt_class);

		if (ret != 0)
			return ret;
	}
	t->cb = cb;
	t->arg = arg;
	return 0;
}

int
ipoib_mad_listen(struct ipoib_mad *mad, ipoib_mad_event_cb cb, void *arg)
{
	unsigned int i;

	for (i = 0; i < LISTENERS_MAX; i++) {
		if (mad->listeners[i].cb != NULL)
			continue;
		mad->listeners[i] = (struct listener){ .cb = cb, .arg = arg };
		return 0;
	}
	return -ENOSPC;
}

void
ipoib_mad_unlisten(struct ipoib_mad *mad, ipoib_mad_event_cb cb, void *arg)
{
	unsigned int i;

	for (i = 0; i < LISTENERS_MAX; i++) {
		struct listener *l = &mad->listeners[i];

		if (l->cb == cb && l->arg == arg)
			*l = (struct listener){ 0 };
	}
}

int
ipoib_mad_fd(const struct ipoib_mad *mad)
{
	return mad->ops->fd(mad->priv);
}

void
ipoib_mad_stats_get(const struct ipoib_mad *mad, struct ipoib_mad_stats *stats)
{
	*stats = mad->stats;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * The kernel's InfiniBand interfaces, by rtnetlink: those with our port's GID share its
 * memberships. When one of them comes, goes or changes, ours are verified at once. Only where the
 * HCA is a real one; the socket never blocks, and is read ten times a second.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "ipoib_ctrl.h"

#define POLL_US (100 * CTL_US_PER_MS)
/* Interfaces that are remembered, and messages taken in one turn. */
#define IFACES_MAX 256
#define MESSAGES_MAX 64
/* Flags whose change matters. */
#define IFACE_FLAGS (IFF_UP | IFF_RUNNING)

struct iface {
	int index;
	unsigned int flags;
	struct ipoib_addr addr, bcast;
};

struct ctl_nlwatch {
	struct control *c;
	struct mnl_socket *sock; /* NULL: a test's file descriptor */
	int fd;
	bool complete; /* all interfaces were listed */
	uint32_t nb;
	struct iface ifaces[IFACES_MAX];
	struct ctl_timer timer;
};

static void
iface_changed(struct ctl_nlwatch *w, const struct iface *i)
{
	uint16_t port;

	for (port = 0; port < CTL_PORTS_MAX; port++) {
		struct ctl_port *p = w->c->ports[port];

		if (p != NULL && p->hca != NULL && ib_gid_equal(&p->info.gid, &i->addr.gid))
			mcast_verify_now(p);
	}
}

static struct iface *
iface_find(struct ctl_nlwatch *w, int index)
{
	uint32_t i;

	for (i = 0; i < w->nb; i++) {
		if (w->ifaces[i].index == index)
			return &w->ifaces[i];
	}
	return NULL;
}

static void
iface_set(struct ctl_nlwatch *w, const struct iface *now)
{
	struct iface *i = iface_find(w, now->index);

	if (i != NULL && memcmp(i, now, sizeof(*i)) == 0)
		return;
	if (i != NULL) {
		/* Under its old GID it is gone. */
		if (!ib_gid_equal(&i->addr.gid, &now->addr.gid))
			iface_changed(w, i);
		*i = *now;
	} else if (w->nb < IFACES_MAX) {
		w->ifaces[w->nb++] = *now;
	}
	iface_changed(w, now);
}

static void
iface_gone(struct ctl_nlwatch *w, int index)
{
	struct iface *i = iface_find(w, index);
	struct iface old;

	if (i == NULL)
		return;
	old = *i;
	*i = w->ifaces[--w->nb];
	iface_changed(w, &old);
}

static void
attr_addr(const struct nlattr *attr, struct ipoib_addr *addr)
{
	if (mnl_attr_get_payload_len(attr) == sizeof(*addr))
		memcpy(addr, mnl_attr_get_payload(attr), sizeof(*addr));
}

static int
message(const struct nlmsghdr *nlh, void *arg)
{
	struct ctl_nlwatch *w = arg;
	const struct nlattr *attr;
	const struct ifinfomsg *ifi;
	struct iface now;

	if ((nlh->nlmsg_type != RTM_NEWLINK && nlh->nlmsg_type != RTM_DELLINK) ||
			mnl_nlmsg_get_payload_len(nlh) < sizeof(*ifi))
		return MNL_CB_OK;
	ifi = mnl_nlmsg_get_payload(nlh);
	if (ifi->ifi_type != ARPHRD_INFINIBAND)
		return MNL_CB_OK;
	if (nlh->nlmsg_type == RTM_DELLINK) {
		iface_gone(w, ifi->ifi_index);
		return MNL_CB_OK;
	}
	memset(&now, 0, sizeof(now));
	now.index = ifi->ifi_index;
	now.flags = ifi->ifi_flags & IFACE_FLAGS;
	mnl_attr_for_each(attr, nlh, sizeof(*ifi))
	{
		if (mnl_attr_get_type(attr) == IFLA_ADDRESS)
			attr_addr(attr, &now.addr);
		else if (mnl_attr_get_type(attr) == IFLA_BROADCAST)
			attr_addr(attr, &now.bcast);
	}
	iface_set(w, &now);
	return MNL_CB_OK;
}

void
nlwatch_input(struct control *c, const void *buf, size_t len)
{
	struct ctl_nlwatch *w = c->nlwatch;

	/* The end of the list stops it; an error message, of which there is none to expect, too. */
	if (w != NULL && mnl_cb_run(buf, len, 0, 0, message, w) == MNL_CB_STOP)
		w->complete = true;
}

static int
list_ask(struct ctl_nlwatch *w)
{
	struct {
		struct nlmsghdr nlh;
		struct ifinfomsg ifi;
	} req = {
		.nlh = { .nlmsg_len = sizeof(req),
				.nlmsg_type = RTM_GETLINK,
				.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
	};

	return send(w->fd, &req, sizeof(req), MSG_DONTWAIT) < 0 ? -errno : 0;
}

/* Messages were lost: whatever changed, changed. */
static void
overrun(struct ctl_nlwatch *w)
{
	uint32_t i;

	for (i = 0; i < w->nb; i++)
		iface_changed(w, &w->ifaces[i]);
	w->nb = 0;
	w->complete = false;
	list_ask(w);
}

static void
watch_timer(struct control *c, void *arg)
{
	_Alignas(struct nlmsghdr) static char buf[32768];
	struct ctl_nlwatch *w = arg;
	struct sockaddr_nl from;
	socklen_t len;
	ssize_t n;
	int i;

	for (i = 0; i < MESSAGES_MAX; i++) {
		memset(&from, 0, sizeof(from));
		len = sizeof(from);
		n = recvfrom(w->fd, buf, sizeof(buf), MSG_DONTWAIT, (struct sockaddr *)&from, &len);
		if (n < 0 && errno == ENOBUFS)
			overrun(w);
		if (n <= 0)
			break;
		/* From the kernel only. */
		if (w->sock == NULL || from.nl_pid == 0)
			nlwatch_input(c, buf, (size_t)n);
	}
	timer_set(c, &w->timer, c->now + POLL_US);
}

bool
nlwatch_kernel_uses(const struct control *c, const struct ib_gid *gid, uint16_t pkey)
{
	const struct ctl_nlwatch *w = c->nlwatch;
	uint32_t i;

	/* Who cannot know it must not take anything away. */
	if (w == NULL || !w->complete || w->nb == IFACES_MAX)
		return true;
	for (i = 0; i < w->nb; i++) {
		const struct iface *f = &w->ifaces[i];
		uint16_t theirs = (uint16_t)(f->bcast.gid.raw[4] << 8 | f->bcast.gid.raw[5]);

		if (ib_gid_equal(&f->addr.gid, gid) && IB_PKEY_BASE(theirs) == IB_PKEY_BASE(pkey))
			return true;
	}
	return false;
}

int
nlwatch_start_fd(struct control *c, int fd)
{
	struct ctl_nlwatch *w;
	int ret;

	if (c->nlwatch != NULL)
		return 0;
	w = calloc(1, sizeof(*w));
	if (w == NULL)
		return -ENOMEM;
	ret = timer_init(c, &w->timer, watch_timer, w);
	if (ret != 0) {
		free(w);
		return ret;
	}
	w->c = c;
	w->fd = fd;
	c->nlwatch = w;
	list_ask(w);
	timer_set(c, &w->timer, c->now);
	return 0;
}

void
nlwatch_start(struct control *c)
{
	struct mnl_socket *sock;

	if (c->nlwatch != NULL)
		return;
	sock = mnl_socket_open2(NETLINK_ROUTE, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (sock != NULL && mnl_socket_bind(sock, RTMGRP_LINK, MNL_SOCKET_AUTOPID) == 0 &&
			nlwatch_start_fd(c, mnl_socket_get_fd(sock)) == 0) {
		c->nlwatch->sock = sock;
		return;
	}
	CTL_LOG(WARNING, "no netlink (%s): InfiniBand interfaces of the kernel are not noticed",
			strerror(errno));
	if (sock != NULL)
		mnl_socket_close(sock);
}

void
nlwatch_stop(struct control *c)
{
	struct ctl_nlwatch *w = c->nlwatch;

	if (w == NULL)
		return;
	timer_fini(c, &w->timer);
	if (w->sock != NULL)
		mnl_socket_close(w->sock);
	free(w);
	c->nlwatch = NULL;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * A client of ibsim, the InfiniBand fabric simulator: one datagram socket for
 * control, one for packets, in the abstract namespace.
 *
 * ibsim trusts its clients, hence three rules. It ends itself when a client's
 * packet socket is gone while it handles the client's CONNECT: sockets stay
 * open until CONNECT is answered. It waits busily for a client whose socket is
 * full: everything is read in each poll. It has ten places: they are given
 * back.
 *
 * MADs that nobody asked for go to the SM of a node, or to the client that has
 * given itself the packet's destination QP. So we take a QPN of our own and ask
 * from it: OpenSM sends reports to the QPN that subscribed.
 */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_byteorder.h>
#include <rte_random.h>

#include "ib_mad.h"
#include "mad_transport.h"

/* Control messages, ibsim.h's sim_ctl: host order. */
struct sim_ctl {
	uint32_t magic;
	uint32_t client;
	uint32_t type;
	uint32_t len;
	uint8_t data[64];
};
static_assert(sizeof(struct sim_ctl) == 80, "ibsim takes no other length");
#define SIM_MAGIC 0xdeadbeef

enum sim_ctl_type {
	SIM_CTL_ERROR = 0, /* as an answer */
	SIM_CTL_CONNECT = 1,
	SIM_CTL_DISCONNECT = 2,
	SIM_CTL_GET_PORT = 3
};

/* What CONNECT carries. */
struct sim_connect {
	uint32_t id; /* asked: name of our sockets; answered: our place */
	uint32_t qp;
	uint32_t issm;
	char node[32];
};
static_assert(sizeof(struct sim_connect) <= sizeof(((struct sim_ctl *)0)->data), "fits");

/* A packet; addresses in network order, 32 bits wide. */
struct sim_packet {
	uint32_t dlid;
	uint32_t slid;
	uint32_t dqp;
	uint32_t sqp;
	uint32_t status; /* not 0: the packet comes back to its sender */
	uint32_t pad;
	uint64_t length;
	uint8_t mad[IPOIB_MAD_LEN];
};
static_assert(sizeof(struct sim_packet) == 288, "ibsim takes no other length");

/* Longest name of a fabric: with ":ctl" and a number it must fit into sun_path. */
#define SOCK_NAME_LEN 80
#define CLIENTS_MAX 10

enum link_state {
	LINK_IDLE,  /* no sockets */
	LINK_ASKED, /* CONNECT sent */
	LINK_UP
};

struct ibsim {
	char sock[SOCK_NAME_LEN];
	char node[IPOIB_MAD_NAME_LEN];
	int ctl;
	int pkt;
	enum link_state state;
	uint32_t place;	   /* our number at ibsim */
	uint32_t qpn;	   /* ours, the same on each connection */
	uint64_t retry_us; /* LINK_IDLE: next attempt; LINK_ASKED: next look at ibsim */
	bool ctl_asked;	   /* a question on the control socket is open */
	bool ctl_answered; /* the last one was answered, and no MAD came since */
	char reason[160];
};

static socklen_t __attribute__((format(printf, 2, 3)))
sim_name(struct sockaddr_un *sa, const char *fmt, ...)
{
	va_list ap;
	int len;

	memset(sa, 0, sizeof(*sa));
	sa->sun_family = AF_UNIX;
	va_start(ap, fmt);
	len = vsnprintf(sa->sun_path + 1, sizeof(sa->sun_path) - 1, fmt, ap);
	va_end(ap);
	/* ibsim counts the terminating NUL as part of the name. */
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len + 1);
}

static void
sim_close_sockets(struct ibsim *s)
{
	if (s->ctl >= 0)
		close(s->ctl);
	if (s->pkt >= 0)
		close(s->pkt);
	s->ctl = -1;
	s->pkt = -1;
	s->state = LINK_IDLE;
	s->ctl_asked = false;
	s->ctl_answered = false;
}

static void __attribute__((format(printf, 3, 4)))
sim_down(struct ibsim *s, uint64_t retry_us, const char *fmt, ...)
{
	va_list ap;

	sim_close_sockets(s);
	s->retry_us = retry_us;
	va_start(ap, fmt);
	vsnprintf(s->reason, sizeof(s->reason), fmt, ap);
	va_end(ap);
}

static int
sim_socket(void)
{
	return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/*
 * Bind both sockets to names with one number that nobody else has: the kernel
 * is the judge. Above any process id, which other clients use.
 */
static int
sim_bind(struct ibsim *s, uint32_t *id)
{
	struct sockaddr_un sa;
	unsigned int attempt;
	socklen_t len;

	for (attempt = 0; attempt < 16; attempt++) {
		s->ctl = sim_socket();
		s->pkt = sim_socket();
		if (s->ctl < 0 || s->pkt < 0)
			return -errno;
		*id = UINT32_C(0x40000000) | (uint32_t)(rte_rand() & 0x3fffffff);
		len = sim_name(&sa, "%s:ctl%u", s->sock, *id);
		if (bind(s->ctl, (struct sockaddr *)&sa, len) == 0) {
			len = sim_name(&sa, "%s:in%u", s->sock, *id);
			if (bind(s->pkt, (struct sockaddr *)&sa, len) == 0)
				return 0;
		}
		if (errno != EADDRINUSE)
			return -errno;
		sim_close_sockets(s);
	}
	return -EADDRINUSE;
}

static int
sim_ctl_send(struct ibsim *s, enum sim_ctl_type type, const void *data, uint32_t len)
{
	struct sim_ctl msg;

	memset(&msg, 0, sizeof(msg));
	msg.magic = SIM_MAGIC;
	msg.client = type == SIM_CTL_CONNECT ? 0 : s->place;
	msg.type = type;
	msg.len = len;
	if (len != 0)
		memcpy(msg.data, data, len);
	if (send(s->ctl, &msg, sizeof(msg), MSG_NOSIGNAL) != (ssize_t)sizeof(msg))
		return -errno;
	s->ctl_asked = true;
	s->ctl_answered = false;
	return 0;
}

static void
sim_mute(struct ibsim *s)
{
	snprintf(s->reason, sizeof(s->reason), "ibsim '%s' does not answer", s->sock);
}

/* Open the sockets and ask for a place. */
static void
sim_ask(struct ibsim *s, uint64_t now_us)
{
	uint64_t retry_us = now_us + MAD_RETRY_US;
	struct sim_connect conn;
	struct sockaddr_un sa;
	uint32_t id = 0;
	socklen_t len;
	int ret;

	ret = sim_bind(s, &id);
	if (ret != 0) {
		sim_down(s, retry_us, "no sockets for ibsim '%s': %s", s->sock, strerror(-ret));
		return;
	}
	len = sim_name(&sa, "%s:ctl", s->sock);
	memset(&conn, 0, sizeof(conn));
	conn.id = id;
	conn.qp = s->qpn;
	memcpy(conn.node, s->node, sizeof(conn.node));
	ret = connect(s->ctl, (struct sockaddr *)&sa, len) == 0
			? sim_ctl_send(s, SIM_CTL_CONNECT, &conn, sizeof(conn))
			: -errno;
	if (ret == -EAGAIN) {
		sim_down(s, retry_us, "ibsim '%s' does not answer", s->sock);
	} else if (ret != 0) {
		sim_down(s, retry_us, "no ibsim '%s' is running in this network namespace",
				s->sock);
	} else {
		s->state = LINK_ASKED;
		s->retry_us = retry_us;
		if (s->reason[0] == '\0')
			sim_mute(s);
	}
}

/* The answer to CONNECT. */
static void
sim_connected(struct ibsim *s, const struct sim_ctl *msg, uint64_t now_us)
{
	struct sim_connect conn;
	struct sockaddr_un sa;
	socklen_t len;

	memcpy(&conn, msg->data, sizeof(conn));
	if (msg->type == SIM_CTL_ERROR || conn.id >= CLIENTS_MAX) {
		sim_down(s, now_us + MAD_RETRY_US,
				"ibsim '%s' refuses: it has no node '%s', or no free place (it has %d)",
				s->sock, s->node, CLIENTS_MAX);
		return;
	}
	s->place = conn.id;
	len = sim_name(&sa, "%s:out%u", s->sock, s->place);
	if (connect(s->pkt, (struct sockaddr *)&sa, len) != 0) {
		sim_down(s, now_us + MAD_RETRY_US, "ibsim '%s' went away", s->sock);
		return;
	}
	s->state = LINK_UP;
	/* CONNECT's answer says nothing of what comes later. */
	s->ctl_answered = false;
	s->reason[0] = '\0';
}

/* Take what came on the control socket. */
static void
sim_ctl_recv(struct ibsim *s, uint64_t now_us)
{
	struct sim_ctl msg;
	ssize_t len;

	len = recv(s->ctl, &msg, sizeof(msg), MSG_DONTWAIT);
	if (len < 0 && errno != EAGAIN && errno != EINTR)
		sim_down(s, now_us + MAD_RETRY_US, "ibsim '%s' went away", s->sock);
	if (len != (ssize_t)sizeof(msg))
		return;
	s->ctl_asked = false;
	s->ctl_answered = true;
	if (s->state == LINK_ASKED)
		sim_connected(s, &msg, now_us);
}

static bool
ibsim_upkeep(void *priv, uint64_t now_us)
{
	struct ibsim *s = priv;

	if (s->state == LINK_IDLE) {
		/* Not connected in this call, so that every loss is noticed. */
		if (now_us >= s->retry_us)
			sim_ask(s, now_us);
		return false;
	}
	if (s->ctl_asked)
		sim_ctl_recv(s, now_us);
	if (s->state == LINK_ASKED && now_us >= s->retry_us) {
		/* An empty message changes nothing, but tells whether ibsim lives. */
		s->retry_us = now_us + MAD_RETRY_US;
		sim_mute(s);
		if (send(s->ctl, "", 0, MSG_NOSIGNAL) < 0 && errno != EAGAIN)
			sim_down(s, now_us, "ibsim '%s' went away", s->sock);
	}
	return s->state == LINK_UP;
}

/*
 * No answer for a while. Either ibsim hangs, then it answers nothing at all,
 * or it has given our place away, then it still answers control messages.
 */
static void
ibsim_silent(void *priv)
{
	struct ibsim *s = priv;

	if (s->state != LINK_UP)
		return;
	sim_mute(s);
	if (s->ctl_answered) {
		sim_down(s, 0, "ibsim '%s' has dropped us", s->sock);
	} else if (!s->ctl_asked) {
		int ret = sim_ctl_send(s, SIM_CTL_GET_PORT, NULL, 0);

		if (ret != 0 && ret != -EAGAIN)
			sim_down(s, 0, "ibsim '%s' went away", s->sock);
	}
}

static const char *
ibsim_reason(const void *priv)
{
	const struct ibsim *s = priv;

	return s->reason;
}

static int
ibsim_send(void *priv, const uint8_t *buf, const struct ipoib_mad_dest *dest)
{
	const struct ib_mad_hdr *hdr = (const struct ib_mad_hdr *)buf;
	bool smp = hdr->mgmt_class == IB_MAD_CLASS_SMP_DIRECT ||
			hdr->mgmt_class == IB_MAD_CLASS_SMP_LID;
	struct ibsim *s = priv;
	struct sim_packet pkt;

	/* SLs and GRHs are not simulated: an LID is reached without. */
	if (s->state != LINK_UP)
		return -ENOTCONN;
	memset(&pkt, 0, offsetof(struct sim_packet, mad));
	pkt.dlid = rte_cpu_to_be_16(dest->dlid);
	/* 0 lets ibsim fill in our LID. */
	pkt.slid = dest->dlid == IB_LID_PERMISSIVE ? IB_LID_PERMISSIVE : 0;
	if (!smp) {
		pkt.dqp = rte_cpu_to_be_32(dest->qpn != 0 ? dest->qpn : 1);
		pkt.sqp = rte_cpu_to_be_32(s->qpn);
	}
	pkt.length = rte_cpu_to_be_64(IPOIB_MAD_LEN);
	memcpy(pkt.mad, buf, IPOIB_MAD_LEN);
	if (send(s->pkt, &pkt, sizeof(pkt), MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)sizeof(pkt))
		return 0;
	if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS || errno == ENOMEM)
		return -EAGAIN;
	sim_down(s, 0, "ibsim '%s' went away", s->sock);
	return -ENOTCONN;
}

/* What OpenSM has not written is rest of its stack. */
static void
take_length(uint8_t *mad, uint64_t length)
{
	if (length < IPOIB_MAD_LEN)
		memset(mad + length, 0, IPOIB_MAD_LEN - length);
}

static uint32_t
ibsim_qpn(const void *priv)
{
	const struct ibsim *s = priv;

	return s->qpn;
}

static int
ibsim_recv(void *priv, struct mad_rx *rx)
{
	struct ibsim *s = priv;
	struct sim_packet pkt;
	ssize_t len;

	if (s->state != LINK_UP)
		return 0;
	len = recv(s->pkt, &pkt, sizeof(pkt), MSG_DONTWAIT);
	if (len < 0 && errno != EAGAIN && errno != EINTR)
		sim_down(s, 0, "ibsim '%s' went away", s->sock);
	if (len < 0)
		return 0;
	s->ctl_answered = false;
	if (len != (ssize_t)sizeof(pkt))
		memset(&pkt, 0, sizeof(pkt)); /* counted as malformed further up */
	memcpy(rx->mad, pkt.mad, IPOIB_MAD_LEN);
	take_length(rx->mad, rte_be_to_cpu_64(pkt.length));
	memset(&rx->from, 0, sizeof(rx->from));
	rx->from.dlid = rte_be_to_cpu_16((uint16_t)pkt.slid);
	rx->from.qpn = rte_be_to_cpu_32(pkt.sqp);
	rx->status = pkt.status != 0 ? -EHOSTUNREACH : 0;
	return 1;
}

static int
ibsim_fd(const void *priv)
{
	const struct ibsim *s = priv;

	return s->state == LINK_UP ? s->pkt : -1;
}

/* Wait for the answer to an open control message. */
static void
sim_ctl_wait(struct ibsim *s, int timeout_ms)
{
	struct pollfd pfd = { .fd = s->ctl, .events = POLLIN };

	if (s->ctl_asked && poll(&pfd, 1, timeout_ms) == 1)
		sim_ctl_recv(s, mad_clock_us());
}

static int
ibsim_open(const struct ipoib_mad_cfg *cfg, const char *arg, void **priv)
{
	const char *sock = arg;
	struct ibsim *s;

	if (sock == NULL)
		sock = getenv("IBSIM_SOCKNAME");
	if (sock == NULL || sock[0] == '\0')
		sock = "sim";
	if (strlen(sock) >= SOCK_NAME_LEN) {
		MAD_LOG(ERR, "ibsim name '%s' is too long, at most %d characters\n", sock,
				SOCK_NAME_LEN - 1);
		return -EINVAL;
	}
	if (cfg->port_num != 1) {
		MAD_LOG(ERR, "port %u of '%s': ibsim gives access to port 1 only\n", cfg->port_num,
				cfg->device);
		return -EINVAL;
	}
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return -ENOMEM;
	s->ctl = -1;
	s->pkt = -1;
	/* 23 random bits below one that is set: above every QPN with a meaning. */
	s->qpn = UINT32_C(0x800000) | (uint32_t)(rte_rand() & 0x7fffff);
	snprintf(s->sock, sizeof(s->sock), "%s", sock);
	snprintf(s->node, sizeof(s->node), "%s", cfg->device);
	sim_ask(s, mad_clock_us());
	sim_ctl_wait(s, MAD_OPEN_WAIT_US / 2000);
	*priv = s;
	return 0;
}

static void
ibsim_close(void *priv)
{
	struct ibsim *s = priv;

	/* While CONNECT is open, closing the sockets would end ibsim. */
	if (s->state == LINK_ASKED)
		sim_ctl_wait(s, MAD_OPEN_WAIT_US / 1000);
	if (s->state == LINK_UP) {
		sim_ctl_wait(s, 0);
		if (s->state == LINK_UP && sim_ctl_send(s, SIM_CTL_DISCONNECT, NULL, 0) == 0)
			sim_ctl_wait(s, 20);
	}
	sim_close_sockets(s);
	free(s);
}

const struct mad_transport_ops mad_transport_ibsim = {
	.name = "ibsim",
	.open = ibsim_open,
	.close = ibsim_close,
	.upkeep = ibsim_upkeep,
	.reason = ibsim_reason,
	.send = ibsim_send,
	.recv = ibsim_recv,
	.fd = ibsim_fd,
	.silent = ibsim_silent,
	.qpn = ibsim_qpn,
};

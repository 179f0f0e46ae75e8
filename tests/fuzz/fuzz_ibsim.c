/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * What comes from ibsim: its control messages, its packets, and in them the answers that say who
 * the port is. Sockets and clock are this program's.
 */

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include <rte_common.h>
#include <rte_log.h>

#include "fuzz.h"
#include "ipoib_mad.h"

/* Two descriptors, whatever was closed meanwhile: the connection opens the control socket first. */
#define FD_CTL 1000
#define FD_PKT 1001
#define CTL_LEN 80
#define PKT_LEN 288
#define PKT_MAD 32
#define ASKED_MAX 8
/* First octet of each thing that comes, from this value on: nothing comes. */
#define NOTHING 0xf0

int __wrap_socket(int domain, int type, int protocol);
int __wrap_bind(int fd, const struct sockaddr *addr, socklen_t len);
int __wrap_connect(int fd, const struct sockaddr *addr, socklen_t len);
ssize_t __wrap_send(int fd, const void *buf, size_t len, int flags);
ssize_t __wrap_recv(int fd, void *buf, size_t len, int flags);
int __wrap_poll(struct pollfd *fds, nfds_t nfds, int timeout);
int __wrap_close(int fd);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ts);
int __real_poll(struct pollfd *fds, nfds_t nfds, int timeout);
int __real_close(int fd);
int __real_clock_gettime(clockid_t clock, struct timespec *ts);

static struct fuzz_input *in;		  /* NULL: not in a run */
static uint8_t asked[ASKED_MAX][PKT_LEN]; /* the last packets that were sent */
static unsigned int sends;
static uint64_t now_us = 1000000;
static unsigned int sockets;
static int fail;

static int
failing(void)
{
	static const int errors[] = { EAGAIN, EINTR, ECONNREFUSED, ENOBUFS };

	if (fail == 0)
		return 0;
	errno = errors[fail++ % 4];
	fail %= 16;
	return -1;
}

int
__wrap_socket(int domain, int type, int protocol)
{
	(void)domain;
	(void)type;
	(void)protocol;
	if (fail == 8) {
		errno = EMFILE;
		return -1;
	}
	return sockets++ % 2 == 0 ? FD_CTL : FD_PKT;
}

int
__wrap_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	(void)fd;
	assert_int_equal(addr->sa_family, AF_UNIX);
	assert_true(len <= sizeof(struct sockaddr_storage));
	if (fail != 7 && fail != 9)
		return 0;
	errno = fail == 7 ? EADDRINUSE : EACCES;
	return -1;
}

int
__wrap_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	(void)fd;
	(void)addr;
	(void)len;
	return failing();
}

ssize_t
__wrap_send(int fd, const void *buf, size_t len, int flags)
{
	(void)flags;
	if (failing() != 0)
		return -1;
	if (fd == FD_PKT) {
		assert_int_equal(len, PKT_LEN);
		memcpy(asked[sends++ % ASKED_MAX], buf, PKT_LEN);
	}
	return (ssize_t)len;
}

/* A control message: right, but for what it carries, or anything. */
static ssize_t
recv_ctl(void *buf, size_t len)
{
	uint32_t head[4] = { 0xdeadbeef, 0, 1, 44 };
	uint8_t how = fuzz_u8(in);
	size_t n;

	if (how < 32)
		return 0;
	memset(buf, 0, len);
	if (how < 64)
		return (ssize_t)fuzz_rest(in, buf, RTE_MIN(len, (size_t)(how - 32) * 3));
	memcpy(buf, head, sizeof(head));
	if (how < 96)
		head[2] = how % 8;
	((uint8_t *)buf)[16] = how < 192 ? how % 8 : how; /* our place */
	n = RTE_MIN(len, (size_t)CTL_LEN);
	return (ssize_t)n;
}

/* The answer to one of the last questions, with some of its data from the input; or anything. */
static ssize_t
recv_pkt(uint8_t *buf, size_t len)
{
	uint8_t how = fuzz_u8(in), at, n;

	assert_int_equal(len, PKT_LEN);
	if (how < 16)
		return (ssize_t)fuzz_rest(in, buf, RTE_MIN(len, (size_t)how * 20));
	memcpy(buf, asked[(sends - 1 - how % 8) % ASKED_MAX], PKT_LEN);
	buf[PKT_MAD + 3] = 0x81; /* GetResp */
	if ((how & 0xf0) == 0x10)
		buf[16] = how; /* status: it comes back */
	at = fuzz_u8(in);
	n = fuzz_u8(in);
	/* Blocks of data begin at 64: most answers are about those. */
	if ((how & 8) != 0)
		at = (uint8_t)(64 + at % 64);
	memcpy(buf + PKT_MAD + at, in->data,
			RTE_MIN(RTE_MIN((size_t)n, in->size), (size_t)(PKT_LEN - PKT_MAD - at)));
	n = (uint8_t)RTE_MIN((size_t)n, in->size);
	in->data += n;
	in->size -= n;
	return PKT_LEN;
}

ssize_t
__wrap_recv(int fd, void *buf, size_t len, int flags)
{
	(void)flags;
	if (in != NULL && in->size != 0 && *in->data >= NOTHING) {
		fuzz_u8(in);
		errno = EAGAIN;
		return -1;
	}
	if (in == NULL || in->size == 0 || failing() != 0) {
		errno = errno == ECONNREFUSED && fail != 0 ? ECONNREFUSED : EAGAIN;
		return -1;
	}
	return fd == FD_CTL ? recv_ctl(buf, len) : recv_pkt(buf, len);
}

int
__wrap_poll(struct pollfd *fds, nfds_t nfds, int timeout)
{
	if (nfds == 1 && (fds->fd == FD_CTL || fds->fd == FD_PKT)) {
		now_us += (uint64_t)timeout * 1000;
		return 1;
	}
	return nfds == 1 && fds->fd < 0 ? 0 : __real_poll(fds, nfds, timeout);
}

int
__wrap_close(int fd)
{
	return fd == FD_CTL || fd == FD_PKT ? 0 : __real_close(fd);
}

int
__wrap_clock_gettime(clockid_t clock, struct timespec *ts)
{
	if (in == NULL)
		return __real_clock_gettime(clock, ts);
	now_us += 100;
	*ts = (struct timespec){ (time_t)(now_us / 1000000), (long)(now_us % 1000000) * 1000 };
	return 0;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	rte_log_set_global_level(RTE_LOG_CRIT);
	return 0;
}

static void
on_mad(void *arg, int status, const uint8_t *mad, uint16_t slid)
{
	(void)arg;
	(void)status;
	(void)slid;
	assert_int_equal(mad[0], 1);
}

static void
on_event(void *arg, uint32_t events, const struct ipoib_mad_port *port)
{
	uint16_t i;

	(void)arg;
	assert_true(events != 0);
	assert_true(port->state <= IPOIB_MAD_ACTIVE);
	assert_true(port->nb_pkeys <= IPOIB_MAD_PKEYS_MAX);
	for (i = port->nb_pkeys; i < IPOIB_MAD_PKEYS_MAX; i++)
		assert_int_equal(port->pkeys[i], 0);
}

static void
step(struct ipoib_mad *mad, uint64_t *at_us)
{
	uint8_t what = fuzz_u8(in), query[IPOIB_MAD_LEN] = { 1, 3, 2, 1 };

	fail = (what & 0xc0) == 0xc0 ? what & 15 : 0;
	*at_us += (what & 0x30) == 0x30 ? 1500000 : (uint64_t)(what & 0x30) * 2000;
	if ((what & 0xc8) == 0x48)
		ipoib_mad_send(mad, query, what, 0);
	ipoib_mad_poll(mad, *at_us);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ipoib_mad_cfg cfg = {
		.transport = "ibsim:f", .device = "Hca1", .port_num = 1
	};
	struct fuzz_input input = { data, size };
	struct ipoib_mad_stats stats;
	struct ipoib_mad *mad;
	uint64_t at_us = 0;

	in = &input;
	sockets = sends = 0;
	fail = 0;
	memset(asked, 0, sizeof(asked));
	assert_int_equal(ipoib_mad_open(&cfg, &mad), 0);
	ipoib_mad_register(mad, 3, on_mad, NULL);
	ipoib_mad_listen(mad, on_event, NULL);
	while (input.size > 0)
		step(mad, &at_us);
	ipoib_mad_stats_get(mad, &stats);
	assert_true(stats.unclaimed <= stats.received + stats.returned);
	ipoib_mad_close(mad);
	in = NULL;
	return 0;
}

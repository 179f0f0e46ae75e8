/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Opening a connection: words that name none, and simulators that are not there or hang. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_common.h>

#include "mad_transport.h"

static void
test_bad_words(void **state)
{
	static const struct ipoib_mad_cfg bad[] = {
		{ .transport = "verbs", .device = "x", .port_num = 1 },
		{ .transport = "ibsimx", .device = "x", .port_num = 1 },
		{ .transport = "", .device = "x", .port_num = 1 },
		{ .transport = NULL, .device = "x", .port_num = 1 },
		{ .transport = "umad:x", .device = "x", .port_num = 1 },
		{ .transport = "ibsim", .device = "", .port_num = 1 },
		{ .transport = "ibsim", .device = NULL, .port_num = 1 },
		{ .transport = "ibsim", .device = "x", .port_num = 0 },
		{ .transport = "ibsim", .device = "x", .port_num = 2 },
		{ .transport = "ibsim",
				.device = "a23456789012345678901234567890123",
				.port_num = 1 },
		{ .transport = "ibsim:a2345678901234567890123456789012345678901234567890123456789"
			       "01234567890123456789012",
				.device = "x",
				.port_num = 1 },
	};
	struct ipoib_mad_cfg none = { .transport = "umad", .device = "nosuch0", .port_num = 1 };
	struct ipoib_mad *mad = NULL;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(bad); i++)
		assert_int_equal(ipoib_mad_open(&bad[i], &mad), -EINVAL);
	assert_int_equal(ipoib_mad_open(&none, &mad), -ENODEV);
	assert_null(mad);
	ipoib_mad_close(NULL);
}

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
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len + 1);
}

static void
test_ibsim_not_there(void **state)
{
	struct ipoib_mad_cfg cfg = { .device = "Hca1", .port_num = 1 };
	struct ipoib_mad *mad;
	char transport[64];
	uint64_t start = mad_clock_us();

	(void)state;
	snprintf(transport, sizeof(transport), "ibsim:none-%d", getpid());
	cfg.transport = transport;
	assert_int_equal(ipoib_mad_open(&cfg, &mad), 0);
	assert_true(mad_clock_us() - start < 50000);
	assert_int_equal(ipoib_mad_port(mad)->state, IPOIB_MAD_ABSENT);
	assert_non_null(strstr(ipoib_mad_reason(mad), "no ibsim"));
	assert_int_equal(ipoib_mad_fd(mad), -1);
	ipoib_mad_close(mad);
}

/* A simulator that hangs: nothing waits for it beyond the limit. */
static void
test_ibsim_hangs(void **state)
{
	struct ipoib_mad_cfg cfg = { .device = "Hca1", .port_num = 1 };
	struct ipoib_mad *mad;
	struct sockaddr_un sa;
	char transport[64];
	uint64_t start;
	socklen_t len;
	int fd, i;

	(void)state;
	snprintf(transport, sizeof(transport), "ibsim:hang-%d", getpid());
	cfg.transport = transport;
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	len = sim_name(&sa, "%s:ctl", transport + strlen("ibsim:"));
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, len), 0);
	start = mad_clock_us();
	assert_int_equal(ipoib_mad_open(&cfg, &mad), 0);
	assert_true(mad_clock_us() - start < 200000 + 50000);
	assert_non_null(strstr(ipoib_mad_reason(mad), "does not answer"));
	start = mad_clock_us();
	for (i = 0; i < 1000; i++)
		ipoib_mad_poll(mad, (uint64_t)i * 10000);
	assert_true(mad_clock_us() - start < 100000);
	close(fd);
	/* It ended: noticed, and the reason says so. */
	for (i = 1000; i < 1300; i++)
		ipoib_mad_poll(mad, (uint64_t)i * 10000);
	assert_non_null(strstr(ipoib_mad_reason(mad), "no ibsim"));
	start = mad_clock_us();
	ipoib_mad_close(mad);
	assert_true(mad_clock_us() - start < 250000);
}

/* ibsim.h's sim_ctl. */
struct sim_ctl {
	uint32_t magic, client, type, len;
	uint32_t data[16];
};
enum { CONNECT = 1, GET_PORT = 3 };

/* A simulator: its sockets for control and for packets of its first client. */
struct sim {
	char name[32];
	int ctl, out;
	uint32_t client; /* its number in its sockets' names */
};

static int
sim_bind(const char *name, const char *what)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	struct sockaddr_un sa;
	socklen_t len = sim_name(&sa, "%s:%s", name, what);

	assert_int_equal(bind(fd, (struct sockaddr *)&sa, len), 0);
	return fd;
}

/* @return the type of the next control message, 0: there is none */
static uint32_t
sim_asked(struct sim *sim)
{
	struct sim_ctl msg;

	if (recv(sim->ctl, &msg, sizeof(msg), 0) != (ssize_t)sizeof(msg))
		return 0;
	if (msg.type == CONNECT)
		sim->client = msg.data[0];
	return msg.type;
}

static void
sim_answer(const struct sim *sim, uint32_t type)
{
	struct sim_ctl msg = { .magic = 0xdeadbeef, .type = type };
	struct sockaddr_un sa;
	socklen_t len = sim_name(&sa, "%s:ctl%u", sim->name, sim->client);

	assert_int_equal(sendto(sim->ctl, &msg, sizeof(msg), 0, (struct sockaddr *)&sa, len),
			sizeof(msg));
}

/* Time goes by; what is sent to ports gets lost. */
static void
sim_run(const struct sim *sim, struct ipoib_mad *mad, uint64_t *now_us, uint64_t ms)
{
	char packet[512];

	for (; ms > 0; ms -= 10) {
		*now_us += 10000;
		ipoib_mad_poll(mad, *now_us);
		while (recv(sim->out, packet, sizeof(packet), 0) > 0)
			;
	}
}

/* One that has answered CONNECT and then is slow has not given our place away. */
static void
test_ibsim_slow(void **state)
{
	struct ipoib_mad_cfg cfg = { .device = "Hca1", .port_num = 1 };
	struct ipoib_mad *mad;
	struct sim sim = { .client = 0 };
	uint64_t now_us = 1;
	char transport[64];

	(void)state;
	snprintf(sim.name, sizeof(sim.name), "slow-%d", getpid());
	snprintf(transport, sizeof(transport), "ibsim:%s", sim.name);
	cfg.transport = transport;
	sim.ctl = sim_bind(sim.name, "ctl");
	sim.out = sim_bind(sim.name, "out0");
	assert_int_equal(ipoib_mad_open(&cfg, &mad), 0);
	assert_int_equal(sim_asked(&sim), CONNECT);
	sim_answer(&sim, CONNECT);
	sim_run(&sim, mad, &now_us, 1500);
	assert_int_equal(sim_asked(&sim), GET_PORT);
	assert_non_null(strstr(ipoib_mad_reason(mad), "does not answer"));
	/* Only one that answers this and still nothing else has. */
	sim_run(&sim, mad, &now_us, 3000);
	assert_int_equal(sim_asked(&sim), 0);
	sim_answer(&sim, GET_PORT);
	sim_run(&sim, mad, &now_us, 1500);
	assert_int_equal(sim_asked(&sim), CONNECT);
	sim_answer(&sim, CONNECT);
	ipoib_mad_close(mad);
	close(sim.ctl);
	close(sim.out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_words),
		cmocka_unit_test(test_ibsim_not_there),
		cmocka_unit_test(test_ibsim_hangs),
		cmocka_unit_test(test_ibsim_slow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

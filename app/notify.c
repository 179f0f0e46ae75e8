/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "compat.h"
#include "notify.h"
#include "parse.h"

/* Until READY: how often it is looked whether it is so. */
#define READY_POLL_MS 50
/* Pings in a watchdog's period: two may be late. */
#define PINGS 4
/* How long control has for an answer: the end of the program waits for this, too. */
#define ASK_MS 100

static struct notify {
	int fd; /* -1: nobody wants to know */
	struct sockaddr_un to;
	socklen_t to_len;
	int ping_ms; /* 0: no watchdog */
	bool ready;
	compat_thread thread;
} notify = { .fd = -1 };

static void
tell(const char *what)
{
	if (sendto(notify.fd, what, strlen(what), MSG_NOSIGNAL | MSG_DONTWAIT,
			    (const struct sockaddr *)&notify.to, notify.to_len) < 0)
		APP_LOG(DEBUG, "NOTIFY_SOCKET: %s\n", strerror(errno));
}

static int
answer_fn(struct control *c __rte_unused, void *arg __rte_unused)
{
	return 0;
}

static bool
control_answers(struct app *a)
{
	return app_ask(a, answer_fn, NULL, 0, ASK_MS) == 0;
}

/* Forwarding, or at its prompt after the command file. */
static bool
is_ready(const struct app *a)
{
	return atomic_load(&a->forwarding) || atomic_load(&a->prompting);
}

static void
tell_ready(const struct app *a)
{
	char text[96];

	snprintf(text, sizeof(text), "READY=1\nSTATUS=%u ports, %u workers%s", a->nb_ports,
			a->lcores.nb_workers,
			atomic_load(&a->forwarding) ? ", forwarding" : ", at the prompt");
	tell(text);
	notify.ready = true;
}

/* @return milliseconds until the next turn, -1: none */
static int
turn(struct app *a)
{
	if (!notify.ready && is_ready(a))
		tell_ready(a);
	if (!notify.ready)
		return READY_POLL_MS;
	if (notify.ping_ms == 0)
		return -1;
	if (control_answers(a))
		tell("WATCHDOG=1");
	return notify.ping_ms;
}

static compat_thread_ret
notify_main(void *arg)
{
	struct app *a = arg;
	struct pollfd end = { .fd = a->end_fd, .events = POLLIN };
	int wait_ms = 0;

	while (poll(&end, 1, wait_ms) <= 0)
		wait_ms = turn(a);
	tell("STOPPING=1");
	return COMPAT_THREAD_END;
}

/* A path, or with @ in front a name of Linux's abstract name space. @return 0 or -EINVAL */
static int
address_read(const char *name)
{
	size_t len = strlen(name);

	if ((name[0] != '/' && name[0] != '@') || len < 2 || len >= sizeof(notify.to.sun_path))
		return -EINVAL;
	notify.to.sun_family = AF_UNIX;
	memcpy(notify.to.sun_path, name, len);
	if (name[0] == '@')
		notify.to.sun_path[0] = '\0';
	notify.to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	return 0;
}

/* $WATCHDOG_PID names whom the watchdog is meant for; a parent's variables are inherited. */
static int
watchdog_read(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	uint64_t us, who;

	notify.ping_ms = 0;
	if (usec == NULL)
		return 0;
	if (pid != NULL && (parse_uint(pid, 1, INT32_MAX, &who) != 0 || (pid_t)who != getpid()))
		return 0;
	if (parse_uint(usec, PINGS * 1000, (uint64_t)INT32_MAX * 1000, &us) != 0)
		return -EINVAL;
	notify.ping_ms = (int)(us / 1000 / PINGS);
	return 0;
}

void
notify_start(struct app *a)
{
	const char *name = getenv("NOTIFY_SOCKET");
	int ret;

	if (name == NULL)
		return;
	ret = address_read(name);
	if (ret != 0) {
		APP_LOG(ERR, "NOTIFY_SOCKET '%s': neither a path nor @ and a name\n", name);
		return;
	}
	if (watchdog_read() != 0)
		APP_LOG(ERR, "WATCHDOG_USEC '%s': not from %u microseconds on: no watchdog\n",
				getenv("WATCHDOG_USEC"), PINGS * 1000);
	notify.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (notify.fd < 0) {
		APP_LOG(ERR, "NOTIFY_SOCKET: %s\n", strerror(errno));
		return;
	}
	ret = compat_control_thread(&notify.thread, "ipoib-notify", notify_main, a);
	if (ret == 0)
		return;
	APP_LOG(ERR, "NOTIFY_SOCKET: no thread: %s\n", strerror(-ret));
	close(notify.fd);
	notify.fd = -1;
}

void
notify_stop(void)
{
	if (notify.fd < 0)
		return;
	compat_thread_join(notify.thread);
	close(notify.fd);
	notify.fd = -1;
}

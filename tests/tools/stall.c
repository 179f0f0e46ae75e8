/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Stop one thread of a program for a while; SIGSTOP would stop all of them.
 *
 *	stall TID MILLISECONDS
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

static int
failed(const char *what, pid_t tid)
{
	fprintf(stderr, "stall: %s %d: %s\n", what, tid, strerror(errno));
	return 1;
}

int
main(int argc, char **argv)
{
	struct timespec ts;
	pid_t tid;
	long ms;

	if (argc != 3 || (tid = atoi(argv[1])) <= 0 || (ms = atol(argv[2])) <= 0) {
		fputs("usage: stall TID MILLISECONDS\n", stderr);
		return 2;
	}
	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) != 0)
		return failed("attach to", tid);
	if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) != 0 || waitpid(tid, NULL, __WALL) != tid)
		return failed("stop", tid);
	ts = (struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
	while (nanosleep(&ts, &ts) != 0 && errno == EINTR)
		;
	if (ptrace(PTRACE_DETACH, tid, NULL, NULL) != 0)
		return failed("let go of", tid);
	return 0;
}

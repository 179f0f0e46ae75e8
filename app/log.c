/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * The log. Whoever logs, control above all, must not wait for a terminal or pipe that nobody reads:
 * lines go into a buffer, and a thread of its own writes them to standard error. What does not fit
 * is counted, and said as soon as there is room. (EAL's own way also calls syslog(), which may wait,
 * too. The journal reads standard error; it gets priorities.)
 */

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_log.h>

#include "compat.h"
#include "log.h"

#define BUFFER 65536
/* What is left at the end is waited for so long. */
#define END_MS 500

static struct {
	pthread_mutex_t lock;
	pthread_cond_t more, less;
	char buf[BUFFER];
	size_t at, nb;
	unsigned long lost; /* lines */
	bool end, running, journal;
	FILE *stream;
	compat_thread thread;
} sink = { .lock = PTHREAD_MUTEX_INITIALIZER,
	.more = PTHREAD_COND_INITIALIZER,
	.less = PTHREAD_COND_INITIALIZER };

static void
put(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		sink.buf[(sink.at + sink.nb++) % BUFFER] = text[i];
}

/* A line, as fopencookie() hands it over. */
static ssize_t
sink_write(void *cookie __rte_unused, const char *text, size_t len)
{
	int level = rte_log_cur_msg_loglevel();
	char priority[8] = "", lost[64] = "";

	pthread_mutex_lock(&sink.lock);
	if (sink.journal && level >= 1 && level <= 8)
		snprintf(priority, sizeof(priority), "<%d>", level - 1);
	if (sink.lost != 0)
		snprintf(lost, sizeof(lost), "ipoib.app: %lu log lines were lost\n", sink.lost);
	if (sink.nb + strlen(lost) + strlen(priority) + len > BUFFER) {
		sink.lost++;
	} else {
		put(lost, strlen(lost));
		put(priority, strlen(priority));
		put(text, len);
		sink.lost = 0;
		pthread_cond_signal(&sink.more);
	}
	pthread_mutex_unlock(&sink.lock);
	return (ssize_t)len;
}

static compat_thread_ret
sink_main(void *arg __rte_unused)
{
	char out[4096];
	size_t n, done;
	ssize_t ret;

	pthread_mutex_lock(&sink.lock);
	for (;;) {
		while (sink.nb == 0 && !sink.end)
			pthread_cond_wait(&sink.more, &sink.lock);
		if (sink.nb == 0)
			break;
		n = RTE_MIN(sink.nb, RTE_MIN(sizeof(out), BUFFER - sink.at));
		memcpy(out, &sink.buf[sink.at], n);
		sink.at = (sink.at + n) % BUFFER;
		sink.nb -= n;
		pthread_mutex_unlock(&sink.lock);
		for (done = 0; done < n; done += (size_t)ret) {
			ret = write(STDERR_FILENO, out + done, n - done);
			if (ret < 0 && errno == EINTR)
				ret = 0;
			else if (ret <= 0)
				break; /* nobody will ever read it */
		}
		pthread_mutex_lock(&sink.lock);
	}
	sink.running = false;
	pthread_cond_signal(&sink.less);
	pthread_mutex_unlock(&sink.lock);
	return COMPAT_THREAD_END;
}

int
log_start(void)
{
	const cookie_io_functions_t io = { .write = sink_write };

	sink.journal = getenv("JOURNAL_STREAM") != NULL;
	sink.stream = fopencookie(NULL, "w", io);
	if (sink.stream == NULL)
		return -ENOMEM;
	sink.running = true;
	if (compat_control_thread(&sink.thread, "ipoib-log", sink_main, NULL) != 0) {
		fclose(sink.stream);
		sink.stream = NULL;
		sink.running = false;
		return -EAGAIN;
	}
	return rte_openlog_stream(sink.stream);
}

void
log_stop(void)
{
	struct timespec end;
	bool ended;
	int ret = 0;

	if (sink.stream == NULL)
		return;
	/* The time of day may jump. */
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_nsec += END_MS * 1000000L;
	end.tv_sec += end.tv_nsec / 1000000000L;
	end.tv_nsec %= 1000000000L;
	pthread_mutex_lock(&sink.lock);
	sink.end = true;
	pthread_cond_signal(&sink.more);
	while (sink.running && ret == 0)
		ret = pthread_cond_clockwait(&sink.less, &sink.lock, CLOCK_MONOTONIC, &end);
	ended = !sink.running;
	pthread_mutex_unlock(&sink.lock);
	/* Else it hangs in write(), and goes with the process; what is logged now, nobody reads. */
	if (!ended)
		return;
	compat_thread_join(sink.thread);
	rte_openlog_stream(stderr);
	fclose(sink.stream);
	sink.stream = NULL;
}

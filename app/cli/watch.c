/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <inttypes.h>
#include <time.h>

#include "compat.h"
#include "watch.h"

#define LOOK_US 10000

static compat_thread thread;
static atomic_bool running, ending;

static void
worker_show(struct app *a, uint16_t i, uint64_t *missed)
{
	struct dp_verbose *v = __atomic_load_n(&a->dp->worker[i]->verbose, __ATOMIC_ACQUIRE);
	uint64_t all;
	const struct dp_seen *s;

	if (v == NULL)
		return;
	while ((s = dp_verbose_peek(v)) != NULL) {
		watch_packet_print(a, s, stdout);
		dp_verbose_next(v);
	}
	all = __atomic_load_n(&v->missed, __ATOMIC_RELAXED);
	if (all != *missed)
		printf("%" PRIu64 " packets more were not shown: they came too fast\n",
				all - *missed);
	*missed = all;
}

static compat_thread_ret
watch_main(void *arg)
{
	static uint64_t missed[DP_WORKERS_MAX];
	const struct timespec pause = { .tv_nsec = LOOK_US * 1000 };
	struct app *a = arg;
	bool last;
	uint16_t i;

	do {
		last = atomic_load(&ending);
		events_print(stdout);
		for (i = 0; i < a->dp->nb_workers; i++)
			worker_show(a, i, &missed[i]);
		fflush(stdout);
		nanosleep(&pause, NULL);
	} while (!last);
	return COMPAT_THREAD_END;
}

int
watch_start(struct app *a)
{
	int ret;

	if (atomic_load(&running))
		return 0;
	ret = compat_control_thread(&thread, "ipoib-watch", watch_main, a);
	atomic_store(&running, ret == 0);
	return ret;
}

void
watch_stop(void)
{
	if (!atomic_exchange(&running, false))
		return;
	atomic_store(&ending, true);
	compat_thread_join(thread);
}

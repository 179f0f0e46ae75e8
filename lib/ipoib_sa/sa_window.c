/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * How many requests an SA is trusted with at a time: halved when it says BUSY or
 * slows down, grown by one for each windowful of answers. As TCP does, for the
 * same reason: all ports of a subnet ask one SA.
 */

#include "sa_priv.h"

void
sa_window_reset(struct ipoib_sa *sa)
{
	sa->window = IPOIB_SA_WINDOW;
	sa->grown = 0;
	sa->srtt_us = 0;
	sa->best_us = 0;
	sa->halved_us = 0;
}

/* The answers of one windowful tell one thing: once a round trip is enough. */
static void
halve(struct ipoib_sa *sa, uint64_t now_us)
{
	if (sa->halved_us != 0 &&
			now_us < sa->halved_us + RTE_MAX(sa->srtt_us, (uint32_t)SA_HALVE_US))
		return;
	sa->halved_us = now_us;
	sa->grown = 0;
	sa->stats.halvings++;
	if (sa->window > IPOIB_SA_WINDOW_MIN)
		sa->window = RTE_MAX(sa->window / 2, (uint32_t)IPOIB_SA_WINDOW_MIN);
	else
		/* Slow even so: it is the way there that is long, not the SA's queue. */
		sa->best_us *= 2;
}

static bool
is_slow(const struct ipoib_sa *sa)
{
	return sa->srtt_us > SA_RTT_CALM_US && sa->srtt_us > 4 * sa->best_us;
}

void
sa_window_answer(struct ipoib_sa *sa, uint32_t rtt_us, uint64_t now_us)
{
	if (rtt_us != 0) {
		if (sa->best_us == 0 || rtt_us < sa->best_us)
			sa->best_us = rtt_us;
		if (sa->srtt_us == 0)
			sa->srtt_us = rtt_us;
		else
			sa->srtt_us += rtt_us / 8 - sa->srtt_us / 8;
	}
	if (is_slow(sa)) {
		halve(sa, now_us);
		return;
	}
	if (++sa->grown < sa->window || sa->window >= IPOIB_SA_WINDOW)
		return;
	sa->grown = 0;
	sa->window++;
}

void
sa_window_busy(struct ipoib_sa *sa, uint64_t now_us)
{
	halve(sa, now_us);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Reports: notices that the SA forwards to its subscribers (IBA 13.4.11). Each is
 * answered, for the SA repeats what is not, and strikes a deaf subscriber off.
 */

#include "sa_priv.h"

/* FNV-1a: two reports that differ are not taken for one. */
static uint64_t
content_sum(const uint8_t *data)
{
	uint64_t sum = UINT64_C(0xcbf29ce484222325);
	unsigned int i;

	for (i = 0; i < SA_NOTICE_LEN; i++)
		sum = (sum ^ data[i]) * UINT64_C(0x100000001b3);
	return sum;
}

/* Was it answered before? If not, remember it in place of the oldest. */
static bool
seen_before(struct ipoib_sa *sa, const struct ib_sa_mad *mad, uint64_t now_us)
{
	struct sa_report rep = { .at_us = now_us, .tid = mad->hdr.tid };
	unsigned int i;

	rep.sum = content_sum(mad->data);
	for (i = 0; i < SA_REPORTS_SEEN; i++) {
		const struct sa_report *old = &sa->reports[i];

		if (old->at_us != 0 && old->tid == rep.tid && old->sum == rep.sum &&
				now_us < old->at_us + SA_REPORT_SEEN_US)
			return true;
	}
	sa->reports[sa->report_next] = rep;
	sa->report_next = (sa->report_next + 1) % SA_REPORTS_SEEN;
	return false;
}

/* A bucket of tokens: bursts are taken, a flood is not. */
static bool
take_token(struct ipoib_sa *sa, uint64_t now_us)
{
	uint64_t more = (now_us - sa->report_us) / SA_REPORT_US;

	if (more != 0) {
		sa->report_tokens = (uint32_t)RTE_MIN(
				sa->report_tokens + more, (uint64_t)SA_REPORT_BURST);
		sa->report_us += more * SA_REPORT_US;
	}
	if (sa->report_tokens == 0)
		return false;
	sa->report_tokens--;
	return true;
}

static void
answer(struct ipoib_sa *sa, const struct ib_sa_mad *mad)
{
	struct ib_sa_mad resp = *mad;

	resp.hdr.method = IB_MAD_METHOD_REPORT_RESP;
	resp.hdr.status = 0;
	/* One that cannot be sent is one that was lost: the report comes again. */
	ipoib_mad_send_to(sa->mad, (const uint8_t *)&resp, ipoib_mad_rx_from(sa->mad));
}

void
sa_report_take(struct ipoib_sa *sa, const struct ib_sa_mad *mad)
{
	uint64_t now_us = ipoib_mad_now(sa->mad);
	struct ipoib_sa_notice notice;

	if (mad->hdr.attr_id != RTE_BE16(IB_MAD_ATTR_NOTICE)) {
		sa->stats.ignored++;
		return;
	}
	if (!take_token(sa, now_us)) {
		sa->stats.notices_dropped++;
		return;
	}
	sa->stats.notices++;
	answer(sa, mad);
	if (seen_before(sa, mad, now_us))
		sa->stats.notices_dup++;
	else if (sa_decode_notice(mad->data, &notice) != 0)
		sa->stats.notices_bad++;
	else if (sa->notice_cb != NULL)
		sa->notice_cb(sa->notice_arg, &notice);
}

void
ipoib_sa_on_notice(struct ipoib_sa *sa, ipoib_sa_notice_cb cb, void *arg)
{
	sa->notice_cb = cb;
	sa->notice_arg = arg;
}

bool
ipoib_sa_notices_possible(const struct ipoib_sa *sa)
{
	return ipoib_mad_unsolicited(sa->mad, IB_MAD_CLASS_SUBN_ADM);
}

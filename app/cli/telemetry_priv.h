/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef TELEMETRY_PRIV_H
#define TELEMETRY_PRIV_H

/**
 * @file
 * What the files of telemetry share. Everything runs in telemetry's own threads,
 * one for each client: it may wait for a lock, but for control no longer than
 * APP_ASK_TELEMETRY_MS. An answer has room for 16 KB, a dict for 256 entries, and
 * arrays take no dicts (22.11): lists are dicts of dicts by number.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_telemetry.h>

struct app;

/** Set before the first client can ask. */
extern struct app *telemetry_app;

/** What a client asked: PORT[,OFFSET[,COUNT]] or [OFFSET[,COUNT]]. */
struct tel_question {
	uint16_t port;
	uint32_t offset;
	uint32_t count;
};

/** @return 0 or -EINVAL */
int tel_question(const char *params, bool with_port, struct tel_question *q);

/** Where the page of at most @p max of @p total rows ends; @p q's offset at least. */
static inline uint32_t
tel_page_end(const struct tel_question *q, uint32_t total, uint32_t max)
{
	uint32_t count = q->count < max ? q->count : max;

	if (q->offset >= total)
		return q->offset;
	return count < total - q->offset ? q->offset + count : total;
}

/** The answer is an error. @return 0 or -errno */
int tel_error(struct rte_tel_data *d, const char *text);
/** What a negative errno of control means to a client. */
const char *tel_error_text(int ret);

/** An empty dict, or NULL. */
struct rte_tel_data *tel_dict(void);
/** Put @p inner into @p outer, which owns it then. */
void tel_put(struct rte_tel_data *outer, const char *key, struct rte_tel_data *inner);
void tel_put_number(struct rte_tel_data *outer, uint32_t number, struct rte_tel_data *inner);
/** The answer is a list: how many there are, where to go on after @p end (0: that was all), and
 *  the rows, which it owns then. */
void tel_put_list(struct rte_tel_data *d, uint32_t total, uint32_t end, struct rte_tel_data *rows);

/* Answers of /fwd/. @return 0 or -errno */
int answer_fwd_stats(const char *params, struct rte_tel_data *d);
int answer_fwd_ports(const char *params, struct rte_tel_data *d);
int answer_fwd_workers(const char *params, struct rte_tel_data *d);
int answer_fwd_latency(const char *params, struct rte_tel_data *d);
int answer_fwd_drops(const char *params, struct rte_tel_data *d);

#endif /* TELEMETRY_PRIV_H */

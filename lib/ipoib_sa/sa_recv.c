/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* What comes back: answers, refusals and our own MADs that reached nobody. */

#include <errno.h>

#include "sa_priv.h"

/* The open request that this TID belongs to, any try of it, or NULL. */
static struct sa_req *
req_by_tid(const struct ipoib_sa *sa, uint32_t tid)
{
	uint32_t slot = tid >> SA_TID_TRY_BITS & ((1u << SA_TID_SLOT_BITS) - 1);
	struct sa_req *r = slot < IPOIB_SA_WINDOW ? sa->slots[slot] : NULL;
	uint32_t try = tid & SA_TRIES_MAX;

	if (r == NULL || (r->tid ^ tid) >> SA_TID_TRY_BITS != 0)
		return NULL;
	/* Never an answer to what was not asked yet. */
	return try < r->tries ? r : NULL;
}

static bool
is_answer_to(const struct sa_req *r, const struct ib_mad_hdr *hdr)
{
	return hdr->method == sa_answer_method(r->kind) &&
			rte_be_to_cpu_16(hdr->attr_id) == sa_attr(r->kind);
}

/* Some answers say GetResp to a Delete or a GetTable. */
static bool
is_refusal_of(const struct sa_req *r, const struct ib_mad_hdr *hdr)
{
	return (r->kind == SA_LEAVE || r->kind == SA_LIST) && hdr->status != 0 &&
			hdr->method == IB_MAD_METHOD_GET_RESP &&
			hdr->attr_id == RTE_BE16(IB_MAD_ATTR_MCMEMBER_RECORD);
}

static void
take_busy(struct ipoib_sa *sa, struct sa_req *r)
{
	sa->stats.busy++;
	sa_window_busy(sa, ipoib_mad_now(sa->mad));
	r->last = -EBUSY;
	if (r->tries >= sa->tries) {
		sa_finish(sa, r, -EBUSY, NULL);
		return;
	}
	if (r->busy < UINT8_MAX)
		r->busy++;
	r->back_off = true;
}

/* Is it about what was asked? The prefix of a GID may be the default one in one of them, and the SA says
 * itself who is a full member. */
static bool
path_is_asked(const struct ipoib_sa_path *path, const struct ipoib_sa_path_req *req)
{
	if (!ib_gid_is_zero(&req->dgid) &&
			memcmp(&path->dgid.raw[8], &req->dgid.raw[8], IB_GID_LEN - 8) != 0)
		return false;
	return (req->dlid == 0 || path->dlid == req->dlid) &&
			IB_PKEY_BASE(path->pkey) == IB_PKEY_BASE(req->pkey);
}

static void
take_path(struct ipoib_sa *sa, struct sa_req *r, const uint8_t *data)
{
	struct ipoib_sa_path path;
	int ret = sa_decode_path(data, &path);

	if (ret == 0 && !path_is_asked(&path, &r->rec.path))
		ret = -EPROTO;
	sa_finish(sa, r, ret, ret == 0 ? &path : NULL);
}

static void
take_mcast(struct ipoib_sa *sa, struct sa_req *r, const uint8_t *data)
{
	struct ipoib_sa_mcast mc;
	int ret = sa_decode_mcmember(data, &mc);

	if (r->kind == SA_JOIN && (!ib_lid_is_multicast(mc.mlid) || mc.mtu == 0))
		ret = -EPROTO;
	if (!ib_gid_equal(&mc.mgid, &r->rec.mcast.mgid))
		ret = -EPROTO;
	sa_finish(sa, r, ret, ret == 0 ? &mc : NULL);
}

static void
take_record(struct ipoib_sa *sa, struct sa_req *r, const struct ib_sa_mad *mad)
{
	struct ipoib_sa_info info;

	switch (r->kind) {
	case SA_PATH:
		take_path(sa, r, mad->data);
		break;
	case SA_LIST:
		sa_list_take(sa, r, mad);
		break;
	case SA_INFO:
		sa_decode_info(mad->data, &info);
		sa_finish(sa, r, 0, &info);
		break;
	case SA_INFORM:
		sa_finish(sa, r, 0, NULL);
		break;
	default:
		take_mcast(sa, r, mad->data);
	}
}

static void
take_answer(struct ipoib_sa *sa, struct sa_req *r, const struct ib_sa_mad *mad)
{
	uint16_t status = rte_be_to_cpu_16(mad->hdr.status);

	sa->stats.answers++;
	if ((status & IB_MAD_STATUS_BUSY) != 0) {
		take_busy(sa, r);
	} else if (IB_MAD_STATUS_CLASS(status) == IB_MAD_STATUS_SA_NO_RECORDS) {
		if (r->kind == SA_LIST)
			sa_list_empty(sa, r);
		else
			sa_finish(sa, r, -ENOENT, NULL);
	} else if (status != 0) {
		sa->last_status = status;
		sa_finish(sa, r, -EREMOTEIO, NULL);
	} else {
		take_record(sa, r, mad);
	}
}

/* Only an answer to the last try says how long it took. */
static void
measure(struct ipoib_sa *sa, const struct sa_req *r, uint32_t tid)
{
	uint64_t now_us = ipoib_mad_now(sa->mad);
	bool measured = (tid & SA_TRIES_MAX) + 1 == r->tries && now_us > r->sent_us;

	sa_window_answer(sa, measured ? (uint32_t)(now_us - r->sent_us) : 0, now_us);
}

/* Came back undeliverable, or as good as that: no route to the SM, or none is running. */
static void
take_returned(struct ipoib_sa *sa, int status, uint32_t tid)
{
	struct sa_req *r = req_by_tid(sa, tid);

	/* -ETIMEDOUT is the kernel's opinion; our own timers have decided by then. */
	if (status != -EHOSTUNREACH)
		return;
	if (r != NULL)
		r->last = -EHOSTUNREACH;
	if (r != NULL || tid == sa->probe_tid) {
		sa->unreachable = true;
		sa_set_alive(sa, false);
	}
}

static bool
is_probe(const struct ipoib_sa *sa, uint32_t tid)
{
	return sa->probe_tid != 0 && tid == sa->probe_tid;
}

/*
 * Where no SA runs any more, Linux itself answers each Get and Set of the class: not
 * supported. Each SA has paths, groups and ClassPortInfo, so it is none that says so.
 */
static bool
is_nobody(const struct sa_req *r, const struct ib_sa_mad *mad)
{
	uint16_t status = rte_be_to_cpu_16(mad->hdr.status);

	return IB_MAD_STATUS_CODE(status) == IB_MAD_STATUS_UNSUPPORTED &&
			IB_MAD_STATUS_CLASS(status) == 0 &&
			(r == NULL || (r->kind != SA_INFORM && r->kind != SA_LIST));
}

/* Is it for one of our questions? */
static bool
is_ours(const struct ipoib_sa *sa, const struct sa_req *r, const struct ib_sa_mad *mad,
		uint32_t tid)
{
	if ((mad->hdr.method & IB_MAD_METHOD_RESP) == 0)
		return false;
	if (is_probe(sa, tid))
		return true;
	return r != NULL && (is_answer_to(r, &mad->hdr) || is_refusal_of(r, &mad->hdr));
}

void
sa_recv(void *arg, int status, const uint8_t *buf, uint16_t slid)
{
	const struct ib_sa_mad *mad = (const struct ib_sa_mad *)buf;
	uint32_t tid = (uint32_t)rte_be_to_cpu_64(mad->hdr.tid);
	struct ipoib_sa *sa = arg;
	struct sa_req *r;

	(void)slid; /* with LMC the SM answers from any of its LIDs */
	if (status != 0) {
		take_returned(sa, status, tid);
		return;
	}
	r = req_by_tid(sa, tid);
	if (mad->hdr.class_version != IB_MAD_SA_CLASS_VERSION) {
		sa->stats.ignored++;
	} else if (mad->hdr.method == IB_MAD_METHOD_REPORT) {
		sa_report_take(sa, mad);
	} else if (!is_ours(sa, r, mad, tid)) {
		if (!sa_list_late(sa, mad))
			sa->stats.ignored++;
	} else if (is_nobody(r, mad)) {
		take_returned(sa, -EHOSTUNREACH, tid);
	} else {
		sa->answer_us = sa->now_us;
		if (is_probe(sa, tid)) {
			sa->probe_tid = 0;
		} else {
			measure(sa, r, tid);
			take_answer(sa, r, mad);
		}
		sa_set_alive(sa, true);
	}
}

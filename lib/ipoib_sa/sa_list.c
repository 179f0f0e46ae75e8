/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Tables of records: one answer of many MADs, the receiving half of RMPP
 * (IBA 13.6). The sender waits at the end of each window for our ACK.
 *
 * OpenSM leaves RMPP to the kernel below it. On ibsim there is none: its first
 * MAD comes without an RMPP version, the rest never. Then the groups are asked
 * for by MLID.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sa_priv.h"

#define MLID_FIRST 0xc000
#define MLID_LAST 0xfffe
/* PayloadLength counts what follows the RMPP header: SM_Key to component mask, data. */
#define SA_HDR_LEN (offsetof(struct ib_sa_mad, data) - offsetof(struct ib_sa_mad, sm_key))

void
sa_list_free(struct ipoib_sa *sa, struct sa_list *l)
{
	sa->nb_lists--;
	free(l->recs);
	free(l);
}

void
sa_list_restart(struct sa_req *r)
{
	struct sa_list *l = r->list;

	l->n = 0;
	l->active = false;
	l->by_mlid = false;
	r->mask = SA_MASK_LIST;
}

/* ACK, STOP or ABORT, to the sender of the segment in @p seg. */
static void
send_rmpp(struct ipoib_sa *sa, const struct ib_sa_mad *seg, const struct ipoib_mad_dest *to,
		uint8_t type, uint8_t status, uint32_t nr, uint32_t last)
{
	struct ib_sa_mad mad;

	memset(&mad, 0, sizeof(mad));
	mad.hdr = seg->hdr;
	mad.hdr.method &= (uint8_t)~IB_MAD_METHOD_RESP;
	mad.rmpp.version = IB_RMPP_VERSION;
	mad.rmpp.type = type;
	mad.rmpp.flags = IB_RMPP_FLAG_ACTIVE;
	mad.rmpp.status = status;
	mad.rmpp.seg = rte_cpu_to_be_32(nr);
	mad.rmpp.len_or_last = rte_cpu_to_be_32(last);
	/* A lost one is asked for again by the sender, or by our own timer. */
	ipoib_mad_send_to(sa->mad, (const uint8_t *)&mad, to);
}

static void
send_ack(struct ipoib_sa *sa, struct sa_list *l)
{
	l->last = l->seg + SA_RMPP_WINDOW;
	send_rmpp(sa, &l->head, &l->from, IB_RMPP_TYPE_ACK, 0, l->seg, l->last);
}

/* Add octets of the table. @return records taken; -EPROTO; -ENOSPC: enough */
static int
add_data(struct sa_list *l, const uint8_t *data, size_t len)
{
	int taken = 0;

	while (len != 0) {
		size_t nb = RTE_MIN(len, (size_t)(l->rec_len - l->have));

		memcpy(l->part + l->have, data, nb);
		l->have += (uint16_t)nb;
		data += nb;
		len -= nb;
		if (l->have < l->rec_len)
			break;
		l->have = 0;
		if (l->n == IPOIB_SA_LIST_MAX)
			return -ENOSPC;
		if (sa_decode_mcmember(l->part, &l->recs[l->n]) != 0)
			return -EPROTO;
		l->n++;
		taken++;
	}
	return taken;
}

/* The length of a record; in a table without one it says nothing. */
static int
take_rec_len(struct sa_list *l, const struct ib_sa_mad *mad)
{
	uint32_t len = rte_be_to_cpu_16(mad->attr_offset) * UINT32_C(8);

	if (len < SA_MCMEMBER_LEN || len > IB_SA_DATA_LEN)
		return -EPROTO;
	l->rec_len = (uint16_t)len;
	l->have = 0;
	return 0;
}

/* Octets of whole records in front of the first that is empty. */
static size_t
records_len(const struct sa_list *l, const uint8_t *data)
{
	size_t len = 0;

	while (len + l->rec_len <= IB_SA_DATA_LEN && data[len] == 0xff)
		len += l->rec_len;
	return len;
}

/* The next MLID, or the end. */
static void
next_mlid(struct ipoib_sa *sa, struct sa_req *r, bool empty)
{
	struct sa_list *l = r->list;

	l->empty = empty ? l->empty + 1 : 0;
	if (l->empty == SA_LIST_EMPTY_MAX || r->rec.mcast.mlid == MLID_LAST ||
			l->n == IPOIB_SA_LIST_MAX) {
		sa_finish(sa, r, 0, NULL);
		return;
	}
	r->rec.mcast.mlid++;
	sa_ask_anew(sa, r);
}

void
sa_list_empty(struct ipoib_sa *sa, struct sa_req *r)
{
	if (r->list->by_mlid)
		next_mlid(sa, r, true);
	else
		sa_finish(sa, r, 0, NULL);
}

/* A table in one MAD, as far as it fits. */
static void
take_single(struct ipoib_sa *sa, struct sa_req *r, const struct ib_sa_mad *mad, bool cut)
{
	struct sa_list *l = r->list;
	size_t len = 0;
	int ret;

	if (take_rec_len(l, mad) == 0) {
		len = records_len(l, mad->data);
		/* More of it, that did not fit: what is not sent is zero. */
		cut = cut && len < IB_SA_DATA_LEN && mad->data[len] == 0xff;
	} else {
		cut = false;
	}
	if (cut && !l->by_mlid) {
		l->by_mlid = true;
		l->empty = 0;
		r->mask = SA_MASK_LIST_MLID;
		r->rec.mcast.mlid = MLID_FIRST;
		sa_ask_anew(sa, r);
		return;
	}
	ret = add_data(l, mad->data, len);
	if (ret == -EPROTO)
		sa_finish(sa, r, ret, NULL);
	else if (l->by_mlid)
		next_mlid(sa, r, ret == 0);
	else
		sa_finish(sa, r, 0, NULL);
}

static void
fail(struct ipoib_sa *sa, struct sa_req *r, uint8_t status, int ret)
{
	const struct sa_list *l = r->list;

	send_rmpp(sa, &l->head, &l->from, IB_RMPP_TYPE_ABORT, status, 0, 0);
	sa_finish(sa, r, ret, NULL);
}

/* Octets of the table in this segment, or -EPROTO. */
static int
segment_len(const struct ib_sa_mad *mad)
{
	uint32_t len = rte_be_to_cpu_32(mad->rmpp.len_or_last);

	if ((mad->rmpp.flags & IB_RMPP_FLAG_LAST) == 0)
		return IB_SA_DATA_LEN;
	if (len < SA_HDR_LEN || len > SA_HDR_LEN + IB_SA_DATA_LEN)
		return -EPROTO;
	return (int)(len - SA_HDR_LEN);
}

/* The segment that was to come. */
static void
take_segment(struct ipoib_sa *sa, struct sa_req *r, const struct ib_sa_mad *mad)
{
	struct sa_list *l = r->list;
	int len = segment_len(mad);
	int ret = len;

	if (len > 0)
		ret = l->rec_len != 0 ? add_data(l, mad->data, (size_t)len) : -EPROTO;
	if (ret == -ENOSPC) {
		send_rmpp(sa, mad, &l->from, IB_RMPP_TYPE_STOP, IB_RMPP_STATUS_RESX, 0, 0);
		sa_finish(sa, r, 0, NULL);
		return;
	}
	if (ret < 0) {
		fail(sa, r, IB_RMPP_STATUS_UNSPEC, ret);
		return;
	}
	l->seg++;
	if ((mad->rmpp.flags & IB_RMPP_FLAG_LAST) == 0) {
		if (l->seg >= l->last)
			send_ack(sa, l);
		return;
	}
	send_ack(sa, l);
	sa->acked = (struct sa_acked){ .tid = l->tid, .seg = l->seg };
	sa_finish(sa, r, 0, NULL);
}

static bool
begins(struct sa_list *l, const struct ib_sa_mad *mad, uint32_t tid)
{
	if (mad->rmpp.seg != RTE_BE32(1) || (mad->rmpp.flags & IB_RMPP_FLAG_FIRST) == 0)
		return false;
	/* No record at all: the length may be 0. */
	if (take_rec_len(l, mad) != 0)
		l->rec_len = 0;
	l->active = true;
	l->tid = tid;
	l->seg = 0;
	l->last = 1;
	l->n = 0;
	return true;
}

/* DATA. Segments out of order are not kept: the ACK says from where again. */
static void
take_data(struct ipoib_sa *sa, struct sa_req *r, const struct ib_sa_mad *mad)
{
	uint32_t tid = (uint32_t)rte_be_to_cpu_64(mad->hdr.tid);
	struct sa_list *l = r->list;

	if (!l->active && !begins(l, mad, tid)) {
		sa->stats.ignored++;
		return;
	}
	if (tid != l->tid) {
		/* Another try is being answered too; one is enough. */
		sa->stats.ignored++;
		return;
	}
	l->head = *mad;
	l->from = *ipoib_mad_rx_from(sa->mad);
	if (rte_be_to_cpu_32(mad->rmpp.seg) != l->seg + 1) {
		sa->stats.ignored++;
		send_ack(sa, l);
		return;
	}
	l->stalls = 0;
	r->due_us = ipoib_mad_now(sa->mad) + sa->mcast_us;
	take_segment(sa, r, mad);
}

void
sa_list_take(struct ipoib_sa *sa, struct sa_req *r, const struct ib_sa_mad *mad)
{
	if ((mad->rmpp.flags & IB_RMPP_FLAG_ACTIVE) == 0 || mad->rmpp.version == 0) {
		take_single(sa, r, mad, (mad->rmpp.flags & IB_RMPP_FLAG_ACTIVE) != 0);
	} else if (mad->rmpp.version != IB_RMPP_VERSION) {
		sa_finish(sa, r, -EPROTO, NULL);
	} else if (mad->rmpp.type == IB_RMPP_TYPE_DATA) {
		take_data(sa, r, mad);
	} else if (mad->rmpp.type == IB_RMPP_TYPE_STOP || mad->rmpp.type == IB_RMPP_TYPE_ABORT) {
		sa_finish(sa, r, -EREMOTEIO, NULL);
	} else {
		sa->stats.ignored++;
	}
}

bool
sa_list_stalled(struct ipoib_sa *sa, struct sa_req *r)
{
	struct sa_list *l = r->list;

	if (!l->active)
		return false;
	sa->stats.timeouts++;
	if (l->stalls++ < SA_RMPP_STALLS_MAX) {
		send_ack(sa, l);
		return true;
	}
	/* The rest never came; ask again from the start while tries are left. */
	send_rmpp(sa, &l->head, &l->from, IB_RMPP_TYPE_ABORT, IB_RMPP_STATUS_TMR, 0, 0);
	l->active = false;
	l->stalls = 0;
	return false;
}

bool
sa_list_late(struct ipoib_sa *sa, const struct ib_sa_mad *mad)
{
	uint32_t tid = (uint32_t)rte_be_to_cpu_64(mad->hdr.tid);

	if (sa->acked.seg == 0 || tid != sa->acked.tid ||
			mad->hdr.method != IB_MAD_METHOD_GET_TABLE_RESP ||
			mad->rmpp.type != IB_RMPP_TYPE_DATA)
		return false;
	sa->stats.ignored++;
	send_rmpp(sa, mad, ipoib_mad_rx_from(sa->mad), IB_RMPP_TYPE_ACK, 0, sa->acked.seg,
			sa->acked.seg + SA_RMPP_WINDOW);
	return true;
}

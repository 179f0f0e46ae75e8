/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Questions: from the caller's words to a request, from the request to a MAD. */

#include <errno.h>
#include <stdlib.h>

#include "sa_priv.h"

/* How each kind is asked and answered. */
static const struct {
	uint8_t method;
	uint8_t answer;
	uint16_t attr;
} kinds[] = {
	[SA_PATH] = { IB_MAD_METHOD_GET, IB_MAD_METHOD_GET_RESP, IB_MAD_ATTR_PATH_RECORD },
	[SA_JOIN] = { IB_MAD_METHOD_SET, IB_MAD_METHOD_GET_RESP, IB_MAD_ATTR_MCMEMBER_RECORD },
	[SA_LEAVE] = { IB_MAD_METHOD_DELETE, IB_MAD_METHOD_DELETE_RESP,
			IB_MAD_ATTR_MCMEMBER_RECORD },
	[SA_MC_GET] = { IB_MAD_METHOD_GET, IB_MAD_METHOD_GET_RESP, IB_MAD_ATTR_MCMEMBER_RECORD },
	[SA_LIST] = { IB_MAD_METHOD_GET_TABLE, IB_MAD_METHOD_GET_TABLE_RESP,
			IB_MAD_ATTR_MCMEMBER_RECORD },
	[SA_INFO] = { IB_MAD_METHOD_GET, IB_MAD_METHOD_GET_RESP, IB_MAD_ATTR_CLASS_PORT_INFO },
	[SA_INFORM] = { IB_MAD_METHOD_SET, IB_MAD_METHOD_GET_RESP, IB_MAD_ATTR_INFORM_INFO },
};

uint8_t
sa_answer_method(enum sa_kind kind)
{
	return kinds[kind].answer;
}

uint16_t
sa_attr(enum sa_kind kind)
{
	return kinds[kind].attr;
}

void
sa_encode(const struct ipoib_sa *sa, const struct sa_req *r, uint32_t tid, struct ib_sa_mad *mad)
{
	switch (r->kind) {
	case SA_PATH:
		sa_encode_path(mad, &r->rec.path, tid);
		break;
	case SA_INFO:
		sa_encode_hdr(mad, kinds[r->kind].method, kinds[r->kind].attr, 0, tid);
		break;
	case SA_INFORM:
		sa_encode_inform(mad, r->rec.inform.trap, r->rec.inform.subscribe,
				ipoib_mad_qpn(sa->mad), tid);
		break;
	default:
		sa_encode_mcmember(mad, kinds[r->kind].method, r->mask, &r->rec.mcast, tid);
	}
}

int
ipoib_sa_path_get(struct ipoib_sa *sa, const struct ipoib_sa_path_req *req, ipoib_sa_path_cb cb,
		void *arg, ipoib_sa_req_t *handle)
{
	struct sa_req *r;
	int ret;

	if (ib_gid_is_multicast(&req->dgid) || (ib_gid_is_zero(&req->dgid) && req->dlid == 0))
		return -EINVAL;
	if ((req->dlid != 0 && !ib_lid_is_unicast(req->dlid)) || (req->has_sl && req->sl > 15) ||
			(req->has_qos_class && req->qos_class > 0xfff))
		return -EINVAL;
	ret = sa_req_new(sa, SA_PATH, arg, &r);
	if (ret != 0)
		return ret;
	r->rec.path = *req;
	r->cb.path = cb;
	sa_give_handle(sa, r, handle);
	return 0;
}

/* What the requests for one group have in common. */
static int
group_new(struct ipoib_sa *sa, enum sa_kind kind, const struct ipoib_sa_mcast *rec, uint64_t mask,
		ipoib_sa_mcast_cb cb, void *arg, ipoib_sa_req_t *handle)
{
	struct sa_req *r;
	int ret;

	if (!ib_gid_is_multicast(&rec->mgid))
		return -EINVAL;
	ret = sa_req_new(sa, kind, arg, &r);
	if (ret != 0)
		return ret;
	r->rec.mcast = *rec;
	r->mask = mask;
	r->cb.mcast = cb;
	sa_give_handle(sa, r, handle);
	return 0;
}

int
ipoib_sa_mcast_join(struct ipoib_sa *sa, const struct ib_gid *mgid, const struct ib_gid *port_gid,
		uint16_t pkey, enum ipoib_sa_join join, const struct ipoib_sa_mcast *bcast,
		ipoib_sa_mcast_cb cb, void *arg, ipoib_sa_req_t *handle)
{
	struct ipoib_sa_mcast rec = { 0 };

	if (bcast != NULL)
		rec = *bcast;
	rec.mgid = *mgid;
	rec.port_gid = *port_gid;
	rec.pkey = pkey;
	rec.join_state = (uint8_t)join;
	return group_new(sa, SA_JOIN, &rec, bcast != NULL ? SA_MASK_JOIN_CREATE : SA_MASK_JOIN, cb,
			arg, handle);
}

int
ipoib_sa_mcast_leave(struct ipoib_sa *sa, const struct ib_gid *mgid, const struct ib_gid *port_gid,
		enum ipoib_sa_join join, ipoib_sa_mcast_cb cb, void *arg, ipoib_sa_req_t *handle)
{
	struct ipoib_sa_mcast rec = { .mgid = *mgid, .port_gid = *port_gid };

	rec.join_state = (uint8_t)join;
	return group_new(sa, SA_LEAVE, &rec, SA_MASK_LEAVE, cb, arg, handle);
}

int
ipoib_sa_mcast_get(struct ipoib_sa *sa, const struct ib_gid *mgid, const struct ib_gid *port_gid,
		ipoib_sa_mcast_cb cb, void *arg, ipoib_sa_req_t *handle)
{
	struct ipoib_sa_mcast rec = { .mgid = *mgid, .port_gid = *port_gid };

	return group_new(sa, SA_MC_GET, &rec, SA_MASK_MC_GET, cb, arg, handle);
}

static struct sa_list *
list_alloc(void)
{
	struct sa_list *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->recs = malloc(IPOIB_SA_LIST_MAX * sizeof(*l->recs));
	if (l->recs != NULL)
		return l;
	free(l);
	return NULL;
}

int
ipoib_sa_mcast_list(struct ipoib_sa *sa, uint16_t pkey, ipoib_sa_list_cb cb, void *arg,
		ipoib_sa_req_t *handle)
{
	struct sa_list *l;
	struct sa_req *r;
	int ret;

	if (sa->nb_lists == SA_LISTS_MAX)
		return -EBUSY;
	l = list_alloc();
	if (l == NULL)
		return -ENOBUFS;
	ret = sa_req_new(sa, SA_LIST, arg, &r);
	if (ret != 0) {
		free(l->recs);
		free(l);
		return ret;
	}
	sa->nb_lists++;
	r->list = l;
	r->rec.mcast.pkey = pkey;
	r->mask = SA_MASK_LIST;
	r->cb.list = cb;
	sa_give_handle(sa, r, handle);
	return 0;
}

int
ipoib_sa_info_get(struct ipoib_sa *sa, ipoib_sa_info_cb cb, void *arg, ipoib_sa_req_t *handle)
{
	struct sa_req *r;
	int ret;

	ret = sa_req_new(sa, SA_INFO, arg, &r);
	if (ret != 0)
		return ret;
	r->cb.info = cb;
	sa_give_handle(sa, r, handle);
	return 0;
}

int
ipoib_sa_inform(struct ipoib_sa *sa, uint16_t trap, bool subscribe, ipoib_sa_inform_cb cb,
		void *arg, ipoib_sa_req_t *handle)
{
	struct sa_req *r;
	int ret;

	if (!ipoib_sa_notices_possible(sa))
		return -ENOTSUP;
	ret = sa_req_new(sa, SA_INFORM, arg, &r);
	if (ret != 0)
		return ret;
	r->rec.inform.trap = trap;
	r->rec.inform.subscribe = subscribe;
	r->cb.inform = cb;
	sa_give_handle(sa, r, handle);
	return 0;
}

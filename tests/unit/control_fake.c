/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* What lies below the control core, played by the test: driver, MAD connection, SA client. */

#include <errno.h>
#include <string.h>

#include "control_fixture.h"

/* --- the driver --- */

bool
pmd_ipoib_is(uint16_t port_id)
{
	return port_id == IB || port_id == IB2;
}

int
pmd_ipoib_info_get(uint16_t port_id, struct pmd_ipoib_info *info)
{
	if (!pmd_ipoib_is(port_id))
		return -ENODEV;
	*info = port_id == IB2 && fx.two_hcas ? fx.info2 : fx.info;
	if (fx.two_hcas)
		return 0;
	if (port_id == IB)
		return 0;
	/* The same HCA port and P_Key, other queue pairs. */
	info->joined = fx.bcast2;
	info->qpn[0] = OUR_QPN + 1;
	info->addr = fx_addr(OUR_QPN + 1, 1);
	return 0;
}

int
pmd_ipoib_hw_counters(uint16_t port_id, struct pmd_ipoib_hw_counter *counters, unsigned int max)
{
	unsigned int nb = RTE_MIN(max, fx.nb_hw);

	if (!pmd_ipoib_is(port_id))
		return -ENODEV;
	memcpy(counters, fx.hw, nb * sizeof(*counters));
	return (int)nb;
}

struct ipoib_mad *
pmd_ipoib_mad(uint16_t port_id)
{
	return pmd_ipoib_is(port_id) ? (struct ipoib_mad *)&fx.handle : NULL;
}

int
pmd_ipoib_hca_id(uint16_t port_id)
{
	if (!pmd_ipoib_is(port_id))
		return -ENODEV;
	return fx.two_hcas && port_id == IB2;
}

void
pmd_ipoib_poll(uint16_t port_id, uint64_t now_us)
{
	uint32_t events = fx.events;

	uint32_t i;

	assert_true(pmd_ipoib_is(port_id));
	assert_int_equal(now_us, fx.now);
	fx.events = 0;
	for (i = 0; events != 0 && i < RTE_DIM(fx.event_arg); i++) {
		if (fx.event_arg[i] != NULL)
			fx.event_cb(fx.event_arg[i], events, NULL);
	}
}

int
pmd_ipoib_bcast_set(uint16_t port_id, const struct pmd_ipoib_bcast *b)
{
	assert_true(pmd_ipoib_is(port_id));
	if (port_id == IB2) {
		fx.bcast2 = b != NULL;
		fx.info2.joined = fx.bcast2;
		return 0;
	}
	fx.bcast = b != NULL;
	fx.bcast_sets++;
	fx.info.joined = fx.bcast;
	if (b != NULL) {
		assert_int_equal(b->mlid, MLID);
		assert_int_equal(b->qkey, QKEY);
		fx.info.mtu = b->ib_mtu - 4;
	}
	return 0;
}

int
pmd_ipoib_ah_create(uint16_t port_id, const struct pmd_ipoib_av *av, uint32_t *ah)
{
	uint32_t i;

	assert_true(pmd_ipoib_is(port_id));
	for (i = 1; i < RTE_DIM(fx.av); i++) {
		if (fx.ah_live[i])
			continue;
		fx.ah_live[i] = true;
		fx.ah_port[i] = port_id;
		fx.av[i] = *av;
		fx.ahs++;
		fx.ah_made++;
		*ah = i;
		return 0;
	}
	return -ENOSPC;
}

int
pmd_ipoib_ah_destroy(uint16_t port_id, uint32_t ah)
{
	assert_true(pmd_ipoib_is(port_id));
	assert_true(ah < RTE_DIM(fx.av) && fx.ah_live[ah]);
	assert_int_equal(fx.ah_port[ah], port_id);
	fx.ah_live[ah] = false;
	fx.ahs--;
	return 0;
}

static struct fake_attach *
attach_find(uint16_t port_id, const struct ib_gid *mgid)
{
	uint32_t i;

	for (i = 0; i < fx.nb_attached; i++) {
		if (fx.attached[i].port == port_id && ib_gid_equal(&fx.attached[i].mgid, mgid))
			return &fx.attached[i];
	}
	return NULL;
}

struct fake_attach *
fx_attached(uint16_t port_id, const struct ib_gid *mgid)
{
	return attach_find(port_id, mgid);
}

int
pmd_ipoib_mcast_attach(uint16_t port_id, const struct ib_gid *mgid, uint16_t mlid, bool send_only)
{
	assert_true(pmd_ipoib_is(port_id));
	assert_true(ib_lid_is_multicast(mlid));
	assert_null(attach_find(port_id, mgid));
	if (fx.nb_attached == RTE_DIM(fx.attached) || fx.attach_error != 0)
		return fx.attach_error != 0 ? fx.attach_error : -ENOSPC;
	fx.attached[fx.nb_attached++] = (struct fake_attach){
		.port = port_id, .mgid = *mgid, .mlid = mlid, .send_only = send_only
	};
	return 0;
}

int
pmd_ipoib_mcast_update(uint16_t port_id, const struct ib_gid *mgid, uint16_t mlid, bool send_only)
{
	struct fake_attach *a = attach_find(port_id, mgid);

	assert_non_null(a);
	a->mlid = mlid;
	a->send_only = send_only;
	return 0;
}

int
pmd_ipoib_mcast_detach(uint16_t port_id, const struct ib_gid *mgid)
{
	struct fake_attach *a = attach_find(port_id, mgid);

	assert_non_null(a);
	*a = fx.attached[--fx.nb_attached];
	return 0;
}

/* --- the MAD connection --- */

const char *
ipoib_mad_reason(const struct ipoib_mad *mad)
{
	(void)mad;
	return "ibsim 'x' does not answer";
}

int
ipoib_mad_listen(struct ipoib_mad *mad, ipoib_mad_event_cb cb, void *arg)
{
	uint32_t i = fx.event_arg[0] != NULL;

	(void)mad;
	assert_null(fx.event_arg[i]);
	fx.event_cb = cb;
	fx.event_arg[i] = arg;
	fx.events = 0x3f;
	return 0;
}

void
ipoib_mad_unlisten(struct ipoib_mad *mad, ipoib_mad_event_cb cb, void *arg)
{
	(void)mad;
	assert_ptr_equal(cb, fx.event_cb);
	assert_true(arg == fx.event_arg[0] || arg == fx.event_arg[1]);
	fx.event_arg[arg == fx.event_arg[0] ? 0 : 1] = NULL;
}

void
ipoib_mad_pace_set(struct ipoib_mad *mad, uint64_t us)
{
	assert_non_null(mad);
	fx.mad_pace = us;
}

void
ipoib_mad_stats_get(const struct ipoib_mad *mad, struct ipoib_mad_stats *stats)
{
	(void)mad;
	memset(stats, 0, sizeof(*stats));
}

/* --- the SA client --- */

int
ipoib_sa_create(struct ipoib_mad *mad, const struct ipoib_sa_cfg *cfg, struct ipoib_sa **sa)
{
	(void)cfg;
	assert_non_null(mad);
	*sa = (struct ipoib_sa *)&fx.sent;
	fx.sas++;
	return 0;
}

void
ipoib_sa_destroy(struct ipoib_sa *sa)
{
	assert_non_null(sa);
	/* Whoever asked is gone; nothing may wait. */
	if (--fx.sas == 0)
		assert_int_equal(fx_waiting(), 0);
}

/* What no test of something else cares about is answered by itself. */
static bool
is_automatic(const struct fake_req *r)
{
	if (r->handle != 0 && r->kind == FAKE_INFORM)
		return !fx.hold_informs;
	if (r->handle == 0 || fx.hold_groups)
		return false;
	return r->kind == FAKE_INFO || r->kind == FAKE_LIST || r->kind == FAKE_GET ||
			(r->kind == FAKE_JOIN && !fx_is_bcast(&r->mgid));
}

void
ipoib_sa_poll(struct ipoib_sa *sa, uint64_t now_us)
{
	uint32_t i;

	(void)sa;
	(void)now_us;
	for (i = 0; i < RTE_DIM(fx.req); i++) {
		if (is_automatic(&fx.req[i]))
			fx_answer(&fx.req[i], 0);
	}
}

uint64_t
ipoib_sa_next_deadline(const struct ipoib_sa *sa)
{
	(void)sa;
	return UINT64_MAX;
}

static struct fake_req *
req_new(ipoib_sa_req_t *handle)
{
	uint32_t i;

	for (i = 0; i < RTE_DIM(fx.req); i++) {
		if (fx.req[i].handle != 0)
			continue;
		memset(&fx.req[i], 0, sizeof(fx.req[i]));
		fx.req[i].handle = *handle = ++fx.handle;
		return &fx.req[i];
	}
	fail_msg("the fake SA is full");
	return NULL;
}

int
ipoib_sa_path_get(struct ipoib_sa *sa, const struct ipoib_sa_path_req *req, ipoib_sa_path_cb cb,
		void *arg, ipoib_sa_req_t *handle)
{
	struct fake_req *r;

	(void)sa;
	if (fx.path_error != 0)
		return fx.path_error;
	r = req_new(handle);
	fx.sent++;
	r->kind = FAKE_PATH;
	r->path = *req;
	r->path_cb = cb;
	r->arg = arg;
	return 0;
}

int
ipoib_sa_mcast_join(struct ipoib_sa *sa, const struct ib_gid *mgid, const struct ib_gid *port_gid,
		uint16_t pkey, enum ipoib_sa_join join, const struct ipoib_sa_mcast *bcast,
		ipoib_sa_mcast_cb cb, void *arg, ipoib_sa_req_t *handle)
{
	struct fake_req *r = req_new(handle);

	(void)sa;
	assert_true(!fx_is_bcast(mgid) || bcast == NULL);
	fx.sent += fx_is_bcast(mgid);
	fx.group_joins += !fx_is_bcast(mgid);
	r->kind = FAKE_JOIN;
	r->with_bcast = bcast != NULL;
	if (bcast != NULL)
		r->bcast = *bcast;
	r->mgid = *mgid;
	r->port_gid = *port_gid;
	r->pkey = pkey;
	r->join = join;
	r->mcast_cb = cb;
	r->arg = arg;
	return 0;
}

static uint8_t *
group_bits(struct fake_group *g, const struct ib_gid *port_gid)
{
	if (fx.two_hcas && ib_gid_equal(port_gid, &fx.info2.gid))
		return &g->bits2;
	assert_memory_equal(port_gid, &fx.info.gid, 16);
	return &g->bits;
}

int
ipoib_sa_mcast_leave(struct ipoib_sa *sa, const struct ib_gid *mgid, const struct ib_gid *port_gid,
		enum ipoib_sa_join join, ipoib_sa_mcast_cb cb, void *arg, ipoib_sa_req_t *handle)
{
	struct fake_group *g = fx_sa_group(mgid);
	uint8_t *bits;

	(void)sa;
	(void)cb;
	(void)arg;
	/* Nothing is given back that was not had. */
	assert_non_null(g);
	bits = group_bits(g, port_gid);
	assert_int_equal(*bits & join, join);
	*bits &= (uint8_t)~join;
	*handle = ++fx.handle;
	fx.leaves++;
	return 0;
}

int
ipoib_sa_mcast_get(struct ipoib_sa *sa, const struct ib_gid *mgid, const struct ib_gid *port_gid,
		ipoib_sa_mcast_cb cb, void *arg, ipoib_sa_req_t *handle)
{
	struct fake_req *r = req_new(handle);

	(void)sa;
	fx.gets++;
	r->kind = FAKE_GET;
	r->mgid = *mgid;
	r->port_gid = *port_gid;
	r->mcast_cb = cb;
	r->arg = arg;
	return 0;
}

int
ipoib_sa_mcast_list(struct ipoib_sa *sa, uint16_t pkey, ipoib_sa_list_cb cb, void *arg,
		ipoib_sa_req_t *handle)
{
	struct fake_req *r = req_new(handle);

	(void)sa;
	fx.lists++;
	r->kind = FAKE_LIST;
	r->pkey = pkey;
	r->list_cb = cb;
	r->arg = arg;
	return 0;
}

int
ipoib_sa_info_get(struct ipoib_sa *sa, ipoib_sa_info_cb cb, void *arg, ipoib_sa_req_t *handle)
{
	struct fake_req *r = req_new(handle);

	(void)sa;
	fx.infos++;
	r->kind = FAKE_INFO;
	r->info_cb = cb;
	r->arg = arg;
	return 0;
}

int
ipoib_sa_inform(struct ipoib_sa *sa, uint16_t trap, bool subscribe, ipoib_sa_inform_cb cb,
		void *arg, ipoib_sa_req_t *handle)
{
	struct fake_req *r;

	(void)sa;
	if (fx.deaf)
		return -ENOTSUP;
	fx.informs++;
	/* At the end nobody waits for the answer. */
	if (!subscribe)
		return 0;
	r = req_new(handle);
	r->kind = FAKE_INFORM;
	r->trap = trap;
	r->inform_cb = cb;
	r->arg = arg;
	return 0;
}

void
ipoib_sa_on_notice(struct ipoib_sa *sa, ipoib_sa_notice_cb cb, void *arg)
{
	(void)sa;
	fx.notice_cb = cb;
	fx.notice_arg = arg;
}

bool
ipoib_sa_notices_possible(const struct ipoib_sa *sa)
{
	(void)sa;
	return fx.notices;
}

void
ipoib_sa_cancel(struct ipoib_sa *sa, ipoib_sa_req_t handle)
{
	uint32_t i;

	(void)sa;
	for (i = 0; handle != 0 && i < RTE_DIM(fx.req); i++) {
		if (fx.req[i].handle == handle)
			fx.req[i].handle = 0;
	}
}

void
ipoib_sa_on_alive(struct ipoib_sa *sa, ipoib_sa_alive_cb cb, void *arg)
{
	(void)sa;
	fx.alive_cb = cb;
	fx.alive_arg = arg;
}

uint16_t
ipoib_sa_last_status(const struct ipoib_sa *sa)
{
	(void)sa;
	return fx.sa_status;
}

void
ipoib_sa_stats_get(const struct ipoib_sa *sa, struct ipoib_sa_stats *stats)
{
	(void)sa;
	memset(stats, 0, sizeof(*stats));
	stats->outstanding = fx_waiting();
	stats->requests = fx.sent;
}

struct fake_req *
fx_path_req(const struct ib_gid *dgid)
{
	uint32_t i;

	for (i = 0; i < RTE_DIM(fx.req); i++) {
		if (fx.req[i].handle != 0 && fx.req[i].kind == FAKE_PATH &&
				ib_gid_equal(&fx.req[i].path.dgid, dgid))
			return &fx.req[i];
	}
	return NULL;
}

struct fake_req *
fx_join_req(void)
{
	uint32_t i;

	for (i = 0; i < RTE_DIM(fx.req); i++) {
		if (fx.req[i].handle != 0 && fx.req[i].kind == FAKE_JOIN &&
				fx_is_bcast(&fx.req[i].mgid))
			return &fx.req[i];
	}
	return NULL;
}

struct fake_req *
fx_req(enum fake_kind kind, const struct ib_gid *mgid)
{
	uint32_t i;

	for (i = 0; i < RTE_DIM(fx.req); i++) {
		if (fx.req[i].handle != 0 && fx.req[i].kind == kind &&
				(mgid == NULL || ib_gid_equal(&fx.req[i].mgid, mgid)))
			return &fx.req[i];
	}
	return NULL;
}

bool
fx_is_bcast(const struct ib_gid *mgid)
{
	static const uint8_t low[] = { 0xff, 0xff, 0xff, 0xff };

	/* Of IPv4 (RFC 4391 4): ffff:ffff ends groups of IPv6, too. */
	return mgid->raw[2] == 0x40 && memcmp(&mgid->raw[12], low, sizeof(low)) == 0;
}

struct fake_group *
fx_sa_group(const struct ib_gid *mgid)
{
	uint32_t i;

	for (i = 0; i < fx.nb_groups; i++) {
		if (ib_gid_equal(&fx.group[i].mgid, mgid))
			return &fx.group[i];
	}
	return NULL;
}

struct fake_group *
fx_sa_group_make(const struct ib_gid *mgid)
{
	struct fake_group *g = fx_sa_group(mgid);

	if (g != NULL)
		return g;
	assert_true(fx.nb_groups < RTE_DIM(fx.group));
	g = &fx.group[fx.nb_groups++];
	g->mgid = *mgid;
	g->bits = 0;
	g->bits2 = 0;
	g->mlid = fx_is_bcast(mgid) ? MLID : (uint16_t)(MLID + fx.nb_groups);
	return g;
}

uint32_t
fx_waiting(void)
{
	uint32_t i, n = 0;

	for (i = 0; i < RTE_DIM(fx.req); i++)
		n += fx.req[i].handle != 0;
	return n;
}

static void
answer_path(struct fake_req *r, int status, uint16_t dlid, uint16_t mtu)
{
	struct fake_req q = *r;
	struct ipoib_sa_path p = {
		.dgid = q.path.dgid,
		.sgid = q.path.sgid,
		.dlid = dlid,
		.slid = fx.two_hcas && ib_gid_equal(&q.path.sgid, &fx.info2.gid) ? fx.info2.lid
										 : fx.info.lid,
		.pkey = 0xffff,
		.sl = 3,
		.mtu = mtu,
		.rate = 3,
	};

	r->handle = 0;
	q.path_cb(q.arg, status, status == 0 ? &p : NULL);
}

void
fx_answer_path(struct fake_req *r, int status, uint16_t dlid)
{
	assert_non_null(r);
	answer_path(r, status, dlid, 2048);
}

void
fx_answer_path_mtu(struct fake_req *r, uint16_t dlid, uint16_t mtu)
{
	assert_non_null(r);
	answer_path(r, 0, dlid, mtu);
}

void
fx_answer_path_rec(struct fake_req *r, struct ipoib_sa_path rec)
{
	static const struct ib_gid zero;
	struct fake_req q;

	assert_non_null(r);
	q = *r;
	if (ib_gid_equal(&rec.dgid, &zero))
		rec.dgid = q.path.dgid;
	if (ib_gid_equal(&rec.sgid, &zero))
		rec.sgid = q.path.sgid;
	r->handle = 0;
	q.path_cb(q.arg, 0, &rec);
}

static void
answer_list(const struct fake_req *q, int status)
{
	static struct ipoib_sa_mcast recs[RTE_DIM(fx.group)];
	uint32_t i;

	for (i = 0; i < fx.nb_groups; i++) {
		memset(&recs[i], 0, sizeof(recs[i]));
		recs[i].mgid = fx.group[i].mgid;
		recs[i].mlid = fx.group[i].mlid;
	}
	q->list_cb(q->arg, status, status == 0 ? recs : NULL, status == 0 ? i : 0);
}

static void
answer_mcast(const struct fake_req *q, int status)
{
	struct ipoib_sa_mcast m = {
		.mgid = q->mgid,
		.port_gid = q->port_gid,
		.qkey = QKEY,
		.mtu = 2048,
		.pkey = 0xffff,
		.rate = 3,
		.sl = 2,
		.flow_label = 0x12345,
		.tclass = 7,
		.scope = 2,
	};
	struct fake_group *g;

	if (status == 0 && q->kind == FAKE_JOIN)
		*group_bits(fx_sa_group_make(&q->mgid), &q->port_gid) |= (uint8_t)q->join;
	g = fx_sa_group(&q->mgid);
	if (status == 0 && (g == NULL || *group_bits(g, &q->port_gid) == 0))
		status = -ENOENT;
	if (g != NULL) {
		m.mlid = g->mlid;
		m.join_state = q->kind == FAKE_JOIN ? (uint8_t)q->join
						    : *group_bits(g, &q->port_gid);
	}
	q->mcast_cb(q->arg, status, status == 0 ? &m : NULL);
}

void
fx_answer(struct fake_req *r, int status)
{
	const struct ipoib_sa_info info = { .sendonly_full = !fx.old_sa };
	struct fake_req q;

	assert_non_null(r);
	q = *r;
	r->handle = 0;
	switch (q.kind) {
	case FAKE_INFO:
		q.info_cb(q.arg, status, status == 0 ? &info : NULL);
		break;
	case FAKE_LIST:
		answer_list(&q, status);
		break;
	case FAKE_JOIN:
	case FAKE_GET:
		answer_mcast(&q, status);
		break;
	case FAKE_INFORM:
		q.inform_cb(q.arg, status);
		break;
	default:
		fail_msg("a path has an answer of its own");
	}
}

void
fx_answer_join(struct fake_req *r, int status)
{
	fx_answer(r, status);
}

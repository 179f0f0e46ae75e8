/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_random.h>

#include "sa_priv.h"

RTE_LOG_REGISTER(sa_logtype, ipoib.sa, NOTICE);

static void
queue_add(struct sa_queue *q, struct sa_req *r)
{
	r->next = NULL;
	r->prev = q->tail;
	if (q->tail != NULL)
		q->tail->next = r;
	else
		q->head = r;
	q->tail = r;
}

static void
queue_del(struct sa_queue *q, struct sa_req *r)
{
	if (r->prev != NULL)
		r->prev->next = r->next;
	else
		q->head = r->next;
	if (r->next != NULL)
		r->next->prev = r->prev;
	else
		q->tail = r->prev;
}

static struct sa_req *
req_alloc(struct ipoib_sa *sa)
{
	struct sa_req *r = sa->free;

	if (r != NULL)
		sa->free = r->next;
	else if (sa->nb_used < SA_REQS_MAX)
		r = &sa->reqs[sa->nb_used++];
	return r;
}

/* Take a request out of the queue or its slot, and make it free. */
static void
req_release(struct ipoib_sa *sa, struct sa_req *r)
{
	if (r->state == SA_QUEUED) {
		queue_del(&sa->queue, r);
		sa->stats.queued--;
	} else {
		sa->slots[r->slot] = NULL;
		sa->stats.outstanding--;
	}
	r->state = SA_FREE;
	r->gen++;
	r->next = sa->free;
	sa->free = r;
}

static void
call_back(const struct sa_req *r, int status, const void *rec)
{
	const struct ipoib_sa_mcast *recs = status == 0 && r->list != NULL ? r->list->recs : NULL;

	switch (r->kind) {
	case SA_PATH:
		r->cb.path(r->arg, status, rec);
		break;
	case SA_LIST:
		r->cb.list(r->arg, status, recs, status == 0 ? r->list->n : 0);
		break;
	case SA_INFO:
		r->cb.info(r->arg, status, rec);
		break;
	case SA_INFORM:
		r->cb.inform(r->arg, status);
		break;
	default:
		r->cb.mcast(r->arg, status, rec);
	}
}

void
sa_finish(struct ipoib_sa *sa, struct sa_req *r, int status, const void *rec)
{
	struct sa_req done = *r;

	/* Free first: the callback may ask again. */
	req_release(sa, r);
	if (status != 0)
		sa->stats.failures++;
	/* All members of the union are pointers to functions. */
	if (done.cb.path != NULL)
		call_back(&done, status, rec);
	if (done.list != NULL)
		sa_list_free(sa, done.list);
}

/* Is there somebody to ask? */
static bool
has_sm(const struct ipoib_sa *sa)
{
	const struct ipoib_mad_port *port = ipoib_mad_port(sa->mad);

	return port->state == IPOIB_MAD_ACTIVE && port->lid != 0 && port->sm_lid != 0;
}

void
sa_set_alive(struct ipoib_sa *sa, bool alive)
{
	const struct ipoib_mad_port *port = ipoib_mad_port(sa->mad);

	if (sa->alive == alive)
		return;
	sa->alive = alive;
	sa->probe_us = sa->now_us + SA_PROBE_US;
	sa->silent_us = sa->now_us;
	sa->tokens = 0;
	sa->token_us = sa->now_us + SA_PROBE_US;
	if (alive || has_sm(sa))
		SA_LOG(NOTICE, "%s port %u: the SA at LID %u %s\n", port->device, port->port_num,
				port->sm_lid, alive ? "answers" : "does not answer");
	else
		SA_LOG(NOTICE, "%s port %u: no SM to ask\n", port->device, port->port_num);
	if (sa->alive_cb != NULL)
		sa->alive_cb(sa->alive_arg, alive);
}

/* The MAD layer's callback (client in arg). */
static void
sa_port_event(void *arg, uint32_t events, const struct ipoib_mad_port *port)
{
	struct ipoib_sa *sa = arg;

	(void)port;
	if ((events &
			    (IPOIB_MAD_EV_STATE | IPOIB_MAD_EV_LID | IPOIB_MAD_EV_SM |
					    IPOIB_MAD_EV_REREGISTER)) == 0)
		return;
	sa->kick = true;
	sa_window_reset(sa);
}

/* One try's time, give or take an eighth. */
static uint64_t
try_time(const struct ipoib_sa *sa, const struct sa_req *r, unsigned int doublings)
{
	uint64_t us = (r->kind == SA_PATH ? sa->path_us : sa->mcast_us) << doublings;

	return us - us / 8 + rte_rand_max(us / 4 + 1);
}

/* Where the SA is. A virtual port's SA is known by a GID that all subnets have. */
static void
sa_dest(const struct ipoib_mad_port *port, struct ipoib_mad_dest *dest)
{
	const rte_be64_t id = rte_cpu_to_be_64(IB_SA_INTERFACE_ID);

	memset(dest, 0, sizeof(*dest));
	dest->dlid = port->sm_lid;
	dest->sl = port->sm_sl;
	if (!port->grh_required)
		return;
	/* Hop limit 0, as Linux: it never leaves the subnet. */
	dest->grh = true;
	memcpy(dest->dgid.raw, port->gid.raw, IB_GUID_LEN);
	memcpy(dest->dgid.raw + IB_GUID_LEN, &id, IB_GUID_LEN);
}

/* @return 0; -EAGAIN full; -EHOSTUNREACH nobody to send to */
static int
send_mad(struct ipoib_sa *sa, const struct ib_sa_mad *mad)
{
	struct ipoib_mad_dest dest;
	int ret = -EHOSTUNREACH;

	sa_dest(ipoib_mad_port(sa->mad), &dest);
	if (has_sm(sa))
		ret = ipoib_mad_send_to(sa->mad, (const uint8_t *)mad, &dest);
	if (ret == 0)
		sa->stats.sends++;
	return ret == 0 || ret == -EAGAIN ? ret : -EHOSTUNREACH;
}

/*
 * A silent SA is sent little, whatever is asked of us: a frozen one must find no
 * heap of old questions when it thaws, and ibsim stands still when its socket is
 * full. Tries pass unsent then.
 */
static bool
may_send(struct ipoib_sa *sa)
{
	if (sa->alive)
		return true;
	if (sa->tokens == 0 && sa->now_us >= sa->token_us)
		sa->tokens = 1;
	if (sa->tokens == 0)
		return false;
	sa->tokens--;
	sa->token_us = sa->now_us + SA_PROBE_US;
	return true;
}

/*
 * The next try. One that cannot be sent takes as long as one that is lost, so
 * that a request lives equally long either way.
 */
static int
send_try(struct ipoib_sa *sa, struct sa_req *r)
{
	struct ib_sa_mad mad;
	int ret;

	if (!may_send(sa)) {
		r->tries++;
		r->last = sa->unreachable ? -EHOSTUNREACH : -ETIMEDOUT;
		r->due_us = sa->now_us + try_time(sa, r, 0);
		return 0;
	}
	sa_encode(sa, r, r->tid | r->tries, &mad);
	ret = send_mad(sa, &mad);
	if (ret == -EAGAIN) {
		r->due_us = sa->now_us + SA_FULL_US;
		return ret;
	}
	r->tries++;
	r->sent_us = sa->now_us;
	r->last = ret == 0 ? -ETIMEDOUT : ret;
	r->due_us = sa->now_us + try_time(sa, r, 0);
	if (ret != 0) {
		sa->unreachable = true;
		sa_set_alive(sa, false);
	}
	return 0;
}

/* A try's time is over. @return 0, or -EAGAIN: the transport is full */
static int
on_due(struct ipoib_sa *sa, struct sa_req *r)
{
	if (r->list != NULL && sa_list_stalled(sa, r)) {
		r->due_us = sa->now_us + try_time(sa, r, 0);
		return 0;
	}
	if (r->last == -ETIMEDOUT && r->tries != 0)
		sa->stats.timeouts++;
	if (r->tries < sa->tries)
		return send_try(sa, r);
	/* One request that the SA leaves unanswered does not make the SA silent. */
	if (r->last != -EBUSY && sa->answer_us < r->born_us) {
		sa->unreachable = r->last == -EHOSTUNREACH;
		sa_set_alive(sa, false);
	}
	sa_finish(sa, r, r->last, NULL);
	return 0;
}

static uint32_t
new_tid(struct ipoib_sa *sa, uint32_t slot)
{
	return sa->seq++ << SA_TID_SEQ_SHIFT | slot << SA_TID_TRY_BITS;
}

void
sa_ask_anew(struct ipoib_sa *sa, struct sa_req *r)
{
	r->tries = 0;
	r->busy = 0;
	r->back_off = false;
	r->due_us = sa->now_us;
	r->born_us = sa->now_us;
	r->tid = new_tid(sa, r->slot);
}

static void
run_slot(struct ipoib_sa *sa, unsigned int slot, bool kick, bool *full)
{
	struct sa_req *r = sa->slots[slot];
	unsigned int doublings;

	if (r == NULL)
		return;
	if (r->back_off) {
		doublings = RTE_MIN(r->busy - 1, SA_BUSY_DOUBLINGS_MAX);
		r->back_off = false;
		r->due_us = sa->now_us + try_time(sa, r, doublings);
	}
	if (kick) {
		/* Another SM, or a port that works again: as if it were new. */
		sa->stats.resent += r->tries != 0;
		if (r->list != NULL)
			sa_list_restart(r);
		sa_ask_anew(sa, r);
	}
	if (r->due_us <= sa->now_us && !*full)
		*full = on_due(sa, r) == -EAGAIN;
}

static uint32_t
window(const struct ipoib_sa *sa)
{
	return sa->alive ? sa->window : SA_WINDOW_SILENT;
}

/* From the queue to the wire. */
static void
fill_window(struct ipoib_sa *sa, bool full)
{
	unsigned int slot = 0;
	struct sa_req *r;

	while (!full && sa->stats.outstanding < window(sa) && sa->queue.head != NULL) {
		while (sa->slots[slot] != NULL)
			slot++;
		r = sa->queue.head;
		queue_del(&sa->queue, r);
		sa->stats.queued--;
		sa->stats.outstanding++;
		sa->slots[slot] = r;
		r->state = SA_WIRE;
		r->slot = (uint8_t)slot;
		r->tid = new_tid(sa, slot);
		r->born_us = sa->now_us;
		full = send_try(sa, r) == -EAGAIN;
	}
}

/* How long a queued request may wait for a silent SA: as long as its tries take. */
static uint64_t
queued_until(const struct ipoib_sa *sa, const struct sa_req *r)
{
	return RTE_MAX(r->born_us, sa->silent_us) +
			(r->kind == SA_PATH ? sa->path_us : sa->mcast_us) * sa->tries;
}

/* The calls that made them know no time. */
static void
stamp_queue(struct ipoib_sa *sa)
{
	struct sa_req *r;

	for (r = sa->queue.tail; r != NULL && r->born_us == UINT64_MAX; r = r->prev)
		r->born_us = sa->now_us;
}

static void
expire_queue(struct ipoib_sa *sa)
{
	struct sa_req *r;
	unsigned int i;

	for (i = 0; i < SA_POLL_MAX && !sa->alive && sa->queue.head != NULL; i++) {
		r = sa->queue.head;
		if (sa->now_us < queued_until(sa, r))
			break;
		sa_finish(sa, r, sa->unreachable ? -EHOSTUNREACH : -ETIMEDOUT, NULL);
	}
}

/* Nobody asks a silent SA anything: notice its return all the same. */
static void
probe(struct ipoib_sa *sa)
{
	struct ib_sa_mad mad;

	if (sa->alive || sa->stats.outstanding != 0 || sa->now_us < sa->probe_us || !has_sm(sa))
		return;
	sa->probe_us = sa->now_us + SA_PROBE_US;
	sa->probe_tid = new_tid(sa, SA_SLOT_PROBE);
	sa_encode_hdr(&mad, IB_MAD_METHOD_GET, IB_MAD_ATTR_CLASS_PORT_INFO, 0, sa->probe_tid);
	send_mad(sa, &mad);
}

void
ipoib_sa_poll(struct ipoib_sa *sa, uint64_t now_us)
{
	bool kick = sa->kick && has_sm(sa);
	bool full = false;
	unsigned int slot;

	sa->now_us = now_us;
	sa->kick = false;
	if (kick) {
		sa->probe_us = now_us;
		sa->tokens = IPOIB_SA_WINDOW;
	}
	for (slot = 0; slot < IPOIB_SA_WINDOW; slot++)
		run_slot(sa, slot, kick, &full);
	stamp_queue(sa);
	expire_queue(sa);
	fill_window(sa, full);
	/* Another SM is asked everything at once, but once. */
	if (kick)
		sa->tokens = 0;
	probe(sa);
}

uint64_t
ipoib_sa_next_deadline(const struct ipoib_sa *sa)
{
	uint64_t next = UINT64_MAX;
	unsigned int slot;

	if (sa->kick || (sa->queue.head != NULL && sa->stats.outstanding < window(sa)))
		return 0;
	for (slot = 0; slot < IPOIB_SA_WINDOW; slot++) {
		const struct sa_req *r = sa->slots[slot];

		if (r == NULL)
			continue;
		if (r->back_off)
			return 0;
		next = RTE_MIN(next, r->due_us);
	}
	if (!sa->alive && sa->queue.head != NULL)
		next = RTE_MIN(next, queued_until(sa, sa->queue.head));
	if (!sa->alive && sa->stats.outstanding == 0 && has_sm(sa))
		next = RTE_MIN(next, sa->probe_us);
	return next;
}

void
ipoib_sa_cancel(struct ipoib_sa *sa, ipoib_sa_req_t handle)
{
	uint32_t index = (handle & ((1u << SA_HANDLE_INDEX_BITS) - 1)) - 1;
	struct sa_req *r;

	if (index >= sa->nb_used)
		return;
	r = &sa->reqs[index];
	if (r->state == SA_FREE || (r->gen << SA_HANDLE_INDEX_BITS | (index + 1)) != handle)
		return;
	if (r->list != NULL)
		sa_list_free(sa, r->list);
	req_release(sa, r);
}

int
sa_req_new(struct ipoib_sa *sa, enum sa_kind kind, void *arg, struct sa_req **req)
{
	struct sa_req *r = NULL;
	uint32_t gen;

	if (sa->destroying)
		return -ECANCELED;
	if (sa->stats.queued < IPOIB_SA_QUEUE)
		r = req_alloc(sa);
	if (r == NULL)
		return -ENOBUFS;
	gen = r->gen;
	memset(r, 0, sizeof(*r));
	r->kind = kind;
	r->gen = gen;
	r->state = SA_QUEUED;
	r->arg = arg;
	r->born_us = UINT64_MAX; /* until the next poll */
	queue_add(&sa->queue, r);
	sa->stats.queued++;
	sa->stats.requests++;
	*req = r;
	return 0;
}

void
sa_give_handle(const struct ipoib_sa *sa, const struct sa_req *r, ipoib_sa_req_t *handle)
{
	if (handle != NULL)
		*handle = r->gen << SA_HANDLE_INDEX_BITS | (uint32_t)(r - sa->reqs + 1);
}

int
ipoib_sa_create(struct ipoib_mad *mad, const struct ipoib_sa_cfg *cfg, struct ipoib_sa **sa)
{
	static const struct ipoib_sa_cfg defaults;
	struct ipoib_sa *s;
	int ret;

	if (cfg == NULL)
		cfg = &defaults;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return -ENOMEM;
	s->reqs = calloc(SA_REQS_MAX, sizeof(*s->reqs));
	if (s->reqs == NULL) {
		ret = -ENOMEM;
		goto free_sa;
	}
	s->mad = mad;
	s->path_us = (cfg->path_timeout_ms != 0 ? cfg->path_timeout_ms : 100) * UINT64_C(1000);
	s->mcast_us = (cfg->mcast_timeout_ms != 0 ? cfg->mcast_timeout_ms : 300) * UINT64_C(1000);
	s->tries = RTE_MIN(cfg->tries != 0 ? cfg->tries : 11, SA_TRIES_MAX);
	s->seq = (uint32_t)rte_rand();
	s->alive = true;
	s->report_tokens = SA_REPORT_BURST;
	sa_window_reset(s);
	ret = ipoib_mad_listen(mad, sa_port_event, s);
	if (ret != 0)
		goto free_reqs;
	ret = ipoib_mad_register(mad, IB_MAD_CLASS_SUBN_ADM, sa_recv, s);
	if (ret != 0)
		goto unlisten;
	*sa = s;
	return 0;

unlisten:
	ipoib_mad_unlisten(mad, sa_port_event, s);
free_reqs:
	free(s->reqs);
free_sa:
	free(s);
	return ret;
}

void
ipoib_sa_destroy(struct ipoib_sa *sa)
{
	unsigned int slot;

	if (sa == NULL)
		return;
	sa->destroying = true;
	ipoib_mad_register(sa->mad, IB_MAD_CLASS_SUBN_ADM, NULL, NULL);
	ipoib_mad_unlisten(sa->mad, sa_port_event, sa);
	for (slot = 0; slot < IPOIB_SA_WINDOW; slot++) {
		if (sa->slots[slot] != NULL)
			sa_finish(sa, sa->slots[slot], -ECANCELED, NULL);
	}
	while (sa->queue.head != NULL)
		sa_finish(sa, sa->queue.head, -ECANCELED, NULL);
	free(sa->reqs);
	free(sa);
}

void
ipoib_sa_on_alive(struct ipoib_sa *sa, ipoib_sa_alive_cb cb, void *arg)
{
	sa->alive_cb = cb;
	sa->alive_arg = arg;
}

uint16_t
ipoib_sa_last_status(const struct ipoib_sa *sa)
{
	return sa->last_status;
}

void
ipoib_sa_stats_get(const struct ipoib_sa *sa, struct ipoib_sa_stats *stats)
{
	*stats = sa->stats;
	stats->window = window(sa);
	stats->rtt_us = sa->srtt_us;
	stats->rtt_best_us = sa->best_us;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* The library, devices, memory, groups and events. */

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fake_verbs_int.h"

#define EVENTS_MAX 64

struct fv_set fv;
struct fv_seen fv_seen;
pthread_mutex_t fv_lock = PTHREAD_MUTEX_INITIALIZER;
struct fv_mrs fv_mrs = LIST_HEAD_INITIALIZER(fv_mrs);
struct fv_group fv_groups[FV_GROUPS_MAX];
unsigned int fv_nb_groups;

static struct ibv_device devices[FV_DEVS];
static struct fv_ctx *contexts[FV_DEVS];
struct fv_objects fv_have;
static struct ibv_ah_attr last_ah;
static uint32_t next_key = 1;
static struct {
	struct ibv_async_event e;
	unsigned int dev;
} events[EVENTS_MAX];
static unsigned int nb_events;

void
fv_die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "fake verbs: ");
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, "\n");
	va_end(ap);
	abort();
}

struct fv_objects
fv_objects(void)
{
	struct fv_objects o;

	pthread_mutex_lock(&fv_lock);
	o = fv_have;
	o.attached = (int)fv_nb_groups;
	pthread_mutex_unlock(&fv_lock);
	return o;
}

void
fv_reset(void)
{
	static const uint8_t gid[16] = { 0xfe, 0x80, [8] = 0x00, 0x02, 0xc9, 0x03, [15] = 1 };
	static const char *const names[FV_DEVS] = { "fake0", "fake1" };
	static const struct fv_objects none;
	struct fv_objects o = fv_objects();
	unsigned int i;

	if (memcmp(&o, &none, sizeof(o)) != 0)
		fv_die("left: %d contexts, %d PDs, %d TDs, %d MRs, %d CQs, %d QPs, %d AHs, "
		       "%d attached",
				o.contexts, o.pds, o.tds, o.mrs, o.cqs, o.qps, o.ahs, o.attached);
	memset(&fv, 0, sizeof(fv));
	memset(&fv_seen, 0, sizeof(fv_seen));
	fv.post_take = -1;
	fv.recv_take = -1;
	fv.rate_max = 63;
	nb_events = 0;
	for (i = 0; i < FV_DEVS; i++) {
		fv.dev[i] = (struct fv_dev){
			.name = names[i],
			.lid = (uint16_t)(4 + 2 * i),
			.ports = 2,
			.state = IBV_PORT_ACTIVE,
			.pkeys = { 0xffff, 0x8001, 0x8002 },
		};
		memcpy(fv.dev[i].gid.raw, gid, sizeof(gid));
		fv.dev[i].gid.raw[15] = (uint8_t)(i + 1);
	}
}

/* The device list. */

struct ibv_device **
ibv_get_device_list(int *n)
{
	struct ibv_device **list = calloc(FV_DEVS + 1, sizeof(*list));
	unsigned int i;
	int k = 0;

	if (fv.no_list != 0 || list == NULL) {
		free(list);
		errno = fv.no_list;
		return NULL;
	}
	for (i = 0; i < FV_DEVS; i++)
		if (!fv.dev[i].absent) {
			snprintf(devices[i].name, sizeof(devices[i].name), "%s", fv.dev[i].name);
			snprintf(devices[i].ibdev_path, sizeof(devices[i].ibdev_path),
					"/sys/class/infiniband/%s", fv.dev[i].name);
			list[k++] = &devices[i];
		}
	if (n != NULL)
		*n = k;
	return list;
}

void
ibv_free_device_list(struct ibv_device **list)
{
	free(list);
	/* As free() and its like may. */
	errno = 0;
}

const char *
ibv_get_device_name(struct ibv_device *d)
{
	return d->name;
}

/* Device and port. */

int
ibv_query_device(struct ibv_context *ctx, struct ibv_device_attr *a)
{
	const struct fv_ctx *c = (const struct fv_ctx *)verbs_get_ctx(ctx);

	memset(a, 0, sizeof(*a));
	a->phys_port_cnt = fv.dev[c->dev].ports;
	a->max_qp_wr = 4096;
	a->max_cqe = 8192;
	a->max_sge = FV_SGE;
	if (fv.csum)
		a->device_cap_flags |= IBV_DEVICE_UD_IP_CSUM;
	return 0;
}

static int
query_port(struct ibv_context *ctx, uint8_t num, struct ibv_port_attr *a, size_t len)
{
	const struct fv_ctx *c = (const struct fv_ctx *)verbs_get_ctx(ctx);
	const struct fv_dev *d = &fv.dev[c->dev];

	memset(a, 0, len);
	if (num == 0 || num > d->ports)
		return EINVAL;
	if (c->dead)
		return EIO;
	a->state = d->state;
	a->lid = d->ether ? 0 : d->lid;
	a->lmc = d->lmc;
	a->link_layer = d->ether ? IBV_LINK_LAYER_ETHERNET : IBV_LINK_LAYER_INFINIBAND;
	a->flags = (uint8_t)d->port_flags;
	a->active_speed = 32;
	a->active_width = 2;
	return 0;
}

int
ibv_query_gid(struct ibv_context *ctx, uint8_t num, int index, union ibv_gid *gid)
{
	const struct fv_ctx *c = (const struct fv_ctx *)verbs_get_ctx(ctx);

	if (index != 0 || num == 0 || num > fv.dev[c->dev].ports || c->dead)
		return -1;
	*gid = fv.dev[c->dev].gid;
	return 0;
}

/* Domains. */

static struct fv_pd *
pd_new(struct ibv_context *ctx)
{
	struct fv_pd *p = calloc(1, sizeof(*p));

	if (p == NULL)
		fv_die("no memory");
	p->pd.context = ctx;
	fv_have.pds++;
	return p;
}

struct ibv_pd *
ibv_alloc_pd(struct ibv_context *ctx)
{
	struct fv_pd *p;

	pthread_mutex_lock(&fv_lock);
	p = pd_new(ctx);
	pthread_mutex_unlock(&fv_lock);
	return &p->pd;
}

int
ibv_dealloc_pd(struct ibv_pd *pd)
{
	struct fv_pd *p = (struct fv_pd *)pd;

	pthread_mutex_lock(&fv_lock);
	if (p->users != 0)
		fv_die("a PD goes that %d objects use", p->users);
	if (p->base != NULL)
		p->base->users--;
	if (p->td != NULL)
		p->td->users--;
	fv_have.pds--;
	pthread_mutex_unlock(&fv_lock);
	free(p);
	return 0;
}

static struct ibv_td *
alloc_td(struct ibv_context *ctx, struct ibv_td_init_attr *attr)
{
	struct fv_td *t = calloc(1, sizeof(*t));

	(void)attr;
	if (t == NULL)
		fv_die("no memory");
	t->td.context = ctx;
	pthread_mutex_lock(&fv_lock);
	fv_have.tds++;
	pthread_mutex_unlock(&fv_lock);
	return &t->td;
}

static int
dealloc_td(struct ibv_td *td)
{
	struct fv_td *t = (struct fv_td *)td;

	pthread_mutex_lock(&fv_lock);
	if (t->users != 0)
		fv_die("a thread domain goes that is in use");
	fv_have.tds--;
	pthread_mutex_unlock(&fv_lock);
	free(t);
	return 0;
}

static struct ibv_pd *
alloc_parent_domain(struct ibv_context *ctx, struct ibv_parent_domain_init_attr *attr)
{
	struct fv_pd *p;

	pthread_mutex_lock(&fv_lock);
	p = pd_new(ctx);
	p->base = (struct fv_pd *)attr->pd;
	p->base->users++;
	p->td = (struct fv_td *)attr->td;
	if (p->td != NULL)
		p->td->users++;
	pthread_mutex_unlock(&fv_lock);
	return &p->pd;
}

/* Memory. */

struct ibv_mr *
ibv_reg_mr_iova2(struct ibv_pd *pd, void *addr, size_t len, uint64_t iova, unsigned int access)
{
	struct fv_mr *m;

	if (iova != (uintptr_t)addr || (access & IBV_ACCESS_LOCAL_WRITE) == 0)
		fv_die("memory is registered for another use");
	pthread_mutex_lock(&fv_lock);
	if (fv.reg_err != 0 && fv.reg_ok == 0) {
		pthread_mutex_unlock(&fv_lock);
		errno = fv.reg_err;
		return NULL;
	}
	fv.reg_ok -= fv.reg_ok > 0;
	m = calloc(1, sizeof(*m));
	if (m == NULL)
		fv_die("no memory");
	m->mr.context = pd->context;
	m->mr.pd = pd;
	m->mr.addr = addr;
	m->mr.length = len;
	/* Never the same again. */
	m->mr.lkey = next_key++ << 8;
	((struct fv_pd *)pd)->users++;
	fv_have.mrs++;
	LIST_INSERT_HEAD(&fv_mrs, m, next);
	pthread_mutex_unlock(&fv_lock);
	return &m->mr;
}

int
ibv_dereg_mr(struct ibv_mr *mr)
{
	struct fv_mr *m = (struct fv_mr *)mr;
	struct fv_qp *qp;

	pthread_mutex_lock(&fv_lock);
	LIST_FOREACH(qp, &fv_qps, next)
		if (fv_qp_uses(qp, m))
			fv_die("memory goes that requests of queue pair %u use",
					qp->ex.qp_base.qp_num);
	((struct fv_pd *)mr->pd)->users--;
	fv_have.mrs--;
	LIST_REMOVE(m, next);
	pthread_mutex_unlock(&fv_lock);
	free(m);
	return 0;
}

/* Address handles. */

struct ibv_ah *
ibv_create_ah(struct ibv_pd *pd, struct ibv_ah_attr *a)
{
	const struct fv_ctx *c = (const struct fv_ctx *)verbs_get_ctx(pd->context);
	struct fv_ah *ah;

	if (a->static_rate > fv.rate_max || (fv.dev[c->dev].ether && !a->is_global) ||
			a->port_num == 0 || a->port_num > fv.dev[c->dev].ports) {
		errno = EINVAL;
		return NULL;
	}
	ah = calloc(1, sizeof(*ah));
	if (ah == NULL)
		fv_die("no memory");
	ah->ah.context = pd->context;
	ah->ah.pd = pd;
	ah->attr = *a;
	pthread_mutex_lock(&fv_lock);
	last_ah = *a;
	((struct fv_pd *)pd)->users++;
	fv_have.ahs++;
	pthread_mutex_unlock(&fv_lock);
	return &ah->ah;
}

const struct ibv_ah_attr *
fv_last_ah(void)
{
	return &last_ah;
}

int
ibv_destroy_ah(struct ibv_ah *p)
{
	struct fv_ah *ah = (struct fv_ah *)p;

	pthread_mutex_lock(&fv_lock);
	if (ah->users != 0)
		fv_die("an address handle goes that %d sends use", ah->users);
	((struct fv_pd *)p->pd)->users--;
	fv_have.ahs--;
	pthread_mutex_unlock(&fv_lock);
	free(ah);
	return 0;
}

/* Groups. */

static unsigned int
group_find(const struct fv_qp *qp, const union ibv_gid *gid, uint16_t lid)
{
	unsigned int i;

	for (i = 0; i < fv_nb_groups; i++)
		if (fv_groups[i].qp == qp && fv_groups[i].lid == lid &&
				memcmp(fv_groups[i].gid.raw, gid->raw, 16) == 0)
			break;
	return i;
}

static bool
other_mlid(unsigned int dev, const union ibv_gid *gid, uint16_t lid)
{
	unsigned int i;

	for (i = 0; i < fv_nb_groups; i++)
		if (fv_groups[i].qp->ctx->dev == dev && fv_groups[i].lid != lid &&
				memcmp(&fv_groups[i].gid, gid, sizeof(*gid)) == 0)
			return true;
	return false;
}

int
ibv_attach_mcast(struct ibv_qp *p, const union ibv_gid *gid, uint16_t lid)
{
	struct fv_qp *qp = (struct fv_qp *)p;
	int ret = fv.attach_err;

	pthread_mutex_lock(&fv_lock);
	if (gid->raw[0] != 0xff || (!fv.dev[qp->ctx->dev].ether && lid < 0xc000))
		ret = EINVAL;
	if (ret == 0 && group_find(qp, gid, lid) < fv_nb_groups)
		fv_die("a group is attached twice");
	if (ret == 0 && fv.one_mlid && other_mlid(qp->ctx->dev, gid, lid))
		ret = EINVAL;
	if (ret == 0 && fv_nb_groups == FV_GROUPS_MAX)
		ret = ENOMEM;
	if (ret == 0)
		fv_groups[fv_nb_groups++] = (struct fv_group){ qp, *gid, lid };
	pthread_mutex_unlock(&fv_lock);
	return ret;
}

int
ibv_detach_mcast(struct ibv_qp *p, const union ibv_gid *gid, uint16_t lid)
{
	struct fv_qp *qp = (struct fv_qp *)p;
	unsigned int i;

	pthread_mutex_lock(&fv_lock);
	i = group_find(qp, gid, lid);
	if (i == fv_nb_groups)
		fv_die("a group is detached that is not attached");
	fv_groups[i] = fv_groups[--fv_nb_groups];
	pthread_mutex_unlock(&fv_lock);
	return 0;
}

bool
fv_attached(unsigned int dev, const uint8_t *mgid, uint16_t mlid)
{
	bool found = false;
	unsigned int i;

	pthread_mutex_lock(&fv_lock);
	for (i = 0; i < fv_nb_groups; i++)
		if (fv_groups[i].qp->ctx->dev == dev && fv_groups[i].lid == mlid &&
				memcmp(fv_groups[i].gid.raw, mgid, 16) == 0)
			found = true;
	pthread_mutex_unlock(&fv_lock);
	return found;
}

/* Events. */

void
fv_event(unsigned int dev, enum ibv_event_type type, uint8_t port)
{
	pthread_mutex_lock(&fv_lock);
	if (nb_events == EVENTS_MAX)
		fv_die("too many events");
	events[nb_events].dev = dev;
	events[nb_events].e.event_type = type;
	events[nb_events++].e.element.port_num = port;
	pthread_mutex_unlock(&fv_lock);
}

int
ibv_get_async_event(struct ibv_context *ctx, struct ibv_async_event *e)
{
	struct fv_ctx *c = (struct fv_ctx *)verbs_get_ctx(ctx);
	unsigned int i;
	int ret = -1;

	if ((fcntl(ctx->async_fd, F_GETFL) & O_NONBLOCK) == 0)
		fv_die("waiting for an event would block");
	pthread_mutex_lock(&fv_lock);
	errno = c->dead ? EIO : EAGAIN;
	for (i = 0; i < nb_events && ret != 0; i++)
		if (events[i].dev == c->dev) {
			*e = events[i].e;
			memmove(&events[i], &events[i + 1], (nb_events - i - 1) * sizeof(*events));
			nb_events--;
			c->events_out++;
			ret = 0;
		}
	pthread_mutex_unlock(&fv_lock);
	return ret;
}

void
ibv_ack_async_event(struct ibv_async_event *e)
{
	unsigned int i;

	(void)e;
	pthread_mutex_lock(&fv_lock);
	for (i = 0; i < FV_DEVS; i++)
		if (contexts[i] != NULL && contexts[i]->events_out > 0) {
			contexts[i]->events_out--;
			fv_seen.events_acked++;
			break;
		}
	if (i == FV_DEVS)
		fv_die("an event is acknowledged that there was not");
	pthread_mutex_unlock(&fv_lock);
}

void
fv_kill(unsigned int dev)
{
	pthread_mutex_lock(&fv_lock);
	if (contexts[dev] != NULL)
		contexts[dev]->dead = true;
	pthread_mutex_unlock(&fv_lock);
}

/* Open and close. */

static void
provider_fill(struct verbs_context *v)
{
	v->sz = sizeof(*v);
	v->context.abi_compat = __VERBS_ABI_IS_EXTENDED;
	v->context.ops.post_send = fv_post_send;
	v->context.ops.post_recv = fv_post_recv;
	v->context.ops.poll_cq = fv_poll_cq;
	v->query_port = query_port;
	v->create_cq_ex = fv.no_cq_ex ? NULL : fv_create_cq_ex;
	v->create_qp_ex = fv.no_qp_ex ? NULL : fv_create_qp_ex;
	if (!fv.no_td) {
		v->alloc_td = alloc_td;
		v->dealloc_td = dealloc_td;
		v->alloc_parent_domain = alloc_parent_domain;
	}
}

struct ibv_context *
ibv_open_device(struct ibv_device *d)
{
	unsigned int dev = (unsigned int)(d - devices);
	struct fv_ctx *c;

	if (fv.open_err != 0) {
		errno = fv.open_err;
		return NULL;
	}
	/* Of one port each, but one context a device is all that the tests need. */
	if (contexts[dev] != NULL)
		fv_die("a device is opened twice");
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		fv_die("no memory");
	provider_fill(&c->v);
	c->dev = dev;
	c->v.context.device = d;
	c->v.context.async_fd = eventfd(0, 0);
	pthread_mutex_lock(&fv_lock);
	fv_have.contexts++;
	contexts[dev] = c;
	pthread_mutex_unlock(&fv_lock);
	return &c->v.context;
}

int
ibv_close_device(struct ibv_context *ctx)
{
	struct fv_ctx *c = (struct fv_ctx *)verbs_get_ctx(ctx);

	pthread_mutex_lock(&fv_lock);
	if (c->events_out != 0)
		fv_die("%d events were never acknowledged", c->events_out);
	fv_have.contexts--;
	contexts[c->dev] = NULL;
	pthread_mutex_unlock(&fv_lock);
	close(ctx->async_fd);
	free(c);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * The proxy towards hosts: the querier of a downstream port (RFC 3376 6, RFC 3810 7), and who
 * wants what. Packets are forwarded by group alone: sources are kept to ask upstream for them and
 * to know when nobody is left, not to filter. So a host that excludes sources gets those too if
 * others want them, and filters for itself, as every host does.
 */

#include "mproxy.h"

/* --- the pace of a link --- */

void
mp_pace_default(struct mp_pace *pace)
{
	*pace = (struct mp_pace){ MP_ROBUSTNESS, MP_QUERY_US, MP_RESPONSE_US };
}

/* What a query does not say is as the RFCs have it. */
void
mp_pace_adopt(struct mp_pace *pace, const struct mp_msg *query)
{
	pace->robustness = query->robustness != 0 ? query->robustness : MP_ROBUSTNESS;
	pace->query_us = query->query_us != 0 ? query->query_us : MP_QUERY_US;
	/* Others are answered within the time of the last member. */
	if (dp_ip_is_zero(&query->group))
		pace->response_us = query->resp_us;
}

uint64_t
mp_pace_member_us(const struct mp_pace *pace)
{
	return pace->robustness * pace->query_us + pace->response_us;
}

uint64_t
mp_pace_querier_us(const struct mp_pace *pace)
{
	return pace->robustness * pace->query_us + pace->response_us / 2;
}

static const struct mp_pace *
pace_of(const struct mp_member *mb)
{
	return &mb->mp->querier[!dp_ip_is4(&mb->g->ip)].pace;
}

/* Who was asked about and does not answer is forgotten then. */
static uint64_t
last_until(const struct mp_member *mb, uint64_t resp_us)
{
	return mb->mp->p->c->now + pace_of(mb)->robustness * resp_us;
}

static uint64_t
earliest(uint64_t a, uint64_t b)
{
	return a == 0 ? b : b == 0 ? a : RTE_MIN(a, b);
}

static bool
is_querier(const struct mp_port *mp, bool v6)
{
	return mp->querier[v6].other_until <= mp->p->c->now;
}

/* --- members --- */

uint64_t
mp_member_until(const struct mp_member *mb)
{
	uint64_t until = mb->any_until;
	uint8_t i;

	for (i = 0; i < mb->nb_sources; i++)
		until = RTE_MAX(until, mb->source[i].until);
	return until;
}

static void
member_timer_set(struct mp_member *mb)
{
	uint64_t due = earliest(mb->any_until, mb->asks > 0 ? mb->ask_at : 0);
	uint8_t i;

	for (i = 0; i < mb->nb_sources; i++)
		due = earliest(due, mb->source[i].until);
	if (due != 0)
		timer_set(mb->mp->p->c, &mb->timer, due);
	else
		timer_stop(mb->mp->p->c, &mb->timer);
}

static struct mp_source *
source_find(struct mp_member *mb, const struct dp_ip *ip)
{
	uint8_t i;

	for (i = 0; i < mb->nb_sources; i++) {
		if (dp_ip_equal(&mb->source[i].ip, ip))
			return &mb->source[i];
	}
	return NULL;
}

static void
sources_expire(struct mp_member *mb, uint64_t now)
{
	uint8_t i, n = 0;

	for (i = 0; i < mb->nb_sources; i++) {
		if (mb->source[i].until > now)
			mb->source[n++] = mb->source[i];
	}
	mb->nb_sources = n;
}

/* RFC 3376 6.6.3: to whoever is about to be forgotten, twice. */
static void
ask_start(struct mp_member *mb, bool sources)
{
	struct control *c = mb->mp->p->c;

	mb->ask_sources = sources;
	mb->asks = pace_of(mb)->robustness;
	mb->ask_at = c->now;
}

static void
ask_send(struct mp_member *mb)
{
	struct mp_port *mp = mb->mp;
	struct control *c = mp->p->c;
	struct dp_ip sources[MP_SOURCES_MAX];
	bool v6 = !dp_ip_is4(&mb->g->ip);
	uint16_t i, n = 0;

	/* Only those that nobody has asked for since. */
	for (i = 0; mb->ask_sources && i < mb->nb_sources; i++) {
		if (mb->source[i].until <= last_until(mb, MP_LAST_MEMBER_US))
			sources[n++] = mb->source[i].ip;
	}
	mb->asks--;
	mb->ask_at = c->now + MP_LAST_MEMBER_US;
	if (is_querier(mp, v6) && (!mb->ask_sources || n > 0))
		mp_send_query(mp, v6, &mb->g->ip, sources, n);
	else
		mb->asks = 0;
}

static void
member_timer(struct control *c, void *arg)
{
	struct mp_member *mb = arg;
	bool any = mb->any_until != 0;
	uint8_t nb = mb->nb_sources;

	if (mb->any_until != 0 && mb->any_until <= c->now)
		mb->any_until = 0;
	sources_expire(mb, c->now);
	if (!mb->fixed && mp_member_until(mb) == 0) {
		mp_member_free(mb);
		return;
	}
	if (mb->asks > 0 && mb->ask_at <= c->now)
		ask_send(mb);
	if (any != (mb->any_until != 0) || nb != mb->nb_sources)
		mp_member_changed(mb);
	member_timer_set(mb);
}

int
mp_member_init(struct mp_member *mb)
{
	return timer_init(mb->mp->p->c, &mb->timer, member_timer, mb);
}

/* --- records --- */

/* Too many to be told apart: all are wanted. */
static void
sources_add(struct mp_member *mb, const struct mp_change *ch, bool v6)
{
	uint64_t until = mb->mp->p->c->now + mp_pace_member_us(pace_of(mb));
	struct mp_source *s;
	struct dp_ip ip;
	uint16_t i;

	for (i = 0; i < ch->nb; i++) {
		ip = mp_source_at(ch->sources, v6, i);
		s = source_find(mb, &ip);
		if (s == NULL && mb->nb_sources == MP_SOURCES_MAX) {
			mb->any_until = until;
			return;
		}
		if (s == NULL)
			s = &mb->source[mb->nb_sources++];
		*s = (struct mp_source){ .ip = ip, .until = until };
	}
}

static bool
is_named(const struct mp_change *ch, bool v6, const struct dp_ip *source)
{
	struct dp_ip ip;
	uint16_t i;

	for (i = 0; i < ch->nb; i++) {
		ip = mp_source_at(ch->sources, v6, i);
		if (dp_ip_equal(&ip, source))
			return true;
	}
	return false;
}

/* The sources that a record names, or those that it does not name, are asked for once more. */
static void
sources_doubt(struct mp_member *mb, const struct mp_change *ch, bool v6, bool named)
{
	uint64_t until = last_until(mb, MP_LAST_MEMBER_US);
	uint8_t i, nb = 0;

	for (i = 0; i < mb->nb_sources; i++) {
		if (is_named(ch, v6, &mb->source[i].ip) != named)
			continue;
		mb->source[i].until = RTE_MIN(mb->source[i].until, until);
		nb++;
	}
	if (nb > 0 && mb->any_until == 0)
		ask_start(mb, true);
}

static void
any_doubt(struct mp_member *mb)
{
	if (mb->any_until == 0)
		return;
	mb->any_until = RTE_MIN(mb->any_until, last_until(mb, MP_LAST_MEMBER_US));
	ask_start(mb, false);
}

static bool
old_host(const struct mp_member *mb, enum mp_version v)
{
	return mb->old_until[v - 1] > mb->mp->p->c->now;
}

static void
any_wanted(struct mp_member *mb, const struct mp_msg *msg)
{
	uint64_t until = mb->mp->p->c->now + mp_pace_member_us(pace_of(mb));

	mb->any_until = until;
	mb->asks = 0;
	if (msg->version < MP_V3)
		mb->old_until[msg->version - 1] = until;
}

/* RFC 3376 6.4, and 7.3.2 for older hosts: those of version 1 cannot say that they leave. */
static void
member_record(struct mp_member *mb, const struct mp_msg *msg, const struct mp_change *ch)
{
	bool doubt = is_querier(mb->mp, msg->v6);

	switch ((enum mp_record)ch->type) {
	case MP_IS_EX:
	case MP_TO_EX:
		any_wanted(mb, msg);
		break;
	case MP_IS_IN:
	case MP_ALLOW:
		sources_add(mb, ch, msg->v6);
		break;
	case MP_TO_IN:
		sources_add(mb, ch, msg->v6);
		if (!doubt || old_host(mb, MP_V1))
			break;
		sources_doubt(mb, ch, msg->v6, false);
		any_doubt(mb);
		break;
	case MP_BLOCK:
		if (doubt && !old_host(mb, MP_V1) && !old_host(mb, MP_V2))
			sources_doubt(mb, ch, msg->v6, true);
		break;
	}
}

/* Does it ask for anything? */
static bool
wants(const struct mp_change *ch)
{
	return ch->type == MP_IS_EX || ch->type == MP_TO_EX || (ch->type != MP_BLOCK && ch->nb > 0);
}

void
mp_router_record(struct mp_port *mp, const struct mp_msg *msg, const struct mp_change *ch)
{
	struct mp_member *mb;
	uint8_t nb;
	bool any;

	if (!mp->router || !mp_is_routed(&ch->group))
		return;
	mb = wants(ch) ? mp_member_get(mp, &ch->group) : mp_member_find(mp, &ch->group);
	if (mb == NULL) {
		mp->refused += wants(ch);
		return;
	}
	any = mb->any_until != 0;
	nb = mb->nb_sources;
	member_record(mb, msg, ch);
	if (any != (mb->any_until != 0) || nb != mb->nb_sources)
		mp_member_changed(mb);
	member_timer_set(mb);
}

/* --- queries --- */

static void
querier_timer(struct control *c, void *arg)
{
	struct mp_querier *q = arg;
	struct mp_port *mp = q->mp;
	struct dp_ip own = mp_source_addr(mp, q->v6);

	if (q->other_until > c->now) {
		timer_set(c, &q->timer, q->other_until);
		return;
	}
	mp_pace_default(&q->pace);
	/* Without an address of this family nobody is asked: an address may come. */
	if (!mp->p->up || dp_ip_is_zero(&own)) {
		timer_set(c, &q->timer, c->now + CTL_US_PER_S);
		return;
	}
	mp_send_query(mp, q->v6, NULL, NULL, 0);
	if (q->startup > 0)
		q->startup--;
	timer_set(c, &q->timer, c->now + (q->startup > 0 ? MP_STARTUP_US : MP_QUERY_US));
}

/* Another router asks about one group: who does not answer it will be forgotten here too. */
static void
asked_by_other(struct mp_port *mp, const struct mp_msg *msg)
{
	struct mp_member *mb = mp_member_find(mp, &msg->group);
	struct mp_change asked = { .nb = msg->nb, .sources = msg->body };
	uint64_t until;
	uint8_t i;

	if (mb == NULL || msg->suppress)
		return;
	until = last_until(mb, msg->resp_us);
	if (msg->nb == 0 && mb->any_until != 0)
		mb->any_until = RTE_MIN(mb->any_until, until);
	for (i = 0; i < mb->nb_sources; i++) {
		if (is_named(&asked, msg->v6, &mb->source[i].ip))
			mb->source[i].until = RTE_MIN(mb->source[i].until, until);
	}
	member_timer_set(mb);
}

/* RFC 3376 6.6.2: the lowest address asks, at its pace. */
void
mp_router_query(struct mp_port *mp, const struct mp_msg *msg)
{
	struct mp_querier *q = &mp->querier[msg->v6];
	struct control *c = mp->p->c;
	struct dp_ip own = mp_source_addr(mp, msg->v6);

	if (dp_ip_is_zero(&msg->src) || dp_ip_equal(&own, &msg->src))
		return;
	if (dp_ip_is_zero(&own) || memcmp(msg->src.b, own.b, sizeof(own.b)) < 0) {
		q->other = msg->src;
		mp_pace_adopt(&q->pace, msg);
		q->other_until = c->now + mp_pace_querier_us(&q->pace);
		timer_set(c, &q->timer, q->other_until);
	}
	/* RFC 3376 6.6.1: of whoever asks. */
	if (!dp_ip_is_zero(&msg->group))
		asked_by_other(mp, msg);
}

/* RFC 3376 8.6 and 8.7; everybody starts as the querier (6.6.2). */
void
mp_router_start(struct mp_port *mp)
{
	struct mp_querier *q;
	unsigned int f;

	for (f = 0; f < RTE_DIM(mp->querier); f++) {
		q = &mp->querier[f];
		q->startup = MP_ROBUSTNESS;
		q->other_until = 0;
		mp_pace_default(&q->pace);
		timer_set(mp->p->c, &q->timer, mp->p->c->now);
	}
}

void
mp_router_set(struct mp_port *mp, bool on)
{
	struct mp_member *mb, *tmp;
	unsigned int f;

	mp->router = on;
	if (on) {
		mp_router_start(mp);
		return;
	}
	for (f = 0; f < RTE_DIM(mp->querier); f++)
		timer_stop(mp->p->c, &mp->querier[f].timer);
	for (mb = LIST_FIRST(&mp->members); mb != NULL; mb = tmp) {
		tmp = LIST_NEXT(mb, of_port);
		mp_member_free(mb);
	}
}

int
mp_router_init(struct mp_port *mp)
{
	unsigned int f;
	int ret = 0;

	for (f = 0; ret == 0 && f < RTE_DIM(mp->querier); f++) {
		mp->querier[f].mp = mp;
		mp->querier[f].v6 = f == 1;
		ret = timer_init(mp->p->c, &mp->querier[f].timer, querier_timer, &mp->querier[f]);
	}
	return ret;
}

void
mp_router_fini(struct mp_port *mp)
{
	unsigned int f;

	mp_router_set(mp, false);
	for (f = 0; f < RTE_DIM(mp->querier); f++)
		timer_fini(mp->p->c, &mp->querier[f].timer);
}

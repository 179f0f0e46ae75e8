/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_common.h>

#include "fake_mad.h"
#include "ib_mad.h"
#include "sa_oracle.h"

#define EV_ALL 0x1f

/* A port that answers SMPs. */
struct smp_port {
	struct oracle_port port;
	uint16_t pkeys[IPOIB_MAD_PKEYS_MAX];
	unsigned int lose;     /* the next so many requests */
	unsigned int lose_nth; /* each n-th request */
	unsigned int seen;
	uint16_t lose_attr;   /* all requests for this attribute */
	uint16_t refuse_attr; /* these get an error status */
	uint64_t sm_guid;     /* of the SM, which answers too */
	uint32_t sm_count;
	unsigned int sm_asked;
	bool sm_mute;
	bool sm_gone; /* what is sent to it comes back */
	bool sm_late; /* answer the SM's last question but one */
	bool mute;
	bool stale; /* answer with another round's TID */
};

struct heard {
	unsigned int calls;
	uint32_t events;
	struct ipoib_mad_port port;
};

static void
answer_sm(struct fake_mad *f, const uint8_t *mad, uint16_t dlid)
{
	struct smp_port *p = f->arg;
	uint8_t answer[IPOIB_MAD_LEN];

	assert_int_equal(dlid, p->port.sm_lid);
	memcpy(answer, mad, sizeof(answer));
	p->sm_asked++;
	if (p->sm_mute)
		return;
	if (p->sm_gone) {
		fake_mad_deliver(f, answer, -EHOSTUNREACH, 0);
		return;
	}
	assert_int_equal(oracle_answer_sm_info(answer, p->sm_guid, p->sm_count++), 0);
	if (p->sm_late)
		answer[14] ^= 1;
	fake_mad_deliver(f, answer, 0, 0);
}

static void
answer_smp(struct fake_mad *f, const uint8_t *mad, uint16_t dlid)
{
	struct smp_port *p = f->arg;
	uint8_t answer[IPOIB_MAD_LEN];
	uint16_t attr = (uint16_t)(mad[16] << 8 | mad[17]);

	if (mad[1] == IB_MAD_CLASS_SMP_LID) {
		answer_sm(f, mad, dlid);
		return;
	}
	assert_int_equal(dlid, 0xffff);
	memcpy(answer, mad, sizeof(answer));
	assert_int_equal(oracle_answer_smp(answer, &p->port, p->pkeys), 0);
	if (p->lose != 0) {
		p->lose--;
		return;
	}
	p->seen++;
	if (p->lose_nth != 0 && p->seen % p->lose_nth == 0)
		return;
	if (p->mute || attr == p->lose_attr)
		return;
	if (attr == p->refuse_attr)
		answer[5] = 0x1c;
	if (p->stale)
		answer[14] ^= 1;
	fake_mad_deliver(f, answer, 0, 0);
}

static void
hear(void *arg, uint32_t events, const struct ipoib_mad_port *port)
{
	struct heard *h = arg;

	h->calls++;
	h->events |= events;
	h->port = *port;
}

static struct fake_mad *
open_smp(struct smp_port *p, struct heard *h)
{
	struct fake_mad *f;
	unsigned int i;

	memset(p, 0, sizeof(*p));
	p->port = (struct oracle_port){ .guid = 0x0002c90300001234,
		.prefix = 0xfe80000000000000,
		.lid = 0x0123,
		.sm_lid = 0x0456,
		.partition_cap = 64,
		.state = 4,
		.lmc = 2,
		.mtu = 5,
		.sm_sl = 3,
		.width = 2, /* 4X */
		.speed = 4, /* QDR */
		.cap_mask = 0x02510868 };
	p->sm_guid = 0x11;
	p->sm_count = 1000;
	for (i = 0; i < RTE_DIM(p->pkeys); i++)
		p->pkeys[i] = (uint16_t)(0x8000 + i);
	memset(h, 0, sizeof(*h));
	/* The fake's arg is needed from the first MAD on: it starts unplugged. */
	f = fake_mad_open(NULL, true);
	f->script = answer_smp;
	f->arg = p;
	ipoib_mad_listen(f->mad, hear, h);
	return f;
}

static void
steps(struct fake_mad *f, unsigned int ms)
{
	while (ms-- != 0)
		fake_mad_step(f, 1000);
}

static void
test_identity(void **state)
{
	struct smp_port p;
	struct heard h;
	struct fake_mad *f = open_smp(&p, &h);
	const struct ipoib_mad_port *port = ipoib_mad_port(f->mad);
	static const uint8_t gid[16] = { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 2, 0xc9, 3, 0, 0, 0x12,
		0x34 };
	unsigned int i;

	(void)state;
	steps(f, 250);
	assert_int_equal(h.events, EV_ALL);
	assert_int_equal(port->state, IPOIB_MAD_ACTIVE);
	assert_int_equal(port->lid, 0x0123);
	assert_int_equal(port->sm_lid, 0x0456);
	assert_int_equal(port->lmc, 2);
	assert_int_equal(port->sm_sl, 3);
	assert_int_equal(port->mtu, 4096);
	assert_int_equal(port->rate_mbps, 40000);
	assert_int_equal(port->cap_mask, 0x02510868);
	assert_memory_equal(port->gid.raw, gid, 16);
	assert_int_equal(port->nb_pkeys, 64);
	for (i = 0; i < 64; i++)
		assert_int_equal(port->pkeys[i], 0x8000 + i);
	assert_int_equal(port->pkeys[64], 0);
	assert_string_equal(port->device, "fake0");
	assert_string_equal(ipoib_mad_reason(f->mad), "");
	fake_mad_close(f);
}

static void
test_changes(void **state)
{
	struct smp_port p;
	struct heard h;
	struct fake_mad *f = open_smp(&p, &h);
	unsigned int calls;

	(void)state;
	steps(f, 250);
	calls = h.calls;
	steps(f, 500);
	assert_int_equal(h.calls, calls);
	h.events = 0;
	p.port.lid = 99;
	steps(f, 110);
	assert_int_equal(h.events, IPOIB_MAD_EV_LID);
	assert_int_equal(h.port.lid, 99);
	h.events = 0;
	p.port.sm_lid = 2;
	steps(f, 110);
	assert_int_equal(h.events, IPOIB_MAD_EV_SM);
	h.events = 0;
	p.pkeys[63] = 0xffff;
	steps(f, 110);
	assert_int_equal(h.events, IPOIB_MAD_EV_PKEY);
	assert_int_equal(h.port.pkeys[63], 0xffff);
	h.events = 0;
	p.port.prefix++;
	steps(f, 110);
	assert_int_equal(h.events, IPOIB_MAD_EV_GID);
	h.events = 0;
	p.port.state = 1;
	steps(f, 110);
	assert_int_equal(h.events, IPOIB_MAD_EV_STATE);
	assert_int_equal(h.port.state, IPOIB_MAD_DOWN);
	h.events = 0;
	p.port.partition_cap = 1;
	steps(f, 110);
	assert_int_equal(h.events, IPOIB_MAD_EV_PKEY);
	assert_int_equal(h.port.nb_pkeys, 1);
	assert_int_equal(h.port.pkeys[1], 0);
	fake_mad_close(f);
}

/* More P_Keys than we follow. */
static void
test_many_pkeys(void **state)
{
	struct smp_port p;
	struct heard h;
	struct fake_mad *f = open_smp(&p, &h);

	(void)state;
	p.port.partition_cap = 0xffff;
	steps(f, 250);
	assert_int_equal(h.port.nb_pkeys, IPOIB_MAD_PKEYS_MAX);
	assert_int_equal(h.port.pkeys[127], 0x8000 + 127);
	fake_mad_close(f);
}

static void
test_lost_pieces(void **state)
{
	struct smp_port p;
	struct heard h;
	struct fake_mad *f = open_smp(&p, &h);

	(void)state;
	p.lose = 3;
	steps(f, 400);
	assert_int_equal(h.port.state, IPOIB_MAD_ACTIVE);
	p.lose_attr = 0x0015;
	p.port.lid = 98;
	steps(f, 400);
	assert_int_equal(h.port.lid, 0x0123);
	assert_int_equal(h.port.state, IPOIB_MAD_ACTIVE);
	p.lose_attr = 0;
	steps(f, 110);
	assert_int_equal(h.port.lid, 98);
	fake_mad_close(f);
}

/* No four requests in a row survive: only what is missing may be asked for again. */
static void
test_lossy(void **state)
{
	struct smp_port p;
	struct heard h;
	struct fake_mad *f = open_smp(&p, &h);

	(void)state;
	p.lose_nth = 3;
	steps(f, 500);
	assert_int_equal(h.port.state, IPOIB_MAD_ACTIVE);
	p.port.lid = 98;
	steps(f, 500);
	assert_int_equal(h.port.lid, 98);
	fake_mad_close(f);
}

static void
test_smp_refused(void **state)
{
	struct smp_port p;
	struct heard h;
	struct fake_mad *f = open_smp(&p, &h);

	(void)state;
	p.refuse_attr = 0x0016;
	steps(f, 300);
	assert_int_equal(h.port.state, IPOIB_MAD_ACTIVE);
	assert_int_equal(h.port.pkeys[0], 0);
	p.refuse_attr = 0x0015;
	p.port.lid = 5;
	steps(f, 300);
	assert_int_equal(h.port.lid, 0x0123);
	fake_mad_close(f);
}

static void
test_stale_smp(void **state)
{
	struct smp_port p;
	struct heard h;
	struct fake_mad *f = open_smp(&p, &h);
	struct ipoib_mad_stats st;

	(void)state;
	steps(f, 250);
	p.stale = true;
	p.port.lid = 5;
	steps(f, 300);
	assert_int_equal(h.port.lid, 0x0123);
	ipoib_mad_stats_get(f->mad, &st);
	assert_true(st.unclaimed > 0);
	fake_mad_close(f);
}

static void
test_silence(void **state)
{
	struct smp_port p;
	struct heard h;
	struct fake_mad *f = open_smp(&p, &h);
	uint8_t mad[IPOIB_MAD_LEN] = { 1, 3, 2, 1 };

	(void)state;
	steps(f, 250);
	h.events = 0;
	p.mute = true;
	steps(f, 800);
	assert_int_equal(h.port.state, IPOIB_MAD_ACTIVE);
	steps(f, 400);
	assert_int_equal(h.port.state, IPOIB_MAD_ABSENT);
	assert_int_equal(h.events, IPOIB_MAD_EV_STATE);
	assert_string_not_equal(ipoib_mad_reason(f->mad), "");
	assert_int_equal(ipoib_mad_send(f->mad, mad, 1, 0), -ENOTCONN);
	assert_in_range(f->silences, 1, 2);
	p.mute = false;
	steps(f, 150);
	assert_int_equal(h.port.state, IPOIB_MAD_ACTIVE);
	fake_mad_close(f);
}

/* On a busy machine whoever polls waits for a CPU: that the port was not asked is not its silence. */
static void
test_own_pause(void **state)
{
	struct smp_port p;
	struct heard h;
	struct fake_mad *f = open_smp(&p, &h);
	unsigned int i;

	(void)state;
	steps(f, 250);
	h.events = 0;
	for (i = 0; i < 5; i++) {
		fake_mad_step(f, 3000000);
		assert_int_equal(h.port.state, IPOIB_MAD_ACTIVE);
		steps(f, 90);
	}
	assert_int_equal(h.events, 0);
	assert_int_equal(f->silences, 0);
	/* What was silent before is silent after. */
	p.mute = true;
	steps(f, 800);
	fake_mad_step(f, 3000000);
	assert_int_equal(h.port.state, IPOIB_MAD_ACTIVE);
	steps(f, 400);
	assert_int_equal(h.port.state, IPOIB_MAD_ABSENT);
	fake_mad_close(f);
}

static void
test_reconnect(void **state)
{
	struct smp_port p;
	struct heard h;
	struct fake_mad *f = open_smp(&p, &h);
	struct ipoib_mad_stats st;

	(void)state;
	steps(f, 250);
	f->connected = false;
	steps(f, 1);
	assert_int_equal(h.port.state, IPOIB_MAD_ABSENT);
	assert_string_equal(ipoib_mad_reason(f->mad), "the fake is unplugged");
	f->connected = true;
	h.events = 0;
	p.port.lid = 77;
	steps(f, 3);
	/* Who was there before may have forgotten us. */
	assert_int_equal(h.events, IPOIB_MAD_EV_STATE | IPOIB_MAD_EV_LID | IPOIB_MAD_EV_REREGISTER);
	assert_int_equal(h.port.lid, 77);
	ipoib_mad_stats_get(f->mad, &st);
	assert_int_equal(st.reconnects, 1);
	fake_mad_close(f);
}

/* F: an SM that is another one, or lives anew, wants every port to register again. */
static void
test_reregister_seen(void **state)
{
	struct smp_port p;
	struct heard h;
	struct fake_mad *f = open_smp(&p, &h);

	(void)state;
	steps(f, 1300);
	h.events = 0;
	p.sm_late = true;
	p.sm_count = 0;
	steps(f, 600);
	assert_int_equal(h.events, 0);
	p.sm_late = false;
	p.sm_count = 500;
	steps(f, 600);
	assert_int_equal(h.events, IPOIB_MAD_EV_REREGISTER);
	h.events = 0;
	p.sm_guid = 0x12;
	p.sm_count = 100000;
	steps(f, 600);
	assert_int_equal(h.events, IPOIB_MAD_EV_REREGISTER);
	h.events = 0;
	p.sm_gone = true;
	steps(f, 150);
	assert_int_equal(h.events, 0);
	p.sm_gone = false;
	steps(f, 150);
	assert_int_equal(h.events, IPOIB_MAD_EV_REREGISTER);
	h.events = 0;
	p.sm_count = UINT32_MAX / 2;
	steps(f, 600);
	/* Round the end of its counter. */
	p.sm_count = UINT32_MAX - 1;
	steps(f, 2600);
	assert_int_equal(h.events, 0);
	fake_mad_close(f);
}

/* F: an SM that is frozen is not buried in questions, and not taken for another one. */
static void
test_sm_frozen(void **state)
{
	struct smp_port p;
	struct heard h;
	struct fake_mad *f = open_smp(&p, &h);

	(void)state;
	steps(f, 300);
	h.events = 0;
	p.sm_mute = true;
	p.sm_asked = 0;
	steps(f, 60000);
	assert_in_range(p.sm_asked, 10, 20);
	assert_int_equal(h.port.state, IPOIB_MAD_ACTIVE);
	p.sm_mute = false;
	steps(f, 6500);
	p.sm_asked = 0;
	steps(f, 1000);
	assert_in_range(p.sm_asked, 9, 11);
	assert_int_equal(h.events, 0);
	fake_mad_close(f);
}

/* Widths and speeds (IBA 14.2.5.6), and what is spoken of as their rate. */
static void
test_rate(void **state)
{
	static const struct {
		uint8_t width, speed, speed_ext;
		uint32_t mbps;
	} rates[] = {
		{ 1, 1, 0, 2500 },
		{ 2, 1, 0, 10000 },
		{ 4, 2, 0, 40000 },
		{ 8, 1, 0, 30000 },
		{ 16, 4, 0, 20000 },
		{ 2, 4, 1, 56000 },
		{ 2, 4, 2, 100000 },
		{ 16, 0, 4, 100000 },
		{ 2, 0, 8, 400000 },
		{ 0, 4, 0, 0 },
	};
	struct smp_port p;
	struct heard h;
	struct fake_mad *f = open_smp(&p, &h);
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(rates); i++) {
		p.port.width = rates[i].width;
		p.port.speed = rates[i].speed;
		p.port.speed_ext = rates[i].speed_ext;
		steps(f, 250);
		assert_int_equal(ipoib_mad_port(f->mad)->rate_mbps, rates[i].mbps);
	}
	fake_mad_close(f);
}

/* F: a P_Key that only moved, and a LID range that only grew, are changes too. */
static void
test_small_changes(void **state)
{
	struct smp_port p;
	struct heard h;
	struct fake_mad *f = open_smp(&p, &h);
	uint16_t pkey = 0x8005;

	(void)state;
	steps(f, 250);
	h.events = 0;
	p.pkeys[5] = p.pkeys[40];
	p.pkeys[40] = pkey;
	steps(f, 110);
	assert_int_equal(h.events, IPOIB_MAD_EV_PKEY);
	assert_int_equal(h.port.pkeys[40], pkey);
	h.events = 0;
	p.port.lmc = 3;
	steps(f, 110);
	assert_int_equal(h.events, IPOIB_MAD_EV_LID);
	h.events = 0;
	p.port.sm_sl = 4;
	steps(f, 110);
	assert_int_equal(h.events, IPOIB_MAD_EV_SM);
	fake_mad_close(f);
}

/* Events seen by others reach the listeners from the next poll, once. */
static void
test_inject(void **state)
{
	struct fake_mad *f = fake_mad_open(NULL, false);
	struct heard h;

	(void)state;
	memset(&h, 0, sizeof(h));
	ipoib_mad_listen(f->mad, hear, &h);
	fake_mad_step(f, 1000);
	h.events = 0;
	h.calls = 0;
	ipoib_mad_event_inject(f->mad, IPOIB_MAD_EV_REREGISTER);
	assert_int_equal(h.calls, 0);
	fake_mad_step(f, 1000);
	fake_mad_step(f, 1000);
	assert_int_equal(h.events, IPOIB_MAD_EV_REREGISTER);
	assert_int_equal(h.calls, 1);
	fake_mad_close(f);
}

/* At most 11 rounds a second and port, whatever the pace of polls. */
static void
test_pace(void **state)
{
	struct smp_port p;
	struct heard h;
	struct fake_mad *f = open_smp(&p, &h);
	uint64_t sent;

	(void)state;
	steps(f, 250);
	sent = f->sent;
	steps(f, 1000);
	/* 10 rounds of NodeInfo, PortInfo, two blocks and the SM. */
	assert_in_range(f->sent - sent, 45, 55);
	assert_in_range(p.sm_asked, 10, 14);
	fake_mad_close(f);
}

/* A close watch: PortInfo 50 times a second, all else as before; it outlives a new connection. */
static void
test_close_watch(void **state)
{
	struct smp_port p;
	struct heard h;
	struct fake_mad *f = open_smp(&p, &h);
	uint64_t sent;

	(void)state;
	ipoib_mad_pace_set(f->mad, 20000);
	steps(f, 250);
	sent = f->sent;
	steps(f, 1000);
	assert_in_range(f->sent - sent, 80, 96);
	h.events = 0;
	p.port.state = 1;
	steps(f, 21);
	assert_int_equal(h.events, IPOIB_MAD_EV_STATE);
	p.port.state = 4;
	p.pkeys[63] = 0xffff;
	steps(f, 110);
	assert_int_equal(h.port.pkeys[63], 0xffff);
	f->connected = false;
	steps(f, 10);
	f->connected = true;
	steps(f, 110);
	p.port.state = 1;
	steps(f, 21);
	assert_int_equal(h.port.state, IPOIB_MAD_DOWN);
	ipoib_mad_pace_set(f->mad, 0);
	steps(f, 110);
	sent = f->sent;
	steps(f, 1000);
	assert_in_range(f->sent - sent, 35, 55);
	fake_mad_close(f);
}

static void
take(void *arg, int status, const uint8_t *mad, uint16_t slid)
{
	unsigned int *taken = arg;

	(void)mad;
	assert_int_equal(status, 0);
	assert_int_equal(slid, 1);
	(*taken)++;
}

static void
test_classes(void **state)
{
	struct fake_mad *f = fake_mad_open(NULL, false);
	uint8_t mad[IPOIB_MAD_LEN] = { 1, 3, 2, 0x81 };
	struct ipoib_mad_stats st;
	unsigned int taken = 0;

	(void)state;
	assert_int_equal(ipoib_mad_register(f->mad, 0x01, take, &taken), -ENOTSUP);
	assert_int_equal(ipoib_mad_register(f->mad, 0x81, take, &taken), -ENOTSUP);
	assert_int_equal(ipoib_mad_register(f->mad, 0x03, take, &taken), 0);
	assert_int_equal(ipoib_mad_register(f->mad, 0x03, take, &taken), -EBUSY);
	fake_mad_deliver(f, mad, 0, 0);
	mad[1] = 4;
	fake_mad_deliver(f, mad, 0, 0);
	mad[1] = 3;
	mad[0] = 0;
	fake_mad_deliver(f, mad, 0, 0);
	fake_mad_step(f, 1000);
	assert_int_equal(taken, 1);
	ipoib_mad_stats_get(f->mad, &st);
	assert_int_equal(st.received, 3);
	assert_int_equal(st.unclaimed, 2);
	assert_int_equal(ipoib_mad_register(f->mad, 0x03, NULL, NULL), 0);
	mad[0] = 1;
	fake_mad_deliver(f, mad, 0, 0);
	fake_mad_step(f, 1000);
	assert_int_equal(taken, 1);
	fake_mad_close(f);
}

static void
test_poll_is_bounded(void **state)
{
	struct fake_mad *f = fake_mad_open(NULL, false);
	uint8_t mad[IPOIB_MAD_LEN] = { 1, 3, 2, 0x81 };
	unsigned int i;

	(void)state;
	for (i = 0; i < 100; i++)
		fake_mad_deliver(f, mad, 0, 0);
	assert_int_equal(ipoib_mad_poll(f->mad, f->now_us), 64);
	assert_int_equal(ipoib_mad_poll(f->mad, f->now_us), 36);
	assert_int_equal(ipoib_mad_poll(f->mad, f->now_us), 0);
	fake_mad_close(f);
}

static void
test_listeners(void **state)
{
	struct fake_mad *f = fake_mad_open(NULL, false);
	struct heard h[17];
	unsigned int i;

	(void)state;
	memset(h, 0, sizeof(h));
	for (i = 0; i < 16; i++)
		assert_int_equal(ipoib_mad_listen(f->mad, hear, &h[i]), 0);
	assert_int_equal(ipoib_mad_listen(f->mad, hear, &h[16]), -ENOSPC);
	assert_int_equal(h[0].calls, 0);
	fake_mad_step(f, 1000);
	for (i = 0; i < 16; i++) {
		assert_int_equal(h[i].calls, 1);
		assert_int_equal(h[i].events, EV_ALL);
	}
	ipoib_mad_unlisten(f->mad, hear, &h[3]);
	f->port.lid = 9;
	fake_mad_step(f, 1000);
	assert_int_equal(h[2].calls, 2);
	assert_int_equal(h[3].calls, 1);
	assert_int_equal(ipoib_mad_listen(f->mad, hear, &h[16]), 0);
	fake_mad_close(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_many_pkeys),
		cmocka_unit_test(test_lost_pieces),
		cmocka_unit_test(test_lossy),
		cmocka_unit_test(test_smp_refused),
		cmocka_unit_test(test_stale_smp),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_own_pause),
		cmocka_unit_test(test_reconnect),
		cmocka_unit_test(test_reregister_seen),
		cmocka_unit_test(test_sm_frozen),
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_small_changes),
		cmocka_unit_test(test_inject),
		cmocka_unit_test(test_pace),
		cmocka_unit_test(test_close_watch),
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_poll_is_bounded),
		cmocka_unit_test(test_listeners),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

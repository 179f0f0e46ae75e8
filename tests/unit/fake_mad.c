/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fake_mad.h"

/* One at a time is being opened. */
static struct fake_mad *opening;
bool fake_mad_grh;

static int
fake_open(const struct ipoib_mad_cfg *cfg, const char *arg, void **priv)
{
	(void)cfg;
	(void)arg;
	*priv = opening;
	return 0;
}

static void
fake_close(void *priv)
{
	(void)priv;
}

static bool
fake_upkeep(void *priv, uint64_t now_us)
{
	struct fake_mad *f = priv;

	f->late_us = now_us - f->now_us;
	return f->connected;
}

static const char *
fake_reason(const void *priv)
{
	const struct fake_mad *f = priv;

	return f->connected ? "" : "the fake is unplugged";
}

static int
fake_send(void *priv, const uint8_t *buf, const struct ipoib_mad_dest *dest)
{
	struct fake_mad *f = priv;

	if (f->send_ret != 0)
		return f->send_ret;
	f->sent++;
	f->dest = *dest;
	if (f->script != NULL)
		f->script(f, buf, dest->dlid);
	return 0;
}

static int
fake_recv(void *priv, struct mad_rx *rx)
{
	struct fake_mad *f = priv;
	unsigned int i, first = f->pending;

	for (i = 0; i < f->pending; i++) {
		if (f->queue[i].due_us <= f->now_us &&
				(first == f->pending ||
						f->queue[i].due_us < f->queue[first].due_us))
			first = i;
	}
	if (first == f->pending)
		return 0;
	*rx = f->queue[first].rx;
	f->pending--;
	memmove(&f->queue[first], &f->queue[first + 1], (f->pending - first) * sizeof(f->queue[0]));
	return 1;
}

static int
fake_fd(const void *priv)
{
	(void)priv;
	return -1;
}

static bool
fake_identity(void *priv, uint64_t now_us, struct ipoib_mad_port *port)
{
	struct fake_mad *f = priv;

	(void)now_us;
	*port = f->port;
	return true;
}

static void
fake_silent(void *priv)
{
	struct fake_mad *f = priv;

	f->silences++;
}

static bool
fake_unsolicited(const void *priv, uint8_t mgmt_class)
{
	const struct fake_mad *f = priv;

	(void)mgmt_class;
	return !f->no_reports;
}

static const struct mad_transport_ops fake_ops = {
	.name = "fake",
	.open = fake_open,
	.close = fake_close,
	.upkeep = fake_upkeep,
	.reason = fake_reason,
	.send = fake_send,
	.recv = fake_recv,
	.fd = fake_fd,
	.identity = fake_identity,
	.unsolicited = fake_unsolicited,
};

static const struct mad_transport_ops fake_smp_ops = {
	.name = "fake-smp",
	.open = fake_open,
	.close = fake_close,
	.upkeep = fake_upkeep,
	.reason = fake_reason,
	.send = fake_send,
	.recv = fake_recv,
	.fd = fake_fd,
	.silent = fake_silent,
};

struct fake_mad *
fake_mad_open(fake_script script, bool smp)
{
	const struct ipoib_mad_cfg cfg = {
		.device = "fake0", .port_num = 1, .grh_required = fake_mad_grh
	};
	struct fake_mad *f = calloc(1, sizeof(*f));

	if (f == NULL)
		abort();
	f->script = script;
	f->connected = true;
	f->now_us = 1000; /* far from CLOCK_MONOTONIC: the clock's base must not matter */
	f->port.state = IPOIB_MAD_ACTIVE;
	f->port.lid = 7;
	f->port.sm_lid = 1;
	f->port.nb_pkeys = 1;
	f->port.pkeys[0] = 0xffff;
	f->port.gid.raw[0] = 0xfe;
	f->port.gid.raw[1] = 0x80;
	f->port.gid.raw[15] = 0x07;
	opening = f;
	if (mad_open_transport(smp ? &fake_smp_ops : &fake_ops, &cfg, NULL, &f->mad) != 0)
		abort();
	return f;
}

void
fake_mad_close(struct fake_mad *f)
{
	ipoib_mad_close(f->mad);
	free(f);
}

void
fake_mad_deliver(struct fake_mad *f, const uint8_t *mad, int status, uint64_t delay_us)
{
	if (f->pending == FAKE_QUEUE)
		abort();
	f->queue[f->pending].due_us = f->now_us + delay_us;
	memcpy(f->queue[f->pending].rx.mad, mad, IPOIB_MAD_LEN);
	f->queue[f->pending].rx.status = status;
	f->queue[f->pending].rx.from.dlid = f->port.sm_lid;
	f->pending++;
}

void
fake_mad_step(struct fake_mad *f, uint64_t us)
{
	f->now_us += us;
	ipoib_mad_poll(f->mad, f->now_us);
}

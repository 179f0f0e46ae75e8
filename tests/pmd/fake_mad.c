/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "fake_mad.h"

#define LISTENERS_MAX 16
#define ALL_EVENTS 0x3f
#define OWN_MAX 4u

struct ipoib_mad {
	struct ipoib_mad_port ident;
	unsigned int seen;
	struct {
		ipoib_mad_event_cb cb;
		void *arg;
		bool told;
	} listeners[LISTENERS_MAX];
};

static struct ipoib_mad_port now;
/* Devices that are another port. */
static struct ipoib_mad_port own[OWN_MAX];
static unsigned int nb_own;
static unsigned int version;
static unsigned int nb_open;
static uint32_t injected;
static int fail;

void
fake_mad_set(const struct ipoib_mad_port *ident)
{
	now = *ident;
	version++;
}

void
fake_mad_set_of(const char *device, const struct ipoib_mad_port *ident)
{
	unsigned int i;

	for (i = 0; i < nb_own && strcmp(own[i].device, device) != 0; i++)
		;
	if (i == OWN_MAX)
		abort();
	if (i == nb_own)
		nb_own++;
	own[i] = *ident;
	snprintf(own[i].device, sizeof(own[i].device), "%s", device);
	version++;
}

unsigned int
fake_mad_open_count(void)
{
	return nb_open;
}

void
fake_mad_fail(int err)
{
	fail = err;
}

int
ipoib_mad_open(const struct ipoib_mad_cfg *cfg, struct ipoib_mad **mad)
{
	struct ipoib_mad *m;

	if (fail != 0) {
		int err = fail;

		fail = 0;
		return err;
	}
	m = calloc(1, sizeof(*m));
	if (m == NULL)
		return -ENOMEM;
	snprintf(m->ident.device, sizeof(m->ident.device), "%s", cfg->device);
	m->ident.port_num = cfg->port_num;
	m->seen = version - 1;
	nb_open++;
	*mad = m;
	return 0;
}

void
ipoib_mad_close(struct ipoib_mad *mad)
{
	if (mad == NULL)
		return;
	nb_open--;
	free(mad);
}

const struct ipoib_mad_port *
ipoib_mad_port(const struct ipoib_mad *mad)
{
	return &mad->ident;
}

const char *
ipoib_mad_reason(const struct ipoib_mad *mad __rte_unused)
{
	return "";
}

static void
ident_take(struct ipoib_mad *mad)
{
	const struct ipoib_mad_port was = mad->ident;
	unsigned int i;

	mad->ident = now;
	for (i = 0; i < RTE_MIN(nb_own, OWN_MAX); i++)
		if (strcmp(own[i].device, was.device) == 0)
			mad->ident = own[i];
	memcpy(mad->ident.device, was.device, sizeof(was.device));
	mad->ident.port_num = was.port_num;
	mad->seen = version;
}

int
ipoib_mad_poll(struct ipoib_mad *mad, uint64_t now_us __rte_unused)
{
	bool changed = mad->seen != version;
	unsigned int i;

	if (changed)
		ident_take(mad);
	for (i = 0; i < LISTENERS_MAX; i++) {
		if (mad->listeners[i].cb == NULL || (!changed && mad->listeners[i].told))
			continue;
		mad->listeners[i].told = true;
		mad->listeners[i].cb(mad->listeners[i].arg, ALL_EVENTS, &mad->ident);
	}
	return 0;
}

uint32_t
fake_mad_injected(void)
{
	uint32_t events = injected;

	injected = 0;
	return events;
}

/* The poll tells all anyway. */
void
ipoib_mad_event_inject(struct ipoib_mad *mad __rte_unused, uint32_t events)
{
	injected |= events;
	version++;
}

int
ipoib_mad_send(struct ipoib_mad *mad __rte_unused, const uint8_t *buf __rte_unused,
		uint16_t dlid __rte_unused, uint8_t sl __rte_unused)
{
	return -ENOTCONN;
}

int
ipoib_mad_register(struct ipoib_mad *mad __rte_unused, uint8_t mgmt_class __rte_unused,
		ipoib_mad_recv_cb cb __rte_unused, void *arg __rte_unused)
{
	return 0;
}

int
ipoib_mad_listen(struct ipoib_mad *mad, ipoib_mad_event_cb cb, void *arg)
{
	unsigned int i;

	for (i = 0; i < LISTENERS_MAX; i++)
		if (mad->listeners[i].cb == NULL) {
			mad->listeners[i].cb = cb;
			mad->listeners[i].arg = arg;
			mad->listeners[i].told = false;
			return 0;
		}
	return -ENOSPC;
}

void
ipoib_mad_unlisten(struct ipoib_mad *mad, ipoib_mad_event_cb cb, void *arg)
{
	unsigned int i;

	for (i = 0; i < LISTENERS_MAX; i++)
		if (mad->listeners[i].cb == cb && mad->listeners[i].arg == arg)
			mad->listeners[i].cb = NULL;
}

int
ipoib_mad_fd(const struct ipoib_mad *mad __rte_unused)
{
	return -1;
}

void
ipoib_mad_stats_get(const struct ipoib_mad *mad __rte_unused, struct ipoib_mad_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
}

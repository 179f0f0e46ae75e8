/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * What keeps a port down, and what works worse than it could, as fabric tools
 * report it: a broadcast group below (or above) what the port does, and counters
 * of the HCA that rise. Each with what is to be done.
 */

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "control_priv.h"

/* The rows that are asked for, of all that there are. */
struct warnings {
	struct control_warning_row *rows;
	uint32_t offset, max;
	uint32_t nb; /* stored */
	uint32_t total;
};

static void warning_add(struct warnings *w, const char *what, const char *advice, const char *fmt,
		...) __rte_format_printf(4, 5);

static void
warning_add(struct warnings *w, const char *what, const char *advice, const char *fmt, ...)
{
	struct control_warning_row *row;
	va_list ap;

	if (w->total++ < w->offset || w->nb == w->max)
		return;
	row = &w->rows[w->nb++];
	snprintf(row->what, sizeof(row->what), "%s", what);
	snprintf(row->advice, sizeof(row->advice), "%s", advice);
	va_start(ap, fmt);
	vsnprintf(row->found, sizeof(row->found), fmt, ap);
	va_end(ap);
}

/* All multicast of the link goes at the group's rate. */
static void
warn_rate(struct warnings *w, const struct ipoib_sa_mcast *rec, uint32_t port)
{
	uint32_t group = ib_rate_from_code(rec->rate);

	if (group == 0 || port == 0 || group == port)
		return;
	if (group < port)
		warning_add(w, "group rate",
				"multicast goes at the group's: give the partition a higher rate "
				"at the SM",
				"the broadcast group has %g Gb/s, the port %g Gb/s", group / 1000.0,
				port / 1000.0);
	else
		warning_add(w, "group rate",
				"look at the cable, or give the partition a lower rate at the SM",
				"the broadcast group has %g Gb/s, the port only %g Gb/s",
				group / 1000.0, port / 1000.0);
}

static void
warn_mtu(struct warnings *w, const struct ipoib_sa_mcast *rec, uint16_t port)
{
	uint16_t group = rec->mtu;

	if (group == 0 || port == 0 || group == port)
		return;
	if (group < port)
		warning_add(w, "group MTU", "give the partition a higher mtu at the SM",
				"the broadcast group has IB MTU %u, the port %u", group, port);
	else
		warning_add(w, "group MTU", "give the partition a lower mtu at the SM",
				"the broadcast group has IB MTU %u, the port only %u", group, port);
}

/* What is to be done for the port to come up. */
static void
warn_down(struct warnings *w, const struct pmd_ipoib_info *info)
{
	if (info->state == IPOIB_MAD_DOWN)
		warning_add(w, "HCA port", "look at the cable, the other side and 'ibportstate'",
				"%s port %u has no link", info->device, info->hca_port);
	else if (info->state == IPOIB_MAD_INIT || info->state == IPOIB_MAD_ARMED)
		warning_add(w, "subnet manager", "start one in this subnet, such as OpenSM",
				"none has made %s port %u active", info->device, info->hca_port);
	else if (info->state == IPOIB_MAD_ACTIVE && !info->pkey_present)
		warning_add(w, "P_Key",
				"make the port a member of the partition at the SM (partitions.conf)",
				"0x%04x is not in the table of %s port %u", info->pkey,
				info->device, info->hca_port);
}

static void
warn_counters(struct warnings *w, const struct ctl_port *p)
{
	struct pmd_ipoib_hw_counter c[PMD_IPOIB_HW_COUNTERS_MAX];
	int i, nb;

	nb = pmd_ipoib_hw_counters(p->id, c, RTE_DIM(c));
	for (i = 0; i < nb; i++)
		if (c[i].rose != 0 && c[i].hint != NULL)
			warning_add(w, c[i].name, c[i].hint,
					"rose by %" PRIu64 " lately, %" PRIu64 " in all", c[i].rose,
					c[i].value);
}

uint32_t
control_warning_rows(struct control *c, uint16_t port, uint32_t offset,
		struct control_warning_row *rows, uint32_t max, uint32_t *total)
{
	struct warnings w = { .rows = rows, .offset = offset, .max = max };
	const struct ctl_port *p = c->ports[port];
	struct pmd_ipoib_info info;

	*total = 0;
	if (p == NULL || p->hca == NULL || pmd_ipoib_info_get(p->id, &info) != 0)
		return 0;
	warn_down(&w, &info);
	if (info.joined) {
		warn_rate(&w, &p->bcast.rec, info.rate_mbps);
		warn_mtu(&w, &p->bcast.rec, info.ib_mtu);
	}
	warn_counters(&w, p);
	*total = w.total;
	return w.nb;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * What the HCA port itself counts. A datagram that finds no buffer, or comes
 * with a wrong P_Key or Q_Key, ends inside the HCA and leaves no completion:
 * only its counters tell. They belong to the HCA port, so to all that use it,
 * the kernel too.
 *
 * Many a file of sysfs is a command to the device's firmware, hence one file a
 * call of the control side, and each at most once a second.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ipoib_pmd.h"
#include "ipoib_sysfs.h"

#define ROUND_US 1000000
/* In what time a rise is told of once. */
#define WINDOW_US 60000000

enum hw_source {
	HW_PORT,      /* mlx5_0/ports/1/hw_counters */
	HW_DEVICE,    /* mlx5_0/hw_counters */
	HW_COUNTERS,  /* mlx5_0/ports/1/counters: PortCounters of performance management */
	HW_VIOLATIONS /* of the port's attributes, by the backend */
};

#define NO_BUFFER "datagrams came while no receive buffer was free: more --rxd or more workers"
#define CABLE "look at the cable and its connectors"
#define PARTITION "the partition tables of this port and of a peer differ"

/* In the order of the statistics; of two with one name, the first that there is counts. */
static const struct hw_row {
	const char *name;
	enum hw_source source;
	const char *file;
	const char *hint; /* what to do if it rises, 95 characters at most; NULL: it may */
} hw_rows[] = {
	{ "out_of_buffer", HW_PORT, "out_of_buffer", NO_BUFFER },
	{ "out_of_buffer", HW_DEVICE, "rq_num_udsdprd", NO_BUFFER },
	{ "pkey_violations", HW_VIOLATIONS, NULL, PARTITION },
	{ "qkey_violations", HW_VIOLATIONS, NULL,
			"a peer sends with a Q_Key that its link does not have (any more)" },
	{ "symbol_error", HW_COUNTERS, "symbol_error", CABLE },
	{ "link_error_recovery", HW_COUNTERS, "link_error_recovery", CABLE },
	{ "link_downed", HW_COUNTERS, "link_downed", CABLE ", or the other side restarted" },
	{ "port_rcv_errors", HW_COUNTERS, "port_rcv_errors", CABLE },
	{ "port_rcv_remote_physical_errors", HW_COUNTERS, "port_rcv_remote_physical_errors",
			"packets were damaged further away: look at the ports of the switches" },
	{ "local_link_integrity_errors", HW_COUNTERS, "local_link_integrity_errors", CABLE },
	{ "excessive_buffer_overrun_errors", HW_COUNTERS, "excessive_buffer_overrun_errors",
			CABLE },
	{ "port_rcv_constraint_errors", HW_COUNTERS, "port_rcv_constraint_errors", PARTITION },
	{ "port_xmit_constraint_errors", HW_COUNTERS, "port_xmit_constraint_errors", PARTITION },
	{ "port_xmit_discards", HW_COUNTERS, "port_xmit_discards",
			"packets waited too long for the link: what is behind it is congested" },
	{ "vl15_dropped", HW_COUNTERS, "VL15_dropped",
			"MADs found no buffer: the subnet manager asks faster than this port answers" },
	{ "port_xmit_wait", HW_COUNTERS, "port_xmit_wait", NULL },
};
static_assert(RTE_DIM(hw_rows) <= PMD_IPOIB_HW_COUNTERS_MAX, "room for each");

struct ipoib_hwcnt {
	unsigned int nb;
	unsigned int next; /* to be read */
	uint16_t ib_mtu;   /* as it came with the violations; read from any thread */
	uint64_t due_us;
	uint64_t round_us;
	uint64_t window_us;
	struct hw_counter {
		const struct hw_row *row;
		uint64_t total;	 /* since open; read from any thread */
		uint64_t rose;	 /* in this window and the one before; read from any thread */
		uint64_t last;	 /* as the HCA has it */
		uint64_t mark;	 /* total when the window began */
		uint64_t before; /* rise in the window before */
	} c[PMD_IPOIB_HW_COUNTERS_MAX];
};

static int
violations_read(struct ipoib_hca *hca, const struct hw_row *row, uint64_t *value)
{
	struct ipoib_hca_attr attr;
	int ret;

	if (hca->ops->port_query == NULL)
		return -ENOTSUP;
	ret = hca->ops->port_query(hca, &attr);
	if (ret != 0)
		return ret;
	*value = strcmp(row->name, "pkey_violations") == 0 ? attr.pkey_violations
							   : attr.qkey_violations;
	__atomic_store_n(&hca->hw->ib_mtu, attr.ib_mtu, __ATOMIC_RELAXED);
	return 0;
}

static int
counter_read(struct ipoib_hca *hca, const struct hw_row *row, uint64_t *value)
{
	const struct ipoib_devargs *a = &hca->args;

	switch (row->source) {
	case HW_PORT:
		return ipoib_sysfs_number(
				value, "%s/ports/%u/hw_counters/%s", a->device, a->port, row->file);
	case HW_DEVICE:
		return ipoib_sysfs_number(value, "%s/hw_counters/%s", a->device, row->file);
	case HW_COUNTERS:
		return ipoib_sysfs_number(
				value, "%s/ports/%u/counters/%s", a->device, a->port, row->file);
	case HW_VIOLATIONS:
		return violations_read(hca, row, value);
	}
	return -EINVAL;
}

int
ipoib_hwcnt_open(struct ipoib_hca *hca)
{
	struct ipoib_hwcnt *hw;
	struct hw_counter *c;
	unsigned int i;

	/* The kernel does not know a software HCA; a device of its name is another one. */
	if (hca->ops == &ipoib_hca_soft && !ipoib_sysfs_is_replaced())
		return 0;
	hw = calloc(1, sizeof(*hw));
	if (hw == NULL)
		return -ENOMEM;
	hca->hw = hw;
	for (i = 0; i < RTE_DIM(hw_rows); i++) {
		c = &hw->c[hw->nb];
		if (hw->nb > 0 && strcmp(c[-1].row->name, hw_rows[i].name) == 0)
			continue;
		if (counter_read(hca, &hw_rows[i], &c->last) != 0)
			continue;
		c->row = &hw_rows[i];
		hw->nb++;
	}
	return 0;
}

void
ipoib_hwcnt_close(struct ipoib_hca *hca)
{
	free(hca->hw);
	hca->hw = NULL;
}

static void
counter_follow(struct ipoib_hca *hca, struct hw_counter *c)
{
	uint64_t now;

	if (counter_read(hca, c->row, &now) != 0)
		return;
	/* Somebody may set it to 0 (perfquery -R): what it has since then is new. */
	ipoib_count(&c->total, now >= c->last ? now - c->last : now);
	c->last = now;
	__atomic_store_n(&c->rose, c->total - c->mark + c->before, __ATOMIC_RELAXED);
}

/* A rise is told of once in a window, for all that rose. */
static void
window_next(const struct ipoib_hca *hca, struct ipoib_hwcnt *hw)
{
	struct hw_counter *c;
	unsigned int i;

	for (i = 0; i < hw->nb; i++) {
		c = &hw->c[i];
		c->before = c->total - c->mark;
		c->mark = c->total;
		__atomic_store_n(&c->rose, c->before, __ATOMIC_RELAXED);
		if (c->before != 0 && c->row->hint != NULL)
			IPOIB_LOG(WARNING, "%s port %u: %s rose by %" PRIu64 " in a minute: %s",
					hca->args.device, hca->args.port, c->row->name, c->before,
					c->row->hint);
	}
}

void
ipoib_hwcnt_poll(struct ipoib_hca *hca, uint64_t now_us)
{
	struct ipoib_hwcnt *hw = hca->hw;

	if (hw == NULL || hw->nb == 0 || now_us < hw->due_us)
		return;
	if (hw->next == 0)
		hw->round_us = now_us;
	if (hw->window_us == 0)
		hw->window_us = now_us + WINDOW_US;
	counter_follow(hca, &hw->c[hw->next++]);
	if (hw->next < hw->nb)
		return;
	hw->next = 0;
	hw->due_us = hw->round_us + ROUND_US;
	if (now_us < hw->window_us)
		return;
	hw->window_us = now_us + WINDOW_US;
	window_next(hca, hw);
}

unsigned int
ipoib_hwcnt_nb(const struct ipoib_hca *hca)
{
	return hca->hw != NULL ? hca->hw->nb : 0;
}

const char *
ipoib_hwcnt_name(const struct ipoib_hca *hca, unsigned int i)
{
	return hca->hw->c[i].row->name;
}

uint64_t
ipoib_hwcnt_value(const struct ipoib_port *port, unsigned int i)
{
	return ipoib_counter(&port->hca->hw->c[i].total) - port->hw_base[i];
}

uint16_t
ipoib_hwcnt_mtu(const struct ipoib_hca *hca)
{
	return hca->hw != NULL ? __atomic_load_n(&hca->hw->ib_mtu, __ATOMIC_RELAXED) : 0;
}

uint64_t
ipoib_hwcnt_missed(const struct ipoib_port *port)
{
	/* The first one, if there is one. */
	if (ipoib_hwcnt_nb(port->hca) == 0 || port->hca->hw->c[0].row->source > HW_DEVICE)
		return 0;
	return ipoib_hwcnt_value(port, 0);
}

void
ipoib_hwcnt_reset(struct ipoib_port *port)
{
	unsigned int i;

	for (i = 0; i < ipoib_hwcnt_nb(port->hca); i++)
		port->hw_base[i] = ipoib_counter(&port->hca->hw->c[i].total);
}

int
pmd_ipoib_hw_counters(uint16_t port_id, struct pmd_ipoib_hw_counter *counters, unsigned int max)
{
	const struct ipoib_port *port = ipoib_port_by_id(port_id);
	const struct ipoib_hwcnt *hw;
	unsigned int i, nb;

	if (port == NULL)
		return -ENODEV;
	hw = port->hca->hw;
	nb = RTE_MIN(ipoib_hwcnt_nb(port->hca), max);
	for (i = 0; i < nb; i++) {
		counters[i].name = hw->c[i].row->name;
		counters[i].hint = hw->c[i].row->hint;
		counters[i].value = ipoib_hwcnt_value(port, i);
		counters[i].rose = ipoib_counter(&hw->c[i].rose);
	}
	return (int)nb;
}

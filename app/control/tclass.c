/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Traffic classes of IPoIB ports: which DSCPs, and what the SA is asked for. */

#include <errno.h>

#include "control_priv.h"
#include "path.h"

#define SL_MAX 15
#define QOS_CLASS_MAX 4095
#define DSCP_MAX 63

static struct ctl_port *
class_port(struct control *c, uint16_t port)
{
	struct ctl_port *p = ctl_port(c, port);

	if (p == NULL || p->kind != DP_PORT_IPOIB)
		return NULL;
	return ctl_real(p);
}

int
control_class_set(struct control *c, uint16_t port, uint8_t first, uint8_t last, uint8_t class)
{
	struct ctl_port *ports[CONTROL_BOND_PORTS];
	uint32_t i, k, n;

	if (class_port(c, port) == NULL)
		return -ENODEV;
	if (first > last || last > DSCP_MAX || class >= IPOIB_CLASSES)
		return -EINVAL;
	n = bond_ports(c->ports[port], ports);
	for (k = 0; k < n; k++) {
		for (i = first; i <= last; i++)
			atomic_store_explicit(
					&ports[k]->dp->dscp_class[i], class, memory_order_relaxed);
	}
	return 0;
}

static struct ctl_class
class_of(enum control_class_by by, uint16_t value)
{
	return (struct ctl_class){ .has_sl = by == CONTROL_CLASS_SL,
		.has_qos = by == CONTROL_CLASS_QOS,
		.sl = by == CONTROL_CLASS_SL ? (uint8_t)value : 0,
		.qos_class = by == CONTROL_CLASS_QOS ? value : 0 };
}

int
control_class_path(struct control *c, uint16_t port, uint8_t class, enum control_class_by by,
		uint16_t value)
{
	struct ctl_port *ports[CONTROL_BOND_PORTS];
	uint32_t i, n;

	if (class_port(c, port) == NULL)
		return -ENODEV;
	if (class == 0 || class >= IPOIB_CLASSES || (by == CONTROL_CLASS_SL && value > SL_MAX) ||
			(by == CONTROL_CLASS_QOS && value > QOS_CLASS_MAX))
		return -EINVAL;
	n = bond_ports(c->ports[port], ports);
	for (i = 0; i < n; i++) {
		ports[i]->class[class] = class_of(by, value);
		paths_stale(ports[i]);
	}
	return 0;
}

static void
class_row(const struct ctl_port *p, uint8_t k, struct control_class_row *row)
{
	const struct ctl_class *class = &p->class[k];
	unsigned int i;

	*row = (struct control_class_row){ .class = k };
	if (class->has_sl) {
		row->by = CONTROL_CLASS_SL;
		row->value = class->sl;
	} else if (class->has_qos) {
		row->by = CONTROL_CLASS_QOS;
		row->value = class->qos_class;
	}
	for (i = 0; i <= DSCP_MAX; i++) {
		if (atomic_load_explicit(&p->dp->dscp_class[i], memory_order_relaxed) == k)
			row->dscps |= RTE_BIT64(i);
	}
}

uint32_t
control_class_rows(struct control *c, uint16_t port, uint32_t offset,
		struct control_class_row *rows, uint32_t max, uint32_t *total)
{
	const struct ctl_port *p = class_port(c, port);
	uint32_t n;

	*total = p == NULL ? 0 : IPOIB_CLASSES;
	for (n = 0; n < max && offset + n < *total; n++)
		class_row(p, (uint8_t)(offset + n), &rows[n]);
	return n;
}

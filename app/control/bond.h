/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef BOND_H
#define BOND_H

/* What bond.c and bond_check.c share. Control thread. */

#include "control_priv.h"

struct ctl_bond {
	struct ctl_port *p; /* the logical port; its lower is the active member, also while down */
	char name[CONTROL_BOND_NAME];
	uint8_t nb;
	struct ctl_port *member[CONTROL_BOND_PORTS];
	uint16_t mtu[CONTROL_BOND_PORTS]; /* of a member, when it was last up; 0: never */
	struct ctl_port *primary;	  /* NULL: none */
	struct ib_gid gid;		  /* what link-local addresses are made of */
	struct ctl_timer back;		  /* to the primary */
	struct ctl_timer mirror;
	struct ctl_l3 *mirror_next; /* of the round under way; NULL: none is */
	uint64_t mirror_began;
	uint64_t since; /* the active member is active */
	uint64_t failovers;
	uint64_t moved; /* packets that waited for the path of another member */
};

#endif /* BOND_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* What ports do beyond plain routing. */

#include "rows.h"

#define FLAG(fn, flag) \
	static void fn(const void *row, struct cell *c) \
	{ \
		const struct control_flags_row *r = row; \
		cell_text(c, "%s", (r->flags & RTE_BIT32(flag)) != 0 ? "on" : "off"); \
	}
#define NUMBER(fn, field) \
	static void fn(const void *row, struct cell *c) \
	{ \
		cell_number(c, ((const struct control_flags_row *)row)->field); \
	}

NUMBER(set_port, port)
FLAG(set_proxy_arp, CONTROL_PROXY_ARP)
FLAG(set_strict_source, CONTROL_STRICT_SOURCE)
FLAG(set_ra, CONTROL_RA)
FLAG(set_mss_clamp, CONTROL_MSS_CLAMP)
FLAG(set_directed_bcast, CONTROL_DIRECTED_BCAST)
FLAG(set_mcast, CONTROL_MCAST)
NUMBER(set_conflicts, conflicts)
NUMBER(set_ra_sent, ra_sent)
NUMBER(set_ra_inconsistent, ra_inconsistent)

static const struct column set_columns[] = {
	{ "port", "Port", set_port },
	{ "proxy_arp", "Proxy-ARP", set_proxy_arp },
	{ "strict_source", "Strict-source", set_strict_source },
	{ "ra", "RA", set_ra },
	{ "mss_clamp", "MSS-clamp", set_mss_clamp },
	{ "directed_broadcast", "Directed-broadcast", set_directed_bcast },
	{ "multicast", "Multicast", set_mcast },
	{ "conflicts", "Conflicts", set_conflicts },
	{ "ra_sent", "RAs-sent", set_ra_sent },
	{ "ra_inconsistent", "RAs-differing", set_ra_inconsistent },
};

static uint32_t
set_fill(struct control *c, uint16_t port __rte_unused, uint32_t offset, void *rows, uint32_t max,
		uint32_t *total)
{
	return control_flags_rows(c, offset, rows, max, total);
}

const struct row_kind rows_ip_set = {
	.size = sizeof(struct control_flags_row),
	.nb_columns = RTE_DIM(set_columns),
	.columns = set_columns,
	.fill = set_fill,
};

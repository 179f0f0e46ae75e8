/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "rows.h"

/* One IPoIB port, seen from three sides. */

#define ROW(row) ((const struct control_ipoib_row *)(row))
#define NUMBER(fn, field) \
	static void fn(const void *row, struct cell *c) \
	{ \
		cell_number(c, ROW(row)->field); \
	}
#define TEXT(fn, fmt, ...) \
	static void fn(const void *row, struct cell *c) \
	{ \
		cell_text(c, fmt, __VA_ARGS__); \
	}

static const char *
hca_state_name(enum ipoib_mad_state state)
{
	static const char *const name[] = {
		[IPOIB_MAD_ABSENT] = "absent",
		[IPOIB_MAD_DOWN] = "down",
		[IPOIB_MAD_INIT] = "init",
		[IPOIB_MAD_ARMED] = "armed",
		[IPOIB_MAD_ACTIVE] = "active",
	};

	return (unsigned int)state < RTE_DIM(name) ? name[state] : "?";
}

static void
ipoib_reason(const void *row, struct cell *c)
{
	const struct control_ipoib_row *r = row;

	cell_text(c, "%s", r->up ? "" : r->reason[0] != '\0' ? r->reason : "starting");
}

static void
ipoib_link(const void *row, struct cell *c)
{
	struct cell reason;

	ipoib_reason(row, &reason);
	if (ROW(row)->up)
		cell_text(c, "up");
	else
		cell_text(c, "down: %s", reason.text);
}

static void
ipoib_gid(const void *row, struct cell *c)
{
	char buf[IB_GID_STRLEN];

	cell_text(c, "%s", ib_gid_format(&ROW(row)->info.gid, buf, sizeof(buf)));
}

static void
ipoib_address(const void *row, struct cell *c)
{
	char buf[IPOIB_ADDR_STRLEN];

	cell_text(c, "%s", ipoib_addr_format(&ROW(row)->info.addr, buf, sizeof(buf)));
}

static void
ipoib_qpns(const void *row, struct cell *c)
{
	const struct pmd_ipoib_info *info = &ROW(row)->info;
	size_t used = 0;
	uint16_t i;

	c->is_number = false;
	for (i = 0; i < RTE_MIN(info->nb_qps, PMD_IPOIB_QUEUES_MAX) && used < sizeof(c->text); i++)
		used += (size_t)snprintf(c->text + used, sizeof(c->text) - used, "%s0x%06" PRIx32,
				i == 0 ? "" : " ", info->qpn[i]);
}

/* As the port's table has it now. */
static void
ipoib_membership(const void *row, struct cell *c)
{
	uint16_t pkey = ROW(row)->info.pkey_wire;

	cell_text(c, "%s", pkey == 0 ? "none" : (pkey & IB_PKEY_FULL) != 0 ? "full" : "limited");
}

TEXT(ipoib_device, "%s", ROW(row)->info.device)
TEXT(ipoib_backend, "%s", ROW(row)->info.backend != NULL ? ROW(row)->info.backend : "?")
TEXT(ipoib_state, "%s", hca_state_name(ROW(row)->info.state))
TEXT(ipoib_pkey, "0x%04x", ROW(row)->info.pkey)
TEXT(ipoib_qkey, "0x%08" PRIx32, ROW(row)->info.qkey)
NUMBER(ipoib_hca_port, info.hca_port)
NUMBER(ipoib_lid, info.lid)
NUMBER(ipoib_lmc, info.lmc)
NUMBER(ipoib_sm_lid, info.sm_lid)
NUMBER(ipoib_mtu, info.mtu)
NUMBER(ipoib_up, up)
NUMBER(ipoib_pkey_present, info.pkey_present)
NUMBER(ipoib_joined, info.joined)

static uint32_t
ipoib_fill(struct control *c, uint16_t port, uint32_t offset __rte_unused, void *rows,
		uint32_t max __rte_unused, uint32_t *total)
{
	*total = control_ipoib_row(c, port, rows) == 0;
	return *total;
}

#define KIND(kind, cols) \
	const struct row_kind kind = { \
		.size = sizeof(struct control_ipoib_row), \
		.ipoib_port = true, \
		.nb_columns = RTE_DIM(cols), \
		.columns = cols, \
		.fill = ipoib_fill, \
	}

static const struct column ipoib_columns[] = {
	{ "link", "Link", ipoib_link },
	{ "up", NULL, ipoib_up },
	{ "reason", NULL, ipoib_reason },
	{ "device", "Device", ipoib_device },
	{ "hca_port", "HCA port", ipoib_hca_port },
	{ "backend", "Backend", ipoib_backend },
	{ "state", "Port state", ipoib_state },
	{ "lid", "LID", ipoib_lid },
	{ "lmc", "LMC", ipoib_lmc },
	{ "sm_lid", "SM LID", ipoib_sm_lid },
	{ "gid", "GID", ipoib_gid },
	{ "pkey", "P_Key", ipoib_pkey },
	{ "pkey_present", "P_Key present", ipoib_pkey_present },
	{ "membership", "Membership", ipoib_membership },
	{ "joined", "Broadcast group joined", ipoib_joined },
	{ "qkey", "Q_Key", ipoib_qkey },
	{ "mtu", "IP MTU", ipoib_mtu },
	{ "qpns", "QPNs", ipoib_qpns },
	{ "lladdr", "Link-layer address", ipoib_address },
};
KIND(rows_ipoib, ipoib_columns);

static const struct column list_columns[] = {
	{ "device", "Device", ipoib_device },
	{ "hca_port", "HCA port", ipoib_hca_port },
	{ "pkey", "P_Key", ipoib_pkey },
	{ "membership", "Membership", ipoib_membership },
	{ "link", "Link", ipoib_link },
	{ "up", NULL, ipoib_up },
};
KIND(rows_ipoib_list, list_columns);

#define WARNING_TEXT(fn, field) \
	static void fn(const void *row, struct cell *c) \
	{ \
		cell_text(c, "%s", ((const struct control_warning_row *)(row))->field); \
	}

WARNING_TEXT(warning_what, what)
WARNING_TEXT(warning_found, found)
WARNING_TEXT(warning_advice, advice)

static uint32_t
warning_fill(struct control *c, uint16_t port, uint32_t offset, void *rows, uint32_t max,
		uint32_t *total)
{
	return control_warning_rows(c, port, offset, rows, max, total);
}

static const struct column warning_columns[] = {
	{ "what", "What", warning_what },
	{ "found", "Found", warning_found },
	{ "advice", "Advice", warning_advice },
};

const struct row_kind rows_warning = {
	.size = sizeof(struct control_warning_row),
	.ipoib_port = true,
	.nb_columns = RTE_DIM(warning_columns),
	.columns = warning_columns,
	.fill = warning_fill,
};

NUMBER(sm_alive, sa_alive)
NUMBER(sm_requests, sa_requests)
NUMBER(sm_sends, sa_sends)
NUMBER(sm_answers, sa_answers)
NUMBER(sm_timeouts, sa_timeouts)
NUMBER(sm_failures, sa_failures)
NUMBER(sm_ignored, sa_ignored)
NUMBER(sm_limited_refused, limited_refused)
NUMBER(sm_outstanding, sa_outstanding)
NUMBER(sm_queued, sa_queued)
NUMBER(sm_mad_sent, mad_sent)
NUMBER(sm_mad_received, mad_received)

static const struct column sm_columns[] = {
	{ "sm_lid", "SM LID", ipoib_sm_lid },
	{ "alive", "SA answers", sm_alive },
	{ "requests", "Requests", sm_requests },
	{ "sends", "Sent, repeats included", sm_sends },
	{ "answers", "Answered", sm_answers },
	{ "timeouts", "Timeouts", sm_timeouts },
	{ "failures", "Failures", sm_failures },
	{ "limited_refused", "Paths refused to a limited member", sm_limited_refused },
	{ "ignored", "Late or foreign answers", sm_ignored },
	{ "outstanding", "Outstanding", sm_outstanding },
	{ "queued", "Queued", sm_queued },
	{ "mad_sent", "MADs sent", sm_mad_sent },
	{ "mad_received", "MADs received", sm_mad_received },
};
KIND(rows_ipoib_sm, sm_columns);

NUMBER(stats_paths, paths)
NUMBER(stats_ahs, ahs)
NUMBER(stats_entries, neigh.entries)
NUMBER(stats_incomplete, neigh.by_state[IPOIB_NEIGH_INCOMPLETE])
NUMBER(stats_resolving, neigh.by_state[IPOIB_NEIGH_RESOLVING])
NUMBER(stats_valid, neigh.by_state[IPOIB_NEIGH_VALID])
NUMBER(stats_stale, neigh.by_state[IPOIB_NEIGH_STALE])
NUMBER(stats_failed, neigh.by_state[IPOIB_NEIGH_FAILED])
NUMBER(stats_waiting, neigh.queued)
NUMBER(stats_retired, neigh.retired)
NUMBER(stats_added, neigh.added)
NUMBER(stats_removed, neigh.removed)
NUMBER(stats_aged, neigh.aged)
NUMBER(stats_evicted, neigh.evicted)
NUMBER(stats_table_full, neigh.table_full)
NUMBER(stats_queue_full, neigh.queue_full)
NUMBER(stats_reclaim_full, neigh.reclaim_full)

static const struct column stats_columns[] = {
	{ "paths", "Paths", stats_paths },
	{ "address_handles", "Address handles", stats_ahs },
	{ "neighbours", "Neighbours", stats_entries },
	{ "incomplete", "  incomplete", stats_incomplete },
	{ "resolving", "  resolving", stats_resolving },
	{ "valid", "  valid", stats_valid },
	{ "stale", "  stale", stats_stale },
	{ "failed", "  failed", stats_failed },
	{ "queued", "Packets waiting", stats_waiting },
	{ "retired", "Entries waiting for workers", stats_retired },
	{ "added", "Added", stats_added },
	{ "removed", "Removed", stats_removed },
	{ "aged", "  idle too long", stats_aged },
	{ "evicted", "  evicted early", stats_evicted },
	{ "table_full", "Refused: table full", stats_table_full },
	{ "queue_full", "Packets refused: queue full", stats_queue_full },
	{ "reclaim_full", "Changes delayed by workers", stats_reclaim_full },
};
KIND(rows_ipoib_stats, stats_columns);

/* --- receive queues --- */

struct queue_row {
	struct control_queue_row q;
	uint64_t rx_packets, rx_bytes, tx_packets;
	double share; /* of the port's packets, percent */
};

#define QUEUE(row) ((const struct queue_row *)(row))
#define QUEUE_NUMBER(fn, field) \
	static void fn(const void *row, struct cell *c) \
	{ \
		cell_number(c, QUEUE(row)->field); \
	}

QUEUE_NUMBER(queue_number, q.queue)
QUEUE_NUMBER(queue_peers, q.peers)
QUEUE_NUMBER(queue_rx_packets, rx_packets)
QUEUE_NUMBER(queue_rx_bytes, rx_bytes)
QUEUE_NUMBER(queue_tx_packets, tx_packets)

static void
queue_qpn(const void *row, struct cell *c)
{
	cell_text(c, "0x%06" PRIx32, QUEUE(row)->q.qpn);
}

static void
queue_share(const void *row, struct cell *c)
{
	cell_text(c, "%.1f", QUEUE(row)->share);
}

static uint32_t
queue_fill(struct control *c, uint16_t port, uint32_t offset, void *rows, uint32_t max,
		uint32_t *total)
{
	struct control_queue_row q[PMD_IPOIB_QUEUES_MAX];
	uint32_t i, n = control_queue_rows(c, port, offset, q, RTE_MIN(max, RTE_DIM(q)), total);
	struct queue_row *r = rows;
	struct pmd_ipoib_queue_stats s;
	struct rte_eth_stats port_stats;

	if (n == 0 || rte_eth_stats_get(q[0].port, &port_stats) != 0)
		port_stats.ipackets = 0;
	for (i = 0; i < n; i++) {
		r[i] = (struct queue_row){ .q = q[i] };
		if (pmd_ipoib_queue_stats(q[i].port, q[i].queue, &s) != 0)
			continue;
		r[i].rx_packets = s.rx_packets;
		r[i].rx_bytes = s.rx_bytes;
		r[i].tx_packets = s.tx_packets;
		r[i].share = port_stats.ipackets == 0
				? 0
				: 100. * (double)s.rx_packets / (double)port_stats.ipackets;
	}
	return n;
}

static const struct column queue_columns[] = {
	{ "queue", "Queue", queue_number },
	{ "qpn", "QPN", queue_qpn },
	{ "peers", "Peers", queue_peers },
	{ "rx_packets", "RX packets", queue_rx_packets },
	{ "rx_bytes", "RX bytes", queue_rx_bytes },
	{ "share", "% of RX", queue_share },
	{ "tx_packets", "TX packets", queue_tx_packets },
};

const struct row_kind rows_queue = {
	.size = sizeof(struct queue_row),
	.ipoib_port = true,
	.nb_columns = RTE_DIM(queue_columns),
	.columns = queue_columns,
	.fill = queue_fill,
};

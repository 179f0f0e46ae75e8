/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <inttypes.h>

#include <rte_string_fns.h>

#include "parse.h"
#include "rows.h"

/* A getter of a number field, and of one in hexadecimal. */
#define NUMBER(fn, type, field) \
	static void fn(const void *row, struct cell *c) \
	{ \
		cell_number(c, ((const struct type *)row)->field); \
	}
#define STATE(fn, type) \
	static void fn(const void *row, struct cell *c) \
	{ \
		const struct type *r = row; \
		cell_text(c, "%s", ipoib_neigh_state_name((enum ipoib_neigh_state)r->state)); \
	}
/* The same, of what may be there by command. */
#define FIXED_STATE(fn, type) \
	static void fn(const void *row, struct cell *c) \
	{ \
		const struct type *r = row; \
		cell_text(c, "%s", \
				r->fixed ? "permanent" \
					 : ipoib_neigh_state_name( \
							   (enum ipoib_neigh_state)r->state)); \
	}
#define GID(fn, type, field) \
	static void fn(const void *row, struct cell *c) \
	{ \
		char buf[IB_GID_STRLEN]; \
		cell_text(c, "%s", \
				ib_gid_format(&((const struct type *)row)->field, buf, \
						sizeof(buf))); \
	}

#define KIND(kind, type, of_ipoib_port, cols, fill_fn) \
	const struct row_kind kind = { \
		.size = sizeof(struct type), \
		.ipoib_port = of_ipoib_port, \
		.nb_columns = RTE_DIM(cols), \
		.columns = cols, \
		.fill = fill_fn, \
	}

/* Own addresses. */

static void
address_text(const void *row, struct cell *c)
{
	const struct control_addr_row *r = row;
	char buf[PARSE_PREFIX_STRLEN];

	cell_text(c, "%s", format_prefix(r->ip.b, r->len, buf));
}

static void
address_state(const void *row, struct cell *c)
{
	static const char *const name[] = {
		[CONTROL_ADDR_PREFERRED] = "preferred",
		[CONTROL_ADDR_TENTATIVE] = "tentative",
		[CONTROL_ADDR_DUPLICATE] = "duplicate",
	};
	const struct control_addr_row *r = row;

	cell_text(c, "%s", r->state < RTE_DIM(name) ? name[r->state] : "?");
}

NUMBER(address_port, control_addr_row, port)

static const struct column address_columns[] = {
	{ "address", "Address", address_text },
	{ "port", "Port", address_port },
	{ "state", "State", address_state },
};

static uint32_t
address_fill(struct control *c, uint16_t port __rte_unused, uint32_t offset, void *rows,
		uint32_t max, uint32_t *total)
{
	return control_addr_rows(c, offset, rows, max, total);
}

KIND(rows_address, control_addr_row, false, address_columns, address_fill);

/* Routes. */

static void
route_prefix(const void *row, struct cell *c)
{
	const struct control_route_row *r = row;
	char buf[PARSE_PREFIX_STRLEN];

	cell_text(c, "%s", format_prefix(r->prefix.b, r->len, buf));
}

static void
route_type(const void *row, struct cell *c)
{
	static const char *const name[] = {
		[DP_NH_NONE] = "none",
		[DP_NH_LOCAL] = "local",
		[DP_NH_LINK] = "link",
		[DP_NH_VIA] = "static",
		[DP_NH_BROADCAST] = "broadcast",
		[DP_NH_BLACKHOLE] = "blackhole",
		[DP_NH_UNREACHABLE] = "unreachable",
		[DP_NH_PROHIBIT] = "prohibit",
	};
	const struct control_route_row *r = row;

	cell_text(c, "%s", r->type < RTE_DIM(name) ? name[r->type] : "?");
}

static void
route_via(const void *row, struct cell *c)
{
	const struct control_route_row *r = row;
	char buf[PARSE_IP_STRLEN];

	cell_text(c, "%s", dp_ip_is_zero(&r->via) ? "-" : format_ip(r->via.b, buf));
}

/* Another route of the prefix may be preferred, or answer in its place. */
static void
route_state(const void *row, struct cell *c)
{
	const struct control_route_row *r = row;

	cell_text(c, "%s", r->dead ? (r->used ? "dead, used" : "dead") : r->used ? "used" : "-");
}

static void
route_port(const void *row, struct cell *c)
{
	const struct control_route_row *r = row;

	if (r->port == DP_PORT_NIL)
		cell_text(c, "-");
	else
		cell_number(c, r->port);
}

static const struct column route_columns[] = {
	{ "prefix", "Prefix", route_prefix },
	{ "type", "Type", route_type },
	{ "via", "Via", route_via },
	{ "port", "Port", route_port },
	{ "state", "State", route_state },
};

static uint32_t
route_fill(struct control *c, uint16_t port __rte_unused, uint32_t offset, void *rows, uint32_t max,
		uint32_t *total)
{
	return control_route_rows(c, offset, rows, max, total);
}

KIND(rows_route, control_route_row, false, route_columns, route_fill);

/* IP neighbours. */

static void
ip_neigh_address(const void *row, struct cell *c)
{
	char buf[PARSE_IP_STRLEN];

	cell_text(c, "%s", format_ip(((const struct control_ip_neigh_row *)row)->ip.b, buf));
}

static void
ip_neigh_lladdr(const void *row, struct cell *c)
{
	const struct control_ip_neigh_row *r = row;
	char buf[RTE_MAX(IPOIB_ADDR_STRLEN, RTE_ETHER_ADDR_FMT_SIZE)];

	if (!r->has_lladdr)
		cell_text(c, "-");
	else if (r->is_ipoib)
		cell_text(c, "%s", ipoib_addr_format(&r->lladdr, buf, sizeof(buf)));
	else
		cell_text(c, "%02x:%02x:%02x:%02x:%02x:%02x", RTE_ETHER_ADDR_BYTES(&r->mac));
}

NUMBER(ip_neigh_port, control_ip_neigh_row, port)
NUMBER(ip_neigh_idle, control_ip_neigh_row, idle_s)
NUMBER(ip_neigh_queued, control_ip_neigh_row, queued)
FIXED_STATE(ip_neigh_state, control_ip_neigh_row)

static const struct column ip_neigh_columns[] = {
	{ "address", "Address", ip_neigh_address },
	{ "port", "Port", ip_neigh_port },
	{ "state", "State", ip_neigh_state },
	{ "idle_s", "Idle s", ip_neigh_idle },
	{ "queued", "Queued", ip_neigh_queued },
	{ "lladdr", "Link-layer address", ip_neigh_lladdr },
};

static uint32_t
ip_neigh_fill(struct control *c, uint16_t port __rte_unused, uint32_t offset, void *rows,
		uint32_t max, uint32_t *total)
{
	return control_ip_neigh_rows(c, offset, rows, max, total);
}

KIND(rows_ip_neigh, control_ip_neigh_row, false, ip_neigh_columns, ip_neigh_fill);

/* IPoIB neighbours. */

static void
ipoib_neigh_lladdr(const void *row, struct cell *c)
{
	const struct control_ipoib_neigh_row *r = row;
	char buf[IPOIB_ADDR_STRLEN];

	cell_text(c, "%s", ipoib_addr_format(&r->addr, buf, sizeof(buf)));
}

static void
ipoib_neigh_qpn(const void *row, struct cell *c)
{
	cell_text(c, "0x%06x",
			ipoib_addr_qpn(&((const struct control_ipoib_neigh_row *)row)->addr));
}

static void
ipoib_neigh_kind(const void *row, struct cell *c)
{
	cell_text(c, "%s",
			((const struct control_ipoib_neigh_row *)row)->kind == IPOIB_NEIGH_RC
					? "rc"
					: "ud");
}

NUMBER(ipoib_neigh_port, control_ipoib_neigh_row, port)
NUMBER(ipoib_neigh_dlid, control_ipoib_neigh_row, dlid)
NUMBER(ipoib_neigh_idle, control_ipoib_neigh_row, idle_s)
NUMBER(ipoib_neigh_queued, control_ipoib_neigh_row, queued)
STATE(ipoib_neigh_state, control_ipoib_neigh_row)

static const struct column ipoib_neigh_columns[] = {
	{ "port", "Port", ipoib_neigh_port },
	{ "state", "State", ipoib_neigh_state },
	{ "kind", "Kind", ipoib_neigh_kind },
	{ "dlid", "DLID", ipoib_neigh_dlid },
	{ "qpn", "QPN", ipoib_neigh_qpn },
	{ "idle_s", "Idle s", ipoib_neigh_idle },
	{ "queued", "Queued", ipoib_neigh_queued },
	{ "lladdr", "Link-layer address", ipoib_neigh_lladdr },
};

static uint32_t
ipoib_neigh_fill(struct control *c, uint16_t port, uint32_t offset, void *rows, uint32_t max,
		uint32_t *total)
{
	return control_ipoib_neigh_rows(c, port, offset, rows, max, total);
}

KIND(rows_ipoib_neigh, control_ipoib_neigh_row, true, ipoib_neigh_columns, ipoib_neigh_fill);

/* Paths. */

GID(path_dgid, control_path_row, dgid)
NUMBER(path_port, control_path_row, port)
NUMBER(path_dlid, control_path_row, dlid)
NUMBER(path_slid, control_path_row, slid)
NUMBER(path_mtu, control_path_row, mtu)
NUMBER(path_sl, control_path_row, sl)
NUMBER(path_hops, control_path_row, hop_limit)
NUMBER(path_ways, control_path_row, ways)
NUMBER(path_age, control_path_row, age_s)
FIXED_STATE(path_state, control_path_row)

/* In Gb/s. */
static void
path_rate(const void *row, struct cell *c)
{
	uint8_t code = ((const struct control_path_row *)row)->rate;
	uint32_t mbps = ib_rate_from_code(code);

	if (code == 0)
		cell_text(c, "-");
	else if (mbps == 0)
		cell_text(c, "code %u", code);
	else
		cell_text(c, "%g", mbps / 1000.0);
}

static const struct column path_columns[] = {
	{ "port", "Port", path_port },
	{ "dgid", "DGID", path_dgid },
	{ "state", "State", path_state },
	{ "dlid", "DLID", path_dlid },
	{ "slid", "SLID", path_slid },
	{ "sl", "SL", path_sl },
	{ "mtu", "MTU", path_mtu },
	{ "rate_gbps", "Gb/s", path_rate },
	{ "hop_limit", "Hop limit", path_hops },
	{ "ways", "Ways", path_ways },
	{ "age_s", "Age s", path_age },
};

static uint32_t
path_fill(struct control *c, uint16_t port, uint32_t offset, void *rows, uint32_t max,
		uint32_t *total)
{
	return control_path_rows(c, port, offset, rows, max, total);
}

KIND(rows_path, control_path_row, true, path_columns, path_fill);

/* Multicast groups. */

GID(mcast_mgid, control_mcast_row, mgid)
NUMBER(mcast_port, control_mcast_row, port)
NUMBER(mcast_mtu, control_mcast_row, mtu)
NUMBER(mcast_users, control_mcast_row, users)
NUMBER(mcast_queued, control_mcast_row, queued)

static void
mcast_mlid(const void *row, struct cell *c)
{
	cell_text(c, "0x%04x", ((const struct control_mcast_row *)row)->mlid);
}

static void
mcast_qkey(const void *row, struct cell *c)
{
	cell_text(c, "0x%08" PRIx32, ((const struct control_mcast_row *)row)->qkey);
}

static void
mcast_join(const void *row, struct cell *c)
{
	static const char *const name[] = { "full", "non", "send-only-non", "send-only" };
	uint8_t join = ((const struct control_mcast_row *)row)->join_state;
	char text[40] = "";
	uint32_t i;

	for (i = 0; i < RTE_DIM(name); i++) {
		if ((join & RTE_BIT32(i)) == 0)
			continue;
		if (text[0] != '\0')
			strlcat(text, "+", sizeof(text));
		strlcat(text, name[i], sizeof(text));
	}
	cell_text(c, "%s", text[0] != '\0' ? text : "none");
}

static void
mcast_state(const void *row, struct cell *c)
{
	cell_text(c, "%.12s", ((const struct control_mcast_row *)row)->state);
}

static const struct column mcast_columns[] = {
	{ "port", "Port", mcast_port },
	{ "mgid", "MGID", mcast_mgid },
	{ "mlid", "MLID", mcast_mlid },
	{ "mtu", "MTU", mcast_mtu },
	{ "qkey", "Q_Key", mcast_qkey },
	{ "join", "Join", mcast_join },
	{ "state", "State", mcast_state },
	{ "users", "Users", mcast_users },
	{ "queued", "Queued", mcast_queued },
};

static uint32_t
mcast_fill(struct control *c, uint16_t port, uint32_t offset, void *rows, uint32_t max,
		uint32_t *total)
{
	return control_mcast_rows(c, port, offset, rows, max, total);
}

KIND(rows_mcast, control_mcast_row, true, mcast_columns, mcast_fill);

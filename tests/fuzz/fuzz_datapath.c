/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * What a worker does with frames from outside: each has one fate, and is sent as it came, with one
 * hop less; the short way, of destinations that are known, ends as the long way does.
 *
 * An input: what ports, pool and tables are like (2 octets), then packets, up to a burst, each with
 * flags (2), receive flags of IPoIB, two cuts, length (2). The burst comes up to 4 times: the first
 * one lets the worker learn.
 */

#include <arpa/inet.h>

#include "filter_table.h"
#include "fuzz_mbuf.h"
#include "sent_check.h"
#include "top.h"
#include "worker.h"

#define FRAME_MAX 2000
#define BURST_MAX CAME_MAX
#define TURNS_MAX 4
#define VID 5
#define SUB DP_PORT_LOGICAL
#define BOND (DP_PORT_LOGICAL + 1)
#define NOW UINT64_C(1000000000)
/* Where tests put what the fixture has not. */
#define IP_GROUP IP(239, 1, 2, 3)
#define IP6_GROUP "ff0e::1:2"
#define IP_FAILED IP(192, 0, 2, 99)    /* on ETH0, does not answer */
#define IP_NO_PATH IP(198, 18, 3, 9)   /* on IB3, the SA knows no path */
#define IP_NARROW IP(198, 18, 3, 10)   /* on IB3, by a path of 600 octets */
#define IP_SET IP(198, 18, 3, 11)      /* on IB3, by several paths */
#define IP_NO_NEIGH IP(198, 18, 3, 12) /* on IB3, the path is not known yet */

/* Of an input, the lowest 2 bits: how often the burst comes again. */
enum {
	BOND_ON = 1 << 2, /* IB1 and IB3 are members; if NARROW, IB3 is the active one */
	CLAMP = 1 << 3,	  /* IB3 clamps MSS */
	IB3_DOWN = 1 << 4,
	BIND = 1 << 5,	     /* from ETH0 and IB1 to ETH2 only */
	DIRECTED = 1 << 6,   /* ETH2 and IB3 send directed broadcasts */
	FULL = 1 << 7,	     /* TX rings have room for one packet */
	POOL_EMPTY = 1 << 8, /* no mbuf for a copy */
	FILTER = 1 << 9,
	TOP = 1 << 10,	     /* packets are counted; IB1's broadcast group is not known */
	NO_GROUPS = 1 << 11, /* ports without multicast routing */
	NARROW = 1 << 12,    /* an MTU of 576 on ETH2 and IB1 */
	NO_UPSTREAM = 1 << 13,
	IB1_GONE = 1 << 14,   /* no such port any more, nor sub-ports */
	MANY_PLACES = 1 << 15 /* so many destinations that they are fetched before */
};

/* Of a packet. */
enum {
	ON_IB = 1 << 0,
	FIX_CKSUM = 1 << 1,
	SEGMENTS = 1 << 2,
	FIX_LINK = 1 << 3,
	FIX_DST = 1 << 4,
	FIX_SRC = 1 << 5,
	FIX_LEN = 1 << 6,
	TO_GROUP = 1 << 7, /* Ethernet */
	SHARED = 1 << 8,
	NO_HEADROOM = 1 << 9,
	TAG_TAKEN = 1 << 10,  /* by the driver */
	CKSUM_GOOD = 1 << 11, /* says the driver */
	ROOM_BEHIND = 1 << 12
};

/* A packet of an input. */
struct frame {
	uint16_t flags, port;
	uint8_t meta;
	uint32_t cut[2];
	uint32_t len;
	uint8_t data[FRAME_MAX];
};

/* Packets by how they ended. */
struct fates {
	uint64_t tx[DP_PORTS_MAX], drop[DP_DROP_MAX], punted;
};

static _Atomic uint64_t mgroup[4];
static struct ipoib_ahset sets[IPOIB_AHSET_MAX];
static struct dp_filter_hits filter_hits[DP_FILTER_WRITERS * DP_FILTER_MAX];
static struct control_filter filter;
static uint16_t vlan_port[4096];
static struct dp_top *top;
static struct rte_mempool *empty;
static struct came_burst came;
static unsigned int count;

/* --- what the worker knows --- */

static void
group_add(const char *ip, uint32_t index, uint64_t ports)
{
	const struct ipoib_neigh_value v = { .ah = index };
	struct dp_ip group = fx_ip6(ip);
	struct ipoib_neigh_rec *rec;
	struct ipoib_addr key;

	atomic_store(&mgroup[index], ports);
	dp_l3_key(&key, DP_PORT_NIL, &group);
	assert_true(ipoib_neigh_add(fx.dp->groups, &key, NOW, &rec) >= 0);
	assert_int_equal(ipoib_neigh_set_valid(fx.dp->groups, rec, &v, NOW), 0);
	if (dp_ib_group(fx.dp, IB1, &group, &key))
		fx_path_valid(IB1, &key, 70 + index, 0);
}

static void
groups_make(void)
{
	struct ipoib_addr all;

	fx.dp->groups = fx_table("groups");
	fx.dp->mgroup = mgroup;
	ipoib_mgid_broadcast(2, 0x8001, &fx.dp->port[IB1].bcast_gid);
	ipoib_mgid_broadcast(2, 0x8001, &fx.dp->port[IB3].bcast_gid);
	ipoib_addr_set(&all, IB_QPN_MULTICAST, &fx.dp->port[IB3].bcast_gid);
	fx_path_valid(IB3, &all, 80, 0);
	group_add("239.1.2.3", 0, 0xf);
	group_add("239.129.2.3", 1, RTE_BIT64(IB1) | RTE_BIT64(ETH2));
	group_add(IP6_GROUP, 2, 0xf);
	group_add("ff15::1:8182:8384", 3, RTE_BIT64(IB1) | RTE_BIT64(ETH2));
}

static void
route(const char *four, const char *six, uint16_t id, enum dp_nh_type type, uint16_t port,
		const char *gw)
{
	struct dp_ip ip = fx_ip6(four);
	rte_be32_t be;

	memcpy(&be, &ip.b[12], sizeof(be));
	fx_nh(id, type, port, gw);
	assert_int_equal(rte_fib_add(fx.dp->fib, rte_be_to_cpu_32(be), 24, id), 0);
	fx_route6(six, 64, id);
}

/* A neighbour on IB3, and its path. */
static void
ib3_add(uint32_t ip, uint32_t adj, uint32_t ah, uint16_t mtu, enum ipoib_neigh_kind kind)
{
	const struct ipoib_neigh_value v = { .ah = ah, .mtu = mtu, .kind = kind };
	struct ipoib_neigh_rec *rec;

	fx.dp->adj[adj].lladdr = fx_addr(QPN_IB3 + adj, (uint8_t)(0x30 + adj));
	fx_l3_valid(IB3, ip, adj);
	if (ah == 0)
		return;
	assert_true(ipoib_neigh_add(fx.dp->port[IB3].neigh, &fx.dp->adj[adj].lladdr, NOW, &rec) >=
			0);
	assert_int_equal(ipoib_neigh_set_valid(fx.dp->port[IB3].neigh, rec, &v, NOW), 0);
}

static void
neighbours_make(void)
{
	ib3_add(IP_NO_PATH, ADJ_FREE, 0, 0, IPOIB_NEIGH_UD);
	fx_path_failed(IB3, &fx.dp->adj[ADJ_FREE].lladdr);
	ib3_add(IP_NARROW, ADJ_FREE + 1, 60, 600, IPOIB_NEIGH_UD);
	ib3_add(IP_SET, ADJ_FREE + 2, 1, 0, IPOIB_NEIGH_UD_SET);
	ib3_add(IP_NO_NEIGH, ADJ_FREE + 3, 0, 0, IPOIB_NEIGH_UD);
	fx_l3_failed(ETH0, IP_FAILED);
	sets[1] = (struct ipoib_ahset){ .nb_lids = { 2, 1 }, .ah = { { 61, 62 }, { 63 } } };
	fx.dp->port[IB3].ahset = sets;
	atomic_store(&fx.dp->port[IB3].dscp_class[46], 1);
}

static void
logical_make(void)
{
	assert_int_equal(dp_port_add_logical(fx.dp, DP_PORT_ETH, VID, ETH0), SUB);
	assert_int_equal(dp_port_add_logical(fx.dp, DP_PORT_IPOIB, 0, DP_PORT_NIL), BOND);
	memset(vlan_port, 0xff, sizeof(vlan_port));
	vlan_port[VID] = SUB;
	vlan_port[VID + 1] = SUB + 9;
	fx.dp->port[ETH0].vlan_port = vlan_port;
	fx_up(SUB, true);
	fx_up(BOND, true);
	atomic_store(&fx.dp->port[BOND].mtu, 2044);
	route("10.5.0.0", "2001:db8:5::", 21, DP_NH_LINK, SUB, NULL);
	route("10.9.0.0", "2001:db8:9::", 22, DP_NH_VIA, BOND, "10.9.9.9");
	fx_l3_valid(SUB, IP(10, 5, 0, 7), ADJ_HOST);
	fx_l3_valid(BOND, IP(10, 9, 9, 9), ADJ_GW);
}

static void
routes_make(void)
{
	route("10.66.0.0", "2001:db8:66::", 23, DP_NH_BLACKHOLE, 0, NULL);
	route("10.67.0.0", "2001:db8:67::", 24, DP_NH_PROHIBIT, 0, NULL);
	route("10.68.0.0", "2001:db8:68::", 25, DP_NH_UNREACHABLE, 0, NULL);
	route("10.69.0.0", "2001:db8:69::", 26, DP_NH_ECMP, 0, NULL);
	route("10.70.0.0", "2001:db8:70::", 27, DP_NH_ECMP, 0, NULL);
	route("10.71.0.0", "2001:db8:71::", 28, DP_NH_VIA, ETH2, "198.18.2.5");
	fx_nh(29, DP_NH_BROADCAST, IB3, NULL);
	assert_int_equal(rte_fib_add(fx.dp->fib, IP(10, 72, 0, 0), 24, 29), 0);
	fx.dp->nh[26].nb = 2;
	fx.dp->nh[26].member[0] = 5;
	fx.dp->nh[26].member[1] = 28;
	fx.dp->nh[27].nb = 0;
}

static void
begin(void)
{
	fx_setup(NULL);
	groups_make();
	logical_make();
	routes_make();
	neighbours_make();
	fx.dp->filter_hits = filter_hits;
}

static void
finish(void)
{
	fx.dp->pool = fx.pool;
	fx.dp->port[IB3].ahset = NULL;
	fx.dp->filter_hits = NULL;
	ipoib_neigh_destroy(fx.dp->groups);
	fx.dp->groups = NULL;
	fx_teardown(NULL);
}

/* Deny what goes to one UDP port by ETH2 or IB1, and one source of all others. */
static void
filter_make(void)
{
	static const struct control_filter_rule any = { .proto = CONTROL_FILTER_PROTO_ANY,
		.sport = { 0, UINT16_MAX },
		.dport = { 0, UINT16_MAX } };
	struct control_filter_rule *r = filter.rule;
	uint16_t i;

	filter.nb = 4;
	for (i = 0; i < filter.nb; i++) {
		r[i] = any;
		r[i].number = i + 1u;
		r[i].slot = i;
		r[i].port = (const uint16_t[]){ ETH2, IB1, ETH0, IB3 }[i];
		r[i].way = i < 2 ? DP_FILTER_OUT : DP_FILTER_IN;
	}
	for (i = 0; i < 2; i++)
		r[i].dport[0] = r[i].dport[1] = 5000;
	r[2].src = dp_ip4(IP(192, 0, 2, 66));
	r[2].src_bits = 128;
	r[3].permit = true;
	assert_int_equal(filter_table_make(&filter), 0);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	assert_int_equal(fx_start(NULL), 0);
	empty = rte_pktmbuf_pool_create("empty", 1, 0, 0, 2176, SOCKET_ID_ANY);
	assert_non_null(empty);
	assert_non_null(rte_pktmbuf_alloc(empty));
	filter_make();
	top = calloc(1, sizeof(*top) + sizeof(top->table[0]));
	assert_non_null(top);
	top->nb = 1;
	begin();
	return 0;
}

/* What ports and tables are like for one input. */
static void
scene(uint16_t s)
{
	struct dp_port *p = fx.dp->port;
	uint16_t port, bond = (s & BOND_ON) != 0 ? BOND : DP_PORT_NIL;

	for (port = 0; port < NB_PORTS; port++) {
		atomic_store(&p[port].flags, (s & NO_GROUPS) != 0 ? 0 : DP_PORT_MCAST);
		atomic_store(&p[port].bind, (s & BIND) != 0 && port < ETH2 ? ETH2 : DP_PORT_NIL);
	}
	if ((s & DIRECTED) != 0)
		atomic_store(&p[ETH2].flags, DP_PORT_DIRECTED_BCAST | DP_PORT_MCAST);
	atomic_store(&p[IB3].flags,
			DP_PORT_MCAST | ((s & CLAMP) != 0 ? DP_PORT_MSS_CLAMP : 0) |
					((s & DIRECTED) != 0 ? DP_PORT_DIRECTED_BCAST : 0));
	atomic_store(&p[BOND].flags, DP_PORT_MCAST);
	atomic_store(&p[SUB].flags, DP_PORT_MCAST);
	atomic_store(&p[IB1].master, bond);
	atomic_store(&p[IB3].master, bond);
	atomic_store(&p[BOND].tx,
			bond == DP_PORT_NIL		    ? DP_PORT_NIL
					: (s & NARROW) != 0 ? IB3
							    : IB1);
	p[ETH0].vlan_port = (s & IB1_GONE) != 0 ? NULL : vlan_port;
	memset(&p[IB1].bcast_gid, 0, sizeof(p[IB1].bcast_gid));
	if ((s & TOP) == 0)
		p[IB1].bcast_gid = p[IB3].bcast_gid;
	fx_up(IB3, (s & IB3_DOWN) == 0);
	atomic_store(&p[ETH2].mtu, (s & NARROW) != 0 ? 576 : 1500);
	atomic_store(&p[IB1].mtu, (s & NARROW) != 0 ? 576 : 2044);
	p[IB1].kind = (s & IB1_GONE) != 0 ? DP_PORT_NONE : DP_PORT_IPOIB;
	atomic_store(&fx.dp->mcast_upstream, (s & NO_UPSTREAM) != 0 ? DP_PORT_NIL : IB3);
	fx.dp->pool = (s & POOL_EMPTY) != 0 ? empty : fx.pool;
	fx.dp->filter = (s & FILTER) != 0 ? filter.table : NULL;
	fx.dp->top = (s & TOP) != 0 ? top : NULL;
	fx.w->fast_places = (s & MANY_PLACES) != 0 ? 2000 : 0;
	/* Nothing is known of what came before. */
	atomic_store(&fx.dp->rules, atomic_load(&fx.dp->rules) + 1);
}

/* --- packets --- */

static uint32_t
l2_len_of(const struct frame *f)
{
	uint32_t l2_len = f->port == ETH0 ? RTE_ETHER_HDR_LEN : IPOIB_HDR_LEN;

	return l2_len == RTE_ETHER_HDR_LEN && f->len > 14 && f->data[12] == 0x81 && f->data[13] == 0
			? l2_len + RTE_VLAN_HLEN
			: l2_len;
}

/* Link-layer header of what the packet says it is, to us. */
static void
fix_link(struct frame *f, uint32_t l2_len)
{
	rte_be16_t type = f->data[l2_len] >> 4 == 6 ? RTE_BE16(RTE_ETHER_TYPE_IPV6)
						    : RTE_BE16(RTE_ETHER_TYPE_IPV4);

	if (f->port == ETH0) {
		memcpy(f->data, &fx.dp->port[ETH0].mac, RTE_ETHER_ADDR_LEN);
		if ((f->flags & TO_GROUP) != 0)
			f->data[0] |= 1;
	}
	memcpy(f->data + (f->port == ETH0 ? l2_len - 2 : 0), &type, sizeof(type));
}

/* Addresses for which something is known. */
static void
fix_dst(uint8_t *ip, bool six, uint8_t which)
{
	static const uint32_t to4[] = { IP_FAR, IP_HOST, IP_ETH2, IP_IB3, IP_UNKNOWN, IP_IB_UNKNOWN,
		IP_NOWHERE, IP_US, IP_GROUP, IP(192, 0, 2, 255), IP(239, 129, 2, 3),
		IP(10, 5, 0, 7), IP(10, 9, 0, 1), IP(10, 66, 0, 1), IP(10, 67, 0, 1),
		IP(10, 68, 0, 1), IP(10, 69, 0, 1), IP(10, 70, 0, 1), IP(10, 71, 0, 1), IP_FAILED,
		IP_NO_PATH, IP_NARROW, IP_SET, IP_NO_NEIGH, IP(198, 18, 2, 255), IP(10, 72, 0, 1),
		IP(239, 9, 9, 9), IP(224, 0, 0, 5), IP(255, 255, 255, 255) };
	static const char *const to6[] = { IP6_FAR, IP6_HOST, IP6_ETH2, IP6_UNKNOWN, IP6_US,
		IP6_GROUP, "ff15::1:8182:8384", "2001:db8:5::7", "2001:db8:9::1", "2001:db8:66::1",
		"2001:db8:67::1", "2001:db8:68::1", "2001:db8:69::1", "2001:db8:71::1", "ff0e::9",
		"ff02::1", "ff01::1", "fe80::1", "::1", "::ffff:1.2.3.4" };
	rte_be32_t four = rte_cpu_to_be_32(to4[which % RTE_DIM(to4)]);
	struct dp_ip to;

	if (six) {
		assert_int_equal(inet_pton(AF_INET6, to6[which % RTE_DIM(to6)], to.b), 1);
		memcpy(ip + 24, to.b, sizeof(to.b));
	} else {
		memcpy(ip + 16, &four, sizeof(four));
	}
}

static void
fix_src(uint8_t *ip, bool six, uint8_t which)
{
	static const uint32_t from4[] = { IP(192, 0, 2, 66), IP(203, 0, 113, 5), IP_US, 0,
		IP(127, 0, 0, 1), IP_GROUP, IP(255, 255, 255, 255), IP(10, 1, 1, 1) };
	static const char *const from6[] = { "2001:db8:1::66", "2001:db8:2::5", IP6_US, "::", "::1",
		IP6_GROUP, "fe80::5", "::ffff:10.1.1.1" };
	rte_be32_t four = rte_cpu_to_be_32(from4[which % RTE_DIM(from4)]);
	struct dp_ip from;

	if (six) {
		assert_int_equal(inet_pton(AF_INET6, from6[which % RTE_DIM(from6)], from.b), 1);
		memcpy(ip + 8, from.b, sizeof(from.b));
	} else {
		memcpy(ip + 12, &four, sizeof(four));
	}
}

/* Most inputs would end at a wrong length or checksum. */
static void
fix_ip(const struct frame *f, uint8_t *ip, uint32_t len, bool six)
{
	uint16_t is = (uint16_t)(len - (six ? sizeof(struct rte_ipv6_hdr) : 0));
	rte_be16_t be = rte_cpu_to_be_16(is);
	uint32_t hdr_len = (ip[0] & 15) * 4u;

	if ((f->flags & FIX_LEN) != 0)
		memcpy(ip + (six ? 4 : 2), &be, sizeof(be));
	if (!six && (f->flags & FIX_CKSUM) != 0 && hdr_len >= sizeof(struct rte_ipv4_hdr) &&
			hdr_len <= len)
		fx_ip_fix(ip);
}

static void
repair(struct frame *f, uint8_t dst, uint8_t src)
{
	uint32_t l2_len = l2_len_of(f), len = f->len - l2_len;
	uint8_t *ip = f->data + l2_len;
	bool six;

	if (f->len <= l2_len)
		return;
	if ((f->flags & FIX_LINK) != 0)
		fix_link(f, l2_len);
	six = ip[0] >> 4 == 6;
	if (len < (six ? sizeof(struct rte_ipv6_hdr) : sizeof(struct rte_ipv4_hdr)))
		return;
	if ((f->flags & FIX_DST) != 0)
		fix_dst(ip, six, dst);
	if ((f->flags & FIX_SRC) != 0)
		fix_src(ip, six, src);
	fix_ip(f, ip, len, six);
}

/* @return whether there is one */
static bool
frame_take(struct fuzz_input *in, struct frame *f)
{
	uint32_t len, left = FRAME_MAX;

	if (in->size < 8)
		return false;
	f->flags = fuzz_u16(in);
	f->meta = fuzz_u8(in);
	f->cut[0] = fuzz_u8(in);
	f->cut[1] = fuzz_u8(in);
	len = fuzz_u16(in);
	f->len = fuzz_rest(in, f->data, RTE_MIN(len, left));
	in->data += f->len;
	in->size -= f->len;
	f->port = (f->flags & ON_IB) != 0 ? IB1 : ETH0;
	/* With no cuts their octets are free. */
	repair(f, f->cut[0], f->cut[1]);
	return true;
}

static struct rte_mbuf *
frame_mbuf(const struct frame *f)
{
	uint32_t cut1 = f->cut[0], cut2 = f->cut[1];
	struct rte_mbuf *m;

	if ((f->flags & SEGMENTS) == 0 || cut1 == 0 || cut2 <= cut1 || cut2 >= f->len)
		m = fx_mbuf(f->port, f->data, f->len);
	else
		m = fx_mbuf_cut(f->port, f->data, f->len, cut1, cut2);
	if ((f->flags & NO_HEADROOM) != 0) {
		memmove(m->buf_addr, rte_pktmbuf_mtod(m, void *), m->data_len);
		m->data_off = 0;
	}
	if ((f->flags & SHARED) == 0)
		m = fuzz_exact(m, (f->flags & ROOM_BEHIND) != 0 ? 64 : 0);
	if (f->port == IB1)
		pmd_ipoib_meta(m)->flags = f->meta;
	if (f->port == ETH0 && (f->flags & TAG_TAKEN) != 0) {
		m->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
		m->vlan_tci = f->meta & 7;
	}
	if ((f->flags & CKSUM_GOOD) != 0)
		m->ol_flags |= RTE_MBUF_F_RX_IP_CKSUM_GOOD;
	return m;
}

/* @return what somebody else holds of it, or NULL */
static struct rte_mbuf *
frame_rx(const struct frame *f)
{
	struct came *c = came_add(&came, f->port, f->data, f->len);
	struct rte_mbuf *m = frame_mbuf(f), *held = NULL;

	c->cksum_good = (f->flags & CKSUM_GOOD) != 0;
	c->tagged |= (f->flags & TAG_TAKEN) != 0;
	if ((f->flags & SHARED) != 0) {
		held = m;
		m = rte_pktmbuf_clone(held, fx.pool);
		assert_non_null(m);
		*pmd_ipoib_meta(m) = *pmd_ipoib_meta(held);
	}
	fx_rx(f->port, m);
	return held;
}

/* --- a burst --- */

/* Room for one packet: the others are nobody's. */
static void
rings_fill(void)
{
	struct rte_mbuf *m;
	uint16_t port;

	for (port = 0; port < NB_PORTS; port++) {
		while (rte_ring_free_count(fx.tx[port][0]) > 1) {
			m = rte_pktmbuf_alloc(fx.pool);
			assert_non_null(m);
			assert_int_equal(rte_ring_enqueue(fx.tx[port][0], m), 0);
		}
	}
}

static void
drain(void)
{
	struct rte_mbuf *m;
	uint16_t port;

	for (port = 0; port < NB_PORTS; port++) {
		while ((m = fx_tx(port)) != NULL) {
			if (m->pkt_len != 0)
				sent_check(&came, port, m);
			fx_free_sent(m);
		}
	}
	while ((m = fx_punt()) != NULL) {
		punted_check(&came, m);
		fx_free_punted(m);
	}
}

static void
fates_get(struct fates *f)
{
	struct dp_counters c;
	uint16_t port, i;

	memset(f, 0, sizeof(*f));
	for (port = 0; port < DP_PORTS_MAX; port++) {
		if (port > BOND || (port >= NB_PORTS && port < SUB))
			continue;
		dp_counters_get(fx.dp, port, &c);
		f->tx[port] = c.tx_pkts;
		f->punted += c.punted;
		for (i = 0; i < DP_DROP_MAX; i++)
			f->drop[i] += c.drop[i];
	}
}

static void
fates_check(const struct fates *first, const struct fates *again)
{
	uint16_t i;

	for (i = 0; i < DP_DROP_MAX; i++) {
		if (first->drop[i] != again->drop[i])
			print_error("drop_%s\n", dp_drop_name[i]);
		assert_int_equal(first->drop[i], again->drop[i]);
	}
	for (i = 0; i < DP_PORTS_MAX; i++)
		assert_int_equal(first->tx[i], again->tx[i]);
	assert_int_equal(first->punted, again->punted);
}

/* The burst once; @return how its packets ended. */
static struct fates
turn(struct fuzz_input in, uint16_t s)
{
	struct rte_mbuf *held[BURST_MAX];
	static struct frame f[BURST_MAX];
	struct fates fates;
	unsigned int n, i;

	came.n = 0;
	came.bond = (s & BOND_ON) != 0;
	came.clamp = (s & CLAMP) != 0;
	for (n = 0; n < BURST_MAX && frame_take(&in, &f[n]); n++)
		held[n] = frame_rx(&f[n]);
	if ((s & FULL) != 0)
		rings_fill();
	dp_counters_clear(fx.dp);
	/* Those that wait for older ones which are at control go with the next turns. */
	for (i = 0; i == 0 || (i < TURNS_MAX && dp_queued(fx.dp) != 0); i++) {
		fx_turn();
		drain();
	}
	fates_get(&fates);
	for (i = 0; i < n; i++) {
		if (held[i] != NULL) /* what somebody else holds is not written to */
			fx_assert_data(held[i], f[i].data, f[i].len);
		rte_pktmbuf_free(held[i]);
	}
	assert_int_equal(dp_queued(fx.dp), 0);
	assert_int_equal(dp_balance(fx.dp), 0);
	return fates;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct fates first, again;
	uint16_t s = fuzz_u16(&in), i;

	if (size < 10)
		return 0;
	scene(s);
	first = turn(in, s);
	for (i = 0; i < (s & 3); i++) {
		again = turn(in, s);
		/* Whether a copy is needed is another matter on the short way. */
		if ((s & POOL_EMPTY) == 0)
			fates_check(&first, &again);
	}
	if (++count % FUZZ_ROUND == 0) {
		scene(0);
		finish();
		begin();
	}
	return 0;
}

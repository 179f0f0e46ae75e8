/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Bonds: which port is active, what a failover moves and in which order, and that no address handle
 * leaves by another port than its own (fx_sent() sees to that).
 */

#include <errno.h>
#include <string.h>

#include "bond.h"
#include "control_fixture.h"
#include "nd.h"

static struct ctl_port *
bond(void)
{
	return fx.c->ports[BOND];
}

static bool
known(uint16_t port, const struct ipoib_addr *a)
{
	const struct ipoib_neigh_entry *e;
	uint64_t hits;

	return ipoib_neigh_lookup_bulk(fx.dp->port[port].neigh, &a, 1, &hits, &e) == 1;
}

/* An HCA port is unplugged or plugged in. */
static void
plug(uint16_t port, bool in)
{
	struct pmd_ipoib_info *info = port == IB ? &fx.info : &fx.info2;

	info->state = in ? IPOIB_MAD_ACTIVE : IPOIB_MAD_DOWN;
	fx.events = IPOIB_MAD_EV_STATE;
	fx_tick();
	while (fx_join_req() != NULL)
		fx_answer_join(fx_join_req(), 0);
	if (in)
		fx_tick();
}

/* ARP that came in by the bond. */
static void
arp(uint16_t op, const struct ipoib_addr *sha, uint32_t spa, uint32_t tpa)
{
	uint8_t f[60] = { 8, 6, 0, 0, 0, 0x20, 8, 0, 20, 4, 0, (uint8_t)op };

	memcpy(&f[12], sha, 20);
	f[32] = (uint8_t)(spa >> 24);
	f[33] = (uint8_t)(spa >> 16);
	f[34] = (uint8_t)(spa >> 8);
	f[35] = (uint8_t)spa;
	f[56] = (uint8_t)(tpa >> 24);
	f[57] = (uint8_t)(tpa >> 16);
	f[58] = (uint8_t)(tpa >> 8);
	f[59] = (uint8_t)tpa;
	fx_punt(fx_mbuf(BOND, f, sizeof(f)), DP_PUNT_ARP, 0, 0);
}

/* Answer all queries for paths to this GID. @return how many */
static uint32_t
answer_paths(const struct ib_gid *gid, uint16_t dlid)
{
	uint32_t n = 0;

	for (; fx_path_req(gid) != NULL; n++)
		fx_answer_path(fx_path_req(gid), 0, dlid);
	return n;
}

/* A neighbour of the bond, known to both members. */
static struct ipoib_addr
know_peer(uint32_t ip, uint8_t gid)
{
	struct ipoib_addr a = fx_addr(PEER_QPN, gid);

	arp(1, &a, ip, IB_US);
	fx_run(5 * MS);
	answer_paths(&a.gid, gid);
	fx_run(20 * MS);
	answer_paths(&a.gid, gid);
	fx_run(5 * MS);
	fx_drain();
	return a;
}

/* Gratuitous ARP, from that port, with that QPN and GID. */
static void
assert_garp(uint16_t port, uint32_t qpn, uint8_t gid)
{
	struct ipoib_addr own = fx_addr(qpn, gid);
	struct rte_mbuf *m = fx_sent_on(port);
	const uint8_t *f = rte_pktmbuf_mtod(m, const uint8_t *);
	uint8_t ip[4] = { 198, 51, 100, 1 };

	assert_int_equal(m->pkt_len, 60);
	assert_int_equal(pmd_ipoib_meta(m)->qpn, IB_QPN_MULTICAST);
	assert_memory_equal(&f[12], &own, 20);
	assert_memory_equal(&f[32], ip, 4);
	assert_memory_equal(&f[56], ip, 4);
	fx_free(m);
}

static void
test_add(void **state)
{
	struct dp_ip ip = dp_ip4(IP(10, 1, 1, 1));
	struct control_bond_row rows[4];
	uint32_t total;

	(void)state;
	assert_int_equal(control_bond_rows(fx.c, DP_PORT_NIL, 0, rows, 4, &total), 2);
	assert_int_equal(total, 2);
	assert_string_equal(rows[0].name, "bond0");
	assert_int_equal(rows[0].bond, BOND);
	assert_int_equal(rows[0].port, IB);
	assert_true(rows[0].active && rows[0].up);
	assert_int_equal(rows[1].port, IB2);
	assert_true(!rows[1].active && rows[1].up);
	assert_int_equal(control_bond_find(fx.c, "bond0"), BOND);
	assert_int_equal(control_bond_find(fx.c, "bond1"), -ENOENT);
	assert_int_equal(fx.dp->port[BOND].tx, IB);
	assert_true(fx.dp->port[BOND].up);
	assert_int_equal(fx.dp->port[BOND].mtu, 2044);
	assert_int_equal(fx.dp->port[IB].master, BOND);
	assert_int_equal(fx.dp->port[IB2].master, BOND);
	assert_in_range(fx.mad_pace, 1, 50 * MS);
	/* What is the bond's to have. */
	assert_int_equal(control_addr_add(fx.c, IB2, &ip, 24), -EPERM);
	assert_int_equal(control_port_flag(fx.c, IB2, CONTROL_RA, true), -EPERM);
	assert_int_equal(control_port_leave(fx.c, IB), -EBUSY);
	assert_int_equal(control_port_leave(fx.c, IB2), -EBUSY);
}

static void
test_del(void **state)
{
	int ret;

	(void)state;
	do {
		ret = control_port_leave(fx.c, BOND);
		fx_run(MS);
	} while (ret == -EAGAIN);
	assert_int_equal(ret, 0);
	assert_int_equal(fx.dp->port[IB].master, DP_PORT_NIL);
	assert_int_equal(fx.dp->port[IB2].master, DP_PORT_NIL);
	assert_int_equal(dp_port_del(fx.dp, BOND), 0);
	assert_int_equal(control_port_del(fx.c, BOND), 0);
	assert_int_equal(fx.mad_pace, 0);
	assert_int_equal(control_bond_find(fx.c, "bond0"), -ENOENT);
	/* The ports are ports again. */
	assert_int_equal(fx_addr_add(IB, IB_US, 24), 0);
	plug(IB, false);
	plug(IB, true);
	fx_run(10 * MS);
	fx_drain();
}

static void
refused(struct control_bond_cfg cfg, int error, const char *why)
{
	assert_int_equal(control_bond_check(fx.c, &cfg), error);
	assert_non_null(strstr(cfg.why, why));
}

static void
test_refused(void **state)
{
	struct control_bond_cfg cfg = {
		.name = "x1", .nb = 2, .primary = DP_PORT_NIL, .member = { IB, IB2 }
	};

	(void)state;
	refused(cfg, -EBUSY, "port 1 belongs to bond0");
	fx_teardown(state);
	fx_setup_two(state);
	refused(cfg, -EINVAL, "same HCA port");
	cfg.member[1] = IB;
	refused(cfg, -EINVAL, "named twice");
	cfg.member[1] = ETH;
	refused(cfg, -ENODEV, "no IPoIB port");
	cfg.member[1] = 7;
	refused(cfg, -ENODEV, "no port 7");
	cfg.nb = 1;
	refused(cfg, -EINVAL, "2 to 4 ports");
	cfg.nb = 2;
	cfg.member[1] = IB2;
	snprintf(cfg.name, sizeof(cfg.name), "1x");
	refused(cfg, -EINVAL, "name");
	snprintf(cfg.name, sizeof(cfg.name), "x-1");
	refused(cfg, -EINVAL, "name");
	snprintf(cfg.name, sizeof(cfg.name), "x1");
	assert_int_equal(fx_addr_add(IB, IB_US, 24), 0);
	refused(cfg, -EADDRINUSE, "has addresses");
	fx_run(5 * MS);
	assert_int_equal(fx_addr_del(IB, IB_US, 24), 0);
	assert_int_equal(control_port_flag(fx.c, IB, CONTROL_PROXY_ARP, true), 0);
	refused(cfg, -EADDRINUSE, "ip set");
	assert_int_equal(control_port_flag(fx.c, IB, CONTROL_PROXY_ARP, false), 0);
	fx.c->ports[IB2]->info.pkey = 0x8002;
	cfg.primary = ETH;
	fx.c->ports[IB2]->hca = (struct ctl_hca *)&fx; /* never looked into */
	refused(cfg, -EXDEV, "different partitions");
	fx.c->ports[IB2]->info.pkey = 0x8001;
	refused(cfg, -EINVAL, "primary");
	fx.c->ports[IB2]->hca = fx.c->ports[IB]->hca;
	fx_drain();
}

/* A -> B -> A: next hops go on without ARP, the peers are told, each port uses its own handles. */
static void
test_failover(void **state)
{
	struct ipoib_addr peer = know_peer(IB_PEER, 2);
	uint32_t asked;

	(void)state;
	assert_true(known(IB, &peer) && known(IB2, &peer));
	asked = fx.sent;
	plug(IB, false);
	/* In the same turn. */
	assert_int_equal(fx.dp->port[BOND].tx, IB2);
	assert_true(fx.dp->port[BOND].up);
	assert_garp(IB2, OUR_QPN2, GID2);
	/* A worker that had begun before: by the other port, no question asked. */
	fx_punt_addr(&peer, 1);
	/* A packet that control itself sends. */
	fx_punt(fx_ip(ETH, IP(10, 0, 0, 1), IP(10, 0, 0, 2), 17, 100, 0), DP_PUNT_L3_MISS, BOND,
			IB_PEER);
	fx_tick();
	fx_free(fx_sent_on(IB2));
	fx_free(fx_sent_on(IB2));
	fx_assert_none();
	assert_int_equal(fx.sent, asked);
	/* Were two of them lost, it would be known within 80 ms all the same; and then peace. */
	fx_run(31 * MS);
	assert_garp(IB2, OUR_QPN2, GID2);
	fx_run(31 * MS);
	assert_garp(IB2, OUR_QPN2, GID2);
	fx_assert_none();
	fx_run(1100 * MS);
	assert_garp(IB2, OUR_QPN2, GID2);
	fx_run(3 * S);
	fx_assert_none();
	/* It comes back, and waits. */
	plug(IB, true);
	fx_run(3 * S);
	answer_paths(&peer.gid, 2);
	fx_run(10 * MS);
	assert_int_equal(fx.dp->port[BOND].tx, IB2);
	fx_assert_none();
	plug(IB2, false);
	assert_int_equal(fx.dp->port[BOND].tx, IB);
	assert_garp(IB, OUR_QPN, 1);
	fx_punt_addr(&peer, 2);
	fx_tick();
	fx_free(fx_sent_on(IB));
	fx_assert_none();
	answer_paths(&peer.gid, 2);
}

/* The peer's LID is another one since: the port that waits has learnt that meanwhile, as the active
 * one does: where the SA tells of changes, used paths are asked for again every 10 s. */
static void
test_handles_fresh(void **state)
{
	struct ipoib_addr peer = know_peer(IB_PEER, 2);
	struct rte_mbuf *m;
	uint32_t i;

	(void)state;
	for (i = 0; i < 110; i++) {
		fx_run(100 * MS);
		answer_paths(&peer.gid, 55);
	}
	/* And at once where a packet of the peer tells. */
	path_hint(bond(), &peer.gid, 56);
	fx_tick();
	assert_int_equal(answer_paths(&peer.gid, 56), 2);
	fx_run(5 * MS);
	plug(IB, false);
	fx_drain();
	fx_punt_addr(&peer, 1);
	fx_tick();
	m = fx_sent_on(IB2);
	assert_int_equal(fx.av[pmd_ipoib_meta(m)->ah].dlid, 56);
	fx_free(m);
}

/* What waits for a path leaves by the other port, in order, before anything newer. */
static void
test_waiting(void **state)
{
	struct ipoib_addr peer = fx_addr(PEER_QPN, 3);
	struct control_bond_row row;
	struct fake_req *r;
	struct rte_mbuf *m;
	uint32_t i, mark, total;

	(void)state;
	for (i = 0; i < 5; i++)
		fx_punt_addr(&peer, i);
	fx_tick();
	assert_non_null(fx_path_req(&peer.gid));
	fx_assert_none();
	plug(IB, false);
	fx_drain();
	for (i = 5; i < 8; i++)
		fx_punt_addr(&peer, i);
	fx_tick();
	/* Of the two questions, that in the new port's name. */
	for (i = 0; i < 2 && (r = fx_path_req(&peer.gid)) != NULL; i++) {
		if (r->path.sgid.raw[15] == GID2)
			fx_answer_path(r, 0, 9);
		else
			fx_answer_path(r, -ETIMEDOUT, 0);
	}
	fx_tick();
	for (i = 0; i < 8; i++) {
		m = fx_sent_on(IB2);
		memcpy(&mark, rte_pktmbuf_mtod_offset(m, void *, 4), sizeof(mark));
		assert_int_equal(mark, i);
		fx_free(m);
	}
	fx_assert_none();
	assert_int_equal(control_bond_rows(fx.c, BOND, 0, &row, 1, &total), 1);
	assert_int_equal(row.moved, 5);
	assert_int_equal(row.failovers, 1);
}

/* Order: control's own way, packets, workers' way, then the peers. */
static struct {
	uint32_t nb;
	uint32_t ring;
	uint16_t tx;
} seen;

static void
on_link_up(struct control *c, struct ctl_port *p)
{
	seen.nb++;
	assert_ptr_equal(p, bond());
	assert_ptr_equal(p->lower, c->ports[IB2]);
	seen.ring = rte_ring_count(fx.dp->worker[0]->inject);
	seen.tx = atomic_load(&p->dp->tx);
}

static void
test_order(void **state)
{
	struct ipoib_addr peer = know_peer(IB_PEER, 2), other = fx_addr(PEER_QPN + 1, 2);

	(void)state;
	memset(&seen, 0, sizeof(seen));
	/* Parked, as if the table could not take it: then it waits for the port, not for a path. */
	fx_punt_addr(&other, 1);
	control_tick(fx.c);
	fx_drain();
	ipoib_neigh_enqueue(fx.dp->port[IB].neigh, ipoib_neigh_find(fx.dp->port[IB].neigh, &other),
			fx_mbuf(ETH, "\x08\x00\x00\x00IP", 6));
	fx.dp->worker[0]->ctr[ETH].rx_pkts++;
	fx.c->link_up = on_link_up;
	fx.info.state = IPOIB_MAD_DOWN;
	fx.events = IPOIB_MAD_EV_STATE;
	fx_tick();
	assert_int_equal(seen.nb, 1);
	assert_int_equal(seen.ring, 1);
	assert_int_equal(seen.tx, IB2);
	fx_free(fx_sent_on(IB2));
	assert_true(known(IB2, &peer));
}

static void
test_none(void **state)
{
	struct ipoib_addr peer = know_peer(IB_PEER, 2);

	(void)state;
	plug(IB, false);
	plug(IB2, false);
	assert_false(fx.dp->port[BOND].up);
	assert_string_equal(bond()->reason, "none of its ports is usable");
	fx_drain();
	fx_punt_addr(&peer, 1);
	fx_tick();
	fx_assert_none();
	assert_int_equal(fx_drops(DP_DROP_no_path), 1);
	plug(IB, true);
	assert_true(fx.dp->port[BOND].up);
	assert_int_equal(fx.dp->port[BOND].tx, IB);
	assert_garp(IB, OUR_QPN, 1);
	answer_paths(&peer.gid, 2);
}

/* The P_Key is gone, or the broadcast group cannot be joined: not usable. */
static void
test_usable(void **state)
{
	(void)state;
	fx.info.pkey_present = false;
	fx_run(110 * MS);
	assert_int_equal(fx.dp->port[BOND].tx, IB2);
	fx_drain();
	fx.info.pkey_present = true;
	fx_run(110 * MS);
	/* IB asks for its group, and is not told. */
	assert_non_null(fx_join_req());
	plug(IB, true);
	fx.info2.state = IPOIB_MAD_DOWN;
	fx_run(110 * MS);
	assert_int_equal(fx.dp->port[BOND].tx, IB);
	fx_drain();
	/* Asked by PortInfo, without an event. */
	fx.info.state = IPOIB_MAD_DOWN;
	fx_run(110 * MS);
	assert_false(fx.dp->port[BOND].up);
	fx.info.state = IPOIB_MAD_ACTIVE;
	fx_run(110 * MS);
	assert_false(fx.dp->port[BOND].up);
	fx_answer_join(fx_join_req(), 0);
	assert_true(fx.dp->port[BOND].up);
	fx_run(10 * MS);
	fx_drain();
}

static void
test_manual(void **state)
{
	(void)state;
	assert_int_equal(control_bond_active(fx.c, "bond7", IB2), -ENOENT);
	assert_int_equal(control_bond_active(fx.c, "bond0", ETH), -ENODEV);
	assert_int_equal(control_bond_active(fx.c, "bond0", IB2), 0);
	assert_int_equal(fx.dp->port[BOND].tx, IB2);
	fx_tick();
	assert_garp(IB2, OUR_QPN2, GID2);
	plug(IB, false);
	assert_int_equal(control_bond_active(fx.c, "bond0", IB), -ENETDOWN);
	assert_int_equal(fx.dp->port[BOND].tx, IB2);
}

/* A primary gets it back, not at once, and not before its paths were asked for again. */
static void
test_primary(void **state)
{
	struct ipoib_addr peer = know_peer(IB_PEER, 2);

	(void)state;
	bond()->ip->bond->primary = fx.c->ports[IB];
	plug(IB, false);
	assert_int_equal(fx.dp->port[BOND].tx, IB2);
	fx_run(2 * S);
	answer_paths(&peer.gid, 2);
	plug(IB, true);
	fx_run(1900 * MS);
	assert_int_equal(fx.dp->port[BOND].tx, IB2);
	assert_non_null(fx_path_req(&peer.gid));
	fx_run(S);
	assert_int_equal(fx.dp->port[BOND].tx, IB2);
	answer_paths(&peer.gid, 2);
	fx_run(300 * MS);
	assert_int_equal(fx.dp->port[BOND].tx, IB);
	fx_drain();
	answer_paths(&peer.gid, 2);
}

/* The least of both, also while that one is down. */
static void
test_mtu(void **state)
{
	(void)state;
	atomic_store(&fx.dp->port[IB2].mtu, 1020);
	bond_follow(fx.c->ports[IB2]);
	assert_int_equal(fx.dp->port[BOND].mtu, 1020);
	plug(IB2, false);
	assert_int_equal(fx.dp->port[BOND].mtu, 1020);
	assert_int_equal(control_port_mtu(fx.c, BOND, 2000), 0);
	assert_int_equal(fx.dp->port[BOND].mtu, 1020);
	assert_int_equal(control_port_mtu(fx.c, BOND, 600), 0);
	assert_int_equal(fx.dp->port[BOND].mtu, 600);
	assert_int_equal(control_port_mtu(fx.c, BOND, 0), 0);
}

/* The peer itself fails over, A -> B -> A: neither port keeps what it was. */
static void
test_peer_moves(void **state)
{
	struct ipoib_addr a = know_peer(IB_PEER, 2), b = fx_addr(PEER_QPN, 3);

	(void)state;
	arp(1, &b, IB_PEER, IB_PEER);
	fx_run(130 * MS);
	assert_false(known(IB, &a) || known(IB2, &a));
	/* What is sent meanwhile waits for the new path. */
	fx_punt(fx_ip(ETH, IP(10, 0, 0, 1), IP(10, 0, 0, 2), 17, 100, 0), DP_PUNT_L3_MISS, BOND,
			IB_PEER);
	fx_run(2 * MS);
	assert_int_equal(answer_paths(&b.gid, 3), 2);
	fx_run(2 * MS);
	fx_free(fx_sent_on(IB));
	assert_true(known(IB, &b) && known(IB2, &b));
	arp(1, &a, IB_PEER, IB_PEER);
	fx_run(110 * MS);
	assert_false(known(IB, &b) || known(IB2, &b));
	fx_punt(fx_ip(ETH, IP(10, 0, 0, 1), IP(10, 0, 0, 2), 17, 100, 0), DP_PUNT_L3_MISS, BOND,
			IB_PEER);
	fx_run(2 * MS);
	answer_paths(&a.gid, 2);
	fx_run(2 * MS);
	fx_free(fx_sent_on(IB));
	assert_true(known(IB, &a) && known(IB2, &a));
	fx_assert_none();
}

/* Our own announcement, by the port that is not active any more, is nobody's claim. */
static void
test_own_echo(void **state)
{
	struct ipoib_addr old = fx_addr(OUR_QPN, 1);

	(void)state;
	plug(IB, false);
	fx_drain();
	arp(1, &old, IB_US, IB_US);
	fx_tick();
	fx_assert_none();
	assert_int_equal(bond()->ip->conflicts, 0);
}

/* What is shown of a bond, and what is forgotten, is that of all members. */
static void
test_flush(void **state)
{
	struct ipoib_addr peer = know_peer(IB_PEER, 2);
	struct control_ipoib_neigh_row neigh[4];
	struct control_mcast_row groups[4];
	struct control_path_row paths[4];
	uint32_t total;

	(void)state;
	/* The active one has that of the broadcast group, too. */
	assert_int_equal(control_ipoib_neigh_rows(fx.c, BOND, 0, neigh, 4, &total), 3);
	assert_int_equal(total, 3);
	assert_true(neigh[0].port == IB && neigh[1].port == IB && neigh[2].port == IB2);
	assert_true(ipoib_addr_equal(&neigh[2].addr, &peer));
	/* A window that begins with the second member's. */
	assert_int_equal(control_ipoib_neigh_rows(fx.c, BOND, 2, neigh, 4, &total), 1);
	assert_int_equal(neigh[0].port, IB2);
	assert_int_equal(control_ipoib_neigh_rows(fx.c, IB2, 0, neigh, 4, &total), 1);
	assert_int_equal(control_path_rows(fx.c, BOND, 0, paths, 4, &total), 2);
	assert_true(paths[0].port == IB && paths[1].port == IB2);
	control_mcast_rows(fx.c, BOND, 0, groups, 1, &total);
	assert_int_equal(control_mcast_rows(fx.c, BOND, total - 1, groups, 4, &total), 1);
	assert_int_equal(groups[0].port, IB2);

	assert_int_equal(control_path_flush(fx.c, BOND), 2);
	fx_tick();
	assert_int_equal(answer_paths(&peer.gid, 55), 2);
	fx_run(5 * MS);
	control_path_rows(fx.c, BOND, 0, paths, 4, &total);
	assert_true(paths[0].dlid == 55 && paths[1].dlid == 55);
	assert_int_equal(control_ipoib_neigh_flush(fx.c, BOND), 3);
	assert_false(known(IB, &peer) || known(IB2, &peer));
	assert_int_equal(control_ipoib_neigh_flush(fx.c, ETH), -ENODEV);
	assert_int_equal(control_path_flush(fx.c, ETH), -ENODEV);
}

/* IPv6: the link-local address stays, nothing is probed again, groups come before words. */
static void
test_ip6(void **state)
{
	struct dp_ip ip = { { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } }, ll, group;
	struct fake_group *g;
	struct rte_mbuf *m;
	struct ib_gid mgid;
	uint32_t na = 0;
	uint16_t port;

	(void)state;
	assert_int_equal(control_addr_add(fx.c, BOND, &ip, 64), 0);
	fx_run(4 * S);
	fx_drain();
	assert_true(nd_addr_usable(bond(), &ip));
	ll = bond()->ip->nd->linklocal;
	assert_int_equal(ll.b[15], 1);
	nd_solicited_node(&ip, &group);
	ip_mcast_mgid(fx.c->ports[IB], &group, &mgid);
	g = fx_sa_group(&mgid);
	assert_non_null(g);
	assert_int_equal(g->bits, IPOIB_SA_JOIN_FULL);
	assert_int_equal(g->bits2, IPOIB_SA_JOIN_FULL);
	/* The SA answers nothing more: what is told of the failover does not wait for it. */
	fx.hold_groups = true;
	plug(IB, false);
	fx_run(MS);
	assert_int_equal(g->bits2, IPOIB_SA_JOIN_FULL);
	assert_true(dp_ip_equal(&ll, &bond()->ip->nd->linklocal));
	fx_run(2 * S);
	while ((m = fx_sent(&port)) != NULL) {
		const uint8_t *f = rte_pktmbuf_mtod(m, const uint8_t *);

		assert_int_equal(port, IB2);
		if (f[0] == 0x86) { /* IPv6: neighbour advertisements with our new address only */
			assert_int_equal(f[4 + 40], ND_NA);
			assert_memory_equal(&f[4 + 40 + 24 + 4], &fx.info2.addr, 20);
			na++;
		}
		fx_free(m);
	}
	/* Two addresses, four rounds. */
	assert_int_equal(na, 8);
}

/* Many neighbours are made ready on the other port in the background, a few at a time. */
static void
test_mirror_paced(void **state)
{
	uint32_t i, most = 0, n, ready = 0;
	struct ipoib_addr a;

	(void)state;
	plug(IB2, false);
	for (i = 0; i < 60; i++) {
		a = fx_addr(PEER_QPN, (uint8_t)(10 + i));
		arp(1, &a, IP(198, 51, 100, 10 + i), IB_US);
		fx_tick();
		answer_paths(&a.gid, (uint16_t)(10 + i));
	}
	fx_run(10 * MS);
	fx_drain();
	plug(IB2, true);
	for (n = 0; n < 100; n++) {
		fx_run(MS);
		most = RTE_MAX(most, fx_waiting());
		for (i = 0; i < 5; i++) {
			struct fake_req *r = fx_req(FAKE_PATH, NULL);

			if (r == NULL)
				break;
			fx_answer_path(r, 0, r->path.dgid.raw[15]);
		}
	}
	assert_in_range(most, 2, CTL_REFRESH_MAX);
	fx_run(10 * MS);
	for (i = 0; i < 60; i++) {
		a = fx_addr(PEER_QPN, (uint8_t)(10 + i));
		ready += known(IB2, &a);
	}
	assert_int_equal(ready, 60);
	fx_assert_none();
}

/* Kept, though nothing is sent by it: as long as the bond's neighbour is known. */
static void
test_mirror_kept(void **state)
{
	struct ipoib_addr peer = know_peer(IB_PEER, 2);
	uint32_t i;

	(void)state;
	for (i = 0; i < 300; i++) {
		arp(1, &peer, IB_PEER, IB_US);
		fx_run(S);
		fx_drain();
		answer_paths(&peer.gid, 2);
	}
	assert_true(known(IB2, &peer));
	plug(IB, false);
	fx_drain();
	fx_punt_addr(&peer, 1);
	fx_tick();
	fx_free(fx_sent_on(IB2));
	fx_assert_none();
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup_bond, fx_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_add),
		TEST(test_del),
		TEST(test_refused),
		TEST(test_failover),
		TEST(test_handles_fresh),
		TEST(test_waiting),
		TEST(test_order),
		TEST(test_none),
		TEST(test_usable),
		TEST(test_manual),
		TEST(test_primary),
		TEST(test_mtu),
		TEST(test_peer_moves),
		TEST(test_own_echo),
		TEST(test_flush),
		TEST(test_ip6),
		TEST(test_mirror_paced),
		TEST(test_mirror_kept),
	};

	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Memberships that are not ours alone: verified, shared with other ports and with the kernel, kept
 * or left at the end; groups of others; IP groups on both kinds of ports.
 */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "control_fixture.h"
#include "mcast.h"

static struct ib_gid
mgid4(uint32_t ip)
{
	struct ib_gid mgid;

	ipoib_mgid_ipv4(2, 0x8001, ip, &mgid);
	return mgid;
}

static struct ctl_port *
port(void)
{
	return fx.c->ports[IB];
}

static const struct control_mcast_stats *
stats(void)
{
	return &port()->mc->stats;
}

static int
setup(void **state)
{
	fx_setup(state);
	fx_answer_join(fx_join_req(), 0);
	fx_run(10 * MS);
	fx_drain();
	return 0;
}

/* With the broadcast group's joins answered. */
static void
run(uint64_t us)
{
	uint64_t end = fx.now + us;

	while (fx.now < end) {
		fx_run(RTE_MIN(10 * MS, end - fx.now));
		while (fx_join_req() != NULL)
			fx_answer_join(fx_join_req(), 0);
	}
}

static void
own_packet(const struct ib_gid *mgid)
{
	struct rte_mbuf *m = ctl_alloc(fx.c, IB);
	struct ipoib_addr a;

	ipoib_addr_set(&a, 0xffffff, mgid);
	assert_non_null(m);
	assert_non_null(rte_pktmbuf_append(m, 8));
	resolve_send(port(), &a, m);
}

/* --- verification --- */

static void
test_c_verified(void **state)
{
	struct ib_gid a = mgid4(IP(224, 0, 0, 5));
	uint32_t gets;

	(void)state;
	mcast_join(port(), &a);
	run(10 * MS);
	gets = fx.gets;
	run(60 * S);
	/* Each 10 s, more or less. */
	assert_in_range(fx.gets - gets, 5, 7);
	assert_int_equal(fx.group_joins, 1);
	assert_int_equal(stats()->lost, 0);
}

/* Many: 20 a second. */
static void
test_c_verified_at_bounded_pace(void **state)
{
	struct ib_gid a;
	uint32_t i, gets;

	(void)state;
	for (i = 0; i < 400; i++) {
		a = mgid4(IP(239, 0, i >> 8, i));
		mcast_join(port(), &a);
	}
	run(15 * S);
	gets = fx.gets;
	run(20 * S);
	assert_in_range(fx.gets - gets, 380, 402);
	for (i = 0; i < 400; i++) {
		a = mgid4(IP(239, 0, i >> 8, i));
		mcast_leave(port(), &a);
	}
	assert_int_equal(port()->mc->nb, 0);
}

/* Somebody left it in our name: joined again, and in use all the time. */
static void
test_c_lost_is_joined_again(void **state)
{
	struct ib_gid a = mgid4(IP(224, 0, 0, 5));

	(void)state;
	mcast_join(port(), &a);
	run(10 * MS);
	fx_sa_group(&a)->bits = 0;
	run(12 * S);
	assert_int_equal(fx_sa_group(&a)->bits, IPOIB_SA_JOIN_FULL);
	assert_int_equal(stats()->lost, 1);
	assert_int_equal(mcast_find(port(), &a)->state, CTL_MCAST_JOINED);
	assert_int_equal(fx.nb_attached, 1);
	/* Only a part of it. */
	own_packet(&a);
	mcast_find(port(), &a)->held |= IPOIB_SA_JOIN_SENDONLY_FULL;
	run(12 * S);
	assert_int_equal(stats()->lost, 2);
	mcast_find(port(), &a)->held = IPOIB_SA_JOIN_FULL;
	fx_drain();
}

/* A silent SA is not asked, and what it does not say is not believed lost. */
static void
test_c_verify_silent_sa(void **state)
{
	struct ib_gid a = mgid4(IP(224, 0, 0, 5));
	uint32_t gets;

	(void)state;
	mcast_join(port(), &a);
	run(10 * MS);
	fx.hold_groups = true;
	mcast_verify_now(port());
	run(100 * MS);
	fx_answer(fx_req(FAKE_GET, &a), -ETIMEDOUT);
	assert_int_equal(stats()->lost, 0);
	fx.alive_cb(fx.alive_arg, false);
	gets = fx.gets;
	fx_run(30 * S);
	assert_int_equal(fx.gets, gets);
	assert_null(fx_req(FAKE_JOIN, &a));
	/* It answers again: it may have forgotten us. */
	fx.alive_cb(fx.alive_arg, true);
	fx_tick();
	assert_non_null(fx_req(FAKE_JOIN, &a));
}

/* The kernel's interface is seen to go, and only then its leave reaches the SA. */
static void
test_c_left_late(void **state)
{
	struct ib_gid a = mgid4(IP(224, 0, 0, 5)), *b = &port()->bcast.mgid;

	(void)state;
	mcast_join(port(), &a);
	run(10 * MS);
	mcast_verify_now(port());
	run(300 * MS);
	fx_sa_group(&a)->bits = 0;
	fx_sa_group(b)->bits = 0;
	run(700 * MS);
	assert_int_equal(fx_sa_group(&a)->bits, IPOIB_SA_JOIN_FULL);
	assert_int_equal(fx_sa_group(b)->bits, IPOIB_SA_JOIN_FULL);
	fx_drain();
}

/* A wish during a verification does not wait for it. */
static void
test_verify_gives_way(void **state)
{
	struct ib_gid a = mgid4(IP(239, 0, 0, 5));

	(void)state;
	own_packet(&a);
	run(10 * MS);
	fx_drain();
	fx.hold_groups = true;
	mcast_verify_now(port());
	run(100 * MS);
	assert_non_null(fx_req(FAKE_GET, &a));
	mcast_join(port(), &a);
	assert_null(fx_req(FAKE_GET, &a));
	fx_answer(fx_req(FAKE_JOIN, &a), 0);
	assert_false(fx_attached(IB, &a)->send_only);
}

/* --- the kernel's interfaces --- */

static uint8_t nl_buf[512];

/* rtnetlink(7), by hand. */
static size_t
nl_link(uint16_t type, int index, unsigned int flags, const struct ib_gid *gid, uint16_t pkey)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)nl_buf;
	struct ifinfomsg *ifi = NLMSG_DATA(nlh);
	struct ipoib_addr addr, bcast;
	struct rtattr *rta;
	struct ib_gid mgid;

	memset(nl_buf, 0, sizeof(nl_buf));
	ipoib_addr_set(&addr, 0x99, gid);
	ipoib_mgid_broadcast(2, pkey, &mgid);
	ipoib_addr_set(&bcast, 0xffffff, &mgid);
	ifi->ifi_type = ARPHRD_INFINIBAND;
	ifi->ifi_index = index;
	ifi->ifi_flags = flags;
	rta = (struct rtattr *)((uint8_t *)ifi + NLMSG_ALIGN(sizeof(*ifi)));
	rta->rta_type = IFLA_ADDRESS;
	rta->rta_len = RTA_LENGTH(sizeof(addr));
	memcpy(RTA_DATA(rta), &addr, sizeof(addr));
	rta = (struct rtattr *)((uint8_t *)rta + RTA_ALIGN(rta->rta_len));
	rta->rta_type = IFLA_BROADCAST;
	rta->rta_len = RTA_LENGTH(sizeof(bcast));
	memcpy(RTA_DATA(rta), &bcast, sizeof(bcast));
	nlh->nlmsg_type = type;
	nlh->nlmsg_len = (uint32_t)((uint8_t *)rta + RTA_ALIGN(rta->rta_len) - nl_buf);
	return nlh->nlmsg_len;
}

static size_t
nl_done(void)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)nl_buf;

	memset(nl_buf, 0, sizeof(nl_buf));
	nlh->nlmsg_type = NLMSG_DONE;
	nlh->nlmsg_flags = NLM_F_MULTI;
	nlh->nlmsg_len = NLMSG_LENGTH(sizeof(int));
	return nlh->nlmsg_len;
}

static void
test_c_netlink(void **state)
{
	struct ib_gid a = mgid4(IP(224, 0, 0, 5)), gid = fx.info.gid, other = fx_gid(77);
	uint32_t gets, bcasts;
	char request[64];
	size_t n;
	int fd[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, fd), 0);
	assert_int_equal(nlwatch_start_fd(fx.c, fd[0]), 0);
	/* It asks for a list. */
	assert_true(read(fd[1], request, sizeof(request)) >= (ssize_t)sizeof(struct nlmsghdr));
	assert_int_equal(((struct nlmsghdr *)request)->nlmsg_type, RTM_GETLINK);
	mcast_join(port(), &a);
	run(10 * MS);
	/* Until the list is complete the kernel may have anything. */
	assert_true(nlwatch_kernel_uses(fx.c, &gid, 0x8001));
	n = nl_done();
	assert_int_equal(write(fd[1], nl_buf, n), n);
	run(200 * MS);
	assert_false(nlwatch_kernel_uses(fx.c, &gid, 0x8001));
	gets = fx.gets;
	bcasts = fx.sent;
	/* An interface of another port. */
	n = nl_link(RTM_NEWLINK, 5, IFF_UP, &other, 0x8001);
	assert_int_equal(write(fd[1], nl_buf, n), n);
	run(300 * MS);
	assert_int_equal(fx.gets, gets);
	/* One on ours: four times in a second, the broadcast group too. */
	n = nl_link(RTM_NEWLINK, 6, IFF_UP, &gid, 0x8001);
	assert_int_equal(write(fd[1], nl_buf, n), n);
	run(S);
	assert_int_equal(fx.gets, gets + 4);
	assert_int_equal(fx.sent, bcasts + 4);
	assert_true(nlwatch_kernel_uses(fx.c, &gid, 0x8001));
	assert_true(nlwatch_kernel_uses(fx.c, &gid, 0x0001));
	assert_false(nlwatch_kernel_uses(fx.c, &gid, 0x8002));
	/* Nothing new. */
	assert_int_equal(write(fd[1], nl_buf, n), n);
	run(S);
	assert_int_equal(fx.gets, gets + 4);
	/* Down, and gone. */
	n = nl_link(RTM_NEWLINK, 6, 0, &gid, 0x8001);
	assert_int_equal(write(fd[1], nl_buf, n), n);
	run(S);
	assert_int_equal(fx.gets, gets + 8);
	n = nl_link(RTM_DELLINK, 6, 0, &gid, 0x8001);
	assert_int_equal(write(fd[1], nl_buf, n), n);
	run(S);
	assert_int_equal(fx.gets, gets + 12);
	assert_false(nlwatch_kernel_uses(fx.c, &gid, 0x8001));
	close(fd[1]);
	nlwatch_stop(fx.c);
	close(fd[0]);
}

/* The real kernel lists its interfaces; none has this GID. */
static void
test_netlink_real(void **state)
{
	struct ib_gid nobody = { { 0xfe, 0x80, [14] = 0xee, [15] = 0xee } };
	uint32_t i;

	(void)state;
	nlwatch_start(fx.c);
	assert_non_null(fx.c->nlwatch);
	for (i = 0; i < 20 && nlwatch_kernel_uses(fx.c, &nobody, 0x8001); i++)
		run(100 * MS);
	assert_false(nlwatch_kernel_uses(fx.c, &nobody, 0x8001));
}

/* Cut, garbled, foreign messages. */
static void
test_netlink_bad(void **state)
{
	struct ib_gid gid = fx.info.gid;
	size_t n, i;
	int fd[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, fd), 0);
	assert_int_equal(nlwatch_start_fd(fx.c, fd[0]), 0);
	n = nl_link(RTM_NEWLINK, 6, IFF_UP, &gid, 0x8001);
	for (i = 0; i < n; i++)
		nlwatch_input(fx.c, nl_buf, i);
	((struct nlmsghdr *)nl_buf)->nlmsg_len = 8;
	nlwatch_input(fx.c, nl_buf, n);
	((struct nlmsghdr *)nl_buf)->nlmsg_len = (uint32_t)n;
	for (i = sizeof(struct nlmsghdr); i < n; i++) {
		nl_buf[i] ^= 0xff;
		nlwatch_input(fx.c, nl_buf, n);
		nl_buf[i] ^= 0xff;
	}
	nlwatch_input(fx.c, nl_buf, nl_done());
	assert_true(nlwatch_kernel_uses(fx.c, &gid, 0x8001));
	nlwatch_stop(fx.c);
	close(fd[0]);
	close(fd[1]);
}

/* --- leaving --- */

/* @return bits that the SA has of us after the end */
static uint8_t
left_at_end(void **state, const char *backend, bool kernel, const struct ib_gid *mgid)
{
	struct ib_gid gid = fx.info.gid, a = mgid4(IP(239, 1, 2, 3)), b = mgid4(IP(239, 1, 2, 4));
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, fd), 0);
	assert_int_equal(nlwatch_start_fd(fx.c, fd[0]), 0);
	if (kernel)
		nlwatch_input(fx.c, nl_buf, nl_link(RTM_NEWLINK, 6, IFF_UP, &gid, 0x8001));
	nlwatch_input(fx.c, nl_buf, nl_done());
	fx.info.backend = backend;
	fx.events = IPOIB_MAD_EV_REREGISTER;
	mcast_join(port(), &a);
	own_packet(&b);
	run(100 * MS);
	fx_drain();
	fx_teardown(state);
	close(fd[0]);
	close(fd[1]);
	return fx_sa_group(mgid)->bits;
}

static void
test_c_left_at_end(void **state)
{
	struct ib_gid a = mgid4(IP(239, 1, 2, 3)), b = mgid4(IP(239, 1, 2, 4));
	struct ib_gid bcast = mgid4(0xffffffff);

	memcpy(&bcast.raw[12], "\xff\xff\xff\xff", 4);
	/* A software HCA is ours alone. */
	assert_int_equal(left_at_end(state, "soft", false, &a), 0);
	assert_int_equal(fx_sa_group(&b)->bits, 0);
	assert_int_equal(fx_sa_group(&bcast)->bits, 0);
	/* A real one: the broadcast group stays. */
	setup(state);
	assert_int_equal(left_at_end(state, "verbs", false, &a), 0);
	assert_int_equal(fx_sa_group(&b)->bits, 0);
	assert_int_equal(fx_sa_group(&bcast)->bits, IPOIB_SA_JOIN_FULL);
	/* With ib0 on it all stay. */
	setup(state);
	assert_int_equal(left_at_end(state, "verbs", true, &a), IPOIB_SA_JOIN_FULL);
	assert_int_equal(fx_sa_group(&b)->bits, IPOIB_SA_JOIN_SENDONLY_FULL);
	assert_int_equal(fx_sa_group(&bcast)->bits, IPOIB_SA_JOIN_FULL);
	setup(state);
}

/* Two ports with one P_Key on one HCA port have one membership. */
static void
test_c_shared_by_two_ports(void **state)
{
	struct ib_gid a = mgid4(IP(239, 1, 2, 3));
	struct ctl_port *p2 = fx.c->ports[IB2];

	(void)state;
	assert_true(p2->up);
	fx.hold_groups = true;
	mcast_join(port(), &a);
	mcast_join(p2, &a);
	assert_int_equal(fx.group_joins, 1);
	fx_answer(fx_req(FAKE_JOIN, &a), 0);
	assert_null(fx_req(FAKE_JOIN, &a));
	assert_int_equal(mcast_find(p2, &a)->state, CTL_MCAST_JOINED);
	assert_non_null(fx_attached(IB, &a));
	assert_non_null(fx_attached(IB2, &a));
	/* The first who goes leaves nothing. */
	mcast_leave(port(), &a);
	assert_int_equal(fx.leaves, 0);
	assert_null(fx_attached(IB, &a));
	assert_int_equal(fx_sa_group(&a)->bits, IPOIB_SA_JOIN_FULL);
	/* One who comes needs not ask. */
	mcast_join(port(), &a);
	assert_int_equal(fx.group_joins, 1);
	assert_int_equal(mcast_find(port(), &a)->state, CTL_MCAST_JOINED);
	mcast_leave(port(), &a);
	mcast_leave(p2, &a);
	assert_int_equal(fx.leaves, 1);
	assert_int_equal(fx_sa_group(&a)->bits, 0);
	fx.hold_groups = false;
}

/* The one that asked is refused: the other asks by itself. */
static void
test_c_shared_refused(void **state)
{
	struct ib_gid a = mgid4(IP(239, 1, 2, 3));
	struct ctl_port *p2 = fx.c->ports[IB2];

	(void)state;
	fx.hold_groups = true;
	mcast_join(port(), &a);
	mcast_join(p2, &a);
	fx_answer(fx_req(FAKE_JOIN, &a), -EREMOTEIO);
	fx_run(1100 * MS);
	assert_non_null(fx_req(FAKE_JOIN, &a));
	fx_answer(fx_req(FAKE_JOIN, &a), 0);
	fx_run(1100 * MS);
	assert_int_equal(mcast_find(port(), &a)->state, CTL_MCAST_JOINED);
	assert_int_equal(mcast_find(p2, &a)->state, CTL_MCAST_JOINED);
	/* The broadcast group at the end: one leave, by the last. */
	fx.leaves = 0;
}

/* --- groups of others --- */

static struct {
	struct ib_gid mgid[32];
	bool exists[32];
	uint32_t nb;
} seen;

static void
on_seen(struct control *c, struct ctl_port *p, const struct ib_gid *mgid, bool exists)
{
	assert_ptr_equal(c, fx.c);
	assert_int_equal(p->id, IB);
	assert_true(seen.nb < RTE_DIM(seen.mgid));
	seen.mgid[seen.nb] = *mgid;
	seen.exists[seen.nb++] = exists;
}

static void
gone_at_sa(const struct ib_gid *mgid)
{
	*fx_sa_group(mgid) = fx.group[--fx.nb_groups];
}

static void
test_c_follow_by_polling(void **state)
{
	struct ib_gid a = mgid4(IP(239, 1, 2, 3)), local = mgid4(IP(224, 0, 0, 22)), foreign;
	uint32_t n = 0;

	(void)state;
	seen.nb = 0;
	fx.c->group_seen = on_seen;
	foreign = a;
	foreign.raw[5] = 2; /* another P_Key */
	fx_sa_group_make(&a);
	fx_sa_group_make(&local);
	fx_sa_group_make(&foreign);
	run(20 * S);
	assert_int_equal(fx.lists, 0);
	mcast_follow(port(), true);
	run(100 * MS);
	assert_int_equal(seen.nb, 2);
	/* As NonMember: received, not kept alive by us. */
	assert_int_equal(fx_sa_group(&a)->bits, IPOIB_SA_JOIN_NON);
	assert_false(fx_attached(IB, &a)->send_only);
	/* What is not routed is not received. */
	assert_int_equal(fx_sa_group(&local)->bits, 0);
	assert_int_equal(fx_sa_group(&foreign)->bits, 0);
	/* Each 5 s. */
	n = fx.lists;
	run(50 * S);
	assert_in_range(fx.lists - n, 9, 11);
	assert_int_equal(seen.nb, 2);
	/* Its last listener leaves. */
	gone_at_sa(&a);
	fx_sa_group_make(&a); /* fake: where the leave is counted */
	fx_sa_group(&a)->bits = IPOIB_SA_JOIN_NON;
	mcast_notice(port()->hca, IPOIB_SA_TRAP_MGID_DELETED, &a);
	assert_int_equal(seen.nb, 3);
	assert_false(seen.exists[2]);
	assert_null(mcast_find(port(), &a));
	assert_null(fx_attached(IB, &a));
	mcast_follow(port(), false);
	run(20 * S);
	fx.c->group_seen = NULL;
}

static void
test_c_follow_by_notices(void **state)
{
	struct ib_gid a = mgid4(IP(239, 1, 2, 3)), b = mgid4(IP(239, 1, 2, 4));
	uint32_t lists;

	(void)state;
	seen.nb = 0;
	fx.notices = true;
	fx.c->group_seen = on_seen;
	mcast_follow(port(), true);
	run(6 * S);
	lists = fx.lists;
	run(50 * S);
	assert_int_equal(fx.lists, lists);
	/* Trap 66 */
	fx_sa_group_make(&a);
	mcast_notice(port()->hca, IPOIB_SA_TRAP_MGID_CREATED, &a);
	mcast_notice(port()->hca, IPOIB_SA_TRAP_MGID_CREATED, &a);
	run(10 * MS);
	assert_int_equal(seen.nb, 1);
	assert_int_equal(fx_sa_group(&a)->bits, IPOIB_SA_JOIN_NON);
	/* A user of our own, too: full, and full after the router's interest has ended. */
	mcast_join(port(), &a);
	run(10 * MS);
	assert_int_equal(fx_sa_group(&a)->bits, IPOIB_SA_JOIN_FULL);
	mcast_follow(port(), false);
	run(10 * MS);
	assert_int_equal(fx_sa_group(&a)->bits, IPOIB_SA_JOIN_FULL);
	/* Trap 67 while we are members: joined again. */
	fx_sa_group(&a)->bits = 0;
	mcast_notice(port()->hca, IPOIB_SA_TRAP_MGID_DELETED, &a);
	run(10 * MS);
	assert_int_equal(fx_sa_group(&a)->bits, IPOIB_SA_JOIN_FULL);
	assert_int_equal(stats()->lost, 1);
	/* Deleted before we came: not insisted on. */
	mcast_follow(port(), true);
	fx.hold_groups = true;
	mcast_notice(port()->hca, IPOIB_SA_TRAP_MGID_CREATED, &b);
	fx_answer(fx_req(FAKE_JOIN, &b), -EREMOTEIO);
	fx_run(20 * S);
	assert_null(fx_req(FAKE_JOIN, &b));
	/* It comes again. */
	mcast_notice(port()->hca, IPOIB_SA_TRAP_MGID_DELETED, &b);
	mcast_notice(port()->hca, IPOIB_SA_TRAP_MGID_CREATED, &b);
	assert_int_equal(fx_req(FAKE_JOIN, &b)->join, IPOIB_SA_JOIN_NON);
	fx.hold_groups = false;
	fx.c->group_seen = NULL;
}

/* A list that the SA made before the group was: it is asked for again, the group stays. */
static void
test_c_follow_old_list(void **state)
{
	struct ib_gid a = mgid4(IP(239, 1, 2, 3));

	(void)state;
	seen.nb = 0;
	fx.c->group_seen = on_seen;
	fx.hold_groups = true;
	mcast_follow(port(), true);
	fx_run(10 * MS);
	assert_non_null(fx_req(FAKE_LIST, NULL));
	mcast_notice(port()->hca, IPOIB_SA_TRAP_MGID_CREATED, &a);
	fx_answer(fx_req(FAKE_LIST, NULL), 0);
	assert_int_equal(seen.nb, 1);
	assert_true(seen.exists[0]);
	fx_run(10 * MS);
	assert_non_null(fx_req(FAKE_LIST, NULL));
	fx_sa_group_make(&a);
	fx.hold_groups = false;
	run(10 * MS);
	assert_int_equal(seen.nb, 1);
	assert_int_equal(fx_sa_group(&a)->bits, IPOIB_SA_JOIN_NON);
	fx.c->group_seen = NULL;
}

/* --- IP groups --- */

static uint32_t told;

static void
on_membership(struct control *c, struct ctl_port *p, const struct dp_ip *group, bool joined)
{
	assert_ptr_equal(c, fx.c);
	assert_true(p->id == IB || p->id == ETH);
	assert_true(dp_ip_is_mcast(group));
	told += joined ? 1 : 0x100;
}

static void
test_ip_groups_ipoib(void **state)
{
	static const uint8_t v6[16] = { 0xff, 0x02, [14] = 1, [15] = 2 };
	/* RFC 4391 section 4 */
	static const uint8_t want6[16] = { 0xff, 0x12, 0x60, 0x1b, 0x80, 0x01, [14] = 1, [15] = 2 };
	static const uint8_t want4[16] = { 0xff, 0x12, 0x40, 0x1b, 0x80, 0x01, [12] = 0, 0, 0, 2 };
	struct dp_ip g4 = dp_ip4(IP(224, 0, 0, 2)), g6 = dp_ip6(v6), host = dp_ip4(IP(10, 0, 0, 1));
	struct ib_gid mgid;
	uint32_t total;

	(void)state;
	told = 0;
	fx.c->ip->membership = on_membership;
	assert_int_equal(ip_mcast_join(port(), &host), -EINVAL);
	assert_int_equal(ip_mcast_join(port(), &g4), 0);
	assert_int_equal(ip_mcast_join(port(), &g4), 0);
	assert_int_equal(ip_mcast_join(port(), &g6), 0);
	assert_int_equal(told, 2);
	assert_true(ip_mcast_is_member(port(), &g4));
	run(10 * MS);
	memcpy(mgid.raw, want4, 16);
	assert_non_null(fx_attached(IB, &mgid));
	assert_false(fx_attached(IB, &mgid)->send_only);
	memcpy(mgid.raw, want6, 16);
	assert_non_null(fx_attached(IB, &mgid));
	control_mcast_rows(fx.c, IB, 0, NULL, 0, &total);
	assert_int_equal(total, 3);
	ip_mcast_leave(port(), &g4);
	assert_int_equal(told, 2);
	ip_mcast_leave(port(), &g4);
	ip_mcast_leave(port(), &g4);
	assert_int_equal(told, 0x102);
	assert_false(ip_mcast_is_member(port(), &g4));
	assert_int_equal(fx.nb_attached, 1);
	fx.c->ip->membership = NULL;
}

/* net_null knows no filter of MACs: it is asked for all multicast. */
static void
test_ip_groups_ethernet(void **state)
{
	struct ctl_port *p = fx.c->ports[ETH];
	struct dp_ip g4 = dp_ip4(IP(224, 129, 2, 3));
	struct rte_ether_addr mac;
	uint32_t i;

	(void)state;
	/* RFC 1112 6.4: the low 23 bits. */
	ip_mcast_mac(&g4, &mac);
	assert_memory_equal(mac.addr_bytes, "\x01\x00\x5e\x01\x02\x03", 6);
	rte_eth_allmulticast_disable(ETH);
	assert_int_equal(ip_mcast_join(p, &g4), 0);
	run(2 * MS);
	assert_int_equal(rte_eth_allmulticast_get(ETH) == 1 || rte_eth_promiscuous_get(ETH) == 1,
			rte_eth_allmulticast_enable(ETH) == 0 ||
					rte_eth_promiscuous_enable(ETH) == 0);
	ip_mcast_leave(p, &g4);
	/* 4,096 of all ports. */
	for (i = 0; i < CTL_GMEMBERS_MAX; i++) {
		g4 = dp_ip4(IP(239, 0, i >> 8, i));
		assert_int_equal(ip_mcast_join(p, &g4), 0);
	}
	g4 = dp_ip4(IP(239, 1, 0, 0));
	assert_int_equal(ip_mcast_join(p, &g4), -ENOSPC);
	run(2 * MS);
}

static void
leave_it(void *arg, const struct dp_ip *group)
{
	struct dp_ip g = *group;

	(*(uint32_t *)arg)++;
	ip_mcast_leave(port(), &g);
}

/* The port below a logical one changes (a bond's failover): joined there before left here. */
static void
test_ip_groups_follow_lower(void **state)
{
	struct dp_ip g4 = dp_ip4(IP(239, 1, 2, 3));
	struct ib_gid mgid = mgid4(IP(239, 1, 2, 3));
	struct ctl_port *p2 = fx.c->ports[IB2];
	uint32_t n = 0;

	(void)state;
	assert_int_equal(ip_mcast_join(port(), &g4), 0);
	run(10 * MS);
	assert_non_null(fx_attached(IB, &mgid));
	port()->lower = p2;
	ip_mcast_sync(port());
	run(10 * MS);
	assert_non_null(fx_attached(IB2, &mgid));
	assert_null(fx_attached(IB, &mgid));
	port()->lower = NULL;
	ip_mcast_sync(port());
	run(10 * MS);
	assert_non_null(fx_attached(IB, &mgid));
	assert_null(fx_attached(IB2, &mgid));
	ip_mcast_walk(port(), leave_it, &n);
	assert_int_equal(n, 1);
	assert_null(fx_attached(IB, &mgid));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fx_teardown)
#define TWO(name) cmocka_unit_test_setup_teardown(name, fx_setup_two, fx_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_c_verified),
		TEST(test_c_verified_at_bounded_pace),
		TEST(test_c_lost_is_joined_again),
		TEST(test_c_verify_silent_sa),
		TEST(test_c_left_late),
		TEST(test_verify_gives_way),
		TEST(test_c_netlink),
		TEST(test_netlink_real),
		TEST(test_netlink_bad),
		TEST(test_c_left_at_end),
		TWO(test_c_shared_by_two_ports),
		TWO(test_c_shared_refused),
		TEST(test_c_follow_by_polling),
		TEST(test_c_follow_by_notices),
		TEST(test_c_follow_old_list),
		TEST(test_ip_groups_ipoib),
		TEST(test_ip_groups_ethernet),
		TWO(test_ip_groups_follow_lower),
	};

	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}

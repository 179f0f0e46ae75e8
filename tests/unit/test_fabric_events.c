/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * What changes on a real fabric, and how it is told: OpenSM's notices, its lists,
 * another SM, LID ranges. Spec rows F.
 * Arguments: fabric.sh, topology file.
 */

#include <infiniband/umad.h>

#include "fabric_client.h"
#include "ib_mad.h"

static const uint16_t traps[] = { IPOIB_SA_TRAP_GID_IN, IPOIB_SA_TRAP_GID_OUT,
	IPOIB_SA_TRAP_MGID_CREATED, IPOIB_SA_TRAP_MGID_DELETED, IPOIB_SA_TRAP_LINK_STATE,
	IPOIB_SA_TRAP_PORT_CHANGE };

static void
subscribe(struct client *c)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(traps); i++) {
		inform(c, traps[i], true);
		assert_int_equal(c->status, 0);
	}
}

static void
open_active(struct client *c, const char *device)
{
	assert_int_equal(open_client(c, transport, device), 0);
	WAIT(c, 5, c->port->state == IPOIB_MAD_ACTIVE);
}

/* The broadcast group's record, which others are made after. */
static struct ipoib_sa_mcast
broadcast(struct client *c)
{
	struct ib_gid mgid;

	ipoib_mgid_broadcast(IPOIB_SCOPE_LINK, 0xffff, &mgid);
	join(c, &mgid, 0xffff, NULL);
	assert_int_equal(c->status, 0);
	return c->mcast;
}

static void
test_info(void **state)
{
	struct client *c = *state;

	info_get(c);
	assert_int_equal(c->status, 0);
	/* OpenSM 3.3.23 takes send-only full members. */
	assert_true(c->info.sendonly_full);
	assert_int_not_equal(c->info.cap_mask, 0);
	assert_in_range(c->info.resp_time, 8, 31);
}

/* F: memberships are per port GID, and verified by asking. */
static void
test_membership(void **state)
{
	struct client *c = *state;
	struct ipoib_sa_mcast bcast = broadcast(c);
	struct ib_gid mgid, other = gid_of(guids[HCA4]);

	ipoib_mgid_ipv4(IPOIB_SCOPE_LINK, 0xffff, 0xe1010101, &mgid);
	mcast_get(c, &mgid, &c->port->gid);
	assert_int_equal(c->status, -ENOENT);
	join(c, &mgid, 0xffff, &bcast);
	assert_int_equal(c->status, 0);
	mcast_get(c, &mgid, &c->port->gid);
	assert_int_equal(c->status, 0);
	assert_memory_equal(c->mcast.mgid.raw, mgid.raw, 16);
	assert_int_equal(c->mcast.qkey, 0x0b1b);
	mcast_get(c, &mgid, &other);
	assert_int_equal(c->status, -ENOENT);
	leave(c, &mgid);
	assert_int_equal(c->status, 0);
	mcast_get(c, &mgid, &c->port->gid);
	assert_int_equal(c->status, -ENOENT);
}

static bool
listed(const struct client *c, const struct ib_gid *mgid)
{
	unsigned int i;

	for (i = 0; i < c->nb_recs; i++) {
		if (ib_gid_equal(&c->recs[i].mgid, mgid))
			return true;
	}
	return false;
}

/* A3: the groups of a partition, more than OpenSM's first MAD holds. */
static void
test_list(void **state)
{
	struct client *c = *state;
	struct ipoib_sa_mcast bcast = broadcast(c);
	struct ib_gid mgids[20];
	unsigned int i, before;

	mcast_list(c, 0xffff);
	assert_int_equal(c->status, 0);
	assert_true(listed(c, &bcast.mgid));
	before = c->nb_recs;
	for (i = 0; i < RTE_DIM(mgids); i++) {
		ipoib_mgid_ipv4(IPOIB_SCOPE_LINK, 0xffff, 0xe1020000 + i, &mgids[i]);
		join(c, &mgids[i], 0xffff, &bcast);
		assert_int_equal(c->status, 0);
	}
	mcast_list(c, 0xffff);
	assert_int_equal(c->status, 0);
	assert_int_equal(c->nb_recs, before + RTE_DIM(mgids));
	for (i = 0; i < RTE_DIM(mgids); i++) {
		assert_true(listed(c, &mgids[i]));
		leave(c, &mgids[i]);
	}
	/* The other partition's groups are not among them. */
	ipoib_mgid_broadcast(IPOIB_SCOPE_LINK, 0x8001, &mgids[0]);
	assert_false(listed(c, &mgids[0]));
	mcast_list(c, 0x8001);
	assert_int_equal(c->status, 0);
	assert_true(listed(c, &mgids[0]));
	assert_int_equal(c->recs[0].qkey, 0x1b1b);
}

/* Traps 66 and 67: a group is made and deleted by another port. */
static void
test_notice_group(void **state)
{
	struct client *c = *state, peer;
	struct ipoib_sa_mcast bcast;
	struct ipoib_sa_stats st;
	struct ib_gid mgid;
	uint64_t start;

	assert_true(ipoib_sa_notices_possible(c->sa));
	subscribe(c);
	open_active(&peer, "Hca4");
	bcast = broadcast(&peer);
	ipoib_mgid_ipv4(IPOIB_SCOPE_LINK, 0xffff, 0xe1030303, &mgid);
	join(&peer, &mgid, 0xffff, &bcast);
	start = mad_clock_us();
	WAIT(c, 3, noticed(c, IPOIB_SA_TRAP_MGID_CREATED, &mgid) != NULL);
	print_message("group made: told after %lu us\n", (unsigned long)(mad_clock_us() - start));
	leave(&peer, &mgid);
	WAIT(c, 3, noticed(c, IPOIB_SA_TRAP_MGID_DELETED, &mgid) != NULL);
	close_client(&peer);
	/* Each was answered, so OpenSM repeats none. */
	start = mad_clock_us();
	WAIT(c, 2, mad_clock_us() > start + SECOND);
	ipoib_sa_stats_get(c->sa, &st);
	assert_int_equal(st.notices_dup, 0);
	assert_int_equal(st.notices_bad, 0);
	assert_int_equal(st.notices, c->nb_notices);
	inform(c, IPOIB_SA_TRAP_MGID_CREATED, false);
	assert_int_equal(c->status, 0);
	/* It is gone: there is none to end any more. */
	inform(c, IPOIB_SA_TRAP_MGID_CREATED, false);
	assert_int_equal(c->status, -EREMOTEIO);
}

/* Traps 65, 64 and 128: a port goes and comes back. */
static void
test_notice_port(void **state)
{
	struct client *c = *state;
	struct ib_gid gid = gid_of(guids[HCA4]);
	uint64_t start;

	subscribe(c);
	assert_int_equal(fabric(NULL, 0, "con %s 'Unlink \"Hca4\"'", dir), 0);
	start = mad_clock_us();
	WAIT(c, 5, noticed(c, IPOIB_SA_TRAP_GID_OUT, &gid) != NULL);
	print_message("port gone: told after %lu ms\n",
			(unsigned long)(mad_clock_us() - start) / 1000);
	assert_int_equal(fabric(NULL, 0, "con %s 'ReLink \"Hca4\"'", dir), 0);
	WAIT(c, 5, noticed(c, IPOIB_SA_TRAP_GID_IN, &gid) != NULL);
}

/* Reports go to the program that subscribed, not to another one on the same port. */
static void
test_notice_two_programs(void **state)
{
	struct client *c = *state, second, peer;
	struct ipoib_sa_mcast bcast;
	struct ib_gid mgid;

	open_active(&second, "Hca2");
	open_active(&peer, "Hca4");
	subscribe(&second);
	bcast = broadcast(&peer);
	ipoib_mgid_ipv4(IPOIB_SCOPE_LINK, 0xffff, 0xe1040404, &mgid);
	join(&peer, &mgid, 0xffff, &bcast);
	WAIT(&second, 3, noticed(&second, IPOIB_SA_TRAP_MGID_CREATED, &mgid) != NULL);
	poll_client(c);
	assert_int_equal(c->nb_notices, 0);
	leave(&peer, &mgid);
	close_client(&peer);
	close_client(&second);
}

/* The umad transport with reports, in a process of its own under libumad2sim. */
static void
test_umad(void **state)
{
	(void)state;
	/*
	 * ibsim brings QP1's reports to a node's "SM" only. OpenSM would ask that one
	 * for its SMInfo before anybody has registered for it, and libumad2sim falls
	 * over what no agent takes: so OpenSM waits meanwhile.
	 */
	assert_int_equal(fabric(NULL, 0, "sm-freeze %s", dir), 0);
	assert_int_equal(fabric(NULL, 0, "on %s Hca3 env SIM_SET_ISSM=1 %s --umad '%s sm-thaw %s'",
					 dir, self, script, dir),
			0);
}

static int
umad_child(const char *ready)
{
	struct ipoib_sa_mcast bcast;
	struct ib_gid mgid;
	struct client c;
	int port;

	port = umad_open_port("ibsim0", 1);
	if (umad_register(port, IB_MAD_CLASS_SMP_LID, IB_MAD_SMP_CLASS_VERSION, 0, NULL) < 0 ||
			umad_register(port, IB_MAD_CLASS_SMP_DIRECT, IB_MAD_SMP_CLASS_VERSION, 0,
					NULL) < 0)
		return 8;
	/* Each program under libumad2sim takes a place at ibsim. */
	unsetenv("LD_PRELOAD");
	if (system(ready) != 0)
		return 9;
	if (open_client(&c, "umad", "ibsim0") != 0)
		return 10;
	if (!ipoib_sa_notices_possible(c.sa))
		return 11;
	inform(&c, IPOIB_SA_TRAP_MGID_CREATED, true);
	if (c.status != 0)
		return 12;
	bcast = broadcast(&c);
	ipoib_mgid_ipv4(IPOIB_SCOPE_LINK, 0xffff, 0xe1050505, &mgid);
	join(&c, &mgid, 0xffff, &bcast);
	WAIT(&c, 3, noticed(&c, IPOIB_SA_TRAP_MGID_CREATED, &mgid) != NULL);
	mcast_get(&c, &mgid, &c.port->gid);
	if (c.status != 0)
		return 13;
	mcast_list(&c, 0xffff);
	if (c.status != 0 || !listed(&c, &mgid) || !listed(&c, &bcast.mgid))
		return 14;
	leave(&c, &mgid);
	info_get(&c);
	if (c.status != 0 || !c.info.sendonly_full)
		return 15;
	close_client(&c);
	return 0;
}

/*
 * F: the SM dies, a standby on another node takes over; then it lives anew. As the
 * first that kills the SM: when ibsim notices, it takes IsSM from that node for good.
 */
static void
test_handover(void **state)
{
	struct client *c = *state;
	struct ib_gid dgid = gid_of(guids[HCA4]);
	unsigned int old = c->port->sm_lid, calls;
	uint64_t start;

	setenv("FABRIC_SM", "standby", 1);
	setenv("FABRIC_SMHOST", "Hca3", 1);
	setenv("FABRIC_OSM_CONF", "sminfo_polling_timeout 200\npolling_retry_number 2", 1);
	assert_int_equal(fabric(NULL, 0, "sm-start %s", dir), 0);
	unsetenv("FABRIC_SM");
	subscribe(c);
	c->events = 0;
	assert_int_equal(fabric(NULL, 0, "sm-kill %s", dir), 0);
	start = mad_clock_us();
	WAIT(c, 8, c->port->sm_lid != old);
	print_message("handover: seen after %lu ms\n",
			(unsigned long)(mad_clock_us() - start) / 1000);
	assert_true(c->events & IPOIB_MAD_EV_SM);
	assert_int_equal(c->port->sm_lid, lid_of(guids[2]));
	calls = c->calls;
	ask_path(c, &dgid, 0xffff);
	WAIT(c, 2, c->calls == calls + 1);
	assert_int_equal(c->status, 0);
	WAIT(c, 2, (c->events & IPOIB_MAD_EV_REREGISTER) != 0);
	/* It ends too, and the first lives anew at the old LID. */
	setenv("FABRIC_SM", "standby", 1);
	assert_int_equal(fabric(NULL, 0, "sm-stop %s", dir), 0);
	unsetenv("FABRIC_SM");
	unsetenv("FABRIC_SMHOST");
	unsetenv("FABRIC_OSM_CONF");
	assert_int_equal(fabric(NULL, 0, "sm-start %s", dir), 0);
	WAIT(c, 5, c->port->sm_lid == old);
	resolve(c, guids[HCA4]);
	assert_int_equal(c->status, 0);
}

/* F: SM restart at the same LID: nothing but its SMInfo shows it. */
static void
test_reregister(void **state)
{
	struct client *c = *state;
	unsigned int sm_lid = c->port->sm_lid;
	uint64_t start = mad_clock_us();

	/* Until the SM has been seen once. */
	WAIT(c, 2, mad_clock_us() > start + SECOND);
	c->events = 0;
	assert_int_equal(fabric(NULL, 0, "sm-kill %s", dir), 0);
	assert_int_equal(fabric(NULL, 0, "sm-start %s", dir), 0);
	WAIT(c, 2, (c->events & IPOIB_MAD_EV_REREGISTER) != 0);
	assert_int_equal(c->port->sm_lid, sm_lid);
	assert_int_equal(c->alive_calls, 0);
}

/* B: with LMC, a path for each LID of the peer's, and only for those. */
static void
test_lmc(void **state)
{
	struct client *c = *state;
	struct ipoib_sa_path_req req = { .dgid = gid_of(guids[HCA4]), .pkey = 0xffff };
	unsigned int base, calls, i;

	assert_int_equal(fabric(NULL, 0, "sm-stop %s", dir), 0);
	c->events = 0;
	assert_int_equal(fabric(NULL, 0, "sm-start %s --lmc 2", dir), 0);
	WAIT(c, 5, c->port->lmc == 2);
	assert_true(c->events & IPOIB_MAD_EV_LID);
	base = lid_of(guids[HCA4]);
	assert_int_equal(base % 4, 0);
	req.sgid = c->port->gid;
	for (i = 0; i < 4; i++) {
		calls = c->calls;
		req.dlid = (uint16_t)(base + i);
		assert_int_equal(ipoib_sa_path_get(c->sa, &req, on_path, c, NULL), 0);
		WAIT(c, 3, c->calls == calls + 1);
		assert_int_equal(c->status, 0);
		assert_int_equal(c->path.dlid, base + i);
		assert_memory_equal(c->path.dgid.raw, req.dgid.raw, 16);
	}
	/* A LID of another port's. */
	calls = c->calls;
	req.dlid = (uint16_t)lid_of(guids[2]);
	assert_int_equal(ipoib_sa_path_get(c->sa, &req, on_path, c, NULL), 0);
	WAIT(c, 3, c->calls == calls + 1);
	assert_int_not_equal(c->status, 0);
}

/* Traffic classes: an SL that the SA does not give is refused, one that it gives is not. */
static void
test_sl(void **state)
{
	struct client *c = *state;
	struct ipoib_sa_path_req req = { .dgid = gid_of(guids[HCA4]), .pkey = 0xffff };
	unsigned int calls;

	req.sgid = c->port->gid;
	req.has_sl = true;
	req.sl = 0;
	calls = c->calls;
	assert_int_equal(ipoib_sa_path_get(c->sa, &req, on_path, c, NULL), 0);
	WAIT(c, 3, c->calls == calls + 1);
	assert_int_equal(c->status, 0);
	assert_int_equal(c->path.sl, 0);
	req.sl = 5;
	assert_int_equal(ipoib_sa_path_get(c->sa, &req, on_path, c, NULL), 0);
	WAIT(c, 3, c->calls == calls + 2);
	print_message("SL 5: %d, SL %u\n", c->status, c->path.sl);
	assert_true(c->status != 0 || c->path.sl == 5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static int
run(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_info),
		TEST(test_membership),
		TEST(test_list),
		TEST(test_notice_group),
		TEST(test_notice_port),
		TEST(test_notice_two_programs),
		TEST(test_sl),
		cmocka_unit_test(test_umad),
		TEST(test_handover),
		TEST(test_reregister),
		TEST(test_lmc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int
main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "--umad") == 0)
		return umad_child(argv[2]);
	return on_fabric(argc, argv, run);
}

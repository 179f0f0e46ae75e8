/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Both libraries against a real OpenSM on ibsim's fabric. The numbers are
 * OpenSM's: LIDs come from its guid2lid file, groups from its partitions file.
 * Arguments: fabric.sh, topology file.
 */

#include "fabric_client.h"

static void
test_identity(void **state)
{
	struct client *c = *state;
	struct ib_gid gid = gid_of(guids[HCA2]);

	assert_int_equal(c->port->lid, lid_of(guids[HCA2]));
	assert_int_equal(c->port->sm_lid, lid_of(guids[0]));
	assert_memory_equal(c->port->gid.raw, gid.raw, 16);
	assert_int_equal(c->port->mtu, 2048);
	assert_int_equal(c->port->pkeys[0], 0xffff);
	assert_int_equal(c->port->pkeys[1], 0x8001);
	assert_int_equal(c->port->pkeys[2], 0);
}

static void
test_paths(void **state)
{
	struct client *c = *state;
	unsigned int i;

	for (i = 0; i < RTE_DIM(guids); i++) {
		struct ib_gid dgid = gid_of(guids[i]);

		resolve(c, guids[i]);
		assert_int_equal(c->status, 0);
		assert_int_equal(c->path.dlid, lid_of(guids[i]));
		assert_int_equal(c->path.slid, lid_of(guids[HCA2]));
		assert_memory_equal(c->path.dgid.raw, dgid.raw, 16);
		assert_int_equal(c->path.mtu, 2048);
		assert_int_equal(c->path.rate, 16);
		assert_int_equal(c->path.pkey, 0xffff);
	}
	/* On a loaded machine it may fall silent, but then it is back. */
	assert_int_equal(c->alive_calls % 2, 0);
}

static void
test_path_refused(void **state)
{
	struct client *c = *state;
	struct ib_gid dgid = gid_of(0x100007);

	resolve(c, 0xdead);
	assert_int_equal(c->status, -ENOENT);
	/* Hca3 is no member of the blue partition. */
	ask_path(c, &dgid, 0x8001);
	WAIT(c, 5, c->calls == 2);
	assert_int_equal(c->status, -ENOENT);
}

static void
test_broadcast(void **state)
{
	struct client *c = *state;
	struct ib_gid mgid;

	ipoib_mgid_broadcast(IPOIB_SCOPE_LINK, 0xffff, &mgid);
	join(c, &mgid, 0xffff, NULL);
	assert_int_equal(c->status, 0);
	assert_int_equal(c->mcast.qkey, 0x0b1b);
	assert_int_equal(c->mcast.mlid, 0xc000);
	assert_int_equal(c->mcast.mtu, 2048);
	assert_int_equal(c->mcast.join_state, 1);
	leave(c, &mgid);
	assert_int_equal(c->status, 0);
	ipoib_mgid_broadcast(IPOIB_SCOPE_LINK, 0x8001, &mgid);
	join(c, &mgid, 0x8001, NULL);
	assert_int_equal(c->status, 0);
	assert_int_equal(c->mcast.qkey, 0x1b1b);
	assert_int_equal(c->mcast.pkey, 0x8001);
	leave(c, &mgid);
	assert_int_equal(c->status, 0);
}

static void
test_group(void **state)
{
	struct client *c = *state;
	struct ipoib_sa_mcast bcast;
	struct ib_gid mgid;

	ipoib_mgid_broadcast(IPOIB_SCOPE_LINK, 0xffff, &mgid);
	join(c, &mgid, 0xffff, NULL);
	assert_int_equal(c->status, 0);
	bcast = c->mcast;
	ipoib_mgid_ipv4(IPOIB_SCOPE_LINK, 0xffff, 0xe1020304, &mgid);
	/* Nobody has made it, and we do not offer to. */
	join(c, &mgid, 0xffff, NULL);
	assert_int_equal(c->status, -EREMOTEIO);
	assert_int_equal(ipoib_sa_last_status(c->sa), 0x0600);
	join(c, &mgid, 0xffff, &bcast);
	assert_int_equal(c->status, 0);
	assert_memory_equal(c->mcast.mgid.raw, mgid.raw, 16);
	assert_true(c->mcast.mlid > 0xc000);
	assert_int_equal(c->mcast.qkey, 0x0b1b);
	leave(c, &mgid);
	assert_int_equal(c->status, 0);
	leave(c, &mgid);
	assert_int_equal(c->status, -EREMOTEIO);
	assert_int_equal(ipoib_sa_last_status(c->sa), 0x0200);
}

static void
test_pipelined(void **state)
{
	struct client *c = *state;
	struct ib_gid dgid = gid_of(guids[3]);
	struct ipoib_sa_stats st;
	unsigned int i;

	for (i = 0; i < 1000; i++)
		ask_path(c, &dgid, 0xffff);
	WAIT(c, 10, c->calls == 1000);
	ipoib_sa_stats_get(c->sa, &st);
	assert_int_equal(st.answers, 1000);
	assert_int_equal(st.failures, 0);
	assert_int_equal(st.ignored, 0);
}

static void
test_unlink(void **state)
{
	struct client *c = *state;
	unsigned int lid = c->port->lid;

	assert_int_equal(fabric(NULL, 0, "con %s 'Unlink \"Hca2\"'", dir), 0);
	WAIT(c, 5, c->port->state == IPOIB_MAD_DOWN);
	assert_true(c->events & IPOIB_MAD_EV_STATE);
	assert_int_equal(fabric(NULL, 0, "con %s 'ReLink \"Hca2\"'", dir), 0);
	WAIT(c, 10, c->port->state == IPOIB_MAD_ACTIVE);
	assert_int_equal(c->port->lid, lid);
	resolve(c, guids[2]);
	assert_int_equal(c->status, 0);
}

static void
test_sm_dies(void **state)
{
	struct client *c = *state;
	uint64_t start;

	assert_int_equal(fabric(NULL, 0, "sm-kill %s", dir), 0);
	start = mad_clock_us();
	resolve(c, guids[2]);
	assert_int_equal(c->status, -EHOSTUNREACH);
	assert_in_range(mad_clock_us() - start, SECOND / 2, 2 * SECOND);
	assert_int_equal(c->alive_calls, 1);
	assert_false(c->alive);
	assert_int_equal(fabric(NULL, 0, "sm-start %s", dir), 0);
	/* Noticed although nobody asks anything. */
	WAIT(c, 5, c->alive);
	resolve(c, guids[2]);
	assert_int_equal(c->status, 0);
}

static void
test_sm_freezes(void **state)
{
	struct client *c = *state;

	assert_int_equal(fabric(NULL, 0, "sm-freeze %s", dir), 0);
	resolve(c, guids[2]);
	assert_int_equal(fabric(NULL, 0, "sm-thaw %s", dir), 0);
	assert_int_equal(c->status, -ETIMEDOUT);
	assert_false(c->alive);
	WAIT(c, 5, c->alive);
	resolve(c, guids[2]);
	assert_int_equal(c->status, 0);
}

static void
test_lid_changes(void **state)
{
	struct client *c = *state;
	char cmd[256];

	assert_int_equal(fabric(NULL, 0, "sm-kill %s", dir), 0);
	snprintf(cmd, sizeof(cmd),
			"sed -i 's/^\\(0x0*100004\\) .*/\\1 0x0063 0x0063/' %s/osm/guid2lid", dir);
	assert_int_equal(system(cmd), 0);
	WAIT(c, 1, (c->events & IPOIB_MAD_EV_LID) != 0);
	c->events = 0;
	assert_int_equal(fabric(NULL, 0, "sm-start %s", dir), 0);
	WAIT(c, 10, c->port->lid == 0x63);
	assert_true(c->events & IPOIB_MAD_EV_LID);
	assert_int_equal(lid_of(guids[HCA2]), 0x63);
	resolve(c, guids[2]);
	assert_int_equal(c->status, 0);
	assert_int_equal(c->path.slid, 0x63);
}

static void
test_ibsim_restarts(void **state)
{
	struct client *c = *state;
	struct ipoib_mad_stats st;

	fabric(NULL, 0, "sm-stop %s", dir);
	assert_int_equal(fabric(NULL, 0, "ibsim-stop %s", dir), 0);
	WAIT(c, 3, c->port->state == IPOIB_MAD_ABSENT);
	assert_string_not_equal(ipoib_mad_reason(c->mad), "");
	assert_int_equal(fabric(NULL, 0, "ibsim-start %s", dir), 0);
	WAIT(c, 3, c->port->state == IPOIB_MAD_INIT);
	assert_int_equal(fabric(NULL, 0, "sm-start %s", dir), 0);
	WAIT(c, 5, c->port->state == IPOIB_MAD_ACTIVE);
	ipoib_mad_stats_get(c->mad, &st);
	assert_int_equal(st.reconnects, 1);
	resolve(c, guids[2]);
	assert_int_equal(c->status, 0);
}

static void
test_dropped_by_ibsim(void **state)
{
	struct client *c = *state;
	struct ipoib_mad_stats st;
	int place;

	/* Ours is one of ten; the SM must keep its place, the first. */
	for (place = 1; place < 10; place++)
		assert_int_equal(fabric(NULL, 0, "con %s X %d", dir, place), 0);
	WAIT(c, 5, c->port->state == IPOIB_MAD_ABSENT);
	WAIT(c, 5, c->port->state == IPOIB_MAD_ACTIVE);
	ipoib_mad_stats_get(c->mad, &st);
	assert_int_equal(st.reconnects, 1);
	resolve(c, guids[2]);
	assert_int_equal(c->status, 0);
}

/* Several connections, of several ports and of one, in one process. */
static void
test_many_connections(void **state)
{
	static const char *const nodes[] = { "Hca2", "Hca3", "Hca4", "Hca2" };
	static const unsigned int which[] = { 1, 2, 3, 1 };
	struct client c[RTE_DIM(nodes)];
	unsigned int i, round;

	(void)state;
	/* More often than ibsim has places: they are given back. */
	for (round = 0; round < 6; round++) {
		for (i = 0; i < RTE_DIM(nodes); i++)
			assert_int_equal(open_client(&c[i], transport, nodes[i]), 0);
		for (i = 0; i < RTE_DIM(nodes); i++) {
			WAIT(&c[i], 5, c[i].port->state == IPOIB_MAD_ACTIVE);
			assert_int_equal(c[i].port->lid, lid_of(guids[which[i]]));
			resolve(&c[i], guids[0]);
			assert_int_equal(c[i].status, 0);
			assert_int_equal(c[i].path.slid, c[i].port->lid);
		}
		for (i = 0; i < RTE_DIM(nodes); i++)
			close_client(&c[i]);
	}
}

static void
test_unknown_node(void **state)
{
	struct client c;

	(void)state;
	assert_int_equal(open_client(&c, transport, "Nosuch"), 0);
	assert_int_equal(c.port->state, IPOIB_MAD_ABSENT);
	assert_non_null(strstr(ipoib_mad_reason(c.mad), "no node 'Nosuch'"));
	close_client(&c);
}

/* The umad transport, in a process of its own under libumad2sim. */
static void
test_umad(void **state)
{
	(void)state;
	assert_int_equal(fabric(NULL, 0, "on %s Hca3 %s --umad %u %u", dir, self, lid_of(guids[2]),
					 lid_of(guids[3])),
			0);
}

static int
umad_child(unsigned int lid, unsigned int dlid)
{
	struct client c;
	struct ib_gid mgid;

	if (open_client(&c, "umad", "ibsim0") != 0)
		return 10;
	if (c.port->state != IPOIB_MAD_ACTIVE || c.port->lid != lid || c.port->sm_lid == 0)
		return 11;
	ipoib_mgid_broadcast(IPOIB_SCOPE_LINK, 0xffff, &mgid);
	join(&c, &mgid, 0xffff, NULL);
	if (c.status != 0 || c.mcast.qkey != 0x0b1b)
		return 12;
	resolve(&c, guids[3]);
	if (c.status != 0 || c.path.dlid != dlid)
		return 13;
	resolve(&c, 0xdead);
	if (c.status != -ENOENT)
		return 14;
	close_client(&c);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static int
run(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_identity),
		TEST(test_paths),
		TEST(test_path_refused),
		TEST(test_broadcast),
		TEST(test_group),
		TEST(test_pipelined),
		TEST(test_unlink),
		cmocka_unit_test(test_many_connections),
		cmocka_unit_test(test_unknown_node),
		cmocka_unit_test(test_umad),
		TEST(test_dropped_by_ibsim),
		TEST(test_sm_dies),
		TEST(test_sm_freezes),
		TEST(test_lid_changes),
		TEST(test_ibsim_restarts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int
main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "--umad") == 0)
		return umad_child((unsigned int)atoi(argv[2]), (unsigned int)atoi(argv[3]));
	return on_fabric(argc, argv, run);
}

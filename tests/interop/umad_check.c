/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * The umad transport and the SA client on the kernel's ib_umad, against OpenSM.
 * Runs in a guest, beside ib_ipoib and ib_sa.
 * Arguments: DEVICE PEER HOOK. HOOK is a program of the guest's script:
 *	HOOK cable DEVICE 0|1, HOOK sm stop|start|freeze|thaw|lids, HOOK gone|back
 */

#include <unistd.h>

#include "fabric_client.h"

static const char *device, *peer_device, *hook;

static unsigned long
sysfs(const char *name, const char *file)
{
	char path[128], text[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/sys/class/infiniband/%s/ports/1/%s", name, file);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	fclose(f);
	return strtoul(text, NULL, 0);
}

static void
hook_run(const char *words)
{
	char cmd[256];

	snprintf(cmd, sizeof(cmd), "%s %s", hook, words);
	assert_int_equal(system(cmd), 0);
}

static void
open_active(struct client *c, const char *name)
{
	assert_int_equal(open_client(c, "umad", name), 0);
	WAIT(c, 5, c->port->state == IPOIB_MAD_ACTIVE);
}

static int
device_setup(void **state)
{
	struct client *c = calloc(1, sizeof(*c));

	open_active(c, device);
	*state = c;
	return 0;
}

/* The path to a port of this machine. */
static void
resolve_port(struct client *c, const struct ib_gid *dgid)
{
	unsigned int calls = c->calls;

	ask_path(c, dgid, 0xffff);
	WAIT(c, 5, c->calls == calls + 1);
}

static struct ib_gid
peer_gid(void)
{
	struct client peer;
	struct ib_gid gid;

	open_active(&peer, peer_device);
	gid = peer.port->gid;
	close_client(&peer);
	return gid;
}

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
test_identity(void **state)
{
	struct client *c = *state;

	assert_int_equal(c->port->lid, sysfs(device, "lid"));
	assert_int_equal(c->port->sm_lid, sysfs(device, "sm_lid"));
	assert_int_equal(c->port->lmc, sysfs(device, "lid_mask_count"));
	assert_int_equal(c->port->cap_mask, sysfs(device, "cap_mask"));
	assert_int_equal(c->port->pkeys[0], sysfs(device, "pkeys/0"));
	assert_int_equal(c->port->pkeys[1], sysfs(device, "pkeys/1"));
	assert_int_equal(c->port->gid.raw[0], 0xfe);
}

static void
test_paths(void **state)
{
	struct client *c = *state;
	struct ib_gid dgid = peer_gid();
	struct ipoib_sa_stats st;
	unsigned int i;

	resolve_port(c, &dgid);
	assert_int_equal(c->status, 0);
	assert_int_equal(c->path.dlid, sysfs(peer_device, "lid"));
	assert_int_equal(c->path.slid, c->port->lid);
	resolve(c, 0xdead);
	assert_int_equal(c->status, -ENOENT);
	c->calls = 0;
	for (i = 0; i < 1000; i++)
		ask_path(c, &dgid, 0xffff);
	WAIT(c, 30, c->calls == 1000);
	ipoib_sa_stats_get(c->sa, &st);
	assert_int_equal(st.answers, 1002);
	assert_int_equal(st.failures, 1); /* the GID that is none */
}

static void
test_groups(void **state)
{
	struct client *c = *state;
	struct ipoib_sa_mcast bcast = broadcast(c);
	struct ib_gid mgid;

	assert_int_equal(bcast.qkey, 0x0b1b);
	assert_int_equal(bcast.mlid, 0xc000);
	info_get(c);
	assert_int_equal(c->status, 0);
	assert_true(c->info.sendonly_full);
	ipoib_mgid_ipv4(IPOIB_SCOPE_LINK, 0xffff, 0xe1020304, &mgid);
	join(c, &mgid, 0xffff, NULL);
	assert_int_equal(c->status, -EREMOTEIO);
	assert_int_equal(ipoib_sa_last_status(c->sa), 0x0600);
	join(c, &mgid, 0xffff, &bcast);
	assert_int_equal(c->status, 0);
	mcast_get(c, &mgid, &c->port->gid);
	assert_int_equal(c->status, 0);
	leave(c, &mgid);
	assert_int_equal(c->status, 0);
	mcast_get(c, &mgid, &c->port->gid);
	assert_int_equal(c->status, -ENOENT);
	ipoib_mgid_broadcast(IPOIB_SCOPE_LINK, 0x8001, &mgid);
	join(c, &mgid, 0x8001, NULL);
	assert_int_equal(c->status, 0);
	assert_int_equal(c->mcast.qkey, 0x1b1b);
	leave(c, &mgid);
}

/* RMPP, which an agent that registers none of it does by itself. */
static void
test_list(void **state)
{
	struct client *c = *state;
	struct ipoib_sa_mcast bcast = broadcast(c);
	struct ib_gid mgids[40];
	unsigned int i, j, found;

	for (i = 0; i < RTE_DIM(mgids); i++) {
		ipoib_mgid_ipv4(IPOIB_SCOPE_LINK, 0xffff, 0xe1020000 + i, &mgids[i]);
		join(c, &mgids[i], 0xffff, &bcast);
		assert_int_equal(c->status, 0);
	}
	mcast_list(c, 0xffff);
	assert_int_equal(c->status, 0);
	for (i = 0; i < RTE_DIM(mgids); i++) {
		for (j = found = 0; j < c->nb_recs; j++)
			found += ib_gid_equal(&c->recs[j].mgid, &mgids[i]);
		assert_int_equal(found, 1);
		leave(c, &mgids[i]);
	}
}

/* Another port makes a group and deletes it: traps 66 and 67, each told once. */
static void
test_notices(void **state)
{
	struct client *c = *state, peer;
	struct ipoib_sa_mcast bcast;
	struct ipoib_sa_stats st;
	struct ib_gid mgid;
	uint64_t start;

	assert_true(ipoib_sa_notices_possible(c->sa));
	inform(c, IPOIB_SA_TRAP_MGID_CREATED, true);
	assert_int_equal(c->status, 0);
	inform(c, IPOIB_SA_TRAP_MGID_DELETED, true);
	assert_int_equal(c->status, 0);
	open_active(&peer, peer_device);
	bcast = broadcast(&peer);
	ipoib_mgid_ipv4(IPOIB_SCOPE_LINK, 0xffff, 0xe1030303, &mgid);
	join(&peer, &mgid, 0xffff, &bcast);
	start = mad_clock_us();
	WAIT(c, 5, noticed(c, IPOIB_SA_TRAP_MGID_CREATED, &mgid) != NULL);
	print_message("group made: told after %lu us\n", (unsigned long)(mad_clock_us() - start));
	leave(&peer, &mgid);
	WAIT(c, 5, noticed(c, IPOIB_SA_TRAP_MGID_DELETED, &mgid) != NULL);
	close_client(&peer);
	start = mad_clock_us();
	WAIT(c, 2, mad_clock_us() > start + SECOND);
	ipoib_sa_stats_get(c->sa, &st);
	assert_int_equal(st.notices_dup, 0);
	assert_int_equal(st.notices_bad, 0);
}

/* The kernel gives reports to one program of a port; the others ask all the same. */
static void
test_two_programs(void **state)
{
	struct client *c = *state, second;

	open_active(&second, device);
	assert_true(ipoib_sa_notices_possible(c->sa));
	assert_false(ipoib_sa_notices_possible(second.sa));
	broadcast(&second);
	broadcast(c);
	close_client(&second);
}

static void
test_cable(void **state)
{
	struct client *c = *state;
	unsigned int lid = c->port->lid;
	struct ib_gid dgid = peer_gid();
	char words[64];
	uint64_t start;

	snprintf(words, sizeof(words), "cable %s 0", device);
	start = mad_clock_us();
	hook_run(words);
	WAIT(c, 5, c->port->state == IPOIB_MAD_DOWN);
	print_message("cable out: seen after %lu ms\n",
			(unsigned long)(mad_clock_us() - start) / 1000);
	assert_true(c->events & IPOIB_MAD_EV_STATE);
	snprintf(words, sizeof(words), "cable %s 1", device);
	hook_run(words);
	WAIT(c, 20, c->port->state == IPOIB_MAD_ACTIVE);
	assert_int_equal(c->port->lid, lid);
	resolve_port(c, &dgid);
	assert_int_equal(c->status, 0);
}

static void
test_sm_stops(void **state)
{
	struct client *c = *state;
	struct ib_gid dgid = peer_gid();
	uint64_t start;

	hook_run("sm stop");
	start = mad_clock_us();
	resolve_port(c, &dgid);
	/* The kernel of OpenSM's machine says that nobody is there. */
	assert_int_equal(c->status, -EHOSTUNREACH);
	assert_in_range(mad_clock_us() - start, SECOND / 2, 3 * SECOND);
	assert_false(c->alive);
	hook_run("sm start");
	/* Noticed although nobody asks anything. */
	WAIT(c, 15, c->alive);
	resolve_port(c, &dgid);
	assert_int_equal(c->status, 0);
}

/* The SM gives the port another LID. */
static void
test_lid(void **state)
{
	struct client *c = *state;
	unsigned int lid = c->port->lid;

	c->events = 0;
	hook_run("sm lids");
	WAIT(c, 20, c->port->lid != lid && c->port->state == IPOIB_MAD_ACTIVE);
	assert_true(c->events & IPOIB_MAD_EV_LID);
	assert_int_equal(c->port->lid, sysfs(device, "lid"));
	resolve(c, 0xdead);
	assert_int_equal(c->status, -ENOENT);
}

/* What is on the wire at the end does not delay it for long. */
static void
test_close_while_silent(void **state)
{
	struct client c;
	struct ib_gid dgid = peer_gid();
	uint64_t start;
	unsigned int i;

	(void)state;
	open_active(&c, device);
	hook_run("sm freeze");
	for (i = 0; i < 200; i++)
		ask_path(&c, &dgid, 0xffff);
	start = mad_clock_us();
	WAIT(&c, 1, mad_clock_us() > start + SECOND / 10);
	start = mad_clock_us();
	close_client(&c);
	print_message("closed after %lu ms\n", (unsigned long)(mad_clock_us() - start) / 1000);
	assert_in_range(mad_clock_us() - start, 0, SECOND / 2);
	hook_run("sm thaw");
	open_active(&c, device);
	resolve_port(&c, &dgid);
	assert_int_equal(c.status, 0);
	close_client(&c);
}

/* The device goes while it is used, and comes back. */
static void
test_device_goes(void **state)
{
	struct client *c = *state;
	struct ipoib_mad_stats st;

	hook_run("gone");
	WAIT(c, 5, c->port->state == IPOIB_MAD_ABSENT);
	assert_string_not_equal(ipoib_mad_reason(c->mad), "");
	hook_run("back");
	WAIT(c, 20, c->port->state == IPOIB_MAD_ACTIVE);
	ipoib_mad_stats_get(c->mad, &st);
	assert_int_equal(st.reconnects, 1);
	broadcast(c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, device_setup, teardown)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_identity),
		TEST(test_paths),
		TEST(test_groups),
		TEST(test_list),
		TEST(test_notices),
		TEST(test_two_programs),
		TEST(test_cable),
		TEST(test_sm_stops),
		TEST(test_lid),
		cmocka_unit_test(test_close_while_silent),
		TEST(test_device_goes),
	};

	if (argc != 4) {
		fprintf(stderr, "usage: %s DEVICE PEER HOOK\n", argv[0]);
		return 2;
	}
	device = argv[1];
	peer_device = argv[2];
	hook = argv[3];
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Both libraries against a real OpenSM on ibsim's fabric. The numbers are
 * OpenSM's: LIDs come from its guid2lid file, groups from its partitions file.
 * Arguments: fabric.sh, topology file.
 */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_common.h>

#include "ipoib_proto.h"
#include "ipoib_sa.h"
#include "mad_transport.h"

#define SKIP 77
#define SECOND UINT64_C(1000000)

static const char *script;
static const char *topo;
static const char *self;
static char dir[64];
static char transport[64];

/* ibsim counts GUIDs up: a node, then its ports. */
static const uint64_t guids[] = { 0x100001, 0x100004, 0x100007, 0x10000a };
#define HCA2 1

static const char partitions[] = "Default=0x7fff, ipoib : ALL=full ;\n"
				 "blue=0x1, ipoib, Q_Key=0x1b1b, defmember=full : "
				 "SELF, 0x100004, 0x10000a ;\n";

struct client {
	struct ipoib_mad *mad;
	struct ipoib_sa *sa;
	const struct ipoib_mad_port *port;
	unsigned int calls;
	int status;
	struct ipoib_sa_path path;
	struct ipoib_sa_mcast mcast;
	unsigned int alive_calls;
	bool alive;
	uint32_t events;
};

/* Run fabric.sh; what it prints, if wanted. */
static int __attribute__((format(printf, 3, 4))) fabric(char *out, size_t len, const char *fmt, ...)
{
	char cmd[512], text[256] = "";
	va_list ap;
	size_t nb;
	FILE *f;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	snprintf(cmd, sizeof(cmd), "%s %s", script, text);
	f = popen(cmd, "r");
	assert_non_null(f);
	nb = fread(text, 1, sizeof(text) - 1, f);
	text[nb] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (out != NULL)
		snprintf(out, len, "%s", text);
	return pclose(f);
}

static unsigned int
lid_of(uint64_t guid)
{
	char text[32];

	assert_int_equal(fabric(text, sizeof(text), "lid %s 0x%lx", dir, (unsigned long)guid), 0);
	return (unsigned int)strtoul(text, NULL, 10);
}

static struct ib_gid
gid_of(uint64_t guid)
{
	struct ib_gid gid = { { 0xfe, 0x80 } };
	unsigned int i;

	for (i = 0; i < 8; i++)
		gid.raw[15 - i] = (uint8_t)(guid >> 8 * i);
	return gid;
}

static void
on_event(void *arg, uint32_t events, const struct ipoib_mad_port *port)
{
	struct client *c = arg;

	(void)port;
	c->events |= events;
}

static void
on_alive(void *arg, bool alive)
{
	struct client *c = arg;

	c->alive = alive;
	c->alive_calls++;
}

static void
on_path(void *arg, int status, const struct ipoib_sa_path *path)
{
	struct client *c = arg;

	c->calls++;
	c->status = status;
	if (path != NULL)
		c->path = *path;
}

static void
on_mcast(void *arg, int status, const struct ipoib_sa_mcast *mc)
{
	struct client *c = arg;

	c->calls++;
	c->status = status;
	if (mc != NULL)
		c->mcast = *mc;
}

static int
open_client(struct client *c, const char *over, const char *device)
{
	struct ipoib_mad_cfg cfg = { .transport = over, .device = device, .port_num = 1 };
	int ret;

	memset(c, 0, sizeof(*c));
	ret = ipoib_mad_open(&cfg, &c->mad);
	if (ret != 0)
		return ret;
	c->port = ipoib_mad_port(c->mad);
	ret = ipoib_sa_create(c->mad, NULL, &c->sa);
	if (ret != 0)
		return ret;
	ipoib_sa_on_alive(c->sa, on_alive, c);
	return ipoib_mad_listen(c->mad, on_event, c);
}

static void
close_client(struct client *c)
{
	ipoib_sa_destroy(c->sa);
	ipoib_mad_close(c->mad);
}

static void
poll_client(struct client *c)
{
	uint64_t now = mad_clock_us();

	ipoib_mad_poll(c->mad, now);
	ipoib_sa_poll(c->sa, now);
	usleep(200);
}

/* Poll until the condition holds, or for so many seconds. */
#define WAIT(c, seconds, cond) \
	do { \
		uint64_t end_ = mad_clock_us() + (uint64_t)((seconds)*SECOND); \
		while (!(cond) && mad_clock_us() < end_) \
			poll_client(c); \
		assert_true(cond); \
	} while (0)

static void
ask_path(struct client *c, const struct ib_gid *dgid, uint16_t pkey)
{
	struct ipoib_sa_path_req req = { .dgid = *dgid, .sgid = c->port->gid, .pkey = pkey };

	assert_int_equal(ipoib_sa_path_get(c->sa, &req, on_path, c, NULL), 0);
}

static void
resolve(struct client *c, uint64_t guid)
{
	struct ib_gid dgid = gid_of(guid);
	unsigned int calls = c->calls;

	ask_path(c, &dgid, 0xffff);
	WAIT(c, 5, c->calls == calls + 1);
}

static int
setup(void **state)
{
	struct client *c = calloc(1, sizeof(*c));

	assert_int_equal(open_client(c, transport, "Hca2"), 0);
	WAIT(c, 5, c->port->state == IPOIB_MAD_ACTIVE);
	*state = c;
	return 0;
}

static int
teardown(void **state)
{
	close_client(*state);
	free(*state);
	return 0;
}

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
	assert_int_equal(c->alive_calls, 0);
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
join(struct client *c, const struct ib_gid *mgid, uint16_t pkey, const struct ipoib_sa_mcast *bcast)
{
	unsigned int calls = c->calls;

	assert_int_equal(ipoib_sa_mcast_join(c->sa, mgid, &c->port->gid, pkey, IPOIB_SA_JOIN_FULL,
					 bcast, on_mcast, c, NULL),
			0);
	WAIT(c, 5, c->calls == calls + 1);
}

static void
leave(struct client *c, const struct ib_gid *mgid)
{
	unsigned int calls = c->calls;

	assert_int_equal(ipoib_sa_mcast_leave(c->sa, mgid, &c->port->gid, IPOIB_SA_JOIN_FULL,
					 on_mcast, c, NULL),
			0);
	WAIT(c, 5, c->calls == calls + 1);
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
#ifdef __SANITIZE_ADDRESS__
	/* It must be loaded first, libumad2sim too; and that reads past its own buffers. */
	skip();
#endif
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

/*
 * Remove the fabric when this process ends, however it ends: a child waits for
 * the end of a pipe that only we hold open.
 */
static pid_t
guard(int *fd)
{
	char cmd[256], c;
	int fds[2];
	pid_t pid;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		setsid();
		close(fds[1]);
		while (read(fds[0], &c, 1) > 0)
			;
		snprintf(cmd, sizeof(cmd), "'%s' stop '%s'; rm -rf '%s'", script, dir, dir);
		execl("/bin/sh", "sh", "-c", cmd, (char *)NULL);
		_exit(1);
	}
	close(fds[0]);
	*fd = fds[1];
	return pid;
}

static int
start_fabric(void)
{
	char path[128], name[32];
	FILE *f;

	snprintf(path, sizeof(path), "%s/blue.conf", dir);
	f = fopen(path, "w");
	if (f == NULL)
		return -1;
	fputs(partitions, f);
	fclose(f);
	setenv("FABRIC_PARTITIONS", path, 1);
	if (fabric(NULL, 0, "start %s %s", dir, topo) != 0)
		return -1;
	fabric(name, sizeof(name), "name %s", dir);
	snprintf(transport, sizeof(transport), "ibsim:%s", name);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(int argc, char **argv)
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
	int fd, ret = 1;
	pid_t pid;

	if (argc == 4 && strcmp(argv[1], "--umad") == 0)
		return umad_child((unsigned int)atoi(argv[2]), (unsigned int)atoi(argv[3]));
	if (argc != 3) {
		fprintf(stderr, "usage: %s FABRIC.SH TOPOLOGY\n", argv[0]);
		return 2;
	}
	if (system("PATH=$PATH:/usr/sbin; command -v ibsim opensm >/dev/null") != 0) {
		fprintf(stderr, "skipped: ibsim or opensm is not installed\n");
		return SKIP;
	}
	script = argv[1];
	topo = argv[2];
	self = realpath(argv[0], NULL);
	snprintf(dir, sizeof(dir), "/tmp/fabric-sa-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return 1;
	pid = guard(&fd);
	if (start_fabric() == 0)
		ret = cmocka_run_group_tests(tests, NULL, NULL);
	close(fd);
	waitpid(pid, NULL, 0);
	return ret;
}

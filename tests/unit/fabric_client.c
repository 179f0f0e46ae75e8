/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fabric_client.h"

const char *script;
static const char *topo;
const char *self;
char dir[64];
char transport[64];

static const char partitions[] = "Default=0x7fff, ipoib : ALL=full ;\n"
				 "blue=0x1, ipoib, Q_Key=0x1b1b, defmember=full : "
				 "SELF, 0x100004, 0x10000a ;\n";

int
fabric(char *out, size_t len, const char *fmt, ...)
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

unsigned int
lid_of(uint64_t guid)
{
	char text[32];

	assert_int_equal(fabric(text, sizeof(text), "lid %s 0x%lx", dir, (unsigned long)guid), 0);
	return (unsigned int)strtoul(text, NULL, 10);
}

struct ib_gid
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

void
on_path(void *arg, int status, const struct ipoib_sa_path *path)
{
	struct client *c = arg;

	c->calls++;
	c->status = status;
	if (path != NULL)
		c->path = *path;
}

void
on_mcast(void *arg, int status, const struct ipoib_sa_mcast *mc)
{
	struct client *c = arg;

	c->calls++;
	c->status = status;
	if (mc != NULL)
		c->mcast = *mc;
}

static void
on_notice(void *arg, const struct ipoib_sa_notice *notice)
{
	struct client *c = arg;

	if (c->nb_notices < NOTICES_MAX)
		c->notices[c->nb_notices++] = *notice;
}

static void
on_list(void *arg, int status, const struct ipoib_sa_mcast *recs, uint32_t n)
{
	struct client *c = arg;

	c->calls++;
	c->status = status;
	c->nb_recs = n;
	if (n <= RTE_DIM(c->recs) && n != 0)
		memcpy(c->recs, recs, n * sizeof(recs[0]));
}

static void
on_info(void *arg, int status, const struct ipoib_sa_info *info)
{
	struct client *c = arg;

	c->calls++;
	c->status = status;
	if (info != NULL)
		c->info = *info;
}

static void
on_inform(void *arg, int status)
{
	struct client *c = arg;

	c->calls++;
	c->status = status;
}

int
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
	ipoib_sa_on_notice(c->sa, on_notice, c);
	return ipoib_mad_listen(c->mad, on_event, c);
}

void
close_client(struct client *c)
{
	ipoib_sa_destroy(c->sa);
	ipoib_mad_close(c->mad);
}

void
poll_client(struct client *c)
{
	uint64_t now = mad_clock_us();

	ipoib_mad_poll(c->mad, now);
	ipoib_sa_poll(c->sa, now);
	usleep(200);
}

void
ask_path(struct client *c, const struct ib_gid *dgid, uint16_t pkey)
{
	struct ipoib_sa_path_req req = { .dgid = *dgid, .sgid = c->port->gid, .pkey = pkey };

	assert_int_equal(ipoib_sa_path_get(c->sa, &req, on_path, c, NULL), 0);
}

void
resolve(struct client *c, uint64_t guid)
{
	struct ib_gid dgid = gid_of(guid);
	unsigned int calls = c->calls;

	ask_path(c, &dgid, 0xffff);
	WAIT(c, 5, c->calls == calls + 1);
}

int
setup(void **state)
{
	struct client *c = calloc(1, sizeof(*c));

	assert_int_equal(open_client(c, transport, "Hca2"), 0);
	WAIT(c, 5, c->port->state == IPOIB_MAD_ACTIVE);
	*state = c;
	return 0;
}

int
teardown(void **state)
{
	close_client(*state);
	free(*state);
	return 0;
}

void
join(struct client *c, const struct ib_gid *mgid, uint16_t pkey, const struct ipoib_sa_mcast *bcast)
{
	unsigned int calls = c->calls;

	assert_int_equal(ipoib_sa_mcast_join(c->sa, mgid, &c->port->gid, pkey, IPOIB_SA_JOIN_FULL,
					 bcast, on_mcast, c, NULL),
			0);
	WAIT(c, 5, c->calls == calls + 1);
}

void
leave(struct client *c, const struct ib_gid *mgid)
{
	unsigned int calls = c->calls;

	assert_int_equal(ipoib_sa_mcast_leave(c->sa, mgid, &c->port->gid, IPOIB_SA_JOIN_FULL,
					 on_mcast, c, NULL),
			0);
	WAIT(c, 5, c->calls == calls + 1);
}

void
mcast_get(struct client *c, const struct ib_gid *mgid, const struct ib_gid *port_gid)
{
	unsigned int calls = c->calls;

	assert_int_equal(ipoib_sa_mcast_get(c->sa, mgid, port_gid, on_mcast, c, NULL), 0);
	WAIT(c, 5, c->calls == calls + 1);
}

void
mcast_list(struct client *c, uint16_t pkey)
{
	unsigned int calls = c->calls;

	assert_int_equal(ipoib_sa_mcast_list(c->sa, pkey, on_list, c, NULL), 0);
	WAIT(c, 10, c->calls == calls + 1);
}

void
info_get(struct client *c)
{
	unsigned int calls = c->calls;

	assert_int_equal(ipoib_sa_info_get(c->sa, on_info, c, NULL), 0);
	WAIT(c, 5, c->calls == calls + 1);
}

void
inform(struct client *c, uint16_t trap, bool subscribe)
{
	unsigned int calls = c->calls;

	assert_int_equal(ipoib_sa_inform(c->sa, trap, subscribe, on_inform, c, NULL), 0);
	WAIT(c, 5, c->calls == calls + 1);
}

const struct ipoib_sa_notice *
noticed(const struct client *c, uint16_t trap, const struct ib_gid *gid)
{
	unsigned int i;

	for (i = 0; i < c->nb_notices; i++) {
		if (c->notices[i].trap == trap && ib_gid_equal(&c->notices[i].gid, gid))
			return &c->notices[i];
	}
	return NULL;
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

#ifdef __SANITIZE_ADDRESS__
void __asan_init(void);

/* The address sanitizer must come before what "on" preloads. That reads past its own buffers:
 * devtools/asan.supp. */
static void
preload_sanitizer(void)
{
	Dl_info info;

	if (dladdr((void *)(uintptr_t)__asan_init, &info) != 0)
		setenv("FABRIC_PRELOAD", info.dli_fname, 1);
}
#else
static void
preload_sanitizer(void)
{
}
#endif

int
on_fabric(int argc, char **argv, int (*run)(void))
{
	int fd, ret = 1;
	pid_t pid;

	if (argc != 3) {
		fprintf(stderr, "usage: %s FABRIC.SH TOPOLOGY\n", argv[0]);
		return 2;
	}
	if (system("PATH=$PATH:/usr/sbin; command -v ibsim opensm >/dev/null") != 0) {
		fprintf(stderr, "skipped: ibsim or opensm is not installed\n");
		return FABRIC_SKIP;
	}
	script = argv[1];
	topo = argv[2];
	self = realpath(argv[0], NULL);
	snprintf(dir, sizeof(dir), "/tmp/fabric-sa-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return 1;
	preload_sanitizer();
	pid = guard(&fd);
	if (start_fabric() == 0)
		ret = run();
	close(fd);
	waitpid(pid, NULL, 0);
	return ret;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef FABRIC_CLIENT_H
#define FABRIC_CLIENT_H

/**
 * @file
 * A fabric of ibsim and OpenSM for one test program, and clients of both
 * libraries on it. The numbers are OpenSM's: LIDs come from its guid2lid file,
 * groups from its partitions file.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_common.h>

#include "ipoib_proto.h"
#include "ipoib_sa.h"
#include "mad_transport.h"

#define FABRIC_SKIP 77
#define SECOND UINT64_C(1000000)

/** The fabric's folder, and its name as a transport. */
extern char dir[64];
extern char transport[64];
/** This program, and fabric.sh. */
extern const char *self;
extern const char *script;

/** ibsim counts GUIDs up: a node, then its ports. */
static const uint64_t guids[] = { 0x100001, 0x100004, 0x100007, 0x10000a };
#define HCA2 1
#define HCA4 3

#define NOTICES_MAX 64

struct client {
	struct ipoib_mad *mad;
	struct ipoib_sa *sa;
	const struct ipoib_mad_port *port;
	/* What came back. */
	unsigned int calls;
	int status;
	struct ipoib_sa_path path;
	struct ipoib_sa_mcast mcast;
	struct ipoib_sa_info info;
	uint32_t nb_recs;
	struct ipoib_sa_mcast recs[256];
	unsigned int alive_calls;
	bool alive;
	uint32_t events;
	unsigned int nb_notices;
	struct ipoib_sa_notice notices[NOTICES_MAX];
};

/** Run fabric.sh; what it prints, if wanted. */
int fabric(char *out, size_t len, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

unsigned int lid_of(uint64_t guid);
struct ib_gid gid_of(uint64_t guid);

/** Of a client on @p device over @p over; one on Hca2 in cmocka's state. */
int open_client(struct client *c, const char *over, const char *device);
void close_client(struct client *c);
int setup(void **state);
int teardown(void **state);

void poll_client(struct client *c);

/** Poll until the condition holds, or for so many seconds. */
#define WAIT(c, seconds, cond) \
	do { \
		uint64_t end_ = mad_clock_us() + (uint64_t)((seconds)*SECOND); \
		while (!(cond) && mad_clock_us() < end_) \
			poll_client(c); \
		assert_true(cond); \
	} while (0)

/** Callbacks that note what came. */
void on_path(void *arg, int status, const struct ipoib_sa_path *path);
void on_mcast(void *arg, int status, const struct ipoib_sa_mcast *mc);

void ask_path(struct client *c, const struct ib_gid *dgid, uint16_t pkey);
/** These wait for the answer; it is in the client. */
void resolve(struct client *c, uint64_t guid);
void join(struct client *c, const struct ib_gid *mgid, uint16_t pkey,
		const struct ipoib_sa_mcast *bcast);
void leave(struct client *c, const struct ib_gid *mgid);
void mcast_get(struct client *c, const struct ib_gid *mgid, const struct ib_gid *port_gid);
void mcast_list(struct client *c, uint16_t pkey);
void info_get(struct client *c);
void inform(struct client *c, uint16_t trap, bool subscribe);
/** The notice of @p trap on @p gid that came, or NULL. */
const struct ipoib_sa_notice *noticed(
		const struct client *c, uint16_t trap, const struct ib_gid *gid);

/**
 * Run a group of tests on a fabric of its own.
 * @param argv FABRIC.SH TOPOLOGY
 * @param run runs them
 * @return for main()
 */
int on_fabric(int argc, char **argv, int (*run)(void));

#endif /* FABRIC_CLIENT_H */

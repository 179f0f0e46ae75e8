/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef FAKE_MAD_H
#define FAKE_MAD_H

/**
 * @file
 * A MAD transport made of memory, under the test's clock: what is sent goes to
 * the test's script, what the script hands back arrives when it says.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mad_transport.h"

#define FAKE_QUEUE 4096

/** The next connection is that of a port that needs GRHs. */
extern bool fake_mad_grh;

struct fake_mad;

/** Called for each MAD that is sent. */
typedef void (*fake_script)(struct fake_mad *f, const uint8_t *mad, uint16_t dlid);

struct fake_mad {
	struct ipoib_mad *mad;
	fake_script script;
	void *arg;
	/* What the port is; with SMPs the script says it. */
	struct ipoib_mad_port port;
	bool connected;
	bool no_reports;	    /* another program has them */
	int send_ret;		    /* not 0: sends fail with this */
	struct ipoib_mad_dest dest; /* of the last MAD that was sent */
	unsigned int silences;
	uint64_t now_us;  /* the test's clock */
	uint64_t late_us; /* the transport's clock minus the test's */
	uint64_t sent;
	unsigned int pending;
	struct {
		uint64_t due_us;
		struct mad_rx rx;
	} queue[FAKE_QUEUE];
};

/** Open a connection over it: port ACTIVE, LID 7, SM LID 1, P_Key ffff. @p smp: by SMPs */
struct fake_mad *fake_mad_open(fake_script script, bool smp);
void fake_mad_close(struct fake_mad *f);

/** Let a MAD arrive after @p delay_us. */
void fake_mad_deliver(struct fake_mad *f, const uint8_t *mad, int status, uint64_t delay_us);

/** Go on by @p us and poll the connection. */
void fake_mad_step(struct fake_mad *f, uint64_t us);

#endif /* FAKE_MAD_H */

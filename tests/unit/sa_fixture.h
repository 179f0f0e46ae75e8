/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef SA_FIXTURE_H
#define SA_FIXTURE_H

/**
 * @file
 * An SA client over the fake transport, and a fake SA that does what its
 * script says.
 */

#include "fake_mad.h"
#include "ipoib_sa.h"
#include "sa_oracle.h"

#define STEP_US 1000
#define NEVER UINT64_MAX

struct sa_fixture;

/* How the fake SA treats the n-th MAD it gets, counted from 0. */
struct sa_script {
	unsigned int lose;     /* the first so many: nothing */
	unsigned int busy;     /* the next so many: BUSY */
	unsigned int returned; /* the next so many: undeliverable */
	uint16_t status;       /* then: this status */
	unsigned int copies;   /* answers to each */
	uint64_t delay_us;
	void (*twist)(uint8_t *mad); /* applied to the answer */
	/* Not NULL: takes every MAD instead of all this. */
	void (*take)(struct sa_fixture *fx, const uint8_t *mad);
	unsigned int seen;
	uint64_t first_us, last_us;
	uint32_t tids[64];
	uint8_t last[IPOIB_MAD_LEN];
	unsigned int in_flight, max_in_flight;
};

struct sa_fixture {
	struct fake_mad *fake;
	struct ipoib_sa *sa;
	struct sa_script s;
	/* What came back. */
	unsigned int calls;
	int status;
	uint64_t done_us;
	struct ipoib_sa_path path;
	struct ipoib_sa_mcast mcast;
	struct ipoib_sa_info info;
	uint32_t nb_recs;
	struct ipoib_sa_mcast recs[IPOIB_SA_LIST_MAX];
	unsigned int notices;
	struct ipoib_sa_notice notice; /* the last */
	unsigned int alive_calls;
	bool alive;
	uint32_t order[2048];
};

/** Values that fit nowhere else: a field read from a wrong place shows. */
extern const struct oracle_member sa_good_member;

/** A group and a destination. */
extern const struct ib_gid sa_mgid;
extern const struct ib_gid sa_dgid;

/** cmocka's, the fixture in @p state. */
int sa_setup(void **state);
int sa_teardown(void **state);

/** Callbacks that note what came; @p arg is the fixture. */
void sa_on_path(void *arg, int status, const struct ipoib_sa_path *path);
void sa_on_mcast(void *arg, int status, const struct ipoib_sa_mcast *mc);

void sa_on_list(void *arg, int status, const struct ipoib_sa_mcast *recs, uint32_t n);
void sa_on_info(void *arg, int status, const struct ipoib_sa_info *info);
void sa_on_inform(void *arg, int status);

/** Go on by STEP_US. */
void sa_step(struct sa_fixture *fx);
/** Go on until so many callbacks came, or for so long. */
void sa_run(struct sa_fixture *fx, unsigned int calls, uint64_t us);
/** Ask for the path to sa_dgid. */
void sa_ask_path(struct sa_fixture *fx, ipoib_sa_req_t *handle);
struct ipoib_sa_stats sa_stats(const struct sa_fixture *fx);
/** Check everything in front of a request's attribute. */
void sa_check_hdr(const uint8_t *mad, uint8_t method, uint16_t attr, uint64_t mask);

#endif /* SA_FIXTURE_H */

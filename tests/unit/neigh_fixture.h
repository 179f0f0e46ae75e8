/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef NEIGH_FIXTURE_H
#define NEIGH_FIXTURE_H

/* What the tests of the neighbour table share: a table, a reader, a book of address handles. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ipoib_neigh.h"

#define SEC UINT64_C(1000000)
#define MSEC UINT64_C(1000)
/* Any time will do, but not 0. */
#define T0 (5000 * SEC)
#define ALL UINT32_MAX
#define AH_MAX (1u << 22)

/* The one thread of these tests also plays the reader with this number. */
#define READER 0

struct neigh_fixture {
	struct rte_rcu_qsbr *rcu;
	struct rte_mempool *pool;
	struct ipoib_neigh *t;
	uint32_t next_ah;  /* handles are numbered from 1, each is used once */
	uint8_t *released; /* by handle: how often it came back */
	uint32_t nb_released;
	uint32_t nb_evict;	   /* calls of evict() */
	uint32_t evict_pkts;	   /* packets it was told of */
	struct ipoib_addr evicted; /* the last */
};

extern struct neigh_fixture fix;

/* Start EAL, make pool and RCU variable. @return 0 or the exit status of a skip */
int fixture_start(const char *prog);
void fixture_stop(void);

/* Make fix.t of a configuration (name, rcu, callbacks are filled in), empty the books. */
void table_new(const struct ipoib_neigh_cfg *cfg);
int table_try(const struct ipoib_neigh_cfg *cfg);
/* Destroy it; every handle must have come back once, every packet be free. */
void table_end(void);
/* Teardown: a test that failed leaves no table to the next. */
int table_drop(void **state);

/* QPN and the number that makes the GID. */
struct ipoib_addr addr_of(uint32_t qpn, uint32_t gid);
struct ipoib_neigh_rec *rec_add(const struct ipoib_addr *a, uint64_t now);
/* Publish with a new handle; @return it. */
uint32_t rec_valid(struct ipoib_neigh_rec *rec, uint64_t now);
struct ipoib_neigh_rec *rec_add_valid(const struct ipoib_addr *a, uint64_t now);
/* Look up one address. */
const struct ipoib_neigh_entry *look(const struct ipoib_addr *a, bool *usable);
/* Is it known to readers? */
bool known(const struct ipoib_addr *a);
/* The reader has nothing in hand any more. */
void quiesce(void);
struct ipoib_neigh_stats stats(void);
struct rte_mbuf *pkt(void);

/* All but the number, which may change under readers. */
static inline void
entry_copy(struct ipoib_neigh_entry *to, const struct ipoib_neigh_entry *from)
{
	memcpy(to, from, offsetof(struct ipoib_neigh_entry, reserved));
}

/* The same but for what tells whether an entry is published: the flags octet and the number? */
static inline bool
entry_equal(const struct ipoib_neigh_entry *a, const struct ipoib_neigh_entry *b)
{
	return memcmp(a->addr.qpn, b->addr.qpn,
			       offsetof(struct ipoib_neigh_entry, reserved) -
					       sizeof(a->addr.flags)) == 0;
}

#endif /* NEIGH_FIXTURE_H */

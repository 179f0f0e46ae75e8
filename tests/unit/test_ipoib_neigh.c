/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* The neighbour table: lookup, records, states, waiting packets, bad input. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_hash.h>
#include <rte_hash_crc.h>

#include "neigh_fixture.h"

static const struct ipoib_neigh_cfg plain = { .gc_thresh3 = 1024 };

static void
test_create_bad_input(void **state)
{
	static const struct ipoib_neigh_cfg bad[] = {
		{ .name = "" },
		{ .name = "a-name-of-21-letters." },
		{ .gc_thresh3 = (1u << 22) + 1 },
		{ .gc_thresh3 = UINT32_MAX },
		{ .gc_thresh3 = 100, .gc_thresh2 = 101 },
		{ .gc_thresh3 = 100, .gc_thresh2 = 50, .gc_thresh1 = 51 },
		{ .gc_thresh3 = 100, .gc_thresh1 = 76 }, /* above the default gc_thresh2 */
		{ .gc_thresh3 = 100, .gc_thresh3_max = 99 },
		{ .gc_interval = 86401 },
		{ .queue_len = 4097 },
		{ .reclaim_max = (1u << 22) + 1 },
	};
	struct ipoib_neigh_cfg c = { .name = "t", .rcu = NULL };
	struct ipoib_neigh *t = NULL;
	uint32_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(bad); i++) {
		fix.t = NULL;
		if (table_try(&bad[i]) != -EINVAL || fix.t != NULL)
			fail_msg("case %u was accepted", i);
	}
	assert_int_equal(ipoib_neigh_create(NULL, &t), -EINVAL);
	assert_int_equal(ipoib_neigh_create(&c, &t), -EINVAL);
	c.rcu = fix.rcu;
	assert_int_equal(ipoib_neigh_create(&c, NULL), -EINVAL);
	c.name = NULL;
	assert_int_equal(ipoib_neigh_create(&c, &t), -EINVAL);
	c.name = "t";
	c.socket = -2;
	assert_int_equal(ipoib_neigh_create(&c, &t), -EINVAL);
	assert_null(t);
	ipoib_neigh_destroy(NULL);
}

static void
test_create_twice(void **state)
{
	struct ipoib_neigh_cfg huge = { .gc_thresh3 = 1u << 22 };
	struct ipoib_neigh *first;

	(void)state;
	/* More than this process has: nothing may be left behind. */
	assert_int_equal(table_try(&huge), -ENOMEM);
	table_new(&plain);
	first = fix.t;
	assert_int_equal(table_try(&plain), -EEXIST);
	fix.t = first;
	table_end();
	table_new(&plain);
	table_end();
}

static void
test_lookup_limits(void **state)
{
	const struct ipoib_neigh_entry *e[65];
	const struct ipoib_addr *keys[65];
	struct ipoib_addr a[65];
	uint64_t hits;
	uint32_t i;

	(void)state;
	table_new(&plain);
	for (i = 0; i < 65; i++) {
		a[i] = addr_of(0x100 + i, i / 4);
		keys[i] = &a[i];
		rec_add_valid(&a[i], T0);
	}
	assert_int_equal(ipoib_neigh_lookup_bulk(fix.t, keys, 0, &hits, e), -EINVAL);
	assert_int_equal(ipoib_neigh_lookup_bulk(fix.t, keys, 65, &hits, e), -EINVAL);
	assert_int_equal(ipoib_neigh_lookup_bulk(fix.t, keys, 64, &hits, e), 64);
	assert_true(hits == UINT64_MAX);
	for (i = 0; i < 64; i++) {
		assert_memory_equal(&e[i]->addr, &a[i], sizeof(a[i]));
		assert_int_equal(e[i]->qpn, 0x100 + i);
		assert_int_equal(e[i]->ah, i + 1);
		assert_int_equal(e[i]->mtu, 2044);
		assert_int_equal(e[i]->state, IPOIB_NEIGH_VALID);
	}
	table_end();
}

/* Mask bit i speaks of key i: every third valid, every third resolving, the rest unknown. */
static void
test_lookup_mask(void **state)
{
	const struct ipoib_neigh_entry *e[64];
	const struct ipoib_addr *keys[64];
	struct ipoib_addr a[64];
	uint64_t hits = 0;
	uint32_t i;

	(void)state;
	table_new(&plain);
	for (i = 0; i < 64; i++) {
		a[i] = addr_of(7, 1000 + i);
		keys[i] = &a[i];
		e[i] = (const void *)&a;
		if (i % 3 == 0)
			rec_add_valid(&a[i], T0);
		else if (i % 3 == 1)
			ipoib_neigh_set_resolving(fix.t, rec_add(&a[i], T0));
	}
	assert_int_equal(ipoib_neigh_lookup_bulk(fix.t, keys, 64, &hits, e), 22);
	for (i = 0; i < 64; i++) {
		assert_int_equal((hits >> i) & 1, i % 3 == 0);
		if (i % 3 == 2)
			assert_null(e[i]);
		else
			assert_memory_equal(&e[i]->addr, &a[i], sizeof(a[i]));
	}
	table_end();
}

static void
test_flags_do_not_count(void **state)
{
	struct ipoib_addr a = addr_of(0x48, 9), b = a;
	struct ipoib_neigh_rec *rec, *again;
	uint32_t flags;

	(void)state;
	table_new(&plain);
	a.flags = IPOIB_ADDR_F_RC;
	rec = rec_add_valid(&a, T0);
	assert_int_equal(ipoib_neigh_rec_addr(rec)->flags, 0);
	for (flags = 0; flags < 256; flags++) {
		b.flags = (uint8_t)flags;
		assert_int_equal(ipoib_neigh_add(fix.t, &b, T0, &again), 1);
		assert_ptr_equal(again, rec);
		assert_ptr_equal(ipoib_neigh_find(fix.t, &b), rec);
		assert_non_null(look(&b, NULL));
		assert_int_equal(look(&b, NULL)->addr.flags, 0);
	}
	assert_int_equal(stats().entries, 1);
	table_end();
}

/* Every other octet counts: one changed bit is another neighbour. */
static void
test_every_octet_counts(void **state)
{
	struct ipoib_addr a = addr_of(0x48, 9), b;
	uint32_t bit;

	(void)state;
	table_new(&plain);
	rec_add_valid(&a, T0);
	for (bit = 8; bit < 160; bit++) {
		b = a;
		((uint8_t *)&b)[bit / 8] ^= 1u << (bit % 8);
		assert_false(known(&b));
		assert_null(look(&b, NULL));
		rec_add_valid(&b, T0);
	}
	assert_int_equal(stats().entries, 153);
	table_end();
}

/* Probe all 255 other values of one octet of an address that is there. */
static uint32_t
probe_octet(const struct ipoib_addr *a, uint32_t octet)
{
	const struct ipoib_neigh_entry *e[51];
	const struct ipoib_addr *keys[51];
	struct ipoib_addr b[51];
	uint32_t i, v = 1, found = 0;
	uint64_t hits;

	while (v < 256) {
		for (i = 0; i < 51; i++, v++) {
			b[i] = *a;
			((uint8_t *)&b[i])[octet] ^= v;
			keys[i] = &b[i];
		}
		found += ipoib_neigh_lookup_bulk(fix.t, keys, 51, &hits, e) != 0;
	}
	return found;
}

/*
 * The same where signature and bucket agree, so that only the comparison tells: in a
 * table of two buckets one key of 2^16 gets so far, so probe enough of them.
 */
static void
test_every_octet_compared(void **state)
{
	struct ipoib_neigh_cfg c = { .gc_thresh3 = 8, .gc_thresh2 = 8, .reclaim_max = 8 };
	uint32_t round, i, octet;
	struct ipoib_addr a[8];

	(void)state;
	for (round = 0; round < 400; round++) {
		table_new(&c);
		for (i = 0; i < 8; i++) {
			a[i] = addr_of(round * 8 + i, round);
			memset(&a[i].gid.raw[8], 17 * i, 4); /* no two differ in one octet */
			rec_add_valid(&a[i], T0);
			quiesce();
		}
		for (i = 0; i < 8; i++) {
			for (octet = 1; octet < 20; octet++) {
				assert_int_equal(probe_octet(&a[i], octet), 0);
			}
		}
		table_end();
	}
}

/* Addresses whose CRC is the same for every initial value: by linear algebra. */
static uint32_t
crc_of(const uint8_t key[20], uint32_t init)
{
	return rte_hash_crc(key, 20, init);
}

#define CRC_BITS 96
static uint32_t
crc_kernel(uint8_t basis[CRC_BITS][20])
{
	uint8_t zero[20] = { 0 }, v[20], pivot[32][20];
	uint32_t img, pivot_img[32] = { 0 };
	uint32_t bit, i, k, nb = 0;

	for (bit = 0; bit < CRC_BITS; bit++) {
		memset(v, 0, sizeof(v));
		v[8 + bit / 8] = 1u << (bit % 8);
		img = crc_of(v, 0) ^ crc_of(zero, 0);
		for (i = 0; i < 32; i++) {
			if ((img >> i & 1) == 0)
				continue;
			if (pivot_img[i] == 0) {
				pivot_img[i] = img;
				memcpy(pivot[i], v, sizeof(v));
				break;
			}
			img ^= pivot_img[i];
			for (k = 0; k < 20; k++)
				v[k] ^= pivot[i][k];
		}
		if (img == 0)
			memcpy(basis[nb++], v, sizeof(v));
	}
	return nb;
}

static void
crc_collider(uint8_t basis[CRC_BITS][20], uint32_t n, struct ipoib_addr *a)
{
	uint8_t *b = (uint8_t *)a;
	uint32_t i, k;

	memset(b, 0, 20);
	b[2] = 1;
	for (i = 0; n >> i != 0; i++) {
		for (k = 0; k < 20 && (n >> i & 1) != 0; k++)
			b[k] ^= basis[i][k];
	}
}

static void
test_crc_colliders_spread(void **state)
{
	struct rte_hash_parameters p = { .name = "crc",
		.entries = 16384,
		.key_len = 20,
		.hash_func = rte_hash_crc,
		.socket_id = SOCKET_ID_ANY };
	struct ipoib_neigh_cfg c = { .gc_thresh3 = 10000 };
	uint8_t basis[CRC_BITS][20];
	struct ipoib_addr a, first;
	struct rte_hash *crc;
	uint32_t i, taken = 0;

	(void)state;
	assert_true(crc_kernel(basis) >= 14);
	crc = rte_hash_create(&p);
	table_new(&c);
	crc_collider(basis, 0, &first);
	for (i = 0; i < 10000; i++) {
		crc_collider(basis, i, &a);
		assert_int_equal(crc_of((uint8_t *)&a, 77), crc_of((uint8_t *)&first, 77));
		taken += rte_hash_add_key(crc, &a) >= 0;
		rec_add_valid(&a, T0);
	}
	/* Two buckets of 8: what the attack does to a CRC table. */
	assert_int_equal(taken, 16);
	assert_int_equal(stats().entries, 10000);
	for (i = 0; i < 10000; i++) {
		crc_collider(basis, i, &a);
		assert_int_equal(look(&a, NULL)->ah, i + 1);
	}
	rte_hash_free(crc);
	table_end();
}

/* A table as full as it may be takes every entry, again and again. */
static void
test_full_table(void **state)
{
	struct ipoib_neigh_cfg c = { .gc_thresh3 = 16000, .gc_thresh2 = 16000, .reclaim_max = 64 };
	struct ipoib_neigh_rec *rec;
	struct ipoib_addr a;
	uint32_t i, round;

	(void)state;
	table_new(&c);
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 16000; i++) {
			a = addr_of(0x48 + i % 3, i);
			rec_add_valid(&a, T0);
			quiesce();
		}
		a = addr_of(1000, 1000);
		assert_int_equal(ipoib_neigh_add(fix.t, &a, T0, &rec), -ENOSPC);
		assert_null(rec);
		assert_int_equal(stats().table_full, round + 1);
		for (i = 0; i < 16000; i++) {
			a = addr_of(0x48 + i % 3, i);
			assert_int_equal(ipoib_neigh_del(fix.t, ipoib_neigh_find(fix.t, &a)), 0);
			assert_null(look(&a, NULL));
			quiesce();
		}
		assert_int_equal(stats().entries, 0);
	}
	assert_int_equal(stats().removed, 48000);
	table_end();
}

static void
expect_state(const struct ipoib_addr *a, uint8_t want)
{
	const struct ipoib_neigh_entry *e;
	struct ipoib_neigh_stats s = stats();
	bool usable;
	uint32_t i;

	e = look(a, &usable);
	assert_int_equal(e->state, want);
	assert_int_equal(usable, want == IPOIB_NEIGH_VALID || want == IPOIB_NEIGH_STALE);
	assert_int_equal(ipoib_neigh_rec_state(ipoib_neigh_find(fix.t, a)), want);
	for (i = 0; i <= IPOIB_NEIGH_FAILED; i++)
		assert_int_equal(s.by_state[i], i == want);
}

static void
test_states(void **state)
{
	struct ipoib_addr a = addr_of(0x48, 9);
	struct ipoib_neigh_value v;
	struct ipoib_neigh_rec *rec;

	(void)state;
	table_new(&plain);
	rec = rec_add(&a, T0);
	expect_state(&a, IPOIB_NEIGH_INCOMPLETE);
	assert_int_equal(ipoib_neigh_set_stale(fix.t, rec), 0);
	expect_state(&a, IPOIB_NEIGH_INCOMPLETE);
	assert_int_equal(ipoib_neigh_set_resolving(fix.t, rec), 0);
	expect_state(&a, IPOIB_NEIGH_RESOLVING);
	assert_int_equal(ipoib_neigh_set_failed(fix.t, rec, T0), 0);
	expect_state(&a, IPOIB_NEIGH_FAILED);
	assert_int_equal(ipoib_neigh_set_resolving(fix.t, rec), 0);
	expect_state(&a, IPOIB_NEIGH_RESOLVING);
	rec_valid(rec, T0);
	expect_state(&a, IPOIB_NEIGH_VALID);
	assert_int_equal(ipoib_neigh_set_resolving(fix.t, rec), 0);
	expect_state(&a, IPOIB_NEIGH_VALID);
	assert_int_equal(ipoib_neigh_set_stale(fix.t, rec), 0);
	expect_state(&a, IPOIB_NEIGH_STALE);
	assert_int_equal(look(&a, NULL)->ah, 1);
	assert_int_equal(ipoib_neigh_set_resolving(fix.t, rec), 0);
	expect_state(&a, IPOIB_NEIGH_STALE);
	rec_valid(rec, T0);
	expect_state(&a, IPOIB_NEIGH_VALID);
	assert_int_equal(look(&a, NULL)->ah, 2);
	ipoib_neigh_rec_value(rec, &v);
	assert_int_equal(v.ah, 2);
	assert_int_equal(v.mtu, 2044);
	table_end();
}

/* A dead SA never stops flows that have a path. */
static void
test_failed_keeps_path(void **state)
{
	struct ipoib_addr a = addr_of(0x48, 9);
	struct ipoib_neigh_rec *rec;
	uint32_t i;

	(void)state;
	table_new(&plain);
	rec = rec_add_valid(&a, T0);
	for (i = 0; i < 3; i++) {
		assert_int_equal(ipoib_neigh_set_failed(fix.t, rec, T0), 0);
		expect_state(&a, IPOIB_NEIGH_STALE);
		assert_int_equal(look(&a, NULL)->ah, 1);
	}
	quiesce();
	ipoib_neigh_iterate(fix.t, T0 + 10 * SEC, ALL);
	assert_int_equal(fix.nb_released, 0);
	expect_state(&a, IPOIB_NEIGH_STALE);
	table_end();
}

static void
test_state_names(void **state)
{
	(void)state;
	assert_string_equal(ipoib_neigh_state_name(IPOIB_NEIGH_INCOMPLETE), "incomplete");
	assert_string_equal(ipoib_neigh_state_name(IPOIB_NEIGH_RESOLVING), "resolving");
	assert_string_equal(ipoib_neigh_state_name(IPOIB_NEIGH_VALID), "valid");
	assert_string_equal(ipoib_neigh_state_name(IPOIB_NEIGH_STALE), "stale");
	assert_string_equal(ipoib_neigh_state_name(IPOIB_NEIGH_FAILED), "failed");
	assert_string_equal(ipoib_neigh_state_name(99), "unknown");
}

/* Many misses for one destination: one record, all packets up to the bound, in order. */
static void
test_one_record_many_misses(void **state)
{
	struct ipoib_addr a = addr_of(0x48, 9);
	struct rte_mbuf *m[20], *out[32];
	struct ipoib_neigh_rec *rec;
	uint32_t i;

	(void)state;
	table_new(&plain);
	for (i = 0; i < 20; i++) {
		assert_int_equal(ipoib_neigh_add(fix.t, &a, T0, &rec), i != 0);
		m[i] = pkt();
		if (i < 16)
			assert_int_equal(ipoib_neigh_enqueue(fix.t, rec, m[i]), 0);
		else
			assert_int_equal(ipoib_neigh_enqueue(fix.t, rec, m[i]), -ENOBUFS);
	}
	rte_pktmbuf_free_bulk(&m[16], 4);
	assert_int_equal(stats().added, 1);
	assert_int_equal(stats().queued, 16);
	assert_int_equal(stats().queue_full, 4);
	assert_int_equal(ipoib_neigh_rec_queued(rec), 16);
	assert_int_equal(ipoib_neigh_dequeue(fix.t, rec, out, 5), 5);
	assert_int_equal(ipoib_neigh_dequeue(fix.t, rec, &out[5], 27), 11);
	assert_int_equal(ipoib_neigh_dequeue(fix.t, rec, &out[16], 1), 0);
	for (i = 0; i < 16; i++)
		assert_ptr_equal(out[i], m[i]);
	rte_pktmbuf_free_bulk(out, 16);
	assert_int_equal(stats().queued, 0);
	table_end();
}

static void
test_queue_total(void **state)
{
	struct ipoib_neigh_cfg c = { .gc_thresh3 = 64, .queue_len = 4, .queue_total = 10 };
	struct ipoib_neigh_rec *rec;
	struct ipoib_addr a;
	struct rte_mbuf *m;
	uint32_t i;

	(void)state;
	table_new(&c);
	for (i = 0; i < 12; i++) {
		a = addr_of(0x48, i / 4);
		ipoib_neigh_add(fix.t, &a, T0, &rec);
		m = pkt();
		assert_int_equal(ipoib_neigh_enqueue(fix.t, rec, m), i < 10 ? 0 : -ENOBUFS);
		if (i >= 10)
			rte_pktmbuf_free(m);
	}
	/* A failure frees and makes room again. */
	assert_int_equal(ipoib_neigh_set_failed(fix.t, rec, T0), 2);
	assert_int_equal(stats().queued, 8);
	assert_int_equal(ipoib_neigh_del(fix.t, ipoib_neigh_find(fix.t, &a)), 0);
	assert_int_equal(fix.evict_pkts, 0);
	a = addr_of(0x48, 0);
	assert_int_equal(ipoib_neigh_del(fix.t, ipoib_neigh_find(fix.t, &a)), 0);
	assert_int_equal(fix.evict_pkts, 4);
	assert_int_equal(stats().queued, 4);
	assert_int_equal(ipoib_neigh_flush(fix.t), 1);
	assert_int_equal(fix.evict_pkts, 8);
	assert_int_equal(stats().queued, 0);
	table_end();
}

/* The queue against a model, with wrap-around; no memory when empty. */
static void
test_pktq(void **state)
{
	struct rte_mbuf fake[8], *out[8];
	uint32_t in = 0, gone = 0, i, k, n, want;
	struct ipoib_pktq q;

	(void)state;
	ipoib_pktq_init(&q, 0);
	assert_int_equal(ipoib_pktq_push(&q, &fake[0]), -ENOBUFS);
	ipoib_pktq_init(&q, 5);
	assert_int_equal(ipoib_pktq_pop(&q, out, 8), 0);
	srand(1);
	for (i = 0; i < 10000; i++) {
		if (rand() % 2 != 0) {
			want = in - gone < 5;
			assert_int_equal(ipoib_pktq_push(&q, &fake[in % 8]), want ? 0 : -ENOBUFS);
			in += want;
		} else {
			n = rand() % 4;
			want = RTE_MIN(n, in - gone);
			assert_int_equal(ipoib_pktq_pop(&q, out, n), want);
			for (k = 0; k < want; k++)
				assert_ptr_equal(out[k], &fake[gone++ % 8]);
		}
		assert_int_equal(ipoib_pktq_count(&q), in - gone);
		assert_int_equal(q.pkts == NULL, in == gone);
	}
	ipoib_pktq_pop(&q, out, 8);
	assert_int_equal(ipoib_pktq_push(&q, pkt()), 0);
	assert_int_equal(ipoib_pktq_push(&q, pkt()), 0);
	assert_int_equal(ipoib_pktq_free(&q), 2);
	assert_null(q.pkts);
	assert_int_equal(rte_mempool_avail_count(fix.pool), 511);
}

static void
count_rec(void *arg, struct ipoib_neigh_rec *rec)
{
	uint32_t *seen = arg;

	seen[ipoib_addr_qpn(ipoib_neigh_rec_addr(rec))]++;
}

static void
del_rec(void *arg, struct ipoib_neigh_rec *rec)
{
	count_rec(arg, rec);
	assert_int_equal(ipoib_neigh_del(fix.t, rec), 0);
}

/* 50 GIDs of 1..50 QPNs each; QPNs are numbered through. */
static void
test_walk_gid(void **state)
{
	uint32_t seen[1300], gid, i, first, qpn = 0;
	struct ipoib_addr a;

	(void)state;
	table_new(&(struct ipoib_neigh_cfg){ .gc_thresh3 = 1275, .gc_thresh2 = 1275 });
	for (gid = 1; gid <= 50; gid++) {
		for (i = 0; i < gid; i++) {
			a = addr_of(qpn++, gid);
			rec_add_valid(&a, T0);
		}
	}
	for (gid = 50, first = qpn; gid >= 1; gid--) {
		first -= gid;
		memset(seen, 0, sizeof(seen));
		a = addr_of(0, gid);
		/* First look, then take the first, one in the middle and the last, then all. */
		ipoib_neigh_walk_gid(fix.t, &a.gid, count_rec, seen);
		for (i = 0; i < 1300; i++)
			assert_int_equal(seen[i], i >= first && i < first + gid);
		for (i = 0; i < 3 && gid > 2; i++) {
			a = addr_of(first + i * (gid - 1) / 2, gid);
			assert_int_equal(ipoib_neigh_del(fix.t, ipoib_neigh_find(fix.t, &a)), 0);
		}
		memset(seen, 0, sizeof(seen));
		ipoib_neigh_walk_gid(fix.t, &a.gid, del_rec, seen);
		for (i = 0; i < 1300; i++)
			assert_true(seen[i] <= (i >= first && i < first + gid));
		ipoib_neigh_walk_gid(fix.t, &a.gid, del_rec, NULL);
		assert_int_equal(stats().entries, gid * (gid - 1) / 2);
		quiesce();
	}
	table_end();
}

/* Few GIDs in fewer buckets, random order, against a plain array. */
static void
test_walk_gid_random(void **state)
{
	struct ipoib_neigh_cfg c = { .gc_thresh3 = 48, .gc_thresh2 = 48 };
	bool there[48] = { false };
	uint32_t seen[48], round, step, i;
	struct ipoib_addr a;

	(void)state;
	srand(5);
	for (round = 0; round < 5; round++) {
		table_new(&c);
		memset(there, 0, sizeof(there));
		for (step = 0; step < 2000; step++) {
			i = rand() % 48;
			a = addr_of(i, i / 3);
			if (there[i])
				ipoib_neigh_del(fix.t, ipoib_neigh_find(fix.t, &a));
			else
				rec_add(&a, T0);
			there[i] = !there[i];
			quiesce();
			a = addr_of(0, rand() % 16);
			memset(seen, 0, sizeof(seen));
			ipoib_neigh_walk_gid(fix.t, &a.gid, count_rec, seen);
			for (i = 0; i < 48; i++)
				assert_int_equal(seen[i], there[i] && i / 3 == a.gid.raw[15]);
		}
		table_end();
	}
}

static void
test_walk_all(void **state)
{
	uint32_t seen[300] = { 0 }, i;
	struct ipoib_addr a;

	(void)state;
	table_new(&plain);
	for (i = 0; i < 300; i++) {
		a = addr_of(i, i % 7);
		rec_add(&a, T0);
	}
	ipoib_neigh_walk(fix.t, count_rec, seen);
	for (i = 0; i < 300; i++)
		assert_int_equal(seen[i], 1);
	ipoib_neigh_walk(fix.t, del_rec, seen);
	for (i = 0; i < 300; i++)
		assert_int_equal(seen[i], 2);
	assert_int_equal(stats().entries, 0);
	ipoib_neigh_walk(fix.t, count_rec, NULL);
	table_end();
}

static void
test_user_and_evict(void **state)
{
	struct ipoib_addr a = addr_of(0x48, 9);
	struct ipoib_neigh_rec *rec;

	(void)state;
	table_new(&plain);
	rec = rec_add(&a, T0);
	assert_null(ipoib_neigh_rec_user(rec));
	ipoib_neigh_rec_user_set(rec, &a);
	rec_valid(rec, T0);
	assert_ptr_equal(ipoib_neigh_rec_user(rec), &a);
	assert_int_equal(ipoib_neigh_del(fix.t, rec), 0);
	assert_int_equal(fix.nb_evict, 1);
	assert_memory_equal(&fix.evicted, &a, sizeof(a));
	/* The slot must come back clean. */
	quiesce();
	ipoib_neigh_iterate(fix.t, T0, ALL);
	rec = rec_add(&a, T0);
	assert_null(ipoib_neigh_rec_user(rec));
	assert_int_equal(ipoib_neigh_rec_state(rec), IPOIB_NEIGH_INCOMPLETE);
	assert_int_equal(ipoib_neigh_enqueue(fix.t, rec, pkt()), 0);
	table_end();
	assert_int_equal(fix.nb_evict, 2);
	assert_int_equal(fix.evict_pkts, 1);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_create_bad_input, table_drop),
		cmocka_unit_test_teardown(test_create_twice, table_drop),
		cmocka_unit_test_teardown(test_lookup_limits, table_drop),
		cmocka_unit_test_teardown(test_lookup_mask, table_drop),
		cmocka_unit_test_teardown(test_flags_do_not_count, table_drop),
		cmocka_unit_test_teardown(test_every_octet_counts, table_drop),
		cmocka_unit_test_teardown(test_every_octet_compared, table_drop),
		cmocka_unit_test_teardown(test_crc_colliders_spread, table_drop),
		cmocka_unit_test_teardown(test_full_table, table_drop),
		cmocka_unit_test_teardown(test_states, table_drop),
		cmocka_unit_test_teardown(test_failed_keeps_path, table_drop),
		cmocka_unit_test_teardown(test_state_names, table_drop),
		cmocka_unit_test_teardown(test_one_record_many_misses, table_drop),
		cmocka_unit_test_teardown(test_queue_total, table_drop),
		cmocka_unit_test_teardown(test_pktq, table_drop),
		cmocka_unit_test_teardown(test_walk_gid, table_drop),
		cmocka_unit_test_teardown(test_walk_gid_random, table_drop),
		cmocka_unit_test_teardown(test_walk_all, table_drop),
		cmocka_unit_test_teardown(test_user_and_evict, table_drop),
	};
	int ret;

	(void)argc;
	ret = fixture_start(argv[0]);
	if (ret != 0)
		return ret;
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	fixture_stop();
	return ret;
}

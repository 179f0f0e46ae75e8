/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * ICRC and VCRC against a bit-serial reference (argument 1, run by the test),
 * scapy's RoCEv2 ICRC and a published sample packet. No EAL is needed.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ib_crc.h"
#include "ib_hdr.h"

#define PACKET_MAX 65600
#define SEGS_MAX 64
#define ROOM 64

static const char *oracle;

struct vector {
	uint8_t data[PACKET_MAX + IB_ICRC_LEN + IB_VCRC_LEN];
	uint32_t len; /* LRH through pad */
	uint32_t icrc;
	uint16_t vcrc;
};

struct chain {
	struct rte_mbuf seg[SEGS_MAX];
	uint8_t *mem[SEGS_MAX];
	uint16_t n;
};

static const enum ib_crc_impl impls[] = { IB_CRC_TABLES, IB_CRC_CLMUL, IB_CRC_VCLMUL };
static uint64_t random_state = UINT64_C(0x9e3779b97f4a7c15);

static uint32_t
random_below(uint32_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 32) % n;
}

static uint32_t
unhex(const char *s, uint8_t *out, uint32_t max)
{
	uint32_t n = 0;
	unsigned int v;

	for (; n < max && sscanf(s, "%2x", &v) == 1 && s[1] != '\0'; s += 2)
		out[n++] = (uint8_t)v;
	return n;
}

/* Copy a packet into exact-size heap blocks, so that a checker sees any read outside. */
static void
chain_make(struct chain *c, const uint8_t *data, uint32_t len, uint32_t off, uint32_t seg_max)
{
	uint32_t room = len + off, done = 0, n;

	memset(c, 0, sizeof(*c));
	while (done < room) {
		struct rte_mbuf *m = &c->seg[c->n];
		uint32_t i;

		n = c->n == SEGS_MAX - 1 ? room - done : random_below(seg_max) + 1;
		n = n < room - done ? n : room - done;
		c->mem[c->n] = malloc(n);
		assert_non_null(c->mem[c->n]);
		for (i = 0; i < n; i++)
			c->mem[c->n][i] = done + i < off ? 0xa5 : data[done + i - off];
		m->buf_addr = c->mem[c->n];
		m->data_len = (uint16_t)n;
		if (c->n > 0)
			c->seg[c->n - 1].next = m;
		c->n++;
		done += n;
	}
	c->seg[0].pkt_len = room;
	c->seg[0].nb_segs = c->n;
}

static void
chain_free(struct chain *c)
{
	while (c->n > 0)
		free(c->mem[--c->n]);
}

static void
check_chain(struct vector *v, uint32_t seg_max)
{
	uint32_t off = random_below(ROOM), with_icrc = v->len + IB_ICRC_LEN;
	struct chain c;
	uint32_t icrc;
	uint16_t vcrc;

	chain_make(&c, v->data, with_icrc, off, seg_max);
	assert_int_equal(ib_icrc(c.seg, off, v->len), v->icrc);
	assert_int_equal(ib_vcrc(c.seg, off, with_icrc), v->vcrc);
	/* What lies behind the packet must not count. */
	ib_crc_both(c.seg, off, v->len, &icrc, &vcrc);
	assert_int_equal(icrc, v->icrc);
	assert_int_equal(vcrc, v->vcrc);
	chain_free(&c);
	/* And it must not be needed. */
	chain_make(&c, v->data, v->len, off, seg_max);
	ib_crc_both(c.seg, off, v->len, &icrc, &vcrc);
	assert_int_equal(icrc, v->icrc);
	assert_int_equal(vcrc, v->vcrc);
	chain_free(&c);
}

static void
check_vector(struct vector *v)
{
	uint32_t seg_max[] = { 1, 3, 17, 100, v->len + ROOM + IB_ICRC_LEN };
	size_t i;

	assert_int_equal(ib_icrc_buf(v->data, v->len), v->icrc);
	assert_int_equal(ib_vcrc_buf(v->data, v->len + IB_ICRC_LEN), v->vcrc);
	for (i = 0; i < sizeof(seg_max) / sizeof(seg_max[0]); i++)
		check_chain(v, seg_max[i]);
}

/* Calls fn for every implementation that this machine has. */
static void
each_impl(void (*fn)(void))
{
	size_t i;
	int ret;

	for (i = 0; i < sizeof(impls) / sizeof(impls[0]); i++) {
		ret = ib_crc_use(impls[i]);
		if (ret != 0) {
			assert_int_not_equal(impls[i], IB_CRC_TABLES);
			print_message("implementation %d: not on this CPU\n", impls[i]);
			continue;
		}
		fn();
	}
	ib_crc_init();
}

static void
sample_each(void)
{
	/* An RC packet whose CRCs two independent programs agreed on. */
	static struct vector v;

	v.len = unhex("7012375C000E17D20A2024870087B1B3000DEC2A01710A1C015D400238F27A05"
		      "0000000EBB884D85FD5CFBA4728BC0690ED40000",
			v.data, PACKET_MAX);
	assert_int_equal(v.len, 52);
	unhex("9625B75A", v.data + v.len, IB_ICRC_LEN);
	v.icrc = 0x5ab72596;
	v.vcrc = 0xfa45;
	check_vector(&v);
}

static void
test_sample(void **state)
{
	(void)state;
	each_impl(sample_each);
}

static FILE *
oracle_open(const char *args)
{
	char command[512];
	FILE *f;

	snprintf(command, sizeof(command), "'%s' %s", oracle, args);
	f = popen(command, "r");
	assert_non_null(f);
	return f;
}

/* One line of the oracle; false at the end. */
static bool
oracle_read(FILE *f, struct vector *v)
{
	static char line[2 * PACKET_MAX + 64];
	char *icrc, *vcrc;
	uint8_t b[2];

	if (fgets(line, sizeof(line), f) == NULL)
		return false;
	icrc = strchr(line, ' ');
	assert_non_null(icrc);
	*icrc++ = '\0';
	vcrc = strchr(icrc, ' ');
	v->len = unhex(line, v->data, PACKET_MAX);
	assert_int_equal(unhex(icrc, v->data + v->len, IB_ICRC_LEN), IB_ICRC_LEN);
	memcpy(&v->icrc, v->data + v->len, IB_ICRC_LEN);
	if (vcrc != NULL) {
		assert_int_equal(unhex(vcrc + 1, b, sizeof(b)), sizeof(b));
		v->vcrc = (uint16_t)(b[0] | b[1] << 8);
	}
	return true;
}

static void
reference_each(void)
{
	static struct vector v;
	unsigned int n = 0;
	FILE *f = oracle_open("packets 4391 60");

	while (oracle_read(f, &v)) {
		check_vector(&v);
		n++;
	}
	assert_int_equal(pclose(f), 0);
	assert_true(n > 200);
}

static void
test_reference(void **state)
{
	(void)state;
	each_impl(reference_each);
}

static void
roce_each(void)
{
	static struct vector v;
	FILE *f = oracle_open("roce 4392");

	assert_true(oracle_read(f, &v));
	assert_int_equal(pclose(f), 0);
	assert_int_equal(v.len, 8 + 0xffff - IB_ICRC_LEN);
	assert_int_equal(ib_icrc_buf(v.data, v.len), v.icrc);
}

static void
test_scapy_roce(void **state)
{
	(void)state;
	each_impl(roce_each);
}

/* Does bit @p bit of octet @p octet count, by the standard's list of fields? */
static bool
bit_counts(bool global, unsigned int octet, unsigned int bit)
{
	unsigned int bth = global ? 48 : 8;

	if (octet == bth + 4)
		return false;
	if (!global)
		return octet != 0 || bit < 4;
	if (octet < 8 || (octet >= 9 && octet <= 11) || octet == 15)
		return false;
	return octet != 8 || bit >= 4;
}

static void
masked_bits_each(void)
{
	uint8_t p[120];
	unsigned int lnh, octet, bit, i;
	uint32_t before, after;
	uint16_t vcrc;

	for (lnh = IB_LNH_LOCAL; lnh <= IB_LNH_GLOBAL; lnh++) {
		for (i = 0; i < sizeof(p); i++)
			p[i] = (uint8_t)random_below(256);
		p[1] = (uint8_t)((p[1] & 0xfc) | lnh);
		before = ib_icrc_buf(p, sizeof(p));
		vcrc = ib_vcrc_buf(p, sizeof(p));
		for (octet = 0; octet < sizeof(p); octet++)
			for (bit = 0; bit < 8; bit++) {
				if (octet == 1 && bit < 2)
					continue; /* would change the layout */
				p[octet] ^= (uint8_t)(1 << bit);
				after = ib_icrc_buf(p, sizeof(p));
				assert_int_equal(after != before,
						bit_counts(lnh == IB_LNH_GLOBAL, octet, bit));
				assert_int_not_equal(ib_vcrc_buf(p, sizeof(p)), vcrc);
				p[octet] ^= (uint8_t)(1 << bit);
			}
	}
}

static void
test_masked_bits(void **state)
{
	(void)state;
	each_impl(masked_bits_each);
}

static void
test_use_unknown(void **state)
{
	(void)state;
	assert_int_not_equal(ib_crc_use((enum ib_crc_impl)99), 0);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_reference),
		cmocka_unit_test(test_scapy_roce),
		cmocka_unit_test(test_masked_bits),
		cmocka_unit_test(test_use_unknown),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: %s ORACLE\n", argv[0]);
		return 2;
	}
	oracle = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Layouts, addresses, ARP, MGIDs and text forms, against OpenSM's headers, the
 * examples of RFC 4391 and octets written by hand. No EAL is needed.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ib_hdr.h"
#include "iba_types.h"
#include "ipoib_proto.h"

static const struct ib_gid gid_a = { { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 2, 0xc9, 3, 0, 0, 0x12,
		0x34 } };

static void
test_opensm_constants(void **state)
{
	const struct iba_constants *c = iba_constants();

	(void)state;
	assert_int_equal(IB_MLID_FIRST, c->mlid_first);
	assert_int_equal(IB_LID_PERMISSIVE, c->lid_permissive);
	assert_int_equal(IB_PKEY_FULL | IB_PKEY_BASE(0xffff), c->default_pkey);
	assert_int_equal(IPOIB_SCOPE_LINK, c->scope_link_local);
	assert_int_equal(ib_mtu_from_code(c->mtu_code_256), 256);
	assert_int_equal(ib_mtu_from_code(c->mtu_code_4096), 4096);
	assert_int_equal(ib_mtu_from_code(c->mtu_code_256 - 1), 0);
	assert_int_equal(ib_mtu_from_code(c->mtu_code_4096 + 1), 0);
	assert_int_equal(sizeof(struct ib_grh), c->grh_len);
	assert_int_equal(sizeof(struct ib_gid), c->gid_len);
	assert_int_equal(offsetof(struct ib_grh, hoplmt), c->grh_hoplmt);
	assert_int_equal(offsetof(struct ib_grh, sgid), c->grh_sgid);
	assert_int_equal(offsetof(struct ib_grh, dgid), c->grh_dgid);
}

static void
test_rates(void **state)
{
	const struct iba_rate *r;

	(void)state;
	for (r = iba_rates(); r->code != 0; r++)
		assert_int_equal(ib_rate_from_code(r->code), r->mbps);
	assert_int_equal(ib_rate_from_code(0), 0);
	assert_int_equal(ib_rate_from_code(1), 0);
	assert_int_equal(ib_rate_from_code(63), 0);
}

/* Offsets from the drawings of IBA 7.7, 9.2 and 9.3.2. */
static void
test_layouts(void **state)
{
	(void)state;
	assert_int_equal(offsetof(struct ib_lrh, sl_lnh), 1);
	assert_int_equal(offsetof(struct ib_lrh, dlid), 2);
	assert_int_equal(offsetof(struct ib_lrh, len), 4);
	assert_int_equal(offsetof(struct ib_lrh, slid), 6);
	assert_int_equal(offsetof(struct ib_bth, flags), 1);
	assert_int_equal(offsetof(struct ib_bth, pkey), 2);
	assert_int_equal(offsetof(struct ib_bth, rsvd8a), 4);
	assert_int_equal(offsetof(struct ib_bth, dest_qpn), 5);
	assert_int_equal(offsetof(struct ib_bth, ackreq_psn), 8);
	assert_int_equal(offsetof(struct ib_deth, qkey), 0);
	assert_int_equal(offsetof(struct ib_deth, src_qpn), 5);
	assert_int_equal(offsetof(struct ib_grh, paylen), 4);
	assert_int_equal(offsetof(struct ib_grh, nxthdr), 6);
}

static void
test_lids(void **state)
{
	(void)state;
	assert_false(ib_lid_is_unicast(0));
	assert_true(ib_lid_is_unicast(1));
	assert_true(ib_lid_is_unicast(0xbfff));
	assert_false(ib_lid_is_unicast(0xc000));
	assert_false(ib_lid_is_multicast(0xbfff));
	assert_true(ib_lid_is_multicast(0xc000));
	assert_true(ib_lid_is_multicast(0xfffe));
	assert_false(ib_lid_is_multicast(0xffff));
	assert_false(ib_lid_is_unicast(0xffff));
}

static void
test_pkeys(void **state)
{
	static const uint16_t keys[] = { 0, 0x8000, 1, 0x8001, 2, 0x8002, 0x7fff, 0xffff };
	size_t i, k;

	(void)state;
	for (i = 0; i < RTE_DIM(keys); i++)
		for (k = 0; k < RTE_DIM(keys); k++)
			assert_int_equal(ib_pkey_match(keys[i], keys[k]),
					iba_pkey_match(keys[i], keys[k]));
}

static void
test_be24(void **state)
{
	uint8_t b[5] = { 0xee, 0xee, 0xee, 0xee, 0xee };
	static const uint8_t want[5] = { 0xee, 0x12, 0x34, 0x56, 0xee };

	(void)state;
	ib_put_be24(b + 1, 0xff123456);
	assert_memory_equal(b, want, sizeof(b));
	assert_int_equal(ib_get_be24(b + 1), 0x123456);
}

static void
test_gid_text(void **state)
{
	static const char *const bad[] = { "", "fe80", "fe80::1::2", "fe80::1 ", " fe80::1",
		"fe80::12345", "g::1", "fe80::1/64", "fe80:0:0:0:0:0:0:0:1", "1:2:3:4:5:6:7",
		"fe80::1%lo" };
	char buf[IB_GID_STRLEN];
	struct ib_gid g, before;
	size_t i;

	(void)state;
	assert_ptr_equal(ib_gid_format(&gid_a, buf, sizeof(buf)), buf);
	assert_string_equal(buf, "fe80:0000:0000:0000:0002:c903:0000:1234");
	assert_int_equal(strlen(buf) + 1, IB_GID_STRLEN);
	assert_int_equal(ib_gid_parse(buf, &g), 0);
	assert_true(ib_gid_equal(&g, &gid_a));
	for (i = 0; i < IB_GID_LEN; i++)
		g.raw[i] = (uint8_t)(0x10 + 0x0d * i);
	assert_string_equal(ib_gid_format(&g, buf, sizeof(buf)),
			"101d:2a37:4451:5e6b:7885:929f:acb9:c6d3");
	memset(&g, 0, sizeof(g));
	assert_int_equal(ib_gid_parse("FE80::2:C903:0:1234", &g), 0);
	assert_true(ib_gid_equal(&g, &gid_a));
	memset(&before, 0x5a, sizeof(before));
	for (i = 0; i < RTE_DIM(bad); i++) {
		g = before;
		assert_int_equal(ib_gid_parse(bad[i], &g), -EINVAL);
		assert_true(ib_gid_equal(&g, &before));
	}
}

static void
test_addr_text(void **state)
{
	static const char text[] = "00:12:34:56:fe:80:00:00:00:00:00:00:00:02:c9:03:00:00:12:34";
	static const char upper[] = "00:12:34:56:FE:80:00:00:00:00:00:00:00:02:C9:03:00:00:12:34";
	static const char shorter[] = "0:12:34:56:fe:80:0:0:0:0:0:0:0:2:c9:3:0:0:12:34";
	static const char *const good[] = { text, upper, shorter };
	struct ipoib_addr a, want;
	char buf[IPOIB_ADDR_STRLEN];
	size_t i;

	(void)state;
	ipoib_addr_set(&want, 0x123456, &gid_a);
	assert_ptr_equal(ipoib_addr_format(&want, buf, sizeof(buf)), buf);
	assert_string_equal(buf, text);
	assert_int_equal(strlen(buf) + 1, IPOIB_ADDR_STRLEN);
	for (i = 0; i < RTE_DIM(good); i++) {
		memset(&a, 0, sizeof(a));
		assert_int_equal(ipoib_addr_parse(good[i], &a), 0);
		assert_memory_equal(&a, &want, sizeof(a));
	}
	/* The flags octet is text like the others. */
	assert_int_equal(ipoib_addr_parse("80:12:34:56:fe:80:0:0:0:0:0:0:0:2:c9:3:0:0:12:34", &a),
			0);
	assert_int_equal(a.flags, IPOIB_ADDR_F_RC);
}

static void
test_addr_text_bad(void **state)
{
	static const char *const bad[] = { "", ":", "00",
		/* 19 and 21 octets, trailing and leading garbage */
		"00:12:34:56:fe:80:00:00:00:00:00:00:00:02:c9:03:00:00:12",
		"00:12:34:56:fe:80:00:00:00:00:00:00:00:02:c9:03:00:00:12:",
		"00:12:34:56:fe:80:00:00:00:00:00:00:00:02:c9:03:00:00:12:34:56",
		"00:12:34:56:fe:80:00:00:00:00:00:00:00:02:c9:03:00:00:12:34:",
		"00:12:34:56:fe:80:00:00:00:00:00:00:00:02:c9:03:00:00:12:34 ",
		" 00:12:34:56:fe:80:00:00:00:00:00:00:00:02:c9:03:00:00:12:34",
		"00:12:34:56:fe:80:00:00:00:00:00:00:00:02:c9:03:00:00:12:345",
		/* digits and separators */
		"00:12:34:56:fe:80:00:00:00:00:00:00:00:02:c9:03:00:00:12:g4",
		"00:12:34:56:fe:80:00:00:00:00:00:00:00:02:c9:03:00:00:12:4g",
		"00:12:34:56:fe:80:00:00:00:00:00:00:00:02:c9:03:00:00:12:-4",
		"00-12-34-56-fe-80-00-00-00-00-00-00-00-02-c9-03-00-00-12-34",
		"00::12:34:56:fe:80:00:00:00:00:00:00:00:02:c9:03:00:00:12:34",
		"00123456fe8000000000000000 02c90300001234", "000:12:34" };
	struct ipoib_addr a, before;
	size_t i;

	(void)state;
	memset(&before, 0x5a, sizeof(before));
	for (i = 0; i < RTE_DIM(bad); i++) {
		a = before;
		assert_int_equal(ipoib_addr_parse(bad[i], &a), -EINVAL);
		assert_memory_equal(&a, &before, sizeof(a));
	}
}

/* A short buffer is filled with whole octets and ended, never overrun. */
static void
test_addr_text_short(void **state)
{
	struct ipoib_addr a;
	char buf[IPOIB_ADDR_STRLEN + 1];
	size_t len;

	(void)state;
	ipoib_addr_set(&a, 1, &gid_a);
	for (len = 1; len <= IPOIB_ADDR_STRLEN; len++) {
		memset(buf, '!', sizeof(buf));
		ipoib_addr_format(&a, buf, len);
		assert_non_null(memchr(buf, '\0', len));
		assert_int_equal(buf[len], '!');
	}
}

static void
test_addr_equal(void **state)
{
	struct ipoib_addr a, b;
	size_t i;

	(void)state;
	ipoib_addr_set(&a, 0x48, &gid_a);
	assert_int_equal(a.flags, 0);
	assert_int_equal(ipoib_addr_qpn(&a), 0x48);
	b = a;
	b.flags = IPOIB_ADDR_F_RC | IPOIB_ADDR_F_UC;
	assert_true(ipoib_addr_equal(&a, &b));
	for (i = 1; i < IPOIB_ADDR_LEN; i++) {
		b = a;
		((uint8_t *)&b)[i] ^= 1;
		assert_false(ipoib_addr_equal(&a, &b));
	}
}

static void
test_addr_never_learnt(void **state)
{
	static const struct ib_gid zero;
	struct ib_gid multicast;
	struct ipoib_addr a;

	(void)state;
	ipoib_addr_set(&a, 2, &gid_a);
	assert_true(ipoib_addr_is_unicast_valid(&a));
	a.flags = 0xc0;
	assert_true(ipoib_addr_is_unicast_valid(&a));
	ipoib_addr_set(&a, 0xfffffe, &gid_a);
	assert_true(ipoib_addr_is_unicast_valid(&a));
	ipoib_addr_set(&a, 0, &gid_a);
	assert_false(ipoib_addr_is_unicast_valid(&a));
	ipoib_addr_set(&a, 1, &gid_a);
	assert_false(ipoib_addr_is_unicast_valid(&a));
	ipoib_addr_set(&a, 0xffffff, &gid_a);
	assert_false(ipoib_addr_is_unicast_valid(&a));
	ipoib_addr_set(&a, 2, &zero);
	assert_false(ipoib_addr_is_unicast_valid(&a));
	ipoib_mgid_broadcast(2, 0xffff, &multicast);
	ipoib_addr_set(&a, 2, &multicast);
	assert_false(ipoib_addr_is_unicast_valid(&a));
	assert_true(ipoib_addr_is_multicast(&a));
}

static void
check_mgid(const struct ib_gid *mgid, const char *want, uint16_t want_signature, uint16_t want_pkey,
		uint8_t want_scope)
{
	struct in6_addr expected;
	uint16_t signature, pkey;
	bool multicast;
	uint8_t scope;

	assert_int_equal(inet_pton(AF_INET6, want, &expected), 1);
	assert_memory_equal(mgid->raw, &expected, IB_GID_LEN);
	iba_ip_mgid(mgid->raw, &signature, &pkey, &scope, &multicast);
	assert_int_equal(signature, want_signature);
	assert_int_equal(pkey, want_pkey);
	assert_int_equal(scope, want_scope);
	assert_true(multicast);
}

static void
test_mgid_ipv4(void **state)
{
	struct ib_gid g;

	(void)state;
	ipoib_mgid_ipv4(2, 0x8001, 0xe0000002, &g); /* 224.0.0.2 */
	check_mgid(&g, "ff12:401b:8001::2", 0x401b, 0x8001, 2);
	ipoib_mgid_ipv4(2, 0x0001, 0xe0000002, &g); /* bit 15 is forced */
	check_mgid(&g, "ff12:401b:8001::2", 0x401b, 0x8001, 2);
	ipoib_mgid_ipv4(0xe, 0xffff, 0xefffffff, &g); /* 239.255.255.255 */
	check_mgid(&g, "ff1e:401b:ffff::fff:ffff", 0x401b, 0xffff, 0xe);
	ipoib_mgid_ipv4(2, 0x8001, 0xffffffff, &g);
	check_mgid(&g, "ff12:401b:8001::ffff:ffff", 0x401b, 0x8001, 2);
	ipoib_mgid_broadcast(5, 0x7fff, &g);
	check_mgid(&g, "ff15:401b:ffff::ffff:ffff", 0x401b, 0xffff, 5);
}

static void
test_mgid_ipv6(void **state)
{
	struct in6_addr group;
	struct ib_gid g;

	(void)state;
	inet_pton(AF_INET6, "ff02::1", &group);
	ipoib_mgid_ipv6(2, 0x8001, group.s6_addr, &g);
	check_mgid(&g, "ff12:601b:8001::1", 0x601b, 0x8001, 2);
	inet_pton(AF_INET6, "ff02:1:2:3:4:5:6:7", &group);
	ipoib_mgid_ipv6(2, 1, group.s6_addr, &g);
	check_mgid(&g, "ff12:601b:8001:3:4:5:6:7", 0x601b, 0x8001, 2);
}

/* RFC 4391 9.1.1, written out by hand. */
static const uint8_t arp_request[56] = {
	0x00, 0x20, 0x08, 0x00, 0x14, 0x04, 0x00, 0x01,		    /* IB, IPv4, 20, 4, request */
	0x00, 0x00, 0x00, 0x48, 0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, /* SHA */
	0x00, 0x00, 0x00, 0x02, 0xc9, 0x03, 0x00, 0x00, 0x12, 0x34, /* */
	0xc0, 0x00, 0x02, 0x01,					    /* 192.0.2.1 */
	0x00, 0x00, 0x00, 0x49, 0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, /* THA */
	0x00, 0x00, 0x00, 0x02, 0xc9, 0x03, 0x00, 0x00, 0x12, 0x34, /* */
	0xc6, 0x33, 0x64, 0x02,					    /* 198.51.100.2 */
};

static void
test_arp_build(void **state)
{
	struct ipoib_addr sha, tha;
	struct ipoib_arp arp;

	(void)state;
	ipoib_addr_set(&sha, 0x48, &gid_a);
	ipoib_addr_set(&tha, 0x49, &gid_a);
	memset(&arp, 0xee, sizeof(arp));
	ipoib_arp_build(&arp, 1, &sha, 0xc0000201, &tha, 0xc6336402);
	assert_memory_equal(&arp, arp_request, sizeof(arp));
	ipoib_arp_build(&arp, 2, &sha, 0xc0000201, &tha, 0xc6336402);
	assert_int_equal(((uint8_t *)&arp)[7], 2);
	assert_int_equal(ipoib_arp_check(&arp, sizeof(arp)), 0);
}

static void
test_arp_check(void **state)
{
	struct ipoib_arp arp;
	uint8_t *p = (uint8_t *)&arp;
	size_t i, bit;

	(void)state;
	memcpy(p, arp_request, sizeof(arp));
	assert_int_equal(ipoib_arp_check(&arp, 56), 0);
	assert_int_equal(ipoib_arp_check(&arp, 60), 0);
	assert_int_equal(ipoib_arp_check(&arp, 55), -EMSGSIZE);
	assert_int_equal(ipoib_arp_check(&arp, 0), -EMSGSIZE);
	/* Any other bit of the first 8 octets makes it another packet (op 1, 2 xor a bit). */
	for (i = 0; i < 8; i++)
		for (bit = 0; bit < 8; bit++) {
			p[i] ^= (uint8_t)(1 << bit);
			assert_int_equal(ipoib_arp_check(&arp, 56), -EPROTO);
			p[i] ^= (uint8_t)(1 << bit);
		}
	p[7] = 2;
	assert_int_equal(ipoib_arp_check(&arp, 56), 0);
	/* The addresses are not looked at. */
	memset(p + 8, 0xff, sizeof(arp) - 8);
	assert_int_equal(ipoib_arp_check(&arp, 56), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opensm_constants),
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_layouts),
		cmocka_unit_test(test_lids),
		cmocka_unit_test(test_pkeys),
		cmocka_unit_test(test_be24),
		cmocka_unit_test(test_gid_text),
		cmocka_unit_test(test_addr_text),
		cmocka_unit_test(test_addr_text_bad),
		cmocka_unit_test(test_addr_text_short),
		cmocka_unit_test(test_addr_equal),
		cmocka_unit_test(test_addr_never_learnt),
		cmocka_unit_test(test_mgid_ipv4),
		cmocka_unit_test(test_mgid_ipv6),
		cmocka_unit_test(test_arp_build),
		cmocka_unit_test(test_arp_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <rte_common.h>
#include <rte_ip.h>

#include "nearest.h"
#include "parse.h"

/* What no number is, whatever strtoull() thinks. */
static const char *const not_numbers[] = {
	"",
	" ",
	" 1",
	"1 ",
	"+1",
	"-1",
	"1.0",
	"1e3",
	"0x",
	"0x ",
	"abc",
	"1a",
	"0xg",
	"--",
	"\t1",
	"0x-1",
	"0x0x1",
};

static void
test_uint(void **state __rte_unused)
{
	uint64_t v = 77;
	unsigned int i;

	for (i = 0; i < RTE_DIM(not_numbers); i++) {
		assert_int_equal(parse_uint(not_numbers[i], 0, UINT64_MAX, &v), -EINVAL);
		assert_int_equal(v, 77);
	}
	assert_int_equal(parse_uint("9", 10, 20, &v), -ERANGE);
	assert_int_equal(parse_uint("21", 10, 20, &v), -ERANGE);
	assert_int_equal(parse_uint("18446744073709551616", 0, UINT64_MAX, &v), -ERANGE);
	assert_int_equal(v, 77);
	assert_int_equal(parse_uint("10", 10, 20, &v), 0);
	assert_int_equal(v, 10);
	assert_int_equal(parse_uint("0x14", 10, 20, &v), 0);
	assert_int_equal(v, 20);
	/* Not octal. */
	assert_int_equal(parse_uint("010", 0, 20, &v), 0);
	assert_int_equal(v, 10);
	assert_int_equal(parse_uint("18446744073709551615", 0, UINT64_MAX, &v), 0);
	assert_true(v == UINT64_MAX);
}

static void
test_mask(void **state __rte_unused)
{
	uint64_t v = 77;

	assert_int_equal(parse_mask("", &v), -EINVAL);
	assert_int_equal(parse_mask("xyz", &v), -EINVAL);
	assert_int_equal(parse_mask("-f", &v), -EINVAL);
	assert_int_equal(parse_mask("0", &v), -ERANGE);
	assert_int_equal(parse_mask("10000000000000000", &v), -ERANGE);
	assert_int_equal(v, 77);
	assert_int_equal(parse_mask("10", &v), 0);
	assert_int_equal(v, 0x10);
	assert_int_equal(parse_mask("0xF", &v), 0);
	assert_int_equal(v, 15);
}

static void
test_ipv4(void **state __rte_unused)
{
	static const char *const bad[] = {
		"",
		"1.2.3",
		"1.2.3.4.5",
		"256.1.1.1",
		"1.2.3.4 ",
		" 1.2.3.4",
		"01.2.3.4x",
		"a.b.c.d",
		"::1",
		"192.0.2.-1",
		"1.2.3.4/24",
	};
	char buf[PARSE_IPV4_STRLEN];
	uint32_t ip = 77;
	unsigned int i;

	for (i = 0; i < RTE_DIM(bad); i++)
		assert_int_equal(parse_ipv4(bad[i], &ip), -EINVAL);
	assert_int_equal(ip, 77);
	assert_int_equal(parse_ipv4("192.0.2.255", &ip), 0);
	assert_int_equal(ip, RTE_IPV4(192u, 0, 2, 255));
	assert_string_equal(format_ipv4(ip, buf), "192.0.2.255");
	assert_string_equal(format_ipv4(UINT32_MAX, buf), "255.255.255.255");
}

static void
test_ip(void **state __rte_unused)
{
	static const char *const bad[] = {
		"",
		":",
		":::",
		"1::2::3",
		"2001:db8::1 ",
		" 2001:db8::1",
		"2001:db8::g",
		"2001:db8:0:0:0:0:0:0:1",
		"12345::",
		"2001:db8::1/64",
		"fe80::1%eth0",
		"[::1]",
		"192.0.2",
		"::192.0.2.256",
		/* IPv4 in disguise. */
		"::ffff:192.0.2.1",
		"::ffff:0:0",
	};
	static const uint8_t want4[16] = { [10] = 0xff, 0xff, 192, 0, 2, 1 };
	static const uint8_t want6[16] = { 0x20, 0x01, 0x0d, 0xb8, [14] = 0xab, 0xcd };
	uint8_t ip[16], before[16];
	char buf[PARSE_IP_STRLEN];
	unsigned int i;

	memset(ip, 7, sizeof(ip));
	memcpy(before, ip, sizeof(ip));
	for (i = 0; i < RTE_DIM(bad); i++)
		assert_int_equal(parse_ip(bad[i], ip), -EINVAL);
	assert_memory_equal(ip, before, sizeof(ip));
	assert_int_equal(parse_ip("192.0.2.1", ip), 0);
	assert_memory_equal(ip, want4, sizeof(ip));
	assert_string_equal(format_ip(ip, buf), "192.0.2.1");
	assert_int_equal(parse_ip("2001:0DB8:0::ABCD", ip), 0);
	assert_memory_equal(ip, want6, sizeof(ip));
	assert_string_equal(format_ip(ip, buf), "2001:db8::abcd");
	assert_int_equal(parse_ip("::", ip), 0);
	assert_string_equal(format_ip(ip, buf), "::");
	memset(ip, 0xff, sizeof(ip));
	assert_string_equal(format_ip(ip, buf), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

static void
test_prefix(void **state __rte_unused)
{
	static const char *const bad[] = {
		"",
		"/",
		"/24",
		"192.0.2.1",
		"192.0.2.1/",
		"192.0.2.1/33",
		"192.0.2.1/-1",
		"192.0.2.1/24/",
		"192.0.2.1/24 ",
		"192.0.2.1/0x18",
		"192.0.2/24",
		"192.0.2.1/255.255.255.0",
		"1111.2222.3333.4444/24",
		"2001:db8::1",
		"2001:db8::1/",
		"2001:db8::1/129",
		"2001:db8::1/-1",
		"2001:db8::1/64/",
		"::ffff:192.0.2.1/120",
	};
	static const uint8_t want4[16] = { [10] = 0xff, 0xff, 192, 0, 2, 1 };
	char buf[PARSE_PREFIX_STRLEN];
	uint8_t ip[16], before[16], len = 7;
	unsigned int i;

	memset(ip, 7, sizeof(ip));
	memcpy(before, ip, sizeof(ip));
	for (i = 0; i < RTE_DIM(bad); i++)
		assert_int_equal(parse_prefix(bad[i], ip, &len), -EINVAL);
	assert_memory_equal(ip, before, sizeof(ip));
	assert_int_equal(len, 7);
	assert_int_equal(parse_prefix("192.0.2.1/24", ip, &len), 0);
	assert_memory_equal(ip, want4, sizeof(ip));
	assert_int_equal(len, 24);
	assert_int_equal(parse_prefix("0.0.0.0/0", ip, &len), 0);
	assert_int_equal(len, 0);
	assert_string_equal(format_prefix(ip, len, buf), "0.0.0.0/0");
	assert_int_equal(parse_prefix("255.255.255.255/32", ip, &len), 0);
	assert_string_equal(format_prefix(ip, len, buf), "255.255.255.255/32");
	assert_int_equal(parse_prefix("::/0", ip, &len), 0);
	assert_string_equal(format_prefix(ip, len, buf), "::/0");
	assert_int_equal(parse_prefix("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff/128", ip, &len), 0);
	assert_int_equal(len, 128);
	assert_string_equal(
			format_prefix(ip, len, buf), "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff/128");
}

static void
test_mac(void **state __rte_unused)
{
	static const char *const bad[] = {
		"",
		"02:00:00:00:00",
		"02:00:00:00:00:01:",
		"02:00:00:00:00:1",
		"02-00-00-00-00-01",
		"02:00:00:00:00:0g",
		"2:0:0:0:0:1",
		"02:00:00:00:00:01 ",
		"0200.0000.0001",
	};
	struct rte_ether_addr mac = { { 7, 7, 7, 7, 7, 7 } };
	const struct rte_ether_addr before = mac, want = { { 0x02, 0xab, 0xCD, 0, 0x10, 0xff } };
	unsigned int i;

	for (i = 0; i < RTE_DIM(bad); i++)
		assert_int_equal(parse_mac(bad[i], &mac), -EINVAL);
	assert_memory_equal(&mac, &before, sizeof(mac));
	assert_int_equal(parse_mac("02:ab:CD:00:10:ff", &mac), 0);
	assert_memory_equal(&mac, &want, sizeof(mac));
}

static void
test_pair(void **state __rte_unused)
{
	char a[6], b[6];

	assert_int_equal(parse_pair("", a, b, sizeof(a)), -EINVAL);
	assert_int_equal(parse_pair(",", a, b, sizeof(a)), -EINVAL);
	assert_int_equal(parse_pair("1,", a, b, sizeof(a)), -EINVAL);
	assert_int_equal(parse_pair(",1", a, b, sizeof(a)), -EINVAL);
	assert_int_equal(parse_pair("1,2,3", a, b, sizeof(a)), -EINVAL);
	assert_int_equal(parse_pair("123456", a, b, sizeof(a)), -EINVAL);
	assert_int_equal(parse_pair("1,123456", a, b, sizeof(a)), -EINVAL);
	assert_int_equal(parse_pair("12345", a, b, sizeof(a)), 1);
	assert_string_equal(a, "12345");
	assert_string_equal(b, "");
	assert_int_equal(parse_pair("9,10", a, b, sizeof(a)), 2);
	assert_string_equal(a, "9");
	assert_string_equal(b, "10");
}

static const char *
nearest_of(const char *word)
{
	static const char *const words[] = { "burst", "rxq", "txq", "portmask", "stats-period" };
	struct nearest n = { .word = word };
	unsigned int i;

	for (i = 0; i < RTE_DIM(words); i++)
		nearest_offer(&n, words[i]);
	return n.best;
}

static void
test_list(void **state __rte_unused)
{
	static const char *const bad[] = { "", ",", "1,", ",1", "1-", "-1", "3-1", "1,1", "1-3,2",
		"a", "1 2", "1-2-3", "0x" };
	uint16_t list[4] = { 77 };
	unsigned int i;

	for (i = 0; i < RTE_DIM(bad); i++)
		assert_int_equal(parse_list(bad[i], 63, list, 4), -EINVAL);
	assert_int_equal(parse_list("64", 63, list, 4), -ERANGE);
	assert_int_equal(parse_list("0-63", 63, list, 4), -ERANGE);
	assert_int_equal(list[0], 77);
	assert_int_equal(parse_list("7", 63, list, 4), 1);
	assert_int_equal(list[0], 7);
	assert_int_equal(parse_list("5,0,2-3", 63, list, 4), 4);
	assert_int_equal(list[0], 5);
	assert_int_equal(list[1], 0);
	assert_int_equal(list[2], 2);
	assert_int_equal(list[3], 3);
}

static void
test_nearest(void **state __rte_unused)
{
	assert_string_equal(nearest_of("brust"), "burst");
	assert_string_equal(nearest_of("rxqs"), "rxq");
	assert_string_equal(nearest_of("portmaks"), "portmask");
	/* A long beginning is as good as a letter wrong. */
	assert_string_equal(nearest_of("stats"), "stats-period");
	/* Parts may be short. */
	assert_string_equal(nearest_of("stts-prd"), "stats-period");
	assert_string_equal(nearest_of("ptm"), "portmask");
	assert_null(nearest_of("s-p-d"));
	assert_null(nearest_of("frobnicate"));
	assert_null(nearest_of("this-word-is-longer-than-any-that-is-compared-at-all"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_uint),
		cmocka_unit_test(test_mask),
		cmocka_unit_test(test_ipv4),
		cmocka_unit_test(test_ip),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_mac),
		cmocka_unit_test(test_pair),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

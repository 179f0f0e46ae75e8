/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Numbers, lists, addresses and GIDs as users write them; what is read is written and read again. */

#include "fuzz.h"
#include "ib_hdr.h"
#include "ipoib_proto.h"
#include "parse.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static void
ip_text(const char *s)
{
	char buf[PARSE_IP_STRLEN], net[PARSE_PREFIX_STRLEN];
	uint8_t ip[16], again[16], len, len_again;

	if (parse_ip(s, ip) == 0) {
		assert_int_equal(parse_ip(format_ip(ip, buf), again), 0);
		assert_memory_equal(ip, again, sizeof(ip));
	}
	if (parse_prefix(s, ip, &len) == 0) {
		assert_int_equal(parse_prefix(format_prefix(ip, len, net), again, &len_again), 0);
		assert_memory_equal(ip, again, sizeof(ip));
		assert_int_equal(len, len_again);
	}
}

static void
address_text(const char *s)
{
	char text[IPOIB_ADDR_STRLEN];
	struct ipoib_addr addr, again;
	struct rte_ether_addr mac;
	struct ib_gid gid;

	if (ipoib_addr_parse(s, &addr) == 0) {
		assert_int_equal(ipoib_addr_parse(ipoib_addr_format(&addr, text, sizeof(text)),
						 &again),
				0);
		assert_memory_equal(&addr, &again, sizeof(addr));
	}
	ib_gid_parse(s, &gid);
	parse_mac(s, &mac);
}

static void
number_text(const char *s)
{
	uint16_t list[8];
	char a[16], b[16];
	uint64_t v;
	int i, n;

	if (parse_uint(s, 3, 70000, &v) == 0)
		assert_in_range(v, 3, 70000);
	parse_mask(s, &v);
	n = parse_list(s, 100, list, RTE_DIM(list));
	assert_true(n <= (int)RTE_DIM(list));
	for (i = 0; i < n; i++)
		assert_true(list[i] <= 100);
	n = parse_pair(s, a, b, sizeof(a));
	if (n > 0)
		assert_true(strlen(a) < sizeof(a));
	if (n > 1)
		assert_true(strlen(b) < sizeof(b));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *s = malloc(size + 1);

	assert_non_null(s);
	memcpy(s, data, size);
	s[size] = '\0';
	ip_text(s);
	address_text(s);
	number_text(s);
	free(s);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Numbers, lists, addresses and GIDs as users write them; what is read is written and read again. The
 * same octets as addresses, ARP and groups on the wire.
 */

#include <errno.h>

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
	uint32_t four, four_again;

	if (parse_ipv4(s, &four) == 0) {
		assert_int_equal(parse_ipv4(format_ipv4(four, buf), &four_again), 0);
		assert_int_equal(four, four_again);
	}
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
gid_check(const struct ib_gid *gid)
{
	char text[IB_GID_STRLEN];
	struct ib_gid again;

	assert_int_equal(strlen(ib_gid_format(gid, text, sizeof(text))), IB_GID_STRLEN - 1);
	assert_int_equal(ib_gid_parse(text, &again), 0);
	assert_true(ib_gid_equal(gid, &again));
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
	if (ib_gid_parse(s, &gid) == 0)
		gid_check(&gid);
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

/* Of a link-layer address, also into less room than it needs. */
static void
address_check(const struct ipoib_addr *addr, size_t room)
{
	char text[IPOIB_ADDR_STRLEN], *cut = malloc(room);
	struct ipoib_addr again;

	assert_non_null(cut);
	assert_int_equal(
			strlen(ipoib_addr_format(addr, text, sizeof(text))), IPOIB_ADDR_STRLEN - 1);
	assert_int_equal(ipoib_addr_parse(text, &again), 0);
	assert_memory_equal(addr, &again, sizeof(again));
	ipoib_addr_format(addr, cut, room);
	assert_true(strlen(cut) < room);
	assert_memory_equal(cut, text, strlen(cut));
	free(cut);
	if (ipoib_addr_is_unicast_valid(addr))
		assert_false(ipoib_addr_is_multicast(addr));
	ipoib_addr_set(&again, ipoib_addr_qpn(addr), &addr->gid);
	assert_true(ipoib_addr_equal(&again, addr));
	gid_check(&addr->gid);
}

/* RFC 4391 4: prefix, scope, signature, P_Key, and what of the group fits behind. */
static void
group_check(uint8_t scope, uint16_t pkey, const uint8_t group[16])
{
	uint32_t four = (uint32_t)group[0] << 24 | (uint32_t)group[1] << 16 | group[2] << 8 |
			group[3];
	uint8_t want[IB_GID_LEN] = { 0xff, (uint8_t)(0x10 | (scope & 15)), 0x40, 0x1b,
		(uint8_t)(pkey >> 8 | 0x80), (uint8_t)pkey };
	struct ib_gid mgid;

	ipoib_mgid_ipv4(scope, pkey, four, &mgid);
	memcpy(want + 12, group, 4);
	if (four != UINT32_MAX)
		want[12] &= 0x0f;
	assert_memory_equal(mgid.raw, want, sizeof(want));
	ipoib_mgid_broadcast(scope, pkey, &mgid);
	memset(want + 12, 0xff, 4);
	assert_memory_equal(mgid.raw, want, sizeof(want));
	ipoib_mgid_ipv6(scope, pkey, group, &mgid);
	want[2] = 0x60;
	memcpy(want + 6, group + 6, 10);
	assert_memory_equal(mgid.raw, want, sizeof(want));
	assert_true(ib_gid_is_multicast(&mgid));
}

/* An ARP packet that passes is the one that would be built of what is in it. */
static void
arp_check(const uint8_t *data, size_t len, uint16_t op)
{
	struct ipoib_arp *arp = malloc(len != 0 ? len : 1), built;
	int ret;

	assert_non_null(arp);
	memcpy(arp, data, len);
	ret = ipoib_arp_check(arp, (uint32_t)len);
	if (len < sizeof(*arp)) {
		assert_int_equal(ret, -EMSGSIZE);
		free(arp);
		return;
	}
	ipoib_arp_build(&built, ret == 0 ? rte_be_to_cpu_16(arp->op) : op, &arp->sha,
			rte_be_to_cpu_32(arp->spa), &arp->tha, rte_be_to_cpu_32(arp->tpa));
	if (ret == 0)
		assert_memory_equal(&built, arp, sizeof(built));
	else
		assert_int_equal(ipoib_arp_check(&built, sizeof(built)),
				op == 1 || op == 2 ? 0 : -EPROTO);
	free(arp);
}

/* Codes of the SA: rates that there are, in Mb/s, and MTUs. */
static void
code_check(uint8_t code)
{
	uint32_t rate = ib_rate_from_code(code);

	assert_int_equal(rate != 0, code >= 2 && code <= 24);
	assert_int_equal(rate % 500, 0);
	assert_int_equal(ib_mtu_from_code(code) != 0, code >= 1 && code <= 5);
}

static void
wire(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct ipoib_addr addr = { 0 };
	uint8_t code = fuzz_u8(&in), scope = fuzz_u8(&in), group[16] = { 0 };
	uint16_t pkey = fuzz_u16(&in), op = fuzz_u16(&in);

	code_check(code);
	fuzz_rest(&in, group, sizeof(group));
	group_check(scope, pkey, group);
	fuzz_rest(&in, &addr, sizeof(addr));
	address_check(&addr, 1 + code % IPOIB_ADDR_STRLEN);
	arp_check(in.data, in.size, op);
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
	wire(data, size);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_common.h>

#include "parse.h"

/* strtoull() would take blanks, signs and a second 0x. */
static int
parse_digits(const char *s, int base, uint64_t *v)
{
	const char *digits = base == 10 ? "0123456789" : "0123456789abcdefABCDEF";

	if (*s == '\0' || s[strspn(s, digits)] != '\0')
		return -EINVAL;
	errno = 0;
	*v = strtoull(s, NULL, base);
	return errno == ERANGE ? -ERANGE : 0;
}

static const char *
skip_0x(const char *s)
{
	return s[0] == '0' && (s[1] == 'x' || s[1] == 'X') ? s + 2 : s;
}

int
parse_uint(const char *s, uint64_t min, uint64_t max, uint64_t *v)
{
	const char *digits = skip_0x(s);
	uint64_t n;
	int ret;

	ret = parse_digits(digits, digits == s ? 10 : 16, &n);
	if (ret != 0)
		return ret;
	if (n < min || n > max)
		return -ERANGE;
	*v = n;
	return 0;
}

int
parse_mask(const char *s, uint64_t *v)
{
	uint64_t n;
	int ret;

	ret = parse_digits(skip_0x(s), 16, &n);
	if (ret != 0)
		return ret;
	if (n == 0)
		return -ERANGE;
	*v = n;
	return 0;
}

static int
list_add(uint16_t *list, unsigned int *n, unsigned int room, uint16_t v)
{
	unsigned int i;

	for (i = 0; i < *n; i++) {
		if (list[i] == v)
			return -EINVAL;
	}
	if (*n == room)
		return -ERANGE;
	list[(*n)++] = v;
	return 0;
}

/* "2" or "2-4" */
static int
range_add(char *word, uint16_t max, uint16_t *list, unsigned int *n, unsigned int room)
{
	char *to = strchr(word, '-');
	uint64_t first = 0, last;
	int ret;

	if (to != NULL)
		*to++ = '\0';
	ret = parse_uint(word, 0, max, &first);
	last = first;
	if (ret == 0 && to != NULL)
		ret = parse_uint(to, 0, max, &last);
	if (ret == 0 && last < first)
		ret = -EINVAL;
	for (; ret == 0 && first <= last; first++)
		ret = list_add(list, n, room, (uint16_t)first);
	return ret;
}

int
parse_list(const char *s, uint16_t max, uint16_t *list, unsigned int room)
{
	uint16_t found[PARSE_LIST_MAX];
	char text[4 * PARSE_LIST_MAX], *at = text, *word;
	unsigned int n = 0;
	int ret = 0;

	if ((size_t)snprintf(text, sizeof(text), "%s", s) >= sizeof(text))
		return -EINVAL;
	room = RTE_MIN(room, (unsigned int)PARSE_LIST_MAX);
	while (ret == 0 && (word = strsep(&at, ",")) != NULL)
		ret = range_add(word, max, found, &n, room);
	if (ret != 0)
		return ret;
	memcpy(list, found, n * sizeof(*list));
	return (int)n;
}

int
parse_ipv4(const char *s, uint32_t *ip)
{
	struct in_addr a;

	if (inet_pton(AF_INET, s, &a) != 1)
		return -EINVAL;
	*ip = rte_be_to_cpu_32(a.s_addr);
	return 0;
}

/* ::ffff:0:0/96 (RFC 4291 2.5.5.2). */
static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

static bool
is_mapped(const uint8_t ip[16])
{
	return memcmp(ip, mapped, sizeof(mapped)) == 0;
}

int
parse_ip(const char *s, uint8_t ip[16])
{
	uint8_t a[16];

	if (strchr(s, ':') == NULL) {
		memcpy(a, mapped, sizeof(mapped));
		if (inet_pton(AF_INET, s, &a[sizeof(mapped)]) != 1)
			return -EINVAL;
	} else if (inet_pton(AF_INET6, s, a) != 1 || is_mapped(a)) {
		return -EINVAL;
	}
	memcpy(ip, a, sizeof(a));
	return 0;
}

int
parse_prefix(const char *s, uint8_t ip[16], uint8_t *len)
{
	const char *slash = strchr(s, '/');
	char addr[PARSE_IP_STRLEN];
	uint8_t a[16];
	uint64_t n;

	if (slash == NULL || (size_t)(slash - s) >= sizeof(addr))
		return -EINVAL;
	snprintf(addr, sizeof(addr), "%.*s", (int)(slash - s), s);
	if (parse_ip(addr, a) != 0 || parse_digits(slash + 1, 10, &n) != 0 ||
			n > (is_mapped(a) ? 32 : 128))
		return -EINVAL;
	memcpy(ip, a, sizeof(a));
	*len = (uint8_t)n;
	return 0;
}

int
parse_mac(const char *s, struct rte_ether_addr *mac)
{
	struct rte_ether_addr a;
	unsigned int i;

	for (i = 0; i < RTE_ETHER_ADDR_LEN; i++, s += 3) {
		if (!isxdigit((unsigned char)s[0]) || !isxdigit((unsigned char)s[1]))
			return -EINVAL;
		if (s[2] != (i == RTE_ETHER_ADDR_LEN - 1 ? '\0' : ':'))
			return -EINVAL;
		a.addr_bytes[i] = (uint8_t)strtoul((char[]){ s[0], s[1], '\0' }, NULL, 16);
	}
	*mac = a;
	return 0;
}

int
parse_pair(const char *s, char *a, char *b, size_t len)
{
	const char *comma = strchr(s, ',');
	size_t first = comma == NULL ? strlen(s) : (size_t)(comma - s);

	if (first == 0 || first >= len)
		return -EINVAL;
	if (comma != NULL &&
			(comma[1] == '\0' || strlen(comma + 1) >= len ||
					strchr(comma + 1, ',') != NULL))
		return -EINVAL;
	snprintf(a, len, "%.*s", (int)first, s);
	snprintf(b, len, "%s", comma == NULL ? "" : comma + 1);
	return comma == NULL ? 1 : 2;
}

char *
format_ipv4(uint32_t ip, char buf[PARSE_IPV4_STRLEN])
{
	snprintf(buf, PARSE_IPV4_STRLEN, "%u.%u.%u.%u", ip >> 24, (ip >> 16) & 0xff,
			(ip >> 8) & 0xff, ip & 0xff);
	return buf;
}

char *
format_ip(const uint8_t ip[16], char buf[PARSE_IP_STRLEN])
{
	bool is4 = is_mapped(ip);

	inet_ntop(is4 ? AF_INET : AF_INET6, is4 ? &ip[sizeof(mapped)] : ip, buf, PARSE_IP_STRLEN);
	return buf;
}

char *
format_prefix(const uint8_t ip[16], uint8_t len, char buf[PARSE_PREFIX_STRLEN])
{
	char addr[PARSE_IP_STRLEN];

	snprintf(buf, PARSE_PREFIX_STRLEN, "%s/%u", format_ip(ip, addr), RTE_MIN(len, 128u));
	return buf;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_common.h>
#include <rte_config.h>

#include "grammar.h"
#include "parse.h"
#include "rows.h"

static int
read_addr(const char *word, void *field)
{
	return parse_ip(word, ((struct dp_ip *)field)->b);
}

static int
read_addr4(const char *word, void *field)
{
	return parse_ipv4(word, field);
}

static int
read_prefix(const char *word, void *field)
{
	struct cli_prefix *p = field;

	return parse_prefix(word, p->ip.b, &p->len);
}

bool
cli_prefix_has(const struct cli_prefix *p, const struct dp_ip *ip)
{
	unsigned int bits = p->len + (dp_ip_is4(&p->ip) ? 96 : 0);
	unsigned int octets = bits / 8;

	if (dp_ip_is4(&p->ip) != dp_ip_is4(ip) || memcmp(p->ip.b, ip->b, octets) != 0)
		return false;
	return bits % 8 == 0 || ((p->ip.b[octets] ^ ip->b[octets]) >> (8 - bits % 8)) == 0;
}

static int
read_net(const char *word, void *field)
{
	struct cli_prefix *p = field;

	if (parse_ip(word, p->ip.b) != 0)
		return read_prefix(word, field);
	p->len = dp_ip_is4(&p->ip) ? 32 : 128;
	return 0;
}

static int
read_port(const char *word, void *field)
{
	uint64_t n;
	int ret;

	ret = parse_uint(word, 0, DP_PORTS_MAX - 1, &n);
	if (ret == 0)
		*(uint16_t *)field = (uint16_t)n;
	return ret;
}

static int
read_ports(const char *word, void *field)
{
	struct cli_ports *p = field;

	p->all = strcmp(word, "all") == 0;
	p->port = 0;
	return p->all ? 0 : read_port(word, &p->port);
}

static int
read_uint(const char *word, void *field)
{
	return parse_uint(word, 0, UINT64_MAX, field);
}

static int
read_mac(const char *word, void *field)
{
	return parse_mac(word, field);
}

static int
read_lladdr(const char *word, void *field)
{
	return ipoib_addr_parse(word, field);
}

static int
read_hwaddr(const char *word, void *field)
{
	struct cli_hwaddr a = { .is_ipoib = false };

	if (parse_mac(word, &a.lladdr.mac) != 0) {
		a.is_ipoib = true;
		if (ipoib_addr_parse(word, &a.lladdr.lladdr) != 0)
			return -EINVAL;
	}
	memcpy(field, &a, sizeof(a));
	return 0;
}

/* A GUID stands for the GID with the default prefix. */
static int
read_gid(const char *word, void *field)
{
	struct ib_gid gid = { .raw = { 0xfe, 0x80 } };
	rte_be64_t guid;
	uint64_t n;

	if (strncmp(word, "0x", 2) != 0 || parse_uint(word, 1, UINT64_MAX, &n) != 0)
		return ib_gid_parse(word, field);
	guid = rte_cpu_to_be_64(n);
	memcpy(&gid.raw[8], &guid, sizeof(guid));
	memcpy(field, &gid, sizeof(gid));
	return 0;
}

static int
read_nets(const char *word, void *field)
{
	struct cli_nets nets = { .bits = 0 };
	struct cli_prefix p;

	if (strcmp(word, "any") != 0) {
		if (read_net(word, &p) != 0)
			return -EINVAL;
		nets.ip = p.ip;
		nets.bits = (uint8_t)(p.len + (dp_ip_is4(&p.ip) ? 96 : 0));
	}
	memcpy(field, &nets, sizeof(nets));
	return 0;
}

static const struct {
	const char *name;
	uint16_t number;
} protos[] = { { "icmp", 1 }, { "igmp", 2 }, { "tcp", 6 }, { "udp", 17 }, { "gre", 47 },
	{ "esp", 50 }, { "icmp6", 58 }, { "ospf", 89 }, { "sctp", 132 } };

const char *
filter_proto_name(uint16_t proto)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(protos); i++) {
		if (protos[i].number == proto)
			return protos[i].name;
	}
	return NULL;
}

static int
read_proto(const char *word, void *field)
{
	unsigned int i;
	uint64_t n;

	for (i = 0; i < RTE_DIM(protos); i++) {
		if (strcmp(protos[i].name, word) == 0) {
			*(uint16_t *)field = protos[i].number;
			return 0;
		}
	}
	if (parse_uint(word, 0, 255, &n) != 0)
		return -EINVAL;
	*(uint16_t *)field = (uint16_t)n;
	return 0;
}

static int
read_range(const char *word, void *field)
{
	const char *dash = strchr(word, '-');
	struct cli_range r;
	uint64_t first, last;
	size_t len = dash != NULL ? (size_t)(dash - word) : strlen(word);
	char text[8];

	if (len >= sizeof(text))
		return -EINVAL;
	memcpy(text, word, len);
	text[len] = '\0';
	if (parse_uint(text, 0, UINT16_MAX, &first) != 0)
		return -EINVAL;
	last = first;
	if (dash != NULL && (parse_uint(dash + 1, 0, UINT16_MAX, &last) != 0 || last < first))
		return -EINVAL;
	r.port[0] = (uint16_t)first;
	r.port[1] = (uint16_t)last;
	memcpy(field, &r, sizeof(r));
	return 0;
}

static int
read_string(const char *word, void *field)
{
	struct cli_string *s = field;
	char *p;

	snprintf(s->text, sizeof(s->text), "%s", word);
	for (p = s->text; *p != '\0'; p++) {
		if (*p == CLI_BLANK)
			*p = ' ';
	}
	return 0;
}

const struct cli_type cli_type_addr = {
	.allowed = "an address like 192.0.2.1 or 2001:db8::1",
	.size = sizeof(struct dp_ip),
	.read = read_addr,
};

const struct cli_type cli_type_addr4 = {
	.allowed = "an IPv4 address like 192.0.2.1",
	.size = sizeof(uint32_t),
	.read = read_addr4,
};

const struct cli_type cli_type_prefix = {
	.allowed = "an address and prefix length like 192.0.2.1/24 or 2001:db8::1/64",
	.size = sizeof(struct cli_prefix),
	.read = read_prefix,
};

const struct cli_type cli_type_net = {
	.allowed = "an address like 192.0.2.1, or a prefix like 192.0.2.0/24",
	.size = sizeof(struct cli_prefix),
	.read = read_net,
};

const struct cli_type cli_type_port = {
	.allowed = "a port number",
	.size = sizeof(uint16_t),
	.read = read_port,
};

const struct cli_type cli_type_ports = {
	.allowed = "a port number or all",
	.size = sizeof(struct cli_ports),
	.read = read_ports,
};

const struct cli_type cli_type_uint = {
	.allowed = "a number",
	.size = sizeof(uint64_t),
	.read = read_uint,
};

const struct cli_type cli_type_mac = {
	.allowed = "a MAC address like 02:00:00:00:00:01",
	.size = sizeof(struct rte_ether_addr),
	.read = read_mac,
};

const struct cli_type cli_type_lladdr = {
	.allowed = "an IPoIB address of 20 octets as 'ip link' shows it: 00:00:00:48:fe:80:...",
	.size = sizeof(struct ipoib_addr),
	.read = read_lladdr,
};

const struct cli_type cli_type_hwaddr = {
	.allowed = "a MAC address, or an IPoIB address of 20 octets, as 'ip link' shows them",
	.size = sizeof(struct cli_hwaddr),
	.read = read_hwaddr,
};

const struct cli_type cli_type_gid = {
	.allowed = "a GID like fe80::2:c903:0:1234, or a port GUID like 0x2c90300001234",
	.size = sizeof(struct ib_gid),
	.read = read_gid,
};

const struct cli_type cli_type_nets = {
	.allowed = "any, an address, or a prefix like 192.0.2.0/24",
	.size = sizeof(struct cli_nets),
	.read = read_nets,
};

const struct cli_type cli_type_proto = {
	.allowed = "a protocol like tcp, udp, icmp, icmp6, or its number",
	.size = sizeof(uint16_t),
	.read = read_proto,
};

const struct cli_type cli_type_range = {
	.allowed = "a port like 80, or ports like 1024-65535",
	.size = sizeof(struct cli_range),
	.read = read_range,
};

const struct cli_type cli_type_string = {
	.allowed = "a word",
	.size = sizeof(struct cli_string),
	.read = read_string,
};

/* How rte_cmdline takes an argument: the number of octets, or -1. */
static int
token_parse(cmdline_parse_token_hdr_t *tk, const char *buf, void *res, unsigned int len)
{
	const struct cli_token *t = (const struct cli_token *)tk;
	char word[STR_TOKEN_SIZE];
	union {
		uint64_t align;
		char octets[sizeof(struct cli_string)];
	} field;
	int n = 0;

	while (!cmdline_isendoftoken(buf[n]))
		n++;
	if (n == 0 || (size_t)n >= sizeof(word) || (res != NULL && len < t->type->size))
		return -1;
	snprintf(word, sizeof(word), "%.*s", n, buf);
	if (t->type->read(word, &field) != 0)
		return -1;
	if (res != NULL)
		memcpy(res, &field, t->type->size);
	return n;
}

static int
token_help(cmdline_parse_token_hdr_t *tk, char *dst, unsigned int len)
{
	snprintf(dst, len, "%s", ((const struct cli_token *)tk)->type->allowed);
	return 0;
}

struct cmdline_token_ops cli_token_ops = {
	.parse = token_parse,
	.get_help = token_help,
};

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Arguments of options that are no plain numbers. */

#include <errno.h>
#include <string.h>

#include <rte_common.h>
#include <rte_ethdev.h>

#include "options_read.h"
#include "parse.h"

int
read_user(struct app_options *o, const char *arg)
{
	if (*arg == '\0')
		return -EINVAL;
	o->user = arg;
	return 0;
}

int
read_file(struct app_options *o, const char *arg)
{
	if (*arg == '\0')
		return -EINVAL;
	o->cmdline_file = arg;
	return 0;
}

int
read_xstats(struct app_options *o, const char *arg)
{
	if (*arg == '\0')
		return -EINVAL;
	o->display_xstats = arg;
	return 0;
}

/* The ports of a mask are a list in ascending order. */
int
read_portmask(struct app_options *o, const char *arg)
{
	uint64_t left;
	int ret;

	ret = parse_mask(arg, &o->portmask);
	if (ret != 0)
		return ret;
	o->nb_portlist = 0;
	for (left = o->portmask; left != 0; left &= left - 1)
		o->portlist[o->nb_portlist++] = (uint16_t)__builtin_ctzll(left);
	return 0;
}

int
read_portlist(struct app_options *o, const char *arg)
{
	int i, n = parse_list(arg, 63, o->portlist, RTE_DIM(o->portlist));

	if (n <= 0)
		return -EINVAL;
	o->nb_portlist = (uint16_t)n;
	o->portmask = 0;
	for (i = 0; i < n; i++)
		o->portmask |= RTE_BIT64(o->portlist[i]);
	return 0;
}

int
read_coremask(struct app_options *o, const char *arg)
{
	return parse_mask(arg, &o->coremask);
}

int
read_topology(struct app_options *o, const char *arg)
{
	static const char *const names[] = {
		[DP_PAIRED] = "paired", [DP_CHAINED] = "chained", [DP_LOOP] = "loop"
	};
	uint32_t i;

	for (i = 0; i < RTE_DIM(names); i++) {
		if (strcmp(arg, names[i]) == 0) {
			o->topology = i;
			return 0;
		}
	}
	return -EINVAL;
}

int
read_engine(struct app_options *o, const char *arg)
{
	unsigned int i;

	for (i = 0; i < DP_ENGINE_MAX; i++) {
		if (strcmp(arg, dp_engine_name[i]) == 0) {
			o->engine = i;
			return 0;
		}
	}
	return -EINVAL;
}

int
read_eth_peer(struct app_options *o, const char *arg)
{
	char port[20], text[20];
	struct rte_ether_addr mac;
	uint64_t n;

	if (o->nb_eth_peers == RTE_DIM(o->eth_peer) ||
			parse_pair(arg, port, text, sizeof(port)) != 2 ||
			parse_uint(port, 0, RTE_MAX_ETHPORTS - 1, &n) != 0 ||
			parse_mac(text, &mac) != 0)
		return -EINVAL;
	o->eth_peer[o->nb_eth_peers].port = (uint16_t)n;
	o->eth_peer[o->nb_eth_peers++].mac = mac;
	return 0;
}

int
read_tx_ip(struct app_options *o, const char *arg)
{
	char src[PARSE_IPV4_STRLEN], dst[PARSE_IPV4_STRLEN];
	uint32_t from, to;

	if (parse_pair(arg, src, dst, sizeof(src)) != 2)
		return -EINVAL;
	if (parse_ipv4(src, &from) != 0 || parse_ipv4(dst, &to) != 0)
		return -EINVAL;
	o->gen.src_ip = from;
	o->gen.dst_ip = to;
	return 0;
}

int
read_tx_udp(struct app_options *o, const char *arg)
{
	char src[8], dst[8];
	uint64_t from, to;
	int n;

	n = parse_pair(arg, src, dst, sizeof(src));
	if (n < 0 || parse_uint(src, 1, UINT16_MAX, &from) != 0)
		return -EINVAL;
	to = from;
	if (n == 2 && parse_uint(dst, 1, UINT16_MAX, &to) != 0)
		return -EINVAL;
	o->gen.src_port = (uint16_t)from;
	o->gen.dst_port = (uint16_t)to;
	return 0;
}

int
read_txpkts(struct app_options *o, const char *arg)
{
	uint64_t len;
	int ret;

	ret = parse_uint(arg, APP_TXPKTS_MIN, APP_TXPKTS_MAX, &len);
	if (ret == 0)
		o->gen.pkt_len = (uint16_t)len;
	return ret;
}

int
read_tx_pps(struct app_options *o, const char *arg)
{
	return parse_uint(arg, 0, UINT32_MAX, &o->gen.pps);
}

static int
read_event(const char *arg, uint32_t *mask)
{
	uint32_t i;

	if (strcmp(arg, "all") == 0) {
		*mask = UINT32_MAX;
		return 0;
	}
	for (i = 0; i < APP_EVENTS; i++) {
		if (app_event_name[i] != NULL && strcmp(arg, app_event_name[i]) == 0) {
			*mask = RTE_BIT32(i);
			return 0;
		}
	}
	return -EINVAL;
}

int
read_print_event(struct app_options *o, const char *arg)
{
	uint32_t mask;
	int ret = read_event(arg, &mask);

	if (ret == 0)
		o->events |= mask;
	return ret;
}

int
read_mask_event(struct app_options *o, const char *arg)
{
	uint32_t mask;
	int ret = read_event(arg, &mask);

	if (ret == 0)
		o->events &= ~mask;
	return ret;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_kvargs.h>
#include <rte_memory.h>
#include <rte_string_fns.h>

#include "ipoib_pmd.h"

#define KEYS \
	"hca, device, port, pkey, mad, carrier, queues, qpn, crc, roce, grh, numa, mode, vlan, peer"

static int
parse_number(const char *value, unsigned long min, unsigned long max, unsigned long *out)
{
	unsigned long v;
	char *end;

	if (value[0] < '0' || value[0] > '9')
		return -EINVAL;
	errno = 0;
	v = strtoul(value, &end, 0);
	if (errno != 0 || *end != '\0' || v < min || v > max)
		return -EINVAL;
	*out = v;
	return 0;
}

static int
parse_name(const char *value, char *out, size_t len)
{
	if (value[0] == '\0' || rte_strscpy(out, value, len) < 0)
		return -EINVAL;
	return 0;
}

static const char *
set_hca(const char *value, struct ipoib_devargs *a)
{
	if (strcmp(value, "soft") != 0 && strcmp(value, "verbs") != 0)
		return "soft or verbs";
	rte_strscpy(a->hca, value, sizeof(a->hca));
	return NULL;
}

static const char *
set_device(const char *value, struct ipoib_devargs *a)
{
	return parse_name(value, a->device, sizeof(a->device)) == 0
			? NULL
			: "the name of an HCA, 1 to 31 characters";
}

static const char *
set_port(const char *value, struct ipoib_devargs *a)
{
	unsigned long v;

	if (parse_number(value, 1, 254, &v) != 0)
		return "1 to 254";
	a->port = (uint8_t)v;
	return NULL;
}

static const char *
set_pkey(const char *value, struct ipoib_devargs *a)
{
	unsigned long v;

	if (parse_number(value, 0, UINT16_MAX, &v) != 0 || IB_PKEY_BASE(v) == 0)
		return "0x0001 to 0xffff, but not 0x8000";
	a->pkey = (uint16_t)v;
	return NULL;
}

static const char *
set_mad(const char *value, struct ipoib_devargs *a)
{
	bool ok = strcmp(value, "umad") == 0 || strcmp(value, "ibsim") == 0 ||
			(strncmp(value, "ibsim:", 6) == 0 && value[6] != '\0');

	if (!ok || parse_name(value, a->mad, sizeof(a->mad)) != 0)
		return "umad, ibsim or ibsim:NAME";
	return NULL;
}

static const char *
set_carrier(const char *value, struct ipoib_devargs *a)
{
	if (strncmp(value, PMD_IPOIB_DRIVER_NAME, strlen(PMD_IPOIB_DRIVER_NAME)) == 0 ||
			parse_name(value, a->carrier, sizeof(a->carrier)) != 0)
		return "the name of an Ethernet device, such as net_af_packet0";
	return NULL;
}

static const char *
set_queues(const char *value, struct ipoib_devargs *a)
{
	unsigned long v;

	if (parse_number(value, 1, PMD_IPOIB_QUEUES_MAX, &v) != 0)
		return "1 to 16";
	a->queues = (uint16_t)v;
	return NULL;
}

static const char *
set_qpn(const char *value, struct ipoib_devargs *a)
{
	unsigned long v;

	if (parse_number(value, 2, IB_QPN_MULTICAST - 1, &v) != 0)
		return "2 to 0xfffffe";
	a->qpn = (uint32_t)v;
	return NULL;
}

static const char *
set_switch(const char *value, bool *out)
{
	bool on = strcmp(value, "on") == 0 || strcmp(value, "1") == 0;

	if (!on && strcmp(value, "off") != 0 && strcmp(value, "0") != 0)
		return "on or off";
	*out = on;
	return NULL;
}

static const char *
set_crc(const char *value, struct ipoib_devargs *a)
{
	return set_switch(value, &a->crc);
}

static const char *
set_roce(const char *value, struct ipoib_devargs *a)
{
	return set_switch(value, &a->roce);
}

static const char *
set_grh(const char *value, struct ipoib_devargs *a)
{
	return set_switch(value, &a->grh);
}

static const char *
set_numa(const char *value, struct ipoib_devargs *a)
{
	unsigned long v;

	if (parse_number(value, 0, RTE_MAX_NUMA_NODES - 1, &v) != 0)
		return "a NUMA node, from 0";
	a->numa = (int)v;
	return NULL;
}

static const char *
set_mode(const char *value, struct ipoib_devargs *a)
{
	a->ether = strcmp(value, "ether") == 0;
	return a->ether || strcmp(value, "native") == 0 ? NULL : "native or ether";
}

/* "10:0x8001"; may be given again, for another one. */
static const char *
set_vlan(const char *value, struct ipoib_devargs *a)
{
	static const char allowed[] = "ID:P_KEY, such as 10:0x8001, each ID (1 to 4094) and each "
				      "partition once, at most 8";
	const char *colon = strchr(value, ':');
	unsigned long id, pkey;
	char text[8] = "";
	unsigned int i;

	if (colon == NULL || (size_t)(colon - value) >= sizeof(text))
		return allowed;
	memcpy(text, value, (size_t)(colon - value));
	if (parse_number(text, 1, 4094, &id) != 0 ||
			parse_number(colon + 1, 0, UINT16_MAX, &pkey) != 0 ||
			IB_PKEY_BASE(pkey) == 0 || a->nb_vlans == IPOIB_VLANS_MAX)
		return allowed;
	for (i = 0; i < a->nb_vlans; i++) {
		if (a->vlan[i].id == id || IB_PKEY_BASE(a->vlan[i].pkey) == IB_PKEY_BASE(pkey))
			return allowed;
	}
	a->vlan[a->nb_vlans].id = (uint16_t)id;
	a->vlan[a->nb_vlans++].pkey = (uint16_t)pkey;
	return NULL;
}

/* "02:00:00:00:00:01@" and the 20 octets of ip-link(8); may be given again, for another one. */
static const char *
set_peer(const char *value, struct ipoib_devargs *a)
{
	static const char allowed[] =
			"MAC@ADDRESS, ADDRESS the 20 octets that 'ip link' shows of an "
			"InfiniBand interface, each MAC and each address once, at most 8";
	const char *at = strchr(value, '@');
	struct rte_ether_addr mac;
	struct ipoib_addr addr;
	char text[RTE_ETHER_ADDR_FMT_SIZE] = "";
	unsigned int i;

	if (at == NULL || (size_t)(at - value) >= sizeof(text) || a->nb_peers == IPOIB_PEERS_MAX)
		return allowed;
	memcpy(text, value, (size_t)(at - value));
	if (rte_ether_unformat_addr(text, &mac) != 0 || !rte_is_valid_assigned_ether_addr(&mac) ||
			ipoib_addr_parse(at + 1, &addr) != 0 || !ipoib_addr_is_unicast_valid(&addr))
		return allowed;
	for (i = 0; i < a->nb_peers; i++) {
		if (rte_is_same_ether_addr(&a->peer[i].mac, &mac) ||
				ipoib_addr_equal(&a->peer[i].addr, &addr))
			return allowed;
	}
	a->peer[a->nb_peers].mac = mac;
	a->peer[a->nb_peers++].addr = addr;
	return NULL;
}

/* Each sets one value, or returns what is allowed. */
static const struct {
	const char *key;
	const char *(*set)(const char *value, struct ipoib_devargs *a);
} keys[] = {
	{ "hca", set_hca },
	{ "device", set_device },
	{ "port", set_port },
	{ "pkey", set_pkey },
	{ "mad", set_mad },
	{ "carrier", set_carrier },
	{ "queues", set_queues },
	{ "qpn", set_qpn },
	{ "crc", set_crc },
	{ "roce", set_roce },
	{ "grh", set_grh },
	{ "numa", set_numa },
	{ "mode", set_mode },
	{ "vlan", set_vlan },
	{ "peer", set_peer },
};

static int
devargs_set(const char *name, const struct rte_kvargs_pair *pair, uint32_t *seen,
		struct ipoib_devargs *a)
{
	const char *value = pair->value != NULL ? pair->value : "";
	const char *allowed;
	unsigned int i;

	for (i = 0; i < RTE_DIM(keys); i++)
		if (strcmp(pair->key, keys[i].key) == 0)
			break;
	if (i == RTE_DIM(keys)) {
		IPOIB_LOG(ERR, "%s: unknown argument '%s', allowed are %s", name, pair->key, KEYS);
		return -EINVAL;
	}
	if ((*seen & RTE_BIT32(i)) != 0 && keys[i].set != set_vlan && keys[i].set != set_peer) {
		IPOIB_LOG(ERR, "%s: argument '%s' is given twice", name, pair->key);
		return -EINVAL;
	}
	*seen |= RTE_BIT32(i);
	allowed = keys[i].set(value, a);
	if (allowed != NULL) {
		IPOIB_LOG(ERR, "%s: bad value '%s' of '%s', allowed is %s", name, value, pair->key,
				allowed);
		return -EINVAL;
	}
	return 0;
}

/* What only the other backend knows. */
static int
devargs_suit(const char *name, const struct ipoib_devargs *a, uint32_t seen)
{
	static const struct {
		const char *key, *hca;
	} only[] = {
		{ "carrier", "soft" },
		{ "qpn", "soft" },
		{ "crc", "soft" },
		{ "roce", "verbs" },
	};
	unsigned int i, k;

	for (i = 0; i < RTE_DIM(only); i++) {
		for (k = 0; strcmp(keys[k].key, only[i].key) != 0; k++)
			;
		if ((seen & RTE_BIT32(k)) == 0 || strcmp(a->hca, only[i].hca) == 0)
			continue;
		IPOIB_LOG(ERR, "%s: argument '%s' is for hca=%s only, not for hca=%s", name,
				only[i].key, only[i].hca, a->hca);
		return -EINVAL;
	}
	return 0;
}

static int
devargs_complete(const char *name, struct ipoib_devargs *a)
{
	bool verbs = strcmp(a->hca, "verbs") == 0;
	unsigned int nb;

	if (a->mad[0] == '\0')
		rte_strscpy(a->mad, verbs ? "umad" : "ibsim", sizeof(a->mad));
	if (a->device[0] == '\0') {
		IPOIB_LOG(ERR, "%s: argument 'device' is missing: the name of an HCA", name);
		return -EINVAL;
	}
	if (!verbs && a->carrier[0] == '\0') {
		IPOIB_LOG(ERR,
				"%s: argument 'carrier' is missing: "
				"the name of an Ethernet device, such as net_af_packet0",
				name);
		return -EINVAL;
	}
	/* In mode=ether control has a queue, too. */
	nb = RTE_MIN(a->queues + (a->ether ? 1u : 0u), (unsigned int)PMD_IPOIB_QUEUES_MAX);
	if (a->qpn != 0 && a->qpn + nb > IB_QPN_MULTICAST) {
		IPOIB_LOG(ERR, "%s: bad value '0x%x' of 'qpn': for %u queue pairs at most 0x%x",
				name, a->qpn, nb, IB_QPN_MULTICAST - nb);
		return -EINVAL;
	}
	return 0;
}

/* A partition is one VLAN, or that of frames without a tag. */
static int
vlans_check(const char *name, const struct ipoib_devargs *a)
{
	unsigned int i;

	if ((a->nb_vlans > 0 || a->nb_peers > 0) && !a->ether) {
		IPOIB_LOG(ERR, "%s: argument '%s' is for mode=ether only", name,
				a->nb_vlans > 0 ? "vlan" : "peer");
		return -EINVAL;
	}
	for (i = 0; i < a->nb_vlans; i++) {
		if (IB_PKEY_BASE(a->vlan[i].pkey) == IB_PKEY_BASE(a->pkey)) {
			IPOIB_LOG(ERR,
					"%s: P_Key 0x%04x of VLAN %u is that of the port itself: "
					"its frames have no tag",
					name, a->vlan[i].pkey, a->vlan[i].id);
			return -EINVAL;
		}
	}
	return 0;
}

int
ipoib_devargs_parse(const char *name, const char *text, struct ipoib_devargs *args)
{
	struct ipoib_devargs a = {
		.hca = "soft",
		.port = 1,
		.pkey = 0xffff,
		.queues = 1,
		.crc = true,
		.numa = SOCKET_ID_ANY,
	};
	struct rte_kvargs *kv;
	uint32_t seen = 0;
	unsigned int i;
	int ret = 0;

	kv = rte_kvargs_parse(text != NULL ? text : "", NULL);
	if (kv == NULL) {
		IPOIB_LOG(ERR, "%s: malformed arguments '%s', allowed is key=value,... with %s",
				name, text, KEYS);
		return -EINVAL;
	}
	for (i = 0; i < kv->count && ret == 0; i++)
		ret = devargs_set(name, &kv->pairs[i], &seen, &a);
	rte_kvargs_free(kv);
	if (ret == 0)
		ret = devargs_suit(name, &a, seen);
	if (ret == 0)
		ret = devargs_complete(name, &a);
	if (ret == 0)
		ret = vlans_check(name, &a);
	if (ret == 0)
		*args = a;
	return ret;
}

int
ipoib_devargs_format(const struct ipoib_devargs *a, char *buf, size_t len)
{
	char own[RTE_ETH_NAME_MAX_LEN + 32] = "", numa[32] = "";
	int n;

	if (strcmp(a->hca, "verbs") == 0)
		snprintf(own, sizeof(own), ",roce=%s", a->roce ? "on" : "off");
	else
		snprintf(own, sizeof(own), ",crc=%s,carrier=%s", a->crc ? "on" : "off", a->carrier);
	if (a->numa != SOCKET_ID_ANY)
		snprintf(numa, sizeof(numa), ",numa=%d", a->numa);
	n = snprintf(buf, len, "hca=%s,device=%s,port=%u,mad=%s,pkey=0x%04x,queues=%u,grh=%s%s%s",
			a->hca, a->device, a->port, a->mad, a->pkey, a->queues,
			a->grh ? "on" : "off", own, numa);
	return n < 0 || (size_t)n >= len ? -ENOSPC : 0;
}

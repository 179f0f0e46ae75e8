/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* The device: found by its name, opened, and its events. Control side. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_malloc.h>
#include <rte_string_fns.h>

#include "hca_verbs.h"

/* The names of what is there, for who asked for something else. */
static void
devices_list(struct ibv_device **list, char *buf, size_t len)
{
	size_t used = 0;

	rte_strscpy(buf, "none", len);
	for (; *list != NULL && used < len; list++)
		used += (size_t)snprintf(buf + used, len - used, "%s%s", used > 0 ? ", " : "",
				ibv_get_device_name(*list));
}

static struct ibv_context *
device_open(const char *name)
{
	struct ibv_context *ctx = NULL;
	struct ibv_device **list, **d;
	char names[256];

	list = ibv_get_device_list(NULL);
	if (list == NULL) {
		IPOIB_LOG(ERR, "no InfiniBand device: is the module ib_uverbs loaded?");
		return NULL;
	}
	for (d = list; *d != NULL; d++)
		if (strcmp(ibv_get_device_name(*d), name) == 0)
			break;
	if (*d == NULL) {
		devices_list(list, names, sizeof(names));
		IPOIB_LOG(ERR, "there is no InfiniBand device '%s'; there are: %s", name, names);
		errno = ENODEV;
	} else {
		errno = 0;
		ctx = ibv_open_device(*d);
		if (ctx == NULL)
			IPOIB_LOG(ERR, "device '%s' cannot be opened: %s%s", name,
					strerror(errno != 0 ? errno : EIO),
					errno == EACCES || errno == EPERM
							? ": no permission for its file "
							  "/dev/infiniband/uverbs* (run as root, or "
							  "see config/60-dpdk-ipoib.rules)"
							: "");
	}
	ibv_free_device_list(list);
	return ctx;
}

/* Widths and speeds are codes of PortInfo (IBA 14.2.5.6). */
static uint32_t
port_speed(const struct ibv_port_attr *a)
{
	static const struct {
		uint8_t code;
		uint32_t mbps;
	} speeds[] = { { 1, 2500 }, { 2, 5000 }, { 4, 10000 }, { 8, 10000 }, { 16, 14000 },
		{ 32, 25000 }, { 64, 50000 }, { 128, 100000 } },
	  widths[] = { { 1, 1 }, { 2, 4 }, { 4, 8 }, { 8, 12 }, { 16, 2 } };
	uint32_t lane = 0, lanes = 0;
	unsigned int i;

	for (i = 0; i < RTE_DIM(speeds); i++)
		if (a->active_speed == speeds[i].code)
			lane = speeds[i].mbps;
	for (i = 0; i < RTE_DIM(widths); i++)
		if (a->active_width == widths[i].code)
			lanes = widths[i].mbps;
	return lane * lanes;
}

static int
port_check(struct verbs_hca *vh)
{
	const struct ipoib_devargs *args = &vh->hca->args;
	struct ibv_port_attr a;
	bool ether;
	int ret;

	if (args->port > vh->attr.orig_attr.phys_port_cnt) {
		IPOIB_LOG(ERR, "device '%s' has no port %u, only 1 to %u", args->device, args->port,
				vh->attr.orig_attr.phys_port_cnt);
		return -ENODEV;
	}
	ret = ibv_query_port(vh->ctx, args->port, &a);
	if (ret != 0) {
		IPOIB_LOG(ERR, "%s port %u cannot be queried: %s", args->device, args->port,
				strerror(ret));
		return -ret;
	}
	ether = a.link_layer == IBV_LINK_LAYER_ETHERNET;
	if (ether != args->roce) {
		IPOIB_LOG(ERR, "%s port %u: its link layer is %s: %s", args->device, args->port,
				ether ? "Ethernet" : "InfiniBand",
				ether ? "such a port is for its Ethernet driver (mlx5, say); for tests "
					"over RoCE give roce=on"
				      : "roce=on is for Ethernet ports only");
		return -EINVAL;
	}
	if (a.state != IBV_PORT_ACTIVE)
		IPOIB_LOG(NOTICE, "%s port %u is not active yet (%s): waiting for the fabric",
				args->device, args->port, ibv_port_state_str(a.state));
	vh->hca->grh_device = (a.flags & IBV_QPF_GRH_REQUIRED) != 0;
	vh->speed = port_speed(&a);
	return 0;
}

static int
device_socket(struct ibv_context *ctx)
{
	char path[IBV_SYSFS_PATH_MAX + 32], text[16], *end = text;
	long node = SOCKET_ID_ANY;
	FILE *f;

	snprintf(path, sizeof(path), "%s/device/numa_node", ctx->device->ibdev_path);
	f = fopen(path, "r");
	if (f == NULL)
		return SOCKET_ID_ANY;
	if (fgets(text, sizeof(text), f) != NULL)
		node = strtol(text, &end, 10);
	fclose(f);
	return end != text && node >= 0 && node < RTE_MAX_NUMA_NODES ? (int)node : SOCKET_ID_ANY;
}

static int
device_setup(struct verbs_hca *vh)
{
	int ret, flags;

	ret = ibv_query_device_ex(vh->ctx, NULL, &vh->attr);
	if (ret != 0) {
		IPOIB_LOG(ERR, "device '%s' cannot be queried: %s", vh->hca->args.device,
				strerror(ret));
		return -ret;
	}
	ret = port_check(vh);
	if (ret != 0)
		return ret;
	if (vh->hca->socket == SOCKET_ID_ANY)
		vh->hca->socket = device_socket(vh->ctx);
	flags = fcntl(vh->ctx->async_fd, F_GETFL);
	if (flags < 0 || fcntl(vh->ctx->async_fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return -errno;
	if ((vh->attr.orig_attr.device_cap_flags & IBV_DEVICE_UD_IP_CSUM) != 0) {
		vh->hca->rx_offloads = RTE_ETH_RX_OFFLOAD_CHECKSUM;
		vh->hca->tx_offloads = RTE_ETH_TX_OFFLOAD_IPV4_CKSUM |
				RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM;
	}
	vh->pd = ibv_alloc_pd(vh->ctx);
	if (vh->pd == NULL)
		return -errno;
	return verbs_mrs_open(vh);
}

static void
device_free(struct verbs_hca *vh)
{
	if (vh->mrs != NULL)
		verbs_mrs_close(vh);
	if (vh->pd != NULL && ibv_dealloc_pd(vh->pd) != 0)
		IPOIB_LOG(ERR, "%s: something is left in the protection domain",
				vh->hca->args.device);
	ibv_close_device(vh->ctx);
	rte_free(vh);
}

int
verbs_open(struct ipoib_hca *hca)
{
	struct verbs_hca *vh;
	int ret;

	vh = rte_zmalloc_socket("ipoib_verbs", sizeof(*vh), RTE_CACHE_LINE_SIZE, hca->socket);
	if (vh == NULL)
		return -ENOMEM;
	vh->hca = hca;
	vh->port_num = hca->args.port;
	vh->ctx = device_open(hca->args.device);
	if (vh->ctx == NULL) {
		ret = errno != 0 ? -errno : -EIO;
		rte_free(vh);
		return ret;
	}
	hca->backend = vh;
	ret = device_setup(vh);
	if (ret != 0) {
		hca->backend = NULL;
		device_free(vh);
	}
	return ret;
}

void
verbs_close(struct ipoib_hca *hca)
{
	device_free(hca->backend);
	hca->backend = NULL;
}

/* RoCE has no LID, but every address vector here has one: 1 stands for it. */
int
verbs_identity(struct ipoib_hca *hca, struct ipoib_mad_port *ident)
{
	const struct verbs_hca *vh = hca->backend;
	struct ibv_port_attr a;
	union ibv_gid gid;

	memset(ident, 0, sizeof(*ident));
	if (ibv_query_port(vh->ctx, vh->port_num, &a) != 0 ||
			ibv_query_gid(vh->ctx, vh->port_num, 0, &gid) != 0)
		return -EIO;
	memcpy(ident->device, hca->args.device, sizeof(ident->device));
	ident->port_num = vh->port_num;
	ident->state = a.state == IBV_PORT_ACTIVE ? IPOIB_MAD_ACTIVE : IPOIB_MAD_DOWN;
	ident->lid = 1;
	memcpy(ident->gid.raw, gid.raw, sizeof(ident->gid.raw));
	ident->grh_required = true;
	ident->nb_pkeys = 1;
	ident->pkeys[0] = IB_PKEY_FULL | 0x7fff;
	return 0;
}

uint32_t
verbs_link_speed(const struct ipoib_hca *hca)
{
	const struct verbs_hca *vh = hca->backend;

	return vh->speed != 0 ? vh->speed : RTE_ETH_SPEED_NUM_UNKNOWN;
}

/* Lock held. */
static void
device_gone(struct verbs_hca *vh)
{
	if (vh->hca->gone)
		return;
	vh->hca->gone = true;
	/* The next poll brings the ports in line. */
	vh->hca->stale = true;
	IPOIB_LOG(ERR, "device '%s' has failed or was taken out; its ports stay down",
			vh->hca->args.device);
}

static uint32_t
event_mad(enum ibv_event_type type)
{
	switch (type) {
	case IBV_EVENT_PORT_ACTIVE:
	case IBV_EVENT_PORT_ERR:
		return IPOIB_MAD_EV_STATE;
	case IBV_EVENT_LID_CHANGE:
		return IPOIB_MAD_EV_LID;
	case IBV_EVENT_PKEY_CHANGE:
		return IPOIB_MAD_EV_PKEY;
	case IBV_EVENT_SM_CHANGE:
		return IPOIB_MAD_EV_SM;
	case IBV_EVENT_GID_CHANGE:
		return IPOIB_MAD_EV_GID;
	case IBV_EVENT_CLIENT_REREGISTER:
		return IPOIB_MAD_EV_REREGISTER;
	default:
		return 0;
	}
}

void
verbs_events_take(struct verbs_hca *vh)
{
	struct ibv_async_event e;
	uint32_t mad;

	while (ibv_get_async_event(vh->ctx, &e) == 0) {
		mad = event_mad(e.event_type);
		if (mad != 0 && vh->hca->mad != NULL && e.element.port_num == vh->port_num)
			ipoib_mad_event_inject(vh->hca->mad, mad);
		if (e.event_type == IBV_EVENT_DEVICE_FATAL)
			device_gone(vh);
		/* A queue pair's or CQ's: seen as completions, or as its state, too. */
		ibv_ack_async_event(&e);
	}
	if (errno == EIO || errno == ENODEV)
		device_gone(vh);
}

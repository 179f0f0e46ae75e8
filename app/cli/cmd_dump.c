/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* testpmd's looks into EAL: memory, rings, mempools, devices, log types. */

#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_devargs.h>
#include <rte_log.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <rte_memzone.h>
#include <rte_mempool.h>
#include <rte_ring.h>

#include "cli.h"
#include "commands.h"

#define BORDER "*********************"

static void
heap_print(FILE *out, const char *what, const struct rte_malloc_socket_stats *s)
{
	const double mb = 1024 * 1024;

	fprintf(out,
			"%s: size(M) total: %.6lf alloc: %.6lf(%.3lf%%) free: %.6lf \tcount alloc: "
			"%-4u free: %u\n",
			what, (double)s->heap_totalsz_bytes / mb,
			(double)s->heap_allocsz_bytes / mb,
			s->heap_totalsz_bytes == 0 ? 0
						   : (double)s->heap_allocsz_bytes * 100 /
							(double)s->heap_totalsz_bytes,
			(double)s->heap_freesz_bytes / mb, s->alloc_count, s->free_count);
}

int
cmd_dump_socket_mem(struct cli *cli, const struct cmd_dump_socket_mem *args __rte_unused)
{
	struct rte_malloc_socket_stats s, sum = { 0 };
	char what[24];
	int i;

	for (i = 0; i < RTE_MAX_NUMA_NODES; i++) {
		if (rte_malloc_get_socket_stats(i, &s) != 0 || s.heap_totalsz_bytes == 0)
			continue;
		sum.heap_totalsz_bytes += s.heap_totalsz_bytes;
		sum.heap_allocsz_bytes += s.heap_allocsz_bytes;
		sum.heap_freesz_bytes += s.heap_freesz_bytes;
		sum.alloc_count += s.alloc_count;
		sum.free_count += s.free_count;
		snprintf(what, sizeof(what), "Socket %d", i);
		heap_print(cli->out, what, &s);
	}
	heap_print(cli->out, "Total   ", &sum);
	return 0;
}

int
cmd_dump_physmem(struct cli *cli, const struct cmd_dump_physmem *args __rte_unused)
{
	rte_dump_physmem_layout(cli->out);
	return 0;
}

int
cmd_dump_memzone(struct cli *cli, const struct cmd_dump_memzone *args __rte_unused)
{
	rte_memzone_dump(cli->out);
	return 0;
}

int
cmd_dump_struct_sizes(struct cli *cli, const struct cmd_dump_struct_sizes *args __rte_unused)
{
	fprintf(cli->out,
			"sizeof(struct rte_mbuf) = %zu\nsizeof(struct rte_mempool) = %zu\n"
			"sizeof(struct rte_ring) = %zu\n",
			sizeof(struct rte_mbuf), sizeof(struct rte_mempool),
			sizeof(struct rte_ring));
	return 0;
}

int
cmd_dump_ring(struct cli *cli, const struct cmd_dump_ring *args)
{
	struct cli_string name = args->name;
	const struct rte_ring *r;

	if (!args->has_name) {
		rte_ring_list_dump(cli->out);
		return 0;
	}
	r = rte_ring_lookup(name.text);
	if (r == NULL)
		return cli_fail(cli, "Cannot find ring '%s': 'dump_ring' lists all", name.text);
	rte_ring_dump(cli->out, r);
	return 0;
}

int
cmd_dump_mempool(struct cli *cli, const struct cmd_dump_mempool *args)
{
	struct cli_string name = args->name;
	struct rte_mempool *mp;

	if (!args->has_name) {
		rte_mempool_list_dump(cli->out);
		return 0;
	}
	mp = rte_mempool_lookup(name.text);
	if (mp == NULL)
		return cli_fail(cli, "Cannot find mempool '%s': 'dump_mempool' lists all",
				name.text);
	rte_mempool_dump(cli->out, mp);
	return 0;
}

int
cmd_dump_devargs(struct cli *cli, const struct cmd_dump_devargs *args __rte_unused)
{
	rte_devargs_dump(cli->out);
	return 0;
}

int
cmd_dump_lcores(struct cli *cli, const struct cmd_dump_lcores *args __rte_unused)
{
	rte_lcore_dump(cli->out);
	return 0;
}

int
cmd_dump_log_types(struct cli *cli, const struct cmd_dump_log_types *args __rte_unused)
{
	rte_log_dump(cli->out);
	return 0;
}

/* --- set log --- */

/* rte_log says nothing if no type fits; its list has lines "id N: NAME, level is L". */
static unsigned int
log_types_fit(const char *pattern)
{
	char *list = NULL, *line, *save = NULL, name[128];
	unsigned int n = 0;
	size_t size = 0;
	regex_t re;
	FILE *f;

	if (regcomp(&re, pattern, REG_NOSUB) != 0)
		return 0;
	f = open_memstream(&list, &size);
	if (f != NULL) {
		rte_log_dump(f);
		fclose(f);
		for (line = strtok_r(list, "\n", &save); line != NULL;
				line = strtok_r(NULL, "\n", &save))
			n += sscanf(line, "id %*u: %127[^,],", name) == 1 &&
					regexec(&re, name, 0, NULL, 0) == 0;
	}
	free(list);
	regfree(&re);
	return n;
}

int
cmd_set_log(struct cli *cli, const struct cmd_set_log *args)
{
	struct cli_string type = args->type;

	if (args->level < 1 || args->level > RTE_LOG_DEBUG)
		return cli_fail(cli, "level %ju: 1 (emergency) to %u (debug) is allowed",
				(uintmax_t)args->level, RTE_LOG_DEBUG);
	if (strcmp(type.text, "global") == 0) {
		rte_log_set_global_level((uint32_t)args->level);
		return 0;
	}
	if (log_types_fit(type.text) == 0)
		return cli_fail(cli, "no log type '%s': global, or one of 'dump_log_types'",
				type.text);
	rte_log_set_level_regexp(type.text, (uint32_t)args->level);
	return 0;
}

/* --- devices --- */

static const struct {
	uint32_t bit;
	const char *name;
} speeds[] = {
	{ RTE_ETH_LINK_SPEED_FIXED, "Disable autonegotiate (fixed speed)  " },
	{ RTE_ETH_LINK_SPEED_10M_HD, "10 Mbps half-duplex  " },
	{ RTE_ETH_LINK_SPEED_10M, "10 Mbps full-duplex  " },
	{ RTE_ETH_LINK_SPEED_100M_HD, "100 Mbps half-duplex  " },
	{ RTE_ETH_LINK_SPEED_100M, "100 Mbps full-duplex  " },
	{ RTE_ETH_LINK_SPEED_1G, "1 Gbps  " },
	{ RTE_ETH_LINK_SPEED_2_5G, "2.5 Gbps  " },
	{ RTE_ETH_LINK_SPEED_5G, "5 Gbps  " },
	{ RTE_ETH_LINK_SPEED_10G, "10 Gbps  " },
	{ RTE_ETH_LINK_SPEED_20G, "20 Gbps  " },
	{ RTE_ETH_LINK_SPEED_25G, "25 Gbps  " },
	{ RTE_ETH_LINK_SPEED_40G, "40 Gbps  " },
	{ RTE_ETH_LINK_SPEED_50G, "50 Gbps  " },
	{ RTE_ETH_LINK_SPEED_56G, "56 Gbps  " },
	{ RTE_ETH_LINK_SPEED_100G, "100 Gbps  " },
	{ RTE_ETH_LINK_SPEED_200G, "200 Gbps  " },
};

static void
device_port_print(FILE *out, uint16_t port)
{
	char name[RTE_ETH_NAME_MAX_LEN] = "?";
	struct rte_eth_dev_info info;
	struct rte_ether_addr mac;
	unsigned int i;

	fprintf(out, "\n\tPort id: %-2d", port);
	if (rte_eth_macaddr_get(port, &mac) == 0)
		fprintf(out, "\n\tMAC address: " RTE_ETHER_ADDR_PRT_FMT,
				RTE_ETHER_ADDR_BYTES(&mac));
	rte_eth_dev_get_name_by_port(port, name);
	fprintf(out, "\n\tDevice name: %s", name);
	if (rte_eth_dev_info_get(port, &info) == 0) {
		fprintf(out, "\n\tDevice speed capability:");
		if (info.speed_capa == RTE_ETH_LINK_SPEED_AUTONEG)
			fputs(" Autonegotiate (all speeds)", out);
		for (i = 0; i < RTE_DIM(speeds); i++) {
			if ((info.speed_capa & speeds[i].bit) != 0)
				fprintf(out, " %s", speeds[i].name);
		}
	}
	fputc('\n', out);
}

static void
device_print(FILE *out, const struct rte_device *dev)
{
	const struct rte_devargs *da = rte_dev_devargs(dev);
	const char *bus_info = rte_dev_bus_info(dev);
	uint16_t port;

	fprintf(out, "\n%s Infos for device %s %s\n", BORDER, rte_dev_name(dev), BORDER);
	fprintf(out, "Bus name: %s\nBus information: %s\n", rte_bus_name(rte_dev_bus(dev)),
			bus_info != NULL ? bus_info : "");
	fprintf(out, "Driver name: %s\nDevargs: %s\nConnect to socket: %d\n",
			rte_driver_name(rte_dev_driver(dev)),
			da != NULL && da->args != NULL ? da->args : "", rte_dev_numa_node(dev));
	RTE_ETH_FOREACH_DEV_OF(port, dev)
	device_port_print(out, port);
}

static int
bus_any(const struct rte_bus *bus __rte_unused, const void *data __rte_unused)
{
	return 0;
}

int
cmd_show_device_info(struct cli *cli, const struct cmd_show_device_info *args)
{
	struct cli_string name = args->device;
	bool all = strcmp(name.text, "all") == 0;
	struct rte_dev_iterator it;
	struct rte_bus *bus = NULL;
	struct rte_device *dev;
	unsigned int n = 0;
	char filter[64];

	while ((bus = rte_bus_find(bus, bus_any, NULL)) != NULL) {
		snprintf(filter, sizeof(filter), "bus=%s", rte_bus_name(bus));
		RTE_DEV_FOREACH(dev, filter, &it)
		{
			if (!rte_dev_is_probed(dev) ||
					(!all && strcmp(name.text, rte_dev_name(dev)) != 0))
				continue;
			device_print(cli->out, dev);
			n++;
		}
	}
	if (n == 0 && !all)
		return cli_fail(cli, "no device '%s': 'show device info all' lists all", name.text);
	return 0;
}

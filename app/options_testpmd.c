/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* testpmd's options that are not here, and why. doc/testpmd.md has the same list; a test compares. */

#include <stddef.h>
#include <string.h>

#include <rte_common.h>

#include "options_read.h"

#define PROCESSES "one process has all ports"
#define NUMA "memory is always on the port's NUMA node"
#define OFFLOADS "it takes no offload but segments to send, which it takes where there are any"
#define VLANS "tags are sub-ports: 'ip vlan add'"
#define THRESHOLDS "a driver's default thresholds are used"
#define RSS "with several RX queues RSS is on, by IP addresses"
#define SPLIT "a packet's buffers are all of one pool"
#define HAIRPIN "every packet goes through a worker"
#define NOISY "the engine noisy is not here"
#define STATISTICS "'show port stats' has rates, 'show fwd stats all' counts"
#define MEMPOOL "mempools are in EAL's memory"

static const struct {
	const char *name, *why;
} testpmd_options[] = {
	{ "nb-ports", "--portlist says which ports" },
	{ "num-procs", PROCESSES },
	{ "proc-id", PROCESSES },
	{ "numa", NUMA },
	{ "no-numa", NUMA },
	{ "port-numa-config", NUMA },
	{ "ring-numa-config", NUMA },
	{ "socket-num", NUMA },
	{ "max-lro-pkt-size", OFFLOADS },
	{ "eth-peers-configfile", "--eth-peer, or 'set eth-peer' in a --cmdline-file" },
	{ "disable-crc-strip", "an FCS is never handed on" },
	{ "enable-scatter", "--mbuf-size makes mbufs large enough for a frame" },
	{ "enable-lro", OFFLOADS },
	{ "enable-rx-cksum", OFFLOADS },
	{ "enable-rx-timestamp", OFFLOADS },
	{ "enable-hw-vlan", VLANS },
	{ "enable-hw-vlan-filter", VLANS },
	{ "enable-hw-vlan-strip", VLANS },
	{ "enable-hw-vlan-extend", VLANS },
	{ "enable-hw-qinq-strip", VLANS },
	{ "enable-drop-en", THRESHOLDS },
	{ "disable-rss", RSS },
	{ "rss-ip", RSS },
	{ "rss-udp", RSS },
	{ "rss-level-inner", RSS },
	{ "rss-level-outer", RSS },
	{ "rx-mq-mode", RSS },
	{ "hairpinq", HAIRPIN },
	{ "hairpin-mode", HAIRPIN },
	{ "rxpt", THRESHOLDS },
	{ "rxht", THRESHOLDS },
	{ "rxwt", THRESHOLDS },
	{ "rxfreet", THRESHOLDS },
	{ "txpt", THRESHOLDS },
	{ "txht", THRESHOLDS },
	{ "txwt", THRESHOLDS },
	{ "txfreet", THRESHOLDS },
	{ "txrst", THRESHOLDS },
	{ "rxoffs", SPLIT },
	{ "rxpkts", SPLIT },
	{ "rxhdrs", SPLIT },
	{ "multi-rx-mempool", SPLIT },
	{ "rxq-share", "each RX queue belongs to one port" },
	{ "eth-link-speed", "a link has the speed that it has" },
	{ "disable-device-start", "'port stop all' in a --cmdline-file" },
	{ "no-rmv-interrupt", "nothing is done when a device goes: 'port detach' takes it away" },
	{ "hot-plug", "'port attach' takes a new device" },
	{ "bitrate-stats", STATISTICS },
	{ "latencystats", STATISTICS },
	{ "flow-isolate-all", "there are no flow rules" },
	{ "tx-offloads", OFFLOADS },
	{ "rx-offloads", OFFLOADS },
	{ "vxlan-gpe-port", "tunnels are not looked into" },
	{ "geneve-parsed-port", "tunnels are not looked into" },
	{ "no-mlockall", "memory is not locked unless --mlockall says so" },
	{ "mp-alloc", MEMPOOL },
	{ "no-iova-contig", MEMPOOL },
	{ "noisy-forward-mode", NOISY },
	{ "noisy-tx-sw-buffer-size", NOISY },
	{ "noisy-tx-sw-buffer-flushtime", NOISY },
	{ "noisy-lkup-memory", NOISY },
	{ "noisy-lkup-num-writes", NOISY },
	{ "noisy-lkup-num-reads", NOISY },
	{ "noisy-lkup-num-reads-writes", NOISY },
};

const char *
testpmd_option(const char *name)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(testpmd_options); i++) {
		if (strcmp(name, testpmd_options[i].name) == 0)
			return testpmd_options[i].why;
	}
	return NULL;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* testpmd's commands that are not here, and why. doc/testpmd.md lists them; a test types them all. */

#include <string.h>

#include <rte_common.h>

#include "testpmd.h"

#define VLANS "tags are sub-ports: 'ip vlan add'"
#define BONDS "bonds are IPoIB's: 'ipoib bond add'"
#define OFFLOADS "checksums and segments are made in software"
#define SHAPING "there is no traffic management"
#define SPLIT "a packet's buffers are all of one pool"
#define REGISTERS "registers are the driver's own"
#define VFS "the host sets up virtual functions: 'ip link set DEVICE vf ...'"

static const struct {
	const char *words, *why;
} testpmd_commands[] = {
	{ "csum", OFFLOADS },
	{ "tso", OFFLOADS },
	{ "tunnel_tso", OFFLOADS },
	{ "set gso", OFFLOADS },
	{ "show port 0 gso", OFFLOADS },
	{ "set gro", OFFLOADS },
	{ "flow", "there are no flow rules: routes choose" },
	{ "vlan", VLANS },
	{ "rx_vlan", VLANS },
	{ "tx_vlan", VLANS },
	{ "mac_addr", "a port has the address of its device" },
	{ "mcast_addr", "control joins groups: 'ip multicast join'" },
	{ "create bonded", BONDS },
	{ "add bonding", BONDS },
	{ "set bonding", BONDS },
	{ "show bonding", BONDS },
	{ "set txsplit", "packets have one segment" },
	{ "set txtimes", "packets are not scheduled: 'set tx-pps' sets the rate" },
	{ "set rxpkts", SPLIT },
	{ "set rxoffs", SPLIT },
	{ "set rxhdrs", SPLIT },
	{ "set flow_ctrl", "pause frames are as the driver has them: 'show port P flow_ctrl'" },
	{ "set stat_qmap", "queues have counters of their own: 'show port xstats'" },
	{ "set link_check", "--disable-link-check at the start" },
	{ "set hash_global_config", "RSS is by IP addresses" },
	{ "set vf", VFS },
	{ "set tx", VFS },
	{ "set port", "link and queues are set by 'port config' and 'port stop', 'port start'" },
	{ "add port", SHAPING },
	{ "create port", SHAPING },
	{ "del port", SHAPING },
	{ "show vf", VFS },
	{ "read reg", REGISTERS },
	{ "write reg", REGISTERS },
	{ "read rxd", REGISTERS },
	{ "bpf-load", "BPF programs are not run on packets" },
	{ "bpf-unload", "BPF programs are not run on packets" },
	{ "ddp", "profiles are loaded by the device's own tools" },
};

/* The words of a line, one blank between. */
static void
words_of(const char *line, char *buf, size_t len)
{
	size_t n = 0;

	for (; *line != '\0' && *line != '\n' && n + 2 < len; line++) {
		if (*line != ' ' && *line != '\t')
			buf[n++] = *line;
		else if (n != 0 && buf[n - 1] != ' ')
			buf[n++] = ' ';
	}
	buf[n] = '\0';
}

const char *
testpmd_command(const char *line, const char **words)
{
	char text[256];
	unsigned int i;
	size_t len;

	words_of(line, text, sizeof(text));
	for (i = 0; i < RTE_DIM(testpmd_commands); i++) {
		len = strlen(testpmd_commands[i].words);
		if (strncmp(text, testpmd_commands[i].words, len) != 0 ||
				(text[len] != '\0' && text[len] != ' '))
			continue;
		*words = testpmd_commands[i].words;
		return testpmd_commands[i].why;
	}
	return NULL;
}

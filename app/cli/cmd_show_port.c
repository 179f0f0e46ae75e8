/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* What else testpmd tells of a port: packet types, RSS, offloads, descriptors. */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "commands.h"
#include "parse.h"
#include "show_port.h"

#define BORDER "*********************"
#define RSS_LINE 64 /* characters */
#define RETA_GROUPS (RTE_ETH_RSS_RETA_SIZE_512 / RTE_ETH_RETA_GROUP_SIZE)
#define PTYPES_MAX 16

/* An ethdev port, for what only those have. */
static int
check(struct cli *cli, uint16_t port)
{
	int ret = cli_check_port(cli, port);

	if (ret != 0 || port < DP_PORT_LOGICAL)
		return ret;
	return cli_fail(cli, "port %u is a logical port: ask for the port below it", port);
}

static int
info_get(struct cli *cli, uint16_t port, struct rte_eth_dev_info *info)
{
	int ret = check(cli, port);

	if (ret != 0)
		return ret;
	ret = rte_eth_dev_info_get(port, info);
	return ret == 0 ? 0
			: cli_fail(cli, "port %u: the driver does not tell: %s", port,
					  strerror(-ret));
}

int
cmd_show_port_summary(struct cli *cli, const struct cmd_show_port_summary *args)
{
	uint16_t ports[DP_PORTS_MAX];

	fprintf(cli->out, "Number of available ports: %u\n", app_ports(cli->a, ports));
	fprintf(cli->out, "%-4s %-17s %-12s %-14s %-8s %s\n", "Port", "MAC Address", "Name",
			"Driver", "Status", "Link");
	return cli_each_port(cli, &args->ports, port_summary_print);
}

static void
macs_print(FILE *out, const struct rte_ether_addr *addr, int n)
{
	int i, nb = 0;

	for (i = 0; i < n; i++)
		nb += !rte_is_zero_ether_addr(&addr[i]);
	fprintf(out, "Number of MAC address added: %d\n", nb);
	for (i = 0; i < n; i++) {
		if (!rte_is_zero_ether_addr(&addr[i]))
			fprintf(out, "  " RTE_ETHER_ADDR_PRT_FMT "\n",
					RTE_ETHER_ADDR_BYTES(&addr[i]));
	}
}

/* show port P macs */
int
cmd_show_port(struct cli *cli, const struct cmd_show_port *args)
{
	struct rte_ether_addr *addr;
	struct rte_eth_dev_info info;
	struct pmd_ipoib_info ib;
	char text[IPOIB_ADDR_STRLEN];
	int n;

	if (info_get(cli, args->port, &info) != 0)
		return -EINVAL;
	if (pmd_ipoib_info_get(args->port, &ib) == 0) {
		fprintf(cli->out, "Number of IPoIB address added: 1\n  %s\n",
				ipoib_addr_format(&ib.addr, text, sizeof(text)));
		return 0;
	}
	addr = calloc(info.max_mac_addrs + 1, sizeof(*addr));
	if (addr == NULL)
		return cli_fail(cli, "out of memory");
	n = rte_eth_macaddrs_get(args->port, addr, info.max_mac_addrs);
	macs_print(cli->out, addr, n);
	free(addr);
	return 0;
}

int
cmd_show_port_ptypes(struct cli *cli, const struct cmd_show_port_ptypes *args)
{
	static const struct {
		uint32_t mask;
		const char *name;
	} layers[] = {
		{ RTE_PTYPE_L2_MASK, "L2" },
		{ RTE_PTYPE_L3_MASK, "L3" },
		{ RTE_PTYPE_L4_MASK, "L4" },
		{ RTE_PTYPE_TUNNEL_MASK, "Tunnel" },
		{ RTE_PTYPE_INNER_L2_MASK, "Inner L2" },
		{ RTE_PTYPE_INNER_L3_MASK, "Inner L3" },
		{ RTE_PTYPE_INNER_L4_MASK, "Inner L4" },
	};
	uint32_t ptypes[PTYPES_MAX];
	char name[256];
	unsigned int i;
	int k, n;

	if (check(cli, args->port) != 0)
		return -EINVAL;
	for (i = 0; i < RTE_DIM(layers); i++) {
		n = rte_eth_dev_get_supported_ptypes(
				args->port, layers[i].mask, ptypes, PTYPES_MAX);
		fprintf(cli->out, n > 0 ? "Supported %s ptypes:\n" : "%s ptypes unsupported\n",
				layers[i].name);
		for (k = 0; k < RTE_MIN(n, PTYPES_MAX); k++) {
			rte_get_ptype_name(ptypes[k], name, sizeof(name));
			fprintf(cli->out, "%s\n", name);
		}
	}
	return 0;
}

/* --- RSS --- */

static int
rss_print(struct cli *cli, uint16_t port, bool with_key)
{
	uint8_t key[256] = { 0 };
	struct rte_eth_rss_conf conf = { .rss_key = with_key ? key : NULL };
	struct rte_eth_dev_info info;
	unsigned int i;
	int ret;

	if (info_get(cli, port, &info) != 0)
		return -EINVAL;
	if (info.hash_key_size == 0)
		return cli_fail(cli, "dev_info did not provide a valid hash key size");
	conf.rss_key_len = info.hash_key_size;
	ret = rte_eth_dev_rss_hash_conf_get(port, &conf);
	if (ret == -ENOTSUP)
		return cli_fail(cli, "operation not supported by device");
	if (ret != 0)
		return cli_fail(cli, "operation failed - diag=%d", ret);
	if (conf.rss_hf == 0) {
		fputs("RSS disabled\n", cli->out);
		return 0;
	}
	fputs("RSS functions:\n", cli->out);
	rss_types_print(cli->out, conf.rss_hf, RSS_LINE);
	if (!with_key)
		return 0;
	fputs("RSS key:\n", cli->out);
	for (i = 0; i < info.hash_key_size; i++)
		fprintf(cli->out, "%02X", key[i]);
	fputc('\n', cli->out);
	return 0;
}

int
cmd_show_port_rss_hash(struct cli *cli, const struct cmd_show_port_rss_hash *args)
{
	return rss_print(cli, args->port, false);
}

int
cmd_show_port_rss_hash_key(struct cli *cli, const struct cmd_show_port_rss_hash_key *args)
{
	return rss_print(cli, args->port, true);
}

/* "(0x3,0x0)": a mask for each 64 entries. @return how many, or -EINVAL */
static int
masks_read(const char *text, struct rte_eth_rss_reta_entry64 *reta)
{
	char copy[STR_TOKEN_SIZE], *at = copy, *word;
	int n = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	if (copy[0] != '(' || strlen(copy) < 3 || copy[strlen(copy) - 1] != ')')
		return -EINVAL;
	copy[strlen(copy) - 1] = '\0';
	at++;
	while ((word = strsep(&at, ",")) != NULL) {
		if (n == RETA_GROUPS || parse_uint(word, 0, UINT64_MAX, &reta[n++].mask) != 0)
			return -EINVAL;
	}
	return n;
}

int
cmd_show_port_rss_reta(struct cli *cli, const struct cmd_show_port_rss_reta *args)
{
	struct rte_eth_rss_reta_entry64 reta[RETA_GROUPS] = { 0 };
	struct cli_string masks = args->masks;
	uint64_t i;
	int ret;

	if (check(cli, args->port) != 0)
		return -EINVAL;
	if (args->size == 0 || args->size > RTE_ETH_RSS_RETA_SIZE_512)
		return cli_fail(cli, "size %" PRIu64 ": 1 to %u is allowed ('show port info')",
				args->size, RTE_ETH_RSS_RETA_SIZE_512);
	ret = masks_read(masks.text, reta);
	if (ret < 0 || (uint64_t)ret * RTE_ETH_RETA_GROUP_SIZE < args->size)
		return cli_fail(cli,
				"masks '%s': one number for each 64 entries is allowed, as (0xff,0x0)",
				masks.text);
	ret = rte_eth_dev_rss_reta_query(args->port, reta, (uint16_t)args->size);
	if (ret != 0)
		return cli_fail(cli, "Failed to get RSS RETA info, return code = %d", ret);
	for (i = 0; i < args->size; i++) {
		const struct rte_eth_rss_reta_entry64 *e = &reta[i / RTE_ETH_RETA_GROUP_SIZE];
		unsigned int k = i % RTE_ETH_RETA_GROUP_SIZE;

		if ((e->mask & RTE_BIT64(k)) != 0)
			fprintf(cli->out,
					"RSS RETA configuration: hash index=%" PRIu64
					", queue=%u\n",
					i, e->reta[k]);
	}
	return 0;
}

/* --- offloads --- */

static void
offloads_print(FILE *out, const char *what, bool rx, uint64_t set)
{
	fputs(what, out);
	for (; set != 0; set &= set - 1) {
		uint64_t one = set & -set;

		fprintf(out, " %s",
				rx ? rte_eth_dev_rx_offload_name(one)
				   : rte_eth_dev_tx_offload_name(one));
	}
	fputc('\n', out);
}

static void
offload_capabilities(FILE *out, uint16_t port, bool rx, const struct rte_eth_dev_info *info)
{
	uint64_t all = rx ? info->rx_offload_capa : info->tx_offload_capa;
	uint64_t queue = rx ? info->rx_queue_offload_capa : info->tx_queue_offload_capa;

	fprintf(out, "%s Offloading Capabilities of port %u :\n", rx ? "Rx" : "Tx", port);
	offloads_print(out, "  Per Queue :", rx, queue);
	offloads_print(out, "  Per Port  :", rx, all ^ queue);
	fputc('\n', out);
}

static uint64_t
queue_offloads(uint16_t port, bool rx, uint16_t queue)
{
	struct rte_eth_rxq_info r;
	struct rte_eth_txq_info t;

	if (rx)
		return rte_eth_rx_queue_info_get(port, queue, &r) == 0 ? r.conf.offloads : 0;
	return rte_eth_tx_queue_info_get(port, queue, &t) == 0 ? t.conf.offloads : 0;
}

static void
offload_configuration(FILE *out, uint16_t port, bool rx, const struct rte_eth_dev_info *info)
{
	uint16_t q, n = rx ? info->nb_rx_queues : info->nb_tx_queues;
	struct rte_eth_conf conf;
	char what[24];

	if (rte_eth_dev_conf_get(port, &conf) != 0)
		memset(&conf, 0, sizeof(conf));
	fprintf(out, "%s Offloading Configuration of port %u :\n", rx ? "Rx" : "Tx", port);
	offloads_print(out, "  Port :", rx, rx ? conf.rxmode.offloads : conf.txmode.offloads);
	for (q = 0; q < n; q++) {
		snprintf(what, sizeof(what), "  Queue[%2u] :", q);
		offloads_print(out, what, rx, queue_offloads(port, rx, q));
	}
	fputc('\n', out);
}

/* show port P (rx_offload|tx_offload) (capabilities|configuration) */
int
cmd_show_port_way_what(struct cli *cli, const struct cmd_show_port_way_what *args)
{
	bool rx = strcmp(args->way, "rx_offload") == 0;
	struct rte_eth_dev_info info;

	if (info_get(cli, args->port, &info) != 0)
		return -EINVAL;
	if (strcmp(args->what, "capabilities") == 0)
		offload_capabilities(cli->out, args->port, rx, &info);
	else
		offload_configuration(cli->out, args->port, rx, &info);
	return 0;
}

/* --- queues --- */

static int
queue_check(struct cli *cli, uint16_t port, bool rx, uint64_t queue)
{
	struct rte_eth_dev_info info;
	uint16_t n;

	if (info_get(cli, port, &info) != 0)
		return -EINVAL;
	n = rx ? info.nb_rx_queues : info.nb_tx_queues;
	if (queue < n)
		return 0;
	return cli_fail(cli, "port %u has no %s queue %" PRIu64 ": 0 to %u are there", port,
			rx ? "RX" : "TX", queue, n - 1);
}

/* show port P (rxq|txq) Q desc D status */
int
cmd_show_port_way_desc_status(struct cli *cli, const struct cmd_show_port_way_desc_status *args)
{
	static const char *const rx_text[] = { [RTE_ETH_RX_DESC_AVAIL] = "AVAILABLE",
		[RTE_ETH_RX_DESC_DONE] = "DONE",
		[RTE_ETH_RX_DESC_UNAVAIL] = "UNAVAILABLE" };
	static const char *const tx_text[] = { [RTE_ETH_TX_DESC_FULL] = "FULL",
		[RTE_ETH_TX_DESC_DONE] = "DONE",
		[RTE_ETH_TX_DESC_UNAVAIL] = "UNAVAILABLE" };
	bool rx = strcmp(args->way, "rxq") == 0;
	uint16_t queue = (uint16_t)args->queue, desc;
	int ret;

	if (queue_check(cli, args->port, rx, args->queue) != 0)
		return -EINVAL;
	desc = (uint16_t)RTE_MIN(args->desc, (uint64_t)UINT16_MAX);
	ret = rx ? rte_eth_rx_descriptor_status(args->port, queue, desc)
		 : rte_eth_tx_descriptor_status(args->port, queue, desc);
	if (ret < 0)
		return cli_fail(cli, "Invalid input: queue id = %u, desc id = %" PRIu64 " (%s)",
				queue, args->desc, strerror(-ret));
	fprintf(cli->out, "Desc status = %s\n", rx ? rx_text[ret] : tx_text[ret]);
	return 0;
}

/* show port P rxq Q desc used count */
int
cmd_show_port_rxq_desc_used_count(
		struct cli *cli, const struct cmd_show_port_rxq_desc_used_count *args)
{
	int ret;

	if (queue_check(cli, args->port, true, args->queue) != 0)
		return -EINVAL;
	ret = rte_eth_rx_queue_count(args->port, (uint16_t)args->queue);
	if (ret < 0)
		return cli_fail(cli, "Invalid queueid = %" PRIu64 " (%s)", args->queue,
				strerror(-ret));
	fprintf(cli->out, "Used desc count = %d\n", ret);
	return 0;
}

/* show port P flow_ctrl */
int
cmd_show_port_flow_ctrl(struct cli *cli, const struct cmd_show_port_flow_ctrl *args)
{
	struct rte_eth_fc_conf fc = { 0 };
	FILE *out = cli->out;
	int ret;

	if (check(cli, args->port) != 0)
		return -EINVAL;
	ret = rte_eth_dev_flow_ctrl_get(args->port, &fc);
	if (ret != 0)
		return cli_fail(cli, "Failed to get current flow ctrl information: err = %d", ret);
	fprintf(out, "\n%s Flow control infos for port %-2d %s\nFC mode:\n", BORDER, args->port,
			BORDER);
	fprintf(out, "   Rx pause: %s\n",
			fc.mode == RTE_ETH_FC_RX_PAUSE || fc.mode == RTE_ETH_FC_FULL ? "on"
										     : "off");
	fprintf(out, "   Tx pause: %s\n",
			fc.mode == RTE_ETH_FC_TX_PAUSE || fc.mode == RTE_ETH_FC_FULL ? "on"
										     : "off");
	fprintf(out, "Autoneg: %s\nPause time: 0x%x\n", fc.autoneg ? "on" : "off", fc.pause_time);
	fprintf(out, "High waterline: 0x%x\nLow waterline: 0x%x\n", fc.high_water, fc.low_water);
	fprintf(out, "Send XON: %s\nForward MAC control frames: %s\n", fc.send_xon ? "on" : "off",
			fc.mac_ctrl_frame_fwd ? "on" : "off");
	fprintf(out, "\n%s**************   End  ***********%s\n", BORDER, BORDER);
	return 0;
}

static const char *
on_off(unsigned int v)
{
	return v != 0 ? "on" : "off";
}

static const char *
state_name(uint8_t state)
{
	switch (state) {
	case RTE_ETH_QUEUE_STATE_STOPPED:
		return "stopped";
	case RTE_ETH_QUEUE_STATE_STARTED:
		return "started";
	default:
		return "hairpin";
	}
}

static void
burst_mode_print(FILE *out, int ret, const struct rte_eth_burst_mode *mode)
{
	if (ret == 0)
		fprintf(out, "Burst mode: %s%s\n", mode->info,
				(mode->flags & RTE_ETH_BURST_FLAG_PER_QUEUE) != 0 ? " (per queue)"
										  : "");
}

int
cmd_show_rxq_info(struct cli *cli, const struct cmd_show_rxq_info *args)
{
	uint16_t queue = (uint16_t)args->queue;
	struct rte_eth_burst_mode mode;
	struct rte_eth_rxq_info q;
	FILE *out = cli->out;
	int ret;

	if (queue_check(cli, args->port, true, args->queue) != 0)
		return -EINVAL;
	ret = rte_eth_rx_queue_info_get(args->port, queue, &q);
	if (ret != 0)
		return cli_fail(cli,
				"Failed to retrieve information for port: %u, RX queue: %u: %s (%d)",
				args->port, queue, strerror(-ret), ret);
	fprintf(out, "\n%s Infos for port %-2u, RX queue %-2u %s\n", BORDER, args->port, queue,
			BORDER);
	fprintf(out, "Mempool: %s\n", q.mp == NULL ? "NULL" : q.mp->name);
	fprintf(out, "RX prefetch threshold: %u\nRX host threshold: %u\n", q.conf.rx_thresh.pthresh,
			q.conf.rx_thresh.hthresh);
	fprintf(out, "RX writeback threshold: %u\nRX free threshold: %u\n",
			q.conf.rx_thresh.wthresh, q.conf.rx_free_thresh);
	fprintf(out, "RX drop packets: %s\nRX deferred start: %s\n", on_off(q.conf.rx_drop_en),
			on_off(q.conf.rx_deferred_start));
	fprintf(out, "RX scattered packets: %s\nRx queue state: %s\n", on_off(q.scattered_rx),
			state_name(q.queue_state));
	if (q.rx_buf_size != 0)
		fprintf(out, "RX buffer size: %u\n", q.rx_buf_size);
	fprintf(out, "Number of RXDs: %u\n", q.nb_desc);
	burst_mode_print(out, rte_eth_rx_burst_mode_get(args->port, queue, &mode), &mode);
	return 0;
}

int
cmd_show_txq_info(struct cli *cli, const struct cmd_show_txq_info *args)
{
	uint16_t queue = (uint16_t)args->queue;
	struct rte_eth_burst_mode mode;
	struct rte_eth_txq_info q;
	FILE *out = cli->out;
	int ret;

	if (queue_check(cli, args->port, false, args->queue) != 0)
		return -EINVAL;
	ret = rte_eth_tx_queue_info_get(args->port, queue, &q);
	if (ret != 0)
		return cli_fail(cli,
				"Failed to retrieve information for port: %u, TX queue: %u: %s (%d)",
				args->port, queue, strerror(-ret), ret);
	fprintf(out, "\n%s Infos for port %-2u, TX queue %-2u %s\n", BORDER, args->port, queue,
			BORDER);
	fprintf(out, "TX prefetch threshold: %u\nTX host threshold: %u\n", q.conf.tx_thresh.pthresh,
			q.conf.tx_thresh.hthresh);
	fprintf(out, "TX writeback threshold: %u\nTX RS threshold: %u\n", q.conf.tx_thresh.wthresh,
			q.conf.tx_rs_thresh);
	fprintf(out, "TX free threshold: %u\nTX deferred start: %s\n", q.conf.tx_free_thresh,
			on_off(q.conf.tx_deferred_start));
	fprintf(out, "Number of TXDs: %u\nTx queue state: %s\n", q.nb_desc,
			state_name(q.queue_state));
	burst_mode_print(out, rte_eth_tx_burst_mode_get(args->port, queue, &mode), &mode);
	return 0;
}

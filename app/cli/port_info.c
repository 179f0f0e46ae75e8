/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* What a port is, in testpmd's lines; behind them what an IPoIB port is besides. */

#include <inttypes.h>
#include <string.h>

#include <rte_common.h>

#include "show_port.h"

#define RSS_INFO_LINE 64 /* characters */

static const struct {
	uint64_t bit;
	const char *name;
} rss_types[] = {
	{ RTE_ETH_RSS_IPV4, "ipv4" },
	{ RTE_ETH_RSS_FRAG_IPV4, "ipv4-frag" },
	{ RTE_ETH_RSS_NONFRAG_IPV4_TCP, "ipv4-tcp" },
	{ RTE_ETH_RSS_NONFRAG_IPV4_UDP, "ipv4-udp" },
	{ RTE_ETH_RSS_NONFRAG_IPV4_SCTP, "ipv4-sctp" },
	{ RTE_ETH_RSS_NONFRAG_IPV4_OTHER, "ipv4-other" },
	{ RTE_ETH_RSS_IPV6, "ipv6" },
	{ RTE_ETH_RSS_FRAG_IPV6, "ipv6-frag" },
	{ RTE_ETH_RSS_NONFRAG_IPV6_TCP, "ipv6-tcp" },
	{ RTE_ETH_RSS_NONFRAG_IPV6_UDP, "ipv6-udp" },
	{ RTE_ETH_RSS_NONFRAG_IPV6_SCTP, "ipv6-sctp" },
	{ RTE_ETH_RSS_NONFRAG_IPV6_OTHER, "ipv6-other" },
	{ RTE_ETH_RSS_L2_PAYLOAD, "l2-payload" },
	{ RTE_ETH_RSS_IPV6_EX, "ipv6-ex" },
	{ RTE_ETH_RSS_IPV6_TCP_EX, "ipv6-tcp-ex" },
	{ RTE_ETH_RSS_IPV6_UDP_EX, "ipv6-udp-ex" },
	{ RTE_ETH_RSS_PORT, "port" },
	{ RTE_ETH_RSS_VXLAN, "vxlan" },
	{ RTE_ETH_RSS_GENEVE, "geneve" },
	{ RTE_ETH_RSS_NVGRE, "nvgre" },
	{ RTE_ETH_RSS_GTPU, "gtpu" },
	{ RTE_ETH_RSS_ETH, "eth" },
	{ RTE_ETH_RSS_S_VLAN, "s-vlan" },
	{ RTE_ETH_RSS_C_VLAN, "c-vlan" },
	{ RTE_ETH_RSS_ESP, "esp" },
	{ RTE_ETH_RSS_AH, "ah" },
	{ RTE_ETH_RSS_L2TPV3, "l2tpv3" },
	{ RTE_ETH_RSS_PFCP, "pfcp" },
	{ RTE_ETH_RSS_PPPOE, "pppoe" },
	{ RTE_ETH_RSS_ECPRI, "ecpri" },
	{ RTE_ETH_RSS_MPLS, "mpls" },
	{ RTE_ETH_RSS_IPV4_CHKSUM, "ipv4-chksum" },
	{ RTE_ETH_RSS_L4_CHKSUM, "l4-chksum" },
	{ RTE_ETH_RSS_L3_PRE96, "l3-pre96" },
	{ RTE_ETH_RSS_L3_PRE64, "l3-pre64" },
	{ RTE_ETH_RSS_L3_PRE56, "l3-pre56" },
	{ RTE_ETH_RSS_L3_PRE48, "l3-pre48" },
	{ RTE_ETH_RSS_L3_PRE40, "l3-pre40" },
	{ RTE_ETH_RSS_L3_PRE32, "l3-pre32" },
	{ RTE_ETH_RSS_L2_DST_ONLY, "l2-dst-only" },
	{ RTE_ETH_RSS_L2_SRC_ONLY, "l2-src-only" },
	{ RTE_ETH_RSS_L4_DST_ONLY, "l4-dst-only" },
	{ RTE_ETH_RSS_L4_SRC_ONLY, "l4-src-only" },
	{ RTE_ETH_RSS_L3_DST_ONLY, "l3-dst-only" },
	{ RTE_ETH_RSS_L3_SRC_ONLY, "l3-src-only" },
};

void
rss_types_print(FILE *out, uint64_t set, unsigned int width)
{
	unsigned int i, used = 0, len;

	for (i = 0; i < RTE_DIM(rss_types); i++) {
		if ((set & rss_types[i].bit) == 0)
			continue;
		len = (unsigned int)strlen(rss_types[i].name) + 2;
		if (used + len >= width) {
			fputc('\n', out);
			used = 0;
		}
		fprintf(out, "  %s", rss_types[i].name);
		used += len;
	}
	fputc('\n', out);
}

static void
print_device(FILE *out, uint16_t port, const struct rte_eth_dev_info *info)
{
	char name[RTE_ETH_NAME_MAX_LEN] = "?", fw[64];
	const struct rte_devargs *da = rte_dev_devargs(info->device);
	int socket = rte_eth_dev_socket_id(port);
	struct rte_ether_addr mac;

	rte_eth_dev_get_name_by_port(port, name);
	if (rte_eth_macaddr_get(port, &mac) == 0)
		fprintf(out, "MAC address: %02X:%02X:%02X:%02X:%02X:%02X\n",
				RTE_ETHER_ADDR_BYTES(&mac));
	if (rte_eth_dev_fw_version_get(port, fw, sizeof(fw)) != 0)
		snprintf(fw, sizeof(fw), "not available");
	fprintf(out, "Device name: %s\nDriver name: %s\nFirmware-version: %s\n", name,
			info->driver_name, fw);
	if (da != NULL && da->args != NULL)
		fprintf(out, "Devargs: %s\n", da->args);
	fprintf(out, "Connect to socket: %d\n", socket < 0 ? 0 : socket);
	fprintf(out, "memory allocation on the socket: %d\n", socket < 0 ? 0 : socket);
}

static void
print_link(FILE *out, uint16_t port)
{
	struct rte_eth_link link;
	uint16_t mtu;

	if (rte_eth_link_get_nowait(port, &link) == 0)
		fprintf(out, "Link status: %s\nLink speed: %s\nLink duplex: %s\nAutoneg status: %s\n",
				link.link_status == RTE_ETH_LINK_UP ? "up" : "down",
				rte_eth_link_speed_to_str(link.link_speed),
				link.link_duplex == RTE_ETH_LINK_FULL_DUPLEX ? "full-duplex"
									     : "half-duplex",
				link.link_autoneg == RTE_ETH_LINK_AUTONEG ? "On" : "Off");
	if (rte_eth_dev_get_mtu(port, &mtu) == 0)
		fprintf(out, "MTU: %u\n", mtu);
	fprintf(out, "Promiscuous mode: %s\nAllmulticast mode: %s\n",
			rte_eth_promiscuous_get(port) == 1 ? "enabled" : "disabled",
			rte_eth_allmulticast_get(port) == 1 ? "enabled" : "disabled");
}

static void
print_vlan(FILE *out, uint16_t port)
{
	int set = rte_eth_dev_get_vlan_offload(port);

	if (set < 0)
		return;
	fprintf(out, "VLAN offload: \n  strip %s, filter %s, extend %s, qinq strip %s\n",
			(set & RTE_ETH_VLAN_STRIP_OFFLOAD) != 0 ? "on" : "off",
			(set & RTE_ETH_VLAN_FILTER_OFFLOAD) != 0 ? "on" : "off",
			(set & RTE_ETH_VLAN_EXTEND_OFFLOAD) != 0 ? "on" : "off",
			(set & RTE_ETH_QINQ_STRIP_OFFLOAD) != 0 ? "on" : "off");
}

static void
print_rss(FILE *out, const struct rte_eth_dev_info *info)
{
	if (info->hash_key_size > 0)
		fprintf(out, "Hash key size in bytes: %u\n", info->hash_key_size);
	if (info->reta_size > 0)
		fprintf(out, "Redirection table size: %u\n", info->reta_size);
	if (info->flow_type_rss_offloads == 0) {
		fputs("No RSS offload flow type is supported.\n", out);
		return;
	}
	fputs("Supported RSS offload flow types:\n", out);
	rss_types_print(out, info->flow_type_rss_offloads, RSS_INFO_LINE);
}

static void
print_capabilities(FILE *out, const struct rte_eth_dev_info *info)
{
	static const char *const modes[] = { "none", "passive", "proactive" };
	unsigned int mode = (unsigned int)info->err_handle_mode;
	uint64_t set;

	fprintf(out, "Device capabilities: 0x%" PRIx64 "(", info->dev_capa);
	for (set = info->dev_capa; set != 0; set &= set - 1)
		fprintf(out, " %s", rte_eth_dev_capability_name(set & -set));
	fputs(" )\n", out);
	if (info->switch_info.domain_id != RTE_ETH_DEV_SWITCH_DOMAIN_ID_INVALID)
		fprintf(out, "Switch name: %s\nSwitch domain Id: %u\nSwitch Port Id: %u\n",
				info->switch_info.name != NULL ? info->switch_info.name : "",
				info->switch_info.domain_id, info->switch_info.port_id);
	fprintf(out, "Device error handling mode: %s\n",
			mode < RTE_DIM(modes) ? modes[mode] : "unknown");
}

static void
print_queues(FILE *out, const struct rte_eth_dev_info *info)
{
	fprintf(out,
			"Minimum size of RX buffer: %u\nMaximum configurable length of RX packet: %u\n"
			"Maximum configurable size of LRO aggregated packet: %u\n",
			info->min_rx_bufsize, info->max_rx_pktlen, info->max_lro_pkt_size);
	fprintf(out, "Current number of RX queues: %u\nMax possible RX queues: %u\n",
			info->nb_rx_queues, info->max_rx_queues);
	fprintf(out, "Max possible number of RXDs per queue: %hu\n", info->rx_desc_lim.nb_max);
	fprintf(out, "Min possible number of RXDs per queue: %hu\n", info->rx_desc_lim.nb_min);
	fprintf(out, "RXDs number alignment: %hu\n", info->rx_desc_lim.nb_align);
	fprintf(out, "Current number of TX queues: %u\nMax possible TX queues: %u\n",
			info->nb_tx_queues, info->max_tx_queues);
	fprintf(out, "Max possible number of TXDs per queue: %hu\n", info->tx_desc_lim.nb_max);
	fprintf(out, "Min possible number of TXDs per queue: %hu\n", info->tx_desc_lim.nb_min);
	fprintf(out, "TXDs number alignment: %hu\n", info->tx_desc_lim.nb_align);
	fprintf(out, "Max segment number per packet: %hu\n", info->tx_desc_lim.nb_seg_max);
	fprintf(out, "Max segment number per MTU/TSO: %hu\n", info->tx_desc_lim.nb_mtu_seg_max);
}

static void
print_ipoib(FILE *out, uint16_t port)
{
	struct pmd_ipoib_info ib;
	char text[IPOIB_ADDR_STRLEN];

	if (pmd_ipoib_info_get(port, &ib) != 0)
		return;
	fprintf(out, "IPoIB address: %s\n", ipoib_addr_format(&ib.addr, text, sizeof(text)));
	fprintf(out, "HCA: %s port %u, LID: 0x%04x, P_Key: 0x%04x\n", ib.device, ib.hca_port,
			ib.lid, ib.pkey);
}

static void
print_logical(FILE *out, const struct dp *dp, uint16_t port)
{
	const struct dp_port *p = &dp->port[port];

	if (p->kind == DP_PORT_ETH)
		fprintf(out, "MAC address: %02X:%02X:%02X:%02X:%02X:%02X\n",
				RTE_ETHER_ADDR_BYTES(&p->mac));
	if (p->vlan != 0)
		fprintf(out, "Sub-port: VLAN %u of port %u\n", p->vlan, atomic_load(&p->tx));
	fprintf(out, "Link status: %s\nMTU: %u\n", atomic_load(&p->up) ? "up" : "down",
			atomic_load(&p->mtu));
}

int
port_info_print(struct cli *cli, uint16_t port)
{
	static const char border[] = "*********************";
	struct rte_eth_dev_info info;
	int ret;

	fprintf(cli->out, "\n%s Infos for port %-2d %s\n", border, port, border);
	if (port >= DP_PORT_LOGICAL) {
		print_logical(cli->out, cli->a->dp, port);
		return 0;
	}
	ret = rte_eth_dev_info_get(port, &info);
	if (ret != 0)
		return cli_fail(cli, "port %u: the driver does not tell: %s", port, strerror(-ret));
	print_device(cli->out, port, &info);
	print_link(cli->out, port);
	fprintf(cli->out,
			"Maximum number of MAC addresses: %u\n"
			"Maximum number of MAC addresses of hash filtering: %u\n",
			info.max_mac_addrs, info.max_hash_mac_addrs);
	print_vlan(cli->out, port);
	print_rss(cli->out, &info);
	print_queues(cli->out, &info);
	print_capabilities(cli->out, &info);
	print_ipoib(cli->out, port);
	return 0;
}

int
port_summary_print(struct cli *cli, uint16_t port)
{
	char name[RTE_ETH_NAME_MAX_LEN] = "?";
	struct rte_eth_link link = { 0 };
	struct rte_ether_addr mac = { 0 };
	struct rte_eth_dev_info info;

	if (port >= DP_PORT_LOGICAL) {
		mac = cli->a->dp->port[port].mac;
		fprintf(cli->out, "%-4d " RTE_ETHER_ADDR_PRT_FMT " %-12s %-14s %-8s %s\n", port,
				RTE_ETHER_ADDR_BYTES(&mac), "-", "logical",
				atomic_load(&cli->a->dp->port[port].up) ? "up" : "down", "-");
		return 0;
	}
	if (rte_eth_dev_info_get(port, &info) != 0)
		return cli_fail(cli, "port %u: the driver does not tell", port);
	rte_eth_dev_get_name_by_port(port, name);
	rte_eth_macaddr_get(port, &mac);
	if (rte_eth_link_get_nowait(port, &link) != 0)
		memset(&link, 0, sizeof(link));
	fprintf(cli->out, "%-4d " RTE_ETHER_ADDR_PRT_FMT " %-12s %-14s %-8s %s\n", port,
			RTE_ETHER_ADDR_BYTES(&mac), name, info.driver_name,
			link.link_status == RTE_ETH_LINK_UP ? "up" : "down",
			rte_eth_link_speed_to_str(link.link_speed));
	return 0;
}

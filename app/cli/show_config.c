/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* How it forwards, in testpmd's words: who polls what, and where that goes. */

#include <inttypes.h>
#include <string.h>

#include <rte_lcore.h>

#include "cli.h"
#include "commands.h"
#include "show_config.h"

static uint16_t
streams_of(const struct app *a, uint16_t worker)
{
	return __atomic_load_n(&a->dp->worker[worker]->rxqs, __ATOMIC_ACQUIRE)->nb;
}

static uint32_t
nb_streams(const struct app *a)
{
	uint32_t n = 0;
	uint16_t i;

	for (i = 0; i < a->lcores.nb_active; i++)
		n += streams_of(a, i);
	return n;
}

/* Whom frames on a port go to that are made here. */
static void
peer_format(const struct app *a, uint16_t port, char *buf, size_t len)
{
	const struct dp_txgen *g = &a->gen;
	char lladdr[IPOIB_ADDR_STRLEN];
	struct rte_ether_addr mac;
	uint16_t i = 0;

	while (i < g->nb_peers && g->peer_port[i] != port)
		i++;
	if (a->dp->port[port].kind == DP_PORT_IPOIB) {
		snprintf(buf, len, "%s",
				i == g->nb_peers ? "none"
						 : ipoib_addr_format(&g->peer[i].lladdr, lladdr,
								   sizeof(lladdr)));
		return;
	}
	mac = i == g->nb_peers ? dp_gen_mac(port) : g->peer[i].mac;
	snprintf(buf, len, RTE_ETHER_ADDR_PRT_FMT, RTE_ETHER_ADDR_BYTES(&mac));
}

static void
stream_print(const struct app *a, const struct dp_worker *w, const struct dp_rxq *q, FILE *out)
{
	uint16_t to = a->dp->port[q->port].io_peer;
	char peer[IPOIB_ADDR_STRLEN];

	fprintf(out, "  RX P=%u/Q=%u (socket %u) -> ", q->port, q->queue,
			rte_eth_dev_socket_id(q->port) < 0 ? 0 : rte_eth_dev_socket_id(q->port));
	if (a->engine == DP_ENGINE_ROUTE) {
		fputs("as 'ip route show' says\n", out);
		return;
	}
	peer_format(a, to, peer, sizeof(peer));
	fprintf(out, "TX P=%u/Q=%u (socket %u) peer=%s\n", to, w->tx[to].queue,
			rte_eth_dev_socket_id(to) < 0 ? 0 : rte_eth_dev_socket_id(to), peer);
}

void
config_fwd_print(const struct app *a, FILE *out)
{
	const struct dp_rxqs *rxqs;
	uint16_t i, q;

	fprintf(out,
			"%s packet forwarding - ports=%u - cores=%u - streams=%u - NUMA support "
			"enabled, MP allocation mode: native\n",
			dp_engine_name[a->engine], a->dp->nb_fwd, a->lcores.nb_active,
			nb_streams(a));
	for (i = 0; i < a->lcores.nb_active; i++) {
		if (streams_of(a, i) == 0)
			continue;
		fprintf(out, "Logical Core %u (socket %u) forwards packets on %u streams:\n",
				a->lcores.worker[i], rte_lcore_to_socket_id(a->lcores.worker[i]),
				streams_of(a, i));
		rxqs = a->dp->worker[i]->rxqs;
		for (q = 0; q < rxqs->nb; q++)
			stream_print(a, a->dp->worker[i], &rxqs->q[q], out);
	}
	fputc('\n', out);
}

static void
rxq_print(uint16_t port, uint16_t queue, FILE *out)
{
	struct rte_eth_rxq_info q;

	if (rte_eth_rx_queue_info_get(port, queue, &q) != 0)
		memset(&q, 0, sizeof(q));
	fprintf(out,
			"    RX queue: %u\n"
			"      RX desc=%u - RX free threshold=%u\n"
			"      RX threshold registers: pthresh=%u hthresh=%u  wthresh=%u\n"
			"      RX Offloads=0x%" PRIx64 "\n",
			queue, q.nb_desc, q.conf.rx_free_thresh, q.conf.rx_thresh.pthresh,
			q.conf.rx_thresh.hthresh, q.conf.rx_thresh.wthresh, q.conf.offloads);
}

static void
txq_print(uint16_t port, uint16_t queue, FILE *out)
{
	struct rte_eth_txq_info q;

	if (rte_eth_tx_queue_info_get(port, queue, &q) != 0)
		memset(&q, 0, sizeof(q));
	fprintf(out,
			"    TX queue: %u\n"
			"      TX desc=%u - TX free threshold=%u\n"
			"      TX threshold registers: pthresh=%u hthresh=%u  wthresh=%u\n"
			"      TX offloads=0x%" PRIx64 " - TX RS bit threshold=%u\n",
			queue, q.nb_desc, q.conf.tx_free_thresh, q.conf.tx_thresh.pthresh,
			q.conf.tx_thresh.hthresh, q.conf.tx_thresh.wthresh, q.conf.offloads,
			q.conf.tx_rs_thresh);
}

static void
port_print(uint16_t port, FILE *out)
{
	struct rte_eth_dev_info info;
	struct rte_eth_conf conf;
	uint16_t q;

	if (rte_eth_dev_info_get(port, &info) != 0 || rte_eth_dev_conf_get(port, &conf) != 0)
		return;
	fprintf(out, "  port %u: RX queue number: %u Tx queue number: %u\n", port,
			info.nb_rx_queues, info.nb_tx_queues);
	fprintf(out, "    Rx offloads=0x%" PRIx64 " Tx offloads=0x%" PRIx64 "\n",
			conf.rxmode.offloads, conf.txmode.offloads);
	for (q = 0; q < info.nb_rx_queues; q++)
		rxq_print(port, q, out);
	for (q = 0; q < info.nb_tx_queues; q++)
		txq_print(port, q, out);
}

void
config_rxtx_print(const struct app *a, FILE *out)
{
	uint16_t i;

	fprintf(out, "  %s packet forwarding packets/burst=%u\n", dp_engine_name[a->engine],
			a->burst);
	if (dp_engine_sends(a->engine))
		fprintf(out, "  packet len=%u - nb packet segments=%d\n", a->gen.pkt_len, 1);
	fprintf(out, "  nb forwarding cores=%u - nb forwarding ports=%u\n", a->lcores.nb_active,
			a->dp->nb_fwd);
	for (i = 0; i < a->dp->nb_fwd; i++)
		port_print(a->dp->fwd_id[i], out);
}

static void
config_cores_print(const struct app *a, FILE *out)
{
	uint16_t i;

	fputs("List of forwarding lcores:", out);
	for (i = 0; i < a->lcores.nb_workers; i++)
		fprintf(out, " %2u", a->lcores.worker[i]);
	fputc('\n', out);
}

int
cmd_show_config(struct cli *cli, const struct cmd_show_config *args)
{
	const struct app *a = cli->a;
	const char *what = args->what;

	if (strcmp(what, "rxtx") == 0)
		config_rxtx_print(a, cli->out);
	else if (strcmp(what, "cores") == 0)
		config_cores_print(a, cli->out);
	else if (strcmp(what, "fwd") == 0)
		config_fwd_print(a, cli->out);
	else
		fprintf(cli->out, "Number of segments: 1\nSegment sizes: %u\nSplit packet: off\n",
				a->gen.pkt_len);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* What engines need before they start, and between which ports they have a meaning. Main thread. */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <rte_malloc.h>

#include "app.h"

static int __rte_format_printf(2, 3) refuse(struct app *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(a->why, sizeof(a->why), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

void
engine_peers(const struct app *a, struct dp_txgen *gen)
{
	const struct dp *dp = a->dp;
	uint16_t i, port;

	*gen = a->gen;
	for (i = 0; a->gen.nb_peers == 0 && i < dp->nb_fwd && i < DP_PEERS_MAX; i++) {
		port = dp->fwd_id[i];
		if (dp->port[port].kind != DP_PORT_ETH)
			continue;
		gen->peer_port[gen->nb_peers] = port;
		memset(&gen->peer[gen->nb_peers], 0, sizeof(gen->peer[0]));
		gen->peer[gen->nb_peers++].mac = dp_gen_mac(port);
	}
	dp_gen_index(gen);
}

static const char *
kind_name(const struct app *a, uint16_t port)
{
	return a->dp->port[port].kind == DP_PORT_IPOIB ? "an IPoIB" : "an Ethernet";
}

/* A packet for an IPoIB port needs somebody to go to. */
static int
peer_check(struct app *a, const struct dp_txgen *gen, uint16_t port)
{
	if (a->dp->port[port].kind != DP_PORT_IPOIB || gen->nb[port] != 0)
		return 0;
	return refuse(a,
			"%s: port %u is an IPoIB port without a peer, and no frame on it says where it "
			"goes: 'set ipoib-peer %u ADDRESS' first",
			dp_engine_name[a->engine], port, port);
}

static int
pair_check(struct app *a, const struct dp_txgen *gen, uint16_t port)
{
	const struct dp_port *p = &a->dp->port[port];
	uint16_t out = p->io_peer;

	if (a->engine != DP_ENGINE_MAC && p->kind != a->dp->port[out].kind)
		return refuse(a,
				"%s: port %u is %s port and port %u, where its packets go, %s one: frames "
				"of one kind cannot go on as the other; 'set fwd mac' or route convert "
				"them",
				dp_engine_name[a->engine], port, kind_name(a, port), out,
				kind_name(a, out));
	return a->engine == DP_ENGINE_MACSWAP ? 0 : peer_check(a, gen, out);
}

static int
generator_check(struct app *a, const struct dp_txgen *gen)
{
	if (gen->nb_peers != 0)
		return 0;
	return refuse(a, "%s: there is no peer to send to: 'set ipoib-peer PORT ADDRESS' first",
			dp_engine_name[a->engine]);
}

static int
port_check(struct app *a, const struct dp_txgen *gen, uint16_t port)
{
	int ret = 0;

	if (a->engine == DP_ENGINE_IO || a->engine == DP_ENGINE_MAC ||
			a->engine == DP_ENGINE_MACSWAP)
		ret = pair_check(a, gen, port);
	if (ret == 0 && a->tx_first != 0)
		ret = peer_check(a, gen, a->dp->port[port].io_peer);
	return ret;
}

int
engine_check(struct app *a, const struct dp_txgen *gen)
{
	uint16_t i;
	int ret = 0;

	for (i = 0; ret == 0 && i < a->dp->nb_fwd; i++)
		ret = port_check(a, gen, a->dp->fwd_id[i]);
	if (ret == 0 && dp_engine_sends(a->engine))
		ret = generator_check(a, gen);
	return ret;
}

int
engine_memory(struct app *a)
{
	struct dp_worker *w;
	uint16_t i;

	for (i = 0; i < a->dp->nb_workers; i++) {
		w = a->dp->worker[i];
		if (a->engine != DP_ENGINE_MACSWAP && a->engine != DP_ENGINE_ICMPECHO) {
			rte_free(w->senders);
			w->senders = NULL;
		} else if (w->senders == NULL) {
			w->senders = rte_zmalloc("dp_senders", DP_SENDERS * sizeof(*w->senders),
					RTE_CACHE_LINE_SIZE);
			if (w->senders == NULL)
				return -ENOMEM;
		}
	}
	return 0;
}

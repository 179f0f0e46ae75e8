/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <rte_fib.h>

#include "fast_fixture.h"

struct dp_fast *
known(const struct dp_worker *w, uint32_t dst)
{
	uint32_t rules = atomic_load(&fx.dp->rules), i;

	for (i = 0; i < 1u << DP_FAST_BITS; i++)
		if (w->fast[i].rules == rules && w->fast[i].dst == rte_cpu_to_be_32(dst))
			return &w->fast[i];
	return NULL;
}

uint32_t
nb_known(const struct dp_worker *w)
{
	uint32_t rules = atomic_load(&fx.dp->rules), i, n = 0;

	for (i = 0; i < 1u << DP_FAST_BITS; i++)
		n += w->fast[i].rules == rules;
	return n;
}

void
rules_next(void)
{
	atomic_store(&fx.dp->rules, atomic_load(&fx.dp->rules) + 1);
}

void
route_set(uint32_t prefix, uint8_t len, uint16_t id)
{
	assert_int_equal(rte_fib_add(fx.dp->fib, prefix, len, id), 0);
	rules_next();
}

uint16_t
in_port(uint32_t dst)
{
	return dst == IP_HOST ? IB1 : ETH0;
}

void
rx_len(uint32_t dst, uint8_t ttl, uint16_t len)
{
	fx_rx(in_port(dst), fx_packet(in_port(dst), IP(192, 0, 2, 66), dst, ttl, len));
}

void
rx(uint32_t dst)
{
	rx_len(dst, 64, 100);
}

struct rte_mbuf *
next_sent(uint32_t dst, uint16_t port)
{
	struct rte_mbuf *m;

	rx(dst);
	fx_turn();
	m = fx_tx(port);
	assert_non_null(m);
	return m;
}

void
next_ah(uint32_t dst, uint16_t port, uint32_t ah, uint32_t qpn)
{
	struct rte_mbuf *m = next_sent(dst, port);

	assert_int_equal(pmd_ipoib_meta(m)->ah, ah);
	assert_int_equal(pmd_ipoib_meta(m)->qpn, qpn);
	fx_free_sent(m);
}

void
next_mac(uint32_t dst, uint16_t port, uint8_t last)
{
	struct rte_mbuf *m = next_sent(dst, port);

	assert_int_equal(rte_pktmbuf_mtod(m, const uint8_t *)[5], last);
	fx_free_sent(m);
}

void
next_punted(uint32_t dst, enum dp_punt_reason reason)
{
	rx(dst);
	fx_turn();
	fx_free_punted(fx_punted(reason, in_port(dst)));
}

void
next_dropped(uint32_t dst, uint16_t port, enum dp_drop reason)
{
	struct dp_counters was, is;

	dp_counters_get(fx.dp, port, &was);
	rx(dst);
	fx_turn();
	dp_counters_get(fx.dp, port, &is);
	assert_int_equal(is.drop[reason], was.drop[reason] + 1);
}

void
learn(uint32_t dst, uint16_t port)
{
	fx_free_sent(next_sent(dst, port));
	assert_non_null(known(fx.w, dst));
	fx_free_sent(next_sent(dst, port));
}

struct ipoib_neigh_rec *
l3_rec(uint16_t port, uint32_t ip)
{
	struct dp_ip addr = dp_ip4(ip);
	struct ipoib_neigh_rec *rec;
	struct ipoib_addr key;

	dp_l3_key(&key, port, &addr);
	rec = ipoib_neigh_find(fx.dp->l3, &key);
	assert_non_null(rec);
	return rec;
}

struct ipoib_neigh_rec *
path_rec(uint16_t port, uint32_t adj)
{
	struct ipoib_neigh_rec *rec = ipoib_neigh_find(
			fx.dp->port[port].neigh, &fx.dp->adj[adj].lladdr);

	assert_non_null(rec);
	return rec;
}

void
l3_del(uint16_t port, uint32_t ip)
{
	assert_int_equal(ipoib_neigh_del(fx.dp->l3, l3_rec(port, ip)), 0);
}

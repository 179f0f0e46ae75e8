/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <string.h>

#include <rte_fib.h>
#include <rte_fib6.h>
#include <rte_ip.h>

#include "compat.h"
#include "filter.h"
#include "pkt.h"
#include "worker.h"

/*
 * Multicast routing (RFC 4605: an IGMP and MLD proxy). Control knows on which
 * links a group has listeners; the worker sends a packet to each of those and
 * upstream, but not back.
 */

#define IP4_TTL_OFF 8
#define IP4_SRC_OFF 12
#define IP4_DST_OFF 16
#define IP6_HOPS_OFF 7
#define IP6_SRC_OFF 8
#define IP6_DST_OFF 24

/* RFC 4391 4: octets 2 and 3 of an MGID say which IP it is. */
#define MGID_SIGNATURE4 0x401b
#define MGID_SIGNATURE6 0x601b

/* Packets of a burst on their way to groups. */
struct mcast_out {
	struct dp_ib_burst ib;
	struct ipoib_addr addr[DP_BURST_MAX]; /* of ib's packets */
};

static bool
is_ip6(const struct rte_mbuf *m)
{
	return *rte_pktmbuf_mtod(m, const uint8_t *) >> 4 == 6;
}

static struct dp_ip
group_of(const struct rte_mbuf *m)
{
	const uint8_t *ip = rte_pktmbuf_mtod(m, const uint8_t *);
	struct dp_ip group = { .b[10] = 0xff, .b[11] = 0xff };

	if (is_ip6(m))
		return dp_ip6(ip + IP6_DST_OFF);
	memcpy(&group.b[12], ip + IP4_DST_OFF, 4);
	return group;
}

bool
dp_ib_group(const struct dp *dp, uint16_t port, const struct dp_ip *group, struct ipoib_addr *addr)
{
	uint16_t tx = dp_port_tx(dp, port), sig;
	struct ib_gid gid;

	if (tx == DP_PORT_NIL || ib_gid_is_zero(&dp->port[tx].bcast_gid))
		return false;
	gid = dp->port[tx].bcast_gid;
	if (group != NULL) {
		sig = dp_ip_is4(group) ? MGID_SIGNATURE4 : MGID_SIGNATURE6;
		gid.raw[2] = (uint8_t)(sig >> 8);
		gid.raw[3] = (uint8_t)sig;
		if (dp_ip_is4(group)) {
			memcpy(&gid.raw[12], &group->b[12], 4);
			gid.raw[12] &= 0x0f;
		} else {
			memcpy(&gid.raw[6], &group->b[6], 10);
		}
	}
	ipoib_addr_set(addr, IB_QPN_MULTICAST, &gid);
	return true;
}

/* RFC 1112 6.4: the low 23 bits; RFC 2464 7: the low 32. */
static void
group_mac(const struct dp_ip *group, struct rte_ether_addr *mac)
{
	memcpy(&mac->addr_bytes[2], &group->b[12], 4);
	if (dp_ip_is4(group)) {
		mac->addr_bytes[0] = 0x01;
		mac->addr_bytes[1] = 0x00;
		mac->addr_bytes[2] = 0x5e;
		mac->addr_bytes[3] &= 0x7f;
	} else {
		mac->addr_bytes[0] = 0x33;
		mac->addr_bytes[1] = 0x33;
	}
}

/* Is the source one of our own addresses? Then this is our packet that came back. */
static bool
src_is_own(const struct dp *dp, const struct rte_mbuf *m)
{
	const uint8_t *ip = rte_pktmbuf_mtod(m, const uint8_t *);
	struct dp_ip src6;
	uint32_t src4;
	uint64_t id;

	if (is_ip6(m)) {
		src6 = dp_ip6(ip + IP6_SRC_OFF);
		rte_fib6_lookup_bulk(__atomic_load_n(&dp->fib6, __ATOMIC_ACQUIRE),
				COMPAT_IP6S(&src6), &id, 1);
	} else {
		memcpy(&src4, ip + IP4_SRC_OFF, sizeof(src4));
		src4 = rte_be_to_cpu_32(src4);
		rte_fib_lookup_bulk(__atomic_load_n(&dp->fib, __ATOMIC_ACQUIRE), &src4, &id, 1);
	}
	return dp->nh[id].type == DP_NH_LOCAL;
}

static bool
src_is_linklocal6(const struct rte_mbuf *m)
{
	const uint8_t *ip = rte_pktmbuf_mtod(m, const uint8_t *);

	return is_ip6(m) && ip[IP6_SRC_OFF] == 0xfe && (ip[IP6_SRC_OFF + 1] & 0xc0) == 0x80;
}

static uint8_t
hops_of(const struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod(m, const uint8_t *)[is_ip6(m) ? IP6_HOPS_OFF : IP4_TTL_OFF];
}

/* Ports that can send. */
static uint64_t
ports_up(const struct dp_worker *w, uint64_t ports)
{
	uint64_t set, up = 0;
	uint16_t port;

	for (set = ports; set != 0; set &= set - 1) {
		port = (uint16_t)__builtin_ctzll(set);
		if (dp_port_kind(w->dp, port) != DP_PORT_NONE && worker_port_up(w, port) &&
				dp_port_tx(w->dp, port) != DP_PORT_NIL)
			up |= RTE_BIT64(port);
	}
	return up;
}

/* The ports that a packet leaves by; listeners: those on which somebody wants the group. */
static uint64_t
ports_of(const struct dp_worker *w, const struct rte_mbuf *m, uint64_t listeners)
{
	const struct dp *dp = w->dp;
	uint16_t up = atomic_load_explicit(&dp->mcast_upstream, memory_order_relaxed);

	if (up < DP_PORTS_MAX)
		listeners |= RTE_BIT64(up);
	listeners &= ~RTE_BIT64(m->port);
	return ports_up(w, listeners);
}

/* One packet too large for one of its links goes to control before anything is done to it. */
static bool
too_big(const struct dp_worker *w, const struct rte_mbuf *m, uint64_t ports)
{
	for (; ports != 0; ports &= ports - 1) {
		if (m->pkt_len > worker_port_mtu(w, (uint16_t)__builtin_ctzll(ports)))
			return true;
	}
	return false;
}

static void
out_flush(struct dp_worker *w, struct mcast_out *out)
{
	if (out->ib.n != 0)
		dp_ib_send(w, &out->ib);
	out->ib.n = 0;
}

static void
send_one(struct dp_worker *w, struct rte_mbuf *m, uint16_t port, const struct dp_ip *group,
		struct mcast_out *out)
{
	struct rte_ether_addr mac;
	struct ipoib_addr *addr;

	if (dp_port_kind(w->dp, port) == DP_PORT_ETH) {
		group_mac(group, &mac);
		dp_eth_send(w, port, m, &mac);
		return;
	}
	if (out->ib.n == DP_BURST_MAX)
		out_flush(w, out);
	addr = &out->addr[out->ib.n];
	if (dp_ib_group(w->dp, port, group, addr))
		dp_ib_put(w, port, m, NULL, addr, &out->ib);
	else
		worker_drop(w, m, DP_DROP_no_path);
}

/* A copy for all but the last port. A copy that cannot be made counts as one that got lost. */
static void
replicate(struct dp_worker *w, struct rte_mbuf *m, uint64_t ports, struct mcast_out *out)
{
	struct dp_counters *ctr = &w->ctr[m->port];
	struct dp_ip group = group_of(m);
	struct rte_mbuf *copy;

	for (; (ports & (ports - 1)) != 0; ports &= ports - 1) {
		copy = rte_pktmbuf_copy(m, w->dp->pool, 0, UINT32_MAX);
		dp_count(&ctr->copies, 1);
		if (likely(copy != NULL))
			send_one(w, copy, (uint16_t)__builtin_ctzll(ports), &group, out);
		else
			dp_count(&ctr->drop[DP_DROP_nombuf], 1);
	}
	send_one(w, m, (uint16_t)__builtin_ctzll(ports), &group, out);
}

static uint64_t
ports_allowed(const struct dp_worker *w, struct rte_mbuf *m, uint64_t ports)
{
	uint64_t set, allowed = ports;
	uint16_t port;

	if (likely(__atomic_load_n(&w->dp->filter, __ATOMIC_RELAXED) == NULL))
		return ports;
	for (set = ports; set != 0; set &= set - 1) {
		port = (uint16_t)__builtin_ctzll(set);
		if (!dp_filter_may_leave(w->dp, w->id, port, m))
			allowed &= ~RTE_BIT64(port);
	}
	return allowed;
}

static void
forward(struct dp_worker *w, struct rte_mbuf *m, uint64_t listeners, struct mcast_out *out)
{
	uint16_t bind = atomic_load_explicit(&w->dp->port[m->port].bind, memory_order_relaxed);
	uint64_t ports = ports_of(w, m, listeners);

	if (ports == 0) {
		worker_drop(w, m, DP_DROP_mcast);
		return;
	}
	if (bind < DP_PORTS_MAX)
		ports &= RTE_BIT64(bind);
	if (ports == 0) {
		worker_drop(w, m, DP_DROP_bind);
		return;
	}
	ports = ports_allowed(w, m, ports);
	if (ports == 0) {
		worker_drop(w, m, DP_DROP_filter);
		return;
	}
	if (too_big(w, m, ports)) {
		worker_punt(w, m, DP_PUNT_MCAST_BIG, true);
		return;
	}
	if (pkt_is_shared(m)) {
		m = pkt_own(w->dp->pool, &w->ctr[m->port], m);
		if (m == NULL)
			return;
	}
	dp_ttl_decrement(m);
	replicate(w, m, ports, out);
}

/* Nobody is told of what is wrong with a multicast (RFC 1812 4.3.2.7, RFC 4443 2.4 e). */
static int
check(const struct dp_worker *w, const struct rte_mbuf *m)
{
	uint8_t flags = atomic_load_explicit(&w->dp->port[m->port].flags, memory_order_relaxed);

	if (w->dp->groups == NULL || (flags & DP_PORT_MCAST) == 0)
		return DP_DROP_mcast;
	if (src_is_linklocal6(m))
		return DP_DROP_ip_scope;
	if (src_is_own(w->dp, m))
		return DP_DROP_ip_src;
	return hops_of(m) <= 1 ? DP_DROP_ttl : -1;
}

/* Drop what is not to be routed. @return how many packets are left, with their groups' keys */
static uint16_t
check_all(struct dp_worker *w, struct dp_ip_burst *b, struct ipoib_addr *key)
{
	struct rte_mbuf *m;
	struct dp_ip group;
	uint16_t i, n = 0;
	int ret;

	for (i = 0; i < b->nm; i++) {
		m = b->pktm[i];
		ret = check(w, m);
		if (ret >= 0) {
			worker_drop(w, m, ret);
			continue;
		}
		group = group_of(m);
		dp_l3_key(&key[n], DP_PORT_NIL, &group);
		b->pktm[n++] = m;
	}
	return n;
}

void
dp_mcast(struct dp_worker *w, struct dp_ip_burst *b)
{
	const struct ipoib_neigh_entry *entry[DP_BURST_MAX];
	const struct ipoib_addr *keyp[DP_BURST_MAX];
	struct ipoib_addr key[DP_BURST_MAX];
	struct mcast_out out;
	uint64_t hits = 0, listeners;
	uint16_t i, n = check_all(w, b, key);

	if (n == 0)
		return;
	for (i = 0; i < n; i++)
		keyp[i] = &key[i];
	out.ib.n = 0;
	ipoib_neigh_lookup_bulk(w->dp->groups, keyp, n, &hits, entry);
	for (i = 0; i < n; i++) {
		listeners = 0;
		if ((hits & RTE_BIT64(i)) != 0)
			listeners = atomic_load_explicit(
					&w->dp->mgroup[entry[i]->ah], memory_order_relaxed);
		forward(w, b->pktm[i], listeners, &out);
	}
	out_flush(w, &out);
}

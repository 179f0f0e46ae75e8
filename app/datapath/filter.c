/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <rte_ip.h>

#include "filter.h"
#include "pkt.h"
#include "worker.h"

#define ND_FIRST 133
#define ND_LAST 137
#define ND_HOPS 255

/* A burst on its way through the table. */
struct judge {
	const struct dp_filter *f;
	struct dp_filter_hits *hits; /* of the caller, by rule */
	uint16_t n;
	uint8_t at[DP_BURST_MAX]; /* place in the caller's burst */
	struct rte_mbuf *pkt[DP_BURST_MAX];
	struct dp_filter_key key[DP_BURST_MAX];
};

static void
set_ports(const struct rte_mbuf *m, const struct pkt_upper *u, struct dp_filter_key *key)
{
	const uint16_t *ports;
	uint16_t buf[2];

	key->sport = 0;
	key->dport = 0;
	if (u->frag ||
			(u->proto != IPPROTO_TCP && u->proto != IPPROTO_UDP &&
					u->proto != IPPROTO_SCTP))
		return;
	ports = rte_pktmbuf_read(m, u->off, sizeof(buf), buf);
	if (ports == NULL)
		return;
	memcpy(buf, ports, sizeof(buf));
	key->sport = buf[0];
	key->dport = buf[1];
}

static void
set_key(const struct rte_mbuf *m, uint32_t where, struct dp_filter_key *key)
{
	const uint8_t *ip = rte_pktmbuf_mtod(m, const uint8_t *);
	struct pkt_upper u;
	uint32_t src, dst;

	pkt_upper(m, &u);
	key->proto = u.proto;
	key->where = rte_cpu_to_be_32(where);
	if (ip[0] >> 4 == 6) {
		key->src = dp_ip6(&ip[8]);
		key->dst = dp_ip6(&ip[24]);
	} else {
		memcpy(&src, &ip[12], sizeof(src));
		memcpy(&dst, &ip[16], sizeof(dst));
		key->src = dp_ip4(rte_be_to_cpu_32(src));
		key->dst = dp_ip4(rte_be_to_cpu_32(dst));
	}
	set_ports(m, &u, key);
}

/* Without it IPv6 does not work at all on the link; it does not leave the link (RFC 4861 6.1). */
static bool
is_nd(const struct rte_mbuf *m, const struct dp_filter_key *key)
{
	const uint8_t *ip = rte_pktmbuf_mtod(m, const uint8_t *);
	const uint8_t *type;
	uint8_t buf;

	if (key->proto != IPPROTO_ICMPV6 || ip[0] >> 4 != 6 || ip[7] != ND_HOPS ||
			ip[6] != IPPROTO_ICMPV6)
		return false;
	type = rte_pktmbuf_read(m, sizeof(struct rte_ipv6_hdr), 1, &buf);
	return type != NULL && *type >= ND_FIRST && *type <= ND_LAST;
}

static void
judge_add(struct judge *j, struct rte_mbuf *m, uint16_t port, enum dp_filter_way way, uint16_t at)
{
	if ((j->f->ports[way] & RTE_BIT64(port)) == 0)
		return;
	set_key(m, dp_filter_where(port, way), &j->key[j->n]);
	if (is_nd(m, &j->key[j->n]))
		return;
	j->at[j->n] = (uint8_t)at;
	j->pkt[j->n++] = m;
}

/* @return bit mask of the places that are denied */
static uint64_t
judge_all(const struct judge *j)
{
	const uint8_t *data[DP_BURST_MAX];
	uint32_t result[DP_BURST_MAX];
	uint64_t denied = 0;
	uint16_t i;

	if (j->n == 0)
		return 0;
	for (i = 0; i < j->n; i++)
		data[i] = (const uint8_t *)&j->key[i];
	rte_acl_classify(j->f->acl, data, result, j->n, 1);
	for (i = 0; i < j->n; i++) {
		if (result[i] == 0)
			continue;
		dp_count(&j->hits[result[i] - 1].pkts, 1);
		dp_count(&j->hits[result[i] - 1].bytes, j->pkt[i]->pkt_len);
		if (!j->f->permit[result[i] - 1])
			denied |= RTE_BIT64(j->at[i]);
	}
	return denied;
}

static struct dp_filter_hits *
hits_of(const struct dp *dp, uint16_t writer)
{
	return &dp->filter_hits[(size_t)writer * DP_FILTER_MAX];
}

static uint64_t
judge_in(struct dp_worker *w, const struct dp_filter *f, struct rte_mbuf **pkts, uint16_t n)
{
	struct judge j;
	uint16_t i;

	j.f = f;
	j.hits = hits_of(w->dp, w->id);
	j.n = 0;
	for (i = 0; i < n; i++)
		judge_add(&j, pkts[i], pkts[i]->port, DP_FILTER_IN, i);
	return judge_all(&j);
}

/* Bits of places that stay, moved to where those go. */
static uint64_t
keep_bits(uint64_t bits, uint64_t denied, uint16_t n)
{
	uint64_t kept = 0;
	uint16_t i, k = 0;

	for (i = 0; i < n; i++) {
		if ((denied & RTE_BIT64(i)) != 0)
			continue;
		if ((bits & RTE_BIT64(i)) != 0)
			kept |= RTE_BIT64(k);
		k++;
	}
	return kept;
}

void
dp_filter_in(struct dp_worker *w, const struct dp_filter *f, struct dp_ip_burst *b)
{
	uint64_t denied;
	uint16_t i, n;

	denied = judge_in(w, f, b->pkt4, b->n4);
	if (denied != 0) {
		b->bcast4 = keep_bits(b->bcast4, denied, b->n4);
		for (i = 0, n = 0; i < b->n4; i++) {
			if ((denied & RTE_BIT64(i)) != 0) {
				worker_drop(w, b->pkt4[i], DP_DROP_filter);
				continue;
			}
			b->dst4[n] = b->dst4[i];
			b->pkt4[n++] = b->pkt4[i];
		}
		b->n4 = n;
	}
	denied = judge_in(w, f, b->pkt6, b->n6);
	if (denied != 0) {
		b->bcast6 = keep_bits(b->bcast6, denied, b->n6);
		for (i = 0, n = 0; i < b->n6; i++) {
			if ((denied & RTE_BIT64(i)) != 0) {
				worker_drop(w, b->pkt6[i], DP_DROP_filter);
				continue;
			}
			b->dst6[n] = b->dst6[i];
			b->pkt6[n++] = b->pkt6[i];
		}
		b->n6 = n;
	}
	denied = judge_in(w, f, b->pktm, b->nm);
	for (i = 0, n = 0; denied != 0 && i < b->nm; i++) {
		if ((denied & RTE_BIT64(i)) != 0)
			worker_drop(w, b->pktm[i], DP_DROP_filter);
		else
			b->pktm[n++] = b->pktm[i];
	}
	if (denied != 0)
		b->nm = n;
}

void
dp_filter_out(struct dp_worker *w, const struct dp_filter *f, struct dp_fwd_burst *b)
{
	struct judge j;
	uint64_t denied;
	uint16_t i, n;

	j.f = f;
	j.hits = hits_of(w->dp, w->id);
	j.n = 0;
	for (i = 0; i < b->n; i++)
		judge_add(&j, b->pkts[i], b->port[i], DP_FILTER_OUT, i);
	denied = judge_all(&j);
	if (denied == 0)
		return;
	for (i = 0, n = 0; i < b->n; i++) {
		if ((denied & RTE_BIT64(i)) != 0) {
			worker_drop(w, b->pkts[i], DP_DROP_filter);
			continue;
		}
		b->port[n] = b->port[i];
		b->key[n] = b->key[i];
		b->pkts[n++] = b->pkts[i];
	}
	b->n = n;
}

bool
dp_filter_may_leave(const struct dp *dp, uint16_t writer, uint16_t port, struct rte_mbuf *m)
{
	const struct dp_filter *f = __atomic_load_n(&dp->filter, __ATOMIC_ACQUIRE);
	struct judge j;

	if (f == NULL)
		return true;
	j.f = f;
	j.hits = hits_of(dp, writer);
	j.n = 0;
	judge_add(&j, m, port, DP_FILTER_OUT, 0);
	return judge_all(&j) == 0;
}

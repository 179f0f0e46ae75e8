/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Transmit: a frame's destination MAC leads to a peer's 20-octet address, and that to its path.
 * What a queue has met is remembered: a place of its cache holds as long as the table of MACs does
 * not change and the path's entry is the same; once a second it is looked up anew, so that the
 * tables see that it is used. What has no path yet, and packets that carry addresses or say of
 * groups, go to control.
 */

#include <rte_ip.h>
#include <rte_jhash.h>

#include "ether_pmd.h"

/* How an Ethernet header differs from an encapsulation header in length. */
#define LONGER (RTE_ETHER_HDR_LEN - IPOIB_HDR_LEN)

/* One of these, or a negative -1 - drop. */
enum { TX_SEND, TX_CONTROL };
#define TX_DROP(why) (-1 - (int)(why))

/* What a burst works with. */
struct tx_run {
	struct ether_txq *q;
	const struct ipoib_neigh_view *view;
	uint64_t gen;
	uint16_t mtu;
	bool up;
	uint16_t nb; /* to be sent */
	uint16_t nb_ctl;
	struct rte_mbuf *send[ETHER_BURST];
	struct rte_mbuf *ctl[ETHER_BURST];
	uint64_t bytes; /* of those to be sent, with their Ethernet headers */
	/* Of those to be sent, what the encapsulation header has overwritten. */
	uint16_t src[ETHER_BURST];
};

/* Are the ports of TCP or UDP right behind the IP header? Not in a fragment, nor behind options. */
static bool
has_ports(bool is6, const uint8_t *ip, uint32_t len)
{
	const struct rte_ipv4_hdr *ip4 = (const void *)ip;
	uint8_t proto = is6 ? ip[6] : ip4->next_proto_id;

	if ((proto != IPPROTO_TCP && proto != IPPROTO_UDP) || len < sizeof(uint32_t))
		return false;
	return is6 ||
			(ip4->version_ihl == RTE_IPV4_VHL_DEF &&
					(ip4->fragment_offset & RTE_BE16(0x3fff)) == 0);
}

/* Of addresses, and of ports if they are there. */
static uint32_t
flow_hash(bool is6, const uint8_t *ip, uint32_t len)
{
	uint32_t at = is6 ? sizeof(struct rte_ipv6_hdr) : sizeof(struct rte_ipv4_hdr);
	uint32_t w[9] = { 0 };

	memcpy(w, ip + (is6 ? 8 : 12), is6 ? 32 : 8);
	if (has_ports(is6, ip, len - at))
		memcpy(&w[8], ip + at, sizeof(w[8]));
	return rte_jhash_32b(w, RTE_DIM(w), 0);
}

/* The address handle of one packet to a peer with several paths: its flow's. */
static uint32_t
set_ah(const struct ether_dev *e, const struct ipoib_neigh_entry *n, bool is6, const uint8_t *ip,
		uint32_t len)
{
	const struct ipoib_ahset *set = __atomic_load_n(&e->ahset, __ATOMIC_ACQUIRE);

	if (set == NULL)
		return PMD_IPOIB_AH_NONE;
	set += n->ah % IPOIB_AHSET_MAX;
	if (set->nb_lids[0] == 0 || set->nb_lids[0] > IPOIB_LIDS_MAX)
		return PMD_IPOIB_AH_NONE;
	return set->ah[0][flow_hash(is6, ip, len) % set->nb_lids[0]];
}

/* Padding of short frames stays out of the fabric. */
static inline void
unpad(struct rte_mbuf *m, uint32_t l3_len)
{
	uint32_t len = l3_len + RTE_ETHER_HDR_LEN;

	if (likely(m->pkt_len <= len))
		return;
	if (m->nb_segs == 1) {
		m->pkt_len = len;
		m->data_len = (uint16_t)len;
	} else if (m->pkt_len - len <= rte_pktmbuf_lastseg(m)->data_len) {
		rte_pktmbuf_trim(m, (uint16_t)(m->pkt_len - len));
	}
}

/* The length of an IP packet, or 0: it is none that can be sent as it is. */
static inline uint32_t
ip_length(rte_be16_t type, const uint8_t *ip, uint32_t len)
{
	if (likely(type == RTE_BE16(RTE_ETHER_TYPE_IPV4))) {
		if (unlikely(len < sizeof(struct rte_ipv4_hdr)))
			return 0;
		return rte_be_to_cpu_16(((const struct rte_ipv4_hdr *)ip)->total_length);
	}
	if (unlikely(len < sizeof(struct rte_ipv6_hdr)))
		return 0;
	return rte_be_to_cpu_16(((const struct rte_ipv6_hdr *)ip)->payload_len) +
			sizeof(struct rte_ipv6_hdr);
}

/* Does it carry addresses, or say something of groups? */
static inline bool
tx_special(rte_be16_t type, const uint8_t *ip, uint32_t len)
{
	if (likely(type == RTE_BE16(RTE_ETHER_TYPE_IPV4))) {
		if (unlikely(ip[9] == IPPROTO_IGMP))
			return true;
		return unlikely(ip[9] == IPPROTO_UDP) && ether_is_special(type, ip, len);
	}
	/* MLD has a hop-by-hop header in front. */
	return ip[6] == IPPROTO_HOPOPTS || ether_is_special(type, ip, len);
}

/* The last plain packet's destination; entries are good until the burst is over. */
struct tx_plain {
	uint64_t mac;
	uint64_t meta; /* pmd_ipoib_meta.ah, .qpn */
	uint32_t max;
};

/* Encapsulate. @return the source's last two octets, which are overwritten */
static inline uint16_t
tx_encap(struct rte_mbuf *m, rte_be16_t type, uint64_t meta)
{
	uint32_t hdr = type; /* and 16 bits reserved */
	uint16_t src;
	uint8_t *p;

	m->data_off += LONGER;
	m->data_len -= LONGER;
	m->pkt_len -= LONGER;
	p = rte_pktmbuf_mtod(m, uint8_t *);
	memcpy(&src, p, sizeof(src));
	memcpy(p, &hdr, sizeof(hdr));
	memcpy(pmd_ipoib_meta(m), &meta, sizeof(meta));
	return src;
}

static inline void
tx_put(struct tx_run *r, struct rte_mbuf *m, rte_be16_t type, uint32_t ah, uint32_t qpn)
{
	r->bytes += m->pkt_len;
	r->src[r->nb] = tx_encap(m, type, ah | (uint64_t)qpn << 32);
	r->send[r->nb++] = m;
}

static inline int
tx_by(struct tx_run *r, struct rte_mbuf *m, rte_be16_t type, const uint8_t *ip,
		const struct ipoib_neigh_entry *n)
{
	uint16_t mtu = n->mtu != 0 && n->mtu < r->mtu ? n->mtu : r->mtu;
	uint32_t ah = n->ah;

	if (unlikely(m->pkt_len > (uint32_t)mtu + RTE_ETHER_HDR_LEN))
		return TX_DROP(ETHER_PMD_too_big);
	if (unlikely(n->kind == IPOIB_NEIGH_UD_SET)) {
		ah = set_ah(r->q->e, n, type == RTE_BE16(RTE_ETHER_TYPE_IPV6), ip,
				m->data_len - RTE_ETHER_HDR_LEN);
		if (ah == PMD_IPOIB_AH_NONE)
			return TX_DROP(ETHER_PMD_no_path);
	}
	if (unlikely((m->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK) != 0))
		m->l2_len = IPOIB_HDR_LEN;
	tx_put(r, m, type, ah, n->qpn);
	return TX_SEND;
}

/* Look an address up. @return entry, or NULL with *what to be done */
static const struct ipoib_neigh_entry *
addr_find(const struct tx_run *r, const struct ipoib_addr *addr, int *what)
{
	const struct ipoib_neigh_entry *n = NULL;
	uint64_t hits = 0;

	if (ipoib_neigh_lookup_bulk(r->q->e->neigh, &addr, 1, &hits, &n) == 1)
		return n;
	*what = n != NULL && n->state == IPOIB_NEIGH_FAILED ? TX_DROP(ETHER_PMD_no_path)
							    : TX_CONTROL;
	return NULL;
}

static __rte_noinline int
tx_group(struct tx_run *r, struct rte_mbuf *m, rte_be16_t type, const uint8_t *ip)
{
	const struct ipoib_neigh_entry *n;
	struct ipoib_addr addr;
	int what = TX_CONTROL;

	ether_group_addr(type, ip, &r->q->e->bcast, &addr);
	n = addr_find(r, &addr, &what);
	return n != NULL ? tx_by(r, m, type, ip, n) : what;
}

static __rte_noinline int
tx_unknown(struct tx_run *r, struct rte_mbuf *m, rte_be16_t type, const uint8_t *ip,
		struct ether_tx_place *place)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	const struct ipoib_neigh_entry *n;
	const struct ipoib_addr *addr;
	int what = TX_CONTROL;

	addr = ether_peer_by_mac(r->q->e->table, &eth->dst_addr);
	if (addr == NULL)
		return TX_CONTROL; /* perhaps it is just being learnt */
	n = addr_find(r, addr, &what);
	if (n == NULL)
		return what;
	place->mac = ether_mac64(&eth->dst_addr);
	place->gen = r->gen;
	place->tick = r->view->tick;
	place->ref = ipoib_neigh_ref_of(r->q->e->neigh, n);
	if (place->ref.gen == 0)
		place->mac = 0;
	return tx_by(r, m, type, ip, n);
}

static inline int
tx_unicast(struct tx_run *r, struct rte_mbuf *m, rte_be16_t type, const uint8_t *ip)
{
	uint64_t mac = ether_mac64(&rte_pktmbuf_mtod(m, const struct rte_ether_hdr *)->dst_addr);
	const struct ipoib_neigh_entry *n;
	struct ether_tx_place *place;

	place = &r->q->cache[(mac * 0x9e3779b97f4a7c15ull >> 54) % ETHER_TX_CACHE];
	if (likely(place->mac == mac && place->gen == r->gen && place->tick == r->view->tick)) {
		n = ipoib_neigh_ref_get(r->q->e->neigh, place->ref);
		if (likely(n != NULL))
			return tx_by(r, m, type, ip, n);
	}
	return tx_unknown(r, m, type, ip, place);
}

/* Headers are written where the frame is: it has to be nobody else's. @return NULL: no mbuf, freed */
__rte_noinline struct rte_mbuf *
ether_tx_own(struct ether_txq *q, struct rte_mbuf *m)
{
	struct rte_mbuf *copy = rte_pktmbuf_copy(m, m->pool, 0, UINT32_MAX);

	if (copy == NULL) {
		ether_drop(&q->ctr, ETHER_DROP_nombuf, m);
		return NULL;
	}
	copy->ol_flags |= m->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK;
	copy->tx_offload = m->tx_offload;
	rte_pktmbuf_free(m);
	return copy;
}

static __rte_noinline int
tx_one(struct tx_run *r, struct rte_mbuf *m)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	uint32_t len, l3_len;
	const uint8_t *ip;
	rte_be16_t type;

	if (unlikely(m->data_len < RTE_ETHER_HDR_LEN))
		return TX_DROP(ETHER_DROP_runt);
	type = eth->ether_type;
	len = m->data_len - RTE_ETHER_HDR_LEN;
	ip = (const uint8_t *)(eth + 1);
	if (unlikely(type != RTE_BE16(RTE_ETHER_TYPE_IPV4) &&
			    type != RTE_BE16(RTE_ETHER_TYPE_IPV6)))
		return type == RTE_BE16(RTE_ETHER_TYPE_ARP) || type == RTE_BE16(RTE_ETHER_TYPE_RARP)
				? TX_CONTROL
				: TX_DROP(ETHER_DROP_type);
	if (unlikely((m->ol_flags & RTE_MBUF_F_TX_VLAN) != 0))
		return TX_DROP(ETHER_DROP_type);
	if (unlikely(!r->up))
		return TX_DROP(ETHER_DROP_no_link);
	l3_len = ip_length(type, ip, len);
	if (unlikely(l3_len == 0 || l3_len + RTE_ETHER_HDR_LEN > m->pkt_len))
		return TX_DROP(ETHER_DROP_runt);
	if (unlikely(tx_special(type, ip, len)))
		return TX_CONTROL;
	unpad(m, l3_len);
	if (unlikely(rte_is_multicast_ether_addr(&eth->dst_addr)))
		return tx_group(r, m, type, ip);
	return tx_unicast(r, m, type, ip);
}

/* Where frames to this MAC go, from the cache alone. @return whether it is there */
static inline bool
plain_dest(const struct tx_run *r, uint64_t mac, struct tx_plain *k)
{
	const struct ether_tx_place *place =
			&r->q->cache[(mac * 0x9e3779b97f4a7c15ull >> 54) % ETHER_TX_CACHE];
	const struct ipoib_neigh_entry *n;

	if (unlikely(place->mac != mac || place->gen != r->gen || place->tick != r->view->tick))
		return false;
	n = ipoib_neigh_ref_get(r->q->e->neigh, place->ref);
	if (unlikely(n == NULL || n->kind != IPOIB_NEIGH_UD))
		return false;
	k->mac = mac;
	k->meta = n->ah | (uint64_t)n->qpn << 32;
	k->max = RTE_ETHER_HDR_LEN + (n->mtu != 0 && n->mtu < r->mtu ? n->mtu : r->mtu);
	return true;
}

/*
 * Nearly all frames: unicast IPv4 without options, of one segment that is nobody else's, of just the
 * length that it says, to a MAC that the queue has met. @return false: it is something else, and
 * untouched
 */
static inline bool
is_plain(const struct tx_run *r, const struct rte_mbuf *m, struct tx_plain *k)
{
	const uint64_t other = RTE_MBUF_F_TX_OFFLOAD_MASK | RTE_MBUF_F_INDIRECT |
			RTE_MBUF_F_EXTERNAL;
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);
	const struct rte_ipv4_hdr *ip = (const void *)(p + RTE_ETHER_HDR_LEN);
	uint32_t len = m->pkt_len;
	uint64_t mac;
	uint16_t to;

	if (unlikely((m->ol_flags & other) != 0 || m->nb_segs != 1 ||
			    rte_mbuf_refcnt_read(m) != 1 ||
			    len < RTE_ETHER_HDR_LEN + sizeof(*ip) + sizeof(uint32_t)))
		return false;
	memcpy(&mac, p, sizeof(mac));
	mac &= 0xffffffffffffull;
	if (unlikely((mac & 1) != 0 || !r->up ||
			    ((const struct rte_ether_hdr *)p)->ether_type !=
					    RTE_BE16(RTE_ETHER_TYPE_IPV4) ||
			    ip->version_ihl != RTE_IPV4_VHL_DEF ||
			    rte_be_to_cpu_16(ip->total_length) + (uint32_t)RTE_ETHER_HDR_LEN !=
					    len ||
			    ip->next_proto_id == IPPROTO_IGMP))
		return false;
	memcpy(&to, p + RTE_ETHER_HDR_LEN + sizeof(*ip) + 2, sizeof(to));
	if (unlikely(ip->next_proto_id == IPPROTO_UDP &&
			    (to == RTE_BE16(67) || to == RTE_BE16(68))))
		return false;
	if (mac != k->mac && unlikely(!plain_dest(r, mac, k)))
		return false;
	return likely(len <= k->max);
}

static __rte_noinline void
tx_control(struct tx_run *r)
{
	uint32_t done = rte_ring_enqueue_burst(r->q->e->out, (void **)r->ctl, r->nb_ctl, NULL);

	ipoib_count(&r->q->ctr.control, done);
	for (; done < r->nb_ctl; done++)
		ether_drop(&r->q->ctr, ETHER_PMD_control, r->ctl[done]);
}

/* The lower port took fewer: these are the caller's again, as they were. */
static __rte_noinline void
tx_undo(const struct tx_run *r, uint16_t sent, struct rte_mbuf **pkts)
{
	struct ipoib_hdr *hdr;
	struct rte_mbuf *m;
	rte_be16_t type;
	uint16_t i;

	for (i = sent; i < r->nb; i++) {
		m = r->send[i];
		hdr = rte_pktmbuf_mtod(m, struct ipoib_hdr *);
		type = hdr->type;
		memcpy(hdr, &r->src[i], sizeof(r->src[i]));
		memcpy(RTE_PTR_ADD(hdr, sizeof(r->src[i])), &type, sizeof(type));
		m->data_off -= LONGER;
		m->data_len += LONGER;
		m->pkt_len += LONGER;
		if ((m->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK) != 0)
			m->l2_len = RTE_ETHER_HDR_LEN;
		pkts[i - sent] = m;
	}
}

/* A frame of any kind. */
static __rte_noinline void
tx_other(struct tx_run *r, struct rte_mbuf *m)
{
	int what;

	if (rte_mbuf_refcnt_read(m) != 1 || !RTE_MBUF_DIRECT(m)) {
		m = ether_tx_own(r->q, m);
		if (m == NULL)
			return;
	}
	what = tx_one(r, m);
	if (what == TX_CONTROL)
		r->ctl[r->nb_ctl++] = m;
	else if (what < 0)
		ether_drop(&r->q->ctr, (unsigned int)(-1 - what), m);
}

/* Up to ETHER_BURST frames. @return how many are not the caller's any more; the others are the last */
static inline uint16_t
tx_some(struct tx_run *r, struct rte_mbuf **pkts, uint16_t n)
{
	struct ether_txq *q = r->q;
	struct tx_plain k = { 0 };
	uint64_t bytes, plain = 0;
	uint16_t i, sent, nb = 0;

	r->bytes = 0;
	r->nb = 0;
	r->nb_ctl = 0;
	for (i = 0; i < n; i++) {
		struct rte_mbuf *m = pkts[i];

		if (unlikely(!is_plain(r, m, &k))) {
			r->nb = nb;
			tx_other(r, m);
			nb = r->nb;
			continue;
		}
		plain += m->pkt_len;
		r->src[nb] = tx_encap(m, RTE_BE16(RTE_ETHER_TYPE_IPV4), k.meta);
		r->send[nb++] = m;
	}
	r->nb = nb;
	r->bytes += plain;
	if (unlikely(r->nb_ctl > 0))
		tx_control(r);
	if (r->nb == 0)
		return n;
	bytes = r->bytes;
	sent = q->e->lower->tx_pkt_burst(q->lower, r->send, r->nb);
	if (unlikely(sent < r->nb)) {
		for (i = sent; i < r->nb; i++)
			bytes -= r->send[i]->pkt_len + LONGER;
		tx_undo(r, sent, &pkts[n - (r->nb - sent)]);
	}
	ipoib_count(&q->ctr.packets, sent);
	ipoib_count(&q->ctr.bytes, bytes);
	return (uint16_t)(n - (r->nb - sent));
}

uint16_t
ether_tx_burst(void *txq, struct rte_mbuf **pkts, uint16_t n)
{
	struct ether_txq *q = txq;
	struct ether_dev *e = q->e;
	uint16_t done = 0, now, took;
	struct tx_run r;

	if (n == 0)
		return 0;
	rte_rcu_qsbr_thread_online(e->rcu, q->reader);
	r.q = q;
	r.view = (const struct ipoib_neigh_view *)e->neigh;
	r.gen = ether_table_gen(e->table);
	r.mtu = atomic_load_explicit(&e->mtu, memory_order_relaxed);
	r.up = atomic_load_explicit(&e->up, memory_order_acquire);
	while (done < n) {
		now = RTE_MIN((uint16_t)(n - done), (uint16_t)ETHER_BURST);
		took = tx_some(&r, &pkts[done], now);
		done += took;
		if (took < now)
			break;
	}
	rte_rcu_qsbr_thread_offline(e->rcu, q->reader);
	return done;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * The short way of nearly all packets: unicast IPv4 without options, in one segment, nothing wrong,
 * to a destination that the worker knows. One pass over the burst, from the link-layer header that
 * came to the one that leaves; each packet's mbuf and header are read once and written once. What
 * does not pass stays in the burst and takes the whole way (classify.c, route.c, nexthop.c), which
 * makes the same checks, and knows why one fails.
 *
 * What a worker knows of a destination are the entries of the L3 table and of the path table that the
 * whole way has found, by reference, and what their packets get in front. A packet that finds them
 * unchanged needs no route, no key and no hash. It is a shortcut and nothing else: what it does not
 * know, or what is in any way special, takes the whole way; so nobody can gain anything by choosing
 * destinations that share a place.
 *
 * Nothing has to be told to it. References end when their entry is replaced or removed; routes have a
 * number (dp.rules) that changes with them; what a port allows is asked each time.
 *
 * Order: packets of one burst to one destination all take the same way, for destinations are learnt
 * between bursts only, and from a packet that is special on all others take the long way, too.
 */

#include <rte_fib.h>
#include <rte_ip.h>

#include "encap.h"
#include "octets.h"
#include "pkt.h"
#include "worker.h"

/* Destinations that a burst may add: what nobody can learn, as in a scan, costs little. */
#define LEARN_MAX 2
/* A place that another destination uses is taken one time in so many. */
#define TAKE_EVERY 8
/* Places that need no prefetch. */
#define PLACES_NEAR 1024

/* Of an mbuf: one reference, one segment; neither a clone nor without its tag. Clones are INDIRECT. */
static const struct octets16 mbuf_plain = {
	.value = { UINT64_C(0x0000000100010000), 0 },
	.mask = { UINT64_C(0x0000ffffffff0000), RTE_MBUF_F_INDIRECT | RTE_MBUF_F_RX_VLAN_STRIPPED },
};
static_assert(offsetof(struct rte_mbuf, ol_flags) == offsetof(struct rte_mbuf, data_off) + 8,
		"mbuf_plain is of both");

/* A sum of 16-bit words is a multiple of 65535, if its product with the inverse of that number is no
 * more than the greatest multiplier that fits. */
#define CKSUM_INVERSE UINT64_C(0xfffefffefffeffff)
#define CKSUM_MAX UINT64_C(0x0001000100010001)

/* First octets of addresses that no packet comes from, as ip4_src_ok() of classify.c. */
static const uint8_t src_is_bad[256] = { [0] = 1, [127] = 1, [224 ... 255] = 1 };

/* What is the same for all packets of a burst that came. */
struct from {
	struct octets16 l2; /* Ethernet: to us, IPv4 without options */
	bool ib;
	uint32_t l2_len;
};

/* What a plain packet's IPv4 header says, as it lies in memory. */
struct plain4 {
	rte_be32_t dst;
	uint32_t ttl_sum; /* TTL, protocol, checksum */
	uint32_t len;	  /* of the IP packet, host order */
	uint32_t room;	  /* what came behind the header */
};

/* Where packets leave, asked once for as many as follow one another. */
struct way {
	uint64_t word; /* what a place's way is without its MTU, if it is marked */
	uint16_t port;
	uint16_t mtu; /* 0: none may take the short way */
	bool ib;
	int meta; /* pmd_ipoib_meta_offset */
	const struct ipoib_neigh *paths;
	uint64_t src_type; /* Ethernet: source address and ethertype */
	struct rte_mbuf **out;
	uint64_t octets; /* as struct dp_txbuf */
};

/* Of the destination as it lies in memory, where hosts of a link differ in the upper octets: those
 * of 65,536 neighbouring addresses all have places of their own. */
static inline struct dp_fast *
place_of(struct dp_fast *fast, rte_be32_t dst)
{
	return &fast[(dst * UINT32_C(0x9e3779b1)) >> (32 - DP_FAST_BITS)];
}

static inline uint64_t
load64(const void *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint32_t
load32(const void *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline void
store64(void *p, uint64_t v)
{
	memcpy(p, &v, sizeof(v));
}

static inline void
store32(void *p, uint32_t v)
{
	memcpy(p, &v, sizeof(v));
}

/* Give the TX buffer what was put into it. */
static inline void
way_close(struct dp_worker *w, const struct way *way)
{
	struct dp_txbuf *b = &w->tx[way->port];

	b->nb = (uint16_t)(way->out - b->pkts);
	b->octets += way->octets;
	if (b->nb != 0)
		w->tx_ports |= RTE_BIT64(way->port);
}

static bool
way_is_plain(const struct dp_worker *w, uint16_t port, enum dp_port_kind kind)
{
	const struct dp_port *p = &w->dp->port[port];

	return (kind == DP_PORT_ETH || (kind == DP_PORT_IPOIB && p->neigh != NULL)) &&
			worker_port_up(w, port) &&
			atomic_load_explicit(&p->tx, memory_order_relaxed) == port &&
			(atomic_load_explicit(&p->flags, memory_order_relaxed) &
					DP_PORT_MSS_CLAMP) == 0;
}

/* Ways and headers go by value to what is rarely called, so that they stay in registers.
 * @param n packets at most that will be put into its buffer */
static __rte_noinline struct way
way_open(struct dp_worker *w, uint16_t port, uint16_t n)
{
	const struct dp_port *p = &w->dp->port[port];
	enum dp_port_kind kind = dp_port_kind(w->dp, port);
	struct dp_txbuf *b = &w->tx[port];
	struct dp_fast f;
	struct way way;

	if (b->nb + n > DP_BURST_MAX)
		worker_tx_flush(w, port);
	way = (struct way){ .port = port,
		.ib = kind == DP_PORT_IPOIB,
		.out = &b->pkts[b->nb],
		.meta = pmd_ipoib_meta_offset };
	if (!way_is_plain(w, port, kind))
		return way;
	way.mtu = worker_port_mtu(w, port);
	way.paths = way.ib ? p->neigh : NULL;
	f = (struct dp_fast){
		.port = port, .port_mtu = way.mtu, .tick = (uint16_t)ipoib_neigh_tick(w->dp->l3)
	};
	if (way.ib)
		f.tick = (uint16_t)(f.tick + ipoib_neigh_tick(p->neigh));
	way.word = f.way;
	memcpy(&way.src_type, &p->mac, sizeof(p->mac));
	way.src_type |= (uint64_t)RTE_BE16(RTE_ETHER_TYPE_IPV4) << 48;
	return way;
}

/* The link-layer header of a unicast IPv4 packet to us, untagged? */
static inline bool
l2_is_plain(struct rte_mbuf *m, const uint8_t *data, const struct from *from)
{
	if (from->ib)
		return (load64(data) & 0xff0000ffff) ==
				(RTE_BE16(RTE_ETHER_TYPE_IPV4) |
						(uint64_t)RTE_IPV4_VHL_DEF << 32) &&
				(pmd_ipoib_meta(m)->flags &
						(PMD_IPOIB_RX_MCAST | PMD_IPOIB_RX_BCAST)) == 0;
	return octets16_are(data, &from->l2);
}

static inline struct from
from_of(const struct dp_port *p, bool ib)
{
	struct from from = { .ib = ib, .l2_len = ib ? IPOIB_HDR_LEN : RTE_ETHER_HDR_LEN };

	memcpy(from.l2.value, &p->mac, RTE_ETHER_ADDR_LEN);
	from.l2.mask[0] = UINT64_C(0x0000ffffffffffff);
	/* Behind both addresses: ethertype, and the first octet of the IP header. */
	from.l2.value[1] = (uint64_t)(RTE_BE16(RTE_ETHER_TYPE_IPV4) | RTE_IPV4_VHL_DEF << 16) << 32;
	from.l2.mask[1] = UINT64_C(0xffffff) << 32;
	return from;
}

/* Is the checksum of a header of 20 octets right (RFC 1071)? Carries are added again at the end of
 * the words; that leaves the same remainder by 65535, and the sum is not 0. */
static inline bool
cksum20_ok(uint64_t w0, uint64_t w1, uint32_t w2)
{
#ifdef __x86_64__
	uint64_t sum = w0, last = w2;

	asm("addq %1, %0\n\tadcq %2, %0\n\tadcq $0, %0" : "+&r"(sum) : "r"(w1), "r"(last) : "cc");
#else
	uint64_t sum = w0 + w1;

	sum += sum < w1;
	sum += w2;
	sum += sum < w2;
#endif
	return sum * CKSUM_INVERSE <= CKSUM_MAX;
}

/* All checks of classify.c but for those of the destination, which its place has answered. */
static inline bool
in_is_plain(struct rte_mbuf *m, const struct from *from, struct plain4 *p4)
{
	uint32_t room = m->data_len - from->l2_len - (uint32_t)sizeof(struct rte_ipv4_hdr), len;
	const uint8_t *data = rte_pktmbuf_mtod(m, const uint8_t *), *ip = data + from->l2_len;
	uint64_t w0, w1;

	/* Too little room is a huge one. */
	if (unlikely(room > UINT16_MAX ||
			    !octets16_are((const uint8_t *)m + offsetof(struct rte_mbuf, data_off),
					    &mbuf_plain) ||
			    !l2_is_plain(m, data, from)))
		return false;
	w0 = load64(ip);
	w1 = load64(ip + 8);
	p4->dst = load32(ip + 16);
	len = rte_be_to_cpu_16((uint16_t)(w0 >> 16));
	p4->len = len;
	/* A length below that of the header is a huge one here. */
	len -= (uint32_t)sizeof(struct rte_ipv4_hdr);
	if (unlikely(len > room || src_is_bad[ip[12]] || !cksum20_ok(w0, w1, p4->dst)))
		return false;
	p4->ttl_sum = (uint32_t)w1;
	p4->room = room;
	return true;
}

/* A packet that is of no flow of IPv4: others may overtake it. */
static __rte_noinline bool
is_other_family(const struct rte_mbuf *m, bool ib)
{
	uint32_t at = ib ? 0 : 2 * RTE_ETHER_ADDR_LEN;
	rte_be16_t type;

	if (m->data_len < at + sizeof(type) || (m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0)
		return false;
	memcpy(&type, rte_pktmbuf_mtod_offset(m, const void *, at), sizeof(type));
	return type == RTE_BE16(RTE_ETHER_TYPE_IPV6) || type == RTE_BE16(RTE_ETHER_TYPE_ARP);
}

/* Only while the neighbour is there, its port is, and with that the path's table. */
static inline bool
is_current(const struct dp_fast *f)
{
	/* In this order: with its port, a table of paths goes away, and that takes the next hop first. */
	return ipoib_neigh_gen_is(f->l3_at, f->l3_gen) &&
			ipoib_neigh_gen_is(f->path_at, f->path_gen);
}

/* Once a second, and when the port has another MTU. */
static __rte_noinline void
mark(const struct dp_worker *w, struct dp_fast *f, const struct way *way)
{
	const struct ipoib_neigh_entry *e;

	ipoib_neigh_mark(w->dp->l3, ipoib_neigh_entry_at(w->dp->l3, f->l3_at));
	f->mtu = way->mtu;
	if (way->paths != NULL) {
		e = ipoib_neigh_entry_at(way->paths, f->path_at);
		ipoib_neigh_mark(way->paths, e);
		if (e->kind == IPOIB_NEIGH_UD_SET)
			f->mtu = 0;
		else if (e->mtu != 0)
			f->mtu = RTE_MIN(e->mtu, way->mtu);
	}
	f->tick = (uint16_t)way->word;
	f->port_mtu = way->mtu;
}

/* As dp_ttl4_decrement(). */
static inline void
ttl_put(uint8_t *ip, uint32_t sum)
{
	/* One more in the checksum, one less in the TTL; nearly always without a carry. */
	if (likely(sum < UINT32_C(0xfffe0000)))
		store32(ip + 8, sum + 0xffff);
	else
		dp_ttl4_decrement((struct rte_ipv4_hdr *)ip);
}

static inline void
mbuf_set(struct rte_mbuf *m, uint32_t off, uint32_t len)
{
	m->data_off = (uint16_t)(m->data_off + off);
	m->data_len = (uint16_t)len;
	m->pkt_len = len;
}

static inline void
put_ib(struct way *way, struct rte_mbuf *m, const struct dp_fast *f, const struct plain4 *p4,
		uint8_t *ip, uint32_t l2_len)
{
	store32(ip - IPOIB_HDR_LEN, RTE_BE16(RTE_ETHER_TYPE_IPV4));
	store64((uint8_t *)m + way->meta, f->link);
	mbuf_set(m, l2_len - IPOIB_HDR_LEN, p4->len + IPOIB_HDR_LEN);
	way->octets += p4->len + IPOIB_HDR_LEN;
	*way->out++ = m;
}

/* A frame that is too short, or for which there is no room. */
static __rte_noinline struct way
put_eth_odd(struct dp_worker *w, uint16_t in, struct way way, struct rte_mbuf *m,
		const struct dp_fast *f, uint32_t l2_len, uint32_t len)
{
	const struct rte_ether_addr *mac = (const struct rte_ether_addr *)&f->link;
	struct dp_txbuf *b = &w->tx[way.port];

	way_close(w, &way);
	m->port = in;
	mbuf_set(m, l2_len, len);
	encap_eth(w, way.port, m, mac, RTE_BE16(RTE_ETHER_TYPE_IPV4));
	way.out = &b->pkts[b->nb];
	way.octets = 0;
	return way;
}

static inline void
put_eth(struct dp_worker *w, uint16_t in, struct way *way, struct rte_mbuf *m,
		const struct dp_fast *f, const struct plain4 *p4, uint8_t *ip, uint32_t l2_len)
{
	if (unlikely(p4->len < PKT_ETH_MIN - RTE_ETHER_HDR_LEN ||
			    m->data_off + l2_len < RTE_ETHER_HDR_LEN)) {
		*way = put_eth_odd(w, in, *way, m, f, l2_len, p4->len);
		return;
	}
	store64(ip - RTE_ETHER_HDR_LEN, f->link);
	store64(ip - sizeof(uint64_t), way->src_type);
	mbuf_set(m, l2_len - RTE_ETHER_HDR_LEN, p4->len + RTE_ETHER_HDR_LEN);
	way->octets += p4->len + RTE_ETHER_HDR_LEN;
	*way->out++ = m;
}

/* Is a packet too long for its way, or is there none? If not, the entry stands for several paths. */
static __rte_noinline bool
is_odd(const struct ipoib_neigh *paths, uint16_t mtu, const struct dp_fast *f, uint32_t len)
{
	const struct ipoib_neigh_entry *e;

	if (f->mtu != 0 || len > mtu)
		return true;
	e = ipoib_neigh_entry_at(paths, f->path_at);
	return e->mtu != 0 && len > e->mtu;
}

/* By one of several paths, by class and flow. */
static __rte_noinline struct way
put_ib_set(struct dp_worker *w, uint16_t in, struct way way, struct rte_mbuf *m, struct dp_fast *f,
		uint32_t l2_len, uint32_t len)
{
	struct dp_txbuf *b = &w->tx[way.port];

	mark(w, f, &way);
	way_close(w, &way);
	m->port = in;
	mbuf_set(m, l2_len, len);
	dp_ttl4_decrement(rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *));
	encap_ib(w, m, way.port, ipoib_neigh_entry_at(way.paths, f->path_at),
			RTE_BE16(RTE_ETHER_TYPE_IPV4));
	way.out = &b->pkts[b->nb];
	way.octets = 0;
	return way;
}

/* With more places than a cache holds that is near, bring those of a burst, and what they point to. */
static __rte_noinline void
places_prefetch(const struct dp_worker *w, struct rte_mbuf **pkts, uint16_t n, uint32_t l2_len)
{
	const struct dp_fast *f[DP_BURST_MAX];
	uint16_t i;

	for (i = 0; i < n; i++) {
		const struct rte_mbuf *m = pkts[i];

		f[i] = w->fast;
		if (likely(m->data_len >= l2_len + sizeof(struct rte_ipv4_hdr)))
			f[i] = place_of(w->fast,
					load32(rte_pktmbuf_mtod_offset(
							m, const void *, l2_len + 16)));
		rte_prefetch0(f[i]);
	}
	for (i = 0; i < n; i++) {
		rte_prefetch0(f[i]->l3_at);
		rte_prefetch0(f[i]->path_at);
	}
}

/* A place whose packets leave by another port than the one before, or that is to be marked. @return
 * the way, with MTU 0 if it is none */
static __rte_noinline struct way
way_turn(struct dp_worker *w, struct way way, struct dp_fast *f, uint16_t n)
{
	if (f->port != way.port) {
		if (way.port != DP_PORT_NIL)
			way_close(w, &way);
		way = way_open(w, f->port, n);
	}
	if (way.mtu != 0 && (f->way ^ way.word) << 16 != 0)
		mark(w, f, &way);
	return way;
}

/* @return packets that are left, in order at the begin of @p pkts */
static __rte_always_inline uint16_t
fast_burst(struct dp_worker *w, uint16_t in, bool ib, struct rte_mbuf **pkts, uint16_t n,
		uint64_t *octets)
{
	uint32_t rules = atomic_load_explicit(&w->dp->rules, memory_order_acquire), got = 0;
	struct way way = { .port = DP_PORT_NIL, .word = UINT64_MAX };
	const struct from from = from_of(&w->dp->port[in], ib);
	struct rte_mbuf **at = pkts, **const end = pkts + n, **left = pkts;
	struct dp_fast *const places = w->fast, *f;
	struct plain4 p4;

	if (w->fast_places > PLACES_NEAR)
		places_prefetch(w, pkts, n, from.l2_len);
	for (; at != end; at++) {
		struct rte_mbuf *m = *at;
		uint8_t *ip = rte_pktmbuf_mtod_offset(m, uint8_t *, from.l2_len);

		if (unlikely(!in_is_plain(m, &from, &p4))) {
			if (!is_other_family(m, ib))
				break;
			*left++ = m;
			continue;
		}
		f = place_of(places, p4.dst);
		if (unlikely(f->dst != p4.dst || f->rules != rules || !is_current(f))) {
			*left++ = m;
			continue;
		}
		if (unlikely((f->way ^ way.word) << 16 != 0)) {
			way = way_turn(w, way, f, (uint16_t)(end - at));
			if (way.mtu == 0)
				break;
		}
		if (unlikely((p4.ttl_sum & 0xfe) == 0))
			break;
		if (unlikely(p4.len > f->mtu)) {
			if (is_odd(way.paths, way.mtu, f, p4.len))
				break;
			way = put_ib_set(w, in, way, m, f, from.l2_len, p4.len);
		} else {
			ttl_put(ip, p4.ttl_sum);
			if (way.ib)
				put_ib(&way, m, f, &p4, ip, from.l2_len);
			else
				put_eth(w, in, &way, m, f, &p4, ip, from.l2_len);
		}
		got += p4.room;
	}
	if (likely(way.port != DP_PORT_NIL))
		way_close(w, &way);
	*octets = got + sizeof(struct rte_ipv4_hdr) * (size_t)((at - pkts) - (left - pkts));
	if (unlikely(at != end)) {
		memmove(left, at, (size_t)(end - at) * sizeof(*pkts));
		left += end - at;
	}
	return (uint16_t)(left - pkts);
}

/* May packets from a port take the short way at all? */
static inline bool
port_is_plain(const struct dp_port *p)
{
	return atomic_load_explicit(&p->bind, memory_order_relaxed) == DP_PORT_NIL &&
			atomic_load_explicit(&p->master, memory_order_relaxed) == DP_PORT_NIL &&
			(atomic_load_explicit(&p->flags, memory_order_relaxed) &
					DP_PORT_MSS_CLAMP) == 0;
}

uint16_t
dp_fast(struct dp_worker *w, uint16_t port, struct rte_mbuf **pkts, uint16_t n, uint64_t *octets)
{
	const struct dp *dp = w->dp;

	*octets = 0;
	if (unlikely(w->order.waiting || !port_is_plain(&dp->port[port]) ||
			    __atomic_load_n(&dp->filter, __ATOMIC_ACQUIRE) != NULL ||
			    __atomic_load_n(&dp->top, __ATOMIC_ACQUIRE) != NULL))
		return n;
	switch (dp_port_kind(dp, port)) {
	case DP_PORT_ETH:
		return fast_burst(w, port, false, pkts, n, octets);
	case DP_PORT_IPOIB:
		return fast_burst(w, port, true, pkts, n, octets);
	default:
		return n;
	}
}

/* What the packets of an entry get in front. @p path NULL: an Ethernet address */
static uint64_t
link_of(const struct dp *dp, const struct ipoib_neigh_entry *l3,
		const struct ipoib_neigh_entry *path)
{
	uint64_t link = 0;

	if (path != NULL)
		return path->ah | (uint64_t)path->qpn << 32; /* pmd_ipoib_meta.ah, .qpn */
	memcpy(&link, &dp->adj[l3->ah].mac, RTE_ETHER_ADDR_LEN);
	return link;
}

/* The entries of a next hop, if both are usable. @p path NULL on Ethernet. */
static bool
entries_find(const struct dp_worker *w, const struct dp_nh *nh, uint32_t dst,
		const struct ipoib_neigh_entry **l3, const struct ipoib_neigh_entry **path)
{
	struct ipoib_addr key, *keyp = &key;
	const struct ipoib_addr *addr;
	const struct ipoib_neigh *t;
	uint64_t hit;

	if (nh->type == DP_NH_LINK)
		dp_l3_key4(&key, nh->port, dst);
	else if (nh->type == DP_NH_VIA)
		dp_l3_key(&key, nh->port, &nh->gw);
	else
		return false;
	*path = NULL;
	if (ipoib_neigh_lookup_bulk(
			    w->dp->l3, (const struct ipoib_addr *const *)&keyp, 1, &hit, l3) != 1)
		return false;
	if (dp_port_kind(w->dp, nh->port) != DP_PORT_IPOIB)
		return true;
	t = w->dp->port[nh->port].neigh;
	addr = &w->dp->adj[(*l3)->ah].lladdr;
	return t != NULL && ipoib_neigh_lookup_bulk(t, &addr, 1, &hit, path) == 1;
}

/* Keep what the tables say of a destination now, if it can be kept. @p dst is in host order. */
static void
learn(struct dp_worker *w, uint32_t dst, uint32_t rules)
{
	struct rte_fib *fib = __atomic_load_n(&w->dp->fib, __ATOMIC_ACQUIRE);
	const struct ipoib_neigh_entry *l3, *path;
	rte_be32_t be = rte_cpu_to_be_32(dst);
	struct dp_fast *f = place_of(w->fast, be);
	struct ipoib_neigh_ref r;
	const struct dp_nh *nh;
	uint64_t id;

	if (f->rules == rules && f->dst != be && ++w->fast_denied % TAKE_EVERY != 0)
		return;
	rte_fib_lookup_bulk(fib, &dst, &id, 1);
	nh = &w->dp->nh[id];
	if (!entries_find(w, nh, dst, &l3, &path))
		return;
	r = ipoib_neigh_ref_of(w->dp->l3, l3);
	if (r.gen == 0)
		return;
	w->fast_places += f->rules == 0;
	*f = (struct dp_fast){ .dst = be, .port = nh->port, .l3_gen = r.gen };
	f->l3_at = ipoib_neigh_ref_at(w->dp->l3, r);
	f->path_at = f->l3_at;
	if (path != NULL) {
		r = ipoib_neigh_ref_of(w->dp->port[nh->port].neigh, path);
		f->path_at = ipoib_neigh_ref_at(w->dp->port[nh->port].neigh, r);
	}
	f->path_gen = r.gen;
	f->link = link_of(w->dp, l3, path);
	if (r.gen != 0)
		f->rules = rules;
}

void
dp_fast_learn(struct dp_worker *w, const struct dp_ip_burst *b)
{
	uint32_t rules = atomic_load_explicit(&w->dp->rules, memory_order_acquire);
	uint16_t i, n = RTE_MIN(b->n4, LEARN_MAX);

	for (i = 0; i < n; i++)
		learn(w, b->dst4[i], rules);
}

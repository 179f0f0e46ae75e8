/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <string.h>

#include <rte_ether.h>
#include <rte_ip.h>

#include "pkt.h"
#include "worker.h"

/* What a packet is: a drop reason (0 and up), or one of these. */
enum verdict {
	IS_IP4 = -1, /* to be routed */
	IS_IP6 = -2,
	IS_MCAST = -3, /* a group beyond the link */
	IS_ARP = -4,
	IS_LOCAL = -5,	/* for the link, and so for us to look at */
	IS_TAGGED = -6, /* 802.1Q */
	IS_GONE = -7	/* freed and counted */
};

#define IP4_LIMITED_BCAST 0xffffffff
#define VID_MASK 0xfff
/* IPv4 options (RFC 791 3.1). */
#define OPT_END 0
#define OPT_NOP 1
#define OPT_LSRR 131
#define OPT_SSRR 137

/* The scope of an IPv6 group (RFC 4291 2.7). */
#define SCOPE_INTERFACE 1
#define SCOPE_LINK 2

/* Octets of an IPv6 header; its structure is not the same in all releases of DPDK. */
#define IP6_LEN_OFF 4
#define IP6_PROTO_OFF 6
#define IP6_SRC_OFF 8
#define IP6_DST_OFF 24

/* What the checks of one packet need and find. */
struct pkt_in {
	const struct dp_port *p; /* the ethdev */
	bool bcast;
	uint32_t dst4; /* host order */
};

static int
ethertype_check(rte_be16_t type)
{
	if (likely(type == RTE_BE16(RTE_ETHER_TYPE_IPV4)))
		return IS_IP4;
	if (type == RTE_BE16(RTE_ETHER_TYPE_IPV6))
		return IS_IP6;
	if (type == RTE_BE16(RTE_ETHER_TYPE_ARP))
		return IS_ARP;
	if (type == RTE_BE16(RTE_ETHER_TYPE_VLAN))
		return IS_TAGGED;
	return DP_DROP_l2_type;
}

/* A tag that the driver took out (af_packet always does) is still a tag; VLAN 0 is none. */
static bool
has_vlan(const struct rte_mbuf *m)
{
	return (m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0 && (m->vlan_tci & VID_MASK) != 0;
}

static int
eth_check(const struct rte_mbuf *m, struct pkt_in *in)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);

	if (unlikely(m->data_len < sizeof(*eth)))
		return DP_DROP_l2_type;
	in->bcast = rte_is_multicast_ether_addr(&eth->dst_addr);
	if (!in->bcast && unlikely(!rte_is_same_ether_addr(&eth->dst_addr, &in->p->mac)))
		return DP_DROP_l2_dst;
	if (unlikely(has_vlan(m)))
		return IS_TAGGED;
	return ethertype_check(eth->ether_type);
}

static int
ipoib_check(struct rte_mbuf *m, struct pkt_in *in)
{
	const struct ipoib_hdr *hdr = rte_pktmbuf_mtod(m, const struct ipoib_hdr *);
	int ret;

	if (unlikely(m->data_len < sizeof(*hdr)))
		return DP_DROP_l2_type;
	in->bcast = (pmd_ipoib_meta(m)->flags & (PMD_IPOIB_RX_MCAST | PMD_IPOIB_RX_BCAST)) != 0;
	ret = ethertype_check(hdr->type);
	return likely(ret != IS_TAGGED) ? ret : DP_DROP_l2_type;
}

/* Take the tag out of the frame; the VID, or a drop reason below 0. */
static int
tag_pull(struct rte_mbuf *m)
{
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *);
	rte_be16_t tci;

	if (has_vlan(m))
		return m->vlan_tci & VID_MASK;
	if (m->data_len < RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN)
		return -1;
	memcpy(&tci, frame + RTE_ETHER_HDR_LEN, sizeof(tci));
	memmove(frame + RTE_VLAN_HLEN, frame, 2 * RTE_ETHER_ADDR_LEN);
	rte_pktmbuf_adj(m, RTE_VLAN_HLEN);
	return rte_be_to_cpu_16(tci) & VID_MASK;
}

/* The packet came on a logical port. */
static void
port_set(struct rte_mbuf *m, uint16_t port)
{
	dp_meta(m)->rx_port = m->port;
	m->port = port;
}

static bool
vlan_enter(const struct dp *dp, const struct dp_port *p, struct rte_mbuf *m, int vid)
{
	const uint16_t *table = __atomic_load_n(&p->vlan_port, __ATOMIC_ACQUIRE);
	uint16_t port;

	if (vid == 0) /* only a priority */
		return true;
	if (table == NULL)
		return false;
	port = __atomic_load_n(&table[vid], __ATOMIC_RELAXED);
	if (port >= DP_PORTS_MAX || dp_port_kind(dp, port) != DP_PORT_ETH)
		return false;
	port_set(m, port);
	return true;
}

/* An Ethernet frame with a tag: into its sub-port. @return the packet */
static struct rte_mbuf *
tagged_check(struct dp_worker *w, struct rte_mbuf *m, const struct dp_port *p, int *verdict)
{
	int ret = DP_DROP_l2_type, vid;

	*verdict = IS_GONE;
	if (unlikely(pkt_is_shared(m))) {
		m = pkt_own(w->dp->pool, &w->ctr[m->port], m);
		if (m == NULL)
			return NULL;
	}
	vid = tag_pull(m);
	if (vid >= 0)
		ret = ethertype_check(rte_pktmbuf_mtod(m, struct rte_ether_hdr *)->ether_type);
	if (ret >= 0 || ret == IS_TAGGED) /* nor a second tag */
		*verdict = DP_DROP_l2_type;
	else
		*verdict = vlan_enter(w->dp, p, m, vid) ? ret : DP_DROP_vlan;
	return m;
}

/* What the active port of a bond gets, and what any member gets for itself, is the bond's.
 * @return a drop reason, or -1 */
static int
bond_enter(const struct dp *dp, struct rte_mbuf *m, uint16_t bond, bool bcast)
{
	if (bond >= DP_PORTS_MAX || dp_port_kind(dp, bond) == DP_PORT_NONE)
		return -1;
	if (bcast && dp_port_tx(dp, bond) != m->port)
		return DP_DROP_bond_backup;
	port_set(m, bond);
	return -1;
}

/* Not this net, loopback, multicast, reserved and limited broadcast (RFC 1812 5.3.7). */
static bool
ip4_src_ok(uint32_t src)
{
	uint32_t top = src >> 24;

	return top != 0 && top != 127 && top < 224;
}

static int
ip4_dst_check(uint32_t dst, uint8_t proto, bool bcast)
{
	uint32_t top = dst >> 24;

	if (likely(top != 0 && top != 127 && top < 224))
		return IS_IP4;
	/* Not forwarded: 224.0.0.0/24 (RFC 5771 4), and what is said to routers about a group. */
	if (top >= 224 && top < 240)
		return dst >> 8 == 0xe00000 || proto == IPPROTO_IGMP ? IS_LOCAL : IS_MCAST;
	if (dst == IP4_LIMITED_BCAST && bcast)
		return IS_LOCAL;
	return DP_DROP_ip_dst;
}

/*
 * A source route is neither followed nor passed on to somebody who might (RFC 7126 4.3, 4.4), which
 * Linux has as its default too. Of other options a router only needs to see where the next begins.
 */
static bool
ip4_options_ok(const uint8_t *opt, uint32_t len)
{
	uint32_t i = 0;

	while (i < len && opt[i] != OPT_END) {
		if (opt[i] == OPT_NOP) {
			i++;
			continue;
		}
		if (opt[i] == OPT_LSRR || opt[i] == OPT_SSRR || len - i < 2 || opt[i + 1] < 2 ||
				opt[i + 1] > len - i)
			return false;
		i += opt[i + 1];
	}
	return true;
}

/* RFC 1812 5.2.2. What a driver says is a good checksum is not computed again. */
static int
ip4_header_check(const struct rte_mbuf *m, const struct rte_ipv4_hdr *ip)
{
	uint32_t len, hdr_len;

	if (unlikely(m->data_len < sizeof(*ip)))
		return DP_DROP_ip_short;
	if (unlikely(ip->version_ihl >> 4 != 4))
		return DP_DROP_ip_version;
	hdr_len = rte_ipv4_hdr_len(ip);
	if (unlikely(hdr_len != sizeof(*ip))) {
		if (hdr_len < sizeof(*ip) || hdr_len > m->data_len)
			return DP_DROP_ip_hdrlen;
		if (!ip4_options_ok((const uint8_t *)(ip + 1), hdr_len - sizeof(*ip)))
			return DP_DROP_ip_options;
	}
	if ((m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) != RTE_MBUF_F_RX_IP_CKSUM_GOOD &&
			unlikely(rte_ipv4_cksum(ip) != 0))
		return DP_DROP_ip_checksum;
	len = rte_be_to_cpu_16(ip->total_length);
	if (unlikely(len < hdr_len || len > m->pkt_len))
		return DP_DROP_ip_length;
	return IS_IP4;
}

/* Data is at the IP header, all of it in the first segment. */
static int
ip4_check(struct rte_mbuf *m, struct pkt_in *in)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);
	uint32_t len;
	int ret;

	ret = ip4_header_check(m, ip);
	if (unlikely(ret != IS_IP4))
		return ret;
	in->dst4 = rte_be_to_cpu_32(ip->dst_addr);
	ret = ip4_dst_check(in->dst4, ip->next_proto_id, in->bcast);
	/* Who has no address yet asks DHCP, and answers IGMP (RFC 3376 4.2.13), as 0.0.0.0. */
	if (unlikely(!ip4_src_ok(rte_be_to_cpu_32(ip->src_addr))) &&
			!(ret == IS_LOCAL && ip->src_addr == 0))
		return DP_DROP_ip_src;
	if (unlikely(ret >= 0))
		return ret;
	len = rte_be_to_cpu_16(ip->total_length);
	if (m->pkt_len > len)
		pkt_trim(m, len);
	return ret;
}

/* Unspecified, loopback, or IPv4-mapped: never in a packet, but for :: on the link. */
static bool
ip6_is_special(const uint8_t *a)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	static const uint8_t zero[15];
	uint64_t high;

	memcpy(&high, a, sizeof(high));
	if (likely(high != 0))
		return false;
	return memcmp(a, mapped, sizeof(mapped)) == 0 ||
			(memcmp(a, zero, sizeof(zero)) == 0 && a[15] <= 1);
}

static bool
ip6_is_zero(const uint8_t *a)
{
	return ip6_is_special(a) && a[15] == 0 && a[10] == 0;
}

/* RFC 4291 2.7: scope 0 is reserved, and 1 does not leave its host. */
static int
ip6_group_check(const uint8_t *ip)
{
	uint8_t scope = ip[IP6_DST_OFF + 1] & 0xf;

	if (scope <= SCOPE_INTERFACE)
		return DP_DROP_ip_dst;
	/* MLDv1 speaks of a group to the group itself, with a hop-by-hop option. */
	return scope == SCOPE_LINK || ip[IP6_PROTO_OFF] == IPPROTO_HOPOPTS ? IS_LOCAL : IS_MCAST;
}

static int
ip6_dst_check(const uint8_t *ip)
{
	const uint8_t *dst = ip + IP6_DST_OFF;

	if (unlikely(dst[0] == 0xff))
		return ip6_group_check(ip);
	if (unlikely(dst[0] == 0xfe && (dst[1] & 0xc0) == 0x80))
		return IS_LOCAL;
	return likely(!ip6_is_special(dst)) ? IS_IP6 : DP_DROP_ip_dst;
}

/* RFC 4291 2.5.2: who asks whether an address is free has none, and speaks to a group. */
static bool
ip6_src_ok(const uint8_t *ip, int verdict)
{
	const uint8_t *src = ip + IP6_SRC_OFF;

	if (unlikely(src[0] == 0xff))
		return false;
	return likely(!ip6_is_special(src)) ||
			(ip6_is_zero(src) && verdict == IS_LOCAL && ip[IP6_DST_OFF] == 0xff);
}

/* RFC 8200 3. A jumbogram's length of 0 (RFC 2675) is beyond all our MTUs. */
static int
ip6_check(struct rte_mbuf *m)
{
	const uint8_t *ip = rte_pktmbuf_mtod(m, const uint8_t *);
	uint32_t len;
	int ret;

	if (unlikely(m->data_len < sizeof(struct rte_ipv6_hdr)))
		return DP_DROP_ip_short;
	if (unlikely(ip[0] >> 4 != 6))
		return DP_DROP_ip_version;
	len = (uint32_t)(ip[IP6_LEN_OFF] << 8 | ip[IP6_LEN_OFF + 1]);
	if (unlikely(len == 0 && ip[IP6_PROTO_OFF] == IPPROTO_HOPOPTS))
		return DP_DROP_ip_length;
	len += sizeof(struct rte_ipv6_hdr);
	if (unlikely(len > m->pkt_len))
		return DP_DROP_ip_length;
	ret = ip6_dst_check(ip);
	if (unlikely(!ip6_src_ok(ip, ret)))
		return DP_DROP_ip_src;
	if (unlikely(ret >= 0))
		return ret;
	if (m->pkt_len > len)
		pkt_trim(m, len);
	return ret;
}

/* Everything but plain IPv4 and IPv6 to be routed; takes m for good. */
static __rte_noinline void
other(struct dp_worker *w, struct rte_mbuf *m, int verdict, bool bcast, struct dp_ip_burst *b)
{
	switch (verdict) {
	case IS_MCAST:
		b->pktm[b->nm++] = m;
		break;
	case IS_ARP:
		worker_punt(w, m, DP_PUNT_ARP, bcast);
		break;
	case IS_LOCAL:
		/* A group's packet counts as one, however it came. */
		worker_punt(w, m, DP_PUNT_LOCAL, bcast || pkt_is_group(m));
		break;
	case IS_GONE:
		break;
	default:
		worker_drop(w, m, verdict);
		break;
	}
}

/* A packet that is tagged, or came on a member of a bond: to its logical port. @return the packet */
static __rte_noinline struct rte_mbuf *
logical_enter(struct dp_worker *w, struct rte_mbuf *m, uint16_t bond, bool bcast, int *verdict)
{
	const struct dp_port *p = &w->dp->port[m->port];
	int drop;

	if (*verdict == IS_TAGGED)
		m = tagged_check(w, m, p, verdict);
	if (*verdict >= 0 || *verdict == IS_GONE || bond == DP_PORT_NIL ||
			m->port >= DP_PORT_LOGICAL)
		return m;
	drop = bond_enter(w->dp, m, bond, bcast);
	if (drop >= 0)
		*verdict = drop;
	return m;
}

static inline void
put4(struct dp_ip_burst *b, struct rte_mbuf *m, const struct pkt_in *in)
{
	b->bcast4 |= (uint64_t)in->bcast << b->n4;
	b->dst4[b->n4] = in->dst4;
	b->pkt4[b->n4++] = m;
}

static void
put6(struct dp_ip_burst *b, struct rte_mbuf *m, bool bcast)
{
	b->bcast6 |= (uint64_t)bcast << b->n6;
	b->dst6[b->n6] = dp_ip6(rte_pktmbuf_mtod_offset(m, const uint8_t *, IP6_DST_OFF));
	b->pkt6[b->n6++] = m;
}

/* One packet of a burst from a port of one kind, maybe a member of a bond. */
static __rte_noinline void
classify_one(struct dp_worker *w, struct rte_mbuf *m, const struct dp_port *p, bool ib,
		uint16_t bond, struct dp_ip_burst *b)
{
	struct pkt_in in = { .p = p, .bcast = false };
	int verdict, ret;

	m = pkt_contig(w->dp->pool, &w->ctr[m->port], m);
	if (unlikely(m == NULL))
		return;
	ret = ib ? ipoib_check(m, &in) : eth_check(m, &in);
	if (unlikely(ret == IS_TAGGED || bond != DP_PORT_NIL)) {
		verdict = ret;
		m = logical_enter(w, m, bond, in.bcast, &verdict);
		ret = verdict;
		b->plain = false;
	}
	if (likely(ret == IS_IP4 || ret == IS_IP6)) {
		rte_pktmbuf_adj(m, ib ? IPOIB_HDR_LEN : RTE_ETHER_HDR_LEN);
		ret = likely(ret == IS_IP4) ? ip4_check(m, &in) : ip6_check(m);
	}
	if (ret == IS_IP4) {
		b->odd4 = true;
		put4(b, m, &in);
	} else if (ret == IS_IP6) {
		put6(b, m, in.bcast);
	} else {
		other(w, m, ret, in.bcast, b);
	}
}

static inline uint64_t
load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint32_t
load32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* Is the checksum of a header of 20 octets, as it lies in memory, right (RFC 1071)? Halves are added
 * to each other with their carry, until 16 bits are left: in the upper half of the last sum. */
static inline bool
cksum20_ok(uint64_t w0, uint64_t w1, uint32_t w2)
{
	uint64_t sum = w0 + w1;
	uint32_t half;

	sum += sum < w1;
	sum += w2;
	sum += sum < w2;
	half = (uint32_t)sum + (uint32_t)(sum >> 32);
	half += half < (uint32_t)sum;
	half += half << 16 | half >> 16;
	return half >> 16 == UINT16_MAX;
}

/* As ip4_src_ok(), of the first octet of an address. */
static inline bool
ip4_top_is_unicast(uint32_t top)
{
	return top - 1 < 223 && top != 127;
}

/* The link-layer header of a unicast IPv4 packet to us, untagged? */
static inline bool
l2_is_plain(struct rte_mbuf *m, const uint8_t *data, uint64_t mac, bool ib)
{
	rte_be16_t type;

	memcpy(&type, data + (ib ? 0 : 2 * RTE_ETHER_ADDR_LEN), sizeof(type));
	if (type != RTE_BE16(RTE_ETHER_TYPE_IPV4))
		return false;
	if (ib)
		return (pmd_ipoib_meta(m)->flags & (PMD_IPOIB_RX_MCAST | PMD_IPOIB_RX_BCAST)) == 0;
	return load64(data) << 16 == mac << 16 && (m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) == 0;
}

/*
 * Nearly all packets: unicast IPv4 without options, in one segment, nothing wrong. All checks are
 * those of classify_one(), which takes what does not pass: it knows why.
 */
static inline bool
classify_plain4(struct rte_mbuf *m, uint64_t mac, bool ib, struct dp_ip_burst *b)
{
	const uint8_t *data = rte_pktmbuf_mtod(m, const uint8_t *), *ip;
	uint32_t l2_len = ib ? IPOIB_HDR_LEN : RTE_ETHER_HDR_LEN, len, w2;
	uint64_t w0, w1;

	if (unlikely(m->nb_segs != 1 || m->data_len < l2_len + sizeof(struct rte_ipv4_hdr) ||
			    !l2_is_plain(m, data, mac, ib)))
		return false;
	ip = data + l2_len;
	w0 = load64(ip);
	w1 = load64(ip + 8);
	w2 = load32(ip + 16);
	len = rte_be_to_cpu_16((uint16_t)(w0 >> 16));
	if (unlikely((w0 & 0xff) != RTE_IPV4_VHL_DEF || len < sizeof(struct rte_ipv4_hdr) ||
			    len + l2_len > m->data_len || !ip4_top_is_unicast(w1 >> 32 & 0xff) ||
			    !ip4_top_is_unicast(w2 & 0xff)))
		return false;
	if ((m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) != RTE_MBUF_F_RX_IP_CKSUM_GOOD &&
			unlikely(!cksum20_ok(w0, w1, w2)))
		return false;
	m->data_off = (uint16_t)(m->data_off + l2_len);
	m->data_len = (uint16_t)len;
	m->pkt_len = len;
	b->dst4[b->n4] = rte_be_to_cpu_32(w2);
	b->pkt4[b->n4++] = m;
	return true;
}

static inline void
classify_burst(struct dp_worker *w, const struct dp_port *p, bool ib, struct rte_mbuf **pkts,
		uint16_t n, struct dp_ip_burst *b)
{
	uint16_t bond = atomic_load_explicit(&p->master, memory_order_relaxed), i;
	bool plain = bond == DP_PORT_NIL;
	uint64_t mac = 0;

	memcpy(&mac, &p->mac, sizeof(p->mac));
	for (i = 0; i < n; i++) {
		if (likely(plain && classify_plain4(pkts[i], mac, ib, b)))
			continue;
		classify_one(w, pkts[i], p, ib, bond, b);
	}
}

static bool
port_is_plain(const struct dp_port *p)
{
	return atomic_load_explicit(&p->bind, memory_order_relaxed) == DP_PORT_NIL &&
			(atomic_load_explicit(&p->flags, memory_order_relaxed) &
					DP_PORT_MSS_CLAMP) == 0;
}

static void
port_gone(struct dp_worker *w, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t i;

	for (i = 0; i < n; i++)
		worker_drop(w, pkts[i], DP_DROP_tx_port);
}

void
dp_classify(struct dp_worker *w, uint16_t port, struct rte_mbuf **pkts, uint16_t n,
		struct dp_ip_burst *b)
{
	const struct dp_port *p = &w->dp->port[port];

	b->n4 = b->n6 = b->nm = 0;
	b->bcast4 = b->bcast6 = 0;
	b->odd4 = false;
	b->plain = port_is_plain(p);
	switch (dp_port_kind(w->dp, port)) {
	case DP_PORT_ETH:
		classify_burst(w, p, false, pkts, n, b);
		break;
	case DP_PORT_IPOIB:
		classify_burst(w, p, true, pkts, n, b);
		break;
	default:
		port_gone(w, pkts, n);
		break;
	}
}

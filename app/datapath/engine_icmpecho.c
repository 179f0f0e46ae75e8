/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <string.h>

#include <rte_arp.h>
#include <rte_icmp.h>
#include <rte_ip.h>

#include "compat.h"
#include "pkt.h"
#include "sender.h"
#include "worker.h"

/*
 * Echo requests are answered by the port that they came to, whatever address they ask, as testpmd
 * does; so is ARP on Ethernet. On IPoIB ARP is control's, who answers for the addresses that the
 * port has; a reply goes to who sent the request, or, while only LID and QPN of that are known, to
 * the neighbour with the request's IP address. All else ends here.
 */

static void
end(struct dp_worker *w, struct rte_mbuf *m)
{
	dp_count(&w->ctr[m->port].delivered, 1);
	rte_pktmbuf_free(m);
}

/* Add to a one's complement checksum (RFC 1624). */
static rte_be16_t
checksum_add(rte_be16_t sum, uint16_t more)
{
	uint32_t s = rte_be_to_cpu_16(sum) + (uint32_t)more;

	s = (s & 0xffff) + (s >> 16);
	return rte_cpu_to_be_16((uint16_t)s);
}

/* Turn a request into its reply. @param ip in the first segment, @p room octets from there on
 *  @return false: it is no request for us to answer */
static bool
echo_reply(struct rte_ipv4_hdr *ip, uint32_t room)
{
	uint32_t hdr_len = (ip->version_ihl & 0xf) * 4u;
	struct rte_icmp_hdr *icmp;
	rte_be32_t addr;

	if (room < sizeof(*ip) || ip->version_ihl >> 4 != 4 || hdr_len < sizeof(*ip) ||
			room < hdr_len + sizeof(*icmp) || ip->next_proto_id != IPPROTO_ICMP ||
			(ip->fragment_offset & RTE_BE16(0x3fff)) != 0)
		return false;
	icmp = RTE_PTR_ADD(ip, hdr_len);
	if (icmp->icmp_type != COMPAT_ICMP_ECHO_REQUEST || icmp->icmp_code != 0 ||
			rte_be_to_cpu_32(ip->dst_addr) >> 28 >= 14)
		return false;
	addr = ip->src_addr;
	ip->src_addr = ip->dst_addr;
	ip->dst_addr = addr;
	icmp->icmp_type = COMPAT_ICMP_ECHO_REPLY;
	icmp->icmp_cksum = checksum_add(icmp->icmp_cksum, COMPAT_ICMP_ECHO_REQUEST << 8);
	return true;
}

/* --- Ethernet --- */

static bool
arp_reply(const struct dp_port *p, struct rte_arp_hdr *arp, uint32_t room)
{
	rte_be32_t ip;

	if (room < sizeof(*arp) || arp->arp_hardware != RTE_BE16(RTE_ARP_HRD_ETHER) ||
			arp->arp_protocol != RTE_BE16(RTE_ETHER_TYPE_IPV4) ||
			arp->arp_hlen != RTE_ETHER_ADDR_LEN || arp->arp_plen != sizeof(ip) ||
			arp->arp_opcode != RTE_BE16(RTE_ARP_OP_REQUEST))
		return false;
	ip = arp->arp_data.arp_tip;
	arp->arp_opcode = RTE_BE16(RTE_ARP_OP_REPLY);
	arp->arp_data.arp_tha = arp->arp_data.arp_sha;
	arp->arp_data.arp_tip = arp->arp_data.arp_sip;
	arp->arp_data.arp_sha = p->mac;
	arp->arp_data.arp_sip = ip;
	return true;
}

/* Behind a VLAN tag, if there is one. */
static bool
eth_reply(const struct dp_port *p, struct rte_mbuf *m)
{
	struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	const struct rte_vlan_hdr *vlan = (const void *)(eth + 1);
	uint32_t off = sizeof(*eth);
	rte_be16_t type;
	bool replied = false;

	if (m->data_len < sizeof(*eth) + sizeof(*vlan))
		return false;
	type = eth->ether_type;
	if (type == RTE_BE16(RTE_ETHER_TYPE_VLAN)) {
		type = vlan->eth_proto;
		off += (uint32_t)sizeof(*vlan);
	}
	if (type == RTE_BE16(RTE_ETHER_TYPE_ARP))
		replied = arp_reply(p, RTE_PTR_ADD(eth, off), m->data_len - off);
	else if (type == RTE_BE16(RTE_ETHER_TYPE_IPV4))
		replied = echo_reply(RTE_PTR_ADD(eth, off), m->data_len - off);
	if (replied) {
		eth->dst_addr = eth->src_addr;
		eth->src_addr = p->mac;
	}
	return replied;
}

/* --- IPoIB --- */

/* Replies of a burst: to senders whose address is known, and to neighbours by IP. */
struct replies {
	struct dp_ib_burst ib;
	struct ipoib_addr addr[DP_BURST_MAX];
	struct dp_fwd_burst ip;
};

static void
ipoib_reply(struct dp_worker *w, uint16_t port, struct rte_mbuf *m, const struct ipoib_addr *sender,
		struct replies *r)
{
	const struct rte_ipv4_hdr *ip;
	uint16_t n = r->ib.n;

	rte_pktmbuf_adj(m, IPOIB_HDR_LEN);
	if (sender != NULL) {
		r->addr[n] = *sender;
		dp_ib_put(w, port, m, NULL, &r->addr[n], &r->ib);
		return;
	}
	ip = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);
	n = r->ip.n++;
	dp_l3_key4(&r->ip.key[n], port, rte_be_to_cpu_32(ip->dst_addr));
	r->ip.port[n] = port;
	r->ip.pkts[n] = m;
}

static void
ipoib_one(struct dp_worker *w, uint16_t port, struct rte_mbuf *m, struct replies *r)
{
	const struct ipoib_hdr *hdr = rte_pktmbuf_mtod(m, const struct ipoib_hdr *);
	uint8_t flags = pmd_ipoib_meta(m)->flags;
	struct ipoib_addr sender;
	bool known;

	if (m->data_len < IPOIB_HDR_LEN + sizeof(struct rte_ipv4_hdr)) {
		end(w, m);
		return;
	}
	known = sender_get(w, port, m, &sender);
	if (hdr->type == RTE_BE16(RTE_ETHER_TYPE_ARP))
		worker_punt(w, m, DP_PUNT_ARP,
				(flags & (PMD_IPOIB_RX_MCAST | PMD_IPOIB_RX_BCAST)) != 0);
	else if (hdr->type == RTE_BE16(RTE_ETHER_TYPE_IPV4) &&
			echo_reply(RTE_PTR_ADD(hdr, IPOIB_HDR_LEN), m->data_len - IPOIB_HDR_LEN))
		ipoib_reply(w, port, m, known ? &sender : NULL, r);
	else
		end(w, m);
}

static void
ipoib_burst(struct dp_worker *w, uint16_t port, struct rte_mbuf **pkts, uint16_t n)
{
	struct replies r;
	uint16_t i;

	r.ib.n = 0;
	r.ip.n = 0;
	for (i = 0; i < n; i++)
		ipoib_one(w, port, pkts[i], &r);
	if (r.ib.n != 0)
		dp_ib_send(w, &r.ib);
	if (r.ip.n != 0)
		dp_nexthop(w, &r.ip);
}

static void
icmpecho_burst(struct dp_worker *w, uint16_t port, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t i, kept = 0;

	for (i = 0; i < n; i++) {
		pkts[kept] = pkts[i];
		if (unlikely(pkt_is_shared(pkts[i])))
			pkts[kept] = pkt_own(w->dp->pool, &w->ctr[port], pkts[i]);
		kept += pkts[kept] != NULL;
	}
	if (dp_port_kind(w->dp, port) == DP_PORT_IPOIB) {
		ipoib_burst(w, port, pkts, kept);
		return;
	}
	for (i = 0; i < kept; i++) {
		if (eth_reply(&w->dp->port[port], pkts[i]))
			worker_tx(w, port, pkts[i]);
		else
			end(w, pkts[i]);
	}
}

const struct dp_engine_ops dp_engine_icmpecho_ops = {
	.burst = icmpecho_burst,
};

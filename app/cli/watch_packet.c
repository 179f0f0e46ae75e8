/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <string.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_net.h>

#include "parse.h"
#include "watch.h"

/* GRH (IBA 8.3): where its fields are. */
#define GRH_SGID 8
#define GRH_DGID 24

/* rte_net reads a packet from an mbuf. */
static uint32_t
ptype_of(const uint8_t *octets, uint16_t len, uint32_t layers, struct rte_net_hdr_lens *lens)
{
	struct rte_mbuf m;

	memset(&m, 0, sizeof(m));
	m.buf_addr = (void *)(uintptr_t)octets;
	m.data_len = len;
	m.pkt_len = len;
	m.nb_segs = 1;
	return rte_net_get_ptype(&m, lens, layers);
}

static void
lengths_print(FILE *out, uint32_t ptype, const struct rte_net_hdr_lens *lens)
{
	char name[256];

	rte_get_ptype_name(ptype, name, sizeof(name));
	fprintf(out, " - sw ptype: %s", name);
	if ((ptype & RTE_PTYPE_L2_MASK) != 0)
		fprintf(out, " - l2_len=%u", lens->l2_len);
	if ((ptype & RTE_PTYPE_L3_MASK) != 0)
		fprintf(out, " - l3_len=%u", lens->l3_len);
	if ((ptype & RTE_PTYPE_L4_MASK) != 0)
		fprintf(out, " - l4_len=%u", lens->l4_len);
}

static void
mbuf_print(const struct dp_seen *s, uint16_t type, FILE *out)
{
	char name[256];

	fprintf(out, " - pool=%s - type=0x%04x - length=%u - nb_segs=%u", s->pool->name, type,
			s->pkt_len, s->nb_segs);
	if (!s->tx && (s->ol_flags & RTE_MBUF_F_RX_RSS_HASH) != 0)
		fprintf(out, " - RSS hash=0x%x - RSS queue=0x%x", s->rss, s->queue);
	if (!s->tx && (s->ol_flags & RTE_MBUF_F_RX_VLAN) != 0)
		fprintf(out, " - VLAN tci=0x%x", s->vlan_tci);
	if (s->packet_type != 0) {
		rte_get_ptype_name(s->packet_type, name, sizeof(name));
		fprintf(out, " - hw ptype: %s", name);
	}
}

static void
eth_print(const struct dp_seen *s, FILE *out)
{
	const struct rte_ether_hdr *eth = (const void *)s->octets;
	struct rte_net_hdr_lens lens = { 0 };
	uint32_t ptype;

	fprintf(out, "  src=" RTE_ETHER_ADDR_PRT_FMT " - dst=" RTE_ETHER_ADDR_PRT_FMT,
			RTE_ETHER_ADDR_BYTES(&eth->src_addr), RTE_ETHER_ADDR_BYTES(&eth->dst_addr));
	mbuf_print(s, rte_be_to_cpu_16(eth->ether_type), out);
	ptype = ptype_of(s->octets, s->len, RTE_PTYPE_ALL_MASK, &lens);
	lengths_print(out, ptype, &lens);
}

static void
gid_print(FILE *out, const char *what, const uint8_t *raw)
{
	char text[PARSE_IP_STRLEN];

	fprintf(out, " - %s=%s", what, format_ip(raw, text));
}

/* Where it came from. The addresses of an IPoIB packet are not in it but beside it. */
static void
source_print(const struct dp_seen *s, FILE *out)
{
	uint8_t flags = s->meta.flags;

	fprintf(out, "  src slid=0x%04x - qpn=0x%06x - dst=%s", s->meta.slid, s->meta.qpn,
			(flags & PMD_IPOIB_RX_BCAST) != 0		    ? "broadcast"
					: (flags & PMD_IPOIB_RX_MCAST) != 0 ? "multicast"
									    : "unicast");
	if ((flags & PMD_IPOIB_RX_GRH) == 0) {
		fputs(" - no GRH", out);
		return;
	}
	gid_print(out, "GRH sgid", &s->grh[GRH_SGID]);
	gid_print(out, "dgid", &s->grh[GRH_DGID]);
	fprintf(out, " - tclass=0x%02x - flow=0x%05x - hoplimit=%u",
			(s->grh[0] << 4 | s->grh[1] >> 4) & 0xff,
			(s->grh[1] & 0xf) << 16 | s->grh[2] << 8 | s->grh[3], s->grh[7]);
}

/* Who closes a port takes it out of the list first. */
static int
ah_query(struct app *a, uint16_t port, uint32_t ah, struct pmd_ipoib_av *av)
{
	uint16_t i = 0;
	int ret;

	pthread_rwlock_rdlock(&a->ports_lock);
	while (i < a->nb_ports && a->port[i] != port)
		i++;
	ret = i < a->nb_ports ? pmd_ipoib_ah_query(port, ah, av) : -ENODEV;
	pthread_rwlock_unlock(&a->ports_lock);
	return ret;
}

static void
destination_print(struct app *a, const struct dp_seen *s, FILE *out)
{
	struct pmd_ipoib_av av;

	if (ah_query(a, s->port, s->meta.ah, &av) != 0) {
		fprintf(out, "  dst dlid=? - qpn=0x%06x", s->meta.qpn);
		return;
	}
	fprintf(out, "  dst dlid=0x%04x - qpn=0x%06x - sl=%u", av.dlid, s->meta.qpn, av.sl);
	if (av.is_global)
		gid_print(out, "GRH dgid", av.dgid.raw);
	else
		fputs(" - no GRH", out);
}

/* rte_net takes L2 for Ethernet: an Ethernet header is put in place of ours. */
static void
ip_print(const struct dp_seen *s, FILE *out)
{
	uint8_t frame[RTE_ETHER_HDR_LEN + DP_VERBOSE_OCTETS] = { 0 };
	const struct ipoib_hdr *hdr = (const void *)s->octets;
	struct rte_net_hdr_lens lens = { 0 };
	uint16_t len = s->len - IPOIB_HDR_LEN;
	uint32_t ptype;

	memcpy(&frame[RTE_ETHER_HDR_LEN - sizeof(hdr->type)], &hdr->type, sizeof(hdr->type));
	memcpy(&frame[RTE_ETHER_HDR_LEN], s->octets + IPOIB_HDR_LEN, len);
	ptype = ptype_of(frame, RTE_ETHER_HDR_LEN + len, RTE_PTYPE_ALL_MASK, &lens);
	lens.l2_len = IPOIB_HDR_LEN;
	lengths_print(out, ptype & ~RTE_PTYPE_L2_MASK, &lens);
}

static void
ipoib_print(struct app *a, const struct dp_seen *s, FILE *out)
{
	const struct ipoib_hdr *hdr = (const void *)s->octets;

	if (s->tx)
		destination_print(a, s, out);
	else
		source_print(s, out);
	mbuf_print(s, rte_be_to_cpu_16(hdr->type), out);
	ip_print(s, out);
}

void
watch_packet_print(struct app *a, const struct dp_seen *s, FILE *out)
{
	char flags[256];

	if (s->burst != 0)
		fprintf(out, "port %u/queue %u: %s %u packets\n", s->port, s->queue,
				s->tx ? "sent" : "received", s->burst);
	if (s->kind == DP_PORT_IPOIB && s->len >= IPOIB_HDR_LEN)
		ipoib_print(a, s, out);
	else if (s->kind == DP_PORT_ETH && s->len >= RTE_ETHER_HDR_LEN)
		eth_print(s, out);
	else
		fprintf(out, "  too short: length=%u", s->pkt_len);
	fprintf(out, " - %s queue=0x%x\n", s->tx ? "Send" : "Receive", s->queue);
	if (s->tx)
		rte_get_tx_ol_flag_list(s->ol_flags, flags, sizeof(flags));
	else
		rte_get_rx_ol_flag_list(s->ol_flags, flags, sizeof(flags));
	fprintf(out, "  ol_flags: %s\n", flags);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <rte_ip.h>
#include <rte_tcp.h>

#include "pkt.h"
#include "worker.h"

/* TCP options (RFC 9293 3.2). */
#define OPT_END 0
#define OPT_NOP 1
#define OPT_MSS 2
#define OPT_MSS_LEN 4

/* Octets of IP and TCP headers without options, which the MSS leaves out (RFC 6691). */
#define HDRS4 40
#define HDRS6 60

#define TCP_HDR_MAX 60

static uint32_t
tcp_len(const struct rte_tcp_hdr *tcp)
{
	return (tcp->data_off >> 4) * 4u;
}

/* Offset of the MSS in the TCP header of hdr_len octets, or 0: there is none, or nonsense. */
static uint32_t
mss_find(const uint8_t *tcp, uint32_t hdr_len)
{
	uint32_t i = sizeof(struct rte_tcp_hdr), len;

	while (i + 1 < hdr_len && tcp[i] != OPT_END) {
		if (tcp[i] == OPT_NOP) {
			i++;
			continue;
		}
		len = tcp[i + 1];
		if (tcp[i] == OPT_MSS)
			return len == OPT_MSS_LEN && i + len <= hdr_len ? i + 2 : 0;
		if (len < 2)
			return 0;
		i += len;
	}
	return 0;
}

/* RFC 1624, equation 3; a value at an odd offset counts with its octets swapped. */
static void
mss_write(uint8_t *tcp, uint32_t off, uint16_t mss)
{
	struct rte_tcp_hdr *hdr = (struct rte_tcp_hdr *)tcp;
	rte_be16_t was, is = rte_cpu_to_be_16(mss);
	uint32_t sum;

	memcpy(&was, tcp + off, sizeof(was));
	memcpy(tcp + off, &is, sizeof(is));
	if (off % 2 != 0) {
		was = rte_bswap16(was);
		is = rte_bswap16(is);
	}
	sum = (uint16_t)~hdr->cksum + (uint32_t)(uint16_t)~was + is;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	hdr->cksum = (uint16_t)~sum;
}

/*
 * Where a SYN's TCP header lies; 0: this is none. All of the header is in the
 * first segment afterwards; on failure *mp is NULL, it ended.
 */
static uint32_t
syn_find(struct dp_worker *w, struct rte_mbuf **mp)
{
	struct rte_mbuf *m = *mp;
	struct rte_tcp_hdr *tcp;
	struct pkt_upper u;

	pkt_upper(m, &u);
	if (u.frag || u.proto != IPPROTO_TCP)
		return 0;
	if (unlikely(u.off + TCP_HDR_MAX > m->data_len && m->nb_segs != 1)) {
		m = *mp = pkt_own(w->dp->pool, &w->ctr[m->port], m);
		if (m == NULL)
			return 0;
	}
	if (u.off + sizeof(*tcp) > m->data_len)
		return 0;
	tcp = rte_pktmbuf_mtod_offset(m, struct rte_tcp_hdr *, u.off);
	if ((tcp->tcp_flags & RTE_TCP_SYN_FLAG) == 0 || u.off + tcp_len(tcp) > m->data_len)
		return 0;
	return u.off;
}

struct rte_mbuf *
dp_mss_clamp(struct dp_worker *w, struct rte_mbuf *m, uint16_t mtu)
{
	uint32_t off = syn_find(w, &m), at, hdrs;
	uint8_t *tcp;

	if (likely(off == 0))
		return m;
	tcp = rte_pktmbuf_mtod_offset(m, uint8_t *, off);
	at = mss_find(tcp, tcp_len((struct rte_tcp_hdr *)tcp));
	hdrs = *rte_pktmbuf_mtod(m, uint8_t *) >> 4 == 6 ? HDRS6 : HDRS4;
	if (at != 0 && mtu > hdrs && (tcp[at] << 8 | tcp[at + 1]) > (int)(mtu - hdrs))
		mss_write(tcp, at, (uint16_t)(mtu - hdrs));
	return m;
}

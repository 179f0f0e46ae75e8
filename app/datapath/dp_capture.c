/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <string.h>
#include <sys/types.h>

#include <pcap/bpf.h>

#include <rte_cycles.h>
#include <rte_ether.h>

#include "dp_capture.h"
#include "pmd_ipoib.h"

/* Of a carrier frame: design, soft HCA carrier format. */
#define CARRIER_TYPE 0x88b5
/* Octets that a filter sees; the longest headers fit. */
#define FILTER_MAX 256

/* Where things are in a packet. */
struct where {
	uint32_t off; /* what is copied */
	uint32_t len;
	uint32_t encap; /* the encapsulation header */
	uint32_t end;	/* of the payload, pad and CRCs included */
};

struct carrier_hdrs {
	uint8_t macs[2 * RTE_ETHER_ADDR_LEN];
	rte_be16_t type;
	struct ib_lrh lrh;
	union {
		struct ib_bth bth;
		struct {
			struct ib_grh grh;
			struct ib_bth bth;
		} global;
	};
} __attribute__((packed));

/* The HCA does not see what is for other LIDs; the carrier floods it. */
static bool
is_for_us(const struct dp_capture *c, uint16_t dlid)
{
	uint32_t lids = atomic_load_explicit(&c->lids, memory_order_relaxed);

	return ib_lid_is_multicast(dlid) || ((dlid ^ lids) & (lids >> 16)) == 0;
}

/* @return false: nothing of this port's */
static bool
carrier_find(const struct dp_capture *c, const struct rte_mbuf *m, bool sent, struct where *w)
{
	const struct carrier_hdrs *h;
	const struct ib_bth *bth;
	struct carrier_hdrs buf;
	uint32_t hdrs, len;
	uint8_t lnh;

	h = rte_pktmbuf_read(m, 0, RTE_MIN(m->pkt_len, (uint32_t)sizeof(buf)), &buf);
	if (h == NULL || m->pkt_len < sizeof(buf) - sizeof(struct ib_grh) ||
			h->type != RTE_BE16(CARRIER_TYPE))
		return false;
	lnh = h->lrh.sl_lnh & 3;
	hdrs = sizeof(h->lrh) + (lnh == IB_LNH_GLOBAL ? sizeof(struct ib_grh) : 0) +
			sizeof(struct ib_bth) + sizeof(struct ib_deth);
	len = (rte_be_to_cpu_16(h->lrh.len) & 0x7ff) * 4 + IB_VCRC_LEN;
	len = RTE_MIN(len, m->pkt_len - RTE_ETHER_HDR_LEN);
	if ((lnh != IB_LNH_LOCAL && lnh != IB_LNH_GLOBAL) || len < hdrs)
		return false;
	bth = lnh == IB_LNH_GLOBAL ? &h->global.bth : &h->bth;
	if (IB_PKEY_BASE(rte_be_to_cpu_16(bth->pkey)) != IB_PKEY_BASE(c->pkey))
		return false;
	if (!sent && !is_for_us(c, rte_be_to_cpu_16(h->lrh.dlid)))
		return false;
	w->off = RTE_ETHER_HDR_LEN;
	w->len = len;
	w->encap = w->off + hdrs;
	w->end = w->off + len;
	return true;
}

/* The filter reads Ethernet: a header of that kind takes the place of the encapsulation header. */
static bool
filter_takes(const struct bpf_program *filter, const struct rte_mbuf *m, const struct where *w)
{
	uint8_t frame[RTE_ETHER_HDR_LEN + FILTER_MAX];
	const struct ipoib_hdr *encap;
	struct ipoib_hdr hdr_buf;
	uint32_t ip = w->encap + IPOIB_HDR_LEN, len;
	const void *data;

	if (w->end < ip)
		return false;
	len = RTE_MIN(w->end - ip, (uint32_t)FILTER_MAX);
	encap = rte_pktmbuf_read(m, w->encap, sizeof(hdr_buf), &hdr_buf);
	data = rte_pktmbuf_read(m, ip, len, frame + RTE_ETHER_HDR_LEN);
	if (encap == NULL || data == NULL)
		return false;
	memset(frame, 0, 2 * RTE_ETHER_ADDR_LEN);
	memcpy(frame + 2 * RTE_ETHER_ADDR_LEN, &encap->type, sizeof(encap->type));
	if (data != frame + RTE_ETHER_HDR_LEN)
		memcpy(frame + RTE_ETHER_HDR_LEN, data, len);
	return bpf_filter(filter->bf_insns, frame, w->end - ip + RTE_ETHER_HDR_LEN,
			       len + RTE_ETHER_HDR_LEN) != 0;
}

/* What the driver says of a packet at the port. */
static void
port_rec(struct dp_capture_rec *rec, struct rte_mbuf *m)
{
	const struct pmd_ipoib_meta *meta = pmd_ipoib_meta(m);

	rec->qpn = meta->qpn;
	if (rec->sent) {
		rec->ah = meta->ah;
		return;
	}
	rec->slid = meta->slid;
	rec->mcast = (meta->flags & (PMD_IPOIB_RX_MCAST | PMD_IPOIB_RX_BCAST)) != 0;
	rec->grh = (meta->flags & PMD_IPOIB_RX_GRH) != 0;
}

/* A copy with its record in front. */
static struct rte_mbuf *
copy_make(struct dp_capture *c, struct rte_mbuf *m, const struct where *w,
		struct dp_capture_rec *rec)
{
	struct rte_mbuf *copy;
	char *front;

	copy = rte_pktmbuf_copy(m, c->pool, w->off, RTE_MIN(w->len, c->snaplen));
	if (copy == NULL)
		return NULL;
	if (!c->at_carrier)
		port_rec(rec, m);
	if (rec->grh) {
		front = rte_pktmbuf_prepend(copy, sizeof(struct ib_grh));
		memcpy(front, rte_pktmbuf_mtod(m, char *) - sizeof(struct ib_grh),
				sizeof(struct ib_grh));
	}
	front = rte_pktmbuf_prepend(copy, sizeof(*rec));
	memcpy(front, rec, sizeof(*rec));
	return copy;
}

static void
count(_Atomic uint64_t *n)
{
	atomic_fetch_add_explicit(n, 1, memory_order_relaxed);
}

static void
take(struct dp_capture *c, struct rte_mbuf *m, uint16_t queue, bool sent, uint64_t tsc)
{
	struct dp_capture_rec rec = { .tsc = tsc, .queue = queue, .sent = sent };
	struct where w = { .len = m->pkt_len, .end = m->pkt_len };
	struct rte_mbuf *copy;

	if (c->at_carrier && !carrier_find(c, m, sent, &w))
		return;
	if (c->filter != NULL && !filter_takes(c->filter, m, &w))
		return;
	rec.wire_len = w.len;
	copy = copy_make(c, m, &w, &rec);
	if (copy == NULL) {
		count(&c->drop_nombuf);
	} else if (rte_ring_enqueue(c->ring, copy) != 0) {
		count(&c->drop_ring);
		rte_pktmbuf_free(copy);
	} else {
		count(&c->taken);
	}
}

uint16_t
dp_capture_rx(uint16_t port __rte_unused, uint16_t queue, struct rte_mbuf *pkts[], uint16_t nb,
		uint16_t max __rte_unused, void *user)
{
	uint64_t tsc = rte_rdtsc();
	uint16_t i;

	for (i = 0; i < nb; i++)
		take(user, pkts[i], queue, false, tsc);
	return nb;
}

uint16_t
dp_capture_tx(uint16_t port __rte_unused, uint16_t queue, struct rte_mbuf *pkts[], uint16_t nb,
		void *user)
{
	uint64_t tsc = rte_rdtsc();
	uint16_t i;

	for (i = 0; i < nb; i++)
		take(user, pkts[i], queue, true, tsc);
	return nb;
}

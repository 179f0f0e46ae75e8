/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <string.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "hca_soft.h"
#include "ipoib_rx_ether.h"
#include "ib_crc.h"

/*
 * Checks go from the outside in, as in hardware: frame, LRH, GRH and BTH as far
 * as each is cheap and says how long the packet is; then both CRCs; only then
 * what decides who gets it (DGID, QPN, P_Key, Q_Key), for those octets mean
 * nothing before. The VCRC comes before the ICRC, so a frame that the carrier
 * damaged counts as vcrc, and one that was sealed wrongly as icrc.
 */

#define HDRS_MIN (sizeof(struct ib_lrh) + sizeof(struct ib_bth) + sizeof(struct ib_deth))
#define LRH_LEN_MASK 0x7ff
#define LRH_LVER_MASK 0x0f
#define BTH_TVER_MASK 0x0f

static enum ipoib_rx_drop
check_lrh(const struct ib_lrh *lrh, uint32_t room)
{
	uint32_t need = HDRS_MIN + IPOIB_HDR_LEN + IB_ICRC_LEN;
	uint32_t len = (rte_be_to_cpu_16(lrh->len) & LRH_LEN_MASK) * 4;
	uint8_t lnh = lrh->sl_lnh & 3;

	if ((lrh->vl_lver & LRH_LVER_MASK) != 0)
		return IPOIB_RX_DROP_LRH;
	if (lrh->vl_lver != 0)
		return IPOIB_RX_DROP_VL;
	if (lnh != IB_LNH_LOCAL && lnh != IB_LNH_GLOBAL)
		return IPOIB_RX_DROP_LNH;
	if (lnh == IB_LNH_GLOBAL)
		need += sizeof(struct ib_grh);
	if (len < need)
		return IPOIB_RX_DROP_LENGTH;
	if (len + IB_VCRC_LEN > room)
		return IPOIB_RX_DROP_TRUNCATED;
	return IPOIB_RX_OK;
}

static enum ipoib_rx_drop
check_lids(const struct soft_view *v, struct soft_pkt *p)
{
	uint32_t i = p->dlid - IB_MLID_FIRST;

	p->mcast = ib_lid_is_multicast(p->dlid);
	if (p->mcast) {
		if ((__atomic_load_n(&v->mlid_rx[i / 64], __ATOMIC_ACQUIRE) & RTE_BIT64(i % 64)) ==
				0)
			return IPOIB_RX_DROP_DLID;
	} else if (!ib_lid_is_unicast(p->dlid) || !soft_lid_is_own(v, p->dlid)) {
		return IPOIB_RX_DROP_DLID;
	}
	return ib_lid_is_unicast(p->slid) ? IPOIB_RX_OK : IPOIB_RX_DROP_SLID;
}

static enum ipoib_rx_drop
check_grh(const struct ib_grh *grh, uint32_t len, const struct soft_pkt *p)
{
	if (rte_be_to_cpu_32(grh->ver_tclass_flow) >> 28 != 6 || grh->nxthdr != IB_GRH_NXTHDR_BTH)
		return IPOIB_RX_DROP_GRH;
	if (rte_be_to_cpu_16(grh->paylen) != len - sizeof(struct ib_lrh) - sizeof(*grh))
		return IPOIB_RX_DROP_GRH;
	return ib_gid_is_multicast(&grh->dgid) == p->mcast ? IPOIB_RX_OK : IPOIB_RX_DROP_DGID;
}

/* @p end: offset of the ICRC from the start of the frame. */
static enum ipoib_rx_drop
check_bth(const struct ib_bth *bth, uint32_t end, struct soft_pkt *p)
{
	const struct ib_deth *deth = (const struct ib_deth *)(bth + 1);
	uint32_t pad = bth->flags >> 4 & 3;

	if (bth->opcode != IB_OPCODE_UD_SEND_ONLY)
		return IPOIB_RX_DROP_OPCODE;
	if ((bth->flags & BTH_TVER_MASK) != 0)
		return IPOIB_RX_DROP_TVER;
	if (p->off + IPOIB_HDR_LEN + pad > end)
		return IPOIB_RX_DROP_LENGTH;
	p->len = (uint16_t)(end - p->off - pad);
	p->pkey = rte_be_to_cpu_16(bth->pkey);
	p->dqpn = ib_get_be24(bth->dest_qpn);
	p->qkey = rte_be_to_cpu_32(deth->qkey);
	p->sqpn = ib_get_be24(deth->src_qpn);
	return IPOIB_RX_OK;
}

/* @p len: LRH through ICRC. */
static enum ipoib_rx_drop
check_crcs(const struct rte_mbuf *m, uint32_t len)
{
	const uint8_t *end = rte_pktmbuf_mtod_offset(m, const uint8_t *, RTE_ETHER_HDR_LEN + len);
	uint32_t icrc;
	uint16_t vcrc;

	memcpy(&vcrc, end, sizeof(vcrc));
	if (ib_vcrc(m, RTE_ETHER_HDR_LEN, len) != rte_le_to_cpu_16(vcrc))
		return IPOIB_RX_DROP_VCRC;
	memcpy(&icrc, end - IB_ICRC_LEN, sizeof(icrc));
	if (ib_icrc(m, RTE_ETHER_HDR_LEN, len - IB_ICRC_LEN) != rte_le_to_cpu_32(icrc))
		return IPOIB_RX_DROP_ICRC;
	return IPOIB_RX_OK;
}

static enum ipoib_rx_drop
check_frame(const struct rte_mbuf *m)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);

	if (m->data_len < sizeof(*eth))
		return IPOIB_RX_DROP_TRUNCATED;
	if (eth->ether_type != RTE_BE16(SOFT_ETHERTYPE))
		return IPOIB_RX_DROP_ETHERTYPE;
	if (m->data_len < sizeof(*eth) + HDRS_MIN)
		return IPOIB_RX_DROP_TRUNCATED;
	return IPOIB_RX_OK;
}

/* @p m is one segment. */
static enum ipoib_rx_drop
soft_parse(const struct soft_view *v, bool crc, const struct rte_mbuf *m, struct soft_pkt *p)
{
	const struct ib_lrh *lrh;
	const uint8_t *next;
	enum ipoib_rx_drop r;
	uint32_t len;

	r = check_frame(m);
	if (r != IPOIB_RX_OK)
		return r;
	lrh = rte_pktmbuf_mtod_offset(m, const struct ib_lrh *, RTE_ETHER_HDR_LEN);
	r = check_lrh(lrh, m->data_len - RTE_ETHER_HDR_LEN);
	if (r != IPOIB_RX_OK)
		return r;
	len = (rte_be_to_cpu_16(lrh->len) & LRH_LEN_MASK) * 4;
	p->dlid = rte_be_to_cpu_16(lrh->dlid);
	p->slid = rte_be_to_cpu_16(lrh->slid);
	p->off = RTE_ETHER_HDR_LEN + HDRS_MIN;
	p->grh = NULL;
	r = check_lids(v, p);
	if (r != IPOIB_RX_OK)
		return r;
	next = (const uint8_t *)(lrh + 1);
	if ((lrh->sl_lnh & 3) == IB_LNH_GLOBAL) {
		p->grh = (const struct ib_grh *)next;
		p->off += sizeof(*p->grh);
		next += sizeof(*p->grh);
		r = check_grh(p->grh, len, p);
		if (r != IPOIB_RX_OK)
			return r;
	} else if (p->mcast) {
		return IPOIB_RX_DROP_GRH;
	}
	r = check_bth((const struct ib_bth *)next, RTE_ETHER_HDR_LEN + len - IB_ICRC_LEN, p);
	if (r != IPOIB_RX_OK || !crc)
		return r;
	return check_crcs(m, len);
}

/* Our own broadcast that a switch sent back; the kernel's ib0 on the same LID is not us. */
static bool
is_self(const struct soft_view *v, const struct soft_vport *vp, const struct soft_pkt *p)
{
	uint16_t i;

	if (!soft_lid_is_own(v, p->slid))
		return false;
	if (p->grh != NULL && !ib_gid_equal(&p->grh->sgid, &v->gid))
		return false;
	for (i = 0; i < vp->nb_qps; i++)
		if (vp->qpn[i] == p->sqpn)
			return true;
	return false;
}

static enum ipoib_rx_drop
vport_check(const struct soft_view *v, const struct soft_vport *vp, const struct soft_pkt *p)
{
	if (!vp->up)
		return (enum ipoib_rx_drop)vp->rx_why;
	if (!ib_pkey_match(vp->pkey, p->pkey))
		return IPOIB_RX_DROP_PKEY;
	if (vp->qkey != p->qkey)
		return IPOIB_RX_DROP_QKEY;
	if (p->len > vp->ib_mtu)
		return IPOIB_RX_DROP_TOO_LONG;
	return is_self(v, vp, p) ? IPOIB_RX_DROP_SELF : IPOIB_RX_OK;
}

static enum ipoib_rx_drop
route_mcast(const struct soft_view *v, const struct soft_pkt *p, uint64_t skip,
		struct soft_dest *dest)
{
	const struct soft_group *g = soft_group_find(v, &p->grh->dgid);
	enum ipoib_rx_drop r, last = IPOIB_RX_DROP_DGID;
	uint64_t left = g != NULL ? soft_group_rx(g) : 0;
	unsigned int slot;

	if (left == 0)
		return IPOIB_RX_DROP_DGID;
	if (g->mlid != p->dlid)
		return IPOIB_RX_DROP_DLID;
	if (p->dqpn != IB_QPN_MULTICAST)
		return IPOIB_RX_DROP_QPN;
	dest->ports = 0;
	dest->queue = 0;
	for (left &= ~skip; left != 0; left &= left - 1) {
		slot = (unsigned int)__builtin_ctzll(left);
		r = vport_check(v, &v->ports[slot], p);
		if (r == IPOIB_RX_OK)
			dest->ports |= RTE_BIT64(slot);
		else
			last = r;
	}
	return dest->ports != 0 ? IPOIB_RX_OK : last;
}

enum ipoib_rx_drop
soft_route(const struct soft_view *v, const struct soft_pkt *p, uint64_t skip,
		struct soft_dest *dest)
{
	const struct soft_qp *qp;

	if (p->mcast)
		return route_mcast(v, p, skip, dest);
	if (p->grh != NULL && !ib_gid_equal(&p->grh->dgid, &v->gid))
		return IPOIB_RX_DROP_DGID;
	qp = soft_qp_find(v, p->dqpn);
	if (qp == NULL)
		return IPOIB_RX_DROP_QPN;
	dest->ports = RTE_BIT64(qp->slot);
	dest->queue = qp->queue;
	return vport_check(v, &v->ports[qp->slot], p);
}

/* The packet now belongs to a port: what its owner reads. */
static void
soft_mark(struct rte_mbuf *m, const struct soft_vport *vp, const struct soft_pkt *p)
{
	struct pmd_ipoib_meta *meta = pmd_ipoib_meta(m);

	m->port = vp->port_id;
	m->ol_flags = 0;
	m->packet_type = 0;
	meta->slid = p->slid;
	meta->qpn = p->sqpn;
	meta->rsvd = 0;
	meta->flags = 0;
	if (p->grh != NULL)
		meta->flags |= PMD_IPOIB_RX_GRH;
	if (p->mcast) {
		meta->flags |= PMD_IPOIB_RX_MCAST;
		if (ib_gid_equal(&p->grh->dgid, &vp->bcast))
			meta->flags |= PMD_IPOIB_RX_BCAST;
	}
}

struct rte_mbuf *
soft_copy(const struct soft_view *v __rte_unused, const struct soft_vport *vp, struct ipoib_rxq *q,
		const struct rte_mbuf *m, const struct soft_pkt *p)
{
	struct rte_mbuf *c = rte_pktmbuf_alloc(q->mp);
	const void *data;
	char *to;

	if (c == NULL)
		return NULL;
	to = rte_pktmbuf_append(c, p->len);
	if (to == NULL || rte_pktmbuf_headroom(c) < sizeof(*p->grh)) {
		rte_pktmbuf_free(c);
		return NULL;
	}
	data = rte_pktmbuf_read(m, 0, p->len, to);
	if (data != to)
		memcpy(to, data, p->len);
	if (p->grh != NULL)
		memcpy(to - sizeof(*p->grh), p->grh, sizeof(*p->grh));
	soft_mark(c, vp, p);
	return c;
}

/* Take headers and trailer off; the GRH moves right before the data. */
static void
soft_strip(struct rte_mbuf *m, struct soft_pkt *p)
{
	uint8_t *data = rte_pktmbuf_mtod_offset(m, uint8_t *, p->off);

	if (p->grh != NULL) {
		memmove(data - sizeof(*p->grh), p->grh, sizeof(*p->grh));
		p->grh = (const struct ib_grh *)(data - sizeof(*p->grh));
	}
	m->data_off += p->off;
	m->data_len = p->len;
	m->pkt_len = p->len;
}

/* The packets of one poll, so far. */
struct soft_rx_out {
	struct ipoib_rxq *q;
	struct rte_mbuf **pkts;
	uint16_t n;
};

static void
soft_drop(struct soft_rx_out *out, enum ipoib_rx_drop why, struct rte_mbuf *m)
{
	ipoib_count(&out->q->rx.drop[why], 1);
	rte_pktmbuf_free(m);
}

static void
soft_deliver(struct soft_rx_out *out, struct ipoib_rxq *to, struct rte_mbuf *m)
{
	if (to == out->q)
		out->pkts[out->n++] = m;
	else if (rte_ring_enqueue(to->ring, m) == 0)
		ipoib_count(&out->q->rx.handed_over, 1);
	else
		soft_drop(out, IPOIB_RX_DROP_RING_FULL, m);
}

/* Copies first: the original belongs to another thread once it is delivered. */
static void
soft_distribute(const struct soft_view *v, struct soft_rx_out *out, struct rte_mbuf *m,
		const struct soft_pkt *p, const struct soft_dest *dest)
{
	const struct soft_vport *vp;
	struct rte_mbuf *c;
	uint64_t left = dest->ports & (dest->ports - 1);

	for (; left != 0; left &= left - 1) {
		vp = &v->ports[__builtin_ctzll(left)];
		ipoib_count(&out->q->rx.copies, 1);
		c = soft_copy(v, vp, vp->rxq[dest->queue], m, p);
		if (c != NULL)
			soft_deliver(out, vp->rxq[dest->queue], c);
		else
			ipoib_count(&out->q->rx.drop[IPOIB_RX_DROP_NOMBUF], 1);
	}
	vp = &v->ports[__builtin_ctzll(dest->ports)];
	soft_mark(m, vp, p);
	soft_deliver(out, vp->rxq[dest->queue], m);
}

/*
 * Some carriers hand over chains, or buffers that others may still read: get one
 * segment that is ours to change. NULL: no buffer for that, @p m is freed.
 */
static struct rte_mbuf *
soft_own(struct ipoib_rxq *q, struct rte_mbuf *m)
{
	struct rte_mbuf *c;
	const void *data;
	char *to;

	if (likely(soft_mbuf_is_own(m, 0)))
		return m;
	c = rte_pktmbuf_alloc(q->mp);
	to = c != NULL && m->pkt_len <= rte_pktmbuf_tailroom(c)
			? rte_pktmbuf_append(c, (uint16_t)m->pkt_len)
			: NULL;
	if (to != NULL) {
		data = rte_pktmbuf_read(m, 0, m->pkt_len, to);
		if (data != to)
			memcpy(to, data, m->pkt_len);
	} else {
		rte_pktmbuf_free(c);
		c = NULL;
	}
	rte_pktmbuf_free(m);
	return c;
}

static __rte_noinline void
soft_rx_one(const struct soft_view *v, struct soft_rx_out *out, struct rte_mbuf *m)
{
	enum ipoib_rx_drop r;
	struct soft_dest dest;
	struct soft_pkt p;

	if (unlikely(!v->active)) {
		soft_drop(out, IPOIB_RX_DROP_NOT_ACTIVE, m);
		return;
	}
	m = soft_own(out->q, m);
	if (unlikely(m == NULL)) {
		ipoib_count(&out->q->rx.drop[IPOIB_RX_DROP_NOMBUF], 1);
		return;
	}
	r = soft_parse(v, out->q->hca->crc, m, &p);
	if (likely(r == IPOIB_RX_OK))
		r = soft_route(v, &p, 0, &dest);
	if (unlikely(r != IPOIB_RX_OK)) {
		soft_drop(out, r, m);
		return;
	}
	soft_strip(m, &p);
	soft_distribute(v, out, m, &p, &dest);
}

/* What a plain frame is compared with, as it lies in memory. */
struct soft_rx_plain {
	struct octets16 head; /* ethertype, LRH, BTH up to the P_Key */
	struct octets16 tail; /* BTH from there on, DETH */
	rte_be16_t own;	      /* our LID */
	uint32_t lens; /* lengths of a packet that are plain: IPOIB_HDR_LEN to lens; 0: none */
	int meta;      /* pmd_ipoib_meta_offset */
	uint16_t port_id;
};

#define PLAIN_HDRS (RTE_ETHER_HDR_LEN + HDRS_MIN)
#define PLAIN_MIN (PLAIN_HDRS + IPOIB_HDR_LEN + IB_ICRC_LEN + IB_VCRC_LEN)
#define PLAIN_HEAD (2 * RTE_ETHER_ADDR_LEN) /* where the octets of both begin */
#define PLAIN_TAIL (PLAIN_HDRS - 16)
static_assert(PLAIN_HEAD + 16 >= PLAIN_TAIL, "every octet is in one of them");

/* All that is checked is in the mask: VL, version, next header, DLID; opcode, version of BTH, P_Key
 * without membership, queue pair; Q_Key. */
static void
plain_headers(struct soft_rx_plain *k, const struct soft_view *v, const struct soft_vport *vp,
		uint32_t qpn)
{
	k->head = (struct octets16){
		.value = { RTE_BE16(SOFT_ETHERTYPE) | (uint64_t)IB_LNH_LOCAL << 24 |
						(uint64_t)rte_cpu_to_be_16(v->lid) << 32,
				(uint64_t)IB_OPCODE_UD_SEND_ONLY << 16 |
						(uint64_t)rte_cpu_to_be_16(IB_PKEY_BASE(vp->pkey))
								<< 32 },
		.mask = { UINT64_C(0x0000ffff03ffffff), UINT64_C(0x0000ff7f0fff0000) },
	};
	k->tail = (struct octets16){
		.value = { rte_cpu_to_be_32(qpn), rte_cpu_to_be_32(vp->qkey) },
		.mask = { UINT64_C(0x00000000ffffff00), UINT64_C(0x00000000ffffffff) },
	};
}

/* Where the LMC gives us several LIDs, CRCs are checked, or we are a limited member, none is plain. */
static void
plain_begin(struct soft_rx_plain *k, const struct soft_view *v, const struct ipoib_rxq *q)
{
	const struct soft_vport *vp = &v->ports[q->port->slot];

	*k = (struct soft_rx_plain){ 0 };
	if (!v->active || !vp->up || v->path_mask != 0 || v->grh_required || q->hca->crc ||
			(vp->pkey & IB_PKEY_FULL) == 0 || q->queue_id >= vp->nb_qps)
		return;
	plain_headers(k, v, vp, vp->qpn[q->queue_id]);
	k->own = rte_cpu_to_be_16(v->lid);
	k->lens = vp->ib_mtu;
	k->meta = pmd_ipoib_meta_offset;
	k->port_id = vp->port_id;
}

/* A frame that is plain, as it lies in its mbuf. */
struct soft_rx_pkt {
	const uint8_t *data; /* at the encapsulation header */
	uint32_t len;
	uint64_t meta; /* struct pmd_ipoib_meta */
};

/*
 * Nearly all frames: from another port, by a local route, for the queue pair of this very queue, and
 * nothing wrong. All checks are those of soft_rx_one(), which takes what does not pass: it knows why.
 */
static inline bool
rx_is_plain(const struct soft_rx_plain *k, const struct rte_mbuf *m, struct soft_rx_pkt *pkt)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);
	uint32_t len, slid, room = m->data_len;
	rte_be16_t slid_be;

	if (unlikely(room < PLAIN_MIN || !soft_mbuf_is_own(m, 0)))
		return false;
	if (unlikely(!octets16_are(p + PLAIN_HEAD, &k->head) ||
			    !octets16_are(p + PLAIN_TAIL, &k->tail)))
		return false;
	memcpy(&slid_be, p + RTE_ETHER_HDR_LEN + offsetof(struct ib_lrh, slid), sizeof(slid_be));
	len = (soft_get16be(p + RTE_ETHER_HDR_LEN + offsetof(struct ib_lrh, len)) & LRH_LEN_MASK) *
			4;
	slid = rte_be_to_cpu_16(slid_be);
	if (unlikely(len + RTE_ETHER_HDR_LEN + IB_VCRC_LEN > room || slid_be == k->own ||
			    !ib_lid_is_unicast(slid)))
		return false;
	len -= HDRS_MIN + IB_ICRC_LEN +
			(p[RTE_ETHER_HDR_LEN + sizeof(struct ib_lrh) + 1] >> 4 & 3); /* PadCnt */
	if (unlikely(len - IPOIB_HDR_LEN > k->lens - IPOIB_HDR_LEN))
		return false;
	pkt->data = p + PLAIN_HDRS;
	pkt->len = len;
	/* slid, flags 0, rsvd 0; qpn, the last 3 octets of DETH */
	pkt->meta = slid | (uint64_t)(soft_get32be(p + PLAIN_HDRS - 4) & 0xffffff) << 32;
	return true;
}

static inline void
rx_native(const struct soft_rx_plain *k, struct rte_mbuf *m, const struct soft_rx_pkt *pkt)
{
	m->data_off = (uint16_t)(m->data_off + PLAIN_HDRS);
	m->data_len = (uint16_t)pkt->len;
	m->pkt_len = pkt->len;
	m->port = k->port_id;
	m->ol_flags = 0;
	m->packet_type = 0;
	soft_put64((uint8_t *)m + k->meta, pkt->meta);
}

/* With an Ethernet header at once. */
static inline void
rx_ether(const struct ipoib_rx_ether *rx, const struct ipoib_sender_last *last, struct rte_mbuf *m,
		const struct soft_rx_pkt *pkt)
{
	uint32_t len = pkt->len + IPOIB_ETHER_LONGER;

	m->data_off = (uint16_t)(m->data_off + PLAIN_HDRS - IPOIB_ETHER_LONGER);
	m->data_len = (uint16_t)len;
	m->pkt_len = len;
	m->port = rx->port_id;
	m->ol_flags = 0;
	m->packet_type = IPOIB_PTYPE_ETHER_IPV4;
	ipoib_ether_write(last, pkt->data);
}

static uint16_t
rxq_ring_take(struct ipoib_rxq *q, struct rte_mbuf **pkts, uint16_t n)
{
	unsigned int got = rte_ring_dequeue_burst(q->ring, (void **)pkts, n, NULL);

	if (got != 0)
		ipoib_count(&q->rx.taken_over, got);
	return (uint16_t)got;
}

/* rx: NULL, or who writes Ethernet headers. */
static __rte_always_inline void
soft_rx_frames(const struct soft_view *v, struct soft_rx_out *out, const struct soft_rx_plain *k,
		struct rte_mbuf **frames, uint16_t n, struct ipoib_rx_ether *rx)
{
	struct ipoib_sender_last last = { .meta = UINT64_MAX };
	struct soft_rx_pkt pkt;
	uint16_t i, done = 0;

	for (i = 0; i < n; i++) {
		struct rte_mbuf *m = frames[i];

		if (unlikely(k->lens == 0 || !rx_is_plain(k, m, &pkt))) {
			soft_rx_one(v, out, m);
			continue;
		}
		if (rx != NULL &&
				likely(ipoib_ether_is_plain(
						rx, &last, pkt.data, pkt.len, pkt.meta))) {
			rx_ether(rx, &last, m, &pkt);
			done++;
		} else {
			rx_native(k, m, &pkt);
		}
		out->pkts[out->n++] = m;
	}
	if (rx != NULL)
		rx->done += done;
}

static void
soft_poll_carrier(struct soft_rx_out *out, struct soft_crxq *c, uint16_t n)
{
	const struct ipoib_hca *hca = out->q->hca;
	const struct soft_hca *soft = hca->backend;
	struct rte_mbuf *frames[SOFT_BURST];
	const struct soft_view *v;
	struct soft_rx_plain k;
	uint16_t got;

	got = rte_eth_rx_burst(soft->carrier, c->queue, frames, RTE_MIN(n, SOFT_BURST));
	if (got == 0)
		return;
	ipoib_count(&out->q->rx.carrier, got);
	v = soft_view_get(hca, out->q->reader);
	plain_begin(&k, v, out->q);
	if (out->q->ether == NULL)
		soft_rx_frames(v, out, &k, frames, got, NULL);
	else
		soft_rx_frames(v, out, &k, frames, got, out->q->ether);
	soft_view_put(hca, out->q->reader);
}

/* The lock holder before us may have left packets in our ring: those came first. */
static void
soft_poll_queue(struct soft_rx_out *out, struct soft_crxq *c, uint16_t n)
{
	if (rte_spinlock_trylock(&c->lock) == 0)
		return;
	out->n += rxq_ring_take(out->q, &out->pkts[out->n], n - out->n);
	if (out->n < n)
		soft_poll_carrier(out, c, n - out->n);
	rte_spinlock_unlock(&c->lock);
}

uint16_t
soft_rx_burst(void *rxq, struct rte_mbuf **pkts, uint16_t n)
{
	struct ipoib_rxq *q = rxq;
	struct soft_hca *soft = q->hca->backend;
	struct soft_rx_out out = { .q = q, .pkts = pkts };
	uint64_t bytes = 0;
	uint16_t i;

	out.n = rxq_ring_take(q, pkts, n);
	for (i = 0; i < soft->nb_crxq && out.n < n; i++) {
		soft_poll_queue(&out, &soft->crxq[q->next], n);
		q->next = (uint16_t)(q->next + 1) % soft->nb_crxq;
	}
	/* Frames that the carrier refused wait for the next poll, not for the next send. */
	for (i = q->queue_id; i < soft->nb_ctxq; i += q->step)
		if (unlikely(!rte_ring_empty(soft->ctxq[i].ring)))
			soft_ctxq_kick(&soft->ctxq[i]);
	if (out.n == 0)
		return 0;
	for (i = 0; i < out.n; i++)
		bytes += pkts[i]->pkt_len;
	if (q->ether != NULL) {
		q->ether->bytes = bytes;
		bytes -= (uint64_t)q->ether->done * IPOIB_ETHER_LONGER;
	}
	ipoib_count(&q->rx.packets, out.n);
	ipoib_count(&q->rx.bytes, bytes);
	return out.n;
}

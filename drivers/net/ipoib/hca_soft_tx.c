/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <string.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_ring_peek_zc.h>

#include "hca_soft.h"
#include "ib_crc.h"

#define LOCAL_HDRS \
	(RTE_ETHER_HDR_LEN + sizeof(struct ib_lrh) + sizeof(struct ib_bth) + sizeof(struct ib_deth))
#define GLOBAL_HDRS (LOCAL_HDRS + sizeof(struct ib_grh))
static_assert(GLOBAL_HDRS == PMD_IPOIB_HEADROOM, "the headroom that programs are told");

/* What a frame may need behind the packet: pad, ICRC, VCRC. */
#define TAIL_MAX (3 + IB_ICRC_LEN + IB_VCRC_LEN)

#define PSN_MASK 0xffffff

/* First octets of the MAC addresses of unicast and multicast LIDs, as they lie in memory. */
#define MAC_LID 0x00001b02
#define MAC_MLID 0x00001b03

/*
 * A burst on its way to the carrier, and what all its packets have in common: header words as they
 * lie in memory (this runs on little-endian machines only).
 */
struct soft_tx_out {
	struct ipoib_txq *q;
	const struct soft_view *v;
	const struct soft_vport *vp;
	uint64_t from; /* source MAC and ethertype */
	uint64_t slid; /* of an LRH */
	uint32_t bth;  /* the first 4 octets, pad 0 */
	uint64_t deth;
	uint64_t packets, bytes;
	struct rte_mbuf *
			*frames; /* the caller's packets, as long as each became a frame in place */
	struct rte_mbuf *own[SOFT_BURST];
	uint16_t n;
};

static void
tx_drop(struct ipoib_txq *q, enum ipoib_tx_drop why, struct rte_mbuf *m)
{
	ipoib_count(&q->tx.drop[why], 1);
	rte_pktmbuf_free(m);
}

static inline void
tx_sent(struct soft_tx_out *out, uint32_t len)
{
	out->packets++;
	out->bytes += len;
}

/*
 * A frame cannot be unbuilt, so a burst begins only what has a place in the ring
 * should the carrier refuse it. The ring's own free count will not do: others
 * may be about to fill it. @return how many of @p n
 */
static uint16_t
ctxq_reserve(struct soft_ctxq *c, uint16_t n)
{
	uint32_t have = __atomic_load_n(&c->credits, __ATOMIC_RELAXED), take;

	do
		take = RTE_MIN(have, n);
	while (take > 0 &&
			!__atomic_compare_exchange_n(&c->credits, &have, have - take, true,
					__ATOMIC_ACQUIRE, __ATOMIC_RELAXED));
	return (uint16_t)take;
}

static void
ctxq_release(struct soft_ctxq *c, uint32_t n)
{
	if (n > 0)
		__atomic_fetch_add(&c->credits, n, __ATOMIC_RELEASE);
}

/*
 * Lock held. An empty ring does not tell: frames of ours may be in it, not to be
 * seen before another producer has finished. But what is parked keeps its credit.
 */
static bool
ctxq_none_parked(const struct soft_ctxq *c, uint16_t reserved)
{
	return __atomic_load_n(&c->credits, __ATOMIC_RELAXED) + reserved == SOFT_BACKLOG;
}

/* Lock held. @return frames left the ring. */
static bool
ctxq_drain(struct soft_ctxq *c)
{
	struct rte_ring_zc_data zc;
	struct rte_mbuf **frames;
	unsigned int n;
	uint16_t sent;
	bool moved = false;

	for (;;) {
		/* Only what the carrier takes leaves the ring: order holds, nothing is lost. */
		n = rte_ring_dequeue_zc_burst_start(c->ring, SOFT_BURST, &zc, NULL);
		if (n == 0)
			return moved;
		frames = zc.ptr1;
		sent = rte_eth_tx_burst(c->carrier, c->queue, frames, (uint16_t)zc.n1);
		rte_ring_dequeue_zc_finish(c->ring, sent);
		ctxq_release(c, sent);
		if (sent == 0)
			return moved;
		moved = true;
	}
}

void
soft_ctxq_kick(struct soft_ctxq *c)
{
	bool moved = true;

	while (moved && !rte_ring_empty(c->ring)) {
		if (rte_spinlock_trylock(&c->lock) == 0)
			return;
		moved = ctxq_drain(c);
		rte_spinlock_unlock(&c->lock);
		/* Pairs with the one after an enqueue: either we see it, or its owner the lock. */
		rte_atomic_thread_fence(__ATOMIC_SEQ_CST);
	}
}

/* Each frame has a credit, and the ring has room for all of these. */
static void
ctxq_park(struct soft_tx_out *out, struct soft_ctxq *c, uint16_t from)
{
	unsigned int n = out->n - from, done;

	done = rte_ring_enqueue_bulk(c->ring, (void **)&out->frames[from], n, NULL);
	RTE_VERIFY(done == n);
	rte_atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static void
ctxq_send(struct soft_tx_out *out)
{
	struct soft_ctxq *c = out->q->carrier;
	uint16_t sent = 0;

	if (out->n == 0)
		return;
	if (rte_spinlock_trylock(&c->lock) != 0) {
		ctxq_drain(c);
		if (ctxq_none_parked(c, out->n))
			sent = rte_eth_tx_burst(c->carrier, c->queue, out->frames, out->n);
		ctxq_release(c, sent);
		if (sent < out->n)
			ctxq_park(out, c, sent);
		rte_spinlock_unlock(&c->lock);
		rte_atomic_thread_fence(__ATOMIC_SEQ_CST);
	} else {
		ctxq_park(out, c, 0);
	}
	out->n = 0;
	soft_ctxq_kick(c);
}

static inline uint16_t
own_slid(const struct soft_view *v, const struct ipoib_ah *ah)
{
	return (v->lid & ~v->path_mask) | (ah->src_path_bits & v->path_mask);
}

/* The Ethernet header and the LRH: three words, the second over the end of the first. */
static inline void
build_link(uint8_t *p, const struct soft_tx_out *out, uint64_t lrh, uint32_t mac, uint32_t words)
{
	soft_put64(p, mac | (lrh & 0xffff0000) << 16);
	soft_put64(p + RTE_ETHER_ADDR_LEN, out->from);
	soft_put64(p + RTE_ETHER_HDR_LEN,
			lrh | (uint64_t)rte_cpu_to_be_16((uint16_t)words) << 32 | out->slid);
}

/* Where the LMC gives the port several LIDs, the path says which one is the source. */
static __rte_noinline void
build_slid(uint8_t *p, const struct soft_tx_out *out, const struct ipoib_ah *ah)
{
	rte_be16_t slid = rte_cpu_to_be_16(own_slid(out->v, ah));

	memcpy(p + RTE_ETHER_ADDR_LEN + 4, &slid, sizeof(slid));
	memcpy(p + RTE_ETHER_HDR_LEN + offsetof(struct ib_lrh, slid), &slid, sizeof(slid));
}

static void
build_grh(struct ib_grh *grh, const struct soft_view *v, const struct ipoib_ah *ah, uint32_t paylen)
{
	grh->ver_tclass_flow = ah->ver_tclass_flow;
	grh->paylen = rte_cpu_to_be_16((uint16_t)paylen);
	grh->nxthdr = IB_GRH_NXTHDR_BTH;
	grh->hoplmt = ah->hop_limit;
	grh->sgid = v->gid;
	grh->dgid = ah->dgid;
}

/* BTH and DETH. */
static inline void
build_transport(uint8_t *p, struct soft_tx_out *out, uint32_t qpn, uint32_t pad)
{
	soft_put64(p, (out->bth | pad << 12) | (uint64_t)rte_cpu_to_be_32(qpn & 0xffffff) << 32);
	soft_put32(p + 8, rte_cpu_to_be_32(out->q->psn++ & PSN_MASK));
	soft_put64(p + sizeof(struct ib_bth), out->deth);
}

/* @p words: LRH through ICRC. */
static __rte_noinline void
build_crcs(const struct rte_mbuf *m, uint32_t words, uint8_t *end)
{
	uint32_t icrc;
	uint16_t vcrc;

	ib_crc_both(m, RTE_ETHER_HDR_LEN, words * 4 - IB_ICRC_LEN, &icrc, &vcrc);
	icrc = rte_cpu_to_le_32(icrc);
	vcrc = rte_cpu_to_le_16(vcrc);
	memcpy(end, &icrc, IB_ICRC_LEN);
	memcpy(end + IB_ICRC_LEN, &vcrc, IB_VCRC_LEN);
}

/* @p m has room before and behind, and is ours alone. */
static inline void
build_frame(struct soft_tx_out *out, const struct ipoib_ah *ah, struct rte_mbuf *m, bool global)
{
	uint32_t qpn = pmd_ipoib_meta(m)->qpn;
	uint32_t hdrs = global ? GLOBAL_HDRS : LOCAL_HDRS;
	uint32_t len = m->data_len, pad = -len & 3, all = hdrs + len + pad + TAIL_MAX - 3;
	uint32_t words = (all - RTE_ETHER_HDR_LEN - IB_VCRC_LEN) / 4;
	uint8_t *end = rte_pktmbuf_mtod_offset(m, uint8_t *, len), *p = end - len - hdrs;

	m->data_off = (uint16_t)(m->data_off - hdrs);
	m->data_len = (uint16_t)all;
	m->pkt_len = all;
	build_link(p, out, ah->lrh,
			global && ib_lid_is_multicast(ipoib_ah_dlid(ah)) ? MAC_MLID : MAC_LID,
			words);
	if (unlikely(out->v->path_mask != 0))
		build_slid(p, out, ah);
	if (global)
		build_grh((struct ib_grh *)(p + RTE_ETHER_HDR_LEN + sizeof(struct ib_lrh)), out->v,
				ah, words * 4 - sizeof(struct ib_lrh) - sizeof(struct ib_grh));
	build_transport(end - len - sizeof(struct ib_bth) - sizeof(struct ib_deth), out, qpn, pad);
	/* Pad and CRCs: 0; pad octets stay so. */
	soft_put64(end, 0);
	end[TAIL_MAX - 1] = 0;
	if (out->q->hca->crc)
		build_crcs(m, words, end + pad);
}

/* Can the frame be built in the packet's own buffer? Offloads asked for the packet inside are not the
 * carrier's to do: their flags are to be cleared first. */
static inline bool
tx_is_own(const struct rte_mbuf *m)
{
	return soft_mbuf_is_own(m, RTE_MBUF_F_TX_OFFLOAD_MASK) && m->data_off >= GLOBAL_HDRS &&
			m->buf_len >= (uint32_t)m->data_off + m->data_len + TAIL_MAX;
}

/* The packet in a buffer that can be built in; NULL: none, and @p m is dropped. */
static __rte_noinline struct rte_mbuf *
tx_own(struct ipoib_txq *q, struct rte_mbuf *m)
{
	struct rte_mbuf *c;
	const void *data;
	char *to;

	m->ol_flags &= ~RTE_MBUF_F_TX_OFFLOAD_MASK;
	if (tx_is_own(m))
		return m;
	c = rte_pktmbuf_alloc(q->mp);
	if (c == NULL)
		goto drop;
	to = rte_pktmbuf_append(c, (uint16_t)m->pkt_len);
	if (to == NULL || rte_pktmbuf_headroom(c) < GLOBAL_HDRS ||
			rte_pktmbuf_tailroom(c) < TAIL_MAX)
		goto drop;
	data = rte_pktmbuf_read(m, 0, m->pkt_len, to);
	if (data != to)
		memcpy(to, data, m->pkt_len);
	*pmd_ipoib_meta(c) = *pmd_ipoib_meta(m);
	rte_pktmbuf_free(m);
	return c;
drop:
	rte_pktmbuf_free(c);
	tx_drop(q, IPOIB_TX_DROP_NOMBUF, m);
	return NULL;
}

/* What a receiver on this HCA would see of the packet. */
static void
loop_pkt(const struct ipoib_txq *q, const struct soft_view *v, const struct ipoib_ah *ah,
		struct rte_mbuf *m, struct ib_grh *grh, struct soft_pkt *p)
{
	const struct soft_vport *vp = &v->ports[q->port->slot];
	uint32_t rest = sizeof(struct ib_bth) + sizeof(struct ib_deth) + RTE_ALIGN(m->pkt_len, 4) +
			IB_ICRC_LEN;

	p->dlid = ipoib_ah_dlid(ah);
	p->slid = own_slid(v, ah);
	p->pkey = vp->pkey;
	p->off = 0;
	p->len = (uint16_t)m->pkt_len;
	p->mcast = ib_lid_is_multicast(p->dlid);
	p->dqpn = pmd_ipoib_meta(m)->qpn;
	p->sqpn = q->qpn;
	p->qkey = vp->qkey;
	p->grh = NULL;
	if (ah->kind == IPOIB_AH_GLOBAL) {
		build_grh(grh, v, ah, rest);
		p->grh = grh;
	}
}

static void
loop_deliver(struct ipoib_txq *q, const struct soft_view *v, const struct soft_vport *vp,
		struct ipoib_rxq *to, struct rte_mbuf *m, const struct soft_pkt *p)
{
	struct rte_mbuf *c = soft_copy(v, vp, to, m, p);

	if (c == NULL) {
		ipoib_count(&q->rx.drop[IPOIB_RX_DROP_NOMBUF], 1);
	} else if (rte_ring_enqueue(to->ring, c) == 0) {
		ipoib_count(&q->rx.handed_over, 1);
	} else {
		ipoib_count(&q->rx.drop[IPOIB_RX_DROP_RING_FULL], 1);
		rte_pktmbuf_free(c);
	}
}

/* Copies for our own ports, as an HCA's own loopback; @p m stays the caller's. */
static void
tx_loop(struct ipoib_txq *q, const struct soft_view *v, const struct ipoib_ah *ah,
		struct rte_mbuf *m)
{
	uint64_t skip = RTE_BIT64(q->port->slot);
	const struct soft_vport *vp;
	struct soft_dest dest;
	enum ipoib_rx_drop r;
	struct soft_pkt p;
	struct ib_grh grh;
	uint64_t left;

	loop_pkt(q, v, ah, m, &grh, &p);
	r = soft_route(v, &p, skip, &dest);
	if (r != IPOIB_RX_OK) {
		ipoib_count(&q->rx.loopback, 1);
		ipoib_count(&q->rx.drop[r], 1);
		return;
	}
	for (left = dest.ports; left != 0; left &= left - 1) {
		vp = &v->ports[__builtin_ctzll(left)];
		ipoib_count(&q->rx.loopback, 1);
		loop_deliver(q, v, vp, vp->rxq[dest.queue], m, &p);
	}
}

/* May it be sent to a group, and does anybody on this HCA want it? @p local: members but ourselves. */
static __rte_noinline enum ipoib_tx_drop
tx_check_group(const struct ipoib_txq *q, const struct soft_view *v, const struct ipoib_ah *ah,
		bool *local)
{
	const struct soft_group *g = soft_group_find(v, &ah->dgid);

	if (g == NULL || (soft_group_tx(g) & RTE_BIT64(q->port->slot)) == 0 ||
			g->mlid != ipoib_ah_dlid(ah))
		return IPOIB_TX_DROP_NOT_JOINED;
	*local = (soft_group_rx(g) & ~RTE_BIT64(q->port->slot)) != 0;
	return IPOIB_TX_DROP_MAX;
}

/* May it be sent? @p local: see tx_check_group(). */
static inline enum ipoib_tx_drop
tx_check(const struct soft_tx_out *out, struct rte_mbuf *m, const struct ipoib_ah **ah_out,
		bool *local)
{
	const struct soft_vport *vp = out->vp;
	const struct ipoib_ah *ah;
	uint32_t n = pmd_ipoib_meta(m)->ah;

	if (unlikely(!vp->up))
		return (enum ipoib_tx_drop)vp->tx_why;
	if (unlikely(n >= IPOIB_AH_MAX))
		return IPOIB_TX_DROP_NO_AH;
	ah = &vp->ah[n];
	if (unlikely(__atomic_load_n(&ah->kind, __ATOMIC_ACQUIRE) == IPOIB_AH_FREE))
		return IPOIB_TX_DROP_NO_AH;
	if (unlikely(m->pkt_len < IPOIB_HDR_LEN))
		return IPOIB_TX_DROP_TOO_SHORT;
	if (unlikely(m->pkt_len > vp->ib_mtu))
		return IPOIB_TX_DROP_TOO_LONG;
	*ah_out = ah;
	if (unlikely(ah->kind == IPOIB_AH_GLOBAL && ib_lid_is_multicast(ipoib_ah_dlid(ah))))
		return tx_check_group(out->q, out->v, ah, local);
	return IPOIB_TX_DROP_MAX;
}

/* Virtual ports that share a LID with ours are elsewhere: the GID tells. */
static inline bool
dlid_is_here(const struct soft_view *v, const struct ipoib_ah *ah)
{
	if (likely(!soft_lid_is_own(v, ipoib_ah_dlid(ah))))
		return false;
	return !v->grh_required || ah->kind != IPOIB_AH_GLOBAL || ib_gid_equal(&ah->dgid, &v->gid);
}

static __rte_noinline void
soft_tx_one(struct soft_tx_out *out, struct rte_mbuf *m)
{
	const struct ipoib_ah *ah = NULL;
	enum ipoib_tx_drop r;
	bool local = false;

	r = tx_check(out, m, &ah, &local);
	if (unlikely(r != IPOIB_TX_DROP_MAX)) {
		tx_drop(out->q, r, m);
		return;
	}
	if (unlikely(dlid_is_here(out->v, ah))) {
		tx_sent(out, m->pkt_len);
		tx_loop(out->q, out->v, ah, m);
		rte_pktmbuf_free(m);
		return;
	}
	if (unlikely(!tx_is_own(m))) {
		m = tx_own(out->q, m);
		if (m == NULL)
			return;
	}
	tx_sent(out, m->pkt_len);
	if (unlikely(local))
		tx_loop(out->q, out->v, ah, m);
	build_frame(out, ah, m, ah->kind == IPOIB_AH_GLOBAL);
	out->frames[out->n++] = m;
}

/* What tx_plain() reads, apart from where it writes: so it can stay in registers. */
struct soft_tx_plain {
	const uint64_t *local; /* see struct ipoib_ah_table */
	int meta;	       /* pmd_ipoib_meta_offset */
	uint64_t from, deth;
	uint32_t slid; /* as the second word of an LRH has it */
	uint32_t bth;
	uint32_t own;  /* our LID, as ipoib_ah_local() has the DLID */
	uint32_t lens; /* lengths of an IP packet that are plain: 0 to lens - 1 */
};

/* Of struct pmd_ipoib_meta as it lies in memory: not a handle, or not a queue pair. */
#define META_ODD UINT64_C(0xff000000ffff0000)
static_assert(IPOIB_AH_MAX == UINT16_MAX + 1, "META_ODD");
/* What is zeroed behind the packet; its frame ends before. */
#define TAIL_ZERO 16
static_assert(TAIL_ZERO >= TAIL_MAX, "pad and CRCs are 0");

/*
 * Nearly all packets: to one other port, by a local route, and the frame can be built where the
 * packet is. @return false: it is something else, and untouched
 */
static inline bool
tx_plain(const struct soft_tx_plain *k, struct rte_mbuf *m, uint32_t psn)
{
	uint32_t len = m->data_len, off = m->data_off, words;
	uint64_t meta = soft_get64((const uint8_t *)m + k->meta), local;
	uint8_t *p;

	if (unlikely((meta & META_ODD) != 0 || len - IPOIB_HDR_LEN >= k->lens ||
			    !soft_mbuf_is_own(m, RTE_MBUF_F_TX_OFFLOAD_MASK) || off < LOCAL_HDRS ||
			    (int32_t)(m->buf_len - off - len) < TAIL_ZERO))
		return false;
	local = __atomic_load_n(&k->local[meta & UINT16_MAX], __ATOMIC_RELAXED);
	if (unlikely(local == 0 || local >> 32 == k->own))
		return false;
	p = (uint8_t *)m->buf_addr + off;
	memset(p + len, 0, TAIL_ZERO);
	p -= LOCAL_HDRS;
	words = (LOCAL_HDRS - RTE_ETHER_HDR_LEN + IB_ICRC_LEN + len + 3) / 4;
	m->data_off = (uint16_t)(off - LOCAL_HDRS);
	m->pkt_len = words * 4 + RTE_ETHER_HDR_LEN + IB_VCRC_LEN;
	m->data_len = (uint16_t)m->pkt_len;
	soft_put32(p, MAC_LID);
	soft_put32(p + 4, (uint32_t)(local >> 32));
	soft_put64(p + RTE_ETHER_ADDR_LEN, k->from);
	p += RTE_ETHER_HDR_LEN;
	soft_put32(p, (uint32_t)local);
	soft_put32(p + 4, rte_cpu_to_be_16((uint16_t)words) | k->slid);
	p += sizeof(struct ib_lrh);
	rte_compiler_barrier(); /* two stores, not a vector made for one */
	soft_put32(p, k->bth | (-len & 3) << 12);
	soft_put32(p + 4, rte_cpu_to_be_32((uint32_t)(meta >> 32)));
	soft_put32(p + 8, rte_cpu_to_be_32(psn));
	soft_put64(p + sizeof(struct ib_bth), k->deth);
	return true;
}

/* Where the LMC gives us several LIDs, CRCs are computed, or PSNs begin anew, no packet is plain. */
static void
plain_begin(struct soft_tx_plain *k, const struct soft_tx_out *out, uint32_t psn)
{
	const struct soft_vport *vp = out->vp;

	k->local = vp->local;
	k->meta = pmd_ipoib_meta_offset;
	k->from = out->from;
	k->slid = (uint32_t)(out->slid >> 32);
	k->bth = out->bth;
	k->deth = out->deth;
	k->own = rte_cpu_to_be_16(out->v->lid);
	k->lens = 0;
	if (vp->up && out->v->path_mask == 0 && !out->q->hca->crc && vp->ib_mtu >= IPOIB_HDR_LEN &&
			psn <= PSN_MASK - SOFT_BURST)
		k->lens = vp->ib_mtu - IPOIB_HDR_LEN + 1u;
}

static void
out_begin(struct soft_tx_out *out)
{
	struct ipoib_txq *q = out->q;

	out->v = soft_view_get(q->hca, q->reader);
	out->vp = &out->v->ports[q->port->slot];
	out->slid = (uint64_t)rte_cpu_to_be_16(out->v->lid) << 48;
	out->from = MAC_LID | out->slid >> 16 | (uint64_t)RTE_BE16(SOFT_ETHERTYPE) << 48;
	out->bth = IB_OPCODE_UD_SEND_ONLY | (uint32_t)rte_cpu_to_be_16(out->vp->pkey) << 16;
	out->deth = rte_cpu_to_be_32(out->vp->qkey) |
			(uint64_t)rte_cpu_to_be_32(q->qpn & 0xffffff) << 32;
}

/* Packets from one that is not plain on, and before it @p done that are. */
static __rte_noinline void
soft_tx_rest(struct soft_tx_out *out, struct soft_tx_plain k, struct rte_mbuf **pkts, uint16_t done,
		uint16_t n)
{
	uint16_t i;

	memcpy(out->own, pkts, done * sizeof(*pkts));
	out->frames = out->own;
	for (i = done; i < n; i++) {
		uint32_t len = pkts[i]->pkt_len;

		if (!tx_plain(&k, pkts[i], out->q->psn & PSN_MASK)) {
			soft_tx_one(out, pkts[i]);
			continue;
		}
		out->frames[out->n++] = pkts[i];
		out->q->psn++;
		tx_sent(out, len);
	}
}

/* Up to SOFT_BURST packets. @return how many became frames */
static uint16_t
soft_tx_some(struct soft_tx_out *out, struct rte_mbuf **pkts, uint16_t n)
{
	struct ipoib_txq *q = out->q;
	uint32_t psn = q->psn & PSN_MASK;
	struct soft_tx_plain k;
	uint64_t bytes = 0;
	uint16_t i, frames;

	out_begin(out);
	plain_begin(&k, out, psn);
	for (i = 0; i < n; i++) {
		uint32_t len = pkts[i]->data_len;

		if (unlikely(!tx_plain(&k, pkts[i], psn + i)))
			break;
		bytes += len;
	}
	out->packets += i;
	out->bytes += bytes;
	out->frames = pkts;
	out->n = i;
	q->psn = psn + i;
	if (unlikely(i < n))
		soft_tx_rest(out, k, pkts, i, n);
	soft_view_put(q->hca, q->reader);
	frames = out->n;
	ctxq_send(out);
	return frames;
}

uint16_t
soft_tx_burst(void *txq, struct rte_mbuf **pkts, uint16_t n)
{
	struct soft_tx_out out;
	struct soft_ctxq *c;
	uint16_t room, done, some, frames = 0;

	out.q = txq;
	out.n = 0;
	out.packets = out.bytes = 0;
	c = out.q->carrier;
	room = ctxq_reserve(c, n);
	if (unlikely(room < n)) {
		soft_ctxq_kick(c);
		room += ctxq_reserve(c, n - room);
	}
	for (done = 0; done < room; done += some) {
		some = RTE_MIN(room - done, SOFT_BURST);
		frames += soft_tx_some(&out, &pkts[done], some);
	}
	/* Dropped or looped back: no frame came of it. */
	ctxq_release(c, room - frames);
	ipoib_count(&out.q->tx.packets, out.packets);
	ipoib_count(&out.q->tx.bytes, out.bytes);
	return room;
}

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

/* A burst on its way to the carrier. */
struct soft_tx_out {
	struct ipoib_txq *q;
	struct rte_mbuf *frames[SOFT_BURST];
	uint16_t n;
};

static void
tx_drop(struct ipoib_txq *q, enum ipoib_tx_drop why, struct rte_mbuf *m)
{
	ipoib_count(&q->tx.drop[why], 1);
	rte_pktmbuf_free(m);
}

static void
tx_sent(struct ipoib_txq *q, uint64_t n, uint64_t bytes)
{
	ipoib_count(&q->tx.packets, n);
	ipoib_count(&q->tx.bytes, bytes);
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

static void
mac_from_lid(struct rte_ether_addr *mac, uint16_t lid)
{
	mac->addr_bytes[0] = ib_lid_is_multicast(lid) ? 0x03 : 0x02;
	mac->addr_bytes[1] = 0x1b;
	mac->addr_bytes[2] = 0;
	mac->addr_bytes[3] = 0;
	mac->addr_bytes[4] = (uint8_t)(lid >> 8);
	mac->addr_bytes[5] = (uint8_t)lid;
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

static void
build_bth_deth(struct ib_bth *bth, struct ipoib_txq *q, const struct soft_vport *vp, uint32_t qpn,
		uint32_t pad)
{
	struct ib_deth *deth = (struct ib_deth *)(bth + 1);

	bth->opcode = IB_OPCODE_UD_SEND_ONLY;
	bth->flags = (uint8_t)(pad << 4);
	bth->pkey = rte_cpu_to_be_16(vp->pkey);
	bth->rsvd8a = 0;
	ib_put_be24(bth->dest_qpn, qpn);
	bth->ackreq_psn = rte_cpu_to_be_32(q->psn++ & 0xffffff);
	deth->qkey = rte_cpu_to_be_32(vp->qkey);
	deth->rsvd = 0;
	ib_put_be24(deth->src_qpn, q->qpn);
}

/* @p words: LRH through ICRC. */
static void
build_crcs(const struct rte_mbuf *m, bool crc, uint32_t words, uint8_t *end)
{
	uint32_t icrc = 0;
	uint16_t vcrc = 0;

	if (crc)
		ib_crc_both(m, RTE_ETHER_HDR_LEN, words * 4 - IB_ICRC_LEN, &icrc, &vcrc);
	icrc = rte_cpu_to_le_32(icrc);
	vcrc = rte_cpu_to_le_16(vcrc);
	memcpy(end, &icrc, IB_ICRC_LEN);
	memcpy(end + IB_ICRC_LEN, &vcrc, IB_VCRC_LEN);
}

static uint16_t
own_slid(const struct soft_view *v, const struct ipoib_ah *ah)
{
	return (v->lid & ~v->path_mask) | (ah->src_path_bits & v->path_mask);
}

/* @p m has room before and behind, and is ours alone. */
static void
build_frame(struct ipoib_txq *q, const struct soft_view *v, const struct ipoib_ah *ah,
		struct rte_mbuf *m)
{
	const struct soft_vport *vp = &v->ports[q->port->slot];
	uint32_t qpn = pmd_ipoib_meta(m)->qpn;
	uint32_t hdrs = ah->is_global ? GLOBAL_HDRS : LOCAL_HDRS;
	uint32_t len = m->data_len, pad = -len & 3;
	uint32_t words = (hdrs - RTE_ETHER_HDR_LEN + len + pad + IB_ICRC_LEN) / 4;
	struct rte_ether_hdr *eth = (struct rte_ether_hdr *)rte_pktmbuf_prepend(m, (uint16_t)hdrs);
	uint8_t *tail = (uint8_t *)rte_pktmbuf_append(m, pad + IB_ICRC_LEN + IB_VCRC_LEN);
	struct ib_lrh *lrh = (struct ib_lrh *)(eth + 1);
	uint8_t *next = (uint8_t *)(lrh + 1);
	uint16_t slid = own_slid(v, ah);

	mac_from_lid(&eth->dst_addr, ah->dlid);
	mac_from_lid(&eth->src_addr, slid);
	eth->ether_type = RTE_BE16(SOFT_ETHERTYPE);
	lrh->vl_lver = 0;
	lrh->sl_lnh = ah->sl << 4 | (ah->is_global ? IB_LNH_GLOBAL : IB_LNH_LOCAL);
	lrh->dlid = rte_cpu_to_be_16(ah->dlid);
	lrh->len = rte_cpu_to_be_16((uint16_t)words);
	lrh->slid = rte_cpu_to_be_16(slid);
	if (ah->is_global) {
		struct ib_grh *grh = (struct ib_grh *)next;

		build_grh(grh, v, ah, words * 4 - sizeof(*lrh) - sizeof(*grh));
		next += sizeof(*grh);
	}
	build_bth_deth((struct ib_bth *)next, q, vp, qpn, pad);
	memset(tail, 0, pad);
	build_crcs(m, q->hca->crc, words, tail + pad);
	/* Offloads asked for the packet inside are not the carrier's to do. */
	m->ol_flags &= ~RTE_MBUF_F_TX_OFFLOAD_MASK;
}

/* The packet in a buffer that can be built in; NULL: none, and @p m is dropped. */
static struct rte_mbuf *
tx_own(struct ipoib_txq *q, struct rte_mbuf *m)
{
	struct rte_mbuf *c;
	const void *data;
	char *to;

	if (likely(m->nb_segs == 1 && rte_mbuf_refcnt_read(m) == 1 && RTE_MBUF_DIRECT(m) &&
			    rte_pktmbuf_headroom(m) >= GLOBAL_HDRS &&
			    rte_pktmbuf_tailroom(m) >= 3 + IB_ICRC_LEN + IB_VCRC_LEN))
		return m;
	c = rte_pktmbuf_alloc(q->mp);
	if (c == NULL)
		goto drop;
	to = rte_pktmbuf_append(c, (uint16_t)m->pkt_len);
	if (to == NULL || rte_pktmbuf_headroom(c) < GLOBAL_HDRS ||
			rte_pktmbuf_tailroom(c) < 3 + IB_ICRC_LEN + IB_VCRC_LEN)
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

	p->dlid = ah->dlid;
	p->slid = own_slid(v, ah);
	p->pkey = vp->pkey;
	p->off = 0;
	p->len = (uint16_t)m->pkt_len;
	p->mcast = ib_lid_is_multicast(ah->dlid);
	p->dqpn = pmd_ipoib_meta(m)->qpn;
	p->sqpn = q->qpn;
	p->qkey = vp->qkey;
	p->grh = NULL;
	if (ah->is_global) {
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

/* May it be sent, and does anybody on this HCA want it? @p local: members but ourselves. */
static enum ipoib_tx_drop
tx_check(const struct ipoib_txq *q, const struct soft_view *v, struct rte_mbuf *m,
		const struct ipoib_ah **ah_out, bool *local)
{
	const struct soft_vport *vp = &v->ports[q->port->slot];
	const struct soft_group *g;
	const struct ipoib_ah *ah;
	uint32_t n = pmd_ipoib_meta(m)->ah;

	if (unlikely(!vp->up))
		return (enum ipoib_tx_drop)vp->tx_why;
	if (unlikely(n >= IPOIB_AH_MAX))
		return IPOIB_TX_DROP_NO_AH;
	ah = &vp->ah[n];
	if (unlikely(!__atomic_load_n(&ah->used, __ATOMIC_ACQUIRE)))
		return IPOIB_TX_DROP_NO_AH;
	if (unlikely(m->pkt_len < IPOIB_HDR_LEN))
		return IPOIB_TX_DROP_TOO_SHORT;
	if (unlikely(m->pkt_len > vp->ib_mtu))
		return IPOIB_TX_DROP_TOO_LONG;
	*ah_out = ah;
	*local = false;
	if (!ib_lid_is_multicast(ah->dlid))
		return IPOIB_TX_DROP_MAX;
	g = soft_group_find(v, &ah->dgid);
	if (g == NULL || (soft_group_tx(g) & RTE_BIT64(q->port->slot)) == 0 || g->mlid != ah->dlid)
		return IPOIB_TX_DROP_NOT_JOINED;
	*local = (soft_group_rx(g) & ~RTE_BIT64(q->port->slot)) != 0;
	return IPOIB_TX_DROP_MAX;
}

/* Virtual ports that share a LID with ours are elsewhere: the GID tells. */
static bool
dlid_is_here(const struct soft_view *v, const struct ipoib_ah *ah)
{
	if (likely(!soft_lid_is_own(v, ah->dlid)))
		return false;
	return !v->grh_required || !ah->is_global || ib_gid_equal(&ah->dgid, &v->gid);
}

static void
soft_tx_one(const struct soft_view *v, struct soft_tx_out *out, struct rte_mbuf *m)
{
	struct ipoib_txq *q = out->q;
	const struct ipoib_ah *ah = NULL;
	enum ipoib_tx_drop r;
	uint16_t len;
	bool local = false;

	r = tx_check(q, v, m, &ah, &local);
	if (unlikely(r != IPOIB_TX_DROP_MAX)) {
		tx_drop(q, r, m);
		return;
	}
	len = (uint16_t)m->pkt_len;
	if (unlikely(dlid_is_here(v, ah))) {
		tx_loop(q, v, ah, m);
		rte_pktmbuf_free(m);
		tx_sent(q, 1, len);
		return;
	}
	m = tx_own(q, m);
	if (unlikely(m == NULL))
		return;
	if (unlikely(local))
		tx_loop(q, v, ah, m);
	build_frame(q, v, ah, m);
	out->frames[out->n++] = m;
	tx_sent(q, 1, len);
}

uint16_t
soft_tx_burst(void *txq, struct rte_mbuf **pkts, uint16_t n)
{
	struct soft_tx_out out = { .q = txq };
	struct ipoib_hca *hca = out.q->hca;
	struct soft_ctxq *c = out.q->carrier;
	const struct soft_view *v;
	uint16_t room, done = 0, end, frames = 0;

	room = ctxq_reserve(c, n);
	if (unlikely(room < n)) {
		soft_ctxq_kick(c);
		room += ctxq_reserve(c, n - room);
	}
	while (done < room) {
		end = RTE_MIN(room, done + SOFT_BURST);
		v = soft_view_get(hca, out.q->reader);
		for (; done < end; done++)
			soft_tx_one(v, &out, pkts[done]);
		soft_view_put(hca, out.q->reader);
		frames += out.n;
		ctxq_send(&out);
	}
	/* Dropped or looped back: no frame came of it. */
	ctxq_release(c, room - frames);
	return room;
}

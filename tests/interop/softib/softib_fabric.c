// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The dpdk-ipoib authors
/*
 * softib: the wire.  Which port a packet reaches, and the faults one may ask
 * for on the way (drop, duplicate, delay, jitter; debugfs).
 */
#include <linux/slab.h>
#include <linux/random.h>
#include "softib.h"

static struct kmem_cache *pkt_cache;

int softib_fabric_init(void)
{
	pkt_cache = kmem_cache_create_usercopy("softib_pkt", sizeof(struct softib_pkt), 0, 0, 0,
					       sizeof(struct softib_pkt), NULL);
	return pkt_cache ? 0 : -ENOMEM;
}

void softib_fabric_exit(void)
{
	kmem_cache_destroy(pkt_cache);
}

/* The header part is zero, the payload is not cleared. */
struct softib_pkt *softib_pkt_alloc(void)
{
	struct softib_pkt *pkt = kmem_cache_alloc(pkt_cache, GFP_ATOMIC);

	if (pkt)
		memset(pkt, 0, offsetof(struct softib_pkt, data));
	return pkt;
}

void softib_pkt_free(struct softib_pkt *pkt)
{
	kmem_cache_free(pkt_cache, pkt);
}

static bool link_up(struct softib_dev *dev)
{
	return (dev->peer || softib_sw) && dev->port.phys == SOFTIB_PHYS_LINKUP;
}

static bool can_send_data(struct softib_dev *dev)
{
	return READ_ONCE(dev->port.state) == IB_PORT_ACTIVE;
}

static bool can_recv_data(struct softib_dev *dev)
{
	u8 s = READ_ONCE(dev->port.state);

	return s == IB_PORT_ACTIVE || s == IB_PORT_ARMED;
}

bool softib_owns_lid(struct softib_dev *dev, u16 dlid)
{
	return dev->port.lid && !((dlid ^ dev->port.lid) >> dev->port.lmc);
}

/* The port a data packet with this unicast DLID reaches, or NULL. */
struct softib_dev *softib_route(struct softib_dev *src, u16 dlid)
{
	if (!can_send_data(src))
		return NULL;
	if (softib_owns_lid(src, dlid))
		return src;
	if (softib_sw)
		return link_up(src) ? softib_sw_route(src, dlid) : NULL;
	if (link_up(src) && softib_owns_lid(src->peer, dlid) && can_recv_data(src->peer))
		return src->peer;
	return NULL;
}

/* Subnet management packets pass whatever the logical port state. */
static void deliver_smp(struct softib_dev *src, struct softib_pkt *pkt)
{
	const struct ib_mad_hdr *h = (void *)pkt->data;

	if (pkt->dlid != SOFTIB_LID_PERM && h->mgmt_class != IB_MGMT_CLASS_SUBN_DIRECTED_ROUTE &&
	    softib_owns_lid(src, pkt->dlid))
		softib_ud_deliver(src, pkt);
	else if (!link_up(src))
		src->port.cnt.drop_link++;
	else if (softib_sw)
		softib_sw_smp(src, pkt);
	else
		softib_ud_deliver(src->peer, pkt);
}

static void deliver(struct softib_pkt *pkt)
{
	struct softib_dev *src = pkt->src, *dst;

	src->port.cnt.xmit_pkts++;
	src->port.cnt.xmit_bytes += pkt->len;
	if (pkt->vl15) {
		deliver_smp(src, pkt);
	} else if (!can_send_data(src)) {
		src->port.cnt.drop_link++;
	} else if (softib_is_mlid(pkt->dlid)) {
		src->port.cnt.xmit_mcast++;
		softib_ud_deliver(src, pkt);
		if (softib_sw)
			softib_sw_mcast(src, pkt);
		else if (link_up(src) && can_recv_data(src->peer))
			softib_ud_deliver(src->peer, pkt);
	} else {
		dst = softib_route(src, pkt->dlid);
		if (dst)
			softib_ud_deliver(dst, pkt);
		else
			src->port.cnt.drop_noroute++;
	}
}

static void delay_enqueue(struct softib_port *p, struct softib_pkt *pkt)
{
	u64 us = p->delay_us;
	struct softib_pkt *q;
	unsigned long flags;

	if (p->jitter_us)
		us += prandom_u32_max(p->jitter_us);
	pkt->due = ktime_add_us(ktime_get(), us);

	spin_lock_irqsave(&p->dq_lock, flags);
	list_for_each_entry_reverse(q, &p->dq,
				    list) if (ktime_compare(q->due, pkt->due) <= 0) break;
	list_add(&pkt->list, &q->list);
	if (list_first_entry(&p->dq, struct softib_pkt, list) == pkt)
		hrtimer_start(&p->dq_timer, pkt->due, HRTIMER_MODE_ABS_SOFT);
	spin_unlock_irqrestore(&p->dq_lock, flags);
}

static enum hrtimer_restart delay_timer(struct hrtimer *t)
{
	struct softib_port *p = container_of(t, struct softib_port, dq_timer);
	struct softib_pkt *pkt;
	unsigned long flags;

	for (;;) {
		spin_lock_irqsave(&p->dq_lock, flags);
		pkt = list_first_entry_or_null(&p->dq, struct softib_pkt, list);
		if (!pkt || ktime_after(pkt->due, ktime_get()))
			break;
		list_del(&pkt->list);
		spin_unlock_irqrestore(&p->dq_lock, flags);
		deliver(pkt);
		softib_pkt_free(pkt);
	}
	if (pkt)
		hrtimer_start(&p->dq_timer, pkt->due, HRTIMER_MODE_ABS_SOFT);
	spin_unlock_irqrestore(&p->dq_lock, flags);
	return HRTIMER_NORESTART;
}

static void forward(struct softib_port *p, struct softib_pkt *pkt)
{
	if (!pkt->vl15 && (p->delay_us || p->jitter_us || !list_empty_careful(&p->dq))) {
		delay_enqueue(p, pkt);
		return;
	}
	deliver(pkt);
	softib_pkt_free(pkt);
}

/* Takes over @pkt.  Any context. */
void softib_fabric_send(struct softib_dev *src, struct softib_pkt *pkt)
{
	struct softib_port *p = &src->port;

	softib_capture(pkt);
	if (!pkt->vl15) {
		if (p->drop_permille && prandom_u32_max(1000) < p->drop_permille) {
			p->cnt.drop_knob++;
			softib_pkt_free(pkt);
			return;
		}
		if (p->dup_permille && prandom_u32_max(1000) < p->dup_permille) {
			struct softib_pkt *dup = softib_pkt_alloc();

			if (dup) {
				memcpy(dup, pkt, offsetof(struct softib_pkt, data) + pkt->len);
				forward(p, dup);
			}
		}
	}
	forward(p, pkt);
}

void softib_fabric_port_init(struct softib_dev *dev)
{
	struct softib_port *p = &dev->port;

	spin_lock_init(&p->dq_lock);
	INIT_LIST_HEAD(&p->dq);
	hrtimer_init(&p->dq_timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_SOFT);
	p->dq_timer.function = delay_timer;
}

void softib_fabric_port_exit(struct softib_dev *dev)
{
	struct softib_port *p = &dev->port;
	struct softib_pkt *pkt, *tmp;

	hrtimer_cancel(&p->dq_timer);
	list_for_each_entry_safe(pkt, tmp, &p->dq, list) {
		list_del(&pkt->list);
		softib_pkt_free(pkt);
	}
}

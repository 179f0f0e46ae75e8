/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <string.h>

#include <rte_random.h>

#include "ib_mad.h"
#include "mad_follow.h"

/* Pieces of a round, by number; the P_Key blocks come last. */
#define PIECE_NODE 0
#define PIECE_PORT 1
#define PIECE_PKEY 2
#define PIECES (PIECE_PKEY + MAD_FOLLOW_BLOCKS)
/* TID: round in the upper bits, piece in the lower. */
#define PIECE_BITS 4
#define BIT(n) (UINT32_C(1) << (n))

/* Who polls promises to do so more often than this, but may have to wait for a CPU. */
#define PAUSE_US 100000
/* Longest pause between two questions to a silent SM. */
#define SM_WAIT_MAX_US (64 * IPOIB_MAD_POLL_US)
/* The SM's answer belongs to no round. */
#define PIECE_SM (BIT(PIECE_BITS) - 1)
static_assert(PIECES < BIT(PIECE_BITS), "a piece fits into its bits of the TID");

static uint16_t
get_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t
get_be32(const uint8_t *p)
{
	return (uint32_t)get_be16(p) << 16 | get_be16(p + 2);
}

static void
fill_get(const struct mad_follow *f, uint8_t mgmt_class, uint16_t attr, unsigned int piece,
		struct ib_smp *smp)
{
	memset(smp, 0, sizeof(*smp));
	smp->hdr.base_version = IB_MAD_BASE_VERSION;
	smp->hdr.mgmt_class = mgmt_class;
	smp->hdr.class_version = IB_MAD_SMP_CLASS_VERSION;
	smp->hdr.method = IB_MAD_METHOD_GET;
	smp->hdr.tid = rte_cpu_to_be_64(f->round << PIECE_BITS | piece);
	smp->hdr.attr_id = rte_cpu_to_be_16(attr);
}

static void
ask(const struct mad_follow *f, unsigned int piece, const struct mad_transport_ops *ops, void *priv)
{
	const struct ipoib_mad_dest self = { .dlid = IB_LID_PERMISSIVE };
	struct ib_smp smp;
	uint16_t attr = IB_MAD_ATTR_PKEY_TABLE;
	uint32_t mod = 0;

	if (piece == PIECE_NODE)
		attr = IB_MAD_ATTR_NODE_INFO;
	else if (piece == PIECE_PORT)
		attr = IB_MAD_ATTR_PORT_INFO;
	else
		mod = piece - PIECE_PKEY;

	fill_get(f, IB_MAD_CLASS_SMP_DIRECT, attr, piece, &smp);
	smp.hdr.attr_mod = rte_cpu_to_be_32(mod);
	smp.dr_slid = RTE_BE16(IB_LID_PERMISSIVE);
	smp.dr_dlid = RTE_BE16(IB_LID_PERMISSIVE);
	/* What cannot be sent now is asked for again in the next tick. */
	ops->send(priv, (const uint8_t *)&smp, &self);
}

/*
 * Its answer may be lost, or never come: nothing waits for it. A silent SM is
 * asked less and less often: ibsim stands still when an SM's socket is full.
 */
static void
ask_sm(struct mad_follow *f, uint64_t now_us, const struct mad_transport_ops *ops, void *priv)
{
	const struct ipoib_mad_dest sm = { .dlid = f->port.sm_lid };
	struct ib_smp smp;

	if (now_us < f->sm_us || f->port.state != IPOIB_MAD_ACTIVE || sm.dlid == 0)
		return;
	f->sm_wait_us = f->sm_open ? RTE_MIN(2 * f->sm_wait_us, (uint64_t)SM_WAIT_MAX_US)
				   : IPOIB_MAD_POLL_US;
	f->sm_us = now_us + f->sm_wait_us;
	f->sm_open = true;
	fill_get(f, IB_MAD_CLASS_SMP_LID, IB_MAD_ATTR_SM_INFO, PIECE_SM, &smp);
	f->sm_tid = f->round << PIECE_BITS | PIECE_SM;
	ops->send(priv, (const uint8_t *)&smp, &sm);
}

static void
ask_missing(const struct mad_follow *f, const struct mad_transport_ops *ops, void *priv)
{
	unsigned int piece;

	for (piece = 0; piece < PIECES; piece++) {
		if ((f->want & ~f->have & BIT(piece)) != 0)
			ask(f, piece, ops, priv);
	}
}

void
mad_follow_reset(struct mad_follow *f, uint64_t now_us)
{
	uint64_t pace_us = f->pace_us;

	memset(f, 0, sizeof(*f));
	f->pace_us = pace_us;
	f->round = (uint32_t)rte_rand();
	f->next_us = now_us;
	f->full_us = now_us;
	f->answer_us = now_us;
	f->silence_us = now_us + MAD_SILENCE_US;
}

/* A close watch is on PortInfo only; all else goes on at its own pace. */
static void
round_begin(struct mad_follow *f, uint64_t now_us)
{
	f->round++;
	f->want = BIT(PIECE_PORT);
	f->have = 0;
	if (now_us < f->full_us)
		return;
	f->want |= BIT(PIECE_NODE);
	f->full_us = now_us + IPOIB_MAD_POLL_US;
}

/* While we were away nothing may have been asked: no silence of theirs. */
static void
forgive_pause(struct mad_follow *f, uint64_t now_us)
{
	uint64_t pause_us = f->tick_us != 0 ? now_us - f->tick_us : 0;

	f->tick_us = now_us;
	if (pause_us <= PAUSE_US)
		return;
	f->answer_us = RTE_MIN(f->answer_us + pause_us, now_us);
	f->silence_us += pause_us;
}

bool
mad_follow_tick(struct mad_follow *f, uint64_t now_us, const struct mad_transport_ops *ops,
		void *priv)
{
	forgive_pause(f, now_us);
	if (now_us >= f->next_us) {
		f->next_us = now_us + (f->pace_us != 0 ? f->pace_us : IPOIB_MAD_POLL_US);
		if (f->have == f->want)
			round_begin(f, now_us);
		ask_missing(f, ops, priv);
	}
	ask_sm(f, now_us, ops, priv);
	if (now_us < f->answer_us + MAD_SILENCE_US)
		return true;
	if (now_us >= f->silence_us) {
		f->silence_us = now_us + MAD_SILENCE_US;
		if (ops->silent != NULL)
			ops->silent(priv);
	}
	return false;
}

static void
take_node(struct mad_follow *f, const uint8_t *data)
{
	uint32_t cap = get_be16(data + IB_NODE_INFO_PARTITION_CAP);
	uint32_t blocks;

	if (cap > IPOIB_MAD_PKEYS_MAX)
		cap = IPOIB_MAD_PKEYS_MAX;
	blocks = (cap + IB_PKEY_BLOCK_LEN - 1) / IB_PKEY_BLOCK_LEN;
	memcpy(f->port.gid.raw + IB_GUID_LEN, data + IB_NODE_INFO_PORT_GUID, IB_GUID_LEN);
	f->port.nb_pkeys = (uint16_t)cap;
	f->want |= (BIT(blocks) - 1) << PIECE_PKEY;
}

/* Lanes and Mb/s of one, each of them one bit of a field. */
static uint32_t
rate_active(const uint8_t *data)
{
	uint8_t width = data[IB_PORT_INFO_LINK_WIDTH];
	uint8_t ext = data[IB_PORT_INFO_LINK_SPEED_EXT] >> 4;
	uint32_t lanes = width == 1 ? 1 : width == 2 ? 4 : width == 4 ? 8 : width == 8 ? 12 : 0;
	uint32_t speed;

	if (width == 16)
		lanes = 2;
	if (ext != 0)
		speed = ext == 1 ? 14000 : ext == 2 ? 25000 : ext == 4 ? 50000 : 100000;
	else
		speed = 2500 * (data[IB_PORT_INFO_LINK_SPEED] >> 4);
	return lanes * speed;
}

static void
take_port(struct mad_follow *f, const uint8_t *data)
{
	struct ipoib_mad_port *p = &f->port;

	memcpy(p->gid.raw, data + IB_PORT_INFO_GID_PREFIX, IB_GUID_LEN);
	p->lid = get_be16(data + IB_PORT_INFO_LID);
	p->sm_lid = get_be16(data + IB_PORT_INFO_SM_LID);
	p->cap_mask = get_be32(data + IB_PORT_INFO_CAP_MASK);
	p->state = (enum ipoib_mad_state)(data[IB_PORT_INFO_STATE] & 0x0f);
	p->lmc = data[IB_PORT_INFO_LMC] & 0x07;
	p->mtu = ib_mtu_from_code(data[IB_PORT_INFO_MTU_SL] >> 4);
	p->sm_sl = data[IB_PORT_INFO_MTU_SL] & 0x0f;
	p->rate_mbps = rate_active(data);
	/* "No state change" (0) and reserved codes are never read back from a port. */
	if (p->state < IPOIB_MAD_DOWN || p->state > IPOIB_MAD_ACTIVE)
		p->state = IPOIB_MAD_DOWN;
}

static void
take_pkeys(struct mad_follow *f, unsigned int block, const uint8_t *data, bool valid)
{
	uint16_t *pkeys = f->port.pkeys + block * IB_PKEY_BLOCK_LEN;
	unsigned int i;

	for (i = 0; i < IB_PKEY_BLOCK_LEN; i++)
		pkeys[i] = valid ? get_be16(data + 2 * i) : 0;
}

/* Which piece this answers, or -1. */
static int
piece_of(const struct mad_follow *f, const struct ib_smp *smp)
{
	uint32_t tid = (uint32_t)rte_be_to_cpu_64(smp->hdr.tid);
	uint16_t attr = rte_be_to_cpu_16(smp->hdr.attr_id);
	unsigned int piece = tid & (BIT(PIECE_BITS) - 1);
	uint16_t expected = IB_MAD_ATTR_PKEY_TABLE;

	if (tid >> PIECE_BITS != f->round << PIECE_BITS >> PIECE_BITS || piece >= PIECES)
		return -1;
	if (piece == PIECE_NODE)
		expected = IB_MAD_ATTR_NODE_INFO;
	else if (piece == PIECE_PORT)
		expected = IB_MAD_ATTR_PORT_INFO;
	if (smp->hdr.method != IB_MAD_METHOD_GET_RESP || attr != expected)
		return -1;
	if ((f->want & ~f->have & BIT(piece)) == 0)
		return -1;
	return (int)piece;
}

static void
sm_answered(struct mad_follow *f, uint64_t now_us)
{
	f->sm_open = false;
	f->sm_us = RTE_MIN(f->sm_us, now_us + IPOIB_MAD_POLL_US);
}

/* OpenSM counts the SMPs it has sent; a count that falls is a new life. */
static enum mad_follow_result
take_sm(struct mad_follow *f, const struct ib_smp *smp, uint64_t now_us)
{
	uint32_t count = get_be32(smp->data + IB_SM_INFO_ACT_COUNT);
	bool other;
	uint64_t guid;

	if (smp->hdr.attr_id != RTE_BE16(IB_MAD_ATTR_SM_INFO) || smp->hdr.status != 0 ||
			smp->hdr.method != IB_MAD_METHOD_GET_RESP ||
			(uint32_t)rte_be_to_cpu_64(smp->hdr.tid) != f->sm_tid)
		return MAD_FOLLOW_FOREIGN;
	memcpy(&guid, smp->data + IB_SM_INFO_GUID, sizeof(guid));
	other = f->sm_known &&
			(f->sm_gone || guid != f->sm_guid || (int32_t)(count - f->sm_count) < 0);
	sm_answered(f, now_us);
	f->sm_gone = false;
	f->sm_known = true;
	f->sm_guid = guid;
	f->sm_count = count;
	return other ? MAD_FOLLOW_OTHER_SM : MAD_FOLLOW_MORE;
}

void
mad_follow_returned(struct mad_follow *f, uint64_t now_us, const uint8_t *mad)
{
	const struct ib_smp *smp = (const struct ib_smp *)mad;

	if (smp->hdr.mgmt_class != IB_MAD_CLASS_SMP_LID)
		return;
	f->sm_gone = true;
	sm_answered(f, now_us);
}

enum mad_follow_result
mad_follow_recv(struct mad_follow *f, uint64_t now_us, const uint8_t *mad,
		const struct mad_transport_ops *ops, void *priv)
{
	const struct ib_smp *smp = (const struct ib_smp *)mad;
	bool valid = (rte_be_to_cpu_16(smp->hdr.status) & ~IB_MAD_STATUS_DIRECTION) == 0;
	int piece;

	if (smp->hdr.mgmt_class == IB_MAD_CLASS_SMP_LID)
		return take_sm(f, smp, now_us);
	piece = piece_of(f, smp);
	if (piece < 0)
		return MAD_FOLLOW_FOREIGN;
	if (piece >= PIECE_PKEY) {
		take_pkeys(f, (unsigned int)piece - PIECE_PKEY, smp->data, valid);
	} else if (!valid) {
		return MAD_FOLLOW_MORE;
	} else if (piece == PIECE_PORT) {
		take_port(f, smp->data);
	} else {
		take_node(f, smp->data);
		f->have |= BIT(PIECE_NODE);
		/* PortInfo is on its way; only the blocks are new. */
		for (unsigned int b = PIECE_PKEY; b < PIECES; b++) {
			if ((f->want & BIT(b)) != 0)
				ask(f, b, ops, priv);
		}
	}
	f->have |= BIT(piece);
	if (f->have != f->want)
		return MAD_FOLLOW_MORE;
	f->answer_us = now_us;
	return MAD_FOLLOW_ROUND;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * The soft HCA takes plain frames and packets a short way (crc=off, LMC 0). Whatever comes in one
 * segment, where the short way may be taken, has the same fate as the same octets in two segments,
 * where it may not: data, metadata, counters.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ethdev_driver.h>
#include <rte_ethdev.h>

#include "ib_hdr.h"
#include "ipoib_pmd.h"
#include "pmd_fixture.h"

#define LINE_MAX_LEN 12000
#define SEEDS_MAX 128
#define XSTATS_MAX 256
#define NB_QUEUES 3
#define BURST_MAX 24
/* A group's frame comes to both ports. */
#define GOT_MAX (2 * BURST_MAX)
/* Octets of a buffer of fx_pool. */
#define BUF_LEN (RTE_PKTMBUF_HEADROOM + 2048 + 512)
/* What the carrier may have left in an mbuf. */
#define JUNK 0xa5

/* Offsets in a frame by a local route. */
#define OFF_LRH 14
#define OFF_BTH 22
#define OFF_DETH 34
#define OFF_ENCAP 42

struct seed {
	uint32_t len;
	uint8_t data[FX_FRAME_MAX];
};

/* What one of our queues gave. */
struct got {
	unsigned int queue;
	uint16_t port;
	uint64_t ol_flags;
	uint32_t packet_type;
	struct pmd_ipoib_meta meta;
	uint32_t len;
	uint8_t data[FX_FRAME_MAX];
};

/* All that happened to a burst. */
struct fate {
	unsigned int nb_got, nb_sent;
	struct got got[GOT_MAX];
	uint32_t sent_len[BURST_MAX];
	uint8_t sent[BURST_MAX][FX_FRAME_MAX];
	uint64_t ctr[2][XSTATS_MAX];
};

static struct seed seeds[SEEDS_MAX];
static unsigned int nb_seeds, nb_plain_seeds;
static uint16_t ports[2];
/* Port 0 has two queues, port 1 has one. */
static uint32_t qpn[NB_QUEUES];
static struct fate fate[2];

static void
seeds_load(void)
{
	char command[512], hex[LINE_MAX_LEN], name[32], expect[32];
	struct seed *s = seeds;
	FILE *f;

	snprintf(command, sizeof(command), "/usr/bin/python3 '%s' rx %u %u", fx_oracle_path, qpn[0],
			qpn[2]);
	f = popen(command, "r");
	assert_non_null(f);
	while (fscanf(f, "%31s %31s %11999s", name, expect, hex) == 3) {
		assert_true(nb_seeds < SEEDS_MAX);
		s->len = fx_unhex(hex, s->data, sizeof(s->data));
		if (strncmp(name, "len", 3) == 0)
			assert_int_equal(nb_plain_seeds++, nb_seeds); /* they come first */
		nb_seeds++;
		s++;
	}
	assert_int_equal(pclose(f), 0);
	assert_true(nb_plain_seeds > 5 && nb_seeds > 60);
}

static int
plain_setup(void **state)
{
	struct pmd_ipoib_info info;
	struct ipoib_mad_port ident;

	(void)state;
	fx_ident(&ident);
	ident.lmc = 0;
	fake_mad_set(&ident);
	fx_carrier_open(1, 512);
	ports[0] = fx_port_open("net_ipoib0", FX_ARGS ",crc=off,queues=2,pkey=0x8001");
	ports[1] = fx_port_open("net_ipoib1", FX_ARGS ",crc=off,pkey=0x0003");
	fx_port_setup(ports[0], 2, 128);
	fx_port_setup(ports[1], 1, 128);
	fx_port_join(ports[0], 0x8001);
	fx_port_join(ports[1], 0x8003);
	assert_int_equal(pmd_ipoib_info_get(ports[0], &info), 0);
	qpn[0] = info.qpn[0];
	qpn[1] = info.qpn[1];
	assert_int_equal(pmd_ipoib_info_get(ports[1], &info), 0);
	qpn[2] = info.qpn[0];
	seeds_load();
	return 0;
}

static int
plain_teardown(void **state)
{
	(void)state;
	fx_port_close("net_ipoib0");
	fx_port_close("net_ipoib1");
	fx_carrier_close();
	fx_no_leak();
	return 0;
}

static uint32_t
pick(uint32_t n)
{
	return (uint32_t)rand() % n;
}

/* --- what both directions share --- */

static void
counters_get(uint64_t ctr[2][XSTATS_MAX])
{
	struct rte_eth_xstat values[XSTATS_MAX];
	unsigned int p;
	int i, n;

	for (p = 0; p < 2; p++) {
		n = rte_eth_xstats_get(ports[p], values, XSTATS_MAX);
		assert_in_range(n, 1, XSTATS_MAX);
		for (i = 0; i < n; i++)
			ctr[p][i] = values[i].value;
	}
}

static void
fate_begin(struct fate *f)
{
	memset(f->ctr, 0, sizeof(f->ctr));
	counters_get(f->ctr);
	f->nb_got = f->nb_sent = 0;
}

static void
got_take(struct fate *f, unsigned int queue, struct rte_mbuf *m)
{
	struct got *g = &f->got[f->nb_got++];

	assert_true(f->nb_got < GOT_MAX);
	rte_mbuf_sanity_check(m, 1);
	assert_int_equal(m->nb_segs, 1);
	assert_int_equal(m->data_len, m->pkt_len);
	assert_true(m->data_off + m->data_len <= m->buf_len);
	g->queue = queue;
	g->port = m->port;
	g->ol_flags = m->ol_flags;
	g->packet_type = m->packet_type;
	g->meta = *pmd_ipoib_meta(m);
	g->len = m->pkt_len;
	memcpy(g->data, rte_pktmbuf_mtod(m, void *), g->len);
	rte_pktmbuf_free(m);
}

static void
queue_poll(struct fate *f, unsigned int queue)
{
	struct rte_mbuf *pkts[BURST_MAX];
	uint16_t n, i;

	n = rte_eth_rx_burst(ports[queue / 2], queue % 2, pkts, BURST_MAX);
	for (i = 0; i < n; i++)
		got_take(f, queue, pkts[i]);
}

/* What came into this queue's, and what that handed over to the others. */
static void
fate_end(struct fate *f, unsigned int queue)
{
	uint64_t now[2][XSTATS_MAX] = { 0 };
	unsigned int p, i;

	queue_poll(f, queue);
	for (i = 0; i < NB_QUEUES; i++)
		if (i != queue)
			queue_poll(f, i);
	while ((f->sent_len[f->nb_sent] = fx_sent(0, f->sent[f->nb_sent], FX_FRAME_MAX)) != 0)
		assert_true(++f->nb_sent < BURST_MAX);
	counters_get(now);
	for (p = 0; p < 2; p++)
		for (i = 0; i < XSTATS_MAX; i++)
			f->ctr[p][i] = now[p][i] - f->ctr[p][i];
}

static void
counters_equal(void)
{
	struct rte_eth_xstat_name names[XSTATS_MAX];
	unsigned int p, i;

	rte_eth_xstats_get_names(ports[0], names, XSTATS_MAX);
	for (p = 0; p < 2; p++) {
		for (i = 0; i < XSTATS_MAX; i++) {
			if (fate[0].ctr[p][i] == fate[1].ctr[p][i])
				continue;
			print_error("port %u: %s\n", p, names[i].name);
			assert_int_equal(fate[0].ctr[p][i], fate[1].ctr[p][i]);
		}
	}
}

static void
got_equal(const struct got *a, const struct got *b)
{
	assert_int_equal(a->queue, b->queue);
	assert_int_equal(a->port, b->port);
	assert_int_equal(a->ol_flags, b->ol_flags);
	assert_int_equal(a->packet_type, b->packet_type);
	assert_memory_equal(&a->meta, &b->meta, sizeof(a->meta));
	assert_int_equal(a->len, b->len);
	assert_memory_equal(a->data, b->data, a->len);
}

/* Both times the same, and nothing is missing. */
static void
fates_equal(void)
{
	unsigned int i;

	counters_equal();
	assert_int_equal(fate[0].nb_got, fate[1].nb_got);
	for (i = 0; i < fate[0].nb_got; i++)
		got_equal(&fate[0].got[i], &fate[1].got[i]);
	assert_int_equal(fate[0].nb_sent, fate[1].nb_sent);
	for (i = 0; i < fate[0].nb_sent; i++) {
		assert_int_equal(fate[0].sent_len[i], fate[1].sent_len[i]);
		assert_memory_equal(fate[0].sent[i], fate[1].sent[i], fate[0].sent_len[i]);
	}
}

/* What the fabric is like: as usual, or so that nothing is plain, or nothing goes at all. */
enum world { USUAL, LMC1, OTHER_LID, SMALL_MTU, LEFT, NOT_ACTIVE, NO_PKEY, GRH, NB_WORLDS };

static void
world_set(enum world w)
{
	static uint64_t now;
	struct ipoib_mad_port ident;
	struct pmd_ipoib_bcast b;

	fx_ident(&ident);
	ident.lmc = w == LMC1;
	ident.lid = w == OTHER_LID ? 77 : FX_LID;
	ident.state = w == NOT_ACTIVE ? IPOIB_MAD_INIT : IPOIB_MAD_ACTIVE;
	ident.grh_required = w == GRH;
	if (w == NO_PKEY)
		ident.pkeys[1] = 0x8002;
	fake_mad_set(&ident);
	pmd_ipoib_poll(ports[0], now++);
	pmd_ipoib_poll(ports[1], now++);
	fx_bcast(0x8001, &b);
	if (w == SMALL_MTU)
		b.ib_mtu = 512;
	assert_int_equal(pmd_ipoib_bcast_set(ports[0], w == LEFT ? NULL : &b), 0);
	fx_bcast(0x8003, &b);
	assert_int_equal(pmd_ipoib_bcast_set(ports[1], &b), 0);
}

/* --- receive --- */

/* @p kind 0 one segment, 1 two, 2 one that somebody else has too, 3 a clone. @return our reference */
static struct rte_mbuf *
frame_inject(const struct seed *s, unsigned int kind)
{
	uint32_t cut = kind == 1 ? s->len / 2 : s->len;
	struct rte_mbuf *m = rte_pktmbuf_alloc(fx_pool), *other;

	assert_non_null(m);
	memset(pmd_ipoib_meta(m), JUNK, sizeof(struct pmd_ipoib_meta));
	m->ol_flags = RTE_MBUF_F_RX_RSS_HASH | RTE_MBUF_F_RX_IP_CKSUM_BAD;
	m->packet_type = 0x11;
	memcpy(rte_pktmbuf_append(m, (uint16_t)cut), s->data, cut);
	if (kind == 1) {
		other = rte_pktmbuf_alloc(fx_pool);
		memcpy(rte_pktmbuf_append(other, (uint16_t)(s->len - cut)), s->data + cut,
				s->len - cut);
		assert_int_equal(rte_pktmbuf_chain(m, other), 0);
	}
	other = NULL;
	if (kind == 2) {
		other = m;
		rte_mbuf_refcnt_update(m, 1);
	} else if (kind == 3) {
		other = m;
		m = rte_pktmbuf_clone(m, fx_pool);
	}
	assert_int_equal(rte_ring_enqueue(fx.rx, m), 0);
	return other;
}

/* The same frames once more, in other mbufs. */
static void
frames_run(struct fate *f, const struct seed *s, unsigned int n, bool two, unsigned int queue)
{
	struct rte_mbuf *kept[BURST_MAX];
	unsigned int i;

	fate_begin(f);
	for (i = 0; i < n; i++)
		kept[i] = frame_inject(&s[i], two ? 1 : pick(16) < 13 ? 0 : 2 + pick(2));
	fate_end(f, queue);
	for (i = 0; i < n; i++) {
		if (kept[i] == NULL)
			continue;
		assert_int_equal(kept[i]->pkt_len, s[i].len);
		assert_memory_equal(rte_pktmbuf_mtod(kept[i], void *), s[i].data, s[i].len);
		rte_pktmbuf_free(kept[i]);
	}
}

static void
put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* Another value that means something, in a field that decides. */
static void
field_mutate(struct seed *s)
{
	static const uint16_t lids[] = { 0, 1, FX_LID, FX_LID + 1, 77, 0xbfff, 0xc000, 0xfffe,
		0xffff };
	static const uint16_t pkeys[] = { 0x8001, 0x0001, 0x8003, 0x0003, 0xffff, 0x7fff, 0,
		0x8000 };
	uint32_t words;

	switch (pick(8)) {
	case 0:
		put16(&s->data[OFF_LRH + 2], lids[pick(RTE_DIM(lids))]);
		break;
	case 1:
		put16(&s->data[OFF_LRH + 6], lids[pick(RTE_DIM(lids))]);
		break;
	case 2:
		put16(&s->data[OFF_BTH + 2], pkeys[pick(RTE_DIM(pkeys))]);
		break;
	case 3:
		ib_put_be24(&s->data[OFF_BTH + 5], qpn[pick(NB_QUEUES)]);
		break;
	case 4: /* a queue pair of ours may speak to itself, or one on our LID */
		ib_put_be24(&s->data[OFF_DETH + 5], qpn[pick(NB_QUEUES)]);
		break;
	case 5: /* too short and too long, also around the limits */
		words = (uint32_t)s->data[OFF_LRH + 4] << 8 | s->data[OFF_LRH + 5];
		words = pick(2) != 0 ? words + pick(5) - 2 : pick(12);
		put16(&s->data[OFF_LRH + 4], (uint16_t)words);
		break;
	case 6:
		s->data[OFF_BTH + 1] = (uint8_t)((s->data[OFF_BTH + 1] & 0xcf) | pick(4) << 4);
		break;
	default:
		s->data[OFF_LRH + 1] = (uint8_t)((s->data[OFF_LRH + 1] & 0xfc) | pick(4));
		break;
	}
}

static void
frame_mutate(struct seed *s)
{
	uint32_t n = pick(4), at;

	if (s->len < 2)
		s->len = 2;
	for (; n > 0 && s->len > OFF_ENCAP + 4; n--) {
		at = pick(2) != 0 ? 12 + pick(OFF_ENCAP + 4 - 12) : pick(OFF_ENCAP + 4);
		if (pick(2) != 0)
			field_mutate(s);
		else if (pick(2) != 0)
			s->data[at] ^= (uint8_t)(1 << pick(8));
		else
			s->data[at] = (uint8_t)pick(256);
	}
	switch (pick(16)) {
	case 0: /* the end is missing */
		s->len -= pick(s->len < 8 ? s->len : 8);
		break;
	case 1:
		s->len = 2 + pick(s->len);
		break;
	case 2: /* padding of the carrier */
		memset(&s->data[s->len], 0, 16);
		s->len += pick(16);
		break;
	default:
		break;
	}
	if (s->len < 2)
		s->len = 2;
}

static void
rx_bursts(unsigned int bursts)
{
	static struct seed frames[BURST_MAX];
	unsigned int n, i, queue, seed;

	for (; bursts > 0; bursts--) {
		n = 1 + pick(BURST_MAX - 1);
		queue = pick(4) != 0 ? 0 : pick(NB_QUEUES);
		for (i = 0; i < n; i++) {
			seed = pick(4) != 0 ? pick(nb_plain_seeds) : pick(nb_seeds);
			frames[i] = seeds[seed];
			if (pick(3) == 0 && frames[i].len > OFF_ENCAP) {
				ib_put_be24(&frames[i].data[OFF_BTH + 5], qpn[queue]);
				put16(&frames[i].data[OFF_BTH + 2], queue == 2 ? 0x8003 : 0x8001);
			}
			frame_mutate(&frames[i]);
		}
		frames_run(&fate[0], frames, n, false, queue);
		frames_run(&fate[1], frames, n, true, queue);
		/* One that goes to several, or comes to nobody, changes how many there are. */
		fates_equal();
		assert_int_equal(fx_balance(ports, 2), 0);
	}
}

static void
test_rx(void **state)
{
	enum world w;

	(void)state;
	srand(1);
	for (w = USUAL; w < NB_WORLDS; w++) {
		world_set(w);
		rx_bursts(w == USUAL ? 600 : 60);
	}
	world_set(USUAL);
	fx_no_leak();
}

/* --- send --- */

#define HANDLES 8

/* What is sent, twice. */
struct job {
	uint32_t ah, qpn, len;
	unsigned int kind; /* as frame_inject(), but 4: offload asked for */
	uint16_t data_off; /* of one segment */
};

static uint32_t handles[HANDLES + 4];

static void
handles_make(void)
{
	static const struct ib_gid peer = { { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 2, 0xc9, 3, 0, 0,
			0x56, 0x78 } };
	struct pmd_ipoib_av av = { .dlid = 0x0102 };
	struct pmd_ipoib_bcast b;
	struct ib_gid mgid;

	fx_bcast(0x8001, &b);
	handles[0] = fx_ah(ports[0], 0x0102, NULL);
	av.sl = 11;
	av.src_path_bits = 5;
	assert_int_equal(pmd_ipoib_ah_create(ports[0], &av, &handles[1]), 0);
	av.is_global = true;
	av.tclass = 0x5a;
	av.flow_label = 0x12345;
	av.hop_limit = 9;
	av.dgid = peer;
	assert_int_equal(pmd_ipoib_ah_create(ports[0], &av, &handles[2]), 0);
	handles[3] = fx_ah(ports[0], b.mlid, &b.mgid);
	ipoib_mgid_ipv4(IPOIB_SCOPE_LINK, 0x8001, 0xe0000105, &mgid);
	handles[4] = fx_ah(ports[0], 0xc055, &mgid);
	handles[5] = fx_ah(ports[0], FX_LID, NULL);
	handles[6] = fx_ah(ports[0], FX_LID + 1, NULL);
	handles[7] = fx_ah(ports[0], FX_LID, &fx_gid);
	handles[HANDLES] = handles[7] + 1; /* free */
	handles[HANDLES + 1] = PMD_IPOIB_AH_NONE;
	handles[HANDLES + 2] = 65536;
	handles[HANDLES + 3] = 0x80000000;
}

static void
handles_free(void)
{
	unsigned int i;

	for (i = 0; i < HANDLES; i++)
		assert_int_equal(pmd_ipoib_ah_destroy(ports[0], handles[i]), 0);
}

static void
job_make(struct job *j)
{
	static const uint32_t ends[] = { 0, 1, 3, 4, 5, 511, 512, 513, 2047, 2048, 2049, 2100 };

	j->ah = pick(2) != 0 ? handles[pick(2)] : handles[pick(RTE_DIM(handles))];
	j->qpn = pick(3) == 0 ? qpn[pick(NB_QUEUES)] : pick(2) != 0 ? 0x4321 : (uint32_t)rand();
	j->len = pick(3) == 0 ? ends[pick(RTE_DIM(ends))] : pick(2101);
	j->kind = pick(4) != 0 ? 0 : 2 + pick(3);
	j->data_off = RTE_PKTMBUF_HEADROOM;
	if (pick(4) == 0)
		j->data_off = (uint16_t)(pick(2) != 0 ? pick(100) : BUF_LEN - j->len - pick(20));
}

/* @return our reference, or NULL */
static struct rte_mbuf *
job_mbuf(const struct job *j, bool two, struct rte_mbuf **pkt)
{
	uint32_t cut = two ? j->len / 3 : j->len, i;
	struct rte_mbuf *m = rte_pktmbuf_alloc(fx_pool), *tail;
	uint8_t *p;

	assert_non_null(m);
	*pkt = m;
	assert_int_equal(m->buf_len, BUF_LEN);
	if (!two)
		m->data_off = j->data_off;
	m->data_len = (uint16_t)cut;
	m->pkt_len = cut;
	p = rte_pktmbuf_mtod(m, uint8_t *);
	for (i = 0; i < cut; i++)
		p[i] = fx_pattern(i);
	if (two) {
		tail = rte_pktmbuf_alloc(fx_pool);
		p = (uint8_t *)rte_pktmbuf_append(tail, (uint16_t)(j->len - cut));
		for (i = cut; i < j->len; i++)
			p[i - cut] = fx_pattern(i);
		assert_int_equal(rte_pktmbuf_chain(m, tail), 0);
	}
	if (!two && j->kind == 4)
		m->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
	if (!two && j->kind == 2)
		rte_mbuf_refcnt_update(m, 1);
	if (!two && j->kind == 3)
		*pkt = rte_pktmbuf_clone(m, fx_pool);
	pmd_ipoib_meta(*pkt)->ah = j->ah;
	pmd_ipoib_meta(*pkt)->qpn = j->qpn;
	return *pkt != m || (!two && j->kind == 2) ? m : NULL;
}

/* What somebody else still has is as it was. */
static void
kept_check(struct rte_mbuf *m, const struct job *j)
{
	const uint8_t *p;
	uint32_t i;

	if (m == NULL)
		return;
	assert_int_equal(m->pkt_len, j->len);
	assert_int_equal(m->data_off, j->data_off);
	p = rte_pktmbuf_mtod(m, const uint8_t *);
	for (i = 0; i < j->len; i++)
		assert_int_equal(p[i], fx_pattern(i));
	rte_pktmbuf_free(m);
}

/* The frames keep within their buffers, and ask nothing of the carrier. */
static void
frames_check(void)
{
	struct rte_mbuf *frames[BURST_MAX];
	unsigned int n, i;

	n = rte_ring_dequeue_burst(fx.tx[0], (void **)frames, BURST_MAX, NULL);
	for (i = 0; i < n; i++) {
		rte_mbuf_sanity_check(frames[i], 1);
		assert_int_equal(frames[i]->nb_segs, 1);
		assert_int_equal(frames[i]->data_len, frames[i]->pkt_len);
		assert_true(frames[i]->data_off + frames[i]->data_len <= frames[i]->buf_len);
		assert_int_equal(frames[i]->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK, 0);
		assert_int_equal(rte_mbuf_refcnt_read(frames[i]), 1);
		assert_int_equal(rte_ring_enqueue(fx.tx[0], frames[i]), 0);
	}
}

/* Numbers go up by one each; then they are put out of the comparison. */
static void
psn_check(struct fate *f)
{
	static uint32_t next;
	static bool known;
	unsigned int i;
	uint8_t *psn;

	for (i = 0; i < f->nb_sent; i++) {
		psn = &f->sent[i][OFF_BTH + 9 + ((f->sent[i][OFF_LRH + 1] & 3) == 3 ? 40 : 0)];
		if (known)
			assert_int_equal(ib_get_be24(psn), next & 0xffffff);
		known = true;
		next = ib_get_be24(psn) + 1;
		memset(psn, 0, 3);
	}
}

static void
jobs_run(struct fate *f, const struct job *jobs, unsigned int n, bool two)
{
	struct rte_mbuf *pkts[BURST_MAX], *kept[BURST_MAX];
	unsigned int i;

	for (i = 0; i < n; i++)
		kept[i] = job_mbuf(&jobs[i], two, &pkts[i]);
	fate_begin(f);
	assert_int_equal(rte_eth_tx_burst(ports[0], 0, pkts, (uint16_t)n), n);
	for (i = 0; i < n; i++)
		kept_check(kept[i], &jobs[i]);
	frames_check();
	fate_end(f, 0);
	psn_check(f);
}

static void
tx_bursts(unsigned int bursts)
{
	struct job jobs[BURST_MAX];
	unsigned int n, i;

	for (; bursts > 0; bursts--) {
		n = 1 + pick(BURST_MAX - 1);
		for (i = 0; i < n; i++)
			job_make(&jobs[i]);
		jobs_run(&fate[0], jobs, n, false);
		jobs_run(&fate[1], jobs, n, true);
		fates_equal();
		assert_int_equal(fx_balance(ports, 2), 0);
	}
}

static void
test_tx(void **state)
{
	enum world w;

	(void)state;
	srand(2);
	for (w = USUAL; w < NB_WORLDS; w++) {
		if (w != GRH)
			world_set(USUAL);
		handles_make();
		world_set(w);
		tx_bursts(w == USUAL ? 600 : 60);
		world_set(USUAL);
		handles_free();
	}
	fx_no_leak();
}

/* Numbers have 24 bits, and begin again at any place of a burst; the octet before them is 0. */
static void
test_tx_psn_wrap(void **state)
{
	struct ipoib_txq *q = rte_eth_devices[ports[0]].data->tx_queues[0];
	uint32_t ah = fx_ah(ports[0], 0x0102, NULL), left, i;
	struct rte_mbuf *pkts[BURST_MAX];
	uint8_t got[FX_FRAME_MAX];
	rte_be32_t psn;

	(void)state;
	for (left = 0; left < BURST_MAX; left++) {
		q->psn = 0xffffff - left;
		for (i = 0; i < BURST_MAX; i++)
			pkts[i] = fx_packet(64, ah, 0x4321);
		assert_int_equal(rte_eth_tx_burst(ports[0], 0, pkts, BURST_MAX), BURST_MAX);
		for (i = 0; i < BURST_MAX; i++) {
			fx_sent(0, got, sizeof(got));
			memcpy(&psn, &got[OFF_BTH + 8], sizeof(psn));
			assert_int_equal(rte_be_to_cpu_32(psn), (0xffffff - left + i) & 0xffffff);
		}
	}
	assert_int_equal(pmd_ipoib_ah_destroy(ports[0], ah), 0);
	fx_no_leak();
}

/* A plain packet is, but for its number, what the oracle says. */
static void
test_tx_oracle(void **state)
{
	static const uint32_t lens[] = { 4, 61, 2048 };
	uint8_t want[FX_FRAME_MAX], got[FX_FRAME_MAX];
	struct rte_mbuf *m;
	char words[256];
	unsigned int i;
	uint32_t ah, n;

	(void)state;
	ah = fx_ah(ports[0], 0x0102, NULL);
	for (i = 0; i < RTE_DIM(lens); i++) {
		m = fx_packet(lens[i], ah, 0x4321);
		assert_int_equal(rte_eth_tx_burst(ports[0], 0, &m, 1), 1);
		n = fx_sent(0, got, sizeof(got));
		assert_int_equal(rte_be_to_cpu_16(*(unaligned_uint16_t *)&got[12]), 0x88b5);
		snprintf(words, sizeof(words),
				"dqpn=0x4321 sqpn=%u ackpsn=%u pkey=0x8001 qkey=%u len=%u "
				"dlid=0x0102 slid=4",
				qpn[0], ib_get_be24(&got[OFF_BTH + 9]), FX_QKEY, lens[i]);
		assert_int_equal(fx_oracle(words, want, sizeof(want)), n);
		assert_memory_equal(got, want, n - 6); /* but for the CRCs, which are off */
		for (n -= 6; n < OFF_ENCAP + RTE_ALIGN(lens[i], 4) + 6; n++)
			assert_int_equal(got[n], 0);
	}
	assert_int_equal(pmd_ipoib_ah_destroy(ports[0], ah), 0);
	fx_no_leak();
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rx),
		cmocka_unit_test(test_tx_oracle),
		cmocka_unit_test(test_tx),
		/* Last: numbers do not go on. */
		cmocka_unit_test(test_tx_psn_wrap),
	};
	int ret;

	if (fx_eal_setup(argc, argv) != 0)
		return 1;
	ret = cmocka_run_group_tests(tests, plain_setup, plain_teardown);
	fx_eal_teardown();
	return ret;
}

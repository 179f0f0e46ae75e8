/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef PMD_FIXTURE_H
#define PMD_FIXTURE_H

/*
 * net_ipoib ports over a carrier made of rings: the test puts frames in and
 * takes frames out, and a fake MAD library gives the identity.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <rte_mbuf.h>
#include <rte_ring.h>

#include "fake_mad.h"
#include "pmd_ipoib.h"

#define FX_LID 4
#define FX_LMC 1
#define FX_MBUFS 4095
#define FX_FRAME_MAX 4400
#define FX_QKEY 0x80000b1b
#define FX_BCAST_LID 0xc001
#define FX_ARGS "device=Hca2,carrier=net_ring_fx0"

/* The carrier: what the driver receives, and what it sent on each queue. */
#define FX_TXQ_MAX 4
struct fx_carrier {
	struct rte_ring *rx;
	struct rte_ring *tx[FX_TXQ_MAX];
	unsigned int nb_tx;
	uint16_t port;
};

extern struct rte_mempool *fx_pool;
extern struct fx_carrier fx;
extern const struct ib_gid fx_gid;

/* Set before EAL starts: scan for PCI functions, of which the test makes a tree. */
extern bool fx_pci;

/* Start EAL and the pool once; cmocka group functions. */
int fx_eal_setup(int argc, char **argv);
int fx_eal_teardown(void);

void fx_carrier_open(unsigned int nb_tx, unsigned int tx_size);
void fx_carrier_close(void);

/* ACTIVE, LID 4 with LMC 1, P_Keys ffff, 8001, 0003 (limited). */
void fx_ident(struct ipoib_mad_port *ident);

/* net_ipoib<n>; fails the test unless it comes up. */
uint16_t fx_port_open(const char *name, const char *args);
void fx_port_setup(uint16_t port, uint16_t queues, uint16_t nb_desc);
/* Poll, join the broadcast group of @p pkey, and see the link up. */
void fx_port_join(uint16_t port, uint16_t pkey);
void fx_port_close(const char *name);
void fx_bcast(uint16_t pkey, struct pmd_ipoib_bcast *b);

uint64_t fx_xstat(uint16_t port, const char *name);
/* The drops of all reasons, names of those not 0 are printed on mismatch. */
uint64_t fx_rx_drops(uint16_t port);
/* Frames, loopback and other queues' packets in, less what came out; 0 is right. */
int64_t fx_port_balance(uint16_t port);
/* The same for each, and what is between their queues; of all ports that ever were. */
int64_t fx_balance(const uint16_t *ports, unsigned int n);

/* Give @p data to the driver in @p nb_segs segments. */
void fx_inject(const uint8_t *data, uint32_t len, unsigned int nb_segs);
/* The same in two steps. */
struct rte_mbuf *fx_frame(const uint8_t *data, uint32_t len, unsigned int nb_segs);
void fx_inject_mbuf(struct rte_mbuf *m);
/* Next frame that was sent on a carrier queue; 0 for none. */
uint32_t fx_sent(unsigned int queue, uint8_t *data, uint32_t max);
/* A packet to send: encapsulation header and the oracle's pattern. */
struct rte_mbuf *fx_packet(uint32_t len, uint32_t ah, uint32_t qpn);
uint8_t fx_pattern(uint32_t i);
uint32_t fx_ah(uint16_t port, uint16_t dlid, const struct ib_gid *dgid);
uint32_t fx_unhex(const char *s, uint8_t *out, uint32_t max);
/* All mbufs are back. */
void fx_no_leak(void);

/* Run the oracle with these words; the frame that it prints. */
uint32_t fx_oracle(const char *words, uint8_t *out, uint32_t max);
extern const char *fx_oracle_path;

#endif /* PMD_FIXTURE_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef VERBS_FIXTURE_H
#define VERBS_FIXTURE_H

/* A net_ipoib port on each of the two devices of the fake. */

#include "pmd_fixture.h"

#include "fake_verbs.h"

#define VF_PKEY 0x8001
#define VF_RXD 128
#define VF_BURST 64

struct vf {
	uint16_t port[FV_DEVS];
	uint32_t qpn[FV_DEVS]; /* of queue 0 */
	uint32_t ah[FV_DEVS];  /* of port i, to the other one */
};
extern struct vf vf;

/* cmocka: settings of the fake to the usual. */
int vf_setup(void **state);
/* And: nothing is left, neither objects nor mbufs. */
int vf_teardown(void **state);

/* What the MAD library says of the device, from what the fake has. */
void vf_ident(unsigned int dev, struct ipoib_mad_port *ident);
/* And tell it the library now. */
void vf_ident_tell(unsigned int dev);
/* Both ports up and joined, an AH each to the other. */
void vf_open(void);
/* One port, not configured. */
uint16_t vf_port(unsigned int dev, const char *more);
void vf_close(void);
/* After a restart: the QPN may be another. */
void vf_look(unsigned int dev);
/* Nothing at all may be lost in the accounts. */
void vf_balance(unsigned int dev);

/* @p n packets of @p len to the other port. @return those taken, others are freed */
uint16_t vf_send(unsigned int from, uint16_t n, uint32_t len);
/* Receive what is there, check each against the pattern, free it; @p len 0: any. @return how many */
uint16_t vf_recv(unsigned int dev, uint32_t len);
/* Poll control until @p what holds; the time that the driver sees goes on. */
#define VF_WAIT(dev, what) \
	do { \
		uint64_t vf_end = rte_get_timer_cycles() + 20 * rte_get_timer_hz(); \
		while (!(what)) { \
			assert_true(rte_get_timer_cycles() < vf_end); \
			vf_poll(dev); \
		} \
	} while (0)
void vf_poll(unsigned int dev);
/* Send until one arrives at the other. */
void vf_works(unsigned int from);

/* Lines that the driver logs from now on are kept, too. */
void vf_log_begin(void);
/* @return the driver said @p text since; and the end of it. */
bool vf_log_said(const char *text);
unsigned int vf_log_lines(void);

#endif /* VERBS_FIXTURE_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_bus_vdev.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_log.h>

#include "verbs_fixture.h"

#define POLL_STEP_US 100000

struct vf vf;

static uint64_t now_us;
static FILE *log_file;
static char *log_text;
static size_t log_len;

int
vf_setup(void **state)
{
	(void)state;
	fv_reset();
	vf_ident_tell(0);
	vf_ident_tell(1);
	return 0;
}

/* What a test that failed left behind, so that the next ones can run. */
static void
ports_close(void)
{
	char name[32];
	uint16_t port;
	unsigned int i;

	for (i = 0; i < FV_DEVS; i++) {
		snprintf(name, sizeof(name), "net_ipoib%u", i);
		if (rte_eth_dev_get_port_by_name(name, &port) == 0 && rte_eth_dev_stop(port) == 0)
			rte_vdev_uninit(name);
	}
}

int
vf_teardown(void **state)
{
	static const struct fv_objects none;
	struct fv_objects o;

	(void)state;
	fv.hold = false;
	ports_close();
	o = fv_objects();
	assert_memory_equal(&o, &none, sizeof(o));
	fx_no_leak();
	assert_int_equal(fake_mad_open_count(), 0);
	return 0;
}

void
vf_ident(unsigned int dev, struct ipoib_mad_port *ident)
{
	const struct fv_dev *d = &fv.dev[dev];

	*ident = (struct ipoib_mad_port){
		.state = d->state == IBV_PORT_ACTIVE ? IPOIB_MAD_ACTIVE : IPOIB_MAD_DOWN,
		.lid = d->lid,
		.lmc = d->lmc,
		.sm_lid = 1,
		.mtu = 2048,
		.nb_pkeys = FV_PKEYS,
	};
	memcpy(ident->gid.raw, d->gid.raw, sizeof(ident->gid.raw));
	memcpy(ident->pkeys, d->pkeys, sizeof(d->pkeys));
}

void
vf_ident_tell(unsigned int dev)
{
	struct ipoib_mad_port ident;

	vf_ident(dev, &ident);
	fake_mad_set_of(fv.dev[dev].name, &ident);
}

static void
port_name(unsigned int dev, char *name, size_t len)
{
	snprintf(name, len, "net_ipoib%u", dev);
}

uint16_t
vf_port(unsigned int dev, const char *more)
{
	char name[32], args[128];

	port_name(dev, name, sizeof(name));
	snprintf(args, sizeof(args), "hca=verbs,device=%s,pkey=0x%04x%s", fv.dev[dev].name, VF_PKEY,
			more);
	return fx_port_open(name, args);
}

void
vf_look(unsigned int dev)
{
	struct pmd_ipoib_info info;

	assert_int_equal(pmd_ipoib_info_get(vf.port[dev], &info), 0);
	vf.qpn[dev] = info.qpn[0];
}

void
vf_open(void)
{
	unsigned int i;

	for (i = 0; i < FV_DEVS; i++) {
		vf.port[i] = vf_port(i, "");
		fx_port_setup(vf.port[i], 1, VF_RXD);
		fx_port_join(vf.port[i], VF_PKEY);
		vf_look(i);
	}
	for (i = 0; i < FV_DEVS; i++)
		vf.ah[i] = fx_ah(vf.port[i], fv.dev[1 - i].lid, NULL);
}

void
vf_close(void)
{
	char name[32];
	unsigned int i;

	for (i = 0; i < FV_DEVS; i++)
		vf_balance(i);
	for (i = 0; i < FV_DEVS; i++) {
		port_name(i, name, sizeof(name));
		fx_port_close(name);
	}
}

void
vf_balance(unsigned int dev)
{
	assert_int_equal(fx_port_balance(vf.port[dev]), 0);
}

uint16_t
vf_send(unsigned int from, uint16_t n, uint32_t len)
{
	struct rte_mbuf *pkts[512];
	uint16_t i, sent;

	assert_true(n <= RTE_DIM(pkts));
	for (i = 0; i < n; i++)
		pkts[i] = fx_packet(len, vf.ah[from], vf.qpn[1 - from]);
	sent = rte_eth_tx_burst(vf.port[from], 0, pkts, n);
	rte_pktmbuf_free_bulk(&pkts[sent], n - sent);
	return sent;
}

uint16_t
vf_recv(unsigned int dev, uint32_t len)
{
	struct rte_mbuf *pkts[VF_BURST];
	uint16_t i, n, sum = 0;
	const uint8_t *data;
	uint32_t k;

	while ((n = rte_eth_rx_burst(vf.port[dev], 0, pkts, VF_BURST)) > 0) {
		for (i = 0; i < n; i++) {
			if (len != 0)
				assert_int_equal(pkts[i]->pkt_len, len);
			assert_int_equal(pkts[i]->data_len, pkts[i]->pkt_len);
			assert_int_equal(pkts[i]->nb_segs, 1);
			assert_int_equal(pkts[i]->port, vf.port[dev]);
			data = rte_pktmbuf_mtod(pkts[i], const uint8_t *);
			for (k = 0; k < pkts[i]->data_len; k++)
				if (data[k] != fx_pattern(k))
					fail_msg("octet %u of %u is wrong", k, pkts[i]->data_len);
		}
		rte_pktmbuf_free_bulk(pkts, n);
		sum += n;
	}
	return sum;
}

void
vf_poll(unsigned int dev)
{
	now_us += POLL_STEP_US;
	/* The device's events are looked for by the real clock. */
	rte_delay_us_sleep(200);
	pmd_ipoib_poll(vf.port[dev], now_us);
}

void
vf_works(unsigned int from)
{
	uint64_t end = rte_get_timer_cycles() + 20 * rte_get_timer_hz();
	uint16_t got = 0;

	while (got == 0) {
		assert_true(rte_get_timer_cycles() < end);
		vf_poll(from);
		vf_poll(1 - from);
		vf_recv(1 - from, 0);
		vf_send(from, 1, 100);
		got = vf_recv(1 - from, 100);
	}
}

void
vf_log_begin(void)
{
	log_file = open_memstream(&log_text, &log_len);
	assert_non_null(log_file);
	assert_int_equal(rte_openlog_stream(log_file), 0);
}

static void
log_end(void)
{
	rte_openlog_stream(NULL);
	fclose(log_file);
	fputs(log_text, stderr);
}

unsigned int
vf_log_lines(void)
{
	unsigned int n = 0;
	const char *at;

	log_end();
	for (at = log_text; (at = strchr(at, '\n')) != NULL; at++)
		n++;
	free(log_text);
	return n;
}

bool
vf_log_said(const char *text)
{
	bool said;

	log_end();
	said = strstr(log_text, text) != NULL;
	free(log_text);
	return said;
}

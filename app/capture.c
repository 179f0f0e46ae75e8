/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <pcap/pcap.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_kvargs.h>
#include <rte_malloc.h>

#include "capture.h"
#include "capture_file.h"
#include "capture_head.h"
#include "compat.h"
#include "dp_capture.h"

/* Packets that wait for the file. */
#define RING_SIZE 4096
#define QUEUES_MAX 64
#define BURST 64
/* The file's thread: how long it sleeps, after what rest it writes what it has, how often it asks for
 * the port's identity; how long a stop waits for it.
 */
#define SLEEP_US 1000
#define REST_US 100000
#define IDENTITY_US 100000
#define END_US 2000000

struct capture {
	struct dp_capture dp; /* what workers see */
	bool used;	      /* under rows_lock */
	uint16_t port;
	uint16_t dev; /* whose callbacks: the carrier, or the port */
	char file_name[CAPTURE_FILE_MAX];
	char filter_text[128];
	struct bpf_program filter;
	const struct rte_eth_rxtx_callback *rx[QUEUES_MAX], *tx[QUEUES_MAX];
	compat_thread thread;
	_Atomic bool end;   /* write what is there, then end */
	_Atomic bool hurry; /* wait for no reader */
	_Atomic bool ended;
	/* The file's thread. */
	struct capture_file *file;
	struct pmd_ipoib_info info;
	uint64_t tsc0, ns0;
	_Atomic uint64_t written, drop_file;
	_Atomic int error;
};

static struct capture captures[CAPTURES_MAX];
/* One start or stop at a time; and for a moment only, what a slot is. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t rows_lock = PTHREAD_MUTEX_INITIALIZER;

static int __rte_format_printf(3, 4) says(struct capture_cfg *cfg, int ret, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cfg->why, sizeof(cfg->why), fmt, ap);
	va_end(ap);
	return ret;
}

/* --- the file's thread --- */

static uint64_t
tsc_to_ns(const struct capture *c, uint64_t tsc)
{
	uint64_t hz = rte_get_tsc_hz(), d = tsc > c->tsc0 ? tsc - c->tsc0 : 0;

	return c->ns0 + d / hz * NS_PER_S + d % hz * NS_PER_S / hz;
}

static void
identity(struct capture *c)
{
	uint32_t mask;

	if (pmd_ipoib_info_get(c->port, &c->info) != 0)
		return;
	mask = UINT16_MAX & ~((UINT32_C(1) << c->info.lmc) - 1);
	atomic_store_explicit(&c->dp.lids, mask << 16 | c->info.lid, memory_order_relaxed);
}

static void
packet_rebuild(struct capture *c, const struct dp_capture_rec *rec, struct capture_packet *p)
{
	struct pmd_ipoib_av av;
	bool known = rec->sent && pmd_ipoib_ah_query(c->port, rec->ah, &av) == 0;

	p->data = capture_head_build(rec, &c->info, known ? &av : NULL,
			(uint8_t *)(uintptr_t)p->data, &p->len, &p->wire_len);
	p->len = RTE_MIN(p->len, c->dp.snaplen);
}

static void
packet_write(struct capture *c, struct rte_mbuf *m)
{
	struct dp_capture_rec rec;
	struct capture_packet p;
	int ret;

	if (atomic_load(&c->error) != 0) {
		atomic_fetch_add(&c->drop_file, 1);
		return;
	}
	memcpy(&rec, rte_pktmbuf_mtod(m, char *), sizeof(rec));
	p = (struct capture_packet){
		.ns = tsc_to_ns(c, rec.tsc),
		.sent = rec.sent,
		.data = rte_pktmbuf_mtod_offset(m, char *, sizeof(rec)),
		.len = m->data_len - (uint32_t)sizeof(rec),
		.wire_len = rec.wire_len,
	};
	if (!c->dp.at_carrier)
		packet_rebuild(c, &rec, &p);
	ret = capture_file_packet(c->file, &p);
	atomic_fetch_add(ret == 0 ? &c->written : &c->drop_file, 1);
	if (ret != 0)
		atomic_store(&c->error, -ret);
}

static void
file_flush(struct capture *c)
{
	int ret = 0;

	if (atomic_load(&c->error) == 0 && c->file->used != 0)
		ret = capture_file_flush(c->file);
	if (ret != 0)
		atomic_store(&c->error, -ret);
}

static unsigned int
ring_write(struct capture *c)
{
	struct rte_mbuf *m[BURST];
	unsigned int i, n;

	n = rte_ring_dequeue_burst(c->dp.ring, (void **)m, BURST, NULL);
	for (i = 0; i < n; i++) {
		packet_write(c, m[i]);
		rte_pktmbuf_free(m[i]);
	}
	return n;
}

static compat_thread_ret
writer_main(void *arg)
{
	struct capture *c = arg;
	uint64_t now, asked = 0, wrote = control_now_us();
	bool end;

	for (;;) {
		end = atomic_load(&c->end);
		now = control_now_us();
		if (now - asked >= IDENTITY_US) {
			identity(c);
			asked = now;
		}
		if (ring_write(c) != 0)
			continue;
		if (end)
			break;
		if (now - wrote >= REST_US) {
			file_flush(c);
			wrote = now;
		}
		rte_delay_us_sleep(SLEEP_US);
	}
	file_flush(c);
	atomic_store(&c->ended, true);
	return COMPAT_THREAD_END;
}

/* --- begin --- */

static void
callbacks_remove(struct capture *c)
{
	unsigned int q;

	for (q = 0; q < QUEUES_MAX; q++) {
		if (c->rx[q] != NULL)
			rte_eth_remove_rx_callback(c->dev, (uint16_t)q, c->rx[q]);
		if (c->tx[q] != NULL)
			rte_eth_remove_tx_callback(c->dev, (uint16_t)q, c->tx[q]);
	}
}

/* What rte_eth_add_..._callback() made is ours to free once no burst uses it. */
static void
callbacks_free(struct capture *c)
{
	unsigned int q;

	for (q = 0; q < QUEUES_MAX; q++) {
		rte_free((void *)(uintptr_t)c->rx[q]);
		rte_free((void *)(uintptr_t)c->tx[q]);
		c->rx[q] = NULL;
		c->tx[q] = NULL;
	}
}

static int
callbacks_add(struct capture *c, struct capture_cfg *cfg)
{
	struct rte_eth_dev_info dev;
	uint16_t q;
	int ret;

	ret = rte_eth_dev_info_get(c->dev, &dev);
	if (ret != 0)
		return says(cfg, ret, "port %u: its device is gone", cfg->port);
	for (q = 0; q < RTE_MIN(dev.nb_rx_queues, QUEUES_MAX); q++) {
		c->rx[q] = rte_eth_add_rx_callback(c->dev, q, dp_capture_rx, &c->dp);
		if (c->rx[q] == NULL)
			return says(cfg, -rte_errno,
					"no callback on receive queue %u of port %u: %s", q, c->dev,
					rte_strerror(rte_errno));
	}
	for (q = 0; q < RTE_MIN(dev.nb_tx_queues, QUEUES_MAX); q++) {
		c->tx[q] = rte_eth_add_tx_callback(c->dev, q, dp_capture_tx, &c->dp);
		if (c->tx[q] == NULL)
			return says(cfg, -rte_errno,
					"no callback on transmit queue %u of port %u: %s", q,
					c->dev, rte_strerror(rte_errno));
	}
	return 0;
}

static int
filter_make(struct capture *c, struct capture_cfg *cfg)
{
	pcap_t *dead;
	int ret = 0;

	c->dp.filter = NULL;
	if (cfg->filter == NULL)
		return 0;
	dead = pcap_open_dead(DLT_EN10MB, UINT16_MAX);
	if (dead == NULL)
		return says(cfg, -ENOMEM, "out of memory");
	if (pcap_compile(dead, &c->filter, cfg->filter, 1, PCAP_NETMASK_UNKNOWN) != 0)
		ret = says(cfg, -EINVAL, "filter '%s': %s", cfg->filter, pcap_geterr(dead));
	else
		c->dp.filter = &c->filter;
	pcap_close(dead);
	return ret;
}

static void
filter_free(struct capture *c)
{
	if (c->dp.filter != NULL)
		pcap_freecode(&c->filter);
	c->dp.filter = NULL;
}

static int
buffers_make(struct capture *c, struct capture_cfg *cfg)
{
	uint32_t room = RTE_PKTMBUF_HEADROOM + cfg->snaplen + CAPTURE_TAIL_MAX + 7;
	unsigned int slot = (unsigned int)(c - captures);
	char name[32];

	static_assert(RTE_PKTMBUF_HEADROOM >= sizeof(struct dp_capture_rec) +
									sizeof(struct ib_grh) &&
					RTE_PKTMBUF_HEADROOM >= CAPTURE_HEAD_MAX,
			"headers are built in place");
	snprintf(name, sizeof(name), "capture_%u", slot);
	c->dp.pool = rte_pktmbuf_pool_create(name, RING_SIZE + 4 * BURST - 1, 0, 0,
			(uint16_t)RTE_ALIGN_CEIL(room, 8), SOCKET_ID_ANY);
	if (c->dp.pool == NULL)
		return says(cfg, -rte_errno, "no memory for %u packets that wait for the file: %s",
				RING_SIZE, rte_strerror(rte_errno));
	c->dp.ring = rte_ring_create(name, RING_SIZE, SOCKET_ID_ANY,
			RING_F_EXACT_SZ | RING_F_MP_RTS_ENQ | RING_F_SC_DEQ);
	return c->dp.ring != NULL ? 0 : says(cfg, -rte_errno, "no memory for the ring");
}

static void
buffers_free(struct capture *c)
{
	struct rte_mbuf *m;

	while (c->dp.ring != NULL && rte_ring_dequeue(c->dp.ring, (void **)&m) == 0)
		rte_pktmbuf_free(m);
	rte_ring_free(c->dp.ring);
	rte_mempool_free(c->dp.pool);
	c->dp.ring = NULL;
	c->dp.pool = NULL;
}

static int
file_fail(struct capture_cfg *cfg, int ret)
{
	switch (ret) {
	case -EEXIST:
		return says(cfg, ret, "'%s' is there already: another name, or remove it",
				cfg->file);
	case -ENXIO:
		return says(cfg, ret, "'%s': nobody reads that FIFO", cfg->file);
	default:
		return says(cfg, ret, "'%s': %s", cfg->file, strerror(-ret));
	}
}

static int
file_make(struct capture *c, struct capture_cfg *cfg)
{
	char name[32];
	const struct capture_file_info info = {
		.name = name,
		.text = c->dp.at_carrier ? "InfiniBand packets as on the carrier"
					 : "InfiniBand headers rebuilt from what the HCA told",
		.filter = cfg->filter,
		.snaplen = cfg->snaplen,
	};
	int ret;

	snprintf(name, sizeof(name), "port %u", cfg->port);
	c->file = calloc(1, sizeof(*c->file));
	if (c->file == NULL)
		return says(cfg, -ENOMEM, "out of memory");
	c->file->hurry = &c->hurry;
	ret = capture_file_open(c->file, cfg->file, &info);
	if (ret == 0)
		return 0;
	free(c->file);
	c->file = NULL;
	return file_fail(cfg, ret);
}

static void
file_free(struct capture *c)
{
	if (c->file == NULL)
		return;
	capture_file_close(c->file);
	free(c->file);
	c->file = NULL;
}

static void
clock_begin(struct capture *c)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	c->tsc0 = rte_rdtsc();
	c->ns0 = (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static int
check(const struct app *a, struct capture_cfg *cfg, struct capture **free_slot)
{
	unsigned int i;

	if (cfg->port >= DP_PORT_LOGICAL)
		return says(cfg, -EINVAL,
				"port %u is a logical port: capture the ports that it consists of",
				cfg->port);
	if (a->dp->port[cfg->port].kind != DP_PORT_IPOIB)
		return says(cfg, -EINVAL,
				"port %u is an Ethernet port: an IPoIB port is expected (dpdk-dumpcap "
				"captures Ethernet)",
				cfg->port);
	if (cfg->snaplen < CAPTURE_SNAPLEN_MIN || cfg->snaplen > CAPTURE_SNAPLEN_MAX)
		return says(cfg, -EINVAL, "snaplen %u: %u to %u octets are allowed", cfg->snaplen,
				CAPTURE_SNAPLEN_MIN, CAPTURE_SNAPLEN_MAX);
	if (strlen(cfg->file) >= CAPTURE_FILE_MAX)
		return says(cfg, -ENAMETOOLONG, "'%s': name too long", cfg->file);
	for (i = 0; i < CAPTURES_MAX; i++) {
		if (captures[i].used && captures[i].port == cfg->port)
			return says(cfg, -EALREADY,
					"port %u is being captured: 'ipoib capture stop %u' first",
					cfg->port, cfg->port);
		if (!captures[i].used)
			*free_slot = &captures[i];
	}
	return *free_slot != NULL
			? 0
			: says(cfg, -ENOSPC, "%u captures run, no more at a time", CAPTURES_MAX);
}

static void
used_set(struct capture *c, bool used)
{
	pthread_mutex_lock(&rows_lock);
	c->used = used;
	pthread_mutex_unlock(&rows_lock);
}

/* The carrier of the port's HCA, if that is a software HCA: its devargs name it. */
static bool
carrier_find(uint16_t port, uint16_t *carrier)
{
	char args[512];
	struct rte_kvargs *list;
	const char *name;
	bool found = false;

	if (pmd_ipoib_sibling_args(port, 0xffff, args, sizeof(args)) != 0)
		return false;
	list = rte_kvargs_parse(args, NULL);
	name = list != NULL ? rte_kvargs_get(list, "carrier") : NULL;
	if (name != NULL && name[0] != '\0')
		found = rte_eth_dev_get_port_by_name(name, carrier) == 0;
	rte_kvargs_free(list);
	return found;
}

static void
capture_reset(struct capture *c, const struct capture_cfg *cfg)
{
	memset(c, 0, sizeof(*c));
	c->port = cfg->port;
	c->dp.snaplen = cfg->snaplen;
	snprintf(c->file_name, sizeof(c->file_name), "%s", cfg->file);
	snprintf(c->filter_text, sizeof(c->filter_text), "%s",
			cfg->filter != NULL ? cfg->filter : "-");
	c->dev = cfg->port;
	c->dp.at_carrier = !cfg->rebuilt && carrier_find(cfg->port, &c->dev);
	identity(c);
	c->dp.pkey = c->info.pkey;
	clock_begin(c);
}

/* What workers may have seen of it goes after they are done with it. */
static int
callbacks_end(struct app *a, struct capture *c)
{
	int ret;

	callbacks_remove(c);
	ret = dp_turns_wait(a->dp);
	if (ret == 0)
		callbacks_free(c);
	return ret;
}

static int
begin(struct app *a, struct capture *c, struct capture_cfg *cfg)
{
	char name[16];
	int ret;

	ret = filter_make(c, cfg);
	if (ret != 0)
		return ret;
	ret = buffers_make(c, cfg);
	if (ret != 0)
		goto free_buffers;
	ret = file_make(c, cfg);
	if (ret != 0)
		goto free_buffers;
	ret = callbacks_add(c, cfg);
	if (ret != 0)
		goto end_callbacks;
	snprintf(name, sizeof(name), "capture-%u", cfg->port);
	ret = compat_control_thread(&c->thread, name, writer_main, c);
	if (ret == 0)
		return 0;
	ret = says(cfg, -EAGAIN, "no thread for the file");
end_callbacks:
	/* A worker that stalls may still be in there: then nothing of it is given back. */
	if (callbacks_end(a, c) != 0)
		return ret;
	file_free(c);
free_buffers:
	buffers_free(c);
	filter_free(c);
	return ret;
}

int
capture_start(struct app *a, struct capture_cfg *cfg)
{
	struct capture *c = NULL;
	int ret;

	pthread_mutex_lock(&lock);
	ret = check(a, cfg, &c);
	if (ret == 0) {
		capture_reset(c, cfg);
		ret = begin(a, c, cfg);
		used_set(c, ret == 0);
	}
	pthread_mutex_unlock(&lock);
	return ret;
}

/* --- end --- */

static void
row_fill(const struct capture *c, struct capture_row *r)
{
	*r = (struct capture_row){
		.port = c->port,
		.at_carrier = c->dp.at_carrier,
		.snaplen = c->dp.snaplen,
		.written = c->written,
		.octets = c->file->octets + c->file->used,
		.waiting = rte_ring_count(c->dp.ring),
		.drop_ring = c->dp.drop_ring,
		.drop_nombuf = c->dp.drop_nombuf,
		.drop_file = c->drop_file,
		.error = c->error,
	};
	memcpy(r->file, c->file_name, sizeof(r->file));
	memcpy(r->filter, c->filter_text, sizeof(r->filter));
}

static bool
wait_ended(const struct capture *c)
{
	uint64_t end = control_now_us() + END_US;

	while (!atomic_load(&c->ended)) {
		if (control_now_us() > end)
			return false;
		rte_delay_us_sleep(SLEEP_US);
	}
	return true;
}

/* A file system that does not answer at all keeps its thread and what that has, for ever. */
static void
writer_end(struct capture *c)
{
	atomic_store(&c->end, true);
	if (!wait_ended(c)) {
		atomic_store(&c->hurry, true);
		if (!wait_ended(c)) {
			APP_LOG(ERR, "capture of port %u: '%s' cannot be written and not be closed\n",
					c->port, c->file_name);
			return;
		}
	}
	compat_thread_join(c->thread);
}

static int
end(struct app *a, struct capture *c, struct capture_row *row)
{
	int ret;

	ret = callbacks_end(a, c);
	if (ret != 0)
		return ret;
	writer_end(c);
	row_fill(c, row);
	if (!atomic_load(&c->ended))
		return 0; /* its place stays taken */
	used_set(c, false);
	file_free(c);
	buffers_free(c);
	filter_free(c);
	return 0;
}

int
capture_stop(struct app *a, uint16_t port, bool hurry, struct capture_row *row)
{
	int ret = -ENOENT;
	unsigned int i;

	pthread_mutex_lock(&lock);
	for (i = 0; i < CAPTURES_MAX; i++) {
		if (captures[i].used && captures[i].port == port) {
			atomic_store(&captures[i].hurry, hurry);
			ret = end(a, &captures[i], row);
			break;
		}
	}
	pthread_mutex_unlock(&lock);
	return ret;
}

void
capture_stop_all(struct app *a)
{
	struct capture_row row;
	unsigned int i;

	for (i = 0; i < CAPTURES_MAX; i++) {
		if (captures[i].used)
			capture_stop(a, captures[i].port, true, &row);
	}
}

unsigned int
capture_rows(struct capture_row rows[CAPTURES_MAX])
{
	unsigned int i, n = 0;

	pthread_mutex_lock(&rows_lock);
	for (i = 0; i < CAPTURES_MAX; i++) {
		if (captures[i].used)
			row_fill(&captures[i], &rows[n++]);
	}
	pthread_mutex_unlock(&rows_lock);
	return n;
}

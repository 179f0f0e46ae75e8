/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Start and stop, mempools that come and go, and devices that fail. */

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_bus_vdev.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>

#include "verbs_fixture.h"

#define ROUNDS 100
#define POOL_SIZE 1023

/* The same rings: the same pair, so peers need not learn it anew. */
static void
test_restart(void **state)
{
	uint16_t port;
	uint32_t qpn;

	(void)state;
	vf_open();
	port = vf.port[0];
	qpn = vf.qpn[0];
	assert_int_equal(rte_eth_dev_stop(port), 0);
	assert_int_equal(fv_qp_state(qpn), IBV_QPS_RESET);
	assert_int_equal(rte_eth_dev_start(port), 0);
	vf_look(0);
	assert_int_equal(vf.qpn[0], qpn);
	vf_works(0);
	vf_works(1);
	assert_int_equal(rte_eth_dev_stop(port), 0);
	assert_int_equal(rte_eth_rx_queue_setup(port, 0, 2 * VF_RXD, 0, NULL, fx_pool), 0);
	assert_int_equal(rte_eth_dev_start(port), 0);
	vf_look(0);
	assert_int_not_equal(vf.qpn[0], qpn);
	assert_int_equal(fv_qp_posted(vf.qpn[0]), 2 * VF_RXD);
	vf_works(0);
	vf_works(1);
	assert_int_equal(fv_objects().qps, 2);
	vf_close();
}

/* Held: port 0 has no burst. ethdev takes and gives a port's functions and its queues one by one. */
struct traffic {
	pthread_mutex_t hold;
	bool stop;
	uint64_t sent[FV_DEVS];
	uint64_t got[FV_DEVS];
};

static void *
traffic_run(void *arg)
{
	struct traffic *t = arg;
	struct rte_mbuf *m[32];
	unsigned int dev = 0;
	uint16_t i, n;

	for (; !__atomic_load_n(&t->stop, __ATOMIC_ACQUIRE); dev = 1 - dev) {
		if (dev == 0 && pthread_mutex_trylock(&t->hold) != 0)
			continue;
		for (i = 0; i < 8; i++)
			m[i] = fx_packet(100 + 400 * (i % 2), vf.ah[dev], vf.qpn[1 - dev]);
		n = rte_eth_tx_burst(vf.port[dev], 0, m, 8);
		rte_pktmbuf_free_bulk(&m[n], 8 - n);
		__atomic_store_n(&t->sent[dev], t->sent[dev] + n, __ATOMIC_RELEASE);
		n = rte_eth_rx_burst(vf.port[dev], 0, m, RTE_DIM(m));
		rte_pktmbuf_free_bulk(m, n);
		__atomic_store_n(&t->got[dev], t->got[dev] + n, __ATOMIC_RELEASE);
		if (dev == 0)
			pthread_mutex_unlock(&t->hold);
		sched_yield();
	}
	return NULL;
}

static void
traffic_flows(const struct traffic *t)
{
	uint64_t end = rte_get_timer_cycles() + 20 * rte_get_timer_hz();
	uint64_t a = __atomic_load_n(&t->got[0], __ATOMIC_ACQUIRE);
	uint64_t b = __atomic_load_n(&t->got[1], __ATOMIC_ACQUIRE);

	while (__atomic_load_n(&t->got[0], __ATOMIC_ACQUIRE) == a ||
			__atomic_load_n(&t->got[1], __ATOMIC_ACQUIRE) == b) {
		assert_true(rte_get_timer_cycles() < end);
		sched_yield();
	}
}

static size_t
heap_used(void)
{
	struct rte_malloc_socket_stats s;

	assert_int_equal(rte_malloc_get_socket_stats(0, &s), 0);
	return s.heap_allocsz_bytes;
}

/* Under traffic, over and over: nothing of the device's is left behind, no octet of memory. */
static void
test_start_stop(void **state)
{
	struct traffic t = { .hold = PTHREAD_MUTEX_INITIALIZER };
	struct fv_objects before, after;
	size_t heap = 0;
	pthread_t thread;
	unsigned int i;

	(void)state;
	vf_open();
	before = fv_objects();
	assert_int_equal(pthread_create(&thread, NULL, traffic_run, &t), 0);
	for (i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&t.hold);
		assert_int_equal(rte_eth_dev_stop(vf.port[0]), 0);
		pmd_ipoib_poll(vf.port[1], 0);
		assert_int_equal(rte_eth_dev_start(vf.port[0]), 0);
		pthread_mutex_unlock(&t.hold);
		traffic_flows(&t);
		pmd_ipoib_poll(vf.port[0], 0);
		if (i == 10)
			heap = heap_used();
	}
	pmd_ipoib_poll(vf.port[0], 0);
	assert_true(heap_used() <= heap + 4096);
	__atomic_store_n(&t.stop, true, __ATOMIC_RELEASE);
	assert_int_equal(pthread_join(thread, NULL), 0);
	after = fv_objects();
	assert_memory_equal(&before, &after, sizeof(before));
	vf_close();
}

/* Polled all the time, also between its start and the day its group is joined. */
static void
test_start_polled(void **state)
{
	struct traffic t = { .hold = PTHREAD_MUTEX_INITIALIZER };
	struct pmd_ipoib_bcast b;
	pthread_t thread;
	unsigned int i;

	(void)state;
	vf_open();
	fx_bcast(VF_PKEY, &b);
	assert_int_equal(pthread_create(&thread, NULL, traffic_run, &t), 0);
	for (i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&t.hold);
		assert_int_equal(rte_eth_dev_stop(vf.port[0]), 0);
		assert_int_equal(pmd_ipoib_bcast_set(vf.port[0], NULL), 0);
		assert_int_equal(rte_eth_dev_start(vf.port[0]), 0);
		pthread_mutex_unlock(&t.hold);
		sched_yield();
		assert_int_equal(pmd_ipoib_bcast_set(vf.port[0], &b), 0);
		traffic_flows(&t);
	}
	__atomic_store_n(&t.stop, true, __ATOMIC_RELEASE);
	assert_int_equal(pthread_join(thread, NULL), 0);
	vf_close();
}

/* A burst does not end: the port says so, and the next start finishes the stop. */
static void *
burst_run(void *arg)
{
	struct rte_mbuf *m[4];
	uint16_t n;

	(void)arg;
	n = rte_eth_rx_burst(vf.port[0], 0, m, RTE_DIM(m));
	rte_pktmbuf_free_bulk(m, n);
	return NULL;
}

static void
test_stop_lingers(void **state)
{
	pthread_t thread;

	(void)state;
	vf_open();
	__atomic_store_n(&fv.poll_blocks, true, __ATOMIC_RELEASE);
	assert_int_equal(pthread_create(&thread, NULL, burst_run, NULL), 0);
	while (__atomic_load_n(&fv_seen.blocked, __ATOMIC_ACQUIRE) == 0)
		sched_yield();
	vf_log_begin();
	assert_int_equal(rte_eth_dev_stop(vf.port[0]), 0);
	assert_true(vf_log_said("does not end"));
	assert_int_equal(rte_eth_dev_start(vf.port[0]), -EBUSY);
	__atomic_store_n(&fv.poll_blocks, false, __ATOMIC_RELEASE);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(rte_eth_dev_start(vf.port[0]), 0);
	vf_works(0);
	vf_works(1);
	vf_close();
}

/* Two sends queues and one receive queue: the pair without buffers comes, works and goes. */
static void
test_uneven_queues(void **state)
{
	struct rte_eth_conf conf = { 0 };
	uint64_t before;
	struct rte_mbuf *m;
	uint16_t port;

	(void)state;
	vf_open();
	port = vf.port[0];
	fx_port_close("net_ipoib0");
	vf.port[0] = port = vf_port(0, ",queues=2");
	assert_int_equal(rte_eth_dev_configure(port, 1, 2, &conf), 0);
	assert_int_equal(rte_eth_rx_queue_setup(port, 0, VF_RXD, 0, NULL, fx_pool), 0);
	assert_int_equal(rte_eth_tx_queue_setup(port, 0, 512, 0, NULL), 0);
	assert_int_equal(rte_eth_tx_queue_setup(port, 1, 512, 0, NULL), 0);
	assert_int_equal(rte_eth_dev_start(port), 0);
	fx_port_join(port, VF_PKEY);
	vf_look(0);
	vf.ah[0] = fx_ah(port, fv.dev[1].lid, NULL);
	m = fx_packet(300, vf.ah[0], vf.qpn[1]);
	assert_int_equal(rte_eth_tx_burst(port, 1, &m, 1), 1);
	assert_int_equal(vf_recv(1, 300), 1);
	before = rte_get_timer_cycles();
	assert_int_equal(rte_eth_dev_stop(port), 0);
	assert_true(rte_get_timer_cycles() - before < 10 * rte_get_timer_hz());
	assert_int_equal(rte_eth_dev_start(port), 0);
	vf_works(0);
	vf_works(1);
	vf_close();
}

#define OLD_POLLS 1300 /* of vf_poll(): more than two minutes */

/* A datagram for a QPN arrives at this receive queue. */
static void
arrives(uint32_t qpn, uint16_t queue)
{
	static const uint8_t data[200];
	struct rte_mbuf *m[2];

	assert_true(fv_inject(0, qpn, fv.dev[1].lid, vf.qpn[1], NULL, data, sizeof(data)));
	assert_int_equal(rte_eth_rx_burst(vf.port[0], queue, m, RTE_DIM(m)), 1);
	rte_pktmbuf_free(m[0]);
}

static void
queues_set(uint16_t n, struct pmd_ipoib_info *info)
{
	assert_int_equal(rte_eth_dev_stop(vf.port[0]), 0);
	fx_port_setup(vf.port[0], n, VF_RXD);
	vf_works(0);
	vf_works(1);
	assert_int_equal(pmd_ipoib_info_get(vf.port[0], info), 0);
	assert_int_equal(info->nb_qps, n);
}

/* QPNs of queues that are gone are received for two minutes; who returns has his old one. */
static void
test_queue_count(void **state)
{
	struct pmd_ipoib_info four, two, again;
	unsigned int i;

	(void)state;
	vf_open();
	fx_port_close("net_ipoib0");
	vf.port[0] = vf_port(0, ",queues=4");
	fx_port_setup(vf.port[0], 4, VF_RXD);
	fx_port_join(vf.port[0], VF_PKEY);
	vf_look(0);
	vf.ah[0] = fx_ah(vf.port[0], fv.dev[1].lid, NULL);
	assert_int_equal(pmd_ipoib_info_get(vf.port[0], &four), 0);
	assert_int_equal(four.nb_qps, 4);
	queues_set(2, &two);
	assert_memory_equal(two.qpn, four.qpn, 2 * sizeof(four.qpn[0]));
	assert_int_equal(fv_objects().qps, 4 + 1);
	for (i = 0; i < 4; i++)
		arrives(four.qpn[i], i % 2);
	queues_set(4, &again);
	assert_memory_equal(again.qpn, four.qpn, sizeof(four.qpn));
	for (i = 0; i < 4; i++)
		arrives(four.qpn[i], i);
	queues_set(1, &two);
	for (i = 0; i < 4; i++)
		arrives(four.qpn[i], 0);
	for (i = 0; i < OLD_POLLS; i++)
		vf_poll(0);
	assert_int_equal(fv_objects().qps, 1 + 1);
	arrives(four.qpn[0], 0);
	vf_works(0);
	vf_works(1);
	vf_close();
}

/* Two send queues, and a receive queue that goes: its QPN stays as long as it sends. */
static void
test_receive_queue_gone(void **state)
{
	struct rte_eth_conf conf = { 0 };
	struct pmd_ipoib_info info;
	struct rte_mbuf *m;
	unsigned int i;

	(void)state;
	vf_open();
	fx_port_close("net_ipoib0");
	vf.port[0] = vf_port(0, ",queues=2");
	fx_port_setup(vf.port[0], 2, VF_RXD);
	fx_port_join(vf.port[0], VF_PKEY);
	assert_int_equal(pmd_ipoib_info_get(vf.port[0], &info), 0);
	assert_int_equal(rte_eth_dev_stop(vf.port[0]), 0);
	assert_int_equal(rte_eth_dev_configure(vf.port[0], 1, 2, &conf), 0);
	assert_int_equal(rte_eth_dev_start(vf.port[0]), 0);
	vf_look(0);
	vf.ah[0] = fx_ah(vf.port[0], fv.dev[1].lid, NULL);
	vf_works(0);
	for (i = 0; i < OLD_POLLS; i++)
		vf_poll(0);
	arrives(info.qpn[0], 0);
	arrives(info.qpn[1], 0);
	m = fx_packet(300, vf.ah[0], vf.qpn[1]);
	assert_int_equal(rte_eth_tx_burst(vf.port[0], 1, &m, 1), 1);
	assert_int_equal(vf_recv(1, 300), 1);
	vf_close();
}

/* Said once, however often the group is taken; what fits a carrier's frame does not matter. */
static void
test_mbufs_small(void **state)
{
	struct pmd_ipoib_bcast b;
	unsigned int i;

	(void)state;
	vf_open();
	fx_bcast(VF_PKEY, &b);
	b.ib_mtu = 4096;
	vf_log_begin();
	for (i = 0; i < 5; i++)
		assert_int_equal(pmd_ipoib_bcast_set(vf.port[0], &b), -ERANGE);
	assert_int_equal(vf_log_lines(), 1);
	b.ib_mtu = 2048;
	assert_int_equal(pmd_ipoib_bcast_set(vf.port[0], &b), 0);
	b.ib_mtu = 4096;
	vf_log_begin();
	assert_int_equal(pmd_ipoib_bcast_set(vf.port[0], &b), -ERANGE);
	assert_true(vf_log_said("IB MTU 4096 needs mbufs for 4096 octets, they take 2"));
	vf_works(0);
	vf_close();
}

static void
from_pool(struct rte_mempool *mp, unsigned int copied)
{
	uint64_t before = fx_xstat(vf.port[0], "tx_copied");
	struct rte_mbuf *m = rte_pktmbuf_alloc(mp);
	uint32_t i;

	assert_non_null(m);
	assert_non_null(rte_pktmbuf_append(m, 700));
	for (i = 0; i < 700; i++)
		rte_pktmbuf_mtod(m, uint8_t *)[i] = fx_pattern(i);
	pmd_ipoib_meta(m)->ah = vf.ah[0];
	pmd_ipoib_meta(m)->qpn = vf.qpn[1];
	assert_int_equal(rte_eth_tx_burst(vf.port[0], 0, &m, 1), 1);
	assert_int_equal(vf_recv(1, 700), 1);
	rte_eth_tx_done_cleanup(vf.port[0], 0, 0);
	assert_int_equal(fx_xstat(vf.port[0], "tx_copied"), before + copied);
}

/* Mempools made while the port runs are known at once, and forgotten when they go. */
static void
test_pool_late(void **state)
{
	struct rte_mempool *mp;
	unsigned int i;
	int mrs;

	(void)state;
	vf_open();
	mrs = fv_objects().mrs;
	for (i = 0; i < 20; i++) {
		mp = rte_pktmbuf_pool_create("late", POOL_SIZE, 0, 0, 1024 + i * 64, SOCKET_ID_ANY);
		assert_non_null(mp);
		assert_int_equal(fv_objects().mrs, mrs + FV_DEVS);
		from_pool(mp, 0);
		rte_mempool_free(mp);
		assert_int_equal(fv_objects().mrs, mrs);
		from_pool(fx_pool, 0);
		pmd_ipoib_poll(vf.port[0], 0);
	}
	vf_close();
}

static void
chunk_free(struct rte_mempool_memhdr *hdr, void *opaque)
{
	(void)opaque;
	munmap(hdr->addr, hdr->len);
}

/* In several pieces of memory, with holes between. */
static void
test_pool_chunks(void **state)
{
	const size_t len = 1 << 20;
	struct rte_mempool *mp;
	unsigned int i;
	int mrs, n = 0;
	char *at;

	(void)state;
	vf_open();
	mrs = fv_objects().mrs;
	mp = rte_mempool_create_empty("chunks", POOL_SIZE,
			RTE_PKTMBUF_HEADROOM + 2048 + sizeof(struct rte_mbuf), 0,
			sizeof(struct rte_pktmbuf_pool_private), SOCKET_ID_ANY, 0);
	assert_non_null(mp);
	rte_pktmbuf_pool_init(mp, NULL);
	while (mp->populated_size < POOL_SIZE) {
		at = mmap(NULL, 3 * len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		assert_ptr_not_equal(at, MAP_FAILED);
		assert_int_equal(mprotect(at + len, len, PROT_READ | PROT_WRITE), 0);
		munmap(at, len);
		munmap(at + 2 * len, len);
		assert_true(rte_mempool_populate_virt(mp, at + len, len, 4096, chunk_free, NULL) >
				0);
		n++;
	}
	assert_true(n > 1);
	rte_mempool_obj_iter(mp, rte_pktmbuf_init, NULL);
	assert_true(fv_objects().mrs >= mrs + FV_DEVS);
	for (i = 0; i < 50; i++)
		from_pool(mp, 0);
	rte_mempool_free(mp);
	assert_int_equal(fv_objects().mrs, mrs);
	vf_close();
}

static struct rte_mempool *
pinned_pool(void *mem, size_t len)
{
	const struct rte_pktmbuf_extmem ext = {
		.buf_ptr = mem,
		.buf_iova = (uintptr_t)mem,
		.buf_len = len,
		.elt_size = 4096,
	};

	return rte_pktmbuf_pool_create_extbuf("pinned", 500, 0, 0, 4096, SOCKET_ID_ANY, &ext, 1);
}

/*
 * Buffers in memory of the program's own, bound to their mbufs for ever: received
 * into, sent from, and forgotten with their mempool, so that the memory may be
 * given back.
 */
static void
test_pool_pinned(void **state)
{
	const size_t len = 512 * 4096;
	struct rte_mempool *mp;
	struct rte_mbuf *m;
	void *mem;
	int mrs;

	(void)state;
	mem = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(mem, MAP_FAILED);
	vf_open();
	mrs = fv_objects().mrs;
	mp = pinned_pool(mem, len);
	assert_non_null(mp);
	assert_int_equal(rte_eth_dev_stop(vf.port[1]), 0);
	assert_int_equal(rte_eth_rx_queue_setup(vf.port[1], 0, VF_RXD, 0, NULL, mp), 0);
	assert_int_equal(rte_eth_dev_start(vf.port[1]), 0);
	vf_look(1);
	assert_int_equal(vf_send(0, 1, 300), 1);
	assert_int_equal(rte_eth_rx_burst(vf.port[1], 0, &m, 1), 1);
	assert_true((char *)m->buf_addr >= (char *)mem && (char *)m->buf_addr < (char *)mem + len);
	assert_true(RTE_MBUF_HAS_PINNED_EXTBUF(m));
	/* Its kind is what frees it the right way. */
	assert_true(RTE_MBUF_HAS_EXTBUF(m));
	rte_pktmbuf_free(m);
	vf_works(0);
	vf_works(1);
	/* Sent from there, too. */
	m = rte_pktmbuf_alloc(mp);
	assert_non_null(rte_pktmbuf_append(m, 300));
	memset(rte_pktmbuf_mtod(m, void *), 0, 300);
	pmd_ipoib_meta(m)->ah = vf.ah[1];
	pmd_ipoib_meta(m)->qpn = vf.qpn[0];
	assert_int_equal(rte_eth_tx_burst(vf.port[1], 0, &m, 1), 1);
	assert_int_equal(fx_xstat(vf.port[1], "tx_copied"), 0);
	rte_eth_tx_done_cleanup(vf.port[1], 0, 0);
	assert_int_equal(rte_eth_rx_burst(vf.port[0], 0, &m, 1), 1);
	rte_pktmbuf_free(m);
	assert_int_equal(rte_eth_dev_stop(vf.port[1]), 0);
	assert_int_equal(rte_mempool_avail_count(mp), 500);
	assert_int_equal(rte_eth_rx_queue_setup(vf.port[1], 0, VF_RXD, 0, NULL, fx_pool), 0);
	rte_mempool_free(mp);
	assert_int_equal(fv_objects().mrs, mrs);
	munmap(mem, len);
	vf_close();
}

/* The device fails: its port goes down and stays, nothing else does. */
static void
test_fatal(void **state)
{
	struct rte_eth_link link;
	unsigned int killed;

	(void)state;
	for (killed = 0; killed < 2; killed++) {
		vf_open();
		fv.hold = true;
		assert_int_equal(vf_send(0, 20, 300), 20);
		if (killed)
			fv_kill(0);
		else
			fv_event(0, IBV_EVENT_DEVICE_FATAL, 0);
		vf_log_begin();
		VF_WAIT(0,
				rte_eth_link_get_nowait(vf.port[0], &link) == 0 &&
						link.link_status == RTE_ETH_LINK_DOWN);
		assert_true(vf_log_said("device 'fake0' has failed or was taken out"));
		fv.hold = false;
		assert_int_equal(vf_send(0, 5, 300), 5);
		assert_int_equal(fx_xstat(vf.port[0], "tx_drop_not_active"), 5);
		vf_recv(0, 300);
		assert_int_equal(rte_eth_link_get_nowait(vf.port[1], &link), 0);
		assert_int_equal(link.link_status, RTE_ETH_LINK_UP);
		assert_int_equal(vf_send(1, 5, 300), 5);
		vf_poll(1);
		assert_int_equal(rte_eth_dev_stop(vf.port[0]), 0);
		vf_log_begin();
		assert_int_not_equal(rte_eth_dev_start(vf.port[0]), 0);
		assert_true(vf_log_said("device 'fake0' is gone"));
		vf_close();
		vf_teardown(NULL);
		vf_setup(NULL);
	}
}

/* What the device tells of its port reaches the MAD layer; of another port it does not. */
static void
test_events(void **state)
{
	static const struct {
		enum ibv_event_type type;
		uint32_t mad;
	} rows[] = {
		{ IBV_EVENT_PORT_ACTIVE, IPOIB_MAD_EV_STATE },
		{ IBV_EVENT_PORT_ERR, IPOIB_MAD_EV_STATE },
		{ IBV_EVENT_LID_CHANGE, IPOIB_MAD_EV_LID },
		{ IBV_EVENT_PKEY_CHANGE, IPOIB_MAD_EV_PKEY },
		{ IBV_EVENT_SM_CHANGE, IPOIB_MAD_EV_SM },
		{ IBV_EVENT_GID_CHANGE, IPOIB_MAD_EV_GID },
		{ IBV_EVENT_CLIENT_REREGISTER, IPOIB_MAD_EV_REREGISTER },
		{ IBV_EVENT_QP_FATAL, 0 },
		{ IBV_EVENT_CQ_ERR, 0 },
	};
	uint64_t acked;
	unsigned int i;

	(void)state;
	vf_open();
	for (i = 0; i < RTE_DIM(rows); i++) {
		fake_mad_injected();
		acked = fv_seen.events_acked;
		fv_event(0, rows[i].type, 1);
		fv_event(0, rows[i].type, 2);
		VF_WAIT(0, fv_seen.events_acked == acked + 2);
		assert_int_equal(fake_mad_injected(), rows[i].mad);
	}
	fv_event(0, IBV_EVENT_LID_CHANGE, 2);
	VF_WAIT(0, fv_seen.events_acked == acked + 3);
	assert_int_equal(fake_mad_injected(), 0);
	vf_works(0);
	vf_close();
}

int
main(int argc, char **argv)
{
#define VF_TEST(f) cmocka_unit_test_setup_teardown(f, vf_setup, vf_teardown)
	const struct CMUnitTest tests[] = {
		VF_TEST(test_restart),
		VF_TEST(test_start_stop),
		VF_TEST(test_start_polled),
		VF_TEST(test_stop_lingers),
		VF_TEST(test_uneven_queues),
		VF_TEST(test_queue_count),
		VF_TEST(test_receive_queue_gone),
		VF_TEST(test_mbufs_small),
		VF_TEST(test_pool_late),
		VF_TEST(test_pool_chunks),
		VF_TEST(test_pool_pinned),
		VF_TEST(test_fatal),
		VF_TEST(test_events),
	};
	int ret;

	if (fx_eal_setup(argc, argv) != 0)
		return 1;
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	fx_eal_teardown();
	return ret;
}

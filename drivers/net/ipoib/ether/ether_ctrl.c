/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Control of all ports in mode=ether: the host of the resolver. Turns are taken by a service where
 * the program runs it, else by a control thread of ours, which looks whether somebody does.
 */

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <rte_malloc.h>
#include <rte_service.h>
#include <rte_service_component.h>

#include "ether_pmd.h"

/* Pace of the control thread: while something happens, and else. Bursts cannot wake it. */
#define PACE_BUSY_US 100
#define PACE_IDLE_US 1000
/* It counts as busy for so long after something happened. */
#define BUSY_US (100 * CTL_US_PER_MS)
/* Nobody has run the service for so long: the thread does its work. */
#define SERVICE_GONE_US (20 * CTL_US_PER_MS)
/* Packets of a turn, each way. */
#define TURN_MAX 256
/* What leaving the fabric may take. */
#define LEAVE_WAIT_US (200 * CTL_US_PER_MS)
/* Readers of a port: its receive and its transmit queues. */
#define PORT_READERS (2 * PMD_IPOIB_QUEUES_MAX)

pthread_mutex_t ether_lock = PTHREAD_MUTEX_INITIALIZER;

/* What a port of the resolver's is for us. */
struct ctl_port_ip {
	struct ether_dev *e;
};

static struct {
	struct control c;
	unsigned int users;
	/* By the number of the Ethernet port. */
	struct ether_dev *dev[RTE_MAX_ETHPORTS];
	uint32_t service;
	bool has_service;
	compat_thread thread;
	_Atomic bool stop;
	_Atomic uint64_t served; /* when the service was last run */
	uint64_t busy;		 /* when something last happened */
} ctrl;

static uint64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * CTL_US_PER_S + (uint64_t)ts.tv_nsec / 1000;
}

/* --- hooks of the resolver --- */

/* By either number of a port. */
static struct ether_dev *
dev_of(const struct control *c, uint16_t port)
{
	if (port < RTE_MAX_ETHPORTS && ctrl.dev[port] != NULL)
		return ctrl.dev[port];
	return port < CTL_PORTS_MAX && c->ports[port] != NULL ? c->ports[port]->ip->e : NULL;
}

static void
tx_flush(struct ether_dev *e)
{
	uint16_t i, sent = 0;
	uint64_t bytes = 0;

	if (e->nb_tx == 0)
		return;
	for (i = 0; i < e->nb_tx; i++)
		bytes += e->tx[i]->pkt_len + RTE_ETHER_HDR_LEN - IPOIB_HDR_LEN;
	sent = e->lower->tx_pkt_burst(e->lower->data->tx_queues[e->txq], e->tx, e->nb_tx);
	ipoib_count(&e->ctl_tx.packets, sent);
	for (i = sent; i < e->nb_tx; i++) {
		bytes -= e->tx[i]->pkt_len + RTE_ETHER_HDR_LEN - IPOIB_HDR_LEN;
		ether_drop(&e->ctl_tx, ETHER_PMD_tx_full, e->tx[i]);
	}
	ipoib_count(&e->ctl_tx.bytes, bytes);
	e->nb_tx = 0;
}

static void
on_inject(struct control *c, struct ctl_port *p, struct rte_mbuf *m)
{
	struct ether_dev *e = p->ip->e;

	RTE_SET_USED(c);
	e->tx[e->nb_tx++] = m;
	if (e->nb_tx == ETHER_CTL_BURST)
		tx_flush(e);
}

static void
on_lose(struct control *c, uint16_t port, enum ctl_lost why, uint32_t n)
{
	static const uint8_t drop[] = {
		[CTL_LOST_NO_PATH] = ETHER_PMD_no_path,
		[CTL_LOST_QUEUE_FULL] = ETHER_PMD_queue_full,
		[CTL_LOST_TABLE_FULL] = ETHER_PMD_table_full,
		[CTL_LOST_MCAST] = ETHER_PMD_group,
		[CTL_LOST_MCAST_FULL] = ETHER_PMD_group_full,
		[CTL_LOST_NOMBUF] = ETHER_DROP_nombuf,
	};
	struct ether_dev *e = dev_of(c, port);

	if (e != NULL)
		ipoib_count(&e->ctl_tx.drop[drop[why]], n);
}

static void
on_undelivered(struct control *c, struct rte_mbuf *m)
{
	ctl_lose(c, CTL_LOST_NO_PATH, m);
}

/* What is too large for a path cannot be cut here: that is IP's. */
static uint16_t
on_narrow(struct control *c, uint16_t mtu, struct rte_mbuf *m, struct rte_mbuf **parts)
{
	struct ether_dev *e = dev_of(c, m->port);

	if (m->pkt_len <= (uint32_t)mtu + IPOIB_HDR_LEN) {
		parts[0] = m;
		return 1;
	}
	if (e != NULL)
		ether_drop(&e->ctl_tx, ETHER_PMD_too_big, m);
	else
		rte_pktmbuf_free(m);
	return 0;
}

/* The link of the ethdev, and who cares for it. */
static void
link_show(struct ether_dev *e, bool up)
{
	struct rte_eth_link link = e->lower->data->dev_link;

	link.link_status = up ? RTE_ETH_LINK_UP : RTE_ETH_LINK_DOWN;
	link.link_duplex = RTE_ETH_LINK_FULL_DUPLEX;
	if (link.link_speed == RTE_ETH_SPEED_NUM_NONE && up)
		link.link_speed = RTE_ETH_SPEED_NUM_UNKNOWN;
	if (rte_eth_linkstatus_set(e->dev, &link) == 0)
		e->link_event = !e->hidden;
}

static void
on_shown(struct control *c, struct ctl_port *p)
{
	struct ether_dev *e = p->ip->e;

	RTE_SET_USED(c);
	if (e->neigh != p->neigh)
		e->neigh = p->neigh;
	if (e->ahset != p->ahset)
		__atomic_store_n(&e->ahset, p->ahset, __ATOMIC_RELEASE);
	if (!ib_gid_equal(&e->bcast, &p->bcast.mgid))
		e->bcast = p->bcast.mgid;
	atomic_store(&e->mtu, atomic_load(&p->mtu));
	if (p->up)
		e->dev->data->mtu = atomic_load(&p->mtu);
	if (atomic_load(&e->up) == p->up)
		return;
	atomic_store_explicit(&e->up, p->up, memory_order_release);
	link_show(e, p->up);
}

static void
hooks_set(struct control *c)
{
	c->inject = on_inject;
	c->lose = on_lose;
	c->undelivered = on_undelivered;
	c->narrow = on_narrow;
	c->shown = on_shown;
	c->follow_local = true;
}

/* --- packets from bursts --- */

/* What a peer says of itself: it will likely be answered. */
static void
peer_heard(struct ether_dev *e, const struct ether_from *from, const struct ipoib_addr *addr)
{
	if (!ipoib_addr_is_unicast_valid(addr) || ib_gid_equal(&addr->gid, &e->self.addr.gid))
		return;
	path_hint(e->p, &addr->gid, from->slid);
	resolve_prefetch(e->p, addr);
}

static void
in_one(struct ether_dev *e, struct rte_mbuf *m, uint64_t now)
{
	const struct ipoib_hdr *hdr = rte_pktmbuf_mtod(m, const struct ipoib_hdr *);
	bool arp = hdr->type == RTE_BE16(IPOIB_TYPE_ARP) &&
			m->data_len >= sizeof(*hdr) + sizeof(struct ipoib_arp);
	struct ipoib_addr sender = { 0 };
	struct ether_from from;
	int ret;

	ether_from_fill(&from, m);
	if (arp)
		sender = ((const struct ipoib_arp *)(hdr + 1))->sha;
	ret = ether_in(e->table, &e->self, now, &m, &from);
	if (ret < 0) {
		ether_drop(&e->ctl_rx, (unsigned int)(-1 - ret), m);
		return;
	}
	if (arp)
		peer_heard(e, &from, &sender);
	if (ret == ETHER_TAKEN) {
		ipoib_count(&e->ctl_rx.taken, 1);
		rte_pktmbuf_free(m);
		return;
	}
	m->port = e->port_id;
	m->packet_type |= RTE_PTYPE_L2_ETHER;
	if (rte_ring_enqueue(e->app, m) != 0)
		ether_drop(&e->ctl_rx, ETHER_PMD_control, m);
}

/*
 * Peers over our receive queues, by the address they are told: the same for one peer as long as
 * there are as many queues.
 */
static void
self_spread(struct ether_dev *e, const struct rte_ether_addr *peer)
{
	uint64_t mac = ether_mac64(peer);
	uint32_t hash = rte_jhash_2words((uint32_t)mac, (uint32_t)(mac >> 32), 0);
	uint16_t n = e->p->info.nb_qps, q = 0;

	if (n > 1 && !rte_is_multicast_ether_addr(peer))
		q = (uint16_t)(hash % n);
	ipoib_addr_set(&e->self.addr, e->p->info.qpn[q], &e->p->info.gid);
}

/*
 * The data of what is freed does not begin later than where the program had it, wherever it is freed:
 * the encapsulation header will lie where the Ethernet header was.
 */
static void
step_back(struct rte_mbuf *m)
{
	const uint16_t longer = RTE_ETHER_HDR_LEN - IPOIB_HDR_LEN;
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);

	if (rte_pktmbuf_headroom(m) < longer)
		return;
	memmove(p - longer, p, m->data_len);
	m->data_off -= longer;
}

static void
out_one(struct ether_dev *e, struct rte_mbuf *m, uint64_t now)
{
	struct rte_ether_addr dst;
	struct ipoib_addr to;
	int ret;

	if (!e->p->up) {
		ether_drop(&e->ctl_tx, ETHER_DROP_no_link, m);
		return;
	}
	step_back(m);
	dst = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *)->dst_addr;
	self_spread(e, &dst);
	ether_groups_snoop(e, m, now);
	ret = ether_out(e->table, &e->self, now, &m, &to);
	if (ret < 0) {
		if (ret == ETHER_DROPPED(unknown))
			ether_unknown_ask(e, &dst, now);
		ether_drop(&e->ctl_tx, (unsigned int)(-1 - ret), m);
	} else if (ret == ETHER_TAKEN) {
		ipoib_count(&e->ctl_tx.taken, 1);
		rte_pktmbuf_free(m);
	} else {
		/* Not the resolver's own: its groups are to be known to bursts. */
		m->port = e->port_id;
		resolve_send(e->p, &to, m);
	}
}

/* @return whether there was anything */
static bool
ring_run(struct ether_dev *e, struct rte_ring *r,
		void (*fn)(struct ether_dev *e, struct rte_mbuf *m, uint64_t now), uint64_t now)
{
	struct rte_mbuf *pkts[CTL_BURST];
	uint32_t i, n, done = 0;

	do {
		n = rte_ring_dequeue_burst(r, (void **)pkts, CTL_BURST, NULL);
		for (i = 0; i < n; i++)
			fn(e, pkts[i], now);
		done += n;
	} while (n == CTL_BURST && done < TURN_MAX);
	return done > 0;
}

/* --- the turn --- */

static void
self_follow(struct ether_dev *e)
{
	const struct ctl_port *p = e->p;

	ipoib_addr_set(&e->self.addr, p->info.qpn[0], &p->info.gid);
	e->self.mac = e->mac;
	e->self.bcast = p->up ? p->bcast.mgid : (struct ib_gid){ 0 };
	e->self.mtu = atomic_load(&p->mtu);
}

static void
port_turn(struct ether_dev *e)
{
	uint64_t now = ctrl.c.now;
	bool busy;

	link_run(e->p);
	self_follow(e);
	busy = ring_run(e, e->in, in_one, now);
	busy |= ring_run(e, e->out, out_one, now);
	ctl_ipoib_run(e->p);
	ether_table_iterate(e->table, now, CTL_ITERATE_MAX);
	ether_groups_run(e, now);
	tx_flush(e);
	if (busy || paths_busy(e->p))
		ctrl.busy = now;
}

static void
turn(void)
{
	uint16_t i;

	ctrl.c.now = now_us();
	hcas_poll(&ctrl.c);
	for (i = 0; i < RTE_MAX_ETHPORTS; i++) {
		if (ctrl.dev[i] != NULL && ctrl.dev[i]->p != NULL)
			port_turn(ctrl.dev[i]);
	}
	timers_run(&ctrl.c);
	for (i = 0; i < RTE_MAX_ETHPORTS; i++) {
		if (ctrl.dev[i] != NULL && ctrl.dev[i]->p != NULL)
			tx_flush(ctrl.dev[i]);
	}
}

/* Is the device gone, and the program does not know yet? */
static bool
is_removed(const struct ether_dev *e)
{
	const struct ipoib_port *port = e->lower->data->dev_private;

	return port->removed && !e->removed && !e->hidden;
}

/* Whoever is called back may call us: not under the lock. */
static void
events_tell(void)
{
	struct ether_dev *e;
	struct rte_eth_dev *dev, *gone;
	uint16_t i;

	for (i = 0; i < RTE_MAX_ETHPORTS; i++) {
		dev = gone = NULL;
		pthread_mutex_lock(&ether_lock);
		e = ctrl.dev[i];
		if (e != NULL && e->link_event) {
			e->link_event = false;
			dev = e->dev;
		}
		if (e != NULL && is_removed(e)) {
			e->removed = true;
			gone = e->dev;
		}
		pthread_mutex_unlock(&ether_lock);
		if (dev != NULL)
			rte_eth_dev_callback_process(dev, RTE_ETH_EVENT_INTR_LSC, NULL);
		if (gone != NULL)
			rte_eth_dev_callback_process(gone, RTE_ETH_EVENT_INTR_RMV, NULL);
	}
}

static bool
any_event(void)
{
	uint16_t i;

	for (i = 0; i < RTE_MAX_ETHPORTS; i++) {
		if (ctrl.dev[i] != NULL && (ctrl.dev[i]->link_event || is_removed(ctrl.dev[i])))
			return true;
	}
	return false;
}

static int32_t
service_run(void *arg)
{
	bool event;

	RTE_SET_USED(arg);
	atomic_store_explicit(&ctrl.served, now_us(), memory_order_relaxed);
	/* The program configures a port: the next time. */
	if (pthread_mutex_trylock(&ether_lock) != 0)
		return 0;
	turn();
	event = any_event();
	pthread_mutex_unlock(&ether_lock);
	if (event)
		events_tell();
	return 0;
}

static compat_thread_ret
thread_run(void *arg)
{
	uint64_t now, pause;
	bool event;

	RTE_SET_USED(arg);
	while (!atomic_load(&ctrl.stop)) {
		now = now_us();
		if (atomic_load_explicit(&ctrl.served, memory_order_relaxed) + SERVICE_GONE_US >
				now) {
			usleep(PACE_IDLE_US);
			continue;
		}
		pthread_mutex_lock(&ether_lock);
		turn();
		event = any_event();
		pause = ctrl.busy + BUSY_US > now ? PACE_BUSY_US : PACE_IDLE_US;
		pthread_mutex_unlock(&ether_lock);
		if (event)
			events_tell();
		usleep((useconds_t)pause);
	}
	return COMPAT_THREAD_END;
}

/* --- start and end --- */

static int
rcu_make(void)
{
	const uint32_t readers = RTE_MAX_ETHPORTS * PORT_READERS;
	struct rte_rcu_qsbr *v;

	v = rte_zmalloc("ether_rcu", rte_rcu_qsbr_get_memsize(readers), RTE_CACHE_LINE_SIZE);
	if (v == NULL)
		return -ENOMEM;
	rte_rcu_qsbr_init(v, readers);
	ctrl.c.rcu = v;
	return 0;
}

/* Without a service the thread does it all. */
static void
service_make(void)
{
	struct rte_service_spec spec = {
		.name = "net_ipoib_ether", .callback = service_run, .socket_id = SOCKET_ID_ANY
	};

	ctrl.has_service = rte_service_component_register(&spec, &ctrl.service) == 0;
	if (ctrl.has_service)
		rte_service_component_runstate_set(ctrl.service, 1);
}

int
ether_ctrl_get(void)
{
	int ret;

	if (ctrl.users++ > 0)
		return 0;
	ctrl.c = (struct control){ 0 };
	LIST_INIT(&ctrl.c.hcas);
	hooks_set(&ctrl.c);
	ctrl.c.now = now_us();
	ret = rcu_make();
	if (ret != 0)
		goto fail;
	atomic_store(&ctrl.stop, false);
	ret = compat_control_thread(&ctrl.thread, "ipoib-ether", thread_run, NULL);
	if (ret != 0) {
		rte_free(ctrl.c.rcu);
		goto fail;
	}
	service_make();
	return 0;
fail:
	ctrl.users--;
	return ret < 0 ? ret : -ret;
}

/* The lock is given up meanwhile: both may wait for it. */
static void
runners_end(void)
{
	int i;

	atomic_store(&ctrl.stop, true);
	if (ctrl.has_service)
		rte_service_component_runstate_set(ctrl.service, 0);
	pthread_mutex_unlock(&ether_lock);
	compat_thread_join(ctrl.thread);
	for (i = 0; i < 1000 && ctrl.has_service && rte_service_may_be_active(ctrl.service) == 1;
			i++)
		usleep(1000);
	pthread_mutex_lock(&ether_lock);
	if (ctrl.has_service)
		rte_service_component_unregister(ctrl.service);
	ctrl.has_service = false;
}

void
ether_ctrl_put(void)
{
	if (--ctrl.users > 0)
		return;
	runners_end();
	hcas_free(&ctrl.c);
	nlwatch_stop(&ctrl.c);
	timers_free(&ctrl.c);
	rte_free(ctrl.c.rcu);
	ctrl.c.rcu = NULL;
}

struct rte_rcu_qsbr *
ether_ctrl_rcu(const struct ether_dev *e, unsigned int *first)
{
	*first = (unsigned int)e->port_id * PORT_READERS;
	return ctrl.c.rcu;
}

void
ether_ctrl_known(struct ether_dev *e, bool known)
{
	ctrl.dev[e->port_id] = known ? e : NULL;
}

void
ether_ctrl_identity(struct ether_dev *e, uint64_t us)
{
	uint64_t end = now_us() + us;
	struct pmd_ipoib_info info;

	do {
		pmd_ipoib_poll(e->lower_id, now_us());
		if (pmd_ipoib_info_get(e->lower_id, &info) != 0 || !ib_gid_is_zero(&info.gid))
			return;
		usleep(1000);
	} while (now_us() < end);
}

static void
port_free(struct ctl_port *p)
{
	ctl_ipoib_fini(p);
	ctrl.c.ports[p->id] = NULL;
	free(p->ip);
	free(p);
}

static int
port_make(struct ether_dev *e, struct ctl_port **out)
{
	struct ctl_port *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return -ENOMEM;
	p->ip = calloc(1, sizeof(*p->ip));
	if (p->ip == NULL) {
		free(p);
		return -ENOMEM;
	}
	p->ip->e = e;
	p->c = &ctrl.c;
	p->id = e->lower_id;
	atomic_store(&p->mtu, e->lower->data->mtu);
	ctrl.c.ports[p->id] = p;
	*out = p;
	return 0;
}

int
ether_ctrl_start(struct ether_dev *e)
{
	struct ctl_port *p;
	int ret;

	ctrl.c.now = now_us();
	ret = port_make(e, &p);
	if (ret != 0)
		return ret;
	ret = ctl_ipoib_init(p);
	if (ret != 0) {
		ETHER_LOG(ERR, "port %u: no resolver: %s", e->port_id, strerror(-ret));
		port_free(p);
		return ret;
	}
	p->admin_mtu = e->admin_mtu;
	e->p = p;
	self_follow(e);
	ether_groups_start(e);
	return 0;
}

static bool
alone_on_hca(const struct ctl_port *p)
{
	uint16_t i;

	for (i = 0; i < CTL_PORTS_MAX; i++) {
		if (ctrl.c.ports[i] != NULL && ctrl.c.ports[i] != p &&
				ctrl.c.ports[i]->hca == p->hca)
			return false;
	}
	return true;
}

/* What the SA is told goes out before its client ends. */
static void
leave_wait(const struct ctl_port *p)
{
	uint64_t end = now_us() + LEAVE_WAIT_US;
	struct ipoib_sa_stats s;

	while (p->hca->alive && alone_on_hca(p) && now_us() < end) {
		ctrl.c.now = now_us();
		hcas_poll(&ctrl.c);
		ipoib_sa_stats_get(p->hca->sa, &s);
		if (s.outstanding + s.queued == 0)
			return;
		usleep(1000);
	}
}

static void
ring_drop(struct rte_ring *r, struct ether_counters *ctr)
{
	void *m;

	while (rte_ring_dequeue(r, &m) == 0)
		ether_drop(ctr, ETHER_PMD_stopped, m);
}

void
ether_ctrl_stop(struct ether_dev *e)
{
	struct ctl_port *p = e->p;

	if (p == NULL)
		return;
	ctrl.c.now = now_us();
	ether_groups_stop(e);
	ether_unknown_stop(e);
	p->leaving = true;
	link_leave(p);
	tx_flush(e);
	leave_wait(p);
	e->p = NULL;
	port_free(p);
	e->neigh = NULL;
	ring_drop(e->out, &e->ctl_tx);
	ring_drop(e->in, &e->ctl_rx);
	ring_drop(e->app, &e->ctl_rx);
}

int
ether_ctrl_mtu(struct ether_dev *e, uint16_t mtu)
{
	e->admin_mtu = mtu;
	if (e->p == NULL)
		return 0;
	ctrl.c.now = now_us();
	e->p->admin_mtu = mtu;
	if (e->p->bcast.ah != PMD_IPOIB_AH_NONE)
		link_mtu_set(e->p, (uint16_t)(e->p->bcast.rec.mtu - IPOIB_HDR_LEN));
	return 0;
}

void
ether_ctrl_now(void)
{
	ctrl.c.now = now_us();
}

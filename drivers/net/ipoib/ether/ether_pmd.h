/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef ETHER_PMD_H
#define ETHER_PMD_H

/*
 * mode=ether: an Ethernet port on top of a native one. The native port is a hidden ethdev of ours
 * (the lower one, owned, so no program takes it for a port of its own); lib/ipoib_ctrl resolves for
 * it, lib/ipoib_ether translates.
 *
 * Three kinds of threads:
 *  - bursts: a queue each, its owner; nothing but look-ups. What they cannot do (packets that
 *    carry addresses, destinations without a path) goes to control by two rings;
 *  - control: one for all ports of the process, for an HCA's MADs have one user: an rte_service,
 *    or a control thread as long as nobody runs that. It writes all tables, and sends by a
 *    transmit queue of the lower port that is its own. Under ether_lock;
 *  - the program's, that configures: under ether_lock.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <ethdev_driver.h>
#include <rte_rcu_qsbr.h>
#include <rte_ring.h>

#include "compat.h"
#include "ipoib_ctrl.h"
#include "ipoib_ether.h"
#include "ipoib_pmd.h"
#include "ipoib_rx_ether.h"

#define ETHER_LOG(level, fmt, ...) \
	rte_log(RTE_LOG_##level, ipoib_logtype, "net_ipoib: " fmt "\n", ##__VA_ARGS__)

/* Packets of one burst that are worked on at a time. */
#define ETHER_BURST 32
/* Packets that may wait for control, in each direction, and for the program; then drop_control. */
#define ETHER_RING 4096
/* Packets that control sends in one go. */
#define ETHER_CTL_BURST 32
/* Places of a transmit queue for MACs; a power of two. */
#define ETHER_TX_CACHE 1024
/* Entries of the filter of MACs: the port's own first. */
#define ETHER_MACS_MAX 128
#define ETHER_MCASTS_MAX 256
/* Groups that locals joined by IGMP or MLD. */
#define ETHER_SNOOPED_MAX 512
#define ETHER_GROUPS_MAX (ETHER_MACS_MAX + ETHER_MCASTS_MAX + ETHER_SNOOPED_MAX)
/* Senders that the SA is asked about at a time; it is asked about one again after so long. */
#define ETHER_UNKNOWN_MAX 16
#define ETHER_UNKNOWN_US CTL_US_PER_S
/* A group is left if no report came for so long (RFC 3376 8.4, twice 125 s and a bit). */
#define ETHER_SNOOP_US (260 * CTL_US_PER_S)

/* Why a packet ended here, beyond ETHER_DROPS. */
#define ETHER_PMD_DROPS(X) \
	X(control, "ring to or from the control thread full") \
	X(too_big, "larger than the MTU of the link or of the path") \
	X(no_path, "no path to the peer from the SA, or the port is down") \
	X(queue_full, "queue of an unresolved peer full") \
	X(table_full, "table of neighbours or groups full") \
	X(group, "group that is none of this link") \
	X(group_full, "queue of a group that is being joined full") \
	X(tx_full, "transmit queue of the control thread full") \
	X(vlan, "tag of a VLAN that has no partition") \
	X(stopped, "the port was stopped before it was sent or given on")

enum ether_pmd_drop {
	ETHER_PMD_FIRST = ETHER_DROP_MAX - 1,
#define ETHER_PMD_ENUM(name, text) ETHER_PMD_##name,
	ETHER_PMD_DROPS(ETHER_PMD_ENUM)
#undef ETHER_PMD_ENUM
			ETHER_PMD_DROP_MAX
};

/* One writer: the queue's owner, or control. */
struct ether_counters {
	uint64_t packets, bytes; /* given to the program, or accepted by the lower port */
	uint64_t control;	 /* handed to control; not a fate */
	uint64_t taken;		 /* ended with us: for nobody else to know */
	uint64_t drop[ETHER_PMD_DROP_MAX];
};

/* A peer that a transmit queue has met. */
struct ether_tx_place {
	uint64_t mac; /* 0: free */
	uint64_t gen; /* of the table */
	struct ipoib_neigh_ref ref;
	uint32_t tick;
};

struct ether_dev;

struct ether_rxq {
	struct ether_dev *e;
	void *lower; /* its queue */
	unsigned int reader;
	uint16_t id;
	uint16_t port_id;
	bool cksum;    /* asked to check what the lower port does not */
	uint16_t turn; /* the first to be polled: a VLAN, or the port itself */
	struct ether_counters ctr __rte_cache_aligned;
	struct ether_counters base;
	struct ipoib_rx_ether plain; /* the lower queue's, too */
};

struct ether_txq {
	struct ether_dev *e;
	void *lower;
	unsigned int reader;
	uint16_t id;
	struct ether_counters ctr __rte_cache_aligned;
	struct ether_counters base;
	struct ether_tx_place cache[ETHER_TX_CACHE];
};

/* A group that is received because of the filter, or because a local joined it. */
struct ether_group {
	struct ib_gid mgid;
	uint64_t until; /* of a snooped one */
	bool filter, snooped;
};

/* A sender that is known by LID and QPN alone: the SA is asked who that is. */
struct ether_unknown {
	struct ether_dev *e;
	uint16_t slid;
	uint32_t qpn;
	ipoib_sa_req_t req; /* 0: not under way */
	uint64_t again;	    /* not before */
};

/* A VLAN, and the hidden port in mode=ether of its partition. */
struct ether_vlan {
	uint16_t id;
	uint16_t port_id;
};

/* An ethdev's private data; in shared memory. */
struct ether_dev {
	struct rte_eth_dev *dev;
	uint16_t port_id;
	bool started;
	bool hidden; /* of a VLAN: programs are not told of it */

	/* --- what bursts read; written while the port is stopped, or atomically --- */
	struct rte_eth_dev *lower;
	uint16_t lower_id;
	_Atomic bool up;
	_Atomic uint16_t mtu;
	struct rte_rcu_qsbr *rcu;
	struct ether_table *table;
	struct ipoib_neigh *neigh;
	struct ipoib_ahset *ahset;
	struct rte_ether_addr mac;
	struct ib_gid bcast;  /* only changed while the link is down */
	struct rte_ring *out; /* frames from transmit queues to control */
	struct rte_ring *in;  /* packets from receive queues to control */
	struct rte_ring *app; /* frames from control to receive queue 0 */
	struct ether_vlan vlan[IPOIB_VLANS_MAX];
	uint16_t nb_vlans;

	/* --- control --- */
	struct ctl_port *p; /* NULL: stopped */
	bool link_event;    /* still to be told to the program */
	bool removed;	    /* was told */
	uint16_t admin_mtu; /* 0: the link's */
	struct ether_port self;
	uint16_t txq; /* of the lower port: control's */
	struct rte_mbuf *tx[ETHER_CTL_BURST];
	uint16_t nb_tx;
	struct ether_counters ctl_tx, ctl_rx, ctl_tx_base, ctl_rx_base;
	struct ether_unknown unknown[ETHER_UNKNOWN_MAX];
	struct ether_group *groups; /* ETHER_GROUPS_MAX */
	uint32_t nb_groups;
	bool follow; /* promiscuous or allmulticast: as told to the resolver */
	uint64_t groups_look;
	uint64_t groups_full; /* refused for lack of room */

	/* --- the program's settings --- */
	uint16_t max_queues;
	uint16_t pkey;
	bool promisc, allmulti;
	struct rte_ether_addr mcast[ETHER_MCASTS_MAX];
	uint32_t nb_mcast;
	struct ether_counters rx_gone, tx_gone; /* of queues that were released */
};

extern pthread_mutex_t ether_lock;
extern const struct eth_dev_ops ether_eth_dev_ops, ether_secondary_ops;

/* All that a port has but its ethdev; it is stopped. Takes ether_lock. */
void ether_dev_fini(struct ether_dev *e);

/* --- bursts (ether_rx.c, ether_tx.c) --- */

uint16_t ether_rx_burst(void *rxq, struct rte_mbuf **pkts, uint16_t n);
uint16_t ether_tx_burst(void *txq, struct rte_mbuf **pkts, uint16_t n);
/* Where a received packet (data at the encapsulation header) came from. */
void ether_from_fill(struct ether_from *from, struct rte_mbuf *m);

/* Of ports with VLANs (ether_vlan.c). */
uint16_t ether_vlan_rx_burst(void *rxq, struct rte_mbuf **pkts, uint16_t n);
uint16_t ether_vlan_tx_burst(void *txq, struct rte_mbuf **pkts, uint16_t n);
/* One that is nobody else's, with the same in it. @return NULL: no mbuf, counted; m is freed */
struct rte_mbuf *ether_tx_own(struct ether_txq *q, struct rte_mbuf *m);

static inline void
ether_drop(struct ether_counters *c, unsigned int why, struct rte_mbuf *m)
{
	ipoib_count(&c->drop[why], 1);
	rte_pktmbuf_free(m);
}

static inline uint64_t
ether_mac64(const struct rte_ether_addr *mac)
{
	uint64_t v = 0;

	memcpy(&v, mac, sizeof(*mac));
	return v;
}

/* --- control (ether_ctrl.c, ether_unknown.c); ether_lock held --- */

/* A frame for a MAC that no peer has: if it stands for a sender, ask the SA who that is. */
void ether_unknown_ask(struct ether_dev *e, const struct rte_ether_addr *mac, uint64_t now);
void ether_unknown_stop(struct ether_dev *e);

/* The first port comes, the last one goes. @return 0, -errno */
int ether_ctrl_get(void);
void ether_ctrl_put(void);
/* The lower port is started: resolve for it. @return 0, -errno */
int ether_ctrl_start(struct ether_dev *e);
/* Leave the fabric; waits a bounded time for the SA. The lower port is still started. */
void ether_ctrl_stop(struct ether_dev *e);
/* Links of the port are told to the program, or no longer. */
void ether_ctrl_known(struct ether_dev *e, bool known);
/* Where bursts say that they are past; first: number of the port's first reader. */
struct rte_rcu_qsbr *ether_ctrl_rcu(const struct ether_dev *e, unsigned int *first);
int ether_ctrl_mtu(struct ether_dev *e, uint16_t mtu);
/* Before the resolver is called out of turn. */
void ether_ctrl_now(void);
/* Poll an HCA without a resolver, until it is known who we are, at most that long. */
void ether_ctrl_identity(struct ether_dev *e, uint64_t us);

/* --- groups (ether_mcast.c); ether_lock held --- */

/* The filter of the program has changed. */
void ether_groups_filter(struct ether_dev *e);
/* Control: what locals said of membership by a packet (frame at the Ethernet header). */
void ether_groups_snoop(struct ether_dev *e, const struct rte_mbuf *m, uint64_t now);
/* Control, each tick: membership runs out. */
void ether_groups_run(struct ether_dev *e, uint64_t now);
/* The resolver's port is new, or about to go. */
void ether_groups_start(struct ether_dev *e);
void ether_groups_stop(struct ether_dev *e);

/* --- VLANs (ether_vlan.c): as with the port itself, so with the hidden ones --- */

int ether_vlans_configure(struct ether_dev *e);
int ether_vlans_rxq_setup(struct ether_dev *e, uint16_t id, uint16_t nb_desc, unsigned int socket,
		const struct rte_eth_rxconf *conf, struct rte_mempool *mp);
int ether_vlans_txq_setup(struct ether_dev *e, uint16_t id, uint16_t nb_desc, unsigned int socket,
		const struct rte_eth_txconf *conf);
int ether_vlans_start(struct ether_dev *e);
void ether_vlans_stop(struct ether_dev *e);
int ether_vlans_reset(struct ether_dev *e);
void ether_vlans_close(struct ether_dev *e);
void ether_vlans_mtu(struct ether_dev *e, uint16_t mtu);
void ether_vlans_mac(struct ether_dev *e);
/* ether_lock held. */
void ether_vlans_filter(struct ether_dev *e);
void ether_vlans_stats(const struct ether_dev *e, struct rte_eth_stats *sum);
void ether_vlans_stats_reset(struct ether_dev *e);
/* NULL: only how many. */
unsigned int ether_vlans_xstats(
		const struct ether_dev *e, struct rte_eth_xstat *x, unsigned int max);
unsigned int ether_vlans_xstats_names(
		const struct ether_dev *e, struct rte_eth_xstat_name *names, unsigned int max);

/* --- statistics (ether_stats.c) --- */

int ether_stats_get(struct rte_eth_dev *dev, struct rte_eth_stats *stats,
		struct compat_queue_stats *queues);
int ether_stats_reset(struct rte_eth_dev *dev);
int ether_xstats_get(struct rte_eth_dev *dev, struct rte_eth_xstat *xstats, unsigned int n);
int ether_xstats_get_names(
		struct rte_eth_dev *dev, struct rte_eth_xstat_name *names, unsigned int n);
/* What a queue that goes has counted stays the port's. */
void ether_counters_keep(struct ether_counters *sum, const struct ether_counters *c,
		const struct ether_counters *base);

#endif /* ETHER_PMD_H */

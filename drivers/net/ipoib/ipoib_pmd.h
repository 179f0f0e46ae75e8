/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef IPOIB_PMD_H
#define IPOIB_PMD_H

/*
 * Inside of the driver: the HCA object, its ports and queues, and the table of
 * functions that a backend fills.
 *
 * Who writes what: everything here belongs to the control side under hca->lock,
 * but for the counters of a queue, which its owner writes. Bursts take no lock
 * and read only what a backend published for them.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <ethdev_driver.h>
#include <rte_ether.h>
#include <rte_log.h>
#include <rte_mempool.h>
#include <rte_rcu_qsbr.h>
#include <rte_ring.h>

#include "compat.h"
#include "pmd_ipoib.h"

extern int ipoib_logtype;
#define IPOIB_LOG(level, fmt, ...) \
	rte_log(RTE_LOG_##level, ipoib_logtype, "net_ipoib: " fmt "\n", ##__VA_ARGS__)

/* Ports on one HCA port; a bit each in a 64-bit mask. */
#define IPOIB_HCA_PORTS_MAX 64
/* HCA ports in the process. */
#define IPOIB_HCAS_MAX 16
#define IPOIB_AH_MAX 65536
#define IPOIB_GROUPS_MAX 4096
/* Range of the IP MTU; the highest is that of IB MTU 4096. */
#define IPOIB_PMD_MTU_DEFAULT IPOIB_MTU_2K
#define IPOIB_RX_DESC_DEFAULT 4096

/* Why a received packet was dropped, in the order of the checks. */
#define IPOIB_RX_DROPS(X) \
	X(NOT_ACTIVE, "not_active") /* the port or the link is not up, or was stopped */ \
	X(ETHERTYPE, "ethertype") \
	X(TRUNCATED, "truncated") /* the frame ends before the packet does */ \
	X(LRH, "lrh")		  /* link version */ \
	X(VL, "vl") \
	X(LNH, "lnh") \
	X(LENGTH, "length") /* packet length against its headers and padding */ \
	X(TOO_LONG, "too_long") \
	X(DLID, "dlid") \
	X(SLID, "slid") \
	X(GRH, "grh") /* missing on multicast, or malformed */ \
	X(OPCODE, "opcode") \
	X(TVER, "tver") \
	X(VCRC, "vcrc") \
	X(ICRC, "icrc") \
	X(DGID, "dgid") \
	X(QPN, "qpn") \
	X(PKEY, "pkey") \
	X(QKEY, "qkey") \
	X(SELF, "self") \
	X(NOMBUF, "nombuf") \
	X(RING_FULL, "ring_full") \
	X(COMPLETION, "completion") /* verbs: the device ended the receive with an error */

/* Why a packet to be sent was dropped. */
#define IPOIB_TX_DROPS(X) \
	X(NOT_ACTIVE, "not_active") \
	X(PKEY, "pkey") /* the P_Key is not where the queue pairs look for it */ \
	X(NO_AH, "no_ah") \
	X(TOO_SHORT, "too_short") \
	X(TOO_LONG, "too_long") \
	X(NOT_JOINED, "not_joined") \
	X(NOMBUF, "nombuf") \
	X(CARRIER, "carrier") \
	X(QP_ERROR, "qp_error") /* verbs: the queue pair is being brought back, or refused it */ \
	X(COMPLETION, "completion") /* verbs: accepted, then ended by the device with an error */

#define IPOIB_ENUM_RX(sym, name) IPOIB_RX_DROP_##sym,
#define IPOIB_ENUM_TX(sym, name) IPOIB_TX_DROP_##sym,
enum ipoib_rx_drop { IPOIB_RX_DROPS(IPOIB_ENUM_RX) IPOIB_RX_DROP_MAX };
enum ipoib_tx_drop { IPOIB_TX_DROPS(IPOIB_ENUM_TX) IPOIB_TX_DROP_MAX };
/* What the checks return for a good packet. */
#define IPOIB_RX_OK IPOIB_RX_DROP_MAX

/*
 * Receive side of the balance; a transmit queue has them too, for its loopback.
 * Each port's holds by itself, so that it still does when another port is gone:
 * carrier + loopback + copies + taken_over = packets + handed_over + all drops.
 */
struct ipoib_rx_counters {
	uint64_t packets; /* given to the application */
	uint64_t bytes;
	uint64_t carrier;     /* frames taken from the carrier */
	uint64_t loopback;    /* packets of our own ports for our own ports */
	uint64_t copies;      /* further copies for several members of a group */
	uint64_t handed_over; /* put into the ring of another queue */
	uint64_t taken_over;  /* got out of the own ring */
	uint64_t drop[IPOIB_RX_DROP_MAX];
};

struct ipoib_tx_counters {
	uint64_t packets; /* accepted: on the carrier, in its backlog or looped back */
	uint64_t bytes;
	uint64_t copied; /* verbs: out of memory that the device does not know */
	uint64_t drop[IPOIB_TX_DROP_MAX];
};

/* One writer, the queue's owner; read from anywhere. */
static inline void
ipoib_count(uint64_t *c, uint64_t n)
{
	__atomic_store_n(c, *c + n, __ATOMIC_RELAXED);
}

static inline uint64_t
ipoib_counter(const uint64_t *c)
{
	return __atomic_load_n(c, __ATOMIC_RELAXED);
}

struct ipoib_hca;
struct ipoib_port;
struct soft_ctxq;
struct ipoib_rxq;

/* Receive queues that a burst, begun before their port stopped, may still fill. */
struct ipoib_linger {
	struct ipoib_rxq *next;
	uint64_t token;
};

struct ipoib_rxq {
	struct ipoib_hca *hca;
	struct ipoib_port *port;
	void *backend;	       /* the backend's own, while the port is started */
	struct rte_ring *ring; /* what others received or looped back for this queue */
	struct rte_mempool *mp;
	uint16_t port_id;
	uint16_t queue_id;
	uint16_t next; /* carrier queue to poll first */
	uint16_t step; /* receive queues of the port */
	uint16_t nb_desc;
	unsigned int reader; /* number in hca->qsbr */
	/* In mode=ether, since the first start: headers that the backend may write itself. */
	struct ipoib_rx_ether *ether;

	struct ipoib_rx_counters rx __rte_cache_aligned;
	/* Below: not touched by bursts. */
	struct ipoib_rx_counters rx_base;
	struct ipoib_linger linger;
} __rte_cache_aligned;

struct ipoib_txq {
	struct ipoib_hca *hca;
	struct ipoib_port *port;
	void *backend;		   /* the backend's own, while the port is started */
	struct soft_ctxq *carrier; /* NULL while the port is stopped */
	struct rte_mempool *mp;	   /* for packets that cannot be built in place */
	uint32_t qpn;
	uint32_t psn;
	uint16_t queue_id;
	uint16_t nb_desc;
	unsigned int reader;

	struct ipoib_tx_counters tx __rte_cache_aligned;
	struct ipoib_rx_counters rx;
	/* Below: not touched by bursts. */
	struct ipoib_tx_counters tx_base;
	struct ipoib_rx_counters rx_base;
} __rte_cache_aligned;

/* What an address handle is in use for. */
enum ipoib_ah_kind { IPOIB_AH_FREE, IPOIB_AH_LOCAL, IPOIB_AH_GLOBAL };

/* Address handle, in wire order as far as that helps. Written before its number is given out. */
struct ipoib_ah {
	struct ib_gid dgid;
	/* The LRH as it lies in memory: service level, next header and DLID; the rest is 0. */
	uint64_t lrh;
	rte_be32_t ver_tclass_flow;
	uint8_t hop_limit;
	uint8_t static_rate;
	uint8_t src_path_bits;
	uint8_t kind; /* enum ipoib_ah_kind: the last to be set, the first to be cleared */
} __rte_aligned(32);
static_assert(sizeof(struct ipoib_ah) == 32, "two address handles a cache line");

static inline uint64_t
ipoib_ah_lrh(uint8_t sl, bool is_global, uint16_t dlid)
{
	uint8_t next = is_global ? IB_LNH_GLOBAL : IB_LNH_LOCAL;

	return (uint64_t)(sl << 4 | next) << 8 | (uint64_t)rte_cpu_to_be_16(dlid) << 16;
}

static inline uint16_t
ipoib_ah_dlid(const struct ipoib_ah *ah)
{
	return rte_be_to_cpu_16((uint16_t)(ah->lrh >> 16));
}

/* Words of an LRH, and the DLID once more in the upper half: it is in the MAC address, too. */
static inline uint64_t
ipoib_ah_local(uint64_t lrh)
{
	return lrh | (lrh & 0xffff0000) << 16;
}

/* Free numbers go round in order, so that a number rests as long as possible. */
struct ipoib_ah_table {
	struct ipoib_ah *ah;
	/* ipoib_ah_local() of those without GRH, 0: not one of them; what nearly all packets need, in a
	 * quarter of the cache. Set after the handle and cleared before. */
	uint64_t *local;
	uint32_t *free;
	uint32_t head;
	uint32_t nb_free;
};

struct ipoib_group {
	struct ib_gid mgid;
	uint16_t mlid;
	bool send_only;
	/* The backend's: where it is attached, 0: nowhere. */
	uint16_t attached;
};

/* VLANs of a port in mode=ether. */
#define IPOIB_VLANS_MAX 8
#define IPOIB_PEERS_MAX 8

/* What the devargs say; all strings bounded. */
struct ipoib_devargs {
	char hca[8];
	char device[IPOIB_MAD_NAME_LEN];
	char mad[64];
	char carrier[RTE_ETH_NAME_MAX_LEN];
	uint8_t port;
	uint16_t pkey;
	uint16_t queues;
	uint32_t qpn; /* of the first queue pair, the others follow; 0: random ones */
	bool crc;
	bool roce;  /* verbs: a port whose link layer is Ethernet will do */
	bool grh;   /* as if the port said that it requires GRHs */
	bool ether; /* mode=ether: an Ethernet port on top of the native one */
	int numa;   /* SOCKET_ID_ANY: that of the carrier */
	uint16_t nb_vlans;
	struct {
		uint16_t id, pkey;
	} vlan[IPOIB_VLANS_MAX]; /* mode=ether: partitions that are VLANs */
	uint16_t nb_peers;
	struct {
		struct rte_ether_addr mac;
		struct ipoib_addr addr;
	} peer[IPOIB_PEERS_MAX]; /* mode=ether: peers that have a MAC of the user's */
};

struct ipoib_port {
	struct ipoib_hca *hca;
	struct rte_eth_dev *dev;
	void *backend; /* the backend's own */
	uint16_t port_id;
	uint8_t slot; /* index in hca->ports */
	bool started;
	bool joined;
	bool up;
	bool hidden;	/* below a port in mode=ether: that tells programs of events */
	bool removed;	/* the device is gone */
	bool lingers;	/* stopped, but a burst may still hold its queues */
	uint16_t pkey;	/* as configured */
	int pkey_index; /* in the HCA port's table, as the QPs have it; -1: none */
	uint64_t pkey_cycles;
	uint16_t max_queues; /* as configured */
	uint16_t nb_qps;
	uint16_t nb_groups;
	uint16_t user_mtu;  /* 0: follow the link */
	uint32_t max_frame; /* most octets that a receive mempool's mbufs take; 0 unknown */
	uint16_t told_mtu;  /* IB MTU that they do not take, as was logged; 0: none */
	bool told_foreign;  /* many packets with keys of others */
	uint32_t qpn[PMD_IPOIB_QUEUES_MAX];
	struct pmd_ipoib_bcast bcast;
	struct ipoib_group *groups;
	struct ipoib_ah_table ah;
	struct rte_ether_addr mac;
	/* Of queues that were set up anew or are configured no more: the port's sums go on. */
	struct ipoib_rx_counters rx_gone;
	struct ipoib_tx_counters tx_gone;
	uint64_t hw_base[PMD_IPOIB_HW_COUNTERS_MAX];
};

struct ipoib_hca_ops;
struct ipoib_hwcnt;

struct ipoib_hca {
	const struct ipoib_hca_ops *ops;
	struct rte_rcu_qsbr *qsbr;
	void *backend; /* the backend's own */
	int socket;
	bool crc;
	bool stale;	 /* control side only: the bursts do not have the newest view */
	bool grh_device; /* the device says that every packet needs a GRH */
	bool gone;	 /* the device has failed or was taken out */
	bool told_gone;
	uint64_t rx_offloads; /* that the device has */
	uint64_t tx_offloads;

	/* Below: control side only, under the lock. */
	pthread_mutex_t lock;
	int id;
	unsigned int nb_ports;
	struct ipoib_port *ports[IPOIB_HCA_PORTS_MAX];
	struct ipoib_mad *mad;	/* NULL: RoCE */
	uint64_t identity_us;	/* then: when to look next */
	uint64_t foreign_us;	/* when to look for packets with keys of others next */
	uint64_t retry_us;	/* what is stale is tried again then */
	uint64_t now_us;	/* of the last poll */
	struct ipoib_hwcnt *hw; /* of the control thread, but for what others may read */
	struct ipoib_mad_port ident;
	struct ipoib_devargs args; /* of the first port */
	uint32_t carrier_frame;	   /* largest frame that the carrier's mbufs take; 0: not started */
	struct ipoib_rxq *linger_first;
	uint64_t reader_used[RTE_MAX_LCORE * 4 / 64];
};

/* Reader numbers of an HCA: a receive and a transmit queue each have one. */
#define IPOIB_READERS_MAX (RTE_MAX_LCORE * 4)

/* What a device says of its port that nobody else does. */
struct ipoib_hca_attr {
	uint16_t ib_mtu;	  /* active, octets */
	uint32_t pkey_violations; /* packets with a wrong P_Key so far */
	uint32_t qkey_violations;
};

/* A backend. Control side, hca->lock held, unless said otherwise. */
struct ipoib_hca_ops {
	const char *name;
	bool own_qpns;	/* the device numbers the queue pairs, not we */
	bool datagrams; /* a receive mbuf takes the datagram, not a whole frame of a carrier */
	int (*open)(struct ipoib_hca *hca);
	/* No port is left. */
	void (*close)(struct ipoib_hca *hca);
	/* A port comes, or goes; NULL: nothing to do for that. */
	int (*port_add)(struct ipoib_hca *hca, struct ipoib_port *port);
	void (*port_del)(struct ipoib_hca *hca, struct ipoib_port *port);
	/* Is what the port needs there? */
	int (*configure)(struct ipoib_hca *hca, struct ipoib_port *port);
	/* Packets may flow once the port is in the published view. */
	int (*start)(struct ipoib_hca *hca, struct ipoib_port *port);
	/* Afterwards no other port's burst uses this port's queues, or port->lingers is set. */
	void (*stop)(struct ipoib_hca *hca, struct ipoib_port *port);
	/* Identity, groups or ports changed: publish them to the bursts. */
	int (*publish)(struct ipoib_hca *hca);
	/*
	 * A group of a port came or changed, or is not @p there any more: publish that alone.
	 * @return 0, -EAGAIN: only publish() can. NULL: it always must.
	 */
	int (*group_publish)(struct ipoib_port *port, const struct ipoib_group *g, bool there);
	/* Without MADs (RoCE): the identity as the device has it; NULL: no such thing. @return 0, -errno */
	int (*identity)(struct ipoib_hca *hca, struct ipoib_mad_port *ident);
	/* Release what readers have left behind; never waits. */
	void (*reclaim)(struct ipoib_hca *hca);
	/* Address handle @p n is about to be given out, or was given back; NULL as above. */
	int (*ah_create)(struct ipoib_port *port, uint32_t n, const struct pmd_ipoib_av *av);
	void (*ah_destroy)(struct ipoib_port *port, uint32_t n);
	/* A group is about to be forgotten; NULL as above. */
	void (*group_del)(struct ipoib_port *port, struct ipoib_group *g);
	uint32_t (*link_speed)(const struct ipoib_hca *hca);
	/*
	 * Attributes of the HCA port; NULL: none. Control thread, not under the lock.
	 * @return 0 or -errno
	 */
	int (*port_query)(const struct ipoib_hca *hca, struct ipoib_hca_attr *attr);
	/* Packets in rings between queues and in the backlog of sends. */
	uint64_t (*rx_held)(const struct ipoib_port *port);
	uint64_t (*tx_held)(const struct ipoib_port *port);
	/* Called by the queue's owner. */
	eth_rx_burst_t rx_burst;
	eth_tx_burst_t tx_burst;
	/* Give back what was sent; NULL: nothing is kept. */
	eth_tx_done_cleanup_t tx_cleanup;
};

extern const struct ipoib_hca_ops ipoib_hca_soft;
extern const struct ipoib_hca_ops ipoib_hca_verbs;

/*
 * Wait until every burst that has begun is over, at most a second. Lock held.
 * @return they are
 */
bool ipoib_hca_grace_wait(struct ipoib_hca *hca);

/* Parse and check; on error one line is logged and -EINVAL returned. */
int ipoib_devargs_parse(const char *name, const char *text, struct ipoib_devargs *args);

/* The text that ipoib_devargs_parse() reads, for a port beside it: without qpn. @return 0, -ENOSPC */
int ipoib_devargs_format(const struct ipoib_devargs *args, char *buf, size_t len);

/* A new ethdev's inside, of a virtual device or a PCI function; struct ipoib_devargs. */
int ipoib_eth_init(struct rte_eth_dev *dev, void *args);

/*
 * mode=ether, where it is linked in (ether/): make and announce an Ethernet port of this name, with
 * a native one below it; and what works of it in a secondary process. NULL: it is not there.
 */
extern int (*ipoib_ether_create)(
		struct rte_device *device, const char *name, const struct ipoib_devargs *args);
extern const struct eth_dev_ops *ipoib_ether_secondary_ops;

/* As the first of the PCI drivers. Once, by the driver's constructor. */
void ipoib_pci_register(void);

/* Find or make the HCA of the arguments and put the port on it. */
int ipoib_hca_get(const struct ipoib_devargs *args, struct ipoib_port *port);
/* Take the port off; the last one ends the HCA. */
void ipoib_hca_put(struct ipoib_port *port);
/*
 * Take the new identity if one is given, publish, bring the links in line with
 * the state, then call back without the lock.
 */
int ipoib_hca_update(struct ipoib_hca *hca, const struct ipoib_mad_port *ident);
/* Lock held: publish, or remember that it is still to be done. */
int ipoib_hca_publish(struct ipoib_hca *hca);
/* Lock held: free what lingers, as far as no burst can have it any more. */
void ipoib_hca_reclaim(struct ipoib_hca *hca);
/* Free a receive queue, now or when the bursts that may have it are over. */
void ipoib_rxq_free(struct ipoib_rxq *q, bool lingers);
/* Lock held: the P_Key that the port's QPs put on the wire now; 0: not theirs, or none. */
uint16_t ipoib_port_pkey_wire(const struct ipoib_port *port);
/* Lock held: must every packet of this HCA port have a GRH? */
bool ipoib_hca_grh_required(const struct ipoib_hca *hca);
/* A reader number for a queue, or -ENOSPC. */
int ipoib_hca_reader_get(struct ipoib_hca *hca);
void ipoib_hca_reader_put(struct ipoib_hca *hca, unsigned int reader);
/*
 * A ring that many fill and one empties. @p flags 0: what was put in is there
 * for the other side at once. RING_F_MP_RTS_ENQ: who is preempted while it puts
 * something in does not make the others wait, but what they put in meanwhile is
 * not there before that one goes on.
 */
struct rte_ring *ipoib_ring_create(
		const char *name, unsigned int size, int socket, unsigned int flags);
/* Set the ethdev's MTU to that of the link, or the lower one that the user gave. */
void ipoib_port_mtu_follow(struct ipoib_port *port);
/* Octets that a receive mbuf must take with an IB MTU. */
uint32_t ipoib_frame_len(const struct ipoib_hca *hca, uint16_t ib_mtu);

int ipoib_ah_table_init(struct ipoib_ah_table *t, int socket);
void ipoib_ah_table_fini(struct ipoib_ah_table *t);

/*
 * Around a call of the kernel that sets this Q_Key: have CAP_NET_RAW for as long, if
 * it takes that and the calling thread is permitted. @return what lower() is to know
 */
bool ipoib_caps_raise(uint32_t qkey);
void ipoib_caps_lower(bool raised);

/* Counters of the HCA port, if the kernel offers any; a part of HCA and port. */
int ipoib_hwcnt_open(struct ipoib_hca *hca);
void ipoib_hwcnt_close(struct ipoib_hca *hca);
/* Control thread, not under the lock: read at most one counter, if it is time. */
void ipoib_hwcnt_poll(struct ipoib_hca *hca, uint64_t now_us);
/* How many; names and, for a port, values since it was made or its statistics were reset. */
unsigned int ipoib_hwcnt_nb(const struct ipoib_hca *hca);
const char *ipoib_hwcnt_name(const struct ipoib_hca *hca, unsigned int i);
uint64_t ipoib_hwcnt_value(const struct ipoib_port *port, unsigned int i);
/* Active MTU of the HCA port; 0: not known. */
uint16_t ipoib_hwcnt_mtu(const struct ipoib_hca *hca);
/* What came while there was no buffer. */
uint64_t ipoib_hwcnt_missed(const struct ipoib_port *port);
void ipoib_hwcnt_reset(struct ipoib_port *port);

/* The port behind an ethdev, NULL if it is not ours. */
struct ipoib_port *ipoib_port_by_id(uint16_t port_id);
extern const struct eth_dev_ops ipoib_eth_dev_ops;

/* Lock held: what a queue has counted stays the port's; it was taken out of the ethdev. */
void ipoib_rxq_stats_keep(struct ipoib_port *port, const struct ipoib_rxq *q);
void ipoib_txq_stats_keep(struct ipoib_port *port, const struct ipoib_txq *q);

/* Statistics operations. They take the lock, for queues come and go with the configuration. */
/** @param queues NULL: not asked for */
int ipoib_stats_get(struct rte_eth_dev *dev, struct rte_eth_stats *stats,
		struct compat_queue_stats *queues);
int ipoib_stats_reset(struct rte_eth_dev *dev);
int ipoib_xstats_get(struct rte_eth_dev *dev, struct rte_eth_xstat *xstats, unsigned int n);
/* Packets for the port that had wrong keys, so far; under the lock. */
void ipoib_port_foreign(const struct ipoib_port *port, uint64_t *pkey, uint64_t *qkey);
int ipoib_xstats_get_names(
		struct rte_eth_dev *dev, struct rte_eth_xstat_name *names, unsigned int n);

#endif /* IPOIB_PMD_H */

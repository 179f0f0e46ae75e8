/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef PMD_IPOIB_H
#define PMD_IPOIB_H

/**
 * @file
 * What the net_ipoib driver offers beyond ethdev: an InfiniBand port's
 * identity, address handles, multicast, and the metadata of a packet.
 *
 * Frames in mbufs start at the 4-octet encapsulation header (RFC 4391 6); the
 * dynamic field pmd_ipoib_meta() says where a packet goes or came from. On
 * receive the GRH, if the packet had one, lies in the 40 octets of headroom
 * right before the data (IBA 11.4.1.2 puts it there too).
 *
 * Threads: burst functions by the queue's owner, as with every ethdev. All
 * functions here that change something belong to one control thread per HCA
 * (port), which also calls pmd_ipoib_poll(). pmd_ipoib_info_get() is safe
 * from any thread, but not while its port is closed.
 *
 * Ports come and go at run time: rte_eal_hotplug_add("vdev", "net_ipoib1", ...)
 * and, after nobody polls it any more, rte_eth_dev_stop(), rte_eth_dev_close()
 * and rte_eal_hotplug_remove(), by one thread at a time, which need not be the
 * control thread of the HCA: that may go on polling by another port of it, and
 * must be done with this one before it is stopped. Bursts on the
 * other ports of the HCA go on meanwhile; stopping waits for those that have
 * begun. The carrier keeps the mempool of the port that started it until the
 * last port stops; af_packet, which cannot be started twice, until that closes.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_common.h>
#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>

#include "ipoib_mad.h"
#include "ipoib_proto.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Driver name as rte_eth_dev_info_get() gives it. */
#define PMD_IPOIB_DRIVER_NAME "net_ipoib"
/** Most queue pairs of one port. */
#define PMD_IPOIB_QUEUES_MAX 16
/** No address handle. */
#define PMD_IPOIB_AH_NONE UINT32_MAX
/** Headroom that a packet needs in front of its encapsulation header, so that
 *  the soft backend can build the carrier frame in place: Ethernet 14, LRH 8,
 *  GRH 40, BTH 12, DETH 8. With less, the packet is copied. */
#define PMD_IPOIB_HEADROOM 82

/** Name of the mbuf dynamic field, for programs that look it up themselves. */
#define PMD_IPOIB_META_NAME "pmd_ipoib_meta"

/** Flags of a received packet. */
enum pmd_ipoib_rx_flag {
	PMD_IPOIB_RX_GRH = 1 << 0,   /**< the 40 octets in front of the data are a GRH */
	PMD_IPOIB_RX_MCAST = 1 << 1, /**< arrived for a multicast GID */
	PMD_IPOIB_RX_BCAST = 1 << 2  /**< arrived for the broadcast GID */
};

/** The 8-octet dynamic field. */
struct pmd_ipoib_meta {
	union {
		uint32_t ah; /**< TX: address handle; owner: the sender of the packet */
		struct {
			uint16_t slid; /**< RX: source LID */
			uint8_t flags; /**< RX: enum pmd_ipoib_rx_flag */
			uint8_t rsvd;
		};
	};
	uint32_t qpn; /**< TX: remote QPN; RX: source QPN */
};

/** Offset of the field, set when the driver's first port is probed; -1 before. */
extern int pmd_ipoib_meta_offset;

/** The metadata of @p m. */
static inline struct pmd_ipoib_meta *
pmd_ipoib_meta(struct rte_mbuf *m)
{
	return RTE_MBUF_DYNFIELD(m, pmd_ipoib_meta_offset, struct pmd_ipoib_meta *);
}

/** Identity and settings of a port; a snapshot, host order. */
struct pmd_ipoib_info {
	char device[IPOIB_MAD_NAME_LEN];
	uint8_t hca_port;
	const char *backend; /**< "soft" or "verbs" */
	enum ipoib_mad_state state;
	uint16_t lid;
	uint8_t lmc;
	uint16_t sm_lid;
	struct ib_gid gid;
	/** Of this port, as in its devargs. Without the full-member bit (IBA 10.9.3)
	 *  only a limited membership will do; with it, a full one is preferred. */
	uint16_t pkey;
	bool pkey_present; /**< the HCA port's table has it */
	bool joined;	   /**< pmd_ipoib_bcast_set() was called and holds */
	uint32_t qkey;	   /**< valid while joined */
	uint16_t mtu;	   /**< IP MTU of the link, valid while joined */
	uint16_t nb_qps; /**< receive queues as configured; before that, as many as there may be */
	/** Of each receive queue: who is told one of these sends to that queue. They stay the same
	 *  as long as the device does. Those of queues that are configured no more are received by
	 *  the remaining ones, for peers that do not know it yet. */
	uint32_t qpn[PMD_IPOIB_QUEUES_MAX];
	struct ipoib_addr addr; /**< 20-octet address with the QPN of queue 0 */
	uint16_t pkey_wire;  /**< as in the HCA port's table, so with its membership bit; 0: none */
	uint16_t pkey_index; /**< in that table, valid while present */
	/** Times that the queue pairs were set to another index, as the SM moved the P_Key. */
	uint64_t pkey_cycles;
	/** Every packet has to have a GRH (a virtual port, which shares its LID: the GID tells
	 *  it apart): from the port, or the devarg grh=on. */
	bool grh_required;
	uint32_t rate_mbps; /**< active rate of the HCA port; 0: not known */
	uint16_t ib_mtu;    /**< active MTU of the HCA port, octets; 0: not known */
};

/** Most counters of pmd_ipoib_hw_counters(). */
#define PMD_IPOIB_HW_COUNTERS_MAX 24

/** A counter that the HCA port itself keeps. It counts for all that use the
 *  port, not only for this driver. Also an extended statistic, "hw_" and its name. */
struct pmd_ipoib_hw_counter {
	const char *name;
	const char *hint; /**< what to do when it rises; NULL: that may be */
	uint64_t value;	  /**< since the port was made or its statistics were reset */
	uint64_t rose;	  /**< in this minute and the one before */
};

/** The broadcast group as the SA gave it; what the link takes from it. */
struct pmd_ipoib_bcast {
	struct ib_gid mgid;
	uint16_t mlid;
	uint32_t qkey;
	uint16_t ib_mtu; /**< octets; the IP MTU is 4 less */
};

/** Address vector (IBA 11.2.2.1). */
struct pmd_ipoib_av {
	uint16_t dlid;
	uint8_t sl;	     /**< 0..15, as the SA gave it for this path */
	uint8_t static_rate; /**< code of a path record, 6 bits; "soft" keeps and ignores it */
	uint8_t src_path_bits;
	bool is_global; /**< with GRH: always for multicast, and where the port requires it */
	uint8_t hop_limit;
	uint8_t tclass;
	uint32_t flow_label;
	struct ib_gid dgid;
};

/** Is @p port_id one of this driver's? Any thread. */
bool pmd_ipoib_is(uint16_t port_id);

/** @return 0, -ENODEV not this driver's */
int pmd_ipoib_info_get(uint16_t port_id, struct pmd_ipoib_info *info);

/**
 * The counters that the kernel and the device offer, as pmd_ipoib_poll() last
 * read them (a second ago at most, if it is called often enough). Any thread, but
 * not while the port is closed. Names and hints last as long as the driver.
 * @return how many were stored, -ENODEV not this driver's
 */
int pmd_ipoib_hw_counters(
		uint16_t port_id, struct pmd_ipoib_hw_counter *counters, unsigned int max);

/**
 * The arguments of one more net_ipoib device on the HCA port of @p port_id, as
 * it has them itself but for its P_Key: for rte_eal_hotplug_add(). Any thread,
 * but not while its port is closed.
 * @param buf text of @p len octets
 * @return 0, -ENODEV not this driver's, -ENOSPC @p buf is too small
 */
int pmd_ipoib_sibling_args(uint16_t port_id, uint16_t pkey, char *buf, size_t len);

/**
 * The one MAD connection of the port's HCA; the driver keeps it until close.
 * All ports of an HCA port return the same. NULL if not this driver's, or if it
 * has none (roce=on: no subnet administrator is there).
 */
struct ipoib_mad *pmd_ipoib_mad(uint16_t port_id);

/**
 * A number that is the same for all ports on one HCA port (one MAD
 * connection, one SA client), or -ENODEV.
 */
int pmd_ipoib_hca_id(uint16_t port_id);

/**
 * Let the driver work: poll the MAD connection, follow the identity, release
 * what is no longer used. Once per HCA is enough; at least every 100 ms.
 */
void pmd_ipoib_poll(uint16_t port_id, uint64_t now_us);

/**
 * Report the joined broadcast group, or its loss (@p b NULL). Sets Q_Key and
 * MTU, attaches the group, and with the HCA port ACTIVE and the P_Key present
 * the link goes up (RTE_ETH_EVENT_INTR_LSC).
 * @return 0, -ENODEV, -EINVAL no multicast GID or LID, -ERANGE IB MTU
 */
int pmd_ipoib_bcast_set(uint16_t port_id, const struct pmd_ipoib_bcast *b);

/**
 * Create an address handle. Its number may be handed to workers at once.
 * @return 0, -ENODEV, -EINVAL bad vector, or one without GRH on a port that
 *   requires it, -ENOSPC (64 Ki handles a port)
 */
int pmd_ipoib_ah_create(uint16_t port_id, const struct pmd_ipoib_av *av, uint32_t *ah);

/** What a handle was made of, for shows and tests. @return 0, -ENODEV, -ENOENT */
int pmd_ipoib_ah_query(uint16_t port_id, uint32_t ah, struct pmd_ipoib_av *av);

/**
 * Destroy a handle. The caller guarantees that no worker can start a burst
 * with it any more (a grace period has passed); sends already accepted are
 * the driver's own to wait for.
 * @return 0, -ENODEV, -ENOENT no such handle
 */
int pmd_ipoib_ah_destroy(uint16_t port_id, uint32_t ah);

/** What passed a queue since the port's counters were reset. */
struct pmd_ipoib_queue_stats {
	uint64_t rx_packets;
	uint64_t rx_bytes;
	uint64_t tx_packets;
	uint64_t tx_bytes;
};

/**
 * Read a receive queue's and the transmit queue's of the same number; what is not there counts 0.
 * Ethdev's own are told to drivers only since DPDK 25.11. Any thread.
 * @return 0, -ENODEV
 */
int pmd_ipoib_queue_stats(uint16_t port_id, uint16_t queue, struct pmd_ipoib_queue_stats *stats);

/** Handles in use, for leak checks. */
uint32_t pmd_ipoib_ah_count(uint16_t port_id);

/**
 * Allow sending to @p mlid and, unless @p send_only, deliver packets for
 * @p mgid. At most 4,096 groups a port. Workers may send and poll meanwhile.
 * Other ports of the HCA that are members, too, get copies of what this one
 * sends, and the other way round; the sender itself does not.
 * @return 0, -ENODEV, -EINVAL, -EEXIST, -ENOSPC, -ENOMEM
 */
int pmd_ipoib_mcast_attach(
		uint16_t port_id, const struct ib_gid *mgid, uint16_t mlid, bool send_only);

/**
 * Change an attached group in place, with no packet lost in between: from
 * send-only to member and back, or to another MLID.
 * @return 0, -ENODEV, -EINVAL, -ENOENT, -ENOMEM
 */
int pmd_ipoib_mcast_update(
		uint16_t port_id, const struct ib_gid *mgid, uint16_t mlid, bool send_only);

/** @return 0, -ENODEV, -ENOENT, -ENOMEM */
int pmd_ipoib_mcast_detach(uint16_t port_id, const struct ib_gid *mgid);

#ifdef __cplusplus
}
#endif

#endif /* PMD_IPOIB_H */

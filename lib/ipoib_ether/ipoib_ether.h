/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef IPOIB_ETHER_H
#define IPOIB_ETHER_H

/**
 * @file
 * Ethernet on one side, IPoIB on the other: addresses (table) and the packets
 * that carry addresses inside (ARP, ND, DHCP), for the driver's mode=ether.
 *
 * Who runs what: one thread, control, writes the table and translates the packets
 * that carry addresses. Bursts of any thread look up; they are registered with the
 * table's RCU variable and online for the burst. Nothing here sends, waits, or
 * knows ethdev or the resolver.
 *
 * Two kinds of addresses:
 *  - peers, on the fabric: a 20-octet address there, a made-up MAC here;
 *  - locals, behind the Ethernet side (the port itself, or VMs behind a bridge):
 *    a MAC there, this port's own 20-octet address on the fabric. An IP address
 *    tells locals apart on the way in.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_mbuf.h>
#include <rte_rcu_qsbr.h>

#include "ipoib_proto.h"

#ifdef __cplusplus
extern "C" {
#endif

/** An IP address; IPv4 as IPv4-mapped IPv6 (RFC 4291, 2.5.5.2). All zero: none. */
struct ether_ip {
	uint8_t b[16];
};

/** The port as translation sees it. The caller's; constant while a call runs. */
struct ether_port {
	struct rte_ether_addr mac; /**< of the ethdev */
	struct ipoib_addr addr;	   /**< own 20-octet address, as peers are told it */
	struct ib_gid bcast;	   /**< MGID of the broadcast group; zero: no link yet */
	uint16_t mtu;		   /**< IP MTU */
};

/** Where a packet came from on the fabric. */
struct ether_from {
	uint16_t slid;
	uint32_t qpn;
	bool has_gid; /**< there was a GRH */
	bool mcast;   /**< it came for a multicast GID */
	struct ib_gid gid;
};

/** Why a packet is not translated; each is a counter, drop_ether_<name>. */
#define ETHER_DROPS(X) \
	X(type, "ethertype that IPoIB does not carry") \
	X(runt, "shorter than its headers") \
	X(arp, "malformed ARP") \
	X(nd, "malformed Neighbour Discovery") \
	X(dhcp, "malformed DHCP") \
	X(unknown, "unicast MAC that no peer has") \
	X(source, "source MAC that is a peer's, multicast, or zero") \
	X(limit, "table of addresses full") \
	X(nombuf, "no room in the mbuf, and no other mbuf") \
	X(no_link, "the link is not up") \
	X(self, "own packet come back")

enum ether_drop {
#define ETHER_DROP_ENUM(name, text) ETHER_DROP_##name,
	ETHER_DROPS(ETHER_DROP_ENUM)
#undef ETHER_DROP_ENUM
			ETHER_DROP_MAX
};

/** What became of a packet that was to be translated; negative is -1 - enum ether_drop. */
enum ether_verdict {
	ETHER_OK = 0,	/**< translated */
	ETHER_TAKEN = 1 /**< it was only for this port to know; nothing is to be sent or given on */
};
#define ETHER_DROPPED(name) (-1 - (int)ETHER_DROP_##name)

/* --- addresses (pure; any thread) --- */

/**
 * The port's own MAC: locally administered, unicast, made from GUID and P_Key by a
 * fixed hash, so the same after each restart.
 */
void ether_mac_own(const struct ib_gid *gid, uint16_t pkey, struct rte_ether_addr *mac);

/**
 * The group address on the fabric of an Ethernet frame for a group: by the IP
 * destination if type is IPv4 or IPv6 and ip is multicast (RFC 4391 4: the MGID holds more of
 * it than the MAC); of everything else, and of the broadcast MAC, the broadcast group.
 * @param type ethertype, network order
 * @param ip the IP header, or NULL
 * @param bcast broadcast group of the link: scope and P_Key
 */
void ether_group_addr(rte_be16_t type, const void *ip, const struct ib_gid *bcast,
		struct ipoib_addr *addr);

/**
 * The group of a multicast MAC from a filter list: 01:00:5e and 33:33 only.
 * 01:00:5e has 23 of 28 bits: the group with the missing bits zero (224.0.0.0/4 + 23 bits).
 * @return 0, -EINVAL no such MAC
 */
int ether_mac_group(
		const struct rte_ether_addr *mac, const struct ib_gid *bcast, struct ib_gid *mgid);

/** The MAC that an IPoIB packet for a group has on Ethernet: by its IP destination (RFC 1112, RFC
 *  2464); broadcast if it is neither or not multicast. @param ip IP header or NULL */
void ether_group_mac(rte_be16_t type, const void *ip, struct rte_ether_addr *mac);

/* --- table --- */

struct ether_table;

struct ether_table_cfg {
	const char *name; /**< at most 16 characters, unique in the process */
	int socket;
	uint32_t peers_max;	  /**< [4096] */
	uint32_t locals_max;	  /**< IP addresses behind the port [1024] */
	uint32_t age_s;		  /**< unused for so long is forgotten [300] */
	struct rte_rcu_qsbr *rcu; /**< of the bursts; outlives the table */
};

/** @return 0, -EINVAL, -ENOMEM, -EEXIST */
int ether_table_create(const struct ether_table_cfg *cfg, struct ether_table **t);
/** No reader may use it any more. NULL is allowed. */
void ether_table_destroy(struct ether_table *t);

/**
 * Control: peer @p addr (flags ignored) is there, perhaps with an IP address (NULL or
 * zero: not known), seen coming from @p from (NULL: not known). Keeps it young.
 * The MAC is a fixed hash of the address (so the same after a restart), or the next
 * one if that is another peer's or a local's.
 * @return 0; -EINVAL not an address to be learnt (ipoib_addr_is_unicast_valid());
 *   -ENOSPC; -EAGAIN too much waits for readers
 */
int ether_peer_learn(struct ether_table *t, const struct ipoib_addr *addr,
		const struct ether_ip *ip, const struct ether_from *from, uint64_t now_us,
		struct rte_ether_addr *mac);

/**
 * Control: peer @p addr has just this MAC, not one made of its address, and is never forgotten: for
 * programs whose MACs cannot be chosen.
 * @return 0; -EINVAL not a peer's address, or no unicast MAC; -EEXIST there is the peer already, or
 *   the MAC is another's; -ENOSPC; -EAGAIN too much waits for readers
 */
int ether_peer_fix(struct ether_table *t, const struct ipoib_addr *addr,
		const struct rte_ether_addr *mac);

/** Control: an IP address lives behind the port with @p mac (maybe the port's own). @return as above */
int ether_local_learn(struct ether_table *t, const struct ether_ip *ip,
		const struct rte_ether_addr *mac, uint64_t now_us);

/**
 * Burst: the 20-octet address of a peer's MAC. Valid until the caller's next
 * quiescent report. NULL: none has it. Marks it as used.
 */
const struct ipoib_addr *ether_peer_by_mac(
		const struct ether_table *t, const struct rte_ether_addr *mac);

/**
 * Burst: the MAC of who sent a packet: by its IP source if a peer has that, else by
 * GID and QPN, LID and QPN, GID, LID, whatever is known. @return whether one was found
 */
bool ether_peer_by_source(const struct ether_table *t, const struct ether_from *from,
		const struct ether_ip *ip, struct rte_ether_addr *mac);

/**
 * A MAC that stands for a sender of whom nothing is known but where it is. No peer has it: what is
 * sent to it is dropped; the driver then asks the SA who that is.
 */
static inline void
ether_mac_unknown(uint16_t slid, uint32_t qpn, struct rte_ether_addr *mac)
{
	*mac = (struct rte_ether_addr){ { 0x06, (uint8_t)(slid >> 8), (uint8_t)slid,
			(uint8_t)(qpn >> 16), (uint8_t)(qpn >> 8), (uint8_t)qpn } };
}

/** Burst: MAC behind the port of an IP address. @return whether there is one */
bool ether_local_by_ip(
		const struct ether_table *t, const struct ether_ip *ip, struct rte_ether_addr *mac);

/** Are there locals with another MAC than the port's? If not, bursts need not ask. Any thread. */
bool ether_has_locals(const struct ether_table *t);

/** A number that changes with each change of the table (acquire): what a burst remembers of
 *  it holds as long as this does. Learning again what is known changes nothing. */
uint64_t ether_table_gen(const struct ether_table *t);

/** Control: the port's MAC is another. */
void ether_table_own(struct ether_table *t, const struct rte_ether_addr *mac);

/** Control, each tick: age a slice, free what readers have left. */
void ether_table_iterate(struct ether_table *t, uint64_t now_us, uint32_t budget);

/** Control: forget all that was learnt, peers and locals; those of ether_peer_fix() stay. */
void ether_table_forget(struct ether_table *t);

struct ether_table_stats {
	uint32_t peers, locals;
	uint64_t learnt, aged, full, collisions;
	uint64_t bytes; /**< memory of the table, all of it */
};
void ether_table_stats_get(const struct ether_table *t, struct ether_table_stats *s);

/* --- packets that carry addresses: control --- */

/** Does a frame or packet have to be translated by ether_out() or ether_in()? Burst. ip: what
 *  follows the Ethernet or encapsulation header, len: octets of it in the first segment. True for
 *  ARP, RARP; ND (133..137); DHCPv4 (UDP ports 67, 68). DHCPv6 holds nothing to translate. */
bool ether_is_special(rte_be16_t type, const void *ip, uint32_t len);

/**
 * Control: an Ethernet frame on its way to the fabric, of any kind (so also plain IP
 * that a burst did not know a way for). Learns the sender as a local.
 *
 * ARP: 6 becomes 20 octets. An unknown target's address is zero, the packet goes to the
 * broadcast group; a reply or a unicast request goes to the peer. Replies and requests carry the
 * port's own 20-octet address for whatever local MAC. ND: link-layer address options 1 and 2
 * become 24 octets (RFC 4391 9.3), the checksum is repaired. DHCPv4: htype 32, hlen 0, chaddr
 * zero, broadcast flag, client identifier (RFC 4390); DHCPv6: DUIDs that hold a MAC stay (they
 * are opaque). The VLAN tag, if any, is the caller's to take off before.
 *
 * @param pm in: data at the Ethernet header. Out, ETHER_OK: data at the
 *   encapsulation header (maybe another mbuf: it may grow); else the caller's to free, and not to
 *   be sent: its headers may be gone
 * @param to where to send it: 20-octet address of a peer or a group
 * @return enum ether_verdict
 */
int ether_out(struct ether_table *t, const struct ether_port *port, uint64_t now_us,
		struct rte_mbuf **pm, struct ipoib_addr *to);

/**
 * Control: an IPoIB packet on its way to Ethernet, of any kind. Learns the sender as a peer
 * where the packet says who it is (ARP, ND).
 * @param pm in: data at the encapsulation header. Out, ETHER_OK: data at the Ethernet header
 * @return enum ether_verdict
 */
int ether_in(struct ether_table *t, const struct ether_port *port, uint64_t now_us,
		struct rte_mbuf **pm, const struct ether_from *from);

/** A change of membership that a local announces: IGMP report or leave, MLD report or done. */
struct ether_membership {
	struct ether_ip group;
	bool join;
};

/**
 * Control: what an outgoing IP packet (data at the IP header; type in network order) says of
 * membership in groups, IGMPv1/2/3, MLDv1/2.
 * @return number of changes, at most max; 0: it is not IGMP or MLD, or malformed
 */
uint32_t ether_snoop(const struct rte_mbuf *m, uint32_t l3_off, rte_be16_t type,
		struct ether_membership *out, uint32_t max);

/** MGID of an IP group on a link. */
void ether_ip_mgid(const struct ether_ip *group, const struct ib_gid *bcast, struct ib_gid *mgid);

/** An IPv4 or IPv6 address as a key. */
static inline struct ether_ip
ether_ip4(rte_be32_t ip)
{
	struct ether_ip k = { { [10] = 0xff, [11] = 0xff } };

	memcpy(&k.b[12], &ip, sizeof(ip));
	return k;
}

static inline bool
ether_ip_is_none(const struct ether_ip *ip)
{
	static const struct ether_ip none;

	return memcmp(ip, &none, sizeof(none)) == 0;
}

#ifdef __cplusplus
}
#endif

#endif /* IPOIB_ETHER_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef CONTROL_IP_H
#define CONTROL_IP_H

/* Functions of the control core's IP half; included by control_priv.h, which says who calls whom. */

/* --- IP: next hops (l3.c) --- */

int l3_init(struct control *c);
void l3_fini(struct control *c);
/* Send an IP packet (data at the IP header) to a next hop; takes it for good. */
void l3_send(struct control *c, uint16_t port, const struct dp_ip *ip, struct rte_mbuf *m);
/* Send an IP packet to a group's members on the port's link; takes it for good. */
void l3_mcast_send(struct ctl_port *p, const struct dp_ip *group, struct rte_mbuf *m);
/* Try parked packets again, then publish what was resolved. */
void l3_run(struct control *c);
bool l3_busy(const struct control *c);
/* Its address, which workers use, is another one now (l3_move.c). */
void l3_move(struct ctl_port *p, struct ctl_l3 *e, const struct ipoib_addr *old);
/* Those whose path is known, or is not waited for any longer, follow. */
void l3_moves_run(struct control *c);
void l3_move_stop(struct control *c, struct ctl_l3 *e);
/* Workers may follow. */
void l3_publish_soon(struct control *c, struct ctl_l3 *e);
/* What was learnt of a peer. Bits. */
enum l3_learn {
	L3_CREATE = 1 << 0,   /* also if it is not known */
	L3_REACHABLE = 1 << 1 /* it answered us, else we only heard of it */
};
/* A peer has this address; a known one is replaced. */
void l3_learn(struct ctl_port *p, const struct dp_ip *ip, const struct dp_adj *lladdr,
		uint32_t how);
/* A neighbour advertisement (RFC 4861 7.2.5). lladdr NULL: it says none. flags: enum nd_na_flag */
void l3_advertised(struct ctl_port *p, const struct dp_ip *ip, const struct dp_adj *lladdr,
		uint8_t flags);
/* Did we ask for it, and await the answer? */
bool l3_asking(struct control *c, uint16_t port, const struct dp_ip *ip);
/* Ask for a next hop although no packet waits: also during a back-off. @return 0, -EAGAIN, -ENODEV,
 * -ENETDOWN, -ENOSPC, -ENOMEM */
int l3_want(struct control *c, uint16_t port, const struct dp_ip *ip);
/* IP MTU towards a next hop. */
uint16_t l3_mtu(struct control *c, uint16_t port, const struct dp_ip *ip);
/* Forget those of a port (UINT16_MAX: all). @param fixed also those by command. @return number,
 * -EAGAIN */
int l3_flush(struct control *c, uint16_t port, bool fixed);
/* A peer has this address for good, whatever is heard. @return 0, -EEXIST, -EAGAIN, -ENOSPC,
 * -ENOMEM */
int l3_fix(struct ctl_port *p, const struct dp_ip *ip, const struct dp_adj *lladdr, bool replace);
/* It is to be asked for again. @return 0, -ENOENT, -EAGAIN */
int l3_unfix(struct ctl_port *p, const struct dp_ip *ip);
/* Send an L3 payload of ethertype type with a link-layer address; takes m for good. */
void l3_encap(struct ctl_port *p, const struct dp_adj *lladdr, uint16_t type, struct rte_mbuf *m);
/*
 * Our link-layer address on the port as this peer is to know it; NULL: everybody. With several
 * queues each has its QPN, and peers are spread over them; everybody is told the first.
 */
void l3_own_lladdr(struct ctl_port *p, const struct dp_adj *peer, struct dp_adj *own);
/* What a next hop has. @return whether it has one */
bool l3_lladdr(struct control *c, uint16_t port, const struct dp_ip *ip, struct dp_adj *lladdr);
/* Is it ours? A GID alone is enough. */
bool l3_lladdr_is_own(const struct ctl_port *p, const struct dp_adj *lladdr);

/* --- IP: what ARP and ND share (announce.c, source.c, trust.c, portflag.c) --- */

int announce_init(struct ctl_announce *a, struct ctl_port *p,
		bool (*one)(struct ctl_port *p, uint32_t *at));
void announce_fini(struct ctl_announce *a);
/* Begin two rounds, a second apart. */
void announce_start(struct ctl_announce *a);
/* What was told so far is not true any more: from the first address on, three rounds, the second
 * one soon. */
void announce_anew(struct ctl_announce *a);

int sources_init(struct control *c);
void sources_fini(struct control *c);
/* May this peer be answered now, by its own limit and the port's? */
bool source_take(struct ctl_port *p, const struct dp_adj *from);

/* Somebody else claims our address. @return whether it is time to stand up for it (RFC 5227) */
bool conflict_seen(struct ctl_port *p, const struct dp_ip *ip);

enum ctl_trust_verdict {
	CTL_TRUSTED,
	CTL_UNTRUSTED,
	CTL_TRUST_HELD /* m is taken until the path is known, and then handled again */
};
/*
 * Strict-source: does m (data at the L2 header: ARP, or at the IPv6 header: ND) come from where
 * the SA says that this address is? Always so on ports that are not strict.
 */
enum ctl_trust_verdict trust_check(struct ctl_port *p, const struct ipoib_addr *claimed,
		bool is_arp, struct rte_mbuf *m);
void trust_fini(struct control *c);
/* Messages held. */
uint32_t trust_held(const struct control *c);
/* Is there a route to ip by another port than p? For proxy ARP and ND. */
bool proxy_wanted(struct ctl_port *p, const struct dp_ip *ip);

/* --- IP: peers over receive queues (spread.c, retell.c) --- */

int spread_init(struct ctl_port *p);
void spread_fini(struct ctl_port *p);
/* Does it matter which QPN a peer is told? */
bool spread_used(const struct ctl_port *p);
/* The receive queue of a peer of an ethdev port: the same until the number of queues changes. */
uint16_t spread_queue(struct ctl_port *p, const struct ipoib_addr *peer);
int retell_init(struct ctl_port *p);
void retell_fini(struct ctl_port *p);
enum retell_what { RETELL_ARP = 1 << 0, RETELL_ND = 1 << 1 };
/* All peers took our first QPN from what we sent: tell them again, soon and at a pace. */
void retell_start(struct ctl_port *p, enum retell_what what);
/* This one did, from a question to all. */
void retell_now(struct ctl_port *p, const struct dp_ip *ip, const struct dp_adj *peer);
/* A next hop of the port goes. */
void retell_gone(struct ctl_port *p, const struct ctl_l3 *e);

/* --- IP: ARP (arp.c) --- */

int arp_init(struct ctl_port *p);
void arp_fini(struct ctl_port *p);
void arp_input(struct ctl_port *p, struct rte_mbuf *m);
/* Ask for ip: everybody, or only the peer that had it. */
void arp_request(struct ctl_port *p, uint32_t ip, const struct dp_adj *unicast);
/* Tell one peer which link-layer address it is to use for an address of ours. */
void arp_tell(struct ctl_port *p, uint32_t own, const struct dp_adj *peer);
/* Tell the link of our addresses, now and once more after a second. */
void arp_announce(struct ctl_port *p);

/* --- IP: Neighbour Discovery (nd.c, dad.c, ra.c) --- */

int nd_init(struct ctl_port *p);
void nd_fini(struct ctl_port *p);
/* An ICMPv6 message of type 133 to 137, data at the IPv6 header, checksum right; takes it for good. */
void nd_input(struct ctl_port *p, struct rte_mbuf *m);
/* Ask for ip: its solicited-node group, or only the peer that had it. */
void nd_request(struct ctl_port *p, const struct dp_ip *ip, const struct dp_adj *unicast);
/* As arp_tell(); ip: the peer's. */
void nd_tell(struct ctl_port *p, const struct dp_ip *own, const struct dp_ip *ip,
		const struct dp_adj *peer);
/* Tell the link of our addresses, now and once more after a second. */
void nd_announce(struct ctl_port *p);
/* The same as announce_anew(). */
void nd_announce_anew(struct ctl_port *p);
/* The port got or lost an IPv6 address: detect duplicates, join or leave its solicited-node group. */
void nd_addr_added(struct ctl_port *p, const struct dp_ip *ip);
void nd_addr_removed(struct ctl_port *p, const struct dp_ip *ip);
/* The port's link-local address, from its GID or MAC. */
void nd_linklocal(const struct ctl_port *p, struct dp_ip *ip);
/* Switch IPv6 on without a global address: a link-local one, all-nodes and all-routers. @return 0,
 * -ENOMEM */
int nd_enable(struct ctl_port *p);
/* Is it usable: ours, and no duplicate as far as is known? */
bool nd_addr_usable(const struct ctl_port *p, const struct dp_ip *ip);

/* --- IP: membership in groups on a link (gmember.c) --- */

/* Groups that are received, of all ports together. */
#define CTL_GMEMBERS_MAX 4096
int gmembers_init(struct control *c);
void gmembers_fini(struct control *c);
/* Receive a group's packets on the port: uses are counted. @return 0, -EINVAL no group, -ENOSPC,
 * -ENOMEM */
int ip_mcast_join(struct ctl_port *p, const struct dp_ip *group);
void ip_mcast_leave(struct ctl_port *p, const struct dp_ip *group);
bool ip_mcast_is_member(struct ctl_port *p, const struct dp_ip *group);
/* fn may leave the group it is given. */
void ip_mcast_walk(struct ctl_port *p, void (*fn)(void *arg, const struct dp_ip *group), void *arg);
/* The port below a logical one has changed. */
void ip_mcast_sync(struct ctl_port *p);
/* The port goes; nobody is told. */
void ip_mcast_port_gone(struct ctl_port *p);
/* Pass all multicast of an Ethernet port, or of the one below: from the first "on" until the last
 * "off", but for ports that did so before. @return 0, -errno: the driver has no such filter, so it
 * passes all anyway */
int eth_allmulti(struct ctl_port *p, bool on);
/* Link-layer address of a group. */
void ip_mcast_mac(const struct dp_ip *group, struct rte_ether_addr *mac);
void ip_mcast_mgid(const struct ctl_port *p, const struct dp_ip *group, struct ib_gid *mgid);

/* --- IP: IGMP and MLD proxy (mproxy.c, mp_*.c) --- */

int mproxy_init(struct control *c);
void mproxy_fini(struct control *c);
/* In each tick: what readers have left. */
void mproxy_run(struct control *c);
/* Before multicast is routed on the port. @return 0, -ENOMEM */
int mproxy_prepare(struct ctl_port *p);
/* The port is to route multicast whether or not it is the upstream port. */
void mproxy_keep(struct ctl_port *p);
/* Does it route multicast only because it is the upstream port? */
bool mproxy_is_lent(const struct ctl_port *p);
/* The port's link is there (again), or another one. */
void mproxy_link_up(struct ctl_port *p);
/* The port goes: so do its members. */
void mproxy_port_gone(struct ctl_port *p);
/* IGMP (data at the IPv4 header), MLD (data at the IPv6 header, the message at "at"); take m for
 * good. */
void igmp_input(struct ctl_port *p, struct rte_mbuf *m);
void mld_input(struct ctl_port *p, struct rte_mbuf *m, uint32_t at);
/* A routed multicast packet is larger than an MTU: takes m for good. */
void mproxy_too_big(struct control *c, struct rte_mbuf *m);

/* --- IP: ping, arping, traceroute (probe.c); they look at what comes, and leave it --- */

/* ICMP but for echo requests, its header at "at". */
void probe_icmp4(struct control *c, struct rte_mbuf *m, uint32_t at);
void probe_icmp6(struct control *c, struct rte_mbuf *m, uint32_t at);
/* An answer of ARP or ND; l2 octets are between the GRH, if any, and m's data. */
void probe_lladdr(struct ctl_port *p, const struct dp_ip *ip, const struct dp_adj *lladdr,
		struct rte_mbuf *m, uint16_t l2);

/* --- packet filter (filter.c) --- */

void filter_fini(struct control *c);

/* --- IP: DHCP relay (dhcp.c) --- */

/* UDP to the ports 67 or 547 of us or of everybody. @return taken for good; false: m is the caller's */
bool dhcp_input(struct ctl_port *p, struct rte_mbuf *m);
/* Forget the servers of a port that goes. */
void dhcp_port_gone(struct ctl_port *p);
void dhcp_fini(struct control *c);

/* --- IP: packets for us and from us (ip_output.c, ip6.c, icmp.c, icmp6.c, frag.c) --- */

/* A packet that others may still read gives way to a copy. @return NULL: no mbuf, m is dropped */
struct rte_mbuf *ctl_own(struct control *c, struct rte_mbuf *m);
/* Where the FIB leads; never NULL. */
const struct dp_nh *ip_route(struct control *c, const struct dp_ip *dst);
/* The same, with one of several next hops chosen as workers would for m (data at the IP header). */
const struct dp_nh *ip_route_flow(
		struct control *c, const struct dp_ip *dst, const struct rte_mbuf *m);
/* Why a packet with this next hop is dropped. */
enum dp_drop ip_route_drop(const struct dp_nh *nh);
/* Route and send a packet of our own (header complete but for length checks); takes it for good. */
void ip_output(struct control *c, struct rte_mbuf *m);
/* Set the header checksum. */
void ip_cksum_set(struct rte_ipv4_hdr *ip);
void ip_local(struct control *c, struct rte_mbuf *m);
/* Larger than an MTU; the next hop's L3 key in front; takes m for good. */
void ip_too_big(struct control *c, struct rte_mbuf *m);
/* The same for IPv6. */
void ip6_output(struct control *c, struct rte_mbuf *m);
void ip6_local(struct control *c, struct rte_mbuf *m);
void ip6_too_big(struct control *c, uint16_t port, const struct dp_ip *nh, struct rte_mbuf *m);
/* Only who made an IPv6 packet may cut it (RFC 8200 5): is it ours, and can it be cut? */
bool ip6_may_cut(struct control *c, const struct rte_mbuf *m, uint16_t mtu);
/* Complain about packets without a path. */
void ip_lost_run(struct control *c);
/* The narrow hook. */
uint16_t ip_narrow(struct control *c, uint16_t mtu, struct rte_mbuf *m, struct rte_mbuf **parts);
/* Cut m into pieces of at most mtu; takes it for good. @return pieces, 0: dropped */
uint16_t frag_cut(struct control *c, uint16_t mtu, struct rte_mbuf *m, struct rte_mbuf **parts);
/* Send m in pieces of at most mtu; takes it for good. */
void frag_send(struct control *c, uint16_t port, const struct dp_ip *nh, uint16_t mtu,
		struct rte_mbuf *m);
int frag_init(struct control *c);
void frag_fini(struct control *c);
/* Put a fragment (IPv6: its header follows the IPv6 header) to the others. @return the whole packet,
 * or NULL: not complete, m is owned */
struct rte_mbuf *frag_merge(struct control *c, struct rte_mbuf *m);
/* Complain about m (data at the IP header) to its sender, if that is allowed; m stays the caller's.
 * mtu only for CTL_ERR_TOO_BIG. */
void ip_error(struct control *c, struct rte_mbuf *m, enum ctl_ip_error what, uint16_t mtu);
void icmp6_error(struct control *c, struct rte_mbuf *m, enum ctl_ip_error what, uint16_t mtu);
/* Parameter problem (RFC 4443 3.4); at: octet of m. */
void icmp6_parameter(struct control *c, struct rte_mbuf *m, uint8_t code, uint32_t at);
/* at: where in m the ICMPv6 header is; takes m for good. */
void icmp6_input(struct control *c, struct rte_mbuf *m, uint32_t at, bool was_cut);
/* May an error about a packet of this port be sent now? */
bool icmp_error_take(struct control *c, uint16_t port);
void icmp_input(struct control *c, struct rte_mbuf *m);

/* --- IP: addresses and routes (addr.c, prefix.c, route.c, static.c, nexthop.c, fib.c) --- */

/* Prefixes; len as the family counts it. */
uint8_t ip_bits(const struct dp_ip *ip); /* 32 or 128 */
struct dp_ip ip_mask(const struct dp_ip *ip, uint8_t len);
/* Is ip, of the same family, in the prefix? */
bool ip_in(const struct dp_ip *ip, const struct dp_ip *prefix, uint8_t len);
/* Leading bits that two addresses of a family share. */
uint8_t ip_common(const struct dp_ip *a, const struct dp_ip *b);
/* Addresses that lead nowhere by routes: multicast, link-local, loopback ... */
bool ip_is_special(const struct dp_ip *ip);

int fib_init(struct control *c);
/* Change the shadow table. nh 0: delete. Only while fib_settled(). @return 0, -errno: unchanged */
int fib_set(struct control *c, const struct dp_ip *prefix, uint8_t len, uint32_t nh);
/* Show the changes to the workers. */
void fib_publish(struct control *c);
/* Bring the other table up to date, if a grace period has passed. @return whether it is */
bool fib_settled(struct control *c);

int nhs_init(struct control *c);
void nhs_fini(struct control *c);
/* A number for a next hop, held once more. @return 0: all are taken */
uint32_t nh_get(struct control *c, const struct dp_nh *want);
void nh_hold(struct control *c, uint32_t nh);
void nh_put(struct control *c, uint32_t nh);
/* No table and no reader has those that were given up. */
void nhs_reclaim(struct control *c);
bool nh_alive(const struct control *c, uint32_t nh);
/* @return whether that is new */
bool nh_dead_set(struct control *c, uint16_t port, const struct dp_ip *gw, bool dead);

int routes_init(struct control *c);
void routes_fini(struct control *c);
/* Give back next hops whose readers are gone, go on with what is done bit by bit. */
void routes_run(struct control *c);
/* Is a grace period awaited, or something to be gone on with? */
bool routes_busy(const struct control *c);
/* @return 0, -EAGAIN a grace period has to pass before the FIB may change */
int routes_ready(struct control *c);
/* The caller publishes what these have changed. port, via and type as in struct ctl_route. */
int route_insert(struct control *c, const struct ctl_route *want);
void route_remove(struct control *c, const struct ctl_route *want);
/* First route that is not before (prefix, len). */
uint32_t route_bound(const struct ctl_routes *t, const struct dp_ip *prefix, uint8_t len);
bool route_is(const struct ctl_route *r, const struct dp_ip *prefix, uint8_t len);
bool route_is_static(const struct ctl_route *r);
/* Bring the FIB in line with the routes of the prefix of route number at. @return 0, -errno */
int route_sync(struct control *c, uint32_t at);
int statics_init(struct control *c);
void statics_fini(struct control *c);
/* Drop static routes whose gateway was in a subnet that is gone; some now, the rest in later ticks. */
void routes_recheck(struct control *c, const struct control_addr_row *subnet);
/* Go on with it, and with gateways that died or came back. Only while fib_settled(). */
void recheck_run(struct control *c);
void statics_run(struct control *c);
/* A gateway does not answer (any more), or does again: routes with several gateways follow. */
void route_gw_dead(struct control *c, uint16_t port, const struct dp_ip *gw, bool dead);
/*
 * The port is about to go: take away its addresses and routes, some at a time. @return 0 all are,
 * and no table leads to it; -EAGAIN call again
 */
int addr_port_gone(struct control *c, uint16_t port);

/* Link-local addresses are included. */
bool addr_is_own(const struct control *c, uint16_t port, const struct dp_ip *ip);
bool addr_is_own_any(const struct control *c, const struct dp_ip *ip);
/* Is ip the subnet-router anycast address (RFC 4291 2.6.1) of an address of the port? */
bool addr_is_anycast(const struct control *c, uint16_t port, const struct dp_ip *ip);
/* Is ip a possible neighbour in one of the port's subnets? Link-local ones always are. */
bool addr_on_link(const struct control *c, uint16_t port, const struct dp_ip *ip);
/* Our address on the port for talking to ip; to far IPv6 addresses that of another port if this one
 * has but a link-local one (RFC 6724, RFC 4443 2.2). @return whether there is one */
bool addr_source(const struct control *c, uint16_t port, const struct dp_ip *ip, struct dp_ip *src);
/* Port whose subnet has ip as a possible neighbour, or -1. */
int addr_link_port(const struct control *c, const struct dp_ip *ip);
/* What Duplicate Address Detection found; only preferred addresses are sources. Of those that come
 * by themselves it knows itself. */
void addr_state_set(struct control *c, uint16_t port, const struct dp_ip *ip,
		enum control_addr_state state);

static inline uint32_t
ctl_mask(uint8_t len)
{
	return len == 0 ? 0 : UINT32_MAX << (32 - len);
}

#endif /* CONTROL_IP_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef CONTROL_FIXTURE_H
#define CONTROL_FIXTURE_H

/*
 * What the tests of the control core share: the real tables and rings, a clock that only the test
 * moves, and a driver, an SA client and a MAD connection that the test plays itself. Port ETH is
 * an Ethernet port, port IB an IPoIB port.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <rte_ip.h>

#include "control.h"
#include "control_priv.h"

/* IB2 is there only after fx_setup_two(): on the HCA port and with the P_Key of IB; or after
 * fx_setup_bond(): on an HCA port of its own. */
enum { ETH, IB, IB2 };

#define IP(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (c) << 8 | (d))
#define ETH_US IP(192, 0, 2, 1) /* /24 on ETH */
#define ETH_PEER IP(192, 0, 2, 77)
#define IB_US IP(198, 51, 100, 1) /* /24 on IB */
#define IB_PEER IP(198, 51, 100, 2)
#define OUR_QPN 0x000048
#define PEER_QPN 0x012345
#define MLID 0xc001
#define QKEY 0x0b1b
#define PKTS 16383

#define MS 1000ull
#define S 1000000ull

enum fake_kind { FAKE_PATH, FAKE_JOIN, FAKE_GET, FAKE_LIST, FAKE_INFO, FAKE_INFORM };

/* A request at the fake SA. */
struct fake_req {
	ipoib_sa_req_t handle; /* 0: free */
	enum fake_kind kind;
	struct ipoib_sa_path_req path;
	struct ib_gid mgid, port_gid;
	uint16_t pkey;
	enum ipoib_sa_join join;
	bool with_bcast;
	struct ipoib_sa_mcast bcast; /* attributes to make the group with */
	ipoib_sa_path_cb path_cb;
	ipoib_sa_mcast_cb mcast_cb;
	ipoib_sa_list_cb list_cb;
	ipoib_sa_info_cb info_cb;
	ipoib_sa_inform_cb inform_cb;
	uint16_t trap;
	void *arg;
};

/* A group at the fake SA, and our join state there; it is not deleted with its last member. */
struct fake_group {
	struct ib_gid mgid;
	uint16_t mlid;
	uint8_t bits;
	uint8_t bits2; /* of IB2, where that has its own HCA port */
};

/* A group attached at the fake driver. */
struct fake_attach {
	uint16_t port;
	struct ib_gid mgid;
	uint16_t mlid;
	bool send_only;
};

struct control_fixture {
	struct rte_mempool *pool;
	struct dp *dp;
	struct control *c;
	uint64_t now;
	/* driver */
	struct pmd_ipoib_info info;
	bool two_hcas;
	struct pmd_ipoib_info info2; /* of IB2 then */
	struct pmd_ipoib_hw_counter hw[4];
	unsigned int nb_hw;
	uint64_t mad_pace;
	bool bcast, bcast2; /* pmd_ipoib_bcast_set() holds */
	uint32_t bcast_sets;
	struct pmd_ipoib_av av[4096]; /* by address handle */
	bool ah_live[4096];
	uint16_t ah_port[4096];
	uint32_t ahs, ah_made;
	struct fake_attach attached[4096];
	uint32_t nb_attached;
	int attach_error; /* 0: it works */
	uint16_t mad_port_state;
	ipoib_mad_event_cb event_cb;
	void *event_arg[2];
	uint32_t events; /* to be told in the next poll */
	/* SA */
	struct fake_req req[1024];
	uint32_t sent; /* requests made, for paths and the broadcast group */
	uint32_t group_joins, gets, lists, infos, leaves;
	/* Requests about other groups wait for the test; else they succeed at the next poll. */
	bool hold_groups;
	bool old_sa;  /* knows no SendOnlyFullMember */
	bool notices; /* reach us */
	struct fake_group group[2048];
	uint32_t nb_groups;
	/* Subscriptions succeed at the next poll, unless deaf or held for the test. */
	bool deaf, hold_informs;
	uint32_t informs;
	ipoib_sa_notice_cb notice_cb;
	void *notice_arg;
	int path_error; /* of queries for paths; 0: they are taken */
	uint32_t handle;
	uint16_t sa_status;
	uint32_t sas; /* SA clients */
	ipoib_sa_alive_cb alive_cb;
	void *alive_arg;
};

extern struct control_fixture fx;
/* Size of the tables that the next setup makes. */
extern uint32_t fx_thresh3;

int fx_start(void **state);
int fx_stop(void **state);
/* A control core with both ports; Ethernet is up, InfiniBand ACTIVE with an SM, nothing joined. */
int fx_setup(void **state);
/* The same, joined, with addresses on both ports; announcements are out. */
int fx_setup_up(void **state);
/* Both InfiniBand ports, joined. */
int fx_setup_two(void **state);
/*
 * Both InfiniBand ports, on two HCA ports, joined; a bond of them is port BOND, over which IB is
 * active, with the address of IB in fx_setup_up(); and Ethernet, as there.
 */
int fx_setup_bond(void **state);
int fx_teardown(void **state);
#define BOND DP_PORT_LOGICAL
#define OUR_QPN2 0x000061
/* GID of IB2 on its own HCA port. */
#define GID2 9

/* Let time pass with ticks every ms. */
void fx_run(uint64_t us);
void fx_tick(void);

/* The fake SA: find a request that waits, answer it. */
struct fake_req *fx_path_req(const struct ib_gid *dgid);
/* For the broadcast group. */
struct fake_req *fx_join_req(void);
/* mgid NULL: any. */
struct fake_req *fx_req(enum fake_kind kind, const struct ib_gid *mgid);
uint32_t fx_waiting(void);
void fx_answer_path(struct fake_req *r, int status, uint16_t dlid);
/* rec as it is, but for zero GIDs, which are those of the query. */
void fx_answer_path_rec(struct fake_req *r, struct ipoib_sa_path rec);
void fx_answer_path_mtu(struct fake_req *r, uint16_t dlid, uint16_t mtu);
void fx_answer_join(struct fake_req *r, int status);
/* All kinds but paths. */
void fx_answer(struct fake_req *r, int status);
bool fx_is_bcast(const struct ib_gid *mgid);
struct fake_group *fx_sa_group(const struct ib_gid *mgid);
/* As if somebody else had made it. */
struct fake_group *fx_sa_group_make(const struct ib_gid *mgid);
struct fake_attach *fx_attached(uint16_t port, const struct ib_gid *mgid);

/* GID and address of a peer. */
struct ib_gid fx_gid(uint8_t n);
struct ipoib_addr fx_addr(uint32_t qpn, uint8_t n);

/* A packet as a worker hands it over. */
struct rte_mbuf *fx_mbuf(uint16_t port, const void *data, uint32_t len);
void fx_punt(struct rte_mbuf *m, enum dp_punt_reason why, uint16_t out_port, uint32_t nh_ip);
/* IPv4 with a payload of len - 20 octets. */
struct rte_mbuf *fx_ip(uint16_t port, uint32_t src, uint32_t dst, uint8_t proto, uint16_t len,
		uint16_t flags);
/* To a 20-octet address, with mark as payload. */
void fx_punt_addr(const struct ipoib_addr *a, uint32_t mark);
/* ARP as received. mac or address of the sender; dst ignored by control. */
void fx_arp_eth(uint16_t op, uint8_t mac, uint32_t spa, uint32_t tpa);
void fx_arp_ib(uint16_t op, const struct ipoib_addr *sha, uint32_t spa, uint32_t tpa);

/* What control sent, in order; NULL: nothing. It counts as sent; free it with fx_free(). */
struct rte_mbuf *fx_sent(uint16_t *port);
struct rte_mbuf *fx_sent_on(uint16_t port);
void fx_free(struct rte_mbuf *m);
/* Send off everything. @return number */
uint32_t fx_drain(void);
void fx_assert_none(void);
/* Free a packet after comparing it. */
void fx_assert_bytes(struct rte_mbuf *m, const void *want, uint32_t len);

uint64_t fx_drops(enum dp_drop why);
uint64_t fx_sum(size_t offset);
#define FX_COUNT(field) fx_sum(offsetof(struct dp_counters, field))

/* Resolve next hops the way a network would. */
void fx_know_eth_peer(void);
void fx_know_ib_peer(void);

/* Addresses and routes of IPv4 in short. */
static inline int
fx_addr_add(uint16_t port, uint32_t ip, uint8_t len)
{
	struct dp_ip a = dp_ip4(ip);

	return control_addr_add(fx.c, port, &a, len);
}

static inline int
fx_addr_del(uint16_t port, uint32_t ip, uint8_t len)
{
	struct dp_ip a = dp_ip4(ip);

	return control_addr_del(fx.c, port, &a, len);
}

static inline int
fx_route_add(uint32_t prefix, uint8_t len, uint32_t via)
{
	struct control_route r = { .prefix = dp_ip4(prefix),
		.via = dp_ip4(via),
		.len = len,
		.type = DP_NH_VIA,
		.port = DP_PORT_NIL };

	return control_route_add(fx.c, &r);
}

static inline int
fx_route_del(uint32_t prefix, uint8_t len)
{
	struct dp_ip a = dp_ip4(prefix);

	return control_route_del(fx.c, &a, len, NULL);
}
/* What the longest matching prefix leads to, as workers see it: type DP_NH_NONE if there is none,
 * maybe DP_NH_ECMP. Not for link-local addresses. */
const struct dp_nh *fx_route(const struct dp_ip *dst);
/* What a worker finds of a neighbour on an IPoIB port, and of a next hop; NULL: control has to know. */
const struct ipoib_neigh_entry *fx_neigh(uint16_t port, const struct ipoib_addr *addr);
const struct ipoib_neigh_entry *fx_l3(uint16_t port, const struct dp_ip *ip);

#endif /* CONTROL_FIXTURE_H */

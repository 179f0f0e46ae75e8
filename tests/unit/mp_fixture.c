/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <rte_random.h>

#include "mp_fixture.h"

static const struct dp_ip us6 = { { 0x20, 0x01, 0x0d, 0xb8, 0, 1, [15] = 1 } };
const struct dp_ip mp_group6 = { { 0xff, 0x15, [14] = 0x01, [15] = 0x23 } };

void
mp_hear(uint16_t port, const void *data, uint32_t len)
{
	struct rte_mbuf *m = fx_mbuf(port, data, len);

	dp_meta(m)->l2_bcast = true;
	fx_punt(m, DP_PUNT_LOCAL, 0, 0);
	fx_tick();
}

/* MLDv2's report: a router of the link is a member of groups too. */
static bool
is_report6(const struct rte_mbuf *m)
{
	return m->data_len > 48 && rte_pktmbuf_mtod(m, const uint8_t *)[48] == 143;
}

/* The next packet of the family on the port, behind its link-layer header; free it. */
struct rte_mbuf *
mp_next(uint16_t port, bool v6)
{
	uint16_t head = port == ETH ? RTE_ETHER_HDR_LEN : IPOIB_HDR_LEN;
	struct rte_mbuf *m;
	uint16_t on;

	while ((m = fx_sent(&on)) != NULL) {
		if (on == port) {
			rte_pktmbuf_adj(m, head);
			if (*rte_pktmbuf_mtod(m, uint8_t *) >> 4 == (v6 ? 6 : 4) &&
					!(v6 && is_report6(m)))
				return m;
		}
		fx_free(m);
	}
	return NULL;
}

/* The same from the addresses on; the identification of IPv4 and so its checksum differ. */
void
mp_expect(uint16_t port, const uint8_t *want, uint32_t len)
{
	bool v6 = want[0] >> 4 == 6;
	struct rte_mbuf *m = mp_next(port, v6);
	const uint8_t *got;

	assert_non_null(m);
	got = rte_pktmbuf_mtod(m, const uint8_t *);
	assert_in_range(m->data_len, len, RTE_MAX(len, 46u)); /* Ethernet pads */
	if (v6) {
		assert_memory_equal(got, want, len);
	} else {
		assert_memory_equal(got, want, 4);
		assert_memory_equal(got + 8, want + 8, 2);
		assert_memory_equal(got + 12, want + 12, len - 12);
		assert_int_equal(rte_ipv4_cksum((const void *)got), 0);
	}
	fx_free(m);
}

void
mp_expect_nothing(uint16_t port, bool v6)
{
	assert_null(mp_next(port, v6));
}

/* Ports that workers send the group to. */
uint64_t
mp_listeners(const struct dp_ip *group)
{
	const struct ipoib_neigh_entry *e;
	const struct ipoib_addr *keyp;
	struct ipoib_addr key;
	uint64_t hits;

	dp_l3_key(&key, DP_PORT_NIL, group);
	keyp = &key;
	if (ipoib_neigh_lookup_bulk(fx.dp->groups, &keyp, 1, &hits, &e) != 1)
		return 0;
	return atomic_load(&fx.dp->mgroup[e->ah]);
}

uint64_t
mp_listeners4(void)
{
	struct dp_ip group = dp_ip4(MP_GROUP);

	return mp_listeners(&group);
}

/* As a host upstream, and at the SA. */
bool
mp_joined(void)
{
	struct dp_ip group = dp_ip4(MP_GROUP);
	struct ib_gid mgid;

	ipoib_mgid_ipv4(2, 0x8001, MP_GROUP, &mgid);
	if (!ip_mcast_is_member(fx.c->ports[IB], &group))
		return false;
	assert_non_null(fx_attached(IB, &mgid));
	return true;
}

/* Both ports have said what they say at first. */
int
mp_setup(void **state)
{
	/* What is random in time is the same each time. */
	rte_srand(1);
	fx_setup_up(state);
	assert_int_equal(control_addr_add(fx.c, ETH, &us6, 64), 0);
	fx_run(3 * S);
	fx_drain();
	assert_int_equal(control_port_flag(fx.c, ETH, CONTROL_MCAST, true), 0);
	assert_int_equal(control_mcast_upstream(fx.c, IB), 0);
	assert_int_equal(atomic_load(&fx.dp->mcast_upstream), IB);
	return 0;
}

int
mp_setup_quiet(void **state)
{
	mp_setup(state);
	fx_run(3 * S);
	fx_drain();
	return 0;
}

int
mp_setup_high(void **state)
{
	mp_setup(state);
	assert_int_equal(fx_addr_del(ETH, ETH_US, 24), 0);
	fx_run(10 * MS);
	assert_int_equal(fx_addr_add(ETH, IP(192, 0, 2, 200), 24), 0);
	fx_run(3 * S);
	fx_drain();
	return 0;
}

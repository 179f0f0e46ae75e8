/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* The DHCP relay on both media, compared with packets that scapy made (RFC 1542, 4390, 8415). */

#include <errno.h>
#include <string.h>

#include <arpa/inet.h>

#include "control_fixture.h"
#include "control_priv.h"
#include "dhcp_golden.h"

static struct dp_ip
ip6(const char *text)
{
	struct dp_ip ip;

	assert_int_equal(inet_pton(AF_INET6, text, ip.b), 1);
	return ip;
}

static int
setup(void **state)
{
	struct dp_ip eth = dp_ip4(ETH_PEER), ib = dp_ip4(IB_PEER);

	fx_setup_up(state);
	fx_know_eth_peer();
	fx_know_ib_peer();
	assert_int_equal(control_dhcp_add(fx.c, ETH, &ib), 0);
	assert_int_equal(control_dhcp_add(fx.c, IB, &eth), 0);
	return 0;
}

static void
add_address(uint16_t port, const char *text)
{
	struct dp_ip ip = ip6(text);

	while (control_addr_add(fx.c, port, &ip, 64) == -EAGAIN)
		fx_run(MS);
}

static int
setup6(void **state)
{
	struct dp_adj eth = { .mac = { { 2, 0, 0, 0, 0, 0x4d } } };
	struct dp_adj ib = { .lladdr = fx_addr(PEER_QPN, 2) };
	struct dp_ip peer = ip6("2001:db8:1::4d"), ll = ip6("fe80::ff:fe00:4d");
	struct dp_ip server = ip6("2001:db8:2::2");

	fx_setup_up(state);
	add_address(ETH, "2001:db8:1::1");
	add_address(IB, "2001:db8:2::1");
	fx_run(3 * S);
	fx_drain();
	fx_know_ib_peer();
	l3_learn(fx.c->ports[ETH], &peer, &eth, L3_CREATE | L3_REACHABLE);
	l3_learn(fx.c->ports[ETH], &ll, &eth, L3_CREATE | L3_REACHABLE);
	l3_learn(fx.c->ports[IB], &server, &ib, L3_CREATE | L3_REACHABLE);
	assert_int_equal(control_dhcp_add(fx.c, ETH, &server), 0);
	fx_tick();
	fx_drain();
	return 0;
}

static void
in(uint16_t port, const uint8_t *data, uint32_t len)
{
	struct rte_mbuf *m = fx_mbuf(port, data, len);

	dp_meta(m)->l2_bcast = data[0] == 0x45 ? data[16] == 255 : data[24] == 255;
	fx_punt(m, DP_PUNT_LOCAL, 0, 0);
	fx_tick();
}

#define IN(port, name) in(port, golden_##name, sizeof(golden_##name))
#define OUT(port, name) fx_assert_bytes(fx_sent_on(port), golden_##name, sizeof(golden_##name))

static void
test_ethernet(void **state)
{
	struct control_dhcp_row row[4];
	uint32_t total;

	(void)state;
	IN(ETH, discover);
	OUT(IB, discover_relayed);
	IN(ETH, no_sum);
	OUT(IB, discover_relayed);
	IN(IB, offer);
	OUT(ETH, offer_relayed);
	IN(IB, offer_all);
	OUT(ETH, offer_all_relayed);
	IN(IB, ack_known);
	OUT(ETH, ack_known_relayed);
	fx_assert_none();
	assert_int_equal(control_dhcp_rows(fx.c, 0, row, 4, &total), 2);
	assert_int_equal(total, 2);
	assert_int_equal(row[0].port, ETH);
	assert_int_equal(row[0].requests, 2);
	assert_int_equal(row[0].replies, 3);
	assert_int_equal(row[1].requests + row[1].replies, 0);
	assert_int_equal(fx_drops(DP_DROP_dhcp), 0);
}

/* RFC 4390: the address that would be in chaddr is too long for it. */
static void
test_infiniband(void **state)
{
	const struct pmd_ipoib_meta *meta;
	struct rte_mbuf *m;

	(void)state;
	IN(IB, ib_discover);
	OUT(ETH, ib_discover_relayed);
	IN(ETH, ib_offer);
	m = fx_sent_on(IB);
	meta = pmd_ipoib_meta(m);
	assert_int_equal(meta->qpn, IB_QPN_MULTICAST);
	assert_int_equal(fx.av[meta->ah].dlid, MLID);
	fx_assert_bytes(m, golden_ib_offer_relayed, sizeof(golden_ib_offer_relayed));
	/* There is no other way to reach who has no address yet. */
	IN(ETH, ib_offer_no_flag);
	OUT(IB, ib_offer_no_flag_relayed);
	IN(ETH, ib_offer_ether);
	OUT(IB, ib_offer_ether_relayed);
	IN(ETH, ib_ack);
	m = fx_sent_on(IB);
	assert_int_equal(pmd_ipoib_meta(m)->qpn, PEER_QPN);
	fx_assert_bytes(m, golden_ib_ack_relayed, sizeof(golden_ib_ack_relayed));
	/* Nothing else names such a client. */
	IN(IB, ib_nameless);
	IN(IB, ib_cut_name);
	fx_assert_none();
	assert_int_equal(fx_drops(DP_DROP_dhcp), 2);
}

/* RFC 1542 4.1.1: another relay's request, loops, and who plays relay. */
static void
test_other_relays(void **state)
{
	(void)state;
	IN(ETH, second);
	OUT(IB, second_relayed);
	IN(ETH, too_far);
	IN(ETH, spoofed);
	IN(ETH, neither);
	fx_assert_none();
	assert_int_equal(fx_drops(DP_DROP_dhcp), 3);
}

static void
test_replies_of_strangers(void **state)
{
	(void)state;
	IN(IB, offer_stranger);
	IN(IB, offer_elsewhere);
	/* A server of another port's clients. */
	IN(ETH, ib_offer);
	fx_free(fx_sent_on(IB));
	fx_assert_none();
	assert_int_equal(fx_drops(DP_DROP_dhcp), 2);
}

static void
test_bad(void **state)
{
	uint8_t buf[sizeof(golden_discover)];
	uint32_t len;

	(void)state;
	memcpy(buf, golden_discover, sizeof(buf));
	buf[50] ^= 1;
	in(ETH, buf, sizeof(buf));
	for (len = 28; len < 28 + 236; len++)
		in(ETH, golden_discover, len);
	fx_assert_none();
	assert_int_equal(fx_drops(DP_DROP_local_bad), 1 + 236);
	/* A length that is not its own; without a checksum it would do. */
	memcpy(buf, golden_discover, sizeof(buf));
	buf[25]--;
	buf[26] = buf[27] = 0;
	in(ETH, buf, sizeof(buf));
	fx_assert_none();
	assert_int_equal(fx_drops(DP_DROP_local_bad), 1 + 236 + 1);
}

static void
test_servers(void **state)
{
	struct dp_ip a = dp_ip4(IP(203, 0, 113, 1)), own = dp_ip4(ETH_US), zero = dp_ip4(0);
	struct dp_ip group = dp_ip4(IP(224, 0, 0, 1)), ll = ip6("fe80::1"), ib = dp_ip4(IB_PEER);
	uint32_t i;

	(void)state;
	assert_int_equal(control_dhcp_add(fx.c, 9, &a), -ENODEV);
	assert_int_equal(control_dhcp_add(fx.c, ETH, &own), -EINVAL);
	assert_int_equal(control_dhcp_add(fx.c, ETH, &zero), -EINVAL);
	assert_int_equal(control_dhcp_add(fx.c, ETH, &group), -EINVAL);
	assert_int_equal(control_dhcp_add(fx.c, ETH, &ll), -EINVAL);
	assert_int_equal(control_dhcp_add(fx.c, ETH, &ib), -EEXIST);
	assert_int_equal(control_dhcp_del(fx.c, IB, &ib), -ENOENT);
	for (i = 0; i < 62; i++) {
		a = dp_ip4(IP(203, 0, 113, i));
		assert_int_equal(control_dhcp_add(fx.c, IB, &a), 0);
	}
	a = dp_ip4(IP(203, 0, 113, 99));
	assert_int_equal(control_dhcp_add(fx.c, IB, &a), -ENOSPC);
	/* Without a server a port is no relay: the sender hears so. */
	assert_int_equal(control_dhcp_del(fx.c, ETH, &ib), 0);
	IN(ETH, discover);
	fx_assert_none();
	assert_int_equal(fx_drops(DP_DROP_local_proto), 1);
}

/* Two servers get a copy each; a flood is not passed on. */
static void
test_copies_and_limit(void **state)
{
	struct dp_ip far = dp_ip4(IP(198, 51, 100, 2)), other = dp_ip4(IP(192, 0, 2, 77));
	uint32_t i;

	(void)state;
	assert_int_equal(control_dhcp_add(fx.c, ETH, &far), -EEXIST);
	assert_int_equal(control_dhcp_add(fx.c, ETH, &other), 0);
	IN(ETH, discover);
	OUT(IB, discover_relayed);
	fx_free(fx_sent_on(ETH));
	assert_int_equal(control_dhcp_del(fx.c, ETH, &other), 0);
	for (i = 0; i < 999; i++)
		IN(ETH, discover);
	assert_int_equal(fx_drain(), 499);
	assert_int_equal(fx_drops(DP_DROP_dhcp), 500);
}

static void
test_ip6(void **state)
{
	const struct dp_ip relays = ip6("ff02::1:2"), other = ip6("2001:db8:2::9");
	const struct dp_ip server = ip6("2001:db8:2::2");

	(void)state;
	IN(ETH, solicit);
	OUT(IB, solicit_relayed);
	IN(IB, advertise);
	OUT(ETH, advertise_relayed);
	IN(IB, advertise_by_link);
	OUT(ETH, advertise_relayed);
	IN(ETH, nested);
	OUT(IB, nested_relayed);
	IN(IB, nested_reply);
	OUT(ETH, nested_reply_relayed);
	fx_assert_none();
	assert_int_equal(fx_drops(DP_DROP_dhcp), 0);
	IN(ETH, too_deep);
	IN(ETH, advertise_from_client);
	IN(IB, advertise_port);
	IN(IB, advertise_odd_port);
	IN(IB, advertise_stranger);
	fx_assert_none();
	assert_int_equal(fx_drops(DP_DROP_dhcp), 5);
	/* Clients are listened to as long as there is a server. */
	assert_true(ip_mcast_is_member(fx.c->ports[ETH], &relays));
	assert_int_equal(control_dhcp_add(fx.c, ETH, &other), 0);
	assert_int_equal(control_dhcp_del(fx.c, ETH, &other), 0);
	assert_true(ip_mcast_is_member(fx.c->ports[ETH], &relays));
	assert_int_equal(control_dhcp_del(fx.c, ETH, &server), 0);
	assert_false(ip_mcast_is_member(fx.c->ports[ETH], &relays));
}

/* Length and checksum as they should be; without these nothing would be looked at. */
static void
fix6(uint8_t *buf, uint16_t len)
{
	struct rte_ipv6_hdr *ip = (void *)buf;
	uint16_t udp_len = (uint16_t)(len - 40);

	buf[4] = buf[44] = (uint8_t)(udp_len >> 8);
	buf[5] = buf[45] = (uint8_t)udp_len;
	buf[46] = buf[47] = 0;
	*(uint16_t *)(buf + 46) = rte_ipv6_udptcp_cksum(ip, buf + 40);
}

static void
test_ip6_bad(void **state)
{
	const struct dp_ip group = ip6("ff02::1");
	uint8_t buf[sizeof(golden_advertise)], request[sizeof(golden_solicit)];
	uint16_t len;

	(void)state;
	/* Options that end anywhere, up to the message that is relayed. */
	for (len = 48 + 4; len < 48 + 34 + 8 + 4; len++) {
		memcpy(buf, golden_advertise, len);
		fix6(buf, len);
		in(IB, buf, len);
	}
	fx_assert_none();
	assert_int_equal(fx_drops(DP_DROP_dhcp), 34 + 8 + 4 - 4);
	/* For a client that is a group. */
	memcpy(buf, golden_advertise, sizeof(buf));
	memcpy(buf + 48 + 18, group.b, sizeof(group.b));
	fix6(buf, sizeof(buf));
	in(IB, buf, sizeof(buf));
	fx_assert_none();
	assert_int_equal(fx_drops(DP_DROP_dhcp), 34 + 8 + 4 - 4 + 1);
	/* Unlike IPv4's, never without a checksum (RFC 8200 8.1). */
	memcpy(request, golden_solicit, sizeof(request));
	request[46] = request[47] = 0;
	in(ETH, request, sizeof(request));
	fx_assert_none();
	assert_int_equal(fx_drops(DP_DROP_local_bad), 1);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fx_teardown)
#define TEST6(name) cmocka_unit_test_setup_teardown(name, setup6, fx_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_ethernet),
		TEST(test_infiniband),
		TEST(test_other_relays),
		TEST(test_replies_of_strangers),
		TEST(test_bad),
		TEST(test_servers),
		TEST(test_copies_and_limit),
		TEST6(test_ip6),
		TEST6(test_ip6_bad),
	};

	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <string.h>

#include <rte_ether.h>

#include "sent_check.h"

#define ETH_MIN 60
#define VLAN_L2_LEN (RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN)
#define IP4_LEN 20
#define IP6_LEN 40
#define TTL4_OFF 8
#define SUM4_OFF 10
#define HOPS6_OFF 7

static uint16_t
get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static bool
is_ip6(const uint8_t *ip)
{
	return ip[0] >> 4 == 6;
}

/* Octets of an IP packet as its header says, or 0: not even a header is there. */
static uint32_t
ip_len(const uint8_t *ip, uint32_t room)
{
	if (room >= IP6_LEN && is_ip6(ip))
		return IP6_LEN + get16(ip + 4);
	return room >= IP4_LEN && ip[0] >> 4 == 4 ? get16(ip + 2) : 0;
}

static uint8_t
hops_of(const uint8_t *ip)
{
	return ip[is_ip6(ip) ? HOPS6_OFF : TTL4_OFF];
}

struct came *
came_add(struct came_burst *b, uint16_t port, const uint8_t *data, uint32_t len)
{
	struct came *c = &b->pkt[b->n++];

	assert_true(b->n <= CAME_MAX && len <= CAME_LEN);
	*c = (struct came){ .port = port, .len = (uint16_t)len };
	memcpy(c->data, data, len);
	c->l2_len = port % 2 == 0 ? RTE_ETHER_HDR_LEN : IPOIB_HDR_LEN;
	c->tagged = port % 2 == 0 && len > VLAN_L2_LEN && get16(data + 12) == RTE_ETHER_TYPE_VLAN;
	if (c->tagged)
		c->l2_len = VLAN_L2_LEN;
	if (len < c->l2_len || ip_len(data + c->l2_len, len - c->l2_len) == 0)
		c->l2_len = 0;
	return c;
}

static bool
cksum_is_right(const uint8_t *ip, uint32_t len)
{
	return (ip[0] & 15) >= 5 && (ip[0] & 15) * 4u <= len &&
			rte_ipv4_cksum((const struct rte_ipv4_hdr *)ip) == 0;
}

/* Octets of an IP packet of @p len that are looked at: a clamped MSS changes what is behind the header. */
static uint32_t
compared(const struct came_burst *b, const uint8_t *ip, uint32_t len)
{
	return b->clamp ? RTE_MIN(len, is_ip6(ip) ? (uint32_t)IP6_LEN : (ip[0] & 15) * 4u) : len;
}

/* Is @p ip, of @p len octets, this packet with @p hops less? */
static bool
is_same(const struct came_burst *b, const struct came *c, const uint8_t *ip, uint32_t len,
		uint8_t hops)
{
	const uint8_t *was = c->data + c->l2_len;
	uint8_t copy[CAME_LEN];

	if (c->l2_len == 0 || c->len - c->l2_len < (int)len || is_ip6(was) != is_ip6(ip) ||
			(uint8_t)(hops_of(was) - hops) != hops_of(ip) || hops_of(was) < hops)
		return false;
	memcpy(copy, was, len);
	copy[is_ip6(ip) ? HOPS6_OFF : TTL4_OFF] = hops_of(ip);
	if (!is_ip6(ip)) {
		if (!c->cksum_good && !cksum_is_right(ip, len))
			return false;
		memcpy(copy + SUM4_OFF, ip + SUM4_OFF, 2);
	}
	return memcmp(copy, ip, compared(b, ip, len)) == 0;
}

static bool
same_flow(const uint8_t *a, const uint8_t *b)
{
	if (is_ip6(a) != is_ip6(b))
		return false;
	return is_ip6(a) ? memcmp(a + 24, b + 24, 16) == 0 : memcmp(a + 16, b + 16, 4) == 0;
}

/* Did the same packet come by another port? Which of them was sent cannot be told. */
static bool
has_twin(const struct came_burst *b, const struct came *c)
{
	const uint8_t *ip = c->data + c->l2_len;
	uint32_t room = (uint32_t)(c->len - c->l2_len);
	uint32_t len = compared(b, ip, RTE_MIN(ip_len(ip, room), room));
	const struct came *d;

	for (d = b->pkt; d < b->pkt + b->n; d++) {
		if (d->port != c->port && d->l2_len != 0 && d->len >= d->l2_len + len &&
				memcmp(d->data + d->l2_len, ip, len) == 0)
			return true;
	}
	return false;
}

/* Was a packet of the same flow sent that came after this one? */
static bool
is_overtaken(const struct came_burst *b, const struct came *of, uint16_t port)
{
	const struct came *c;

	for (c = of + 1; c < b->pkt + b->n; c++) {
		if (c->port == of->port && c->sent[port] != 0 && !has_twin(b, c) &&
				same_flow(c->data + c->l2_len, of->data + of->l2_len))
			return true;
	}
	return false;
}

static bool
is_group(const uint8_t *ip)
{
	return is_ip6(ip) ? ip[24] == 0xff : ip[16] >> 4 == 14;
}

/* RFC 4291 2.5.6: nothing from a link-local address leaves its link; a group's packet does not go back. */
static bool
may_leave(const struct came_burst *b, const struct came *c, uint16_t port, const uint8_t *ip)
{
	if (is_ip6(ip) && ip[8] == 0xfe && ip[9] >> 6 == 2)
		return c->port == port || b->bond;
	return !is_group(ip) || b->bond || c->tagged || c->port != port;
}

/* The first that it can be: none overtakes another of its flow. */
static bool
came_find(struct came_burst *b, uint16_t port, const uint8_t *ip, uint32_t len)
{
	struct came *c;

	for (c = b->pkt; c < b->pkt + b->n; c++) {
		if (c->sent[port] == 0 && is_same(b, c, ip, len, 1) && may_leave(b, c, port, ip) &&
				!is_overtaken(b, c, port)) {
			c->sent[port]++;
			return true;
		}
	}
	return false;
}

/* RFC 1812 5.3.7. */
static bool
ip4_is_unicast(uint32_t a)
{
	return a >> 24 != 0 && a >> 24 != 127 && a >> 28 < 14;
}

static void
ip4_check(const uint8_t *ip, uint32_t len)
{
	uint32_t dst = get32(ip + 16), hdr_len = (ip[0] & 15) * 4u;

	assert_true(hdr_len >= IP4_LEN && hdr_len <= len);
	assert_true(ip[TTL4_OFF] > 0);
	assert_true(ip4_is_unicast(get32(ip + 12)));
	assert_true(ip4_is_unicast(dst) || dst >> 28 == 14);
	assert_true(dst >> 8 != 0xe00000); /* RFC 5771 4 */
}

static void
ip6_check(const uint8_t *ip)
{
	static const uint8_t zero[8];

	assert_true(ip[HOPS6_OFF] > 0);
	assert_int_not_equal(ip[8], 0xff);
	/* ::, ::1, and ::ffff:0:0/96 */
	assert_true(memcmp(ip + 8, zero, 8) != 0 ||
			(get32(ip + 16) != 0xffff && (get32(ip + 16) != 0 || get32(ip + 20) > 1)));
	assert_false(ip[24] == 0xfe && ip[25] >> 6 == 2);
	if (ip[24] == 0xff)
		assert_true((ip[25] & 15) > 2);
}

/* RFC 1112 6.4, RFC 2464 7: a group's address is made from the IP address. */
static void
eth_check(const uint8_t *frame, const uint8_t *ip, uint16_t port)
{
	const uint8_t *low = ip + (is_ip6(ip) ? 36 : 16);
	uint8_t want[RTE_ETHER_ADDR_LEN] = { 0x33, 0x33, low[0], low[1], low[2], low[3] };

	if (!is_ip6(ip))
		memcpy(want, (const uint8_t[]){ 1, 0, 0x5e, low[1] & 0x7f }, 4);
	assert_memory_equal(frame + 6, &fx.dp->port[port].mac, RTE_ETHER_ADDR_LEN);
	assert_memory_not_equal(frame, frame + 6, RTE_ETHER_ADDR_LEN);
	if (is_group(ip))
		assert_memory_equal(frame, want, sizeof(want));
	else if ((frame[0] & 1) != 0)
		assert_memory_equal(frame, "\xff\xff\xff\xff\xff\xff", RTE_ETHER_ADDR_LEN);
}

static void
ib_check(struct rte_mbuf *m, const uint8_t *frame, const uint8_t *ip)
{
	const struct pmd_ipoib_meta *meta = pmd_ipoib_meta(m);

	assert_int_equal(get16(frame + 2), 0);
	assert_true(meta->ah != PMD_IPOIB_AH_NONE && meta->ah != 0);
	if (is_group(ip))
		assert_int_equal(meta->qpn, IB_QPN_MULTICAST);
}

/* @return octets in front of the IP packet */
static uint32_t
l2_check(const struct rte_mbuf *m, const uint8_t *frame, uint16_t port)
{
	uint32_t l2_len = port % 2 == 0 ? RTE_ETHER_HDR_LEN : IPOIB_HDR_LEN;
	const uint8_t *type;

	assert_true(m->pkt_len > l2_len);
	if (port % 2 == 0 && get16(frame + 12) == RTE_ETHER_TYPE_VLAN)
		l2_len += RTE_VLAN_HLEN;
	assert_true(m->pkt_len > l2_len);
	type = frame + (port % 2 == 0 ? l2_len - 2 : 0);
	assert_int_equal(get16(type),
			is_ip6(frame + l2_len) ? RTE_ETHER_TYPE_IPV6 : RTE_ETHER_TYPE_IPV4);
	return l2_len;
}

void
sent_check(struct came_burst *b, uint16_t port, struct rte_mbuf *m)
{
	uint8_t buf[CAME_LEN];
	const uint8_t *frame = rte_pktmbuf_read(m, 0, m->pkt_len, buf), *ip;
	uint32_t l2_len = l2_check(m, frame, port), len, i;

	rte_mbuf_sanity_check(m, 1);
	ip = frame + l2_len;
	len = ip_len(ip, m->pkt_len - l2_len);
	assert_true(len != 0 && l2_len + len <= m->pkt_len);
	assert_true(len <= atomic_load(&fx.dp->port[port].mtu));
	/* Behind the packet is padding, if anything. */
	if (port % 2 == 0)
		assert_int_equal(m->pkt_len, RTE_MAX(l2_len + len, (uint32_t)ETH_MIN));
	else
		assert_int_equal(m->pkt_len, l2_len + len);
	for (i = l2_len + len; i < m->pkt_len; i++)
		assert_int_equal(frame[i], 0);
	assert_true(came_find(b, port, ip, len));
	if (is_ip6(ip))
		ip6_check(ip);
	else
		ip4_check(ip, len);
	if (port % 2 == 0)
		eth_check(frame, ip, port);
	else
		ib_check(m, frame, ip);
}

/* Control gets what came, too; in front of what is on its way already is the next hop. */
void
punted_check(struct came_burst *b, struct rte_mbuf *m)
{
	enum dp_punt_reason why = dp_meta(m)->punt;
	uint32_t head = 0, len = m->pkt_len;
	uint8_t buf[CAME_LEN + 32], hops = 0;
	const uint8_t *data = rte_pktmbuf_read(m, 0, len, buf);
	unsigned int i;

	if (why == DP_PUNT_TOO_BIG || why == DP_PUNT_L3_MISS || why == DP_PUNT_NEIGH_MISS) {
		head = IPOIB_ADDR_LEN + (why == DP_PUNT_NEIGH_MISS ? IPOIB_HDR_LEN : 0);
		hops = 1;
	}
	assert_true(len > head);
	for (i = 0; i < b->n; i++) {
		if (why == DP_PUNT_ARP && b->pkt[i].len == len &&
				memcmp(b->pkt[i].data, data, len) == 0)
			return;
		if (why != DP_PUNT_ARP && is_same(b, &b->pkt[i], data + head, len - head, hops))
			break;
	}
	if (why == DP_PUNT_ARP)
		return; /* without its tag, maybe */
	assert_true(i < b->n);
	assert_int_equal(ip_len(data + head, len - head), len - head);
	if (why == DP_PUNT_TTL)
		assert_true(hops_of(data) <= 1);
}

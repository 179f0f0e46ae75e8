/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Neighbour Discovery: its link-layer address options have 6 octets on Ethernet (RFC 2464 6) and,
 * behind 2 reserved ones, 20 on IPoIB (RFC 4391 9.3). The message is built anew with the other
 * length; all other options are copied.
 */

#include <errno.h>
#include <string.h>

#include <rte_ip.h>

#include "ether_priv.h"

#define ND_RS 133
#define ND_NS 135
#define ND_NA 136
#define ND_REDIRECT 137
#define OPT_SOURCE 1
#define OPT_TARGET 2
/* An ND message is no larger than the smallest MTU of IPv6, and seldom has more options. */
#define ND_MAX 1280
#define ETHER_OPT 8
#define IPOIB_OPT 24

struct nd_hdr {
	uint8_t type, code;
	rte_be16_t cksum;
	uint8_t rest[4];
} __attribute__((packed));

/* A message under translation: what is read, and what is written. */
struct nd {
	const uint8_t *in;
	uint32_t len, at;
	uint8_t out[ND_MAX + 2 * IPOIB_OPT];
	uint32_t nb;
	uint8_t type;
};

bool
ether_is_nd(const void *ip, uint32_t len)
{
	const struct rte_ipv6_hdr *h = ip;
	uint8_t type;

	if (len < sizeof(*h) + sizeof(struct nd_hdr) || h->proto != IPPROTO_ICMPV6)
		return false;
	type = *(const uint8_t *)(h + 1);
	return type >= ND_RS && type <= ND_REDIRECT;
}

/* Octets of a message before its options. */
static uint32_t
fixed_len(uint8_t type)
{
	static const uint8_t len[] = { 8, 16, 24, 24, 40 };

	return len[type - ND_RS];
}

static int
nd_begin(struct nd *nd, const struct rte_mbuf *m)
{
	const struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv6_hdr *);
	uint32_t len = rte_be_to_cpu_16(ip->payload_len);

	nd->in = (const uint8_t *)(ip + 1);
	nd->len = len;
	nd->type = nd->in[0];
	nd->nb = fixed_len(nd->type);
	if (len > ND_MAX || len + sizeof(*ip) > m->data_len || len < nd->nb)
		return ETHER_DROPPED(nd);
	/* Not from beyond a router: RFC 4861 6.1, 7.1, 8.1. */
	if (ip->hop_limits != 255 || nd->in[1] != 0)
		return ETHER_DROPPED(nd);
	if (rte_ipv6_udptcp_cksum_verify(ip, nd->in) != 0)
		return ETHER_DROPPED(nd);
	memcpy(nd->out, nd->in, nd->nb);
	nd->at = nd->nb;
	return ETHER_OK;
}

/* The next option. @return its length, 0: there is none, negative: malformed */
static int
opt_next(struct nd *nd, const uint8_t **opt)
{
	uint32_t len;

	if (nd->at == nd->len)
		return 0;
	if (nd->at + 2 > nd->len)
		return -1;
	*opt = &nd->in[nd->at];
	len = (*opt)[1] * 8u;
	if (len == 0 || nd->at + len > nd->len)
		return -1;
	nd->at += len;
	return (int)len;
}

static bool
is_lladdr(const uint8_t *opt)
{
	return opt[0] == OPT_SOURCE || opt[0] == OPT_TARGET;
}

static void
opt_copy(struct nd *nd, const uint8_t *opt, uint32_t len)
{
	memcpy(&nd->out[nd->nb], opt, len);
	nd->nb += len;
}

/* The message takes the old one's place; m's data is at the IPv6 header. */
static int
nd_end(struct nd *nd, struct rte_mbuf *m)
{
	uint32_t len = sizeof(struct rte_ipv6_hdr) + nd->nb;
	struct rte_ipv6_hdr *ip;
	struct nd_hdr *h;

	/* Longer: what is missing behind the data may be in front of it. */
	if (m->data_off + len > m->buf_len) {
		if (len > m->buf_len)
			return ETHER_DROPPED(nombuf);
		memmove(RTE_PTR_ADD(m->buf_addr, m->buf_len - len),
				rte_pktmbuf_mtod(m, const void *), sizeof(*ip));
		m->data_off = (uint16_t)(m->buf_len - len);
	}
	m->data_len = (uint16_t)len;
	m->pkt_len = len;
	ip = rte_pktmbuf_mtod(m, struct rte_ipv6_hdr *);
	h = (struct nd_hdr *)(ip + 1);
	ip->payload_len = rte_cpu_to_be_16((uint16_t)nd->nb);
	memcpy(h, nd->out, nd->nb);
	h->cksum = 0;
	h->cksum = rte_ipv6_udptcp_cksum(ip, h);
	return ETHER_OK;
}

/* Whose link-layer address an option holds: the target of NA and Redirect, else the sender. */
static struct ether_ip
opt_owner(const struct nd *nd, const struct rte_ipv6_hdr *ip, const uint8_t *opt)
{
	struct ether_ip who;

	if (opt[0] == OPT_TARGET && (nd->type == ND_NA || nd->type == ND_REDIRECT))
		memcpy(&who, &nd->in[8], sizeof(who));
	else
		memcpy(&who, &ip->src_addr, sizeof(who));
	return who;
}

static int
opt_out(struct nd *nd, struct ether_table *t, const struct ether_port *port, uint64_t now_us,
		const struct rte_ipv6_hdr *ip, const uint8_t *opt)
{
	struct ether_ip who = opt_owner(nd, ip, opt);
	const struct ipoib_addr *addr = &port->addr, *peer;
	struct rte_ether_addr mac;
	uint8_t to[IPOIB_OPT] = { opt[0], IPOIB_OPT / 8 };

	if (opt[1] != ETHER_OPT / 8)
		return ETHER_DROPPED(nd);
	memcpy(&mac, &opt[2], sizeof(mac));
	/* A router here may redirect to a peer there. */
	peer = ether_peer_by_mac(t, &mac);
	if (peer != NULL && nd->type != ND_REDIRECT)
		return ETHER_DROPPED(source);
	if (peer != NULL)
		addr = peer;
	else if (!ether_ip_is_none(&who))
		ether_local_learn(t, &who, &mac, now_us);
	memcpy(&to[4], addr, IPOIB_ADDR_LEN);
	opt_copy(nd, to, sizeof(to));
	return ETHER_OK;
}

int
ether_nd_out(struct ether_table *t, const struct ether_port *port, uint64_t now_us,
		struct rte_mbuf *m)
{
	const struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv6_hdr *);
	const uint8_t *opt;
	struct nd nd;
	int ret, len;

	ret = nd_begin(&nd, m);
	if (ret != ETHER_OK)
		return ret;
	while ((len = opt_next(&nd, &opt)) > 0) {
		if (nd.nb + RTE_MAX(len, IPOIB_OPT) > sizeof(nd.out))
			return ETHER_DROPPED(nd);
		if (!is_lladdr(opt)) {
			opt_copy(&nd, opt, (uint32_t)len);
			continue;
		}
		ret = opt_out(&nd, t, port, now_us, ip, opt);
		if (ret != ETHER_OK)
			return ret;
	}
	return len < 0 ? ETHER_DROPPED(nd) : nd_end(&nd, m);
}

static int
opt_in(struct nd *nd, struct ether_table *t, const struct ether_port *port, uint64_t now_us,
		const struct rte_ipv6_hdr *ip, const uint8_t *opt, const struct ether_from *from)
{
	struct ether_ip who = opt_owner(nd, ip, opt);
	uint8_t to[ETHER_OPT] = { opt[0], ETHER_OPT / 8 };
	struct rte_ether_addr mac;
	struct ipoib_addr addr;

	if (opt[1] != IPOIB_OPT / 8)
		return ETHER_DROPPED(nd);
	memcpy(&addr, &opt[4], sizeof(addr));
	if (ipoib_addr_equal(&addr, &port->addr)) {
		if (nd->type != ND_REDIRECT)
			return ETHER_DROPPED(self);
		if (!ether_local_by_ip(t, &who, &mac))
			mac = port->mac;
	} else {
		/* Where a redirect's target sends from is not known. */
		switch (ether_peer_learn(t, &addr, &who, nd->type == ND_REDIRECT ? NULL : from,
				now_us, &mac)) {
		case 0:
			break;
		case -EINVAL:
			return ETHER_DROPPED(nd);
		default:
			return ETHER_DROPPED(limit);
		}
	}
	memcpy(&to[2], &mac, sizeof(mac));
	opt_copy(nd, to, sizeof(to));
	return ETHER_OK;
}

int
ether_nd_in(struct ether_table *t, const struct ether_port *port, uint64_t now_us,
		struct rte_mbuf *m, const struct ether_from *from)
{
	const struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv6_hdr *);
	const uint8_t *opt;
	struct nd nd;
	int ret, len;

	ret = nd_begin(&nd, m);
	if (ret != ETHER_OK)
		return ret;
	while ((len = opt_next(&nd, &opt)) > 0) {
		if (nd.nb + (uint32_t)len > sizeof(nd.out))
			return ETHER_DROPPED(nd);
		if (!is_lladdr(opt)) {
			opt_copy(&nd, opt, (uint32_t)len);
			continue;
		}
		ret = opt_in(&nd, t, port, now_us, ip, opt, from);
		if (ret != ETHER_OK)
			return ret;
	}
	return len < 0 ? ETHER_DROPPED(nd) : nd_end(&nd, m);
}
